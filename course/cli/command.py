"""The common part of the commands `course` and `classroom`: reading options, and errors of one line.

A command is a module with ``HELP``, ``add(parser)`` for its options, and ``run(options)``, which does it and returns
the exit code: 0 done, 1 something is broken, 2 unusable input (stderr says what, and what to do), 130 stopped with
Ctrl-C, 143 by the system, 129 by a terminal that was closed (see `stoppable`). torch takes seconds to import: a
command's module leaves it to ``run``, so that --help and a mistyped option need not wait for it.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import io
import math
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any, NoReturn, Protocol, TextIO, cast

from course.errors import InputError
from course.files import shown

AUTHORS_PACKAGES = ("jinja2", "jupytext", "nbclient", "nbformat")  # what students do needs none of them
FILES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".avif", ".ipynb", ".zip")
STOPS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # as far as the system has them; Windows lacks the third


class Command(Protocol):
    """The interface of a command's module.

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

    _given: Sequence[str] = ()
    commands: Sequence[str] = ()  # of the program, if this is its parser

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does; what was given is kept for `error`."""
        self._given = sys.argv[1:] if args is None else list(args)
        return super().parse_known_args(args, namespace)

    def print_help(self, file: Any = None) -> None:
        """As argparse does, which does not say it where nothing can be printed."""
        print(self.format_help(), end="", file=file, flush=True)

    def error(self, message: str) -> NoReturn:
        """Raises InputError."""
        dashed = [one for one in self._given if one.startswith("-") and one.lower().endswith(FILES) and "=" not in one]
        hint = f"; if '{shown(dashed[0])}' is a file, write ./{shown(dashed[0])}" if dashed else ""
        command = [one for one in self._given[:1] if one in self.commands]  # it is its help that lists the options
        raise InputError(f"{message}{hint}; see {' '.join([self.prog, *command])} --help")


class Stopped(KeyboardInterrupt):
    """The system asked for an end, as Ctrl-C does.

    Attributes:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def main(program: str, description: str, commands: Mapping[str, Any], arguments: Sequence[str] | None) -> int:
    """Runs one command of a program and returns its exit code.

    Args:
        program: its name.
        description: what it is for.
        commands: name -> module, see `Command`.
        arguments: of the command line; None takes them from ``sys.argv``.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed before we began, as by `>&-`
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        if isinstance(stream := getattr(sys, name), io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file name need not exist in the terminal's alphabet
    complain = functools.partial(_complain, program)
    with warnings.catch_warnings():
        warnings.showwarning = functools.partial(_warn, program)
        try:
            return _run(program, description, commands, arguments)
        except InputError as error:
            return complain(2, str(error))
        except KeyboardInterrupt as stop:
            tell("Stopped.")
            return 128 + (stop.number if isinstance(stop, Stopped) else signal.SIGINT)
        except BrokenPipeError:  # as in `course gallery | head -3`: nobody reads on, and nobody wants to hear of it
            _give_up(sys.stdout)
            return 1
        except OSError as error:
            if error.filename is not None:
                return complain(
                    1, f"'{error.filename}' cannot be used ({error.strerror}); choose another file or folder"
                )
            _give_up(sys.stdout)  # a file would have a name: this is what is printed
            return complain(1, f"what this command prints cannot be written ({error.strerror or error}); make room")
        except ArithmeticError as error:
            return complain(1, str(error))
        except (MemoryError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and not re.search("out of memory|allocate memory", str(error)):
                raise
            return complain(1, "there is not enough memory; choose a smaller --size, or close other programs")
        except ModuleNotFoundError as error:
            extra = "[classroom]" if error.name in AUTHORS_PACKAGES else ""
            return complain(1, f"the package {error.name} is missing; in the project's folder: pip install -e .{extra}")


def parser(program: str, description: str, commands: Mapping[str, Any]) -> Parser:
    """The parser of a program's command line, arguments as in `main`."""
    made = Parser(prog=program, description=description)
    made.commands = tuple(commands)
    made.add_argument("--version", action=_Version)
    subparsers = made.add_subparsers(dest="command", metavar="COMMAND")
    for name, module in commands.items():
        command = cast(Command, module)
        command.add(subparsers.add_parser(name, help=command.HELP))
    return made


def _run(program: str, description: str, commands: Mapping[str, Any], arguments: Sequence[str] | None) -> int:
    reader = parser(program, description, commands)
    options = reader.parse_args(arguments)
    code = 0
    if options.command is None:
        reader.print_help()
    else:
        _check_working_folder()
        code = commands[options.command].run(options)
    sys.stdout.flush()
    return code


class _Version(argparse.Action):
    """``--version``: what is installed, looked up only when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help="say which version this is")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib import metadata

        try:
            print(f"{parser.prog} {metadata.version('course')}", flush=True)
        except metadata.PackageNotFoundError as error:
            raise InputError("the course is not installed; in the project's folder: pip install -e .") from error
        parser.exit()


def _complain(program: str, code: int, message: str) -> int:
    tell(f"{program}: error: {shown(' '.join(message.splitlines()))}")
    return code


def _check_working_folder() -> None:
    """Refuses to run without one: no relative name would mean anything, and importing torch would end the process."""
    try:
        os.getcwd()
    except OSError as error:
        raise InputError("the folder that you are in is gone; go to another with cd, and try again") from error


# --- streams and signals ----------------------------------------------------------------------------------------------


def say(text: str) -> None:
    """Prints a line that must not cost what it tells of: where it cannot be written, it and the next go to stderr."""
    try:
        print(text, flush=True)
    except OSError:
        _give_up(sys.stdout)
        sys.stdout = sys.stderr
        tell(text)


def tell(text: str) -> None:
    """Prints a line to stderr, if it can be written there."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:  # nobody is there to be told
        _give_up(sys.stderr)


def _give_up(stream: TextIO) -> None:
    """Drops all output to a stream from now on: what it still holds would fail again when Python ends."""
    with contextlib.suppress(io.UnsupportedOperation):  # a stream of Python alone is flushed into nothing
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextlib.contextmanager
def stoppable() -> Iterator[Callable[[], None]]:
    """Inside, Ctrl-C, the system's request to end (SIGTERM), and a terminal that is closed (SIGHUP) raise `Stopped`.

    What was ignored before stays so, as SIGHUP under nohup. Threads other than the first one have no signals.

    Yields:
        What is to be called now and then: it raises `Stopped` if that was asked for and came to nothing, since Python
        drops what is raised in the last moments of an object.
    """
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        raise Stopped(number)

    def look() -> None:
        if asked:
            raise Stopped(asked[0])

    with _signals(dict.fromkeys(_stops(), stop)):
        yield look


@contextlib.contextmanager
def undisturbed() -> Iterator[list[int]]:
    """Inside, nothing stops us: a second, impatient Ctrl-C must not cost the picture that the first one asked for.

    Yields:
        The signals that came meanwhile, for what has more to do afterwards than it had inside.
    """
    asked: list[int] = []
    with _signals(dict.fromkeys(_stops(), lambda number, frame: asked.append(number))):
        yield asked


def _stops() -> list[int]:
    return [getattr(signal, name) for name in STOPS if hasattr(signal, name)]


@contextlib.contextmanager
def _signals(handlers: Mapping[int, Any]) -> Iterator[None]:
    before = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number, handler in handlers.items():
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    before[number] = signal.signal(number, handler)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def warn(message: object, program: str = "course") -> None:
    """Says in one line what differs from what was asked for."""
    tell(f"{program}: warning: {shown(' '.join(str(message).splitlines()))}")


def _warn(program: str, message: Warning | str, *_: object, **__: object) -> None:
    """Replaces Python's display of a warning: leaves out the line of our code that gave it."""
    warn(message, program)


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


def numbers(text: str) -> list[float]:
    """The type of an option that is a list of numbers of at least 0 with commas between them."""
    return [weight(number) for number in text.split(",")]
