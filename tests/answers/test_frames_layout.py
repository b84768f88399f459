"""A tensor keeps its memory layout, contiguous or not, when it is sent to another process: a check asks for it."""

import pytest
import torch

from course.answers.frames import FrameError, decode, encode


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (3, 1, 0, 2), (1, 0, 3, 2)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bool, torch.int64])
def test_the_order_of_axes_in_memory_is_kept(order, dtype):
    value = torch.randn(2, 3, 4, 5).permute(order).to(dtype)
    found = decode(encode(value)[8:])
    assert torch.equal(found, value) and found.stride() == value.stride()


@pytest.mark.parametrize("value", [torch.ones(3, 8)[:, ::2], torch.ones(1).expand(2, 3), torch.tensor(1.0)])
def test_gaps_are_not(value):
    assert torch.equal(decode(encode(value)[8:]), value)


@pytest.mark.parametrize("order", [b"[0, 0]", b"[0, 2]", b"[1.0]", b'"01"'])
def test_a_forged_order_is_none(order):
    frame = encode(torch.zeros(2, 3))[8:]
    assert b"[0, 1]" in frame
    forged = frame.replace(b"[0, 1]", order)
    length = int.from_bytes(frame[:4], "big") + len(forged) - len(frame)
    with pytest.raises(FrameError):
        decode(length.to_bytes(4, "big") + forged[4:])
