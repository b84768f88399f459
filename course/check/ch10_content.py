"""Check of chapter 10, section 1: how far a picture is from the photo, as a judge sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from course.check.ch10_probes import LAYERS, JudgesNetwork
from course.check.engine.compare import Mistakes, compare
from course.check.engine.exercise import Question, exercise
from course.measure import judging
from course.training import perceptual

SIZE = (24, 20)
Inputs = tuple[int, Tensor, Tensor, Any]

CONTENT = {
    "no_ratio": "the sum of the squares, not divided by |P|^2.",
    "half_sum": "half the sum of the squares, chapter 3's loss. Here it is |F - P|^2 / |P|^2, with no 1/2.",
    "mean_square": "the mean of the squares. Divide their sum by |P|^2, the sum of the photo's squares.",
    "mean_over_sum": "the mean of (F - P)^2 over the sum of P^2. Take two sums, or two means.",
    "by_picture": "divided by |F|^2, the picture's. The photo is the measure: divide by |P|^2.",
    "by_both": "divided by |F|^2 + |P|^2. The photo alone is the measure: divide by |P|^2.",
    "by_product": "divided by |F| |P|. The photo alone is the measure: divide by |P|^2.",
    "by_length": "divided by |P|. It is squared below as well as above: |P|^2.",
    "by_variance": "divided by the squares of P less its mean. All of P counts: |P|^2.",
    "by_pixels": "divided by the squares of the photo's pixels. Divide by those of its maps, |P|^2.",
    "root": "the root of it, |F - P| / |P|. Both are squared.",
    "halved": "half of it. There is no 1/2 in |F - P|^2 / |P|^2.",
    "fourth_power": "squared once more. |F - P|^2 is the sum of the squares already.",
    "absolute": "absolute values, sum |F - P| / sum |P|. Squares are asked for, above and below.",
    "each_number": "a ratio for each number, and then their mean. Take both sums first, and divide once.",
    "each_channel": "a ratio for each channel, and then their mean. Take both sums first, and divide once.",
    "each_place": "a ratio for each place, and then their mean. Take both sums first, and divide once.",
    "largest": "the largest difference only. All of them are added up.",
    "pixels": "the pixels were compared. Compare the judge's maps, net(image, [layer])[layer].",
    "stem_always": 'the maps of "stem", whatever the layer. `layer` says which.',
    "block4_always": 'the maps of "block4", whatever the layer. `layer` says which.',
    "block10_always": 'the maps of "block10", whatever the layer. `layer` says which.',
    "all_layers": "the mean over several layers. `layer` is one of them, and it alone counts.",
    "gram": "Gram matrices were compared. That is style; content compares the maps, place by place.",
    "means": "each channel's mean was compared. Content compares the maps, place by place.",
    "over_channels": "the channels were averaged first. Each channel is compared by itself.",
    "centred": "each channel's mean was taken away first. The maps stay as they are.",
    "normalised": "both maps were divided by their lengths first. Compare them as they are.",
    "product": "the product of the maps. Take their difference, and its squares.",
    "cosine": "1 - cosine of the two maps. |F - P|^2 / |P|^2 is asked for.",
    "correlation": "the cosine of the two maps, which grows when they are alike. A distance is asked for.",
    "similarity": "1 less the distance. The distance itself: 0 is the same.",
    "squared_late": "added up first and squared then, so that differences cancel. Square each one first.",
    "squares_apart": "|F|^2 - |P|^2. Take away first and square then: |F - P|^2.",
    "sum_of_both": "F + P where F - P is meant.",
    "no_negatives": "negative numbers of the maps were cut off. They count as all others.",
    "itself": "0, as if a picture were compared with itself. One of the two is the picture, one the photo.",
}
ATTACHED = "nobody asks for a gradient, and its graph keeps all maps in memory. Measure inside `with torch.no_grad():`."
NO_LIST = ("no_list", "net takes a list of names, also of one: net(image, [layer])[layer].")
NO_KEY = ("no_key", "net hands back a dictionary of the layers that it was asked for: net(image, [layer])[layer].")
NOT_THERE = "net knows only the layers that the judge has. Pass on the names that were given, as they are."


class Asked(Question):
    """The same question, for which a call is a call with a judge."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.exercise, question.answer, question.draw)

    def ask(self, probe: str, *inputs: Any) -> Any:
        """See `Question.ask`."""
        return super().ask("judging", *inputs).returned if probe == "call" else super().ask(probe, *inputs)


def picture_of(question: Question, height: int, width: int) -> Tensor:
    """A picture with a tint and detail of its own."""
    draw = question.draw
    coarse = functional.interpolate(draw.uniform(1, 3, 4, 3), (height, width), mode="bilinear")
    tint, strength = draw.uniform(1, 3, 1, 1), 0.2 + 0.3 * draw.uniform(1)
    return 0.4 * tint + 0.6 * (strength * draw.uniform(1, 3, height, width) + (1 - strength) * coarse)


def judge_itself(asked: Asked, inputs: Inputs, what: str, hint: str) -> None:
    """Raises CheckFailed if a picture is not at distance 0 from itself; `what` it is compared with, in a word."""
    seed, picture, _, layers = inputs
    given = f"the {what} itself as the picture"
    got = asked.tensor(asked.ask("call", seed, picture, picture, layers), (), given)
    if float(got.abs()) > 1e-4:
        raise asked.wrong("not_zero", f"for {given} expected 0, got {float(got):.4g}.", hint)


def judge_far(asked: Asked, draw: Callable[[], Inputs], distance: Callable[..., Tensor], what: str) -> None:
    """Raises CheckFailed if distances end at 1: that of a vivid picture from a nearly flat one is above 1.5."""
    while True:
        seed, picture, other, layers = draw()
        inputs = seed, (0.5 + 1.4 * (picture - 0.5)).clamp(0, 1), 0.5 + 0.02 * (other - 0.5), layers
        expected = distance(*inputs)
        if float(expected) > 1.5:
            break
    given = f"a vivid picture and a nearly flat {what}"
    cut = {"cut_off": (torch.ones(()), "cut off at 1. A distance has no upper end: leave the number as it is.")}
    asked.same(asked.tensor(asked.ask("call", *inputs), (), given), expected, given, cut)


def judge_attached(question: Question, inputs: Inputs) -> None:
    """Raises CheckFailed if what comes back for pictures that want a gradient wants one as well."""
    if question.ask("judging", *inputs, True).attached:
        seen = "for pictures that want a gradient, the number wants one too."
        raise question.wrong("attached", seen, f"This looks like: no no_grad(): {ATTACHED}")


def share(X: Tensor, Y: Tensor) -> Tensor:
    """|X - Y|^2 / |Y|^2."""
    return (X - Y).square().sum() / Y.square().sum()


def gram(F: Tensor) -> Tensor:
    """Of the maps of one picture, a sum over its places: [1, N, N]."""
    rows = F.double().flatten(2)
    return rows @ rows.mT


@exercise(
    judging.content_distance,
    'section 1, "Two numbers"',
    stops={
        "layers is a list": NO_LIST,
        "no layer": ("no_layer", NOT_THERE),
        "KeyError": NO_KEY,
        "unsupported operand type(s) for -: 'dict'": NO_KEY,
        "must match the size of tensor": (
            "shapes",
            "Picture and photo have one size, and so have their maps in one layer. Was one of them asked for in another?",
        ),
    },
    solved_by=(perceptual.content_distance,),
)
def content_distance(question: Question) -> str:
    """|F - P|^2 / |P|^2 in one layer of a judge."""
    asked = Asked(question)
    for layer in ("block2", "block0"):
        compare(asked, lambda layer=layer: _with_photo(question, layer), _content_results)  # type: ignore[misc]
    for layer, size in (("stem", (9, 15)), ("block4", (17, 12)), ("block10", (30, 30))):
        inputs = _with_photo(question, layer, size)
        given = f"pictures of shape {list(inputs[1].shape)} and {layer!r}"
        asked.same(asked.tensor(asked.ask("call", *inputs), (), given), _content(*inputs), given, {})
    judge_far(asked, lambda: _with_photo(question, "block0"), _content, "photo")
    judge_itself(asked, _with_photo(question, "block2"), "photo", "Nothing but F - P is squared and added up.")
    judge_attached(question, _with_photo(question, "block2"))
    return "|F - P|^2 / |P|^2 in any layer, whatever the size; 0 for the photo itself; no graph is kept"


def _with_photo(question: Question, layer: str, size: tuple[int, int] = SIZE) -> Inputs:
    """A judge, a picture that has something of the photo, the photo, and the layer."""
    photo, share = picture_of(question, *size), 0.3 + 0.3 * float(question.draw.uniform(1))
    return question.draw.whole(0, 2**31), share * photo + (1 - share) * picture_of(question, *size), photo, layer


def _content(seed: int, picture: Tensor, photo: Tensor, layer: str) -> Tensor:
    return judging.content_distance(JudgesNetwork(seed), picture, photo, layer)


def _content_results(seed: int, picture: Tensor, photo: Tensor, layer: str) -> tuple[str, Tensor, Mistakes]:
    net = JudgesNetwork(seed)
    ours, theirs = net(picture, list(LAYERS)), net(photo, list(LAYERS))
    F, P = ours[layer].double(), theirs[layer].double()
    apart, size, places = (F - P).square(), P.square(), (2, 3)
    right, cosine = share(F, P), (F * P).sum() / F.norm() / P.norm()
    of_layers = {name: share(ours[name], theirs[name]) for name in LAYERS}

    def level(x: Tensor) -> Tensor:
        return x - x.mean(places, keepdim=True)

    results = {
        "no_ratio": apart.sum(),
        "half_sum": apart.sum() / 2,
        "mean_square": apart.mean(),
        "mean_over_sum": apart.mean() / size.sum(),
        "by_picture": share(P, F),
        "by_both": apart.sum() / (F.square() + size).sum(),
        "by_product": apart.sum() / (F.norm() * P.norm()),
        "by_length": apart.sum() / P.norm(),
        "by_variance": apart.sum() / level(P).square().sum(),
        "by_pixels": apart.sum() / photo.square().sum(),
        "root": right.sqrt(),
        "halved": right / 2,
        "fourth_power": right.square(),
        "absolute": (F - P).abs().sum() / P.abs().sum(),
        "each_number": (apart / size).mean(),
        "each_channel": (apart.sum(places) / size.sum(places)).mean(),
        "each_place": (apart.sum(1) / size.sum(1)).mean(),
        "largest": apart.max() / size.max(),
        "pixels": share(picture, photo),
        **{f"{name}_always": of_layers[name] for name in ("stem", "block4", "block10")},
        "all_layers": torch.stack([*of_layers.values()]).mean(),
        "gram": share(gram(F), gram(P)),
        "means": share(F.mean(places), P.mean(places)),
        "over_channels": share(F.mean(1), P.mean(1)),
        "centred": share(level(F), level(P)),
        "normalised": share(F / F.norm(), P / P.norm()),
        "product": (F * P).sum() / size.sum(),
        "cosine": 1 - cosine,
        "correlation": cosine,
        "similarity": 1 - right,
        "squared_late": (F - P).sum().square() / P.sum().square(),
        "squares_apart": (F.square() - size).sum() / size.sum(),
        "sum_of_both": share(-F, P),
        "no_negatives": share(F.relu(), P.relu()),
        "itself": torch.zeros(()),
    }
    mistakes = {mistake: (value.float(), CONTENT[mistake]) for mistake, value in results.items()}
    return f"pictures of shape {list(photo.shape)} and {layer!r}", _content(seed, picture, photo, layer), mistakes
