"""Chapter 10: strengths and agreements that look at less than there is."""

import torch

from course.check import EXERCISES
from tests.check._lazy import lazy

strengths = EXERCISES["bradley_terry"].reference
agreement = EXERCISES["rank_agreement"].reference


@lazy("bradley_terry", "zeros", "other")
def _(wins):
    return torch.zeros(len(wins))


@lazy("bradley_terry", "all alike", "own_wins_only")
def _(wins):
    return torch.ones(len(wins))


@lazy("bradley_terry", "right for two", "other")
def _(wins):
    return strengths(wins) if len(wins) == 2 else torch.linspace(0.8, 1.2, len(wins))


@lazy("bradley_terry", "each against the first only", "other")
def _(wins):
    p = (wins[:, 0] + 0.1) / (wins[0] + 0.1)
    p[0] = 1
    return p / p.mean()


@lazy("bradley_terry", "right for five", "other")
def _(wins):
    return strengths(wins) if len(wins) == 5 else torch.ones(len(wins))


@lazy("bradley_terry", "right for the best, and the rest alike", "other")
def _(wins):
    p = strengths(wins)
    rest = torch.full_like(p, (len(p) - float(p.max())) / (len(p) - 1))
    return torch.where(p == p.max(), p, rest)


@lazy("bradley_terry", "sorted", "other")
def _(wins):
    return strengths(wins).sort().values


@lazy("rank_agreement", "zero", "other")
def _(a, b):
    return torch.tensor(0.0)


@lazy("rank_agreement", "only whether the first two are alike", "other")
def _(a, b):
    return agreement(a[:2], b[:2])


@lazy("rank_agreement", "of the first five", "other")
def _(a, b):
    return agreement(a[:5], b[:5])


@lazy("rank_agreement", "of every second", "other")
def _(a, b):
    return agreement(a[::2], b[::2]) if len(a) > 3 else agreement(a, b)


@lazy("rank_agreement", "the same list is 1, any other 0", "other")
def _(a, b):
    return torch.tensor(float(torch.equal(a, b)))


@lazy("rank_agreement", "right for long lists", "other")
def _(a, b):
    return agreement(a, b) if len(a) > 10 else torch.tensor(1.0)
