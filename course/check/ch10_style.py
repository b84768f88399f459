"""Check of chapter 10, section 1: how far a picture is from a painting in style, as a judge sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from course.check.ch10_content import (
    NO_KEY,
    NO_LIST,
    NOT_THERE,
    SIZE,
    Asked,
    Inputs,
    gram,
    judge_attached,
    judge_far,
    judge_itself,
    picture_of,
    share,
)
from course.check.ch10_probes import LAYERS, JudgesNetwork
from course.check.engine.compare import TRIES, Mistakes, compare
from course.check.engine.exercise import Question, exercise
from course.measure import judging
from course.training import perceptual

OF_PAINTING = (18, 31)

STYLE = {
    "not_divided": "Gram matrices not divided, or both by one number of places. Each is divided by its own, H * W.",
    "places_squared": "divided by the square of the places. Divide each Gram matrix by its places, once.",
    "places_root": "divided by the root of the places. Divide each Gram matrix by its places themselves.",
    "places_of_pixels": "divided by the number of pixels. The maps are smaller: take H * W of each layer's maps.",
    "only_picture_divided": "only the picture's Gram matrix divided by its places. The painting's as well.",
    "only_painting_divided": "only the painting's Gram matrix divided by its places. The picture's as well.",
    "summed": "the sum over the layers. Divide it by how many there are.",
    "first_only": "the first layer only. Is the return inside the loop?",
    "last_only": "the last layer only. Is = where += is meant, and no division?",
    "last_divided": "the last layer only, divided by the number of layers: = where += is meant.",
    "image_too": 'the pixels as one more layer: net hands back "image" as well. Only the names in `layers` count.',
    "image_counted": 'divided by one layer too many: net hands back "image" as well. Divide by len(layers).',
    "all_layers": "the mean over other layers too. Only those in `layers` count.",
    "divided_by_all": "divided by 5, whatever `layers` holds. Divide by len(layers).",
    "largest": "the largest of the layers. Their mean is asked for.",
    "smallest": "the smallest of the layers. Their mean is asked for.",
    "median": "the median of the layers. Their mean is asked for.",
    "product": "the product of the layers' distances. Their mean is asked for.",
    "pooled": "all layers' differences over all layers' sizes. Divide in each layer, and take the mean of the ratios.",
    "root": "|G - A| / |A|, not squared. Both are squared.",
    "root_at_end": "the root of the mean. No root is asked for.",
    "fourth_power": "the ratio was squared once more. |G - A|^2 is the sum of the squares already.",
    "absolute": "absolute values, sum |G - A| / sum |A|. Squares are asked for, above and below.",
    "no_ratio": "the sum of squares, not divided by |A|^2.",
    "mean_square": "the mean of squares, not divided by |A|^2.",
    "paper": "1 / (4 N^2) of the sum of squares, as in the paper. Here it is divided by |A|^2.",
    "by_picture": "divided by |G|^2, the picture's. The painting is the measure: divide by |A|^2.",
    "by_both": "divided by |G|^2 + |A|^2. The painting alone is the measure: divide by |A|^2.",
    "by_product": "divided by |G| |A|. The painting alone is the measure: divide by |A|^2.",
    "by_length": "divided by |A|. It is squared below as well as above: |A|^2.",
    "each_entry": "a ratio for each entry, and then their mean. Take both sums first, and divide once a layer.",
    "centred": "each channel's mean was taken away first, which makes covariances. The maps stay as they are.",
    "correlations": "correlations, each channel brought to length 1. Keep what stands on the diagonal.",
    "normalised": "both Gram matrices brought to length 1. Compare them as they are.",
    "cosine": "1 - cosine of the Gram matrices. |G - A|^2 / |A|^2 is asked for.",
    "similarity": "1 less the distance. The distance itself: 0 is the same style.",
    "means": "each channel's mean was compared. Gram matrices are asked for.",
    "mean_std": "means and deviations were compared. Gram matrices are asked for.",
    "diagonal": "the diagonal of the Gram matrices only. All N x N entries count.",
    "off_diagonal": "the Gram matrices without their diagonal. All N x N entries count.",
    "upper_half": "each pair of channels once. All N x N entries count.",
    "sum_of_both": "G + A where G - A is meant.",
    "squares_apart": "|G|^2 - |A|^2. Take away first and square then: |G - A|^2.",
    "squared_late": "added up first and squared then, so that differences cancel. Square each one first.",
    "resized": "the painting was resized to the picture. Gram matrices need no equal sizes.",
    "no_negatives": "negative numbers of the maps were cut off. They count as all others.",
    "itself": "0, as if a picture were compared with itself. One of the two is the picture, one the painting.",
}


@exercise(
    judging.style_distance,
    'section 1, "Two numbers"',
    stops={
        "layers is a list": NO_LIST,
        "no layer": ("no_layer", NOT_THERE),
        "KeyError": NO_KEY,
        "they must be equal": (
            "sizes_differ",
            "The painting may have another size: maps and F.mT @ F cannot be compared then. F @ F.mT, N x N, can.",
        ),
        "must match the size of tensor": (
            "sizes_differ",
            "The painting may have another size: maps and F.mT @ F cannot be compared then. F @ F.mT, N x N, can.",
        ),
        "stack expects each tensor to be equal size": (
            "layers_stacked",
            "Layers have different numbers of channels: no stack of their Gram matrices. Stack the ratios, one a layer.",
        ),
    },
    solved_by=(perceptual.style_distance,),
)
def style_distance(question: Question) -> str:
    """The mean over layers of |G - A|^2 / |A|^2, Gram matrices per place."""
    asked = Asked(question)
    compare(asked, lambda: _with_all_layers(question), _results_of_all)
    for layers in (["block0", "block2", "block10"], ["block4", "stem"]):
        compare(asked, lambda layers=layers: _with_painting(question, layers), _results_of_some)  # type: ignore[misc]
    for layers, size, of_painting in (
        (["block2"], (15, 22), (26, 12)),
        ([*LAYERS], (20, 17), (20, 17)),
        (["block10", "stem"], (33, 18), (11, 14)),
    ):
        inputs = _with_painting(question, layers, size, of_painting)
        given = f"a picture of {list(size)}, a painting of {list(of_painting)} and {len(layers)} of the layers"
        asked.same(asked.tensor(asked.ask("call", *inputs), (), given), _style(*inputs), given, {})
    judge_far(asked, lambda: _with_painting(question, ["block0"]), _style, "painting")
    inputs = _with_painting(question, ["stem", "block4"])
    judge_itself(asked, inputs, "painting", "Nothing but G - A is squared and added up.")
    judge_attached(question, _with_painting(question, ["block2", "block4"]))
    return (
        "the mean of |G - A|^2 / |A|^2 over any layers; sizes may differ; 0 for the painting itself; no graph is kept"
    )


def _with_painting(
    question: Question,
    layers: Sequence[str],
    size: tuple[int, int] = SIZE,
    of_painting: tuple[int, int] = OF_PAINTING,
) -> Inputs:
    for _ in range(TRIES):
        seed, painting = question.draw.whole(0, 2**31), picture_of(question, *of_painting)
        entries = [_per_place(F).abs() for F in JudgesNetwork(seed)(painting, layers).values()]
        if all(float(A.min() / A.max()) > 3e-3 for A in entries):  # by others one cannot divide in single precision
            break
    return seed, picture_of(question, *size), painting, list(layers)


def _with_all_layers(question: Question) -> Inputs:
    """The first layer and the last are neither the farthest nor the nearest one, nor in the middle of all."""
    seed, picture, painting, layers = _with_painting(question, list(LAYERS))
    least, second, middle, fourth, most = sorted(
        layers, key=lambda name: float(_style(seed, picture, painting, [name]))
    )
    return seed, picture, painting, [second, least, middle, most, fourth]


def _style(seed: int, picture: Tensor, painting: Tensor, layers: Sequence[str]) -> Tensor:
    return judging.style_distance(JudgesNetwork(seed), picture, painting, layers)


def _per_place(F: Tensor) -> Tensor:
    return gram(F) / F[0, 0].numel()


def _results_of_all(*inputs: Any) -> tuple[str, Tensor, Mistakes]:
    given, expected, mistakes = _results(*inputs)
    alike = ("all_layers", "divided_by_all")
    return given, expected, {name: told for name, told in mistakes.items() if name not in alike}


def _results_of_some(*inputs: Any) -> tuple[str, Tensor, Mistakes]:
    given, expected, mistakes = _results(*inputs)
    known = ("first_only", "last_only", "largest", "smallest", "median")  # of all layers: a few are alike in them
    return given, expected, {name: told for name, told in mistakes.items() if name not in known}


def _results(seed: int, picture: Tensor, painting: Tensor, layers: Sequence[str]) -> tuple[str, Tensor, Mistakes]:
    net = JudgesNetwork(seed)
    ours, theirs = net(picture, list(LAYERS)), net(painting, list(LAYERS))
    smaller = functional.interpolate(painting, picture.shape[2:], mode="bilinear")

    mistakes = {
        mistake: (value.float(), STYLE[mistake])
        for mistake, value in {
            **_of_maps(ours, theirs, net(smaller, list(LAYERS)), layers),
            **_of_layers(ours, theirs, layers),
            **_of_grams([(_per_place(ours[name]), _per_place(theirs[name])) for name in layers]),
        }.items()
    }
    height, width = picture.shape[2:]
    given = f"a picture of {[height, width]}, a painting of {list(painting.shape[2:])} and layers {', '.join(layers)}"
    return given, _style(seed, picture, painting, layers), mistakes


def _of_maps(
    ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor], resized: Mapping[str, Tensor], layers: Sequence[str]
) -> dict[str, Tensor]:
    """What mistakes lead to that are made with the maps of a layer."""
    places = (2, 3)

    def by(change: Any, other: Any = None, theirs: Mapping[str, Tensor] = theirs) -> Tensor:
        parts = [share(change(ours[name]), (other or change)(theirs[name])) for name in layers]
        return torch.stack([part.double() for part in parts]).mean()

    def level(x: Tensor) -> Tensor:
        return x - x.mean(places, keepdim=True)

    def means_and_deviations(x: Tensor) -> Tensor:
        return torch.stack([x.mean(places), x.std(places, correction=0)])

    def pixels(images: Mapping[str, Tensor]) -> int:
        return images["image"][0, 0].numel()

    return {
        "not_divided": by(gram),
        "places_squared": by(lambda x: _per_place(x) / x[0, 0].numel()),
        "places_root": by(lambda x: gram(x) / x[0, 0].numel() ** 0.5),
        "places_of_pixels": by(lambda x: gram(x) / pixels(ours), lambda x: gram(x) / pixels(theirs)),
        "only_picture_divided": by(_per_place, gram),
        "only_painting_divided": by(gram, _per_place),
        "centred": by(lambda x: _per_place(level(x))),
        "correlations": by(lambda x: gram(functional.normalize(x.flatten(2), dim=2)[..., None])),
        "normalised": by(lambda x: gram(x) / gram(x).norm()),
        "means": by(lambda x: x.mean(places)),
        "mean_std": by(means_and_deviations),
        "no_negatives": by(lambda x: _per_place(x.relu())),
        "resized": by(_per_place, theirs=resized),
    }


def _of_layers(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor], layers: Sequence[str]) -> dict[str, Tensor]:
    """What mistakes lead to that are made with the layers."""
    every = {name: share(_per_place(ours[name]), _per_place(theirs[name])) for name in ("image", *LAYERS)}
    d = torch.stack([every[name] for name in layers])
    count = len(layers)
    return {
        "summed": d.sum(),
        "first_only": d[0],
        "last_only": d[-1],
        "last_divided": d[-1] / count,
        "image_too": (d.sum() + every["image"]) / (count + 1),
        "image_counted": d.sum() / (count + 1),
        "all_layers": torch.stack([every[name] for name in LAYERS]).mean(),
        "divided_by_all": d.sum() / 5,
        "largest": d.max(),
        "smallest": d.min(),
        "median": d.median(),
        "product": d.prod(),
        "root": d.sqrt().mean(),
        "root_at_end": d.mean().sqrt(),
        "fourth_power": d.square().mean(),
        "similarity": 1 - d.mean(),
        "itself": torch.zeros(()),
    }


def _of_grams(pairs: Sequence[tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    """What mistakes lead to that are made with the Gram matrices of a layer."""

    def by(distance: Any) -> Tensor:
        return torch.stack([distance(G, A) for G, A in pairs]).mean()

    def beside(x: Tensor) -> Tensor:
        return x - torch.diag_embed(x.diagonal(dim1=1, dim2=2))

    apart, size = (torch.stack(parts) for parts in zip(*(((G - A).norm(), A.norm()) for G, A in pairs), strict=True))
    return {
        "pooled": apart.square().sum() / size.square().sum(),
        "absolute": by(lambda G, A: (G - A).abs().sum() / A.abs().sum()),
        "no_ratio": apart.square().mean(),
        "mean_square": by(lambda G, A: (G - A).square().mean()),
        "paper": by(lambda G, A: (G - A).square().mean() / 4),
        "by_picture": by(lambda G, A: share(A, G)),
        "by_both": by(lambda G, A: (G - A).square().sum() / (G.square() + A.square()).sum()),
        "by_product": by(lambda G, A: (G - A).square().sum() / (G.norm() * A.norm())),
        "by_length": (apart.square() / size).mean(),
        "each_entry": by(lambda G, A: ((G - A) / A).square().mean()),
        "cosine": by(lambda G, A: 1 - (G * A).sum() / (G.norm() * A.norm())),
        "diagonal": by(lambda G, A: share(G.diagonal(dim1=1, dim2=2), A.diagonal(dim1=1, dim2=2))),
        "off_diagonal": by(lambda G, A: share(beside(G), beside(A))),
        "upper_half": by(lambda G, A: share(G.triu(), A.triu())),
        "sum_of_both": by(lambda G, A: share(-G, A)),
        "squares_apart": by(lambda G, A: (G.square() - A.square()).sum() / A.square().sum()),
        "squared_late": by(lambda G, A: (G - A).sum().square() / A.sum().square()),
    }
