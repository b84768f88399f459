"""Answers in cells that Python does not run, and modules that are not handed in: both are told, with their cure."""

import json
import sys

import pytest

from course.answers.define import NotRunError, begun, define, gone, not_run
from course.answers.notebook import read_notebook
from course.answers.program import parse
from course.answers.verdict import not_run_lines
from course.check.engine.answers import AnswerError

GRAM = "def gram(F):\n    return 2 * F"
STUB = "def gram(F):\n    raise check.Unfinished('gram')"
LONG = "x = '" + "a" * 1_100_000 + "'"


@pytest.fixture(autouse=True)
def main(monkeypatch):
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


def program(*cells):
    """What is read of a notebook. A cell is its source, for code of the student's own, or (kind, source) for gram's."""
    made = [{"cell_type": "code", "source": one, "metadata": {}} if isinstance(one, str) else
            {"cell_type": one[0], "source": one[1], "metadata": {"nbgrader": {"grade_id": "gram"}}, "id": "04-gram"}
            for one in cells]  # fmt: skip
    return parse(read_notebook(json.dumps({"nbformat": 4, "metadata": {}, "cells": made}).encode()).cells)


# ---- cells that are not run ------------------------------------------------------------------------------------------

# name -> cells, the kind of the cell in which gram stands, whether it is a stub
NOT_RUN = {
    "raw": ([("raw", GRAM)], "raw", False),
    "Markdown": ([("markdown", GRAM)], "markdown", False),
    "no kind of Jupyter's": ([("Code", GRAM)], "other", False),
    "no kind at all": ([(None, GRAM)], "other", False),
    "a file": ([("code", f"%%writefile gram.py\n{GRAM}")], "%%writefile", False),
    "another process": ([("code", f"%%script python\n{GRAM}")], "%%script", False),
    "a shell": ([("code", f"\n%%bash\n{GRAM}")], "%%bash", False),
    "a page": ([("code", f"%%html\n{GRAM}")], "%%html", False),
    "a shell that is timed": ([("code", f"%%time\n%%bash\n{GRAM}")], "%%bash", False),
    "too long": ([("code", f"%matplotlib inline\n{LONG}\n{GRAM}")], "long", False),
    "what is timed many times, and forgotten": ([("code", f"%%timeit -n 1\n{GRAM}")], "%%timeit", False),
    "a lambda": ([("raw", "gram = lambda F: 2 * F")], "raw", False),
    "another name": ([("markdown", "def gram_matrix(F):\n    return 2 * F")], "markdown", False),
    "what is no Python": ([("markdown", "def gram(F)\n    return 2 * F")], "markdown", False),
    "the stub": ([("markdown", STUB)], "markdown", True),
    "the stub in a file": ([("code", f"%%writefile gram.py\n{STUB}")], "%%writefile", True),
    "another cell": ([f"%%writefile gram.py\n{GRAM}"], "%%writefile", False),
    "another cell, beside the stub": ([("code", STUB), f"%%bash\n{GRAM}"], "%%bash", False),
    "with a stub that is run, in any order": ([f"%%bash\n{GRAM}", ("code", STUB)], "%%bash", False),
    "two, of which one is the stub": ([("raw", GRAM), ("markdown", STUB)], "raw", False),
}


@pytest.mark.parametrize(("cells", "kind", "is_stub"), NOT_RUN.values(), ids=NOT_RUN.keys())
def test_what_is_not_run_is_found(cells, kind, is_stub):
    found = program("import torch", *cells)
    with pytest.raises(NotRunError) as caught:
        define(found, "gram")
    assert (caught.value.kind, caught.value.is_stub) == (kind, is_stub)
    assert not_run(found, "gram") == kind
    assert begun(found, "gram") is not is_stub and not gone(found, "gram")


RUN = {
    "code": [("code", GRAM)],
    "written again elsewhere": [("raw", "def gram(F):\n    return 1"), GRAM],
    "quoted": [("code", GRAM), ("markdown", "As in\n\ndef gram(F):\n    return 1")],
    "a helper of another": [("code", GRAM), "%%bash\ndef other(F):\n    pass"],
    "timed": [("code", f"%%time\n{GRAM}")],
    "beside a cell that is too long": [f"%matplotlib inline\n{LONG}", ("code", GRAM)],
}


@pytest.mark.parametrize("cells", RUN.values(), ids=RUN.keys())
def test_what_is_run_counts(cells):
    assert define(program(*cells), "gram").ask("call", 3).value == 6
    assert begun(program(*cells), "gram") and not_run(program(*cells), "gram") == ""


def test_an_empty_cell_is_nothing():
    for cell in (("markdown", " \n"), ("code", "%%bash\n\n"), ("code", STUB)):
        found = program(cell)
        assert not begun(found, "gram") and not_run(found, "gram") == "" and not gone(found, "gram")


@pytest.mark.parametrize(
    "kind", ["markdown", "raw", "other", "long", "%%writefile", "%%" + "\x1b" * 38, "no such kind"]
)
def test_it_is_told_in_two_lines(kind):
    told, cure = not_run_lines("gram", kind)
    assert told.startswith("✗ gram: it stands ") and told.isprintable()
    assert ("press Esc and then Y" in cure) == (kind in ("markdown", "raw", "other", "no such kind"))
    assert cure.isprintable() and "save the notebook" in cure


# ---- names that are missing ------------------------------------------------------------------------------------------

NO_MODULE = "No module named 'no_helpers'"
UNKNOWN = "name 'twice' is not defined"
CALLS = "def gram(F):\n    return twice(F)"

# name -> cells, the error that is told
MISSING = {
    "the answer": (["from no_helpers import gram"], f"ModuleNotFoundError: {NO_MODULE}"),
    "the answer, by a star": (["from no_helpers import *"], f"ModuleNotFoundError: {NO_MODULE}"),
    "the answer, by %run": (["%run no_helpers.py"], "ModuleNotFoundError: No module named 'no_helpers.py'"),
    "the answer, by another name": (
        ["from no_helpers import gram_matrix", "gram = gram_matrix"],
        f"NameError: name 'gram_matrix' is not defined ({NO_MODULE})",
    ),
    "inside": (["def gram(F):\n    import no_helpers\n    return F"], f"ModuleNotFoundError: {NO_MODULE}"),
    "a helper": (["from no_helpers import twice", CALLS], f"NameError: {UNKNOWN} ({NO_MODULE})"),
    "a helper below": ([CALLS, "from no_helpers import once, twice"], f"NameError: {UNKNOWN} ({NO_MODULE})"),
    "a helper under another name": (
        ["from no_helpers import double as twice", CALLS],
        f"NameError: {UNKNOWN} ({NO_MODULE})",
    ),
    "a module": (
        ["import no_helpers", "def gram(F):\n    return no_helpers.twice(F)"],
        f"NameError: name 'no_helpers' is not defined ({NO_MODULE})",
    ),
    "a module of a package": (
        ["import no_helpers.sums as sums", "def gram(F):\n    return sums.twice(F)"],
        f"NameError: name 'sums' is not defined ({NO_MODULE})",
    ),
    "by a star": (["from no_helpers import *", CALLS], f"NameError: {UNKNOWN} ({NO_MODULE})"),
    "by %run": (["%run no_helpers.py", CALLS], f"NameError: {UNKNOWN} (No module named 'no_helpers.py')"),
    "by exec": (
        ["exec(open('no_helpers.py').read())", CALLS],
        f"{UNKNOWN} ([Errno 2] No such file or directory: 'no_helpers.py')",
    ),
    "a constant made of it": (
        ["import no_helpers", "twice = no_helpers.twice", CALLS],
        f"NameError: {UNKNOWN} ({NO_MODULE})",
    ),
    "what a module that is there lacks": (
        ["from math import twice", CALLS],
        f"NameError: {UNKNOWN} (cannot import name 'twice' from 'math'",
    ),
    "a helper in a raw cell": ([("raw", "def twice(x):\n    pass"), CALLS], f"{UNKNOWN} (it stands in a raw cell)"),
    "a constant under a magic": (["%%capture\n%%bash\ntwice = 2", CALLS], f"{UNKNOWN} (it stands under %%bash)"),
    "a constant in a cell that is too long": ([f"%m\n{LONG}\ntwice = 2", CALLS], "in a cell that is too long for the"),
    "a file beside the notebook": (
        ["twice = open('no_numbers.txt').read()", CALLS],
        f"{UNKNOWN} ([Errno 2] No such file or directory: 'no_numbers.txt')",
    ),
    "a slip of the keyboard": (["import math", CALLS], UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "said"), MISSING.values(), ids=MISSING.keys())
def test_why_a_name_is_missing_is_told(cells, said):
    with pytest.raises(AnswerError) as caught:
        define(program(*cells), "gram").ask("call", 3)
    told = f"{caught.value.kind}: {caught.value.text}"
    assert said in told and (said != UNKNOWN or told.endswith(UNKNOWN)), told


def test_what_a_text_defines_is_found():
    cells = ["exec('def twice(x):\\n    return 2 * x')", CALLS]
    assert define(program(*cells), "gram").ask("call", 3).value == 6


def test_who_needs_no_module_is_defined():
    cells = ["import no_helpers", "from no_plots import *", "try:\n    import no_sums\nexcept ImportError:\n    K = 2"]
    assert define(program(*cells, "def gram(F):\n    return K * F"), "gram").ask("call", 3).value == 6
