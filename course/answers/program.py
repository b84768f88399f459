"""A notebook's code as statements: what each binds, changes and needs. Nothing is run."""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from course.answers.notebook import CodeCell
from course.check.engine.probes import looked_up

NOT_COMPILED = (SyntaxError, ValueError, RecursionError, MemoryError)

# How a line begins that was %run in the notebook, or runs a text: whatever that binds, it binds.
EXEC = "Expr(value=Call(func=Name(id='exec',"
RUN = ast.dump(ast.parse("get_ipython().run_line_magic('run', '')").body[0]).partition("'run'")[0] + "'run'"

# What has names of its own.
INNER = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)


@dataclass(frozen=True)
class Statement:
    """A statement at the top level of a cell.

    Attributes:
        cell: number of the cell, from 0.
        node: the statement.
        binds: names that it binds; "*" among them if nobody knows which.
        changes: names of values that it may change: ``x[0] = 1``, ``x.add(1)``. What was imported is not counted: a
            notebook does not change ``torch``, and ``check.gram(gram)`` changes nothing.
    """

    cell: int
    node: ast.stmt
    binds: frozenset[str]
    changes: frozenset[str]

    @cached_property
    def code(self) -> types.CodeType:
        """Compiled as Jupyter does it: ``await`` may stand outside of functions. Raises SyntaxError and others."""
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        compiled: types.CodeType = compile(ast.Module([self.node], []), file_of(self.cell), "exec", flags)
        return compiled

    @cached_property
    def awaits(self) -> bool:
        """Whether it awaits something outside of functions."""
        try:
            return bool(self.code.co_flags & inspect.CO_COROUTINE)
        except NOT_COMPILED:
            return False

    @cached_property
    def needs(self) -> frozenset[str]:
        """Names of the notebook that it looks up, now or when a function that it defines is called.

        Found when they are asked for: compiling a whole chapter takes longer than most checks.
        """
        try:
            return frozenset(looked_up(self.code))
        except NOT_COMPILED:
            return frozenset()  # it will be told when it is run


@dataclass(frozen=True)
class Program:
    """A notebook's code.

    Attributes:
        cells: its code cells.
        statements: of all cells that are Python, in order.
        broken: number of a cell -> why it is no Python.
    """

    cells: tuple[CodeCell, ...]
    statements: tuple[Statement, ...]
    broken: dict[int, SyntaxError] = field(default_factory=dict)


def parse(cells: Iterable[CodeCell]) -> Program:
    """The program of a notebook."""
    cells = tuple(cells)
    nodes: list[tuple[int, ast.stmt]] = []
    broken: dict[int, SyntaxError] = {}
    for number, cell in enumerate(cells):
        if cell.kind != "code":
            continue
        try:
            tree = ast.parse(cell.code, file_of(number))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            broken[number] = error if isinstance(error, SyntaxError) else SyntaxError(str(error))
        else:
            nodes += [(number, node) for node in tree.body]
    imported = {name for _, node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)) for name in _binds(node)}
    statements = [
        Statement(number, node, frozenset(_binds(node)), frozenset(_changes(node)) - imported) for number, node in nodes
    ]
    return Program(cells, tuple(statements), broken)


def file_of(cell: int) -> str:
    """What a cell is called as a file, where Python wants one."""
    return f"<cell {cell + 1}>"


# --- names ------------------------------------------------------------------------------------------------------------


def _binds(node: ast.AST) -> Iterator[str]:
    """Names that a statement binds at the top level of its cell."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.Expr) and ast.dump(node).startswith((RUN, EXEC)):
        yield "*"
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).split(".")[0]
    elif isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
        yield node.id
    elif not isinstance(node, INNER):
        if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            yield node.name
        for child in ast.iter_child_nodes(node):
            yield from _binds(child)


def _changes(node: ast.AST) -> Iterator[str]:
    """Names of values that a statement changes: ``x[0] = 1``, ``x.add(1)``."""
    if isinstance(node, INNER):
        return
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)):
        yield from _root(node.value)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        yield from _root(node.value.func.value)
    for child in ast.iter_child_nodes(node):
        yield from _changes(child)


def _root(node: ast.AST) -> Iterator[str]:
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id
