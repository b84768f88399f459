"""Many small paintings at once, each at its own point on its way: where a painter leads the student, it is to be right.

The painter of the course (`course.synthesis`) works on one picture, and leaves a graphics card idle. This one moves a
whole batch by one evaluation of the network, and gives each picture an L-BFGS memory and a step length of its own.
"""

from dataclasses import dataclass

import torch
from lesson import Targets, distances, targets
from torch import Tensor

from course.nets.vgg import VGG
from course.objectives import RANGE, TV

HISTORY = 10
SUFFICIENT_DECREASE = 1e-4
FIRST_STEP, LONGEST_STEP = 0.02, 1.0  # mean and largest change of a value, as in `course.optimisers`
TINY = 1e-20


@dataclass(frozen=True)
class Order:
    """What is to be painted: start, style and content, each [P, 3, H, W], and beta, [P]."""

    start: Tensor
    style: Tensor
    content: Tensor
    beta: Tensor


class Flock:
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
        self.pairs: list[tuple[Tensor, Tensor]] = []
        self.scale = torch.zeros_like(order.beta)  # of the inverse Hessian; 0 where nothing is known of it

    def replace(self, where: list[int], order: Order) -> None:
        """Lets new paintings begin in the places `where`."""
        for mine, new in zip(vars(self.order).values(), vars(order).values(), strict=True):
            mine[where] = new
        self.x[where] = order.start
        self.age[where] = 0
        self.scale[where] = 0
        for s, _ in self.pairs:
            s[where] = 0  # without curvature a pair says nothing

    def advance(self, net: VGG, evaluations: int) -> None:
        """Each painting goes on by `evaluations`, of which some only shorten a step that was too long."""
        wanted = targets(net, self.order.style, self.order.content)
        loss, gradient = self._evaluate(net, wanted, self.x)
        direction, slope, length = self._direction(gradient)
        for _ in range(evaluations):
            trial = self.x + _wide(length) * direction
            trial_loss, trial_gradient = self._evaluate(net, wanted, trial)
            better = trial_loss <= loss + SUFFICIENT_DECREASE * length * slope
            s = torch.where(_wide(better), trial - self.x, 0)
            y = torch.where(_wide(better), trial_gradient - gradient, 0)
            self._remember(s, y)
            self.x = self.x + s
            gradient = gradient + y
            loss = torch.where(better, trial_loss, loss)
            new_direction, new_slope, new_length = self._direction(gradient)
            direction = torch.where(_wide(better), new_direction, direction)
            slope = torch.where(better, new_slope, slope)
            length = torch.where(better, new_length, length / 3)
        self.age += evaluations

    def _evaluate(self, net: VGG, wanted: Targets, x: Tensor) -> tuple[Tensor, Tensor]:
        """The objective of `course.objectives.style_transfer` for each painting, [P], and its gradient."""
        x = x.detach().requires_grad_()
        far = distances(net(x, list(wanted.layers)), wanted)
        excess = (x - x.clamp(0, 1)).square().mean((1, 2, 3))
        variation = (x.diff(dim=2).square().sum((1, 2, 3)) + x.diff(dim=3).square().sum((1, 2, 3))) / x[0].numel()
        loss = far[:, -1] + self.order.beta * far[:, :-1].mean(1) + TV * variation + RANGE * excess
        (gradient,) = torch.autograd.grad(loss.sum(), x)
        return loss.detach(), gradient

    def _direction(self, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """-H gradient for each painting, its slope and the length to try; the plain gradient where H leads uphill."""
        plain = -gradient * _wide(FIRST_STEP / gradient.abs().mean((1, 2, 3)).clamp(min=TINY))
        known = self.scale > 0
        direction, shares = -gradient, []
        for s, y in reversed(self.pairs):
            curvature = _dot(s, y)
            inverse = torch.where(curvature > TINY, 1 / curvature.clamp(min=TINY), 0)
            share = _dot(s, direction) * inverse
            shares.append((share, inverse))
            direction = direction - _wide(share) * y
        direction = direction * _wide(self.scale)
        for (s, y), (share, inverse) in zip(self.pairs, reversed(shares), strict=True):
            direction = direction + _wide(share - _dot(y, direction) * inverse) * s
        downhill = known & (_dot(direction, gradient) < 0)
        direction = torch.where(_wide(downhill), direction, plain)
        length = (LONGEST_STEP / direction.abs().amax((1, 2, 3)).clamp(min=TINY)).clamp(max=1)
        return direction, _dot(direction, gradient), length

    def _remember(self, s: Tensor, y: Tensor) -> None:
        """Where a picture did not move, or its curvature is not positive, the pair is empty."""
        curvature = _dot(s, y)
        good = curvature > 1e-8 * (_dot(s, s) * _dot(y, y)).sqrt()
        s, y = torch.where(_wide(good), s, 0), torch.where(_wide(good), y, 0)
        self.scale = torch.where(good, curvature / _dot(y, y).clamp(min=TINY), self.scale)
        self.pairs = [*self.pairs, (s, y)][-HISTORY:]


def _wide(numbers: Tensor) -> Tensor:
    """[P] -> [P, 1, 1, 1]."""
    return numbers.view(-1, 1, 1, 1)


def _dot(a: Tensor, b: Tensor) -> Tensor:
    """Inner products of pictures, [P]."""
    return (a * b).sum((1, 2, 3))
