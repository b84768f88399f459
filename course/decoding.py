"""Any picture file or Pillow picture -> an upright 8-bit sRGB picture, or one clear error. No torch in here.

Files come in many kinds: rotated by a tag, in inks instead of light, with 16 bits, with holes, animated, damaged,
or not pictures at all. All of that ends here.
"""

from __future__ import annotations

import io
import stat
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from course.errors import InputError
from course.files import shown, status

# A small file may claim to be a huge picture and fill the memory (a "decompression bomb"). The largest cameras and
# phones in common use make 100 to 110 million pixels, which as floats are 1.3 GB already.
MAX_PIXELS = 120_000_000

# A pipe does not tell how long it is. No file of a picture within the limit above is longer, compressed or not.
MAX_BYTES = 8 * MAX_PIXELS

# Named one by one, because Pillow would also open formats that are programs (EPS, for instance, starts Ghostscript).
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")

# What Pillow raises when the bytes of a picture are damaged: each format has its own way to stumble.
_DAMAGE = (OSError, EOFError, RuntimeError, SyntaxError, ValueError, TypeError, LookupError, struct.error, zlib.error)

# Modes of Pillow with more than 8 bits, and the value that means white in each.
_DEEP = {"I;16": 65535, "I;16L": 65535, "I;16B": 65535, "I;16N": 65535, "I": 65535, "F": 1}

# From EXIF's orientation to upright; 1 is upright already. Written out, because Pillow's `exif_transpose` also writes
# the EXIF data anew and fails where some unrelated tag in it is odd.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def open_picture(path: Path, least: Callable[[int, int], int] | None = None) -> Image.Image:
    """The picture in a file, its pixels read and upright, in whatever mode it has; see `to_rgb`.

    Args:
        path: of a JPEG, PNG, WebP, GIF, TIFF, BMP or AVIF file, or of a pipe that gives one; of an animation, the
            first frame.
        least: height, width -> the longer side below which it must not be read. A JPEG may be read at 1/2, 1/4 or
            1/8 of its size, which is quick.

    Raises:
        InputError: if there is no such file, it is no picture, it is damaged, or it has more than `MAX_PIXELS`.
    """
    return _read(_source(path), f"'{shown(path)}'", least)


def read_picture(content: bytes, name: str, least: Callable[[int, int], int] | None = None) -> Image.Image:
    """The same from the bytes of a file, wherever they came from; `name` is for messages.

    Raises:
        InputError: as `open_picture` does, and whatever `least` raises, which is asked before a pixel is read.
    """
    return _read(io.BytesIO(content), name, least)


def _read(source: Path | io.BytesIO, name: str, least: Callable[[int, int], int] | None) -> Image.Image:
    with _open(source, name) as picture:
        if least is not None:
            width, height = picture.size  # which of them is which is known only when it is upright
            share = max(least(height, width), least(width, height)) / max(picture.size)
            picture.draft(None, (round(picture.width * share), round(picture.height * share)))
        try:
            picture.load()
        except _DAMAGE as error:
            raise _damaged(name, error) from error
        return _upright(picture, name)


def to_rgb(picture: Image.Image, name: str) -> Image.Image:
    """8-bit sRGB from a picture of any mode, on white where it is transparent; `name` is for messages.

    Raises:
        InputError: if its numbers cannot be understood as a picture.
    """
    profile = picture.info.get("icc_profile")
    if picture.mode in _DEEP:
        picture = _eight_bits(picture, name)
    mode = {"1": "L", "L": "L", "LA": "L", "CMYK": "CMYK"}.get(picture.mode, "RGB")
    try:
        if picture.has_transparency_data:
            solid = picture.convert("RGBA")
            picture = Image.new(mode, picture.size, "white")
            picture.paste(solid.convert(mode), mask=solid.getchannel("A"))
        elif picture.mode != mode:
            picture = picture.convert(mode)
    except ValueError as error:
        raise InputError(f"{name} has the colour mode {picture.mode}; convert it to RGB first") from error
    if profile:
        picture = _to_srgb(picture, profile, name)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _eight_bits(picture: Image.Image, name: str) -> Image.Image:
    """Greys of 16 bits, or floats in [0, 1], as 8 bits. Pillow's own conversion would clip them at 255."""
    white = _DEEP[picture.mode]
    values = np.asarray(picture).astype(np.float32)
    low, high = values.min(), values.max()
    if not (low >= 0 and high <= white):  # in this form it is also false for NaN
        raise InputError(
            f"{name} has values from {low:.4g} to {high:.4g}; rescale them to 0..{white} and save it again"
        )
    return Image.fromarray(np.rint(values * (255 / white)).astype(np.uint8))


def _to_srgb(picture: Image.Image, profile: bytes, name: str) -> Image.Image:
    """Colours of an embedded profile (a wide gamut, inks of a press) as sRGB, the meaning of RGB for the networks."""
    try:
        source = ImageCms.getOpenProfile(io.BytesIO(profile))
        if picture.mode == "L" and source.profile.xcolor_space == "RGB ":
            picture = picture.convert("RGB")
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        # The pixels are good, so the picture is worth having; its colours may be a little off, so it is said aloud.
        warnings.warn(f"the colour profile in {name} is broken and is ignored ({error})", stacklevel=4)
        return picture
    assert converted is not None  # profileToProfile returns None only when it works in place
    return converted


def _open(source: Path | io.BytesIO, name: str) -> Image.Image:
    """Open a file as a picture, its pixels not read yet."""
    too_large = f"{name} has more than {MAX_PIXELS // 10**6} million pixels, the limit; make it smaller first"
    try:
        with warnings.catch_warnings():
            # Pillow warns at 89 million pixels and refuses at 179 million; the limit here lies between.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(source, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise InputError(too_large) from error
    except PermissionError as error:
        raise InputError(f"{name} may not be read; ask for the right to, or copy it") from error
    except UnidentifiedImageError as error:
        raise InputError(
            f"{name} is in no known picture format (or badly damaged); convert it to PNG or JPEG"
        ) from error
    except _DAMAGE as error:
        raise _damaged(name, error) from error
    if picture.width * picture.height > MAX_PIXELS:
        picture.close()
        raise InputError(too_large)
    return picture


def _source(path: Path) -> Path | io.BytesIO:
    """Where the bytes of a picture are to be read: its file, or, of a pipe, memory."""
    found, name = status(path), shown(path)
    if found is None:
        raise InputError(f"there is no file '{name}'; check the spelling and the folder")
    if stat.S_ISDIR(found.st_mode):
        raise InputError(f"'{name}' is a folder; name a picture in it")
    if stat.S_ISFIFO(found.st_mode):
        return io.BytesIO(_piped(path))
    if not stat.S_ISREG(found.st_mode):
        raise InputError(f"'{name}' is a device, no file; give a file, or a pipe, that holds a picture")
    if found.st_size == 0:
        raise InputError(f"'{name}' is empty (0 bytes); get the file again")
    return path


def _piped(path: Path) -> bytes:
    """All that a pipe gives. It can be read once, and Pillow goes back and forth."""
    try:
        with path.open("rb") as pipe:
            given = pipe.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"the pipe '{shown(path)}' cannot be read ({error.strerror}); give a file") from error
    if not given:
        raise InputError(
            f"nothing came out of the pipe '{shown(path)}'; see whether its command failed, and read it only once"
        )
    if len(given) > MAX_BYTES:
        raise InputError(f"more than {MAX_BYTES // 10**6} MB came out of the pipe '{shown(path)}'; give a picture")
    return given


def _damaged(name: str, error: Exception) -> InputError:
    return InputError(f"{name} is damaged or cut short ({error}); get the file again")


def _upright(picture: Image.Image, name: str) -> Image.Image:
    """Turned as the camera was held."""
    try:
        turn = _TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except _DAMAGE as error:
        # The pixels are good, so the picture is worth having; it may lie on its side, so it is said aloud.
        warnings.warn(f"the EXIF data in {name} is broken and is ignored ({error})", stacklevel=4)
        return picture
    return picture if turn is None else picture.transpose(turn)
