"""Sliders: a move redraws picture and number, an exception is seen, and a page without a kernel shows a picture."""

import re

import pytest
import torch

from course import figures
from course.errors import InputError
from course.widgets import explore


def draw(level, name="a"):
    """A grey picture, as light as the slider says."""
    picture = torch.full((1, 3, 8, 8), level / 10)
    return figures.pictures([picture], alt=f"a grey square, level {level} of {name}"), "level", level / 10


def shown(explorer):
    """The contents of the widget under the sliders."""
    return explorer.children[-1].value


def test_it_begins_with_the_first_values():
    explorer = explore(draw, level=(2, 9), name=["a", "b"])
    assert explorer.number == 0.2 and explorer.figure.alt == "a grey square, level 2 of a"
    assert "level: 0.2</figcaption>" in shown(explorer)


def test_a_move_redraws_picture_and_number():
    explorer = explore(draw, level=(2, 9))
    before = shown(explorer)
    slider = explorer.children[0]
    slider.value = 7
    assert explorer.number == 0.7 and "level: 0.7</figcaption>" in shown(explorer)
    sources = [re.search(r"src='([^']+)'", text).group(1) for text in (before, shown(explorer))]
    assert sources[0] != sources[1]


def test_set_moves_several_sliders_and_returns_the_explorer():
    explorer = explore(draw, level=(0, 9), name=["a", "b"])
    assert explorer.set(level=4, name="b") is explorer
    assert explorer.figure.alt == "a grey square, level 4 of b"
    assert [slider.value for slider in explorer.children[:2]] == [4, "b"]


def test_sliders_are_labelled():
    explorer = explore(draw, level=(0, 9), name=["a", "b"])
    assert [slider.description for slider in explorer.children[:2]] == ["level", "name"]


def test_the_alt_text_reaches_the_page_and_is_escaped():
    def quoted(level):
        return figures.pictures([torch.ones(1, 3, 4, 4)], alt="it's <b>bold</b> & more"), "a < b", level

    text = shown(explore(quoted, level=(1, 2)))
    assert "alt='it&#x27;s &lt;b&gt;bold&lt;/b&gt; &amp; more'" in text and "a &lt; b: 1" in text


def test_an_exception_in_a_move_is_shown_and_raised():
    def breaks(level):
        if level > 1:
            raise ValueError("no <such> level")
        return draw(level)

    explorer = explore(breaks, level=(1, 3))
    with pytest.raises(ValueError, match="no <such> level"):
        explorer.set(level=2)
    assert "ValueError: no &lt;such&gt; level" in shown(explorer) and "role='alert'" in shown(explorer)
    explorer.set(level=1)
    assert "figcaption" in shown(explorer)


def test_where_no_kernel_runs_the_picture_is_shown():
    explorer = explore(draw, level=(1, 3))
    data, metadata = explorer._repr_mimebundle_()
    assert data["image/jpeg"] == explorer.figure.jpeg and "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == metadata["image/jpeg"]["alt"] == "a grey square, level 1 of a"


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({}, "at least one slider"),
        ({"level": (3, 3)}, r"needs \(least, most\)"),
        ({"level": (1, 2, 3)}, r"needs \(least, most\)"),
        ({"level": [1]}, "at least two values"),
    ],
)
def test_sliders_that_leave_no_choice_are_refused(choices, message):
    with pytest.raises(InputError, match=message):
        explore(draw, **choices)


def test_an_unknown_slider_is_refused():
    with pytest.raises(InputError, match="no slider 'levle'; there are level"):
        explore(draw, level=(1, 3)).set(levle=2)
