"""How a student's function is found in a notebook, whatever was done to its cells, and what is run for it."""

import sys

import pytest

from course.answers.define import MissingError, define
from course.answers.notebook import CodeCell
from course.answers.plain_python import to_python
from course.answers.program import parse
from course.check.engine.answers import AnswerError

STUB = "def gram(F):\n    # YOUR CODE HERE\n    raise check.Unfinished('gram')"


@pytest.fixture(autouse=True)
def main(monkeypatch):
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


def found(*cells, exercise="gram"):
    """The function that these cells define. A cell is its text, or a `CodeCell`."""
    made = [
        CodeCell(f"c{n}", "", one, python=to_python(one).text) if isinstance(one, str) else one
        for n, one in enumerate(cells)
    ]
    return define(parse(made), exercise).function


def answer(*cells, given=3):
    return found(*cells)(given)


def own(source):
    return CodeCell("04-gram", "gram", source, "exercise")


HEAVY = "raise SystemError('a cell of minutes was run')"

ASYNC = "async def two():\n    return 2"

# name -> cells; asked for gram(3), the right one answers 6
NOTEBOOKS = {
    "as it was": [own("def gram(F):\n    return 2 * F")],
    "the type of the cell's id was lost": ["def gram(F):\n    return 2 * F"],
    "with heavy cells around": ["import torch", HEAVY, "def gram(F):\n    return 2 * F", HEAVY, "gram(1)\n" + HEAVY],
    "copied, the last counts": ["def gram(F):\n    return 1", "def gram(F):\n    return 2 * F"],
    "twice in a cell": ["def gram(F):\n    return 1\n\ndef gram(F):\n    return 2 * F"],
    "a stub below": ["def gram(F):\n    return 2 * F", STUB],
    "a stub with a docstring below": ["def gram(F):\n    return 2 * F", "def gram(F):\n    'G'\n    raise ValueError"],
    "a borrow line left behind": ["def gram(F):\n    return 2 * F", "gram = check.borrow('gram')"],
    "a borrow line above": ["from course import check\ngram = check.borrow('gram')", "def gram(F):\n    return 2 * F"],
    "an import left behind": ["def gram(F):\n    return 2 * F", "from course.losses import gram"],
    "a helper": ["def gram(F):\n    return twice(F)", "def twice(x):\n    return 2 * x"],
    "a helper of a helper": ["def gram(F):\n    return a(F)", "def a(x):\n    return b(x)", "b = lambda x: 2 * x"],
    "helpers that call each other": [
        "def gram(F):\n    return even(F) * 0 + 6",
        "def even(n):\n    return True if n == 0 else odd(n - 1)",
        "def odd(n):\n    return False if n == 0 else even(n - 1)",
    ],
    "a helper written twice": ["def f(x):\n    pass", "def f(x):\n    return x + 3", "def gram(F):\n    return f(F)"],
    "recursion": ["def gram(F):\n    return 0 if F == 0 else 2 + gram(F - 1)"],
    "a constant": ["TWO = 2", HEAVY, "def gram(F):\n    return TWO * F"],
    "a constant made of others": ["A = 1", "B = A + A", "def gram(F):\n    return B * F"],
    "a constant that grows": ["K = 1", "K += 1", "def gram(F):\n    return K * F"],
    "constants in a tuple": ["A, (B, *C) = 1, (2, 3)", "def gram(F):\n    return B * F"],
    "a table that is filled": ["T = {}", "T['k'] = 2", "def gram(F):\n    return T['k'] * F"],
    "a list that is filled": ["T = []", "T.append(2)", "def gram(F):\n    return T[0] * F"],
    "a constant in a loop": ["for K in range(3):\n    pass", "def gram(F):\n    return K * F"],
    "a constant in a with": ["import io\nwith io.StringIO() as f:\n    K = 2", "def gram(F):\n    return K * F"],
    "a constant behind an if": ["import sys\nif sys:\n    K = 2\nelse:\n    K = 3", "def gram(F):\n    return K * F"],
    "a constant in a try": ["try:\n    import no\nexcept ImportError:\n    K = 2", "def gram(F):\n    return K * F"],
    "a walrus": ["print(K := 2)", "def gram(F):\n    return K * F"],
    "an annotated constant": ["K: int = 2", "def gram(F):\n    return K * F"],
    "a constant in a default": ["K = 2", "def gram(F, k=K):\n    return k * F"],
    "a constant in a comprehension": ["K = 2", "def gram(F):\n    return sum(K for _ in range(F))"],
    "a match": ["match 2:\n    case K:\n        pass", "def gram(F):\n    return K * F"],
    "imports": ["import math as m\nfrom math import sqrt", "def gram(F):\n    return m.floor(sqrt(4)) * F"],
    "an import of a part": ["import os.path", "def gram(F):\n    return 2 * F if os.path.sep else 0"],
    "a star": ["from math import *", "def gram(F):\n    return floor(2.5) * F"],
    "an import of something that is missing": ["import nothing_of_this_name", "def gram(F):\n    return 2 * F"],
    "a name that is a parameter": ["F = 1\n" + HEAVY, "F = some.thing()", "def gram(F):\n    return 2 * F"],
    "a name that is local": [HEAVY + "\nG = 1", "def gram(F):\n    G = 2 * F\n    return G"],
    "decorated below": [
        "def double(f):\n    return lambda F: 2 * f(F)",
        "def gram(F):\n    return F",
        "gram = double(gram)",
    ],
    "decorated": ["import functools", "@functools.lru_cache\ndef gram(F):\n    return 2 * F"],
    "decorated by a function of one's own": [
        "def double(f):\n    return lambda F: 2 * f(F)",
        "@double\ndef gram(F):\n    return F",
    ],
    "a lambda": ["gram = lambda F: 2 * F"],
    "partial": ["import functools", "def mul(a, b):\n    return a * b", "gram = functools.partial(mul, 2)"],
    "another name for it": ["def my_gram(F):\n    return 2 * F", "gram = my_gram"],
    "a class": ["class gram:\n    def __new__(cls, F):\n        return 2 * F"],
    "an object": ["class Gram:\n    def __call__(self, F):\n        return 2 * F", "gram = Gram()"],
    "a helper's class": ["class H:\n    K = 2", "def gram(F):\n    return H.K * F"],
    "renamed in its cell": [own("def gram_matrix(F):\n    return 2 * F")],
    "renamed, with helpers": [own("def f(x):\n    return 2 * x\n\ndef gram_matrix(F):\n    return f(F)")],
    "global": ["N = 1", "def gram(F):\n    global N\n    N = 2\n    return N * F"],
    "global in a function that is called": [
        "def setup():\n    global K\n    K = 2",
        "setup()",
        "def gram(F):\n    return K * F",
        "gram(1)\n" + HEAVY,
    ],
    "an error elsewhere": ["def broken(:\n    pass", "def gram(F):\n    return 2 * F"],
    "an error in a cell that is needed by nobody": ["1 / 0\nx = 1", "def gram(F):\n    return 2 * F"],
    "magics": ["%matplotlib inline\n!ls\nK = 2", "%%time\ndef gram(F):\n    return K * F", "gram?"],
    "a shell cell": ["%%bash\ndef gram(F):\n    return 1", "def gram(F):\n    return 2 * F"],
    "an empty cell": ["", "   ", "# nothing", "def gram(F):\n    return 2 * F"],
    "deleted and written again": ["def gram(F):\n    return 0", "del gram", "def gram(F):\n    return 2 * F"],
    "the helper below, twice the same name as a parameter": [
        "def gram(F):\n    return scale(F)",
        "def scale(x, K=2):\n    return K * x",
        "K = 7",
    ],
    "with the check in its cell": ["def gram(F):\n    return 2 * F\n\ncheck.gram(gram)"],
    "a future": ["from __future__ import annotations", "def gram(F: Nothing) -> Nowhere:\n    return 2 * F"],
    "a type that is written nowhere, in quotes": ["def gram(F: 'Tensor') -> 'Tensor':\n    return 2 * F"],
    "an await": [ASYNC, "K = await two()", "def gram(F):\n    return K * F"],
    "an await below a magic": [ASYNC, "%matplotlib inline\nK = await two()", "def gram(F):\n    return K * F"],
    "an await that is timed": [ASYNC, "%%time\nK = %time await two()", "def gram(F):\n    return K * F"],
    "an await in its own cell": [ASYNC, "K = await two()\n\ndef gram(F):\n    return K * F"],
    "an await in a default": [ASYNC, "def gram(F, k=await two()):\n    return k * F"],
    "an await of the answer": [ASYNC, "async def made():\n    return lambda F: 2 * F", "gram = await made()"],
    "an await in a comprehension": [ASYNC, "K = [await two() for _ in range(2)]", "def gram(F):\n    return K[1] * F"],
    "an async with": [
        "import asyncio",
        "lock = asyncio.Lock()\nasync with lock:\n    K = 2",
        "def gram(F):\n    return K * F",
    ],
    "an async for": [
        "async def numbers():\n    yield 1\n    yield 2",
        "async for K in numbers():\n    pass",
        "def gram(F):\n    return K * F",
    ],
    "a task that goes on": [
        f"import asyncio\n{ASYNC}",
        "task = asyncio.create_task(two())",
        "K = await task",
        "def gram(F):\n    return K * F",
    ],
    "an await that is broken off, and not needed": [
        "import asyncio\nK = 2",
        "async def no():\n    raise asyncio.CancelledError",
        "K = await no()",
        "def gram(F):\n    return K * F",
    ],
    "a heavy await that nobody needs": [
        ASYNC,
        f"async def heavy():\n    {HEAVY}",
        "x = await heavy()",
        "def gram(F):\n    return 2 * F",
    ],
}


@pytest.mark.parametrize("cells", NOTEBOOKS.values(), ids=NOTEBOOKS.keys())
def test_it_is_found_and_defined(cells):
    assert answer(*cells) == 6


@pytest.mark.parametrize("cells", [NOTEBOOKS["a helper"], NOTEBOOKS["a constant"], NOTEBOOKS["recursion"]])
def test_in_any_order(cells):
    assert answer(*cells[::-1]) == 6


def test_a_stub_alone_is_the_answer():
    with pytest.raises(NameError):  # `check` was not imported: what the stub raises is told where it is called
        answer(STUB)


MISSING = {
    "nothing": [],
    "another function": ["def gramm(F):\n    return 1"],
    "a word in a text": ["x = 'def gram(F): pass'"],
    "inside of another": ["def f():\n    def gram(F):\n        return 1"],
    "in a condition that never holds": ["if 1 > 2:\n    def gram(F):\n        return 1"],
    "taken away": ["def other():\n    pass\ndel other"],
    "a star that has none": ["from math import *"],
}


@pytest.mark.parametrize("cells", MISSING.values(), ids=MISSING.keys())
def test_it_is_missing(cells):
    with pytest.raises(MissingError):
        found(*cells)


RAISED = {
    "a syntax error": (["x = 1", "def gram(F):\n    return (F"], "SyntaxError", "return (F", 2),
    "one in its cell under another name": ([own("def gramm(F)\n    return F")], "SyntaxError", "def gramm(F)", 1),
    "one below a magic": (["%%time\n\n!ls\ndef gram(F)\n    return F"], "SyntaxError", "def gram(F)", 4),
    "one that only compiling sees": (["x = 1\ndef gram(F):\n    break"], "SyntaxError", "break", 3),
    "one that Python cannot place": (["def gram(F):\n    '\0'"], "SyntaxError", "", 0),
    "one of another text": (["\n\ngram = eval('\\n1 +')"], "SyntaxError", "gram = eval('\\n1 +')", 3),
    "tabs and spaces": (["def gram(F):\n\tx = 1\n        return x"], "SyntaxError", "return x", 3),
    "an exception": (["gram = 1 / 0"], "ZeroDivisionError", "gram = 1 / 0", 1),
    "in the midst of a statement": (["gram = (\n    1\n    / 0)"], "ZeroDivisionError", "1", 2),
    "in what another cell says": (["def f():\n    1 / 0", "\ngram = f()"], "ZeroDivisionError", "gram = f()", 2),
    "in a decorator": (["x = 1\n@nothing\ndef gram(F):\n    return F"], "NameError", "@nothing", 2),
    "in a default": (["def gram(F, x=nothing):\n    return F"], "NameError", "def gram(F, x=nothing):", 1),
    "in what is awaited": (
        ["async def f():\n    1 / 0", "\ngram = await f()"],
        "ZeroDivisionError",
        "gram = await f()",
        2,
    ),
    "an exit": (["import sys", "gram = sys.exit('bye')"], "SystemExit", "gram = sys.exit('bye')", 1),
}


@pytest.mark.parametrize(("cells", "kind", "line", "number"), RAISED.values(), ids=RAISED.keys())
def test_errors_are_told_with_their_line(cells, kind, line, number):
    with pytest.raises(AnswerError) as caught:
        found(*cells)
    assert (caught.value.kind, caught.value.line, caught.value.number) == (kind, line, number)


def test_what_is_not_needed_is_not_run():
    ran = []
    sys.modules["course_test_ran"] = ran
    try:
        cells = ["import course_test_ran as ran", "ran.append(1)", "x = ran.append(2)", "def gram(F):\n    return ran"]
        assert found(*cells)(0) is ran and ran == []
    finally:
        del sys.modules["course_test_ran"]


def test_errors_quote_the_students_line():
    import linecache

    function = found("x = 1", "def gram(F):\n\n    return F.nothing")
    assert linecache.getline(function.__code__.co_filename, 3).strip() == "return F.nothing"


def test_depth_does_not_bring_it_down():
    deep = "x = " + "(" * 5000 + ")" * 5000
    assert answer(deep, "x = " + "-" * 50_000 + "1", "def gram(F):\n    return 2 * F") == 6
