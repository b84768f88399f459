"""Floating circles, arcs and lines over a watery ground."""

import numpy as np
from canvas import OVERSAMPLE, Canvas
from field import Array, fractal_noise, grid, mix, palette, paper, ramp, relief, smoothstep, warp

CREAM, INK, NIGHT, RED, YELLOW, TEAL, ROSE, SKY = palette(
    "#f4e9d0", "#15131a", "#1f2c5c", "#cf3d26", "#ecb534", "#2f8583", "#d98a8c", "#8db7c9"
)
# Rings of one disc from outside in: (part of the radius, colour, opacity).
Rings = tuple[tuple[float, Array, float], ...]
MOON: Rings = (
    (1.0, NIGHT, 0.93),
    (0.80, NIGHT * 0.55, 0.9),
    (0.62, TEAL, 0.85),
    (0.50, INK, 0.95),
    (0.30, RED, 0.95),
    (0.16, YELLOW, 1.0),
)
EMBER: Rings = (
    (1.0, RED, 0.82),
    (0.78, YELLOW, 0.85),
    (0.70, RED, 0.9),
    (0.46, ROSE, 0.8),
    (0.38, NIGHT, 0.92),
    (0.17, CREAM, 0.95),
)
POND: Rings = ((1.0, TEAL, 0.80), (0.84, SKY, 0.75), (0.66, TEAL * 0.75, 0.85), (0.40, CREAM, 0.85), (0.27, INK, 0.9))
SUN: Rings = ((1.0, YELLOW, 0.9), (0.72, CREAM, 0.6), (0.60, YELLOW * 0.9, 0.9), (0.30, RED, 0.9))
PETAL: Rings = ((1.0, ROSE, 0.75), (0.66, RED * 0.8, 0.75), (0.34, NIGHT, 0.9))
VEIL: Rings = ((1.0, SKY, 0.55), (0.55, NIGHT, 0.45))
# Centre (x, y) and radius in parts of the side.
DISCS = (
    ((0.66, 0.26, 0.250), VEIL),
    ((0.31, 0.36, 0.215), MOON),
    ((0.70, 0.68, 0.190), EMBER),
    ((0.17, 0.79, 0.130), POND),
    ((0.80, 0.17, 0.098), SUN),
    ((0.50, 0.56, 0.115), PETAL),
    ((0.46, 0.87, 0.075), SUN),
    ((0.92, 0.44, 0.085), POND),
    ((0.55, 0.13, 0.055), MOON),
    ((0.07, 0.10, 0.085), EMBER),
    ((0.10, 0.56, 0.048), PETAL),
    ((0.93, 0.90, 0.095), MOON),
)


def circles(rng: np.random.Generator, size: int) -> Array:
    """Discs hung like planets over washes that ran into each other. Every ring is a pool of watercolour: pigment
    settles at its rim and in the tooth of the paper, and lets what lies below shine through. Between them chequers,
    combs of lines, half rings and long ruled strokes in ink, drawn with changing pressure.
    """
    unit = size / 640
    canvas = Canvas(CREAM, size)
    canvas.rgb[:] = _ground(rng, size)
    _halo(canvas.rgb, (0.31, 0.36), 0.30, mix(CREAM, ROSE, 0.45))
    _halo(canvas.rgb, (0.70, 0.68), 0.27, mix(CREAM, YELLOW, 0.5))
    for (x, y, radius), rings in DISCS:
        for part, colour, opacity in rings:
            shift = rng.normal(0, 0.012, 2) * radius * (part < 0.7)
            _pool(rng, canvas.rgb, (x + shift[0], y + shift[1]), radius * part, colour, opacity)
    _spray(rng, canvas.rgb)
    for centre, cell, turn, count, colour in (
        ((0.40, 0.70), 0.030, 0.5, (4, 6), INK),
        ((0.86, 0.30), 0.022, -0.3, (5, 4), NIGHT),
        ((0.13, 0.36), 0.020, 0.2, (3, 7), RED),
        ((0.60, 0.92), 0.024, -0.15, (3, 6), TEAL),
    ):
        _chequer(rng, canvas, np.array(centre) * size, cell * size, turn, count, colour)
    _arcs(rng, canvas, size)
    _strokes(rng, canvas, size)
    tooth = paper(rng, (size, size), 0.045)
    light = relief(9 * unit * fractal_noise(rng, (size, size), 3.2 * unit, octaves=2), 0.10)
    picture: Array = np.clip(canvas.picture() * (tooth * light)[..., None], 0, 1)
    return picture


def _ground(rng: np.random.Generator, size: int) -> Array:
    """Wet in wet: warm and cool washes pushed into each other, with the dark seams of water that ran back."""
    side = size * OVERSAMPLE
    unit = side / 640
    y, x = grid((side, side))
    bend = [120 * unit * (fractal_noise(rng, (side, side), 150 * unit, octaves=4) - 0.5) for _ in range(2)]
    wash = fractal_noise(rng, (side, side), 240 * unit, octaves=3, persistence=0.45)
    wash = warp(0.65 * wash + 0.35 * (0.6 * x + 0.4 * y) / side, *bend)
    colours = ("#6f93a6", "#a9c6c4", "#ead9b4", "#f3e4c6", "#eab99a", "#d58f7d", "#8c6f86", "#4b5680")
    rgb = ramp(np.clip((wash - 0.1) * 1.2, 0, 1), colours)
    for steps, depth in ((5.0, 0.30), (11.0, 0.16)):
        seam = (wash * steps + 0.7 * fractal_noise(rng, wash.shape, 40 * unit, octaves=5, persistence=0.6)) % 1
        rgb = rgb * (1 - depth * np.exp(-seam / 0.07) - 0.4 * depth * np.exp(-seam / 0.3))[..., None]
    grain = fractal_noise(rng, wash.shape, 5 * unit, octaves=3, persistence=0.8)
    blooms = smoothstep(0.62, 0.8, fractal_noise(rng, wash.shape, 60 * unit, octaves=5, persistence=0.6))
    return mix(rgb * (0.88 + 0.22 * grain)[..., None], CREAM, 0.35 * blooms)


def _window(rgb: Array, centre: tuple[float, float], radius: float) -> tuple[tuple[slice, slice], Array, Array] | None:
    """The part of the picture around a disc, with the distance from its centre and the angle, in sides."""
    side = rgb.shape[0]
    low = np.clip(np.floor((np.array(centre) - radius) * side).astype(int), 0, side)
    high = np.clip(np.ceil((np.array(centre) + radius) * side).astype(int), 0, side)
    if (high <= low).any():
        return None
    window = (slice(low[1], high[1]), slice(low[0], high[0]))
    y, x = np.mgrid[window] / side
    return window, np.hypot(x - centre[0], y - centre[1]), np.arctan2(y - centre[1], x - centre[0])


def _pool(
    rng: np.random.Generator, rgb: Array, centre: tuple[float, float], radius: float, colour: Array, opacity: float
) -> None:
    """One disc of watercolour."""
    found = _window(rgb, centre, radius * 1.06 + 0.004)
    if found is None:
        return
    window, distance, angle = found
    side = rgb.shape[0]
    scale = max(radius * side, 8)
    cloud = fractal_noise(rng, distance.shape, 0.7 * scale, octaves=5, persistence=0.6)
    grain = fractal_noise(rng, distance.shape, 5 * side / 1280 * 2, octaves=3, persistence=0.8)
    wobble = 0.010 * np.sin(angle * 3 + rng.uniform(0, 6)) + 0.006 * np.sin(angle * 7 + rng.uniform(0, 6))
    inward = radius * (1 + wobble) - distance + 0.0016 * (grain - 0.5)
    rim = np.exp(-np.clip(inward, 0, None) / 0.0042) + 0.5 * np.exp(-np.clip(inward, 0, None) / (0.16 * radius))
    density = opacity * np.clip(0.70 + 0.42 * (cloud - 0.3) + 0.25 * (grain - 0.5) + 0.25 * rim, 0, 1.04)
    pigment = np.clip(colour * (1.10 - 0.34 * rim - 0.22 * (cloud - 0.5))[..., None], 0, 1)
    below = rgb[window]
    laid = mix(below, 0.78 * pigment + 0.22 * below * pigment, density)
    rgb[window] = mix(below, laid, smoothstep(-0.0008, 0.0008, inward))


def _halo(rgb: Array, centre: tuple[float, float], radius: float, colour: Array) -> None:
    """A soft light around a disc."""
    found = _window(rgb, centre, radius)
    if found is not None:
        window, distance, _ = found
        rgb[window] = mix(rgb[window], colour, 0.85 * smoothstep(radius, 0.62 * radius, distance))


def _spray(rng: np.random.Generator, rgb: Array) -> None:
    """Small discs along two bows, and drops around them."""
    colours = (RED, NIGHT, YELLOW, TEAL, ROSE, INK, SKY, CREAM)
    for i in range(17):
        turn = -2.7 + 0.155 * i
        place = (0.56 + 0.40 * np.cos(turn), 0.47 + 0.40 * np.sin(turn))
        radius = 0.008 + 0.016 * np.sin(np.pi * (i + 1) / 18) ** 2
        _pool(rng, rgb, place, radius, colours[i % 8], 0.95)
        if radius > 0.014:
            _pool(rng, rgb, place, 0.45 * radius, colours[(i + 3) % 8], 0.95)
    for _ in range(46):
        place = tuple(rng.uniform(0.02, 0.98, 2))
        _pool(rng, rgb, place, rng.gamma(2.2, 0.0024) + 0.003, colours[rng.integers(8)], rng.uniform(0.6, 0.95))


def _chequer(
    rng: np.random.Generator,
    canvas: Canvas,
    centre: Array,
    cell: float,
    turn: float,
    count: tuple[int, int],
    colour: Array,
) -> None:
    """A leaning chessboard, every second field filled, some of them in another colour."""
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn + 0.15), np.cos(turn + 0.15)]]) * cell
    other = (YELLOW, ROSE, CREAM, SKY)
    for i in range(count[0]):
        for j in range(count[1]):
            corners = np.array([(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]) - np.array(count) / 2
            corners = centre + (corners + rng.normal(0, 0.025, (4, 2))) @ axes
            odd = (i + j) % 2
            shade = colour if odd else other[rng.integers(4)]
            canvas.polygon(corners, shade * rng.uniform(0.85, 1.08), 0.9 if odd else 0.55)


def _curve(
    rng: np.random.Generator, canvas: Canvas, path: Array, width: float, colour: Array, opacity: float = 0.92
) -> None:
    """A line whose pressure changes, with a little of the dry pen in it."""
    place = np.linspace(0, np.pi, len(path))
    pressure = 0.75 + 0.35 * np.sin(place * rng.uniform(1, 3) + rng.uniform(0, 3)) + rng.normal(0, 0.06, len(path))
    canvas.line(path, np.clip(width * pressure, 0.35 * width, None), colour, opacity)


def _arcs(rng: np.random.Generator, canvas: Canvas, size: int) -> None:
    """Bows around the discs, single and in bundles; half rings in a row."""

    def bow(x: float, y: float, radius: float, start: float, end: float) -> Array:
        angle = np.linspace(start, end, max(int(abs(end - start) * radius * 130), 12))
        return (np.array([x, y]) + radius * np.stack([np.cos(angle), np.sin(angle)], axis=-1)) * size

    unit = size / 640
    for x, y, radius, start, end, width, colour in (
        (0.31, 0.36, 0.262, -2.6, 1.5, 5.5, INK),
        (0.31, 0.36, 0.285, -1.9, 0.6, 2.0, RED),
        (0.56, 0.47, 0.43, -2.9, 0.5, 2.2, INK),
        (0.70, 0.68, 0.228, 0.2, 3.6, 4.0, NIGHT),
        (0.70, 0.68, 0.245, 0.7, 2.9, 1.6, INK),
        (0.17, 0.79, 0.165, -2.2, 0.9, 3.4, RED),
        (0.80, 0.17, 0.128, -0.4, 4.2, 2.6, INK),
        (0.95, 1.02, 0.33, 3.2, 4.7, 6.0, TEAL),
        (0.02, 0.98, 0.20, -1.6, 0.0, 3.0, INK),
    ):
        _curve(rng, canvas, bow(x, y, radius, start, end), width * unit, colour)
    for i in range(7):
        _curve(rng, canvas, bow(0.66, 0.26, 0.13 + 0.016 * i, 2.5, 4.1 - 0.07 * i), 1.5 * unit, INK)
        _curve(rng, canvas, bow(0.315 + 0.052 * i, 0.955, 0.024, np.pi, 2 * np.pi), 4.2 * unit, (NIGHT, RED)[i % 2])
        _curve(rng, canvas, bow(0.315 + 0.052 * i, 0.955, 0.014, np.pi, 2 * np.pi), 2.2 * unit, INK)


def _strokes(rng: np.random.Generator, canvas: Canvas, size: int) -> None:
    """Long ruled lines and wedges, combs of short ones, a ladder, a zigzag."""
    unit = size / 640
    for x0, y0, x1, y1, width in (
        (0.02, 0.70, 0.98, 0.30, 3.6),
        (0.12, 0.02, 0.62, 0.99, 2.0),
        (0.40, 0.02, 0.97, 0.62, 1.5),
        (0.02, 0.22, 0.55, 0.02, 2.6),
        (0.28, 0.98, 0.99, 0.78, 1.8),
    ):
        path = np.linspace((x0, y0), (x1, y1), 120) * size
        _curve(rng, canvas, path, width * unit, INK)
    for (x0, y0), (x1, y1), width, colour in (
        ((0.05, 0.93), (0.58, 0.40), 17, INK),
        ((0.97, 0.06), (0.58, 0.46), 13, RED),
        ((0.36, 0.03), (0.47, 0.46), 11, YELLOW),
    ):
        path = np.linspace((x0, y0), (x1, y1), 60) * size
        canvas.line(path, np.linspace(width, 0.3, 60) * unit, colour, 0.88)
    for x, y, turn, gap, length, count in (
        (0.60, 0.45, 1.05, 0.014, 0.12, 9),
        (0.05, 0.42, 0.3, 0.011, 0.09, 8),
        (0.83, 0.52, -0.9, 0.012, 0.10, 10),
        (0.30, 0.62, -0.4, 0.012, 0.10, 7),
    ):
        along, across = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
        for i in range(count):
            start = np.array([x, y]) + across * gap * i
            path = np.linspace(start, start + along * length * (1 - 0.06 * i), 24) * size
            _curve(rng, canvas, path, (2.4 - 0.16 * i) * unit, INK if i % 3 else RED)
    zigzag = np.stack([np.linspace(0.66, 0.97, 15), 0.955 + 0.022 * (np.arange(15) % 2)], axis=-1) * size
    _curve(rng, canvas, zigzag, 3.0 * unit, INK)
