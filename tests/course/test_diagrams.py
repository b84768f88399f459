"""Drawings that explain: the window stands where it should, and bad windows are refused."""

import io

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
