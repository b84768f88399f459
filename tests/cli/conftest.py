"""Fixtures of the tests of the command line: the command in a process of its own, which is stopped in the end."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli._cli import environment, installed

LAUNCHER = Path(__file__).with_name("_launcher.py")


@pytest.fixture(scope="session")
def forked(tmp_path_factory):
    """What starts the command `course`, in words, so that torch is imported once for all tests and not by each."""
    if sys.platform != "linux":
        yield [installed()]
        return
    path = tmp_path_factory.mktemp("forks") / "socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        listener.listen()
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.cli._forks", str(listener.fileno())],
            stdin=subprocess.PIPE, pass_fds=[listener.fileno()], cwd=LAUNCHER.parents[2], env=environment(),
        )  # fmt: skip
    yield [sys.executable, "-I", "-S", str(LAUNCHER), str(path)]
    server.stdin.close()
    assert server.wait(60) == 0


@pytest.fixture
def start(forked):
    """Starts painting the cat in swirls; none outlives the test."""
    started = []

    def start(*options, ignored=(), words=forked, **streams):
        # A shell starts what runs in the background deaf to Ctrl-C, nohup deaf to SIGHUP, and children inherit that.
        listen = (
            "import os, sys\nfrom signal import *\n"
            f"for one in (1, 2): signal(one, SIG_IGN if one in {[*map(int, ignored)]} else SIG_DFL)\n"
            "os.execv(sys.argv[1], sys.argv[1:])"
        )
        command = [*words, "paint", "cat", "swirls", "-o", "out.png", *options]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
        process = subprocess.Popen([sys.executable, "-c", listen, *command], text=True, env=environment(), **streams)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        with process:  # its pipes are closed as well
            pass
