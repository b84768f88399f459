"""``classroom release``: its options. What it does is in `classroom.cli.release_bundle`."""

from __future__ import annotations

import argparse

HELP = "for instructors: write the folder that is handed out to students"


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the options."""
    parser.add_argument("out", metavar="OUT", help="a folder that is new, or empty")
    parser.add_argument("--zip", action="store_true", help="also write OUT.zip")
    parser.add_argument("--instructor", action="store_true",
        help="the instructor's instead: solutions, hidden tests, marking schemes, known misunderstandings")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Writes the bundle, and says what is in it."""
    from classroom.cli.release_bundle import run

    return run(options)
