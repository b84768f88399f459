"""Many small paintings at once, each at its own point on its way: where a painter leads the student, it is to be right.

The painter of the course (`course.synthesis`) works on one picture, and leaves a graphics card idle. This one moves a
whole batch by one evaluation of the network. The objective of each picture and its memory are those of the course.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from course.nets.vgg import VGG
from course.objectives import style_transfer
from course.optimisers import LBFGS, LONGEST_STEP, PIXELS, TINY, InverseHessian

HISTORY = 10


@dataclass(frozen=True)
class Order:
    """The inputs of a batch of paintings: start, style and content, each [P, 3, H, W], and beta, [P]."""

    start: Tensor
    style: Tensor
    content: Tensor
    beta: Tensor


class BatchPainter:
    """Paintings side by side.

    Attributes:
        x: the paintings, [P, 3, H, W].
        order: what each is to become.
        age: evaluations that each has had, [P].
    """

    def __init__(self, order: Order) -> None:
        self.order = order
        self.x = order.start.clone()
        self.age = torch.zeros(len(order.beta), dtype=torch.long)
        self.memory = InverseHessian(HISTORY)

    def replace(self, where: list[int], order: Order) -> None:
        """Lets new paintings begin in the places `where`."""
        for mine, new in zip(vars(self.order).values(), vars(order).values(), strict=True):
            mine[where] = new
        self.x[where] = order.start
        self.age[where] = 0
        self.memory.forget(where)

    def advance(self, net: VGG, evaluations: int) -> None:
        """Each painting goes on by `evaluations`, of which some only shorten a step that was too long."""
        evaluate = self._objective(net)
        loss, gradient = evaluate(self.x)
        direction, slope, length = self._direction(gradient)
        for _ in range(evaluations):
            trial = self.x + _each(length) * direction
            trial_loss, trial_gradient = evaluate(trial)
            better = trial_loss <= loss + LBFGS.SUFFICIENT_DECREASE * length * slope
            s = torch.where(_each(better), trial - self.x, 0)
            y = torch.where(_each(better), trial_gradient - gradient, 0)
            self.memory.remember(s, y)
            self.x, gradient, loss = self.x + s, gradient + y, torch.where(better, trial_loss, loss)
            new_direction, new_slope, new_length = self._direction(gradient)
            direction = torch.where(_each(better), new_direction, direction)
            slope = torch.where(better, new_slope, slope)
            length = torch.where(better, new_length, length / 3)
        self.age += evaluations

    def _objective(self, net: VGG) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
        """Paintings [P, 3, H, W] -> the loss of each, [P], and its gradient, from one pass through the network."""
        order = self.order
        objectives = [
            style_transfer(net, content, style, beta=beta)
            for content, style, beta in zip(
                torch.split(order.content, 1), torch.split(order.style, 1), order.beta.tolist(), strict=True
            )
        ]

        def evaluate(x: Tensor) -> tuple[Tensor, Tensor]:
            x = x.detach().requires_grad_()
            features = net(x, objectives[0].layers)
            pictures = zip(*(F.split(1) for F in features.values()), strict=True)
            each = [one.of(dict(zip(features, F, strict=True))) for one, F in zip(objectives, pictures, strict=True)]
            loss = torch.stack([value.total for value in each])
            (gradient,) = torch.autograd.grad(loss.sum(), x)
            return loss.detach(), gradient

        return evaluate

    def _direction(self, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """-H gradient for each painting, its slope and the length to try; without memory where H leads uphill."""
        direction = -self.memory.times(gradient)
        if uphill := ((direction * gradient).sum(PIXELS) >= 0).nonzero().flatten().tolist():
            self.memory.forget(uphill)
            direction = -self.memory.times(gradient)
        length = (LONGEST_STEP / direction.abs().amax(PIXELS).clamp(min=TINY)).clamp(max=1)
        return direction, (direction * gradient).sum(PIXELS), length


def _each(numbers: Tensor) -> Tensor:
    """[P] -> [P, 1, 1, 1]."""
    return numbers.view(-1, 1, 1, 1)
