"""course/optimisers.py: L-BFGS and Adam against their textbooks, torch's own, and functions with a known minimum."""

from itertools import pairwise

import pytest
import torch

from course.optimisers import LBFGS, Adam, Evaluation, InverseHessian
from tests.course._pictures import assert_near

OPTIMISERS = [LBFGS, Adam]


class Function:
    """A function of a picture as optimisers want it, its gradient by autograd; counts how often it is evaluated."""

    def __init__(self, f, factor=1.0):
        self.f, self.factor, self.count = f, factor, 0

    def loss(self, image):
        self.count += 1
        return self.factor * self.f(image)

    def __call__(self, image):
        image = image.detach().requires_grad_()
        loss = self.loss(image)
        (gradient,) = torch.autograd.grad(loss, image)
        return Evaluation(loss.item(), {"f": loss.item() / self.factor}, gradient)


def grey(value=0.3, dtype=torch.float64):
    return torch.full((1, 3, 8, 8), value, dtype=dtype)


def noise(seed=0, dtype=torch.float64):
    return torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def bowl(condition, dtype=torch.float64):
    """A parabola with its minimum 0 at grey(), steepest / flattest curvature = condition, axes as the pixels'."""
    curvature = torch.logspace(0, torch.tensor(float(condition)).log10().item(), 192, dtype=dtype).reshape(1, 3, 8, 8)
    return lambda image: (curvature * (image - 0.3).square()).sum() / 2


def pixels(image):
    """The mean square distance from grey(): as plain as a loss can be."""
    return (image - 0.3).square().mean()


def valley(image):
    """Rosenbrock's bent valley in 192 dimensions; the minimum is 0 where every value is 1."""
    x = image.flatten()
    return (100 * (x[1:] - x[:-1].square()).square() + (1 - x[:-1]).square()).sum()


def run(optimiser, steps):
    """The picture after each step."""
    images = [optimiser.image]
    for _ in range(steps):
        if not optimiser.step():
            break
        images.append(optimiser.image)
    return images


def run_torch(function, image, evaluations, **options):
    """The same with ``torch.optim.LBFGS``: the loss when it stops or has used up its evaluations."""
    parameter = torch.nn.Parameter(image.clone())
    optimiser = torch.optim.LBFGS([parameter], max_iter=10**6, max_eval=evaluations, **options)

    def closure():
        optimiser.zero_grad()
        loss = function.loss(parameter)
        loss.backward()
        return loss

    optimiser.step(closure)
    return function.f(parameter.detach()).item()


AS_OURS = {"history_size": 20, "tolerance_grad": 0, "tolerance_change": 0, "line_search_fn": "strong_wolfe"}

# ---- L-BFGS: the formulas --------------------------------------------------------------------------------------------


def dense_direction(pairs, gradient):
    """-H g with the inverse Hessian H written out as a matrix (Nocedal & Wright, equations 6.17 and 7.20)."""
    identity = torch.eye(gradient.numel(), dtype=torch.float64)
    s, y = (x.flatten() for x in pairs[-1])
    H = identity * (s @ y) / (y @ y)
    for s, y in pairs:
        s, y = s.flatten(), y.flatten()
        V = identity - torch.outer(y, s) / (s @ y)
        H = V.T @ H @ V + torch.outer(s, s) / (s @ y)
    return -(H @ gradient.flatten()).reshape(gradient.shape)


@pytest.mark.parametrize("history", [1, 4, 50])
def test_a_step_goes_where_the_inverse_hessian_says(history):
    """With pairs that are taken here from the pictures and gradients themselves, no more than `history` of them."""
    optimiser = LBFGS(Function(valley), noise(), history)
    pairs, bent = [], 0
    for _ in range(12):
        image, gradient = optimiser.image, optimiser.evaluation.gradient
        expected = dense_direction(pairs[-history:], gradient) if pairs else -gradient
        assert optimiser.step()
        taken = optimiser.image - image
        length = taken.norm() / expected.norm()
        assert_near(taken / length, expected, 1e-9 * expected.abs().max())
        assert length <= 1 + 1e-9 or not pairs
        bent += bool((taken / length + gradient * expected.norm() / gradient.norm()).norm() > 0.1 * expected.norm())
        pairs.append((taken, optimiser.evaluation.gradient - gradient))
    assert bent > 5  # it is not the gradient's own direction
    assert len(optimiser.memory.pairs) == min(history, 12)


def memories():
    """Of three pictures together, and of each alone: four pairs, of which the third tells nothing of picture 1."""
    together, alone = InverseHessian(), [InverseHessian() for _ in range(3)]
    for number in range(4):
        s = torch.cat([noise(10 * number + k) - 0.5 for k in range(3)])
        y = s * torch.cat([1 + noise(100 + number + k) for k in range(3)])
        if number == 2:
            y[1] = -y[1]
        together.remember(s, y)
        for k, memory in enumerate(alone):
            memory.remember(s[k : k + 1], y[k : k + 1])
    return together, alone


def test_each_picture_of_a_batch_has_a_memory_of_its_own():
    together, alone = memories()
    assert [len(memory.pairs) for memory in (together, *alone)] == [4, 4, 3, 4]
    gradient = torch.cat([noise(k) - 0.5 for k in range(3)])
    expected = torch.cat([memory.times(gradient[k : k + 1]) for k, memory in enumerate(alone)])
    assert_near(together.times(gradient), expected, 1e-12)
    assert_near(-expected[1:2], dense_direction([pair[:2] for pair in alone[1].pairs], gradient[1:2]), 1e-9)


def test_the_memory_of_one_picture_can_be_dropped():
    together, _ = memories()
    gradient = torch.cat([noise(k) - 0.5 for k in range(3)])
    before = together.times(gradient)
    together.forget([2])
    after = together.times(gradient)
    assert torch.equal(after[:2], before[:2])
    assert_near(after[2:], InverseHessian().times(gradient[2:]), 1e-12)
    together.clear()
    assert_near(together.times(gradient)[2:], after[2:], 1e-12)


def test_the_first_step_changes_a_value_by_so_much_in_the_mean():
    for factor in (1e-6, 1, 1e6):
        first, second = run(LBFGS(Function(pixels, factor), noise(), first_step=0.004), 1)
        assert (second - first).abs().mean().item() == pytest.approx(0.004)


@pytest.mark.parametrize("longest", [0.05, 0.3])
def test_no_value_moves_further_than_the_longest_step(longest):
    far = grey(5.0)
    far[0, 0, 0, 0] = 40.0
    images = run(LBFGS(Function(bowl(1e3)), far, longest_step=longest), 40)
    moves = [(after - before).abs().max().item() for before, after in pairwise(images)]
    assert len(moves) == 40 and max(moves) <= longest * (1 + 1e-9)
    assert max(moves) > 0.99 * longest


# ---- L-BFGS: what it can do ------------------------------------------------------------------------------------------


def test_an_ill_conditioned_bowl():
    """Fifty steps, against fifty of steepest descent with the best fixed length, 2 / (smallest + largest curvature)."""
    start, f = noise(), bowl(1e3)
    descent = Function(f)
    image = start
    for _ in range(50):
        image = image - 2 / (1 + 1e3) * descent(image).gradient
    function = Function(f)
    optimiser = LBFGS(function, start)
    run(optimiser, 50)
    assert optimiser.evaluation.loss < 1e-4 * f(start) < 0.01 * f(image)
    assert function.count <= 55
    assert optimiser.evaluation.loss < 2 * run_torch(Function(f), start, function.count, **AS_OURS)


def test_the_bent_valley():
    """Along a curve. The search of torch, which minds the slope at the end of a step too, needs two thirds at least."""
    start = noise()
    function = Function(valley)
    optimiser = LBFGS(function, start)
    while optimiser.evaluation.loss > 1e-12:
        assert optimiser.step() and function.count < 1000
    assert_near(optimiser.image, torch.ones_like(start), 1e-5)
    assert run_torch(Function(valley), start, function.count * 2 // 3, **AS_OURS) > 1e-12


@pytest.mark.parametrize("f", [bowl(1e4), valley, pixels, lambda image: (image - 0.3).abs().pow(1.2).sum()])
def test_no_step_increases_the_loss(f):
    function = Function(f)
    optimiser = LBFGS(function, noise() * 2 - 0.5)
    losses = [function(image).loss for image in run(optimiser, 80)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.02 * losses[0]
    assert optimiser.evaluation.loss == losses[-1]


@pytest.mark.parametrize(("times_too_long", "evaluations"), [(1.5, 2), (4, 3), (50, 4)])
def test_a_step_that_leads_uphill_is_shortened(times_too_long, evaluations):
    """To where a parabola through both losses and the slope has its minimum, but to no less than a tenth at once."""
    function = Function(bowl(1))
    optimiser = LBFGS(function, grey(0.31), first_step=0.01 * times_too_long)
    assert optimiser.step()
    assert function.count == evaluations
    assert_near(optimiser.image, grey(0.295 if times_too_long == 1.5 else 0.3), 1e-9)


def test_one_evaluation_for_each_step_of_a_parabola():
    function = Function(pixels)
    images = run(LBFGS(function, noise()), 4)
    assert function.count == len(images)
    assert_near(images[-1], grey(), 1e-9)


def test_a_stale_memory_is_dropped():
    """Pairs of a bowl as seen from a hill: they lead nowhere, and the gradient has to do."""
    optimiser = LBFGS(Function(bowl(100)), noise())
    run(optimiser, 10)
    hill = Function(lambda image: -image.square().sum())
    memory = optimiser.memory
    memory.pairs, memory.scale = [(s, -y, -curvature) for s, y, curvature in memory.pairs], -memory.scale
    optimiser.evaluate = hill
    optimiser.evaluation = hill(optimiser.image)
    before = optimiser.evaluation.loss
    assert optimiser.step()
    assert optimiser.evaluation.loss < before
    assert not memory.pairs  # down a hill there is no curvature to remember


def test_where_no_step_lowers_the_loss():
    """At the tip of a roof turned upside down, with a gradient that says otherwise; as in the noise of a float32."""
    count = []
    start = noise()

    def roof(image):
        count.append(image)
        loss = (image - start).abs().sum().item()
        return Evaluation(loss, {}, torch.ones_like(start))

    optimiser = LBFGS(roof, start)
    assert optimiser.step() is False
    assert torch.equal(optimiser.image, start)
    assert len(count) == 1 + LBFGS.MOST_TRIALS
    assert (count[-1] - start).abs().max() < 1e-7


# ---- L-BFGS: the size of the loss does not matter --------------------------------------------------------------------


@pytest.mark.parametrize("exponent", [-100, -40, 40, 60])
def test_a_multiplied_objective_gives_the_same_pictures(exponent):
    """By a power of two: to the last bit, in the single precision of pictures. 2^-100 is 1e-30."""
    start, f = noise(dtype=torch.float32), bowl(1e2, torch.float32)
    plain = run(LBFGS(Function(f), start), 30)
    multiplied = run(LBFGS(Function(f, 2.0**exponent), start), 30)
    assert len(plain) == 31
    assert all(torch.equal(x, y) for x, y in zip(plain, multiplied, strict=True))


@pytest.mark.parametrize("factor", [1e-12, 1e12])
def test_a_multiplied_objective_is_solved_all_the_same(factor):
    start = noise(dtype=torch.float32)
    optimiser = LBFGS(Function(bowl(1e2, torch.float32), factor), start)
    run(optimiser, 60)
    assert_near(optimiser.image, grey(dtype=torch.float32), 1e-3)


def test_why_we_do_not_use_the_one_of_torch():
    """A small loss with its defaults: it does not move at all. Without its tolerances: no curvature is ever kept."""
    start = noise(dtype=torch.float32)
    small = Function(pixels, 1e-6)
    before = small.f(start).item()
    assert run_torch(small, start, 100) > 0.99 * before
    assert small.count < 5
    small.count = 0
    assert run_torch(small, start, 100, tolerance_grad=0, tolerance_change=0) > 0.99 * before
    assert small.count == 100
    ours = LBFGS(Function(pixels, 1e-6), start)
    run(ours, 10)
    assert ours.evaluation.losses["f"] < 1e-9 * before


# ---- both ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", OPTIMISERS)
def test_at_the_minimum_there_is_nothing_to_do(make):
    function = Function(pixels)
    optimiser = make(function, grey())
    assert not optimiser.evaluation.gradient.any()
    assert optimiser.step() is False
    assert torch.equal(optimiser.image, grey())
    assert function.count == 1


@pytest.mark.parametrize("make", OPTIMISERS)
def test_a_step_leaves_the_old_picture_alone(make):
    start = noise()
    optimiser = make(Function(valley), start)
    images = [start]
    copies = [start.clone()]
    for _ in range(6):
        assert optimiser.step()
        images.append(optimiser.image)
        copies.append(optimiser.image.clone())
    assert len({id(image) for image in images}) == 7
    assert all(torch.equal(image, copy) for image, copy in zip(images, copies, strict=True))
    assert not any(image.requires_grad for image in images)


@pytest.mark.parametrize("make", OPTIMISERS)
def test_the_evaluation_belongs_to_the_picture(make):
    function = Function(valley)
    optimiser = make(function, noise())
    for _ in range(5):
        optimiser.step()
        again = function(optimiser.image)
        assert again.loss == optimiser.evaluation.loss
        assert torch.equal(again.gradient, optimiser.evaluation.gradient)


@pytest.mark.parametrize("make", OPTIMISERS)
def test_forgetting_starts_anew(make):
    """On another function: as if it had never seen the first one."""
    optimiser = make(Function(bowl(100)), noise())
    run(optimiser, 5)
    optimiser.evaluate = Function(valley)
    optimiser.forget()
    fresh = make(Function(valley), optimiser.image)
    assert optimiser.evaluation.loss == fresh.evaluation.loss
    images, expected = run(optimiser, 5), run(fresh, 5)
    assert len(images) == 6
    assert all(torch.equal(x, y) for x, y in zip(images, expected, strict=True))


@pytest.mark.parametrize("make", OPTIMISERS)
def test_an_interrupted_step_has_not_happened(make):
    """Ctrl-C comes while the network works, for nothing else takes time."""
    function = Function(valley)
    expected = run(make(function, noise()), 8)
    optimiser = make(function, noise())
    run(optimiser, 4)

    def interrupted(image):
        raise KeyboardInterrupt

    optimiser.evaluate = interrupted
    for call in (optimiser.step, optimiser.forget):
        with pytest.raises(KeyboardInterrupt):
            call()
    optimiser.evaluate = function
    assert torch.equal(optimiser.image, expected[4])
    assert torch.equal(run(optimiser, 4)[-1], expected[8])


# ---- Adam ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_adam_is_the_adam_of_torch(dtype):
    start = noise(dtype=dtype)
    images = run(Adam(Function(valley), start, learning_rate=0.03), 30)
    parameter = torch.nn.Parameter(start.clone())
    reference = torch.optim.Adam([parameter], lr=0.03)
    for image in images[1:]:
        parameter.grad = Function(valley)(parameter).gradient
        reference.step()
        assert_near(image, parameter.detach(), 1e-5 if dtype is torch.float32 else 1e-12)
    assert (images[-1] - start).abs().max() > 0.1


def test_adam_steps_by_its_learning_rate_however_small_the_loss():
    for factor in (1e-4, 1, 1e6):
        start, first = run(Adam(Function(pixels, factor), noise(), learning_rate=0.01), 1)
        assert (first - start).abs().median().item() == pytest.approx(0.01, rel=0.05)
