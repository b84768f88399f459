"""An objective: named, weighted terms, each of them a loss on a dictionary of features.

A term knows a picture to be like (or none) and in which layers. Before painting at some size it prepares itself: the
picture is brought to that size, its features or their statistics are computed once, and what is left is a function
of the painting's features. The picture itself is the layer ``"image"``, so total variation is a term like any other:

>>> from course import gallery
>>> from course.nets.weights import vgg19
>>> net, photo, painting = vgg19(weights="slim"), gallery.photo("cat", 64), gallery.style("swirls", 64)
>>> terms = [content(photo), style(painting), total_variation()]
>>> objective = Objective(net, terms, {"content": 1, "style": 10, "tv": 0.1})
>>> objective.weights["style"] = 100  # allowed at any time, also while it is painted
>>> objective
Objective(
  content: weight 1, relu4_2
  style: weight 100, relu1_1, relu2_1, relu3_1, relu4_1, relu5_1
  tv: weight 0.1, image
)
>>> value = objective.at(43, 64)(photo)
>>> float(value.losses["content"]), float(value.losses["style"]) > 0
(0.0, True)
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, Protocol

import torch
from torch import Tensor

from course.errors import InputError
from course.images import check_given, fit, resize
from course.losses import TotalVariation, content_loss, gram, relative_to, single, total_loss, tv_loss
from course.nets.vgg import VGG

Features = Mapping[str, Tensor]
Loss = Callable[[Features], Tensor]
Statistic = Callable[[Tensor], Tensor]
Combine = Callable[[Mapping[str, Tensor], Mapping[str, float]], Tensor]
Units = Literal["relative", "paper"]

CONTENT_LAYER = "relu4_2"
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")

# Weights for relative units, found by looking at portraits and landscapes: with beta 10 a woodcut's sun took a face,
# with 5 a starry night lost its swirls.
ALPHA, BETA, TV, RANGE = 1.0, 7.0, 2.0, 10.0

SIZES = 6  # whose targets are kept, some 5 MB each at 256 pixels: more than the live painter goes through and back


class FeatureNetwork(Protocol):
    """The interface that an objective needs of a network; `course.nets.vgg.VGG` has it."""

    def __call__(self, image: Tensor, layers: Sequence[str], /) -> dict[str, Tensor]:
        """Features by layer, ``"image"`` among them."""


def own_maps(net: FeatureNetwork, image: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
    """Features as the network has them, in bfloat16 if it computes in it (see `course.nets.vgg.VGG.forward`).

    A network that wraps another has to ask that one so too: in float32 the same painting takes longer.
    """
    return net(image, layers, wide=False) if isinstance(net, VGG) else net(image, layers)


@dataclass(frozen=True)
class Term:
    """One term of an objective.

    Attributes:
        name: by which its weight and its value are known.
        layers: the layers that its loss looks at, besides ``"image"``.
        prepare: network, height, width -> the loss for paintings of that size, its targets computed.
        widens: whether its loss takes maps in bfloat16 too, and widens what it must. Others get float32.
    """

    name: str
    layers: tuple[str, ...]
    prepare: Callable[[FeatureNetwork, int, int], Loss]
    widens: bool = False


def content(picture: Tensor, layer: str = CONTENT_LAYER, units: Units = "relative") -> Term:
    """The term "content": feature maps as those of `picture`, position by position.

    Args:
        picture: [1, 3, H, W], RGB in [0, 1]; brought to the painting's exact size.
        layer: where to compare. Gatys et al. use the fourth stage, second convolution.
        units: "relative" (`losses.relative_distance`) or "paper" (`losses.content_loss`).

    Raises:
        InputError: for something that is not a picture, or unknown units.
    """
    check_given(picture, "the content picture")
    paper = _check_units(units) == "paper"

    def prepare(net: FeatureNetwork, height: int, width: int) -> Loss:
        with torch.no_grad():
            P = net(fit(picture, height, width), [layer])[layer]
            distance = partial(content_loss, P=P) if paper else relative_to(P)
        return lambda features: distance(single(features[layer]))

    return Term("content", (layer,), prepare, widens=True)


def style(
    picture: Tensor,
    layers: Sequence[str] = STYLE_LAYERS,
    weights: Mapping[str, float] | None = None,
    statistic: Statistic = gram,
    sums_over_positions: bool = True,
    units: Units = "relative",
    scale: float = 1.0,
) -> Term:
    """The term "style": statistics of feature maps as those of `picture`, wherever things are in it.

    Args:
        picture: [1, 3, H, W], RGB in [0, 1], of any shape.
        layers: where to compare.
        weights: w_l by layer, brought to the sum 1; all equal if left out.
        statistic: feature maps [B, N, H, W] -> whatever is to agree, [B, ...]. The Gram matrix, or your own.
        sums_over_positions: True for statistics that grow with the picture, as the Gram matrix does: they are divided
            by H * W, so that a style of another size fits.
        units: "relative" (`losses.relative_distance`), or "paper": 1 / (4 N^2) times the summed squares, which for
            Gram matrices per position is E_l of the paper (`losses.style_layer_loss`).
        scale: longer side of the style picture / longer side of the painting: how large its brush strokes come out.
            A picture is never enlarged beyond its own size.

    Raises:
        InputError: for something that is not a picture, no layers, bad weights or scale, or unknown units.
    """
    check_given(picture, "the style picture")
    if not 0 < scale < math.inf:
        raise InputError(f"the scale of the style must be a positive number, not {scale}")
    paper = _check_units(units) == "paper"
    shares = _shares(layers, weights)

    def measure(F: Tensor) -> Tensor:
        found = statistic(F if statistic is gram else single(F))
        return found / (F.shape[2] * F.shape[3]) if sums_over_positions else found

    def distance_to(A: Tensor, channels: int) -> Statistic:
        return (lambda G: (G - A).square().sum() / (4 * channels**2)) if paper else relative_to(A)

    def prepare(net: FeatureNetwork, height: int, width: int) -> Loss:
        longer_side = min(round(max(height, width) * scale), max(picture.shape[2:]))
        with torch.no_grad():
            features = own_maps(net, resize(picture, max(1, longer_side)), list(layers))
            distances = {layer: distance_to(measure(features[layer]), features[layer].shape[1]) for layer in layers}

        def loss(features: Features) -> Tensor:
            parts = [shares[layer] * distances[layer](measure(features[layer])) for layer in layers]
            return torch.stack(parts).sum()

        return loss

    return Term("style", tuple(layers), prepare, widens=True)


def total_variation(kind: TotalVariation = "squared") -> Term:
    """The term "tv": `losses.tv_loss` of the painting, divided by its number of values, so that sizes compare."""

    def prepare(net: FeatureNetwork, height: int, width: int) -> Loss:
        return lambda features: tv_loss(features["image"], kind) / features["image"].numel()

    return Term("tv", (), prepare)


def in_range() -> Term:
    """The term "range": mean squared excess beyond [0, 1], a soft wall that the optimiser can feel.

    Clamping the picture instead changes it behind the optimiser's back.
    """

    def prepare(net: FeatureNetwork, height: int, width: int) -> Loss:
        return lambda features: (features["image"] - features["image"].clamp(0, 1)).square().mean()

    return Term("range", (), prepare)


def weighted_sum(losses: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
    """Each term times its weight, added up: scalars by name -> scalar."""
    return torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()


@dataclass(frozen=True)
class Value:
    """An objective at one painting.

    Attributes:
        total: what is to be small, a scalar with its gradient's graph.
        losses: each term without its weight.
    """

    total: Tensor
    losses: Mapping[str, Tensor]


class Objective:
    """A weighted sum of terms, evaluated in one pass through the network.

    Targets depend on the size of the painting. They are made when a size is asked for, by `at` or `of`, and kept for
    the `SIZES` sizes that were asked for last; a function that `at` has returned keeps its own for as long as it lives.

    Args:
        net: the network that makes the features.
        terms: what is to be small, each under another name.
        weights: a number >= 0 for each term; 1 where left out.
        combine: the terms' losses and their weights, both by name -> what is to be small.

    Attributes:
        weights: may be changed at any time; the painter notices.

    Raises:
        InputError: without terms, for two terms of one name, and for weights that are not numbers >= 0 of known terms.
    """

    def __init__(
        self,
        net: FeatureNetwork,
        terms: Sequence[Term],
        weights: Mapping[str, float] | None = None,
        combine: Combine = weighted_sum,
    ) -> None:
        names = [term.name for term in terms]
        if not terms:
            raise InputError("an objective needs at least one term")
        if twice := {name for name in names if names.count(name) > 1}:
            raise InputError(f"two terms are called {twice.pop()!r}; give one another name with dataclasses.replace")
        self.net = net
        self.terms = tuple(terms)
        self.combine = combine
        self._prepared: OrderedDict[tuple[int, int], dict[str, Loss]] = OrderedDict()
        self.weights = {**dict.fromkeys(names, 1.0), **(weights or {})}
        self.check_weights()

    def check_weights(self) -> None:
        """Raises InputError unless each weight is a finite number >= 0 that belongs to a term."""
        names = {term.name for term in self.terms}
        for name, weight in self.weights.items():
            if name not in names:
                raise InputError(f"there is no term {name!r} to weigh; the terms are {', '.join(sorted(names))}")
            if not (isinstance(weight, (int, float)) and math.isfinite(weight) and weight >= 0):
                raise InputError(f"the weight of {name!r} must be a finite number >= 0, not {weight!r}")
        if missing := sorted(names - set(self.weights)):
            raise InputError(f"the weight of {missing[0]!r} is missing; set it to 0 to switch the term off")

    def through(self, net: FeatureNetwork) -> Objective:
        """The same terms seen through another network, such as a slim one for drafts.

        Both share their weights, now and when they change: in relative units they mean the same for every network.
        """
        other = Objective(net, self.terms, self.weights, self.combine)
        other.weights = self.weights
        return other

    @property
    def layers(self) -> list[str]:
        """All layers that the terms look at, besides ``"image"``."""
        return sorted({layer for term in self.terms for layer in term.layers})

    def at(self, height: int, width: int) -> Callable[[Tensor], Value]:
        """The objective for paintings of one size, its targets computed: image [1, 3, H, W] -> `Value`."""
        losses = self._losses(height, width)
        return lambda image: self._value(losses, own_maps(self.net, image, self.layers))

    def of(self, features: Features) -> Value:
        """The objective at a painting whose features, of `layers` and ``"image"``, are known already.

        So a batch takes one pass through the network, and each of its pictures has an objective and a value of its own.
        """
        height, width = features["image"].shape[2:]
        return self._value(self._losses(height, width), features)

    def _value(self, losses: Mapping[str, Loss], features: Features) -> Value:
        values = {term.name: losses[term.name](_for(term, features)) for term in self.terms}
        return Value(self.combine(values, self.weights), values)

    def _losses(self, height: int, width: int) -> dict[str, Loss]:
        """The losses for a size, made now or kept from before."""
        if (height, width) not in self._prepared:
            self._prepared[height, width] = {term.name: term.prepare(self.net, height, width) for term in self.terms}
        self._prepared.move_to_end((height, width))
        while len(self._prepared) > SIZES:
            self._prepared.popitem(last=False)
        return self._prepared[height, width]

    def __repr__(self) -> str:
        """Each term with its weight and its layers, in a line of its own."""
        lines = [
            f"  {term.name}: weight {self.weights.get(term.name)}, {', '.join(term.layers or ('image',))}"
            for term in self.terms
        ]
        return "\n".join(["Objective(", *lines, ")"])


def _for(term: Term, features: Features) -> Features:
    """What a term is to see."""
    if term.widens or all(maps.dtype != torch.bfloat16 for maps in features.values()):
        return features
    return {name: single(features[name]) for name in ("image", *term.layers)}


def style_transfer(
    net: FeatureNetwork,
    photo: Tensor,
    painting: Tensor,
    alpha: float = ALPHA,
    beta: float = BETA,
    tv: float = TV,
    layers: Sequence[str] = STYLE_LAYERS,
    scale: float = 1.0,
    statistic: Statistic = gram,
    total: Callable[[Tensor, Tensor, float, float], Tensor] = total_loss,
) -> Objective:
    """The objective of neural style transfer: alpha * content + beta * style (Gatys et al., CVPR 2016, equation 7).

    Both are in relative units, so the same alpha / beta does the same for every pair of pictures and every size. Total
    variation takes away the speckle, the term "range" pulls values back into [0, 1].

    Args:
        net: the network; padding="replicate" keeps the border of the painting free of a halo.
        photo: what is to be seen, [1, 3, H, W], RGB in [0, 1].
        painting: how it is to be painted, [1, 3, H', W'], RGB in [0, 1].
        alpha: weight of the content. With 0 only the style is left: a texture.
        beta: weight of the style.
        tv: weight of the total variation.
        layers: of the style.
        scale: of the style's brush strokes, see `style`.
        statistic: what describes a style, see `style`: the Gram matrix, or your own.
        total: content loss, style loss, alpha, beta -> their sum, `losses.total_loss` or your own. Total variation
            and range are added to it.

    Raises:
        InputError: as `content`, `style` and `Objective` do.
    """

    def combine(losses: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
        transfer = total(losses["content"], losses["style"], weights["content"], weights["style"])
        return transfer + weighted_sum({name: losses[name] for name in ("tv", "range")}, weights)

    terms = [content(photo), style(painting, layers, statistic=statistic, scale=scale), total_variation(), in_range()]
    return Objective(net, terms, {"content": alpha, "style": beta, "tv": tv, "range": RANGE}, combine)


def _check_units(units: Units) -> Units:
    if not isinstance(units, str) or units not in ("relative", "paper"):
        raise InputError(f"no units {units!r}; choose 'relative' or 'paper'")
    return units


def _shares(layers: Sequence[str], weights: Mapping[str, float] | None) -> dict[str, float]:
    """Weights of the layers, brought to the sum 1."""
    if isinstance(layers, str) or not layers:
        raise InputError(f"style layers must be a list of at least one name, not {layers!r}")
    if twice := [layer for layer in layers if list(layers).count(layer) > 1]:
        raise InputError(f"the style layer {twice[0]!r} is named twice; give it a larger weight instead")
    given = dict.fromkeys(layers, 1.0) if weights is None else weights
    if set(given) != set(layers):
        raise InputError(f"weights are for {', '.join(sorted(given))}, the style layers are {', '.join(layers)}")
    if min(given.values()) < 0 or not 0 < sum(given.values()) < math.inf:
        raise InputError("weights of style layers must be numbers >= 0, at least one of them positive")
    return {layer: given[layer] / sum(given.values()) for layer in layers}
