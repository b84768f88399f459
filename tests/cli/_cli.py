"""Shared by the tests of the command line: running it in this process or as the installed command."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from course.cli import main
from course.nets.weights import vgg19

# A network takes a second to read and is not changed by painting: one for each choice is enough.
cached_vgg19 = cache(vgg19)


def environment():
    """Of a command that a test starts, as it is at this moment: see `tests/conftest.py` about coverage."""
    return {**os.environ, "OMP_NUM_THREADS": "1"}


class Done(NamedTuple):
    """The results of a command."""

    code: int
    out: str
    err: str


def run(capsys, *arguments):
    """One command in this process."""
    capsys.readouterr()
    code = main([str(argument) for argument in arguments])
    return Done(code, *capsys.readouterr())


def installed():
    """The command `course`, as a terminal would find it in this environment."""
    path = shutil.which("course", path=Path(sys.executable).parent) or shutil.which("course")
    assert path, "not installed: pip install -e ."
    return path


def command(*arguments, **more):
    """The installed command, in a process of its own."""
    done = subprocess.run(
        [installed(), *(str(argument) for argument in arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment() | more,
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def python(code):
    """A few lines in a Python of their own."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), timeout=120, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


def picture(path):
    """The picture in a file, all of it read."""
    with Image.open(path) as opened:
        opened.load()
        return opened


def refusal(done):
    """The one line that says why the input is no good."""
    assert done.code == 2, done
    (line,) = done.err.splitlines()
    assert line.startswith("course: error: ")
    return line
