"""What reports have to know of a chapter: its name, its title, and what can be earned where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from classroom.grading.results import Graded
from course.errors import InputError

if TYPE_CHECKING:
    from classroom.chapters.source import Chapter  # it imports jupytext, which reports do without


@dataclass(frozen=True)
class ChapterFacts:
    """A chapter that is graded.

    Attributes:
        name: for example "04_textures".
        title: for example "Textures".
        exercises: (name, points of check and hidden tests together), in the order of the chapter.
        questions: (short name, points) of the open questions, in the order of the chapter.
    """

    name: str
    title: str
    exercises: tuple[tuple[str, int], ...]
    questions: tuple[tuple[str, int], ...] = ()

    @property
    def possible(self) -> int:
        """Points of all exercises and open questions."""
        return sum(points for _, points in (*self.exercises, *self.questions))


def facts_of(chapter: Chapter) -> ChapterFacts:
    """The facts of a chapter as its author wrote it, read with `classroom.chapters.source.read`."""
    points: dict[str, int] = {}
    for cell in chapter.cells:
        if cell.role in ("check", "hidden"):
            points[cell.exercise] = points.get(cell.exercise, 0) + cell.points
    questions = tuple((cell.exercise, cell.points) for cell in chapter.cells if cell.role == "open")
    return ChapterFacts(chapter.name, str(chapter.facts["title"]), tuple(points.items()), questions)


def handed_in(graded: Iterable[Graded], chapter: str) -> list[Graded]:
    """Who has handed in a chapter.

    A file that cannot be read and does not say what it is stands for all chapters that are missing; if there are
    several, it says of none that it was handed in.
    """
    return [one for one in graded if Counter(one.files.values())[one.files.get(chapter, "")] == 1]


def that_were_set(graded: Sequence[Graded], chapters: Sequence[ChapterFacts]) -> tuple[ChapterFacts, ...]:
    """The chapters that somebody has begun, for the others were hardly set; all of them if nobody has begun any.

    A notebook as it was handed out says nothing: some hand in the whole folder.
    """
    return tuple(one for one in chapters if _begun(handed_in(graded, one.name), one.name)) or tuple(chapters)


def _begun(graded: Iterable[Graded], chapter: str) -> bool:
    tried = (mark.state != "not attempted" for one in graded for mark in one.marks if mark.chapter == chapter)
    written = (bool(answer.text) for one in graded for answer in one.written if answer.chapter == chapter)
    return any(tried) or any(written)


def only(graded: Sequence[Graded], chapters: Iterable[ChapterFacts]) -> list[Graded]:
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


def agreed(graded: Sequence[Graded], chapters: Sequence[ChapterFacts]) -> tuple[Graded, ...]:
    """The records in the order of the students' ids, if each is one of these chapters.

    Raises:
        InputError: if a student is there twice, or a record was made for other exercises, questions or points.
    """
    exercises = {(one.name, name, points) for one in chapters for name, points in one.exercises}
    questions = {(one.name, name, points) for one in chapters for name, points in one.questions}
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
    return tuple(found[student] for student in sorted(found))
