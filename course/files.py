"""Where the course's data lies; and files that are written whole or not at all, whatever comes in between."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from pathlib import Path

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


def write_atomically(path: Path, content: bytes) -> None:
    """Under another name first, then renamed: whoever opens it finds the old file or the new one, never half of one.

    Raises:
        InputError: if it cannot be written.
    """
    unfinished = path.with_name(f".{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with unfinished.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot write '{path}' ({error}); close it elsewhere, or choose another folder") from error
