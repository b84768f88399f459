"""How near a picture of chapter 5's painter came to photo and painting, and what is wrong where it stayed too far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from course import losses
from course.check.ch5_probes import Painted, PaintersNetwork
from course.check.ch5_pull import STYLE_OF_PHOTO, SUMS, per_place
from course.check.engine.exercise import CheckFailed, Question
from course.objectives import CONTENT_LAYER, STYLE_LAYERS


def grams_of(features: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The Gram matrices of the layers of style, each divided by its number of places."""
    return {layer: per_place(features[layer]) for layer in STYLE_LAYERS}


class Fell:
    """The part of each distance that is left: after painting / before.

    Attributes:
        content: of the distance to the photo's maps.
        style: of the distance to the painting's Gram matrices, each divided by its places; the mean of all layers.
        sums: the same without dividing by places.
        photo: the same to the photo's Gram matrices.
    """

    @torch.no_grad()
    def __init__(self, seed: int, pictures: Sequence[Tensor], picture: Tensor) -> None:
        net, layers = PaintersNetwork(seed), [CONTENT_LAYER, *STYLE_LAYERS]
        photo, painting, before, after = (net(one, layers) for one in (*pictures, picture))
        ratio = painting["relu1_1"][0, 0].numel() / photo["relu1_1"][0, 0].numel()

        def left(targets: Mapping[str, Tensor], scale: float = 1.0) -> float:
            distances = [
                sum(float(losses.relative_distance(grams[layer], scale * targets[layer])) for layer in STYLE_LAYERS)
                for grams in (grams_of(after), grams_of(before))
            ]
            return distances[0] / distances[1]

        P = photo[CONTENT_LAYER]
        now, once = (float(losses.content_loss(maps[CONTENT_LAYER], P)) for maps in (after, before))
        self.content = now / once
        self.style = left(grams_of(painting))
        self.sums = left(grams_of(painting), ratio)
        self.photo = left(grams_of(photo))


def content_failure(
    question: Question, facts: Painted, fell: Fell, stays: bool, pull: CheckFailed | None, steps: int, given: str
) -> CheckFailed:
    """The failure of a picture that stays too far from the photo's content, with beta = 0."""
    seen = f"for {given} the content's distance to the photo became {fell.content:.3g} times what it was"
    if stays:
        return question.wrong(
            "stays",
            f"for {given} the picture is still what start was.",
            "Does the network look at the picture that the optimiser holds? Is it compared with the photo?",
        )
    if facts.evaluations < steps:
        return question.wrong(
            "stops_early",
            f"{seen}, after {facts.evaluations} evaluations.",
            "Fewer evaluations than steps: is the return inside the loop, or the loop missing?",
        )
    if fell.style < 0.6:
        return question.wrong(
            "swapped",
            f"{seen}, and the style's {fell.style:.3g} times.",
            "alpha belongs to the content, beta to the style.",
        )
    if pull is not None:
        return pull
    if fell.content >= 1:
        return question.wrong(
            "uphill",
            f"{seen}.",
            "It walks away. Are the steps too long?",
        )
    return question.wrong(
        "too_slow",
        f"{seen}, expected less than 1/2.",
        "The way is right and the steps are too short: use L-BFGS, or give Adam a rate such as 0.05.",
    )


def style_failure(question: Question, fell: Fell, stays: bool, pull: CheckFailed | None, given: str) -> CheckFailed:
    """The failure of a picture that stays too far from the painting's style, with alpha = 0."""
    seen = f"for {given} the style's distance to the painting became {fell.style:.3g} times what it was"
    for mistake, looks_so, sentence in (
        ("no_style", stays, "The picture is still what start was. Is the style part of the sum?"),
        (
            "sums_over_places",
            fell.sums < 0.65,
            SUMS,
        ),
        (
            "content_for_style",
            fell.content < 1 / 3,
            "The photo came nearer instead. alpha = 0 switches the content off.",
        ),
        (
            "style_of_photo",
            fell.photo < 0.4,
            STYLE_OF_PHOTO,
        ),
    ):
        if looks_so:
            return question.wrong(mistake, f"{seen}.", sentence)
    if pull is not None:
        return pull
    if fell.style >= 1:
        return question.wrong("style_uphill", f"{seen}.", "It walks away. Are the steps too long?")
    return question.wrong(
        "style_too_slow",
        f"{seen}, expected less than 1/2.",
        "Do all five layers count? Are the steps too short, or is the loss so small that L-BFGS stands still?",
    )
