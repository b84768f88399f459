"""Streams that are closed or full, a working folder that is gone, pipes in the place of files."""

import os
import shlex
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from course.cli import main
from course.cli import paint_picture as painter
from tests.answers._student import write
from tests.cli._cli import cached_vgg19, environment, installed, picture, refusal, run
from tests.course._pictures import random_picture
from tests.repo._repo import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no /dev and other shells")
SMALL = "--size 32 --steps 3 --weights slim"


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(painter, "vgg19", cached_vgg19)


def shell(line, command=None):
    """A line for bash, with COURSE for the command, which is the installed one if no other words are given."""
    line = line.replace("COURSE", shlex.join(command or [installed()]))
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, env=environment(), timeout=120, check=False
    )


# ---- output ----------------------------------------------------------------------------------------------------------


STREAMS = [">&- 2>&- <&-", ">/dev/full", "2>/dev/full", ">/dev/full 2>&1", "| true"]


@pytest.mark.parametrize("streams", STREAMS)
def test_a_painting_needs_nobody_to_be_told(streams, forked):
    # what Python makes of closed streams when it starts is seen only where it starts
    done = shell(f"COURSE paint cat swirls -o out.png {SMALL} {streams}", None if "-" in streams else forked)
    assert picture("out.png").size == (32, 21), done
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    if streams == ">/dev/full":
        assert done.returncode == 0 and "The painting is in out.png." in done.stderr


@pytest.mark.parametrize("streams", [*STREAMS, "| head -1", "2>&1 | head -1"])
def test_handing_in_needs_nobody_to_be_told(tmp_path, streams, forked):
    (tmp_path / "notebooks").mkdir()
    write(Path(shutil.copy(ROOT / "notebooks" / "00_start_here.ipynb", "notebooks")), words="Rounding.")
    done = shell(f"COURSE submit --quick {streams}", None if "-" in streams.split()[0] else forked)
    with zipfile.ZipFile("submission.zip") as packed:
        assert "00_start_here.ipynb" in " ".join(packed.namelist()), done
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    if streams == ">/dev/full":
        assert done.returncode == 0 and "One notebook is packed" in done.stderr


@pytest.mark.parametrize("what", ["gallery", "--help", "paint --help", "--version", "paint"])
@pytest.mark.parametrize("streams", [">/dev/full", ">&- 2>&-"])
def test_other_commands_say_in_one_line_what_cannot_be_printed(what, streams):
    done = shell(f"COURSE {what} {streams}")
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) <= 1
    if streams == ">/dev/full" and what != "paint":
        assert done.returncode == 1 and "cannot be written (No space left on device)" in lines[0]


# ---- the working folder ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["paint cat swirls -o out.png", "submit", "submit x.ipynb"])
def test_a_working_folder_that_is_gone_is_said_in_one_line(command):
    done = shell(f"mkdir gone; cd gone; rmdir ../gone; COURSE {command}")
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("shell-init")]
    assert line.startswith("course: error: ") and done.returncode == 2


# ---- pipes and devices -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "COURSE paint <(cat a.jpg) swirls -o p.png",
        "COURSE paint cat <(cat a.jpg) -o p.png",
        "COURSE paint <(cat a.jpg) <(cat a.jpg) -o p.png --strip s.png",
        "cat a.jpg | COURSE paint /dev/stdin swirls -o p.png",
        "COURSE paint /dev/stdin swirls -o p.png < a.jpg",
    ],
)
def test_a_pipe_is_read_once(line, forked):
    random_picture(0, 60, 90).save("a.jpg")
    done = shell(f"{line} {SMALL}", forked)
    assert done.returncode == 0, done.stderr
    assert picture("p.png").size[0] == 32


# What is in the place of a picture, and what is said of it.
NO_PICTURE = {
    "nothing in the pipe": ("<(true)", "nothing came out of the pipe"),
    "no picture in the pipe": ("<(echo hello)", "in no known picture format"),
    "one pipe twice": ("/dev/stdin", "one pipe, which can be read only once"),
    "device without an end": ("/dev/zero", "is a device, no file"),
    "device without a beginning": ("/dev/null", "is a device, no file"),
    "nothing": ("''", "an empty name is no picture"),
    "a blank": ("' '", "is neither a file nor a picture"),
}


@pytest.mark.parametrize(("name", "phrase"), NO_PICTURE.values(), ids=NO_PICTURE)
def test_what_is_said_of_it_is_true(name, phrase, forked):
    style = "/dev/stdin" if name == "/dev/stdin" else "swirls"
    done = shell(f"true | COURSE paint {name} {style} -o p.png {SMALL}", forked)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert phrase in line


def test_a_named_pipe(capsys):
    os.mkfifo("pipe.png")
    random_picture(0, 40, 40).save("a.png")

    def feed():
        with open("pipe.png", "wb") as pipe, open("a.png", "rb") as file:
            pipe.write(file.read())

    feeder = threading.Thread(target=feed)
    feeder.start()
    done = run(capsys, "paint", "pipe.png", "swirls", "-o", "p.png", *SMALL.split())
    feeder.join()
    assert done.code == 0 and picture("p.png").size == (32, 32)


def test_in_a_thread_there_are_no_signals_and_it_paints_all_the_same(capsys):
    codes = []
    arguments = ["paint", "cat", "swirls", "-o", "p.png", *SMALL.split()]
    thread = threading.Thread(target=lambda: codes.append(main(arguments)))
    thread.start()
    thread.join()
    assert codes == [0]


# ---- the package -----------------------------------------------------------------------------------------------------


def test_the_package_is_the_command():
    done = shell(f"{sys.executable} -m course gallery")
    assert done.returncode == 0 and "swirls" in done.stdout


def test_the_version(capsys):
    from importlib import metadata

    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"course {metadata.version('course')}\n"


def test_alone_it_prints_the_help(capsys):
    done = run(capsys)
    assert done.code == 0 and done.out.startswith("usage: course") and "paint" in done.out
    assert refusal(run(capsys, "pant")).count("\n") == 0
