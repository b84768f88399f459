"""Two ways to move a picture downhill, one step at a time: L-BFGS and Adam.

Both are told how to evaluate a picture and hold the current one with its evaluation. ``step()`` moves it.
``forget()`` drops what was learnt about a function that is no longer minimised:

>>> def evaluate(image):  # half of the squared distance from grey, and its gradient
...     return Evaluation(float((image - 0.5).square().sum() / 2), {}, image - 0.5)
>>> optimiser = LBFGS(evaluate, torch.zeros(1, 3, 2, 2))
>>> while optimiser.step():
...     print(f"{optimiser.evaluation.loss:.4f}")
1.3824
0.0000
0.0000
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

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
FIRST_STEP = 0.02  # mean absolute change of a value, in units of the picture, whose range is 1
LONGEST_STEP = 1.0  # largest change of a value: a step far beyond that trusts its parabola too much
PIXELS = (1, 2, 3)  # the axes of one picture in a batch [B, 3, H, W]

Evaluate = Callable[[Tensor], Evaluation]


class Optimiser(Protocol):
    """The interface that the painter needs of an optimiser.

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


class InverseHessian:
    """The memory of L-BFGS: what past steps tell of the curvature, for each picture of a batch by itself.

    The inverse Hessian H has as many rows and columns as a picture has values, and is never written out. It is made of
    pairs: a step s, and the change y of the gradient along it (Nocedal & Wright, *Numerical Optimization*, equation
    7.19). Inner products are taken picture by picture, so pictures do not mix. Where a pair tells nothing of a picture,
    its curvature s.y is set to infinity there: whatever is divided by it drops out.

    Args:
        history: how many pairs are kept; each takes as much memory as two pictures.
        first_step: mean absolute value of H gradient while no curvature is known.
    """

    SMALLEST_ANGLE = 1e-8

    def __init__(self, history: int = 20, first_step: float = FIRST_STEP) -> None:
        self.history = history
        self.first_step = first_step
        self.clear()

    def clear(self) -> None:
        """Drops all pairs of all pictures."""
        self.pairs: list[tuple[Tensor, Tensor, Tensor]] = []  # s, y: [B, 3, H, W], and s.y: [B]; oldest first
        self.scale: Tensor | None = None  # s.y / y.y of the latest pair of each picture, [B]; 0 where there is none

    def forget(self, pictures: list[int]) -> None:
        """Drops the pairs of these pictures of the batch."""
        for _, _, curvature in self.pairs:
            curvature[pictures] = math.inf
        if self.scale is not None:
            self.scale[pictures] = 0

    def times(self, gradient: Tensor) -> Tensor:
        """H gradient by the two-loop recursion (algorithm 7.4), [B, 3, H, W].

        Of a picture without a pair it is the gradient, scaled to `first_step`.
        """
        product, shares = gradient, []
        for s, y, curvature in reversed(self.pairs):
            shares.append(_dot(s, product) / curvature)
            product = torch.addcmul(product, _each(-shares[-1], y), y)
        scale = self.first_step / _precise(gradient.abs().mean(PIXELS)).clamp(min=TINY)
        if self.scale is not None:
            scale = torch.where(self.scale == 0, scale, self.scale)
        product = product * _each(scale, product)
        for (s, y, curvature), share in zip(self.pairs, reversed(shares), strict=True):
            product = torch.addcmul(product, _each(share - _dot(y, product) / curvature, s), s)
        return product

    def remember(self, s: Tensor, y: Tensor) -> None:
        """Takes in a step and the change of the gradient along it, [B, 3, H, W] each.

        A pair is judged by the angle between s and y, not by the size of s.y: a small loss is as good as a large one.
        """
        S, Y = _precise(s), _precise(y)
        curvature, square = _dot(S, Y), _dot(Y, Y)
        useful = curvature > self.SMALLEST_ANGLE * (_dot(S, S) * square).sqrt()
        if useful.any():
            before = torch.zeros_like(curvature) if self.scale is None else self.scale
            self.scale = torch.where(useful, curvature / square, before)
            self.pairs = [*self.pairs, (s, y, curvature.masked_fill(~useful, math.inf))][-self.history :]


class LBFGS:
    """Limited-memory BFGS (Nocedal & Wright, *Numerical Optimization*, algorithm 7.5).

    It differs from ``torch.optim.LBFGS`` where that one silently stands still: `InverseHessian` judges a pair by an
    angle, so that a small loss is as good as a large one; there are no tolerances; and a step costs one evaluation
    unless the loss would rise, when it is shortened (Armijo's condition) instead of searched for on both sides.

    Args:
        evaluate: the objective with its gradient.
        image: where to start, [1, 3, H, W].
        history: how many pairs (s, y) are kept; each takes as much memory as two pictures.
        first_step: mean absolute change of a value in the first step, when no curvature is known yet.
        longest_step: most that any value may change in one step.
    """

    SUFFICIENT_DECREASE = 1e-4
    MOST_TRIALS = 20

    def __init__(
        self,
        evaluate: Evaluate,
        image: Tensor,
        history: int = 20,
        first_step: float = FIRST_STEP,
        longest_step: float = LONGEST_STEP,
    ) -> None:
        self.evaluate = evaluate
        self.image = image
        self.evaluation = evaluate(image)
        self.memory = InverseHessian(history, first_step)
        self.longest_step = longest_step

    def step(self) -> bool:
        """One quasi-Newton step, shortened until the loss falls. False if no step makes it fall."""
        if self._descend():
            return True
        if not self.memory.pairs:
            return False
        self.memory.clear()  # a stale memory can point uphill; the plain gradient cannot
        return self._descend()

    def _descend(self) -> bool:
        direction = -self.memory.times(self.evaluation.gradient)
        slope = float(_dot(direction, self.evaluation.gradient))
        if not slope < 0:
            return False
        length = min(1.0, self.longest_step / max(float(direction.abs().max()), TINY))
        for _ in range(self.MOST_TRIALS):
            image = self.image + length * direction
            evaluation = self.evaluate(image)
            rise = evaluation.loss - self.evaluation.loss - length * slope
            if evaluation.loss <= self.evaluation.loss + self.SUFFICIENT_DECREASE * length * slope:
                self.memory.remember(image - self.image, evaluation.gradient - self.evaluation.gradient)
                self.image, self.evaluation = image, evaluation
                return True
            # The parabola through both losses and the slope has its minimum here; keep it between 1/10 and 1/2.
            minimum = -slope * length**2 / (2 * rise)
            length = min(max(minimum, 0.1 * length), 0.5 * length)
        return False

    def forget(self) -> None:
        """Drops all pairs: they tell of another function."""
        self.evaluation = self.evaluate(self.image)
        self.memory.clear()


class Adam:
    """Adam (Kingma & Ba, 1412.6980, algorithm 1), which takes steps of about `learning_rate` in every pixel.

    The same numbers as ``torch.optim.Adam``, which takes seconds to import and changes its tensors in place, so that
    a picture that was shown would change with them.

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
        # Only now: an evaluation that Ctrl-C stops leaves everything unchanged.
        self.image, self.evaluation, self.m, self.v, self.steps = image, evaluation, m, v, t
        return True

    def forget(self) -> None:
        """Starts with moments of zero."""
        self.evaluation = self.evaluate(self.image)
        self.m, self.v, self.steps = torch.zeros_like(self.image), torch.zeros_like(self.image), 0


def _dot(x: Tensor, y: Tensor) -> Tensor:
    """Inner product of each picture of a batch with its like: [B, 3, H, W] twice -> [B].

    In the two loops one of them is in units of the picture, so that no product leaves the range of float32.
    """
    return (x * y).sum(PIXELS)


def _precise(x: Tensor) -> Tensor:
    """x in double precision where the device has it: the square of a gradient of 1e-20 or 1e20 is not a float32."""
    return x if x.device.type == "mps" else x.double()


def _each(numbers: Tensor, pictures: Tensor) -> Tensor:
    """A number for each picture, [B], to multiply pictures [B, 3, H, W] by, in their precision: [B, 1, 1, 1]."""
    return numbers.to(pictures.dtype).view(-1, 1, 1, 1)
