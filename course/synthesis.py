"""The painter: an objective and a picture in, a stream of steps out.

>>> from course import gallery
>>> from course.nets.weights import vgg19
>>> from course.objectives import style_transfer
>>> photo, painting = gallery.photo("cat", 64), gallery.style("swirls", 64)
>>> objective = style_transfer(vgg19(weights="slim", padding="replicate"), photo, painting)
>>> for step in paint(objective, start=photo, stages=coarse_to_fine(48, 4, smallest=32)):
...     print(f"step {step.number} of {step.of} at {step.size} pixels")
step 1 of 4 at 34 pixels
step 2 of 4 at 34 pixels
step 3 of 4 at 34 pixels
step 4 of 4 at 48 pixels
>>> step.image.shape  # for `images.save_image`
torch.Size([1, 3, 32, 48])

Whatever happens with the steps (a progress bar, a live plot, saving every tenth, stopping early) is up to the loop.
Style transfer, textures and reconstructions differ in their objective and their start, not in here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from course.errors import InputError
from course.images import FARTHEST, check_single, check_whole, fit, resized_shape
from course.nets.memory import keep_freed_memory
from course.objectives import Objective
from course.optimisers import LBFGS, Adam, Evaluate, Evaluation, Optimiser

OptimiserName = Literal["lbfgs", "adam"]

# Of the first stage, in pixels: its longer side, and what is the least for the shorter one, and for that of the style.
LONGER_SIDE, SHORTER_SIDE, STYLE_SIDE = 128, 64, 32


@dataclass(frozen=True)
class Stage:
    """A size to paint at, and for how long.

    Attributes:
        size: the longer side in pixels.
        steps: how many pictures this stage gives, the one that it starts from counted in.
        drafted: whether the draft objective is made small in it, in place of the objective itself.
    """

    size: int
    steps: int
    drafted: bool = False


@dataclass(frozen=True)
class Step:
    """The painting after one step. Nothing changes it afterwards.

    Attributes:
        number: of the step, from 1.
        of: how many steps are planned in all.
        size: longer side of the painting in this stage, in pixels.
        loss: the objective's value, the weighted sum of its terms.
        losses: each term without its weight, by name.
        seconds: spent painting so far, pauses between steps left out.
        drafted: whether loss and losses are those of the draft objective.
        picture: what the optimiser holds, [1, 3, H, W], RGB; values may lie somewhat outside [0, 1].
    """

    number: int
    of: int
    size: int
    loss: float
    losses: Mapping[str, float]
    seconds: float
    picture: Tensor
    drafted: bool = False

    @property
    def image(self) -> Tensor:
        """The painting to look at: `picture` clamped to [0, 1]."""
        return self.picture.clamp(0, 1)


class NotFiniteError(ArithmeticError):
    """A loss or its gradient became infinite or NaN, or the picture ran away, far beyond [0, 1].

    Attributes:
        term: the name of the term, "sum" (of all, weighted), "gradient" or "picture".
        last: the last good step, or None if there was none.
    """

    def __init__(self, term: str, last: Step | None) -> None:
        what = f"the {term}" if term in ("sum", "gradient", "picture") else f"the loss {term!r}"
        trouble = "runs away, far beyond [0, 1]," if term == "picture" else "is not finite"
        where = f"after step {last.number}" if last else "at the start"
        super().__init__(
            f"{what} {trouble} {where}; lower the weights or the learning rate, and look at the pictures that went in"
        )
        self.term = term
        self.last = last


def first_side(photo: Tensor, styles: Sequence[Tensor], scale: float = 1.0) -> int:
    """A good longer side of the first stage, in pixels, for `coarse_to_fine` and `draft_first`.

    About 128; larger where a picture is narrow or its strokes are fine, so that the deepest layer still sees something.

    Args:
        photo: [1, 3, H, W], of the size of the finished painting.
        styles: each [1, 3, h, w].
        scale: of the strokes, as in `course.objectives.style_transfer`.
    """
    narrow = max(SHORTER_SIDE * narrowness(photo), *(STYLE_SIDE * narrowness(style) / scale for style in styles))
    return math.ceil(max(LONGER_SIDE, min(narrow, max(photo.shape[2:]))))


def narrowness(picture: Tensor) -> float:
    """How many times longer than wide, or wider than long."""
    return max(picture.shape[2:]) / min(picture.shape[2:])


def coarse_to_fine(size: int, steps: int, smallest: int = 128, factor: float = 2**0.5) -> tuple[Stage, ...]:
    """Stages from about `smallest` up to `size`, each `factor` larger than the one before.

    Most steps fall where they are cheap. The composition and the large strokes settle while pictures are small;
    later stages add what is fine. With fewer steps than stages, the smallest sizes are left out.

    >>> [(stage.size, stage.steps) for stage in coarse_to_fine(256, 100)]
    [(128, 46), (181, 32), (256, 22)]

    Args:
        size: longer side of the finished painting, in pixels.
        steps: of all stages together. Each stage gets one, and stage k a share of the rest in proportion to
            1 / factor^k.
        smallest: about the longer side in the first stage.
        factor: from one stage to the next.

    Raises:
        InputError: if size, steps or smallest are not whole numbers of at least 1, or the factor is not above 1.
    """
    for value, name in ((size, "the size"), (steps, "the steps"), (smallest, "the smallest size")):
        check_whole(value, name)
    if not factor > 1:
        raise InputError(f"the factor between stages must be above 1, not {factor}")
    count = 1 + max(0, round(math.log(size / smallest, factor)))
    sizes = [round(size / factor**k) for k in reversed(range(min(count, steps)))]
    shares = [1 / factor**k for k in range(len(sizes))]
    counts = [1 + int((steps - len(sizes)) * share / sum(shares)) for share in shares]
    counts[0] += steps - sum(counts)
    return tuple(Stage(size, count) for size, count in zip(sizes, counts, strict=True))


def draft_first(size: int, steps: int, smallest: int = 64) -> tuple[Stage, ...]:
    """Half of the steps as drafts from about `smallest` up to `size`, the other half at `size` by the network itself.

    With a slim network for the drafts they cost about as much as three steps of the other half, and save 10 to 35 of
    them. Small pictures are left to the drafts: where the large network has painted them, it has to undo much of it.

    Args:
        size: longer side of the painting, in pixels.
        steps: of all stages together. A single one is not drafted.
        smallest: about the longer side of the first draft.

    Raises:
        InputError: as `coarse_to_fine` does.
    """
    check_whole(steps, "the steps")
    if (drafts := steps // 2) == 0:
        return coarse_to_fine(size, steps, size)
    stages = coarse_to_fine(size, drafts, min(smallest, size))
    return (*(Stage(stage.size, stage.steps, drafted=True) for stage in stages), Stage(size, steps - drafts))


class Painting(Iterator[Step]):
    """A painting in progress: iterate over it for its steps. Made by `paint`.

    Attributes:
        objective: its weights may be changed between two steps.
        stages: the plan.
        last: the latest step, None before the first.
    """

    def __init__(
        self,
        objective: Objective,
        start: Tensor,
        stages: Sequence[Stage],
        optimiser: OptimiserName,
        history: int,
        learning_rate: float,
        draft: Objective | None,
    ) -> None:
        self.objective = objective
        self.draft = draft
        # A copy, for the first step shows it and must not change with it; in float32, for half of that soon overflows.
        start = check_single(start, "the start").detach()
        with torch.inference_mode(False):
            self.start = start.to(torch.promote_types(start.dtype, torch.float32), copy=True)
        self.stages = tuple(stages)
        _check_stages(self.stages)
        if draft is None and any(stage.drafted for stage in self.stages):
            raise InputError("there are stages to be drafted, but no draft objective; see Objective.through")
        if not isinstance(optimiser, str) or optimiser not in ("lbfgs", "adam"):
            raise InputError(f"no optimiser {optimiser!r}; choose 'lbfgs' or 'adam'")
        check_whole(history, "the history")
        if not 0 < learning_rate < math.inf:
            raise InputError(f"the learning rate must be a positive number, not {learning_rate}")
        self.optimiser_name = optimiser
        self.history = history
        self.learning_rate = learning_rate
        self.last: Step | None = None
        self._number = 0
        self._stage = 0
        self._steps_of_stage = 0
        self._seconds = 0.0
        self._optimiser: Optimiser | None = None
        self._weights = dict(objective.weights)
        # Here, for every painting passes through here, whether of a command, a chapter or a slider.
        keep_freed_memory()

    def __next__(self) -> Step:
        began = time.perf_counter()
        self.objective.check_weights()
        with torch.inference_mode(False), torch.enable_grad():  # whatever the caller has switched off
            if not self._advanced():
                raise StopIteration
        assert self._optimiser is not None
        self._number += 1
        self._steps_of_stage += 1
        self._seconds += time.perf_counter() - began
        evaluation = self._optimiser.evaluation
        self.last = Step(
            number=self._number,
            of=sum(stage.steps for stage in self.stages),
            size=self.stages[self._stage].size,
            loss=evaluation.loss,
            losses=evaluation.losses,
            seconds=self._seconds,
            picture=self._optimiser.image,
            drafted=self.stages[self._stage].drafted,
        )
        return self.last

    def _advanced(self) -> bool:
        """See `_advance`. A StopIteration out of a student's function would look like a painting at its end."""
        try:
            return self._advance()
        except StopIteration as error:
            raise RuntimeError("the network, a loss or a statistic raised StopIteration") from error

    def _advance(self) -> bool:
        """Brings the optimiser to the next picture; False when the plan is fulfilled."""
        if self._optimiser is None:
            self._optimiser = self._begin(self.start, 0)
            return True
        # Whatever takes time may be stopped with Ctrl-C, and the painting continued: note what is done when it is done.
        if self.objective.weights != self._weights:
            weights = dict(self.objective.weights)
            self._optimiser.forget()
            self._weights = weights
        if self._steps_of_stage < self.stages[self._stage].steps and self._optimiser.step():
            return True
        if self._stage + 1 == len(self.stages):
            return False
        self._optimiser = self._begin(self._optimiser.image, self._stage + 1)
        self._stage += 1
        self._steps_of_stage = 0
        return True

    def _shape(self, stage: int) -> tuple[int, int]:
        height, width = self.start.shape[2:]
        return resized_shape(height, width, self.stages[stage].size)

    def _begin(self, picture: Tensor, stage: int) -> Optimiser:
        height, width = self._shape(stage)
        picture = fit(picture, height, width) if picture.shape[2:] != (height, width) else picture
        picture = picture.detach().contiguous(memory_format=torch.channels_last)
        drafted = self.stages[stage].drafted
        evaluate = self._evaluation(self.draft if drafted and self.draft else self.objective, height, width)
        if self.optimiser_name == "adam":
            return Adam(evaluate, picture, self.learning_rate)
        return LBFGS(evaluate, picture, self.history)

    def _evaluation(self, objective: Objective, height: int, width: int) -> Evaluate:
        """An objective at this size with its gradient, every number looked at."""
        value_of = objective.at(height, width)

        def evaluate(image: Tensor) -> Evaluation:
            if not float(image.abs().max()) <= FARTHEST:  # in this form it is also true for NaN
                raise NotFiniteError("picture", self.last)
            image = image.detach().requires_grad_()
            value = value_of(image)
            losses = {name: float(loss.detach()) for name, loss in value.losses.items()}
            for name, loss in losses.items():
                if not math.isfinite(loss):
                    raise NotFiniteError(name, self.last)
            total = float(value.total.detach())
            if not math.isfinite(total):
                raise NotFiniteError("sum", self.last)
            (gradient,) = torch.autograd.grad(value.total, image)
            if not math.isfinite(float(gradient.abs().sum())):
                raise NotFiniteError("gradient", self.last)
            return Evaluation(total, losses, gradient)

        return evaluate


def paint(
    objective: Objective,
    start: Tensor,
    stages: Sequence[Stage],
    optimiser: OptimiserName = "lbfgs",
    history: int = 20,
    learning_rate: float = 0.02,
    draft: Objective | None = None,
) -> Painting:
    """Minimises an objective over the pixels of a picture (Gatys et al., CVPR 2016, section 2.3), step by step.

    The same arguments give the same pictures on the same machine. Changing ``objective.weights`` between two steps is
    allowed; the optimiser then forgets what it learnt of the old objective. A stage ends early when no step improves
    the picture any more.

    Args:
        objective: what is to be small.
        start: where to begin, [1, 3, H, W], RGB: a photo, a painting, or `images.white_noise`, of any size: it is
            brought to that of the first stage. The painting keeps its aspect.
        stages: sizes and numbers of steps, see `coarse_to_fine`. Each goes on with the painting of the one before,
            enlarged; the last one's size is the finished painting's.
        optimiser: "lbfgs" or "adam".
        history: how many pairs L-BFGS remembers; each takes as much memory as two pictures.
        learning_rate: of Adam.
        draft: what is to be small in the stages that are drafted: `Objective.through` a quicker network.

    Returns:
        An iterator of `Step` records.

    Raises:
        InputError: for unusable arguments.
        NotFiniteError: while painting, when a loss is infinite or NaN; it names the term and holds the last good step.
    """
    return Painting(objective, start, stages, optimiser, history, learning_rate, draft)


def _check_stages(stages: Sequence[Stage]) -> None:
    if not stages:
        raise InputError("a painting needs at least one stage")
    for stage in stages:
        check_whole(stage.size, "the size of a stage")
        check_whole(stage.steps, "the steps of a stage")
