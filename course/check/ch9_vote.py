"""Check of chapter 9, section 2: the picture that chosen patches make where they overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from course.check.engine.compare import Mistakes, compare
from course.check.engine.differences import agree
from course.check.engine.exercise import CheckFailed, Question, exercise
from course.check.engine.probes import Returned
from course.rendering import patchwork

SIDE, STEP = 5, 2
SIZE, OF_S = (11, 9), (8, 11)  # of the picture and of S
Places = Sequence[tuple[int, int]]
Inputs = tuple[Tensor, Tensor, int, int, tuple[int, int]]

VOTE = {
    "not_divided": "patches were added up where they overlap. Divide by how many cover each pixel.",
    "divided_by_square": "divided by side * side everywhere. At the edge fewer patches cover a pixel: count them.",
    "divided_by_overlap": "divided by (side / step)^2 everywhere. At the edge fewer patches cover a pixel: count them.",
    "divided_by_most": "divided by the largest count everywhere. Each pixel has a count of its own.",
    "divided_by_patches": "divided by the number of all patches. Only those count that cover the pixel.",
    "divided_by_channels": "the count has the channels in it. A patch covers a pixel once, whatever its channels.",
    "divided_by_root": "divided by the root of the count. A mean is divided by the count.",
    "last_wins": "the last patch overwrites what others say: = where += is meant, and the division is missing.",
    "first_wins": "the first patch that covers a pixel has it alone. All that cover it make a mean.",
    "largest": "the largest of what they say. The mean is asked for.",
    "smallest": "the smallest of what they say. The mean is asked for.",
    "median": "the median of what they say. The mean is asked for.",
    "running_mean": "halfway between what is there and the new patch: the last one weighs a half. Count, and divide at the end.",
    "by_columns": "pasted column by column. Row by row: for row ..., for column ...",
    "numbers_by_columns": "numbers of S read column by column. Row by row: n // (W' - side + 1) is the row.",
    "backwards": "the patches in reverse order.",
    "in_order": "patch n for place n: `nearest` was not looked up.",
    "one_before": "each time the patch before the chosen one. The first patch is number 0.",
    "scrambled": "patches cut wrongly: unfold gives one a column. Turn the columns with .mT before a view or reshape.",
    "channels_behind": "channels read as if they came last. A column of unfold has the channels first: (C, side, side).",
    "turned": "patches with rows and columns exchanged.",
    "upside_down": "patches upside down.",
    "mirrored": "patches mirrored, left and right.",
    "turned_round": "patches turned round by half a turn, as a transposed kernel is.",
    "first_channel": "the first channel in all of them. Each has its own.",
    "grey": "the mean of the channels in all of them. Each has its own.",
    "patch_means": "each patch as one colour, its mean. All of its pixels are pasted.",
    "middle_pixel": "each patch as one colour, that of its middle. All of its pixels are pasted.",
    "rounded": "rounded down, as // does. Divide by /.",
    "clamped": "cut off at 0 and 1, by clamp. S may be a feature map: its numbers stay as they are.",
    "pasted_centred": "patches pasted around a pixel. The first begins in the corner: row * step, column * step.",
    "step_ignored": "patches pasted at every pixel, and nothing behind them. One begins every `step` pixels.",
    "divided_by_mean_count": "divided by the mean count of the whole picture. Each pixel has a count of its own.",
}
WEIGHTED = "Where one patch covers a pixel it is right, elsewhere it lies between what they say: some weigh more. A plain mean."
OVERLAPS = (
    "Where one patch covers a pixel it is right, elsewhere not. Add up what they say, divide by how many they are."
)


@exercise(
    patchwork.vote,
    'section 2, "All patches at once"',
    stops={
        "out of bounds": (
            "step_in_S",
            "Numbers go up to the last patch of S, and one begins at every pixel: cut S with step 1.",
        ),
        "out of range": (
            "step_in_S",
            "Numbers go up to the last patch of S, and one begins at every pixel: cut S with step 1.",
        ),
        "Given output_size": (
            "fold_step",
            "fold counts the places of patches: functional.fold(patches, size, side, stride=step).",
        ),
        "divisible by the product of kernel_size": (
            "fold_rows",
            "fold takes one patch a column, [1, C * side * side, P], as unfold gives them. Turn them with .mT.",
        ),
        "must match": (
            "beyond_edge",
            "A patch was cut off at an edge. Of S, n is row n // (W' - side + 1), column n % (W' - side + 1); it is "
            "pasted at row * step, column * step.",
        ),
        "Expected 3D or 4D": (
            "fold_rows",
            "fold takes one patch a column, [1, C * side * side, P], as unfold gives them. Turn them with .mT.",
        ),
    },
    solved_by=(),
)
def vote(question: Question) -> str:
    """The mean of the patches over each pixel."""
    _judge_shape(question)
    try:
        compare(question, lambda: _inputs(question, 3, OF_S, SIDE, STEP, SIZE), _results)
    except CheckFailed as failure:
        if failure.mistake == "other":
            seen = failure.lines[0].removeprefix(f"✗ {failure.exercise}: ")
            _judge_overlaps(question, seen)
        raise
    for words, channels, others, side, step, size in (
        ("one channel", 1, (7, 6), 3, 1, (6, 8)),
        ("five channels", 5, (9, 12), 4, 3, (10, 7)),
        ("patches side by side", 3, (6, 7), 3, 3, (6, 12)),
        ("patches that overlap by half", 2, (9, 7), 4, 2, (8, 14)),
        ("patches of one pixel", 4, (3, 5), 1, 1, (4, 2)),
        ("a picture of one patch", 3, (6, 8), 4, 2, (4, 4)),
        ("an S of one patch", 3, (4, 4), 4, 1, (7, 9)),
        ("a picture of one row of patches", 3, (7, 5), 3, 2, (3, 9)),
    ):
        S, nearest, *_ = _inputs(question, channels, others, side, step, size)
        given = f"{words}, side {side}, step {step} and size {size}"
        _judge_one(question, (S, nearest, side, step, size), given)
    S, nearest, *_ = _inputs(question, 3, (9, 8), 4, 2, (8, 10))
    lying = S.contiguous(memory_format=torch.channels_last)
    _judge_one(question, (lying, nearest, 4, 2, (8, 10)), "an S that lies in memory pixel by pixel")
    _judge_one(
        question, (S, torch.full_like(nearest, int(nearest[0])), 4, 2, (8, 10)), "one and the same patch everywhere"
    )
    in_place = torch.arange(30).view(6, 5)[::2, ::2].flatten()
    _judge_one(question, (S, in_place, 4, 2, (8, 8)), "each patch in the place that it has in S")
    return (
        "the mean over each pixel of all patches that cover it, edges too; any side, step, size and number of channels"
    )


def _judge_one(question: Question, inputs: Inputs, given: str) -> None:
    expected = patchwork.vote(*inputs)
    got = question.tensor(question.ask("call", *inputs), expected.shape, given)
    question.same(got, expected, given, {})


def _inputs(
    question: Question, channels: int, others: tuple[int, int], side: int, step: int, size: tuple[int, int]
) -> Inputs:
    """S with numbers outside of [0, 1], and with zeros, and numbers of its patches, of which some come several times."""
    S = 0.5 + question.draw.normal(1, channels, *others)
    S = S * (question.draw.uniform(1, 1, *others) > 0.15)  # a 0 in S is a colour as any other, and no gap
    known = math.prod(length - side + 1 for length in others)
    nearest = question.draw.levels(0, known - 1, math.prod((length - side) // step + 1 for length in size))
    if len(nearest) > 3:
        nearest[question.draw.whole(2, len(nearest) - 1)] = nearest[0]
    return S, nearest, side, step, size


def _layers(patches: Tensor, places: Places) -> Tensor:
    """Each patch in a picture of its own, NaN around it: [P, C, H, W]. What reaches beyond the edge is cut off."""
    layers = torch.full((len(patches), patches.shape[1], *SIZE), torch.nan)
    for layer, patch, (top, left) in zip(layers, patches, places, strict=True):
        before, beside = max(0, -top), max(0, -left)
        whole = layer[:, max(0, top) : top + SIDE, max(0, left) : left + SIDE]
        whole[:] = patch[:, before : before + whole.shape[1], beside : beside + whole.shape[2]]
    return layers


def _places() -> list[tuple[int, int]]:
    rows, columns = (range(0, length - SIDE + 1, STEP) for length in SIZE)
    return [(row, column) for row in rows for column in columns]


def _results(S: Tensor, nearest: Tensor, side: int, step: int, size: tuple[int, int]) -> tuple[str, Tensor, Mistakes]:
    columns = functional.unfold(S, side)[0]
    known, channels = columns.mT.reshape(-1, S.shape[1], side, side), S.shape[1]
    high, places, chosen = OF_S[0] - side + 1, _places(), known[nearest]
    layers = _layers(chosen, places)
    count, total = (~layers.isnan()).sum(0), layers.nansum(0)
    mean = total / count
    running = layers[0]
    for layer in layers[1:]:
        running = torch.where(layer.isnan(), running, torch.where(running.isnan(), layer, (running + layer) / 2))

    def pasted(patches: Tensor, places: Places = places) -> Tensor:
        return _layers(patches, places).nanmean(0).nan_to_num(0)

    def winner(layers: Tensor) -> Tensor:
        return layers.gather(0, (~layers.isnan()).int().argmax(0, keepdim=True))[0]

    rows_first = [
        (row, column) for column in range(0, size[1] - side + 1, step) for row in range(0, size[0] - side + 1, step)
    ]
    behind = columns.view(side, side, channels, -1).permute(3, 2, 0, 1)
    results = {
        "not_divided": total,
        "divided_by_square": total / side**2,
        "divided_by_overlap": total / (side / step) ** 2,
        "divided_by_most": total / count.max(),
        "divided_by_patches": total / len(nearest),
        "divided_by_channels": mean / channels,
        "divided_by_root": total / count.sqrt(),
        "last_wins": winner(layers.flip(0)),
        "first_wins": winner(layers),
        "largest": layers.nan_to_num(-torch.inf).amax(0),
        "smallest": layers.nan_to_num(torch.inf).amin(0),
        "median": layers.nanmedian(0).values,
        "running_mean": running,
        "by_columns": pasted(chosen, rows_first),
        "numbers_by_columns": pasted(known.view(high, -1, *known.shape[1:]).transpose(0, 1).flatten(0, 1)[nearest]),
        "backwards": pasted(chosen.flip(0)),
        "in_order": pasted(known[: len(nearest)]),
        "one_before": pasted(known[nearest - 1]),
        "scrambled": pasted(columns.reshape(known.shape)[nearest]),
        "channels_behind": pasted(behind[nearest]),
        "turned": pasted(chosen.mT),
        "upside_down": pasted(chosen.flip(2)),
        "mirrored": pasted(chosen.flip(3)),
        "turned_round": pasted(chosen.flip(2, 3)),
        "first_channel": mean[:1].expand_as(mean),
        "grey": mean.mean(0).expand_as(mean),
        "patch_means": pasted(chosen.mean((2, 3), keepdim=True).expand_as(chosen)),
        "middle_pixel": pasted(chosen[:, :, side // 2, side // 2, None, None].expand_as(chosen)),
        "rounded": mean.floor(),
        "clamped": mean.clamp(0, 1),
        "pasted_centred": pasted(chosen, [(row - side // 2, column - side // 2) for row, column in places]),
        "step_ignored": pasted(chosen, [(row // step, column // step) for row, column in places]),
        "divided_by_mean_count": total / count.float().mean(),
    }
    given = f"S of shape {list(S.shape)}, {len(nearest)} patches, side {side}, step {step} and size {size}"
    mistakes = {mistake: (value[None], VOTE[mistake]) for mistake, value in results.items()}
    return given, patchwork.vote(S, nearest, side, step, size), mistakes


def _judge_overlaps(question: Question, seen: str) -> None:
    """Whether an answer that nobody foresaw is right where a single patch covers a pixel, and what it is elsewhere."""
    inputs = S, nearest, *_ = _inputs(question, 3, OF_S, SIDE, STEP, SIZE)
    value = question.ask("call", *inputs).value
    layers = _layers(functional.unfold(S, SIDE)[0].mT.reshape(-1, 3, SIDE, SIDE)[nearest], _places())
    alone, expected = (~layers.isnan()).sum(0) == 1, layers.nanmean(0)
    if (
        not isinstance(value, Tensor)
        or value.shape != (1, *expected.shape)
        or not agree(value[0][alone], expected[alone])
    ):
        return
    above, below = layers.nan_to_num(-torch.inf).amax(0), layers.nan_to_num(torch.inf).amin(0)
    if bool(((value[0] < above + 1e-4) & (value[0] > below - 1e-4)).all()):
        raise question.wrong("weighted", seen, WEIGHTED)
    raise question.wrong("overlaps", seen, OVERLAPS)


def _judge_shape(question: Question) -> None:
    inputs = _inputs(question, 3, OF_S, SIDE, STEP, SIZE)
    returned: Returned = question.ask("call", *inputs)
    given = f"S of shape [1, 3, 8, 11], {len(inputs[1])} patches, side {SIDE}, step {STEP} and size {SIZE}"
    if not isinstance(returned.value, Tensor) or returned.echo is not None:
        return
    shape, patches = tuple(returned.value.shape), len(inputs[1])
    for shapes, mistake, sentence in (
        (((1, 3, 9, 11),), "size_swapped", "Height and width were exchanged: size is (H, W)."),
        (((1, 3, 8, 11),), "size_of_S", "It is as large as S. The picture is of `size`."),
        (((3, 11, 9),), "batch_lost", "The axis of the batch is missing: a picture is [1, C, H, W]."),
        (((1, 1, 11, 9),), "channels_lost", "One channel came back. A patch has all C channels of S."),
        (((1, 3, 20, 15),), "side_by_side", "Patches side by side. They begin every `step` pixels, and overlap."),
        (
            ((patches, 3, 5, 5), (1, 75, patches), (75, patches), (patches, 75)),
            "not_pasted",
            "The chosen patches themselves. Paste them into a picture: functional.fold adds them up where they overlap.",
        ),
    ):
        if shape in shapes:
            raise question.wrong(mistake, f"for {given} expected shape [1, 3, 11, 9], got {list(shape)}.", sentence)
