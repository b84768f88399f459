"""Chapter 5: right, in other ways than the course's."""

import numpy as np
import torch
from torch.nn import functional

from classroom.mistakes.ch4_parts import gram, layer_loss
from tests.check._right import right

# --- Chapter 4 ------------------------------------------------------------------------------------------------------


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
