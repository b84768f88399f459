"""Textures before networks: each method keeps what it says, and nothing more."""

import pytest
import torch

from course import gallery
from course.classical.textures import matched_moments, quilted, random_phase, shuffled
from course.errors import InputError

FANS = gallery.style("fans", size=96)
STRIPES = (torch.arange(64) % 8 < 4).float().expand(1, 3, 64, 64).contiguous()


def near(found, expected, tolerance=1e-4):
    assert (found - expected).abs().max() <= tolerance


@pytest.mark.parametrize("method", [matched_moments, shuffled, random_phase, quilted])
def test_the_size_stays_the_seed_decides_and_the_texture_is_left_alone(method):
    before = FANS.clone()
    first, again, other = method(FANS, seed=1), method(FANS, seed=1), method(FANS, seed=2)
    assert first.shape == FANS.shape and torch.equal(FANS, before)
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_moments():
    made = matched_moments(FANS)
    near(made.mean((2, 3)), FANS.mean((2, 3)))
    near(made.std((2, 3)), FANS.std((2, 3)))


def test_shuffling_keeps_every_pixel_whole():
    def pixels(image):
        return sorted(map(tuple, image[0].flatten(1).T.tolist()))

    assert pixels(shuffled(FANS)) == pixels(FANS)
    assert not torch.equal(shuffled(FANS), FANS)


def test_random_phase_keeps_the_power_of_each_frequency_and_the_mean():
    made = random_phase(FANS)
    near(made.mean((2, 3)), FANS.mean((2, 3)))
    powers = [torch.fft.fft2(image - image.mean((2, 3), keepdim=True)).abs() for image in (made, FANS)]
    near(powers[0], powers[1], 1e-2)


def test_random_phase_keeps_how_colours_go_together():
    grey = FANS.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    made = random_phase(grey)
    near(made[:, 0], made[:, 2])


def test_quilting_takes_every_pixel_from_the_texture():
    known = set(map(tuple, FANS[0].flatten(1).T.tolist()))
    assert all(tuple(pixel) in known for pixel in quilted(FANS)[0].flatten(1).T.tolist())


def test_quilting_continues_what_fits():
    """Stripes of one width can be sewn without any seam: the best of many patches continues them exactly."""
    made = quilted(STRIPES, patch=20, overlap=6)
    assert torch.equal(made, made[:, :, :1].expand_as(made)), "the same in every row"
    runs = torch.unique_consecutive(made[0, 0, 0], return_counts=True)[1]
    assert set(runs[1:-1].tolist()) == {4}


def test_the_seam_runs_where_both_agree():
    from course.classical.textures import _left_of_seam

    difference = torch.ones(6, 5)
    way = [3, 2, 2, 1, 2, 3]
    difference[range(6), way] = 0
    assert _left_of_seam(difference).sum(1).tolist() == way


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patch": 200}, "does not fit a texture of 96 x 96"),
        ({"patch": 8, "overlap": 8}, "overlap < patch"),
        ({"overlap": 0}, "the overlap must be a whole number of at least 1"),
        ({"candidates": 0}, "the number of candidates"),
    ],
)
def test_bad_options_of_the_quilt(options, message):
    with pytest.raises(InputError, match=message):
        quilted(FANS, **options)


@pytest.mark.parametrize("method", [matched_moments, shuffled, random_phase, quilted])
def test_what_is_no_picture(method):
    with pytest.raises(InputError, match="the texture"):
        method(torch.zeros(3, 8, 8))
