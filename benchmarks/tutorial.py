"""Style transfer as PyTorch's official tutorial does it, in words of our own.

Source: *Neural Transfer Using PyTorch*, docs.pytorch.org/tutorials/advanced/neural_style_tutorial.html. It starts from
the photo and stays at one size. ``torch.optim.LBFGS``, with all its defaults, gets 300 evaluations and the rest of its
last step; before each of them the picture is clamped to [0, 1]. Layers are counted, not named, before the ReLU: its
conv_1 to conv_5 are conv1_1 to conv3_1. The network is cut off behind the last of them, and its weights are frozen.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.mean_squares import Weights, mean_squares
from benchmarks.mean_squares import draft as mean_squares_draft
from benchmarks.run import Run
from course.nets.vgg import VGG, Parameters
from course.objectives import FeatureNetwork, Objective

Value = Callable[[Tensor], Tensor]

EVALUATIONS = 300
WEIGHTS = Weights(
    content_layer="conv2_2",  # its conv_4
    content=1.0,
    style_layers=("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"),  # its conv_1 to conv_5
    style=1e6,
    wall=1e6,
)

# Its network is torchvision's, which divides pictures in [0, 1] by about 0.225; Oxford's multiplies them by 255. All
# features are larger by the same factor, and with these the weights above would say something else.
FEATURES = 1 / 57


def network(parameters: Parameters, dtype: torch.dtype | None = None) -> VGG:
    """VGG-19 with Oxford's parameters, its features as large as torchvision's, in their precision or in another.

    The first weights and all biases are scaled; convolutions, ReLUs and maxima hand the factor on.
    """
    convolutions = {
        name: (weight * FEATURES if name == "conv1_1" else weight, bias * FEATURES)
        for name, (weight, bias) in parameters.convolutions.items()
    }
    scaled = Parameters(convolutions, parameters.mean, parameters.std, parameters.widths)
    return VGG("E", scaled, dtype=dtype)


def objective(net: VGG, photo: Tensor, painting: Tensor) -> Objective:
    """What the tutorial minimises, for our painter."""
    return mean_squares(net, photo, painting, WEIGHTS)


def draft(net: VGG, slim: FeatureNetwork, photo: Tensor, painting: Tensor) -> Objective:
    """The same through a slim network, for our painter's drafts."""
    return mean_squares_draft(net, slim, photo, painting, WEIGHTS)


def loss(net: VGG, photo: Tensor, painting: Tensor) -> Value:
    """What the tutorial minimises, computed as it does: picture [1, 3, H, W], RGB in [0, 1] -> scalar.

    It demands a painting of the photo's size, though nothing in it needs that: here any size will do.
    """
    layers = _layers(net)

    def features(image: Tensor) -> dict[str, Tensor]:
        found = {}
        x = (image - net.mean) / net.std
        for name, layer in layers.named_children():
            x = found[name] = layer(x)
        return found

    with torch.no_grad():
        P = features(photo)[WEIGHTS.content_layer]
        of_painting = features(painting)
        A = {name: _gram(of_painting[name]) for name in WEIGHTS.style_layers}

    def value(image: Tensor) -> Tensor:
        F = features(image)
        style = torch.stack([functional.mse_loss(_gram(F[name]), A[name]) for name in A]).sum()
        return WEIGHTS.style * style + WEIGHTS.content * functional.mse_loss(F[WEIGHTS.content_layer], P)

    return value


def _layers(net: VGG) -> nn.Sequential:
    """The network in torch's own layers, down to the last one that is looked at."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for name in net.layers[: net.layers.index(WEIGHTS.style_layers[-1]) + 1]:
        if name.startswith("conv"):
            weight, bias = (net.get_parameter(f"convolutions.{name}.{what}") for what in ("weight", "bias"))
            convolution = nn.Conv2d(weight.shape[1], weight.shape[0], kernel_size=3, padding=1)
            convolution.load_state_dict({"weight": weight, "bias": bias})
            layers[name] = convolution
        else:
            layers[name] = nn.ReLU() if name.startswith("relu") else nn.MaxPool2d(2)
    return nn.Sequential(layers).requires_grad_(False)


def _gram(F: Tensor) -> Tensor:
    batch, channels, rows, columns = F.shape
    flat = F.view(batch * channels, rows * columns)
    return torch.mm(flat, flat.t()) / (batch * channels * rows * columns)


def descend(value: Value, start: Tensor, evaluations: int = EVALUATIONS) -> Run:
    """The tutorial's loop.

    Args:
        value: what is to be small: picture [1, 3, H, W] -> scalar.
        start: where to begin, [1, 3, H, W].
        evaluations: steps of up to 20 are taken until there were more than so many.
    """
    image = start.clone(memory_format=torch.contiguous_format).requires_grad_()
    optimiser = torch.optim.LBFGS([image])
    losses: list[float] = []

    def closure() -> Tensor:
        with torch.no_grad():
            image.clamp_(0, 1)
        optimiser.zero_grad()
        found = value(image)
        found.backward()  # type: ignore[no-untyped-call]
        losses.append(float(found.detach()))
        return found

    began = time.perf_counter()
    while len(losses) <= evaluations:
        optimiser.step(closure)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        image.clamp_(0, 1)
        seconds = time.perf_counter() - began
        last = float(value(image))
    return Run(image.detach(), seconds, seconds, len(losses), [*losses, last])
