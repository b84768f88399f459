"""Where the student begins: each of its channels imitates one of the teacher's, by least squares, layer by layer.

It takes seconds and saves thousands of steps: from random filters the inner products begin 80 times as wrong.
"""

import torch
from torch import Tensor
from torch.nn import functional

from course.nets.vgg import VGG, Parameters
from course.nets.weights import OXFORD_MEAN, SLIM_STD

RIDGE = 1e-3  # of the mean diagonal: keeps weights small where the pictures leave them free


@torch.no_grad()
def prune(teacher: VGG, images: Tensor, widths: tuple[int, ...]) -> Parameters:
    """A student with so many channels in its five stages, fitted to `images` [B, 3, H, W].

    Each layer is fitted to what the student's own layers before it give.
    """
    convolutions: dict[str, tuple[Tensor, Tensor]] = {}
    mean, std = (torch.tensor(three).view(1, 3, 1, 1) for three in (OXFORD_MEAN, SLIM_STD))
    x = (images - mean) / std
    targets = teacher(images, [name for name in teacher.layers if name.startswith("conv")])
    for name in teacher.layers:
        if name.startswith("relu"):
            x = functional.relu(x)
        elif name.startswith("pool"):
            x = functional.max_pool2d(x, 2)
        else:
            F = targets[name].transpose(0, 1).flatten(1)
            fired = functional.relu(F)
            channels = choose(fired @ fired.T / F.shape[1], widths[int(name[4]) - 1])
            Z = F[channels] / functional.relu(F[channels]).square().mean().sqrt()
            convolutions[name] = fit_convolution(x, Z)
            mode = "replicate" if name.startswith(("conv1_", "conv2_")) else "constant"
            x = functional.conv2d(functional.pad(x, (1, 1, 1, 1), mode=mode), *convolutions[name])
    return Parameters(convolutions, OXFORD_MEAN, SLIM_STD, widths)


def choose(moments: Tensor, count: int) -> list[int]:
    """Channels that together explain most of all channels: pivoted Cholesky of their second moments [N, N]."""
    left = moments.double().clone()
    picked: list[int] = []
    for _ in range(count):
        gain = left.square().sum(0) / left.diagonal().clamp(min=1e-12)
        gain[left.diagonal() <= 1e-9 * moments.diagonal().max()] = -1  # nothing is left of these but rounding
        gain[picked] = -1
        best = int(gain.argmax())
        picked.append(best)
        column = left[:, best].clone()
        left -= torch.outer(column, column) / column[best].clamp(min=1e-12)
    return picked


def fit_convolution(x: Tensor, Z: Tensor) -> tuple[Tensor, Tensor]:
    """Weight and bias of the 3x3 convolution of x [B, n, H, W] that comes closest to Z [m, B * H * W]."""
    inputs = x.shape[1] * 9 + 1
    A, b = torch.zeros(inputs, inputs, dtype=torch.float64), torch.zeros(inputs, len(Z), dtype=torch.float64)
    for picture, answer in zip(x, torch.unflatten(Z, 1, (len(x), -1)).transpose(0, 1), strict=True):
        patches = functional.unfold(functional.pad(picture[None], (1, 1, 1, 1), mode="replicate"), 3)[0]
        patches = torch.cat([patches, torch.ones(1, patches.shape[1])])
        A += (patches @ patches.T).double()
        b += (patches @ answer.T).double()
    A += RIDGE * A.diagonal().mean() * torch.eye(inputs)
    solution = torch.linalg.solve(A, b).float()
    return solution[:-1].T.reshape(len(Z), x.shape[1], 3, 3).contiguous(), solution[-1].contiguous()
