"""Training a painter: pictures, a loss and a network in, a stream of steps out, as `course.synthesis.paint` gives them.

::

    painter = Painter(["swirls"])
    loss = Perceptual(vgg19(weights="slim", padding="replicate"), [style("swirls")])
    for step in train(painter, Corpus(gallery_photos()), loss, Plan(steps=400)):
        print(step.number, step.losses["style"])

The stream may be left at any step; what it was is in the painter. `Training.save` writes all that is needed to go on,
and a training that goes on ends with the same weights, to the bit, as one that was never interrupted: batches, styles
and rates depend on the number of the step alone. (On the same machine, with the same number of threads.)
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from course.errors import InputError
from course.files import StrPath, given_path, shown, write_atomically
from course.images import check_whole
from course.nets.feedforward import Painter
from course.nets.memory import keep_freed_memory
from course.synthesis import NotFiniteError
from course.training.corpus import Corpus
from course.training.perceptual import Perceptual

WARM_UP = 30  # steps
FULL_RATE = 0.4  # share of the steps after which the rate falls
LEAST_RATE = 0.02
LARGEST_GRADIENT = 1.0  # its norm: one bad batch shall not throw the painter off
FIRST_DECAY, SECOND_DECAY = 0.9, 0.99  # Adam's


@dataclass(frozen=True)
class Plan:
    """How a painter is trained.

    Attributes:
        steps: how many in all.
        side: of the crops, in pixels.
        count: of pictures in a batch.
        rate: the full learning rate.
        seed: of the order of the styles.
    """

    steps: int
    side: int = 96
    count: int = 4
    rate: float = 4e-3
    seed: int = 0

    def rate_at(self, number: int) -> float:
        """The learning rate of a step, counted from 1: it rises, stays, and falls as a cosine."""
        falling = max(0.0, (number / self.steps - FULL_RATE) / (1 - FULL_RATE))
        share = LEAST_RATE + (1 - LEAST_RATE) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, falling)))
        return self.rate * min(1.0, number / WARM_UP) * share


@dataclass(frozen=True)
class Lesson:
    """One step of a training.

    Attributes:
        number: of the step, from 1.
        of: how many are planned.
        loss: the weighted sum of the terms.
        losses: each term without its weight, by name.
        seconds: spent training so far, pauses left out, earlier sessions counted in.
    """

    number: int
    of: int
    loss: float
    losses: Mapping[str, float]
    seconds: float


Loss = Callable[[Tensor, Tensor], Tensor]


def training_step(
    net: Callable[[Tensor], Tensor], optimiser: torch.optim.Optimizer, photos: Tensor, loss: Loss
) -> float:
    """One step downhill: paint the photos, see how bad that is, and correct the weights a little.

    Args:
        net: photos [B, 3, H, W] -> paintings.
        optimiser: of the network's weights.
        photos: a batch, RGB in [0, 1].
        loss: paintings, photos -> scalar.

    Returns:
        The loss before the step.
    """
    optimiser.zero_grad()
    value = loss(net(photos), photos)
    torch.autograd.backward(value)
    optimiser.step()
    return value.item()


class CarefulAdam(torch.optim.Adam):
    """Adam that shortens a gradient whose norm is beyond `LARGEST_GRADIENT`."""

    def step(self, closure: Any = None) -> Any:
        """As Adam's."""
        nn.utils.clip_grad_norm_(self.param_groups[0]["params"], LARGEST_GRADIENT)
        return super().step(closure)


class Training(Iterator[Lesson]):
    """A training in progress: iterate over it for its steps. Made by `train`."""

    def __init__(
        self, painter: Painter, corpus: Corpus, loss: Perceptual, plan: Plan, step: Callable[..., float]
    ) -> None:
        check_whole(plan.steps, "the steps")
        self.painter, self.corpus, self.loss, self.plan, self.step = painter, corpus, loss, plan, step
        self.number = 0
        self.seconds = 0.0
        self.last: Lesson | None = None
        self.optimiser = CarefulAdam(painter.parameters(), lr=plan.rate, betas=(FIRST_DECAY, SECOND_DECAY))
        keep_freed_memory()

    def __next__(self) -> Lesson:
        if self.number >= self.plan.steps:
            raise StopIteration
        began = time.perf_counter()
        number = self.number + 1
        photos = self.corpus.batch(number, self.plan.count, self.plan.side)
        styles = self.styles_of(number)
        shares = torch.eye(len(self.painter.styles))[styles]
        self.optimiser.param_groups[0]["lr"] = self.plan.rate_at(number)
        with torch.inference_mode(False), torch.enable_grad():
            value = self.step(
                lambda batch: self.painter(batch, shares),
                self.optimiser,
                photos,
                lambda painted, batch: self.loss(painted, batch, styles),
            )
        if not math.isfinite(value):
            raise NotFiniteError("sum", None)
        self.number = number
        self.seconds += time.perf_counter() - began
        self.last = Lesson(number, self.plan.steps, value, dict(self.loss.losses), self.seconds)
        return self.last

    def styles_of(self, number: int) -> Tensor:
        """The style of each picture of a batch, [count]: all come by turns, shuffled anew each time."""
        count, total = self.plan.count, len(self.painter.styles)
        places = range((number - 1) * count, number * count)
        rounds = {place // total for place in places}
        orders = {
            turn: torch.randperm(total, generator=torch.Generator().manual_seed(self.plan.seed * 1_000_003 + turn))
            for turn in rounds
        }
        return torch.stack([orders[place // total][place % total] for place in places])

    def save(self, path: StrPath) -> None:
        """Writes all that is needed to go on, whole or not at all.

        Raises:
            InputError: if it cannot be written.
        """
        state = {
            "painter": self.painter.state_dict(),
            "styles": self.painter.styles,
            "optimiser": self.optimiser.state_dict(),
            "number": self.number,
            "seconds": self.seconds,
            "plan": asdict(self.plan),
        }
        buffer = io.BytesIO()
        torch.save(state, buffer)
        write_atomically(Path(path), buffer.getvalue())

    def resume(self, path: StrPath) -> None:
        """Goes on from what `save` wrote; the plan stays that of this training.

        Raises:
            InputError: if the file is missing, damaged, or of another painter.
        """
        path = given_path(path)
        try:
            state = torch.load(path, weights_only=True)
            if tuple(state["styles"]) != self.painter.styles:
                raise InputError(f"'{shown(path)}' was trained for {', '.join(state['styles'])}; choose another file")
            self.painter.load_state_dict(state["painter"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.number, self.seconds = state["number"], state["seconds"]
        except (OSError, RuntimeError, UnpicklingError, KeyError, TypeError, EOFError) as error:
            raise InputError(f"no training can go on from '{shown(path)}'; remove it to begin anew") from error


def train(
    painter: Painter,
    corpus: Corpus,
    loss: Perceptual,
    plan: Plan,
    step: Callable[..., float] = training_step,
) -> Training:
    """Trains a painter (Johnson et al., 1603.08155), step by step.

    Args:
        painter: it is changed with every step.
        corpus: what it learns to paint.
        loss: what is to be small, for the painter's styles in their order.
        plan: how long, and how.
        step: `training_step` or your own.

    Returns:
        An iterator of `Lesson` records, which can be saved and resumed.

    Raises:
        InputError: for an unusable plan.
        NotFiniteError: while training, when the loss becomes infinite or NaN.
    """
    return Training(painter, corpus, loss, plan, step)
