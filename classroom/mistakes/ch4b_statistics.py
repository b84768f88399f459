"""Chapter 4b: what students write for means and deviations, and for the MMD, by mistake."""

import torch
from torch.nn import functional

from classroom.mistakes.registry import wrong

P = (2, 3)


def std(F):
    """As it should be."""
    return F.std((2, 3), correction=0)


def score(squares, channels=None):
    """As it should be."""
    return squares.sum() / (channels or squares.shape[1])


def kernels(F, S):
    """The three means of each picture, as they should be."""
    x, y = F.flatten(2), S.flatten(2)
    return [(a.mT @ b).square().mean((1, 2)) for a, b in ((x, x), (y, y), (x, y))]


# --- mean_std_loss ----------------------------------------------------------------------------------------------------


@wrong("mean_std_loss", "unbiased")
def _(F, S):
    return score((F.mean(P) - S.mean(P)) ** 2 + (F.std(P) - S.std(P)) ** 2)


@wrong("mean_std_loss", "unbiased_variance")
def _(F, S):
    return score((F.mean(P) - S.mean(P)) ** 2 + (F.var(P) - S.var(P)) ** 2)


@wrong("mean_std_loss", "variance")
def _(F, S):
    return score((F.mean(P) - S.mean(P)) ** 2 + (F.var(P, correction=0) - S.var(P, correction=0)) ** 2)


@wrong("mean_std_loss", "not_centred")
def _(F, S):
    return score((F.mean(P) - S.mean(P)) ** 2 + ((F**2).mean(P).sqrt() - (S**2).mean(P).sqrt()) ** 2)


@wrong("mean_std_loss", "no_channels")
def _(F, S):
    return ((F.mean(P) - S.mean(P)) ** 2 + (std(F) - std(S)) ** 2).sum()


@wrong("mean_std_loss", "mean_only")
def _(F, S):
    return score((F.mean(P) - S.mean(P)) ** 2)


@wrong("mean_std_loss", "std_only")
def _(F, S):
    return score((std(F) - std(S)) ** 2)


@wrong("mean_std_loss", "halved")
def _(F, S):
    f, s = (torch.stack([x.mean(P), std(x)]) for x in (F, S))
    return ((f - s) ** 2).mean(dim=(0, 2)).sum()


@wrong("mean_std_loss", "per_picture")
def _(F, S):
    return functional.mse_loss(F.mean(P), S.mean(P)) + functional.mse_loss(std(F), std(S))


@wrong("mean_std_loss", "mean_of_all")
def _(F, S):
    f, s = (torch.stack([x.mean(P), std(x)]) for x in (F, S))
    return functional.mse_loss(f, s)


@wrong("mean_std_loss", "absolute")
def _(F, S):
    return score((F.mean(P) - S.mean(P)).abs() + (std(F) - std(S)).abs())


@wrong("mean_std_loss", "signed")
def _(F, S):
    return score(F.mean(P) - S.mean(P) + std(F) - std(S))


@wrong("mean_std_loss", "added_first")
def _(F, S):
    return score((F.mean(P) - S.mean(P) + std(F) - std(S)) ** 2)


@wrong("mean_std_loss", "root")
def _(F, S):
    return ((F.mean(P) - S.mean(P)) ** 2 + (std(F) - std(S)) ** 2).sum().sqrt() / F.shape[1]


@wrong("mean_std_loss", "one_for_all_channels")
def _(F, S):
    P = (1, 2, 3)
    m, s = F.mean(P) - S.mean(P), F.std(P, correction=0) - S.std(P, correction=0)
    return (m**2 + s**2).sum() / F.shape[1]


@wrong("mean_std_loss", "one_for_the_picture")
def _(F, S):
    P = (1, 2, 3)
    m, s = F.mean(P) - S.mean(P), F.std(P, correction=0) - S.std(P, correction=0)
    return (m**2 + s**2).sum()


@wrong("mean_std_loss", "batch_merged")
def _(F, S):
    P = (0, 2, 3)
    m, s = F.mean(P) - S.mean(P), F.std(P, correction=0) - S.std(P, correction=0)
    return (m**2 + s**2).sum() / F.shape[1]


@wrong("mean_std_loss", "sums")
def _(F, S):
    return score((F.sum(P) - S.sum(P)) ** 2 + (std(F) - std(S)) ** 2)


@wrong("mean_std_loss", "first_of_batch")
def _(F, S):
    return score((F[0].mean((1, 2)) - S[0].mean((1, 2))) ** 2 + (std(F)[0] - std(S)[0]) ** 2, len(std(F)[0]))


@wrong("mean_std_loss", "places_left")
def _(F, S):
    return score((F.mean(1) - S.mean(1)) ** 2)


@wrong("mean_std_loss", "nan_gradient")
def _(F, S):
    f, s = ((x - x.mean(P, keepdim=True)).square().mean(P).sqrt() for x in (F, S))
    return score((F.mean(P) - S.mean(P)) ** 2 + (f - s) ** 2)


@wrong("mean_std_loss", "detached")
def _(F, S):
    return functional.mse_loss(F.detach().mean(P), S.mean(P)) * len(F) + score((std(F.detach()) - std(S)) ** 2)


@wrong("mean_std_loss", "left_torch")
def _(F, S):
    return score((F.mean(P) - S.mean(P)) ** 2 + (std(F) - std(S)) ** 2).item()


@wrong("mean_std_loss", "shape")
def _(F, S):
    return ((F.mean(P) - S.mean(P)) ** 2 + (std(F) - std(S)) ** 2).mean(1)


@wrong("mean_std_loss", "other")
def _(F, S):
    return score((F.amax(P) - S.amax(P)) ** 2 + (std(F) - std(S)) ** 2)


# --- mmd_squared ------------------------------------------------------------------------------------------------------


@wrong("mmd_squared", "linear")
def _(F, S):
    x, y = F.flatten(2), S.flatten(2)
    return ((x.mT @ x).mean() + (y.mT @ y).mean() - 2 * (x.mT @ y).mean()) * len(F)


@wrong("mmd_squared", "once")
def _(F, S):
    xx, yy, xy = kernels(F, S)
    return (xx + yy - xy).sum()


@wrong("mmd_squared", "added")
def _(F, S):
    xx, yy, xy = kernels(F, S)
    return (xx + yy + 2 * xy).sum()


@wrong("mmd_squared", "not_mixed")
def _(F, S):
    xx, yy, _ = kernels(F, S)
    return (xx + yy).sum()


@wrong("mmd_squared", "mixed_only")
def _(F, S):
    return kernels(F, S)[2].sum()


@wrong("mmd_squared", "turned")
def _(F, S):
    xx, yy, xy = kernels(F, S)
    return (2 * xy - xx - yy).sum()


@wrong("mmd_squared", "sums")
def _(F, S):
    x, y = F.flatten(2), S.flatten(2)
    return (x.mT @ x).square().sum() + (y.mT @ y).square().sum() - 2 * (x.mT @ y).square().sum()


@wrong("mmd_squared", "one_count")
def _(F, S):
    x, y = F.flatten(2), S.flatten(2)
    M = x.shape[2]
    total = (x.mT @ x).square().sum() + (y.mT @ y).square().sum() - 2 * (x.mT @ y).square().sum()
    return total / M**2


@wrong("mmd_squared", "no_self_pairs")
def _(F, S):
    x, y = F.flatten(2), S.flatten(2)

    def others(x):
        k, M = (x.mT @ x).square(), x.shape[2]
        return (k.sum() - k.diagonal(dim1=1, dim2=2).sum()) / (M * (M - 1))

    return others(x) + others(y) - 2 * (x.mT @ y).square().mean((1, 2)).sum()


@wrong("mmd_squared", "root")
def _(F, S):
    xx, yy, xy = kernels(F, S)
    return (xx + yy - 2 * xy).sum().sqrt()


@wrong("mmd_squared", "roots")
def _(F, S):
    xx, yy, xy = kernels(F, S)
    return (xx + yy - 2 * xy).sqrt().sum()


@wrong("mmd_squared", "batch_merged")
def _(F, S):
    x, y = (z.permute(0, 2, 3, 1).flatten(0, 2) for z in (F, S))
    return (x @ x.T).square().mean() + (y @ y.T).square().mean() - 2 * (x @ y.T).square().mean()


@wrong("mmd_squared", "per_picture")
def _(F, S):
    xx, yy, xy = kernels(F, S)
    return xx.mean() + yy.mean() - 2 * xy.mean()


@wrong("mmd_squared", "first_of_batch")
def _(F, S):
    xx, yy, xy = kernels(F[:1], S[:1])
    return (xx + yy - 2 * xy).sum()


@wrong("mmd_squared", "mean_first")
def _(F, S):
    x, y = F.flatten(2), S.flatten(2)
    xx, yy, xy = (a.mean((1, 2)) ** 2 for a in (x.mT @ x, y.mT @ y, x.mT @ y))
    return (xx + yy - 2 * xy).sum()


@wrong("mmd_squared", "squares_inside")
def _(F, S):
    x, y = F.flatten(2) ** 2, S.flatten(2) ** 2
    xx, yy, xy = (a.mean((1, 2)) for a in (x.mT @ x, y.mT @ y, x.mT @ y))
    return (xx + yy - 2 * xy).sum()


@wrong("mmd_squared", "cut_wrong")
def _(F, S):
    x, y = (z.reshape(z.shape[0], -1, z.shape[1]) for z in (F, S))
    xx, yy, xy = (a.square().mean((1, 2)) for a in (x @ x.mT, y @ y.mT, x @ y.mT))
    return (xx + yy - 2 * xy).sum()


@wrong("mmd_squared", "divided_by_channels")
def _(F, S):
    xx, yy, xy = kernels(F, S)
    return (xx + yy - 2 * xy).sum() / F.shape[1] ** 2


@wrong("mmd_squared", "cosine")
def _(F, S):
    xx, yy, xy = kernels(functional.normalize(F), functional.normalize(S))
    return (xx + yy - 2 * xy).sum()


@wrong("mmd_squared", "gaussian")
def _(F, S):
    x, y = F.flatten(2).mT, S.flatten(2).mT
    xx, yy, xy = (torch.exp(-(torch.cdist(a, b) ** 2) / 2).mean((1, 2)) for a, b in ((x, x), (y, y), (x, y)))
    return (xx + yy - 2 * xy).sum()


@wrong("mmd_squared", "channels_for_places")
def _(F, S):
    x, y = F.flatten(2), S.flatten(2)
    return (x @ x.mT).square().mean() + (y @ y.mT).square().mean() - 2 * (x @ y.mT).square().mean()


@wrong("mmd_squared", "letters")
def _(F, S):
    x, y = F.flatten(2), S.flatten(2)
    return torch.einsum("bik,bjk->bij", x, y).square().mean()


@wrong("mmd_squared", "pairs_missing")
def _(F, S):
    x, y = F.flatten(2), S.flatten(2)
    return (x * x).sum(1).square().mean() - 2 * (x * y).sum(1).square().mean()


@wrong("mmd_squared", "detached")
def _(F, S):
    xx, yy, xy = kernels(F.data, S)
    return (xx + yy - 2 * xy).sum()


@wrong("mmd_squared", "shape")
def _(F, S):
    xx, yy, xy = kernels(F, S)
    return xx + yy - 2 * xy


@wrong("mmd_squared", "not_zero")
def _(F, S):
    xx, yy, xy = kernels(F, S)
    return (xx + yy - 2 * xy).sum().clamp_min(0.1)


@wrong("mmd_squared", "left_torch")
def _(F, S):
    xx, yy, xy = kernels(F, S)
    return (xx + yy - 2 * xy).sum().detach().numpy()


@wrong("mean_std_loss", "means_divided")
def _(F, S):
    (m, s), (n, t) = ((X.mean((2, 3)), X.std((2, 3), correction=0)) for X in (F, S))
    return 1 / F.shape[1] * ((m - n) ** 2).sum() + ((s - t) ** 2).sum()


@wrong("mean_std_loss", "deviations_divided")
def _(F, S):
    (m, s), (n, t) = ((X.mean((2, 3)), X.std((2, 3), correction=0)) for X in (F, S))
    return ((m - n) ** 2).sum() + ((s - t) ** 2).sum() / F.shape[1]


@wrong("mmd_squared", "polynomial")
def _(F, S):
    x, y = F.flatten(2).mT, S.flatten(2).mT
    xx, yy, xy = ((1 + a @ b.mT) ** 2 for a, b in ((x, x), (y, y), (x, y)))
    return (xx.mean((1, 2)) + yy.mean((1, 2)) - 2 * xy.mean((1, 2))).sum()


@wrong("mmd_squared", "equal_places")
def _(F, S):
    x, y = F.flatten(2), S.flatten(2)
    within = ((x * x).sum(1) ** 2).mean(1) + ((y * y).sum(1) ** 2).mean(1)
    return (within - 2 * ((x.mT @ y) ** 2).mean((1, 2))).sum()


def of_differences(loss):
    """What a loss makes of means and deviations of F and S, [B, N] each, divided by N."""

    def compared(F, S):
        return loss(F.mean(P), S.mean(P), std(F), std(S)).sum() / F.shape[1]

    return compared


wrong("mean_std_loss", "lengths")(of_differences(lambda m, n, s, t: ((m - n) ** 2 + (s - t) ** 2) ** 0.5))
wrong("mean_std_loss", "difference")(of_differences(lambda m, n, s, t: (m - n) ** 2 - (s - t) ** 2))
wrong("mean_std_loss", "product")(of_differences(lambda m, n, s, t: (m - n) ** 2 * (s - t) ** 2))
wrong("mean_std_loss", "minus_for_plus")(of_differences(lambda m, n, s, t: (m + n) ** 2 + (s + t) ** 2))
wrong("mean_std_loss", "relative")(of_differences(lambda m, n, s, t: ((m - n) / n) ** 2 + ((s - t) / t) ** 2))


@wrong("mean_std_loss", "one_unbiased")
def _(F, S):
    return ((F.mean(P) - S.mean(P)) ** 2 + (std(F) - S.std(P)) ** 2).sum() / F.shape[1]


@wrong("mean_std_loss", "maxima")
def _(F, S):
    return ((F.amax(P) - S.amax(P)) ** 2).sum() / F.shape[1]


def of_products(kernel, prepared=lambda x: x):
    """The discrepancy for a kernel that is a function of x . y."""

    def compared(F, S):
        x, y = prepared(F.flatten(2)), prepared(S.flatten(2))
        xx, yy, xy = (kernel(a.mT @ b).mean((1, 2)) for a, b in ((x, x), (y, y), (x, y)))
        return (xx + yy - 2 * xy).sum()

    return compared


wrong("mmd_squared", "cubed")(of_products(lambda products: products**3))
wrong("mmd_squared", "absolute")(of_products(lambda products: products.abs()))
wrong("mmd_squared", "exponential")(of_products(lambda products: products.exp()))
wrong("mmd_squared", "centred")(of_products(lambda products: products.square(), lambda x: x - x.mean(2, keepdim=True)))


@wrong("mmd_squared", "distance")
def _(F, S):
    x, y = F.flatten(2).mT, S.flatten(2).mT
    xx, yy, xy = ((torch.cdist(a, b) ** 2).mean((1, 2)) for a, b in ((x, x), (y, y), (x, y)))
    return (xx + yy - 2 * xy).sum()


@wrong("mmd_squared", "half_sums")
def _(F, S):
    x, y = F.flatten(2), S.flatten(2)
    xx, yy, xy = (((a.mT @ b) ** 2).sum((1, 2)) / a.shape[2] for a, b in ((x, x), (y, y), (x, y)))
    return (xx + yy - 2 * xy).sum()


@wrong("mmd_squared", "difference")
def _(F, S):
    x, y = F.flatten(2), S.flatten(2)
    return (((x.mT @ x) ** 2).mean((1, 2)) - ((y.mT @ y) ** 2).mean((1, 2))).sum()
