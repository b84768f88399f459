"""What another program did when it painted one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Run:
    """One painting of another program.

    Attributes:
        picture: as the program leaves it, [1, 3, H, W], RGB in [0, 1].
        seconds: of painting.
        elapsed: seconds from its start to its end, all that it does besides painting counted in.
        evaluations: of its objective, with the gradient.
        losses: what it minimises, evaluation by evaluation, in its own numbers; the last is that of `picture`, or of
            the picture nearest to it that is known.
    """

    picture: Tensor
    seconds: float
    elapsed: float
    evaluations: int
    losses: Sequence[float]

    @property
    def needed(self) -> float:
        """After which part of `seconds` its loss was for the first time as low as it is at the end.

        1 if the loss fell to the end. Less says that it rose on the way, and that `seconds` says too much.
        """
        first = next(number for number, loss in enumerate(self.losses, start=1) if loss <= self.losses[-1])
        return first / len(self.losses)
