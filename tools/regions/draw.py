"""Draws data/regions: masks of what is to be seen in two photos of the gallery, `python tools/regions/draw.py`.

In each region we mark places by hand, as polygons. Every other pixel goes to the region that a random walker who is
stopped by changes of colour reaches first (Grady, *Random Walks for Image Segmentation*, PAMI 2006; scikit-image).
"""

import numpy as np
from PIL import Image, ImageDraw
from skimage.color import rgb2lab
from skimage.segmentation import random_walker

from course import gallery
from course.control.regions import FOLDER
from course.images import to_image

SIZE = 640
# x, y in pixels
MARKED = {
    "china": {
        "sky": [
            [(0, 0), (190, 0), (190, 25), (150, 70), (85, 105), (70, 180), (40, 170), (0, 120)],
            [(225, 0), (640, 0), (640, 120), (590, 125), (545, 200), (535, 262), (400, 310), (365, 300), (365, 260),
             (345, 180), (335, 120), (270, 75), (225, 45)],
            [(20, 290), (60, 285), (75, 300), (55, 312), (15, 300)],
        ],
        "temple": [
            [(203, 38), (210, 38), (212, 62), (232, 88), (262, 102), (300, 122), (285, 160), (310, 178), (310, 230),
             (335, 255), (330, 300), (340, 330), (325, 350), (290, 385), (230, 380), (190, 350), (90, 325), (95, 280),
             (85, 265), (110, 240), (110, 180), (100, 178), (125, 160), (130, 125), (115, 118), (160, 98), (185, 80)],
        ],
        "trees": [
            [(0, 200), (25, 200), (40, 230), (15, 260), (0, 265)],
            [(0, 320), (30, 360), (110, 345), (180, 375), (260, 410), (280, 425), (0, 427)],
            [(345, 427), (350, 385), (400, 345), (470, 325), (540, 300), (565, 330), (580, 300), (575, 260),
             (570, 225), (600, 160), (630, 170), (640, 180), (640, 427)],
        ],
    },
    "flower": {
        "flower": [
            [(230, 120), (310, 92), (390, 120), (435, 200), (430, 270), (380, 330), (310, 350), (240, 330), (190, 270),
             (180, 190)],
            [(310, 427), (300, 405), (345, 385), (400, 388), (435, 420), (440, 427)],
        ],
        "leaves": [
            [(0, 0), (640, 0), (640, 427), (480, 427), (440, 385), (390, 360), (450, 290), (460, 180), (400, 95),
             (310, 70), (220, 95), (160, 160), (160, 270), (210, 350), (300, 375), (280, 427), (0, 427)],
        ],
    },
}  # fmt: skip
STOPPED = 300  # how strongly by a change of colour


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for photo, regions in MARKED.items():
        picture = to_image(gallery.photo(photo, SIZE))
        marks = Image.new("L", picture.size)
        draw = ImageDraw.Draw(marks)
        for number, polygons in enumerate(regions.values(), 1):
            for polygon in polygons:
                draw.polygon(polygon, fill=number)
        colours = rgb2lab(np.asarray(picture))
        labels = random_walker(
            colours / colours.std((0, 1)), np.asarray(marks, dtype=int), STOPPED, "cg_j", channel_axis=2
        )
        for number, name in enumerate(regions, 1):
            Image.fromarray(labels == number).save(FOLDER / f"{photo}_{name}.png", optimize=True)


if __name__ == "__main__":
    main()
