"""The questions that a check can ask a student's function, each a small function that runs beside it.

A probe gets the function and plain inputs and returns plain values. It judges nothing: what is right is the check's
business. Add a probe only when no probe here can ask the question.
"""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from course.check.networks import PaintersNetwork, small_network

Function = Callable[..., Any]


@dataclass(frozen=True)
class About:
    """What is known of an answer before it is called.

    Attributes:
        kind: the name of its class.
        callable: whether it can be called at all.
        ours: whether it is the course's own function, borrowed or imported.
    """

    kind: str
    callable: bool
    ours: bool


def about(function: Function) -> About:
    """What is known of the function before it is called."""
    ours = hasattr(function, "borrowed") or str(getattr(function, "__module__", "")).split(".")[0] == "course"
    return About(type(function).__name__, callable(function), callable(function) and ours)


@dataclass(frozen=True)
class Returned:
    """What a function returned.

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


def call(function: Function, *inputs: Any) -> Returned:
    """What the function returns, and which of its inputs it modified."""
    given = [_copy(value) for value in inputs]
    value = function(*given)
    echo = next((n for n, one in enumerate(given) if isinstance(one, Tensor) and one is value), None)
    return _returned(value, _changed(inputs, given), echo)


def gradient(function: Function, *inputs: Any) -> Tensor | None:
    """Gradient of the sum of what the function returns, to its first input; None if none can go back."""
    found: Tensor | None = gradient_to(function, 0, *inputs)
    return found


def gradient_to(function: Function, number: int, *inputs: Any) -> Any:
    """The same to the input of this number (from 0); to a dictionary of tensors, a dictionary of gradients."""
    given = [_copy(value) for value in inputs]
    wanted = given[number] if isinstance(given[number], dict) else {"": given[number]}
    for tensor in wanted.values():
        tensor.requires_grad_(True)
    value = function(*given)
    found: dict[str, Tensor | None] = dict.fromkeys(wanted)
    if isinstance(value, Tensor) and value.requires_grad:
        gradients = torch.autograd.grad(value.sum(), list(wanted.values()), allow_unused=True)
        found = {name: _plain(gradient) for name, gradient in zip(wanted, gradients, strict=True)}
    return found if isinstance(inputs[number], dict) else found[""]


def of_picture(function: Function, pixels: Tensor) -> Returned:
    """What the function returns for a Pillow picture with these pixels, [H, W, 3], uint8."""
    picture = Image.fromarray(pixels.numpy().copy())
    value = function(picture)
    return _returned(value, _changed([pixels], [_plain(picture)]))


@dataclass(frozen=True)
class LayerFacts:
    """A layer of a network: its name, its class ("Conv2d", "ReLU"), the numbers it was made with."""

    name: str
    kind: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class NetworkFacts:
    """A network that a function returned.

    Attributes:
        kind: "Sequential" for every ``nn.Sequential``, otherwise the name of its class.
        layers: its children in order; none if it is no ``nn.Sequential``.
        shared: whether one and the same layer stands under several names.
        parameters: how many numbers could be trained.
        output: shape of what comes out for the picture that was fed in, or () if it does not pass.
        stopped: the error that ended the picture's way, or "".
        changed: numbers (from 0) of the inputs that the function modified in place.
    """

    kind: str
    layers: tuple[LayerFacts, ...] = ()
    shared: bool = False
    parameters: int = 0
    output: tuple[int, ...] = ()
    stopped: str = ""
    changed: tuple[int, ...] = ()


def network(function: Function, image: Tensor, *inputs: Any) -> NetworkFacts:
    """The layers of the network that the function returns, and what they make of a picture."""
    given = [_copy(value) for value in inputs]
    made = function(*given)
    changed = _changed(inputs, given)
    if not isinstance(made, nn.Sequential):
        return NetworkFacts(type(made).__name__, changed=changed)
    output, stopped = (), ""
    try:
        output = tuple(made(_copy(image)).shape)
    except Exception as error:  # the check looks at the layers first: they say more than torch does
        stopped = f"{type(error).__name__}: {error}"
    children = [(name, layer) for name, layer in made.named_modules(remove_duplicate=False) if name.count(".") == 0]
    layers = tuple(LayerFacts(name, type(layer).__name__, _settings(layer)) for name, layer in children if name)
    shared = len(layers) > len(list(made.children()))
    parameters = sum(parameter.numel() for parameter in made.parameters())
    return NetworkFacts("Sequential", layers, shared, parameters, output, stopped, changed)


def _settings(layer: nn.Module) -> dict[str, Any]:
    names = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "inplace")
    settings = {name: _plain(getattr(layer, name)) for name in names if hasattr(layer, name)}
    return {**settings, "bias": isinstance(getattr(layer, "bias", None), Tensor)}


@dataclass(frozen=True)
class Extracted:
    """What `extract(net, image, names)` did.

    Attributes:
        returned: the dictionary of feature maps.
        gradient: of the sum of all feature maps, to the picture; None if none can go back.
        ran: names of the layers that were called, in this order.
        rebuilt: whether a layer of the network has other settings than before.
    """

    returned: Returned
    gradient: Tensor | None
    ran: tuple[str, ...]
    rebuilt: bool


def extraction(function: Function, seed: int, inplace: bool, image: Tensor, names: Sequence[str]) -> Extracted:
    """What the function extracts from `small_network` of this seed."""
    net = small_network(seed, inplace)
    ran: list[str] = []
    for name, layer in net.named_children():
        layer.register_forward_hook(lambda *_, name=name: ran.append(name))
    settings = [_settings(layer) for layer in net]
    given: list[Any] = [net, _copy(image).requires_grad_(True), list(names)]
    features = function(*given)
    found = None
    if isinstance(features, dict):
        values = [value for value in features.values() if isinstance(value, Tensor) and value.requires_grad]
        if values:
            total = torch.stack([value.sum() for value in values]).sum()
            (found,) = torch.autograd.grad(total, given[1], allow_unused=True)
    changed = _changed([net, image, list(names)], [net, given[1].detach(), given[2]])
    rebuilt = settings != [_settings(layer) for layer in net]
    return Extracted(_returned(features, changed), found, tuple(ran), rebuilt)


@dataclass(frozen=True)
class Closure:
    """What a closure for L-BFGS did, called twice at one picture.

    Attributes:
        made: what the function returned; kind "function" for something that can be called as L-BFGS calls it,
            "function of arguments" for one that wants to be given something, "loss" for the loss that was given.
        results: what the two calls returned.
        gradients: ``image.grad`` after the first and the second call, or None.
        evaluations: how often the loss was asked for in the two calls.
        arrivals: how often a gradient reached the picture in the two calls.
        moved: whether the picture is another one after the calls.
    """

    made: Returned
    results: tuple[Returned, ...] = ()
    gradients: tuple[Tensor | None, ...] = ()
    evaluations: int = 0
    arrivals: int = 0
    moved: bool = False


def closure(function: Function, image: Tensor, target: Tensor) -> Closure:
    """Calls ``function(optimiser, image, loss)`` with loss(x) = 1/2 |x - target|^2, and what it returns twice."""
    x = _copy(image).requires_grad_(True)
    evaluated: list[None] = []
    arrived: list[None] = []
    x.register_hook(lambda _: arrived.append(None))

    def loss(x: Tensor) -> Tensor:
        evaluated.append(None)
        return (x - target).square().sum() / 2

    made = function(torch.optim.LBFGS([x]), x, loss)
    if not callable(made) or made is loss:
        return Closure(Returned(None, "loss") if made is loss else _returned(made))
    if not _takes_nothing(made):
        return Closure(Returned(None, "function of arguments"))
    results, gradients = [], []
    for _ in range(2):
        results.append(_returned(made()))
        gradients.append(None if x.grad is None else x.grad.detach().clone())
    moved = bool(_changed([image], [x.detach()]))
    made = Returned(None, "function")
    return Closure(made, tuple(results), tuple(gradients), len(evaluated), len(arrived), moved)


def _takes_nothing(function: Function) -> bool:
    try:
        inspect.signature(function).bind()
    except TypeError:
        return False
    except ValueError:  # some functions written in C do not say
        pass
    return True


@dataclass(frozen=True)
class Painted:
    """What `style_transfer(net, photo, painting, start, alpha, beta, steps)` did.

    Attributes:
        returned: the picture; in the changed inputs, the network counts if its weights are others or not frozen now.
        attached: whether the picture drags its computation behind it.
        evaluations: see `PaintersNetwork`.
        repeats: see `PaintersNetwork`.
    """

    returned: Returned
    attached: bool
    evaluations: int
    repeats: int


def painting(
    function: Function, seed: int, pictures: Sequence[Tensor], alpha: float, beta: float, steps: int
) -> Painted:
    """What the function paints with `PaintersNetwork` of this seed, of a photo, a painting and a start."""
    net, given = PaintersNetwork(seed), [_copy(picture) for picture in pictures]
    value = function(net, *given, alpha, beta, steps)
    echo = next((n for n, one in enumerate(given, 1) if one is value), None)
    frozen = not any(weight.requires_grad for weight in net.parameters())
    same = _equal(dict(PaintersNetwork(seed).state_dict()), dict(net.state_dict()))
    changed = _changed([True, *pictures], [frozen and same, *given])
    attached = isinstance(value, Tensor) and value.requires_grad
    return Painted(_returned(value, changed, echo), attached, net.evaluations, net.repeats)


def painting_with_slim(
    function: Function, pictures: Sequence[Tensor], alpha: float, beta: float, steps: int
) -> Painted:
    """The same with the slim VGG-19, which sees real pictures. It does not count what it is asked."""
    from course.weights import vgg19  # only here: it takes long to import

    given = [_copy(picture) for picture in pictures]
    value = function(vgg19(weights="slim"), *given, alpha, beta, steps)
    return Painted(_returned(value, _changed(pictures, given)), isinstance(value, Tensor) and value.requires_grad, 0, 0)


def descent(function: Function, start: Tensor, target: Tensor) -> Tensor:
    """Where L-BFGS arrives with the closure that the function makes for the loss sum (x - target)^4."""
    x = _copy(start).requires_grad_(True)
    optimiser = torch.optim.LBFGS([x], max_iter=30, line_search_fn="strong_wolfe")
    optimiser.step(function(optimiser, x, lambda x: (x - target).pow(4).sum()))  # type: ignore[no-untyped-call]
    found: Tensor = _plain(x)
    return found


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


def through(function: Function, name: str, probe: str, *inputs: Any) -> Any:
    """What another probe finds of a function that this one calls."""
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


PROBES: dict[str, Function] = {
    probe.__name__: probe
    for probe in (
        *(about, call, gradient, gradient_to, of_picture, network, extraction, closure, descent, painting),
        *(painting_with_slim, called, through),
    )
}


def _returned(value: Any, changed: tuple[int, ...] = (), echo: int | None = None) -> Returned:
    if isinstance(value, Tensor):
        return Returned(_plain(value), "Tensor", value.device.type, changed, echo)
    if isinstance(value, dict):
        return Returned({str(key): _returned(entry) for key, entry in value.items()}, type(value).__name__, "", changed)
    kind = type(value).__name__
    if isinstance(value, Image.Image):
        kind = "Image" if value.mode == "RGB" else f"Image of mode {value.mode}"
    return Returned(_plain(value), kind, "", changed)


def _plain(value: Any) -> Any:
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
        entries = [_plain(entry) for entry in value]
        return entries if isinstance(value, list) else tuple(entries)
    return value if isinstance(value, (bool, int, float, str)) else None


def _copy(value: Any) -> Any:
    """An input of its own for the function."""
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {key: _copy(entry) for key, entry in value.items()}
    return list(value) if isinstance(value, list) else value


def _changed(before: Sequence[Any], after: Sequence[Any]) -> tuple[int, ...]:
    """Numbers of the inputs that are others now."""
    pairs = enumerate(zip(before, after, strict=True))
    return tuple(n for n, (b, a) in pairs if not _equal(b, a))


def _equal(before: Any, after: Any) -> bool:
    if isinstance(before, Tensor):
        return isinstance(after, Tensor) and torch.equal(before, after)
    if isinstance(before, dict):
        return list(before) == list(after) and all(_equal(before[key], after[key]) for key in before)
    return bool(before == after)
