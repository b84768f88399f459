"""Further probes for chapter 5's checks: of a painter; and the network that it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from course.check.engine.probes import Function, Returned, changed_inputs, copied, equal, probe, record, returned


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


@record
@dataclass(frozen=True)
class Painted:
    """Findings about a call of `style_transfer(net, photo, painting, start, alpha, beta, steps)`.

    Attributes:
        returned: the picture; in the changed inputs, the network counts if its weights are others or not frozen now.
        attached: whether the picture drags its computation behind it.
        evaluations: see `PaintersNetwork`.
        repeats: see `PaintersNetwork`.
    """

    returned: Returned
    attached: bool
    evaluations: int
    repeats: int


@probe
def painting(
    function: Function, seed: int, pictures: Sequence[Tensor], alpha: float, beta: float, steps: int
) -> Painted:
    """Lets the function paint with `PaintersNetwork` of this seed, from a photo, a painting and a start."""
    net, given = PaintersNetwork(seed), [copied(picture) for picture in pictures]
    value = function(net, *given, alpha, beta, steps)
    echo = next((n for n, one in enumerate(given, 1) if one is value), None)
    frozen = not any(weight.requires_grad for weight in net.parameters())
    same = equal(dict(PaintersNetwork(seed).state_dict()), dict(net.state_dict()))
    changed = changed_inputs([True, *pictures], [frozen and same, *given])
    attached = isinstance(value, Tensor) and value.requires_grad
    return Painted(returned(value, changed, echo), attached, net.evaluations, net.repeats)


@probe
def painting_with_slim(
    function: Function, pictures: Sequence[Tensor], alpha: float, beta: float, steps: int
) -> Painted:
    """The same with the slim VGG-19, which sees real pictures. It does not count what it is asked."""
    from course.nets.weights import vgg19  # only here: it takes long to import

    given = [copied(picture) for picture in pictures]
    value = function(vgg19(weights="slim"), *given, alpha, beta, steps)
    return Painted(
        returned(value, changed_inputs(pictures, given)), isinstance(value, Tensor) and value.requires_grad, 0, 0
    )
