"""What a painter is trained for: the photo's content and a style's statistics, both seen by a network (1603.08155).

It is the objective of `course.objectives`, for a batch in which every picture has a photo and a style of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from course.errors import InputError
from course.images import check_given, resize
from course.losses import gram, relative_distance, tv_loss
from course.objectives import CONTENT_LAYER, RANGE, STYLE_LAYERS, FeatureNetwork, Features
from course.training.corpus import fingerprint

# With these a painter of one style, trained for two minutes, is visibly styled and shows everything that there is.
ALPHA, BETA, TV = 2.0, 8.0, 0.2
PERIOD = 4  # of the grid that two enlargements may leave, in pixels
SIZE = 256  # longer side of the style pictures, in pixels: strokes come out as in a painting of that size


def content_distance(F: Tensor, P: Tensor) -> Tensor:
    """|F - P|^2 / |P|^2, mean over the pictures of a batch, [B, N, H, W]: what `losses.relative_distance` adds up."""
    return relative_distance(F, P) / len(F)


def style_distance(features: Features, grams: Mapping[str, Tensor]) -> Tensor:
    """|G - A|^2 / |A|^2 for Gram matrices per position, mean over layers and over the pictures of a batch.

    Args:
        features: feature maps by layer, [B, N, H, W].
        grams: A for each picture, by layer, [B, N, N], or [1, N, N] for one style.
    """
    parts = []
    for layer, A in grams.items():
        F = features[layer]
        parts.append(relative_distance(gram(F) / F[0, 0].numel(), A.expand(len(F), -1, -1)) / len(F))
    return torch.stack(parts).mean()


def batch_loss(features: Features, P: Tensor, grams: Mapping[str, Tensor], alpha: float, beta: float) -> Tensor:
    """alpha content + beta style for a batch of paintings, each in relative units, the mean over its pictures.

    Args:
        features: of the paintings, by layer, [B, N, H, W]; `CONTENT_LAYER` among them.
        P: feature maps of the photos in `CONTENT_LAYER`, [B, N, H, W].
        grams: A of the styles by layer, see `style_distance`.
        alpha: weight of the content.
        beta: weight of the style.
    """
    return alpha * content_distance(features[CONTENT_LAYER], P) + beta * style_distance(features, grams)


def grid_energy(painted: Tensor) -> Tensor:
    """How strongly paintings show a grid of period 4, that of the painter's two enlargements: a scalar, in squared RGB.

    Cut into squares of 4 by 4 pixels, a painting has nothing in common from square to square but a grid: it is the
    variance of their mean, for each channel of each picture, and of these the mean. Slow changes of brightness, which
    would look the same in each square too, are taken out before.

    Args:
        painted: [B, 3, H, W], of at least 7 by 7 pixels.
    """
    fine = painted[..., 2:-1, 2:-1] - functional.avg_pool2d(painted, PERIOD, stride=1)
    batch, channels, height, width = fine.shape
    down, across = height // PERIOD, width // PERIOD
    squares = fine[..., : down * PERIOD, : across * PERIOD].reshape(batch, channels, down, PERIOD, across, PERIOD)
    return squares.mean(dim=(2, 4)).var(dim=(2, 3), correction=0).mean()


@torch.no_grad()
def style_grams(net: FeatureNetwork, painting: Tensor, layers: Sequence[str] = STYLE_LAYERS) -> dict[str, Tensor]:
    """Gram matrices per position of a style picture [1, 3, H, W], by layer, [1, N, N]."""
    features = net(painting, list(layers))
    return {layer: gram(features[layer]) / features[layer][0, 0].numel() for layer in layers}


@dataclass(frozen=True)
class Weights:
    """Of the terms, in relative units; see `course.objectives`, and `grid_energy` for the last."""

    content: float = ALPHA
    style: float = BETA
    tv: float = TV
    range: float = RANGE
    grid: float = 0.0


class Perceptual:
    """The loss of a batch of paintings.

    Args:
        net: the network that sees styles.
        paintings: the style pictures, each [1, 3, H, W], RGB in [0, 1].
        weights: of the terms.
        size: longer side of the style pictures, which are brought to it.
        content_net: the network that sees content, `net` itself if left out. A slim one saves a third of the time.
        total: content and style of a batch, weighed and added: `batch_loss`, or your own.

    Attributes:
        losses: the terms of the latest batch without their weights, by name.
        fingerprint: of the style pictures.

    Raises:
        InputError: without paintings, or for one that is no picture in [0, 1].
    """

    def __init__(
        self,
        net: FeatureNetwork,
        paintings: Sequence[Tensor],
        weights: Weights | None = None,
        size: int = SIZE,
        content_net: FeatureNetwork | None = None,
        total: Callable[[Features, Tensor, Mapping[str, Tensor], float, float], Tensor] = batch_loss,
    ) -> None:
        if not paintings:
            raise InputError("a painter is trained for at least one style")
        for painting in paintings:
            check_given(painting, "the style picture")
        self.net = net
        self.content_net = content_net or net
        self.total = total
        self.weights = weights or Weights()
        self.fingerprint = fingerprint(paintings)
        each = [style_grams(net, resize(painting, min(size, max(painting.shape[2:])))) for painting in paintings]
        self.grams = {layer: torch.cat([grams[layer] for grams in each]) for layer in STYLE_LAYERS}
        self.losses: dict[str, float] = {}

    def __call__(self, painted: Tensor, photos: Tensor, styles: Tensor) -> Tensor:
        """The weighted sum of the terms, a scalar.

        Args:
            painted: what the painter made of the photos, [B, 3, H, W].
            photos: [B, 3, H, W].
            styles: the number of each picture's style, [B].
        """
        with torch.no_grad():
            P = self.content_net(photos, [CONTENT_LAYER])[CONTENT_LAYER]
        if self.content_net is self.net:
            features = self.net(painted, [*STYLE_LAYERS, CONTENT_LAYER])
        else:
            features = self.net(painted, list(STYLE_LAYERS)) | self.content_net(painted, [CONTENT_LAYER])
        grams = {layer: A[styles] for layer, A in self.grams.items()}
        weights = self.weights
        tv = tv_loss(painted) / painted.numel()
        beyond = (painted - painted.clamp(0, 1)).square().mean()
        with torch.no_grad():
            self.losses = {
                "content": float(content_distance(features[CONTENT_LAYER], P)),
                "style": float(style_distance(features, grams)),
                "tv": float(tv),
                "range": float(beyond),
            }
        transfer = self.total(features, P, grams, weights.content, weights.style)
        total = transfer + weights.tv * tv + weights.range * beyond
        if weights.grid:
            grid = grid_energy(painted)
            self.losses["grid"] = float(grid.detach())
            total = total + weights.grid * grid
        return total
