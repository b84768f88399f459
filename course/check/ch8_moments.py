"""Checks of chapter 8, sections 2 to 4: AdaIN, mixtures of styles, whitening and colouring."""

from __future__ import annotations

import torch
from torch import Tensor

from course.adain import moments
from course.check.engine.compare import Mistakes, compare
from course.check.engine.differences import agree
from course.check.engine.exercise import Question, exercise

PLACES = (2, 3)
SIZES = "F and S have different numbers of places. What is taken from S has one number for each channel: keepdim=True."


def _maps(question: Question, *shape: int) -> Tensor:
    """Feature maps whose channels have means and deviations of their own."""
    batch, channels = shape[:2]
    shift, scale = question.draw.normal(batch, channels, 1, 1), 0.5 + 2 * question.draw.uniform(batch, channels, 1, 1)
    return shift + scale * question.draw.normal(*shape)


def _mean(x: Tensor, axes: tuple[int, ...] = PLACES) -> Tensor:
    return x.mean(axes, keepdim=True)


def _deviation(x: Tensor, axes: tuple[int, ...] = PLACES, correction: int = 0) -> Tensor:
    return (x.var(axes, correction=correction, keepdim=True) + moments.EPSILON).sqrt()


def _judge_swapped(question: Question, F: Tensor, S: Tensor, what: str) -> None:
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
    _judge_swapped(question, F, S, "only mean and deviation")
    compare(question, lambda: (_maps(question, 2, 3, 4, 5), _maps(question, 2, 3, 7, 2)), _adain_results)
    if question.ask("gradient", F, S) is None:
        raise question.wrong(
            "detached",
            "no gradient finds its way back to F.",
            "A decoder is trained through this. detach(), .data, .item() or no_grad() on F would stop it.",
        )
    F = F.clone()
    F[:, 1] = 0
    given = "a channel of F that is 0 everywhere"
    value = question.ask("call", F, S).value
    if isinstance(value, Tensor) and not value.isfinite().all():
        raise question.wrong(
            "no_epsilon",
            f"for {given} it returned NaN or infinite numbers.",
            "Its deviation is 0, and 0 / 0 is NaN. Add 1e-5 to the variance, under the root.",
        )
    question.same(
        question.tensor(question.ask("call", F, S), F.shape, given), moments.adain(F, S), given, {}, tolerance=1e-2
    )
    return "mean and deviation of each channel are those of S, of any size; channels that are 0 everywhere too"


def _adain_results(F: Tensor, S: Tensor) -> tuple[str, Tensor, Mistakes]:
    def by(axes: tuple[int, ...], correction: int = 0) -> Tensor:
        y = (F - _mean(F, axes)) / _deviation(F, axes, correction)
        return _deviation(S, axes, correction) * y + _mean(S, axes)

    y = (F - _mean(F)) / _deviation(F)
    s, m = _deviation(S), _mean(S)
    variance_F, variance_S = _deviation(F) ** 2, _deviation(S) ** 2
    expected = moments.adain(F, S)
    return (
        "F of shape [2, 3, 4, 5] and S of shape [2, 3, 7, 2]",
        expected,
        {
            "variance": (
                variance_S * (F - _mean(F)) / variance_F + m,
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
            "mean_scaled": (
                s * (y + m),
                "mu(S) was added before scaling. First times sigma(S), then plus mu(S).",
            ),
            "mean_left": (s * y + _mean(F), "the mean of F came back. The mean is the painting's as well."),
            "no_mean": (s * y, "mu(S) is missing: everything has mean 0."),
            "mean_only": (F - _mean(F) + m, "only the means were exchanged. The deviations as well."),
            "std_only": (F / _deviation(F) * s, "only the deviations were exchanged. The means as well."),
            "not_centred": (s * F / _deviation(F) + m, "mu(F) was not taken away before scaling."),
            "only_norm": (y, "normalised, and S not used at all."),
            "turned": (
                _deviation(F) * (F - _mean(F)) / s + m,
                "sigma(F) and sigma(S) were exchanged: divide by the photo's, multiply by the painting's.",
            ),
            "no_division": (s * (F - _mean(F)) + m, "the division by sigma(F) is missing."),
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
    ):
        got = question.tensor(question.ask("call", F, some, of_them), F.shape, given)
        question.same(got, moments.interpolate_styles(F, some, of_them), given, {}, tolerance=1e-3)
    return "the shares of any sum, brought to 1; one style or several, of any size; the photo itself among them"


def _mixture_results(F: Tensor, styles: list[Tensor], shares: list[float]) -> tuple[str, Tensor, Mistakes]:
    targets = torch.stack([moments.adain(F, S) for S in styles])
    w = torch.tensor(shares)

    def by(weights: Tensor, targets: Tensor = targets) -> Tensor:
        return (weights.view(-1, 1, 1, 1, 1) * targets).sum(0)

    share = w / w.sum()
    m, s = (torch.stack([of(S) for S in styles]) for of in (_mean, _deviation))
    y = (F - _mean(F)) / _deviation(F)
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


SYMMETRIC = "V diag(d) V^T: with eigenvectors as columns, directions * powers[:, None] @ directions.mT."


@exercise(
    moments.whiten_colour,
    'section 4, "What AdaIN leaves out"',
    stops={
        "must match the size of tensor": ("axes_lost", SIZES),
        "linalg.cholesky: ": (
            "singular",
            "With fewer places than channels a covariance has directions of variance 0: leave these out, or add 1e-5.",
        ),
        "linalg.inv: ": (
            "singular",
            "With fewer places than channels a covariance cannot be inverted: leave out directions of variance 0.",
        ),
    },
    solved_by=(),
)
def whiten_colour(question: Question) -> str:
    """C_S^1/2 C_F^-1/2 (F - mu(F)) + mu(S)."""
    F, S = _correlated(question, 2, 4, 6, 7), _correlated(question, 2, 4, 5, 9)
    _judge_swapped(question, F, S, "mean and covariance")
    given = f"F of shape {list(F.shape)} and S of shape {list(S.shape)}"
    got = question.tensor(question.ask("call", F, S), F.shape, given)
    _judge_covariance(question, got, F, S, given)
    same = question.tensor(question.ask("call", F, F.clone()), F.shape, "S = F")
    if not agree(same, F, 5e-3):
        raise question.wrong(
            "rotated",
            "mean and covariance are right, but for S = F expected F back, and something else came.",
            "Whitened maps were left in the eigenvectors' axes. Both roots are symmetric: V d V^T, back at the end.",
        )
    few, many = _correlated(question, 2, 8, 2, 2), _correlated(question, 2, 8, 5, 5)
    given = "8 channels and 4 places"
    value = question.ask("call", few, many).value
    most = 1.1 * float(_variances(many))
    if isinstance(value, Tensor) and not (value.isfinite().all() and float(_variances(value)) <= most):
        raise question.wrong(
            "explodes",
            f"for {given} the result is NaN, infinite or many times too strong.",
            "In some directions F does not vary at all: 0 to the power -1/2. Leave them out, or add 1e-5.",
        )
    question.tensor(question.ask("call", few, many), few.shape, given)
    return "mean and covariance are those of S; F itself for S = F; fewer places than channels too"


def _correlated(question: Question, *shape: int) -> Tensor:
    """Feature maps whose channels go together, with means of their own."""
    batch, channels = shape[:2]
    directions, _ = torch.linalg.qr(question.draw.normal(batch, channels, channels))
    mixing = directions * (0.7 + 1.5 * question.draw.uniform(batch, 1, channels))
    mixed = torch.einsum("bij,bjhw->bihw", mixing, question.draw.normal(*shape))
    return 2 * question.draw.normal(batch, channels, 1, 1) + mixed


def _covariance(F: Tensor, correction: int = 0) -> Tensor:
    x = (F - _mean(F)).flatten(2)
    return x @ x.mT / (x.shape[2] - correction)


def _variances(F: Tensor) -> Tensor:
    return _covariance(F).diagonal(dim1=1, dim2=2).sum()


def _root(C: Tensor, exponent: float) -> Tensor:
    d, V = torch.linalg.eigh(C)
    root: Tensor = V * d.clamp_min(1e-9)[:, None] ** exponent @ V.mT
    return root


def _judge_covariance(question: Question, got: Tensor, F: Tensor, S: Tensor, given: str) -> None:
    """By its property: any root of the covariances will do, and many are right."""
    right_mean = agree(_mean(got), _mean(S), 1e-3)
    C, wanted = _covariance(got), _covariance(S)
    if right_mean and agree(C, wanted, 5e-3):
        return
    centred = (F - _mean(F)).flatten(2)

    def by(white: Tensor, colour: Tensor, mean: Tensor | None = None) -> Tensor:
        return (colour @ white @ centred).view_as(F) + (_mean(S) if mean is None else mean)

    C_F, C_S, one = _covariance(F), _covariance(S), torch.eye(F.shape[1]).expand(len(F), -1, -1)
    white, colour = _root(C_F, -0.5), _root(C_S, 0.5)
    raw = F.flatten(2)
    moment_F, moment_S = ((x.flatten(2) @ x.flatten(2).mT) / x[0, 0].numel() for x in (F, S))
    mistakes: dict[str, tuple[Tensor, str]] = {
        "diagonal": (moments.adain(F, S), "AdaIN: each channel by itself. Here channels go together, as a matrix."),
        "only_white": (by(white, one), "whitened, with the painting's mean, and not coloured: C_S^1/2 is missing."),
        "only_norm": (by(white, one, 0 * _mean(S)), "whitened only. Colour it by C_S^1/2, and add mu(S)."),
        "only_coloured": (by(one, colour), "coloured, but not whitened before: C_F^-1/2 is missing."),
        "not_inverted": (by(_root(C_F, 0.5), colour), "C_F^1/2 where C_F^-1/2 belongs."),
        "inverses": (
            by(_root(C_F, -1), C_S),
            "the covariances themselves. Their roots are meant: powers 1/2 and -1/2.",
        ),
        "whole_inverse": (by(_root(C_F, -1), colour), "C_F was inverted without the root: the power is -1/2."),
        "colour_squared": (by(white, C_S), "multiplied by C_S. Its root is meant: the power 1/2."),
        "colour_inverted": (by(white, _root(C_S, -0.5)), "C_S^-1/2 where C_S^1/2 belongs."),
        "exchanged": (
            by(_root(C_S, -0.5), _root(C_F, 0.5)),
            "C_F and C_S were exchanged: whiten by C_F, colour by C_S.",
        ),
        "no_mean": (by(white, colour, 0 * _mean(S)), "mu(S) is missing."),
        "mean_left": (by(white, colour, _mean(F)), "mu(F) was added. At the end it is mu(S)."),
        "not_centred": (
            (colour @ white @ raw).view_as(F) + _mean(S),
            "mu(F) was not taken away before whitening.",
        ),
        "moments": (
            (_root(moment_S, 0.5) @ _root(moment_F, -0.5) @ raw).view_as(F),
            "second moments, as in a Gram matrix. A covariance is measured from the mean.",
        ),
        "sums": (
            by(_root(C_F * F[0, 0].numel(), -0.5), _root(C_S * S[0, 0].numel(), 0.5)),
            "sums over places. Divide each covariance by its own number of places.",
        ),
        "mixed_counts": (
            by(_root(_covariance(F, 1), -0.5), colour),
            "M - 1 for F and M for S. Divide both in the same way.",
        ),
        "mixed_counts_turned": (
            by(white, _root(_covariance(S, 1), 0.5)),
            "M for F and M - 1 for S. Divide both in the same way.",
        ),
        "identity_added": (
            by(_root(C_F + one, -0.5), colour),
            "the identity was added to the covariance of F: as large as the covariance itself. 1e-5 of it is enough.",
        ),
        "first_of_batch": (
            by(white, colour[:1].expand_as(colour), _mean(S)[:1]),
            "the first painting's statistics for all pictures of the batch.",
        ),
        "entries": (
            by(C_F.abs().clamp_min(1e-9) ** -0.5, C_S.abs() ** 0.5),
            "the root of each entry. A matrix has its root by its eigenvalues.",
        ),
        "covariances_of_batch": (
            by(_root(C_F.mean(0, keepdim=True), -0.5), _root(C_S.mean(0, keepdim=True), 0.5)),
            "one covariance for the whole batch. Each picture has its own.",
        ),
        "turned_round": (
            by(colour, white),
            "coloured first and whitened then. Matrices do not commute: C_S^1/2 C_F^-1/2 (F - mu(F)).",
        ),
    }
    question.same(got, moments.whiten_colour(F, S), given, mistakes, tolerance=1e-3)
    raise question.wrong(
        "nearly",
        f"for {given} mean or covariance are a little off.",
        "Something small was added or rounded on the way?",
    )
