"""Checks of chapter 7, the network: instance norm, a residual block, an enlargement that leaves no checkerboard."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from course.check.ch7_norms import judge_epsilon, judge_way_back, normalised
from course.check.ch7_probes import Blocked
from course.check.engine.compare import Mistakes, compare
from course.check.engine.exercise import Question, exercise
from course.nets import feedforward

SHAPE = (2, 3, 4, 5)
GAMMA = "gamma and beta are [N], one number a channel: gamma.view(1, -1, 1, 1) puts it where the channels are."


@exercise(
    feedforward.instance_norm,
    'section 2, "Contrast is not content"',
    stops={
        "must match the size of tensor": ("gamma_axis", GAMMA),
        "must match the existing size": ("gamma_axis", GAMMA),
    },
    solved_by=(),
)
def instance_norm(question: Question) -> str:
    """gamma (x - mean) / sqrt(variance + 1e-5) + beta, over the places of one channel of one picture."""

    def drawn() -> tuple[Tensor, Tensor, Tensor]:
        own = question.draw.normal(2, 3, 1, 1), 0.5 + 2 * question.draw.uniform(2, 3, 1, 1)
        return own[0] + own[1] * question.draw.normal(*SHAPE), question.draw.normal(3), question.draw.normal(3)

    x, gamma, beta = compare(question, drawn, _norm_results)
    scale, shift = gamma.view(1, -1, 1, 1), beta.view(1, -1, 1, 1)
    judge_epsilon(question, lambda maps: question.ask("call", maps, gamma, beta), scale, shift, SHAPE)
    _judge_norm_gradients(question, x, gamma, beta)
    return "mean beta and deviation |gamma| for each channel of each picture; flat maps stay finite; gradients pass"


def _norm_results(x: Tensor, gamma: Tensor, beta: Tensor) -> tuple[str, Tensor, Mistakes]:
    g, b = gamma.view(1, -1, 1, 1), beta.view(1, -1, 1, 1)
    places = (2, 3)
    centred, deviation = x - x.mean(places, keepdim=True), x.std(places, correction=0, keepdim=True)
    n = normalised(x, places)
    low, high = x.amin(places, keepdim=True), x.amax(places, keepdim=True)
    first = (x - x[:1].mean(places, keepdim=True)) / x[:1].std(places, correction=0, keepdim=True)
    mistakes = {
        "batch_too": (
            g * normalised(x, (0, 2, 3)) + b,
            "statistics over the whole batch: batch norm. Each picture has its own contrast: .mean((2, 3)).",
        ),
        "over_channels": (
            g * normalised(x, (1, 2, 3)) + b,
            "statistics over all channels: layer norm. Each channel has its own: .mean((2, 3)).",
        ),
        "all_in_one": (
            g * normalised(x, (0, 1, 2, 3)) + b,
            "one mean and one deviation for everything, .mean() without axes. Each channel of each picture has its own.",
        ),
        "at_each_place": (
            g * normalised(x, (1,)) + b,
            "normalised across the channels at each place. It is across the places in each channel: axes 2 and 3.",
        ),
        "rows_apart": (
            g * normalised(x, (3,)) + b,
            "each row by itself, axis 3 alone. All places of a map count together: .mean((2, 3)).",
        ),
        "columns_apart": (
            g * normalised(x, (2,)) + b,
            "each column by itself, axis 2 alone. All places of a map count together: .mean((2, 3)).",
        ),
        "unbiased": (
            g * normalised(x, places, correction=1) + b,
            "divided by M - 1 under the root, torch's default. Here it is M: var(..., correction=0).",
        ),
        "by_the_variance": (
            g * centred / deviation.square() + b,
            "divided by the variance: its root is missing.",
        ),
        "by_the_length": (
            g * centred / centred.square().sum(places, keepdim=True).sqrt() + b,
            "divided by the root of the sum of squares. The variance is their mean.",
        ),
        "by_the_range": (
            g * (x - low) / (high - low) + b,
            "brought to [0, 1] by least and largest value. It is mean and deviation: one odd pixel shall not decide.",
        ),
        "mean_absolute": (
            g * centred / centred.abs().mean(places, keepdim=True) + b,
            "divided by the mean absolute deviation. It is the root of the mean square.",
        ),
        "not_divided": (
            g * centred + b,
            "the mean was taken away, and nothing was divided: the contrast gets through.",
        ),
        "multiplied": (g * centred * deviation + b, "multiplied by the deviation, where it is divided by."),
        "mean_kept": (g * x / deviation + b, "divided without the mean taken away first."),
        "root_mean_square": (
            g * x / x.square().mean(places, keepdim=True).sqrt() + b,
            "divided by the root of the mean of x squared. Take the mean away first, in both places.",
        ),
        "gamma_left_out": (n + b, "gamma was left out: the network could not say which channel matters."),
        "beta_left_out": (g * n, "beta was left out."),
        "neither": (n, "gamma and beta were both left out."),
        "beta_first": (g * (n + b), "beta was added before gamma multiplied: gamma * n + beta."),
        "swapped": (b * n + g, "gamma and beta have changed places. gamma multiplies, beta is added."),
        "magnitude": (g.abs() * n + b, "the magnitude of gamma. It may be negative: it turns light and dark round."),
        "beta_taken_away": (g * n - b, "beta was taken away, and it is added."),
        "mean_given_back": (
            g * n + b + x.mean(places, keepdim=True),
            "the picture's own mean was added again. Its place is beta's.",
        ),
        "one_more": ((1 + g) * n + b, "1 + gamma, as some programs have it. Here it is gamma."),
        "first_pictures_statistics": (
            g * first + b,
            "the first picture's mean and deviation for all. Each picture has its own.",
        ),
        "turned": (-g * n + b, "mean - x, where x - mean belongs."),
    }
    return f"maps of shape {list(SHAPE)}", g * n + b, mistakes


def _judge_norm_gradients(question: Question, x: Tensor, gamma: Tensor, beta: Tensor) -> None:
    judge_way_back(question, gamma.view(1, -1, 1, 1), x, gamma, beta)
    for number, name in ((1, "gamma"), (2, "beta")):
        if question.ask("gradient_to", number, x, gamma, beta) is None:
            raise question.wrong(
                "detached",
                f"no gradient finds its way back to {name}.",
                "detach(), .data, .item() or no_grad() cut the way. Everything here learns, or lets others learn.",
            )


@exercise(
    feedforward.residual_block,
    'section 3, "Only what changes"',
    stops={"'Tensor' object is not callable": ("not_functions", "first and second are functions: first(x) calls one.")},
    solved_by=(),
)
def residual_block(question: Question) -> str:
    """x + second(relu(first(x)))."""
    x, factors, more = question.draw.normal(*SHAPE), question.draw.normal(2, 3), 0.5 * question.draw.normal(2, 3)
    factors = (0.5 + factors.abs()) * torch.tensor(
        [[1.0, -1.0, 1.0], [1.0, 1.0, -1.0]]
    )  # so that no ReLU is for nothing
    given = f"maps of shape {list(SHAPE)}"
    found: Blocked = question.ask("block_of", x, factors, more)
    question.present(found.returned, given)
    got = question.tensor(found.returned, SHAPE, given)
    question.same(got, _block(x, factors, more), given, _block_mistakes(x, factors, more))
    _judge_block_calls(question, found, given)
    h = x * factors[0].view(1, -1, 1, 1) + more[0].view(1, -1, 1, 1)
    if found.gradient is None:
        raise question.wrong(
            "detached",
            "no gradient finds its way back to x.",
            "detach(), .data or no_grad() cut the way: what lies before this block could never learn.",
        )
    slope = 1 + (h > 0) * factors.prod(0).view(1, -1, 1, 1)
    question.same(
        found.gradient,
        slope,
        "the gradient of the sum to x",
        {
            "x_detached": (slope - 1, "the way past the layers is cut. x itself is added, not a detached copy."),
            "layers_detached": (torch.ones_like(x), "the way through the layers is cut: they could never learn."),
        },
    )
    return "x plus second(relu(first(x))), negative numbers and all; each layer called once; x is left alone"


def _layers(factors: Tensor, more: Tensor, number: int, maps: Tensor) -> Tensor:
    return maps * factors[number].view(1, -1, 1, 1) + more[number].view(1, -1, 1, 1)


def _block(x: Tensor, factors: Tensor, more: Tensor) -> Tensor:
    return x + _layers(factors, more, 1, _layers(factors, more, 0, x).relu())


def _block_mistakes(x: Tensor, factors: Tensor, more: Tensor) -> Mistakes:
    def first(maps: Tensor) -> Tensor:
        return _layers(factors, more, 0, maps)

    def second(maps: Tensor) -> Tensor:
        return _layers(factors, more, 1, maps)

    h = first(x).relu()
    change = second(h)
    return {
        "relu_at_the_end": (
            (x + change).relu(),
            "a ReLU after the sum. Then no block could make anything smaller than 0: the sum is returned as it is.",
        ),
        "relu_on_the_change": (x + change.relu(), "a ReLU after second. A change may be negative: add it as it is."),
        "relu_twice": (
            (x + change.relu()).relu(),
            "a ReLU after second and one after the sum. There is only one, between.",
        ),
        "sum_forgotten": (change, "second(relu(first(x))) alone. x itself is added to it."),
        "no_relu": (
            x + second(first(x)),
            "no ReLU between the layers: two convolutions in a row are one.",
        ),
        "relu_first": (x + second(first(x.relu())), "the ReLU stands before first. It stands between the layers."),
        "relu_first_too": (
            x + second(first(x.relu()).relu()),
            "a ReLU before first as well. There is only one, between.",
        ),
        "x_cut_off": (x.relu() + change, "relu(x) was added. x is added as it came, negative numbers too."),
        "second_missing": (x + h, "x + relu(first(x)): second was left out."),
        "only_first": (x + first(x), "x + first(x): the ReLU and second were left out."),
        "first_missing": (x + second(x.relu()), "x + second(relu(x)): first was left out."),
        "first_twice": (x + first(h), "first came twice. The outer layer is second."),
        "second_twice": (x + second(second(x).relu()), "second came twice. The inner layer is first."),
        "turned_round": (x + first(second(x).relu()), "second came before first."),
        "taken_away": (x - change, "the change was taken away, and it is added."),
        "difference": (change - x, "x was taken away from the change. Both are added."),
        "mean_of_both": ((x + change) / 2, "half the sum. Where the change is 0, x must come out as it went in."),
        "product": (x * change, "a product. x is added: where the change is 0, x must come out as it went in."),
        "hidden_added": (h + change, "what first made was added. It is x that is added, as it came in."),
        "summed_too_early": (second((x + first(x)).relu()), "x was added before second. It is added at the very end."),
        "added_twice": (
            x + second((x + first(x)).relu()),
            "x was added twice, also between the layers. It is added once, at the end.",
        ),
        "side_by_side": (x + first(x) + second(x), "first and second side by side. second gets what first made."),
        "other_bend": (
            x + second(functional.leaky_relu(first(x), 0.01)),
            "a leaky ReLU. A plain one lets nothing negative through.",
        ),
    }


def _judge_block_calls(question: Question, found: Blocked, given: str) -> None:
    for name, seen in (("first", found.first), ("second", found.second)):
        if len(seen) > 1:
            raise question.wrong(
                "layers_again",
                f"for {given} {name} was called {len(seen)} times, expected once.",
                "Each call costs a convolution, forwards and back: keep what came out under a name.",
            )
