"""Whose turn it is: answers run side by side, but one that ran out of time or memory is asked once more, alone.

All graders of one user on one machine keep to it, by locks on two files in the folder for
temporary files; see flock(2). The first is the door: who wants to be alone keeps it shut while those inside come out.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
import time
from pathlib import Path

from course.errors import InputError

LONGEST = 600.0  # seconds; a process that holds a lock for longer is not expected back, and not waited for
PAUSE = 0.005


class Turn:
    """A turn that was taken."""

    def __init__(self, files: list[int]) -> None:
        self._files = files

    def end(self) -> None:
        """Gives the turn back; a second call does nothing."""
        while self._files:
            os.close(self._files.pop())


def take(alone: bool) -> Turn:
    """Waits for a turn, and takes it until `Turn.end`, or until this process ends.

    Args:
        alone: nobody else has one then.

    Raises:
        InputError: if somebody else has made the folder in which turns are kept.
    """
    folder = _folder()
    files = [os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) for name in ("door", "room")]
    door, room = files
    late = time.monotonic() + LONGEST
    _lock(door, fcntl.LOCK_EX, late)
    _lock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH, late)
    if alone:
        return Turn(files)
    os.close(door)
    return Turn([room])


def _lock(file: int, kind: int, late: float) -> None:
    while time.monotonic() < late:
        try:
            return fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(PAUSE)


def _folder() -> Path:
    """A folder of this user's alone."""
    folder = Path(tempfile.gettempdir(), f"course-turns-{os.geteuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise InputError(f"'{folder}' belongs to somebody else; set TMPDIR to a folder of your own")
    return folder
