"""How close one evaluation of the painter's objective comes to the convolutions that it cannot do without.

Three things are timed at the same picture size, in turn, round after round, so that whatever else the machine does
falls on all of them alike:

- the *painter*: forward through VGG-19 and all terms of `style_transfer`, and the gradient with respect to the picture;
- the *bare convolutions* of the same shapes, conv1_1 to conv5_1: each once forward and once backward to its input, on
  random numbers, with nothing between them. They are run in both memory layouts, and the stronger one is the bound;
- the *plain loop* of the usual tutorial: the same layers in an ``nn.Sequential`` and a Gram matrix left to autograd.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import psutil
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from course import gallery
from course.images import fit, resize, white_noise
from course.nets.memory import keep_freed_memory
from course.nets.precision import Precision
from course.nets.vgg import VGG
from course.nets.weights import vgg19
from course.objectives import CONTENT_LAYER, STYLE_LAYERS, style_transfer

Evaluate = Callable[[], Tensor]

# The painter may take this many times as long as its bare convolutions, by precision.
WANTED = {"float32": 1.15, "bfloat16": 1.25}
WARM_UPS = 2

DEEPEST = STYLE_LAYERS[-1]
LAYOUTS = {"channels_last": torch.channels_last, "NCHW": torch.contiguous_format}
BARE = {layout: f"bare convolutions, {layout}" for layout in LAYOUTS}
PAINTER = "the painter"
PLAIN = "a plain loop"


@dataclass(frozen=True)
class Result:
    """Seconds of every round, side by side: ``seconds[name][k]`` all come from round k.

    `multiply_adds` are those of the convolutions in one direction; backward takes as many again. `others` is how many
    cores other processes kept busy meanwhile, on average.
    """

    device: str
    precision: str
    height: int
    width: int
    multiply_adds: int
    others: float
    seconds: Mapping[str, list[float]]

    @property
    def bound(self) -> str:
        """The name of the bare convolutions against which the painter looks worst, round by round: the strongest."""
        return max(BARE.values(), key=lambda name: float(np.median(self.compared(PAINTER, name))))

    def compared(self, name: str, other: str) -> list[float]:
        """How many times as long as the other, round by round: a disturbance that outlasts a round cancels out."""
        return [mine / its for mine, its in zip(self.seconds[name], self.seconds[other], strict=True)]

    @property
    def ratio(self) -> float:
        """The painter against its bound, the median of all rounds."""
        return float(np.median(self.compared(PAINTER, self.bound)))

    @property
    def gigaflops(self) -> float:
        """Billions of operations a second in the bound: a convolution that idles would be a weak one."""
        return 4 * self.multiply_adds / float(np.median(self.seconds[self.bound])) / 1e9


def shape(size: int) -> tuple[int, int]:
    """Height and width of a 4:3 picture whose longer side is `size`."""
    return round(size * 3 / 4), size


def contestants(net: VGG, height: int, width: int) -> dict[str, Evaluate]:
    """All that is compared, by name."""
    bare = {name: bare_convolutions(net, height, width, LAYOUTS[layout]) for layout, name in BARE.items()}
    return {PAINTER: painter(net, height, width), **bare, PLAIN: plain_loop(net, height, width)}


def measure(device: torch.device, size: int, rounds: int, precision: Precision = "float32") -> Result:
    """Times all contestants at one size, in one precision; the first `WARM_UPS` rounds do not count."""
    height, width = shape(size)
    net = vgg19(padding="replicate", precision=precision, device=device)
    evaluations = contestants(net, height, width)
    psutil.cpu_percent()
    began, own = time.perf_counter(), time.process_time()
    seconds = alternate(evaluations, rounds, device, f"{device.type}, {precision}, {width} x {height}")
    elapsed, own = time.perf_counter() - began, time.process_time() - own
    busy = psutil.cpu_percent() / 100 * (os.cpu_count() or 1)
    others = max(0.0, busy - own / elapsed)
    return Result(device.type, precision, height, width, multiply_adds(net, height, width), others, seconds)


def alternate(
    evaluations: Mapping[str, Evaluate], rounds: int, device: torch.device, title: str
) -> dict[str, list[float]]:
    """Runs one evaluation of each in turn, round after round, with a progress line; seconds by name."""
    seconds: dict[str, list[float]] = {name: [] for name in evaluations}
    for number in tqdm(range(-WARM_UPS, rounds), desc=title, unit="round", leave=False):
        for name, evaluate in evaluations.items():
            began = _now(device)
            evaluate()
            elapsed = _now(device) - began
            if number >= 0:
                seconds[name].append(elapsed)
    return seconds


def _now(device: torch.device) -> float:
    """The clock, once the device has finished what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


# --- The contestants ------------------------------------------------------------------------------------------------


def painter(net: VGG, height: int, width: int) -> Evaluate:
    """What `course.synthesis` does between two steps: the objective and its gradient, on the same kind of tensor."""
    keep_freed_memory()
    photo, painting = _pictures(net, height, width)
    value_of = style_transfer(net, photo, painting).at(height, width)
    picture = white_noise(height, width).to(net.mean.device).contiguous(memory_format=torch.channels_last)

    def evaluate() -> Tensor:
        image = picture.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(value_of(image).total, image)
        return gradient

    return evaluate


def bare_convolutions(net: VGG, height: int, width: int, layout: torch.memory_format) -> Evaluate:
    """Each convolution on a random input of its own: bias included, no gradient of the weights, no layer between."""
    generator = torch.Generator().manual_seed(0)
    device = net.mean.device
    layers = []
    for name, size in convolution_inputs(net, height, width).items():
        weight, bias = _weights(net, name)
        x = torch.randn(size, generator=generator).to(device, weight.dtype).contiguous(memory_format=layout)
        layers.append((x.requires_grad_(), weight.contiguous(memory_format=layout), bias))

    def evaluate() -> Tensor:
        for x, weight, bias in layers:
            y = functional.conv2d(x, weight, bias, padding=1)
            # The gradient that comes in has the shape and the layout of what went out: y itself will do.
            (gradient,) = torch.autograd.grad(y, x, y.detach())
        return gradient

    return evaluate


def plain_loop(net: VGG, height: int, width: int) -> Evaluate:
    """One evaluation as tutorials write it: content and style at the same layers, nothing for the border or speckle."""
    photo, painting = _pictures(net, height, width)
    layers = nn.Sequential(OrderedDict((name, _plain_layer(net, name)) for name in _layers(net)))
    layers.requires_grad_(False)

    def features(x: Tensor) -> dict[str, Tensor]:
        found = {}
        x = ((x - net.mean) / net.std).to(net.dtype)
        for name, layer in layers.named_children():
            x = found[name] = layer(x)
        return {name: found[name] for name in (CONTENT_LAYER, *STYLE_LAYERS)}

    def gram(F: Tensor) -> Tensor:
        _, channels, rows, columns = F.shape
        flat = F.view(channels, rows * columns)
        return torch.mm(flat, flat.t()) / (channels * rows * columns)

    P = features(photo)[CONTENT_LAYER]
    A = {name: gram(F) for name, F in features(painting).items() if name in STYLE_LAYERS}
    image = white_noise(height, width).to(net.mean.device).requires_grad_()

    def evaluate() -> Tensor:
        F = features(image)
        style = torch.stack([functional.mse_loss(gram(F[name]), A[name]) for name in STYLE_LAYERS]).sum()
        (gradient,) = torch.autograd.grad(functional.mse_loss(F[CONTENT_LAYER], P) + style, image)
        return gradient

    return evaluate


def _pictures(net: VGG, height: int, width: int) -> tuple[Tensor, Tensor]:
    """What is to be seen, and how it is to be painted."""
    photo, painting = fit(gallery.photo("cat"), height, width), resize(gallery.style("swirls"), max(height, width))
    return photo.to(net.mean.device), painting.to(net.mean.device)


def _plain_layer(net: VGG, name: str) -> nn.Module:
    if name.startswith("relu"):
        return nn.ReLU()
    if name.startswith("pool"):
        return nn.MaxPool2d(2)
    weight, bias = _weights(net, name)
    convolution = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1, device=weight.device, dtype=weight.dtype)
    convolution.load_state_dict({"weight": weight, "bias": bias})
    return convolution


def _weights(net: VGG, name: str) -> tuple[Tensor, Tensor]:
    return net.get_parameter(f"convolutions.{name}.weight"), net.get_parameter(f"convolutions.{name}.bias")


# --- What has to be computed ----------------------------------------------------------------------------------------


def convolution_inputs(net: VGG, height: int, width: int) -> dict[str, tuple[int, int, int, int]]:
    """Shape [1, N, H, W] of what each convolution down to the deepest style layer reads, for a picture of that size."""
    shapes = {}
    for name in _layers(net):
        if name.startswith("conv"):
            shapes[name] = (1, _weights(net, name)[0].shape[1], height, width)
        elif name.startswith("pool"):
            height, width = height // 2, width // 2
    return shapes


def multiply_adds(net: VGG, height: int, width: int) -> int:
    """Multiplications (each with its addition) of these convolutions, forward; backward to the input takes as many."""
    return sum(
        _weights(net, name)[0].numel() * rows * columns
        for name, (_, _, rows, columns) in convolution_inputs(net, height, width).items()
    )


def _layers(net: VGG) -> tuple[str, ...]:
    return net.layers[: net.layers.index(DEEPEST) + 1]
