"""Check of chapter 7: larger maps without a grid."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from course.check.engine.compare import Mistakes, compare
from course.check.engine.exercise import Question, exercise
from course.nets import feedforward

SHAPE = (2, 3, 4, 5)
TRANSPOSED = "a transposed convolution. It reaches its pixels by unequally many weights: that is the checkerboard."


@exercise(
    feedforward.enlarge,
    'section 4, "Larger, without a grid"',
    stops={
        "expected input": (
            "weight_turned",
            "The convolution found other channels than it has filters for. weight is [out, in, k, k], as conv2d wants it.",
        ),
        "expected weight": (
            "weight_shape",
            "conv2d takes weight as it is, [out, in, k, k]; conv_transpose2d, which is not needed, takes another.",
        ),
        "not supported for 4D input": (
            "two_sides",
            "A border on four sides takes four numbers: functional.pad(x, (k // 2, k // 2, k // 2, k // 2), ...).",
        ),
        "align_corners option can only be set": (
            "align_corners",
            'align_corners belongs to mode="bilinear". Say the mode, and leave align_corners=False.',
        ),
    },
    solved_by=(),
)
def enlarge(question: Question) -> str:
    """Bilinear interpolation to twice the size, the border continued, a convolution."""
    for side in (3, 5):

        def drawn(side: int = side) -> tuple[Tensor, Tensor]:
            return question.draw.normal(*SHAPE), question.draw.normal(6, 3, side, side)

        _judge_size(question, *drawn())
        compare(question, drawn, _enlarged_results)
    x, weight = question.draw.normal(*SHAPE), question.draw.normal(4, 3, 3, 3)
    for number, name in enumerate(("x", "weight")):
        if question.ask("gradient_to", number, x, weight) is None:
            raise question.wrong(
                "detached",
                f"no gradient finds its way back to {name}.",
                "detach(), .data, numpy or no_grad() cut the way: neither these filters nor those before could learn.",
            )
    return "twice as high and wide; what is even stays even, up to the border; for filters of 3 and of 5"


def _judge_size(question: Question, x: Tensor, weight: Tensor) -> None:
    """Another size often says by itself what was done."""
    returned = question.ask("call", x, weight)
    side, (out, channels) = weight.shape[2], weight.shape[:2]
    if not isinstance(returned.value, Tensor) or returned.value.dim() != 4:
        return
    height, width = x.shape[2:]
    lost = side - 1
    sizes = {
        "not_enlarged": ((out, height, width), "The convolution was done, and nothing became larger before it."),
        "not_convolved": ((channels, 2 * height, 2 * width), "It is larger, and not convolved: conv2d(..., weight)."),
        "no_padding": (
            (out, 2 * height - lost, 2 * width - lost),
            "A filter of k pixels takes k - 1 away. Continue the border by k // 2 on each side, before the convolution.",
        ),
        "padding_of_three": (
            (out, 2 * height - lost + 2, 2 * width - lost + 2),
            "A border of 1 is right for filters of 3. Others need k // 2: weight.shape[2] // 2.",
        ),
        "filters_counted": (
            (out, 2 * height - lost + 2 * (out // 2), 2 * width - lost + 2 * (out // 2)),
            "The border is half the number of filters, weight.shape[0]. Their side is weight.shape[2].",
        ),
        "padded_before": (
            (out, 2 * height + 2 * (side // 2), 2 * width + 2 * (side // 2)),
            "The border was added before enlarging, and became twice as broad. Enlarge first.",
        ),
        "one_side": ((out, 2 * height, width), "Only the height was doubled: scale_factor=2, one number for both."),
        "transposed_bare": ((out, 2 * height - 2 + side, 2 * width - 2 + side), f"This is the size of {TRANSPOSED}"),
        "four_times": (
            (out, 4 * height, 4 * width),
            "Four times as high and wide: a factor of 2 is one for each side.",
        ),
    }
    if side == 3:
        del sizes["padding_of_three"]
    got = tuple(returned.value.shape[1:])
    for mistake, (size, sentence) in sizes.items():
        if got == size:
            seen = (
                f"for maps {list(x.shape)} and filters {list(weight.shape)} expected {[2, out, 2 * height, 2 * width]}"
            )
            raise question.wrong(mistake, f"{seen}, got {list(returned.value.shape)}.", sentence)


def _enlarged_results(x: Tensor, weight: Tensor) -> tuple[str, Tensor, Mistakes]:
    pad = weight.shape[2] // 2

    def bordered(maps: Tensor, mode: str = "replicate") -> Tensor:
        return functional.conv2d(functional.pad(maps, (pad,) * 4, mode=mode), weight)

    def larger(maps: Tensor, mode: str = "bilinear", corners: bool | None = False) -> Tensor:
        return functional.interpolate(maps, scale_factor=2, mode=mode, align_corners=corners)

    smooth = larger(x)
    spread = torch.zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])
    spread[:, :, ::2, ::2] = x
    mistakes = {
        "transposed": (
            functional.conv_transpose2d(x, weight.transpose(0, 1), stride=2, padding=pad, output_padding=1),
            TRANSPOSED,
        ),
        "zeros_between": (
            bordered(spread),
            "zeros between the values, and a convolution, which is a transposed one. Interpolate: bilinear.",
        ),
        "zeros_around": (
            bordered(smooth, "constant"),
            'zeros around the maps: a frame would grow along the border. functional.pad(..., mode="replicate").',
        ),
        "reflected": (bordered(smooth, "reflect"), 'a mirror at the border, mode="reflect". Here it is "replicate".'),
        "circular": (bordered(smooth, "circular"), 'the other side at the border, mode="circular". It is "replicate".'),
        "nearest": (
            bordered(larger(x, "nearest", None)),
            'each value four times, the default mode "nearest": steps, which filters have to smooth. mode="bilinear".',
        ),
        "bicubic": (bordered(larger(x, "bicubic")), 'mode="bicubic", which overshoots at edges. It is "bilinear".'),
        "align_corners": (
            bordered(larger(x, corners=True)),
            "align_corners=True: the corners stay, and the steps are no longer half a pixel. Leave it False.",
        ),
        "convolved_first": (
            larger(bordered(x)),
            "convolved first and enlarged then: blurred. Enlarge first, so that the filters can sharpen.",
        ),
        "filters_flipped": (
            functional.conv2d(functional.pad(smooth, (pad,) * 4, mode="replicate"), weight.flip(2, 3)),
            "the filters were flipped. What networks call a convolution flips nothing.",
        ),
        "relu": (bordered(smooth).relu(), "a ReLU at the end. Norm and ReLU come later, in the network."),
    }
    given = f"maps {list(x.shape)} and filters {list(weight.shape)}"
    return given, bordered(smooth), mistakes
