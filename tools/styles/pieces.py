"""Cutting a picture into pieces: irregular cells, the distance to their borders, a texture turned for each piece."""

import numpy as np
from canvas import OVERSAMPLE
from field import Array, grid
from numpy.typing import NDArray
from scipy import ndimage

Labels = NDArray[np.integer]


def fine_grid(size: int) -> tuple[Array, Array]:
    """(y, x) in units of the picture's side, [2 size, 2 size]: double resolution, to be averaged by `shrink`."""
    y, x = grid((size * OVERSAMPLE, size * OVERSAMPLE))
    return (y + 0.5) / (size * OVERSAMPLE), (x + 0.5) / (size * OVERSAMPLE)


def shrink(rgb: Array) -> Array:
    """Average a double-size picture down, clipped to [0, 1]."""
    side = rgb.shape[0] // OVERSAMPLE
    small: Array = np.clip(rgb, 0, 1).reshape(side, OVERSAMPLE, side, OVERSAMPLE, 3).mean(axis=(1, 3))
    return small


def cells(rng: np.random.Generator, u: Array, v: Array, jitter: float = 0.8) -> Labels:
    """Voronoi cells of a shaken unit lattice in the coordinates (u, v): a number for each point, same shape as u."""
    shake = (0.5 + rng.uniform(-0.5, 0.5, (2, 97 * 89)) * jitter).astype(np.float32)
    row, column = np.floor(u).astype(int), np.floor(v).astype(int)
    within_u, within_v = (u - row).astype(np.float32), (v - column).astype(np.float32)
    nearest, label = np.full(u.shape, np.inf, dtype=np.float32), np.zeros(u.shape, dtype=int)
    for step_u in (-1, 0, 1):
        for step_v in (-1, 0, 1):
            i, j = row + step_u, column + step_v
            seed = i % 97 * 89 + j % 89
            distance = (step_u - within_u + shake[0][seed]) ** 2 + (step_v - within_v + shake[1][seed]) ** 2
            closer = distance < nearest
            np.copyto(nearest, distance, where=closer)
            np.copyto(label, i * 10007 + j, where=closer)
    return label


def number(labels: Labels) -> tuple[Labels, int]:
    """Rename labels to 0 .. n-1; also n."""
    names, compact = np.unique(labels, return_inverse=True)
    return compact.reshape(labels.shape), len(names)


def borders(labels: Labels | NDArray[np.bool_]) -> NDArray[np.bool_]:
    """True where a pixel's right or lower neighbour belongs to another piece."""
    edge = np.zeros(labels.shape, dtype=bool)
    edge[:, :-1] |= labels[:, 1:] != labels[:, :-1]
    edge[:-1] |= labels[1:] != labels[:-1]
    return edge


def border_distance(labels: Labels | NDArray[np.bool_]) -> Array:
    """Pixels to the nearest border between pieces."""
    edge = borders(labels)
    return ndimage.distance_transform_edt(~edge) if edge.any() else np.full(labels.shape, np.inf)


def turned(texture: Array, angle: Array, offset: Array, zoom: tuple[float, float]) -> Array:
    """Read a texture at each pixel through a turned, shifted and stretched frame (mirrored beyond its border)."""
    y, x = grid(angle.shape)
    cosine, sine = np.cos(angle), np.sin(angle)
    along, across = (x * cosine + y * sine) / zoom[0], (y * cosine - x * sine) / zoom[1]
    where = [across + offset, along + 1.7 * offset]
    read: Array = ndimage.map_coordinates(texture, where, order=1, mode="mirror")
    return read
