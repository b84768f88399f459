"""Runs a student's own answers beside the command that asks them: what they print, break or never end stays over there.

Linux, macOS and Windows. Nothing is shut in: it is the student's own code on the student's own machine.
"""

# What needs torch is imported where it is used: the other process starts while this one is still importing.

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from course.errors import InputError

if TYPE_CHECKING:
    from course.answers import frames

START_SECONDS = 300.0  # importing torch takes 2 to 10, from a slow disk much longer
DYING_SECONDS = 5.0
READY = b"ready"
KILLED = -9  # how a process ends that takes more memory than the system has
HEAD = 8  # bytes for the length at the front of a frame; a pipe's messages know their own


class LocalProcess:
    """A process that answers one exercise after the other: a `course.answers.remote.RemoteProcess`.

    It starts at once, and imports what it needs while the caller does the same. See `ready`.
    """

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")  # everywhere: a fork of a process with threads may hang
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._is_ready = self._cut_off = False
        self._end: tuple[int, bool] | None = None

    def ready(self) -> None:
        """Waits until it can be asked. To be called before each exercise: after an end it starts a fresh process.

        Raises:
            InputError: if it does not start.
        """
        if self._end is not None:
            self._start()
        if self._is_ready:
            return
        with suppress(EOFError, OSError):
            self._is_ready = self._pipe.poll(START_SECONDS) and self._pipe.recv_bytes() == READY
        if not self._is_ready:
            self.close()
            raise InputError("the process that runs your answers does not start; `course doctor` says why")

    def send(self, message: tuple[Any, ...], seconds: float) -> None:
        """See `RemoteProcess.send`. It waits for a message whenever there is one to send, so no time runs out."""
        from course.answers import frames

        self._pipe.send_bytes(frames.encode(message))

    def receive(self, seconds: float, bounds: frames.Bounds) -> Any:
        """See `RemoteProcess.receive`."""
        from course.answers import frames

        if not self._pipe.poll(seconds):
            raise TimeoutError
        try:
            frame = self._pipe.recv_bytes(bounds.size + HEAD)
        except (EOFError, OSError):
            self._cut_off = True
            raise
        return frames.decode(frame[HEAD:], bounds)

    def close(self) -> tuple[int, bool]:
        """See `RemoteProcess.close`."""
        if self._end is None:
            self._pipe.close()
            if self._cut_off:  # it is dying of its own accord, and its exit code says of what
                self._process.join(DYING_SECONDS)
            alone = self._process.exitcode is not None
            self._process.kill()
            self._process.join()
            code = self._process.exitcode or 0
            self._end = code, alone and code == KILLED
        return self._end


def _serve(pipe: Connection) -> None:
    """The other process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command, which then ends this one
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.environ["MPLBACKEND"] = "agg"  # no window opens

    import course.check  # so that most of what answers need does not count as their time
    from course.answers import frames, serve

    # From here on a student's own modules are as far away as when it is graded; ours are found through their package.
    beside = {os.path.realpath(folder) for folder in (os.getcwd(), os.path.dirname(course.__path__[0]))}
    sys.path[:] = [folder for folder in sys.path if os.path.realpath(folder) not in beside]
    pipe.send_bytes(READY)
    serve.serve(lambda: frames.decode(pipe.recv_bytes()[HEAD:]), pipe.send_bytes)
