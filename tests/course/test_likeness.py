"""Measures of likeness: they order known cases, each is blind to what its docstring says, and one alone sees copies."""

import pytest
import torch

from course import gallery
from course.classical.textures import matched_moments, quilted, random_phase, shuffled
from course.errors import InputError
from course.images import fit, white_noise
from course.measure.likeness import copied, energy_distance, patch_distance, patches

FANS = fit(gallery.style("fans"), 96, 96)
BRICK = fit(gallery.texture("brick")[:, :, :256, :256], 96, 96)
GRAVEL = fit(gallery.texture("gravel")[:, :, :192, :192], 96, 96)
TEXTURES = pytest.mark.parametrize("texture", [FANS, BRICK, GRAVEL], ids=["fans", "brick", "gravel"])
DISTANCES = pytest.mark.parametrize("distance", [patch_distance, energy_distance])


def test_patches_are_what_is_cut_out():
    image = white_noise(6, 7)
    cut = patches(image, 3)
    assert cut.shape == (1, 27, 4, 5)
    assert torch.equal(cut[0, :, 2, 1], image[0, :, 2:5, 1:4].flatten())
    assert torch.equal(patches(image, 3, step=2), cut[:, :, ::2, ::2])
    with pytest.raises(InputError, match="a patch of 7 does not fit a picture of 6 x 7"):
        patches(image, 7)


@DISTANCES
@TEXTURES
def test_a_texture_is_like_itself_and_noise_is_not(distance, texture):
    assert distance(texture, texture) < 1e-5
    moved, noise = distance(texture.roll((31, 17), (2, 3)), texture), distance(matched_moments(texture), texture)
    assert moved < 0.2 * noise and noise > 0.2


@DISTANCES
def test_sizes_may_differ(distance):
    assert distance(GRAVEL[:, :, :72], GRAVEL) < 0.2 < distance(shuffled(GRAVEL)[:, :, :72], GRAVEL)


@TEXTURES
def test_a_plain_area_is_as_far_as_no_texture(texture):
    plain = texture.mean((2, 3), keepdim=True).expand_as(texture)
    assert patch_distance(plain, texture) == pytest.approx(1, abs=0.05)
    rounding = 1e-7 * white_noise(*texture.shape[2:])
    assert energy_distance(plain + rounding, texture) == pytest.approx(1, abs=0.05), "there is no company in rounding"


def test_energies_see_what_a_spectrum_loses():
    for texture in (FANS, BRICK):
        assert energy_distance(random_phase(texture), texture) > 1.5 * energy_distance(quilted(texture), texture)
        assert energy_distance(random_phase(texture), texture) > 0.3


def test_patches_hardly_see_it():
    assert patch_distance(random_phase(BRICK), BRICK) < 0.2 * patch_distance(shuffled(BRICK), BRICK)


def test_colour_and_contrast_belong_to_patches():
    pale, turned = 0.5 + 0.4 * (FANS - 0.5), FANS.flip(1)
    assert energy_distance(pale, FANS) < 1e-3 and energy_distance(turned, FANS) < 1e-3
    assert patch_distance(pale, FANS) > 0.1 and patch_distance(turned, FANS) > 0.05


def test_a_copy_is_seen_by_one_alone():
    assert copied(FANS, FANS) == 1
    assert copied(FANS.roll(40, 3), FANS) > 0.85
    assert copied(quilted(FANS), FANS) > 0.3
    assert copied(random_phase(FANS), FANS) < 0.02 and copied(GRAVEL, FANS) < 0.02


def test_a_copy_with_a_grain_is_a_copy():
    assert copied((FANS + 0.02 * (white_noise(96, 96) - 0.5)).clamp(0, 1), FANS) == 1


def test_nothing_can_be_like_a_plain_area():
    plain = torch.full((1, 3, 32, 32), 0.5)
    with pytest.raises(InputError, match="plain area"):
        energy_distance(FANS, plain)
    with pytest.raises(InputError, match="plain area"):
        patch_distance(FANS, plain)


@pytest.mark.parametrize("measure", [patch_distance, energy_distance, copied])
def test_what_is_no_picture(measure):
    with pytest.raises(InputError, match="the picture"):
        measure(torch.zeros(3, 8, 8), FANS)
    with pytest.raises(InputError, match="the texture"):
        measure(FANS, torch.zeros(3, 8, 8))
