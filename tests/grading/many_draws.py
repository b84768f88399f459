"""How often a draw takes one answer for another: ``python -m tests.grading.many_draws [EXERCISE ...] [--draws 500]``.

Every known answer, right, wrong or lazy, is checked with many seeds, and the right ones also by the hidden tests. A
class of 200 sees a thousand draws: what happens on one of a hundred happens to somebody. It runs outside the sandbox.
"""

import argparse
import sys
import time
from functools import cache, partial
from multiprocessing import get_context

import torch

from classroom.chapters.source import read, sources
from classroom.grading.grade import passes_hidden
from classroom.mistakes import WRONG
from course.check import EXERCISES, CheckFailed
from course.check.engine.answers import LocalAnswer
from course.check.engine.probes import About
from tests.check._all_lazy import LAZY
from tests.check._all_right import RIGHT
from tests.grading._partly import NOT_ALL_RIGHT, PARTLY

FULL, HIDDEN = "full", "hidden"


class Anybodys(LocalAnswer):
    """An answer of which nobody asks whose it is, so that ours is counted as well; hidden tests may call it."""

    def ask(self, probe, *inputs):
        return About("function", True, False) if probe == "about" else super().ask(probe, *inputs)

    def __call__(self, *inputs):
        return self.function(*inputs)


def answers(name):
    """Every answer to an exercise: what it is called here, what makes the function, what should be found in it."""
    for title, function, expected in _known_answers(name):
        yield title, lambda function=function: function, expected
    yield from ((f"lazy, {what}", make, mistake) for what, (mistake, make) in LAZY[name].items())


def _known_answers(name):
    yield "ours", EXERCISES[name].reference, FULL
    for number, function in enumerate(RIGHT[name]):
        yield f"right {number}", function, HIDDEN if number in NOT_ALL_RIGHT.get(name, ()) else FULL
    if name in PARTLY:
        yield "partly", PARTLY[name], HIDDEN
    yield from ((mistake, function, mistake) for mistake, function in WRONG[name].items())


@cache
def hidden_tests():
    """Of all exercises, by name."""
    return {name: source for path in sources([]) for name, source in read(path).hidden_tests.items()}


def found(name, function, seed):
    """The result of grading an answer on one draw."""
    torch.manual_seed(0)  # what an answer draws by itself, as when it is graded
    answer = Anybodys(name, function)
    try:
        EXERCISES[name].verify(answer, seed)
    except CheckFailed as failure:
        return failure.mistake
    return FULL if passes_hidden(hidden_tests()[name], answer, seed) else HIDDEN


def astray(name, seeds, number):
    """Of the answer of this number: what it is called, and the seeds on which something else was found in it."""
    torch.set_num_threads(1)
    title, make, expected = list(answers(name))[number]
    others = {}
    for seed in seeds:
        if (one := found(name, make(), seed)) != expected:
            others.setdefault(one, []).append(seed)
    return title, others


def main():
    """Counts, prints what went astray, and returns on how many draws."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exercises", nargs="*", metavar="EXERCISE", help="all if none is named")
    parser.add_argument("--answer", help="only those that begin so: 'ours', 'right', 'lazy', 'partly', or a mistake")
    parser.add_argument("--draws", type=int, default=500, help="of each answer (500)")
    parser.add_argument("--first", type=int, default=0, help="seed of the first (0)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    options = parser.parse_args()
    seeds, total = range(options.first, options.first + options.draws), 0
    with get_context("spawn").Pool(options.jobs) as pool:
        for name in options.exercises or EXERCISES:
            began, wrong = time.monotonic(), 0
            chosen = [number for number, one in enumerate(answers(name)) if one[0].startswith(options.answer or "")]
            for title, others in pool.imap(partial(astray, name, seeds), chosen):
                for other, where in others.items():
                    print(f"  {name}, {title}: found {other} on {len(where)} of {len(seeds)}, as with seed {where[0]}")
                    wrong += len(where)
            seconds = time.monotonic() - began
            print(
                f"{name}: {len(chosen)} answers, {len(seeds)} draws of each, {wrong} astray, {seconds:.0f} s",
                flush=True,
            )
            total += wrong
    return total


if __name__ == "__main__":
    sys.exit(min(main(), 1))
