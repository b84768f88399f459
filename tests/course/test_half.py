"""course/nets/half.py: convolutions in half precision against torch's own in double precision, there and back."""

import pytest
import torch
from torch.nn import functional

from course.nets import half
from course.nets.half import HalfConvolution

PADDINGS = ("zeros", "replicate", "reflect", "circular")


@pytest.fixture(params=["as the processor reads them", "as they are"])
def laid_out(request, monkeypatch):
    """Filters in either form; where no processor multiplies halves, both are the same."""
    if request.param == "as they are":
        monkeypatch.setattr(half, "multiplies", lambda _: False)
    return request.param


def convolution(padding, into=5, out=7, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = HalfConvolution(into, out, 3, padding=1, padding_mode=padding)
    return made.requires_grad_(False).to(torch.bfloat16)


def exact(made, x):
    """The same in double precision, by torch's own."""
    x = x.double().requires_grad_()
    weight, bias = made.weight.double(), made.bias.double()
    if made.padding_mode == "zeros":
        return x, functional.conv2d(x, weight, bias, padding=1)
    return x, functional.conv2d(functional.pad(x, (1, 1, 1, 1), made.padding_mode), weight, bias)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("size", [(2, 2), (3, 8), (17, 2), (40, 33)])
def test_there_and_back_as_torch_has_it(laid_out, padding, size):
    made = convolution(padding)
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2, 5, *size, generator=generator).to(torch.bfloat16)
    picture, expected = exact(made, x)
    weights = torch.randn(expected.shape, generator=generator).to(torch.bfloat16)
    (right,) = torch.autograd.grad((expected * weights.double()).sum(), picture)
    x.requires_grad_()
    found = made(x)
    (gradient,) = torch.autograd.grad((found * weights).sum(), x)
    assert found.shape == expected.shape and found.dtype == gradient.dtype == torch.bfloat16
    for mine, its in ((found, expected), (gradient, right)):
        assert torch.allclose(mine.double(), its, rtol=0, atol=0.02 * float(its.detach().abs().max()))


@pytest.mark.parametrize("padding", ["zeros", "replicate", "circular"])
def test_a_single_pixel(laid_out, padding):
    made = convolution(padding)
    x = torch.ones(1, 5, 1, 1, dtype=torch.bfloat16)
    picture, expected = exact(made, x)
    (right,) = torch.autograd.grad(expected.sum(), picture)
    (gradient,) = torch.autograd.grad(made(x.requires_grad_()).sum(), x)
    assert torch.allclose(gradient.double(), right, rtol=0.05, atol=0.05)


def test_the_gradient_that_came_in_is_left_alone(laid_out):
    made = convolution("replicate")
    x = torch.randn(1, 5, 6, 6, generator=torch.Generator().manual_seed(0)).to(torch.bfloat16).requires_grad_()
    coming = torch.ones(1, 7, 6, 6, dtype=torch.bfloat16)
    torch.autograd.grad(made(x), x, coming)
    assert torch.equal(coming, torch.ones_like(coming))


def test_a_gradient_of_a_gradient_is_refused(laid_out):
    """Instead of one that leaves the network out."""
    made = convolution("zeros")
    x = torch.ones(1, 5, 4, 4, dtype=torch.bfloat16, requires_grad=True)
    (gradient,) = torch.autograd.grad(made(x).square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


def copied(made, other):
    made.load_state_dict(other.state_dict())


def assigned(made, other):
    made.load_state_dict(other.state_dict(), assign=True)
    made.requires_grad_(False)


def exchanged(made, other):
    """As chapter 2 mixes a trained network with a random one: both weights were written into equally often."""
    made.weight, made.bias = other.weight, other.bias


def pointed_elsewhere(made, other):
    made.weight.data, made.bias.data = other.weight.data, other.bias.data


@pytest.mark.parametrize("change", [copied, assigned, exchanged, pointed_elsewhere])
def test_other_weights_are_laid_out_anew(laid_out, change):
    made, x = convolution("zeros"), torch.ones(1, 5, 4, 4, dtype=torch.bfloat16)
    other = convolution("zeros", seed=3)
    before = made(x)
    other(x)
    change(made, other)
    assert torch.equal(made(x), other(x)) and not torch.equal(made(x), before)
