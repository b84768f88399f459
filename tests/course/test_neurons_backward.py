"""The way back from an answer to the picture, against autograd; and where in a picture an answer comes from."""

import pytest
import torch
from torch.nn import functional

from course.errors import InputError
from course.images import white_noise
from course.nets.weights import vgg19
from course.neurons.backward import RULES, backward_relu, features, strongest, switches, unpool, walk_back
from course.neurons.patches import cut_out, field, top_patches

NET = vgg19(weights="slim")
PICTURE = white_noise(70, 86, seed=1)


def autograd(layer, g, rule):
    """The same by autograd, on ReLUs whose way back is bent by hooks."""
    image = PICTURE.clone().requires_grad_()
    x = NET.normalise(image)
    for name in NET.layers[: NET.layers.index(layer) + 1]:
        if name.startswith("conv"):
            x = NET.convolutions[name](x)
        elif name.startswith("pool"):
            x = functional.max_pool2d(x, 2)
        elif rule == "deconvnet":
            x = x * 1  # a name of its own: the hook is on what goes into this ReLU
            x.register_hook(lambda gradient: gradient.clamp(min=0))
            x = x + (x.relu() - x).detach()  # forward a ReLU, backward nothing at all
        else:
            x = x * 1
            if rule == "guided":
                x.register_hook(lambda gradient: gradient.clamp(min=0))
            x = x.relu()
    (found,) = torch.autograd.grad((g * x).sum(), image)
    return found


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("layer", ["relu1_1", "conv2_2", "pool3", "relu4_2"])
def test_the_way_back_is_that_of_autograd(layer, rule):
    maps = features(NET, PICTURE, layer)
    g = torch.randn(maps[layer].shape, generator=torch.Generator().manual_seed(0))
    expected = autograd(layer, g, rule)
    assert torch.allclose(walk_back(NET, maps, layer, g, rule), expected, atol=1e-4 * float(expected.abs().max()))


def test_the_rules_differ():
    maps = features(NET, PICTURE, "relu4_1")
    g = strongest(maps["relu4_1"], int(maps["relu4_1"].amax((0, 2, 3)).argmax()))
    plain, deconvnet, guided = (walk_back(NET, maps, "relu4_1", g, rule) for rule in RULES)
    assert (plain - guided).norm() > 0.1 * plain.norm() and (deconvnet - guided).norm() > 0.1 * guided.norm()


def test_each_rule_lets_pass_what_its_authors_say():
    g, a = torch.tensor([-2.0, -2.0, -2.0, 3.0, 3.0, 3.0]), torch.tensor([-1.0, 0.0, 1.0, -1.0, 0.0, 1.0])
    assert backward_relu(g, a, "plain").tolist() == [0, 0, -2, 0, 0, 3]
    assert backward_relu(g, a, "deconvnet").tolist() == [0, 0, 0, 3, 3, 3]
    assert backward_relu(g, a, "guided").tolist() == [0, 0, 0, 0, 0, 3]
    with pytest.raises(InputError, match="no rule 'guide'"):
        backward_relu(g, a, "guide")


@pytest.mark.parametrize(("height", "width"), [(6, 8), (7, 8), (6, 9), (7, 9)])
def test_unpooling_undoes_pooling_and_is_its_gradient(height, width):
    x = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0)) + 0.1
    x.requires_grad_()
    small = functional.max_pool2d(x, 2)
    g = torch.randn(small.shape, generator=torch.Generator().manual_seed(1))
    large = unpool(small.detach(), switches(x.detach()), height, width)
    assert torch.equal(functional.max_pool2d(large, 2), small) and int((large > 0).sum()) == small.numel()
    assert torch.equal(unpool(g, switches(x.detach()), height, width), torch.autograd.grad((g * small).sum(), x)[0])


def test_the_strongest_answer_stands_alone():
    maps = torch.rand(1, 4, 5, 6, generator=torch.Generator().manual_seed(0))
    alone = strongest(maps, 2)
    assert int(alone.count_nonzero()) == 1 and float(alone.max()) == float(maps[0, 2].max()) == float(alone[0, 2].max())
    with pytest.raises(InputError, match="channels 0 to 3, there is no 4"):
        strongest(maps, 4)


def test_what_cannot_be_walked_back_is_said():
    for net in (vgg19(weights="slim", pooling="avg"), vgg19(weights="slim", padding="replicate")):
        with pytest.raises(InputError, match=r"take vgg19\(\)"):
            features(net, PICTURE, "relu2_1")
    with pytest.raises(InputError, match="did you mean 'relu2_1'"):
        features(NET, PICTURE, "relu21")
    with pytest.raises(InputError, match="maps of conv1_1 are missing"):
        walk_back(NET, {"relu1_1": torch.zeros(1)}, "relu1_1", torch.zeros(1), "plain")
    with pytest.raises(InputError, match="did you mean 'relu2_1'"):
        walk_back(NET, {}, "relu21", torch.zeros(1), "plain")


# --- Patches --------------------------------------------------------------------------------------------------------


def test_the_strongest_places_of_all_pictures_without_neighbours():
    first, second = torch.zeros(4, 7), torch.zeros(6, 3)
    first[1, 5], first[2, 6], first[1, 3] = 9.0, 8.0, 7.0
    second[5, 0], second[3, 0] = 8.5, 1.0
    assert top_patches([first, second], 4, 2) == [(0, 1, 5), (1, 5, 0), (0, 1, 3), (1, 3, 0)]
    assert top_patches([first, second], 3, 1) == [(0, 1, 5), (1, 5, 0), (0, 2, 6)]
    assert top_patches([first], 3, 99) == [(0, 1, 5)], "one spot is all there is"
    assert first[1, 5] == 9.0
    with pytest.raises(InputError, match="take one channel"):
        top_patches([first[None]], 1, 1)


def test_they_are_those_that_a_patient_person_finds():
    generator = torch.Generator().manual_seed(0)
    maps = [torch.rand(9, 5, generator=generator), torch.rand(4, 11, generator=generator)]
    every = [(float(one[row, column]), (number, row, column)) for number, one in enumerate(maps)
             for row in range(one.shape[0]) for column in range(one.shape[1])]  # fmt: skip
    kept = []
    for _, (number, row, column) in sorted(every, reverse=True):
        if all(number != n or abs(row - r) >= 3 or abs(column - c) >= 3 for n, r, c in kept):
            kept.append((number, row, column))
    assert top_patches(maps, 7, 3) == kept[:7]


@pytest.mark.parametrize("layer", ["image", "relu1_1", "relu2_1", "pool2", "conv3_2", "relu4_1"])
def test_the_square_that_a_number_sees_is_where_its_gradient_is(layer):
    """With all weights positive no answer is cut off, so the gradient fills the whole square."""
    net = vgg19(weights="slim")
    for convolution in net.convolutions.values():
        convolution.weight.data = convolution.weight.abs() + 1e-3
        convolution.bias.data.zero_()
    net.pooling = "avg"
    image = torch.ones(1, 3, 160, 176, requires_grad=True)
    side, step, first = field(net, layer)
    row, column = (80 // step, 88 // step)
    (gradient,) = torch.autograd.grad(net(image, [layer])[layer][0, 0, row, column], image)
    rows, columns = gradient[0].abs().sum(0).nonzero(as_tuple=True)
    assert int(rows.max() - rows.min()) + 1 == int(columns.max() - columns.min()) + 1 == side
    assert float(rows.max() + rows.min()) / 2 == first + row * step
    assert float(columns.max() + columns.min()) / 2 == first + column * step


def test_the_square_is_cut_out_and_grey_beyond_the_border():
    picture = white_noise(40, 50, seed=0)
    side, step, first = field(NET, "relu2_1")
    assert (side, step, first) == (10, 2, 0.5)
    assert torch.equal(cut_out(picture, NET, "relu2_1", 7, 11), picture[:, :, 10:20, 18:28])
    corner = cut_out(picture, NET, "relu2_1", 0, 0)
    assert torch.equal(corner[:, :, 4:, 4:], picture[:, :, :6, :6]) and bool((corner[:, :, :4] == 0.5).all())
    assert cut_out(picture, NET, "relu2_1", 19, 24).shape == (1, 3, 10, 10)
    with pytest.raises(InputError, match="20 x 25 places"):
        cut_out(picture, NET, "relu2_1", 20, 0)
