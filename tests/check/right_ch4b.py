"""Chapter 4b: right, in other ways than the course's."""

import torch
from torch.nn import functional

from classroom.mistakes.ch4_parts import gram
from tests.check._right import right


@right("mean_std_loss")
def _(F, S):
    m = F.mean((2, 3)) - S.mean((2, 3))
    s = torch.std(F, dim=(2, 3), unbiased=False) - torch.std(S, dim=(2, 3), unbiased=False)
    return (m**2 + s**2).sum() / F.shape[1]


@right("mean_std_loss")
def _(F, S):
    def describe(x):
        variance, mean = torch.var_mean(x.flatten(2), dim=2, correction=0)
        return torch.cat([mean, (variance + 1e-5).sqrt()], dim=1)

    return functional.mse_loss(describe(F), describe(S), reduction="sum") / F.shape[1]


@right("mean_std_loss")
def _(F, S):
    def describe(x):
        mean = x.mean((2, 3))
        return mean, ((x**2).mean((2, 3)) - mean**2).clamp(min=1e-8).sqrt()

    (m, s), (n, t) = describe(F), describe(S)
    return (((m - n) ** 2).mean(1) + ((s - t) ** 2).mean(1)).sum()


@right("mmd_squared")
def _(F, S):
    G, A = gram(F) / F[0, 0].numel(), gram(S) / S[0, 0].numel()
    return ((G - A) ** 2).sum()


@right("mmd_squared")
def _(F, S):
    loss = 0
    for f, s in zip(F.flatten(2), S.flatten(2), strict=True):
        loss = loss + ((f.T @ f) ** 2).mean() + ((s.T @ s) ** 2).mean() - 2 * ((f.T @ s) ** 2).mean()
    return loss


@right("mmd_squared")
def _(F, S):
    def k(x, y):
        return torch.einsum("bnhw,bnij->bhwij", x, y).pow(2).flatten(1).mean(1)

    return torch.sum(k(F, F) + k(S, S) - k(F, S) - k(S, F))
