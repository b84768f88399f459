"""How the files of a student lie in the folder that an instructor gets: as platforms write them, and as people do.

Each takes the folder, the student's name, the files and a `random.Random`, and returns the id that the student has in
the reports.
"""

import io
import os
import zipfile
from pathlib import Path
from typing import NamedTuple

WHEN = 1_780_000_000  # seconds; of every file, so that a class is the same whenever it is written


class File(NamedTuple):
    """A notebook that was handed in, and the empty one as which it may have been handed in before."""

    chapter: str
    data: bytes
    empty: bytes


def moodle(folder, student, files, draw):
    number = str(draw.randint(10_000, 10**6)) + student[1:]
    place = folder / f"Student {student}_{number}_assignsubmission_file"
    for file in files:
        _put(place / f"{file.chapter}.ipynb", file.data)
    return number


def canvas(folder, student, files, draw):
    """Files uploaded twice are counted: the one with the higher number is the newer."""
    number, late = str(draw.randint(10_000, 10**6)) + student[1:], draw.choice(("", "LATE_"))
    for attempt, file in enumerate(files, 500):
        start = f"{student}_{late}{number}_{attempt}_{file.chapter}"
        newest = draw.choice((0, 0, 1, 2))
        for upload in range(newest + 1):
            end = f"-{upload}" if upload else ""
            _put(folder / f"{start}{end}.ipynb", file.data if upload == newest else file.empty)
    return number


def zipped(folder, student, files, draw):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(zipfile.ZipInfo(f"course/{file.chapter}.ipynb", (2026, 5, 1, 12, 0, 0)), file.data)
    _put(folder / f"{student}.zip", held.getvalue())
    return student


def plain_folder(folder, student, files, draw):
    """Also with an older copy, which does not count."""
    for file in files:
        _put(folder / student / f"{file.chapter}.ipynb", file.data)
        if draw.random() < 0.3:
            _put(folder / student / "old" / f"{file.chapter}-Copy1.ipynb", file.empty, WHEN - 86_400)
    return student


def single_files(folder, student, files, draw):
    for file in files:
        _put(folder / f"{student}_{file.chapter}.ipynb", file.data)
    return student


def nbgrader(folder, student, files, draw):
    for file in files:
        _put(folder / "submitted" / student / file.chapter / f"{file.chapter}.ipynb", file.data)
    return student


PLATFORMS = (moodle, canvas, nbgrader)
BY_HAND = (zipped, plain_folder, single_files)


def layouts(draw):
    """Endless layouts of a class: most of it comes from one platform, as far as it is in use, the rest by hand."""
    platform = draw.choice((*PLATFORMS, None))
    while True:
        yield draw.choice(BY_HAND) if platform is None or draw.random() < 0.2 else platform


def _put(path: Path, data, when=WHEN):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (when, when))
