"""Checks of chapter 0: pictures and tensors."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course import images
from course.check import ch0_probes  # noqa: F401  # its probes are asked by name
from course.check.engine.exercise import Question, exercise
from course.check.engine.probes import Returned

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

TUPLES = {
    "'Tensor' and 'tuple'": (
        "tuple",
        "mean and std are tuples of three numbers. torch.tensor(mean).view(1, 3, 1, 1) makes one of them meet the channels.",
    )
}


def reference_normalise(image: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """(image - mean) / std, channel by channel, for an image [B, 3, H, W]."""
    return (image - _channels(mean)) / _channels(std)


def reference_denormalise(x: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """x * std + mean, channel by channel: the way back from `reference_normalise`."""
    return x * _channels(std) + _channels(mean)


def _channels(numbers: tuple[float, ...]) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float32).view(1, -1, 1, 1)


@exercise(images.to_tensor, 'section 2, "A picture is a tensor"', solved_by=(images.load_image,))
def to_tensor(question: Question) -> str:
    """Pillow picture -> [1, 3, H, W], RGB in [0, 1]."""
    height, width = question.draw.whole(4, 7), question.draw.whole(8, 11)
    pixels = question.draw.levels(10, 245, height, width, 3).to(torch.uint8)  # a pale picture
    given = f"a picture of {height} rows and {width} columns"
    returned = question.ask("of_picture", pixels)
    _judge_layout(question, returned, given, height, width)
    got = question.tensor(returned, (1, 3, height, width), given)
    levels = pixels.permute(2, 0, 1)[None].float()
    question.same(
        got,
        levels / 255,
        given,
        {
            "levels": (levels, "the levels 0..255 as they are. Divided by 255 they become 0..1."),
            "divided_by_256": (levels / 256, "divided by 256. The largest level is 255, and white would not be 1."),
            "bgr": (levels.flip(1) / 255, "red and blue changed places (BGR). Pillow already gives RGB."),
            "reshaped": (
                pixels.reshape(1, 3, height, width) / 255,
                "reshape or view instead of permute: the numbers of a row were cut up into channels.",
            ),
            "minus_one_to_one": (levels / 127.5 - 1, "a range of [-1, 1]. The course's pictures live in [0, 1]."),
            "integer_division": (
                levels // 255,
                "// divides whole numbers and rounds down: everything below white is 0. Use /, or .float() first.",
            ),
            "multiplied": (levels * 255, "multiplied by 255. The levels are 0..255 already: divide."),
            "normalised": (
                (levels / 255 - _channels(MEAN)) / _channels(STD),
                "mean and std of the network's training came in. That is section 3; here the range is [0, 1].",
            ),
            "inverted": (1 - levels / 255, "a negative: 1 - x. White is 1, black is 0."),
            "own_maximum": (
                levels / levels.max(),
                "divided by the picture's own largest level. Divide by 255, whatever the picture holds.",
            ),
            "stretched": (
                (levels - levels.min()) / (levels.max() - levels.min()),
                "the range was stretched until it filled [0, 1]. A pale picture has to stay pale: divide by 255.",
            ),
            "transposed": (
                pixels.permute(2, 1, 0).reshape(1, 3, height, width) / 255,
                "rows and columns changed places on the way: permute(2, 0, 1) keeps their order.",
            ),
            "upside_down": (levels.flip(2) / 255, "the picture stands on its head. Row 0 is the top, in both worlds."),
            "mirrored": (levels.flip(3) / 255, "left and right changed places."),
        },
        tolerance=1e-6,
    )
    return "shape [1, 3, H, W], float32 in [0, 1], R first, every pixel in its place"


def _judge_layout(question: Question, returned: Returned, given: str, height: int, width: int) -> None:
    """Refuses a wrong shape or type of a picture: this exercise is about them."""
    question.unchanged(returned.changed, given)
    if returned.kind != "Tensor" or not isinstance(returned.value, Tensor):
        return
    got = tuple(returned.value.shape)
    seen = f"for {given} expected [1, 3, {height}, {width}], got {list(got)}."
    if got[-1:] == (3,):
        raise question.wrong(
            "channels_last",
            seen,
            "This looks like: the channels stayed last, as numpy has them; torch wants them first.",
        )
    if got in ((1, 1, height, width), (1, height, width), (height, width)):
        raise question.wrong("grey", seen, "This looks like: a grey picture. Keep R, G and B: no convert('L').")
    if got == (3, height, width):
        raise question.wrong(
            "no_batch", seen, "This looks like: the batch axis is missing; unsqueeze(0) adds it in front."
        )
    if got in ((1, 3, width, height), (3, width, height)):
        raise question.wrong(
            "width_first",
            seen,
            "Rows come first: Pillow's size is (width, height), numpy's shape is (height, width, 3).",
        )
    if returned.value.dtype == torch.uint8:
        raise question.wrong(
            "still_bytes",
            f"for {given} expected float32 in [0, 1], got uint8.",
            "This looks like: the 256 levels were kept. Make them floats, and divide by 255.",
        )


@exercise(
    images.to_image,
    'section 2, "And back"',
    stops={
        "Cannot handle this data type": (
            "not_pixels",
            "Image.fromarray wants uint8 and [H, W, 3]: no batch axis, channels last, levels 0..255.",
        )
    },
    solved_by=(images.save_image,),
)
def to_image(question: Question) -> str:
    """[1, 3, H, W] -> Pillow picture, clamped and rounded."""
    height, width = question.draw.whole(4, 7), question.draw.whole(8, 11)
    # Levels from -76 to 331, each moved by less than half a level: no two ways to round disagree about them.
    levels = question.draw.levels(-76, 331, 1, 3, height, width)
    levels[0, :, 0, 0] = torch.tensor([331, -76, 255])
    image = (levels + question.draw.uniform(1, 3, height, width) * 0.8 - 0.4) / 255
    image[0, 2, 0, 0] = 0.999
    given = f"a tensor [1, 3, {height}, {width}] with values from -0.3 to 1.3"
    returned = question.ask("call", image)
    question.present(returned, given)
    if not returned.kind.startswith("Image"):
        raise question.wrong(
            "type",
            f"for {given} expected a Pillow picture, got {returned.kind}.",
            "Image.fromarray(array) makes one of a uint8 array [H, W, 3].",
        )
    if returned.kind != "Image":
        raise question.wrong(
            "mode",
            f"for {given} expected a picture in RGB, got an {returned.kind}.",
            "An array [H, W, 3] becomes RGB. [H, W] becomes grey, and a fourth channel alpha or black.",
        )
    got = returned.value
    if tuple(got.shape) != (height, width, 3):
        raise question.wrong(
            "size",
            f"for {given} expected {height} rows and {width} columns, got {got.shape[0]} and {got.shape[1]}.",
            "permute(1, 2, 0) brings [3, H, W] to [H, W, 3]; permute(2, 1, 0) or .T would also exchange rows and columns.",
        )
    expected = _levels(image)
    question.same(got, expected, given, _wrong_levels(image, got), tolerance=1e-6)
    returned = question.ask("call", image.double())
    if returned.kind != "Image" or not torch.equal(returned.value, expected):
        raise question.wrong(
            "double",
            "for the same picture in float64 it gave another one.",
            "Do not rely on one type of float: clamp, scale, round, then .to(torch.uint8).",
        )
    return "clamped, rounded to 256 levels, rows and columns in place, and the tensor itself left alone"


def _levels(image: Tensor, finish: Callable[[Tensor], Tensor] = torch.round) -> Tensor:
    """Pixels [H, W, 3] of an image [1, 3, H, W]; `finish` makes whole numbers of levels."""
    return finish(image[0].permute(1, 2, 0).clamp(0, 1) * 255).to(torch.uint8)


def _wrong_levels(image: Tensor, got: Tensor) -> dict[str, tuple[Tensor | float, str]]:
    """The results of wrong solutions. How a cast treats values outside 0..255 differs between machines."""
    expected, cut = _levels(image), _levels(image, torch.floor)
    plane = image[0].permute(1, 2, 0)
    inside = (plane >= 0) & (plane <= 1)
    stretched = (image - image.min()) / (image.max() - image.min())
    return {
        "cut": (
            cut,
            "the levels were cut off, not rounded: 0.999 became 254, and each round trip darkens the picture.",
        ),
        "rounded_up": (
            _levels(image, torch.ceil),
            "rounded up: every level in between became the next one. round() takes the nearest.",
        ),
        "inverted": (255 - expected, "a negative: 255 - x. White is 255, black is 0."),
        "own_maximum": (
            _levels(image / image.max()),
            "divided by the tensor's own maximum. Clamp to [0, 1] instead: 1 is white, whatever else there is.",
        ),
        "denormalised": (
            _levels(image * _channels(STD) + _channels(MEAN)),
            "mean and std of the network came in. That is section 3; here the tensor is a picture in [0, 1].",
        ),
        "sigmoid": (
            _levels(image.sigmoid()),
            "a sigmoid squeezes all values. A picture in [0, 1] only needs clamp(0, 1).",
        ),
        "absolute": (
            _levels(image.abs()),
            "negative values lost their sign: abs() makes -0.3 as bright as 0.3. Below 0 is black, clamp(0, 1).",
        ),
        "absolute_cut": (
            _levels(image.abs(), torch.floor),
            "negative values lost their sign, and levels were cut off: clamp(0, 1), times 255, round.",
        ),
        "not_clamped": (
            torch.where(inside, expected, got),
            "nothing was clamped. A byte has no room for 1.3 * 255, and the spot jumps to some other level.",
        ),
        "not_clamped_cut": (
            torch.where(inside, cut, got),
            "neither clamped nor rounded: values outside [0, 1] do not fit into a byte, and the others were cut off.",
        ),
        "stretched": (
            _levels(stretched),
            "the range was stretched to fit: one colour would look different in every picture.",
        ),
        "stretched_cut": (
            _levels(stretched, torch.floor),
            "the range was stretched to fit, and the levels cut off: clamp to [0, 1], then round.",
        ),
        "bgr": (expected.flip(2), "red and blue changed places (BGR). Pillow wants RGB."),
        "reshaped": (
            (image.clamp(0, 1) * 255).round().to(torch.uint8).reshape(expected.shape),
            "reshape or view instead of permute: neighbouring numbers of one channel became one pixel.",
        ),
        "times_256": ((plane * 256).round().clamp(0, 255).to(torch.uint8), "multiplied by 256. White is 255."),
        "times_256_cut": ((plane * 256).clamp(0, 255).to(torch.uint8), "multiplied by 256 and cut off. Round 255 x."),
        "times_256_wrapped": (
            torch.where((plane < 0.995), (plane.clamp(0, 1) * 256).round().to(torch.uint8), got),
            "multiplied by 256. A byte ends at 255: white jumps to 0, which is black.",
        ),
        "no_255": (
            plane.clamp(0, 1).round().to(torch.uint8),
            "the factor 255 is missing: levels 0 and 1 are both as good as black.",
        ),
        "no_255_cut": (
            plane.clamp(0, 1).floor().to(torch.uint8),
            "bytes were made of values in [0, 1], without the factor 255: nearly everything became 0.",
        ),
        "from_minus_one": (
            _levels((image + 1) / 2),
            "a range of [-1, 1] was expected. The course's pictures live in [0, 1].",
        ),
        "rounded_early": (
            (plane.clamp(0, 1).round() * 255).to(torch.uint8),
            "rounded before it was multiplied by 255: only black and white are left.",
        ),
    }


@exercise(reference_normalise, 'section 3, "What the network wants to see"', TUPLES, solved_by=())
def normalise(question: Question) -> str:
    """(image - mean) / std for each channel."""
    image, given = question.draw.uniform(2, 3, 3, 3), "a batch [2, 3, 3, 3]"
    got = question.tensor(question.ask("call", image, MEAN, STD), (2, 3, 3, 3), given)
    mean, std = _channels(MEAN), _channels(STD)
    own_mean, own_std = image.mean((2, 3), keepdim=True), image.std((2, 3), keepdim=True)
    batch_mean, batch_std = image.mean((0, 2, 3), keepdim=True), image.std((0, 2, 3), keepdim=True)
    question.same(
        got,
        (image - mean) / std,
        given,
        {
            "not_divided": (image - mean, "the mean is taken away, and the division by std is missing."),
            "not_subtracted": (image / std, "divided by std, and the mean was not taken away before."),
            "divided_first": (
                image / std - mean,
                "divided before the mean was subtracted. Put image - mean in brackets.",
            ),
            "multiplied": ((image - mean) * std, "multiplied by std instead of divided."),
            "added": ((image + mean) / std, "the mean was added instead of taken away."),
            "way_back": (image * std + mean, "the way back, denormalise."),
            "own_statistics": (
                (image - own_mean) / own_std,
                "the picture's own mean and std. The network wants those of the pictures it was trained on.",
            ),
            "batch_statistics": (
                (image - batch_mean) / batch_std,
                "mean and std of this batch. The network wants those that are given, for every picture.",
            ),
            "levels": (
                (255 * image - mean) / std,
                "multiplied by 255 first. The picture is in [0, 1], and so are mean and std.",
            ),
            "precedence": (
                image - mean / std,
                "mean / std was taken away: / comes before -. Put image - mean in brackets.",
            ),
            "swapped": ((image - std) / mean, "mean and std changed places."),
            "mean_added_back": ((image - mean) * std + mean, "multiplied by std, and the mean was added back."),
            "divided_by_255": (
                (image / 255 - mean) / std,
                "divided by 255 first. The picture is in [0, 1] already.",
            ),
            "bgr": ((image - mean.flip(1)) / std.flip(1), "mean and std in the order B, G, R."),
            "variance": ((image - mean) / std**2, "divided by the variance. std is already the root."),
            "root": ((image - mean) / std.sqrt(), "divided by the root of std, which is a root already."),
            "one_mean": ((image - mean.mean()) / std.mean(), "one mean for all channels. Each channel has its own."),
            "first_mean": ((image - MEAN[0]) / STD[0], "every channel with red's numbers. Each has its own."),
            **_wrong_axes(lambda mean, std: (image - mean) / std),
        },
    )
    _carries_gradient(question, image)
    wide, given = question.draw.uniform(1, 3, 4, 5), "a picture [1, 3, 4, 5]"
    got = question.tensor(question.ask("call", wide, MEAN, STD), (1, 3, 4, 5), given)
    question.same(got, (wide - mean) / std, given, {})
    return "each channel has its own mean and std, a batch works, gradients pass"


@exercise(reference_denormalise, 'section 3, "What the network wants to see"', TUPLES, solved_by=())
def denormalise(question: Question) -> str:
    """x * std + mean for each channel."""
    x, given = 3 * question.draw.normal(2, 3, 3, 3), "a batch [2, 3, 3, 3]"
    got = question.tensor(question.ask("call", x, MEAN, STD), (2, 3, 3, 3), given)
    mean, std = _channels(MEAN), _channels(STD)
    question.same(
        got,
        x * std + mean,
        given,
        {
            "not_added": (x * std, "the mean was not added back."),
            "not_multiplied": (x + mean, "the mean was added back, and the multiplication by std is missing."),
            "wrong_order": (
                (x + mean) * std,
                "the mean was added before multiplying. Undo the last step of normalise first.",
            ),
            "divided": (x / std + mean, "divided by std a second time. The way back multiplies."),
            "way_there": ((x - mean) / std, "normalise again, not its inverse."),
            "clamped": (
                (x * std + mean).clamp(0, 1),
                "clamped to [0, 1]. Then it is no inverse any more, and gradients die at the borders.",
            ),
            "variance": (x * std**2 + mean, "multiplied by the variance. std is already the root."),
            "root": (x * std.sqrt() + mean, "multiplied by the root of std, which is a root already."),
            "way_there_multiplied": (
                (x - mean) * std,
                "the mean was taken away. The way back adds it, after the multiplication.",
            ),
            "levels_divided": ((x * std + mean) / 255, "divided by 255 as well. mean and std lead to [0, 1] already."),
            "subtracted": (x * std - mean, "the mean was taken away once more."),
            "swapped": (x * mean + std, "mean and std changed places."),
            "bgr": (x * std.flip(1) + mean.flip(1), "mean and std in the order B, G, R."),
            "one_mean": (x * std.mean() + mean.mean(), "one mean for all channels. Each channel has its own."),
            "levels": ((x * std + mean) * 255, "multiplied by 255 as well. The course's pictures live in [0, 1]."),
            **_wrong_axes(lambda mean, std: x * std + mean),
        },
    )
    _carries_gradient(question, x)
    wide, given = question.draw.normal(1, 3, 4, 5), "a tensor [1, 3, 4, 5]"
    got = question.tensor(question.ask("call", wide, MEAN, STD), (1, 3, 4, 5), given)
    question.same(got, wide * std + mean, given, {})
    return "the exact inverse of normalise, for a batch, and gradients pass"


def _wrong_axes(formula: Callable[[Tensor, Tensor], Tensor]) -> dict[str, tuple[Tensor | float, str]]:
    """A formula's results with mean and std along another axis than the channels: unnoticed where H = W = 3."""
    mean, std = _channels(MEAN), _channels(STD)
    return {
        "broadcast": (
            formula(mean.view(3), std.view(3)),
            "the three numbers met the columns, not the channels. They need a view(1, 3, 1, 1).",
        ),
        "broadcast_rows": (
            formula(mean.view(3, 1), std.view(3, 1)),
            "the three numbers met the rows. The channel axis needs two ones behind it: view(3, 1, 1).",
        ),
    }


def _carries_gradient(question: Question, x: Tensor) -> None:
    if question.ask("gradient", x, MEAN, STD) is None:
        raise question.wrong(
            "detached",
            "no gradient finds its way back to the picture.",
            "detach(), .data, numpy and torch.no_grad() cut the way. Leave them out here.",
        )
