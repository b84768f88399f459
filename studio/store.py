"""What is kept on disk, in one folder that only its owner may enter: pictures that were sent, jobs, paintings.

Files are named after tokens of ours, never after anything that came from outside. All is removed after a while, and
when the studio ends; what a studio that was killed has left, the next one on this folder finds.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import stat
import tempfile
import time
from pathlib import Path
from typing import Any

from course.errors import InputError
from course.files import remove_unfinished, shown, write_atomically
from studio.jobs import Job, from_record
from studio.tasks import Sent


def usual_folder(port: int) -> Path:
    """Where a studio keeps its things: for each user and port another folder, in that for temporary files."""
    whose = os.getuid() if hasattr(os, "getuid") else "me"
    return Path(tempfile.gettempdir()) / f"course-studio-{whose}-{port}"


FOLDERS = ("pictures", "jobs", "paintings")
FILES = ("secret", "code", "votes.csv")


class Store:
    """The folder.

    Args:
        folder: made if it is missing.

    Attributes:
        secret: with which cookies are signed; it lasts as long as the folder.

    Raises:
        InputError: if it cannot be used, is somebody else's, or holds what no studio has left there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            state = folder.lstat()
            if not stat.S_ISDIR(state.st_mode) or (hasattr(os, "getuid") and state.st_uid != os.getuid()):
                raise InputError(f"'{shown(folder)}' is not yours; name another one with --folder")
            if not (folder / "secret").is_file() and any(folder.iterdir()):
                # Whatever lies here would be shut to everybody else now, and stand among pictures that are removed.
                raise InputError(f"'{shown(folder)}' is not empty, and no studio's; name a new one with --folder")
            folder.chmod(0o700)
            self.secret = self._lasting("secret", secrets.token_hex(32))  # first: by it the folder is known as ours
            for name in FOLDERS:
                (folder / name).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"'{shown(folder)}' cannot be used ({error.strerror or error}); name another one with --folder"
            ) from error
        for name in FOLDERS:
            remove_unfinished(folder / name)

    def _lasting(self, name: str, new: str) -> str:
        """What stands in a file of the folder; if there is none yet, this is written there."""
        path = self.folder / name
        if not path.exists():
            write_atomically(path, new.encode())
        return path.read_text(encoding="ascii")

    def code(self, new: str) -> str:
        """The code of the class, the one of an earlier studio on this folder or this new one: who is in stays in."""
        return self._lasting("code", new)

    # --- pictures that were sent --------------------------------------------------------------------------------------

    def add_picture(self, sent: Sent) -> str:
        """Keeps a picture; its token."""
        token = secrets.token_hex(16)
        write_atomically(self.folder / "pictures" / f"{token}.jpg", sent.jpeg)
        return token

    def picture(self, token: str) -> Path | None:
        """Where a picture lies that was sent, None if it does not (any more)."""
        path = self.folder / "pictures" / f"{token}.jpg"
        return path if path.is_file() else None

    def pictures(self) -> int:
        """How many there are."""
        return sum(1 for _ in (self.folder / "pictures").iterdir())

    # --- jobs ---------------------------------------------------------------------------------------------------------

    def keep(self, job: Job) -> None:
        """Writes down where a job stands."""
        write_atomically(self.folder / "jobs" / f"{job.token}.json", json.dumps(job.record()).encode())

    def keep_painting(self, token: str, png: bytes) -> None:
        """Writes a finished painting."""
        write_atomically(self.painting(token), png)

    def painting(self, token: str) -> Path:
        """Where the finished painting of a job is, or would be."""
        return self.folder / "paintings" / f"{token}.png"

    def jobs(self) -> list[Job]:
        """The jobs that an earlier studio on this folder has left. Files that are none are removed."""
        found = []
        for path in sorted((self.folder / "jobs").glob("*.json")):
            try:
                job = from_record(json.loads(path.read_text(encoding="utf-8")))
            except (ValueError, TypeError, KeyError, AttributeError):
                path.unlink()
                continue
            found.append(job)
        return found

    def forget(self, job: Job) -> None:
        """Removes a job and its painting."""
        for path in (self.folder / "jobs" / f"{job.token}.json", self.painting(job.token)):
            path.unlink(missing_ok=True)

    # --- the end of it ------------------------------------------------------------------------------------------------

    def expire(self, seconds: float, needed: set[str]) -> None:
        """Removes pictures that were sent longer ago than this, but for those whose tokens are still needed."""
        for path in (self.folder / "pictures").iterdir():
            if path.stem not in needed and time.time() - path.stat().st_mtime > seconds:
                path.unlink(missing_ok=True)

    @property
    def votes(self) -> Path:
        """Where the votes are, or would be."""
        return self.folder / "votes.csv"

    def add_vote(self, row: list[Any]) -> None:
        """Adds a line to the votes."""
        import csv

        path = self.votes
        new = not path.exists()
        with path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(["time", "photo", "styles", "left", "right", "answer"])
            writer.writerow(row)

    def remove(self, but: Path | None = None) -> None:
        """Removes everything that a studio has made but for one file, and the folder if nothing else is in it."""
        for name in FOLDERS:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for path in (self.folder / name for name in FILES):
            if path != but:
                path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.folder.rmdir()
