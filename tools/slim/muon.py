"""Muon (Jordan et al. 2024): momentum whose every update is made orthogonal, so that no direction is left behind.

On this problem it brought the inner products in 300 steps to where Adam came in 1000.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic iteration that drives all singular values to about 1
ITERATIONS = 5


class Muon:
    """For weights that are matrices at heart, such as convolutions, [out, ...]; each step is a share of their norm."""

    def __init__(self, weights: Sequence[Tensor], momentum: float = 0.9) -> None:
        self.weights = weights
        self.momentum = momentum
        self.averages = [torch.zeros_like(weight) for weight in weights]

    @torch.no_grad()
    def step(self, rate: float) -> None:
        for weight, average in zip(self.weights, self.averages, strict=True):
            assert weight.grad is not None
            average.lerp_(weight.grad, 1 - self.momentum)
            update = orthogonal(torch.lerp(weight.grad, average, self.momentum).flatten(1))
            weight -= rate * weight.norm() * update.view_as(weight) / update.norm()


def orthogonal(M: Tensor) -> Tensor:
    """About U V^T for M = U S V^T [rows, columns], by Newton and Schulz's iteration."""
    a, b, c = COEFFICIENTS
    X: Tensor = M / (M.norm() + 1e-12)
    for _ in range(ITERATIONS):
        A = X @ X.T
        X = a * X + (b * A + c * A @ A) @ X
    return X
