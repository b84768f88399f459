"""Starts Python and torch once; every answer gets a fork of it, shut in by itself. Runs inside of bubblewrap.

``python -m classroom.sandbox.forkserver FD`` with FD a socket on which `classroom.sandbox.client` says what to do::

    "answer", with a socket     -> a child is forked that serves that socket (`course.answers.serve`); one at a time
    "clear"                   -> the child is killed, with all that it has started
    "ready", once; {"exit": ..., "out_of_memory": ...}   <- how a child ended, by itself or not

This process itself runs nothing of a student, reads nothing of a student, and no child can see it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
from dataclasses import dataclass

import IPython.core.inputtransformer2  # noqa: F401  # reads cells, see course.answers.plain_python
import torch

import course.check  # noqa: F401  # all that a child needs is imported before it is forked
from classroom.sandbox.confine import Confinement, Limits
from classroom.sandbox.disable_reference import disable_reference
from classroom.sandbox.private_prober import private_modules
from course.answers import serve

DISABLED = (
    ".disabled"  # a folder in the instrumented course: files that children see in place of those of the same names
)
WATCHED = 0.1  # seconds between two looks at the memory
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Options:
    """What the owner wants of a fork server.

    Attributes:
        confined: whether children are shut in; False only where the instructor said that it may be unsafe.
        uid: whom children become, see `Confinement.shut`.
        limits: what a child may use.
    """

    confined: bool
    uid: int | None
    limits: Limits


def main(control: socket.socket, options: Options) -> None:
    """Does what is said on a socket, until it is closed."""
    torch.set_num_threads(1)
    torch.optim.LBFGS([torch.zeros(1, requires_grad=True)])  # the first optimiser loads half of torch, for seconds
    torch.zeros(1).half().float()  # the first time, torch looks into /proc, which children do not see
    private_modules()
    gc.freeze()  # children leave alone what was there before them, so that it need not be copied for them
    confinement = Confinement() if options.confined else None
    control.send(b"ready")
    while True:
        said, descriptors, _, _ = socket.recv_fds(control, 16, 1)
        if not said:
            return
        if said != b"answer":  # "clear", for a child that has ended by itself in that moment
            continue
        child = _fork(confinement, options, descriptors[0], control)
        os.close(descriptors[0])
        control.send(json.dumps(_watch(child, control, options)).encode())


def _fork(confinement: Confinement | None, options: Options, descriptor: int, control: socket.socket) -> int:
    pid = confinement.fork() if confinement else os.fork()
    if pid:
        return pid
    try:
        control.close()
        _only(descriptor)
        if confinement:
            confinement.shut(options.limits, options.uid, _overlays())
        else:
            os.setsid()
        _serve(socket.socket(fileno=descriptor))
    except private_modules()["course.answers.frames"].FrameError:
        os._exit(3)
    except BaseException:
        os._exit(4)
    os._exit(0)


def _overlays() -> dict[str, str]:
    """What children see in place of what: path -> path."""
    found = (os.path.join(folder, name) for folder, _, names in os.walk(DISABLED) for name in names)
    return {path: os.path.relpath(path, DISABLED) for path in found}


def _only(descriptor: int) -> None:
    """Closes every file but one; what is printed goes nowhere."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") < 2**16 else 2**16)


def _serve(channel: socket.socket) -> None:
    stream, private = channel.makefile("rb"), private_modules()
    serve.report_to(channel.sendall)  # the course that students import tells by itself that it is called

    def take_away(exercise: str) -> None:
        disable_reference(exercise)
        private["classroom.sandbox.disable_reference"].disable_reference(exercise)

    read = private["course.answers.frames"].read
    private["course.answers.serve"].serve(lambda: read(stream.read), channel.sendall, before_define=take_away)


def _watch(child: int, control: socket.socket, options: Options) -> dict[str, object]:
    """Waits for the end of a child, kills it if that is said or if it takes too much, and tells how it ended."""
    ended: int = os.pidfd_open(child)
    too_much, mine = False, _resident(os.getpid())
    try:
        while True:
            ready, _, _ = select.select([ended, control.fileno()], [], [], WATCHED)
            if ended in ready:
                break
            if ready:
                control.recv(16)  # "clear", or the owner is gone
                _kill(child)
                break
            started = _others() if options.confined else [child]
            if sum(max(0, _resident(one) - mine) for one in started) > options.limits.memory:
                too_much = True
                _kill(child)
                break
    finally:
        os.close(ended)
    _, status = os.waitpid(child, 0)
    return {"exit": os.waitstatus_to_exitcode(status), "out_of_memory": too_much}


def _kill(child: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # confined: it leads no group, and takes all its children along
        os.killpg(child, signal.SIGKILL)  # unconfined: at least those that stayed in its group
    os.kill(child, signal.SIGKILL)


def _others() -> list[int]:
    """All processes here but this one and the first, which is bubblewrap's."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in (1, os.getpid())]


def _resident(process: int) -> int:
    """Bytes that a process holds by itself, and those that it still shares with the process it was forked from."""
    try:
        with open(f"/proc/{process}/statm", encoding="ascii") as statm:
            _, resident, shared, *_ = map(int, statm.read().split())
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return (resident - shared) * PAGE


if __name__ == "__main__":
    descriptor, confined, uid, *numbers = sys.argv[1:]
    main(
        socket.socket(fileno=int(descriptor)),
        Options(confined == "confined", int(uid) if uid.isdigit() else None, Limits(*map(int, numbers))),
    )
