"""Bars of SVG for pages: as wide as there is room, the same on every machine, told apart by pattern as well as colour.

Positions are percentages and patterns are in pixels, so that nothing is stretched on a phone or on paper.
"""

from __future__ import annotations

from collections.abc import Sequence

from classroom.grading.results import State
from classroom.reports.page import INK, PAPER, STRONG, text

ROOM = 7.0  # per cent of the width; a narrower part has no room for its number
FILLS: dict[State, str] = {
    "full": STRONG,
    "partial": "url(#partial)",
    "wrong": "url(#wrong)",
    "borrowed": "url(#borrowed)",
    "not attempted": PAPER,
    "crashed": "url(#crashed)",
    "timed out": "url(#timed)",
    "out of memory": "url(#memory)",
    "unreadable": INK,
}


def _pattern(name: str, size: int, ground: str, drawing: str, turn: int = 0) -> str:
    turned = f' patternTransform="rotate({turn})"' if turn else ""
    return (
        f'<pattern id="{name}" width="{size}" height="{size}" patternUnits="userSpaceOnUse"{turned}>'
        f'<rect width="{size}" height="{size}" fill="{ground}"/>{drawing}</pattern>'
    )


def patterns() -> str:
    """The patterns that bars are filled with; once in a page, before its first bar."""
    drawn = [
        _pattern("partial", 8, "#8fb8dd", f'<rect width="3" height="8" fill="{STRONG}"/>', 45),
        _pattern("wrong", 8, "#ffd9a8", '<circle cx="4" cy="4" r="1.6" fill="#a34700"/>'),
        _pattern("borrowed", 6, PAPER, '<rect width="6" height="2" fill="#5b6670"/>'),
        _pattern("crashed", 6, "#f2b8b5", '<rect width="2.5" height="6" fill="#8c1d18"/>', -45),
        _pattern("timed", 6, "#f2b8b5", '<rect width="2.5" height="6" fill="#8c1d18"/>'),
        _pattern("memory", 7, "#f2b8b5", '<path d="M0 0h7M0 0v7" stroke="#8c1d18" stroke-width="3"/>'),
    ]
    return f'<svg width="0" height="0" aria-hidden="true" focusable="false"><defs>{"".join(drawn)}</defs></svg>'


def states_bar(counts: Sequence[tuple[State, int]]) -> str:
    """A bar of how many there are of each state. The page says the same in words beside it."""
    whole = max(sum(number for _, number in counts), 1)
    parts, done = [], 0
    for state, number in counts:
        if not number:
            continue
        start, width = 100 * done / whole, 100 * number / whole
        parts.append(_part(f"{start:.2f}%", f"{width:.2f}%", FILLS[state]))
        if width >= ROOM:
            parts.append(_label(f"{start + width / 2:.2f}%", 17, str(number)))
        done += number
    return f'<svg class="bar" width="100%" height="24" aria-hidden="true" focusable="false">{"".join(parts)}</svg>'


def _part(x: str, width: str, fill: str) -> str:
    return f'<rect x="{x}" y="1" width="{width}" height="22" fill="{fill}" stroke="{INK}" stroke-width="1"/>'


def _label(x: str, y: int, said: str) -> str:
    """Ink on a border of paper: readable on every pattern."""
    return (
        f'<text x="{x}" y="{y}" text-anchor="middle" font-size="13" font-weight="600" fill="{INK}" stroke="{PAPER}" '
        f'stroke-width="4" stroke-linejoin="round" paint-order="stroke">{text(said)}</text>'
    )


def swatch(state: State) -> str:
    """What a state looks like, for a legend that names it."""
    part = _part("1", "28", FILLS[state])
    return f'<svg class="swatch" width="30" height="24" aria-hidden="true" focusable="false">{part}</svg>'


def share_bar(number: int, whole: int) -> str:
    """One part of a whole. The page says the same in words beside it."""
    width = f"{100 * number / max(whole, 1):.2f}%"
    return (
        '<svg width="100%" height="12" aria-hidden="true" focusable="false">'
        f'<rect width="100%" height="12" fill="#e3e8ed"/><rect width="{width}" height="12" fill="{STRONG}"/></svg>'
    )


def histogram(counts: Sequence[tuple[str, int]], title: str, description: str) -> str:
    """Columns with their numbers above and their names below, as a picture with a text for who does not see it."""
    most = max([number for _, number in counts] + [1])
    step = 100 / len(counts)
    parts = [f'<title id="histogram-title">{text(title)}</title><desc id="histogram-text">{text(description)}</desc>']
    for place, (name, number) in enumerate(counts):
        height, middle = 120 * number / most, f"{(place + 0.5) * step:.2f}%"
        parts.append(
            f'<rect x="{place * step + 0.06 * step:.2f}%" y="{140 - height:.2f}" width="{0.88 * step:.2f}%" '
            f'height="{height:.2f}" fill="{STRONG}"/>'
        )
        if number:
            parts.append(_label(middle, round(140 - height - 5), str(number)))
        parts.append(f'<text x="{middle}" y="156" text-anchor="middle" font-size="11" fill="{INK}">{text(name)}</text>')
    parts.append(f'<line x1="0" x2="100%" y1="140" y2="140" stroke="{INK}"/>')
    return (
        '<svg class="histogram" width="100%" height="162" role="img" '
        f'aria-labelledby="histogram-title histogram-text">{"".join(parts)}</svg>'
    )
