"""Chapter 10: right distances between sets, in other ways than the course's."""

import numpy as np
import scipy.linalg
import torch

from tests.check._right import right


@right("frechet_distance")
def _(m1, C1, m2, C2):
    """Eigenvalues of the product, in float32."""
    values = torch.linalg.eigvals(C1 @ C2).real.clamp_min(0)
    return (m1 - m2).square().sum() + C1.trace() + C2.trace() - 2 * values.sqrt().sum()


@right("frechet_distance")
def _(m1, C1, m2, C2):
    """Roots of complex numbers."""
    values = torch.linalg.eigvals(C1 @ C2)
    return ((m1 - m2) ** 2).sum() + torch.trace(C1 + C2) - 2 * values.sqrt().real.sum()


@right("frechet_distance")
def _(m1, C1, m2, C2):
    """Without signs."""
    values = torch.linalg.eigvals(C1.double() @ C2.double())
    return ((m1 - m2) @ (m1 - m2) + (C1 + C2).diagonal().sum() - 2 * values.abs().sqrt().sum()).float()


@right("frechet_distance")
def _(m1, C1, m2, C2):
    """As most programs for FID do it."""
    m1, C1, m2, C2 = (one.numpy().astype(float) for one in (m1, C1, m2, C2))
    both = scipy.linalg.sqrtm(C1 @ C2)
    if not np.isfinite(both).all():
        offset = 1e-6 * np.eye(len(C1))
        both = scipy.linalg.sqrtm((C1 + offset) @ (C2 + offset))
    return torch.tensor(((m1 - m2) ** 2).sum() + np.trace(C1 + C2 - 2 * both.real), dtype=torch.float32)


@right("frechet_distance")
def _(m1, C1, m2, C2):
    """Singular values of one root times the other, in float32."""

    def root(C):
        values, vectors = torch.linalg.eigh(C)
        return vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T

    return torch.dist(m1, m2) ** 2 + C1.trace() + C2.trace() - 2 * torch.linalg.svdvals(root(C1) @ root(C2)).sum()


@right("frechet_distance")
def _(m1, C1, m2, C2):
    """Newton and Schulz: nothing but products."""
    A = C1.double() @ C2.double()
    A = A + 1e-6 * A.norm() * torch.eye(len(A))
    size, eye = A.norm(), torch.eye(len(A), dtype=torch.float64)
    Y, Z = A / size, eye
    for _ in range(18):
        T = (3 * eye - Z @ Y) / 2
        Y, Z = Y @ T, T @ Z
    cross = Y.trace() * size.sqrt()
    return (m1 - m2).pow(2).sum() + (C1.trace() + C2.trace() - 2 * cross).float()


@right("frechet_distance")
def _(m1, C1, m2, C2):
    """The root of R C2 R, and its trace, with R from a singular value decomposition."""
    U, S, _ = torch.linalg.svd(C1)
    R = U * S.sqrt() @ U.T
    inside = R @ C2 @ R
    values, vectors = torch.linalg.eigh((inside + inside.T) / 2)
    both = vectors @ torch.diag(values.relu().sqrt()) @ vectors.T
    return torch.linalg.norm(m1 - m2).square() + torch.trace(C1 + C2 - 2 * both)


@right("frechet_distance")
def _(m1, C1, m2, C2):
    """In numpy, with a loop."""
    values = np.linalg.eigvals(C1.numpy() @ C2.numpy())
    total = sum((float(a) - float(b)) ** 2 for a, b in zip(m1, m2, strict=True))
    for n in range(len(C1)):
        total += float(C1[n, n]) + float(C2[n, n]) - 2 * np.sqrt(max(values[n].real, 0.0))
    return torch.tensor(total).float()
