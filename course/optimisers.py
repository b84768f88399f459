"""Two ways to move a picture downhill, one step at a time: L-BFGS and Adam.

Both are told how to evaluate a picture and hold the current one with its evaluation. ``step()`` moves it.
``forget()`` drops what was learnt about a function that is no longer minimised. ``state()`` gives all that a later
``load()`` needs to go on as if nothing had happened, in plain tensors and numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor


@dataclass(frozen=True)
class Evaluation:
    """An objective at one picture.

    Attributes:
        loss: the weighted sum of all terms.
        losses: each term without its weight.
        gradient: of `loss` with respect to the picture, [1, 3, H, W].
    """

    loss: float
    losses: Mapping[str, float]
    gradient: Tensor


TINY = 1e-30  # stands in for a divisor of zero

Evaluate = Callable[[Tensor], Evaluation]


class Optimiser(Protocol):
    """What the painter needs of an optimiser.

    Attributes:
        image: the picture as it is now, [1, 3, H, W]; a step puts another tensor here and leaves the old one alone.
        evaluation: of `image`.
    """

    image: Tensor
    evaluation: Evaluation

    def step(self) -> bool:
        """Moves the picture. False if it cannot be improved, as at a gradient of zero."""

    def forget(self) -> None:
        """The objective has changed: evaluates the picture anew and starts without memory."""

    def state(self) -> dict[str, Any]:
        """Everything but the picture that the next step depends on."""

    def load(self, state: Mapping[str, Any]) -> None:
        """Takes up a state that `state` gave."""


class LBFGS:
    """Limited-memory BFGS (Nocedal & Wright, *Numerical Optimization*, algorithms 7.4 and 7.5).

    It differs from ``torch.optim.LBFGS`` where that one silently stands still: a curvature pair is judged by the angle
    between s and y, not by the size of y.s, so that a small loss is as good as a large one; there are no tolerances;
    and a step costs one evaluation unless the loss would rise, when it is shortened (Armijo's condition) instead of
    searched for on both sides.

    Args:
        evaluate: the objective with its gradient.
        image: where to start, [1, 3, H, W].
        history: how many pairs (s, y) are kept; each takes as much memory as two pictures.
        first_step: mean absolute change of a value in the first step, when no curvature is known yet.
        longest_step: most that any value may change in one step; a quasi-Newton step far beyond that trusts its
            parabola too much.
    """

    SUFFICIENT_DECREASE = 1e-4
    SMALLEST_ANGLE = 1e-8
    MOST_TRIALS = 20

    def __init__(
        self,
        evaluate: Evaluate,
        image: Tensor,
        history: int = 20,
        first_step: float = 0.02,
        longest_step: float = 1.0,
    ) -> None:
        self.evaluate = evaluate
        self.image = image
        self.evaluation = evaluate(image)
        self.history = history
        self.first_step = first_step
        self.longest_step = longest_step
        self.pairs: list[tuple[Tensor, Tensor]] = []

    def step(self) -> bool:
        """One quasi-Newton step, shortened until the loss falls. False if no step makes it fall."""
        if self._descend():
            return True
        if not self.pairs:
            return False
        self.pairs.clear()  # a stale memory can point uphill; the plain gradient cannot
        return self._descend()

    def _descend(self) -> bool:
        direction = self._direction()
        slope = _dot(direction, self.evaluation.gradient)
        if not slope < 0:
            return False
        length = min(1.0, self.longest_step / max(float(direction.abs().max()), TINY))
        for _ in range(self.MOST_TRIALS):
            image = self.image + length * direction
            evaluation = self.evaluate(image)
            rise = evaluation.loss - self.evaluation.loss - length * slope
            if evaluation.loss <= self.evaluation.loss + self.SUFFICIENT_DECREASE * length * slope:
                self._remember(image - self.image, evaluation.gradient - self.evaluation.gradient)
                self.image, self.evaluation = image, evaluation
                return True
            # The parabola through both losses and the slope has its minimum here; keep it between 1/10 and 1/2.
            minimum = -slope * length**2 / (2 * rise)
            length = min(max(minimum, 0.1 * length), 0.5 * length)
        return False

    def _direction(self) -> Tensor:
        """-H gradient by the two-loop recursion; without memory, the gradient scaled to `first_step`."""
        gradient = self.evaluation.gradient
        if not self.pairs:
            return gradient * (-self.first_step / max(float(gradient.abs().mean()), TINY))
        direction = -gradient
        curvatures = [_dot(s, y) for s, y in self.pairs]
        shares = []
        for (s, y), curvature in zip(reversed(self.pairs), reversed(curvatures), strict=True):
            shares.append(_dot(s, direction) / curvature)
            direction = direction - shares[-1] * y
        y = self.pairs[-1][1]
        direction = direction * (curvatures[-1] / _dot(y, y))
        for (s, y), curvature, share in zip(self.pairs, curvatures, reversed(shares), strict=True):
            direction = direction + (share - _dot(y, direction) / curvature) * s
        return direction

    def _remember(self, s: Tensor, y: Tensor) -> None:
        if _dot(s, y) > self.SMALLEST_ANGLE * (_dot(s, s) * _dot(y, y)) ** 0.5:
            self.pairs = [*self.pairs, (s, y)][-self.history :]

    def forget(self) -> None:
        """Drops all pairs: they tell of another function."""
        self.evaluation = self.evaluate(self.image)
        self.pairs = []

    def state(self) -> dict[str, Any]:
        """The pairs (s, y), oldest first."""
        return {"pairs": list(self.pairs)}

    def load(self, state: Mapping[str, Any]) -> None:
        """Takes up the pairs of `state`."""
        self.pairs = list(state["pairs"])


class Adam:
    """Adam (Kingma & Ba, 1412.6980, algorithm 1), which takes steps of about `learning_rate` in every pixel.

    The same numbers as ``torch.optim.Adam``, which takes seconds to import and changes its tensors in place: a state
    that was saved would change with them.

    Args:
        evaluate: the objective with its gradient.
        image: where to start, [1, 3, H, W].
        learning_rate: in units of the picture, whose range is 1.
    """

    BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8

    def __init__(self, evaluate: Evaluate, image: Tensor, learning_rate: float = 0.02) -> None:
        self.evaluate = evaluate
        self.image = image
        self.evaluation = evaluate(image)
        self.learning_rate = learning_rate
        self.m, self.v, self.steps = torch.zeros_like(image), torch.zeros_like(image), 0

    def step(self) -> bool:
        """One step of Adam. False only where the gradient is exactly zero."""
        gradient, t = self.evaluation.gradient, self.steps + 1
        if not gradient.any():
            return False
        m = torch.lerp(self.m, gradient, 1 - self.BETA_1)
        v = (self.v * self.BETA_2).addcmul(gradient, gradient, value=1 - self.BETA_2)
        spread = v.sqrt() / (1 - self.BETA_2**t) ** 0.5 + self.EPSILON
        image = self.image.addcdiv(m, spread, value=-self.learning_rate / (1 - self.BETA_1**t))
        evaluation = self.evaluate(image)
        # Only now: whoever stops the evaluation with Ctrl-C finds everything as it was.
        self.image, self.evaluation, self.m, self.v, self.steps = image, evaluation, m, v, t
        return True

    def forget(self) -> None:
        """Starts with moments of zero."""
        self.evaluation = self.evaluate(self.image)
        self.m, self.v, self.steps = torch.zeros_like(self.image), torch.zeros_like(self.image), 0

    def state(self) -> dict[str, Any]:
        """The moments m and v of the gradient and how many steps they have seen."""
        return {"m": self.m, "v": self.v, "steps": self.steps}

    def load(self, state: Mapping[str, Any]) -> None:
        """Takes up the moments of `state`."""
        self.m, self.v, self.steps = state["m"], state["v"], state["steps"]


def _dot(x: Tensor, y: Tensor) -> float:
    """Inner product over all pixels, as a number.

    In double precision where the device has it: the square of a gradient of 1e-20 or 1e20 is not a float32.
    """
    return float(((x if x.device.type == "mps" else x.double()) * y).sum())
