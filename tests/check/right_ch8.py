"""Chapter 8: right, in other ways than the course's."""

import numpy as np
import torch
from torch.nn import functional

from tests.check._right import right

P = (2, 3)


@right("conditional_instance_norm")
def _(x, gammas, betas, shares):
    mean, variance = x.mean(P, keepdim=True), x.var(P, unbiased=False, keepdim=True)
    y = (x - mean) / torch.sqrt(variance + 1e-5)
    gamma = torch.einsum("bk,kn->bn", shares, gammas)
    beta = torch.einsum("bk,kn->bn", shares, betas)
    return gamma[..., None, None] * y + beta[..., None, None]


@right("conditional_instance_norm")
def _(x, gammas, betas, shares):
    y = functional.instance_norm(x)
    result = torch.zeros_like(x)
    for k in range(len(gammas)):
        styled = gammas[k].view(1, -1, 1, 1) * y + betas[k].view(1, -1, 1, 1)
        result = result + shares[:, k].view(-1, 1, 1, 1) * styled
    return result


@right("conditional_instance_norm")
def _(x, gammas, betas, shares):
    return torch.cat(
        [
            functional.instance_norm(one[None], weight=share @ gammas, bias=share @ betas)
            for one, share in zip(x, shares, strict=True)
        ]
    )


@right("adain")
def _(F, S):
    b, n = F.shape[:2]
    f, s = F.reshape(b, n, -1), S.reshape(b, n, -1)
    f_mean, s_mean = f.mean(2, keepdim=True), s.mean(2, keepdim=True)
    f_std = ((f - f_mean).pow(2).mean(2, keepdim=True) + 1e-5).sqrt()
    s_std = ((s - s_mean).pow(2).mean(2, keepdim=True) + 1e-5).sqrt()
    return (s_std * (f - f_mean) / f_std + s_mean).reshape(F.shape)


@right("adain")
def _(F, S):
    variance, mean = torch.var_mean(S, P, correction=0)
    y = functional.instance_norm(F)
    return torch.sqrt(variance + 1e-5)[:, :, None, None] * y + mean[:, :, None, None]


@right("adain")
def _(F, S):
    """As one scale and one shift for each channel; S is only looked at."""
    variance, mean = torch.var_mean(F, P, correction=0, keepdim=True)
    wanted, level = torch.var_mean(S.detach(), P, correction=0, keepdim=True)
    scale = torch.sqrt((wanted + 1e-5) / (variance + 1e-5))
    return scale * F + (level - scale * mean)


@right("adain")
def _(F, S):
    maps = []
    for f, s in zip(F, S, strict=True):
        maps.append(
            torch.stack(
                [
                    (a - a.mean()) * ((b.var(correction=0) + 1e-5) / (a.var(correction=0) + 1e-5)).sqrt() + b.mean()
                    for a, b in zip(f, s, strict=True)
                ]
            )
        )
    return torch.stack(maps)


def adain(F, S):
    y = (F - F.mean(P, keepdim=True)) / (F.var(P, correction=0, keepdim=True) + 1e-5).sqrt()
    return (S.var(P, correction=0, keepdim=True) + 1e-5).sqrt() * y + S.mean(P, keepdim=True)


@right("interpolate_styles")
def _(F, styles, shares):
    total = sum(shares)
    return sum(share / total * adain(F, S) for S, share in zip(styles, shares, strict=True))


@right("interpolate_styles")
def _(F, styles, shares):
    weights = torch.tensor(shares) / np.sum(shares)
    targets = torch.stack([adain(F, S) for S in styles])
    return torch.tensordot(weights.float(), targets, dims=1)


@right("interpolate_styles")
def _(F, styles, shares):
    means = torch.stack([S.mean(P) for S in styles])
    deviations = torch.stack([(S.var(P, correction=0) + 1e-5).sqrt() for S in styles])
    weights = (torch.tensor(shares) / sum(shares)).view(-1, 1, 1)
    mean, deviation = (weights * means).sum(0), (weights * deviations).sum(0)
    return deviation[..., None, None] * functional.instance_norm(F) + mean[..., None, None]


def covariance(F):
    x = F.flatten(2) - F.flatten(2).mean(2, keepdim=True)
    return x @ x.mT / x.shape[2]


@right("whiten_colour")
def _(F, S):
    """By the singular values of the maps themselves."""
    x, y = (one.flatten(2) - one.flatten(2).mean(2, keepdim=True) for one in (F, S))
    U, d, T = torch.linalg.svd(x / x.shape[2] ** 0.5, full_matrices=False)
    V, e, _ = torch.linalg.svd(y / y.shape[2] ** 0.5, full_matrices=False)
    white = U @ (torch.where(d > 1e-2 * d[:, :1], d / d.clamp_min(1e-12), 0)[:, :, None] * T) * x.shape[2] ** 0.5
    return (V * e[:, None] @ V.mT @ white).view_as(F) + S.mean(P, keepdim=True)


@right("whiten_colour")
def _(F, S):
    results = []
    for f, s in zip(F, S, strict=True):
        x, y = f.flatten(1), s.flatten(1)
        m, n = x.mean(1, keepdim=True), y.mean(1, keepdim=True)
        U, D, _ = torch.linalg.svd((x - m) @ (x - m).T / (x.shape[1] - 1) + 1e-5 * torch.eye(len(x)))
        V, E, _ = torch.linalg.svd((y - n) @ (y - n).T / (y.shape[1] - 1))
        white = U @ torch.diag(D**-0.5) @ U.T @ (x - m)
        results.append((V @ torch.diag(E.clamp_min(0) ** 0.5) @ V.T @ white + n).view(f.shape))
    return torch.stack(results)


@right("whiten_colour")
def _(F, S):
    def power(C, exponent):
        values, vectors = torch.linalg.eigh(C.double())
        values = torch.where(values > 1e-6, values, torch.inf if exponent < 0 else 0)
        return torch.einsum("bij,bj,bkj->bik", vectors, values**exponent, vectors).float()

    x = F.flatten(2) - F.flatten(2).mean(2, keepdim=True)
    return (power(covariance(S), 0.5) @ power(covariance(F), -0.5) @ x).view_as(F) + S.mean(P, keepdim=True)
