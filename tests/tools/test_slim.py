"""The slim VGG-19: its file, what it agrees with Oxford's network about, and the command that makes it."""

import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
import torch

from course import gallery
from course.errors import InputError
from course.images import white_noise
from course.losses import gram, relative_distance
from course.nets import weights
from course.nets.vgg import layer_names
from course.nets.weights import slim, vgg16, vgg19
from course.objectives import CONTENT_LAYER, STYLE_LAYERS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def nets():
    return vgg19(padding="replicate"), vgg19(weights="slim", padding="replicate")


def logs_of_distances(net, pictures, layer):
    """Log of the relative distance of Gram matrices at a layer, for all pairs of pictures."""
    with torch.no_grad():
        grams = [gram(F) / F[0, 0].numel() for F in (net(picture, [layer])[layer] for picture in pictures)]
    return torch.stack([relative_distance(G, A).log() for G, A in product(grams, grams) if G is not A])


class TestTheFile:
    def test_it_is_small_and_in_half_precision(self):
        assert weights.SLIM_FILE.stat().st_size < 3_000_000
        stored = torch.load(weights.SLIM_FILE, weights_only=True)
        assert {tensor.dtype for tensor in stored.values()} == {torch.float16}

    def test_the_network_has_all_layers_a_quarter_as_wide(self, nets):
        full, thin = nets
        assert thin.layers == layer_names("E")
        image = white_noise(32, 48)
        for layer in thin.layers:
            wide, narrow = full(image, [layer])[layer], thin(image, [layer])[layer]
            assert narrow.shape[2:] == wide.shape[2:] and narrow.shape[1] * 4 == wide.shape[1]

    def test_only_vgg19(self):
        with pytest.raises(InputError, match="slim weights imitate VGG-19"):
            vgg16(weights="slim")

    def test_missing(self, tmp_path):
        with pytest.raises(InputError, match=r"no slim weights at .*; get them with: git restore data/slim"):
            slim(tmp_path / "nothing.pt")

    @pytest.mark.parametrize("damage", ["cut", "text", "other"])
    def test_damaged(self, damage, tmp_path):
        path = tmp_path / "slim.pt"
        if damage == "cut":
            path.write_bytes(weights.SLIM_FILE.read_bytes()[:100_000])
        elif damage == "text":
            path.write_text("version https://git-lfs", encoding="utf-8")
        else:
            torch.save({"conv1_1.weight": torch.zeros(1)}, path)
        with pytest.raises(InputError, match=r"slim\.pt' holds no slim weights; get them again with: git restore"):
            slim(path)


class TestWhatItAgreesAbout:
    @pytest.mark.parametrize("layer", STYLE_LAYERS)
    def test_it_orders_styles_as_the_full_network_does(self, nets, layer):
        pictures = [gallery.style(name, 128) for name in ("swirls", "hatching", "mosaic", "aurora", "woodcut", "drip")]
        judged = torch.corrcoef(torch.stack([logs_of_distances(net, pictures, layer) for net in nets]))[0, 1]
        guessed = torch.corrcoef(
            torch.stack([logs_of_distances(net, pictures, layer) for net in (nets[0], vgg19(weights="random"))])
        )[0, 1]
        assert judged > 0.85 and judged > guessed

    def test_it_sees_a_photo_in_another_style_as_the_full_network_does(self, nets):
        """How far a photo is from its blurred, noisy and foreign self, at the layer of the content."""
        cat = gallery.photo("cat", 128)
        noisy = cat + 0.2 * torch.randn(cat.shape, generator=torch.Generator().manual_seed(0))
        blurred = torch.nn.functional.avg_pool2d(cat, 3, 1, 1)
        others = [noisy, blurred, cat.flip(3), 1 - cat]
        far = []
        for net in nets:
            with torch.no_grad():
                P, *F = (net(picture, [CONTENT_LAYER])[CONTENT_LAYER] for picture in (cat, *others))
            far.append(torch.stack([relative_distance(one, P) for one in F]))
        assert torch.allclose(far[0].log(), far[1].log(), atol=0.5)


def test_the_command_makes_such_a_file(tmp_path):
    out = tmp_path / "slim.pt"
    command = [sys.executable, ROOT / "tools/slim/distill.py", "--steps", "2", "--examine", "0", "--out", out]
    few = ["--fewer", "16", "--largest", "64"]
    done = subprocess.run([*command, *few, "--first", "4", "--widths", "8", "8", "16", "24", "16"], cwd=ROOT,
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert "step 2 of 2" in done.stdout and "gradient" in done.stdout
    made = slim(out)
    assert made.widths == (8, 8, 16, 24, 16) and made.convolutions["conv5_4"][0].shape == (16, 16, 3, 3)
    before = out.read_bytes()
    subprocess.run([*command, *few, "--first", "4", "--start", out, "--reused", "2"], cwd=ROOT, check=True)
    assert slim(out).widths == made.widths and out.read_bytes() != before
