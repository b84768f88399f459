"""Answers that get by without doing what is asked for: none does, and each is told in words what it lacks."""

from functools import cache

import pytest
import torch

from course.check import EXERCISES
from tests.check._all_lazy import LAZY
from tests.check.test_wrong_answers import PickledAnswer, refusal

pytestmark = [
    pytest.mark.no_cover,  # test_class covers the checks; counting lines again takes a fifth of the time
    pytest.mark.usefixtures("searched_once"),
]

SEEDS = (0, 1, 2)
ANSWERS = [pytest.param(name, what, id=f"{name}-{what}") for name, found in LAZY.items() for what in found]


@cache
def known_refusal(name, what, seed):
    """That of a lazy answer, whichever tests ask for it."""
    torch.manual_seed(0)  # what an answer draws by itself, as when it is graded
    return refusal(name, LAZY[name][what][1](), seed)


def test_every_exercise_has_eight():
    assert set(LAZY) == set(EXERCISES)
    assert all(len(found) >= 8 for found in LAZY.values())


@pytest.mark.parametrize(("name", "what"), ANSWERS)
def test_a_lazy_answer_is_refused_for_what_it_lacks(name, what):
    mistake, _ = LAZY[name][what]
    for seed in SEEDS[:1] if name == "style_transfer" else SEEDS:  # which takes seconds; many_draws asks more often
        assert known_refusal(name, what, seed).mistake == mistake


@pytest.mark.parametrize(("name", "what"), [one for one in ANSWERS if "style_transfer" not in one.id])
def test_a_lazy_answer_is_refused_alike_in_another_process(name, what):
    _, make = LAZY[name][what]
    torch.manual_seed(0)
    assert refusal(name, make(), 0, PickledAnswer).lines == known_refusal(name, what, 0).lines
