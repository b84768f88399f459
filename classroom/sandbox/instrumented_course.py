"""The copy of the course that students' answers run with: the students' files, which report when it is borrowed.

Each of the course's own functions for an exercise, and what else of the course solves it, begins by reporting that it
is called (`course.answers.serve.report_use`). The line is in the files themselves, so that importing a module anew,
or finding the function in another way, leads to the same line. Answers see the files of `DISABLED` in place of these,
in which the functions hold nothing else. A student who copies the text of our function is not found out.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from classroom.sandbox.disable_reference import REFUSE, REPORT, parts_of, solvers
from classroom.sandbox.forkserver import DISABLED
from course.answers.remote import ANY
from course.check import EXERCISES


def sandbox_files(root: Path) -> dict[str, bytes]:
    """The files that the sandbox itself needs inside, besides the students': relative path -> contents."""
    paths = [root / "classroom" / "__init__.py", *(root / "classroom" / "sandbox").glob("*.py")]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def write_instrumented_course(files: Mapping[str, bytes], folder: Path) -> None:
    """Writes what students have to a folder, with every function that can be borrowed changed.

    Args:
        files: relative path -> contents, see `classroom.handout.bundle.student_files`.
        folder: to write to; it need not exist.
    """
    needed = {name: data for name, data in files.items() if name.startswith(("course/", "classroom/", "data/"))}
    wanted = {name: data for name, data in needed.items() if not name.endswith((".ipynb", ".md"))}
    wanted |= instrumented(files)
    wanted |= {f"{DISABLED}/{name}": data for name, data in instrumented(files, disabled=True).items()}
    for name, data in wanted.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def instrumented(files: Mapping[str, bytes], disabled: bool = False) -> dict[str, bytes]:
    """The files that hold functions that can be borrowed, changed: relative path -> contents.

    Args:
        files: as above.
        disabled: whether the functions do no more than tell; then also their private parts and all of the checks.

    Raises:
        LookupError: if a function cannot be found in its file.
    """
    wanted: dict[str, dict[str, list[str]]] = {}  # file -> function -> exercises
    for exercise in EXERCISES.values():
        for solver in solvers(exercise.name):
            wanted.setdefault(_file(solver.__module__), {}).setdefault(solver.__qualname__, []).append(exercise.name)
    for exercise in EXERCISES.values() if disabled else ():
        for part in parts_of(exercise.reference):
            wanted.setdefault(_file(part.__module__), {}).setdefault(part.__qualname__, [ANY])
    found = {
        file: _instrumented_source(file, files[file].decode(), reports, disabled) for file, reports in wanted.items()
    }
    if disabled:
        for file in {_file(exercise.judge.__module__) for exercise in EXERCISES.values()}:
            source = found.get(file, files[file].decode())
            every = {name: [ANY] for name in _functions(ast.parse(source))}
            found[file] = _instrumented_source(file, source, every | wanted.get(file, {}), True)
    return {file: source.encode() for file, source in found.items()}


def _file(module: str) -> str:
    package = hasattr(importlib.import_module(module), "__path__")
    return module.replace(".", "/") + ("/__init__.py" if package else ".py")


def _functions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    """The functions of a module and the methods of its classes, by their qualified names."""
    found: dict[str, ast.FunctionDef] = {}
    for node in tree.body:
        parts = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        found |= {prefix + part.name: part for part in parts if isinstance(part, ast.FunctionDef)}
    return found


def _instrumented_source(file: str, source: str, reports: Mapping[str, Sequence[str]], disabled: bool) -> str:
    """A module in which each of these functions begins, and perhaps ends, by telling the names of its exercises."""
    lines = source.splitlines(keepends=True)
    functions = _functions(ast.parse(source))
    if missing := set(reports) - set(functions):
        raise LookupError(f"{file} has no function {sorted(missing)[0]!r} at its top level")
    for name in sorted(reports, key=lambda name: -functions[name].lineno):
        function = functions[name]
        documented = ast.get_docstring(function) is not None and len(function.body) > 1
        first = function.body[documented]
        said = [REPORT.format(name=exercise) for exercise in reports[name]] + [REFUSE] * disabled
        end = function.end_lineno if disabled else first.lineno - 1
        lines[first.lineno - 1 : end] = [" " * first.col_offset + one + "\n" for one in said]
    return "".join(lines)
