"""Counts a class's misunderstandings: who made which mistake where, and the check's sentence about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from classroom.grading.results import Mark
from classroom.reports.record import ClassRecord
from course.answers.notebook import NOT_RUN

ELSEWHERE = (
    "calls_wrong"  # as `course.check.engine.blame` names it, which would import torch: another exercise's mistake
)
# Something is wrong, and nothing known is misunderstood.
NAMELESS = ("other", "raised", "syntax", "no_module", "no_file", NOT_RUN)


@dataclass(frozen=True)
class Misunderstanding:
    """A mistake in one exercise and everybody who made it.

    Attributes:
        chapter: where.
        exercise: where.
        mistake: the check's short name for it.
        sentence: that the check tells most of them.
        kinds: how many different sentences it told.
        example: all the lines that one of them reads.
        students: their ids, sorted.
    """

    chapter: str
    exercise: str
    mistake: str
    sentence: str
    kinds: int
    example: tuple[str, ...]
    students: tuple[str, ...]

    @property
    def named(self) -> bool:
        """Whether the check knows what is misunderstood."""
        return self.mistake not in NAMELESS


def misunderstandings(record: ClassRecord) -> list[Misunderstanding]:
    """Every mistake of a class, the most frequent first; equal ones as the chapters have them.

    A student whose answer calls a wrong function of another exercise has misunderstood that one, and is counted there.
    """
    found: dict[tuple[str, str, str], list[tuple[str, Mark]]] = {}
    for one in record.students:
        for mark in one.marks():
            if mark.state == "wrong" and mark.mistake != ELSEWHERE:
                key = (mark.chapter, mark.exercise, mark.mistake or "other")
                found.setdefault(key, []).append((one.id, mark))
    order = [(chapter.name, exercise.name) for chapter in record.chapters for exercise in chapter.exercises]
    every = [_counted(*key, made) for key, made in found.items()]
    return sorted(every, key=lambda one: (-len(one.students), order.index((one.chapter, one.exercise)), one.mistake))


def _counted(chapter: str, exercise: str, mistake: str, made: list[tuple[str, Mark]]) -> Misunderstanding:
    told = Counter(_sentence(mark) for _, mark in made)
    sentence = min(told, key=lambda one: (-told[one], one))
    example = next(mark.lines for _, mark in sorted(made, key=lambda one: one[0]) if _sentence(mark) == sentence)
    students = tuple(sorted(student for student, _ in made))
    return Misunderstanding(chapter, exercise, mistake, sentence, len(told), example, students)


def _sentence(mark: Mark) -> str:
    told = mark.lines[1] if len(mark.lines) > 1 else "".join(mark.lines[:1]) or "The check gave no reason."
    return told.strip().removeprefix("This looks like:").strip()
