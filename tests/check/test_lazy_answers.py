"""Answers that get by without doing what is asked for: none does, and each is told in words what it lacks."""

import pytest
import torch

from course.check import EXERCISES
from tests.check._all_lazy import LAZY
from tests.check.test_wrong_answers import PickledAnswer, refusal

pytestmark = pytest.mark.no_cover  # test_class covers the checks; counting lines again takes a fifth of the time

SEEDS = (0, 1, 2)
ANSWERS = [pytest.param(name, what, id=f"{name}-{what}") for name, found in LAZY.items() for what in found]


def test_every_exercise_has_eight():
    assert set(LAZY) == set(EXERCISES)
    assert all(len(found) >= 8 for found in LAZY.values())


@pytest.mark.parametrize(("name", "what"), ANSWERS)
def test_a_lazy_answer_is_refused_for_what_it_lacks(name, what):
    mistake, make = LAZY[name][what]
    for seed in SEEDS[:1] if name == "style_transfer" else SEEDS:  # which takes seconds; many_draws asks more often
        torch.manual_seed(0)  # what an answer draws by itself, as when it is graded
        assert refusal(name, make(), seed).mistake == mistake


@pytest.mark.parametrize(("name", "what"), [one for one in ANSWERS if "style_transfer" not in one.id])
def test_a_lazy_answer_is_refused_alike_in_another_process(name, what):
    _, make = LAZY[name][what]
    assert refusal(name, make(), 0, PickledAnswer).lines == refusal(name, make(), 0).lines
