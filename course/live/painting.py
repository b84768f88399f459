"""A painting that follows its settings while they change. No thread and no widget in here.

Settings may be wished for at any time and from any thread: the newest wish overwrites the one before, so there is no
queue. The next step obeys it. It goes on from the picture as it is, small again at first, because a small picture
answers quickly, and then larger for as long as nobody wishes for something else. Where even that takes too long for a
hand that waits, a draft network, much quicker and less exact, paints first, and the network itself goes on from there.

In a style of the course it may begin with a picture that a trained painter makes at once. That one is not small, and
the optimiser refines it as it is.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor

from course.live.instant import at_once
from course.live.recipe import Recipe, Settings
from course.objectives import Objective, own_maps, style_transfer
from course.synthesis import Painting, Stage, Step, paint

FACTOR = 1.5  # from one size to the next, about
SHARE = 5  # each size before the last gets this part of the steps: blurred pictures are seen for seconds, not longer
# Above this size the network itself would give less than 8 pictures a second on one thread, so that drafts are painted
# by the draft network, from this size on, with this part of the steps.
DRAFTED_ABOVE = 128
DRAFT_SHARE = 4
HISTORY = 10  # pairs of L-BFGS: twice the pictures to keep, and no better after a few dozen steps
OBJECTIVES = 4  # kept, with their targets; one for each choice of layers


@dataclass(frozen=True)
class Wish:
    """Settings, and how often the painting was begun again from its start."""

    settings: Settings
    beginning: int = 0


@dataclass(frozen=True)
class Instant:
    """What a trained painter made of the photo, [1, 3, H, W] in [0, 1], and the seconds that it took."""

    image: Tensor = field(repr=False)
    seconds: float


class OvertakenError(Exception):
    """There is a newer wish: what is being evaluated will not be looked at."""


class LivePainting:
    """A style transfer that obeys the newest settings, step by step.

    Args:
        recipe: what it is made of. Its draft network paints the first `Recipe.steps` / `DRAFT_SHARE` steps after a
            change at sizes above `DRAFTED_ABOVE`.

    Attributes:
        step: the latest, None before the first. Its number counts from the latest change of the settings.
        painted: the settings that it obeyed.
        instant: the picture made at once, None before `paint_at_once`, and where there is none.

    Raises:
        InputError: for layers that the style cannot be compared in.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.start = recipe.first_picture()
        self.step: Step | None = None
        self.painted = recipe.settings
        self.instant: Instant | None = None
        self._instant_due = recipe.instant
        self._net, self._draft_net = recipe.net, recipe.draft_net
        self._wish = Wish(recipe.settings)
        self._obeyed: Wish | None = None
        self._answered = False  # whether the wish that is obeyed has had a picture
        self._beginning = 0
        self._first_size = recipe.draft
        self._painting: Painting | None = None
        self._objectives: OrderedDict[tuple[str, ...], tuple[Objective, Objective]] = OrderedDict()
        self._objectives_for(self.painted.layers)  # unusable layers are said now, and not when the painting has begun

    @property
    def settings(self) -> Settings:
        """The newest wish."""
        return self._wish.settings

    @property
    def picture(self) -> Tensor:
        """The painting as it is now, [1, 3, H, W], in [0, 1]; before the first step, what it starts from."""
        return self.step.image if self.step else self.start.clamp(0, 1)

    def paint_at_once(self) -> bool:
        """Makes the picture that the painting begins with, if the recipe has one and it is not made yet.

        The first step does so in any case; whoever wants to show it before that calls this.

        Returns:
            Whether there is a new picture to show.
        """
        if not self._instant_due:
            return False
        began = time.perf_counter()
        image = at_once(self.recipe.content, self.recipe.style, self.settings.size)
        self._instant_due = False
        if image is None:
            return False
        self.start, self.instant = image, Instant(image, time.perf_counter() - began)
        return True

    def wish(self, settings: Settings) -> None:
        """Sets what the next step is to obey. From any thread; a wish that was not yet obeyed is forgotten."""
        self._wish = Wish(settings, self._wish.beginning)

    def restart(self) -> None:
        """The next step begins again at the start."""
        self._wish = Wish(self._wish.settings, self._wish.beginning + 1)

    def advance(self) -> Step | None:
        """Paints one step that obeys the newest wish; None if there is nothing more to do for it.

        Raises:
            NotFiniteError: see `course.synthesis.paint`; and whatever the statistic or the total raises.
        """
        while True:
            try:
                return self.attempt()
            except OvertakenError:
                continue

    def attempt(self) -> Step | None:
        """As `advance`, but it gives up when a newer wish comes, and does not yet obey that one.

        Raises:
            OvertakenError: if it gave up.
            Exception: as `advance` does.
        """
        try:
            if self._wish != self._obeyed:
                self._obey(self._wish)
            assert self._painting is not None and self._obeyed is not None
            settings = self._obeyed.settings
            step = next(self._painting, None)
        except OvertakenError:
            raise
        except BaseException:
            self._obeyed = None  # the next attempt begins with a plan of its own, from the last good picture
            raise
        if step is not None:
            self.step, self.painted, self._answered = step, settings, True
        return step

    def _obey(self, wish: Wish) -> None:
        """A new plan for a new wish, from the picture as it is."""
        self.paint_at_once()
        before, self._obeyed, self._answered = self._obeyed, None, False
        if wish.beginning != self._beginning:
            self.step, self._beginning = None, wish.beginning
        settings = wish.settings
        objective, draft = self._objectives_for(settings.layers)
        objective.weights.update(content=settings.alpha, style=settings.beta, tv=settings.tv)
        first = self.step is None
        stages = self._plan(before.settings if before else None, settings)
        self._first_size = stages[0].size
        start = self.step.picture if self.step else self.start
        self._painting = paint(objective, start, stages, history=HISTORY, draft=draft)
        self._obeyed = wish
        if not first:
            next(self._painting)  # the old picture at its new size: nothing has been painted in it yet

    def _plan(self, before: Settings | None, after: Settings) -> tuple[Stage, ...]:
        """Sizes and steps from the draft to the chosen size, or, if only the size has changed, from the present one."""
        smallest = self.recipe.draft
        if self.step is None and self.instant:
            smallest = after.size
        elif self.step and before and before != after and (before.ratio, before.tv, before.layers) == (
            after.ratio, after.tv, after.layers,
        ):  # fmt: skip
            smallest = self.step.size
        steps, drafts = self.recipe.steps, self.recipe.steps // DRAFT_SHARE
        if self._draft_net is None or after.size <= DRAFTED_ABOVE or not drafts:
            return _grow(smallest, after.size, steps)
        stages = _grow(max(smallest, DRAFTED_ABOVE), after.size, drafts)
        return (*(dataclasses.replace(stage, drafted=True) for stage in stages), Stage(after.size, steps - drafts))

    def _objectives_for(self, layers: tuple[str, ...]) -> tuple[Objective, Objective]:
        """The objective, and the same through the draft network."""
        if layers not in self._objectives:
            recipe = self.recipe
            objective = style_transfer(
                partial(self._watched, False), recipe.content, recipe.style, layers=layers, statistic=recipe.statistic,
                total=recipe.total,
            )  # fmt: skip
            self._objectives[layers] = objective, objective.through(partial(self._watched, True))
        self._objectives.move_to_end(layers)
        while len(self._objectives) > OBJECTIVES:
            self._objectives.popitem(last=False)
        return self._objectives[layers]

    def _watched(self, drafted: bool, image: Tensor, layers: Sequence[str], /) -> dict[str, Tensor]:
        """A network that gives up in the middle of a picture that nobody waits for any more.

        But every wish that was begun gets one picture at the draft size: else a hand that does not rest would stop
        every evaluation, and see nothing.
        """
        self._give_up_if_overtaken(image)
        net = self._draft_net if drafted and self._draft_net else self._net
        features = own_maps(net, image, layers)
        self._give_up_if_overtaken(image)
        if torch.is_grad_enabled():
            for name, maps in features.items():
                if name != "image" and maps.requires_grad:
                    maps.register_hook(lambda _: self._give_up_if_overtaken(image))  # type: ignore[no-untyped-call]
        return features

    def _give_up_if_overtaken(self, image: Tensor) -> None:
        overtaken = self._obeyed is not None and self._wish != self._obeyed
        if overtaken and (self._answered or max(image.shape[2:]) > self._first_size):
            raise OvertakenError


def _grow(smallest: int, size: int, steps: int) -> tuple[Stage, ...]:
    """Stages from `smallest` to `size`; each before the last has one part in `SHARE` of the steps."""
    smallest = min(smallest, size)
    intervals = round(math.log(size / smallest, FACTOR))
    share = max(1, steps // SHARE)
    intervals = min(intervals, (steps - 1) // share)
    sizes = [round(size * (smallest / size) ** (k / intervals)) for k in range(intervals, 0, -1)]
    return (*(Stage(size, share) for size in sizes), Stage(size, steps - share * intervals))
