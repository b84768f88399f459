"""Scalar and vector fields on a pixel grid: noise, flow, light, grain and colour ramps.

Arrays are [H, W] (scalars) or [H, W, 3] (RGB in [0, 1]); rows run down (y), columns run right (x).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

Array = NDArray[Any]
Shape = tuple[int, int]

_TO_LMS = np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]])
_TO_LAB = np.array([[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]])


def colour(code: str) -> Array:
    """`"#rrggbb"` -> RGB in [0, 1], [3]."""
    digits = code.lstrip("#")
    return np.array([int(digits[i : i + 2], 16) for i in (0, 2, 4)]) / 255


def palette(*codes: str) -> Array:
    """Several hex colours -> [n, 3]."""
    return np.stack([colour(code) for code in codes])


def _to_oklab(rgb: ArrayLike) -> Array:
    linear = np.clip(np.asarray(rgb, dtype=float), 0, 1) ** 2.2
    lab: Array = np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T
    return lab


def _from_oklab(lab: Array) -> Array:
    linear = ((lab @ np.linalg.inv(_TO_LAB).T) ** 3) @ np.linalg.inv(_TO_LMS).T
    rgb: Array = np.clip(linear, 0, 1) ** (1 / 2.2)
    return rgb


def ramp(field: Array, colours: Sequence[str] | Array) -> Array:
    """Map a field in [0, 1] smoothly through a list of colours (mixed in Oklab, so no muddy middles) -> [..., 3]."""
    stops = palette(*colours) if isinstance(colours[0], str) else np.asarray(colours)
    lab = _to_oklab(stops)
    knots = np.linspace(0, 1, len(stops))
    fine = np.linspace(0, 1, 512)
    table = _from_oklab(np.stack([np.interp(fine, knots, lab[:, i]) for i in range(3)], axis=-1))
    rgb: Array = table[(np.clip(field, 0, 1) * 511 + 0.5).astype(int)]
    return rgb


def mix(first: ArrayLike, second: ArrayLike, amount: ArrayLike) -> Array:
    """`first` where amount is 0, `second` where it is 1. A field [H, W] as amount mixes colours pixel by pixel."""
    first, second, amount = np.asarray(first), np.asarray(second), np.asarray(amount)
    deepest = max(first.ndim, second.ndim)
    if amount.ndim and deepest and deepest != amount.ndim:
        amount = amount[..., None]
    mixed: Array = first + (second - first) * amount
    return mixed


def vary(rng: np.random.Generator, rgb: ArrayLike, value: float = 0.05, hue: float = 0.03) -> Array:
    """A neighbour of the colour: lighter or darker by about `value`, each channel shifted by about `hue`."""
    rgb = np.asarray(rgb)
    lightness = rng.normal(0, value, (*rgb.shape[:-1], 1))
    return np.clip(rgb + lightness + rng.normal(0, hue, rgb.shape), 0, 1)


def grid(shape: Shape) -> tuple[Array, Array]:
    """Pixel coordinates (y, x), each [H, W]."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    return y, x


def smoothstep(low: float | Array, high: float | Array, value: ArrayLike) -> Array:
    """0 below `low`, 1 above `high`, a smooth S between. With high < low it falls instead."""
    t = np.clip((np.asarray(value) - low) / (high - low), 0, 1)
    rise: Array = t * t * (3 - 2 * t)
    return rise


def _spline_rows(length: int, cell: float, offset: float) -> tuple[Array, int]:
    """Weights [length, knots] of a uniform cubic B-spline with a knot every `cell` pixels."""
    position = np.arange(length) / cell + offset
    first = np.floor(position).astype(int)
    t = position - first
    weights = np.zeros((length, first[-1] + 4))
    cubic = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    for i, weight in enumerate(cubic):
        weights[np.arange(length), first + i] = weight / 6
    return weights, weights.shape[1]


def fractal_noise(
    rng: np.random.Generator,
    shape: Shape,
    scale: float | tuple[float, float],
    octaves: int = 5,
    persistence: float = 0.5,
) -> Array:
    """Smooth noise in [0, 1]: forms of `scale` pixels ((y, x) for stretched ones), each octave half as large."""
    scale_y, scale_x = scale if isinstance(scale, tuple) else (scale, scale)
    total = np.zeros(shape)
    for octave in range(octaves):
        rows, count_y = _spline_rows(shape[0], max(scale_y / 2**octave, 1.0), rng.random())
        columns, count_x = _spline_rows(shape[1], max(scale_x / 2**octave, 1.0), rng.random())
        total += persistence**octave * (rows @ rng.standard_normal((count_y, count_x)) @ columns.T)
    return stretch(total, 0.5)


def stretch(field: Array, tail: float = 0.0) -> Array:
    """Rescale a field to [0, 1], cutting `tail` per cent at either end."""
    low, high = np.percentile(field, [tail, 100 - tail])
    stretched: Array = np.clip((field - low) / max(high - low, 1e-9), 0, 1)
    return stretched


def warp(array: Array, dx: ArrayLike, dy: ArrayLike) -> Array:
    """Look up `array` at (x + dx, y + dy): bilinear, mirrored at the border. Takes [H, W] or [H, W, C]."""
    y, x = grid((array.shape[0], array.shape[1]))
    where = np.stack([y + dy, x + dx])
    if array.ndim == 2:
        looked_up: Array = ndimage.map_coordinates(array, where, order=1, mode="reflect")
        return looked_up
    return np.stack([warp(array[..., i], dx, dy) for i in range(array.shape[2])], axis=-1)


def flow(
    rng: np.random.Generator, shape: Shape, scale: float, vortices: int = 0, drift: tuple[float, float] = (0.0, 0.0)
) -> tuple[Array, Array]:
    """A unit vector field (u, v) = (right, down): the curl of noise, with whirls and a general `drift` added."""
    potential = fractal_noise(rng, shape, scale, octaves=2, persistence=0.35) * scale * 1.5
    y, x = grid(shape)
    for _ in range(vortices):
        centre_y, centre_x = rng.uniform(0.1, 0.9, 2) * shape
        radius = rng.uniform(0.6, 1.2) * scale
        spin = rng.choice([-1.0, 1.0]) * 2
        potential += spin * radius * np.exp(-np.hypot(y - centre_y, x - centre_x) / radius)
    along_y, along_x = (np.gradient(potential, axis=axis) for axis in (0, 1))
    return unit(along_y + drift[0], -along_x + drift[1])


def unit(u: Array, v: Array) -> tuple[Array, Array]:
    """The same directions with length 1."""
    length = np.hypot(u, v) + 1e-9
    return u / length, v / length


def relief(height: Array, strength: float = 1.0, angle: float = 225.0) -> Array:
    """Light on a rough surface, a factor around 1 [H, W]. `angle`: where the light comes from, 225 = upper left."""
    slope_y, slope_x = np.gradient(height)
    direction = np.deg2rad(angle)
    facing = strength * (slope_x * np.cos(direction) + slope_y * np.sin(direction))
    light: Array = 1 - 0.45 * np.tanh(facing)
    return light


def paper(rng: np.random.Generator, shape: Shape, strength: float = 0.06) -> Array:
    """Tooth of a sheet, a factor around 1 [H, W]: fine grain, longer fibres both ways, a slow unevenness."""
    grain = ndimage.gaussian_filter(rng.standard_normal(shape), 0.8)
    fibres = sum(ndimage.gaussian_filter(rng.standard_normal(shape), sigma) for sigma in ((0.6, 4.0), (4.0, 0.6)))
    slow = fractal_noise(rng, shape, shape[0] / 4, octaves=3) - 0.5
    tooth = grain / grain.std() + 0.7 * fibres / np.std(fibres)
    factor: Array = 1 + strength * (0.6 * tooth + 0.8 * slow)
    return factor


def scatter(rng: np.random.Generator, shape: Shape, spacing: float, jitter: float = 0.8) -> Array:
    """Evenly spread points (x, y), [n, 2], in random order: a staggered lattice, shaken by `jitter` of its spacing."""
    rows = np.arange(-0.5, shape[0] / spacing + 0.5)
    columns = np.arange(-0.5, shape[1] / spacing + 0.5)
    y, x = np.meshgrid(rows, columns, indexing="ij")
    x = x + 0.5 * (np.arange(len(rows)) % 2)[:, None]
    points = np.stack([x, y], axis=-1).reshape(-1, 2)
    points = (points + rng.uniform(-0.5, 0.5, points.shape) * jitter) * spacing
    return rng.permutation(points)


def sample(array: Array, points: Array) -> Array:
    """Values of [H, W] or [H, W, C] at the pixels nearest to points (x, y), [..., 2]; the border goes on outside."""
    column = np.clip(np.rint(points[..., 0]).astype(int), 0, array.shape[1] - 1)
    row = np.clip(np.rint(points[..., 1]).astype(int), 0, array.shape[0] - 1)
    values: Array = array[row, column]
    return values


def trace(u: Array, v: Array, starts: Array, length: float, step: float = 3.0) -> Array:
    """Follow a vector field from many points at once: paths (x, y), [n, steps, 2], centred on their starts."""
    steps = max(int(length / step / 2), 1)
    halves = []
    for sign in (-1, 1):
        point, half = np.array(starts, dtype=float), []
        for _ in range(steps):
            point = point + sign * step * np.stack([sample(u, point), sample(v, point)], axis=-1)
            half.append(point)
        halves.append(half)
    return np.stack([*reversed(halves[0]), np.asarray(starts, dtype=float), *halves[1]], axis=1)
