"""Fluid media: ink and water on paper, paint thrown from a stick. Transparent layers multiply, they do not cover."""

import numpy as np
from canvas import Canvas
from field import Array, fractal_noise, grid, mix, palette, paper, ramp, sample, smoothstep, vary
from scipy import ndimage

# Anemones: middle (parts of the picture), reach (pixels of 640), pigment.
HEADS = (
    (0.30, 0.30, 112, "#d6336c"),
    (0.75, 0.24, 88, "#6a3fa0"),
    (0.63, 0.66, 118, "#e2574c"),
    (0.17, 0.76, 84, "#3f4fa8"),
    (0.93, 0.52, 58, "#d6336c"),
    (0.38, 0.95, 66, "#e58a2f"),
    (0.52, 0.06, 52, "#8a4fb0"),
    (0.92, 0.92, 72, "#c42a55"),
    (0.03, 0.47, 54, "#e2574c"),
)


def ink_wash(rng: np.random.Generator, size: int) -> Array:
    """Mountains in mist: ranges of diluted ink, each sharp above and dissolving below, on warm paper.

    The ink's density adds up from far to near; dry-brush strokes then model the rocks, pines stand on the nearest
    ridges, and a vermilion sun, a little ochre, splashes and a seal give the accents.
    """
    k = size / 640
    shape = (size, size)
    y, x = grid(shape)
    sheet = ramp(fractal_noise(rng, shape, 200 * k, 5), ("#e6cf9f", "#f2e2bd", "#faf1da"))
    sheet = _wash(rng, sheet, 64 * k - np.hypot(x - 0.70 * size, y - 0.20 * size), palette("#d2432a")[0], 1.1, k, 5)
    density = 0.30 * fractal_noise(rng, shape, (60 * k, 220 * k), 5) ** 2
    ridges = []
    ranges = (
        (0.30, 110, 150, 0.55),
        (0.40, 170, 120, 0.75),
        (0.53, 130, 100, 1.0),
        (0.68, 170, 130, 1.5),
        (0.84, 120, 90, 2.1),
        (1.0, 110, 80, 2.9),
    )
    for level, tall, scale, strength in ranges:
        profile = 1 - np.abs(2 * fractal_noise(rng, (1, size), scale * k, 6, 0.45) - 1) ** 0.8
        ridge = level * size - tall * k * (profile[0] - 0.35)
        below = (y - ridge + 4 * k * (fractal_noise(rng, shape, 14 * k, 4) - 0.5)) / k
        inside = smoothstep(-0.6, 1.2, below)
        cloud = fractal_noise(rng, shape, (50 * k, 130 * k), 5)
        fade = np.exp(-np.clip(below, 0, None) / (26 + 90 * cloud))
        uneven = 0.45 + 0.9 * fractal_noise(rng, shape, 30 * k, 5)
        wash = strength * (fade * uneven + 0.25 * np.exp(-np.abs(below) / 2.5))
        density = mix(density, wash + 0.06, inside * (0.55 + 0.45 * fade))
        ridges.append((ridge, strength, tall))
    grain = paper(rng, shape, 0.05)
    density = density * (1 + 2.2 * (grain - 1))
    ink = -np.log(palette("#27303a")[0]) * 0.62
    tint = ramp(fractal_noise(rng, shape, 150 * k, 3), ("#2a5a8c", "#39434e", "#8f6428"))
    picture = sheet * np.exp(-density[..., None] * mix(ink, -0.6 * np.log(tint), 0.55))
    canvas = Canvas(picture, size)
    for ridge, strength, tall in ridges[1:]:
        _rocks(canvas, rng, ridge, strength, tall, k)
    for ridge, _, _ in ridges[3:]:
        _pines(canvas, rng, ridge, k)
    _splashes(canvas, rng, palette("#1d2127", "#1d2127", "#c8452c"), 170, k)
    _seal(canvas, np.array([0.075 * size, 0.10 * size]), k)
    return canvas.picture() * grain[..., None]


def _rocks(canvas: Canvas, rng: np.random.Generator, ridge: Array, strength: float, tall: float, k: float) -> None:
    """Dry strokes that run down from a ridge, steeper where it is steep."""
    slope = np.gradient(ndimage.gaussian_filter1d(ridge, 4 * k))
    for _ in range(int(70 + 30 * strength)):
        column = int(rng.integers(0, len(ridge)))
        start = np.array([column, ridge[column] + rng.exponential(22 * k)])
        lean = np.sign(slope[column]) * rng.uniform(0.2, 1.0) + rng.normal(0, 0.2)
        reach = k * rng.uniform(14, 20 + 0.22 * tall)
        bend = rng.normal(0, 0.25)
        t = np.linspace(0, 1, 8)[:, None]
        path = start + reach * np.hstack([lean * t + bend * t * t, t])
        ink = vary(rng, palette("#20262c")[0], 0.03)
        canvas.stroke(
            rng, path, k * rng.uniform(3, 9), ink, opacity=min(0.16 * strength + 0.1, 0.6), load=0.62, taper=0.8
        )


def _pines(canvas: Canvas, rng: np.random.Generator, ridge: Array, k: float) -> None:
    """A few crooked pines along a ridge: a trunk, and flat pads of short dabs on its boughs."""
    for column in rng.integers(0, len(ridge), 5):
        foot = np.array([column, ridge[column] + 6 * k])
        tall, lean = k * rng.uniform(34, 74), rng.normal(0, 0.22)
        t = np.linspace(0, 1, 9)
        sway = 0.06 * np.sin(t * 7 + rng.uniform(0, 6))
        trunk = foot + tall * np.stack([lean * t + sway, -t], axis=-1)
        canvas.line(trunk, k * np.linspace(4.5, 1.2, 9), palette("#15181b")[0], 0.92)
        for height in np.arange(0.35, 1.05, 0.13):
            knot = foot + tall * np.array([lean * height, -height])
            reach = tall * (0.52 - 0.32 * height) * rng.uniform(0.6, 1.2)
            side = rng.choice([-1.0, 1.0])
            for _ in range(int(18 + reach / k)):
                offset = np.array([side * reach * rng.uniform(-0.35, 1.0), rng.normal(0, 2.2 * k)])
                dab = knot + offset + k * np.array([[-4, 1.5], [0, -1], [4, 1.2]]) * rng.uniform(0.5, 1.1)
                canvas.stroke(rng, dab, 3.2 * k, palette("#171c1e")[0], opacity=0.75, load=0.85)


def _splashes(canvas: Canvas, rng: np.random.Generator, inks: Array, number: int, k: float) -> None:
    """Flicked drops in a few clusters, mostly tiny."""
    centres = rng.uniform(0, canvas.size, (6, 2))
    for _ in range(number):
        spot = centres[rng.integers(6)] + rng.normal(0, 75 * k, 2)
        canvas.disc(spot, min(k * (0.5 + rng.pareto(2.2)), 6 * k), inks[rng.integers(len(inks))], rng.uniform(0.4, 0.9))


def _seal(canvas: Canvas, corner: Array, k: float) -> None:
    """A red square stamp with a mountain left out."""
    red, cream = palette("#b8321f", "#efe0c0")
    square = np.array([[0, 0], [34, 1], [33, 36], [-1, 35]]) * k
    canvas.polygon(corner + square, red, 0.93)
    peaks = ((5, 28), (12, 12), (17, 22), (23, 8), (29, 28)), ((8, 31), (26, 31)), ((7, 7), (12, 6))
    for stroke in peaks:
        canvas.line(corner + np.array(stroke) * k, 2.2 * k, cream, 0.9)


def _wash(
    rng: np.random.Generator,
    picture: Array,
    inward: Array,
    pigment: Array,
    strength: float,
    k: float,
    wander: float = 16.0,
) -> Array:
    """One transparent wash over the part where `inward` (pixels from the edge, positive inside) is positive.

    The edge strays by `wander`, pigment gathers along it and in the hollows of the paper, the middle is uneven.
    """
    shape = inward.shape
    rough = wander * k * (fractal_noise(rng, shape, 60 * k, 5, 0.55) - 0.5)
    rough = rough + min(wander, 3) * k * (fractal_noise(rng, shape, 7 * k, 3) - 0.5)
    depth = (inward + rough) / k
    wet = smoothstep(-0.7, 0.9, depth)
    amount = 0.35 + 0.65 * fractal_noise(rng, shape, 80 * k, 4)
    rim = 0.55 * np.exp(-np.clip(depth, 0, None) / 2.2) + 0.25 * np.exp(-np.clip(depth, 0, None) / 9)
    tooth = ndimage.gaussian_filter(rng.standard_normal(shape), 0.9)
    grains = 1 + 0.11 * tooth / tooth.std()
    density = strength * wet * np.clip((amount + rim) * grains, 0, None)
    washed: Array = picture * np.exp(density[..., None] * np.log(np.clip(pigment, 0.02, 0.98)))
    return washed


def drip(rng: np.random.Generator, size: int) -> Array:
    """Paint flung and poured over raw canvas: skeins in six colours, layer over layer, with pools and drops.

    Each colour keeps to its own zones. A skein is the path of a swinging hand: its curvature wanders, and the faster
    the hand, the thinner the line.
    """
    k = size / 640
    shape = (size, size)
    ground = ramp(fractal_noise(rng, shape, 170 * k, 5), ("#8d7a5e", "#b8a27c", "#cfbd97", "#8a9490"))
    canvas = Canvas(ground * paper(rng, shape, 0.09)[..., None], size)
    black, white, ochre, brick, teal, grey = palette("#16130f", "#f1e9d6", "#dfa32a", "#b03a22", "#2f6f80", "#9aa09a")
    layers = (
        (teal, 5, 30.0),
        (brick, 3, 24.0),
        (black, 4, 22.0),
        (white, 4, 26.0),
        (teal, 16, 9.0),
        (grey, 16, 7.0),
        (black, 20, 8.5),
        (ochre, 15, 6.0),
        (white, 20, 5.5),
        (brick, 11, 5.0),
        (black, 26, 4.2),
        (white, 22, 2.6),
        (ochre, 14, 2.2),
        (teal, 14, 2.6),
        (black, 36, 1.6),
    )
    for rgb, number, width in layers:
        zones = fractal_noise(rng, shape, 240 * k, 2)
        for _ in range(number):
            middles = rng.uniform(-0.02, 1.02, (5, 2)) * size
            path, speed = _swing(rng, middles[np.argmax(sample(zones, middles))], k, rng.uniform(240, 700) * k)
            widths = width * k * np.clip(rng.uniform(0.5, 1.3) / speed, 0.35, 2.6)
            canvas.line(path, widths, vary(rng, rgb, 0.025, 0.012), thickness=1.6)
            _drops(canvas, rng, path, widths, rgb, k)
    return canvas.picture(light=1.5, sheen=0.25)


def _swing(rng: np.random.Generator, middle: Array, k: float, length: float) -> tuple[Array, Array]:
    """A path (x, y) with loops, every 3 pixels, and the hand's speed along it (about 1)."""
    count = int(length / (3 * k))
    slow, quick = (ndimage.gaussian_filter1d(rng.standard_normal(count + 80), s)[40 : 40 + count] for s in (11, 4))
    turning = rng.uniform(0.02, 0.08) * (slow / slow.std()) ** 3 * 0.4 + rng.uniform(0, 0.08) * quick / quick.std()
    heading = rng.uniform(0, 2 * np.pi) + np.cumsum(turning)
    haste = ndimage.gaussian_filter1d(rng.standard_normal(count), 9, mode="wrap")
    speed = np.exp(2.75 * haste - 4 * np.abs(turning))
    steps = 3 * k * np.stack([np.cos(heading), np.sin(heading)], axis=-1)
    path = np.cumsum(steps, axis=0)
    return path - path.mean(axis=0) + middle, speed


def _drops(canvas: Canvas, rng: np.random.Generator, path: Array, widths: Array, rgb: Array, k: float) -> None:
    """Pools on a skein and spatter beside it."""
    for i in rng.integers(0, len(path), 9):
        aside = rng.normal(0, 1, 2) * k * rng.choice([1.0, 7.0, 26.0])
        canvas.disc(path[i] + aside, widths[i] * rng.uniform(0.25, 0.8), rgb, thickness=1.4)


def watercolour(rng: np.random.Generator, size: int) -> Array:
    """Anemones and leaves, wet in wet: washes that multiply, with hard rims, back-runs and granulation.

    Underneath, three large washes run into each other; then leaves and flowers from large and pale to small and dark,
    every petal a wash of its own with a wandering edge; last the dark hearts and the spatter.
    """
    k = size / 640
    shape = (size, size)
    picture = np.ones((size, size, 3)) * palette("#fbf6ea")[0]
    for pigment, strength in (("#6cc0da", 0.5), ("#f7cf6c", 0.5), ("#a58fdc", 0.4), ("#f4a5b5", 0.4), ("#b9dd90", 0.4)):
        pool = (fractal_noise(rng, shape, 240 * k, 3, 0.4) - 0.48) * 260 * k
        picture = _wash(rng, picture, pool, palette(pigment)[0], strength, k)
    for _ in range(5):
        picture = _backrun(rng, picture, rng.uniform(0.05, 0.95, 2) * size, rng.uniform(30, 75) * k, k)
    greens = palette("#4d7f4a", "#7a9440", "#2f6a63", "#9aa84a")
    for _ in range(34):
        foot, angle = rng.uniform(-0.02, 1.02, 2) * size, rng.uniform(0, 2 * np.pi)
        length, half = rng.uniform(90, 190) * k, rng.uniform(13, 26) * k
        window, dx, dy = _window(foot, length * 1.2, size)
        leaf = _leaf(dx, dy, angle, length, half)
        green = vary(rng, greens[rng.integers(4)], 0.03)
        picture[window] = _wash(rng, picture[window], leaf, green, rng.uniform(0.45, 0.95), k, 4)
        vein = np.minimum(leaf - 0.25 * half, 1.1 * k - np.abs(leaf - leaf.max() * 0.86))
        picture[window] = _wash(rng, picture[window], vein, green, 0.5, k, 1)
    blooms = palette(*(code for *_, code in HEADS))
    for (centre_x, centre_y, reach, _), pigment in zip(HEADS, blooms, strict=True):
        window, dx, dy = _window(np.array([centre_x, centre_y]) * size, reach * 1.3 * k, size)
        picture[window] = _anemone(rng, picture[window], dx, dy, reach * k, pigment, k)
    canvas = Canvas(picture, size)
    for centre_x, centre_y, reach, _ in HEADS:
        _stamens(canvas, rng, np.array([centre_x, centre_y]) * size, reach * k, k)
    for _ in range(150):
        spot, radius = rng.uniform(0, size, 2), min(k * (0.5 + rng.pareto(2.0)), 5 * k)
        canvas.disc(spot, radius, vary(rng, blooms[rng.integers(9)], 0.05), rng.uniform(0.3, 0.7))
    return canvas.picture() * paper(rng, shape, 0.035)[..., None]


def _leaf(dx: Array, dy: Array, angle: float, length: float, half: float) -> Array:
    """Distance inside a curved lance-shaped leaf from its foot at (0, 0), in pixels, negative outside."""
    along = (dx * np.cos(angle) + dy * np.sin(angle)) / length
    across = -dx * np.sin(angle) + dy * np.cos(angle) - 0.25 * length * along**2
    profile = np.sin(np.pi * np.clip(along, 0, 1) ** 0.75)
    return np.where((along > 0) & (along < 1), half * profile - np.abs(across), -99.0)


def _window(centre: Array, reach: float, size: int) -> tuple[tuple[slice, slice], Array, Array]:
    """The part of the picture within `reach` of a point, and there the distances (dx, dy) from it."""
    low = np.clip((centre - reach).astype(int), 0, size - 8)
    high = np.clip((centre + reach).astype(int), low + 8, size)
    dy, dx = grid((high[1] - low[1], high[0] - low[0]))
    return (slice(low[1], high[1]), slice(low[0], high[0])), dx + low[0] - centre[0], dy + low[1] - centre[1]


def _anemone(
    rng: np.random.Generator, picture: Array, dx: Array, dy: Array, reach: float, pigment: Array, k: float
) -> Array:
    """The petals of one flower, in two rings, with veins and a dark eye."""
    distance, angle = np.hypot(dx, dy * 1.12) / reach, np.arctan2(dy * 1.12, dx)
    turn = rng.uniform(0, 6)
    for ring, number in ((1.0, 6), (0.70, 5)):
        for i in range(number):
            at = turn + ring + 2 * np.pi * (i + rng.uniform(-0.12, 0.12)) / number
            away = np.angle(np.exp(1j * (angle - at)))
            half = rng.uniform(0.55, 0.72)
            edge = ring * rng.uniform(0.85, 1.1) * (1 - 0.45 * np.abs(away / half) ** 2.6) - distance
            inward = np.minimum(edge, (half * 1.1 - np.abs(away)) * distance) * reach
            inward = np.where(np.abs(away) < 1.4, inward, -99.0)
            veins = 1 + 0.4 * np.sin(away * 34 + rng.uniform(0, 6)) * np.clip(1.1 - distance, 0, 1)
            washed = _wash(rng, picture, inward, vary(rng, pigment, 0.03, 0.05), rng.uniform(0.4, 0.75), k, 6)
            picture = picture * (washed / picture) ** (veins * (0.55 + 1.1 * np.exp(-distance * 2.5)))[..., None]
    return _wash(rng, picture, (0.16 - distance) * reach, palette("#1c1b33")[0], 1.8, k)


def _stamens(canvas: Canvas, rng: np.random.Generator, centre: Array, reach: float, k: float) -> None:
    """A wreath of fine threads with dark tips around the eye."""
    for at in rng.uniform(0, 2 * np.pi, 50):
        out = np.array([np.cos(at), np.sin(at) / 1.12]) * reach * rng.uniform(0.2, 0.34)
        canvas.line(np.array([centre + 0.5 * out, centre + out]), 0.9 * k, palette("#22203c")[0], 0.6)
        canvas.disc(centre + out, rng.uniform(1.0, 2.2) * k, palette("#1c1b33")[0], 0.85)


def _backrun(rng: np.random.Generator, picture: Array, centre: Array, reach: float, k: float) -> Array:
    """A drop of water spreads in a damp wash: paler inside, the pigment swept into a frayed ring."""
    shape = (picture.shape[0], picture.shape[1])
    y, x = grid(shape)
    fray = 0.75 * reach * (fractal_noise(rng, shape, 46 * k, 5, 0.62) - 0.5)
    inward = (reach - np.hypot(x - centre[0], y - centre[1]) + fray) / k
    change = -0.5 * smoothstep(0, 14, inward) + 0.75 * np.exp(-np.abs(inward) / 2.0) * (inward > -3)
    washed: Array = np.clip(picture, 0.01, 1) ** (1 + change)[..., None]
    return washed
