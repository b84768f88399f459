"""The command ``course``: paints, trains painters, lists pictures, checks the set-up, packs chapters, opens the studio.

::

    course paint cat swirls -o out.png
    course paint holiday.jpg woodcut -o out.png --size 512 --beta 30
    course train woodcut -o woodcut.pt
    course gallery
    course doctor
    course submit
    course studio --class

What the commands have in common is in `course.cli.command`.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence

from course.cli import command, doctor, gallery, paint, studio, submit, train

COMMANDS = {
    "paint": paint, "train": train, "gallery": gallery, "doctor": doctor, "submit": submit, "studio": studio,
}  # fmt: skip
OF_CLASSROOM = ("build", "grade", "release")  # instructors' and authors' commands, which were here once


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code, see `course.cli.command`."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if arguments and arguments[0] in OF_CLASSROOM and importlib.util.find_spec("classroom"):  # students do not have it
        code: int = importlib.import_module("classroom.cli").main(arguments)
        return code
    description = "A course on neural style transfer: paint, check and hand in, from a terminal."
    return command.main("course", description, COMMANDS, arguments)
