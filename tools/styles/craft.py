"""Craft: a woven rug and a carved, printed block. Both are drawn field by field, not mark by mark."""

import numpy as np
from canvas import coverage
from field import Array, colour, fractal_noise, grid, mix, palette, paper, ramp, smoothstep, warp
from scipy import ndimage
from scipy.interpolate import CubicSpline
from skimage.draw import disk

# One breaker from trough to trough, curling to the left: right and up, in its own length and height.
BREAKER = np.array(
    [
        (0.00, 0.02),
        (0.16, 0.05),
        (0.30, 0.24),
        (0.35, 0.50),
        (0.31, 0.72),
        (0.22, 0.81),
        (0.13, 0.77),
        (0.07, 0.64),
        (0.03, 0.74),
        (0.05, 0.90),
        (0.14, 1.01),
        (0.27, 1.04),
        (0.42, 0.93),
        (0.57, 0.66),
        (0.72, 0.34),
        (0.87, 0.11),
    ]
)


def weave(rng: np.random.Generator, size: int) -> Array:
    """A flat-woven rug: stepped medallions, hooks and zigzag borders, in wool that was dyed in small lots.

    The motif is drawn on a coarse grid of knots (one for each crossing of warp and weft). Every crossing then becomes
    a bump of twisted yarn; its colour drifts from lot to lot and from row to row, and the rows themselves sag a little.
    """
    k = size / 640
    warps, wefts = 106, 150
    motif = _rug(warps, wefts)
    y, x = grid((size, size))
    x = x + 5 * k * (fractal_noise(rng, (size, size), 150 * k, 3) - 0.5)
    y = y + 7 * k * (fractal_noise(rng, (size, size), 120 * k, 3) - 0.5)
    column, row = x / size * warps, y / size * wefts
    row = row + 0.11 * np.sin(np.pi * column)
    i, j = np.clip(row.astype(int), 0, wefts - 1), np.clip(column.astype(int), 0, warps - 1)
    wool = palette("#982a26", "#1c2c52", "#e9dcc0", "#d8932c", "#53683e", "#35201a", "#b9695a")
    lots = 0.10 * (fractal_noise(rng, (wefts, 7), (9, 1), 2)[..., None] - 0.5)
    lots = lots + 0.014 * rng.standard_normal((wefts, 7, 3))
    yarn = wool[motif[i, j]] + lots[i, motif[i, j]] + 0.028 * rng.standard_normal((wefts, warps, 1))[i, j]
    shift = 0.5 * (i % 2)
    across, over = (row % 1) * 2 - 1, ((column + shift) % 1) * 2 - 1
    bump = np.sqrt(np.clip(1 - 0.92 * across**2, 0, 1)) * np.sqrt(np.clip(1 - 0.75 * over**2, 0, 1))
    twist = np.sin(2 * np.pi * (column * 1.7 + across * 0.55 + rng.random((wefts, 1))[i, 0]))
    fuzz = ndimage.gaussian_filter(rng.standard_normal((size, size)), (0.5, 1.3))
    shade = 0.38 + 0.72 * bump + 0.07 * twist * bump + 0.10 * fuzz - 0.10 * across * bump
    worn = 1.04 - 0.16 * fractal_noise(rng, (size, size), 130 * k, 4)
    rug: Array = np.clip(yarn * (shade * worn)[..., None], 0, 1)
    return rug


def _rug(warps: int, wefts: int) -> np.ndarray:
    """Indices into the wool colours for each crossing, [wefts, warps]."""
    v, u = np.mgrid[:wefts, :warps]
    u, v = np.abs(u - (warps - 1) / 2), np.abs(v - (wefts - 1) / 2) * warps / wefts
    rug = np.full((wefts, warps), 0)
    _medallions(rug, u, v)
    edge = np.minimum(warps / 2 - u, warps / 2 - v)
    along = np.where(warps / 2 - u < warps / 2 - v, v, u)
    bands = ((0, 1.5, 5), (1.5, 3, 3), (3, 12.5, 1), (12.5, 14, 2), (14, 15.5, 5))
    for low, high, wool in bands:
        rug[(edge >= low) & (edge < high)] = wool
    wave = 7.7 + 3.2 * (2 * np.abs((along / 9) % 1 - 0.5) * 2 - 1)
    inside = (edge >= 3) & (edge < 12.5)
    rug[inside & (edge < wave)] = 0
    rug[inside & (np.abs(edge - wave) < 0.9)] = 2
    for offset, centre in ((0.0, 10.6), (0.5, 4.9)):
        gem = np.abs(((along / 9 + offset) % 1 - 0.5) * 9) + np.abs(edge - centre)
        rug[inside & (gem < 2.0)] = 3
        rug[inside & (gem < 1.0)] = 5
    return rug


def _medallions(rug: np.ndarray, u: Array, v: Array) -> None:
    """Fill the field: one great stepped lozenge, four quarter ones in the corners, hooks between, small stars."""
    step_u, step_v = np.round(u / 2) * 2, np.round(v / 2) * 2
    rug[(np.round(u / 3) + np.round(v / 3)) % 4 == 0] = 6
    for centre_u, centre_v, reach in ((0, 0, 41), (40, 40, 27)):
        far = np.abs(step_u - centre_u) + np.abs(step_v - centre_v)
        hook = ((np.floor((np.abs(u - centre_u) - np.abs(v - centre_v)) / 2.5)) % 2 == 0) * 3.0
        rings = (
            (reach + hook, 5),
            (reach - 1, 2),
            (reach - 4, 1),
            (reach - 10, 3),
            (reach - 12, 4),
            (reach - 17, 2),
            (reach - 19, 0),
            (reach - 25, 5),
            (reach - 27, 3),
            (reach - 31, 1),
            (reach - 35, 2),
        )
        for radius, wool in rings:
            rug[far < radius] = wool
        slant = (np.abs(step_u - centre_u) - np.abs(step_v - centre_v)) % 8
        rug[(far < reach - 4) & (far >= reach - 10) & (slant < 3)] = 6 if centre_u else 2
    for centre_u, centre_v in ((30, 12), (12, 30)):
        star = np.abs(u - centre_u) + np.abs(v - centre_v)
        cross = np.minimum(np.abs(u - centre_u), np.abs(v - centre_v))
        rug[star < 6.5] = 1
        rug[(star < 5.5) & (cross < 1.2)] = 2
        rug[star < 2.2] = 3


def woodcut(rng: np.random.Generator, size: int) -> Array:
    """Breaking waves under a red sun: four colour blocks and a black one, cut with a gouge.

    Far waves come first. In each, the lines are level lines of the distance to its crest, as wide as the shade is
    deep, interrupted where the gouge was lifted. Flat inks show the grain of the plank and do not register exactly.
    """
    k = size / 640
    shape = (size, size)
    sheet = ramp(fractal_noise(rng, shape, 200 * k, 4), ("#ecdfc0", "#f6edd6")) * paper(rng, shape, 0.04)[..., None]
    tints, lines = _sky(rng, 2 * size, 2 * k)
    for outline, tips, height in _waves(rng, 2 * size, 2 * k):
        mask = coverage(2 * size, [outline], oversample=1) > 0.5
        _cut_wave(rng, tints, lines, mask, tips, height, 2 * k)
    plank = fractal_noise(rng, shape, (5 * k, 260 * k), 4, 0.6)
    plank = 0.5 + 0.5 * np.sin(26 * plank + 0.02 * grid(shape)[0] / k)
    picture = sheet
    for number, ink in enumerate(palette("#d9482b", "#a5c9bb", "#3d87a2", "#1f3f73")):
        layer = warp(_halve((tints == number + 1).astype(float)), *rng.normal(0, 0.9 * k, 2))
        salt = smoothstep(0.12, 0.3, fractal_noise(rng, shape, 3.5 * k, 2))
        layer = layer * (1 - 0.30 * plank**3) * (0.80 + 0.20 * salt)
        picture = mix(picture, ink * (0.35 + 0.65 * picture), layer)
    black = _halve(lines) * (1 - 0.8 * smoothstep(0.12, 0.06, fractal_noise(rng, shape, 4 * k, 2)))
    return mix(picture, colour("#17161c"), black * (0.96 - 0.12 * plank**4))


def _halve(field: Array) -> Array:
    """The mean of every two by two pixels."""
    half: Array = field.reshape(field.shape[0] // 2, 2, field.shape[1] // 2, 2).mean(axis=(1, 3))
    return half


def _sky(rng: np.random.Generator, size: int, k: float) -> tuple[np.ndarray, Array]:
    """Ink numbers (0 paper, 1 red, 2 pale, 3 middle, 4 deep) and black lines of the sun, its rays and the clouds."""
    y, x = grid((size, size))
    right, down = x - 0.72 * size, y - 0.20 * size
    sun = np.hypot(right, down) / k
    drift = fractal_noise(rng, (size, size), (60 * k, 220 * k), 4)
    tints = np.where(drift > 0.5, 2, 0)
    tints[(drift > 0.68) | (y < 0.05 * size + 40 * k * drift)] = 3
    tints[sun < 76] = 1
    tints[(sun >= 76) & (sun < 90)] = 0
    rays = np.abs((np.arctan2(down, right) * 46 / np.pi + 0.6 * drift) % 1 - 0.5) * 2
    lifted = fractal_noise(rng, (size, size), 30 * k, 3)
    lines = smoothstep(-0.04, 0.04, 0.30 + 0.5 * (drift - 0.5) + 0.6 * (lifted - 0.5) - rays) * (sun > 94)
    bars = np.abs((y / (7 * k) + 2 * drift) % 1 - 0.5) * 2
    shaded = smoothstep(-0.06, 0.06, 0.5 * smoothstep(-30, 80, down / k) - bars)
    lines = np.where(sun < 76, shaded, lines)
    banks = np.minimum(np.abs(drift - 0.5), np.abs(drift - 0.68)) / (np.hypot(*np.gradient(drift)) + 1e-9)
    return tints, np.maximum(lines, smoothstep(1.5 * k, 0.8 * k, banks) * (sun > 90))


def _waves(rng: np.random.Generator, size: int, k: float) -> list[tuple[Array, Array, float]]:
    """Waves from far to near: outline (x, y), tips of the breakers, height of the breakers (all in pixels)."""
    waves = []
    for level, length, height, first in (
        (0.53, 150, 62, -0.7),
        (0.63, 230, 105, -0.25),
        (0.80, 370, 225, -0.55),
        (0.93, 300, 118, -0.15),
        (1.06, 420, 150, -0.62),
    ):
        corners, tips = [], []
        left = first * length * k
        while left < size + length * k:
            wide, tall = length * k * rng.uniform(0.85, 1.2), height * k * rng.uniform(0.78, 1.12)
            unit = BREAKER * (wide, -tall) + (left, level * size)
            corners.append(unit)
            tips.append(unit[7:9].mean(axis=0))
            left += wide
        knots = np.concatenate(corners)
        along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(knots, axis=0).T))])
        crest = CubicSpline(along, knots)(np.arange(0, along[-1], 2.0))
        frame = np.array([[3 * size, 3 * size], [-3 * size, 3 * size]])
        waves.append((np.concatenate([crest, frame]), np.array(tips), height * k))
    return waves


def _cut_wave(
    rng: np.random.Generator, tints: np.ndarray, lines: Array, mask: np.ndarray, tips: Array, height: float, k: float
) -> None:
    """Carve one wave into the blocks, in place: claws of foam at the tips, bands of ink under black contour lines."""
    shape = mask.shape
    y, x = grid(shape)
    for tip in tips:
        for _ in range(22):
            spot = tip + height * (rng.normal(0, 1, 2) * (0.11, 0.08) + (0.03, -0.08))
            mask[disk(spot[::-1], height * rng.uniform(0.02, 0.06), shape=shape)] = True
    distance = ndimage.distance_transform_edt(mask) / k
    reach = np.min([np.hypot(x - tip[0], y - tip[1]) for tip in tips], axis=0) / height
    near = height / k / 225
    bend = fractal_noise(rng, shape, 70 * k, 3)
    lifted = fractal_noise(rng, shape, (16 * k, 40 * k), 4)
    lace = fractal_noise(rng, shape, (14 + 16 * near) * k, 3)
    foam = (3 + 5 * near) + (8 + 34 * near) * (np.exp(-((reach / 0.5) ** 2)) + 0.25) * (0.25 + 1.5 * (lace - 0.25))
    body = distance + 10 * (bend - 0.5)
    tints[mask] = np.choose(np.digitize(body, [18 + 26 * near, 40 + 58 * near]), (2, 3, 4))[mask]
    white = mask & (distance < foam)
    tints[white] = 0
    stripe = np.abs((body / (6 + 4.5 * near)) % 1 - 0.5) * 2
    shade = np.clip(0.16 + 0.42 * smoothstep(0, 50 + 90 * near, body) + 0.75 * (lifted - 0.5), 0, 0.8)
    cut = smoothstep(-0.07, 0.07, shade - stripe)
    edge = smoothstep(1.5, 0.7, np.abs(distance - foam) / (1 + np.hypot(*np.gradient(foam)) * k * 0.7))
    bubbles = smoothstep(0.02, 0.0, np.abs(lace - 0.62) - 0.012) * (reach < 0.75)
    rim = smoothstep(1.6 + 1.4 * near, 0.9 + 1.2 * near, distance)
    lines[mask] = np.maximum.reduce([np.where(white, 0.9 * bubbles, cut), edge, rim])[mask]
