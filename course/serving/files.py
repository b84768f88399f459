"""Files for a page: eight as they come from phones, and small pictures that a page carries in itself."""

from __future__ import annotations

import base64
import io
from functools import cache

from PIL import Image

from course import gallery

PIXELS = 128  # longer side of the pictures
THUMBNAIL = 80  # side of a small one


@cache
def eight_files() -> dict[str, bytes]:
    """Name -> content. Two are what their names say; the others are a PNG, HEIC, WebP, PDF, sound and a page."""
    with Image.open(gallery.find("cat").path) as opened:
        cat = opened.convert("RGB")
    cat.thumbnail((PIXELS, PIXELS))
    noise = bytes(range(32))
    return {
        "cat.jpg": _saved(cat, "JPEG"),
        "beach.jpg": _saved(cat, "PNG"),
        "IMG_2041.jpg": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + noise,
        "sunset.png": _saved(cat, "WEBP"),
        "homework.jpg": b"%PDF-1.7\n" + noise,
        "meow.webp": b"RIFF\x24\x08\0\0WAVEfmt " + noise,
        "dog.png": b"<!doctype html><script>alert(1)</script>",
        "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    }


def thumbnail(style: str) -> str:
    """A style of the gallery, small, as an address that holds the picture itself: "data:image/jpeg;base64,...".

    Raises:
        InputError: if there is no such picture.
    """
    with Image.open(gallery.find(style, "style").path) as opened:
        small = opened.convert("RGB").resize((THUMBNAIL, THUMBNAIL))
    return "data:image/jpeg;base64," + base64.b64encode(_saved(small, "JPEG")).decode()


def _saved(picture: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()
