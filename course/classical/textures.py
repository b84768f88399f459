"""Textures before neural networks: what a few statistics keep of a texture, and patches sewn together.

Each function makes a new picture of a texture, of the same size, from one kind of knowledge about it:

======================  ====================================================================================
`matched_moments`       mean and standard deviation of each colour
`shuffled`              every pixel, but not its place: the joint histogram of the colours
`random_phase`          how strong each frequency is, and how the colours go together: the power spectrum
`quilted`               small patches, sewn together along the least visible seam (Efros & Freeman, 2001)
======================  ====================================================================================

Pictures are tensors [1, 3, H, W], RGB, about [0, 1].
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from course.errors import InputError
from course.images import check_given, check_whole, white_noise


def matched_moments(texture: Tensor, seed: int = 0) -> Tensor:
    """White noise with the mean and the standard deviation that each colour has in the texture."""
    height, width = check_given(texture, "the texture").shape[2:]
    noise = white_noise(height, width, seed)
    places = (2, 3)
    standard = (noise - noise.mean(places, keepdim=True)) / noise.std(places, keepdim=True)
    return standard * texture.std(places, keepdim=True) + texture.mean(places, keepdim=True)


def shuffled(texture: Tensor, seed: int = 0) -> Tensor:
    """The pixels of the texture in random order: every statistic of single pixels is kept exactly, nothing else."""
    check_given(texture, "the texture")
    generator = torch.Generator("cpu").manual_seed(seed)
    order = torch.randperm(texture[0, 0].numel(), generator=generator, device="cpu")
    return texture.flatten(2)[:, :, order].view_as(texture)


def random_phase(texture: Tensor, seed: int = 0) -> Tensor:
    """The waves of the texture, as strong as they were, each moved to a random place (Galerne et al., 2011).

    All colours of one frequency move together, so that their correlations are kept. By the theorem of Wiener and
    Khinchin the power spectrum is the same knowledge as all correlations of two pixels.
    """
    height, width = check_given(texture, "the texture").shape[2:]
    mean = texture.mean((2, 3), keepdim=True)
    phase = torch.fft.fft2(white_noise(height, width, seed)[:, :1]).angle()
    phase[..., 0, 0] = 0  # the mean has no phase
    moved: Tensor = torch.fft.ifft2(torch.fft.fft2(texture - mean) * torch.polar(torch.ones_like(phase), phase)).real
    return moved + mean


def quilted(texture: Tensor, patch: int = 24, overlap: int = 8, candidates: int = 200, seed: int = 0) -> Tensor:
    """Image quilting (Efros & Freeman, SIGGRAPH 2001): patches of the texture, sewn where they differ least.

    Row by row, the patch that fits best to what is already there is chosen among random ones, and cut along the seam
    on which the two agree best.

    Args:
        texture: what to sew from.
        patch: side of a patch in pixels.
        overlap: how many pixels of it lie over its neighbours.
        candidates: how many random patches are tried for each place.
        seed: of their choice.

    Raises:
        InputError: if the patch is larger than the texture, or the overlap not smaller than the patch.
    """
    height, width = check_given(texture, "the texture").shape[2:]
    check_whole(patch, "the patch")
    check_whole(overlap, "the overlap")
    check_whole(candidates, "the number of candidates")
    if not overlap < patch <= min(height, width):
        raise InputError(
            f"a patch of {patch} with an overlap of {overlap} does not fit a texture of {height} x {width}: "
            "overlap < patch <= both sides is needed"
        )
    step, generator = patch - overlap, torch.Generator("cpu").manual_seed(seed)
    rows, columns = (-(-(side - overlap) // step) for side in (height, width))
    canvas = texture.new_zeros(3, overlap + rows * step, overlap + columns * step)
    every = texture[0].unfold(1, patch, 1).unfold(2, patch, 1).permute(1, 2, 0, 3, 4).flatten(0, 1)
    for row in range(rows):
        for column in range(columns):
            there = canvas[:, row * step : row * step + patch, column * step : column * step + patch]
            tried = every[torch.randint(len(every), (candidates,), generator=generator, device="cpu")]
            covered = torch.zeros_like(canvas[0, :patch, :patch], dtype=torch.bool)
            covered[: overlap * (row > 0)] = True
            covered[:, : overlap * (column > 0)] = True
            misfit = ((tried - there).square() * covered).sum((1, 2, 3))
            best = tried[int(misfit.argmin())]
            there.copy_(torch.where(_kept(there, best, overlap, row > 0, column > 0), there, best))
    return canvas[None, :, :height, :width]


def _kept(there: Tensor, new: Tensor, overlap: int, above: bool, beside: bool) -> Tensor:
    """The places where the old pixels stay on top of the new patch: [patch, patch], up to the two seams."""
    difference = (new - there).square().sum(0)
    kept = torch.zeros_like(difference, dtype=torch.bool)
    if beside:
        kept[:, :overlap] |= _left_of_seam(difference[:, :overlap])
    if above:
        kept[:overlap] |= _left_of_seam(difference[:overlap].T).T
    return kept


def _left_of_seam(difference: Tensor) -> Tensor:
    """The places left of the cheapest way from top to bottom, one step down and at most one aside at a time.

    Dynamic programming: the cheapest way to a place comes over the cheapest of its three upper neighbours.
    """
    cost = difference.clone()
    for row in range(1, len(cost)):
        walled = functional.pad(cost[row - 1], (1, 1), value=torch.inf)
        cost[row] += torch.stack([walled[:-2], walled[1:-1], walled[2:]]).amin(0)
    left = torch.zeros_like(cost, dtype=torch.bool)
    column = int(cost[-1].argmin())
    for row in range(len(cost) - 1, -1, -1):
        left[row, :column] = True
        if row > 0:
            first = max(0, column - 1)
            column = first + int(cost[row - 1, first : column + 2].argmin())
    return left
