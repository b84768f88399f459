"""The command ``classroom``: builds the chapters, hands them out, grades what comes back.

::

    classroom release handout --zip
    classroom grade inbox.zip --out report
    classroom build 04

Each is also a command of ``course``, its former place. What the commands have in common is in `course.cli.command`.
"""

from __future__ import annotations

from collections.abc import Sequence

from classroom.cli import build, grade, release
from course.cli import command

COMMANDS = {"grade": grade, "build": build, "release": release}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code, see `course.cli.command`."""
    return command.main("classroom", "For instructors and authors of the course.", COMMANDS, arguments)
