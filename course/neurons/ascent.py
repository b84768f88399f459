"""Uphill: change a picture, or what a picture is made from, until a score of it is high."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from course.errors import InputError
from course.images import check_whole
from course.nets.memory import keep_freed_memory
from course.nets.vgg import VGG

Score = Callable[[Tensor], Tensor]
LEAST = 1e-20  # a gradient of this root mean square, or less, says nothing


def climb(score: Score, picture: Tensor, steps: int, step_size: float) -> Iterator[Tensor]:
    """Gradient ascent, step by step: each step is as long as the one before, however steep the score is there.

    The gradient is divided by its root mean square, so that every number moves by `step_size` on average, and a score
    times 1000 leads to the same picture (Google's DeepDream of 2015 divides by the mean absolute value).

    Args:
        score: one number for a tensor like `picture`, differentiable.
        picture: where to begin; any tensor of floats. It is not modified.
        steps: how many.
        step_size: root mean square of each step.

    Yields:
        The picture after each step, a new tensor each time.

    Raises:
        InputError: if steps is not a whole number of at least 0, the step size no positive number, or the score none.
        ArithmeticError: if the gradient is infinite or NaN.
    """
    check_whole(steps, "the steps", least=0)
    check_step_size(step_size)
    keep_freed_memory()
    x = picture.detach()
    for number in range(1, steps + 1):
        x = step_uphill(score, x, step_size, number)
        yield x


def check_step_size(step_size: float) -> None:
    """Raise InputError unless it is a positive number."""
    if not 0 < step_size < math.inf:
        raise InputError(f"the step size must be a positive number, not {step_size}")


def step_uphill(score: Score, x: Tensor, step_size: float, number: int = 1) -> Tensor:
    """One step of `climb`; `number` is for what is said if it fails."""
    with torch.inference_mode(False), torch.enable_grad():  # whatever the caller has switched off
        x = x.clone().requires_grad_(True)
        value = score(x)
        if value.numel() != 1:
            raise InputError(f"a score is one number, not {list(value.shape)}; sum it up, or take the mean")
        (gradient,) = torch.autograd.grad(value.sum(), x)
    size = float(gradient.square().mean().sqrt())
    if not math.isfinite(size):
        raise ArithmeticError(f"the gradient of the score is not finite at step {number}; take a smaller step size")
    return x.detach() + step_size * gradient / max(size, LEAST)


def ascend(score: Score, picture: Tensor, steps: int, step_size: float) -> Tensor:
    """The picture after all steps of `climb`."""
    reached = picture.detach().clone()
    for step in climb(score, picture, steps, step_size):
        reached = step
    return reached


def answer(net: VGG, layer: str, channel: int | None = None) -> Score:
    """The score "how strongly does a layer answer": of one channel the mean, of the whole layer half the mean square.

    The latter is the objective of DeepDream. Its gradient to a feature is the feature itself: what is there grows.

    Raises:
        InputError: for a layer or a channel that the network does not have.
    """
    channels = channels_of(net, layer)
    if channel is not None and not 0 <= channel < channels:
        raise InputError(f"{layer} has channels 0 to {channels - 1}, there is no {channel}")

    def score(image: Tensor) -> Tensor:
        maps = net(image, [layer])[layer]
        answers: Tensor = maps.square() / 2 if channel is None else maps[:, channel]
        return answers.mean()

    return score


def channels_of(net: VGG, layer: str) -> int:
    """How many channels a layer has.

    Raises:
        InputError: for a layer that the network does not have.
    """
    net.smallest_side([layer])  # which knows how to complain
    return 3 if layer == "image" else net.widths[int(layer[4]) - 1]


def jittered(score: Score, most: int, seed: int = 0) -> Score:
    """A score that sees its picture moved by up to `most` pixels, differently at each call.

    What leaves at one side comes back at the other. A picture that pleases wherever it lies has no detail that fits one
    grid of pixels only. Same seed, same moves.
    """
    check_whole(most, "the jitter", least=0)
    check_whole(seed, "the seed", least=0)
    generator = torch.Generator("cpu").manual_seed(seed)

    def moved(image: Tensor) -> Tensor:
        rows, columns = (int(torch.randint(-most, most + 1, (1,), generator=generator)) for _ in range(2))
        return score(image.roll((rows, columns), (2, 3)))

    return moved
