"""Pictures made of photo, painting and start without any painting: chapter 5's painter has to surpass them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

SHARES = torch.linspace(0, 1, 11).tolist()
NOISE = (0.0, 0.1, 0.25, 0.5)  # shares of the start


def unpainted(pictures: Sequence[Tensor]) -> Tensor:
    """Copies, blends and recoloured photos, [K, 3, H, W], of photo, painting and start."""
    photo, painting, start = pictures
    tiled, small, smooth, plain = _like_photo(photo, painting)
    centred = photo - photo.mean((2, 3), keepdim=True)
    blurred = functional.avg_pool2d(photo, 3, stride=1, padding=1, count_include_pad=False)
    ours = (photo, centred + plain, _recoloured(photo, painting), blurred)
    theirs = (tiled, small, smooth, plain, _recoloured(start, painting))
    blends = [(1 - t) * a + t * b for a, b, t in itertools.product(ours, theirs, SHARES)]
    return torch.cat([(1 - u) * blend + u * start for blend in blends for u in NOISE])


def is_laid_over(picture: Tensor, pictures: Sequence[Tensor]) -> bool:
    """Whether a picture that has left the start is nothing but photo, painting and start, each in some strength.

    Each channel may have strengths of its own, and something added. The painting may be tiled or brought to the size.
    """
    photo, painting, start = pictures
    layers = [photo, start, *_like_photo(photo, painting)[:3], torch.ones_like(photo)]
    basis = torch.stack([layer[0].flatten(1) for layer in layers], dim=2).double()  # [3, H * W, layers]
    wanted = picture[0].flatten(1).double()
    shares = torch.linalg.lstsq(basis, wanted[:, :, None]).solution
    left = (basis @ shares)[:, :, 0] - wanted
    return float(left.norm()) < 0.1 * float((picture - start).norm())


def _like_photo(photo: Tensor, painting: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The painting in the photo's size: tiled or cut, shrunk, smoothly resized, and its mean colour alone."""
    height, width = photo.shape[2:]
    times = [1, 1, -(-height // painting.shape[2]), -(-width // painting.shape[3])]
    return (
        painting.repeat(times)[:, :, :height, :width],
        functional.interpolate(painting, (height, width), mode="area"),
        functional.interpolate(painting, (height, width), mode="bilinear"),
        painting.mean((2, 3), keepdim=True).expand_as(photo),
    )


def _recoloured(picture: Tensor, painting: Tensor) -> Tensor:
    """A picture with mean and deviation of the painting's channels."""
    mean, deviation = picture.mean((2, 3), keepdim=True), picture.std((2, 3), keepdim=True)
    wanted = painting.std((2, 3), keepdim=True)
    return (picture - mean) / deviation * wanted + painting.mean((2, 3), keepdim=True)
