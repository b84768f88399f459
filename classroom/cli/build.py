"""``classroom build``: writes the notebooks of the chapters from their sources, or says whether they are up to date."""

from __future__ import annotations

import argparse
import time

from course.cli.command import say, tell
from course.errors import InputError

HELP = "for authors: write the notebooks of the chapters from solutions/*.py"


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the options."""
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help="1, or 01_vgg (default: all)")
    parser.add_argument("--check", action="store_true", help="write nothing, say what is not up to date")


def run(options: argparse.Namespace) -> int:
    """Builds the named chapters, or all; with ``--check`` only compares. Exit code 1 if something differs."""
    try:
        return _run(options)
    except InputError as error:  # here and not in `main`, which would make one line of a list of faults or a traceback
        tell(f"classroom: error: {error}")
        return 2


def _run(options: argparse.Namespace) -> int:
    from classroom.chapters.build import build, differences
    from classroom.chapters.source import read, sources

    chapters = [read(path) for path in sources(options.chapters)]
    if options.check:
        found = [difference for chapter in chapters for difference in differences(chapter)]
        for difference in found:
            tell(f"classroom: {difference}")
        if not found:
            say(f"{len(chapters)} chapters are what their sources say.")
        return 1 if found else 0
    for chapter in chapters:
        begun = time.monotonic()
        say(f"{chapter.name}: every cell is run ...")
        build(chapter)
        say(f"{chapter.name}: written, after {time.monotonic() - begun:.0f} s")
    return 0
