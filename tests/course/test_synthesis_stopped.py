"""course/synthesis.py: paintings that are stopped, go on, are changed on the way, or fail."""

import math

import pytest
import torch

from course.errors import InputError
from course.images import white_noise
from course.objectives import Objective, Term, in_range, total_variation
from course.synthesis import NotFiniteError, Stage
from tests.course._painting import SmallNetwork, a_painting, an_objective, same

OPTIMISERS = ["lbfgs", "adam"]

# ---- stopping and going on -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_painting_that_was_put_aside_goes_on(optimiser):
    painting = a_painting(optimiser=optimiser)
    assert painting.last is None
    steps = []
    for count in (2, 3, 1, 9):
        for taken, step in enumerate(painting, start=1):
            steps.append(step)
            assert painting.last is step
            if taken == count:
                break
    assert same(steps, a_painting(optimiser=optimiser))
    assert next(painting, None) is None
    a_painting()  # and one that nobody looks at costs nothing


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_ctrl_c_at_any_moment(optimiser):
    """It comes while the network works. Whoever then goes on gets what there would have been."""

    def interrupted_at(number):
        net = SmallNetwork()

        def call(image, layers):
            if len(net.calls) == number:
                net.calls.append("interrupted")
                raise KeyboardInterrupt
            return net(image, layers)

        painting, steps = a_painting(an_objective(call), optimiser=optimiser), []
        while True:
            try:
                for step in painting:
                    steps.append(step)
                    if step.number in (2, 3):
                        painting.objective.weights["style"] += 3
                return steps, len(net.calls)
            except KeyboardInterrupt:
                continue

    expected, calls = interrupted_at(None)
    assert calls > 15
    for number in range(calls):
        assert same(interrupted_at(number)[0], expected)


# ---- changing weights ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_another_weight_is_another_painting_from_there(optimiser):
    """To the last bit what begins anew at that picture: the optimiser forgets what it learnt of the old objective."""
    painting = a_painting(stages=[Stage(18, 12)], optimiser=optimiser)
    steps = [next(painting) for _ in range(5)]
    painting.objective.weights["style"] = 80
    changed = list(painting)
    fresh = an_objective()
    fresh.weights["style"] = 80
    anew = list(a_painting(fresh, steps[-1].picture, [Stage(18, 8)], optimiser=optimiser))[1:]
    assert [torch.equal(a.picture, b.picture) and a.loss == b.loss for a, b in zip(changed, anew, strict=True)] == [
        True
    ] * 7
    assert (
        changed[-1].losses["style"] < list(a_painting(stages=[Stage(18, 12)], optimiser=optimiser))[-1].losses["style"]
    )


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("change_at", [0, 1, 2, 3, 5, 7])
def test_a_changed_weight(optimiser, change_at):
    """In the middle of a stage or at its end; by another dictionary as by another number in it."""

    def changed(anew=True):
        painting = a_painting(optimiser=optimiser)
        for number in range(1, 9):
            if number == change_at + 1 and anew:
                painting.objective.weights = {**painting.objective.weights, "tv": 3.0}
            elif number == change_at + 1:
                painting.objective.weights["tv"] = 3.0
            yield next(painting)

    expected, plain = list(changed()), list(a_painting(optimiser=optimiser))
    assert same(expected[:change_at], plain[:change_at])
    assert expected[-1].loss != plain[-1].loss
    assert same(changed(anew=False), expected)


def test_a_weight_that_is_changed_back_in_time_changes_nothing():
    painting = a_painting()
    steps = []
    for step in painting:
        steps.append(step)
        painting.objective.weights["style"] = 900
        painting.objective.weights["style"] = 5
    assert same(steps, a_painting())


def test_a_bad_weight_between_two_steps():
    painting = a_painting()
    steps = [next(painting), next(painting)]
    painting.objective.weights["style"] = math.nan
    for _ in range(2):
        with pytest.raises(InputError, match="weight of 'style' must be a finite number"):
            next(painting)
    painting.objective.weights["style"] = 5
    assert same([*steps, *painting], a_painting())


# ---- numbers that are not finite -------------------------------------------------------------------------------------


def breaking(kind, after):
    """A term that goes wrong at its evaluation number `after`, one for each step."""
    count = [0]

    def loss(features):
        count[0] += 1
        mean = features["image"].square().mean()
        if count[0] < after:
            return mean
        if kind == "gradient":  # finite itself: the root of 0, whose slope is infinite
            return mean + (mean * 0).sqrt()
        return mean * kind

    return Term("own", (), lambda net, height, width: loss)


@pytest.mark.parametrize("after", [1, 2, 4, 6])
@pytest.mark.parametrize("kind", [math.nan, math.inf, "gradient"])
def test_what_is_not_finite_is_said_loudly(kind, after):
    terms = [total_variation(), breaking(kind, after)]
    painting = a_painting(Objective(SmallNetwork(), terms, {"tv": 0.01}), optimiser="adam")
    steps = []
    with pytest.raises(NotFiniteError) as caught:
        steps.extend(painting)
    assert len(steps) == after - 1
    assert caught.value.last is painting.last is (steps[-1] if steps else None)
    assert caught.value.term == ("gradient" if kind == "gradient" else "own")
    what = "the gradient" if kind == "gradient" else "the loss 'own'"
    where = f"after step {after - 1}" if steps else "at the start"
    assert str(caught.value).startswith(f"{what} is not finite {where}; lower the weights")


def test_a_sum_that_is_too_large_for_its_numbers():
    objective = Objective(SmallNetwork(), [total_variation(), in_range()], {"tv": 1e38})
    start = (white_noise(18, 14) - 0.5) * 15
    with pytest.raises(NotFiniteError, match="the sum is not finite at the start") as caught:
        next(a_painting(objective, start))
    assert caught.value.term == "sum"


def test_a_picture_that_flies_away():
    prepare = lambda net, height, width: lambda features: features["image"][0, 0, 0, 0]  # noqa: E731
    objective = Objective(SmallNetwork(), [Term("own", (), prepare)])
    painting = a_painting(objective, stages=[Stage(12, 30)], optimiser="adam", learning_rate=3e37)
    with pytest.raises(NotFiniteError, match=r"the picture runs away, .* after step \d+; lower") as caught:
        list(painting)
    assert caught.value.term == "picture"
    assert caught.value.last.picture.isfinite().all()


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_after_a_failure_there_is_a_way_on(optimiser):
    """The last good step is kept, and a lower weight mends the painting."""
    painting = a_painting(optimiser=optimiser)
    steps = [next(painting) for _ in range(4)]
    painting.objective.weights["style"] = 1e39
    with pytest.raises(NotFiniteError, match="the sum is not finite after step 4"):
        next(painting)
    painting.objective.weights["style"] = 5
    assert same([*steps, *painting], a_painting(optimiser=optimiser))
