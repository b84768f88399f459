"""A contact sheet of a painter: `python tools/painters/sheet.py PAINTER SHEET.png`; a checkpoint will do as well."""

import argparse
from pathlib import Path

import torch
from torch import Tensor

from course import gallery
from course.images import fit, save_image
from course.nets.feedforward import Painter, load_painter

PHOTOS = ("china", "cat", "astronaut")


def from_checkpoint(path: Path) -> Painter:
    """The painter in a training's checkpoint."""
    state = torch.load(path, weights_only=True)
    weights = state["painter"]
    blocks = len({name.split(".")[1] for name in weights if name.startswith("residuals.")})
    painter = Painter(state["settings"]["styles"]["names"], len(weights["first"]), blocks)
    painter.load_state_dict(weights)
    return painter.eval().requires_grad_(False)


def sheet(painter: Painter, size: int, columns: int = 4) -> Tensor:
    """[1, 3, H, W]: for each style the style itself and the photos painted in it, four styles in a row."""
    cells = []
    for name in painter.styles:
        style = fit(gallery.style(name), size * 2 // 3, size * 2 // 3)
        painted = [painter(gallery.photo(photo, size), painter.share(name)).clamp(0, 1) for photo in PHOTOS]
        cells.append(
            torch.cat(
                [fit(x, size * 2 // 3, round(size * 2 / 3 * x.shape[3] / x.shape[2])) for x in (style, *painted)], 3
            )
        )
    rows = [torch.cat(cells[k : k + columns], 3) for k in range(0, len(cells), columns)]
    return torch.cat(rows, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("painter", type=Path)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--size", type=int, default=192)
    options = parser.parse_args()
    state = torch.load(options.painter, weights_only=True)
    painter = from_checkpoint(options.painter) if "optimiser" in state else load_painter(options.painter)
    save_image(sheet(painter, options.size), options.sheet)


if __name__ == "__main__":
    main()
