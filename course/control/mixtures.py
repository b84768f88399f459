"""Several styles at once: an objective's target between the Gram matrices of several paintings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from course.adain.moments import check_shares
from course.images import check_given, resize
from course.losses import gram, relative_to
from course.objectives import STYLE_LAYERS, FeatureNetwork, Loss, Term

Blend = Callable[[Sequence[Tensor], Sequence[float]], Tensor]


def blend_styles(features: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """The mean of several paintings' Gram matrices per place: sum_k w_k G_k / M_k, the shares w brought to the sum 1.

    A Gram matrix per place is a mean over places, of products F_i F_j. So this is the Gram matrix of a picture whose
    places come from the paintings in these shares. Deviations and covariances do not average like that: the difference
    of two means would be lost.

    Args:
        features: of each painting, [1, N, H_k, W_k], of any size.
        shares: one for each, >= 0.

    Returns:
        [1, N, N].

    Raises:
        InputError: for no painting, another number of shares, a negative share, or none above 0.
    """
    check_shares(shares, len(features))
    parts = [share / sum(shares) * _per_place(F) for F, share in zip(features, shares, strict=True)]
    return torch.stack(parts).sum(0)


def blended_style(
    pictures: Sequence[Tensor],
    shares: Sequence[float],
    layers: Sequence[str] = STYLE_LAYERS,
    blend: Blend = blend_styles,
) -> Term:
    """The term "style" of several paintings at once.

    Args:
        pictures: each [1, 3, H, W], RGB in [0, 1], of any shape.
        shares: one for each, >= 0.
        layers: where to compare, all with the same weight.
        blend: their feature maps and the shares -> one Gram matrix per place; yours or ours.

    Raises:
        InputError: for something that is not a picture, and as `blend_styles` does.
    """
    for picture in pictures:
        check_given(picture, "the style picture")
    check_shares(shares, len(pictures))

    def prepare(net: FeatureNetwork, height: int, width: int) -> Loss:
        with torch.no_grad():
            sized = [resize(picture, min(max(height, width), max(picture.shape[2:]))) for picture in pictures]
            features = [net(picture, list(layers)) for picture in sized]
            distances = {layer: relative_to(blend([maps[layer] for maps in features], shares)) for layer in layers}

        def loss(features: Mapping[str, Tensor]) -> Tensor:
            parts = [distances[layer](_per_place(features[layer])) for layer in layers]
            return torch.stack(parts).mean()

        return loss

    return Term("style", tuple(layers), prepare)


def _per_place(F: Tensor) -> Tensor:
    return gram(F) / (F.shape[2] * F.shape[3])
