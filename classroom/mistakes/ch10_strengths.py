"""Chapter 10: what students write for strengths out of votes by mistake."""

import torch

from classroom.mistakes.registry import wrong

STRENGTHS = "bradley_terry"


def off(wins):
    return 1 - torch.eye(len(wins))


def counted(wins, more=0.1):
    """Wins and 0.1 more, without the diagonal, as it should be."""
    return (wins + more) * off(wins)


def scaled(p):
    return p / p.mean()


def rounds(won, votes, meet=lambda p: p[:, None] + p, number=300, scale=scaled):
    p = torch.ones(len(won), dtype=won.dtype)
    for _ in range(number):
        p = scale(won / (votes / meet(p)).sum(1))
    return p


def ours(wins):
    w = counted(wins)
    return rounds(w.sum(1), w + w.T)


def rate(wins):
    w = counted(wins)
    return w.sum(1) / (w + w.T).sum(1)


def of_rounds(numbers, **how):
    """As it should be, but for the wins of i and the votes, made from all wins."""
    return lambda wins: rounds(*numbers(wins), **how)


def adding(more):
    """Wins and votes with so much more."""

    def numbers(wins):
        w = counted(wins, more)
        return w.sum(1), w + w.T

    return numbers


def between(wins, more=0.1):
    return counted(wins, more) + counted(wins, more).T


wrong(STRENGTHS, "losers_win")(of_rounds(lambda wins: (counted(wins).sum(0), between(wins))))
wrong(STRENGTHS, "nothing_added")(of_rounds(adding(0)))
wrong(STRENGTHS, "half_added")(of_rounds(adding(0.5)))
wrong(STRENGTHS, "one_added")(of_rounds(adding(1)))
wrong(STRENGTHS, "added_to_totals")(of_rounds(lambda wins: (counted(wins, 0).sum(1) + 0.1, between(wins, 0))))
wrong(STRENGTHS, "added_to_diagonal")(of_rounds(lambda wins: ((wins * off(wins) + 0.1).sum(1), between(wins))))
wrong(STRENGTHS, "added_to_wins_only")(of_rounds(lambda wins: (counted(wins).sum(1), between(wins, 0))))
wrong(STRENGTHS, "added_to_votes_once")(
    of_rounds(lambda wins: (counted(wins).sum(1), (wins + wins.T + 0.1) * off(wins)))
)
wrong(STRENGTHS, "added_to_votes_only")(of_rounds(lambda wins: (counted(wins, 0).sum(1), between(wins))))
wrong(STRENGTHS, "diagonal_won")(of_rounds(lambda wins: ((wins + 0.1 * off(wins)).sum(1), between(wins))))
wrong(STRENGTHS, "diagonal_voted")(of_rounds(lambda wins: (counted(wins).sum(1), wins + wins.T + 0.2 * off(wins))))
wrong(STRENGTHS, "own_wins_only")(of_rounds(lambda wins: (counted(wins).sum(1), counted(wins))))
wrong(STRENGTHS, "losses_only")(of_rounds(lambda wins: (counted(wins).sum(1), counted(wins).T)))
wrong(STRENGTHS, "one_vote")(of_rounds(lambda wins: (counted(wins).sum(1), off(wins))))
wrong(STRENGTHS, "rates")(
    of_rounds(lambda wins: ((counted(wins) / (between(wins) + torch.eye(len(wins)))).sum(1), off(wins)))
)
wrong(STRENGTHS, "other_only")(of_rounds(adding(0.1), meet=lambda p: p[None]))
wrong(STRENGTHS, "runs_away")(lambda wins: of_rounds(adding(0.1), meet=lambda p: p[:, None])(wins.double()).float())
wrong(STRENGTHS, "not_divided")(of_rounds(adding(0.1), scale=lambda p: p))
wrong(STRENGTHS, "divided_by_sum")(of_rounds(adding(0.1), scale=lambda p: p / p.sum()))
wrong(STRENGTHS, "divided_by_most")(of_rounds(adding(0.1), scale=lambda p: p / p.max()))
wrong(STRENGTHS, "divided_by_first")(of_rounds(adding(0.1), scale=lambda p: p / p[0]))
wrong(STRENGTHS, "geometric")(of_rounds(adding(0.1), scale=lambda p: p / p.log().mean().exp()))
wrong(STRENGTHS, "length_one")(of_rounds(adding(0.1), scale=lambda p: p / p.norm()))
wrong(STRENGTHS, "one_round")(of_rounds(adding(0.1), number=1))
wrong(STRENGTHS, "few_rounds")(of_rounds(adding(0.1), number=3))
wrong(STRENGTHS, "logarithms")(lambda wins: ours(wins).log())
wrong(STRENGTHS, "squared_strengths")(lambda wins: scaled(ours(wins) ** 2))
wrong(STRENGTHS, "rooted_strengths")(lambda wins: scaled(ours(wins).sqrt()))
wrong(STRENGTHS, "ranks")(lambda wins: ours(wins).argsort().argsort().float())
wrong(STRENGTHS, "win_rate")(rate)
wrong(STRENGTHS, "win_rate_plain")(lambda wins: counted(wins, 0).sum(1) / between(wins, 0).sum(1))
wrong(STRENGTHS, "wins")(lambda wins: scaled(counted(wins).sum(1)))
wrong(STRENGTHS, "odds")(lambda wins: scaled(counted(wins).sum(1) / counted(wins).sum(0)))
wrong(STRENGTHS, "softmax")(lambda wins: rate(wins).softmax(0))
wrong(STRENGTHS, "dtype")(lambda wins: ours(wins).double())


@wrong(STRENGTHS, "added_where_zero")
def _(wins):
    w = torch.where(wins == 0, 0.1, wins.float()) * off(wins)
    return rounds(w.sum(1), w + w.T)


@wrong(STRENGTHS, "win_rates_mean")
def _(wins):
    w = counted(wins)
    return (w / (w + w.T + torch.eye(len(w)))).sum(1) / (len(w) - 1)


@wrong(STRENGTHS, "log_odds")
def _(wins):
    w = counted(wins) + torch.eye(len(wins))
    return scaled(((w / w.T).log().sum(1) / (len(w) - 1)).exp())


@wrong(STRENGTHS, "sum_of_fractions")
def _(wins):
    w = counted(wins)
    votes, p = w + w.T + torch.eye(len(w)), torch.ones(len(w))
    for _ in range(300):
        p = scaled((w / (votes / (p[:, None] + p))).sum(1))
    return p


@wrong(STRENGTHS, "not_finite")
def _(wins):
    """The share of wins over itself: 0 / 0."""
    w = counted(wins)
    return scaled((w / (w + w.T)).sum(1))


@wrong(STRENGTHS, "modifies_input")
def _(wins):
    wins.fill_diagonal_(0)
    return ours(wins)


@wrong(STRENGTHS, "whole_numbers")
def _(wins):
    w = wins.clone()
    w += 0.1
    w *= off(wins)
    return rounds(w.sum(1), w + w.T)


@wrong(STRENGTHS, "shape")
def _(wins):
    w = counted(wins)
    p = torch.ones(len(w), 1)
    for _ in range(300):
        p = scaled(w.sum(1, keepdim=True) / ((w + w.T) / (p + p.T)).sum(1, keepdim=True))
    return p
