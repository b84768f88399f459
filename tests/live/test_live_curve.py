"""The live curve: well-formed SVG, every series with its own line, dashes and name, on a logarithmic scale."""

import math
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from course.widgets.curve import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, curve


def lines(svg):
    return [
        [tuple(map(float, point.split(","))) for point in line.get("points").split()] for line in svg.iter("polyline")
    ]


def texts(svg):
    return [text.text for text in svg.iter("text")]


def test_each_series_has_a_line_dashes_and_a_name():
    svg = ElementTree.fromstring(curve({"content": [1, 0.1, 0.01], "style": [0.5, 0.5, 0.5]}))
    assert [len(line) for line in lines(svg)] == [3, 3] and {"content", "style"} <= set(texts(svg))
    looks = [(line.get("stroke"), line.get("stroke-dasharray")) for line in svg.iter("polyline")]
    assert len({stroke for stroke, _ in looks}) == len({dashes for _, dashes in looks}) == 2


def test_the_scale_is_logarithmic_and_labelled():
    svg = ElementTree.fromstring(curve({"a": [1, 0.1, 0.01]}))
    (line,) = lines(svg)
    assert [x for x, _ in line] == pytest.approx([LEFT, (LEFT + WIDTH - RIGHT) / 2, WIDTH - RIGHT], abs=0.1)
    assert [y for _, y in line] == pytest.approx([TOP, (TOP + HEIGHT - BOTTOM) / 2, HEIGHT - BOTTOM], abs=0.1)
    assert {"1", "0.1", "0.01", "step"} <= set(texts(svg))


def test_the_words_reach_those_who_do_not_see_and_are_escaped():
    svg = ElementTree.fromstring(curve({"a<b": [1, 2]}, words='it\'s <falling> & "fast"'))
    assert svg.get("role") == "img" and svg.get("aria-label") == 'it\'s <falling> & "fast"'
    assert "a<b" in texts(svg)


def test_steps_count_from_the_first_and_marks_stand_at_theirs():
    text = curve({"a": [1.0] * 11}, first=41, marks=(7, 41, 46, 99))
    svg = ElementTree.fromstring(text)
    assert {"41", "51"} <= set(texts(svg))
    marks = [line for line in svg.iter("line") if line.get("stroke-dasharray")]
    assert [float(mark.get("x1")) for mark in marks] == pytest.approx([LEFT, (LEFT + WIDTH - RIGHT) / 2], abs=0.1)


@pytest.mark.parametrize("series", [{}, {"a": []}, {"a": [0.0, 0.0]}, {"a": [math.nan, 1.0, math.inf, -2.0]}])
def test_what_has_no_place_on_the_scale_is_left_out(series):
    svg = ElementTree.fromstring(curve(series))
    drawn = sum(math.isfinite(value) and value > 0 for values in series.values() for value in values)
    assert sum(map(len, lines(svg))) == drawn
    assert not re.search("nan|inf", curve(series))


def test_names_do_not_lie_on_each_other():
    svg = ElementTree.fromstring(curve({"a": [1, 0.100], "b": [1, 0.1001], "c": [1, 0.1002]}))
    heights = sorted(float(text.get("y")) for text in svg.iter("text") if text.text in ("a", "b", "c"))
    assert all(below - above >= 12 for above, below in pairwise(heights))
