"""course/images.py with real files: every kind that a student may drop in, and every way in which one can be bad."""

import struct
import time
import warnings

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from course import images
from course.errors import InputError
from course.images import check_image, load_image, save_image, to_image, to_tensor
from tests.course._pictures import RED, WHITE, assert_colour, assert_near, flat, png, random_picture


def palette(*, transparent):
    """Index 0 is red, 1 is blue; the whole picture is index 0."""
    picture = flat("P", 0)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    if transparent:
        picture.info["transparency"] = 0
    return picture


# ---- every kind of file ----------------------------------------------------------------------------------------------

KINDS = [
    ("x.png", flat("RGB", "red"), {}, RED, 0),
    ("x.bmp", flat("RGB", "red"), {}, RED, 0),
    ("x.tif", flat("RGB", "red"), {"compression": "tiff_lzw"}, RED, 0),
    ("x.jpg", flat("RGB", "red"), {"quality": 95}, RED, 0.02),
    ("progressive.jpg", flat("RGB", "red"), {"progressive": True}, RED, 0.02),
    ("x.webp", flat("RGB", "red"), {"lossless": True}, RED, 0),
    ("x.avif", flat("RGB", "red"), {"quality": 95}, RED, 0.03),
    ("grey.png", flat("L", 51), {}, (0.2, 0.2, 0.2), 0),
    ("grey.jpg", flat("L", 51), {}, (0.2, 0.2, 0.2), 0.01),
    ("grey_alpha.png", flat("LA", (0, 127)), {}, (128 / 255,) * 3, 0),
    ("black_and_white.png", flat("1", 1), {}, WHITE, 0),
    ("alpha.png", flat("RGBA", (255, 0, 0, 255)), {}, RED, 0),
    ("half.png", flat("RGBA", (255, 0, 0, 127)), {}, (1, 128 / 255, 128 / 255), 0),
    ("hidden_black.png", flat("RGBA", (0, 0, 0, 0)), {}, WHITE, 0),
    ("hidden_black.webp", flat("RGBA", (0, 0, 0, 0)), {"lossless": True}, WHITE, 0),
    ("palette.png", palette(transparent=False), {}, RED, 0),
    ("palette_hole.png", palette(transparent=True), {"transparency": 0}, WHITE, 0),
    ("palette_hole.gif", palette(transparent=True), {"transparency": 0}, WHITE, 0),
    ("cmyk.tif", flat("CMYK", (0, 255, 255, 0)), {}, RED, 0),
    ("cmyk.jpg", flat("CMYK", (0, 255, 255, 0)), {"quality": 95}, RED, 0.02),
    ("lab.tif", flat("LAB", (128, 128, 128)), {}, (119 / 255,) * 3, 1 / 255),  # L = 50.2: 18 % of the light
    ("int32.tif", flat("I", 13107), {}, (0.2, 0.2, 0.2), 0),
    ("float.tif", flat("F", 0.2), {}, (0.2, 0.2, 0.2), 0),
    ("moves.gif", flat("RGB", "red"), {"save_all": True, "append_images": [flat("RGB", "blue")]}, RED, 0),
    ("moves.png", flat("RGB", "red"), {"save_all": True, "append_images": [flat("RGB", "blue")]}, RED, 0),
    (
        "moves.webp",
        flat("RGB", "red"),
        {"save_all": True, "append_images": [flat("RGB", "blue")], "lossless": True},
        RED,
        0,
    ),
    ("pages.tif", flat("RGB", "red"), {"save_all": True, "append_images": [flat("RGB", "blue")]}, RED, 0),
]


@pytest.mark.parametrize(("name", "picture", "options", "colour", "tolerance"), KINDS, ids=[kind[0] for kind in KINDS])
def test_every_kind_of_file_is_rgb_from_0_to_1(tmp_path, name, picture, options, colour, tolerance):
    picture.save(tmp_path / name, **options)
    image = load_image(tmp_path / name)
    assert image.shape == (1, 3, 16, 24)
    assert image.dtype == torch.float32
    assert image.is_contiguous()
    assert_colour(image, colour, tolerance)


def test_adobe_stores_the_inks_of_a_jpeg_inverted(tmp_path):
    """Where the file says 255 there is no ink. Read the other way round, white paper would come out black."""
    flat("CMYK", (0, 0, 0, 0)).save(tmp_path / "x.jpg", quality=95)
    assert b"Adobe" in (tmp_path / "x.jpg").read_bytes()[:300]
    assert_colour(load_image(tmp_path / "x.jpg"), WHITE, 0.01)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bits_are_scaled_not_clipped(tmp_path, suffix):
    levels = np.array([[0, 255, 257, 12850, 40000, 65535]], dtype=np.uint16)
    Image.fromarray(levels).save(tmp_path / f"x.{suffix}")
    expected = torch.tensor([0, 1, 1, 50, 156, 255]) / 255
    assert_near(load_image(tmp_path / f"x.{suffix}")[0, :, 0], expected.expand(3, 6), 1e-6)


def test_16_bit_big_endian_tiff(tmp_path):
    flat("I;16B", 13107).save(tmp_path / "x.tif")
    assert_colour(load_image(tmp_path / "x.tif"), (0.2, 0.2, 0.2))


def test_16_bit_colour(tmp_path):
    row = b"\0" + struct.pack(">6H", 65535, 32896, 0, 0, 13107, 65535)
    (tmp_path / "x.png").write_bytes(png(2, 1, 16, 2, row))
    expected = torch.tensor([[1, 0], [128 / 255, 0.2], [0, 1]]).reshape(1, 3, 1, 2)
    assert_near(load_image(tmp_path / "x.png"), expected, 1 / 255)


CORNERS = np.array([[(255, 0, 0), (0, 255, 0), (0, 0, 255)], [(0, 0, 0), (255, 255, 255), (255, 255, 0)]], np.uint8)
# How a camera stores an upright scene under each orientation, in numpy's words.
STORED = {
    1: lambda scene: scene,
    2: lambda scene: scene[:, ::-1],
    3: lambda scene: scene[::-1, ::-1],
    4: lambda scene: scene[::-1],
    5: lambda scene: scene.swapaxes(0, 1),
    6: lambda scene: np.rot90(scene, 1),
    7: lambda scene: scene[::-1, ::-1].swapaxes(0, 1),
    8: lambda scene: np.rot90(scene, -1),
}


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", STORED)
def test_exif_turns_the_picture_upright(tmp_path, orientation, suffix):
    scene = CORNERS.repeat(16, axis=0).repeat(16, axis=1)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"webp": {"lossless": True}, "jpg": {"quality": 95, "subsampling": 0}}.get(suffix, {})
    path = tmp_path / f"x.{suffix}"
    Image.fromarray(np.ascontiguousarray(STORED[orientation](scene))).save(path, exif=exif, **options)
    image = load_image(path)
    assert image.shape == (1, 3, 32, 48)
    middles = image[0, :, 8::16, 8::16].permute(1, 2, 0)
    assert_near(middles, torch.from_numpy(CORNERS) / 255, 0.03)
    assert load_image(path, size=24).shape == (1, 3, 16, 24)


def test_broken_exif_is_ignored_aloud(tmp_path):
    """Its pixels are good, so the picture is."""
    random_picture(0, 8, 8).save(tmp_path / "good.png", exif=b"Exif\0\0not TIFF at all")
    with pytest.warns(UserWarning, match=r"EXIF data in .*good\.png' is broken and is ignored"):
        image = load_image(tmp_path / "good.png")
    assert to_image(image).tobytes() == random_picture(0, 8, 8).tobytes()


# ---- colour profiles -------------------------------------------------------------------------------------------------

SRGB = {"r": (0.43607, 0.22249, 0.01392), "g": (0.38515, 0.71687, 0.09708), "b": (0.14307, 0.06061, 0.71410)}
DISPLAY_P3 = {"r": (0.51512, 0.24120, -0.00105), "g": (0.29198, 0.69225, 0.04189), "b": (0.15710, 0.06657, 0.78407)}
D50 = (0.96420, 1.0, 0.82491)


def profile(space, gamma, primaries):
    """A minimal ICC profile: a gamma and, for RGB, the three primaries."""

    def xyz(values):
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))

    curve = b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(gamma * 256))
    tags = {b"wtpt": xyz(D50)}
    tags |= {f"{channel}XYZ".encode(): xyz(values) for channel, values in primaries.items()}
    tags |= {f"{channel}TRC".encode(): curve for channel in primaries or "k"}
    offset, table, body = 132 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data
    header = struct.pack(">I4sI4s4s4s12x4s28x3i48x", offset + len(body), b"lcms", 0x02100000, b"mntr", space, b"XYZ ",
                         b"acsp", *(round(value * 65536) for value in D50))  # fmt: skip
    return header + struct.pack(">I", len(tags)) + table + body


def encoded(linear):
    """The curve of sRGB."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055)


def test_a_wide_profile_is_converted_to_srgb(tmp_path):
    colour = np.array([200, 120, 90])
    picture = flat("RGB", tuple(colour.tolist()))
    picture.save(tmp_path / "wide.png", icc_profile=profile(b"RGB ", 2.0, DISPLAY_P3))
    linear = (
        np.linalg.inv(np.array(list(SRGB.values())).T) @ np.array(list(DISPLAY_P3.values())).T @ (colour / 255) ** 2
    )
    expected = encoded(linear)
    assert abs(expected - colour / 255).max() > 0.05  # otherwise the test would see nothing
    assert_colour(load_image(tmp_path / "wide.png"), expected.tolist(), 1.5 / 255)


def test_a_grey_profile_is_converted_too(tmp_path):
    flat("L", 51).save(tmp_path / "linear.png", icc_profile=profile(b"GRAY", 1.0, {}))
    assert_colour(load_image(tmp_path / "linear.png"), (float(encoded(0.2)),) * 3, 1.5 / 255)
    flat("L", 51).save(tmp_path / "odd.jpg", icc_profile=profile(b"RGB ", 1.0, SRGB))  # seen in the wild
    assert_colour(load_image(tmp_path / "odd.jpg"), (float(encoded(0.2)),) * 3, 0.02)


def test_a_profile_on_transparent_paper(tmp_path):
    flat("RGBA", (0, 0, 0, 0)).save(tmp_path / "x.png", icc_profile=profile(b"RGB ", 2.0, DISPLAY_P3))
    assert_colour(load_image(tmp_path / "x.png"), WHITE, 1.5 / 255)


def test_the_profile_of_srgb_changes_nothing(tmp_path):
    picture = random_picture(1, 20, 30)
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture.save(tmp_path / "x.png", icc_profile=data)
    assert to_image(load_image(tmp_path / "x.png")).tobytes() == picture.tobytes()


@pytest.mark.parametrize(
    ("mode", "data"),
    [
        ("RGB", b"no profile"),
        ("RGB", profile(b"GRAY", 1.0, {})),
        ("RGB", profile(b"\xd0GB ", 2.0, DISPLAY_P3)),
        ("L", profile(b"\xd0GB ", 2.0, DISPLAY_P3)),
    ],
)
def test_a_broken_profile_is_ignored_aloud(tmp_path, mode, data):
    picture = random_picture(1, 20, 30).convert(mode)
    picture.save(tmp_path / "x.png", icc_profile=data)
    with pytest.warns(UserWarning, match=r"colour profile in .*x\.png' is broken and is ignored") as caught:
        image = load_image(tmp_path / "x.png")
    assert to_image(image).tobytes() == picture.convert("RGB").tobytes()
    assert caught[0].filename == __file__  # the warning points at the caller


# ---- bad files -------------------------------------------------------------------------------------------------------


def refusal(path, **options):
    with pytest.raises(InputError) as caught:
        load_image(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


def test_bad_files_have_distinct_messages(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("This is not a photo.")
    random_picture(0, 64, 64).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:3000])
    messages = {
        "missing.jpg": "there is no file",
        "folder.jpg": "is a folder",
        "empty.jpg": "is empty (0 bytes)",
        "text.jpg": "is in no known picture format",
        "cut.png": "is damaged or cut short",
    }
    for name, phrase in messages.items():
        message = refusal(tmp_path / name)
        assert [other for other in messages.values() if other in message] == [phrase]


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif", "tif", "bmp", "avif"])
def test_a_picture_cut_short_is_refused(tmp_path, suffix):
    """Pillow does not recognise half an AVIF file at all."""
    phrase = "(or badly damaged)" if suffix == "avif" else "is damaged or cut short"
    whole, cut = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    random_picture(0, 64, 64).save(whole)
    data = whole.read_bytes()
    for share in (0.3, 0.6, 0.9):
        cut.write_bytes(data[: int(len(data) * share)])
        assert phrase in refusal(cut)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif", "tif", "avif"])
def test_whatever_is_in_a_damaged_file_the_error_is_ours(tmp_path, suffix):
    """Random bytes overwritten: the picture is read or refused, and Pillow's many exceptions never come through."""
    random_picture(0, 24, 24).save(tmp_path / f"x.{suffix}")
    data = (tmp_path / f"x.{suffix}").read_bytes()
    rng = np.random.default_rng(0)
    refused = []
    for _ in range(40):
        broken = bytearray(data)
        for position in rng.integers(0, min(len(data), 400), 4):
            broken[position] = rng.integers(256)
        path = tmp_path / f"broken.{suffix}"
        path.write_bytes(broken)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                check_image(load_image(path))
            except InputError as error:
                refused.append(str(error))
    assert refused
    assert not any("\n" in message for message in refused)


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (13_000, 10_000)])
def test_a_bomb_is_refused_before_it_unfolds(tmp_path, width, height):
    """The second is where Pillow only warns (above 89 million pixels)."""
    (tmp_path / "bomb.png").write_bytes(png(width, height, 8, 2, b"\0"))
    start = time.perf_counter()
    message = refusal(tmp_path / "bomb.png", size=64)
    assert time.perf_counter() - start < 1
    assert "more than 120 million pixels, the limit" in message


def test_a_large_photo_is_within_the_limit(tmp_path):
    """11648 x 8736, a medium format camera: not the size stops it, but that this one has no pixels."""
    (tmp_path / "large.png").write_bytes(png(11_648, 8_736, 8, 2, b"\0"))
    assert "damaged" in refusal(tmp_path / "large.png")


@pytest.mark.parametrize(("mode", "value"), [("F", 200.0), ("F", float("nan")), ("I", -5), ("I", 70_000)])
def test_numbers_that_are_no_picture_are_refused(tmp_path, mode, value):
    flat(mode, value).save(tmp_path / "x.tif")
    assert "rescale them" in refusal(tmp_path / "x.tif")


def test_an_unknown_colour_mode_is_refused():
    with pytest.raises(InputError, match="the picture has the colour mode La; convert it to RGB first"):
        to_tensor(Image.new("La", (4, 4)))


def test_programs_posing_as_pictures_are_not_run(tmp_path):
    (tmp_path / "x.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n")
    assert "in no known picture format" in refusal(tmp_path / "x.eps")


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    (tmp_path / "x.png").write_bytes(b"secret")

    def forbid(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(images.Image, "open", forbid)
    assert "may not be read" in refusal(tmp_path / "x.png")


def test_home_is_understood(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    save_image(torch.zeros(1, 3, 4, 4), "~/x.png")
    assert load_image("~/x.png").shape == (1, 3, 4, 4)
