"""tools/styles: the committed styles are what it paints, the same each time, with something at every scale."""

import ast
import importlib.util
import io
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageFile

from course import gallery
from tests.course._pictures import flat, random_picture

FOLDER = gallery.DATA.parent / "tools" / "styles"
STYLES = gallery.names("style")
# Most paint a small picture in a moment. These lay thousands of strokes at any size.
SLOW = {"shards", "swirls", "chalk", "aurora", "ink_wash", "pointillism"}


@pytest.fixture(scope="module")
def generator():
    """The generator as a module; it finds its parts beside itself, as a script does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ImageFile, "MAXBLOCK", ImageFile.MAXBLOCK)  # it raises it
        patch.syspath_prepend(str(FOLDER))
        for name in [path.stem for path in FOLDER.glob("[!_]*.py")]:
            patch.delitem(sys.modules, name, raising=False)
        before = set(sys.modules)
        spec = importlib.util.spec_from_file_location("style_generator", FOLDER / "__main__.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(FOLDER)):
                del sys.modules[name]


def opened(name):
    with Image.open(gallery.DATA / "styles" / f"{name}.jpg") as picture:
        return picture.convert("RGB")


# ---- the generator and the gallery -----------------------------------------------------------------------------------


def test_what_it_paints_is_what_the_gallery_has(generator):
    assert set(generator.STYLES) == set(STYLES)
    assert len({function for function, _ in generator.STYLES.values()}) == len(STYLES)
    for name in STYLES:
        picture = gallery.find(name)
        assert picture.file == f"styles/{name}.jpg"
        assert min(opened(name).size) >= 512
        assert picture.path.stat().st_size < 300_000


@pytest.mark.parametrize("name", ["weave", "fans", "drip"])
def test_the_committed_file_is_what_it_paints(generator, name):
    """Versions of numpy, SciPy and the JPEG library may differ in the last digit."""
    painted = Image.open(io.BytesIO(generator.encode(generator.paint(name, 640))))
    committed = opened(name)
    assert painted.size == committed.size
    assert np.abs(np.asarray(painted, float) - np.asarray(committed, float)).mean() < 1


@pytest.mark.parametrize("name", sorted(set(STYLES) - SLOW))
def test_a_seed_is_a_picture(generator, name):
    function, seed = generator.STYLES[name]
    first, again = generator.paint(name, 64), generator.paint(name, 64)
    assert (first.mode, first.size) == ("RGB", (64, 64))
    assert first.tobytes() == again.tobytes()
    other = function(np.random.default_rng(seed + 1), 64)
    other = other if other.dtype == np.uint8 else (np.clip(other, 0, 1) * 255).astype(np.uint8)
    assert np.abs(other.astype(float) - np.asarray(first, float)).mean() > 2


def test_there_is_no_chance_but_the_seed():
    """For the slow styles as well: all of numpy's chance comes from the generator that `paint` hands on."""
    found = []
    for path in sorted(FOLDER.glob("*.py")):
        found += [f"{path.name}: {fault}" for fault in chances(path.read_text(encoding="utf-8"), path.stem)]
    assert found == []


def chances(source, module):
    """The parts of a program that may give another result the next time."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
            allowed = {"time"} if module == "__main__" else set()  # to say how long it took
            yield from {"random", "secrets", "uuid", "datetime", "time", "os"} & set(names) - allowed
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("np.random", "numpy.random"):
            allowed = {"Generator", "default_rng"} if module == "__main__" else {"Generator"}
            yield from {node.attr} - allowed
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "hash":
            yield "hash"


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("import random", "random"),
        ("from time import time", "time"),
        ("np.random.seed(3)", "seed"),
        ("rng = np.random.default_rng()", "default_rng"),
        ("seed = hash(name)", "hash"),
    ],
)
def test_chance_is_seen(source, fault):
    assert list(chances(source, "swirls")) == [fault]
    assert list(chances("def swirls(rng: np.random.Generator): rng.normal()", "swirls")) == []


# ---- the command -----------------------------------------------------------------------------------------------------


def test_by_hand_in_another_process(generator, tmp_path):
    """Where strings hash to other numbers, sets come in another order."""
    done = subprocess.run(
        [sys.executable, FOLDER, "weave", "fans", "--out", tmp_path / "new", "--size", "64"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(tmp_path / "new")) == ["fans.jpg", "weave.jpg"]
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["weave", "fans"]
    for name in ("weave", "fans"):
        assert (tmp_path / "new" / f"{name}.jpg").read_bytes() == generator.encode(generator.paint(name, 64))


def test_an_unknown_style(generator, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["generator", "weave", "wave", "--out", str(tmp_path / "new")])
    with pytest.raises(SystemExit) as caught:
        generator.main()
    assert caught.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("generator: error: unknown style wave; there are aurora, ")
    assert all(name in last for name in STYLES)
    assert not (tmp_path / "new").exists()


def test_the_limit_in_bytes_is_kept(generator):
    busy = random_picture(0, 128, 128)
    best = len(generator.encode(busy))
    halved = generator.encode(busy, best // 3)
    assert len(halved) < best // 3 and Image.open(io.BytesIO(halved)).size == (128, 128)
    with pytest.raises(ValueError, match="does not fit into 1000 bytes"):
        generator.encode(busy, 1000)


# ---- the pictures ----------------------------------------------------------------------------------------------------

BANDS = 6  # details of 1 to 2 pixels, of 2 to 4, ..., of 32 to 64: what the five style layers of VGG-19 see
LEAST_DETAIL = 0.02  # contrast in each band, of 1
LEAST_COLOUR = 0.08  # between the strongest and the weakest of R, G, B, averaged over large patches


def detail(picture):
    """Contrast in each band of a Laplacian pyramid, from fine to coarse."""
    found = []
    for _ in range(BANDS):
        half = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.BOX)
        blurred = half.resize(picture.size, Image.Resampling.BILINEAR)
        found.append((np.asarray(picture, float) - np.asarray(blurred, float)).std() / 255)
        picture = half
    return found


def colour(picture):
    patches = np.asarray(picture.resize((16, 16), Image.Resampling.BOX), float) / 255
    return (patches.max(axis=2) - patches.min(axis=2)).mean()


def faults(picture):
    found = [f"little detail in band {i}" for i, band in enumerate(detail(picture)) if band < LEAST_DETAIL]
    return [*found, "grey"] if colour(picture) < LEAST_COLOUR else found


@pytest.mark.parametrize("name", STYLES)
def test_there_is_colour_and_something_to_see_at_every_scale(name):
    assert faults(opened(name)) == []


def gradient():
    y, x = np.mgrid[:640, :640] / 640
    return Image.fromarray((np.stack([x, y, 1 - x], axis=2) * 255).astype(np.uint8))


def squares(side):
    return Image.fromarray(np.kron(np.indices((640 // side,) * 2).sum(0) % 2 * 255, np.ones((side, side))).astype("u1"))


POOR = {
    "noise": (random_picture(0, 640, 640), {"little detail in band 4", "little detail in band 5", "grey"}),
    "flat": (flat("RGB", "orange", (640, 640)), {f"little detail in band {i}" for i in range(BANDS)}),
    "gradient": (gradient(), {f"little detail in band {i}" for i in range(BANDS)}),
    "one scale": (squares(8).convert("RGB"), {"little detail in band 4", "little detail in band 5", "grey"}),
    "blurred": (opened("swirls").resize((80, 80)).resize((640, 640)), {f"little detail in band {i}" for i in range(3)}),
    "without colour": (opened("swirls").convert("L").convert("RGB"), {"grey"}),
}


@pytest.mark.parametrize(("picture", "expected"), POOR.values(), ids=POOR)
def test_a_poor_style_is_seen(picture, expected):
    assert set(faults(picture)) == expected
