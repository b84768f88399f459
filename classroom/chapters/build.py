"""Builds chapters: from ``solutions/NN_name.py`` the student's notebook and the executed solution.

The student's notebook has stubs instead of solutions, no tests, no outputs. The solution is run from top to
bottom and keeps its outputs, so that it can be read where no kernel runs; a hash over them notices a lost or edited
output without running anything. Both get stable cell ids, and building twice changes nothing.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from classroom.chapters.source import NOTEBOOKS, OPEN, Cell, Chapter, Signature, signatures
from course.answers.notebook import PLACEHOLDER
from course.errors import InputError

REBUILD = "run: make build"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
WIDGET = "application/vnd.jupyter.widget-view+json"
PICTURES = ("image/jpeg", "image/png", "image/svg+xml")
THREADS = "2"  # a student's laptop
SECONDS = 900  # for one cell
COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # of a terminal


def student_notebook(chapter: Chapter) -> NotebookNode:
    """The chapter with stubs and room for answers in words, without tests, marking schemes and outputs.

    From the first exercise on, a cell that stops does not keep "Run All" from going on to the next: what does not
    depend on an unfinished exercise is still to be seen.
    """
    cells, begun = [], False
    for cell in chapter.cells:
        if cell.role == "hidden" or cell.test:
            continue
        if cell.role == OPEN:
            cells += [_cell(one, one.source, one.tags) for one in cell.question_and_answer(PLACEHOLDER)]
            continue
        begun = begun or cell.role == "exercise"
        tags = (*cell.tags, "raises-exception") if begun and cell.kind == "code" else cell.tags
        cells.append(_cell(cell, cell.stub if cell.role == "exercise" else cell.source, tags))
    return _notebook(chapter, cells)


def solution_notebook(chapter: Chapter) -> NotebookNode:
    """The chapter with everything in it, not run yet. Where students write in words, it has the marking scheme."""
    shown = [one for cell in chapter.cells for one in (_with_scheme(cell) if cell.role == OPEN else (cell,))]
    return _notebook(chapter, [_cell(cell, cell.source, cell.tags) for cell in shown])


def _with_scheme(cell: Cell) -> tuple[Cell, Cell]:
    summary = f"Marking scheme and a model answer ({cell.points} points)"
    return cell.question_and_answer(f"<details><summary>{summary}</summary>\n\n{cell.scheme}\n\n</details>")


def _notebook(chapter: Chapter, cells: list[NotebookNode]) -> NotebookNode:
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata = NotebookNode(
        course={**copy.deepcopy(chapter.facts), **_outline(chapter)},
        kernelspec=KERNEL,
        language_info=NotebookNode(name="python", file_extension=".py"),
    )
    return notebook


def _outline(chapter: Chapter) -> dict[str, list[list[str | int]]]:
    """The tasks, with points for the check or by hand, so that `course submit` misses cells that are gone.

    Lists, in the chapter's order: Jupyter sorts the keys of dictionaries. `course.submit.outline` reads them.
    """
    outline = chapter.outline
    return {
        "exercises": [[one.name, one.check] for one in outline.exercises],
        "questions": [[one.name, one.possible] for one in outline.questions],
    }


def _cell(cell: Cell, source: str, tags: tuple[str, ...]) -> NotebookNode:
    metadata: dict[str, Any] = {"tags": list(dict.fromkeys(tags))} if tags else {}
    if cell.fold or cell.test:
        metadata["jupyter"] = {"source_hidden": True}
    if cell.nbgrader_metadata:
        metadata["nbgrader"] = cell.nbgrader_metadata
    made: NotebookNode
    if cell.kind == "code":
        made = nbformat.v4.new_code_cell(source, id=cell.id, metadata=metadata)
    else:
        made = nbformat.v4.new_markdown_cell(source, id=cell.id, metadata=metadata)
    return made


def execute(chapter: Chapter) -> NotebookNode:
    """The solution, run from top to bottom in a fresh kernel with two threads.

    Raises:
        InputError: if a cell raises, does not come to an end, or brings the kernel down.
    """
    notebook = solution_notebook(chapter)
    environment = {**os.environ, "OMP_NUM_THREADS": THREADS}
    client = NotebookClient(
        notebook, timeout=SECONDS, record_timing=False, resources={"metadata": {"path": str(chapter.path.parent)}}
    )
    try:
        client.execute(env=environment)
    except CellExecutionError as error:
        where = [cell.id for cell in notebook.cells if any("ename" in output for output in cell.get("outputs", []))][-1]
        what = f"{chapter.name}: cell {where}: {error.ename}: {error.evalue}; nothing was written"
        raise InputError(f"{what}\n{COLOURS.sub('', error.traceback)}") from error
    except (CellTimeoutError, DeadKernelError) as error:
        what, *more = str(error).splitlines()
        raise InputError("\n".join([f"{chapter.name}: {what}; nothing was written", *more])) from error
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
    texts = [_text(notebook) for notebook in (student_notebook(chapter), execute(chapter))]
    student, solution = paths(chapter)
    for path, text in zip((student, solution), texts, strict=True):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return student, solution


def paths(chapter: Chapter) -> tuple[Path, Path]:
    """The paths of the student's notebook, in ``notebooks/``, and of the executed solution, beside the source."""
    folder = chapter.path.parents[1] / NOTEBOOKS.name
    return folder / f"{chapter.name}.ipynb", chapter.path.with_suffix(".ipynb")


def _text(notebook: NotebookNode) -> str:
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook)
    return text.rstrip("\n") + "\n"


# --- do the notebooks on disk agree with their source? ----------------------------------------------------------------


def differences(chapter: Chapter) -> Iterator[str]:
    """The faults of a chapter's notebooks in their present state, one sentence each. Runs no code."""
    for path, faults in zip(paths(chapter), (_student_faults, _solution_faults), strict=True):
        if not path.is_file():
            yield f"{_short(path)} is missing; {REBUILD}"
            continue
        try:
            text = path.read_text(encoding="utf-8")
            notebook = _parse(text)
        except Exception as error:  # whatever nbformat stumbles over
            reason = (str(error) or type(error).__name__).splitlines()[0]
            yield f"{_short(path)} is no notebook ({reason}); {REBUILD}"
        else:
            yield from faults(chapter, path, notebook, text)


def _parse(text: str) -> NotebookNode:
    notebook: NotebookNode = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        cell.setdefault("id", "without id")  # as older versions of Jupyter write them
    return notebook


def _student_faults(chapter: Chapter, path: Path, notebook: NotebookNode, text: str) -> Iterator[str]:
    wanted = student_notebook(chapter)
    solutions = {cell.id: cell for cell in chapter.cells if cell.role == "exercise"}
    hidden = [cell for cell in chapter.cells if cell.role == "hidden"]
    schemes = [cell.scheme for cell in chapter.cells if cell.role == OPEN]
    for cell in notebook.cells:
        answer = solutions[cell.id].solution if cell.id in solutions else ""
        if "### BEGIN SOLUTION" in cell.source or (answer and answer in cell.source):
            yield f"{_short(path)}: cell {cell.id} holds a solution; {REBUILD}"
        if "### BEGIN HIDDEN TESTS" in cell.source or any(cell.source == one.source for one in hidden):
            yield f"{_short(path)}: cell {cell.id} holds a hidden test; {REBUILD}"
        if "### BEGIN MARKING SCHEME" in cell.source or any(scheme in cell.source for scheme in schemes):
            yield f"{_short(path)}: cell {cell.id} holds a marking scheme; {REBUILD}"
        if cell.get("outputs"):
            yield f"{_short(path)}: cell {cell.id} holds an output; {REBUILD}"
        if cell.id in solutions and _signatures(cell) != signatures(solutions[cell.id].source):
            yield f"{_short(path)}: the stub {cell.id} has another signature or docstring than its solution; {REBUILD}"
    if text != _text(wanted):
        where = _first_difference(notebook, wanted)
        yield f"{_short(path)} is not what solutions/{chapter.name}.py says{where}; {REBUILD}"


def _solution_faults(chapter: Chapter, path: Path, notebook: NotebookNode, text: str) -> Iterator[str]:
    stored = notebook.metadata.get("course", {}).pop("outputs_sha256", "")
    if stored != outputs_hash(notebook):
        yield f"{_short(path)}: outputs were dropped or edited after it was run; {REBUILD}"
    yield from _output_faults(notebook, path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    wanted = solution_notebook(chapter)
    if notebook != wanted:
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


def _signatures(cell: NotebookNode) -> list[Signature]:
    try:
        return signatures(cell.source)
    except SyntaxError:
        return []


def _first_difference(notebook: NotebookNode, wanted: NotebookNode) -> str:
    for ours, theirs in zip(notebook.cells, wanted.cells, strict=False):
        if ours != theirs:
            return f", first in cell {theirs.id}"
    return "" if len(notebook.cells) == len(wanted.cells) else ", it has other cells"


def _short(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
