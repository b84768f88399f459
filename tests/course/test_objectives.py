"""course/objectives.py: named terms, their targets, their weighted sum, and what is refused."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from course import losses
from course.errors import InputError
from course.images import fit
from course.losses import gram, mean_std
from course.nets.weights import vgg19
from course.objectives import (
    CONTENT_LAYER,
    RANGE,
    SIZES,
    STYLE_LAYERS,
    Objective,
    Term,
    content,
    in_range,
    style,
    style_transfer,
    total_variation,
)
from tests.course._painting import LAYERS, Call, SmallNetwork, picture

EXACT = {"rel": 1e-10, "abs": 1e-14}  # everything is computed in double precision


def photo(seed=1, height=24, width=18):
    return picture(height, width, seed, torch.float64)


@pytest.fixture
def net():
    return SmallNetwork(torch.float64)


def value(net, term, image):
    """A term alone, at one picture of its own size."""
    return Objective(net, [term]).at(*image.shape[2:])(image).total


def gram_per_position(F):
    return torch.einsum("bihw,bjhw->bij", F, F) / (F.shape[2] * F.shape[3])


def relative(X, Y):
    return ((X - Y) ** 2).sum() / (Y**2).sum()


def units(name, N):
    """The distance of two Gram matrices per position, by its formula."""
    return relative if name == "relative" else lambda G, A: ((G - A) ** 2).sum() / (4 * N**2)


# ---- the value -------------------------------------------------------------------------------------------------------


def test_the_value_is_the_weighted_sum_of_all_terms(net):
    image, scene, painting = photo(1), photo(2), photo(3, 20, 31)
    terms = [content(scene, "conv2_1"), style(painting, LAYERS), total_variation(), in_range()]
    found = Objective(net, terms, {"content": 3, "style": 0.5, "tv": 7, "range": 2}).at(24, 18)(image)
    F, P, S = (net(x, ["relu1_1", "relu2_1", "conv2_1"]) for x in (image, scene, fit(painting, 15, 24)))
    expected = {
        "content": relative(F["conv2_1"], P["conv2_1"]),
        "style": sum(relative(gram_per_position(F[l]), gram_per_position(S[l])) for l in LAYERS) / 2,
        "tv": (image.diff(dim=2) ** 2).sum() / image.numel() + (image.diff(dim=3) ** 2).sum() / image.numel(),
        "range": 0.0,
    }
    assert list(found.losses) == list(expected)
    for name, loss in expected.items():
        assert float(found.losses[name]) == pytest.approx(float(loss), **EXACT)
        assert loss > 0.001 or name == "range"
    by_hand = 3 * expected["content"] + 0.5 * expected["style"] + 7 * expected["tv"]
    assert float(found.total) == pytest.approx(float(by_hand), **EXACT)


def test_the_gradient_is_the_slope_of_the_value(net):
    terms = [content(photo(2), "relu2_1"), style(photo(3, 20, 31), LAYERS), total_variation(), in_range()]
    evaluate = Objective(net, terms).at(24, 18)
    image = (photo(1) * 1.3 - 0.15).requires_grad_()
    (gradient,) = torch.autograd.grad(evaluate(image).total, image)
    direction = torch.randn(image.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    with torch.no_grad():
        rise = evaluate(image + 1e-6 * direction).total - evaluate(image - 1e-6 * direction).total
    assert float((gradient * direction).sum()) == pytest.approx(float(rise) / 2e-6, rel=1e-5)


def test_weights_may_be_changed_at_any_time(net):
    objective = Objective(net, [content(photo(2), "relu1_1"), total_variation()])
    assert objective.weights == {"content": 1, "tv": 1}
    evaluate = objective.at(24, 18)
    before = evaluate(photo())
    calls = len(net.calls)
    objective.weights["content"] = 5
    after = evaluate(photo())
    assert float(after.total - before.total) == pytest.approx(4 * float(before.losses["content"]), **EXACT)
    assert len(net.calls) == calls + 1  # no target is computed again


def test_a_weight_of_zero_switches_a_term_off_and_still_shows_it(net):
    found = Objective(net, [content(photo(2), "relu1_1"), total_variation()], {"content": 0}).at(24, 18)(photo())
    assert found.losses["content"] > 0.001
    assert float(found.total) == pytest.approx(float(found.losses["tv"]), **EXACT)


def test_targets_are_computed_once_and_the_network_runs_once_for_each_picture(net):
    terms = [content(photo(2), "relu2_1"), style(photo(3, 20, 31), LAYERS), total_variation(), in_range()]
    objective = Objective(net, terms)
    assert net.calls == []
    evaluate = objective.at(24, 18)
    assert net.calls == [Call((24, 18), ("relu2_1",), False), Call((15, 24), LAYERS, False)]
    net.calls.clear()
    for seed in range(3):
        evaluate(photo(seed))
    assert net.calls == [Call((24, 18), LAYERS, True)] * 3  # relu2_1 is asked for once, though two terms look at it
    net.calls.clear()
    objective.at(12, 9)
    assert [call.shape for call in net.calls] == [(12, 9), (8, 12)]


def test_two_terms_of_one_kind_need_two_names(net):
    first, second = style(photo(2), LAYERS), style(photo(3), LAYERS)
    with pytest.raises(InputError, match=r"two terms are called 'style'.*dataclasses\.replace"):
        Objective(net, [first, second])
    both = Objective(net, [first, replace(second, name="other style")], {"other style": 2})
    assert both.weights == {"style": 1, "other style": 2}
    by_hand = value(net, first, photo()) + 2 * value(net, second, photo())
    assert float(both.at(24, 18)(photo()).total) == pytest.approx(float(by_hand), **EXACT)


def test_a_term_of_your_own(net):
    """Nothing but a name, layers and a function: a picture whose first maps are bright and whose top row is black."""

    def prepare(net, height, width):
        return lambda features: features["image"][:, :, 0].square().sum() - features["relu1_1"].sum() / height

    image = photo()
    by_hand = (image[:, :, 0] ** 2).sum() - net(image, ["relu1_1"])["relu1_1"].sum() / 24
    assert float(value(net, Term("own", ("relu1_1",), prepare), image)) == pytest.approx(float(by_hand), **EXACT)


# ---- content ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", ["conv1_1", "relu2_1"])
def test_content_in_both_units(net, layer):
    image, scene = photo(1), photo(2)
    F, P = net(image, [layer])[layer], net(scene, [layer])[layer]
    assert float(value(net, content(scene, layer), image)) == pytest.approx(float(relative(F, P)), **EXACT)
    found = float(value(net, content(scene, layer, units="paper"), image))
    assert found == pytest.approx(float(((F - P) ** 2).sum() / 2), **EXACT)
    assert found == pytest.approx(float(losses.content_loss(F, P)), **EXACT)


@pytest.mark.parametrize("name", ["relative", "paper"])
def test_the_photo_itself_has_no_content_loss(net, name):
    """Whatever its size: it is brought to that of the painting. A corner that is a little darker has one."""
    scene = photo(2, 50, 60)
    term = content(scene, "relu2_1", name)
    image = fit(scene, 24, 18)
    assert value(net, term, image) == 0
    assert net.calls[0].shape == (24, 18)
    image[:, :, :4, :4] -= 0.1
    assert value(net, term, image) > 0.001


# ---- style -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["relative", "paper"])
@pytest.mark.parametrize("shape", [(24, 18), (18, 24), (9, 24), (24, 3)])
def test_style_in_both_units_of_a_picture_of_any_shape(net, name, shape):
    image, painting = photo(1), photo(3, *shape)
    found = float(value(net, style(painting, LAYERS, {"relu1_1": 0.25, "relu2_1": 0.75}, units=name), image))
    F, S = net(image, LAYERS), net(painting, LAYERS)
    by_hand = {l: units(name, F[l].shape[1])(gram_per_position(F[l]), gram_per_position(S[l])) for l in LAYERS}
    assert found == pytest.approx(float(0.25 * by_hand["relu1_1"] + 0.75 * by_hand["relu2_1"]), **EXACT)
    assert found > 1e-4
    if name == "paper":
        positions = {l: S[l].shape[2] * S[l].shape[3] for l in LAYERS}
        E = {l: losses.style_layer_loss(F[l], gram(S[l]), positions[l]) for l in LAYERS}
        assert found == pytest.approx(float(0.25 * E["relu1_1"] + 0.75 * E["relu2_1"]), **EXACT)


@pytest.mark.parametrize(
    ("shape", "scale", "painted", "expected"),
    [
        ((40, 60), 1.0, (24, 18), (16, 24)),  # the longer sides are equal, whichever they are
        ((40, 60), 1.0, (18, 24), (16, 24)),
        ((40, 60), 0.5, (24, 18), (8, 12)),
        ((40, 60), 2.0, (24, 18), (32, 48)),
        ((40, 60), 9.0, (24, 18), (40, 60)),  # never beyond its own size
        ((10, 12), 1.0, (24, 18), (10, 12)),
        ((10, 12), 1e-9, (24, 18), (1, 1)),
    ],
)
def test_the_scale_of_the_style(net, shape, scale, painted, expected):
    style(photo(3, *shape), ["relu1_1"], scale=scale).prepare(net, *painted)
    assert net.calls == [Call(expected, ("relu1_1",), False)]


def test_the_weights_of_the_layers_are_brought_to_the_sum_one(net):
    image, painting = photo(1), photo(3)
    one = {l: float(value(net, style(painting, [l]), image)) for l in LAYERS}
    for given in ({"relu1_1": 3, "relu2_1": 1}, {"relu2_1": 0.001, "relu1_1": 0.003}):
        found = float(value(net, style(painting, LAYERS, given), image))
        assert found == pytest.approx(0.75 * one["relu1_1"] + 0.25 * one["relu2_1"], **EXACT)
    assert float(value(net, style(painting, LAYERS), image)) == pytest.approx(sum(one.values()) / 2, **EXACT)
    only = style(painting, LAYERS, {"relu1_1": 0, "relu2_1": 9})
    assert float(value(net, only, image)) == pytest.approx(one["relu2_1"], **EXACT)


@pytest.mark.parametrize("name", ["relative", "paper"])
def test_a_statistic_that_does_not_grow_with_the_picture(net, name):
    image, painting = photo(1), photo(3, 12, 24)
    term = style(painting, ["relu2_1"], statistic=mean_std, sums_over_positions=False, units=name)
    F, S = (net(x, ["relu2_1"])["relu2_1"].flatten(2).numpy() for x in (image, painting))
    X, Y = (torch.from_numpy(np.stack([x.mean(2), x.std(2)])) for x in (F, S))
    assert float(value(net, term, image)) == pytest.approx(float(units(name, N=8)(X, Y)), **EXACT)


def test_your_own_statistic_is_what_is_compared(net):
    """It sees the maps of the style once, then those of each painting; a sum over positions is divided by them."""
    seen = []

    def own(F):
        seen.append(F.detach().clone())
        return F.pow(3).sum((2, 3))

    image, painting = photo(1), photo(3, 12, 24)
    objective = Objective(net, [style(painting, LAYERS, statistic=own)])
    evaluate = objective.at(24, 18)
    assert len(seen) == 2
    found = float(evaluate(image).total)
    maps = [net(x, LAYERS)[l] for x in (painting, image) for l in LAYERS]
    assert len(seen) == 4 and all(torch.equal(x, y) for x, y in zip(seen, maps, strict=True))
    cubes = [F.pow(3).mean((2, 3)) for F in maps]
    assert found == pytest.approx(float(relative(cubes[2], cubes[0]) + relative(cubes[3], cubes[1])) / 2, **EXACT)


def test_style_does_not_ask_where_things_are(net):
    """On the picture itself: turned around and cut into tiles that change places, it has the same style."""
    painting = photo(3)
    tiles = torch.cat([painting[:, :, 15:], painting[:, :, :15]], dim=2).flip(3)
    for term in (style(painting, ["image"]), style(painting, ["image"], statistic=mean_std, sums_over_positions=False)):
        assert float(value(net, term, tiles)) == pytest.approx(0, abs=1e-20)
        assert value(net, term, tiles.roll(1, dims=1)) > 0.001  # other colours are another style
    assert value(net, content(painting, "image"), tiles) > 0.01


def test_nothing_flows_back_into_the_targets(net):
    scene, painting = photo(2).requires_grad_(), photo(3).requires_grad_()
    image = photo(1).requires_grad_()
    Objective(net, [content(scene, "relu1_1"), style(painting, LAYERS)]).at(24, 18)(image).total.backward()
    assert scene.grad is None and painting.grad is None
    assert image.grad is not None and image.grad.any()


# ---- smoothness and range --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("height", "width"), [(8, 12), (30, 20)])
def test_total_variation_of_a_ramp(net, height, width):
    """Down by 0.01 a row and up by 0.02 a column: each kind has its formula; per value, so that sizes compare."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    image = (0.5 - 0.01 * rows + 0.02 * columns).double().expand(1, 3, height, width)
    down, right = (height - 1) / height, (width - 1) / width
    by_hand = {
        "squared": 0.01**2 * down + 0.02**2 * right,
        "absolute": 0.01 * down + 0.02 * right,
        "power": (0.01**2 + 0.02**2) ** 1.25 * down * right,
    }
    for kind, expected in by_hand.items():
        assert float(value(net, total_variation(kind), image)) == pytest.approx(expected, rel=1e-6)
    assert float(value(net, total_variation(), image)) == pytest.approx(by_hand["squared"], rel=1e-6)


def test_total_variation_pulls_a_speck_towards_its_neighbours(net):
    image = torch.full((1, 3, 6, 6), 0.5, dtype=torch.float64)
    image[0, 1, 2, 3] = 0.9
    image.requires_grad_()
    (gradient,) = torch.autograd.grad(value(net, total_variation(), image), image)
    expected = torch.zeros_like(image)
    expected[0, 1, 2, 3] = 2 * 4 * 0.4 / 108
    for y, x in ((1, 3), (3, 3), (2, 2), (2, 4)):
        expected[0, 1, y, x] = -2 * 0.4 / 108
    assert (gradient - expected).abs().max() < 1e-12


def test_the_range_is_a_soft_wall(net):
    image = torch.tensor([0.0, 0.3, 1.0, 1.2, -0.1, 3.0], dtype=torch.float64).expand(1, 3, 1, 6).clone()
    image.requires_grad_()
    found = value(net, in_range(), torch.cat([image, image], dim=2))
    assert found.item() == pytest.approx((0.2**2 + 0.1**2 + 2.0**2) / 6, **EXACT)
    (gradient,) = torch.autograd.grad(found, image)
    expected = torch.tensor([0, 0, 0, 2 * 0.2, -2 * 0.1, 2 * 2.0], dtype=torch.float64) / 18
    assert (gradient - expected).abs().max() < 1e-12


# ---- style transfer --------------------------------------------------------------------------------------------------


def test_style_transfer_is_alpha_content_and_beta_style():
    """On the network that it is made for, in single precision."""
    net = vgg19(weights="random")
    image, scene, painting = picture(32, 24, 1), picture(40, 30, 2), picture(64, 96, 3)
    objective = style_transfer(net, scene, painting, alpha=2, beta=300, tv=0.7)
    assert objective.weights == {"content": 2, "style": 300, "tv": 0.7, "range": objective.weights["range"]}
    assert objective.weights["range"] > 0
    found = objective.at(32, 24)(image)
    layers = [CONTENT_LAYER, *STYLE_LAYERS]
    F, P, S = (net(x, layers) for x in (image, fit(scene, 32, 24), fit(painting, 21, 32)))
    by_layer = [relative(gram_per_position(F[l]), gram_per_position(S[l])) for l in STYLE_LAYERS]
    by_hand = 2 * relative(F[CONTENT_LAYER], P[CONTENT_LAYER]) + 300 * sum(by_layer) / 5
    by_hand += 0.7 * (image.diff(dim=2).square().sum() + image.diff(dim=3).square().sum()) / image.numel()
    assert float(found.total) == pytest.approx(float(by_hand), rel=1e-4)


def test_style_transfer_passes_on_layers_and_scale():
    calls = []

    def net(image, layers):
        calls.append((tuple(image.shape[2:]), list(layers)))
        return dict.fromkeys(["image", *layers], image)

    style_transfer(net, photo(2), photo(3, 40, 60), layers=["relu2_1"], scale=0.5).at(24, 18)
    assert calls == [((24, 18), [CONTENT_LAYER]), ((8, 12), ["relu2_1"])]


def test_a_statistic_and_a_sum_of_ones_own():
    net = vgg19(weights="random")
    image, scene, painting = 1.5 * picture(16, 12, 1), picture(16, 12, 2), picture(12, 12, 3)
    asked = []

    def total(content, style, alpha, beta):
        asked.append((alpha, beta))
        return content - style + alpha * beta

    def most(F):
        return F.amax((2, 3))

    objective = style_transfer(
        net, scene, painting, 2, 5, 0.5, ["relu1_1"], statistic=lambda F: most(F) * F[0, 0].numel(), total=total
    )
    value = objective.at(16, 12)(image)
    found = value.losses
    expected = found["content"] - found["style"] + 10 + 0.5 * found["tv"] + RANGE * found["range"]
    assert asked == [(2, 5)] and found["range"] > 0
    assert torch.allclose(value.total, expected)
    by_hand = relative(*(most(net(one, ["relu1_1"])["relu1_1"]) for one in (image, painting)))
    assert torch.allclose(found["style"], by_hand, rtol=1e-4)


def test_pictures_of_a_batch_have_values_of_their_own(net):
    """From one pass through the network; what each has alone."""
    terms = [content(photo(2), "relu2_1"), style(photo(3, 20, 31), LAYERS), total_variation(), in_range()]
    objective = Objective(net, terms, {"style": 3})
    images = [photo(4), 1.2 * photo(5)]
    assert objective.layers == ["relu1_1", "relu2_1"]
    features = net(torch.cat(images), objective.layers)
    for k, image in enumerate(images):
        found = objective.of({name: F[k : k + 1] for name, F in features.items()})
        expected = objective.at(24, 18)(image)
        assert float(found.total) == pytest.approx(float(expected.total), **EXACT)
        assert {name: float(loss) for name, loss in found.losses.items()} == pytest.approx(
            {name: float(loss) for name, loss in expected.losses.items()}, **EXACT
        )


def test_what_an_objective_looks_like(net):
    objective = Objective(net, [content(photo(2), "relu2_1"), style(photo(3), LAYERS), total_variation()], {"style": 7})
    objective.weights["tv"] = 0.5
    assert repr(objective) == (
        "Objective(\n  content: weight 1.0, relu2_1\n  style: weight 7, relu1_1, relu2_1\n  tv: weight 0.5, image\n)"
    )


def test_targets_of_the_latest_sizes_are_kept(net):
    prepared = []

    def prepare(net, height, width):
        prepared.append(height)
        return lambda features: height * features["image"].mean()

    objective = Objective(net, [Term("mean", (), prepare)])
    sizes = range(4, 4 + SIZES + 2)
    functions = [objective.at(size, 9) for size in sizes]
    for size in reversed(sizes[2:]):
        objective.at(size, 9)
    assert prepared == [*sizes], "the latest ones are kept"
    assert float(functions[0](photo(1, 4, 9)).total) == pytest.approx(4 * float(photo(1, 4, 9).mean())), (
        "what was handed out goes on"
    )
    assert prepared == [*sizes]
    objective.at(4, 9)
    objective.at(sizes[2], 9)
    assert prepared == [*sizes, 4], "and the one that was not asked for longest has made room"
    objective.at(sizes[-1], 9)
    assert prepared == [*sizes, 4, sizes[-1]]


def test_targets_of_a_size_are_computed_once(net):
    prepared = []

    def prepare(net, height, width):
        prepared.append((height, width))
        return lambda features: features["image"].mean()

    objective = Objective(net, [Term("mean", (), prepare)])
    for size in ((12, 9), (6, 5), (12, 9)):
        objective.at(*size)(photo(1, *size))
    assert prepared == [(12, 9), (6, 5)]


# ---- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "phrase"),
    [
        ({"tv": -1}, "the weight of 'tv' must be a finite number >= 0, not -1"),
        ({"tv": math.nan}, "must be a finite number >= 0, not nan"),
        ({"tv": math.inf}, "must be a finite number >= 0, not inf"),
        ({"tv": "3"}, "must be a finite number >= 0, not '3'"),
        ({"tv": None}, "must be a finite number >= 0, not None"),
        ({"TV": 1}, "no term 'TV' to weigh; the terms are content, tv"),
    ],
)
def test_bad_weights(net, weights, phrase):
    terms = [content(photo(), "relu1_1"), total_variation()]
    with pytest.raises(InputError, match=phrase):
        Objective(net, terms, weights)
    objective = Objective(net, terms)
    objective.weights.update(weights)
    with pytest.raises(InputError, match=phrase):
        objective.check_weights()


def test_a_weight_that_was_taken_away(net):
    objective = Objective(net, [content(photo(), "relu1_1"), total_variation()])
    del objective.weights["content"]
    with pytest.raises(InputError, match="the weight of 'content' is missing; set it to 0"):
        objective.check_weights()


@pytest.mark.parametrize(
    ("make", "phrase"),
    [
        (lambda: Objective(SmallNetwork(), []), "at least one term"),
        (lambda: content(torch.rand(3, 4, 4)), "the content picture has shape"),
        (lambda: content(photo(), units="gram"), "no units 'gram'; choose 'relative' or 'paper'"),
        (lambda: style(torch.rand(1, 3, 4, 4) * 255), "the style picture has values"),
        (lambda: style(photo(), units="Paper"), "no units 'Paper'"),
        (lambda: style(photo(), scale=0), "scale of the style must be a positive number, not 0"),
        (lambda: style(photo(), scale=-1.0), "not -1.0"),
        (lambda: style(photo(), scale=math.nan), "not nan"),
        (lambda: style(photo(), scale=math.inf), "not inf"),
        (lambda: style(photo(), []), "a list of at least one name"),
        (lambda: style(photo(), "relu1_1"), "a list of at least one name, not 'relu1_1'"),
        (lambda: style(photo(), ["relu1_1", "relu2_1", "relu1_1"]), "'relu1_1' is named twice"),
        (lambda: style(photo(), LAYERS, {"relu1_1": 1}), "weights are for relu1_1, the style layers are relu1_1, relu"),
        (lambda: style(photo(), ["relu1_1"], dict.fromkeys(LAYERS, 1)), "weights are for relu1_1, relu2_1, the style"),
        (lambda: style(photo(), LAYERS, {"relu1_1": 2, "relu2_1": -1}), "numbers >= 0, at least one of them positive"),
        (lambda: style(photo(), LAYERS, dict.fromkeys(LAYERS, 0)), "at least one of them positive"),
        (lambda: style(photo(), LAYERS, {"relu1_1": math.nan, "relu2_1": 1}), "numbers >= 0"),
        (lambda: style(photo(), LAYERS, {"relu1_1": 1, "relu2_1": math.nan}), "numbers >= 0"),
        (lambda: style(photo(), LAYERS, {"relu1_1": 1, "relu2_1": math.inf}), "numbers >= 0"),
    ],
)
def test_bad_terms(make, phrase):
    with pytest.raises(InputError, match=phrase) as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("term", [content, style])
def test_one_picture_at_a_time(term):
    with pytest.raises(InputError, match="is a batch of 2; give one picture at a time"):
        term(torch.cat([picture(12, 9), picture(12, 9)]))
