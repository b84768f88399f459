"""How much memory an answer takes, as the fork server sees it: by its control group, or counted by process."""

from __future__ import annotations

import os
from collections.abc import Iterable


def kills(events: int) -> int:
    """How often something in a control group was killed for the memory that it took.

    Args:
        events: its open file of events, see `classroom.sandbox.cgroups.Cgroup.events`.
    """
    for line in os.pread(events, 4096, 0).decode("ascii").splitlines():
        name, _, number = line.partition(" ")
        if name == "oom_kill":
            return int(number)
    return 0


def is_over(processes: Iterable[int], before: int, most: int) -> bool:
    """Whether processes hold more than they may, where there is no control group that counts it.

    Args:
        processes: an answer's.
        before: bytes that this process, from which they were forked, held when it was alone.
        most: bytes that they may hold together.
    """
    processes = list(processes)
    if sum(_anonymous(one) + _tables(one) for one in processes) <= most:
        return False  # without a look at which pages are shared, which takes longer
    return held([os.getpid(), *processes]) - before > most


def held(processes: Iterable[int]) -> int:
    """Bytes that processes hold together, each page that they share counted once if no other process has it."""
    return sum(_shares(one) + _tables(one) for one in processes)


def others() -> list[int]:
    """All processes of these process numbers but this one and the first, which is bubblewrap's."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in (1, os.getpid())]


def _anonymous(process: int) -> int:
    found = _kilobytes(f"/proc/{process}/status")
    return 1024 * sum(found.get(name, 0) for name in ("RssAnon", "RssShmem", "VmSwap"))


def _tables(process: int) -> int:
    return 1024 * _kilobytes(f"/proc/{process}/status").get("VmPTE", 0)


def _shares(process: int) -> int:
    """Bytes a process holds, with its share of shared pages; all of them if this process may not look closer."""
    try:
        found = _kilobytes(f"/proc/{process}/smaps_rollup")
    except PermissionError:
        return _anonymous(process)
    return 1024 * sum(found.get(name, 0) for name in ("Pss_Anon", "Pss_Shmem", "SwapPss"))


def _kilobytes(path: str) -> dict[str, int]:
    """The lines "name: 12 kB" of a file; none if the process is no more."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = [line.split() for line in file]
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return {words[0].rstrip(":"): int(words[1]) for words in lines if len(words) == 3 and words[2] == "kB"}
