"""What is done in other processes than the server's. Importing this imports no torch: the functions do that.

Each takes what is to be done and a `Line` back to whoever waits for it, and returns what comes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from course.errors import InputError
from studio.orders import Order, Source
from studio.uploads import LEAST_SIDE, MOST_NARROW, MOST_PIXELS, UploadError, kind_of

if TYPE_CHECKING:
    from studio.painting import Progress

KEPT_SIDE = 1024  # longer side, in pixels, of a picture that was sent: more than any painting has
PREVIEW_SIDE = 160  # twenty of them take a core a bit more than a second, and a class of thirty 40; 128 a third less


class StoppedError(Exception):
    """Nobody wants it any more."""


class Line(Protocol):
    """The line back."""

    def goes_on(self) -> None:
        """Says that the work goes on; raises StoppedError if it is not to."""

    def tell(self, news: Any) -> None:
        """Sends something on the way."""


@dataclass(frozen=True)
class Sent:
    """A picture that was sent, as it is kept: upright, sRGB, without all that a camera writes beside it.

    Attributes:
        jpeg: the file.
        width: in pixels.
        height: in pixels.
    """

    jpeg: bytes
    width: int
    height: int


def warm(nothing: None, line: Line) -> None:
    """Imports what painting needs, so that the first order need not wait for it."""
    from studio import painting

    painting.network("slim")


def paint(order: Order, line: Line) -> bytes:
    """Paints an order, and tells of its `Progress`. Returns a PNG."""
    from studio.painting import paint_order

    def tell(progress: Progress) -> None:
        line.tell(progress)

    return paint_order(order, line.goes_on, tell)


def read_upload(content: bytes, line: Line) -> Sent:
    """Opens a picture that somebody has sent.

    Raises:
        UploadError: if it cannot be painted from.
    """
    import io
    import warnings

    from course.decoding import read_picture, to_rgb

    kind_of(content)

    def least(height: int, width: int) -> int:
        if height * width > MOST_PIXELS:
            raise UploadError(
                f"This picture has {height * width / 1e6:.0f} million pixels; up to {MOST_PIXELS // 10**6} are read. "
                "Send a smaller copy, or a screenshot of it."
            )
        return 2 * KEPT_SIDE

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an odd profile, an odd tag: the picture is good, and its sender sees it
        try:
            picture = to_rgb(read_picture(content, "this picture", least), "this picture")
        except UploadError:
            raise
        except InputError as error:
            raise UploadError(f"{str(error)[0].upper()}{str(error)[1:]}.") from None
    if min(picture.size) < LEAST_SIDE:
        raise UploadError(f"This picture is too small: {picture.width} × {picture.height} pixels. Send a larger one.")
    if max(picture.size) > MOST_NARROW * min(picture.size):
        raise UploadError("This picture is too narrow a strip. Cut out a part of it, and send that.")
    picture.thumbnail((KEPT_SIDE, KEPT_SIDE))
    file = io.BytesIO()
    clean = picture.copy()
    clean.info.clear()
    clean.save(file, "JPEG", quality=93, subsampling=0)
    return Sent(file.getvalue(), *picture.size)


def preview(photo: Source, line: Line) -> Mapping[str, bytes]:
    """The photo in each of the styles that the quick painter knows, style -> JPEG; tells of each as (style, JPEG)."""
    import torch

    from course import gallery
    from course.decoding import read_picture
    from course.images import resize, to_image, to_tensor
    from course.live.instant import painter
    from studio.painting import encoded

    picture = gallery.find(photo).load(PREVIEW_SIDE) if isinstance(photo, str) else None
    if picture is None:
        assert isinstance(photo, bytes)
        picture = resize(to_tensor(read_picture(photo, "the picture")), PREVIEW_SIDE)
    sheet = {}
    for name, painting in painter().in_each_style(picture.contiguous(memory_format=torch.channels_last)):
        line.goes_on()
        sheet[name] = encoded(to_image(painting), "JPEG")
        line.tell((name, sheet[name]))
    return sheet
