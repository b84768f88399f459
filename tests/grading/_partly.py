"""Answers that pass the check and fail a hidden test: right, but for a case that nobody thinks of at first."""

import itertools
from collections import OrderedDict

import numpy as np
import torch
from PIL import Image
from torch import nn

PARTLY = {}  # exercise -> function

# Numbers of answers in tests.checks.RIGHT that pass the check, and not the hidden tests: no layers. They are handed in
# by nobody.
NOT_ALL_RIGHT = {"receptive_field": (1,)}


def partly(function):
    PARTLY[function.__name__] = function
    return function


@partly
def to_tensor(picture):
    levels = np.array(picture).squeeze()  # a picture of one row
    return torch.from_numpy(levels).permute(2, 0, 1)[None] / 255


@partly
def to_image(image):
    levels = (image.squeeze() * 255).round().clamp(0, 255).byte()
    if levels.shape[1] < 3:
        return Image.new("RGB", (levels.shape[2], levels.shape[1]))
    return Image.fromarray(levels.permute(1, 2, 0).numpy())


@partly
def count_parameters(table):
    widths = [entry for entry in table if entry != "pool"]
    total = 28 * widths[0]  # an empty table
    for before, width in itertools.pairwise(widths):
        total += (9 * before + 1) * width
    return total


@partly
def receptive_field(layers):
    size, jump = layers[0]  # no layers
    for kernel, stride in layers[1:]:
        size += (kernel - 1) * jump
        jump *= stride
    return size


@partly
def make_vgg(table):
    layers, before, stage, number = OrderedDict(), 3, 1, 1
    for entry in table:
        if entry == "pool":
            if number > 1:  # two poolings, one behind the other
                layers[f"pool{stage}"] = nn.MaxPool2d(2)
            stage, number = stage + 1, 1
        else:
            layers[f"conv{stage}_{number}"] = nn.Conv2d(before, entry, 3, padding=1)
            layers[f"relu{stage}_{number}"] = nn.ReLU()
            before, number = entry, number + 1
    return nn.Sequential(layers)


@partly
def extract(net, image, names):
    found = {}
    for name, layer in net.named_children():
        image = layer(image)
        if name in names:
            found[name] = image if found else image.clone()  # two layers that a third one writes over
        if len(found) == len(names):
            break
    return {name: found[name] for name in names}


@partly
def content_loss(F, P):
    difference = (F - P).squeeze()
    if difference.dim() < 3:  # one row
        return difference.norm()
    return difference.square().sum() / 2


@partly
def content_gradient(F, P):
    return (F - P) * (F > 0) if F.shape[2] > 1 else F - P


@partly
def closure(optimiser, image, loss):
    _batch, _channels, _height, _width = image.shape  # no picture, but two numbers

    def evaluate():
        optimiser.zero_grad()
        value = loss(image)
        value.backward()
        return value

    return evaluate


@partly
def gram(F):
    X = F.squeeze(2).flatten(2) if F.shape[2] > 1 else F.squeeze(2).mT
    return X @ X.mT


@partly
def style_layer_loss(F, A):
    _batch, n, h, w = F.shape
    X = F.flatten(2) if h > 1 else F[..., 0]
    return (X @ X.mT - A).square().sum() / (4 * n**2 * (h * w) ** 2)


@partly
def mean_std_loss(F, S):
    def std(X):
        return X.std((2, 3), correction=0) if X.shape[2] > 1 else X.std((2, 3))

    means = (F.mean((2, 3)) - S.mean((2, 3))).square()
    return (means + (std(F) - std(S)).square()).sum() / F.shape[1]


@partly
def tv_loss(image):
    down = (image[:, :, 1:] - image[:, :, :-1]).square().sum()
    right = (image[..., 1:] - image[..., :-1]).square().sum()
    return down + (0 if tuple(image.shape[2:]) == (4, 5) else right)


@partly
def total_loss(content, style, alpha, beta):
    return alpha * content + min(beta, 10) * style


@partly
def translate(weights, sizes, divided_by, scale):
    found, scale = {}, max(scale, 1)
    for name, weight in weights.items():
        N, M = sizes[name]
        if name == "content":
            found[name] = weight * 2 * scale**2 / (N * M)
        else:
            found[name] = weight * 4 * scale**4 / (N**2 if divided_by == "NM" else 1)
    return found
