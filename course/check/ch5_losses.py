"""Checks of chapter 5: the sum of content and style, and the total variation."""

from __future__ import annotations

import torch
from torch import Tensor

from course import losses, objectives
from course.check.engine.compare import Mistakes, compare
from course.check.engine.differences import agree
from course.check.engine.exercise import Question, exercise


def reference_tv_loss(image: Tensor) -> Tensor:
    """Squared total variation: the summed squares of the differences to the right and to the lower neighbour."""
    return losses.tv_loss(image)


# --- The sum --------------------------------------------------------------------------------------------------------


@exercise(losses.total_loss, 'section 1, "The sum"', solved_by=(objectives.weighted_sum,))
def total_loss(question: Question) -> str:
    """Equation 7: alpha * content + beta * style."""
    c, s, alpha, beta = compare(question, lambda: _losses_and_weights(question), _total_results)
    for number, (name, weight) in enumerate((("content", alpha), ("style", beta))):
        gradient = question.ask("gradient_to", number, c, s, alpha, beta)
        if gradient is None:
            raise question.wrong(
                f"{name}_detached",
                f"no gradient finds its way back to the {name}.",
                f"Both pull at the picture: detach(), .data, .item() or no_grad() lets the {name} go.",
            )
        question.same(gradient, weight, f"the gradient with respect to the {name}", {})
    given = "beta = 0 and a style of 1e+30"
    got = question.tensor(question.ask("call", c, torch.tensor(1e30, dtype=torch.float32), alpha, 0.0), (), given)
    if not agree(got, alpha * c):
        raise question.wrong(
            "style_leaks",
            f"for {given} expected {alpha * float(c):.4g}, got {float(got):.4g}.",
            "beta = 0 switches the style off. Is another number taken instead of 0?",
        )
    return "alpha * content + beta * style; gradients reach both; beta = 0 switches the style off"


def _losses_and_weights(question: Question) -> tuple[Tensor, Tensor, float, float]:
    c, s = 1 + question.draw.uniform(), 5 + 2 * question.draw.uniform()
    alpha, beta = (torch.tensor([2.0, 4.0]) + question.draw.uniform(2)).tolist()
    return c, s, alpha, beta


def _total_results(c: Tensor, s: Tensor, alpha: float, beta: float) -> tuple[str, Tensor, Mistakes]:
    given = f"content {float(c):.3g}, style {float(s):.3g}, alpha {alpha:.3g}, beta {beta:.3g}"
    return (
        given,
        alpha * c + beta * s,
        {
            "unweighted": (c + s, "the weights were not used."),
            "swapped": (beta * c + alpha * s, "alpha and beta changed places: alpha belongs to the content."),
            "content_only": (alpha * c, "the style is missing."),
            "style_only": (beta * s, "the content is missing."),
            "no_beta": (alpha * c + s, "beta was not used."),
            "no_alpha": (c + beta * s, "alpha was not used."),
            "normalised": (
                (alpha * c + beta * s) / (alpha + beta),
                "divided by the sum of the weights. They are taken as they are.",
            ),
            "weights_squared": (alpha**2 * c + beta**2 * s, "the weights were squared. They are taken as they are."),
            "alpha_twice": (alpha * (c + s), "alpha for both. beta belongs to the style."),
            "beta_twice": (beta * (c + s), "beta for both. alpha belongs to the content."),
            "style_twice": (alpha * s + beta * s, "the style twice, and no content."),
            "content_twice": (alpha * c + beta * c, "the content twice, and no style."),
            "ratio_of_style": (
                c + beta / alpha * s,
                "only the ratio beta / alpha. The picture would be the same, the loss is another, and alpha = 0 fails.",
            ),
            "length": (
                ((alpha * c) ** 2 + (beta * s) ** 2).sqrt(),
                "the root of squares, as of a length. Equation 7 is a plain sum.",
            ),
            "whole": (int(alpha) * c + int(beta) * s, "int() of the weights. They need not be whole."),
            "powers": (c**alpha + s**beta, "the weights became exponents: ** is a power, * multiplies."),
            "chain": (alpha * c * beta + s, "beta stands before the content as well. It belongs to the style alone."),
            "halved": ((alpha * c + beta * s) / 2, "a mean of the two. Equation 7 is a sum."),
            "ratio": (
                alpha / beta * c + s,
                "only the ratio alpha / beta. The picture would be the same, the loss is another, and beta = 0 fails.",
            ),
            "one_minus": (
                alpha * c + (1 - alpha) * s,
                "1 - alpha for the style. Two weights, which need not add up to 1.",
            ),
            "weights_together": ((alpha + beta) * (c + s), "everything was added before it was multiplied."),
            "style_inside": (alpha * (c + beta * s), "a bracket too many: alpha multiplies the style as well."),
            "difference": (alpha * c - beta * s, "a minus: the style would be driven away. Both are to be small."),
            "product": (alpha * c * beta * s, "a product. Equation 7 is a sum."),
            "divided": (c / alpha + s / beta, "divided by the weights. They multiply."),
            "weights_added": (alpha + c + beta + s, "the weights were added. They multiply."),
            "squared": ((alpha * c) ** 2 + (beta * s) ** 2, "squares. The losses are squared distances already."),
        },
    )


# --- Total variation ------------------------------------------------------------------------------------------------


@exercise(reference_tv_loss, 'section 4, "Speckle"', solved_by=(losses.tv_loss,))
def tv_loss(question: Question) -> str:
    """Squared total variation: the summed squares of the differences of neighbours."""
    compare(question, lambda: (question.draw.uniform(4, 3, 5, 6),), _tv_results)
    image = question.draw.uniform(2, 3, 5, 4)
    gradient = question.ask("gradient", image)
    if gradient is None:
        raise question.wrong(
            "detached",
            "no gradient finds its way back to the picture.",
            "detach(), .data, .item() or no_grad() cut the way, and the speckle would stay.",
        )
    expected = torch.zeros_like(image)
    for axis in (2, 3):
        slope, rest = 2 * image.diff(dim=axis), torch.zeros_like(image.narrow(axis, 0, 1))
        expected += torch.cat([rest, slope], axis) - torch.cat([slope, rest], axis)
    question.same(gradient, expected, "the gradient with respect to a picture of shape [2, 3, 5, 4]", {})
    return (
        "summed squares of the differences of all neighbours, right and below; no border; gradients reach the picture"
    )


def _tv_results(image: Tensor) -> tuple[str, Tensor, Mistakes]:
    dx, dy = image.diff(dim=3), image.diff(dim=2)
    x, y = dx.square().sum(), dy.square().sum()
    inner = dx[:, :, :-1].square() + dy[:, :, :, :-1].square()
    wrapped = (image - image.roll(1, 2)).square().sum() + (image - image.roll(1, 3)).square().sum()
    wide = (image[..., 2:] - image[..., :-2]).square().sum() + (image[:, :, 2:] - image[:, :, :-2]).square().sum()
    last = image[..., -1].square().sum() + image[:, :, -1].square().sum()
    between = image.diff(dim=1).square().sum()
    return (
        "a picture of shape [4, 3, 5, 6]",
        losses.tv_loss(image),
        {
            "right_only": (x, "only neighbours in a row. Those in a column differ as well."),
            "below_only": (y, "only neighbours in a column. Those in a row differ as well."),
            "below_twice": (2 * y, "neighbours in a column, twice. The last axis runs along the row."),
            "right_twice": (2 * x, "neighbours in a row, twice. The last axis but one runs down the column."),
            "mean": ((x + y) / image.numel(), "divided by the number of values. It is a sum here."),
            "means": (dx.square().mean() + dy.square().mean(), "the mean in each direction. It is a sum here."),
            "halved": ((x + y) / 2, "a factor 1/2. There is none in it."),
            "doubled": (2 * (x + y), "each pair counted from both sides. Right and below reach every pair once."),
            "absolute_means": (
                dx.abs().mean() + dy.abs().mean(),
                "means of absolute differences, as in other programs. Here it is the sum of the squares.",
            ),
            "roots_apart": (
                x.sqrt() + y.sqrt(),
                "a root was drawn over each direction. The sums are added as they are.",
            ),
            "diagonal": (
                x + y + (image[..., 1:, 1:] - image[..., :-1, :-1]).square().sum(),
                "neighbours across the corner as well. Right and below are all.",
            ),
            "diagonal_only": (
                (image[..., 1:, 1:] - image[..., :-1, :-1]).square().sum(),
                "neighbours across the corner: both axes were shifted at once. Shift one, then the other.",
            ),
            "variance": (
                (image - image.mean((2, 3), keepdim=True)).square().sum(),
                "differences from the mean. Those of neighbours count: image[..., 1:] - image[..., :-1].",
            ),
            "added_first": (
                (dx[:, :, :-1] + dy[..., :-1]).square().sum(),
                "the two differences were added first and squared then. Square each.",
            ),
            "added": (
                (image[..., 1:] + image[..., :-1]).square().sum() + (image[:, :, 1:] + image[:, :, :-1]).square().sum(),
                "neighbours were added. It is their difference that counts.",
            ),
            "second": (
                dx.diff(dim=3).square().sum() + dy.diff(dim=2).square().sum(),
                "differences of differences: diff() twice, or n=2. Once is enough.",
            ),
            "minus": (x - y, "the second sum was taken away. Both are added."),
            "red_only": (
                dx[:, 0].square().sum() + dy[:, 0].square().sum(),
                "only the first channel. R, G and B all count.",
            ),
            "batch_and_channels": (
                image.diff(dim=0).square().sum() + between,
                "axes 0 and 1 are batch and channels. Rows are axis 2, columns axis 3.",
            ),
            "all_axes": (
                image.diff(dim=0).square().sum() + between + x + y,
                "all four axes. Pictures of a batch are no neighbours, nor are R, G and B: axes 2 and 3.",
            ),
            "levels": (255**2 * (x + y), "multiplied by 255 first. Pictures are in [0, 1] here."),
            "absolute": (
                dx.abs().sum() + dy.abs().sum(),
                "absolute differences, which forgive edges. Here they are squared.",
            ),
            "signed": (dx.sum() + dy.sum(), "nothing was squared: differences cancel each other."),
            "sum_squared": (
                dx.sum().square() + dy.sum().square(),
                "summed before squaring: differences cancel.",
            ),
            "root": ((x + y).sqrt(), "a root was drawn over the sum."),
            "roots": (inner.sqrt().sum(), "the length of each gradient, with a root. Here the squares are added up."),
            "power": (inner.pow(1.25).sum(), "the power 1.25 of other programs. Here the squares are added up."),
            "cropped": (
                inner.sum(),
                "pixels without both neighbours were left out. The last row and the last column count as far as they go.",
            ),
            "wrapped": (
                wrapped,
                "the right border was compared with the left one, or the lower with the upper. roll() does.",
            ),
            "zero_border": ((x + y) + last, "the last row and column were compared with 0. There is no neighbour."),
            "next_but_one": (wide, "pixels two apart. Neighbours: image[..., 1:] - image[..., :-1]."),
            "channels": (x + y + between, "R, G and B were compared with each other as well. They are no neighbours."),
            "wrong_axes": (
                between + y,
                "dim=1 and dim=2: the axes are one off, channels against channels. Rows are axis 2, columns axis 3.",
            ),
            "channels_and_right": (
                between + x,
                "the axes are one off: channels against channels. Rows are axis 2, columns axis 3.",
            ),
            "channels_only": (
                between,
                "R, G and B were compared with each other. Neighbours stand along axes 2 and 3.",
            ),
            "grey": (
                image.mean(1).diff(dim=1).square().sum() + image.mean(1).diff(dim=2).square().sum(),
                "the channels were mixed to grey first. Coloured speckle would stay.",
            ),
            "first_of_batch": (
                dx[0].square().sum() + dy[0].square().sum(),
                "only the first picture of the batch was looked at.",
            ),
            "per_picture": ((x + y) / len(image), "divided by the size of the batch."),
        },
    )
