"""Drawings that explain: how something is computed, number by number, and what came of what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor
from torch.nn import functional

from course.errors import InputError
from course.figures import COLOURS, WIDTH, Figure, render, show

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI = 110
SAME = "picture, window and place must be"


def sliding_window(picture: Tensor, weights: Tensor, row: int, column: int, *, alt: str) -> Figure:
    """A convolution at one place: the picture and the window over it, the weights, and all answers, that one marked.

    Stride 1, no padding; as in every library of deep learning the window is not turned round (a cross-correlation).

    Args:
        picture: [H, W], numbers short enough to be read, such as 0 to 9.
        weights: [k, l], of the window.
        row: of the window's upper left corner.
        column: the same.
        alt: what is to be seen.

    Raises:
        InputError: for other shapes, or a window that hangs over the edge.
    """
    from matplotlib.figure import Figure as Canvas
    from matplotlib.patches import Rectangle

    if picture.ndim != 2 or weights.ndim != 2:
        raise InputError(f"{SAME} [H, W] and [k, l], not {list(picture.shape)} and {list(weights.shape)}")
    (height, width), (tall, broad) = picture.shape, weights.shape
    if not (0 <= row <= height - tall and 0 <= column <= width - broad):
        raise InputError(f"a window of {tall} x {broad} at row {row}, column {column} hangs over {height} x {width}")
    answers = functional.conv2d(picture[None, None].float(), weights[None, None].float())[0, 0]
    grids = {"the picture": picture, "the weights": weights, "the answers": answers}
    widths = [grid.shape[1] for grid in grids.values()]
    canvas = Canvas(figsize=(WIDTH, WIDTH * (height + 1.2) / (sum(widths) + 2)), dpi=DPI, layout="constrained")
    axes = canvas.subplots(1, 3, width_ratios=widths, squeeze=False)[0]
    for axis, (title, grid) in zip(axes, grids.items(), strict=True):
        _numbers(axis, grid)
        axis.set_ylim(height - 0.4, -0.6)
        axis.set_anchor("N")
        axis.set_title(title, fontsize=10)
    frames = ((axes[0], column, row, broad, tall), (axes[1], 0, 0, broad, tall), (axes[2], column, row, 1, 1))
    for axis, left, top, columns, rows in frames:
        axis.add_patch(
            Rectangle(
                (left - 0.5, top - 0.5), columns, rows, fill=False, edgecolor=COLOURS[1], linewidth=3, clip_on=False
            )
        )
    return render(canvas, alt)


def _numbers(axis: Axes, grid: Tensor) -> None:
    """A grid of numbers, the larger the lighter."""
    axis.imshow(grid.float().numpy(), cmap="gray")
    axis.set_axis_off()
    middle = float(grid.min() + grid.max()) / 2
    for row, numbers in enumerate(grid.tolist()):
        for column, number in enumerate(numbers):
            colour = "black" if number > middle else "white"
            axis.text(column, row, f"{number:g}", ha="center", va="center", color=colour, fontsize=10)


@dataclass(frozen=True)
class Work:
    """A work in a family tree.

    Attributes:
        year: of its publication.
        branch: the road it is on.
        words: who, and what, in a few words.
        after: the names of earlier works that it took something from, on whatever road.
    """

    year: int
    branch: str
    words: str
    after: tuple[str, ...] = ()


def family_tree(works: Mapping[str, Work], pictures: Mapping[str, Tensor], *, alt: str) -> Figure:
    """Works by year from left to right, a road below the other, lines from each work to what came of it.

    Args:
        works: name -> work, each after those that it took something from.
        pictures: branch -> what it makes, [1, 3, H, W], RGB in [0, 1]; shown at the beginning of the branch.
        alt: what is to be seen.

    Raises:
        InputError: for a work that comes after one that is not there, or before it in time.
    """
    from matplotlib.figure import Figure as Canvas

    places = _places_in_tree(works)
    branches = list(dict.fromkeys(work.branch for work in works.values()))
    first, last = (edge(work.year for work in works.values()) for edge in (min, max))
    lowest = min(row for _, row in places.values())
    canvas = Canvas(figsize=(WIDTH, 0.35 - 0.21 * lowest), dpi=DPI)
    axis = canvas.add_axes((0.17, 0.05, 0.82, 0.94))
    for name, work in works.items():
        colour = COLOURS[branches.index(work.branch) % len(COLOURS)]
        year, row = places[name]
        for earlier in work.after:
            there, above = places[earlier]
            same = works[earlier].branch == work.branch
            line = "-" if same else (0, (4, 2))
            axis.plot([there, there], [above, row], color=colour, lw=1, ls=line, zorder=1)
            axis.plot([there, year], [row, row], color=colour, lw=1, ls=line, zorder=1)
        axis.plot([year], [row], marker="o", color=colour, ms=5)
        axis.text(year + 0.5, row, f"{work.year}  {work.words}", fontsize=8, va="center",
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
    for number, branch in enumerate(branches):
        top = max(row for name, (_, row) in places.items() if works[name].branch == branch)
        colour, beside = COLOURS[number % len(COLOURS)], axis.get_yaxis_transform()
        axis.text(-0.105, top, branch, transform=beside, ha="center", va="center", fontsize=9, fontweight="bold",
                  color=colour)  # fmt: skip
        if branch in pictures:
            frame = axis.inset_axes((-0.2, top - 4, 0.19, 3.4), transform=beside)
            frame.set_axis_off()
            frame.set_anchor("N")
            show(frame, pictures[branch])
    axis.set_xlim(first - 0.5, last + 0.5 * (last - first))  # room for the words of the last
    axis.set_xticks([year for year in range(first, last + 1) if year % 5 == 0])
    axis.set_ylim(lowest - 0.8, 1)
    axis.set_yticks([])
    axis.grid(axis="x", alpha=0.3)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(labelsize=9)
    return render(canvas, alt)


def _places_in_tree(works: Mapping[str, Work]) -> dict[str, tuple[float, float]]:
    """Year and row of each work: each has a row of its own, branch after branch with a gap between."""
    branches: dict[str, list[str]] = {}
    for name, work in works.items():
        for earlier in work.after:
            if earlier not in works or works[earlier].year > work.year:
                raise InputError(f"{name!r} comes after {earlier!r}, which is not there or is younger")
        branches.setdefault(work.branch, []).append(name)
    places, row = {}, 0.0
    for names in branches.values():
        for name in sorted(names, key=lambda name: works[name].year):
            places[name] = (float(works[name].year), row)
            row -= 1
        row -= 1.2
    return places


def plane(points: Mapping[str, tuple[float, float]], *, x: str, y: str, alt: str) -> Figure:
    """Named points in a plane, both axes from 0 on.

    Args:
        points: name -> (to the right, upwards), neither below 0.
        x: what stands along the lower side.
        y: what stands along the left side.
        alt: what is to be seen.

    Raises:
        InputError: without points.
    """
    from matplotlib.figure import Figure as Canvas

    if not points:
        raise InputError("there is no point to draw")
    canvas = Canvas(figsize=(WIDTH, 4.2), dpi=DPI, layout="constrained")
    axis = canvas.subplots()
    right, top = (1.12 * max(max(one[k] for one in points.values()), 1e-9) for k in (0, 1))
    placed: list[tuple[float, float]] = []
    for number, (name, (across, up)) in enumerate(points.items()):
        axis.plot([across], [up], marker="o", ms=7, color=COLOURS[number % len(COLOURS)])
        left = across > 0.6 * right  # words of points far to the right stand to their left
        crowded = any(abs(up - v) < 0.06 * top and abs(across - u) < 0.3 * right for u, v in placed)
        axis.annotate(name, (across, up), xytext=(-8 if left else 8, -11 if crowded else 0), fontsize=9,
                      textcoords="offset points", va="center", ha="right" if left else "left")  # fmt: skip
        placed.append((across, up))
    axis.set_xlim(0, right)
    axis.set_ylim(0, top)
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
    return render(canvas, alt)
