"""A picture written down as waves in three decorrelated colours: there climbing goes well (Olah et al., Distill 2017).

Photos have little of what is fine and much of what is coarse, their amplitudes fall as 1 / frequency; and their red,
green and blue rise and fall together. A step in these coordinates is a step among pictures like that::

    start = noise_spectrum(128, 171, seed=0)              # [1, 3, 128, 86, 2]
    picture_of(start, colour_root(photos), 128, 171)      # [1, 3, 128, 171], RGB in [0, 1]
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from course.errors import InputError
from course.images import check_range, check_whole

LEAST = 1e-6  # of the strongest direction's variance, what each direction of colour must have


def picture_of(spectrum: Tensor, colours: Tensor, height: int, width: int) -> Tensor:
    """The picture that a spectrum stands for.

    Each wave is weighted with 1 / max(f, 1 / max(H, W)), f its frequency in cycles a pixel; the waves are added up (the
    inverse Fourier transform, "ortho"); `colours` mixes the three channels; a sigmoid brings the result into [0, 1].

    Args:
        spectrum: [B, 3, H, W // 2 + 1, 2]: real and imaginary part of each wave, as `torch.fft.rfft2` orders them.
        colours: [3, 3]; RGB of each of the three channels in its columns, see `colour_root`.
        height: H, in pixels.
        width: W, in pixels.

    Returns:
        [B, 3, H, W], RGB in [0, 1].

    Raises:
        InputError: if the spectrum does not fit height and width.
    """
    if tuple(spectrum.shape[1:]) != (3, height, width // 2 + 1, 2):
        raise InputError(
            f"a picture of {height} x {width} has a spectrum [B, 3, {height}, {width // 2 + 1}, 2], "
            f"not {list(spectrum.shape)}"
        )
    frequency = torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None, :])
    waves = torch.view_as_complex(spectrum) / frequency.clamp_min(1 / max(height, width))
    channels = torch.fft.irfft2(waves, s=(height, width), norm="ortho")
    return torch.einsum("ij,bjhw->bihw", colours, channels).sigmoid()


def noise_spectrum(height: int, width: int, seed: int = 0, size: float = 0.05) -> Tensor:
    """A spectrum to start from, [1, 3, H, W // 2 + 1, 2]: normal numbers of deviation `size`. Same seed, same spectrum.

    Raises:
        InputError: if a side is below 1, or the seed below 0.
    """
    check_whole(height, "the height")
    check_whole(width, "the width")
    check_whole(seed, "the seed", least=0)
    generator = torch.Generator("cpu").manual_seed(seed)
    return size * torch.randn(1, 3, height, width // 2 + 1, 2, generator=generator)


def colour_root(photos: Iterable[Tensor]) -> Tensor:
    """The root [3, 3] of the covariance of R, G and B over all pixels of some photos, its longest column of length 1.

    Root: colours @ colours.T is the covariance, up to one factor. Its columns are the main directions of colour, the
    strongest first. In photos that is light and dark, then warm and cold, and little of the rest.

    Args:
        photos: pictures [1, 3, H, W], RGB in [0, 1], each of which counts the same.

    Raises:
        InputError: without photos, or if they have no colour, or were normalised.
    """
    pictures = [check_range(photo, "a photo").detach().transpose(0, 1).flatten(1).double() for photo in photos]
    if not pictures:
        raise InputError("the colours are measured from photos; give at least one")
    covariance = torch.stack([torch.cov(pixels, correction=0) for pixels in pictures]).mean(0)
    values, directions = torch.linalg.eigh(covariance)
    if float(values[0]) < LEAST * float(values[2]):
        raise InputError("these photos are without colour; give one with colours")
    directions = directions * directions.sum(0).sign()  # of the two ends of an axis, the lighter one
    root = (directions * values.sqrt()).flip(1)
    scaled: Tensor = root / root.norm(dim=0).max()
    return scaled.float()
