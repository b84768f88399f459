"""How many styles until a stranger is painted well? `python tools/painters/how_many.py` trains painters of any style on
2, 4, 8 and 16 styles of the gallery, with nothing else to learn from, each from the same random weights for as many
steps, and judges them on the four that none of them saw. Chapter 8 shows what it writes.

The judge is the slim VGG-19, at 128 pixels, on the photos held out: style distances over that of the bare photo.
"""

import argparse
import json
from pathlib import Path

import torch
from any import STAGES, STRANGERS, Lesson, Plan, Styles, Training
from torch import Tensor

from course import gallery
from course.adain.moments import whiten_colour
from course.adain.stylist import Decoder, Stylist
from course.files import write_atomically
from course.nets.memory import keep_freed_memory
from course.nets.weights import vgg19
from course.objectives import STYLE_LAYERS
from course.training.corpus import HELD_OUT, Corpus, gallery_photos
from course.training.perceptual import style_distance, style_grams

COUNTS = (2, 4, 8, 16)
SIDE = 128


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("data/painters/how_many.json"))
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    slim = vgg19(weights="slim", padding="replicate")
    names = [name for name in gallery.names("style") if name not in STRANGERS]
    known = names[:: len(names) // min(COUNTS)]  # among the styles of all painters

    @torch.no_grad()
    def judge(stylist: Stylist, styles: tuple[str, ...]) -> list[list[float]]:
        """For each style and photo the style distance over that of the bare photo."""
        rows = []
        for name in styles:
            painting = gallery.style(name, 192)
            grams = style_grams(slim, painting)

            def far(picture: Tensor) -> float:
                return float(style_distance(slim(picture, STYLE_LAYERS), grams))  # noqa: B023

            photos = [gallery.photo(photo, SIDE) for photo in HELD_OUT]
            rows.append([round(far(stylist.paint(photo, painting)) / far(photo), 3) for photo in photos])
        return rows

    found: dict[str, object] = {"steps": options.steps, "strangers": STRANGERS, "known": known, "photos": HELD_OUT}
    for count in COUNTS:
        stylist = Stylist(slim, Decoder(slim.widths[:STAGES]))
        styles = Styles(names[:: len(names) // count], photos=[])
        lesson = Lesson(stylist, alpha=2.0, beta=8.0)
        training = Training(stylist, Corpus(gallery_photos()), styles, lesson, Plan(options.steps, 96, 2, 3e-3, 0.0))
        while training.number < options.steps:
            training.step()
        stylist.transfer = whiten_colour
        found[str(count)] = {"strangers": judge(stylist, STRANGERS), "known": judge(stylist, tuple(known))}
        print(count, found[str(count)], flush=True)
        write_atomically(options.out, json.dumps(found, indent=1).encode())


if __name__ == "__main__":
    main()
