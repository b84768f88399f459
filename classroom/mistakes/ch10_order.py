"""Chapter 10: what students write for the agreement of two orders by mistake."""

import itertools

import scipy.stats
import torch

from classroom.mistakes.registry import wrong

ORDER = "rank_agreement"


def pairs(a):
    """Differences of all pairs i < j."""
    i, j = torch.triu_indices(len(a), len(a), 1)
    return (a[i] - a[j]).float()


def signs(a, b):
    return pairs(a).sign() * pairs(b).sign()


def ours(a, b):
    return signs(a, b).mean()


def ranks(a):
    """Those of equal numbers are shared."""
    return torch.from_numpy(scipy.stats.rankdata(a.numpy())).float()


def places(a):
    return a.argsort(stable=True).argsort()


def correlation(a, b):
    return torch.corrcoef(torch.stack([a.float(), b.float()]))[0, 1]


def all_pairs(a):
    return (a[:, None] - a).sign().float()


wrong(ORDER, "spearman")(lambda a, b: correlation(ranks(a), ranks(b)))
wrong(ORDER, "pearson")(correlation)
wrong(ORDER, "with_itself")(lambda a, b: (all_pairs(a) * all_pairs(b)).mean())
wrong(ORDER, "half")(lambda a, b: signs(a, b).sum() / (len(a) * (len(a) - 1)))
wrong(ORDER, "doubled")(lambda a, b: (all_pairs(a) * all_pairs(b)).sum() / (len(a) * (len(a) - 1) / 2))
wrong(ORDER, "sum")(lambda a, b: signs(a, b).sum())
wrong(ORDER, "by_length")(lambda a, b: signs(a, b).sum() / len(a))
wrong(ORDER, "ties_agree")(lambda a, b: torch.where(signs(a, b) >= 0, 1.0, -1.0).mean())
wrong(ORDER, "ties_disagree")(lambda a, b: torch.where(signs(a, b) > 0, 1.0, -1.0).mean())
wrong(ORDER, "both_ties_agree")(lambda a, b: (signs(a, b) + ((pairs(a) == 0) & (pairs(b) == 0)).float()).mean())
wrong(ORDER, "same_sign")(lambda a, b: torch.where(pairs(a).sign() == pairs(b).sign(), 1.0, -1.0).mean())
wrong(ORDER, "ties_left_out")(lambda a, b: signs(a, b)[signs(a, b) != 0].mean())
wrong(ORDER, "tau_b")(lambda a, b: torch.tensor(scipy.stats.kendalltau(a.numpy(), b.numpy()).statistic).float())
wrong(ORDER, "argsort_once")(lambda a, b: ours(a.argsort(stable=True), b.argsort(stable=True)))
wrong(ORDER, "share")(lambda a, b: (signs(a, b) > 0).float().mean())
wrong(ORDER, "share_same_sign")(lambda a, b: (pairs(a).sign() == pairs(b).sign()).float().mean())
wrong(ORDER, "inversions")(lambda a, b: (signs(a, b) < 0).float().mean())
wrong(ORDER, "opposite")(lambda a, b: ours(a, -b))
wrong(ORDER, "neighbours")(lambda a, b: (a.diff().sign() * b.diff().sign()).float().mean())
wrong(ORDER, "neighbours_shared")(
    lambda a, b: (a.diff().sign() * b.diff().sign()).float().sum() / (len(a) * (len(a) - 1) / 2)
)
wrong(ORDER, "halves_of_mean")(
    lambda a, b: ((a - a.float().mean()).sign() * (b - b.float().mean()).sign()).float().mean()
)
wrong(ORDER, "last_only")(lambda a, b: ((a[:-1] - a[-1]).sign() * (b[:-1] - b[-1]).sign()).float().mean())
wrong(ORDER, "no_signs")(lambda a, b: (pairs(a) * pairs(b)).mean())
wrong(ORDER, "one_sign")(lambda a, b: (pairs(a).sign() * pairs(b)).mean())
wrong(ORDER, "same_place")(lambda a, b: (places(a) == places(b)).float().mean())
wrong(ORDER, "winner")(lambda a, b: (a.argmax() == b.argmax()).float())
wrong(ORDER, "rank_distance")(lambda a, b: (ranks(a) - ranks(b)).abs().mean())
wrong(ORDER, "squared")(lambda a, b: ours(a, b) ** 2)
wrong(ORDER, "signs_of_numbers")(lambda a, b: (a.sign() * b.sign()).float().mean())
wrong(ORDER, "cosine")(lambda a, b: torch.cosine_similarity(a.float(), b.float(), dim=0))
wrong(ORDER, "absolute")(lambda a, b: ours(a, b).abs())
wrong(ORDER, "clamped")(lambda a, b: ours(a, b).clamp(min=0))
wrong(ORDER, "cut_to_whole")(lambda a, b: (pairs(a).int().sign() * pairs(b).int().sign()).float().mean())
wrong(ORDER, "whole_numbers")(
    lambda a, b: ((a[:, None] - a).sign() * (b[:, None] - b).sign())[
        tuple(torch.triu_indices(len(a), len(a), 1))
    ].mean()
)
wrong(ORDER, "lengths")(lambda a, b: (a[1:] - a).sign().mean() * (b[1:] - b).sign().mean())
wrong(ORDER, "left_torch")(lambda a, b: ours(a, b).item())
wrong(ORDER, "shape")(lambda a, b: signs(a, b))


@wrong(ORDER, "ties_broken")
def _(a, b):
    alike = [(a[i] > a[j]) == (b[i] > b[j]) for i, j in itertools.combinations(range(len(a)), 2)]
    return 2 * torch.tensor(alike).float().mean() - 1


@wrong(ORDER, "first_only")
def _(a, b):
    for i in range(len(a)):
        total = 0.0
        for j in range(i + 1, len(a)):
            total += float((a[i] - a[j]).sign() * (b[i] - b[j]).sign())
        return torch.tensor(total / (len(a) - 1))


@wrong(ORDER, "nearly_equal")
def _(a, b):
    i, j = torch.triu_indices(len(a), len(a), 1)
    equal = a[i].isclose(a[j]) | b[i].isclose(b[j])
    return (signs(a, b) * ~equal).mean()


@wrong(ORDER, "modifies_input")
def _(a, b):
    for x in (a, b):
        x.copy_(x.argsort().argsort())
    return ours(a, b)
