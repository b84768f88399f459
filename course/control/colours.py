"""Whose colours a painting has: those of the style, or the photo's (Gatys et al., 1606.05897).

Two ways to keep the photo's. Before painting, the *style* is given the photo's colours, by `match_colour`; or only how
light and dark the painting is is kept of it, by `transfer_luminance`. Pictures are [1, 3, H, W], RGB.
"""

from __future__ import annotations

import torch
from torch import Tensor

from course.adain.moments import whiten_colour
from course.errors import InputError
from course.images import check_image, check_single

# Of red, green and blue, in the luminance Y of a colour television (YIQ, YUV, ITU-R BT.601).
LUMINANCE = (0.299, 0.587, 0.114)


def match_colour(picture: Tensor, like: Tensor) -> Tensor:
    """`picture` in the colours of `like`: one affine map of RGB that gives it their mean and covariance.

    x -> A (x - mu) + mu', with A C A^T = C' (Gatys et al., 1606.05897). Many A do that. This one is
    C'^1/2 C^-1/2 with the symmetric roots, as in Image Analogies (Hertzmann et al., 2001). Values may leave [0, 1].
    Variances count as at least 1e-4 of the largest: a picture that is grey but for little has no colours to be mixed.

    Args:
        picture: what is recoloured, [1, 3, H, W].
        like: whose colours it gets, [1, 3, H', W'], of any size.

    Raises:
        InputError: for something that is not a picture.
    """
    return whiten_colour(check_single(picture, "the picture"), check_single(like, "the picture to match"))


def luminance(image: Tensor) -> Tensor:
    """How light each pixel is, Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601): [B, 3, H, W] -> [B, 1, H, W].

    Of values with a gamma, as these are, its strict name is luma.

    Raises:
        InputError: for something that is not a picture.
    """
    weights = torch.tensor(LUMINANCE).to(check_image(image))
    return torch.einsum("c,bchw->bhw", weights, image)[:, None]


def transfer_luminance(photo: Tensor, painted: Tensor) -> Tensor:
    """The photo's colours with the painting's luminance, the last step of Gatys et al.'s luminance-only transfer.

    Before it they paint the photo in grey, in a grey style that is as light as the photo (1606.05897).

    The same number is added to R, G and B of a pixel, so that its luminance becomes the painting's. That leaves the
    other two coordinates of YIQ (or of YUV) as they are, since these are differences of R, G and B. Values may leave
    [0, 1].

    Args:
        photo: whose colours are kept, [B, 3, H, W].
        painted: whose luminance is taken, of the same shape.

    Raises:
        InputError: for something that is not a picture, or another shape.
    """
    if check_image(photo, "the photo").shape != check_image(painted, "the painting").shape:
        raise InputError(
            f"photo and painting must have one shape, not {list(photo.shape)} and {list(painted.shape)}; "
            "bring the photo to the painting's size with images.fit"
        )
    return photo + (luminance(painted) - luminance(photo))
