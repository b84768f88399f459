"""A process that does one task at a time, and may be stopped, hang, grow, or be killed: the server lives on.

The server talks to it in a thread, so that nothing it does or does not do can stop the server. A process that is gone
is started again for the next task.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import psutil

from course.errors import InputError
from studio.tasks import StoppedError
from studio.uploads import UploadError

LOOKED = 0.1  # seconds between two looks at a process that works
BEAT = 1.0  # seconds between two signs of life
SILENCE = 60.0  # seconds without any after which it hangs
OBEYED = 5.0  # seconds in which it must stop when it is told to
MEMORY = 2_000_000_000  # bytes that it may hold
NICENESS = 5  # of one that yields: beside it another gets about three quarters of a core

Task = Callable[[Any, Any], Any]


class TaskError(Exception):
    """A task came to nothing. The message is a sentence for the page.

    Attributes:
        died: whether the process is gone, so that another try may go well.
    """

    def __init__(self, sentence: str, died: bool = False) -> None:
        super().__init__(sentence)
        self.died = died


class Process:
    """Does tasks one after the other.

    Args:
        threads: of torch.
        memory: bytes that it may hold.
        silence: seconds without a sign of life after which it is killed.
        yielding: whether it lets all others on this machine have the processor first.
    """

    def __init__(self, threads: int, memory: int = MEMORY, silence: float = SILENCE, yielding: bool = False) -> None:
        self.threads, self.memory, self.silence, self.yielding = threads, memory, silence, yielding
        self._turn = asyncio.Lock()
        self._process: Any = None
        self._tasks: Any = None
        self._stops: Any = None
        self._heard = 0.0
        self._stop = False
        self._at: Any = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Its number, None while there is none."""
        return self._process.pid if self._process is not None and self._process.is_alive() else None

    async def do(self, task: Task, given: Any, told: Callable[[Any], None] | None = None,
                 wanted: Callable[[], bool] = lambda: True) -> Any:  # fmt: skip
        """Has a task done when its turn comes, if it is still wanted; `told` is called with what it tells on the way.

        Raises:
            StoppedError: if `stop` was called, or it was not wanted any more, or `close` was called before its turn.
            UploadError: as the task raises it.
            TaskError: if it fails, or the process dies of it.
        """
        async with self._turn:
            if self._closed or not wanted():
                raise StoppedError
            self._stop, self._at = False, given
            if self.pid is None:
                self._start()
            answer: asyncio.Future[tuple[str, Any]] = asyncio.get_running_loop().create_future()
            self._heard = time.monotonic()
            talk = asyncio.get_running_loop().run_in_executor(
                None, self._talk, self._tasks, (task, given), told, answer, asyncio.get_running_loop()
            )
            reason, again = await self._watch(answer)
            await talk
            self._at = None
            kind, value = answer.result()
            if kind == "gone":
                self._end()  # it hangs up a moment before it has ended: the next task must not be given to it
            if kind == "result":
                return value
            if kind == "unusable":
                raise UploadError(*value)
            if kind == "failed":
                raise TaskError(value)
            if kind == "stopped" or self._stop or self._closed:
                raise StoppedError
            raise TaskError(reason, died=again)

    def stop(self, given: Any) -> None:
        """The task with this is to end, if it is being done. It has `OBEYED` seconds."""
        if self._at is not given:
            return
        self._stop = True
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._stops.send_bytes(b"stop")

    def close(self) -> None:
        """Ends the process, for good: those who wait for their turn wait in vain."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()

    def _start(self) -> None:
        if self._process is not None:
            self._process.join()
            self._tasks.close()
            self._stops.close()
        spawn = multiprocessing.get_context("spawn")
        self._tasks, tasks = spawn.Pipe()
        stops, self._stops = spawn.Pipe(duplex=False)
        self._process = spawn.Process(target=serve, args=(tasks, stops, self.threads, self.yielding), daemon=True)
        self._process.start()
        tasks.close()
        stops.close()

    def _talk(self, tasks: Connection, task: Any, told: Any, answer: Any, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread: hands the task over and listens until there is an answer, or nobody at the other end."""
        final: tuple[str, Any] = ("gone", None)
        with contextlib.suppress(EOFError, OSError):
            tasks.send(task)
            while True:
                kind, value = tasks.recv()
                self._heard = time.monotonic()
                if kind not in ("told", "beat"):
                    final = kind, value
                    break
                if kind == "told" and told is not None:
                    loop.call_soon_threadsafe(told, value)
        loop.call_soon_threadsafe(answer.set_result, final)

    async def _watch(self, answer: asyncio.Future[Any]) -> tuple[str, bool]:
        """Waits for the answer; kills a process that hangs or grows too large.

        Returns:
            What to say if it is gone, and whether another try may go well.
        """
        stopped = None
        while not (await asyncio.wait([answer], timeout=LOOKED))[0]:
            now = time.monotonic()
            stopped = (stopped or now) if self._stop else None
            if stopped and now - stopped > OBEYED:
                self._process.kill()
            elif now - self._heard > self.silence:
                self._process.kill()
                return "The process that was at it did not answer any more, and was ended. Try it once more.", True
            elif self._held() > self.memory:
                self._process.kill()
                return "This took more memory than there is for one picture. Choose a smaller size.", False
        return "The process that was at it has been killed. Try it once more.", True

    def _held(self) -> int:
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss)
        except psutil.NoSuchProcess:
            return 0


# --- in the process ---------------------------------------------------------------------------------------------------


class _Line:
    """See `studio.tasks.Line`."""

    def __init__(self, tasks: Connection, stops: Connection) -> None:
        self._tasks, self._stops = tasks, stops
        self._told = time.monotonic()

    def goes_on(self) -> None:
        if self._stops.poll():
            try:
                self._stops.recv_bytes()
            except EOFError:
                os._exit(0)  # the server is gone
            raise StoppedError
        if time.monotonic() - self._told > BEAT:
            self._send("beat", None)

    def tell(self, news: Any) -> None:
        self._send("told", news)

    def _send(self, kind: str, value: Any) -> None:
        self._told = time.monotonic()
        self._tasks.send((kind, value))


def serve(tasks: Connection, stops: Connection, threads: int, yielding: bool) -> None:
    """Does what it is told until nobody is there any more."""
    if yielding:
        _yield()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all of a terminal's processes; the server ends us
    os.environ["OMP_NUM_THREADS"] = str(threads)  # before torch is imported
    with contextlib.suppress(EOFError, OSError):
        while True:
            task, given = tasks.recv()
            while stops.poll():
                stops.recv_bytes()  # it was meant for the task before, which had ended by itself
            tasks.send(answer(task, given, _Line(tasks, stops)))


def _yield() -> None:
    if sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(NICENESS)


def answer(task: Task, given: Any, line: Any) -> tuple[str, Any]:
    """What comes of a task, as `Process` and the workers of Dask say it: its kind, and the result or a sentence."""
    try:
        return "result", task(given, line)
    except StoppedError:
        return "stopped", None
    except UploadError as error:
        return "unusable", (str(error), error.status)
    except (InputError, ArithmeticError) as error:
        return "failed", f"{str(error)[0].upper()}{str(error)[1:]}."
    except MemoryError:
        return "failed", "There is not enough memory for this picture. Choose a smaller size."
    except Exception as error:
        # It is for whoever looks after the studio; a visitor cannot mend it.
        import traceback

        traceback.print_exc()
        return "failed", f"Something went wrong inside ({type(error).__name__}). It is written where the painter runs."
