"""Checks of chapter 3: the content loss, its gradient by hand, the closure."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from course import losses
from course.check.ch3_probes import Closure
from course.check.engine.compare import Mistakes, compare
from course.check.engine.differences import agree
from course.check.engine.exercise import Question, exercise


def reference_closure(
    optimiser: torch.optim.Optimizer, image: Tensor, loss: Callable[[Tensor], Tensor]
) -> Callable[[], Tensor]:
    """The closure, which L-BFGS calls at will: clears the gradient, evaluates, goes back, returns the loss."""

    def evaluate() -> Tensor:
        optimiser.zero_grad()
        value = loss(image)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    return evaluate


@exercise(
    losses.content_loss,
    'section 1, "How far apart are two sets of feature maps?"',
    solved_by=(losses.relative_distance,),
)
def content_loss(question: Question) -> str:
    """Equation 1: 1/2 sum (F - P)^2."""
    F, P = compare(
        question, lambda: (question.draw.normal(3, 2, 4, 5), question.draw.normal(3, 2, 4, 5)), _content_results
    )
    gradient = question.ask("gradient", F, P)
    if gradient is None:
        raise question.wrong(
            "detached",
            "no gradient finds its way back to F.",
            "Only the target P is a constant. detach(), .data, .item() or no_grad() on F stop the painter.",
        )
    question.same(gradient, F - P, "the gradient with respect to F", {})
    zero = question.tensor(question.ask("call", P, P), (), "F = P")
    if abs(float(zero)) > 1e-4 * float(P.square().sum()):
        raise question.wrong(
            "not_zero",
            f"for F = P expected 0, got {float(zero):.4g}.",
            "Equal maps have no distance. Is something added that does not come from F - P?",
        )
    return "1/2 the sum of squares over batch, channels and places; zero for F = P; gradients reach F"


def _content_results(F: Tensor, P: Tensor) -> tuple[str, Tensor, Mistakes]:
    D = F - P
    return (
        "F and P of shape [3, 2, 4, 5]",
        losses.content_loss(F, P),
        {
            "no_half": (D.square().sum(), "the factor 1/2 of equation 1 is missing."),
            "mean": (
                D.square().mean(),
                "a mean. The paper sums and halves: nothing is divided by the number of entries.",
            ),
            "half_mean": (D.square().mean() / 2, "a mean where the paper has a sum."),
            "absolute": (D.abs().sum() / 2, "absolute differences. The paper squares them."),
            "absolute_sum": (D.abs().sum(), "absolute differences, and no 1/2. The paper squares and halves."),
            "signed": (D.sum() / 2, "nothing was squared: differences above and below cancel each other."),
            "root": (D.square().sum().sqrt(), "a root was drawn. The loss is the squared distance."),
            "half_root": (D.square().sum().sqrt() / 2, "a root was drawn and halved. The loss is 1/2 of the square."),
            "sum_squared": (D.sum().square() / 2, "summed before squaring: differences cancel each other."),
            "halved_first": ((D / 2).square().sum(), "halved inside the square, which makes a quarter of it."),
            "target_squared": ((F - P.square()).sum() / 2, "F - P**2: only P was squared. Put F - P in brackets."),
            "times_two": (D.sum(), "multiplied by 2 where a square belongs: ** 2 squares."),
            "cubed": ((D**3).sum() / 2, "the third power. The paper squares."),
            "relative": (
                D.square().sum() / P.square().sum(),
                "divided by the squares of P, the relative units of chapter 5. Equation 1 sums and halves.",
            ),
            "largest": (D.square().max() / 2, "the largest difference alone. The paper sums over all."),
            "means_compared": (
                (F.mean((2, 3)) - P.mean((2, 3))).square().sum() / 2,
                "means of the channels were compared. The content is compared place by place.",
            ),
            "grams": (
                (losses.gram(F) - losses.gram(P)).square().sum() / 2,
                "Gram matrices were compared: that is style. The content is compared place by place.",
            ),
            "huber": (
                functional.smooth_l1_loss(F, P, reduction="sum"),
                "smooth_l1_loss, which is linear where differences are large. The paper squares everywhere.",
            ),
            "added": ((F + P).square().sum() / 2, "the square of F + P. A distance comes from F - P."),
            "squares_apart": (
                (F.square() - P.square()).sum() / 2,
                "the difference of squares. Equation 1 has the square of the difference.",
            ),
            "product": ((F * P).sum() / 2, "a product of F and P: that says how alike they are, not how far apart."),
            "first_of_batch": (D[0].square().sum() / 2, "only the first picture of the batch was looked at."),
            "per_picture": (D.square().sum() / 6, "divided by the size of the batch. Losses of a batch are added up."),
        },
    )


@exercise(losses.content_gradient, 'section 2, "The gradient by hand"', solved_by=())
def content_gradient(question: Question) -> str:
    """Equation 2: F - P where F > 0, else 0."""
    F = question.draw.normal(2, 3, 4, 5).relu()
    P = question.draw.normal(2, 3, 4, 5).relu()
    given = "F and P of shape [2, 3, 4, 5] behind a ReLU"
    got = question.tensor(question.ask("call", F, P), (2, 3, 4, 5), given)
    D, gate = F - P, F > 0
    if agree(got, D) and _gate_is_open_at_zero(question):
        raise question.wrong(
            "gate_at_zero",
            f"for {given} the gradient is F - P everywhere, also where F is 0.",
            "A gate F >= 0 is always open: behind a ReLU nothing is below 0. It is shut where F is 0: F > 0.",
        )
    question.same(
        got,
        D * gate,
        given,
        {
            "no_gate": (D, "the gate is missing. Where F is 0 the ReLU lets nothing through, and the gradient is 0."),
            "gate_on_p": (
                D * (P > 0),
                "the gate looks at P. The ReLU in question stands behind F, the picture being made.",
            ),
            "gate_on_both": (
                D * gate * (P > 0),
                "the gate looks at F and at P. P is only a target, and has no ReLU to go back through.",
            ),
            "gate_on_difference": (
                D * (D > 0),
                "the gate looks at F - P. A feature that is too weak must grow as well.",
            ),
            "gate_turned": (D * ~gate, "the gate is open where it should be shut: where F is 0."),
            "doubled": (2 * D * gate, "a factor 2. The 1/2 of equation 1 is there to cancel it."),
            "halved": (D * gate / 2, "a factor 1/2 too many. The 2 of the square cancels it."),
            "turned": (-D * gate, "the sign. F - P points away from the target, and the optimiser walks against it."),
            "mean": (
                D * gate / D.numel(),
                "divided by the number of entries: the gradient of a mean, not of the sum.",
            ),
            "sign": (D.sign() * gate, "the gradient of absolute differences. The paper squares them."),
            "absolute": (
                D.abs() * gate,
                "the sign is lost. F - P is negative where a feature is too weak, and it must grow.",
            ),
            "doubled_no_gate": (2 * D, "a factor 2, and the gate is missing. The 1/2 of equation 1 cancels the 2."),
            "times_p": (D * P, "multiplied by P. The gate looks at F, and is 0 or 1."),
            "squared": (D.square() * gate, "still squared. The derivative of a square is linear."),
            "squared_half": (D.square() * gate / 2, "the summands of the loss. Its derivative is asked for."),
            "times_f": (D * F, "multiplied by F. The gate is 1 wherever F > 0, however large F is."),
            "gate_only": (gate.float(), "the gate alone, without the difference that passes through it."),
        },
    )
    return "F - P where F > 0, else 0; in the inputs' shape, and it leaves them alone"


def _gate_is_open_at_zero(question: Question) -> bool:
    """Whether there is a gate after all, which shows where F is below 0."""
    F, P = question.draw.normal(2, 3, 4, 5), question.draw.normal(2, 3, 4, 5)
    value = question.ask("call", F, P).value
    return isinstance(value, Tensor) and agree(value, (F - P) * (F >= 0))


STEPS = "Four steps: clear the gradient, compute the loss, go back, return the loss."


@exercise(
    reference_closure,
    'section 3, "The closure"',
    stops={
        "backward through the graph a second time": (
            "frozen",
            "The loss was computed once, outside the inner function. It belongs inside, afresh at every call.",
        ),
        "'function' object has no attribute 'backward'": (
            "loss_not_called",
            "loss is a function of the picture: value = loss(image), and then value.backward().",
        ),
        "required positional argument: 'closure'": (
            "steps",
            "optimiser.step(closure) calls the closure. The closure itself takes no step.",
        ),
        "'NoneType' object has no attribute": (
            "grad_is_none",
            "Before the first backward() image.grad is None. optimiser.zero_grad() copes with that.",
        ),
        "leaf Variable that requires grad": (
            "moves",
            "The closure would change the picture itself. That is the optimiser's business: keep clamping out of here.",
        ),
    },
    solved_by=(),
)
def closure(question: Question) -> str:
    """A function that L-BFGS can call as often as it likes."""
    image, target = question.draw.uniform(1, 3, 4, 5) * 3 - 1, question.draw.uniform(1, 3, 4, 5)
    given = "a picture [1, 3, 4, 5] and 1/2 the squared distance to another"
    facts: Closure = question.ask("closure", image, target)
    _judge_kind(question, facts.made.kind, given)
    _judge_effects(question, facts)
    _judge_gradients(question, facts, image, target)
    for returned in facts.results:
        if returned.kind == "NoneType":
            raise question.wrong(
                "returns_nothing",
                "the closure returned nothing.",
                "L-BFGS compares losses to choose its step: the closure ends in: return value.",
            )
        if returned.kind == "function":
            raise question.wrong(
                "returns_function",
                "the closure returned a function, expected the loss.",
                "Return what loss(image) gave, not loss itself.",
            )
        value = question.number(returned, given)
        question.same(
            float(value), float((image - target).square().sum() / 2), "the value that the closure returns", {}
        )
    if facts.evaluations > 2:
        raise question.wrong(
            "evaluates_again",
            f"two calls evaluated the loss {facts.evaluations} times.",
            "Call loss(image) once and keep the value: each evaluation is a pass through the network.",
        )
    return "clears the old gradient, evaluates once, leaves gradient and picture as L-BFGS needs them, returns the loss"


def _judge_kind(question: Question, kind: str, given: str) -> None:
    if kind == "function":
        return
    seen = f"for {given} expected a function, got {kind}."
    if kind == "Tensor":
        raise question.wrong(
            "called",
            f"for {given} expected a function, got a tensor.",
            "L-BFGS calls the closure several times in one step. Return evaluate, not evaluate().",
        )
    if kind == "NoneType":
        raise question.wrong(
            "none",
            f"for {given} it returned nothing.",
            "The outer function ends in: return evaluate, with no brackets behind the inner one's name.",
        )
    if kind == "loss":
        raise question.wrong(
            "returns_loss",
            f"for {given} it returned the function loss as it was given.",
            "Write a function of your own inside this one, which uses loss, and return that.",
        )
    if kind == "function of arguments":
        raise question.wrong(
            "takes_arguments",
            "the function that it returned wants arguments.",
            "L-BFGS calls it as closure(), with nothing. The inner function sees optimiser, image and loss anyway.",
        )
    raise question.wrong(
        "no_function", seen, "Two functions, one inside the other: the outer one returns the inner one."
    )


def _judge_effects(question: Question, facts: Closure) -> None:
    """Whether each call evaluated the loss, went back, and left the picture where it was."""
    if facts.evaluations == 0:
        raise question.wrong("empty", "two calls of the closure never called loss(image).", STEPS)
    if facts.evaluations == 1:
        raise question.wrong(
            "frozen",
            "two calls of the closure evaluated the loss only once.",
            "The loss must be computed inside the inner function, afresh at every call.",
        )
    if facts.moved:
        raise question.wrong(
            "moves",
            "the picture was another one after the closure had been called.",
            "Clamping or stepping inside the closure moves the picture behind the optimiser's back.",
        )
    if facts.arrivals == 0 and facts.copied:
        raise question.wrong(
            "detached_copy",
            "no gradient reached the picture: the loss was that of a detached copy.",
            "The gradient stops at detach(), .data or a new tensor. Ask for the loss of image itself: loss(image).",
        )
    if facts.arrivals == 0:
        raise question.wrong(
            "no_backward",
            "no gradient reached the picture in two calls.",
            "value.backward() writes the gradient into image.grad. It stands after loss(image).",
        )


def _judge_gradients(question: Question, facts: Closure, image: Tensor, target: Tensor) -> None:
    first, second = facts.gradients
    if first is None or second is None or not (first.any() and second.any()):
        raise question.wrong(
            "cleared_after",
            "a gradient reached the picture, and after the call it was gone.",
            "Clear the old gradient before backward(). L-BFGS reads the new one when the closure has returned.",
        )
    if agree(second, 2 * first):
        raise question.wrong(
            "accumulates",
            "after the second call at the same picture the gradient had doubled.",
            "backward() adds to image.grad. Clear it first: optimiser.zero_grad().",
        )
    inside = (image > 0) & (image < 1)
    clamped = ((image.clamp(0, 1) - target) * inside, "the loss of a clamped copy: pixels outside [0, 1] feel nothing.")
    for gradient, call in ((first, "one call"), (second, "the second call")):
        question.same(gradient, image - target, f"image.grad after {call}", {"clamped": clamped})
