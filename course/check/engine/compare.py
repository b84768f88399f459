"""Compares on inputs that tell mistakes apart: by chance two of them lead to the same result, and the wrong one is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor

from course.check.engine.differences import agree
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
        if failure.mistake in mistakes:
            others, given_then, expected_then, mistakes_then = _tell_apart(draw, results, tolerance)
            then = question.tensor(question.ask("call", *others), expected_then.shape, given_then)
            if not agree(then, torch.as_tensor(mistakes_then[failure.mistake][0]), tolerance):
                question.same(got, expected, given, {}, tolerance)
        raise
    return inputs


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
