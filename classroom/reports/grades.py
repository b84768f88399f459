"""The tables of points and states, one row a student.

``canvas.csv`` is for **Canvas** (Grades > Import; the next page shows every change before it is made). Canvas wants
Student, ID, SIS User ID, SIS Login ID and Section first, and takes *each* further column for an assignment, a new one
if the course has none of that name; so it has a column a chapter and no more, and the row "Points Possible". A student
is found by ID, by SIS User ID, by SIS Login ID, or by name, in this order. All four come from a Canvas roster; without
one the ID is the number in the name that Canvas gave to the file, and a student without such a name is left to be
found by name. No header may end in a number in brackets: Canvas reads that as the number of an assignment.

``grades.csv`` is for **Moodle** and for spreadsheets. Moodle's import (Grades > Import > CSV file: encoding UTF-8,
separator comma) finds people by email address, ID number, username or Moodle's own user id. `student_id` is none of
these, even where it is a number: it is the participant number in one assignment. So it takes a roster, whose columns
stand behind `student_id` under Moodle's names: map from "Email address" to "Email address", or so with the others, and
the chapters to grade items made before with the right maximum. Moodle stops at a row that is no student, so Canvas's
second row must not be in it, and students "not in the roster" are to be taken out of it first. **nbgrader** imports no
points from a file; its own export has the same `student_id`, by which the two can be joined.

``states.csv`` says in words what became of each exercise. In both, `look` names what somebody should look at, and
`isolated` says whether submissions were kept from reading and changing each other; Canvas has no place for either.

What could not be read is no number: its cells are empty, which Canvas and Moodle take for "no grade", never for 0.
"""

from __future__ import annotations

from collections.abc import Iterator

from classroom.reports.record import ClassRecord, StudentRecord
from classroom.reports.roster import CANVAS
from classroom.reports.tables import table


def grades_csv(record: ClassRecord) -> bytes:
    """All points, see above."""
    header = ["name", "student_id", *record.roster.columns, "total", "maximum", "look", "isolated"]
    header += ["open points", "open questions to mark", *(one.name for one in record.chapters), *_exercises(record)]

    def row(one: StudentRecord) -> Iterator[str | float | None]:
        yield from (one.name, one.id, *record.roster.cells(one.id))
        yield from (one.total, record.possible, one.look, _isolated(record), one.open_points(), one.to_mark())
        yield from (one.exercise_points(chapter.name) for chapter in record.chapters)
        points = {f"{mark.chapter}/{mark.exercise}": mark.points for mark in one.marks() if mark.state != "unreadable"}
        yield from (points.get(column) for column in _exercises(record))

    return table(header, (list(row(one)) for one in record.students))


def states_csv(record: ClassRecord) -> bytes:
    """The state of each exercise, see above."""
    rows = []
    for one in record.students:
        states = {f"{mark.chapter}/{mark.exercise}": mark.state for mark in one.marks()}
        rows.append([one.name, one.id, one.look, _isolated(record), *(states[column] for column in _exercises(record))])
    return table(["name", "student_id", "look", "isolated", *_exercises(record)], rows)


def canvas_csv(record: ClassRecord) -> bytes:
    """Points of each chapter as Canvas imports them, see above."""
    asking = [one for one in record.chapters if one.questions]
    who = (*CANVAS.ids, *CANVAS.others)
    header = [CANVAS.name, *who, *(one.name for one in record.chapters)]
    header += [f"{one.name} open questions" for one in asking]
    possible = [sum(exercise.possible for exercise in one.exercises) for one in record.chapters]
    possible += [sum(question.possible for question in one.questions) for one in asking]
    rows: list[list[str | float | None]] = [["Points Possible", *[""] * len(who), *possible]]
    people = record.roster.people
    for one in record.students:
        number = one.id if one.graded.platform == "canvas" and one.id.isdecimal() else ""
        cells = {CANVAS.number: number, **(people[one.id].cells if one.id in people else {})}
        points = [one.exercise_points(chapter.name) for chapter in record.chapters]
        by_hand = [_open_points(one, chapter.name) for chapter in asking]
        rows.append([one.name or one.id, *(cells.get(column, "") for column in who), *points, *by_hand])
    return table(header, rows)


def _exercises(record: ClassRecord) -> list[str]:
    """The columns of the exercises."""
    return [f"{chapter.name}/{exercise.name}" for chapter in record.chapters for exercise in chapter.exercises]


def _isolated(record: ClassRecord) -> str:
    return "no" if record.unsafe else "yes"


def _open_points(one: StudentRecord, chapter: str) -> float | None:
    """None as long as an answer waits for a mark, and for what could not be read."""
    return None if one.to_mark(chapter) or one.unreadable(chapter) else one.open_points(chapter)
