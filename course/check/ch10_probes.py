"""Further probes for chapter 10's checks: of a function that is given a judge; and that judge, a small network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from course.check.engine.probes import Function, Returned, changed_inputs, copied, equal, probe, record, returned

# name -> channels, and how many pixels its convolution goes on; the names are those of the course's judge
LAYERS = {"stem": (4, 2), "block0": (6, 1), "block2": (5, 2), "block4": (7, 2), "block10": (8, 1)}


class JudgesNetwork:
    """Answers as the course's judge does, with weights drawn by a seed. Maps are negative as often as not.

    Each channel has a mean of its own, so that it matters what is taken away before a Gram matrix.
    """

    def __init__(self, seed: int) -> None:
        generator, before = torch.Generator().manual_seed(seed), 3
        self.weights: dict[str, Tensor] = {}
        for name, (channels, _) in LAYERS.items():
            weight = torch.randn(channels, before, 3, 3, generator=generator, dtype=torch.float32)
            self.weights[name] = weight / (4 * before) ** 0.5
            self.weights[f"{name}.offset"] = torch.randn(channels, generator=generator, dtype=torch.float32) / 3
            before = channels

    def __call__(self, image: Tensor, layers: Sequence[str], /) -> dict[str, Tensor]:
        """``{"image": image, name: maps, ...}`` for some of `LAYERS`; neither an argument by name nor "image" among them."""
        if isinstance(layers, str):
            raise ValueError(f"layers is a list of names, as [{layers!r}]; not {layers!r}")
        found, x = {"image": image}, 2 * image - 1
        for name, (_, stride) in LAYERS.items():
            bordered = functional.pad(x, (1, 1, 1, 1), mode="replicate")
            weight, offset = self.weights[name], self.weights[f"{name}.offset"]
            found[name] = functional.conv2d(bordered, weight, offset, stride=stride)
            x = functional.leaky_relu(found[name], 0.3)
        if unknown := [name for name in layers if name not in LAYERS]:
            raise ValueError(f"no layer {unknown[0]!r} in this network; there are {', '.join(LAYERS)}")
        return {name: found[name] for name in ("image", *layers)}


@record
@dataclass(frozen=True)
class Judged:
    """Findings about a call of `function(net, picture, other, layers)`.

    Attributes:
        returned: the number; in the changed inputs, the network counts if its weights are others.
        attached: whether the number drags its computation behind it.
    """

    returned: Returned
    attached: bool


@probe
def judging(
    function: Function, seed: int, picture: Tensor, other: Tensor, layers: str | Sequence[str], waiting: bool = False
) -> Judged:
    """What the function finds with `JudgesNetwork` of this seed; `waiting` says that both pictures want a gradient."""
    net, given = JudgesNetwork(seed), [copied(one) for one in (picture, other, layers)]
    weights = copied(net.weights)
    for image in given[:2]:
        image.requires_grad_(waiting)
    try:
        value: Any = function(net, *given)
    except RuntimeError as error:
        if not waiting or "numpy() on Tensor that requires grad" not in str(error):
            raise
        return Judged(Returned(None, "NoneType"), False)  # in numpy nothing is kept, and was right without
    echo = next((n for n, one in enumerate(given[:2], 1) if one is value), None)
    changed = changed_inputs([True, picture, other, layers], [equal(weights, net.weights), *given])
    attached = isinstance(value, Tensor) and value.requires_grad
    return Judged(returned(value, changed, echo), attached)
