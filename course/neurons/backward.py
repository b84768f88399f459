"""From an answer of the network back to the picture, with three rules for what a ReLU lets pass on the way.

All three walk back through the same weights and the same places of the maxima, and differ in one line only:

- plain: the gradient (Simonyan et al., 1312.6034). The gate of the way forward: g where a > 0.
- deconvnet (Zeiler & Fergus, 1311.2901): a ReLU on the way back, whatever came forward: g where g > 0.
- guided (Springenberg et al., 1412.6806): both gates.

::

    net = vgg19()                                     # zeros around the maps, as it was trained
    maps = features(net, cat, "relu4_1")
    g = strongest(maps["relu4_1"], channel=7)         # that answer alone, 0 everywhere else
    walk_back(net, maps, "relu4_1", g, "guided")      # [1, 3, H, W], of both signs
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from course.errors import InputError
from course.images import check_given
from course.nets.vgg import VGG, Features

Rule = Literal["plain", "deconvnet", "guided"]
RULES: tuple[Rule, ...] = get_args(Rule)
Relu = Callable[[Tensor, Tensor, Rule], Tensor]
Unpool = Callable[[Tensor, Tensor, int, int], Tensor]


def backward_relu(g: Tensor, a: Tensor, rule: Rule) -> Tensor:
    """What comes out of a ReLU on the way back.

    Args:
        g: what comes back to its output, of any shape.
        a: what went into it on the way forward, of the same shape.
        rule: "plain", "deconvnet" or "guided".

    Raises:
        InputError: for another rule.
    """
    if not isinstance(rule, str) or rule not in RULES:
        raise InputError(f"no rule {rule!r}; choose one of {', '.join(RULES)}")
    passed = g if rule == "deconvnet" else g * (a > 0)
    return passed if rule == "plain" else passed.relu()


def switches(x: Tensor) -> Tensor:
    """Where in its map the maximum of each 2 x 2 window stood: row * W + column, [B, N, H // 2, W // 2]."""
    places: Tensor = functional.max_pool2d(x, 2, return_indices=True)[1]
    return places


def unpool(small: Tensor, switches: Tensor, height: int, width: int) -> Tensor:
    """Each value goes back to where its maximum stood, and there is 0 everywhere else.

    The other way round than max pooling; also its gradient, for `small` as what comes back to its output.

    Args:
        small: [B, N, h, w].
        switches: for each value its place in its own map of height x width, row * width + column; [B, N, h, w].
        height: of the maps before pooling; odd ones end in a row that no window saw.
        width: likewise.

    Returns:
        [B, N, height, width].
    """
    large = small.new_zeros(*small.shape[:2], height * width)
    return large.scatter(2, switches.flatten(2), small.flatten(2)).view(*small.shape[:2], height, width)


@torch.no_grad()
def features(net: VGG, image: Tensor, layer: str) -> Features:
    """All feature maps from the picture up to a layer: what `walk_back` has to know of the way forward.

    Raises:
        InputError: for a network or a layer that cannot be walked back, and for something that is not one picture.
    """
    if net.pooling != "max" or net.padding != "zeros":
        raise InputError(
            f"the way back is known for max pooling and a border of zeros, not for {net.pooling} and {net.padding}; "
            "take vgg19()"
        )
    check_given(image)
    net.smallest_side([layer])  # which knows how to complain
    names = ("image", *net.layers)
    maps: Features = net(image, names[: names.index(layer) + 1])
    return maps


def strongest(maps: Tensor, channel: int) -> Tensor:
    """The strongest answer of one channel alone: `maps` [1, N, H, W] with all other numbers set to 0.

    Raises:
        InputError: for a channel that there is not.
    """
    if not 0 <= channel < maps.shape[1]:
        raise InputError(f"there are channels 0 to {maps.shape[1] - 1}, there is no {channel}")
    alone = torch.zeros_like(maps)
    row, column = divmod(int(maps[0, channel].argmax()), maps.shape[3])
    alone[0, channel, row, column] = maps[0, channel, row, column]
    return alone


@torch.no_grad()
def walk_back(
    net: VGG, maps: Features, layer: str, g: Tensor, rule: Rule, relu: Relu = backward_relu, unpool: Unpool = unpool
) -> Tensor:
    """From a layer back to the picture. With the rule "plain" it is autograd's gradient of the sum of g * maps[layer].

    Args:
        net: the network that made the maps.
        maps: see `features`; at least up to the layer.
        layer: where the way begins.
        g: what comes back to it, like ``maps[layer]``; see `strongest`.
        rule: of the ReLUs.
        relu: what a ReLU lets pass, see `backward_relu`.
        unpool: the way back through max pooling, see `unpool`.

    Returns:
        [1, 3, H, W], in units of g for each unit of R, G or B; of both signs.

    Raises:
        InputError: for an unknown rule or layer, and where maps are missing.
    """
    net.smallest_side([layer])  # says which layers there are
    names = ("image", *net.layers)
    for place in range(names.index(layer), 0, -1):
        name, before = names[place], names[place - 1]
        if before not in maps:
            raise InputError(f"the maps of {before} are missing; take them from features(net, image, {layer!r})")
        if name.startswith("conv"):
            convolution = net.convolutions[name]
            assert isinstance(convolution, nn.Conv2d)
            g = functional.conv_transpose2d(g, convolution.weight, padding=1)
        elif name.startswith("relu"):
            g = relu(g, maps[before], rule)
        else:
            g = unpool(g, switches(maps[before]), *maps[before].shape[2:])
    return g / net.std
