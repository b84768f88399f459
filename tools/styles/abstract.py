"""Abstract painting: wide fields of colour laid over each other."""

import numpy as np
from canvas import Canvas
from field import Array, fractal_noise, grid, mix, palette, relief, smoothstep, vary, warp
from pieces import turned

# Fields from back to front: left, top, right, bottom (parts of the side), strokes lean by (radians), colours.
FIELDS = (
    ((0.0, 0.0, 1.0, 0.27), 0.03, ("#e9c6a4", "#f0dcc3", "#dba58c")),
    ((-0.01, 0.25, 0.63, 0.68), -0.05, ("#c9321f", "#e2532a", "#a51f26", "#ee7a3f")),
    ((0.60, 0.22, 1.01, 0.60), 1.52, ("#1e3a6e", "#2d5c97", "#16264f", "#5d8bb0")),
    ((0.0, 0.66, 0.58, 1.01), 0.04, ("#e6a527", "#f2c552", "#cf8420")),
    ((0.55, 0.57, 1.01, 1.0), -0.06, ("#5b1d33", "#7d2a3c", "#3a1529", "#a8475a")),
    ((0.0, 0.615, 0.72, 0.675), 0.02, ("#23324e", "#35537e")),
    ((0.58, 0.08, 0.70, 0.66), 1.50, ("#f3e6cf", "#e4cdb4")),
)


def colour_fields(rng: np.random.Generator, size: int) -> Array:
    """Broad fields over a dark red underpainting: each is laid with wide dry bristle strokes that leave gaps at the
    edges, thinned with small ones, then scraped with a blade that drags the wet paint along and opens the layers below;
    drips, scratches and the weave of the canvas come last.
    """
    unit = size / 640
    under = _underpainting(rng, size)
    canvas = Canvas(under.picture(), size)
    for box, lean, colours in FIELDS:
        _field(rng, canvas, np.array(box) * size, lean, palette(*colours), unit)
    _accents(rng, canvas, unit)
    painted = canvas.picture(light=0.8, sheen=0.06)
    scraped = _scrape(rng, painted, under.picture(light=0.8), unit)
    return _weave(rng, _scratch(rng, scraped, unit), unit)


def _underpainting(rng: np.random.Generator, size: int) -> Canvas:
    """Thin dark reds and earths, brushed in all directions."""
    unit = size / 640
    canvas = Canvas(palette("#4a1a1c")[0], size)
    colours = palette("#3b1218", "#6e2420", "#8c3b24", "#2a1a2c", "#a0522d")
    for _ in range(420):
        centre, turn = rng.uniform(-0.05, 1.05, 2) * size, rng.normal(0, 0.9)
        step = np.array([np.cos(turn), np.sin(turn)]) * rng.uniform(40, 110) * unit
        path = np.stack([centre - step, centre + rng.normal(0, 8, 2) * unit, centre + step])
        canvas.stroke(rng, path, rng.uniform(14, 34) * unit, vary(rng, colours[rng.integers(5)], 0.03), load=0.75)
    return canvas


def _field(rng: np.random.Generator, canvas: Canvas, box: Array, lean: float, colours: Array, unit: float) -> None:
    """One field: wide strokes first, then smaller and lighter ones; ragged at its border."""
    left, top, right, bottom = box
    area = (right - left) * (bottom - top)
    upright = abs(lean) > 0.8
    for width, share, opacity in ((44, 1.9, 0.9), (26, 1.1, 0.8), (11, 0.45, 0.75)):
        width = min(width * unit, 0.7 * min(right - left, bottom - top))
        reach = min(width * 4.5, 0.55 * ((bottom - top) if upright else (right - left)))
        for _ in range(int(share * area / (width * reach)) + 3):
            centre = rng.uniform((left, top), (right, bottom))
            turn = lean + rng.normal(0, 0.09)
            half = reach * rng.uniform(0.3, 0.6)
            low, high = (top + half, bottom - half) if upright else (left + half, right - half)
            axis = int(upright)
            if low < high:
                centre[axis] = np.clip(centre[axis], low - 0.12 * half, high + 0.12 * half)
            step = np.array([np.cos(turn), np.sin(turn)]) * half * rng.choice([-1, 1])
            path = np.stack([centre - step, centre + rng.normal(0, 2.5, 2) * unit, centre + step])
            tone = colours[min(int(rng.exponential(0.9)), len(colours) - 1)]
            second = vary(rng, colours[rng.integers(len(colours))], 0.03)
            canvas.stroke(
                rng,
                path,
                width,
                vary(rng, tone, 0.025, 0.02),
                opacity=opacity,
                second=second,
                load=rng.uniform(0.45, 0.95),
                taper=0.12,
                streak=0.05,
                thickness=1.1,
            )


def _accents(rng: np.random.Generator, canvas: Canvas, unit: float) -> None:
    """A few loud strokes with a loaded brush, where fields meet."""
    marks = (
        ((70, 176), (300, 168), 20, "#f6e9d2"),
        ((350, 395), (120, 402), 13, "#f09a7a"),
        ((470, 370), (612, 366), 24, "#e2532a"),
        ((90, 610), (330, 602), 16, "#fbe2a0"),
        ((440, 120), (446, 330), 9, "#c9321f"),
        ((500, 560), (600, 552), 14, "#4f93a5"),
        ((560, 170), (556, 300), 12, "#8fb9c4"),
        ((212, 480), (372, 474), 10, "#c9321f"),
    )
    for start, end, width, code in marks:
        ends = np.array([start, end], dtype=float) * unit
        path = np.stack([ends[0], ends.mean(axis=0) + rng.normal(0, 5, 2) * unit, ends[1]])
        canvas.stroke(rng, path, width * unit, palette(code)[0], load=0.7, thickness=1.8, taper=0.1)


def _scrape(rng: np.random.Generator, painted: Array, under: Array, unit: float) -> Array:
    """Drag a blade across in a few bands: paint is pulled along and torn open, with a ridge where the blade leaves."""
    shape = painted.shape[:2]
    y, x = grid(shape)
    streaks = fractal_noise(rng, shape, (5 * unit, 130 * unit), octaves=4, persistence=0.65)
    for middle, half, start, end, upright in (
        (0.255, 0.045, 0.02, 0.75, False),
        (0.645, 0.035, 0.10, 0.95, False),
        (0.93, 0.03, 0.05, 0.85, False),
        (0.60, 0.030, 0.05, 0.70, True),
        (0.86, 0.022, 0.25, 0.95, True),
    ):
        along, across, lines = (y, x, streaks.T) if upright else (x, y, streaks)
        wobble = 0.012 * np.sin(along / shape[0] * 9 + middle * 30)
        band = smoothstep(half * 1.1, half * 0.85, np.abs(across / shape[0] - middle - wobble))
        band = band * smoothstep(start, start + 0.02, along / shape[0]) * smoothstep(end, end - 0.1, along / shape[0])
        pull = (14 + 40 * lines) * unit
        moves = [part * pull for part in np.linspace(0.1, 1, 7)]
        dragged = np.mean([warp(painted, *((0, -move) if upright else (-move, 0))) for move in moves], axis=0)
        painted = mix(painted, dragged, band)
        torn = band * smoothstep(0.56, 0.68, lines)
        painted = mix(painted, under, 0.9 * torn)
        painted = painted * relief(6 * (band * 0.8 - torn * 0.4), 0.5)[..., None]
    return painted


def _scratch(rng: np.random.Generator, picture: Array, unit: float) -> Array:
    """Drips of thinned paint, and combs of thin lines cut with the handle of the brush."""
    canvas = Canvas(picture, picture.shape[0])
    for _ in range(26):
        start = rng.uniform((20, 150), (620, 480)) * unit
        shade = picture[int(start[1]), int(start[0])]
        length = rng.uniform(30, 150) * unit
        place = np.linspace(0, 1, 24)[:, None]
        path = start + place * (0, length) + rng.normal(0, 0.5, (24, 2)).cumsum(axis=0) * 0.4 * unit
        width = (1.2 + 1.6 * place[:, 0] ** 3) * unit
        canvas.line(path, width, shade * 0.92, 0.75)
    for x, y, turn, gap, count in (
        (150, 265, 0.04, 7, 9),
        (500, 300, 1.5, 6, 8),
        (210, 560, -0.03, 6, 10),
        (480, 480, 0.06, 8, 8),
        (470, 90, 0.0, 6, 7),
    ):
        step, across = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
        for i in range(count):
            middle = np.array([x, y]) + across * (i - count / 2) * gap + step * rng.normal(0, 14)
            half = step * rng.uniform(14, 60)
            path = np.linspace(middle - half, middle + half, 20) + rng.normal(0, 0.35, (20, 2)).cumsum(axis=0) * 0.5
            width = rng.uniform(0.8, 1.7) * unit * np.sin(np.linspace(0.2, 2.9, 20)) ** 0.5
            canvas.line(path * unit, width, palette("#3a1418", "#f4e8d0")[int(rng.random() < 0.35)], 0.6)
    return canvas.picture()


def _weave(rng: np.random.Generator, picture: Array, unit: float) -> Array:
    """The threads of the linen show, more where the paint is thin."""
    shape = picture.shape[:2]
    y, x = grid(shape)
    bend = 3 * unit * fractal_noise(rng, shape, 60 * unit, octaves=3)
    threads = np.sin((x + bend) * 2 * np.pi / (3.1 * unit)) * np.sin((y + bend) * 2 * np.pi / (3.3 * unit))
    slubs = turned(rng.random((400, 400)), np.zeros(shape), np.full(shape, 3.0), (9.0 * unit, 1.5 * unit)) - 0.5
    thin = fractal_noise(rng, shape, 120 * unit, octaves=4)
    woven: Array = np.clip(picture * (1 + (0.02 + 0.04 * thin) * threads + 0.05 * slubs)[..., None], 0, 1)
    return woven
