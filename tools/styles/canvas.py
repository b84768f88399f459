"""A canvas that takes paint: bristle strokes with thickness, polygons, lines, discs. All coordinates are (x, y) pixels.

The canvas is drawn at twice its size and averaged down at the end, so hard-edged marks come out antialiased.
"""

import numpy as np
from field import Array, mix, relief
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw
from scipy import ndimage

OVERSAMPLE = 2
SPACING = 0.88  # of the samples in a stroke, in pixels of the double size


def resample(path: Array, spacing: float) -> Array:
    """The same polyline with points every `spacing` pixels or a little less, [n, 2]."""
    path = np.asarray(path, dtype=float)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    places = np.linspace(0, along[-1], max(int(np.ceil(along[-1] / spacing)) + 1, 2))
    return np.stack([np.interp(places, along, path[:, i]) for i in range(2)], axis=-1)


def normals(path: Array) -> Array:
    """Unit vectors across a path, [n, 2]."""
    tangent = np.gradient(path, axis=0)
    tangent = tangent / (np.hypot(*tangent.T)[:, None] + 1e-9)
    return np.stack([-tangent[:, 1], tangent[:, 0]], axis=-1)


def coverage(size: int, shapes: list[Array], widths: list[float] | None = None, oversample: int = 3) -> Array:
    """How much of each pixel many shapes cover, [size, size] in [0, 1]: filled polygons, or polylines if `widths`."""
    image = Image.new("L", (size * oversample, size * oversample))
    draw = ImageDraw.Draw(image)
    for i, shape in enumerate(shapes):
        points = [tuple(point) for point in (np.asarray(shape) + 0.5) * oversample]
        if widths is None:
            draw.polygon(points, fill=255)
        else:
            draw.line(points, fill=255, width=max(round(widths[i] * oversample), 1), joint="curve")
    return np.asarray(image.reduce(oversample), dtype=float) / 255


class Canvas:
    """Paint on a ground: `rgb` [H, W, 3] and the thickness of the paint `height` [H, W], both at double size."""

    def __init__(self, ground: ArrayLike, size: int) -> None:
        """`ground`: one colour [3] or a picture [size, size, 3]."""
        self.size = size
        full = np.broadcast_to(np.asarray(ground, dtype=np.float32), (size, size, 3))
        self.rgb: Array = full.repeat(OVERSAMPLE, axis=0).repeat(OVERSAMPLE, axis=1)
        self.height: Array = np.zeros(self.rgb.shape[:2], dtype=np.float32)

    def stroke(
        self,
        rng: np.random.Generator,
        path: Array,
        width: float,
        rgb: ArrayLike,
        *,
        opacity: float = 1.0,
        load: float = 1.0,
        taper: float = 0.35,
        streak: float = 0.06,
        thickness: float = 1.0,
        second: ArrayLike | None = None,
    ) -> None:
        """Drag a bristle brush along a path.

        `load`: 1 is a full brush, lower ones run dry towards the end; `taper`: how much the ends narrow (0..1);
        `streak`: colour difference between bristles; `second`: another colour, picked up by one side of the brush.
        """
        path = resample(np.asarray(path, dtype=float) * OVERSAMPLE, SPACING).astype(np.float32)
        half = 0.5 * width * OVERSAMPLE
        count, across = len(path), max(int(np.ceil(2 * half / SPACING)) + 1, 3)
        along = np.linspace(0, 1, count, dtype=np.float32)[:, None]
        side = np.linspace(-1, 1, across, dtype=np.float32)[None, :]
        bristles = _bristles(rng, count, across, half)
        reach = half * (1 - taper * np.abs(2 * along - 1) ** 2.5)
        spots = path[:, None] + (reach * side)[..., None] * normals(path)[:, None]
        alpha = opacity * _contact(rng, bristles, along, side, count, half, load)
        paint = np.asarray(rgb, dtype=np.float32) + streak * (bristles - 0.5)[..., None] * 2
        if second is not None:
            share = np.clip(0.5 + 0.6 * side + 0.9 * (bristles - 0.5), 0, 1)
            paint = mix(paint, np.asarray(second, dtype=np.float32) + streak * (bristles - 0.5)[..., None] * 2, share)
        ridge = thickness * (0.45 + 0.55 * bristles + 0.35 * np.abs(side) ** 6 + 0.3 * along**12)
        self._lay(spots, paint, alpha, ridge * min(1.0, half / 6))

    def _lay(self, spots: Array, paint: Array, alpha: Array, ridge: Array) -> None:
        """Blend samples (x, y) of paint into the canvas; where two meet in one pixel, the last one counts."""
        places = np.rint(spots).astype(np.int32).reshape(-1, 2)
        column, row = places[:, 0], places[:, 1]
        alpha = alpha.ravel()
        height, width = self.height.shape
        kept = np.flatnonzero((alpha > 0.02) & (column >= 0) & (row >= 0) & (column < width) & (row < height))
        index, alpha = (row * width + column)[kept], alpha[kept].astype(np.float32)
        colours, heights = self.rgb.reshape(-1, 3), self.height.reshape(-1)
        before = colours[index]
        colours[index] = before + (np.clip(paint.reshape(-1, 3)[kept], 0, 1) - before) * alpha[:, None]
        below = heights[index]
        heights[index] = below + (ridge.ravel()[kept] - 0.65 * below) * alpha

    def polygon(self, points: Array, rgb: ArrayLike, opacity: float = 1.0, thickness: float = 0.0) -> None:
        """Fill a polygon [n, 2]."""
        points = (np.asarray(points, dtype=float) + 0.5) * OVERSAMPLE
        low = np.clip(np.floor(points.min(axis=0)).astype(int), 0, self.size * OVERSAMPLE)
        high = np.clip(np.ceil(points.max(axis=0)).astype(int) + 1, 0, self.size * OVERSAMPLE)
        if (high <= low).any():
            return
        image = Image.new("L", (int(high[0] - low[0]), int(high[1] - low[1])))
        ImageDraw.Draw(image).polygon([tuple(point) for point in points - low], fill=255)
        mask = np.asarray(image, dtype=np.float32) / 255 * opacity
        window = (slice(low[1], high[1]), slice(low[0], high[0]))
        self.rgb[window] += (np.asarray(rgb, dtype=np.float32) - self.rgb[window]) * mask[..., None]
        self.height[window] += thickness * mask

    def line(self, path: Array, width: ArrayLike, rgb: ArrayLike, opacity: float = 1.0, thickness: float = 0.0) -> None:
        """A round-ended line that may cross itself; `width`: one number, or one for each point of the path."""
        path = np.asarray(path, dtype=float)
        widths = np.broadcast_to(np.asarray(width, dtype=float), len(path)) * OVERSAMPLE
        dense = resample(path * OVERSAMPLE, max(0.2 * float(widths.mean()), 0.8))
        reach = 0.5 * np.interp(np.linspace(0, 1, len(dense)), np.linspace(0, 1, len(path)), widths)
        low = np.clip(np.floor(dense.min(axis=0) - reach.max()).astype(int), 0, self.size * OVERSAMPLE)
        high = np.clip(np.ceil(dense.max(axis=0) + reach.max()).astype(int) + 1, 0, self.size * OVERSAMPLE)
        if (high <= low).any():
            return
        window = (slice(low[1], high[1]), slice(low[0], high[0]))
        whole = _beads(dense - low, reach, high - low) * opacity
        self.rgb[window] += (np.asarray(rgb, dtype=np.float32) - self.rgb[window]) * whole[..., None]
        if thickness:
            core = _beads(dense - low, reach * 0.5, high - low)
            self.height[window] += thickness * (0.6 * whole + 0.4 * core)

    def disc(
        self, centre: ArrayLike, radius: float, rgb: ArrayLike, opacity: float = 1.0, thickness: float = 0.0
    ) -> None:
        """A filled circle."""
        x, y = (float(c) * OVERSAMPLE + 0.5 for c in np.asarray(centre))
        radius, edge = radius * OVERSAMPLE, self.size * OVERSAMPLE
        left, right = max(int(x - radius), 0), min(int(x + radius) + 2, edge)
        top, bottom = max(int(y - radius), 0), min(int(y + radius) + 2, edge)
        if right <= left or bottom <= top:
            return
        across, down = np.arange(left, right) - x, np.arange(top, bottom) - y
        mask = opacity * (across**2 + down[:, None] ** 2 <= radius**2)
        window = (slice(top, bottom), slice(left, right))
        self.rgb[window] += (np.asarray(rgb) - self.rgb[window]) * mask[..., None]
        self.height[window] += thickness * mask

    def picture(self, light: float = 0.0, angle: float = 225.0, sheen: float = 0.08) -> Array:
        """The canvas at its own size, [size, size, 3]; `light` > 0 lights the thickness of the paint."""
        rgb = self.rgb
        if light:
            shade = relief(ndimage.gaussian_filter(self.height, 0.7), light, angle)[..., None]
            rgb = rgb * shade + sheen * np.clip(shade - 1.1, 0, 1) * 2
        folded = np.clip(rgb, 0, 1).reshape(self.size, OVERSAMPLE, self.size, OVERSAMPLE, 3)
        picture: Array = folded.mean(axis=(1, 3))
        return picture


def _beads(points: Array, reach: Array, extent: Array) -> Array:
    """Mask of discs in a row, [h, w] in {0, 1}: the points (x, y), their radii, the width and height of the mask."""
    image = Image.new("L", (int(extent[0]), int(extent[1])))
    draw = ImageDraw.Draw(image)
    for (x, y), radius in zip(points, reach, strict=True):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(image, dtype=np.float32) / 255


def _bristles(rng: np.random.Generator, count: int, across: int, half: float) -> Array:
    """Streaks along a stroke in [0, 1], [count, across]: each bristle has a value that drifts slowly on its way."""
    number = max(int(half / 1.1), 3)
    knots = max(count // 60, 1) + 2
    values = rng.random(number)[None] * 0.7 + rng.random((knots, number)) * 0.3
    tracks = np.linspace(0, number - 1, across)
    values = np.stack([np.interp(tracks, np.arange(number), row) for row in values]).astype(np.float32)
    places = np.linspace(0, knots - 1.001, count)
    first = places.astype(int)
    return mix(values[first], values[first + 1], (places - first).astype(np.float32)[:, None])


def _contact(
    rng: np.random.Generator, bristles: Array, along: Array, side: Array, count: int, half: float, load: float
) -> Array:
    """Where the brush touches, [count, across] in [0, 1]: ragged round ends, gaps where bristles run dry."""
    unit = half / (SPACING * count)
    shift = 0.5 * unit * (0.6 + 1.4 * bristles)
    rounding = unit * (1 - np.sqrt(np.clip(1 - side**2, 0, 1)))
    start, end = rounding + shift * bristles[:1], 1 - rounding - 3 * shift * (1 - bristles[-1:])
    inside = (along >= start) & (along <= end)
    wet = load * 1.5 - along * (1.6 - load) * 0.9
    speckle = rng.random(bristles.shape, dtype=np.float32) * np.float32(0.25)
    touching: Array = inside * np.clip((wet - 0.75 * (1 - bristles) - speckle) * 5 + 0.5, 0, 1)
    return touching
