"""The edition of the course that students' answers run with: what students have, twice.

Each of the course's own functions for an exercise says so when it is called, before it does anything
(`course.handin.worker.tell`). This stands in the files themselves, so that importing a module anew, or looking for the
function in another way, leads to the same line. Answers see the files of `WITHDRAWN` in place of these, in which the
functions hold nothing else. Who copies the text of our function into a notebook has written it; that is not found out.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path

from course.check import EXERCISES
from course.handin.nursery import WITHDRAWN
from course.handin.withdraw import REFUSE, TELL


def write_edition(files: Mapping[str, bytes], folder: Path) -> None:
    """Writes what students have to a folder, with what is withheld beside it.

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
        withdrawn: whether the functions do no more than tell.

    Raises:
        LookupError: if a function cannot be found in its file.
    """
    wanted: dict[str, dict[str, str]] = {}  # file -> function -> exercise
    for exercise in EXERCISES.values():
        function = inspect.unwrap(exercise.reference)
        module = importlib.import_module(function.__module__)
        name = module.__name__.replace(".", "/") + ("/__init__.py" if hasattr(module, "__path__") else ".py")
        wanted.setdefault(name, {})[function.__qualname__] = exercise.name
    return {name: _with_tales(name, files[name].decode(), tales, withdrawn).encode() for name, tales in wanted.items()}


def _with_tales(file: str, source: str, tales: Mapping[str, str], withdrawn: bool) -> str:
    """A module in which each of these functions begins, and perhaps ends, by telling the name of its exercise."""
    lines = source.splitlines(keepends=True)
    functions = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    if missing := set(tales) - set(functions):
        raise LookupError(f"{file} has no function {sorted(missing)[0]!r} at its top level")
    for function in sorted((functions[name] for name in tales), key=lambda node: -node.lineno):
        first = function.body[ast.get_docstring(function) is not None]
        line = lines[first.lineno - 1]
        indent = line[: len(line) - len(line.lstrip())]
        said = [TELL, REFUSE] if withdrawn else [TELL]
        end = function.end_lineno if withdrawn else first.lineno - 1
        lines[first.lineno - 1 : end] = [indent + one.format(name=tales[function.name]) + "\n" for one in said]
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
