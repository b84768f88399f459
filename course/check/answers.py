"""A student's function as the checks see it: something to ask, wherever it runs.

A check never touches the function. It asks an `Answer`: "what do you return for these inputs", "what is your gradient".
Each kind of question is a *probe* (`course.check.probes`), a small function that runs beside the student's function and
hands back plain values. Here both live in one process (`LocalAnswer`); a grader may put the function and the probe into
another one: inputs go in, values come out, and what is expected stays with the check.
"""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from course.check.failures import Unfinished
from course.check.probes import PROBES


@dataclass
class AnswerError(Exception):
    """The student's function raised an exception instead of answering.

    Attributes:
        kind: the exception's class, "TypeError".
        text: its message, one line.
        line: the student's own line that raised it, stripped, or "".
    """

    kind: str
    text: str
    line: str = ""


class Answer(Protocol):
    """What a check can do with a student's function."""

    name: str

    def ask(self, probe: str, *inputs: Any) -> Any:
        """The values that a probe of `course.check.probes` finds for these inputs.

        Inputs and values are tensors, numbers, strings, None, and lists, tuples and dictionaries of them, or the
        records of `course.check.probes`. Whoever runs the probe gives it copies: the check's own stay as they are.

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
            return PROBES[probe](self.function, *inputs)
        except NotImplementedError as error:  # our own stub, or the one that nbgrader writes
            raise Unfinished(self.name) from error
        except Exception as error:
            raise AnswerError(type(error).__name__, _one_line(error), self._line(error)) from error

    def _line(self, error: Exception) -> str:
        """The last line of the student's own code on the way to the error."""
        code = getattr(self.function, "__code__", None)
        if code is None:
            return ""
        frames = [
            frame for frame in traceback.extract_tb(error.__traceback__, limit=60) if frame.filename == code.co_filename
        ]
        if not frames or frames[-1].lineno is None:
            return ""
        return linecache.getline(code.co_filename, frames[-1].lineno).strip()


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 160 else text[:157] + "..."
