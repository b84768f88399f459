"""Limits of an answer, counted by the kernel; and how an answer fares whose neighbours use much."""

import os
import re
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from classroom.grading import grade as grading
from classroom.grading.alarm import Alarm, HeldUpError
from classroom.sandbox import cgroups, client, forkserver, turns
from classroom.sandbox.client import ForkServer
from classroom.sandbox.confine import Limits
from course.errors import InputError
from tests.grading._abuse import HONEST, POINTS, RIGHT, Class

MB = 2**20
LIMITS = Limits(memory=300 * MB, processes=8, disk=8 * MB)
DEF = "def content_loss(F, P):\n    "
TOOLS = """
import ctypes, fcntl, mmap, os, socket, threading, time, torch
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
"""
EATERS = {
    "tables of pages that are only read": "size = 400 * 2**18 // 4096 * 4096 * 512\n"
        "    at = libc.mmap(None, size, 1, 0x4022, -1, 0)\n"
        "    [ctypes.c_char.from_address(at + n).value for n in range(0, size, 2**21)]",
    "processes of a little less": "for _ in range(6):\n        if not os.fork():\n"
        "            x = bytearray(b'1') * (120 * 2**20)\n            time.sleep(50)\n    time.sleep(50)",
    "one that lets go of what it was given": "for _ in range(6):\n        if not os.fork():\n"
        "            x = b'1' * (200 * 2**20)\n            os.close(0)\n            time.sleep(50)\n    time.sleep(50)",
    "pipes": "kept = []\n    for _ in range(6):\n        os.fork()\n    for _ in range(20):\n        a, b = os.pipe()\n"
        "        fcntl.fcntl(b, 1031, 2**20)\n        os.set_blocking(b, False)\n        os.write(b, bytes(2**20))\n"
        "        kept.append(b)\n    x = [bytearray(b'1') * 2**20 for _ in range(900)]",
    "sockets": "kept = []\n    for _ in range(25):\n        a, b = socket.socketpair()\n        a.setblocking(False)\n"
        "        kept += [a, b]\n        try:\n            while a.send(bytes(2**16)):\n                pass\n"
        "        except BlockingIOError:\n            pass\n    x = [bytearray(b'1') * 2**20 for _ in range(900)]",
    "threads": "[threading.Thread(target=lambda: bytearray(b'1') * (120 * 2**20) and time.sleep(50)).start()"
        " for _ in range(6)]\n    time.sleep(50)",
}  # fmt: skip


def made(fork_server, **changes):
    """A fork server as the one of all tests, but for its limits."""
    return ForkServer(fork_server.edition, LIMITS, **changes)


@pytest.fixture(scope="module")
def in_group(fork_server):
    with made(fork_server) as server:
        if server.group is None:
            pytest.skip("no control group can be had here")
        yield Class(server)


@pytest.fixture(scope="module")
def counted(fork_server):
    """A class where no control group can be had."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cgroups, "create", lambda memory, processes: None)
        patch.setattr(cgroups, "scope_command", list)
        server = made(fork_server)
    with server:
        assert server.group is None
        yield Class(server)


@pytest.mark.parametrize("deed", EATERS.values(), ids=EATERS.keys())
def test_the_kernel_counts_it_all(in_group, deed):
    mark = in_group.grade(TOOLS, f"{DEF}{deed}\n    return {RIGHT}")
    assert mark.state != "full" and mark.points == 0, mark
    assert in_group.fork_server.group.peak <= LIMITS.memory
    assert in_group.is_unharmed()


@pytest.mark.parametrize("deed", EATERS.values(), ids=EATERS.keys())
def test_without_control_groups_it_is_counted_here(counted, deed):
    mark = counted.grade(TOOLS, f"{DEF}{deed}\n    return {RIGHT}")
    assert mark.state != "full" and mark.points == 0, mark
    assert counted.is_unharmed()


def test_a_group_counts_tables_and_pipes_even_of_a_process_without_limits():
    group = cgroups.create(100 * MB, 8)
    if group is None:
        pytest.skip("no control group can be had here")
    try:
        doors = [str(door) for door in group.doors]
        enter = f"for door in {doors}: open(door, 'w').write('0')\n"
        eat = f"{TOOLS.replace(', torch', '')}\ndef eat():\n    {EATERS['tables of pages that are only read']}\neat()\n"
        ended = subprocess.run([sys.executable, "-c", enter + eat], check=False).returncode
        with group.events.open() as events:
            assert ended == -9 and "oom_kill 1" in events.read()
        assert 90 * MB < group.peak <= 100 * MB
        forks = f"{enter}import os, time\n[os.fork() or (time.sleep(1), os._exit(0)) for _ in range(9)]"
        assert (
            b"BlockingIOError" in subprocess.run([sys.executable, "-c", forks], capture_output=True, check=False).stderr
        )
    finally:
        group.remove()
    assert not any(folder.exists() for folder in group.folders.values())


def test_nothing_is_left_of_a_group(in_group, fork_server):
    server = made(fork_server)
    folders = set(server.group.folders.values())
    assert all(folder.is_dir() for folder in folders)
    server.close()
    assert not any(folder.exists() for folder in folders)


HOG = "import os\ndef hog():\n    for _ in range(30):\n        if not os.fork():\n            while True: pass\n"


def test_thirty_busy_processes_do_not_cost_a_neighbour_its_points(in_group, students):
    """The neighbour's answer takes a second of the processor, and its teacher waits for three by the clock."""
    mallory = threading.Thread(target=in_group.grade, args=(HOG, f"{DEF}hog()\n    while True: pass"))
    mallory.start()
    time.sleep(1.0)
    busy = f"{DEF}late = time.process_time() + 0.2\n    while time.process_time() < late: pass\n    return {RIGHT}"
    mark = students.grade("import time", busy, plan=students.plan(3.0, 12.0))
    mallory.join()
    assert (mark.state, mark.points) == ("full", POINTS), mark


def test_who_waits_for_processes_of_its_own_is_not_waited_for_longer():
    """Seven on one processor: what six of them take of it is not to the first one's credit."""
    script = """
import os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
started = []
while len(started) < 6 and (number := os.fork()):
    started.append(number)
if len(started) == 6:
    print(*started, flush=True)
while True: pass
"""
    first = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    others = [int(number) for number in first.stdout.readline().split()]
    try:
        time.sleep(2.0)
        for number in [first.pid, *others]:
            os.kill(number, signal.SIGSTOP)
        took = sum(sum(psutil.Process(number).cpu_times()[:2]) for number in others)
        stood = forkserver.waited(first.pid, [first.pid])
        assert took > 0.1 and stood > 1.0
        assert forkserver.waited(first.pid, [first.pid, *others]) == pytest.approx(max(0, stood - took), abs=0.1)
    finally:
        for number in [*others, first.pid]:
            os.kill(number, signal.SIGKILL)
        first.communicate()
    assert forkserver.waited(first.pid, [first.pid]) == 0.0


ASKED_TWICE = {
    "time": ("timed out", "while True: pass"),
    "memory": ("out of memory", "return bytearray(10**12)"),
    "a bug": ("wrong", "return F"),
}


@pytest.mark.parametrize(("state", "deed"), ASKED_TWICE.values(), ids=ASKED_TWICE.keys())
def test_for_want_of_time_or_memory_it_is_asked_once_more_alone(students, monkeypatch, state, deed):
    asked = []
    process = ForkServer.answer_process
    monkeypatch.setattr(ForkServer, "answer_process",
                        lambda self, alone=False: asked.append(alone) or process(self, alone))  # fmt: skip
    assert students.grade(f"{DEF}{deed}", plan=students.plan(1.0, 2.0)).state == state
    assert asked == [False, False, True] if state in grading.FOR_WANT else [False, False]


def test_what_fails_beside_others_and_is_right_alone_has_its_points(students, monkeypatch):
    """As an answer that its neighbours had starved: the first process is given no time at all."""
    process = ForkServer.answer_process

    def starved(self, alone=False):
        found = process(self, alone)
        if not alone and asked:
            found.receive = lambda seconds, bounds: (_ for _ in ()).throw(TimeoutError)
        asked.append(alone)
        return found

    asked = []
    monkeypatch.setattr(ForkServer, "answer_process", starved)
    assert students.grade(HONEST).state == "full"
    assert asked == [False, False, True]


def test_who_is_alone_is_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, second = turns.take(False), turns.take(False)
    order = []

    def alone():
        turn = turns.take(True)
        order.append("alone")
        time.sleep(0.2)
        order.append("done")
        turn.end()

    def beside():
        turn = turns.take(False)
        order.append("beside")
        turn.end()

    one, other = threading.Thread(target=alone), threading.Thread(target=beside)
    one.start()
    time.sleep(0.1)
    other.start()
    time.sleep(0.1)
    assert order == [], "others are inside, and nobody enters while somebody wants to be alone"
    first.end()
    second.end()
    one.join(), other.join()
    assert order == ["alone", "done", "beside"]


@pytest.mark.parametrize("theirs", ["a link", "a folder"])
def test_a_folder_for_turns_of_somebody_else_is_told(tmp_path, monkeypatch, theirs):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = tmp_path / f"course-turns-{os.geteuid()}"
    if theirs == "a link":
        (tmp_path / "elsewhere").mkdir()
        folder.symlink_to(tmp_path / "elsewhere")
    elif os.geteuid() == 0:
        folder.mkdir()
        os.chown(folder, 65534, 65534)
    else:
        pytest.skip("only root can make a folder that belongs to somebody else")
    told = f"'{folder}' belongs to somebody else; set TMPDIR to a folder of your own"
    with pytest.raises(InputError, match=re.escape(told)):
        turns.take(False)


def test_who_never_comes_back_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(turns, "LONGEST", 0.2)
    lost = turns.take(True)
    turns.take(False).end()
    lost.end()


def endless(*_):
    while True:
        pass


def test_the_alarm_rings_for_work_and_not_for_waiting():
    with Alarm(0.3):
        time.sleep(1.0)
    with pytest.raises(HeldUpError), Alarm(0.3):
        endless()
    for _ in range(20):  # what came to an end in that moment stays so
        with Alarm(0.0):
            pass
    time.sleep(0.3)


def test_a_check_that_takes_too_long_is_stopped_and_the_class_goes_on(students, monkeypatch):
    monkeypatch.setattr(grading, "MARKING_SECONDS", 0.3)
    with monkeypatch.context() as patch:
        patch.setattr(grading, "judge", endless)
        mark = students.grade(HONEST)
    assert (mark.state, mark.points) == ("crashed", 0) and "an instructor has to look" in mark.lines[0]
    hidden = {"03_content": {"content_loss": "while True: pass"}}
    assert students.grade(HONEST, plan=students.plan(4.0, 8.0, hidden)).state == "partial"


# --- what ends in a hidden test ---------------------------------------------------------------------------------------

ENDS = {
    "its own words": "raw([{'!': 'tuple', 'items': ['found', {'!': 'tensor', 'dtype': 'float32', 'shape': ['HIDDEN'],"
                     " 'order': [0], 'at': 0}]}, [0]])",
    "an exit code": "os._exit(int(F.sum()) % 200 + 3)",
    "a signal": "os.kill(os.getpid(), 11) or os.abort()",
    "an exception": "raise ValueError(f'HIDDEN {F.tolist()}')",
    "a wrong value": "return F.sum() * 77",
    "no value": "return None",
    "no memory": "return bytearray(10**13)",
    "no time": "while True: pass",
    "a stub": "raise NotImplementedError('HIDDEN')",
}  # fmt: skip


def test_whatever_ends_in_a_hidden_test_is_told_in_one_sentence(students):
    raw = """
import json, os, struct
def raw(text):
    text = json.dumps(text).encode()
    body = struct.pack('>I', len(text)) + text
    for n in range(3, 64):
        try:
            os.write(n, struct.pack('>Q', len(body)) + body)
        except OSError:
            pass
"""
    told = {}
    for name, deed in ENDS.items():
        mark = students.grade(raw, f"{DEF}if F.numel() == 2:\n        {deed}\n    return {RIGHT}",
                              plan=students.plan(1.0, 2.0))  # fmt: skip
        told[name] = (mark.state, mark.points, mark.mistake, mark.lines)
    assert set(told.values()) == {("partial", 1, "hidden", (grading.FURTHER,))}, told


# --- where groups are -------------------------------------------------------------------------------------------------

OLD = """25 20 0:22 / /sys/fs/cgroup ro - tmpfs tmpfs ro
30 25 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
31 25 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
32 25 0:29 /docker/a /sys/fs/cgroup/pids rw shared:9 - cgroup cgroup rw,pids
"""
NEW = "29 20 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n"


def test_where_groups_are_of_version_1():
    trees = cgroups._trees(OLD, "4:pids:/docker/a/b\n3:cpu,cpuacct:/\n2:memory:/x y\n0::/\n")
    assert {name: str(path) for name, path in trees.first.items()} == {
        "memory": "/sys/fs/cgroup/memory/x y",
        "cpu": "/sys/fs/cgroup/cpu,cpuacct",
        "cpuacct": "/sys/fs/cgroup/cpu,cpuacct",
        "pids": "/sys/fs/cgroup/pids/b",
    }
    assert trees.second is None


def test_where_groups_are_of_version_2(tmp_path):
    trees = cgroups._trees(NEW, "0::/user.slice/user-1000.slice/session-2.scope\n")
    assert not trees.first and str(trees.second) == "/sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope"
    (tmp_path / "cgroup.subtree_control").write_text("cpu memory pids")
    assert cgroups._gives(tmp_path) and not cgroups._gives(tmp_path / "nowhere")
    folders = dict.fromkeys(("memory", "pids", "cpu"), tmp_path)
    (tmp_path / "memory.swap.max").write_text("max")
    (tmp_path / "cpu.max").write_text("max 100000")
    cgroups.Cgroup(2, folders).limit(123, 8)
    said = {path.name: path.read_text() for path in tmp_path.iterdir() if path.name.count(".max")}
    assert said == {"memory.max": "123", "pids.max": "8", "memory.swap.max": "0", "cpu.max": "100000 100000"}


def test_where_there_is_no_group_to_be_had_none_is_made(tmp_path, monkeypatch):
    trees = cgroups._Trees({"memory": tmp_path / "no", "pids": tmp_path / "no"}, None, tmp_path)
    monkeypatch.setattr(cgroups, "_trees", lambda mounts, memberships: trees)
    assert cgroups.create(100 * MB, 8) is None
    monkeypatch.setattr(cgroups, "_trees", lambda mounts, memberships: cgroups._Trees({}, tmp_path, tmp_path))
    assert cgroups.create(100 * MB, 8) is None and cgroups.in_scope(os.getpid(), 100 * MB, 8) is None
    monkeypatch.setattr(cgroups, "SYSTEMD", tmp_path / "is not here")
    assert cgroups.scope_command() == [] and client.limits_told() == client.BY_COUNTING


def test_what_the_report_says_of_limits_was_tried_where_systemd_starts_scopes(tmp_path, monkeypatch):
    monkeypatch.setattr(cgroups, "create", lambda memory, processes: None)
    monkeypatch.setattr(cgroups, "scope_command", lambda: ["env"])  # it starts what it is given, as systemd-run does
    monkeypatch.setattr(cgroups, "_trees", lambda mounts, memberships: cgroups._Trees({}, tmp_path, tmp_path))
    (tmp_path / "cgroup.procs").write_text("")
    (tmp_path / "cgroup.subtree_control").write_text("")  # systemd has handed no controllers down
    assert client.limits_told() == client.BY_COUNTING

    tried = []

    def in_scope(process, memory, processes):
        (tmp_path / "group").mkdir()
        tried.append(psutil.Process(process))
        assert tried[0].is_running() and (memory, processes) == (Limits().memory, Limits().processes)
        return cgroups.Cgroup(2, dict.fromkeys(("memory", "pids"), tmp_path / "group"))

    monkeypatch.setattr(cgroups, "in_scope", in_scope)
    assert client.limits_told() == client.BY_GROUPS.format(2)
    assert not tried[0].is_running() and not (tmp_path / "group").exists()

    tried.clear()
    monkeypatch.setattr(cgroups, "scope_command", lambda: ["false"])
    assert client.limits_told() == client.BY_COUNTING and not tried
