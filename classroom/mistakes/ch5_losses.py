"""Chapter 5: what students write for the sum and the total variation by mistake."""

import torch
from torch.nn import functional

from classroom.mistakes.registry import wrong


def dx(image):
    """As it should be."""
    return image[..., 1:] - image[..., :-1]


def dy(image):
    """As it should be."""
    return image[:, :, 1:] - image[:, :, :-1]


# --- total_loss -------------------------------------------------------------------------------------------------------


@wrong("total_loss", "unweighted")
def _(content, style, alpha, beta):
    return content + style


@wrong("total_loss", "swapped")
def _(content, style, alpha, beta):
    return beta * content + alpha * style


@wrong("total_loss", "content_only")
def _(content, style, alpha, beta):
    return alpha * content


@wrong("total_loss", "style_only")
def _(content, style, alpha, beta):
    return beta * style


@wrong("total_loss", "no_beta")
def _(content, style, alpha, beta):
    return alpha * content + style


@wrong("total_loss", "no_alpha")
def _(content, style, alpha, beta):
    return content + beta * style


@wrong("total_loss", "normalised")
def _(content, style, alpha, beta):
    return (alpha * content + beta * style) / (alpha + beta)


@wrong("total_loss", "halved")
def _(content, style, alpha, beta):
    return 0.5 * (alpha * content + beta * style)


@wrong("total_loss", "ratio")
def _(content, style, alpha, beta):
    return alpha / beta * content + style


@wrong("total_loss", "one_minus")
def _(content, style, alpha, beta):
    return alpha * content + (1 - alpha) * style


@wrong("total_loss", "weights_together")
def _(content, style, alpha, beta):
    return (alpha + beta) * (content + style)


@wrong("total_loss", "style_inside")
def _(content, style, alpha, beta):
    return alpha * (content + beta * style)


@wrong("total_loss", "difference")
def _(content, style, alpha, beta):
    return alpha * content - beta * style


@wrong("total_loss", "product")
def _(content, style, alpha, beta):
    return alpha * content * beta * style


@wrong("total_loss", "divided")
def _(content, style, alpha, beta):
    return content / alpha + style / beta


@wrong("total_loss", "weights_added")
def _(content, style, alpha, beta):
    return alpha + content + beta + style


@wrong("total_loss", "squared")
def _(content, style, alpha, beta):
    return (alpha * content) ** 2 + (beta * style) ** 2


@wrong("total_loss", "content_detached")
def _(content, style, alpha, beta):
    return alpha * content.detach() + beta * style


@wrong("total_loss", "style_detached")
def _(content, style, alpha, beta):
    return alpha * content + beta * style.item()


@wrong("total_loss", "style_leaks")
def _(content, style, alpha, beta):
    beta = beta or 1e-3  # so that nothing divides by zero
    return alpha * content + beta * style


@wrong("total_loss", "modifies_input")
def _(content, style, alpha, beta):
    content *= alpha
    content += beta * style
    return content


@wrong("total_loss", "left_torch")
def _(content, style, alpha, beta):
    return alpha * content.item() + beta * style.item()


@wrong("total_loss", "shape")
def _(content, style, alpha, beta):
    return torch.stack([alpha * content, beta * style])


@wrong("total_loss", "type")
def _(content, style, alpha, beta):
    return alpha * content, beta * style


@wrong("total_loss", "none")
def _(content, style, alpha, beta):
    loss = alpha * content + beta * style
    assert loss > 0


@wrong("total_loss", "returns_input")
def _(content, style, alpha, beta):
    loss = content
    alpha * loss + beta * style
    return loss


@wrong("total_loss", "dtype")
def _(content, style, alpha, beta):
    return (alpha * content + beta * style).double()


# --- tv_loss ----------------------------------------------------------------------------------------------------------


@wrong("tv_loss", "right_only")
def _(image):
    return (image[..., 1:] - image[..., :-1]).square().sum()


@wrong("tv_loss", "below_only")
def _(image):
    return (image[:, :, 1:] - image[:, :, :-1]).square().sum()


@wrong("tv_loss", "below_twice")
def _(image):
    y = image[:, :, 1:] - image[:, :, :-1]
    x = image[:, :, 1:, :] - image[:, :, :-1, :]
    return (x**2).sum() + (y**2).sum()


@wrong("tv_loss", "right_twice")
def _(image):
    return 2 * (image.diff(dim=-1) ** 2).sum()


@wrong("tv_loss", "mean")
def _(image):
    return ((dx(image) ** 2).sum() + (dy(image) ** 2).sum()) / image.numel()


@wrong("tv_loss", "means")
def _(image):
    return (dx(image) ** 2).mean() + (dy(image) ** 2).mean()


@wrong("tv_loss", "halved")
def _(image):
    return 0.5 * ((dx(image) ** 2).sum() + (dy(image) ** 2).sum())


@wrong("tv_loss", "doubled")
def _(image):
    right, below = dx(image), dy(image)
    left, above = -right, -below
    return sum((side**2).sum() for side in (right, below, left, above))


@wrong("tv_loss", "absolute")
def _(image):
    return dx(image).abs().sum() + dy(image).abs().sum()


@wrong("tv_loss", "signed")
def _(image):
    return dx(image).sum() + dy(image).sum()


@wrong("tv_loss", "sum_squared")
def _(image):
    return dx(image).sum() ** 2 + dy(image).sum() ** 2


@wrong("tv_loss", "root")
def _(image):
    return ((dx(image) ** 2).sum() + (dy(image) ** 2).sum()).sqrt()


@wrong("tv_loss", "roots")
def _(image):
    return (dx(image)[:, :, :-1] ** 2 + dy(image)[..., :-1] ** 2).sqrt().sum()


@wrong("tv_loss", "power")
def _(image):
    return ((dx(image)[:, :, :-1] ** 2 + dy(image)[..., :-1] ** 2) ** 1.25).sum()


@wrong("tv_loss", "cropped")
def _(image):
    return (dx(image)[:, :, :-1] ** 2 + dy(image)[..., :-1] ** 2).sum()


@wrong("tv_loss", "wrapped")
def _(image):
    x, y = image.roll(-1, dims=3) - image, image.roll(-1, dims=2) - image
    return (x**2 + y**2).sum()


@wrong("tv_loss", "zero_border")
def _(image):
    padded = functional.pad(image, (0, 1, 0, 1))
    x, y = padded[:, :, :-1, 1:] - image, padded[:, :, 1:, :-1] - image
    return (x**2 + y**2).sum()


@wrong("tv_loss", "next_but_one")
def _(image):
    x, y = image[..., 2:] - image[..., :-2], image[:, :, 2:] - image[:, :, :-2]
    return (x**2).sum() + (y**2).sum()


@wrong("tv_loss", "channels")
def _(image):
    return sum((image.diff(dim=axis) ** 2).sum() for axis in (1, 2, 3))


@wrong("tv_loss", "wrong_axes")
def _(image):
    x, y = image[:, :, 1:] - image[:, :, :-1], image[:, 1:] - image[:, :-1]
    return (x**2).sum() + (y**2).sum()


@wrong("tv_loss", "grey")
def _(image):
    grey = image.mean(1, keepdim=True)
    return (dx(grey) ** 2).sum() + (dy(grey) ** 2).sum()


@wrong("tv_loss", "first_of_batch")
def _(image):
    return (dx(image[:1]) ** 2).sum() + (dy(image[:1]) ** 2).sum()


@wrong("tv_loss", "per_picture")
def _(image):
    return ((dx(image) ** 2).sum() + (dy(image) ** 2).sum()) / len(image)


@wrong("tv_loss", "shapes")
def _(image):
    return (dx(image) ** 2 + dy(image) ** 2).sum()


@wrong("tv_loss", "detached")
def _(image):
    x = image.detach()
    return (dx(x) ** 2).sum() + (dy(x) ** 2).sum()


@wrong("tv_loss", "shape")
def _(image):
    return (dx(image) ** 2).sum((1, 2, 3)) + (dy(image) ** 2).sum((1, 2, 3))


@wrong("tv_loss", "modifies_input")
def _(image):
    y = (dy(image) ** 2).sum()
    image[..., 1:] -= image[..., :-1].clone()
    return (image[..., 1:] ** 2).sum() + y


@wrong("tv_loss", "other")
def _(image):
    return (dx(image)[..., 1:] ** 2).sum() + (dy(image) ** 2).sum()


@wrong("tv_loss", "channels_only")
def _(image):
    return image.diff(dim=1).square().sum()


@wrong("tv_loss", "channels_and_right")
def _(image):
    return image.diff(dim=1).square().sum() + image.diff(dim=-1).square().sum()


wrong("total_loss", "weights_squared")(lambda c, s, alpha, beta: alpha**2 * c + beta**2 * s)
wrong("total_loss", "alpha_twice")(lambda c, s, alpha, beta: alpha * (c + s))
wrong("total_loss", "beta_twice")(lambda c, s, alpha, beta: beta * (c + s))
wrong("total_loss", "style_twice")(lambda c, s, alpha, beta: alpha * s + beta * s)
wrong("total_loss", "content_twice")(lambda c, s, alpha, beta: alpha * c + beta * c)
wrong("total_loss", "ratio_of_style")(lambda c, s, alpha, beta: c + beta / alpha * s)
wrong("total_loss", "length")(lambda c, s, alpha, beta: torch.linalg.vector_norm(torch.stack([alpha * c, beta * s])))
wrong("total_loss", "whole")(lambda c, s, alpha, beta: int(alpha) * c + int(beta) * s)
wrong("total_loss", "powers")(lambda c, s, alpha, beta: c**alpha + s**beta)
wrong("total_loss", "chain")(lambda c, s, alpha, beta: alpha * c * beta + s)

wrong("tv_loss", "absolute_means")(lambda image: dx(image).abs().mean() + dy(image).abs().mean())
wrong("tv_loss", "roots_apart")(lambda image: dx(image).norm() + dy(image).norm())
wrong("tv_loss", "diagonal")(lambda image: sum(d(image).square().sum() for d in (dx, dy, lambda x: dx_dy(x))))
wrong("tv_loss", "diagonal_only")(lambda image: dx_dy(image).square().sum())
wrong("tv_loss", "variance")(lambda image: (image - image.mean((2, 3), keepdim=True)).square().sum())
wrong("tv_loss", "added_first")(lambda image: (dx(image)[:, :, :-1] + dy(image)[..., :-1]).square().sum())
wrong("tv_loss", "added")(lambda image: sum(d(image).square().sum() for d in (sum_x, sum_y)))
wrong("tv_loss", "second")(lambda image: sum(image.diff(n=2, dim=axis).square().sum() for axis in (2, 3)))
wrong("tv_loss", "minus")(lambda image: dx(image).square().sum() - dy(image).square().sum())
wrong("tv_loss", "red_only")(lambda image: sum(d(image[:, 0:1]).square().sum() for d in (dx, dy)))
wrong("tv_loss", "batch_and_channels")(lambda image: sum(image.diff(dim=axis).square().sum() for axis in (0, 1)))
wrong("tv_loss", "all_axes")(lambda image: sum(image.diff(dim=axis).square().sum() for axis in range(4)))
wrong("tv_loss", "levels")(lambda image: sum(d(255 * image).square().sum() for d in (dx, dy)))


def dx_dy(image):
    return image[:, :, 1:, 1:] - image[:, :, :-1, :-1]


def sum_x(image):
    return image[..., 1:] + image[..., :-1]


def sum_y(image):
    return image[:, :, 1:] + image[:, :, :-1]
