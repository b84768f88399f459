"""The first picture in an instant: which styles are known, what is painted, and that the optimiser goes on from it."""

import io

import pytest
import torch
from PIL import Image

from course import gallery
from course.images import fit, resize
from course.live import instant as room
from course.live import painting as painting_room
from course.live.instant import at_once, known_style
from course.live.painting import LivePainting
from course.live.recipe import Recipe
from course.losses import total_loss
from course.nets.feedforward import load_painter
from course.widgets import LivePainter
from course.widgets.controls import SHOWN, jpeg
from tests.live._live import CONTENT, STYLE, TinyNetwork, rest, wait_until
from tests.live.test_live_painter import shown, words

FANS = gallery.style("fans", 96)
SIZES = {"sizes": (16, 24, 36), "size": 36, "draft": 16}


@pytest.fixture(autouse=True)
def nothing_paints_afterwards():
    yield
    rest()


@pytest.fixture
def a_painter(monkeypatch):
    """A live painter as one gets it without a word about networks, but with quick ones."""
    monkeypatch.setattr("course.widgets.painter.default_net", lambda weights="oxford": TinyNetwork())
    return lambda style=FANS, **options: LivePainter(CONTENT, style, **{**SIZES, "steps": 30, **options})


def test_styles_are_known_at_every_size_and_other_pictures_are_not():
    for name in ("swirls", "truchet"):
        assert [known_style(gallery.style(name, size)) for size in (None, 192, 64)] == [name] * 3
        assert known_style(resize(gallery.style(name, 256), 100)) == name
    others = [gallery.photo("cat", 96), gallery.texture("brick", 96), STYLE, torch.full((1, 3, 8, 8), 0.5)]
    others += [FANS.flip(2), FANS[..., :64, :64], 1 - FANS]  # another picture in every respect that one sees
    assert [known_style(picture) for picture in others] == [None] * len(others)


def test_it_is_the_painter_of_the_twenty():
    twenty = load_painter("twenty")
    painting = at_once(CONTENT, FANS, 24)
    assert painting.shape == (1, 3, 16, 24) and at_once(CONTENT, STYLE, 24) is None
    assert (painting - twenty.paint(fit(CONTENT, 16, 24), twenty.share("fans"))).abs().max() < 1e-4


def test_the_optimiser_goes_on_from_it_at_the_size_that_it_has():
    painting = LivePainting(Recipe(CONTENT, FANS, TinyNetwork(), size=36, draft=16, steps=30, instant=True))
    assert torch.equal(painting.picture, CONTENT) and painting.instant is None
    assert painting.paint_at_once() and not painting.paint_at_once()
    first = at_once(CONTENT, FANS, 36)
    assert torch.equal(painting.picture, first) and painting.step is None and 0 < painting.instant.seconds < 20
    step = painting.advance()
    assert step.size == 36 and (step.image - first).abs().mean() < (step.image - CONTENT).abs().mean() / 4
    for _ in range(9):
        painting.advance()
    painting.restart()
    assert torch.equal(painting.advance().image, step.image), "again from the picture at once, as large"
    painting.wish(painting.settings.__class__(1.0, 2.0, painting.settings.layers, 36))
    assert painting.advance().size == 16, "a move is answered small, as ever"


def test_who_does_not_ask_for_it_before_gets_it_with_the_first_step(monkeypatch):
    monkeypatch.setattr(painting_room, "DRAFTED_ABOVE", 24)
    recipe = Recipe(CONTENT, FANS, TinyNetwork(), TinyNetwork(), size=36, draft=16, steps=30, instant=True)
    step = LivePainting(recipe).advance()
    assert (step.size, step.drafted) == (36, True)
    assert (step.image - at_once(CONTENT, FANS, 36)).abs().mean() < (step.image - CONTENT).abs().mean() / 4


def test_a_style_that_it_does_not_know_begins_with_the_photo():
    plain, other = (LivePainting(Recipe(CONTENT, STYLE, TinyNetwork(), instant=on)) for on in (False, True))
    assert not other.paint_at_once() and other.instant is None
    assert torch.equal(plain.advance().image, other.advance().image)


def test_the_panel_shows_it_first_and_keeps_it_for_comparison(a_painter):
    painter = a_painter(steps=10**6)
    assert shown(painter).value == jpeg(CONTENT)
    pictures = []
    shown(painter).observe(lambda change: pictures.append((change["new"], painter.step)), names="value")
    painter.start()
    wait_until(lambda: len(pictures) > 2)
    first, step = pictures[0]
    assert step is None and first == jpeg(at_once(CONTENT, FANS, 36)), "before the optimiser has moved anything"
    assert painter._painting.instant is not None and "at once: 0." in words(painter)
    painter.pause()
    alt = painter._repr_mimebundle_()[1]["image/jpeg"]["alt"]
    assert "before that, what a trained painter made of the content at once" in alt


def test_the_line_under_it_says_what_it_is(a_painter):
    painter = a_painter()
    painter._painting.paint_at_once()
    painter._view.show_at_once()
    assert "painted at once by the network of chapter 7, to be refined · 36 × 24 pixels" in words(painter)
    with Image.open(io.BytesIO(shown(painter).value)) as picture:
        assert picture.size == (SHOWN, round(SHOWN * 2 / 3))
    painter.run_sync(1)
    assert "step 1 of 30" in words(painter) and "to be refined" not in words(painter)


@pytest.mark.parametrize(
    ("options", "on"),
    [
        ({}, True),
        ({"ratio": 1, "tv": 0}, True),
        ({"total": total_loss}, False),  # whoever gives a function of their own wants to see what that one does
        ({"statistic": lambda F: F.mean((2, 3))}, False),
        ({"net": TinyNetwork()}, False),
        ({"start": "noise"}, False),
        ({"net": TinyNetwork(), "instant": True}, True),
        ({"instant": False}, False),
    ],
)
def test_it_is_there_unless_something_of_ones_own_is_to_be_seen(a_painter, options, on):
    painter = a_painter(**options).run_sync(1)
    assert (painter._painting.instant is not None) is on and ("at once" in words(painter)) is on


def test_nothing_of_it_is_loaded_before_it_is_wanted(a_painter, monkeypatch):
    monkeypatch.setattr(room, "load_painter", lambda name: pytest.fail("loaded"))
    room.painter.cache_clear()
    a_painter()
    a_painter(instant=False).run_sync(1)
