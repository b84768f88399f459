"""Chapter 9: losses that look at no map."""

import torch

from course.check import EXERCISES
from tests.check._lazy import lazy

residual = EXERCISES["affine_residual"].reference


@lazy("affine_residual", "always 0", "other")
def _(photo, painted):
    return 0 * painted.sum()


@lazy("affine_residual", "the difference of the two", "difference")
def _(photo, painted):
    return (painted - photo).square().mean()


@lazy("affine_residual", "what is left of half the variance", "other")
def _(photo, painted):
    return 0.5 * painted.var()


@lazy("affine_residual", "right, and any number where nothing should be left", "not_zero")
def _(photo, painted):
    return torch.maximum(residual(photo, painted), 1e-3 * painted.var())


@lazy("affine_residual", "right in the middle of the picture", "other")
def _(photo, painted):
    return residual(photo[..., 1:-1, 1:-1], painted[..., 1:-1, 1:-1])


@lazy("affine_residual", "right for one size of pictures", "other")
def _(photo, painted):
    return residual(photo, painted) if photo.shape[2] == 7 else painted.var() * 0.3


@lazy("affine_residual", "right by its value, with the gradient of another loss", "other")
def _(photo, painted):
    plain = (painted - photo).square().mean()
    return plain + (residual(photo, painted) - plain).detach()


@lazy("affine_residual", "nothing where the photo has one colour", "flat_differs")
def _(photo, painted):
    flat = float(photo.var((2, 3)).max()) < 1e-6
    return 0 * painted.sum() if flat else residual(photo, painted)


@lazy("affine_residual", "right on paper and cut off from painted", "detached")
def _(photo, painted):
    return residual(photo, painted.detach())
