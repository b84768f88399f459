"""Check of chapter 9, section 2: the most alike patch of a painting, for each patch of a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from course.check.engine.compare import Mistakes
from course.check.engine.exercise import Question, exercise
from course.check.engine.probes import Returned
from course.rendering import patchwork

CLOSE = 3e-3  # of a mean distance: by so much the best must be better than the second, or rounding would choose
SIDE, STEP = 3, 2
PIXELS, OTHERS = (12, 9), (8, 10)  # of X, whose last row is not covered, and of S
GIVEN = "X of shape [1, 3, 12, 9], S of [1, 3, 8, 10], side 3 and step 2"

NEAREST = {
    "inner_product": "the largest inner product: patches with large numbers win. Take |s|^2 - 2 x.s, the smallest.",
    "cosine": "the smallest angle, as of patches of length one. How large the numbers are counts, too.",
    "norm_twice": "|s|^2 - x.s: a 2 is missing. (x - s)^2 is x^2 - 2 x s + s^2.",
    "norm_halved": "|s|^2 / 2 - 2 x.s: |s|^2 is too small. (x - s)^2 is x^2 - 2 x s + s^2.",
    "norm_missing": "|s| - 2 x.s: |s| was not squared.",
    "plus": "|s|^2 + 2 x.s, the sum of both patches: x and s are taken away from each other.",
    "least_product": "the smallest inner product: that is the opposite of alike.",
    "farthest": "the least alike patch. argmin of distances, argmax of nothing.",
    "absolute": "the sum of absolute differences. Squares are asked for: one large difference weighs more.",
    "worst_pixel": "the largest difference alone. All of them count, squared and added.",
    "not_squared": "differences were added up without squares: plus and minus cancel.",
    "sum_squared": "differences were added up first and squared then: plus and minus cancel. Square each.",
    "centred": "each patch without its mean. How bright it is counts, too.",
    "correlation": "a correlation: without means, and of length one. Plain differences are asked for.",
    "relative": "distances divided by |s|^2. They are compared as they are.",
    "one_channel": "only the first channel. All channels of a patch count together.",
    "last_channel": "only the last channel. Add up the squares of all of them.",
    "grey": "the mean of the channels. Differences of each channel are squared and added.",
    "channel_wise": "one channel said it alone, that with the smallest distance. Add all channels up, and choose then.",
    "middle_pixel": "only the pixel in the middle of each patch. All side * side pixels count.",
    "first_pixel": "only the first pixel of each patch. All side * side pixels count.",
    "mean_colour": "only the mean colour of each patch. Compare pixel by pixel.",
    "turned": "the patches of one of the two have rows and columns exchanged.",
    "flipped": "the patches of one of the two are turned round, as a true convolution does with its kernel.",
    "scrambled": "numbers of different patches in one row: unfold gives patches as columns. Turn them with .mT; view only cuts.",
    "numbers_by_columns": "patches of S counted column by column. Row by row: row * (W' - side + 1) + column.",
    "places_by_columns": "patches of X in order of columns. Row by row: for row ..., for column ...",
    "counted_from_one": "each number is one too large. The first patch is number 0.",
    "of_pixels": "numbers of pixels: row * W' + column. A row of S has W' - side + 1 patches: multiply by that.",
    "of_its_columns": "row * (H' - side + 1) + column. A row of S has W' - side + 1 patches.",
    "of_picture": "row * (patches in a row of X) + column. Patches of S are counted, with W' - side + 1 in a row.",
    "step_in_both": "S cut with the step as well: most of its patches were never asked. In S one begins at every pixel.",
    "step_in_both_then_counted": "only every step-th patch of S was asked, though counted rightly. All of them are there.",
    "second": "the second most alike patch. X is not S, so nothing has to be left out.",
    "only_once": "each patch of S taken at most once. It may be taken as often as it is the most alike.",
    "place_itself": "numbers in order, 0, 1, 2: positions of X's patches. Which of S is the most alike?",
    "overlaid": "the patch at the same spot of S, or nearest to it. Search through all of S.",
    "all_zero": "number 0 for all: argmin along an axis of length 1? With distances as [P, N] it is dim=1.",
    "best_of_all": "one and the same number for all. argmin needs dim, so that each patch of X gets its own.",
}


@exercise(
    patchwork.nearest_patches,
    'section 2, "The most alike patch"',
    stops={
        "mat1 and mat2 shapes cannot be multiplied": (
            "patches_apart",
            "unfold gives patches as columns, [1, C * side * side, P]. One of the two turned by .mT: x.mT @ s is [P, N].",
        ),
        "Expected size for first two dimensions of batch2": (
            "patches_apart",
            "unfold gives patches as columns, [1, C * side * side, P]. One of the two turned by .mT: x.mT @ s is [P, N].",
        ),
        "must match the size of tensor": (
            "not_all_pairs",
            "Each patch of X meets each of S: one axis for either, as x[:, None] - s[None] makes them, or torch.cdist.",
        ),
        "must have the same number of columns": (
            "columns_for_rows",
            "torch.cdist takes one patch a row, unfold gives one a column: .mT before.",
        ),
    },
    solved_by=(),
)
def nearest_patches(question: Question) -> str:
    """argmin_n |x - s_n|^2, for every patch x of X."""
    X, S, mistakes = _tell_apart(question)
    returned = question.ask("call", X, S, SIDE, STEP)
    question.present(returned, GIVEN)
    if isinstance(returned.value, Tensor) and returned.echo is None:
        _judge_shape(question, tuple(returned.value.shape))
    expected = _by_squares(X, S, SIDE, STEP)
    got = _numbers(question, returned, len(expected), GIVEN)
    question.same(got, expected, GIVEN, mistakes)
    lying = [x.contiguous(memory_format=torch.channels_last) for x in _pair(question, 3, (7, 9), (8, 6), 4, 2)]
    same = question.draw.normal(1, 2, 6, 9)
    for words, pair, side, step in (
        ("one channel", _pair(question, 1, (9, 7), (6, 8), 3, 1), 3, 1),
        ("five channels", _pair(question, 5, (10, 7), (11, 9), 2, 3), 2, 3),
        ("patches of one pixel", _pair(question, 3, (6, 9), (5, 4), 1, 4), 1, 4),
        ("X larger than S", _pair(question, 4, (17, 15), (6, 9), 4, 3), 4, 3),
        ("S larger than X", _pair(question, 2, (5, 6), (13, 19), 5, 2), 5, 2),
        ("one patch", _pair(question, 3, (3, 4), (5, 7), 3, 2), 3, 2),
        ("an S of one patch", (question.draw.normal(1, 2, 8, 9), question.draw.normal(1, 2, 4, 4)), 4, 2),
        ("pictures that lie in memory pixel by pixel", (lying[0], lying[1]), 4, 2),
        ("X and S the same", (same, same.clone()), 3, 1),
        ("64 channels with large numbers", _pair(question, 64, (5, 7), (6, 5), 3, 2, 50), 3, 2),
        ("X cut out of S", (same[..., 1:, 2:].contiguous(), same), 2, 2),
    ):
        given = f"{words}, side {side} and step {step}"
        expected = _by_squares(*pair, side, step)
        got = _numbers(question, question.ask("call", *pair, side, step), len(expected), given)
        question.same(got, expected, given, {})
    return "the smallest sum of squared differences over all channels, counted row by row; a step in X, none in S; all sizes"


def _by_squares(X: Tensor, S: Tensor, side: int, step: int) -> Tensor:
    return _distances(_patches(X, side, step), _patches(S, side, 1)).argmin(1).float()


def _patches(x: Tensor, side: int, step: int) -> Tensor:
    """[patches, channels, side, side], in double precision."""
    columns: Tensor = functional.unfold(x.double(), side, stride=step)[0]
    return columns.mT.reshape(-1, x.shape[1], side, side)


def _distances(x: Tensor, s: Tensor) -> Tensor:
    return (x.flatten(1)[:, None] - s.flatten(1)).square().sum(2)


def _pair(
    question: Question,
    channels: int,
    pixels: tuple[int, int],
    others: tuple[int, int],
    side: int,
    step: int,
    times: float = 1,
) -> tuple[Tensor, Tensor]:
    """X and S for which the most alike patch is clear, and not one of few."""
    draw = question.draw
    while True:
        scale, shift = 0.5 + draw.uniform(1, channels, 1, 1), draw.normal(1, channels, 1, 1)
        X, S = (times * (shift + scale * draw.normal(1, channels, *size)) for size in (pixels, others))
        distances = _distances(_patches(X, side, step), _patches(S, side, 1))
        best, second = distances.topk(2, 1, largest=False).values.unbind(1)
        if bool((second - best > CLOSE * distances.mean()).all()):
            return X, S


def _tell_apart(question: Question) -> tuple[Tensor, Tensor, Mistakes]:
    """Inputs for which what is right and all known mistakes lead to different numbers."""
    while True:
        X, S = _pair(question, 3, PIXELS, OTHERS, SIDE, STEP)
        results = _results(X, S)
        lists = [_by_squares(X, S, SIDE, STEP).tolist(), *(numbers.tolist() for numbers in results.values())]
        if all(a != b for n, a in enumerate(lists) for b in lists[:n]):
            return X, S, {mistake: (numbers.float(), NEAREST[mistake]) for mistake, numbers in results.items()}


def _results(X: Tensor, S: Tensor) -> dict[str, Tensor]:
    """What each known mistake finds for these."""
    x, s = _patches(X, SIDE, STEP), _patches(S, SIDE, 1)
    rows, columns = ((size - SIDE) // STEP + 1 for size in PIXELS)
    high, wide = (size - SIDE + 1 for size in OTHERS)
    distances, products = _distances(x, s), x.flatten(1) @ s.flatten(1).mT
    differences, norms = x.flatten(1)[:, None] - s.flatten(1), s.flatten(1).square().sum(1)
    nearest = distances.argmin(1)
    row, column = nearest // wide, nearest % wide
    coarse = torch.arange(len(s)).view(high, wide)[::STEP, ::STEP].flatten()
    there = torch.arange(len(x))

    def by(of: Callable[[Tensor], Tensor]) -> Tensor:
        return _distances(of(x), of(s)).argmin(1)

    def centred(patches: Tensor) -> Tensor:
        return patches - patches.mean((1, 2, 3), keepdim=True)

    def unit(patches: Tensor) -> Tensor:
        return functional.normalize(patches.flatten(1), dim=1)

    def cut(patches: Tensor) -> Tensor:
        return patches.flatten(1).mT.reshape(len(patches), -1)

    return {
        "inner_product": products.argmax(1),
        "cosine": by(unit),
        "norm_twice": (norms - products).argmin(1),
        "norm_halved": (norms / 2 - 2 * products).argmin(1),
        "norm_missing": (norms.sqrt() - 2 * products).argmin(1),
        "plus": (norms + 2 * products).argmin(1),
        "least_product": products.argmin(1),
        "farthest": distances.argmax(1),
        "absolute": differences.abs().sum(2).argmin(1),
        "worst_pixel": differences.abs().amax(2).argmin(1),
        "not_squared": differences.sum(2).argmin(1),
        "sum_squared": differences.sum(2).square().argmin(1),
        "centred": by(centred),
        "correlation": by(lambda patches: unit(centred(patches))),
        "relative": (distances / norms).argmin(1),
        "one_channel": by(lambda patches: patches[:, :1]),
        "last_channel": by(lambda patches: patches[:, -1:]),
        "grey": by(lambda patches: patches.mean(1)),
        "channel_wise": (x[:, None] - s).square().sum((3, 4)).amin(2).argmin(1),
        "middle_pixel": by(lambda patches: patches[:, :, SIDE // 2, SIDE // 2]),
        "first_pixel": by(lambda patches: patches[:, :, 0, 0]),
        "mean_colour": by(lambda patches: patches.mean((2, 3))),
        "turned": _distances(x.mT, s).argmin(1),
        "flipped": _distances(x.flip(2, 3), s).argmin(1),
        "scrambled": by(cut),
        "numbers_by_columns": column * high + row,
        "places_by_columns": nearest.view(rows, columns).mT.flatten(),
        "counted_from_one": nearest + 1,
        "of_pixels": row * OTHERS[1] + column,
        "of_its_columns": row * high + column,
        "of_picture": row * columns + column,
        "step_in_both": distances[:, coarse].argmin(1),
        "step_in_both_then_counted": coarse[distances[:, coarse].argmin(1)],
        "second": distances.topk(2, 1, largest=False).indices[:, 1],
        "only_once": _only_once(distances),
        "place_itself": there,
        "overlaid": there // columns * STEP * wide + there % columns * STEP,
        "all_zero": torch.zeros_like(there),
        "best_of_all": (distances.argmin() % len(s)).expand(len(x)),
    }


def _only_once(distances: Tensor) -> Tensor:
    """In order, each patch of S at most once."""
    left, found = distances.clone(), []
    for number in range(len(left)):
        found.append(int(left[number].argmin()))
        left[:, found[-1]] = torch.inf
    return torch.tensor(found)


def _judge_shape(question: Question, shape: tuple[int, ...]) -> None:
    for shapes, mistake, sentence in (
        (((70,),), "step_ignored", "One number for each pixel where a patch of X may begin. One begins every `step` pixels."),
        (((15,),), "last_left_out", "The last place where a patch may begin is missing: range(0, H - side + 1, step)."),
        (((48,),), "for_each_of_S", "One number for each patch of S. It is X whose patches look for one: argmin over those of S."),
        (((12,),), "side_for_step", "X cut into patches side by side, or with side as the stride. One begins every `step` pixels."),
        (((24,), (30,)), "padded", "Patches beyond the edge of X. Only whole ones count, what is left over is not covered: no padding."),
        (((),), "one_number", "One number for all. argmin without dim looks through everything: dim=1 of [P, N] gives each its own."),
        (((1, 20),), "batch_kept", "The axis of the batch is still there. There is one picture: take its first, [0]."),
        (((20, 1), (1, 20, 1), (1, 1, 20)), "axis_kept", "An axis of 1 is left, as keepdim=True keeps it. P numbers: [P]."),
        (((5, 4), (1, 5, 4), (1, 1, 5, 4)), "as_map", "One number for each place, laid out as a map. One row of them: flatten()."),
        (((20, 2), (2, 20)), "rows_and_columns", "Row and column of each. One number: row * (W' - side + 1) + column."),
        (((20, 48), (1, 20, 48), (48, 20), (1, 48, 20)), "all_distances", "All distances came back. Which is the smallest for each patch of X? argmin."),
    ):  # fmt: skip
        if shape in shapes:
            raise question.wrong(mistake, f"for {GIVEN} expected shape [20], got {list(shape)}.", sentence)


def _numbers(question: Question, returned: Returned, count: int, given: str) -> Tensor:
    """The numbers that came back, as floats, if they are whole ones by which a tensor can be indexed."""
    value = returned.value
    if returned.kind == "min":
        seen = f"for {given} expected a tensor, got values and indices."
        raise question.wrong("values_too", seen, "min(1) gives both. The indices are wanted: argmin(1).")
    if not isinstance(value, Tensor) or returned.kind != "Tensor" or returned.echo is not None:
        return question.tensor(returned, (count,), given)
    question.present(returned, given)
    if value.dtype not in (torch.int64, torch.int32):
        kind = str(value.dtype).removeprefix("torch.")
        seen = f"for {given} expected whole numbers, int64, got {kind}."
        if value.dtype.is_floating_point and value.numel() and not bool((value == value.round()).all()):
            sentence = "Distances came back, as min or amin give them. Which patch it is says argmin."
            raise question.wrong("distances", seen, sentence)
        raise question.wrong("dtype", seen, "Nothing can be looked up by them. argmin gives int64, .long() makes it.")
    return question.tensor(replace(returned, value=value.float()), (count,), given)
