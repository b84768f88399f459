"""Paint the style pictures: `python tools/styles [NAME ...] [--out DIR] [--size 640]`.

Every picture is drawn by a function `(rng, size) -> [size, size, 3]` from its own fixed seed, so that it can be made
again from nothing. No picture of anybody else's is read.
"""

import argparse
import io
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from abstract import colour_fields
from batik import batik
from brushed import aurora, pointillism, swirls
from ceramics import truchet
from circles import circles
from comic import halftone
from craft import weave, woodcut
from drawn import chalk, hatching
from fans import fans
from glass import stained_glass
from marbling import marbling
from mosaic import mosaic
from PIL import Image, ImageFile
from shards import shards
from wet import drip, ink_wash, watercolour

LIMIT = 290_000
ImageFile.MAXBLOCK = 2**23  # Pillow's own buffer is too small for an optimised JPEG of a finely hatched picture

Style = Callable[[np.random.Generator, int], np.ndarray]

# name -> (function, seed)
STYLES: dict[str, tuple[Style, int]] = {
    "aurora": (aurora, 1),
    "batik": (batik, 3),
    "chalk": (chalk, 1),
    "circles": (circles, 3),
    "colour_fields": (colour_fields, 3),
    "drip": (drip, 1),
    "fans": (fans, 3),
    "halftone": (halftone, 2),
    "hatching": (hatching, 1),
    "ink_wash": (ink_wash, 1),
    "marbling": (marbling, 2),
    "mosaic": (mosaic, 3),
    "pointillism": (pointillism, 1),
    "shards": (shards, 2),
    "stained_glass": (stained_glass, 1),
    "swirls": (swirls, 1),
    "truchet": (truchet, 2),
    "watercolour": (watercolour, 1),
    "weave": (weave, 1),
    "woodcut": (woodcut, 1),
}


def paint(name: str, size: int) -> Image.Image:
    """Draw one style from its seed."""
    function, seed = STYLES[name]
    picture = function(np.random.default_rng(seed), size)
    if picture.dtype != np.uint8:
        picture = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    return Image.fromarray(picture)


def encode(image: Image.Image, limit: int = LIMIT) -> bytes:
    """JPEG bytes below `limit`: full colour resolution if quality 80 can be had with it, halved otherwise."""
    for subsampling, lowest in (("4:4:4", 80), ("4:2:0", 30)):
        for quality in range(92, lowest - 1, -2):
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=quality, subsampling=subsampling, optimize=True)
            if buffer.tell() < limit:
                return buffer.getvalue()
    raise ValueError(f"the picture does not fit into {limit} bytes")


def main() -> None:
    """Paint the styles named on the command line, or all of them."""
    parser = argparse.ArgumentParser(prog="generator", description="Paint the style pictures from their seeds.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of: {', '.join(sorted(STYLES))}")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).resolve().parents[2] / "data" / "styles", metavar="DIR"
    )
    parser.add_argument("--size", type=int, default=640, help="side in pixels (default 640)")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(STYLES))
    if unknown:
        parser.error(f"unknown style {', '.join(unknown)}; there are {', '.join(sorted(STYLES))}")
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.names or sorted(STYLES):
        start = time.perf_counter()
        data = encode(paint(name, options.size))
        (options.out / f"{name}.jpg").write_bytes(data)
        print(f"{name:12} {len(data) // 1000:4d} kB {time.perf_counter() - start:5.1f} s")


if __name__ == "__main__":
    main()
