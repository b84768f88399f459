"""Reports of a graded class, made from its records alone: tables, a page for each student, a page for the class.

The folder holds ``class.html``, ``feedback/STUDENT.html``, ``grades.csv``, ``canvas.csv``, ``states.csv`` and
``open_questions.csv``. The same records give the same bytes, in whatever order they come, on every machine.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from classroom.grading.results import Graded
from classroom.reports.classpage import class_page
from classroom.reports.facts import ChapterFacts, agreed
from classroom.reports.feedback import feedback_page
from classroom.reports.grades import canvas_csv, grades_csv, states_csv
from classroom.reports.marks import FILE, Marks, marks_of, merged, questions_csv, read_rows
from classroom.reports.roster import RosterMatch
from course.errors import InputError
from course.files import write_atomically

RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # no files under Windows
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def write_reports(
    graded: Sequence[Graded],
    out: Path,
    *,
    chapters: Sequence[ChapterFacts],
    unsafe: bool,
    marks_by_hand: Path | None = None,
    known: RosterMatch | None = None,
) -> Marks:
    """Writes all reports of a class into a folder. Everything is read and made before the first file is written.

    Args:
        graded: one record for each student, of these chapters.
        out: the folder, made if it is missing; marks in the ``open_questions.csv`` that is there already are kept.
        chapters: that were graded, in order.
        unsafe: whether submissions were run without isolation; then every page says so.
        marks_by_hand: another ``open_questions.csv`` to take marks from.
        known: what a roster says of these students, if there is one.

    Returns:
        The marks by hand that were taken up.

    Raises:
        InputError: if records and chapters do not agree, a file of marks cannot be understood, or a place cannot be
            written to.
    """
    known = known or RosterMatch()
    graded = known.named(agreed(graded, chapters))
    files = _files_of_marks(out / FILE, marks_by_hand)
    rows = merged(graded, chapters, files)
    marks = marks_of(rows)
    names = file_names(one.student for one in graded)
    links = {student: f"feedback/{name}" for student, name in names.items()}
    made: dict[str, bytes] = {
        FILE: questions_csv(rows),
        "grades.csv": grades_csv(graded, chapters, marks, unsafe, known),
        "canvas.csv": canvas_csv(graded, chapters, marks, known),
        "states.csv": states_csv(graded, chapters, unsafe),
    }
    for one in graded:
        made[links[one.student]] = feedback_page(one, chapters, marks, unsafe).encode()
    # Last: what it links to is there.
    made["class.html"] = class_page(graded, chapters, marks, links, unsafe, known).encode()
    for name, content in made.items():
        write_atomically(out / name, content)
    return marks


def check_marks(out: Path, *, chapters: Sequence[ChapterFacts], marks_by_hand: Path | None = None) -> None:
    """Reads the files of marks that `write_reports` will take up, so that faults are told before a class is graded.

    Raises:
        InputError: if one of them cannot be understood.
    """
    for path in _files_of_marks(out / FILE, marks_by_hand):
        read_rows(path, chapters)


def _files_of_marks(standing: Path, given: Path | None) -> list[Path]:
    if given is not None and not given.is_file():
        raise InputError(f"there is no file '{given}' to take marks from; name the open_questions.csv that was marked")
    files = [standing] if standing.exists() else []
    if given is not None and not (files and given.samefile(standing)):
        files.append(given)
    return files


def file_names(students: Iterable[str]) -> dict[str, str]:
    """The name of each student's page. Whatever an id holds, it is one that every system can store, and no other's.

    A plain id keeps its name; any other, and one that differs from another only by capitals, has a hash in it.
    """
    students = sorted(students)
    folded = Counter(student.casefold() for student in students)
    names = {}
    for student in students:
        plain = PLAIN.fullmatch(student) and not RESERVED.fullmatch(student) and folded[student.casefold()] == 1
        if plain and not student.endswith("."):
            names[student] = f"{student}.html"
        else:
            kept = re.sub(r"[^A-Za-z0-9]+", "_", student)[:40].strip("_")
            digest = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:12]
            names[student] = f"{kept or 'student'}~{digest}.html"  # no plain id has a tilde
    return names
