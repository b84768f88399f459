"""Checks of chapter 8, sections 2 and 3: AdaIN and mixtures of styles."""

from __future__ import annotations

import torch
from torch import Tensor

from course.adain import moments
from course.check.ch7_norms import PLACES, judge_epsilon, judge_way_back, normalised
from course.check.engine.compare import Mistakes, compare
from course.check.engine.exercise import Question, exercise

SIZES = "F and S have different numbers of places. What is taken from S has one number for each channel: keepdim=True."


def _maps(question: Question, *shape: int) -> Tensor:
    """Feature maps whose channels have means and deviations of their own."""
    batch, channels = shape[:2]
    shift, scale = question.draw.normal(batch, channels, 1, 1), 0.5 + 2 * question.draw.uniform(batch, channels, 1, 1)
    return shift + scale * question.draw.normal(*shape)


def mean_of(x: Tensor, axes: tuple[int, ...] = PLACES) -> Tensor:
    """The mean over some axes, which are kept."""
    return x.mean(axes, keepdim=True)


def _deviation(x: Tensor, axes: tuple[int, ...] = PLACES, correction: int = 0) -> Tensor:
    return (x.var(axes, correction=correction, keepdim=True) + moments.EPSILON).sqrt()


def judge_swapped(question: Question, F: Tensor, S: Tensor, what: str) -> None:
    """Whether what came back has the places of S; `what` is taken from S, in words."""
    value = question.ask("call", F, S).value
    if isinstance(value, Tensor) and value.shape == S.shape:
        raise question.wrong(
            "swapped",
            f"for F of shape {list(F.shape)} and S of shape {list(S.shape)} it returned {list(S.shape)}.",
            f"F and S were exchanged: the places are the photo's, F; {what} come from S.",
        )


@exercise(
    moments.adain,
    'section 2, "A style is seen, not learnt"',
    stops={"must match the size of tensor": ("axes_lost", SIZES)},
    solved_by=(),
)
def adain(question: Question) -> str:
    """sigma(S) (F - mu(F)) / sigma(F) + mu(S)."""
    F, S = _maps(question, 2, 3, 4, 5), _maps(question, 2, 3, 7, 2)
    judge_swapped(question, F, S, "only mean and deviation")
    compare(question, lambda: (_maps(question, 2, 3, 4, 5), _maps(question, 2, 3, 7, 2)), _adain_results)
    scale, shift = _deviation(S), mean_of(S)
    judge_way_back(question, scale, F, S)
    judge_epsilon(question, lambda maps: question.ask("call", maps, S), scale, shift, tuple(F.shape))
    faint = 0.003 * question.draw.normal(*S.shape)
    given = "a faint S, with a variance of about 1e-5,"
    got = question.tensor(question.ask("call", F, faint), F.shape, given)
    bare, n = faint.std(PLACES, correction=0, keepdim=True), normalised(F)
    question.same(
        got,
        moments.adain(F, faint),
        given,
        {
            "epsilon_of_F_alone": (
                bare * n + mean_of(faint),
                "1e-5 was added to the variance of F alone. Add it to both: then adain(F, F) is F.",
            ),
            "outside_the_root": (
                (bare + moments.EPSILON) * n + mean_of(faint),
                "1e-5 was added to the deviation of S. It is added to the variance, under the root.",
            ),
        },
        tolerance=1e-3,
    )
    return "mean and deviation of each channel are those of S, of any size; flat and faint channels too"


def _adain_results(F: Tensor, S: Tensor) -> tuple[str, Tensor, Mistakes]:
    def by(axes: tuple[int, ...], correction: int = 0) -> Tensor:
        y = (F - mean_of(F, axes)) / _deviation(F, axes, correction)
        return _deviation(S, axes, correction) * y + mean_of(S, axes)

    y = (F - mean_of(F)) / _deviation(F)
    s, m = _deviation(S), mean_of(S)
    variance_F, variance_S = _deviation(F) ** 2, _deviation(S) ** 2
    expected = moments.adain(F, S)
    return (
        "F of shape [2, 3, 4, 5] and S of shape [2, 3, 7, 2]",
        expected,
        {
            "variance": (
                variance_S * (F - mean_of(F)) / variance_F + m,
                "variances where deviations belong. The deviation is the root of the variance.",
            ),
            "scaled_by_variance": (variance_S * y + m, "multiplied by the variance of S. Take its root."),
            "one_for_the_picture": (
                by((1, 2, 3)),
                "one mean and deviation for all channels. Each channel has its own: dim=(2, 3).",
            ),
            "over_the_batch": (by((0, 2, 3)), "means over the whole batch. Each picture has its own: dim=(2, 3)."),
            "of_everything": (by((0, 1, 2, 3)), "one mean and deviation of all there is, as x.mean() gives them."),
            "unbiased": (
                by(PLACES, correction=1),
                "torch.std as it comes, which divides by M - 1. Here it is M: correction=0, or unbiased=False.",
            ),
            "first_of_batch": (
                s[:1] * y + m[:1],
                "the statistics of the first painting for all pictures of the batch.",
            ),
            "means_crossed": (
                s * (F - m) / _deviation(F) + mean_of(F),
                "the means were exchanged: take mu(F) away, add mu(S).",
            ),
            "bracket_missing": (
                s * (F / _deviation(F) - mean_of(F)) + m,
                "mu(F) was taken away after the division: a bracket is missing around F - mu(F).",
            ),
            "not_coloured": (y + m, "sigma(S) is missing: the deviations are all 1."),
            "unbiased_F": (
                s * (F - mean_of(F)) / _deviation(F, correction=1) + m,
                "M - 1 for F and M for S. Divide both by M: correction=0.",
            ),
            "unbiased_S": (
                _deviation(S, correction=1) * y + m,
                "M for F and M - 1 for S. Divide both by M: correction=0.",
            ),
            "mean_scaled": (
                s * (y + m),
                "mu(S) was added before scaling. First times sigma(S), then plus mu(S).",
            ),
            "mean_left": (s * y + mean_of(F), "the mean of F came back. The mean is the painting's as well."),
            "no_mean": (s * y, "mu(S) is missing: everything has mean 0."),
            "mean_only": (F - mean_of(F) + m, "only the means were exchanged. The deviations as well."),
            "std_only": (F / _deviation(F) * s, "only the deviations were exchanged. The means as well."),
            "not_centred": (s * F / _deviation(F) + m, "mu(F) was not taken away before scaling."),
            "only_norm": (y, "normalised, and S not used at all."),
            "turned": (
                _deviation(F) * (F - mean_of(F)) / s + m,
                "sigma(F) and sigma(S) were exchanged: divide by the photo's, multiply by the painting's.",
            ),
            "no_division": (s * (F - mean_of(F)) + m, "the division by sigma(F) is missing."),
            "half": ((F + expected) / 2, "half of F is still there. That is a weaker style, not AdaIN."),
            "no_negatives": (expected.relu(), "no negative values. Nothing is cut off here."),
        },
    )


@exercise(
    moments.interpolate_styles,
    'section 3, "Between styles"',
    stops={"must match the size of tensor": ("maps_mixed", "Paintings have sizes of their own: mix what adain makes.")},
    solved_by=(),
)
def interpolate_styles(question: Question) -> str:
    """sum_k w_k adain(F, S_k), the shares w brought to the sum 1."""

    def inputs() -> tuple[Tensor, list[Tensor], list[float]]:
        styles = [_maps(question, 2, 3, *size) for size in ((7, 2), (3, 6), (5, 5))]
        shares = [round(one, 3) for one in (0.2 + 2 * question.draw.uniform(3)).tolist()]
        return _maps(question, 2, 3, 4, 5), styles, shares

    F, styles, shares = compare(question, inputs, _mixture_results)
    if question.ask("gradient", F, styles, shares) is None:
        raise question.wrong(
            "detached", "no gradient finds its way back to F.", "detach(), .data or no_grad() on F would stop training."
        )
    for given, some, of_them in (
        ("a single style", styles[:1], [0.7]),
        ("the photo itself and a style", [F, styles[1]], [0.25, 0.75]),
        ("shares of 0 and 2", styles[:2], [0.0, 2.0]),
        ("the whole shares 1 and 3", styles[:2], [1, 3]),
    ):
        got = question.tensor(question.ask("call", F, some, of_them), F.shape, given)
        floored = [one // sum(of_them) * moments.adain(F, S) for S, one in zip(some, of_them, strict=True)]
        sentence = "shares divided by //, which rounds down to whole numbers. / is the division."
        mistakes = {"floored": (torch.stack(floored).sum(0), sentence)}
        question.same(got, moments.interpolate_styles(F, some, of_them), given, mistakes, tolerance=1e-3)
    return "shares of any sum, whole ones too, brought to 1; one style or several, of any size; the photo among them"


def _mixture_results(F: Tensor, styles: list[Tensor], shares: list[float]) -> tuple[str, Tensor, Mistakes]:
    targets = torch.stack([moments.adain(F, S) for S in styles])
    w = torch.tensor(shares)

    def by(weights: Tensor, targets: Tensor = targets) -> Tensor:
        return (weights.view(-1, 1, 1, 1, 1) * targets).sum(0)

    share = w / w.sum()
    m, s = (torch.stack([of(S) for S in styles]) for of in (mean_of, _deviation))
    y = (F - mean_of(F)) / _deviation(F)
    root_of_mixed = by(share, s.square()).sqrt()
    one_hot = torch.nn.functional.one_hot(w.argmax(), len(w)).float()
    return (
        f"F of shape [2, 3, 4, 5], three styles, and shares {shares}",
        by(share),
        {
            "not_to_one": (by(w), "shares as they come. Divide them by their sum."),
            "divided_by_count": (by(w / len(w)), "divided by the number of styles. Divide by the sum of the shares."),
            "shares_ignored": (by(torch.full_like(w, 1 / len(w))), "all styles alike, whatever the shares."),
            "summed": (by(torch.ones_like(w)), "a plain sum, without shares."),
            "softmax": (by(w.softmax(0)), "a softmax of the shares. Divide them by their sum."),
            "squared": (by(share.square()), "the shares were applied twice."),
            "by_largest": (by(w / w.max()), "divided by the largest share. Divide by their sum."),
            "by_length": (by(w / w.norm()), "divided by the length of the vector of shares. Divide by their sum."),
            "first_only": (targets[0], "only the first style. Is a return inside the loop?"),
            "last_only": (
                targets[-1],
                "only the last style. Is the sum begun afresh in the loop, or AdaIN after AdaIN?",
            ),
            "last_with_share": (share[-1] * targets[-1], "only the last style, times its share: = where += is meant."),
            "strongest_only": (by(one_hot), "only the style with the largest share. All of them are mixed."),
            "backwards": (by(share.flip(0)), "the shares in reverse order: zip(styles, shares) keeps pairs together."),
            "variances_mixed": (
                root_of_mixed * y + by(share, m),
                "variances were mixed and then the root drawn. Deviations are mixed, as adain's results are.",
            ),
            "means_only": (by(share, m).expand_as(F), "only the means of the styles: where is the photo?"),
            "photo_added": (F + by(share), "F was added. For a weaker style it would be one of the styles."),
            "inverse_shares": (
                by((1 / w) / (1 / w).sum()),
                "divided by the shares: the style with the least came out strongest.",
            ),
            "product": (targets.prod(0), "a product of the targets. They are added."),
        },
    )
