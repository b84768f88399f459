"""The edition of the course that students' answers run with: what students have, twice.

``lent`` is what students have, and what the sandbox starts with. ``shown`` is what answers then see in its place: the
course without the bodies of the functions that can be borrowed, and of those with which checks find out what to expect.
What is in memory by then is what may be borrowed, all but the exercise that is graded (`course.handin.withhold`). So
our solution of an exercise is nowhere while a student's is graded: not by another name, not by importing a module anew.

Who has copied the text of our function into the notebook has written it; that is not found out here.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path

from course.check import EXERCISES
from course.handin.remote import ANY
from course.handin.withhold import REFUSE

LENT, SHOWN = "lent", "shown"


def write_edition(files: Mapping[str, bytes], folder: Path) -> None:
    """Writes what students have to a folder, with what is withheld beside it.

    Args:
        files: relative path -> contents, see `course.teach.release.student_files`.
        folder: to write to; it need not exist.
    """
    wanted = {name: data for name, data in files.items() if name.startswith(("course/", "data/"))}
    shown = {name: data for name, data in wanted.items() if name.startswith("course/")}
    for place, edition in ((LENT, wanted), (SHOWN, {**shown, **withheld(files)})):
        for name, data in edition.items():
            path = folder / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def withheld(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that hold functions which are withheld, without them: relative path -> contents.

    Raises:
        LookupError: if a function cannot be found in its file.
    """
    wanted: dict[str, dict[str, str]] = {}  # file -> function -> exercise
    for exercise in EXERCISES.values():
        for function in (inspect.unwrap(exercise.reference), exercise.judge):
            wanted.setdefault(_file(function.__module__), {})[function.__qualname__] = exercise.name
    return {name: _without(name, files[name].decode(), functions).encode() for name, functions in wanted.items()}


def _file(module: str) -> str:
    package = hasattr(importlib.import_module(module), "__path__")
    return module.replace(".", "/") + ("/__init__.py" if package else ".py")


def _without(file: str, source: str, functions: Mapping[str, str]) -> str:
    """A module without the bodies of these functions and of their helpers: private ones, and all of a check's file."""
    tree = ast.parse(source)
    found = {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    if missing := set(functions) - set(found):
        raise LookupError(f"{file} has no function {sorted(missing)[0]!r} at its top level")
    if file.startswith("course/check/"):
        names = set(found)
    else:
        used = {one.id for name in functions for one in ast.walk(found[name]) if isinstance(one, ast.Name)}
        names = set(functions) | {name for name in used if name.startswith("_") and name in found}
    lines = source.splitlines(keepends=True)
    bodies = [(body, functions.get(name, ANY)) for name in names for body in _bodies(found[name])]
    for (start, end, indent), exercise in sorted(bodies, reverse=True):
        lines[start:end] = [" " * indent + REFUSE.format(exercise=exercise) + "\n"]
    return "".join(lines)


def _bodies(node: ast.AST) -> Iterator[tuple[int, int, int]]:
    """First line, line behind the last, and indentation of the body of a function, or of every method of a class."""
    if isinstance(node, ast.FunctionDef):
        first = node.body[min(ast.get_docstring(node) is not None, len(node.body) - 1)]
        assert node.end_lineno is not None
        yield first.lineno - 1, node.end_lineno, first.col_offset
    else:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                yield from _bodies(child)
