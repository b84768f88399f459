"""What is graded of a notebook that somebody handed in: its code, and its answers in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from course.answers.notebook_file import AnyCell, NotebookContents, UnreadableError, read_file
from course.answers.plain_python import Effort, TooLongError, to_python

PLACEHOLDER = "*Your answer:*"
CODE_CHARACTERS = 2_000_000  # of all cells; Python needs hundreds of bytes for each to parse them
IDLE_CHARACTERS = 500_000  # of all cells that are no code and may hold some all the same
NOT_RUN = "not_run"  # the mistake of who has an answer in a cell that Python does not run
MISSING = "There is no function of this name in the notebook."
PLACES = {
    "markdown": "in a Markdown cell",
    "raw": "in a raw cell",
    "long": "in a cell that is too long for the lines with % or ! in it",
    "other": "in a cell that is no code cell",
}
FUNCTION = re.compile(r"^def[ \t]+(\w+)[ \t]*\(", re.MULTILINE)


@dataclass(frozen=True)
class CodeCell:
    """A cell of code, or one that was meant to be.

    Attributes:
        id: as in the file, or "cell 7" for the seventh cell if the file has no ids.
        exercise: the exercise that it belongs to, for example "gram", or "".
        source: its text, lines end with a line feed.
        role: "exercise" where the answer is written, "check" or "hidden" for the course's tests of it, otherwise "".
        python: what IPython makes of it, line for line; None where the source is plain Python already. It is made while
            the notebook is read, in a process that nothing of the student's has entered.
        kind: "code" if Python runs it. Otherwise what keeps it from that: "markdown", "raw", "long" if too much in it
            is no plain Python, a cell magic such as "%%bash", or "other".
    """

    id: str
    exercise: str
    source: str
    role: str = ""
    python: str | None = None
    kind: str = "code"

    @property
    def code(self) -> str:
        """Its plain Python."""
        return self.source if self.python is None else self.python


def place(kind: str) -> str:
    """Where something stands that Python does not run, in words: "in a Markdown cell". Of any `CodeCell.kind`."""
    return f"under {kind}" if kind.startswith("%%") else PLACES.get(kind, PLACES["other"])


@dataclass(frozen=True)
class Notebook:
    """What is graded of a notebook.

    Attributes:
        chapter: the best guess, for example "01_vgg", or "".
        cells: of code, and others in which an exercise's function stands, in order.
        written: name of an open question -> what was answered, "" if nothing.
    """

    chapter: str
    cells: tuple[CodeCell, ...]
    written: dict[str, str]


def read_notebook(
    data: bytes, exercises: Mapping[str, Collection[str]] | None = None, titles: Mapping[str, str] | None = None
) -> Notebook:
    """Reads a notebook of format 3 or 4.

    Args:
        data: the whole file.
        exercises: chapter -> names of its exercises. Without them no chapter is guessed.
        titles: chapter -> its title.

    Raises:
        UnreadableError: if it cannot be read, for whatever reason.
    """
    return graded_part(read_file(data), exercises or {}, titles or {})


def graded_part(
    contents: NotebookContents, exercises: Mapping[str, Collection[str]], titles: Mapping[str, str]
) -> Notebook:
    """What is graded of a file's contents; see `read_notebook`."""
    cells = contents.cells
    if sum(len(cell.source) for cell in cells if cell.kind == "code") > CODE_CHARACTERS:
        raise UnreadableError("holds more than two million characters of code; read data from a file instead")
    if sum(len(cell.source) for cell in cells if cell.role == "answer") > CODE_CHARACTERS:
        raise UnreadableError("holds more than two million characters in answers; write them in words")
    title = contents.course.get("title")
    chapter = _chapter(cells, title if isinstance(title, str) else "", exercises, titles)
    return Notebook(chapter, tuple(_code_cells(cells)), _written(cells))


def _code_cells(cells: tuple[AnyCell, ...]) -> Iterator[CodeCell]:
    left, effort = IDLE_CHARACTERS, Effort()
    for cell in cells:
        if cell.role == "answer":
            continue
        if cell.kind == "code":
            yield _code_cell(cell, effort)
        elif (cell.marked and cell.role == "exercise") or FUNCTION.search(cell.source):
            kind = cell.kind if cell.kind in ("markdown", "raw") else "other"
            yield CodeCell(cell.id, cell.name, cell.source[:left], cell.role, kind=kind)
            left -= len(cell.source[:left])


def _code_cell(cell: AnyCell, effort: Effort) -> CodeCell:
    try:
        python, magic = to_python(cell.source, effort)
    except TooLongError:
        return CodeCell(cell.id, cell.name, cell.source, cell.role, kind="long")
    return CodeCell(
        cell.id, cell.name, cell.source, cell.role, None if python == cell.source else python, magic or "code"
    )


def _written(cells: tuple[AnyCell, ...]) -> dict[str, str]:
    """Of answer cells of any kind: a student may have turned one into code by a slip of the keyboard."""
    found: dict[str, str] = {}
    for cell in cells:
        if cell.role == "answer":
            text = cell.source.replace(PLACEHOLDER, "", 1).strip()
            found[cell.name] = "\n\n".join(filter(None, [found.get(cell.name, ""), text]))
    return found


def _chapter(
    cells: tuple[AnyCell, ...], title: str, exercises: Mapping[str, Collection[str]], titles: Mapping[str, str]
) -> str:
    """By its title; else by most of the cells' ids, then by the marks of nbgrader, then by the functions defined."""
    chapters = sorted({*exercises, *titles})
    by_title = [chapter for chapter in chapters if title and titles.get(chapter) == title]
    if len(by_title) == 1:
        return by_title[0]
    numbers = Counter(cell.number for cell in cells if cell.number)
    marked = {cell.name for cell in cells if cell.name}
    defined = {name for cell in cells if cell.kind == "code" for name in FUNCTION.findall(cell.source)}
    votes = (
        {chapter: numbers[chapter.split("_")[0]] for chapter in chapters},
        {chapter: len(marked.intersection(exercises.get(chapter, ()))) for chapter in chapters},
        {chapter: len(defined.intersection(exercises.get(chapter, ()))) for chapter in chapters},
    )
    for vote in votes:
        most = max(vote.values(), default=0)
        best = [chapter for chapter, count in vote.items() if count == most]
        if most and len(best) == 1:
            return best[0]
    return ""
