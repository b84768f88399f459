"""What there is to do in a chapter, and what it is worth: the one description that graders, reports and students share.

`classroom.chapters.source.Chapter.outline` makes it from a chapter's source, and `course.submit.outline` reads it from
a student's notebook. The hidden tests themselves are never in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NUMBER = r"\d\d[a-z]?"  # of a chapter, in front of its name and of its cells' ids: 04, and 04b that may be left out


def number_of(name: str) -> str:
    """A chapter's number as people say it: "4" of "04_textures" or "04", "4b" of "04b_statistics"; "" without one."""
    found = re.match(rf"{NUMBER}(?![^_])", name, re.ASCII)
    return found[0].removeprefix("0") if found else ""


@dataclass(frozen=True)
class ExerciseOutline:
    """An exercise.

    Attributes:
        name: for example "gram".
        check: points for passing its check.
        hidden: points for passing its hidden tests; 0 in an outline that was read from a notebook, which has their sum.
    """

    name: str
    check: int
    hidden: int = 0

    @property
    def possible(self) -> int:
        """Points of both."""
        return self.check + self.hidden


@dataclass(frozen=True)
class QuestionOutline:
    """An open question, answered in words and marked by hand: its short name, for example "why_squares", and points."""

    name: str
    possible: int


@dataclass(frozen=True)
class ChapterOutline:
    """A chapter.

    Attributes:
        name: for example "04_textures"; of a notebook, which does not hold it, "04", or "" if its cells have no ids.
        title: for example "Textures".
        exercises: in the order of the chapter.
        questions: in the order of the chapter.
    """

    name: str
    title: str
    exercises: tuple[ExerciseOutline, ...]
    questions: tuple[QuestionOutline, ...] = ()

    @property
    def possible(self) -> int:
        """Points of all exercises and open questions."""
        return sum(one.possible for one in self.exercises) + sum(one.possible for one in self.questions)
