"""Names of files, whatever is in them; where the course's data lies; and files that are written whole or not at all.

A system allows more in a name than a sentence does: line breaks, bytes that are no text, a leading ~. `given_path`
takes a name as it was given, `status` looks at what has it, and `shown` is how a message writes it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
import unicodedata
from collections.abc import Collection, Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO

from course.errors import InputError

_PACKAGE = Path(__file__).resolve().parent
DATA = _PACKAGE / "data"  # in an installed package; in a clone it is beside the package
if not DATA.is_dir():
    DATA = _PACKAGE.parent / "data"

StrPath = str | os.PathLike[str]

APPLE_DOUBLE = "._"  # begins the name of what macOS puts beside a file on a disk that is not its own

UNFINISHED = re.compile(r"\.[0-9a-f]{16}")


def shown(path: StrPath) -> str:
    """A name in one line of a message: what cannot be printed is written as Python writes it in a string."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in os.fspath(path))


def given_path(name: object) -> Path:
    """The path that somebody means by a name. ``~`` is the home folder, unless there is something called so.

    Raises:
        InputError: for what is no name, an empty name, and one with a character that no system allows.
    """
    if not isinstance(name, (str, os.PathLike)):
        cure = "; os.fsdecode makes a string of it" if isinstance(name, bytes) else ""
        raise InputError(f"the name of a file must be a string or a path, not {type(name).__name__}{cure}")
    text = os.fspath(name)
    if not text:
        raise InputError("the name of the file is empty; write one")
    try:
        if b"\0" in os.fsencode(text):
            raise InputError(f"'{shown(text)}' cannot be the name of a file; leave its character \\x00 out")
    except UnicodeEncodeError as error:  # half of a letter of UTF-16, which no system's names have
        raise InputError(f"'{shown(text)}' cannot be the name of a file; type it again") from error
    path = Path(text)
    if text.startswith("~") and status(path) is None:
        with contextlib.suppress(RuntimeError):  # nobody is called so: it is a letter like any other
            return path.expanduser()
    return path


def status(path: Path) -> os.stat_result | None:
    """The system's status of the file or folder with this name, None if there is none.

    Path.exists() and its like raise OSError where they may not look, and are not always asked by us.

    Raises:
        InputError: where it cannot be looked at.
    """
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise InputError(
            f"'{shown(path)}' lies in a folder that may not be entered; copy the file, or choose another folder"
        ) from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            start = shown(path)[:40]
            raise InputError(f"the name '{start}...' is too long for this system; choose a shorter one") from error
        reason = error.strerror or error
        raise InputError(f"'{shown(path)}' cannot be looked at ({reason}); choose another file") from error


def exists(path: Path) -> bool:
    """Whether anything has this name: a file, a folder, also a link to nothing.

    Raises:
        InputError: where it cannot be looked at, see `status`.
    """
    return status(path) is not None or path.is_symlink()


def is_file(path: Path) -> bool:
    """Whether this is a file that can be read to its end: no folder, no pipe, no device, no link to nothing.

    Raises:
        InputError: where it cannot be looked at, see `status`.
    """
    found = status(path)
    return found is not None and stat.S_ISREG(found.st_mode)


def is_same(one: Path, other: Path) -> bool:
    """Whether two names are of one file or folder: by a link, or in other letters where the system reads them alike.

    Raises:
        InputError: where one of them cannot be looked at, see `status`.
    """
    here, there = status(one), status(other)
    if here is None or there is None:
        return here is there and one.resolve() == other.resolve()
    return os.path.samestat(here, there)


def reads_alike(one: Path, other: Path) -> bool:
    """Whether two names that nothing has yet may be of one file: macOS and Windows do not tell a from A."""
    return plain_name(one) == plain_name(other) and is_same(one.resolve().parent, other.resolve().parent)


def plain_name(path: Path) -> str:
    """A file's name without what some systems do not tell apart: see `reads_alike`."""
    return unicodedata.normalize("NFC", path.name).casefold()


def files_in(folder: Path, suffixes: Collection[str]) -> tuple[list[Path], list[Path]]:
    """The files in a folder whose names end so, and its other files, in the order of their names; no hidden ones.

    Raises:
        InputError: for a folder that may not be looked into, and if something is called so that is no file: a pipe
            that nobody writes to would be waited for without end.
    """
    try:
        names = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise InputError(
            f"'{shown(folder)}' cannot be looked into ({error.strerror or error}); choose another folder"
        ) from error
    found = [path for path in names if path.suffix.lower() in suffixes]
    for path in found:
        if not is_file(path):
            raise InputError(f"'{shown(path)}' is no file that could be read; move it to another folder")
    return found, [path for path in names if path not in found and not path.is_dir()]


def free_name(path: Path, end: str = "", taken: Collection[Path] = ()) -> Path:
    """A name that nothing has yet: STEM END, or with -2, -3, ... after it, and the suffix of `path`.

    Args:
        path: whose folder, stem and suffix are taken. A stem that makes the name too long loses its last letters.
        end: of the stem.
        taken: names that are not free either, though nothing may have them yet.

    Raises:
        InputError: where it cannot be looked, see `status`.
    """
    for number in count(1):
        other = path.with_name(_fitting(path.stem, f"{end}{f'-{number}' * (number > 1)}{path.suffix}"))
        if not any(_may_be(other, one) for one in taken) and not exists(other):
            return other
    raise AssertionError


def _may_be(one: Path, other: Path) -> bool:
    """See `reads_alike`; also where it cannot be found out, as in a folder that may no longer be entered."""
    try:
        return reads_alike(one, other)
    except (InputError, OSError, RuntimeError):  # the last: links that lead round in a circle, before Python 3.13
        return True


def _fitting(stem: str, end: str, most: int = 255) -> str:
    """A stem and an end, the stem without its last letters where both are more than `most` bytes."""
    room = most - len(os.fsencode(end))
    while len(os.fsencode(stem)) > room:
        stem = stem[:-1]
    return stem + end


def remove_unfinished(folder: Path) -> None:
    """Removes what a run left in a folder that was killed while it wrote. No other run may be writing there."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if UNFINISHED.fullmatch(path.name):
            with contextlib.suppress(OSError):
                path.unlink()


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file under another name, renamed at the end of the block: a reader finds the old file or the new one.

    Whatever interrupts the block leaves the old file unchanged, and nothing beside it.

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
        raise InputError(
            f"cannot write '{shown(path)}' ({error}); close it elsewhere, or choose another folder"
        ) from error
