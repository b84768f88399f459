"""Further probes for chapter 3's checks: of closures, and of where L-BFGS arrives with them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

import torch
from torch import Tensor

from course.check.engine.probes import Function, Returned, changed_inputs, copied, plain, probe, record, returned


@record
@dataclass(frozen=True)
class Closure:
    """Findings about a closure for L-BFGS, called twice at one picture.

    Attributes:
        made: what the function returned; kind "function" for something that can be called as L-BFGS calls it,
            "function of arguments" for one that wants to be given something, "loss" for the loss that was given.
        results: what the two calls returned.
        gradients: ``image.grad`` after the first and the second call, or None.
        evaluations: how often the loss was asked for in the two calls.
        arrivals: how often a gradient reached the picture in the two calls.
        moved: whether the picture is another one after the calls.
        copied: whether the loss was asked for a copy of the picture that no gradient leaves.
    """

    made: Returned
    results: tuple[Returned, ...] = ()
    gradients: tuple[Tensor | None, ...] = ()
    evaluations: int = 0
    arrivals: int = 0
    moved: bool = False
    copied: bool = False


@probe
def closure(function: Function, image: Tensor, target: Tensor) -> Closure:
    """Calls ``function(optimiser, image, loss)`` with loss(x) = 1/2 |x - target|^2, and what it returns twice."""
    x = copied(image).requires_grad_(True)
    evaluated: list[None] = []
    arrived: list[None] = []
    copies: list[None] = []
    x.register_hook(lambda _: arrived.append(None))

    def loss(shown: Tensor) -> Tensor:
        evaluated.append(None)
        if shown is not x and shown.is_leaf:
            copies.append(None)
        return (shown - target).square().sum() / 2

    made = function(torch.optim.LBFGS([x]), x, loss)
    if not callable(made) or made is loss:
        return Closure(Returned(None, "loss") if made is loss else returned(made))
    if not _takes_nothing(made):
        return Closure(Returned(None, "function of arguments"))
    results, gradients = [], []
    for _ in range(2):
        results.append(returned(made()))
        gradients.append(None if x.grad is None else x.grad.detach().clone())
    moved = bool(changed_inputs([image], [x.detach()]))
    made = Returned(None, "function")
    return Closure(made, tuple(results), tuple(gradients), len(evaluated), len(arrived), moved, bool(copies))


def _takes_nothing(function: Function) -> bool:
    try:
        inspect.signature(function).bind()
    except TypeError:
        return False
    except ValueError:  # some functions written in C do not say
        pass
    return True


@probe
def descent(function: Function, start: Tensor, rows: Tensor, values: Tensor) -> Tensor:
    """Where L-BFGS arrives with the closure that the function makes for the loss sum log cosh(rows x - values).

    Nobody can read off the inputs where that is: it has to be gone to.
    """
    x = copied(start).requires_grad_(True)
    optimiser = torch.optim.LBFGS([x], max_iter=60, line_search_fn="strong_wolfe")
    optimiser.step(function(optimiser, x, lambda x: (rows @ x - values).cosh().log().sum()))  # type: ignore[no-untyped-call]
    found: Tensor = plain(x)
    return found
