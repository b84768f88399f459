"""Where the course's data lies; and files that are written whole or not at all, whatever comes in between."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from course.errors import InputError

_PACKAGE = Path(__file__).resolve().parent
DATA = _PACKAGE / "data"  # in an installed package; in a clone it lies beside the package
if not DATA.is_dir():
    DATA = _PACKAGE.parent / "data"

UNFINISHED = re.compile(r"\.[0-9a-f]{16}")


def remove_unfinished(folder: Path) -> None:
    """Removes what a run left in a folder that was killed while it wrote. No other run may be writing there."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if UNFINISHED.fullmatch(path.name):
            with contextlib.suppress(OSError):
                path.unlink()


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file under another name, renamed at the end of the block: a reader finds the old file or the new one.

    Whatever interrupts the block leaves the old file as it was, and nothing beside it.

    Raises:
        OSError: if it cannot be written.
    """
    unfinished = path.with_name(f".{secrets.token_hex(8)}")
    try:
        with unfinished.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_atomically(path: Path, content: bytes) -> None:
    """The same for bytes that are there already; makes the folder if it is missing.

    Raises:
        InputError: if it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            file.write(content)
    except OSError as error:
        raise InputError(f"cannot write '{path}' ({error}); close it elsewhere, or choose another folder") from error
