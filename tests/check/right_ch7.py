"""Chapter 7: right answers, written in other ways than the course's."""

import torch
from torch import nn
from torch.nn import functional

from course.losses import gram, relative_distance
from tests.check._right import right

CONTENT = "relu4_2"

# --- instance_norm --------------------------------------------------------------------------------------------------


@right("instance_norm")
def _(x, gamma, beta):
    mean, variance = x.mean((2, 3), keepdim=True), x.var((2, 3), correction=0, keepdim=True)
    return gamma.view(1, -1, 1, 1) * (x - mean) / torch.sqrt(variance + 1e-5) + beta.view(1, -1, 1, 1)


@right("instance_norm")
def _(x, gamma, beta):
    return functional.instance_norm(x, weight=gamma, bias=beta)


@right("instance_norm")
def _(x, gamma, beta):
    rows = x.flatten(2)
    centred = rows - rows.mean(2)[..., None]
    square = centred.square().mean(2)[..., None]
    return ((centred * torch.rsqrt(square + 1e-5)).transpose(1, 2) * gamma + beta).transpose(1, 2).view(x.shape)


@right("instance_norm")
def _(x, gamma, beta):
    pictures = []
    for maps in x:
        channels = []
        for n, one in enumerate(maps):
            deviation = (one.var(correction=0) + 1e-5).sqrt()
            channels.append(gamma[n] * (one - one.mean()) / deviation + beta[n])
        pictures.append(torch.stack(channels))
    return torch.stack(pictures)


@right("instance_norm")
def _(x, gamma, beta):
    return functional.group_norm(x, x.shape[1], gamma, beta)


# --- residual_block -------------------------------------------------------------------------------------------------


@right("residual_block")
def _(x, first, second):
    return x + second(torch.relu(first(x)))


@right("residual_block")
def _(x, first, second):
    hidden = first(x)
    hidden = torch.where(hidden > 0, hidden, torch.zeros_like(hidden))
    return torch.add(second(hidden), x)


@right("residual_block")
def _(x, first, second):
    change = x
    for layer in (first, nn.ReLU(), second):
        change = layer(change)
    change += x
    return change


@right("residual_block")
def _(x, first, second):
    return torch.stack([x, second(functional.relu(first(x), inplace=True))]).sum(0)


# --- enlarge --------------------------------------------------------------------------------------------------------


@right("enlarge")
def _(x, weight):
    larger = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    border = weight.shape[-1] // 2
    return functional.conv2d(functional.pad(larger, (border, border, border, border), mode="replicate"), weight)


@right("enlarge")
def _(x, weight):
    """Border first, as broad as is needed after the enlargement, and what is too much is cut away."""
    border = weight.shape[2] // 2
    larger = nn.Upsample(scale_factor=2, mode="bilinear")(functional.pad(x, (border,) * 4, mode="replicate"))
    return functional.conv2d(larger[..., border : larger.shape[2] - border, border : larger.shape[3] - border], weight)


@right("enlarge")
def _(x, weight):
    """A border by index, and the interpolation by hand."""

    def doubled(maps, axis):
        size = maps.shape[axis]
        before = maps.index_select(axis, torch.tensor([max(0, k - 1) for k in range(size)]))
        after = maps.index_select(axis, torch.tensor([min(size - 1, k + 1) for k in range(size)]))
        pair = torch.stack([0.75 * maps + 0.25 * before, 0.75 * maps + 0.25 * after], axis + 1)
        return pair.flatten(axis, axis + 1)

    larger = doubled(doubled(x, 2), 3)
    border = weight.shape[2] // 2
    rows, columns = (torch.arange(-border, n + border).clamp(0, n - 1) for n in larger.shape[2:])
    return functional.conv2d(larger[:, :, rows][..., columns], weight)


@right("enlarge")
def _(x, weight):
    out, channels, side, _ = weight.shape
    layer = nn.Conv2d(channels, out, side, padding=side // 2, padding_mode="replicate", bias=False)
    del layer.weight
    layer.weight = weight
    return layer(functional.interpolate(x, size=(2 * x.shape[2], 2 * x.shape[3]), mode="bilinear"))


# --- batch_loss -----------------------------------------------------------------------------------------------------


@right("batch_loss")
def _(features, P, grams, alpha, beta):
    content = relative_distance(features[CONTENT], P) / len(P)
    styles = []
    for layer, A in grams.items():
        F = features[layer]
        G = gram(F) / (F.shape[2] * F.shape[3])
        styles.append(relative_distance(G, A.expand_as(G)) / len(F))
    return alpha * content + beta * sum(styles) / len(styles)


@right("batch_loss")
def _(features, P, grams, alpha, beta):
    total = 0
    for number, target in enumerate(P):
        content = (features[CONTENT][number] - target).pow(2).sum() / target.pow(2).sum()
        style = 0
        for layer, A in grams.items():
            rows = features[layer][number].flatten(1)
            G, wanted = rows @ rows.T / rows.shape[1], A[number % len(A)]
            style = style + (G - wanted).pow(2).sum() / wanted.pow(2).sum() / len(grams)
        total = total + alpha * content + beta * style
    return total / len(P)


@right("batch_loss")
def _(features, P, grams, alpha, beta):
    def relative(X, Y):
        axes = tuple(range(1, X.dim()))
        return ((X - Y).square().sum(axes) / Y.square().sum(axes)).mean()

    def per_place(F):
        return torch.einsum("bihw,bjhw->bij", F, F) / F[0, 0].numel()

    styles = [relative(per_place(features[name]), grams[name]) for name in grams]
    return alpha * relative(features[CONTENT], P) + beta * torch.stack(styles).mean()


# --- training_step --------------------------------------------------------------------------------------------------


@right("training_step")
def _(net, optimiser, photos, loss):
    paintings = net(photos)
    value = loss(paintings, photos)
    optimiser.zero_grad()
    value.backward()
    optimiser.step()
    return value.detach().item()


@right("training_step")
def _(net, optimiser, photos, loss):
    def evaluate():
        optimiser.zero_grad(set_to_none=False)
        value = loss(net(photos), photos)
        value.backward()
        return value

    return float(optimiser.step(evaluate).detach())


@right("training_step")
def _(net, optimiser, photos, loss):
    weights = [one for group in optimiser.param_groups for one in group["params"]]
    value = loss(net(photos), photos)
    for one, gradient in zip(weights, torch.autograd.grad(value, weights), strict=True):
        one.grad = gradient
    optimiser.step()
    return value.item()


@right("training_step")
def _(net, optimiser, photos, loss):
    optimiser.zero_grad()
    paintings = torch.cat([net(one[None]) for one in photos])
    value = loss(paintings, photos)
    value.backward()
    optimiser.step()
    optimiser.zero_grad()
    return value.item()
