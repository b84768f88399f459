"""Answers that are right, in ways that the course did not think of first: loops, other operations, libraries."""

import functools
from collections import OrderedDict

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional
from torchvision.transforms import functional as transforms
from torchvision.transforms.v2 import functional as transforms2

from tests.check._right import right

# --- Chapter 0 ------------------------------------------------------------------------------------------------------


@right("to_tensor")
def _(picture):
    return transforms.to_tensor(picture).unsqueeze(0)


@right("to_tensor")
def _(picture):
    return torch.from_numpy(np.moveaxis(np.array(picture, dtype=np.float32), -1, 0)[None] / 255)


@right("to_tensor")
def _(picture):
    width, height = picture.size
    x = torch.zeros(1, 3, height, width)
    for row in range(height):
        for column in range(width):
            for channel, level in enumerate(picture.getpixel((column, row))):
                x[0, channel, row, column] = level / 255
    return x


@right("to_tensor")
def _(picture):
    bands = [torch.tensor(list(band.tobytes())).view(picture.height, picture.width) for band in picture.split()]
    return torch.stack(bands)[None].to(torch.float32).div(255).requires_grad_()


@right("to_tensor")
def _(picture):
    return transforms2.to_dtype(transforms2.to_image(picture), torch.float32, scale=True)[None]  # a subclass of Tensor


@right("to_image")
def _(image):
    return transforms.to_pil_image((image[0].clamp(0, 1) * 255).round().to(torch.uint8))


@right("to_image")
def _(image):
    levels = np.rint(255 * np.clip(image.numpy()[0].astype(np.float64), 0, 1))
    return Image.fromarray(np.ascontiguousarray(levels.transpose(1, 2, 0)).astype(np.uint8))


@right("to_image")
def _(image):
    height, width = image.shape[2:]
    picture = Image.new("RGB", (width, height))
    for row in range(height):
        for column in range(width):
            levels = [min(255, max(0, round(255 * x))) for x in image[0, :, row, column].tolist()]
            picture.putpixel((column, row), tuple(levels))
    return picture


@right("to_image")
def _(image):
    bands = image[0].mul(255).add(0.5).clamp(0, 255).byte().numpy()
    return Image.merge("RGB", [Image.fromarray(band) for band in bands])


@right("normalise")
def _(image, mean, std):
    return transforms.normalize(image, mean, std)


@right("normalise")
def _(image, mean, std):
    result = torch.empty_like(image)
    for b in range(image.shape[0]):
        for c in range(3):
            result[b, c] = (image[b, c] - mean[c]) / std[c]
    return result


@right("normalise")
def _(image, mean, std):
    return functional.batch_norm(image, torch.tensor(mean), torch.tensor(std) ** 2, eps=0)


@right("normalise")
def _(image, mean, std):
    last = image.movedim(1, -1)
    return ((last - torch.tensor(mean)) / torch.tensor(std)).movedim(-1, 1)


@right("denormalise")
def _(x, mean, std):
    return torch.stack([plane * s + m for plane, m, s in zip(x.unbind(1), mean, std, strict=True)], dim=1)


@right("denormalise")
def _(x, mean, std):
    return torch.einsum("bchw,c->bchw", x, torch.tensor(std)) + torch.tensor(mean).reshape(3, 1, 1)


@right("denormalise")
def _(x, mean, std):
    return transforms.normalize(transforms.normalize(x, (0, 0, 0), [1 / s for s in std]), [-m for m in mean], (1, 1, 1))


@right("denormalise")
def _(x, mean, std):
    return functional.conv2d(x, torch.diag(torch.tensor(std))[:, :, None, None], torch.tensor(mean))


# --- Chapter 1 ------------------------------------------------------------------------------------------------------


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
    return features


# --- Chapter 3 ------------------------------------------------------------------------------------------------------


@right("content_loss")
def _(F, P):
    return functional.mse_loss(F, P, reduction="sum") / 2


@right("content_loss")
def _(F, P):
    loss = torch.tensor(0.0)
    for f, p in zip(F.flatten(), P.flatten(), strict=True):
        loss = loss + 0.5 * (f - p) ** 2
    return loss


@right("content_loss")
def _(F, P):
    return 0.5 * torch.einsum("bchw,bchw->", F - P, F - P)


@right("content_loss")
def _(F, P):
    return (F.pow(2).sum() + P.pow(2).sum()) / 2 - (F * P).sum()


@right("content_loss")
def _(F, P):
    d = (F - P.detach()).reshape(-1)
    return torch.dot(d, d).div(2)


@right("content_gradient")
def _(F, P):
    return torch.where(F > 0, F - P, torch.zeros_like(F))


@right("content_gradient")
def _(F, P):
    x = F.clone().requires_grad_()
    loss = functional.mse_loss(x.relu(), P, reduction="sum") / 2
    loss.backward()
    return x.grad


@right("content_gradient")
def _(F, P):
    gradient = torch.zeros_like(F)
    for place in np.ndindex(*F.shape):
        if F[place] > 0:
            gradient[place] = F[place] - P[place]
    return gradient


@right("content_gradient")
def _(F, P):
    return torch.from_numpy(np.where(F.numpy() > 0, F.numpy() - P.numpy(), np.float32(0)))


@right("content_gradient")
def _(F, P):
    return (F - P).masked_fill(F <= 0, 0)


@right("closure")
def _(optimiser, image, loss):
    def evaluate():
        image.grad = None
        value = loss(image)
        (image.grad,) = torch.autograd.grad(value, image)
        return value.detach()

    return evaluate


@right("closure")
def _(optimiser, image, loss):
    def evaluate(image):
        value = loss(image)
        optimiser.zero_grad(set_to_none=False)
        value.backward()
        return value.item()  # L-BFGS makes a float of it anyway

    return functools.partial(evaluate, image)


@right("closure")
def _(optimiser, image, loss):
    class Evaluate:
        calls = 0

        def __call__(self):
            self.calls += 1
            if image.grad is not None:
                image.grad.zero_()
            with torch.enable_grad():
                value = loss(image)
            torch.autograd.backward([value])
            return value

    return Evaluate()
