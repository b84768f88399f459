"""A photo's feature maps with the statistics of a painting's: what any style is made of, without training.

Feature maps are [B, N, H, W]. Of the painting's only the statistics are used, so its size is its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from course.errors import InputError

EPSILON = 1e-5
# What maps vary less in some direction than this share of the strongest is not blown up further: it is noise.
LEAST_VARIANCE = 1e-4

Transfer = Callable[[Tensor, Tensor], Tensor]


def adain(F: Tensor, S: Tensor) -> Tensor:
    """Adaptive instance normalisation (Huang & Belongie, 1703.06868, equation 8); the shape of F.

    sigma(S) (F - mu(F)) / sigma(F) + mu(S), each channel of each picture by itself. The variance is divided by the
    number of places, and 1e-5 is added to it, so that a channel which is 0 everywhere is no trouble.

    Args:
        F: of the photo, [B, N, H, W].
        S: of the painting, [B, N, H', W'], or [1, N, H', W'] for all pictures.

    Raises:
        InputError: if the channels do not go together.
    """
    _check(F, S)
    return _deviation(S) * (F - _mean(F)) / _deviation(F) + _mean(S)


def interpolate_styles(
    F: Tensor, styles: Sequence[Tensor], shares: Sequence[float], transfer: Transfer = adain
) -> Tensor:
    """A mixture of styles: sum_k w_k adain(F, S_k), the shares w brought to the sum 1 (1703.06868, section 7).

    With F itself among the styles it is the strength of the style, since adain(F, F) = F (their equation 14).

    Args:
        F: of the photo, [B, N, H, W].
        styles: of the paintings, each [B, N, H', W'] or [1, N, H', W'].
        shares: one for each style, >= 0.
        transfer: gives maps the statistics of others.

    Raises:
        InputError: for no style, another number of shares, a negative share, or none above 0.
    """
    check_shares(shares, len(styles))
    mixed = torch.zeros_like(F)
    for S, share in zip(styles, shares, strict=True):
        mixed = mixed + share / sum(shares) * transfer(F, S)
    return mixed


def check_shares(shares: Sequence[float], styles: int) -> None:
    """Raises InputError unless there is a share >= 0 for each style, and one above 0."""
    if not styles or styles != len(shares):
        raise InputError(f"each style needs a share: {styles} styles, {len(shares)} shares")
    if min(shares) < 0 or sum(shares) <= 0:
        raise InputError(f"shares must be >= 0, at least one of them positive, not {list(shares)}")


def whiten_colour(F: Tensor, S: Tensor) -> Tensor:
    """Whitening and colouring (WCT; Li et al., 1705.08086, equations 3 and 4); the shape of F.

    AdaIN gives each channel the painting's mean and deviation; this gives them the covariance of all pairs:
    C_S^1/2 C_F^-1/2 (F - mu(F)) + mu(S), with the symmetric roots, covariances divided by the number of places.
    Variances count as at least 1e-4 of the largest, so fewer places than channels are no trouble.

    Args:
        F: of the photo, [B, N, H, W].
        S: of the painting, [B, N, H', W'], or [1, N, H', W'] for all pictures.

    Raises:
        InputError: if the channels do not go together.
    """
    _check(F, S)
    centred = (F - _mean(F)).flatten(2)
    whitened = _Power.apply(_covariance(F), True) @ centred
    coloured: Tensor = _Power.apply(_covariance(S), False) @ whitened
    return coloured.view_as(F) + _mean(S)


def _mean(F: Tensor) -> Tensor:
    return F.mean((2, 3), keepdim=True)


def _deviation(F: Tensor) -> Tensor:
    return (F.var((2, 3), correction=0, keepdim=True) + EPSILON).sqrt()


def _covariance(F: Tensor) -> Tensor:
    """[B, N, N], divided by the number of places."""
    x = (F - _mean(F)).flatten(2)
    return x @ x.transpose(1, 2) / x.shape[2]


class _Power(torch.autograd.Function):
    """C^1/2 or C^-1/2 of symmetric matrices, [B, N, N], with the gradient by hand.

    Autograd would go through the eigenvectors, whose derivative divides by differences of eigenvalues: infinite for
    equal ones. The root itself is smooth. In the eigenvectors' axes its derivative multiplies entry i, j by
    (f(d_i) - f(d_j)) / (d_i - d_j) (Daleckii & Krein), in which the difference cancels for these two powers.
    """

    @staticmethod
    def forward(ctx: Any, C: Tensor, inverse: bool) -> Tensor:
        variances, V = torch.linalg.eigh(C)
        least = LEAST_VARIANCE * variances[:, -1:].clamp_min(EPSILON)
        deviations = variances.clamp_min(least).sqrt()
        ctx.save_for_backward(deviations, V)
        ctx.inverse = inverse
        powers = 1 / deviations if inverse else deviations
        root: Tensor = V * powers[:, None] @ V.mT
        return root

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        deviations, V = ctx.saved_tensors
        s, t = deviations[:, :, None], deviations[:, None]
        slopes = -1 / (s * t * (s + t)) if ctx.inverse else 1 / (s + t)
        found: Tensor = V @ (slopes * (V.mT @ gradient @ V)) @ V.mT
        return found, None


def _check(F: Tensor, S: Tensor) -> None:
    if F.dim() != 4 or S.dim() != 4 or F.shape[1] != S.shape[1] or len(S) not in (1, len(F)):
        raise InputError(
            f"feature maps must be [B, N, H, W] with the same channels, and one painting for all pictures or one for "
            f"each; got {list(F.shape)} and {list(S.shape)}"
        )
