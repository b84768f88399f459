"""Packs notebooks into the one file that is handed in."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

from course.errors import InputError

MANIFEST, MANIFEST_FORMAT = "manifest.json", 1  # `classroom.collect.manifests` reads it
LARGE = 20 * 2**20  # bytes; beyond it, a notebook goes without its outputs
DEFAULT = re.compile(r"submission(-\d+)?\.zip", re.ASCII)
OLDEST, NEWEST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)  # what a zip can say


@dataclass(frozen=True)
class NotebookFile:
    """A notebook to be handed in: its name in the zip, its bytes, and when it was saved, in seconds since 1970."""

    name: str
    data: bytes
    saved: float


def lightened(parcel: NotebookFile) -> NotebookFile:
    """Without the outputs of its cells if it is too large for most platforms, otherwise as it is, to the byte."""
    if len(parcel.data) <= LARGE:
        return parcel
    try:
        found = json.loads(parcel.data)
        for cell in found["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
    except (ValueError, KeyError, TypeError, RecursionError):
        return parcel  # whatever it is, it is no notebook whose outputs could be left out
    return replace(parcel, data=(json.dumps(found, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace"))


def pack(parcels: Sequence[NotebookFile], student: str) -> bytes:
    """The zip. Files keep the time at which they were saved: of two for one chapter, the later one counts."""
    hashes = {parcel.name: hashlib.sha256(parcel.data).hexdigest() for parcel in parcels}
    manifest = {"format": MANIFEST_FORMAT, "student": student, "files": hashes}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for parcel in parcels:
            _add(archive, parcel.name, parcel.data, time.localtime(parcel.saved)[:6])
        _add(archive, MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode(), time.localtime()[:6])
    return packed.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes, when: tuple[int, ...]) -> None:
    year, month, day, hour, minute, second = min(max(when, OLDEST), NEWEST)
    entry = zipfile.ZipInfo(name, (year, month, day, hour, minute, second))
    entry.external_attr, entry.compress_type = 0o100644 << 16, zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


def others(written: Path) -> list[str]:
    """Names of the other zips in its folder that `write_new` has written without being told a name, sorted."""
    found = (path.name for path in written.absolute().parent.iterdir() if path.name != written.name)
    return sorted(name for name in found if DEFAULT.fullmatch(name))


def write_new(packed: bytes, wanted: Path | None) -> Path:
    """Writes the zip where nothing is yet: as `wanted`, or as submission.zip, submission-2.zip, ... in this folder.

    Raises:
        InputError: if `wanted` exists, or the file cannot be written.
    """
    numbered = chain(["submission.zip"], (f"submission-{number}.zip" for number in count(2)))
    for path in [wanted] if wanted else map(Path, numbered):
        try:
            _write(path, packed)
        except FileExistsError:
            continue
        except OSError as error:
            raise InputError(f"cannot write '{path}' ({error.strerror or error}); choose another place: -o") from error
        return path
    raise InputError(f"'{wanted}' exists; choose another name, or remove it first")


def _write(path: Path, packed: bytes) -> None:
    with path.open("xb") as file:  # only if there is none, whoever else writes one at the same time
        try:
            file.write(packed)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:  # Ctrl-C as well
            file.close()
            path.unlink(missing_ok=True)
            raise
