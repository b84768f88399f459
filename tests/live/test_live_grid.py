"""The grid of ratios: painted beforehand, one picture for each ratio, the same slider."""

import pytest
import torch

from course.errors import InputError
from course.losses import gram
from course.widgets import alpha_beta_grid
from tests.live._live import CONTENT, STYLE, TinyNetwork


def a_grid(ratios=(1, 0.01, 0.1, 10), **options):
    return alpha_beta_grid(CONTENT, STYLE, ratios, **{"net": TinyNetwork(), "size": 24, "steps": 12, **options})


def test_the_slider_chooses_the_nearest_picture():
    grid = a_grid()
    assert list(grid.steps) == [0.01, 0.1, 1, 10]
    for ratio, nearest in ((0.01, 0.01), (0.03, 0.01), (0.04, 0.1), (0.1, 0.1), (3, 1), (9, 10)):
        assert grid.set(ratio=ratio) is grid and grid.ratio == nearest
        assert grid.number == grid.step.losses["style"] and grid.step is grid.steps[nearest]
        assert f"alpha / beta {nearest:.3g}" in grid.figure.alt


def test_more_content_means_less_style():
    steps = a_grid().steps.values()
    content, style = ([step.losses[name] for step in steps] for name in ("content", "style"))
    assert content == sorted(content, reverse=True) and style == sorted(style) and style[0] < style[-1]


def test_it_says_that_it_was_painted_beforehand_and_how():
    grid = a_grid()
    assert (
        "Painted beforehand.</b> 4 pictures of 24 pixels, 12 steps each from the same start" in grid.children[0].value
    )
    assert "painted beforehand" in grid.figure.alt
    assert "content loss" in grid.children[-1].value and "style loss" in grid.children[-1].value


def test_all_begin_at_the_same_start():
    alone, among = a_grid([1]), a_grid([0.01, 1])
    assert torch.equal(alone.steps[1].picture, among.steps[1].picture)
    assert all(step.number == 12 and step.size == 24 for step in among.steps.values())


def test_the_student_s_statistic_paints_it():
    def odd(F):
        return torch.diag_embed(torch.diagonal(gram(F), dim1=1, dim2=2))

    pictures = [a_grid([0.01], statistic=statistic).step.image for statistic in (gram, odd)]
    assert (pictures[0] - pictures[1]).abs().mean() > 0.003


@pytest.mark.parametrize(
    ("ratios", "message"),
    [((), "at least one ratio"), ((0, 1), "from 0.001 to 10, not 0 to 1"), ((1, 20), "not 1 to 20")],
)
def test_bad_ratios_are_refused(ratios, message):
    with pytest.raises(InputError, match=message):
        a_grid(ratios)


def test_bad_pictures_are_refused():
    with pytest.raises(InputError, match="the style picture"):
        alpha_beta_grid(CONTENT, STYLE[0], net=TinyNetwork())


def test_the_slider_goes_as_far_as_there_are_pictures():
    slider = a_grid().children[1]
    assert (slider.min, slider.max, slider.step) == pytest.approx((-2, 1, 1))
    assert a_grid([0.1]).children[1].value == 0.1
