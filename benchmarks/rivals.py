"""How much sooner our painter arrives where other programs end, each judged by what it minimises itself.

For a pair of a photo and a painting the rival paints its picture. That picture, as a file would hold it (clamped, in
256 levels), is scored with the rival's own objective. Then our painter minimises the same objective, and is stopped
when one of its pictures of the final size, clamped and rounded likewise, scores as low. Rival and painter take turns,
pair after pair, so that whatever else the machine does falls on both.

The clocks: of ours everything counts but scoring, also the targets and the smaller sizes; of a rival only its loop.
Reading weights counts for nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from benchmarks import pastiche, tutorial
from benchmarks.run import Run
from course import gallery
from course.images import to_image, to_tensor
from course.nets.precision import choose
from course.nets.weights import Weights, parameters, vgg19
from course.objectives import Objective
from course.synthesis import Stage, draft_first, paint

SIZE = 256
PAIRS = (
    ("cat", "swirls"),
    ("astronaut", "woodcut"),
    ("coffee", "mosaic"),
    ("rocket", "aurora"),
    ("cat", "stained_glass"),
    ("astronaut", "pointillism"),
    ("coffee", "watercolour"),
    ("rocket", "hatching"),
)

# Our painter's plan, the same for all pairs and rivals: so many drafts by the slim network, then steps of the full one
# until it has arrived, at most these.
DRAFTS = 60
LAST_STEPS = 400


@dataclass(frozen=True)
class Rival:
    """Another way to paint.

    Attributes:
        title: what it is, for a table.
        paint: photo, painting -> what it makes of them.
        objective: photo, painting -> what it minimises, in float32; values beyond [0, 1] may cost extra. Both are
            judged by it.
        ours: photo, painting -> the same for our painter, by a network as quick as the processor has it.
        draft: photo, painting, that of our painter -> the same through the slim network.
    """

    title: str
    paint: Callable[[Tensor, Tensor], Run]
    objective: Callable[[Tensor, Tensor], Objective]
    ours: Callable[[Tensor, Tensor], Objective]
    draft: Callable[[Tensor, Tensor, Objective], Objective]


@dataclass(frozen=True)
class Race:
    """A rival and our painter on one pair.

    Attributes:
        rival: its name.
        pair: "photo, painting".
        seconds: of the rival's painting.
        elapsed: seconds of the rival from start to end.
        evaluations: of the rival.
        needed: after which part of its seconds the rival was for the first time as good as at its end, `Run.needed`.
        score: its own objective at its picture as a file holds it; what ours has to reach.
        unrounded: the same at its picture before that.
        reached: the score of ours where it stopped: as soon as it was as good, or at the end of its plan.
        ours: seconds of ours until it stopped.
        steps: of ours.
    """

    rival: str
    pair: str
    seconds: float
    elapsed: float
    evaluations: int
    needed: float
    score: float
    unrounded: float
    reached: float
    ours: float
    steps: int

    @property
    def arrived(self) -> bool:
        """Whether ours became as good."""
        return self.reached <= self.score

    @property
    def whole_run(self) -> float:
        """How many times as long as ours the rival ran; 0 if ours has not arrived."""
        return self.seconds / self.ours if self.arrived else 0.0

    @property
    def speedup(self) -> float:
        """How many times as long as ours the rival needed to become as good as it is at its end.

        What it did for nothing is not held against it. 0 if ours has not arrived.
        """
        return self.needed * self.whole_run


def rivals(weights: Weights = "oxford", pastiche_steps: int = pastiche.STEPS) -> dict[str, Rival]:
    """All that our painter is compared with, by name; pastiche has weights of its own, Oxford's."""
    counted, named = tutorial.network(parameters("E", weights)), vgg19(weights=weights)
    quick_counted = tutorial.network(parameters("E", weights), choose("auto").dtype)
    quick_named, slim = vgg19(weights=weights, precision="auto"), vgg19(weights="slim", precision="auto")
    return {
        "tutorial": Rival(
            "the official PyTorch tutorial",
            lambda photo, painting: tutorial.descend(tutorial.loss(counted, photo, painting), photo),
            lambda photo, painting: tutorial.objective(counted, photo, painting),
            lambda photo, painting: tutorial.objective(quick_counted, photo, painting),
            lambda photo, painting, _: tutorial.draft(quick_counted, slim, photo, painting),
        ),
        "pastiche": Rival(
            f"pastiche, {pastiche_steps} steps",
            lambda photo, painting: pastiche.paint(photo, painting, pastiche_steps),
            lambda photo, painting: pastiche.objective(named, photo, painting),
            lambda photo, painting: pastiche.objective(quick_named, photo, painting),
            lambda photo, painting, _: pastiche.draft(quick_named, slim, photo, painting),
        ),
    }


def races(field: Mapping[str, Rival], pairs: Sequence[tuple[str, str]] = PAIRS, size: int = SIZE) -> Iterator[Race]:
    """One race after the other: all rivals on a pair, then the next pair."""
    tutorial.descend(torch.Tensor.sum, torch.zeros(1, 3, 4, 4), evaluations=1)  # torch imports its compiler: seconds
    for names in pairs:
        photo, painting = in_file(gallery.photo(names[0], size)), in_file(gallery.style(names[1], size))
        for name, rival in field.items():
            yield race(name, rival, ", ".join(names), photo, painting)


def race(name: str, rival: Rival, pair: str, photo: Tensor, painting: Tensor) -> Race:
    """The rival paints, then our painter, until it is as good."""
    run = rival.paint(photo, painting)
    objective = rival.objective(photo, painting)
    score, unrounded = scored(objective, in_file(run.picture)), scored(objective, run.picture)
    ours = arrive(rival, photo, painting, score, lambda image: scored(objective, image))
    return Race(
        name, pair, run.seconds, run.elapsed, run.evaluations, run.needed, score, unrounded, ours.score, ours.seconds,
        ours.steps,
    )  # fmt: skip


@dataclass(frozen=True)
class Arrival:
    """Where our painter stopped, after so many seconds and steps."""

    score: float
    seconds: float
    steps: int


def arrive(rival: Rival, photo: Tensor, painting: Tensor, wanted: float, score: Callable[[Tensor], float]) -> Arrival:
    """Paints until a picture of the last size, as a file holds it, scores no more than `wanted`, or the plan ends.

    The clock counts all of ours, targets and drafts as well, and nothing of the scoring.
    """
    began = time.perf_counter()
    objective = rival.ours(photo, painting)
    draft = rival.draft(photo, painting, objective)
    prepared = time.perf_counter() - began
    for step in paint(objective, photo, plan(max(photo.shape[2:])), draft=draft):
        if step.drafted:
            continue
        found = score(in_file(step.picture))
        if found <= wanted:
            break
    return Arrival(found, prepared + step.seconds, step.number)


def plan(size: int) -> tuple[Stage, ...]:
    """Our painter's stages: the drafts of `draft_first`, then the full network."""
    *drafts, last = draft_first(size, 2 * DRAFTS)
    return (*drafts, Stage(last.size, LAST_STEPS))


def scored(objective: Objective, image: Tensor) -> float:
    """An objective's value at a picture [1, 3, H, W]."""
    with torch.no_grad():
        return float(objective.at(*image.shape[2:])(image).total)


def in_file(image: Tensor) -> Tensor:
    """A picture [1, 3, H, W] as an 8-bit file gives it back: clamped to [0, 1] and rounded to 256 levels."""
    return to_tensor(to_image(image))


def speedup(found: Sequence[Race]) -> dict[str, object]:
    """Median and quartiles over the pairs, and each of them. A pair on which ours did not arrive counts as 0."""
    low, median, high = np.quantile([race.speedup for race in found], [0.25, 0.5, 0.75]).tolist()
    return {
        "median": median,
        "quartiles": [low, high],
        "median_of_whole_runs": float(np.median([race.whole_run for race in found])),
        "arrived": sum(race.arrived for race in found),
        "pairs": {race.pair: race.speedup for race in found},
    }
