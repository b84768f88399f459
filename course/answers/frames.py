"""Plain values as bytes and back, between a grader and the process in which a student's function runs.

Whoever reads must be able to trust the reading, not the writer: a frame is JSON and raw numbers, nothing in it is ever
executed, and everything has a limit. `pickle` would run what a student wrote.

A frame is 8 bytes for the length of what follows, 4 bytes for the length of the JSON, the JSON, and the numbers of all
tensors one behind the other. The JSON is ``[value, [bytes of the first tensor, bytes of the second, ...]]``; what JSON
does not know is an object with the key "!", as in
``{"!": "tensor", "dtype": "float32", "shape": [2, 3], "order": [0, 1], "at": 0}``, "order" being that of the axes in
memory, the slowest first. What lies beside the JSON can be taken once only: otherwise a small frame could become more
than fits into memory.
"""

from __future__ import annotations

import dataclasses
import json
import math
import struct
import types
from collections.abc import Callable, Sequence
from typing import Any, Union, get_args, get_origin, get_type_hints

import torch
from torch import Tensor

from course.answers.notebook import CodeCell, Notebook
from course.check import EXERCISES  # noqa: F401  # whose chapters register their records
from course.check.engine.probes import RECORDS, record

MOST = 256 * 2**20  # bytes of a frame; a notebook may have 64 MB
REPLY = 32 * 2**20  # of one that comes from a student's process
TEXT = 2 * 2**20  # of its JSON: as Python's objects it takes fifty times as much
SHORT = 64  # characters of a string; a longer one lies beside the JSON
DEEPEST = 40  # values in values
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
INFINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class FrameError(Exception):
    """What came is no frame: the other side was cut off, or wrote something of its own."""


# --- values -> bytes --------------------------------------------------------------------------------------------------


def encode(value: Any, most: int = MOST) -> bytes:
    """A frame of at most that many bytes.

    Raises:
        FrameError: if the value is not plain, or too large.
    """
    blobs: list[bytes] = []
    try:
        text = json.dumps([_written(value, blobs, 0), [len(blob) for blob in blobs]], allow_nan=False).encode()
    except NOT_PLAIN as error:
        raise FrameError(f"cannot be sent: {error}") from error
    if len(text) > TEXT:
        raise FrameError("has too many parts to be sent")
    body = b"".join([struct.pack(">I", len(text)), text, *blobs])
    if len(body) > most:
        raise FrameError(f"is too large to be sent: {len(body)} bytes")
    return struct.pack(">Q", len(body)) + body


def _written(value: Any, blobs: list[bytes], depth: int) -> Any:
    if depth > DEEPEST:
        raise FrameError("cannot be sent: values in values without end")

    def inner(one: Any) -> Any:
        return _written(one, blobs, depth + 1)

    if value is None or isinstance(value, bool) or (isinstance(value, str) and len(value) <= SHORT):
        return value
    if isinstance(value, str):
        blobs.append(value.encode("utf-8", "backslashreplace"))
        return {"!": "str", "at": len(blobs) - 1}
    if isinstance(value, int):
        return int(value) if abs(value) < 2**63 else {"!": "int", "hex": hex(value)}
    if isinstance(value, float):
        return value if math.isfinite(value) else {"!": "float", "is": str(float(value))}
    if isinstance(value, bytes):
        blobs.append(value)
        return {"!": "bytes", "at": len(blobs) - 1}
    if isinstance(value, Tensor):
        name = str(value.dtype).removeprefix("torch.")
        if name not in DTYPES:
            raise FrameError(f"a tensor of {name} cannot be sent")
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
    raise FrameError(f"a {type(value).__name__} cannot be sent")


# --- bytes -> values --------------------------------------------------------------------------------------------------


def read(receive: Callable[[int], bytes], most: int = MOST) -> Any:
    """The value of the next frame.

    Args:
        receive: a number of bytes -> as many bytes, or fewer if there are no more.
        most: bytes of a frame that is accepted.

    Raises:
        EOFError: if there is no next frame.
        FrameError: if what comes is none.
    """
    head = receive(8)
    if not head:
        raise EOFError
    (length,) = struct.unpack(">Q", _whole(head, 8))
    if length > most:
        raise FrameError(f"a frame of {length} bytes is announced")
    return decode(_whole(receive(length), length))


def _whole(found: bytes, length: int) -> bytes:
    if len(found) != length:
        raise FrameError("a frame is cut off")
    return found


def decode(body: bytes) -> Any:
    """The value of a frame without its first 8 bytes.

    Raises:
        FrameError: if it is none.
    """
    try:
        (length,) = struct.unpack(">I", body[:4])
        if length > TEXT:
            raise FrameError("has too many parts")
        value, sizes = json.loads(body[4 : 4 + length])
        blobs, start = {}, 4 + length
        for number, size in enumerate(sizes):
            blobs[number] = _whole(body[start : start + size], size)
            start += size
        return _read(value, blobs, 0)
    except NOT_A_FRAME as error:
        raise FrameError(f"no frame: {type(error).__name__}: {error}") from error


def _read(value: Any, blobs: dict[int, bytes], depth: int) -> Any:
    if depth > DEEPEST:
        raise FrameError("values in values without end")

    def inner(one: Any) -> Any:
        return _read(one, blobs, depth + 1)

    if isinstance(value, list):
        return [inner(one) for one in value]
    if isinstance(value, str):  # half of a character can be in JSON, and nowhere else
        return value.encode("utf-8", "backslashreplace").decode()
    if not isinstance(value, dict):
        return value
    kind = value["!"]
    if kind == "int":
        return int(str(value["hex"]), 16)
    if kind == "float":
        return INFINITE[value["is"]]
    if kind == "bytes":
        return blobs.pop(value["at"])
    if kind == "str":
        return blobs.pop(value["at"]).decode()
    if kind == "tensor":
        return _tensor(DTYPES[value["dtype"]], value["shape"], value["order"], blobs.pop(value["at"]))
    if kind == "tuple":
        return tuple(inner(one) for one in value["items"])
    if kind == "dict":
        return {inner(key): inner(one) for key, one in value["items"]}
    return _record(RECORDS[kind], {name: inner(one) for name, one in value["fields"].items()})


def _tensor(dtype: torch.dtype, shape: Sequence[int], order: Sequence[int], numbers: bytes) -> Tensor:
    if not all(type(side) is int and side >= 0 for side in shape):
        raise FrameError(f"no shape: {shape}")
    if sorted(order) != list(range(len(shape))) or not all(type(axis) is int for axis in order):
        raise FrameError(f"no order of axes: {order}")
    if math.prod(shape) * dtype.itemsize != len(numbers):
        raise FrameError(f"{len(numbers)} bytes for a tensor of shape {shape} of {dtype}")
    if not numbers:
        return torch.empty(shape, dtype=dtype)
    lying = [shape[axis] for axis in order]
    back = [order.index(axis) for axis in range(len(order))]
    if dtype == torch.bool:  # a byte that is neither 0 nor 1 would be neither false nor true
        return (torch.frombuffer(bytearray(numbers), dtype=torch.uint8) != 0).view(lying).permute(back)
    return torch.frombuffer(bytearray(numbers), dtype=dtype).view(lying).permute(back)


def _record(kind: Any, fields: dict[str, Any]) -> Any:
    hints = get_type_hints(kind)
    if set(fields) != set(hints) or not all(_fits(fields[name], hint) for name, hint in hints.items()):
        raise FrameError(f"no {kind.__name__}")
    return kind(**fields)


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
