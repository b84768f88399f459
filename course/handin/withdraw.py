"""Takes the course's own function for an exercise out of a process in which a student's is graded.

Whoever calls it is found out by `course.handin.worker.tell`, and whoever silences that has gained nothing: what stands
behind is no longer there, nor in the files that are seen (`course.teach.edition`). Nor are the checks of all exercises,
which know what is expected.
"""

from __future__ import annotations

import inspect
from typing import Any

from course.check import EXERCISES

TELL = '__import__("course.handin.worker", fromlist=["tell"]).tell({name!r})'
REFUSE = 'raise RuntimeError("the course\'s own {name} cannot be called here")'


def withdraw(exercise: str) -> None:
    """For the rest of this process the course's function for an exercise tells that it is called, and does no more."""
    for one in EXERCISES.values():
        one._verify = _checks_nothing
    if exercise in EXERCISES:
        lines = [line.format(name=exercise) for line in (TELL, REFUSE)]
        made: dict[str, Any] = {}
        exec("\n    ".join(["def withdrawn(*inputs, **options):", *lines]), made)
        inspect.unwrap(EXERCISES[exercise].reference).__code__ = made["withdrawn"].__code__  # for all who hold it


def _checks_nothing(question: object) -> str:
    """In place of a check, for a notebook's cell that holds both a check and something that an answer needs."""
    return "not checked here"
