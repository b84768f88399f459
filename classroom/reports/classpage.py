"""The page of the class, for its teacher: what to talk about next, who needs a look, what is still to be marked.

The most urgent comes first: three misunderstandings, then everything that no point says truthfully, then the rest. What
is counted is counted here; the words are in ``templates/class.html``.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from classroom.grading.results import STATES, Mark, State
from classroom.reports.marks import FILE
from classroom.reports.misunderstandings import Misunderstanding, misunderstandings
from classroom.reports.page import points, render
from classroom.reports.record import LOOK, ClassRecord, StudentRecord
from course.answers.outline import ChapterOutline

THINGS = 3
RANKED = 10
ALSO: dict[State, str] = {
    "partial": "pass the check, but not the further tests. Which inputs did they not think of?",
    "not attempted": "left it alone.",
    "timed out": "did not come to an end.",
}


class StandsOut(NamedTuple):
    """An exercise in which at least as many students as in any other are in a state, and what to say of them."""

    exercise: str
    chapter: str
    number: int
    others: int  # exercises in which as many are
    said: str


class Habit(NamedTuple):
    """A mistake that was made in several exercises."""

    sentence: str
    number: int
    exercises: tuple[str, ...]


class InState(NamedTuple):
    """A student with exercises in a state: the name of each, and whether it is a chapter's title: then all of it is."""

    student: str
    where: list[tuple[str, bool]]


class Answers(NamedTuple):
    """An open question: how many answers wait for a mark, are marked, or are empty; and the mean of the marks."""

    question: str
    title: str
    to_mark: int
    marked: int
    empty: int
    mean: str


class StateCounts(NamedTuple):
    """An exercise's results: how many students are in each state, and the mean points of all that could be read."""

    exercise: str
    counts: list[tuple[State, int]]
    mean: str


@dataclass(frozen=True)
class ClassView:
    """The values that the template needs beyond the record.

    Attributes:
        record: of the class.
        links: from this page to each student's, by id.
    """

    record: ClassRecord
    links: Mapping[str, str]

    @cached_property
    def students(self) -> dict[str, StudentRecord]:
        """By id."""
        return {one.id: one for one in self.record.students}

    @cached_property
    def titles(self) -> dict[str, str]:
        """The chapters' titles, by name."""
        return {one.name: one.title for one in self.record.chapters}

    @property
    def average(self) -> str:
        """The mean of the students' points."""
        return f"{statistics.fmean(self.record.totals):.1f}"

    @property
    def median(self) -> str:
        """The median of the students' points."""
        return points(statistics.median(self.record.totals))

    @property
    def all_right(self) -> int:
        """How many students have every exercise right."""
        return sum(all(mark.state == "full" for mark in one.marks()) for one in self.record.students)

    @property
    def tenths(self) -> list[tuple[str, int]]:
        """Students by tenth of the points: ("30%", 4) for 4 from 30 % on."""
        counts = [0] * 10
        for total in self.record.totals:
            counts[min(int(10 * total / max(self.record.possible, 1)), 9)] += 1
        return [(f"{10 * tenth}%", number) for tenth, number in enumerate(counts)]

    @property
    def tenths_in_words(self) -> str:
        """The same for anyone who does not see the picture."""
        return "; ".join(f"from {tenth} on: {number}" for tenth, number in self.tenths)

    # --- misunderstandings --------------------------------------------------------------------------------------------

    @cached_property
    def found(self) -> list[Misunderstanding]:
        """All, the most frequent first."""
        return misunderstandings(self.record)

    @property
    def things(self) -> list[Misunderstanding]:
        """To talk about: what a check knows by name and more than one has, unless the class is of one."""
        least = min(2, len(self.record.students))
        return [one for one in self.found if one.named and len(one.students) >= least][:THINGS]

    @property
    def ranked(self) -> list[Misunderstanding]:
        """The most frequent ones; none if all of them are among the things to talk about."""
        return [] if self.found == self.things else self.found[:RANKED]

    def found_in(self, chapter: str, exercise: str) -> list[Misunderstanding]:
        """Those of an exercise."""
        return [one for one in self.found if (one.chapter, one.exercise) == (chapter, exercise)]

    @property
    def habit(self) -> Habit | None:
        """The mistake that most students made in more than one exercise: a habit that is worth talking about."""
        by_mistake: dict[str, list[Misunderstanding]] = {}
        for one in self.found:
            if one.named:
                by_mistake.setdefault(one.mistake, []).append(one)
        habits = [
            Habit(made[0].sentence, len({student for one in made for student in one.students}), exercises)
            for made in by_mistake.values()
            if len(set(exercises := tuple(one.exercise for one in made))) > 1
        ]
        return max(habits, key=lambda habit: habit.number, default=None)

    @property
    def also(self) -> Iterator[StandsOut]:
        """The exercises that stand out by their states, where no check has named a reason."""
        places = [(chapter.name, exercise.name) for chapter in self.record.chapters for exercise in chapter.exercises]
        marks = {place: self.record.marks(*place) for place in places}
        for state, said in ALSO.items():
            counts = {place: sum(mark.state == state for mark in made) for place, made in marks.items()}
            chapter, exercise = max(counts, key=lambda place: counts[place], default=("", ""))
            if number := counts.get((chapter, exercise), 0):
                yield StandsOut(exercise, chapter, number, list(counts.values()).count(number) - 1, said)

    # --- who needs a look ---------------------------------------------------------------------------------------------

    @property
    def looks(self) -> Iterator[tuple[State, list[InState]]]:
        """States that no point says truthfully, with those who are in them."""
        for state in (*LOOK, "borrowed"):
            made = [(one, [mark for mark in one.marks() if mark.state == state]) for one in self.record.students]
            if rows := [InState(one.id, list(self._where(marks))) for one, marks in made if marks]:
                yield state, rows

    def _where(self, marks: Sequence[Mark]) -> Iterator[tuple[str, bool]]:
        for chapter in self.record.chapters:
            mine = [mark.exercise for mark in marks if mark.chapter == chapter.name]
            if len(mine) == len(chapter.exercises) > 1:
                yield chapter.title, True
            else:
                yield from ((exercise, False) for exercise in mine)

    @cached_property
    def untouched(self) -> list[str]:
        """Who has handed in notebooks, and has written in none of them."""
        return [one.id for one in self.record.students if one.graded.files
                and all(mark.state == "not attempted" and not mark.mistake for mark in one.marks())
                and all(one.state(answer) == "left alone" for answer in one.answers())]  # fmt: skip

    @property
    def notes(self) -> list[tuple[str, str]]:
        """The grader's notes about files, each with its student."""
        return [(one.id, note) for one in self.record.students for note in one.graded.notes]

    # --- questions and exercises --------------------------------------------------------------------------------------

    @property
    def questions(self) -> Iterator[Answers]:
        """All that are marked by hand."""
        for chapter in self.record.chapters:
            for question in chapter.questions:
                mine = [(one, answer) for one in self.record.students for answer in one.answers(chapter.name)
                        if answer.question == question.name]  # fmt: skip
                states = [one.state(answer) for one, answer in mine]
                marked = [mark[0] for mark in (one.mark_of(answer) for one, answer in mine) if mark]
                mean = points(statistics.fmean(marked), question.possible) if marked else "none yet"
                counts = (states.count("to be marked"), len(marked), states.count("left alone"))
                yield Answers(question.name, chapter.title, *counts, mean)

    @cached_property
    def states(self) -> list[State]:
        """All that somebody is in."""
        there = {mark.state for one in self.record.students for mark in one.marks()}
        return [state for state in STATES if state in there]

    def exercises(self, chapter: ChapterOutline) -> Iterator[StateCounts]:
        """The results of a chapter's exercises."""
        for exercise in chapter.exercises:
            marks = self.record.marks(chapter.name, exercise.name)
            read = [mark.points for mark in marks if mark.state != "unreadable"]
            mean = f"{statistics.fmean(read):.1f} of {exercise.possible}" if read else "none"
            counts = [(state, sum(mark.state == state for mark in marks)) for state in self.states]
            yield StateCounts(exercise.name, counts, mean)


def class_page(record: ClassRecord, links: Mapping[str, str]) -> str:
    """The HTML of the page of the class.

    Args:
        record: of the class.
        links: from this page to each student's, by id.
    """
    view = ClassView(record, links)
    return render("class.html", title="The class", unsafe=record.unsafe, record=record, view=view, marks_file=FILE)
