"""Checks of chapter 4: the Gram matrix, and the loss of a texture in several layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional

from course import losses
from course.check.ch4_style_layer import DETACHED, GRAM_OF_GRAM, gradient_of_style
from course.check.engine.compare import Mistakes, compare
from course.check.engine.differences import agree, factor
from course.check.engine.exercise import CheckFailed, Question, exercise
from course.check.engine.probes import Returned

# Where flattening maps stops.
FLATTENING = {
    "view size is not compatible": (
        "view",
        "The network's maps lie in memory as channels_last, and view() does not copy. reshape() or flatten(2) do.",
    ),
    "is invalid for input of size": (
        "fixed_sizes",
        "Sizes are written down as numbers. Read them off: B, N, H, W = F.shape.",
    ),
}

# --- The Gram matrix ------------------------------------------------------------------------------------------------


@exercise(
    losses.gram,
    'section 2, "The Gram matrix"',
    stops=FLATTENING,
    solved_by=(),
)
def gram(question: Question) -> str:
    """Equation 3: G_ij = sum_k F_ik F_jk, [B, N, H, W] -> [B, N, N]."""
    F, given = _features(question), "F of shape [2, 3, 4, 5]"
    X = F.flatten(2)
    G = X @ X.transpose(1, 2)
    # The same vectors in other places, rows and columns exchanged, in memory as the network leaves its maps.
    order = torch.randperm(20, generator=question.draw.generator)
    moved = X[:, :, order].reshape(2, 3, 5, 4).contiguous(memory_format=torch.channels_last)
    got = _gram_matrix(question, question.ask("call", F), G, given)
    try:
        question.same(got, G, given, _gram_mistakes(F, G))
    except CheckFailed as failure:
        if failure.mistake == "other" and factor(got, G, 1e-3) is None:
            _judge_moved(question, got, question.ask("call", moved))
        raise
    given = "the same columns in another order, 5 x 4, in memory as channels_last,"
    question.same(question.tensor(question.ask("call", moved), (2, 3, 3), given), G, given, {})
    F = question.draw.normal(3, 2, 5, 6)
    gradient = question.ask("gradient", F)
    if gradient is None:
        raise question.wrong("detached", "no gradient finds its way back to F.", DETACHED)
    expected = 2 * F.sum(1, keepdim=True).expand_as(F)
    half = (expected / 2, "one of the two F's is detached. The gradient flows through both of them.")
    given = "the gradient of the sum of G, for F of shape [3, 2, 5, 6],"
    question.same(gradient, expected, given, {"half_detached": half})
    return "[B, N, N], a sum over all places in whatever order, for each picture by itself; gradients reach F"


def _features(question: Question) -> Tensor:
    """Maps of which some channels agree and others do not: else a clipped Gram matrix may be its own diagonal."""
    means = torch.tensor([0.8, -0.8, 0.3], dtype=torch.float32).view(3, 1, 1)
    pairs = torch.triu_indices(3, 3, offset=1).unbind()
    while True:
        F = question.draw.normal(2, 3, 4, 5) + means
        X = F.flatten(2)
        company = (X @ X.transpose(1, 2))[:, pairs[0], pairs[1]]
        if company.max() > 1 and company.min() < -1:
            return F


def _gram_matrix(question: Question, returned: Returned, G: Tensor, given: str) -> Tensor:
    """The tensor that was returned, if it has the shape of one Gram matrix for each of two pictures."""
    question.present(returned, given)
    value = returned.value
    if isinstance(value, Tensor):
        for shape, (mistake, sentence) in {
            (2, 20, 20): ("places", "It compares places with places. Channels meet channels: X @ X.transpose(1, 2)."),
            (2, 3, 4, 4): (
                "not_flattened",
                "Rows were multiplied with rows. Make one row of all places first: F.flatten(2) is [B, N, H * W].",
            ),
            (6, 6): (
                "batch_merged",
                "Channels of one picture met those of another. Keep the batch as an axis of its own: F.flatten(2).",
            ),
            (2, 2): (
                "pictures",
                "It compares pictures with pictures: F.flatten(1) made one row of all. F.flatten(2) keeps N.",
            ),
            (2, 3): ("diagonal", "Only G_ii, each channel with itself. The other entries say what fires together."),
        }.items():
            if tuple(value.shape) == shape:
                raise question.wrong(
                    mistake, f"for {given} expected shape [2, 3, 3], got {list(value.shape)}.", sentence
                )
        if tuple(value.shape) in ((3, 3), (1, 3, 3)):
            mistake, sentence = _lost_batch(value.reshape(3, 3).float(), G)
            seen = f"for {given} expected shape [2, 3, 3], got {list(value.shape)}."
            raise question.wrong(mistake, seen, sentence)
    return question.tensor(returned, (2, 3, 3), given)


def _lost_batch(value: Tensor, G: Tensor) -> tuple[str, str]:
    if agree(value, G.sum(0)):
        return "batch_summed", "The pictures of the batch were added up. Every picture has a texture of its own."
    if agree(value, G[0]):
        return "first_of_batch", "Only the first picture of the batch was looked at. Every one has a Gram matrix."
    return "batch_lost", "One matrix for two pictures. Each picture of the batch has its own: the first axis stays."


def _gram_mistakes(F: Tensor, G: Tensor) -> dict[str, tuple[Tensor, str]]:
    X, M, N = F.flatten(2), 20, 3
    centred = X - X.mean(2, keepdim=True)
    C = centred @ centred.transpose(1, 2)
    unit, cut = functional.normalize(X, dim=2), F.reshape(2, M, N)
    return {
        "divided_by_places": (G / M, "divided by M, the number of places. Equation 3 is a sum; E_l divides later."),
        "divided_by_channels": (G / N, "divided by N. Equation 3 is a sum over places, and nothing is divided."),
        "divided_by_all": (G / (N * M), "divided by N * M, as many programs do. The paper's Gram matrix is a sum."),
        "divided_by_batch": (
            G / F.numel(),
            "divided by the number of all entries. What one picture's G is must not depend on how many there are.",
        ),
        "centred": (C, "the mean was taken away. G keeps it: how strongly a channel fires is part of a texture."),
        "covariance": (C / M, "the covariance: without the mean, and divided by M. G is the bare sum of products."),
        "sample_covariance": (C / (M - 1), "torch.cov, or the like. G is the bare sum of products, mean and all."),
        "cosine": (
            unit @ unit.transpose(1, 2),
            "rows of length one: only angles are left. How strongly a channel fires belongs to the texture.",
        ),
        "cut_wrong": (
            cut.transpose(1, 2) @ cut,
            "reshape(B, H * W, N) without permute: it cuts the numbers anew. F.flatten(2) keeps channels apart.",
        ),
        "maps_absolute": (
            X.abs() @ X.abs().transpose(1, 2),
            "absolute values of F. gram takes the maps as they come, with their signs.",
        ),
        "maps_squared": (
            X.square() @ X.square().transpose(1, 2),
            "F was squared before the product. G_ij is the sum of F_ik F_jk, and nothing more.",
        ),
        "correlation": (
            functional.normalize(centred, dim=2) @ functional.normalize(centred, dim=2).transpose(1, 2),
            "the correlation, as of corrcoef: each channel without its mean, and of length one. G keeps both.",
        ),
        "triangle": (
            G.triu(),
            "only one triangle of G. It is symmetric, and both halves count.",
        ),
        "batch_mean": (
            G.mean(0, keepdim=True).expand_as(G),
            "the mean over the batch. Every picture has a Gram matrix of its own.",
        ),
        "distances": (
            (X[:, :, None] - X[:, None]).square().sum(3),
            "squared distances of channels, as of cdist. Equation 3 is a sum of products.",
        ),
        "clipped": (
            G.relu(),
            "negative entries became 0. Channels that fire against each other have a negative entry, and keep it.",
        ),
        "clipped_maps": (
            X.relu() @ X.relu().transpose(1, 2),
            "F was cut at 0 first. gram takes the maps as they come: the ReLU belongs to the network.",
        ),
        "squared": (G.square(), "each entry of G was squared. Squares come with the loss."),
        "diagonal_only": (
            torch.diag_embed(G.diagonal(dim1=1, dim2=2)),
            "each channel with itself only, and zeros beside it. What fires together stands beside the diagonal.",
        ),
        "pooled": (
            X.mean(2)[:, :, None] * X.mean(2)[:, None] * M,
            "the mean over places came before the product: what fires at the same place is lost.",
        ),
        "absolute": (G.abs(), "the absolute value of G. Channels that fire against each other have a negative entry."),
    }


def _judge_moved(question: Question, got: Tensor, returned: Returned) -> None:
    """Whether an answer that nobody foresaw looks where things stand."""
    value = returned.value
    if isinstance(value, Tensor) and value.shape == got.shape and not agree(value, got, 1e-3):
        raise question.wrong(
            "knows_places",
            "the same columns of F in another order gave another matrix.",
            "A sum over places does not know their order. Only numbers of one and the same place are multiplied.",
        )


# --- All layers -----------------------------------------------------------------------------------------------------


@exercise(
    losses.style_loss,
    'section 4, "One layer after another"',
    stops={
        "KeyError: 'image'": (
            "all_layers",
            "features has more layers than count, the picture itself among them. Walk through the layers of targets.",
        ),
        "KeyError: 0": (
            "index_for_name",
            "These dictionaries are looked up by layer, not by number: weights[layer], features[layer].",
        ),
        "KeyError: 'relu4_2'": (
            "walks_weights",
            "weights may know more layers than count. Walk through the layers of targets, and look up weights[layer].",
        ),
        "KeyError": (
            "fixed_layers",
            "Which layers count, targets says. Walk through targets, not through names that are written down.",
        ),
        "string indices": (
            "names_only",
            "A loop over a dictionary gives names. targets.items() gives name and matrix.",
        ),
        "str' object has no attribute": (
            "names_not_maps",
            "A loop over a dictionary gives names: features[layer] are the maps, targets[layer] is the matrix.",
        ),
        **dict.fromkeys(
            (f"({a}) must match the size of tensor b ({b}) at non-singleton dimension 2" for a, b in ((3, 5), (5, 3))),
            (
                "layers_mixed",
                "G and A are of different layers: zip() pairs what comes first with what comes first. Take both by name.",
            ),
        ),
        **GRAM_OF_GRAM,
    },
    solved_by=(),
)
def texture_loss(question: Question) -> str:
    """Equation 5: sum_l w_l E_l over the layers of targets."""
    features, targets, weights = compare(question, lambda: _two_of_four_layers(question), _texture_results)
    given, expected, _ = _texture_results(features, targets, weights)
    returned = question.ask("call", features, targets, {"relu4_2": 1.5, **weights})
    given += ", and weights for one layer more"
    question.same(question.tensor(returned, (), given), expected, given, {})
    _judge_all_gradients(question)
    return "the sum of w_l E_l over the layers of targets, taken by name; gradients reach the maps of each of them"


Layers = dict[str, Tensor]


def _two_of_four_layers(question: Question) -> tuple[Layers, Layers, dict[str, float]]:
    """Features, targets, and weights in another order than targets."""
    features, targets = _layers(question, {"relu1_1": (3, 4, 5), "relu2_1": (4, 3, 4), "relu3_1": (5, 2, 3)})
    del targets["relu2_1"]
    a, b = (1 + question.draw.uniform(2)).tolist()
    return features, targets, {"relu1_1": a, "relu3_1": b + 2}


def _texture_results(features: Layers, targets: Layers, weights: dict[str, float]) -> tuple[str, Tensor, Mistakes]:
    layers = ("relu1_1", "relu3_1")
    (a, e), (b, f) = ((weights[layer], losses.style_layer_loss(features[layer], targets[layer])) for layer in layers)

    def with_others(maps: Callable[[float, Tensor], Tensor], targets: Layers) -> Tensor:
        return torch.stack(
            [losses.style_layer_loss(maps(weights[layer], features[layer]), targets[layer]) for layer in layers]
        ).sum()

    return (
        "features of four layers and targets for two of them",
        a * e + b * f,
        {
            "unweighted": (e + f, "the weights were not used: each E_l counts w_l times."),
            "mean": ((a * e + b * f) / 2, "divided by the number of layers. Equation 5 is a sum."),
            "mean_unweighted": ((e + f) / 2, "the mean over layers, without the weights."),
            "normalised": ((a * e + b * f) / (a + b), "divided by the sum of the weights. They are taken as they are."),
            "first_only": (b * f, "only the first layer of targets. Is the return inside the loop?"),
            "last_only": (a * e, "only the last layer of targets. Collect with +=, or in a list."),
            "crossed": (
                b * e + a * f,
                "weights and layers got out of step. Take them by name: weights[layer], in whatever order they come.",
            ),
            "weights_squared": (
                a**2 * e + b**2 * f,
                "the weight is inside the square. Multiply E_l, not what it is made of.",
            ),
            "weight_in_maps": (
                with_others(lambda weight, F: weight * F, targets),
                "the weight was multiplied into F, and G has its square. Multiply E_l.",
            ),
            "weight_in_gram": (
                with_others(lambda weight, F: weight**0.5 * F, targets),
                "the weight was multiplied into G, and A is left as it was. Multiply E_l.",
            ),
            "weight_in_target": (
                torch.stack([losses.style_layer_loss(features[n], weights[n] * targets[n]) for n in layers]).sum(),
                "the weight was multiplied into A, and G is left as it was. Multiply E_l.",
            ),
            "bare": (
                torch.stack([weights[n] * _bare(features[n], targets[n]).sum() for n in layers]).sum(),
                "bare sums of squares. E_l of equation 4 has 1 / (4 N^2 M^2): call style_layer_loss.",
            ),
            "means_of_squares": (
                torch.stack([weights[n] * _bare(features[n], targets[n]).mean() for n in layers]).sum(),
                "means of (G - A)^2. E_l of equation 4 has 1 / (4 N^2 M^2): call style_layer_loss.",
            ),
            "roots": (a * e.sqrt() + b * f.sqrt(), "a root was drawn over each E_l. Equation 5 adds them as they are."),
            "targets_again": (
                sum(
                    weights[layer]
                    * losses.style_layer_loss(features[layer], targets[layer] @ targets[layer].transpose(1, 2))
                    for layer in layers
                ),
                "the targets were put through gram again. They are Gram matrices already.",
            ),
            "root": ((a * e + b * f).sqrt(), "a root was drawn over the sum."),
            "sum_squared": ((a * e + b * f).square(), "the sum was squared. Each E_l has its squares already."),
            "divided": (e / a + f / b, "divided by the weights. They multiply."),
            "product": (a * e * b * f, "a product over layers. Equation 5 adds them."),
            "weights_apart": ((a + b) * (e + f), "weights and losses were added up first. Multiply pair by pair."),
            "weight_added": (a + e + b + f, "weights were added to the losses. They multiply."),
            "raised": (e**a + f**b, "the weight became an exponent: ** is a power, * multiplies."),
        },
    )


def _bare(F: Tensor, A: Tensor) -> Tensor:
    return (losses.gram(F) - A).square()


def _layers(question: Question, shapes: Mapping[str, tuple[int, int, int]]) -> tuple[Layers, Layers]:
    """Features of these layers and of "image", which comes first; Gram matrices for the layers, the last one first."""
    features = {"image": question.draw.uniform(2, 3, 8, 10)}
    features |= {layer: question.draw.normal(2, *shape) for layer, shape in shapes.items()}
    others = {layer: 1.5 * question.draw.normal(2, *shapes[layer]) for layer in sorted(shapes, reverse=True)}
    targets = {layer: losses.gram(S) for layer, S in others.items()}
    return features, targets


def _judge_all_gradients(question: Question) -> None:
    features, targets = _layers(question, {"relu2_1": (2, 3, 5), "relu4_1": (3, 4, 2), "relu5_1": (4, 2, 1)})
    weights = dict(zip(targets, question.draw.uniform(3).add(1).tolist(), strict=True))
    gradients = question.ask("gradient_to", 0, features, targets, weights)
    missing = [layer for layer in targets if gradients[layer] is None]
    if missing:
        raise question.wrong(
            "detached" if len(missing) == len(targets) else "partly_detached",
            f"no gradient finds its way back to the maps of {', '.join(sorted(missing))}.",
            "The sum must stay a tensor: .item(), float() and detach() make a number that forgot where it came from."
            if len(missing) == len(targets)
            else "Other layers are reached. Is one of them detached, or its loss turned into a number, on the way?",
        )
    for layer, A in targets.items():
        expected = weights[layer] * gradient_of_style(features[layer], A)
        question.same(gradients[layer], expected, f"the gradient with respect to the maps of {layer}", {})
