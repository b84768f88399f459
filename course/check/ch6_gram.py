"""Check of chapter 6, section 2: the Gram matrix of a part."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from course.check.ch4_gram import FLATTENING
from course.check.engine.compare import Mistakes, compare
from course.check.engine.differences import agree, factor
from course.check.engine.exercise import Question, exercise
from course.control import regions

DETACHED = "detach(), .data, .item(), numpy or no_grad() cut the way: no region of the picture could be painted."


@exercise(
    regions.guided_gram,
    'section 2, "A Gram matrix of a part"',
    stops={
        **FLATTENING,
        "tensor b (2) at non-singleton dimension 2": (
            "areas_flat",
            "The sums of g^2 are a row of B numbers, G is [B, N, N]: .view(-1, 1, 1) puts each beside its own matrix.",
        ),
        "tensor a (3) must match the size of tensor b (5)": (
            "guide_on_gram",
            "G has no places left that a guide could choose from. Multiply F by the guide, before the sum over places.",
        ),
        "must match the size of tensor": (
            "places_apart",
            "F and the guide have to meet place by place: F * guide as they come, [B, N, H, W], and then flatten(2).",
        ),
    },
    solved_by=(),
)
def guided_gram(question: Question) -> str:
    """sum_k g_k^2 F_ik F_jk / sum_k g_k^2, of each picture by its own guide."""
    _judge_shape_of_gram(question)
    compare(question, lambda: (maps(question, 2, 3, 4, 5), _soft(question, 2, 4, 5)), guided_results)
    F = maps(question, 3, 2, 7, 5).contiguous(memory_format=torch.channels_last)
    guide = _soft(question, 3, 7, 5)
    given = "F of shape [3, 2, 7, 5], in memory as channels_last,"
    got = question.tensor(question.ask("call", F, guide), (3, 2, 2), given)
    question.same(got, regions.guided_gram(F, guide), given, {})
    _judge_gradient(question)
    _judge_empty(question)
    _judge_faint(question)
    return "g^2 above and below, each picture by its own guide; soft, faint and empty guides; gradients reach F"


def _soft(question: Question, pictures: int, height: int, width: int) -> Tensor:
    """Guides with some 0 and some 1 in them, and much between."""
    return (1.6 * question.draw.uniform(pictures, 1, height, width) - 0.3).clamp(0, 1)


def _judge_shape_of_gram(question: Question) -> None:
    value = question.ask("call", maps(question, 2, 3, 4, 5), _soft(question, 2, 4, 5)).value
    for shapes, mistake, sentence in (
        (((2, 20, 20),), "places", "It compares places with places. Channels meet channels: X @ X.transpose(1, 2)."),
        (
            ((2, 3, 4, 4), (2, 3, 5, 5)),
            "not_flattened",
            "Rows of a map were multiplied with its rows. Make one row of all its places first: flatten(2).",
        ),
        (
            ((3, 3), (1, 3, 3)),
            "batch_lost",
            "One matrix for two pictures. Each picture of the batch has a guide and a matrix of its own.",
        ),
        (((2, 3),), "diagonal", "Only each channel with itself. G has an entry for each pair of channels."),
    ):
        if isinstance(value, Tensor) and tuple(value.shape) in shapes:
            seen = f"for F of shape [2, 3, 4, 5] expected shape [2, 3, 3], got {list(value.shape)}."
            raise question.wrong(mistake, seen, sentence)


def _judge_gradient(question: Question) -> None:
    F, guide = maps(question, 2, 4, 3, 5), _soft(question, 2, 3, 5)
    direction = question.draw.normal(2, 4, 4)
    gradient = question.ask("gradient_along", 0, direction, F, guide)
    if gradient is None:
        raise question.wrong("detached", "no gradient finds its way back to F.", DETACHED)
    weighted = F.flatten(2) * guide.square().flatten(2) / guide.square().sum((1, 2, 3)).view(-1, 1, 1)
    one, other = ((half @ weighted).view_as(F) for half in (direction, direction.mT))
    sentence = "one of the two F's is detached. The gradient flows through both of them."
    question.same(
        gradient,
        one + other,
        "the gradient to F, of a sum of G with weights,",
        {"half_detached": (one, sentence), "half_detached_too": (other, sentence)},
        tolerance=1e-3,
    )


def _judge_empty(question: Question) -> None:
    """A guide that is 0 everywhere, beside one that is not, and alone; what comes back, and what flows back."""
    F, guide = maps(question, 2, 3, 4, 5), _soft(question, 2, 4, 5)
    guide[question.draw.whole(0, 1)] = 0
    for some, guides, given in (
        (F, guide, "two pictures, one of them with a guide of 0 everywhere,"),
        (F[:1], torch.zeros(1, 1, 4, 5), "a guide of 0 everywhere"),
    ):
        returned = question.ask("call", some, guides)
        if isinstance(returned.value, Tensor) and not returned.value.isfinite().all():
            raise question.wrong(
                "empty_is_nan",
                f"for {given} it returned NaN or infinite numbers.",
                "0 / 0: a small region has no place left on a deep layer. Keep the divisor above 0: .clamp(min=1e-12).",
            )
        expected = regions.guided_gram(some, guides)
        got = question.tensor(returned, expected.shape, given)
        if not agree(got, expected, 1e-3):
            seen = f"for {given} the matrix is not 0 for the one that is empty, or not right for the other."
            if len(some) == 2 and agree(got, torch.zeros_like(got)):
                sentence = (
                    "One empty guide made the matrices of all pictures 0. Ask it of each picture, not of the batch."
                )
                raise question.wrong("empty_for_all", seen, sentence)
            sentence = "Where the guide is 0 everywhere nothing counts: 0, and no Gram matrix of the whole picture."
            raise question.wrong("empty_not_zero", seen, sentence)
        gradient = question.ask("gradient", some, guides)
        if gradient is not None and not gradient.isfinite().all():
            raise question.wrong(
                "empty_poisons",
                f"for {given} the matrix is right, and the gradient to F is NaN.",
                "0 / 0 was mended after the division, as by nan_to_num or where: on the way back it is there again. "
                "Keep the divisor above 0.",
            )


def _judge_faint(question: Question) -> None:
    """A guide of 0.01 in some places, which may be weak but is all there is."""
    F, guide = maps(question, 1, 3, 4, 5), 0.01 * (question.draw.uniform(20).argsort() < 12).view(1, 1, 4, 5).float()
    given, expected = "a guide of 0.01 in 12 places and 0 elsewhere", regions.guided_gram(F, guide)
    got = question.tensor(question.ask("call", F, guide), (1, 3, 3), given)
    times = factor(got, expected, 1e-3)
    if times is not None and 0 < times < 0.98:
        raise question.wrong(
            "faint_swallowed",
            f"for {given} the matrix is {times:.2g} times what it should be.",
            "What keeps the divisor from 0 is larger than the sum of g^2 itself. Take .clamp(min=1e-12).",
        )
    question.same(got, expected, given, {}, tolerance=2e-2)


def maps(question: Question, pictures: int, channels: int, height: int, width: int) -> Tensor:
    """Feature maps whose channels have means and deviations of their own."""
    scale = 0.5 + 1.5 * question.draw.uniform(pictures, channels, 1, 1)
    shift = question.draw.normal(pictures, channels, 1, 1)
    return shift + scale * question.draw.normal(pictures, channels, height, width)


GUIDED = {
    "not_divided": "the sum was not divided. Divide by the sum of g^2, or a large region pulls more than a small one.",
    "divided_by_places": "divided by H * W, all places. Divide by the region's own: the sum of g^2.",
    "guide_once": "the guide itself, above and below. Both F's are multiplied by it: g^2, and below as well.",
    "once_above": "above the guide counts once. Both F's are multiplied by it: F_ik g_k times F_jk g_k.",
    "once_below": "below the guide was not squared. Divide by the sum of g^2, as above.",
    "fourth_power": "g^4, above and below: the guide was squared before F was multiplied by it.",
    "fourth_above": "g^4 above: each F was multiplied by g^2. Multiply each by g, and the product has g^2.",
    "rounded": "the guide was cut at a half. A place counts as much as its guide says, in between as well.",
    "all_above_zero": "all places counted alike whose guide is above 0. Weigh each by its g^2.",
    "places_counted": "divided by the number of places where the guide is above 0. Below is the sum of g^2.",
    "rounded_below": "divided by the number of places where the guide is above a half. Below is the sum of g^2.",
    "divided_by_channels": "divided by N as well. Only places are averaged: divide by the sum of g^2, and no more.",
    "divided_twice": "divided by the sum of g^2 twice. Once makes a mean of it.",
    "guide_to_one": "the guide was divided by its sum, and squared then. Its squares have to add up to 1.",
    "root_below": "divided by the root of the sum of g^2. There are two F's: divide by the sum itself.",
    "guide_ignored": "all places count alike: where is the guide?",
    "only_below": "the guide is only below. Multiply F by it, too.",
    "after_the_sum": "the whole Gram matrix, times the mean of the guide. Choose places before they are added up.",
    "one_guide": "the first guide for all pictures. Each picture has its own.",
    "mean_guide": "the mean of all guides. Each picture has its own.",
    "area_of_first": "the area of the first guide for all pictures. Each has its own: sum over (1, 2, 3).",
    "area_of_batch": "one sum over all guides of the batch. Each picture has its own: guide.square().sum((1, 2, 3)).",
    "outside": "the other region: 1 - guide. Where the guide is 1, places count.",
    "centred": "the region's mean was taken away, which leaves a covariance. G keeps it.",
    "centred_by_guide": "the region's mean, weighed by g, was taken away. G keeps it.",
    "centred_everywhere": "the mean of all places was taken away first. G keeps it.",
    "centred_rows": "the mean of F * guide was taken away. A Gram matrix keeps it.",
    "cosine": "rows of length one: angles are left. How strongly a channel fires in the region counts, too.",
    "pooled": "means were multiplied. Multiply at each place first, and average then.",
    "no_negatives": "negative entries became 0. Channels that fire against each other have one, and keep it.",
}


def guided_results(F: Tensor, guide: Tensor) -> tuple[str, Tensor, Mistakes]:
    """For `guided_gram` and these inputs: what is given, what is expected, and what each known mistake leads to."""
    x, g, places = F.flatten(2), guide.flatten(2), 20

    def by(weights: Tensor, rows: Tensor = x) -> Tensor:
        return (rows * weights) @ rows.mT

    def area(weights: Tensor) -> Tensor:
        return weights.sum((1, 2), keepdim=True)

    g2 = g.square()
    above, below = by(g2), area(g2)
    hard, some = (g > 0.5).float(), (g > 0).float()
    mean = (x * g2).sum(2, keepdim=True) / below
    rows, one = x * g, torch.ones_like(g)
    unit = functional.normalize(rows, dim=2)
    results = {
        "not_divided": above,
        "divided_by_places": above / places,
        "guide_once": by(g) / area(g),
        "once_above": by(g) / below,
        "once_below": above / area(g),
        "fourth_power": by(g2.square()) / area(g2.square()),
        "fourth_above": by(g2.square()) / below,
        "rounded": by(hard) / area(hard),
        "all_above_zero": by(some) / area(some),
        "places_counted": above / area(some),
        "rounded_below": above / area(hard),
        "divided_by_channels": above / below / 3,
        "divided_twice": above / below.square(),
        "guide_to_one": above / area(g).square(),
        "root_below": above / below.sqrt(),
        "guide_ignored": by(one) / places,
        "only_below": by(one) / below,
        "after_the_sum": by(one) / places * area(g) / places,
        "one_guide": by(g2[:1]) / below[:1],
        "mean_guide": by(g.mean(0).square()) / area(g.mean(0, keepdim=True).square()),
        "area_of_first": above / below[:1],
        "area_of_batch": above / below.sum(),
        "outside": by((1 - g).square()) / area((1 - g).square()),
        "centred": above / below - mean @ mean.mT,
        "centred_by_guide": by(g2, x - (x * g).sum(2, keepdim=True) / area(g)) / below,
        "centred_everywhere": by(g2, x - x.mean(2, keepdim=True)) / below,
        "centred_rows": by(one, rows - rows.mean(2, keepdim=True)) / below,
        "cosine": unit @ unit.mT,
        "pooled": mean @ mean.mT,
        "no_negatives": (above / below).relu(),
    }
    mistakes = {mistake: (value, GUIDED[mistake]) for mistake, value in results.items()}
    return "F of shape [2, 3, 4, 5] and soft guides", regions.guided_gram(F, guide), mistakes
