"""Checks of chapter 7, the training: the loss of a batch of paintings, and one step downhill."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from course import losses
from course.check.engine.compare import Mistakes, compare
from course.check.engine.exercise import Question, exercise
from course.objectives import CONTENT_LAYER
from course.training import perceptual

PICTURES = 3
SHAPES = {"relu1_1": (2, 6, 4), "relu3_1": (3, 4, 5)}  # of the style's layers
Features = dict[str, Tensor]


@exercise(
    perceptual.batch_loss,
    'section 5, "What shall be small"',
    stops={
        "they must be equal": (
            "not_expanded",
            "A style for all pictures is [1, N, N], and B Gram matrices are [B, N, N]: A.expand(len(F), -1, -1).",
        ),
        "KeyError: 'image'": (
            "walks_features",
            "features holds more layers than there are Gram matrices: walk over grams.items().",
        ),
        "KeyError: 'relu4_2'": (
            "walks_features",
            "features holds more layers than there are Gram matrices: walk over grams.items().",
        ),
    },
    solved_by=(perceptual.content_distance, perceptual.style_distance),
)
def batch_loss(question: Question) -> str:
    """alpha content + beta style in relative units, the mean over a batch."""
    for styles in (PICTURES, 1):

        def drawn(styles: int = styles) -> tuple[Features, Tensor, Features, float, float]:
            draw = question.draw
            own = 0.5 + 2 * draw.uniform(PICTURES, 1, 1, 1)
            features = {layer: own * draw.normal(PICTURES, *shape).relu() for layer, shape in SHAPES.items()}
            features["image"], features[CONTENT_LAYER] = (
                draw.uniform(PICTURES, 3, 12, 8),
                draw.normal(PICTURES, 4, 2, 3),
            )
            P = (0.5 + 2 * draw.uniform(PICTURES, 1, 1, 1)) * draw.normal(PICTURES, 4, 2, 3)
            grams = {
                layer: (0.5 + draw.uniform(styles, 1, 1)) * _per_place(draw.normal(styles, *shape).relu())
                for layer, shape in SHAPES.items()
            }
            return features, P, grams, 0.5 + float(draw.uniform()), 2 + float(draw.uniform())

        inputs = compare(question, drawn, _batch_results)
    _judge_batch_gradient(question, *inputs)
    return (
        "each picture by itself, in relative units, and the mean of all; one style for all, or one for each; gradients"
    )


def _per_place(F: Tensor) -> Tensor:
    return losses.gram(F) / F[0, 0].numel()


def _batch_results(
    features: Features, P: Tensor, grams: Features, alpha: float, beta: float
) -> tuple[str, Tensor, Mistakes]:
    F = features[CONTENT_LAYER]
    content = _each(F, P).mean()
    pairs = {layer: (features[layer], A.expand(PICTURES, -1, -1)) for layer, A in grams.items()}

    def styles(of: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        return torch.stack([of(F, A) for F, A in pairs.values()])

    by_layer = styles(lambda F, A: _each(_per_place(F), A))  # [L, B]
    style = by_layer.mean()

    def both(content: Tensor, style: Tensor) -> Tensor:
        return losses.total_loss(content, style, alpha, beta)

    mixed = styles(lambda F, A: _each((_per_place(F).mean(0, keepdim=True)).expand_as(A), A)).mean()
    whole = styles(lambda F, A: (_per_place(F) - A).square().sum() / A.square().sum()).mean()
    content_whole = (F - P).square().sum() / P.square().sum()
    mistakes = {
        "mixed_grams": (
            both(content, mixed),
            "one Gram matrix for the whole batch. Each picture has its own: two halves of a style are not a style.",
        ),
        "added_up": (
            PICTURES * both(content, style),
            "the sum over the pictures. Take their mean, or a larger batch takes longer steps: relative_distance(...) / len(F).",
        ),
        "content_added_up": (
            both(PICTURES * content, style),
            "the content added up over the pictures, and of the style the mean: relative_distance(F, P) / len(F).",
        ),
        "style_added_up": (
            both(content, PICTURES * style),
            "the style added up over the pictures, and of the content the mean.",
        ),
        "layers_added": (
            both(content, len(SHAPES) * style),
            "the style layers added up. Take their mean: torch.stack(parts).mean().",
        ),
        "content_of_the_whole": (
            both(content_whole, style),
            "|F - P|^2 of the whole batch over |P|^2 of the whole. Each picture is divided by its own: dark photos count too.",
        ),
        "not_relative": (
            both((F - P).square().mean(), styles(lambda F, A: (_per_place(F) - A).square().mean()).mean()),
            "mean squares, not divided by the target's own size: |F - P|^2 / |P|^2.",
        ),
        "content_not_relative": (
            both((F - P).square().mean(), style),
            "the content is a mean square. Divide |F - P|^2 by |P|^2.",
        ),
        "style_not_relative": (
            both(content, styles(lambda F, A: (_per_place(F) - A).square().mean()).mean()),
            "the style is a mean square. Divide |G - A|^2 by |A|^2.",
        ),
        "not_by_places": (
            both(content, styles(lambda F, A: _each(losses.gram(F), A)).mean()),
            "Gram matrices that are not divided by the number of places. A is: gram(F) / F[0, 0].numel().",
        ),
        "by_channels_too": (
            both(content, styles(lambda F, A: _each(_per_place(F) / F.shape[1], A)).mean()),
            "Gram matrices divided by channels and places. A is divided by places only.",
        ),
        "centred": (
            both(content, styles(lambda F, A: _each(_per_place(F - F.mean((2, 3), keepdim=True)), A)).mean()),
            "covariances. A is a Gram matrix: the mean stays in.",
        ),
        "weights_swapped": (alpha * style + beta * content, "alpha at the style and beta at the content."),
        "alpha_left_out": (content + beta * style, "the content without its weight alpha."),
        "beta_left_out": (alpha * content + style, "the style without its weight beta."),
        "no_weights": (content + style, "content and style without alpha and beta."),
        "only_content": (alpha * content, "the content alone."),
        "only_style": (beta * style, "the style alone."),
        "first_picture": (
            both(_each(F, P)[0], by_layer[:, 0].mean()),
            "the first picture alone: an index [0] too many?",
        ),
        "first_layer": (both(content, by_layer[0].mean()), "the first style layer alone: a return inside the loop?"),
        "last_layer": (
            both(content, by_layer[-1].mean()),
            "the last style layer alone: keep what each layer gives, and take the mean of all.",
        ),
        "roots": (
            both(_each(F, P).sqrt().mean(), by_layer.sqrt().mean()),
            "roots of both distances: |F - P| / |P|. They stay squared.",
        ),
        "by_the_paintings_own": (
            both(_each(P, F).mean(), styles(lambda F, A: _each(A, _per_place(F))).mean()),
            "divided by the painting's own size. The target's, P and A, is what does not change.",
        ),
        "content_by_the_paintings_own": (
            both(_each(P, F).mean(), style),
            "the content divided by the painting's own size: |F - P|^2 / |F|^2. Divide by |P|^2: relative_distance(F, P).",
        ),
        "style_by_the_paintings_own": (
            both(content, styles(lambda F, A: _each(A, _per_place(F))).mean()),
            "the style divided by the painting's own size: |G - A|^2 / |G|^2. Divide by |A|^2: relative_distance(G, A).",
        ),
        "style_divided_twice": (
            both(content, style / PICTURES),
            "the style divided by the number of pictures twice. Once is the mean.",
        ),
        "content_divided_twice": (
            both(content / PICTURES, style),
            "the content divided by the number of pictures twice. Once is the mean.",
        ),
        "divided_by_five": (
            both(content, style * len(SHAPES) / 5),
            "the style layers' sum divided by 5. grams need not have five layers: divide by len(grams).",
        ),
        "halved": (both(content, style) / 2, "half of it. No 1/2 in relative units."),
    }
    if len(next(iter(grams.values()))) > 1:
        mistakes["style_of_the_whole"] = (
            both(content, whole),
            "|G - A|^2 of the whole batch over |A|^2 of the whole. Each picture is divided by its own style's.",
        )
        of_means = styles(lambda F, A: _each(_per_place(F).mean(0, keepdim=True), A.mean(0, keepdim=True))).mean()
        mistakes["mixed_grams_and_styles"] = (
            both(content, of_means),
            "one Gram matrix for the whole batch, against the mean of the styles. Each picture has its own, and its own A.",
        )
        mistakes["of_the_whole"] = (
            both(content_whole, whole),
            "the batch's sums of squares, one over the other. Each picture is divided by its own target's: dark ones count too.",
        )
        first_style = torch.stack([_each(_per_place(F), A[:1].expand_as(A)) for F, A in pairs.values()])
        mistakes["first_style"] = (
            both(content, first_style.mean()),
            "the first style for all pictures. Each has its own.",
        )
    given = (
        f"{PICTURES} paintings and {'a style for each' if len(next(iter(grams.values()))) > 1 else 'one style for all'}"
    )
    return given, both(content, style), mistakes


def _each(X: Tensor, Y: Tensor) -> Tensor:
    """Relative distance of each picture, [B]."""
    return (X - Y).square().flatten(1).sum(1) / Y.square().flatten(1).sum(1)


def _judge_batch_gradient(
    question: Question, features: Features, P: Tensor, grams: Features, alpha: float, beta: float
) -> None:
    gradients: Mapping[str, Tensor | None] = question.ask("gradient_to", 0, features, P, grams, alpha, beta)
    for layer in (CONTENT_LAYER, *SHAPES):
        if gradients[layer] is None:
            raise question.wrong(
                "detached",
                f"no gradient finds its way back to the maps of {layer}.",
                "Only P and the Gram matrices of the style are constants. No detach(), .item() or no_grad() on features.",
            )
