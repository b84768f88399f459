"""``course gallery``: the pictures that come with the course, with maker and licence."""

from __future__ import annotations

import argparse

HELP = "list the photos, textures and styles that come with the course"


def add(parser: argparse.ArgumentParser) -> None:
    """Adds nothing: the command has no options."""


def run(options: argparse.Namespace) -> int:
    """Prints one line for each picture."""
    from course.gallery import pictures

    kind = None
    for picture in pictures():
        if picture.kind != kind:
            kind = picture.kind
            print(f"{kind}s")
        print(f"  {picture.name:14} {picture.title} ({picture.maker}, {picture.licence})")
    return 0
