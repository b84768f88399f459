"""``classroom release``: its options. What it does is in `classroom.cli.release_bundle`."""

from __future__ import annotations

import argparse

HELP = "for instructors: write the folder that is handed out to students, or the key to it"


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the options."""
    parser.description = (
        "Write what students get: the chapters without solutions, the package, its data. Only files that git tracks."
    )
    parser.add_argument("out", metavar="OUT", help="a folder that is new, or empty")
    parser.add_argument("--zip", action="store_true", help="also write OUT.zip")
    parser.add_argument("--chapters", nargs="+", metavar="CHAPTER", help="1, or 01_vgg (default: all)")
    parser.add_argument("--instructor", action="store_true",
        help="the key instead: solutions, hidden tests, marking schemes, mistakes (takes minutes)")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Writes the bundle, and says what is in it."""
    from classroom.cli.release_bundle import run

    return run(options)
