"""Chapter 4: what students write for Gram matrices and the losses made of them by mistake."""

import torch
from torch.nn import functional

from classroom.mistakes.ch4_parts import gram, layer_loss
from classroom.mistakes.registry import wrong

# --- gram -------------------------------------------------------------------------------------------------------------


@wrong("gram", "divided_by_places")
def _(F):
    return gram(F) / (F.shape[2] * F.shape[3])


@wrong("gram", "divided_by_channels")
def _(F):
    return gram(F) / F.shape[1]


@wrong("gram", "divided_by_all")
def _(F):
    _b, c, h, w = F.shape
    return gram(F) / (c * h * w)


@wrong("gram", "divided_by_batch")
def _(F):
    b, c, h, w = F.shape
    X = F.reshape(b, c, h * w)
    return torch.bmm(X, X.transpose(1, 2)).div(b * c * h * w)


@wrong("gram", "centred")
def _(F):
    X = F.flatten(2)
    X = X - X.mean(dim=2, keepdim=True)
    return X @ X.mT


@wrong("gram", "covariance")
def _(F):
    X = F.flatten(2)
    X = X - X.mean(dim=2, keepdim=True)
    return X @ X.mT / X.shape[2]


@wrong("gram", "sample_covariance")
def _(F):
    return torch.stack([torch.cov(f.flatten(1)) for f in F])


@wrong("gram", "cosine")
def _(F):
    X = functional.normalize(F.flatten(2), dim=2)
    return X @ X.mT


@wrong("gram", "cut_wrong")
def _(F):
    b, c, h, w = F.shape
    X = F.reshape(b, h * w, c)
    return X.transpose(1, 2) @ X


@wrong("gram", "squared")
def _(F):
    return gram(F) ** 2


@wrong("gram", "diagonal_only")
def _(F):
    X = F.flatten(2)
    return torch.diag_embed((X * X).sum(2))


@wrong("gram", "diagonal")
def _(F):
    return (F * F).sum((2, 3))


@wrong("gram", "pooled")
def _(F):
    m = F.mean((2, 3))
    return torch.einsum("bi,bj->bij", m, m) * F[0, 0].numel()


@wrong("gram", "absolute")
def _(F):
    return gram(F).abs()


@wrong("gram", "knows_places")
def _(F):
    X, Y = F[..., :-1].flatten(2), F[..., 1:].flatten(2)  # each with its neighbour
    return X @ Y.mT


@wrong("gram", "places")
def _(F):
    X = F.flatten(2)
    return X.mT @ X


@wrong("gram", "not_flattened")
def _(F):
    return F @ F.transpose(-1, -2)


@wrong("gram", "batch_merged")
def _(F):
    b, c, h, w = F.shape
    X = F.reshape(b * c, h * w)  # as in a well-known tutorial
    return X @ X.t()


@wrong("gram", "batch_summed")
def _(F):
    return torch.einsum("bihw,bjhw->ij", F, F)


@wrong("gram", "first_of_batch")
def _(F):
    X = F[0].flatten(1)
    return X @ X.T


@wrong("gram", "batch_lost")
def _(F):
    X = F.reshape(F.shape[1], -1)
    return X @ X.T


@wrong("gram", "view")
def _(F):
    b, c, h, w = F.shape
    X = F.view(b, c * h * w).view(b, c, h * w)
    return X @ X.transpose(1, 2)


@wrong("gram", "fixed_sizes")
def _(F):
    X = F.reshape(2, 3, 20)
    return X @ X.transpose(1, 2)


@wrong("gram", "detached")
def _(F):
    return gram(F.detach())


@wrong("gram", "half_detached")
def _(F):
    return torch.einsum("bihw,bjhw->bij", F, F.detach())


@wrong("gram", "modifies_input")
def _(F):
    X = F.flatten(2)
    F /= F.norm()
    return X @ X.mT


@wrong("gram", "raised")
def _(F):
    X = F.flatten(2)
    return X @ X


@wrong("gram", "none")
def _(F):
    X = F.flatten(2)
    X @ X.mT


@wrong("gram", "type")
def _(F):
    X = F.flatten(2)
    return [x @ x.T for x in X]


@wrong("gram", "left_torch")
def _(F):
    X = F.flatten(2).detach().numpy()
    return X @ X.transpose(0, 2, 1)


# --- texture_loss -----------------------------------------------------------------------------------------------------


@wrong("texture_loss", "unweighted")
def _(features, targets, weights):
    return sum(layer_loss(features[layer], A) for layer, A in targets.items())


@wrong("texture_loss", "mean")
def _(features, targets, weights):
    return sum(weights[l] * layer_loss(features[l], A) for l, A in targets.items()) / len(targets)


@wrong("texture_loss", "mean_unweighted")
def _(features, targets, weights):
    return torch.stack([layer_loss(features[l], A) for l, A in targets.items()]).mean()


@wrong("texture_loss", "normalised")
def _(features, targets, weights):
    total = sum(weights.values())
    return sum(weights[l] / total * layer_loss(features[l], A) for l, A in targets.items())


@wrong("texture_loss", "first_only")
def _(features, targets, weights):
    loss = 0
    for layer, A in targets.items():
        loss += weights[layer] * layer_loss(features[layer], A)
        return loss


@wrong("texture_loss", "last_only")
def _(features, targets, weights):
    for layer, A in targets.items():
        loss = weights[layer] * layer_loss(features[layer], A)
    return loss


@wrong("texture_loss", "crossed")
def _(features, targets, weights):
    parts = [layer_loss(features[layer], A) for layer, A in targets.items()]
    return sum(w * part for w, part in zip(weights.values(), parts, strict=True))


@wrong("texture_loss", "weights_squared")
def _(features, targets, weights):
    loss = 0
    for layer, A in targets.items():
        F = features[layer]
        difference = weights[layer] * (gram(F) - A)
        loss = loss + difference.square().sum() / (4 * F[0].numel() ** 2)
    return loss


@wrong("texture_loss", "divided")
def _(features, targets, weights):
    return sum(layer_loss(features[l], A) / weights[l] for l, A in targets.items())


@wrong("texture_loss", "product")
def _(features, targets, weights):
    return torch.stack([weights[l] * layer_loss(features[l], A) for l, A in targets.items()]).prod()


@wrong("texture_loss", "weights_apart")
def _(features, targets, weights):
    parts = [layer_loss(features[layer], A) for layer, A in targets.items()]
    return sum(weights.values()) * sum(parts)


@wrong("texture_loss", "weight_added")
def _(features, targets, weights):
    return sum(weights[l] + layer_loss(features[l], A) for l, A in targets.items())


@wrong("texture_loss", "raised")
def _(features, targets, weights):
    return sum(layer_loss(features[l], A) ** weights[l] for l, A in targets.items())


@wrong("texture_loss", "all_layers")
def _(features, targets, weights):
    return sum(weights[l] * layer_loss(F, targets[l]) for l, F in features.items())


@wrong("texture_loss", "fixed_layers")
def _(features, targets, weights):
    layers = ["relu1_1", "relu3_1"]
    return sum(weights[l] * layer_loss(features[l], targets[l]) for l in layers)


@wrong("texture_loss", "names_only")
def _(features, targets, weights):
    return sum(layer["weight"] * layer_loss(features[layer], targets[layer]) for layer in targets)


@wrong("texture_loss", "names_not_maps")
def _(features, targets, weights):
    return sum(weights[l] * layer_loss(l, A) for l, A in targets.items())


@wrong("texture_loss", "gram_of_gram")
def _(features, targets, weights):
    return sum(weights[l] * layer_loss(features[l], gram(A)) for l, A in targets.items())


@wrong("texture_loss", "features_against_gram")
def _(features, targets, weights):
    return sum(weights[l] * (features[l] - A).square().sum() for l, A in targets.items())


@wrong("texture_loss", "detached")
def _(features, targets, weights):
    with torch.no_grad():
        return sum(weights[l] * layer_loss(features[l], A) for l, A in targets.items())


@wrong("texture_loss", "partly_detached")
def _(features, targets, weights):
    loss = 0
    for number, (layer, A) in enumerate(targets.items()):
        F = features[layer].detach() if number == 0 else features[layer]
        loss = loss + weights[layer] * layer_loss(F, A)
    return loss


@wrong("texture_loss", "left_torch")
def _(features, targets, weights):
    return sum(weights[l] * layer_loss(features[l], A).item() for l, A in targets.items())


@wrong("texture_loss", "type")
def _(features, targets, weights):
    return {l: weights[l] * layer_loss(features[l], A) for l, A in targets.items()}


@wrong("texture_loss", "modifies_input")
def _(features, targets, weights):
    features.pop("image")
    return sum(weights[l] * layer_loss(features[l], A) for l, A in targets.items())


@wrong("texture_loss", "local_name")
def _(features, targets, weights):
    for layer, A in targets.items():
        loss = loss + weights[layer] * layer_loss(features[layer], A)  # noqa: F821
    return loss


@wrong("gram", "clipped")
def _(F):
    return gram(F).clamp(min=0)


@wrong("gram", "clipped_maps")
def _(F):
    return gram(functional.relu(F))


@wrong("texture_loss", "walks_weights")
def _(features, targets, weights):
    return sum(weight * layer_loss(features[layer], targets[layer]) for layer, weight in weights.items())


@wrong("texture_loss", "layers_mixed")
def _(features, targets, weights):
    pairs = zip(features.values(), targets.values(), weights.values(), strict=False)
    return sum(weight * layer_loss(F, A) for F, A, weight in pairs)


@wrong("texture_loss", "weight_in_maps")
def _(features, targets, weights):
    return sum(layer_loss(weights[layer] * features[layer], A) for layer, A in targets.items())


@wrong("texture_loss", "weight_in_gram")
def _(features, targets, weights):
    total = 0
    for layer, A in targets.items():
        _b, N, H, W = features[layer].shape
        G = weights[layer] * gram(features[layer])
        total = total + ((G - A) ** 2).sum() / (4 * N**2 * (H * W) ** 2)
    return total


@wrong("texture_loss", "targets_again")
def _(features, targets, weights):
    return sum(weights[layer] * layer_loss(features[layer], A @ A.mT) for layer, A in targets.items())


@wrong("texture_loss", "root")
def _(features, targets, weights):
    return torch.sqrt(sum(weights[layer] * layer_loss(features[layer], A) for layer, A in targets.items()))


@wrong("texture_loss", "sum_squared")
def _(features, targets, weights):
    return sum(weights[layer] * layer_loss(features[layer], A) for layer, A in targets.items()) ** 2


def products(F):
    return F.flatten(2) @ F.flatten(2).mT


wrong("gram", "maps_absolute")(lambda F: products(F.abs()))
wrong("gram", "maps_squared")(lambda F: products(F**2))
wrong("gram", "correlation")(lambda F: torch.stack([torch.corrcoef(f.flatten(1)) for f in F]))
wrong("gram", "triangle")(lambda F: products(F).triu())
wrong("gram", "batch_mean")(lambda F: products(F).mean(0, keepdim=True).expand(len(F), -1, -1))
wrong("gram", "distances")(lambda F: torch.cdist(F.flatten(2), F.flatten(2)) ** 2)
wrong("gram", "pictures")(lambda F: F.flatten(1) @ F.flatten(1).T)


def over_layers(loss):
    """The sum over layers of a loss of maps, target and weight."""

    def summed(features, targets, weights):
        return sum(loss(features[n], A, weights[n]) for n, A in targets.items())

    return summed


wrong("texture_loss", "weight_in_target")(over_layers(lambda F, A, w: layer_loss(F, w * A)))
wrong("texture_loss", "bare")(over_layers(lambda F, A, w: w * ((gram(F) - A) ** 2).sum()))
wrong("texture_loss", "means_of_squares")(over_layers(lambda F, A, w: w * functional.mse_loss(gram(F), A)))
wrong("texture_loss", "roots")(over_layers(lambda F, A, w: w * layer_loss(F, A) ** 0.5))


@wrong("texture_loss", "index_for_name")
def _(features, targets, weights):
    return sum(weights[n] * layer_loss(features[layer], targets[layer]) for n, layer in enumerate(targets))
