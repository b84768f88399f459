"""Further probes for chapter 1's checks: of networks and the features taken from them; and a network to use."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from course.check.engine.probes import Function, Returned, changed_inputs, copied, plain, probe, record, returned


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


@record
@dataclass(frozen=True)
class LayerFacts:
    """A layer of a network: its name, its class ("Conv2d", "ReLU"), the numbers it was made with."""

    name: str
    kind: str
    settings: dict[str, Any]


@record
@dataclass(frozen=True)
class NetworkFacts:
    """A network that a function returned.

    Attributes:
        kind: "Sequential" for every ``nn.Sequential``, otherwise the name of its class.
        layers: its children in order; none if it is no ``nn.Sequential``.
        shared: whether one and the same layer stands under several names.
        parameters: how many numbers could be trained.
        output: shape of what comes out for the picture that was fed in, or () if it does not pass.
        stopped: the error that ended the picture's way, or "".
        changed: numbers (from 0) of the inputs that the function modified in place.
    """

    kind: str
    layers: tuple[LayerFacts, ...] = ()
    shared: bool = False
    parameters: int = 0
    output: tuple[int, ...] = ()
    stopped: str = ""
    changed: tuple[int, ...] = ()


@probe
def network(function: Function, image: Tensor, *inputs: Any) -> NetworkFacts:
    """The layers of the network that the function returns, and what they make of a picture."""
    given = [copied(value) for value in inputs]
    made = function(*given)
    changed = changed_inputs(inputs, given)
    if not isinstance(made, nn.Sequential):
        return NetworkFacts(type(made).__name__, changed=changed)
    output, stopped = (), ""
    try:
        output = tuple(made(copied(image)).shape)
    except Exception as error:  # the check looks at the layers first: they say more than torch does
        stopped = f"{type(error).__name__}: {error}"
    children = [(name, layer) for name, layer in made.named_modules(remove_duplicate=False) if name.count(".") == 0]
    layers = tuple(LayerFacts(name, type(layer).__name__, _settings(layer)) for name, layer in children if name)
    shared = len(layers) > len(list(made.children()))
    parameters = sum(parameter.numel() for parameter in made.parameters())
    return NetworkFacts("Sequential", layers, shared, parameters, output, stopped, changed)


def _settings(layer: nn.Module) -> dict[str, Any]:
    of_windows = ("kernel_size", "stride", "padding", "padding_mode", "dilation", "groups", "ceil_mode")
    names = ("in_channels", "out_channels", *of_windows, "inplace")
    settings = {name: plain(getattr(layer, name)) for name in names if hasattr(layer, name)}
    return {**settings, "bias": isinstance(getattr(layer, "bias", None), Tensor)}


@record
@dataclass(frozen=True)
class Extracted:
    """Findings about a call of `extract(net, image, names)`.

    Attributes:
        returned: the dictionary of feature maps.
        gradient: of the sum of all feature maps, to the picture; None if none can go back.
        ran: names of the layers that were called, in this order.
        rebuilt: whether a layer of the network has other settings than before.
    """

    returned: Returned
    gradient: Tensor | None
    ran: tuple[str, ...]
    rebuilt: bool


@probe
def extraction(function: Function, seed: int, inplace: bool, image: Tensor, names: Sequence[str]) -> Extracted:
    """The features that the function extracts from `small_network` of this seed."""
    net = small_network(seed, inplace)
    ran: list[str] = []
    for name, layer in net.named_children():
        layer.register_forward_hook(lambda *_, name=name: ran.append(name))
    settings = [_settings(layer) for layer in net]
    given: list[Any] = [net, copied(image).requires_grad_(True), list(names)]
    features = function(*given)
    found = None
    if isinstance(features, dict):
        values = [value for value in features.values() if isinstance(value, Tensor) and value.requires_grad]
        if values:
            total = torch.stack([value.sum() for value in values]).sum()
            (found,) = torch.autograd.grad(total, given[1], allow_unused=True)
    changed = changed_inputs([net, image, list(names)], [net, given[1].detach(), given[2]])
    rebuilt = settings != [_settings(layer) for layer in net]
    return Extracted(returned(features, changed), found, tuple(ran), rebuilt)
