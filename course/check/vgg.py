"""Checks of chapter 1: sizes, the network from its table, its parameters, what a feature sees, and how to get at it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from course.check.exercise import Question, agree, exercise
from course.check.probes import Extracted, LayerFacts, NetworkFacts, small_network

Table = Sequence[int | str]


def reference_conv_output_size(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """How many places a window of `kernel` pixels finds along a side of `size` pixels."""
    return (size + 2 * padding - kernel) // stride + 1


def reference_make_vgg(table: Table) -> nn.Sequential:
    """Convolutions with their ReLUs, and "pool", by the paper's names: conv1_1, relu1_1, ..., pool1, conv2_1, ..."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    channels, stage, number = 3, 1, 1
    for entry in table:
        if isinstance(entry, str):
            layers[f"pool{stage}"] = nn.MaxPool2d(2)
            stage, number = stage + 1, 1
            continue
        layers[f"conv{stage}_{number}"] = nn.Conv2d(channels, entry, kernel_size=3, padding=1)
        layers[f"relu{stage}_{number}"] = nn.ReLU()
        channels, number = entry, number + 1
    return nn.Sequential(layers)


def reference_count_parameters(table: Table) -> int:
    """Weights and biases of the 3x3 convolutions of a table."""
    total, channels = 0, 3
    for entry in table:
        if not isinstance(entry, str):
            total += entry * (9 * channels + 1)
            channels = entry
    return total


def reference_receptive_field(layers: Iterable[tuple[int, int]]) -> int:
    """Pixels of the picture that one number behind these (kernel, stride) layers sees, along one side."""
    size, jump = 1, 1
    for kernel, stride in layers:
        size += (kernel - 1) * jump
        jump *= stride
    return size


def reference_extract(net: nn.Sequential, image: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
    """Feature maps by name, each as it left its layer, whatever the next layer does to it; no layer more than needed."""
    features: dict[str, Tensor] = {}
    x = image
    for name, layer in net.named_children():
        if len(features) == len(names):
            break
        x = layer(x)
        if name in names:
            features[name] = x.clone()
    return features


@exercise(reference_conv_output_size, 'section 1, "A window that slides"')
def conv_output_size(question: Question) -> str:
    """floor((size + 2 padding - kernel) / stride) + 1."""
    cases = [(224, 3, 1, 1), (7, 3, 2, 0), (224, 2, 2, 0), (5, 5, 1, 0), (8, 3, 2, 1)]
    cases += [
        (question.draw.whole(20, 90), question.draw.whole(2, 7), question.draw.whole(2, 4), question.draw.whole(0, 3))
        for _ in range(6)
    ]
    answers = []
    for case in cases:
        given = "size {}, kernel {}, stride {}, padding {}".format(*case)
        answers.append((case, given, question.whole(question.ask("call", *case), given)))
    wrong = {
        "no_plus_one": (
            lambda s, k, t, p: (s + 2 * p - k) // t,
            "the + 1 is missing: a window that fits exactly has one place.",
        ),
        "one_sided": (lambda s, k, t, p: (s + p - k) // t + 1, "padding counted once; it is added on both sides."),
        "no_padding": (lambda s, k, t, p: (s - k) // t + 1, "the padding is left out."),
        "no_stride": (
            lambda s, k, t, p: s + 2 * p - k + 1,
            "the stride is left out: only every stride-th place counts.",
        ),
        "plus_one_inside": (
            lambda s, k, t, p: (s + 2 * p - k + 1) // t,
            "the + 1 stands inside the division; count the steps first, then add the first place.",
        ),
        "rounded_up": (
            lambda s, k, t, p: -((k - s - 2 * p) // t) + 1,
            "rounded up: a window that hangs over the edge does not count.",
        ),
        "rounded": (
            lambda s, k, t, p: round((s + 2 * p - k) / t) + 1,
            "rounded to the nearest; only whole windows count.",
        ),
        "same": (lambda s, k, t, p: s // t, "size / stride is right only when the padding makes up for the kernel."),
    }
    for case, given, got in answers:
        expected = reference_conv_output_size(*case)
        if got == expected:
            continue
        for mistake, (formula, sentence) in wrong.items():
            if all(value == formula(*other) for other, _, value in answers):
                raise question.wrong(
                    mistake, f"for {given} expected {expected}, got {got}.", f"This looks like: {sentence}"
                )
        raise question.wrong(
            "other",
            f"for {given} expected {expected}, got {got}.",
            "Draw the pixels as boxes, slide the window over them, and count its places.",
        )
    return "right for 11 sizes, kernels, strides and paddings, rounded down where windows do not fit"


@exercise(reference_make_vgg, 'section 2, "The network from its table"')
def make_vgg(question: Question) -> str:
    """A table of widths and "pool" -> nn.Sequential with the paper's names."""
    a, b, c = (question.draw.whole(2, 4) * k for k in (1, 2, 3))
    table = [a, a, "pool", b, "pool", c, c, c]
    given = f"the table {table}".replace("'", '"')
    facts: NetworkFacts = question.ask("network", question.draw.uniform(1, 3, 12, 8), table)
    if facts.kind == "NoneType":
        raise question.wrong("none", f"for {given} it returned nothing.", "Is the return missing?")
    if not facts.layers:
        raise question.wrong(
            "no_module",
            f"for {given} expected an nn.Sequential, got a {facts.kind}.",
            "Collect the layers in an OrderedDict, and give it to nn.Sequential.",
        )
    wanted = reference_make_vgg(table)
    kinds = [type(layer).__name__ for layer in wanted]
    _judge_kinds(question, given, [layer.kind for layer in facts.layers], kinds)
    for layer, (name, ours) in zip(facts.layers, wanted.named_children(), strict=True):
        _judge_layer(question, given, layer, name, ours)
    expected = (1, c, 3, 2)
    if facts.outputs[facts.layers[-1].name] != expected:
        raise question.wrong(
            "shape",
            f"for {given} and a picture [1, 3, 12, 8] expected {list(expected)}, "
            f"got {list(facts.outputs[facts.layers[-1].name])}.",
            "Print the shape after every layer.",
        )
    if facts.parameters != reference_count_parameters(table):
        raise question.wrong(
            "parameters",
            f"for {given} expected {reference_count_parameters(table)} parameters, got {facts.parameters}.",
            "Is a layer used twice, or hidden inside another?",
        )
    return (
        f"{len(kinds)} layers with the paper's names, 3x3 convolutions with padding 1, ReLUs that keep what they read"
    )


def _judge_kinds(question: Question, given: str, got: list[str], wanted: list[str]) -> None:
    if got == wanted:
        return
    seen = f"for {given} expected {len(wanted)} layers ({_counts(wanted)}), got {len(got)} ({_counts(got)})."
    if "ReLU" not in got:
        raise question.wrong(
            "no_relu", seen, "Every convolution is followed by a ReLU; without it the layers melt into one."
        )
    if got.count("MaxPool2d") < wanted.count("MaxPool2d"):
        raise question.wrong("no_pool", seen, 'Every "pool" of the table is an nn.MaxPool2d(2).')
    if got == wanted[:-1]:
        raise question.wrong("last_relu", seen, "The last convolution has its ReLU as well.")
    if got.count("BatchNorm2d"):
        raise question.wrong(
            "batchnorm", seen, "The VGG of 2014 has no batch normalisation; its weights would not fit."
        )
    if got.count("ReLU") < got.count("Conv2d"):
        raise question.wrong("few_relus", seen, "A ReLU follows every convolution, not only the last of a stage.")
    raise question.wrong("layers", seen, 'For a number: convolution, ReLU. For "pool": a pooling. Nothing else.')


def _judge_layer(question: Question, given: str, layer: LayerFacts, name: str, ours: nn.Module) -> None:
    if layer.name != name:
        if layer.name.isdigit():
            raise question.wrong(
                "numbered",
                f"for {given} a layer is called {layer.name!r}, expected {name!r}.",
                "Give nn.Sequential an OrderedDict from names to layers; a list gets numbers.",
            )
        raise question.wrong(
            "names",
            f"for {given} a layer is called {layer.name!r}, expected {name!r}.",
            "convS_K is the K-th convolution of stage S; after a pool S grows and K starts at 1.",
        )
    if layer.settings.get("inplace"):
        raise question.wrong(
            "inplace",
            f"for {given} {name} works in place.",
            "ReLU(inplace=True) writes over what the convolution left: section 5 shows what that does.",
        )
    if not isinstance(ours, nn.Conv2d):
        return
    got = layer.settings
    if (got["in_channels"], got["out_channels"]) != (ours.in_channels, ours.out_channels):
        raise question.wrong(
            "channels",
            f"for {given} {name} takes {got['in_channels']} channels and gives "
            f"{got['out_channels']}, expected {ours.in_channels} and {ours.out_channels}.",
            "A convolution takes what the one before it gave; the first takes R, G, B.",
        )
    if tuple(got["kernel_size"]) != (3, 3):
        raise question.wrong(
            "kernel",
            f"for {given} {name} has kernel {got['kernel_size']}, expected (3, 3).",
            "VGG's idea: only 3x3 windows, and many of them.",
        )
    if tuple(got["padding"]) != (1, 1):
        raise question.wrong(
            "padding",
            f"for {given} {name} has padding {got['padding']}, expected (1, 1).",
            "Without a border of one pixel each convolution makes the map two pixels smaller.",
        )


def _counts(kinds: list[str]) -> str:
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)) or "none"


@exercise(reference_count_parameters, 'section 3, "How many numbers is that?"')
def count_parameters(question: Question) -> str:
    """Weights and biases of the convolutions of a table."""
    small = [question.draw.whole(2, 6), "pool", question.draw.whole(7, 9), question.draw.whole(10, 14)]
    vgg16 = [64, 64, "pool", 128, 128, "pool", *[256] * 3, "pool", *[512] * 3, "pool", *[512] * 3, "pool"]
    for table, given in ((small, f"the table {small}".replace("'", '"')), (vgg16, "the table of VGG-16")):
        got = question.whole(question.ask("call", table), given)
        widths = [entry for entry in table if not isinstance(entry, str)]
        pairs = list(zip([3, *widths], widths, strict=False))
        question.same(
            float(got),
            float(reference_count_parameters(table)),
            given,
            {
                "no_bias": (
                    float(sum(9 * i * o for i, o in pairs)),
                    "the biases are missing: one for each output channel.",
                ),
                "no_kernel": (float(sum(i * o + o for i, o in pairs)), "the 3 x 3 places of the window are missing."),
                "three_not_nine": (float(sum(3 * i * o + o for i, o in pairs)), "3 instead of 3 x 3 = 9 places."),
                "bias_per_weight": (
                    float(sum((9 * i + i) * o for i, o in pairs)),
                    "a bias for each input channel; there is one for each output channel.",
                ),
                "one_bias": (
                    float(sum(9 * i * o + 1 for i, o in pairs)),
                    "one bias for a layer; each channel has its own.",
                ),
                "grey": (
                    float(sum(o * (9 * i + 1) for i, o in zip([1, *widths], widths, strict=False))),
                    "the first convolution takes 3 channels: R, G and B.",
                ),
                "first_layer_left_out": (
                    float(sum(o * (9 * i + 1) for i, o in pairs[1:])),
                    "the first convolution is missing, the one that reads the picture.",
                ),
                "squares": (
                    float(sum(o * (9 * o + 1) for o in widths)),
                    "the width of the layer before was not remembered: in and out channels differ.",
                ),
                "last_only": (
                    float(widths[-1] * (9 * pairs[-1][0] + 1)),
                    "only the last layer was counted: add up with +=.",
                ),
            },
            tolerance=1e-9,
        )
    return "weights and biases of every convolution; 14,714,688 for VGG-16"


@exercise(reference_receptive_field, 'section 4, "What one feature can see"')
def receptive_field(question: Question) -> str:
    """Pixels that one number sees behind (kernel, stride) layers."""
    conv, pool = (3, 1), (2, 2)
    cases = [[conv], [conv, conv], [conv, conv, pool], [conv, conv, pool, conv], [(5, 2), pool, conv, pool, conv]]
    cases.append([(question.draw.whole(1, 5), question.draw.whole(1, 3)) for _ in range(6)])
    answers = [(case, question.whole(question.ask("call", case), f"the layers {case}")) for case in cases]
    wrong = {
        "no_stride": (
            lambda case: 1 + sum(k - 1 for k, _ in case),
            "strides are ignored: behind a pooling, one step means two pixels of the picture.",
        ),
        "sum_of_kernels": (lambda case: sum(k for k, _ in case), "kernels added up; neighbouring windows overlap."),
        "product": (lambda case: _product(k for k, _ in case), "kernels multiplied; neighbouring windows overlap."),
        "jump_too_early": (
            lambda case: _field(case, early=True),
            "a layer's own stride was counted for its own window; it counts for the layers behind it.",
        ),
        "starts_at_zero": (
            lambda case: reference_receptive_field(case) - 1,
            "it starts at 0; with no layer, one pixel sees itself.",
        ),
        "jump_added": (lambda case: _field(case, added=True), "strides were added; steps of steps multiply."),
        "backwards": (
            lambda case: reference_receptive_field(list(reversed(case))),
            "the layers were gone through from the end with the formula for the beginning.",
        ),
        "jump": (
            lambda case: _product(t for _, t in case),
            "this is the step between neighbours, the product of strides, not the size.",
        ),
    }
    for case, got in answers:
        expected = reference_receptive_field(case)
        if got == expected:
            continue
        seen = f"for the layers {case}, each (kernel, stride), expected {expected} pixels, got {got}."
        for mistake, (formula, sentence) in wrong.items():
            if all(value == formula(other) for other, value in answers):
                raise question.wrong(mistake, seen, f"This looks like: {sentence}")
        raise question.wrong("other", seen, "Draw three rows of boxes, and follow one box of the last row back.")
    return "right for convolutions, poolings and 6 random layers: 3x3 twice sees 5, behind a pooling every step counts double"


def _product(numbers: Iterable[int]) -> int:
    product = 1
    for number in numbers:
        product *= number
    return product


def _field(case: Sequence[tuple[int, int]], early: bool = False, added: bool = False) -> int:
    """Receptive field with one of two mistakes in it."""
    size, jump = 1, 1
    for kernel, stride in case:
        before = jump
        jump = jump + stride - 1 if added else jump * stride
        size += (kernel - 1) * (jump if early else before)
    return size


@exercise(reference_extract, 'section 5, "The trap"')
def extract(question: Question) -> str:
    """Feature maps by name, also from a network whose ReLUs work in place."""
    seed, image = question.draw.whole(0, 2**31), question.draw.uniform(2, 3, 8, 6)
    names = ["conv1_1", "relu1_2"]
    given = f"the layers {names}"
    plain: Extracted = question.ask("extraction", seed, False, image, names)
    _judge_dictionary(question, plain, names, given)
    right = reference_extract(small_network(seed, False), image, names)
    for name in names:
        got = question.tensor_of(plain.returned, name, tuple(right[name].shape), given)
        question.same(
            got,
            right[name].detach(),
            f"{name}, ReLUs out of place,",
            {
                "after_relu": (
                    _neighbour(seed, image, name, 1),
                    "the maps of the layer behind it: keep x as this layer left it.",
                ),
                "before": (
                    _neighbour(seed, image, name, -1),
                    "the maps of the layer before it: run the layer first, then keep x.",
                ),
            },
        )
    trapped: Extracted = question.ask("extraction", seed, True, image, names)
    _judge_dictionary(question, trapped, names, given)
    kept = question.tensor_of(trapped.returned, "conv1_1", tuple(right["conv1_1"].shape), given)
    if not agree(kept, right["conv1_1"].detach()):
        raise question.wrong(
            "inplace",
            "with ReLU(inplace=True), as torchvision builds VGG, conv1_1 has no negative value.",
            "This looks like: the ReLU wrote over the maps that were kept. Keep a copy: x.clone().",
        )
    _judge_way(question, trapped, image, names)
    return "each map as it left its layer, also from ReLUs that work in place; gradients pass, no layer runs in vain"


def _judge_dictionary(question: Question, extracted: Extracted, names: list[str], given: str) -> None:
    returned = extracted.returned
    question.unchanged(returned, given)
    if returned.kind == "NoneType":
        raise question.wrong("none", f"for {given} it returned nothing.", "Is the return missing?")
    if not isinstance(returned.value, dict):
        raise question.wrong(
            "no_dict",
            f"for {given} expected a dictionary, got a {returned.kind}.",
            "features[name] = ... : layers by name, so that nobody has to count.",
        )
    got = set(returned.value)
    if missing := sorted(set(names) - got):
        raise question.wrong(
            "missing",
            f"for {given} {missing[0]!r} is missing; there are {sorted(got) or 'no entries'}.",
            "Compare names with named_children(), and do not stop before the last one asked for.",
        )
    if extra := sorted(got - set(names)):
        raise question.wrong(
            "extra",
            f"for {given} {extra[0]!r} was kept as well.",
            "Keep only what was asked for: all maps of VGG-19 for one photo fill 300 MB.",
        )


def _judge_way(question: Question, extracted: Extracted, image: Tensor, names: list[str]) -> None:
    if extracted.gradient is None or agree(extracted.gradient, torch.zeros_like(image)):
        raise question.wrong(
            "detached",
            "no gradient finds its way from the features back to the picture.",
            "clone() keeps a copy that gradients pass; detach(), .data and no_grad() cut the way.",
        )
    if extracted.ran[-1] != names[-1]:
        raise question.wrong(
            "too_deep",
            f"for the layers {names} it ran on to {extracted.ran[-1]}.",
            "Leave the loop when all features are there: the deep layers cost as much as the rest.",
        )


def _neighbour(seed: int, image: Tensor, name: str, step: int) -> Tensor:
    net = small_network(seed, False)
    names = [child for child, _ in net.named_children()]
    place = names.index(name) + step
    if place < 0:
        return image
    other = names[place]
    return reference_extract(net, image, [other])[other].detach()
