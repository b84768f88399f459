"""Oil on canvas: pictures built from thousands of brush strokes that follow a field."""

import numpy as np
from canvas import Canvas
from field import Array, flow, fractal_noise, grid, mix, palette, ramp, sample, scatter, smoothstep, trace, unit, vary


def cover(
    canvas: Canvas,
    rng: np.random.Generator,
    target: Array,
    direction: tuple[Array, Array],
    spacing: float,
    width: float,
    length: float,
    where: Array | None = None,
    **brush: float,
) -> None:
    """Lay strokes of one brush all over the canvas, each in the target's colour at its middle, along `direction`."""
    starts = scatter(rng, target.shape[:2], spacing)
    if where is not None:
        starts = starts[rng.random(len(starts)) < sample(where, starts)]
    colours = vary(rng, sample(target, starts), 0.035, 0.02)
    for path, rgb in zip(trace(*direction, starts, length), colours, strict=True):
        trim = rng.integers(0, max(len(path) // 4, 1) + 1)
        canvas.stroke(rng, path[trim:], width * rng.uniform(0.7, 1.25), rgb, **brush)


def swirls(rng: np.random.Generator, size: int) -> Array:
    """Evening over the sea, air and water turning in whirls, in thick curling strokes.

    A few eddies bend both the direction of the strokes and the bands of colour; above the horizon the bands run from
    plum to gold, below it from deep teal to foam. The brushes go from broad to narrow, the last ones heavy with paint.
    """
    k = size / 640
    y, x = grid((size, size))
    u, v = flow(rng, (size, size), 240 * k, drift=(1.6, 0.1))
    tone = 0.65 * fractal_noise(rng, (size, size), (70 * k, 240 * k), 4)
    eddies = (
        (0.34, 0.34, 150, 1),
        (0.80, 0.20, 88, -1),
        (0.93, 0.53, 60, 1),
        (0.06, 0.07, 50, -1),
        (0.58, 0.05, 44, 1),
        (0.20, 0.86, 84, -1),
        (0.70, 0.84, 110, 1),
        (0.45, 0.98, 50, -1),
    )
    for centre_x, centre_y, radius, spin in eddies:
        dx, dy = x - centre_x * size, (y - centre_y * size) * 1.15
        distance = np.hypot(dx, dy) / (radius * k)
        near = np.clip(2 * np.exp(-(distance**2) / 1.2), 0, 1)
        turn = unit(-spin * dy - 0.3 * dx, spin * dx - 0.3 * dy)
        u, v = mix(u, turn[0], near), mix(v, turn[1], near)
        arms = 0.5 + 0.5 * np.cos(distance * 8 + 2 * spin * np.arctan2(dy, dx))
        tone = mix(tone, 0.1 + 0.55 * arms + 0.45 * np.exp(-((distance / 0.35) ** 2)), 0.9 * near)
    horizon = size * 0.64 + 26 * k * (fractal_noise(rng, (size, size), 170 * k, 2)[:1] - 0.5) * 2
    low = np.clip(y / horizon, 0, 1) ** 2
    sky = ramp(tone + 0.32 * low - 0.1, ("#241a4a", "#5b2a66", "#b23a4e", "#e8703a", "#f7b24a", "#fdeab0"))
    sea = ramp(tone * 0.9, ("#0b2536", "#11495a", "#237a80", "#6bb7a5", "#d8e6bd", "#fbe3a0"))
    target = mix(sky, sea, smoothstep(-3 * k, 3 * k, y - horizon))
    canvas = Canvas(palette("#3a1c33")[0], size)
    direction = unit(u, v)
    cover(canvas, rng, target, direction, 17 * k, 22 * k, 90 * k, streak=0.07)
    cover(canvas, rng, target, direction, 11 * k, 11 * k, 66 * k, load=0.9, streak=0.09, thickness=1.3)
    cover(canvas, rng, target, direction, 12 * k, 6 * k, 44 * k, load=0.9, streak=0.12, thickness=1.8)
    return canvas.picture(light=2.2)


def aurora(rng: np.random.Generator, size: int) -> Array:
    """Curtains of light over mountains and a still lake, in long oily strokes that hang along the rays.

    A curtain is a folded line: light rises from its hem, strong at first, and fades; where the fold turns it is
    brighter. The lake repeats the upper picture mirrored, darker and broken by flat strokes. Stars are dabs on top.
    """
    k = size / 640
    y, x = grid((size, size))
    shore = 0.76 * size
    sky, hang = _curtains(rng, size, k)
    u, v = unit(hang + 0.15 * np.sin(x / (60 * k)), -np.ones_like(x))
    for level, height, colours in (
        (0.70, 150, ("#0d1b33", "#1f3d5c", "#5d8f9c")),
        (0.75, 90, ("#050b16", "#0f2233", "#24505a")),
    ):
        ridge = size * level - height * k * np.abs(2 * fractal_noise(rng, (1, size), 170 * k, 5, 0.55) - 1)
        inside = smoothstep(-1.5 * k, 1.5 * k, y - ridge)
        slope = np.gradient(np.broadcast_to(ridge, y.shape), axis=1)
        tone = 0.35 + 0.35 * np.tanh(slope) + 0.5 * (fractal_noise(rng, (size, size), (60 * k, 30 * k), 4) - 0.5)
        sky = mix(sky, ramp(tone, colours), inside)
        side = np.where(slope > 0, 1.0, -1.0)
        u, v = mix(u, 0.7 * side, inside), mix(v, np.full_like(v, 0.8), inside)
    ripple = 7 * k * np.sin(y / (5 * k) + 0.01 * x / k)
    lake = sample(sky, np.stack([x + ripple, 2.6 * shore - 1.6 * y], axis=-1))
    water = smoothstep(-2 * k, 2 * k, y - shore)
    target = mix(sky, mix(lake * 0.8, palette("#0a1c30"), 0.2), water)
    direction = unit(mix(u, 1.0, water), mix(v, 0.06 * np.sin(x / (30 * k)), water))
    canvas = Canvas(palette("#0a1530")[0], size)
    cover(canvas, rng, target, direction, 19 * k, 23 * k, 100 * k, streak=0.05)
    cover(canvas, rng, target, direction, 12 * k, 11 * k, 70 * k, load=0.85, streak=0.08, thickness=1.2)
    cover(canvas, rng, target, direction, 12 * k, 4.5 * k, 60 * k, load=0.8, streak=0.12, thickness=1.5)
    _stars(canvas, rng, size, k)
    return canvas.picture(light=1.8)


def _curtains(rng: np.random.Generator, size: int, k: float) -> tuple[Array, Array]:
    """The sky's colour [H, W, 3] and how the rays lean (right is positive) [H, W]."""
    y, _ = grid((size, size))
    haze = 0.25 * (fractal_noise(rng, (size, size), 160 * k, 3) - 0.5)
    night = ramp(0.9 * y / size + haze, ("#070b30", "#101c52", "#1a3f70", "#2f7680"))
    glow = np.zeros((size, size, 3))
    lean = np.zeros((size, size))
    for level, swing, reach, strength in ((0.22, 150, 150, 0.7), (0.42, 190, 230, 1.1), (0.60, 110, 190, 0.8)):
        fold = 2 * fractal_noise(rng, (1, size), 210 * k, 3, 0.45) - 1
        shift = 60 * k * (fractal_noise(rng, (size, size), (400 * k, 90 * k), 2) - 0.5)
        hem = size * level + swing * k * fold + shift
        rise = (hem - y) / (reach * k)
        rays = 0.35 + 0.65 * fractal_noise(rng, (1, size), 34 * k, 4, 0.7) ** 1.3
        light = strength * rays * np.exp(-np.clip(rise, 0, 9) * 1.9) * smoothstep(-0.10, 0.06, rise)
        tint = ramp(np.clip(rise / 1.3, 0, 1), ("#e8ff9a", "#5cf58a", "#14d68e", "#1490b8", "#8a34c8", "#e02c8a"))
        glow += light[..., None] * tint**1.6
        lean += light * np.gradient(fold[0])[None] * 40
    return 1 - (1 - night) * np.exp(-1.7 * glow), lean


def _stars(canvas: Canvas, rng: np.random.Generator, size: int, k: float) -> None:
    """Small dabs of thick light paint, a few large ones with a halo of short strokes."""
    for i in range(90):
        spot = rng.uniform((0, 0), (size, 0.55 * size))
        radius = k * (rng.uniform(0.8, 1.6) if i > 12 else rng.uniform(2, 3))
        canvas.disc(spot, radius, vary(rng, palette("#fff6d8")[0], 0.03), thickness=2.0)


def pointillism(rng: np.random.Generator, size: int) -> Array:
    """A river in late sun with poplars and sails, in dots of pure colour.

    Every dot takes not the colour of its place but one of a dozen tube colours, drawn so that neighbours together
    give it: the nearer a tube colour, the likelier. Three sizes of dots, the largest underneath.
    """
    k = size / 640
    target = _river(rng, size, k)
    tubes = palette(
        "#1f2f6b",
        "#3b62b5",
        "#7fb0dc",
        "#c7dcea",
        "#5b3f86",
        "#b98bc0",
        "#f3c6c4",
        "#e6753f",
        "#f5b53c",
        "#fbe9a2",
        "#2f6b3f",
        "#86ae43",
        "#c8cf5e",
        "#a33a38",
    )
    canvas = Canvas(mix(target, palette("#e8d9b8")[0], 0.35), size)
    for spacing, radius, noise in ((7.0, 5.2, 0.10), (5.2, 3.1, 0.13), (5.0, 2.1, 0.17)):
        spots = scatter(rng, (size, size), spacing * k, 0.9)
        wanted = np.clip(sample(target, spots) * 1.06 - 0.03, 0, 1)
        wanted = wanted + rng.normal(0, noise, wanted.shape)
        nearest = np.argmin(((wanted[:, None] - tubes[None]) ** 2).sum(axis=-1), axis=1)
        colours = vary(rng, tubes[nearest], 0.03, 0.02)
        for spot, rgb in zip(spots, colours, strict=True):
            canvas.disc(spot, radius * k * rng.uniform(0.75, 1.2), rgb, 0.92, thickness=0.5)
    return canvas.picture(light=0.5)


def _river(rng: np.random.Generator, size: int, k: float) -> Array:
    """The scene under the dots: evening sky, hills, water with reflections, poplars, sails, a bank with shadows."""
    y, x = grid((size, size))
    shore = 0.52 * size
    clouds = fractal_noise(rng, (size, size), (60 * k, 190 * k), 4)
    sky = ramp(y / shore * 0.85 + 0.5 * (clouds - 0.5), ("#4a78c0", "#8fb8de", "#d9cfe0", "#f6c9b0", "#fbe39a"))
    hill = shore - 60 * k * fractal_noise(rng, (1, size), 200 * k, 4)
    scene = mix(sky, ramp(clouds, ("#5b4f90", "#8d86bd", "#6a93a8")), smoothstep(0, 3 * k, y - hill))
    trees = ((0.10, 0.10, 30), (0.19, 0.03, 36), (0.29, 0.16, 27), (0.80, 0.20, 30), (0.90, 0.07, 38))
    for centre, top, half in trees:
        wobble = 16 * k * (fractal_noise(rng, (size, size), 30 * k, 3) - 0.5)
        height = np.clip((y - top * size) / (shore - top * size), 0, 1)
        edge = half * k * np.sqrt(np.clip(height * 1.6, 0, 1)) * (1.1 - 0.45 * height) + wobble
        inside = smoothstep(0, 4 * k, edge - np.abs(x - centre * size)) * (y > top * size) * (y < shore)
        lit = 0.5 + 0.45 * (x - centre * size) / (half * k) + 0.9 * (fractal_noise(rng, (size, size), 26 * k, 3) - 0.5)
        scene = mix(scene, ramp(lit, ("#1c2c5c", "#28603f", "#6f9d3c", "#d9cc50")), inside)
    for centre, half, tall in ((0.53, 34, 150), (0.66, 18, 84)):
        rise = (shore + 12 * k - y) / (tall * k)
        leech = half * k * np.clip(1 - rise, 0, 1) ** 0.8
        inside = (rise > 0) & (np.abs(x - centre * size + 8 * k * rise) < leech)
        scene = mix(
            scene, ramp((x - centre * size) / (half * 2 * k) + 0.5, ("#e6753f", "#fbe9c8")), inside.astype(float)
        )
    ripple = 9 * k * np.sin(y / (4.5 * k) + 5 * fractal_noise(rng, (size, size), 80 * k, 3))
    mirrored = sample(scene, np.stack([x + ripple, 2 * shore - y + 6 * k], axis=-1))
    glints = np.sin(y / (5 * k) + ripple / (3 * k)) > 0.4
    water = mix(mirrored * (0.86, 0.93, 1.02), palette("#3b62b5")[0], 0.18 + 0.2 * glints)
    scene = mix(scene, water, smoothstep(0, 2 * k, y - shore))
    bank = size * (0.83 + 0.13 * x / size) + 22 * k * (fractal_noise(rng, (1, size), 140 * k, 3) - 0.5)
    shade = fractal_noise(rng, (size, size), (36 * k, 150 * k), 4)
    return mix(
        scene, ramp(shade, ("#24356b", "#2f6b3f", "#86ae43", "#e0d25a", "#f5b53c")), smoothstep(0, 4 * k, y - bank)
    )
