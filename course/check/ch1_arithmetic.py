"""Checks of chapter 1, the arithmetic: sizes, numbers of parameters, what a feature sees."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from course.check.engine.exercise import Question, exercise

Table = Sequence[int | str]

_WORD = (
    "pool_is_a_word",
    'The table also holds "pool", which is a word: ask for it before you calculate with an entry.',
)
POOL_IS_A_WORD = {"'str'": _WORD, "string formatting": _WORD, "sequence by non-int": _WORD}


def reference_conv_output_size(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """How many places a window of `kernel` pixels finds along a side of `size` pixels."""
    return (size + 2 * padding - kernel) // stride + 1


def reference_count_parameters(table: Table) -> int:
    """Weights and biases of the 3x3 convolutions of a table."""
    total, channels = 0, 3
    for entry in table:
        if not isinstance(entry, str):
            total += entry * (9 * channels + 1)
            channels = entry
    return total


def reference_receptive_field(layers: Iterable[tuple[int, int]]) -> int:
    """Pixels of the picture that one number behind these (kernel, stride) layers sees, along one side."""
    seen, step = 1, 1  # in the picture: what one number sees, and how far its neighbour is
    for kernel, stride in layers:
        seen, step = seen + (kernel - 1) * step, step * stride
    return seen


@exercise(reference_conv_output_size, 'section 1, "A window that slides"', solved_by=())
def conv_output_size(question: Question) -> str:
    """floor((size + 2 padding - kernel) / stride) + 1."""
    draw = question.draw.whole
    cases = [(224, 3, 1, 1), (7, 3, 2, 0), (224, 2, 2, 0), (5, 5, 1, 0), (8, 3, 2, 1), (10, 3, 3, 0)]
    cases += [(draw(20, 90), draw(2, 7), draw(2, 4), draw(0, 3)) for _ in range(6)]
    question.whole_numbers(
        [("size {}, kernel {}, stride {}, padding {}".format(*case), case) for case in cases],
        reference_conv_output_size,
        {
            "no_plus_one": (
                lambda s, k, t, p: (s + 2 * p - k) // t,
                "the + 1 is missing. A window that fits exactly has one place.",
            ),
            "one_sided": (lambda s, k, t, p: (s + p - k) // t + 1, "padding counted once. It is added on both sides."),
            "no_padding": (lambda s, k, t, p: (s - k) // t + 1, "the padding is left out."),
            "no_stride": (
                lambda s, k, t, p: s + 2 * p - k + 1,
                "the stride is left out. Only every stride-th place counts.",
            ),
            "plus_one_inside": (
                lambda s, k, t, p: (s + 2 * p - k + 1) // t,
                "the + 1 stands inside the division. Count the steps first, then add the first place.",
            ),
            "rounded_up": (
                lambda s, k, t, p: -((k - s - 2 * p) // t) + 1,
                "rounded up. A window that hangs over the edge does not count.",
            ),
            "rounded": (
                lambda s, k, t, p: round((s + 2 * p - k) / t) + 1,
                "rounded to the nearest. Only whole windows count, so round down.",
            ),
            "brackets_at_padding": (
                lambda s, k, t, p: s - k + 2 * p // t + 1,
                "only 2 * padding is divided. Brackets: (size + 2 * padding - kernel) // stride + 1.",
            ),
            "brackets_at_kernel": (
                lambda s, k, t, p: s + 2 * p - k // t + 1,
                "only the kernel is divided. Brackets: (size + 2 * padding - kernel) // stride + 1.",
            ),
            "no_kernel": (
                lambda s, k, t, p: (s + 2 * p) // t,
                "the kernel is left out: a window that hangs over the edge does not count.",
            ),
            "kernel_less_one": (
                lambda s, k, t, p: (s + 2 * p - (k - 1)) // t + 1,
                "kernel - 1 was taken away, and 1 added at the end as well. It is kernel, and + 1.",
            ),
            "padding_outside": (
                lambda s, k, t, p: (s - k) // t + 1 + 2 * p,
                "the padding was added to the places. It makes the picture larger, before the division.",
            ),
            "two_more": (lambda s, k, t, p: (s + 2 * p - k) // t + 2, "one place too many: + 1, not + 2."),
            "own_padding": (
                lambda s, k, t, p: (s + 2 * (k // 2) - k) // t + 1,
                "half a kernel of padding, always. How much there is, padding says.",
            ),
            "area": (lambda s, k, t, p: ((s + 2 * p - k) // t + 1) ** 2, "the places of a square. Along one side."),
            "transposed": (
                lambda s, k, t, p: (s - 1) * t - 2 * p + k,
                "the size in front of the convolution, or a transposed one's. The stride divides.",
            ),
            "last_left_out": (
                lambda s, k, t, p: -((k - s - 2 * p) // t),
                "the last window is left out where it fits exactly: range() ends before its end, add 1 to that.",
            ),
            "windows_over_edge": (
                lambda s, k, t, p: -((-s - 2 * p) // t),
                "windows may start anywhere. The last start is size + 2 * padding - kernel.",
            ),
            "swapped": (lambda s, k, t, p: (s + 2 * p - t) // k + 1, "kernel and stride changed places."),
            "padding_taken_away": (
                lambda s, k, t, p: (s - 2 * p - k) // t + 1,
                "the padding was taken away. It makes the picture larger.",
            ),
            "same": (
                lambda s, k, t, p: s // t,
                "size / stride. That is right only where padding makes up for the kernel.",
            ),
        },
        "Draw the pixels as boxes, slide the window over them, and count its places.",
    )
    return "right for 12 sizes, kernels, strides and paddings, rounded down where windows do not fit"


@exercise(reference_count_parameters, 'section 3, "How many numbers is that?"', POOL_IS_A_WORD, solved_by=())
def count_parameters(question: Question) -> str:
    """Weights and biases of the convolutions of a table."""
    small: Table = [question.draw.whole(4, 6), "pool", question.draw.whole(7, 9), question.draw.whole(10, 14)]
    vgg16: Table = [64, 64, "pool", 128, 128, "pool", *[256] * 3, "pool", *[512] * 3, "pool", *[512] * 3, "pool"]
    question.whole_numbers(
        [(in_words(small), (small,)), ("the table of VGG-16", (vgg16,))],
        reference_count_parameters,
        {
            "no_bias": (
                lambda table: sum(9 * i * o for i, o in _channels(table)),
                "the biases are missing: one for each output channel.",
            ),
            "no_kernel": (
                lambda table: sum(i * o + o for i, o in _channels(table)),
                "the 3 x 3 places of the window are missing.",
            ),
            "three_not_nine": (
                lambda table: sum(3 * i * o + o for i, o in _channels(table)),
                "3 places for each window. It has 3 x 3 = 9.",
            ),
            "bias_per_weight": (
                lambda table: sum((9 * i + i) * o for i, o in _channels(table)),
                "a bias for each pair of channels. There is one for each output channel.",
            ),
            "bias_per_input": (
                lambda table: sum(9 * i * o + i for i, o in _channels(table)),
                "a bias for each input channel. The biases belong to the output channels.",
            ),
            "one_bias": (
                lambda table: sum(9 * i * o + 1 for i, o in _channels(table)),
                "one bias for a layer. Each output channel has its own.",
            ),
            "grey": (
                lambda table: sum(o * (9 * i + 1) for i, o in _channels(table, first=1)),
                "the first convolution takes 1 channel. It takes 3: R, G and B.",
            ),
            "first_layer_left_out": (
                lambda table: sum(o * (9 * i + 1) for i, o in _channels(table)[1:]),
                "the first convolution is missing, the one that reads the picture.",
            ),
            "three_and_no_bias": (
                lambda table: sum(3 * i * o for i, o in _channels(table)),
                "3 places for each window, which has 3 x 3 = 9; and the biases are missing.",
            ),
            "bias_at_the_end": (
                lambda table: sum(9 * i * o for i, o in _channels(table)) + 1,
                "one bias for the whole network. Each output channel of each layer has its own.",
            ),
            "bias_per_place": (
                lambda table: sum(9 * (i + 1) * o for i, o in _channels(table)),
                "nine biases for each output channel: 9 * (i + 1). It has one: 9 * i + 1.",
            ),
            "two_biases": (
                lambda table: sum((9 * i + 2) * o for i, o in _channels(table)),
                "two biases for each output channel. It has one.",
            ),
            "pool_forgets": (
                lambda table: sum(
                    (9 * (table[n - 1] if n and table[n - 1] != "pool" else 3) + 1) * entry
                    for n, entry in enumerate(table)
                    if entry != "pool"
                ),
                "after a pool it starts with 3 channels again. A pooling keeps the channels that it gets.",
            ),
            "outputs_only": (
                lambda table: 9 * sum(o for _, o in _channels(table)),
                "the channels that come in are missing. Each output channel has 3 x 3 weights for each of them.",
            ),
            "outputs_and_biases": (
                lambda table: 10 * sum(o for _, o in _channels(table)),
                "the channels that come in are missing. Each output channel has 3 x 3 weights for each of them, and a bias.",
            ),
            "first_width_twice": (
                lambda table: sum(o * (9 * i + 1) for i, o in _channels(table, first=_channels(table)[0][1])),
                "the first convolution takes as many channels as it gives. It takes 3: R, G and B.",
            ),
            "channels_added": (
                lambda table: sum(9 * (i + o) + o for i, o in _channels(table)),
                "channels in and out were added. There is a window for each pair of them: i * o.",
            ),
            "cubes": (
                lambda table: sum(o * (27 * i + 1) for i, o in _channels(table)),
                "27 weights for a window. It has 3 x 3 = 9 for each channel that comes in.",
            ),
            "last_left_out": (
                lambda table: sum(o * (9 * i + 1) for i, o in _channels(table)[:-1]),
                "the last convolution is missing.",
            ),
            "pools_counted": (
                lambda table: sum(o * (9 * i + 1) for i, o in _channels(table)) + 4 * table.count("pool"),
                "poolings were counted. A maximum has nothing to learn.",
            ),
            "squares": (
                lambda table: sum(o * (9 * o + 1) for _, o in _channels(table)),
                "as many channels in as out. What comes in is the width of the layer before.",
            ),
            "always_three": (
                lambda table: sum(o * (9 * 3 + 1) for _, o in _channels(table)),
                "3 channels go into every convolution. Remember the width of the layer before.",
            ),
            "last_only": (
                lambda table: [o * (9 * i + 1) for i, o in _channels(table)][-1],
                "only the last layer was counted. Add up with +=.",
            ),
            "tensors_counted": (
                lambda table: 2 * len(_channels(table)),
                "weights and biases counted as one thing each. Every number in them counts: numel().",
            ),
            "first_only": (
                lambda table: next(o * (9 * i + 1) for i, o in _channels(table)),
                "only the first layer was counted. Is the return inside the loop?",
            ),
        },
        "Write down weights and biases of the first two convolutions on paper, and compare.",
    )
    return "weights and biases of every convolution; 14,714,688 for VGG-16"


def _channels(table: Table, first: int = 3) -> list[tuple[int, int]]:
    """Channels in and out of each convolution of a table."""
    widths = [entry for entry in table if not isinstance(entry, str)]
    return list(zip([first, *widths], widths, strict=False))


@exercise(reference_receptive_field, 'section 4, "What one feature can see"', solved_by=())
def receptive_field(question: Question) -> str:
    """Pixels that one number sees behind (kernel, stride) layers."""
    conv, pool = (3, 1), (2, 2)
    cases = [[conv], [conv, conv], [conv, conv, pool], [conv, conv, pool, conv], [(5, 2), pool, conv, pool, conv]]
    cases.append([(question.draw.whole(2, 5), question.draw.whole(1, 3)) for _ in range(6)])
    question.whole_numbers(
        [(f"the layers {case}, each (kernel, stride),", (case,)) for case in cases],
        reference_receptive_field,
        {
            "no_stride": (
                lambda layers: 1 + sum(k - 1 for k, _ in layers),
                "strides are ignored. Behind a pooling, one step means two pixels of the picture.",
            ),
            "sum_of_kernels": (
                lambda layers: sum(k for k, _ in layers),
                "kernels added up. Neighbouring windows overlap: each layer adds kernel - 1.",
            ),
            "product": (
                lambda layers: math.prod(k for k, _ in layers),
                "kernels multiplied. Neighbouring windows overlap: 3x3 twice sees 5, not 9.",
            ),
            "jump_too_early": (
                lambda layers: _field(layers, early=True),
                "a layer's own stride was counted for its own window. It counts for the layers behind it.",
            ),
            "kernel_whole": (
                lambda layers: _field(layers, overlap=0),
                "each layer adds its whole kernel. One of its places was seen before: kernel - 1.",
            ),
            "starts_at_zero": (
                lambda layers: reference_receptive_field(layers) - 1,
                "a start at 0. Before the first layer, one pixel sees itself.",
            ),
            "jump_added": (
                lambda layers: _field(layers, added=True),
                "strides were added. Steps of steps multiply: 2 and 2 make 4.",
            ),
            "last_jump": (
                lambda layers: (
                    1 + sum((k - 1) * t for (k, _), t in zip(layers, [1, *(t for _, t in layers)], strict=False))
                ),
                "only the stride of the layer just before was counted. All strides before a layer multiply.",
            ),
            "size_times_stride": (
                lambda layers: _folded(layers, lambda size, k, t: size * t + k - 1),
                "size * stride + kernel - 1. The step between windows grows with the strides, and not what was seen before.",
            ),
            "size_times_stride_whole": (
                lambda layers: _folded(layers, lambda size, k, t: size * t + k),
                "size * stride + kernel. The step between windows grows with the strides, and each layer adds kernel - 1 steps.",
            ),
            "own_stride_only": (
                lambda layers: 1 + sum((k - 1) * t for k, t in layers),
                "each layer's own stride was counted for its own window, and no other. All strides *before* it multiply.",
            ),
            "jump_and_stride": (
                lambda layers: _field(layers, added=True, more=1),
                "the stride was added to the step, which starts at 1. Steps of steps multiply: step *= stride.",
            ),
            "jump_zero": (
                lambda layers: _field(layers) - (layers[0][0] - 1),
                "the first layer adds nothing: the step started at 0. One step in the picture is one pixel: 1.",
            ),
            "odd_kernels": (
                lambda layers: _field([(2 * (k // 2) + 1, t) for k, t in layers]),
                "2 * (kernel // 2), which is right for odd kernels. A window of 2 adds one step, not two.",
            ),
            "swapped": (
                lambda layers: _field([(t, k) for k, t in layers]),
                "kernel and stride changed places: each layer is (kernel, stride).",
            ),
            "first_only": (
                lambda layers: layers[0][0],
                "only the first layer. Is the return inside the loop?",
            ),
            "first_twice": (
                lambda layers: _field(layers) + layers[0][0] - 1,
                "the first kernel counts twice: as the start, and in the loop. Start at 1.",
            ),
            "area": (lambda layers: _field(layers) ** 2, "the pixels of a square. Along one side."),
            "minus_one_step": (
                lambda layers: 1 + _folded_steps(layers),
                "kernel * step - 1. What overlaps is one step, not one pixel: (kernel - 1) * step.",
            ),
            "strides_and_kernels": (
                lambda layers: math.prod(k * t for k, t in layers),
                "kernels and strides multiplied. Neighbouring windows overlap: 3x3 twice sees 5, not 9.",
            ),
            "whole_from_behind": (
                lambda layers: _folded(layers[::-1], lambda size, k, t: size * t + k),
                "from behind it is (size - 1) * stride + kernel: of size windows there are size - 1 steps.",
            ),
            "less_one_from_behind": (
                lambda layers: _folded(layers[::-1], lambda size, k, t: size * t + k - 1),
                "size * stride + kernel - 1. From behind it is (size - 1) * stride + kernel.",
            ),
            "backwards": (
                lambda layers: reference_receptive_field(layers[::-1]),
                "the layers were gone through in the wrong direction for this formula.",
            ),
            "steps": (
                lambda layers: math.prod(t for _, t in layers),
                "the step between neighbours, the product of strides. The size of what one of them sees is asked for.",
            ),
            "last_only": (
                lambda layers: layers[-1][0],
                "only the last layer's kernel. What lies before it widens the view.",
            ),
        },
        "Draw three rows of boxes, and follow one box of the last row back.",
    )
    return "right for convolutions, poolings and 6 random layers: 3x3 twice sees 5, behind a pooling every step is two"


def _field(
    layers: Sequence[tuple[int, int]], early: bool = False, added: bool = False, overlap: int = 1, more: int = 0
) -> int:
    """Receptive field, with one of three mistakes in it or none; `more` is added to a step that is added."""
    size, jump = 1, 1
    for kernel, stride in layers:
        before = jump
        jump = jump + stride - 1 + more if added else jump * stride
        size += (kernel - overlap) * (jump if early else before)
    return size


def _folded_steps(layers: Sequence[tuple[int, int]]) -> int:
    """The sum of kernel * step - 1."""
    added, jump = 0, 1
    for kernel, stride in layers:
        added, jump = added + kernel * jump - 1, jump * stride
    return added


def _folded(layers: Sequence[tuple[int, int]], step: Callable[[int, int, int], int]) -> int:
    """What a formula makes of the size seen so far, layer after layer."""
    size = 1
    for kernel, stride in layers:
        size = step(size, kernel, stride)
    return size


def in_words(table: Table) -> str:
    """A table as the student would type it."""
    return f"the table {list(table)}".replace("'", '"')
