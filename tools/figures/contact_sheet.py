"""Paint several pairs and put them on one sheet, to look at: after a style was repainted, or for the README.

    python tools/figures/contact_sheet.py out/cat.jpg                        the cat in every style of the gallery
    python tools/figures/contact_sheet.py out/six.jpg cat:swirls coffee:fans --size 384 --columns 2

Pictures are painted as `course paint` does by default, each is saved beside the sheet, and one that is there already is
not painted again.
"""

import argparse
import math
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from tqdm import tqdm

from course import cli, gallery
from course.errors import InputError
from course.images import to_image

LABEL = 28


def painted(pair: str, size: int, folder: Path) -> Image.Image:
    """The painting of one pair "content:style"."""
    content, _, style = pair.partition(":")
    file = folder / f"{content}-{style}-{size}.png"
    if not file.exists() and cli.main(["paint", content, style, "-o", str(file), "--size", str(size)]):
        raise SystemExit(f"{pair} could not be painted")
    return to_image(gallery.load(file))


def sheet(pictures: dict[str, Image.Image], columns: int, labels: bool, gap: int = 6) -> Image.Image:
    """All pictures in rows, each in a cell as wide and as high as the largest, its name below."""
    width = max(picture.width for picture in pictures.values())
    height = max(picture.height for picture in pictures.values())
    below = LABEL if labels else 0
    rows = math.ceil(len(pictures) / columns)
    canvas = Image.new("RGB", (columns * (width + gap) - gap, rows * (height + below + gap) - gap), "white")
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(size=LABEL * 0.6)
    for number, (name, picture) in enumerate(pictures.items()):
        x, y = number % columns * (width + gap), number // columns * (height + below + gap)
        canvas.paste(picture, (x + (width - picture.width) // 2, y + (height - picture.height) // 2))
        if labels:
            draw.text((x + width / 2, y + height + below / 2), name, fill="black", font=font, anchor="mm")
    return canvas


def main() -> None:
    """Paint what the command line asks for."""
    parser = argparse.ArgumentParser(description="Paint several pairs and put them on one sheet.")
    parser.add_argument("out", type=Path, metavar="OUT.jpg")
    parser.add_argument("pairs", nargs="*", metavar="CONTENT:STYLE", help="default: the cat in every style")
    parser.add_argument("--size", type=int, default=256, help="longer side of each picture (default 256)")
    parser.add_argument("--columns", type=int, default=5)
    parser.add_argument("--no-labels", action="store_true")
    options = parser.parse_args()
    pairs = options.pairs or [f"cat:{style}" for style in gallery.names("style")]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    try:
        pictures = {pair: painted(pair, options.size, options.out.parent) for pair in tqdm(pairs, unit="picture")}
    except InputError as error:
        sys.exit(f"error: {error}")
    if len({pair.split(":")[0] for pair in pictures}) == 1:  # the same content everywhere needs no mention
        pictures = {pair.split(":")[1]: picture for pair, picture in pictures.items()}
    sheet(pictures, options.columns, not options.no_labels).save(options.out, quality=90)
    print(options.out)


if __name__ == "__main__":
    main()
