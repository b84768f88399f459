"""What the checks of all norms ask, chapter 7's and chapter 8's: where the 1e-5 stands, and where gradients go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from course.check.engine.exercise import Question
from course.check.engine.probes import Returned
from course.nets.feedforward import EPSILON

PLACES = (2, 3)


def normalised(x: Tensor, axes: tuple[int, ...] = PLACES, correction: int = 0) -> Tensor:
    """(x - mean) / sqrt(variance + 1e-5), over some axes of [B, N, H, W]."""
    mean, variance = x.mean(axes, keepdim=True), x.var(axes, correction=correction, keepdim=True)
    return (x - mean) / (variance + EPSILON).sqrt()


def judge_epsilon(
    question: Question, ask: Callable[[Tensor], Returned], scale: Tensor, shift: Tensor, shape: tuple[int, ...]
) -> None:
    """Flat maps, where a division by 0 waits, and faint ones, which show where the 1e-5 stands.

    Args:
        question: whose answer is asked.
        ask: for maps that are to be normalised.
        scale: of the norm, of a shape that goes with the maps'.
        shift: likewise.
        shape: of the maps.

    Raises:
        CheckFailed: if the answer is not ``scale * normalised(maps) + shift``.
    """
    flat = (question.draw.levels(-8, 8, *shape[:2], 1, 1) / 4).expand(shape).contiguous()  # whose mean is exact
    given = "maps that have one value everywhere"
    returned = ask(flat)
    if isinstance(returned.value, Tensor) and not returned.value.isfinite().all():
        raise question.wrong(
            "flat_is_nan",
            f"for {given} it returned NaN or infinite numbers.",
            "0 / 0: a clear sky has no contrast. Add 1e-5 to the variance, under the root.",
        )
    question.same(question.tensor(returned, shape, given), shift.expand(shape), given, {}, tolerance=1e-2)
    faint = 0.003 * question.draw.normal(*shape)
    given = "faint maps, with a variance of about 1e-5,"
    got = question.tensor(ask(faint), shape, given)
    centred, variance = faint - faint.mean(PLACES, keepdim=True), faint.var(PLACES, correction=0, keepdim=True)
    deviation = variance.sqrt()
    question.same(
        got,
        scale * normalised(faint) + shift,
        given,
        {
            "outside_the_root": (
                scale * centred / (deviation + EPSILON) + shift,
                "1e-5 was added to the deviation. It is added to the variance, under the root.",
            ),
            "no_epsilon": (
                scale * centred / deviation + shift,
                "without the 1e-5 under the root, or with a much smaller number: faint noise becomes as strong as a photo.",
            ),
            "larger_epsilon": (
                scale * centred / (variance + 1e-3).sqrt() + shift,
                "1e-3 under the root. It is 1e-5: features are small at the beginning of a training.",
            ),
        },
        tolerance=1e-3,
    )


def judge_way_back(question: Question, scale: Tensor, x: Tensor, *others: Any) -> None:
    """The gradient to the maps x, the answer's first input, of a sum in which each number has a weight of its own.

    Args:
        question: whose answer is asked.
        scale: of the norm, of a shape that goes with x.
        x: the maps.
        others: further inputs.

    Raises:
        CheckFailed: if no gradient comes back, or one that did not go through mean and deviation.
    """
    direction = question.draw.normal(*x.shape)
    gradient = question.ask("gradient_along", 0, direction, x, *others)
    if gradient is None:
        raise question.wrong(
            "detached",
            "no gradient finds its way back to the maps.",
            "detach(), .data, .item() or no_grad() cut the way: what lies before this layer could never learn.",
        )
    n = normalised(x)
    plain = scale * direction / (x.var(PLACES, correction=0, keepdim=True) + EPSILON).sqrt()
    by_mean, by_deviation = plain.mean(PLACES, keepdim=True), n * (plain * n).mean(PLACES, keepdim=True)
    question.same(
        gradient,
        plain - by_mean - by_deviation,
        "the gradient to the maps, of their sum with weights,",
        {
            "statistics_detached": (
                plain,
                "mean and deviation were treated as constants. They come from the maps: gradients go through them.",
            ),
            "variance_detached": (
                plain - by_mean,
                "the deviation was treated as a constant. It comes from the maps: gradients go through it, too.",
            ),
            "mean_detached": (
                plain - by_deviation,
                "the mean was treated as a constant. It comes from the maps: gradients go through it, too.",
            ),
        },
        tolerance=1e-3,
    )
