"""Further probes for chapter 2's checks: of what climbs on a score, and of what is done around a climb."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from course.check.engine.probes import Function, Returned, changed_inputs, copied, plain, probe, record, returned

Score = Callable[[Tensor], Tensor]


@record
@dataclass(frozen=True)
class Climbed:
    """Findings about a call of `ascend(score, picture, steps, step_size)`.

    Attributes:
        returned: the picture.
        attached: whether what was returned still knows how it was computed.
        evaluations: how often the score was asked for.
    """

    returned: Returned
    attached: bool
    evaluations: int


def hill(top: Tensor, weights: Tensor, factor: float) -> Score:
    """A score that is highest at `top`, and falls off differently in each direction; flat for a factor of 0."""
    return lambda x: factor * -(weights * (x - top).square()).sum() / 2


@probe
def climb_of(
    function: Function, picture: Tensor, top: Tensor, weights: Tensor, factor: float, steps: int, step_size: float
) -> Climbed:
    """Where the function arrives on the `hill`."""
    evaluated: list[None] = []
    score = hill(top, weights, factor)

    def asked(x: Tensor) -> Tensor:
        evaluated.append(None)
        return score(x)

    given = copied(picture)
    value = function(asked, given, steps, step_size)
    changed = (1,) if changed_inputs([picture], [given.detach()]) else ()
    attached = isinstance(value, Tensor) and value.requires_grad
    return Climbed(returned(value, changed, 1 if value is given else None), attached, len(evaluated))


@record
@dataclass(frozen=True)
class Dreamt:
    """Findings about a call of `dream_octave(photo, detail, climb, shift)`.

    Attributes:
        returned: the new detail.
        seen: what the climb was given, each time it was called; None for what is no tensor.
    """

    returned: Returned
    seen: tuple[Tensor | None, ...]


@probe
def octave_of(
    function: Function, photo: Tensor, detail: Tensor, factor: Tensor, more: Tensor, shift: tuple[int, int]
) -> Dreamt:
    """The new detail, where climbing is ``picture * factor + more``, place by place."""
    seen: list[Tensor | None] = []

    def climb(picture: Tensor) -> Tensor:
        seen.append(plain(picture) if isinstance(picture, Tensor) else None)
        return picture * factor + more if picture.shape == factor.shape else picture.clone()

    before: list[Tensor] = [photo, detail]
    given = [copied(photo), copied(detail)]
    value = function(*given, climb, tuple(shift))
    echo = next((n for n, one in enumerate(given) if one is value), None)
    return Dreamt(returned(value, changed_inputs(before, given), echo), tuple(seen))
