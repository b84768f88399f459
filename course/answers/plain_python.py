"""Turns the text of a notebook's cell into plain Python, as IPython does before it runs a cell, line for line.

IPython's own transformer reads the cell. Three things are ours: what stands under ``%%time`` is code that runs, and the
text under any other cell magic is none; every statement stays in the line in which the student wrote it; and a line
such as ``pip install x``, which IPython understands only where it is all that a cell holds, spoils no other line.
"""

from __future__ import annotations

import ast
import itertools
import re
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

CODE_MAGICS = ("time", "capture", "prun")  # cell magics around Python that defines; what %%timeit runs is forgotten
NESTED = 10  # cell magics one below the other
MAGICS = 500  # in a cell; IPython gives up there as well
LONGEST_MAGIC = 40  # characters of its name
CELL, NOTEBOOK = 1_000_000, 3_000_000  # characters read for one, seconds: IPython reads a cell anew for each magic
LINE = 8  # characters that take as long as a line does by itself
TIMED = re.compile(r"get_ipython\(\)\.run_line_magic\('time', (.*)\)\n", re.DOTALL)
AUTOMAGIC = re.compile(r"([ \t]*)(?:pip|conda|mamba|micromamba|uv|cd|ls)[ \t]+\S")


class TooLongError(Exception):
    """Too much in a cell is no plain Python: turning it into some would take too long."""


class PlainPython(NamedTuple):
    """A cell's Python, and the cell magic that keeps Python from running it, such as "%%bash", or ""."""

    text: str
    magic: str = ""


class Effort:
    """What may still be spent on the cells of a notebook, in characters that are read."""

    def __init__(self) -> None:
        self.left = NOTEBOOK


def to_python(source: str, effort: Effort | None = None) -> PlainPython:
    """The Python in a cell, with as many lines as the cell.

    Magics, shell commands and requests for help become calls of ``get_ipython()``, for which `course.answers.define`
    has a stand-in that does nothing; what stands behind ``%time`` stays code. A cell magic other than ``%%time``,
    ``%%capture`` and ``%%prun`` leaves empty lines. A cell that is no Python apart from all this stays
    none: `ast.parse` will say why.

    Args:
        source: the text.
        effort: that is left for it and the cells behind it; that for a whole notebook if it is not given.

    Raises:
        TooLongError: if there is more to transform than `MAGICS`, `CELL` and the effort allow.
    """
    from IPython.core.inputtransformer2 import TransformerManager  # here: what only reads records needs no IPython

    manager = TransformerManager()  # type: ignore[no-untyped-call]
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    lines, above = f"{source}\n".splitlines(keepends=True), 0
    for _ in range(NESTED):
        lines, removed = _cleaned(lines, manager)
        above += removed
        if not lines or not lines[0].startswith("%%") or re.match(r"%%\w+\?", lines[0]):  # the last asks for help
            break
        magic = lines[0].split(" ")[0].rstrip()
        if magic[2:] not in CODE_MAGICS:
            return PlainPython("\n" * source.count("\n"), magic[:LONGEST_MAGIC])
        lines, above = lines[1:], above + 1
    text = "".join(_transformed(lines, manager.do_one_token_transform, effort or Effort()))
    return PlainPython(("\n" * above + _without_automagic(text))[:-1])


def _cleaned(lines: list[str], manager: Any) -> tuple[list[str], int]:
    """Without empty lines in front, pasted prompts and the indentation of the first line; how many lines that took."""
    number = _number(lines)
    for transform in manager.cleanup_transforms:
        lines = transform(lines)
    return lines, number - _number(lines)


def _transformed(
    lines: list[str], transform_one: Callable[[list[str]], tuple[bool, list[str]]], effort: Effort
) -> list[str]:
    """Transforms one magic after the other, as `TransformerManager.do_token_transforms` does, until it is Python."""
    least = effort.left - CELL
    for magics in itertools.count():
        if not _error("".join(lines)):
            break
        effort.left -= sum(map(len, lines)) + LINE * len(lines)
        if effort.left < max(least, 0) or magics >= MAGICS:
            raise TooLongError
        try:
            _, found = transform_one(lines)
        except Exception:  # IPython's reader stumbles over some texts that are no Python
            break
        place = next((place for place, (old, new) in enumerate(zip(lines, found, strict=False)) if old != new), None)
        if place is None:
            break
        timed = TIMED.search(found[place])
        if timed and (code := ast.literal_eval(timed[1])) and not _error(code):
            found[place] = f"{found[place][: timed.start()]}{code}\n"
        found[place + 1 : place + 1] = ["\n"] * (_number(lines) - _number(found))  # a continued line has shrunk
        lines = found
    return lines


def _without_automagic(text: str) -> str:
    """With ``pass`` for magics without a percent sign, where Python itself says that it cannot read them."""
    lines = text.split("\n")
    for _ in lines[:MAGICS]:
        error = _error("\n".join(lines))
        number = (error.lineno or 0) if error else 0
        found = AUTOMAGIC.match(lines[number - 1]) if 0 < number <= len(lines) else None
        if not found:
            break
        lines[number - 1] = f"{found[1]}pass"
    return "\n".join(lines)


def _number(lines: list[str]) -> int:
    return sum(line.count("\n") for line in lines)


def _error(text: str) -> SyntaxError | None:
    """Why a text is no Python; None if it is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as "invalid escape sequence": the student's, and no matter here
        try:
            ast.parse(text)
        except SyntaxError as error:
            return error
        except (ValueError, RecursionError, MemoryError) as error:  # the last two: brackets in brackets in ...
            return SyntaxError(str(error))
    return None
