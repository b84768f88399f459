"""How near to its style a painting comes for its cost, by the network it is painted through.

    python tools/slim/curve.py data/slim/vgg19-slim.pt wide.pt

For each network, Oxford's and those of the files: the least seconds of an evaluation at 256 pixels, by one thread, all
measured by turns; and the style distance, judged by Oxford's, after so many steps on twelve pairs at 160 pixels, as a
multiple of what Oxford's own painting has after the last of them. The median, with the quartiles.
"""

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import quantiles

import torch

from course import gallery
from course.nets.precision import Precision, choose
from course.nets.vgg import VGG
from course.nets.weights import parameters, slim
from course.objectives import Objective, style_transfer
from course.synthesis import Stage, paint

PAIRS, SIDE, STEPS = 12, 160, (10, 20, 40, 80, 160)
TIMED_SIDE, TIMES = 256, 8


def networks(files: list[Path], precision: Precision) -> dict[str, VGG]:
    """Oxford's, and those of the files, by the names of these."""
    dtype = choose(precision).dtype
    found = {"oxford": parameters("E", "oxford"), **{path.stem: slim(path) for path in files}}
    return {name: VGG("E", those, padding="replicate", dtype=dtype) for name, those in found.items()}


def seconds(nets: Mapping[str, VGG]) -> dict[str, float]:
    """The least time of an objective and its gradient at 256 pixels, by network."""
    photo, style = gallery.photo("cat", TIMED_SIDE), gallery.style("swirls", TIMED_SIDE)
    begun = {
        name: paint(style_transfer(net, photo, style), photo, [Stage(TIMED_SIDE, 99)]) for name, net in nets.items()
    }
    least = dict.fromkeys(nets, float("inf"))
    for turn in range(TIMES + 1):
        for name, painting in begun.items():
            began = time.perf_counter()
            next(painting)
            if turn:  # the first step prepares the targets
                least[name] = min(least[name], time.perf_counter() - began)
    return least


def distances(net: VGG, judges: list[Objective], pairs: list[tuple[str, str]]) -> list[list[float]]:
    """Of each pair the style distance after each number of `STEPS`, judged by its judge."""
    found = []
    for judge, (photo_name, style_name) in zip(judges, pairs, strict=True):
        photo, style = gallery.photo(photo_name, SIDE), gallery.style(style_name, SIDE)
        pictures = {}
        for step in paint(style_transfer(net, photo, style), photo, [Stage(SIDE, STEPS[-1])]):
            pictures[step.number] = step.image
        judged = judge.at(*photo.shape[2:])
        with torch.no_grad():
            found.append([float(judged(pictures[min(n, max(pictures))]).losses["style"]) for n in STEPS])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="How near to its style a painting comes for its cost.")
    parser.add_argument("files", type=Path, nargs="+", help="weights that tools/slim/distill.py has written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    nets = networks(options.files, "float32")
    costs = {"float32": seconds(nets)}
    if (fastest := choose("auto").dtype) != torch.float32:
        costs[str(fastest).removeprefix("torch.")] = seconds(networks(options.files, "auto"))
    photos, styles = gallery.names("photo"), gallery.names("style")
    pairs = [(photos[k % len(photos)], styles[k]) for k in range(PAIRS)]
    full = nets["oxford"]
    judges = [style_transfer(full, gallery.photo(photo, SIDE), gallery.style(style, SIDE)) for photo, style in pairs]
    best: list[float] = []
    for name, net in nets.items():
        found = distances(net, judges, pairs)
        best = best or [of_pair[-1] for of_pair in found]
        spent = ", ".join(f"{1000 * least[name]:.0f} ms ({precision})" for precision, least in costs.items())
        print(f"{name}: {spent}")
        for k, steps in enumerate(STEPS):
            low, middle, high = quantiles([row[k] / b for row, b in zip(found, best, strict=True)], n=4)
            print(f"  {steps:4} steps: {middle:6.2f} times as far ({low:.2f} to {high:.2f})", flush=True)


if __name__ == "__main__":
    main()
