"""A portrait in the light of another (Shih et al., *Style Transfer for Headshot Portraits*, 2014).

Three steps: bring the example to the subject's pose; take both apart into bands of detail; and give each band of the
subject, place by place, the energy that the example has there::

    example = aligned(picture, points, like=others)
    portrait = relit(subject, example)

The mean of the squares around a place, for each size of detail: local statistics, years before a network's. The
original finds a dense correspondence of the faces, and moves energies, not pixels; it works in Lab, softens the gains,
transfers the light in the eyes, and replaces the background.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from course.classical.pyramids import blurred
from course.errors import InputError
from course.images import check_given, check_single

LocalEnergy = Callable[[Tensor, int], Tensor]

LEVELS = 5
LEAST_GAIN, MOST_GAIN = 0.9, 2.8  # Shih et al.'s: little detail fades, and none becomes noise
NEARLY_NONE = 1e-4  # energy, for divisions


def band(picture: Tensor, level: int) -> Tensor:
    """The detail of one size: what is lost from a blur of 2^level pixels to one of 2^(level + 1), [B, C, H, W].

    At level 0, the finest, from the picture itself.
    """
    sharp = picture if level == 0 else blurred(picture, 2.0**level)
    return sharp - blurred(picture, 2.0 ** (level + 1))


def local_energy(picture: Tensor, level: int) -> Tensor:
    """How strong the detail of one size is around each place: the squares of its `band`, blurred by 2^(level + 1).

    Args:
        picture: [B, C, H, W].
        level: from 0 for the finest.

    Returns:
        [B, C, H, W].
    """
    return blurred(band(picture, level).square(), 2.0 ** (level + 1))


def relit(
    subject: Tensor,
    example: Tensor,
    levels: int = LEVELS,
    local_energy: LocalEnergy = local_energy,
) -> Tensor:
    """The subject with the example's local energies, and with its widest lights and shades.

    Each band is multiplied, place by place, with the root of the ratio of both energies, between 0.9 and 2.8.

    Args:
        subject: [1, C, H, W].
        example: of the same shape, eyes over eyes.
        levels: how many bands.
        local_energy: picture, level -> energy; yours or ours.

    Returns:
        [1, C, H, W]; values may leave [0, 1].

    Raises:
        InputError: if the shapes differ.
    """
    if subject.shape != example.shape:
        raise InputError(
            f"both must have one shape, not {list(subject.shape)} and {list(example.shape)}; see portraits.aligned"
        )
    result = blurred(example, 2.0**levels)
    for level in range(levels):
        result = result + band(subject, level) * gain(subject, example, level, local_energy)
    return result


def gain(subject: Tensor, example: Tensor, level: int, local_energy: LocalEnergy = local_energy) -> Tensor:
    """How much stronger a band of the subject has to be, place by place, [1, C, H, W]; see `relit`."""
    ratio = local_energy(example, level) / (local_energy(subject, level) + NEARLY_NONE)
    return ratio.sqrt().clamp(LEAST_GAIN, MOST_GAIN)


def aligned(picture: Tensor, points: Tensor, like: Tensor, size: int) -> Tensor:
    """A square cut-out, moved, turned, stretched and sheared so that three points come to where three others are.

    Args:
        picture: [1, 3, H, W], RGB in [0, 1].
        points: three places in it, (row, column) in pixels, [3, 2]: both eyes and the middle of the mouth.
        like: where they are to lie, likewise, in pixels of the cut-out, [3, 2].
        size: its side in pixels.

    Returns:
        [1, 3, size, size]. Beyond the picture's edge its last row or column goes on.

    Raises:
        InputError: for something that is not one picture, or three points on a line.
    """
    check_given(picture, "the picture")
    here, there = (torch.cat([one.float(), torch.ones(3, 1)], 1) for one in (like, points))
    if here.det().abs() < 1 or there.det().abs() < 1:
        raise InputError("three points are needed that do not lie on a line, such as both eyes and the mouth")
    affine = torch.linalg.solve(here, there)[:, :2]
    if (pixels := affine[:2].det().abs().sqrt().item()) > 1:  # of the picture, for one of the cut-out
        picture = blurred(picture, math.sqrt(pixels**2 - 1) / 2)
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    wanted = torch.stack([rows, columns, torch.ones_like(rows)], -1).float() @ affine
    sides = torch.tensor(picture.shape[2:])
    grid = (wanted + 0.5) / sides * 2 - 1  # of torch's: from -1 to 1, column first
    cut: Tensor = functional.grid_sample(
        picture, grid.flip(-1)[None], mode="bicubic", padding_mode="border", align_corners=False
    )
    return check_single(cut).clamp(0, 1)
