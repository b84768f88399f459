"""How two values differ, in a student's words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def agree(got: Tensor, expected: Tensor, tolerance: float = 1e-4) -> bool:
    """Whether two tensors have one shape and differ by at most `tolerance` of the largest number of `expected`."""
    if got.shape != expected.shape:
        return False
    got, expected = got.double(), expected.double()
    return bool((got - expected).abs().max() <= tolerance * max(float(expected.abs().max()), 1e-12))


def difference(got: Tensor, expected: Tensor) -> str:
    """The expected value and the actual one, where they are furthest apart."""
    if expected.numel() == 1:
        return f"expected {written(expected.item())}, got {written(got.item())}."
    away = (got.double() - expected.double()).abs()
    worst = int(away.nan_to_num(nan=math.inf).argmax())
    place: list[int] = []
    for size in reversed(expected.shape):
        worst, index = divmod(worst, size)
        place.insert(0, index)
    where = tuple(place)
    return f"expected {written(expected[where].item())} at {place}, got {written(got[where].item())}."


def pattern(got: Tensor, expected: Tensor, tolerance: float) -> str:
    """Describes a difference that no known mistake explains."""
    got, expected = got.double(), expected.double()
    if not got.isfinite().all():
        return "NaN comes from 0 / 0, from the root of a negative number, or from memory that nothing was written into."
    if agree(got, torch.zeros_like(got)):
        return "Zero everywhere: was the result computed and then not used?"
    if agree(got, -expected, tolerance):
        return "Only the sign is turned round. Which of the two is taken away from which?"
    if expected.numel() == 1:
        return "Work it out on paper for inputs of two or three numbers, and compare."
    factor = float((got * expected).sum() / (expected * expected).sum().clamp_min(1e-300))
    if agree(got, factor * expected, tolerance):
        return f"It is {factor:.4g} times ours everywhere: only a constant factor is wrong."
    if agree(got - (got - expected).mean(), expected, tolerance):
        return "It differs from ours by the same number everywhere: something is added once too often, or not at all."
    if agree(got + expected, (got + expected).mean().expand_as(got), tolerance):
        return (
            f"Ours and yours add up to {float((got + expected).mean()):.4g} everywhere: is it taken away from a number?"
        )
    if agree(got.flatten().sort().values, expected.flatten().sort().values, tolerance):
        return "The numbers are right and stand in other places: an axis was permuted, or a reshape cut rows."
    for looks_so, sentence in (
        (expected.abs(), "It is ours without the signs: where does an abs(), or a square with its root, come in?"),
        (expected.square(), "It is the square of ours: something is squared once too often."),
        (expected.abs().sqrt(), "It is the root of ours: something is squared once too seldom, or a root was drawn."),
        (expected.clamp(float(got.min()), float(got.max())), _CUT.format(float(got.min()), float(got.max()))),
    ):
        if agree(got, looks_so, tolerance):
            return sentence
    if got.dim() > 1 and (part := _right_part(got, expected, tolerance)):
        return part
    if agree(got, expected, 0.05):
        return "It is nearly ours: a rounding in between, or a small number that was added on the way?"
    right = float(((got - expected).abs() <= tolerance * expected.abs().max()).double().mean())
    return f"{100 * right:.0f} % of the numbers agree. Work one small input out on paper and compare."


_CUT = "It is ours, cut off at {:.3g} and {:.3g}: is there a clamp(), a relu() or a max() too many?"


def _right_part(got: Tensor, expected: Tensor, tolerance: float) -> str:
    """Which pictures of a batch, or which channels, are right, if some are and others are not."""
    close = (got - expected).abs() <= tolerance * expected.abs().max()
    for axis, what in ((0, "picture"), (1, "channel")):
        if axis == 1 and got.dim() != 4:
            continue
        right = close.transpose(0, axis).flatten(1).all(1).tolist()
        if len(right) > 1 and any(right) and not all(right):
            others = ", ".join(str(n) for n, one in enumerate(right) if one)
            return f"Right for {what} {others} of {len(right)}, counted from 0, and for no other: is a loop left early, or an index fixed?"
    return ""


def factor(got: Tensor, value: Tensor, tolerance: float) -> float | None:
    """By which number a tensor is another one multiplied, or None; of fewer than four numbers nothing can be said."""
    got, value = got.double(), value.double()
    if got.shape != value.shape or got.numel() < 4 or not value.any():
        return None
    times = float((got * value).sum() / value.square().sum())
    return times if times and agree(got, times * value, tolerance) else None


def shape_hint(got: Sequence[int], wanted: Sequence[int]) -> str:
    """Describes a wrong shape."""
    if len(wanted) == 0 and math.prod(got) == 1:
        return "It is one number with an axis around it: squeeze() takes it away."
    if len(wanted) == 0:
        return "A loss is one number: over all there is, batch included, by sum() or mean()."
    if sorted(got) == sorted(wanted):
        return "The axes are in another order: permute exchanges them; reshape and view only cut the numbers anew."
    if len(got) == len(wanted) and list(got[1:]) == list(wanted[1:]) and got[0] == 1:
        return "One picture came back for several. Is an index [0] left somewhere, or a mean over the batch?"
    if len(got) < len(wanted):
        return "An axis is missing: [:, None] or unsqueeze adds one, keepdim=True keeps one."
    return "Print the shape after every line, and see where it becomes another one."


def written(value: float) -> str:
    """A number in a sentence: whole ones as such, others with four digits."""
    if isinstance(value, float) and not (math.isfinite(value) and value.is_integer()):
        return f"{value:.4g}"
    return f"{int(value):,}" if abs(value) < 10**15 else "a number of more than 15 digits"


def one_line(text: object, most: int) -> str:
    """A text in one line of at most that many characters."""
    line = " ".join(str(text).split())
    return line if len(line) <= most else line[: most - 3] + "..."
