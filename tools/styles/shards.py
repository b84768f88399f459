"""A still life seen from many sides at once."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from canvas import Canvas, coverage
from field import Array, fractal_noise, grid, mix, palette, ramp, sample, scatter, smoothstep, stretch, vary
from numpy.typing import ArrayLike
from scipy import ndimage

UMBER, OCHRE, STRAW, GREY, SLATE, MIST, RUST = palette(
    "#221b18", "#b07f38", "#ecd9a8", "#8b8c84", "#3a4f68", "#bccbd0", "#94482a"
)
# Where the edges of facets like to point (degrees): few directions make the picture hold together.
DIRECTIONS = np.deg2rad([-68, -58, -22, 12, 34, 62, 78])


@dataclass(frozen=True)
class Facet:
    """One plane: its corners [n, 2], the direction in which its light falls, and its label in the picture."""

    corners: Array
    angle: float
    colour: Array
    label: int


def shards(rng: np.random.Generator, size: int) -> Array:
    """A guitar, a bottle and a sheet of music on a table, as the analytic cubists took them apart: about a hundred
    planes, each showing the scene shifted and turned, lit from one edge and fading into its neighbours; then painted
    over with short bristle strokes along each plane, and drawn again with broken charcoal lines.
    """
    scene = _scene(rng, size)
    picture, label, angle = scene.copy(), np.zeros((size, size), dtype=int), np.zeros((size, size))
    facets = [_facet(rng, i, size) for i in range(110)]
    for facet in facets:
        _lay(rng, picture, scene, label, angle, facet)
    picture = np.clip((picture - 0.48) * 1.36 + 0.47, 0, 1)
    canvas = Canvas(picture, size)
    _brush(rng, canvas, picture, label, angle, size)
    _charcoal(rng, canvas, facets, size)
    _echo(rng, canvas, size / 640)
    return canvas.picture(light=0.9, sheen=0.05)


def _scene(rng: np.random.Generator, size: int) -> Array:
    """The things themselves, painted flat."""
    unit = size / 640
    wall = ramp(fractal_noise(rng, (size, size), 200 * unit, 3), (SLATE, GREY, MIST))
    canvas = Canvas(wall, size)

    def at(*points: tuple[float, float]) -> Array:
        return np.array(points, dtype=float) * unit

    canvas.polygon(at((-20, 470), (660, 400), (660, 660), (-20, 660)), RUST * 0.8)
    for i in range(26):
        canvas.line(at((-20, 480 + 9 * i), (660, 408 + 12 * i)), 2.5 * unit, UMBER if i % 2 else OCHRE, 0.6)
    canvas.polygon(at((330, 330), (560, 290), (600, 520), (380, 560)), STRAW)
    for i in range(14):
        canvas.line(at((345, 345 + 14 * i), (585, 303 + 14 * i)), 1.6 * unit, UMBER, 0.8)
    for _ in range(24):
        canvas.disc(rng.uniform((360, 340), (560, 510)) * unit, 6 * unit, UMBER)
    canvas.polygon(
        at((455, 70), (505, 70), (508, 190), (560, 250), (560, 470), (400, 470), (400, 250), (452, 190)), SLATE * 0.55
    )
    canvas.polygon(at((415, 260), (440, 245), (440, 460), (418, 460)), MIST, 0.8)
    canvas.polygon(at((465, 80), (478, 80), (478, 190), (465, 200)), MIST, 0.7)
    _guitar(canvas, unit)
    return canvas.picture()


def _on_guitar(length: ArrayLike, side: ArrayLike) -> Array:
    """From pairs (along, across) on the guitar, measured from its waist, to points (x, y) on a page 640 wide."""
    turn = np.deg2rad(-62)
    along, across = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    points: Array = np.array([265.0, 400.0]) + np.multiply.outer(length, along) + np.multiply.outer(side, across)
    return points


def _contour() -> tuple[Array, Array]:
    """The outline of the body: places along it, half its breadth there."""
    place = np.linspace(-182, 146, 90)
    bulge = 132 * np.sqrt(np.clip(1 - ((place + 76) / 106) ** 2, 0, 1))
    waist = 98 * np.sqrt(np.clip(1 - ((place - 60) / 86) ** 2, 0, 1))
    return place, ndimage.gaussian_filter1d(np.maximum(bulge, waist), 3)


def _guitar(canvas: Canvas, unit: float) -> None:
    """A guitar leaning to the right: body, rosette, bridge, neck, strings."""

    def at(length: ArrayLike, side: ArrayLike) -> Array:
        return _on_guitar(length, side) * unit

    place, half = _contour()
    body = np.concatenate([at(place, half), at(place, -half)[::-1]])
    canvas.polygon(body, UMBER)
    canvas.polygon(body * 0.96 + body.mean(axis=0) * 0.04, OCHRE * 1.08)
    for offset in range(-90, 100, 9):
        canvas.line(at(np.array([-150.0, 130.0]), np.full(2, float(offset))), 1.5 * unit, STRAW, 0.45)
    for radius, rgb in ((46, RUST), (40, STRAW), (35, UMBER)):
        canvas.disc(at(28.0, 0.0), radius * unit, rgb)
    canvas.polygon(at(np.array([-92.0, -92, -76, -76]), np.array([-46.0, 46, 46, -46])), UMBER)
    canvas.polygon(at(np.array([70.0, 70, 360, 360]), np.array([-20.0, 20, 15, -15])), UMBER * 1.5)
    for i in range(12):
        canvas.line(at(np.full(2, 90.0 + 24 * i), np.array([-19.0, 19])), 2.5 * unit, STRAW)
    for offset in np.linspace(-13, 13, 6):
        canvas.line(at(np.array([-84.0, 360.0]), np.array([offset, offset * 0.8])), 1.3 * unit, STRAW)


def _facet(rng: np.random.Generator, i: int, size: int) -> Facet:
    """A four- or three-cornered plane; the first ones are large, the later ones smaller and nearer the middle."""
    late = i / 110
    length = (0.46 * (1 - late) ** 1.5 + 0.10) * rng.uniform(0.75, 1.3) * size
    breadth = length * rng.uniform(0.3, 0.72)
    spread = 0.62 - 0.28 * late
    centre = (0.5 + spread * rng.uniform(-1, 1, 2) * (0.85, 1.0)) * size
    angle = rng.choice(DIRECTIONS) + rng.normal(0, 0.04)
    other = angle + np.pi / 2 + rng.choice([-0.45, -0.2, 0.15, 0.4])
    first = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    second = np.array([np.cos(other), np.sin(other)]) * breadth / 2
    corners = np.array([-first - second, first - second * rng.uniform(0.4, 1), first + second, -first + second])
    if rng.random() < 0.22:
        corners = corners[[0, 1, 3]]
    if rng.random() < 0.2:
        bow = np.linspace(0, np.pi, 14)[:, None]
        corners = -np.cos(bow) * first + np.sin(bow) * second * 1.7
    edge = centre - 0.5 * size
    tones = (STRAW, MIST, GREY, OCHRE, SLATE, RUST, UMBER)
    outer = np.hypot(*edge) / size > 0.42
    weights = (0.08, 0.2, 0.24, 0.14, 0.24, 0.05, 0.05) if outer else (0.24, 0.14, 0.12, 0.24, 0.1, 0.07, 0.09)
    return Facet(corners + centre, other, vary(rng, tones[rng.choice(7, p=weights)], 0.04, 0.015), i + 1)


def _lay(rng: np.random.Generator, picture: Array, scene: Array, label: Array, angle: Array, facet: Facet) -> None:
    """Blend one facet into the picture: the scene through its own lens, tinted, lit at one edge, open at the other."""
    size = picture.shape[0]
    low = np.clip(np.floor(facet.corners.min(axis=0)).astype(int), 0, size - 1)
    high = np.clip(np.ceil(facet.corners.max(axis=0)).astype(int) + 1, 1, size)
    if (high - low < 3).any():
        return
    window = (slice(low[1], high[1]), slice(low[0], high[0]))
    height, width = high[1] - low[1], high[0] - low[0]
    inside = coverage(max(height, width), [facet.corners - low])[:height, :width]
    y, x = (array[window] for array in grid((size, size)))
    fall = np.array([np.cos(facet.angle), np.sin(facet.angle)])
    depth = x * fall[0] + y * fall[1]
    corners = facet.corners @ fall
    depth = np.clip((depth - corners.min()) / max(np.ptp(corners), 1e-6), 0, 1)
    centre, turn = facet.corners.mean(axis=0), rng.normal(0, 0.16)
    zoom, shift = rng.uniform(0.8, 1.15), rng.normal(0, 0.024 * size, 2)
    dx, dy = (x - centre[0]) * zoom, (y - centre[1]) * zoom
    lens_x = centre[0] + shift[0] + dx * np.cos(turn) - dy * np.sin(turn)
    lens_y = centre[1] + shift[1] + dx * np.sin(turn) + dy * np.cos(turn)
    seen = sample(scene, np.stack([lens_x, lens_y], axis=-1))
    tint = mix(seen, facet.colour, rng.uniform(0.15, 0.6))
    shadow = tint * (0.42 + 0.5 * facet.colour[2])
    lit = mix(
        mix(tint, np.ones(3) * (0.98, 0.93, 0.80), 0.45 * smoothstep(0.7, 0, depth)),
        shadow,
        smoothstep(0.35, 1.0, depth),
    )
    opacity = inside * (0.97 - rng.choice([0.0, 0.35, 0.8]) * smoothstep(0.45, 1.0, depth))
    picture[window] = mix(picture[window], lit, opacity)
    label[window][opacity > 0.5] = facet.label
    angle[window][opacity > 0.5] = facet.angle


def _brush(rng: np.random.Generator, canvas: Canvas, picture: Array, label: Array, angle: Array, size: int) -> None:
    """Short strokes along each plane, shortened where they would leave it; broken dabs where the light is."""
    unit = size / 640
    edge = ndimage.distance_transform_edt(ndimage.generic_gradient_magnitude(label.astype(float), ndimage.sobel) == 0)
    for spacing, width, reach in ((11.0, 10.0, 24.0), (9.5, 5.5, 14.0)):
        points = scatter(rng, (size, size), spacing * unit, 1.0)
        turns = sample(angle, points) + rng.normal(0, 0.22, len(points)) + np.pi / 2 * (rng.random(len(points)) < 0.25)
        rooms = sample(edge, points)
        shades = vary(rng, sample(picture, points), 0.035, 0.012)
        for point, turn, room, shade in zip(points, turns, rooms, shades, strict=True):
            half = min(reach * unit, max(room * 1.1, 3 * unit)) * rng.uniform(0.6, 1.0)
            breadth = min(width * unit, max(room * 1.3, 2.2 * unit))
            bend = rng.normal(0, 0.06) * half
            step = np.array([np.cos(turn), np.sin(turn)])
            path = point + np.outer([-half, 0, half], step) + np.outer([0, bend, 0], [-step[1], step[0]])
            canvas.stroke(rng, path, breadth, shade, opacity=0.85, load=rng.uniform(0.5, 1), streak=0.075)


def _charcoal(rng: np.random.Generator, canvas: Canvas, facets: list[Facet], size: int) -> None:
    """Edges drawn again: some, not all, swelling and breaking off."""
    unit = size / 640
    rough = stretch(rng.random(64))
    for facet in facets[12:]:
        ring = np.concatenate([facet.corners, facet.corners[:1]])
        for start, end in pairwise(ring):
            if rng.random() < 0.42:
                continue
            span = np.sort(rng.uniform(-0.06, 1.06, 2)) if rng.random() < 0.4 else np.array([-0.03, 1.03])
            place = np.linspace(span[0], span[1], max(int(np.hypot(*(end - start)) / 5), 4))
            path = start + place[:, None] * (end - start)
            weight = 0.7 + 2.0 * rng.random() * np.sin(np.linspace(0.3, 2.9, len(path))) ** 2
            weight = weight * (0.7 + 0.6 * rough[np.arange(len(path)) % 64]) * unit
            dark = rng.random() < 0.85
            canvas.line(path, weight, UMBER * 0.8 if dark else STRAW, rng.uniform(0.55, 0.9))


def _echo(rng: np.random.Generator, canvas: Canvas, unit: float) -> None:
    """The remains of the guitar: pieces of its outline, strings and rosette, none quite in place."""

    def draw(path: Array, weight: float, rgb: Array, opacity: float = 0.85) -> None:
        swell = weight * (0.35 + np.sin(np.linspace(0.15, 3.0, len(path))))
        canvas.line(path * unit, swell * unit, rgb, opacity)

    place, half = _contour()
    for start, end, side, shift in (
        (2, 40, 1, (-4, 3)),
        (34, 66, 1, (8, -5)),
        (60, 88, 1, (-3, -7)),
        (3, 30, -1, (6, 4)),
        (26, 58, -1, (-7, 2)),
        (50, 86, -1, (5, -3)),
        (10, 50, 1, (14, 10)),
    ):
        path = _on_guitar(place[start:end], side * half[start:end]) + shift
        draw(path, 3.4, UMBER * 0.7)
        draw(path + 3.0, 1.4, STRAW, 0.6)
    for radius, first, last in ((34, 0.2, 3.6), (45, 2.0, 5.6), (50, 4.2, 7.4)):
        angle = np.linspace(first, last, 40)
        draw(_on_guitar(28 + radius * np.cos(angle), radius * np.sin(angle)), 3.0, UMBER * 0.7)
    angle = np.linspace(0, 2 * np.pi, 40)
    canvas.polygon(_on_guitar(30 + 30 * np.cos(angle[:22]), 30 * np.sin(angle[:22])) * unit, UMBER * 0.6, 0.8)
    for i, offset in enumerate(np.linspace(-15, 15, 6)):
        for start, end in ((-96, 60), (84, 210), (224, 300)):
            reach = np.linspace(start + rng.normal(0, 10), end + rng.normal(0, 10), 20)
            bent = offset * (1 - 0.0004 * (reach + 90)) + (6 if start > 70 else 0)
            draw(_on_guitar(reach, bent), 1.5, STRAW if i % 2 else UMBER * 0.6, 0.9)
