"""The benchmarks compare like with like, and run. How long anything takes is not tested."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.evaluation import BARE, PAINTER, PLAIN, contestants, convolution_inputs, multiply_adds, shape
from course.nets.weights import vgg19

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
    """The operations that each contestant runs in one evaluation."""
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
