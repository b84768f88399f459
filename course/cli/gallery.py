"""``course gallery``: the pictures that come with the course, with maker and licence."""

from __future__ import annotations

import argparse

from course.gallery import pictures


def run(options: argparse.Namespace) -> int:
    """Prints one line for each picture."""
    kind = None
    for picture in pictures():
        if picture.kind != kind:
            kind = picture.kind
            print(f"{kind}s")
        print(f"  {picture.name:14} {picture.title} ({picture.maker}, {picture.licence})")
    return 0
