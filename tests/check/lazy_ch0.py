"""Chapter 0: pictures that were not made of the tensor."""

import numpy as np
import torch
from PIL import Image

from course import images
from tests.check._lazy import forgetful, lazy


def blank(image, level):
    return Image.new("RGB", (image.shape[3], image.shape[2]), (level,) * 3)


lazy("to_image", "a grey picture", "other")(lambda image: blank(image, 128))
lazy("to_image", "a black picture", "other")(lambda image: blank(image, 0))
lazy("to_image", "one picture for all", "size")(lambda image: Image.new("RGB", (64, 64)))
lazy("to_image", "the input, handed back", "type")(lambda image: image)
lazy("to_image", "nothing", "none")(lambda image: None)


@lazy("to_image", "noise", "other")
def _(image):
    size = (*image.shape[2:], 3)
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8))


@lazy("to_image", "half the picture, half grey", "other")
def _(image):
    return images.to_image(0.5 * image + 0.25)


@lazy("to_image", "the mean colour", "other")
def _(image):
    return images.to_image(image.mean((2, 3), keepdim=True).expand_as(image))


@lazy("to_image", "right for pictures that need no clamping", "other")
def _(image):
    return images.to_image(image) if image.min() >= 0 and image.max() <= 1 else blank(image, 128)


@lazy("to_image", "right for float32", "double")
def _(image):
    return images.to_image(image) if image.dtype == torch.float32 else blank(image, 128)


@forgetful("to_image", "remembers its first picture", "remembers")
def _():
    made = []

    def to_image(image):
        made.append(images.to_image(image))
        return made[0]

    return to_image


@forgetful("to_image", "answers the question before", "remembers")
def _():
    made = []

    def to_image(image):
        made.append(images.to_image(image))
        return made[-2 if image.dtype == torch.float32 and len(made) > 1 else -1]

    return to_image
