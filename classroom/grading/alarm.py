"""An alarm for the marking process: no reply may keep it at work for longer than any honest one does."""

from __future__ import annotations

import ctypes
import threading
import time
from types import TracebackType

LOOKS = 0.25  # seconds between two looks at the time


class HeldUpError(BaseException):
    """Something took too long. No Exception: a check that takes one for an answer's must not swallow it."""


class Alarm:
    """Raises `HeldUpError` in the ``with`` block once this process has worked for too long in it.

    What counts is the time of the processor: waiting for an answer is no work. Works in any thread, which signals do
    not; and, as those, not within a function written in C. See PyThreadState_SetAsyncExc in Python's C API.

    Args:
        seconds: that it may work.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._rung = False

    def __enter__(self) -> None:
        self._target = threading.get_ident()
        self._late = time.process_time() + self._seconds
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._over.wait(LOOKS):
            if time.process_time() > self._late:
                with self._lock:
                    if not self._over.is_set():
                        self._rung = True
                        _raise(self._target, ctypes.py_object(HeldUpError))
                return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._over.set()
        if self._rung and kind is not HeldUpError:
            _raise(self._target, None)  # it came to an end in that moment: what is not raised yet is taken back


def _raise(thread: int, error: ctypes.py_object[type[BaseException]] | None) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), error)
