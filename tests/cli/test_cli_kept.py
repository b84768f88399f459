"""A painting is never thrown away: not where it cannot be saved, and not when the system ends the command."""

import errno
import os
import re
import signal
import sys
import time

import pytest

from course.cli import destinations
from course.cli import paint_picture as painter
from course.cli.command import Stopped
from course.errors import InputError
from course.images import save_image
from course.synthesis import Painting
from tests.cli._cli import cached_vgg19, picture, run
from tests.course._pictures import random_picture

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other signals")
SMALL = ("--size", "32", "--steps", "4", "--weights", "slim")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.setattr(painter, "vgg19", cached_vgg19)


def kept(done):
    """Where it says that the painting is."""
    return re.search(r"^The painting is in (.*?)(?:, beside its content and style in (.*))?\.$", done.out, re.M)


# ---- saving fails ----------------------------------------------------------------------------------------------------


@pytest.fixture
def failing(monkeypatch):
    """Makes saving fail for paths that fit a pattern."""

    def fail(pattern, text="No space left on device"):
        def save(image, path):
            if re.search(pattern, str(path)):
                raise InputError(f"cannot save '{path}' ({text}); choose another place or format")
            save_image(image, path)

        monkeypatch.setattr(destinations, "save_image", save)
        monkeypatch.setattr(painter, "save_image", save)

    return fail


# What fails, and where the painting is then, as a pattern.
ELSEWHERE = {
    "format": (r"webp$", r"^out\.png$"),
    "own name": (r"/?out[^/]*$", r"^painting\.png$"),
    "folder": (r"^(out|painting)", r"work/out\.png$"),
    "working folder": (r"^(out|painting)|work/", r"home/out\.png$"),
}


@pytest.mark.parametrize(("pattern", "place"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_where_it_cannot_be_saved_it_goes_elsewhere(capsys, failing, pattern, place):
    failing(pattern)
    done = run(capsys, "paint", "cat", "swirls", "-o", "out.webp", *SMALL)
    where = kept(done)[1]
    assert done.code == 1 and re.search(place, where)
    assert picture(where).size == (32, 21)
    (line,) = [line for line in done.err.splitlines() if line.startswith("course: warning: ")]
    assert "cannot save 'out.webp' (No space left on device)" in line and line.endswith(f"kept elsewhere: '{where}'")


def test_elsewhere_takes_no_name_that_is_taken(capsys, failing):
    random_picture(0, 8, 8).save("out.png")
    failing("webp$")
    assert kept(run(capsys, "paint", "cat", "swirls", "-o", "out.webp", *SMALL))[1] == "out-2.png"
    assert picture("out.png").size == (8, 8)


def test_where_nothing_can_be_saved_it_is_said(capsys, failing):
    failing(".")
    done = run(capsys, "paint", "cat", "swirls", "-o", "out.webp", *SMALL)
    assert done.code == 2 and "course: error: cannot save 'out.webp' (No space left on device)" in done.err


def test_a_folder_that_vanishes_while_painting(capsys, monkeypatch):
    os.mkdir("gone")
    update = painter.tqdm.update
    monkeypatch.setattr(painter.tqdm, "update", lambda *a: (os.path.isdir("gone") and os.rmdir("gone")) or update(*a))
    done = run(capsys, "paint", "cat", "swirls", "-o", "gone/out.png", *SMALL)
    assert done.code == 1 and "there is no folder 'gone'" in done.err
    assert picture(kept(done)[1]).size == (32, 21)


@pytest.mark.parametrize(("name", "most"), [("wide.webp", 16383), ("wide.jpg", 65500)])
def test_a_picture_that_is_too_wide_for_its_format_becomes_a_png(name, most):
    wide = painter.white_noise(1, most + 1)
    found = destinations.keep(wide, destinations.Path(name))
    assert found.name == "wide.png" and picture(found).size == (most + 1, 1)


def test_a_strip_that_fails_does_not_hide_the_painting(capsys, monkeypatch):
    def full(pictures):
        raise MemoryError

    monkeypatch.setattr(painter, "strip", full)
    done = run(capsys, "paint", "cat", "swirls", "-o", "out.png", "--strip", "beside.png", *SMALL)
    assert done.code == 1 and "not enough memory" in done.err
    assert kept(done).groups() == ("out.png", None) and picture("out.png").size == (32, 21)


def test_a_strip_that_cannot_be_saved_goes_elsewhere_too(capsys, failing):
    failing("webp$")
    done = run(capsys, "paint", "cat", "swirls", "-o", "out.png", "--strip", "out.webp", *SMALL)
    assert done.code == 1 and kept(done).groups() == ("out.png", "out-2.png")


# The name of the strip, which nothing has yet, and what the painting is called when it cannot be out.webp.
STRIPS = {
    "its own stem": ("out.png", "out-2.png"),
    "other letters": ("OUT.PNG", "out-2.png"),
    "x": ("x.png", "out.png"),
}


@pytest.mark.parametrize(("strip", "found"), STRIPS.values(), ids=STRIPS)
def test_elsewhere_is_not_where_its_strip_will_be(capsys, failing, strip, found):
    failing("webp$")
    done = run(capsys, "paint", "cat", "swirls", "-o", "out.webp", "--strip", strip, *SMALL)
    assert done.code == 1 and kept(done).groups() == (found, strip)
    assert picture(found).size == (32, 21) and picture(strip).size[0] > 64


@posix
@pytest.mark.parametrize("strip", ["out.png", "there/out.png"])
def test_nor_in_another_folder_than_the_one_that_vanished(capsys, monkeypatch, strip):
    """By another name of the working folder, too."""
    os.mkdir("gone")
    os.symlink(".", "there")
    update = painter.tqdm.update
    monkeypatch.setattr(painter.tqdm, "update", lambda *a: (os.path.isdir("gone") and os.rmdir("gone")) or update(*a))
    done = run(capsys, "paint", "cat", "swirls", "-o", "gone/out.png", "--strip", strip, *SMALL)
    where, beside = kept(done).groups()
    assert done.code == 1 and (os.path.basename(where), beside) == ("out-2.png", strip)
    assert picture(where).size == (32, 21) and picture(beside).size[0] > 64


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
def test_pictures_on_the_way_do_not_end_the_painting(capsys, failing, number):
    failing("-000[24]", os.strerror(number))
    done = run(capsys, "paint", "cat", "swirls", "-o", "out.png", "--save-every", "1", *SMALL)
    assert done.code == 1 and kept(done)[1] == "out.png"
    (line,) = [line for line in done.err.splitlines() if line.startswith("course: warning: ")]
    assert "2 of the pictures on the way are missing: cannot save" in line and os.strerror(number) in line
    assert sorted(os.listdir()) == ["out-0001.png", "out-0003.png", "out.png"]


# ---- the system asks for an end --------------------------------------------------------------------------------------


def wait_for(path, process):
    end = time.monotonic() + 60
    while not os.path.exists(path) and time.monotonic() < end and process.poll() is None:
        time.sleep(0.02)


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_saves_what_there_is(name, start):
    process = start("--size", "64", "--steps", "100000", "--save-every", "2", "--weights", "slim")
    wait_for("out-0004.png", process)
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + getattr(signal, name), err
    assert re.search(r"^Stopped after step \d+ of 100000; what there is is in out\.png\.$", out, re.M)
    assert picture("out.png").size == (64, 43) and "Traceback" not in err


@posix
def test_a_signal_that_was_ignored_stays_so(start):
    """As under nohup: a terminal that is closed does not end the painting."""
    process = start("--size", "64", "--steps", "40", "--save-every", "2", "--weights", "slim", ignored=(signal.SIGHUP,))
    wait_for("out-0004.png", process)
    process.send_signal(signal.SIGHUP)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "The painting is in out.png." in out


@posix
def test_a_terminal_that_is_gone_costs_no_painting(start):
    """Its streams fail with EIO, and SIGHUP comes."""
    here, there = os.openpty()
    process = start("--size", "64", "--steps", "100000", "--save-every", "2", "--weights", "slim",
                    stdout=there, stderr=there, stdin=there)  # fmt: skip
    os.close(there)
    wait_for("out-0004.png", process)
    os.close(here)
    process.send_signal(signal.SIGHUP)
    assert process.wait(60) == 128 + signal.SIGHUP
    assert picture("out.png").size == (64, 43)


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_in_an_objects_last_moments_stops_it_too(capsys, monkeypatch, name):
    """There Python drops what is raised."""

    class Dying:
        def __del__(self):
            os.kill(os.getpid(), getattr(signal, name))

    def step(self, advance=Painting.__next__):
        if self.last and self.last.number == 2:
            Dying()
        return advance(self)

    dropped = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: dropped.append(told.exc_type))
    monkeypatch.setattr(Painting, "__next__", step)
    monkeypatch.setattr(signal, "getsignal", lambda number: signal.SIG_DFL)  # as in no shell's background
    done = run(capsys, "paint", "cat", "swirls", "-o", "out.png", *SMALL)
    assert done.code == 128 + getattr(signal, name) and dropped == [Stopped]
    assert "Stopped after step 3 of 4; what there is is in out.png." in done.out
