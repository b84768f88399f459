"""Paints an order, step by step, as `course paint` does. Not for the server's own process: it imports torch.

Several styles are mixed as several style terms of one objective, each with its part of beta. Where the photo's colours
are to be kept, the painting gives the luminance and the photo the colours (`course.control.colours`).
"""

from __future__ import annotations

import dataclasses
import io
import time
from collections.abc import Callable, Sequence
from functools import cache

from PIL import Image
from torch import Tensor

from course import gallery
from course.control.colours import transfer_luminance
from course.decoding import read_picture
from course.errors import InputError
from course.images import fit, resize, to_image, to_tensor
from course.nets.weights import Weights, vgg19
from course.objectives import (
    ALPHA,
    RANGE,
    TV,
    FeatureNetwork,
    Objective,
    content,
    in_range,
    own_maps,
    style,
    style_transfer,
    total_variation,
)
from course.synthesis import Painting, Stage, coarse_to_fine, draft_first, first_side, paint
from studio.orders import STEPS, Manner, Order, Source

DRAFT_IS_QUICKER = 7  # times, about
SHOWN_EVERY = 0.5  # seconds between two pictures of a painting that grows


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a painting is.

    Attributes:
        done: part of the work, 0 to 1.
        step: number of the latest step.
        of: how many there will be.
        seconds: since it was begun.
        picture: the painting as it is now, a JPEG.
    """

    done: float
    step: int
    of: int
    seconds: float
    picture: bytes


def paint_order(order: Order, goes_on: Callable[[], None], tell: Callable[[Progress], None]) -> bytes:
    """Paints an order.

    Args:
        order: what.
        goes_on: called many times a second; whatever it raises ends the painting.
        tell: told how far it is, about twice a second.

    Returns:
        The finished painting, a PNG.

    Raises:
        InputError: if the pictures cannot be painted from.
        NotFiniteError: if the painting runs away.
    """
    began = told = time.monotonic()
    size = order.manner.size
    photo = _load(order.photo, size)
    styles = [_load(each, size, enlarged=False) for each in order.styles]
    painting = _begun(photo, styles, order.manner, goes_on)
    work, done = sum(_work(stage) * stage.steps for stage in painting.stages), 0.0
    for step in painting:
        goes_on()
        done += _work(Stage(step.size, 1, step.drafted))
        now = time.monotonic()
        if now - told >= SHOWN_EVERY or step.number == 1:
            told = now
            shown = _finished(fit(step.image, *photo.shape[2:]), photo, order.manner)
            tell(Progress(min(done / work, 0.99), step.number, step.of, now - began, encoded(shown, "JPEG")))
    if painting.last is None:
        raise InputError("nothing could be painted of these pictures; choose others")
    return encoded(_finished(fit(painting.last.image, *photo.shape[2:]), photo, order.manner), "PNG")


def encoded(picture: Image.Image, kind: str) -> bytes:
    """A picture as the bytes of a file."""
    file = io.BytesIO()
    picture.save(file, kind, **({"quality": 88} if kind == "JPEG" else {}))
    return file.getvalue()


@cache
def network(weights: Weights) -> FeatureNetwork:
    """VGG-19 with replicated borders, as quick as this processor has it; one of each kind for all orders."""
    return vgg19(weights=weights, padding="replicate", precision="auto")


def _load(source: Source, size: int, enlarged: bool = True) -> Tensor:
    """A picture at a longer side of `size` pixels, or of its own if that is less and it is not to be enlarged."""

    def longer(height: int, width: int) -> int:
        return size if enlarged else min(size, max(height, width))

    if isinstance(source, str):
        return gallery.find(source).load(longer)
    picture = to_tensor(read_picture(source, "the picture"))
    return resize(picture, longer(*picture.shape[2:]))


def _begun(photo: Tensor, styles: Sequence[Tensor], manner: Manner, goes_on: Callable[[], None]) -> Painting:
    terms = [style(picture) for picture in styles]
    if len(terms) > 1:
        terms = [dataclasses.replace(term, name=f"style {number}") for number, term in enumerate(terms)]
    weights = {"content": ALPHA, "tv": TV, "range": RANGE}
    weights |= {term.name: manner.beta / len(terms) for term in terms}
    slim = _watched(network("slim"), goes_on)
    net = slim if manner.effort == "quick" else _watched(network("oxford"), goes_on)
    if len(styles) == 1:  # summed up in the order of `course paint`, whose paintings these are to the last level
        objective = style_transfer(net, photo, styles[0], beta=manner.beta)
    else:
        objective = Objective(net, [content(photo), *terms, total_variation(), in_range()], weights)
    smallest = first_side(photo, styles)
    steps = STEPS[manner.effort]
    if manner.effort == "quick":
        return paint(objective, photo, coarse_to_fine(manner.size, steps, smallest))
    return paint(objective, photo, draft_first(manner.size, steps, smallest), draft=objective.through(slim))


def _watched(net: FeatureNetwork, goes_on: Callable[[], None]) -> FeatureNetwork:
    """The same network, which asks each time whether anybody still wants the picture: one step may take seconds."""

    def watched(image: Tensor, layers: Sequence[str], /) -> dict[str, Tensor]:
        goes_on()
        return own_maps(net, image, layers)

    return watched


def _finished(painting: Tensor, photo: Tensor, manner: Manner) -> Image.Image:
    return to_image(transfer_luminance(photo, painting) if manner.keep_colours else painting)


def _work(stage: Stage) -> float:
    return stage.size**2 / (DRAFT_IS_QUICKER if stage.drafted else 1)
