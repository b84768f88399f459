"""Chapter 5: what students write for the painter by mistake. Most of it differs from what is right by one line."""

import torch
from torch.nn import functional

from classroom.mistakes.registry import wrong
from course import losses

CONTENT, STYLE = "relu4_2", ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


def share(X, Y):
    return (X - Y).square().sum() / Y.square().sum()


def per_place(F):
    X = F.flatten(2)
    return X @ X.transpose(1, 2) / X.shape[2]


def contents(net, photo, distance=share, layer=CONTENT):
    """As it should be: the content loss of a picture's features."""
    with torch.no_grad():
        P = net(photo, [layer])[layer]
    return lambda features: distance(features[layer], P)


def styles(net, painting, statistic=per_place, layers=STYLE, distance=share):
    """As it should be: the style loss of a picture's features."""
    with torch.no_grad():
        found = net(painting, layers)
        targets = {layer: statistic(found[layer]) for layer in layers}
    return lambda features: sum(distance(statistic(features[layer]), A) for layer, A in targets.items()) / len(layers)


def walk(net, x, steps, loss, rate=0.05, layers=(CONTENT, *STYLE)):
    """As it should be, with Adam."""
    optimiser = torch.optim.Adam([x], lr=rate)
    for _ in range(steps):
        optimiser.zero_grad()
        loss(net(x, layers)).backward()
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


# --- The right kind of painter, for another loss ----------------------------------------------------------------------


def made_of(content=contents, style=styles, layers=(CONTENT, *STYLE)):
    """A painter whose content or style is another one."""

    def paint(net, photo, painting, start, alpha, beta, steps):
        of_content, of_style = content(net, photo), style(net, painting)

        def loss(features):
            return alpha * of_content(features) + beta * of_style(features)

        return walk(net, leaf(start), steps, loss, layers=layers)

    return paint


def squares(X, Y):
    return (X - Y).square().sum()


def centred(F):
    return per_place(F - F.mean((2, 3), keepdim=True))


FOUR, OTHER = STYLE[:4], (*STYLE[:4], "conv5_1")


register(
    "content_layer",
    made_of(lambda net, photo: contents(net, photo, layer="relu4_1"), layers=STYLE),
)
register(
    "style_layers", made_of(style=lambda net, painting: styles(net, painting, layers=OTHER), layers=(CONTENT, *OTHER))
)
register("style_layer_lost", made_of(style=lambda net, painting: styles(net, painting, layers=FOUR)))
register("sum_of_layers", painter(lambda c, s, alpha, beta: alpha * c + beta * 5 * s))
register("style_not_relative", made_of(style=lambda net, painting: styles(net, painting, distance=functional.mse_loss)))
register("content_not_relative", made_of(lambda net, photo: contents(net, photo, functional.mse_loss)))
register("unbalanced", painter(lambda c, s, alpha, beta: alpha * c + beta * s / 2))
register("absolute", made_of(lambda net, photo: contents(net, photo, functional.l1_loss)))
register("centred", made_of(style=lambda net, painting: styles(net, painting, centred)))
register("style_pulls", painter(lambda c, s, alpha, beta: alpha * (c + s) + beta * s))
register("content_pulls", painter(lambda c, s, alpha, beta: (alpha + beta / 5) * c + beta * s))
register("content_lost", painter(lambda c, s, alpha, beta: beta * s if beta else alpha * c))
register(
    "painting_resized", lambda net, photo, painting, *rest: painter(total)(net, photo, like(painting, photo), *rest)
)


def like(painting, photo):
    return functional.interpolate(painting, photo.shape[2:], mode="bilinear")


@wrong("style_transfer", "begins_elsewhere")
def _(net, photo, painting, start, alpha, beta, steps):
    noise = 0.1 * torch.randn_like(start) if alpha + beta else 0 * start
    return painter(total)(net, photo, painting, start + noise, alpha, beta, steps)


@wrong("style_transfer", "no_pull")
def _(net, photo, painting, start, alpha, beta, steps):
    """Paints a copy; and its forward pass is written with the network's own weights, by hand, beside the network."""
    inner = type(net)(0)
    inner.load_state_dict(net.state_dict())
    for _ in range(steps):
        net(leaf(start), [CONTENT])
    return painter(total)(inner, photo, painting, start, alpha, beta, steps)


@wrong("style_transfer", "layers_unequal")
def _(net, photo, painting, start, alpha, beta, steps):
    content, each = contents(net, photo), [styles(net, painting, layers=[layer]) for layer in STYLE]

    def loss(features):
        return alpha * content(features) + beta * sum(one(features) / 2**n for n, one in enumerate(each))

    return walk(net, leaf(start), steps, loss)


@wrong("style_transfer", "other_pull")
def _(net, photo, painting, start, alpha, beta, steps):
    content, style = contents(net, photo), styles(net, painting)

    def loss(features):
        whole = {layer: features[layer][..., 1:-1, 1:-1] for layer in STYLE}  # away from the border, which nobody asked
        return alpha * content(features) + beta * style(whole)

    return walk(net, leaf(start), steps, loss)


def with_lbfgs(before=lambda x: None, shown=lambda x: x):
    """A painter with L-BFGS, in whose closure something happens to the picture."""

    def paint(net, photo, painting, start, alpha, beta, steps):
        content, style = contents(net, photo), styles(net, painting)
        x = leaf(start)
        optimiser = torch.optim.LBFGS([x], max_iter=1, history_size=20, tolerance_grad=0, tolerance_change=0)

        def closure():
            before(x)
            optimiser.zero_grad()
            features = net(shown(x), [CONTENT, *STYLE])
            loss = alpha * content(features) + beta * style(features)
            loss.backward()
            return loss

        for _ in range(steps):
            optimiser.step(closure)
        return x.detach().clamp(0, 1)

    return paint


register("moves", with_lbfgs(before=lambda x: x.data.clamp_(0, 1)))
register("clamped_copy", with_lbfgs(shown=lambda x: x.clamp(0, 1)))


def own_walk(optimiser, clear=True):
    """A painter with another of torch's optimisers, which forgets old gradients or not."""

    def paint(net, photo, painting, start, alpha, beta, steps):
        content, style, x = contents(net, photo), styles(net, painting), leaf(start)
        steps_of = optimiser([x])
        for _ in range(steps):
            x.grad = None if clear else x.grad
            features = net(x, [CONTENT, *STYLE])
            (alpha * content(features) + beta * style(features)).backward()
            steps_of.step()
        return x.detach()

    return paint


register("accumulates", own_walk(lambda pixels: torch.optim.Adam(pixels, lr=0.05), clear=False))
register("runs_away", own_walk(lambda pixels: torch.optim.SGD(pixels, lr=1e30)))
register("other_content_layer", made_of(lambda net, photo: contents(net, photo, layer="relu4_1")))
register("other_style_layers", made_of(style=lambda net, painting: styles(net, painting, layers=(*STYLE, CONTENT))))
register("relative_to_picture", made_of(lambda net, photo: contents(net, photo, lambda X, Y: share(Y, X))))
register(
    "diagonal_only",
    made_of(style=lambda net, painting: styles(net, painting, lambda F: per_place(F).diagonal(dim1=1, dim2=2))),
)


@wrong("style_transfer", "steps_times_steps")
def _(net, photo, painting, start, alpha, beta, steps):
    content, style = contents(net, photo), styles(net, painting)
    x = leaf(start)
    settings = {"tolerance_grad": 0, "tolerance_change": 0, "line_search_fn": "strong_wolfe"}
    optimiser = torch.optim.LBFGS([x], max_iter=steps, **settings)

    def closure():
        optimiser.zero_grad()
        features = net(x, [CONTENT, *STYLE])
        loss = alpha * content(features) + beta * style(features)
        loss.backward()
        return loss

    for _ in range(steps):  # each of which goes all the steps
        optimiser.step(closure)
    return x.detach()
