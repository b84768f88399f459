"""Chapter 9: right, in other ways than the course's: box filters, least squares, a quadratic form."""

import numpy as np
import torch
from torch.nn import functional

from tests.check._right import right


def windows(picture):
    """[windows, pixels, 3]."""
    return picture.unfold(2, 3, 1).unfold(3, 3, 1)[0].flatten(1, 2).flatten(2).permute(1, 2, 0)


@right("affine_residual")
def _(photo, painted):
    """Window by window."""
    left = []
    for top in range(photo.shape[2] - 2):
        for start in range(photo.shape[3] - 2):
            x, y = (one[0, :, top : top + 3, start : start + 3].reshape(3, 9) for one in (photo, painted))
            X, Y = x - x.mean(1, keepdim=True), y - y.mean(1, keepdim=True)
            A = (Y @ X.T / 9) @ torch.linalg.inv(X @ X.T / 9 + 1e-5 * torch.eye(3))
            left.append(((Y - A @ X) ** 2).mean())
    return torch.stack(left).mean()


@right("affine_residual")
def _(photo, painted):
    """Box filters, as in the guided filter: variances that remain."""

    def box(x, y):
        pairs = (x[:, :, None] * y[:, None]).flatten(1, 2)
        mean = functional.avg_pool2d(pairs, 3, 1) - (
            functional.avg_pool2d(x, 3, 1)[:, :, None] * functional.avg_pool2d(y, 3, 1)[:, None]
        ).flatten(1, 2)
        return mean.unflatten(1, (3, 3)).permute(0, 3, 4, 1, 2)

    xx, xy, yy = (box(*two).double() for two in ((photo, photo), (photo, painted), (painted, painted)))
    A = torch.linalg.solve(xx + 1e-5 * torch.eye(3).double(), xy)
    left = yy - 2 * A.mT @ xy + A.mT @ xx @ A
    return left.diagonal(dim1=-2, dim2=-1).mean().float()


@right("affine_residual")
def _(photo, painted):
    """Least squares, with three more equations that keep A small."""
    x, y = windows(photo), windows(painted)
    X, Y = x - x.mean(1, keepdim=True), y - y.mean(1, keepdim=True)
    small = (9e-5**0.5 * torch.eye(3)).expand(len(X), 3, 3)
    A = torch.linalg.lstsq(torch.cat([X, small], 1), torch.cat([Y, torch.zeros_like(small)], 1)).solution
    return functional.mse_loss(X @ A, Y)


@right("affine_residual")
def _(photo, painted):
    """A and b in one matrix of four rows."""
    x, y = windows(photo).double(), windows(painted).double()
    x = torch.cat([x, torch.ones_like(x[..., :1])], 2)
    little = 9e-5 * torch.diag(torch.tensor([1.0, 1.0, 1.0, 0.0])).double()
    found = torch.linalg.solve(x.mT @ x + little, x.mT @ y)
    return (y - x @ found).pow(2).mean().float()


@right("affine_residual")
def _(photo, painted):
    """The maps are found without a gradient: they are the best, and so it is the same."""
    x, y = windows(photo), windows(painted)
    X, Y = x - x.mean(1, keepdim=True), y - y.mean(1, keepdim=True)
    with torch.no_grad():
        A = torch.linalg.inv(X.mT @ X / 9 + 1e-5 * torch.eye(3)) @ (X.mT @ Y / 9)
        b = y.mean(1, keepdim=True) - x.mean(1, keepdim=True) @ A
    return (y - x @ A - b).square().mean()


@right("affine_residual")
def _(photo, painted):
    """What Levin's V^T L V is, with the penalty in it and 1e-5 for the whole window."""
    x, y = windows(photo).double(), windows(painted).double()
    X, Y = x - x.mean(1, keepdim=True), y - y.mean(1, keepdim=True)
    inverse = torch.linalg.inv(X.mT @ X + 1e-5 * torch.eye(3).double())
    keep = torch.eye(9).double() - 1 / 9 - X @ inverse @ X.mT
    return ((Y.mT @ keep @ Y).diagonal(dim1=1, dim2=2).sum() / Y.numel()).float()


@right("affine_residual")
def _(photo, painted):
    """The same with 1e-5 per pixel, by Cholesky."""
    x, y = (functional.unfold(one, 3)[0].view(3, 9, -1) for one in (photo, painted))
    X, Y = (one - one.mean(1, keepdim=True) for one in (x, y))
    C = torch.einsum("ink,jnk->kij", X, X) / 9 + 1e-5 * torch.eye(3)
    D = torch.einsum("ink,jnk->kij", X, Y) / 9
    A = torch.cholesky_solve(D, torch.linalg.cholesky(C))
    explained = (A * D).sum((1, 2)) / 3
    return Y.square().mean() - explained.mean()


@right("affine_residual")
def _(photo, painted):
    """The pseudoinverse: what of Y lies in no direction of X."""
    x, y = windows(photo), windows(painted)
    X, Y = x - x.mean(1, keepdim=True), y - y.mean(1, keepdim=True)
    onto = X @ torch.linalg.pinv(X, rtol=1e-4)
    return (Y - onto @ Y).square().sum() / Y.numel()


@right("affine_residual")
def _(photo, painted):
    """The matting Laplacian as one matrix."""
    height, width = photo.shape[2:]
    number = np.arange(height * width).reshape(height, width)
    L = np.zeros((height * width, height * width))
    for top in range(height - 2):
        for start in range(width - 2):
            at = number[top : top + 3, start : start + 3].ravel()
            x = photo[0].flatten(1).T[at].numpy().astype(float)
            X = x - x.mean(0)
            inverse = np.linalg.inv(X.T @ X / 9 + 1e-5 / 9 * np.eye(3))
            L[np.ix_(at, at)] += np.eye(9) - (1 + X @ inverse @ X.T) / 9
    V = painted[0].flatten(1).double()
    return ((V @ torch.from_numpy(L) * V).sum() / (27 * (height - 2) * (width - 2))).float()


@right("affine_residual")
def _(photo, painted):
    """Only b, where a window has one colour."""
    total, pieces = 0, 0
    for x, y in zip(windows(photo), windows(painted), strict=True):
        X, Y = x - x.mean(0), y - y.mean(0)
        if X.abs().max() > 1e-6:
            A = torch.linalg.solve(X.T @ X + 9e-5 * torch.eye(3), X.T @ Y)
            Y = Y - X @ A
        total, pieces = total + Y.square().sum(), pieces + Y.numel()
    return total / pieces
