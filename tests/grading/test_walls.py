"""An answer can see and reach Python, its packages, the students' copy of the course, and nothing else."""

import os
import socket
import sys

import pytest

from classroom.sandbox.client import ForkServer, refuse_shown
from classroom.sandbox.confine import Limits
from course.errors import InputError
from tests.grading._abuse import HONEST, RIGHT, notebook
from tests.grading.conftest import SECRET
from tests.repo._repo import ROOT

TOOLS = "import ctypes, glob, os, signal, socket, subprocess, sys, torch\nlibc = ctypes.CDLL(None, use_errno=True)\n"
TRY = """
def tried(deed):
    try:
        return str(deed())
    except Exception as error:
        return f'{type(error).__name__}: {error}'
"""


def looked(students, expression):
    return students.inside(TOOLS, TRY, f"def look():\n    return tried(lambda: {expression})")


NOT_THERE = {
    "solutions": str(ROOT / "solutions" / "04_textures.py"),
    "the key": str(ROOT / "classroom" / "handout" / "key.py"),
    "wrong answers": str(ROOT / "classroom" / "mistakes" / "ch4_style_layer.py"),
    "the clone": str(ROOT / "pyproject.toml"),
    "its history": str(ROOT / ".git" / "HEAD"),
    "the grader beside the sandbox": "/edition/classroom/grading/grade.py",
    "solutions in the edition": "/edition/solutions/04_textures.py",
    "notebooks in the edition": "/edition/notebooks/04_textures.ipynb",
    "users": "/etc/passwd",
    "passwords": "/etc/shadow",
    "the machine's name": "/etc/hostname",
    "environment of the first": "/proc/1/environ",
    "its own": "/proc/self/environ",
    "memory": "/proc/self/mem",
    "disks": "/dev/sda",
}


@pytest.mark.parametrize("path", NOT_THERE.values(), ids=NOT_THERE.keys())
def test_it_is_not_there(students, path):
    assert looked(students, f"open({path!r}).read()").startswith("FileNotFoundError")


def test_what_is_not_to_be_there_is_here():
    """A file that has moved would not be looked for."""
    ours = [path for path in NOT_THERE.values() if path.startswith(str(ROOT)) and ".git" not in path]
    assert len(ours) == 4 and all(map(os.path.exists, ours))


@pytest.mark.parametrize("what", ["prefix", "base_prefix"])
def test_solutions_and_submissions_in_the_folder_of_python_are_refused(monkeypatch, tmp_path, grade_here, what):
    """As with ``python -m venv .`` in the clone, or a clone in /usr/src: all that is there would be to be seen."""
    (tmp_path / "handed in").mkdir()
    (tmp_path / "handed in" / "ada.ipynb").write_bytes(notebook(HONEST))
    refuse_shown(ROOT, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(sys, what, str(tmp_path))
        done = grade_here(tmp_path / "handed in", tmp_path / "out", "--chapters", 3)
        assert done.code == 2 and "which students' answers can read" in done.err
        assert not (tmp_path / "out").exists()
    monkeypatch.setattr(sys, what, str(ROOT.parent))
    with pytest.raises(InputError, match="students' answers can read"):
        ForkServer(tmp_path, Limits())


def test_what_is_to_be_seen(students, tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "ada.json").write_text("the report")
    assert looked(students, "sorted(os.listdir('/proc'))") == "[]"
    assert looked(students, "sorted(os.listdir('/scratch'))") == "[]"
    assert looked(students, f"os.listdir({str(tmp_path)!r})").startswith("FileNotFoundError")
    assert looked(students, "sorted(os.listdir('/edition'))") == "['.disabled', 'classroom', 'course', 'data']"
    # Of folders that belong to people and services only those that Python lies in, wherever this clone is.
    tops = ["home", "root", "mnt", "var", "srv", "run"]
    entries = f"[one for top in {tops} for one in glob.glob(os.sep + top + '/*') + glob.glob(os.sep + top + '/.*')]"
    assert looked(students, f"[one for one in {entries} if not (sys.prefix + sys.base_prefix).count(one)]") == "[]"
    assert looked(students, "sorted(os.listdir('/etc'))") in ("['alternatives', 'ld.so.cache']", "['ld.so.cache']")


def test_no_hidden_test_and_no_solution_is_in_any_file_that_can_be_read(students):
    found = students.inside(
        TOOLS,
        """
def look():
    found = []
    for top, folders, names in os.walk('/'):
        folders[:] = [one for one in folders if one not in ('site-packages', 'usr', 'sys', 'dev', 'lib', 'data')]
        for name in names:
            try:
                text = open(os.path.join(top, name), 'rb').read()
            except OSError:
                continue
            if b'BEGIN HIDDEN ' + b'TESTS' in text or b'BEGIN ' + b'SOLUTION' in text:
                found.append(os.path.join(top, name))
    return found
""",
    )
    assert found == []


def test_no_variable_of_the_grader_is_known(students):
    assert os.environ["COURSE_TEST_SECRET"] == SECRET
    said = students.inside(TOOLS, f"def look():\n    return str(dict(os.environ)) + str({'open'!r})")
    assert SECRET not in said and "COURSE_TEST" not in said
    # as bytes in its memory, which is a copy of the process that started before it
    assert "PYTHONPATH" in said


def test_nothing_of_another_answer_is_left(students):
    students.inside(TOOLS, "def look():\n    open('/scratch/left', 'w').write('x'); sys.left = 1; torch.left = 1")
    assert (
        looked(students, "os.path.exists('/scratch/left') or hasattr(sys, 'left') or hasattr(torch, 'left')") == "False"
    )


def test_another_notebook_of_the_same_class_is_in_nobodys_memory(students):
    """A submission is read in a process of its own, which has ended."""
    word = "mirabelle-" + "plum"
    students.grade(f"# {word}\ndef content_loss(F, P):\n    return {RIGHT}")
    found = students.inside(
        "import gc",
        """
def look():
    word = 'plum-mirabelle'.split('-')
    return any(isinstance(one, str) and '-'.join(word[::-1]) in one for one in gc.get_objects())
""",
    )
    assert found is False


@pytest.fixture
def server():
    """The port of a server on all addresses; there is another at an abstract name. Nobody may have come to them."""
    unix = socket.socket(socket.AF_UNIX)
    unix.bind("\0course-test")
    unix.listen()
    with unix, socket.create_server(("0.0.0.0", 0)) as tcp:
        yield tcp.getsockname()[1]
        for one in (unix, tcp):
            one.setblocking(False)
            with pytest.raises(BlockingIOError):
                one.accept()


def test_there_is_no_network(students, server):
    for address in (("127.0.0.1", server), ("10.0.0.1", 80), ("192.168.0.1", 80), ("8.8.8.8", 53)):
        said = looked(students, f"socket.create_connection({address!r}, 1)")
        assert said.startswith(("OSError: [Errno 101]", "ConnectionRefusedError")), (
            said
        )  # its own loopback: nobody there
    assert looked(students, "socket.getaddrinfo('example.org', 80)").startswith("gaierror")
    abstract = "[s := socket.socket(socket.AF_UNIX), s.connect(chr(0) + 'course-test')]"
    assert looked(students, abstract).startswith("ConnectionRefusedError")
    raw = "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)"
    assert looked(students, raw).startswith("PermissionError")


REFUSED = {
    "trace another": "libc.ptrace(16, 1, 0, 0)",
    "be traced": "libc.ptrace(0, 0, 0, 0)",
    "a user namespace": "libc.unshare(0x10000000)",
    "a mount namespace": "libc.unshare(0x20000)",
    "mount": "libc.mount(b'tmpfs', b'/scratch', b'tmpfs', 0, None)",
    "mount proc": "libc.mount(b'proc', b'/proc', b'proc', 0, None)",
    "unmount": "libc.umount2(b'/proc', 2)",
    "uncover": "libc.umount2(b'/edition/course/losses.py', 2)",
    "chroot": "libc.chroot(b'/scratch')",
    "become root": "libc.setuid(0)",
    "become another": "libc.setresuid(1, 1, 1)",
    "read memory": "libc.process_vm_readv(1, 0, 0, 0, 0, 0)",
    "make a device": "libc.mknod(b'/scratch/sda', 0o60666, 0x800)",
    "load a module": "libc.syscall({'x86_64': 175, 'aarch64': 105}[os.uname().machine], 0, 0, b'')",
    "the kernel's log": "libc.klogctl(2, ctypes.create_string_buffer(100), 100)",
    "keys": "libc.syscall({'x86_64': 250, 'aarch64': 219}[os.uname().machine], 0, -3, 0)",
    "lock a file": "libc.flock(os.open(sys.executable, os.O_RDONLY), 2)",
    "lock it for reading": "libc.flock(os.open(sys.executable, os.O_RDONLY), 1)",
    "be told of a file": "libc.inotify_init1(0)",
    "be told of all files": "libc.fanotify_init(0, 0)",
    "what is in the cache": "libc.mincore(ctypes.create_string_buffer(4096), 4096, ctypes.create_string_buffer(9))",
    "push out of the cache": "libc.posix_fadvise(0, 0, 0, 4) and -1",
    "give pages to a pipe": "libc.vmsplice(os.pipe()[1], (ctypes.c_long * 2)(0, 0), 1, 0)",
    "double a pipe": "libc.tee(os.pipe()[0], os.pipe()[1], 1, 0)",
    "move pages to a pipe": "libc.splice(os.open(sys.executable, os.O_RDONLY), None, os.pipe()[1], None, 1, 0)",
    "a session": "libc.setsid()",
    "more important": "libc.setpriority(0, 0, -20)",
    "as important as it began": "[os.setpriority(0, 0, 5), libc.setpriority(0, 0, -5)][1]",
    "first always": "libc.sched_setscheduler(0, 1, ctypes.byref(ctypes.c_int(1)))",
    "more memory": "libc.prlimit(0, 2, (ctypes.c_long * 2)(-1, -1), None)",
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED.keys())
def test_the_kernel_refuses(students, call):
    assert looked(students, call) == "-1"


LOCKS = ("F_SETLK", "F_SETLKW", "F_GETLK", "F_OFD_SETLK", "F_OFD_SETLKW", "F_SETLEASE", "F_GETLEASE", "F_NOTIFY")


@pytest.mark.parametrize("command", LOCKS)
def test_no_lock_can_be_had_on_a_file_that_others_see(students, command):
    number = f"getattr(__import__('fcntl'), {command!r}, 37)"
    for file in ("sys.executable", "'/edition/course/errors.py'", "'/usr/bin/env'"):
        call = f"__import__('fcntl').fcntl(os.open({file}, os.O_RDONLY), {number}, bytes(32))"
        assert looked(students, call).startswith("PermissionError")


ALLOWED = ("AF_UNIX", "AF_INET", "AF_INET6")


def test_sockets_are_of_three_families_only(students):
    """The others, AF_VSOCK above all, are not shut in by a network of one's own. Only making one is tried."""
    found = students.inside(
        TOOLS,
        """
def look():
    found = {}
    for number in [*range(64), 2**31 - 1]:
        for kind in (1, 2, 3, 5):
            try:
                socket.socket(number, kind).close()
                found[number] = 'made'
            except OSError as error:
                found.setdefault(number, str(error.errno))
            try:
                a, b = socket.socketpair(number, kind)
                a.close(), b.close()
                found[number] = 'made'
            except OSError:
                pass
    return found
""",
    )
    made = {number for number, said in found.items() if said.value == "made"}
    assert made == {str(int(getattr(socket, name))) for name in ALLOWED}


def test_what_is_not_refused_still_works(students):
    """Pipes, pairs of sockets, flags of files, forks and threads."""
    found = students.inside(
        TOOLS,
        """
import fcntl, threading
def look():
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETFL, fcntl.fcntl(write, fcntl.F_GETFL) | os.O_NONBLOCK)
    fcntl.fcntl(write, fcntl.F_DUPFD_CLOEXEC, 10)
    a, b = socket.socketpair()
    a.send(b'x')
    thread = threading.Thread(target=os.write, args=(write, b'y'))
    thread.start(), thread.join()
    child = os.fork()
    if not child:
        os._exit(7)
    return [b.recv(1).decode(), os.read(read, 1).decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])]
""",
    )
    assert found == ["x", "y", 7]


PROGRAMS = {
    "another Python": "subprocess.run([sys.executable, '-c', ''])",
    "a program of root's": "subprocess.run(['/usr/bin/su', '-h'])",
    "itself": "os.execv(sys.executable, [sys.executable])",
    "by its open file": "os.execve(os.open(sys.executable, os.O_RDONLY), ['python'], {})",
    "by a spawn": "os.posix_spawn(sys.executable, [sys.executable, '-c', ''], {})",
}


@pytest.mark.parametrize("call", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_no_program_can_be_started(students, call):
    """Each would have memory of its own, and programs of root's would give rights."""
    assert looked(students, call).startswith("PermissionError")


def test_nobody_has_any_right(students):
    capabilities = "__import__('ctypes').CDLL(None).prctl(23, 21, 0, 0, 0)"  # PR_CAPBSET_READ, CAP_SYS_ADMIN
    assert looked(students, capabilities) == "0"
    assert looked(students, "libc.prctl(39, 0, 0, 0, 0)") == "1"  # no new privileges
    assert looked(students, "os.getuid() != 0 and os.getgroups() == []") == str(os.geteuid() == 0)


def test_no_file_but_its_own_channel_is_open(students):
    found = students.inside(
        TOOLS,
        """
def look():
    import fcntl
    found = []
    for number in range(64):
        try:
            fcntl.fcntl(number, fcntl.F_GETFD)
            found.append(os.readlink(f'/dev/fd/{number}') if os.path.exists('/dev/fd') else number)
        except OSError:
            pass
    return found
""",
    )
    assert len(found) == 4  # three that lead nowhere, and the channel
