"""course/images.py: sizes, the way from tensors to pictures and back, saving, noise, and the check of image tensors."""

import io
import os
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from course import gallery, images, objectives
from course.adain.stylist import Decoder, Stylist
from course.classical.textures import matched_moments, quilted, random_phase, shuffled
from course.errors import InputError
from course.images import (
    check_given,
    check_image,
    fit,
    load_image,
    resize,
    resized_shape,
    save_image,
    strip,
    to_image,
    to_tensor,
    white_noise,
)
from course.live.recipe import Recipe
from course.measure.likeness import copied
from course.nets.feedforward import Painter
from course.nets.weights import vgg19
from course.neurons.backward import features
from course.neurons.patches import cut_out
from course.neurons.spectrum import colour_root
from course.training.corpus import Corpus
from course.training.perceptual import Perceptual
from tests.course._pictures import BLUE, GREY, RED, WHITE, assert_colour, assert_near, flat, random_picture

# ---- sizes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 7, 64, 170, 500])
@pytest.mark.parametrize(("height", "width"), [(300, 451), (451, 300), (64, 64), (1, 900), (37, 36)])
def test_the_longer_side_is_exact_and_the_aspect_kept(height, width, size):
    shape = resized_shape(height, width, size)
    assert max(shape) == size
    scale = size / max(height, width)
    assert shape[0] == pytest.approx(height * scale, abs=0.5) or shape[0] == 1
    assert shape[1] == pytest.approx(width * scale, abs=0.5) or shape[1] == 1
    assert resize(torch.rand(2, 3, height, width), size).shape == (2, 3, *shape)


def test_it_is_the_longer_side_not_the_shorter():
    assert resized_shape(300, 451, 256) == (170, 256)


def test_resize_leaves_its_input_alone():
    image = white_noise(20, 30, seed=1)
    before = image.clone()
    for size in (7, 30, 64):
        resize(image, size).fill_(0.5)
        assert torch.equal(image, before)
    assert torch.equal(resize(image, 30), image)


@pytest.mark.parametrize("size", [5, 33, 100])
def test_resize_stays_within_the_values_of_the_picture(size):
    """A hard edge overshoots in bicubic interpolation; and a painting that leaves [0, 1] is not cut off."""
    edge = torch.zeros(1, 3, 40, 40)
    edge[..., 20:] = 1
    for low, high in ((0.0, 1.0), (0.25, 0.75), (-0.5, 1.5)):
        scaled = resize(edge * (high - low) + low, size)
        assert scaled.min() >= low
        assert scaled.max() <= high
        assert scaled.max() - scaled.min() > 0.9 * (high - low)


def test_a_fine_checkerboard_shrinks_to_grey():
    """Without antialiasing it would come out white, black or coarse."""
    board = (torch.arange(63)[:, None] + torch.arange(63)) % 2
    small = resize(board.float().expand(1, 3, 63, 63), 21)
    assert_colour(small[..., 2:-2, 2:-2], GREY, 0.02)
    assert_colour(small, GREY, 0.06)


def test_resize_does_not_shift():
    """A ramp stays the same ramp: its mean, its middle, its symmetry."""
    ramp = torch.linspace(0, 1, 90).expand(1, 3, 60, 90)
    for size in (30, 45, 180):
        scaled = resize(ramp, size)
        assert_near(scaled + scaled.flip(3), torch.ones_like(scaled), 1e-4)


def test_fit_is_exact_and_lets_gradients_through():
    image = torch.rand(2, 3, 10, 12).requires_grad_()
    scaled = fit(image, 5, 31)
    assert scaled.shape == (2, 3, 5, 31)
    scaled.sum().backward()
    assert image.grad is not None and image.grad.abs().sum() > 0


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_shrinking_while_reading_gives_the_same_picture(tmp_path, suffix):
    """At 1/16 of its size the JPEG decoder and the crude reduction do most of the work; only time may tell."""
    y, x = np.mgrid[0:1200, 0:1600] / 300
    waves = np.stack([np.sin(x * 5), np.cos(y * 7), np.sin(x * y)], axis=2) * 0.5 + 0.5
    path = tmp_path / f"large.{suffix}"
    Image.fromarray((waves * 255).astype(np.uint8)).save(path)
    small = load_image(path, size=100)
    assert small.shape == (1, 3, 75, 100)
    assert (small - resize(load_image(path), 100)).abs().mean() < 0.003


def test_the_jpeg_decoder_does_most_of_the_shrinking(tmp_path, monkeypatch):
    flat("RGB", "red", size=(3000, 2000)).save(tmp_path / "x.jpg")
    sizes = []
    to_rgb = images.to_rgb
    monkeypatch.setattr(images, "to_rgb", lambda picture, name: sizes.append(picture.size) or to_rgb(picture, name))
    load_image(tmp_path / "x.jpg", size=100)
    assert sizes == [(750, 500)]


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_large_photo_never_becomes_large_floats(tmp_path, suffix, monkeypatch):
    flat("RGB", "red", size=(3000, 2000)).save(tmp_path / f"x.{suffix}")
    sizes = []
    pixels = images._pixels
    monkeypatch.setattr(images, "_pixels", lambda rgb: sizes.append(rgb.size) or pixels(rgb))
    load_image(tmp_path / f"x.{suffix}", size=100)
    assert max(sizes[0]) <= 800
    assert max(sizes[0]) >= 400  # and enough is left for `resize` to do well


@pytest.mark.parametrize("size", [0, -3, 2.5, "256", None])
def test_bad_sizes_are_refused(size):
    with pytest.raises(InputError, match="the size must be a whole number of at least 1"):
        resize(torch.rand(1, 3, 4, 4), size)


def test_bad_sizes_are_refused_everywhere(tmp_path):
    random_picture(0, 4, 4).save(tmp_path / "x.png")
    with pytest.raises(InputError, match="the size must be"):
        load_image(tmp_path / "x.png", size=0)
    with pytest.raises(InputError, match="the width must be"):
        fit(torch.rand(1, 3, 4, 4), 4, 0)
    with pytest.raises(InputError, match="more than 120 million pixels; choose a smaller one"):
        resize(torch.rand(1, 3, 4, 4), 1_000_000)


# ---- tensor <-> picture, saving --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_round_trip_is_exact(tmp_path, seed):
    picture = random_picture(seed, 37, 53)
    image = to_tensor(picture)
    assert image.shape == (1, 3, 37, 53)
    assert image.min() >= 0 and image.max() <= 1
    assert to_image(image).tobytes() == picture.tobytes()
    save_image(image, tmp_path / "x.png")
    assert torch.equal(load_image(tmp_path / "x.png"), image)


def test_every_level_survives():
    levels = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    image = to_tensor(Image.fromarray(levels))
    for dtype in (torch.float32, torch.float64):
        assert (np.asarray(to_image(image.to(dtype))) == levels).all()


def test_to_image_rounds_and_clamps_only_what_is_shown():
    image = torch.tensor([-0.5, 0.4999 / 255, 0.5001 / 255, 0.998, 1.5]).expand(1, 3, 1, 5).clone().requires_grad_()
    before = image.detach().clone()
    assert np.asarray(to_image(image))[0, :, 0].tolist() == [0, 0, 1, 254, 255]
    assert torch.equal(image.detach(), before)


@pytest.mark.parametrize(
    ("name", "error"), [("x.png", 0), ("x.PNG", 0), ("x.jpg", 0.05), ("x.jpeg", 0.05), ("x.webp", 0.06)]
)
def test_save_by_suffix(tmp_path, name, error):
    image = to_tensor(random_picture(0, 6, 8).resize((64, 48), Image.Resampling.BICUBIC))
    save_image(image, tmp_path / name)
    suffix = name[2:].upper()
    with Image.open(tmp_path / name) as picture:
        assert picture.format == {"JPG": "JPEG"}.get(suffix, suffix)
    assert (load_image(tmp_path / name) - image).abs().mean() <= error / 4
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["x.jpg", "x.jpeg"])
def test_a_jpeg_keeps_fine_colour(tmp_path, name):
    """Stored at half the resolution, as is the custom, these red and blue threads would both come out purple."""
    image = torch.zeros(1, 3, 32, 32)
    image[:, 0, :, ::2] = 1
    image[:, 2, :, 1::2] = 1
    save_image(image, tmp_path / name)
    assert (load_image(tmp_path / name) - image).abs().mean() < 0.05


def test_a_saved_picture_can_be_read_by_others(tmp_path):
    """A temporary file is made for its owner alone; the picture must not inherit that."""
    save_image(torch.rand(1, 3, 4, 4), tmp_path / "x.png")
    (tmp_path / "plain").touch()
    assert (tmp_path / "x.png").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("failure", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failed_save_leaves_the_old_picture(tmp_path, monkeypatch, failure):
    path = tmp_path / "x.png"
    save_image(torch.zeros(1, 3, 4, 4), path)
    old = path.read_bytes()

    def half(self, file, **options):
        file.write(b"half of")
        raise failure

    monkeypatch.setattr(Image.Image, "save", half)
    expected = InputError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        save_image(torch.ones(1, 3, 4, 4), path)
    assert caught.value is failure or caught.value.__cause__ is failure
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["x.png"]


@pytest.mark.parametrize(
    ("name", "image", "phrase"),
    [
        ("x.xyz", torch.rand(1, 3, 4, 4), "end the name in one of .png"),
        ("x", torch.rand(1, 3, 4, 4), "end the name in one of .png"),
        ("nowhere/x.png", torch.rand(1, 3, 4, 4), "there is no folder"),
        ("x.png", torch.rand(2, 3, 4, 4), "one picture at a time"),
        ("x.webp", torch.rand(1, 3, 1, 17_000), "cannot save"),
        ("x.png", torch.rand(3, 4, 4), "unsqueeze"),
    ],
)
def test_bad_saves(tmp_path, name, image, phrase):
    with pytest.raises(InputError, match=phrase) as caught:
        save_image(image, tmp_path / name)
    assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows refuses it under another name")
def test_a_folder_in_the_place_of_the_picture(tmp_path):
    (tmp_path / "x.png").mkdir()
    with pytest.raises(InputError, match="cannot save"):
        save_image(torch.rand(1, 3, 4, 4), tmp_path / "x.png")
    assert os.listdir(tmp_path) == ["x.png"]


# ---- noise, strips ---------------------------------------------------------------------------------------------------


def test_white_noise_is_white():
    noise = white_noise(100, 120, seed=3)
    assert noise.shape == (1, 3, 100, 120)
    assert noise.min() >= 0 and noise.max() <= 1
    assert noise.mean().item() == pytest.approx(0.5, abs=0.01)
    assert noise.std().item() == pytest.approx(12**-0.5, abs=0.01)
    neighbours = torch.corrcoef(torch.stack([noise[..., 1:].flatten(), noise[..., :-1].flatten()]))[0, 1]
    assert abs(neighbours) < 0.02


def test_white_noise_has_a_seed_of_its_own():
    torch.manual_seed(1)
    state = torch.get_rng_state()
    noise = white_noise(5, 6, seed=3)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    assert torch.equal(white_noise(5, 6, seed=3), noise)
    assert not torch.equal(white_noise(5, 6, seed=4), noise)


@pytest.mark.parametrize(
    ("arguments", "phrase"), [((0, 4), "height"), ((4, -1), "width"), ((4, 4, -1), "seed"), ((4, 4, 2**63), "seed")]
)
def test_bad_noise(arguments, phrase):
    with pytest.raises(InputError, match=phrase):
        white_noise(*arguments)


def test_a_strip_is_as_tall_as_its_lowest_picture():
    red = torch.tensor(RED).float().reshape(1, 3, 1, 1).expand(1, 3, 40, 60)
    blue = torch.tensor(BLUE).float().reshape(1, 3, 1, 1).expand(1, 3, 20, 10)
    row = strip([red, blue], gap=4)
    assert row.shape == (1, 3, 20, 30 + 4 + 10)
    assert_colour(row[..., :30], RED, 1e-5)
    assert_colour(row[..., 30:34], WHITE)
    assert_colour(row[..., 34:], BLUE)
    assert torch.equal(strip([blue]), blue)


@pytest.mark.parametrize(
    ("pictures", "gap", "phrase"),
    [
        ([], 8, "at least one"),
        ([torch.rand(1, 3, 4, 4)], -1, "the gap"),
        ([torch.rand(1, 3, 4, 4), torch.rand(3, 4, 4)], 8, "picture 2 has shape"),
        ([torch.rand(2, 3, 4, 4)], 8, "picture 1 is a batch of 2"),
    ],
)
def test_bad_strips(pictures, gap, phrase):
    with pytest.raises(InputError, match=phrase):
        strip(pictures, gap)


# ---- the one check ---------------------------------------------------------------------------------------------------


def holes(value, count):
    image = torch.rand(1, 3, 4, 4)
    image.view(-1)[:count] = value
    return image


@pytest.mark.parametrize(
    ("bad", "phrase"),
    [
        (np.zeros((1, 3, 4, 4)), "torch.from_numpy(photo)"),
        (Image.new("RGB", (4, 4)), "must be a tensor, not Image"),
        ("cat", "must be a tensor, not str"),
        (None, "must be a tensor, not NoneType"),
        (torch.zeros(1, 3, 4, 4, dtype=torch.uint8), "divide by 255"),
        (torch.zeros(1, 3, 4, 4, dtype=torch.int64), "call .float()"),
        (torch.zeros(1, 3, 4, 4, dtype=torch.bool), "call .float()"),
        (torch.rand(3, 4, 5), "photo.unsqueeze(0)"),
        (torch.rand(3, 4, 3), "photo.unsqueeze(0)"),
        (torch.rand(4, 5, 3), "photo.permute(2, 0, 1).unsqueeze(0)"),
        (torch.rand(2, 4, 5, 3), "photo.permute(0, 3, 1, 2)"),
        (torch.rand(4, 5), "photo.expand(1, 3, -1, -1)"),
        (torch.rand(2, 1, 4, 5), "photo.expand(-1, 3, -1, -1)"),
        (torch.rand(2, 4, 5, 6), "photo[:, :3]"),
        (torch.rand(2, 7, 5, 6), "not [B, 3, H, W]"),
        (torch.rand(1, 1, 3, 4, 4), "not [B, 3, H, W]"),
        (torch.tensor(0.5), "not [B, 3, H, W]"),
        (torch.rand(0, 3, 4, 4), "is empty"),
        (torch.rand(1, 3, 0, 4), "is empty"),
        (holes(float("nan"), 5), "5 NaN and 0 infinite of 48 values"),
        (holes(float("inf"), 2), "0 NaN and 2 infinite of 48 values"),
        (holes(float("-inf"), 1), "0 NaN and 1 infinite of 48 values"),
        (torch.rand(1, 3, 4, 4) * 255, "divide by 255"),
        (torch.rand(1, 3, 4, 4) * 40, "divide by 255"),
        (torch.rand(1, 3, 40, 40) * 255 - 120, "divide by 255"),
        (torch.rand(1, 3, 40, 40) * 30 - 15, "the optimiser has run away"),
        ((torch.rand(1, 3, 4, 4) - 0.5) * 1e7, "the optimiser has run away"),
        (torch.rand(1, 3, 4, 4) - 1000, "the optimiser has run away"),
    ],
)
def test_the_check_says_what_is_wrong_and_what_to_do(bad, phrase):
    with pytest.raises(InputError) as caught:
        check_image(bad, "photo")
    message = str(caught.value)
    assert message.startswith("photo ")
    assert phrase in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("bad", "cure"),
    [
        (torch.rand(3, 4, 5), "image.unsqueeze(0)"),
        (torch.rand(4, 5, 3), "image.permute(2, 0, 1).unsqueeze(0)"),
        (torch.rand(2, 4, 5, 3), "image.permute(0, 3, 1, 2)"),
        (torch.rand(4, 5), "image.expand(1, 3, -1, -1)"),
        (torch.rand(2, 1, 4, 5), "image.expand(-1, 3, -1, -1)"),
        (torch.rand(2, 4, 4, 5), "image[:, :3]"),
    ],
)
def test_the_cures_cure(bad, cure):
    """The line of code in the message, run on the bad tensor, makes a good one of height 4 and width 5."""
    with pytest.raises(InputError) as caught:
        check_image(bad)
    assert str(caught.value).endswith(cure)
    assert check_image(eval(cure, {"image": bad})).shape[1:] == (3, 4, 5)


def test_a_name_in_words_is_not_put_into_code():
    with pytest.raises(InputError, match=r"^the content picture has shape .* with image\.unsqueeze\(0\)$"):
        check_image(torch.rand(3, 4, 4), "the content picture")


def test_the_check_returns_the_picture_itself():
    for image in (torch.rand(2, 3, 4, 5), torch.randn(1, 3, 4, 4, dtype=torch.float64), torch.rand(1, 3, 1, 1).half()):
        assert check_image(image) is image
    painting = (torch.rand(1, 3, 4, 4) * 1.4 - 0.2).requires_grad_()
    assert check_image(painting) is painting


def test_any_pillow_picture_becomes_a_tensor():
    assert_colour(to_tensor(flat("LA", (0, 0))), WHITE)
    assert_colour(to_tensor(flat("I;16", 65535)), WHITE)
    with pytest.raises(InputError, match="the picture has values from -1"):
        to_tensor(flat("F", -1.0))


# ---- pictures that cannot be painted from ----------------------------------------------------------------------------

MEAN, STD = (torch.tensor(numbers).view(1, 3, 1, 1) for numbers in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))


@pytest.mark.parametrize(
    "normalise",
    [
        lambda image: (image - MEAN) / STD,
        lambda image: (image - 0.45) / 0.22,
        lambda image: 2 * image - 1,
        lambda image: (image - image.mean()) / image.std(),
    ],
    ids=["ImageNet", "about ImageNet", "-1 to 1", "its own"],
)
def test_a_normalised_picture_is_refused_wherever_it_is_painted_from(normalise):
    photo = gallery.photo("cat", 64)
    normal = normalise(photo)
    painter, net = Painter(("one",), width=4, blocks=1), vgg19("max", "slim")
    stylist = Stylist(net, Decoder(net.widths[:2]))
    for use in (objectives.content, objectives.style, check_given, lambda bad: Recipe(bad, photo, net=abs),
                lambda bad: Recipe(photo, bad, net=abs), painter.paint, matched_moments, shuffled, random_phase,
                quilted, lambda bad: colour_root([photo, bad]), lambda bad: features(net, bad, "conv1_1"),
                lambda bad: Perceptual(net, [photo, bad]), lambda bad: Corpus([photo, bad]), stylist.look_at,
                lambda bad: stylist(bad, photo), lambda bad: cut_out(bad, net, "conv1_1", 0, 0),
                lambda bad: copied(photo, bad)):  # fmt: skip
        with pytest.raises(InputError, match=r"not \[0, 1\]: if it was normalised, .*image \* std \+ mean"):
            use(normal)


def test_the_cure_for_a_normalised_picture_cures():
    photo = gallery.photo("cat", 64)
    image = (photo - MEAN) / STD
    assert_near(check_given(image * STD + MEAN), photo, 1e-5)


def test_a_painting_may_be_painted_from_though_it_leaves_the_range_a_little():
    assert check_given(1.2 * gallery.photo("cat", 64) - 0.1) is not None


NO_PICTURES = {
    "array of bytes": (np.zeros((4, 5, 3), np.uint8), "Image.fromarray(picture)"),
    "array of floats": (np.zeros((4, 5, 3)), "Image.fromarray((255 * picture).astype('uint8'))"),
    "tensor": (torch.zeros(1, 3, 4, 5), "not Tensor"),
    "name": ("cat.jpg", "not str; load_image reads a file by its name"),
    "nothing": (None, "not NoneType"),
    "no width": (Image.new("RGB", (0, 5)), "is empty: 0 x 5 pixels"),
    "no height": (Image.new("L", (5, 0)), "is empty: 5 x 0 pixels"),
}


@pytest.mark.parametrize(("given", "phrase"), NO_PICTURES.values(), ids=NO_PICTURES)
def test_what_is_no_pillow_picture_is_told_the_way_in(given, phrase):
    with pytest.raises(InputError) as caught:
        to_tensor(given)
    assert phrase in str(caught.value)
    if isinstance(given, np.ndarray):
        picture = given
        assert to_tensor(eval(phrase, {"Image": Image, "picture": picture})).shape == (1, 3, 4, 5)


@pytest.mark.parametrize("given", [io.BytesIO(), b"cat.jpg", None, 3, np.zeros(3), Image.new("RGB", (4, 4))])
def test_what_is_no_file_name_is_told_the_way_in(given):
    with pytest.raises(InputError, match=r"takes the name of a file, not \w+; .*to_tensor\(Image.open\(\.\.\.\)\)"):
        load_image(given)


def test_a_size_may_be_found_from_the_picture(tmp_path):
    random_picture(0, 30, 60).save(tmp_path / "x.png")
    asked = []
    image = load_image(tmp_path / "x.png", lambda height, width: asked.append((height, width)) or min(40, width))
    assert image.shape == (1, 3, 20, 40) and (30, 60) in asked
