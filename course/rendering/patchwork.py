"""A photo made of pieces of a painting: each patch replaced with the most alike one of it, again and again.

Patches were how textures grew before neural networks (Efros & Leung, 1999; `course.classical.textures.quilted`), how
pictures learnt from one pair of examples (Image Analogies, Hertzmann et al., 2001), and how deep features are compared
by those who mistrust Gram matrices (Li & Wand, 1601.04589). Two functions, turn by turn (Kwatra et al., *Texture
Optimization*, 2005)::

    nearest = nearest_patches(X, S, side=8, step=4)     # for every patch of X the most alike one of S
    X = vote(S, nearest, side=8, step=4, size=(H, W))   # these in its place, the mean where they overlap

Neither can raise the sum of squared differences between the patches of X and those chosen for them. `patchwork` does
both from coarse to fine, from large patches to small ones, and gives the photo a say in between, after Elad & Milanfar
(*Style-Transfer via Texture-Synthesis*, 1609.03057), who also vote robustly, give the photo more of a say where its
things are, and use more and larger patches. No network, no gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from course.adain.moments import whiten_colour
from course.errors import InputError
from course.images import check_given, check_whole, fit, resize
from course.measure.likeness import patches

NearestPatches = Callable[[Tensor, Tensor, int, int], Tensor]
Vote = Callable[[Tensor, Tensor, int, int, tuple[int, int]], Tensor]

SIZES = (48, 96, 160)  # longer sides, in pixels
PATCHES = ((12, 4), (6, 3))  # side and step, at each size
ROUNDS = 3


def nearest_patches(X: Tensor, S: Tensor, side: int, step: int) -> Tensor:
    """For every patch of X the most alike one of S: least in the sum of squared differences.

    Args:
        X: [1, C, H, W]. Its patches, side x side, begin every `step` pixels.
        S: [1, C, H', W']. Its patches begin at every pixel.
        side: of a patch, in pixels.
        step: in pixels.

    Returns:
        A number for each patch of X, row by row: the place of the chosen one among those of S, which are counted row by
        row as well, as `functional.unfold` does.

    Raises:
        InputError: if a patch is larger than one of them, or their channels differ.
    """
    asked, known = (_patches(x, side, one) for x, one in ((X, step), (S, 1)))
    if len(asked) != len(known):
        raise InputError(f"X has {X.shape[1]} channels and S {S.shape[1]}: their patches cannot be compared")
    # |x - s|^2 is |x|^2 - 2 x.s + |s|^2, of which the first does not matter for the choice. In blocks, to save memory.
    half = known.square().sum(0) / 2
    return torch.cat([(half - block.T @ known).argmin(1) for block in torch.split(asked, 512, 1)])


def vote(S: Tensor, nearest: Tensor, side: int, step: int, size: tuple[int, int]) -> Tensor:
    """The picture whose patches are those chosen of S; where several overlap, their mean.

    Args:
        S: [1, C, H', W'], of which the patches are.
        nearest: as `nearest_patches` gives them.
        side: of a patch, in pixels.
        step: from one patch to the next, in pixels, at most `side`.
        size: height and width of the picture; each less `side` must be a multiple of `step`.

    Returns:
        [1, C, H, W].

    Raises:
        InputError: if the patches do not cover a picture of this size, or are not as many.
    """
    check_whole(step, "the step")
    rows, columns = ((length - side) // step + 1 for length in size)
    if step > side or any((length - side) % step for length in size) or len(nearest) != rows * columns:
        raise InputError(
            f"{len(nearest)} patches of {side} pixels, one every {step}, do not cover {size[0]} x {size[1]} pixels: "
            f"both sides less {side} must be multiples of {step}, and the step no larger than a patch"
        )
    chosen = _patches(S, side, 1)[None, :, nearest]
    total, count = (functional.fold(one, size, side, stride=step) for one in (chosen, torch.ones_like(chosen)))
    picture: Tensor = total / count
    return picture


def misfit(X: Tensor, S: Tensor, nearest: Tensor, side: int, step: int) -> float:
    """What both functions make smaller: the mean squared difference of the patches of X and those chosen of S."""
    return float((_patches(X, side, step) - _patches(S, side, 1)[:, nearest]).square().mean())


@dataclass(frozen=True)
class Round:
    """What a round of a patchwork has made.

    Attributes:
        size: longer side of the picture at this round, in pixels.
        side: of a patch, in pixels.
        picture: [1, 3, H, W], RGB in [0, 1].
        nearest: which patches of the painting were chosen for it.
    """

    size: int
    side: int
    picture: Tensor
    nearest: Tensor


def patchwork(
    photo: Tensor,
    painting: Tensor,
    sizes: Sequence[int] = SIZES,
    share: float = 0.25,
    nearest_patches: NearestPatches = nearest_patches,
    vote: Vote = vote,
) -> Iterator[Round]:
    """A photo made of patches of a painting, round by round.

    The photo is given the painting's colours first, since patches of other colours would never be found. At each size,
    three rounds with patches of 12 pixels are followed by three with patches of 6. After each round some of the photo
    is mixed in again, and as means are paler than what they are of, the colours are matched anew; after the last round
    neither is done, so that the picture at the end is of patches alone.

    Args:
        photo: [1, 3, H, W], RGB in [0, 1].
        painting: [1, 3, H', W'], RGB in [0, 1].
        sizes: longer sides of the picture, and of the painting, from small to large. The last must not be larger than
            either of them.
        share: of the photo, in the painting's colours, after each round, in [0, 1). With 0 the photo is only the start.
        nearest_patches: yours or ours.
        vote: yours or ours.

    Raises:
        InputError: for something that is not a picture, a share or size out of range.
    """
    check_given(photo, "the photo")
    check_given(painting, "the painting")
    if not 0 <= share < 1:
        raise InputError(f"the photo's share is a number from 0 up to, but not, 1, not {share}")
    largest = min(max(photo.shape[2:]), max(painting.shape[2:]))
    if not sizes or list(sizes) != sorted(set(sizes)) or not max(PATCHES)[0] <= sizes[0] or sizes[-1] > largest:
        raise InputError(
            f"sizes grow from at least {max(PATCHES)[0]} to at most {largest} pixels here, not {list(sizes)}"
        )
    return _rounds(photo, painting, sizes, share, nearest_patches, vote)


def _rounds(
    photo: Tensor, painting: Tensor, sizes: Sequence[int], share: float, nearest_patches: NearestPatches, vote: Vote
) -> Iterator[Round]:
    X = photo
    for size in sizes:
        S = resize(painting, size)
        goal = whiten_colour(resize(photo, size), S).clamp(0, 1)
        height, width = goal.shape[2:]
        X = goal if size == sizes[0] else fit(X, height, width)
        for side, step in PATCHES:
            # a few pixels more, below and on the right, so that the patches cover all
            below, beside = (-(length - side) % step for length in (height, width))
            for number in range(ROUNDS):
                X = functional.pad(X, (0, beside, 0, below), mode="replicate")
                nearest = nearest_patches(X, S, side, step)
                voted = vote(S, nearest, side, step, (height + below, width + beside))[..., :height, :width]
                last = (size, side, number) == (sizes[-1], PATCHES[-1][0], ROUNDS - 1)
                X = voted if last else whiten_colour((1 - share) * voted + share * goal, S).clamp(0, 1)
                yield Round(size, side, X, nearest)


def _patches(x: Tensor, side: int, step: int) -> Tensor:
    """All patches as columns: [C * side * side, patches]."""
    return patches(x, side, step)[0].flatten(1)
