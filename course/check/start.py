"""Checks of chapter 0: pictures and tensors."""

from __future__ import annotations

import torch
from torch import Tensor

from course import images
from course.check.exercise import Question, exercise

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def reference_normalise(image: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """(image - mean) / std, channel by channel, for an image [B, 3, H, W]."""
    return (image - _channels(mean)) / _channels(std)


def reference_denormalise(x: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """x * std + mean, channel by channel: the way back from `reference_normalise`."""
    return x * _channels(std) + _channels(mean)


def _channels(numbers: tuple[float, ...]) -> Tensor:
    return torch.tensor(numbers).view(1, -1, 1, 1)


@exercise(images.to_tensor, 'section 2, "A picture is a tensor"')
def to_tensor(question: Question) -> str:
    """Pillow picture -> [1, 3, H, W], RGB in [0, 1]."""
    height, width = 4 + question.draw.whole(0, 3), 8 + question.draw.whole(0, 3)
    pixels = question.draw.pixels(height, width)
    pixels[0, 0] = torch.tensor([255, 0, 51])
    given = f"a picture of {height} rows and {width} columns"
    returned = question.ask("of_picture", pixels)
    if isinstance(returned.value, Tensor) and returned.value.dtype == torch.uint8:
        raise question.wrong(
            "levels",
            f"for {given} expected float32 in [0, 1], got uint8.",
            "This looks like: the 256 levels were kept; a float of 0..1 is 8-bit level / 255.",
        )
    if returned.kind == "Tensor" and tuple(returned.value.shape) == (1, 3, width, height):
        raise question.wrong(
            "width_first",
            f"for {given} expected [1, 3, {height}, {width}], got {_shape(returned)}.",
            "Rows come first: Pillow's size is (width, height), numpy's shape (height, width, 3).",
        )
    if returned.kind == "Tensor" and returned.value.shape[-1] == 3:
        raise question.wrong(
            "channels_last",
            f"for {given} expected [1, 3, {height}, {width}], got {_shape(returned)}.",
            "This looks like: the channels stayed last, as numpy has them; torch wants them first.",
        )
    if returned.kind == "Tensor" and tuple(returned.value.shape) == (3, height, width):
        raise question.wrong(
            "no_batch",
            f"for {given} expected [1, 3, {height}, {width}], got {_shape(returned)}.",
            "This looks like: the batch axis is missing; unsqueeze(0) adds it in front.",
        )
    got = question.tensor(returned, (1, 3, height, width), given)
    levels = pixels.permute(2, 0, 1)[None].float()
    question.same(
        got,
        levels / 255,
        given,
        {
            "levels": (levels, "0..255 was not brought to [0, 1]."),
            "divided_by_256": (levels / 256, "divided by 256; the largest level is 255, and white would not be 1."),
            "bgr": (levels.flip(1) / 255, "red and blue changed places (BGR); Pillow already gives RGB."),
            "reshaped": (
                pixels.reshape(1, 3, height, width) / 255,
                "reshape or view instead of permute: the numbers of a row were cut up into channels.",
            ),
            "minus_one_to_one": (levels / 127.5 - 1, "a range of [-1, 1]; the course's pictures live in [0, 1]."),
            "transposed": (
                pixels.permute(2, 1, 0).reshape(1, 3, height, width) / 255,
                "rows and columns were exchanged on the way.",
            ),
        },
        tolerance=1e-6,
    )
    return f"shape [1, 3, H, W], float32 in [0, 1], R first, every pixel of a {height} x {width} picture in its place"


@exercise(images.to_image, 'section 2, "And back"')
def to_image(question: Question) -> str:
    """[1, 3, H, W] -> Pillow picture, clamped and rounded."""
    height, width = 4 + question.draw.whole(0, 3), 8 + question.draw.whole(0, 3)
    image = question.draw.uniform(1, 3, height, width) * 1.6 - 0.3
    image[0, :, 0, 0] = torch.tensor([1.4, -0.4, 0.999])
    given = f"a tensor [1, 3, {height}, {width}] with values from -0.4 to 1.4"
    returned = question.ask("call", image)
    question.unchanged(returned, given)
    if returned.kind == "NoneType":
        raise question.wrong("none", f"for {given} it returned nothing.", "Is the return missing?")
    if returned.kind != "Image":
        raise question.wrong(
            "type",
            f"for {given} expected a Pillow picture, got a {returned.kind}.",
            "Image.fromarray(array) makes one of a uint8 array [H, W, 3].",
        )
    got = returned.value
    if tuple(got.shape) != (height, width, 3):
        looks = "rows and columns are exchanged: permute(1, 2, 0) brings [3, H, W] to [H, W, 3]"
        raise question.wrong(
            "size",
            f"for {given} expected {height} rows and {width} columns of RGB, got an array {list(got.shape)}.",
            f"This looks like: {looks}.",
        )
    plane = image[0].permute(1, 2, 0)
    levels = (plane.clamp(0, 1) * 255).round().to(torch.uint8)
    low, high = plane.min(), plane.max()
    question.same(
        got,
        levels,
        given,
        {
            "wraps": (
                (plane * 255).round().to(torch.int64).to(torch.uint8),
                "nothing was clamped: 1.4 wrapped round and became dark. Clamp to [0, 1] first.",
            ),
            "wraps_cut": (
                (plane * 255).to(torch.int64).to(torch.uint8),
                "neither clamped nor rounded: 1.4 wrapped round, and every level was cut off downwards.",
            ),
            "cut": (
                (plane.clamp(0, 1) * 255).to(torch.uint8),
                "the levels are cut off, not rounded: 0.999 became 254, and each round trip darkens the picture.",
            ),
            "stretched": (
                ((plane - low) / (high - low) * 255).round().to(torch.uint8),
                "the range was stretched to fit; the same colour would look different in every picture.",
            ),
            "bgr": (levels.flip(2), "red and blue changed places (BGR)."),
            "reshaped": (
                (image.clamp(0, 1) * 255).round().to(torch.uint8).reshape(height, width, 3),
                "reshape or view instead of permute.",
            ),
            "times_256": (
                (plane.clamp(0, 1) * 256).clamp(0, 255).round().to(torch.uint8),
                "multiplied by 256, not 255.",
            ),
        },
        tolerance=1e-6,
    )
    returned = question.ask("call", image.double())
    if returned.kind != "Image" or not torch.equal(returned.value, levels):
        raise question.wrong(
            "double",
            "for the same picture in float64 it gave another one.",
            "Do not rely on one type of float; clamp, scale, round, then .to(torch.uint8).",
        )
    return "clamped, rounded to 256 levels, rows and columns in place, and the tensor itself left alone"


@exercise(reference_normalise, 'section 3, "What the network wants to see"')
def normalise(question: Question) -> str:
    """(image - mean) / std for each channel."""
    image, given = question.draw.uniform(2, 3, 4, 5), "a batch [2, 3, 4, 5]"
    returned = question.ask("call", image, MEAN, STD)
    got = question.tensor(returned, (2, 3, 4, 5), given)
    mean, std = _channels(MEAN), _channels(STD)
    own_mean, own_std = image.mean((2, 3), keepdim=True), image.std((2, 3), keepdim=True)
    question.same(
        got,
        (image - mean) / std,
        given,
        {
            "not_divided": (image - mean, "the mean is taken away, the division by std is missing."),
            "divided_first": (image / std - mean, "divided first and subtracted then; brackets around image - mean."),
            "multiplied": ((image - mean) * std, "multiplied by std instead of divided."),
            "added": ((image + mean) / std, "the mean was added instead of taken away."),
            "way_back": (image * std + mean, "this is the way back, denormalise."),
            "own_statistics": (
                (image - own_mean) / own_std,
                "the picture's own mean and std; the network wants those of the pictures it was trained on.",
            ),
            "bgr": ((image - mean.flip(1)) / std.flip(1), "mean and std in the order B, G, R."),
            "variance": ((image - mean) / std**2, "divided by the variance; std is already the root."),
            "one_mean": ((image - mean.mean()) / std.mean(), "one mean for all channels; each channel has its own."),
        },
    )
    _carries_gradient(question, image)
    square = question.draw.uniform(1, 3, 3, 3)
    returned = question.ask("call", square, MEAN, STD)
    got = question.tensor(returned, (1, 3, 3, 3), "a picture [1, 3, 3, 3]")
    question.same(
        got,
        (square - mean) / std,
        "a picture [1, 3, 3, 3]",
        {
            "broadcast": (
                (square - mean.view(3)) / std.view(3),
                "without a view(1, 3, 1, 1) the three numbers meet the columns, not the channels.",
            ),
            "broadcast_rows": (
                (square - mean.view(3, 1)) / std.view(3, 1),
                "a view(3, 1) meets the rows; the channel axis needs two ones after it.",
            ),
        },
    )
    return "each channel has its own mean and std, a batch works, gradients pass"


@exercise(reference_denormalise, 'section 3, "What the network wants to see"')
def denormalise(question: Question) -> str:
    """x * std + mean for each channel."""
    x, given = question.draw.normal(2, 3, 4, 5), "a batch [2, 3, 4, 5]"
    returned = question.ask("call", x, MEAN, STD)
    got = question.tensor(returned, (2, 3, 4, 5), given)
    mean, std = _channels(MEAN), _channels(STD)
    question.same(
        got,
        x * std + mean,
        given,
        {
            "not_added": (x * std, "the mean was not added back."),
            "wrong_order": (
                (x + mean) * std,
                "the mean was added before multiplying; undo the last step of normalise first.",
            ),
            "divided": (x / std + mean, "divided by std a second time; the way back multiplies."),
            "way_there": ((x - mean) / std, "this is normalise again, not its inverse."),
            "clamped": (
                (x * std + mean).clamp(0, 1),
                "clamped to [0, 1]: then it is no inverse any more, and gradients die at the borders.",
            ),
            "subtracted": (x * std - mean, "the mean was taken away once more."),
        },
    )
    _carries_gradient(question, x)
    return "the exact inverse of normalise, for a batch, and gradients pass"


def _carries_gradient(question: Question, x: Tensor) -> None:
    if question.ask("gradient", x, MEAN, STD) is None:
        raise question.wrong(
            "detached",
            "no gradient finds its way back to the picture.",
            "detach(), .data, numpy and torch.no_grad() cut the way; leave them out here.",
        )


def _shape(returned: object) -> list[int]:
    value = getattr(returned, "value", None)
    assert isinstance(value, Tensor)
    return list(value.shape)
