"""The command ``classroom release``: writes the folder for students, or the one that instructors keep."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from tqdm import tqdm

from classroom.chapters import source
from classroom.chapters.build import differences
from classroom.chapters.source import Chapter, read, sources
from classroom.handout.bundle import left_out, refuse_used, student_files, write, write_zip
from course.cli.command import say, warn
from course.errors import InputError


def run(options: argparse.Namespace) -> int:
    """Writes the bundle, and says what is in it."""
    root, folder = source.ROOT, Path(options.out)
    if folder.name in ("", ".."):  # as in `course release .`
        folder = folder.resolve()
    archive = folder.with_name(f"{folder.name}.zip") if options.zip else None
    refuse_used(folder)
    if archive and archive.exists():
        raise InputError(f"'{archive}' exists; name another folder, or remove it first")
    chapters = [read(path) for path in sources(options.chapters)]
    _refuse_outdated(chapters, options.instructor)
    if options.instructor:
        from classroom.handout.key import instructor_files  # which runs all checks, on torch

        say("Asking every check about every wrong answer that we know; it takes some minutes ...")
        files = instructor_files(root, chapters, partial(tqdm, unit=" exercises", disable=None))
    else:
        files = student_files(root, chapters=[chapter.name for chapter in chapters])
    write(files, folder)
    if archive:
        write_zip(files, archive)
    for path in left_out(root):
        warn(f"{path} is left out, for git does not track it", "classroom")
    size = sum(map(len, files.values())) / 1e6
    say(f"{len(files)} files, {size:.0f} MB, are in {folder}{f' and in {archive}' if archive else ''}.")
    if options.instructor:
        say("It holds every solution: keep it to yourself.")
    return 0


def _refuse_outdated(chapters: list[Chapter], solutions: bool) -> None:
    """Checks that the notebooks agree with their sources; the executed solutions as well, if they are handed out."""
    found = [fault for chapter in chapters for fault in differences(chapter)]
    if faults := [fault for fault in found if solutions or fault.startswith("notebooks/")]:
        more = f" (and {len(faults) - 1} more: classroom build --check)" if len(faults) > 1 else ""
        raise InputError(f"nothing was written: {faults[0]}{more}")
