"""What must a painter be trained on? `python tools/painters/diets.py` answers for chapter 7, which has no time for it.

Trains small painters as its section 7 does, on four kinds of pictures and, as the control, on white noise, and lets two
photos judge that none of them has seen. Writes what they painted to data/figures/diets.jpg and how good that is to
data/painters/diets.json: style distance as a share of the bare photo's, and content distance, both by the slim network,
for each training. A painter that is finished is kept in --work, and is not trained again. A training takes some ten
seconds of one core.
"""

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor

from course import gallery
from course.figures import lattice
from course.files import DATA, write_atomically
from course.nets.feedforward import Painter, load_painter
from course.nets.weights import vgg19
from course.objectives import CONTENT_LAYER, STYLE_LAYERS
from course.training.corpus import HELD_OUT, LARGEST, Corpus, gallery_photos
from course.training.perceptual import Perceptual, content_distance, style_distance
from course.training.train import Plan, train

STYLE, SIZE = "swirls", 256
PLAN = Plan(100, side=64, count=4)
WIDTH = 8
ALT = "Two photos, painted by five painters that were trained on different pictures"


def diets(seed: int) -> dict[str, Corpus]:
    """What painters are trained on, by name."""
    photos = gallery_photos()
    others = [gallery.style(name, LARGEST) for name in gallery.names("style") if name != STYLE]
    return {
        "six photos": Corpus(photos, 0, seed),
        "one photo": Corpus([gallery.photo("cat", LARGEST)], 0, seed),
        "formulas": Corpus([], 1, seed),
        "paintings": Corpus(others, 0, seed),
        "white noise": Corpus([noise()], 0, seed),
    }


def noise() -> Tensor:
    """A picture with nothing in it: each pixel has a colour of its own; crops of it hardly change their size."""
    return torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))


def trained(corpus: Corpus, teacher: Perceptual, seed: int, file: Path) -> Painter:
    """The painter in this file, trained now if there is none."""
    if not file.exists():
        painter = Painter([STYLE], WIDTH, seed=seed)
        for step in train(painter, corpus, teacher, PLAN):
            if step.number % 50 == 0:
                print(f"{file.stem}, step {step.number}: {step.seconds:.0f} s", flush=True)
        painter.save(file)
    return load_painter(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2, help="trainings on each diet")
    parser.add_argument("--work", type=Path, default=Path("diets"), help="where painters are kept")
    options = parser.parse_args()
    net = vgg19(weights="slim", padding="replicate")
    teacher = Perceptual(net, [gallery.style(STYLE, SIZE)])
    judges = {name: gallery.photo(name, SIZE) for name in HELD_OUT}

    @torch.no_grad()
    def distances(painting: Tensor, photo: Tensor) -> tuple[float, float]:
        """Style distance over the photo's own, and content distance."""
        made, given = (net(one, [*STYLE_LAYERS, CONTENT_LAYER]) for one in (painting, photo))
        style = style_distance(made, teacher.grams) / style_distance(given, teacher.grams)
        return float(style), float(content_distance(made[CONTENT_LAYER], given[CONTENT_LAYER]))

    found: dict[str, dict[str, list[list[float]]]] = {}
    painted: dict[tuple[str, str], Tensor] = {}
    for seed in range(options.seeds):
        for diet, corpus in diets(seed).items():
            painter = trained(corpus, teacher, seed, options.work / f"{diet} {seed}.pt")
            for name, photo in judges.items():
                painting = painter.paint(photo)
                painted.setdefault((name, diet), painting)
                pair = [round(one, 3) for one in distances(painting, photo)]
                found.setdefault(diet, {}).setdefault(name, []).append(pair)
                print(f"{diet}, seed {seed}, {name}: style {pair[0]}, content {pair[1]}", flush=True)
    sheet = lattice([painted[name, diet] for name in judges for diet in found], list(judges), list(found), alt=ALT)
    write_atomically(DATA / "figures" / "diets.jpg", sheet.jpeg)
    write_atomically(DATA / "painters" / "diets.json", (json.dumps(found, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
