"""Finds a student's answers in a notebook and defines them, without running the notebook.

A chapter runs for minutes, an answer for milliseconds. So an answer is found by the name of its function, and together
with it only those statements are run that it needs: imports, constants, functions of the student's own, in the order in
which they stand. Copied, split, deleted, retyped or moved cells do not matter, nor do cells that stop with an error.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import linecache
import re
import sys
import traceback
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from course.answers.notebook import place
from course.answers.program import NOT_COMPILED, Program, Statement, file_of
from course.check.engine.answers import AnswerError, LocalAnswer
from course.check.engine.differences import one_line

# How good a definition is, if a name has several: one that was written counts more than an import, a borrowed function,
# or a stub that was left lying about. Of equally good ones the last counts, as when a notebook is run from the top.
WRITTEN, IMPORTED, BORROWED, STUB = 3, 2, 1, 0

NOT_HANDED_IN = (ImportError, FileNotFoundError)  # what is raised where a student's folder had more than the notebook


class MissingError(Exception):
    """There is no function for an exercise in the notebook."""


class NotRunError(Exception):
    """What there is for an exercise stands in a cell that Python does not run.

    Attributes:
        kind: of the cell, see `course.answers.notebook.CodeCell`.
        is_stub: whether it is no more than the stub that was handed out.
    """

    def __init__(self, kind: str, is_stub: bool) -> None:
        super().__init__(kind, is_stub)
        self.kind = kind
        self.is_stub = is_stub


class DefinedAnswer(LocalAnswer):
    """A student's function, and why names may be missing that it looks up.

    Args:
        name: of the exercise.
        function: the student's.
        program: in which it stands.
        lost: name -> the module or file that was missing where it would have been bound; "*" stands for every name.
    """

    def __init__(self, name: str, function: Callable[..., Any], program: Program, lost: Mapping[str, str]) -> None:
        super().__init__(name, function)
        self._program = program
        self._lost = lost

    def ask(self, probe: str, *inputs: Any) -> Any:
        """See `course.check.engine.answers.Answer.ask`."""
        try:
            return super().ask(probe, *inputs)
        except AnswerError as error:
            why = _why_unknown(self._program, self._lost, error.__cause__)
            raise AnswerError(error.kind, f"{error.text}{why}", *error.args[2:]) from error


class _NoShell:
    """What ``get_ipython()`` gives here: magics and shell commands do nothing and return None."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None

    def run_line_magic(self, name: str, line: str, *_: Any) -> None:
        """%run is an import of everything, and of a file that is not there."""
        if name == "run":
            raise ModuleNotFoundError(f"No module named {line!r}")


def define(program: Program, exercise: str) -> DefinedAnswer:
    """The student's answer to an exercise, defined in a module of its own.

    Raises:
        MissingError: if there is none.
        NotRunError: if there is one that Jupyter would not define either.
        AnswerError: if its cell is no Python, or if defining it raises an exception.
    """
    stars = [one for one in program.statements if "*" in one.binds]
    try:
        name, chosen = _find(program, exercise)
    except MissingError:
        if not stars:
            raise
        name, chosen = exercise, stars[-1]
    module = types.ModuleType("__main__")
    module.__dict__["get_ipython"] = _NoShell
    module.__dict__["__builtins__"] = builtins  # Python's, and not those of this module, which may be others
    sys.modules["__main__"] = module  # where classes of the student's say that they are from
    lost = _run_all(program, _slice(program, name, chosen), chosen, module.__dict__)
    try:
        return DefinedAnswer(exercise, module.__dict__[name], program, lost)
    except KeyError:
        raise MissingError(exercise) from None


def _run_all(
    program: Program, statements: Sequence[Statement], chosen: Statement, namespace: dict[str, Any]
) -> dict[str, str]:
    """Runs statements; for names that are not bound for want of a module or a file, why. See `DefinedAnswer`."""
    lost: dict[str, str] = {}
    loop = asyncio.new_event_loop() if any(one.awaits for one in statements) else None
    try:
        for statement in statements:
            try:
                _run(program, statement, namespace, loop)
            except (Exception, SystemExit, asyncio.CancelledError) as error:
                why = _why_unknown(program, lost, error)
                if statement is chosen:
                    raise _told(program, statement.cell, error, why) from error
                # As in the notebook, where the next cell runs on: what is missing now will be missed when it is called.
                why = f" ({one_line(error, 60)})" if isinstance(error, NOT_HANDED_IN) else why
                lost |= dict.fromkeys(statement.binds if why else (), why)
    finally:
        if loop:
            loop.close()
    return lost


def _why_unknown(program: Program, lost: Mapping[str, str], error: BaseException | None) -> str:
    """Why there is nothing of a name that a NameError is about, to be read behind the error; "" if nobody knows."""
    if type(error) is not NameError or not error.name:
        return ""
    if error.name in lost:
        return lost[error.name]
    bound = re.compile(rf"^(?:(?:async +)?def +|class +)?{re.escape(error.name)}[ \t]*[(:=]", re.MULTILINE)
    idle = [cell.kind for cell in program.cells if cell.kind != "code" and bound.search(cell.source)]
    return f" (it stands {place(idle[-1])})" if idle else lost.get("*", "")


def begun(program: Program, exercise: str) -> bool:
    """Whether somebody has worked on an exercise: there is a function for it, and not the stub that was handed out."""
    try:
        _, chosen = _find(program, exercise)
    except MissingError:
        return False
    except AnswerError:  # it is no Python, which no stub is
        return True
    except NotRunError as error:
        return not error.is_stub
    return _rank(chosen.node, exercise) != STUB


def not_run(program: Program, exercise: str) -> str:
    """The kind of the cell in which an exercise's answer stands without being run; "" if it is not so."""
    try:
        _find(program, exercise)
    except NotRunError as error:
        return error.kind
    except (MissingError, AnswerError):
        pass
    return ""


def gone(program: Program, exercise: str) -> bool:
    """Whether nothing is left of an exercise: neither its cell nor a function for it anywhere else."""
    if any(cell.exercise == exercise and cell.role == "exercise" for cell in program.cells):
        return False
    try:
        _find(program, exercise)
    except MissingError:
        return True
    except (AnswerError, NotRunError):
        pass
    return False


def _find(program: Program, exercise: str) -> tuple[str, Statement]:
    """The name of the student's function and the statement that defines it: by name, then by the exercise's cell."""
    by_name = [one for one in program.statements if exercise in one.binds]
    best = _best(by_name, exercise) if by_name else None
    idle = [] if best and _rank(best.node, exercise) != STUB else _not_run(program, exercise)
    if best and (worked := [one for one in idle if not one.is_stub]):
        raise worked[-1]
    if best:
        return exercise, best
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
        raise max(reversed(idle), key=lambda one: not one.is_stub, default=MissingError(exercise))
    node = renamed[-1].node
    assert isinstance(node, ast.FunctionDef)
    return node.name, renamed[-1]


def _not_run(program: Program, exercise: str) -> list[NotRunError]:
    """What stands in cells that Python does not run: in the exercise's own, or under its name."""
    function = re.compile(rf"^(?:async +)?def +{exercise}[ \t]*\(", re.MULTILINE)
    found = []
    for cell in program.cells:
        its_own = cell.exercise == exercise and cell.role == "exercise"
        text = re.sub("^%%.*", "", cell.source, flags=re.MULTILINE)
        if cell.kind != "code" and (its_own or function.search(text)) and text.strip():
            found.append(NotRunError(cell.kind, _holds_a_stub(text)))
    return found


def _holds_a_stub(text: str) -> bool:
    try:
        functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    except NOT_COMPILED:
        return False
    return bool(functions) and all(map(_is_stub, functions))


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


def _run(
    program: Program, statement: Statement, namespace: dict[str, Any], loop: asyncio.AbstractEventLoop | None
) -> None:
    """Runs a statement; in the event loop, as in Jupyter, if there is one."""
    source = program.cells[statement.cell].code
    file = file_of(statement.cell)
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)  # so that errors quote it
    if loop:
        loop.run_until_complete(_awaited(statement, namespace))
    else:
        exec(statement.code, namespace)


async def _awaited(statement: Statement, namespace: dict[str, Any]) -> None:
    result = eval(statement.code, namespace)
    if statement.awaits:
        await result


def _told(program: Program, cell: int, error: BaseException, why: str = "") -> AnswerError:
    """Why a cell cannot be run: the error, what else is known of it, and the cell's own line that it comes from."""
    if isinstance(error, SyntaxError) and error.filename == file_of(cell):  # and not of a text given to eval
        text, number = error.msg, error.lineno or 0
    else:
        steps = traceback.walk_tb(error.__traceback__)
        own = [number for frame, number in steps if frame.f_code.co_filename == file_of(cell)]
        text, number = str(error), own[-1] if own else 0
    lines = program.cells[cell].source.split("\n")
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    kind = "SyntaxError" if isinstance(error, SyntaxError) else type(error).__name__  # no IndentationError or TabError
    return AnswerError(kind, one_line(text, 120) + why, one_line(line, 80), number=number)
