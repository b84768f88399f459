"""A student's function as the checks see it: something to ask, wherever it runs.

A check never touches the function. It asks an `Answer`: "what do you return for these inputs", "what is your gradient".
Each kind of question is a *probe* (`course.check.engine.probes`), a small function that runs beside the student's function and
hands back plain values. Here both live in one process (`LocalAnswer`); a grader may put the function and the probe into
another one: inputs go in, values come out, and what is expected stays with the check.
"""

from __future__ import annotations

import functools
import inspect
import linecache
import traceback
from collections.abc import Callable
from typing import Any, Protocol, cast

import torch

from course.check.engine.differences import one_line
from course.check.engine.exceptions import LEFT_OFF
from course.check.engine.failures import Unfinished
from course.check.engine.probes import PROBES
from course.check.engine.settings import usual_settings


class AnswerError(Exception):
    """The student's function raised an exception instead of answering.

    Attributes:
        kind: the exception's class, "TypeError".
        text: its message, one line.
        line: the student's own line that raised it, stripped, or "" if it cannot be read.
        inside: whether it came from inside the function, and not from the attempt to call it.
        number: of that line in its cell, from 1, if the cell could not be run; otherwise 0.
    """

    def __init__(self, kind: str, text: str, line: str = "", inside: bool = True, number: int = 0) -> None:
        super().__init__(kind, text, line, inside, number)
        self.kind = kind
        self.text = text
        self.line = line
        self.inside = inside
        self.number = number


class Answer(Protocol):
    """A student's function, as far as a check has access to it."""

    name: str

    def ask(self, probe: str, *inputs: Any) -> Any:
        """The values that a probe of `course.check.engine.probes` finds for these inputs.

        Inputs and values are tensors, numbers, strings, None, and lists, tuples and dictionaries of them, or the
        records of `course.check.engine.probes`. The probe is given copies: the check's own stay unchanged.

        Raises:
            Unfinished: if the function is still the stub.
            AnswerError: if it raises anything else.
        """


class LocalAnswer:
    """A function in this process.

    Args:
        name: of the exercise.
        function: the student's.
    """

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name = name
        self.function = function

    def ask(self, probe: str, *inputs: Any) -> Any:
        """See `Answer.ask`."""
        try:
            with usual_settings():  # whatever the cells above have switched
                found = PROBES[probe](self.function, *inputs)
                if not torch.is_grad_enabled():
                    raise RuntimeError(LEFT_OFF)
                return found
        except (Exception, SystemExit) as error:
            line, inside = self._place(error)
            if _from_a_stub(error, line):
                raise Unfinished(getattr(error, "exercise", self.name)) from None
            raise AnswerError(type(error).__name__, one_line(error, 120), one_line(line, 80), inside) from error

    def _place(self, error: BaseException) -> tuple[str, bool]:
        """The last line of the student's own code on the way to the error, and whether there is one."""
        code = _code(self.function)
        if code is None:
            return "", False
        frames = traceback.extract_tb(error.__traceback__, limit=60)  # an endless recursion has thousands
        own = [frame.lineno for frame in frames if frame.filename == code.co_filename and frame.lineno is not None]
        return (linecache.getline(code.co_filename, own[-1]).strip(), True) if own else ("", False)


def as_answer(name: str, function: Callable[..., Any] | Answer) -> Answer:
    """An answer as it is; a function of this process as one."""
    return cast(Answer, function) if hasattr(function, "ask") else LocalAnswer(name, function)


def ask(function: Callable[..., Any] | Answer, probe: str, *inputs: Any) -> Any:
    """The result of a probe of `course.check.engine.probes`. For hidden tests, which must not touch what a function returns."""
    return as_answer(getattr(function, "__name__", "the function"), function).ask(probe, *inputs)


def _code(function: Any) -> Any:
    """The code of a function, also of one that is decorated, partly applied, or an object's ``__call__``; or None."""
    function = inspect.unwrap(function)
    if isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__code__", None) or getattr(getattr(function, "__call__", None), "__code__", None)  # noqa: B004


def _from_a_stub(error: BaseException, line: str) -> bool:
    """Whether the error is our stub's, or ``raise NotImplementedError()`` as nbgrader writes it, and not torch's own."""
    return isinstance(error, Unfinished) or (
        isinstance(error, NotImplementedError) and (not str(error) or line.startswith("raise"))
    )
