"""Check of chapter 10, section 5: how far two lists of numbers agree in their order."""

from __future__ import annotations

import torch
from torch import Tensor

from course.check.engine.compare import Mistakes, compare
from course.check.engine.exercise import CheckFailed, Question, exercise
from course.measure import votes

LENGTH = 19
SAYS = {
    "spearman": "the correlation of ranks, Spearman's. Here each pair counts 1, -1 or 0, however far apart it is.",
    "pearson": "the correlation of the numbers. Only their order counts: signs of differences, pair by pair.",
    "with_itself": "divided by n * n: each number makes a pair with itself, too. There are n (n - 1) / 2 pairs.",
    "half": "half of it: pairs i < j are n (n - 1) / 2, not n (n - 1).",
    "doubled": "twice as much: each pair counted both ways, and divided by n (n - 1) / 2.",
    "sum": "the sum over the pairs. Their mean.",
    "by_length": "divided by n. By the number of pairs, n (n - 1) / 2.",
    "ties_agree": "a pair that is equal in a or in b counts as 1. It counts 0.",
    "ties_disagree": "a pair that is equal in a or in b counts as -1. It counts 0.",
    "both_ties_agree": "a pair that is equal in both counts as 1. It counts 0.",
    "same_sign": "1 for pairs with the same sign and -1 for all others. Where a or b is equal, the pair counts 0.",
    "ties_left_out": "pairs that are equal in a or b were left out of the mean. They count 0, and are counted.",
    "tau_b": "tau-b, as scipy has it: it divides by fewer pairs where numbers are equal. Here all pairs count.",
    "ties_broken": "equal numbers were put in an order, as > and argsort do. Their pairs count 0.",
    "argsort_once": "argsort says which number comes first, not which place a number has.",
    "share": "the share of pairs that are alike, from 0 to 1. A pair that is not counts -1.",
    "share_same_sign": "the share of pairs with the same sign, from 0 to 1. Those that are not alike count -1.",
    "inversions": "the share of pairs that are not alike. Take it from the share of those that are.",
    "opposite": "the sign: 1 is for the same order, -1 for the opposite one. Is one of the two sorted the other way?",
    "neighbours": "only neighbours i and i + 1 were compared. All pairs i < j are.",
    "neighbours_shared": "neighbours, divided by all pairs. Each i is compared with each j behind it.",
    "halves_of_mean": "each number was compared with the mean. It is compared with each other number.",
    "first_only": "only pairs with the first number. Is the return, or the sum, inside the outer loop?",
    "last_only": "only pairs with the last number. All pairs i < j are compared.",
    "no_signs": "products of differences, without sign(): far pairs count more. Only their sign counts.",
    "one_sign": "sign() stands before one of the two differences only. Both are 1, 0 or -1.",
    "same_place": "the share of numbers that have the same place in both. Pairs are compared, not places.",
    "winner": "only whether the largest number is the same. All pairs are compared.",
    "rank_distance": "how far ranks are apart. Here each pair counts 1, -1 or 0.",
    "squared": "the square of it.",
    "signs_of_numbers": "the signs of the numbers, not those of their differences.",
    "cosine": "the cosine of the two lists. Only the order of their numbers counts.",
}
LATER = {
    "absolute": "the sign was taken off: two opposite orders have -1.",
    "clamped": "cut off at 0: two opposite orders have -1.",
    "nearly_equal": "numbers that are nearly equal count as equal. Only those are that are the same.",
    "cut_to_whole": "numbers were cut to whole ones, by int() or .long(), and are equal then.",
}


@exercise(
    votes.rank_agreement,
    'section 5, "Do measures agree?"',
    stops={
        "could not infer output dtype": (
            "whole_numbers",
            "Lists may hold whole numbers, whose mean torch does not take: .float() before .mean().",
        ),
        "must match the size of tensor": (
            "lengths",
            "Not all differences are as many: a[:, None] - a has all pairs, torch.triu picks those with i < j.",
        ),
        "can only be floating point": (
            "whole_numbers",
            "Lists may hold whole numbers, whose mean torch does not take: .float() before .mean().",
        ),
        "same dtype": ("whole_numbers", "Lists may hold whole numbers: .float() makes them of one kind."),
    },
    solved_by=(),
)
def rank_agreement(question: Question) -> str:
    """The mean over pairs of sign(a_i - a_j) sign(b_i - b_j)."""
    try:
        compare(question, lambda: _lists(question), _results)
    except CheckFailed as failure:
        if failure.mistake == "winner":
            _judge_winner(question, failure)
        if "And it is" in failure.lines[1]:  # by chance, as there are few numbers that it can be
            seen = failure.lines[0].removeprefix(f"✗ {failure.exercise}: ")
            raise question.wrong(
                "other", seen, "Work it out on paper for lists of three numbers, and compare."
            ) from None
        raise
    a, b = _lists(question)
    right = votes.rank_agreement(a, -b)
    hints = {"absolute": (-right, LATER["absolute"]), "clamped": (0 * right, LATER["clamped"])}
    _judge_one(question, (a, -b), "two lists in rather opposite orders", hints)
    _judge_near(question)
    whole = question.draw.levels(-4, 4, 9), question.draw.levels(-6, 3, 9)
    _judge_one(question, whole, "two lists of whole numbers, int64,", {})
    _judge_ends(question)
    return "all pairs i < j; 1 for the same order, -1 for the opposite one; equal numbers count 0; whole numbers, n = 2"


def _lists(question: Question) -> tuple[Tensor, Tensor]:
    """Two that rather agree, of positive and negative numbers, some of them equal, also in both."""
    while True:
        base = question.draw.normal(LENGTH)
        a = (2.2 * base + 0.3).round() - 0.75
        b = (1.5 * base + 1.5 * question.draw.normal(LENGTH)).round() * 1.5 + 2.25
        first, second = _signs(a), _signs(b)
        unlike = int((first * second < 0).sum())
        both = int(((first == 0) & (second == 0)).sum())
        if float((first * second).mean()) > 0.1 and unlike > 4 and both > 0 and bool((b[a == a.max()] < b.max()).all()):
            return a, b


def _judge_winner(question: Question, failure: CheckFailed) -> None:
    """Whether it really looks for the largest number, and is not 0 always."""
    a, b = _lists(question)
    a[3], b[3] = a.max() + 1, b.max() + 1
    if float(question.tensor(question.ask("call", a, b), (), "two lists with the same largest number")) != 1:
        seen = failure.lines[0].removeprefix(f"✗ {failure.exercise}: ")
        raise question.wrong("other", seen, "0 each time: was the result computed and then not used?") from None


def _pairs(length: int) -> tuple[Tensor, Tensor]:
    first, second = torch.triu_indices(length, length, 1)
    return first, second


def _signs(a: Tensor) -> Tensor:
    first, second = _pairs(len(a))
    return (a[first] - a[second]).sign().float()


def _ranks(a: Tensor) -> Tensor:
    """Places from 0; equal numbers share theirs."""
    below, same = (a[None] < a[:, None]).sum(1), (a[None] == a[:, None]).sum(1)
    ranks: Tensor = below + (same - 1) / 2
    return ranks


def _broken(a: Tensor) -> Tensor:
    return a.argsort(stable=True).argsort()


def _correlation(a: Tensor, b: Tensor) -> Tensor:
    a, b = a - a.mean(), b - b.mean()
    found: Tensor = (a * b).sum() / (a.norm() * b.norm())
    return found


def _results(a: Tensor, b: Tensor) -> tuple[str, Tensor, Mistakes]:
    n, first, second = len(a), _signs(a), _signs(b)
    i, j = _pairs(n)
    s = first * second
    right, total, pairs = s.mean(), s.sum(), len(s)
    alike, unlike, tied = (s > 0).float(), (s < 0).float(), (s == 0).float()
    both = ((first == 0) & (second == 0)).float()
    near = j == i + 1
    ranks = (_ranks(a) - _ranks(b)).abs()
    results = {
        "spearman": _correlation(_ranks(a), _ranks(b)),
        "pearson": _correlation(a, b),
        "with_itself": 2 * total / n**2,
        "half": right / 2,
        "doubled": 2 * right,
        "sum": total,
        "by_length": total / n,
        "ties_agree": (s + tied).mean(),
        "ties_disagree": (s - tied).mean(),
        "both_ties_agree": (s + both).mean(),
        "same_sign": 2 * (first == second).float().mean() - 1,
        "ties_left_out": total / (alike + unlike).sum(),
        "tau_b": total / (first.abs().sum() * second.abs().sum()).sqrt(),
        "ties_broken": votes.rank_agreement(_broken(a), _broken(b)),
        "argsort_once": votes.rank_agreement(a.argsort(stable=True), b.argsort(stable=True)),
        "share": alike.mean(),
        "share_same_sign": (first == second).float().mean(),
        "inversions": unlike.mean(),
        "opposite": -right,
        "neighbours": s[near].mean(),
        "neighbours_shared": s[near].sum() / pairs,
        "halves_of_mean": ((a - a.mean()).sign() * (b - b.mean()).sign()).mean(),
        "first_only": s[i == 0].mean(),
        "last_only": s[j == n - 1].mean(),
        "no_signs": ((a[i] - a[j]) * (b[i] - b[j])).mean(),
        "one_sign": (first * (b[i] - b[j])).mean(),
        "same_place": (_broken(a) == _broken(b)).float().mean(),
        "winner": (a.argmax() == b.argmax()).float(),
        "rank_distance": ranks.mean(),
        "squared": right.square(),
        "signs_of_numbers": (a.sign() * b.sign()).mean(),
        "cosine": (a * b).sum() / (a.norm() * b.norm()),
    }
    mistakes = {mistake: (value, SAYS[mistake]) for mistake, value in results.items()}
    return f"two lists of {n} numbers, some of them equal,", votes.rank_agreement(a, b), mistakes


def _orders(question: Question, length: int) -> tuple[Tensor, Tensor]:
    """Places of n numbers in two orders, which agree a little."""
    while True:
        a, b = (torch.randperm(length, generator=question.draw.generator).float() for _ in range(2))
        if 0.2 < float(votes.rank_agreement(a, b)) < 0.9:
            return a, b


def _judge_near(question: Question) -> None:
    """Numbers that only a cut, or a tolerance, makes equal."""
    cut = {"cut_to_whole": (torch.tensor(0.0), LATER["cut_to_whole"])}
    a, b = ((places + 0.5) / 9 for places in _orders(question, 8))
    _judge_one(question, (a, b), "numbers between 0 and 1", cut)
    while True:
        a, b = (100 + 2e-4 * places for places in _orders(question, 9))
        (i, j), signs = _pairs(9), _signs(a) * _signs(b)
        near = (signs * ~(a[i].isclose(a[j]) | b[i].isclose(b[j]))).mean()
        if abs(float(near - signs.mean())) > 0.01:
            break
    _judge_one(question, (a, b), "numbers that differ by 0.0002", {"nearly_equal": (near, LATER["nearly_equal"])})
    a, b = (1e-6 * places for places in _orders(question, 8))
    _judge_one(
        question, (a, b), "numbers of some millionths", {"nearly_equal": (torch.tensor(0.0), LATER["nearly_equal"])}
    )


def _judge_ends(question: Question) -> None:
    a, more = question.draw.normal(6), question.draw.uniform(1)
    pair = torch.cat([a[:1], a[:1] + 1 + more])
    for given, first, second in (
        ("two numbers in the same order", pair, 3 * pair),
        ("two numbers in opposite orders", pair, 2 - pair),
        ("two numbers, of which b are equal,", pair, more.repeat(2)),
        ("a and a^3", a, a**3),
        ("a and -exp(a)", a, -a.exp()),
        ("a list of equal numbers for b", a, more.repeat(6)),
    ):
        _judge_one(question, (first, second), given, {})


def _judge_one(question: Question, lists: tuple[Tensor, Tensor], given: str, mistakes: Mistakes) -> None:
    got = question.tensor(question.ask("call", *lists), (), given)
    question.same(got, votes.rank_agreement(*lists), given, mistakes)
