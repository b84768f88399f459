"""Shared by the tests of the painter: a network small enough to paint with a thousand times."""

from dataclasses import dataclass

import torch
from torch.nn import functional

from course.images import white_noise
from course.objectives import Objective, content, in_range, style, total_variation
from course.synthesis import Stage, paint

LAYERS = ("relu1_1", "relu2_1")


@dataclass(frozen=True)
class Call:
    """How a network was called: with a picture of this height and width, for these layers, with gradients or not."""

    shape: tuple[int, int]
    layers: tuple[str, ...]
    gradients: bool


class SmallNetwork:
    """Two convolutions with random weights, of 6 and 8 channels, with a pooling between. It notes how it is called."""

    def __init__(self, dtype=torch.float32):
        generator = torch.Generator().manual_seed(0)
        self.first = torch.randn(6, 3, 3, 3, generator=generator).to(dtype)
        self.second = torch.randn(8, 6, 3, 3, generator=generator).to(dtype) / 3
        self.calls = []

    def __call__(self, image, layers):
        self.calls.append(Call(tuple(image.shape[2:]), tuple(layers), torch.is_grad_enabled()))
        features = {"image": image}
        features["conv1_1"] = functional.conv2d(image - 0.5, self.first, padding=1)
        features["relu1_1"] = functional.relu(features["conv1_1"])
        pooled = functional.avg_pool2d(features["relu1_1"], 2, ceil_mode=True)
        features["conv2_1"] = functional.conv2d(pooled, self.second, padding=1)
        features["relu2_1"] = functional.relu(features["conv2_1"])
        return {name: features[name] for name in ("image", *layers)}


def picture(height, width, seed=0, dtype=torch.float32):
    """Smooth waves of colour in [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 5, 4, generator=generator, dtype=torch.float64)
    return functional.interpolate(coarse, (height, width), mode="bilinear", align_corners=True).to(dtype)


STAGES = (Stage(12, 3), Stage(17, 3), Stage(24, 2))


def an_objective(net=None, dtype=torch.float32):
    terms = [
        content(picture(30, 24, 1, dtype), "relu2_1"),
        style(picture(20, 32, 2, dtype), LAYERS),
        total_variation(),
        in_range(),
    ]
    return Objective(net or SmallNetwork(dtype), terms, {"style": 5, "tv": 0.2})


def a_painting(objective=None, start=None, stages=STAGES, **options):
    start = white_noise(18, 14) if start is None else start
    return paint(objective or an_objective(), start, stages, **options)


def same(steps, others):
    """Bit by bit, but for the time that it took."""
    steps, others = list(steps), list(others)
    return len(steps) == len(others) and all(
        torch.equal(a.picture, b.picture)
        and (a.number, a.of, a.size, a.loss, a.losses) == (b.number, b.of, b.size, b.loss, b.losses)
        for a, b in zip(steps, others, strict=True)
    )
