"""A painting that obeys its newest settings: from the picture as it is, small at first, in bounded steps."""

import math
from dataclasses import replace

import pytest
import torch

from course.errors import InputError
from course.images import white_noise
from course.live import painting as room
from course.live.painting import OBJECTIVES, LivePainting
from course.live.recipe import SUM, Recipe, Settings
from course.losses import gram
from course.objectives import ALPHA, BETA
from course.synthesis import NotFiniteError
from tests.live._live import ALL, CONTENT, STYLE, TinyNetwork

SETTINGS = Settings(ratio=0.1, tv=2.0, layers=ALL, size=36)


def a_painting(settings=SETTINGS, **options):
    options = {"net": TinyNetwork(), "draft": 16, "steps": 30, **vars(settings), **options}
    return LivePainting(Recipe(CONTENT, STYLE, **options))


def steps_of(painting):
    while (step := painting.advance()) is not None:
        yield step


def test_the_ratio_keeps_the_sum():
    for ratio in (0.001, 0.1, 1, 10):
        settings = replace(SETTINGS, ratio=ratio)
        assert math.isclose(settings.alpha / settings.beta, ratio) and math.isclose(settings.alpha + settings.beta, SUM)
    assert math.isclose(replace(SETTINGS, ratio=ALPHA / BETA).alpha, ALPHA)


def test_it_grows_from_the_draft_to_the_chosen_size_and_rests():
    painting = a_painting()
    sizes = [step.size for step in steps_of(painting)]
    assert len(sizes) == 30 and sizes[0] == 16 and sizes[-1] == 36 and sizes == sorted(sizes)
    assert sizes.count(36) > 15, "most steps are for the picture that stays"
    assert painting.advance() is None and painting.step.image.shape == (1, 3, 24, 36)


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(("draft", "size"), [(16, 16), (16, 17), (36, 16), (12, 36)])
def test_the_steps_are_never_more_than_planned(steps, draft, size):
    painting = a_painting(replace(SETTINGS, size=size), draft=draft, steps=steps)
    found = [step.size for step in steps_of(painting)]
    assert 1 <= len(found) <= steps and found[-1] == size
    assert painting.step.of == steps


def test_a_move_goes_on_from_the_picture_at_the_draft_size():
    painting = a_painting()
    for _ in range(30):
        before = painting.advance()
    painting.wish(replace(SETTINGS, ratio=10))
    after = painting.advance()
    assert before.size == 36 and after.size == 16 and after.number == 2, "the first of a plan shows nothing new"
    shrunk = torch.nn.functional.interpolate(before.image, after.image.shape[2:], mode="area")
    assert (after.image - shrunk).abs().mean() < (after.image - CONTENT.mean()).abs().mean() / 4
    assert painting.painted.ratio == 10


def test_only_the_newest_wish_is_obeyed():
    painting = a_painting()
    painting.advance()
    calls = painting._net.calls
    for ratio in (0.2, 0.3, 0.4, 0.5):
        painting.wish(replace(SETTINGS, ratio=ratio))
    painting.advance()
    assert painting.painted.ratio == 0.5
    assert painting._net.calls - calls < 6, "the wishes between were not painted"


def test_another_size_alone_does_not_begin_small_again():
    painting = a_painting(replace(SETTINGS, size=24))
    assert [step.size for step in steps_of(painting)][-1] == 24
    painting.wish(replace(SETTINGS, size=36))
    assert next(steps_of(painting)).size == 24
    painting.wish(replace(SETTINGS, size=16))
    assert {step.size for step in steps_of(painting)} == {16}


def test_large_pictures_are_drafted_first(monkeypatch):
    monkeypatch.setattr(room, "DRAFTED_ABOVE", 24)
    quick = TinyNetwork()
    painting = a_painting(draft_net=quick, steps=60)
    drafts, finished, sizes, calls = [], [], [], 0
    for step in steps_of(painting):
        (drafts if step.drafted else finished).append((step.number, step.of))
        sizes.append(step.size)
        calls = quick.calls if step.drafted else calls
    assert sizes[:4] == [24, 24, 24, 36] and sizes[-1] == 36, "drafts begin at the size up to which none is needed"
    assert drafts == [(number, 60) for number in range(1, 16)], "a quarter of the steps"
    assert finished == [(number, 60) for number in range(16, 61)]
    assert quick.calls == calls, "the draft network is not asked when it is not its turn"
    painting.wish(replace(SETTINGS, ratio=5.0))
    step = painting.advance()
    assert step.size == 24 and step.drafted


def test_small_pictures_need_no_draft():
    quick = TinyNetwork()
    painting = a_painting(draft_net=quick)
    for step in steps_of(painting):
        assert not step.drafted
    assert quick.calls == 0


def test_a_draft_that_the_network_takes_over_is_given_up_for_a_new_wish(monkeypatch):
    monkeypatch.setattr(room, "DRAFTED_ABOVE", 24)
    painting = a_painting(draft_net=TinyNetwork(), steps=60)
    for _ in range(15):
        painting.advance()
    look = painting._net

    def moves(image, layers):
        painting._net = look
        painting.wish(replace(SETTINGS, ratio=5.0))
        return look(image, layers)

    painting._net = moves
    step = painting.advance()
    assert step.drafted and (step.size, painting.painted.ratio) == (24, 5.0)


@pytest.mark.parametrize("before", [0, 1, 25])  # steps until then: none, at the draft size, and above it
def test_what_nobody_waits_for_any_more_is_given_up(before):
    painting = a_painting()
    for _ in range(before):
        painting.advance()
    look, calls = painting._net, painting._net.calls

    def moves(image, layers):
        painting._net = look
        features = look(image, layers)
        painting.wish(replace(SETTINGS, ratio=5.0))
        return features

    painting._net = moves
    step = painting.advance()
    if before == 0:
        assert (step.number, painting.painted.ratio) == (1, 0.1), "every wish that was begun gets a picture"
    else:
        assert (step.number, step.size, painting.painted.ratio) == (2, 16, 5.0)
        assert look.calls - calls <= 4, "one that was given up, and a few trials of the first step"


def test_a_hand_that_never_rests_sees_pictures():
    painting, moves = a_painting(), 0
    look = painting._net

    def restless(image, layers):
        nonlocal moves
        moves += 1
        painting.wish(replace(SETTINGS, ratio=0.1 + moves / 1000))
        return look(image, layers)

    painting._net = restless
    steps = [painting.advance() for _ in range(10)]
    assert len({step.picture for step in steps}) == 10 and moves < 60


def test_restart_begins_at_the_start():
    painting = a_painting()
    first = painting.advance().picture
    for _ in range(20):
        painting.advance()
    painting.restart()
    assert torch.equal(painting.advance().picture, first)


@pytest.mark.parametrize("kind", ["noise", "picture"])
def test_where_it_starts(kind):
    given = picture = white_noise(16, 24, seed=3)
    painting = a_painting(start="noise" if kind == "noise" else given, seed=3)
    if kind == "noise":
        picture = white_noise(11, 16, seed=3)
    assert painting.picture.shape == ((1, 3, 11, 16) if kind == "noise" else CONTENT.shape)
    difference = (painting.advance().image.mean((2, 3)) - picture.mean((2, 3))).abs().max()
    assert difference < 0.02


def test_after_an_error_it_goes_on_from_the_last_good_picture():
    trouble = {"now": False}

    def statistic(F):
        if trouble["now"]:
            raise ValueError("no such statistic")
        return gram(F)

    painting = a_painting(statistic=statistic)
    for _ in range(5):
        good = painting.advance()
    trouble["now"] = True
    with pytest.raises(ValueError, match="no such statistic"):
        painting.advance()
    assert painting.step is good
    trouble["now"] = False
    assert painting.advance().size == 16 and painting.step is not good


def test_restart_after_an_error_begins_at_the_start():
    painting = a_painting()
    first, kept = painting.advance().picture, painting._net
    for _ in range(4):
        painting.advance()

    def breaks(image, layers):
        raise RuntimeError("broken")

    painting._net = breaks
    with pytest.raises(RuntimeError, match="broken"):
        painting.advance()
    painting._net = kept
    painting.restart()
    assert torch.equal(painting.advance().picture, first)


def test_what_is_not_finite_is_said():
    with pytest.raises(NotFiniteError, match="'style' is not finite"):
        a_painting(statistic=lambda F: gram(F) / 0).advance()


def test_the_targets_of_a_few_choices_of_layers_are_kept():
    painting = a_painting()
    for layers in (ALL[:1], ALL[:2], ALL[:3], ALL[:4], ALL, ALL[1:], ALL[2:], ALL[:1]):
        painting.wish(replace(SETTINGS, layers=layers))
        painting.advance()
    assert len(painting._objectives) == OBJECTIVES


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"draft": 0}, "the draft size must be a whole number"),
        ({"steps": 0}, "the steps must be a whole number"),
        ({"start": "photo"}, "the start must be 'content', 'noise' or a picture"),
        ({"start": torch.ones(3, 4)}, "the start has shape"),
        ({"statistic": 3}, "statistic must be a function, not 3"),
        ({"total": None}, "total must be a function, not None"),
    ],
)
def test_bad_arguments_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        a_painting(**options)
