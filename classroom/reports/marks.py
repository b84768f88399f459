"""Open questions: ``open_questions.csv`` goes out to be marked by hand, and comes back with points and comments.

The marker fills in the columns `points` and `comment`, in a spreadsheet or elsewhere; the next reports take them up.
A mark is never lost: rows of students and chapters that are not graded this time stay at the end of the file, a mark of
an answer that is another one now moves to the comment, and a file that cannot be understood is refused as it is.
Columns that the marker has added, initials or notes, stay after ours with their contents.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from classroom.grading.results import Graded, Written
from classroom.reports.tables import clean, read_table, table
from course.answers.outline import ChapterOutline
from course.errors import InputError

FILE = "open_questions.csv"
HEADER = ("name", "student_id", "chapter", "question", "possible", "answer", "points", "comment", "answer_sha256")
NEEDED = tuple(name for name in HEADER if name not in ("name", "answer"))
CHANGED = re.compile(r"^\[answer has changed[^\]]*\]\s*")
FAULTS = 10  # that are told; a file with more was hardly meant
ROUNDED = re.compile(r"\d+([.,]\d+)?E\+\d+", re.IGNORECASE)

Place = tuple[str, str, str]  # student, chapter, question
HandMark = tuple[float, str]  # points, comment
QuestionState = Literal["marked", "to be marked", "left alone", "unreadable"]


@dataclass(frozen=True)
class Row:
    """A line of the file.

    Attributes:
        line: its number in the file that was read, 0 for a new one.
        name: of the student.
        place: student, chapter and question.
        possible: points.
        answer: what the student wrote.
        points: given by hand, None if nobody has yet.
        comment: the marker's, for the student.
        sha256: of the answer that was marked.
        own: the cells of columns that are not ours, by column name.
    """

    line: int
    name: str
    place: Place
    possible: int
    answer: str
    points: float | None
    comment: str
    sha256: str
    own: Mapping[str, str] = field(default_factory=dict)


def unreadable(graded: Graded, chapter: str) -> bool:
    """Whether nothing of a chapter could be read. A chapter without exercises does not show it."""
    return {mark.state for mark in graded.marks if mark.chapter == chapter} == {"unreadable"}


def question_state(graded: Graded, written: Written) -> QuestionState:
    """The state of a student's open question that has no mark."""
    if unreadable(graded, written.chapter):
        return "unreadable"
    return "to be marked" if written.text.strip() else "left alone"


def answer_hash(text: str) -> str:
    """By which a changed answer is known. The letters before it keep spreadsheets from taking it for a number."""
    return "sha256:" + hashlib.sha256(clean(text).encode()).hexdigest()


# --- reading ----------------------------------------------------------------------------------------------------------


class _LineError(Exception):
    """Describes what is wrong with a line, to be read after its number."""


def mark_files(out: Path, given: Path | None = None) -> list[Path]:
    """The files of marks that the next reports take up: the one in their folder, and another.

    Raises:
        InputError: if there is no such other file.
    """
    standing = out / FILE
    if given is not None and not given.is_file():
        raise InputError(f"there is no file '{given}' to take marks from; name the {FILE} that was marked")
    files = [standing] if standing.exists() else []
    if given is not None and not (files and given.samefile(standing)):
        files.append(given)
    return files


def read_marks(path: Path) -> dict[Place, HandMark]:
    """The marks that were filled in: points and comment by student, chapter and question.

    Raises:
        InputError: that names every line that cannot be understood, or whose mark is out of range.
    """
    return {row.place: (row.points, row.comment) for row in read_rows(path) if row.points is not None}


def read_rows(path: Path, chapters: Sequence[ChapterOutline] = ()) -> list[Row]:
    """All rows of a file as it came back.

    Args:
        path: the file.
        chapters: of these, questions and points have to be right.

    Raises:
        InputError: see `read_marks`; also for a question that its chapter does not have, or more points than there are.
    """
    found = read_table(path, set(NEEDED).issubset)
    header = [name.strip() for name in found.header]
    header = [name.lower() if name.lower() in HEADER else name for name in header]
    if missing := [name for name in NEEDED if name not in header]:
        needed = ", ".join(NEEDED)
        raise InputError(f"'{path}', line {found.line}: there is no column {missing[0]!r}; it needs {needed}")
    known = {one.name: {question.name: question.possible for question in one.questions} for one in chapters}
    rows: dict[Place, Row] = {}
    faults: list[str] = []
    for line, cells in found.rows:
        try:
            row = _row(line, header, cells)
            _check(row, known)
            if row.place in rows:
                raise _LineError(f"the same student and question as line {rows[row.place].line}")
            rows[row.place] = row
        except _LineError as fault:
            faults.append(f"line {line}: {fault}")
    if len(faults) == 1:
        raise InputError(f"'{path}', {faults[0]}")
    if faults:
        more = [f"and {len(faults) - FAULTS} lines more"] if len(faults) > FAULTS else []
        raise InputError("\n  ".join([f"{len(faults)} lines of '{path}':", *faults[:FAULTS], *more]))
    return list(rows.values())


def _row(line: int, names: Sequence[str], cells: Sequence[str]) -> Row:
    if any(cell.strip() for cell in cells[len(names) :]):
        raise _LineError("more cells than columns; put quotes round a text with commas")
    if "" in names and any(text.strip() for name, text in zip(names, cells, strict=False) if not name):
        raise _LineError("a cell stands in a column without a name; give it one, or remove it")
    cell = dict(zip(names, [*cells, *[""] * len(names)], strict=False))
    student, chapter, question = (cell[name].strip() for name in ("student_id", "chapter", "question"))
    if not (student and chapter and question):
        raise _LineError("student_id, chapter or question is missing; they say whose mark it is")
    if ROUNDED.fullmatch(student):
        raise _LineError(f"a spreadsheet has rounded the id to {student}; make that column text and mend it")
    possible = _number("possible", cell["possible"])
    points = _number("points", cell["points"]) if cell["points"].strip() else None
    if possible is None or possible != int(possible):
        raise _LineError(f"possible must be a whole number, not {cell['possible']!r}")
    if points is not None and points > possible:
        raise _LineError(f"{points:g} points are more than the {possible:g} that are possible")
    return Row(
        line=line,
        name=cell.get("name", ""),
        place=(student, chapter, question),
        possible=int(possible),
        answer=cell.get("answer", ""),
        points=points,
        comment=clean(cell["comment"]).strip(),
        sha256=cell["answer_sha256"].strip(),
        own={name: cell[name] for name in names if name and name not in HEADER},
    )


def _number(what: str, text: str) -> float | None:
    if not text.strip():
        return None
    if not re.fullmatch(r"\d{1,6}([.,]\d{1,6})?", text.strip()):
        raise _LineError(f"{what} must be a number of at least 0, not {text!r}")
    return float(text.strip().replace(",", "."))


def _check(row: Row, known: Mapping[str, Mapping[str, int]]) -> None:
    _, chapter, question = row.place
    if chapter not in known:
        return  # it is not graded this time; its rows are kept
    if question not in known[chapter]:
        there = ", ".join(known[chapter]) or "none"
        raise _LineError(f"{chapter} has no open question {question!r}; there are: {there}")
    if row.points is not None and row.points > known[chapter][question]:
        raise _LineError(f"{row.points:g} points are more than the {known[chapter][question]} of {question}")


# --- merging ----------------------------------------------------------------------------------------------------------


def merged(graded: Sequence[Graded], chapters: Sequence[ChapterOutline], files: Sequence[Path]) -> list[Row]:
    """The rows of the next file: every answer, with the mark that these files hold for it, then what else they hold.

    Raises:
        InputError: if a file cannot be understood, holds a question that its chapter does not have or more points than
            there are, or if two files hold different marks for one answer.
    """
    places = _as_saved(graded)
    old: dict[Place, Row] = {}
    columns: dict[str, str] = {}  # that are not ours: in small letters -> as they were first written
    for path in files:
        for row in read_rows(path, chapters):
            row = replace(row, place=places.get((*row.place, row.sha256), row.place))
            before = old.get(row.place)
            own = {columns.setdefault(name.casefold(), name): text for name, text in row.own.items()}
            row = replace(row, own=_both(before, row, own, path))
            if before and (before.points, before.comment) != (row.points, row.comment) and _filled(before):
                if not _filled(row) or (CHANGED.match(before.comment) and before.sha256 != row.sha256):
                    # Nothing new, or the mark of an older answer, which the comment already tells.
                    old[row.place] = replace(before, own=row.own)
                    continue
                raise InputError(
                    f"'{path}', line {row.line}: another mark or comment than in '{files[0]}', line {before.line}; "
                    "make the two agree, or remove one of the files"
                )
            old[row.place] = row
    rows = list(_rows(graded, old))
    present = {row.place for row in rows}
    return rows + [old[place] for place in sorted(old) if place not in present and _worth_keeping(old[place])]


def _both(before: Row | None, row: Row, more: Mapping[str, str], path: Path) -> dict[str, str]:
    """The contents of columns that are not ours, if an answer has two rows.

    Raises:
        InputError: if they do not agree.
    """
    own = dict(before.own) if before else {}
    for name, text in more.items():
        if text and own.get(name) and own[name] != text:
            where = f"'{path}', line {row.line}"
            raise InputError(f"{where}: has another {name!r} than the row before it; make the two agree")
        own[name] = text or own.get(name, "")
    return own


def _as_saved(graded: Sequence[Graded]) -> dict[tuple[str, str, str, str], Place]:
    """Answers by what spreadsheets make of them: these take zeros from the front of an id, and nothing from a hash."""
    found: dict[tuple[str, str, str, str], set[Place]] = {}
    exact = {one.student for one in graded}
    for one in graded:
        saved = clean(one.student).strip()
        for form in {saved, saved.lstrip("0") if saved.isdecimal() else saved} - exact:
            for written in one.written:
                key = (form, written.chapter, written.question, answer_hash(written.text))
                found.setdefault(key, set()).add((one.student, written.chapter, written.question))
    return {key: min(places) for key, places in found.items() if len(places) == 1}


def _filled(row: Row) -> bool:
    return row.points is not None or bool(row.comment)


def _worth_keeping(row: Row) -> bool:
    return _filled(row) or any(row.own.values())


def _rows(graded: Sequence[Graded], old: Mapping[Place, Row]) -> Iterator[Row]:
    for one in graded:
        for written in one.written:
            place = (one.student, written.chapter, written.question)
            before = old.get(place)
            filled = before is not None and _filled(before)
            state = question_state(one, written)
            if state == "unreadable":
                continue  # nobody knows whether the answer has changed: a mark stays unchanged
            if state == "left alone" and not (before and _worth_keeping(before)):
                continue
            sha256 = answer_hash(written.text)
            own = before.own if before else {}
            row = Row(0, one.name, place, written.possible, written.text, None, "", sha256, own)
            if before and before.sha256 == sha256:
                row = replace(row, points=before.points, comment=before.comment)
            elif before and filled:
                row = replace(row, comment=_of_another_answer(before))
            yield row


def _of_another_answer(row: Row) -> str:
    if row.points is None:
        return row.comment if CHANGED.match(row.comment) else f"[answer has changed] {row.comment}"
    return f"[answer has changed; its mark was {row.points:g}] {CHANGED.sub('', row.comment)}".rstrip()


def marks_of(rows: Sequence[Row]) -> dict[Place, HandMark]:
    """The marks as students may read them."""
    return {row.place: (row.points, CHANGED.sub("", row.comment)) for row in rows if row.points is not None}


def questions_csv(rows: Sequence[Row]) -> bytes:
    """The file to be filled in."""
    own = list(dict.fromkeys(name for row in rows for name in row.own))
    cells = (
        [row.name, *row.place, row.possible, row.answer, row.points, row.comment, row.sha256]
        + [row.own.get(name, "") for name in own]
        for row in rows
    )
    return table([*HEADER, *own], cells)
