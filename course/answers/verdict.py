"""What an exercise's check says about an answer that runs in another process: a word, and lines for the student."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from course.answers.define import NotRunError
from course.answers.notebook import MISSING, NOT_RUN, CodeCell, place
from course.answers.remote import End, EndedError, RemoteAnswer
from course.check import EXERCISES, CheckFailed, Unfinished
from course.check.engine.answers import AnswerError
from course.check.engine.exercise import Draw, Question

VerdictState = Literal["right", "wrong", "borrowed", "not attempted"] | End

STUB = "It is not written yet: calling it ends at the line with raise."
LINE = 240  # characters of a line that a student is told; checks write shorter ones
LINES = 8
BORROWED = "It calls the course's own function for this exercise, which earns no points."


@dataclass(frozen=True)
class Verdict:
    """About one exercise.

    Attributes:
        state: "right" if the check passes; hidden tests are not known here.
        lines: what the student is told.
        mistake: short name of the misunderstanding, or "".
    """

    state: VerdictState
    lines: tuple[str, ...]
    mistake: str = ""


def judge(answer: RemoteAnswer, cells: Sequence[CodeCell], seed: int) -> Verdict:
    """Has an answer defined in its process and checks it. Nothing that happens there is raised here."""
    verdict = _judged(answer, cells, seed)
    if answer.borrowed and verdict.state != "borrowed":
        return Verdict("borrowed", (BORROWED,), "borrowed")
    return verdict


def _judged(answer: RemoteAnswer, cells: Sequence[CodeCell], seed: int) -> Verdict:
    exercise = EXERCISES[answer.name]
    try:
        try:
            if not answer.define(cells):
                return Verdict("not attempted", (MISSING,))
            return Verdict("right", shown([f"✓ {answer.name}: {exercise.verify(answer, seed)}"]))
        except AnswerError as error:  # while it was being defined: a check makes a failure of its own of others
            raise Question(exercise, answer, Draw(seed)).stopped(error) from None
    except NotRunError as error:
        return Verdict("not attempted" if error.is_stub else "wrong", not_run_lines(answer.name, error.kind), NOT_RUN)
    except Unfinished:
        return Verdict("not attempted", (STUB,))
    except CheckFailed as failure:
        state: VerdictState = "borrowed" if failure.mistake == "borrowed" else "wrong"
        return Verdict(state, shown(failure.lines), failure.mistake)
    except EndedError as error:
        return Verdict(error.state, shown([f"When it was tried, {error.why}"]))


def not_run_lines(name: str, kind: str) -> tuple[str, ...]:
    """What a student is told whose answer stands in a cell that Python does not run, and what to do about it."""
    if kind.startswith("%%"):
        cure = f"Delete the line with {kind}, so that it is Python again. Run the cell, and save the notebook."
    elif kind == "long":
        cure = "Give the lines with % or ! a cell of their own. Run both, and save the notebook."
    else:
        cure = "Click on it, press Esc and then Y: it is a code cell again. Run it, and save the notebook."
    so = "which cannot be read" if kind == "long" else "so it is never defined"
    return shown([f"✗ {name}: it stands {place(kind)}, {so}.", f"  {cure}"])


def shown(lines: Sequence[str]) -> tuple[str, ...]:
    """Lines that can be shown anywhere: what a student's error says may be long, or hold the controls of a terminal."""
    cut = (line if len(line) <= LINE else line[: LINE - 3] + "..." for line in lines[:LINES])
    return tuple("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line) for line in cut)
