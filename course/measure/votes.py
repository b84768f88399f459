"""What people prefer: strengths out of votes between two, how sure they are, and whether a measure agrees.

::

    wins = tally([("a", "b"), ("b", "c")], ["a", "b", "c"])   # wins[i, j]: how often i was preferred to j
    bradley_terry(wins)                                     # strengths, their mean 1
    rank_agreement(measure, strengths)                      # Kendall's tau: 1 the same order, -1 the opposite one
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from course.errors import InputError

BESIDES = 0.1  # of a win, for each over each other: so nobody has won, or lost, everything
ROUNDS = 300


def tally(votes: Sequence[Sequence[object]], names: Sequence[str]) -> Tensor:
    """How often each was preferred to each other, [n, n], rows the winners.

    Args:
        votes: (winner, loser), or with more behind that does not count, one for each vote.
        names: the order of rows and columns.

    Raises:
        InputError: for a name that is not among them.
    """
    wins = torch.zeros(len(names), len(names))
    place: dict[object, int] = {name: number for number, name in enumerate(names)}
    for winner, loser, *_ in votes:
        if winner not in place or loser not in place:
            raise InputError(f"a vote for {winner!r} over {loser!r}; there are {', '.join(names)}")
        wins[place[winner], place[loser]] += 1
    return wins


def bradley_terry(wins: Tensor) -> Tensor:
    """Strengths p, [n], their mean 1, such that i is preferred to j with probability p_i / (p_i + p_j).

    The most likely ones (Bradley and Terry, 1952), by Zermelo's iteration of 1929 as Hunter (2004, eq. 3) writes it:
    p_i <- (wins of i) / sum over j of (votes between i and j) / (p_i + p_j). `BESIDES` is added to each number of wins
    off the diagonal. The diagonal does not count.

    Args:
        wins: [n, n], n >= 2, not negative; wins[i, j] says how often i was preferred to j.

    Raises:
        InputError: for another shape, and for negative numbers.
    """
    if wins.ndim != 2 or wins.shape[0] != wins.shape[1] or len(wins) < 2:
        raise InputError(f"wins must be [n, n] with n at least 2, not {list(wins.shape)}")
    if not (wins >= 0).all():
        raise InputError("nobody wins fewer than 0 times; wins must not be negative, nor NaN")
    return _strengths(wins.double()).to(wins.dtype if wins.is_floating_point() else torch.float32)


def _strengths(wins: Tensor) -> Tensor:
    """Strengths [..., n] of wins [..., n, n], in double precision."""
    counted = (wins + BESIDES) * (1 - torch.eye(wins.shape[-1], dtype=wins.dtype))
    votes = counted + counted.mT
    p = torch.ones(wins.shape[:-1], dtype=wins.dtype)
    for _ in range(ROUNDS):
        p = counted.sum(-1) / (votes / (p[..., :, None] + p[..., None, :])).sum(-1)
        p = p / p.mean(-1, keepdim=True)
    return p


def resampled(votes: Sequence[Sequence[object]], names: Sequence[str], draws: int = 200, seed: int = 0) -> Tensor:
    """Strengths of `draws` electorates of the same size, drawn from these votes with repetition, [draws, n].

    Their spread gives an idea of how sure the strengths are (the bootstrap, Efron 1979). It knows only the votes that
    were cast, and is too narrow where there are few.

    Raises:
        InputError: without votes, and for unknown names.
    """
    if not votes:
        raise InputError("there are no votes to draw from")
    generator = torch.Generator("cpu").manual_seed(seed)
    chosen = torch.randint(len(votes), (draws, len(votes)), generator=generator).tolist()
    wins = torch.stack([tally([votes[n] for n in one], names) for one in chosen])
    return _strengths(wins.double()).float()


def rank_agreement(a: Tensor, b: Tensor) -> Tensor:
    """Kendall's tau (1938) of two lists of numbers: over all pairs, the mean of sign(a_i - a_j) sign(b_i - b_j).

    1: the same order; -1: the opposite one; about 0: none has to do with the other. Where either has a tie the pair
    counts as 0 (tau-a; tau-b, scipy's, divides by fewer pairs then).

    Args:
        a: [n], n >= 2.
        b: [n].

    Raises:
        InputError: for other shapes.
    """
    if a.ndim != 1 or a.shape != b.shape or len(a) < 2:
        raise InputError(f"two lists [n] of at least 2 numbers are compared, not {list(a.shape)} and {list(b.shape)}")
    first, second = torch.triu_indices(len(a), len(a), 1)
    signs: Tensor = (a[first] - a[second]).sign() * (b[first] - b[second]).sign()
    return signs.float().mean()
