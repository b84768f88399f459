"""Eyes that nobody trained: pyramids that lose nothing, waves that are found where they are, random filters."""

import math

import pytest
import torch

from course import gallery
from course.classical.pyramids import RandomPyramid, energies, enlarged, gaussian_pyramid, laplacian_pyramid
from course.errors import InputError
from course.images import white_noise

CAT = gallery.photo("cat", size=72)


def wave(length, degrees, size=64):
    """A picture of a grey wave of this length in pixels; degrees from a wave that runs along the rows."""
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    along = columns * math.cos(math.radians(degrees)) + rows * math.sin(math.radians(degrees))
    return (0.5 + 0.4 * torch.cos(2 * math.pi * along / length)).expand(1, 3, size, size)


def test_a_gaussian_pyramid_halves_by_means_of_four():
    image = white_noise(8, 9)
    one, half, quarter = gaussian_pyramid(image, 3)
    assert torch.equal(one, image) and half.shape == (1, 3, 4, 4) and quarter.shape == (1, 3, 2, 2)
    assert half[0, 1, 2, 3].item() == pytest.approx(image[0, 1, 4:6, 6:8].mean().item(), abs=1e-6)


def test_a_laplacian_pyramid_loses_nothing():
    levels = laplacian_pyramid(CAT, 4)
    assert [level.shape[3] for level in levels] == [72, 36, 18, 9]
    image = levels.pop()
    while levels:
        detail = levels.pop()
        image = detail + enlarged(image, detail)
    assert torch.allclose(image, CAT, atol=1e-6)


def test_a_plain_area_has_no_detail():
    plain = torch.full((1, 3, 16, 16), 0.3)
    *details, rest = laplacian_pyramid(plain, 3)
    assert all(detail.abs().max() < 1e-6 for detail in details) and torch.allclose(rest, plain[:, :, :4, :4])


@pytest.mark.parametrize("pyramid", [gaussian_pyramid, laplacian_pyramid])
def test_a_picture_that_cannot_be_halved_so_often(pyramid):
    assert len(pyramid(torch.zeros(1, 3, 8, 20), 4)) == 4
    with pytest.raises(InputError, match="5 levels needs a picture of at least 16 x 16 pixels, not 8 x 20"):
        pyramid(torch.zeros(1, 3, 8, 20), 5)
    with pytest.raises(InputError, match="number of levels"):
        pyramid(CAT, 0)


@pytest.mark.parametrize(("length", "size"), [(1 / 0.3, 0), (2 / 0.3, 1), (4 / 0.3, 2)])
@pytest.mark.parametrize("direction", range(4))
def test_a_wave_is_strongest_in_its_own_size_and_direction(length, size, direction):
    maps = energies(wave(length, 45 * direction))
    assert maps.shape == (1, 16, 64, 64)
    assert int(maps.mean((2, 3)).argmax()) == 4 * size + direction


def test_energy_does_not_care_for_the_sign_and_is_the_same_along_a_wave():
    ripple = wave(8, 0)
    ours = energies(ripple)
    assert torch.allclose(ours, energies(1 - ripple), atol=1e-5)
    assert float(ours[0, 4].std() / ours[0, 4].mean()) < 1e-3, "light or dark, the wave is equally strong"


def test_energy_stands_where_the_wave_is():
    image = wave(4, 0)
    image = torch.where(torch.arange(64) < 32, image, torch.full_like(image, 0.5))
    strongest = energies(image)[0, 0]
    assert strongest[:, 8:24].mean() > 10 * strongest[:, 40:56].mean()


@pytest.mark.parametrize("options", [{"sizes": 0}, {"directions": 0}])
def test_energies_need_sizes_and_directions(options):
    with pytest.raises(InputError, match="the number of"):
        energies(CAT, **options)


def test_a_random_pyramid_answers_as_a_network_does():
    net = RandomPyramid(levels=3, maps=5)
    features = net(CAT, ["level3", "level1"])
    assert list(features) == ["image", "level1", "level3"] and features["image"] is CAT
    height, width = CAT.shape[2:]
    assert features["level1"].shape == (1, 5, height, width)
    assert features["level3"].shape == (1, 5, height // 4, width // 4)
    assert all((maps >= 0).all() and (maps > 0).any() for name, maps in features.items() if name != "image")


def test_every_level_has_the_same_filters():
    net = RandomPyramid(levels=2)
    half = gaussian_pyramid(CAT, 2)[1]
    assert torch.allclose(net(CAT, ["level2"])["level2"], net(half, ["level1"])["level1"], atol=1e-5)


def test_the_seed_decides_and_nothing_is_trained():
    first, again, other = (RandomPyramid(seed=seed)(CAT, ["level1"])["level1"] for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert not list(RandomPyramid().parameters())


def test_without_the_relu_it_is_linear():
    net = RandomPyramid(levels=1, rectified=False)
    grey = torch.full_like(CAT, 0.5)
    above, below = net(CAT, ["level1"])["level1"], net(2 * grey - CAT, ["level1"])["level1"]
    assert torch.allclose(above, -below, atol=1e-4) and (above < 0).any()


def test_gradients_reach_the_picture():
    image = CAT.clone().requires_grad_(True)
    RandomPyramid()(image, ["level1", "level4"])["level4"].sum().backward()
    assert image.grad is not None and image.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"levels": 0}, "number of levels"),
        ({"maps": 0}, "number of maps"),
        ({"side": 4}, "must be odd"),
        ({"side": 0}, "the side"),
    ],
)
def test_no_such_pyramid(options, message):
    with pytest.raises(InputError, match=message):
        RandomPyramid(**options)


def test_a_small_picture_has_the_levels_that_it_has():
    small = torch.zeros(1, 3, 6, 6)
    assert RandomPyramid()(small, ["level1", "level2"])["level2"].shape[2:] == (3, 3)
    with pytest.raises(InputError, match="5 levels needs a picture of at least 16"):
        RandomPyramid()(small, ["level5"])


def test_an_unknown_level_is_named():
    with pytest.raises(InputError, match="no layer 'level6' in this pyramid; it has image, level1"):
        RandomPyramid()(CAT, ["level6"])
