"""Chapter 10: what students write for the two numbers that a judge finds, by mistake."""

import torch
from torch.nn import functional

from classroom.mistakes.registry import wrong

LAYERS = ("stem", "block0", "block2", "block4", "block10")
PLACES = (2, 3)


def share(X, Y):
    return (X - Y).square().sum() / Y.square().sum()


def level(F):
    return F - F.mean(PLACES, keepdim=True)


def gram(F):
    X = F.flatten(2)
    return X @ X.mT


def per_place(F):
    return gram(F) / F[0, 0].numel()


# --- content_distance -----------------------------------------------------------------------------------------------


def content(distance, named=lambda layer: layer):
    """As it should be, with another distance of the two maps, or of those of another layer."""

    @torch.no_grad()
    def content_distance(net, picture, photo, layer):
        name = named(layer)
        return distance(*(net(image, [name])[name] for image in (picture, photo)))

    return content_distance


CONTENT = "content_distance"
wrong(CONTENT, "no_ratio")(content(lambda F, P: (F - P).square().sum()))
wrong(CONTENT, "half_sum")(content(lambda F, P: (F - P).square().sum() / 2))
wrong(CONTENT, "mean_square")(content(functional.mse_loss))
wrong(CONTENT, "mean_over_sum")(content(lambda F, P: (F - P).square().mean() / P.square().sum()))
wrong(CONTENT, "by_picture")(content(lambda F, P: (F - P).square().sum() / F.square().sum()))
wrong(CONTENT, "by_both")(content(lambda F, P: (F - P).square().sum() / (F.square() + P.square()).sum()))
wrong(CONTENT, "by_product")(content(lambda F, P: (F - P).square().sum() / (F.norm() * P.norm())))
wrong(CONTENT, "by_length")(content(lambda F, P: (F - P).square().sum() / P.norm()))
wrong(CONTENT, "by_variance")(content(lambda F, P: (F - P).square().sum() / level(P).square().sum()))
wrong(CONTENT, "root")(content(lambda F, P: (F - P).norm() / P.norm()))
wrong(CONTENT, "halved")(content(lambda F, P: share(F, P) / 2))
wrong(CONTENT, "fourth_power")(content(lambda F, P: share(F, P) ** 2))
wrong(CONTENT, "absolute")(content(lambda F, P: (F - P).abs().sum() / P.abs().sum()))
wrong(CONTENT, "each_number")(content(lambda F, P: ((F - P).square() / P.square()).mean()))
wrong(CONTENT, "each_channel")(content(lambda F, P: ((F - P).square().sum(PLACES) / P.square().sum(PLACES)).mean()))
wrong(CONTENT, "each_place")(content(lambda F, P: ((F - P).square().sum(1) / P.square().sum(1)).mean()))
wrong(CONTENT, "largest")(content(lambda F, P: (F - P).square().max() / P.square().max()))
wrong(CONTENT, "pixels")(lambda net, picture, photo, layer: share(picture, photo).detach())
wrong(CONTENT, "stem_always")(content(share, lambda layer: "stem"))
wrong(CONTENT, "block4_always")(content(share, lambda layer: "block4"))
wrong(CONTENT, "block10_always")(content(share, lambda layer: LAYERS[-1]))
wrong(CONTENT, "gram")(content(lambda F, P: share(gram(F), gram(P))))
wrong(CONTENT, "means")(content(lambda F, P: share(F.mean(PLACES), P.mean(PLACES))))
wrong(CONTENT, "over_channels")(content(lambda F, P: share(F.mean(1), P.mean(1))))
wrong(CONTENT, "centred")(content(lambda F, P: share(level(F), level(P))))
wrong(CONTENT, "normalised")(content(lambda F, P: share(F / F.norm(), P / P.norm())))
wrong(CONTENT, "product")(content(lambda F, P: (F * P).sum() / P.square().sum()))
wrong(CONTENT, "cosine")(content(lambda F, P: 1 - functional.cosine_similarity(F.flatten(), P.flatten(), dim=0)))
wrong(CONTENT, "correlation")(content(lambda F, P: functional.cosine_similarity(F.flatten(), P.flatten(), dim=0)))
wrong(CONTENT, "similarity")(content(lambda F, P: 1 - share(F, P)))
wrong(CONTENT, "squared_late")(content(lambda F, P: (F - P).sum() ** 2 / P.sum() ** 2))
wrong(CONTENT, "squares_apart")(content(lambda F, P: (F**2 - P**2).sum() / (P**2).sum()))
wrong(CONTENT, "sum_of_both")(content(lambda F, P: ((F + P) ** 2).sum() / (P**2).sum()))
wrong(CONTENT, "no_negatives")(content(lambda F, P: share(F.relu(), P.relu())))
wrong(CONTENT, "itself")(content(lambda F, P: share(P, P)))
wrong(CONTENT, "other")(content(lambda F, P: share(F, P) + 0.1))
wrong(CONTENT, "not_zero")(content(lambda F, P: share(F, P) if (F - P).any() else torch.ones(())))
wrong(CONTENT, "cut_off")(content(lambda F, P: share(F, P).clamp_max(1)))
wrong(CONTENT, "attached")(
    lambda net, picture, photo, layer: share(net(picture, [layer])[layer], net(photo, [layer])[layer])
)
wrong(CONTENT, "left_torch")(
    lambda net, picture, photo, layer: share(net(picture, [layer])[layer], net(photo, [layer])[layer]).item()
)
wrong(CONTENT, "shape")(content(lambda F, P: (F - P).square().sum((1, 2, 3)) / P.square().sum((1, 2, 3))))
wrong(CONTENT, "no_list")(
    lambda net, picture, photo, layer: share(net(picture, layer)[layer], net(photo, layer)[layer])
)
wrong(CONTENT, "no_key")(lambda net, picture, photo, layer: share(net(picture, [layer]), net(photo, [layer])))
wrong(CONTENT, "no_layer")(content(share, lambda layer: "relu4_2"))
wrong(CONTENT, "none")(content(lambda F, P: None))


@wrong(CONTENT, "left_off")
def _(net, picture, photo, layer):
    torch.set_grad_enabled(False)
    return share(net(picture, [layer])[layer], net(photo, [layer])[layer])


@wrong(CONTENT, "by_pixels")
def _(net, picture, photo, layer):
    with torch.no_grad():
        return (net(picture, [layer])[layer] - net(photo, [layer])[layer]).square().sum() / photo.square().sum()


@wrong(CONTENT, "all_layers")
def _(net, picture, photo, layer):
    with torch.no_grad():
        ours, theirs = net(picture, LAYERS), net(photo, LAYERS)
        return torch.stack([share(ours[name], theirs[name]) for name in LAYERS]).mean()


@wrong(CONTENT, "shapes")
def _(net, picture, photo, layer):
    """The wrong layer of one of the two."""
    with torch.no_grad():
        return share(net(picture, [layer])[layer], net(photo, ["block4"])["block4"])


@wrong(CONTENT, "modifies_input")
def _(net, picture, photo, layer):
    picture.clamp_(0.1, 0.9)
    with torch.no_grad():
        return share(net(picture, [layer])[layer], net(photo, [layer])[layer])


# --- style_distance -------------------------------------------------------------------------------------------------


def style(statistic=per_place, distance=share, together=lambda parts: torch.stack(parts).mean()):
    """As it should be, with another statistic, distance, or another way to make one number of many."""

    @torch.no_grad()
    def style_distance(net, picture, painting, layers):
        ours, theirs = net(picture, layers), net(painting, layers)
        return together([distance(statistic(ours[name]), statistic(theirs[name])) for name in layers])

    return style_distance


def with_layers(names, count=len):
    """As it should be, in other layers than those that were asked for."""

    @torch.no_grad()
    def style_distance(net, picture, painting, layers):
        layers = names(layers)
        ours, theirs = net(picture, layers), net(painting, layers)
        parts = [share(per_place(ours[name]), per_place(theirs[name])) for name in layers]
        return sum(parts) / count(parts)

    return style_distance


def apart(change, other):
    """As it should be, with one statistic for the picture and another one for the painting."""

    @torch.no_grad()
    def style_distance(net, picture, painting, layers):
        ours, theirs = net(picture, layers), net(painting, layers)
        return torch.stack([share(change(ours[name]), other(theirs[name])) for name in layers]).mean()

    return style_distance


def diagonal(G):
    return G.diagonal(dim1=1, dim2=2)


STYLE = "style_distance"
wrong(STYLE, "not_divided")(style(gram))
wrong(STYLE, "places_squared")(style(lambda F: gram(F) / F[0, 0].numel() ** 2))
wrong(STYLE, "places_root")(style(lambda F: gram(F) / F[0, 0].numel() ** 0.5))
wrong(STYLE, "only_picture_divided")(apart(per_place, gram))
wrong(STYLE, "only_painting_divided")(apart(gram, per_place))
wrong(STYLE, "summed")(style(together=sum))
wrong(STYLE, "first_only")(style(together=lambda parts: parts[0]))
wrong(STYLE, "last_only")(style(together=lambda parts: parts[-1]))
wrong(STYLE, "last_divided")(style(together=lambda parts: parts[-1] / len(parts)))
wrong(STYLE, "largest")(style(together=max))
wrong(STYLE, "smallest")(style(together=min))
wrong(STYLE, "median")(style(together=lambda parts: torch.stack(parts).median()))
wrong(STYLE, "product")(style(together=lambda parts: torch.stack(parts).prod()))
wrong(STYLE, "image_counted")(with_layers(lambda layers: layers, lambda parts: len(parts) + 1))
wrong(STYLE, "all_layers")(with_layers(lambda layers: LAYERS))
wrong(STYLE, "divided_by_all")(with_layers(lambda layers: layers, lambda parts: 5))
wrong(STYLE, "root")(style(distance=lambda G, A: (G - A).norm() / A.norm()))
wrong(STYLE, "root_at_end")(style(together=lambda parts: torch.stack(parts).mean().sqrt()))
wrong(STYLE, "fourth_power")(style(distance=lambda G, A: share(G, A) ** 2))
wrong(STYLE, "absolute")(style(distance=lambda G, A: (G - A).abs().sum() / A.abs().sum()))
wrong(STYLE, "no_ratio")(style(distance=lambda G, A: (G - A).square().sum()))
wrong(STYLE, "mean_square")(style(distance=functional.mse_loss))
wrong(STYLE, "paper")(style(distance=lambda G, A: (G - A).square().sum() / (4 * len(G[0]) ** 2)))
wrong(STYLE, "by_picture")(style(distance=lambda G, A: share(A, G)))
wrong(STYLE, "by_both")(style(distance=lambda G, A: (G - A).square().sum() / (G.square() + A.square()).sum()))
wrong(STYLE, "by_product")(style(distance=lambda G, A: (G - A).square().sum() / (G.norm() * A.norm())))
wrong(STYLE, "by_length")(style(distance=lambda G, A: (G - A).square().sum() / A.norm()))
wrong(STYLE, "each_entry")(style(distance=lambda G, A: ((G - A) / A).square().mean()))
wrong(STYLE, "centred")(style(lambda F: per_place(level(F))))
wrong(STYLE, "correlations")(style(lambda F: gram(functional.normalize(F.flatten(2), dim=2).unsqueeze(3))))
wrong(STYLE, "normalised")(style(lambda F: gram(F) / gram(F).norm()))
wrong(STYLE, "cosine")(style(distance=lambda G, A: 1 - functional.cosine_similarity(G.flatten(), A.flatten(), dim=0)))
wrong(STYLE, "similarity")(style(together=lambda parts: 1 - torch.stack(parts).mean()))
wrong(STYLE, "means")(style(lambda F: F.mean(PLACES)))
wrong(STYLE, "mean_std")(style(lambda F: torch.stack([F.mean(PLACES), F.std(PLACES, correction=0)])))
wrong(STYLE, "diagonal")(style(lambda F: diagonal(per_place(F))))
wrong(STYLE, "off_diagonal")(style(lambda F: per_place(F) - diagonal(per_place(F)).diag_embed()))
wrong(STYLE, "upper_half")(style(lambda F: per_place(F).triu()))
wrong(STYLE, "sum_of_both")(style(distance=lambda G, A: (G + A).square().sum() / A.square().sum()))
wrong(STYLE, "squares_apart")(style(distance=lambda G, A: (G**2 - A**2).sum() / (A**2).sum()))
wrong(STYLE, "squared_late")(style(distance=lambda G, A: (G - A).sum() ** 2 / A.sum() ** 2))
wrong(STYLE, "no_negatives")(style(lambda F: per_place(F.relu())))
wrong(STYLE, "itself")(style(distance=lambda G, A: share(A, A)))
wrong(STYLE, "other")(style(together=lambda parts: torch.stack(parts).mean() + 0.1))
wrong(STYLE, "not_zero")(style(distance=lambda G, A: share(G, A) if (G - A).any() else torch.ones(())))
wrong(STYLE, "sizes_differ")(style(lambda F: F))
wrong(STYLE, "layers_stacked")(style(distance=lambda G, A: G - A))
wrong(STYLE, "shape")(style(together=lambda parts: torch.stack(parts)))
wrong(STYLE, "type")(style(together=lambda parts: parts))
wrong(STYLE, "left_torch")(style(together=lambda parts: sum(part.item() for part in parts) / len(parts)))
wrong(STYLE, "none")(style(together=lambda parts: None))
wrong(STYLE, "no_layer")(with_layers(lambda layers: ["relu1_1", "relu2_1"]))


@wrong(STYLE, "pooled")
@torch.no_grad()
def _(net, picture, painting, layers):
    ours, theirs = net(picture, layers), net(painting, layers)
    above = below = 0
    for name in layers:
        G, A = per_place(ours[name]), per_place(theirs[name])
        above, below = above + (G - A).square().sum(), below + A.square().sum()
    return above / below


@wrong(STYLE, "places_of_pixels")
@torch.no_grad()
def _(net, picture, painting, layers):
    parts = []
    for name in layers:
        G, A = (gram(net(one, [name])[name]) / (one.shape[2] * one.shape[3]) for one in (picture, painting))
        parts.append(share(G, A))
    return torch.stack(parts).mean()


@wrong(STYLE, "resized")
def _(net, picture, painting, layers):
    painting = functional.interpolate(painting, picture.shape[2:], mode="bilinear")
    return style()(net, picture, painting, layers)


@wrong(STYLE, "attached")
def _(net, picture, painting, layers):
    ours, theirs = net(picture, layers), net(painting, layers)
    return sum(share(per_place(ours[name]), per_place(theirs[name])) for name in layers) / len(layers)


@wrong(STYLE, "no_list")
def _(net, picture, painting, layers):
    return sum(share(per_place(net(picture, name)[name]), per_place(net(painting, name)[name])) for name in layers)


@wrong(STYLE, "no_key")
def _(net, picture, painting, layers):
    """The layers of one asked for by number."""
    ours = net(picture, layers)
    return share(per_place(ours[0]), per_place(net(painting, layers)[0]))


@wrong(STYLE, "image_too")
def _(net, picture, painting, layers):
    """Loops over the dictionary, in which the image is as well."""
    with torch.no_grad():
        ours, theirs = net(picture, layers), net(painting, layers)
        return torch.stack([share(per_place(F), per_place(theirs[name])) for name, F in ours.items()]).mean()


@wrong(STYLE, "modifies_input")
def _(net, picture, painting, layers):
    layers.append("stem")
    return style()(net, picture, painting, layers[:-1])
