"""Losses as a small live curve: a string of SVG, made in well under a millisecond, so that it can follow a painter.

The figures of chapters are drawn by matplotlib, which would take as long as three steps of the painter.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence

from course.figures import COLOURS

WIDTH, HEIGHT = 366, 170
LEFT, RIGHT, TOP, BOTTOM = 44, 62, 10, 26  # pixels for the labels around the plot
DASHES = ("none", "7 4", "2 3", "9 3 2 3")


def curve(
    series: Mapping[str, Sequence[float]],
    first: int = 1,
    marks: Sequence[int] = (),
    words: str = "",
) -> str:
    """Curves over the number of the step, on a logarithmic scale, as an SVG element.

    They are told apart by colour, dashes and the name at their right end. Values that are not positive have no place
    on the scale and are left out.

    Args:
        series: for each name its values, all of one length.
        first: number of the step that the first values belong to.
        marks: numbers of steps at which something changed, drawn as thin vertical lines.
        words: what the picture shows, for those who cannot see it.
    """
    count = max((len(values) for values in series.values()), default=0)
    seen = [value for values in series.values() for value in values if _drawn(value)]
    low, high = _powers(min(seen, default=0.1), max(seen, default=1.0))

    def across(step: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (step - first) / max(count - 1, 1)

    def down(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - math.log10(value)) / (high - low)

    parts = [_grid(power, down(10.0**power)) for power in range(low, high + 1)]
    parts += [_mark(across(step)) for step in marks if first <= step < first + count]
    parts.append(_below(first, first + max(count, 1) - 1))
    ends: list[float] = []
    for number, (name, values) in enumerate(series.items()):
        points = [(across(first + place), down(value)) for place, value in enumerate(values) if _drawn(value)]
        if points:
            ends.append(_free(points[-1][1], ends))
            parts.append(_line(points, ends[-1], name, number))
    return (
        f"<svg role='img' aria-label='{html.escape(words, quote=True)}' viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}' "
        f"height='{HEIGHT}' style='max-width: 100%; font: 11px sans-serif'>{''.join(parts)}</svg>"
    )


def _drawn(value: float) -> bool:
    return math.isfinite(value) and value > 0


def _powers(least: float, most: float) -> tuple[int, int]:
    """The powers of ten around all values, at least one decade apart."""
    low, high = math.floor(math.log10(least)), math.ceil(math.log10(most))
    return low, max(high, low + 1)


def _grid(power: int, y: float) -> str:
    name = f"{10.0**power:g}" if -3 <= power <= 4 else f"1e{power}"
    return (
        f"<line x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{y:.1f}' y2='{y:.1f}' stroke='currentColor' opacity='0.2'/>"
        f"<text x='{LEFT - 6}' y='{y + 4:.1f}' text-anchor='end' fill='currentColor'>{name}</text>"
    )


def _mark(x: float) -> str:
    return (
        f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{TOP}' y2='{HEIGHT - BOTTOM}' stroke='currentColor' opacity='0.45' "
        "stroke-dasharray='1 2'/>"
    )


def _below(first: int, last: int) -> str:
    y = HEIGHT - BOTTOM + 16
    return (
        f"<text x='{LEFT}' y='{y}' fill='currentColor'>{first}</text>"
        f"<text x='{(LEFT + WIDTH - RIGHT) / 2}' y='{y}' text-anchor='middle' fill='currentColor'>step</text>"
        f"<text x='{WIDTH - RIGHT}' y='{y}' text-anchor='end' fill='currentColor'>{last}</text>"
    )


def _free(y: float, taken: Sequence[float], apart: float = 13) -> float:
    """The height nearest to y where a name lies on no other name."""
    heights = [y, *(other + side * apart for other in taken for side in (-1, 1))]
    free = [height for height in heights if all(abs(height - other) >= apart for other in taken)]
    return min(free, key=lambda height: abs(height - y))


def _line(points: Sequence[tuple[float, float]], end: float, name: str, number: int) -> str:
    colour, dashes = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f"<polyline points='{places}' fill='none' stroke='{colour}' stroke-width='2' stroke-dasharray='{dashes}'/>"
        f"<text x='{points[-1][0] + 5:.1f}' y='{end + 4:.1f}' fill='currentColor'>{html.escape(name)}</text>"
    )
