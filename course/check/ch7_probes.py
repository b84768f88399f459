"""Further probes for chapter 7's checks: of a residual block, and of what trains a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.optimizer import register_optimizer_step_post_hook

from course.check.engine.probes import Function, Returned, changed_inputs, copied, plain, probe, record, returned

STEPS = 2


@record
@dataclass(frozen=True)
class Blocked:
    """Findings about a call of `residual_block(x, first, second)`.

    Attributes:
        returned: the maps that came back.
        first, second: what each layer was given, each time it was called; None for what is no tensor.
        gradient: of the sum of all maps, to x; None if none came back.
    """

    returned: Returned
    first: tuple[Tensor | None, ...]
    second: tuple[Tensor | None, ...]
    gradient: Tensor | None


@probe
def block_of(function: Function, x: Tensor, factors: Tensor, more: Tensor) -> Blocked:
    """What the function makes of x, where layer k is ``maps * factors[k] + more[k]``, channel by channel."""
    seen: tuple[list[Tensor | None], list[Tensor | None]] = ([], [])

    def layer(number: int) -> Function:
        def made(maps: Any) -> Any:
            seen[number].append(plain(maps) if isinstance(maps, Tensor) else None)
            return maps * factors[number].view(1, -1, 1, 1) + more[number].view(1, -1, 1, 1)

        return made

    leaf = copied(x).requires_grad_(True)
    given = leaf * 1
    value = function(given, layer(0), layer(1))
    found = returned(value, changed_inputs([x], [given.detach()]), 0 if value is given else None)
    gradient = None
    if isinstance(value, Tensor) and value.requires_grad:
        gradient = plain(torch.autograd.grad(value.sum(), leaf, allow_unused=True)[0])
    return Blocked(found, tuple(seen[0]), tuple(seen[1]), gradient)


@record
@dataclass(frozen=True)
class Trained:
    """Findings about two calls of `training_step(net, optimiser, photos, loss)` with two batches.

    Attributes:
        returned: what each call gave back.
        attached: whether one of them still knows how it was computed.
        weights: the network's, one after the other, after each call.
        paintings: how often the network was called in each call, with how many pictures in all.
        judged: the pictures of which the loss was asked in each call, paintings and photos.
        steps: how often the optimiser stepped in each call.
        arrivals: how often a gradient came back to the network's weights in each call.
        left: whether a gradient was there when a call had ended.
        photos_asked: whether the photos were told to ask for gradients, too.
    """

    returned: tuple[Returned, ...]
    attached: bool
    weights: tuple[Tensor, ...]
    paintings: tuple[tuple[int, int], ...]
    judged: tuple[tuple[tuple[Tensor | None, Tensor | None], ...], ...]
    steps: tuple[int, ...]
    arrivals: tuple[int, ...]
    left: tuple[bool, ...]
    photos_asked: bool


@probe
def trained_by(
    function: Function, mixer: Tensor, shift: Tensor, stale: Tensor, batches: list[Tensor], target: Tensor, rate: float
) -> Trained:
    """Two steps of plain descent on `distance_to`, of a network that mixes colours and shifts them.

    Args:
        function: the answer.
        mixer: 1x1 filters [3, 3, 1, 1], the network's first weights.
        shift: its others, [3].
        stale: gradient of `mixer` that is there before the first call, as somebody left it.
        batches: photos of the first and the second call, [B, 3, H, W].
        target: see `distance_to`.
        rate: of the descent.
    """
    weight, bias = (copied(one).requires_grad_(True) for one in (mixer, shift))
    weight.grad = copied(stale)
    optimiser = torch.optim.SGD([weight, bias], lr=rate)
    calls = _Calls(optimiser, weight)
    asked = False
    found: list[tuple[Any, ...]] = []

    def net(photos: Tensor) -> Tensor:
        calls.paintings.append(len(photos))
        return functional.conv2d(photos, weight, bias)

    def loss(painted: Tensor, photos: Tensor) -> Tensor:
        first, second = (plain(one) if isinstance(one, Tensor) else None for one in (painted, photos))
        calls.judged.append((first, second))
        return distance_to(target, painted, photos)

    with calls.counted():
        for photos in batches[:STEPS]:
            calls.begin()
            given = copied(photos)
            value = function(net, optimiser, given, loss)
            asked |= given.requires_grad
            changed = (2,) if changed_inputs([photos], [given.detach()]) else ()
            weights = torch.cat([plain(weight).flatten(), plain(bias)])
            left = weight.grad is not None and bool(weight.grad.any())
            attached = isinstance(value, Tensor) and value.requires_grad
            found.append((returned(value, changed), attached, weights, left, *calls.so_far()))
    values, attached_each, weights_each, left_each, *counts = zip(*found, strict=True)
    paintings, judged, steps, arrivals = counts
    return Trained(
        values, any(attached_each), weights_each, paintings, judged, steps, arrivals, left_each, photos_asked=asked
    )


class _Calls:
    """What is called while an answer trains."""

    def __init__(self, optimiser: torch.optim.Optimizer, weight: Tensor) -> None:
        self._optimiser = optimiser
        weight.register_hook(self._arrive)  # type: ignore[no-untyped-call]
        self.begin()

    def begin(self) -> None:
        """Forgets what was counted."""
        self.paintings: list[int] = []
        self.judged: list[tuple[Tensor | None, Tensor | None]] = []
        self.steps = self.arrivals = 0

    def so_far(self) -> tuple[Any, ...]:
        """The fields of `Trained` from paintings to arrivals, of one call."""
        return (len(self.paintings), sum(self.paintings)), tuple(self.judged), self.steps, self.arrivals

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Counts the steps of the optimiser that was given."""
        hook = register_optimizer_step_post_hook(self._step)
        try:
            yield
        finally:
            hook.remove()

    def _arrive(self, gradient: Tensor) -> None:
        self.arrivals += 1

    def _step(self, optimiser: Any, arguments: Any, options: Any) -> None:
        self.steps += optimiser is self._optimiser


def distance_to(target: Tensor, painted: Tensor, photos: Tensor) -> Tensor:
    """A loss in which painting and photo play different parts: [B, 3, H, W] twice -> scalar."""
    return (painted - target).square().mean() + (painted - photos).pow(4).mean() / 10
