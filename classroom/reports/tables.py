"""CSV as spreadsheets want it, without letting a cell become a formula, and the way back from what they saved.

Files begin with a byte order mark: without it Excel takes UTF-8 for the alphabet of its country and garbles names;
Moodle takes it away, Canvas looks for "Student" *in* its first header, pandas knows it. A program that reads with plain
``csv.DictReader`` finds the first header spoiled, so no key column is the first. Lines end with CR LF.
"""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from course.errors import InputError

MOST = 30_000  # characters; beyond 32,767 Excel breaks a cell, and the rest of the row slips into other columns
UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")  # no file of text holds these
SEPARATORS = (",", ";", "\t")
SAID = re.compile(r'"?sep=([^"\r\n])"?[\s,;]*', re.IGNORECASE)  # a first line by which Excel is told the separator
ABOVE = 20  # rows in which the header is looked for: some write a title above it

# Signs that begin a formula, also those of full width, which Excel reads as the others where Japanese or Chinese is
# spoken; and what a spreadsheet may drop before it looks: quotes, and what nobody sees, which is Unicode's spaces (Zs),
# its marks of format (Cf), and what it calls ignorable by default, such as fillers.
SIGNS = "=@+\\-\uff1d\uff20\uff0b\uff0d\ufe62\ufe63\ufe66\ufe6b\u2212"
SPACES = " \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
FORMATS = (
    "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
IGNORABLE = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
BEFORE = f"[\"'{SPACES}{FORMATS}{IGNORABLE}]*"
FORMULA = re.compile(rf"(?:{BEFORE}[\t\r\n])*{BEFORE}[{SIGNS}\t\r]")
# What begins a cell for a spreadsheet that expects another separator, and to which quotes inside a line say nothing.
STARTS = rf"(?={BEFORE}[{SIGNS}])"
PARTS = "(?<=[;\t\n\u0085\u2028\u2029])"
INNER, INNER_DEFUSED = re.compile(PARTS + STARTS), re.compile(f"{PARTS}'{STARTS}")


def clean(text: str) -> str:
    """A text that every file can hold: one kind of line end, control characters and half characters replaced."""
    return UNFIT.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def defused(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before what would be one.

    Texts that begin with an apostrophe and would be one without it get a second, so that `armed` is the way back.
    """
    text = INNER.sub("'", text)
    return f"'{text}" if FORMULA.match(text) else text


def armed(cell: str) -> str:
    """The original text of a defused cell."""
    cell = cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell
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


@dataclass(frozen=True)
class Table:
    """A table as it was read.

    Attributes:
        header: the names of the columns, as they are written.
        line: where the header ends.
        rows: line where each ends, and its cells.
    """

    header: list[str]
    line: int
    rows: list[tuple[int, list[str]]]


def read_table(path: Path, is_header: Callable[[Collection[str]], bool]) -> Table:
    """A table as Excel or another program saved it; what stands above its header is read over.

    Args:
        path: the file.
        is_header: whether these names, in small letters, are those of the columns. If no row near the top has them, the
            first counts as the header.

    Raises:
        InputError: if the file cannot be read, is not UTF-8, has a quote that is never closed, or a column twice.
    """
    lines = _text(path).splitlines(keepends=True)
    told = SAID.fullmatch(lines[0]) if lines else None
    skipped = int(told is not None)
    first = "".join(lines[skipped : skipped + 1])
    separators = sorted(SEPARATORS, key=first.count, reverse=True)
    if told:  # what another program has saved since may have another
        separators = [told[1], *(one for one in separators if one != told[1])]
    text = "".join(lines[skipped:])
    separator, above = next(
        (
            (one, above)
            for one in separators
            for above, row in enumerate(_first_rows(text, one))
            if is_header(_names(row))
        ),
        (separators[0], 0),
    )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows = [(skipped + reader.line_num, [armed(cell) for cell in row]) for row in reader]
    except csv.Error as error:
        where = skipped + reader.line_num
        raise InputError(f"'{path}', line {where}: {error}; mend it in a text editor") from error
    if not rows:
        return Table([], 1, [])
    line, header = rows[above]
    names = _names(header)
    if twice := next((name for name in names if name and names.count(name) > 1), ""):
        raise InputError(f"'{path}', line {line}: has the column '{twice}' twice; remove or rename one of them")
    return Table(header, line, [(line, row) for line, row in rows[above + 1 :] if any(cell.strip() for cell in row)])


def _text(path: Path) -> str:
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
    return text


def _first_rows(text: str, separator: str) -> Iterator[list[str]]:
    """The rows near the top, as far as they can be read with this separator."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    with contextlib.suppress(csv.Error):  # of this separator; read with the right one, it is told
        yield from itertools.islice(reader, ABOVE)


def _names(row: Iterable[str]) -> list[str]:
    return [armed(name).strip().casefold() for name in row]
