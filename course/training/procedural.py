"""Pictures made by a formula: as many as wanted, of nobody, under no licence."""

from __future__ import annotations

import math

import torch
from torch import Tensor

Random = torch.Generator


def uniform(random: Random, low: float, high: float) -> float:
    """A number between low and high."""
    return low + (high - low) * float(torch.rand((), generator=random))


def randint(random: Random, count: int) -> int:
    """A whole number from 0 to count - 1."""
    return int(torch.randint(count, (), generator=random))


def coloured_noise(random: Random, side: int) -> Tensor:
    """Noise whose amplitude falls as 1 / frequency^p, p between 0 and 2, in correlated colours; [3, side, side]."""
    rows, columns = torch.fft.fftfreq(side)[:, None], torch.fft.rfftfreq(side)[None]
    frequency = (rows.square() + columns.square()).sqrt().clamp(min=1 / side)
    spectrum = torch.fft.rfft2(torch.randn(3, side, side, generator=random))
    noise = torch.fft.irfft2(spectrum / frequency ** uniform(random, 0, 2), s=(side, side))
    noise = noise / noise.std(dim=(1, 2), keepdim=True)
    mixed = torch.einsum("ij,jhw->ihw", torch.randn(3, 3, generator=random) * uniform(random, 0.05, 0.3), noise)
    return mixed + torch.rand(3, 1, 1, generator=random)


def gratings(random: Random, side: int) -> Tensor:
    """A few waves, smooth or as stripes, in random colours; [3, side, side]."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    picture = torch.rand(3, 1, 1, generator=random).expand(3, side, side)
    for _ in range(1 + randint(random, 3)):
        angle, period = uniform(random, 0, math.pi), 2 ** uniform(random, 1, 5)
        wave = torch.sin(2 * math.pi * (x * math.cos(angle) + y * math.sin(angle)) / period + uniform(random, 0, 6.3))
        wave = torch.where(wave > 0, 1.0, -1.0) if randint(random, 2) else wave
        picture = picture + wave * torch.randn(3, 1, 1, generator=random) * 0.25
    return picture


def dead_leaves(random: Random, side: int) -> Tensor:
    """Discs and strokes that lie one upon another, as leaves on the ground; [3, side, side]."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    picture = torch.rand(3, 1, 1, generator=random).repeat(1, side, side)
    for _ in range(40 + randint(random, 120)):
        radius = 1.5 * (side / 6) ** uniform(random, 0, 1)
        angle, longer = uniform(random, 0, math.pi), 2 ** uniform(random, 0, 3)
        dx, dy = x - uniform(random, 0, side), y - uniform(random, 0, side)
        along, across = dx * math.cos(angle) + dy * math.sin(angle), dy * math.cos(angle) - dx * math.sin(angle)
        inside = (along / longer).square() + across.square() < radius**2
        picture = torch.where(inside, torch.rand(3, 1, 1, generator=random), picture)
    return picture


PROCEDURES = (coloured_noise, gratings, dead_leaves)
