"""Chapter 5: what students write for the painter by mistake. Most of it differs from what is right by one line."""

import torch

from classroom.mistakes.registry import wrong
from course import losses

CONTENT, STYLE = "relu4_2", ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


def share(X, Y):
    return (X - Y).square().sum() / Y.square().sum()


def per_place(F):
    X = F.flatten(2)
    return X @ X.transpose(1, 2) / X.shape[2]


def contents(net, photo):
    """As it should be: the content loss of a picture's features."""
    with torch.no_grad():
        P = net(photo, [CONTENT])[CONTENT]
    return lambda features: share(features[CONTENT], P)


def styles(net, painting, statistic=per_place, layers=STYLE):
    """As it should be: the style loss of a picture's features."""
    with torch.no_grad():
        found = net(painting, layers)
        targets = {layer: statistic(found[layer]) for layer in layers}
    return lambda features: sum(share(statistic(features[layer]), A) for layer, A in targets.items()) / len(layers)


def walk(net, x, steps, loss, rate=0.05):
    """As it should be, with Adam."""
    optimiser = torch.optim.Adam([x], lr=rate)
    for _ in range(steps):
        optimiser.zero_grad()
        loss(net(x, [CONTENT, *STYLE])).backward()
        optimiser.step()
    return x.detach()


def leaf(start):
    return start.clone().requires_grad_(True)


def painter(loss, first=lambda photo, painting, start: start.clone(), steps=lambda steps: steps, rate=0.05):
    """A painter that minimises `loss(content, style, alpha, beta)`."""

    def paint(net, photo, painting, start, alpha, beta, n):
        content, style = contents(net, photo), styles(net, painting)
        x = first(photo, painting, start).requires_grad_(True)
        return walk(net, x, steps(n), lambda features: loss(content(features), style(features), alpha, beta), rate)

    return paint


def total(content, style, alpha, beta):
    return alpha * content + beta * style


def register(mistake, function):
    wrong("style_transfer", mistake)(function)


register("swapped", painter(lambda c, s, alpha, beta: beta * c + alpha * s))
register("pulled", painter(lambda c, s, alpha, beta: alpha * c + s))
register("uphill", painter(lambda c, s, alpha, beta: -(alpha * c + beta * s)))
register("style_uphill", painter(lambda c, s, alpha, beta: alpha * c - beta * s))
register("no_style", painter(lambda c, s, alpha, beta: alpha * c + 0 * beta * s))
register("content_for_style", painter(lambda c, s, alpha, beta: alpha * c + beta * c))
register("too_slow", painter(total, rate=1e-3))
register("starts_at_photo", painter(total, first=lambda photo, painting, start: photo.clone()))
register("ignores_start", painter(total, first=lambda photo, painting, start: torch.rand_like(start)))
register("modifies_input", painter(total, first=lambda photo, painting, start: start))
register("ignores_steps", painter(total, steps=lambda steps: 100))
register("stops_early", painter(total, steps=lambda steps: 1))
register("not_finite", painter(lambda c, s, alpha, beta: (alpha * c + beta * s) / (alpha + beta)))


@wrong("style_transfer", "sums_over_places")
def _(net, photo, painting, start, alpha, beta, steps):
    def gram(F):
        return torch.einsum("bihw,bjhw->bij", F, F)

    content, style = contents(net, photo), styles(net, painting, gram)
    return walk(net, leaf(start), steps, lambda features: alpha * content(features) + beta * style(features))


@wrong("style_transfer", "style_of_photo")
def _(net, photo, painting, start, alpha, beta, steps):
    content, style = contents(net, photo), styles(net, photo)
    return walk(net, leaf(start), steps, lambda features: alpha * content(features) + beta * style(features))


@wrong("style_transfer", "sizes")
def _(net, photo, painting, start, alpha, beta, steps):
    content, style = contents(net, painting), styles(net, photo)  # the other way round
    return walk(net, leaf(start), steps, lambda features: alpha * content(features) + beta * style(features))


@wrong("style_transfer", "sizes_of_ours")
def _(net, photo, painting, start, alpha, beta, steps):
    P = net(painting, [CONTENT])[CONTENT]
    return walk(net, leaf(start), steps, lambda features: alpha * losses.relative_distance(features[CONTENT], P))


@wrong("style_transfer", "stays")
def _(net, photo, painting, start, alpha, beta, steps):
    content, style = contents(net, start), styles(net, painting)
    return walk(net, leaf(start), steps, lambda features: alpha * content(features) + beta * style(features))


@wrong("style_transfer", "frozen")
def _(net, photo, painting, start, alpha, beta, steps):
    x = leaf(start)
    features = net(x, [CONTENT, *STYLE])
    loss = alpha * contents(net, photo)(features) + beta * styles(net, painting)(features)
    optimiser = torch.optim.Adam([x], lr=0.05)
    for _ in range(steps + 1):
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return x.detach()


@wrong("style_transfer", "targets_again")
def _(net, photo, painting, start, alpha, beta, steps):
    def loss(features):
        return alpha * contents(net, photo)(features) + beta * styles(net, painting)(features)

    return walk(net, leaf(start), steps, loss)


@wrong("style_transfer", "not_a_leaf")
def _(net, photo, painting, start, alpha, beta, steps):
    x = start.requires_grad_(True).clone()
    return walk(net, x, steps, lambda features: alpha * contents(net, photo)(features))


@wrong("style_transfer", "no_closure")
def _(net, photo, painting, start, alpha, beta, steps):
    x, content = leaf(start), contents(net, photo)
    optimiser = torch.optim.LBFGS([x])
    for _ in range(steps):
        optimiser.zero_grad()
        (alpha * content(net(x, [CONTENT]))).backward()
        optimiser.step()
    return x.detach()


@wrong("style_transfer", "no_layers")
def _(net, photo, painting, start, alpha, beta, steps):
    P = net(photo)
    return walk(net, leaf(start), steps, lambda features: alpha * share(features, P))


@wrong("style_transfer", "layers_string")
def _(net, photo, painting, start, alpha, beta, steps):
    P = net(photo, CONTENT)
    return walk(net, leaf(start), steps, lambda features: alpha * share(features, P))


@wrong("style_transfer", "unknown_layer")
def _(net, photo, painting, start, alpha, beta, steps):
    P = net(photo, ["relu9_1"])["relu9_1"]
    return walk(net, leaf(start), steps, lambda features: alpha * share(features, P))


@wrong("style_transfer", "detached")
def _(net, photo, painting, start, alpha, beta, steps):
    content, style = contents(net, photo), styles(net, painting)
    x = start.clone()  # and nobody asks for its gradient
    return walk(net, x, steps, lambda features: alpha * content(features) + beta * style(features))


@wrong("style_transfer", "attached")
def _(net, photo, painting, start, alpha, beta, steps):
    content, style = contents(net, photo), styles(net, painting)
    x = leaf(start)
    walk(net, x, steps, lambda features: alpha * content(features) + beta * style(features))
    return x


@wrong("style_transfer", "touches_network")
def _(net, photo, painting, start, alpha, beta, steps):
    content, style = contents(net, photo), styles(net, painting)
    for weight in net.parameters():
        weight.requires_grad = True
    return walk(net, leaf(start), steps, lambda features: alpha * content(features) + beta * style(features))


@wrong("style_transfer", "type")
def _(net, photo, painting, start, alpha, beta, steps):
    losses = []

    def loss(features):
        losses.append(alpha * contents(net, photo)(features) + beta * styles(net, painting)(features))
        return losses[-1]

    return walk(net, leaf(start), steps, loss), losses


@wrong("style_transfer", "returns_input")
def _(net, photo, painting, start, alpha, beta, steps):
    content, style = contents(net, photo), styles(net, painting)
    walk(net, leaf(start), steps, lambda features: alpha * content(features) + beta * style(features))
    return start


@wrong("style_transfer", "style_too_slow")
def _(net, photo, painting, start, alpha, beta, steps):
    content, style = contents(net, photo), styles(net, painting)
    x, rate = leaf(start), 0.05 if alpha else 0.0003
    return walk(net, x, steps, lambda features: alpha * content(features) + beta * style(features), rate)


@wrong("style_transfer", "shape")
def _(net, photo, painting, start, alpha, beta, steps):
    content, style = contents(net, photo), styles(net, painting)
    return walk(net, leaf(start), steps, lambda features: alpha * content(features) + beta * style(features))[0]


@wrong("style_transfer", "none")
def _(net, photo, painting, start, alpha, beta, steps):
    content, style = contents(net, photo), styles(net, painting)
    walk(net, leaf(start), steps, lambda features: alpha * content(features) + beta * style(features))


@wrong("style_transfer", "arguments")
def _(net, photo, painting, start, steps):
    return start.clone()
