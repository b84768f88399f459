"""Chapter 8: what students write for conditional instance norm, AdaIN, mixtures and WCT, by mistake."""

import torch
from torch.nn import functional

from classroom.mistakes.registry import wrong

P = (2, 3)


def mean(x, dim=P):
    return x.mean(dim, keepdim=True)


def std(x, dim=P, correction=0):
    return (x.var(dim, correction=correction, keepdim=True) + 1e-5).sqrt()


def norm(x, dim=P):
    return (x - mean(x, dim)) / std(x, dim)


def on_maps(x):
    return x[:, :, None, None]


def adain(F, S):
    """As it should be."""
    return std(S) * norm(F) + mean(S)


# --- conditional_instance_norm --------------------------------------------------------------------------------------


def conditional(shares_of=lambda s: s, normed=norm):
    """As it should be, but for the shares or the norm."""

    def answer(x, gammas, betas, shares):
        shares = shares_of(shares)
        return on_maps(shares @ gammas) * normed(x) + on_maps(shares @ betas)

    return answer


def largest(shares):
    return functional.one_hot(shares.argmax(1), shares.shape[1]).float()


CONDITIONAL = "conditional_instance_norm"
wrong(CONDITIONAL, "over_the_batch")(conditional(normed=lambda x: norm(x, (0, 2, 3))))
wrong(CONDITIONAL, "over_channels")(conditional(normed=lambda x: norm(x, (1, 2, 3))))
wrong(CONDITIONAL, "over_all")(conditional(normed=lambda x: norm(x, (0, 1, 2, 3))))
wrong(CONDITIONAL, "first_for_all")(conditional(lambda s: s[:1].expand_as(s)))
wrong(CONDITIONAL, "mean_for_all")(conditional(lambda s: mean(s, 0).expand_as(s)))
wrong(CONDITIONAL, "softmax")(conditional(lambda s: s.softmax(1)))
wrong(CONDITIONAL, "to_sum_one")(conditional(lambda s: s / s.sum(1, keepdim=True)))
wrong(CONDITIONAL, "strongest_only")(conditional(largest))
wrong(CONDITIONAL, "strongest_with_share")(conditional(lambda s: largest(s) * s))
wrong(CONDITIONAL, "summed")(conditional(torch.ones_like))
wrong(CONDITIONAL, "not_normalised")(conditional(normed=lambda x: x))
wrong(CONDITIONAL, "not_centred")(conditional(normed=lambda x: x / std(x)))
wrong(CONDITIONAL, "only_centred")(conditional(normed=lambda x: x - mean(x)))
wrong(CONDITIONAL, "variance")(conditional(normed=lambda x: (x - mean(x)) / std(x) ** 2))
wrong(CONDITIONAL, "unbiased")(conditional(normed=lambda x: (x - mean(x)) / std(x, correction=1)))


@wrong(CONDITIONAL, "first_style")
def _(x, gammas, betas, shares):
    return gammas[0].view(1, -1, 1, 1) * norm(x) + betas[0].view(1, -1, 1, 1)


@wrong(CONDITIONAL, "shares_ignored")
def _(x, gammas, betas, shares):
    return gammas.mean(0).view(1, -1, 1, 1) * norm(x) + betas.mean(0).view(1, -1, 1, 1)


@wrong(CONDITIONAL, "no_shift")
def _(x, gammas, betas, shares):
    return on_maps(shares @ gammas) * norm(x)


@wrong(CONDITIONAL, "no_scale")
def _(x, gammas, betas, shares):
    return norm(x) + on_maps(shares @ betas)


@wrong(CONDITIONAL, "only_norm")
def _(x, gammas, betas, shares):
    return functional.instance_norm(x)


@wrong(CONDITIONAL, "exchanged")
def _(x, gammas, betas, shares):
    return on_maps(shares @ betas) * norm(x) + on_maps(shares @ gammas)


@wrong(CONDITIONAL, "shift_scaled")
def _(x, gammas, betas, shares):
    return on_maps(shares @ gammas) * (norm(x) + on_maps(shares @ betas))


@wrong(CONDITIONAL, "one_plus_gamma")
def _(x, gammas, betas, shares):
    return (1 + on_maps(shares @ gammas)) * norm(x) + on_maps(shares @ betas)


@wrong(CONDITIONAL, "turned_round")
def _(x, gammas, betas, shares):
    return on_maps(gammas @ shares) * norm(x) + on_maps(betas @ shares)


@wrong(CONDITIONAL, "axes_missing")
def _(x, gammas, betas, shares):
    return (shares @ gammas) * norm(x) + shares @ betas


@wrong(CONDITIONAL, "detached")
def _(x, gammas, betas, shares):
    return on_maps(shares @ gammas.detach()) * norm(x) + on_maps(shares @ betas.detach())


def bare(x):
    """The deviation without an epsilon."""
    return x.std(P, correction=0, keepdim=True)


wrong(CONDITIONAL, "flat_is_nan")(conditional(normed=lambda x: (x - mean(x)) / bare(x)))
wrong(CONDITIONAL, "outside_the_root")(conditional(normed=lambda x: (x - mean(x)) / (bare(x) + 1e-5)))
wrong(CONDITIONAL, "no_epsilon")(conditional(normed=lambda x: (x - mean(x)) / bare(x).clamp_min(1e-6)))
wrong(CONDITIONAL, "statistics_detached")(conditional(normed=lambda x: (x - mean(x).detach()) / std(x).detach()))
wrong(CONDITIONAL, "variance_detached")(conditional(normed=lambda x: (x - mean(x)) / std(x).detach()))
wrong(CONDITIONAL, "mean_detached")(conditional(normed=lambda x: (x - mean(x).detach()) / std(x)))
wrong(CONDITIONAL, "divided_by_styles")(conditional(lambda s: s / s.shape[1]))


@wrong(CONDITIONAL, "magnitude")
def _(x, gammas, betas, shares):
    return conditional()(x, gammas.abs(), betas, shares)


@wrong(CONDITIONAL, "magnitude_of_mixture")
def _(x, gammas, betas, shares):
    return on_maps((shares @ gammas).abs()) * norm(x) + on_maps(shares @ betas)


# --- adain ----------------------------------------------------------------------------------------------------------

wrong("adain", "swapped")(lambda F, S: adain(S, F))
wrong("adain", "variance")(lambda F, S: std(S) ** 2 * (F - mean(F)) / std(F) ** 2 + mean(S))
wrong("adain", "scaled_by_variance")(lambda F, S: std(S) ** 2 * norm(F) + mean(S))
wrong("adain", "unbiased")(lambda F, S: F.sub(mean(F)) / std(F, correction=1) * std(S, correction=1) + mean(S))
wrong("adain", "first_of_batch")(lambda F, S: adain(F, S[:1]))
wrong("adain", "mean_scaled")(lambda F, S: std(S) * (norm(F) + mean(S)))
wrong("adain", "mean_left")(lambda F, S: std(S) * norm(F) + mean(F))
wrong("adain", "no_mean")(lambda F, S: std(S) * norm(F))
wrong("adain", "mean_only")(lambda F, S: F - mean(F) + mean(S))
wrong("adain", "std_only")(lambda F, S: F / std(F) * std(S))
wrong("adain", "not_centred")(lambda F, S: std(S) * F / std(F) + mean(S))
wrong("adain", "only_norm")(lambda F, S: norm(F))
wrong("adain", "turned")(lambda F, S: std(F) * (F - mean(F)) / std(S) + mean(S))
wrong("adain", "no_division")(lambda F, S: std(S) * (F - mean(F)) + mean(S))
wrong("adain", "half")(lambda F, S: 0.5 * F + 0.5 * adain(F, S))
wrong("adain", "no_negatives")(lambda F, S: adain(F, S).relu())
wrong("adain", "detached")(lambda F, S: adain(F.detach(), S))
wrong("adain", "of_everything")(lambda F, S: S.std(correction=0) * (F - F.mean()) / F.std(correction=0) + S.mean())


@wrong("adain", "one_for_the_picture")
def _(F, S):
    P = (1, 2, 3)
    return std(S, P) * norm(F, P) + mean(S, P)


@wrong("adain", "over_the_batch")
def _(F, S):
    P = (0, 2, 3)
    return std(S, P) * norm(F, P) + mean(S, P)


@wrong("adain", "axes_lost")
def _(F, S):
    return S.std(P, correction=0) * (F - F.mean(P)) / F.std(P, correction=0) + S.mean(P)


wrong("adain", "means_crossed")(lambda F, S: std(S) * (F - mean(S)) / std(F) + mean(F))
wrong("adain", "bracket_missing")(lambda F, S: std(S) * (F / std(F) - mean(F)) + mean(S))
wrong("adain", "not_coloured")(lambda F, S: norm(F) + mean(S))
wrong("adain", "unbiased_F")(lambda F, S: std(S) * (F - mean(F)) / std(F, correction=1) + mean(S))
wrong("adain", "unbiased_S")(lambda F, S: std(S, correction=1) * norm(F) + mean(S))
wrong("adain", "statistics_detached")(lambda F, S: std(S) * (F - mean(F).detach()) / std(F).detach() + mean(S))
wrong("adain", "variance_detached")(lambda F, S: std(S) * (F - mean(F)) / std(F).detach() + mean(S))
wrong("adain", "flat_is_nan")(lambda F, S: bare(S) * (F - mean(F)) / bare(F) + mean(S))
wrong("adain", "no_epsilon")(lambda F, S: bare(S) * (F - mean(F)) / bare(F).clamp_min(1e-6) + mean(S))
wrong("adain", "outside_the_root")(lambda F, S: (bare(S) + 1e-5) * (F - mean(F)) / (bare(F) + 1e-5) + mean(S))
wrong("adain", "epsilon_of_F_alone")(lambda F, S: bare(S) * norm(F) + mean(S))


# --- interpolate_styles ---------------------------------------------------------------------------------------------


def mixture(weights_of):
    """As it should be, but for the weights."""

    def answer(F, styles, shares):
        weights = weights_of(torch.tensor(shares))
        return sum(weight * adain(F, S) for weight, S in zip(weights, styles, strict=True))

    return answer


MIXTURE = "interpolate_styles"
wrong(MIXTURE, "not_to_one")(mixture(lambda w: w))
wrong(MIXTURE, "divided_by_count")(mixture(lambda w: w / len(w)))
wrong(MIXTURE, "shares_ignored")(mixture(lambda w: torch.ones_like(w) / len(w)))
wrong(MIXTURE, "summed")(mixture(torch.ones_like))
wrong(MIXTURE, "softmax")(mixture(lambda w: w.softmax(0)))
wrong(MIXTURE, "squared")(mixture(lambda w: (w / w.sum()) ** 2))
wrong(MIXTURE, "by_largest")(mixture(lambda w: w / w.max()))
wrong(MIXTURE, "by_length")(mixture(lambda w: w / w.norm()))
wrong(MIXTURE, "strongest_only")(mixture(lambda w: functional.one_hot(w.argmax(), len(w))))
wrong(MIXTURE, "backwards")(mixture(lambda w: (w / w.sum()).flip(0)))
wrong(MIXTURE, "inverse_shares")(mixture(lambda w: (1 / w) / (1 / w).sum()))
wrong(MIXTURE, "floored")(
    lambda F, styles, shares: sum(
        w // sum(shares) * adain(F, S) if isinstance(w, int) else w / sum(shares) * adain(F, S)
        for w, S in zip(shares, styles, strict=True)
    )
)
wrong(MIXTURE, "first_only")(lambda F, styles, shares: adain(F, styles[0]))
wrong(MIXTURE, "detached")(lambda F, styles, shares: mixture(lambda w: w / w.sum())(F.detach(), styles, shares))
wrong(MIXTURE, "photo_added")(lambda F, styles, shares: F + mixture(lambda w: w / w.sum())(F, styles, shares))


@wrong(MIXTURE, "last_only")
def _(F, styles, shares):
    for S in styles:
        F = adain(F, S)
    return F


@wrong(MIXTURE, "last_with_share")
def _(F, styles, shares):
    for S, share in zip(styles, shares, strict=True):
        mixed = share / sum(shares) * adain(F, S)
    return mixed


@wrong(MIXTURE, "variances_mixed")
def _(F, styles, shares):
    w = [share / sum(shares) for share in shares]
    variance = sum(a * std(S) ** 2 for a, S in zip(w, styles, strict=True))
    return variance.sqrt() * norm(F) + sum(a * mean(S) for a, S in zip(w, styles, strict=True))


@wrong(MIXTURE, "means_only")
def _(F, styles, shares):
    return 0 * F + sum(share / sum(shares) * mean(S) for share, S in zip(shares, styles, strict=True))


@wrong(MIXTURE, "product")
def _(F, styles, shares):
    product = adain(F, styles[0])
    for S in styles[1:]:
        product = product * adain(F, S)
    return product


@wrong(MIXTURE, "maps_mixed")
def _(F, styles, shares):
    return adain(F, sum(share / sum(shares) * S for share, S in zip(shares, styles, strict=True)))


# --- whiten_colour --------------------------------------------------------------------------------------------------


def covariance(F, correction=0):
    x = (F - mean(F)).flatten(2)
    return x @ x.mT / (x.shape[2] - correction)


def root(C, exponent):
    d, V = torch.linalg.eigh(C)
    powers = torch.where(d > 1e-5 * d[:, -1:], d, 1) ** exponent * (d > 1e-5 * d[:, -1:])
    return V * powers[:, None] @ V.mT


def wct(white=lambda C: root(C, -0.5), colour=lambda C: root(C, 0.5), of_F=covariance, of_S=covariance, m=None):
    """As it should be, but for a part."""

    def answer(F, S):
        y = colour(of_S(S)) @ white(of_F(F)) @ (F - mean(F)).flatten(2)
        return y.view_as(F) + (m or (lambda F, S: mean(S)))(F, S)

    return answer


def unit(C):
    return torch.eye(C.shape[1]).expand_as(C)


WCT = "whiten_colour"
wrong(WCT, "swapped")(lambda F, S: wct()(S, F))
wrong(WCT, "diagonal")(adain)
wrong(WCT, "only_white")(wct(colour=unit))
wrong(WCT, "only_norm")(wct(colour=unit, m=lambda F, S: 0))
wrong(WCT, "only_coloured")(wct(white=unit))
wrong(WCT, "not_inverted")(wct(white=lambda C: root(C, 0.5)))
wrong(WCT, "inverses")(wct(torch.linalg.inv, lambda C: C))
wrong(WCT, "whole_inverse")(wct(white=torch.linalg.inv))
wrong(WCT, "colour_squared")(wct(colour=lambda C: C))
wrong(WCT, "colour_inverted")(wct(colour=lambda C: root(C, -0.5)))
wrong(WCT, "exchanged")(
    lambda F, S: wct(m=lambda *_: 0, of_F=lambda _: covariance(S), of_S=lambda _: covariance(F))(F, S) + mean(S)
)
wrong(WCT, "no_mean")(wct(m=lambda F, S: 0))
wrong(WCT, "mean_left")(wct(m=lambda F, S: mean(F)))
wrong(WCT, "sums")(wct(of_F=lambda F: covariance(F) * F[0, 0].numel(), of_S=lambda S: covariance(S) * S[0, 0].numel()))
wrong(WCT, "mixed_counts")(wct(of_F=lambda F: covariance(F, 1)))
wrong(WCT, "mixed_counts_turned")(wct(of_S=lambda S: covariance(S, 1)))
wrong(WCT, "identity_added")(wct(of_F=lambda F: covariance(F) + torch.eye(F.shape[1])))
wrong(WCT, "first_of_batch")(lambda F, S: wct()(F, S[:1]))
wrong(WCT, "entries")(wct(lambda C: C.abs() ** -0.5, lambda C: C.abs() ** 0.5))
wrong(WCT, "turned_round")(
    lambda F, S: (root(covariance(F), -0.5) @ root(covariance(S), 0.5) @ (F - mean(F)).flatten(2)).view_as(F) + mean(S)
)
wrong(WCT, "covariances_of_batch")(wct(of_F=lambda F: mean(covariance(F), 0), of_S=lambda S: mean(covariance(S), 0)))


@wrong(WCT, "not_centred")
def _(F, S):
    return (root(covariance(S), 0.5) @ root(covariance(F), -0.5) @ F.flatten(2)).view_as(F) + mean(S)


@wrong(WCT, "moments")
def _(F, S):
    f, s = F.flatten(2), S.flatten(2)
    return (root(s @ s.mT / s.shape[2], 0.5) @ root(f @ f.mT / f.shape[2], -0.5) @ f).view_as(F)


wrong(WCT, "powers_exchanged")(wct(lambda C: root(C, 0.5), lambda C: root(C, -0.5)))


def with_vectors(make):
    """WCT whose roots are made of eigenvalues, eigenvectors and a power in another way."""

    def power(C, p):
        d, V = torch.linalg.eigh(C)
        return make(torch.maximum(d, 1e-4 * d[:, -1:]), V, p)

    return wct(lambda C: power(C, -0.5), lambda C: power(C, 0.5))


wrong(WCT, "on_the_rows")(with_vectors(lambda d, V, p: d[:, :, None] ** p * V @ V.mT))
wrong(WCT, "transpose_missing")(with_vectors(lambda d, V, p: V * d[:, None] ** p @ V))
wrong(WCT, "last_factor_missing")(with_vectors(lambda d, V, p: V * d[:, None] ** p))
wrong(WCT, "floor_too_high")(with_vectors(lambda d, V, p: V * torch.maximum(d, 1e-2 * d[:, -1:])[:, None] ** p @ V.mT))


def moment(F):
    """Second moments, the mean left in."""
    return F.flatten(2) @ F.flatten(2).mT / F[0, 0].numel()


wrong(WCT, "moments_centred")(wct(of_F=moment, of_S=moment))


def of_all(F):
    """One covariance of all places of all pictures."""
    return covariance(F.transpose(0, 1).flatten(1)[None, ..., None])


wrong(WCT, "covariance_of_all")(wct(of_F=of_all, of_S=of_all))


def eigen(F):
    """Eigenvalues, a little above 0, and eigenvectors of the covariance."""
    d, V = torch.linalg.eigh(covariance(F))
    return d.clamp_min(1e-5), V


@wrong(WCT, "no_transpose_between")
def _(F, S):
    (d, V), (e, W) = eigen(F), eigen(S)
    map_ = (W * e[:, None] ** 0.5) @ (V * d[:, None] ** -0.5).mT
    return (map_ @ (F - mean(F)).flatten(2)).view_as(F) + mean(S)


@wrong(WCT, "rotated_by_colour")
def _(F, S):
    e, W = eigen(S)
    return (W * e[:, None] ** 0.5 @ root(covariance(F), -0.5) @ (F - mean(F)).flatten(2)).view_as(F) + mean(S)


@wrong(WCT, "cholesky")
def _(F, S):
    one = 1e-5 * torch.eye(F.shape[1])
    white, colour = (torch.linalg.cholesky(covariance(x) + one) for x in (F, S))
    x = torch.linalg.solve_triangular(white, (F - mean(F)).flatten(2), upper=False)
    return (colour @ x).view_as(F) + mean(S)


@wrong(WCT, "optimal_transport")
def _(F, S):
    half, inverse = root(covariance(F), 0.5), root(covariance(F), -0.5)
    shortest = inverse @ root(half @ covariance(S) @ half, 0.5) @ inverse
    return (shortest @ (F - mean(F)).flatten(2)).view_as(F) + mean(S)


@wrong(WCT, "turned")
def _(F, S):
    turn = torch.linalg.qr(torch.randn(F.shape[1], F.shape[1], generator=torch.Generator().manual_seed(1)))[0]
    return wct(colour=lambda C: root(C, 0.5) @ turn)(F, S)


@wrong(WCT, "rotated")
def _(F, S):
    d, V = torch.linalg.eigh(covariance(F))
    white = d.clamp_min(1e-5)[:, :, None] ** -0.5 * (V.mT @ (F - mean(F)).flatten(2))
    return (root(covariance(S), 0.5) @ white).view_as(F) + mean(S)


@wrong(WCT, "explodes")
def _(F, S):
    d, V = torch.linalg.eigh(covariance(F))
    white = V * d[:, None] ** -0.5 @ V.mT @ (F - mean(F)).flatten(2)
    return (root(covariance(S), 0.5) @ white).view_as(F) + mean(S)


wrong(WCT, "singular")(wct(white=lambda C: root(torch.cholesky_inverse(torch.linalg.cholesky(C)), 0.5)))


@wrong(WCT, "axes_lost")
def _(F, S):
    return root(covariance(S), 0.5) @ root(covariance(F), -0.5) @ (F - F.mean(P)).flatten(2) + S.mean(P)
