"""Chapter 4: right, in other ways than the course's."""

import functools
import itertools

import numpy as np
import torch
from torch.nn import functional

from classroom.mistakes.ch4_parts import gram, layer_loss
from tests.check._right import right


@right("gram")
def _(F):
    b, c, h, w = F.shape
    X = F.contiguous().view(b, c, h * w)
    return torch.bmm(X, X.transpose(1, 2))


@right("gram")
def _(F):
    return torch.einsum("bihw,bjhw->bij", F, F)


@right("gram")
def _(F):
    return torch.stack([torch.stack([torch.stack([(a * c).sum() for c in f]) for a in f]) for f in F])


@right("gram")
def _(F):
    X = F.permute(0, 2, 3, 1).reshape(F.shape[0], -1, F.shape[1])
    return X.mT @ X


@right("gram")
def _(F):
    G = torch.zeros(len(F), F.shape[1], F.shape[1], dtype=F.dtype)
    for i, j in itertools.product(range(F.shape[1]), repeat=2):
        G[:, i, j] = (F[:, i] * F[:, j]).sum((1, 2))
    return G


@right("style_layer_loss")
def _(F, A):
    _b, n, h, w = F.shape
    return torch.dist(gram(F), A) ** 2 / (4 * n**2 * (h * w) ** 2)


@right("style_layer_loss")
def _(F, A):
    M = F.shape[2] * F.shape[3]
    return 0.25 * functional.mse_loss(gram(F) / M, A / M) * len(F)


@right("style_layer_loss")
def _(F, A):
    return sum(((g - a) / (2 * f.numel())).pow(2).sum() for f, g, a in zip(F, gram(F), A.detach(), strict=True))


@right("style_layer_gradient")
def _(F, A):
    x = F.clone().requires_grad_()
    layer_loss(x.relu(), A).backward()
    return x.grad


@right("style_layer_gradient")
def _(F, A):
    b, n, h, w = F.shape
    X = F.reshape(b, n, h * w)
    gradient = (X.transpose(1, 2) @ (gram(F) - A)).transpose(1, 2).reshape(F.shape) / (n * h * w) ** 2
    gradient[F <= 0] = 0
    return gradient


@right("style_layer_gradient")
def _(F, A):
    X, gradient = F.flatten(2).numpy(), []
    for x, a in zip(X, A.numpy(), strict=True):
        gradient.append((x @ x.T - a) @ x / x.size**2 * (x > 0))
    return torch.from_numpy(np.stack(gradient)).reshape(F.shape)


@right("texture_loss")
def _(features, targets, weights):
    loss = 0
    for layer in targets:
        loss += weights[layer] * layer_loss(features[layer], targets[layer])
    return loss


@right("texture_loss")
def _(features, targets, weights):
    layers = sorted(targets)
    parts = torch.stack([layer_loss(features[layer], targets[layer]) for layer in layers])
    return parts @ torch.tensor([weights[layer] for layer in layers])


@right("texture_loss")
def _(features, targets, weights):
    return functools.reduce(
        torch.add, (layer_loss(features[layer], A).mul(weights[layer]) for layer, A in sorted(targets.items()))
    )
