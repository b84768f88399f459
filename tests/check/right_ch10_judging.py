"""Chapter 10: right, in other ways than the course's, for the two numbers that a judge finds."""

import numpy as np
import torch
from torch.nn import functional

from course.losses import gram, mmd_squared, relative_distance
from tests.check._right import right

# --- content_distance -----------------------------------------------------------------------------------------------


@right("content_distance")
def _(net, picture, photo, layer):
    with torch.no_grad():
        F, P = net(picture, [layer])[layer], net(photo, [layer])[layer]
    return ((F - P) ** 2).sum() / (P**2).sum()


@right("content_distance")
def _(net, picture, photo, layer):
    """With a graph that is cut in the end, and from a tuple."""
    F, P = (net(one, (layer,))[layer] for one in (picture, photo))
    return functional.mse_loss(F, P).detach() / P.detach().pow(2).mean()


@right("content_distance")
@torch.no_grad()
def _(net, picture, photo, layer):
    """Both pictures at once, and more layers than needed."""
    F, P = net(torch.cat([picture, photo]), ["stem", layer])[layer]
    return torch.linalg.vector_norm(F - P).square() / torch.linalg.vector_norm(P).square()


@right("content_distance")
def _(net, picture, photo, layer):
    """In numpy, in double precision."""
    F, P = (net(one, [layer])[layer].numpy().astype(np.float64) for one in (picture, photo))
    return torch.tensor(((F - P) ** 2).sum() / (P**2).sum()).float()


@right("content_distance")
@torch.inference_mode()
def _(net, picture, photo, layer):
    return relative_distance(net(picture, [layer])[layer], net(photo, [layer])[layer])


@right("content_distance")
def _(net, picture, photo, layer):
    """Number by number, into a list."""
    F, P = (net(one.detach(), [layer])[layer].flatten().tolist() for one in (picture, photo))
    away = sum((f - p) ** 2 for f, p in zip(F, P, strict=True))
    return torch.tensor(away / sum(p * p for p in P))


@right("content_distance")
def _(net, picture, photo, layer):
    """The square of a difference, multiplied out, and places before channels."""
    with torch.no_grad():
        F, P = (net(one, [layer])[layer].permute(0, 2, 3, 1).double() for one in (picture, photo))
        F, P = F.reshape(-1), P.reshape(-1)
        return ((F @ F - 2 * F @ P) / (P @ P) + 1).float()


# --- style_distance -------------------------------------------------------------------------------------------------


@right("style_distance")
def _(net, picture, painting, layers):
    with torch.no_grad():
        ours, theirs = net(picture, layers), net(painting, layers)
        total = 0
        for name in layers:
            F, S = ours[name][0].flatten(1), theirs[name][0].flatten(1)
            G, A = F @ F.T / F.shape[1], S @ S.T / S.shape[1]
            total = total + ((G - A) ** 2).sum() / (A**2).sum()
        return total / len(layers)


@right("style_distance")
@torch.no_grad()
def _(net, picture, painting, layers):
    """Layer by layer, and also divided by the channels, which cancels."""
    found = []
    for layer in layers:
        G, A = (gram(F) / F[0].numel() for F in (net(one, [layer])[layer] for one in (picture, painting)))
        found.append(float((G - A).norm() / A.norm()) ** 2)
    return torch.tensor(found).mean()


@right("style_distance")
def _(net, picture, painting, layers):
    """In numpy, as means of products over all places."""
    ours, theirs = net(picture, layers), net(painting, layers)
    ratios = []
    for name in layers:
        F, S = (maps[name][0].numpy().astype(float) for maps in (ours, theirs))
        G, A = (np.einsum("ihw,jhw->ij", x, x) / (x.shape[1] * x.shape[2]) for x in (F, S))
        ratios.append(np.square(G - A).mean() / np.square(A).mean())
    return torch.tensor(np.mean(ratios), dtype=torch.float32)


@right("style_distance")
def _(net, picture, painting, layers):
    """With a graph, cut in the end."""

    def means(image):
        return {name: torch.einsum("bihw,bjhw->bij", F, F) / F[0, 0].numel() for name, F in net(image, layers).items()}

    G, A = means(picture), means(painting)
    return torch.stack([relative_distance(G[name], A[name]) for name in layers]).mean().detach()


@right("style_distance")
@torch.no_grad()
def _(net, picture, painting, layers):
    """With chapter 4's kernel: the squared distance of two Gram matrices is a distance of two distributions."""
    ours, theirs = net(picture, tuple(layers)), net(painting, tuple(layers))
    total = torch.zeros((), dtype=torch.float64)
    for name in set(layers):
        F, S = ours[name].double(), theirs[name].double()
        total += mmd_squared(F, S) / mmd_squared(torch.zeros_like(S), S)
    return (total / len(layers)).float()


@right("style_distance")
@torch.no_grad()
def _(net, picture, painting, layers):
    """The painting's sums brought to as many places as the picture has."""
    ours, theirs = net(picture, layers), net(painting, layers)
    parts = []
    for name in layers:
        F, S = ours[name].flatten(2), theirs[name].flatten(2)
        G, A = F @ F.mT, S @ S.mT * (F.shape[2] / S.shape[2])
        parts.append((G - A).square().sum() / A.square().sum())
    return torch.Tensor(parts).mean()
