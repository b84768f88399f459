"""Rivals are asked for what they really minimise, run as they are, and compared without favour to us."""

import dataclasses
import subprocess
import sys

import pytest
import torch
from torch.nn import functional

from benchmarks import pastiche, rivals, tutorial
from benchmarks.rivals import Race, Rival, arrive, in_file, race, races, scored, speedup
from benchmarks.run import Run
from course.images import save_image
from course.nets.weights import parameters, vgg19
from course.objectives import Objective, content, style
from course.synthesis import Stage
from tests.course._painting import SmallNetwork, an_objective, picture

PHOTO, PAINTING = in_file(picture(36, 48, seed=1)), in_file(picture(40, 40, seed=2))
OTHER = in_file(picture(36, 48, seed=3))


@pytest.fixture(scope="module")
def oxford():
    return vgg19()


@pytest.fixture(scope="module")
def counted():
    return tutorial.network(parameters("E", "oxford"))


# ---- the tutorial ----------------------------------------------------------------------------------------------------


def test_features_are_as_large_as_torchvision_s(oxford, counted):
    layers = ["conv1_1", "relu2_2", "conv3_1", "relu5_1"]
    large, small = oxford(PHOTO, layers), counted(PHOTO, layers)
    for layer in layers:
        torch.testing.assert_close(57 * small[layer], large[layer], rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("image", [PHOTO, OTHER], ids=["photo", "other"])
def test_our_objective_is_the_tutorial_s(counted, image):
    theirs = float(tutorial.loss(counted, PHOTO, PAINTING)(image))
    assert scored(tutorial.objective(counted, PHOTO, PAINTING), image) == pytest.approx(theirs, rel=1e-4)


def test_the_tutorial_s_loss_is_what_it_says(counted):
    layers = ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"]
    F, P, S = (counted(image, layers) for image in (OTHER, PHOTO, PAINTING))

    def normalised_gram(maps):
        return torch.einsum("bihw,bjhw->ij", maps, maps) / maps.numel()

    style = sum(functional.mse_loss(normalised_gram(F[name]), normalised_gram(S[name])) for name in layers)
    expected = 1_000_000 * style + functional.mse_loss(F["conv2_2"], P["conv2_2"])
    assert float(tutorial.loss(counted, PHOTO, PAINTING)(OTHER)) == pytest.approx(float(expected), rel=1e-4)


def test_the_tutorial_s_loop(counted):
    before, loss = OTHER.clone(), tutorial.loss(counted, PHOTO, PAINTING)

    def value(image):
        assert image.min() >= 0 and image.max() <= 1, "clamped before it is looked at"
        return loss(image)

    run = tutorial.descend(value, OTHER, evaluations=30)
    assert 30 < run.evaluations <= 30 + 25 and len(run.losses) == run.evaluations + 1
    assert run.losses[0] == float(value(OTHER)) and run.losses[-1] == float(value(run.picture)) < run.losses[0] / 2
    assert run.picture.min() >= 0 and run.picture.max() <= 1 and not run.picture.requires_grad
    assert torch.equal(OTHER, before) and run.seconds > 0


# ---- pastiche --------------------------------------------------------------------------------------------------------

# Its loss at a picture that is neither its photo nor its painting: content counts as well.
LOSS = """
import sys
from pastiche.pastiche import PasticheArtist
content, style, init = sys.argv[1:]
print(PasticheArtist(content, [style], init=init, device="cpu", size=48, style_size=40).loss)
"""


def test_our_objective_is_pastiche_s(oxford, tmp_path):
    paths = [str(tmp_path / f"{name}.png") for name in ("content", "style", "init")]
    for image, path in zip((PHOTO, PAINTING, OTHER), paths, strict=True):
        save_image(image, path)
    done = subprocess.run([sys.executable, "-c", LOSS, *paths], capture_output=True, text=True, check=True)
    assert scored(pastiche.objective(oxford, PHOTO, PAINTING), OTHER) == pytest.approx(float(done.stdout), rel=1e-3)


def test_pastiche_is_run_as_it_is(oxford):
    run = pastiche.paint(PHOTO, PAINTING, steps=3)
    objective = pastiche.objective(oxford, PHOTO, PAINTING)
    assert run.losses[0] == pytest.approx(scored(objective, PHOTO), rel=1e-3), "no picture was resized"
    assert run.evaluations == len(run.losses) == 3 and run.losses[-1] < run.losses[0]
    assert run.picture.shape == PHOTO.shape and scored(objective, run.picture) < run.losses[0]
    assert 0 <= run.seconds < run.elapsed


def test_a_pastiche_that_fails_says_why():
    with pytest.raises(RuntimeError, match=r"(?s)exit code 2.*invalid int value: 'many'"):
        pastiche.paint(PHOTO, PAINTING, steps="many")


LOG = """device[0]: cpu (0-28)
size: 48x36

step elapsed loss
---- ------- ----
0    12.5    1000.25
1    14.0    1000.25
2    14.8    nan
"""


def test_the_log_is_read():
    times, losses = pastiche.read_log(LOG)
    assert times == [12.5, 14.0, 14.8] and losses[:2] == [1000.25, 1000.25] and losses[2] != losses[2]


@pytest.mark.parametrize("log", ["", LOG.replace("\n1 ", "\n7 "), "step elapsed loss"])
def test_another_log_is_not_taken_for_one(log):
    with pytest.raises(ValueError, match="no log of pastiche"):
        pastiche.read_log(log)


# ---- a race ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("losses", "needed"), [([4, 3, 2, 1], 1), ([4, 2, 1, 2], 0.5), ([4, 1, 9, 9], 0.25), ([4, 4, 4, 4], 0.25)]
)
def test_what_was_for_nothing_is_not_needed(losses, needed):
    assert Run(PHOTO, 1.0, 1.0, len(losses), losses).needed == needed


def a_race(**values):
    usual = Race("a", "x, y", seconds=60.0, elapsed=90.0, evaluations=300, needed=1.0, score=5.0, unrounded=4.9,
                 reached=4.8, ours=20.0, steps=100)  # fmt: skip
    return dataclasses.replace(usual, **values)


def test_speedup_of_a_race():
    assert a_race().speedup == a_race().whole_run == 3
    assert a_race(needed=0.5).speedup == 1.5 and a_race(needed=0.5).whole_run == 3
    assert a_race(reached=5.0).arrived
    late = a_race(reached=5.1)
    assert not late.arrived and late.speedup == late.whole_run == 0


def test_median_speedup_counts_who_did_not_arrive():
    found = [a_race(pair=str(k), ours=60 / k) for k in (1, 2, 3, 4)] + [a_race(pair="5", ours=1.0, reached=9.0)]
    assert speedup(found) == {
        "median": 2.0, "quartiles": [1.0, 3.0], "median_of_whole_runs": 2.0, "arrived": 4,
        "pairs": {"1": 1.0, "2": 2.0, "3": 3.0, "4": 4.0, "5": 0.0},
    }  # fmt: skip
    assert speedup([a_race(needed=0.5)])["median"] == 1.5
    assert speedup([a_race(needed=0.5)])["median_of_whole_runs"] == 3.0


def a_rival(picture_of, terms):
    return Rival(
        "a rival",
        lambda photo, painting: Run(picture_of(photo, painting), 1.0, 1.0, 1, [1.0]),
        *[lambda photo, painting: Objective(SmallNetwork(), terms(photo, painting))] * 2,
        lambda photo, painting, objective: objective.through(SmallNetwork()),
    )


def test_only_finished_pictures_of_the_last_size_count_as_a_file_holds_them(monkeypatch):
    photo, seen = picture(18, 24), []
    rival = a_rival(None, lambda *_: an_objective().terms)

    def score(image):
        seen.append(image)
        return 5.0 - len(seen)

    monkeypatch.setattr(rivals, "plan", lambda size: (Stage(12, 4, drafted=True), Stage(24, 9)))
    arrival = arrive(rival, photo, photo, wanted=2.0, score=score)
    assert len(seen) == 3 and arrival.score == 2.0 and arrival.steps == 4 + 3 and arrival.seconds > 0
    for image in seen:
        assert image.shape == photo.shape and torch.equal(image, in_file(image))
    monkeypatch.setattr(rivals, "plan", lambda size: (Stage(24, 2, drafted=True), Stage(24, 5)))
    assert arrive(rival, photo, photo, wanted=-9.0, score=score).steps == 7
    assert len(seen) == 3 + 5, "drafts are not scored"


def test_a_draft_has_the_weights_of_the_objective_itself(monkeypatch):
    """Through the same network, and at layers after the ReLU, the two are one and the same number."""
    net = vgg19(weights="random")
    photo, painting, other = picture(36, 48, seed=7), picture(36, 48, seed=8), picture(36, 48, seed=9)
    objective, same = pastiche.objective(net, photo, painting), pastiche.draft(net, net, photo, painting)
    assert scored(same, other) == pytest.approx(scored(objective, other), rel=1e-4)
    tutorials = tutorial.draft(net, net, photo, painting)
    assert {layer for term in tutorials.terms for layer in term.layers} == {
        "relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1"
    }  # fmt: skip


def test_a_race_is_won_at_the_rival_s_own_score(monkeypatch):
    monkeypatch.setattr(rivals, "DRAFTS", 4)
    monkeypatch.setattr(rivals, "LAST_STEPS", 60)
    outside = OTHER * 1.2 - 0.1
    terms = lambda photo, painting: [content(painting, "relu2_1")]  # noqa: E731
    rival = a_rival(lambda *_: outside, terms)
    goal = picture(36, 48, seed=5)
    found = race("mine", rival, "x, y", PHOTO, goal)
    objective = rival.objective(PHOTO, goal)
    assert found.score == scored(objective, in_file(outside)) and found.unrounded == scored(objective, outside)
    assert found.arrived and found.reached <= found.score and 4 < found.steps < 64 and found.ours > 0


def test_a_race_can_be_lost(monkeypatch):
    monkeypatch.setattr(rivals, "LAST_STEPS", 3)
    terms = lambda photo, painting: [style(painting, ["relu1_1", "relu2_1"])]  # noqa: E731
    found = race("mine", a_rival(lambda _, painting: painting, terms), "x, y", PHOTO, PAINTING)
    assert found.score == 0 and not found.arrived and found.speedup == 0


def test_rivals_take_turns(monkeypatch):
    monkeypatch.setattr(rivals, "LAST_STEPS", 1)
    rival = a_rival(lambda photo, _: photo, lambda photo, painting: [content(photo, "relu2_1")])
    found = list(races({"a": rival, "b": rival}, [("cat", "swirls"), ("coffee", "mosaic")], size=32))
    order = [("a", "cat, swirls"), ("b", "cat, swirls"), ("a", "coffee, mosaic"), ("b", "coffee, mosaic")]
    assert [(one.rival, one.pair) for one in found] == order


def test_our_plan_ends_at_the_pair_s_size():
    assert [stage.size for stage in rivals.plan(256)][-1] == 256 and rivals.plan(256)[-1].steps == rivals.LAST_STEPS


def test_the_field():
    field = rivals.rivals("random", pastiche_steps=7)
    assert list(field) == ["tutorial", "pastiche"] and "7 steps" in field["pastiche"].title
    for name, rival in field.items():
        assert scored(rival.objective(PHOTO, PAINTING), PHOTO) > 0, name
