"""Check of chapter 10, section 4: strengths out of votes between two."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from course.check.engine.compare import Mistakes, compare
from course.check.engine.differences import agree
from course.check.engine.exercise import CheckFailed, Question, exercise
from course.measure import votes

Draws = Callable[[Question], Tensor]

NEAR = 1e-3
SIZE = 5
SOON = 100  # rounds, after which five who have all met do not move any more
SETTLED = 1e-6  # what 50 more rounds may change
IN_ROUNDS = {
    "losers_win": "rows and columns exchanged: wins[i, j] are those of i, so that a row has all that i won.",
    "nothing_added": "nothing was added to the wins. First 0.1 for each over each other.",
    "half_added": "0.5 was added to the wins. It is 0.1.",
    "one_added": "1 was added to the wins. It is 0.1.",
    "added_where_zero": "0.1 was added only where there are no wins. To each number off the diagonal.",
    "added_to_totals": "0.1 was added once to all wins of i. It is added to each number of wins, before the sum.",
    "added_to_diagonal": "0.1 also on the diagonal, and in the wins of i. Nobody meets himself.",
    "added_to_wins_only": "0.1 was added to the wins and not to the votes. Votes between i and j are made of the same numbers.",
    "added_to_votes_once": "0.1 was added to the votes, where 0.2 belongs: 0.1 for i over j, and 0.1 for j over i.",
    "added_to_votes_only": "0.1 is in the votes and not in the wins of i. Both are made of the same numbers.",
    "diagonal_won": "the diagonal is counted in the wins of i. It does not count.",
    "diagonal_voted": "the diagonal is counted in the votes. It does not count.",
    "own_wins_only": "all are 1: p was not changed, or i's own wins over j stand where votes between i and j belong, those of j over i as well.",
    "losses_only": "j's wins over i where votes between i and j belong: wins of i over j and of j over i.",
    "one_vote": "each pair as if it had voted once. The votes between i and j stand over p_i + p_j.",
    "rates": "shares of wins, so that few votes weigh as much as many. Wins and votes are counted.",
    "other_only": "p_j alone under the votes. p_i + p_j.",
}
SAYS = {
    "runs_away": "p_i alone, or p_i * p_j, under the votes: round by round all goes to one. p_i + p_j.",
    "sum_of_fractions": "a sum of fractions. It is one fraction: all wins of i, over a sum.",
    "not_divided": "no division by the mean. After each round all are divided by it.",
    "divided_by_sum": "their sum is 1. Divide by their mean.",
    "divided_by_most": "the largest is 1. Divide by their mean.",
    "divided_by_first": "the first is 1. Divide by their mean.",
    "geometric": "the mean of their logarithms is 0. Divide by the mean of the strengths themselves.",
    "length_one": "the root of the sum of their squares is 1. Divide by their mean.",
    "logarithms": "the logarithms of the strengths. Leave them as they are.",
    "squared_strengths": "the squares of the strengths.",
    "rooted_strengths": "the roots of the strengths.",
    "ranks": "only their places in the order. Strengths say how far they are apart.",
    "win_rate": "the share of wins. Whom one has met does not count in it: do the 300 rounds.",
    "win_rate_plain": "the share of wins, nothing added to them. Whom one has met does not count in it: do the 300 rounds.",
    "win_rates_mean": "the mean over others of the share of wins. Strengths come out of the 300 rounds.",
    "wins": "all wins of i, divided by their mean. Who votes more often would be better.",
    "odds": "wins over losses, divided by their mean: there are no rounds. p_i + p_j weighs whom one has met.",
    "log_odds": "the mean of log(wins / losses) over the others. That is another estimate: do the 300 rounds.",
    "softmax": "a softmax. Strengths come out of the 300 rounds.",
    "one_round": "only one round, shares of wins divided by their mean. Is the return inside the loop, or p not taken on to the next round?",
}


@exercise(
    votes.bradley_terry,
    'section 4, "Ask people"',
    stops={
        "can't be cast to the desired output type": (
            "whole_numbers",
            "wins may hold whole numbers, and += cannot make 0.1 more of them: wins = wins.float() first.",
        ),
        "can only be floating point": ("whole_numbers", "wins may hold whole numbers: wins.float() first."),
        "could not infer output dtype": ("whole_numbers", "wins may hold whole numbers: wins.float() first."),
        "same dtype": ("whole_numbers", "wins may hold whole numbers: wins.float() first."),
    },
    solved_by=(),
)
def bradley_terry(question: Question) -> str:
    """Strengths by p_i <- wins of i / sum over j of votes / (p_i + p_j)."""
    try:
        compare(question, lambda: (_wins(question),), _results, NEAR)
    except CheckFailed as failure:
        seen = failure.lines[0].removeprefix(f"✗ {failure.exercise}: ")
        if failure.mistake == "not_finite":
            raise question.wrong("not_finite", seen, NOT_NUMBERS) from None
        if "And it is" in failure.lines[1]:  # some number of times a known mistake, as any constant is
            raise question.wrong("other", seen, "Work it out on paper for two, and compare.") from None
        if failure.mistake == "other":
            wins = _wins(question)
            got = question.tensor(question.ask("call", wins), (SIZE,), "five")
            _judge_rounds(question, wins, got, seen)
        raise
    for given, draw in _CASES:
        wins, expected = _settled(question, draw)
        got = question.tensor(question.ask("call", wins), expected.shape, given)
        mistakes: Mistakes = {}
        if not wins.is_floating_point():
            mistakes = {"whole_numbers": (_rounds(*_counted(wins, 0))[-1], WHOLE)}
        try:
            question.same(got, expected, given, mistakes, NEAR)
        except CheckFailed as failure:
            if failure.mistake == "other":
                seen = failure.lines[0].removeprefix(f"✗ {failure.exercise}: ")
                _judge_rounds(question, wins, got, seen)
            raise
    return (
        "the most likely strengths, their mean 1; 2 to 6 of them; undefeated ones, pairs without votes, whole numbers"
    )


NOT_NUMBERS = "0 / 0: the diagonal has no votes, and a strength may have run to 0. The sum under the wins is made of votes / (p_i + p_j)."
WHOLE = "the 0.1 was lost: a tensor of whole numbers holds only such. wins = wins.float() first."


def _wins(question: Question) -> Tensor:
    """Of five, each pair with its own number of votes; one never won against another. The diagonal means nothing.

    Everybody has won and lost so often that strengths stay numbers without the 0.1 as well.
    """
    draw = question.draw
    while True:
        wins = draw.levels(0, 3, SIZE, SIZE) + draw.levels(0, 2, SIZE, 1)
        wins[0].clamp_(max=2)  # so that it is rarely the first who is best
        winner = draw.whole(0, SIZE - 1)
        wins[winner, (winner + draw.whole(1, SIZE - 1)) % SIZE] = 0
        wins.diagonal().copy_(draw.levels(1, 6, SIZE))
        others = _without_diagonal(wins)
        if others.sum(0).min() > 0 and others.sum(1).min() > 0:
            return wins.float()


def _without_diagonal(wins: Tensor) -> Tensor:
    counted: Tensor = wins * (1 - torch.eye(len(wins), dtype=wins.dtype))
    return counted


def _counted(wins: Tensor, more: float = votes.BESIDES) -> tuple[Tensor, Tensor]:
    """All wins of each, and the votes between them, with so much more for each over each other."""
    counted = _without_diagonal(wins.double() + more)
    return counted.sum(1), counted + counted.mT


def _rounds(won: Tensor, between: Tensor, rounds: int = votes.ROUNDS, own: Tensor | float = 1.0) -> Tensor:
    """Strengths after each round, their mean 1: [rounds, ..., n]. `own` is how much of p_i is under the votes."""
    p, every = torch.ones_like(won), []
    for _ in range(rounds):
        p = won / (between / (own * p[..., :, None] + p[..., None, :])).sum(-1)
        p = p / p.mean(-1, keepdim=True)
        every.append(p)
    return torch.stack(every)


def _results(wins: Tensor) -> tuple[str, Tensor, Mistakes]:
    w = wins.double()
    n, eye = len(w), torch.eye(len(w), dtype=torch.float64)
    counted, plain = _without_diagonal(w + votes.BESIDES), _without_diagonal(w)
    won, between = counted.sum(1), counted + counted.mT
    voted, off, raw = plain + plain.mT, 1 - eye, plain.sum(1)
    share = counted / (between + eye)
    zero = _without_diagonal(torch.where(w == 0, votes.BESIDES, w))
    variants = {
        "": (won, between),
        "losers_win": (counted.sum(0), between),
        "nothing_added": (raw, voted),
        "half_added": _counted(w, 0.5),
        "one_added": _counted(w, 1),
        "added_where_zero": (zero.sum(1), zero + zero.mT),
        "added_to_totals": (raw + votes.BESIDES, voted),
        "added_to_diagonal": (won + votes.BESIDES, between),
        "added_to_wins_only": (won, voted),
        "added_to_votes_once": (won, voted + votes.BESIDES * off),
        "added_to_votes_only": (raw, between),
        "diagonal_won": (won + w.diagonal(), between),
        "diagonal_voted": (won, between + 2 * torch.diag(w.diagonal())),
        "own_wins_only": (won, counted),
        "losses_only": (won, counted.mT),
        "one_vote": (won, off),
        "rates": (share.sum(1), off),
        "other_only": (won, between),
    }
    every = _rounds(
        torch.stack([one for one, _ in variants.values()]),
        torch.stack([one for _, one in variants.values()]),
        own=torch.tensor([float(name != "other_only") for name in variants])[:, None, None],
    )
    p, rate = every[-1, 0], won / between.sum(1)
    results = dict(zip(variants, every[-1], strict=True))
    del results[""]
    results = {name: value for name, value in results.items() if value.isfinite().all()}

    def scaled(x: Tensor) -> Tensor:
        return x / x.mean()

    results |= {
        "runs_away": n * (votes.ROUNDS * rate.log()).softmax(0),
        "sum_of_fractions": _by_fractions(share),
        "not_divided": _unscaled(won, between),
        "divided_by_sum": p / n,
        "divided_by_most": p / p.max(),
        "divided_by_first": p / p[0],
        "geometric": p / p.log().mean().exp(),
        "length_one": p / p.norm(),
        "logarithms": p.log(),
        "squared_strengths": scaled(p.square()),
        "rooted_strengths": scaled(p.sqrt()),
        "ranks": p.argsort().argsort().double(),
        "win_rate": rate,
        "win_rate_plain": raw / voted.sum(1),
        "win_rates_mean": share.sum(1) / (n - 1),
        "wins": scaled(won),
        "odds": scaled(won / counted.sum(0)),
        "log_odds": scaled(((counted + eye) / (counted.mT + eye)).log().sum(1).div(n - 1).exp()),
        "softmax": rate.softmax(0),
        "one_round": every[0, 0],
    }
    mistakes = {
        name: (value.float(), {**IN_ROUNDS, **SAYS}[name]) for name, value in results.items() if value.isfinite().all()
    }
    return f"the wins of {n}, each over each other,", p.float(), mistakes


def _by_fractions(share: Tensor) -> Tensor:
    p = torch.ones(len(share), dtype=share.dtype)
    for _ in range(SOON):
        p = (share * (p[:, None] + p)).sum(1)
        p = p / p.mean()
    return p


def _unscaled(won: Tensor, between: Tensor) -> Tensor:
    p = torch.ones_like(won)
    for _ in range(SOON):
        p = won / (between / (p[:, None] + p)).sum(1)
    return p


def _judge_rounds(question: Question, wins: Tensor, got: Tensor, seen: str) -> None:
    """Whether an answer that nobody foresaw is what the first rounds lead to."""
    *rounds, last = (p.float() for p in _rounds(*_counted(wins)))
    if agree(got, last, 1e-3):  # it is right here, and wrong elsewhere
        return
    for number, p in enumerate(rounds, 1):
        if agree(got, p, 1e-4):
            sentence = f"This is what stands after {number} of the 300 rounds. Is the loop left early?"
            raise question.wrong("few_rounds", seen, sentence)


def _settled(question: Question, draw: Draws) -> tuple[Tensor, Tensor]:
    """Wins for which 300 rounds are enough, so that whoever finds the strengths in another way is right; and these."""
    while True:
        wins = draw(question)
        won, between = (one.numpy() for one in _counted(wins))  # torch would take ten times as long for so few numbers
        p = np.ones(len(won))
        for number in range(votes.ROUNDS + 50):
            if number == votes.ROUNDS:
                expected = p
            p = won / (between / (p[:, None] + p)).sum(1)
            p = p / p.mean()
        if np.abs(p - expected).max() < SETTLED * p.max():
            return wins, torch.from_numpy(expected).float()


def _two(question: Question) -> Tensor:
    return question.draw.levels(1, 30, 2, 2).float()


def _undefeated(question: Question) -> Tensor:
    """One of six has won everything, and another lost everything."""
    wins = question.draw.levels(0, 4, 6, 6).float()
    first = question.draw.whole(0, 5)
    last = (first + question.draw.whole(1, 5)) % 6
    wins[first] += 1
    wins[:, first] = 0
    wins[last] = 0
    return wins


def _unequal(question: Question) -> Tensor:
    """Two of four have met far more often than the others."""
    wins = question.draw.levels(1, 3, 4, 4).float()
    wins[0, 3], wins[3, 0] = question.draw.whole(20, 30), question.draw.whole(10, 30)
    return wins


def _unmet(question: Question) -> Tensor:
    """Pairs that nobody voted on: of five, each has met two others."""
    wins = question.draw.levels(1, 6, 5, 5).float()
    met = torch.eye(5).roll(1, 1)
    return wins * (met + met.mT)


def _whole(question: Question) -> Tensor:
    return question.draw.levels(1, 5, 4, 4)


def _none(question: Question) -> Tensor:
    return torch.zeros(3, 3)


_CASES: tuple[tuple[str, Draws], ...] = (
    ("two, each over the other,", _two),
    ("six, of whom one never lost and another never won,", _undefeated),
    ("four, of whom two met more often,", _unequal),
    ("five, not all of whom have met,", _unmet),
    ("wins that are whole numbers, int64,", _whole),
    ("three without any votes", _none),
)
