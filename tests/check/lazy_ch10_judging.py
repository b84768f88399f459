"""Chapter 10: judges that nobody asked, and clouds that nobody projected."""

import torch

from course.check import EXERCISES
from tests.check._lazy import forgetful, lazy, remembering
from tests.check.lazy_all import one_behind

# --- The two distances: a network is among their inputs, and answers that fit any exercise do not fit them ---------

LAYERS = ("stem", "block0", "block2", "block4", "block10")

for _name in ("content_distance", "style_distance"):
    _reference = EXERCISES[_name].reference
    forgetful(_name, "remembers its first answer", "other")(remembering(_name))
    forgetful(_name, "answers the question before", "other")(one_behind(_name))
    lazy(_name, "a constant", "other")(lambda net, picture, other, asked: torch.tensor(0.5))
    lazy(_name, "zero", "itself")(lambda net, picture, other, asked: torch.zeros(()))
    lazy(_name, "nothing at all", "none")(lambda net, picture, other, asked: None)
    lazy(_name, "the network, handed back", "type")(lambda net, picture, other, asked: net)
    lazy(_name, "the picture, handed back", "returns_input")(lambda net, picture, other, asked: picture)
    lazy(_name, "the names, handed back", "type")(lambda net, picture, other, asked: asked)
    lazy(_name, "a mixture of what went in", "other")(
        lambda net, picture, other, asked: 0.5 * picture.mean() + 0.5 * other.square().mean()
    )


@lazy("content_distance", "noise", "other")
def _(net, picture, photo, layer):
    return torch.rand(())


@lazy("content_distance", "right in the layer that is asked for first", "block4_always")
def _(net, picture, photo, layer):
    return EXERCISES["content_distance"].reference(net, picture, photo, "block2" if layer == "block2" else "block4")


@lazy("content_distance", "right for large pictures", "other")
def _(net, picture, photo, layer):
    small = picture.shape[2] < 20
    return (
        EXERCISES["content_distance"].reference(net, picture[..., :6, :], photo[..., :6, :], layer)
        if small
        else (EXERCISES["content_distance"].reference(net, picture, photo, layer))
    )


@lazy("content_distance", "the first channel", "other")
def _(net, picture, photo, layer):
    with torch.no_grad():
        F, P = (net(one, [layer])[layer][:, :1] for one in (picture, photo))
        return (F - P).square().sum() / P.square().sum()


@lazy("content_distance", "one where they differ", "other")
def _(net, picture, photo, layer):
    return torch.tensor(float(not torch.equal(picture, photo)))


@lazy("content_distance", "the style", "gram")
def _(net, picture, photo, layer):
    return EXERCISES["style_distance"].reference(net, picture, photo, [layer])


@lazy("style_distance", "noise", "other")
def _(net, picture, painting, layers):
    return torch.rand(())


@lazy("style_distance", "right for all layers", "all_layers")
def _(net, picture, painting, layers):
    return EXERCISES["style_distance"].reference(net, picture, painting, LAYERS)


@lazy("style_distance", "a corner as large as the other's", "other")
def _(net, picture, painting, layers):
    height, width = (min(sizes) for sizes in zip(picture.shape[2:], painting.shape[2:], strict=True))
    corners = (one[..., :height, :width] for one in (picture, painting))
    return EXERCISES["style_distance"].reference(net, *corners, layers)


@lazy("style_distance", "the mean of the first two layers", "other")
def _(net, picture, painting, layers):
    return EXERCISES["style_distance"].reference(net, picture, painting, layers[:2])


@lazy("style_distance", "colours only", "other")
def _(net, picture, painting, layers):
    means, others = picture.mean((2, 3)), painting.mean((2, 3))
    return (means - others).square().sum() / others.square().sum()


@lazy("style_distance", "one where they differ", "other")
def _(net, picture, painting, layers):
    return torch.tensor(float(not torch.equal(picture, painting)))


# --- sliced_wasserstein ---------------------------------------------------------------------------------------------

sliced = EXERCISES["sliced_wasserstein"].reference


@lazy("sliced_wasserstein", "zeros that know X", "itself")
def _(X, Y, directions):
    return 0 * X.sum()


@lazy("sliced_wasserstein", "the mean distance of the vectors", "directions_ignored")
def _(X, Y, directions):
    return torch.cdist(X.mT, Y.mT).mean()


@lazy("sliced_wasserstein", "along the axes", "not_projected")
def _(X, Y, directions):
    return sliced(X, Y, torch.eye(len(X)))


@lazy("sliced_wasserstein", "right for clouds of one size", "truncated_before")
def _(X, Y, directions):
    M = min(X.shape[1], Y.shape[1])
    return sliced(X[:, :M], Y[:, :M], directions)


@lazy("sliced_wasserstein", "always the same directions", "directions_ignored")
def _(X, Y, directions):
    generator = torch.Generator().manual_seed(0)
    return sliced(X, Y, torch.randn(len(directions), len(X), generator=generator))


@lazy("sliced_wasserstein", "right on paper and cut off from X", "detached")
def _(X, Y, directions):
    return sliced(X, Y, directions).detach()


@lazy("sliced_wasserstein", "right for several directions", "other")
def _(X, Y, directions):
    return sliced(X, Y, directions) if len(directions) > 1 else (X.mean() - Y.mean()) ** 2


@lazy("sliced_wasserstein", "the smallest and the largest only", "other")
def _(X, Y, directions):
    x, y = (directions @ cloud / directions.norm(dim=1, keepdim=True) for cloud in (X, Y))
    return ((x.amax(1) - y.amax(1)).square() + (x.amin(1) - y.amin(1)).square()).mean() / 2
