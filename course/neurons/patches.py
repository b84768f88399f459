"""Where in many pictures a channel answers most, and what it sees there."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from course.errors import InputError
from course.images import check_given, check_whole
from course.nets.vgg import VGG

Place = tuple[int, int, int]


def top_patches(maps: Sequence[Tensor], count: int, apart: int) -> list[Place]:
    """The places where one channel answers most, strongest first: (picture, row, column).

    Two places of one picture whose rows and whose columns both differ by less than `apart` are one spot: only the
    stronger counts.

    Args:
        maps: the channel's answer to each picture, [H, W], of any sizes.
        count: how many places are wanted; fewer come back if there are no more.
        apart: in places of the map, at least 1.

    Raises:
        InputError: for maps that are none.
    """
    check_whole(count, "the count")
    check_whole(apart, "the distance between places")
    found: list[tuple[float, Place]] = []
    for number, answers in enumerate(maps):
        if answers.ndim != 2:
            raise InputError(f"a map is [H, W], not {list(answers.shape)}; take one channel: maps[0, channel]")
        left = answers.detach().clone()
        for _ in range(count):
            row, column = divmod(int(left.argmax()), left.shape[1])
            if left[row, column] == -torch.inf:
                break
            found.append((float(left[row, column]), (number, row, column)))
            left[max(0, row - apart + 1) : row + apart, max(0, column - apart + 1) : column + apart] = -torch.inf
    found.sort(key=lambda spot: -spot[0])
    return [place for _, place in found[:count]]


def field(net: VGG, layer: str) -> tuple[int, int, float]:
    """The squares of the picture that a layer's numbers see: (side, step, first), in pixels.

    Side: of the square, chapter 1's receptive field. Step: from one number's square to its neighbour's. First: where
    the centre of the very first number's square is, counted from the centre of the first pixel.

    Raises:
        InputError: for a layer that the network does not have.
    """
    net.smallest_side([layer])  # which knows how to complain
    side, step, first = 1, 1, 0.0
    names = ("image", *net.layers)
    for name in names[1 : names.index(layer) + 1]:
        if name.startswith("conv"):  # 3 x 3, a border of 1: the centre stays
            side += 2 * step
        elif name.startswith("pool"):  # 2 x 2, without a border: the centre moves by half a pixel of these maps
            side, first, step = side + step, first + step / 2, 2 * step
    return side, step, first


def cut_out(picture: Tensor, net: VGG, layer: str, row: int, column: int) -> Tensor:
    """The square of a picture that one number of a layer sees, [1, 3, side, side]; grey where it is beyond the border.

    Raises:
        InputError: for something that is not one picture, or a place that the layer does not have.
    """
    check_given(picture, "the picture")
    side, step, first = field(net, layer)
    height, width = picture.shape[2:]
    if not (0 <= row < max(1, height // step) and 0 <= column < max(1, width // step)):
        raise InputError(f"{layer} has {height // step} x {width // step} places in this picture, no {row}, {column}")
    top, left = (int(first + place * step - (side - 1) / 2) for place in (row, column))
    padded = functional.pad(picture - 0.5, (side, side, side, side)) + 0.5
    return padded[:, :, top + side : top + 2 * side, left + side : left + 2 * side]
