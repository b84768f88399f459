"""The results of grading: a state and points for every exercise of a student, as plain records that JSON can hold.

The grader writes one file for each student as soon as that student is done; reports are made from these files alone.
No record holds a time, a path or a machine, so that the same submissions give the same bytes.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from course.answers.notebook import MISSING, NOT_RUN

State = Literal[
    "full",  # all points
    "partial",  # the check passes, a hidden test does not
    "wrong",  # refused by the check, with a diagnosis
    "borrowed",  # the course's own function, as it is or wrapped
    "not attempted",  # the stub, or nothing
    "crashed",  # it brought its process down
    "timed out",
    "out of memory",
    "unreadable",  # the file that should hold it cannot be read
]
RESULTS, PAGES = "results", "feedback"  # folders of a report: of these records, and of the students' pages
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True)
class Mark:
    """One exercise of one student.

    Attributes:
        chapter: for example "04_textures".
        exercise: for example "gram".
        state: see `State`.
        points: earned, of `possible`.
        possible: points of the check and of the hidden tests together.
        mistake: short name of the misunderstanding (`course.check.CheckFailed.mistake`), or "".
        lines: what the student is told, as the check tells it in the notebook. Nothing of a hidden test.
    """

    chapter: str
    exercise: str
    state: State
    points: int
    possible: int
    mistake: str = ""
    lines: tuple[str, ...] = ()

    @property
    def missing(self) -> bool:
        """Whether the notebook has no function for it, not even the stub."""
        return self.lines == (MISSING,)

    @property
    def not_run(self) -> bool:
        """Whether it stands in a cell that Python does not run, as it was handed out or written."""
        return self.mistake == NOT_RUN


@dataclass(frozen=True)
class Written:
    """A student's answer to an open question, to be marked by hand.

    Attributes:
        chapter: for example "04_textures".
        question: its short name, for example "why_squares".
        possible: points.
        text: what the student wrote, Markdown; "" if the question was left alone.
    """

    chapter: str
    question: str
    possible: int
    text: str


def holds_nothing(marks: Sequence[Mark], written: Sequence[Written]) -> bool:
    """Whether a notebook has no function for any exercise of its chapter, and no answer in words.

    Args:
        marks: of the chapter; without exercises nobody can tell.
        written: of the chapter.
    """
    return bool(marks) and all(mark.missing for mark in marks) and not any(one.text.strip() for one in written)


@dataclass(frozen=True)
class Graded:
    """All of one student.

    Attributes:
        student: the id under which the submission came, unique in a class.
        name: the student's name if the platform's file name had it, otherwise "".
        key: hash of the submission and of everything that its marks depend on; another key means: grade again.
        files: that were graded, by chapter.
        notes: sentences for the instructor: older files that were left aside, files that belong to no chapter, ...
        marks: of all exercises of the chapters that are graded, in the order of the chapters.
        written: of all open questions.
        platform: whose number the student's id is, "moodle" or "canvas"; otherwise "".
    """

    student: str
    name: str
    key: str
    files: dict[str, str]
    notes: tuple[str, ...]
    marks: tuple[Mark, ...]
    written: tuple[Written, ...] = ()
    platform: str = ""

    @property
    def points(self) -> int:
        """Earned by exercises; open questions are not in it."""
        return sum(mark.points for mark in self.marks)


def to_json(graded: Graded) -> str:
    """A file's text, the same for the same record."""
    return json.dumps(dataclasses.asdict(graded), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def from_json(text: str) -> Graded:
    """The way back.

    Raises:
        ValueError: that says why the text is no such record, or none that grading could have written.
    """
    try:
        found: Any = json.loads(text)
        marks = tuple(Mark(**{**mark, "lines": _tuple(mark["lines"])}) for mark in found.pop("marks"))
        written = tuple(Written(**one) for one in found.pop("written"))
        graded = Graded(marks=marks, written=written, notes=_tuple(found.pop("notes")), **found)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError:
        raise ValueError("it is no JSON") from None
    except (KeyError, TypeError, AttributeError):
        raise ValueError("it is no record of a student") from None
    _check_types(graded)
    for mark in marks:
        _check_types(mark)
    for answer in written:
        _check_types(answer)
    for mark in marks:
        if mark.state not in STATES:
            raise ValueError(f"there is no state {mark.state[:40]!r}")
        if not _is_possible(mark):
            raise ValueError(f"{mark.points} of {mark.possible} points cannot be {mark.state}")
    return graded


def _tuple(found: object) -> tuple[Any, ...]:
    """A list of JSON; a text is none, although it has members."""
    if not isinstance(found, list):
        raise TypeError
    return tuple(found)


def _check_types(one: Graded | Mark | Written) -> None:
    """Raises ValueError if a field of a record does not hold what is declared."""
    for field in dataclasses.fields(one):
        value = getattr(one, field.name)
        texts = value if isinstance(value, tuple) else [*value, *value.values()] if isinstance(value, dict) else ()
        right = {
            "int": type(value) is int,
            "dict[str, str]": isinstance(value, dict) and all(isinstance(text, str) for text in texts),
            "tuple[str, ...]": isinstance(value, tuple) and all(isinstance(text, str) for text in texts),
        }.get(str(field.type), isinstance(value, tuple if "tuple" in str(field.type) else str))
        if not right:
            raise ValueError(f"its {field.name} cannot be {str(value)[:40]!r}")


def _is_possible(mark: Mark) -> bool:
    if mark.state == "full":
        return 0 <= mark.points == mark.possible
    return 0 <= mark.points <= mark.possible and (mark.state == "partial" or not mark.points)
