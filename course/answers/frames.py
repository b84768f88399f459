"""Plain values as bytes and back, between a grader and the process in which a student's function runs.

Whoever reads must be able to trust the reading, not the writer: a frame is JSON and raw numbers, nothing in it is ever
executed, and everything has a limit. `pickle` would run what a student wrote.

A frame is 8 bytes for the length of what follows, 4 bytes for the length of the JSON, the JSON, and the numbers of all
tensors one behind the other. The JSON is ``[value, [bytes of the first tensor, bytes of the second, ...]]``; what JSON
does not know is an object with the key "!", as in
``{"!": "tensor", "dtype": "float32", "shape": [2, 3], "order": [0, 1], "at": 0}``, "order" being that of the axes in
memory, the slowest first. What lies beside the JSON can be taken once only: otherwise a small frame could become more
than fits into memory. How large a frame may be, and how much may be in it, is said by its `Bounds`: whatever comes
within those of a student's process is read in half a second and 100 MB.
"""

from __future__ import annotations

import dataclasses
import json
import math
import struct
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

import torch
from torch import Tensor

from course.answers.notebook import CodeCell, Notebook
from course.check import EXERCISES  # noqa: F401  # whose chapters register their records
from course.check.engine.probes import RECORDS, record


@dataclass(frozen=True)
class Bounds:
    """What a frame may hold at most. Reading takes time and memory in proportion, whoever wrote it.

    Attributes:
        size: bytes of all of it.
        text: bytes of its JSON: as Python's objects it takes fifty times as much.
        parts: values, those in values counted.
        characters: of all strings together.
    """

    size: int
    text: int
    parts: int
    characters: int


MESSAGE = Bounds(256 * 2**20, 2 * 2**20, 100_000, 32_000_000)  # from the grader: a notebook may have 64 MB
NOTEBOOK = Bounds(20 * 2**20, 2**21, 40_000, 8_000_000)  # what was read of one, as `read_notebook` limits it
REPLY = Bounds(20 * 2**20, 2**18, 2_000, 2**16)  # to a question; what checks do with names may be quadratic in them
CONTAINERS = 3  # lists and objects that one value is written with at most: a tensor with two in one
SHORT = 64  # characters of a string; a longer one lies beside the JSON
DEEPEST = 40  # values in values
AXES = 16  # of a tensor
DIGITS = 400  # of a whole number, in hexadecimal
LONGEST_TEXT = 8 * 2**20  # bytes of one string, before its characters can be counted
DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.complex64, torch.complex128),
        *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
    )
}
record(CodeCell)
record(Notebook)
NOT_PLAIN = (ValueError, TypeError, RuntimeError)  # the last is torch's for a tensor without numbers, and of recursion
NOT_A_FRAME = (*NOT_PLAIN, LookupError, AttributeError, OverflowError, struct.error)  # what reading stumbles over
Buffer: TypeAlias = bytes | bytearray | memoryview
INFINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class FrameError(Exception):
    """What came is no frame: the other side was cut off, or wrote something of its own."""


# --- values -> bytes --------------------------------------------------------------------------------------------------


def encode(value: Any, bounds: Bounds = MESSAGE) -> bytes:
    """A frame within bounds.

    Raises:
        FrameError: if the value is not plain, or too large.
    """
    blobs: list[bytes] = []
    count = _Count(bounds)
    try:
        text = json.dumps([_written(value, blobs, count, 0), [len(blob) for blob in blobs]], allow_nan=False).encode()
    except NOT_PLAIN as error:
        raise FrameError(f"cannot be sent: {error}") from error
    except TooMuchError:
        raise FrameError("has too many parts to be sent") from None
    if _is_too_much(text, bounds):
        raise FrameError("has too many parts to be sent")
    body = b"".join([struct.pack(">I", len(text)), text, *blobs])
    if len(body) > bounds.size:
        raise FrameError(f"is too large to be sent: {len(body)} bytes")
    return struct.pack(">Q", len(body)) + body


class TooMuchError(Exception):
    """There is more in a frame than its bounds allow."""


class _Count:
    """What a frame may still hold."""

    def __init__(self, bounds: Bounds) -> None:
        self._parts = bounds.parts
        self._characters = bounds.characters

    def part(self) -> None:
        self._parts -= 1
        if self._parts < 0:
            raise TooMuchError

    def text(self, length: int) -> None:
        self._characters -= length
        if self._characters < 0:
            raise TooMuchError


def _is_too_much(text: bytes, bounds: Bounds) -> bool:
    """Whether a JSON text is certain to be more than may come; seen before Python makes objects of it."""
    return len(text) > bounds.text or text.count(b"[") + text.count(b"{") > CONTAINERS * bounds.parts


def _written(value: Any, blobs: list[bytes], count: _Count, depth: int) -> Any:
    if depth > DEEPEST:
        raise FrameError("cannot be sent: values in values without end")
    count.part()

    def inner(one: Any) -> Any:
        return _written(one, blobs, count, depth + 1)

    if isinstance(value, str):
        count.text(len(value))
    if value is None or isinstance(value, bool) or (isinstance(value, str) and len(value) <= SHORT):
        return value
    if isinstance(value, str):
        blobs.append(value.encode("utf-8", "backslashreplace"))
        return {"!": "str", "at": len(blobs) - 1}
    if isinstance(value, int):
        if value.bit_length() > 4 * DIGITS:  # beyond what any check expects, and all that a float can hold
            return {"!": "float", "is": "inf" if value > 0 else "-inf"}
        return int(value) if abs(value) < 2**63 else {"!": "int", "hex": hex(value)}
    if isinstance(value, float):
        return value if math.isfinite(value) else {"!": "float", "is": str(float(value))}
    if isinstance(value, bytes):
        blobs.append(value)
        return {"!": "bytes", "at": len(blobs) - 1}
    if isinstance(value, Tensor):
        name = str(value.dtype).removeprefix("torch.")
        if name not in DTYPES:
            raise FrameError(f"cannot be sent: a tensor of {name}")
        if value.dim() > AXES:
            raise FrameError(f"cannot be sent: a tensor of more than {AXES} axes")
        order = sorted(
            range(value.dim()), key=value.stride, reverse=True
        )  # as it lies in memory: a check asks that too
        flat = value.detach().cpu().permute(order).contiguous().view(-1)
        blobs.append(flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"")
        return {"!": "tensor", "dtype": name, "shape": list(value.shape), "order": order, "at": len(blobs) - 1}
    if isinstance(value, list):
        return [inner(one) for one in value]
    if isinstance(value, tuple):
        return {"!": "tuple", "items": [inner(one) for one in value]}
    if isinstance(value, dict):
        return {"!": "dict", "items": [[inner(key), inner(one)] for key, one in value.items()]}
    if dataclasses.is_dataclass(value) and RECORDS.get(type(value).__name__) is type(value):
        fields = {field.name: inner(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"!": type(value).__name__, "fields": fields}
    raise FrameError(f"cannot be sent: a {type(value).__name__}")


# --- bytes -> values --------------------------------------------------------------------------------------------------


def read(receive: Callable[[int], Buffer], bounds: Bounds = MESSAGE) -> Any:
    """The value of the next frame.

    Args:
        receive: a number of bytes -> as many bytes, or fewer if there are no more.
        bounds: of a frame that is accepted.

    Raises:
        EOFError: if there is no next frame.
        FrameError: if what comes is none.
    """
    head = receive(8)
    if not head:
        raise EOFError
    (length,) = struct.unpack(">Q", _whole(head, 8))
    if length > bounds.size:
        raise FrameError(f"a frame of {length} bytes is announced")
    return decode(_whole(receive(length), length), bounds)


def _whole(found: Buffer, length: int) -> Buffer:
    if len(found) != length:
        raise FrameError("a frame is cut off")
    return found


def decode(body: Buffer, bounds: Bounds = MESSAGE) -> Any:
    """The value of a frame without its first 8 bytes.

    Raises:
        FrameError: if it is none, or not within bounds.
    """
    view = memoryview(body)
    try:
        (length,) = struct.unpack(">I", view[:4])
        if len(view) > bounds.size or length > bounds.text:
            raise TooMuchError
        text = bytes(view[4 : 4 + length])
        if _is_too_much(text, bounds):
            raise TooMuchError
        value, sizes = json.loads(text)
        if len(sizes) > bounds.parts:
            raise TooMuchError
        blobs, start = {}, 4 + length
        for number, size in enumerate(sizes):
            blobs[number] = _slice(view, start, size)
            start += size
        return _read(value, blobs, _Count(bounds), 0)
    except NOT_A_FRAME as error:
        raise FrameError(f"no frame: {type(error).__name__}: {error}") from error
    except TooMuchError:
        raise FrameError("has too many parts") from None


def _slice(view: memoryview, start: int, size: int) -> memoryview:
    if type(size) is not int or size < 0 or start + size > len(view):
        raise FrameError("a frame is cut off")
    return view[start : start + size]


def _read(value: Any, blobs: dict[int, memoryview], count: _Count, depth: int) -> Any:
    if depth > DEEPEST:
        raise FrameError("values in values without end")
    count.part()

    def inner(one: Any) -> Any:
        return _read(one, blobs, count, depth + 1)

    if isinstance(value, list):
        return [inner(one) for one in value]
    if isinstance(value, str):  # half of a character can be in JSON, and nowhere else
        count.text(len(value))
        return value.encode("utf-8", "backslashreplace").decode()
    if not isinstance(value, dict):
        return value
    kind = value["!"]
    if kind == "int":
        return _whole_number(value["hex"])
    if kind == "float":
        return INFINITE[value["is"]]
    if kind == "bytes":
        return bytes(blobs.pop(value["at"]))
    if kind == "str":
        return _text(blobs.pop(value["at"]), count)
    if kind == "tensor":
        return _tensor(DTYPES[value["dtype"]], value["shape"], value["order"], blobs.pop(value["at"]))
    if kind == "tuple":
        return tuple(inner(one) for one in value["items"])
    if kind == "dict":
        return {inner(key): inner(one) for key, one in value["items"]}
    return _record(RECORDS[kind], {name: inner(one) for name, one in value["fields"].items()})


def _whole_number(digits: Any) -> int:
    if type(digits) is not str or len(digits) > DIGITS + 3:  # -0x
        raise FrameError("no whole number")
    return int(digits, 16)


def _text(letters: memoryview, count: _Count) -> str:
    if len(letters) > LONGEST_TEXT:
        raise TooMuchError
    text = str(letters, "utf-8")
    count.text(len(text))
    return text


def _tensor(dtype: torch.dtype, shape: Sequence[int], order: Sequence[int], numbers: memoryview) -> Tensor:
    if type(shape) is not list or len(shape) > AXES or not all(type(side) is int and side >= 0 for side in shape):
        raise FrameError("no shape")
    if type(order) is not list or not all(type(axis) is int for axis in order):
        raise FrameError("no order of axes")
    if len(order) != len(shape) or sorted(order) != list(range(len(shape))):
        raise FrameError("no order of axes")
    if math.prod(shape) * dtype.itemsize != len(numbers):
        raise FrameError(f"{len(numbers)} bytes for another tensor")
    if not numbers:
        return torch.empty(shape, dtype=dtype)
    lying = [shape[axis] for axis in order]
    back = [order.index(axis) for axis in range(len(order))]
    if dtype == torch.bool:  # a byte that is neither 0 nor 1 would be neither false nor true
        return (torch.frombuffer(bytearray(numbers), dtype=torch.uint8) != 0).view(lying).permute(back)
    return torch.frombuffer(bytearray(numbers), dtype=dtype).view(lying).permute(back)


def _record(kind: Any, fields: dict[str, Any]) -> Any:
    hints = _hints(kind)
    if set(fields) != set(hints) or not all(_fits(fields[name], hint) for name, hint in hints.items()):
        raise FrameError(f"no {kind.__name__}")
    return kind(**fields)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """The types of a record's fields: looking them up takes longer than reading the record."""
    return get_type_hints(kind)


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is what a field's type says. Checks rely on it, and a forger need not."""
    if hint is Any:
        return True
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in inside)
    if origin is tuple:
        if len(inside) == 2 and inside[1] is ...:
            return type(value) is tuple and all(_fits(one, inside[0]) for one in value)
        return type(value) is tuple and len(value) == len(inside) and all(map(_fits, value, inside))
    if origin is dict:
        return type(value) is dict and all(_fits(k, inside[0]) and _fits(v, inside[1]) for k, v in value.items())
    if hint is type(None):
        return value is None
    return isinstance(value, Tensor) if hint is Tensor else type(value) is hint
