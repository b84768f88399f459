"""Check of chapter 5: the weights of another program, in the paper's units."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch

from course import losses
from course.check.engine.exercise import Question, exercise
from course.check.engine.probes import Returned

Sizes = Mapping[str, tuple[int, int]]


def reference_translate(weights: Mapping[str, float], sizes: Sizes, divided_by: str, scale: float) -> dict[str, float]:
    """The weights with which the paper's losses are, term by term, what a program adds up.

    The program takes the mean of (F - P)^2 at "content", and of (G/d - A/d)^2 at each style layer.

    Args:
        weights: what the program multiplies each term by: "content", and its style layers.
        sizes: N and M by name.
        divided_by: d, "M" or "NM".
        scale: how many times larger the program's features are.
    """
    convention = losses.CONVENTIONS[f"gram/{divided_by}"]
    translated = {}
    for name, weight in weights.items():
        N, M = sizes[name]
        factor = convention.content(N, M) * scale**2 if name == "content" else convention.style(N, M) * scale**4
        translated[name] = weight * factor
    return translated


@exercise(
    reference_translate,
    'section 6, "Beta does not travel"',
    stops={
        "KeyError: 'content'": ("no_content", 'weights and sizes have an entry "content" each, beside the layers.'),
        "KeyError": ("fixed_layers", "Which style layers there are, weights says. Walk through weights.items()."),
        "too many values to unpack": (
            "not_unpacked",
            "weights.items() gives name and weight; sizes[name] gives the pair N, M.",
        ),
    },
    solved_by=[factor for one in losses.CONVENTIONS.values() for factor in (one.content, one.style)],
)
def translate(question: Question) -> str:
    """{name: weight} in the paper's units, of a program that takes means."""
    # Ranges in which no two mistakes lead to numbers within 1 % of each other, as they do where scale is 2 or b is c.
    a, b, c, scale = (torch.tensor([2.49, 1.8, 1.68, 2.06]) + 0.1 * question.draw.uniform(4)).tolist()
    weights = {"relu2_1": b, "content": a, "relu3_1": c}
    sizes = {"content": (7, 11), "relu2_1": (3, 29), "relu3_1": (5, 13)}
    found = {}
    for divided_by in ("NM", "M"):
        given = f"Gram matrices divided by {divided_by} and features {scale:.2f} times as large,"
        got = _weights(question, question.ask("call", weights, sizes, divided_by, scale), weights, given)
        found[divided_by] = given, got
    _judge_conventions(question, weights, sizes, scale, {key: got for key, (_, got) in found.items()})
    for divided_by, (given, got) in found.items():
        _judge_content(question, got["content"], a, sizes["content"], scale, given)
        for layer in ("relu2_1", "relu3_1"):
            _judge_style(question, got[layer], weights, sizes, layer, divided_by, scale, given)
    return "content 2 s^2 / (N M); style 4 s^4 / N^2 for G / (N M) and 4 s^4 for G / M; each name by itself"


def _judge_conventions(
    question: Question,
    weights: Mapping[str, float],
    sizes: Sizes,
    scale: float,
    found: Mapping[str, Mapping[str, float]],
) -> None:
    """Whether it is the inverse, or "M" and "NM" changed places: both can be told of all numbers together only."""
    turned = {key: reference_translate(weights, sizes, key, scale) for key in found}
    if all(
        math.isclose(found[key][layer], weight**2 / turned[key][layer], rel_tol=1e-4)
        for key in found
        for layer, weight in weights.items()
    ):
        raise question.wrong(
            "way_back",
            "every weight was divided by the factor that it should be multiplied by.",
            "This is the inverse, from the paper's units to the program's. Turn the fractions over.",
        )
    for divided_by, other in (("NM", "M"), ("M", "NM")):
        swapped = reference_translate(weights, sizes, other, scale)
        if not all(math.isclose(found[divided_by][layer], swapped[layer], rel_tol=1e-4) for layer in weights):
            return
    N = sizes["relu2_1"][0]
    raise question.wrong(
        "conventions_swapped",
        f'for Gram matrices divided by "M" it divided by N^2, {N**2} at \'relu2_1\', and for "NM" it did not.',
        '"M" and "NM" changed places: the paper divides by M alone, so N^2 is left where the program divides by N M.',
    )


HINTS = {
    "no_dict": 'Names in, names out: {"content": ..., "relu2_1": ...}.',
    "missing": "One number for each name of weights. Is the return inside the loop?",
    "extra": "One number for each name of weights, and no more.",
}


def _weights(question: Question, returned: Returned, weights: Mapping[str, float], given: str) -> dict[str, float]:
    entries = question.dictionary(returned, weights, given, HINTS)
    return {name: question.number(value, f"{given} at {name!r}") for name, value in entries.items()}


def _judge_content(question: Question, got: float, alpha: float, size: tuple[int, int], s: float, given: str) -> None:
    N, M = size
    right = alpha * 2 * s**2 / (N * M)
    _compare(
        question,
        got,
        right,
        f"{given} at 'content'",
        {
            "content_no_two": (right / 2, "the 2 is missing: L_content has 1/2 in front of the sum, a mean has not."),
            "content_quarter": (right / 4, "halved instead of doubled: L_content is the half, so it counts twice."),
            "content_no_scale": (right / s**2, "the features' scale was left out."),
            "content_scale_once": (right / s, "s instead of s^2: the loss squares the features."),
            "content_scale_fourth": (right * s**2, "s^4 belongs to the style. The content is a square of features."),
            "content_scale_inverted": (right / s**4, "divided by s^2. Larger features make the program's loss larger."),
            "content_inverted": (
                alpha * N * M * s**2 / 2,
                "the way back. A mean is *smaller* than the sum, so its weight shrinks on the way to the paper.",
            ),
            "content_no_places": (right * M, "M is missing: the mean runs over N channels and M places."),
            "content_no_channels": (right * N, "N is missing: the mean runs over N channels and M places."),
            "content_no_sizes": (right * N * M, "N M is missing: the program takes a mean, the paper a sum."),
            "content_no_weight": (
                right / alpha,
                "the content's weight itself is missing: what is returned is only the factor.",
            ),
            "content_cut": (
                float(int(right)),
                "int() cuts off what stands behind the point. Weights need not be whole.",
            ),
            "content_untouched": (alpha, "the content's weight came through as it was."),
        },
    )


def _judge_style(
    question: Question,
    got: float,
    weights: Mapping[str, float],
    sizes: Sizes,
    layer: str,
    divided_by: str,
    s: float,
    given: str,
) -> None:
    N, M = sizes[layer]
    per_channel = N**2 if divided_by == "NM" else 1
    right = weights[layer] * 4 * s**4 / per_channel
    mistakes = {
        "style_no_four": (right / 4, "the 4 is missing: E_l has 1/4 in front, a mean has not."),
        "style_sixteenth": (right / 16, "divided by 4 instead of multiplied: E_l is the quarter."),
        "style_half": (right / 2, "the 2 of the content. E_l has 1/4 in front."),
        "style_no_scale": (right / s**4, "the scale was left out here."),
        "style_scale_squared": (right / s**2, "s^2 instead of s^4: G is a square already, and the loss squares it."),
        "style_scale_inverted": (right / s**8, "divided by s^4. Larger features make the program's loss larger."),
        "style_with_places": (
            right / M**2,
            "divided by M^2. Both sides divide by M^2 already, so it cancels.",
        ),
        "style_of_content": (
            right * per_channel / sizes["content"][0] ** 2,
            "N of the content layer was taken. Each layer has its own.",
        ),
        "style_weight_of_content": (right / weights[layer] * weights["content"], "the content's weight was taken."),
        "style_as_content": (
            weights[layer] * 2 * s**2 / (N * M),
            "the factor of the content. Style layers have one of their own.",
        ),
        "style_equation": (
            weights[layer] * s**4 / (4 * N**2 * M**2),
            "the factor of equation 4 itself. The program's factor must be divided by it.",
        ),
        "style_no_weight": (
            right / weights[layer],
            "the style's weights themselves are missing: what is returned are only the factors.",
        ),
        "style_untouched": (weights[layer], "the style's weights came through as they were."),
    }
    if divided_by == "NM":
        mistakes |= {
            "style_no_channels": (
                right * N**2,
                "N^2 is missing: this program divides G by N as well, the paper does not.",
            ),
            "style_channels_multiplied": (
                right * N**4,
                "multiplied by N^2. The program divides G by N, so its loss is smaller, and the weight shrinks.",
            ),
            "style_channels_once": (right * N, "N instead of N^2: G is divided by N, and the loss squares it."),
            "style_inverted": (
                weights[layer] * N**2 / 4 * s**4,
                "the way back. With G / (N M) the loss is N^2 / 4 times smaller than E_l.",
            ),
        }
    else:
        mistakes["style_always_nm"] = (
            right / N**2,
            'divided by N^2 for "M" as well: where G is divided by M alone, N^2 cancels.',
        )
    _compare(question, got, right, f"{given} at {layer!r}", mistakes)


def _compare(
    question: Question, got: float, right: float, given: str, mistakes: Mapping[str, tuple[float, str]]
) -> None:
    if math.isclose(got, right, rel_tol=1e-4):
        return
    seen = f"for {given} expected {right:.5g}, got {got:.5g}."
    for mistake, (value, sentence) in mistakes.items():
        if math.isclose(got, value, rel_tol=1e-4):
            raise question.wrong(mistake, seen, f"This looks like: {sentence}")
    raise question.wrong(
        "other", seen, "Write both losses down, one below the other, and divide. What is left is the factor."
    )
