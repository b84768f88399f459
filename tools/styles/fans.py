"""Painted fans in overlapping rows (seigaiha), each with its own decoration, outlined in gold."""

from collections.abc import Callable

import numpy as np
from field import Array, fractal_noise, mix, palette, ramp, relief, smoothstep
from pieces import Labels, fine_grid, number, shrink
from scipy import ndimage

RADIUS = 0.148
# Four glazes to a family, dark to light, and one for the accents.
FAMILIES = [
    palette("#0e1a3c", "#25457f", "#7fa3bf", "#efe9d6", "#d2452c"),
    palette("#0f342f", "#2d6d60", "#93b99e", "#eeebcf", "#e2a63b"),
    palette("#f3e7d0", "#d9b98c", "#8fa9ad", "#24406f", "#b8321f"),
    palette("#5a1016", "#b02a20", "#e26a42", "#f7dfc4", "#26406e"),
    palette("#46290f", "#a9691e", "#e2ad4b", "#f7e8bd", "#9c2c20"),
]
GOLD = ("#6b430d", "#b9852b", "#f1cf74", "#fff3c4")

# A decoration maps (rng, r, t, x, y) to a tone (0 dark .. 1 light), an accent and a gold line (0 .. 1). r is 1 at the
# rim, t the angle from the top, x and y run from -1 to 1.
Decoration = Callable[[np.random.Generator, Array, Array, Array, Array], tuple[Array, Array, Array]]


def fans(rng: np.random.Generator, size: int) -> Array:
    """Rows of fans, the lower over the upper. A slow wave through the picture chooses the family of glazes, chance the
    decoration; then gold outlines in relief, pooled and speckled glaze, and the shadow of each fan on those behind.
    """
    label, row, r, t, x, y = _rows(size)
    label, count = number(label)
    tone, accent, gold = np.zeros(r.shape), np.zeros(r.shape), np.zeros(r.shape)
    family = np.zeros(r.shape, dtype=int)
    order = rng.permutation(np.arange(count) % len(DECORATIONS))
    places = ndimage.find_objects(label + 1)
    for i, place in enumerate(places):
        mine = label[place] == i
        parts = (array[place][mine] for array in (r, t, x, y))
        painted = DECORATIONS[order[i]](rng, *parts)
        for target, value in zip((tone, accent, gold), painted, strict=True):
            target[place][mine] = value
        family[place][mine] = _family(rng, place, size)
    _rim(rng, r, t, tone, accent, gold, label, count)
    return shrink(_glaze(rng, family, tone, accent, gold, row, label, count, size))


def _family(rng: np.random.Generator, place: tuple[slice, slice], size: int) -> int:
    """Which glazes a fan gets, from where it lies."""
    y, x = ((part.start + part.stop) / (4 * size) for part in place)
    wave = 0.62 * x + 0.78 * y + 0.16 * np.sin(5 * x - 3 * y) + rng.normal(0, 0.07)
    return int(np.clip(wave / 1.4 * 5, 0, 4.99))


def _rows(size: int) -> tuple[Labels, Labels, Array, Array, Array, Array]:
    """For each pixel: its fan, that fan's row, and the coordinates r, t, x, y in it."""
    y, x = fine_grid(size)
    label, row = np.zeros(y.shape, dtype=int), np.zeros(y.shape, dtype=int)
    local_x, local_y = np.zeros(y.shape), np.zeros(y.shape)
    for k in range(-1, int(2 / RADIUS) + 4):
        shift = RADIUS * (k % 2) - 0.03
        column = np.floor((x - shift) / (2 * RADIUS) + 0.5)
        dx, dy = (x - shift) / RADIUS - 2 * column, (y - k * RADIUS / 2) / RADIUS
        mine = dx**2 + dy**2 < 1
        label[mine], row[mine] = (1000 * (k + 2) + column.astype(int))[mine], k
        local_x[mine], local_y[mine] = dx[mine], dy[mine]
    return label, row, np.hypot(local_x, local_y), np.arctan2(local_x, -local_y), local_x, local_y


def _line(distance: Array, width: float) -> Array:
    """1 on a line, 0 further than `width` from it."""
    return smoothstep(width, 0.6 * width, np.abs(distance))


def _near(value: Array) -> Array:
    """Signed distance to the nearest whole number."""
    return value - np.rint(value)


def _waves(rng: np.random.Generator, r: Array, t: Array, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Concentric rings, each shaded from dark to light."""
    rings = rng.integers(5, 8)
    place = r * rings + 0.12 * np.sin(t * rng.integers(8, 14))
    inside = place % 1
    return 0.05 + 0.95 * inside**1.3, np.zeros_like(r), _line(_near(place) / rings, 0.013)


def _petals(rng: np.random.Generator, r: Array, t: Array, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """A chrysanthemum: rows of round-ended petals, the inner ones over the outer."""
    tone, gold = 0.12 + 0.15 * r, np.zeros_like(r)
    for i, reach in enumerate((0.93, 0.74, 0.55, 0.36)):
        petals = 11 - i + rng.integers(0, 2)
        place = t * petals / np.pi + 0.5 * (i % 2)
        across = np.abs(_near(place)) * 2
        tip = reach * (0.80 + 0.20 * np.sqrt(np.clip(1 - across**2, 0, 1)))
        inside = r < tip
        shade = 0.42 + 0.5 * (r / tip) ** 2 - 0.30 * across**2
        tone = np.where(inside, shade, tone)
        edge = np.maximum(_line(r - tip, 0.014), _line((1 - across) * r / petals * 1.4, 0.011) * (r > 0.2))
        gold = np.where(inside, edge, np.maximum(gold, _line(r - tip, 0.014)))
    heart = smoothstep(0.17, 0.15, r)
    return tone, heart, gold * (1 - heart)


def _folds(rng: np.random.Generator, r: Array, t: Array, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """A folded paper fan with coloured bands."""
    ribs = rng.integers(11, 16)
    fold = (t * ribs / np.pi + 0.5) % 1
    band = smoothstep(0.02, 0.0, np.abs(r - 0.66) - 0.07)
    tone = 0.62 + 0.34 * np.abs(fold - 0.5) * 2 - 0.45 * (r < 0.36) - 0.5 * band * (fold < 0.5)
    bows = np.maximum(_line(r - 0.36, 0.014), _line(np.abs(r - 0.66) - 0.07, 0.012))
    gold = np.maximum(_line(_near(fold) * r, 0.016), bows)
    return tone, band * (fold > 0.5), gold


def _hemp(rng: np.random.Generator, r: Array, t: Array, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Hemp leaves (asanoha): every triangle of a triangular net, split from its middle to its corners."""
    a, b = x * 3.4 + y * 1.963, y * 3.926
    a, b = a % 1, b % 1
    upper = a + b > 1
    first, second = np.where(upper, 1 - a, a), np.where(upper, 1 - b, b)
    parts = np.sort(np.stack([first, second, 1 - first - second]), axis=0)
    gold = np.maximum(_line(parts[0], 0.05), _line(parts[1] - parts[0], 0.05))
    return 0.22 + 0.9 * parts[0] + 0.28 * upper * (parts[0] < 0.34), np.zeros_like(r), 0.95 * gold


def _scales(rng: np.random.Generator, r: Array, t: Array, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """The same fans again, small."""
    small = rng.uniform(0.17, 0.23)
    tone, gold = np.zeros_like(r), np.zeros_like(r)
    for k in range(-1, int(4 / small) + 3):
        dx = _near((x + small * (k % 2)) / (2 * small)) * 2
        inner = np.hypot(dx, (y + 1 - k * small / 2) / small)
        mine = inner < 1
        tone[mine] = (0.15 + 0.75 * smoothstep(0.3, 0.42, inner) * (np.abs(inner - 0.72) > 0.1))[mine]
        gold[mine] = _line(inner - 0.97, 0.10)[mine]
    return tone, np.zeros_like(r), gold


def _checks(rng: np.random.Generator, r: Array, t: Array, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Chequers bent around the middle."""
    rings, turns = rng.integers(6, 9), rng.integers(20, 28)
    u, v = r * rings, t * turns / (2 * np.pi)
    odd = (np.floor(u) + np.floor(v)) % 2
    tone = 0.18 + 0.66 * odd + 0.14 * (u % 1)
    spot = np.hypot(u % 1 - 0.5, v % 1 - 0.5) < 0.2
    return tone, spot * (1 - odd) * 0.9, _line(_near(u) / rings, 0.008)


def _hail(rng: np.random.Generator, r: Array, t: Array, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Rows of drops, larger towards the rim, on a ground that grows lighter inward."""
    rings = 8
    ring = np.rint(r * rings)
    number = np.maximum(np.rint(ring * 4.2), 1)
    turn = _near(t * number / (2 * np.pi) + 0.5 * (ring % 2)) * 2 * np.pi * r / number
    distance = np.hypot(turn, r - ring / rings)
    size = 0.016 + 0.034 * r
    tone = 0.32 - 0.26 * r + 0.9 * smoothstep(size + 0.012, size - 0.004, distance)
    accent = (ring % 3 == 0) * smoothstep(size + 0.012, size - 0.004, distance)
    return tone, accent, _line(distance - size * 1.35, 0.009) * (r > 0.3)


def _landscape(rng: np.random.Generator, r: Array, t: Array, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Moon, ridges and mist."""
    tone = 0.95 - 0.35 * np.clip(-y, 0, 1)
    gold = np.zeros_like(r)
    phase = rng.uniform(0, 6, 4)
    moon = np.hypot(x - rng.uniform(-0.3, 0.3), y + 0.66)
    accent = smoothstep(0.19, 0.175, moon)
    gold = np.maximum(gold, _line(moon - 0.2, 0.014))
    for i, level in enumerate((-0.42, -0.22, -0.02, 0.2)):
        ridge = level - 0.10 * np.abs(np.sin(x * 3.1 + phase[i])) - 0.045 * np.sin(x * 8 + 2 * phase[i])
        below = y > ridge
        tone = np.where(below, 0.12 + 0.10 * (3 - i) + 2.2 * np.clip(y - ridge, 0, 0.26), tone)
        accent = np.where(below, 0, accent)
        gold = np.where(below, 0, gold)
        gold = np.maximum(gold, _line(y - ridge, 0.013))
    return tone, accent, gold


def _blossoms(rng: np.random.Generator, r: Array, t: Array, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Plum blossom on a branch."""
    tone, accent, gold = 0.10 + 0.22 * r, np.zeros_like(r), np.zeros_like(r)
    lean = rng.uniform(-0.5, 0.5)
    branch = x - lean * (y + 0.2) - 0.13 * np.sin(y * 5 + lean * 9)
    tone = np.maximum(tone, 0.55 * _line(branch, 0.035) * (y > -0.75))
    gold = np.maximum(gold, _line(np.abs(branch) - 0.035, 0.010) * (y > -0.75))
    for turn in np.linspace(-1.25, 1.25, 7) + rng.normal(0, 0.08, 7):
        reach = rng.choice([0.78, 0.72, 0.48, 0.55])
        dx, dy = x - reach * np.sin(turn), y + reach * np.cos(turn)
        distance, angle = np.hypot(dx, dy), np.arctan2(dy, dx) + rng.uniform(0, 6)
        petal = rng.uniform(0.11, 0.16) * (0.72 + 0.28 * np.abs(np.cos(2.5 * angle)) ** 0.7)
        inside = distance < petal
        tone = np.where(inside, 0.74 + 0.3 * distance / petal, tone)
        gold = np.where(inside, 0, gold)
        gold = np.maximum(gold, _line(distance - petal, 0.012))
        accent = np.where(inside, smoothstep(0.055, 0.04, distance), accent)
    return tone, accent, gold


def _lattice(rng: np.random.Generator, r: Array, t: Array, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Diamonds in diamonds."""
    cell = rng.uniform(0.19, 0.25)
    a, b = (x + 0.62 * y) / cell, (x - 0.62 * y) / cell
    depth = 0.5 - np.maximum(np.abs(_near(a)), np.abs(_near(b)))
    odd = (np.rint(a) + np.rint(b)) % 2
    tone = np.where(depth < 0.16, 0.88, np.where(odd > 0, 0.2, 0.45)) + 0.4 * (depth > 0.34) * (odd > 0)
    return tone, (depth > 0.36) * (1 - odd), _line(depth - 0.16, 0.06) * 0.9


def _stream(rng: np.random.Generator, r: Array, t: Array, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Running water: bundles of lines that part and meet."""
    phase = rng.uniform(0, 6)
    current = y * 2.2 + 0.42 * np.sin(2.6 * x + phase) + 0.16 * np.sin(6 * x - 2 * y + 2 * phase)
    band = current % 1
    lines = _line(_near(current * 5), 0.20)
    tone = 0.16 + 0.78 * smoothstep(0.42, 0.5, band) * (1 - 0.75 * lines) + 0.25 * lines * (band < 0.42)
    return tone, np.zeros_like(r), np.maximum(_line(_near(current), 0.045), _line(band - 0.46, 0.03))


DECORATIONS: list[Decoration] = [
    _waves,
    _petals,
    _folds,
    _hemp,
    _scales,
    _checks,
    _hail,
    _landscape,
    _blossoms,
    _lattice,
    _stream,
]


def _rim(
    rng: np.random.Generator, r: Array, t: Array, tone: Array, accent: Array, gold: Array, label: Labels, count: int
) -> None:
    """A border along the edge of every fan: light or dark, plain or beaded, between gold lines."""
    value = rng.choice([0.05, 0.97, 0.97], count)[label]
    beads = (rng.random(count) < 0.5)[label]
    band = r > 0.885
    tone[band], accent[band], gold[band] = value[band], 0, 0
    bead = np.hypot(_near(t * 40 / np.pi) * np.pi / 40, (r - 0.937)) < 0.021
    accent[band & bead & beads] = 1
    np.maximum(gold, _line(r - 0.885, 0.016), out=gold)
    np.maximum(gold, _line(r - 0.99, 0.028), out=gold)


def _glaze(
    rng: np.random.Generator,
    family: Labels,
    tone: Array,
    accent: Array,
    gold: Array,
    row: Labels,
    label: Labels,
    count: int,
    size: int,
) -> Array:
    """Colours fired on: pooling, specks, brush marks in the glaze, gold in relief, shadows between the fans."""
    shape, unit = tone.shape, size / 320
    cloud = fractal_noise(rng, shape, 38 * unit, octaves=5, persistence=0.6)
    brush = fractal_noise(rng, shape, (3 * unit, 26 * unit), octaves=3, persistence=0.6)
    uneven = tone + 0.16 * (cloud - 0.5) + 0.12 * (brush - 0.5) + rng.normal(0, 0.05, count)[label]
    rgb = np.zeros((*shape, 3))
    for i, colours in enumerate(FAMILIES):
        mine = family == i
        rgb[mine] = mix(ramp(uneven[mine], colours[:4]), colours[4], (0.95 * accent[mine])[:, None])
    rgb *= (1 + rng.normal(0, 0.03, (count, 3)))[label]
    rgb *= (0.90 + 0.20 * cloud)[..., None]
    specks = ndimage.gaussian_filter((rng.random(shape) < 0.0016).astype(float), 0.7 * unit) * 9
    rgb = mix(rgb, rgb * 0.4, np.clip(specks, 0, 0.8))
    worn = smoothstep(0.10, 0.34, cloud + 0.5 * (brush - 0.4))
    leaf = gold * worn
    light = relief(ndimage.gaussian_filter(1.8 * unit * leaf, 0.8) + 0.9 * unit * cloud, 0.9)
    metal = ramp(np.clip(0.62 * light + 0.5 * (cloud - 0.5) + 0.25 * (brush - 0.5), 0, 1), GOLD)
    rgb = mix(rgb * (0.45 + 0.55 * light)[..., None], metal, leaf)
    drop = round(5 * unit)
    covered = np.roll(row, -drop, axis=0) > row
    covered[-drop:] = False
    shadow = ndimage.gaussian_filter(covered.astype(float), 2.6 * unit)
    glazed: Array = rgb * (1 - 0.55 * shadow)[..., None]
    return glazed
