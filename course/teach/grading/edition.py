"""The edition of the course that students' answers run with: what students have, and it tells when it is borrowed.

Each of the course's own functions for an exercise says so when it is called, before it does anything
(`course.handin.worker.tell`). This stands in the files themselves, so that importing a module anew, or looking for the
function in another way, leads to the same line. Answers see the files of `WITHDRAWN` in place of these, in which the
functions hold nothing else. Who copies the text of our function into a notebook has written it; that is not found out.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Mapping
from pathlib import Path

from course.check import EXERCISES
from course.handin.nursery import WITHDRAWN
from course.handin.withdraw import ANY, REFUSE, TELL, parts_of


def write_edition(files: Mapping[str, bytes], folder: Path) -> None:
    """Writes what students have to a folder, with every function that can be borrowed changed.

    Args:
        files: relative path -> contents, see `course.teach.release.student_files`.
        folder: to write to; it need not exist.
    """
    wanted = {name: data for name, data in files.items()
              if name.startswith(("course/", "data/")) and not name.endswith((".ipynb", ".md"))}  # fmt: skip
    wanted |= tell_tale(files)
    wanted |= {f"{WITHDRAWN}/{name}": data for name, data in tell_tale(files, withdrawn=True).items()}
    for name, data in wanted.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def tell_tale(files: Mapping[str, bytes], withdrawn: bool = False) -> dict[str, bytes]:
    """The files that hold functions that can be borrowed, changed: relative path -> contents.

    Args:
        files: as above.
        withdrawn: whether the functions do no more than tell; then also their private parts and all of the checks.

    Raises:
        LookupError: if a function cannot be found in its file.
    """
    wanted: dict[str, dict[str, str]] = {}  # file -> function -> exercise
    for exercise in EXERCISES.values():
        for part in parts_of(exercise.reference) if withdrawn else [inspect.unwrap(exercise.reference)]:
            name = exercise.name if part.__name__ == exercise.reference.__name__ else ANY
            wanted.setdefault(_file(part.__module__), {})[part.__qualname__] = name
    found = {file: _with_tales(file, files[file].decode(), tales, withdrawn) for file, tales in wanted.items()}
    if withdrawn:
        for file in {_file(exercise.judge.__module__) for exercise in EXERCISES.values()}:
            source = found.get(file, files[file].decode())
            every = dict.fromkeys(_functions(ast.parse(source)), ANY)
            found[file] = _with_tales(file, source, every | wanted.get(file, {}), True)
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


def _with_tales(file: str, source: str, tales: Mapping[str, str], withdrawn: bool) -> str:
    """A module in which each of these functions begins, and perhaps ends, by telling the name of its exercise."""
    lines = source.splitlines(keepends=True)
    functions = _functions(ast.parse(source))
    if missing := set(tales) - set(functions):
        raise LookupError(f"{file} has no function {sorted(missing)[0]!r} at its top level")
    for name in sorted(tales, key=lambda name: -functions[name].lineno):
        function = functions[name]
        documented = ast.get_docstring(function) is not None and len(function.body) > 1
        first = function.body[documented]
        said = [TELL, REFUSE] if withdrawn else [TELL]
        end = function.end_lineno if withdrawn else first.lineno - 1
        lines[first.lineno - 1 : end] = [" " * first.col_offset + one.format(name=tales[name]) + "\n" for one in said]
    return "".join(lines)
