"""Random inputs that a check gives to an answer, others for each seed."""

from __future__ import annotations

import torch
from torch import Tensor


class Draw:
    """Fresh random inputs, different at every check and the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int) -> Tensor:
        """A tensor of normal numbers, mean 0 and deviation 1."""
        return torch.randn(shape, generator=self.generator, dtype=torch.float32)

    def uniform(self, *shape: int) -> Tensor:
        """A tensor of numbers in [0, 1)."""
        return torch.rand(shape, generator=self.generator, dtype=torch.float32)

    def levels(self, least: int, most: int, *shape: int) -> Tensor:
        """A tensor of whole numbers from `least` to `most`, both possible."""
        return torch.randint(least, most + 1, shape, generator=self.generator)

    def whole(self, least: int, most: int) -> int:
        """A whole number from `least` to `most`, both possible."""
        return int(self.levels(least, most))
