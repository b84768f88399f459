"""Paper marbling: drops of paint on thickened water, drawn into figures with combs and a stylus.

Every act on the bath moves all the paint, and can be undone. So each pixel of the finished sheet is followed back
through the acts, last one first, until it lies in the drop it came from. The displacements of drops and tines are those
of Lu, Jaffer, Jin, Zhao and Mao, "Mathematical Marbling" (2012).
"""

from dataclasses import dataclass

import numpy as np
from field import Array, fractal_noise, mix, palette, paper, relief, sample, smoothstep
from pieces import Labels, fine_grid, shrink
from scipy.spatial import cKDTree

PAINTS = palette("#18264a", "#a42f1d", "#dca23a", "#f4e8cd", "#2f7773", "#d98e76", "#5f8fb0")
INDIGO, RED, OCHRE, CREAM, GREEN, ROSE, BLUE = range(7)
BLOCK = 2**15  # pixels followed back together: few enough to stay in the processor's cache


@dataclass(frozen=True)
class Drop:
    """Paint let fall at (x, y): it pushes everything outward and keeps every area, r' = sqrt(r^2 + radius^2)."""

    x: float
    y: float
    radius: float
    paint: int

    def depth(self, x: Array, y: Array) -> Array:
        """Distance from the centre, 1 at the rim."""
        return np.sqrt((x - self.x) ** 2 + (y - self.y) ** 2) / self.radius

    def undo(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Where paint outside the drop was before it fell."""
        dx, dy = x - self.x, y - self.y
        shrunk = np.sqrt(np.maximum(1 - self.radius**2 / np.maximum(dx * dx + dy * dy, 1e-9), 0))
        return self.x + dx * shrunk, self.y + dy * shrunk


@dataclass(frozen=True)
class Comb:
    """Parallel tines, `spacing` apart, drawn along `angle`: pull * sharpness / (distance to a tine + sharpness)."""

    angle: float
    spacing: float
    offset: float
    pull: float
    sharpness: float

    def undo(self, x: Array, y: Array) -> tuple[Array, Array]:
        cosine, sine = float(np.cos(self.angle)), float(np.sin(self.angle))
        place = y * cosine - x * sine - self.offset
        distance = np.abs((place + self.spacing / 2) % self.spacing - self.spacing / 2)
        move = self.pull * self.sharpness / (distance + self.sharpness)
        return x - move * cosine, y - move * sine


@dataclass(frozen=True)
class Needle:
    """One short pull of a needle along `angle`, strongest at (x, y), gone at about twice `reach`."""

    x: float
    y: float
    angle: float
    pull: float
    reach: float
    sharpness: float = 0.016

    def undo(self, x: Array, y: Array) -> tuple[Array, Array]:
        cosine, sine = float(np.cos(self.angle)), float(np.sin(self.angle))
        dx, dy = x - self.x, y - self.y
        along, across = dx * cosine + dy * sine, np.abs(dy * cosine - dx * sine)
        move = self.pull * np.exp(-((along / self.reach) ** 2)) * self.sharpness / (across + self.sharpness)
        move *= np.exp(-((across / self.reach) ** 2))
        return x - move * cosine, y - move * sine


@dataclass(frozen=True)
class Whirl:
    """A stylus turned around (x, y): a rotation that dies away with the distance."""

    x: float
    y: float
    turn: float
    reach: float

    def undo(self, x: Array, y: Array) -> tuple[Array, Array]:
        dx, dy = x - self.x, y - self.y
        angle = -self.turn * np.exp(-(dx * dx + dy * dy) / self.reach**2)
        cosine, sine = np.cos(angle), np.sin(angle)
        return self.x + dx * cosine - dy * sine, self.y + dx * sine + dy * cosine


Act = Drop | Comb | Needle | Whirl


def marbling(rng: np.random.Generator, size: int) -> Array:
    """Ebru: stones of paint pressed against each other, drawn to and fro and combed fine, curled into large whirls;
    then ringed drops on top, which a needle pulls into flowers. The pigment's own grain moves with it; paper and light
    come last.
    """
    acts = _stones(rng) + _combing() + _flowers(rng)
    y, x = fine_grid(size)
    points = np.stack([x.ravel(), y.ravel()]).astype(np.float32)
    blocks = np.array_split(points, -(-points.shape[1] // BLOCK), axis=1)
    followed = [_follow_back(block[0], block[1], acts) for block in blocks]
    paint, depth, origin = (np.concatenate(part) for part in zip(*followed, strict=True))
    _floor(rng, paint, depth, origin)
    return _print(rng, paint.reshape(x.shape), depth.reshape(x.shape), origin.reshape(*x.shape, 2), size)


def _stones(rng: np.random.Generator) -> list[Act]:
    """The ground: drops everywhere, warm ones along a band from lower left to upper right, cool ones beside it."""
    acts: list[Act] = []
    for _ in range(120):
        x, y = (float(place) for place in rng.uniform(-0.3, 1.3, 2))
        acts.append(Drop(x, y, float(rng.uniform(0.025, 0.075)), _choose(rng, x, y)))
    return acts


def _choose(rng: np.random.Generator, x: float, y: float) -> int:
    """A paint for a drop at (x, y)."""
    cool, hot = np.array([0.30, 0.02, 0.08, 0.14, 0.24, 0.04, 0.18]), np.array([0.10, 0.32, 0.24, 0.12, 0.02, 0.20, 0])
    warm = np.exp(-(((x + y - 1.0 + 0.2 * np.sin(6 * x)) / 0.34) ** 2))
    return int(rng.choice(7, p=cool * (1 - warm) + hot * warm))


def _floor(rng: np.random.Generator, paint: Labels, depth: Array, origin: Array) -> None:
    """The first stones cover the whole bath, pressed into cells with veins between: fill what no drop has reached."""
    seeds = rng.uniform(-0.6, 1.6, (560, 2))
    paints = np.array([_choose(rng, x, y) for x, y in seeds])
    bare = paint < 0
    distance, nearest = cKDTree(seeds).query(origin[bare], k=2)
    between = distance[:, 0] / distance[:, 1]
    paint[bare] = np.where(between < 0.90, paints[nearest[:, 0]], CREAM)
    depth[bare] = between


def _combing() -> list[Act]:
    """To and fro with a wide rake, across with a fine comb, then large whirls, alternately turned."""
    return [
        Comb(np.pi / 2 + 0.08, 0.26, 0.03, 0.26, 0.035),
        Comb(-np.pi / 2 + 0.08, 0.26, 0.16, 0.26, 0.035),
        Comb(0.05, 0.066, 0.01, 0.085, 0.010),
        Whirl(0.26, 0.29, 3.6, 0.17),
        Whirl(0.76, 0.20, -3.0, 0.15),
        Whirl(0.74, 0.73, 4.0, 0.18),
        Whirl(0.20, 0.80, -3.4, 0.15),
        Comb(0.8, 0.9, -0.1, 0.05, 0.08),
    ]


def _flowers(rng: np.random.Generator) -> list[Act]:
    """Drops into drops, pulled inward and outward by a needle; and a spray of little ones."""
    acts: list[Act] = []
    for x, y, petals, rings in (
        (0.50, 0.51, 8, (RED, CREAM, INDIGO, CREAM, RED, OCHRE, CREAM, INDIGO)),
        (0.93, 0.46, 6, (INDIGO, CREAM, BLUE, CREAM, RED)),
        (0.06, 0.54, 6, (INDIGO, OCHRE, CREAM, GREEN, INDIGO)),
        (0.47, 0.93, 7, (GREEN, CREAM, RED, CREAM, ROSE, RED)),
        (0.50, 0.07, 6, (INDIGO, CREAM, GREEN, CREAM, OCHRE)),
    ):
        radii = 0.040 * rng.uniform(0.8, 1.15, len(rings))
        acts += [Drop(x, y, float(radius), paint) for radius, paint in zip(radii, rings, strict=True)]
        rim = float(np.sqrt((radii**2).sum()))
        for angle in np.arange(petals) * 2 * np.pi / petals + rng.uniform(0, 6):
            acts.append(Needle(x + rim * np.cos(angle), y + rim * np.sin(angle), angle + np.pi, 0.62 * rim, 0.75 * rim))
    for _ in range(60):
        x, y = (float(place) for place in rng.uniform(0, 1, 2))
        paint = int(rng.choice([CREAM, CREAM, INDIGO, RED, BLUE, OCHRE]))
        acts.append(Drop(x, y, float(rng.gamma(3.0, 0.0017)), paint))
    return acts


def _follow_back(x: Array, y: Array, acts: list[Act]) -> tuple[Labels, Array, Array]:
    """For each pixel [n]: its paint (-1 if no drop reached it), its depth in its drop (0 centre, 1 rim), and where in
    the bath it started [n, 2]."""
    paint: Labels = np.full(len(x), -1)
    depth, origin = np.ones(len(x), dtype=np.float32), np.stack([x, y], axis=1)
    live = np.arange(len(x))
    for act in reversed(acts):
        if isinstance(act, Drop):
            within = act.depth(x, y)
            found = within < 1
            if found.any():
                there, kept = live[found], ~found
                paint[there], depth[there] = act.paint, within[found]
                origin[there] = np.stack([x[found], y[found]], axis=1)
                live, x, y = live[kept], x[kept], y[kept]
        x, y = act.undo(x, y)
    origin[live] = np.stack([x, y], axis=1)
    return paint, depth, origin


def _print(rng: np.random.Generator, paint: Labels, depth: Array, origin: Array, size: int) -> Array:
    """Colour on paper: pigment thicker at the rims of drops, grained and starred by the gall, on toothed paper."""
    grain = fractal_noise(rng, (900, 900), 26, octaves=6, persistence=0.75)
    cloud = fractal_noise(rng, (900, 900), 140, octaves=4)
    where = (origin % 1.0) * 899
    spots, slow = sample(grain, where), sample(cloud, where)
    rgb = PAINTS[paint]
    thin = 0.05 + 0.30 * slow + 0.28 * (spots - 0.5)
    rgb = mix(rgb, PAINTS[CREAM], np.clip(thin * smoothstep(1.05, 0.3, depth), 0, 0.6))
    rgb = rgb * (1 - 0.16 * smoothstep(0.86, 1.0, depth))[..., None]
    stars = smoothstep(0.80, 0.88, spots) * (paint != CREAM)
    rgb = mix(rgb, PAINTS[CREAM] * 0.97, 0.5 * stars)
    rgb = rgb * (0.95 + 0.12 * spots)[..., None]
    rgb = rgb * (0.75 + 0.25 * relief(6 * spots, 0.5))[..., None]
    sheet: Array = np.clip(shrink(rgb) * paper(rng, (size, size), 0.03)[..., None], 0, 1)
    return sheet
