"""Where a student's functions run: reads a notebook, defines an answer, asks it what the other side wants to know.

It judges nothing and knows nothing that a student may not know. Messages are frames (`course.answers.frames`):

    ("read", bytes, {chapter: exercises}, {chapter: title})   -> ("notebook", Notebook), ("unreadable", reason)
    ("define", cells, exercise)   -> ("defined",), ("missing",), ("not run", kind of cell, whether it is a stub),
                                     ("raised", kind, text, line, inside, number)
    ("ask", probe, inputs)        -> ("found", value), ("unfinished", exercise), ("raised", ...)

While an answer is being defined or asked, ("used", name) may come first, for each name once: the course's own function
for that exercise was called (`report_use`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from course.answers import frames
from course.answers.define import MissingError, NotRunError, define
from course.answers.notebook import read_notebook
from course.answers.notebook_file import UnreadableError
from course.answers.program import parse
from course.check.engine.answers import AnswerError, LocalAnswer
from course.check.engine.failures import Unfinished

_send: Callable[[bytes], None] | None = None
_reported: set[str] = set()  # since the last request


def serve(
    receive: Callable[[], Any], send: Callable[[bytes], None], before_define: Callable[[str], None] | None = None
) -> None:
    """Answers messages until there are no more.

    Args:
        receive: gives the next message; raises EOFError if there is none.
        send: takes a frame.
        before_define: is told the exercise before a student's function for it is defined. The sandbox takes our own
            function away there (`classroom.sandbox.disable_reference`).

    Raises:
        FrameError: if something comes that is no message.
    """
    report_to(send)
    answer: LocalAnswer | None = None
    while True:
        try:
            what, *rest = receive()
        except EOFError:
            return
        _reported.clear()
        if what == "read":
            _say(_reading(*rest), frames.NOTEBOOK)
        elif what == "define":
            answer = None
            if before_define:
                before_define(rest[1])
            reply = _defining(*rest)
            if isinstance(reply, LocalAnswer):
                answer, reply = reply, ("defined",)
            _say(reply)
        elif what == "ask" and answer is not None:
            _say(_asking(answer, *rest))
        else:
            raise frames.FrameError(f"there is nothing to do for {what!r}")


def report_to(send: Callable[[bytes], None]) -> None:
    """From now on `report_use` tells it; `serve` says so by itself."""
    global _send
    _send = send


def report_use(exercise: str) -> None:
    """Says that the course's own function for an exercise is being called.

    In the copy of the course that students' answers run with, this is the first line of each such function
    (`classroom.sandbox.instrumented_course`), and of what the sandbox puts in its place. A report cannot be taken back.
    In a process that cannot report, the function stops.
    """
    if _send is None:
        raise RuntimeError(f"{exercise} of the course cannot be called here")
    if exercise not in _reported:  # it may be called in a loop
        _reported.add(exercise)
        _send(frames.encode(("used", exercise)))


def _say(message: tuple[Any, ...], bounds: frames.Bounds = frames.REPLY) -> None:
    assert _send is not None
    try:
        frame = frames.encode(message, bounds)
    except frames.FrameError as error:
        frame = frames.encode(("raised", "TypeError", f"what it returns {error}", "", True, 0))
    _send(frame)


def _reading(data: bytes, exercises: Mapping[str, tuple[str, ...]], titles: Mapping[str, str]) -> tuple[Any, ...]:
    try:
        return "notebook", read_notebook(data, exercises, titles)
    except UnreadableError as error:
        return "unreadable", error.reason


def _defining(cells: Any, exercise: str) -> LocalAnswer | tuple[Any, ...]:
    _seed()
    try:
        return define(parse(cells), exercise)
    except MissingError:
        return ("missing",)
    except NotRunError as error:
        return "not run", *error.args
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
