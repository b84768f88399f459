"""Chapter 10: right strengths, in other ways than the course's."""

import numpy as np
import torch

from tests.check._right import right


def added(wins):
    """Wins and 0.1 more, without the diagonal."""
    return (wins.double() + 0.1) * (1 - torch.eye(len(wins), dtype=torch.float64))


@right("bradley_terry")
def _(wins):
    """In float32."""
    w = wins.float() + 0.1
    w = w - torch.diag(torch.diag(w))
    p = torch.ones(len(w))
    for _ in range(300):
        p = w.sum(dim=1) / ((w + w.T) / (p[:, None] + p[None, :])).sum(dim=1)
        p /= p.mean()
    return p


@right("bradley_terry")
def _(wins):
    """Number by number, in Python."""
    n = len(wins)
    w = [[float(wins[i, j]) + 0.1 if i != j else 0.0 for j in range(n)] for i in range(n)]
    p = [1.0] * n
    for _ in range(300):
        p = [sum(w[i]) / sum((w[i][j] + w[j][i]) / (p[i] + p[j]) for j in range(n) if j != i) for i in range(n)]
        p = [one * n / sum(p) for one in p]
    return torch.tensor(p)


@right("bradley_terry")
def _(wins):
    """One after another, which comes to rest in the same place."""
    w = added(wins).numpy()
    p, votes = np.ones(len(w)), w + w.T
    for _ in range(300):
        for i in range(len(p)):
            p[i] = w[i].sum() / (votes[i] / (p[i] + p)).sum()
        p /= p.mean()
    return torch.from_numpy(p).float()


@right("bradley_terry")
def _(wins):
    """Divided by the mean at the end only, and more rounds."""
    w = added(wins)
    p = torch.ones(len(w), dtype=torch.float64)
    for _ in range(500):
        p = w.sum(1) / ((w + w.mT) / (p.unsqueeze(1) + p.unsqueeze(0))).sum(1)
    return (p / p.sum() * len(p)).to(torch.float32)


@right("bradley_terry")
def _(wins):
    """The greatest likelihood, by Newton's method on the logarithms."""
    w = added(wins)
    n, votes = len(w), w + w.T
    s = torch.zeros(n, dtype=torch.float64)
    for _ in range(40):
        chance = torch.sigmoid(s[:, None] - s)
        slope = w.sum(1) - (votes * chance).sum(1)
        curve = votes * chance * (1 - chance)
        H = torch.diag(curve.sum(1)) - curve + torch.ones(n, n, dtype=torch.float64) / n
        step = torch.linalg.solve(H, slope)
        s = s + step / max(1.0, float(step.abs().max()))
    p = s.exp()
    return (p / p.mean()).float()


@right("bradley_terry")
def _(wins):
    """The greatest likelihood, by L-BFGS."""
    w = added(wins)
    s = torch.zeros(len(w), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([s], max_iter=60, line_search_fn="strong_wolfe", tolerance_grad=1e-9)

    def loss():
        optimiser.zero_grad()
        value = -(w * torch.nn.functional.logsigmoid(s[:, None] - s)).sum()
        value.backward()
        return value

    optimiser.step(loss)
    p = s.detach().exp()
    return (p / p.mean()).float()


@right("bradley_terry")
def _(wins):
    """The diagonal in both, where it changes nothing in the end."""
    w = added(wins) + torch.eye(len(wins))
    p = torch.ones(len(w), dtype=torch.float64)
    for _ in range(600):
        p = w.sum(1) / ((w + w.T) / (p[:, None] + p)).sum(1)
        p = p / p.mean()
    return p.float()
