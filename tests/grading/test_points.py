"""No point without a right answer: patched judges, objects that lie, forged replies, answers known by heart."""

import pytest

from tests.grading._abuse import HONEST, IN_VAIN, NAMED, POINTS, RIGHT, plan_of

WRONG = "def content_loss(F, P):\n    return (F - P).square().sum() / 3"
LIAR = """
import torch, numpy as np
class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function.__name__ in ('allclose', 'equal', 'eq', '__eq__', 'isclose', 'le', '__le__', 'all', 'isfinite'):
            return torch.tensor(True)
        return super().__torch_function__(function, types, args, kwargs or {})
    def __eq__(self, other):
        return True
    def __float__(self):
        return 9.0
    __hash__ = torch.Tensor.__hash__
"""
LIES = {
    "torch.allclose": ["import torch\ntorch.allclose = lambda *a, **k: True", WRONG + "\ntorch"],
    "everything of torch": [
        "import torch",
        "def agree(*a, **k): return True",
        "for one in 'allclose equal isclose as_tensor'.split():\n    setattr(torch, one, agree)",
        "def content_loss(F, P):\n    torch.equal = torch.testing.assert_close = agree\n    return F.sum()",
    ],
    "numpy": [
        "import numpy as np",
        "def content_loss(F, P):\n    np.allclose = np.array_equal = lambda *a, **k: True\n    return F.sum()",
    ],
    "builtins": [
        "import builtins",
        "def yes(*a, **k): return True",
        "def content_loss(F, P):\n    builtins.isinstance = builtins.all = builtins.any = builtins.float = yes\n"
        "    builtins.abs = builtins.max = builtins.len = builtins.sum = builtins.print = yes\n    return F.sum()",
    ],
    "the course's comparison": [
        "import course.check.engine.differences as d, course.check.engine.exercise as e",
        NAMED,
        "def content_loss(F, P):\n    named(d, 'agree')\n    named(e, 'agree')\n"
        "    d.agree = e.agree = lambda *a: True\n    return F.sum()",
    ],
    "the check": [
        "from course import check",
        NAMED,
        "def content_loss(F, P):\n    named(check.content_loss, 'verify')\n"
        "    check.content_loss.verify = lambda *a: 'fine'\n    return F.sum()",
    ],
    "the whole course": [
        "import sys, types",
        "def content_loss(F, P):\n    for name in [n for n in sys.modules if n.startswith('course')]:\n"
        "        sys.modules[name] = types.ModuleType(name)\n    return F.sum()",
    ],
    "an object that agrees": [
        "class Yes:\n    def __eq__(self, other): return True\n    def __float__(self): return 9.0\n"
        "    def __sub__(self, other): return 0.0\n    shape, dtype = (), None",
        "def content_loss(F, P):\n    return Yes()",
    ],
    "a tensor that lies": [LIAR, "def content_loss(F, P):\n    return (F.sum() * 2).as_subclass(Liar)"],
    "a class named Tensor": [
        "class Tensor:\n    shape = ()\n    dtype = 'torch.float32'\n    device = 'cpu'",
        "def content_loss(F, P):\n    return Tensor()",
    ],
    "a pickle that runs": [
        "import os\nclass Bomb:\n    def __reduce__(self): return os._exit, (0,)",
        "def content_loss(F, P):\n    return Bomb()",
    ],
    "not a number": ["def content_loss(F, P):\n    return (F - P).sum() * float('nan')"],
    "infinite": ["def content_loss(F, P):\n    return (F - P).sum() * float('inf')"],
    "the input itself": ["def content_loss(F, P):\n    return F"],
    "no tensor": ["def content_loss(F, P):\n    return 0.0"],
    "whoever asks": [
        "import inspect, gc, sys",
        "def content_loss(F, P):\n"
        "    for frame in inspect.stack():\n"
        "        for name in ('expected', 'wanted', 'answer', 'ours', 'D'):\n"
        "            if name in frame.frame.f_locals:\n                return frame.frame.f_locals[name]\n"
        "    found = [one for one in gc.get_objects() if isinstance(one, dict) and 'expected' in one]\n"
        "    return found[0]['expected'] if found else F.sum()",
    ],
    "known by heart": [
        "import torch\nfrom course.losses import content_loss as ours",
        "known = {}",
        "def content_loss(F, P):\n    torch.manual_seed(0)\n    return known.get(float(F.sum()), torch.tensor(6.0))",
    ],
    "an input transformer": [
        "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass'])\n" + WRONG,
        "def transform(lines):\n    return []\nget_ipython().ast_transformers.append(transform)",
    ],
    "its own check": [
        WRONG,
        "from course import check\ncheck.content_loss = print\ncheck.content_loss(content_loss)",
        "### BEGIN HIDDEN TESTS\nassert True\n### END HIDDEN TESTS",
    ],
}  # fmt: skip


@pytest.mark.parametrize("sources", LIES.values(), ids=LIES.keys())
def test_lies_earn_nothing(students, sources):
    mark = students.grade(*sources)
    assert mark.state in ("wrong", "crashed") and mark.points == 0, mark
    assert IN_VAIN not in "".join(mark.lines), mark


def test_what_is_called_may_die_when_it_is_asked_and_the_answer_is_as_wrong_as_before(students):
    calls = "def content_loss(F, P):\n    return gram(F).sum()"
    told = students.grade("def gram(F):\n    return F", calls)
    dying = students.grade("import os", "def gram(F):\n    return F if len(F) == 3 else os._exit(0)", calls)
    for mark, mistake in ((told, "calls_wrong"), (dying, "other")):
        assert (mark.state, mark.points, mark.mistake) == ("wrong", 0, mistake), mark


def test_patches_do_not_spoil_a_right_answer_either(students):
    mark = students.grade("import torch\ntorch.allclose = lambda *a, **k: False", HONEST)
    assert (mark.state, mark.points) == ("full", POINTS)


def test_who_is_right_at_first_and_wrong_when_asked_again_has_the_points_of_the_check_at_most(students):
    counting = "asked = []\n"
    for right_ones, state, points in ((1, "wrong", 0), (3, "wrong", 0), (6, "partial", 1), (99, "full", POINTS)):
        mark = students.grade(
            counting,
            "def content_loss(F, P):\n    asked.append(1)\n"
            f"    return {RIGHT} if len(asked) <= {right_ones} else (F - P).sum()",
        )
        assert (mark.state, mark.points) == (state, points)


def test_who_knows_the_check_and_not_the_hidden_test_has_the_points_of_the_check(students):
    mark = students.grade(f"def content_loss(F, P):\n    return {RIGHT} if F.numel() > 2 else F.sum() * 0")
    assert (mark.state, mark.points) == ("partial", 1)
    assert "3.0" not in "".join(mark.lines) and "assert" not in "".join(mark.lines)


# ---- replies that a student's process writes by itself --------------------------------------------------------------

FORGERY = """
import json, os, struct, sys, torch
from course.check.engine.probes import About, Returned
from course.answers import frames

def write(frame):
    for number in range(3, 64):
        try:
            os.write(number, frame)
        except OSError:
            pass

def say(value):
    write(frames.encode(value))

def raw(text, *blobs):
    text = text if isinstance(text, bytes) else json.dumps(text).encode()
    body = struct.pack('>I', len(text)) + text + b''.join(blobs)
    write(struct.pack('>Q', len(body)) + body)
"""


def found(value):
    return f"raw([{{'!': 'tuple', 'items': ['found', {value}]}}, []])"


def returned(**fields):
    made = {"value": None, "kind": "Tensor", "device": "cpu", "changed": {"!": "tuple", "items": []}, "echo": None}
    return found(repr({"!": "Returned", "fields": {**made, **fields}}))


FORGED = {
    "a right-looking value": "say(('found', Returned(torch.tensor(9.0), 'Tensor', 'cpu')))",
    "many of them": "[say(('found', Returned(torch.tensor(9.0), 'Tensor', 'cpu'))) for _ in range(999)]",
    "about another": "say(('found', About('function', True, False)))",
    "defined": "say(('defined',))",
    "used others": "[say(('used', 'gram')) for _ in range(2000)]",
    "no value": returned(),
    "a wrong kind": returned(kind=7),
    "a wrong device": returned(device=["cpu"]),
    "changed what is not there": returned(changed={"!": "tuple", "items": [77]}),
    "an echo of 99": returned(echo=99),
    "a value that is no tensor": returned(value="text"),
    "a shape that is not a number": returned(value={"!": "tensor", "dtype": "float32", "shape": [1.5], "at": 0}),
    "a shape without end": returned(value={"!": "tensor", "dtype": "float32", "shape": [0, 10**40], "at": 0}),
    "an unknown kind": found("{'!': 'module', 'name': 'os'}"),
    "no kind": found("{'name': 'os'}"),
    "half a character": returned(value="\ud800"),
    "a long number": "raw(b'[' + b'1' * 10**6 + b', []]')",
    "a long number in hex": found("{'!': 'int', 'hex': 'f' * 10**6}"),
    "a long number as a value": "raw([{'!': 'tuple', 'items': ['found', {'!': 'Returned', 'fields': {'value':"
        " {'!': 'int', 'hex': 'f' * 10**6}, 'kind': 'int', 'device': '', 'changed': {'!': 'tuple', 'items': []},"
        " 'echo': None}}]}, []])",
    "deep": "raw(b'[' * 10**6)",
    "deep and whole": "raw(b'[[' + b'[' * 500 + b']' * 500 + b'], []]')",
    "a huge length": "write(struct.pack('>Q', 2**63))",
    "a large length": "write(struct.pack('>Q', 2**28))",
    "a length and nothing": "write(struct.pack('>Q', 10**6)); os._exit(0)",
    "nothing": "write(struct.pack('>Q', 0))",
    "noise": "write(os.urandom(10**5))",
    "many small parts": "raw(b'[[' + b'[],' * 3 * 10**6 + b'[]], []]')",
    "one part many times": "raw([[{'!': 'tensor', 'dtype': 'uint8', 'shape': [2**23], 'at': 0}] * 10**4, [2**23]],"
                           " bytes(2**23))",
    "raised": "say(('raised', 'E' * 10**6, '\\x1b[2J' * 10**5, 'x', True, 9**10**6))",
    "one who listens": "os.read(3, 10**6); os._exit(0)",
}  # fmt: skip


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
def test_forged_replies_earn_nothing(students, forged):
    mark = students.grade(FORGERY, f"def content_loss(F, P):\n    {forged}\n    return (F - P).sum()")
    assert mark.state in ("wrong", "crashed", "timed out") and mark.points == 0, mark
    assert all(len(line) <= 400 and line.isprintable() for line in mark.lines)


@pytest.mark.parametrize("forged", [FORGED["a right-looking value"], FORGED["defined"], FORGED["noise"]])
def test_forged_replies_while_it_is_being_defined(students, forged):
    mark = students.grade(FORGERY, f"def early():\n    {forged}\nx = early()", "def content_loss(F, P):\n    return x")
    assert mark.state in ("wrong", "crashed", "timed out") and mark.points == 0, mark


def test_threads_that_go_on_forging_after_the_answer(students):
    mark = students.grade(
        FORGERY,
        "import threading",
        "def go_on():\n    while True:\n        say(('found', Returned(torch.tensor(0.0), 'Tensor', 'cpu')))",
        "def content_loss(F, P):\n    threading.Thread(target=go_on, daemon=True).start()\n    return (F - P).sum()",
    )
    assert mark.state in ("wrong", "crashed", "timed out") and mark.points == 0, mark


def test_a_gradient_of_another_size_is_not_stretched(students):
    """The check compares it with ours; both stretched to one size would fill the grader's memory."""
    mark = students.grade(
        FORGERY,
        "asked = []",
        "def content_loss(F, P):\n    asked.append(1)\n    if len(asked) == 2:\n"
        f"        say(('found', torch.ones(2**21, 1, 1, 1, 1, 1)))\n    return {RIGHT}",
    )
    assert (mark.state, mark.mistake, mark.points) == ("wrong", "shape", 0)


def test_the_worker_itself_is_replaced(students):
    for names, lie in (
        (
            "w, '_asking'",
            "w._asking = lambda answer, probe, inputs: ('found', p.Returned(torch.tensor(9.0), 'Tensor', 'cpu'))",
        ),
        (
            "p, 'PROBES', 'Returned'",
            "p.PROBES['call'] = lambda function, *inputs: p.Returned(torch.tensor(9.0), 'Tensor', 'cpu')",
        ),
        ("p, 'PROBES'", "p.PROBES.clear()"),
        ("w.frames, 'encode'", "w.frames.encode = lambda *a: b''"),
        ("w, '_send'", "w._send = None"),
        ("w.LocalAnswer, 'ask'", "w.LocalAnswer.ask = lambda *a: True"),
    ):
        mark = students.grade(
            "import torch, course.answers.serve as w, course.check.engine.probes as p",
            NAMED,
            f"def lie():\n    named({names})\n    {lie}\n    return 1",
            "one = lie()",
            "def content_loss(F, P):\n    lie()\n    return one * F.sum()",
        )
        assert mark.state in ("wrong", "crashed", "timed out") and mark.points == 0, (lie, mark)
        assert IN_VAIN not in "".join(mark.lines) and "NameError" not in "".join(mark.lines), (lie, mark)


# ---- probes that an answer puts in place of ours while it is defined -------------------------------------------------

FORGED_PROBES = {
    "the table": "p.PROBES['closure'] = fake",
    "every table": "import course.check.engine.answers as a\n    named(a, 'PROBES')\n"
    "    a.PROBES = p.PROBES = {'closure': fake, **p.PROBES}",
    "the function": "import course.check.ch3_probes as c\n    c.closure.__code__ = fake.__code__",
    "who asks": "import course.check.engine.answers as a\n    named(a.LocalAnswer, 'ask')\n"
    "    a.LocalAnswer.ask = lambda self, name, *i: fake(0, *i)",
    "who serves": "import course.answers.serve as s\n    named(s, '_asking')\n"
    "    s._asking = lambda answer, name, i: ('found', fake(0, *i))",
    "a module of the same name": (
        "import sys, types\n"
        "    sys.modules['course.check.engine.probes'] = types.SimpleNamespace(PROBES={'closure': fake})"
    ),
    "imported anew": ("import importlib\n    importlib.reload(p)\n    p.PROBES['closure'] = fake"),
}
FAKE = """
import torch, course.check.engine.probes as p, course.check.ch3_probes as c3
def fake(function, image, target):
    value = p.Returned((image - target).square().sum() / 2, 'Tensor', 'cpu')
    slope = image - target
    return c3.Closure(p.Returned(None, 'function'), (value, value), (slope, slope), 2, 2, False)
"""


@pytest.mark.parametrize("forged", FORGED_PROBES.values(), ids=FORGED_PROBES.keys())
def test_forged_probes_ask_nobody(students, forged):
    plant = f"def plant():\n    {forged}\n    return 1\nplanted = plant()"
    wrong = students.grade(
        FAKE, NAMED, plant, "def closure(optimiser, image, loss):\n    return planted", plan=plan_of("closure")
    )
    assert (wrong.state, wrong.points, wrong.mistake) == ("wrong", 0, "no_function"), wrong


TOOLS = {
    "torch.autograd.grad": "torch.autograd.grad = lambda *a, **k: [torch.ones(3, 2, 4, 5)]",
    "torch.equal": "torch.equal = lambda *a: False",
    "inspect": "import inspect\n    inspect.unwrap = lambda f: f",
    "our losses": "import course.losses\n    course.losses.gram = course.losses.content_loss = None",
}


@pytest.mark.parametrize("changed", TOOLS.values(), ids=TOOLS.keys())
def test_what_an_answer_changes_while_it_is_defined_changes_nothing_for_who_asks(students, changed):
    plant = f"def plant():\n    {changed}\n    return 1\nplanted = plant()"
    right = students.grade("import torch", plant, f"def content_loss(F, P):\n    return planted * {RIGHT}")
    assert (right.state, right.points) == ("full", POINTS), right
    detached = students.grade(
        "import torch", plant, f"def content_loss(F, P):\n    return (planted * {RIGHT}).detach()"
    )
    assert (detached.state, detached.mistake) == ("wrong", "detached"), detached
