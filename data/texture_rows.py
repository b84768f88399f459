"""Paint the figure of chapter 4: textures from noise, guided by the first stage of the network, by the first two ...

    python data/texture_rows.py data/figures/textures.jpg               about a quarter of an hour
    python data/texture_rows.py out/one.jpg swirls --size 96 --steps 40

Each row begins with the texture. Every picture is saved beside the sheet, and one that is there already is not painted
again.
"""

import argparse
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from tqdm import tqdm

from course import gallery
from course.errors import InputError
from course.images import fit, save_image, to_image, white_noise
from course.objectives import RANGE, STYLE_LAYERS, Objective, in_range, style
from course.synthesis import Stage, paint
from course.weights import vgg19

# What is cut out of the upper left of a picture, in pixels: so much that a few dozen of its elements are to be seen.
CUT = {"brick": 256, "gravel": 192}
ROWS = ("brick", "gravel", "swirls", "stained_glass", "fans", "woodcut")
LABEL, GAP = 26, 6


def square(name: str, size: int) -> Tensor:
    """A square cut out of a picture, brought to [1, 3, size, size]."""
    picture = gallery.load(name)
    side = min(CUT.get(name, 10**6), *picture.shape[2:])
    return fit(picture[:, :, :side, :side], size, size)


def painted(name: str, stages: int, size: int, steps: int, folder: Path) -> Image.Image:
    """The texture made from pale noise by the Gram matrices of the first stages."""
    file = folder / f"{name}-{stages}-{size}.png"
    if not file.exists():
        texture = square(name, size)
        net = vgg19(pooling="avg", padding="replicate")
        objective = Objective(net, [style(texture, STYLE_LAYERS[:stages]), in_range()], {"range": RANGE})
        start = 0.5 + 0.1 * (white_noise(size, size, seed=0) - 0.5)
        for step in paint(objective, start, [Stage(size, steps)]):
            picture = step.image
        save_image(picture, file)
    return to_image(gallery.load(file))


def sheet(rows: dict[str, list[Image.Image]], columns: list[str]) -> Image.Image:
    """All rows below each other, the names of the columns on top."""
    side = max(picture.width for row in rows.values() for picture in row)
    width, height = len(columns) * (side + GAP) - GAP, LABEL + len(rows) * (side + GAP) - GAP
    canvas = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(size=LABEL * 0.58)
    for column, words in enumerate(columns):
        draw.text((column * (side + GAP) + side / 2, LABEL / 2), words, fill="black", font=font, anchor="mm")
    for number, row in enumerate(rows.values()):
        for column, picture in enumerate(row):
            canvas.paste(picture, (column * (side + GAP), LABEL + number * (side + GAP)))
    return canvas


def main() -> None:
    """Paint what the command line asks for."""
    parser = argparse.ArgumentParser(description="Textures from noise, one more stage of the network at a time.")
    parser.add_argument("out", type=Path, metavar="OUT.jpg")
    parser.add_argument("names", nargs="*", default=ROWS, metavar="NAME", help=f"default: {' '.join(ROWS)}")
    parser.add_argument("--size", type=int, default=160, help="side of each picture (default 160)")
    parser.add_argument("--steps", type=int, default=100, help="for each picture (default 100)")
    parser.add_argument("--work", type=Path, help="where single pictures are kept; default: the sheet's folder")
    options = parser.parse_args()
    folder = options.work or options.out.parent
    for needed in (folder, options.out.parent):
        needed.mkdir(parents=True, exist_ok=True)
    stages = range(1, len(STYLE_LAYERS) + 1)
    rows: dict[str, list[Image.Image]] = {name: [] for name in options.names}
    try:
        for name, number in tqdm([(name, number) for name in rows for number in (0, *stages)], unit="picture"):
            made = (
                painted(name, number, options.size, options.steps, folder)
                if number
                else to_image(square(name, options.size))
            )
            rows[name].append(made)
    except InputError as error:
        sys.exit(f"error: {error}")
    columns = ["the texture", "stage 1", *(f"stages 1-{number}" for number in stages if number > 1)]
    sheet(rows, columns).save(options.out, quality=88)
    print(options.out)


if __name__ == "__main__":
    main()
