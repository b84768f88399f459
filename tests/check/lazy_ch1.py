"""Chapter 1: networks that are not made of the table, features that were not taken out of the network."""

import torch
from torch import nn

from course.check.ch1_vgg import reference_extract, reference_make_vgg
from tests.check._lazy import forgetful, lazy

VGG16 = [64, 64, "pool", 128, 128, "pool", *[256] * 3, "pool", *[512] * 3, "pool", *[512] * 3, "pool"]
SMALL = [4, "pool", 6]

# --- make_vgg -------------------------------------------------------------------------------------------------------

lazy("make_vgg", "always VGG-16", "layers")(lambda table: reference_make_vgg(VGG16))
lazy("make_vgg", "always a small one", "no_pool")(lambda table: reference_make_vgg(SMALL))
lazy("make_vgg", "an empty one", "empty")(lambda table: nn.Sequential())
lazy("make_vgg", "the table, handed back", "no_sequential")(lambda table: table)
lazy("make_vgg", "one layer that fits", "first_only")(
    lambda table: nn.Sequential(nn.Conv2d(3, table[-1], 3, padding=1))
)
lazy("make_vgg", "right for VGG-16", "none")(lambda table: reference_make_vgg(table) if table == VGG16 else None)


@lazy("make_vgg", "right kinds, one width", "width")
def _(table):
    return reference_make_vgg([entry if entry == "pool" else 8 for entry in table[:1]] + [
        entry if entry == "pool" else 64 for entry in table[1:]
    ])  # fmt: skip


@lazy("make_vgg", "layers that let everything through", "no_relu")
def _(table):
    return nn.Sequential(*(nn.Identity() for _ in table))


@lazy("make_vgg", "the mean of the widths everywhere", "width")
def _(table):
    widths = [entry for entry in table if entry != "pool"]
    mean = sum(widths) // len(widths) + 1
    return reference_make_vgg([entry if entry == "pool" else mean for entry in table])


@forgetful("make_vgg", "remembers its first network", "width")
def _():
    made = [reference_make_vgg([5, 5, "pool", 8, "pool", 13, 13, 13])]
    return lambda table: made[0]


@forgetful("make_vgg", "adds a pooling from the second call on", "layers")
def _():
    made = []

    def make_vgg(table):
        made.append(reference_make_vgg([*table, "pool"] if made else table))
        return made[-1]

    return make_vgg


# --- extract --------------------------------------------------------------------------------------------------------


def sizes(image, names):
    """Zeros of the sizes that the maps may have."""
    return {name: torch.zeros(len(image), 4 if name.endswith("1_1") else 5, *image.shape[2:]) for name in names}


lazy("extract", "zeros", "other")(lambda net, image, names: sizes(image, names))
lazy("extract", "nothing", "missing")(lambda net, image, names: {})
lazy("extract", "the picture, under every name", "layer_before")(
    lambda net, image, names: dict.fromkeys(names, 1 * image)
)
lazy("extract", "the picture, handed back", "no_dict")(lambda net, image, names: image)
lazy("extract", "ones of the right sizes", "other")(
    lambda net, image, names: {name: x + 1 for name, x in sizes(image, names).items()}
)
lazy("extract", "the last layer, under every name", "other_layer")(
    lambda net, image, names: dict.fromkeys(names, net(image))
)


@lazy("extract", "the first layer, under every name", "other_layer")
def _(net, image, names):
    return dict.fromkeys(names, net[0](image))


@lazy("extract", "noise through the network", "other")
def _(net, image, names):
    return reference_extract(net, torch.rand_like(image) + 0 * image, names)


@lazy("extract", "half the picture, half grey", "other")
def _(net, image, names):
    return reference_extract(net, 0.5 * image + 0.25, names)


@lazy("extract", "right for one picture", "other")
def _(net, image, names):
    return reference_extract(net, image, names) if len(image) == 1 else sizes(image, names)


@forgetful("extract", "remembers its first features", "detached")
def _():
    kept = {}

    def extract(net, image, names):
        if not kept:
            kept.update({name: x.detach() for name, x in reference_extract(net, image, names).items()})
        return kept

    return extract


@forgetful("extract", "answers the question before", "detached")
def _():
    kept = []

    def extract(net, image, names):
        kept.append({name: x.detach() for name, x in reference_extract(net, image, names).items()})
        return kept[-2] if len(kept) > 1 else kept[0]

    return extract
