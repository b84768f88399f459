"""Turns the text of a notebook's cell into plain Python: what only IPython understands is blanked, line for line.

IPython's own transformer takes a second to import, and a notebook can change it; this one is a table and a scanner.
"""

from __future__ import annotations

import ast
import re
import warnings

KEPT = {"time", "timeit", "capture", "prun"}  # cell magics around ordinary Python
QUOTES = ('"""', "'''", '"', "'")
TOKEN = re.compile(r'"""|\'\'\'|"|\'|#[^\n]*|[(\[{]|[)\]}]|\\\n|\n')
CLOSING = {
    '"""': re.compile(r'\\.|"""', re.DOTALL),
    "'''": re.compile(r"\\.|'''", re.DOTALL),
    '"': re.compile(r'\\.|"|\n', re.DOTALL),
    "'": re.compile(r"\\.|'|\n", re.DOTALL),
}
ESCAPED = re.compile(r"[ \t]*[%!?,;/]")  # no statement of Python begins so
HELP = re.compile(r"[^#'\"\n]*\?[ \t]*(?=\n|\Z)")
SHELL_WORDS = re.compile(r"[ \t]*(?:pip|conda|mamba|cd|ls)[ \t]+[\w.~/-]")  # magics that need no %
ASSIGNED = re.compile(r"""((?:[^=\n#'"()]|'[^'\n]*'|"[^"\n]*")*=[ \t]*)[%!](?!=)""")
TIMED = re.compile(r"%time[ \t]+(?=\S)")
LINE = re.compile(r"[^\n]*")
CARRIED_ON = re.compile(r"(?:[^\n]*\\\n)*[^\n]*")  # a shell line takes the next one in if it ends with a backslash
CELL_MAGIC = re.compile(r"\s*%%[ \t]*(\S*)[^\n]*")


def code(source: str) -> str:
    """The Python in a cell, with as many lines as the cell.

    Line magics, shell lines and lines that ask for help become `pass`; what is assigned from one becomes None; what
    stands behind `%time` stays. A cell magic other than %%time, %%timeit, %%capture and %%prun blanks the whole cell.
    A cell that is no Python apart from all this stays none: nothing is raised, and `ast.parse` will say why.
    """
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    text = _without_cell_magics(text)
    if _parses(text):
        return text
    text = _without_margin(text)
    return text if _parses(text) else _without_line_magics(text)


def _parses(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as "invalid escape sequence": the student's, and no matter here
        try:
            ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last two: brackets in brackets in ...
            return False
    return True


def _without_cell_magics(text: str) -> str:
    end = 0
    while found := CELL_MAGIC.match(text, end):
        if found[1] not in KEPT:
            return "\n" * text.count("\n")
        end = found.end()
    return "\n" * text.count("\n", 0, end) + text[end:]


def _without_margin(text: str) -> str:
    """Without the indentation of the first line, as IPython takes it away from a cell that was pasted."""
    found = re.match(r"(?:[ \t]*\n)*([ \t]+)(?=\S)", text)
    return re.sub(f"^{found[1]}", "", text, flags=re.MULTILINE) if found else text


def _without_line_magics(text: str) -> str:
    parts, position = [], 0
    while position < len(text):
        plain = _plain(_at(LINE, text, position))
        if plain is None:
            end = _end_of_statement(text, position)
            parts.append(text[position:end])
        else:
            end = min(position + len(_at(CARRIED_ON, text, position)) + 1, len(text))
            parts.append(plain + "\n" * text.count("\n", position, end))
        position = end
    return "".join(parts)


def _at(pattern: re.Pattern[str], text: str, position: int) -> str:
    found = pattern.match(text, position)
    return found[0] if found else ""


def _plain(line: str) -> str | None:
    """What stands in place of a line of IPython's, or None for a line of Python's."""
    if assigned := ASSIGNED.match(line):
        timed = TIMED.match(line, assigned.end() - 1)
        return assigned[1] + (line[timed.end() :] if timed and _parses(line[timed.end() :]) else "None")
    if not (ESCAPED.match(line) or HELP.fullmatch(line) or (SHELL_WORDS.match(line) and not _parses(line.strip()))):
        return None
    margin = line[: len(line) - len(line.lstrip(" \t"))]
    timed = TIMED.match(line, len(margin))
    return margin + (line[timed.end() :] if timed and _parses(line[timed.end() :]) else "pass")


def _end_of_statement(text: str, position: int) -> int:
    """Where the next statement's line begins: brackets, long strings and a backslash carry a line on to the next."""
    depth = 0
    while token := TOKEN.search(text, position):
        position = token.end()
        if token[0] in QUOTES:
            position = _end_of_string(text, position, token[0])
        elif token[0] in "([{":
            depth += 1
        elif token[0] in ")]}":
            depth = max(depth - 1, 0)
        elif token[0] == "\n" and not depth:
            return position
    return len(text)


def _end_of_string(text: str, position: int, quote: str) -> int:
    while found := CLOSING[quote].search(text, position):
        if found[0] == "\n":
            return found.start()  # a short string that nothing closes ends with its line
        position = found.end()
        if found[0] == quote:
            return position
    return len(text)
