"""Chapter 1: what students write for the arithmetic and the network of VGG when they misunderstand something."""

import itertools
import math
from collections import OrderedDict

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from classroom.mistakes.registry import wrong

# --- conv_output_size -----------------------------------------------------------------------------------------------


@wrong("conv_output_size", "no_plus_one")
def _(size, kernel, stride=1, padding=0):
    return (size + 2 * padding - kernel) // stride


@wrong("conv_output_size", "one_sided")
def _(size, kernel, stride=1, padding=0):
    return (size + padding - kernel) // stride + 1


@wrong("conv_output_size", "no_padding")
def _(size, kernel, stride=1, padding=0):
    return (size - kernel) // stride + 1


@wrong("conv_output_size", "no_stride")
def _(size, kernel, stride=1, padding=0):
    return size + 2 * padding - kernel + 1


@wrong("conv_output_size", "plus_one_inside")
def _(size, kernel, stride=1, padding=0):
    return (size + 2 * padding - kernel + 1) // stride


@wrong("conv_output_size", "rounded_up")
def _(size, kernel, stride=1, padding=0):
    return math.ceil((size + 2 * padding - kernel) / stride + 1)


@wrong("conv_output_size", "rounded")
def _(size, kernel, stride=1, padding=0):
    return round((size + 2 * padding - kernel) / stride) + 1


@wrong("conv_output_size", "swapped")
def _(size, stride, kernel=1, padding=0):
    return (size + 2 * padding - kernel) // stride + 1


@wrong("conv_output_size", "padding_taken_away")
def _(size, kernel, stride=1, padding=0):
    return (size - 2 * padding - kernel) // stride + 1


@wrong("conv_output_size", "same")
def _(size, kernel, stride=1, padding=0):
    return size // stride


@wrong("conv_output_size", "not_whole")
def _(size, kernel, stride=1, padding=0):
    return (size + 2 * padding - kernel) / stride + 1


@wrong("conv_output_size", "other")
def _(size, kernel, stride=1, padding=0):
    return (size + 2 * padding - 2 * kernel) // stride + 1


@wrong("conv_output_size", "none")
def _(size, kernel, stride=1, padding=0):
    print(end="")


@wrong("conv_output_size", "type")
def _(size, kernel, stride=1, padding=0):
    return f"{(size + 2 * padding - kernel) // stride + 1} pixels"


@wrong("conv_output_size", "raised")
def _(size, kernel, stride=1, padding=0):
    return (size + 2 * stride - kernel) // padding + 1


@wrong("conv_output_size", "not_finite")
def _(size, kernel, stride=1, padding=0):
    return float(np.float64(size) * math.inf)


@wrong("conv_output_size", "arguments")
def _(size, kernel):
    return size - kernel + 1


# --- make_vgg -------------------------------------------------------------------------------------------------------


class Builder:
    """The usual solution, with places to go wrong at."""

    def conv(self, before, width):
        return nn.Conv2d(before, width, 3, padding=1)

    def relu(self):
        return nn.ReLU()

    def pool(self):
        return nn.MaxPool2d(2)

    def names(self, stage, number):
        return f"conv{stage}_{number}", f"relu{stage}_{number}", f"pool{stage}"

    def __call__(self, table):
        layers, before, stage, number = OrderedDict(), 3, 1, 1
        for entry in table:
            conv, relu, pool = self.names(stage, number)
            if entry == "pool":
                layers[pool] = self.pool()
                stage, number = stage + 1, 1
            else:
                layers[conv] = self.conv(before, entry)
                layers[relu] = self.relu()
                before, number = entry, number + 1
        return self.finish(layers)

    def finish(self, layers):
        return nn.Sequential(layers)


def variant(mistake, method):
    """The usual solution with one method of another kind."""

    def register(replacement):
        wrong("make_vgg", mistake)(type("Variant", (Builder,), {method: replacement})())

    return register


@variant("numbered", "finish")
def _(self, layers):
    return nn.Sequential(*layers.values())


@variant("no_sequential", "finish")
def _(self, layers):
    return list(layers.values())


@variant("none", "finish")
def _(self, layers):
    nn.Sequential(layers)


@variant("nested", "finish")
def _(self, layers):
    return nn.Sequential(nn.Sequential(layers), nn.Sequential())


@variant("empty", "finish")
def _(self, layers):
    return nn.Sequential()


@variant("last_relu", "finish")
def _(self, layers):
    return nn.Sequential(OrderedDict(list(layers.items())[:-1]))


@variant("first_only", "finish")
def _(self, layers):
    return nn.Sequential(OrderedDict(list(layers.items())[:2]))


@variant("no_relu", "finish")
def _(self, layers):
    return nn.Sequential(OrderedDict((name, layer) for name, layer in layers.items() if "relu" not in name))


@variant("no_pool", "finish")
def _(self, layers):
    return nn.Sequential(OrderedDict((name, layer) for name, layer in layers.items() if "pool" not in name))


@variant("few_relus", "finish")
def _(self, layers):
    return nn.Sequential(OrderedDict((name, layer) for name, layer in layers.items() if name != "relu1_1"))


@variant("batchnorm", "finish")
def _(self, layers):
    with_norms = OrderedDict()
    for name, layer in layers.items():
        with_norms[name] = layer
        if isinstance(layer, nn.Conv2d):
            with_norms[name.replace("conv", "norm")] = nn.BatchNorm2d(layer.out_channels)
    return nn.Sequential(with_norms)


@variant("classifier", "finish")
def _(self, layers):
    return nn.Sequential(OrderedDict(layers, flatten=nn.Flatten(), linear=nn.LazyLinear(10)))


@variant("layers", "finish")
def _(self, layers):
    return nn.Sequential(OrderedDict(layers, dropout=nn.Dropout()))


@wrong("make_vgg", "order")
def _(table):
    layers, before, stage, number = OrderedDict(), 3, 1, 1
    for entry in table:
        if entry == "pool":
            layers[f"pool{stage}"] = nn.MaxPool2d(2)
            stage, number = stage + 1, 1
        else:
            layers[f"relu{stage}_{number}"] = nn.ReLU()
            layers[f"conv{stage}_{number}"] = nn.Conv2d(before, entry, 3, padding=1)
            before, number = entry, number + 1
    return nn.Sequential(layers)


@wrong("make_vgg", "shared")
def _(table):
    relu = nn.ReLU()

    class Shared(Builder):
        def relu(self):
            return relu

    return Shared()(table)


@variant("from_zero", "names")
def _(self, stage, number):
    return f"conv{stage}_{number - 1}", f"relu{stage}_{number - 1}", f"pool{stage}"


@variant("pool_name", "names")
def _(self, stage, number):
    return f"conv{stage}_{number}", f"relu{stage}_{number}", f"pool{stage + 1}"


@wrong("make_vgg", "names")
def _(table):
    layers, before, stage, number = OrderedDict(), 3, 1, 1
    for entry in table:
        if entry == "pool":
            layers[f"pool{stage}"] = nn.MaxPool2d(2)
            stage += 1  # and number counts on
        else:
            layers[f"conv{stage}_{number}"] = nn.Conv2d(before, entry, 3, padding=1)
            layers[f"relu{stage}_{number}"] = nn.ReLU()
            before, number = entry, number + 1
    return nn.Sequential(layers)


@variant("inplace", "relu")
def _(self):
    return nn.ReLU(inplace=True)


@variant("pooling", "pool")
def _(self):
    return nn.MaxPool2d(3, stride=2, padding=1)


@variant("channels", "conv")
def _(self, before, width):
    return nn.Conv2d(3, width, 3, padding=1)


@variant("width", "conv")
def _(self, before, width):
    return nn.Conv2d(before, before, 3, padding=1)


@variant("kernel", "conv")
def _(self, before, width):
    return nn.Conv2d(before, width, 5, padding=2)


@variant("stride", "conv")
def _(self, before, width):
    return nn.Conv2d(before, width, 3, stride=2, padding=1)


@variant("padding", "conv")
def _(self, before, width):
    return nn.Conv2d(before, width, 3)


@variant("no_bias", "conv")
def _(self, before, width):
    return nn.Conv2d(before, width, 3, padding=1, bias=False)


@variant("does_not_run", "finish")
def _(self, layers):
    return nn.Sequential(layers).double()


@variant("option", "conv")
def _(self, before, width):
    return nn.Conv2d(before, width, 3, padding=1, dilation=2)


@variant("ceil_mode", "pool")
def _(self):
    return nn.MaxPool2d(2, ceil_mode=True)


@variant("border", "conv")
def _(self, before, width):
    return nn.Conv2d(before, width, 3, padding=1, padding_mode="replicate")


@variant("other", "pool")
def _(self):
    return nn.MaxPool2d(2, padding=1)


@wrong("make_vgg", "modifies_input")
def _(table):
    entries = []
    while table:
        entries.append(table.pop(0))
    return Builder()(entries)


@wrong("make_vgg", "pool_is_a_word")
def _(table):
    return nn.Sequential(OrderedDict((f"conv{n}", nn.Conv2d(3, width, 3, padding=1)) for n, width in enumerate(table)))


# --- count_parameters -----------------------------------------------------------------------------------------------


def pairs(table):
    widths = [entry for entry in table if entry != "pool"]
    return list(zip([3, *widths], widths, strict=False))


@wrong("count_parameters", "no_bias")
def _(table):
    return sum(3 * 3 * before * width for before, width in pairs(table))


@wrong("count_parameters", "no_kernel")
def _(table):
    return sum(before * width + width for before, width in pairs(table))


@wrong("count_parameters", "three_not_nine")
def _(table):
    return sum(3 * before * width + width for before, width in pairs(table))


@wrong("count_parameters", "bias_per_weight")
def _(table):
    return sum((3 * 3 + 1) * before * width for before, width in pairs(table))


@wrong("count_parameters", "bias_per_input")
def _(table):
    return sum((3 * 3 * width + 1) * before for before, width in pairs(table))


@wrong("count_parameters", "one_bias")
def _(table):
    return sum(3 * 3 * before * width + 1 for before, width in pairs(table))


@wrong("count_parameters", "grey")
def _(table):
    total, before = 0, 1
    for entry in table:
        if entry != "pool":
            total += entry * (9 * before + 1)
            before = entry
    return total


@wrong("count_parameters", "first_layer_left_out")
def _(table):
    widths = [entry for entry in table if entry != "pool"]
    return sum(9 * widths[n - 1] * widths[n] + widths[n] for n in range(1, len(widths)))


@wrong("count_parameters", "squares")
def _(table):
    return sum(9 * width * width + width for width in table if width != "pool")


@wrong("count_parameters", "always_three")
def _(table):
    return sum(9 * 3 * width + width for width in table if width != "pool")


@wrong("count_parameters", "last_only")
def _(table):
    before = 3
    for entry in table:
        if entry != "pool":
            total = entry * (9 * before + 1)
            before = entry
    return total


@wrong("count_parameters", "first_only")
def _(table):
    for entry in table:
        if entry != "pool":
            return entry * (9 * 3 + 1)


@wrong("count_parameters", "other")
def _(table):
    return len(table)


@wrong("count_parameters", "type")
def _(table):
    return [width * (9 * before + 1) for before, width in pairs(table)]


@wrong("count_parameters", "pool_is_a_word")
def _(table):
    return sum(9 * 3 * width + width for width in table)


@wrong("count_parameters", "none")
def _(table):
    total = 0
    for before, width in pairs(table):
        total += width * (9 * before + 1)


@wrong("count_parameters", "modifies_input")
def _(table):
    while "pool" in table:
        table.remove("pool")
    return sum(width * (9 * before + 1) for before, width in pairs(table))


@wrong("count_parameters", "not_finite")
def _(table):
    return math.prod(width * (9 * before + 1) for before, width in pairs(table)) ** 1000


# --- receptive_field ------------------------------------------------------------------------------------------------


@wrong("receptive_field", "no_stride")
def _(layers):
    size = 1
    for kernel, _ in layers:
        size += kernel - 1
    return size


@wrong("receptive_field", "sum_of_kernels")
def _(layers):
    return sum(kernel for kernel, _ in layers)


@wrong("receptive_field", "product")
def _(layers):
    size = 1
    for kernel, _ in layers:
        size *= kernel
    return size


@wrong("receptive_field", "jump_too_early")
def _(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        jump *= stride
        size += (kernel - 1) * jump
    return size


@wrong("receptive_field", "kernel_whole")
def _(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        size += kernel * jump
        jump *= stride
    return size


@wrong("receptive_field", "starts_at_zero")
def _(layers):
    size, jump = 0, 1
    for kernel, stride in layers:
        size += (kernel - 1) * jump
        jump *= stride
    return size


@wrong("receptive_field", "jump_added")
def _(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        size += (kernel - 1) * jump
        jump += stride - 1
    return size


@wrong("receptive_field", "backwards")
def _(layers):
    size = 1
    for kernel, stride in layers:
        size = (size - 1) * stride + kernel
    return size


@wrong("receptive_field", "steps")
def _(layers):
    jump = 1
    for _, stride in layers:
        jump *= stride
    return jump


@wrong("receptive_field", "last_only")
def _(layers):
    for kernel, _ in layers:
        size = 1 + (kernel - 1)
    return size


@wrong("receptive_field", "other")
def _(layers):
    return 2 * len(layers) + 1


@wrong("receptive_field", "modifies_input")
def _(layers):
    size = 1
    while layers:
        kernel, stride = layers.pop()
        size = (size - 1) * stride + kernel
    return size


@wrong("receptive_field", "none")
def _(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        size, jump = size + (kernel - 1) * jump, jump * stride
        if jump > 10**9:
            return size


@wrong("receptive_field", "type")
def _(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        size, jump = size + (kernel - 1) * jump, jump * stride
    return size, jump


@wrong("receptive_field", "local_name")
def _(layers):
    for kernel, stride in layers:
        size += (kernel - 1) * jump  # noqa: F821
        jump *= stride  # noqa: F821, F841
    return size


# --- extract --------------------------------------------------------------------------------------------------------


@wrong("extract", "inplace")
def _(net, image, names):
    features, x = {}, image
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            features[name] = x
        if len(features) == len(names):
            return features


@wrong("extract", "layer_before")
def _(net, image, names):
    features, x = {}, image
    for name, layer in net.named_children():
        if name in names:
            features[name] = x.clone()
        x = layer(x)
    return features


@wrong("extract", "layer_behind")
def _(net, image, names):
    features, x, wanted = {}, image, None
    for name, layer in net.named_children():
        x = layer(x)
        if wanted:
            features[wanted] = x.clone()
        wanted = name if name in names else None
    return features


@wrong("extract", "other_layer")
def _(net, image, names):
    features, x = {}, image
    for name, layer in zip(names, list(net)[2:], strict=False):
        x = layer(net[1](net[0](image)) if x is image else x)
        features[name] = x.clone()
    return features


@wrong("extract", "detached")
def _(net, image, names):
    features, x = {}, image
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            features[name] = x.detach().clone()
        if len(features) == len(names):
            return features


@wrong("extract", "partly_detached")
def _(net, image, names):
    features, x = {}, image
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            features[name] = x.clone()
            x = x.detach()
        if len(features) == len(names):
            return features


@wrong("extract", "too_deep")
def _(net, image, names):
    features, x = {}, image
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            features[name] = x.clone()
    return features


@wrong("extract", "runs_again")
def _(net, image, names):
    order = [name for name, _ in net.named_children()]
    return {name: net[: order.index(name) + 1](image).clone() for name in names}


@wrong("extract", "missing")
def _(net, image, names):
    features, x = {}, image
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            features[name] = x.clone()
            return features


@wrong("extract", "extra")
def _(net, image, names):
    features, x = {}, image
    for name, layer in net.named_children():
        x = features[name] = layer(x).clone()
        if name == names[-1]:
            return features


@wrong("extract", "no_dict")
def _(net, image, names):
    maps, x = [], image
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            maps.append(x.clone())
    return maps


@wrong("extract", "none")
def _(net, image, names):
    features, x = {}, image
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            features[name] = x.clone()


@wrong("extract", "other")
def _(net, image, names):
    features, x = {}, image
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            features[name] = x.clone() / x.numel()
    return features


@wrong("extract", "shape")
def _(net, image, names):
    features, x = {}, image[0]
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            features[name] = x.clone()
    return features


@wrong("extract", "left_torch")
def _(net, image, names):
    features, x = {}, image
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            features[name] = x.detach().numpy().copy()
    return features


@wrong("extract", "dtype")
def _(net, image, names):
    features, x = {}, image
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            features[name] = x.double()
    return features


@wrong("extract", "modifies_input")
def _(net, image, names):
    features, x = {}, image
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            features[name] = x.clone()
            names.remove(name)
    return features


@wrong("extract", "index_by_name")
def _(net, image, names):
    return {name: net[name](image) for name in names}


@wrong("extract", "type")
def _(net, image, names):
    features, x = {}, image
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            features[name] = (x.clone(), torch.tensor(x.shape))
    return features


@wrong("extract", "order")
def _(net, image, names):
    features, x = {}, image
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            features[name] = x.clone()
        if name == names[-1]:  # the last of the list is the deepest only if somebody sorted it
            break
    return features


@wrong("extract", "drops_layer")
def _(net, image, names):
    features, x = {}, image
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            features[name] = x.clone()
        if len(features) == len(names):
            break
    return features


@wrong("extract", "zipped")
def _(net, image, names):
    maps, x = [], image
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            maps.append(x.clone())
        if len(maps) == len(names):
            return dict(zip(names, maps, strict=True))
    raise KeyError(names)


@wrong("extract", "on_the_image")
def _(net, image, names):
    return {name: net.get_submodule(name)(image).clone() for name in names}


@wrong("extract", "rebuilds_network")
def _(net, image, names):
    features, x = {}, image
    for name, layer in net.named_children():
        if isinstance(layer, nn.ReLU):
            layer.inplace = False
        x = layer(x)
        if name in names:
            features[name] = x
        if len(features) == len(names):
            break
    return features


@wrong("count_parameters", "tensors_counted")
def _(table):
    layers, channels = [], 3
    for entry in table:
        if entry != "pool":
            layers.append(nn.Conv2d(channels, entry, 3))
            channels = entry
    return len(list(nn.Sequential(*layers).parameters()))


@wrong("make_vgg", "names_only")
def _(table):
    layers = OrderedDict()
    layers["conv1_1"] = nn.Conv2d(3, table[0], 3, padding=1)
    return nn.Sequential(*layers)


@wrong("make_vgg", "function_as_layer")
def _(table):
    return nn.Sequential(OrderedDict(conv1_1=nn.Conv2d(3, table[0], 3, padding=1), relu1_1=functional.relu))


@wrong("make_vgg", "dots_in_names")
def _(table):
    return nn.Sequential(OrderedDict({"conv1.1": nn.Conv2d(3, table[0], 3, padding=1)}))


@wrong("receptive_field", "last_jump")
def _(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        size += (kernel - 1) * jump
        jump = stride
    return size


@wrong("receptive_field", "size_times_stride")
def _(layers):
    size = 1
    for kernel, stride in layers:
        size = size * stride + kernel - 1
    return size


@wrong("receptive_field", "size_times_stride_whole")
def _(layers):
    size = 1
    for kernel, stride in layers:
        size = size * stride + kernel
    return size


@wrong("receptive_field", "own_stride_only")
def _(layers):
    return 1 + sum((kernel - 1) * stride for kernel, stride in layers)


# --- Found later: the arithmetic --------------------------------------------------------------------------------------


def of_sizes(formula):
    """With the defaults of the exercise."""
    return lambda size, kernel, stride=1, padding=0: formula(size, kernel, stride, padding)


wrong("conv_output_size", "brackets_at_padding")(of_sizes(lambda s, k, t, p: s - k + 2 * p // t + 1))
wrong("conv_output_size", "brackets_at_kernel")(of_sizes(lambda s, k, t, p: s + 2 * p - k // t + 1))
wrong("conv_output_size", "no_kernel")(of_sizes(lambda s, k, t, p: (s + 2 * p) // t))
wrong("conv_output_size", "kernel_less_one")(of_sizes(lambda s, k, t, p: (s + 2 * p - (k - 1)) // t + 1))
wrong("conv_output_size", "padding_outside")(of_sizes(lambda s, k, t, p: (s - k) // t + 1 + 2 * p))
wrong("conv_output_size", "two_more")(of_sizes(lambda s, k, t, p: (s + 2 * p - k) // t + 2))
wrong("conv_output_size", "own_padding")(of_sizes(lambda s, k, t, p: (s + k // 2 * 2 - k) // t + 1))
wrong("conv_output_size", "area")(of_sizes(lambda s, k, t, p: ((s + 2 * p - k) // t + 1) ** 2))
wrong("conv_output_size", "transposed")(of_sizes(lambda s, k, t, p: (s - 1) * t - 2 * p + k))
wrong("conv_output_size", "last_left_out")(of_sizes(lambda s, k, t, p: len(range(0, s + 2 * p - k, t))))
wrong("conv_output_size", "windows_over_edge")(of_sizes(lambda s, k, t, p: len(range(0, s + 2 * p, t))))


def of_widths(count, first=3):
    """The sum of what is counted for each convolution, of channels in and out."""

    def counted(table):
        widths = [first, *(entry for entry in table if entry != "pool")]
        return sum(count(i, o) for i, o in itertools.pairwise(widths))

    return counted


wrong("count_parameters", "three_and_no_bias")(of_widths(lambda i, o: 3 * i * o))
wrong("count_parameters", "bias_at_the_end")(lambda table: of_widths(lambda i, o: 9 * i * o)(table) + 1)
wrong("count_parameters", "bias_per_place")(of_widths(lambda i, o: 9 * (i + 1) * o))
wrong("count_parameters", "two_biases")(of_widths(lambda i, o: 9 * i * o + 2 * o))
wrong("count_parameters", "outputs_only")(of_widths(lambda i, o: 3 * 3 * o))
wrong("count_parameters", "outputs_and_biases")(of_widths(lambda i, o: 3 * 3 * o + o))
wrong("count_parameters", "channels_added")(of_widths(lambda i, o: 9 * (i + o) + o))
wrong("count_parameters", "cubes")(of_widths(lambda i, o: 27 * i * o + o))
wrong("count_parameters", "first_width_twice")(lambda table: of_widths(lambda i, o: 9 * i * o + o, table[0])(table))
wrong("count_parameters", "pools_counted")(
    lambda table: of_widths(lambda i, o: 9 * i * o + o)(table) + 2 * 2 * list(table).count("pool")
)


@wrong("count_parameters", "pool_forgets")
def _(table):
    total, before = 0, 3
    for entry in table:
        if entry == "pool":
            before = 3
        else:
            total, before = total + 9 * before * entry + entry, entry
    return total


@wrong("count_parameters", "last_left_out")
def _(table):
    widths = [entry for entry in table if entry != "pool"]
    return 9 * 3 * widths[0] + sum(o + 9 * i * o for i, o in itertools.pairwise(widths[:-1])) + widths[0]


def of_layers(step, first=(1, 1), end=lambda size: size):
    """What becomes of size and step, layer after layer."""

    def seen(layers):
        size, jump = first
        for kernel, stride in layers:
            size, jump = step(size, jump, kernel, stride)
        return end(size)

    return seen


wrong("receptive_field", "jump_and_stride")(of_layers(lambda size, jump, k, t: (size + (k - 1) * jump, jump + t)))
wrong("receptive_field", "jump_zero")(
    of_layers(lambda size, jump, k, t: (size + (k - 1) * jump, jump * t or t), (1, 0))
)
wrong("receptive_field", "odd_kernels")(of_layers(lambda size, jump, k, t: (size + k // 2 * 2 * jump, jump * t)))
wrong("receptive_field", "swapped")(of_layers(lambda size, jump, t, k: (size + (k - 1) * jump, jump * t)))
wrong("receptive_field", "area")(
    of_layers(lambda size, jump, k, t: (size + (k - 1) * jump, jump * t), end=lambda size: size**2)
)
wrong("receptive_field", "minus_one_step")(of_layers(lambda size, jump, k, t: (size + k * jump - 1, jump * t)))
wrong("receptive_field", "strides_and_kernels")(of_layers(lambda size, jump, k, t: (size * k * t, jump)))
wrong("receptive_field", "whole_from_behind")(
    lambda layers: of_layers(lambda size, jump, k, t: (size * t + k, jump))(layers[::-1])
)
wrong("receptive_field", "less_one_from_behind")(
    lambda layers: of_layers(lambda size, jump, k, t: (size * t + k - 1, jump))(layers[::-1])
)


@wrong("receptive_field", "first_only")
def _(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        size, jump = size + (kernel - 1) * jump, jump * stride
        return size


@wrong("receptive_field", "first_twice")
def _(layers):
    size, jump = layers[0][0], 1
    for kernel, stride in layers:
        size, jump = size + (kernel - 1) * jump, jump * stride
    return size
