"""The questions that a check can ask a student's function, each a small function that runs beside it.

A probe gets the function and plain inputs and returns plain values. It judges nothing: what is right is the check's
business. Add a probe only when no probe here can ask the question.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

Function = Callable[..., Any]


@dataclass(frozen=True)
class Returned:
    """What a function returned.

    Attributes:
        value: tensors (detached copies), numbers, strings, None, and lists, tuples and dictionaries of them. Of a
            Pillow picture its pixels [H, W, channels], uint8. Anything else is None.
        kind: the name of its class: "Tensor", "float", "NoneType", "ndarray", "Image".
        device: of a tensor, "" otherwise.
        attached: whether a tensor belongs to a graph that gradients can go back through.
        changed: numbers (from 0) of the inputs that the function modified in place.
    """

    value: Any
    kind: str
    device: str = ""
    attached: bool = False
    changed: tuple[int, ...] = ()


def call(function: Function, *inputs: Any) -> Returned:
    """What the function returns, and which of its inputs it modified."""
    given = [_copy(value) for value in inputs]
    value = function(*given)
    changed = tuple(n for n, (before, after) in enumerate(zip(inputs, given, strict=True)) if not _same(before, after))
    return _returned(value, changed)


def gradient(function: Function, *inputs: Any) -> Tensor | None:
    """Gradient of the sum of what the function returns, to its first input; None if none can go back."""
    given = [_copy(value) for value in inputs]
    given[0].requires_grad_(True)
    value = function(*given)
    if not isinstance(value, Tensor) or not value.requires_grad:
        return None
    (found,) = torch.autograd.grad(value.sum(), given[0], allow_unused=True)
    return None if found is None else found.detach().clone()


def of_picture(function: Function, pixels: Tensor) -> Returned:
    """What the function returns for a Pillow picture with these pixels, [H, W, 3], uint8."""
    return _returned(function(Image.fromarray(pixels.numpy())))


@dataclass(frozen=True)
class LayerFacts:
    """A layer of a network: its name, its class ("Conv2d", "ReLU"), the numbers it was made with."""

    name: str
    kind: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class NetworkFacts:
    """A network that a function returned.

    Attributes:
        kind: its class.
        layers: its children in order; none if it is no ``torch.nn.Module``.
        parameters: how many numbers could be trained.
        outputs: shape of what comes out of each layer for the picture that was fed in.
    """

    kind: str
    layers: tuple[LayerFacts, ...] = ()
    parameters: int = 0
    outputs: dict[str, tuple[int, ...]] = field(default_factory=dict)


_SETTINGS = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "bias", "inplace")


def network(function: Function, image: Tensor, *inputs: Any) -> NetworkFacts:
    """The layers of the network that the function returns, and what they make of a picture."""
    made = function(*[_copy(value) for value in inputs])
    if not isinstance(made, nn.Module):
        return NetworkFacts(type(made).__name__)
    layers, outputs, x = [], {}, _copy(image)
    for name, layer in made.named_children():
        settings = {key: _plain(getattr(layer, key)) for key in _SETTINGS if hasattr(layer, key)}
        layers.append(LayerFacts(name, type(layer).__name__, settings))
        x = layer(x)
        outputs[name] = tuple(x.shape)
    parameters = sum(parameter.numel() for parameter in made.parameters())
    return NetworkFacts(type(made).__name__, tuple(layers), parameters, outputs)


def small_network(seed: int, inplace: bool) -> nn.Sequential:
    """conv1_1 relu1_1 conv1_2 relu1_2 pool1 conv2_1 relu2_1: a network small enough for a check."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    generator = torch.Generator().manual_seed(seed)
    for name, channels in (("1_1", (3, 4)), ("1_2", (4, 5)), ("2_1", (5, 6))):
        if name == "2_1":
            layers["pool1"] = nn.MaxPool2d(2)
        convolution = nn.Conv2d(*channels, kernel_size=3, padding=1).requires_grad_(False)
        for parameter in convolution.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 3)
        layers[f"conv{name}"] = convolution
        layers[f"relu{name}"] = nn.ReLU(inplace=inplace)
    return nn.Sequential(layers)


@dataclass(frozen=True)
class Extracted:
    """What `extract(net, image, names)` did.

    Attributes:
        returned: the dictionary of feature maps.
        gradient: of the sum of all feature maps, to the picture; None if none can go back.
        ran: names of the layers that were run.
    """

    returned: Returned
    gradient: Tensor | None
    ran: tuple[str, ...]


def extraction(function: Function, seed: int, inplace: bool, image: Tensor, names: Sequence[str]) -> Extracted:
    """What the function extracts from `small_network` of this seed."""
    net, ran = small_network(seed, inplace), []
    for name, layer in net.named_children():
        layer.register_forward_hook(lambda *_, name=name: ran.append(name))
    x = _copy(image).requires_grad_(True)
    features = function(net, x, list(names))
    found = None
    if isinstance(features, dict):
        values = [value for value in features.values() if isinstance(value, Tensor) and value.requires_grad]
        if values:
            total = torch.stack([value.sum() for value in values]).sum()
            (found,) = torch.autograd.grad(total, x, allow_unused=True)
    changed = () if torch.equal(image, x.detach()) else (1,)
    return Extracted(_returned(features, changed), found, tuple(ran))


@dataclass(frozen=True)
class Closure:
    """What a closure for L-BFGS did, called twice at one picture.

    Attributes:
        made: what the function returned; kind "function" for a closure.
        first, second: what the two calls returned.
        gradients: ``image.grad`` after the first and the second call, or None.
        evaluations: how often the loss was asked for in the two calls.
        moved: whether the picture is another one after the calls.
    """

    made: Returned
    first: Returned
    second: Returned
    gradients: tuple[Tensor | None, Tensor | None]
    evaluations: int
    moved: bool


def closure(function: Function, image: Tensor, target: Tensor) -> Closure:
    """Calls ``function(optimiser, image, loss)`` with loss(x) = 1/2 |x - target|^2, and what it returns twice."""
    x = _copy(image).requires_grad_(True)
    calls = []

    def loss(x: Tensor) -> Tensor:
        calls.append(None)
        return (x - target).square().sum() / 2

    made = function(torch.optim.LBFGS([x]), x, loss)
    nothing = Returned(None, "NoneType")
    if not callable(made):
        return Closure(_returned(made), nothing, nothing, (None, None), len(calls), not torch.equal(image, x.detach()))
    results, gradients = [], []
    for _ in range(2):
        results.append(_returned(made()))
        gradients.append(None if x.grad is None else x.grad.detach().clone())
    moved = not torch.equal(image, x.detach())
    return Closure(Returned(None, "function"), results[0], results[1], (gradients[0], gradients[1]), len(calls), moved)


PROBES: dict[str, Function] = {
    probe.__name__: probe for probe in (call, gradient, of_picture, network, extraction, closure)
}


def _returned(value: Any, changed: tuple[int, ...] = ()) -> Returned:
    kind = "Image" if isinstance(value, Image.Image) else type(value).__name__
    device = str(value.device.type) if isinstance(value, Tensor) else ""
    attached = isinstance(value, Tensor) and value.requires_grad
    return Returned(_plain(value), kind, device, attached, changed)


def _plain(value: Any) -> Any:
    """A copy of a value that means something in another process; None of what does not."""
    if isinstance(value, Tensor):
        return value.detach().clone() if value.device.type != "meta" else None
    if isinstance(value, Image.Image):
        return torch.from_numpy(np.array(value))
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(entry) for entry in value) if type(value) in (list, tuple) else list(value)
    return value if isinstance(value, (bool, int, float, str)) else None


def _copy(value: Any) -> Any:
    """An input of its own for the function, a tensor with the same strides."""
    if isinstance(value, Tensor):
        return value.clone(memory_format=torch.preserve_format) if value.is_contiguous() else _with_strides(value)
    if isinstance(value, list):
        return [_copy(entry) for entry in value]
    return value


def _with_strides(value: Tensor) -> Tensor:
    copy = torch.empty_strided(value.shape, value.stride(), dtype=value.dtype)
    return copy.copy_(value)


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, Tensor):
        return torch.equal(before, after)
    return bool(before == after)
