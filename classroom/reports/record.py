"""A graded class as its reports see it: one record, made once, which every table and page is written from.

What was graded, what was marked by hand, and what a roster says come together in `class_record`; nothing after it reads
a file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from classroom.grading.results import Graded, Mark, State, Written, holds_nothing
from classroom.reports.marks import HandMark, QuestionState, Row, marks_of, merged, question_state, unreadable
from classroom.reports.roster import Roster, RosterMatch, who_is_who
from course.answers.outline import ChapterOutline
from course.errors import InputError

LOOK: tuple[State, ...] = ("unreadable", "crashed", "timed out", "out of memory")  # not even a wrong answer


@dataclass(frozen=True)
class StudentRecord:
    """One student. Methods that take a chapter's name speak of all chapters if there is none.

    Attributes:
        graded: what grading found, under the name that the roster has, if it has one.
        by_hand: chapter and question -> the mark given by hand so far.
    """

    graded: Graded
    by_hand: Mapping[tuple[str, str], HandMark]

    @property
    def id(self) -> str:
        """Unique in the class."""
        return self.graded.student

    @property
    def name(self) -> str:
        """The student's name, or "" if it is not known."""
        return self.graded.name

    def marks(self, chapter: str | None = None) -> list[Mark]:
        """The marks of the exercises, of one chapter or of all."""
        return [mark for mark in self.graded.marks if chapter in (None, mark.chapter)]

    def answers(self, chapter: str | None = None) -> list[Written]:
        """The answers to the open questions, of one chapter or of all."""
        return [answer for answer in self.graded.written if chapter in (None, answer.chapter)]

    def mark_of(self, answer: Written) -> HandMark | None:
        """The mark that was given by hand, or None."""
        return self.by_hand.get((answer.chapter, answer.question))

    def state(self, answer: Written) -> QuestionState:
        """The state of an answer."""
        return "marked" if self.mark_of(answer) else question_state(self.graded, answer)

    def states(self, chapter: str | None = None) -> list[QuestionState]:
        """The states of all answers, of one chapter or of all."""
        return [self.state(answer) for answer in self.answers(chapter)]

    def unreadable(self, chapter: str) -> bool:
        """Whether nothing of a chapter could be read."""
        return unreadable(self.graded, chapter)

    def holds_nothing(self, chapter: str) -> bool:
        """Whether the file of a chapter has nothing of it, see `classroom.grading.results.holds_nothing`."""
        return holds_nothing(self.marks(chapter), self.answers(chapter))

    def exercise_points(self, chapter: str) -> int | None:
        """Points of a chapter's exercises; None if none of them could be read."""
        return None if self.unreadable(chapter) else sum(mark.points for mark in self.marks(chapter))

    def open_points(self, chapter: str | None = None) -> float:
        """Points given by hand so far."""
        found = [self.mark_of(answer) for answer in self.answers(chapter)]
        return sum(mark[0] for mark in found if mark)

    def to_mark(self, chapter: str | None = None) -> int:
        """How many answers are still to be marked by hand."""
        return self.states(chapter).count("to be marked")

    @property
    def total(self) -> float | None:
        """Points of exercises, and of open questions as far as they are marked; None if nothing could be read."""
        if self.graded.marks and all(mark.state == "unreadable" for mark in self.graded.marks):
            return None
        return self.graded.points + self.open_points()

    @property
    def look(self) -> str:
        """What somebody should look at, and why: "03_content unreadable; 04_textures/gram timed out"; "" if nothing."""
        found: dict[str, None] = {}
        for state in LOOK:
            for mark in self.marks():
                if mark.state == state:
                    whole = state == "unreadable" and self.unreadable(mark.chapter)
                    found[f"{mark.chapter if whole else f'{mark.chapter}/{mark.exercise}'} {state}"] = None
        found |= {f"{chapter} holds nothing": None for chapter in self.graded.files if self.holds_nothing(chapter)}
        if not self.graded.files:
            found["no notebook"] = None
        return "; ".join(found)


@dataclass(frozen=True)
class ClassRecord:
    """A class.

    Attributes:
        students: in the order of their ids.
        chapters: that the reports are about, in order.
        rows: of the next ``open_questions.csv``, with the marks that were given by hand.
        roster: what a roster says of the students; empty without one.
        beside: names of what lay beside the submissions and was taken for nobody's.
        unsafe: whether submissions were run without isolation; then every page says so.
        limits: how it was seen to that no answer takes too much, a sentence without its end; "" if nobody knows.
    """

    students: tuple[StudentRecord, ...]
    chapters: tuple[ChapterOutline, ...]
    rows: tuple[Row, ...]
    roster: RosterMatch
    beside: tuple[str, ...]
    unsafe: bool
    limits: str = ""

    @property
    def possible(self) -> int:
        """Points of all chapters."""
        return sum(one.possible for one in self.chapters)

    @property
    def totals(self) -> list[float]:
        """Points of everybody of whom something could be read."""
        return [one.total for one in self.students if one.total is not None]

    @property
    def to_mark(self) -> int:
        """How many answers are still to be marked by hand."""
        return sum(one.to_mark() for one in self.students)

    def marks(self, chapter: str, exercise: str) -> list[Mark]:
        """All students' marks of an exercise, in the order of the students."""
        return [mark for one in self.students for mark in one.marks(chapter) if mark.exercise == exercise]

    def handed_in(self, chapter: str) -> int:
        """How many students have handed in a chapter."""
        return len(handed_in([one.graded for one in self.students], chapter))


def class_record(
    graded: Sequence[Graded],
    chapters: Sequence[ChapterOutline],
    *,
    marks: Sequence[Path] = (),
    roster: Roster | None = None,
    beside: Sequence[str] = (),
    unsafe: bool = False,
    limits: str = "",
) -> ClassRecord:
    """The record of a class.

    Args:
        graded: one record for each student, of these chapters, in any order.
        chapters: that were graded, in order.
        marks: files of marks by hand, see `classroom.reports.marks.mark_files`.
        roster: of the class.
        beside: names of what lay beside the submissions and was taken for nobody's.
        unsafe: whether submissions were run without isolation.
        limits: see `ClassRecord`.

    Raises:
        InputError: if records and chapters do not agree, or a file of marks cannot be understood.
    """
    graded = _agreed(graded, chapters)
    match = who_is_who(roster, graded) if roster else RosterMatch()
    graded = match.named(graded)
    rows = merged(graded, chapters, marks)
    by_hand: dict[str, dict[tuple[str, str], HandMark]] = {one.student: {} for one in graded}
    for (student, chapter, question), mark in marks_of(rows).items():
        by_hand.setdefault(student, {})[chapter, question] = mark
    students = tuple(StudentRecord(one, by_hand[one.student]) for one in graded)
    return ClassRecord(students, tuple(chapters), tuple(rows), match, tuple(beside), unsafe, limits)


def _agreed(graded: Sequence[Graded], chapters: Sequence[ChapterOutline]) -> list[Graded]:
    """The records in the order of the students' ids, if each is one of these chapters.

    Raises:
        InputError: if a student is there twice, or a record was made for other exercises, questions or points.
    """
    exercises = {(one.name, exercise.name, exercise.possible) for one in chapters for exercise in one.exercises}
    questions = {(one.name, question.name, question.possible) for one in chapters for question in one.questions}
    found: dict[str, Graded] = {}
    for one in graded:
        if one.student in found:
            raise InputError(f"there are two records of {one.student!r}; remove one of them, or grade again")
        found[one.student] = one
        marks = [(mark.chapter, mark.exercise, mark.possible) for mark in one.marks]
        written = [(answer.chapter, answer.question, answer.possible) for answer in one.written]
        for had, wanted in ((marks, exercises), (written, questions)):
            if len(had) != len(set(had)) or set(had) != wanted:
                odd = sorted(set(had) ^ wanted) or sorted({item for item in had if had.count(item) > 1})
                where = f"{odd[0][0]}/{odd[0][1]}"
                raise InputError(
                    f"the record of {one.student!r} and the chapters do not agree about {where}; grade again"
                )
    return [found[student] for student in sorted(found)]


# --- which chapters were set ------------------------------------------------------------------------------------------


def handed_in(graded: Iterable[Graded], chapter: str) -> list[Graded]:
    """Who has handed in a chapter.

    A file that cannot be read and does not say what it is stands for all chapters that are missing; if there are
    several, it says of none that it was handed in. One that can be read may hold two: its chapter was divided since.
    """
    return [one for one in graded if chapter in one.files and _says(one, one.files[chapter])]


def _says(one: Graded, file: str) -> bool:
    """Whether a file says of which chapters it is."""
    lost = {one.files.get(mark.chapter) for mark in one.marks if mark.state == "unreadable"}
    return file not in lost or Counter(one.files.values())[file] == 1


def begun(graded: Sequence[Graded], chapters: Sequence[ChapterOutline]) -> tuple[ChapterOutline, ...]:
    """The chapters that somebody has begun, for the others were probably not set; all of them if nobody has begun any.

    A notebook as it was handed out says nothing: some hand in the whole folder.
    """
    return tuple(one for one in chapters if _is_begun(handed_in(graded, one.name), one.name)) or tuple(chapters)


def _is_begun(graded: Iterable[Graded], chapter: str) -> bool:
    tried = (mark.state != "not attempted" for one in graded for mark in one.marks if mark.chapter == chapter)
    written = (bool(answer.text) for one in graded for answer in one.written if answer.chapter == chapter)
    return any(tried) or any(written)


def only(graded: Sequence[Graded], chapters: Iterable[ChapterOutline]) -> list[Graded]:
    """The records without other chapters than these."""
    names = {one.name for one in chapters}
    return [
        replace(
            one,
            files={chapter: file for chapter, file in one.files.items() if chapter in names},
            marks=tuple(mark for mark in one.marks if mark.chapter in names),
            written=tuple(answer for answer in one.written if answer.chapter in names),
        )
        for one in graded
    ]
