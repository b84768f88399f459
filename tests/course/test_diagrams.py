"""Drawings that explain: the window stands where it should, and bad windows are refused."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from course import diagrams
from course.errors import InputError

ALT = "Two grids of numbers and a window"
ORANGE = np.array([0xD5, 0x5E, 0x00])
PICTURE, WEIGHTS = torch.arange(42.0).view(6, 7) % 10, torch.tensor([[-1.0, 0.0, 1.0]] * 3)


def orange(row, column):
    """Which pixels of a drawing belong to a frame."""
    drawn = diagrams.sliding_window(PICTURE, WEIGHTS, row, column, alt=ALT)
    pixels = np.asarray(Image.open(io.BytesIO(drawn.jpeg)).convert("RGB")).astype(int)
    return np.abs(pixels - ORANGE).max(axis=2) < 60


def test_the_window_goes_where_it_is_sent():
    """One place to the right moves both frames by one field, and the weights' not at all."""
    here, there = orange(1, 1), orange(1, 2)
    assert (here & ~there).any() and (there & ~here).any()
    left, right = (drawn[:, : drawn.shape[1] // 2].any(axis=0).nonzero()[0].min() for drawn in (here, there))
    field = here.shape[1] / (7 + 3 + 5 + 2)
    assert right - left == pytest.approx(field, rel=0.2)
    middle = slice(int(0.45 * here.shape[1]), int(0.65 * here.shape[1]))
    assert (here[:, middle] ^ there[:, middle]).mean() < 1e-3


@pytest.mark.parametrize(("row", "column"), [(-1, 0), (4, 0), (0, 5)])
def test_a_window_that_hangs_over_is_refused(row, column):
    with pytest.raises(InputError, match=rf"a window of 3 x 3 at row {row}, column {column} hangs over 6 x 7"):
        diagrams.sliding_window(PICTURE, WEIGHTS, row, column, alt=ALT)


def test_other_shapes_are_refused():
    with pytest.raises(InputError, match=r"\[H, W\] and \[k, l\], not \[1, 6, 7\] and \[3, 3\]"):
        diagrams.sliding_window(PICTURE[None], WEIGHTS, 0, 0, alt=ALT)


# --- A family tree ---------------------------------------------------------------------------------------------------

WORKS = {
    "first": diagrams.Work(1990, "strokes", "One"),
    "second": diagrams.Work(2000, "strokes", "Two", ("first",)),
    "other": diagrams.Work(1995, "patches", "Three"),
    "across": diagrams.Work(2005, "patches", "Four", ("second", "other")),
}


def near(drawn, colour):
    """Which pixels of a drawing have nearly this colour."""
    pixels = np.asarray(Image.open(io.BytesIO(drawn.jpeg)).convert("RGB")).astype(int)
    return np.abs(pixels - np.array(colour)).max(axis=2) < 60


def test_each_road_has_its_rows_its_colour_and_its_picture():
    red = torch.tensor([1.0, 0.0, 0.9]).view(1, 3, 1, 1).expand(1, 3, 20, 30)
    drawn = diagrams.family_tree(WORKS, {"patches": red}, alt="Four works on two roads")
    strokes, patches = (near(drawn, colour).any(axis=1).nonzero()[0] for colour in ((0, 0x72, 0xB2), ORANGE))
    assert strokes.min() < strokes.max() < patches.min() + 30, "strokes above patches"
    shown = near(drawn, (255, 0, 230))
    assert shown.any(axis=0).nonzero()[0].max() < 0.2 * shown.shape[1], "beside the tree"
    assert patches.min() < shown.any(axis=1).nonzero()[0].mean(), "at its own road"


def test_lines_lead_from_work_to_work():
    """Without what a work came after, its road's colour covers less."""
    apart = {name: replace(one, after=()) for name, one in WORKS.items()}
    whole, loose = (
        near(diagrams.family_tree(works, {}, alt="Four works on two roads"), ORANGE).sum() for works in (WORKS, apart)
    )
    assert whole > loose + 100


@pytest.mark.parametrize(
    "wrong", [{"late": diagrams.Work(1980, "strokes", "Too early", ("first",))},
              {"lost": diagrams.Work(2001, "strokes", "After nobody", ("nobody",))}]
)  # fmt: skip
def test_works_come_after_what_they_came_of(wrong):
    with pytest.raises(InputError, match="not there or is younger"):
        diagrams.family_tree({**WORKS, **wrong}, {}, alt="Four works on two roads")


def test_points_stand_where_their_numbers_say():
    """The same point twice as far to the right, and then twice as far up."""

    def dot(across, up):
        points = {"here": (across, up), "end": (1.0, 1.0)}
        drawn = diagrams.plane(points, x="x", y="y", alt="Two points in a plane")
        pixels = np.asarray(Image.open(io.BytesIO(drawn.jpeg)).convert("RGB")).astype(int)
        blue = np.abs(pixels - np.array([0x00, 0x72, 0xB2])).max(axis=2) < 40
        rows, columns = blue.nonzero()
        return columns.mean(), rows.mean()

    (x1, y1), (x2, y2), (x3, y3) = dot(0.2, 0.2), dot(0.4, 0.2), dot(0.2, 0.4)
    assert x2 - x1 > 50 and abs(y2 - y1) < 1.5
    assert y1 - y3 > 30 and abs(x3 - x1) < 1.5


def test_an_empty_plane_is_refused():
    with pytest.raises(InputError, match="no point to draw"):
        diagrams.plane({}, x="x", y="y", alt="Nothing at all here")
