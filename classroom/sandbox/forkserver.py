"""Starts Python and torch once, and forks a confined process for each answer. Runs inside of bubblewrap.

``python -m classroom.sandbox.forkserver FD`` with FD a socket on which `classroom.sandbox.client` says what to do::

    "answer", with a socket     -> a child is forked that serves that socket (`course.answers.serve`); one at a time.
                                   If there is a control group: also its file of events, and the files to enter it
    "waited"                  -> {"waited": seconds that the child was ready and others had the processors}
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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import IPython.core.inputtransformer2  # noqa: F401  # reads cells, see course.answers.plain_python
import torch

import course.check  # noqa: F401  # all that a child needs is imported before it is forked
from classroom.sandbox import memory
from classroom.sandbox.confine import Confinement, Limits
from classroom.sandbox.disable_reference import disable_reference
from classroom.sandbox.private_prober import private_modules
from course.answers import serve

DISABLED = (
    ".disabled"  # a folder in the instrumented course: files that children see in place of those of the same names
)
TICKS = os.sysconf("SC_CLK_TCK")  # a second, in which the kernel counts a process's work
WATCHED = 0.1  # seconds between two looks at the memory
SIGKILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Options:
    """The owner's options for a fork server.

    Attributes:
        confined: whether children are confined; False only with the instructor's ``--unsafe``.
        uid: whom children become, see `Confinement.shut`.
        limits: what a child may use.
    """

    confined: bool
    uid: int | None
    limits: Limits


def main(control: socket.socket, options: Options) -> None:
    """Carries out the commands that come on a socket, until it is closed."""
    torch.set_num_threads(1)
    torch.optim.LBFGS([torch.zeros(1, requires_grad=True)])  # the first optimiser loads half of torch, for seconds
    torch.zeros(1).half().float()  # the first time, torch looks into /proc, which children do not see
    private_modules()
    gc.freeze()  # children leave alone what was there before them, so that it need not be copied for them
    confinement = Confinement() if options.confined else None
    before = memory.held([os.getpid()])
    control.send(b"ready")
    while True:
        said, descriptors, _, _ = socket.recv_fds(control, 16, 8)
        if not said:
            return
        if said != b"answer":  # for a child that has ended by itself in that moment
            continue
        channel, *group = descriptors
        child = _fork(confinement, options, channel, group[1:], control)
        os.close(channel)
        watched = group[0] if group else None
        control.send(json.dumps(_watch(child, control, options, watched, before)).encode())
        for one in group:
            os.close(one)


def _fork(
    confinement: Confinement | None, options: Options, channel: int, doors: Sequence[int], control: socket.socket
) -> int:
    pid = confinement.fork() if confinement else os.fork()
    if pid:
        return pid
    try:
        for door in doors:
            os.write(door, b"0")
        control.close()
        _only(channel)
        os.setsid()  # without control groups processors are shared out among sessions
        if confinement:
            confinement.shut(options.limits, options.uid, _overlays())
        _serve(socket.socket(fileno=channel))
    except private_modules()["course.answers.frames"].FrameError:
        os._exit(3)
    except BaseException:
        os._exit(4)
    os._exit(0)


def _overlays() -> dict[str, str]:
    """The files that children see in place of others: path -> path."""
    found = (os.path.join(folder, name) for folder, _, names in os.walk(DISABLED) for name in names)
    return {path: os.path.relpath(path, DISABLED) for path in found}


def _only(descriptor: int) -> None:
    """Closes every file but one; whatever is printed is discarded."""
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


def _watch(child: int, control: socket.socket, options: Options, events: int | None, before: int) -> dict[str, object]:
    """Waits for the end of a child, kills it on command or if it takes too much, and reports how it ended.

    Args:
        child: its number.
        control: see above.
        options: see `main`.
        events: the open file of its control group's events, if it has one.
        before: bytes that this process held when it was forked.
    """
    ended: int = os.pidfd_open(child)
    killed_before = memory.kills(events) if events is not None else 0

    def all_of_it() -> list[int]:
        return memory.others() if options.confined else [child]

    def too_much() -> bool:
        if events is not None:
            return memory.kills(events) > killed_before
        return memory.is_over(all_of_it(), before, options.limits.memory)

    is_out_of_memory = is_killed = False
    try:
        while True:
            ready, _, _ = select.select([ended, control.fileno()], [], [], WATCHED)
            if ended in ready:
                break
            if ready and control.recv(16) == b"waited":
                control.send(json.dumps({"waited": waited(child, all_of_it())}).encode())
                continue
            is_out_of_memory = not ready and too_much()
            if ready or is_out_of_memory:  # "clear", or the owner is gone, or it takes too much
                is_killed = True
                _kill(child)
                break
    finally:
        os.close(ended)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if not is_killed:  # nobody inside can kill it: that was the kernel, for want of memory
        is_out_of_memory = code == SIGKILLED or (events is not None and too_much())
    return {"exit": code, "out_of_memory": is_out_of_memory}


def waited(child: int, processes: Iterable[int]) -> float:
    """Seconds in which a child's first thread was ready to run, and others had the processors.

    Args:
        child: its number.
        processes: it, and all that it has started. What these took is no reason to wait for it longer.
    """
    try:
        with open(f"/proc/{child}/schedstat", encoding="ascii") as found:  # see the kernel's sched-stats.rst
            ran, stood = (int(number) / 1e9 for number in found.read().split()[:2])
    except (FileNotFoundError, ProcessLookupError, ValueError):  # it has ended, or the kernel does not keep the books
        return 0.0
    return max(0.0, stood - (sum(map(_worked, processes)) - ran))


def _worked(process: int) -> float:
    """Seconds of the processors that a process has taken, with all its threads, and with what it started and ended."""
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as found:
            fields = found.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


def _kill(child: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # confined: it takes all that it started along
        os.killpg(child, signal.SIGKILL)  # unconfined: at least those that stayed in its group
    os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    descriptor, confined, uid, *numbers = sys.argv[1:]
    main(
        socket.socket(fileno=int(descriptor)),
        Options(confined == "confined", int(uid) if uid.isdigit() else None, Limits(*map(int, numbers))),
    )
