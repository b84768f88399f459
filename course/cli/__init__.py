"""The command ``course``: paints from a terminal, lists the pictures, says whether all is in place, packs notebooks.

::

    course paint cat swirls -o out.png
    course paint holiday.jpg woodcut -o out.png --size 512 --beta 30
    course gallery
    course doctor
    course submit

Exit codes: 0 done, 1 something is broken, 2 unusable input (stderr says what, and what to do), 130 stopped with
Ctrl-C.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import io
import math
import os
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import NoReturn, TextIO

from course.errors import InputError

AUTHORS_PACKAGES = ("jupytext", "nbclient", "nbformat")  # what students do needs none of them

PAINT_EXAMPLES = """\
examples:
  course paint cat swirls -o out.png                    the cat, quickly
  course paint me.jpg woodcut -o me.png --size 512      a larger one, of your own photo
  course paint me.jpg art.jpg -o me.png --beta 40       more style (--beta 3: more photo)
  course paint brick brick -o wall.png --alpha 0 --init noise --steps 300
                                                        a texture out of noise; the content only gives the shape
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file name need not exist in the terminal's alphabet
    with warnings.catch_warnings():
        warnings.showwarning = _warn
        try:
            return _run(arguments)
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
            extra = "[dev]" if error.name in AUTHORS_PACKAGES else ""
            return _complain(
                1, f"the package {error.name} is missing; in the project's folder: pip install -e .{extra}"
            )


def _run(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    # torch takes seconds to import: --help and a mistyped option need not wait for it.
    command = importlib.import_module(f"course.cli.{options.command}")
    code: int = command.run(options)
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


class _Parser(argparse.ArgumentParser):
    """Errors in one line, like those of the pictures and names, instead of a screen of usage."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="course", description="A course on neural style transfer: its painter, from a terminal.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_paint(commands.add_parser(
        "paint",
        help="paint one picture in the style of another",
        description="Paint CONTENT in the style of STYLE (Gatys et al., CVPR 2016), coarse to fine.",
        epilog=PAINT_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ))  # fmt: skip
    commands.add_parser("gallery", help="list the photos, textures and styles that come with the course")
    commands.add_parser("doctor", help="say which versions, weights and pictures are here, and whether painting works")
    _add_submit(commands.add_parser(
        "submit",
        help="for students: check your notebooks, and pack them into the file that is handed in",
        description="Check what is saved in your notebooks and pack them into one zip. Works without a network.",
    ))  # fmt: skip
    if importlib.util.find_spec("course.teach"):  # students do not have it, see course.teach.release
        _add_teaching(commands)
    return parser


def _add_teaching(commands: argparse._SubParsersAction[_Parser]) -> None:
    _add_grade(commands.add_parser(
        "grade",
        help="for instructors: grade what a class has handed in, in a sandbox, and write reports",
        description="Grade the notebooks of a class. Nothing that a student wrote runs outside of the sandbox.",
    ))  # fmt: skip
    build = commands.add_parser("build", help="for authors: write the notebooks of the chapters from solutions/*.py")
    build.add_argument("chapters", nargs="*", metavar="CHAPTER", help="1, or 01_vgg (default: all)")
    build.add_argument("--check", action="store_true", help="write nothing, say what is not up to date")
    release = commands.add_parser("release", help="for instructors: write the folder that is handed out to students")
    release.add_argument("out", metavar="OUT", help="a folder that is new, or empty")
    release.add_argument("--zip", action="store_true", help="also write OUT.zip")
    release.add_argument("--instructor", action="store_true",
        help="the instructor's instead: solutions, hidden tests, marking schemes, known misunderstandings")  # fmt: skip


def _add_paint(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("content", metavar="CONTENT", help="what to paint: a name from `course gallery`, or a picture file")
    add("style", metavar="STYLE", help="how to paint it: a name or a file")
    add("-o", "--out", required=True, metavar="OUT.png", help="where to save the painting (.png, .jpg, .webp)")
    add("--strip", metavar="STRIP.png", help="also save content, style and painting side by side")
    add("--size", type=_whole(1), default=256, help="longer side in pixels (default 256)")
    add("--steps", type=_whole(1), default=160, help="steps of all stages together (default 160)")
    # Left out is None: the painter's own defaults are in course.objectives, a test holds these texts in agreement.
    add("--alpha", type=_weight, help="weight of the content, relative units (default 1)")
    add("--beta", type=_weight, help="weight of the style, relative units (default 7)")
    add("--tv", type=_weight, help="weight of the total variation, against speckle (default 2)")
    add(
        "--layers",
        type=_names,
        metavar="L,L,...",
        help="style layers (default relu1_1,relu2_1,relu3_1,relu4_1,relu5_1)",
    )
    add("--scale", type=_positive, help="size of the brush strokes (default 1)")
    add("--pooling", choices=("max", "avg"), default="max", help="pooling of the network (default max)")
    add("--init", choices=("content", "style", "noise"), default="content", help="where to start (default content)")
    add("--optimiser", choices=("lbfgs", "adam"), default="lbfgs", help="(default lbfgs)")
    add("--learning-rate", type=_positive, default=0.02, help="of adam, for pictures in [0, 1] (default 0.02)")
    add("--seed", type=_whole(0, 2**63 - 1), default=0, help="of the noise and of random weights (default 0)")
    add("--weights", choices=("oxford", "slim", "torchvision", "random"), default="oxford",
        help="of VGG-19 (default oxford; slim is quick and less exact; torchvision downloads 549 MB once)")  # fmt: skip
    add("--drafts", action="store_true", help="let the slim network paint the first half of the steps, as drafts")
    add("--save-every", type=_whole(1), metavar="N", help="also save every N-th step, as OUT-0010.png")
    add("--device", default="auto", help="auto, cpu, cuda or mps (default auto: cuda if there is one, else cpu)")
    add("--threads", type=_whole(1, 1024), help="of the processor (default: one for each core)")


def _add_submit(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("notebooks", nargs="*", metavar="NOTEBOOK",
        help="a notebook file (default: those of ./notebooks, or of the course's folder, that are begun)")  # fmt: skip
    add("--student", metavar="NAME", help="your name, for where no learning platform adds it")
    add("-o", "--out", metavar="FILE.zip", help="where to write (default: submission.zip, submission-2.zip, ...)")
    add("--quick", action="store_true", help="do not run the checks, only pack")


def _add_grade(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("submissions", metavar="SUBMISSIONS", help="the folder, or the zip, that the learning platform gave you")
    add("--out", required=True, metavar="REPORT", help="folder for the reports; the same command goes on where it was")
    add("--chapters", nargs="+", metavar="CHAPTER", help="1, or 01_vgg (default: all that somebody has begun)")
    add("--jobs", type=_whole(1, 256), help="submissions side by side (default: one for each core)")
    add("--timeout", type=_positive, default=20, metavar="SECONDS", help="for one call of a function (default 20)")
    add("--memory", type=_whole(256), default=2048, metavar="MB", help="for one exercise (default 2048)")
    add("--marks", metavar="CSV", help="points for open questions (default: REPORT/open_questions.csv)")
    add("--roster", metavar="CSV", help="who is who: Moodle's grading worksheet, or Canvas's exported gradebook")
    add("--dask", default="", metavar="ADDRESS", help="let the workers of this Dask scheduler do it, tcp://host:8786")
    add("--unsafe", action="store_true", help="without a sandbox: students' code may do all that you may")


def _whole(least: int, most: float = math.inf) -> Callable[[str], int]:
    bounds = f"of at least {least}" if most == math.inf else f"from {least} to {most}"

    def whole(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"must be a whole number {bounds}, not {text!r}")
        return number

    return whole


def _weight(text: str) -> float:
    number = _number(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number of at least 0, not {text!r}")
    return number


def _positive(text: str) -> float:
    number = _number(text)
    if not 0 < number <= 1e6:
        raise argparse.ArgumentTypeError(f"must be a number above 0, at most 1000000, not {text!r}")
    return number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
