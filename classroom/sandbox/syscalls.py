"""The system calls that a process may and may not make, once `Confinement.shut` is done.

No namespaces: without any privilege a process may make itself a user namespace, mount a file system of its own there,
and fill the machine's memory with files. No memory that belongs to no process: memfd_create(2), shmget(2), shared
mappings, pages in a pipe. Nothing in which two answers could meet although they see no file that both can
write: sockets to beside the virtual machine, locks on and news of files that both can read. No other program, for each
starts with memory of its own. No session of its own: where there are no control groups, the kernel shares processors
out among sessions. A filter of system calls closes all this; see seccomp(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
ALLOW, REFUSE = 0x7FFF0000, 0x00050000  # to the latter the error's number is added
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # their offsets in the data that a filter sees: linux/seccomp.h
OTHER_NUMBERS = 0x40000000  # from here on x86-64 has the same calls under other numbers
NAMESPACES = 0x7E020000  # every CLONE_NEW...
MAP_SHARED = 0x01
FAMILIES = (1, 2, 10)  # of sockets: AF_UNIX, AF_INET and AF_INET6, which end in the process's own network
LOCKS = (5, 6, 7, 36, 37, 38, 1024, 1025, 1026)  # of fcntl: locks, leases, and being told of changes
EVERYWHERE = {
    "io_uring_setup": 425, "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432,
    "fspick": 433, "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442, "memfd_secret": 447,
    "cachestat": 451, "open_tree_attr": 467,
}  # fmt: skip


@dataclass(frozen=True)
class Machine:
    """The numbers of an architecture's system calls: those with conditions, and those that are refused."""

    audit: int
    clone: int
    mmap: int
    socket: int
    socketpair: int
    fcntl: int
    refused: dict[str, int]


CLONE3 = 435  # everywhere; its flags lie where a filter cannot look, so it "does not exist", and libc takes clone
MACHINES = {
    "x86_64": Machine(0xC000003E, 56, 9, 41, 53, 72, {
        "mincore": 27, "shmget": 29, "execve": 59, "semget": 64, "msgget": 68, "flock": 73, "ptrace": 101,
        "setsid": 112, "pivot_root": 155, "chroot": 161, "mount": 165, "umount2": 166, "readahead": 187,
        "fadvise64": 221, "mbind": 237, "set_mempolicy": 238, "add_key": 248, "request_key": 249, "keyctl": 250,
        "inotify_init": 253, "inotify_add_watch": 254, "migrate_pages": 256, "unshare": 272, "splice": 275, "tee": 276,
        "vmsplice": 278, "move_pages": 279, "inotify_init1": 294, "perf_event_open": 298, "fanotify_init": 300,
        "fanotify_mark": 301, "name_to_handle_at": 303, "open_by_handle_at": 304, "setns": 308,
        "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "memfd_create": 319, "bpf": 321,
        "execveat": 322, "userfaultfd": 323,
    }),
    "aarch64": Machine(0xC00000B7, 220, 222, 198, 199, 25, {
        "inotify_init1": 26, "inotify_add_watch": 27, "flock": 32, "umount2": 39, "mount": 40, "pivot_root": 41,
        "chroot": 51, "vmsplice": 75, "splice": 76, "tee": 77, "unshare": 97, "ptrace": 117, "setsid": 157,
        "msgget": 186, "semget": 190, "shmget": 194, "readahead": 213, "add_key": 217, "request_key": 218,
        "keyctl": 219, "execve": 221, "fadvise64": 223, "mincore": 232, "mbind": 235, "set_mempolicy": 237,
        "migrate_pages": 238, "move_pages": 239, "perf_event_open": 241, "fanotify_init": 262, "fanotify_mark": 263,
        "name_to_handle_at": 264, "open_by_handle_at": 265, "setns": 268, "process_vm_readv": 270,
        "process_vm_writev": 271, "kcmp": 272, "memfd_create": 279, "bpf": 280, "execveat": 281, "userfaultfd": 282,
    }),
}  # fmt: skip


Line: TypeAlias = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def refuse_system_calls() -> None:
    """Refuses this process, and all that it starts, the calls that no exercise needs. There is no way back.

    Raises:
        OSError: if there is no such filter for this machine, or no permission to set it.
    """
    machine = MACHINES.get(platform.machine())
    if machine is None:
        raise OSError(errno.ENOSYS, f"no list of system calls is known for {platform.machine()}")
    program = _program(machine)
    libc: Callable[..., int] = ctypes.CDLL(None, use_errno=True).prctl
    if libc(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(_Program(len(program) // 8, program)), 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)}")


def _program(machine: Machine) -> bytes:
    """The filter, in the kernel's instructions: each has a code, two distances to jump, and a number."""
    lines = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, machine.audit), _refuse(errno.EPERM), (LOAD, 0, 0, NUMBER)]
    lines += [(AT_LEAST, 0, 1, OTHER_NUMBERS), _refuse(errno.EPERM)]
    lines += [(EQUAL, 0, 1, CLONE3), _refuse(errno.ENOSYS)]
    for number in sorted({*EVERYWHERE.values(), *machine.refused.values()}):
        lines += [(EQUAL, 0, 1, number), _refuse(errno.EPERM)]
    for call, argument, bits, error in (
        (machine.clone, 0, NAMESPACES, errno.EPERM),
        (machine.mmap, 3, MAP_SHARED, errno.ENOMEM),  # the caller is told that there is no memory
    ):
        lines += [(EQUAL, 0, 4, call), (LOAD, 0, 0, ARGUMENTS + 8 * argument), (ANY_BIT, 0, 1, bits), _refuse(error)]
        lines += [(RETURN, 0, 0, ALLOW)]
    lines += _one_of(machine.fcntl, 1, LOCKS, _refuse(errno.EPERM), (RETURN, 0, 0, ALLOW))
    for call in (machine.socket, machine.socketpair):
        lines += _one_of(call, 0, FAMILIES, (RETURN, 0, 0, ALLOW), _refuse(errno.EPERM))
    lines += [(RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def _one_of(call: int, argument: int, values: Sequence[int], then: Line, otherwise: Line) -> list[Line]:
    """Instructions that do one thing if a call's argument is one of these values, and another if it is not."""
    count = len(values)
    tests = [(EQUAL, count - number, 0, value) for number, value in enumerate(values)]
    body = [(LOAD, 0, 0, ARGUMENTS + 8 * argument), *tests, otherwise, then]
    return [(EQUAL, 0, len(body), call), *body]


def _refuse(error: int) -> Line:
    return RETURN, 0, 0, REFUSE + error
