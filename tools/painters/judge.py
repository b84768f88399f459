"""Judge a painter: `python tools/painters/judge.py PAINTER` prints how far its paintings are from their styles.

By the full VGG-19, at 192 pixels, on photos that it was not trained on, in the relative units of `course.objectives`:
the style distance of each painting over that of the bare photo, and the content distance; medians over all styles and
photos. With `--optimiser` also what the optimiser reaches, in a minute or so for each picture.
"""

import argparse
import statistics
from pathlib import Path

import torch
from sheet import from_checkpoint
from torch import Tensor

from course import gallery
from course.nets.feedforward import load_painter
from course.nets.weights import vgg19
from course.objectives import style_transfer
from course.synthesis import draft_first, paint
from course.training.corpus import HELD_OUT

SIZE = 192
STEPS = 80


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("painter", type=Path, help="a painter, or the checkpoint of a training")
    parser.add_argument("--photos", nargs="+", default=HELD_OUT, help="names of the gallery (default: those held out)")
    parser.add_argument("--styles", nargs="+", default=gallery.names("style"))
    parser.add_argument("--optimiser", action="store_true")
    options = parser.parse_args()
    unfinished = "optimiser" in torch.load(options.painter, weights_only=True)
    painter = from_checkpoint(options.painter) if unfinished else load_painter(options.painter)
    net, slim = vgg19(padding="replicate"), vgg19(weights="slim", padding="replicate")
    found: dict[str, list[tuple[float, float]]] = {"painter": [], "optimiser": []}
    for name in options.photos:
        photo = gallery.photo(name, SIZE)
        for style in options.styles:
            objective = style_transfer(net, photo, gallery.style(style))
            value_of = objective.at(*photo.shape[2:])

            def distances(picture: Tensor) -> tuple[float, float]:
                with torch.no_grad():
                    losses = value_of(picture).losses  # noqa: B023
                return float(losses["style"]), float(losses["content"])

            bare, _ = distances(photo)
            paintings = {"painter": painter.paint(photo, painter.share(style))}
            if options.optimiser:
                steps = paint(objective, photo, draft_first(SIZE, STEPS), draft=objective.through(slim))
                paintings["optimiser"] = list(steps)[-1].image
            for who, painting in paintings.items():
                far, content = distances(painting)
                found[who].append((far / bare, content))
                print(
                    f"{name:8} {style:14} {who:9} style {far / bare:.2f} of the photo's, content {content:.2f}",
                    flush=True,
                )
    for who, pairs in found.items():
        if pairs:
            style, content = (statistics.median(values) for values in zip(*pairs, strict=True))
            print(f"{who}: style {style:.2f} of the photo's, content {content:.2f}, medians of {len(pairs)} paintings")


if __name__ == "__main__":
    main()
