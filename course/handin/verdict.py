"""What an exercise's check says about an answer that runs in another process: a word, and lines for the student."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from course.check import EXERCISES, CheckFailed, Unfinished
from course.check.answers import AnswerError
from course.check.exercise import Draw, Question
from course.handin.notebook import CodeCell
from course.handin.remote import End, EndedError, Other, Patience, RemoteAnswer

State = Literal["right", "wrong", "borrowed", "not written"] | End


@dataclass(frozen=True)
class Verdict:
    """About one exercise.

    Attributes:
        state: "right" if the check passes; hidden tests are not known here.
        lines: what the student is told.
    """

    state: State
    lines: tuple[str, ...] = ()


def judge(name: str, cells: Sequence[CodeCell], other: Other, patience: Patience) -> Verdict:
    """Has an answer defined in the other process and checks it. Nothing that happens there is raised here."""
    exercise, seed = EXERCISES[name], secrets.randbits(32)
    answer = RemoteAnswer(name, other, patience)
    try:
        try:
            if not answer.define(cells):
                return Verdict("not written", ("There is no function of this name in the notebook.",))
            return Verdict("right", _shown([exercise.verify(answer, seed)]))
        except AnswerError as error:  # while it was being defined: a check makes a failure of its own of others
            raise Question(exercise, answer, Draw(seed)).stopped(error) from None
    except Unfinished:
        return Verdict("not written")
    except CheckFailed as failure:
        return Verdict("borrowed" if failure.mistake == "borrowed" else "wrong", _shown(failure.lines))
    except EndedError as error:
        return Verdict(error.state, _shown([f"When it was tried, {error.why}"]))


def _shown(lines: Sequence[str]) -> tuple[str, ...]:
    """Lines fit for a terminal: what a student's error says may hold its controls."""
    return tuple("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line) for line in lines)
