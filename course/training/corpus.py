"""The pictures that a painter learns from: photos, and a few made by formulas; each time another crop of them.

What batch number k holds depends on k and the seed alone. So a training that was interrupted goes on with the very
pictures that it would have seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from course import gallery
from course.errors import InputError
from course.files import StrPath, given_path, shown
from course.images import check_given, load_image, pictures_in
from course.training.procedural import PROCEDURES, Random, randint, uniform

# Photos of the gallery that nobody trains on: they judge what was trained.
HELD_OUT = ("china", "flower")

LARGEST = 512  # pixels of the longer side that are kept of a photo
SMALLEST_CROP = 0.5  # of the shorter side
PROCEDURAL = 24  # pictures


def gallery_photos() -> list[Tensor]:
    """The gallery's photos that may be trained on, each [1, 3, H, W], RGB in [0, 1]."""
    return [gallery.photo(name, LARGEST) for name in gallery.names("photo") if name not in HELD_OUT]


def folder_photos(folder: StrPath) -> list[Tensor]:
    """All pictures in a folder, each [1, 3, H, W], RGB in [0, 1], in the order of their names.

    Raises:
        InputError: if there are none, or one cannot be read.
    """
    path = given_path(folder)
    if not path.is_dir():
        raise InputError(f"'{shown(path)}' is no folder; give one with photos in it")
    return [load_image(file, LARGEST) for file in pictures_in(path)]


def fingerprint(pictures: Sequence[Tensor]) -> str:
    """A text that tells these pictures from any others."""
    sha = hashlib.sha256()
    for picture in pictures:
        sha.update(f"{list(picture.shape)}".encode())
        sha.update(picture.contiguous().numpy().tobytes())
    return sha.hexdigest()


class Corpus:
    """Endless batches of crops.

    Args:
        photos: each [1, 3, H, W], RGB in [0, 1].
        procedural: share of the pictures that are made by formulas (`course.training.procedural`).
        seed: of all that is random.

    Attributes:
        fingerprint: of the photos, and of the share.

    Raises:
        InputError: if there is nothing to crop from, a photo is no picture in [0, 1], or the share is not from 0 to 1.
    """

    def __init__(self, photos: Sequence[Tensor], procedural: float = 0.1, seed: int = 0) -> None:
        if not 0 <= procedural <= 1:
            raise InputError(f"the share of procedural pictures must be between 0 and 1, not {procedural}")
        if not photos and procedural < 1:
            raise InputError("a corpus needs photos, unless all its pictures are procedural")
        for photo in photos:
            check_given(photo, "a photo")
        self.photos = [(photo[0] * 255).round().to(torch.uint8) for photo in photos]
        self.fingerprint = fingerprint([*self.photos, torch.tensor(procedural)])
        self.share = procedural
        self.seed = seed
        random = torch.Generator().manual_seed(seed)
        count = PROCEDURAL if procedural else 0
        self.procedural = [PROCEDURES[k % len(PROCEDURES)](random, 256) for k in range(count)]

    def batch(self, number: int, count: int, side: int) -> Tensor:
        """The batch of that number: [count, 3, side, side], RGB in [0, 1]."""
        random = torch.Generator().manual_seed(self.seed * 1_000_003 + number)
        return torch.cat([self._picture(random, side) for _ in range(count)])

    def _picture(self, random: Random, side: int) -> Tensor:
        if uniform(random, 0, 1) < self.share:
            return self._crop(random, self.procedural[randint(random, len(self.procedural))], side).clamp(0, 1)
        photo = self._crop(random, self.photos[randint(random, len(self.photos))], side) / 255
        return self._recoloured(random, photo).clamp(0, 1)

    def _crop(self, random: Random, source: Tensor, side: int) -> Tensor:
        """A square at a random place and of a random size, brought to `side` pixels, half of them mirrored."""
        length = max(1, round(min(source.shape[1:]) * uniform(random, SMALLEST_CROP, 1)))
        top, left = (randint(random, whole - length + 1) for whole in source.shape[1:])
        piece = source[None, :, top : top + length, left : left + length].float()
        piece = functional.interpolate(piece, size=(side, side), mode="bilinear", antialias=length > side)
        return piece.flip(3) if randint(random, 2) else piece

    def _recoloured(self, random: Random, picture: Tensor) -> Tensor:
        """Another contrast and brightness, and red, green and blue mixed a little differently."""
        matrix = torch.eye(3) * uniform(random, 0.7, 1.2) + 0.1 * torch.randn(3, 3, generator=random)
        mean = picture.mean(dim=(2, 3), keepdim=True)
        moved = uniform(random, -0.15, 0.15)
        return torch.einsum("ij,bjhw->bihw", matrix, picture - mean) + mean + moved
