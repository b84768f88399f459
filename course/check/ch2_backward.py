"""Checks of chapter 2, the way back: through a ReLU, by three rules, and through max pooling."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from course.check.engine.compare import Mistakes, compare
from course.check.engine.differences import agree
from course.check.engine.exercise import Question, exercise
from course.neurons import backward

SHAPE = (2, 3, 4, 5)
PLAIN = "Plain is the gradient: g passes, whatever its sign, where the ReLU was open, a > 0."
RULES = {
    "plain": PLAIN,
    "deconvnet": "The deconvnet looks at g alone: what comes back must be positive, wherever it comes.",
    "guided": "Guided has both gates: a > 0, and what comes back positive.",
}

YOURS = {
    "plain": "Yours lets negative ones pass, where a > 0.",
    "deconvnet": "Yours cuts off what is negative, and does not ask for a.",
    "guided": "Yours asks for both signs.",
}


@exercise(
    backward.backward_relu,
    'section 3, "The way back"',
    stops={"bool value of Tensor": ("if_on_tensor", "An if asks one question. g * (a > 0) asks each place.")},
    solved_by=(),
)
def backward_relu(question: Question) -> str:
    """Plain: g where a > 0. Deconvnet: g where g > 0. Guided: both."""
    _judge_names(question)
    for rule in backward.RULES:

        def drawn(rule: backward.Rule = rule) -> tuple[Tensor, Tensor, backward.Rule]:
            return _with_zeros(question), _with_zeros(question), rule

        compare(question, drawn, _relu_results)
    return "plain, deconvnet and guided, for all signs of g and a, and for a = 0 exactly"


def _with_zeros(question: Question) -> Tensor:
    """Normal numbers, a fourth of them exactly 0, all signs with all signs."""
    return question.draw.normal(*SHAPE) * (question.draw.uniform(*SHAPE) > 0.25)


def _judge_names(question: Question) -> None:
    """Whether rules bear each other's names: one mistake, and not two."""
    g, a = _with_zeros(question), _with_zeros(question)
    found = {rule: question.ask("call", g, a, rule).value for rule in backward.RULES}
    if not all(isinstance(value, Tensor) for value in found.values()):
        return
    expected = {rule: backward.backward_relu(g, a, rule) for rule in backward.RULES}
    takes = {
        rule: next((other for other in backward.RULES if agree(value, expected[other])), None)
        for rule, value in found.items()
    }
    if takes["deconvnet"] == "guided" and takes["guided"] == "deconvnet":
        raise question.wrong(
            "swapped",
            'expected for "guided" what came for "deconvnet", and the other way round.',
            "Deconvnet forgets the way forward and clamps what comes back. Guided is the stricter one: both gates.",
        )
    if len(set(takes.values())) == 1 and takes["plain"] is not None:
        raise question.wrong(
            "rule_ignored",
            f'expected three results for three rules, got that of "{takes["plain"]}" each time.',
            "Ask for the rule: if rule == ... Is a return reached before the others?",
        )
    for rule, other in takes.items():
        if other is not None and other != rule:
            raise question.wrong(
                f"{other}_for_{rule}",
                f'for the rule "{rule}" expected another result, got that of "{other}".',
                f"{RULES[rule]} {YOURS[other]}",
            )


def _relu_results(g: Tensor, a: Tensor, rule: backward.Rule) -> tuple[str, Tensor, Mistakes]:
    expected = backward.backward_relu(g, a, rule)
    gate = (a > 0).float()
    looks: dict[str, tuple[Tensor, str]] = {
        "open_at_zero": (
            g * (a >= 0) if rule == "plain" else g.relu() * (a >= 0),
            "a >= 0. Where a is 0 the ReLU was shut, and autograd sends nothing back.",
        ),
        "gate_turned": (
            g * (a <= 0) if rule == "plain" else g.relu() * (a <= 0),
            "the gate is open where the ReLU was shut. It was open where a > 0.",
        ),
        "forward_relu": (a.relu(), "relu(a), the way forward. What is asked for is g on its way back."),
        "times_a": (g * a.relu(), "multiplied by relu(a). The gate is 1 where a > 0, however large a is."),
        "everything": (1.0 * g, "g as it came. A ReLU has a gate on the way back as well."),
        "magnitudes": (g.abs() * gate, "the magnitude of g: what came back negative came back positive."),
        "magnitudes_without_gate": (g.abs(), "abs(g). A clamp makes 0 of what is negative, not the opposite."),
        "negative_kept": (
            g.clamp(max=0) * (gate if rule == "guided" else 1),
            "the negative part of g was kept, and the positive one is asked for.",
        ),
        "only_gate": (gate, "the gate alone, without what passes through it."),
        "sign_of_g": ((g > 0).float(), "1 where g is positive. What passes is g itself."),
        "both_signs": ((g > 0) * gate, "1 where both gates are open. What passes is g itself."),
        "same_signs": (g * (g * a > 0), "g where g and a have the same sign, also where both are negative."),
        "gate_by_the_product": (
            (g * a).relu(),
            "relu(g * a). The gate looks at signs and leaves g as large as it was.",
        ),
        "a_passes": (a.relu() * (g > 0), "what passed is a. The gates are right, but g goes back through them."),
        "one_gate_is_enough": (
            g * ((a > 0) | (g > 0)),
            "one open gate is enough for yours: | is or. Guided asks for both, a > 0 and g > 0.",
        ),
        "lesser": (torch.minimum(g, a).relu(), "the lesser of g and a. The gate does not change g's size."),
    }
    if rule != "plain":
        looks["clamped_at_one"] = (expected.clamp(0, 1), "clamped at 1 as well. Only what is negative is cut off.")
    if rule == "deconvnet":
        del looks["open_at_zero"], looks["gate_turned"]
    apart = {name: value for name, value in looks.items() if not agree(value[0], expected)}
    return f'g and a of shape {list(SHAPE)} and the rule "{rule}"', expected, apart


@exercise(
    backward.unpool,
    'section 3, "The way back"',
    stops={
        "index out of bounds": (
            "outside",
            "A switch is row * width + column in the *large* map: make room for height * width.",
        ),
        "out of bounds": (
            "outside",
            "A switch is row * width + column in the large map: row, column = divmod(switch, width).",
        ),
        "out of range": (
            "outside",
            "A switch is row * width + column in the large map: row, column = divmod(switch, width).",
        ),
        "for index": (
            "index_type",
            "scatter takes the switches as the index, and the values third.",
        ),
        "Index tensor must have the same number of dimensions": (
            "flatten_both",
            "scatter wants maps, switches and values with the same number of axes: flatten(2) all of them, view at the end.",
        ),
        "Invalid output_size": ("odd_size", "The large map is height x width, odd sizes too: pass both on."),
        "invalid max index": ("odd_size", "max_unpool2d takes sizes for even: output_size=(height, width)."),
    },
    solved_by=(),
)
def unpool(question: Question) -> str:
    """Each value back to where its maximum stood."""
    for height, width in ((6, 8), (7, 9)):

        def drawn(height: int = height, width: int = width) -> tuple[Tensor, Tensor, int, int]:
            small = question.draw.normal(2, 3, height // 2, width // 2)
            return small, backward.switches(question.draw.normal(2, 3, height, width)), height, width

        inputs = drawn()
        value = question.ask("call", *inputs).value
        even = (2, 3, 2 * (height // 2), 2 * (width // 2))
        if isinstance(value, Tensor) and tuple(value.shape) == even != (2, 3, height, width):
            raise question.wrong(
                "odd_size",
                f"for maps of {height} x {width} expected that size, got {even[2]} x {even[3]}.",
                "Pooling leaves the last odd row and column out, and on the way back they are there again, full of 0.",
            )
        compare(question, drawn, _unpool_results)
    return "each value where its maximum stood, 0 elsewhere; for each map its own places; odd sizes too"


def _unpool_results(small: Tensor, switches: Tensor, height: int, width: int) -> tuple[str, Tensor, Mistakes]:
    def placed(values: Tensor, places: Tensor) -> Tensor:
        return backward.unpool(values, places, height, width)

    corners = torch.arange(height * width).view(height, width)[: 2 * (height // 2) : 2, : 2 * (width // 2) : 2]
    four = functional.interpolate(small, scale_factor=2)
    whole = functional.pad(four, (0, width % 2, 0, height % 2))
    sums = torch.zeros(1, 1, height * width).index_add(2, switches.flatten(), small.reshape(1, 1, -1))
    mistakes: dict[str, tuple[Tensor, str]] = {
        "spread": (whole, "each value four times. Only one of the four was the maximum, and only that one passed."),
        "shared_out": (whole / 4, "a fourth to each of the four: the way back through *average* pooling."),
        "upper_left": (
            placed(small, corners.expand_as(switches)),
            "always the upper left of each window. The switches say which of the four it was.",
        ),
        "one_channel_for_all": (
            placed(small, switches[:, :1].expand_as(switches)),
            "the switches of the first channel for all. Each map has its own maxima.",
        ),
        "one_picture_for_all": (
            placed(small, switches[:1].expand_as(switches)),
            "the switches of the first picture for all.",
        ),
        "one_map_for_all": (
            placed(small, switches[:1, :1].expand_as(switches)),
            "the switches of one map for all maps of all pictures.",
        ),
        "ones": (placed(torch.ones_like(small), switches), "1 where the maxima stood. The values belong there."),
        "positive_only": (placed(small.relu(), switches), "no negative values. What comes back may be negative."),
        "all_in_one": (
            sums.view(1, 1, height, width).expand(2, 3, -1, -1),
            "all maps in one: each belongs into a map of its own.",
        ),
        "stretched": (
            functional.interpolate(small, (height, width)),
            "enlarged to the size. Only where the maximum stood there is a value, and 0 elsewhere.",
        ),
        "smooth": (
            functional.interpolate(small, (height, width), mode="bilinear"),
            "enlarged smoothly. Only where the maximum stood there is a value, and 0 elsewhere.",
        ),
        "first_picture_only": (
            placed(small, switches) * torch.tensor([1.0, 0.0]).view(2, 1, 1, 1),
            "only the first picture of the batch was filled in.",
        ),
        "first_channel_only": (
            placed(small, switches) * torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1),
            "only the first channel was filled in.",
        ),
    }
    expected = placed(small, switches)
    apart = {name: value for name, value in mistakes.items() if name != "stretched" or height % 2}
    return f"values {list(small.shape)} of maps of {height} x {width}", expected, apart
