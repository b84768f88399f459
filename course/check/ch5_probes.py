"""Further probes for chapter 5's checks: of a painter; and the network that it is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch._C import _functorch as functorch  # whose wrappers end with the function that made them
from torch.nn import functional
from torch.optim.optimizer import register_optimizer_step_pre_hook

from course.check.engine.differences import agree
from course.check.engine.probes import Function, Returned, changed_inputs, copied, equal, probe, record, returned


class PaintersNetwork(nn.Module):
    """Answers as the course's VGG does, frozen; with eight channels in all layers, and one pooling.

    Its ReLUs are open more often than not, so that a few steps are enough to see where a painter is going. Only the
    first channel of each layer looks for edges and is shut at half of all places: there maps before and after a ReLU
    differ.
    """

    offset: Tensor

    def __init__(self, seed: int) -> None:
        super().__init__()
        generator, before = torch.Generator().manual_seed(seed), 3
        self.convolutions = nn.ParameterDict()
        for name in ("1_1", "2_1", "3_1", "4_1", "4_2", "5_1"):
            weight = torch.randn(8, before, 3, 3, generator=generator, dtype=torch.float32) / (9 * before) ** 0.5
            weight[0] -= weight[0].mean((1, 2), keepdim=True)
            self.convolutions[name] = nn.Parameter(weight, requires_grad=False)
            before = 8
        offset = torch.tensor([0.0, *7 * [2.0]], dtype=torch.float32)
        self.register_buffer("offset", offset, persistent=False)

    def forward(self, image: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """``{"image": image, name: maps, ...}`` for "conv1_1", "relu1_1", and so on; the stages 1, 2, 3, 4, 4, 5."""
        if isinstance(layers, str):
            raise ValueError(f"no list of layers: {layers!r}")
        found, x = {"image": image}, 2 * image - 1
        for name, weight in self.convolutions.items():
            bordered = functional.pad(x, (1, 1, 1, 1), mode="replicate")
            found[f"conv{name}"] = functional.conv2d(bordered, weight, self.offset)
            x = found[f"relu{name}"] = functional.relu(found[f"conv{name}"])
            x = functional.avg_pool2d(x, 2, ceil_mode=True) if name == "1_1" else x
        if unknown := [name for name in layers if name not in found]:
            raise ValueError(f"no layer {unknown[0]!r} in this network")
        return {name: found[name] for name in ("image", *layers)}


def _plain(value: Tensor) -> Tensor:
    """The numbers of a tensor by themselves, also where torch.func has wrapped it."""
    value = value.detach().clone()  # inside such a function a copy is wrapped, too
    while functorch.is_functorch_wrapped_tensor(value):
        value = functorch.get_unwrapped(value)
    return value


class _Enough(BaseException):
    """Ends a painter that goes on and on. It is no Exception, which an answer may catch."""


# A painter is stopped where it looks at more pictures than this: L-BFGS with torch's defaults looks at 25 in a step.
MOST_IN_A_STEP, MOST_BESIDES = 30, 40
MOST_CALLS = 3  # ... or calls step() more often than this, of an optimiser that goes all the steps in each call


class Watch:
    """What a network is asked while somebody paints, and what an optimiser's closure does besides.

    Args:
        painting: that is painted after.
        steps: that were asked for.

    Attributes:
        evaluations: how often the network looked at a picture that waits for a gradient.
        repeats: how often it was asked for the same layers of the same other picture again.
        layers: names of the layers that it was asked for, of pictures that wait for a gradient.
        painting_seen: whether it was shown the painting as it is.
        clamped: whether a picture that waits for a gradient came out of a clamp().
        moved: whether a closure moved what its optimiser holds.
        accumulated: whether an optimiser was given gradients of earlier pictures as well.
        multiplied: whether step() was called again and again, of an optimiser that goes `steps` steps in each call.
    """

    def __init__(self, painting: Tensor, steps: int) -> None:
        self.evaluations = self.repeats = 0
        self.layers: set[str] = set()
        self.painting_seen = self.clamped = self.moved = self.accumulated = self.multiplied = False
        self._painting, self._steps = painting, steps
        self._pictures = self._calls = 0
        self._seen: set[tuple[bytes, ...]] = set()
        self._shown: Tensor | None = None
        # The first and the last picture to which gradients came back, each with their sum; and the sum of all.
        self._first: tuple[Tensor, Tensor] | None = None
        self._last: tuple[Tensor, Tensor] | None = None
        self._total: Tensor | None = None

    def net(self, net: nn.Module) -> nn.Module:
        """The same network, watched."""
        look = net.forward

        def forward(image: Tensor, layers: Sequence[str]) -> Any:
            return look(self._look(image, layers), layers)

        net.forward = forward
        return net

    @contextmanager
    def optimisers(self) -> Iterator[None]:
        """Watches all of torch's optimisers."""
        hook = register_optimizer_step_pre_hook(self._before_step)
        try:
            yield
        finally:
            hook.remove()

    def pulls(self) -> tuple[tuple[Tensor, Tensor], ...]:
        """The first and the last picture to which a gradient came back, each with the sum of its gradients."""
        return (self._first, self._last) if self._first is not None and self._last is not None else ()

    def _arrive(self, picture: Tensor, gradient: Tensor) -> None:
        """Takes in a gradient that came back to a picture; several may, one after the other."""
        self._total = gradient if self._total is None else self._total + gradient
        again = self._last is not None and _same(picture, self._last[0])
        first = self._first is None or (again and self._last is self._first)
        self._last = (picture, self._last[1] + gradient if self._last is not None and again else gradient)
        if first:
            self._first = self._last

    def _look(self, image: Tensor, layers: Sequence[str]) -> Tensor:
        if not isinstance(image, Tensor) or isinstance(layers, str):
            return image
        layers = [str(name) for name in layers]
        if not (image.requires_grad and torch.is_grad_enabled()):
            look = (_plain(image).numpy().tobytes(), *(name.encode() for name in layers))
            self.repeats += look in self._seen
            self._seen.add(look)
            self.painting_seen |= agree(image, self._painting, 1e-3)
            return image
        self.evaluations += 1
        self.layers |= set(layers)
        self.clamped |= _behind_clamp(image)
        shown, watched = _plain(image), image.clone()
        self._count(shown)
        watched.register_hook(  # type: ignore[no-untyped-call]
            lambda gradient: self._arrive(shown, _plain(gradient))
        )
        return watched

    def _count(self, shown: Tensor) -> None:
        """Counts pictures, however often each is looked at, and stops who looks at far too many."""
        self._pictures += self._shown is None or not _same(shown, self._shown)
        self._shown = shown
        if self._pictures > MOST_BESIDES + MOST_IN_A_STEP * self._steps:
            raise _Enough

    def _before_step(self, optimiser: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        self._calls += optimiser.param_groups[0].get("max_iter") == self._steps > 1
        if self._calls > MOST_CALLS:
            self.multiplied = True
            raise _Enough
        held = [one for group in optimiser.param_groups for one in group["params"]]
        closure = options.get("closure", args[1] if len(args) > 1 else None)
        if not callable(closure):
            self._judge_gradients(held)
            return None

        def evaluate() -> Any:
            before = [one.detach().clone() for one in held]
            value = closure()
            self.moved |= not all(map(torch.equal, before, held))
            self._judge_gradients(held)
            return value

        return (args[0], evaluate), {}

    def _judge_gradients(self, held: Sequence[Tensor]) -> None:
        if self._last is None or self._total is None:
            return
        _, pull = self._last
        for one in held:
            if one.grad is not None and one.shape == pull.shape and not agree(self._total, pull, 1e-3):
                self.accumulated |= agree(one.grad, self._total, 1e-3)


def _same(one: Tensor, other: Tensor) -> bool:
    return one is other or torch.equal(one, other)


CUTS = ("Clamp", "Hardtanh", "Maximum", "Minimum", "Relu", "Where")


def _behind_clamp(image: Tensor) -> bool:
    """Whether a clamp(), or what else cuts numbers off, is among the steps in which a picture was computed."""
    ahead, seen = [image.grad_fn], set()
    while ahead:
        step = ahead.pop()
        if step is None or step in seen:
            continue
        if step.name().startswith(CUTS):
            return True
        seen.add(step)
        ahead += [before for before, _ in step.next_functions]
    return False


@record
@dataclass(frozen=True)
class Painted:
    """Findings about a call of `style_transfer(net, photo, painting, start, alpha, beta, steps)`.

    Attributes:
        returned: the picture; in the changed inputs, the network counts if its weights are others or not frozen now.
        attached: whether the picture drags its computation behind it.
        evaluations, repeats, layers, painting_seen, clamped, moved, accumulated, multiplied: see `Watch`.
        stopped: whether it was stopped before its end, since it looked at too many pictures; then it returned nothing.
        pulls: see `Watch.pulls`; none if no gradient came back.
    """

    returned: Returned
    attached: bool
    evaluations: int
    repeats: int
    layers: tuple[str, ...]
    painting_seen: bool
    clamped: bool
    moved: bool
    accumulated: bool
    multiplied: bool
    stopped: bool
    pulls: tuple[tuple[Tensor, Tensor], ...]


@probe
def painting(
    function: Function, seed: int, pictures: Sequence[Tensor], alpha: float, beta: float, steps: int
) -> Painted:
    """What the function paints with `PaintersNetwork` of this seed, of a photo, a painting and a start."""
    return _painted(function, PaintersNetwork(seed), pictures, alpha, beta, steps)


@probe
def painting_with_slim(
    function: Function, pictures: Sequence[Tensor], alpha: float, beta: float, steps: int
) -> Painted:
    """The same with the slim VGG-19, which sees real pictures."""
    from course.nets.weights import vgg19  # only here: it takes long to import

    return _painted(function, vgg19(weights="slim"), pictures, alpha, beta, steps)


def _painted(
    function: Function, net: nn.Module, pictures: Sequence[Tensor], alpha: float, beta: float, steps: int
) -> Painted:
    weights, given, watch = (
        copied(dict(net.state_dict())),
        [copied(picture) for picture in pictures],
        Watch(pictures[1], steps),
    )
    value, stopped = None, False
    try:
        with watch.optimisers():
            value = function(watch.net(net), *given, alpha, beta, steps)
    except _Enough:
        stopped = True
    echo = next((n for n, one in enumerate(given, 1) if one is value), None)
    frozen = not any(weight.requires_grad for weight in net.parameters())
    same = equal(weights, dict(net.state_dict()))
    changed = changed_inputs([True, *pictures], [frozen and same, *given])
    attached = isinstance(value, Tensor) and value.requires_grad
    return Painted(
        returned(value, changed, echo),
        attached,
        watch.evaluations,
        watch.repeats,
        tuple(sorted(watch.layers)),
        watch.painting_seen,
        watch.clamped,
        watch.moved,
        watch.accumulated,
        watch.multiplied,
        stopped,
        watch.pulls(),
    )
