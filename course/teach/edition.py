"""The edition of the course that students' answers run with: what students have, and it tells when it is borrowed.

Each of the course's own functions for an exercise says so when it is called, before it does anything
(`course.handin.worker.tell`). This stands in the files themselves, so that importing a module anew, or looking for the
function in another way, leads to the same line. Who copies the text of our function has written it; that is not found
out here.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Mapping
from pathlib import Path

from course.check import EXERCISES

TELL = '__import__("course.handin.worker", fromlist=["tell"]).tell({name!r})'


def write_edition(files: Mapping[str, bytes], folder: Path) -> None:
    """Writes what students have to a folder, with every function that can be borrowed changed.

    Args:
        files: relative path -> contents, see `course.teach.release.student_files`.
        folder: to write to; it need not exist.
    """
    told = tell_tale(files)
    for name, data in files.items():
        if not name.startswith(("course/", "data/")) or name.endswith((".ipynb", ".md")):
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(told.get(name, data))


def tell_tale(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that hold functions that can be borrowed, changed: relative path -> contents.

    Raises:
        LookupError: if a function cannot be found in its file.
    """
    wanted: dict[str, dict[str, str]] = {}  # file -> function -> exercise
    for exercise in EXERCISES.values():
        function = inspect.unwrap(exercise.reference)
        module = importlib.import_module(function.__module__)
        name = module.__name__.replace(".", "/") + ("/__init__.py" if hasattr(module, "__path__") else ".py")
        wanted.setdefault(name, {})[function.__qualname__] = exercise.name
    return {name: _with_tales(name, files[name].decode(), tales).encode() for name, tales in wanted.items()}


def _with_tales(file: str, source: str, tales: Mapping[str, str]) -> str:
    """A module in which each of these functions begins by telling the name of its exercise."""
    lines = source.splitlines(keepends=True)
    functions = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    if missing := set(tales) - set(functions):
        raise LookupError(f"{file} has no function {sorted(missing)[0]!r} at its top level")
    for function in sorted((functions[name] for name in tales), key=lambda node: -node.lineno):
        first = function.body[ast.get_docstring(function) is not None]
        line = lines[first.lineno - 1]
        indent = line[: len(line) - len(line.lstrip())]
        lines.insert(first.lineno - 1, indent + TELL.format(name=tales[function.name]) + "\n")
    return "".join(lines)
