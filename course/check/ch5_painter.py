"""Check of chapter 5: the painter, judged by what it paints."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from course import losses, objectives, synthesis
from course.check.ch5_distance import Fell, content_failure, grams_of, style_failure
from course.check.ch5_probes import MOST_BESIDES, MOST_IN_A_STEP, Painted, PaintersNetwork
from course.check.ch5_pull import pull_failure, tells_layers_apart
from course.check.ch5_unpainted import is_laid_over, unpainted
from course.check.engine.differences import agree
from course.check.engine.exercise import CheckFailed, Question, exercise
from course.objectives import CONTENT_LAYER, STYLE_LAYERS, FeatureNetwork
from course.optimisers import LBFGS, Evaluation

STEPS = 9, 21  # the second where the first did not do: a quick painter is asked for few
DRAWS = 3  # before a slow one is refused: L-BFGS without a line search goes astray on one draw of a hundred
STRONG = 1e5  # far from the tolerances at which torch's L-BFGS stands still
BOTH = ((STRONG, STRONG), (STRONG, 30 * STRONG))  # one of them suits a painter, whatever units it measures in
STEPS_BOTH = 18, 42  # likewise
LEAD = 1.2  # how many times farther from photo or painting every picture has to be that does not heed both


def reference_style_transfer(
    net: FeatureNetwork, photo: Tensor, painting: Tensor, start: Tensor, alpha: float, beta: float, steps: int
) -> Tensor:
    """Minimises alpha * content + beta * style from `start` on; the picture after `steps` steps of L-BFGS, [1, 3, H, W].

    Content is the relative distance to the photo's maps in relu4_2. Style is the mean, over relu1_1 to relu5_1, of the
    relative distance to the painting's Gram matrices, each divided by its number of places: sizes may differ.
    """
    # Written out as chapter 5 writes it, and not with `course.objectives.style_transfer`: that has two terms more and
    # brings photo and style to sizes of its own. The optimiser and the distances are the course's.
    with torch.no_grad():
        P = net(photo, [CONTENT_LAYER])[CONTENT_LAYER]
        targets = grams_of(net(painting, STYLE_LAYERS))

    def evaluate(picture: Tensor) -> Evaluation:
        x = picture.detach().requires_grad_(True)
        features = net(x, [CONTENT_LAYER, *STYLE_LAYERS])
        content, grams = losses.relative_distance(features[CONTENT_LAYER], P), grams_of(features)
        parts = [losses.relative_distance(grams[layer], A) for layer, A in targets.items()]
        total = alpha * content + beta * torch.stack(parts).mean()
        (gradient,) = torch.autograd.grad(total, x)
        return Evaluation(float(total.detach()), {}, gradient)

    optimiser = LBFGS(evaluate, start.clone(), history=6)
    for _ in range(steps):
        optimiser.step()
    return optimiser.image.detach()


@exercise(
    reference_style_transfer,
    'section 2, "The painter"',
    stops={
        "can't optimize a non-leaf Tensor": (
            "not_a_leaf",
            "The picture must not come out of a computation: start.clone().requires_grad_(True), in this order.",
        ),
        "backward through the graph a second time": (
            "frozen",
            "The picture's features, or the loss, were computed once. They belong inside the closure, afresh each time.",
        ),
        "required positional argument: 'closure'": (
            "no_closure",
            "L-BFGS evaluates as often as it likes: optimiser.step(closure(optimiser, x, loss)) of chapter 3.",
        ),
        "required positional argument: 'layers'": ("no_layers", "The network is asked for layers: net(x, [names])."),
        "no list of layers": ("layers_string", "A list of names is wanted, even for one: net(x, [name])[name]."),
        "no layer": ("unknown_layer", "Content is compared in relu4_2, style in relu1_1, relu2_1, ..., relu5_1."),
        "must match the size of tensor": (
            "sizes",
            "The painting has a size of its own: only its Gram matrices can be compared. The content is the photo's.",
        ),
        "must be equal": (
            "sizes_of_ours",
            "Photo and painting have different sizes. Only the photo is compared place by place.",
        ),
    },
    solved_by=(
        objectives.style_transfer,
        objectives.Objective,
        objectives.content,
        objectives.style,
        synthesis.Painting,
    ),
    rounds=1,  # it asks six times as it is
)
def style_transfer(question: Question) -> str:
    """The painter, judged by what it paints where nothing pulls, only the photo, only the painting, and both."""
    failures = []
    for _ in range(DRAWS):
        seed, pictures = _network_and_pictures(question)
        _judge_standing_still(question, seed, pictures)
        failure = _judge_painting(question, seed, pictures)
        if failure is None:
            return (
                "alpha alone draws the photo, beta alone takes the painting's style, neither moves nothing; inputs stay"
            )
        failures.append(failure)
    named = [failure.mistake for failure in failures]
    raise max(failures, key=lambda failure: named.count(failure.mistake))  # one draw alone may hide which it is


def _network_and_pictures(question: Question) -> tuple[int, list[Tensor]]:
    """The network's seed; and photo, painting and start, in all of which its layers differ."""
    while True:
        seed, pictures = question.draw.whole(0, 2**31), _pictures(question)
        if tells_layers_apart(seed, pictures):
            return seed, pictures


def _pictures(question: Question) -> list[Tensor]:
    """Photo, painting and start."""
    start, patches = question.draw.uniform(1, 3, 12, 16), question.draw.uniform(1, 3, 6, 8).round()
    tint, coarse = question.draw.uniform(1, 3, 1, 1), question.draw.uniform(1, 3, 6, 4)
    coarse = 0.5 + 0.1 * (tint - 0.5) + 0.2 * (coarse - 0.5)  # dull, and of twice as many places
    return [*(x.repeat_interleave(n, 2).repeat_interleave(n, 3) for x, n in ((patches, 2), (coarse, 4))), start]


def _judge_painting(question: Question, seed: int, pictures: Sequence[Tensor]) -> CheckFailed | None:
    """The failure if a picture stays too far from what pulls at it, which may be the draw's fault; raises any other."""
    before = pictures[2]
    alone = []
    for weights in ((STRONG, 0.0), (0.0, STRONG)):
        for steps in STEPS:
            given = f"alpha = {weights[0]:g}, beta = {weights[1]:g} and {steps} steps"
            picture, failure = _alone(question, seed, pictures, before, weights, steps, given)
            if failure is None:
                break
        if failure is not None:
            return failure
        before = picture
        alone.append(picture)
    return _compromise_failure(question, seed, pictures, alone)


def _alone(
    question: Question,
    seed: int,
    pictures: Sequence[Tensor],
    before: Tensor,
    weights: tuple[float, float],
    steps: int,
    given: str,
) -> tuple[Tensor, CheckFailed | None]:
    """What is painted where one weight is 0; the failure if it stays too far from what pulls, and raises any other."""
    start, (alpha, beta) = pictures[2], weights
    facts = _paint(question, seed, pictures, weights, steps, given)
    _judge_running_away(question, facts, given)
    picture = _picture(question, facts, given)
    fell, stays = Fell(seed, pictures, picture), agree(picture, start, 1e-3)
    pull = pull_failure(question, seed, pictures, facts, weights, given)
    # By chance a single step brings it near, or the photo's content the painting's style.
    if beta == 0 and (fell.content >= 1 / 2 or facts.evaluations < steps):
        return picture, content_failure(question, facts, fell, stays, pull, steps, given)
    if alpha == 0 and (fell.style >= 1 / 2 or agree(picture, before, 1e-3)):
        return picture, style_failure(question, fell, stays, pull, given)
    _judge_blend(question, picture, pictures, given)
    if pull is not None:
        raise pull
    _judge_clamps(question, facts, given)
    if facts.repeats >= steps - 1:
        raise question.wrong(
            "targets_again",
            f"for {given} the network was asked {facts.repeats} times for what it had answered before.",
            "Photo and painting do not change: compute their features once, before the first step.",
        )
    return picture, None


def _judge_running_away(question: Question, facts: Painted, given: str) -> None:
    value = facts.returned.value
    if facts.accumulated:
        raise question.wrong(
            "accumulates",
            f"for {given} the optimiser was given the gradients of earlier pictures as well.",
            "backward() adds to image.grad. Clear it before each evaluation: image.grad = None, or optimiser.zero_grad().",
        )
    if facts.pulls and isinstance(value, Tensor) and value.is_floating_point() and not value.isfinite().all():
        raise question.wrong(
            "runs_away",
            f"for {given} the picture holds NaN or infinite numbers.",
            "It has run away: the steps are too long. L-BFGS or Adam measure them out; plain descent does not.",
        )


def _judge_clamps(question: Question, facts: Painted, given: str) -> None:
    """A picture may be clamped after a step, and not where its gradient, or the optimiser, is deceived."""
    if facts.moved:
        raise question.wrong(
            "moves",
            f"for {given} the picture was another one after the optimiser had called the closure.",
            "Clamping inside the closure moves the picture behind the optimiser's back. Clamp after the step, or at the end.",
        )
    if facts.clamped:
        raise question.wrong(
            "clamped_copy",
            f"for {given} the network was shown a clamped copy of the picture.",
            "Pixels outside [0, 1] feel nothing there, and never find back. Show it image itself; clamp at the end.",
        )


def _judge_blend(question: Question, picture: Tensor, pictures: Sequence[Tensor], given: str) -> None:
    if not agree(picture, pictures[2], 1e-3) and is_laid_over(picture, pictures):
        raise question.wrong(
            "laid_over",
            f"for {given} the picture is photo, painting and start laid over one another.",
            "A painter changes the pixels of start, step by step, to where the loss is less. No copy and no blend is needed.",
        )


def _compromise_failure(
    question: Question, seed: int, pictures: Sequence[Tensor], alone: Sequence[Tensor]
) -> CheckFailed | None:
    """The failure if both weights together lead to no more than one `alone` does, or than can be had unpainted."""
    photo, _, start = pictures
    firsts = []
    for weights in BOTH:
        given = f"alpha = {weights[0]:g}, beta = {weights[1]:g} and one step"
        facts = _paint(question, seed, pictures, weights, 1, given)
        picture = _picture(question, facts, given)
        to_start, to_photo = (float((picture - other).abs().mean()) for other in (start, photo))
        if to_start > to_photo:
            raise question.wrong(
                "jumps",
                f"for {given} the picture is nearer to the photo than to start.",
                "One step leads a little way from start. Does the way begin elsewhere as soon as a weight is not 0?",
            )
        if (pull := pull_failure(question, seed, pictures, facts, weights, given)) is not None:
            raise pull
        firsts.append(picture)
    others = torch.cat([*alone, unpainted(pictures)])
    few, many = STEPS_BOTH
    for number, steps in ((0, few), (0, many), (1, many)):
        weights = BOTH[number]
        given = f"alpha = {weights[0]:g}, beta = {weights[1]:g} and {steps} steps"
        facts = _paint(question, seed, pictures, weights, steps, given)
        picture = _picture(question, facts, given)
        _judge_blend(question, picture, pictures, given)
        _judge_clamps(question, facts, given)
        if (pull := pull_failure(question, seed, pictures, facts, weights, given, last=True)) is not None:
            raise pull
        if agree(picture, firsts[number], 1e-3):
            raise question.wrong(
                "same_after_all_steps",
                f"for {given} the picture is what it was after one step.",
                "Each step goes on where the last one ended. Is the return inside the loop, or the picture made anew in it?",
            )
        if _lead(seed, pictures, others, picture) >= LEAD:
            return None
    return question.wrong(
        "no_compromise",
        f"for {given} a blend of photo and painting, or one weight alone, comes as near to both as the picture.",
        "Both weights pull at once, at one picture: each step has to take the whole sum, alpha * content + beta * style.",
    )


def _lead(seed: int, pictures: Sequence[Tensor], others: Tensor, picture: Tensor) -> float:
    """How many times farther from the photo's content, or from the painting's style, the best of the others is."""
    net, layers = PaintersNetwork(seed), [CONTENT_LAYER, *STYLE_LAYERS]
    with torch.no_grad():
        photo, painting, made, rest = (net(one, layers) for one in (*pictures[:2], picture, others))
    P, A = photo[CONTENT_LAYER], grams_of(painting)
    (content, style), (contents, styles) = (
        (
            _apart(maps[CONTENT_LAYER], P),
            torch.stack([_apart(G, A[layer]) for layer, G in grams_of(maps).items()]).mean(0),
        )
        for maps in (made, rest)
    )
    return float(torch.maximum(contents / content, styles / style).min())


def _apart(X: Tensor, Y: Tensor) -> Tensor:
    """Relative distance of each X of a batch, [B], to the one Y."""
    return (X - Y).square().flatten(1).sum(1) / Y.square().sum()


def _paint(
    question: Question, seed: int, pictures: Sequence[Tensor], weights: tuple[float, float], steps: int, given: str
) -> Painted:
    """What the answer paints; raises the failure if it had to be stopped, since it went many times the steps."""
    facts: Painted = question.ask("painting", seed, pictures, *weights, steps)
    if facts.multiplied:
        raise question.wrong(
            "steps_times_steps",
            f"for {given} step() was called again and again, and went {steps} steps in each call.",
            "lbfgs(..., steps) goes all the steps in one call: optimiser.step(closure(...)), once, and in no loop.",
        )
    if facts.stopped:
        raise question.wrong(
            "ignores_steps",
            f"for {given} it was stopped: it had looked at {MOST_BESIDES + MOST_IN_A_STEP * steps} pictures.",
            "steps says how often the optimiser steps.",
        )
    return facts


def _picture(question: Question, facts: Painted, given: str) -> Tensor:
    if 0 in facts.returned.changed:
        raise question.wrong(
            "touches_network",
            f"for {given} the network came back changed, or no longer frozen.",
            "The network is the eye, and not the hand: only the picture is trained, and nothing else asks for gradients.",
        )
    picture = question.tensor(facts.returned, (1, 3, 12, 16), given)
    if facts.attached:
        raise question.wrong(
            "attached",
            f"for {given} the picture still asks for gradients.",
            "A finished picture is only numbers: return x.detach().",
        )
    return picture


def _judge_standing_still(question: Question, seed: int, pictures: Sequence[Tensor]) -> None:
    """Checks that the picture stays unchanged with weights of zero."""
    photo, _, start = pictures
    given = "alpha = 0, beta = 0 and one step"
    facts = _paint(question, seed, pictures, (0.0, 0.0), 1, given)
    picture = _picture(question, facts, given)
    if facts.evaluations > 40:
        raise question.wrong(
            "ignores_steps",
            f"for {given} the picture was evaluated {facts.evaluations} times.",
            "steps says how often the optimiser steps.",
        )
    if agree(picture, start, 1e-3):
        return
    from_start, from_photo = (float((picture - other).abs().mean()) for other in (start, photo))
    seen = f"for {given} expected start as it was; the picture is {from_start:.2g} away from it in the mean."
    if from_photo < from_start / 2:
        raise question.wrong("starts_at_photo", seen, "It is the photo. The way begins where start says.")
    if from_start > 0.15:
        raise question.wrong("ignores_start", seen, "Is it noise of its own, or grey? The way begins where start says.")
    raise question.wrong(
        "pulled", seen, "Only alpha * content and beta * style pull. Is a weight missing, or is there a third term?"
    )
