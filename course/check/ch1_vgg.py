"""Checks of chapter 1, the network: made from its table, and its features taken out by name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from course.check.ch1_arithmetic import POOL_IS_A_WORD, Table, in_words, reference_count_parameters
from course.check.ch1_probes import Extracted, LayerFacts, NetworkFacts, small_network
from course.check.engine.answers import AnswerError
from course.check.engine.differences import agree
from course.check.engine.exercise import Question, exercise
from course.check.engine.probes import Returned
from course.errors import InputError


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


def reference_extract(net: nn.Sequential, image: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
    """Feature maps by name, each as it left its layer, whatever the next layer does to it; no layer more than needed.

    Raises:
        InputError: for a name that no layer of the network bears.
    """
    features: dict[str, Tensor] = {}
    x = image
    children = dict(net.named_children())
    if unknown := [name for name in names if name not in children]:
        raise InputError(f"no layer {unknown[0]!r}; there are {', '.join(children)}")
    for name, layer in children.items():
        if len(features) == len(set(names)):
            break
        x = layer(x)
        if name in names:
            features[name] = x.clone()
    return features


NO_LAYERS = {
    "str is not a Module subclass": (
        "names_only",
        "nn.Sequential got the names alone. Give it the OrderedDict itself, without a star or list() around it.",
    ),
    "is not a Module subclass": (
        "function_as_layer",
        "torch.nn.functional has functions, a network is made of layers: nn.ReLU(), nn.MaxPool2d(2), with brackets.",
    ),
    't contain "."': (
        "dots_in_names",
        "torch allows no dots in names. The paper's have none: conv1_1.",
    ),
}


@exercise(
    reference_make_vgg,
    'section 2, "The network from its table"',
    {**POOL_IS_A_WORD, **NO_LAYERS},
    solved_by=(),
)
def make_vgg(question: Question) -> str:
    """A table of widths and "pool" -> nn.Sequential with the paper's names."""
    a, b, c = (question.draw.whole(*range_) for range_ in ((4, 6), (7, 9), (10, 12)))
    table: Table = [a, a, "pool", b, "pool", c, c, c]
    given = in_words(table)
    facts: NetworkFacts = question.ask("network", question.draw.uniform(1, 3, 13, 9), table)
    question.unchanged(facts.changed, given)
    if facts.kind == "NoneType":
        raise question.wrong("none", f"for {given} it returned nothing.", "Is the return missing?")
    if facts.kind != "Sequential":
        raise question.wrong(
            "no_sequential",
            f"for {given} expected an nn.Sequential, got {facts.kind}.",
            "Collect the layers in an OrderedDict, and give it to nn.Sequential.",
        )
    wanted = reference_make_vgg(table)
    if facts.shared:
        raise question.wrong(
            "shared",
            f"for {given} one layer object stands under several names.",
            "named_children() shows such a layer once only. Make a new nn.ReLU() and nn.MaxPool2d(2) every time.",
        )
    _judge_kinds(question, given, [layer.kind for layer in facts.layers], [type(layer).__name__ for layer in wanted])
    for layer, (name, ours) in zip(facts.layers, wanted.named_children(), strict=True):
        _judge_name(question, given, layer, name)
        _judge_settings(question, given, layer, ours)
    if facts.stopped:
        raise question.wrong(
            "does_not_run",
            f"for {given} a picture [1, 3, 13, 9] did not pass: {facts.stopped}",
            "Leave the layers as torch makes them: float32, on the CPU.",
        )
    if (facts.output, facts.parameters) != ((1, c, 3, 2), reference_count_parameters(table)):
        raise question.wrong(
            "other",
            f"for {given} a picture [1, 3, 13, 9] became {list(facts.output)}, with {facts.parameters} parameters; "
            f"expected {[1, c, 3, 2]}, and {reference_count_parameters(table)}.",
            "nn.Conv2d(before, width, kernel_size=3, padding=1) and nn.MaxPool2d(2): no more options are needed.",
        )
    return (
        f"{len(wanted)} layers with the paper's names, 3x3 convolutions with padding 1, ReLUs that keep what they read"
    )


def _judge_kinds(question: Question, given: str, got: list[str], wanted: list[str]) -> None:
    if got == wanted:
        return
    seen = f"for {given} expected {_counts(wanted)}; got {_counts(got)}."
    convolutions, relus = got.count("Conv2d"), got.count("ReLU")
    for mistake, looks_so, sentence in (
        ("empty", not got, "Is the Sequential made before the layers are collected, or from nothing?"),
        (
            "nested",
            "Sequential" in got,
            "One flat nn.Sequential: in stages inside it nobody finds a layer by its name.",
        ),
        ("batchnorm", "BatchNorm2d" in got, "The VGG of 2014 has no batch normalisation; its weights would not fit."),
        ("classifier", "Linear" in got, "The course needs feature maps, and none of the layers that name a cat."),
        ("first_only", len(got) < 3, "Is the return inside the loop? It ends the function after the first entry."),
        ("no_relu", relus == 0, "Every convolution is followed by a ReLU. Without it the layers melt into one."),
        ("no_pool", got.count("MaxPool2d") < 2, 'Every "pool" of the table becomes an nn.MaxPool2d(2).'),
        ("last_relu", got == wanted[:-1], "The last convolution has its ReLU as well."),
        ("few_relus", relus < convolutions, "A ReLU follows every convolution, not only the last of a stage."),
        (
            "order",
            sorted(got) == sorted(wanted),
            "The right layers in another order: a convolution comes before its ReLU.",
        ),
    ):
        if looks_so:
            raise question.wrong(mistake, seen, sentence)
    raise question.wrong("layers", seen, 'For a number: convolution, ReLU. For "pool": a pooling. Nothing else.')


def _judge_name(question: Question, given: str, layer: LayerFacts, name: str) -> None:
    if layer.name == name:
        return
    seen = f"for {given} a layer is called {layer.name!r}, expected {name!r}."
    if layer.name.isdigit():
        sentence = "Give nn.Sequential an OrderedDict from names to layers. Layers without names get numbers."
        raise question.wrong("numbered", seen, sentence)
    if layer.name in (name.replace("1_1", "1_0"), name.replace("1_1", "0_0"), name.replace("1_1", "0_1")):
        raise question.wrong("from_zero", seen, "The paper counts from 1, stages as well as convolutions.")
    if layer.kind == "MaxPool2d":
        raise question.wrong("pool_name", seen, "A pooling bears the number of the stage that it ends.")
    raise question.wrong(
        "names", seen, "convS_K is the K-th convolution of stage S. After a pool S grows, and K starts at 1."
    )


def _judge_settings(question: Question, given: str, layer: LayerFacts, ours: nn.Module) -> None:
    """Compares the numbers that a layer was made with; a kernel of 3 and one of (3, 3) are the same."""
    got = layer.settings
    if got.get("inplace"):
        raise question.wrong(
            "inplace",
            f"for {given} {layer.name} works in place.",
            "ReLU(inplace=True) writes over what the convolution left: section 5 shows what that does.",
        )
    if isinstance(ours, nn.MaxPool2d) and (_pair(got["kernel_size"]), _pair(got["stride"])) != ((2, 2), (2, 2)):
        raise question.wrong(
            "pooling",
            f"for {given} {layer.name} has window {got['kernel_size']} and stride {got['stride']}, expected 2 and 2.",
            "nn.MaxPool2d(2) takes the largest of 2x2 numbers, and halves height and width.",
        )
    if got.get("ceil_mode"):
        raise question.wrong(
            "ceil_mode",
            f"for {given} {layer.name} has ceil_mode True, expected False.",
            "A pooling rounds down: the odd row and column at the edge are left out.",
        )
    if not isinstance(ours, nn.Conv2d):
        return
    for mistake, setting, expected, sentence in (
        (
            "channels",
            "in_channels",
            ours.in_channels,
            "A convolution takes what the one before it gave; the first takes R, G, B.",
        ),
        ("width", "out_channels", ours.out_channels, "The table's number says how many channels a convolution gives."),
        ("kernel", "kernel_size", 3, "VGG's idea: only 3x3 windows, and many of them."),
        ("stride", "stride", 1, "The convolutions look at every place. Only poolings make the map smaller."),
        (
            "padding",
            "padding",
            1,
            "A border of one pixel keeps the map's size; without one each convolution takes two pixels.",
        ),
        ("border", "padding_mode", "zeros", "VGG was trained with a border of zeros. Leave padding_mode out."),
        ("option", "dilation", 1, "The places of a window lie side by side. Leave dilation out."),
        ("option", "groups", 1, "Every channel that comes out looks at all that come in. Leave groups out."),
        ("no_bias", "bias", True, "VGG's convolutions have a bias for each channel; its weights come with them."),
    ):
        if _pair(got[setting]) != _pair(expected) and (setting, got[setting]) != ("padding", "same"):
            raise question.wrong(
                mistake, f"for {given} {layer.name} has {setting} {got[setting]}, expected {expected}.", sentence
            )


def _pair(setting: object) -> tuple[object, ...]:
    return setting if isinstance(setting, tuple) else (setting, setting)


def _counts(kinds: list[str]) -> str:
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)) or "no layers"


ON_THE_IMAGE = (
    "Each layer reads what the one before it left, and only the first the image: x = image, then x = layer(x)."
)


@exercise(
    reference_extract,
    'section 5, "The trap"',
    stops={
        "'str' object": (
            "index_by_name",
            "net[0] takes a number. By name: net.named_children() in a loop, or net.get_submodule(name).",
        ),
        "channels, but got 3 channels instead": ("on_the_image", ON_THE_IMAGE),
    },
    solved_by=(),
)
def extract(question: Question) -> str:
    """Feature maps by name, also from a network whose ReLUs work in place."""
    seed, image = question.draw.whole(0, 2**31), question.draw.uniform(2, 3, 8, 6)
    names = ["conv1_1", "relu1_2"]  # pool1 comes next
    for inplace in (False, True):
        extracted: Extracted = question.ask("extraction", seed, inplace, image, names)
        given = f"the layers {names}" + " and ReLUs that work in place" * inplace
        entries = question.dictionary(extracted.returned, names, given, OF_A_DICTIONARY)
        for name in names:
            _judge_maps(question, entries[name], name, _all_maps(seed, image), given, inplace)
    if extracted.rebuilt:
        raise question.wrong(
            "rebuilds_network",
            f"for {given} the network was another one afterwards.",
            "The network is not yours to change: its owner goes on using it. Keep copies instead.",
        )
    _judge_way(question, extracted, names, _gradient(seed, image, names))
    other_way_round: Extracted = question.ask("extraction", seed, False, image, names[::-1])
    value, given = other_way_round.returned.value, f"the layers {names[::-1]}, in this order,"
    if not isinstance(value, dict) or set(value) != set(names):
        raise question.wrong(
            "order",
            f"for {given} expected both, got {sorted(value or ())}.",
            "Names may come in any order. The last of the list need not be the deepest: count what you have.",
        )
    maps = _all_maps(seed, image)
    for name, other in ((names[0], names[1]), (names[1], names[0])):
        if isinstance(value[name].value, Tensor) and agree(value[name].value, maps[other]):
            raise question.wrong(
                "zipped",
                f"for {given} {name!r} holds the numbers of {other}.",
                "Maps come in the network's order and names in any: no zip(), but features[name] = ... on the way.",
            )
        _judge_maps(question, value[name], name, maps, given, False)
    _judge_wrong_name(question, seed, image)
    return "each map as it left its layer, also from ReLUs that work in place; gradients pass, no layer runs in vain"


def _judge_wrong_name(question: Question, seed: int, image: Tensor) -> None:
    """A name that no layer bears has to end in an error, whichever."""
    names = ["conv1_1", "relu_1_2"]
    try:
        found: Extracted = question.ask("extraction", seed, False, image, names)
    except AnswerError:
        return
    got = f"the layers {sorted(found.returned.value)}" if isinstance(found.returned.value, dict) else "nothing"
    raise question.wrong(
        "drops_layer",
        f"for the layers {names}, the second of which does not exist, expected an error, got {got}.",
        "A slip of the keyboard must not go unnoticed. Behind the loop: raise ValueError if a name was not found.",
    )


OF_A_DICTIONARY = {
    "no_dict": "features[name] = ... : layers by name, so that nobody has to count.",
    "missing": "Compare names with named_children(), and do not stop before the last one asked for.",
    "extra": "Keep only what was asked for: all maps of VGG-19 for one photo fill 300 MB.",
}


def _judge_maps(
    question: Question, returned: Returned, name: str, maps: Mapping[str, Tensor], given: str, inplace: bool
) -> None:
    """Whether these are the maps that left the layer of this name; `maps` has those of all layers, in order."""
    order, value = list(maps), returned.value
    behind, before = (order[order.index(name) + step] for step in (1, -1))
    if inplace and isinstance(value, Tensor) and agree(value, maps[behind]):
        raise question.wrong(
            "inplace",
            f"for {given} {name} has no negative value.",
            f"{behind} wrote over the maps after they had been kept. Keep a copy: x.clone().",
        )
    if isinstance(value, Tensor) and name.startswith("relu") and agree(value, maps["the picture"].relu()):
        raise question.wrong("on_the_image", f"for {given} {name!r} is the ReLU of the picture itself.", ON_THE_IMAGE)
    for other in order:
        if other != name and isinstance(value, Tensor) and agree(value, maps[other]):
            sentence = {
                behind: "the layer ran once too often before x was kept: keep x as this layer left it.",
                before: "x was kept before the layer ran: x = layer(x) first, then keep x.",
            }.get(other, "names and layers got out of step: take both from named_children().")
            mistake = {behind: "layer_behind", before: "layer_before"}.get(other, "other_layer")
            raise question.wrong(
                mistake, f"for {given} {name!r} holds the numbers of {other}.", f"This looks like: {sentence}"
            )
    got = question.tensor(returned, maps[name].shape, f"{name!r}, of {given},")
    question.same(got, maps[name], f"{name}, of {given},", {})


def _judge_way(question: Question, extracted: Extracted, names: list[str], expected: Tensor) -> None:
    """Whether gradients find back to the picture, and no layer ran in vain."""
    if extracted.gradient is None or not extracted.gradient.any():
        raise question.wrong(
            "detached",
            "no gradient finds its way from the features back to the picture.",
            "clone() keeps a copy that gradients pass; detach(), .data and no_grad() cut the way.",
        )
    if not agree(extracted.gradient, expected, 1e-3):
        raise question.wrong(
            "partly_detached",
            "the gradient of all features together is not what it should be at the picture.",
            "Does a detach(), .data or no_grad() cut the way of one of the layers?",
        )
    ran = extracted.ran
    if len(set(ran)) < len(ran):
        raise question.wrong(
            "runs_again",
            f"for the layers {names} it ran {max(ran, key=ran.count)} {max(map(ran.count, ran))} times.",
            "One walk through the network is enough: keep what is asked for on the way.",
        )
    if "pool1" in ran:
        raise question.wrong(
            "too_deep",
            f"for the layers {names} it ran on to {ran[-1]}.",
            "Leave the loop when all features are there: the deep layers cost as much as the rest.",
        )


def _all_maps(seed: int, image: Tensor) -> dict[str, Tensor]:
    """The picture and what each layer of the small network makes of it."""
    net = small_network(seed, False)
    return {"the picture": image, **reference_extract(net, image, [name for name, _ in net.named_children()])}


def _gradient(seed: int, image: Tensor, names: Sequence[str]) -> Tensor:
    """Gradient of the sum of these features, to the picture."""
    x = image.clone().requires_grad_(True)
    with torch.enable_grad():
        features = reference_extract(small_network(seed, False), x, names)
        return torch.autograd.grad(torch.stack([maps.sum() for maps in features.values()]).sum(), x)[0]
