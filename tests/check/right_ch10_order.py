"""Chapter 10: right agreements of two orders, in other ways than the course's."""

import itertools

import numpy as np
import torch

from tests.check._right import right


@right("rank_agreement")
def _(a, b):
    """Pair by pair."""
    n, total = len(a), 0
    for i in range(n):
        for j in range(i + 1, n):
            if (a[i] < a[j] and b[i] < b[j]) or (a[i] > a[j] and b[i] > b[j]):
                total += 1
            elif (a[i] < a[j] and b[i] > b[j]) or (a[i] > a[j] and b[i] < b[j]):
                total -= 1
    return torch.tensor(total / (n * (n - 1) / 2))


@right("rank_agreement")
def _(a, b):
    """All pairs, both ways."""
    signs = (a[:, None] - a[None]).sign() * (b[:, None] - b[None]).sign()
    return signs.sum() / torch.tensor(float(len(a) * (len(a) - 1)))


@right("rank_agreement")
def _(a, b):
    """The triangle of all pairs."""
    signs = torch.sign(a[:, None] - a).float() * torch.sign(b[:, None] - b).float()
    return torch.triu(signs, diagonal=1).sum() * 2 / (len(a) ** 2 - len(a))


@right("rank_agreement")
def _(a, b):
    """In numpy."""
    x, y = a.numpy().astype(float), b.numpy().astype(float)
    i, j = np.triu_indices(len(x), 1)
    return torch.tensor(np.mean(np.sign(x[i] - x[j]) * np.sign(y[i] - y[j])), dtype=torch.float32)


@right("rank_agreement")
def _(a, b):
    """Shares of pairs that are alike, and of those that are not."""
    pairs = list(itertools.combinations(range(len(a)), 2))
    products = torch.stack([(a[i] - a[j]).sign() * (b[i] - b[j]).sign() for i, j in pairs])
    return (products > 0).float().mean() - (products < 0).float().mean()


@right("rank_agreement")
def _(a, b):
    """By torch.combinations."""
    x, y = torch.combinations(a), torch.combinations(b)
    return (
        ((x[:, 0] > x[:, 1]).float() - (x[:, 0] < x[:, 1]).float())
        .mul((y[:, 0] > y[:, 1]).float() - (y[:, 0] < y[:, 1]).float())
        .mean()
    )


@right("rank_agreement")
def _(a, b):
    """Sorted by a, and then counted in b."""
    order = a.argsort()
    a, b, total = a[order].tolist(), b[order].tolist(), 0
    for j in range(len(a)):
        total += sum((b[i] < b[j]) - (b[i] > b[j]) for i in range(j) if a[i] < a[j])
    return torch.tensor(2.0 * total / len(a) / (len(a) - 1))
