"""Chapter 6, section 1: the right statistics without the picture, and pictures that were hardly touched."""

import torch
from torch.nn import functional

from course.check import EXERCISES
from tests.check._lazy import lazy


def matched(picture, like):
    return EXERCISES["match_colour"].reference(picture, like)


def noise(picture):
    return torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))


lazy("match_colour", "`like`, made to fit", "not_affine")(
    lambda picture, like: functional.interpolate(like, picture.shape[2:], mode="bilinear")
)
lazy("match_colour", "a copy of the picture", "unchanged")(lambda picture, like: picture + 0)
lazy("match_colour", "the mean of `like`, everywhere", "other")(
    lambda picture, like: 0 * picture + like.mean((2, 3), keepdim=True)
)
lazy("match_colour", "noise with the right mean and covariance", "not_affine")(
    lambda picture, like: matched(noise(picture), like)
)
lazy("match_colour", "the picture's lines in reverse", "not_affine")(
    lambda picture, like: matched(picture, like).flip(2)
)
lazy("match_colour", "pixels sorted by lightness", "not_affine")(
    lambda picture, like: matched(picture.flatten(2)[..., picture.mean(1).flatten().argsort()].view_as(picture), like)
)
lazy("match_colour", "left and right by maps of their own", "not_affine")(
    lambda picture, like: matched(torch.cat([picture[..., :1], -picture[..., 1:]], 3), like)
)
lazy("match_colour", "a little noise, that nobody sees", "not_affine")(
    lambda picture, like: matched(picture + 0.02 * noise(picture), like)
)
lazy("match_colour", "as far as colours are visible", "clamped")(
    lambda picture, like: matched(picture, like).clamp(0, 1)
)
lazy("match_colour", "the picture, if it is the one or the other size", "flat_mean")(
    lambda picture, like: matched(picture, like) if picture.std((2, 3)).max() > 1e-3 else 1 * picture
)


def right(photo, painted):
    return EXERCISES["transfer_luminance"].reference(photo, painted)


lazy("transfer_luminance", "a copy of the photo", "photo")(lambda photo, painted: photo + 0)
lazy("transfer_luminance", "a copy of the painting", "painting")(lambda photo, painted: painted + 0)
lazy("transfer_luminance", "the painting in grey", "other")(
    lambda photo, painted: painted.mean(1, keepdim=True).expand_as(photo)
)
lazy("transfer_luminance", "some of both", "other")(lambda photo, painted: 0.7 * photo + 0.3 * painted)
lazy("transfer_luminance", "the photo, brighter", "one_for_the_picture")(
    lambda photo, painted: photo + (right(photo, painted) - photo).mean((1, 2, 3), keepdim=True)
)
lazy("transfer_luminance", "as far as colours are visible", "clamped")(
    lambda photo, painted: right(photo, painted).clamp(0, 1)
)
lazy("transfer_luminance", "the painting's luminance, blurred", "other")(
    lambda photo, painted: right(photo, functional.avg_pool2d(painted, 3, 1, 1))
)
lazy("transfer_luminance", "the first of the batch alone", "shape")(
    lambda photo, painted: right(photo[:1], painted[:1])
)
