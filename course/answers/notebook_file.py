"""The file of a notebook: from bytes that somebody handed in to cells, believing nothing that it says.

It does not use nbformat, which sets no limits and whose errors are not meant for students. Whatever is odd about a file
ends in one exception with one sentence for the student. What nobody grades may be as odd as it likes: outputs, all
metadata but the marks of exercises, ids, and the text of cells that are neither code nor answers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, TypeGuard

from course.answers.outline import NUMBER

NEWEST = 4  # the format that Jupyter writes
NOT_NEEDED = ("outputs", "attachments", "widgets")  # large, and nothing in them is graded
ONCE = ("nbformat", "cells", "worksheets", "cell_type", "source", "input")  # what must have one meaning
TEXT = ("source", "input")  # of these, what matters only where it is graded
CELLS = 5_000
DIGITS = 400  # of a whole number; more take long to convert, and none that is graded has so many
MOST_POINTS = 1000  # of an exercise or a question
DEEPEST = 100  # brackets in brackets; metadata, sources and outputs begin at the sixth
BOTTOMLESS = 100_000  # the same, where looking for an end would take long
HALF = re.compile("[\ud800-\udfff]")  # one of the two by which JSON writes an emoji, or a byte that is no character
SIGNS = re.compile(r'\\.|["\[\]{}]', re.DOTALL)  # of JSON, by which strings and brackets are known
LANGUAGES = {  # names of kernels that say nothing else about their language
    "ir": "R", "julia": "Julia", "bash": "Bash", "javascript": "JavaScript", "octave": "Octave", "matlab": "MATLAB",
    "xcpp": "C++", "iruby": "Ruby", "ruby": "Ruby", "scala": "Scala", "ihaskell": "Haskell", "deno": "JavaScript",
}  # fmt: skip
SAVE_AGAIN = "open it in Jupyter, save it, and hand in the saved file"
CELL_NAME = re.compile(rf"(?:({NUMBER})-)?([A-Za-z_]\w*?)(?:-(check|hidden|answer))?", re.ASCII)


class UnreadableError(Exception):
    """A file is no notebook that can be graded.

    Attributes:
        reason: what the file is or lacks, to be read behind its name: "is empty", "is a notebook for R, not Python".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class AnyCell:
    """A cell of any kind.

    Attributes:
        kind: "code", "markdown", "raw", or whatever the file says.
        id: as in the file, or "cell 7" for the seventh cell if it has none, or one that is no text.
        number: the chapter's, as its id says, for example "01" or "04b", or "".
        name: of its exercise or question, for example "gram", or "".
        role: "exercise", "check", "hidden" or "answer" if it has a name, otherwise "".
        source: its text, lines end with a line feed. In a cell that is neither code nor an answer, U+FFFD stands for
            what is no character, and it is "" if it is no text at all.
        marked: whether the marks of nbgrader say so, and not only its id.
        points: that these marks say it is worth; 0 if they do not.
    """

    kind: str
    id: str
    number: str
    name: str
    role: str
    source: str
    marked: bool
    points: int


@dataclass(frozen=True)
class NotebookContents:
    """What a file holds: its cells, and what its metadata say of the course, an object of any form."""

    cells: tuple[AnyCell, ...]
    course: dict[str, Any]


class _Doubled(dict[str, Any]):
    """An object that says something twice. What is said last counts, but for the names of `ONCE` among them."""

    names: frozenset[str] = frozenset()


def read_file(data: bytes) -> NotebookContents:
    """Reads a notebook of format 3 or 4.

    Args:
        data: the whole file.

    Raises:
        UnreadableError: if it cannot be read, for whatever reason.
    """
    try:
        found = _parse(data)
        return NotebookContents(tuple(_cells(found)), _object_in(_object_in(found, "metadata"), "course"))
    except RecursionError:
        raise UnreadableError(f"is nested too deeply to be a notebook; {SAVE_AGAIN}") from None
    except MemoryError:
        raise UnreadableError("is too large to be read; clear its outputs, save it, and hand it in again") from None


def _parse(data: bytes) -> dict[str, Any]:
    if not data.strip():
        raise UnreadableError("is empty")
    try:
        # A byte that is no character, or a character that JSON has to escape, may stand in an output: see `_text`.
        text = data.decode(json.detect_encoding(data), "surrogateescape")
        try:
            found = _loaded(text)
        except RecursionError:
            found = _loaded(_without_depths(text))
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise UnreadableError(_instead(data)) from None
    if not isinstance(found, dict) or "nbformat" not in found:
        raise UnreadableError("is JSON, but no notebook")
    _refuse_doubled(found)
    _refuse_format(found["nbformat"])
    _refuse_language(found)
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


def _loaded(text: str) -> Any:
    return json.loads(text, strict=False, object_pairs_hook=_object, parse_int=_whole)


def _without_depths(text: str) -> str:
    """JSON with null for what lies deeper than anything that is graded; as it is, if brackets are left open."""
    pieces, begin, depth, quoted = list[str](), 0, 0, False
    for found in SIGNS.finditer(text):
        sign = found[0]
        if sign == '"':
            quoted = not quoted
        elif quoted or sign.startswith("\\"):
            continue
        elif sign in "[{":
            depth += 1
            if depth > BOTTOMLESS:
                break
            if depth == DEEPEST:
                pieces += [text[begin : found.start()], "null"]
        else:
            begin = found.end() if depth == DEEPEST else begin
            depth -= 1
    return text if depth >= DEEPEST else "".join([*pieces, text[begin:]])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        found = _Doubled(found)
        found.names = frozenset(name for name in ONCE if sum(name == one for one, _ in pairs) > 1)
    for name in NOT_NEEDED:
        found.pop(name, None)  # here and not later, so that at most one cell's outputs are held
    return found


def _whole(digits: str) -> float:
    return int(digits) if len(digits) <= DIGITS else math.inf


def _refuse_doubled(holder: dict[str, Any], but: Collection[str] = ()) -> None:
    if isinstance(holder, _Doubled) and not holder.names <= set(but):
        raise UnreadableError(f"says something twice, so that it has two meanings; {SAVE_AGAIN}")


def _refuse_format(number: Any) -> None:
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise UnreadableError("is JSON, but no notebook: its nbformat is no number")
    if number > NEWEST:
        raise UnreadableError(f"is of format {str(number)[:9]}, which is newer than this course; save it as format 4")
    if number < 3:
        raise UnreadableError(f"is of format {number}, which is from before 2013; {SAVE_AGAIN}")


def _refuse_language(found: dict[str, Any]) -> None:
    metadata = _object_in(found, "metadata")
    kernel, language = (_object_in(metadata, key) for key in ("kernelspec", "language_info"))
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


def _object_in(holder: dict[str, Any], name: str) -> dict[str, Any]:
    """An object in an object; an empty one if it is missing, or is anything else."""
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


def _raw_cells(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    sheets = found.get("worksheets", []) if found["nbformat"] == 3 else [found]
    if not isinstance(sheets, list) or not all(isinstance(sheet, dict) for sheet in sheets):
        raise UnreadableError(f"is damaged: its worksheets are no list; {SAVE_AGAIN}")
    for sheet in sheets:
        _refuse_doubled(sheet)
        cells = sheet.get("cells")
        if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
            raise UnreadableError(f"is damaged: its cells are no list of cells; {SAVE_AGAIN}")
        for cell in cells:
            _refuse_doubled(cell, but=TEXT)
            yield cell


def _cells(found: dict[str, Any]) -> Iterator[AnyCell]:
    for place, cell in enumerate(_raw_cells(found), start=1):
        if place > CELLS:
            raise UnreadableError(f"holds more than {CELLS} cells; {SAVE_AGAIN}")
        what = f"cell {place}"
        kind, id_ = str(cell.get("cell_type")), cell.get("id")
        id_ = id_[:100] if isinstance(id_, str) and not HALF.search(id_) else ""
        grader = _object_in(_object_in(cell, "metadata"), "nbgrader")
        grade_id, points = grader.get("grade_id"), grader.get("points")
        by_grader = CELL_NAME.fullmatch(grade_id) if isinstance(grade_id, str) else None
        by_id = CELL_NAME.fullmatch(id_)
        if by_id and not by_id[1]:
            by_id = None  # an id that Jupyter made up, such as "a1b2c3d4"
        named = by_grader or by_id
        role = (named[3] or "exercise") if named else ""
        yield AnyCell(
            kind=kind,
            id=id_ or what,
            number=(re.match(rf"({NUMBER})-", id_, re.ASCII) or ("", ""))[1],
            name=named[2] if named else "",
            role=role,
            source=_source(cell, what, graded=kind == "code" or role == "answer"),
            marked=by_grader is not None,
            points=points if by_grader and is_points(points) else 0,
        )


def is_points(points: Any) -> TypeGuard[int]:
    """Whether that can be what an exercise or a question is worth."""
    return type(points) is int and 0 <= points <= MOST_POINTS


def _source(cell: dict[str, Any], what: str, graded: bool) -> str:
    source = cell.get("source", cell.get("input", ""))  # format 3 says input where it means code
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    text = source.replace("\r\n", "\n").replace("\r", "\n") if isinstance(source, str) else ""
    if graded:
        _refuse_doubled(cell)
        if not isinstance(source, str):
            raise UnreadableError(f"is damaged: the source of {what} is no text; {SAVE_AGAIN}")
        if half := HALF.search(text):
            line, sign = text.count("\n", 0, half.start()) + 1, half[0].encode("unicode_escape").decode()
            raise UnreadableError(
                f"is damaged: {what} holds half of a character, {sign}, in its line {line}; "
                "delete it in Jupyter, save the notebook, and hand in the saved file"
            )
    return HALF.sub("\ufffd", text)
