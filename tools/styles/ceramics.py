"""Glazed tiles: coloured glazes kept apart by dark lines, in squares of three sizes."""

import numpy as np
from field import Array, fractal_noise, mix, palette, ramp, relief, smoothstep
from numpy.typing import NDArray
from pieces import Labels, border_distance, cells, fine_grid, shrink
from scipy import ndimage

LARGE = 4  # large tiles to a side
FIGURE = ("#0e2a66", "#1d4f9e", "#12666a", "#b5541c", "#8f2418", "#3a1740", "#0e2a66")
GROUND = ("#f6ead0", "#f1dfae", "#dfe5bd", "#f6e5c0", "#f3d193", "#f0dcbc", "#f6ead0")
LINE = palette("#20160f")[0]


def truchet(rng: np.random.Generator, size: int) -> Array:
    """A wall of Truchet tiles in three sizes that still join (after Carlson, "Multi-Scale Truchet Patterns", 2018: each
    smaller size swaps figure and ground and overlaps its neighbours with round wings). Fired as cuerda seca: the
    glazes swell between dark greasy lines, pool, craze and shine; every tile comes out of the kiln a little different.
    """
    figure, tile, level = _wall(rng, size * 2)
    inward = border_distance(figure)
    unit = size / 320
    y, x = fine_grid(size)
    drift = fractal_noise(rng, figure.shape, 230 * unit, octaves=2, persistence=0.3)
    drift = np.clip(0.75 * drift + 0.25 * (x + y) / 2 + 0.06 * level, 0, 1)
    count = tile.max() + 1
    shade = rng.normal(0, 1, (count, 2))
    place = np.clip(drift + 0.035 * shade[:, 0][tile], 0, 1)
    rgb = np.where(figure[..., None], ramp(place, FIGURE), ramp(place, GROUND))
    rgb = _ornament(rgb, figure, inward / unit, level, place)
    rgb = rgb * (1 + 0.045 * shade[:, 1][tile])[..., None]
    return shrink(_fire(rng, rgb, figure, inward, tile, unit))


def _wall(rng: np.random.Generator, side: int) -> tuple[NDArray[np.bool_], Labels, Array]:
    """Lay the tiles, large ones first: what is figure, which tile each pixel is on, and the level of that tile."""
    figure = np.zeros((side, side), dtype=bool)
    tile, level = np.zeros((side, side), dtype=int), np.zeros((side, side))
    count = 0
    waiting = [(i, j) for i in range(-1, LARGE + 1) for j in range(-1, LARGE + 1)]
    for depth in range(3):
        edge, split = side / LARGE / 2**depth, []
        for i, j in waiting:
            middle_y, middle_x = (i + 0.5) * edge / side, (j + 0.5) * edge / side
            along = abs(np.hypot(middle_x - 0.36, middle_y - 0.62) - 0.37)
            chance = (0.92 - 1.9 * along, 0.85 - 3.2 * along, 0)[depth]
            count += 1
            _lay(figure, tile, level, (i * edge, j * edge, edge), int(rng.integers(7)), depth, count)
            if rng.random() < chance:
                split += [(2 * i + a, 2 * j + b) for a in (0, 1) for b in (0, 1)]
        waiting = split
    return figure, tile, level


def _lay(
    figure: NDArray[np.bool_],
    tile: Labels,
    level: Array,
    place: tuple[float, float, float],
    motif: int,
    depth: int,
    count: int,
) -> None:
    """Put one tile (top, left, edge) down, with its wings."""
    top, left, edge = place
    side = figure.shape[0]
    low = np.clip(np.floor([top - edge / 3, left - edge / 3]).astype(int), 0, side)
    high = np.clip(np.ceil([top + edge * 4 / 3, left + edge * 4 / 3]).astype(int), 0, side)
    if (high <= low).any():
        return
    window = (slice(low[0], high[0]), slice(low[1], high[1]))
    y, x = np.mgrid[window].astype(float)
    y, x = (y + 0.5 - top) / edge, (x + 0.5 - left) / edge
    inside = (np.abs(y - 0.5) <= 0.5) & (np.abs(x - 0.5) <= 0.5)
    corner = np.hypot(np.minimum(np.abs(y), np.abs(y - 1)), np.minimum(np.abs(x), np.abs(x - 1))) < 1 / 3
    ends = [np.hypot(y - a, x - b) < 1 / 6 for a, b in ((0, 0.5), (1, 0.5), (0.5, 0), (0.5, 1))]
    ink = np.logical_or.reduce(ends) | (inside & _motif(y, x, motif))
    region = figure[window]
    region[inside | corner] = depth % 2 == 1
    region[ink] = depth % 2 == 0
    tile[window][inside] = count
    level[window][inside] = depth


def _motif(y: Array, x: Array, motif: int) -> NDArray[np.bool_]:
    """Bands on the unit square that leave it only at the middles of its sides."""

    def arc(a: int, b: int) -> NDArray[np.bool_]:
        near: NDArray[np.bool_] = np.abs(np.hypot(y - a, x - b) - 0.5) < 1 / 6
        return near

    row, column = np.abs(y - 0.5) < 1 / 6, np.abs(x - 0.5) < 1 / 6
    if motif in (0, 1):
        return arc(0, 0) | arc(1, 1)
    if motif in (2, 3):
        return arc(0, 1) | arc(1, 0)
    if motif == 4:
        return arc(0, 0) | arc(0, 1) | arc(1, 0) | arc(1, 1)
    return row | (column & (y < 0.5)) if motif == 5 else row | column


def _ornament(rgb: Array, figure: NDArray[np.bool_], inward: Array, level: Array, place: Array) -> Array:
    """Lines and pearls that follow the borders, more of them where there is room."""
    light, dark = ramp(place, GROUND), ramp(place, FIGURE)
    other = np.where(figure[..., None], light, dark)
    warm = ramp(1 - place, ("#e2a43a", "#c8452a", "#f0c766"))
    second = np.where(figure[..., None], ramp(np.abs(place - 0.33), FIGURE), 0.94 * light)
    depth = inward / np.array([1.0, 0.8, 0.9])[level.astype(int)]
    rgb = mix(rgb, other, 0.9 * smoothstep(0.9, 0.4, np.abs(depth - 6.0)))
    rgb = mix(rgb, second, smoothstep(10.5, 11.2, depth))
    rgb = mix(rgb, other, 0.9 * smoothstep(1.2, 0.7, np.abs(depth - 11)))
    rgb = mix(rgb, warm, smoothstep(19.2, 20, depth) * figure)
    rgb = mix(rgb, dark, smoothstep(1.3, 0.8, np.abs(depth - 19.5)))
    return mix(rgb, dark, 0.9 * smoothstep(30, 31, depth) * ~figure)


def _fire(
    rng: np.random.Generator, rgb: Array, figure: NDArray[np.bool_], inward: Array, tile: Labels, unit: float
) -> Array:
    """From colours to fired glaze: thickness, line, crazing, pinholes, seams, chips and the light of a window."""
    shape = figure.shape
    cloud = fractal_noise(rng, shape, 34 * unit, octaves=5, persistence=0.6)
    fine = fractal_noise(rng, shape, 7 * unit, octaves=3, persistence=0.7)
    swell = np.sqrt(np.clip(inward / (5 * unit), 0, 1))
    rgb = rgb * (0.72 + 0.24 * swell + 0.22 * (cloud - 0.5) + 0.13 * (fine - 0.5))[..., None]
    line = smoothstep(1.5, 0.8, inward / unit + 0.7 * (fine - 0.5))
    rgb = mix(rgb, LINE * (0.8 + 0.7 * fine[..., None]), line)
    rgb = _craze(rng, rgb, unit)
    seam = border_distance(tile) / unit + 0.8 * (fine - 0.5)
    height = 2.6 * unit * swell * (1 - 0.6 * line) + 0.55 * unit * cloud + 2.2 * unit * smoothstep(0.4, 2.2, seam)
    lit = relief(ndimage.gaussian_filter(height, 0.8 * unit), 0.55)
    rgb = rgb * lit[..., None] + 0.55 * smoothstep(1.17, 1.42, lit)[..., None]
    pits = ndimage.gaussian_filter((rng.random(shape) < 0.0007).astype(float), 0.9 * unit) * 18
    rgb = mix(rgb, LINE * 1.8, np.clip(pits, 0, 0.8))
    grout = ramp(fine, ("#5b4d40", "#8d7d69"))
    rgb = mix(rgb, grout, smoothstep(0.95, 0.35, seam))
    y, x = np.mgrid[: shape[0], : shape[1]] / shape[0]
    window = np.exp(-(((x + 0.7 * y - 0.62) / 0.16) ** 2)) + 0.6 * np.exp(-(((x + 0.7 * y - 1.1) / 0.05) ** 2))
    fired: Array = rgb + (0.075 * window * (0.4 + 0.6 * cloud) * (1 - line))[..., None]
    return fired


def _craze(rng: np.random.Generator, rgb: Array, unit: float) -> Array:
    """The fine net of cracks in an old glaze, stained brown, in patches."""
    shape = rgb.shape[:2]
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    bend = [9 * unit * fractal_noise(rng, shape, 30 * unit, octaves=3) for _ in range(2)]
    net = border_distance(cells(rng, (y + bend[0]) / (15 * unit), (x + bend[1]) / (15 * unit), 0.95))
    where = smoothstep(0.35, 0.7, fractal_noise(rng, shape, 150 * unit, octaves=3))
    return mix(rgb, rgb * 0.55, 0.6 * where * smoothstep(0.55 * unit, 0.15 * unit, net))
