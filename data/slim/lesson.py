"""A lesson: some pictures, what each of them should be like, and what the teacher says of them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from course.objectives import CONTENT_LAYER, STYLE_LAYERS
from course.vgg import VGG

# Layers that are compared, with their weights: those of a painting first, the others so that all of them are learnt.
LAYERS = {
    "relu1_1": 1.0, "relu2_1": 1.0, "relu3_1": 1.0, "relu4_1": 1.0, "relu4_2": 1.0, "relu5_1": 1.0,
    "relu1_2": 0.2, "relu2_2": 0.2, "relu3_4": 0.2, "relu4_4": 0.2, "relu5_4": 0.2,
}  # fmt: skip
POSITIONS = 512  # whose feature vectors are kept for each layer
FARTHEST = 4.0  # a distance beyond it gives no gradient: such a picture is merely black


@dataclass(frozen=True)
class Lesson:
    """Pictures, and what the teacher says of them.

    Attributes:
        x: pictures that are being painted, [P, 3, H, W].
        style, content: what each of them is to be like, [P, 3, H, W].
        weights: of the distances, [P, 6].
        where: some positions of x, style and content, flattened, by layer, [K].
        rows: the teacher's feature vectors there, by layer, [K, N], in half precision.
        grams: inner products of the teacher's Gram matrices of x, style and content, by layer, [3P, 3P].
        far: the teacher's distances, [P, 6].
        gradient: of their weighted roots with respect to x, [P, 3, H, W].
    """

    x: Tensor
    style: Tensor
    content: Tensor
    weights: Tensor
    where: dict[str, Tensor]
    rows: dict[str, Tensor]
    grams: dict[str, Tensor]
    far: Tensor
    gradient: Tensor


def taught(teacher: VGG, x: Tensor, style: Tensor, content: Tensor, random: torch.Generator) -> Lesson:
    """The lesson on x, style and content; the weights of the distances are drawn, a few large ones for each picture."""
    weights = torch.rand(len(x), 6, generator=random).pow(3)
    weights = weights / weights.sum(1, keepdim=True)
    features, far, gradient = examined(teacher, x, style, content, weights, learning=False)
    features = {name: F.detach() for name, F in features.items()}
    where = {name: torch.randperm(F[:, 0].numel(), generator=random)[:POSITIONS] for name, F in features.items()}
    rows = {name: rows_at(F, where[name]).half() for name, F in features.items()}
    grams = {name: gram_products(F) for name, F in features.items()}
    return Lesson(x, style, content, weights, where, rows, grams, far.detach(), gradient)


def examined(
    net: VGG, x: Tensor, style: Tensor, content: Tensor, weights: Tensor, learning: bool
) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """Features of x, style and content by layer, the distances, and their gradient with respect to x.

    With `learning`, the gradient itself can be differentiated: it is what the student has to get right.
    """
    x = x.detach().requires_grad_()
    changing, wanted = net(x, list(LAYERS)), net(torch.cat([style, content]), list(LAYERS))
    features = {name: torch.cat([changing[name], wanted[name]]) for name in LAYERS}
    far = distances(features, len(x))
    (gradient,) = torch.autograd.grad((far.clamp(max=FARTHEST).sqrt() * weights).sum(), x, create_graph=learning)
    return features, far, gradient


def distances(features: dict[str, Tensor], count: int) -> Tensor:
    """Relative distances of `count` pictures from their styles, in five layers, and from their contents: [count, 6]."""
    columns = []
    for name in STYLE_LAYERS:
        G, A = grams_of(features[name][: 2 * count]).split(count)
        columns.append((G - A).square().sum((1, 2)) / A.square().sum((1, 2)))
    F, _, P = features[CONTENT_LAYER].split(count)
    columns.append((F - P).square().sum((1, 2, 3)) / P.square().sum((1, 2, 3)))
    return torch.stack(columns, dim=1)


def grams_of(F: Tensor) -> Tensor:
    """Gram matrices for each position: [B, N, H, W] -> [B, N, N]. Plain, for the student's is differentiated twice."""
    rows = F.flatten(2)
    return rows @ rows.transpose(1, 2) / rows.shape[2]


def gram_products(F: Tensor) -> Tensor:
    """Inner products of the Gram matrices of all pictures of a batch, [B, B]."""
    grams = grams_of(F).flatten(1)
    return grams @ grams.T


def rows_at(F: Tensor, where: Tensor) -> Tensor:
    """Feature vectors [K, N] of maps [B, N, H, W] at K flattened positions."""
    return F.permute(0, 2, 3, 1).flatten(0, 2)[where]
