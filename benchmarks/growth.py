"""How the cost of one evaluation grows with the picture: it should be in proportion to its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from benchmarks.evaluation import alternate, painter, shape
from course.nets.weights import vgg19

SIZES = (128, 192, 256, 384, 512, 768, 1024)
ROUNDS = 5


@dataclass(frozen=True)
class Cost:
    """One evaluation of the painter's objective at one size: seconds of every round."""

    height: int
    width: int
    seconds: list[float]

    @property
    def megapixels(self) -> float:
        return self.height * self.width / 1e6

    @property
    def per_megapixel(self) -> float:
        """Seconds, the median of all rounds. The same at every size, if the cost is in proportion to the pixels."""
        return float(np.median(self.seconds)) / self.megapixels


def measure_growth(sizes: Sequence[int] = SIZES, rounds: int = ROUNDS, device: str = "cpu") -> list[Cost]:
    """Times evaluations of 4:3 pictures whose longer sides are `sizes`, in turn, round after round.

    A disturbance then falls on all sizes. The first rounds do not count, see `benchmarks.evaluation.alternate`.
    """
    net = vgg19(padding="replicate").to(device)
    evaluations = {str(size): painter(net, *shape(size)) for size in sizes}
    seconds = alternate(evaluations, rounds, torch.device(device), f"{device}, growth")
    return [Cost(*shape(size), seconds[str(size)]) for size in sizes]


def exponent(costs: Sequence[Cost]) -> float:
    """k in seconds ~ pixels^k, by least squares on logarithms: 1 is in proportion, above 1 grows faster.

    It needs at least two sizes.
    """
    pixels = np.log([cost.megapixels for cost in costs])
    seconds = np.log([np.median(cost.seconds) for cost in costs])
    return float(np.polyfit(pixels, seconds, 1)[0])
