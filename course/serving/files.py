"""Eight files as they come from phones, and what their names make of them."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image

from course import gallery

PIXELS = 128  # longer side of the pictures


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


def _saved(picture: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()
