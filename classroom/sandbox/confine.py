"""Confines a process for good: what it can see, where it can write, and how much it can use. Linux only.

`classroom.sandbox.client` starts one process inside of bubblewrap: no network, read-only files, a user of its own.
That process forks one child for each answer, and the child confines itself once more before it runs anything of a
student: with process numbers, files, messages and a network of its own, so that two answers cannot meet, and so that
all that an answer started is gone when the child is. See namespaces(7), user_namespaces(7), capabilities(7), and what
it may ask the kernel for in `classroom.sandbox.syscalls`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
from collections.abc import Mapping
from dataclasses import dataclass

from classroom.sandbox.syscalls import refuse_system_calls

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 0x1, 0x2, 0x4, 0x8, 0x1000, 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38
SIGKILL = 9
LINUX_CAPABILITY_VERSION_3 = 0x20080522
CAPABILITIES = 64
FIRST = -5  # nice(2) of an answer's first process

SCRATCH = "/scratch"  # the only folder that can be written to, another one for each child


@dataclass(frozen=True)
class Limits:
    """The limits of what an answer may use.

    Attributes:
        memory: bytes beyond what Python and torch hold already, for each process, and for all together.
        processes: and threads, of all together; an answer needs one, and torch's own threads are not used here.
        disk: bytes in `SCRATCH`, which is gone afterwards.
    """

    memory: int = 2 * 2**30
    processes: int = 8
    disk: int = 32 * 2**20


class Confinement:
    """Forks children into process numbers of their own, again and again."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def fork(self) -> int:
        """As `os.fork`, but the child is the first of its process numbers: when it dies, all others there die.

        Raises:
            OSError: if this process is not permitted to.
        """
        self._call("unshare", CLONE_NEWPID)
        pid = os.fork()
        if pid:
            self._call("setns", self._own, CLONE_NEWPID)
        return pid

    def shut(self, limits: Limits, uid: int | None, covers: Mapping[str, str]) -> None:
        """To be called in the child: from here on it can do no harm. There is no way back.

        Args:
            limits: what it may use.
            uid: user and group to become; None to stay who it is, if there is nobody else to become.
            covers: files that are to be seen in place of others: path -> the other's path.

        Raises:
            OSError: if a part of this is not allowed here.
        """
        self._call("prctl", PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
        data, everything = _mapped_bytes()
        self._call("unshare", CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET)
        self._call("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)
        for path, other in covers.items():
            self._call("mount", path.encode(), other.encode(), None, MS_BIND, None)
        self._mount(SCRATCH, f"size={limits.disk},nr_inodes=1000,mode=1777", 0)
        self._mount("/proc", "size=4k,mode=0555", MS_RDONLY)
        self._mount("/dev/shm", "size=4k,mode=0555", MS_RDONLY)
        os.chdir(SCRATCH)
        for kind, most in (
            (resource.RLIMIT_DATA, data + limits.memory),
            (resource.RLIMIT_AS, everything + limits.memory),  # the tables of pages that are only read are counted so
            (resource.RLIMIT_FSIZE, limits.disk),
            (resource.RLIMIT_NPROC, limits.processes),
            (resource.RLIMIT_NOFILE, 64),  # what waits in sockets and pipes is counted nowhere else
            (resource.RLIMIT_MEMLOCK, 0),
            (resource.RLIMIT_MSGQUEUE, 0),
            (resource.RLIMIT_SIGPENDING, 256),
            (resource.RLIMIT_RTPRIO, 0),
            (resource.RLIMIT_NICE, 0),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(kind, (most, most))
        with contextlib.suppress(PermissionError):  # only root may, and not everywhere
            _go_first()
        self._become(uid)

    def _become(self, uid: int | None) -> None:
        """Drops every privilege: capabilities, the right to get them by starting a program, and root."""
        for capability in range(CAPABILITIES):
            if self._libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
                break  # this kernel knows no more
        if uid is not None:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
        self._call("capset", header, (ctypes.c_uint32 * 6)())
        self._call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        self._call("prctl", PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)  # a change of the user takes it back
        refuse_system_calls()

    def _mount(self, folder: str, options: str, flags: int) -> None:
        flags |= MS_NOSUID | MS_NODEV | MS_NOEXEC
        self._call("mount", b"tmpfs", folder.encode(), b"tmpfs", flags, options.encode())

    def _call(self, name: str, *arguments: object) -> None:
        if getattr(self._libc, name)(*arguments) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"{name}: {os.strerror(number)}")


def _go_first() -> None:
    """Lets this process go before others on this machine, but not what it starts: that is set back by the kernel."""
    os.sched_setscheduler(0, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))
    os.setpriority(os.PRIO_PROCESS, 0, FIRST)


def _mapped_bytes() -> tuple[int, int]:
    """How much memory this process has now, as RLIMIT_DATA counts it, and as RLIMIT_AS does."""
    with open("/proc/self/status", encoding="ascii") as status:
        found = dict(line.split(":", 1) for line in status)
    return int(found["VmData"].split()[0]) * 1024, int(found["VmSize"].split()[0]) * 1024
