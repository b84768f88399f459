"""Values there and back; and whatever else comes ends in one exception."""

import contextlib
import io
import json
import math
import random
import struct
from dataclasses import replace

import pytest
import torch

from course.answers import frames
from course.answers.frames import DTYPES, FrameError, decode, encode, read
from course.answers.notebook import CodeCell, Notebook
from course.check.engine.probes import About, Returned


def back(value):
    return decode(encode(value)[8:])


def same(one, other):
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        return (
            one.dtype == other.dtype and one.shape == other.shape and torch.equal(one.nan_to_num(), other.nan_to_num())
        )
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Returned):
        return same(vars(one), vars(other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    return bool(one == other)


VALUES = [
    None, True, False, 0, -1, 2**63 - 1, -(2**63), 2**63, -(10**300), 0.0, 1e308, math.inf, -math.inf, math.nan,
    "", "text", "\u00e9\U0001f600", "x" * 1000, "\u00e9" * 64, b"", b"\x00\xff", [], (), {}, [[]], ((),), [()],
    {"": None, 1: [2], (3, 4): {5: 6}}, [None, [True, (1.5, "a", b"b")]],
    ("ask", "call", (torch.zeros(2), {"a": torch.ones(1)})),
    About("function", True, False), Returned({"a": Returned(torch.ones(2), "Tensor", "cpu")}, "dict", "", (0, 1), None),
    Notebook("01_vgg", (CodeCell("a", "b", "c" * 999, "d"),), {"why": "because" * 99}),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:30])
def test_values_come_back(value):
    assert same(back(value), value)


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES.keys())
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (2, 3, 4)])
def test_tensors_come_back(dtype, shape):
    value = (torch.randn(shape) * 50).abs().to(dtype)
    assert same(back(value), value)
    assert back(value).is_contiguous()


def test_whole_numbers_beyond_all_measure_are_infinite():
    assert back([10**400, 10**10000, -(10**10000)]) == [10**400, math.inf, -math.inf]


def test_special_numbers_and_odd_layouts():
    for dtype in (torch.float32, torch.float16, torch.bfloat16, torch.float64):
        value = torch.tensor([math.nan, math.inf, -math.inf, -0.0, 1e-5]).to(dtype)
        got = back(value)
        assert got.isnan().tolist() == [True, False, False, False, False] and got[1:3].tolist() == [math.inf, -math.inf]
        assert torch.signbit(got[3])
    turned = torch.arange(24.0).view(2, 3, 4).permute(2, 0, 1)
    for value in (turned, turned[:, 0], torch.ones(3).expand(2, 3), torch.ones(3, requires_grad=True) * 2):
        assert torch.equal(back(value), value.detach()) and not back(value).requires_grad


def test_subclasses_become_plain():
    class Whole(int):
        pass

    assert type(back(Whole(3))) is int
    assert type(back(torch.nn.Parameter(torch.ones(2)))) is torch.Tensor


@pytest.mark.parametrize(
    "value",
    [
        *(object(), {1, 2}, 1j, print, json, Exception("x"), torch.float32, torch.nn.ReLU()),
        *([object()], {"a": object()}, torch.zeros(1).to_sparse(), torch.empty(1, device="meta")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_plain_is_not_sent(value):
    with pytest.raises(FrameError):
        encode(value)


def test_values_in_values_without_end():
    endless = []
    endless.append(endless)
    with pytest.raises(FrameError, match="without end"):
        encode(endless)
    with pytest.raises(FrameError, match="too large"):
        encode(b"x" * 1000, replace(frames.MESSAGE, size=999))
    with pytest.raises(FrameError, match="too many parts"):
        encode([[]] * (frames.MESSAGE.text // 3))


def stream(*values):
    return io.BytesIO(b"".join(map(encode, values))).read


def test_frames_are_read_one_after_the_other():
    receive = stream(1, "two", [3])
    assert [read(receive), read(receive), read(receive)] == [1, "two", [3]]
    with pytest.raises(EOFError):
        read(receive)


@pytest.mark.parametrize("cut", [1, 7, 8, 9, 12, 20])
def test_a_frame_that_is_cut_off(cut):
    with pytest.raises(FrameError):
        read(io.BytesIO(encode(["some", "value"])[:cut]).read)


def test_more_than_is_accepted_is_not_even_read():
    asked = []

    def receive(length):
        asked.append(length)
        return struct.pack(">Q", 10**6)

    with pytest.raises(FrameError, match="1000000 bytes"):
        read(receive, replace(frames.MESSAGE, size=10**5))
    assert asked == [8]


def body(text, *blobs):
    text = text if isinstance(text, bytes) else json.dumps(text).encode()
    return struct.pack(">I", len(text)) + text + b"".join(blobs)


def tensor(**fields):
    return {"!": "tensor", "dtype": "float32", "shape": [1], "at": 0, **fields}


CELL = ("id", "exercise", "source", "role")
REFUSED = {
    "nothing": b"",
    "no JSON": body(b"{"),
    "no pair": body([1]),
    "a large text": struct.pack(">I", 2**32 - 1) + b"[]",
    "no sizes": body([1, None]),
    "a size that is none": body([1, ["a"]]),
    "a negative size": body([1, [-4]], b"1234"),
    "more than there is": body([1, [4]], b"123"),
    "an unknown kind": body([{"!": "os"}, []]),
    "a kind that is a list": body([{"!": []}, []]),
    "no kind": body([{"a": 1}, []]),
    "a place that is not there": body([tensor(at=1), [4]], b"1234"),
    "a place before": body([tensor(at=-1), [4]], b"1234"),
    "a place that is none": body([tensor(at=[]), [4]], b"1234"),
    "too few numbers": body([tensor(shape=[2]), [4]], b"1234"),
    "a negative side": body([tensor(shape=[-1]), [4]], b"1234"),
    "half a side": body([tensor(shape=[0.5]), [4]], b"1234"),
    "true as a side": body([tensor(shape=[True]), [4]], b"1234"),
    "not a side": body(b'[{"!": "tensor", "dtype": "float32", "shape": [NaN], "at": 0}, [4]]', b"1234"),
    "sides without end": body([tensor(shape=[0, 10**40]), [0]]),
    "sides that overflow": body([tensor(shape=[0, 2**62, 2**62]), [0]]),
    "a thousand sides": body([tensor(shape=[1] * 10**5 + [0, 2**40, 2**40]), [0]]),
    "no dtype": body([tensor(dtype="qint8"), [4]], b"1234"),
    "the same again": body([[tensor(), tensor()], [4]], b"1234"),
    "the same text again": body([[{"!": "str", "at": 0}] * 2, [4]], b"1234"),
    "no text": body([{"!": "str", "at": 0}, [1]], b"\xff"),
    "a long number": body(b"[" + b"1" * 10**6 + b", []]"),
    "no number in hex": body([{"!": "int", "hex": "xyz"}, []]),
    "another float": body([{"!": "float", "is": "7"}, []]),
    "a list as a key": body([{"!": "dict", "items": [[[], 1]]}, []]),
    "an entry of three": body([{"!": "dict", "items": [[1, 2, 3]]}, []]),
    "deep": body(b"[" * 10**5),
    "deep, and whole": body(b"[" * 60 + b"]" * 60 + b", []]"),
    "deep in another way": body([json.loads("[" * 50 + "]" * 50), []]),
    "a record without its fields": body([{"!": "About", "fields": {}}, []]),
    "a record of other types": body([{"!": "About", "fields": {"kind": 1, "callable": True, "ours": False}}, []]),
    "one where true is a number": body([{"!": "About", "fields": {"kind": "a", "callable": 1, "ours": False}}, []]),
    "one with more fields": body([{"!": "CodeCell", "fields": {**dict.fromkeys(CELL, ""), "x": 1}}, []]),
}  # fmt: skip


@pytest.mark.parametrize("frame", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_frame_is_refused(frame):
    with pytest.raises(FrameError):
        decode(frame)


def test_bytes_that_are_neither_false_nor_true_are_true():
    got = decode(body([{"!": "tensor", "dtype": "bool", "shape": [3], "order": [0], "at": 0}, [3]], b"\x00\x02\xff"))
    assert got.tolist() == [False, True, True] and (got == True).tolist() == got.tolist()  # noqa: E712


def test_half_a_character_becomes_whole_ones():
    assert decode(body(b'["\\ud800", []]')) == "\\ud800"
    assert decode(encode("\ud800" * 99)[8:]) == "\\ud800" * 99


def test_noise_ends_in_one_exception_or_in_a_value():
    chance = random.Random(0)
    seeds = [encode(value)[8:] for value in VALUES[-4:]]
    for _ in range(3000):
        frame = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(frame))
            kind = chance.randrange(4)
            if kind == 0:
                frame[place] = chance.randrange(256)
            elif kind == 1:
                del frame[place : place + chance.randrange(9)]
            elif kind == 2:
                frame[place:place] = chance.choice([b"{", b"[", b"9" * 30, b'"!"', b"null", b"-", b"1e999", b"\xff"])
            else:
                frame[place:place] = frame[: chance.randrange(40)]
            frame = frame or bytearray(b"x")
        tried(bytes(frame))
    for _ in range(500):
        tried(chance.randbytes(chance.randrange(60)))


def tried(frame):
    with contextlib.suppress(FrameError):
        decode(frame)
