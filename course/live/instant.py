"""A first picture in an instant: the photo, painted by the network that has learnt the course's styles.

It takes a tenth of a second where the optimiser takes a minute, and is not as good (Johnson et al., 1603.08155).
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from course import gallery
from course.images import fit, resized_shape
from course.nets.feedforward import Painter, load_painter

PAINTER = "twenty"
SIDE = 16  # pixels: pictures are compared so small, whatever their size
CLOSE = 0.02  # mean over their pixels; a style at another size differs by 0.001, the nearest two styles by 0.1


@cache
def painter() -> Painter:
    """The painter of the course's styles, one for all live paintings.

    Its channels lie side by side in memory, which makes a pass on a processor shorter by a quarter.
    """
    return load_painter(PAINTER).to(memory_format=torch.channels_last)


def known_style(picture: Tensor) -> str | None:
    """The name of the style that a picture [1, 3, H, W] shows, at whatever size, or None if the painter has no such."""
    small = fit(picture, SIDE, SIDE)
    distances = {name: float((small - known).abs().mean()) for name, known in _known().items()}
    nearest = min(distances, key=distances.__getitem__)
    return nearest if distances[nearest] < CLOSE else None


def at_once(photo: Tensor, style: Tensor, size: int) -> Tensor | None:
    """The photo in that style, in one pass, or None if the painter does not know the style.

    Args:
        photo: [1, 3, H, W], RGB in [0, 1].
        style: [1, 3, H', W'], RGB in [0, 1].
        size: longer side of the painting, in pixels.

    Returns:
        [1, 3, h, w], RGB in [0, 1].
    """
    name = known_style(style)
    if name is None:
        return None
    return painter().paint(fit(photo, *resized_shape(*photo.shape[2:], size)), painter().share(name))


@cache
def _known() -> dict[str, Tensor]:
    """The painter's styles, small, by name."""
    return {name: fit(gallery.style(name), SIDE, SIDE) for name in painter().styles}
