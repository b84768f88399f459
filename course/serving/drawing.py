"""What goes where between a phone and a painter, drawn from above down, as it happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from course.errors import InputError
from course.figures import COLOURS, DPI, WIDTH, Figure, render


@dataclass(frozen=True)
class Message:
    """Something that went from one place to another.

    Attributes:
        seconds: when, from the beginning.
        sender: name of a lane.
        receiver: name of a lane; the sender's own for something that it did.
        words: what it was.
    """

    seconds: float
    sender: str
    receiver: str
    words: str


def sequence(messages: Sequence[Message], lanes: Sequence[str], *, alt: str) -> Figure:
    """Messages as arrows between lanes, the earliest on top, each with its time at the left.

    Args:
        messages: in any order.
        lanes: names, from left to right.
        alt: what is to be seen.

    Raises:
        InputError: without messages, and for one between lanes that are not there.
    """
    from matplotlib.figure import Figure as Canvas

    if not messages:
        raise InputError("a drawing of messages needs at least one")
    if strange := [one for one in messages if {one.sender, one.receiver} - set(lanes)]:
        raise InputError(f"no lane for {strange[0]!r}; there are {', '.join(lanes)}")
    ordered = sorted(messages, key=lambda one: one.seconds)
    canvas = Canvas(figsize=(WIDTH, 0.7 + 0.32 * len(ordered)), dpi=DPI, layout="constrained")
    axis = canvas.subplots()
    colours = {lane: COLOURS[number % len(COLOURS)] for number, lane in enumerate(lanes)}
    for place, lane in enumerate(lanes):
        axis.axvline(place, color="0.8", linewidth=1)
        axis.text(place, 0.1, lane, ha="center", va="bottom", fontsize=10, fontweight="bold", color=colours[lane])
    for row, message in enumerate(ordered, start=1):
        start, end = lanes.index(message.sender), lanes.index(message.receiver)
        colour = colours[message.sender]
        axis.text(-0.5, -row, f"{message.seconds:.2f} s", ha="right", va="center", fontsize=8, color="0.35")
        if start == end:
            axis.plot([start], [-row], marker="s", color=colour, markersize=6)
            left = start == len(lanes) - 1  # words of the last lane stand to its left: there is room
            axis.text(start + (-0.06 if left else 0.06), -row, message.words, ha="right" if left else "left",
                      va="center", fontsize=8, bbox=_PAPER)  # fmt: skip
            continue
        axis.annotate("", (end, -row), (start, -row), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.6})
        axis.text((start + end) / 2, -row + 0.06, message.words, ha="center", va="bottom", fontsize=8, bbox=_PAPER)
    axis.set_xlim(-0.6, len(lanes) - 0.6)
    axis.set_ylim(-len(ordered) - 0.6, 0.9)
    axis.set_axis_off()
    return render(canvas, alt)


_PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.85}
