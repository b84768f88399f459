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
FAR = 0.02  # largest difference, of values in [0, 1], between start and the first picture that the network is shown

Statistic = Callable[[Tensor], Tensor]


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
) -> CheckFailed | None:
    """The failure if something else pulls at the first picture than alpha * content + beta * style, times any factor."""
    if facts.shown is None or facts.pull is None:
        return question.wrong(
            "no_pull",
            f"for {given} no gradient came back to the picture through the network.",
            "The network has to see the picture that is painted, and backward() to follow.",
        )
    if facts.shown.shape != pictures[2].shape or float((facts.shown - pictures[2]).abs().max()) > FAR:
        return question.wrong(
            "begins_elsewhere",
            f"for {given} the first picture that the network was shown is not start.",
            "The way begins where start says, with start.clone(): nothing is added, and the size stays.",
        )
    content, styles = _Parts(seed, pictures[0], pictures[1], facts.shown).columns()
    expected = weights[0] * content + weights[1] * styles.mean(1)
    if _is(facts.pull.flatten(), expected):
        return None
    return _named(question, seed, pictures, facts, weights, given)


class _Parts:
    """Gradients at one picture: of the content, and of the style in each layer, in relative units.

    Args:
        seed: of the `PaintersNetwork`.
        photo: what the content is compared with.
        painting: what the style is compared with.
        shown: the picture.
    """

    def __init__(self, seed: int, photo: Tensor, painting: Tensor, shown: Tensor) -> None:
        net, layers = PaintersNetwork(seed), [CONTENT_LAYER, *STYLE_LAYERS]
        self.x = shown.clone().requires_grad_(True)
        self.features, self.P, self.S = net(self.x, layers), net(photo, layers), net(painting, layers)

    def columns(self, statistic: Statistic = per_place) -> tuple[Tensor, Tensor]:
        """Of the content, [D], and of the style in each layer, [D, 5]."""
        content = losses.relative_distance(self.features[CONTENT_LAYER], self.P[CONTENT_LAYER])
        styles = [
            losses.relative_distance(statistic(self.features[layer]), statistic(self.S[layer]))
            for layer in STYLE_LAYERS
        ]
        found = [self._gradient(one) for one in (content, *styles)]
        return found[0], torch.stack(found[1:], 1)

    def style_sizes(self) -> Tensor:
        """What relative units divide by in each layer of style, [5]."""
        return torch.tensor([float(per_place(self.S[layer]).square().sum()) for layer in STYLE_LAYERS])

    def content_size(self) -> tuple[float, int]:
        """What relative units divide the content by; and how many numbers it has."""
        P = self.P[CONTENT_LAYER]
        return float(P.square().sum()), P.numel()

    def absolute(self) -> Tensor:
        """Of the sum of absolute differences in the content, [D]."""
        return self._gradient((self.features[CONTENT_LAYER] - self.P[CONTENT_LAYER]).abs().sum())

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
    question: Question,
    seed: int,
    pictures: Sequence[Tensor],
    facts: Painted,
    weights: tuple[float, float],
    given: str,
) -> CheckFailed:
    """The failure for a gradient that is not the expected one."""
    assert facts.shown is not None and facts.pull is not None
    photo, painting, _ = pictures
    parts, got = _Parts(seed, photo, painting, facts.shown), facts.pull.flatten()
    content, styles = parts.columns()
    shares, left = _left(got, torch.column_stack([content, styles]))
    if left < EXACT:
        return _shares_failure(question, shares, parts, weights, given)
    seen = f"for {given} the first gradient is not that of the wanted loss."
    asked = ", ".join(sorted(set(facts.layers) - {"image"}))
    if weights[0] and CONTENT_LAYER not in facts.layers:
        return question.wrong(
            "content_layer",
            f"for {given} the picture's maps in {CONTENT_LAYER} were never asked for, only {asked}.",
            f"The content is compared in CONTENT, {CONTENT_LAYER}: net(image, [CONTENT, *STYLE]).",
        )
    if weights[1]:
        if missing := [layer for layer in STYLE_LAYERS if layer not in facts.layers]:
            return question.wrong(
                "style_layers",
                f"for {given} the picture's maps in {', '.join(missing)} were never asked for.",
                "The style is compared in all five layers of STYLE, relu1_1 to relu5_1.",
            )
        if not facts.painting_seen:
            return question.wrong(
                "painting_resized",
                f"for {given} the network was never shown the painting as it is.",
                "Another size has other brush strokes. Gram matrices per place need no equal sizes: show it unchanged.",
            )
        for mistake, other, sentence in (
            ("sums_over_places", losses.gram, SUMS),
            ("centred", _covariance, "Is the mean taken away before the Gram matrix? It keeps the mean."),
        ):
            other_content, other_styles = parts.columns(other)
            if _left(got, torch.column_stack([other_content, other_styles]))[1] < EXACT:
                return question.wrong(mistake, seen, sentence)
        _, of_photo = _Parts(seed, photo, photo, facts.shown).columns()
        if _left(got, torch.column_stack([content, of_photo]))[1] < EXACT:
            return question.wrong("style_of_photo", seen, STYLE_OF_PHOTO)
    elif _left(got, parts.absolute()[:, None])[1] < EXACT:
        return question.wrong("absolute", seen, "Absolute differences. relative_distance takes their squares.")
    return question.wrong(
        "other_pull",
        seen,
        "Compare with content_and_style above, line by line: is a part detached, or something else in the sum?",
    )


SUMS = "G of a large painting is a large sum. Divide each Gram matrix by its own number of places, H * W."
STYLE_OF_PHOTO = "The photo's style came nearer instead. The targets of the style are the painting's Gram matrices."


def _covariance(F: Tensor) -> Tensor:
    return per_place(F - F.mean((2, 3), keepdim=True))


def _shares_failure(
    question: Question, shares: Tensor, parts: _Parts, weights: tuple[float, float], given: str
) -> CheckFailed:
    """The failure for a gradient that has the right parts, each taken a wrong number of times."""
    alpha, beta = weights
    of_content, of_styles = float(shares[0]), shares[1:]
    most = float(shares.abs().max())
    seen = f"for {given} the first gradient is not that of the wanted loss:"
    if beta == 0 and float(of_styles.abs().max()) > LIKE * most:
        return question.wrong("style_pulls", f"{seen} the style pulls as well.", "beta = 0 switches the style off.")
    if alpha == 0 and abs(of_content) > LIKE * most:
        return question.wrong("content_pulls", f"{seen} the content pulls as well.", "alpha = 0 switches it off.")
    if of_content < -LIKE * most or float(of_styles.sum()) < -LIKE * most:
        part = "content" if of_content < -LIKE * most else "style"
        return question.wrong(
            "uphill" if part == "content" else "style_uphill",
            f"{seen} it leads away from the {part}.",
            f"Has the {part} a minus? Both distances are made small.",
        )
    if alpha and abs(of_content) < LIKE / 100 * most:
        return question.wrong(
            "content_lost",
            f"{seen} the content does not pull.",
            "Is its loss detached, or overwritten by the style's? Both are added: alpha * content + beta * style.",
        )
    lost = [layer for layer, share in zip(STYLE_LAYERS, of_styles.tolist(), strict=True) if abs(share) < 1e-4 * most]
    if lost:
        return question.wrong(
            "style_layer_lost",
            f"{seen} the style of {', '.join(lost)} does not pull.",
            "All five layers of STYLE count alike. Is one left out, detached, or overwritten by the next?",
        )
    if not _alike(of_styles):
        if _alike(of_styles / parts.style_sizes()):
            return question.wrong(
                "style_not_relative",
                f"{seen} layers with large Gram matrices pull most.",
                "Squares as they are, or their mean. Relative units divide by the target's own: relative_distance(G, A).",
            )
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


def _alike(shares: Tensor) -> bool:
    return float((shares - shares.mean()).abs().max()) < LIKE * float(shares.abs().max())
