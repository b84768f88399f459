"""Judge the painter of any style: `python tools/painters/strangers.py PAINTER STYLE ...` on styles it never saw.

By the full VGG-19, at 192 pixels, on photos that it was not trained on, as `judge.py` does for the twenty: the style
distance of each painting over that of the bare photo, the content distance, and their medians. STYLE is a name of the
gallery or a file. With `--sheet` also a sheet: each style, and the photos painted in it.
"""

import argparse
import statistics
from pathlib import Path

import torch
from torch import Tensor

from course import gallery
from course.adain.moments import adain, whiten_colour
from course.adain.stylist import SIZE, load_stylist
from course.images import fit, resize, save_image
from course.nets.weights import vgg19
from course.objectives import style_transfer
from course.training.corpus import HELD_OUT

SIDE = 192


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("painter", help="of any style: a name or a file")
    parser.add_argument("styles", nargs="+", help="names of the gallery, or files")
    parser.add_argument("--photos", nargs="+", default=HELD_OUT, help="(default: those held out)")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--adain", action="store_true", help="AdaIN in place of whitening and colouring")
    options = parser.parse_args()
    stylist = load_stylist(options.painter, adain if options.adain else whiten_colour)
    net = vgg19(padding="replicate")
    found, rows = [], []
    for name in options.styles:
        style = resize(gallery.load(name), SIZE)
        cells = [fit(style, SIDE, SIDE)]
        for photo_name in options.photos:
            photo = gallery.load(photo_name, SIDE)
            value_of = style_transfer(net, photo, style).at(*photo.shape[2:])

            def distances(picture: Tensor) -> tuple[float, float]:
                with torch.no_grad():
                    losses = value_of(picture).losses  # noqa: B023
                return float(losses["style"]), float(losses["content"])

            painting = stylist.paint(photo, style)
            (bare, _), (far, content) = distances(photo), distances(painting)
            found.append((far / bare, content))
            print(f"{Path(name).stem:16} {photo_name:8} style {far / bare:.2f}, content {content:.2f}", flush=True)
            cells.append(fit(painting, SIDE, round(SIDE * photo.shape[3] / photo.shape[2])))
        rows.append(torch.cat(cells, 3))
    style, content = (statistics.median(values) for values in zip(*found, strict=True))
    print(f"style {style:.2f} of the photo's, content {content:.2f}, medians of {len(found)} paintings")
    if options.sheet:
        width = max(row.shape[3] for row in rows)
        save_image(
            torch.cat([fit(row, SIDE, width) if row.shape[3] != width else row for row in rows], 2), options.sheet
        )


if __name__ == "__main__":
    main()
