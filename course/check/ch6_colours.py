"""Checks of chapter 6, section 1: a picture in another's colours, by any affine map, and a painting's luminance alone."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from course.adain import moments
from course.check.engine.differences import agree, written
from course.check.engine.exercise import Question, exercise
from course.control import colours

# What is added to a covariance so that it can be inverted, 1e-5 or even 1e-4, stays well below; M - 1 for M does not.
NEAR = 8e-3
YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]]).double()
SINGULAR = (
    "singular",
    "A covariance, 3 x 3, with no inverse or Cholesky factor: for one colour it is 0. Add 1e-5 to both diagonals.",
)
SIZES = "The pictures differ in size. Pixels are columns, [3, M], a mean is [3, 1] and a covariance [3, 3]."
SAYS = {
    "rounded": "colours rounded to 256 levels. They are numbers here, and may leave [0, 1]: no bytes, no Pillow.",
    "clamped": "colours cut off at 0 and 1, by clamp. Then mean and covariance are others.",
    "pixels_mixed": "three neighbours taken for R, G, B, as reshape(-1, 3) cuts them. flatten(2)[0] is [3, M].",
    "scrambled": "the right colours in wrong places: reshape and view only cut anew. Turn [M, 3] with .T before.",
    "histogram": "a curve for each channel: histograms were matched. Here it is one matrix, and a shift.",
    "not_affine": "pixels that went different ways, by place, order or chance. One matrix and one shift serve all.",
    "unchanged": "the picture as it was, or a copy of it.",
    "only_means": "only the means were exchanged. The covariance as well.",
    "one_scale": "one number as the scale of all channels. Here it is a matrix, made of two covariances.",
    "per_channel": "mean and deviation of each channel by itself, as in AdaIN. R, G and B go together, by a matrix.",
    "per_channel_yiq": "Y, I and Q each by itself. They go together as well: take the whole covariance.",
    "no_mean": "the mean of `like` is missing.",
    "mean_left": "the picture's own mean was added. At the end it is that of `like`.",
    "both_means": "both means were added. The picture's is taken away.",
    "not_centred": "the picture's mean was not taken away before the matrix: A (x - mu) + mu'.",
    "bracket_missing": "the picture's mean was taken away after the matrix: a bracket is missing, A (x - mu).",
    "mean_scaled": "the mean of `like` was multiplied by a matrix. It is added at the end, as it is.",
    "one_mean": "one mean for all channels, as x.mean() gives it. Each has its own: x.mean(1, keepdim=True).",
    "only_white": "whitened, and not coloured: the root of the covariance of `like` is missing.",
    "only_coloured": "coloured, but not whitened before: L^-1 of the picture is missing.",
    "exchanged": "C and C' were exchanged: whiten by the picture's, colour by that of `like`.",
    "roots_missing": "C' C^-1, the covariances themselves. Their roots are meant.",
    "colour_squared": "coloured by the covariance of `like`. Its root is meant.",
    "whole_inverse": "whitened by C^-1. The inverse of the root is meant.",
    "not_inverted": "the picture's root was not inverted: A is L' L^-1.",
    "colour_inverted": "coloured by the inverse of a root of C'. Only the picture's root is inverted.",
    "correlation": "correlations, as corrcoef gives them. The covariance is meant, with the variances in it.",
    "transposed": "A^T x where A x is meant. Pixels as columns: A @ x. Pixels as rows, [M, 3]: x @ A.T.",
    "root_transposed": "a root was transposed. Cholesky's is the lower one, C = L L^T, and A is L' L^-1.",
    "transpose_missing": "eigenvectors without their transpose: the root of C is V d^1/2 V^T, d a diagonal matrix.",
    "on_the_rows": "eigenvalues alone: V V^T is the identity. They stand between, V diag(d) V^T.",
    "entries": "the root of each entry. A matrix has its root by Cholesky, or by its eigenvalues.",
    "moments": "second moments, as in a Gram matrix. A covariance is measured from the mean.",
    "moments_centred": "second moments in place of covariances. Take the means away before x x^T, too.",
    "unbiased": "covariances divided by M - 1, as torch.cov does. Say correction=0.",
    "unbiased_like": "the covariance of `like` was divided by M - 1, the other by M.",
    "unbiased_picture": "the covariance of the picture was divided by M - 1, the other by M.",
    "sums": "sums over the pixels. Divide each covariance by its own number of pixels.",
    "half": "half the contrast of `like`. Is there a factor, or a mean of two?",
    "half_way": "halfway between the picture and the result. It gets all of the colours of `like`.",
    "too_much_added": "far more than 1e-5 was added to the diagonal. What varies little vanishes beside it.",
    "turned_round": "coloured first and whitened then. Matrices do not commute: A is L' L^-1.",
    "other": "Print mean and covariance of the whitened pixels L^-1 (x - mu): are they 0 and the identity?",
}


@exercise(
    colours.match_colour,
    'section 1, "The style in the photo\'s colours"',
    stops={"must match the size of tensor": ("axes_lost", SIZES), "LinAlgError": SINGULAR},
    solved_by=(moments.whiten_colour,),
)
def match_colour(question: Question) -> str:
    """A (x - mu) + mu' with A C A^T = C': any such A."""
    picture, like = _pair(question, (4, 5), (6, 7))
    _judge_pair(question, picture, like, f"a picture of shape {list(picture.shape)} and `like` of {list(like.shape)}")
    picture, like = (x.contiguous(memory_format=torch.channels_last) for x in _pair(question, (6, 3), (5, 8)))
    _judge_pair(question, picture, like, "pictures that lie in memory pixel by pixel")
    _judge_faint(question)
    _judge_flat(question)
    return "by one affine map of RGB mean and covariance are those of `like`; pictures of one colour and grey ones, too"


class _Colours(NamedTuple):
    """The pixels of a picture, x [3, M], their mean [3, 1] and their covariance C [3, 3], divided by M."""

    x: Tensor
    mean: Tensor
    C: Tensor


def _colours(picture: Tensor) -> _Colours:
    x = picture.double().flatten(2)[0]
    return _Colours(x, x.mean(1, keepdim=True), torch.cov(x, correction=0))


def _fit(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, bool]:
    """The affine map M x + b that comes nearest to y, and whether nothing is left."""
    found = torch.linalg.lstsq(torch.cat([x, torch.ones_like(x[:1])]).mT, y.mT).solution.mT
    M, b = found[:, :3], found[:, 3:]
    return M, b, agree(y, M @ x + b, 5e-4)


def _picture(question: Question, height: int, width: int) -> Tensor:
    """One whose channels go together, as in photos, and vary in every direction of colour; with values outside [0, 1]."""
    uniform = question.draw.uniform
    mean = 0.15 + torch.tensor([0.0, 0.25, 0.5])[uniform(3).argsort(), None] + 0.15 * uniform(3, 1)
    scales, (rg, rb, gb) = 0.4 + 0.3 * uniform(3), (0.3 + 0.3 * uniform(3)).tolist()
    C = torch.tensor([[1, rg, rb], [rg, 1, gb], [rb, gb, 1]]) * scales * scales[:, None]
    x: Tensor = mean + torch.linalg.cholesky(C) @ _even(question.draw.normal(3, height * width))
    return x.view(1, 3, height, width)


def _even(x: Tensor) -> Tensor:
    """The same, with mean 0 and covariance 1."""
    even: Tensor = _root(torch.cov(x, correction=0), -0.5) @ (x - x.mean(1, keepdim=True))
    return even


def _pair(question: Question, size: tuple[int, int], other: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Two pictures whose means, deviations and directions of colour are well apart."""
    while True:
        picture, like = _picture(question, *size), _picture(question, *other)
        (_, mean, C), (_, level, D) = _colours(picture), _colours(like)
        each, in_yiq = ((T @ D @ T.mT).diagonal() / (T @ C @ T.mT).diagonal() for T in (torch.eye(3).double(), YIQ))
        apart = [(mean - level).abs().min() / 0.08, (C @ D - D @ C).norm() / (C.norm() * D.norm()) / 0.1]
        apart += [(like.std() / picture.std()).log().abs() / 0.05, *(x.log().std() / 0.1 for x in (each, in_yiq))]
        if min(map(float, (*apart, each.log().abs().min() / 0.1))) > 1:
            return picture, like


def _judge_pair(question: Question, picture: Tensor, like: Tensor, given: str) -> None:
    """By what must hold: one affine map, mean and covariance. What is wrong is told by what holds in its place."""
    returned = question.ask("call", picture, like)
    if isinstance(returned.value, Tensor) and returned.value.shape == like.shape and returned.echo is None:
        sentence = "The two were exchanged: the pixels are the picture's, only the colours are those of `like`."
        raise question.wrong("swapped", f"for {given} the result has the shape of `like`.", sentence)
    got = question.tensor(returned, picture.shape, given)
    p, w, g = _colours(picture), _colours(like), _colours(got)
    M, _, affine = _fit(p.x, g.x)
    right_mean, right_covariance = agree(g.mean, w.mean, 2e-3), _near(g.C, w.C)
    if affine and right_mean and right_covariance:
        return
    if not affine:
        seen, found = "what came back is no affine map of the picture's colours.", _not_affine(picture, got, p, g)
    else:
        right = _wrong_means(M, p, w, g) if right_covariance else _wrong_maps(M, p, w, g)
        seen, found = _difference(g, w, right_mean), {**_wrong_channels(M, p, w, g, right_mean), **right}
    mistake = next((mistake for mistake, holds in found.items() if holds), "other")
    says = SAYS[mistake] if mistake == "other" else f"This looks like: {SAYS[mistake]}"
    raise question.wrong(mistake, f"for {given} {seen}", says)


def _difference(g: _Colours, w: _Colours, right_mean: bool) -> str:
    names = ("red", "green", "blue")
    if not right_mean:
        at = int((g.mean - w.mean).abs().argmax())
        return f"expected the mean {written(float(w.mean[at]))} in {names[at]}, got {written(float(g.mean[at]))}."
    i, j = divmod(int((g.C - w.C).abs().argmax()), 3)
    what = f"variance of {names[i]}" if i == j else f"covariance of {names[i]} and {names[j]}"
    return f"expected {written(float(w.C[i, j]))} as {what}, got {written(float(g.C[i, j]))}."


def _near(value: Tensor, *expected: Tensor) -> bool:
    return any(agree(value, one, NEAR) for one in expected)


def _not_affine(picture: Tensor, got: Tensor, p: _Colours, g: _Colours) -> dict[str, bool]:
    """The mistakes after which no affine map leads from the picture's colours to the result's."""
    levels, (height, width) = 255 * g.x, picture.shape[2:]
    by_threes, back = (x.double().reshape(-1, 3).mT for x in (picture, got))
    turned = got.double().reshape(3, width, height).mT.flatten(1)
    rising = [float(y[x.argsort()].diff().min()) > -1e-6 for x, y in zip(p.x, g.x, strict=True)]
    return {
        "rounded": float((levels - levels.round()).abs().max()) < 2e-3,
        "clamped": float(g.x.min()) > -1e-6 and float(g.x.max()) < 1 + 1e-6 and _is_clamped(p.x, g.x),
        "pixels_mixed": _fit(by_threes, back)[2] or _fit(by_threes, g.x)[2],
        "scrambled": _fit(p.x, back)[2] or _fit(p.x, turned)[2],
        "histogram": all(rising),
        "not_affine": True,
    }


def _is_clamped(x: Tensor, y: Tensor) -> bool:
    for channel in y:
        inside = (channel > 1e-6) & (channel < 1 - 1e-6)
        if int(inside.sum()) < 6:
            return False
        M, b, exact = _fit(x[:, inside], channel[None, inside])
        if not (exact and agree(channel[None], (M @ x + b).clamp(0, 1), 2e-3)):
            return False
    return True


def _wrong_channels(M: Tensor, p: _Colours, w: _Colours, g: _Colours, right_mean: bool) -> dict[str, bool]:
    """The maps without a matrix: channels stay by themselves."""
    one, alike, ratios = torch.eye(3).double(), float(M.diagonal().mean()), g.C.diagonal() / w.C.diagonal()
    diagonal, in_yiq = _near(M, torch.diag(M.diagonal())), YIQ @ M @ YIQ.inverse()
    return {
        "unchanged": _near(M, one) and _near(g.mean, p.mean),
        "only_means": _near(M, one) and right_mean,
        "one_scale": right_mean and alike > 0.05 and agree(M, alike * one, 1e-3),
        "per_channel": diagonal and _near(ratios, ratios.mean().expand(3)) and abs(float(ratios[0]) - 1) < 0.1,
        "per_channel_yiq": agree(in_yiq, torch.diag(in_yiq.diagonal()), 4e-3) and not diagonal,
    }


def _wrong_means(M: Tensor, p: _Colours, w: _Colours, g: _Colours) -> dict[str, bool]:
    """The mistakes whose covariance is right."""
    level, by_one = w.mean.mean().expand(3, 1), M @ (p.mean - p.mean.mean())
    return {
        "no_mean": float(g.mean.abs().max()) < 1e-3,
        "mean_left": _near(g.mean, p.mean),
        "both_means": _near(g.mean, p.mean + w.mean),
        "not_centred": _near(g.mean, M @ p.mean + w.mean),
        "bracket_missing": _near(g.mean, M @ p.mean - p.mean + w.mean),
        "mean_scaled": _near(g.mean, torch.linalg.cholesky(w.C) @ w.mean, _root(w.C, 0.5) @ w.mean, M @ w.mean),
        "one_mean": _near(g.mean, level, by_one + w.mean, by_one + level),
    }


def _root(C: Tensor, exponent: float) -> Tensor:
    d, V = torch.linalg.eigh(C)
    root: Tensor = V * d**exponent @ V.mT
    return root


def _wrong_maps(M: Tensor, p: _Colours, w: _Colours, g: _Colours) -> dict[str, bool]:
    """The mistakes whose covariance is wrong, by what holds of M in place of M C M^T = C'."""
    C, D, one = p.C, w.C, torch.eye(3).double()
    L, K = torch.linalg.cholesky(C), torch.linalg.cholesky(D)
    (d, V), (e, W) = torch.linalg.eigh(C), torch.linalg.eigh(D)
    flips = torch.cartesian_prod(*[torch.tensor([1.0, -1.0]).double()] * 3)[
        :, None
    ]  # eigenvectors' signs are arbitrary
    V, W = (V * flips)[:, None], W * flips
    untransposed = (W * e.sqrt() @ W @ (V * d.rsqrt()) @ V, W * e.sqrt() @ (V * d.rsqrt()), W * (e / d).sqrt() @ V)
    m, n, d_C, d_D = p.x.shape[1], w.x.shape[1], C.diagonal().sqrt(), D.diagonal().sqrt()
    by_moments = _near(M @ (C + p.mean @ p.mean.mT) @ M.mT, D + w.mean @ w.mean.mT)
    slopes = (one - M @ M.mT, -M @ M.mT)  # of the result's covariance, by what is added to both, or to C alone
    added = [(float(((g.C - D) * slope).sum() / slope.square().sum()), slope) for slope in slopes]
    return {
        "only_white": _near(g.C, one),
        "only_coloured": _near(M @ M.mT, D),
        "exchanged": _near(M @ D @ M.mT, C),
        "roots_missing": _near(M, D @ C.inverse()),
        "colour_squared": _near(g.C, D @ D),
        "whole_inverse": _near(M @ C @ C @ M.mT, D),
        "not_inverted": _near(M @ C.inverse() @ M.mT, D) or _near(M, K @ L),
        "colour_inverted": _near(g.C, D.inverse()),
        "correlation": _near(M @ (C / d_C / d_C[:, None]) @ M.mT, D / d_D / d_D[:, None]),
        "transposed": _near(M.mT @ C @ M, D),
        "root_transposed": _near(M, K.mT @ L.inverse(), K @ L.inverse().mT, K.mT @ L.inverse().mT),
        "transpose_missing": _near(M, *torch.cat(untransposed).flatten(0, 1)),
        "on_the_rows": _near(M, torch.diag((e / d).sqrt())),
        "entries": _near(M, D.sqrt() @ C.sqrt().inverse(), D.sqrt() @ C.rsqrt(), (D / C).sqrt()),
        "moments": by_moments and _near(g.mean, M @ p.mean),
        "moments_centred": by_moments,
        "unbiased": agree(g.C, n / (n - 1) * (m - 1) / m * D, 2e-3),
        "unbiased_like": agree(g.C, n / (n - 1) * D, 2e-3),
        "unbiased_picture": agree(g.C, (m - 1) / m * D, 2e-3),
        "sums": _near(g.C, n / m * D, n * D, D / m),
        "half": _near(g.C, D / 4),
        "half_way": _near((2 * M - one) @ C @ (2 * M - one).mT, D),
        "too_much_added": any(more > 5e-5 and agree(g.C, D + more * slope, 2e-3) for more, slope in added),
        "turned_round": _near(*(torch.linalg.eigvals(A).real.log().sort().values for A in (M @ M.mT, C.inverse() @ D))),
    }


def _judge_faint(question: Question) -> None:
    """Colours of photos vary far less than their lightness, and what varies little is no noise yet."""
    mixing = torch.tensor([[0.2, -0.04, 0.0], [0.24, 0.02, 0.046], [0.24, 0.02, -0.046]])
    near_grey, even = mixing @ _even(question.draw.normal(3, 90)), 0.35 * _even(question.draw.normal(3, 72))
    picture, like = (0.4 + near_grey).view(1, 3, 9, 10), (0.6 + even).view(1, 3, 8, 9)
    got = question.tensor(question.ask("call", picture, like), picture.shape, "a nearly grey picture")
    if not agree(_colours(got).C, _colours(like).C, 0.1):
        seen = f"for a nearly grey picture {_difference(_colours(got), _colours(like), True)}"
        raise question.wrong("too_much_added", seen, f"This looks like: {SAYS['too_much_added']}")


def _judge_flat(question: Question) -> None:
    """Pictures of one colour, and of shades of grey only, on either side."""
    full = _picture(question, 6, 7)
    flat = (question.draw.levels(3, 13, 1, 3, 1, 1) / 16).expand(1, 3, 4, 5).contiguous()
    for given, picture, like in (
        ("a picture of one colour", flat, full),
        ("a `like` of one colour", full, flat),
        ("a grey picture", full[:, :1].repeat(1, 3, 1, 1), full),
        ("a grey `like`", full, full[:, :1].repeat(1, 3, 1, 1)),
    ):
        returned = question.ask("call", picture, like)
        if isinstance(value := returned.value, Tensor) and not value.isfinite().all():
            sentence = "A variance of 0 was divided by, or one just below 0 had its root drawn. Add 1e-5 to each."
            raise question.wrong("flat_is_nan", f"for {given} it returned NaN or infinite numbers.", sentence)
        g, w = _colours(question.tensor(returned, picture.shape, given)), _colours(like)
        if float((g.mean - w.mean).abs().max()) > 0.05:
            sentence = "It takes on the mean of `like`, too. With 1e-5 on both diagonals it needs no case of its own."
            raise question.wrong("flat_mean", f"for {given} {_difference(g, w, False)}", sentence)
        if float(g.C.trace()) > 1.1 * float(w.C.trace()) + 1e-3:
            sentence = "Where there was no variance, rounding was divided by nearly 0. Add 1e-5 to both diagonals."
            raise question.wrong("explodes", f"for {given} the result varies more than `like`.", sentence)
