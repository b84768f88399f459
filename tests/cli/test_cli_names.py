"""Names that `course paint` reads and writes: none is lost to another, and every name that a system allows will do."""

import argparse
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from course import gallery
from course.cli import paint
from course.cli import paint_picture as painter
from course.cli.destinations import destinations
from course.errors import InputError
from course.files import free_name, given_path, shown
from tests.cli._cli import cached_vgg19, picture, refusal, run
from tests.course._pictures import random_picture

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows allows fewer names")
SMALL = ("--size", "32", "--steps", "4", "--weights", "slim")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(painter, "vgg19", cached_vgg19)


def files():
    """The contents of the files of this folder."""
    return {name: Path(name).read_bytes() for name in os.listdir()}


# ---- nothing is lost to another --------------------------------------------------------------------------------------

# What lies there before, the command line, and the option that is named.
CLASHES = {
    "step over the content": (("out-0002.png",), ("out-0002.png", "swirls", "--save-every", "2"), "--save-every"),
    "step over the style": (("out-0004.png",), ("cat", "out-0004.png", "--save-every", "2"), "--save-every"),
    "step over a link to it": (
        ("me.png", "out-0002.png -> me.png"),
        ("me.png", "swirls", "--save-every", "1"),
        "--sav",
    ),
    "step over the strip": ((), ("cat", "swirls", "--strip", "./out-0002.png", "--save-every", "2"), "--strip"),
    "step over a painting": (("out-0003.png",), ("cat", "swirls", "--save-every", "3"), "--save-every"),
    "painting over the content": (("out.png",), ("out.png", "swirls"), "choose another name"),
    "painting over a link to it": (("me.png", "out.png -> me.png"), ("me.png", "swirls"), "choose another name"),
    "painting over a hard link to it": (("me.png", "out.png = me.png"), ("me.png", "swirls"), "choose another name"),
    "strip in other letters": ((), ("cat", "swirls", "--strip", "OUT.png"), "'OUT.png', are one name to many systems"),
    "step over the strip in other letters": (
        (),
        ("cat", "swirls", "--strip", "Out-0002.PNG", "--save-every", "2"),
        "--strip and --save-every both write",
    ),
    "strip over the style": (("me.png",), ("cat", "me.png", "--strip", "me.png"), "choose another name"),
}


@posix
@pytest.mark.parametrize(("there", "arguments", "phrase"), CLASHES.values(), ids=CLASHES)
def test_no_name_is_written_that_is_read_or_written_twice(capsys, there, arguments, phrase):
    for name in there:
        match name.split(" "):
            case [link, "->", target]:
                os.symlink(target, link)
            case [link, "=", target]:
                os.link(target, link)
            case _:
                random_picture(1, 32, 32).save(name)
    before = files()
    assert phrase in refusal(run(capsys, "paint", *arguments, "-o", "out.png", *SMALL))
    assert files() == before


def test_a_picture_of_the_gallery_is_not_painted_over(capsys, monkeypatch):
    path = gallery.find("swirls").path
    before = path.read_bytes()
    assert "overwritten" in refusal(run(capsys, "paint", "cat", "swirls", "-o", path, *SMALL))
    assert path.read_bytes() == before


def test_pictures_on_the_way_that_are_too_many_are_refused_at_once(capsys):
    arguments = ("--steps", "1" + 9 * "0", "--save-every", "1")
    assert "would save 1000000000 pictures" in refusal(run(capsys, "paint", "cat", "swirls", "-o", "x.png", *arguments))


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        (("S.png",), "S-stopped.png"),
        (("S.png", "S-stopped.png"), "S-stopped-2.png"),
        (("S.png", "S-stopped.png", "S-stopped-2.png"), "S-stopped-3.png"),
    ],
)
def test_a_stopped_painting_takes_a_free_name(capsys, monkeypatch, there, wanted):
    """Also beside the stopped painting that it goes on from."""
    for name in there:
        random_picture(1, 32, 32).save(name)
    before = files()

    def stop(bar, *_):
        raise KeyboardInterrupt

    monkeypatch.setattr(painter.tqdm, "update", stop)
    done = run(capsys, "paint", there[-1] if len(there) > 1 else "cat", "swirls", "-o", "S.png", *SMALL)
    assert done.code == 130 and f"is in {wanted}." in done.out
    assert {name: content for name, content in files().items() if name in before} == before
    assert picture(wanted).size[0] == 32


def test_a_stopped_painting_and_its_strip_do_not_meet(capsys, monkeypatch):
    random_picture(1, 32, 32).save("S.png")
    monkeypatch.setattr(painter.tqdm, "update", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    done = run(capsys, "paint", "cat", "swirls", "-o", "S.png", "--strip", "S-stopped.png", *SMALL)
    assert "is in S-stopped-2.png, beside its content and style in S-stopped.png." in done.out
    assert picture("S-stopped-2.png").size != picture("S-stopped.png").size


# ---- every name that a system allows ---------------------------------------------------------------------------------

LEGAL = {
    "line break": "a\nb.png",
    "tab and bell": "a\t\x07b.png",
    "colours of a terminal": "\x1b[31mred.png",
    "right to left": "\u202egnp.png",
    "no text": os.fsdecode(b"\xff\xfe.png"),
    "quotes": 'it\'s "mine".png',
    "shell": "$(touch hacked); `id` & rm * | > x.png",
    "tilde of nobody": "~nobody-here.png",
    "tilde alone": "~.png",
    "percent": "100%s %(name)d {0} {x!r}.png",
    "glob": "[ab]*?.png",
    "spaces": "  two  .png",
    "dots": "...png",
    "as long as can be": "x" * 251 + ".png",
    "as long as can be, in letters of 4 bytes": "\U0001f431" * 62 + "abc.png",
    "capitals": "OUT.PNG",
    "emoji": "\U0001f408.png",
    "composed and not": "e\u0301\u00e9.png",
}


@posix
@pytest.mark.parametrize("name", LEGAL.values(), ids=LEGAL)
def test_a_legal_name_is_read_written_and_told_in_one_line(capsys, name):
    random_picture(0, 32, 32).save("me.png")
    os.rename("me.png", name)
    done = run(capsys, "paint", name, "swirls", "-o", "out.png", "--strip", "beside.png", *SMALL)
    assert done.code == 0, done.err
    assert done.out.splitlines()[0].startswith(f"Painting {shown(name)} in the style of swirls: ")
    os.remove(name)
    done = run(capsys, "paint", "cat", "out.png", "-o", name, *SMALL)
    assert done.code == 0, done.err
    assert f"The painting is in {shown(name)}." in done.out.splitlines()
    assert picture(name).size == (32, 21) and not os.path.exists("hacked")


@posix
@pytest.mark.parametrize("option", ["content", "-o", "--strip"])
@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("x" * 300 + ".png", "too long for this system; choose a shorter one"),
        ("d/" * 3000 + "x.png", "too long for this system; choose a shorter one"),
        ("circle.png", "cannot be looked at"),
        ("locked/me.png", "may not be entered"),
    ],
    ids=["long name", "long path", "circle of links", "folder that may not be entered"],
)
def test_a_name_that_cannot_be_used_is_said_in_one_line(capsys, monkeypatch, option, name, phrase):
    os.symlink("circle.png", "circle.png")
    stat = os.stat

    def locked(path, *args, **options):  # root may enter any folder
        if str(path).startswith("locked/"):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, *args, **options)

    monkeypatch.setattr(os, "stat", locked)
    chosen = {"content": "cat", "-o": "out.png", "--strip": "beside.png"} | {option: name}
    arguments = (chosen["content"], "swirls", "-o", chosen["-o"], "--strip", chosen["--strip"])
    assert phrase in refusal(run(capsys, "paint", *arguments, *SMALL))
    assert os.listdir() == ["circle.png"]


@posix
@pytest.mark.parametrize(
    "arguments", [("locked/1.ipynb",), ("-o", "locked/x.zip"), ("x" * 300 + ".ipynb",), ("-o", "x" * 300 + ".zip")]
)
def test_submit_says_it_too(capsys, monkeypatch, arguments):
    def locked(path, *args, stat=os.stat, **options):
        if str(path).startswith("locked/"):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, *args, **options)

    monkeypatch.setattr(os, "stat", locked)
    line = refusal(run(capsys, "submit", *arguments))
    assert "may not be entered" in line or "too long for this system" in line


@pytest.mark.parametrize("arguments", [("-dash.png", "swirls", "-o", "p.png"), ("cat", "swirls", "-o", "-dash.png"),
                                       ("cat", "-oops.png", "-o", "p.png")])  # fmt: skip
def test_a_name_that_begins_with_a_dash_has_a_way_in(capsys, arguments):
    line = refusal(run(capsys, "paint", *arguments, *SMALL))
    name = next(name for name in arguments if name.startswith("-") and len(name) > 2)
    assert f"if '{name}' is a file, write ./{name}" in line
    random_picture(0, 32, 32).save(f"./{name}")
    cured = [f"./{name}" if argument == name else argument for argument in arguments]
    assert run(capsys, "paint", *cured, *SMALL).code == 0


def test_the_home_of_nobody_is_a_name_like_any_other():
    assert str(given_path("~nobody-here/x.png")) == "~nobody-here/x.png"
    assert given_path("~/x.png").is_absolute()


@pytest.mark.parametrize(
    ("name", "phrase"), [("", "empty"), ("a\0b", r"\\x00"), (b"cat", "fsdecode"), (3, "not int"), ("\ud800", "type it")]
)
def test_what_is_no_name_is_refused(name, phrase):
    with pytest.raises(InputError, match=phrase):
        given_path(name)


def test_a_free_name_fits_beside_what_is_there(tmp_path):
    path = tmp_path / ("é" * 125 + ".png")
    path.touch()
    other = free_name(path)
    assert other.name.endswith("-2.png") and len(os.fsencode(other.name)) <= 255
    assert free_name(path, end="-stopped").name.endswith("é-stopped.png")
    other.touch()


def test_a_free_name_is_none_that_is_promised(tmp_path, monkeypatch):
    path = tmp_path / "é.png"
    taken = [tmp_path / "e\u0301.PNG", tmp_path / "É-2.png", tmp_path / "other.png"]
    assert free_name(path, taken=taken).name == "é-3.png"
    assert free_name(path, taken=[tmp_path / "gone" / "é.png"]) == path, "in a folder that is not there"

    def unreadable(*_):
        raise InputError("may not be entered")

    monkeypatch.setattr("course.files.is_same", unreadable)
    assert free_name(path, taken=taken[:1]).name == "é-2.png", "it may be, and there are other names"
    assert free_name(path, taken=taken[2:]) == path


# ---- any name at all -------------------------------------------------------------------------------------------------

LETTERS = st.text(st.one_of(st.characters(), st.sampled_from("./~-\\*?[]{}$%'\"\n\0\x1b\udcff ")), max_size=300)
NAMES = st.one_of(
    LETTERS,
    st.builds("{}{}".format, LETTERS, st.sampled_from([".png", ".jpg", ".webp", ".PNG", "-0002.png", "/x.png"])),
    st.binary(max_size=300).map(os.fsdecode),
    st.sampled_from(["cat", "swirls", ".", "..", "/", "~", "-", "--", "/dev/null", "/dev/zero", "/proc/self/mem"]),
)


def options(*arguments):
    parser = argparse.ArgumentParser()
    paint.add(parser)
    return parser.parse_args(["a", "b", "-o", "c", *arguments])


PLAIN = options("--save-every", "2", "--steps", "4")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=NAMES, style=NAMES, out=NAMES, beside=st.one_of(st.none(), NAMES))
@example(content="~\0", style="~root", out="~/\udcff.png", beside="\n.png")
def test_whatever_the_names_are_they_will_do_or_are_refused(content, style, out, beside):
    chosen = argparse.Namespace(**{**vars(PLAIN), "content": content, "style": style, "out": out, "strip": beside})
    told = ""
    try:
        told = shown(destinations(chosen).out)
    except InputError as error:
        told = str(error)
    assert told and told.isprintable()
