"""What the reports' pages share: one file without scripts, that is read on a phone, printed, or listened to.

Whatever comes from students passes `text`. No colour says anything that is not also written.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass

from classroom.grading.results import State
from classroom.reports.tables import clean

INK, PAPER, SOFT, QUIET, LINK, LINE = "#1b1f24", "#ffffff", "#f3f5f7", "#4a525c", "#0b4f8a", "#b9c0c8"
STRONG, WARNING = "#1f5c99", "#fff3d6"

STYLE = f"""
:root {{ color-scheme: light; }}
* {{ box-sizing: border-box; }}
body {{ margin: 0 auto; max-width: 60rem; padding: 1rem; background: {PAPER}; color: {INK};
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere; }}
h1 {{ font-size: 1.6rem; line-height: 1.2; margin: .5rem 0 1rem; }}
h2 {{ font-size: 1.25rem; margin: 2.2rem 0 .6rem; border-bottom: 2px solid {LINE}; padding-bottom: .2rem; }}
h3 {{ font-size: 1.05rem; margin: 1.2rem 0 .3rem; }}
p {{ margin: .4rem 0; max-width: 46rem; }}
a {{ color: {LINK}; }}
code, pre {{ font-family: ui-monospace, "DejaVu Sans Mono", Consolas, Menlo, monospace; font-size: .92em; }}
pre {{ background: {SOFT}; border-left: 4px solid {STRONG}; margin: .5rem 0; padding: .6rem .8rem;
  white-space: pre-wrap; unicode-bidi: isolate; }}
table {{ border-collapse: collapse; width: 100%; margin: .6rem 0; }}
caption {{ text-align: left; color: {QUIET}; padding-bottom: .3rem; }}
th, td {{ text-align: left; vertical-align: top; padding: .35rem .5rem; border-bottom: 1px solid {LINE};
  unicode-bidi: isolate; }}
th {{ font-weight: 600; overflow-wrap: break-word; }}
tfoot th, tfoot td {{ border-top: 2px solid {INK}; font-weight: 700; }}
.number {{ text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }}
.quiet {{ color: {QUIET}; }}
.warning {{ background: {WARNING}; border: 1px solid {INK}; padding: .5rem .8rem; }}
.card {{ border: 1px solid {LINE}; border-radius: .4rem; padding: .2rem 1rem .6rem; margin: .8rem 0;
  break-inside: avoid; }}
.card h2 {{ margin-top: .8rem; }}
svg {{ display: block; }}
details {{ margin: .3rem 0; }}
summary {{ cursor: pointer; color: {LINK}; }}
a:focus-visible, summary:focus-visible {{ outline: 3px solid {STRONG}; outline-offset: 2px; }}
@media (max-width: 30rem) {{ body {{ padding: .6rem; }}
  th, td {{ padding: .3rem .25rem; }} table {{ font-size: .9rem; }}
  .loose .number {{ white-space: normal; }} .card {{ padding: 0 .6rem; }} }}
@media print {{ body {{ max-width: none; font-size: 10pt; }} a {{ color: inherit; }} h2, h3 {{ break-after: avoid; }}
  tr {{ break-inside: avoid; }} }}
"""

UNSAFE = (
    "This class was graded without isolation (--unsafe): code of one submission could have read or changed others. "
    "Its points are worth as much as the trust in everybody who handed in."
)


@dataclass(frozen=True)
class StateText:
    """How a state is told to a student: a sign, a name, what it means, and what to do about it."""

    sign: str
    name: str
    meaning: str
    advice: str = ""


WORDS: dict[State, StateText] = {
    "full": StateText("✓", "Full points", "It passes the check and every further test."),
    "partial": StateText(
        "◐",
        "Partly right",
        "It passes the check of the notebook, but not every further test that is run when it is graded.",
        "Those tests stay untold. Which inputs would you try if you wanted to break it? Other sizes, a batch of "
        "another length, values that are negative or zero, an input that is needed again afterwards?",
    ),
    "wrong": StateText("✗", "Not right yet", "The check does not pass."),
    "borrowed": StateText(
        "→",
        "Borrowed",
        "This is the course's own function. That is a good way to go on with a chapter, and it earns no points.",
        "Now that you have seen it at work: write your own in its place, and run the check again.",
    ),
    "not attempted": StateText(
        "○",
        "Not attempted",
        "The function was still as the chapter gives it out.",
        "If you did write it: was the notebook saved before you handed it in, and is it the right file?",
    ),
    "crashed": StateText(
        "!",
        "Crashed",
        "Python itself came to an end while your function ran, so there was no answer to compare.",
        "Restart the kernel and run the notebook from the top to this check. If the kernel dies there as well, look "
        "for a function that calls itself without end, for exit(), and for tensors of enormous size.",
    ),
    "timed out": StateText(
        "!",
        "Timed out",
        "Your function did not come back in the time that it is given, which is many times what it needs.",
        "Restart the kernel and run this check: it should answer within seconds. If it does not, look for a loop that "
        "does not end, for loops over single pixels, and for painting or training outside of a function.",
    ),
    "out of memory": StateText(
        "!",
        "Out of memory",
        "Your function asked for more memory than a submission is given, which is many times what it needs.",
        "Print the shapes after every line. A product of two tensors whose axes do not face each other grows fast, and "
        "so does a list of results that still hold their gradients: .detach() lets go of those.",
    ),
    "unreadable": StateText(
        "?",
        "Could not be read",
        "The file could not be read. That says nothing about your work, and these points are still open.",
        "Open the notebook in Jupyter, save it, and hand it in again as .ipynb. If it does not open there either, tell "
        "your instructor.",
    ),
}

# For what is not attempted, and of which the notebook has not even the stub.
GONE = StateText(
    "○",
    "Not in your notebook",
    "There was no function of this name in it: its cell was deleted, or the function was renamed.",
    "Copy the cell from a fresh copy of the chapter, as it was handed out, and write the function there.",
)


def text(value: object) -> str:
    """Anything, fit to stand in a page or an attribute: markup is shown and not obeyed."""
    return html.escape(clean(str(value)))


def name(identifier: str) -> str:
    """The name of a function or chapter, which may break after its underscores."""
    return f"<code>{text(identifier).replace('_', '_<wbr>')}</code>"


def lines(told: Iterable[str]) -> str:
    """What a check says, as it stands in the notebook."""
    said = "\n".join(told)
    return f"<pre>{text(said)}</pre>" if said else ""


def points(earned: float, possible: float | None = None) -> str:
    """For example "3", "2.5 of 4"."""
    return f"{earned:.4g}" + ("" if possible is None else f" of {possible:.4g}")


def count(number: int, noun: str) -> str:
    """For example "1 student", "3 students"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def page(title: str, body: Iterable[str], unsafe: bool, style: str = "") -> str:
    """A whole page with this title as its heading; `style` is added to that of all pages."""
    warning = f'<p class="warning"><strong>Note:</strong> {text(UNSAFE)}</p>\n' if unsafe else ""
    content = "\n".join(part for part in body if part)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{text(title)}</title>
<style>{STYLE}{style}</style>
</head>
<body>
<main>
<h1>{text(title)}</h1>
{warning}{content}
</main>
</body>
</html>
"""
