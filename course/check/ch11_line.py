"""Check of chapter 11: who is next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from course.check.engine.exercise import Question, exercise
from course.check.engine.probes import Returned

Waiting = Sequence[tuple[str, str]]
Choose = Callable[[Any, Any], Any]


def _last(served: Sequence[str], visitor: str) -> int:
    """The place of a visitor's latest picture, from 0; -1 for who has had none."""
    return max((place for place, other in enumerate(served) if other == visitor), default=-1)


def reference_next_job(waiting: Waiting, served: Sequence[str], running: str | None) -> str | None:
    """The name of the job to begin, or None: of the visitor whose last picture was begun the longest ago.

    Args:
        waiting: (job, visitor) in the order in which they came.
        served: the visitors whose pictures were begun so far, the latest last.
        running: the job that is being painted, or None.
    """
    if running is not None or not waiting:
        return None
    job, _ = min(waiting, key=lambda one: _last(served, one[1]))
    return job


def _first_of(waiting: Waiting, rank: Callable[[str], float]) -> str:
    return min(waiting, key=lambda one: rank(one[1]))[0]


# What is chosen where the painter is free and somebody waits, by mistake.
_MISTAKES: Mapping[str, tuple[Choose, str]] = {
    "first_come": (lambda w, s: w[0][0], "who came first is next, always. Whoever sends ten at once has ten turns."),
    "last_come": (
        lambda w, s: w[-1][0],
        "the newest is next. pop() takes from the end; who came first may wait for ever.",
    ),
    "by_count": (
        lambda w, s: _first_of(w, s.count),
        "who has had the fewest is next. Ask who had theirs the longest ago: whoever comes late would be served for long.",
    ),
    "most_recent": (
        lambda w, s: _first_of(w, lambda v: -_last(s, v)),
        "who has just had one is next. Longest ago is the smallest place in served.",
    ),
    "first_turn": (
        lambda w, s: _first_of(w, lambda v: s.index(v) if v in s else -1),
        "served.index finds a visitor's first picture. Their latest counts.",
    ),
    "newcomers_last": (
        lambda w, s: _first_of(w, lambda v: _last(s, v) if v in s else len(s)),
        "who has had none comes last. They come first of all.",
    ),
    "only_the_last": (
        lambda w, s: next((job for job, v in w if not s or v != s[-1]), w[0][0]),
        "only the visitor who was served last is passed over, and two can block all others by turns.",
    ),
    "newest_of_visitor": (
        lambda w, s: next(job for job, v in reversed(w) if v == min((u for _, u in w), key=lambda u: _last(s, u))),
        "the right visitor, and the newest of their jobs. Their oldest is first.",
    ),
    "by_name": (
        lambda w, s: min(w, key=lambda one: (_last(s, one[1]), one[0]))[0],
        "among those who are equal, the name of the job decided. Who came first is first.",
    ),
    "visitor": (lambda w, s: min((v for _, v in w), key=lambda v: _last(s, v)), "the visitor. Return the job."),
    "the_pair": (
        lambda w, s: min(w, key=lambda one: _last(s, one[1])),
        "the job together with its visitor. Return the job alone.",
    ),
    "place": (
        lambda w, s: min(range(len(w)), key=lambda n: _last(s, w[n][1])),
        "the place of the job in the line. Return its name.",
    ),
}


@exercise(
    reference_next_job,
    'section 4, "Who is next"',
    stops={
        **dict.fromkeys(
            ("empty sequence", "iterable argument is empty", "index out of range", "pop from empty list"),
            ("nobody_waits", "When nobody waits the line is [], and there is nothing to choose: return None."),
        ),
        "is not in list": (
            "newcomer_crashes",
            "A visitor who has had no picture yet is not in served: ask with `in` before served.index.",
        ),
    },
    solved_by=(),
)
def next_job(question: Question) -> str:
    """Whose turn is longest ago."""
    cases = _cases(question)
    answers = []
    for waiting, served in cases:
        given = f"the line {_line(waiting)}, after {' '.join(served)},"
        returned = question.ask("call", list(waiting), list(served), None)
        question.present(returned, given)
        answers.append(_name(question, returned, given))
    for (waiting, served), got in zip(cases, answers, strict=True):
        right = reference_next_job(waiting, served, None)
        if got == right:
            continue
        seen = f"for the line {_line(waiting)}, after {' '.join(served)}, expected {right!r}, got {str(got)[:40]!r}."
        for mistake, (formula, sentence) in _MISTAKES.items():
            if all(value == formula(*case) for case, value in zip(cases, answers, strict=True)):
                raise question.wrong(mistake, seen, f"This looks like: {sentence}")
        raise question.wrong("other", seen, "For each who waits: where in served do they stand last? Take the least.")
    _judge_long_lesson(question)
    _judge_free(question, *cases[0])
    return "the visitor whose turn is longest ago, newcomers first; nobody while one is painted, or when none waits"


def _judge_long_lesson(question: Question) -> None:
    """Names of which one is a part of another, and two visitors whose pictures were begun long ago."""
    returned = question.ask(
        "call", [("job 1", "phone 1"), ("job 2", "phone 2")], ["phone 1", "phone 2", "phone 12"], None
    )
    if returned.value != "job 1":
        raise question.wrong(
            "part_of_a_name",
            f"phones 1 and 2 wait, begun were phones 1, 2 and 12: expected 'job 1', got {_shown(returned)}.",
            "“phone 12” was taken for “phone 1”, whose name it begins with. Compare names as a whole, with ==.",
        )
    others = ["C", "D", "E", "F"] * question.draw.whole(5, 7)
    returned = question.ask("call", [("job 1", "B"), ("job 2", "A")], ["A", "B", *others], None)
    if returned.value != "job 2":
        raise question.wrong(
            "short_memory",
            f"B and A wait, begun were A, B, and {len(others)} of others: expected 'job 2', got {_shown(returned)}.",
            "Only the last pictures were remembered. All that were begun count, however long ago.",
        )


def _name(question: Question, returned: Returned, given: str) -> str | int | tuple[str, ...]:
    """What was returned, if it is a name, or something else out of the line that can be told."""
    value = returned.value
    if isinstance(value, tuple) and all(isinstance(one, str) for one in value):
        return value
    if isinstance(value, str) or (isinstance(value, int) and abs(value) < 100):
        return value
    raise question.wrong(
        "type",
        f"for {given} expected the name of a job, got {returned.kind}.",
        "Return one name, as it stands in waiting, with nothing around it.",
    )


def _shown(returned: Returned) -> str:
    return repr(returned.value[:40]) if isinstance(returned.value, str) else returned.kind


def _judge_free(question: Question, waiting: Waiting, served: Sequence[str]) -> None:
    returned = question.ask("call", list(waiting), list(served), "job 99")
    question.unchanged(returned.changed, "a painter at work")
    if returned.value is not None:
        raise question.wrong(
            "two_at_once",
            f"while 'job 99' is being painted expected None, got {_shown(returned)}.",
            "There is one painter. As long as running is not None, nothing is begun.",
        )
    returned = question.ask("call", [], list(served), None)
    if returned.value is not None:
        raise question.wrong(
            "invents_a_job",
            f"for an empty line expected None, got {_shown(returned)}.",
            "When nobody waits, there is no next job: return None.",
        )


def _line(waiting: Waiting) -> str:
    return ", ".join(f"{job} of {visitor}" for job, visitor in waiting)


def _cases(question: Question) -> list[tuple[list[tuple[str, str]], list[str]]]:
    """At least three lines, for which together what is right and every mistake choose differently."""
    choose: list[Choose] = [lambda w, s: reference_next_job(w, s, None), *(one for one, _ in _MISTAKES.values())]
    cases: list[tuple[list[tuple[str, str]], list[str]]] = []
    chosen: list[tuple[Any, ...]] = [()] * len(choose)  # by each, for the lines so far
    told_apart = 1
    while told_apart < len(choose) or len(cases) < 3:
        case = _case(question)
        longer = [(*before, one(*case)) for before, one in zip(chosen, choose, strict=True)]
        if len(set(longer)) > told_apart or told_apart == len(choose):
            cases.append(case)
            told_apart, chosen = len(set(longer)), longer
    return cases


def _case(question: Question) -> tuple[list[tuple[str, str]], list[str]]:
    visitors = [letter for letter, _ in zip("ABCDE", range(4 + question.draw.whole(0, 1)), strict=False)]
    numbers = question.draw.uniform(60).argsort()[:5].tolist()
    waiting = [(f"job {number + 10}", visitors[question.draw.whole(0, len(visitors) - 1)]) for number in numbers]
    served = [visitors[question.draw.whole(0, len(visitors) - 1)] for _ in range(question.draw.whole(3, 7))]
    return waiting, served
