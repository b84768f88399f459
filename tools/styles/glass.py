"""Leaded glass: a landscape cut into pieces of coloured light."""

from collections.abc import Callable

import numpy as np
from field import Array, fractal_noise, mix, palette, ramp, relief, smoothstep
from numpy.typing import NDArray
from pieces import Labels, border_distance, borders, cells, fine_grid, number, shrink, turned
from scipy import ndimage

SUN = (0.29, 0.64)
# Colours of the glass, region by region, each from dark to light.
GLASS = (
    ("#14205e", "#1d3c94", "#2f6fbe", "#6a63b5", "#d77a8a", "#f6b45c", "#ffe29a"),  # sky, from far to near the sun
    ("#f08a1d", "#ffc23d", "#fff0b0"),  # sun
    ("#3a3f86", "#5a67ad", "#7f93c9"),  # mountains
    ("#0f4d3c", "#1f7a4d", "#5aa345"),  # far hills
    ("#234c1f", "#5c8a24", "#b9bd3a"),  # near hills
    ("#0b5a7c", "#25a0ae", "#b5e8dc"),  # river
    ("#2b1411", "#5a2a1b", "#8a4a26"),  # trunk
    ("#6d0f1f", "#b81d24", "#e2541d", "#f49b26"),  # leaves
)
Place = Callable[[int, NDArray[np.bool_], Array, Array, Array], None]
SKY, DISC, MOUNTAIN, FAR, NEAR, RIVER, TRUNK, LEAVES = range(8)


def stained_glass(rng: np.random.Generator, size: int) -> Array:
    """A valley with river, low sun and a red tree. Each form has its own coordinates (rings and rays around the sun,
    layers of the hills, the course of the river), and is cut into Voronoi pieces in them, so the leads follow the
    design. Every piece gets its own glass: streaks, bubbles, uneven thickness. Light from behind spills over the lead.
    """
    region, u, v, tone = _cartoon(size)
    labels = np.zeros(region.shape, dtype=int)
    for i in range(len(GLASS)):
        inside = region == i
        labels[inside] = cells(rng, u[inside], v[inside], 0.75) + i * 10**8
    labels, count = number(labels)
    glass = _glass(rng, region, labels, count, tone, size)
    return shrink(_lead(rng, glass, labels, region, size))


def _river_line(y: Array) -> Array:
    """Where the middle of the river is at each height."""
    return 0.60 + 0.15 * np.sin((y - 0.60) * 9.5) * smoothstep(0.55, 0.95, y) - 0.10 * smoothstep(0.7, 1.1, y)


def _cartoon(size: int) -> tuple[Labels, Array, Array, Array]:
    """The design: region, coordinates (u, v) of its pieces (one unit = one piece) and tone from 0 dark to 1 light."""
    y, x = fine_grid(size)
    radius = np.hypot(y - SUN[0], x - SUN[1])
    turn = np.arctan2(y - SUN[0], x - SUN[1])
    region = np.zeros(y.shape, dtype=int)
    u, v = np.log(radius + 0.02) * 2.9, turn * 30 / (2 * np.pi)
    tone = 1 - smoothstep(0.08, 0.68, radius + 0.09 * np.cos(turn * 10) * smoothstep(0.1, 0.3, radius))

    def place(number: int, mask: NDArray[np.bool_], new_u: Array, new_v: Array, new_tone: Array) -> None:
        for target, value in ((region, number), (u, new_u), (v, new_v), (tone, new_tone)):
            target[mask] = np.broadcast_to(value, mask.shape)[mask]

    place(DISC, radius < 0.105, radius / 0.058, turn * 7 / (2 * np.pi), 1 - radius / 0.12)
    ridge = 0.545 - 0.10 * np.abs(np.sin(x * 5.2 + 0.5)) - 0.05 * np.abs(np.sin(x * 11 + 2))
    place(MOUNTAIN, y > ridge, (y - ridge) / 0.09, x / 0.08, 0.9 - (y - ridge) / 0.2)
    far = 0.565 + 0.035 * np.sin(x * 6.5 + 1.0)
    place(FAR, y > far, (y - far) / 0.055, x / 0.10 + 0.7 * y, 0.95 - (y - far) / 0.22 + 0.15 * np.sin(x * 9))
    near = 0.72 + 0.06 * np.sin(x * 4.4 - 1.5)
    place(NEAR, y > near, (y - near) / 0.066, x / 0.11 - y * 1.5, 0.9 - (y - near) / 0.34 + 0.2 * np.sin(x * 7 + 1))
    middle, half = _river_line(y), 0.012 + 0.50 * np.clip(y - 0.57, 0, 1) ** 1.35
    across = (x - middle) / half
    course = np.log(np.maximum(y, 0.5) - 0.48) * 9
    place(RIVER, (np.abs(across) < 1) & (y > 0.60), course, across * 1.6, 0.45 + 0.5 * np.cos(across * 3))
    _tree(y, x, place)
    return region, u, v, np.clip(tone, 0, 1)


def _tree(y: Array, x: Array, place: Place) -> None:
    """Trunk, branches and clumps of leaves at the left, in front of everything."""
    trunk = 0.205 + 0.035 * np.sin(y * 7 + 0.4)
    width = 0.020 + 0.045 * smoothstep(0.72, 1.02, y)
    place(TRUNK, (np.abs(x - trunk) < width) & (y > 0.2), y / 0.085, (x - trunk) / 0.05, 0.5 + 6 * (x - trunk))
    for start, bend, reach in ((0.50, -1.0, 0.20), (0.58, -1.25, 0.21), (0.42, -0.8, 0.16)):
        for side in (-1, 1):
            along = (x - trunk) * side
            line = start + bend * along + 0.8 * along**2
            limb = (np.abs(y - line) < 0.014 * (1.3 - along / reach)) & (along > 0) & (along < reach)
            place(TRUNK, limb, along / 0.09, y * 0 + side * 40 + start * 100, 0.6 + 0 * y)
    clumps = (
        (0.13, 0.10, 0.12),
        (0.06, 0.30, 0.11),
        (0.30, 0.05, 0.10),
        (0.22, 0.25, 0.12),
        (0.34, 0.36, 0.085),
        (0.42, 0.12, 0.075),
        (0.17, 0.42, 0.07),
    )
    for centre_y, centre_x, extent in clumps:
        turn = np.arctan2(y - centre_y, x - centre_x)
        distance = np.hypot(y - centre_y, x - centre_x)
        mask = distance < extent * (1 + 0.09 * np.cos(turn * 7 + centre_x * 40))
        tone = 0.55 - 0.5 * (y - centre_y) / extent + 0.25 * (x - centre_x) / extent
        place(LEAVES, mask, distance / 0.048 + centre_x * 3000, turn * 6 / (2 * np.pi) + distance * 9, tone)


def _glass(rng: np.random.Generator, region: Labels, labels: Labels, count: int, tone: Array, size: int) -> Array:
    """Coloured light: one tone for each piece, then streaks, ripples and bubbles inside it."""
    mean = ndimage.mean(tone, labels, np.arange(count))
    piece_tone = (mean + rng.normal(0, 0.13, count))[labels]
    angle = rng.uniform(-0.7, 0.7, count)[labels] + (rng.random(count) < 0.3)[labels] * np.pi / 2
    offset = rng.uniform(0, 3000, count)[labels]
    texture = fractal_noise(rng, (700, 700), 60, octaves=6, persistence=0.6)
    streaks = turned(texture, angle, offset, (5.5, 0.9)) - 0.5
    cloud = turned(texture, angle + 1.0, offset * 0.7, (3.0, 2.2)) - 0.5
    shade = np.clip(piece_tone + 0.45 * streaks + 0.35 * cloud, 0, 1)
    rgb = np.zeros((*labels.shape, 3))
    for i, colours in enumerate(GLASS):
        inside = region == i
        rgb[inside] = ramp(shade[inside], colours)
    rgb *= (1 + rng.normal(0, 0.035, (count, 3)))[labels]
    ripple = relief(turned(texture, angle, offset * 1.3, (2.0, 0.5)) * 9 * size / 640, 1.0)
    rgb *= (0.55 + 0.45 * ripple)[..., None]
    rgb = mix(rgb, rgb * 0.35 + 0.65, 0.55 * smoothstep(0.24, 0.4, streaks))
    return rgb * _bubbles(rng, labels.shape)[..., None]


def _bubbles(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Little lenses of air: a factor with dark rims and bright hearts."""
    factor = np.ones(shape)
    for _ in range(420):
        radius = rng.gamma(2.0, 0.9) + 1.2
        row, column = rng.integers(12, shape[0] - 12), rng.integers(12, shape[1] - 12)
        window = (slice(row - 12, row + 13), slice(column - 12, column + 13))
        dy, dx = np.mgrid[-12:13, -12:13]
        distance = np.hypot(dy * 1.25, dx) / radius
        factor[window] *= 1 - 0.20 * np.exp(-((distance - 1) ** 2) / 0.09) + 0.34 * np.exp(-(distance**2) / 0.22)
    return factor


def _lead(rng: np.random.Generator, glass: Array, labels: Labels, region: Labels, size: int) -> Array:
    """Lay the cames: round bars, thicker between the large forms, solder at the joints, dirt beside, glow above."""
    unit = size / 320
    uneven = fractal_noise(rng, labels.shape, 40 * unit, octaves=4) - 0.5
    half = 1.75 * unit * (1 + 0.35 * uneven)
    distance = border_distance(labels) / half
    form = border_distance(region) / (half * 1.75)
    crowded = ndimage.gaussian_filter(borders(labels).astype(float), 2.2 * unit)
    bump = smoothstep(0.24, 0.34, crowded)
    profile = np.sqrt(np.clip(1 - np.minimum(distance, form) ** 2, 0, 1))
    height = (np.maximum(profile, 0.9 * bump) * half + 0.7 * uneven) * 0.9
    shine = relief(ndimage.gaussian_filter(height, 0.8), 1.2)
    metal = ramp(np.clip(0.9 * (shine - 0.72), 0, 1), palette("#0b0c10", "#1d2026", "#565a63", "#b9b7ad"))
    dirt = 1 - 0.42 * np.exp(-np.minimum(distance - 1, form - 1).clip(0) / 1.1)
    y, x = fine_grid(size)
    behind = 1.08 - 0.55 * np.hypot(y - SUN[0] - 0.1, x - SUN[1] + 0.1) ** 2
    light = glass * (dirt * behind)[..., None]
    rgb = mix(light, metal, smoothstep(0.02, 0.25, np.maximum(profile, bump)))
    glow = np.stack([ndimage.gaussian_filter(light[..., i] ** 2, 7 * unit) for i in range(3)], axis=-1)
    return 1 - (1 - np.clip(rgb, 0, 1)) * (1 - 0.22 * glow)
