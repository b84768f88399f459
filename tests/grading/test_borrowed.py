"""The course's own function earns no points, in whatever way somebody comes by it."""

import inspect

import pytest

from course import losses
from tests.grading._abuse import HONEST, IN_VAIN, NAMED, POINTS

BORROWED = {
    "imported": ["from course.losses import content_loss"],
    "under another name": ["from course.losses import content_loss as ours", "content_loss = ours"],
    "through its module": ["import course.losses as l", "def content_loss(F, P):\n    return l.content_loss(F, P)"],
    "wrapped": ["from course import losses", "def content_loss(F, P):\n    return 1 * losses.content_loss(F, P)"],
    "a lambda": ["from course import losses", "content_loss = lambda F, P: losses.content_loss(F, P)"],
    "partial": [
        "import functools\nfrom course import losses",
        "def swapped(P, F):\n    return losses.content_loss(F, P)",
        "content_loss = functools.partial(losses.content_loss)",
    ],
    "by a name made of pieces": [
        "import course.losses",
        "def content_loss(F, P):\n    return getattr(course.losses, 'con' + 'tent_' + 'loss')(F, P)",
    ],
    "borrowed as the course says": [
        "from course import check",
        "content_loss = check.borrow('content_loss')",
    ],
    "borrowed inside": [
        "from course import check",
        "def content_loss(F, P):\n    return check.borrow('content_loss')(F, P)",
    ],
    "the check's reference": [
        "from course.check import EXERCISES",
        "def content_loss(F, P):\n    return EXERCISES['content_loss'].reference(F, P)",
    ],
    "an object that can be called": [
        "from course import losses",
        "class Loss:\n    def __call__(self, F, P):\n        return losses.content_loss(F, P)",
        "content_loss = Loss()",
    ],
    "reloaded": [
        "import importlib, course.losses",
        "def content_loss(F, P):\n    return importlib.reload(course.losses).content_loss(F, P)",
    ],
    "imported anew": [
        "import sys, importlib",
        "def content_loss(F, P):\n    sys.modules.pop('course.losses')\n"
        "    return importlib.import_module('course.losses').content_loss(F, P)",
    ],
    "its code in another function": [
        "import types, course.losses",
        "ours = course.losses.content_loss",
        "content_loss = types.FunctionType(ours.__code__, ours.__globals__)",
    ],
    "found in whatever was imported": [
        "import sys, types",
        "def content_loss(F, P):\n"
        "    for module in list(sys.modules.values()):\n"
        "        one = vars(module).get('content_loss')\n"
        "        if isinstance(one, types.FunctionType) and one is not content_loss:\n"
        "            return one(F, P)",
    ],
    "in a forked process": [
        "import os, torch\nfrom course import losses",
        "def content_loss(F, P):\n"
        "    read, write = os.pipe()\n"
        "    if not os.fork():\n"
        "        os.write(write, str(float(losses.content_loss(F, P))).encode())\n"
        "        os._exit(0)\n"
        "    os.close(write)\n"
        "    return torch.tensor(float(os.read(read, 99) or 0))",
    ],
    "in a thread": [
        "import concurrent.futures\nfrom course import losses",
        "def content_loss(F, P):\n"
        "    with concurrent.futures.ThreadPoolExecutor(1) as pool:\n"
        "        return pool.submit(losses.content_loss, F, P).result()",
    ],
    "only as a help": [
        "from course import losses",
        "def content_loss(F, P):\n    losses.content_loss(F, P)\n    return (F - P).square().sum() / 2",
    ],
    "below what was written": [HONEST, "from course import losses\ncontent_loss = losses.content_loss"],
}

# What says that it is called is silenced before it is called.
SILENCED = {
    "report_use": "import course.answers.serve as w\nnamed(w, 'report_use')\nw.report_use = lambda exercise: None",
    "_send": "import course.answers.serve as w\nnamed(w, '_send')\nsend = w._send\n"
             "w._send = lambda frame: None if b'used' in frame else send(frame)",
    "frames.encode": "import course.answers.serve as w\nnamed(w, 'frames')\nnamed(w.frames, 'encode')\n"
                     "encode = w.frames.encode\n"
                     "w.frames.encode = lambda v, *a: b'' if v[0] == 'used' else encode(v, *a)",
    "_reported": "import course.answers.serve as w\nnamed(w, '_reported')\nw._reported.add('content_loss')",
    "__import__": "import builtins, course.answers.serve as w\nnamed(w, 'report_use')\nreally = builtins.__import__\n"
                  "class Quiet:\n    report_use = staticmethod(lambda exercise: None)\n"
                  "builtins.__import__ = lambda *a, **k: Quiet if 'report_use' in str(k) else really(*a, **k)",
    "sys.modules": "import sys, types, course.answers.serve as w\nnamed(w, 'report_use')\n"
                   "sys.modules['course.answers.serve'] = types.SimpleNamespace(report_use=print)",
}  # fmt: skip
WAYS = {
    "called": "    return losses.content_loss(F, P)",
    "reloaded": "    return importlib.reload(losses).content_loss(F, P)",
    "read": "    exec(compile(open(losses.__file__).read(), 'copy', 'exec'), space := {'__name__': 'copy'})\n"
    "    return space['content_loss'](F, P)",
    "its source": "    exec(inspect.getsource(losses.content_loss), space := dict(vars(losses)))\n"
    "    return space['content_loss'](F, P)",
    "its lines without ours": "    text = open(losses.__file__).read().splitlines()\n"
    f"    assert any('report_use' in line for line in text), '{IN_VAIN} report'\n"
    "    text = '\\n'.join(line for line in text if 'report_use' not in line and 'RuntimeError' not in line)\n"
    "    exec(text, space := {'__name__': 'copy'})\n"
    "    return space['content_loss'](F, P)",
}
ANOTHER_INTERPRETER = (
    "    import subprocess, sys\n"
    "    code = 'import torch, course.answers.serve as w; w.report_use = print; '\n"
    "    code += f'from course.losses import content_loss as c; '\n"
    "    code += f'print(float(c(torch.tensor({F.tolist()}), torch.tensor({P.tolist()}))))'\n"
    "    done = subprocess.run([sys.executable, '-c', code], cwd='/edition', capture_output=True)\n"
    "    return torch.tensor(float(done.stdout.split()[-1]))"
)
WAYS["driving the check"] = (
    "    class Spy:\n"
    "        def __init__(self): self.draw, self.turn = self, [F, P]\n"
    "        def normal(self, *shape): return self.turn.pop(0)\n"
    "        def ask(self, *a): return None\n"
    "        def tensor(self, *a): return None\n"
    "        def same(self, got, expected, *a): raise KeyError(expected)\n"
    "    try:\n        check.EXERCISES['content_loss'].judge(Spy())\n"
    "    except KeyError as found:\n        return found.args[0]"
)


@pytest.mark.parametrize("sources", BORROWED.values(), ids=BORROWED.keys())
def test_borrowed_is_found_out(students, sources):
    mark = students.grade(*sources)
    assert (mark.state, mark.points, mark.mistake) == ("borrowed", 0, "borrowed")


@pytest.mark.parametrize("silenced", SILENCED.values(), ids=SILENCED.keys())
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_borrowing_in_silence_earns_nothing(students, silenced, way):
    imports = "import importlib, inspect, torch\nfrom course import check, losses"
    silence = "def silence():\n    " + silenced.replace("\n", "\n    ")
    mark = students.grade(imports, NAMED, silence, f"def content_loss(F, P):\n    silence()\n{way}")
    assert mark.state in ("borrowed", "wrong", "crashed", "timed out") and mark.points == 0, mark
    assert IN_VAIN not in "".join(mark.lines), mark


def test_another_interpreter_earns_nothing(students):
    mark = students.grade("import torch", f"def content_loss(F, P):\n{ANOTHER_INTERPRETER}")
    assert mark.state in ("wrong", "timed out") and mark.points == 0


def test_a_star_lends_nothing(students):
    mark = students.grade("from course.losses import *")
    assert (mark.state, mark.points) == ("borrowed", 0)


def test_a_copy_of_our_text_passes_since_it_cannot_be_told_from_having_written_it(students):
    mark = students.grade("# the whole file", inspect.getsource(losses))
    assert (mark.state, mark.points) == ("full", POINTS)
