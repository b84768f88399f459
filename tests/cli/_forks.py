"""The command `course` in processes of its own that need not import torch: forked from this one, which has done so.

``python -m tests.cli._forks FD`` with FD a socket to which `_launcher` connects. It ends when its stdin does.
"""

import fcntl
import gc
import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress

import course.cli.paint_picture  # noqa: F401
from course.cli import main

FAR = 500  # above the number of any file here


def serve(listener):
    """Forks; returns in a process that is to run the command, or when nobody is left who could ask for one."""
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            sys.exit()
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.detach()
            return attend(connection)
        connection.close()


def attend(connection):
    """Forks once more: here we wait for the other's end, and tell it; who is no longer there takes it along."""
    said, files, _, _ = socket.recv_fds(connection, 2**20, 64)
    process = os.fork()
    if process == 0:
        connection.detach()
        return become(json.loads(said), files)
    for one in files:
        os.close(one)
    connection.send(str(process).encode())
    ready, _, _ = select.select([connection, os.pidfd_open(process)], [], [])
    if connection in ready:
        os.kill(process, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    with suppress(OSError):
        connection.send(str(code).encode())
    os._exit(0)


def become(request, files):
    """Takes over the files, folder, environment, signals and arguments of who asked."""
    far = [fcntl.fcntl(one, fcntl.F_DUPFD, FAR) for one in files]
    os.closerange(0, FAR)
    for number, one in zip(request["files"], far, strict=True):
        os.dup2(one, number)
        os.close(one)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        usual = signal.default_int_handler if one == signal.SIGINT else signal.SIG_DFL
        signal.signal(one, signal.SIG_IGN if one in request["ignored"] else usual)
    sys.stdin = sys.__stdin__ = standard(0, "r")
    sys.stdout = sys.__stdout__ = standard(1, "w")
    sys.stderr = sys.__stderr__ = standard(2, "w", errors="backslashreplace")
    sys.argv = ["course", *request["arguments"]]


def standard(number, mode, **options):
    """A stream as Python makes it when it starts."""
    return open(number, mode, encoding="utf-8", closefd=False, **options)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
    sys.exit(main())
