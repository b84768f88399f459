"""Networks in half precision: convolutions whose way back is a convolution too, and gradients that stay in range.

Where a processor multiplies bfloat16 itself, the multiplications of VGG take an eighth of their time in float32, and
what was small beside them no longer is. Two things are done differently here. Filters are laid out for the processor
once, and not anew for each picture. And the way back is a convolution as well, the kind that is made best.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from course.nets.precision import HALVES, multiplies

State = tuple[Tensor, int, int]

# What torch's compiler calls, under these names since version 2.0. There are no public ones.
UNDOCUMENTED = ("_reorder_convolution_weight", "_convolution_pointwise")
LAID_OUT_FOR = 32  # pixels: the layout that is best for small maps is so for larger ones


class Filters:
    """The weights and biases of a 3x3 convolution, laid out as the processor reads them.

    Args:
        weight: [N', N, 3, 3].
        bias: [N'], or None.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        self.weight = weight.contiguous(memory_format=torch.channels_last)
        self.bias = bias
        self.laid_out = _multiplied(weight) and all(hasattr(torch.ops.mkldnn, name) for name in UNDOCUMENTED)
        if self.laid_out:
            maps = [1, weight.shape[1], LAID_OUT_FOR, LAID_OUT_FOR]
            self.weight = torch.ops.mkldnn._reorder_convolution_weight(self.weight, [1, 1], [1, 1], [1, 1], 1, maps)

    def convolve(self, x: Tensor, padding: int) -> Tensor:
        """[B, N, H, W], with so many zeros at each side -> [B, N', H + 2 padding - 2, W + 2 padding - 2]."""
        if not self.laid_out:
            return functional.conv2d(x, self.weight, self.bias, padding=padding)
        convolved: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, self.weight, self.bias, [padding, padding], [1, 1], [1, 1], 1, "none", [], ""
        )
        return convolved


def _multiplied(weight: Tensor) -> bool:
    """Whether it lies where the processor multiplies such numbers itself."""
    half = HALVES.get(weight.dtype)
    usable = weight.device.type == "cpu" and bool(torch.backends.mkldnn.enabled)
    return usable and half is not None and multiplies(half)


class HalfConvolution(nn.Conv2d):
    """A frozen 3x3 convolution with stride 1 and padding 1 in half precision, [B, N, H, W] -> [B, N', H, W].

    The gradient of y = W * x + b is W' * dL/dy, where W' has each filter turned by 180 degrees, and input and output
    channels exchanged (Dumoulin & Visin, 1603.07285, section 4). Weights that want gradients themselves are left to
    torch. Those that are changed are noticed, unless they are changed behind torch's back, through ``weight.data``.
    """

    _laid_out: LaidOut | None = None

    def forward(self, input: Tensor) -> Tensor:
        """See the class."""
        if torch.is_grad_enabled() and any(one.requires_grad for one in self.parameters()):
            return super().forward(input)
        forth, back = self._both_ways()
        if self.padding_mode in ("reflect", "circular"):
            input = functional.pad(input, (1, 1, 1, 1), self.padding_mode)
        convolved: Tensor = _Convolution.apply(input, forth, back, self.padding_mode)
        return convolved

    @torch.inference_mode(False)
    @torch.no_grad()
    def _both_ways(self) -> tuple[Filters, Filters]:
        """The filters, laid out for the first picture, and again for the next one if the weights have changed."""
        kept = self._laid_out  # read once and written once: threads share networks
        if kept is None or not kept.of(self):
            weight = self.weight.detach()
            kept = LaidOut(_states(self), Filters(weight, self.bias), Filters(weight.flip(2, 3).transpose(0, 1)))
            self._laid_out = kept
        return kept.forth, kept.back

    def __getstate__(self) -> dict[str, Any]:
        """For copies and files, which do not know the processor's layouts."""
        return {name: value for name, value in self.__dict__.items() if name != "_laid_out"}


@dataclass(frozen=True)
class LaidOut:
    """The filters of both ways, and what tells whether they are still those of a convolution.

    Attributes:
        states: see `_states`.
        forth: of the way there.
        back: of the way back.
    """

    states: tuple[State, ...]
    forth: Filters
    back: Filters

    def of(self, convolution: nn.Conv2d) -> bool:
        """Whether weights and biases are the same objects as then, in the same place, and no one wrote into them."""
        now = _states(convolution)
        return len(now) == len(self.states) and all(
            one is other and rest == before for (one, *rest), (other, *before) in zip(now, self.states, strict=True)
        )


def _states(convolution: nn.Conv2d) -> tuple[State, ...]:
    """Of weight and bias: the tensor, how often it was written into, and where it lies."""
    return tuple((one, 0 if one.is_inference() else one._version, one.data_ptr()) for one in convolution.parameters())


class _Convolution(torch.autograd.Function):
    """See `HalfConvolution`. Reflected and circular borders are around the maps already, others are made in here."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, forth: Filters, back: Filters, border: str) -> Tensor:
        ctx.back, ctx.border = back, border
        if border == "zeros":
            return forth.convolve(x, padding=1)
        return forth.convolve(functional.pad(x, (1, 1, 1, 1), border) if border == "replicate" else x, padding=0)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        if ctx.border == "zeros":
            return ctx.back.convolve(gradient, padding=1), None, None, None
        wide = ctx.back.convolve(gradient, padding=2)
        return _folded(wide) if ctx.border == "replicate" else wide, None, None, None


def _folded(wide: Tensor) -> Tensor:
    """The gradient of maps of which that of their replicated border is known too, [B, N, H + 2, W + 2] -> [.., H, W].

    The border has its values from the pixels beside it, so its gradients are added to theirs, in `wide` itself.
    """
    wide[:, :, 1] += wide[:, :, 0]
    wide[:, :, -2] += wide[:, :, -1]
    wide[..., 1] += wide[..., 0]
    wide[..., -2] += wide[..., -1]
    return wide[..., 1:-1, 1:-1]


# --- float16 ----------------------------------------------------------------------------------------------------------


class GradientScale:
    """Keeps the gradients of one evaluation within float16, which ends at 6e-8 and at 65504.

    A relative loss of large maps has gradients of 1e-9. On entering the network, on its way back, they are multiplied
    by a power of two that makes the largest about `LARGEST`; behind it they are divided by that again, in float32
    (Micikevicius et al., 1710.03740, section 3.2). All maps wait for each other there: none is a function of another,
    and a hook on one of them runs before the network's way back, not in its course.
    """

    LARGEST = 64.0  # between both ends, with room for gradients that grow on their way
    FARTHEST = 126  # exponent of the largest power of two whose inverse is a float32 as well

    def __init__(self) -> None:
        self.factor = 1.0

    def picture(self, image: Tensor) -> Tensor:
        """The picture [B, 3, H, W], for the network to look at."""
        looked_at: Tensor = _Divided.apply(image, self)
        return looked_at

    def features(self, maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """All feature maps that the network found, in float32: their squares do not fit into float16 either."""
        return dict(zip(maps, _Multiplied.apply(self, *maps.values()), strict=True)) if maps else {}


class _Divided(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, image: Tensor, scale: GradientScale) -> Tensor:
        ctx.scale = scale
        return image.view_as(image)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient / ctx.scale.factor, None


class _Multiplied(torch.autograd.Function):
    """One function for all maps: so it sees all gradients before the network sees the first."""

    @staticmethod
    def forward(ctx: Any, scale: GradientScale, *maps: Tensor) -> tuple[Tensor, ...]:
        ctx.scale = scale
        ctx.set_materialize_grads(False)
        return tuple(one.float() for one in maps)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        largest = max((float(one.abs().max()) for one in gradients if one is not None), default=0.0)
        # An infinite one or a NaN goes through as it is: the painter tells of it.
        exponent = round(math.log2(ctx.scale.LARGEST / largest)) if 0 < largest < math.inf else 0
        ctx.scale.factor = 2.0 ** max(-ctx.scale.FARTHEST, min(exponent, ctx.scale.FARTHEST))
        return None, *(None if one is None else (one * ctx.scale.factor).half() for one in gradients)
