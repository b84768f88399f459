"""The figures of the chapters: a JPEG of the right picture, with an alt text."""

import io
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from course import figures
from course.errors import InputError
from tests.repo._repo import ROOT

ALT = "a picture that is only for tests"
RED = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1).expand(1, 3, 20, 30)
BLUE = torch.tensor([0.0, 0.0, 1.0]).view(1, 3, 1, 1).expand(1, 3, 20, 30)


def pixels(figure):
    """[H, W, 3] of the JPEG, 0..255."""
    return np.array(Image.open(io.BytesIO(figure.jpeg)).convert("RGB")).astype(int)


def share(figure, colour, tolerance=30):
    """The share of a figure's pixels that have about this colour."""
    return float((np.abs(pixels(figure) - np.array(colour)).max(axis=2) < tolerance).mean())


def test_a_figure_carries_its_alt_text():
    figure = figures.pictures([RED], alt=ALT)
    data, metadata = figure._repr_mimebundle_()
    assert data["text/plain"] == ALT and metadata["image/jpeg"]["alt"] == ALT
    assert Image.open(io.BytesIO(data["image/jpeg"])).format == "JPEG"
    assert metadata["image/jpeg"]["width"] == pixels(figure).shape[1]


@pytest.mark.parametrize("alt", ["", "cat", "a cat"])
def test_an_alt_text_that_says_nothing_is_refused(alt):
    with pytest.raises(InputError, match="does not say what is to be seen"):
        figures.pictures([RED], alt=alt)


def test_pictures_stand_side_by_side_in_their_colours():
    figure = figures.pictures([RED, BLUE], alt=ALT)
    left, right = np.array_split(pixels(figure), 2, axis=1)
    assert left[..., 0].mean() > 230 and left[..., 2].mean() < 40
    assert right[..., 2].mean() > 230 and right[..., 0].mean() < 40


def test_a_lattice_names_rows_at_the_left_and_columns_above():
    named, blank = (
        figures.lattice([RED, BLUE, BLUE, RED, BLUE, RED], rows, columns, alt=ALT)
        for rows, columns in ((["a", "bb", "c"], ["x", "y"]), ([" ", "  ", " "], [" ", " "]))
    )
    page = pixels(named)
    assert page.shape == pixels(blank).shape
    reds = (page[..., 0] > 220) & (page[..., 2] < 60)
    blues = (page[..., 2] > 220) & (page[..., 0] < 60)
    cells = np.nonzero((reds | blues).any(axis=0))[0], np.nonzero((reds | blues).any(axis=1))[0]
    left, top = cells[0].min(), cells[1].min()
    ink = np.abs(page - pixels(blank)).max(axis=2) > 100
    assert not ink[top:, left:].any(), "no name lies on a picture"
    assert ink[:top, left:].any() and ink[top:, :left].any()
    rows = np.array_split(page[top:], 3)
    found = [[np.array_split(row[:, left:], 2, axis=1)[side][..., 0].mean() > 128 for side in (0, 1)] for row in rows]
    assert found == [[True, False], [False, True], [False, True]]


@pytest.mark.parametrize(
    ("images", "rows", "columns", "phrase"),
    [
        ([RED] * 3, ["a", "b"], ["c", "d"], "3 pictures for 2 rows and 2 columns"),
        ([], [], [], "0 pictures for 0 rows"),
        ([RED, RED.transpose(2, 3)], ["a"], ["c", "d"], r"must have one shape, not \(20, 30\) and \(30, 20\)"),
    ],
)
def test_a_lattice_that_does_not_fit_is_refused(images, rows, columns, phrase):
    with pytest.raises(InputError, match=phrase):
        figures.lattice(images, rows, columns, alt=ALT)


def test_rows_are_as_high_as_their_highest_picture():
    tall = RED.transpose(2, 3)
    flat, both = (
        figures.pictures([RED] * 4, columns=2, alt=ALT),
        figures.pictures([RED, RED, tall, RED], columns=2, alt=ALT),
    )
    growth = pixels(both).shape[0] - pixels(flat).shape[0]
    cell = pixels(flat).shape[1] / 2
    assert growth == pytest.approx(cell * (30 / 20 - 20 / 30), abs=3)
    assert share(flat, (255, 0, 0)) > 0.9


def test_a_row_without_titles_needs_no_room_for_them():
    titled, half, bare = (
        pixels(figures.pictures([RED] * 4, titles, columns=2, alt=ALT)).shape[0]
        for titles in (["a", "b", "c", "d"], ["a", "b", "", ""], [])
    )
    assert titled > half > bare and titled - half == pytest.approx(half - bare, abs=2)


def test_maps_of_one_figure_share_their_scale():
    dark, light = torch.zeros(8, 8), torch.full((8, 8), 5.0)
    light[0, 0] = 10.0
    figure = figures.pictures([dark, light], smooth=False, alt=ALT)
    left, right = np.array_split(pixels(figure), 2, axis=1)
    assert left.mean() < 30 < right.mean()


@pytest.mark.parametrize(("images", "titles"), [([], []), ([RED, BLUE], ["one"]), ([RED], ["one", "two"])])
def test_titles_must_fit(images, titles):
    with pytest.raises(InputError, match="a title each"):
        figures.pictures(images, titles, alt=ALT)


def test_something_that_is_no_picture_is_refused():
    with pytest.raises(InputError, match="shape"):
        figures.pictures([torch.zeros(1, 4, 3, 3)], alt=ALT)


def test_curves_differ_by_more_than_colour():
    assert len(set(map(str, figures.DASHES[:6]))) == 6
    figure = figures.curves({"a": [3.0, 2.0, 1.0], "b": ([1, 3], [4.0, 0.5])}, x="step", y="loss", alt=ALT)
    for colour in ("#0072B2", "#D55E00"):
        assert share(figure, tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))) > 0.0005


def test_a_window_is_as_large_as_stated():
    white = torch.ones(1, 3, 100, 200)
    figure = figures.windows(white, {"small": 20, "large": 60}, centre=(50, 100), alt=ALT)
    scale = 0.75 * pixels(figure).shape[1] / 200
    blue = np.abs(pixels(figure) - np.array([0, 0x72, 0xB2])).max(axis=2) < 60
    columns = np.nonzero(blue[:, : int(0.74 * blue.shape[1])].any(axis=0))[0]
    assert (columns.max() - columns.min()) / scale == pytest.approx(20, abs=2)


def test_a_matrix_is_lighter_where_it_is_larger():
    figure = figures.matrix(torch.tensor([[1e-4, 1.0]]), ["row"], ["left", "right"], alt=ALT)
    left, right = np.array_split(pixels(figure)[70:90, 120:], 2, axis=1)
    assert left.mean() < right.mean()


def test_shares_are_as_light_as_they_are_large():
    def lightness(**options):
        figure = figures.matrix(torch.tensor([[0.25, 0.5, 0.75]]), ["row"], ["a", "b", "c"], alt=ALT, **options)
        picture = Image.open(io.BytesIO(figure.jpeg)).convert("L")
        height = picture.height * 0.42  # in the field, above the numbers
        return [picture.getpixel((int(picture.width * place), int(height))) for place in (0.2, 0.5, 0.9)]

    a, b, c = lightness(most=1)
    assert abs((b - a) - (c - b)) < 12 < b - a, "even steps"
    a, b, c = lightness()
    assert b - a > 1.3 * (c - b), "on a logarithmic scale they are not"


def test_a_zero_in_a_matrix_is_the_darkest():
    figure = figures.matrix(torch.tensor([[0.0, 1e-4]]), ["row"], ["left", "right"], alt=ALT)
    left, right = np.array_split(pixels(figure)[70:90, 120:], 2, axis=1)
    assert left.mean() < right.mean()


def test_lightness_is_a_factor_or_a_difference_as_it_says():
    """The middle of three fields lies half-way between its neighbours where it should, and not where it should not."""
    for logarithmic, numbers in ((True, (0.01, 0.1, 1.0)), (False, (0.0, 0.5, 1.0))):
        shares = []
        for scale in (logarithmic, not logarithmic):
            figure = figures.matrix(torch.tensor([numbers]), ["row"], [*"abc"], alt=ALT, logarithmic=scale)
            fields = np.array_split(pixels(figure)[70:90, 120:], 3, axis=1)
            dark, middle, light = (float(np.median(field, axis=(0, 1)).mean()) for field in fields)
            shares.append((middle - dark) / (light - dark))
        assert abs(shares[0] - 0.5) < 0.1 < abs(shares[1] - 0.5), shares


def test_a_zero_in_a_matrix_is_written_as_one_digit():
    zero, tiny = (figures.matrix(torch.tensor([[number, 1.0]]), ["row"], ["a", "b"], alt=ALT) for number in (0.0, 2e-7))
    # Both fields are the darkest; what differs from their colour there is the text.
    fields = [pixels(figure)[40:125, 60:440] for figure in (zero, tiny)]
    ink = [(np.abs(field - field[0, 0]).max(axis=2) > 60).sum() for field in fields]
    assert 0 < ink[0] < ink[1] / 2


def test_a_matrix_needs_its_labels():
    with pytest.raises(InputError, match=r"\[1, 2\] numbers for 2 rows"):
        figures.matrix(torch.ones(1, 2), ["a", "b"], ["c", "d"], alt=ALT)


def test_clouds_stand_where_their_points_are():
    corner = torch.tensor([[1.0], [1.0]])
    figure = figures.clouds([corner, -corner], ["up", "down"], alt=ALT)
    blue = np.abs(pixels(figure) - np.array([0, 0x72, 0xB2])).max(axis=2) < 40
    height, width = blue.shape
    (up, right), (down, left) = (
        (part.nonzero()[0].mean() / height, part.nonzero()[1].mean() * 2 / width)
        for part in np.array_split(blue, 2, axis=1)
    )
    assert up < 0.3 < 0.7 < down and left < 0.3 < 0.7 < right


def test_all_clouds_have_one_scale():
    square = torch.tensor([[1.0, 1.0, -1.0, -1.0], [1.0, -1.0, 1.0, -1.0]])
    figure = figures.clouds([square, square / 4, square], ["a", "b", "c"], columns=2, alt=ALT)
    blue = np.abs(pixels(figure) - np.array([0, 0x72, 0xB2])).max(axis=2) < 40
    top = blue[: blue.shape[0] // 2]
    large, small = (part.nonzero() for part in np.array_split(top, 2, axis=1))
    assert all(3 < np.ptp(large[axis]) / np.ptp(small[axis]) < 5 for axis in (0, 1))
    assert not blue[blue.shape[0] // 2 :, blue.shape[1] // 2 :].any(), "three clouds leave the fourth field empty"


@pytest.mark.parametrize(
    ("points", "titles", "message"),
    [
        ([], [], "at least one cloud"),
        ([torch.zeros(2, 5)], [], "a title each"),
        ([torch.zeros(3, 5)], ["one"], r"must be \[2, M\], not \[3, 5\]"),
        ([torch.zeros(5)], ["one"], r"must be \[2, M\], not \[5\]"),
    ],
)
def test_what_is_no_cloud(points, titles, message):
    with pytest.raises(InputError, match=message):
        figures.clouds(points, titles, alt=ALT)


def test_bars_are_in_proportion():
    figure = figures.bars({"one": 100.0, "two": 50.0}, x="what", alt=ALT)
    blue = (np.abs(pixels(figure) - np.array([0, 0x72, 0xB2])).max(axis=2) < 40).sum(axis=1)
    rows = blue[blue > 50]
    long, short = (np.median(part) for part in (rows[rows > rows.mean()], rows[rows < rows.mean()]))
    assert long / short == pytest.approx(2, rel=0.02)


def test_bars_bear_such_numbers(monkeypatch):
    monkeypatch.setattr(figures, "render", lambda canvas, alt: [text.get_text() for text in canvas.axes[0].texts])
    assert figures.bars({"one": 1.016, "two": 0.096, "three": 38_720}, x="what", alt=ALT) == ["1.02", "0.096", "38,720"]


def test_a_time_line_grows_with_its_events():
    events = [(1995, "texture", "one"), (2015, "style", "two")]
    short = figures.timeline(events, alt=ALT)
    long = figures.timeline([*events, (2016, "style", "three")], alt=ALT)
    assert pixels(long).shape[0] > pixels(short).shape[0]


def test_pyplot_is_left_alone():
    code = (
        "import sys, torch; from course import figures\n"
        f"figures.pictures([torch.ones(1, 3, 4, 4)], alt={ALT!r})\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
