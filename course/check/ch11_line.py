"""Checks of chapter 11: who is next, and how long it still takes."""

from __future__ import annotations

import math
import re
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
    """Three lines for which what is right and every mistake choose differently."""
    while True:
        cases = [_case(question) for _ in range(3)]
        chosen: list[list[Any]] = [[reference_next_job(w, s, None) for w, s in cases]]
        chosen += [[formula(*case) for case in cases] for formula, _ in _MISTAKES.values()]
        if all(one != other for place, one in enumerate(chosen) for other in chosen[:place]):
            return cases


def _case(question: Question) -> tuple[list[tuple[str, str]], list[str]]:
    visitors = [letter for letter, _ in zip("ABCDE", range(4 + question.draw.whole(0, 1)), strict=False)]
    numbers = question.draw.uniform(60).argsort()[:5].tolist()
    waiting = [(f"job {number + 10}", visitors[question.draw.whole(0, len(visitors) - 1)]) for number in numbers]
    served = [visitors[question.draw.whole(0, len(visitors) - 1)] for _ in range(question.draw.whole(3, 7))]
    return waiting, served


# --- progress ---------------------------------------------------------------------------------------------------------

MINUTE = 60


def reference_progress(step: int, of: int, seconds: float, waiting: int) -> dict[str, object]:
    """What a page tells of a painting: {"percent", "words", "seconds_left"}.

    Args:
        step: steps that are painted, 0 to `of`.
        of: how many there will be.
        seconds: since the painting was begun.
        waiting: pictures that are painted before this one; 0 when it is being painted.
    """
    if waiting > 0:
        return {"percent": 0, "words": f"waiting, {waiting} before yours", "seconds_left": None}
    if step == 0:
        return {"percent": 0, "words": "it begins", "seconds_left": None}
    if step == of:
        return {"percent": 100, "words": "finished", "seconds_left": 0}
    left = seconds / step * (of - step)
    words = f"about {math.ceil(left)} s left" if left < MINUTE else f"about {math.ceil(left / MINUTE)} min left"
    return {"percent": 100 * step // of, "words": words, "seconds_left": left}


HINTS = {
    "no_dict": 'A dictionary comes back: {"percent": 40, "words": "about 20 s left", "seconds_left": 19.5}.',
    "missing": "Three entries each time: percent, words and seconds_left.",
    "extra": "Three entries, and no more: percent, words and seconds_left.",
}
ENTRIES = ("percent", "words", "seconds_left")


class _Told:
    """What was told of one state of a painting."""

    def __init__(self, question: Question, given: str, *state: float) -> None:
        self.question, self.given = question, given
        returned = question.ask("call", *state)
        entries = question.dictionary(returned, ENTRIES, given, HINTS)
        self.percent = question.number(entries["percent"], f"{given} as percent")
        self.words = self._text(entries["words"])
        self._left = entries["seconds_left"]
        self.numbers = re.findall(r"\d+(?:\.\d+)?", self.words)

    def _text(self, words: Returned) -> str:
        if not isinstance(words.value, str) or not words.value.strip():
            raise self.wrong("no_words", f"expected words, got {words.kind}.", "Say in a few words how it stands.")
        return words.value

    def left(self) -> float | None:
        return None if self._left.value is None else self.question.number(self._left, f"{self.given} as seconds_left")

    def in_minutes(self) -> bool:
        """Whether the words speak of minutes; "coming" does not."""
        return re.search(r"(?<![a-z])min", self.words.lower()) is not None

    def nothing_left(self) -> bool:
        """Whether the words say that 0 seconds or minutes are left."""
        return re.search(r"(?<![\d.])0+(\.0*)?\s*(s|min)", self.words.lower()) is not None

    def wrong(self, mistake: str, seen: str, looks_like: str) -> Exception:
        return self.question.wrong(mistake, f"for {self.given} {seen}", looks_like)

    def said(self) -> str:
        return f"the words are {self.words[:60]!r}."


@exercise(
    reference_progress,
    'section 5, "How long still"',
    stops={
        "division by zero": (
            "divides_by_zero",
            "At step 0 nothing is painted yet, and seconds / step has no value. Ask for that first.",
        ),
        "NoneType": ("counts_with_none", "None is no number. Where nothing is known, return before you count."),
    },
    solved_by=(),
)
def progress(question: Question) -> str:
    """Percent, words and the seconds that are left."""
    of = question.draw.whole(44, 48)
    step = question.draw.whole(12, 15)
    pace = _pace(question, step, of)
    _judge_half_way(question, step, of, pace * step)
    _judge_long(question, of, 1)
    _judge_long(question, of, question.draw.whole(3, 5))
    _judge_first_step(question, of, pace)
    _judge_fraction(question)
    _judge_last_step(question)
    _judge_end(question, of, pace * of)
    _judge_start(question, of)
    _judge_waiting(question, of)
    return "whole percent, 100 only at the end; the time left from the mean step; the place in the line; no 0 s left"


def _pace(question: Question, step: int, of: int) -> float:
    """Seconds of one step, so that the time left is told by a number that nothing else leads to."""
    while True:
        pace = 0.9 + 0.2 * float(question.draw.uniform(1))
        left = pace * (of - step)
        if not {math.ceil(left), int(left)} & {100 * step // of, step, of, of - step} and 0.1 < left % 1 < 0.9:
            return pace


def _judge_half_way(question: Question, step: int, of: int, seconds: float) -> None:
    told = _Told(question, f"step {step} of {of} after {seconds:.2f} s", step, of, seconds, 0)
    exact = 100 * step / of
    _judge_percent(told, exact, step, of)
    left = seconds / step * (of - step)
    got = told.left()
    if got is None:
        raise told.wrong(
            "no_time", "expected the seconds that are left, got None.", "Some steps are done: their pace is known."
        )
    percent = 100 * step // of
    mistakes = {
        "whole_time": (seconds / step * of, "the time of all steps. Those that are done need no more: of - step."),
        "elapsed": (seconds, "the time that has passed. Asked is what is left."),
        "inverted": (seconds / (of - step) * step, "done and left have changed places: seconds / step is one step's."),
        "from_percent": (
            seconds * (100 - percent) / percent,
            "computed from the percent, which are rounded: the time would jump. Take step and of.",
        ),
        "steps_left": (of - step, "the steps that are left. Multiply by the time of one."),
        "one_step": (seconds / step, "the time of one step. Multiply by the steps that are left."),
        "rounded": (round(left), "rounded. Round in the words only: the number is for machines."),
        "rounded_up": (math.ceil(left), "rounded up. Round in the words only: the number is for machines."),
        "cut": (int(left), "cut off. Round in the words only: the number is for machines."),
    }
    if not math.isclose(got, left, rel_tol=1e-4):
        seen = f"expected {left:.4g} s left, got {got:.4g}."
        for mistake, (value, sentence) in mistakes.items():
            if math.isclose(got, value, rel_tol=1e-4):
                raise told.wrong(f"left_{mistake}", seen, f"This looks like: {sentence}")
        raise told.wrong("other", seen, "One step took seconds / step, and of - step are left.")
    if str(math.ceil(left)) not in told.numbers:
        if any("." in number for number in told.numbers):
            raise told.wrong("long_number", told.said(), "Nobody reads behind the point. Round up: math.ceil(left).")
        if str(int(left)) in told.numbers:
            raise told.wrong(
                "words_cut", told.said(), f"{left:.1f} s were cut off. Round up, so that it never says 0 s."
            )
        raise told.wrong("time_not_told", told.said(), f"Say how long it still takes, about {math.ceil(left)} s.")
    if told.in_minutes():
        raise told.wrong("wrong_unit", told.said(), "These are seconds. Minutes begin at 60 s.")


def _judge_percent(told: _Told, exact: float, step: int, of: int) -> None:
    right, got = int(exact), told.percent
    if got == right:
        return
    seen = f"expected {right} percent, got {got:.6g}."
    for mistake, value, sentence in (
        ("fraction", exact / 100, "This looks like: a part of 1. 100 percent are the whole."),
        ("not_whole", exact, "Percent are whole here: 100 * step // of."),
        ("percent_left", 100 - exact, "This looks like: what is left. Percent count what is done."),
        ("percent_left", 100 - right, "This looks like: what is left. Percent count what is done."),
        (
            "percent_rounded",
            right + 1,
            "This looks like: rounded up. 99.7 would be 100, before the end: 100 * step // of.",
        ),
        ("one_ahead", 100 * (step + 1) // of, "This looks like: one step too many. step says how many are done."),
    ):
        if math.isclose(got, value, rel_tol=1e-4):
            raise told.wrong(mistake, seen, sentence)
    raise told.wrong("other", seen, "100 * step // of.")


def _judge_first_step(question: Question, of: int, pace: float) -> None:
    told = _Told(question, f"step 1 of {of} after {pace:.2f} s", 1, of, pace, 0)
    left = told.left()
    if left is None or not math.isclose(left, pace * (of - 1), rel_tol=1e-4):
        raise told.wrong("late", f"expected {pace * (of - 1):.4g} s left, got {left}.",
                         "One step is done, and its time is a first guess: nothing is known at step 0 only.")  # fmt: skip


def _judge_fraction(question: Question) -> None:
    told = _Told(question, "step 29 of 100 after 29 s", 29, 100, 29.0, 0)
    if told.percent == 28:
        raise told.wrong("fraction_cut", "expected 29 percent, got 28.",
                         "29 / 100 * 100 is 28.999... for a computer, and int cuts it. In whole numbers: 100 * step // of.")  # fmt: skip
    _judge_percent(told, 29.0, 29, 100)


def _judge_long(question: Question, of: int, minutes: int) -> None:
    """Some minutes are left, and less than a half of one more."""
    seconds = (MINUTE * minutes + question.draw.whole(8, 20)) / (of - 4) * 4
    told = _Told(question, f"step 4 of {of} after {seconds:.1f} s", 4, of, seconds, 0)
    left = seconds / 4 * (of - 4)
    if str(minutes + 1) in told.numbers and told.in_minutes():
        return
    if not told.numbers or told.numbers == [str(int(told.percent))]:
        raise told.wrong("time_not_told", told.said(), f"Say how long it still takes, about {minutes + 1} min.")
    if not told.in_minutes():
        raise told.wrong(
            "minutes_as_seconds", told.said(), f"{left:.0f} s: from 60 s on say minutes, “{minutes + 1} min”."
        )
    if str(minutes) in told.numbers:
        raise told.wrong(
            "minutes_cut", told.said(), f"{left / MINUTE:.1f} min were rounded down: who waits is promised too much."
        )
    raise told.wrong("other", told.said(), f"{left:.0f} s are about {minutes + 1} min: math.ceil(left / 60).")


def _judge_last_step(question: Question) -> None:
    told = _Told(question, "step 399 of 400 after 60 s", 399, 400, 60.0, 0)
    _judge_percent(told, 99.75, 399, 400)
    if "1" not in told.numbers:
        raise told.wrong(
            "zero_left", told.said(), "0.15 s are left. Rounded up that is 1 s: it never says 0 before the end."
        )


def _judge_end(question: Question, of: int, seconds: float) -> None:
    told = _Told(question, f"step {of} of {of} after {seconds:.1f} s", of, of, seconds, 0)
    if told.percent != 100:
        raise told.wrong(
            "never_done", f"expected 100 percent, got {told.percent:.4g}.", "Only the end has 100, and it must have it."
        )
    if told.left() is None or abs(told.left() or 0.0) > 1e-6:
        raise told.wrong(
            "time_at_end", f"expected 0 seconds left, got {told.left()}.", "At the end nothing is left: 0."
        )
    if told.nothing_left() or "0" in told.numbers:
        raise told.wrong(
            "zero_at_end", told.said(), "Nothing is left, and “0 s left” is an odd way to say so: it is finished."
        )


def _judge_start(question: Question, of: int) -> None:
    told = _Told(question, f"step 0 of {of} after 0.2 s", 0, of, 0.2, 0)
    if told.left() is not None:
        raise told.wrong("guessed_at_start", f"expected None as seconds_left, got {told.left()}.",
                         "Nothing is painted yet, and nothing is known: None, and no number that somebody believes.")  # fmt: skip
    if told.percent != 0:
        raise told.wrong("other", f"expected 0 percent, got {told.percent:.4g}.", "No step is done yet.")
    if told.nothing_left():
        raise told.wrong(
            "zero_at_start", told.said(), "All is still to come. Say that it begins, and no time: none is known."
        )


def _judge_waiting(question: Question, of: int) -> None:
    waiting = question.draw.whole(4, 9)
    told = _Told(question, f"a picture that waits for {waiting} others", 0, of, 0.0, waiting)
    if str(waiting) not in told.numbers:
        if str(waiting + 1) in told.numbers:
            raise told.wrong("place_off_by_one", told.said(), f"waiting says how many are before it: {waiting}.")
        raise told.wrong(
            "place_not_told", told.said(), f"It waits, and is not being painted. Say that {waiting} are before it."
        )
    if told.left() is not None or told.percent != 0:
        raise told.wrong("guessed_while_waiting", f"expected 0 percent and None, got {told.percent:.4g} and {told.left()}.",
                         "How long the others take is not known here: None, and no number that somebody believes.")  # fmt: skip
    next_one = _Told(question, "a picture that waits for one other", 0, of, 0.0, 1)
    if "1" not in next_one.numbers and not re.search(r"\b(one|next)\b", next_one.words.lower()):
        raise next_one.wrong("next_not_told", next_one.said(), "One is before it, and it is not begun: waiting > 0.")
