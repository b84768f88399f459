"""course/gallery.py: every picture is there, is what gallery.toml says, and comes with a maker and a licence."""

import hashlib
import importlib.machinery
import importlib.util
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from course import gallery
from course.errors import InputError
from course.gallery import Picture, find, load, names, photo, pictures, style, texture
from course.images import save_image

STYLES = {
    *("swirls", "pointillism", "ink_wash", "chalk", "hatching", "watercolour", "drip", "aurora", "weave", "woodcut"),
    *(
        "stained_glass",
        "shards",
        "colour_fields",
        "marbling",
        "mosaic",
        "halftone",
        "batik",
        "fans",
        "circles",
        "truchet",
    ),
}
EVERYTHING = pictures()


def by_name(picture):
    return picture.name


def test_what_there_is():
    assert all(name.isidentifier() for name in names())  # "cat.jpg" is always a file
    assert names("photo") == ("cat", "astronaut", "coffee", "rocket", "hubble", "china", "flower", "grace_hopper")
    assert names("texture") == ("brick", "grass", "gravel")
    assert set(names("style")) == STYLES
    assert names() == names("photo") + names("texture") + names("style")
    assert len(set(names())) == len(names())


@pytest.mark.parametrize("picture", EVERYTHING, ids=by_name)
def test_the_file_is_the_one_described(picture):
    picture.verify()


@pytest.mark.parametrize("picture", EVERYTHING, ids=by_name)
def test_it_loads_and_has_maker_licence_and_source(picture):
    image = picture.load(size=64)
    assert image.shape[:2] == (1, 3) and max(image.shape[2:]) == 64
    assert image.std() > 0.05, "hardly anything to see"
    assert picture.licence in {"CC0", "public domain", "CC BY 2.0", "CC BY 4.0"}
    assert all([picture.title, picture.maker, picture.source])


@pytest.mark.parametrize("picture", pictures("style"), ids=by_name)
def test_a_style_is_large_enough_and_light_enough(picture):
    with Image.open(picture.path) as opened:
        assert min(opened.size) >= 512
        assert (opened.format, opened.mode) == ("JPEG", "RGB")
    assert picture.path.stat().st_size < 300_000
    assert (picture.maker, picture.licence) == ("this project", "CC BY 4.0")


def test_every_style_in_the_folder_is_in_the_gallery():
    assert {file.stem for file in (gallery.DATA / "styles").glob("*.jpg")} <= set(names("style"))


def test_each_kind_by_its_own_function():
    assert torch.equal(photo("cat"), find("cat").load())
    assert photo("cat").shape == (1, 3, 300, 451)
    assert photo("cat", size=256).shape == (1, 3, 170, 256)
    assert texture("brick", 64).shape == (1, 3, 64, 64)
    assert torch.equal(style("swirls", 64), find("swirls", "style").load(64))
    assert find("swirls").kind == "style"


def test_the_cat_is_scikit_images_to_the_byte():
    from skimage import data

    assert torch.equal(photo("cat")[0].permute(1, 2, 0), torch.from_numpy(data.chelsea()) / 255)


@pytest.mark.parametrize(
    ("name", "package"), [("cat", "skimage"), ("china", "sklearn"), ("grace_hopper", "matplotlib")]
)
def test_the_package_of_a_photo_is_not_imported(name, package, monkeypatch):
    """It takes seconds, and its own functions may download."""
    for module in [module for module in sys.modules if module.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    photo(name, 32)
    assert package not in sys.modules


def message(function, *arguments):
    with pytest.raises(InputError) as caught:
        function(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "right"), [("swirl", "swirls"), ("Cat", "cat"), ("stained glass", "stained_glass"), ("CHALK", "chalk")]
)
def test_a_wrong_name_is_answered_with_the_closest(wrong, right):
    for function in (find, load):
        text = message(function, wrong)
        assert f"did you mean {right!r}" in text
        assert sum(repr(name) in text for name in names()) <= 3


def test_a_wrong_name_like_no_other_is_told_where_all_are():
    text = message(find, "qqqqqq")
    assert "did you mean" not in text
    assert text.endswith("; `course gallery` lists its pictures")


def test_a_name_of_another_kind():
    assert "there is no photo 'swirls'" in message(photo, "swirls")
    assert "did you mean 'rocket'" in message(photo, "rockets")
    assert "choose one of photo, style, texture" in message(pictures, "painting")


def test_load_takes_names_and_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    image = torch.rand(1, 3, 8, 8).mul(255).round().div(255)
    save_image(image, "mine.png")
    assert torch.equal(load("cat", 32), photo("cat", 32))
    assert torch.equal(load("mine.png"), image)
    assert torch.equal(load(tmp_path / "mine.png"), image)
    assert load(tmp_path / "mine.png", size=4).shape == (1, 3, 4, 4)


def test_a_bare_word_is_the_gallery_first(tmp_path, monkeypatch):
    """`cat` beside a file called cat is our cat; the file is ./cat. A suffix or a folder always means a file."""
    monkeypatch.chdir(tmp_path)
    save_image(torch.zeros(1, 3, 8, 8), "cat.png")
    Path("cat.png").rename("cat")
    Path("other").write_bytes(Path("cat").read_bytes())
    save_image(torch.ones(1, 3, 8, 8), "cat.png")
    assert torch.equal(load("cat"), photo("cat"))
    assert load("./cat").max() == 0
    assert load(str(tmp_path / "cat")).max() == 0
    assert load("cat.png").min() == 1
    assert load("other").max() == 0


@pytest.mark.parametrize(
    ("wrong", "right"), [("swirls.jpg", "swirls"), ("pictures/brik.png", "brick"), ("gravl", "gravel")]
)
def test_neither_a_name_nor_a_file(wrong, right):
    text = message(load, wrong)
    assert "is neither a file nor a picture of the gallery" in text
    assert f"did you mean {right!r}" in text


def test_a_missing_table(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "DATA", tmp_path / "data")
    assert "clone the whole repository" in message(pictures)


def test_a_missing_or_changed_style(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "DATA", tmp_path)
    picture = Picture("dots", "style", "Dots", "me", "CC0", "here", "styles/dots.jpg", "0" * 64)
    assert "get it with: git restore data/styles/dots.jpg" in message(picture.load)
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "dots.jpg").write_bytes(b"another")
    assert "python tools/hash_gallery.py" in message(picture.verify)


@pytest.mark.parametrize(
    ("name", "package", "distribution"),
    [
        ("cat", "skimage", "scikit-image"),
        ("china", "sklearn", "scikit-learn"),
        ("grace_hopper", "matplotlib", "matplotlib"),
    ],
)
def test_a_missing_package(name, package, distribution, tmp_path, monkeypatch):
    cat = find(name)
    spec = importlib.machinery.ModuleSpec(package, None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    cure = f"; mend it with: pip install --force-reinstall {distribution}"
    assert f"missing in the installed {distribution}{cure}" in message(cat.load)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert f"the package {package} is not installed{cure}" in message(cat.load)


def test_the_hashes_are_rewritten_and_nothing_else(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("hash_gallery", gallery.DATA.parent / "tools" / "hash_gallery.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(gallery, "DATA", tmp_path)
    entry = '[{0}]\nkind = "style"\ntitle = "sha256 = no"\nmaker = ""\nlicence = ""\nsource = ""\nfile = "{0}.jpg"\n'
    toml = (
        "# The gallery\n\n" + entry.format("here") + 'sha256 = "old"\n\n' + entry.format("gone") + 'sha256 = "kept"\n'
    )
    (tmp_path / "gallery.toml").write_text(toml)
    (tmp_path / "here.jpg").write_bytes(b"a picture")
    text, faults = module.hashed(toml)
    assert text == toml.replace('"old"', f'"{hashlib.sha256(b"a picture").hexdigest()}"')
    assert len(faults) == 1 and "'gone' has no file" in faults[0]
