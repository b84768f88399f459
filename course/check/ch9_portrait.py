"""Check of chapter 9, section 3: how strong the detail of one size is, place by place."""

from __future__ import annotations

import torch
from torch import Tensor

from course.check.engine.compare import Mistakes, compare
from course.check.engine.differences import agree
from course.check.engine.exercise import Question, exercise
from course.classical.pyramids import blurred
from course.rendering import portraits

PLACES, CHANNELS = (2, 3), (1,)
SAYS = {
    "absolute": "the band without its sign, not squared. Energy is the square: .square().",
    "root": "the root of the energy. Leave it squared: relit draws the root itself.",
    "fourth_power": "squared twice.",
    "squared_late": "blurred first and squared then. Light and dark lines cancel in a blur: square before it.",
    "no_square": "the band, blurred and not squared: light and dark cancel, and nearly nothing is left.",
    "no_blur": "the squares as they are, not blurred: they fall to 0 wherever the band changes its sign.",
    "blur_at_level": "the squares blurred by 2^level. By 2^(level + 1), twice as wide.",
    "blur_too_wide": "the squares blurred by 2^(level + 2). By 2^(level + 1).",
    "blurred_twice": "the squares were blurred twice. Once is enough.",
    "global": "one mean for the whole picture. Around each place there is another: blurred().",
    "global_sum": "one sum for the whole picture. Around each place there is another mean: blurred().",
    "variance": "the square of the band's mean was taken away, as in a variance. Here it stays.",
    "centred": "the band's mean was taken away before the square. It stays as it is.",
    "divided": "divided by the mean of the picture. The energy stays as it is, not relative to the whole.",
    "one_finer": "the band of the level below. It lies between 2^level and 2^(level + 1).",
    "one_coarser": "the band of the level above. It lies between 2^level and 2^(level + 1).",
    "both_finer": "the level below, in the band and in the blur. Is level counted from 1? It begins at 0.",
    "both_coarser": "the level above, in the band and in the blur. Is there 1 too much in both powers?",
    "times": "2 * level in place of 2 ** level. Each level is twice as wide as the one before.",
    "to_the_level": "level ** 2 in place of 2 ** level.",
    "sigma_is_level": "blurs of level and level + 1 pixels. Each is a power: 2 ** level, 2 ** (level + 1).",
    "high_pass": "all detail finer than 2^(level + 1), as the picture less its blur has it. Only at level 0 it begins at the picture.",
    "high_pass_sharp": "all detail finer than 2^level, as the picture less its blur has it. The band is between two blurs.",
    "low_pass": "the blurred picture, not what a wider blur loses of it. Take the second away.",
    "low_pass_wide": "the picture blurred by 2^(level + 1) and squared. Take it from the sharper one first.",
    "whole_picture": "the energy of the picture itself: there is no band. Take one blur from the other first.",
    "squares_apart": "each blur squared and then taken away. Take away first, and square what is left.",
    "added": "both blurs added. What is lost from one to the other is their difference.",
    "blurred_blur": "the second blur made of the first, which comes out wider. Both blur the picture itself.",
    "negative": "the energy below 0. A square is not: is a sign left over?",
    "times_picture": "the band times the picture. Times itself: .square().",
    "channels_added": "channels added. Each has an energy of its own.",
    "channels_averaged": "the mean over the channels. Each has an energy of its own.",
    "grey_first": "the channels made grey before the band. Each has an energy of its own.",
    "one_channel": "the first channel's energy for all. Each has its own.",
    "batch_averaged": "the mean over the pictures of the batch. Each has its own energy.",
    "first_of_batch": "the first picture's energy for all of the batch. Each has its own.",
    "wider_band": "the second blur by 2^(level + 2). It is one level further, 2^(level + 1).",
}
LEVEL_0 = {
    "level_zero": "at level 0 a blur of 1 pixel as the sharp one. There it is the picture itself, with all it has.",
    "level_zero_all": "at level 0 the whole picture, no blur of 2 pixels taken away.",
}


@exercise(
    portraits.local_energy,
    'section 3, "Energies, place by place"',
    stops={
        "sigma is a number of pixels above 0": (
            "sigma_zero",
            "A blur of 0 pixels is none. Is level 0 the picture itself, and are the others powers, 2 ** level?",
        ),
        "groups": ("axes_lost", "blurred() takes pictures [B, C, H, W]: no mean without keepdim=True before it."),
    },
    solved_by=(),
)
def local_energy(question: Question) -> str:
    """The squares of a band, blurred: each channel of each picture, place by place."""
    _judge_shape(question)
    compare(question, lambda: (_picture(question, 2, 3, 22, 29), 2), _results)
    for pictures, channels, height, width, level in (
        (2, 3, 19, 14, 0),
        (1, 1, 16, 23, 0),
        (1, 1, 27, 20, 1),
        (3, 2, 21, 17, 1),
        (1, 2, 24, 19, 4),
    ):
        x = _picture(question, pictures, channels, height, width)
        _judge_level(question, x, level)
    faint = 0.5 + 0.05 * (_picture(question, 1, 2, 20, 17) - 0.5)
    _judge_level(question, faint, 1, "a picture that hardly varies")
    x = _picture(question, 2, 1, 18, 26).contiguous(memory_format=torch.channels_last)
    _judge_level(question, x, 3)
    for level in (1, 0, 2):
        _judge_gradient(question, level)
    return "the squares of the band, blurred by 2^(level + 1); levels 0 to 4; each channel by itself; gradients reach the picture"


def _picture(question: Question, pictures: int, channels: int, height: int, width: int) -> Tensor:
    """Detail of all sizes around a level, each picture and each channel with its own."""
    draw = question.draw
    x, shape = torch.zeros(pictures, channels, height, width), (pictures, channels, 1, 1)
    for sigma in (0.3, 0.8, 1.6, 3.2, 6.4):
        noise = blurred(draw.normal(pictures, channels, height, width), sigma)
        x = x + (0.5 + draw.uniform(*shape)) * noise / noise.std((2, 3), keepdim=True)
    y: Tensor = 0.3 + 0.4 * draw.uniform(*shape) + 0.12 * x
    return y


def _said(x: Tensor, level: int) -> str:
    return f"a picture of shape {list(x.shape)} and level {level}"


def _results(x: Tensor, level: int) -> tuple[str, Tensor, Mistakes]:
    near, wide = 2.0**level, 2.0 ** (level + 1)
    sharp, blunt = _blurred(x, near if level else 0), blurred(x, wide)

    def energy(of: Tensor, sigma: float = wide) -> Tensor:
        return blurred(of.square(), sigma)

    def between(one: float, other: float, sigma: float = wide) -> Tensor:
        return energy(_blurred(x, one) - _blurred(x, other), sigma)

    band = sharp - blunt
    right = energy(band)
    grey = band.mean(1, keepdim=True).expand_as(x)
    mean, square = blurred(band, wide), band.square()
    results = {
        "absolute": blurred(band.abs(), wide),
        "root": right.sqrt(),
        "fourth_power": energy(square),
        "squared_late": mean.square(),
        "no_square": mean,
        "no_blur": square,
        "blur_at_level": energy(band, near),
        "blur_too_wide": energy(band, 2 * wide),
        "blurred_twice": blurred(right, wide),
        "global": square.mean(PLACES, keepdim=True).expand_as(x),
        "global_sum": square.sum(PLACES, keepdim=True).expand_as(x),
        "variance": right - mean.square(),
        "centred": energy(band - band.mean(PLACES, keepdim=True)),
        "divided": right / right.mean(PLACES, keepdim=True),
        "one_finer": between(near / 2, near),
        "one_coarser": between(wide, 2 * wide),
        "both_finer": between(near / 2, near, near),
        "both_coarser": between(wide, 2 * wide, 2 * wide),
        "times": between(2 * level, 2 * level + 2, 2 * level + 2),
        "to_the_level": between(level**2, (level + 1) ** 2, (level + 1) ** 2),
        "sigma_is_level": between(level, level + 1, level + 1),
        "high_pass": between(0, wide),
        "high_pass_sharp": between(0, near),
        "low_pass": energy(sharp),
        "low_pass_wide": energy(blunt),
        "whole_picture": energy(x),
        "squares_apart": blurred(sharp.square() - blunt.square(), wide),
        "added": energy(sharp + blunt),
        "blurred_blur": energy(sharp - _blurred(sharp, wide)),
        "negative": -right,
        "times_picture": blurred(band * x, wide),
        "channels_added": right.sum(CHANNELS, keepdim=True).expand_as(x),
        "channels_averaged": right.mean(CHANNELS, keepdim=True).expand_as(x),
        "grey_first": energy(grey),
        "one_channel": right[:, :1].expand_as(x),
        "batch_averaged": right.mean(0, keepdim=True).expand_as(x),
        "first_of_batch": right[:1].expand_as(x),
        "wider_band": between(near, 2 * wide),
    }
    mistakes = {mistake: (value, SAYS[mistake]) for mistake, value in results.items()}
    return _said(x, level), portraits.local_energy(x, level), mistakes


def _blurred(x: Tensor, sigma: float) -> Tensor:
    return blurred(x, sigma) if sigma else x


def _judge_shape(question: Question) -> None:
    x = _picture(question, 2, 3, 22, 29)
    value = question.ask("call", x, 2).value
    if not isinstance(value, Tensor):
        return
    seen = f"for {_said(x, 2)} expected the same shape, got {list(value.shape)}."
    for shapes, mistake, sentence in (
        (((2, 1, 22, 29), (2, 22, 29)), "channels_added", SAYS["channels_added"]),
        (((1, 3, 22, 29), (3, 22, 29)), "batch_averaged", SAYS["batch_averaged"]),
        (((2, 3, 1, 1), (2, 3), ()), "global", SAYS["global"]),
    ):
        if tuple(value.shape) in shapes:
            raise question.wrong(mistake, seen, f"This looks like: {sentence}")


def _judge_level(question: Question, x: Tensor, level: int, words: str = "") -> None:
    given = f"{words} and level {level}" if words else _said(x, level)
    got = question.tensor(question.ask("call", x, level), x.shape, given)
    expected = portraits.local_energy(x, level)
    mistakes = {}
    if level == 0:
        mistakes = {
            "level_zero": (blurred((blurred(x, 1) - blurred(x, 2)).square(), 2), LEVEL_0["level_zero"]),
            "level_zero_all": (blurred(x.square(), 2), LEVEL_0["level_zero_all"]),
        }
    question.same(got, expected, given, mistakes)


def _judge_gradient(question: Question, level: int) -> None:
    x, direction = _picture(question, 2, 3, 15, 18), question.draw.normal(2, 3, 15, 18)
    gradient = question.ask("gradient_along", 0, direction, x, level)
    if gradient is None:
        sentence = "detach(), .data, .item(), numpy or no_grad() cut the way. Stay in torch."
        raise question.wrong("detached", f"at level {level} no gradient finds its way back to the picture.", sentence)
    with torch.enable_grad():
        picture = x.clone().requires_grad_(True)
        (expected,) = torch.autograd.grad((portraits.local_energy(picture, level) * direction).sum(), picture)
    if agree(gradient, expected / 2, 1e-3):
        seen = "the gradient to the picture is half of what it should be."
        sentence = "One of the two factors of the square is detached. The gradient flows through both of them."
        raise question.wrong("half_detached", seen, sentence)
    question.same(
        gradient, expected, f"the gradient at level {level} to the picture, of a sum with weights,", {}, tolerance=1e-3
    )
