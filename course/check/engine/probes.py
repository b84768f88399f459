"""The questions that a check can ask a student's function, each a small function that runs beside it.

A probe gets the function and plain inputs and returns plain values. It judges nothing: what is right is the check's
business. Those of this file can ask any function; those of one chapter alone are beside its checks, in
``course/check/chN_probes.py``. Add a probe only when no probe there is can ask the question.
"""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any, TypeVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor

Function = Callable[..., Any]
Probe = TypeVar("Probe", bound=Function)
Record = TypeVar("Record", bound=type)

PROBES: dict[str, Function] = {}
RECORDS: dict[str, type] = {}


def probe(function: Probe) -> Probe:
    """Registers a probe under its name, by which checks ask for it.

    Raises:
        ValueError: if another one has this name.
    """
    if PROBES.setdefault(function.__name__, function) is not function:
        raise ValueError(f"there are two probes called {function.__name__}")
    return function


def record(kind: Record) -> Record:
    """Registers a frozen dataclass of plain values, which a probe may return.

    Raises:
        ValueError: if another one has this name.
    """
    if RECORDS.setdefault(kind.__name__, kind) is not kind:
        raise ValueError(f"there are two records called {kind.__name__}")
    return kind


@record
@dataclass(frozen=True)
class About:
    """The facts about an answer that are known before it is called.

    Attributes:
        kind: the name of its class.
        callable: whether it can be called at all.
        ours: whether it is the course's own function, borrowed or imported.
    """

    kind: str
    callable: bool
    ours: bool


@probe
def about(function: Function) -> About:
    """The facts about the function that are known before it is called."""
    ours = hasattr(function, "borrowed") or str(getattr(function, "__module__", "")).split(".")[0] == "course"
    return About(type(function).__name__, callable(function), callable(function) and ours)


@record
@dataclass(frozen=True)
class Returned:
    """The result of a call of a function.

    Attributes:
        value: tensors (detached copies), numbers, strings, None, and lists and tuples of them; of a dictionary a
            dictionary of `Returned`; of a Pillow picture in RGB its pixels [H, W, 3], uint8. Anything else is None.
        kind: "Tensor", "Image", "Image of mode L", otherwise the name of its class: "float", "NoneType", "ndarray".
        device: of a tensor, "" otherwise. What is on "meta" has no value.
        changed: numbers (from 0) of the inputs that the function modified in place.
        echo: number (from 0) of the input tensor that was returned itself, or None.
    """

    value: Any
    kind: str
    device: str = ""
    changed: tuple[int, ...] = ()
    echo: int | None = None


@probe
def call(function: Function, *inputs: Any) -> Returned:
    """The function's result, and which of its inputs it modified."""
    given = [copied(value) for value in inputs]
    value = function(*given)
    echo = next((n for n, one in enumerate(given) if isinstance(one, Tensor) and one is value), None)
    return returned(value, changed_inputs(inputs, given), echo)


@probe
def gradient(function: Function, *inputs: Any) -> Tensor | None:
    """Gradient of the sum of what the function returns, to its first input; None if none can go back."""
    found: Tensor | None = gradient_to(function, 0, *inputs)
    return found


@probe
def gradient_to(function: Function, number: int, *inputs: Any) -> Any:
    """The same to the input of this number (from 0); to a dictionary of tensors, a dictionary of gradients."""
    return _gradient(function, number, None, inputs)


@probe
def gradient_along(function: Function, number: int, direction: Tensor, *inputs: Any) -> Any:
    """The same of a sum in which each number that the function returns has a weight, its entry in `direction`."""
    return _gradient(function, number, direction, inputs)


def _gradient(function: Function, number: int, direction: Tensor | None, inputs: Sequence[Any]) -> Any:
    given = [copied(value) for value in inputs]
    wanted = given[number] if isinstance(given[number], dict) else {"": given[number]}
    for tensor in wanted.values():
        tensor.requires_grad_(True)
    value = function(*given)
    found: dict[str, Tensor | None] = dict.fromkeys(wanted)
    if isinstance(value, Tensor) and value.requires_grad:
        total = (value if direction is None else value * direction).sum()
        gradients = torch.autograd.grad(total, list(wanted.values()), allow_unused=True)
        found = {name: plain(gradient) for name, gradient in zip(wanted, gradients, strict=True)}
    return found if isinstance(inputs[number], dict) else found[""]


@probe
def called(function: Function) -> list[str]:
    """Names of the functions of its notebook that it calls, and of those that these call; what is called comes first."""
    found: list[str] = []

    def follow(caller: Any, seen: set[str]) -> None:
        caller = inspect.unwrap(caller)
        if not isinstance(caller, FunctionType) or caller.__globals__ is not namespace:
            return
        for name in looked_up(caller.__code__):
            if name not in seen and callable(namespace.get(name)):
                seen.add(name)
                follow(namespace[name], seen)
                found.append(name)

    namespace = _namespace(function)
    follow(function, set())
    return found


@probe
def through(function: Function, name: str, probe: str, *inputs: Any) -> Any:
    """The result of another probe for a function that this one calls."""
    return PROBES[probe](_namespace(function)[name], *inputs)


def _namespace(function: Function) -> dict[str, Any]:
    return getattr(inspect.unwrap(function), "__globals__", {})


def looked_up(compiled: CodeType) -> Iterator[str]:
    """Names that code looks up outside of its functions, now or when a function that it defines is called."""
    for instruction in dis.get_instructions(compiled):
        if instruction.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
            yield instruction.argval
    for constant in compiled.co_consts:
        if isinstance(constant, CodeType):
            yield from looked_up(constant)


def returned(value: Any, changed: tuple[int, ...] = (), echo: int | None = None) -> Returned:
    """A function's result, as a record that means something in another process."""
    if isinstance(value, Tensor):
        return Returned(plain(value), "Tensor", value.device.type, changed, echo)
    if isinstance(value, dict):
        return Returned({str(key): returned(entry) for key, entry in value.items()}, type(value).__name__, "", changed)
    kind = type(value).__name__
    if isinstance(value, Image.Image):
        kind = "Image" if value.mode == "RGB" else f"Image of mode {value.mode}"
    return Returned(plain(value), kind, "", changed)


def plain(value: Any) -> Any:
    """A copy of a value that means something in another process; None of what does not."""
    if isinstance(value, Tensor):
        if value.device.type == "meta":
            return None
        own = value.detach().cpu()
        return (own.clone() if own.layout == torch.strided else own.to_dense()).as_subclass(Tensor)
    if isinstance(value, Image.Image):
        return torch.from_numpy(np.array(value)) if value.mode == "RGB" else None
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        entries = [plain(entry) for entry in value]
        return entries if isinstance(value, list) else tuple(entries)
    return value if isinstance(value, (bool, int, float, str)) else None


def copied(value: Any) -> Any:
    """An input of its own for the function."""
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {key: copied(entry) for key, entry in value.items()}
    return [copied(entry) for entry in value] if isinstance(value, list) else value


def changed_inputs(before: Sequence[Any], after: Sequence[Any]) -> tuple[int, ...]:
    """Numbers of the inputs that are others now."""
    pairs = enumerate(zip(before, after, strict=True))
    return tuple(n for n, (b, a) in pairs if not equal(b, a))


def equal(before: Any, after: Any) -> bool:
    """Whether two inputs are the same, number by number."""
    if isinstance(before, Tensor):
        return isinstance(after, Tensor) and torch.equal(before, after)
    if isinstance(before, dict):
        return list(before) == list(after) and all(equal(before[key], after[key]) for key in before)
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(equal, before, after))
    return bool(before == after)
