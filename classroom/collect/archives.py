"""Lists folders and zips that others have filled, and reads them into memory, without trusting them.

No link is followed, nothing is unpacked to disk, and what is read is counted as it comes, whatever a header promises.
Whatever cannot be read carries a sentence instead of stopping the whole.
"""

from __future__ import annotations

import io
import os
import re
import stat
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO

MB = 1 << 20
FILE_BYTES = 64 * MB
ZIP_BYTES = 256 * MB  # of a zip itself, and of all that is read from it
MEMBERS = 1000  # of a student's zip
DIRECTORY_BYTES = 16 * MB  # of any zip's table of contents, which Python reads as a whole: more than 100 000 files
CHUNK = 1 << 18
LATEST = 1e11  # seconds; a file may claim to be from a year that no calendar has
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others grow too fast between two looks at the size
OUTSIDE = "has a path that leads out of its zip"
# Left alone, as is whatever begins with a dot, such as .ipynb_checkpoints.
LEFT_ALONE = ("__MACOSX", "Thumbs.db", "desktop.ini", "__pycache__", "node_modules", "site-packages")
SILENT = (".ipynb_checkpoints", "__MACOSX", "__pycache__", "site-packages", ".git", ".venv")  # nobody's work is there
WORK = (".ipynb", ".zip")  # what is told of in the other folders that are left alone
HIDDEN_WORK = re.compile(r"\.(?!_).*(?:ipynb|zip|icloud)", re.DOTALL | re.IGNORECASE)  # but for a file named like this

When = tuple[int, ...]


class ProblemError(Exception):
    """Something cannot be read; its text follows the name of the file, as in "is a symbolic link"."""


@dataclass(frozen=True)
class Entry:
    """A file or a folder that was found, not read yet.

    Attributes:
        parts: its path, from the folder or zip in which it was found.
        when: it was last changed: year, month, day, hour, minute, second, on the clock of who packed it.
        problem: why it cannot be read, or "".
        opened: opens it.
        folder: whether it is one.
        packed: whether it is in a zip.
        hidden: whether it lies in a folder that is left alone, and may be work: it is told of, and not read.
    """

    parts: tuple[str, ...]
    when: When = ()
    problem: str = ""
    opened: Callable[[], AbstractContextManager[IO[bytes]]] | None = None
    folder: bool = False
    packed: bool = False
    hidden: bool = False

    @property
    def suffix(self) -> str:
        """The suffix of its name, in lower case: ".ipynb", also where that is the whole name."""
        return os.path.splitext(f"_{self.parts[-1]}")[1].lower()


class Budget:
    """How many files and bytes may still be read."""

    def __init__(self, files: int = MEMBERS, size: int = ZIP_BYTES) -> None:
        self.files, self.size = files, size

    def read(self, entry: Entry) -> bytes:
        """A whole file.

        Raises:
            ProblemError: if it cannot be read, or is too much.
        """
        if not self.files:
            raise ProblemError(f"comes after {MEMBERS} others, which are all that is read")
        self.files -= 1
        data = whole(entry, min(FILE_BYTES, self.size), "" if self.size >= FILE_BYTES else "all files together: ")
        self.size -= len(data)
        return data


def whole(entry: Entry, most: int, what: str = "") -> bytes:
    """All bytes of a file.

    Raises:
        ProblemError: if it cannot be read, or has more than `most` bytes.
    """
    if entry.problem or entry.opened is None:
        raise ProblemError(entry.problem or "is a folder")
    found = bytearray()
    with _problems(), entry.opened() as stream:
        while chunk := stream.read(CHUNK):
            found += chunk
            if len(found) > most:
                total = ZIP_BYTES if what else most
                raise ProblemError(f"is too large ({what}more than {total // MB} MB)")
    return bytes(found)


def head(entry: Entry, most: int) -> bytes:
    """The first bytes of a file, at most so many.

    Raises:
        ProblemError: if it cannot be read.
    """
    if entry.problem or entry.opened is None:
        raise ProblemError(entry.problem or "is a folder")
    with _problems(), entry.opened() as stream:
        return stream.read(most)


@contextmanager
def _problems() -> Iterator[None]:
    """Whatever goes wrong inside becomes a problem of the file."""
    try:
        yield
    except ProblemError:
        raise
    except OSError as error:
        raise ProblemError(f"cannot be read ({error.strerror or type(error).__name__})") from None
    except MemoryError:
        raise ProblemError("needs more memory than there is") from None
    except Exception:  # zipfile and zlib raise a dozen kinds over damaged bytes
        raise ProblemError("is damaged, or not what its name says") from None


# --- folders ----------------------------------------------------------------------------------------------------------


def in_folder(folder: Path) -> Iterator[Entry]:
    """Everything below a folder, at any depth; links and devices with their problem, and not followed."""
    waiting: list[tuple[str, tuple[str, ...], bool]] = [(os.fspath(folder), (), False)]
    while waiting:
        place, parts, hidden = waiting.pop()
        try:
            with os.scandir(place) as scan:
                found = sorted(scan, key=lambda one: one.name)
        except OSError as error:
            if not hidden:
                yield Entry(parts, problem=f"cannot be opened ({error.strerror})", folder=True)
            continue
        for one in found:
            entry = _entry(one, (*parts, one.name))
            seen = counts(one.name, entry.folder)
            if seen and (not hidden or _may_be_work(entry)):
                yield replace(entry, hidden=hidden)
            if entry.folder and (seen or one.name not in SILENT):
                waiting.append((one.path, entry.parts, hidden or not seen))


def _may_be_work(entry: Entry) -> bool:
    return not entry.folder and entry.suffix in WORK and not set(SILENT) & set(entry.parts)


def counts(name: str, folder: bool) -> bool:
    """Whether a file or folder of this name is looked at, and not left alone."""
    if name.startswith("."):
        return not folder and HIDDEN_WORK.fullmatch(name) is not None
    return name not in LEFT_ALONE


def _entry(found: os.DirEntry[str], parts: tuple[str, ...]) -> Entry:
    try:
        state = found.stat(follow_symlinks=False)
    except OSError as error:
        return Entry(parts, problem=f"cannot be opened ({error.strerror})")
    when = time.localtime(min(max(state.st_mtime, 0), LATEST))[:6]
    if stat.S_ISLNK(state.st_mode):
        return Entry(parts, when, "is a symbolic link")
    if stat.S_ISDIR(state.st_mode):
        return Entry(parts, when, folder=True)
    if not stat.S_ISREG(state.st_mode):
        return Entry(parts, when, "is no ordinary file")
    return Entry(parts, when, opened=partial(_open, found.path))


@contextmanager
def _open(path: str) -> Iterator[IO[bytes]]:
    """Once more no link and no device, should the folder have changed in between."""
    flags = [getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY")]
    with open(os.open(path, os.O_RDONLY | flags[0] | flags[1] | flags[2]), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise ProblemError("is no ordinary file")
        yield stream


def file_entry(path: Path) -> Entry:
    """A file that the instructor named, and may name by a link."""
    return Entry((path.name,), opened=partial(_open, os.path.realpath(path)))


# --- zips -------------------------------------------------------------------------------------------------------------


@contextmanager
def in_zip(entry: Entry, most: float = MEMBERS) -> Iterator[list[Entry]]:
    """The members of a zip, to be read as long as it is open; unsafe ones with their problem.

    Raises:
        ProblemError: if it is no zip, or has more than `most` notebooks. Of other files any number may lie about: some
            hand in the whole folder, with all that Python has installed there.
    """
    if entry.problem or entry.opened is None:
        raise ProblemError(entry.problem or "is a folder")
    with ExitStack() as held:
        with _problems():
            stream = held.enter_context(io.BytesIO(whole(entry, ZIP_BYTES)) if entry.packed else entry.opened())
            if stream.seek(0, io.SEEK_END) > ZIP_BYTES and most <= MEMBERS:
                raise ProblemError(f"is too large (more than {ZIP_BYTES // MB} MB)")
            if _directory_bytes(stream) > DIRECTORY_BYTES:
                raise ProblemError("holds too many files")
            archive = held.enter_context(zipfile.ZipFile(stream))
            members = [member for info in archive.infolist() if (member := _member(archive, info)) is not None]
            if sum(member.suffix == ".ipynb" and not member.hidden for member in members) > most:
                raise ProblemError(f"holds more than {MEMBERS} notebooks")
        yield members


def _directory_bytes(stream: IO[bytes]) -> int:
    """Size of a zip's table of contents as `zipfile` will believe it, before it does."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(size - (1 << 16) - 22, 0))
    tail = bytes(76) + stream.read()
    end = len(tail) - 22 if tail[-22:-18] == b"PK\5\6" and tail[-2:] == b"\0\0" else tail.rfind(b"PK\5\6")
    if end < 76 or len(tail) < end + 22:
        return 0  # no zip: zipfile will say so
    if tail[end - 20 : end - 16] == b"PK\6\7":  # the sizes of large zips are in a record before it
        return int(struct.unpack_from("<Q", tail, end - 36)[0])
    return int(struct.unpack_from("<L", tail, end + 12)[0])


def _path(name: str) -> str:
    """A member's name as the format wants it: some programs of Windows part folders by backslashes."""
    return name.replace("\\", "/")


def _parts(info: zipfile.ZipInfo) -> tuple[str, ...]:
    return tuple(part for part in _path(info.filename).split("/") if part not in ("", "."))


def _is_folder(info: zipfile.ZipInfo) -> bool:
    return _path(info.filename).endswith("/")


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry | None:
    """A member as an entry, None if it is left alone."""
    problem, parts = _refusal(info), _parts(info)
    folder = _is_folder(info) and not problem
    if not parts:
        return None
    entry = Entry(
        (info.filename,) if problem == OUTSIDE else parts,
        info.date_time,
        problem,
        opened=None if folder or problem else partial(archive.open, info),
        folder=folder,
        packed=True,
        hidden=problem != OUTSIDE and not all(counts(name, True) for name in parts[:-1]),
    )
    seen = problem == OUTSIDE or counts(parts[-1], _is_folder(info))
    return entry if seen and (not entry.hidden or _may_be_work(entry)) else None


def _refusal(info: zipfile.ZipInfo) -> str:
    """Why a member is not read, or ""."""
    name = _path(info.orig_filename)
    if name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in name.split("/"):
        return OUTSIDE
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a symbolic link"
    if info.flag_bits & 0x41:
        return "is encrypted; hand it in without a password"
    if info.compress_type not in METHODS:
        return "is packed in an unusual way; hand it in as it is, or in an ordinary zip"
    return ""
