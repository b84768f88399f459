"""Where a student's functions run: reads a notebook, defines an answer, asks it what the other side wants to know.

This process judges nothing and knows nothing that a student may not know. Messages are frames (`course.handin.wire`):

    ("read", bytes, {chapter: exercises}, {chapter: title})   -> ("notebook", Notebook), ("unreadable", reason)
    ("define", cells, exercise)   -> ("defined",), ("missing",), ("raised", kind, text, line, inside, number)
    ("ask", probe, inputs)        -> ("found", value), ("unfinished", exercise), ("raised", ...)

While an answer is being defined or asked, ("told", name) may come first, any number of times: the course's own function
for that exercise was called (`tell`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from course.check.answers import AnswerError, LocalAnswer
from course.check.failures import Unfinished
from course.handin import wire
from course.handin.answers import MissingError, define, parse
from course.handin.notebook import UnreadableError, read_notebook
from course.handin.withdraw import withdraw

_send: Callable[[bytes], None] | None = None


def serve(receive: Callable[[], Any], send: Callable[[bytes], None], withdraws: bool = False) -> None:
    """Answers messages until there are no more.

    Args:
        receive: gives the next message; raises EOFError if there is none.
        send: takes a frame.
        withdraws: whether the course's own function for an exercise is taken away before a student's is defined. That
            cannot be undone: such a process is good for one exercise.

    Raises:
        WireError: if something comes that is no message.
    """
    global _send
    _send = send
    answer: LocalAnswer | None = None
    while True:
        try:
            what, *rest = receive()
        except EOFError:
            return
        if what == "read":
            _say(_reading(*rest))
        elif what == "define":
            answer = None
            if withdraws:
                withdraw(rest[1])
            reply = _defining(*rest)
            if isinstance(reply, LocalAnswer):
                answer, reply = reply, ("defined",)
            _say(reply)
        elif what == "ask" and answer is not None:
            _say(_asking(answer, *rest))
        else:
            raise wire.WireError(f"there is nothing to do for {what!r}")


def tell(exercise: str) -> None:
    """Says that the course's own function for an exercise is being called.

    In the edition of the course that students' answers run with, this is the first line of each such function
    (`course.teach.grading.edition`), and of what `withdraw` puts in its place. What was said cannot be unsaid. In a
    process that cannot say it, the function stops.
    """
    if _send is None:
        raise RuntimeError(f"{exercise} of the course cannot be called here")
    _send(wire.encode(("told", exercise)))


def _say(message: tuple[Any, ...]) -> None:
    assert _send is not None
    try:
        frame = wire.encode(message, wire.REPLY)
    except wire.WireError as error:
        frame = wire.encode(("raised", "TypeError", f"what it returns {error}", "", True, 0))
    _send(frame)


def _reading(data: bytes, exercises: Mapping[str, tuple[str, ...]], titles: Mapping[str, str]) -> tuple[Any, ...]:
    try:
        return "notebook", read_notebook(data, exercises, titles)
    except UnreadableError as error:
        return "unreadable", error.reason


def _defining(cells: Any, exercise: str) -> LocalAnswer | tuple[Any, ...]:
    _seed()
    try:
        return LocalAnswer(exercise, define(parse(cells), exercise))
    except MissingError:
        return ("missing",)
    except AnswerError as error:
        return "raised", *error.args


def _seed() -> None:
    """What an answer draws by itself is the same whenever it is graded; a process that was forked draws anew."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  # the one that answers without a generator of their own draw from
    torch.manual_seed(0)


def _asking(answer: LocalAnswer, probe: str, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    try:
        return "found", answer.ask(probe, *inputs)
    except Unfinished as error:
        return "unfinished", str(error.exercise)
    except AnswerError as error:
        return "raised", *error.args
