"""Check of chapter 10, section 2: how far two clouds of vectors are apart, along some directions."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from course import transport
from course.check.engine.compare import Mistakes, compare
from course.check.engine.differences import agree
from course.check.engine.exercise import CheckFailed, Question, exercise

Inputs = tuple[Tensor, Tensor, Tensor]

SAYS = {
    "not_normalised": "directions as long as they come. Divide each by its length first.",
    "by_columns": "lengths of the columns of `directions`. A direction is a row: norm(dim=1, keepdim=True).",
    "one_length": "all directions divided by one length, that of the whole matrix. Each row has its own.",
    "squared_length": "directions divided by the square of their length. Divide by the length itself.",
    "sum_of_numbers": "directions divided by the sum of their absolute numbers. The length is the root of the squares' sum.",
    "largest_number": "directions divided by their largest number. The length is the root of the squares' sum.",
    "sorted_across": "sorted over the directions. On each direction the projections are sorted: sort(dim=1).",
    "not_sorted": "not sorted. On each direction the smallest goes with the smallest.",
    "only_X_sorted": "only X's projections sorted. Y's as well.",
    "only_Y_sorted": "only Y's projections sorted. X's as well.",
    "descending": "one sorted upwards, the other downwards. Sort both alike.",
    "indices": "indices in place of numbers: argsort, or .indices. sort() hands back both; take .values.",
    "sorted_before": "each coordinate sorted before the vectors were projected. Project whole vectors, then sort.",
    "not_projected": "coordinates sorted and compared, with no projection. Project on `directions` first.",
    "length_of_vectors": "the lengths of the vectors. Project them on each direction.",
    "means": "the mean projections only. All of them are sorted and compared.",
    "mean_std": "mean and deviation of the projections. Sort them, and compare one by one.",
    "centred": "the means were taken away first. They are part of how far the clouds are apart.",
    "absolute": "absolute differences. Squares are asked for.",
    "root": "the root of the mean. No root is asked for.",
    "roots": "a root for each direction. No root is asked for.",
    "root_each_vector": "a root for each vector. No root is asked for.",
    "squared_late": "the differences were added up first and squared then. Square each one first.",
    "summed": "the sum over directions and vectors. The mean over both is asked for.",
    "summed_over_directions": "the sum over the directions. The mean over directions and vectors is asked for.",
    "summed_over_vectors": "the sum over the vectors. The mean over directions and vectors is asked for.",
    "over_coordinates": "divided by N. The mean is over K directions and M vectors.",
    "halved": "half of it. The plain mean of the squares is asked for.",
    "fourth_power": "squared twice.",
    "largest": "the direction in which they are farthest apart. The mean over all of them is asked for.",
    "smallest": "the direction in which they are nearest. The mean over all of them is asked for.",
    "median": "the median of the squares. Their mean is asked for.",
    "first_direction": "the first direction only. Is the return inside the loop?",
    "last_direction": "the last direction only. Is = where += is meant?",
    "last_divided": "the last direction only, divided by K: = where += is meant.",
    "concatenated": "both clouds sorted as one. Each is sorted by itself.",
    "all_pairs": "all pairs of projections. After sorting, the first goes with the first, the second with the second.",
    "nearest_projection": "each projection of X with the nearest of Y. They are paired in sorted order.",
    "sum_of_both": "x + y where x - y is meant.",
    "relative": "divided by the squares of Y's projections. Nothing is divided here.",
    "itself": "0, as if a cloud were compared with itself. One is X, the other Y.",
}
STRETCHED = {
    "truncated": "the longer line cut off after sorting. Stretch Y's to M numbers.",
    "truncated_before": "the larger cloud cut off before sorting. All vectors count: stretch Y's sorted projections to M.",
    "nearest": "whole numbers of Y in equal strides, as interpolate's default has them. In between linearly, the ends onto the ends.",
    "nearest_ends": "the ends onto the ends, but whole numbers in between: the nearest. In between linearly.",
    "rounded_down": "the ends onto the ends, but whole numbers in between: rounded down. In between linearly.",
    "middles": "the middles of pixels, align_corners=False. The ends go onto the ends: align_corners=True.",
    "averaged": "means of neighbours, as adaptive pooling makes them. In between linearly, the ends onto the ends.",
    "X_stretched": "X's projections stretched to M'. X's stay as they are: stretch Y's to M.",
    "padded": "zeros put behind the shorter line. Stretch Y's to M.",
    "padded_before": "zeros put behind the smaller cloud. Stretch Y's sorted projections to M.",
    "padded_with_last": "the last number repeated. Stretch Y's to M.",
    "repeated": "Y's numbers begun again from the first. Stretch Y's to M.",
    "stretched_before_sorting": "Y's projections stretched before they were sorted. Sort, then stretch.",
    "steps": "quantiles as steps, the exact transport. It is another good measure; here Y is stretched, in between linearly.",
    "divided_by_theirs": "divided by M' in place of M. M numbers are compared.",
}
TURNED = ("turned", "Vectors are columns of X, directions rows: `directions @ X` is [K, M].")


@exercise(
    transport.wasserstein_along,
    'section 2, "Measures without a network"',
    stops={
        "mat1 and mat2 shapes": TURNED,
        "must match the size of tensor": (
            "not_stretched",
            "Print both shapes. Lengths are [K, 1]: keepdim=True. Where M' is not M, Y's sorted projections are stretched "
            "to M before the difference.",
        ),
        "input Tensors supported": (
            "interpolate_axes",
            "interpolate wants [1, K, M'] for lines: y[None] before it, [0] behind it.",
        ),
        "linear mode needs 3D input": (
            "interpolate_axes",
            "interpolate wants [1, K, M'] for lines: y[None] before it, [0] behind it.",
        ),
    },
    solved_by=(),
)
def sliced_wasserstein(question: Question) -> str:
    """The mean squared difference of sorted projections, Y's stretched to X's number."""
    try:
        compare(question, lambda: _in_order(*_clouds(question, 4, 7, 7, 5)), _results)
    except CheckFailed as failure:
        if failure.mistake == "other":
            _judge_directions(question, failure)
        raise
    _judge_gradient(question, _clouds(question, 4, 7, 7, 5))
    for M, theirs in ((7, 12), (10, 6)):
        compare(question, lambda M=M, theirs=theirs: _clouds(question, 3, M, theirs, 4), _stretched_results)  # type: ignore[misc]
    for M, theirs in ((8, 11), (11, 8)):
        _judge_gradient(question, _clouds(question, 3, M, theirs, 4))
    for N, M, theirs, K in ((5, 6, 6, 1), (1, 8, 5, 3), (6, 2, 9, 4), (3, 10, 2, 8), (2, 6, 11, 2)):
        X, Y, directions = _clouds(question, N, M, theirs, K)
        given = _given(X, Y, directions)
        got = question.tensor(question.ask("call", X, Y, directions), (), given)
        question.same(got, transport.wasserstein_along(X, Y, directions), given, {})
    X, _, directions = _clouds(question, 4, 9, 9, 5)
    shuffled = X[:, torch.randperm(9, generator=question.draw.generator)]
    given = "Y with the vectors of X in another order"
    got = question.tensor(question.ask("call", X, shuffled, directions), (), given)
    if float(got.abs()) > 1e-5:
        seen = f"for {given} expected 0, got {float(got):.4g}."
        raise question.wrong("not_zero", seen, "Sorted, both lines are the same. Only their differences count.")
    return "directions of any length; clouds of one size and of two, in any order; gradients reach X"


def _clouds(question: Question, N: int, M: int, theirs: int, K: int) -> Inputs:
    """Clouds with means and sizes of their own, and directions of many lengths."""
    draw = question.draw
    X = draw.normal(N, 1) / 2 + (0.5 + draw.uniform(N, 1)) * draw.normal(N, M)
    Y = 0.3 + draw.normal(N, 1) / 2 + (0.5 + 1.5 * draw.uniform(N, 1)) * draw.normal(N, theirs)
    lengths = 10 ** (3 * draw.uniform(K, 1) - 2)  # a hundredth to ten
    return X, Y, lengths * functional.normalize(draw.normal(K, N), dim=1)


def _in_order(X: Tensor, Y: Tensor, directions: Tensor) -> Inputs:
    """The same; neither the first direction nor the last is the one in which they are farthest apart, or nearest."""
    apart = [float(transport.wasserstein_along(X, Y, one[None])) for one in directions]
    least, *others, most = sorted(range(len(apart)), key=apart.__getitem__)
    return X, Y, directions[[others[0], least, *others[1:-1], most, others[-1]]]


def _given(X: Tensor, Y: Tensor, directions: Tensor) -> str:
    return f"X {list(X.shape)}, Y {list(Y.shape)} and directions {list(directions.shape)}"


def _judge_directions(question: Question, failure: CheckFailed) -> None:
    """Raises another failure if the answer does not ask for its directions."""
    X, Y, directions = _clouds(question, 4, 7, 7, 5)
    one, other = (
        question.tensor(question.ask("call", X, Y, along), (), "other directions")
        for along in (directions, directions.roll(1, 1).flip(0))
    )
    again = question.tensor(question.ask("call", X, Y, directions), (), "the same again")
    X, Y, _ = _clouds(question, 4, 7, 7, 5)
    elsewhere = question.tensor(question.ask("call", X, Y, directions), (), "other clouds")
    seen = failure.lines[0].removeprefix(f"✗ {failure.exercise}: ")
    if not agree(one, again):
        sentence = (
            "directions of its own, as it answers the same question otherwise each time. Project on `directions`."
        )
        raise question.wrong("own_directions", seen, f"This looks like: {sentence}")
    if agree(one, other) and not agree(one, elsewhere):
        sentence = "other directions lead to the same number. Project on those that are given, `directions`."
        raise question.wrong("directions_ignored", seen, f"This looks like: {sentence}")


def _judge_gradient(question: Question, inputs: Inputs) -> None:
    X, Y, directions = inputs
    given, gradient = _given(*inputs), question.ask("gradient", *inputs)
    if gradient is None:
        raise question.wrong(
            "detached",
            f"for {given} no gradient finds its way back to X.",
            "detach(), .data, .item(), numpy or no_grad() on X cut the way. Stay in torch.",
        )
    with torch.enable_grad():
        x = X.clone().requires_grad_(True)
        (expected,) = torch.autograd.grad(transport.wasserstein_along(x, Y, directions), x)
    question.same(gradient, expected, f"{given} the gradient to X", {}, tolerance=1e-3)


def _lines(cloud: Tensor, directions: Tensor) -> Tensor:
    """Projections on each direction, [K, M], as they come."""
    projections: Tensor = directions / directions.norm(dim=1, keepdim=True) @ cloud
    return projections


def _results(X: Tensor, Y: Tensor, directions: Tensor) -> tuple[str, Tensor, Mistakes]:
    X2, Y2, D2 = X.double(), Y.double(), directions.double()
    u, v = _lines(X2, D2), _lines(Y2, D2)
    x, y = u.sort(1).values, v.sort(1).values
    apart, one = (x - y).square(), (x - y).square().mean()
    K, N = directions.shape
    lengths = D2.norm(dim=1, keepdim=True)

    def along(directions: Tensor) -> Tensor:
        a, b = ((directions @ cloud).sort(1).values for cloud in (X2, Y2))
        return (a - b).square().mean()

    def across(a: Tensor, b: Tensor, axis: int = 1) -> Tensor:
        return (a.sort(axis).values - b.sort(axis).values).square().mean()

    both, unit = torch.cat([u, v], 1).sort(1).values, D2 / lengths
    pairs = (u[:, :, None] - v[:, None]).square()
    results = {
        "not_normalised": along(D2),
        "by_columns": along(D2 / D2.norm(dim=0, keepdim=True)),
        "one_length": along(D2 / D2.norm()),
        "squared_length": along(D2 / lengths.square()),
        "sum_of_numbers": along(D2 / D2.abs().sum(1, keepdim=True)),
        "largest_number": along(D2 / D2.abs().amax(1, keepdim=True)),
        "sorted_across": across(u, v, 0),
        "not_sorted": (u - v).square().mean(),
        "only_X_sorted": (x - v).square().mean(),
        "only_Y_sorted": (u - y).square().mean(),
        "descending": (x - y.flip(1)).square().mean(),
        "indices": (u.argsort(1) - v.argsort(1)).double().square().mean(),
        "sorted_before": (unit @ X2.sort(1).values - unit @ Y2.sort(1).values).square().mean(),
        "not_projected": across(X2, Y2),
        "length_of_vectors": across(X2.norm(dim=0, keepdim=True), Y2.norm(dim=0, keepdim=True)),
        "means": (x.mean(1) - y.mean(1)).square().mean(),
        "mean_std": (
            (x.mean(1) - y.mean(1)).square() + (x.std(1, correction=0) - y.std(1, correction=0)).square()
        ).mean(),
        "centred": (x - y - (x - y).mean(1, keepdim=True)).square().mean(),
        "absolute": (x - y).abs().mean(),
        "root": one.sqrt(),
        "roots": apart.mean(1).sqrt().mean(),
        "root_each_vector": apart.mean(0).sqrt().mean(),
        "squared_late": (x - y).mean().square(),
        "summed": apart.sum(),
        "summed_over_directions": apart.mean(1).sum(),
        "summed_over_vectors": apart.mean(0).sum(),
        "over_coordinates": apart.sum() / N,
        "halved": one / 2,
        "fourth_power": apart.square().mean(),
        "largest": apart.mean(1).max(),
        "smallest": apart.mean(1).min(),
        "median": apart.median(),
        "first_direction": apart[0].mean(),
        "last_direction": apart[-1].mean(),
        "last_divided": apart[-1].mean() / K,
        "concatenated": (both[:, : u.shape[1]] - both[:, u.shape[1] :]).square().mean(),
        "all_pairs": pairs.mean(),
        "nearest_projection": pairs.amin(2).mean(),
        "sum_of_both": (x + y).square().mean(),
        "relative": apart.sum() / y.square().sum(),
        "itself": torch.zeros(()),
    }
    return _told(X, Y, directions, results, SAYS)


def _stretched_results(X: Tensor, Y: Tensor, directions: Tensor) -> tuple[str, Tensor, Mistakes]:
    X2, Y2, D2 = X.double(), Y.double(), directions.double()
    u, v = _lines(X2, D2), _lines(Y2, D2)
    x, y = u.sort(1).values, v.sort(1).values
    M, theirs = x.shape[1], y.shape[1]
    most, least = max(M, theirs), min(M, theirs)
    places = torch.linspace(0, theirs - 1, M, dtype=torch.float64)

    def to(line: Tensor, size: int, mode: str = "linear", ends: bool | None = True) -> Tensor:
        return functional.interpolate(line[None], size=size, mode=mode, align_corners=ends)[0]

    def padded(line: Tensor) -> Tensor:
        return functional.pad(line, (0, most - line.shape[1]))

    def with_last(line: Tensor) -> Tensor:
        return functional.pad(line[None], (0, most - line.shape[1]), mode="replicate")[0]

    def apart(a: Tensor, b: Tensor) -> Tensor:
        return (a - b).square().mean()

    stretched = to(y, M)
    results = {
        "truncated": apart(x[:, :least], y[:, :least]),
        "truncated_before": apart(u[:, :least].sort(1).values, v[:, :least].sort(1).values),
        "nearest": apart(x, y[:, (torch.arange(M) * theirs) // M]),
        "nearest_ends": apart(x, y[:, places.round().long()]),
        "rounded_down": apart(x, y[:, places.long()]),
        "middles": apart(x, to(y, M, "linear", False)),
        "averaged": apart(x, functional.adaptive_avg_pool1d(y, M)),
        "X_stretched": apart(to(x, theirs), y),
        "padded": apart(padded(x), padded(y)),
        "padded_before": apart(padded(u).sort(1).values, padded(v).sort(1).values),
        "padded_with_last": apart(with_last(x), with_last(y)),
        "stretched_before_sorting": apart(x, to(v, M).sort(1).values),
        "steps": apart(x.repeat_interleave(theirs, 1), y.repeat_interleave(M, 1)),
        "divided_by_theirs": apart(x, stretched) * M / theirs,
    }
    if theirs < M:  # otherwise it is the same as to cut off
        results["repeated"] = apart(x, y[:, torch.arange(M) % theirs])
    return _told(X, Y, directions, results, STRETCHED)


def _told(
    X: Tensor, Y: Tensor, directions: Tensor, results: Mapping[str, Tensor], says: Mapping[str, str]
) -> tuple[str, Tensor, Mistakes]:
    mistakes = {mistake: (value.float(), says[mistake]) for mistake, value in results.items()}
    return _given(X, Y, directions), transport.wasserstein_along(X, Y, directions), mistakes
