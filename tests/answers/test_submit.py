"""`course submit` as students run it: the real command, on the folder that `course release` writes and nothing else."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile

import psutil
import pytest

from classroom.chapters.source import ROOT
from classroom.collect.submissions import find
from course.answers.remote import Timeouts
from course.cli import main
from course.submit.local import LocalProcess
from course.submit.packing import NotebookFile
from course.submit.progress import look_at, report
from tests.answers._student import BORROW, CRASH, LOOP, solutions, write
from tests.cli._cli import command, environment

COMMAND = "import sys, course.cli; sys.exit(course.cli.main(sys.argv[1:]))"
RIGHT = solutions("00_start_here")
WRONG = RIGHT["to_image"].replace(".round()", "")
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")


@pytest.fixture(autouse=True)
def a_wide_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "110")


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("released") / "bundle"
    done = command("release", folder)
    assert done.code == 0, done.err
    return folder


@pytest.fixture
def home(handed_out, tmp_path):
    """A student's copy; the course of this clone is nowhere near."""
    shutil.copytree(handed_out, tmp_path / "home")
    return tmp_path / "home"


def start(home, *arguments, **options):
    line = [sys.executable, "-P", "-c", COMMAND] if sys.version_info >= (3, 11) else [sys.executable, "-c", COMMAND]
    own = {**environment(), "PYTHONPATH": str(home), "PYTHONIOENCODING": "utf-8", "COLUMNS": "110"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    return subprocess.Popen([*line, "submit", *arguments], cwd=home, env=own, **pipes, **options)


def test_a_students_evening(home):
    """Some right, some wrong, a notebook that was cut off, one of the student's own; all chapters else untouched."""
    assert RIGHT["to_image"] != WRONG
    noisy = RIGHT["to_tensor"].replace("\n    return", '\n    print("LOUD")\n    return')
    start_here = write(home / "notebooks" / "00_start_here.ipynb", words="Rounding \N{SEE-NO-EVIL MONKEY}",
                       to_tensor=noisy, to_image=WRONG, normalise=BORROW)  # fmt: skip
    cut_off = home / "notebooks" / "04_textures.ipynb"
    cut_off.write_bytes(cut_off.read_bytes()[:5000])
    scratch = home / "notebooks" / "scratch.ipynb"
    scratch.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    ago = time.time() - 9000
    os.utime(start_here, (ago, ago))

    process = start(home, "--student", "Zoë Ünal")
    out, err = process.communicate(timeout=240)
    assert (process.returncode, err) == (0, "")
    assert "LOUD" not in out
    lines = iter(out.splitlines())
    for expected in (
        "Chapter 0 · Start here (00_start_here.ipynb, saved 2 hours ago)",
        "  to_tensor    2 of 2  right",
        "  to_image     0 of 2  wrong",
        "      ✗ to_image: ",
        "        Read: section ",
        "  normalise    0 of 2  borrowed: no points until you write your own",
        "  denormalise  0 of 2  not written yet",
        "  why_floats     of 2  answered in words, marked by hand",
        "  So far 2 of 8 points for the checks. Further tests, when it is graded: 4 points.",
        "04_textures.ipynb, saved ",
        "  CANNOT BE READ: it is not JSON",
        "Not begun, so left out (what you handed in earlier is not replaced): 01_vgg.ipynb, 02_",
        "No chapters of the course, so left out: scratch.ipynb.",
        f"  {home / 'submission.zip'}",
    ):
        assert any(line.startswith(expected) for line in lines), f"{expected!r} is missing, or comes too early:\n{out}"

    (home / "inbox").mkdir()
    shutil.move(home / "submission.zip", home / "inbox" / "submission.zip")
    (submission,) = find(home / "inbox", ["00_start_here", "04_textures"])
    assert (submission.name, submission.notes) == ("submission", ())
    handed = {one.name.rpartition("/")[2]: one.data for one in submission.files}
    assert handed == {path.name: path.read_bytes() for path in (start_here, cut_off)}


def test_what_is_not_handed_in_is_not_there_when_it_is_tried(home):
    """A student's own module, in the folder where the command runs: the grader will not have it either."""
    (home / "my_helpers.py").write_text(f"import numpy as np, torch\n{RIGHT['to_tensor']}\nlevels = 256")
    write(home / "notebooks" / "00_start_here.ipynb", to_tensor="from my_helpers import to_tensor",
          to_image=f"import my_helpers as m\n{RIGHT['to_image'].replace('255', '(m.levels - 1)')}",
          normalise=RIGHT["normalise"])  # fmt: skip
    out, _ = start(home, os.path.join("notebooks", "00_start_here.ipynb")).communicate(timeout=240)
    said = " ".join(out.split())
    assert "to_tensor 0 of 2 wrong ✗ to_tensor: it stopped at line 1 of its cell" in said, out
    assert "with NameError: name 'm' is not defined (No module named 'my_helpers')" in said, out
    assert said.count("Only the notebook is handed in, and only the course's packages are there") == 2
    assert "normalise 2 of 2 right" in said


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (["pipe"], "since it is no file that could be read: pipe.ipynb."),
        (["folder"], "since it is no file that could be read: folder.ipynb."),
        (["link"], "since it is no file that could be read: link.ipynb."),
        (["circle"], "since it is no file that could be read: circle.ipynb."),
        (["pipe", "circle", "folder"], "since they are no files that could be read: circle.ipynb, folder.ipynb, pipe"),
    ],
)
def test_what_is_called_like_a_notebook_and_is_no_file_is_left_alone(capsys, monkeypatch, tmp_path, odd, said):
    """Nobody writes to such a pipe: to open it is to wait for ever."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / "00_start_here.ipynb", tmp_path / "notebooks")
    write(tmp_path / "notebooks" / "00_start_here.ipynb", normalise=RIGHT["normalise"])
    (tmp_path / "notebooks" / "._00_start_here.ipynb").write_bytes(b"\0\5\x16\7Mac OS X")
    for name in odd:
        path = tmp_path / "notebooks" / f"{name}.ipynb"
        {"pipe": os.mkfifo, "folder": os.mkdir, "link": lambda one: one.symlink_to("nowhere"),
         "circle": lambda one: one.symlink_to(one)}[name](path)  # fmt: skip
    assert main(["submit", "--quick"]) == 0
    out = capsys.readouterr().out
    assert f"Left alone, {said}" in out and "Mac" not in out and "._" not in out
    with zipfile.ZipFile("submission.zip") as packed:
        assert packed.namelist() == ["00_start_here.ipynb", "manifest.json"]
    assert main(["submit", f"notebooks/{odd[0]}.ipynb"]) == 2


def test_names_are_told_in_one_line(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").mkdir()
    for name in ("a\nb\x1b[2J.ipynb", "00.ipynb"):
        shutil.copy(ROOT / "notebooks" / "00_start_here.ipynb", tmp_path / "notebooks" / name)
        write(tmp_path / "notebooks" / name, normalise=RIGHT["normalise"])
    assert main(["submit", "--quick"]) == 0
    out = capsys.readouterr().out
    assert "a\\nb\\x1b[2J.ipynb, saved just now" in out and "\x1b" not in out and "a\nb" not in out


def test_what_is_gone_or_not_run_earns_nothing(home):
    path = write(home / "notebooks" / "00_start_here.ipynb", normalise=f"%%bash\n{RIGHT['normalise']}")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    kept = [one for one in notebook["cells"] if one["id"] != "00-to_tensor"]
    next(one for one in kept if one["id"] == "00-denormalise")["cell_type"] = "raw"
    path.write_text(json.dumps({**notebook, "cells": kept}), encoding="utf-8")
    process = LocalProcess()
    try:
        lines = list(report(look_at(NotebookFile(path.name, path.read_bytes(), 0.0)), process))
    finally:
        process.close()
    assert [line for line in lines[1:] if "it stands" in line or not line.startswith("     ")] == [
        "  to_tensor      of 2  its cell is gone",
        "  to_image     0 of 2  not written yet",
        "  normalise    0 of 2  wrong",
        "      ✗ normalise: it stands under %%bash, so it is never defined.",
        "  denormalise  0 of 2  not written yet",
        "      ✗ denormalise: it stands in a raw cell, so it is never defined.",
        "  why_floats     of 2  no answer in words yet",
        "  So far 0 of 8 points for the checks. Further tests, when it is graded: 4 points.",
        "  Where a cell is gone, copy it from the notebook as it was handed out to you, paste it here, do what it asks",
        "    for, and save.",
    ]


@posix
def test_ctrl_c_leaves_nothing(home):
    """As a terminal sends it: to the command and to the process of the answers."""
    looping = LOOP.replace("while", 'open("running", "w").close()\n    while')
    write(home / "notebooks" / "00_start_here.ipynb", to_tensor=looping)
    before = set(os.listdir(home))
    # A shell starts what runs in the background deaf to Ctrl-C, and its children inherit that.
    process = start(home, start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    late = time.monotonic() + 120
    while not (home / "running").exists():
        assert process.poll() is None and time.monotonic() < late, process.communicate()
        time.sleep(0.05)
    others = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "Stopped.\n")
    assert not psutil.wait_procs(others, timeout=20)[1]
    assert set(os.listdir(home)) == {*before, "running"}


def test_what_is_too_slow_for_a_grader_is_told(home, monkeypatch):
    """We wait longer than a grader does, who may have the faster machine. One slow call is enough."""
    monkeypatch.setattr("course.submit.progress.GRADERS", Timeouts(4, 60))
    once = "import time\n    time.sleep(0 if vars(to_image) else 4.2)\n    to_image.called = True"
    slow = RIGHT["to_image"].replace("\n    return", f"\n    {once}\n    return")
    path = write(home / "notebooks" / "00_start_here.ipynb", to_tensor=RIGHT["to_tensor"], to_image=slow)
    process = LocalProcess()
    try:
        lines = list(report(look_at(NotebookFile(path.name, path.read_bytes(), 0.0)), process))
    finally:
        process.close()
    assert lines[1:3] == ["  to_tensor    2 of 2  right", "  to_image     2 of 2  right"]
    assert lines[3].startswith("      It is slow on this machine: when it is graded, a call may take 20 seconds, and")
    assert sum("It is slow" in line for line in lines) == 1


def test_what_hangs_or_crashes_ends_alone(home, monkeypatch):
    """The next exercise gets a fresh process; exercises that behave share one."""
    started = []
    monkeypatch.setattr(LocalProcess, "_start", lambda self, real=LocalProcess._start: (started.append(1), real(self)))
    path = write(home / "notebooks" / "00_start_here.ipynb", to_tensor=RIGHT["to_tensor"], to_image=LOOP,
                 normalise=RIGHT["normalise"], denormalise=CRASH)  # fmt: skip
    process = LocalProcess()
    try:
        lines = list(report(look_at(NotebookFile(path.name, path.read_bytes(), 0.0)), process, Timeouts(8, 60)))
    finally:
        process.close()
    assert [line for line in lines[1:] if not line.startswith("   ")] == [
        "  to_tensor    2 of 2  right",
        "  to_image     0 of 2  does not come to an end",
        "  normalise    2 of 2  right",
        "  denormalise  0 of 2  brought Python down",
        "  why_floats     of 2  no answer in words yet",
        "  So far 4 of 8 points for the checks. Further tests, when it is graded: 4 points.",
    ]
    assert "      When it was tried, it did not come to an end within 8 seconds." in lines
    assert "      When it was tried, it brought Python down (exit code 7)." in lines
    assert len(started) == 2
