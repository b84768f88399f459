"""course/nets/precision.py: half the bits where they are quicker, float32 everywhere else, and told which and why."""

import copy
import math
import warnings

import pytest
import torch

from course import gallery
from course.errors import InputError
from course.images import white_noise
from course.losses import mean_std
from course.nets.precision import LIMITS, choose
from course.nets.vgg import rescale
from course.nets.weights import vgg19
from course.objectives import Objective, Term, content, style, style_transfer
from course.synthesis import Stage, paint

AMX = {"avx2": True, "avx512_f": True, "avx512_bf16": True, "amx_bf16": True}
HALVES = ("bfloat16", "float16")


@pytest.fixture
def processor(monkeypatch):
    """processor(amx_bf16=True): this one has that, as far as torch can tell, and nothing else."""
    for name in LIMITS:
        monkeypatch.delenv(name, raising=False)
    return lambda **has: monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has, raising=False)


@pytest.mark.parametrize(
    ("has", "dtype", "why"),
    [
        (AMX, torch.bfloat16, "AMX"),
        (AMX | {"amx_bf16": False}, torch.float32, "no AMX"),
        ({"avx2": True}, torch.float32, "no AMX"),
        ({}, torch.float32, "no AMX"),
    ],
)
def test_auto_asks_the_processor(processor, has, dtype, why):
    processor(**has)
    chosen = choose("auto")
    assert chosen.dtype == dtype
    assert why in chosen.why
    assert str(chosen) == f"{str(dtype)[6:]}: {chosen.why}"


def test_a_torch_that_cannot_tell_takes_float32(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert choose("auto").dtype == torch.float32


@pytest.mark.parametrize(
    ("limit", "dtype", "times"),
    [
        ("", torch.bfloat16, 2),
        ("default", torch.bfloat16, 2),
        ("AVX512_CORE_AMX", torch.bfloat16, 2),
        ("avx512_core_amx", torch.bfloat16, 2),
        ("AVX10_1_512_AMX_FP16", torch.bfloat16, None),
        ("AVX512_CORE_BF16", torch.float32, 2),
        ("AVX512_CORE", torch.float32, 4),
        ("AVX2", torch.float32, 8),
    ],
)
@pytest.mark.parametrize("name", ["ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"])
def test_a_processor_that_is_told_to_do_with_less(processor, monkeypatch, name, limit, dtype, times):
    """`times` is said of float16, which AMX multiplies only where the limit says so."""
    processor(**AMX, amx_fp16=True)
    monkeypatch.setenv(name, limit)
    chosen = choose("auto")
    assert chosen.dtype == dtype
    assert (f"{name}={limit} keeps" in chosen.why) == (dtype == torch.float32)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        choose("float16" if dtype == torch.bfloat16 else "bfloat16")
    if times is None or limit in ("", "default"):
        assert not said
    else:
        assert f"about {times} times as long" in str(said[0].message)


@pytest.mark.parametrize(("capability", "dtype"), [((9, 0), torch.bfloat16), ((7, 5), torch.float32)])
def test_auto_asks_the_gpu(monkeypatch, capability, dtype):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    assert choose("auto", "cuda").dtype == dtype
    assert choose("auto", "mps").dtype == torch.float16


@pytest.mark.parametrize(
    ("has", "times"), [({"avx512_f": True, "avx512_bf16": True}, 2), ({"avx512_f": True}, 4), ({"avx2": True}, 8)]
)
def test_what_the_processor_emulates_is_allowed_and_said_once(processor, has, times):
    processor(**has)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("default")
        for half in HALVES * 2:
            assert choose(half).dtype == getattr(torch, half)
        assert choose("float32").dtype == torch.float32
    assert len(said) == len(HALVES)
    assert all(f"about {times} times as long" in str(one.message) for one in said)


def test_what_the_processor_multiplies_is_not_complained_of(processor):
    processor(**AMX)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert choose("bfloat16").dtype == torch.bfloat16


@pytest.mark.parametrize("word", ["half", "", None, 16])
def test_another_word_is_refused(word):
    with pytest.raises(InputError, match="choose 'auto', 'float32', 'bfloat16', 'float16'"):
        choose(word)


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.filterwarnings("ignore:this processor does not multiply")
class TestHalf:
    """With the slim network at 32 pixels: where it is emulated, it is slow."""

    layers = ("image", "conv2_1", "relu2_1", "relu4_2")

    def test_features_are_float32_and_nearly_the_same(self, half):
        photo = gallery.photo("cat", 32)
        exact, rounded = (vgg19(weights="slim", precision=one)(photo, self.layers) for one in ("float32", half))
        for layer in self.layers:
            assert rounded[layer].dtype == torch.float32
            apart = (rounded[layer] - exact[layer]).norm() / exact[layer].norm()
            assert apart < 0.03, layer
        assert not torch.equal(rounded["relu4_2"], exact["relu4_2"]), "nothing was rounded"

    def test_who_asks_has_bfloat16_as_it_is(self, half):
        """Squares of float16 overflow: it is widened in any case."""
        photo, net = gallery.photo("cat", 32), vgg19(weights="slim", precision=half)
        wide, narrow = net(photo, self.layers), net(photo, self.layers, wide=False)
        assert narrow["image"] is photo
        for layer in self.layers[1:]:
            assert narrow[layer].dtype == (torch.bfloat16 if half == "bfloat16" else torch.float32)
            assert torch.equal(narrow[layer].float(), wide[layer])

    def test_a_layer_is_the_same_whatever_else_is_asked_for(self, half):
        net, photo = vgg19(weights="slim", precision=half), gallery.photo("cat", 32)
        together = net(photo, self.layers)
        for layer in self.layers:
            assert torch.equal(net(photo, [layer])[layer], together[layer])

    def test_the_gradient_is_float32_and_points_the_same_way(self, half):
        photo, painting = gallery.photo("cat", 32), gallery.style("swirls", 32)
        gradients = []
        for one in ("float32", half):
            objective = style_transfer(vgg19(weights="slim", padding="replicate", precision=one), photo, painting)
            picture = photo.clone().requires_grad_()
            total = objective.at(*photo.shape[2:])(picture).total
            gradients.extend(torch.autograd.grad(total, picture))
        exact, rounded = gradients
        assert rounded.dtype == torch.float32
        assert float(torch.cosine_similarity(exact.flatten(), rounded.flatten(), 0)) > 0.99

    @pytest.mark.parametrize("times", [1e-9, 1e-4, 1.0, 1e4])
    def test_a_small_or_a_large_loss_loses_nothing(self, half, times):
        """float16 alone has no number below 6e-8, where gradients of large maps lie, and none above 65504."""
        photo, painting = gallery.photo("cat", 32), gallery.style("swirls", 32)
        gradients = []
        for one, factor in (("float32", 1.0), (half, times)):
            objective = style_transfer(vgg19(weights="slim", padding="replicate", precision=one), photo, painting)
            picture = photo.clone().requires_grad_()
            total = objective.at(*photo.shape[2:])(picture).total
            gradients.extend(torch.autograd.grad(total * factor, picture))
        exact, scaled = gradients
        assert float(torch.cosine_similarity(exact.flatten(), scaled.flatten() / times, 0)) > 0.99
        assert float((scaled / times).norm() / exact.norm()) == pytest.approx(1, abs=0.02)

    def test_a_gradient_of_nothing_and_one_that_is_not_finite(self, half):
        """The painter is told of the second by its name; here neither becomes the other."""
        net, photo = vgg19(weights="slim", precision=half), gallery.photo("cat", 32)
        for factor in (0.0, 1e-40, math.inf):
            picture = photo.clone().requires_grad_()
            (gradient,) = torch.autograd.grad((net(picture, ["relu2_1"])["relu2_1"] * factor).sum(), picture)
            assert bool(gradient.isfinite().all()) == (factor < 1)

    def test_a_picture_in_half_precision(self, half):
        net = vgg19(weights="slim", padding="replicate", precision=half)
        photo, painting = gallery.photo("cat", 32), gallery.style("swirls", 32)
        objective = style_transfer(net, photo, painting)
        gradients = []
        for picture in (photo.half().float(), photo.half()):
            picture.requires_grad_()
            gradients.extend(torch.autograd.grad(objective.at(*photo.shape[2:])(picture).total, picture))
        single, narrow = gradients
        assert torch.allclose(narrow.float(), single, rtol=0, atol=0.01 * float(single.abs().max()))

    def test_any_statistic_and_any_term_sees_float32(self, half):
        seen = []

        def statistic(F):
            seen.append(F.dtype)
            return mean_std(F)

        photo = gallery.photo("cat", 32)
        net = vgg19(weights="slim", precision=half)
        objective = Objective(net, [style(photo, ["relu1_1"], statistic=statistic, sums_over_positions=False)])
        value = objective.at(*photo.shape[2:])(photo)
        assert seen == [torch.float32] * 2 and float(value.total) == 0

        def prepare(net, height, width):
            return lambda features: statistic(features["relu2_1"]).sum()

        terms = [content(photo, "relu2_1"), Term("mine", ("relu2_1",), prepare)]
        Objective(net, terms).at(*photo.shape[2:])(photo)
        assert seen == [torch.float32] * 3

    def test_every_loss_of_the_objective_is_float32(self, half):
        photo, painting = gallery.photo("cat", 32), gallery.style("swirls", 32)
        net = vgg19(weights="slim", precision=half)
        terms = [content(photo, units=units) for units in ("relative", "paper")]
        for term in (*terms, style(painting), style(painting, units="paper")):
            value = Objective(net, [term]).at(*photo.shape[2:])(white_noise(*photo.shape[2:])).total
            assert value.dtype == torch.float32 and float(value) > 0

    def test_a_copy_sees_the_same(self, half):
        photo = gallery.photo("cat", 32)
        net = vgg19(weights="slim", precision=half)
        before = net(photo, ["relu3_1"])["relu3_1"]
        assert torch.equal(copy.deepcopy(net)(photo, ["relu3_1"])["relu3_1"], before)
        after = net.float()(photo, ["relu3_1"])["relu3_1"]
        assert net.dtype == torch.float32
        assert 0 < float((after - before).norm() / before.norm()) < 0.03

    def test_weights_can_be_trained_all_the_same(self, half):
        net = vgg19(weights="slim", precision=half).requires_grad_(True)
        net(gallery.photo("cat", 32), ["relu2_1"])["relu2_1"].square().mean().backward()
        assert float(net.get_parameter("convolutions.conv1_1.weight").grad.abs().max()) > 0

    def test_a_network_first_used_without_gradients_has_them_later(self, half):
        photo, painting = gallery.photo("cat", 32), gallery.style("swirls", 32)
        net = vgg19(weights="slim", padding="replicate", precision=half)
        with torch.inference_mode():
            net(photo, ["relu5_1"])
        picture = photo.clone().requires_grad_()
        total = style_transfer(net, photo, painting).at(*photo.shape[2:])(picture).total
        (gradient,) = torch.autograd.grad(total, picture)
        assert float(gradient.abs().max()) > 0

    def test_the_same_painting_each_time(self, half):
        photo, painting = gallery.photo("cat", 32), gallery.style("swirls", 32)
        net = vgg19(weights="slim", padding="replicate", precision=half)
        ends = [list(paint(style_transfer(net, photo, painting), photo, [Stage(32, 3)]))[-1].image for _ in range(2)]
        assert torch.equal(*ends)
        assert ends[0].dtype == torch.float32
        assert not torch.equal(ends[0], photo)

    def test_a_rescaled_network_keeps_it(self, half):
        net = vgg19(weights="slim", precision=half)
        assert rescale(net, [gallery.photo("cat", 32)]).dtype == net.dtype == getattr(torch, half)


def test_without_a_word_it_is_float32_on_every_processor(processor):
    """Marks, and the outputs that chapters are compared with, do not depend on the machine."""
    processor(**AMX)
    assert vgg19(weights="slim").dtype == torch.float32
    assert vgg19(weights="slim", precision="auto").dtype == torch.bfloat16
