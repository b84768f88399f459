"""Drawings that explain how something is computed, number by number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor
from torch.nn import functional

from course.errors import InputError
from course.figures import COLOURS, WIDTH, Figure, render

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
