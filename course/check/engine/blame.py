"""Blames another exercise's function that an answer calls, if only that one is wrong: it is to be mended first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from course.check.engine.answers import Answer
from course.check.engine.failures import CheckFailed, Unfinished

CALLS_WRONG = "calls_wrong"  # the mistake in what calls it; the misunderstanding is the other exercise's
NOT_JUDGED = ("borrowed", "not_a_function")


class Judge(Protocol):
    """The part of `course.check.engine.exercise.Exercise` that is needed here: where to read about it, and its check."""

    read: str

    def judged(self, answer: Answer, seed: int) -> str:
        """Returns what was verified of an answer, or raises CheckFailed."""


class _Helper:
    """A function that an answer calls, as an answer of its own: where the one runs, the other does."""

    def __init__(self, name: str, caller: Answer) -> None:
        self.name = name
        self._caller = caller

    def ask(self, probe: str, *inputs: Any) -> Any:
        """See `Answer.ask`."""
        return self._caller.ask("through", self.name, probe, *inputs)


def blame(failure: CheckFailed, answer: Answer, seed: int, exercises: Mapping[str, Judge]) -> CheckFailed:
    """The failure of an answer, or one that says which exercise's function, called by the answer, is wrong itself."""
    if failure.mistake in NOT_JUDGED:
        return failure
    try:
        wrong = next((name for name in answer.ask("called") if _is_wrong(name, answer, seed, exercises)), None)
    except Exception:  # whatever ends while a helper is asked: the answer is wrong as was seen before
        return failure
    if wrong is None:
        return failure
    said = f"  `{wrong}`, which it calls, is not right yet: mend that first."
    return CheckFailed(answer.name, CALLS_WRONG, failure.lines[0], said, f"  Read: {exercises[wrong].read}.")


def _is_wrong(name: str, caller: Answer, seed: int, exercises: Mapping[str, Judge]) -> bool:
    if name not in exercises or name == caller.name:
        return False
    try:
        exercises[name].judged(_Helper(name, caller), seed)
    except Unfinished:
        return False
    except CheckFailed as failure:
        return failure.mistake not in NOT_JUDGED
    return False
