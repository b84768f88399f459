"""A student's function from afar: what a check asks goes to another process, and the values come back.

An `Answer` as `course.check` wants it. Whatever runs over there may lie, hang or die: it can only answer questions, and
how it ended is told by an `EndedError`, which no check takes for an answer.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from course.answers.define import NotRunError
from course.answers.frames import NOTEBOOK, REPLY, Bounds, FrameError
from course.answers.notebook import CODE_CHARACTERS, CodeCell
from course.check.engine.answers import AnswerError
from course.check.engine.differences import one_line
from course.check.engine.failures import Unfinished
from course.check.engine.probes import Returned

End = Literal["crashed", "timed out", "out of memory"]

ANY = "*"  # told by functions which several exercises have in common: it is the name of any exercise
USES = 1_000  # reports of one request; each function reports once
NO_MEMORY = ("MemoryError", "can't allocate memory", "not enough memory", "Cannot allocate memory", "OutOfMemoryError")
# Whether it is refused the memory or ended for it is a matter of moments, and may be another matter the next time.
TOO_MUCH = "it needed more memory than an exercise may have."


class EndedError(Exception):
    """The other process is no more, or not to be waited for.

    Attributes:
        state: how it ended.
        why: a sentence for the student.
    """

    def __init__(self, state: End, why: str) -> None:
        super().__init__(state, why)
        self.state = state
        self.why = why


class RemoteProcess(Protocol):
    """The other side: a process that serves messages, see `course.answers.serve`."""

    def send(self, message: tuple[Any, ...], seconds: float) -> None:
        """Says something. Raises TimeoutError if nobody takes it, OSError if nobody is there."""

    def receive(self, seconds: float, bounds: Bounds) -> Any:
        """What it says next. Raises TimeoutError, EOFError if it is gone, FrameError if it talks nonsense, OSError.

        It has as many seconds of its own: what it waits for a processor that others use need not count.
        """

    def close(self) -> tuple[int, bool]:
        """Ends it; its exit code (negative: the signal that killed it) and whether it was for the memory it took."""


@dataclass(frozen=True)
class Timeouts:
    """How long an answer is waited for.

    Attributes:
        call: seconds for one question.
        exercise: seconds for all questions of an exercise together.
    """

    call: float = 20.0
    exercise: float = 60.0


class RemoteAnswer:
    """A function in another process.

    Args:
        name: of the exercise.
        other: the process, in which nothing else is asked meanwhile.
        timeouts: how long it is waited for.

    Attributes:
        borrowed: whether the course's own function for this exercise was called on the way to an answer.
        ended: how its process came to an end, or "".
    """

    def __init__(self, name: str, other: RemoteProcess, timeouts: Timeouts) -> None:
        self.name = name
        self.borrowed = False
        self.ended: End | Literal[""] = ""
        self._other = other
        self._timeouts = timeouts
        self._took = self._longest = 0.0  # seconds

    def define(self, cells: Sequence[CodeCell]) -> bool:
        """Has the function found in a notebook's cells and defined; whether there is one.

        Raises:
            AnswerError: if defining it raises an exception.
            NotRunError: if it stands in a cell that Python does not run.
            EndedError: if that brings its process to an end.
        """
        what, *rest = self.request(("define", tuple(cells), self.name))
        if what == "raised":
            raise self._raised(rest)
        if what == "not run":
            raise NotRunError(*rest)
        return bool(what == "defined")

    def ask(self, probe: str, *inputs: Any) -> Any:
        """See `course.check.engine.answers.Answer.ask`.

        Raises:
            EndedError: if its process comes to an end.
        """
        what, *rest = self.request(("ask", probe, inputs))
        if what == "raised":
            raise self._raised(rest)
        if what == "unfinished":
            raise Unfinished(self.name)
        return rest[0]

    def __call__(self, *inputs: Any) -> Any:
        """Calls it as if it were here: hidden tests are written that way.

        Raises:
            TypeError: if it returned something that has no value outside of its process.
        """
        returned: Returned = self.ask("call", *inputs)
        if returned.value is None and returned.kind != "NoneType":
            raise TypeError(f"it returned a {returned.kind}")
        return plain(returned.value)

    def request(self, message: tuple[Any, ...]) -> Any:
        """Sends a message of `course.answers.serve` and waits for its reply.

        Raises:
            EndedError: if no reply comes that can be read.
        """
        began = time.monotonic()
        late = began + min(self._timeouts.call, self._timeouts.exercise - self._took)
        bounds = NOTEBOOK if message[0] == "read" else REPLY
        try:
            self._other.send(message, late - began)
            for _ in range(USES):
                reply = self._other.receive(max(0.0, late - time.monotonic()), bounds)
                if not _is_reply(reply, message[0]):
                    raise FrameError("that is no reply")
                if reply[0] != "used":
                    return reply
                self.borrowed = self.borrowed or reply[1] in (self.name, ANY)
            raise FrameError("it reports without end")
        except TimeoutError:
            self._other.close()
            why = f"it did not come to an end within {self._timeouts.call:g} seconds."
            raise self._end("timed out", why) from None
        except FrameError:
            self._other.close()
            raise self._end("crashed", "its answer could not be read.") from None  # the error has the forger's words
        except (EOFError, OSError):
            raise self._gone() from None
        finally:
            took = time.monotonic() - began
            self._took += took
            self._longest = max(self._longest, took)

    @property
    def took(self) -> float:
        """Seconds that it was waited for."""
        return self._took

    def within(self, timeouts: Timeouts) -> bool:
        """Whether a grader with these timeouts would have waited for all answers so far."""
        return self._longest <= timeouts.call and self._took <= timeouts.exercise

    def _gone(self) -> EndedError:
        code, out_of_memory = self._other.close()
        if out_of_memory:
            return self._end("out of memory", TOO_MUCH)
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return self._end("crashed", f"it brought Python down ({how}).")

    def _raised(self, rest: Sequence[Any]) -> Exception:
        """What a reply says was raised. Whoever forges one can make each part of it long."""
        kind, text, line = (part[:1000] for part in rest[:3])
        inside, number = rest[3:]
        if any(part in f"{kind}: {text}" for part in NO_MEMORY):
            return self._end("out of memory", TOO_MUCH)
        number = int(number) if 0 < number <= CODE_CHARACTERS else 0
        return AnswerError(one_line(kind, 60), one_line(text, 120), one_line(line, 80), inside, number)

    def _end(self, state: End, why: str) -> EndedError:
        self.ended = state
        return EndedError(state, why)


def plain(value: Any) -> Any:
    """A value with the `Returned` in its dictionaries unpacked."""
    if isinstance(value, Returned):
        return plain(value.value)
    return {key: plain(one) for key, one in value.items()} if isinstance(value, dict) else value


RAISED: tuple[type, ...] = (str, str, str, bool, int)
REPLIES: dict[str, dict[str, tuple[type, ...]]] = {
    "define": {"defined": (), "missing": (), "not run": (str, bool), "raised": RAISED},
    "ask": {"found": (object,), "unfinished": (str,), "raised": RAISED},
    "read": {"notebook": (object,), "unreadable": (str,)},
}


def _is_reply(reply: Any, to: str) -> bool:
    """Whether a reply has the form that the message asks for. Whoever writes it need not want it to have."""
    if type(reply) is not tuple or not reply or type(reply[0]) is not str:
        return False
    wanted = {**REPLIES[to], "used": (str,)}.get(reply[0])
    return wanted is not None and len(reply) == 1 + len(wanted) and all(map(isinstance, reply[1:], wanted))
