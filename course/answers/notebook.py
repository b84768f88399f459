"""Reads a notebook that somebody handed in, from its bytes alone, and believes nothing that it says.

It does not use nbformat, which sets no limits and whose errors are not meant for students. Whatever is odd about a file
ends in one exception with one sentence for the student.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from course.answers.plain_python import to_python

PLACEHOLDER = "*Your answer:*"
NEWEST = 4  # the format that Jupyter writes
NOT_NEEDED = ("outputs", "attachments", "widgets")  # large, and nothing in them is graded
CELLS = 5_000
CODE_CHARACTERS = 2_000_000  # of all cells; Python needs hundreds of bytes for each to parse them
DIGITS = 400  # of a whole number; more take long to convert
LANGUAGES = {  # names of kernels that say nothing else about their language
    "ir": "R", "julia": "Julia", "bash": "Bash", "javascript": "JavaScript", "octave": "Octave", "matlab": "MATLAB",
    "xcpp": "C++", "iruby": "Ruby", "ruby": "Ruby", "scala": "Scala", "ihaskell": "Haskell", "deno": "JavaScript",
}  # fmt: skip
MISSING = "There is no function of this name in the notebook."
SAVE_AGAIN = "open it in Jupyter, save it, and hand in the saved file"
CELL_NAME = re.compile(r"(?:(\d\d)-)?([A-Za-z_]\w*?)(?:-(check|hidden|answer))?", re.ASCII)
FUNCTION = re.compile(r"^def[ \t]+(\w+)[ \t]*\(", re.MULTILINE)


class UnreadableError(Exception):
    """A file is no notebook that can be graded.

    Attributes:
        reason: what the file is or lacks, to be read behind its name: "is empty", "is a notebook for R, not Python".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class CodeCell:
    """A cell of code.

    Attributes:
        id: as in the file, or "cell 7" for the seventh cell if the file has no ids.
        exercise: the exercise that it belongs to, for example "gram", or "".
        source: its text, lines end with a line feed.
        role: "exercise" where the answer is written, "check" or "hidden" for the course's tests of it, otherwise "".
        python: what IPython makes of it, line for line; None where the source is plain Python already. It is made while
            the notebook is read, in a process that nothing of the student's has entered.
    """

    id: str
    exercise: str
    source: str
    role: str = ""
    python: str | None = None

    @property
    def code(self) -> str:
        """Its plain Python."""
        return self.source if self.python is None else self.python


@dataclass(frozen=True)
class Notebook:
    """What is graded of a notebook.

    Attributes:
        chapter: the best guess, for example "01_vgg", or "".
        cells: of code, in order.
        written: name of an open question -> what was answered, "" if nothing.
    """

    chapter: str
    cells: tuple[CodeCell, ...]
    written: dict[str, str]


@dataclass(frozen=True)
class _Cell:
    """Any cell; `number` is the chapter's in its id ("01"), `name` its exercise or question."""

    kind: str
    id: str
    number: str
    name: str
    role: str
    source: str


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
    try:
        found = _parse(data)
        cells = tuple(_cells(found))
        title = _title(found)
        if sum(len(cell.source) for cell in cells if cell.kind == "code") > CODE_CHARACTERS:
            raise UnreadableError("holds more than two million characters of code; read data from a file instead")
        if sum(len(cell.source) for cell in cells if cell.role == "answer") > CODE_CHARACTERS:
            raise UnreadableError("holds more than two million characters in answers; write them in words")
    except RecursionError:
        raise UnreadableError(f"is nested too deeply to be a notebook; {SAVE_AGAIN}") from None
    except MemoryError:
        raise UnreadableError("is too large to be read; clear its outputs, save it, and hand it in again") from None
    return Notebook(_chapter(cells, title, exercises or {}, titles or {}), tuple(_code_cells(cells)), _written(cells))


# --- from bytes to cells ----------------------------------------------------------------------------------------------


def _parse(data: bytes) -> dict[str, Any]:
    if not data.strip():
        raise UnreadableError("is empty")
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        raise UnreadableError(_instead(data)) from None
    try:
        found = json.loads(text, object_pairs_hook=_object, parse_int=_whole, parse_constant=_constant)
    except json.JSONDecodeError:
        raise UnreadableError(_instead(data)) from None
    if not isinstance(found, dict) or "nbformat" not in found:
        raise UnreadableError("is JSON, but no notebook")
    _refuse_format(found["nbformat"])
    _refuse_language(found, _metadata(found, "the notebook"))
    return found


def _instead(data: bytes) -> str:
    """What a file is that is not JSON."""
    start = data[:200].lstrip().lower()
    if start.startswith(b"pk\x03\x04"):
        return "is a zip under the name of a notebook"
    if start.startswith((b"<!doctype", b"<html")):
        return "is a web page; download the notebook itself (File > Download)"
    if b"\n<<<<<<< " in data and b"\n>>>>>>> " in data:
        return "holds the marks of a merge that was not finished; choose one version, and hand it in again"
    return f"is not JSON, so it is no notebook or only a part of one; {SAVE_AGAIN}"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnreadableError(f"says something twice, so that it has two meanings; {SAVE_AGAIN}")
    for name in NOT_NEEDED:
        found.pop(name, None)  # here and not later, so that at most one cell's outputs are held
    return found


def _whole(digits: str) -> int:
    if len(digits) > DIGITS:
        raise UnreadableError(f"holds a number of {len(digits)} digits; {SAVE_AGAIN}")
    return int(digits)


def _constant(name: str) -> float:
    raise UnreadableError(f"is not JSON: it holds the word {name}; clear its outputs, and save it again")


def _refuse_format(number: Any) -> None:
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise UnreadableError("is JSON, but no notebook: its nbformat is no number")
    if number > NEWEST:
        raise UnreadableError(f"is of format {str(number)[:9]}, which is newer than this course; save it as format 4")
    if number < 3:
        raise UnreadableError(f"is of format {number}, which is from before 2013; {SAVE_AGAIN}")


def _refuse_language(found: dict[str, Any], metadata: dict[str, Any]) -> None:
    kernel, language = (metadata.get(key) for key in ("kernelspec", "language_info"))
    kernel, language = (value if isinstance(value, dict) else {} for value in (kernel, language))
    said = [kernel.get("language"), language.get("name"), metadata.get("language")]
    said += [cell.get("language") for cell in _raw_cells(found) if cell.get("cell_type") == "code"]
    stated = [one for one in said if isinstance(one, str) and one.strip()]
    name = kernel.get("name")
    if not stated and isinstance(name, str):  # a kernel can have any name: only without a language does it count
        stated = list(filter(None, [LANGUAGES.get(re.split(r"[-\d. ]", name.lower())[0])]))
    if stated and not any(re.match(r"i?python", one.strip(), re.IGNORECASE) for one in stated):
        raise UnreadableError(f"is a notebook for {_shown(stated[0])}, not for Python")


def _shown(text: str) -> str:
    """A few words of a file in a sentence of ours."""
    return re.sub(r"[^\w+#. -]", "?", text.strip(), flags=re.ASCII)[:20]


def _metadata(holder: dict[str, Any], what: str) -> dict[str, Any]:
    metadata = holder.get("metadata", {})
    if not isinstance(metadata, dict):
        raise UnreadableError(f"is damaged: the metadata of {what} are no object; {SAVE_AGAIN}")
    return metadata


def _raw_cells(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    sheets = found.get("worksheets", []) if found["nbformat"] == 3 else [found]
    if not isinstance(sheets, list) or not all(isinstance(sheet, dict) for sheet in sheets):
        raise UnreadableError(f"is damaged: its worksheets are no list; {SAVE_AGAIN}")
    for sheet in sheets:
        cells = sheet.get("cells")
        if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
            raise UnreadableError(f"is damaged: its cells are no list of cells; {SAVE_AGAIN}")
        yield from cells


def _cells(found: dict[str, Any]) -> Iterator[_Cell]:
    for place, cell in enumerate(_raw_cells(found), start=1):
        if place > CELLS:
            raise UnreadableError(f"holds more than {CELLS} cells; {SAVE_AGAIN}")
        what = f"cell {place}"
        grader = _metadata(cell, what).get("nbgrader")
        id_ = cell.get("id")
        id_ = _text(id_, what)[:100] if isinstance(id_, str) and id_ else ""
        grade_id = grader.get("grade_id") if isinstance(grader, dict) else None
        by_grader = CELL_NAME.fullmatch(grade_id) if isinstance(grade_id, str) else None
        by_id = CELL_NAME.fullmatch(id_)
        if by_id and not by_id[1]:
            by_id = None  # an id that Jupyter made up, such as "a1b2c3d4"
        named = by_grader or by_id
        yield _Cell(
            kind=str(cell.get("cell_type")),
            id=id_ or what,
            number=(re.match(r"(\d\d)-", id_) or ("", ""))[1],
            name=named[2] if named else "",
            role=(named[3] or "exercise") if named else "",
            source=_source(cell, what),
        )


def _source(cell: dict[str, Any], what: str) -> str:
    source = cell.get("source", cell.get("input", ""))  # format 3 says input where it means code
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise UnreadableError(f"is damaged: the source of {what} is no text; {SAVE_AGAIN}")
    return _text(source, what).replace("\r\n", "\n").replace("\r", "\n")


def _text(text: str, what: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UnreadableError(f"is damaged: {what} holds half of a character; {SAVE_AGAIN}") from None
    return text


# --- from cells to what is graded -------------------------------------------------------------------------------------


def _code_cells(cells: tuple[_Cell, ...]) -> Iterator[CodeCell]:
    for cell in cells:
        if cell.kind == "code" and cell.role != "answer":
            python = to_python(cell.source)
            yield CodeCell(cell.id, cell.name, cell.source, cell.role, None if python == cell.source else python)


def _written(cells: tuple[_Cell, ...]) -> dict[str, str]:
    """Of answer cells of any kind: a student may have turned one into code by a slip of the keyboard."""
    found: dict[str, str] = {}
    for cell in cells:
        if cell.role == "answer":
            text = cell.source.replace(PLACEHOLDER, "", 1).strip()
            found[cell.name] = "\n\n".join(filter(None, [found.get(cell.name, ""), text]))
    return found


def _title(found: dict[str, Any]) -> str:
    facts = _metadata(found, "the notebook").get("course")
    title = facts.get("title") if isinstance(facts, dict) else None
    return title if isinstance(title, str) else ""


def _chapter(
    cells: tuple[_Cell, ...], title: str, exercises: Mapping[str, Collection[str]], titles: Mapping[str, str]
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
