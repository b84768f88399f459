"""The live pad: it paints what its sliders say, by code and in the background, and says what stops it."""

import io
import re

import pytest
import torch
from PIL import Image

from course import gallery
from course.errors import InputError
from course.nets.feedforward import Painter
from course.widgets import LivePad
from tests.live._live import rest, wait_until

CORNERS = ["swirls", "chalk", "fans", "woodcut"]
PHOTO = gallery.photo("cat", 48)


@pytest.fixture(autouse=True)
def nothing_paints_afterwards():
    yield
    rest()


@pytest.fixture(scope="module")
def painter():
    """Untrained, but its styles differ."""
    made = Painter([*CORNERS, "mosaic"], width=4, blocks=1)
    random = torch.Generator().manual_seed(0)
    for name, parameter in made.named_parameters():
        if name.endswith(("gammas", "betas")):
            parameter.data += 0.5 * torch.randn(parameter.shape, generator=random)
    return made.requires_grad_(False)


def words(pad):
    return re.sub("<[^>]*>", "", pad.children[-1].value)


def shown(pad):
    return Image.open(io.BytesIO(pad.children[2].value)).tobytes()


@pytest.mark.parametrize(("x", "y", "corner"), [(0, 0, 0), (1, 0, 1), (0, 1, 2), (1, 1, 3)])
def test_in_each_corner_is_its_style(painter, x, y, corner):
    pad = LivePad(painter, PHOTO, CORNERS).set(x=x, y=y).run_sync()
    assert torch.equal(pad.painting, painter.paint(PHOTO, painter.share(CORNERS[corner])))
    assert words(pad).startswith(f"100% {CORNERS[corner]} · ")


def test_between_them_are_mixtures_whose_sum_is_one(painter):
    pad = LivePad(painter, PHOTO, CORNERS).set(x=0.25, y=0.5)
    assert list(pad.shares.values()) == pytest.approx([0.375, 0.125, 0.375, 0.125])
    mixed = pad.run_sync(2).painting
    assert torch.equal(mixed, painter.paint(PHOTO, painter.mixture(pad.shares))) and pad.painted == 2
    assert re.fullmatch(r"38% swirls, 38% fans, 12% chalk, 12% woodcut · \d+ pictures a second", words(pad))
    assert pad.seconds > 0


def test_shown_on_a_page_it_paints_in_the_background_and_obeys(painter):
    pad = LivePad(painter, PHOTO, CORNERS)
    pad._view_count = 1  # as a page says
    wait_until(lambda: "25% swirls" in words(pad))
    before = shown(pad)
    for x in (0.2, 0.4, 0.6, 1.0):
        pad.set(x=x, y=0)
    wait_until(lambda: words(pad).startswith("100% chalk"))
    assert shown(pad) != before and pad.painted <= 5
    pad._view_count = 0
    painted = pad.painted
    pad.set(x=0)
    assert pad.painted == painted, "nobody looks"


def test_what_stops_it_is_said_on_the_page(painter):
    def slip(*inputs):
        raise ZeroDivisionError("a slip")

    pad = LivePad(painter, PHOTO, CORNERS)
    pad._painter = type("Slipping", (), {"mixture": slip, "paint": slip})()
    pad._view_count = 1
    wait_until(lambda: "a slip" in words(pad))


@pytest.mark.parametrize(
    ("photo", "corners", "said"),
    [
        (PHOTO, CORNERS[:3], "four different corners"),
        (PHOTO, [*CORNERS[:3], "swirls"], "four different corners"),
        (PHOTO, [*CORNERS[:3], "wodcut"], "woodcut"),
        (PHOTO.expand(2, -1, -1, -1), CORNERS, "one picture|single"),
    ],
)
def test_what_cannot_be_painted_is_said_at_once(painter, photo, corners, said):
    with pytest.raises(InputError, match=said):
        LivePad(painter, photo, corners)


@pytest.mark.parametrize("values", [{"z": 0.5}, {"x": 1.5}, {"y": -0.1}])
def test_a_pad_has_an_x_and_a_y(painter, values):
    with pytest.raises(InputError, match="x and y, each from 0 to 1"):
        LivePad(painter, PHOTO, CORNERS).set(**values)


def test_pages_without_a_kernel_show_the_painting_as_it_is(painter):
    pad = LivePad(painter, PHOTO, CORNERS)
    assert "not painted yet" in pad.still().alt
    data, metadata = pad.set(x=0, y=0).run_sync()._repr_mimebundle_()
    assert "100% swirls" in data["text/plain"] and metadata["image/jpeg"]["alt"] == data["text/plain"]
