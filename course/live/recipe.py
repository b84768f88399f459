"""The parts of a live painting: the pictures, the network, the losses to minimise, and where it begins."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from torch import Tensor

from course.errors import InputError
from course.images import check_given, check_single, check_whole, fit, resized_shape, white_noise
from course.losses import gram, total_loss
from course.nets.weights import Weights, vgg19
from course.objectives import ALPHA, BETA, STYLE_LAYERS, TV, FeatureNetwork, Statistic

Total = Callable[[Tensor, Tensor, float, float], Tensor]
Start = Literal["content", "noise"] | Tensor

SUM = ALPHA + BETA  # alpha + beta, whatever their ratio: total variation then weighs the same at either end
RATIO = 10**-0.85  # a place of the slider, as good as ALPHA / BETA
DRAFT = 64  # pixels: the answer to a move is seen after 0.2 s on two cores, with 80 it takes 0.3 s
STEPS = 150


@dataclass(frozen=True)
class Settings:
    """The values of the sliders.

    Attributes:
        ratio: alpha / beta, the weight of the content over that of the style. Their sum stays `SUM`.
        tv: weight of the total variation.
        layers: of the style.
        size: longer side of the painting, in pixels, to which it grows while the sliders rest.
    """

    ratio: float
    tv: float
    layers: tuple[str, ...]
    size: int

    @property
    def alpha(self) -> float:
        """Weight of the content: `SUM` * ratio / (1 + ratio)."""
        return SUM * self.ratio / (1 + self.ratio)

    @property
    def beta(self) -> float:
        """Weight of the style: `SUM` / (1 + ratio)."""
        return SUM / (1 + self.ratio)

    def looks_like(self, other: Settings) -> bool:
        """Whether nobody would see the difference: pages send a ratio back that differs in its last digits."""
        close = math.isclose(self.ratio, other.ratio, rel_tol=0.005)
        return close and dataclasses.replace(self, ratio=other.ratio) == other


@cache
def default_net(weights: Weights = "oxford") -> FeatureNetwork:
    """VGG-19 with replicated borders, as quick as this processor has it; one of each kind for all paintings."""
    return vgg19(weights=weights, padding="replicate", precision="auto")


@dataclass(frozen=True, eq=False)
class Recipe:
    """A style transfer that can be painted live, in full.

    `course.widgets.LivePainter` and `course.widgets.alpha_beta_grid` take these by name.

    Attributes:
        content: the photo, [1, 3, H, W], RGB in [0, 1].
        style: the style picture, [1, 3, H', W'], RGB in [0, 1].
        net: the network of the features; if left out, VGG-19 with replicated borders, in half precision where the
            processor multiplies that itself (`course.nets.precision`).
        draft_net: a quicker one, which paints the first steps after a change at sizes above
            `course.live.painting.DRAFTED_ABOVE`; None if `net` paints everything.
        statistic: what describes a style, feature maps [B, N, H, W] -> [B, ...]: the Gram matrix, or your own.
        total: content loss, style loss, alpha, beta -> their sum: `course.losses.total_loss`, or your own.
        ratio: alpha / beta to begin with, 0.001 to 10. Losses are in relative units and alpha + beta stays `SUM`, 8, so
            that total variation weighs the same for every ratio.
        tv: weight of the total variation to begin with, 0 to 20.
        layers: style layers to begin with, of `course.objectives.STYLE_LAYERS`.
        size: longer side of the painting to begin with, in pixels.
        draft: longer side, in pixels, with which the answer to a change begins.
        steps: most steps after a change; then the painting rests.
        start: "content", "noise" or a picture [1, 3, H'', W'']: what the painting is at first, and again after Restart.
        instant: whether, in place of that, it begins with what the painter of the course's styles makes of the photo at
            once, if `style` is one of these (`course.live.instant`).
        seed: of the noise.

    Raises:
        InputError: for what cannot be painted with.
    """

    content: Tensor = field(repr=False)
    style: Tensor = field(repr=False)
    net: FeatureNetwork = field(default_factory=default_net, repr=False)
    draft_net: FeatureNetwork | None = field(default=None, repr=False)
    statistic: Statistic = gram
    total: Total = total_loss
    ratio: float = RATIO
    tv: float = TV
    layers: Sequence[str] = STYLE_LAYERS
    size: int = 128
    draft: int = DRAFT
    steps: int = STEPS
    start: Start = field(default="content", repr=False)
    instant: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for value, name in ((self.draft, "the draft size"), (self.steps, "the steps")):
            check_whole(value, name)
        for function, name in ((self.statistic, "statistic"), (self.total, "total")):
            if not callable(function):
                raise InputError(f"{name} must be a function, not {function!r}")
        check_given(self.content, "the content picture")
        check_given(self.style, "the style picture")
        self.first_picture()

    @property
    def settings(self) -> Settings:
        """The initial values of the sliders."""
        return Settings(self.ratio, self.tv, tuple(self.layers), self.size)

    def first_picture(self) -> Tensor:
        """The picture that painting starts from, [1, 3, H, W], of the content's shape or, for noise, the draft's."""
        height, width = self.content.shape[2:]
        if isinstance(self.start, Tensor):
            return fit(check_single(self.start, "the start"), height, width)
        if self.start == "content":
            return self.content
        if self.start == "noise":
            return white_noise(*resized_shape(height, width, self.draft), seed=self.seed)
        raise InputError(f"the start must be 'content', 'noise' or a picture, not {self.start!r}")
