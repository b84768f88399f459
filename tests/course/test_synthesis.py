"""course/synthesis.py: the plan from coarse to fine, the painter's stream of steps, and the pictures that come out."""

import dataclasses
import math
from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch

from course import gallery, synthesis
from course.errors import InputError
from course.images import fit, white_noise
from course.losses import gram
from course.nets.weights import vgg19
from course.objectives import Objective, content, in_range, style
from course.synthesis import Stage, coarse_to_fine
from tests.course._painting import (
    LAYERS,
    SmallNetwork,
    a_painting,
    an_objective,
    picture,
    same,
)

OPTIMISERS = ["lbfgs", "adam"]

# ---- coarse to fine --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [1.1, 2**0.5, 2, 4])
@pytest.mark.parametrize("smallest", [8, 64, 128])
@pytest.mark.parametrize("size", [5, 63, 128, 200, 512, 1024])
def test_the_plan(size, smallest, factor):
    for steps in (1, 2, 7, 16, 20, 40, 300):
        stages = coarse_to_fine(size, steps, smallest, factor)
        sizes, counts = [stage.size for stage in stages], [stage.steps for stage in stages]
        assert sum(counts) == steps and min(counts) >= 1
        assert counts == sorted(counts, reverse=True)
        assert sizes == [round(size / factor**k) for k in reversed(range(len(stages)))]
        assert len(stages) <= steps
        if size <= smallest:
            assert sizes == [size]
        elif len(stages) < steps:
            assert abs(math.log(sizes[0] / smallest)) < 0.6 * math.log(factor) + 0.5 / sizes[0]


def test_more_steps_where_they_are_cheap():
    stages = coarse_to_fine(512, 1000)
    assert [stage.size for stage in stages] == [128, 181, 256, 362, 512]
    for small, large in pairwise(stages):
        assert small.steps / large.steps == pytest.approx(2**0.5, rel=0.05)


@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        ((0, 10), "the size must be a whole number of at least 1, not 0"),
        ((64.5, 10), "the size must be"),
        ((64, 0), "the steps must be"),
        ((64, -3), "the steps must be"),
        ((64, 10, 0), "the smallest size must be"),
        ((64, 10, 32, 1), "the factor between stages must be above 1, not 1"),
        ((64, 10, 32, math.nan), "the factor between stages must be above 1, not nan"),
    ],
)
def test_bad_plans(arguments, phrase):
    with pytest.raises(InputError, match=phrase):
        coarse_to_fine(*arguments)


# ---- the stream of steps ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_the_steps_tell_where_they_are(optimiser):
    steps = list(a_painting(optimiser=optimiser))
    assert [step.number for step in steps] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert {step.of for step in steps} == {8}
    assert [step.size for step in steps] == [12, 12, 12, 17, 17, 17, 24, 24]
    shapes = [(12, 9)] * 3 + [(17, 13)] * 3 + [(24, 19)] * 2
    assert [tuple(step.picture.shape) for step in steps] == [(1, 3, *shape) for shape in shapes]
    assert torch.equal(steps[0].picture, fit(white_noise(18, 14), 12, 9))
    assert torch.equal(steps[3].picture, fit(steps[2].picture, 17, 13))
    assert torch.equal(steps[6].picture, fit(steps[5].picture, 24, 19))


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_the_loss_falls_and_is_the_weighted_sum(optimiser):
    steps = list(a_painting(stages=[Stage(16, 30)], optimiser=optimiser, learning_rate=0.01))
    losses = [step.loss for step in steps]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] / 4
    evaluate = an_objective().at(16, 12)
    for step in steps[::7]:
        expected = evaluate(step.picture)
        assert step.losses == pytest.approx({name: loss.item() for name, loss in expected.losses.items()}, rel=1e-5)
        by_hand = step.losses["content"] + 5 * step.losses["style"] + 0.2 * step.losses["tv"] + step.losses["range"]
        assert step.loss == pytest.approx(by_hand, rel=1e-5)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_the_same_arguments_give_the_same_pictures(optimiser):
    torch.manual_seed(1)
    first = list(a_painting(optimiser=optimiser))
    torch.manual_seed(2)
    state = torch.get_rng_state()
    assert same(first, a_painting(optimiser=optimiser))
    assert torch.equal(torch.get_rng_state(), state)  # the course's pictures do not depend on torch's global seed
    assert not torch.equal(first[-1].picture, list(a_painting(start=white_noise(18, 14, 1)))[-1].picture)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_step_never_changes(optimiser):
    steps, copies = [], []
    for step in a_painting(optimiser=optimiser):
        steps.append(step)
        copies.append(dataclasses.replace(step, losses=dict(step.losses), picture=step.picture.clone()))
    assert same(steps, copies)
    assert [step.seconds for step in steps] == [step.seconds for step in copies]
    with pytest.raises(dataclasses.FrozenInstanceError):
        steps[0].picture = steps[1].picture
    assert not any(step.picture.requires_grad for step in steps)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_the_start_is_left_alone_and_leaves_the_painting_alone(optimiser, layout):
    start = white_noise(12, 9).contiguous(memory_format=layout).requires_grad_()
    expected = list(a_painting(start=start, optimiser=optimiser))
    assert torch.equal(start, white_noise(12, 9)) and start.grad is None
    painting = a_painting(start=start, optimiser=optimiser)
    start.detach().fill_(0.1)  # as one does who prepares the next start in the same tensor
    steps = [next(painting)]
    start.detach().fill_(0.2)
    assert same([*steps, *painting], expected)


def test_what_is_shown_is_clamped_and_what_is_painted_is_not():
    start = (white_noise(12, 9) - 0.5) * 3
    step = next(a_painting(start=start, stages=[Stage(12, 2)]))
    assert step.picture.min() < -1 and step.picture.max() > 1.4
    assert torch.equal(step.image, step.picture.clamp(0, 1))


def test_a_start_that_lies_in_memory_in_its_own_way():
    grey = white_noise(18, 14)[:, :1].expand(1, 3, 18, 14)
    turned = grey.transpose(2, 3).contiguous().transpose(2, 3)
    assert same(a_painting(start=grey), a_painting(start=turned))


def test_the_time_is_that_of_painting(monkeypatch):
    """With a clock that stands at 1, 2, 3 ... when it is read, and jumps while nobody paints."""
    now = [0.0]
    monkeypatch.setattr(synthesis, "time", SimpleNamespace(perf_counter=lambda: now.append(now[-1] + 1) or now[-1]))
    seconds = []
    for step in a_painting():
        seconds.append(step.seconds)
        now.append(now[-1] + 100)
    assert seconds == [1, 2, 3, 4, 5, 6, 7, 8]


def test_targets_are_computed_once_for_each_size():
    net = SmallNetwork()
    painting = a_painting(an_objective(net))
    for step in painting:
        if step.number == 5:
            painting.objective.weights["tv"] = 1.0
    assert [call.shape for call in net.calls if not call.gradients] == [
        (12, 9), (8, 12), (17, 13), (11, 17), (24, 19), (15, 24)
    ]  # fmt: skip


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_stage_ends_where_nothing_can_be_improved(optimiser):
    terms = [in_range()]
    painting = a_painting(Objective(SmallNetwork(), terms), optimiser=optimiser)
    assert [(step.number, step.size, step.loss) for step in painting] == [(1, 12, 0), (2, 17, 0), (3, 24, 0)]
    assert next(painting, None) is None


def test_the_options_of_the_optimisers():
    first, second = list(a_painting(stages=[Stage(12, 2)], optimiser="adam", learning_rate=0.007))
    assert (second.picture - first.picture).abs().median().item() == pytest.approx(0.007, rel=0.01)
    assert not same(a_painting(stages=[Stage(12, 9)], history=4), a_painting(stages=[Stage(12, 9)]))


# ---- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "phrase"),
    [
        ({"start": torch.rand(3, 8, 8)}, "the start has shape"),
        ({"start": torch.full((1, 3, 8, 8), math.nan)}, "the start is not finite"),
        ({"stages": []}, "at least one stage"),
        ({"stages": [Stage(12, 3), Stage(0, 3)]}, "the size of a stage must be a whole number of at least 1, not 0"),
        ({"stages": [Stage(12.5, 3)]}, "the size of a stage must be"),
        ({"stages": [Stage(12, 0)]}, "the steps of a stage must be"),
        ({"optimiser": "sgd"}, "no optimiser 'sgd'; choose 'lbfgs' or 'adam'"),
        ({"history": 0}, "the history must be a whole number of at least 1, not 0"),
        ({"learning_rate": 0}, "the learning rate must be a positive number, not 0"),
        ({"learning_rate": math.nan}, "the learning rate must be a positive number, not nan"),
    ],
)
def test_bad_arguments_are_refused_before_painting(options, phrase):
    with pytest.raises(InputError, match=phrase):
        a_painting(**options)


# ---- pictures --------------------------------------------------------------------------------------------------------


def test_double_precision_stays_and_half_becomes_single():
    steps = list(a_painting(an_objective(dtype=torch.float64), white_noise(18, 14).double()))
    assert {step.picture.dtype for step in steps} == {torch.float64}
    single = list(a_painting(start=fit(white_noise(18, 14), 12, 9)))
    assert (steps[2].picture - single[2].picture).abs().max() < 1e-3
    half = list(a_painting(start=white_noise(18, 14).half()))
    assert same(half, a_painting(start=white_noise(18, 14).half().float()))
    assert half[0].picture.dtype == torch.float32


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_reconstruction_approaches_the_photo(optimiser):
    photo = picture(24, 18, 4)
    objective = Objective(SmallNetwork(), [content(photo, "conv1_1")])
    steps = list(a_painting(objective, white_noise(24, 18), [Stage(24, 60)], optimiser=optimiser))
    assert steps[-1].loss < (1e-3 if optimiser == "lbfgs" else 1e-2) * steps[0].loss
    assert (steps[-1].picture - photo).abs().mean() < 0.2 * (steps[0].picture - photo).abs().mean()


def test_a_texture_has_the_statistics_and_another_picture():
    net, example = SmallNetwork(), picture(30, 30, 4)
    steps = list(a_painting(Objective(net, [style(example, LAYERS)]), white_noise(24, 18), [Stage(24, 60)]))
    assert steps[-1].loss < 1e-3 * steps[0].loss
    for layer in LAYERS:
        F, S = net(steps[-1].picture, [layer])[layer], net(fit(example, 24, 24), [layer])[layer]
        G, A = gram(F) / F[0, 0].numel(), gram(S) / S[0, 0].numel()
        assert (G - A).norm() < 0.05 * A.norm()
    assert (steps[-1].picture - fit(example, 24, 18)).abs().mean() > 0.1


def test_the_real_network_paints_batik():
    """From noise, 64 pixels: in thirty steps the style loss falls to 1/30, and the colours come."""
    batik = gallery.style("batik", size=64)
    objective = Objective(vgg19(padding="replicate"), [style(batik), in_range()], {"range": 10})
    steps = list(a_painting(objective, white_noise(64, 64), [Stage(64, 30)]))
    assert steps[-1].losses["style"] < steps[0].losses["style"] / 30
    before, after = ((step.image.mean((2, 3)) - batik.mean((2, 3))).abs().max() for step in (steps[0], steps[-1]))
    assert after < before / 2 and before > 0.1
    assert (steps[-1].picture - steps[-1].image).abs().mean() < 0.02
