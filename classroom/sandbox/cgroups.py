"""Control groups: the kernel counts what an answer and all that it starts take together, and allows no more.

Only the kernel can count it: page tables, the contents of pipes and of files in memory, each page once however many
processes share it. A group is a folder in a file system of the kernel's; a process enters it by writing "0" to a file
there, and what it starts stays in it. Of version 2 there is one tree, of version 1 one for each controller. Root may
make groups, a user only within what systemd has given them, so a fork server may have to be started in a scope of
systemd's (`scope_command`). See cgroups(7), and the kernel's cgroup-v1/memory.rst and cgroup-v2.rst.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

PREFIX = "course-answers-"  # a group's name goes on with the number of the process that made it
NEEDED, WELCOME = ("memory", "pids"), ("cpu",)
PERIOD = 100_000  # microseconds; with a quota as long, an answer has one processor
BUSY_SECONDS = 2.0  # a group can be removed once the kernel is through with its processes
SYSTEMD_SECONDS = 10.0
SYSTEMD = Path("/run/systemd/system")  # there if systemd runs this machine
_numbers = itertools.count()


@dataclass(frozen=True)
class Cgroup:
    """A group that answers enter, one after the other.

    Attributes:
        version: of control groups, 1 or 2.
        folders: controller -> its folder; of version 2 the same for all.
    """

    version: int
    folders: Mapping[str, Path]

    @property
    def doors(self) -> list[Path]:
        """The files to which a process writes "0" to enter."""
        return sorted({folder / "cgroup.procs" for folder in self.folders.values()})

    @property
    def events(self) -> Path:
        """The file that has a line "oom_kill N": how often something in it was killed for the memory it took."""
        return self.folders["memory"] / ("memory.oom_control" if self.version == 1 else "memory.events")

    @property
    def peak(self) -> int:
        """Bytes that were taken at most, everything counted."""
        name = "memory.max_usage_in_bytes" if self.version == 1 else "memory.peak"
        return int((self.folders["memory"] / name).read_text(encoding="ascii"))

    def limit(self, memory: int, processes: int) -> None:
        """Sets what all processes in it together may take: bytes, processes with their threads, one processor.

        Raises:
            OSError: if this may not be set.
        """
        for controller, name, value in (
            (("memory", "memory.limit_in_bytes", memory), ("pids", "pids.max", processes))
            if self.version == 1
            else (("memory", "memory.max", memory), ("pids", "pids.max", processes))
        ):
            (self.folders[controller] / name).write_text(f"{value}", encoding="ascii")
        for controller, name, value in (
            *(("memory", "memory.memsw.limit_in_bytes", memory), ("memory", "memory.swap.max", 0)),
            *(("cpu", "cpu.cfs_period_us", PERIOD), ("cpu", "cpu.cfs_quota_us", PERIOD)),
        ):
            if (path := self.folders.get(controller, Path()) / name).exists():  # not where swap is not counted
                path.write_text(f"{value}", encoding="ascii")
        if (path := self.folders.get("cpu", Path()) / "cpu.max").exists():
            path.write_text(f"{PERIOD} {PERIOD}", encoding="ascii")

    def remove(self) -> None:
        """Removes the group as soon as it holds no process."""
        late = time.monotonic() + BUSY_SECONDS
        for folder in set(self.folders.values()):
            while True:
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    break
                except OSError:  # it still holds what was just killed
                    if time.monotonic() > late:
                        break
                    time.sleep(0.005)
                else:
                    break


def create(memory: int, processes: int) -> Cgroup | None:
    """A group of this process's own; None if there are no control groups here, or none that it may make.

    Args:
        memory: see `Cgroup.limit`.
        processes: the same.
    """
    trees = _trees(Path("/proc/self/mountinfo").read_text(encoding="utf-8"),
                   Path("/proc/self/cgroup").read_text(encoding="utf-8"))  # fmt: skip
    if set(NEEDED) <= set(trees.first):
        parents = {name: trees.first[name] for name in (*NEEDED, *WELCOME) if name in trees.first}
        return _made(1, parents, memory, processes)
    if trees.second is None or SYSTEMD.exists():  # whose tree it is, see `scope_command`
        return None
    parent = next(filter(_gives, (trees.second, *_above(trees.second, trees.root))), None)
    return None if parent is None else _made(2, dict.fromkeys((*NEEDED, *WELCOME), parent), memory, processes)


def scope_command() -> list[str]:
    """The words before a command that start it where `in_scope` may make a group; none if systemd does not do it."""
    program = shutil.which("systemd-run")
    if program is None or not SYSTEMD.exists():
        return []
    whose = [] if os.geteuid() == 0 else ["--user"]
    words = [program, *whose, "--scope", "--quiet", "--collect", "--property=Delegate=yes", "--"]
    try:
        tried = subprocess.run([*words, "true"], capture_output=True, timeout=SYSTEMD_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [] if tried.returncode else words


def in_scope(process: int, memory: int, processes: int) -> Cgroup | None:
    """A group beside a process that was started by `scope_command`; None if it is not allowed.

    Args:
        process: its number.
        memory: see `Cgroup.limit`.
        processes: the same.
    """
    trees = _trees(Path("/proc/self/mountinfo").read_text(encoding="utf-8"),
                   Path(f"/proc/{process}/cgroup").read_text(encoding="utf-8"))  # fmt: skip
    if trees.second is None:
        return None
    try:
        beside = trees.second / "server"  # a group hands no controllers down as long as processes are in it themselves
        beside.mkdir()
        for number in (trees.second / "cgroup.procs").read_text(encoding="ascii").split():
            (beside / "cgroup.procs").write_text(number, encoding="ascii")
    except OSError:
        return None
    if not _gives(trees.second):
        return None
    return _made(2, dict.fromkeys((*NEEDED, *WELCOME), trees.second), memory, processes)


def scope_version(memory: int, processes: int) -> int | None:
    """The version of the groups that `in_scope` makes here; None if it makes none. It is tried: a scope may lack them.

    Args:
        memory: see `Cgroup.limit`.
        processes: the same.
    """
    scope = scope_command()
    if not scope:
        return None
    words = [*scope, "sh", "-c", "echo begun; exec sleep 60"]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as trial:
        group = None
        try:
            assert trial.stdout is not None
            begun, _, _ = select.select([trial.stdout], [], [], SYSTEMD_SECONDS)
            if begun and trial.stdout.readline():  # before that it may still be in our own group
                group = in_scope(trial.pid, memory, processes)
        finally:
            trial.kill()
            trial.wait()
            if group is not None:
                group.remove()
    return None if group is None else group.version


def _made(version: int, parents: Mapping[str, Path], memory: int, processes: int) -> Cgroup | None:
    """A group in these folders that was tried; None if it is not allowed."""
    name = f"{PREFIX}{os.getpid()}-{next(_numbers)}"
    for parent in set(parents.values()):
        _sweep(parent)
    group = Cgroup(version, {controller: parent / name for controller, parent in parents.items()})
    try:
        for folder in set(group.folders.values()):
            folder.mkdir()
        group.limit(memory, processes)
        if not all((folder / "cgroup.procs").exists() for folder in group.folders.values()):
            raise FileNotFoundError
        _try(group)
    except OSError:
        group.remove()
        return None
    return group


def _try(group: Cgroup) -> None:
    """Moves a process into a group and out of this world."""
    with subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as trial:
        try:
            for door in group.doors:
                door.write_text(f"{trial.pid}", encoding="ascii")
        finally:
            trial.kill()


def _sweep(parent: Path) -> None:
    """Removes groups of processes that are no more: one that is killed cannot clear up after itself."""
    for folder in parent.glob(f"{PREFIX}*-*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            with contextlib.suppress(OSError):  # several graders begin at once, and each sweeps
                folder.rmdir()


# --- where groups are -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Trees:
    """A process's groups: in version 1 a folder for each controller; in version 2 one folder, and the tree's top."""

    first: Mapping[str, Path]
    second: Path | None
    root: Path


def _trees(mounts: str, memberships: str) -> _Trees:
    """Reads them from the texts of /proc/PID/mountinfo and /proc/PID/cgroup; see proc(5)."""
    member: dict[str, str] = {}  # of version 2 the controller is ""
    for line in memberships.splitlines():
        _, controllers, path = line.split(":", 2)
        member |= dict.fromkeys(controllers.split(","), path)
    first: dict[str, Path] = {}
    second, root = None, Path("/")
    for line in mounts.splitlines():
        fields, _, (kind, _, options) = _mount(line)
        place, top = Path(_unescaped(fields[4])), fields[3]
        if kind == "cgroup2" and "" in member:
            second, root = _folder(place, top, member[""]), place
        elif kind == "cgroup":
            names = [name for name in options.split(",") if name in member]
            first |= {name: _folder(place, top, member[name]) for name in names}
    return _Trees(first, second, root)


def _mount(line: str) -> tuple[list[str], str, list[str]]:
    fields, separator, kind = line.partition(" - ")
    return fields.split(" "), separator, kind.split(" ")[:3]


def _unescaped(path: str) -> str:
    return path.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")


def _folder(place: Path, top: str, path: str) -> Path:
    """Where a group lies that the kernel calls `path`, if it shows the group `top` at `place`."""
    return place / (os.path.relpath(path, top) if path.startswith(top) else "")


def _above(folder: Path, root: Path) -> Iterator[Path]:
    yield from (parent for parent in folder.parents if parent.is_relative_to(root))


def _gives(parent: Path) -> bool:
    """Whether a group of version 2 hands its controllers down, perhaps after it has been told to."""
    control = parent / "cgroup.subtree_control"
    try:
        for names in (NEEDED, WELCOME):
            if not set(names) <= set(control.read_text(encoding="ascii").split()):
                with contextlib.suppress(OSError):  # it is busy, or somebody else's
                    control.write_text(" ".join(f"+{name}" for name in names), encoding="ascii")
        return set(NEEDED) <= set(control.read_text(encoding="ascii").split())
    except OSError:
        return False
