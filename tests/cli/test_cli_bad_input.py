"""`course` with input that cannot be used: exit code 2, one line that says what to do, and no file touched."""

import os
import re
import sys

import pytest
import torch

from course import gallery
from course.cli import paint_picture as painter
from tests.cli._cli import cached_vgg19, refusal, run
from tests.course._pictures import png, random_picture

PAINTING = b"hours of work"  # in the way of everything that is saved by mistake


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    """A folder with every bad file that the table names."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(painter, "vgg19", cached_vgg19)
    (tmp_path / "out.png").write_bytes(PAINTING)
    random_picture(0, 64, 64).save("photo.jpg")
    whole = (tmp_path / "photo.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "letter.jpg").write_text("Dear reader, this is no picture.")
    (tmp_path / "nothing.png").touch()
    (tmp_path / "bomb.png").write_bytes(png(20_000, 20_000, 8, 2, b"\0"))
    (tmp_path / "folder.png").mkdir()
    random_picture(0, 2, 200).save("thread.png")


def everything(folder):
    """Every file and what is in it."""
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


PAINT = ("paint", "cat", "swirls", "-o", "out.png", "--steps", "2", "--size", "32")
NAMES = "; `course gallery` lists its pictures"

# The command line, and what the line on stderr holds: what is wrong, and the way out.
BAD = {
    # pictures
    "missing file": (("paint", "me.jpg", *PAINT[2:]), "'me.jpg' is neither a file nor a picture of the gallery", NAMES),
    "file in a missing folder": (("paint", "holiday/me.jpg", *PAINT[2:]), "'holiday/me.jpg' is neither", NAMES),
    "name of the gallery": (("paint", "cat", "swirl", *PAINT[3:]), "did you mean 'swirls'?"),
    "damaged file": (("paint", "cut.jpg", *PAINT[2:]), "'cut.jpg' is damaged or cut short", "get the file again"),
    "text": (("paint", "letter.jpg", *PAINT[2:]), "in no known picture format", "convert it to PNG or JPEG"),
    "text as a style": (("paint", "cat", "letter.jpg", *PAINT[3:]), "in no known picture", "convert it to PNG or JPEG"),
    "empty file": (("paint", "nothing.png", *PAINT[2:]), "'nothing.png' is empty (0 bytes)", "get the file again"),
    "folder": (("paint", "folder.png", *PAINT[2:]), "'folder.png' is a folder", "name a picture in it"),
    "empty name": (("paint", "", *PAINT[2:]), "an empty name is no picture", NAMES),
    "this folder": (("paint", ".", *PAINT[2:]), "'.' is a folder", "name a picture in it"),
    "bomb": (("paint", "bomb.png", *PAINT[2:]), "more than 120 million pixels", "make it smaller"),
    "bomb as a style": (("paint", "cat", "bomb.png", *PAINT[3:]), "more than 120 million pixels", "make it smaller"),
    # sizes
    "size 0": ((*PAINT, "--size", "0"), "--size: must be a whole number of at least 1, not '0'", "paint --help"),
    "size abc": ((*PAINT, "--size", "abc"), "--size: must be a whole number", "'abc'", "paint --help"),
    "size 2.5": ((*PAINT, "--size", "2.5"), "--size: must be a whole number", "'2.5'", "paint --help"),
    "size too small": ((*PAINT, "--size", "16"), "16 x 11 pixels are too few for relu5_1", "choose --size 25"),
    "size too large": ((*PAINT, "--size", "20000"), "more than 120 million pixels", "choose a smaller one"),
    "narrow photo": (("paint", "thread.png", *PAINT[2:]), "32 x 1 pixels are too few", "--size", "--layers"),
    "narrow style": (
        ("paint", "cat", "thread.png", *PAINT[3:]),
        "the style picture comes out too small",
        "--layers relu1_1",
    ),
    "scale too small": ((*PAINT, "--scale", "0.1"), "the style picture comes out too small", "--size 160 or --scale"),
    # numbers
    "scale 0": ((*PAINT, "--scale", "0"), "--scale: must be a number above 0", "paint --help"),
    "scale 1e308": ((*PAINT, "--scale", "1e308"), "--scale: must be a number above 0, at most 1000000", "paint --help"),
    "beta -1": ((*PAINT, "--beta", "-1"), "--beta: must be a number of at least 0, not '-1'", "paint --help"),
    "beta NaN": ((*PAINT, "--beta", "nan"), "--beta: must be a number of at least 0, not 'nan'", "paint --help"),
    "beta inf": ((*PAINT, "--beta", "inf"), "--beta: must be a number of at least 0, not 'inf'", "paint --help"),
    "alpha in words": ((*PAINT, "--alpha", "much"), "--alpha: must be a number", "'much'", "paint --help"),
    "tv missing": ((*PAINT, "--tv"), "--tv: expected one argument", "paint --help"),
    "steps 0": ((*PAINT, "--steps", "0"), "--steps: must be a whole number of at least 1", "paint --help"),
    "learning rate 0": ((*PAINT, "--learning-rate", "0"), "--learning-rate: must be a number above 0", "paint --help"),
    "seed -1": ((*PAINT, "--seed", "-1"), "--seed: must be a whole number from 0 to", "paint --help"),
    "seed 2^63": ((*PAINT, "--seed", str(2**63)), f"--seed: must be a whole number from 0 to {2**63 - 1}", "--help"),
    "threads": ((*PAINT, "--threads", "1" * 20), "--threads: must be a whole number from 1 to 1024", "paint --help"),
    "save every 0": ((*PAINT, "--save-every", "0"), "--save-every: must be a whole number of at least 1", "--help"),
    # choices
    "layer": ((*PAINT, "--layers", "relu4_9"), "no layer 'relu4_9'", "did you mean 'relu4_", "' or 'relu"),
    "no layers": ((*PAINT, "--layers", " , "), "style layers must be a list of at least one name"),
    "pooling": ((*PAINT, "--pooling", "mean"), "--pooling: invalid choice: 'mean'", "max", "avg"),
    "init": ((*PAINT, "--init", "grey"), "--init: invalid choice: 'grey'", "content", "style", "noise"),
    "optimiser": ((*PAINT, "--optimiser", "sgd"), "--optimiser: invalid choice: 'sgd'", "lbfgs", "adam"),
    "weights": ((*PAINT, "--weights", "vgg"), "--weights: invalid choice: 'vgg'", "oxford", "torchvision", "random"),
    "device": ((*PAINT, "--device", "tpu"), "no device 'tpu'", "choose auto, cpu, cuda, mps"),
    # places
    "unknown suffix": ((*PAINT[:4], "out.xyz"), "cannot save as 'out.xyz'", "end the name in one of .png"),
    "no suffix": ((*PAINT[:4], "out"), "cannot save as 'out'", "end the name in one of .png"),
    "missing folder": ((*PAINT[:4], "new/out.png"), "there is no folder 'new'", "make it first"),
    "folder as output": ((*PAINT[:4], "folder.png"), "that is a folder", "choose another name"),
    "strip": ((*PAINT, "--strip", "new/strip.png"), "there is no folder 'new'", "make it first"),
    "empty strip": ((*PAINT, "--strip", ""), "cannot save as ''", "end the name in one of .png"),
    "strip on the painting": ((*PAINT, "--strip", "./out.png"), "-o and --strip are both", "choose another name"),
    "over the photo": (("paint", "photo.jpg", "swirls", "-o", "./photo.jpg"), "overwritten", "choose another name"),
    "over the style": (("paint", "cat", "photo.jpg", *PAINT[3:], "--strip", "photo.jpg"), "overwritten", "choose"),
    # words
    "unknown command": (("pant", "cat"), "invalid choice: 'pant'", "paint", "gallery", "doctor", "see course --help"),
    "no output": (("paint", "cat", "swirls"), "required: -o/--out", "see course paint --help"),
    "no style": (("paint", "cat", "-o", "out.png"), "required: STYLE", "see course paint --help"),
    "too many": ((*PAINT, "chalk"), "unrecognized arguments: chalk", "--help"),
    "unknown option": ((*PAINT, "--betta", "3"), "unrecognized arguments: --betta 3", "--help"),
    "option of another command": (("gallery", "--size", "3"), "arguments: --size 3", "see course gallery --help"),
    "two lines": ((*PAINT, "two\nlines"), "unrecognized arguments: two lines"),
}


@pytest.mark.parametrize(("arguments", "phrases"), [(bad[0], bad[1:]) for bad in BAD.values()], ids=BAD)
def test_bad_input(capsys, tmp_path, arguments, phrases):
    before = everything(tmp_path)
    done = run(capsys, *arguments)
    line = refusal(done)
    for phrase in phrases:
        assert phrase in line
    assert done.out == ""
    assert everything(tmp_path) == before


# A command that is refused for its sizes, and the cures that its message names.
TOO_SMALL = {
    "photo": (("cat", "swirls", "--size", "16"), ["--size"]),
    "narrow photo": (("strip.png", "swirls", "--size", "64"), ["--size"]),
    "scale": (("cat", "swirls", "--scale", "0.3"), ["--size", "--scale"]),
    "scale and size": (("cat", "swirls", "--size", "40", "--scale", "0.2"), ["--size", "--scale"]),
    "narrow style": (("cat", "strip.png"), ["--size", "--scale"]),
    "small style": (("cat", "ten.png"), ["--layers"]),
    "style of one pixel": (("cat", "one.png"), ["--layers"]),
    "thread": (("cat", "thread.png"), ["--layers"]),
    "deep layers, small style": (("cat", "ten.png", "--layers", "relu4_1,relu5_1"), ["--layers"]),
}


@pytest.mark.parametrize(("arguments", "cures"), TOO_SMALL.values(), ids=TOO_SMALL)
def test_the_cures_for_what_is_too_small_will_do(capsys, arguments, cures):
    for name, height, width in (("strip.png", 20, 120), ("ten.png", 10, 10), ("one.png", 1, 1)):
        random_picture(0, height, width).save(name)
    small = ("--size", "32", "--steps", "1", "--weights", "slim")
    command = ("paint", *arguments[:2], "-o", "out.png", *small, *arguments[2:])
    named = dict(re.findall(r"(--\w+) ([\w.,]*[\w.])", refusal(run(capsys, *command)).partition("; ")[2]))
    assert list(named) == cures
    for option, value in named.items():
        done = run(capsys, *command, option, value)
        assert done.code == 0, done.err


@pytest.mark.parametrize(("device", "library"), [("cuda", torch.cuda), ("mps", torch.backends.mps)])
def test_a_device_that_is_not_here(capsys, monkeypatch, tmp_path, device, library):
    monkeypatch.setattr(library, "is_available", lambda: False)
    before = everything(tmp_path)
    line = refusal(run(capsys, *PAINT, "--device", device))
    assert f"torch finds no {device} device here; choose --device cpu" in line
    assert everything(tmp_path) == before


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to(capsys, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    line = refusal(run(capsys, *PAINT[:4], "locked/new.png"))
    assert "no right to write there; choose another folder" in line
    assert os.listdir(tmp_path / "locked") == []


def test_a_folder_without_the_gallery(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(gallery, "DATA", tmp_path)
    for arguments in (PAINT, ("gallery",)):
        line = refusal(run(capsys, *arguments))
        assert "gallery.toml' is missing; clone the whole repository" in line


def test_a_hard_link_is_the_same_picture(capsys, tmp_path):
    os.link("photo.jpg", "second.jpg")
    assert "overwritten" in refusal(run(capsys, "paint", "photo.jpg", "swirls", "-o", "second.jpg"))
