"""A floor of cut stone, glass and gold: two fish around a sun."""

from dataclasses import dataclass

import numpy as np
from field import Array, fractal_noise, grid, mix, palette, ramp, relief, sample, scatter, smoothstep
from numpy.typing import NDArray
from pieces import Labels, border_distance, fine_grid, shrink
from scipy import ndimage
from scipy.spatial import cKDTree

SEA = palette("#0c2340", "#12406b", "#1c6f93", "#46a7ac", "#a9d6c5")
FIRE = palette("#6e1714", "#b22a1b", "#dd5a22", "#f09a3a", "#f8d98c")
PEARL = palette("#3d3f5e", "#7f8aa3", "#c3cdcb", "#f3efe2", "#fbf6ea")
ROSE = palette("#5b2f55", "#9c4f74", "#d98b8c", "#f2c9ae")
GOLD = palette("#8a5a12", "#c8902a", "#f0c65a", "#ffe9a6")
LINE = palette("#1a1420", "#f4ecd8")
WATER, BODY_A, FIN_A, BODY_B, FIN_B, SUN, RAY, FRAME, GEM, EYE, PUPIL = range(11)


@dataclass(frozen=True)
class Tiles:
    """Tesserae: centres (x, y) [n, 2], turn in radians [n], side in pixels."""

    centres: Array
    turns: Array
    side: float


def mosaic(rng: np.random.Generator, size: int) -> Array:
    """Two fish circle a golden sun. The tesserae follow the outlines: a field of directions is taken from the distance
    to the nearest contour, and square tiles are relaxed in it (Lloyd's algorithm with square cells, after Hausner,
    "Simulating Decorative Mosaics", 2001). Each tile has its own colour, tilt, chipped edge and grain, set in grout.
    """
    y, x = fine_grid(size)
    region, tone = _cartoon(y, x)
    edge = border_distance(region)
    slope_y, slope_x = np.gradient(ndimage.gaussian_filter(edge, size / 55))
    double_x = ndimage.gaussian_filter(slope_x**2 - slope_y**2, size / 90)
    double_y = ndimage.gaussian_filter(2 * slope_x * slope_y, size / 90)
    turn = 0.5 * np.arctan2(double_y, double_x)
    tiles = _relax(rng, turn, edge, side=19.5 * size / 640)
    return shrink(_set(rng, tiles, region, tone, edge, size))


def _cartoon(y: Array, x: Array) -> tuple[Labels, Array]:
    """The design: which form each pixel belongs to, and a tone in [0, 1] inside it."""
    region = np.full(y.shape, WATER)
    radius, angle = np.hypot(y - 0.5, x - 0.5), np.arctan2(y - 0.5, x - 0.5)
    tone = 0.5 + 0.32 * np.sin(radius * 42 + 3 * angle + 1.2 * np.sin(angle * 2)) + 0.15 * np.sin(x * 9 - y * 7)
    ray = (np.cos(angle * 12 + 0.6 * np.sin(radius * 60)) > 0.05) & (radius < 0.163)
    region[ray], tone[ray] = RAY, (1.4 - radius * 6)[ray]
    sun = radius < 0.105
    region[sun], tone[sun] = SUN, (1 - radius * 5)[sun]
    for body, fin, start in ((BODY_A, FIN_A, 0.35), (BODY_B, FIN_B, 0.35 + np.pi)):
        _fish(region, tone, radius, (angle - start) % (2 * np.pi), body, fin)
    reach = np.maximum(np.abs(x - 0.5), np.abs(y - 0.5))
    frame = reach > 0.452
    along = np.where(np.abs(x - 0.5) > np.abs(y - 0.5), y, x)
    region[frame], tone[frame] = FRAME, 0.5
    gem = frame & (np.abs((along * 14) % 1 - 0.5) * 0.09 + np.abs(reach - 0.478) < 0.024)
    region[gem], tone[gem] = GEM, 0.2 + 0.6 * (np.floor(along * 14)[gem] % 2)
    return region, tone


def _fish(region: Labels, tone: Array, radius: Array, angle: Array, body: int, fin: int) -> None:
    """A fish bent along a circle: head at angle 0, tail at 2.5 radians."""
    place = angle / 2.15
    across = radius - 0.295 - 0.012 * np.sin(angle * 3)
    half = 0.098 * np.clip(place * 1.02, 0, 1) ** 0.5 * np.clip(1.07 - place, 0, 1) ** 0.75 * 1.62
    spread = np.clip((angle - 2.0) / 0.62, 0, 1)
    notch = 2.62 - 0.34 * np.exp(-((across / 0.045) ** 2))
    tail = (angle > 2.0) & (angle < notch) & (np.abs(across) < 0.03 + 0.105 * spread**0.8)
    back = (angle > 0.55) & (angle < 1.75) & (across > 0)
    back &= across < half + 0.052 * np.sin((angle - 0.55) / 1.2 * np.pi)
    belly = (angle > 0.75) & (angle < 1.25) & (across < 0) & (across > -half - 0.16 * (angle - 0.75) * (angle < 1.2))
    for part in (tail, back, belly):
        region[part], tone[part] = fin, (0.45 + 0.45 * np.cos(angle * 46 + across * 30))[part]
    inside = np.abs(across) < half
    scales = np.cos(angle * 26) * np.cos(across * 105 + np.pi * np.floor(angle * 26 / np.pi))
    shade = 0.62 - across / 0.26 + 0.30 * scales * smoothstep(0.5, 0.7, angle)
    head = angle < 0.50 + 0.09 * np.cos(across * 22)
    region[inside], tone[inside] = body, np.where(head, 0.30 - across, shade)[inside]
    gill = inside & (np.abs(angle - 0.56 - 0.09 * np.cos(across * 22)) < 0.045)
    tone[gill] = 0.95
    eye = np.hypot((angle - 0.27) * 0.295, across - 0.018)
    region[inside & (eye < 0.036)] = EYE
    region[inside & (eye < 0.019)] = PUPIL


def _relax(rng: np.random.Generator, turn: Array, edge: Array, side: float) -> Tiles:
    """Spread tile centres so that every tile gets a square cell of its own, turned with the field, off the contours."""
    centres = scatter(rng, turn.shape, side * 0.985, 0.6)
    inside = ((centres >= 0) & (centres < turn.shape[0])).all(axis=1)
    centres = centres[inside]
    step = 4
    y, x = (array[::step, ::step].ravel() for array in grid(turn.shape))
    points = np.stack([x, y], axis=1)
    clear = edge[::step, ::step].ravel() > 0.10 * side
    for _ in range(14):
        owner, *_ = _nearest(points, centres, sample(turn, centres), 5)
        count = np.bincount(owner[clear], minlength=len(centres))
        total = np.stack([np.bincount(owner[clear], points[clear, i], len(centres)) for i in range(2)], axis=1)
        centres = np.where(count[:, None] > 0, total / np.maximum(count, 1)[:, None], centres)
    return Tiles(centres, sample(turn, centres) + rng.normal(0, 0.035, len(centres)), side)


def _nearest(points: Array, centres: Array, turns: Array, among: int) -> tuple[Labels, Array, Array, Array]:
    """For each point: the tile nearest in its own square metric, that distance, the gap to the runner-up, and the
    position inside the tile's frame [n, 2]."""
    _, candidates = cKDTree(centres).query(points, k=among)
    offset = (points[:, None] - centres[candidates]).astype(np.float32)
    cosine, sine = (part(turns)[candidates].astype(np.float32) for part in (np.cos, np.sin))
    a = offset[..., 0] * cosine + offset[..., 1] * sine
    b = offset[..., 1] * cosine - offset[..., 0] * sine
    distance = np.maximum(np.abs(a), np.abs(b))
    rows = np.arange(len(points))
    best = distance.argmin(axis=1)
    closest = distance[rows, best]
    distance[rows, best] = np.inf
    frame = np.stack([a[rows, best], b[rows, best]], axis=1)
    return candidates[rows, best], closest, distance.min(axis=1) - closest, frame


def _colours(
    rng: np.random.Generator, tiles: Tiles, region: Labels, tone: Array, edge: Array
) -> tuple[Array, NDArray[np.bool_]]:
    """One colour for each tile, from the design under its middle; also which tiles are gold."""
    form = sample(region, tiles.centres)
    value = sample(tone, tiles.centres)
    row = sample(edge, tiles.centres) / tiles.side
    shaken = np.clip(value + rng.normal(0, 0.10, len(form)), 0, 1)
    inks = {
        WATER: SEA,
        BODY_A: FIRE,
        FIN_A: FIRE[1:],
        BODY_B: PEARL,
        FIN_B: ROSE,
        SUN: GOLD[1:],
        RAY: FIRE[2:],
        FRAME: GOLD,
        GEM: np.concatenate([FIRE[:2], SEA[1:3]]),
        EYE: LINE[1:],
        PUPIL: LINE[:1],
    }
    rgb = np.zeros((len(form), 3))
    for name, colours in inks.items():
        mine = form == name
        rgb[mine] = colours[np.clip(shaken[mine] * len(colours), 0, len(colours) - 1).astype(int)]
    water = form == WATER
    beside_fish = np.abs(np.hypot(*(tiles.centres / len(region) - 0.5).T) - 0.36) < 0.17
    rgb[water & beside_fish & (row < 0.95)] = LINE[1] * (0.93, 0.97, 0.97)
    outline = np.isin(form, (BODY_A, BODY_B)) & (row < 0.8)
    rgb[outline] = LINE[0] * 1.4
    gold = np.isin(form, (SUN, FRAME)) | (np.isin(form, (FIN_A, RAY)) & (rng.random(len(form)) < 0.22))
    rgb[gold] = GOLD[np.clip((shaken[gold] * 0.6 + 0.4 * rng.random(gold.sum())) * 4, 0, 3).astype(int)]
    rgb = rgb * (1 + rng.normal(0, 0.075, (len(form), 1))) + rng.normal(0, 0.018, rgb.shape)
    return np.clip(rgb, 0, 1), gold


def _set(rng: np.random.Generator, tiles: Tiles, region: Labels, tone: Array, edge: Array, size: int) -> Array:
    """Draw the tiles into the grout: cut edges, bevels, tilt towards the light, grain of the stone, sheen of gold."""
    shape, unit = region.shape, size / 320
    y, x = grid(shape)
    wobble = [1.6 * unit * (fractal_noise(rng, shape, 9 * unit, octaves=2) - 0.5) for _ in range(2)]
    points = np.stack([(x + wobble[0]).ravel(), (y + wobble[1]).ravel()], axis=1)
    owner, closest, gap, frame = (
        array.reshape(*shape, *array.shape[1:]) for array in _nearest(points, tiles.centres, tiles.turns, 5)
    )
    count = len(tiles.centres)
    rgb, gold = _colours(rng, tiles, region, tone, edge)
    half = tiles.side * rng.normal(0.50, 0.025, count)[owner]
    inward = np.minimum(np.minimum(half - closest, 0.5 * gap - 0.55 * unit), edge - 0.35 * unit)
    stone = smoothstep(0, 0.7 * unit, inward)
    height = 1.6 * unit * np.sqrt(np.clip(inward / (2.2 * unit), 0, 1))
    tilt = rng.normal(0, 1, (2, count)) * np.where(gold, 0.16, 0.065)
    height = height + tilt[0][owner] * frame[..., 0] + tilt[1][owner] * frame[..., 1]
    grain = fractal_noise(rng, shape, 7 * unit, octaves=4, persistence=0.7)
    light = relief(height + 0.9 * unit * (grain - 0.5) * ~gold[owner], 0.75)
    face = rgb[owner] * (light * (0.86 + 0.28 * grain))[..., None]
    flash = smoothstep(1.03, 1.22, light) * gold[owner] * 0.55
    face = mix(face, np.ones(3) * (1.0, 0.95, 0.74), flash)
    mortar = ramp(fractal_noise(rng, shape, 14 * unit, octaves=5, persistence=0.7), ("#3f3831", "#6d6356", "#958a78"))
    shadow = 1 - 0.4 * ndimage.shift(stone, (1.3 * unit, 1.3 * unit), order=1, mode="nearest")
    sweep = 1.06 - 0.16 * (x + y) / sum(shape)
    return mix(mortar * shadow[..., None], face, stone) * sweep[..., None]
