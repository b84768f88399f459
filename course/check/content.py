"""Checks of chapter 3: the content loss, its gradient by hand, the closure."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course import losses
from course.check.answers import AnswerError
from course.check.exercise import Question, agree, exercise
from course.check.failures import CheckFailed
from course.check.probes import Closure


def reference_closure(
    optimiser: torch.optim.Optimizer, image: Tensor, loss: Callable[[Tensor], Tensor]
) -> Callable[[], Tensor]:
    """What L-BFGS calls as often as it likes: clears the gradient, evaluates, goes back, returns the loss."""

    def evaluate() -> Tensor:
        optimiser.zero_grad()
        value = loss(image)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    return evaluate


@exercise(losses.content_loss, 'section 1, "How far apart are two sets of feature maps?"')
def content_loss(question: Question) -> str:
    """Equation 1: 1/2 sum (F - P)^2."""
    F, P = question.draw.normal(2, 3, 4, 5), question.draw.normal(2, 3, 4, 5)
    given = "F and P of shape [2, 3, 4, 5]"
    returned = question.ask("call", F, P)
    got = question.tensor(returned, (), given)
    D = F - P
    question.same(
        got,
        D.square().sum() / 2,
        given,
        {
            "no_half": (D.square().sum(), "the factor 1/2 of equation 1 is missing."),
            "mean": (
                D.square().mean(),
                "a mean. The paper sums: 1/2 of the sum of squares. A mean would be "
                "2 / (N M) times the paper's loss for one picture, another number for each layer.",
            ),
            "half_mean": (D.square().mean() / 2, "a mean where the paper has a sum."),
            "absolute": (D.abs().sum() / 2, "absolute differences; the paper squares them."),
            "absolute_sum": (D.abs().sum(), "absolute differences, and no 1/2; the paper squares them."),
            "root": (D.square().sum().sqrt(), "a root was drawn; the loss is the squared distance."),
            "half_root": (D.square().sum().sqrt() / 2, "a root was drawn; the loss is the squared distance."),
            "sum_squared": (D.sum().square() / 2, "summed first and squared then: differences cancel each other."),
            "first_of_batch": (D[0].square().sum() / 2, "only the first picture of the batch was looked at."),
            "per_picture": (D.square().sum() / 4, "divided by the size of the batch; losses of a batch are added up."),
        },
    )
    if question.ask("gradient", F, P) is None:
        raise question.wrong(
            "detached",
            "no gradient finds its way back to F.",
            "Only the target P is a constant. detach(), .item() or no_grad() on F stop the painter.",
        )
    gradient = question.ask("gradient", F, P)
    question.same(gradient, D, "the gradient with respect to F", {})
    same = question.ask("call", P, P)
    question.same(question.tensor(same, (), "F = P"), 0.0, "F = P", {}, tolerance=1e-4)
    return "1/2 the sum of squares over batch, channels and places; zero for F = P; gradients reach F"


@exercise(losses.content_gradient, 'section 2, "The gradient by hand"')
def content_gradient(question: Question) -> str:
    """Equation 2: F - P where F > 0, else 0."""
    F = question.draw.normal(2, 3, 4, 5).relu()
    P = question.draw.normal(2, 3, 4, 5).relu()
    given = "F and P of shape [2, 3, 4, 5] behind a ReLU"
    returned = question.ask("call", F, P)
    got = question.tensor(returned, (2, 3, 4, 5), given)
    D = F - P
    question.same(
        got,
        D * (F > 0),
        given,
        {
            "no_gate": (D, "the gate is missing: where F is 0 the ReLU lets nothing through, and the gradient is 0."),
            "gate_on_p": (
                D * (P > 0),
                "the gate looks at P; the ReLU in question stands behind F, the picture being made.",
            ),
            "gate_on_difference": (
                D * (D > 0),
                "the gate looks at F - P; a feature that is too weak must grow as well.",
            ),
            "doubled": (2 * D * (F > 0), "a factor 2; the 1/2 of equation 1 is there to cancel it."),
            "halved": (D * (F > 0) / 2, "a factor 1/2 too many: the 2 of the square cancels it."),
            "turned": (-D * (F > 0), "the sign: F - P points away from the target, the optimiser walks against it."),
            "mean": (
                D * (F > 0) / D.numel(),
                "divided by the number of entries: the gradient of a mean, not of the sum.",
            ),
            "sign": (D.sign() * (F > 0), "the gradient of absolute differences; the paper squares them."),
        },
    )
    return "F - P where F > 0, else 0; in the inputs' shape, which it leaves alone"


@exercise(reference_closure, 'section 3, "The closure"')
def closure(question: Question) -> str:
    """A function that L-BFGS can call as often as it likes."""
    image, target = question.draw.uniform(1, 3, 4, 5) * 3 - 1, question.draw.uniform(1, 3, 4, 5)
    facts = _called_twice(question, image, target)
    given = "a picture [1, 3, 4, 5] and 1/2 the squared distance to another"
    if facts.made.kind == "Tensor":
        raise question.wrong(
            "called",
            f"for {given} expected a function, got the loss itself.",
            "L-BFGS calls the closure several times in one step: return closure, not closure().",
        )
    if facts.made.kind != "function":
        raise question.wrong(
            "no_function",
            f"for {given} expected a function, got {facts.made.kind}.",
            "The outer function ends in: return evaluate, with no brackets after the inner one's name.",
        )
    _judge_gradients(question, facts, image - target)
    if facts.moved:
        raise question.wrong(
            "moves",
            "the picture was another one after the closure had been called.",
            "Clamping or stepping inside the closure moves the picture behind the optimiser's back.",
        )
    if facts.first.kind == "NoneType":
        raise question.wrong(
            "returns_nothing",
            "the closure returned nothing.",
            "L-BFGS compares losses to choose its step: the closure ends in: return loss.",
        )
    value = facts.first.value
    expected = float((image - target).square().sum() / 2)
    question.same(
        torch.as_tensor(value),
        expected,
        given,
        {"stale": (0.0, "the loss is zero; was another one returned than the one that was computed?")},
    )
    if facts.evaluations > 2:
        raise question.wrong(
            "evaluates_again",
            f"two calls evaluated the loss {facts.evaluations} times.",
            "Call loss(image) once and keep the value: each evaluation is a pass through the network.",
        )
    return "clears the old gradient, evaluates once, leaves gradient and picture as L-BFGS needs them, returns the loss"


def _judge_gradients(question: Question, facts: Closure, expected: Tensor) -> None:
    first, second = facts.gradients
    if facts.evaluations < 2:
        raise _frozen(question)
    if facts.first.kind == "NoneType" and first is None:
        raise question.wrong(
            "empty",
            "the closure returned nothing and left no gradient.",
            "Four steps: clear the gradient, compute the loss, go back, return the loss.",
        )
    if first is None:
        raise question.wrong(
            "no_backward",
            "after a call image.grad is still None.",
            "loss.backward() writes the gradient into the picture; zero_grad() comes before it.",
        )
    if second is not None and agree(second, 2 * first):
        raise question.wrong(
            "accumulates",
            "after the second call at the same picture the gradient had doubled.",
            "backward() adds to image.grad. Clear it first: optimiser.zero_grad().",
        )
    for gradient, call in ((first, "one call"), (second, "the second call")):
        if gradient is None:
            raise question.wrong(
                "gone",
                f"after {call} image.grad is None.",
                "Clear the gradient first, then go back; never the other way round.",
            )
        question.same(gradient, expected, f"image.grad after {call}", {})


def _called_twice(question: Question, image: Tensor, target: Tensor) -> Closure:
    try:
        facts: Closure = question.ask("closure", image, target)
    except AnswerError as error:
        if "backward through the graph a second time" in error.text:
            raise _frozen(question) from None
        raise
    return facts


def _frozen(question: Question) -> CheckFailed:
    return question.wrong(
        "frozen",
        "two calls of the closure did not evaluate the loss twice.",
        "The loss must be computed inside the inner function, afresh at every call.",
    )
