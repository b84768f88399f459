"""The one thread of a kernel that paints, whichever painter is at it. No widget in here.

Painters give it themselves as a job. A job that begins takes the place of the one before; so a cell that is run again
ends what it began the first time, and two painters never share the processor. The thread is made for the first job and
stays, asleep when there is nothing to do. It is a daemon: it never keeps a kernel alive.
"""

from __future__ import annotations

import atexit
import os
import threading
from typing import Literal, Protocol

import torch

End = Literal["finished", "paused", "displaced", "failed"]

NAME = "course-painter"


class Job(Protocol):
    """A job that the worker does turn by turn. All its methods are called in the worker's thread.

    Jobs call what students have written, which may raise anything, SystemExit as well.
    """

    def turn(self) -> bool:
        """A little work, at most about a second; False when there is nothing more to do."""

    def end(self, why: End) -> None:
        """There was the last turn, for now: it is finished, was paused, has failed, or another job took its place."""

    def fail(self, error: BaseException) -> None:
        """A turn has raised this, and was the last one until the job is begun again. `end` follows."""


class Worker:
    """Does one job at a time, in one thread."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._job: Job | None = None
        self._asked = 0  # how often work was asked for: what is asked for during a last turn is not lost
        self._stopped = False
        self._thread: threading.Thread | None = None

    @property
    def job(self) -> Job | None:
        """The current job, or None."""
        return self._job

    def begin(self, job: Job) -> None:
        """From now on it does this job. From any thread; returns at once."""
        with self._condition:
            if self._stopped:
                return
            self._job = job
            self._asked += 1
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)
                self._thread.start()
            self._condition.notify()

    def pause(self, job: Job) -> None:
        """No more turns for this job after the one that it is having. From any thread; returns at once."""
        with self._condition:
            if self._job is job:
                self._job = None

    def stop(self, seconds: float = 5.0) -> None:
        """Ends the thread for good, and waits until it has ended.

        Python ends threads of this kind wherever they are, and torch calls that a crash.
        """
        with self._condition:
            self._job, self._stopped = None, True
            self._condition.notify()
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        torch.set_num_threads(threads())
        while True:
            with self._condition:
                while self._job is None:
                    if self._stopped:
                        return
                    self._condition.wait()
                job = self._job
            try:
                job.end(self._work(job))
            except BaseException as error:  # it cannot even say that it failed: Python says it, and the thread lives on
                self.pause(job)
                told = type(error), error, error.__traceback__, threading.current_thread()
                threading.excepthook(threading.ExceptHookArgs(told))
                del told
            del job  # keep no reference here, so that its memory can be freed

    def _work(self, job: Job) -> End:
        """Turns of one job until it is over, for one reason or another."""
        goes_on, asked = True, -1
        while True:
            with self._condition:
                if self._job is not job:
                    return "paused" if self._job is None else "displaced"
                if not goes_on and self._asked == asked:
                    self._job = None
                    return "finished"
                asked = self._asked
            try:
                goes_on = job.turn()
            except BaseException as error:  # an exception that nobody catches would end the thread, and nobody be told
                self.pause(job)
                job.fail(error)
                return "failed"


def threads() -> int:
    """The number of threads with which torch is to paint: one core is left for the kernel and the browser.

    Never more than torch would have taken by itself, so that OMP_NUM_THREADS is obeyed.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(torch.get_num_threads(), max(1, cores - 1))


WORKER = Worker()
atexit.register(WORKER.stop)
