"""The figures of the chapters: pictures in rows, maps, curves, boxes. Each carries an alt text.

A figure is shown by being the last expression of a cell. It is a JPEG of moderate size, so that an executed notebook
stays light, and its alt text is stored beside it: as text for those who do not see the picture, and for tests.

matplotlib draws, through its object interface: pyplot's global state is neither used nor disturbed, and figures may be
drawn in any thread.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image
from torch import Tensor

from course.errors import InputError
from course.images import check_single, to_image
from course.numerals import powers, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

WIDTH = 8.0  # inches
DPI = 110
QUALITY = 75  # of the JPEG: no visible loss at the size shown; an executed chapter stays below 2 MB
FLOOR = 1e-6  # of a logarithmic scale
SMALL = 256  # pictures below this side are enlarged smoothly; larger ones matplotlib shrinks well by itself

# Okabe & Ito's colours, told apart by all eyes, and never without a second sign: each curve has its own dashes too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (3, 3)), (0, (8, 2)), "-")


@dataclass(frozen=True)
class Figure:
    """A picture to look at, with the words for it.

    Attributes:
        jpeg: the file's bytes.
        alt: what is to be seen, for those who cannot see it.
        width: in pixels, as shown.
    """

    jpeg: bytes
    alt: str
    width: int

    def __post_init__(self) -> None:
        if len(self.alt.split()) < 3:
            raise InputError(f"the alt text {self.alt!r} does not say what is to be seen; write a sentence")

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The formats that notebooks ask for: the picture with its alt text, and the text alone."""
        return {"image/jpeg": self.jpeg, "text/plain": self.alt}, {"image/jpeg": {"alt": self.alt, "width": self.width}}


def pictures(
    images: Sequence[Tensor],
    titles: Sequence[str] = (),
    *,
    alt: str,
    columns: int | None = None,
    smooth: bool = True,
) -> Figure:
    """Pictures [1, 3, H, W] or maps [H, W] side by side, each with its title.

    Maps are drawn from dark (the smallest value of all maps of this figure) to light (the largest).

    Args:
        images: what is to be shown.
        titles: one for each, or none.
        alt: what is to be seen.
        columns: how many pictures a row has; all if left out, at most six.
        smooth: False shows pixels as squares.

    Raises:
        InputError: without images, or with too few or too many titles.
    """
    from matplotlib.figure import Figure as Canvas

    if not images or len(titles) not in (0, len(images)):
        raise InputError(
            f"{len(images)} pictures and {len(titles)} titles; give at least one picture, and a title each"
        )
    columns = columns or min(len(images), 6)
    rows = [images[first : first + columns] for first in range(0, len(images), columns)]
    cell = WIDTH / columns
    # A row without any title needs no room for them.
    rooms = [0.34 if any(titles[first : first + columns]) else 0.06 for first in range(0, len(images), columns)]
    heights = [
        room + cell * max(height / width for height, width in map(_shape, row))
        for room, row in zip(rooms, rows, strict=True)
    ]
    canvas = Canvas(figsize=(WIDTH, sum(heights)), dpi=DPI)
    low, high = _range([image for image in images if image.ndim == 2])
    top = 1.0
    for number, image in enumerate(images):
        row, column = divmod(number, columns)
        if column == 0 and row > 0:
            top -= heights[row - 1] / sum(heights)
        height = (heights[row] - rooms[row]) / sum(heights)
        axis = canvas.add_axes((column / columns, top - heights[row] / sum(heights), 0.98 / columns, height))
        axis.set_axis_off()
        axis.set_anchor("N")
        show(axis, image, low, high, smooth)
        axis.set_title(titles[number] if titles else "", fontsize=10, pad=4)
    return render(canvas, alt)


def lattice(images: Sequence[Tensor], rows: Sequence[str], columns: Sequence[str], *, alt: str) -> Figure:
    """Pictures [1, 3, H, W] of one shape in a grid, row by row, named at the left and above.

    Args:
        images: len(rows) * len(columns) pictures.
        rows: what stands to the left of each row.
        columns: what stands above each column.
        alt: what is to be seen.

    Raises:
        InputError: if the labels do not fit the number of pictures, or the pictures differ in shape.
    """
    from matplotlib.figure import Figure as Canvas

    if not images or len(images) != len(rows) * len(columns):
        raise InputError(f"{len(images)} pictures for {len(rows)} rows and {len(columns)} columns of labels")
    shapes = {_shape(image) for image in images}
    if len(shapes) > 1:
        raise InputError(f"the pictures of a lattice must have one shape, not {' and '.join(map(str, sorted(shapes)))}")
    margin = 0.2 + 0.1 * max(len(line) for name in rows for line in name.splitlines() or [""])  # inches
    cell = (WIDTH - margin) / len(columns)
    height, width = shapes.pop()
    top, low = 0.3, cell * height / width
    canvas = Canvas(figsize=(WIDTH, top + len(rows) * low), dpi=DPI)
    for number, image in enumerate(images):
        row, column = divmod(number, len(columns))
        left, bottom = margin + column * cell, (len(rows) - 1 - row) * low
        box = (left / WIDTH, bottom / (top + len(rows) * low))
        axis = canvas.add_axes((*box, 0.98 * cell / WIDTH, 0.97 * low / (top + len(rows) * low)))
        axis.set_axis_off()
        show(axis, image)
        if row == 0:
            axis.set_title(columns[column], fontsize=10, pad=4)
        if column == 0:
            place = (margin - 0.1) / WIDTH, (bottom + 0.485 * low) / (top + len(rows) * low)
            canvas.text(*place, rows[row], fontsize=10, ha="right", va="center")
    return render(canvas, alt)


def show(axis: Axes, image: Tensor, low: float | None = None, high: float | None = None, smooth: bool = True) -> None:
    """Draws a picture [1, 3, H, W] or a map [H, W] into an axis of matplotlib."""
    interpolation = "nearest" if not smooth else "bicubic" if max(image.shape[-2:]) < SMALL else "antialiased"
    if image.ndim == 2:
        axis.imshow(image.detach().float().numpy(), cmap="magma", vmin=low, vmax=high, interpolation=interpolation)
    else:
        axis.imshow(to_image(image), interpolation=interpolation)


def curves(
    series: Mapping[str, Sequence[float] | tuple[Sequence[float], Sequence[float]]],
    *,
    x: str,
    y: str,
    alt: str,
    logarithmic: bool = True,
) -> Figure:
    """Curves in one plot, told apart by colour, dashes and a label.

    Args:
        series: for each label the values, counted from 1, or (places, values).
        x: what stands along the lower side, with its unit.
        y: what stands along the left side, with its unit.
        alt: what is to be seen.
        logarithmic: whether the left side counts in powers of ten.
    """
    from matplotlib.figure import Figure as Canvas
    from matplotlib.ticker import MaxNLocator

    canvas = Canvas(figsize=(WIDTH, 3.4), dpi=DPI, layout="constrained")
    axis = canvas.subplots()
    for number, (label, values) in enumerate(series.items()):
        places, heights = values if isinstance(values, tuple) else (range(1, len(values) + 1), values)
        style = {"color": COLOURS[number % len(COLOURS)], "linestyle": DASHES[number % len(DASHES)]}
        axis.plot(list(places), list(heights), label=label, linewidth=2, **style)
    if logarithmic:
        axis.set_yscale("log")
        axis.yaxis.set_major_formatter(powers())
        axis.yaxis.set_minor_formatter(powers())
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
    if len(series) > 1:
        axis.legend(frameon=False)
    return render(canvas, alt)


def windows(image: Tensor, sizes: Mapping[str, int], centre: tuple[int, int], *, alt: str) -> Figure:
    """Squares of given sides around one pixel of a picture: what a feature sees.

    Args:
        image: [1, 3, H, W].
        sizes: for each label the side of the square, in pixels.
        centre: row and column of the pixel.
        alt: what is to be seen.
    """
    from matplotlib.figure import Figure as Canvas
    from matplotlib.patches import Rectangle

    height, width = _shape(check_single(image))
    canvas = Canvas(figsize=(WIDTH, WIDTH * 0.75 * height / width), dpi=DPI)
    axis = canvas.add_axes((0.0, 0.0, 0.75, 1.0))
    axis.set_axis_off()
    show(axis, image)
    row, column = centre
    for number, (label, size) in enumerate(sizes.items()):
        corner = (column - size / 2, row - size / 2)
        box = Rectangle(corner, size, size, fill=False, linewidth=2.2, edgecolor=COLOURS[number % len(COLOURS)],
                        linestyle=DASHES[number % len(DASHES)], label=f"{label}: {size} px")  # fmt: skip
        axis.add_patch(box)
    axis.set_xlim(0, width)
    axis.set_ylim(height, 0)
    axis.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False, handlelength=2)
    return render(canvas, alt)


def bars(values: Mapping[str, float], *, x: str, alt: str) -> Figure:
    """Horizontal bars with their numbers, the first on top."""
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(WIDTH, 0.6 + 0.32 * len(values)), dpi=DPI, layout="constrained")
    axis = canvas.subplots()
    axis.bar_label(axis.barh(list(values), list(values.values()), color=COLOURS[0], height=0.7), fmt=written, padding=4)
    axis.invert_yaxis()
    axis.set_xlabel(x)
    axis.set_xticks([])
    axis.margins(x=0.15)
    axis.spines[["top", "right", "bottom"]].set_visible(False)
    return render(canvas, alt)


def matrix(
    values: Tensor,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    alt: str,
    title: str = "",
    logarithmic: bool = True,
    most: float | None = None,
) -> Figure:
    """Numbers in a grid, each in its field, the larger the lighter; below it stands on which scale.

    Args:
        values: [len(rows), len(columns)]; not negative on a logarithmic scale.
        rows: what stands to the left of each row.
        columns: what stands above each column.
        alt: what is to be seen.
        title: what the numbers are.
        logarithmic: whether each step of lightness is a factor, and all below `FLOOR` as dark as that. Otherwise a
            difference, from 0 on.
        most: the lightest of an even scale, for shares and likenesses of which 1 is the most.

    Raises:
        InputError: if the labels do not fit the shape.
    """
    from matplotlib.figure import Figure as Canvas

    if tuple(values.shape) != (len(rows), len(columns)):
        raise InputError(f"{list(values.shape)} numbers for {len(rows)} rows and {len(columns)} columns of labels")
    levels = values.detach().float()
    logarithmic = logarithmic and most is None
    if logarithmic:
        levels = levels.clamp_min(FLOOR).log10()
    low, high = float(levels.min()) if logarithmic else 0.0, float(levels.max()) if most is None else most
    canvas = Canvas(figsize=(WIDTH, 1.1 + 0.42 * len(rows)), dpi=DPI, layout="constrained")
    axis = canvas.subplots()
    axis.imshow(levels.numpy(), cmap="cividis", aspect="auto", vmin=low, vmax=high)
    axis.xaxis.tick_top()
    axis.set_xticks(range(len(columns)), columns)
    axis.set_yticks(range(len(rows)), rows)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    middle = (low + high) / 2
    for row, numbers in enumerate(values.tolist()):
        for column, number in enumerate(numbers):
            colour = "black" if float(levels[row, column]) > middle else "white"
            axis.text(column, row, written(number), ha="center", va="center", color=colour, fontsize=10)
    axis.set_title(title, fontsize=10, pad=8)
    floor = f", all below {FLOOR:g} as that" if float(values.min()) < FLOOR else ""
    scale = f"logarithmic{floor}" if logarithmic else "linear, from 0 on"
    axis.set_xlabel(f"colours: {scale}", fontsize=8, loc="right")
    return render(canvas, alt)


def clouds(points: Sequence[Tensor], titles: Sequence[str], *, alt: str, columns: int | None = None) -> Figure:
    """Clouds of points in the plane, each in a field of its own, all on one scale, with the two axes through 0.

    Args:
        points: [2, M] each.
        titles: one for each cloud.
        alt: what is to be seen.
        columns: how many pictures a row has; all if left out, at most six.

    Raises:
        InputError: without clouds, for another shape, or with too few or too many titles.
    """
    from matplotlib.figure import Figure as Canvas

    if not points or len(titles) != len(points):
        raise InputError(f"{len(points)} clouds and {len(titles)} titles; give at least one cloud, and a title each")
    if wrong := [list(cloud.shape) for cloud in points if cloud.ndim != 2 or cloud.shape[0] != 2]:
        raise InputError(f"a cloud must be [2, M], not {wrong[0]}")
    columns = columns or min(len(points), 6)
    rows = -(-len(points) // columns)
    reach = 1.12 * max(float(cloud.detach().abs().max()) for cloud in points)
    canvas = Canvas(figsize=(WIDTH, rows * (WIDTH / columns + 0.25)), dpi=DPI, layout="constrained")
    fields = canvas.subplots(rows, columns, squeeze=False).flatten()
    for axis in fields:
        axis.set_axis_off()
    for axis, cloud, title in zip(fields, points, titles, strict=False):
        axis.axhline(0, color="0.8", linewidth=1)
        axis.axvline(0, color="0.8", linewidth=1)
        size = max(2.0, 400 / cloud.shape[1])  # few points are drawn large
        axis.scatter(*cloud.detach().float().numpy(), s=min(size, 60.0), color=COLOURS[0], linewidths=0)
        axis.set_xlim(-reach, reach)
        axis.set_ylim(-reach, reach)
        axis.set_aspect("equal")
        axis.set_title(title, fontsize=9)
    return render(canvas, alt)


def timeline(events: Iterable[tuple[int, str, str]], *, alt: str) -> Figure:
    """A time line: events (year, lane, words), one lane under the other, years along the lower side."""
    from matplotlib.figure import Figure as Canvas
    from matplotlib.ticker import MultipleLocator

    events = list(events)
    lanes = list(dict.fromkeys(lane for _, lane, _ in events))
    years = [year for year, _, _ in events]
    first, last = min(years) - 2, max(years) + 3
    turn = first + 0.65 * (last - first)  # words of later years stand to the left of their dots
    canvas = Canvas(figsize=(WIDTH, 0.5 + 0.27 * len(events) + 0.3 * len(lanes)), dpi=DPI, layout="constrained")
    axis = canvas.subplots()
    place = 0.0
    for number, lane in enumerate(lanes):
        colour = COLOURS[number % len(COLOURS)]
        axis.text(first + 0.5, place, lane, fontsize=10, fontweight="bold", color=colour, va="center")
        for year, _, words in sorted(event for event in events if event[1] == lane):
            place -= 1
            axis.plot([year], [place], marker="o", color=colour)
            side, step = ("left", 0.8) if year < turn else ("right", -0.8)
            axis.text(year + step, place, f"{year}  {words}", fontsize=9, ha=side, va="center")
        place -= 1.2
    axis.set_ylim(place + 0.4, 0.9)
    axis.set_xlim(first, last)
    axis.set_yticks([])
    axis.xaxis.set_major_locator(MultipleLocator(10))
    axis.grid(axis="x", alpha=0.3)
    axis.spines[["top", "right", "left"]].set_visible(False)
    return render(canvas, alt)


def render(canvas: Canvas, alt: str) -> Figure:
    """A drawing of matplotlib as a `Figure`."""
    file = io.BytesIO()
    canvas.savefig(file, format="png", facecolor="white")
    file.seek(0)
    picture = Image.open(file).convert("RGB")
    return Figure(encode(picture), alt, picture.width)


def encode(picture: Image.Image) -> bytes:
    """A Pillow picture as JPEG."""
    file = io.BytesIO()
    picture.save(file, format="JPEG", quality=QUALITY, optimize=True, progressive=True)
    return file.getvalue()


def _shape(image: Tensor) -> tuple[int, int]:
    if image.ndim == 2:
        return int(image.shape[0]), int(image.shape[1])
    check_single(image)
    return int(image.shape[2]), int(image.shape[3])


def _range(maps: Sequence[Tensor]) -> tuple[float | None, float | None]:
    """Smallest and largest value of all maps."""
    if not maps:
        return None, None
    values = torch.cat([one.detach().flatten().float() for one in maps])
    return float(values.min()), float(values.max())
