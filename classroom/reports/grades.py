"""The tables of points and states, one row a student.

``canvas.csv`` is for **Canvas** (Grades > Import; the next page shows every change before it is made). Canvas wants
Student, ID, SIS User ID, SIS Login ID and Section first, and takes *each* further column for an assignment, a new one
if the course has none of that name; so it has a column a chapter and no more, and the row "Points Possible". A student
is found by ID, by SIS User ID, by SIS Login ID, or by name, in this order. All four come from a Canvas roster; without
one the ID is the number in the name that Canvas gave to the file, and whoever came under no such name is left to be
found by name. No header may end in a number in brackets: Canvas reads that as the number of an assignment.

``grades.csv`` is for **Moodle** and for spreadsheets. Moodle's import (Grades > Import > CSV file: encoding UTF-8,
separator comma) finds people by email address, ID number, username or Moodle's own user id. `student_id` is none of
these, even where it is a number: it is the participant number in one assignment. So it takes a roster, whose columns
stand behind `student_id` under Moodle's names: map from "Email address" to "Email address", or so with the others, and
the chapters to grade items made before with the right maximum. Moodle stops at a row that is no student, so Canvas's
second row must not be in it, and whoever is "not in the roster" is to be taken out of it first. **nbgrader** imports no
points from a file; its own export has the same `student_id`, by which the two can be joined.

``states.csv`` says in words what became of each exercise. In both, `look` names what somebody should look at, and
`isolated` says whether submissions were kept from reading and changing each other; Canvas has no place for either.

What could not be read is no number: its cells are empty, which Canvas and Moodle take for "no grade", never for 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from classroom.grading.results import Graded, State, holds_nothing
from classroom.reports.facts import ChapterFacts
from classroom.reports.marks import Marks, question_state, unreadable
from classroom.reports.roster import CANVAS, RosterMatch
from classroom.reports.tables import table

LOOK: tuple[State, ...] = ("unreadable", "crashed", "timed out", "out of memory")  # not even a wrong answer


def look(graded: Graded) -> str:
    """What somebody should look at, and why: "03_content unreadable; 04_textures/gram timed out"; "" if nothing."""
    found: dict[str, None] = {}
    for state in LOOK:
        for mark in graded.marks:
            if mark.state == state:
                whole = state == "unreadable" and earned(graded, mark.chapter) is None
                found[f"{mark.chapter if whole else f'{mark.chapter}/{mark.exercise}'} {state}"] = None
    for chapter in graded.files:
        marks = [mark for mark in graded.marks if mark.chapter == chapter]
        if holds_nothing(marks, [one for one in graded.written if one.chapter == chapter]):
            found[f"{chapter} holds nothing"] = None
    if not graded.files:
        found["no notebook"] = None
    return "; ".join(found)


def earned(graded: Graded, chapter: str) -> int | None:
    """Points of a chapter's exercises; None if none of them could be read."""
    if unreadable(graded, chapter):
        return None
    return sum(mark.points for mark in graded.marks if mark.chapter == chapter)


def open_points(graded: Graded, marks: Marks, chapter: str | None = None) -> float:
    """Points given by hand so far, in one chapter or in all."""
    found = [marks.get((graded.student, one.chapter, one.question)) for one in graded.written if _in(one, chapter)]
    return sum(mark[0] for mark in found if mark)


def to_mark(graded: Graded, marks: Marks, chapter: str | None = None) -> int:
    """How many answers of a student are still to be marked by hand."""
    states = [question_state(graded, one, marks) for one in graded.written if _in(one, chapter)]
    return states.count("to be marked")


def _in(one: object, chapter: str | None) -> bool:
    return chapter is None or getattr(one, "chapter", None) == chapter


def total(graded: Graded, marks: Marks) -> float:
    """Points of exercises, and of open questions as far as they are marked."""
    return graded.points + open_points(graded, marks)


def readable(graded: Graded) -> bool:
    """Whether anything of a student could be read; if not, there is no total."""
    return not graded.marks or any(mark.state != "unreadable" for mark in graded.marks)


def _isolated(unsafe: bool) -> str:
    return "no" if unsafe else "yes"


def grades_csv(
    graded: Sequence[Graded], chapters: Sequence[ChapterFacts], marks: Marks, unsafe: bool, known: RosterMatch
) -> bytes:
    """All points, see above."""
    exercises = [(one.name, name) for one in chapters for name, _ in one.exercises]
    header = ["name", "student_id", *known.columns, "total", "maximum", "look", "isolated"]
    header += ["open points", "open questions to mark"]
    header += [one.name for one in chapters] + [f"{chapter}/{exercise}" for chapter, exercise in exercises]
    possible = sum(one.possible for one in chapters)

    def row(one: Graded) -> Iterator[str | float | None]:
        points = {(mark.chapter, mark.exercise): mark.points for mark in one.marks if mark.state != "unreadable"}
        yield from (one.name, one.student, *known.cells(one.student))
        yield from (total(one, marks) if readable(one) else None, possible, look(one))
        yield from (_isolated(unsafe), open_points(one, marks), to_mark(one, marks))
        yield from (earned(one, chapter.name) for chapter in chapters)
        yield from (points.get(exercise) for exercise in exercises)

    return table(header, (list(row(one)) for one in graded))


def states_csv(graded: Sequence[Graded], chapters: Sequence[ChapterFacts], unsafe: bool) -> bytes:
    """The state of each exercise, see above."""
    exercises = [(one.name, name) for one in chapters for name, _ in one.exercises]
    header = ["name", "student_id", "look", "isolated", *(f"{chapter}/{exercise}" for chapter, exercise in exercises)]
    rows = []
    for one in graded:
        states = {(mark.chapter, mark.exercise): mark.state for mark in one.marks}
        rows.append(
            [one.name, one.student, look(one), _isolated(unsafe), *(states[exercise] for exercise in exercises)]
        )
    return table(header, rows)


def canvas_csv(graded: Sequence[Graded], chapters: Sequence[ChapterFacts], marks: Marks, known: RosterMatch) -> bytes:
    """Points of each chapter as Canvas imports them, see above."""
    asking = [one for one in chapters if one.questions]
    who = (*CANVAS.ids, *CANVAS.others)
    header = [CANVAS.name, *who, *(one.name for one in chapters)]
    header += [f"{one.name} open questions" for one in asking]
    possible = [sum(points for _, points in one.exercises) for one in chapters]
    possible += [sum(points for _, points in one.questions) for one in asking]
    rows: list[list[str | float | None]] = [["Points Possible", *[""] * len(who), *possible]]
    for one in graded:
        number = one.student if one.platform == "canvas" and one.student.isdecimal() else ""
        cells = {CANVAS.number: number, **(known.people[one.student].cells if one.student in known.people else {})}
        by_hand = [_by_hand(one, chapter.name, marks) for chapter in asking]
        ids = [cells.get(column, "") for column in who]
        rows.append([one.name or one.student, *ids, *(earned(one, chapter.name) for chapter in chapters), *by_hand])
    return table(header, rows)


def _by_hand(graded: Graded, chapter: str, marks: Marks) -> float | None:
    if to_mark(graded, marks, chapter) or earned(graded, chapter) is None:
        return None
    return open_points(graded, marks, chapter)
