"""Whatever an answer does to the machine, it loses its own points, and the next student's work is graded as ever."""

import os
from pathlib import Path

import pytest

from tests.grading._abuse import PLAN, RIGHT

pytestmark = pytest.mark.usefixtures("neighbour")

DEF = "def content_loss(F, P):\n    "
LIBC = "import ctypes, os, signal, sys, time, numpy, torch\nlibc = ctypes.CDLL(None, use_errno=True)\n"
FOREVER = "def forever():\n    while True:\n        pass\n"

STATES = {
    "endless in the function": ("timed out", FOREVER, DEF + "forever()"),
    "endless while it is defined": ("timed out", FOREVER, "x = forever()", DEF + "return x"),
    "endless in C": ("timed out", DEF + "return 9 ** 9 ** 9 * F"),
    "endless and deaf": (
        "timed out",
        LIBC,
        FOREVER,
        DEF + "[signal.signal(n, signal.SIG_IGN) for n in range(1, 32) if n not in (9, 19)]\n    forever()",
    ),
    "asleep": ("timed out", LIBC, DEF + "time.sleep(1000)"),
    "stopped": ("timed out", LIBC, DEF + "os.fork() or time.sleep(1000)\n    os.waitpid(-1, 0)"),
    "numpy, 40 GB": ("out of memory", LIBC, DEF + "return torch.tensor(numpy.ones(5 * 10**9).sum())"),
    "torch, 40 GB": ("out of memory", LIBC, DEF + "return torch.ones(10**10).sum()"),
    "bytearray, 40 GB": ("out of memory", DEF + "return bytearray(40 * 10**9)"),
    "a list that grows": ("out of memory", DEF + "x = [0] * 10**6\n    while True:\n        x = x + x"),
    "shared memory": ("out of memory", "import mmap", DEF + "return mmap.mmap(-1, 40 * 10**9)"),
    "many processes of less": (
        "out of memory",
        LIBC,
        DEF + "for _ in range(9):\n        if not os.fork():\n            x = bytearray(b'1') * (60 * 2**20)\n"
        "            time.sleep(1000)\n    time.sleep(1000)",
    ),
    "exit 0": ("crashed", LIBC, DEF + "os._exit(0)"),
    "exit 7": ("crashed", LIBC, DEF + "os._exit(7)"),
    "exit while it is defined": ("crashed", LIBC, "x = os._exit(0)", DEF + "return x"),
    "sys.exit": ("wrong", LIBC, DEF + "sys.exit(0)"),
    "an exception of the deepest kind": ("crashed", DEF + "raise KeyboardInterrupt"),
    "segmentation fault": ("crashed", LIBC, DEF + "ctypes.string_at(0)"),
    "abort": ("crashed", LIBC, DEF + "os.abort()"),
    "its stack": ("crashed", LIBC, DEF + "x = []\n    sys.setrecursionlimit(10**9)\n"
                  "    for _ in range(10**6):\n        x = [x]\n    return repr(x)"),
    "an exception without end": ("crashed", "class E(Exception):\n    def __str__(self):\n        os._exit(1)",
                                 LIBC, DEF + "raise E"),
}  # fmt: skip


@pytest.mark.parametrize(("state", "sources"), [(one[0], one[1:]) for one in STATES.values()], ids=STATES.keys())
def test_the_end_is_told(students, state, sources):
    # what never ends need not be waited for as long as a student's work is
    mark = students.grade(*sources, plan=students.plan(1.5, 3.0) if state == "timed out" else PLAN)
    assert (mark.state, mark.points) == (state, 0), mark


HARMLESS = {
    "kill everybody": "os.kill(-1, 9)",
    "kill the first": "os.kill(1, 9)",
    "kill itself": "os.kill(os.getpid(), 9)",
    "kill the grader": "[os.kill(n, 9) for n in range(2, 400)]",
    "kill its group": "os.killpg(0, 0)",
    "print 300 MB": "[os.write(n, b'x' * 10**6) for n in (1, 2) for _ in range(150)]; print('x' * 10**7)",
    "fork without end": "[os.fork() for _ in range(10**6)]",
    "threads without end": "[__import__('threading').Thread(target=time.sleep, args=(999,), daemon=True).start()"
                           " for _ in range(10**5)]",
    "be more important": "os.nice(-20)",
    "open files without end": "[open('/dev/null') for _ in range(10**5)]",
    "an alarm": "signal.setitimer(signal.ITIMER_REAL, 1000)",
    "the clock": "time.clock_settime(0, 0)",
    "the name of the machine": "__import__('socket').sethostname('x')",
    "restart": "libc.reboot(0x01234567)",
}  # fmt: skip


@pytest.mark.parametrize("deed", HARMLESS.values(), ids=HARMLESS.keys())
def test_it_does_nothing_to_others_and_the_answer_counts_for_what_it_is(students, deed):
    """The answer is right, and tries a deed beside: a child of its own that the deed makes never answers."""
    tried = f"me = os.getpid()\n    try:\n        {deed}\n    except (OSError, RuntimeError):\n        pass"
    mark = students.grade(LIBC, f"{DEF}{tried}\n    if os.getpid() != me:\n        os._exit(0)\n    return {RIGHT}")
    assert mark.state in ("full", "timed out", "crashed"), mark


DAEMONS = """
def look():
    middle = os.fork()
    for _ in range(0 if middle else 5):
            if not os.fork():
                os.setpgid(0, 0)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                libc.prctl(15, b'left-behind', 0, 0, 0)
                time.sleep(1000)
    if not middle:
        os._exit(0)
    os.waitpid(middle, 0)
"""


def test_nothing_that_an_answer_started_outlives_it(students):
    with students.asked(LIBC, DAEMONS) as answer:
        answer.ask("call")
        assert left_behind() > 1
    assert left_behind() == 0


def left_behind():
    return [name_of(process) for process in Path("/proc").iterdir() if process.name.isdigit()].count("left-behind")


def name_of(process):
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return ""


WRITE = """
def look():
    written = {}
    for top, folders, _ in os.walk('/', followlinks=False):
        folders[:] = [one for one in folders if os.path.join(top, one) not in ('/proc', '/sys', '/usr', '/edition')]
        if len(top.split('/')) > 6:
            folders.clear()
        try:
            written[top] = 0
            with open(os.path.join(top, 'x'), 'wb') as file:
                while True:
                    written[top] += file.write(b'x' * 2**20)
        except OSError as error:
            if not written[top]:
                del written[top]
    for folder in ('/proc', '/usr', '/edition', '/edition/course', '/tmp', '/dev', '/dev/shm', '/root', sys.prefix):
        try:
            open(folder + '/x', 'wb')
            written[folder] = 0
        except OSError:
            pass
    return [[folder, size] for folder, size in written.items()]
"""


def test_one_folder_can_be_written_to_and_8_megabytes_go_into_it(students):
    found = students.inside("import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)", LIBC, WRITE)
    assert [folder for folder, _ in found] == ["/scratch"]
    assert found[0][1] <= 8 * 2**20


def test_many_files_take_no_more_room_than_one(students):
    found = students.inside(
        LIBC,
        """
def look():
    size = 0
    try:
        for n in range(10**6):
            with open(f'/scratch/{n}', 'wb', buffering=0) as file:
                size += file.write(b'x' * 100_000)
    except OSError:
        return size
""",
    )
    assert 7 * 2**20 < found <= 8 * 2**20
    assert not os.path.exists("/scratch")


UNCOUNTED = {
    "a file in memory": "os.memfd_create('x')",
    "a secret one": "secret()",
    "System V": "sysv()",
    "messages": "msg()",
    "a namespace": "new(0x10000000)",
    "a namespace for a child": "clone()",
    "rings": "ring()",
    "shared pages of a file": "mmap.mmap(os.open('/dev/zero', os.O_RDWR), 4096)",
}
CALLS = """
import mmap
def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), 'refused')
def secret(): checked(libc.syscall(447, 0))
def sysv(): checked(libc.shmget(0, 4096, 0o1600))
def msg(): checked(libc.msgget(0, 0o1600))
def new(flags): checked(libc.unshare(flags))
def clone(): checked(libc.syscall({'x86_64': 56, 'aarch64': 220}[os.uname().machine], 0x10000011, 0, 0, 0, 0))
def ring(): checked(libc.syscall(425, 8, ctypes.byref(ctypes.create_string_buffer(200))))
"""


@pytest.mark.parametrize("call", UNCOUNTED.values(), ids=UNCOUNTED.keys())
def test_memory_that_no_process_is_counted_for_cannot_be_had(students, call):
    said = students.inside(LIBC, CALLS, f"def look():\n    try:\n        return str({call})\n"
                           "    except OSError as error:\n        return error.strerror")  # fmt: skip
    assert said in ("refused", "Operation not permitted", "Cannot allocate memory")
