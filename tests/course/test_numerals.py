"""Numbers are written as one reads them."""

import pytest
from matplotlib.figure import Figure

from course.numerals import powers, written


@pytest.mark.parametrize(
    ("number", "text"),
    [(123_642_856, "123,642,856"), (124.4, "124"), (40.51, "40.51"), (1.016, "1.02"), (0.1, "0.10"), (0.0961, "0.096"),
     (0.001, "0.001"), (0.0002, "2e-04"), (0, "0")],
)  # fmt: skip
def test_numbers_in_figures_can_be_told_apart(number, text):
    assert written(number) == text


@pytest.mark.parametrize(
    ("heights", "labels"),
    [
        ([3.2, 6.0], ["3", "4", "6"]),
        ([0.02, 0.9], ["0.1"]),
        ([1e-6, 1e3], ["0.01", "1", "100"]),
    ],
)
def test_a_logarithmic_axis_is_labelled_without_powers_where_one_would_not_write_them(heights, labels):
    axis = Figure().subplots()
    axis.plot([0, 1], heights)
    axis.set_yscale("log")
    axis.yaxis.set_major_formatter(powers())
    axis.yaxis.set_minor_formatter(powers())
    axis.figure.canvas.draw()
    shown = {label.get_text() for which in (True, False) for label in axis.get_yticklabels(minor=which)} - {""}
    assert shown >= set(labels), shown
    assert not any("10^" in label for label in shown if "{-" not in label), shown
