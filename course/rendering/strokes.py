"""An oil painting in seven steps, without a network and without an example (Hertzmann, *Painterly Rendering*, 1998).

::

    for layer in oil_painting(photo):        # from the largest brush to the smallest
        layer.picture                        # [1, 3, H, W], RGB in [0, 1]
    layer.lit()                              # the last, with light on the ridges of the paint

1. Blur the photo, by half the radius of the brush. 2. Compare the canvas with that. 3. Where a square as wide as the
radius is off on average, take its worst place. 4. From there lead a `stroke` along the edges of the photo. 5. Paint all
strokes in random order. 6. Again, with the next smaller brush. 7. Let light fall on the paint, which later strokes lie
on top of (after Hertzmann, *Fast Paint Texture*, 2002). All that it knows of oil painting stands in this file. The
original draws B-splines, which it can bend less, and adds more ways to vary colours.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional

from course.classical.pyramids import blurred
from course.control.colours import luminance
from course.errors import InputError
from course.images import check_given, check_whole, to_tensor

Stroke = Callable[[Tensor, Tensor, Tensor, tuple[int, int], int], Tensor]

SHORTEST, LONGEST = 4, 12  # points of a stroke
RADII = (8, 4, 2)
FINE = 3  # strokes are drawn on a board so many times as high and wide, so that their edges are smooth
PRIMED = (0.88, 0.84, 0.76)  # the colour of the empty canvas


def stroke(smooth: Tensor, canvas: Tensor, slope: Tensor, start: tuple[int, int], radius: int) -> Tensor:
    """The points of a brush stroke that begins at `start` and follows the edges of a photo.

    From each point the next one is `radius` pixels away, at a right angle to the slope there; of the two ways, the one
    that turns less. (Either of the two from the first point.) Pixels are looked up at the point's nearest whole
    numbers. The stroke ends at its last point if

    - it has 12 points, or
    - it has at least 4, and there the canvas is nearer to the photo than the stroke's colour is (Euclidean distances
      in RGB; the stroke's colour is the photo's at its start), or
    - the slope there is 0, so that there is no way to go, or
    - the next point would lie outside the picture, beyond the middle of its outermost pixels.

    Args:
        smooth: the photo, blurred, [3, H, W].
        canvas: what has been painted before, [3, H, W].
        slope: by how much the photo gets lighter per pixel, downwards and to the right, [2, H, W].
        start: row and column, whole numbers.
        radius: of the brush, in pixels.

    Returns:
        Rows and columns, [n, 2], n from 1 to 12; the first is the start.
    """
    height, width = smooth.shape[1:]
    colour = smooth[:, start[0], start[1]]
    points, before = [torch.tensor(start, dtype=smooth.dtype)], torch.zeros(2, dtype=smooth.dtype)
    while len(points) < LONGEST:
        row, column = points[-1].round().int().tolist()
        there = smooth[:, row, column]
        if len(points) >= SHORTEST and torch.dist(there, canvas[:, row, column]) < torch.dist(there, colour):
            break
        down, right = slope[:, row, column]
        direction = torch.stack([right, -down])
        length = direction.norm()
        if length == 0:
            break
        direction = direction / length
        if direction @ before < 0:
            direction = -direction
        point = points[-1] + radius * direction
        if not (0 <= point[0] <= height - 1 and 0 <= point[1] <= width - 1):
            break
        points.append(point)
        before = direction
    return torch.stack(points)


def slope_of(picture: Tensor) -> Tensor:
    """By how much a picture [1, 3, H, W] gets lighter per pixel, downwards and to the right: [2, H, W].

    Half the difference of the luminance of both neighbours.
    """
    return torch.cat(_rises(luminance(picture)), 1)[0]


def _rises(heights: Tensor) -> list[Tensor]:
    """By how much [1, 1, H, W] rises per pixel downwards, and to the right: half of what both neighbours differ."""
    wide = functional.pad(heights, (1, 1, 1, 1), mode="replicate")
    down = wide[..., 2:, 1:-1] - wide[..., :-2, 1:-1]
    right = wide[..., 1:-1, 2:] - wide[..., 1:-1, :-2]
    return [down / 2, right / 2]


@dataclass(frozen=True)
class Layer:
    """A canvas, painted with the brushes down to one of them.

    Attributes:
        radius: of the brush that was used last, in pixels.
        strokes: the points of each stroke of that brush, [n, 2], in the order of painting.
        board: the canvas, three times as high and wide, [1, 3, 3 H, 3 W], RGB in [0, 1].
        relief: how thick the paint lies, [1, 1, 3 H, 3 W], without a unit.
    """

    radius: int
    strokes: tuple[Tensor, ...]
    board: Tensor
    relief: Tensor

    @property
    def picture(self) -> Tensor:
        """The canvas, [1, 3, H, W], RGB in [0, 1]."""
        return functional.avg_pool2d(self.board, FINE)

    def lit(self, strength: float = 0.35) -> Tensor:
        """The canvas in light that comes from the upper left, [1, 3, H, W], RGB in [0, 1].

        Args:
            strength: how much lighter a place gets where the paint rises by 1 per pixel of the board downwards, or to
                the right.
        """
        down, right = _rises(blurred(self.relief, FINE / 6))
        # what rises downwards and to the right is turned to the light
        return functional.avg_pool2d((self.board + strength * (down + right)).clamp(0, 1), FINE)


def oil_painting(
    photo: Tensor,
    radii: Sequence[int] = RADII,
    threshold: float = 0.08,
    stroke: Stroke = stroke,
    seed: int = 0,
) -> Iterator[Layer]:
    """A photo in brush strokes: the canvas after each brush.

    Args:
        photo: [1, 3, H, W], RGB in [0, 1].
        radii: of the brushes in pixels, from large to small.
        threshold: from what mean distance in RGB on a square as wide as the brush's radius gets a stroke.
        stroke: smooth photo, canvas, slope, start, radius -> points; yours or ours.
        seed: of the order of the strokes, and of small differences in colour.

    Raises:
        InputError: for something that is not a picture, and radii that do not fall.
    """
    check_given(photo, "the photo")
    for radius in radii:
        check_whole(radius, "a brush's radius")
    if not radii or list(radii) != sorted(set(radii), reverse=True):
        raise InputError(f"radii fall from brush to brush, as in {list(RADII)}, not {list(radii)}")
    return _layers(photo, radii, threshold, stroke, random.Random(seed))


def _layers(
    photo: Tensor, radii: Sequence[int], threshold: float, stroke: Stroke, dice: random.Random
) -> Iterator[Layer]:
    height, width = photo.shape[2:]
    size = (FINE * width, FINE * height)
    board, relief = Image.new("RGB", size, _bytes(PRIMED)), Image.new("F", size)
    for radius in radii:
        smooth = blurred(photo, radius / 2)
        slope = slope_of(smooth)
        canvas = functional.avg_pool2d(to_tensor(board), FINE)
        strokes = [
            stroke(smooth[0], canvas[0], slope, start, radius)
            for start in _worst_places(torch.linalg.vector_norm(smooth - canvas, dim=1)[0], radius, threshold)
        ]
        dice.shuffle(strokes)
        for points in strokes:
            row, column = points[0].round().int().tolist()
            _paint(board, relief, points, smooth[0, :, row, column], radius, dice)
        thickness = torch.frombuffer(bytearray(relief.tobytes()), dtype=torch.float32).view(1, 1, *size[::-1])
        yield Layer(radius, tuple(strokes), to_tensor(board), thickness)


def _worst_places(off: Tensor, radius: int, threshold: float) -> Iterator[tuple[int, int]]:
    """Of each square, radius x radius, that is off by more than the threshold on average, the place that is most."""
    height, width = off.shape
    for top in range(0, height, radius):
        for left in range(0, width, radius):
            square = off[top : top + radius, left : left + radius]
            if square.mean() > threshold:
                row, column = divmod(int(square.argmax()), square.shape[1])
                yield top + row, left + column


def _paint(
    board: Image.Image, relief: Image.Image, points: Tensor, colour: Tensor, radius: int, dice: random.Random
) -> None:
    """One stroke in one colour; on the relief a low edge, a higher middle, and a few bristles."""
    line = [((column + 0.5) * FINE, (row + 0.5) * FINE) for row, column in points.tolist()]
    thick, thin = 2 * radius * FINE, dice.uniform(0, 0.3)
    _line(board, line, thick, _bytes([value + dice.gauss(0, 0.015) for value in colour.tolist()]))
    _line(relief, line, thick, thin)
    _line(relief, line, 0.7 * thick, thin + 0.5)
    for _ in range(3):
        across, along = (dice.uniform(-0.3, 0.3) * thick for _ in range(2))
        bristle = [(x + across, y + along) for x, y in line]
        _line(relief, bristle, 0.15 * thick, thin + dice.uniform(0.2, 1))


def _line(on: Image.Image, line: list[tuple[float, float]], thick: float, fill: tuple[int, ...] | float) -> None:
    """A line with round ends and joints."""
    pen = ImageDraw.Draw(on)
    if len(line) > 1:
        pen.line(line, fill=fill, width=max(1, round(thick)), joint="curve")
    for x, y in (line[0], line[-1]):
        pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=fill)


def _bytes(colour: Sequence[float]) -> tuple[int, ...]:
    return tuple(round(255 * min(1.0, max(0.0, value))) for value in colour)
