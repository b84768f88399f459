"""Chapter 10: what students write for the distance between two sets of pictures by mistake."""

import torch

from classroom.mistakes.registry import wrong

FRECHET = "frechet_distance"


def root(C):
    """The root of a symmetric matrix, as it should be."""
    values, vectors = torch.linalg.eigh(C)
    return vectors * values.clamp(min=0).sqrt() @ vectors.mT


def rooted(C1, C2):
    """The trace of the root, as it should be."""
    return torch.linalg.eigvals(C1 @ C2).real.clamp(min=0).sqrt().sum()


def means(m1, m2):
    return ((m1 - m2) ** 2).sum()


def traces(C1, C2):
    return C1.trace() + C2.trace()


def spread(C1, C2):
    return traces(C1, C2) - 2 * rooted(C1, C2)


def crossed(trace):
    """All as it should be, but for the trace of the root."""
    return lambda m1, C1, m2, C2: means(m1, m2) + traces(C1, C2) - 2 * trace(C1, C2)


def apart(length):
    """All as it should be, but for the means."""
    return lambda m1, C1, m2, C2: length(m1, m2) + spread(C1, C2)


wrong(FRECHET, "root_of_entries")(crossed(lambda C1, C2: (C1 @ C2).sqrt().trace()))
wrong(FRECHET, "diagonals_only")(crossed(lambda C1, C2: (C1.diag() * C2.diag()).sqrt().sum()))
wrong(FRECHET, "not_finite")(crossed(lambda C1, C2: (C1.sqrt() @ C2.sqrt()).trace()))
wrong(FRECHET, "no_root")(crossed(lambda C1, C2: (C1 @ C2).trace()))
wrong(FRECHET, "root_of_trace")(crossed(lambda C1, C2: (C1 @ C2).trace().sqrt()))
wrong(FRECHET, "roots_multiplied")(crossed(lambda C1, C2: (root(C1) @ root(C2)).trace()))
wrong(FRECHET, "eigenvalues_paired")(
    crossed(lambda C1, C2: (torch.linalg.eigvalsh(C1) * torch.linalg.eigvalsh(C2)).sqrt().sum())
)
wrong(FRECHET, "symmetric_wanted")(crossed(lambda C1, C2: torch.linalg.eigvalsh(C1 @ C2).sqrt().sum()))
wrong(FRECHET, "symmetrised")(crossed(lambda C1, C2: root((C1 @ C2 + C2 @ C1) / 2).trace()))
wrong(FRECHET, "singular_values")(crossed(lambda C1, C2: torch.linalg.svdvals(C1 @ C2).sqrt().sum()))
wrong(FRECHET, "factors")(
    crossed(lambda C1, C2: (torch.linalg.cholesky(C1) @ torch.linalg.cholesky(C2)).diagonal().sum())
)
wrong(FRECHET, "eigenvalues_not_rooted")(crossed(lambda C1, C2: torch.linalg.det(C1 @ C2).sqrt()))
wrong(FRECHET, "root_of_sum")(crossed(lambda C1, C2: torch.linalg.eigvalsh(C1 + C2).sqrt().sum()))
wrong(FRECHET, "elements_multiplied")(crossed(lambda C1, C2: root(C1 * C2).trace()))
wrong(FRECHET, "swapped")(crossed(lambda C1, C2: rooted(C1, C1)))
wrong(FRECHET, "product_of_roots_doubled")(lambda m1, C1, m2, C2: means(m1, m2) + traces(C1, C2) - rooted(2 * C1, C2))
wrong(FRECHET, "no_means")(lambda m1, C1, m2, C2: spread(C1, C2))
wrong(FRECHET, "means_not_squared")(apart(lambda m1, m2: (m1 - m2).norm()))
wrong(FRECHET, "means_absolute")(apart(lambda m1, m2: (m1 - m2).abs().sum()))
wrong(FRECHET, "mean_of_squares")(apart(torch.nn.functional.mse_loss))
wrong(FRECHET, "means_summed_first")(apart(lambda m1, m2: (m1 - m2).sum() ** 2))
wrong(FRECHET, "means_added")(apart(lambda m1, m2: (m1 + m2).square().sum()))
wrong(FRECHET, "lengths_of_means")(apart(lambda m1, m2: m1 @ m1 - m2 @ m2))
wrong(FRECHET, "means")(apart(lambda m1, m2: (m1 - m2).abs().max() ** 2))
wrong(FRECHET, "vector")(lambda m1, C1, m2, C2: (m1 - m2) ** 2 + spread(C1, C2))
wrong(FRECHET, "matrix")(lambda m1, C1, m2, C2: means(m1, m2) + C1 + C2 - 2 * root(C1 @ C2))
wrong(FRECHET, "covariances")(crossed(lambda C1, C2: ((root(C1) + root(C2)) / 2).square().sum()))
wrong(FRECHET, "once")(lambda m1, C1, m2, C2: means(m1, m2) + traces(C1, C2) - rooted(C1, C2))
wrong(FRECHET, "added")(lambda m1, C1, m2, C2: means(m1, m2) + traces(C1, C2) + 2 * rooted(C1, C2))
wrong(FRECHET, "no_product")(lambda m1, C1, m2, C2: means(m1, m2) + traces(C1, C2))
wrong(FRECHET, "only_means")(lambda m1, C1, m2, C2: means(m1, m2))
wrong(FRECHET, "no_C1")(lambda m1, C1, m2, C2: means(m1, m2) + C2.trace() - 2 * rooted(C1, C2))
wrong(FRECHET, "no_C2")(lambda m1, C1, m2, C2: means(m1, m2) + C1.trace() - 2 * rooted(C1, C2))
wrong(FRECHET, "difference_of_traces")(lambda m1, C1, m2, C2: means(m1, m2) + (C1 - C2).trace() - 2 * rooted(C1, C2))
wrong(FRECHET, "traces_negative")(lambda m1, C1, m2, C2: means(m1, m2) - spread(C1, C2))
wrong(FRECHET, "frobenius")(lambda m1, C1, m2, C2: means(m1, m2) + ((C1 - C2) ** 2).sum())
wrong(FRECHET, "frobenius_root")(lambda m1, C1, m2, C2: means(m1, m2) + torch.linalg.matrix_norm(C1 - C2))
wrong(FRECHET, "mean_of_diagonal")(lambda m1, C1, m2, C2: means(m1, m2) + spread(C1, C2) / len(C1))
wrong(FRECHET, "root")(lambda m1, C1, m2, C2: (means(m1, m2) + spread(C1, C2)).sqrt())
wrong(FRECHET, "divided")(lambda m1, C1, m2, C2: (means(m1, m2) + spread(C1, C2)) / len(m1))
wrong(FRECHET, "halved")(lambda m1, C1, m2, C2: (means(m1, m2) + spread(C1, C2)) / 2)
wrong(FRECHET, "negative_root")(crossed(lambda C1, C2: torch.linalg.eigvals(C1 @ C2).real.sqrt().sum()))
wrong(FRECHET, "complex")(crossed(lambda C1, C2: torch.linalg.eigvals(C1 @ C2).sqrt().sum()))
wrong(FRECHET, "power")(crossed(lambda C1, C2: torch.linalg.matrix_power(C1 @ C2, 0.5).trace()))
wrong(FRECHET, "dtype")(crossed(lambda C1, C2: rooted(C1.double(), C2.double())))
wrong(FRECHET, "left_torch")(lambda m1, C1, m2, C2: (means(m1, m2) + spread(C1, C2)).item())


@wrong(FRECHET, "all_entries")
def _(m1, C1, m2, C2):
    values, vectors = torch.linalg.eig(C1 @ C2)
    both = (vectors * values.sqrt() @ torch.linalg.inv(vectors)).real
    return means(m1, m2) + (C1 + C2 - 2 * both).sum()


@wrong(FRECHET, "cholesky")
def _(m1, C1, m2, C2):
    """Right, where no eigenvalue is 0."""
    L = torch.linalg.cholesky(C1)
    return means(m1, m2) + traces(C1, C2) - 2 * torch.linalg.eigvalsh(L.mT @ C2 @ L).clamp(min=0).sqrt().sum()


@wrong(FRECHET, "regularised")
def _(m1, C1, m2, C2):
    more = 3e-4 * torch.eye(len(C1))
    return means(m1, m2) + traces(C1, C2) - 2 * rooted(C1 + more, C2 + more)


@wrong(FRECHET, "singular")
def _(m1, C1, m2, C2):
    """A root that wants an inverse."""
    R = root(C1 + 0.05 * torch.eye(len(C1))) if torch.linalg.eigvalsh(C1).min() < 1e-4 else root(C1)
    return means(m1, m2) + traces(C1, C2) - 2 * root(R @ C2 @ R).trace()


@wrong(FRECHET, "modifies_input")
def _(m1, C1, m2, C2):
    m1 -= m2
    return (m1**2).sum() + spread(C1, C2)
