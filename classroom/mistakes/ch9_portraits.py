"""Chapter 9, section 3: what students write for the energy of a band, place by place, by mistake."""

import torch

from classroom.mistakes.registry import wrong
from course.classical.pyramids import blurred


def at_sigma(x, sigma):
    return blurred(x, sigma) if sigma else x


def near(level):
    """Level 0 begins at the picture itself."""
    return 2.0**level if level else 0


def wide(level):
    return 2.0 ** (level + 1)


def band_of(x, level):
    return at_sigma(x, near(level)) - blurred(x, wide(level))


def squared(x):
    return x.square()


def soft(x, level):
    return blurred(x, wide(level))


def strength(band=band_of, square=squared, around=soft):
    """As it should be, but for a part."""

    def answer(picture, level):
        return around(square(band(picture, level)), level)

    return answer


def with_sigmas(one, other, last):
    """By other blurs."""

    def answer(picture, level):
        difference = at_sigma(picture, one(level)) - at_sigma(picture, other(level))
        return at_sigma(difference.square(), last(level))

    return answer


def mean_of_all(x, level):
    return x.mean((2, 3), keepdim=True).expand_as(x)


ENERGY = "local_energy"
wrong(ENERGY, "absolute")(strength(square=torch.abs))
wrong(ENERGY, "root")(strength(around=lambda x, level: soft(x, level).sqrt()))
wrong(ENERGY, "fourth_power")(strength(square=lambda x: x**4))
wrong(ENERGY, "squared_late")(lambda picture, level: blurred(band_of(picture, level), wide(level)) ** 2)
wrong(ENERGY, "no_square")(lambda picture, level: blurred(band_of(picture, level), 2 ** (level + 1)))
wrong(ENERGY, "no_blur")(lambda picture, level: band_of(picture, level) ** 2)
wrong(ENERGY, "blur_at_level")(strength(around=lambda x, level: blurred(x, 2**level)))
wrong(ENERGY, "blur_too_wide")(strength(around=lambda x, level: blurred(x, 2 ** (level + 2))))
wrong(ENERGY, "blurred_twice")(strength(around=lambda x, level: soft(soft(x, level), level)))
wrong(ENERGY, "global")(strength(around=mean_of_all))
wrong(ENERGY, "global_sum")(strength(around=lambda x, level: x.sum((2, 3), keepdim=True).expand_as(x)))
wrong(ENERGY, "variance")(
    lambda picture, level: strength()(picture, level) - soft(band_of(picture, level), level).square()
)
wrong(ENERGY, "centred")(strength(square=lambda x: (x - x.mean((2, 3), keepdim=True)) ** 2))
wrong(ENERGY, "divided")(
    lambda picture, level: strength()(picture, level) / strength()(picture, level).mean((2, 3), keepdim=True)
)
wrong(ENERGY, "one_finer")(with_sigmas(lambda level: 2.0 ** (level - 1), near, wide))
wrong(ENERGY, "one_coarser")(with_sigmas(wide, lambda level: 2 * wide(level), wide))
wrong(ENERGY, "both_finer")(with_sigmas(lambda level: 2.0 ** (level - 1), near, near))
wrong(ENERGY, "both_coarser")(lambda picture, level: strength()(picture, level + 1))
wrong(ENERGY, "times")(with_sigmas(lambda level: 2 * level, lambda level: 2 * level + 2, lambda level: 2 * level + 2))
wrong(ENERGY, "to_the_level")(
    with_sigmas(lambda level: level**2, lambda level: (level + 1) ** 2, lambda level: (level + 1) ** 2)
)
wrong(ENERGY, "sigma_is_level")(with_sigmas(lambda level: level, lambda level: level + 1, lambda level: level + 1))
wrong(ENERGY, "high_pass")(strength(lambda x, level: x - blurred(x, wide(level))))
wrong(ENERGY, "high_pass_sharp")(strength(lambda x, level: x - at_sigma(x, near(level))))
wrong(ENERGY, "low_pass")(strength(lambda x, level: at_sigma(x, near(level))))
wrong(ENERGY, "low_pass_wide")(strength(soft))
wrong(ENERGY, "whole_picture")(strength(lambda x, level: x))
wrong(ENERGY, "squares_apart")(
    lambda picture, level: soft(at_sigma(picture, near(level)) ** 2 - soft(picture, level) ** 2, level)
)
wrong(ENERGY, "added")(strength(lambda x, level: at_sigma(x, near(level)) + soft(x, level)))
wrong(ENERGY, "negative")(lambda picture, level: -strength()(picture, level))
wrong(ENERGY, "times_picture")(lambda picture, level: soft(band_of(picture, level) * picture, level))
wrong(ENERGY, "channels_added")(strength(around=lambda x, level: soft(x, level).sum(1, keepdim=True)))
wrong(ENERGY, "channels_averaged")(
    strength(around=lambda x, level: soft(x, level).mean(1, keepdim=True).repeat(1, x.shape[1], 1, 1))
)
wrong(ENERGY, "grey_first")(
    lambda picture, level: strength()(picture.mean(1, keepdim=True), level).expand(-1, picture.shape[1], -1, -1)
)
wrong(ENERGY, "one_channel")(lambda picture, level: strength()(picture[:, :1], level).expand_as(picture))
wrong(ENERGY, "batch_averaged")(strength(around=lambda x, level: soft(x, level).mean(0, keepdim=True).expand_as(x)))
wrong(ENERGY, "first_of_batch")(lambda picture, level: strength()(picture[:1], level).expand_as(picture))
wrong(ENERGY, "wider_band")(with_sigmas(near, lambda level: 2 * wide(level), wide))
wrong(ENERGY, "level_zero")(with_sigmas(lambda level: 2.0**level, wide, wide))
wrong(ENERGY, "level_zero_all")(
    strength(lambda x, level: band_of(x, level) if level else x)  # nothing is finer, so nothing is taken away
)
wrong(ENERGY, "detached")(lambda picture, level: strength()(picture.detach(), level))
wrong(ENERGY, "half_detached")(
    lambda picture, level: soft(band_of(picture, level) * band_of(picture, level).detach(), level)
)
wrong(ENERGY, "modifies_input")(lambda picture, level: soft((picture.sub_(soft(picture, level))).square(), level))
wrong(ENERGY, "none")(lambda picture, level: print(end=""))
wrong(ENERGY, "dtype")(lambda picture, level: strength()(picture.double(), level))
wrong(ENERGY, "type")(lambda picture, level: list(strength()(picture, level)))
wrong(ENERGY, "axes_lost")(lambda picture, level: strength()(picture.mean(1), level))


@wrong(ENERGY, "blurred_blur")
def _(picture, level):
    sharp = at_sigma(picture, near(level))
    return soft((sharp - soft(sharp, level)).square(), level)


@wrong(ENERGY, "sigma_zero")
def _(picture, level):
    """The picture itself, asked for by a blur of nothing."""
    first = 2**level if level else 0
    return soft((blurred(picture, first) - soft(picture, level)).square(), level)
