"""Check of chapter 2: the places where a channel answers most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from course.check.engine.exercise import Question, exercise
from course.neurons import patches

Place = tuple[int, int, int]
Near = Callable[[Place, Place], bool]
COUNT, APART = 5, 3


@exercise(
    patches.top_patches,
    'section 4, "What it answers to"',
    stops={
        "not supported between instances of": (
            "compares_maps",
            "Sort by one number: answers.max().item(), and only that.",
        ),
        "not iterable": ("not_iterable", "enumerate(maps) gives the number of each picture, and its map."),
    },
    solved_by=(),
)
def top_patches(question: Question) -> str:
    """The strongest places of all pictures, no two of one spot."""
    maps, results = _tell_apart(question)
    given = f"six maps of 9 x 13, 6 x 8 and others, {COUNT} places, {APART} apart"
    returned = question.ask("call", maps, COUNT, APART)
    question.present(returned, given)
    got = _places(question, returned.value, returned.kind, given)
    expected = results.pop("")[0]
    if got == expected:
        _judge_few(question)
        _judge_corners(question)
        return "row and column of the strongest answers in all pictures, strongest first, each spot once"
    seen = f"for {given} expected {expected[0]} first and {expected[-1]} last, got {_ends(got)}."
    for mistake, (places, sentence) in results.items():
        if got == places:
            raise question.wrong(mistake, seen, f"This looks like: {sentence}")
    if sorted(got) == sorted(expected):
        raise question.wrong(
            "order", seen, "The places are right, their order is not: strongest first, of all pictures."
        )
    raise question.wrong("other", seen, "Take one small map with two tops, and go through your lines with a pencil.")


def _ends(got: Sequence[Place]) -> str:
    return "none" if not got else f"{got[0]} and {got[-1]}" if len(got) > 1 else f"{got[0]} alone"


def _places(question: Question, value: Any, kind: str, given: str) -> list[Place]:
    """The places, if they are a list of triples of whole numbers."""
    rows = value.tolist() if isinstance(value, Tensor) else value
    good = isinstance(rows, (list, tuple)) and all(
        isinstance(row, (list, tuple)) and len(row) == 3 and all(_whole(number) for number in row) for row in rows
    )
    if not good:
        raise question.wrong(
            "type",
            f"for {given} expected a list of (picture, row, column), got {kind}.",
            "Three whole numbers for each place; .item() or int() makes one of a tensor.",
        )
    if len(rows) != COUNT:
        raise question.wrong(
            "count",
            f"for {given} expected {COUNT} places, got {len(rows)}.",
            "count is how many are wanted of all pictures together.",
        )
    return [(int(p), int(r), int(c)) for p, r, c in rows]


def _whole(number: Any) -> bool:
    if isinstance(number, Tensor):
        number = number.item() if number.numel() == 1 else None
    return isinstance(number, (int, float)) and not isinstance(number, bool) and number == int(number)


def _judge_few(question: Question) -> None:
    """Two maps above 0 of one spot each, and more places wanted than there are."""
    maps = [question.draw.uniform(2, 3) + 0.1, question.draw.uniform(3, 2) + 0.1]
    value = question.ask("call", maps, 4, 9).value
    if not isinstance(value, (list, tuple, Tensor)) or len(value) != 2:
        got = f"{len(value)}" if isinstance(value, (list, tuple, Tensor)) else "none"
        raise question.wrong(
            "invents_places",
            f"for two maps with a single spot each, and 4 places wanted, expected 2 places, got {got}.",
            "If no place is left, fewer come back. Is a place that was crossed out taken after all?",
        )


def _judge_corners(question: Question) -> None:
    """One map, all of it below 0: a top, one at the corner of its square, and one just outside."""
    row, column, down, right = question.draw.whole(3, 5), question.draw.whole(3, 5), *_signs(question)
    answers = question.draw.uniform(9, 14) - 20
    corner, outside = (row + 3 * down, column + 3 * right), (row, column + 4)
    answers[row, column], answers[corner], answers[outside] = -10.0, -11.0, -12.0
    given = "one map of numbers below 0, 2 places, 4 apart"
    returned = question.ask("call", [answers], 2, 4)
    question.present(returned, given)
    got = returned.value.tolist() if isinstance(returned.value, Tensor) else list(returned.value)
    got, expected = [tuple(map(int, place)) for place in got], [(0, row, column), (0, *outside)]
    seen = f"for {given} expected {expected[0]} and {expected[1]}, got {_ends(got)}."
    if len(got) < 2 or got[0] == got[1]:
        raise question.wrong(
            "crossed_out_with_zero",
            seen,
            "Numbers in front of a ReLU may all be below 0, and then 0 is the largest: cross out with -torch.inf.",
        )
    if got[1] == (0, *corner):
        raise question.wrong(
            "round_spot",
            seen,
            "This looks like: distances as the crow flies. A spot is a square: rows *and* columns differ by less.",
        )
    if got != expected:
        raise question.wrong("other", seen, "Take this map, on paper, and go through your lines with a pencil.")


def _signs(question: Question) -> tuple[int, int]:
    return 2 * question.draw.whole(0, 1) - 1, 2 * question.draw.whole(0, 1) - 1


def _tell_apart(question: Question) -> tuple[list[Tensor], dict[str, tuple[list[Place], str]]]:
    """Maps for which what is right and all known mistakes lead to different places, and to as many."""
    while True:
        maps = _maps(question)
        results = _results(maps)
        lists = [places for places, _ in results.values()]
        full = all(len(places) == COUNT for places in lists)  # fewer would be told as such
        if full and all(a != b for n, a in enumerate(lists) for b in lists[:n]):
            return maps, results


def _maps(question: Question) -> list[Tensor]:
    """Six maps in any order: a top among near and not so near ones, three in line, one at the same place, two far apart."""
    whole = question.draw.whole
    row, column = whole(0, 5), whole(1, 10)
    right_below, both = (whole(0, 6), whole(0, 5)), (whole(0, 5), whole(0, 5))
    tops = {
        (9, 13): {(row, column): 10.0, (row, column + 1): 9.5, (row, column + 2): 9.4, (row + 2, column + 2): 9.3,
                  (row + 3, column - 1): 9.2},
        (11, 7): {right_below: 9.8, (right_below[0] + 2, right_below[1]): 9.45, (right_below[0] + 4, right_below[1] + 1): 9.25},
        (8, 12): {(row, column): 9.6},
        (10, 9): {both: 8.9, (both[0] + 4, both[1] + 3): 8.85},
        (6, 8): {(whole(0, 5), whole(0, 3)): 8.8, (whole(0, 5), whole(4, 7)): -20.0},
        (12, 6): {(whole(0, 11), whole(0, 5)): 8.0},
    }  # fmt: skip
    maps = []
    for (height, width), places in tops.items():
        answers = question.draw.uniform(height, width)
        for place, value in places.items():
            answers[place] = value + 0.02 * question.draw.uniform(1)[0]
        maps.append(answers)
    order = question.draw.uniform(len(maps)).argsort().tolist()
    scale = 0.5 + question.draw.uniform(1)
    return [scale * maps[number] for number in order]


def _pick(ranked: Sequence[Place], near: Near, count: int = COUNT) -> list[Place]:
    """The first places of a list, without those near one that was taken."""
    taken: list[Place] = []
    for place in ranked:
        if not any(near(place, other) for other in taken):
            taken.append(place)
        if len(taken) == count:
            break
    return taken


def _ranked(maps: Sequence[Tensor]) -> list[Place]:
    every = [
        (float(answers[row, column]), (number, row, column))
        for number, answers in enumerate(maps)
        for row in range(answers.shape[0])
        for column in range(answers.shape[1])
    ]
    return [place for _, place in sorted(every, key=lambda one: -one[0])]


def _results(maps: Sequence[Tensor]) -> dict[str, tuple[list[Place], str]]:
    ranked = _ranked(maps)

    def close(p: Place, q: Place, reach: int = APART) -> bool:
        return p[0] == q[0] and max(abs(p[1] - q[1]), abs(p[2] - q[2])) < reach

    right = _pick(ranked, close)
    by_height = [(n, *divmod(r * maps[n].shape[1] + c, maps[n].shape[0])) for n, r, c in right]
    firsts = [next(place for place in ranked if place[0] == number) for number in range(len(maps))]
    return {
        "": (right, ""),
        "neighbours": (
            _pick(ranked, lambda p, q: p == q),
            "neighbours of one top. Each spot counts once: cross it out.",
        ),
        "chains": (
            [p for at, p in enumerate(ranked) if not any(close(p, q) for q in ranked[:at])][:COUNT],
            "a place was left out for a neighbour that is left out itself. Only those that were taken count.",
        ),
        "columns_first": ([(n, c, r) for n, r, c in right], "column before row: (picture, row, column)."),
        "divided_by_height": (
            by_height,
            "the flat index divided by the height. Rows lie one behind the other: row, column = divmod(index, width).",
        ),
        "weakest": (_pick(ranked[::-1], close), "the weakest answers. sort() begins with the smallest."),
        "weakest_first": (right[::-1], "the right places, the weakest first."),
        "by_pictures": (
            sorted(right, key=lambda place: place[0]),
            "picture by picture. Strongest first, of all pictures.",
        ),
        "first_pictures_places": (
            _pick([place for place in ranked if place[0] == 0], close),
            "only the first picture was looked at.",
        ),
        "one_a_picture": (
            _pick(ranked, lambda p, q: p[0] == q[0]),
            "one place of each picture. A picture may have several of the strongest.",
        ),
        "across_pictures": (
            _pick(ranked, lambda p, q: max(abs(p[1] - q[1]), abs(p[2] - q[2])) < APART),
            "a spot was crossed out in all pictures. It is a spot of one picture.",
        ),
        "one_further": (
            _pick(ranked, lambda p, q: close(p, q, APART + 1)),
            "places exactly `apart` from each other count as one spot. Less than `apart` is one.",
        ),
        "one_nearer": (
            _pick(ranked, lambda p, q: close(p, q, APART - 1)),
            "crossed out one place too few: a slice ends before its end, row + apart.",
        ),
        "sum_of_both": (
            _pick(ranked, lambda p, q: p[0] == q[0] and abs(p[1] - q[1]) + abs(p[2] - q[2]) < APART),
            "rows and columns apart were added up. A spot is a square: both are less than `apart`.",
        ),
        "either": (
            _pick(ranked, lambda p, q: p[0] == q[0] and min(abs(p[1] - q[1]), abs(p[2] - q[2])) < APART),
            "a whole row or column was crossed out. A spot is a square: rows *and* columns are near.",
        ),
        "magnitudes": (
            _pick(_ranked([answers.abs() for answers in maps]), close),
            "the largest magnitudes. An answer far below 0 is no answer.",
        ),
        "counted_from_one": ([(n + 1, r + 1, c + 1) for n, r, c in right], "counted from 1. Python counts from 0."),
        "firsts_in_order": (
            firsts[:COUNT],
            "the best place of each picture, as if all were as good. Compare the answers of all pictures.",
        ),
    }
