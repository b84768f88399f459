"""tools/painters/judge.py: the number of a grid."""

import pytest
import torch

from course import gallery
from tests.tools._programs import program


@pytest.fixture(scope="module")
def judge():
    with program("sheet"), program("judge") as module:
        yield module


@pytest.mark.parametrize("period", [4, 2])
@pytest.mark.parametrize("axis", [2, 3])
def test_lines_of_the_enlargements_stand_out_and_others_do_not(judge, period, axis):
    photo = gallery.photo("china", 192)
    places = torch.arange(photo.shape[axis]).view([-1 if dim == axis else 1 for dim in range(4)])

    def with_lines(period):
        return photo + 0.1 * torch.cos(2 * torch.pi * places / period)

    assert judge.grid(photo) < 1.5 and judge.grid(gallery.photo("flower", 192)) < 1.5
    assert judge.grid(with_lines(period)) > 5 > 1.6 > judge.grid(with_lines(3))


def test_the_third_photo_is_there_and_nobody_trains_on_it(judge):
    assert judge.MOTORCYCLE.is_file() and judge.MOTORCYCLE.name not in str(gallery.pictures("photo"))
