"""`course paint --painter`: photos through a network that was trained for it, one or a folder of them."""

import os
import re
import signal
import sys
from pathlib import Path

import pytest
import torch

from course import gallery
from course.adain.stylist import Decoder, Stylist, load_stylist
from course.cli import destinations
from course.errors import InputError
from course.images import load_image, save_image
from course.nets.feedforward import Painter, load_painter
from course.nets.weights import vgg19
from tests.cli._cli import picture, refusal, run
from tests.course._pictures import random_picture

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")


@pytest.fixture(autouse=True)
def painter(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Painter(["swirls", "fans"], width=4, blocks=1)
    made.last.data *= 0.2
    for name, parameter in made.named_parameters():
        if name.endswith("betas"):
            parameter.data += torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
    made.save("p.pt")
    return load_painter("p.pt")


def painted(name):
    return (load_image(name) * 255).round()


def test_a_photo_in_a_style(capsys, painter, tmp_path):
    done = run(capsys, "paint", "cat", "fans", "-o", "out.png", "--painter", "p.pt", "--size", 64)
    assert done.code == 0, done.err
    assert re.search(r"The painting is in out\.png, after [\d.]+ s\.", done.out) and done.err == ""
    expected = painter.paint(gallery.photo("cat", 64), painter.share("fans"))
    assert (painted("out.png") - expected * 255).abs().max() <= 0.51
    assert set(os.listdir(tmp_path)) == {"p.pt", "out.png"}


def test_a_mixture(capsys, painter):
    arguments = ("-o", "out.png", "--painter", "p.pt", "--size", 64, "--shares", "3,1")
    done = run(capsys, "paint", "cat", "swirls,fans", *arguments)
    assert done.code == 0, done.err
    expected = painter.paint(gallery.photo("cat", 64), torch.tensor([[0.75, 0.25]]))
    assert (painted("out.png") - expected * 255).abs().max() <= 0.51


def test_a_folder(capsys, tmp_path):
    (tmp_path / "holidays").mkdir()
    for name in ("a.png", "b.png"):
        save_image(torch.rand(1, 3, 30, 40), f"holidays/{name}")
    command = ("paint", "holidays", "swirls", "-o", "painted", "--painter", "p.pt", "--size", 40)
    done = run(capsys, *command)
    assert done.code == 0, done.err
    assert "2 paintings are in painted" in done.out and "2/2" in done.err
    assert sorted(os.listdir("painted")) == ["a.png", "b.png"]
    assert picture("painted/b.png").size == (40, 30)
    assert "'painted/a.png' exists and would be overwritten" in refusal(run(capsys, *command))


def test_what_macos_and_viewers_hide_in_a_folder_is_not_painted(capsys, tmp_path):
    (tmp_path / "holidays").mkdir()
    save_image(torch.rand(1, 3, 30, 40), "holidays/a.png")
    for name in ("._a.png", ".thumbnail.jpg"):
        (tmp_path / "holidays" / name).write_bytes(b"\0\5\x16\7Mac OS X")
    done = run(capsys, "paint", "holidays", "swirls", "-o", "painted", "--painter", "p.pt", "--size", 40)
    assert (done.code, os.listdir("painted")) == (0, ["a.png"]), done.err


@pytest.mark.parametrize("suffix", [".tif", ".TIFF", ".gif", ".bmp", ".avif", ".jfif"])
def test_all_that_can_be_read_in_a_folder_is_painted(capsys, tmp_path, suffix):
    (tmp_path / "holidays").mkdir()
    save_image(torch.rand(1, 3, 30, 40), "holidays/a.jpg")
    random_picture(0, 20, 40).save(f"holidays/b{suffix}", format="JPEG" if suffix == ".jfif" else None)
    done = run(capsys, "paint", "holidays", "swirls", "-o", "painted", "--painter", "p.pt", "--size", 40)
    assert done.code == 0 and "2 paintings are in painted" in done.out and "warning" not in done.err
    assert sorted(os.listdir("painted")) == ["a.jpg", "b.png"] and picture("painted/b.png").size == (40, 20)
    done = run(capsys, "train", "swirls", "-o", "q.pt", "--photos", "holidays", "--steps", 1, "--side", 48,
               "--count", 1, "--width", 4, "--blocks", 1, "--weights", "slim")  # fmt: skip
    assert "Training on 8 photos" in done.out, done.err


@pytest.mark.filterwarnings("default")
def test_what_cannot_be_read_in_a_folder_is_told(capsys, tmp_path):
    (tmp_path / "holidays" / "more").mkdir(parents=True)
    save_image(torch.rand(1, 3, 30, 40), "holidays/a.png")
    command = ("paint", "holidays", "swirls", "--painter", "p.pt", "--size", 40)
    for out, names, said in (
        ("one", ["b.heic"], "1 file is left alone in 'holidays' (b.heic); pictures that can be read end in .avif, "),
        ("four", ["c.mov", "d.txt", "e\n.heic"], "4 files are left alone in 'holidays' (b.heic, c.mov, d.txt, ...);"),
    ):
        for name in names:
            (tmp_path / "holidays" / name).touch()
        done = run(capsys, *command, "-o", out)
        (line,) = [line for line in done.err.splitlines() if line.startswith("course: warning: ")]
        assert said in line and done.code == 0 and os.listdir(out) == ["a.png"]


@pytest.mark.parametrize(("one", "other"), [("a.gif", "a.tif"), ("A.bmp", "a.png")])
def test_no_two_photos_of_a_folder_are_painted_as_one(capsys, tmp_path, one, other):
    (tmp_path / "holidays").mkdir()
    for name in (one, other):
        random_picture(0, 20, 40).save(f"holidays/{name}")
    said = refusal(run(capsys, "paint", "holidays", "swirls", "-o", "painted", "--painter", "p.pt"))
    assert f"'{one}' and '{other}' in 'holidays' would both be painted as 'a.png'; rename one of them" in said
    assert not os.path.exists("painted")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
@pytest.mark.parametrize("what", ["pipe", "folder", "link to nothing"])
def test_what_is_no_file_in_a_folder_is_told_before_anything_is_painted(capsys, tmp_path, what):
    (tmp_path / "holidays").mkdir()
    save_image(torch.rand(1, 3, 30, 40), "holidays/a.png")
    odd = tmp_path / "holidays" / "b.png"
    {"pipe": os.mkfifo, "folder": os.mkdir, "link to nothing": lambda path: os.symlink("nowhere", path)}[what](odd)
    said = "'holidays/b.png' is no file that could be read; move it to another folder"
    assert said in refusal(run(capsys, "paint", "holidays", "swirls", "-o", "painted", "--painter", "p.pt"))
    assert said in refusal(run(capsys, "train", "swirls", "-o", "q.pt", "--photos", "holidays"))
    assert not os.path.exists("painted") and not os.path.exists("q.pt")


def test_a_photo_is_not_painted_over_under_another_name(capsys):
    save_image(torch.rand(1, 3, 8, 8), "me.png")
    os.link("me.png", "hard.png")
    os.symlink("me.png", "soft.png")
    for name in ("hard.png", "soft.png"):
        arguments = ("paint", "me.png", "swirls", "-o", name, "--painter", "p.pt")
        assert "would be overwritten" in refusal(run(capsys, *arguments))


@pytest.mark.parametrize("name", ["p.png", "hard.png", "soft.png"])
def test_a_painter_is_not_painted_over(capsys, name):
    """A file of any name may hold one."""
    os.rename("p.pt", "p.png")
    os.link("p.png", "hard.png")
    os.symlink("p.png", "soft.png")
    before = Path("p.png").read_bytes()
    said = refusal(run(capsys, "paint", "cat", "swirls", "-o", name, "--painter", "p.png", "--size", 40))
    assert f"'{name}' is to be painted from and would be overwritten" in said
    assert Path("p.png").read_bytes() == before and os.path.islink("soft.png")


# ---- saving fails, or is interrupted ---------------------------------------------------------------------------------


@pytest.fixture
def saving(monkeypatch):
    """What is done before each painting is saved. Ctrl-C is heard, also where a shell has the tests ignore it."""

    def first(do):
        monkeypatch.setattr(destinations, "save_image", lambda image, path: (do(path), save_image(image, path)))

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield first
    signal.signal(signal.SIGINT, before)


def full(pattern):
    def refuse(path):
        if re.search(pattern, str(path)):
            raise InputError(f"cannot save '{path}' (No space left on device); choose another place or format")

    return refuse


def test_where_it_cannot_be_saved_it_says_where_it_is(capsys, saving):
    saving(full(r"^out\.png$"))
    done = run(capsys, "paint", "cat", "fans", "-o", "out.png", "--painter", "p.pt", "--size", 64)
    assert done.code == 1 and "The painting is in painting.png, after" in done.out
    assert picture("painting.png").size == (64, 43)


def test_of_a_folder_it_says_how_many_are_there(capsys, saving, tmp_path):
    (tmp_path / "holidays").mkdir()
    for name in ("a.png", "b.png", "c.png"):
        save_image(torch.rand(1, 3, 30, 40), f"holidays/{name}")
    saving(full(r"painted/b|painting\.png$"))
    done = run(capsys, "paint", "holidays", "swirls", "-o", "painted", "--painter", "p.pt", "--size", 40)
    assert done.code == 1 and "2 of 3 paintings are in painted, after" in done.out
    assert sorted(os.listdir("painted")) == ["a.png", "c.png"] and picture("b.png").size == (40, 30)


def test_a_painting_that_cannot_be_saved_takes_the_place_of_no_later_one(capsys, saving, tmp_path):
    (tmp_path / "holidays").mkdir()
    for name, height in (("a.jpg", 20), ("a.png", 30)):
        save_image(torch.rand(1, 3, height, 40), f"holidays/{name}")
    saving(full("jpg$"))
    done = run(capsys, "paint", "holidays", "swirls", "-o", "painted", "--painter", "p.pt", "--size", 40)
    assert done.code == 1 and "kept elsewhere: 'painted/a-2.png'" in done.err
    assert "2 paintings are in painted, after" in done.out
    assert sorted(os.listdir("painted")) == ["a-2.png", "a.png"]
    assert [picture(f"painted/{name}").size for name in ("a-2.png", "a.png")] == [(40, 20), (40, 30)]


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_while_it_is_saved_does_not_cost_the_painting(capsys, saving, monkeypatch, name):
    monkeypatch.setattr(signal, "getsignal", lambda number: signal.SIG_DFL)  # as in no shell's background
    saving(lambda path: os.kill(os.getpid(), getattr(signal, name)))
    done = run(capsys, "paint", "cat", "fans", "-o", "out.png", "--painter", "p.pt", "--size", 64)
    assert done.code == 0 and "The painting is in out.png, after" in done.out
    assert picture("out.png").size == (64, 43)


@posix
def test_a_signal_while_one_is_saved_stops_before_the_next(capsys, saving, tmp_path):
    (tmp_path / "holidays").mkdir()
    for name in ("a.png", "b.png"):
        save_image(torch.rand(1, 3, 30, 40), f"holidays/{name}")
    saving(lambda path: os.kill(os.getpid(), signal.SIGINT))
    done = run(capsys, "paint", "holidays", "swirls", "-o", "painted", "--painter", "p.pt", "--size", 40)
    assert done.code == 130 and done.err.endswith("Stopped.\n")
    assert os.listdir("painted") == ["a.png"] and picture("painted/a.png").size == (40, 30)


# ---- the painters that come with the course, and one for any style ---------------------------------------------------


def test_the_twenty_of_the_course(capsys):
    done = run(capsys, "paint", "china", "halftone", "-o", "out.png", "--painter", "twenty", "--size", 48)
    assert done.code == 0, done.err
    assert load_painter("twenty").styles == gallery.names("style")


@pytest.fixture
def stylist():
    """Untrained, but it knows a style when it sees one."""
    net = vgg19(weights="slim", padding="replicate")
    made = Stylist(net, Decoder(net.widths[:2]))
    made.save("any,style.pt")
    return load_stylist("any,style.pt")


def test_in_the_style_of_any_picture(capsys, stylist):
    save_image(torch.rand(1, 3, 40, 50), "one,of mine.png")
    arguments = ("-o", "out.png", "--painter", "any,style.pt", "--size", 64)
    for style in ("one,of mine.png", "mosaic"):
        done = run(capsys, "paint", "cat", style, *arguments)
        assert done.code == 0, done.err
        expected = stylist.paint(gallery.photo("cat", 64), gallery.load(style))
        assert (painted("out.png") - expected * 255).abs().max() <= 0.51


def test_a_mixture_of_any_pictures(capsys, stylist):
    save_image(torch.rand(1, 3, 40, 50), "mine.png")
    arguments = ("-o", "out.png", "--painter", "any,style.pt", "--size", 64, "--shares", "3,1")
    done = run(capsys, "paint", "cat", "mine.png,mosaic", *arguments)
    assert done.code == 0, done.err
    styles = gallery.load("mine.png"), gallery.load("mosaic")
    expected = stylist.paint(gallery.photo("cat", 64), *styles, shares=[3, 1])
    assert (painted("out.png") - expected * 255).abs().max() <= 0.51
    assert "neither a file nor a picture" in refusal(run(capsys, "paint", "cat", "none.png", *arguments[:-2]))
    assert "a number for each of mosaic" in refusal(run(capsys, "paint", "cat", "mosaic", *arguments))


@pytest.mark.parametrize("out", ["mine.png", "hard.png", "other.png"])
@pytest.mark.usefixtures("stylist")
def test_the_picture_of_a_style_is_not_painted_over(capsys, out):
    for name in ("mine.png", "other.png", "third.png"):
        save_image(torch.rand(1, 3, 40, 50), name)
    os.link("mine.png", "hard.png")
    for mixture in (["mine.png,other.png"], ["mine.png,third.png,other.png", "--shares", "3,1,2"]):
        arguments = (*mixture, "-o", out, "--painter", "any,style.pt", "--size", 64)
        said = refusal(run(capsys, "paint", "cat", *arguments))
        assert f"'{out}' is to be painted from and would be overwritten" in said
    alone = "other.png" if out == "other.png" else "mine.png"
    arguments = (alone, "-o", out, "--painter", "any,style.pt", "--size", 64)
    assert "would be overwritten" in refusal(run(capsys, "paint", "cat", *arguments))
    assert {picture(name).size for name in ("mine.png", "other.png", "third.png")} == {(50, 40)}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("cat", "chalk", "-o", "o.png", "--painter", "p.pt"), "has not learnt 'chalk'; it knows swirls, fans"),
        (("cat", "swirls", "-o", "o.png", "--painter", "twent"), "did you mean 'twenty'"),
        (("cat", "swirls", "-o", "o.png", "--painter", "p.pt", "--steps", "9"), "--steps is for the optimiser"),
        (("cat", "swirls", "-o", "o.png", "--painter", "p.pt", "--shares", "1,2"), "a number for each of swirls"),
        (("cat", "swirls", "-o", "o.png", "--painter", "p.pt", "--shares", "-1"), "--shares"),
        (("cat", "swirls", "-o", "o.png", "--shares", "1"), "add --painter twenty"),
        (("cat", "swirls", "-o", "no/o.png", "--painter", "p.pt"), "no"),
        (("none", "swirls", "-o", "o.png", "--painter", "p.pt"), "neither a file nor a picture"),
        ((".", "swirls", "-o", "o", "--painter", "p.pt"), "there are no pictures in '.'"),
        (("cat.png", "swirls", "-o", "cat.png", "--painter", "p.pt"), "would be overwritten"),
    ],
)
def test_bad_input(capsys, tmp_path, arguments, said):
    if "cat.png" in arguments:
        save_image(torch.rand(1, 3, 8, 8), "cat.png")
    before = set(os.listdir(tmp_path))
    assert said in refusal(run(capsys, "paint", *arguments))
    assert set(os.listdir(tmp_path)) == before
