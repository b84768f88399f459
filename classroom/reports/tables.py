"""CSV as spreadsheets want it, without letting a cell become a formula, and the way back from what they saved.

Files begin with a byte order mark: without it Excel takes UTF-8 for the alphabet of its country and garbles names;
Moodle takes it away, Canvas looks for "Student" *in* its first header, pandas knows it. Whoever reads with plain
``csv.DictReader`` finds the first header spoiled, so no key column is the first. Lines end with CR LF.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from course.errors import InputError

FORMULA = ("=", "+", "-", "@", "\t", "\r")
MOST = 30_000  # characters; beyond 32,767 Excel breaks a cell, and the rest of the row slips into other columns
UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")  # no file of text holds these
SEPARATORS = (",", ";", "\t")
# What begins a cell for a spreadsheet that expects another separator and so sees no quotes inside a line. The items of
# a list, "- one", are left alone.
INNER = re.compile(r"(?<=[;\t\n])(?='*([=@]|[+-][^ ]))")
INNER_DEFUSED = re.compile(r"(?<=[;\t\n])'(?='*([=@]|[+-][^ ]))")


def clean(text: str) -> str:
    """A text that every file can hold: one kind of line end, control characters and half characters replaced."""
    return UNFIT.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def defused(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before what would be one.

    Texts that begin with an apostrophe and would be one without it get a second, so that `armed` is the way back.
    """
    text = INNER.sub("'", text)
    return f"'{text}" if text.lstrip("' ").startswith(FORMULA) else text


def armed(cell: str) -> str:
    """What was written, from a defused cell."""
    cell = cell[1:] if cell.startswith("'") and cell.lstrip("' ").startswith(FORMULA) else cell
    return INNER_DEFUSED.sub("", cell)


def table(header: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> bytes:
    """A CSV file: texts defused, numbers short, None an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([defused(name) for name in header])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return f"{value:g}"
    text = clean(value)
    return defused(text if len(text) <= MOST else f"{text[:MOST]} [...]")


def read_table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and the rows with the numbers of the lines where they end; as Excel or another program saved them.

    Raises:
        InputError: if the file cannot be read, is not UTF-8, or has a quote that is never closed.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read '{path}' ({error})") from error
    except UnicodeDecodeError as error:
        where = error.object[: error.start].count(b"\n") + 1
        raise InputError(f"'{path}' is not UTF-8 (first in line {where}); save it again as 'CSV UTF-8'") from error
    if "\x00" in text:
        where = text[: text.index("\x00")].count("\n") + 1
        raise InputError(f"'{path}' is no text (first in line {where}); save it as 'CSV UTF-8'")
    first = text.splitlines()[0] if text.strip() else ""
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows = [(reader.line_num, [armed(cell) for cell in row]) for row in reader]
    except csv.Error as error:
        raise InputError(f"'{path}', line {reader.line_num}: {error}; mend it in a text editor") from error
    return (rows[0][1] if rows else []), [(line, row) for line, row in rows[1:] if any(cell.strip() for cell in row)]
