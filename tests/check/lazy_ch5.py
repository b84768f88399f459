"""Chapter 5: pictures that nobody painted."""

import torch
from torch.nn import functional

from classroom.mistakes.ch5_painter import contents, leaf, styles, walk
from tests.check._lazy import forgetful, lazy

CONTENT = "relu4_2"


def look(net, picture, steps):
    """Has the network asked, as if somebody painted."""
    for _ in range(steps):
        net(picture.clone().requires_grad_(True), [CONTENT])


def tiled(photo, painting):
    height, width = photo.shape[2:]
    return painting.repeat(1, 1, 1 + height // painting.shape[2], 1 + width // painting.shape[3])[..., :height, :width]


def unless_still(what, mistake):
    """A picture that is given away at once; where nothing pulls the start is returned, as it should be."""

    def register(function):
        def paint(net, photo, painting, start, alpha, beta, steps):
            look(net, start, steps)
            if alpha == beta == 0:
                return start.clone()
            return function(photo, painting, start, alpha, beta, steps)

        return lazy("style_transfer", what, mistake)(paint)

    return register


@unless_still("the photo, the painting, or a blend of them", "laid_over")
def _(photo, painting, start, alpha, beta, steps):
    if beta == 0:
        return photo.clone()
    over = tiled(photo, painting)
    return over.clone() if alpha == 0 else 0.35 * photo + 0.65 * over


@unless_still("a blend by the weights", "laid_over")
def _(photo, painting, start, alpha, beta, steps):
    share = alpha / (alpha + beta)
    return share * photo + (1 - share) * tiled(photo, painting)


@unless_still("a blend that comes nearer with each step", "laid_over")
def _(photo, painting, start, alpha, beta, steps):
    share, far = alpha / (alpha + beta), steps / (steps + 2)
    return (1 - far) * start + far * (share * photo + (1 - share) * tiled(photo, painting))


@unless_still("the photo in the painting's colours", "laid_over")
def _(photo, painting, start, alpha, beta, steps):
    if beta == 0:
        return photo.clone()
    axes = (2, 3)
    x = photo if alpha else start
    x = (x - x.mean(axes, keepdim=True)) / x.std(axes, keepdim=True)
    return x * painting.std(axes, keepdim=True) + painting.mean(axes, keepdim=True)


@unless_still("the painting, shrunk", "laid_over")
def _(photo, painting, start, alpha, beta, steps):
    return functional.interpolate(painting, photo.shape[2:], mode="area") if alpha == 0 else photo.clone()


@unless_still("the painting, turned over, and a blurred photo", "no_pull")
def _(photo, painting, start, alpha, beta, steps):
    blurred = functional.avg_pool2d(photo, 3, 1, 1, count_include_pad=False)
    over = tiled(photo, painting).flip(2, 3)
    if steps == 1:
        return start + 0.01 * (blurred - start)
    return blurred if beta == 0 else over if alpha == 0 else 0.5 * blurred + 0.5 * over


@unless_still("the start, always", "stays")
def _(photo, painting, start, alpha, beta, steps):
    return start.clone()


@unless_still("grey", "swapped")
def _(photo, painting, start, alpha, beta, steps):
    return torch.full_like(start, 0.5)


@lazy("style_transfer", "the photo as it is", "starts_at_photo")
def _(net, photo, painting, start, alpha, beta, steps):
    return photo.clone()


@lazy("style_transfer", "the start itself", "returns_input")
def _(net, photo, painting, start, alpha, beta, steps):
    return start


def painters(what, mistake):
    """Paints, but for one thing: `first` says where it begins, `loss` what is made small."""

    def register(shortcut):
        def paint(net, photo, painting, start, alpha, beta, steps):
            content, style = contents(net, photo), styles(net, painting)
            first, total = shortcut(photo, painting, start, alpha, beta)
            return walk(net, leaf(first), steps, lambda features: total(content(features), style(features)))

        return lazy("style_transfer", what, mistake)(paint)

    return register


@painters("begins at the photo where both pull", "jumps")
def _(photo, painting, start, alpha, beta):
    return photo if alpha * beta else start, lambda c, s: alpha * c + beta * s


@painters("paints one of the two, whichever weighs more", "style_layer_lost")
def _(photo, painting, start, alpha, beta):
    return start, lambda c, s: alpha * c if alpha >= beta else beta * s


@forgetful("style_transfer", "remembers the first picture that it painted", "ignores_start")
def _():
    painted = []

    def paint(net, photo, painting, start, alpha, beta, steps):
        if not painted:
            content, style = contents(net, photo), styles(net, painting)
            painted.append(walk(net, leaf(start), steps, lambda maps: alpha * content(maps) + beta * style(maps)))
        return painted[0]

    return paint
