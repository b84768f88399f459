"""Check of chapter 8, section 1: one network for many styles, by conditional instance norm."""

from __future__ import annotations

import torch
from torch import Tensor

from course.check.ch7_norms import PLACES, judge_epsilon, judge_way_back, normalised
from course.check.engine.compare import Mistakes, compare
from course.check.engine.exercise import Question, exercise
from course.nets import feedforward

PRODUCT = "shares @ gammas: [B, styles] times [styles, N] is [B, N], a scale for each channel of each picture."


@exercise(
    feedforward.conditional_instance_norm,
    'section 1, "What a style is to a network"',
    stops={
        "shapes cannot be multiplied": ("turned_round", PRODUCT),
        "size mismatch": ("turned_round", PRODUCT),
        "must match the size of tensor": (
            "axes_missing",
            "Scales and shifts are [B, N], the maps [B, N, H, W]: [:, :, None, None] gives them the two axes.",
        ),
    },
    solved_by=(),
)
def conditional_instance_norm(question: Question) -> str:
    """Each channel of each picture normalised, then the mixed scale and shift of the picture's own styles."""
    draw = question.draw

    def inputs() -> tuple[Tensor, Tensor, Tensor, Tensor]:
        scales, shifts = 0.5 + 2 * draw.uniform(2, 3, 1, 1), draw.normal(2, 3, 1, 1)
        x = shifts + scales * draw.normal(2, 3, 4, 5)
        return x, 0.3 + draw.normal(5, 3), draw.normal(5, 3), 0.1 + draw.uniform(2, 5)

    x, gammas, betas, shares = compare(question, inputs, _results)
    scale, shift = (shares @ gammas)[:, :, None, None], (shares @ betas)[:, :, None, None]
    for number, name in ((1, "gammas"), (2, "betas")):
        gradient = question.ask("gradient_to", number, x, gammas, betas, shares)
        if gradient is None:
            raise question.wrong(
                "detached",
                f"no gradient finds its way back to the {name}.",
                "Scales and shifts are trained. detach(), .data, .item() or no_grad() on the way would stop that.",
            )
    expected = 20 * shares.sum(0)[:, None].expand(5, 3)
    question.same(gradient, expected, "the gradient with respect to the betas", {}, tolerance=1e-3)
    judge_way_back(question, scale, x, gammas, betas, shares)
    judge_epsilon(
        question, lambda maps: question.ask("call", maps, gammas, betas, shares), scale, shift, tuple(x.shape)
    )
    return "each channel of each picture normalised; each picture's own shares of all styles; flat and faint maps too"


def _results(x: Tensor, gammas: Tensor, betas: Tensor, shares: Tensor) -> tuple[str, Tensor, Mistakes]:
    def spread(rows: Tensor) -> Tensor:
        return rows[:, :, None, None]

    y, gamma, beta = normalised(x), spread(shares @ gammas), spread(shares @ betas)
    variance = x.var(PLACES, correction=0, keepdim=True)

    def by(shares: Tensor) -> Tensor:
        return spread(shares @ gammas) * y + spread(shares @ betas)

    largest = torch.nn.functional.one_hot(shares.argmax(1), len(gammas)).float()
    results: dict[str, tuple[Tensor, str]] = {
        "over_the_batch": (
            gamma * normalised(x, (0, 2, 3)) + beta,
            "batch norm: mean and deviation of a channel over all pictures. Each picture has its own: dim=(2, 3).",
        ),
        "over_channels": (
            gamma * normalised(x, (1, 2, 3)) + beta,
            "layer norm: one mean and deviation for all channels. Each channel has its own: dim=(2, 3).",
        ),
        "over_all": (gamma * normalised(x, (0, 1, 2, 3)) + beta, "one mean and deviation for everything."),
        "first_for_all": (by(shares[:1].expand_as(shares)), "the shares of the first picture for all pictures."),
        "mean_for_all": (
            by(shares.mean(0, keepdim=True).expand_as(shares)),
            "the mean of all pictures' shares for each. Every picture has a row of its own.",
        ),
        "softmax": (
            by(shares.softmax(1)),
            "a softmax over the shares. They are shares already: take them as they are.",
        ),
        "to_sum_one": (
            by(shares / shares.sum(1, keepdim=True)),
            "shares brought to the sum 1. Here they are taken as they come; whoever calls sees to the sum.",
        ),
        "strongest_only": (by(largest), "only the style with the largest share. All of them are mixed."),
        "strongest_with_share": (by(largest * shares), "only the style with the largest share, times this share."),
        "shares_ignored": (
            by(torch.full_like(shares, 1 / len(gammas))),
            "the plain mean of all styles, without shares.",
        ),
        "divided_by_styles": (
            by(shares / len(gammas)),
            "the shares divided by the number of styles, as a mean over the styles does. Here they are summed.",
        ),
        "summed": (by(torch.ones_like(shares)), "the sum of all styles, without shares."),
        "first_style": (by(torch.eye(len(gammas))[:1].expand_as(shares)), "the first style, whatever the shares."),
        "not_normalised": (gamma * x + beta, "the maps themselves, scaled and shifted: the norm is missing."),
        "not_centred": (
            gamma * x / (variance + 1e-5).sqrt() + beta,
            "the mean was not taken away before the division.",
        ),
        "only_centred": (
            gamma * (x - x.mean(PLACES, keepdim=True)) + beta,
            "the division by the deviation is missing.",
        ),
        "variance": (
            gamma * (x - x.mean(PLACES, keepdim=True)) / (variance + 1e-5) + beta,
            "divided by the variance. The deviation is its root.",
        ),
        "unbiased": (
            gamma * normalised(x, correction=1) + beta,
            "the variance over M - 1. Norms divide by M: correction=0, or unbiased=False.",
        ),
        "no_shift": (gamma * y, "the betas are missing."),
        "no_scale": (y + beta, "the gammas are missing."),
        "only_norm": (y, "the norm alone, without scales and shifts."),
        "exchanged": (beta * y + gamma, "gammas and betas were exchanged: gamma multiplies, beta is added."),
        "shift_scaled": (gamma * (y + beta), "the shift was added before scaling. First gamma times, then plus beta."),
        "magnitude": (
            spread(shares @ gammas.abs()) * y + beta,
            "the magnitudes of the gammas. They may be negative: that turns light and dark round.",
        ),
        "magnitude_of_mixture": (
            gamma.abs() * y + beta,
            "the magnitude of the mixed gamma. It may be negative: that turns light and dark round.",
        ),
        "one_plus_gamma": (
            (1 + gamma) * y + beta,
            "1 + gamma. Some networks store the scale so; here gamma is the scale itself.",
        ),
    }
    given = "x of shape [2, 3, 4, 5], 5 styles, and shares [2, 5]"
    return given, feedforward.conditional_instance_norm(x, gammas, betas, shares), results
