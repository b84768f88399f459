"""The live dream: it obeys its sliders by code and in the background, rests at its end, and says what stops it."""

import io
import re

import pytest
import torch
from PIL import Image

from course import gallery
from course.errors import InputError
from course.nets.weights import vgg19
from course.neurons.dreaming import dream
from course.widgets import LiveDream
from tests.live._live import rest, wait_until

NET = vgg19(weights="slim", padding="replicate")
CAT = gallery.photo("cat", 64)
LAYERS = ["relu1_1", "relu2_1", "relu3_1"]


@pytest.fixture(autouse=True)
def nothing_dreams_afterwards():
    yield
    rest()


def a_dream(**options):
    return LiveDream(NET, CAT, LAYERS, **{"octaves": (1, 3), "steps": 2, **options})


def words(dreamer):
    return re.sub("<[^>]*>", "", dreamer.children[-1].value)


def shown(dreamer):
    return Image.open(io.BytesIO(dreamer.children[2].value))


def test_by_code_it_dreams_what_the_sliders_say():
    dreamer = a_dream().set(layer="relu2_1", octaves=2).run_sync(4)
    *_, last = dream(NET, CAT, "relu2_1", octaves=2, steps=2)
    assert torch.equal(dreamer.step.picture, last.picture) and not dreamer.is_dreaming
    assert words(dreamer) == "✓ dreamt: relu2_1, octaves 2 · 64 × 43 pixels · step 4 of 4"


def test_a_moved_slider_begins_the_dream_anew():
    dreamer = a_dream().set(octaves=3).run_sync(3)
    before = shown(dreamer).tobytes()
    assert dreamer.step.number == 3
    dreamer.set(layer="relu3_1").run_sync(1)
    assert dreamer.step.number == 1 and dreamer.step.octave == 1 and shown(dreamer).tobytes() != before
    assert dreamer.run_sync(99).step.number == 6, "it ends when the dream is over"


def test_shown_on_a_page_it_dreams_in_the_background_and_obeys():
    dreamer = a_dream()
    dreamer._view_count = 1  # as a page says
    wait_until(lambda: words(dreamer).startswith("✓ dreamt") and "step 6 of 6" in words(dreamer))
    dreamer.set(octaves=1)
    wait_until(lambda: words(dreamer).startswith("✓ dreamt") and "step 2 of 2" in words(dreamer))
    wait_until(lambda: not dreamer.is_dreaming)
    dreamer._view_count = 0
    dreamer.set(octaves=2)
    assert not dreamer.is_dreaming, "nobody looks"


def test_what_stops_it_is_said_on_the_page():
    def slip(*inputs):
        raise ZeroDivisionError("a slip")

    dreamer = a_dream(octave=slip)
    dreamer._view_count = 1
    wait_until(lambda: "a slip" in words(dreamer))
    with pytest.raises(ZeroDivisionError):
        dreamer.run_sync(1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"layers": ["relu1_1"]}, "at least two layers"),
        ({"octaves": (3, 3)}, "at least two layers"),
        ({"layers": ["relu1_1", "relu9_1"]}, "no layer 'relu9_1'"),
        ({"octaves": (1, 99)}, "take fewer octaves"),
    ],
)
def test_what_cannot_be_dreamt_is_said_at_once(arguments, words):
    with pytest.raises(InputError, match=words):
        LiveDream(NET, CAT, **{"layers": LAYERS, **arguments})


def test_a_slider_that_does_not_exist():
    with pytest.raises(InputError, match="no slider 'depth'; there are layer, octaves"):
        a_dream().set(depth=3)


def test_pages_without_a_kernel_show_the_dream_as_it_is():
    dreamer = a_dream()
    assert "not begun yet" in dreamer.still().alt
    data, metadata = dreamer.run_sync(1)._repr_mimebundle_()
    assert "after 1 steps" in data["text/plain"] and metadata["image/jpeg"]["alt"] == data["text/plain"]
