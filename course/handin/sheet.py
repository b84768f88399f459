"""What a notebook says of its chapter: title, exercises and open questions, with their points.

Students have no `course.teach`, which knows the chapters. Their notebooks carry what is needed, in marks of nbgrader's.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from course.handin.notebook import FUNCTION, Notebook, read_notebook


@dataclass(frozen=True)
class Sheet:
    """A notebook that somebody works on.

    Attributes:
        notebook: its code, and the answers to open questions.
        number: of the chapter, "04", or "" if the cells have lost their ids.
        title: of the chapter, or "".
        exercises: name -> points for its check, 0 if the cell that says so is gone.
        questions: name of an open question -> points.
        total: points of all exercises, hidden tests included; 0 if the notebook does not say.
    """

    notebook: Notebook
    number: str
    title: str
    exercises: dict[str, int]
    questions: dict[str, int]
    total: int

    @property
    def of_the_course(self) -> bool:
        """Whether it is a chapter at all, and not a notebook of the student's own."""
        return bool(self.title or self.exercises)

    @property
    def answered(self) -> bool:
        """Whether there is an answer to an open question."""
        return any(self.notebook.written.values())

    @property
    def name(self) -> str:
        """Chapter 4 · Textures, as far as it is known."""
        parts = [f"Chapter {int(self.number)}" if self.number else "", self.title]
        return " · ".join(filter(None, parts)) or "A chapter that has lost its title"


def read_sheet(data: bytes, known: Collection[str]) -> Sheet:
    """Reads a notebook.

    Args:
        data: the whole file.
        known: names of all exercises of the course.

    Raises:
        UnreadableError: if it cannot be read.
    """
    notebook = read_notebook(data)
    found = json.loads(data.decode(json.detect_encoding(data)).removeprefix("\ufeff"))
    facts = found.get("metadata", {}).get("course")
    facts = facts if isinstance(facts, dict) else {}
    points = dict(_points(found))
    names = [cell.exercise for cell in notebook.cells if cell.role in ("exercise", "check")]
    if not any(name in known for name in names):  # some editors save no metadata: then by the functions themselves
        names = [name for cell in notebook.cells for name in FUNCTION.findall(cell.source)]
    title, total = facts.get("title"), facts.get("points")
    return Sheet(
        notebook,
        _number(found),
        title if isinstance(title, str) else "",
        {name: points.get(f"{name}-check", 0) for name in dict.fromkeys(names) if name in known},
        {name: points.get(f"{name}-answer", 0) for name in notebook.written},
        total if isinstance(total, int) else 0,
    )


def _points(found: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Of each cell that nbgrader would grade, by its grade_id."""
    for cell in found.get("cells", []):
        grader = cell.get("metadata", {}).get("nbgrader")
        if isinstance(grader, dict) and isinstance(grader.get("grade_id"), str):
            points = grader.get("points")
            yield grader["grade_id"], points if isinstance(points, int) and points >= 0 else 0


def _number(found: dict[str, Any]) -> str:
    ids = (re.match(r"(\d\d)-", str(cell.get("id"))) for cell in found.get("cells", []))
    numbers = Counter(id_[1] for id_ in ids if id_)
    return numbers.most_common(1)[0][0] if numbers else ""
