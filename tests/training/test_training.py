"""course/training: what a painter learns from, what it is told, and that a training goes on as if never interrupted."""

import dataclasses
from functools import cache

import pytest
import torch

from course import gallery
from course.errors import InputError
from course.images import save_image
from course.losses import gram, relative_distance
from course.nets.feedforward import Painter
from course.nets.weights import vgg19
from course.objectives import CONTENT_LAYER, STYLE_LAYERS, style_transfer
from course.synthesis import NotFiniteError
from course.training.corpus import HELD_OUT, Corpus, folder_photos, gallery_photos
from course.training.perceptual import Perceptual, Weights, grid_energy, style_distance
from course.training.train import Plan, read_state, train, training_step

PLAN = Plan(steps=6, side=48, count=2)
slim = cache(lambda: vgg19(weights="slim", padding="replicate"))


@pytest.fixture(scope="module")
def corpus():
    return Corpus(gallery_photos())


@pytest.fixture(scope="module")
def loss():
    return Perceptual(slim(), [gallery.style("swirls"), gallery.style("halftone")])


@pytest.fixture
def begin(corpus, loss):
    """A small training of two styles."""

    def begin(plan=PLAN, seed=0, step=training_step):
        return train(Painter(["swirls", "halftone"], 4, 1, seed), corpus, loss, plan, step)

    return begin


def weights(training):
    return torch.cat([parameter.detach().flatten() for parameter in training.painter.parameters()])


def message(function, *arguments, **options):
    with pytest.raises(InputError) as caught:
        function(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# ---- the corpus ------------------------------------------------------------------------------------------------------


def test_batches_are_crops_that_depend_on_their_number_alone(corpus):
    batch = corpus.batch(7, 3, 40)
    assert batch.shape == (3, 3, 40, 40) and batch.min() >= 0 and batch.max() <= 1
    corpus.batch(8, 3, 40)
    assert torch.equal(corpus.batch(7, 3, 40), batch)
    assert not torch.equal(corpus.batch(8, 3, 40), batch)
    assert not torch.equal(Corpus(gallery_photos(), seed=1).batch(7, 3, 40), batch)


def test_nobody_trains_on_what_judges():
    photos = gallery_photos()
    assert len(photos) == len(gallery.names("photo")) - len(HELD_OUT)
    assert not any(torch.equal(photo, gallery.photo(name, 512)) for photo in photos for name in HELD_OUT)


def test_a_folder_of_photos(tmp_path):
    for k, name in enumerate(("b.png", "a.jpg", "note.txt")):
        save_image(torch.full((1, 3, 20, 30), k / 2), tmp_path / name.replace("txt", "png"))
        (tmp_path / name.replace("txt", "png")).rename(tmp_path / name)
    with pytest.warns(UserWarning, match=r"1 file is left alone in '.*' \(note\.txt\); pictures that can be read"):
        first, second = folder_photos(tmp_path)
    assert first.mean() > 0.4 and second.mean() < 0.1
    assert "is no folder" in message(folder_photos, tmp_path / "a.jpg")
    (tmp_path / "empty").mkdir()
    assert "there are no pictures" in message(folder_photos, tmp_path / "empty")


def test_procedural_pictures_alone():
    batch = Corpus([], procedural=1).batch(1, 4, 32)
    assert batch.shape == (4, 3, 32, 32) and batch.std() > 0.05
    assert "a corpus needs photos" in message(Corpus, [])
    assert "between 0 and 1" in message(Corpus, [], procedural=1.5)


# ---- the loss --------------------------------------------------------------------------------------------------------


def test_the_loss_is_the_painters_objective_for_each_picture(loss):
    """As `course.objectives` has it for one painting; for a batch the mean."""
    photos = torch.cat([gallery.photo(name, 64)[..., :42, :42] for name in ("cat", "coffee")])
    painted = photos.flip(3) * 1.2
    styles = torch.tensor([1, 0])
    loss(painted, photos, styles)
    names = ("halftone", "swirls")
    each = []
    for k, name in enumerate(names):
        objective = style_transfer(slim(), photos[k : k + 1], gallery.style(name, 256), scale=256 / 42)
        each.append(objective.at(42, 42)(painted[k : k + 1]).losses)
    for term, value in loss.losses.items():
        assert value == pytest.approx(sum(float(one[term]) for one in each) / 2, rel=1e-3), term


def test_the_content_may_be_seen_by_another_network():
    other = vgg19(weights="random", padding="replicate")
    both = Perceptual(slim(), [gallery.style("swirls")], content_net=other)
    photos, painted = torch.rand(2, 3, 48, 48), torch.rand(2, 3, 48, 48)
    both(painted, photos, torch.tensor([0, 0]))
    F, P = (other(x, [CONTENT_LAYER])[CONTENT_LAYER] for x in (painted, photos))
    assert both.losses["content"] == pytest.approx(float(relative_distance(F, P)) / 2, rel=1e-4)
    features = slim()(painted, list(STYLE_LAYERS))
    assert both.losses["style"] == pytest.approx(float(style_distance(features, both.grams)), rel=1e-4)


def test_the_statistics_of_one_picture_are_not_those_of_the_batch():
    F = torch.rand(2, 3, 4, 5)
    A = gram(F) / 20
    assert style_distance({"relu1_1": F}, {"relu1_1": A}) < 1e-10
    assert style_distance({"relu1_1": F}, {"relu1_1": A.flip(0)}) > 1e-4


def test_weights_are_what_they_weigh(loss):
    photos, painted = torch.rand(1, 3, 48, 48), torch.rand(1, 3, 48, 48)
    heavy = Perceptual(slim(), [gallery.style("swirls")], Weights(content=3, style=5, tv=0, range=0))
    value = heavy(painted, photos, torch.tensor([0]))
    assert float(value) == pytest.approx(3 * heavy.losses["content"] + 5 * heavy.losses["style"], rel=1e-5)
    assert "at least one style" in message(Perceptual, slim(), [])


def test_a_grid_costs_what_it_weighs_and_strokes_cost_nothing():
    """Lines of period 4 at the same places everywhere; not those of another period, and no slow changes."""
    columns = torch.arange(66.0)
    lines = (0.1 * torch.cos(2 * torch.pi * columns / 4)).expand(1, 3, 50, 66)
    assert float(grid_energy(lines)) == pytest.approx(0.1**2 / 2, rel=1e-3)
    assert float(grid_energy(lines.mT)) == pytest.approx(0.1**2 / 2, rel=1e-3)
    assert float(grid_energy(lines[..., 3:])) == pytest.approx(0.1**2 / 2, rel=1e-3), "wherever it begins"
    strokes = (0.1 * torch.cos(2 * torch.pi * columns / 5)).expand(1, 3, 50, 66)
    slow = torch.linspace(0, 1, 66).expand(1, 3, 50, 66)
    assert max(float(grid_energy(picture)) for picture in (strokes, slow)) < 1e-5
    dear = Perceptual(slim(), [gallery.style("swirls")], Weights(0, 0, 0, 0, grid=100))
    value = dear(lines + 0.5, torch.rand(1, 3, 50, 66), torch.tensor([0]))
    assert float(value) == pytest.approx(100 * dear.losses["grid"], rel=1e-5) and dear.losses["grid"] > 0.004


# ---- the loop --------------------------------------------------------------------------------------------------------


def test_it_learns(begin):
    lessons = list(begin(Plan(steps=20, side=48, count=2, rate=1e-2)))
    assert [lesson.number for lesson in lessons] == list(range(1, 21))
    assert lessons[0].seconds < lessons[-1].seconds and set(lessons[0].losses) == {"content", "style", "tv", "range"}
    before, after = (sum(lesson.loss for lesson in part) for part in (lessons[:5], lessons[-5:]))
    assert after < 0.8 * before


def test_only_the_painter_is_trained(begin):
    frozen = [parameter.clone() for parameter in slim().parameters()]
    list(begin())
    assert all(torch.equal(one, other) for one, other in zip(frozen, slim().parameters(), strict=True))


def test_the_rate_rises_stays_and_falls():
    plan = Plan(steps=1000, rate=1.0)
    rates = [plan.rate_at(number) for number in range(1, 1001)]
    assert rates[0] == pytest.approx(1 / 30) and rates[29:400] == [1.0] * 371
    assert rates[400:] == sorted(rates[400:], reverse=True) and rates[-1] == pytest.approx(0.02)


def test_all_styles_come_by_turns(begin):
    training = begin(dataclasses.replace(PLAN, count=3))
    seen = torch.cat([training.styles_of(number) for number in range(1, 41)]).view(60, 2)
    assert all(sorted(turn) == [0, 1] for turn in seen.tolist())
    assert 10 < int(seen[:, 0].sum()) < 50  # not always in the same order


def test_ones_own_step(begin):
    def step(net, optimiser, photos, loss):
        calls.append(photos.shape)
        return training_step(net, optimiser, photos, loss)

    calls = []
    mine, ours = begin(step=step), begin()
    list(mine), list(ours)
    assert calls == [(2, 3, 48, 48)] * 6 and torch.equal(weights(mine), weights(ours))


def test_it_works_where_gradients_are_switched_off(begin):
    with torch.inference_mode():
        training = begin()
        list(training)
    plain = begin()
    list(plain)
    assert torch.equal(weights(training), weights(plain))


def test_it_goes_on_as_if_never_interrupted(begin, tmp_path):
    whole, first, second = begin(), begin(), begin(seed=9)  # another painter: all of it is in the file
    list(whole)
    for lesson in first:
        if lesson.number == 4:
            break
    first.save(tmp_path / "state")
    assert read_state(tmp_path / "state")["number"] == 4
    second.resume(tmp_path / "state")
    assert [lesson.number for lesson in second] == [5, 6]
    assert torch.equal(weights(second), weights(whole)) and second.seconds > first.seconds


def test_a_step_that_was_stopped_half_way_is_undone(begin, tmp_path):
    """Ctrl-C when some weights were corrected and others not: neither the file nor going on knows of it."""
    whole, stopped, other = begin(), begin(), begin()
    list(whole)
    next(stopped)

    def half_way(net, optimiser, photos, loss):
        training_step(net, optimiser, photos, loss)
        raise KeyboardInterrupt

    stopped.step = half_way
    with pytest.raises(KeyboardInterrupt):
        next(stopped)
    stopped.save(tmp_path / "state")
    with pytest.raises(KeyboardInterrupt):
        next(stopped)
    other.resume(tmp_path / "state")
    stopped.step = training_step
    list(stopped), list(other)
    assert torch.equal(weights(stopped), weights(whole)) and torch.equal(weights(other), weights(whole))


def test_it_does_not_go_on_from_something_else(begin, corpus, tmp_path):
    state = tmp_path / "state"
    begin().save(state)
    begin(dataclasses.replace(PLAN, steps=9)).resume(state)  # more steps are allowed
    with_other_rate = begin(dataclasses.replace(PLAN, rate=1e-3))
    assert "was begun with other plan; give the same" in message(with_other_rate.resume, state)
    other_style = Perceptual(slim(), [gallery.style("swirls"), gallery.style("fans")])
    other = train(Painter(["swirls", "halftone"], 4, 1), corpus, other_style, PLAN)
    assert "was begun with other styles" in message(other.resume, state)
    for content in (b"", b"rubbish"):
        state.write_bytes(content)
        assert "remove it to begin anew" in message(begin().resume, state)
    torch.save({"number": 3}, state)
    assert "is no unfinished training" in message(begin().resume, state)
    assert "remove it to begin anew" in message(begin().resume, tmp_path / "missing")


def test_a_loss_that_is_not_finite_is_said(begin):
    training = begin(step=lambda *_: float("nan"))
    with pytest.raises(NotFiniteError, match="the sum is not finite at the start"):
        next(training)
    assert "the steps must be a whole number" in message(begin, Plan(steps=0))
