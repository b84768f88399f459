"""The slider alpha / beta over pictures that were painted beforehand, for machines too slow to paint live."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import ipywidgets as widgets
from torch import Tensor

from course.errors import InputError
from course.figures import Figure, pictures
from course.live.painting import LivePainting
from course.live.recipe import Recipe, default_net
from course.synthesis import Step
from course.widgets.controls import LEAST, MOST, ratio_ends, ratio_slider
from course.widgets.explorer import Explorer

RATIOS = tuple(10.0 ** (power / 2) for power in range(-4, 3))  # 0.01, 0.0316, ... 10; below, hardly anything changes


class RatioGrid(Explorer):
    """An `Explorer` with one slider, alpha / beta, over pictures painted beforehand. Made by `alpha_beta_grid`.

    Attributes:
        steps: the last step of each painting, by its ratio.
        ratio: of the picture that is shown: of those in `steps` the nearest to the slider, as powers of ten.
        step: the last step of that painting.
    """

    def __init__(self, steps: dict[float, Step], content: Tensor, style: Tensor, words: str) -> None:
        self.steps = steps
        self._given = content, style
        powers = [math.log10(ratio) for ratio in steps]
        apart = min((b - a for a, b in pairwise(powers)), default=0.5)
        slider = ratio_slider(list(steps)[len(steps) // 2], step=apart)
        slider.min, slider.max = powers[0], powers[-1]
        super().__init__(self._draw_nearest, ratio=slider)
        told = widgets.HTML(f"<b>Painted beforehand.</b> {words}")
        moved, picture = self.children
        self.children: tuple[widgets.Widget, ...] = (told, moved, ratio_ends(), picture)

    @property
    def step(self) -> Step:
        """The last step of the painting that is shown."""
        return self.steps[self.ratio]

    def _draw_nearest(self, ratio: float) -> tuple[Figure, str, float]:
        self.ratio = min(self.steps, key=lambda other: abs(math.log(other / ratio)))
        losses = self.step.losses
        figure = pictures(
            [*self._given, self.step.image],
            ["content", "style", f"alpha / beta = {self.ratio:.3g}"],
            alt=f"The content, the style, and the painting for alpha / beta {self.ratio:.3g}, painted beforehand",
        )
        return figure, f"content loss {losses['content']:.3g}, style loss", losses["style"]


def alpha_beta_grid(
    content: Tensor,
    style: Tensor,
    ratios: Sequence[float] = RATIOS,
    *,
    size: int = 96,
    steps: int = 40,
    **recipe: Any,
) -> RatioGrid:
    """Paints one picture for each ratio alpha / beta, here and now, and shows them under the slider of `LivePainter`.

    Each painting begins at the same start and takes the same number of steps.

    Args:
        content: the photo, [1, 3, H, W], RGB in [0, 1].
        style: the style picture, [1, 3, H', W'], RGB in [0, 1].
        ratios: alpha / beta of each painting, 0.001 to 10.
        size: longer side of the paintings, in pixels.
        steps: of each painting.
        recipe: anything else that `course.live.recipe.Recipe` has, by name, such as `statistic` and `total`.

    Raises:
        InputError: without ratios, for ratios outside 0.001 to 10, and for arguments that cannot be painted with.
    """
    ordered = sorted(set(ratios))
    if not ordered:
        raise InputError("a grid needs at least one ratio")
    if not 10**LEAST <= ordered[0] <= ordered[-1] <= 10**MOST:
        raise InputError(
            f"the ratios must be from {10**LEAST:g} to {10**MOST:g}, not {ordered[0]:g} to {ordered[-1]:g}"
        )
    if recipe.get("net") is None:
        recipe["net"] = default_net()
    painting = LivePainting(Recipe(content, style, size=size, steps=steps, draft=size, **recipe))
    painted: dict[float, Step] = {}
    for ratio in ordered:
        painting.wish(dataclasses.replace(painting.settings, ratio=ratio))
        painting.restart()
        while painting.advance() is not None:
            pass
        assert painting.step is not None
        painted[ratio] = painting.step
    words = (
        f"{len(painted)} pictures of {size} pixels, {steps} steps each from the same start; the slider only chooses."
    )
    return RatioGrid(painted, content, style, words)
