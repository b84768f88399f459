"""Paint the sheets of chapters 4 and 5, larger than a lesson has time for, and that of the slim network.

    python tools/figures/sheets.py textures data/figures/textures.jpg --size 160   textures by rows, stages by columns
    python tools/figures/sheets.py ratios data/figures/ratios.jpg        style layers by rows, alpha / beta by columns
    python tools/figures/sheets.py starts data/figures/starts.jpg        starts by rows, styles by columns
    python tools/figures/sheets.py poolings data/figures/poolings.jpg    poolings by rows, styles by columns
    python tools/figures/sheets.py slim data/figures/slim.jpg            the full network, the slim one and both by rows

Each picture is saved in --work, and one that is there already is not painted again. A sheet takes about ten minutes
on two cores.
"""

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from torch import Tensor
from tqdm import tqdm

from course import figures, gallery
from course.images import fit, save_image, white_noise
from course.nets.vgg import Pooling
from course.nets.weights import Weights, vgg19
from course.objectives import ALPHA, RANGE, STYLE_LAYERS, TV, Objective, in_range, style, style_transfer
from course.synthesis import Stage, coarse_to_fine, draft_first, paint

# Textures, and the side of what is cut out of each, in pixels: so much that a few dozen of its elements are to be seen.
TEXTURES = {"brick": 256, "gravel": 192, "swirls": 640, "stained_glass": 640, "fans": 640, "woodcut": 640}
PHOTO = "cat"
STYLES = ("stained_glass", "swirls", "fans", "woodcut")
RATIOS = (1, 0.1, 0.01, 0.001)
BETA = 10

Paint = Callable[[int], Tensor]  # longer side -> the painting


def square(name: str, size: int) -> Tensor:
    """A square cut out of a texture at its upper left, brought to [1, 3, size, size]."""
    picture = gallery.load(name)
    side = min(TEXTURES[name], *picture.shape[2:])
    return fit(picture[:, :, :side, :side], size, size)


def texture(name: str, stages: int, size: int) -> Tensor:
    """A texture made from pale noise by the Gram matrices of the first stages."""
    net = vgg19(pooling="avg", padding="replicate")
    objective = Objective(net, [style(square(name, size), STYLE_LAYERS[:stages]), in_range()], {"range": RANGE})
    *_, last = paint(objective, 0.5 + 0.1 * (white_noise(size, size) - 0.5), [Stage(size, 100)])
    return last.image


def textures() -> dict[str, dict[str, Paint]]:
    """Figure 2 of 1505.07376: one stage, two, three, four, all five."""
    rows = {}
    for name in TEXTURES:
        columns: dict[str, Paint] = {"the texture": partial(square, name)}
        for count in range(1, len(STYLE_LAYERS) + 1):
            column = "stage 1" if count == 1 else f"stages 1-{count}"
            columns[column] = partial(texture, name, count)
        rows[name.replace("_", "\n")] = columns
    return rows


def painted(
    size: int,
    style: str,
    start: str = "photo",
    pooling: Pooling = "max",
    alpha: float = ALPHA,
    tv: float = TV,
    layers: Sequence[str] = STYLE_LAYERS,
) -> Tensor:
    """One painting of the photo."""
    photo, painting = gallery.photo(PHOTO, size=size), gallery.style(style)
    height, width = photo.shape[2:]
    begin = {"photo": photo, "painting": fit(painting, height, width), "noise": white_noise(height, width)}[start]
    net = vgg19(pooling=pooling, padding="replicate")
    objective = style_transfer(net, photo, painting, alpha, BETA, tv, layers)
    *_, last = paint(objective, begin, coarse_to_fine(size, 150))
    return last.image


def ratios() -> dict[str, dict[str, Paint]]:
    """The table of figure 3 in 1508.06576."""
    rows: dict[str, dict[str, Paint]] = {}
    for count in range(1, len(STYLE_LAYERS) + 1):
        layers = STYLE_LAYERS[:count]
        name = layers[0] if count == 1 else f"{layers[0]} to\n{layers[-1]}"
        rows[name] = {
            f"alpha / beta = {ratio:g}": partial(painted, style="stained_glass", layers=layers, alpha=BETA * ratio)
            for ratio in RATIOS
        }
    return rows


def starts() -> dict[str, dict[str, Paint]]:
    """Three starts, four styles; noise at the last with more total variation, which takes its grain away."""
    kinds = {
        "from\nthe photo": partial(painted, start="photo"),
        "from the\npainting": partial(painted, start="painting"),
        "from\nnoise": partial(painted, start="noise", tv=0),
        "from noise,\nTV": partial(painted, start="noise", tv=10),
    }
    return {name: {style: partial(kind, style=style) for style in STYLES} for name, kind in kinds.items()}


def poolings() -> dict[str, dict[str, Paint]]:
    """Maximum and average, four styles."""
    kinds: dict[str, Pooling] = {"maximum": "max", "average": "avg"}
    return {
        name: {style: partial(painted, style=style, pooling=kind) for style in STYLES} for name, kind in kinds.items()
    }


PAIRS = (("cat", "swirls"), ("cat", "woodcut"), ("coffee", "mosaic"), ("rocket", "marbling"))


def with_slim(size: int, photo: str, style: str, first: Weights, last: Weights) -> Tensor:
    """One painting through the weights `last`, its drafts through `first`."""
    content, painting = gallery.photo(photo, size=size), gallery.style(style)
    objective = style_transfer(vgg19(weights=last, padding="replicate"), content, painting)
    draft = objective.through(vgg19(weights=first, padding="replicate"))
    stages = coarse_to_fine(size, 150) if first == last else draft_first(size, 120)
    *_, step = paint(objective, content, stages, draft=draft)
    return step.image


def slim() -> dict[str, dict[str, Paint]]:
    """How pictures of the slim network differ, and what becomes of them when the full one goes on."""
    kinds: dict[str, tuple[Weights, Weights]] = {
        "the full\nnetwork": ("oxford", "oxford"),
        "the slim\nnetwork": ("slim", "slim"),
        "slim drafts,\nthen the full": ("slim", "oxford"),
    }
    return {
        name: {
            f"{photo}, {style}": partial(with_slim, photo=photo, style=style, first=first, last=last)
            for photo, style in PAIRS
        }
        for name, (first, last) in kinds.items()
    }


SHEETS = {"slim": slim, "textures": textures, "ratios": ratios, "starts": starts, "poolings": poolings}


def main() -> None:
    """Paint what the command line asks for."""
    parser = argparse.ArgumentParser(description="Many paintings on one sheet.")
    parser.add_argument("sheet", choices=SHEETS)
    parser.add_argument("out", type=Path, metavar="OUT.jpg")
    parser.add_argument("--size", type=int, default=192, help="longer side of each picture (default 192)")
    parser.add_argument("--work", type=Path, default=Path("out/sheets"), help="where single pictures are kept")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    rows = SHEETS[options.sheet]()
    images = []
    cells = [(row, column, make) for row, columns in rows.items() for column, make in columns.items()]
    for number, (_, _, make) in enumerate(tqdm(cells, unit="picture")):
        file = options.work / f"{options.sheet}-{number:02}-{options.size}.png"
        if not file.exists():
            save_image(make(options.size), file)
        images.append(gallery.load(file))
    columns = list(dict.fromkeys(column for _, column, _ in cells))
    figure = figures.lattice(images, list(rows), columns, alt=f"The sheet of {options.sheet}")
    options.out.write_bytes(figure.jpeg)
    print(options.out)


if __name__ == "__main__":
    main()
