"""Batik: wax drawn on cotton, dyed brown and blue, broken and dyed again."""

import numpy as np
from field import Array, fractal_noise, mix, palette, ramp, smoothstep
from pieces import border_distance, cells, fine_grid, shrink
from scipy import ndimage

CREAM, SAND, SOGAN, BARK, SKY, BLUE, INDIGO, RED = palette(
    "#f2e5c6", "#cf9a55", "#9a5826", "#512913", "#8fb0c4", "#3f6c9c", "#17284c", "#9a3324"
)
# Middle (y, x), radius, petals, lean.
FLOWERS = (
    (0.30, 0.28, 0.215, 9, 0.2),
    (0.70, 0.72, 0.235, 10, 0.5),
    (0.06, 0.80, 0.15, 8, 0.0),
    (0.95, 0.17, 0.165, 8, 0.9),
)
# Height in the middle, slope, and how far they wind.
STEMS = ((0.50, 0.55, 0.12), (0.985, -0.92, 0.10), (0.40, -0.55, 0.09))
CLOUDS = (
    ((0.23, 0.63, 0.085), (0.29, 0.74, 0.105), (0.26, 0.87, 0.095), (0.35, 0.95, 0.09), (0.35, 0.63, 0.06)),
    ((0.63, 0.08, 0.08), (0.58, 0.20, 0.085), (0.65, 0.31, 0.075), (0.71, 0.18, 0.09), (0.55, 0.02, 0.07)),
    ((0.93, 0.50, 0.08), (0.97, 0.62, 0.09), (0.90, 0.40, 0.06), (1.0, 0.40, 0.08)),
    ((0.02, 0.45, 0.085), (0.06, 0.56, 0.06), (0.05, 0.34, 0.055)),
)


def batik(rng: np.random.Generator, size: int) -> Array:
    """Flowers and rain clouds on a ground of two classical fillings (parang and kawung). Every line is a bead of wax
    drawn with a shaking hand; colours are dye baths, blotchy and bleeding; where wax cracked, dye crept in.
    """
    y, x = _hand(rng, size)
    rgb, waxed = _ground(y, x)
    for lobes in CLOUDS:
        middle = np.array(lobes).mean(axis=0)
        part, wax, near_y, near_x = _around(middle[:2], 0.32, rgb, waxed, y, x)
        _cloud(part, wax, near_y, near_x, lobes, size)
    _stems(rgb, waxed, y, x)
    for row, column, reach, petals, lean in FLOWERS:
        part, wax, near_y, near_x = _around((row, column), 1.2 * reach + 0.03, rgb, waxed, y, x)
        _flower(part, wax, near_y - row, near_x - column, reach, petals, lean)
    return shrink(_cloth(rng, _crackle(rng, _dye(rng, rgb, waxed, size), waxed, size), size))


def _hand(rng: np.random.Generator, size: int) -> tuple[Array, Array]:
    """Coordinates as a hand sees them: bent slowly, and trembling."""
    y, x = fine_grid(size)
    unit = size / 320
    parts = [
        0.022 * (fractal_noise(rng, y.shape, 110 * unit, octaves=2) - 0.5)
        + 0.0042 * (fractal_noise(rng, y.shape, 8 * unit, octaves=2) - 0.5)
        for _ in range(2)
    ]
    return (y + parts[0]).astype(np.float32), (x + parts[1]).astype(np.float32)


def _paint(rgb: Array, waxed: Array, mask: Array, colour: Array, wax: float) -> None:
    """Put one colour down where mask is 1; `wax` says how much of it was covered (and so can crack)."""
    some = np.nonzero(mask > 0)
    share = mask[some].astype(np.float32)
    below = rgb[some]
    rgb[some] = below + (colour.astype(np.float32) - below) * share[:, None]
    waxed[some] += (wax - waxed[some]) * share


def _soft(inside: Array, edge: float = 0.0016) -> Array:
    """A mask from a signed distance in sides of the picture (positive inside)."""
    return np.clip(inside / (2 * edge) + 0.5, 0, 1)


def _around(place: tuple[float, float], reach: float, *arrays: Array) -> tuple[Array, ...]:
    """The parts of some arrays around (y, x), `reach` to each side: views, to be painted on."""
    side = len(arrays[0])
    low, high = (np.clip((np.array(place) + sign * reach) * side, 0, side).astype(int) for sign in (-1, 1))
    return tuple(array[low[0] : high[0], low[1] : high[1]] for array in arrays)


def _ground(y: Array, x: Array) -> tuple[Array, Array]:
    """Parang at the upper right, kawung at the lower left, a beaded band between them."""
    rgb, waxed = np.empty((*y.shape, 3), dtype=np.float32), np.zeros(y.shape, dtype=np.float32)
    rgb[:] = BARK
    band = (x - y) * 0.7071 + 0.035 * np.sin((x + y) * 6)
    upper = band > 0
    for fill, where in ((_kawung, ~upper), (_parang, upper)):
        part, wax = rgb[where], waxed[where]
        fill(part, wax, y[where], x[where])
        rgb[where], waxed[where] = part, wax
    along = (x + y) * 0.7071
    _paint(rgb, waxed, _soft(0.034 - np.abs(band)), INDIGO, 0.1)
    _paint(rgb, waxed, _soft(0.0035 - np.abs(np.abs(band) - 0.031)), CREAM, 1)
    _paint(rgb, waxed, _soft(0.0022 - np.abs(np.abs(band) - 0.022)), SAND, 0.8)
    bead = np.hypot((along * 24) % 1 - 0.5, band * 24) / 24
    _paint(rgb, waxed, _soft(0.0125 - bead), CREAM, 1)
    _paint(rgb, waxed, _soft(0.0085 - bead), RED, 0.4)
    _paint(rgb, waxed, _soft(0.0035 - bead), CREAM, 1)
    return rgb, waxed


def _kawung(rgb: Array, waxed: Array, y: Array, x: Array) -> None:
    """Four ovals around every crossing of a net, with two seeds in each."""
    step = 0.083
    u, v = (y / step) % 1 - 0.5, (x / step) % 1 - 0.5
    for a, b in ((u + v, u - v), (u - v, u + v)):
        for sign in (-1, 1):
            along, across = sign * a * 0.7071 - 0.355, b * 0.7071
            oval = (1 - np.hypot(along / 0.325, across / 0.195)) * 0.2 * step
            _paint(rgb, waxed, _soft(oval), CREAM, 1)
            _paint(rgb, waxed, _soft(oval - 0.0042), SOGAN, 0.35)
            _paint(rgb, waxed, _soft(oval - 0.0058), SAND, 0.7)
            seed = 0.05 - np.hypot(np.abs(along) - 0.12, across * 1.6)
            _paint(rgb, waxed, _soft(seed * step), BARK, 0.1)
    cross = np.minimum(np.abs(u), np.abs(v)) + 0.6 * np.maximum(np.abs(u), np.abs(v))
    _paint(rgb, waxed, _soft((0.085 - cross) * step), CREAM, 1)


def _parang(rgb: Array, waxed: Array, y: Array, x: Array) -> None:
    """Slanting rows of knife-like waves, with lines of lozenges between the rows."""
    across, along = (x + y) * 0.7071 / 0.105, (x - y) * 0.7071 / 0.058
    place = across % 1 - 0.5
    wave = along + 0.42 * np.sin(place * 2 * np.pi) + 0.35 * np.floor(across)
    blade = np.where(np.abs(place) < 0.37, 0.5 - np.abs(wave % 1 - 0.5) * 1.9 - 0.35 * place, -1) * 0.03
    rgb[:], waxed[:] = SOGAN * 0.8, 0.15
    _paint(rgb, waxed, _soft(blade), CREAM, 1)
    _paint(rgb, waxed, _soft(blade - 0.0042), BLUE, 0.3)
    _paint(rgb, waxed, _soft(blade - 0.0085), INDIGO, 0.1)
    row = 0.105 * (0.085 - np.abs(np.abs(place) - 0.5))
    _paint(rgb, waxed, _soft(row), CREAM, 1)
    _paint(rgb, waxed, _soft(row - 0.0035), BARK, 0.1)
    lozenge = 0.30 - np.abs(along * 2 % 1 - 0.5) - np.abs(np.abs(place) - 0.5) * 5
    _paint(rgb, waxed, _soft(np.where(row > 0, lozenge * 0.012, -1)), CREAM, 1)


def _cloud(
    rgb: Array, waxed: Array, y: Array, x: Array, lobes: tuple[tuple[float, float, float], ...], size: int
) -> None:
    """Mega mendung, the rain cloud: outlines within outlines, from cream through blues to indigo."""
    union = np.max([reach - np.hypot(y - row, x - column) for row, column, reach in lobes], axis=0)
    inside = ndimage.distance_transform_edt(union > 0) / (2 * size)
    signed = np.where(union > 0, inside, union)
    _paint(rgb, waxed, _soft(signed + 0.010), INDIGO, 0.1)
    steps = (
        (0.0, CREAM, 1),
        (0.0065, INDIGO, 0.1),
        (0.019, BLUE * 0.8, 0.3),
        (0.031, BLUE * 1.15, 0.4),
        (0.043, mix(BLUE, SKY, 0.6), 0.6),
        (0.055, SKY, 0.8),
        (0.067, CREAM, 1),
        (0.077, RED, 0.3),
    )
    for depth, colour, wax in steps:
        _paint(rgb, waxed, _soft(signed - depth), colour, wax)
        _paint(rgb, waxed, _soft(0.0014 - np.abs(signed - depth - 0.0012), 0.001), CREAM, 1)


def _stems(rgb: Array, waxed: Array, y: Array, x: Array) -> None:
    """Winding stems from flower to flower, with leaves to both sides."""
    for offset, slope, bend in STEMS:
        steep = slope + bend * 8.5 * np.cos(x * 8.5 + offset * 7)
        distance = np.abs(y - offset - slope * (x - 0.5) - bend * np.sin(x * 8.5 + offset * 7)) / np.hypot(1, steep)
        _paint(rgb, waxed, _soft(0.0085 - distance), CREAM, 1)
        _paint(rgb, waxed, _soft(0.0046 - distance), BARK, 0.2)
        for i, foot in enumerate(np.arange(0.02, 1.0, 0.064)):
            rise = np.arctan(slope + bend * 8.5 * np.cos(foot * 8.5 + offset * 7))
            place = (offset + slope * (foot - 0.5) + bend * np.sin(foot * 8.5 + offset * 7), foot)
            part, wax, near_y, near_x = _around(place, 0.16, rgb, waxed, y, x)
            if part.size:
                _leaf(part, wax, near_y - place[0], near_x - place[1], rise + (0.85, -0.85)[i % 2], 0.115)


def _leaf(rgb: Array, waxed: Array, dy: Array, dx: Array, lean: float, length: float) -> None:
    """One leaf from its foot, leaning by `lean`: half brown, half red, with a midrib and slanting veins."""
    along, across = (dx * np.cos(lean) + dy * np.sin(lean)) / length, (dy * np.cos(lean) - dx * np.sin(lean)) / length
    across = across - 0.10 * np.sin(along * 3)
    half = 0.46 * np.sqrt(np.clip(along, 0, 1)) * np.clip(1 - along, 0, 1) ** 0.8
    inside = np.where((along > 0) & (along < 1), half - np.abs(across), -0.1) * length
    _paint(rgb, waxed, _soft(inside + 0.006), BARK * 0.8, 0.1)
    _paint(rgb, waxed, _soft(inside), CREAM, 1)
    _paint(rgb, waxed, _soft(inside - 0.004), mix(SOGAN, RED, 0.2), 0.35)
    _paint(rgb, waxed, _soft(np.minimum(inside - 0.004, across * length)), mix(RED, BARK, 0.35), 0.2)
    veins = 0.10 - np.abs(((along - 0.9 * np.abs(across)) * 8) % 1 - 0.5)
    _paint(rgb, waxed, _soft(np.minimum(veins * 0.012, inside - 0.006), 0.0009), SAND, 0.8)
    _paint(rgb, waxed, _soft(np.minimum(0.0016 - np.abs(across) * length, inside), 0.001), CREAM, 1)


def _flower(rgb: Array, waxed: Array, dy: Array, dx: Array, reach: float, petals: int, lean: float) -> None:
    """Three rows of petals filled with lines and dots, around a heart of seeds."""
    radius, turn = np.hypot(dy, dx), np.arctan2(dy, dx) + lean
    rows = ((1.0, INDIGO, BLUE, 0), (0.74, SOGAN * 0.9, SAND, 1), (0.48, RED, SAND, 0))
    for scale, deep, pale, shift in rows:
        extent = reach * scale
        place = (turn * petals / (2 * np.pi) + 0.5 * shift) % 1 - 0.5
        across = np.abs(place) * 2
        tip = extent * (0.72 + 0.28 * np.clip(1 - across**2.4, 0, 1) ** 0.5 + 0.05 * np.exp(-((across / 0.16) ** 2)))
        gap = (1 - across) * np.pi / petals * radius
        inside = np.minimum(tip - radius, np.where(radius > 0.32 * extent, gap, 1))
        _paint(rgb, waxed, _soft(tip - radius + 0.009), BARK * 0.8, 0.1)
        _paint(rgb, waxed, _soft(tip - radius), CREAM, 1)
        _paint(rgb, waxed, _soft(inside - 0.0042), deep, 0.15)
        _paint(rgb, waxed, _soft(inside - 0.0115), pale, 0.5)
        lines = np.abs((place * 13) % 1 - 0.5) * 2
        hatch = np.minimum(inside - 0.014, (lines - 0.45) * 0.004)
        _paint(rgb, waxed, _soft(hatch, 0.001), deep, 0.15)
        dots = 0.0036 - np.hypot(((radius / 0.0155) % 1 - 0.5) * 0.0155, place * 2 * np.pi / petals * radius)
        _paint(rgb, waxed, _soft(np.minimum(dots, inside - 0.012), 0.001), CREAM, 1)
        _paint(rgb, waxed, _soft(np.minimum(0.0024 - np.abs(inside - 0.0115), inside), 0.001), CREAM, 0.9)
    heart = reach * 0.23 - radius
    for depth, colour, wax in ((0, CREAM, 1), (0.004, INDIGO, 0.1)):
        _paint(rgb, waxed, _soft(heart - depth), colour, wax)
    u, v = dy * 66, dx * 66 + 0.5 * (np.floor(dy * 66) % 2)
    seeds = (0.33 - np.hypot(u % 1 - 0.5, v % 1 - 0.5)) / 66
    _paint(rgb, waxed, _soft(np.minimum(seeds, heart - 0.006), 0.001), CREAM, 1)


def _dye(rng: np.random.Generator, rgb: Array, waxed: Array, size: int) -> Array:
    """Blotches of the bath, bleeding under the edges of the wax, little gaps in the wax lines."""
    unit = size / 320
    bath = fractal_noise(rng, waxed.shape, 75 * unit, octaves=6, persistence=0.6)
    spots = fractal_noise(rng, waxed.shape, 5 * unit, octaves=3, persistence=0.7)
    bled = np.stack([ndimage.gaussian_filter(rgb[..., i], 1.9 * unit) for i in range(3)], axis=-1)
    rgb = mix(rgb, np.minimum(rgb, bled), 0.55 * smoothstep(0.35, 0.75, spots))
    rgb = mix(rgb, SAND * 0.92, waxed * 0.30 * smoothstep(0.5, 0.9, bath))
    depth = (1 - 0.75 * waxed) * (0.55 * (bath - 0.5) + 0.25 * (spots - 0.5))
    return np.clip(rgb * (1 - depth)[..., None] + 0.05 * np.clip(-depth, 0, 1)[..., None], 0, 1)


def _crackle(rng: np.random.Generator, rgb: Array, waxed: Array, size: int) -> Array:
    """Long breaks and a finer net between them, dark where the wax lay, with a soft stain around."""
    unit, (y, x) = size / 320, fine_grid(size)
    for pitch, width, share in ((8.5, 0.85, 0.9), (24.0, 0.55, 0.65)):
        bend = [0.9 * fractal_noise(rng, y.shape, 40 * unit, octaves=5, persistence=0.6) for _ in range(2)]
        net = border_distance(cells(rng, y * pitch + bend[0], x * pitch * 0.7 + bend[1], 1.0)) / unit
        press = fractal_noise(rng, y.shape, 55 * unit, octaves=3)
        some = smoothstep(0.42, 0.62, press)
        line = smoothstep(width * (0.4 + press), width * 0.3 * (0.4 + press), net) + 0.30 * np.exp(-net / 2.0)
        rgb = mix(rgb, mix(INDIGO, BARK, 0.35), np.clip(line, 0, 1) * some * share * (0.12 + 0.78 * waxed))
    return rgb


def _cloth(rng: np.random.Generator, rgb: Array, size: int) -> Array:
    """Cotton threads, and soft creases."""
    unit, (y, x) = size / 320, fine_grid(size)
    warp = fractal_noise(rng, y.shape, (30 * unit, 1.1 * unit), octaves=2)
    weft = fractal_noise(rng, y.shape, (1.1 * unit, 30 * unit), octaves=2)
    pitch = 2 * np.pi * 320 / 1.35
    weave = 0.5 * np.sin(x * pitch) * np.sin(y * pitch) + (warp - 0.5) + (weft - 0.5)
    crease = fractal_noise(rng, y.shape, 260 * unit, octaves=3)
    faded = ramp(crease, ("#ffffff", "#f3ead8"))
    return rgb * faded * (1 + 0.10 * weave + 0.10 * (crease - 0.5))[..., None]
