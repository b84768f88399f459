"""What keeps a photo a photo: near every pixel the colours may change by one affine map, and edges stay where they are.

Shih et al. (2013) model the colours of a scene at another time of day so, patch by patch, and as long as no shadow
begins or ends in a patch they come close. Levin et al. (2006) made it a quadratic form, the matting Laplacian; Luan et
al. (1703.07511) added it to the losses of neural style transfer::

    terms = [content(photo), style(night), photoreal(photo)]
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from course.errors import InputError
from course.images import check_given, check_image, check_whole, fit
from course.objectives import FeatureNetwork, Loss, Term

AffineResidual = Callable[[Tensor, Tensor], Tensor]

SIDE = 3
LITTLE = 1e-5  # for windows of one colour, in which no map can be found


def affine_residual(photo: Tensor, painted: Tensor, side: int = SIDE) -> Tensor:
    """What is left of a picture when, in each window, the best affine map of the photo's colours is taken away.

    For each window of side x side pixels (one at every pixel, all inside the picture) the map y = A x + b is sought
    that brings the photo's colours x nearest to those painted, in the sum of |painted - y|^2, with 1e-5 |A|^2 per pixel
    added so that there is always one. Levin et al.'s V^T L V (2006, equations 5 and 12), for each channel V of what is
    painted, is the sum of the same squares, with the penalty in it.

    Args:
        photo: [1, 3, H, W].
        painted: of the same shape.
        side: of a window, in pixels.

    Returns:
        The mean over all windows, pixels and channels of (painted - A x - b)^2, a scalar. 1e-5 |A|^2 is not in it.

    Raises:
        InputError: if the shapes differ, or a window is larger than the picture.
    """
    _check(photo, painted, side)
    X, Y = (_centred(one, side) for one in (photo, painted))  # [windows, pixels, 3]
    residual: Tensor = (Y - X @ _maps(X, Y)).square().mean()
    return residual


def photoreal(photo: Tensor, residual: AffineResidual = affine_residual) -> Term:
    """The term "photoreal": `affine_residual` of the painting, against the photo at the painting's size.

    Args:
        photo: [1, 3, H, W], RGB in [0, 1].
        residual: photo, painting -> scalar; yours or ours.

    Raises:
        InputError: for something that is not a picture.
    """
    check_given(photo, "the photo")

    def prepare(net: FeatureNetwork, height: int, width: int) -> Loss:
        sized = fit(photo, height, width)
        return lambda features: residual(sized, features["image"])

    return Term("photoreal", (), prepare)


def affine_part(photo: Tensor, painted: Tensor, side: int = SIDE) -> Tensor:
    """A picture with each pixel's colours by the affine maps of the windows around it: with little residual.

    Each window's map A x + b is applied to its pixels, and where windows overlap their answers are averaged: the guided
    filter (He et al., 2010), the photo its guide. The larger the windows, the less is left.

    Args:
        photo: [1, 3, H, W].
        painted: of the same shape.
        side: of a window, in pixels.

    Returns:
        [1, 3, H, W].

    Raises:
        InputError: as `affine_residual` does.
    """
    _check(photo, painted, side)
    X, Y = (_centred(one, side) for one in (photo, painted))
    fitted = X @ _maps(X, Y) + (_columns(painted, side) - Y)
    columns = fitted.permute(2, 1, 0).reshape(1, -1, len(X))
    total, count = (functional.fold(one, painted.shape[2:], side) for one in (columns, torch.ones_like(columns)))
    part: Tensor = total / count
    return part


def _check(photo: Tensor, painted: Tensor, side: int) -> None:
    if check_image(photo, "the photo").shape != check_image(painted, "the painting").shape:
        raise InputError(f"both must have one shape, not {list(photo.shape)} and {list(painted.shape)}")
    check_whole(side, "the side of a window")
    if side > min(photo.shape[2:]):
        raise InputError(f"a window of {side} does not fit a picture of {photo.shape[2]} x {photo.shape[3]}")


def _columns(picture: Tensor, side: int) -> Tensor:
    """All windows: [windows, pixels, channels]."""
    columns: Tensor = functional.unfold(picture, side)[0].view(picture.shape[1], side * side, -1).permute(2, 1, 0)
    return columns


def _centred(picture: Tensor, side: int) -> Tensor:
    columns = _columns(picture, side)
    return columns - columns.mean(1, keepdim=True)


def _maps(X: Tensor, Y: Tensor) -> Tensor:
    """The matrices A of all windows, transposed: X A is nearest to Y."""
    pixels = X.shape[1]
    A: Tensor = torch.linalg.solve(X.mT @ X / pixels + LITTLE * torch.eye(3).to(X), X.mT @ Y / pixels)
    return A
