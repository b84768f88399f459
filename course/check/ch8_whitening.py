"""Check of chapter 8, section 4: whitening and colouring, by the symmetric roots of two covariances."""

from __future__ import annotations

import torch
from torch import Tensor

from course.adain import moments
from course.check.ch8_moments import SIZES, judge_swapped, mean_of
from course.check.engine.compare import Mistakes
from course.check.engine.differences import agree
from course.check.engine.exercise import CheckFailed, Question, exercise

PLACES = (2, 3)


@exercise(
    moments.whiten_colour,
    'section 4, "What AdaIN leaves out"',
    stops={
        "must match the size of tensor": ("axes_lost", SIZES),
        "linalg.cholesky: ": (
            "singular",
            "With fewer places than channels a covariance has directions of variance 0: let d be at least 1e-4 of the largest.",
        ),
        "linalg.inv: ": (
            "singular",
            "With fewer places than channels a covariance cannot be inverted: leave out directions of variance 0.",
        ),
    },
    solved_by=(),
)
def whiten_colour(question: Question) -> str:
    """C_S^1/2 C_F^-1/2 (F - mu(F)) + mu(S), with the symmetric roots."""
    F, S = _correlated(question, 2, 4, 6, 7), _correlated(question, 2, 4, 5, 9)
    judge_swapped(question, F, S, "mean and covariance")
    given = f"F of shape {list(F.shape)} and S of shape {list(S.shape)}"
    got = question.tensor(question.ask("call", F, S), F.shape, given)
    _judge_covariance(question, got, F, S, given)
    _judge_roots(question, got, F, S, given)
    same = question.tensor(question.ask("call", F, F.clone()), F.shape, "S = F")
    question.same(same, F, "S = F", {}, tolerance=5e-3)
    _judge_weak_directions(question)
    return "mean and covariance are those of S, by symmetric roots; F for S = F; fewer places than channels too"


def _judge_weak_directions(question: Question) -> None:
    """Where F varies little, and where it does not vary at all."""
    few, many = _correlated(question, 2, 8, 2, 2), _correlated(question, 2, 8, 5, 5)
    given = "8 channels and 4 places"
    value = question.ask("call", few, many).value
    most = 1.1 * float(_variances(many))
    if isinstance(value, Tensor) and not (value.isfinite().all() and float(_variances(value)) <= most):
        raise question.wrong(
            "explodes",
            f"for {given} the result is NaN, infinite or many times too strong.",
            "In some directions F does not vary at all: 0 to the power -1/2. Let d be at least 1e-4 of the largest.",
        )
    question.tensor(question.ask("call", few, many), few.shape, given)
    F, S = _correlated(question, 2, 4, 6, 7, weakest=0.03), _correlated(question, 2, 4, 5, 9)
    given = "an F that varies in one direction 30 times less than in others"
    got = question.tensor(question.ask("call", F, S), F.shape, given)
    if not agree(_covariance(got), _covariance(S), 0.05):
        raise question.wrong(
            "floor_too_high",
            f"for {given} the result does not have the covariance of S.",
            "Is the least d far more than 1e-4 of the largest? What is faint and no noise stays faint then.",
        )


def _correlated(question: Question, *shape: int, weakest: float = 1.0) -> Tensor:
    """Feature maps whose channels go together, with means of their own; in one direction they vary less."""
    batch, channels = shape[:2]
    directions, _ = torch.linalg.qr(question.draw.normal(batch, channels, channels))
    strengths = 0.7 + 1.5 * question.draw.uniform(batch, 1, channels)
    if weakest < 1:
        strengths = torch.tensor([weakest, *[1.0] * (channels - 1)]).expand(batch, 1, channels)
    mixed = torch.einsum("bij,bjhw->bihw", directions * strengths, question.draw.normal(*shape))
    return 2 * question.draw.normal(batch, channels, 1, 1) + mixed


def _judge_roots(question: Question, got: Tensor, F: Tensor, S: Tensor, given: str) -> None:
    """What has the right covariance may still be turned: C_S^1/2 Q C_F^-1/2 has it for every rotation Q."""
    ours = moments.whiten_colour(F, S)
    if agree(got, ours, 5e-3):
        return
    C_F, C_S = _covariance(F), _covariance(S)
    white = _root(C_F, -0.5)
    x = (F - mean_of(F)).flatten(2)
    whitened = white @ x
    Q = _root(C_S, -0.5) @ (got - mean_of(got)).flatten(2) @ whitened.mT / whitened.shape[2]
    V_F, V_S = (torch.linalg.eigh(C)[1] for C in (C_F, C_S))
    seen = f"for {given} mean and covariance are right, and the maps are not ours."
    unit = torch.eye(F.shape[1]).expand_as(Q)
    for mistake, turned, sentence in (  # the signs of eigenvectors are arbitrary
        (
            "no_transpose_between",
            V_S.mT @ Q @ V_F,
            "Each root is V d^p V^T, and both lack their inner factor: V_S and V_F^T stand alone. Eigenvectors' signs are "
            "arbitrary, so what comes out is, too.",
        ),
        (
            "rotated",
            Q @ V_F,
            "Whitened maps were left in the eigenvectors' axes. Both roots are symmetric: V d^p V^T, back at the end.",
        ),
        (
            "rotated_by_colour",
            V_S.mT @ Q,
            "C_S^1/2 lacks its last V^T. Both roots are symmetric: V d^p V^T.",
        ),
    ):
        if agree(turned.abs(), unit, 0.02):
            raise question.wrong(mistake, seen, sentence)
    lower = torch.linalg.cholesky(C_S) @ torch.linalg.solve_triangular(torch.linalg.cholesky(C_F), x, upper=False)
    shortest = white @ _root(_root(C_F, 0.5) @ C_S @ _root(C_F, 0.5), 0.5) @ white @ x
    mistakes: Mistakes = {
        "cholesky": (
            lower.view_as(F) + mean_of(S),
            "Cholesky factors. They depend on the order of the channels. The roots here are symmetric: V d^p V^T.",
        ),
        "optimal_transport": (
            shortest.view_as(F) + mean_of(S),
            "the map of optimal transport, a good one, and another one. Here it is C_S^1/2 C_F^-1/2.",
        ),
    }
    try:
        question.same(got, ours, given, mistakes, tolerance=5e-3)
    except CheckFailed as failure:
        if failure.mistake in mistakes:
            raise
    raise question.wrong(
        "turned", seen, "Which roots are these? Print V d^p V^T minus its own transpose: a symmetric root gives 0."
    )


def _covariance(F: Tensor, correction: int = 0) -> Tensor:
    x = (F - mean_of(F)).flatten(2)
    return x @ x.mT / (x.shape[2] - correction)


def _variances(F: Tensor) -> Tensor:
    return _covariance(F).diagonal(dim1=1, dim2=2).sum()


def _root(C: Tensor, exponent: float) -> Tensor:
    d, V = torch.linalg.eigh(C)
    root: Tensor = V * d.clamp_min(1e-9)[:, None] ** exponent @ V.mT
    return root


def _pooled(F: Tensor, exponent: float) -> Tensor:
    """A root of the covariance of all places of all pictures."""
    return _root(_covariance(F.transpose(0, 1).flatten(1)[None, ..., None]), exponent)


def _judge_covariance(question: Question, got: Tensor, F: Tensor, S: Tensor, given: str) -> None:
    """By its property first: what has not the mean and the covariance of S is told so, whatever its roots are."""
    right_mean = agree(mean_of(got), mean_of(S), 1e-3)
    C, wanted = _covariance(got), _covariance(S)
    if right_mean and agree(C, wanted, 5e-3):
        return
    centred = (F - mean_of(F)).flatten(2)

    def by(white: Tensor, colour: Tensor, mean: Tensor | None = None) -> Tensor:
        return (colour @ white @ centred).view_as(F) + (mean_of(S) if mean is None else mean)

    C_F, C_S, one = _covariance(F), _covariance(S), torch.eye(F.shape[1]).expand(len(F), -1, -1)
    white, colour = _root(C_F, -0.5), _root(C_S, 0.5)
    colour_of_F, white_of_S = _root(C_F, 0.5), _root(C_S, -0.5)
    (eigenvalues_F, V_F), (eigenvalues_S, V_S) = (torch.linalg.eigh(C) for C in (C_F, C_S))
    raw = F.flatten(2)
    moment_F, moment_S = ((x.flatten(2) @ x.flatten(2).mT) / x[0, 0].numel() for x in (F, S))
    mistakes: dict[str, tuple[Tensor, str]] = {
        "diagonal": (moments.adain(F, S), "AdaIN: each channel by itself. Here channels go together, as a matrix."),
        "only_white": (by(white, one), "whitened, with the painting's mean, and not coloured: C_S^1/2 is missing."),
        "only_norm": (by(white, one, 0 * mean_of(S)), "whitened only. Colour it by C_S^1/2, and add mu(S)."),
        "only_coloured": (by(one, colour), "coloured, but not whitened before: C_F^-1/2 is missing."),
        "not_inverted": (by(colour_of_F, colour), "C_F^1/2 where C_F^-1/2 belongs."),
        "inverses": (
            by(_root(C_F, -1), C_S),
            "the covariances themselves. Their roots are meant: powers 1/2 and -1/2.",
        ),
        "whole_inverse": (by(_root(C_F, -1), colour), "C_F was inverted without the root: the power is -1/2."),
        "colour_squared": (by(white, C_S), "multiplied by C_S. Its root is meant: the power 1/2."),
        "colour_inverted": (by(white, white_of_S), "C_S^-1/2 where C_S^1/2 belongs."),
        "exchanged": (
            by(white_of_S, colour_of_F),
            "C_F and C_S were exchanged: whiten by C_F, colour by C_S.",
        ),
        "powers_exchanged": (by(colour_of_F, white_of_S), "the powers were exchanged: whiten by -1/2, colour by 1/2."),
        "on_the_rows": (
            by(
                torch.diag_embed(eigenvalues_F.rsqrt()),
                torch.diag_embed(eigenvalues_S.sqrt()),
            ),
            "d was multiplied to the rows of V, and V V^T is the identity. To the columns: V * d[:, None] ** p @ V.mT.",
        ),
        "transpose_missing": (
            by(V_F * eigenvalues_F.rsqrt()[:, None] @ V_F, V_S * eigenvalues_S.sqrt()[:, None] @ V_S),
            "V d^p V. The last factor is transposed: V d^p V^T.",
        ),
        "last_factor_missing": (
            by(V_F * eigenvalues_F.rsqrt()[:, None], V_S * eigenvalues_S.sqrt()[:, None]),
            "V d^p alone: the last factor, V^T, is missing in both roots.",
        ),
        "moments_centred": (
            by(_root(moment_F, -0.5), _root(moment_S, 0.5)),
            "second moments, as in a Gram matrix, in place of covariances. Take the means away before x x^T, too.",
        ),
        "no_mean": (by(white, colour, 0 * mean_of(S)), "mu(S) is missing."),
        "mean_left": (by(white, colour, mean_of(F)), "mu(F) was added. At the end it is mu(S)."),
        "not_centred": (
            (colour @ white @ raw).view_as(F) + mean_of(S),
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
        "covariance_of_all": (
            by(*(_pooled(x, p) for x, p in ((F, -0.5), (S, 0.5)))),
            "one covariance for all pictures of the batch together. Each picture has its own.",
        ),
        "identity_added": (
            by(_root(C_F + one, -0.5), colour),
            "the identity was added to the covariance of F: as large as the covariance itself. 1e-5 of it is enough.",
        ),
        "first_of_batch": (
            by(white, colour[:1].expand_as(colour), mean_of(S)[:1]),
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
    try:
        question.same(got, moments.whiten_colour(F, S), given, mistakes, tolerance=1e-3)
    except CheckFailed as failure:
        if failure.mistake != "other" or agree(got, moments.whiten_colour(F, S), 0.05):
            raise
        seen = failure.lines[0].removeprefix(f"✗ {failure.exercise}: ")
        raise question.wrong(
            "other",
            seen,
            "Print the covariance of the whitened maps alone: is it the identity? Then that of the result.",
        ) from None
    raise question.wrong(
        "nearly",
        f"for {given} mean or covariance are a little off.",
        "Something small was added or rounded on the way?",
    )
