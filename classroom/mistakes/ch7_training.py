"""Chapter 7: what students write by mistake for the loss of a batch, and for one step of a training."""

import torch

from classroom.mistakes.registry import wrong
from course.losses import gram, relative_distance

CONTENT = "relu4_2"

# --- batch_loss -----------------------------------------------------------------------------------------------------


def per_place(F):
    """The Gram matrices of a batch, per place."""
    return gram(F) / F[0, 0].numel()


def each(X, Y):
    """Relative distance of each picture of a batch."""
    return (X - Y).square().flatten(1).sum(1) / Y.square().flatten(1).sum(1)


def content_of(features, P, distance=each):
    """Of each picture, [B]."""
    return distance(features[CONTENT], P)


def styles_of(features, grams, distance=each, of=per_place):
    """For each layer, of each picture: [L, B]."""
    return torch.stack(
        [distance(of(features[layer]), A.expand(len(features[layer]), -1, -1)) for layer, A in grams.items()]
    )


def mean_square(X, Y):
    """Of each picture."""
    return (X - Y).square().flatten(1).mean(1)


def whole(X, Y):
    """Of the batch as a whole."""
    return (X - Y).square().sum() / Y.square().sum()


def both(content, style):
    """A loss of two distances."""

    def batch_loss(features, P, grams, alpha, beta):
        return alpha * content(features, P).mean() + beta * style(features, grams).mean()

    return batch_loss


wrong("batch_loss", "added_up")(
    lambda features, P, grams, alpha, beta: (
        alpha * content_of(features, P).sum() + beta * styles_of(features, grams).mean(0).sum()
    )
)
wrong("batch_loss", "content_added_up")(both(lambda features, P: relative_distance(features[CONTENT], P), styles_of))
wrong("batch_loss", "style_added_up")(both(content_of, lambda features, grams: styles_of(features, grams).sum(1)))
wrong("batch_loss", "layers_added")(both(content_of, lambda features, grams: styles_of(features, grams).sum(0)))
wrong("batch_loss", "content_of_the_whole")(both(lambda features, P: content_of(features, P, whole), styles_of))
wrong("batch_loss", "style_of_the_whole")(both(content_of, lambda features, grams: styles_of(features, grams, whole)))
wrong("batch_loss", "first_style")(
    both(content_of, lambda features, grams: styles_of(features, {layer: A[:1] for layer, A in grams.items()}))
)
wrong("batch_loss", "not_relative")(
    both(
        lambda features, P: content_of(features, P, mean_square),
        lambda features, grams: styles_of(features, grams, mean_square),
    )
)
wrong("batch_loss", "content_not_relative")(both(lambda features, P: content_of(features, P, mean_square), styles_of))
wrong("batch_loss", "style_not_relative")(
    both(content_of, lambda features, grams: styles_of(features, grams, mean_square))
)
wrong("batch_loss", "not_by_places")(both(content_of, lambda features, grams: styles_of(features, grams, of=gram)))
wrong("batch_loss", "by_channels_too")(
    both(content_of, lambda features, grams: styles_of(features, grams, of=lambda F: gram(F) / F[0].numel()))
)
wrong("batch_loss", "centred")(
    both(
        content_of,
        lambda features, grams: styles_of(features, grams, of=lambda F: per_place(F - F.mean((2, 3), keepdim=True))),
    )
)
wrong("batch_loss", "roots")(
    both(lambda features, P: content_of(features, P).sqrt(), lambda features, grams: styles_of(features, grams).sqrt())
)
wrong("batch_loss", "by_the_paintings_own")(
    both(
        lambda features, P: content_of(features, P, lambda X, Y: each(Y, X)),
        lambda features, grams: styles_of(features, grams, lambda X, Y: each(Y, X)),
    )
)
wrong("batch_loss", "content_by_the_paintings_own")(
    both(lambda features, P: content_of(features, P, lambda X, Y: each(Y, X)), styles_of)
)
wrong("batch_loss", "style_by_the_paintings_own")(
    both(content_of, lambda features, grams: styles_of(features, grams, lambda X, Y: each(Y, X)))
)
wrong("batch_loss", "style_divided_twice")(
    both(content_of, lambda features, grams: styles_of(features, grams) / len(features[CONTENT]))
)
wrong("batch_loss", "content_divided_twice")(both(lambda features, P: content_of(features, P) / len(P), styles_of))
wrong("batch_loss", "divided_by_five")(both(content_of, lambda features, grams: styles_of(features, grams).sum(0) / 5))
wrong("batch_loss", "of_the_whole")(
    both(lambda features, P: content_of(features, P, whole), lambda features, grams: styles_of(features, grams, whole))
)
wrong("batch_loss", "first_picture")(
    both(lambda features, P: content_of(features, P)[0], lambda features, grams: styles_of(features, grams)[:, 0])
)
wrong("batch_loss", "last_layer")(both(content_of, lambda features, grams: styles_of(features, grams)[-1]))
RIGHT = both(content_of, styles_of)
wrong("batch_loss", "weights_swapped")(lambda features, P, grams, alpha, beta: RIGHT(features, P, grams, beta, alpha))
wrong("batch_loss", "alpha_left_out")(lambda features, P, grams, alpha, beta: RIGHT(features, P, grams, 1, beta))
wrong("batch_loss", "beta_left_out")(lambda features, P, grams, alpha, beta: RIGHT(features, P, grams, alpha, 1))
wrong("batch_loss", "no_weights")(lambda features, P, grams, alpha, beta: RIGHT(features, P, grams, 1, 1))
wrong("batch_loss", "only_content")(lambda features, P, grams, alpha, beta: alpha * content_of(features, P).mean())
wrong("batch_loss", "only_style")(lambda features, P, grams, alpha, beta: beta * styles_of(features, grams).mean())
wrong("batch_loss", "halved")(lambda features, P, grams, alpha, beta: RIGHT(features, P, grams, alpha, beta) / 2)


@wrong("batch_loss", "mixed_grams")
def _(features, P, grams, alpha, beta):
    parts = []
    for layer, A in grams.items():
        rows = features[layer].transpose(0, 1).flatten(1)
        G = (rows @ rows.T / rows.shape[1]).expand(len(P), -1, -1)
        parts.append(each(G, A.expand(len(P), -1, -1)))
    return alpha * content_of(features, P).mean() + beta * torch.stack(parts).mean()


@wrong("batch_loss", "mixed_grams_and_styles")
def _(features, P, grams, alpha, beta):
    parts = []
    for layer, A in grams.items():
        rows = features[layer].transpose(0, 1).flatten(1)
        parts.append(relative_distance((rows @ rows.T / rows.shape[1])[None], A.mean(0, keepdim=True)))
    return alpha * content_of(features, P).mean() + beta * torch.stack(parts).mean()


@wrong("batch_loss", "first_layer")
def _(features, P, grams, alpha, beta):
    content = relative_distance(features[CONTENT], P) / len(P)
    for layer, A in grams.items():
        G = per_place(features[layer])
        return alpha * content + beta * relative_distance(G, A.expand_as(G)) / len(P)


@wrong("batch_loss", "walks_features")
def _(features, P, grams, alpha, beta):
    parts = [each(per_place(F), grams[layer].expand(len(F), -1, -1)) for layer, F in features.items()]
    return alpha * content_of(features, P).mean() + beta * torch.stack(parts).mean()


@wrong("batch_loss", "not_expanded")
def _(features, P, grams, alpha, beta):
    parts = [relative_distance(per_place(features[layer]), A) / len(P) for layer, A in grams.items()]
    return alpha * content_of(features, P).mean() + beta * torch.stack(parts).mean()


@wrong("batch_loss", "detached")
def _(features, P, grams, alpha, beta):
    content = relative_distance(features[CONTENT].detach(), P) / len(P)
    return alpha * content + beta * styles_of(features, grams).mean()


@wrong("batch_loss", "left_torch")
def _(features, P, grams, alpha, beta):
    return RIGHT(features, P, grams, alpha, beta).item()


@wrong("batch_loss", "shape")
def _(features, P, grams, alpha, beta):
    return alpha * content_of(features, P) + beta * styles_of(features, grams).mean(0)


@wrong("batch_loss", "modifies_input")
def _(features, P, grams, alpha, beta):
    features.pop("image")
    content = content_of(features, P).mean()
    return alpha * content + beta * styles_of(features, grams).mean()


# --- training_step --------------------------------------------------------------------------------------------------


def stepped(optimiser, value):
    """Goes back from a loss, and steps."""
    optimiser.zero_grad()
    value.backward()
    optimiser.step()
    return value.item()


wrong("training_step", "swapped")(lambda net, optimiser, photos, loss: stepped(optimiser, loss(photos, net(photos))))
wrong("training_step", "clamped")(
    lambda net, optimiser, photos, loss: stepped(optimiser, loss(net(photos).clamp(0, 1), photos))
)
wrong("training_step", "first_photo_only")(
    lambda net, optimiser, photos, loss: stepped(optimiser, loss(net(photos[:1]), photos[:1]))
)
wrong("training_step", "divided_by_pictures")(
    lambda net, optimiser, photos, loss: stepped(optimiser, loss(net(photos), photos) / len(photos))
)
wrong("training_step", "uphill")(lambda net, optimiser, photos, loss: stepped(optimiser, -loss(net(photos), photos)))
wrong("training_step", "root_taken")(
    lambda net, optimiser, photos, loss: stepped(optimiser, loss(net(photos), photos).sqrt())
)
wrong("training_step", "loss_of_paintings_alone")(
    lambda net, optimiser, photos, loss: stepped(optimiser, loss(net(photos)))
)
wrong("training_step", "keywords")(
    lambda net, optimiser, photos, loss: stepped(optimiser, loss(net(photos), target=photos))
)


@wrong("training_step", "paintings_twice")
def _(net, optimiser, photos, loss):
    photos = net(photos)
    return stepped(optimiser, loss(photos, photos))


@wrong("training_step", "paints_nothing")
def _(net, optimiser, photos, loss):
    return stepped(optimiser, loss(photos.clone().requires_grad_(True), photos))


@wrong("training_step", "paints_again")
def _(net, optimiser, photos, loss):
    optimiser.zero_grad()
    loss(net(photos), photos).backward()
    optimiser.step()
    return loss(net(photos), photos).item()


@wrong("training_step", "judges_nothing")
def _(net, optimiser, photos, loss):
    return stepped(optimiser, (net(photos) - photos).square().mean())


@wrong("training_step", "several_steps")
def _(net, optimiser, photos, loss):
    values = [stepped(optimiser, loss(net(one[None]), one[None])) for one in photos]
    return sum(values) / len(values)


@wrong("training_step", "never_cleared")
def _(net, optimiser, photos, loss):
    value = loss(net(photos), photos)
    value.backward()
    optimiser.step()
    return value.item()


@wrong("training_step", "cleared_at_the_end")
def _(net, optimiser, photos, loss):
    value = loss(net(photos), photos)
    value.backward()
    optimiser.step()
    optimiser.zero_grad()
    return value.item()


@wrong("training_step", "accumulates")
def _(net, optimiser, photos, loss):
    if not hasattr(optimiser, "begun"):  # cleared once, as if before a loop
        optimiser.zero_grad()
        optimiser.begun = True
    value = loss(net(photos), photos)
    value.backward()
    optimiser.step()
    return value.item()


@wrong("training_step", "old_gradient")
def _(net, optimiser, photos, loss):
    value = loss(net(photos), photos)
    optimiser.step()
    optimiser.zero_grad()
    value.backward()
    return value.item()


@wrong("training_step", "step_before_backward")
def _(net, optimiser, photos, loss):
    optimiser.zero_grad()
    value = loss(net(photos), photos)
    optimiser.step()
    value.backward()
    return value.item()


@wrong("training_step", "cleared_before_step")
def _(net, optimiser, photos, loss):
    value = loss(net(photos), photos)
    value.backward()
    optimiser.zero_grad()
    optimiser.step()
    return value.item()


@wrong("training_step", "no_backward")
def _(net, optimiser, photos, loss):
    optimiser.zero_grad()
    value = loss(net(photos), photos)
    optimiser.step()
    return value.item()


@wrong("training_step", "no_step")
def _(net, optimiser, photos, loss):
    optimiser.zero_grad()
    value = loss(net(photos), photos)
    value.backward()
    return value.item()


@wrong("training_step", "own_optimiser")
def _(net, optimiser, photos, loss):
    weights = [one for group in optimiser.param_groups for one in group["params"]]
    return stepped(torch.optim.Adam(weights, lr=0.01), loss(net(photos), photos))


@wrong("training_step", "trains_the_photos")
def _(net, optimiser, photos, loss):
    photos.requires_grad_(True)
    return stepped(optimiser, loss(net(photos), photos))


@wrong("training_step", "net_is_a_function")
def _(net, optimiser, photos, loss):
    net.zero_grad()
    value = loss(net(photos), photos)
    value.backward()
    optimiser.step()
    return value.item()


@wrong("training_step", "backward_twice")
def _(net, optimiser, photos, loss):
    optimiser.zero_grad()
    value = loss(net(photos), photos)
    value.backward()
    value.backward()
    optimiser.step()
    return value.item()


@wrong("training_step", "detached")
def _(net, optimiser, photos, loss):
    with torch.no_grad():
        painted = net(photos)
    return stepped(optimiser, loss(painted, photos))


@wrong("training_step", "per_picture")
def _(net, optimiser, photos, loss):
    return stepped(optimiser, loss(net(photos), photos)) / len(photos)


@wrong("training_step", "returns_graph")
def _(net, optimiser, photos, loss):
    optimiser.zero_grad()
    value = loss(net(photos), photos)
    value.backward()
    optimiser.step()
    return value


@wrong("training_step", "returns_tensor")
def _(net, optimiser, photos, loss):
    optimiser.zero_grad()
    value = loss(net(photos), photos)
    value.backward()
    optimiser.step()
    return value.detach()


@wrong("training_step", "left_torch")
def _(net, optimiser, photos, loss):
    optimiser.zero_grad()
    value = loss(net(photos), photos).item()
    value.backward()
    optimiser.step()
    return value


@wrong("training_step", "none")
def _(net, optimiser, photos, loss):
    stepped(optimiser, loss(net(photos), photos))


@wrong("training_step", "type")
def _(net, optimiser, photos, loss):
    painted = net(photos)
    stepped(optimiser, loss(painted, photos))
    return painted
