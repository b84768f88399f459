"""Whatever a student's process writes, reading it takes half a second and 100 MB at most."""

import gc
import json
import os
import struct
import time
import tracemalloc

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course.answers import frames
from course.answers.frames import NOTEBOOK, REPLY, FrameError, decode, encode
from course.answers.notebook import CodeCell, Notebook
from course.answers.notebook_file import CELLS
from course.check.engine.probes import RECORDS, Returned

pytestmark = pytest.mark.no_cover  # the bounds are for a decoder whose lines nobody counts; test_frames covers it

SECONDS, BYTES = 0.5, 100 * 2**20
EXAMPLES = int(os.environ.get("COURSE_FUZZ", "1000"))  # 10000 take a minute and more
KINDS = ["int", "float", "bytes", "str", "tensor", "tuple", "dict", *RECORDS, "os", ""]
NAMES = ["!", "hex", "is", "at", "items", "fields", "dtype", "shape", "order", "value", "kind", "device", "changed", ""]


def body(text, *blobs):
    text = text if isinstance(text, bytes) else json.dumps(text).encode()
    return struct.pack(">I", len(text)) + text + b"".join(blobs)


def tensor(**fields):
    return {"!": "tensor", "dtype": "uint8", "shape": [1], "order": [0], "at": 0, **fields}


def words(count, length):
    return [f"{number:x}".rjust(length, "x") for number in range(count)]


BIG = 19 * 2**20
LARGE = {
    "60,000 axes": body([tensor(shape=[1] * 60_000, order=list(range(60_000))[::-1]), [1]], b"x"),
    "60,000 axes that are one": body([tensor(shape=[1] * 60_000, order=[0] * 60_000), [1]], b"x"),
    "50,000 names": body([{"!": "tuple", "items": words(50_000, 5)}, []]),
    "empty lists": body(b"[[" + b"[]," * 80_000 + b"[]], []]"),
    "empty objects": body(b"[[" + b"{}," * 80_000 + b"{}], []]"),
    "lists by the million": body(b"[[" + b"[]," * 340_000 + b"[]], []]"),
    "numbers": body(b"[[" + b"1," * 500_000 + b"1], []]"),
    "sizes": body(b"[1, [" + b"0," * 500_000 + b"0]]"),
    "tensors of nothing": body([[tensor(shape=[0], at=n) for n in range(3000)], [0] * 3000]),
    "one large tensor": body([tensor(shape=[BIG]), [BIG]], bytes(BIG)),
    "one of truths": body([tensor(shape=[BIG], dtype="bool"), [BIG]], bytes(BIG)),
    "one turned round": body([tensor(shape=[BIG // 4, 4], order=[1, 0]), [BIG]], bytes(BIG)),
    "one large text": body([{"!": "str", "at": 0}, [BIG]], b"x" * BIG),
    "a wide one": body([{"!": "str", "at": 0}, [2**23]], b"x" * (2**23 - 4) + "\U0001f600".encode()),
    "many texts": body([[{"!": "str", "at": n} for n in range(19)], [2**20] * 19], b"x" * 19 * 2**20),
    "large bytes": body([{"!": "bytes", "at": 0}, [BIG]], bytes(BIG)),
    "a million digits": body([{"!": "int", "hex": "f" * 200_000}, []]),
    "many long numbers": body([[10**300] * 800, []]),
    "keys that collide": body([{"!": "dict", "items": [[n * (2**61 - 1), 0] for n in range(900)]}, []]),
    "deep": body(b"[" * 200_000),
    "deep objects": body(b'{"!":' * 40_000),
    "cells": body([{"!": "Notebook", "fields": {"chapter": "", "written": {"!": "dict", "items": []}, "cells":
        {"!": "tuple", "items": [{"!": "CodeCell", "fields": dict.fromkeys(("id", "exercise", "source", "role"), "")}]
         * 9000}}}, []]),
    "unions within unions": body([{"!": "Returned", "fields": {"value": None, "kind": "", "device": "", "echo": None,
        "changed": {"!": "tuple", "items": list(range(60_000))}}}, []]),
}  # fmt: skip


@pytest.mark.parametrize("bounds", [REPLY, NOTEBOOK], ids=["reply", "notebook"])
@pytest.mark.parametrize("frame", LARGE.values(), ids=LARGE.keys())
def test_a_large_reply_is_read_or_refused_at_once(frame, bounds):
    assert min(seconds(frame, bounds) for _ in range(3)) < SECONDS
    tracemalloc.start()
    try:
        tried(frame, bounds)
        assert tracemalloc.get_traced_memory()[1] < BYTES
    finally:
        tracemalloc.stop()


def seconds(frame, bounds):
    """Of the processor; what other tests have left in memory is not looked through for what might be thrown away."""
    gc.collect()
    gc.freeze()
    try:
        began = time.process_time()
        tried(frame, bounds)
        return time.process_time() - began
    finally:
        gc.unfreeze()


def tried(frame, bounds=REPLY):
    """The value of a frame, or None if it is refused; nothing else may happen."""
    try:
        return decode(frame, bounds)
    except FrameError:
        return None


REFUSED = {name: LARGE[name] for name in ("60,000 axes", "50,000 names", "sizes", "one large text", "a million digits")}


@pytest.mark.parametrize("frame", REFUSED.values(), ids=REFUSED.keys())
def test_what_checks_would_take_long_to_look_through_is_refused(frame):
    with pytest.raises(FrameError):
        decode(frame, REPLY)


def test_a_frame_may_be_as_large_as_it_says_and_no_larger():
    with pytest.raises(FrameError, match="too many parts"):
        decode(body([1, []]) + bytes(REPLY.size), REPLY)


@pytest.mark.parametrize(
    "value",
    [[0] * 2001, dict.fromkeys(range(1000), 0), "x" * 70_000, ["x" * 60] * 1100, torch.ones((1,) * 17)],
    ids=["a long list", "a large dictionary", "a long text", "many texts", "many axes"],
)
def test_what_would_be_refused_is_not_sent(value):
    """The student is told what is wrong with it: the other side could only say that it cannot be read."""
    with pytest.raises(FrameError, match=r"sent"):
        encode(value, REPLY)


def test_the_largest_notebook_that_is_read_comes_through():
    source, kind = "\u00e9" * (2_000_000 // CELLS), "%%" + "x" * 38
    cells = tuple(CodeCell("i" * 100, "e" * 40, source, "exercise", source, kind) for _ in range(CELLS))
    value = Notebook("01_vgg", cells, {"why": "b" * 2_000_000})
    assert decode(encode(value, NOTEBOOK)[8:], NOTEBOOK) == value


def test_what_honest_answers_return_is_far_within():
    picture = Returned({f"relu{n}_1": Returned(torch.ones(1, 64, 32, 32), "Tensor", "cpu") for n in range(30)}, "dict")
    assert len(decode(encode(("found", picture), REPLY)[8:], REPLY)[1].value) == 30


# --- random replies ---------------------------------------------------------------------------------------------------

NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70), st.integers(-2, 20), st.sampled_from([2**31, 2**62, 2**63, 10**400]), st.booleans()
)
LEAVES = st.one_of(
    st.none(), NUMBERS, st.floats(), st.text(max_size=20), st.sampled_from([*KINDS, *NAMES, *frames.DTYPES, "nan"])
)
SIDES = st.lists(st.one_of(st.integers(-1, 5), NUMBERS), max_size=20)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=6),
        st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
        st.fixed_dictionaries({"!": st.sampled_from(KINDS), "items": st.lists(inner, max_size=6)}),
        st.fixed_dictionaries(
            {"!": st.sampled_from(KINDS), "fields": st.dictionaries(st.sampled_from(NAMES), inner, max_size=8)}
        ),
        st.fixed_dictionaries(
            {"!": st.just("tensor"), "dtype": st.sampled_from(list(frames.DTYPES)), "shape": SIDES, "order": SIDES,
             "at": st.integers(-1, 3)}
        ),
        st.fixed_dictionaries({"!": st.sampled_from(KINDS), "at": st.integers(-1, 3), "hex": inner, "is": inner}),
    ),
    max_leaves=30,
)  # fmt: skip
WELL_FORMED = st.builds(
    lambda value, sizes, blob: body([value, sizes], blob),
    VALUES, st.lists(st.integers(-1, 40), max_size=4), st.binary(max_size=160),
)  # fmt: skip
SEEDS = [encode(one, REPLY)[8:] for one in (
    ("found", Returned(torch.ones(2, 3), "Tensor", "cpu")), ("raised", "E", "t" * 99, "l", True, 3), ("used", "gram"),
    ("found", {"a": [1, (2.5, None)], 3: b"x"}), ("found", torch.ones(2, 3, 4).permute(2, 0, 1).bool()),
)]  # fmt: skip


@st.composite
def spoilt(draw):
    """A true reply, cut, overwritten and doubled in places."""
    frame = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(frame)))
        end = draw(st.integers(start, min(len(frame), start + 30)))
        frame[start:end] = draw(st.one_of(st.binary(max_size=9), st.just(bytes(frame[start:end] * 3))))
    return bytes(frame)


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
@given(st.one_of(WELL_FORMED, spoilt(), st.binary(max_size=80)))
def test_random_replies_end_in_a_value_or_in_one_exception(frame):
    began = time.process_time()
    tried(frame)
    assert time.process_time() - began < SECONDS
