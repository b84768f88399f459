"""Numbers as figures show them: the way one writes them, and no longer than one reads."""

from __future__ import annotations

from typing import Any


def written(number: float) -> str:
    """A number, whole from 100 on (or -100 down), else with two decimals or three."""
    size = abs(number)
    digits = 0 if size >= 100 else 2 if size >= 0.1 else 3
    return f"{number:,.{digits}f}" if size >= 0.001 else f"{number:.0e}" if number else "0"


def powers() -> Any:
    """matplotlib's labels of a logarithmic axis, but 0.3 and 6 where it writes 3 x 10^-1 and 6 x 10^0."""
    from matplotlib.ticker import LogFormatterSciNotation

    class Plain(LogFormatterSciNotation):
        def __call__(self, value: float, place: int | None = None) -> str:
            label: str = super().__call__(value, place)
            return f"{value:g}" if label and 1e-4 <= value < 1e5 else label

    return Plain()
