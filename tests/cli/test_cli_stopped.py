"""The command `course` stopped by Ctrl-C or by trouble on the way: what there is is kept. And as it is installed."""

import os
import re
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import psutil
import pytest

from course import gallery, objectives
from course.cli import destinations
from course.cli import paint_picture as painter
from course.images import save_image
from course.synthesis import NotFiniteError, Painting
from tests.cli._cli import cached_vgg19, command, environment, installed, picture, python, run
from tests.course._pictures import random_picture

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
SMALL = ("--size", "32", "--steps", "3")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(painter, "vgg19", cached_vgg19)


# ---- stopped, or broken down -----------------------------------------------------------------------------------------


@pytest.fixture
def stopping(monkeypatch):
    """Raises an error, made of the last step, in place of the step of that number."""

    def stop(number, error):
        advance = Painting.__next__

        def step(self):
            if (self.last.number if self.last else 0) == number - 1:
                raise error(self.last)
            return advance(self)

        monkeypatch.setattr(Painting, "__next__", step)

    return stop


def ctrl_c(last):
    return KeyboardInterrupt()


def test_stopped_in_an_early_stage_it_has_its_full_size(capsys, stopping):
    stopping(3, ctrl_c)
    arguments = ("-o", "out.png", "--strip", "s.png", "--size", "184", "--steps", "8")
    done = run(capsys, "paint", "cat", "swirls", *arguments)
    assert done.code == 130
    assert "at 130 px" in done.err
    assert "Stopped after step 2 of 8; what there is is in out.png, beside its content and style in s.png." in done.out
    assert picture("out.png").size == (184, 122)
    assert picture("s.png").size == (184 + 8 + 122 + 8 + 184, 122)
    assert done.err.endswith("Stopped.\n")


def test_stopped_before_the_first_step(capsys, stopping, tmp_path):
    stopping(1, ctrl_c)
    done = run(capsys, "paint", "cat", "swirls", "-o", "out.png", *SMALL)
    assert done.code == 130
    assert "Nothing was painted yet, so nothing is saved.\nStopped.\n" in done.err
    assert os.listdir(tmp_path) == []


@pytest.fixture
def listening():
    """Ctrl-C raises KeyboardInterrupt, also where the tests run in the background of a shell, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@posix
@pytest.mark.usefixtures("listening")
def test_a_second_ctrl_c_does_not_cost_the_picture(capsys, stopping, monkeypatch):
    def impatient(image, path):
        os.kill(os.getpid(), signal.SIGINT)
        save_image(image, path)

    stopping(3, ctrl_c)
    monkeypatch.setattr(destinations, "save_image", impatient)
    done = run(capsys, "paint", "cat", "swirls", "-o", "out.png", *SMALL)
    assert (done.code, picture("out.png").size) == (130, (32, 21))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


BREAKDOWNS = {
    "not finite": (lambda last: NotFiniteError("style", last), "'style' is not finite after step 2; lower the weights"),
    "full GPU": (lambda last: RuntimeError("CUDA out of memory.\nTried to"), "choose a smaller --size"),
    "full memory": (lambda last: MemoryError(), "not enough memory; choose a smaller --size"),
}


@pytest.mark.parametrize(("error", "phrase"), BREAKDOWNS.values(), ids=BREAKDOWNS)
def test_a_breakdown_keeps_the_last_picture(capsys, stopping, error, phrase):
    stopping(3, error)
    done = run(capsys, "paint", "cat", "swirls", "-o", "out.png", *SMALL)
    assert done.code == 1
    assert "Stopped after step 2 of 3; what there is is in out.png." in done.out
    assert picture("out.png").size == (32, 21)
    (line,) = [line for line in done.err.splitlines() if line.startswith("course: error: ")]
    assert phrase in line


def test_a_bug_keeps_the_last_picture_too_and_its_traceback(capsys, stopping):
    stopping(3, lambda last: RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes do not match"):
        run(capsys, "paint", "cat", "swirls", "-o", "out.png", *SMALL)
    assert picture("out.png").size == (32, 21)


def test_a_term_that_is_not_finite_is_named(capsys, monkeypatch):
    """Nothing pretended: a loss turns into NaN on the way."""
    factors = iter([1.0, 1.0])
    loss = objectives.tv_loss
    monkeypatch.setattr(objectives, "tv_loss", lambda *args: loss(*args) * next(factors, float("nan")))
    done = run(capsys, "paint", "cat", "swirls", "-o", "out.png", *SMALL)
    assert done.code == 1
    assert re.search(r"^course: error: the loss 'tv' is not finite after step [12]; lower", done.err, re.MULTILINE)
    assert picture("out.png").size == (32, 21)


def test_an_unfinished_picture_does_not_replace_a_finished_one(capsys, tmp_path):
    run(capsys, "paint", "cat", "swirls", "-o", "out.png", *SMALL, "--strip", "strip.png")
    finished = {name: (tmp_path / name).read_bytes() for name in ("out.png", "strip.png")}
    arguments = ("--optimiser", "adam", "--learning-rate", "50", "--strip", "strip.png")
    done = run(capsys, "paint", "cat", "swirls", "-o", "out.png", *SMALL, *arguments)
    assert done.code == 1
    assert "is in out-stopped.png, beside its content and style in strip-stopped.png." in done.out
    assert picture("out-stopped.png").size == (32, 21)
    assert finished == {name: (tmp_path / name).read_bytes() for name in finished}


def test_weights_beyond_all_measure(capsys, tmp_path):
    done = run(capsys, "paint", "cat", "swirls", "-o", str(tmp_path / "out.png"), *SMALL, "--beta", "1e300")
    assert done.code == 1
    assert re.search("the (sum|gradient) is not finite at the start; lower the weights", done.err)
    assert not (tmp_path / "out.png").exists()


def test_a_learning_rate_beyond_all_measure(capsys):
    arguments = ("--optimiser", "adam", "--learning-rate", "50")
    done = run(capsys, "paint", "cat", "swirls", "-o", "out.png", *SMALL, *arguments)
    assert done.code == 1
    assert "course: error: the picture runs away, far beyond [0, 1], after step 1; lower the weights or the" in done.err
    assert picture("out.png").size == (32, 21)


@pytest.mark.filterwarnings("default")
def test_too_little_memory_is_said_before(capsys, monkeypatch):
    """The system would end the process without a word."""
    quarter = SimpleNamespace(available=32 * 21 * painter.MEMORY_OF_A_PIXEL / 4, total=1e9)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: quarter)
    done = run(capsys, "paint", "cat", "swirls", "-o", "out.png", *SMALL)
    first, *others = done.err.splitlines()
    assert re.match(r"course: warning: 32 x 21 pixels need about \S+ GB of memory, \S+ GB are free; ", first)
    assert first.endswith("choose --size 16 or less")
    assert done.code == 0 and not any("warning" in line for line in others)


@pytest.mark.filterwarnings("default")
def test_warnings_are_one_line_without_code(capsys):
    random_picture(0, 32, 32).save("me.png", exif=b"Exif\0\0not TIFF at all")
    done = run(capsys, "paint", "me.png", "swirls", "-o", "out.png", *SMALL)
    assert done.code == 0
    assert re.match(r"course: warning: the EXIF data in 'me\.png' is broken and is ignored .*\n.*100%", done.err)


# ---- the installed command -------------------------------------------------------------------------------------------


def test_the_command_in_a_terminal_that_knows_ascii_only(tmp_path):
    random_picture(0, 40, 40).save("Käse 猫.png")
    done = command("paint", "Käse 猫.png", "swirls", "-o", "out.png", *SMALL, PYTHONIOENCODING="ascii")
    assert (done.code, picture("out.png").size) == (0, (32, 32))
    assert r"Painting K\xe4se \u732b.png in the style of swirls" in done.out
    assert "Traceback" not in done.err


def test_the_command_refuses_in_one_line(tmp_path):
    done = command("paint", "cat", "swirl", "-o", "out.png")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("course: error: 'swirl' is neither") and done.err.count("\n") == 1
    assert os.listdir(tmp_path) == []


@posix
class TestInterrupted:
    """Ctrl-C, as a terminal sends it."""

    def test_while_painting(self, tmp_path, start):
        process = start("--size", "96", "--steps", "100000", "--save-every", "2", words=[installed()])
        end = time.monotonic() + 60
        while not (tmp_path / "out-0004.png").exists() and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        step = re.search(r"Stopped after step (\d+) of 100000; what there is is in out\.png\.", out)
        assert int(step[1]) >= 4
        assert picture("out.png").size == (96, 64)
        assert "Traceback" not in err

    def test_before_the_first_step(self, tmp_path, start):
        """It takes long enough: as the only step it is of full size."""
        process = start("--size", "320", "--steps", "1")
        assert "Painting" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert err.endswith("Nothing was painted yet, so nothing is saved.\nStopped.\n")
        assert "Traceback" not in err
        assert os.listdir(tmp_path) == []


@posix
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_early_is_no_error(unbuffered):
    """As in `course gallery | head -1`, which breaks the pipe at some line or at the end."""
    process = subprocess.Popen(
        [installed(), "gallery"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment() | {"PYTHONUNBUFFERED": unbuffered},
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 1


def test_stopped_anywhere_else(capsys, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(gallery, "load", stop)
    done = run(capsys, "paint", "cat", "swirls", "-o", "out.png")
    assert (done.code, done.err) == (130, "Stopped.\n")


def test_a_missing_package_is_named():
    code = "import sys; sys.modules['torch'] = None; from course.cli import main; sys.exit(main({!r}))"
    done = python(code.format(["paint", "cat", "swirls", "-o", "x.png"]))
    assert done.code == 1
    assert done.err == "course: error: the package torch is missing; in the project's folder: pip install -e .\n"
