"""A check's verdict on an answer in another process: a word, and lines. Here the other side is a thread."""

import queue
import sys
import threading

import pytest

from course.answers import frames, serve
from course.answers.notebook import CodeCell
from course.answers.remote import RemoteAnswer, Timeouts
from course.answers.verdict import judge, not_run_lines

CONTROL = "raise ValueError('\\x1b[31m')"  # would colour a terminal red
SHOWN = "ValueError: \N{REPLACEMENT CHARACTER}[31m"
RIGHT = "def gram(F):\n    rows = F.flatten(2)\n    return rows @ rows.transpose(1, 2)"


class Beside:
    """An `RemoteProcess` that serves in a thread."""

    def __init__(self):
        self._to, self._back = queue.Queue(), queue.Queue()
        threading.Thread(target=serve.serve, args=(self._next, self._back.put), daemon=True).start()

    def _next(self):
        message = self._to.get()
        if message is None:
            raise EOFError
        return message

    def send(self, message, seconds):
        self._to.put(message)

    def receive(self, seconds, bounds):
        return frames.decode(self._back.get(timeout=seconds)[8:], bounds)

    def close(self):
        self._to.put(None)
        return 0, False


@pytest.fixture
def other(monkeypatch):
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # answers are defined under this name
    beside = Beside()
    yield beside
    beside.close()


@pytest.mark.parametrize(
    ("source", "state", "words"),
    [
        (RIGHT, "right", "C, H and W"),
        (RIGHT.replace("flatten(2)", "flatten(1)"), "wrong", "✗ gram: "),
        (RIGHT.replace("(F):", "(F)"), "wrong", "Python cannot read this, so its cell does not run."),
        (
            RIGHT.replace("F.f", "F..f"),
            "wrong",
            "✗ gram: it stopped at line 2 of its cell, `rows = F..flatten(2)`, with Sy",
        ),
        ("gram = 1 / 0", "wrong", "at line 1 of its cell, `gram = 1 / 0`, with ZeroDivisionError: division by zero"),
        ("def gram(F):\n    '\0'", "wrong", "✗ gram: it stopped with SyntaxError: source code"),
        (f"{RIGHT}\n{CONTROL}", "right", ""),
        (RIGHT.replace("return", f"{CONTROL}\n    return"), "wrong", SHOWN),
        (RIGHT.replace("return", "raise MemoryError\n    return"), "out of memory", "more memory than an exercise may"),
        ('def gram(F):\n    raise check.Unfinished("gram")', "not attempted", "It is not written yet"),
        ("def grams(F):\n    return F", "not attempted", "There is no function of this name"),
        ("from no_helpers import gram", "wrong", "No module named 'no_helpers'"),
        ("from no_helpers import gram", "wrong", "  Only the notebook is handed in, and only the course's packages"),
        ("from course.loses import gram", "wrong", "  The course has no module of this name: a slip of the keyboard?"),
        (
            "from math import gram",
            "wrong",
            "  That module has nothing of this name. If you meant one of your own: only",
        ),
        (f"x = open('no.txt')\n{RIGHT.replace('F.f', 'x.f')}", "wrong", "  Only the notebook is handed in: what lies"),
        (f"import no_helpers\n{RIGHT.replace('F.f', 'no_helpers.f')}", "wrong", "  Only the notebook is handed in"),
        ('gram = check.borrow("gram")', "borrowed", "this one is the course's"),
    ],
)
def test_what_is_said(other, source, state, words):
    cells = [CodeCell("a", "", "import torch\nfrom course import check"), CodeCell("b", "", source)]
    verdict = judge(RemoteAnswer("gram", other, Timeouts(60, 60)), cells, seed=0)
    assert verdict.state == state, verdict
    assert words in "\n".join(verdict.lines) or state == "right", verdict
    assert all(line.isprintable() for line in verdict.lines)


@pytest.mark.parametrize("kind", ["raw", "markdown", "other", "long", "%%writefile"])
@pytest.mark.parametrize(("source", "state"), [(RIGHT, "wrong"), ("def gram(F):\n    raise E", "not attempted")])
def test_what_is_not_run_is_told(other, kind, source, state):
    verdict = judge(
        RemoteAnswer("gram", other, Timeouts(60, 60)), [CodeCell("b", "gram", source, "exercise", kind=kind)], seed=0
    )
    assert (verdict.state, verdict.mistake) == (state, "not_run")
    assert verdict.lines == not_run_lines("gram", kind)


def test_what_is_borrowed_for_one_exercise_is_there_for_the_next(other):
    """A student's own process serves all exercises: in a grader's, ours would be gone after the first."""
    borrowed = "import torch\nfrom course import check\ngram = check.borrow('gram')"
    mine = "def style_layer_loss(F, A):\n    NM = F[0].numel()\n    return ((gram(F) - A) ** 2).sum() / (2 * NM) ** 2"
    cells = [CodeCell("a", "", borrowed), CodeCell("b", "", mine)]
    states = [
        judge(RemoteAnswer(name, other, Timeouts(60, 60)), cells, 0).state for name in ("gram", "style_layer_loss")
    ]
    assert states == ["borrowed", "right"]


def test_what_is_wrong_elsewhere_is_told_and_leaves_the_state(other):
    """The caller's verdict asks for the function that it calls in the same process."""
    gram = f"{RIGHT} / F[0].numel()"
    mine = "def style_layer_loss(F, A):\n    NM = F[0].numel()\n    return ((gram(F) - A) ** 2).sum() / (2 * NM) ** 2"
    cells = [CodeCell("a", "", gram), CodeCell("b", "", mine)]
    verdict = judge(RemoteAnswer("style_layer_loss", other, Timeouts(60, 60)), cells, 0)
    assert (verdict.state, verdict.mistake) == ("wrong", "calls_wrong")
    assert verdict.lines[1] == "  `gram`, which it calls, is not right yet: mend that first."
