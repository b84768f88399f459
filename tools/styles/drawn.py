"""Drawing: chalk on dark paper, pen and ink. Form comes from the direction and the density of lines."""

import numpy as np
from canvas import Canvas, coverage
from field import Array, fractal_noise, grid, mix, palette, paper, ramp, sample, scatter, smoothstep, trace, unit, vary
from numpy.typing import ArrayLike
from scipy import ndimage

SKINS = {
    "apple": ("#3c1226", "#a3242f", "#e2553c", "#ffcfa0"),
    "lemon": ("#4e5424", "#c09a22", "#f5d845", "#fff8c4"),
    "orange": ("#5b1f2c", "#c4501f", "#f5922c", "#ffdc90"),
    "pear": ("#22402c", "#6d8a34", "#c6c648", "#f8f2b4"),
    "plum": ("#171336", "#43265f", "#8550a0", "#dcb8e4"),
}
# Middle (parts of the picture), half width and half height (pixels of 640), from back to front.
FRUIT = (
    (0.72, 0.27, 112, 150, "pear"),
    (0.45, 0.36, 96, 104, "apple"),
    (0.17, 0.38, 112, 108, "orange"),
    (0.95, 0.48, 92, 96, "plum"),
    (0.62, 0.60, 132, 124, "orange"),
    (0.30, 0.66, 120, 92, "lemon"),
    (0.04, 0.72, 78, 80, "plum"),
    (0.90, 0.82, 104, 104, "apple"),
    (0.52, 0.92, 110, 92, "plum"),
    (0.18, 0.98, 116, 110, "pear"),
)
# Foot (x, y), angle in radians, length, in parts of the picture.
LEAVES = (
    (0.57, 0.22, -2.5, 0.15),
    (0.74, 0.05, -0.5, 0.16),
    (0.33, 0.25, -0.7, 0.12),
    (0.77, 0.44, 0.3, 0.14),
    (0.43, 0.78, 2.6, 0.13),
    (0.68, 0.80, 0.6, 0.14),
)


def _run(kept: np.ndarray) -> slice:
    """The unbroken stretch of True around the middle of a row."""
    middle = len(kept) // 2
    gaps = np.flatnonzero(~kept)
    before, after = gaps[gaps <= middle], gaps[gaps >= middle]
    return slice(int(before[-1]) + 1 if len(before) else 0, int(after[0]) if len(after) else len(kept))


def chalk(rng: np.random.Generator, size: int) -> Array:
    """Fruit on a striped cloth in soft pastel on dark paper.

    Layers of open strokes, each in its own direction, catch only on the tooth of the paper, so that the dark sheet and
    every earlier layer shine through; the first layers are broad and dark, the last ones short, light and pressed hard.
    A stroke ends where the thing that it belongs to ends.
    """
    k = size / 640
    shape = (size, size)
    scene, things, direction = _still_life(rng, size, k)
    tooth = ndimage.gaussian_filter(rng.standard_normal(shape), 0.85 * k)
    tooth = np.clip(0.5 + 0.25 * tooth / tooth.std(), 0, 1)
    picture = ramp(fractal_noise(rng, shape, 160 * k, 4), ("#1d1a2a", "#2a2536")) * paper(rng, shape, 0.08)[..., None]
    passes = (
        (19, 22, 80, -0.9, -0.08, 0.6),
        (14, 11, 56, 0.8, -0.02, 0.6),
        (12, 7, 44, 0.2, 0.04, 0.62),
        (12, 4.5, 34, -0.3, 0.12, 0.75),
    )
    for spacing, width, length, turn, lighten, pressure in passes:
        canvas = Canvas(picture, size)
        starts = scatter(rng, shape, spacing * k)
        u, v = direction
        slanted = (u * np.cos(turn) - v * np.sin(turn), u * np.sin(turn) + v * np.cos(turn))
        colours = vary(rng, sample(scene, starts), 0.05, 0.05) + lighten
        for path, rgb in zip(trace(*slanted, starts, length * k), colours, strict=True):
            path = path[_run(sample(things, path) == sample(things, path[len(path) // 2]))]
            if len(path) > 2:
                canvas.stroke(rng, path, width * k * rng.uniform(0.6, 1.2), rgb, load=0.8, taper=0.25, streak=0.03)
        caught = smoothstep(0.72 - pressure, 1.28 - pressure, tooth)
        picture = mix(picture, canvas.picture(), 0.22 + 0.78 * caught)
    return picture


def _still_life(rng: np.random.Generator, size: int, k: float) -> tuple[Array, np.ndarray, tuple[Array, Array]]:
    """Colours, numbers of the things and stroke directions; light from the upper left."""
    y, x = grid((size, size))
    folds = fractal_noise(rng, (size, size), 200 * k, 3, 0.4)
    stripe = np.sin((0.8 * x + 0.6 * y) / (15 * k) + 9 * folds)
    cloth = ramp(np.clip(0.15 + 0.85 * folds, 0, 1), ("#1f2c5c", "#3d62a0", "#8fb8d0", "#f0ead6"))
    cloth = mix(cloth, ramp(folds, ("#5a2347", "#c0506a", "#f5b9a0")), smoothstep(0.35, 0.5, stripe))
    wall = ramp(fractal_noise(rng, (size, size), 190 * k, 4), ("#16303c", "#236064", "#5fa08a", "#d2bd78"))
    below = y > size * 0.34 + 0.10 * x
    scene, things = np.where(below[..., None], cloth, wall), below.astype(int)
    u, v = unit(np.cos(5 * folds + 0.4), np.sin(5 * folds + 0.4))
    for number, (centre_x, centre_y, wide, tall, kind) in enumerate(FRUIT, 2):
        dx, dy = (x - centre_x * size) / (wide * k), (y - centre_y * size) / (tall * k)
        scene = scene * (1 - 0.66 * smoothstep(1.2, 0.55, np.hypot(dx - 0.42, (dy - 0.5) * 1.25)))[..., None]
        bumps = fractal_noise(rng, (size, size), 60 * k, 2) - 0.5
        radius = np.hypot(dx, dy) + 0.05 * bumps
        if kind == "pear" and tall > wide:
            belly, neck = np.hypot(dx, (dy - 0.3) / 0.72), np.hypot(dx / 0.52, (dy + 0.45) / 0.62)
            radius = -np.log(np.exp(-7 * belly) + np.exp(-7 * neck)) / 7 + 0.05 * bumps
        inside = radius < 1
        bulge = np.sqrt(np.clip(1 - radius**2, 0, 1))
        light = 0.06 + 0.94 * np.clip(-0.5 * dx - 0.5 * dy + 0.66 * bulge, 0, 1) + 0.2 * smoothstep(0.8, 1.0, radius)
        shine = 0.5 * np.exp(-((np.hypot(dx + 0.36, dy + 0.42) / 0.16) ** 2))
        scene = np.where(inside[..., None], ramp(light + 0.2 * bumps + shine, SKINS[kind]), scene)
        things = np.where(inside, number, things)
        around = unit(-dy - 0.4, dx + 0.3)
        u, v = np.where(inside, around[0], u), np.where(inside, around[1], v)
    return _leaves(scene, things, u, v)


def _leaves(scene: Array, things: np.ndarray, u: Array, v: Array) -> tuple[Array, np.ndarray, tuple[Array, Array]]:
    """Lay leaves between and over the fruit."""
    size = len(scene)
    y, x = grid((size, size)) / np.array(size)
    for foot_x, foot_y, angle, length in LEAVES:
        dx, dy = (x - foot_x) / length, (y - foot_y) / length
        along = dx * np.cos(angle) + dy * np.sin(angle)
        across = dy * np.cos(angle) - dx * np.sin(angle) - 0.3 * along * (1 - along)
        inside = (along > 0) & (along < 1) & (np.abs(across) < 0.21 * np.sin(np.pi * np.clip(along, 0, 1) ** 0.8))
        light = 0.5 - 1.6 * across + 0.14 * np.sin(along * 24 + np.abs(across) * 40)
        light = np.where(np.abs(across) < 0.018, 1.0, light)
        scene = np.where(inside[..., None], ramp(light, ("#12302e", "#2c6a4a", "#6fa052", "#dfe6a0")), scene)
        things = np.where(inside, things.max() + 1, things)
        u, v = np.where(inside, np.cos(angle), u), np.where(inside, np.sin(angle), v)
    return scene, things, unit(u, v)


def hatching(rng: np.random.Generator, size: int) -> Array:
    """A moonlit valley of round trees and hills, in pen: black, blue and red ink on cream paper.

    The scene is only tones, directions and outlines. Each pass of lines follows one direction over the forms and is
    drawn just where the tone is darker than the pass's threshold, so shadows are crossed two, three and four times.
    """
    k = size / 640
    shape = (size, size)
    valley = Valley(rng, size)
    tone = np.clip(valley.tone + 0.12 * (fractal_noise(rng, shape, 22 * k, 3) - 0.5), 0, 1)
    picture = ramp(fractal_noise(rng, shape, 200 * k, 4), ("#e9d9b6", "#f6ecd2")) * paper(rng, shape, 0.04)[..., None]
    black, blue, red = palette("#1b1a22", "#1f5696", "#c2452b")
    for ink, chosen in ((blue, valley.warm < 0.5), (red, valley.warm > 0.5)):
        for turn, below in ((0.35, 0.90), (-0.45, 0.60)):
            lines = _hatch(rng, np.where(chosen, tone, 1.0), valley.turning + turn, below, 4.4 * k, 1.2 * k)
            picture = mix(picture, ink * (0.2 + 0.8 * picture), 0.9 * lines)
    for turn, below, spacing, width in (
        (0.0, 0.68, 4.4, 0.85),
        (0.95, 0.42, 4.0, 0.85),
        (-0.8, 0.25, 3.6, 0.9),
        (1.6, 0.13, 3.4, 1.0),
    ):
        lines = _hatch(rng, tone, valley.turning + turn, below, spacing * k, width * k)
        picture = mix(picture, black, 0.92 * lines)
    contours = valley.visible_outlines()
    return mix(picture, black, 0.95 * coverage(size, contours, [float(rng.uniform(1.1, 1.7)) * k for _ in contours]))


def _hatch(rng: np.random.Generator, tone: Array, turning: Array, below: float, spacing: float, width: float) -> Array:
    """Coverage [H, W] of pen lines along the angle `turning`, wherever the tone is below a threshold."""
    starts = scatter(rng, tone.shape, spacing * 2.2, 0.9)
    starts = starts[sample(tone, starts) < below]
    lines, widths = [], []
    for path in trace(np.cos(turning), np.sin(turning), starts, spacing * 11, 2.0):
        line = path[_run(sample(tone, path) < below)]
        if len(line) > 3:
            depth = below - float(sample(tone, path[len(path) // 2]))
            heavy = width * (0.75 + 0.7 * depth) * rng.uniform(0.75, 1.2)
            third = len(line) // 3
            lines += [line, line[third : len(line) - third + 1]]
            widths += [0.75 * heavy, 1.25 * heavy]
    return coverage(tone.shape[0], lines, widths)


class Valley:
    """The lines that the pen draws, built from back to front.

    `tone` [H, W]: 0 dark .. 1 light. `turning`: direction of the first lines, radians. `warm`: 1 red ink, 0 blue.
    `owner`: the number of the thing in front; an outline shows where nothing with a higher number covers it.
    """

    def __init__(self, rng: np.random.Generator, size: int) -> None:
        """Sky, then four hills, each with trees on its back."""
        self.rng, self.size, self.k = rng, size, size / 640
        self.y, self.x = grid((size, size))
        self.owner = np.zeros((size, size), dtype=int)
        self.tone: Array
        self.turning: Array
        self.warm: Array
        self.outlines: list[tuple[int, Array]] = []
        self._sky()
        for level, swell, scale, base, warm in (
            (0.44, 60, 260, 0.74, 0.0),
            (0.56, 70, 220, 0.60, 1.0),
            (0.72, 80, 260, 0.66, 0.0),
            (0.93, 70, 200, 0.54, 1.0),
        ):
            back = size * level - swell * self.k * (2 * fractal_noise(rng, (1, size), scale * self.k, 2, 0.4)[0] - 1)
            self._hill(back, base, warm)
            count = int(15 - 9 * level)
            for column in (rng.permutation(count) + rng.uniform(0.1, 0.9, count)) / count * size:
                foot = back[int(min(column, size - 1))] + rng.uniform(2, 40) * self.k * level
                self._tree(column, foot, self.k * rng.uniform(15, 24) * (0.2 + 2.0 * level))

    def _cover(self, inside: np.ndarray, tone: Array, turning: ArrayLike, warm: float, outline: Array) -> None:
        """Put one more thing in front of all."""
        number = len(self.outlines) + 1
        self.owner[inside] = number
        self.tone = np.where(inside, tone, self.tone)
        self.turning = np.where(inside, turning, self.turning)
        self.warm = np.where(inside, warm, self.warm)
        self.outlines.append((number, outline))

    def _sky(self) -> None:
        """Clouds in bands around a full moon; the lines run in rings around it."""
        centre = np.array([0.68, 0.17]) * self.size
        away = np.hypot(self.x - centre[0], self.y - centre[1]) / self.k
        cloud = fractal_noise(self.rng, (self.size, self.size), (40 * self.k, 170 * self.k), 5)
        self.tone = np.clip(0.93 - away / 1000 + 1.0 * (cloud - 0.58), 0.16, 0.97)
        self.turning = np.arctan2(self.y - centre[1], self.x - centre[0]) + np.pi / 2
        self.warm = (away < 150 + 60 * cloud).astype(float)
        angle = np.linspace(0, 2 * np.pi, 90)
        ring = centre + 46 * self.k * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        self._cover(away < 46, np.ones_like(cloud), self.turning, 1.0, ring)
        self.tone = np.where((away > 46) & (away < 62), 0.7, self.tone)

    def _hill(self, back: Array, base: float, warm: float) -> None:
        """Ground below a line, with furrows that come towards us."""
        depth = (self.y - back) / (90 * self.k)
        slope = np.gradient(back)
        furrow = np.sin(depth * 13 + 0.012 * self.x / self.k)
        tone = np.clip(base + 0.3 * np.exp(-depth * 6) - 0.3 * depth - 0.55 * slope + 0.13 * furrow, 0.05, 0.86)
        turning = np.arctan(slope) * np.exp(-0.4 * depth) + 0.15
        outline = np.stack([np.arange(self.size), back], axis=-1)
        self._cover(depth > 0, tone, turning, warm, outline)

    def _tree(self, column: float, foot: float, reach: float) -> None:
        """A round crown of scallops on a short trunk, lit from the moon's side; its shadow lies on the ground."""
        shadow = np.hypot((self.x - column + reach) / (1.4 * reach), (self.y - foot) / (0.3 * reach)) < 1
        self.tone = np.where(shadow, self.tone * 0.3, self.tone)
        trunk = (np.abs(self.x - column) < 0.10 * reach) & (self.y < foot) & (self.y > foot - reach)
        rail = np.array([[column - 0.1 * reach, foot], [column - 0.1 * reach, foot - reach]])
        self._cover(trunk, np.full_like(self.tone, 0.3), np.pi / 2, 0.0, rail)
        phase, lobes = self.rng.uniform(0, 6), self.rng.integers(4, 7)
        dx, dy = (self.x - column) / reach, (self.y - foot + 1.45 * reach) / (1.15 * reach)

        def edge(angle: Array) -> Array:
            out: Array = 0.9 + 0.13 * np.abs(np.sin(lobes * angle + phase)) + 0.05 * np.sin(2 * angle + phase)
            return out

        angle = np.linspace(-np.pi, np.pi, 160)
        ring = reach * edge(angle)[:, None] * np.stack([np.cos(angle), 1.15 * np.sin(angle)], axis=-1)
        clumps = fractal_noise(self.rng, dx.shape, 0.45 * reach, 2)
        light = np.clip(0.50 + 0.5 * dx - 0.42 * dy + 1.3 * (clumps - 0.5), 0.06, 1)
        inside = np.hypot(dx, dy) < edge(np.arctan2(dy, dx))
        self._cover(inside, light, 0.9 + 0.7 * dx + 0.3 * dy, 0.0, ring + np.array([column, foot - 1.45 * reach]))

    def visible_outlines(self) -> list[Array]:
        """The stretches of all outlines that nothing nearer hides."""
        lines = []
        for number, outline in self.outlines:
            shown = sample(self.owner, outline) <= number
            cuts = np.flatnonzero(np.diff(shown.astype(int))) + 1
            parts = np.split(outline, cuts)
            lines += [part for part in parts if len(part) > 1 and sample(self.owner, part[0]) <= number]
        return lines
