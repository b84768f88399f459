"""Networks small enough for a check, with random weights; probes and checks make the same from the same seed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


def small_network(seed: int, inplace: bool) -> nn.Sequential:
    """conv1_1 relu1_1 conv1_2 relu1_2 pool1 conv2_1 relu2_1: a network small enough for a check."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    generator = torch.Generator().manual_seed(seed)
    for name, channels in (("1_1", (3, 4)), ("1_2", (4, 5)), ("2_1", (5, 6))):
        if name == "2_1":
            layers["pool1"] = nn.MaxPool2d(2)
        convolution = nn.Conv2d(*channels, kernel_size=3, padding=1).requires_grad_(False)
        for parameter in convolution.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 3)
        layers[f"conv{name}"] = convolution
        layers[f"relu{name}"] = nn.ReLU(inplace=inplace)
    return nn.Sequential(layers)


class PaintersNetwork(nn.Module):
    """Answers as the course's VGG does, frozen; with eight channels in all layers, and one pooling.

    Its ReLUs are open more often than not, so that a few steps are enough to see where a painter is going.

    Attributes:
        evaluations: how often it looked at a picture that waits for a gradient.
        repeats: how often it was asked for the same layers of the same other picture again.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        generator, before = torch.Generator().manual_seed(seed), 3
        self.convolutions = nn.ParameterDict()
        for name in ("1_1", "2_1", "3_1", "4_1", "4_2", "5_1"):
            weight = torch.randn(8, before, 3, 3, generator=generator, dtype=torch.float32) / (9 * before) ** 0.5
            self.convolutions[name] = nn.Parameter(weight, requires_grad=False)
            before = 8
        self.evaluations = self.repeats = 0
        self._seen: set[tuple[bytes, ...]] = set()

    def forward(self, image: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """``{"image": image, name: maps, ...}`` for "conv1_1", "relu1_1", and so on; the stages 1, 2, 3, 4, 4, 5."""
        if isinstance(layers, str):
            raise ValueError(f"no list of layers: {layers!r}")
        self._count(image, layers)
        found, x = {"image": image}, 2 * image - 1
        for name, weight in self.convolutions.items():
            bordered = functional.pad(x, (1, 1, 1, 1), mode="replicate")
            found[f"conv{name}"] = functional.conv2d(bordered, weight) + 2
            x = found[f"relu{name}"] = functional.relu(found[f"conv{name}"])
            x = functional.avg_pool2d(x, 2, ceil_mode=True) if name == "1_1" else x
        if unknown := [name for name in layers if name not in found]:
            raise ValueError(f"no layer {unknown[0]!r} in this network")
        return {name: found[name] for name in ("image", *layers)}

    def _count(self, image: Tensor, layers: Sequence[str]) -> None:
        if image.requires_grad and torch.is_grad_enabled():
            self.evaluations += 1
            return
        look = (image.detach().numpy().tobytes(), *(str(name).encode() for name in layers))
        self.repeats += look in self._seen
        self._seen.add(look)
