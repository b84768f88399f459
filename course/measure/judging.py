"""How much of the photo is left in a painting, and how much of the style is in it, as a network sees it.

Let a network judge that the painter was not trained with, and has not looked through: its own would find what it was
asked for, and not what we see (chapter 10). Both distances are relative, as the painter's::

    net = efficientnet()
    content_distance(net, picture, photo, "block4")      # 0: the photo's maps; 1: as far off as maps of zeros
    style_distance(net, picture, painting, LAYERS)       # 0: the painting's Gram matrices; 1: as far off as zeros
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from course.errors import InputError
from course.images import check_given, check_single
from course.losses import gram, relative_distance
from course.objectives import FeatureNetwork


def content_distance(net: FeatureNetwork, picture: Tensor, photo: Tensor, layer: str) -> Tensor:
    """|F - P|^2 / |P|^2 of the maps in one layer, without a gradient (Gatys et al., CVPR 2016, eq. 1, relative).

    Args:
        net: the judge.
        picture: what is judged, [1, 3, H, W], RGB in [0, 1].
        photo: what it was painted from, [1, 3, H, W]; of the same size.
        layer: a name that the judge knows.

    Raises:
        InputError: for something that is no picture, and for two sizes.
    """
    check_single(picture, "the picture")
    check_given(photo, "the photo")
    if picture.shape != photo.shape:
        raise InputError(
            f"the picture is {list(picture.shape)}, the photo {list(photo.shape)}; content is compared place by place"
        )
    with torch.no_grad():
        F, P = (net(image, [layer])[layer] for image in (picture, photo))
        return relative_distance(F, P)


def style_distance(net: FeatureNetwork, picture: Tensor, painting: Tensor, layers: Sequence[str]) -> Tensor:
    """The mean over layers of |G - A|^2 / |A|^2, Gram matrices per place, without a gradient (ibid., eqs. 3-5).

    Args:
        net: the judge.
        picture: what is judged, [1, 3, H, W], RGB in [0, 1].
        painting: what it should look like, [1, 3, H', W'], of any size.
        layers: names that the judge knows, at least one.

    Raises:
        InputError: for something that is no picture, and without a layer.
    """
    check_single(picture, "the picture")
    check_given(painting, "the painting")
    if not layers:
        raise InputError("style is compared in at least one layer")
    with torch.no_grad():
        ours, theirs = (net(image, list(layers)) for image in (picture, painting))
        return torch.stack([relative_distance(_per_place(ours[n]), _per_place(theirs[n])) for n in layers]).mean()


def _per_place(F: Tensor) -> Tensor:
    return gram(F) / F[0, 0].numel()
