"""How alike are two textures to eyes that no training lent? And is one of them copied from the other?

No measure sees everything: `patch_distance` compares colours, contrasts and how neighbouring pixels go together;
`energy_distance` compares structure, which lines meet and which part, and knows neither colour nor contrast. To both
the best texture is a copy, so `copied` has to be asked as well::

    patch_distance(made, texture)      # 0: the same patches; 1: as far off as a plain area
    energy_distance(made, texture)     # 0: the same correlations; 1: as far off as none at all
    copied(made, texture)              # the share of its patches that were there before
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from course.classical.pyramids import energies, laplacian_pyramid
from course.errors import InputError
from course.images import check_given, check_single, check_whole
from course.losses import NOTHING, sliced_wasserstein


def patches(image: Tensor, side: int, step: int = 1) -> Tensor:
    """All square patches of a picture [1, C, H, W] as vectors: [1, C * side * side, H', W'], one for each place.

    Args:
        image: one picture, or one level of its pyramid.
        side: of a patch, in pixels.
        step: from one patch to the next, in pixels.

    Raises:
        InputError: if the patch is larger than the picture.
    """
    check_whole(side, "the side of a patch")
    check_whole(step, "the step")
    height, width = image.shape[2:]
    if side > min(height, width):
        raise InputError(f"a patch of {side} does not fit a picture of {height} x {width}")
    rows, columns = ((length - side) // step + 1 for length in (height, width))
    return functional.unfold(image, side, stride=step).view(1, -1, rows, columns)


def patch_distance(made: Tensor, texture: Tensor, levels: int = 3, side: int = 7, projections: int = 128) -> float:
    """Sliced Wasserstein distance of the patches of two pictures, on a Laplacian pyramid; no network looks.

    On each level it is divided by the distance of the texture from a plain area of its mean colour, and then the mean
    of all levels is taken. 0 means the same patches in whatever order; 1 is as far off as no texture at all, and more
    is possible.

    Args:
        made: the picture to be judged, [1, 3, H, W], RGB in [0, 1].
        texture: what it should be like, [1, 3, H', W'].
        levels: how many sizes of detail are compared; the last of them holds all that is coarser.
        side: of a patch, in pixels of its level.
        projections: how many directions the patches are projected on.

    Raises:
        InputError: for something that is not one picture, or is too small, and for a plain area as the texture.
    """
    both = (check_single(made, "the picture"), check_given(texture, "the texture"))
    distances = []
    with torch.no_grad():
        for level, wanted in zip(*(laplacian_pyramid(image, levels) for image in both), strict=True):
            there = patches(wanted, side)
            plain = wanted.mean((2, 3), keepdim=True).expand_as(wanted)
            unit = sliced_wasserstein(patches(plain, side), there, projections)
            if unit <= NOTHING:
                raise InputError("the texture is a plain area on one of its levels; there is nothing to be like")
            distances.append(float(sliced_wasserstein(patches(level, side), there, projections) / unit))
    return sum(distances) / levels


def energy_distance(made: Tensor, texture: Tensor, sizes: int = 4, directions: int = 4) -> float:
    """How far the correlations between local energies are from those of the texture, |C - D|^2 / |D|^2.

    Whether strong waves of one size and direction come together with those of another tells edges, lines and corners
    from noise of the same spectrum, in which all of them come and go by themselves. It is the heart of the statistics
    of Portilla and Simoncelli (2000); they have, besides, correlations with neighbouring places, phases and histograms,
    some 700 numbers in all. Of the correlation matrices C and D of `pyramids.energies` only what stands
    beside the diagonal counts. Colour and contrast do not.

    Args:
        made: the picture to be judged, [1, 3, H, W], RGB in [0, 1].
        texture: what it should be like, [1, 3, H', W'].
        sizes: how many wavelengths.
        directions: how many directions.

    Raises:
        InputError: for something that is not one picture, and for a texture without any energy (a plain area).
    """
    both = (check_single(made, "the picture"), check_given(texture, "the texture"))
    with torch.no_grad():
        C, D = (_correlations(energies(image, sizes, directions)) for image in both)
        size = D.square().sum()
        if size == 0:
            raise InputError("the texture is a plain area: there is nothing that could go together")
        return float((C - D).square().sum() / size)


def _correlations(maps: Tensor) -> Tensor:
    """Correlations of each two maps of [1, N, H, W] over all places: [N, N] with zeros on the diagonal."""
    centred = maps[0].flatten(1) - maps[0].flatten(1).mean(1, keepdim=True)
    unit = functional.normalize(centred, dim=1, eps=1e-4)  # the rounding of an empty map is no signal
    correlations: Tensor = unit @ unit.T
    return correlations - correlations.diag().diag()


def copied(made: Tensor, texture: Tensor, side: int = 8, tolerance: float = 0.05) -> float:
    """The share of patches of a picture that stand somewhere in the texture, nearly pixel by pixel; in [0, 1].

    Args:
        made: the picture to be judged, [1, 3, H, W], RGB in [0, 1].
        texture: what it may be copied from, [1, 3, H', W'].
        side: of a patch, in pixels. Small patches are alike by chance.
        tolerance: how far a patch may be from the nearest one, as a share of the texture's variance.

    Raises:
        InputError: for something that is not one picture, or is smaller than a patch.
    """
    both = (check_single(made, "the picture"), check_given(texture, "the texture"))
    with torch.no_grad():
        asked, known = (patches(image, side, step)[0].flatten(1).T for image, step in zip(both, (3, 1), strict=True))
        nearest = torch.cdist(asked, known).square().amin(1) / asked.shape[1]
        return float((nearest <= tolerance * texture.var((2, 3)).mean()).float().mean())
