"""course/nets/vgg.py: names that tell the truth, a network cut where it may be, and errors that say what to do."""

import copy

import numpy as np
import pytest
import torch

from course import gallery
from course.errors import InputError
from course.nets.vgg import CONFIGURATIONS, VGG, convolution_shapes, layer_names, rescale
from course.nets.weights import parameters, random, vgg16, vgg19

# Mean and standard deviation over the cat at its own size, [1, 3, 300, 451], with Oxford's weights.
REFERENCES = {
    "max": {
        "relu1_1": (13.6264, 24.5686),
        "relu3_1": (76.0749, 146.0979),
        "conv4_2": (-308.7337, 925.4075),
        "relu4_2": (207.6546, 433.2425),
        "relu5_1": (29.7102, 84.6873),
    },
    "avg": {
        "relu3_1": (46.6777, 85.7574),
        "relu4_2": (99.3463, 202.8376),
        "relu5_1": (8.5819, 22.7969),
    },
}
LOWEST_CONV4_2 = -9104.86


@pytest.fixture(scope="module")
def net():
    return vgg19()


@pytest.fixture(scope="module")
def small():
    """Configuration A with random weights: eight convolutions."""
    return VGG("A", random("A", seed=0))


def noise(height=32, width=40, batch=1, seed=0):
    return torch.rand(batch, 3, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("pooling", ["max", "avg"])
def test_reference_numbers(pooling, net):
    net = net if pooling == "max" else vgg19("avg")
    features = net(gallery.photo("cat"), REFERENCES[pooling])
    for layer, expected in REFERENCES[pooling].items():
        found = features[layer].double()
        assert (float(found.mean()), float(found.std())) == pytest.approx(expected, rel=1e-3), layer
    if pooling == "max":
        assert float(features["conv4_2"].min()) == pytest.approx(LOWEST_CONV4_2, rel=1e-3)


class TestNames:
    @pytest.mark.parametrize(("name", "count"), [("A", 8), ("B", 10), ("D", 13), ("E", 16)])
    def test_the_table(self, name, count):
        names = layer_names(name)
        assert len([layer for layer in names if layer.startswith("conv")]) == count == sum(CONFIGURATIONS[name])
        assert len([layer for layer in names if layer.startswith("pool")]) == 5
        assert names[:2] == ("conv1_1", "relu1_1") and names[-1] == "pool5"

    def test_parameters_of_the_paper(self):
        """Without the classifier: 14,714,688 in VGG-16 and 20,024,384 in VGG-19."""
        for name, count in (("D", 14_714_688), ("E", 20_024_384)):
            assert sum(int(np.prod(shape)) + shape[0] for shape in convolution_shapes(name).values()) == count

    def test_unknown_configuration(self):
        with pytest.raises(InputError, match="'C'; choose one of A, B, D, E"):
            layer_names("C")

    def test_unknown_layers(self, net):
        with pytest.raises(InputError, match=r"no layer 'relu4_5'.*did you mean 'relu4_.' or 'relu._.' or '.*'\?$"):
            net(noise(), ["relu4_5"])
        with pytest.raises(InputError, match=r"no layer 'last'.*they are called conv1_1, relu1_1, \.\.\. pool5$"):
            net(noise(), ["last"])
        with pytest.raises(InputError, match=r"no layer 'relu3_4' in configuration D"):
            vgg16(weights="random")(noise(), ["relu3_4"])
        with pytest.raises(InputError, match=r"write \['relu1_1'\]"):
            net(noise(), "relu1_1")


class TestFeatures:
    def test_a_conv_is_before_its_relu(self, net):
        features = net(gallery.photo("cat", 64), ["relu4_2", "conv4_2"])
        assert float(features["conv4_2"].min()) < -100
        assert torch.equal(features["relu4_2"], features["conv4_2"].clamp(min=0))

    def test_a_layer_is_the_same_whatever_else_is_asked_for(self, small):
        together = small(noise(32, 40), small.layers)
        for layer in small.layers:
            assert torch.equal(small(noise(32, 40), [layer])[layer], together[layer]), layer

    def test_so_is_its_gradient(self, small):
        def gradient(layers):
            image = noise(32, 40).requires_grad_()
            return torch.autograd.grad(small(image, layers)["relu4_2"].square().sum(), image)[0]

        alone, beside = gradient(["relu4_2"]), gradient(["relu4_2", "conv1_1", "relu3_1", "conv4_2"])
        assert alone.abs().sum() > 0
        assert torch.allclose(alone, beside, rtol=1e-4, atol=1e-5 * float(alone.abs().max()))

    @pytest.mark.parametrize("pooling", ["max", "avg"])
    def test_a_relu_that_waits_for_the_pooling_changes_nothing(self, pooling):
        """It waits where nobody asked for it. A picture of one colour makes equal values, zero weights make zeros."""
        parameters = random("A")
        for weight, bias in parameters.convolutions.values():
            weight[::3], bias[::3] = 0, 0
        net = VGG("A", parameters, pooling)

        def seen(layers):
            image = noise(32, 40)
            image[..., :20] = 0.5
            image.requires_grad_()
            features = net(image, layers)["relu4_2"]
            return features, torch.autograd.grad(features.square().sum(), image)[0]

        waited, at_once = seen(["relu4_2"]), seen(["relu4_2", "relu1_1", "relu2_1", "relu3_2"])
        assert all(map(torch.equal, waited, at_once))
        assert waited[1].abs().sum() > 0

    def test_the_gradient_of_a_gradient(self):
        """The network is piecewise linear: along a line, the gradient of |relu|^2 changes by twice J^T J."""
        net = VGG("A", random("A")).double()
        image, direction = noise(16, 16).double().requires_grad_(), noise(16, 16, seed=1).double() - 0.5

        def gradient(at, create_graph=False):
            loss = net(at, ["relu3_1"])["relu3_1"].square().sum()
            return torch.autograd.grad(loss, at, create_graph=create_graph)[0]

        (found,) = torch.autograd.grad(gradient(image, create_graph=True), image, direction)
        step = 1e-7
        expected = (gradient(image + step * direction) - gradient(image)) / step
        assert torch.allclose(found, expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))

    @pytest.mark.parametrize(("layers", "same_place"), [(["relu2_1"], True), (["conv2_1", "relu2_1"], False)])
    def test_a_relu_is_written_over_a_convolution_that_nobody_asked_for(self, small, layers, same_place):
        convolved = []
        hook = small.convolutions["conv2_1"].register_forward_hook(lambda *call: convolved.append(call[-1]))
        relu = small(noise(), layers)["relu2_1"]
        hook.remove()
        assert (relu.data_ptr() == convolved[0].data_ptr()) == same_place

    def test_every_layer_has_its_shape_and_place(self, small):
        features = small(noise(64, 96, batch=2), small.layers)
        assert list(features) == ["image", *small.layers]
        for name, found in features.items():
            stage = 0 if name == "image" else int(name[4])
            halved = stage if name.startswith("pool") else max(0, stage - 1)
            channels = (3, 64, 128, 256, 512, 512)[stage]
            assert found.shape == (2, channels, 64 // 2**halved, 96 // 2**halved), name

    def test_the_picture_is_a_layer(self, small):
        image = noise()
        assert small(image, ["relu1_1"])["image"] is image
        assert list(small(image, [])) == ["image"] == list(small(image, ["image"]))

    def test_nothing_is_computed_that_was_not_asked_for(self, small):
        run = []
        hooks = [
            convolution.register_forward_hook(lambda *_, name=name: run.append(name))
            for name, convolution in small.convolutions.items()
        ]
        small(noise(), ["relu2_1", "conv1_1"])
        assert run == ["conv1_1", "conv2_1"]
        for hook in hooks:
            hook.remove()

    def test_pictures_of_a_batch_do_not_touch_each_other(self, small):
        both = small(torch.cat([noise(seed=0), noise(seed=1)]), ["relu3_1"])["relu3_1"]
        for k in (0, 1):
            alone = small(noise(seed=k), ["relu3_1"])["relu3_1"][0]
            assert float((both[k] - alone).abs().max()) < 1e-4 * float(alone.abs().max())

    def test_poolings(self):
        image = noise()
        for pooling, expected in (("max", torch.amax), ("avg", torch.mean)):
            features = VGG("A", random("A"), pooling)(image, ["relu1_1", "pool1"])
            blocks = features["relu1_1"].unfold(2, 2, 2).unfold(3, 2, 2)
            assert float((features["pool1"] - expected(blocks, dim=(4, 5))).abs().max()) < 1e-5

    def test_only_the_picture_is_trained(self, small):
        image = noise().requires_grad_()
        small(image, ["relu2_1"])["relu2_1"].square().sum().backward()
        assert image.grad is not None and float(image.grad.abs().sum()) > 0
        assert not any(parameter.requires_grad for parameter in small.parameters())
        assert not small.training

    def test_a_picture_in_double_precision(self, small):
        """As torch.from_numpy gives it; the gradient comes back in the picture's own precision."""
        image = noise().double().requires_grad_()
        features = small(image, ["relu2_1"])
        assert torch.equal(features["relu2_1"], small(noise(), ["relu2_1"])["relu2_1"])
        (gradient,) = torch.autograd.grad(features["relu2_1"].sum(), image)
        assert gradient.dtype == torch.float64

    def test_the_picture_is_not_changed(self, small):
        image = noise()
        small(image, ["relu1_1"])
        assert torch.equal(image, noise())


class TestPadding:
    @pytest.mark.parametrize("padding", ["replicate", "reflect"])
    def test_it_is_the_picture_carried_on(self, padding):
        """The same numbers as from a larger picture that was continued beforehand."""
        image, weights = noise(), random("A")
        continued = torch.nn.functional.pad(image, (1, 1, 1, 1), mode=padding)
        expected = VGG("A", weights)(continued, ["conv1_1"])["conv1_1"][..., 1:-1, 1:-1]
        found = VGG("A", weights, padding=padding)(image, ["conv1_1"])["conv1_1"]
        assert float((found - expected).abs().max()) < 1e-4

    def test_in_two_stages_and_only_at_the_border(self):
        weights = random("E")
        layers = ["conv1_2", "conv2_2", "conv3_1"]
        zeros, replicate = (VGG("E", weights, padding=mode)(noise(64, 64), layers) for mode in ("zeros", "replicate"))
        for layer in layers:
            differs = (zeros[layer] - replicate[layer]).abs().amax(dim=(0, 1)) > 1e-4
            assert differs[0].all() and differs[:, -1].all()
            assert not differs[5:-5, 5:-5].any()
        modes = {name: c.padding_mode for name, c in VGG("E", weights, padding="replicate").convolutions.items()}
        assert {name for name, mode in modes.items() if mode == "replicate"} == {
            "conv1_1", "conv1_2", "conv2_1", "conv2_2",
        }  # fmt: skip

    def test_a_circle_has_no_border(self):
        """A picture that is rolled by a pixel of the deepest layer has rolled features; other paddings tell places."""
        image, layers, weights = noise(64, 96), ["relu1_1", "relu3_1", "relu5_1"], random("E")
        rolled = image.roll((16, 32), (2, 3))
        for padding, is_rolled in (("circular", True), ("zeros", False), ("replicate", False)):
            net = VGG("E", weights, padding=padding)
            before, after = net(image, layers), net(rolled, layers)
            for layer, step in zip(layers, (1, 4, 16), strict=True):
                expected = before[layer].roll((16 // step, 32 // step), (2, 3))
                assert (float((after[layer] - expected).abs().max()) < 1e-3) == is_rolled, (padding, layer)

    def test_the_smallest_circle(self):
        net = VGG("A", random("A"), padding="circular")
        assert net(noise(16, 16), ["relu5_1"])["relu5_1"].shape[2:] == (1, 1)


class TestBadInput:
    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: torch.full((1, 3, 32, 32), float("nan")), "not finite: 3072 NaN"),
            (lambda: torch.zeros(1, 3, 32, 32, dtype=torch.uint8), "divide by 255"),
            (lambda: torch.zeros(3, 32, 32), r"unsqueeze\(0\)"),
            (lambda: torch.zeros(1, 32, 32, 3), "channels are last"),
            (lambda: torch.zeros(1, 1, 32, 32), "it is grey"),
            (lambda: noise() * 255, "divide by 255"),
            (lambda: np.zeros((1, 3, 32, 32)), "from_numpy"),
        ],
    )
    def test_pictures(self, small, make, message):
        with pytest.raises(InputError, match=message):
            small(make(), ["relu1_1"])

    @pytest.mark.parametrize(("layer", "least"), [("relu1_1", 1), ("pool1", 2), ("relu3_1", 4), ("pool5", 32)])
    def test_the_smallest_picture(self, small, layer, least):
        assert small.smallest_side([layer]) == least
        assert small(noise(least, 40), [layer])[layer].shape[2] == 1
        if least > 1:
            with pytest.raises(InputError, match=f"{layer} needs a picture of at least {least} x {least} pixels"):
                small(noise(least - 1, 40), ["relu1_1", layer])

    @pytest.mark.parametrize(("layer", "least"), [("relu1_1", 2), ("pool1", 2), ("relu2_1", 4), ("relu4_1", 8)])
    def test_the_smallest_picture_whose_border_can_be_reflected(self, layer, least):
        net = VGG("A", random("A"), padding="reflect")
        assert net(noise(least, 40), [layer])[layer].shape[2] >= 1
        with pytest.raises(InputError, match=f"{layer} needs a picture of at least {least} x {least} pixels"):
            net(noise(least - 1, 40), [layer])

    def test_layers_in_a_list_of_lists(self, small):
        with pytest.raises(InputError, match="layers must be a list of names such as 'relu1_1'"):
            small(noise(), [["relu1_1"]])

    def test_choices(self):
        with pytest.raises(InputError, match="no pooling 'mean'; choose 'max' or 'avg'"):
            VGG("A", random("A"), pooling="mean")
        with pytest.raises(InputError, match="no padding 'same'"):
            VGG("A", random("A"), padding="same")

    def test_weights_of_another_network(self):
        with pytest.raises(InputError, match="lack conv1_2"):
            VGG("E", random("A"))
        weights = random("A")
        weight, bias = weights.convolutions["conv2_1"]
        weights.convolutions["conv2_1"] = weight[:, :5], bias
        with pytest.raises(InputError, match=r"conv2_1 have shape \[128, 5, 3, 3\], this network needs"):
            VGG("A", weights)


@pytest.fixture(scope="module")
def pictures():
    return [gallery.photo("cat", 96), gallery.photo("coffee", 64)]


@pytest.fixture(scope="module")
def rescaled(net, pictures):
    return rescale(net, pictures)


class TestRescaling:
    def means(self, net, pictures, layer):
        responses = [net(picture, [layer])[layer][0].flatten(1) for picture in pictures]
        return torch.cat(responses, dim=1).mean(1)

    @pytest.mark.parametrize("layer", ["relu1_1", "relu3_4", "relu5_1"])
    def test_every_mean_activation_is_one(self, net, rescaled, pictures, layer):
        fires = self.means(net, pictures, layer) > 0
        found = self.means(rescaled, pictures, layer)
        assert float((found[fires] - 1).abs().max()) < 1e-3
        assert not found[~fires].any()

    def test_only_the_units_change(self, net, rescaled):
        image = gallery.photo("rocket", 80)
        before, after = net(image, ["relu4_2"])["relu4_2"], rescaled(image, ["relu4_2"])["relu4_2"]
        factors = after.sum((0, 2, 3)) / before.sum((0, 2, 3)).clamp(min=1e-6)
        assert float((before * factors.view(1, -1, 1, 1) - after).abs().max()) < 1e-3 * float(after.max())
        assert float(factors.max() / factors[factors > 0].min()) > 2, "filters had different units"

    def test_the_original_stays(self, net, rescaled):
        assert torch.equal(net.convolutions["conv1_1"].weight, vgg19().convolutions["conv1_1"].weight)
        assert not torch.equal(net.convolutions["conv1_1"].weight, rescaled.convolutions["conv1_1"].weight)

    def test_choices_are_kept(self, pictures):
        again = rescale(VGG("A", random("A"), "avg", "reflect"), pictures)
        assert (again.configuration, again.pooling, again.padding) == ("A", "avg", "reflect")

    def test_a_filter_that_never_fires(self, pictures):
        weights = copy.deepcopy(random("A"))
        weights.convolutions["conv1_1"][1][0] = -1e6
        found = rescale(VGG("A", weights), pictures)(pictures[0], ["relu1_1", "relu5_1"])
        assert not found["relu1_1"][:, 0].any()
        assert found["relu5_1"].isfinite().all()

    def test_it_needs_pictures(self, net):
        with pytest.raises(InputError, match="at least one picture"):
            rescale(net, [])


def test_preprocessing_differs_between_weights():
    oxford, random_ = parameters("E", "oxford"), parameters("E", "random")
    grey = torch.full((1, 3, 8, 8), 0.5)
    found = VGG("E", oxford).normalise(grey)[0, :, 0, 0].tolist()
    assert found == pytest.approx([127.5 - 123.68, 127.5 - 116.779, 127.5 - 103.939], abs=1e-3), "RGB, 0..255"
    found = VGG("E", random_).normalise(grey)[0, :, 0, 0].tolist()
    assert found == pytest.approx([(0.5 - 0.485) / 0.229, (0.5 - 0.456) / 0.224, (0.5 - 0.406) / 0.225], abs=1e-5)
