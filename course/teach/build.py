"""Builds chapters: from ``solutions/NN_name.py`` the student's notebook and the executed solution.

The student's notebook has stubs instead of solutions, no hidden tests, no outputs. The solution is run from top to
bottom and keeps its outputs, so that it can be read where no kernel runs; a hash over them notices a lost or edited
output without running anything. Both get stable cell ids, and building twice changes nothing.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from course.errors import InputError
from course.teach.source import NOTEBOOKS, SOLUTIONS, Cell, Chapter

REBUILD = "run: make build"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
WIDGET = "application/vnd.jupyter.widget-view+json"
PICTURES = ("image/jpeg", "image/png", "image/svg+xml")
THREADS = "2"  # a student's laptop


def student_notebook(chapter: Chapter) -> NotebookNode:
    """The chapter with stubs, without hidden tests and outputs.

    From the first exercise on, a cell that stops does not keep "Run All" from going on to the next: what does not
    depend on an unfinished exercise is still to be seen.
    """
    cells, begun = [], False
    for cell in chapter.cells:
        if cell.role == "hidden":
            continue
        begun = begun or cell.role == "exercise"
        tags = (*cell.tags, "raises-exception") if begun and cell.kind == "code" else cell.tags
        cells.append(_cell(cell, cell.stub if cell.role == "exercise" else cell.source, tags))
    return _notebook(chapter, cells)


def solution_notebook(chapter: Chapter) -> NotebookNode:
    """The chapter with everything in it, not run yet."""
    return _notebook(chapter, [_cell(cell, cell.source, cell.tags) for cell in chapter.cells])


def _notebook(chapter: Chapter, cells: list[NotebookNode]) -> NotebookNode:
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata = NotebookNode(
        course=chapter.facts, kernelspec=KERNEL, language_info={"name": "python", "file_extension": ".py"}
    )
    return notebook


def _cell(cell: Cell, source: str, tags: tuple[str, ...]) -> NotebookNode:
    make: Callable[..., NotebookNode]
    make = nbformat.v4.new_code_cell if cell.kind == "code" else nbformat.v4.new_markdown_cell
    metadata: dict[str, Any] = {"tags": list(tags)} if tags else {}
    if cell.nbgrader_metadata:
        metadata["nbgrader"] = cell.nbgrader_metadata
    return make(source, id=cell.id, metadata=metadata)


def execute(chapter: Chapter) -> NotebookNode:
    """The solution, run from top to bottom in a fresh kernel with two threads.

    Raises:
        InputError: if a cell raises.
    """
    notebook = solution_notebook(chapter)
    environment = {**os.environ, "OMP_NUM_THREADS": THREADS}
    client = NotebookClient(
        notebook, timeout=900, record_timing=False, resources={"metadata": {"path": str(SOLUTIONS)}}
    )
    try:
        client.execute(env=environment)
    except CellExecutionError as error:
        raise InputError(f"{chapter.name}: {error.ename}: {error.evalue}; nothing was written\n{error}") from error
    notebook.metadata.pop("widgets", None)  # saved widget state makes code hosts show "Invalid Notebook"
    notebook.metadata.language_info = NotebookNode(name="python", file_extension=".py")
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)  # its picture stays; the model's id would be another every time
    notebook.metadata.course["outputs_sha256"] = outputs_hash(notebook)
    return notebook


def outputs_hash(notebook: NotebookNode) -> str:
    """One hash over everything that a notebook's cells put out."""
    outputs = [[cell.id, cell.get("execution_count"), cell.get("outputs", [])] for cell in notebook.cells]
    return hashlib.sha256(json.dumps(outputs, sort_keys=True).encode()).hexdigest()


def build(chapter: Chapter) -> tuple[Path, Path]:
    """Writes both notebooks of a chapter; the paths of the student's and of the executed one.

    Raises:
        InputError: if a cell of the solution raises; then nothing is written.
    """
    executed = execute(chapter)
    student, solution = paths(chapter)
    for path, notebook in ((student, student_notebook(chapter)), (solution, executed)):
        path.parent.mkdir(exist_ok=True)
        path.write_text(_text(notebook), encoding="utf-8")
    return student, solution


def paths(chapter: Chapter) -> tuple[Path, Path]:
    """Where the student's notebook and the executed solution lie."""
    return NOTEBOOKS / f"{chapter.name}.ipynb", SOLUTIONS / f"{chapter.name}.ipynb"


def _text(notebook: NotebookNode) -> str:
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook)
    return text.rstrip("\n") + "\n"


# --- is what lies there what would be built? --------------------------------------------------------------------------


def differences(chapter: Chapter) -> Iterator[str]:
    """What is wrong with the notebooks of a chapter as they lie there, one sentence each. Runs no code."""
    student, solution = paths(chapter)
    for path in (student, solution):
        if not path.is_file():
            yield f"{_short(path)} is missing; {REBUILD}"
    if student.is_file():
        yield from _student_faults(chapter, student)
    if solution.is_file():
        yield from _solution_faults(chapter, solution)


def _student_faults(chapter: Chapter, path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    wanted = student_notebook(chapter)
    notebook = _parse(path, text)
    solutions = {cell.id: cell for cell in chapter.cells if cell.role == "exercise"}
    hidden = [cell for cell in chapter.cells if cell.role == "hidden"]
    for cell in notebook.cells:
        if "### BEGIN SOLUTION" in cell.source or (cell.id in solutions and cell.source == solutions[cell.id].source):
            yield f"{_short(path)}: cell {cell.id} holds a solution; {REBUILD}"
        if "### BEGIN HIDDEN TESTS" in cell.source or any(cell.source == one.source for one in hidden):
            yield f"{_short(path)}: cell {cell.id} holds a hidden test; {REBUILD}"
        if cell.get("outputs"):
            yield f"{_short(path)}: cell {cell.id} holds an output; {REBUILD}"
        if cell.id in solutions and _face(cell.source) != _face(solutions[cell.id].source):
            yield f"{_short(path)}: the stub {cell.id} has another signature or docstring than its solution; {REBUILD}"
    if text != _text(wanted):
        where = _first_difference(notebook, wanted)
        yield f"{_short(path)} is not what solutions/{chapter.name}.py says{where}; {REBUILD}"


def _solution_faults(chapter: Chapter, path: Path) -> Iterator[str]:
    notebook = _parse(path, path.read_text(encoding="utf-8"))
    stored = notebook.metadata.get("course", {}).pop("outputs_sha256", "")
    if stored != outputs_hash(notebook):
        yield f"{_short(path)}: outputs were dropped or edited after it was run; {REBUILD}"
    yield from _output_faults(notebook, path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    wanted = solution_notebook(chapter)
    if _text(notebook) != _text(wanted):
        where = _first_difference(notebook, wanted)
        yield f"{_short(path)} is not what solutions/{chapter.name}.py says{where}; {REBUILD}"


def _output_faults(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.execution_count is None:
            yield f"{_short(path)}: cell {cell.id} has never been run; {REBUILD}"
        for output in cell.get("outputs", []):
            shown = [kind for kind in PICTURES if kind in output.get("data", {})]
            if any(not output.metadata.get(kind, {}).get("alt") for kind in shown):
                yield f"{_short(path)}: a picture of cell {cell.id} has no alt text; use course.figures, {REBUILD}"


def _parse(path: Path, text: str) -> NotebookNode:
    try:
        notebook: NotebookNode = nbformat.reads(text, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise InputError(f"{_short(path)} is no notebook ({error}); {REBUILD}") from error
    return notebook


def _face(source: str) -> tuple[str, str | None] | None:
    """Signature and docstring of the function in a cell; None if there is none."""
    try:
        functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    except SyntaxError:
        return None
    if len(functions) != 1:
        return None
    return f"{functions[0].name}({ast.unparse(functions[0].args)})", ast.get_docstring(functions[0])


def _first_difference(notebook: NotebookNode, wanted: NotebookNode) -> str:
    for ours, theirs in zip(notebook.cells, wanted.cells, strict=False):
        if ours != theirs:
            return f", first in cell {theirs.id}"
    return "" if len(notebook.cells) == len(wanted.cells) else ", it has other cells"


def _short(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
