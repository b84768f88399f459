"""A caller's settings of torch change nothing: neither networks, pictures and paintings, nor checks."""

import contextlib
import subprocess
import sys

import pytest
import torch

from course import check, gallery
from course.classical.pyramids import RandomPyramid
from course.classical.textures import quilted, random_phase, shuffled
from course.images import strip, white_noise
from course.losses import gram, sliced_wasserstein
from course.nets.weights import vgg19
from course.objectives import style_transfer
from course.synthesis import Stage, paint
from tests.check._all_right import RIGHT


@contextlib.contextmanager
def changed(setter, before, after):
    setter(after)
    try:
        yield
    finally:
        setter(before)


SETTINGS = {
    "float64": lambda: changed(torch.set_default_dtype, torch.float32, torch.float64),
    "float16": lambda: changed(torch.set_default_dtype, torch.float32, torch.float16),
    "device": lambda: changed(torch.set_default_device, None, "meta"),
    "no gradients": torch.no_grad,
    "inference": torch.inference_mode,
    "deterministic": lambda: changed(torch.use_deterministic_algorithms, False, True),
    "threads": lambda: changed(torch.set_num_threads, torch.get_num_threads(), 2),
}


def painted():
    photo, style = gallery.photo("cat", 40), gallery.style("swirls", 32)
    net = vgg19(weights="slim", padding="replicate")
    objective = style_transfer(net, photo, style, layers=["relu1_1", "relu3_1"])
    (*_, last) = paint(objective, photo, [Stage(32, 2), Stage(40, 2)])
    return last.picture


def everything():
    """Pictures, networks and losses by name: tensors."""
    cat = gallery.photo("cat", 40)
    yield "painting", painted()
    yield "noise", white_noise(5, 7, seed=1)
    yield "strip", strip([cat, white_noise(9, 9)])
    yield "random weights", vgg19(weights="random")(cat, ["conv1_2"])["conv1_2"]
    yield "pyramid", RandomPyramid(levels=2, maps=4)(cat, ["level2"])["level2"]
    for make in (quilted, random_phase, shuffled):
        yield make.__name__, make(cat)
    yield "sliced", sliced_wasserstein(cat, white_noise(12, 12))


USUAL = {}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_everything_comes_out_the_same(setting):
    if not USUAL:
        USUAL.update(everything())
    before = torch.get_default_dtype()
    with setting():
        found = dict(everything())
    assert torch.get_default_dtype() == before
    for name, usual in USUAL.items():
        assert found[name].dtype == torch.float32 and found[name].device.type == "cpu", name
        assert (found[name] - usual).abs().max() < 1e-3 if name == "painting" else torch.equal(found[name], usual), name


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_right_answers_stay_right(setting, capsys):
    """And what was set is still set afterwards."""
    with setting():
        before = state()
        for name, (function, *_) in RIGHT.items():
            getattr(check, name)(function)
            assert f"✓ {name}" in capsys.readouterr().out
        assert state() == before


def state():
    return (
        torch.get_default_dtype(),
        torch.empty(0).device,
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        torch.get_float32_matmul_precision(),
    )


def test_an_answer_that_switches_something_leaves_it_as_it_was(capsys):
    def switched(F):
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(True)
        return gram(F)

    switched.__module__ = "__main__"
    check.gram(switched)
    assert torch.get_default_dtype() == torch.float32


def test_a_check_does_not_load_the_compiler():
    """Its first answer would come seconds late: several of torch's setters import it."""
    code = """
import sys
import torch
from course import check
check.gram(lambda F: torch.einsum("bihw,bjhw->bij", F, F))
sys.exit("torch._dynamo" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "gram" in done.stdout
