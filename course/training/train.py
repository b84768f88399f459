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

import copy
import io
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from course.errors import InputError
from course.files import StrPath, given_path, shown, write_atomically
from course.images import check_whole
from course.nets.feedforward import DAMAGE, Painter
from course.nets.memory import keep_freed_memory
from course.synthesis import NotFiniteError
from course.training.corpus import Corpus
from course.training.perceptual import Perceptual

WARM_UP = 30  # steps
FULL_RATE = 0.4  # share of the steps after which the rate falls
LEAST_RATE = 0.02
LARGEST_GRADIENT = 1.0  # its norm: one bad batch shall not throw the painter off
FIRST_DECAY, SECOND_DECAY = 0.9, 0.99  # Adam's
# So many times as fast as the filters learns what belongs to a style alone: its numbers are ten times as large, and
# with many styles each is seen seldom. At the same rate, twenty styles look alike after 400 steps.
STYLE_RATE = 8
# The judge sees each batch moved by 0 to 7 pixels, up and to the left. Its poolings take squares of 2, 4 and 8 pixels,
# and the painter's enlargements begin at the same places: unmoved, it learns to please them with lines of period 4.
SHIFTS = 8


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

    def lasting(self, seconds: float, of_one: float) -> Plan:
        """The same plan with as many steps as fit into so many seconds, at so many for one of them."""
        return replace(self, steps=max(1, round(seconds / of_one)))

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
        nn.utils.clip_grad_norm_([one for group in self.param_groups for one in group["params"]], LARGEST_GRADIENT)
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
        of_styles = [one for name, one in painter.named_parameters() if name.endswith(("gammas", "betas"))]
        shared = [one for name, one in painter.named_parameters() if not name.endswith(("gammas", "betas"))]
        self.optimiser = CarefulAdam([{"params": shared}, {"params": of_styles}], betas=(FIRST_DECAY, SECOND_DECAY))
        self._before: tuple[Any, Any] | None = None  # a step that is not finished, to undo it
        keep_freed_memory()

    def __next__(self) -> Lesson:
        if self.number >= self.plan.steps:
            raise StopIteration
        began = time.perf_counter()
        self._undo()
        self._before = copy.deepcopy((self.painter.state_dict(), self.optimiser.state_dict()))
        number = self.number + 1
        for group, share in zip(self.optimiser.param_groups, (1, STYLE_RATE), strict=True):
            group["lr"] = share * self.plan.rate_at(number)
        with torch.inference_mode(False), torch.enable_grad():
            photos = self.corpus.batch(number, self.plan.count, self.plan.side)
            styles = self.styles_of(number)
            shares = torch.eye(len(self.painter.styles))[styles]
            down, right = self._shift(number)
            value = self.step(
                lambda batch: self.painter(batch, shares),
                self.optimiser,
                photos,
                lambda painted, batch: self.loss(painted[..., down:, right:], batch[..., down:, right:], styles),
            )
        if not math.isfinite(value):
            raise NotFiniteError("sum", None)
        self.number, self._before = number, None
        self.seconds += time.perf_counter() - began
        self.last = Lesson(number, self.plan.steps, value, dict(self.loss.losses), self.seconds)
        return self.last

    def _shift(self, number: int) -> list[int]:
        """By how many rows and columns a batch is moved before it is judged."""
        random = torch.Generator().manual_seed(self.plan.seed * 1_000_003 + number)
        shift: list[int] = torch.randint(SHIFTS, (2,), generator=random).tolist()
        return shift

    def _undo(self) -> None:
        """Ctrl-C may have come when half of the weights were corrected."""
        if self._before:
            self.painter.load_state_dict(self._before[0])
            self.optimiser.load_state_dict(self._before[1])
            self._before = None

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

    @property
    def settings(self) -> dict[str, Any]:
        """All that decides what the painter becomes, but for the number of steps."""
        plan = asdict(self.plan)
        del plan["steps"]
        return {
            "styles": {"names": self.painter.styles, "pictures": self.loss.fingerprint},
            "photos": {"pictures": self.corpus.fingerprint, "seed": self.corpus.seed},
            "network": {"width": self.painter.width, "blocks": self.painter.blocks},
            "weights": asdict(self.loss.weights),
            "plan": plan,
        }

    def save(self, path: StrPath) -> None:
        """Writes all that is needed to go on, whole or not at all.

        Raises:
            InputError: if it cannot be written.
        """
        self._undo()
        state = {
            "painter": self.painter.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "number": self.number,
            "seconds": self.seconds,
            "steps": self.plan.steps,
            "settings": self.settings,
        }
        buffer = io.BytesIO()
        torch.save(state, buffer)
        write_atomically(given_path(path), buffer.getvalue())

    def resume(self, path: StrPath) -> None:
        """Goes on from what `save` wrote. How many steps there are in all is for the plan of this training to say.

        Raises:
            InputError: if the file is missing or damaged, or that training was another one.
        """
        state = read_state(path)
        for name, value in self.settings.items():
            if state["settings"][name] != value:
                raise InputError(
                    f"'{shown(given_path(path))}' was begun with other {name}; give the same, or choose another file"
                )
        self.painter.load_state_dict(state["painter"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.number, self.seconds = state["number"], state["seconds"]


def read_state(path: StrPath) -> dict[str, Any]:
    """What `Training.save` wrote: the number of the last step as "number", that of all steps as "steps", and more.

    Raises:
        InputError: if the file is missing or damaged.
    """
    path = given_path(path)
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True)
        missing = {"painter", "optimiser", "number", "seconds", "steps", "settings"} - set(state)
    except DAMAGE as error:
        raise InputError(f"no training can go on from '{shown(path)}'; remove it to begin anew") from error
    if missing:
        raise InputError(f"'{shown(path)}' is no unfinished training; choose another file")
    return state


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
