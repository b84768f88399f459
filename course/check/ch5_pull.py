"""What pulls at the picture, in chapter 5's painter: its first gradient, taken apart into content and layers of style."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from course import losses
from course.check.ch5_probes import Painted, PaintersNetwork
from course.check.engine.exercise import CheckFailed, Question
from course.objectives import CONTENT_LAYER, STYLE_LAYERS

EXACT = 1e-3  # relative distance at which a gradient is the one that is wanted: rounding costs a thousandth of that
LIKE = 0.02  # ... at which a share in it counts as none, or as equal to another
TINY = 1e-5  # ... at which it is lost in the rounding of the others
CLEAR = 3e-3  # ... at which it is another one beyond doubt
FAR = 0.02  # largest difference, of values in [0, 1], between start and the first picture that the network is shown

LAYERS = tuple(f"{kind}{stage}" for stage in ("1_1", "2_1", "3_1", "4_1", "4_2", "5_1") for kind in ("conv", "relu"))

Statistic = Callable[[Tensor], Tensor]
Distance = Callable[[Tensor, Tensor], Tensor]


def per_place(F: Tensor) -> Tensor:
    """The Gram matrix divided by the number of places."""
    return losses.gram(F) / F[0, 0].numel()


def pull_failure(
    question: Question,
    seed: int,
    pictures: Sequence[Tensor],
    facts: Painted,
    weights: tuple[float, float],
    given: str,
    last: bool = False,
) -> CheckFailed | None:
    """The failure if something else pulls at the first picture than alpha * content + beta * style, times any factor.

    Or at the last one, which may be anywhere.
    """
    if not facts.pulls:
        return question.wrong(
            "no_pull",
            f"for {given} no gradient came back to the picture through the network.",
            "The network has to see the picture that is painted, and backward() to follow.",
        )
    shown, pull = facts.pulls[-1 if last else 0]
    if shown.shape != pictures[2].shape or (not last and float((shown - pictures[2]).abs().max()) > FAR):
        return question.wrong(
            "begins_elsewhere",
            f"for {given} the first picture that the network was shown is not start.",
            "The way begins where start says, with start.clone(): nothing is added, and the size stays.",
        )
    parts = _Parts(seed, pictures[0], pictures[1], shown)
    content, styles = parts.columns()
    if _is(pull.flatten(), weights[0] * content + weights[1] * styles.mean(1)):
        return None
    seen = f"for {given} the {'last' if last else 'first'} gradient is not that of the wanted loss"
    return _named(question, parts, pull.flatten(), facts, weights, seen)


def tells_layers_apart(seed: int, pictures: Sequence[Tensor]) -> bool:
    """Whether maps before a ReLU pull at start in another way than those behind it, in every layer that is compared.

    Where a network's ReLUs are all open, a style of conv5_1 is that of relu5_1, and nobody could tell.
    """
    parts = _Parts(seed, *pictures)
    content, styles = parts.columns()
    before = [layer.replace("relu", "conv") for layer in (CONTENT_LAYER, *STYLE_LAYERS)]
    changes = [parts.style_in(layer) - styles[:, n] for n, layer in enumerate(before[1:])]
    pairs = [(parts.content_in(before[0]), content)] + [(styles.sum(1) + one, styles.sum(1)) for one in changes]
    return all(_left(got, expected[:, None])[1] > CLEAR for got, expected in pairs)


class _Parts:
    """Gradients at one picture: of the content, and of the style in each layer, in relative units.

    Args:
        seed: of the `PaintersNetwork`.
        photo: what the content is compared with.
        painting: what the style is compared with.
        shown: the picture.
    """

    def __init__(self, seed: int, photo: Tensor, painting: Tensor, shown: Tensor) -> None:
        net = PaintersNetwork(seed)
        self.x = shown.clone().requires_grad_(True)
        self.features, self.P, self.S = net(self.x, LAYERS), net(photo, LAYERS), net(painting, LAYERS)

    def columns(
        self, statistic: Statistic = per_place, distance: Distance = losses.relative_distance
    ) -> tuple[Tensor, Tensor]:
        """Of the content, [D], and of the style in each layer, [D, 5]."""
        content = distance(self.features[CONTENT_LAYER], self.P[CONTENT_LAYER])
        styles = [distance(statistic(self.features[layer]), statistic(self.S[layer])) for layer in STYLE_LAYERS]
        return self._gradient(content), torch.stack([self._gradient(one) for one in styles], 1)

    def content_in(self, layer: str) -> Tensor:
        """Of the content, if it is compared in this layer, [D]."""
        return self._gradient(losses.relative_distance(self.features[layer], self.P[layer]))

    def style_in(self, layer: str) -> Tensor:
        """Of the style in this layer, [D]."""
        return self._gradient(losses.relative_distance(per_place(self.features[layer]), per_place(self.S[layer])))

    def of_photo(self) -> Tensor:
        """Of the distance to the photo's Gram matrices in each layer of style, [D, 5]."""
        distances = [
            losses.relative_distance(per_place(self.features[layer]), per_place(self.P[layer]))
            for layer in STYLE_LAYERS
        ]
        return torch.stack([self._gradient(one) for one in distances], 1)

    def style_sizes(self) -> Tensor:
        """What relative units divide by in each layer of style, [5]."""
        return torch.tensor([float(per_place(self.S[layer]).square().sum()) for layer in STYLE_LAYERS])

    def content_size(self) -> tuple[float, int]:
        """What relative units divide the content by; and how many numbers it has."""
        P = self.P[CONTENT_LAYER]
        return float(P.square().sum()), P.numel()

    def _gradient(self, loss: Tensor) -> Tensor:
        (gradient,) = torch.autograd.grad(loss, self.x, retain_graph=True)
        return gradient.flatten()


def _is(got: Tensor, expected: Tensor) -> bool:
    """Whether a gradient is the expected one, times any positive factor."""
    return _left(got, expected[:, None])[1] < EXACT and float(got.double() @ expected.double()) > 0


def _left(got: Tensor, columns: Tensor) -> tuple[Tensor, float]:
    """How often each column [D, K] is in a gradient [D], and the share of its length that none of them explains."""
    got, columns = got.double(), columns.double()
    lengths = columns.norm(dim=0)
    shares = torch.linalg.lstsq(columns / lengths, got[:, None]).solution[:, 0] / lengths
    return shares, float((columns @ shares - got).norm() / got.norm().clamp_min(1e-300))


def _named(
    question: Question, parts: _Parts, got: Tensor, facts: Painted, weights: tuple[float, float], seen: str
) -> CheckFailed:
    """The failure for a gradient that is not the expected one."""
    content, styles = parts.columns()
    shares, left = _left(got, torch.column_stack([content, styles]))
    if left < EXACT:
        return _shares_failure(question, shares, parts, weights, seen)
    if weights[0] and CONTENT_LAYER not in facts.layers:
        return question.wrong(
            "content_layer",
            f"{seen}: the picture's maps in {CONTENT_LAYER} were never asked for.",
            f"The content is compared in CONTENT, {CONTENT_LAYER}: net(image, [CONTENT, *STYLE]).",
        )
    if weights[1] and (missing := [layer for layer in STYLE_LAYERS if layer not in facts.layers]):
        return question.wrong(
            "style_layers",
            f"{seen}: the picture's maps in {', '.join(missing)} were never asked for.",
            "The style is compared in all five layers of STYLE, relu1_1 to relu5_1.",
        )
    if weights[1] and not facts.painting_seen:
        return question.wrong(
            "painting_resized",
            f"{seen}: the network was never shown the painting as it is.",
            "Another size has other brush strokes. Gram matrices per place need no equal sizes: show it unchanged.",
        )
    if (other := _in_other_layers(question, parts, got, weights, seen)) is not None:
        return other
    for mistake, statistic, distance, sentence in _OTHERS:
        content, styles = parts.columns(statistic, distance)
        if _left(got, torch.column_stack([content, styles]))[1] < EXACT:
            return question.wrong(mistake, f"{seen}.", sentence)
    if weights[1] and _left(got, torch.column_stack([content, parts.of_photo()]))[1] < EXACT:
        return question.wrong("style_of_photo", f"{seen}.", STYLE_OF_PHOTO)
    return question.wrong(
        "other_pull",
        f"{seen}.",
        "Compare with content_and_style above, line by line: is a part detached, or something else in the sum?",
    )


def _in_other_layers(
    question: Question, parts: _Parts, got: Tensor, weights: tuple[float, float], seen: str
) -> CheckFailed | None:
    """The failure if content or style was compared in layers that are not asked for."""
    if weights[1] == 0:
        for layer in LAYERS:
            if _is(got, parts.content_in(layer)):
                return question.wrong(
                    "other_content_layer",
                    f"{seen}, but of the content in {layer}.",
                    f"The content is compared in CONTENT, {CONTENT_LAYER}.",
                )
        return None
    columns = torch.stack([parts.style_in(layer) for layer in LAYERS], 1)
    shares, left = _left(got, columns)
    if weights[0] or left > EXACT:
        return None
    among = zip(LAYERS, shares.tolist(), strict=True)
    others = [n for n, one in among if abs(one) > LIKE * float(shares.abs().max()) and n not in STYLE_LAYERS]
    return question.wrong(
        "other_style_layers",
        f"{seen}: the style is compared in {', '.join(others)}.",
        "The layers of the style are those of STYLE, relu1_1 to relu5_1, and no other.",
    )


SUMS = "G of a large painting is a large sum. Divide each Gram matrix by its own number of places, H * W."
STYLE_OF_PHOTO = "The photo's style came nearer instead. The targets of the style are the painting's Gram matrices."


def _covariance(F: Tensor) -> Tensor:
    return per_place(F - F.mean((2, 3), keepdim=True))


def _diagonal(F: Tensor) -> Tensor:
    return per_place(F).diagonal(dim1=1, dim2=2)


def _absolute(X: Tensor, Y: Tensor) -> Tensor:
    return (X - Y).abs().sum()


def _relative_to_first(X: Tensor, Y: Tensor) -> Tensor:
    return losses.relative_distance(Y, X)


_OTHERS = (
    ("sums_over_places", losses.gram, losses.relative_distance, SUMS),
    (
        "centred",
        _covariance,
        losses.relative_distance,
        "Is the mean taken away before the Gram matrix? It keeps the mean.",
    ),
    (
        "diagonal_only",
        _diagonal,
        losses.relative_distance,
        "Only the diagonal of G: what fires together stands beside it.",
    ),
    ("absolute", per_place, _absolute, "Absolute differences. relative_distance takes their squares."),
    (
        "relative_to_picture",
        per_place,
        _relative_to_first,
        "Relative to the picture itself. relative_distance(X, Y) divides by Y, and that is the target.",
    ),
)


def _shares_failure(
    question: Question, shares: Tensor, parts: _Parts, weights: tuple[float, float], seen: str
) -> CheckFailed:
    """The failure for a gradient that has the right parts, each taken a wrong number of times."""
    alpha, beta = weights
    of_content, of_styles = float(shares[0]), shares[1:]
    most = float(shares.abs().max())
    seen += ":"
    if beta == 0 and float(of_styles.abs().max()) > LIKE * most:
        return question.wrong("style_pulls", f"{seen} the style pulls as well.", "beta = 0 switches the style off.")
    if alpha == 0 and abs(of_content) > LIKE * most:
        if float(of_styles.abs().max()) < TINY * most:
            instead = f"{seen} the content pulls instead of the style."
            return question.wrong("content_for_style", instead, "alpha = 0 switches the content off.")
        return question.wrong("content_pulls", f"{seen} the content pulls as well.", "alpha = 0 switches it off.")
    if of_content < -LIKE * most or float(of_styles.sum()) < -LIKE * most:
        part = "content" if of_content < -LIKE * most else "style"
        return question.wrong(
            "uphill" if part == "content" else "style_uphill",
            f"{seen} it leads away from the {part}.",
            f"Has the {part} a minus? Both distances are made small.",
        )
    if alpha and abs(of_content) < TINY * most:
        return question.wrong(
            "content_lost",
            f"{seen} the content does not pull.",
            "Is its loss detached, or overwritten by the style's? Both are added: alpha * content + beta * style.",
        )
    if not _alike(of_styles) and _by_size(of_styles, parts.style_sizes(), least=TINY * most):
        return question.wrong(
            "style_not_relative",
            f"{seen} layers with large Gram matrices pull most.",
            "Squares as they are, or their mean. Relative units divide by the target's own: relative_distance(G, A).",
        )
    least = max(LIKE * float(of_styles.abs().max()), TINY * most)
    lost = [layer for layer, share in zip(STYLE_LAYERS, of_styles.tolist(), strict=True) if abs(share) < least]
    if lost:
        return question.wrong(
            "style_layer_lost",
            f"{seen} the style of {', '.join(lost)} does not pull.",
            "All five layers of STYLE count alike. Is one left out, detached, or overwritten by the next?",
        )
    if not _alike(of_styles):
        among = ", ".join(f"{share:.2g}" for share in (of_styles / of_styles.max()).tolist())
        return question.wrong(
            "layers_unequal",
            f"{seen} the five layers of style pull {among} times.",
            "The style is the plain mean over the five layers, each in relative units.",
        )
    times = float(of_styles.sum()) / beta / (of_content / alpha)
    seen = f"{seen} the style counts {times:.3g} times as much as beta says."
    if abs(times - len(STYLE_LAYERS)) < LIKE * times:
        return question.wrong(
            "sum_of_layers", seen, "The five layers were added up. The style is their mean: .mean(), or divided by 5."
        )
    size, count = parts.content_size()
    if any(abs(times * factor * size - 1) < LIKE for factor in (1, 1 / 2, 1 / count)):
        return question.wrong(
            "content_not_relative",
            seen,
            "The content's squares as they are, or their mean. Relative units divide by the photo's: relative_distance(F, P).",
        )
    return question.wrong(
        "unbalanced",
        seen,
        "Both are relative distances, the style is a mean over five layers, and alpha and beta stand before the two.",
    )


def _by_size(shares: Tensor, sizes: Tensor, least: float) -> bool:
    """Whether shares are as large as these sizes; where less than `least` is to be expected, it is not looked at."""
    large = sizes * float(shares.abs().max() / sizes.max()) > least
    return int(large.sum()) > 1 and _alike((shares / sizes)[large])


def _alike(shares: Tensor) -> bool:
    return float((shares - shares.mean()).abs().max()) < LIKE * float(shares.abs().max())
