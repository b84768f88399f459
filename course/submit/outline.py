"""What a notebook says of its chapter: title, exercises and open questions, with their points.

Students have no `classroom`, which knows the chapters. Their notebooks carry what is needed, in marks of nbgrader's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from course.answers.notebook import FUNCTION, Notebook, graded_part
from course.answers.notebook_file import NotebookContents, is_points, read_file
from course.answers.outline import ChapterOutline, ExerciseOutline, QuestionOutline, number_of

NAME = re.compile(r"[A-Za-z]\w{0,79}", re.ASCII)  # of an exercise or a question
LONGEST_TITLE = 100  # characters


@dataclass(frozen=True)
class ChapterNotebook:
    """A notebook that somebody works on.

    Attributes:
        notebook: its code, and the answers to open questions.
        outline: all that the chapter has. Where the notebook has lost its lists, what it has cells for, with 0 points
            if the check's cell is gone.
        total: points of all exercises, hidden tests included; 0 if the notebook does not say.
    """

    notebook: Notebook
    outline: ChapterOutline
    total: int

    @property
    def of_the_course(self) -> bool:
        """Whether it is a chapter at all, and not a notebook of the student's own."""
        return bool(self.outline.title or self.outline.exercises)

    @property
    def empty(self) -> bool:
        """Whether nothing in it is the course's: no title, no exercise, no question, no cell."""
        return not (self.of_the_course or self.outline.questions or self.outline.name)

    @property
    def answered(self) -> bool:
        """Whether there is an answer to an open question."""
        return any(self.notebook.written.values())

    @property
    def name(self) -> str:
        """Chapter 4 · Textures, as far as it is known."""
        parts = [f"Chapter {number}" if (number := number_of(self.outline.name)) else "", self.outline.title]
        return " · ".join(filter(None, parts)) or "A chapter that has lost its title"


def read_chapter(data: bytes, known: Collection[str]) -> ChapterNotebook:
    """Reads a notebook.

    Args:
        data: the whole file.
        known: names of all exercises of the course.

    Raises:
        UnreadableError: if it cannot be read.
    """
    contents = read_file(data)
    notebook, facts = graded_part(contents, {}, {}), contents.course
    points = {(cell.name, cell.role): cell.points for cell in contents.cells if cell.marked}
    exercises = [(name, possible) for name, possible in _listed(facts.get("exercises")) if name in known]
    names = [cell.exercise for cell in notebook.cells if cell.role in ("exercise", "check")]
    if not any(name in known for name in names):  # some editors save no metadata: then by the functions themselves
        names = [name for cell in notebook.cells for name in FUNCTION.findall(cell.source)]
    exercises = exercises or [(name, points.get((name, "check"), 0)) for name in dict.fromkeys(names) if name in known]
    questions = _listed(facts.get("questions")) or [
        (name, points.get((name, "answer"), 0)) for name in notebook.written
    ]
    title, total = facts.get("title"), facts.get("points")
    outline = ChapterOutline(
        _number(contents),
        title if isinstance(title, str) and title.isprintable() and len(title) <= LONGEST_TITLE else "",
        tuple(ExerciseOutline(name, check) for name, check in exercises),
        tuple(QuestionOutline(name, possible) for name, possible in questions),
    )
    return ChapterNotebook(notebook, outline, total if is_points(total) else 0)


def _listed(pairs: Any) -> list[tuple[str, int]]:
    """Names and points as the build writes them, [["gram", 2], ...]; [] if it is anything else."""
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        return []
    if not all(isinstance(name, str) and NAME.fullmatch(name) and is_points(points) for name, points in pairs):
        return []
    return list(dict(pairs).items())


def _number(contents: NotebookContents) -> str:
    numbers = Counter(cell.number for cell in contents.cells if cell.number)
    return numbers.most_common(1)[0][0] if numbers else ""
