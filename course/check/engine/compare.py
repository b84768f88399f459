"""Compares on inputs that tell mistakes apart: by chance two of them lead to the same result, and the wrong one is named."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor

from course.check.engine.differences import agree, difference
from course.check.engine.exercise import CheckFailed, Question

TRIES = 50

Inputs = TypeVar("Inputs", bound=tuple[Any, ...])
Mistakes = Mapping[str, tuple[Tensor | float, str]]


def compare(
    question: Question,
    draw: Callable[[], Inputs],
    results: Callable[..., tuple[str, Tensor, Mistakes]],
    tolerance: float = 1e-4,
) -> Inputs:
    """Asks an answer and compares as `Question.same` does; the inputs that were drawn, if it is right.

    A known mistake is named only if it explains the answer to a second draw as well: what nobody foresaw may lead to the
    same number once.

    Args:
        question: whose answer is asked.
        draw: draws what the function takes.
        results: for these inputs: what is given, in words; what is expected; and what each known mistake leads to.
        tolerance: see `Question.same`.

    Raises:
        CheckFailed: if they differ.
    """
    inputs, given, expected, mistakes = _tell_apart(draw, results, tolerance)
    got = question.tensor(question.ask("call", *inputs), expected.shape, given)
    try:
        question.same(got, expected, given, mistakes, tolerance)
    except CheckFailed as failure:
        asked = _Asked(got, expected, mistakes)
        if failure.mistake in mistakes:
            value = torch.as_tensor(mistakes[failure.mistake][0])
            then = _asked(question, draw, results, tolerance)
            if agree(got, value, tolerance) and not agree(
                then.got, torch.as_tensor(then.mistakes[failure.mistake][0]), tolerance
            ):
                question.same(got, expected, given, {}, tolerance)
        elif failure.mistake == "other" and got.numel() == 1 and float(got):
            thrice = [asked, *(_asked(question, draw, results, tolerance) for _ in range(2))]
            if (
                explained := _explained(question, thrice, f"for {given} {difference(got, expected)}", inputs, tolerance)
            ) is not None:
                raise explained from None
        raise
    return inputs


@dataclass(frozen=True)
class _Asked:
    """What was answered to a draw, what was expected, and what each known mistake leads to."""

    got: Tensor
    expected: Tensor
    mistakes: Mistakes


def _asked(
    question: Question,
    draw: Callable[[], Inputs],
    results: Callable[..., tuple[str, Tensor, Mistakes]],
    tolerance: float,
) -> _Asked:
    inputs, given, expected, mistakes = _tell_apart(draw, results, tolerance)
    return _Asked(question.tensor(question.ask("call", *inputs), expected.shape, given), expected, mistakes)


def _explained(
    question: Question, thrice: Sequence[_Asked], seen: str, inputs: Inputs, tolerance: float
) -> CheckFailed | None:
    """The failure if three answers are ours, or those of a known mistake, times or plus one and the same number."""
    ours = [(float(one.got), float(one.expected)) for one in thrice]
    if (times := _constant([got / right for got, right in ours], tolerance)) is not None:
        sizes = _as_sizes(times, inputs)
        sentence = f"Each time it is {times:.4g} times ours{sizes}: only a constant factor is wrong."
        return question.wrong("other", seen, sentence)
    if (more := _constant([got - right for got, right in ours], tolerance)) is not None:
        return question.wrong("other", seen, f"Each time it is ours and {more:.4g} more: something is added.")
    for power, sentence in ((2, "It is the square of ours: squared once too often."), (0.5, "It is the root of ours.")):
        if all(math.isclose(got, abs(right) ** power, rel_tol=3 * tolerance) for got, right in ours):
            return question.wrong("other", seen, sentence)
    for mistake, (_, sentence) in thrice[0].mistakes.items():
        values = [(float(one.got), float(one.mistakes[mistake][0])) for one in thrice]
        if (times := _constant([got / value for got, value in values if value], tolerance)) is not None:
            sizes = _as_sizes(times, inputs)
            return question.wrong(
                mistake, seen, f"This looks like: {sentence} And it is {times:.4g} times that{sizes}."
            )
    return None


def _constant(values: Sequence[float], tolerance: float) -> float | None:
    """The number that all values are, or None if they are not one."""
    if len(values) > 1 and values[0] and all(math.isclose(value, values[0], rel_tol=3 * tolerance) for value in values):
        return values[0]
    return None


def _as_sizes(times: float, inputs: Inputs) -> str:
    """A factor in words, if it is made of the sizes of the first feature maps; 2 and 1/2 have causes enough of their own."""
    maps = next((one for one in inputs if isinstance(one, Tensor) and one.dim() == 4), None)
    if maps is None or 0.4 < times < 2.5:
        return ""
    pictures, channels, height, width = maps.shape
    places = height * width
    for size, words in (
        (channels, "channels"),
        (places, "places"),
        (channels * places, "(channels x places)"),
        (channels**2, "channels^2"),
        (places**2, "places^2"),
        ((channels * places) ** 2, "(channels x places)^2"),
        (pictures, "pictures"),
    ):
        for number, said in (
            (size, words),
            (1 / size, f"1 / {words}"),
            (2 * size, f"2 {words}"),
            (1 / (2 * size), f"1 / 2 {words}"),
        ):
            if math.isclose(times, number, rel_tol=1e-3):
                return f", which is {said}"
    return ""


def _tell_apart(
    draw: Callable[[], Inputs], results: Callable[..., tuple[str, Tensor, Mistakes]], tolerance: float
) -> tuple[Inputs, str, Tensor, Mistakes]:
    """Inputs for which what is right and all known mistakes lead to different results, and these results."""
    for _ in range(TRIES):
        inputs = draw()
        given, expected, mistakes = results(*inputs)
        if _differ([expected, *(torch.as_tensor(value) for value, _ in mistakes.values())], tolerance):
            break
    return inputs, given, expected, mistakes


def _differ(values: Sequence[Tensor], tolerance: float) -> bool:
    """Whether no answer can be within the tolerance of two of these, rounding included; what has another shape differs."""
    rows = torch.stack([value.double().flatten() for value in values if value.shape == values[0].shape])
    sizes = rows.abs().amax(1)
    far = torch.cdist(rows, rows, p=torch.inf) > 3 * tolerance * torch.maximum(sizes[:, None], sizes)
    return bool((far | torch.eye(len(rows), dtype=torch.bool)).all())
