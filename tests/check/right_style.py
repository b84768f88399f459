"""Answers to chapters 4 and 5 that are right, in ways that the course did not think of first."""

import functools
import itertools

import numpy as np
import torch
from torch.nn import functional

from classroom.mistakes.ch4_parts import gram, layer_loss
from tests.check._right import right

# --- Chapter 4 ------------------------------------------------------------------------------------------------------


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
    layers = sorted(weights)
    parts = torch.stack([layer_loss(features[layer], targets[layer]) for layer in layers])
    return parts @ torch.tensor([weights[layer] for layer in layers])


@right("texture_loss")
def _(features, targets, weights):
    return functools.reduce(
        torch.add, (layer_loss(features[layer], A).mul(weights[layer]) for layer, A in sorted(targets.items()))
    )


@right("mean_std_loss")
def _(F, S):
    m = F.mean((2, 3)) - S.mean((2, 3))
    s = torch.std(F, dim=(2, 3), unbiased=False) - torch.std(S, dim=(2, 3), unbiased=False)
    return (m**2 + s**2).sum() / F.shape[1]


@right("mean_std_loss")
def _(F, S):
    def describe(x):
        variance, mean = torch.var_mean(x.flatten(2), dim=2, correction=0)
        return torch.cat([mean, (variance + 1e-5).sqrt()], dim=1)

    return functional.mse_loss(describe(F), describe(S), reduction="sum") / F.shape[1]


@right("mean_std_loss")
def _(F, S):
    def describe(x):
        mean = x.mean((2, 3))
        return mean, ((x**2).mean((2, 3)) - mean**2).clamp(min=1e-8).sqrt()

    (m, s), (n, t) = describe(F), describe(S)
    return (((m - n) ** 2).mean(1) + ((s - t) ** 2).mean(1)).sum()


@right("mmd_squared")
def _(F, S):
    G, A = gram(F) / F[0, 0].numel(), gram(S) / S[0, 0].numel()
    return ((G - A) ** 2).sum()


@right("mmd_squared")
def _(F, S):
    loss = 0
    for f, s in zip(F.flatten(2), S.flatten(2), strict=True):
        loss = loss + ((f.T @ f) ** 2).mean() + ((s.T @ s) ** 2).mean() - 2 * ((f.T @ s) ** 2).mean()
    return loss


@right("mmd_squared")
def _(F, S):
    def k(x, y):
        return torch.einsum("bnhw,bnij->bhwij", x, y).pow(2).flatten(1).mean(1)

    return torch.sum(k(F, F) + k(S, S) - k(F, S) - k(S, F))


# --- Chapter 5 ------------------------------------------------------------------------------------------------------


@right("total_loss")
def _(content, style, alpha, beta):
    return torch.stack([content, style]) @ torch.tensor([alpha, beta])


@right("total_loss")
def _(content, style, alpha, beta):
    total = alpha * content
    total = total + beta * style if beta else total + 0 * style.clamp(max=1)
    return total


@right("total_loss")
def _(content, style, alpha, beta):
    return torch.add(content.mul(alpha), style, alpha=beta)


@right("tv_loss")
def _(image):
    return (torch.diff(image, dim=2) ** 2).sum() + (torch.diff(image, dim=3) ** 2).sum()


@right("tv_loss")
def _(image):
    below = functional.mse_loss(image[:, :, 1:], image[:, :, :-1], reduction="sum")
    return below + functional.mse_loss(image[..., 1:], image[..., :-1], reduction="sum")


@right("tv_loss")
def _(image):
    repeated = functional.pad(image, (0, 1, 0, 1), mode="replicate")
    x, y = repeated[:, :, :-1, 1:] - image, repeated[:, :, 1:, :-1] - image
    return (x.square() + y.square()).sum()


@right("translate")
def _(weights, sizes, divided_by, scale):
    found = {}
    for name, weight in weights.items():
        N, M = sizes[name]
        if name == "content":
            found[name] = 2 * weight * scale**2 / (N * M)
        elif divided_by == "NM":
            found[name] = 4 * weight * scale**4 / N**2
        else:
            found[name] = 4 * weight * scale**4
    return found


@right("translate")
def _(weights, sizes, divided_by, scale):
    """By experiment: the two losses of the same random features, one divided by the other."""
    found = {}
    for name, weight in weights.items():
        N, M = sizes[name]
        generator = torch.Generator().manual_seed(0)
        F, P = (torch.rand(1, N, M, 1, generator=generator, dtype=torch.float64) for _ in range(2))
        if name == "content":
            theirs, ours = ((scale * (F - P)) ** 2).mean(), ((F - P) ** 2).sum() / 2
        else:
            d = M if divided_by == "M" else N * M
            theirs = ((gram(scale * F) / d - gram(scale * P) / d) ** 2).mean()
            ours = layer_loss(F, gram(P))
        found[name] = float(weight * theirs / ours)
    return found


@right("translate")
def _(weights, sizes, divided_by, scale):
    content = {"content": weights["content"] * 2 / np.prod(sizes["content"]) * scale**2}
    style = {l: w * (2 * scale**2 / (sizes[l][0] if divided_by == "NM" else 1)) ** 2 for l, w in weights.items()}
    return style | content


CONTENT, STYLE = "relu4_2", ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]


def per_place(F):
    return gram(F) / F[0, 0].numel()


def relative(X, Y):
    return (X - Y).square().sum() / Y.square().sum()


@right("style_transfer")
def _(net, photo, painting, start, alpha, beta, steps):
    """L-BFGS as in chapter 3, in relative units."""
    P = net(photo, [CONTENT])[CONTENT]
    targets = {layer: per_place(F) for layer, F in net(painting, STYLE).items() if layer != "image"}
    x = start.clone().requires_grad_(True)
    optimiser = torch.optim.LBFGS([x], max_iter=1, history_size=20, tolerance_grad=0, tolerance_change=0)

    def closure():
        optimiser.zero_grad()
        features = net(x, [CONTENT, *STYLE])
        style = sum(relative(per_place(features[layer]), A) for layer, A in targets.items()) / len(STYLE)
        loss = alpha * relative(features[CONTENT], P) + beta * style
        loss.backward()
        return loss

    for _ in range(steps):
        optimiser.step(closure)
    return x.detach()


@right("style_transfer")
def _(net, photo, painting, start, alpha, beta, steps):
    """Adam in the paper's units, clamped after each step, the loss noted in between."""
    with torch.no_grad():
        P = net(photo, (CONTENT,))[CONTENT]
        found = net(painting, STYLE)
        places = {layer: found[layer].shape[2] * found[layer].shape[3] for layer in STYLE}
        A = {layer: gram(found[layer]) / places[layer] for layer in STYLE}
    x = torch.nn.Parameter(start.clone())
    optimiser, losses = torch.optim.Adam([x], lr=0.03), []
    for _ in range(steps):
        features = net(x, [*STYLE, CONTENT])
        content = 0.5 * ((features[CONTENT] - P) ** 2).sum()
        style = 0
        for layer in STYLE:
            M = features[layer][0, 0].numel()
            style = style + layer_loss(features[layer], A[layer] * M) / len(STYLE)
        optimiser.zero_grad()
        (alpha * content + beta * style).backward()
        optimiser.step()
        with torch.no_grad():
            x.clamp_(0, 1)
            losses.append(relative(net(x, [CONTENT])[CONTENT], P).item())
    return x.data


@right("style_transfer")
def _(net, photo, painting, start, alpha, beta, steps):
    """L-BFGS as torch makes it, with a few evaluations in each step; the two losses apart, layer by layer."""
    P, A = net(photo, [CONTENT])[CONTENT].detach(), [per_place(net(painting, [layer])[layer]) for layer in STYLE]
    x = start.detach().clone().requires_grad_()
    optimiser = torch.optim.LBFGS([x], max_iter=4)

    def closure():
        optimiser.zero_grad()
        content = alpha * functional.mse_loss(net(x, [CONTENT])[CONTENT], P)
        content.backward()
        grams = (per_place(F) for layer, F in net(x, STYLE).items() if layer != "image")
        style = beta * sum(functional.mse_loss(G, a) for G, a in zip(grams, A, strict=True))
        style.backward()
        return content.item() + style.item()

    for _ in range(steps):
        optimiser.step(closure)
    return x.detach().clone()


@right("style_transfer")
def _(net, photo, painting, start, alpha, beta, steps):
    """The content one layer higher, behind a sigmoid, without an optimiser from torch."""
    P, x = net(photo, ["conv4_2"])["conv4_2"], torch.logit(start.clamp(1e-4, 1 - 1e-4))
    A = {layer: per_place(net(painting, STYLE)[layer]) for layer in STYLE}
    m, v = torch.zeros_like(x), torch.zeros_like(x)
    for step in range(1, steps + 1):
        x = x.detach().requires_grad_(True)
        features = net(x.sigmoid(), ["conv4_2", *STYLE])
        style = sum(relative(per_place(features[layer]), A[layer]) for layer in STYLE)
        (g,) = torch.autograd.grad(alpha * relative(features["conv4_2"], P) + beta * style, x)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        x = x - 0.15 * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)
    return x.sigmoid().detach()
