"""Judge a painter: `python tools/painters/judge.py PAINTER` prints how far its paintings are from their styles.

By the full VGG-19, at 192 pixels, on photos that it was not trained on, in the relative units of `course.objectives`:
the style distance of each painting over that of the bare photo, and the content distance; medians over all styles and
photos. With `--optimiser` also what the optimiser reaches, in a minute or so for each picture.

The grid is how far lines stand out whose period is that of the painter's enlargements, 4 pixels or 2: power in the
spectrum at those frequencies over power beside them. It is about 1 where there is no grid, as in photos.
"""

import argparse
import statistics
from pathlib import Path

import skimage
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
PERIODS = (4, 2)  # of the painter's two enlargements, in pixels
# A photo of scikit-image's, Middlebury's motorcycle (Scharstein et al. 2014), which nobody trained on either.
MOTORCYCLE = Path(skimage.__file__).parent / "data" / "motorcycle_left.png"
NEAR = (3, 8)  # frequencies beside one, so many steps of the spectrum away


def grid(picture: Tensor) -> float:
    """How far the lines of a grid stand out in a picture [1, 3, H, W]: about 1 if there is none.

    For columns and for rows, and for each of `PERIODS`: power at its frequency over the mean power `NEAR` it. Of these
    four ratios the largest. Both sides of the picture must be at least 48 pixels.
    """
    return max(_stands_out(picture.transpose(2, axis), period) for axis in (2, 3) for period in PERIODS)


def _stands_out(picture: Tensor, period: int) -> float:
    """The same for lines across the columns alone, [1, 3, H, W]."""
    height = picture.shape[2] // PERIODS[0] * PERIODS[0]  # so that its frequencies are among those of the transform
    grey = picture.mean(1)[0, :height]
    window = torch.hann_window(height, periodic=True)[:, None]
    power = torch.fft.rfft((grey - grey.mean(0)) * window, dim=0).abs().square().mean(1)
    at = height // period
    low, high = NEAR
    beside = torch.cat([power[at - high : at - low + 1], power[at + low : at + high + 1]])
    return float(power[at - 1 : at + 2].mean() / beside.mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("painter", type=Path, help="a painter, or the checkpoint of a training")
    parser.add_argument("--photos", nargs="+", default=[*HELD_OUT, str(MOTORCYCLE)], help="names or files")
    parser.add_argument("--styles", nargs="+", default=gallery.names("style"))
    parser.add_argument("--optimiser", action="store_true")
    options = parser.parse_args()
    unfinished = "optimiser" in torch.load(options.painter, weights_only=True)
    painter = from_checkpoint(options.painter) if unfinished else load_painter(options.painter)
    net, slim = vgg19(padding="replicate"), vgg19(weights="slim", padding="replicate")
    found: dict[str, list[tuple[float, ...]]] = {"painter": [], "optimiser": []}
    for name in options.photos:
        photo = gallery.load(name, SIZE)
        print(f"{Path(name).stem:8} grid {grid(photo):.1f}", flush=True)
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
                found[who].append((far / bare, content, grid(painting)))
                words = "style {:.2f} of the photo's, content {:.2f}, grid {:.1f}".format(*found[who][-1])
                print(f"{Path(name).stem:8} {style:14} {who:9} {words}", flush=True)
    for who, each in found.items():
        if each:
            columns = list(zip(*each, strict=True))
            words = "style {:.2f} of the photo's, content {:.2f}, grid {:.1f}".format(*map(statistics.median, columns))
            print(f"{who}: {words} (at most {max(columns[2]):.1f}), medians of {len(each)} paintings")


if __name__ == "__main__":
    main()
