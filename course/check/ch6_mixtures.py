"""Check of chapter 6, section 4: the Gram matrix of several paintings."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from course.check.ch4_gram import FLATTENING
from course.check.ch6_gram import maps
from course.check.engine.compare import Mistakes, compare
from course.check.engine.differences import agree
from course.check.engine.exercise import Question, exercise
from course.control import mixtures

SIZES = ((7, 2), (3, 6), (5, 5))
OF_MAPS = (
    "Paintings have sizes of their own, and their maps cannot meet. Make the Gram matrix of each: those are N x N."
)


@exercise(
    mixtures.blend_styles,
    'section 4, "How much of each"',
    stops={
        **FLATTENING,
        "must match the size of tensor": ("maps_mixed", OF_MAPS),
        "stack expects each tensor to be equal size": ("maps_mixed", OF_MAPS),
        "Sizes of tensors must match": ("maps_mixed", OF_MAPS),
        "unsupported operand type(s) for /: 'list'": (
            "list_divided",
            "A list cannot be divided, each of its numbers can: share / sum(shares), in the loop.",
        ),
    },
    solved_by=(),
)
def blend_styles(question: Question) -> str:
    """sum_k w_k G_k / M_k, the shares w brought to the sum 1."""
    _judge_shape(question)

    def inputs() -> tuple[list[Tensor], list[float]]:
        features = [maps(question, 1, 4, *size) for size in SIZES]
        return features, [round(one, 3) for one in (0.2 + 2 * question.draw.uniform(3)).tolist()]

    features, shares = compare(question, inputs, _results)
    one, other, third = features
    small, large = maps(question, 1, 4, 1, 1), maps(question, 1, 4, 8, 9)
    lying = large.contiguous(memory_format=torch.channels_last)
    for given, some, of_them in (
        ("a single painting", [one], [0.7]),
        ("the same painting twice", [one, one.clone()], [0.25, 0.5]),
        ("shares 2 and 2", [one, other], [2, 2]),
        ("the whole shares 1 and 3", [other, one], [1, 3]),
        ("shares of 0 and 2", [one, third], [0.0, 2.0]),
        ("shares 3, 0 and 0", features, [3, 0, 0]),
        ("four paintings, one of a single place and one in memory as channels_last,", [small, one, lying, third],
         [0.5, 1.5, shares[0], shares[1]]),
        ("shares of a thousandth", [other, third], [0.001, 0.003]),
        ("two paintings of 6 channels", [maps(question, 1, 6, 3, 4), maps(question, 1, 6, 2, 5)], shares[:2]),
    ):  # fmt: skip
        channels = some[0].shape[1]
        got = question.tensor(question.ask("call", some, of_them), (1, channels, channels), given)
        mistakes: Mistakes = {}
        if all(isinstance(share, int) for share in of_them):
            floored = sum(share // sum(of_them) * _per_place(F) for F, share in zip(some, of_them, strict=True))
            mistakes = {"floored": (floored, "shares divided by //, which rounds down to whole numbers. Divide by /.")}
        question.same(got, mixtures.blend_styles(some, of_them), given, mistakes)
    return "Gram matrices per place, mixed; shares of any sum brought to 1, whole ones and 0 too; paintings of any size"


def _per_place(F: Tensor) -> Tensor:
    rows = F.flatten(2)
    return rows @ rows.mT / rows.shape[2]


def _judge_shape(question: Question) -> None:
    features = [maps(question, 1, 4, *size) for size in SIZES]
    value = question.ask("call", features, [0.5, 1.0, 0.7]).value
    if not isinstance(value, Tensor):
        return
    grams = torch.stack([_per_place(F)[0] for F in features])
    shape = tuple(value.shape)
    seen = f"for three paintings of 4 channels expected shape [1, 4, 4], got {list(shape)}."
    for shapes, mistake, sentence in (
        (((4, 4),), "axis_lost", "The first axis is missing: a Gram matrix is [1, N, N], as a batch of one."),
        (
            ((3, 4, 4), (3, 1, 4, 4)),
            "not_added",
            "One matrix for each painting. Times their shares they are added up to a single one.",
        ),
        (((1, 4), (4,)), "diagonal", "Only each channel with itself. A Gram matrix has an entry for each pair."),
        (
            tuple((1, height * width) * 2 for height, width in SIZES),
            "places",
            "It compares places with places. Channels meet channels: X @ X.transpose(1, 2).",
        ),
    ):
        if shape in shapes:
            raise question.wrong(mistake, seen, sentence)
    if len(shape) == 3 and shape[1] == shape[2] and shape[1] in [height * width for height, width in SIZES]:
        raise question.wrong(
            "places", seen, "It compares places with places. Channels meet channels: X @ X.transpose(1, 2)."
        )
    if shape == (1, 4, 4) and agree(value, grams.amax(0)[None]):
        raise question.wrong(
            "largest", "of each entry it kept the largest.", "Add the matrices up, times their shares."
        )


def _root(P: Tensor) -> Tensor:
    d, V = torch.linalg.eigh(P)
    root: Tensor = V * d.clamp_min(0).sqrt()[..., None, :] @ V.mT
    return root


def _results(features: list[Tensor], shares: list[float]) -> tuple[str, Tensor, Mistakes]:
    w, places = torch.tensor(shares), torch.tensor([float(F[0, 0].numel()) for F in features])
    P, means = torch.stack([_per_place(F) for F in features]), torch.stack([F.mean((2, 3)) for F in features])
    G, outer = P * places.view(-1, 1, 1, 1), means[..., None] * means[:, :, None]

    def by(weights: Tensor, matrices: Tensor = P) -> Tensor:
        return (weights.view(-1, 1, 1, 1) * matrices).sum(0)

    def equally(values: Tensor) -> Tensor:
        return values / values.sum()

    def resized(mode: str) -> Tensor:
        same_size = torch.stack([functional.interpolate(F, SIZES[0], mode=mode) for F in features])
        return _per_place((share.view(-1, 1, 1, 1, 1) * same_size).sum(0))

    share, even = equally(w), torch.full_like(w, 1 / len(w))
    expected, strongest = by(share), functional.one_hot(w.argmax(), len(w)).float()
    mean, deviation = by(share, means[..., None]), by(share, (P - outer).diagonal(dim1=2, dim2=3).sqrt()[..., None])
    root = by(share, _root(P))
    return (
        f"three paintings and shares {shares}",
        mixtures.blend_styles(features, shares),
        {
            "not_to_one": (by(w), "shares as they come. Divide them by their sum."),
            "divided_by_count": (by(w / 3), "divided by the number of paintings. Divide by the sum of the shares."),
            "shares_ignored": (by(even), "all paintings alike, whatever the shares."),
            "summed": (by(torch.ones_like(w)), "a plain sum, without shares."),
            "softmax": (by(w.softmax(0)), "a softmax of the shares. Divide them by their sum."),
            "squared": (
                by(share.square()),
                "the shares count twice. Were F's multiplied by them? Multiply the matrix, which is made of two F's.",
            ),
            "roots_of_shares": (by(share.sqrt()), "the roots of the shares. G_k / M_k is multiplied by the share."),
            "squares_to_one": (by(equally(w.square())), "squares of the shares. The shares themselves, by their sum."),
            "by_largest": (by(w / w.max()), "divided by the largest share. Divide by their sum."),
            "by_length": (by(w / w.norm()), "divided by the length of the vector of shares. Divide by their sum."),
            "inverse_shares": (by(equally(1 / w)), "divided by the shares: what has the least came out strongest."),
            "backwards": (
                by(share.flip(0)),
                "the shares in reverse order: zip(features, shares) keeps pairs together.",
            ),
            "first_only": (P[0], "only the first painting. Is a return inside the loop?"),
            "first_with_share": (share[0] * P[0], "only the first painting, times its share. Is a return in the loop?"),
            "last_only": (P[-1], "only the last painting. Is the sum begun afresh in the loop?"),
            "last_with_share": (share[-1] * P[-1], "only the last painting, times its share: = where += is meant."),
            "strongest_only": (by(strongest), "only the painting with the largest share. All of them are mixed."),
            "sums": (by(share, G), "bare sums over places: large paintings win. Divide each by its own H * W."),
            "sums_as_they_come": (by(w, G), "bare sums over places, and shares as they come: divide both."),
            "all_places": (
                by(equally(places)),
                "the places of all paintings in one heap: large ones win, and shares are not asked. G_k / M_k first.",
            ),
            "total_places": (
                by(share, G) / places.sum(),
                "divided by the places of all paintings together. Divide each matrix by those of its own.",
            ),
            "shares_of_places": (
                by(equally(w * places)),
                "every place counts with its painting's share: large paintings win. G_k / M_k first, then the share.",
            ),
            "places_of_first": (
                by(share, G) / places[0],
                "the places of the first painting for all. Each has its own.",
            ),
            "places_of_last": (by(share, G) / places[-1], "the places of the last painting for all. Each has its own."),
            "divided_by_channels": (expected / 4, "divided by N as well. Only by the number of places."),
            "divided_twice": (by(share / places), "divided by H * W twice. Once is a mean over places."),
            "count_as_well": (expected / 3, "divided by the number of paintings as well. The shares' sum is enough."),
            "covariances": (by(share, P - outer), "means were taken away: covariances. A Gram matrix keeps them."),
            "moments_mixed": (
                by(share, P - outer) + mean @ mean.mT,
                "means and covariances were mixed. Gram matrices are: the means' differences belong to the mixture.",
            ),
            "deviations_mixed": (
                torch.diag_embed(deviation[..., 0].square()) + mean @ mean.mT,
                "means and deviations were mixed. What channels do together is lost: mix Gram matrices.",
            ),
            "roots_mixed": (root @ root, "roots of the matrices were mixed, and squared then. Mix the matrices."),
            "entry_roots": (by(share, P.abs().sqrt()).square(), "roots of entries were mixed. Mix the entries."),
            "means_only": (mean @ mean.mT, "the product of mean maps. Multiply at each place, and average then."),
            "maps_mixed": (
                resized("bilinear"),
                "maps were resized and mixed: two paintings, one upon the other. Mix G_k.",
            ),
            "maps_mixed_nearest": (resized("nearest"), "maps were made equally large and mixed. Mix matrices instead."),
            "product": (P.prod(0), "a product of the matrices. They are added."),
            "matrix_product": (P[0] @ P[1] @ P[2], "a matrix product of the matrices. They are added."),
            "geometric": (by(share, P.abs().log()).exp(), "logarithms or powers by the shares. Multiply by them."),
        },
    )
