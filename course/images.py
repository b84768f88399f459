"""Pictures: file -> tensor -> PNG, sizes, noise, and the one check that every module makes of an image tensor.

Everywhere in the course a picture is a tensor [B, 3, H, W] of floats, RGB in [0, 1]. Files come in many more kinds:
rotated by a tag, in inks instead of light, with 16 bits, with holes. All of that ends here:

>>> save_image(white_noise(200, 301), "noise.png")
>>> image = load_image("noise.png", size=256)
>>> image.shape
torch.Size([1, 3, 170, 256])
"""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Callable, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from course.decoding import MAX_PIXELS, open_picture, to_rgb
from course.errors import InputError
from course.files import StrPath, files_in, given_path, shown, status, whole_file

Size = int | Callable[[int, int], int] | None

# A painting may leave [0, 1] on its way; what is beyond this has run away, or was never in [0, 1].
FARTHEST = 10.0
# Levels of 0..255 are within the first, and span the second if a mean was taken away.
MOST_LEVEL, LEAST_SPAN = 256.0, 60.0
# A picture that is painted from is in [0, 1], give or take what a finished painting has beyond it. Normalised for some
# other network, photos go from about -2.1 to 2.6.
LOWEST, HIGHEST = -0.5, 1.5

_SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    ".png": {"format": "PNG"},
    ".jpg": {"format": "JPEG", "quality": 95, "subsampling": 0},  # 0: colour is not stored at half the resolution
    ".jpeg": {"format": "JPEG", "quality": 95, "subsampling": 0},
    ".webp": {"format": "WEBP", "quality": 95},
}
SUFFIXES = tuple(_SAVE_OPTIONS)  # of the files that `save_image` writes
READ = (*SUFFIXES, ".jfif", ".gif", ".tif", ".tiff", ".bmp", ".avif")  # and of those that `load_image` reads


def load_image(path: StrPath, size: Size = None) -> Tensor:
    """The picture in a file as a tensor [1, 3, H, W], RGB in [0, 1], float32.

    It comes out as a viewer shows it: turned upright (EXIF), an embedded colour profile converted to sRGB, inks (CMYK)
    and greys as RGB, 16 bits scaled to 8, the first frame of an animation. Transparent pixels become white, like
    paper: the colour stored under them is arbitrary, often black, was never meant to be seen, and would be painted.

    Args:
        path: a JPEG, PNG, WebP, GIF, TIFF, BMP or AVIF file.
        size: the longer side in pixels, see `resize`, or a function that finds it from the picture's own height and
            width; the picture's own size if None. With it, a photo of 100 million pixels is shrunk while it is being
            read, and never unfolds into 1.2 GB of floats.

    Raises:
        InputError: if there is no such file, it is no picture, it is damaged, or it has more than `MAX_PIXELS`.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise InputError(
            f"load_image takes the name of a file, not {type(path).__name__}; for a picture that is in memory already: "
            "to_tensor(Image.open(...)), with Image from PIL"
        )
    path = given_path(path)
    if size is not None and not callable(size):
        check_whole(size, "the size")

    def longer(height: int, width: int) -> int:
        return size(height, width) if callable(size) else size or max(height, width)

    def least(height: int, width: int) -> int:
        return 4 * longer(height, width)  # what shrinks crudely leaves `resize` a factor of 4: it cannot be seen

    rgb = to_rgb(open_picture(path, None if size is None else least), f"'{shown(path)}'")
    if size is None:
        return _pixels(rgb)
    width, height = rgb.size
    shrink = max(rgb.size) // least(height, width)
    return resize(_pixels(rgb.reduce(shrink) if shrink > 1 else rgb), longer(height, width))


def pictures_in(folder: Path) -> list[Path]:
    """The pictures in a folder, in the order of their names; warns of other files, since a photo may be among them.

    Raises:
        InputError: if there are none, or see `files_in`.
    """
    found, others = files_in(folder, READ)
    ends = ", ".join(sorted(READ))
    if not found:
        raise InputError(f"there are no pictures in '{shown(folder)}'; they end in {ends}")
    if others:
        names = ", ".join(shown(path.name) for path in others[:3]) + ", ..." * (len(others) > 3)
        are = "file is" if len(others) == 1 else "files are"
        warnings.warn(
            f"{len(others)} {are} left alone in '{shown(folder)}' ({names}); pictures that can be read end in {ends}",
            stacklevel=2,
        )
    return found


def to_tensor(picture: object) -> Tensor:
    """A Pillow picture of any mode as a tensor [1, 3, H, W], RGB in [0, 1], float32; see `load_image`.

    Raises:
        InputError: if its numbers cannot be understood as a picture, it has no pixel, or it is no Pillow picture.
    """
    if isinstance(picture, np.ndarray):
        eight = "picture" if picture.dtype == np.uint8 else "(255 * picture).astype('uint8')"
        raise InputError(
            f"to_tensor takes a Pillow picture, not an array of {picture.dtype}; "
            f"from [H, W, 3] make one with Image.fromarray({eight}), Image from PIL"
        )
    if not isinstance(picture, Image.Image):
        raise InputError(
            f"to_tensor takes a Pillow picture, not {type(picture).__name__}; load_image reads a file by its name"
        )
    if 0 in picture.size:
        raise InputError(
            f"the picture is empty: {picture.width} x {picture.height} pixels; see where it was cropped or resized"
        )
    return _pixels(to_rgb(picture, "the picture"))


def to_image(image: Tensor) -> Image.Image:
    """A tensor [1, 3, H, W], RGB in [0, 1], as an 8-bit Pillow picture, to look at or to save.

    Values outside [0, 1] are clamped and the rest rounded to 256 levels - in the copy that is shown, not in `image`.
    An 8-bit picture survives the round trip exactly: ``to_image(to_tensor(picture))`` has the same bytes.

    Raises:
        InputError: for something that is not one picture.
    """
    image = check_single(image, "the picture")
    levels = (image[0].detach().cpu().float().clamp(0, 1) * 255).round().to(torch.uint8)
    return Image.fromarray(levels.permute(1, 2, 0).contiguous().numpy())


def save_image(image: Tensor, path: StrPath) -> None:
    """Write a tensor [1, 3, H, W], RGB in [0, 1], as PNG (exact), JPEG or WebP (quality 95), by the suffix of `path`.

    The file is written under another name and then renamed, so a reader of `path` finds the old picture or the new
    one, never half of one, even if the program is interrupted.

    Raises:
        InputError: for something that is not one picture, an unknown suffix, or a place that cannot be written to.
    """
    path = check_destination(path)
    picture = to_image(image)
    try:
        with whole_file(path) as file:
            picture.save(file, **_SAVE_OPTIONS[path.suffix.lower()])
    except (OSError, ValueError) as error:
        raise InputError(f"cannot save '{shown(path)}' ({error}); choose another place or format") from error


def check_destination(path: StrPath) -> Path:
    """Return `path` if `save_image` can write there: ask before an hour of painting, not after.

    Raises:
        InputError: for an unknown suffix, a folder, or a folder that is missing or may not be written to.
    """
    path = given_path(path or ".")
    name, folder = shown(path.name), shown(path.parent)
    if path.suffix.lower() not in _SAVE_OPTIONS:
        raise InputError(f"cannot save as '{name}': end the name in one of {', '.join(_SAVE_OPTIONS)}")
    there, around = status(path), status(path.parent)
    if there is not None and stat.S_ISDIR(there.st_mode):
        raise InputError(f"cannot save as '{shown(path)}': that is a folder; choose another name")
    if around is None or not stat.S_ISDIR(around.st_mode):
        raise InputError(f"there is no folder '{folder}' to save '{name}' in; make it first")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise InputError(f"cannot save '{name}' in '{folder}': no right to write there; choose another folder")
    return path


def resized_shape(height: int, width: int, size: int) -> tuple[int, int]:
    """Height and width of a picture whose *longer* side is brought to `size`; neither becomes less than 1.

    Other libraries may mean the shorter side: torchvision's ``Resize(256)`` makes a 300 x 451 cat 256 x 384, not
    170 x 256, which is more than twice the pixels.

    >>> resized_shape(300, 451, 256)
    (170, 256)

    Raises:
        InputError: if a number is not a whole number of at least 1, or there would be more than `MAX_PIXELS`.
    """
    for value, name in ((height, "the height"), (width, "the width"), (size, "the size")):
        check_whole(value, name)
    longer = max(height, width)
    shape = max(1, round(height * size / longer)), max(1, round(width * size / longer))
    if shape[0] * shape[1] > MAX_PIXELS:
        raise InputError(f"a size of {size} makes more than {MAX_PIXELS // 10**6} million pixels; choose a smaller one")
    return shape


def resize(image: Tensor, size: int) -> Tensor:
    """Scale a picture [B, 3, H, W] so that its longer side is `size` pixels, keeping its aspect. A new tensor.

    Raises:
        InputError: for something that is not a picture, or a size below 1.
    """
    height, width = check_image(image).shape[2:]
    return fit(image, *resized_shape(height, width, size))


def fit(image: Tensor, height: int, width: int) -> Tensor:
    """Scale a picture [B, 3, H, W] to exactly `height` x `width`, whatever that does to its aspect. A new tensor.

    Bicubic, antialiased: when shrinking, every pixel of the source counts. Bicubic weights are partly negative, so a
    hard edge would overshoot into values that the picture does not have; the result is kept within the source's own
    extremes (and not within [0, 1], because an unfinished painting may leave it).

    Raises:
        InputError: for something that is not a picture, or a height or width below 1.
    """
    check_image(image)
    check_whole(height, "the height")
    check_whole(width, "the width")
    if (height, width) == image.shape[2:]:
        return image.clone()
    low, high = image.detach().aminmax()
    scaled = functional.interpolate(image, (height, width), mode="bicubic", align_corners=False, antialias=True)
    return scaled.clamp(low, high)


def white_noise(height: int, width: int, seed: int = 0) -> Tensor:
    """A picture [1, 3, height, width] in which every number is drawn evenly from [0, 1]. Same seed, same picture.

    It has a generator of its own: torch's global seed is neither used nor changed.

    Raises:
        InputError: if a side is below 1, or the seed is negative or above 2^63 - 1.
    """
    check_whole(height, "the height")
    check_whole(width, "the width")
    check_whole(seed, "the seed", least=0)
    if seed >= 2**63:
        raise InputError(f"the seed must be below 2^63, not {seed}")
    generator = torch.Generator("cpu").manual_seed(seed)
    return torch.rand(1, 3, height, width, generator=generator, dtype=torch.float32, device="cpu")


def strip(images: Sequence[Tensor], gap: int = 8) -> Tensor:
    """Pictures [1, 3, H, W] side by side, as tall as the lowest of them, with `gap` white pixels between.

    Raises:
        InputError: for no pictures, something that is not one picture, or a negative gap.
    """
    if len(images) == 0:
        raise InputError("a strip needs at least one picture")
    check_whole(gap, "the gap", least=0)
    pictures = [check_single(image, f"picture {n}").detach().cpu().float() for n, image in enumerate(images, start=1)]
    height = min(picture.shape[2] for picture in pictures)
    row: list[Tensor] = []
    for picture in pictures:
        width = max(1, round(picture.shape[3] * height / picture.shape[2]))
        row += [picture.new_ones(1, 3, height, gap), fit(picture, height, width)]
    return torch.cat(row[1:], dim=3)


def check_image(image: object, name: str = "image") -> Tensor:
    """Return `image` itself if it is a picture: a tensor of floats, [B, 3, H, W], finite, about [0, 1].

    Values a little outside [0, 1] pass, because a painting may leave the range on its way.

    Raises:
        InputError: if not, with `name`, what it is instead, and how to mend it.
    """
    if isinstance(image, np.ndarray):
        raise InputError(f"{name} is a numpy array; make it a tensor with torch.from_numpy({_identifier(name)})")
    if not isinstance(image, Tensor):
        raise InputError(f"{name} must be a tensor, not {type(image).__name__}; make one with load_image or to_tensor")
    if not image.is_floating_point():
        cure = "make it float and divide by 255" if image.dtype == torch.uint8 else "call .float(), RGB in [0, 1]"
        raise InputError(f"{name} is {image.dtype}, not float: {cure}")
    _check_layout(image, name)
    low, high = (bound.item() for bound in image.detach().aminmax())
    if not (np.isfinite(low) and np.isfinite(high)):
        nan, infinite = int(image.isnan().sum()), int(image.isinf().sum())
        raise InputError(f"{name} is not finite: {nan} NaN and {infinite} infinite of {image.numel()} values")
    if max(high, -low) > FARTHEST:
        levels = high <= MOST_LEVEL and (low >= 0 or (low >= -MOST_LEVEL and high - low > LEAST_SPAN))
        run_away = "the optimiser has run away; give it a line search, or a smaller learning rate"
        cure = "if they are 0..255, divide by 255" if levels else run_away
        raise InputError(f"{name} has values from {low:.4g} to {high:.4g}, not [0, 1]: {cure}")
    return image


def check_single(image: object, name: str = "image") -> Tensor:
    """Return `image` itself if it is one picture, [1, 3, H, W]; see `check_image`.

    Raises:
        InputError: if not, also for a batch of several.
    """
    image = check_image(image, name)
    if image.shape[0] != 1:
        raise InputError(f"{name} is a batch of {image.shape[0]}; give one picture at a time: image[:1]")
    return image


def check_given(image: object, name: str = "image") -> Tensor:
    """Return `image` itself if it is one picture, [1, 3, H, W], that can be painted from; see `check_single`.

    Raises:
        InputError: if not, also for one that was normalised, with values far outside [0, 1].
    """
    return check_range(check_single(image, name), name)


def check_range(image: object, name: str = "image") -> Tensor:
    """Return `image` itself if it is a batch of pictures, [B, 3, H, W], each as in `check_given`.

    Raises:
        InputError: if not.
    """
    image = check_image(image, name)
    low, high = (bound.item() for bound in image.detach().aminmax())
    if low < LOWEST or high > HIGHEST:
        raise InputError(
            f"{name} has values from {low:.4g} to {high:.4g}, not [0, 1]: if it was normalised, leave that to the "
            f"network, or undo it with {_identifier(name)} * std + mean; of a painting take its step's .image"
        )
    return image


def check_whole(value: object, name: str, least: int = 1) -> None:
    """Raise InputError unless `value`, which messages call `name`, is a whole number of at least `least`."""
    if not isinstance(value, Integral) or int(value) < least:
        raise InputError(f"{name} must be a whole number of at least {least}, not {value!r}")


def _check_layout(image: Tensor, name: str) -> None:
    """Raise unless the shape is [B, 3, H, W]. A wrong one is usually one call away from right: say which."""
    shape, it = list(image.shape), _identifier(name)
    if image.ndim == 4 and shape[1] == 3:
        if image.numel() == 0:
            raise InputError(f"{name} is empty: shape {shape}; a picture has at least one pixel")
        return
    cure = "bring it into that shape"
    if image.ndim == 2:
        cure = f"it is grey without channels; repeat it with {it}.expand(1, 3, -1, -1)"
    elif image.ndim == 3 and shape[2] == 3 != shape[0]:
        cure = f"its channels are last; use {it}.permute(2, 0, 1).unsqueeze(0)"
    elif image.ndim == 3:
        cure = f"add the batch with {it}.unsqueeze(0)"
    elif image.ndim == 4 and shape[3] == 3:
        cure = f"its channels are last; use {it}.permute(0, 3, 1, 2)"
    elif image.ndim == 4 and shape[1] == 1:
        cure = f"it is grey; repeat the channel with {it}.expand(-1, 3, -1, -1)"
    elif image.ndim == 4 and shape[1] == 4:
        cure = f"the fourth channel is probably alpha; leave it out with {it}[:, :3]"
    raise InputError(f"{name} has shape {shape}, not [B, 3, H, W]: {cure}")


def _identifier(name: str) -> str:
    """How to call the tensor in a line of code: its name if that is valid code, otherwise `image`."""
    return name if name.isidentifier() else "image"


def _pixels(rgb: Image.Image) -> Tensor:
    """[1, 3, H, W] of an 8-bit RGB picture."""
    with torch.inference_mode(False):  # made inside that mode, it could not be painted
        levels = torch.from_numpy(np.array(rgb)).permute(2, 0, 1).unsqueeze(0)
        return levels.to(torch.float32, memory_format=torch.contiguous_format).div_(255)
