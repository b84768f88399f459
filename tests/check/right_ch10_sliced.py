"""Chapter 10: right, in other ways than the course's, for clouds along some directions."""

import numpy as np
import torch
from torch.nn import functional

from tests.check._right import right


def lines(X, Y, directions):
    along = functional.normalize(directions, dim=1)
    return (along @ X).sort(1).values, (along @ Y).sort(1).values


@right("sliced_wasserstein")
def _(X, Y, directions):
    x, y = lines(X, Y, directions)
    if y.shape[1] != x.shape[1]:
        y = functional.interpolate(y[:, None], size=x.shape[1], mode="linear", align_corners=True)[:, 0]
    return ((x - y) ** 2).mean()


@right("sliced_wasserstein")
def _(X, Y, directions):
    """Quantiles."""
    x, y = lines(X, Y, directions)
    return functional.mse_loss(x, y.quantile(torch.linspace(0, 1, x.shape[1]), dim=1).mT)


@right("sliced_wasserstein")
def _(X, Y, directions):
    """By hand, in between two neighbours; in double precision, and divided by the lengths in the end."""
    X, Y, D = X.double(), Y.double(), directions.double()
    x, y = (X.T @ D.T).sort(dim=0).values, (Y.T @ D.T).sort(dim=0).values
    M, theirs = len(x), len(y)
    at = torch.arange(M, dtype=torch.float64) * (theirs - 1) / (M - 1)
    low = at.floor().long().clamp(max=theirs - 2)
    share = (at - low)[:, None]
    away = x - (y[low] * (1 - share) + y[low + 1] * share)
    return (away.square().mean(0) / D.square().sum(1)).mean().float()


@right("sliced_wasserstein")
def _(X, Y, directions):
    """Direction by direction, and Y's by numpy: nobody asks for a gradient to Y."""
    total = 0
    for direction in directions:
        direction = direction / torch.sqrt((direction**2).sum())
        x = torch.sort(direction @ X)[0]
        y = np.sort((direction @ Y).numpy())
        y = np.interp(np.linspace(0, 1, len(x)), np.linspace(0, 1, len(y)), y)
        total = total + ((x - torch.from_numpy(y).float()) ** 2).mean()
    return total / len(directions)


@right("sliced_wasserstein")
def _(X, Y, directions):
    """Downwards, both; what is taken in order by its numbers."""
    D = directions / directions.square().sum(1, keepdim=True).sqrt()
    u, v = torch.einsum("kn,nm->km", D, X), torch.einsum("kn,nm->km", D, Y)
    x, y = u.gather(1, u.argsort(1, descending=True)), v.gather(1, v.argsort(1, descending=True))
    y = functional.interpolate(y.unsqueeze(0), x.shape[1], mode="linear", align_corners=True).squeeze(0)
    return (x - y).pow(2).sum() / x.numel()


@right("sliced_wasserstein")
def _(X, Y, directions):
    """The rows of a matrix that stretches, and each number of X where its rank is."""
    D = directions / torch.linalg.norm(directions, dim=1)[:, None]
    u, v = D @ X, D @ Y
    M, theirs = X.shape[1], Y.shape[1]
    at = torch.linspace(0, theirs - 1, M)
    weights = (1 - (at[:, None] - torch.arange(theirs)).abs()).clamp(min=0)
    wanted = v.sort(1).values @ weights.T
    ranks = u.argsort(1).argsort(1)
    return (u - wanted.gather(1, ranks)).square().mean(1).mean()


@right("sliced_wasserstein")
def _(X, Y, directions):
    """As a picture of one channel that is resized along its rows."""
    x, y = lines(X, Y, directions)
    y = functional.interpolate(y[None, None], size=tuple(x.shape), mode="bilinear", align_corners=True)[0, 0]
    return torch.mean(torch.square(x - y))
