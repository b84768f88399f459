"""`course paint` and `course gallery`: what comes out, what is said on the way, and that the help tells the truth."""

import os
import re
import shlex
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tqdm import tqdm

from course import cli, gallery, objectives
from course.cli import main
from course.cli import paint_picture as painter
from course.cli.command import parser
from course.control.colours import luminance
from course.images import to_tensor, white_noise
from course.nets.precision import choose
from course.synthesis import Stage
from tests.cli._cli import cached_vgg19, picture, python, run
from tests.course._pictures import flat, random_picture

SMALL = ("--size", "32", "--steps", "3")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(painter, "vgg19", cached_vgg19)


@pytest.fixture
def paint(capsys, tmp_path):
    """Paints the cat in swirls, small, with more options; the last word on an option counts."""

    def paint(*options, out="out.png"):
        done = run(capsys, "paint", "cat", "swirls", "-o", out, *SMALL, *options)
        assert done.code == 0, done.err
        return SimpleNamespace(out=done.out, err=done.err, file=tmp_path / out, picture=picture(tmp_path / out))

    return paint


def losses(done):
    """Content and style of the last line."""
    return tuple(float(number) for number in re.findall(r"content (\S+), style (\S+)\.$", done.out.strip())[0])


# ---- what is painted -------------------------------------------------------------------------------------------------


def colours(image):
    """Red, green and blue less their luminance, [3, M]: what is left of a picture without its lights and shades."""
    return (image - luminance(image)).flatten(2)[0]


def test_whose_colours_it_has(paint):
    cat = colours(gallery.photo("cat", 32))
    painted = {
        whose: colours(to_tensor(paint("--colours", whose, "--steps", "30", out=f"{whose}.png").picture))
        for whose in ("style", "matched", "photo")
    }
    apart = {whose: (found.mean(1) - cat.mean(1)).norm() for whose, found in painted.items()}
    assert apart["matched"] < apart["style"] / 3
    # but for levels, and what is cut off at black and white
    assert (painted["photo"] - cat).abs().median() < 1 / 255 < (painted["style"] - cat).abs().median() / 3


def test_pictures_on_the_way_have_the_colours_of_the_last(paint):
    paint("--colours", "photo", "--save-every", "3")
    assert picture("out-0003.png").tobytes() == picture("out.png").tobytes()


def test_a_painting_with_its_strip(paint, tmp_path):
    done = paint("--strip", "strip.png")
    assert (done.picture.format, done.picture.size) == ("PNG", (32, 21))
    strip = picture("strip.png")
    assert strip.size == (32 + 8 + 21 + 8 + 32, 21)  # as tall as the lowest: the cat; the style is square
    assert strip.crop((69, 0, 101, 21)).tobytes() == done.picture.tobytes()
    cat = gallery.photo("cat", 32)[0].permute(1, 2, 0).mul(255).round().byte().numpy()
    assert (np.asarray(strip.crop((0, 0, 32, 21))) == cat).all()
    assert set(os.listdir(tmp_path)) == {"out.png", "strip.png"}


def test_what_is_said_on_the_way(paint):
    done = paint()
    assert f"Painting cat in the style of swirls: 32 x 21 pixels, VGG-19 (oxford, {choose('auto')}) on " in done.out
    assert "The painting is in out.png." in done.out
    assert re.search(r"^3 steps in \d+ s; content 0\.\d+, style 0\.\d+\.$", done.out, re.MULTILINE)
    content, style = losses(done)
    assert content > 0 and style > 0
    last = done.err.strip().split("\r")[-1]
    assert re.fullmatch(r"100%\|\S+\| 00:00 left, 3/3 at 32 px, content 0\.\d+, style 0\.\d+", last)
    assert re.search(r"^1 step in", paint("--steps", "1").out, re.MULTILINE)


def test_the_progress_fits_a_terminal_and_counts_pixels(capsys, monkeypatch):
    """80 columns. After half of the steps, those at 91 px, a third of the work is done."""
    monkeypatch.setattr(painter, "_stages", lambda *_: (Stage(91, 2), Stage(128, 2)))
    monkeypatch.setattr(painter, "tqdm", lambda **options: tqdm(**options | {"mininterval": 0}))
    done = run(capsys, "paint", "cat", "swirls", "-o", "out.png", "--size", "128")
    lines = [line.strip() for line in done.err.split("\r") if line.strip()]
    assert max(len(line) for line in lines) < 80
    (share,) = {re.match(r" *(\d+)%", line)[1] for line in lines if "2/4 at 91 px" in line}
    assert 30 < int(share) < 37
    assert any(re.search(r"\| \d\d:\d\d left, 3/4 at 128 px, content", line) for line in lines)


BASE = {}  # what the options below are compared with, painted once
EFFECTS = [
    ((), ("--alpha", "30")),
    ((), ("--beta", "300")),
    ((), ("--tv", "300")),
    ((), ("--layers", "relu1_1,relu3_1")),
    ((), ("--scale", "0.5")),
    ((), ("--pooling", "avg")),
    ((), ("--steps", "4")),
    ((), ("--size", "33")),
    ((), ("--init", "style")),
    ((), ("--optimiser", "adam")),
    (("--optimiser", "adam"), ("--optimiser", "adam", "--learning-rate", "0.1")),
    ((), ("--weights", "random")),
    (("--weights", "random"), ("--weights", "random", "--seed", "1")),
    ((), ("--init", "noise", "--alpha", "0")),
    (("--init", "noise", "--alpha", "0"), ("--init", "noise", "--alpha", "0", "--seed", "1")),
]


@pytest.mark.parametrize(("base", "options"), EFFECTS, ids=[" ".join(options) for _, options in EFFECTS])
def test_every_option_has_an_effect(paint, base, options):
    if base not in BASE:
        BASE[base] = paint(*base).picture
    changed = paint(*options).picture
    assert changed.size == ((33, 22) if "33" in options else (32, 21))
    assert changed.size != BASE[base].size or changed.tobytes() != BASE[base].tobytes()


def test_the_weights_pull_to_their_own_side(paint):
    photo, style = paint("--steps", "6", "--beta", "0.01"), paint("--steps", "6", "--beta", "100")
    assert losses(photo)[0] < losses(style)[0]
    assert losses(photo)[1] > losses(style)[1]


def test_the_starts(paint):
    """One step gives the start itself."""
    assert paint("--steps", "1").picture.tobytes() == picture_of(gallery.photo("cat", 32))
    noise = paint("--steps", "1", "--init", "noise", "--seed", "3").picture
    assert noise.tobytes() == picture_of(white_noise(21, 32, seed=3))


def picture_of(image):
    return image[0].permute(1, 2, 0).mul(255).round().byte().numpy().tobytes()


def test_the_same_command_gives_the_same_bytes(paint):
    options = ("--init", "noise", "--seed", "7", "--weights", "random")
    first = paint(*options, out="first.png").file.read_bytes()
    torch.manual_seed(99)  # nobody's business
    assert paint(*options, out="second.png").file.read_bytes() == first


def test_every_second_step_is_saved(paint, tmp_path):
    """Of a painting, not of a start that goes on elsewhere: the fourth of four is the painting itself."""
    done = paint("--steps", "4", "--save-every", "2", out="my cat.png")
    assert set(os.listdir(tmp_path)) == {"my cat.png", "my cat-0002.png", "my cat-0004.png"}
    assert (tmp_path / "my cat-0004.png").read_bytes() == done.file.read_bytes()
    assert picture("my cat-0002.png").size == (32, 21)
    assert (tmp_path / "my cat-0002.png").read_bytes() != done.file.read_bytes()


@pytest.mark.parametrize(("name", "kind"), [("out.jpg", "JPEG"), ("out.JPEG", "JPEG"), ("out.webp", "WEBP")])
def test_other_formats(paint, name, kind):
    done = paint("--steps", "2", "--save-every", "2", out=name)
    assert (done.picture.format, done.picture.size) == (kind, (32, 21))
    assert picture(name.replace("out", "out-0002")).format == kind


def test_paths_with_spaces_and_letters_of_the_world(capsys, tmp_path):
    folder = tmp_path / "Ferien in Åre"
    folder.mkdir()
    random_picture(0, 40, 30).save(folder / "Käse 猫.png")
    flat("RGB", "red", (40, 40)).save(folder / "rot.png")
    out = folder / "fertig 猫.png"
    done = run(capsys, "paint", folder / "Käse 猫.png", folder / "rot.png", "-o", out, *SMALL)
    assert done.code == 0
    assert f"The painting is in {out}." in done.out
    assert picture(out).size == (24, 32)


def test_a_tilde_is_the_home_folder(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    random_picture(0, 32, 32).save(tmp_path / "me.png")
    assert run(capsys, "paint", "~/me.png", "swirls", "-o", "~/out.png", *SMALL).code == 0
    assert picture(tmp_path / "out.png").size == (32, 32)


@pytest.mark.parametrize(
    ("photo", "style", "size"), [((40, 600), (64, 64), (20, 300)), ((64, 64), (600, 60), (200,) * 2)]
)
def test_narrow_pictures_start_larger(capsys, monkeypatch, photo, style, size):
    """At 128 px the shorter side would be 9 or 13 pixels, too few for the deepest layer."""
    random_picture(0, *reversed(photo)).save("photo.png")
    random_picture(1, *reversed(style)).save("style.png")
    done = run(capsys, "paint", "photo.png", "style.png", "-o", "out.png", "--size", max(size), "--steps", "2")
    assert done.code == 0, done.err
    assert picture("out.png").size == size


def test_stages():
    """From about 128 px up; what is narrow or has fine strokes, from where the deepest layer still sees something."""

    def smallest(photo, style=(64, 64), scale=1.0):
        options = SimpleNamespace(scale=scale, steps=100, drafts=False)
        stages = painter._stages(options, torch.rand(1, 3, *photo), torch.rand(1, 3, *style))
        assert stages[-1].size == max(photo) and sum(stage.steps for stage in stages) == 100
        return stages[0].size

    assert smallest((512, 512)) == 128
    assert smallest((512, 400)) == 128
    assert smallest((100, 90)) == 100
    assert 64 / 1.2 < smallest((512, 128)) / 4 < 64 * 1.2
    assert 32 / 1.2 < smallest((512, 512), style=(800, 80)) / 10 < 32 * 1.2
    assert 32 / 1.2 < smallest((512, 512), scale=0.125) / 8 < 32 * 1.2
    assert smallest((512, 512), style=(4, 4000), scale=1e-300) == 512


def test_threads(paint):
    before = torch.get_num_threads()
    try:
        assert "on 2 threads of the CPU" in paint("--threads", "2", "--device", "cpu").out
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_drafts(paint):
    plain, drafted = paint("--steps", "6"), paint("--steps", "6", "--drafts")
    assert drafted.picture.size == plain.picture.size and "6 steps in" in drafted.out
    assert drafted.picture.tobytes() != plain.picture.tobytes()


def test_a_painting_that_cannot_be_improved_ends_early(paint):
    done = paint("--alpha", "0", "--beta", "0", "--tv", "0", "--steps", "9")
    assert "1 step (of 9: no further one made it better)" in done.out


# ---- defaults and help -----------------------------------------------------------------------------------------------


def help_of(capsys, *arguments):
    with pytest.raises(SystemExit) as caught:
        main([*arguments, "--help"])
    assert caught.value.code == 0
    return capsys.readouterr().out


def test_the_defaults_are_those_of_the_painter(paint, monkeypatch):
    """Left out, an option is not handed on at all."""
    handed_on = []
    transfer = objectives.style_transfer
    monkeypatch.setattr(
        painter, "style_transfer", lambda *args, **options: handed_on.append(options) or transfer(*args, **options)
    )
    paint("--steps", "1")
    paint("--steps", "1", "--alpha", "0", "--beta", "2", "--tv", "0.5", "--layers", " relu1_1, relu2_1", "--scale", "2")
    assert handed_on == [
        {},
        {"alpha": 0, "beta": 2, "tv": 0.5, "layers": ["relu1_1", "relu2_1"], "scale": 2},
    ]


def test_the_help_states_the_defaults(capsys):
    text = " ".join(help_of(capsys, "paint").split())

    def stated(option):
        return re.search(rf"{option} [A-Z]\S* [^()]*\(default ([^);:]+)", text)[1]

    assert float(stated("--alpha")) == objectives.ALPHA
    assert float(stated("--beta")) == objectives.BETA
    assert float(stated("--tv")) == objectives.TV
    assert stated("--layers").replace(" ", "").split(",") == list(objectives.STYLE_LAYERS)
    options = parser("course", "", cli.COMMANDS).parse_args(["paint", "a", "b", "-o", "c.png"])
    for option in ("size", "steps", "learning-rate", "seed", "device"):
        assert stated(f"--{option}") == str(getattr(options, option.replace("-", "_")))
    for option in ("pooling", "init", "optimiser", "weights"):
        assert re.search(rf"--{option} {{[^}}]+}} [^()]*\(default {getattr(options, option)}\b", text)


def test_the_help_knows_more_style_from_less(capsys):
    more, less = re.search(r"--beta (\S+) +more style \(--beta (\S+): more photo\)", help_of(capsys, "paint")).groups()
    assert float(less) < objectives.BETA < float(more)


def test_the_examples_can_be_typed(capsys):
    examples = re.findall(r"^ *(course .*?)(?:   .*)?$", help_of(capsys, "paint") + cli.__doc__, re.MULTILINE)
    assert len(examples) >= 6
    for example in examples:
        options = parser("course", "", cli.COMMANDS).parse_args(shlex.split(example)[1:])
        for name in (getattr(options, "content", "cat"), *getattr(options, "style", "swirls").split(",")):
            assert name in (*gallery.names(), "holidays") or name.endswith(".jpg")


def test_help_and_mistyped_options_do_not_wait_for_torch():
    done = python("""
import sys
from course.cli import main
paint = ["paint", "cat", "swirls", "-o", "x.png"]
for arguments in (["--help"], ["paint", "--help"], [*paint, "--sise", "3"], [*paint, "--size", "0"], ["paitn"], []):
    try:
        code = main(arguments)
    except SystemExit as end:
        code = end.code
    print("code", code, *({"torch", "numpy", "PIL", "tqdm", "course.synthesis", "course.images"} & set(sys.modules)))
""")
    assert done.code == 0, done.err
    assert re.findall("^code (.*)$", done.out, re.MULTILINE) == ["0", "0", "2", "2", "2", "0"]


# ---- course gallery --------------------------------------------------------------------------------------------------


def test_the_gallery_lists_everything(capsys):
    done = run(capsys, "gallery")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line for line in lines if not line.startswith("  ")] == ["photos", "textures", "styles"]
    listed = [line.split()[0] for line in lines if line.startswith("  ")]
    assert listed == list(gallery.names())
    for entry in gallery.pictures():
        assert f"{entry.title} ({entry.maker}, {entry.licence})" in done.out
