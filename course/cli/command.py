"""What the commands `course` and `classroom` have in common: reading options, and errors of one line.

A command is a module with ``HELP``, ``add(parser)`` for its options, and ``run(options)``, which does it and returns
the exit code: 0 done, 1 something is broken, 2 unusable input (stderr says what, and what to do), 130 stopped with
Ctrl-C. torch takes seconds to import: a command's module leaves it to ``run``, so that --help and a mistyped
option need not wait for it.
"""

from __future__ import annotations

import argparse
import io
import math
import os
import re
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, Protocol, TextIO, cast

from course.errors import InputError

AUTHORS_PACKAGES = ("jinja2", "jupytext", "nbclient", "nbformat")  # what students do needs none of them


class Command(Protocol):
    """What a command's module has.

    Attributes:
        HELP: one line, for the list of all commands.
    """

    HELP: str

    def add(self, parser: argparse.ArgumentParser) -> None:
        """Adds its options."""

    def run(self, options: argparse.Namespace) -> int:
        """Does it, and returns the exit code."""


class Parser(argparse.ArgumentParser):
    """Errors in one line, like those of the pictures and names, instead of a screen of usage."""

    def error(self, message: str) -> NoReturn:
        """Raises InputError."""
        raise InputError(f"{message}; see {self.prog} --help")


def main(program: str, description: str, commands: Mapping[str, Any], arguments: Sequence[str] | None) -> int:
    """Runs one command of a program and returns its exit code.

    Args:
        program: its name.
        description: what it is for.
        commands: name -> module, see `Command`.
        arguments: of the command line; None takes them from ``sys.argv``.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file name need not exist in the terminal's alphabet
    with warnings.catch_warnings():
        warnings.showwarning = _warn
        try:
            return _run(program, description, commands, arguments)
        except InputError as error:
            return _complain(2, str(error))
        except KeyboardInterrupt:
            print("Stopped.", file=sys.stderr)
            return 130
        except BrokenPipeError:  # as in `course gallery | head -3`: nobody reads on, and nobody wants to hear of it
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        except ArithmeticError as error:
            return _complain(1, str(error))
        except (MemoryError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and not re.search("out of memory|allocate memory", str(error)):
                raise
            return _complain(1, "there is not enough memory; choose a smaller --size, or close other programs")
        except ModuleNotFoundError as error:
            extra = "[classroom]" if error.name in AUTHORS_PACKAGES else ""
            return _complain(
                1, f"the package {error.name} is missing; in the project's folder: pip install -e .{extra}"
            )


def parser(program: str, description: str, commands: Mapping[str, Any]) -> Parser:
    """The parser of a program's command line, arguments as in `main`."""
    made = Parser(prog=program, description=description)
    subparsers = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in commands.items():
        command = cast(Command, module)
        command.add(subparsers.add_parser(name, help=command.HELP))
    return made


def _run(program: str, description: str, commands: Mapping[str, Any], arguments: Sequence[str] | None) -> int:
    options = parser(program, description, commands).parse_args(arguments)
    code: int = commands[options.command].run(options)
    sys.stdout.flush()
    return code


def _complain(code: int, message: str) -> int:
    print(f"course: error: {' '.join(message.splitlines())}", file=sys.stderr)
    return code


def _warn(
    message: Warning | str,
    category: object,
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: object = None,
) -> None:
    """In one line, and without the line of our code that said it."""
    print(f"course: warning: {' '.join(str(message).splitlines())}", file=file or sys.stderr)


# --- types of options -------------------------------------------------------------------------------------------------


def whole(least: int, most: float = math.inf) -> Callable[[str], int]:
    """The type of an option that is a whole number in these bounds, both possible."""
    bounds = f"of at least {least}" if most == math.inf else f"from {least} to {most}"

    def convert(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"must be a whole number {bounds}, not {text!r}")
        return number

    return convert


def weight(text: str) -> float:
    """The type of an option that is a number of at least 0."""
    number = _number(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number of at least 0, not {text!r}")
    return number


def positive(text: str) -> float:
    """The type of an option that is a number above 0."""
    number = _number(text)
    if not 0 < number <= 1e6:
        raise argparse.ArgumentTypeError(f"must be a number above 0, at most 1000000, not {text!r}")
    return number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def names(text: str) -> list[str]:
    """The type of an option that is a list of names with commas between them."""
    return [name.strip() for name in text.split(",") if name.strip()]
