"""Chapter 1: right, in other ways than the course's."""

from collections import OrderedDict

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from tests.check._right import right

# --- Chapter 0 ------------------------------------------------------------------------------------------------------


@right("conv_output_size")
def _(size, kernel, stride=1, padding=0):
    return int((size + 2 * padding - kernel) / stride) + 1


@right("conv_output_size")
def _(size, kernel, stride=1, padding=0):
    places = 0
    for start in range(-padding, size + padding, stride):
        if start + kernel <= size + padding:
            places += 1
    return places


@right("conv_output_size")
def _(size, kernel, stride=1, padding=0):
    return functional.conv1d(torch.zeros(1, 1, size), torch.zeros(1, 1, kernel), None, stride, padding).shape[-1]


@right("conv_output_size")
def _(size, kernel, stride=1, padding=0):
    return np.floor((size + 2 * padding - kernel) / stride + 1)


@right("conv_output_size")
def _(size, kernel, stride=1, padding=0):
    return torch.div(torch.tensor(size + 2 * padding - kernel), stride, rounding_mode="floor") + 1


@right("make_vgg")
def _(table):
    net, before, stage, number = nn.Sequential(), 3, 1, 1
    for entry in table:
        if entry == "pool":
            net.add_module(f"pool{stage}", nn.MaxPool2d(kernel_size=(2, 2), stride=2))
            stage, number = stage + 1, 1
        else:
            net.add_module(f"conv{stage}_{number}", nn.Conv2d(before, entry, (3, 3), padding="same"))
            net.add_module(f"relu{stage}_{number}", nn.ReLU())
            before, number = entry, number + 1
    return net


@right("make_vgg")
def _(table):
    names, layers, stage, number = [], [], 1, 0
    for entry in table:
        if isinstance(entry, int):
            number += 1
            names += [f"conv{stage}_{number}", f"relu{stage}_{number}"]
            layers += [nn.LazyConv2d(entry, 3, padding=1), nn.ReLU()]
        else:
            names.append(f"pool{stage}")
            layers.append(nn.MaxPool2d(2))
            stage, number = stage + 1, 0
    return nn.Sequential(OrderedDict(zip(names, layers, strict=True)))


@right("make_vgg")
def _(table):
    class VGG(nn.Sequential):
        pass

    def rest(entries, before, stage, number):
        if not entries:
            return []
        first, *others = entries
        if first == "pool":
            return [(f"pool{stage}", nn.MaxPool2d(2, 2)), *rest(others, before, stage + 1, 1)]
        pair = [
            (f"conv{stage}_{number}", nn.Conv2d(before, first, 3, 1, 1)),
            (f"relu{stage}_{number}", nn.ReLU(inplace=False)),
        ]
        return [*pair, *rest(others, first, stage, number + 1)]

    return VGG(OrderedDict(rest(table, 3, 1, 1)))


@right("count_parameters")
def _(table):
    widths = [entry for entry in table if entry != "pool"]
    return sum(nn.Conv2d(i, o, 3, device="meta").weight.numel() + o for i, o in zip([3, *widths], widths, strict=False))


@right("count_parameters")
def _(table):
    layers, before = nn.ModuleList(), 3
    for entry in table:
        if isinstance(entry, int):
            layers.append(nn.Conv2d(before, entry, 3, padding=1, device="meta"))
            before = entry
    return sum(parameter.numel() for parameter in layers.parameters())


@right("count_parameters")
def _(table):
    widths = np.array([3] + [entry for entry in table if entry != "pool"])
    return 9 * (widths[:-1] @ widths[1:]) + widths[1:].sum()


@right("receptive_field")
def _(layers):
    size = 1
    for kernel, stride in reversed(layers):
        size = (size - 1) * stride + kernel
    return size


@right("receptive_field")
def _(layers):
    kernels, strides = np.array(layers).T
    steps = np.concatenate([[1], np.cumprod(strides)[:-1]])
    return 1 + ((kernels - 1) * steps).sum()


@right("receptive_field")
def _(layers):
    if not layers:
        return 1
    (kernel, stride), *others = layers
    return (receptive_field(others) - 1) * stride + kernel


def receptive_field(layers):
    """Which pixels does place 0 see? Follow the boxes back."""
    seen = {0}
    for kernel, stride in reversed(layers):
        seen = {place * stride + offset for place in seen for offset in range(kernel)}
    return max(seen) - min(seen) + 1


right("receptive_field")(receptive_field)


@right("extract")
def _(net, image, names):
    features, x = {}, image
    children = dict(net.named_children())
    for name in children:
        x = children[name](x)
        if name in names:
            features[name] = x + 0
        if set(names) <= set(features):
            return features
    raise KeyError(names)


@right("extract")
def _(net, image, names):
    order = [name for name, _ in net.named_children()]
    deepest = max(order.index(name) for name in names) + 1
    features = OrderedDict()
    handles = [
        net.get_submodule(name).register_forward_hook(
            lambda layer, read, x, name=name: features.update({name: x.clone()})
        )
        for name in names
    ]
    net[:deepest](image)
    for handle in handles:
        handle.remove()
    return features


@right("extract")
def _(net, image, names):
    assert set(names) <= set(dict(net.named_children()))

    def walk(x, children, wanted):
        if not wanted:
            return {}
        (name, layer), *others = children
        x = layer.forward(x)
        found = {name: torch.einsum("...->...", x).clone()} if name in wanted else {}
        return found | walk(x, others, wanted - {name})

    return walk(image, list(net.named_children()), set(names))


@right("extract")
def _(net, image, names):
    features, x = {}, image
    for name, layer in net.named_children():
        x = functional.relu(x) if isinstance(layer, nn.ReLU) else layer(x)  # not in place, so nothing is overwritten
        if name in names:
            features[name] = x
        if len(features) == len(names):
            break
    return {name: features[name] for name in names}


# --- Chapter 3 ------------------------------------------------------------------------------------------------------
