"""Finds a student's answers in a notebook and defines them, without running the notebook.

A chapter runs for minutes, an answer for milliseconds. So an answer is found by the name of its function, and together
with it only those statements are run that it needs: imports, constants, functions of the student's own, in the order in
which they stand. Copied, split, deleted, retyped or moved cells do not matter, nor do cells that stop with an error.
"""

from __future__ import annotations

import ast
import builtins
import linecache
import sys
import traceback
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from course.answers.notebook import CodeCell
from course.check.engine.answers import AnswerError
from course.check.engine.differences import one_line
from course.check.engine.probes import looked_up

# How good a definition is, if a name has several: one that was written counts more than an import, a borrowed function,
# or a stub that was left lying about. Of equally good ones the last counts, as when a notebook is run from the top.
WRITTEN, IMPORTED, BORROWED, STUB = 3, 2, 1, 0

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
        binds: names that it binds.
        changes: names of values that it may change: ``x[0] = 1``, ``x.add(1)``. What was imported is not counted: a
            notebook does not change ``torch``, and ``check.gram(gram)`` changes nothing.
    """

    cell: int
    node: ast.stmt
    binds: frozenset[str]
    changes: frozenset[str]

    @cached_property
    def needs(self) -> frozenset[str]:
        """Names of the notebook that it looks up, now or when a function that it defines is called.

        Found when they are asked for: compiling a whole chapter takes longer than most checks.
        """
        try:
            return frozenset(looked_up(compile(ast.Module([self.node], []), "<cell>", "exec")))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
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


class MissingError(Exception):
    """There is no function for an exercise in the notebook."""


class _NoShell:
    """What ``get_ipython()`` gives here: magics and shell commands do nothing and return None."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


def parse(cells: Iterable[CodeCell]) -> Program:
    """The program of a notebook."""
    cells = tuple(cells)
    nodes: list[tuple[int, ast.stmt]] = []
    broken: dict[int, SyntaxError] = {}
    for number, cell in enumerate(cells):
        try:
            tree = ast.parse(cell.code, _file(number))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            broken[number] = error if isinstance(error, SyntaxError) else SyntaxError(str(error))
        else:
            nodes += [(number, node) for node in tree.body]
    imported = {name for _, node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)) for name in _binds(node)}
    statements = [
        Statement(number, node, frozenset(_binds(node)), frozenset(_changes(node)) - imported) for number, node in nodes
    ]
    return Program(cells, tuple(statements), broken)


def define(program: Program, exercise: str) -> Any:
    """The student's answer to an exercise, defined in a module of its own.

    Raises:
        MissingError: if there is none.
        AnswerError: if its cell is no Python, or if defining it raises an exception.
    """
    name, chosen = _find(program, exercise)
    module = types.ModuleType("__main__")
    module.__dict__["get_ipython"] = _NoShell
    module.__dict__["__builtins__"] = builtins  # Python's, and not those of this module, which may be others
    sys.modules["__main__"] = module  # where classes of the student's say that they are from
    for statement in _slice(program, name, chosen):
        try:
            _run(program, statement, module.__dict__)
        except (Exception, SystemExit) as error:
            if statement is chosen:
                raise _told(program, statement.cell, error) from error
            # As in the notebook, where the next cell runs on: what is missing now will be missed when it is called.
    try:
        return module.__dict__[name]
    except KeyError:
        raise MissingError(exercise) from None


def begun(program: Program, exercise: str) -> bool:
    """Whether somebody has worked on an exercise: there is a function for it, and not the stub that was handed out."""
    try:
        _, chosen = _find(program, exercise)
    except MissingError:
        return False
    except AnswerError:  # it is no Python, which no stub is
        return True
    return _rank(chosen.node, exercise) != STUB


def gone(program: Program, exercise: str) -> bool:
    """Whether nothing is left of an exercise: neither its cell nor a function for it anywhere else."""
    if any(cell.exercise == exercise and cell.role == "exercise" for cell in program.cells):
        return False
    try:
        _find(program, exercise)
    except MissingError:
        return True
    except AnswerError:
        pass
    return False


def _find(program: Program, exercise: str) -> tuple[str, Statement]:
    """The name of the student's function and the statement that defines it: by name, then by the exercise's cell."""
    by_name = [one for one in program.statements if exercise in one.binds]
    if by_name:
        return exercise, _best(by_name, exercise)
    for number, error in reversed(program.broken.items()):
        cell = program.cells[number]
        if cell.exercise == exercise or f"def {exercise}" in cell.source:
            raise _told(program, number, error)
    renamed = [
        one
        for one in program.statements
        if program.cells[one.cell].exercise == exercise and isinstance(one.node, ast.FunctionDef)
    ]
    if not renamed:
        raise MissingError(exercise)
    node = renamed[-1].node
    assert isinstance(node, ast.FunctionDef)
    return node.name, renamed[-1]


def _best(candidates: Sequence[Statement], name: str) -> Statement:
    return max(enumerate(candidates), key=lambda pair: (_rank(pair[1].node, name), pair[0]))[1]


def _rank(node: ast.stmt, name: str) -> int:
    if isinstance(node, ast.FunctionDef):
        return STUB if _is_stub(node) else WRITTEN
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return IMPORTED
    return BORROWED if f"borrow('{name}')" in ast.unparse(node) else WRITTEN


def _is_stub(node: ast.FunctionDef) -> bool:
    """Whether a function holds nothing but a docstring and ``raise``."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return len(body) == 1 and isinstance(body[0], ast.Raise)


def _slice(program: Program, name: str, chosen: Statement) -> list[Statement]:
    """The chosen statement and all that it needs, and what these need, in the notebook's order."""
    taken, wanted = {id(chosen)}, set(chosen.needs)
    if not isinstance(chosen.node, ast.FunctionDef):  # gram = faster(gram) needs the gram before it
        before = [one for one in program.statements[: program.statements.index(chosen)] if name in one.binds]
        taken |= {id(one) for one in before}
        wanted |= {need for one in before for need in one.needs}
    seen = {name}
    while wanted := wanted - seen:
        needed = wanted.pop()
        seen.add(needed)
        found = [one for one in program.statements if needed in one.binds or needed in one.changes]
        found = found or _calls_that_set(program, needed, name)
        if any(isinstance(one.node, ast.FunctionDef) for one in found):
            found = [_best([one for one in found if needed in one.binds], needed)]
        taken |= {id(one) for one in found}
        wanted |= {need for one in found for need in one.needs}
    stars = {id(one) for one in program.statements if "*" in one.binds}
    return [one for one in program.statements if id(one) in taken | stars]


def _calls_that_set(program: Program, wanted: str, exercise: str) -> list[Statement]:
    """Calls of functions that bind a name with ``global``; not those of the answer itself, which may be heavy."""
    functions = {
        one.node.name
        for one in program.statements
        if isinstance(one.node, ast.FunctionDef)
        and any(isinstance(inner, ast.Global) and wanted in inner.names for inner in ast.walk(one.node))
    }
    calls = [one for one in program.statements if isinstance(one.node, ast.Expr) and functions & one.needs]
    return [one for one in calls if exercise not in one.needs]


def _run(program: Program, statement: Statement, namespace: dict[str, Any]) -> None:
    source = program.cells[statement.cell].code
    file = _file(statement.cell)
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)  # so that errors quote it
    exec(compile(ast.Module([statement.node], []), file, "exec"), namespace)


def _file(cell: int) -> str:
    """What a cell is called as a file, where Python wants one."""
    return f"<cell {cell + 1}>"


def _told(program: Program, cell: int, error: BaseException) -> AnswerError:
    """Why a cell cannot be run: the error, and the cell's own line that it comes from."""
    if isinstance(error, SyntaxError) and error.filename == _file(cell):  # and not of a text given to eval
        text, number = error.msg, error.lineno or 0
    else:
        steps = traceback.walk_tb(error.__traceback__)
        own = [number for frame, number in steps if frame.f_code.co_filename == _file(cell)]
        text, number = str(error), own[-1] if own else 0
    lines = program.cells[cell].source.split("\n")
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    kind = "SyntaxError" if isinstance(error, SyntaxError) else type(error).__name__  # no IndentationError or TabError
    return AnswerError(kind, one_line(text, 120), one_line(line, 80), number=number)


# --- names ------------------------------------------------------------------------------------------------------------


def _binds(node: ast.AST) -> Iterator[str]:
    """Names that a statement binds at the top level of its cell."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
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
