"""A training batch: pictures, what each of them should be like, and what the teacher says of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from course.nets.vgg import VGG
from course.objectives import CONTENT_LAYER, STYLE_LAYERS

# Layers that are compared, with their weights: those of a painting first, the others so that all of them are learnt.
LAYERS = {
    "relu1_1": 1.0, "relu2_1": 1.0, "relu3_1": 1.0, "relu4_1": 1.0, "relu4_2": 1.0, "relu5_1": 1.0,
    "relu1_2": 0.2, "relu2_2": 0.2, "relu3_4": 0.2, "relu4_4": 0.2, "relu5_4": 0.2,
}  # fmt: skip
POSITIONS = 512  # whose feature vectors are kept for each layer
FARTHEST = 4.0  # a distance beyond it gives no gradient: such a picture is merely black


@dataclass(frozen=True)
class Targets:
    """The targets that paintings are to match.

    Attributes:
        grams: of their styles, for each position, by layer, [P, N, N].
        content: feature maps of their contents, [P, N, H, W].
    """

    grams: Mapping[str, Tensor]
    content: Tensor

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers that are looked at."""
        return (*self.grams, CONTENT_LAYER)


@torch.no_grad()
def targets(net: VGG, style: Tensor, content: Tensor) -> Targets:
    """A network's targets for styles and contents, each [P, 3, H, W]."""
    features = net(style, list(STYLE_LAYERS))
    grams = {name: grams_of(features[name]) for name in STYLE_LAYERS}
    return Targets(grams, net(content, [CONTENT_LAYER])[CONTENT_LAYER])


def distances(features: Mapping[str, Tensor], wanted: Targets) -> Tensor:
    """Relative distances of paintings from their styles, in five layers, and from their contents: [P, 6]."""
    columns = []
    for name, A in wanted.grams.items():
        columns.append((grams_of(features[name]) - A).square().sum((1, 2)) / A.square().sum((1, 2)))
    F, P = features[CONTENT_LAYER], wanted.content
    columns.append((F - P).square().sum((1, 2, 3)) / P.square().sum((1, 2, 3)))
    return torch.stack(columns, dim=1)


@dataclass(frozen=True)
class Batch:
    """Pictures, and what the teacher says of them.

    Attributes:
        x: pictures that are being painted, [P, 3, H, W].
        style, content: what each of them is to be like, [P, 3, H, W].
        weights: of the distances, [P, 6].
        where: some positions of x, style and content, flattened, by layer, [K].
        rows: the teacher's feature vectors there, by layer, [K, N].
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


def make_batch(teacher: VGG, x: Tensor, style: Tensor, content: Tensor, random: torch.Generator) -> Batch:
    """The batch of x, style and content; the weights of the distances are drawn, a few large ones for each picture."""
    weights = torch.rand(len(x), 6, generator=random).pow(3).to(x.device)
    weights = weights / weights.sum(1, keepdim=True)
    features, far, gradient = evaluate(teacher, x, style, content, weights, learning=False)
    features = {name: F.detach() for name, F in features.items()}
    where = {
        name: torch.randint(F[:, 0].numel(), (min(POSITIONS, F[:, 0].numel()),), generator=random).to(x.device)
        for name, F in features.items()
    }
    rows = {name: rows_at(F, where[name]) for name, F in features.items()}
    grams = {name: gram_products(F) for name, F in features.items()}
    return Batch(x, style, content, weights, where, rows, grams, far.detach(), gradient)


def evaluate(
    net: VGG, x: Tensor, style: Tensor, content: Tensor, weights: Tensor, learning: bool
) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """Features of x, style and content by layer, the distances, and their gradient with respect to x.

    With `learning`, the gradient itself can be differentiated: it is what the student has to get right.
    """
    x = x.detach().requires_grad_()
    changing, wanted = net(x, list(LAYERS)), net(torch.cat([style, content]), list(LAYERS))
    grams = {name: grams_of(wanted[name][: len(x)]) for name in STYLE_LAYERS}
    far = distances(changing, Targets(grams, wanted[CONTENT_LAYER][len(x) :]))
    roots = far.clamp(min=1e-6, max=FARTHEST).sqrt()
    (gradient,) = torch.autograd.grad((roots * weights).sum(), x, create_graph=learning)
    return {name: torch.cat([changing[name], wanted[name]]) for name in LAYERS}, far, gradient


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
