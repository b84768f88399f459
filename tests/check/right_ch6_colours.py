"""Chapter 6, section 1: right, in other ways than the course's."""

import numpy as np
import torch

from tests.check._right import right


def pixels(picture):
    x = picture.flatten(2)[0]
    return x - x.mean(1, keepdim=True), x.mean(1, keepdim=True)


def covariance(picture, more=1e-5):
    x, _ = pixels(picture)
    return x @ x.T / x.shape[1] + more * torch.eye(3)


def power(C, p):
    d, V = torch.linalg.eigh(C)
    return V @ torch.diag(d**p) @ V.T


def mapped(A, picture, like):
    x, _ = pixels(picture)
    _, mean = pixels(like)
    return (A @ x + mean).reshape(picture.shape)


@right("match_colour")
def _(picture, like):
    """The chapter's: Cholesky."""
    x, y = picture.flatten(2)[0], like.flatten(2)[0]
    little = 1e-5 * torch.eye(3)
    C, D = torch.cov(x, correction=0) + little, torch.cov(y, correction=0) + little
    A = torch.linalg.cholesky(D) @ torch.linalg.inv(torch.linalg.cholesky(C))
    return (A @ (x - x.mean(1, keepdim=True)) + y.mean(1, keepdim=True)).view_as(picture)


@right("match_colour")
def _(picture, like):
    """Cholesky in the order blue, green, red, with pixels as rows and upper factors."""
    x, y = (one[0].flip(0).permute(1, 2, 0).reshape(-1, 3) for one in (picture, like))
    U, W = (torch.linalg.cholesky(torch.cov(one.T, correction=0) + 1e-6 * torch.eye(3), upper=True) for one in (x, y))
    z = torch.linalg.solve_triangular(U, x - x.mean(0), upper=True, left=False) @ W + y.mean(0)
    return z.T.reshape(picture.shape).flip(1)


@right("match_colour")
def _(picture, like):
    """Symmetric roots, and 1e-4 on the diagonal."""
    return mapped(power(covariance(like, 1e-4), 0.5) @ power(covariance(picture, 1e-4), -0.5), picture, like)


@right("match_colour")
def _(picture, like):
    """As whiten_colour does it: variances count as at least 1e-4 of the largest."""

    def floored(C, p):
        d, V = torch.linalg.eigh(C)
        return V * d.clamp_min(1e-4 * float(d[-1].clamp_min(1e-5))) ** p @ V.T

    return mapped(floored(covariance(like, 0), 0.5) @ floored(covariance(picture, 0), -0.5), picture, like)


@right("match_colour")
def _(picture, like):
    """Principal axes to principal axes, by singular values of the pixels themselves."""
    (x, _), (y, mean) = pixels(picture), pixels(like)
    U, s, _ = torch.linalg.svd(x / x.shape[1] ** 0.5, full_matrices=False)
    W, t, _ = torch.linalg.svd(y / y.shape[1] ** 0.5, full_matrices=False)
    A = W @ torch.diag(t / s.clamp_min(3e-3)) @ U.T
    return (A @ x + mean).view_as(picture)


@right("match_colour")
def _(picture, like):
    """Optimal transport (Monge and Kantorovich)."""
    C, D = covariance(picture), covariance(like)
    root, back = power(C, 0.5), power(C, -0.5)
    return mapped(back @ power(root @ D @ root, 0.5) @ back, picture, like)


@right("match_colour")
def _(picture, like):
    """Mirrored and turned in between, the same for all pixels."""
    Q, _ = torch.linalg.qr(torch.tensor([[1.0, 2.0, 0.5], [0.3, -1.0, 2.0], [1.0, 1.0, 1.0]]))
    A = torch.linalg.cholesky(covariance(like)) @ Q @ power(covariance(picture), -0.5)
    return mapped(-A, picture, like)


@right("match_colour")
def _(picture, like):
    """numpy and back, in float64, pixel by pixel."""
    x, y = (one[0].numpy().astype(np.float64).reshape(3, -1) for one in (picture, like))
    little = 1e-6 * np.eye(3)
    C, D = np.cov(x, bias=True) + little, np.cov(y, bias=True) + little
    A = np.linalg.cholesky(D) @ np.linalg.inv(np.linalg.cholesky(C))
    mean, level = x.mean(1), y.mean(1)
    z = np.stack([A @ (pixel - mean) + level for pixel in x.T], 1)
    return torch.from_numpy(z.reshape(picture.shape)).float()


@right("match_colour")
def _(picture, like):
    """In YIQ, which is a matrix as well, and with loops for the covariance."""
    T = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    a, b = (torch.einsum("ij,bjhw->bihw", T, one) for one in (picture, like))

    def loops(x):
        x = x - x.mean((0, 2, 3), keepdim=True)
        return torch.tensor([[float((x[0, i] * x[0, j]).mean()) + 1e-5 * (i == j) for j in range(3)] for i in range(3)])

    y = power(loops(b), 0.5) @ power(loops(a), -0.5) @ pixels(a)[0] + pixels(b)[1]
    return (torch.linalg.inv(T) @ y).reshape(picture.shape)


WEIGHTS = (0.299, 0.587, 0.114)


@right("transfer_luminance")
def _(photo, painted):
    """The chapter's."""
    weights = torch.tensor(WEIGHTS).view(1, 3, 1, 1)
    return photo + (weights * (painted - photo)).sum(1, keepdim=True)


@right("transfer_luminance")
def _(photo, painted):
    """YIQ there and back."""
    T = torch.tensor([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
    x, y = (torch.einsum("dc,bchw->bdhw", T, one) for one in (photo, painted))
    x[:, 0] = y[:, 0]
    return torch.einsum("dc,bchw->bdhw", torch.linalg.inv(T), x)


@right("transfer_luminance")
def _(photo, painted):
    """YUV, by its differences of colour."""
    r, g, b = photo.unbind(1)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    u, v = 0.492 * (b - y), 0.877 * (r - y)
    light = sum(w * channel for w, channel in zip(WEIGHTS, painted.unbind(1), strict=True))
    red, blue = light + v / 0.877, light + u / 0.492
    return torch.stack([red, (light - 0.299 * red - 0.114 * blue) / 0.587, blue], 1)


@right("transfer_luminance")
def _(photo, painted):
    """A matrix of 3 x 3 for each picture."""
    W = torch.tensor(WEIGHTS).expand(3, 3)
    result = [
        (a.reshape(3, -1) + W @ (b.reshape(3, -1) - a.reshape(3, -1))).reshape(a.shape)
        for a, b in zip(photo, painted, strict=True)
    ]
    return torch.stack(result)


@right("transfer_luminance")
def _(photo, painted):
    """A convolution with a kernel of one pixel."""
    kernel = torch.tensor(WEIGHTS).view(1, 3, 1, 1)
    light = torch.nn.functional.conv2d(torch.cat([photo, painted]), kernel)
    return photo - light[: len(photo)] + light[len(photo) :]


@right("transfer_luminance")
def _(photo, painted):
    """numpy, channels last, and back."""
    a, b = (one.permute(0, 2, 3, 1).numpy().astype(float) for one in (photo, painted))
    return torch.from_numpy(a + ((b - a) @ np.array(WEIGHTS))[..., None]).permute(0, 3, 1, 2).float()
