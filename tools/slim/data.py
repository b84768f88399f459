"""The slim network's training data: crops of the sample photos and our own styles, procedural pictures; all augmented.

Every batch is made of pairs: a picture, and a relative of it (another crop of the same source, the same crop disturbed,
or a mixture with something else). A network that is to say how far two styles are apart has to see near ones too.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from course import gallery
from course.training.corpus import HELD_OUT
from course.training.procedural import PROCEDURES, randint, uniform


class PairData:
    """Endless batches of pairs.

    Args:
        side: of every picture, in pixels.
        seed: of everything that is random.
        photos: besides the gallery's, each [1, 3, H, W], RGB in [0, 1].
    """

    def __init__(self, side: int, seed: int = 0, photos: Sequence[Tensor] = ()) -> None:
        self.side = side
        self.random = torch.Generator().manual_seed(seed)
        self.photos = [gallery.load(name)[0] for kind in ("photo", "texture") for name in gallery.names(kind)
                       if name not in HELD_OUT]  # fmt: skip
        self.photos += [photo[0] for photo in photos]
        self.styles = [gallery.style(name)[0] for name in gallery.names("style")]
        self.procedural = [make(self.random, 256) for make in PROCEDURES for _ in range(24)]

    def batch(self, pairs: int) -> Tensor:
        """[2 * pairs, 3, side, side], RGB about [0, 1]; picture 2k + 1 is a relative of picture 2k."""
        return torch.stack([picture for _ in range(pairs) for picture in self.pair()])

    def pair(self) -> tuple[Tensor, Tensor]:
        source = self.source()
        first = self.crop(source)
        kind = randint(self.random, 4)
        if kind == 0:  # the same style elsewhere
            second = self.crop(source)
        elif kind == 1:  # the same place, disturbed
            second = self.disturb(first)
        elif kind == 2:  # something else shines through
            share = uniform(self.random, 0.05, 0.6)
            second = (1 - share) * first + share * self.crop(self.source())
        else:  # the same place, its colours a little moved
            second = self.recolour(first, strength=0.3)
        if randint(self.random, 2):
            both = self.recolour(torch.cat([first, second], dim=2), strength=1.0)
            first, second = both[..., : self.side], both[..., self.side :]
        return first, second

    def source(self) -> Tensor:
        kind = uniform(self.random, 0, 1)
        group = self.styles if kind < 0.5 else self.photos if kind < 0.8 else self.procedural
        return group[randint(self.random, len(group))]

    def crop(self, source: Tensor) -> Tensor:
        """A crop at a random scale, place and orientation."""
        shorter = min(source.shape[1:])
        side = int(self.side * 2 ** uniform(self.random, -0.5, math.log2(min(4.0, shorter / self.side))))
        top, left = (randint(self.random, length - side + 1) for length in source.shape[1:])
        piece = source[None, :, top : top + side, left : left + side]
        piece = functional.interpolate(piece, size=(self.side, self.side), mode="bilinear", antialias=True)[0]
        piece = piece.flip(2) if randint(self.random, 2) else piece
        return torch.rot90(piece, randint(self.random, 4), (1, 2))

    def recolour(self, picture: Tensor, strength: float) -> Tensor:
        """Another mixture of red, green and blue, another contrast and brightness."""
        matrix = torch.eye(3) + strength * 0.4 * torch.randn(3, 3, generator=self.random)
        mean = picture.mean(dim=(1, 2), keepdim=True)
        moved = strength * 0.3 * torch.randn(3, 1, 1, generator=self.random)
        return (torch.einsum("ij,jhw->ihw", matrix, picture - mean) + mean + moved).clamp(-0.1, 1.1)

    def disturb(self, picture: Tensor) -> Tensor:
        """Noise of any strength and grain, or a blur."""
        strength = 10 ** uniform(self.random, -2, -0.3)
        if randint(self.random, 3):
            size = self.side // 2 ** randint(self.random, 3)
            noise = torch.randn(1, 3, size, size, generator=self.random)
            noise = functional.interpolate(noise, size=(self.side, self.side), mode="bilinear")[0]
            return picture + strength * noise
        small = functional.interpolate(picture[None], scale_factor=uniform(self.random, 0.25, 0.9), mode="area")
        return functional.interpolate(small, size=(self.side, self.side), mode="bicubic")[0]
