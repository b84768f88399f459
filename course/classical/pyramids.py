"""A picture at several sizes, and untrained feature extractors: designed filters, and random ones.

`blurred` is a picture out of focus. `gaussian_pyramid` halves one again and again; `laplacian_pyramid` keeps what each
halving loses, so that every level holds detail of one size. `energies` says how strongly waves of each size and
direction are there, place by place. `RandomPyramid` answers as a network of `course.nets.vgg` does, with feature maps
by layer, but all of its filters are dice::

    net = RandomPyramid(levels=5)
    net(image, ["level1", "level4"])["level4"]      # [B, 32, H / 8, W / 8]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from course.errors import InputError
from course.images import check_image, check_whole


def blurred(image: Tensor, sigma: float) -> Tensor:
    """A picture or maps [B, C, H, W], each place the mean of those around it by a Gaussian of `sigma` pixels.

    Beyond the edge the last row or column goes on.

    Raises:
        InputError: if sigma is not a number above 0.
    """
    if not 0 < sigma < math.inf:
        raise InputError(f"sigma is a number of pixels above 0, not {sigma!r}")
    reach = math.ceil(3 * sigma)
    weights = torch.exp(-torch.arange(-reach, reach + 1, dtype=image.dtype).square() / (2 * sigma**2))
    weights = (weights / weights.sum()).to(image)
    channels = image.shape[1]
    wide = functional.pad(image, (reach, reach, reach, reach), mode="replicate")
    across = functional.conv2d(wide, weights.view(1, 1, 1, -1).repeat(channels, 1, 1, 1), groups=channels)
    return functional.conv2d(across, weights.view(1, 1, -1, 1).repeat(channels, 1, 1, 1), groups=channels)


def gaussian_pyramid(image: Tensor, levels: int) -> list[Tensor]:
    """The picture [B, 3, H, W], then half as large, a quarter ..., each pixel the mean of four; `levels` in all.

    An odd side loses its last row or column on the way.

    Raises:
        InputError: for something that is not a picture, or one that is too small to be halved so often.
    """
    check_image(image)
    check_whole(levels, "the number of levels")
    least = 2 ** (levels - 1)
    if min(image.shape[2:]) < least:
        raise InputError(
            f"a pyramid of {levels} levels needs a picture of at least {least} x {least} pixels, "
            f"not {image.shape[2]} x {image.shape[3]}"
        )
    pyramid = [image]
    while len(pyramid) < levels:
        pyramid.append(functional.avg_pool2d(pyramid[-1], 2))
    return pyramid


def laplacian_pyramid(image: Tensor, levels: int) -> list[Tensor]:
    """The detail that each halving loses, the finest first, and at the end the smallest picture (Burt & Adelson, 1983).

    Level k has [B, 3, H / 2^k, W / 2^k]. Enlarging the last and adding the others one by one gives the picture back.

    Raises:
        InputError: as `gaussian_pyramid` does.
    """
    sizes = gaussian_pyramid(image, levels)
    return [*(fine - enlarged(coarse, fine) for fine, coarse in pairwise(sizes)), sizes[-1]]


def enlarged(coarse: Tensor, like: Tensor) -> Tensor:
    """A picture [B, C, h, w] at the height and the width of another, [B, C, H, W], bilinear."""
    return functional.interpolate(coarse, like.shape[2:], mode="bilinear", align_corners=False)


def energies(image: Tensor, sizes: int = 4, directions: int = 4) -> Tensor:
    """How strong the waves of each size and direction are at each place: [B, 3, H, W] -> [B, sizes * directions, H, W].

    The magnitude of a pair of filters that differ by a quarter of a wave, so that a line counts the same whether it is
    dark or light, and wherever it is in the filter: the beginning of Portilla and Simoncelli's model (2000), with
    filters that are Gaussian in the logarithm of the frequency. Waves are 3.3, 6.7, 13 ... pixels long; colours are
    averaged first. The picture is taken to continue on the other side, as in a Fourier transform.

    Args:
        image: RGB in [0, 1].
        sizes: how many wavelengths, each twice the one before.
        directions: how many directions, evenly over half a turn, the first one across (upright lines).

    Raises:
        InputError: for something that is not a picture.
    """
    grey = check_image(image).mean(1, keepdim=True)
    check_whole(sizes, "the number of sizes")
    check_whole(directions, "the number of directions")
    rows, columns = (torch.fft.fftfreq(length, dtype=grey.dtype, device=grey.device) for length in grey.shape[2:])
    frequency = (rows[:, None].square() + columns.square()).sqrt().clamp_min(1e-9)
    angle = torch.atan2(rows[:, None], columns.expand(len(rows), -1))
    waves = torch.fft.fft2(grey - grey.mean((2, 3), keepdim=True))
    maps = []
    for size in range(sizes):
        octaves = (frequency / (0.3 / 2**size)).log2()
        band = torch.exp(-2 * octaves.square())  # half an octave is one standard deviation
        for direction in range(directions):
            # Only one of the two frequencies of each wave passes: what comes back is complex, and its size the energy.
            side = torch.cos(angle - math.pi * direction / directions).clamp_min(0) ** 3
            maps.append(torch.fft.ifft2(2 * waves * band * side).abs())
    return torch.cat(maps, 1)


class RandomPyramid(nn.Module):
    """Random filters on every level of a picture's pyramid, each followed by a ReLU; frozen.

    One such layer on the picture alone (`levels=1`) is the random shallow network of Ustyuzhaninov et al. (1606.00021),
    reduced to filters of one size; with more levels it sees larger things as well. Filters are normal with variance
    2 / (3 side^2), as He et al. (1502.01852) draw them for ReLU networks, and the same on every level.

    Args:
        levels: of the pyramid; layers are called ``"level1"`` (the picture's own size), ``"level2"`` ...
        maps: how many filters.
        side: of a filter, in pixels, odd.
        rectified: False leaves the ReLU out.
        seed: of the filters.

    Raises:
        InputError: for numbers that make no such network.
    """

    filters: Tensor

    def __init__(self, levels: int = 5, maps: int = 32, side: int = 7, rectified: bool = True, seed: int = 0) -> None:
        super().__init__()
        for value, name in ((levels, "the number of levels"), (maps, "the number of maps"), (side, "the side")):
            check_whole(value, name)
        if side % 2 == 0:
            raise InputError(f"the side of a filter must be odd, so that it has a middle, not {side}")
        self.layers = tuple(f"level{level}" for level in range(1, levels + 1))
        self.rectified = rectified
        generator = torch.Generator("cpu").manual_seed(seed)
        deviation = (2 / (3 * side**2)) ** 0.5
        drawn = torch.randn(maps, 3, side, side, generator=generator, dtype=torch.float32, device="cpu")
        self.register_buffer("filters", drawn * deviation)

    def forward(self, image: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Feature maps of a picture by layer, ``"image"`` among them; see `course.nets.vgg.VGG`.

        Args:
            image: [B, 3, H, W], RGB in [0, 1].
            layers: names of layers.

        Raises:
            InputError: for an unknown layer, and for a picture too small for the levels asked for.
        """
        for name in layers:
            if name not in (*self.layers, "image"):
                raise InputError(f"no layer {name!r} in this pyramid; it has image, {', '.join(self.layers)}")
        wanted = [number for number, name in enumerate(self.layers) if name in layers]
        sizes = gaussian_pyramid(image, max(wanted, default=0) + 1)
        return {"image": image, **{self.layers[number]: self._answer(sizes[number]) for number in wanted}}

    def _answer(self, image: Tensor) -> Tensor:
        margin = self.filters.shape[-1] // 2
        # From [0, 1] to about zero mean and unit variance, as for other networks.
        padded = functional.pad((image - 0.5) / 0.25, [margin] * 4, mode="replicate")
        answer = functional.conv2d(padded, self.filters)
        return functional.relu(answer) if self.rectified else answer
