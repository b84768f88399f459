"""The benchmarks compare like with like, and run. How long anything takes is not tested."""

import json
import subprocess
import sys

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.evaluation import BARE, PAINTER, PLAIN, contestants, convolution_inputs, multiply_adds, shape
from course.weights import vgg19
from tests.repo._repo import ROOT

HEIGHT, WIDTH = shape(64)


class Convolutions(TorchDispatchMode):
    """Notes the convolutions that torch really runs: shape of the weight, shape of the output, dtype, bias."""

    def __init__(self):
        super().__init__()
        self.forward, self.backward, self.gradients = [], [], set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if function is torch.ops.aten.convolution.default:
            _, weight, bias = args[:3]
            self.forward.append((tuple(weight.shape), tuple(result.shape), result.dtype, bias is not None))
        elif function is torch.ops.aten.convolution_backward.default:
            gradient, _, weight, bias_sizes = args[:4]
            self.backward.append((tuple(weight.shape), tuple(gradient.shape), gradient.dtype, bias_sizes != [0]))
            self.gradients.add(tuple(args[-1]))
        return result


@pytest.fixture(scope="module")
def net():
    return vgg19(weights="random", padding="replicate")


@pytest.fixture(scope="module")
def seen(net):
    """What each contestant runs in one evaluation."""
    found = {}
    for name, evaluate in contestants(net, HEIGHT, WIDTH).items():
        with Convolutions() as found[name]:
            gradient = evaluate()
        assert gradient.shape[-2:] == (HEIGHT, WIDTH) or name in BARE.values()
        assert gradient.abs().sum() > 0
    return found


def operations(convolutions):
    return sum(
        weight[0] * weight[1] * weight[2] * weight[3] * output[2] * output[3] for weight, output, *_ in convolutions
    )


@pytest.mark.parametrize("name", [*BARE.values(), PLAIN])
def test_all_run_the_painters_convolutions(seen, name):
    assert len(seen[PAINTER].forward) == 13
    assert sorted(seen[name].forward) == sorted(seen[PAINTER].forward)
    assert [each[:3] for each in sorted(seen[name].backward)] == [each[:3] for each in sorted(seen[PAINTER].backward)]


@pytest.mark.parametrize("name", [PAINTER, *BARE.values(), PLAIN])
def test_multiply_adds_are_those_that_run(seen, net, name):
    assert operations(seen[name].forward) == multiply_adds(net, HEIGHT, WIDTH)
    assert operations(seen[name].backward) == multiply_adds(net, HEIGHT, WIDTH)


@pytest.mark.parametrize("name", [PAINTER, *BARE.values(), PLAIN])
def test_only_inputs_get_gradients(seen, name):
    assert seen[name].gradients == {(True, False, False)}


def test_inputs_are_those_of_the_network(net):
    inputs = {}
    hooks = [
        convolution.register_forward_pre_hook(lambda _, args, name=name: inputs.update({name: tuple(args[0].shape)}))
        for name, convolution in net.convolutions.items()
    ]
    net(torch.rand(1, 3, HEIGHT, WIDTH), ["relu5_1"])
    for hook in hooks:
        hook.remove()
    assert inputs == convolution_inputs(net, HEIGHT, WIDTH)


def test_the_command_prints_a_table_and_writes_json(tmp_path):
    path = tmp_path / "new" / "bench.json"
    command = [sys.executable, "-m", "benchmarks", "--sizes", "32", "--rounds", "1", "--threads", "1"]
    done = subprocess.run([*command, "--json", str(path)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "cpu, 32 x 24 pixels" in done.stdout
    assert "threads used: 1;" in done.stdout and f"torch {torch.__version__}" in done.stdout
    record = json.loads(path.read_text(encoding="utf-8"))
    result = record["evaluation"][0]
    assert result["bound"] in BARE.values() and result["ratio"] > 0
    for name in (PAINTER, *BARE.values(), PLAIN):
        assert f"\n{name} " in done.stdout
        assert len(result["seconds"][name]) == 1 and result["seconds"][name][0] > 0
