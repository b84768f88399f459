"""Train the painter of all twenty styles: `python tools/painters/twenty.py --help`. See data/painters/README.md.

It begins from random weights, from `--start`, or, if there is a `--checkpoint`, from there. It may be stopped at any
moment and started again with the same command.
"""

import argparse
import time
from pathlib import Path

import torch

from course import gallery
from course.nets.feedforward import Painter, load_painter
from course.nets.weights import vgg19
from course.training.corpus import Corpus, folder_photos, gallery_photos
from course.training.perceptual import Perceptual, Weights
from course.training.train import Plan, train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, action="append", default=[], help="a folder of photos besides our own")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="a painter to begin from")
    parser.add_argument("--out", type=Path, help="where the painter is written at the end")
    parser.add_argument("--slim", action="store_true", help="styles are seen by the slim network, not by the full one")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--side", type=int, default=160)
    parser.add_argument("--count", type=int, default=2)
    parser.add_argument("--rate", type=float, default=1.2e-3)
    parser.add_argument("--width", type=int, default=24)
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--alpha", type=float, default=1.5)
    parser.add_argument("--beta", type=float, default=8.0)
    parser.add_argument("--grid", type=float, default=0.0, help="weight of a grid of period 4 in the paintings")
    parser.add_argument("--every", type=float, default=3.0, help="minutes between checkpoints")
    options = parser.parse_args()
    torch.set_num_threads(1)  # with another number, sums round otherwise
    names = gallery.names("style")
    painter = Painter(names, options.width, options.blocks)
    if options.start:
        painter.load_state_dict(load_painter(options.start).state_dict())
    photos = gallery_photos() + [photo for folder in options.photos for photo in folder_photos(folder)]
    slim = vgg19(weights="slim", padding="replicate")
    seen_by = slim if options.slim else vgg19(padding="replicate")
    weights = Weights(content=options.alpha, style=options.beta, grid=options.grid)
    loss = Perceptual(seen_by, [gallery.style(name) for name in names], weights, content_net=slim)
    plan = Plan(options.steps, options.side, options.count, options.rate)
    training = train(painter, Corpus(photos), loss, plan)
    if options.checkpoint.exists():
        training.resume(options.checkpoint)
    print(f"{len(photos)} photos, from step {training.number}", flush=True)
    saved = time.monotonic()
    means: dict[str, float] = {}
    for lesson in training:
        for name, value in lesson.losses.items():
            means[name] = means.get(name, value) + 0.02 * (value - means.get(name, value))
        if lesson.number % 20 == 0:
            numbers = ", ".join(f"{name} {value:.3g}" for name, value in means.items())
            print(f"step {lesson.number} of {lesson.of}, {lesson.seconds:.0f} s: {numbers}", flush=True)
        if time.monotonic() - saved > 60 * options.every:
            training.save(options.checkpoint)
            saved = time.monotonic()
    training.save(options.checkpoint)
    if options.out:
        painter.save(options.out)


if __name__ == "__main__":
    main()
