"""Check of chapter 7: one step of a painter's training."""

from __future__ import annotations

import torch
from torch import Tensor

from course.check.ch7_probes import Trained, distance_to
from course.check.engine.differences import agree
from course.check.engine.exercise import Question, exercise
from course.training import train

PICTURES = 3
RATE = 0.1


@exercise(
    train.training_step,
    'section 6, "One step"',
    stops={
        "'function' object has no attribute": (
            "net_is_a_function",
            "Here net is any function, photos in and paintings out. What clears and corrects the weights is the optimiser.",
        ),
        "backward through the graph a second time": (
            "backward_twice",
            "backward() goes back once, and then the way is gone. Call it once for each value of the loss.",
        ),
        "modified by an inplace operation": (
            "old_gradient",
            "The optimiser stepped before backward(), along what was there before, and moved what backward() still needs.",
        ),
        "unexpected keyword argument": (
            "keywords",
            "net takes the photos, loss takes paintings and photos, by place and with no names.",
        ),
        "missing 1 required positional argument: 'photos'": (
            "loss_of_paintings_alone",
            "The loss compares the paintings with the photos that they were made of: loss(net(photos), photos).",
        ),
    },
    solved_by=(),
)
def training_step(question: Question) -> str:
    """Clear, paint, judge, go back, step; the loss as a number."""
    draw = question.draw
    mixer, shift, stale = draw.normal(3, 3, 1, 1), draw.normal(3), draw.normal(3, 3, 1, 1)
    batches, target = [draw.uniform(PICTURES, 3, 4, 5) for _ in range(2)], draw.uniform(1, 3, 1, 1)
    found: Trained = question.ask("trained_by", mixer, shift, stale, batches, target, RATE)
    walk = _Walk(mixer, shift, stale, batches, target)
    _judge_calls(question, found, walk)
    _judge_weights(question, found, walk)
    _judge_numbers(question, found, walk)
    return "old gradients cleared, one painting, one judgement, one step of the optimiser; the loss before it, a number"


class _Walk:
    """Where the network's weights go from step to step."""

    def __init__(self, mixer: Tensor, shift: Tensor, stale: Tensor, batches: list[Tensor], target: Tensor) -> None:
        self.start = torch.cat([mixer.flatten(), shift])
        self.stale = torch.cat([stale.flatten(), torch.zeros(3)])
        self.batches, self.target = batches, target

    def paint(self, weights: Tensor, number: int) -> Tensor:
        """What the network with these weights makes of a batch."""
        mixer, shift = weights[:9].view(3, 3), weights[9:].view(1, 3, 1, 1)
        return torch.einsum("ij,bjhw->bihw", mixer, self.batches[number]) + shift

    def loss(self, weights: Tensor, number: int, pictures: int = PICTURES) -> Tensor:
        """How bad that is, asked of the first pictures alone if there are fewer."""
        painted = self.paint(weights, number)[:pictures]
        return distance_to(self.target, painted, self.batches[number][:pictures])

    def slope(self, weights: Tensor, number: int, pictures: int = PICTURES) -> Tensor:
        """The gradient of that."""
        leaf = weights.clone().requires_grad_(True)
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(self.loss(leaf, number, pictures), leaf)
        return gradient

    def right(self) -> list[Tensor]:
        """The weights after the first and the second step."""
        first = self.start - RATE * self.slope(self.start, 0)
        return [first, first - RATE * self.slope(first, 1)]


def _judge_calls(question: Question, found: Trained, walk: _Walk) -> None:
    """What was called, and how often."""
    given = f"a batch of {PICTURES} photos"
    question.present(found.returned[0], given)
    if found.photos_asked:
        raise question.wrong(
            "trains_the_photos",
            f"for {given} the photos came back asking for gradients.",
            "It is the network that learns. The photos are what it learns from: they stay as they are.",
        )
    calls, pictures = found.paintings[0]
    if calls == 0:
        raise question.wrong(
            "paints_nothing",
            f"for {given} the network was never called.",
            "Paint first, net(photos): only what is painted can be judged.",
        )
    if pictures < PICTURES:
        raise question.wrong(
            "first_photo_only",
            f"for {given} the network was shown {pictures}.",
            "All photos of a batch are painted at once: net(photos).",
        )
    if pictures > PICTURES:
        raise question.wrong(
            "paints_again",
            f"for {given} the network was called {calls} times, on {pictures} pictures in all.",
            "Paint once and keep the paintings, or the loss, under a name: each call is most of the work.",
        )
    if not found.judged[0]:
        raise question.wrong(
            "judges_nothing",
            f"for {given} the loss was never asked.",
            "The paintings are judged by the loss that is given: loss(net(photos), photos).",
        )
    if found.steps[0] > 1:
        raise question.wrong(
            "several_steps",
            f"for {given} the optimiser stepped {found.steps[0]} times.",
            "One step for a batch: the loss is the mean over its pictures.",
        )
    _judge_what_is_judged(question, found, walk)


def _judge_what_is_judged(question: Question, found: Trained, walk: _Walk) -> None:
    painted, photos = found.judged[0][0]
    expected, batch = walk.paint(walk.start, 0), walk.batches[0]
    given = "the loss"
    if painted is None or photos is None:
        raise question.wrong(
            "judges_something_else", f"{given} was given no pictures.", "loss(paintings, photos), both tensors."
        )
    if agree(painted, batch) and agree(photos, expected):
        raise question.wrong(
            "swapped",
            f"{given} was given the photos first and the paintings second.",
            "The paintings come first, loss(net(photos), photos): they are not treated alike.",
        )
    if agree(painted, expected.clamp(0, 1)) and not agree(painted, expected):
        raise question.wrong(
            "clamped",
            f"{given} was given clamped paintings.",
            "What is clamped feels no pull back into [0, 1]. Judge what the network painted; clamp what is shown.",
        )
    if painted.shape == batch.shape and agree(painted, expected) and agree(photos, expected):
        raise question.wrong(
            "paintings_twice",
            f"{given} was given the paintings twice.",
            "Compared with themselves they keep no content. The second is photos: loss(net(photos), photos).",
        )


def _judge_weights(question: Question, found: Trained, walk: _Walk) -> None:
    given = "a batch of photos"
    start, first = walk.start, found.weights[0]
    if agree(first, start, 1e-6):
        _judge_standing(question, found, given)
    if found.steps[0] == 0:
        raise question.wrong(
            "own_optimiser",
            f"for {given} the weights moved, and the optimiser that was given did not step.",
            "Its step() moves the weights. It has a memory that reaches from batch to batch: a new one each time has none.",
        )
    ours, stale, slope = walk.right(), walk.stale, walk.slope(walk.start, 0)
    if agree(first, ours[0]):
        question.same(
            found.weights[1],
            ours[1],
            "the weights after a second batch",
            {
                "accumulates": (
                    ours[0] - RATE * (slope + walk.slope(ours[0], 1)),
                    "the first batch's gradient was there still. Clear with optimiser.zero_grad(), in every step.",
                )
            },
        )
        return
    looks = {
        "never_cleared": (
            start - RATE * (stale + slope),
            "the gradient that was there before was added. backward() adds: clear it first, optimiser.zero_grad().",
        ),
        "old_gradient": (
            start - RATE * stale,
            "the optimiser stepped along the gradient that was there before: step() comes after backward().",
        ),
        "uphill": (start + RATE * slope, "uphill. The loss itself is made small: no minus before it."),
        "divided_by_pictures": (
            start - RATE * slope / PICTURES,
            "a loss that was divided by the number of pictures. It is a mean already.",
        ),
        "added_over_pictures": (
            start - RATE * slope * PICTURES,
            "a loss added up over the pictures. It is a mean already.",
        ),
        "root_taken": (
            start - RATE * slope / (2 * walk.loss(start, 0).sqrt()),
            "the root of the loss was made small. Go back from the loss itself.",
        ),
    }
    if agree(first, looks["never_cleared"][0]) and not found.left[0]:
        looks["never_cleared"] = (
            looks["never_cleared"][0],
            "cleared at the end. What somebody left from before is still in the first step: clear before backward().",
        )
        looks = {"cleared_at_the_end": looks["never_cleared"], **looks}
    question.same(first, ours[0], "the weights after one batch", looks)


def _judge_standing(question: Question, found: Trained, given: str) -> None:
    """The weights are what they were: what is missing, or in the wrong order?"""
    arrived, left, steps = found.arrivals[0], found.left[0], found.steps[0]
    seen = f"for {given} the network's weights stayed what they were."
    if arrived and not steps:
        raise question.wrong(
            "no_step", seen, "The gradients are there, and nobody walks: optimiser.step() after backward()."
        )
    if arrived and left:
        raise question.wrong(
            "step_before_backward",
            seen,
            "The optimiser stepped before the gradients were there. step() comes after backward().",
        )
    if arrived:
        raise question.wrong(
            "cleared_before_step",
            seen,
            "The gradients were cleared between backward() and step(). Clear them before backward().",
        )
    raise question.wrong(
        "no_backward", seen, "No gradient came back to the weights: backward() on the loss is missing."
    )


def _judge_numbers(question: Question, found: Trained, walk: _Walk) -> None:
    ours = walk.right()
    for number, returned in enumerate(found.returned):
        given = ("the first batch", "the second batch")[number]
        value = question.number(returned, given)
        weights = (walk.start, ours[0])[number]
        now, after = float(walk.loss(weights, number)), float(walk.loss(ours[number], number))
        question.same(
            value,
            now,
            f"{given} the loss",
            {
                "loss_after": (after, "the loss after the step. The one before is there already, and costs nothing."),
                "per_picture": (now / PICTURES, "divided by the number of pictures. It is a mean already."),
            },
        )
    if found.attached:
        raise question.wrong(
            "returns_graph",
            "what it returned still knows how it was computed.",
            "Who collects a hundred of these keeps a hundred networks' maps in memory. Return a number: value.item().",
        )
    if any(returned.kind == "Tensor" for returned in found.returned):
        raise question.wrong(
            "returns_tensor",
            "expected a plain number, got a tensor.",
            "It no longer knows how it was computed, but it is no number yet: value.item().",
        )
