"""Chapter 5: right, in other ways than the course's."""

import numpy as np
import torch
from torch.nn import functional

from classroom.mistakes.ch4_parts import gram, layer_loss
from tests.check._right import right


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
    """Adam, clamped after each step, the loss noted in between."""
    with torch.no_grad():
        P = net(photo, (CONTENT,))[CONTENT]
        found = net(painting, STYLE)
        A = {layer: per_place(found[layer]) for layer in STYLE}
    x = torch.nn.Parameter(start.clone())
    optimiser, losses = torch.optim.Adam([x], lr=0.03), []
    for _ in range(steps):
        features = net(x, [*STYLE, CONTENT])
        style = 0
        for layer in STYLE:
            style = style + relative(per_place(features[layer]), A[layer]) / len(STYLE)
        optimiser.zero_grad()
        (alpha * relative(features[CONTENT], P) + beta * style).backward()
        optimiser.step()
        with torch.no_grad():
            x.clamp_(0, 1)
            losses.append(relative(net(x, [CONTENT])[CONTENT], P).item())
    return x.data


@right("style_transfer")
def _(net, photo, painting, start, alpha, beta, steps):
    """L-BFGS as torch makes it, a few evaluations in each step; the two losses apart, each with a look of its own."""
    P, A = net(photo, [CONTENT])[CONTENT].detach(), [per_place(net(painting, [layer])[layer]) for layer in STYLE]
    x = start.detach().clone().requires_grad_()
    optimiser = torch.optim.LBFGS([x], max_iter=4)

    def closure():
        optimiser.zero_grad()
        content = alpha * relative(net(x, [CONTENT])[CONTENT], P)
        content.backward()
        grams = (per_place(F) for layer, F in net(x, STYLE).items() if layer != "image")
        style = beta * sum(relative(G, a) for G, a in zip(grams, A, strict=True)) / 5
        style.backward()
        return content.item() + style.item()

    for _ in range(steps):
        optimiser.step(closure)
    return x.detach().clone()


def adam(picture, pulls, steps, rate):
    """Adam by hand, from these numbers on; `pulls` finds the gradient."""
    m, v = torch.zeros_like(picture), torch.zeros_like(picture)
    for step in range(1, steps + 1):
        g = pulls(picture)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        picture = picture - rate * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)
    return picture


def loss_of(net, photo, painting, alpha, beta):
    """The loss of a picture."""
    P = net(photo, [CONTENT])[CONTENT]
    A = {layer: per_place(net(painting, STYLE)[layer]) for layer in STYLE}

    def loss(picture):
        features = net(picture, [CONTENT, *STYLE])
        each = [relative(per_place(features[layer]), A[layer]) for layer in STYLE]
        return alpha * relative(features[CONTENT], P) + beta * torch.stack(each).mean()

    return loss


@right("style_transfer")
def _(net, photo, painting, start, alpha, beta, steps):
    """Behind a sigmoid, without an optimiser from torch."""
    loss = loss_of(net, photo, painting, alpha, beta)

    def pulls(x):
        x = x.detach().requires_grad_(True)
        return torch.autograd.grad(loss(x.sigmoid()), x)[0]

    return adam(torch.logit(start.clamp(1e-4, 1 - 1e-4)), pulls, steps, 0.15).sigmoid().detach()


@right("style_transfer")
def _(net, photo, painting, start, alpha, beta, steps):
    """What is trained is the change, and the loss is divided by the sum of the weights."""
    change = torch.nn.Parameter(torch.zeros_like(start))
    loss, optimiser = loss_of(net, photo, painting, alpha, beta), torch.optim.AdamW([change], 0.05, weight_decay=0)
    for _ in range(steps):
        optimiser.zero_grad()
        (loss(start + change) / (alpha + beta + 1e-9)).backward()
        optimiser.step()
    return (start + change).detach()


@right("style_transfer")
def _(net, photo, painting, start, alpha, beta, steps):
    """What is trained are waves."""
    size, loss = start.shape[2:], loss_of(net, photo, painting, alpha, beta)
    waves = torch.view_as_real(torch.fft.rfft2(start, norm="ortho")).clone().requires_grad_(True)

    def picture():
        return torch.fft.irfft2(torch.view_as_complex(waves), s=size, norm="ortho")

    optimiser = torch.optim.Adam([waves], lr=0.05)
    for _ in range(steps):
        waves.grad = None
        loss(picture()).backward()
        optimiser.step()
    return picture().detach()


@right("style_transfer")
def _(net, photo, painting, start, alpha, beta, steps):
    """L-BFGS with a line search, of a loss a thousand times as large; six looks, each for one layer."""
    P, A = net(photo, [CONTENT])[CONTENT], {layer: per_place(net(painting, [layer])[layer]) for layer in STYLE}
    x = start.clone().requires_grad_(True)
    optimiser = torch.optim.LBFGS([x], 1, 2, tolerance_change=0, line_search_fn="strong_wolfe")

    def closure():
        x.grad = None
        style = sum(relative(per_place(net(x, [layer])[layer]), A[layer]) for layer in STYLE) / 5
        total = 1000 * (alpha * relative(net(x, [CONTENT])[CONTENT], P) + beta * style)
        total.backward()
        return total

    for _ in range(steps):
        optimiser.step(closure=closure)
    return x.detach()


class Painter(torch.nn.Module):
    """The picture is a parameter of a module, and steps have one length, downhill."""

    def __init__(self, start, loss):
        super().__init__()
        self.picture, self.loss = torch.nn.Parameter(start.clone()), loss

    def forward(self):
        return self.loss(self.picture)

    def walk(self, steps):
        optimiser = torch.optim.Rprop(self.parameters(), lr=0.02)
        for _ in range(steps):
            optimiser.step(lambda: (self.zero_grad(), self().backward()))
        return self.picture.detach()


@right("style_transfer")
def _(net, photo, painting, start, alpha, beta, steps):
    return Painter(start, loss_of(net, photo, painting, alpha, beta)).walk(steps)


@right("style_transfer")
def _(net, photo, painting, start, alpha, beta, steps):
    """The chain rule in two halves: autograd up to the maps, Gram matrices with their gradient by hand."""
    P, A = net(photo, [CONTENT])[CONTENT], {name: per_place(F) for name, F in net(painting, STYLE).items()}

    def pulls(x):
        x = x.detach().requires_grad_(True)
        features = net(x, [CONTENT, *STYLE])
        slopes = [2 * alpha * (features[CONTENT] - P).detach() / P.square().sum()]
        for layer in STYLE:
            F = features[layer].detach()
            D = (per_place(F) - A[layer]) / A[layer].square().sum()
            slopes.append(beta / 5 * 4 * (D @ F.flatten(2)).view_as(F) / F[0, 0].numel())
        return torch.autograd.grad([features[layer] for layer in (CONTENT, *STYLE)], x, slopes)[0]

    return adam(start, pulls, steps, 0.05)


@right("style_transfer")
def _(net, photo, painting, start, alpha, beta, steps):
    """A picture is only a function's argument: vector-Jacobian products, momentum, steps that become shorter."""
    loss, x, speed = loss_of(net, photo, painting, alpha, beta), start.clone(), torch.zeros_like(start)
    for step in range(steps):
        value, pullback = torch.func.vjp(loss, x)
        (g,) = pullback(torch.ones_like(value))
        speed = 0.7 * speed + g / (g.abs().mean() + 1e-12)
        x = x - 0.02 * 0.93**step * speed
    return x
