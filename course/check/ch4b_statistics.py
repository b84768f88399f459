"""Checks of chapter 4b: what else a texture can be known by, mean and deviation of each channel, and the MMD."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from course import losses
from course.check.engine.compare import Mistakes, compare
from course.check.engine.exercise import Question, exercise

DETACHED = "Only the style S is a constant. detach(), .data, .item() or no_grad() on F stop the painter."


@exercise(
    losses.mean_std_loss,
    'section 2, "Other statistics"',
    stops={
        "must match the size of tensor": (
            "places_left",
            "F and S may have different sizes: what is compared has one number for each channel, .mean((2, 3)).",
        ),
    },
    solved_by=(losses.mean_std,),
)
def mean_std_loss(question: Question) -> str:
    """1/N sum_i (mean_i(F) - mean_i(S))^2 + (std_i(F) - std_i(S))^2."""
    compare(
        question, lambda: (_maps(question, 3, 4, 5, 6), _maps(question, 3, 4, 7, 2)), _mean_std_results, tolerance=1e-3
    )
    F, S = question.draw.normal(2, 3, 5, 4), _maps(question, 2, 3, 4, 6)
    F[:, 1] = 0
    gradient = question.ask("gradient", F, S)
    if gradient is None:
        raise question.wrong("detached", "no gradient finds its way back to F.", DETACHED)
    given = "with a channel of F that is 0 everywhere the gradient"
    if not gradient.isfinite().all():
        raise question.wrong(
            "nan_gradient",
            f"{given} is NaN or infinite.",
            "At 0 a root is infinitely steep, and infinity times 0 is NaN. Add 1e-8 to the variance under it, or use torch.std.",
        )
    m, s = F.mean((2, 3), keepdim=True), F.std((2, 3), correction=0, keepdim=True)
    to_mean, to_std = m - S.mean((2, 3), keepdim=True), s - S.std((2, 3), correction=0, keepdim=True)
    expected = (to_mean + to_std * (F - m) / s.clamp_min(1e-6)) * 2 / (3 * 20)
    question.same(gradient, expected, given, {}, tolerance=1e-2)
    return "1/N times the squared differences of mean and biased deviation; any size of S, and channels that are silent"


def _maps(question: Question, *shape: int) -> Tensor:
    """Feature maps whose channels have means and deviations of their own."""
    batch, channels = shape[:2]
    shift, scale = question.draw.normal(batch, channels, 1, 1), 0.5 + 2 * question.draw.uniform(batch, channels, 1, 1)
    return shift + scale * question.draw.normal(*shape)


def _mean_std_results(F: Tensor, S: Tensor) -> tuple[str, Tensor, Mistakes]:
    N, places = F.shape[1], (2, 3)
    m = F.mean(places) - S.mean(places)
    s = F.std(places, correction=0) - S.std(places, correction=0)
    unbiased = F.std(places, correction=1) - S.std(places, correction=1)
    variance = F.var(places, correction=0) - S.var(places, correction=0)
    moment = F.square().mean(places).sqrt() - S.square().mean(places).sqrt()
    total = (m.square() + s.square()).sum()

    def over(axes: tuple[int, ...]) -> Tensor:
        means, deviations = F.mean(axes) - S.mean(axes), F.std(axes, correction=0) - S.std(axes, correction=0)
        return means.square().sum() + deviations.square().sum()

    return (
        "F of shape [3, 4, 5, 6] and S of shape [3, 4, 7, 2]",
        losses.mean_std_loss(F, S),
        {
            "unbiased": (
                (m.square() + unbiased.square()).sum() / N,
                "torch.std as it comes, which divides by M - 1. Here it is M: correction=0, or unbiased=False.",
            ),
            "unbiased_variance": (
                (m.square() + (F.var(places) - S.var(places)).square()).sum() / N,
                "torch.var as it comes: no root, and divided by M - 1 instead of M.",
            ),
            "variance": ((m.square() + variance.square()).sum() / N, "the variance. Its root is the deviation."),
            "not_centred": (
                (m.square() + moment.square()).sum() / N,
                "the root of the mean square. The deviation is measured from the channel's mean.",
            ),
            "no_channels": (total, "1/N is missing."),
            "mean_only": (m.square().sum() / N, "only the means. The deviations count as well."),
            "std_only": (s.square().sum() / N, "only the deviations. The means count as well."),
            "means_divided": (
                (m.square() / N + s.square()).sum(),
                "1/N stands before the means only. It divides both: put the sum in brackets.",
            ),
            "deviations_divided": (
                (m.square() + s.square() / N).sum(),
                "1/N stands before the deviations only. It divides both: put the sum in brackets.",
            ),
            "lengths": (
                (m.square() + s.square()).sqrt().sum() / N,
                "a root was drawn for each channel. The squares are added up as they are.",
            ),
            "difference": (
                (m.square() - s.square()).sum() / N,
                "the deviations were taken away. Both distances are added.",
            ),
            "product": ((m.square() * s.square()).sum() / N, "a product of the two distances. They are added."),
            "minus_for_plus": (
                ((m + 2 * S.mean(places)).square() + (s + 2 * S.std(places, correction=0)).square()).sum() / N,
                "F and S were added. A distance comes from the difference of their means, and of their deviations.",
            ),
            "one_unbiased": (
                (m.square() + (F.std(places, correction=0) - S.std(places)).square()).sum() / N,
                "F's deviation divides by M, that of S by M - 1. Both divide by M: correction=0.",
            ),
            "relative": (
                ((m / S.mean(places)).square() + (s / S.std(places, correction=0)).square()).sum() / N,
                "each difference was divided by what S has. They are taken as they are.",
            ),
            "maxima": (
                (F.amax(places) - S.amax(places)).square().sum() / N,
                "the maxima of the channels. Means and deviations are compared.",
            ),
            "halved": (total / (2 * N), "a mean over mean and deviation, too. They are added; only N divides."),
            "per_picture": (total / (3 * N), "divided by the size of the batch. Losses of a batch are added up."),
            "mean_of_all": (
                total / (6 * N),
                "the mean of all squares. Sum over batch, means and deviations; divide by N.",
            ),
            "absolute": ((m.abs() + s.abs()).sum() / N, "absolute differences. They are squared here."),
            "signed": ((m + s).sum() / N, "nothing was squared: differences cancel each other."),
            "added_first": ((m + s).square().sum() / N, "the two differences were added first and squared then."),
            "root": (total.sqrt() / N, "a root was drawn over the sum."),
            "one_for_all_channels": (over((1, 2, 3)) / N, "one mean for all channels. Each channel has its own."),
            "one_for_the_picture": (over((1, 2, 3)), "one mean for all channels, and no N. Each channel has its own."),
            "batch_merged": (
                over((0, 2, 3)) / N,
                "one mean for the whole batch. Each picture has its own: dim=(2, 3).",
            ),
            "sums": (
                ((F.sum(places) - S.sum(places)).square() + s.square()).sum() / N,
                "sums where means belong: a larger picture would be another texture.",
            ),
            "first_of_batch": (
                (m[0].square() + s[0].square()).sum() / N,
                "only the first picture of the batch was looked at.",
            ),
        },
    )


PLACES = "F and S have different numbers of places. A pair of places, one of each, is compared: x.transpose(1, 2) @ y."


@exercise(
    losses.mmd_squared,
    'section 2, "Other statistics"',
    stops={
        "Expected size for first two dimensions": ("channels_for_places", PLACES),
        "does not broadcast with previously seen size": (
            "letters",
            "In einsum the places of F and those of S need letters of their own, and share that of the channel.",
        ),
        "must match the size of tensor": ("pairs_missing", "Every place of F meets every place of S, M * M' pairs."),
    },
    solved_by=(losses.quadratic_kernel,),
)
def mmd_squared(question: Question) -> str:
    """Mean k(f, f') + mean k(s, s') - 2 mean k(f, s), with k(x, y) = (x . y)^2."""
    F, _ = compare(
        question,
        # So far apart that no mistake ends near 0, where rounding would decide.
        lambda: (question.draw.normal(2, 3, 4, 5) + 0.3, 2 * question.draw.normal(2, 3, 6, 7)),
        _mmd_results,
        tolerance=3e-4,
    )
    zero = question.tensor(question.ask("call", F, F), (), "S = F")
    if abs(float(zero)) > 1e-4 * float(losses.mmd_squared(F, 0 * F)):
        raise question.wrong(
            "not_zero",
            f"for S = F expected 0, got {float(zero):.4g}.",
            "Equal clouds have no distance: then all three means are one number, and 1 + 1 - 2 = 0.",
        )
    F, S = question.draw.normal(3, 2, 5, 3), 1.3 * question.draw.normal(3, 2, 2, 4)
    gradient = question.ask("gradient", F, S)
    if gradient is None:
        raise question.wrong("detached", "no gradient finds its way back to F.", DETACHED)
    x = F.flatten(2)
    D = losses.gram(F) / 15 - losses.gram(S) / 8
    expected = (4 / 15 * (D @ x)).view_as(F)
    question.same(gradient, expected, "the gradient with respect to F of shape [3, 2, 5, 3]", {}, tolerance=3e-4)
    return (
        "(x . y)^2 over all pairs of places, S of any size, each picture by itself; zero for S = F; gradients reach F"
    )


def _mmd_results(F: Tensor, S: Tensor) -> tuple[str, Tensor, Mistakes]:
    x, y = F.flatten(2).transpose(1, 2), S.flatten(2).transpose(1, 2)  # [B, M, N]: a vector for each place
    xx, yy, xy = (a @ b.transpose(1, 2) for a, b in ((x, x), (y, y), (x, y)))
    pairs, batch, M = (1, 2), len(F), x.shape[1]

    def put_together(xx: Tensor, yy: Tensor, xy: Tensor) -> Tensor:
        return xx.mean(pairs) + yy.mean(pairs) - 2 * xy.mean(pairs)

    def of_vectors(x: Tensor, y: Tensor) -> Tensor:
        xx, yy, xy = (a @ b.transpose(1, 2) for a, b in ((x, x), (y, y), (x, y)))
        return put_together(xx.square(), yy.square(), xy.square()).sum()

    def without_itself(xx: Tensor) -> Tensor:
        own = xx.square().diagonal(dim1=1, dim2=2).sum(1)
        return (xx.square().sum(pairs) - own) / (xx.shape[1] * (xx.shape[1] - 1))

    k, l, m = xx.square(), yy.square(), xy.square()
    ours = put_together(k, l, m)
    return (
        "F of shape [2, 3, 4, 5] and S of shape [2, 3, 6, 7]",
        losses.mmd_squared(F, S),
        {
            "linear": (
                put_together(xx, yy, xy).sum(),
                "k is x . y, not squared. That only compares the means of the two clouds.",
            ),
            "once": (
                (ours + m.mean(pairs)).sum(),
                "the mixed pairs count once. They count twice: k(f, s) and k(s, f).",
            ),
            "added": ((ours + 4 * m.mean(pairs)).sum(), "the mixed pairs were added. They are taken away."),
            "not_mixed": ((ours + 2 * m.mean(pairs)).sum(), "the mixed pairs are missing: F and S never meet."),
            "mixed_only": (m.mean(pairs).sum(), "only the mixed pairs. Each cloud meets itself, too."),
            "turned": (-ours.sum(), "the sign. Pairs within a cloud count positive, mixed ones negative."),
            "sums": (
                k.sum() + l.sum() - 2 * m.sum(),
                "sums over pairs. Means: F and S have different numbers of places.",
            ),
            "one_count": (
                (k.sum() + l.sum() - 2 * m.sum()) / M**2,
                "every sum was divided by M * M. S has M' places: M * M, M' * M', and M * M'.",
            ),
            "no_self_pairs": (
                (without_itself(xx) + without_itself(yy) - 2 * m.mean(pairs)).sum(),
                "pairs of a place with itself were left out. Here they belong to the mean.",
            ),
            "root": (ours.sum().abs().sqrt(), "a root was drawn. It is the squared discrepancy."),
            "roots": (ours.abs().sqrt().sum(), "a root was drawn for each picture. It is the squared discrepancy."),
            "batch_merged": (
                of_vectors(x.flatten(0, 1)[None], y.flatten(0, 1)[None]),
                "places of one picture met those of another. Each picture of the batch is compared by itself.",
            ),
            "per_picture": (
                ours.sum() / batch,
                "a mean over the batch as well. Losses of a batch are added up: .mean((1, 2)).sum().",
            ),
            "first_of_batch": (ours[0], "only the first picture of the batch was looked at."),
            "mean_first": (
                (xx.mean(pairs).square() + yy.mean(pairs).square() - 2 * xy.mean(pairs).square()).sum(),
                "the mean came first and the square then. Each pair is squared by itself.",
            ),
            "squares_inside": (
                put_together(*(a.square() @ b.square().transpose(1, 2) for a, b in ((x, x), (y, y), (x, y)))).sum(),
                "entries were squared before the inner product. It is (x . y)^2: product, sum, square.",
            ),
            "cut_wrong": (
                of_vectors(F.reshape(x.shape), S.reshape(y.shape)),
                "reshape(B, H * W, N) without permute: it cuts the numbers anew. flatten(2) keeps channels apart.",
            ),
            "divided_by_channels": (
                ours.sum() / F.shape[1] ** 2,
                "inner products divided by N. x . y is a sum over channels.",
            ),
            "cosine": (
                of_vectors(functional.normalize(x, dim=2), functional.normalize(y, dim=2)),
                "vectors of length one: only directions are compared. k takes the vectors as they are.",
            ),
            "polynomial": (
                put_together((1 + xx).square(), (1 + yy).square(), (1 + xy).square()).sum(),
                "k = (1 + x . y)^2, a kernel as well, which also compares the means. Here it is (x . y)^2, without the 1.",
            ),
            "cubed": (put_together(xx**3, yy**3, xy**3).sum(), "k = (x . y)^3. The power is 2."),
            "absolute": (put_together(xx.abs(), yy.abs(), xy.abs()).sum(), "k = |x . y|. It is squared here."),
            "exponential": (put_together(xx.exp(), yy.exp(), xy.exp()).sum(), "k = exp(x . y). Here it is (x . y)^2."),
            "distance": (
                -2 * put_together(xx, yy, xy).sum(),
                "k is the squared distance of x and y. It is their inner product, squared.",
            ),
            "half_sums": (
                (k.sum(pairs) / M + l.sum(pairs) / y.shape[1] - 2 * m.sum(pairs) / M).sum(),
                "sums over pairs were divided by the places of one side. There are M * M pairs, M' * M', and M * M'.",
            ),
            "centred": (
                of_vectors(x - x.mean(1, keepdim=True), y - y.mean(1, keepdim=True)),
                "the mean was taken away from each cloud first. k takes the vectors as they are.",
            ),
            "difference": (
                (k.mean(pairs) - l.mean(pairs)).sum(),
                "pairs of F minus pairs of S. All three means count: F, S, and mixed.",
            ),
            "equal_places": (
                (xx.square().diagonal(dim1=1, dim2=2).mean(1) + yy.square().diagonal(dim1=1, dim2=2).mean(1)).sum()
                - 2 * m.mean(pairs).sum(),
                "within a cloud each place met only itself. Every place of F meets every place of F: M * M pairs.",
            ),
            "gaussian": (
                put_together(*(torch.exp(-torch.cdist(a, b).square() / 2) for a, b in ((x, x), (y, y), (x, y)))).sum(),
                "a Gaussian kernel. Here k(x, y) = (x . y)^2, which leads back to the Gram matrix.",
            ),
        },
    )
