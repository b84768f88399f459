"""The losses that style transfer minimises: functions of feature maps, in the letters and the units of the papers.

Feature maps ``F`` are tensors [B, N, H, W]: N channels over M = H * W positions (the papers flatten them to [N, M]).
Losses are scalars; those of a batch are added up. Everything is differentiable, and nothing modifies its arguments.

Two kinds of units stand side by side. The *paper's* (``content_loss``, ``style_layer_loss``) are Gatys et al.'s
equations to the letter. The *relative* ones (``relative_distance``) divide by the target's own size, so that a
weight means the same for every layer, picture size, pixel range and network; the painter uses these by default. What
other tutorials compute is a constant factor away: see `CONVENTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from course.errors import InputError
from course.transport import wasserstein_along

# --- Content (Gatys, Ecker & Bethge, CVPR 2016) ---------------------------------------------------------------------


def content_loss(F: Tensor, P: Tensor) -> Tensor:
    """Equation 1: L_content = 1/2 sum_ij (F_ij - P_ij)^2, for feature maps of one shape [B, N, H, W].

    Raises:
        InputError: if the shapes differ.
    """
    _same_shape("F", F, "P", P)
    return (F - P).square().sum() / 2


def content_gradient(F: Tensor, P: Tensor) -> Tensor:
    """Equation 2, by hand: dL_content/dF = F - P where F > 0, else 0; [B, N, H, W].

    F holds what comes out of a ReLU. Where that is 0 the ReLU lets no gradient through to the picture, and the paper
    counts this into the equation. At F > 0 it equals what autograd finds.
    """
    _same_shape("F", F, "P", P)
    return (F - P) * (F > 0)


# --- Texture and style (Gatys et al., 1505.07376 and CVPR 2016) -----------------------------------------------------


class _Gram(torch.autograd.Function):
    """G = F F^T with its gradient by hand: dL/dF = (D + D^T) F for D = dL/dG.

    Autograd would multiply twice, once for each F in the product, and add up; D + D^T does both at once. The sum runs
    over positions that stay where they are in memory, [M, N], when F is channels_last.
    """

    @staticmethod
    def forward(ctx: Any, F: Tensor) -> Tensor:
        batch, channels, height, width = F.shape
        rows = F.permute(0, 2, 3, 1).reshape(batch, height * width, channels)
        ctx.save_for_backward(F)
        if F.dtype == torch.bfloat16:
            return _added_up_in_single(rows)
        products: Tensor = rows.transpose(1, 2) @ rows
        return products

    @staticmethod
    def backward(ctx: Any, D: Tensor) -> Tensor:
        (F,) = ctx.saved_tensors
        batch, channels, height, width = F.shape
        rows = F.permute(0, 2, 3, 1).reshape(batch, height * width, channels)
        gradient: Tensor = rows @ (D + D.transpose(1, 2)).to(F.dtype)
        return gradient.view(batch, height, width, channels).permute(0, 3, 1, 2)


# Positions that are multiplied at once in bfloat16.
PART = 1024


def _added_up_in_single(rows: Tensor) -> Tensor:
    """Gram matrices of maps in bfloat16, positions by channels [B, M, N] -> [B, N, N] in float32.

    Products in bfloat16 are rounded to 0.2 % in the end. So positions are multiplied part by part, and the parts are
    added up in float32, where most of these errors cancel.
    """
    batch, positions, channels = rows.shape
    whole = positions - positions % PART
    parts = rows[:, :whole].reshape(-1, PART, channels)
    products = (parts.transpose(1, 2) @ parts).view(batch, -1, channels, channels)
    rest = rows[:, whole:]
    return products.sum(1, dtype=torch.float32) + rest.transpose(1, 2) @ rest


def gram(F: Tensor) -> Tensor:
    """Equation 3: G_ij = sum_k F_ik F_jk, which channels fire together, wherever; [B, N, H, W] -> [B, N, N].

    It is a sum over positions. Divide by M = H * W to compare pictures of different sizes.

    >>> F = torch.tensor([[1.0, 2.0], [3.0, 0.0]]).view(1, 2, 1, 2)  # two channels at two positions
    >>> gram(F)
    tensor([[[5., 3.],
             [3., 9.]]])

    Feature maps in bfloat16 give a Gram matrix in float32, right to 0.2 % or, of many positions, better.

    Raises:
        InputError: if F is not [B, N, H, W].
    """
    _feature_maps("F", F)
    result: Tensor = _Gram.apply(F)
    return result


def style_layer_loss(F: Tensor, A: Tensor, positions: int | None = None) -> Tensor:
    """Equation 4: E_l = 1 / (4 N^2 M^2) sum_ij (G_ij - A_ij)^2.

    Args:
        F: feature maps of the picture, [B, N, H, W]; G is their Gram matrix and M = H * W.
        A: Gram matrix of the style, [B, N, N] or [1, N, N].
        positions: how many positions A was summed over, if the style picture has another size. A / positions is then
            compared with G / M: a Gram matrix needs no equal sizes.

    Raises:
        InputError: if F is not [B, N, H, W], or the channels do not fit.
    """
    _feature_maps("F", F)
    channels, M = F.shape[1], F.shape[2] * F.shape[3]
    return _style_difference(F, A, positions).square().sum() / (4 * channels**2 * M**2)


def style_layer_gradient(F: Tensor, A: Tensor, positions: int | None = None) -> Tensor:
    """Equation 6, by hand: dE_l/dF = 1 / (N^2 M^2) (F^T (G - A))^T where F > 0, else 0; [B, N, H, W].

    The arguments are those of `style_layer_loss`. At F > 0 it equals what autograd finds.
    """
    _feature_maps("F", F)
    channels, M = F.shape[1], F.shape[2] * F.shape[3]
    difference = _style_difference(F, A, positions)
    gradient = torch.einsum("bij,bjhw->bihw", difference, F) / (channels**2 * M**2)
    return gradient * (F > 0)


def style_loss(features: Mapping[str, Tensor], targets: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
    """Equation 5: L_style = sum_l w_l E_l over the layers of `targets`; features of other layers do not count.

    Args:
        features: feature maps by layer, [B, N_l, H_l, W_l].
        targets: Gram matrix of the style by layer, [B, N_l, N_l].
        weights: w_l by layer; the paper has 1 / (number of layers) for each.

    Raises:
        InputError: if there are no targets, or if features or weights lack one of their layers.
    """
    if not targets:
        raise InputError("a style loss needs at least one layer")
    for what, given in (("features", features), ("weights", weights)):
        if missing := sorted(set(targets) - set(given)):
            raise InputError(f"{what} lack the style layer {missing[0]}")
    parts = [weights[layer] * style_layer_loss(features[layer], A) for layer, A in targets.items()]
    return torch.stack(parts).sum()


def total_loss(content: Tensor, style: Tensor, alpha: float, beta: float) -> Tensor:
    """Equation 7: L_total = alpha L_content + beta L_style.

    Args:
        content: the content loss, a scalar.
        style: the style loss, a scalar.
        alpha: weight of the content, >= 0.
        beta: weight of the style, >= 0.
    """
    return alpha * content + beta * style


def _style_difference(F: Tensor, A: Tensor, positions: int | None) -> Tensor:
    G = gram(F)
    if A.shape[1:] != G.shape[1:] or A.shape[0] not in (1, G.shape[0]):
        raise InputError(f"A has shape {list(A.shape)}, the Gram matrix of F has {list(G.shape)}; use the same layer")
    return G - (A if positions is None else A * (F.shape[2] * F.shape[3] / positions))


# --- Relative units -------------------------------------------------------------------------------------------------

NOTHING = 1e-12


def relative_distance(X: Tensor, Y: Tensor) -> Tensor:
    """|X - Y|^2 / |Y|^2 for each picture of a batch, added up; X and Y of one shape [B, ...].

    0 is a perfect match, 1 is as far off as an empty X. Works for feature maps (content) as for Gram matrices (style),
    and does not change when both are multiplied by a number. Where the target is zero (mean square below `NOTHING`)
    there is no "relative", and the mean square of X - Y is taken.

    >>> Y = torch.tensor([[3.0, 4.0]])
    >>> relative_distance(Y, Y), relative_distance(torch.zeros(1, 2), Y), relative_distance(20 * Y, 10 * Y)
    (tensor(0.), tensor(1.), tensor(1.))

    Raises:
        InputError: if the shapes differ.
    """
    _same_shape("X", X, "Y", Y)
    return relative_to(Y)(X)


def relative_to(Y: Tensor) -> Callable[[Tensor], Tensor]:
    """X -> `relative_distance` of X and Y, for many X: the size of Y is computed once."""
    target = single(Y)
    of_one_picture = tuple(range(1, target.dim()))
    size, count = target.square().sum(of_one_picture), target[0].numel()
    nothing = size <= NOTHING * count
    divisor = torch.where(nothing, torch.full_like(size, count), size)

    def distance(X: Tensor) -> Tensor:
        _same_shape("X", X, "Y", target)
        return ((X - target).square().sum(of_one_picture) / divisor).sum()

    return distance


# --- Smoothness -----------------------------------------------------------------------------------------------------

TotalVariation = Literal["squared", "absolute", "power"]


def tv_loss(image: Tensor, kind: TotalVariation = "squared") -> Tensor:
    """Total variation: how much neighbouring pixels differ, a smoothing prior; [B, C, H, W] -> scalar.

    With dx and dy the differences to the right and lower neighbour, summed over pictures, channels and pixels:

    - "squared": dx^2 + dy^2,
    - "absolute": |dx| + |dy|, which forgives edges (Rudin, Osher & Fatemi 1992),
    - "power": (dx^2 + dy^2)^1.25, which forgives noise more and spikes less than "squared": the regulariser of
      Mahendran & Vedaldi (1412.0035) with beta = 2.5, known from Keras. Pixels without both neighbours are left out.

    Raises:
        InputError: for another kind, or an image that is not [B, C, H, W].
    """
    _feature_maps("image", image)
    dx = image[..., :, 1:] - image[..., :, :-1]
    dy = image[..., 1:, :] - image[..., :-1, :]
    if kind == "squared":
        return dx.square().sum() + dy.square().sum()
    if kind == "absolute":
        return dx.abs().sum() + dy.abs().sum()
    if kind == "power":
        return (dx[..., :-1, :].square() + dy[..., :, :-1].square()).pow(1.25).sum()
    raise InputError(f"no total variation {kind!r}; choose 'squared', 'absolute' or 'power'")


# --- Neighbours of the Gram matrix ----------------------------------------------------------------------------------


def mean_std(F: Tensor) -> Tensor:
    """Mean and (biased) standard deviation of each channel over its positions; [B, N, H, W] -> [B, 2, N]."""
    _feature_maps("F", F)
    mean = F.mean(dim=(2, 3))
    variance = (F - mean[:, :, None, None]).square().mean(dim=(2, 3))
    # The square root has no slope at 0, and a channel that never fires would turn every gradient into NaN.
    silent = variance == 0
    std = torch.where(silent, variance, torch.where(silent, torch.ones_like(variance), variance).sqrt())
    return torch.stack([mean, std], dim=1)


def mean_std_loss(F: Tensor, S: Tensor) -> Tensor:
    """1/N sum_i (mean_i(F) - mean_i(S))^2 + (std_i(F) - std_i(S))^2 (Li et al., 1701.01036).

    Args:
        F: feature maps of the picture, [B, N, H, W].
        S: feature maps of the style at the same layer, [B, N, H', W'], of any size.
    """
    _same_channels(F, S)
    return (mean_std(F) - mean_std(S)).square().sum() / F.shape[1]


def quadratic_kernel(X: Tensor, Y: Tensor) -> Tensor:
    """k(x, y) = (x . y)^2 for all pairs: [B, N, M] and [B, N, M'] -> [B, M, M']."""
    return (X.transpose(1, 2) @ Y).square()


def mmd_squared(F: Tensor, S: Tensor, kernel: Callable[[Tensor, Tensor], Tensor] = quadratic_kernel) -> Tensor:
    """Squared maximum mean discrepancy of two clouds of feature vectors (Li et al., 1701.01036).

    mean k(f, f') + mean k(s, s') - 2 mean k(f, s) over all pairs of positions, self-pairs included. With the quadratic
    kernel this is |G/M - A/M'|^2: matching Gram matrices is matching distributions. It compares
    all pairs, so its memory grows with M^2; the Gram matrix is the same thing cheaper.

    Args:
        F: feature maps of the picture, [B, N, H, W].
        S: feature maps of the style, [B, N, H', W'], of any size.
        kernel: [B, N, M], [B, N, M'] -> [B, M, M'].
    """
    _same_channels(F, S)
    x, y = F.flatten(2), S.flatten(2)
    means = kernel(x, x).mean(dim=(1, 2)) + kernel(y, y).mean(dim=(1, 2)) - 2 * kernel(x, y).mean(dim=(1, 2))
    return means.sum()


def sliced_wasserstein(F: Tensor, S: Tensor, projections: int = 64, seed: int = 0) -> Tensor:
    """Sliced Wasserstein distance of two clouds of feature vectors (Heitz et al., 2006.07229).

    Both clouds are projected on random directions; on a line, the best transport pairs them up in sorted order. The
    mean squared distance of the pairs, averaged over directions, is 0 only if the distributions agree. With different
    sizes the style's quantiles are read off in between.

    Args:
        F: feature maps of the picture, [B, N, H, W].
        S: feature maps of the style, [B, N, H', W'], of any size.
        projections: how many directions.
        seed: of the directions; use another in every step to see all of them in the end.

    Raises:
        InputError: if the channels differ or there is no direction.
    """
    _same_channels(F, S)
    if projections < 1:
        raise InputError(f"projections must be at least 1, not {projections}")
    generator = torch.Generator("cpu").manual_seed(seed)
    directions = torch.randn(projections, F.shape[1], generator=generator, dtype=torch.float64, device="cpu").to(F)
    clouds = zip(F.flatten(2), S.flatten(2), strict=True)
    return torch.stack([wasserstein_along(x, y, directions) for x, y in clouds]).sum()


# --- What other tutorials compute -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Convention:
    """How a published implementation measures the two losses, against the paper's.

    Attributes:
        used_by: where it is found.
        content: N, M -> its content loss / L_content of the paper.
        style: N, M -> its loss of one style layer / E_l of the paper.
    """

    used_by: str
    content: Callable[[int, int], float]
    style: Callable[[int, int], float]


def _as_it_is(N: int, M: int) -> float:
    return 1.0


def _content_of_means(N: int, M: int) -> float:
    return 2 / (N * M)


def _style_per_position(N: int, M: int) -> float:
    return 4.0


def _style_per_entry(N: int, M: int) -> float:
    return 4 / N**2


# With features multiplied by s (another pixel range, a rescaled network) content goes by s^2 and style by s^4.
CONVENTIONS: Mapping[str, Convention] = {
    "paper": Convention("Gatys et al., CVPR 2016, equations 1 and 4", _as_it_is, _as_it_is),
    "gram/M": Convention(
        "Gatys' PyTorch notebook, pystiche: mean square of F - P and of G/M - A/M",
        _content_of_means,
        _style_per_position,
    ),
    "gram/NM": Convention(
        "neural-style, the PyTorch tutorial, d2l, Johnson et al.'s code: mean square of F - P and of G/(NM) - A/(NM)",
        _content_of_means,
        _style_per_entry,
    ),
}


# --- Precision and shapes ---------------------------------------------------------------------------------------------


def single(X: Tensor) -> Tensor:
    """X in float32, or in the precision that it has if that is higher: for sums of many squares."""
    return X.to(torch.promote_types(X.dtype, torch.float32))


def _feature_maps(name: str, F: Tensor) -> None:
    if F.dim() != 4:
        raise InputError(f"{name} must be [B, N, H, W], not {list(F.shape)}")


def _same_shape(name: str, X: Tensor, other: str, Y: Tensor) -> None:
    if X.shape != Y.shape:
        raise InputError(f"{name} has shape {list(X.shape)} and {other} has {list(Y.shape)}; they must be equal")


def _same_channels(F: Tensor, S: Tensor) -> None:
    _feature_maps("F", F)
    _feature_maps("S", S)
    if F.shape[:2] != S.shape[:2]:
        raise InputError(f"F has [B, N] = {list(F.shape[:2])} and S has {list(S.shape[:2])}; use the same layer")
