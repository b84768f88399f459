"""A page of a comic, magnified: flat inks, dots and brush outlines, printed a little out of register."""

from collections.abc import Callable

import numpy as np
from field import Array, fractal_noise, mix, palette, ramp, relief, smoothstep
from numpy.typing import NDArray
from pieces import Labels, border_distance, fine_grid, shrink
from scipy import ndimage

PAPER, RED, YELLOW, BLUE, SKY, BLACK, ORANGE = palette(
    "#f6ecd6", "#dc2a20", "#fdd022", "#1d55a8", "#74c3df", "#17120f", "#f28a1e"
)
CENTRE = (0.40, 0.55)
# name -> (flat ink, ink of the dots, dots to a side, angle of their rows in degrees)
INKS = {
    "sky": (PAPER, SKY * 0.92, 58, 15),
    "beam": (SKY, BLUE, 50, 45),
    "outer": (RED, YELLOW, 46, 30),
    "middle": (YELLOW, RED, 54, 75),
    "inner": (ORANGE, RED, 74, 15),
    "core": (PAPER, YELLOW, 60, 45),
    "cloud": (PAPER, BLUE, 84, 60),
    "fume": (SKY, RED * 0.9, 64, 30),
    "water": (BLUE, SKY, 52, 20),
    "deep": (BLUE * 0.55, BLUE, 66, 45),
    "foam": (PAPER, SKY, 92, 15),
    "bolt": (YELLOW, RED, 80, 45),
}
NAMES = list(INKS)
Place = Callable[[str, NDArray[np.bool_], Array], None]


def halftone(rng: np.random.Generator, size: int) -> Array:
    """An explosion above a heavy sea. Forms are stacked like paper cut-outs, each with a flat ink and Ben-Day dots
    whose size follows a tone, on a screen of its own pitch and angle. Black goes on last: swelling outlines, speed
    lines, hatching. Each ink is printed slightly off, on yellowing paper, with worn patches.
    """
    y, x = _shaken(rng, size)
    form, tone, part = _stack(rng, y, x)
    colour_y, colour_x = y - 0.0022, x + 0.0028
    flat, dotted = np.zeros((*form.shape, 3)), np.zeros((*form.shape, 3))
    cover = np.zeros(form.shape)
    for i, (ink, dot, pitch, angle) in enumerate(INKS.values()):
        mine = form == i
        flat[mine], dotted[mine] = ink, dot
        cover[mine] = _dots(colour_y[mine], colour_x[mine], tone[mine], pitch, np.deg2rad(angle))
    off = round(size / 320 * 1.6)
    flat = np.roll(flat, (off, -off), axis=(0, 1))
    grain = fractal_noise(rng, form.shape, 14 * size / 320, octaves=5, persistence=0.75)
    printed = mix(flat, dotted, cover * smoothstep(0.06, 0.26, grain))
    black = _black(rng, y, x, form, part, size)
    return shrink(_paper(rng, mix(printed, BLACK, black * smoothstep(0.02, 0.16, grain)), grain, size))


def _shaken(rng: np.random.Generator, size: int) -> tuple[Array, Array]:
    """Coordinates bent by a hand that does not use a ruler."""
    y, x = fine_grid(size)
    unit = size / 320
    bend = [0.010 * (fractal_noise(rng, y.shape, 60 * unit, octaves=3) - 0.5) for _ in range(2)]
    rough = [0.0016 * (fractal_noise(rng, y.shape, 4 * unit, octaves=2) - 0.5) for _ in range(2)]
    return y + bend[0] + rough[0], x + bend[1] + rough[1]


def _star(rng: np.random.Generator, angle: Array, points: int, low: float, high: float) -> Array:
    """The radius of a ragged star at each angle."""
    place = (angle / (2 * np.pi) % 1) * points
    knot = np.floor(place).astype(int) % points
    outer = high * rng.uniform(0.72, 1.18, points)
    inner = low * rng.uniform(0.85, 1.15, points)
    share = np.abs(place % 1 - 0.5) * 2
    following = inner[(knot + 1) % points]
    base = np.where(place % 1 < 0.5, inner[knot], following)
    radius: Array = outer[knot] + (base - outer[knot]) * share**0.85
    return radius


def _stack(rng: np.random.Generator, y: Array, x: Array) -> tuple[Labels, Array, Labels]:
    """The forms from back to front: which ink, the tone of its dots, and parts (between which outlines run)."""
    form, tone, part = np.zeros(y.shape, dtype=int), np.zeros(y.shape), np.zeros(y.shape, dtype=int)
    count = 0

    def place(name: str, mask: NDArray[np.bool_], value: Array) -> None:
        nonlocal count
        count += 1
        form[mask], tone[mask], part[mask] = NAMES.index(name), value[mask], count

    dy, dx = y - CENTRE[0], x - CENTRE[1]
    radius, angle = np.hypot(dy, dx), np.arctan2(dy, dx)
    place("sky", radius > -1, 0.95 - 0.8 * radius + 0.12 * np.sin(9 * x))
    place("beam", np.sin(angle * 9 + 0.7 * np.sin(angle * 2)) > 0.18, 0.9 - 1.15 * radius)
    place("outer", radius < _star(rng, angle, 15, 0.235, 0.43), 1.0 - 3.0 * radius)
    place("middle", radius < _star(rng, angle + 0.2, 13, 0.165, 0.31), 3.0 * radius - 0.28)
    place("inner", radius < _star(rng, angle, 11, 0.10, 0.205), 6.5 * radius - 0.45)
    place("core", radius < _star(rng, angle + 0.4, 9, 0.045, 0.115), 8.5 * radius - 0.15)
    for start, lean, reach in (((0.03, 0.03), 0.62, 0.30), ((0.02, 0.95), 2.35, 0.27)):
        bolt = _bolt((x - start[1]) / reach, (y - start[0]) / reach, lean)
        place("bolt", bolt, 0.9 - 2.6 * np.hypot(y - start[0], x - start[1]))
    _clouds(place, y, x)
    _sea(place, y, x)
    return form, np.clip(tone, 0, 1), part


def _bolt(dx: Array, dy: Array, lean: float) -> NDArray[np.bool_]:
    """A flash of lightning, one unit long, leaning by `lean`: three slabs, each thinner than the last."""
    along, across = dx * np.cos(lean) + dy * np.sin(lean), dy * np.cos(lean) - dx * np.sin(lean)
    inside = np.zeros(dx.shape, dtype=bool)
    for start, end, shift, half in ((0.0, 0.44, -0.11, 0.125), (0.34, 0.72, 0.02, 0.095), (0.62, 1.0, 0.13, 0.065)):
        part = (along - start - 0.55 * (across - shift)) / (end - start)
        middle = shift + 0.10 * (0.5 - part)
        inside |= (part > 0) & (part < 1) & (np.abs(across - middle) < half * (1.12 - part * (end > 0.9)))
    return inside


def _clouds(place: Place, y: Array, x: Array) -> None:
    """Rolling smoke: heaps of round lobes, shaded by dots below."""
    heaps = (
        ("fume", ((0.60, 0.93, 0.10), (0.52, 1.0, 0.09), (0.66, 0.80, 0.085), (0.70, 0.97, 0.10))),
        ("fume", ((0.58, 0.05, 0.10), (0.66, 0.17, 0.09), (0.68, 0.02, 0.11), (0.49, -0.01, 0.07))),
        (
            "cloud",
            (
                (0.66, 0.36, 0.085),
                (0.63, 0.47, 0.10),
                (0.65, 0.60, 0.095),
                (0.70, 0.71, 0.08),
                (0.72, 0.27, 0.08),
                (0.73, 0.50, 0.13),
            ),
        ),
        ("cloud", ((0.72, 0.90, 0.075), (0.76, 1.0, 0.09), (0.78, 0.80, 0.07))),
        ("cloud", ((0.74, 0.10, 0.085), (0.78, 0.22, 0.07), (0.80, -0.01, 0.09))),
    )
    for name, lobes in heaps:
        for row, column, reach in sorted(lobes):
            distance, turn = np.hypot(y - row, x - column), np.arctan2(y - row, x - column)
            edge = reach * (1 + 0.05 * np.cos(turn * 5 + row * 50))
            place(name, distance < edge, 0.30 + 0.55 * (y - row) / reach + 0.35 * (x - column) / reach)


def _sea(place: Place, y: Array, x: Array) -> None:
    """Waves with crests of foam, three rows."""
    for i, (level, height, length, phase) in enumerate(
        ((0.80, 0.030, 0.31, 0.02), (0.885, 0.034, 0.39, 0.17), (0.975, 0.032, 0.33, 0.05))
    ):
        beat = ((x - phase) / length + 0.12 * np.sin(2 * np.pi * (x - phase) / length)) % 1
        crest = level - height * (1 - np.abs(2 * beat - 1) ** 0.75) * 1.5
        foam = 0.012 + 0.024 * np.abs(np.sin(x * 36 + 2 * i)) ** 0.6
        place("foam", y > crest - foam, 0.9 * smoothstep(-0.035, 0.012, y - crest))
        place("water" if i != 1 else "deep", y > crest + 0.010 + 0.006 * np.sin(x * 50), 0.95 - (y - crest) / 0.085)
        place("foam", np.abs(y - crest - 0.052) < 0.0115 * np.sin(beat * np.pi) ** 2 - 0.003, 0 * y)


def _dots(y: Array, x: Array, tone: Array, pitch: float, angle: float) -> Array:
    """The ink of the dots at each point: round dots whose area is `tone`."""
    across = (x * np.cos(angle) + y * np.sin(angle)) * pitch
    down = (y * np.cos(angle) - x * np.sin(angle)) * pitch
    distance = np.hypot(across - np.rint(across), down - np.rint(down))
    radius = 0.60 * np.sqrt(np.clip(tone, 0, 1))
    ink: Array = smoothstep(radius + 0.035, radius - 0.035, distance) * (radius > 0.09)
    return ink


def _black(rng: np.random.Generator, y: Array, x: Array, form: Labels, part: Labels, size: int) -> Array:
    """Everything the black plate carries."""
    unit = size / 320
    swell = fractal_noise(rng, y.shape, 45 * unit, octaves=3)
    half = (1.0 + 2.6 * swell) * unit
    lines = smoothstep(half + 0.5 * unit, half, border_distance(part))
    heavy = np.roll(border_distance(form), (int(unit), int(unit)), axis=(0, 1))
    lines = np.maximum(lines, smoothstep(half * 1.35 + 0.5 * unit, half * 1.35, heavy))
    dy, dx = y - CENTRE[0], x - CENTRE[1]
    radius, angle = np.hypot(dy, dx), np.arctan2(dy, dx)
    rays = ndimage.gaussian_filter(_rays(rng, radius, angle), 0.7) * np.isin(form, [0, 1])
    hatch = np.abs(((x * 0.8 + y) * 62) % 1 - 0.5) * 2
    shade = np.clip((y - 0.845) * 5, 0, 0.8) * (form == NAMES.index("deep"))
    black: Array = np.maximum.reduce([lines, rays, smoothstep(0.08, -0.02, hatch - shade * 0.7) * (shade > 0)])
    return black


def _rays(rng: np.random.Generator, radius: Array, angle: Array) -> Array:
    """Speed lines: thin wedges that widen outward, 1 where they are black."""
    turns = np.sort(rng.uniform(-np.pi, np.pi, 130))
    starts, widths = rng.uniform(0.34, 0.58, 130), rng.uniform(0.008, 0.040, 130)
    after = np.searchsorted(turns, angle)
    rays = np.zeros(angle.shape)
    for i in (after % 130, (after - 1) % 130):
        away = np.abs((angle - turns[i] + np.pi) % (2 * np.pi) - np.pi) * radius
        rays = np.maximum(rays, away < widths[i] * np.clip(radius - starts[i], 0, 1) ** 0.8)
    return rays


def _paper(rng: np.random.Generator, rgb: Array, grain: Array, size: int) -> Array:
    """Cheap paper showing through: fibres, yellowing, specks, a soft fold."""
    unit = size / 320
    y, x = fine_grid(size)
    age = fractal_noise(rng, grain.shape, 180 * unit, octaves=4)
    rgb = rgb * mix(np.ones(3), np.array([0.95, 0.89, 0.76]), 0.25 + 0.6 * age * np.hypot(y - 0.5, x - 0.5))
    rgb = rgb * (0.93 + 0.13 * grain)[..., None]
    fibre = fractal_noise(rng, grain.shape, (2.2 * unit, 5 * unit), octaves=2)
    rgb = mix(rgb, PAPER, 0.5 * smoothstep(0.80, 0.97, fibre))
    fold = relief(2.5 * unit * np.exp(-np.abs(x - 0.5 + 0.004 * np.sin(y * 9)) * 320) + 0.8 * unit * fibre, 0.35)
    dark = ramp(grain, ("#17120f", "#2a221c"))
    return np.maximum(rgb, 0.9 * dark) * (0.6 + 0.4 * fold)[..., None]
