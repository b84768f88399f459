"""Runs students' functions where they can do no harm: in bubblewrap, each in a further confinement of its own.

    grader (values and comparisons)  <- a socket ->  child: one answer (`course.answers.serve`)
         |                                              ^ forked, confined (`classroom.sandbox.confine`)
         `--- control socket --- bubblewrap: fork_server (`classroom.sandbox.forkserver`)

What an answer may take is limited by a control group (`classroom.sandbox.cgroups`), which it enters first of all; where
none can be had, by the limits of each process, and by the fork server, which counts.

bubblewrap gives: no network, no other process, only Python, its packages and the students' copy of the course to
read, and nothing to write. Its root user has no rights outside of the sandbox. See bwrap(1).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from classroom.sandbox import cgroups, turns
from classroom.sandbox.confine import SCRATCH, Limits
from course.answers import frames
from course.errors import InputError

START_SECONDS = 300.0  # importing torch takes 2 to 10; a machine under load gets much more
PROJECT = Path(__file__).resolve().parents[2]  # with solutions and hidden tests
INSIDE = "/edition"  # where that copy is mounted in the sandbox
FIRST_UID = 61_000  # whom children become if the grader is root: nobody, and a different nobody for each fork_server
USEFUL = {
    "CAP_SYS_PTRACE": 19,
    "CAP_SYS_NICE": 23,
}  # to count shared pages, and to let an answer's first process go first
HELP = (
    "grading runs what students wrote, and needs bubblewrap to run it safely. Debian, Ubuntu: apt install bubblewrap; "
    "Fedora: dnf install bubblewrap. On macOS and Windows use a Linux machine, WSL 2, or this project's "
    "Dockerfile. "
    "If you trust every student, --unsafe grades without it"
)
BY_GROUPS = "what an answer takes is counted by the kernel, in control groups (version {})"
BY_COUNTING = (
    "no control groups can be had here: each process of an answer is limited, and what it takes is counted ten times a "
    "second"
)
LEAST_WAITED = 0.05  # seconds; everybody waits for a processor now and then
MORE_PATIENCE = 3.0  # how many times its seconds an answer gets by the clock, if others have the processors


def check_sandbox() -> None:
    """Makes sure that bubblewrap is installed and permitted to work here.

    Raises:
        InputError: if not, with what to do.
    """
    if not sys.platform.startswith("linux") or shutil.which("bwrap") is None:
        raise InputError(HELP)
    done = subprocess.run(
        [*_isolation_arguments(), "--ro-bind", "/", "/", "true"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise InputError(f"bubblewrap does not work here ({done.stderr.strip()}); {HELP}")


def limits_told() -> str:
    """How answers are limited on this machine, for those who read a report.

    Raises:
        InputError: if they cannot be run here at all, see `check_sandbox`.
    """
    check_sandbox()
    limits = Limits()
    group = cgroups.create(limits.memory, limits.processes)
    if group is not None:
        group.remove()
        return BY_GROUPS.format(group.version)
    version = cgroups.scope_version(limits.memory, limits.processes)
    return BY_COUNTING if version is None else BY_GROUPS.format(version)


class ForkServer:
    """The process from which students' answers are forked, one at a time.

    Args:
        edition: the folder with the students' copy of the course, see `classroom.sandbox.instrumented_course`.
        limits: what an answer may use.
        confined: False runs everything without a sandbox, with the rights of the instructor.

    Raises:
        InputError: if it does not start.
    """

    def __init__(self, edition: Path, limits: Limits, confined: bool = True) -> None:
        self.edition = edition
        if confined:
            refuse_shown(PROJECT)
        self._group = cgroups.create(limits.memory, limits.processes) if confined else None
        scope = cgroups.scope_command() if confined and self._group is None else []
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        uid = str(FIRST_UID + os.getpid() % 4000) if os.geteuid() == 0 else "-"
        arguments = [
            *(sys.executable, "-m", "classroom.sandbox.forkserver", str(theirs.fileno())),
            *("confined" if confined else "open", uid, str(limits.memory), str(limits.processes), str(limits.disk)),
        ]
        command = [*scope, *_isolation_arguments(), *_mounts(edition), "--", *arguments] if confined else arguments
        self._process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=_environment(INSIDE if confined else str(edition)),
            cwd=None if confined else edition,
        )  # fmt: skip
        theirs.close()
        self._control.settimeout(START_SECONDS)
        if self._control.recv(4096) != b"ready":
            assert self._process.stderr is not None
            said = self._process.stderr.read().decode(errors="replace").strip()
            self.close()
            raise InputError(f"the sandbox does not start: {said[-500:]}; {HELP}")
        if scope:
            self._group = cgroups.in_scope(self._process.pid, limits.memory, limits.processes)

    @property
    def group(self) -> cgroups.Cgroup | None:
        """The control group of its answers, if there is one."""
        return self._group

    def answer_process(self, alone: bool = False) -> AnswerProcess:
        """A fresh process for an answer. The one before must be closed.

        Args:
            alone: waits until no other answer is at work on this machine, and lets none begin until it is closed.
        """
        turn = turns.take(alone)
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        files = [theirs.fileno()]
        if self._group is not None:
            files.append(os.open(self._group.events, os.O_RDONLY))
            files += [os.open(door, os.O_WRONLY) for door in self._group.doors]
        socket.send_fds(self._control, [b"answer"], files)
        theirs.close()
        for one in files[1:]:
            os.close(one)
        return AnswerProcess(mine, self._control, turn)

    def close(self) -> None:
        """Ends it, and all that runs in it."""
        self._control.close()
        if self._process.stderr is not None:
            self._process.stderr.close()
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        if self._group is not None:
            self._group.remove()

    def __enter__(self) -> ForkServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AnswerProcess:
    """The process of one answer: a `course.answers.remote.RemoteProcess`."""

    def __init__(self, channel: socket.socket, control: socket.socket, turn: turns.Turn) -> None:
        self._channel = channel
        self._control = control
        self._turn = turn
        self._late = self._last = 0.0  # of the clock; the latter whatever happens
        self._forgiven = 0.0  # seconds that it waited for a processor, and got later
        self._ended: tuple[int, bool] | None = None

    def send(self, message: tuple[Any, ...], seconds: float) -> None:
        """See `RemoteProcess.send`."""
        self._channel.settimeout(max(0.001, seconds))
        self._channel.sendall(frames.encode(message))

    def receive(self, seconds: float, bounds: frames.Bounds) -> Any:
        """See `RemoteProcess.receive`."""
        now = time.monotonic()
        self._late, self._last = now + seconds, now + MORE_PATIENCE * seconds
        return frames.read(self._receive, bounds)

    def _receive(self, length: int) -> memoryview:
        room, filled = memoryview(bytearray(length)), 0
        while filled < length:
            self._channel.settimeout(max(0.001, self._late - time.monotonic()))
            try:
                count = self._channel.recv_into(room[filled:])
            except TimeoutError:
                self._forgive()
                continue
            if not count:
                break
            filled += count
            if time.monotonic() > self._late:
                self._forgive()
        return room[:filled]

    def _forgive(self) -> None:
        """Adds the seconds that it waited for a processor to its time. Raises TimeoutError if there are none."""
        waited = self._waited()
        if waited - self._forgiven < LEAST_WAITED or self._late >= self._last:
            raise TimeoutError
        self._late = min(time.monotonic() + waited - self._forgiven, self._last)
        self._forgiven = waited

    def _waited(self) -> float:
        if self._ended is None:
            said = self._said(b"waited")
            if "waited" in said:
                return float(said["waited"])
            self._ended = int(said["exit"]), bool(said["out_of_memory"])
        return 0.0

    def _said(self, to: bytes) -> dict[str, Any]:
        self._control.send(to)
        self._control.settimeout(START_SECONDS)
        said: dict[str, Any] = json.loads(self._control.recv(4096))
        return said

    def close(self) -> tuple[int, bool]:
        """See `RemoteProcess.close`."""
        self._channel.close()
        try:
            if self._ended is None:
                said = self._said(b"clear")
                self._ended = int(said["exit"]), bool(said["out_of_memory"])
        finally:
            self._turn.end()
        return self._ended


def _isolation_arguments() -> list[str]:
    """bubblewrap, with nothing to see yet. Only the fork server keeps what it needs to confine its children further."""
    keep = ["CAP_SYS_ADMIN", "CAP_SETPCAP"]
    walls = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    walls += ["--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    if os.geteuid() == 0:
        keep += ["CAP_SETUID", "CAP_SETGID", "CAP_KILL", *(name for name, bit in USEFUL.items() if _may(bit))]
    else:
        keep += ["CAP_SYS_PTRACE"]
        walls += ["--unshare-user", "--uid", "0", "--gid", "0"]
    return walls + [word for capability in keep for word in ("--cap-add", capability)]


def _may(capability: int) -> bool:
    """Whether this process has a capability: root in a container has only some."""
    with open("/proc/self/status", encoding="ascii") as status:
        (held,) = (int(line.split()[1], 16) for line in status if line.startswith("CapEff:"))
    return bool(held >> capability & 1)


def _mounts(edition: Path) -> list[str]:
    """The mounts of the sandbox: the system's libraries, Python with its packages, and the course. Read-only."""
    words = ["--perms", "0755", "--size", "1000000", "--tmpfs", SCRATCH, "--proc", "/proc", "--dev", "/dev"]
    for folder in ("/lib", "/lib64", "/bin", "/sbin"):
        if Path(folder).is_symlink():
            words += ["--symlink", os.readlink(folder), folder]
        elif Path(folder).exists():
            words += ["--ro-bind", folder, folder]
    shown = _shown()
    made = {Path("/"), Path("/usr")}
    for folder in shown:
        for parent in reversed(Path(folder).parents):
            words += [] if parent in made else ["--perms", "0755", "--dir", str(parent)]
            made.add(parent)
        words += ["--ro-bind", folder, folder]
    words += ["--ro-bind", str(edition), INSIDE]
    return [*words, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", INSIDE]


def _shown() -> list[str]:
    """The files and folders of this machine that answers can read, but for the few that `_mounts` names."""
    wanted = (
        "/etc/ld.so.cache",
        "/etc/alternatives",
        "/sys/devices/system/cpu",
    )  # torch asks what the processor can do
    shown = ["/usr", *(name for name in wanted if Path(name).exists())]
    for folder in (sys.base_prefix, sys.prefix, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        if not any(Path(folder).is_relative_to(other) for other in shown):
            shown.append(folder)
    return shown


def refuse_shown(*folders: Path) -> None:
    """Makes sure that answers cannot read what lies there: solutions, hidden tests, what others handed in.

    Raises:
        InputError: if they could.
    """
    for folder in folders:
        for around in _shown():
            if folder.resolve().is_relative_to(Path(around).resolve()):
                raise InputError(
                    f"'{folder}' lies in '{around}', which students' answers can read, for Python or the system is "
                    "there; move it to another place, or install Python's packages into a folder of their own"
                )


def _environment(edition: str) -> dict[str, str]:
    """The sandbox's variables: of the grader's own, which may hold secrets, only the paths of its libraries."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "LANG") if name in os.environ}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return {
        **kept, **threads, "PYTHONPATH": edition, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0",
        "PATH": "/usr/bin:/bin", "HOME": SCRATCH, "TMPDIR": SCRATCH, "MPLCONFIGDIR": SCRATCH, "MPLBACKEND": "agg",
    }  # fmt: skip
