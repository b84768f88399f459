"""The processes in which the tests' `course` runs without importing torch anew: they are as the installed command's."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests.cli._cli import environment, installed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is the installed command itself")
LONG = ("--size", "64", "--steps", "100000", "--save-every", "2", "--weights", "slim")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("line", ["", "paint --help", "paint ~/cat.png swirls -o out.png", "gallery >/dev/full"])
def test_it_says_and_ends_as_the_installed_command(line, forked):
    own = environment() | {"HOME": os.getcwd(), "COLUMNS": "60"}
    here, there = (
        subprocess.run(f"{' '.join(words)} {line}", shell=True, input=b"", capture_output=True, env=own,
                       timeout=120, check=False)
        for words in ([installed()], forked)
    )  # fmt: skip
    assert (there.returncode, there.stdout, there.stderr) == (here.returncode, here.stdout, here.stderr)


def painting(process):
    """The process that paints, once it does."""
    late = time.monotonic() + 120
    while not os.path.exists("out-0002.png"):
        assert process.poll() is None and time.monotonic() < late
        time.sleep(0.02)
    (found,) = [one for one in psutil.process_iter(["cwd"]) if one.info["cwd"] == os.getcwd() and one.pid not in
                (os.getpid(), process.pid)]  # fmt: skip
    return found


def test_who_is_killed_takes_the_painting_along(start):
    process = start(*LONG)
    there = painting(process)
    process.kill()
    there.wait(60)


def test_a_painting_that_is_killed_is_told_as_that(start):
    process = start(*LONG)
    painting(process).kill()
    assert process.wait(60) == -signal.SIGKILL
