"""How far one set of pictures is from another, each picture a vector of features.

`frechet_distance` compares means and covariances; with Inception-v3 as the network it is FID (Heusel et al.,
1706.08500). It grows smaller the more pictures there are, even between two halves of the same set.
`kernel_distance` (KID, Binkowski et al., 1801.01401) does not: its mean over many sets is what endless ones would give.
"""

from __future__ import annotations

import torch
from torch import Tensor

from course.errors import InputError


def mean_and_covariance(X: Tensor) -> tuple[Tensor, Tensor]:
    """The mean, [N], and the covariance, [N, N], of M vectors [N, M], divided by M - 1.

    Raises:
        InputError: for another shape, or fewer than two vectors.
    """
    _check_vectors(X)
    mean = X.mean(1)
    centred = X - mean[:, None]
    return mean, centred @ centred.T / (X.shape[1] - 1)


def frechet_distance(m1: Tensor, C1: Tensor, m2: Tensor, C2: Tensor) -> Tensor:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)): between two normal distributions (Dowson and Landau, 1982).

    It is the squared Wasserstein distance of the two. Computed in double precision; where rounding makes an eigenvalue
    a little negative, it counts as 0.

    Args:
        m1: a mean, [N].
        C1: a covariance, [N, N], symmetric, no eigenvalue below 0.
        m2: another mean, [N].
        C2: its covariance, [N, N].

    Raises:
        InputError: if the shapes do not fit.
    """
    size = len(m1)
    if m1.shape != (size,) or m2.shape != (size,) or C1.shape != (size, size) or C2.shape != (size, size):
        shapes = ", ".join(str(list(one.shape)) for one in (m1, C1, m2, C2))
        raise InputError(f"two means [N] and two covariances [N, N] are compared, in turn; these are {shapes}")
    a, b = C1.double(), C2.double()
    # (A B)^(1/2) has the trace of (R B R)^(1/2) with R = A^(1/2), which is symmetric: its eigenvalues are real.
    values, vectors = torch.linalg.eigh(a)
    R = vectors * values.clamp_min(0).sqrt() @ vectors.T
    cross = torch.linalg.eigvalsh(R @ b @ R).clamp_min(0).sqrt().sum()
    distance: Tensor = (m1.double() - m2.double()).square().sum() + a.trace() + b.trace() - 2 * cross
    return distance.to(m1.dtype)


def kernel_distance(X: Tensor, Y: Tensor) -> Tensor:
    """MMD^2 with the kernel (x . y / N + 1)^3, without pairs of a vector with itself (1801.01401, eq. 4).

    Its mean over many draws is right, also where that is 0, and so many of them lie below.

    Args:
        X: M vectors, [N, M], M >= 2.
        Y: others, [N, M'], M' >= 2.

    Raises:
        InputError: for other shapes.
    """
    _check_vectors(X)
    _check_vectors(Y)
    if len(X) != len(Y):
        raise InputError(f"vectors of {len(X)} and of {len(Y)} numbers cannot be compared")

    def kernel(A: Tensor, B: Tensor) -> Tensor:
        k: Tensor = (A.T @ B / len(A) + 1) ** 3
        return k

    def among(A: Tensor) -> Tensor:
        k, count = kernel(A, A), A.shape[1]
        return (k.sum() - k.trace()) / (count * (count - 1))

    return among(X) + among(Y) - 2 * kernel(X, Y).mean()


def _check_vectors(X: Tensor) -> None:
    if X.ndim != 2 or X.shape[1] < 2:
        raise InputError(f"at least two vectors are wanted, as the columns of [N, M]; this is {list(X.shape)}")
