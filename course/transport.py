"""How far two clouds of vectors are apart: what it costs to carry one to where the other lies."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from course.errors import InputError


def wasserstein_along(X: Tensor, Y: Tensor, directions: Tensor) -> Tensor:
    """Sliced Wasserstein distance of two clouds of vectors, along these directions (Bonneel et al., 2015).

    Args:
        X: M vectors, [N, M].
        Y: M' others, [N, M'].
        directions: [K, N], of any length but 0.

    Returns:
        Both clouds projected and sorted, the mean of their squared differences over directions and vectors. If M' is
        not M, the second line is stretched to M numbers, in between linearly.

    Raises:
        InputError: if the shapes do not fit, and for a direction of length 0.
    """
    if X.ndim != 2 or Y.ndim != 2 or directions.ndim != 2 or not len(X) == len(Y) == directions.shape[1]:
        shapes = ", ".join(str(list(one.shape)) for one in (X, Y, directions))
        raise InputError(f"clouds [N, M] and [N, M'] and directions [K, N] are wanted, not {shapes}")
    lengths = directions.norm(dim=1, keepdim=True)
    if not (lengths > 0).all():
        raise InputError("a direction of length 0 leads nowhere")
    x, y = ((directions / lengths @ cloud).sort(dim=1).values for cloud in (X, Y))
    if y.shape[1] != x.shape[1]:
        y = functional.interpolate(y[None], size=x.shape[1], mode="linear", align_corners=True)[0]
    distance: Tensor = (x - y).square().mean()
    return distance
