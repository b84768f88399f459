"""Files that are no notebooks, or no ordinary ones, from the folder to the mark."""

import json
import zipfile
from dataclasses import replace

import pytest

from classroom.collect.submissions import Submission, SubmittedFile, each
from classroom.grading import grade as grading
from classroom.grading.grade import grade
from classroom.sandbox.client import ForkServer
from tests.classroom._handed import packed
from tests.grading._abuse import HIDDEN, HONEST, PLAN, POINTS, notebook

CHAPTERS = ("03_content",)
MB = 2**20


def of_class(students, folder):
    """student -> mark, its one note's or line's text; as `course grade` does it."""
    return {one.student: grade(one, PLAN, students.fork_server) for one in each(folder, CHAPTERS)}


def changed(**fields):
    return json.dumps({**json.loads(notebook(HONEST)), **fields}).encode()


def with_outputs(size):
    found = json.loads(notebook(HONEST))
    output = {"output_type": "stream", "name": "stdout", "text": "x" * (size // 4)}
    found["cells"][0]["outputs"] = [output] * 4
    return json.dumps(found).encode()


def slow(number):
    """Little to hand in, and seconds to read: no bracket is closed, and each is looked for."""
    brackets = [{"cell_type": "code", "id": f"03-{n:03}", "source": "(" * 5000} for n in range(50)]
    return changed(cells=[*json.loads(notebook(HONEST))["cells"], *brackets], metadata={"number": number})


def opened(students, monkeypatch, files):
    """What becomes of a delivery of these files, and how many processes were asked to read one."""
    asked = []
    process = ForkServer.answer_process
    monkeypatch.setattr(ForkServer, "answer_process", lambda *a, **o: asked.append(a) or process(*a, **o))
    handed = tuple(SubmittedFile(f"{n}.ipynb", data) for n, data in enumerate(files))
    found = grade(Submission("ada", "Ada", handed, ()), replace(PLAN, chapters=()), students.fork_server)
    return found, len(asked)


def test_many_files_that_take_long_to_read_do_not_hold_up_a_class(students, monkeypatch):
    monkeypatch.setattr(grading, "READING_SECONDS", 1.0)
    monkeypatch.setattr(grading, "READING_FREE", 0.01)
    found, asked = opened(students, monkeypatch, map(slow, range(40)))
    assert asked < 20
    assert "39.ipynb was not opened: the files before it took too long to read" in found.notes


def test_honest_files_are_all_opened_and_no_more_than_a_thousand(students, monkeypatch):
    monkeypatch.setattr(grading, "MOST_FILES", 12)
    found, asked = opened(students, monkeypatch, [notebook(HONEST, f"x = {n}") for n in range(14)])
    assert asked == 12
    assert [one for one in found.notes if "opened" in one] == [
        f"{n}.ipynb was not opened: it comes after 12 others" for n in (12, 13)
    ]


UNREADABLE = {
    "no JSON": (b"hello", "is not JSON"),
    "empty": (b"", "is empty"),
    "cut off": (notebook(HONEST)[:-40], "is not JSON"),
    "50 MB of noise": (bytes(range(256)) * (50 * MB // 256), "is not JSON"),
    "50 MB of brackets": (b"[" * 50 * MB, "nested too deeply"),
    "many small cells": (changed(cells=[{"cell_type": "code", "source": ""}] * 6000), "more than 5000 cells"),
    "a novel": (
        changed(cells=[{"cell_type": "markdown", "id": "03-why-answer", "source": "word " * 500_000}]),
        "two million characters in answers",
    ),
    "another version": (changed(nbformat=5), "is of format 5"),
    "another language": (
        changed(metadata={"kernelspec": {"name": "ir", "language": "R"}}),
        "is a notebook for R, not for Python",
    ),
    "another thing": (b'{"a": 1}', "is JSON, but no notebook"),
    "a zip": (packed("x"), "is a zip under the name of a notebook"),
}


@pytest.mark.parametrize(("data", "reason"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_says_so(students, tmp_path, data, reason):
    (tmp_path / "ada_03_content.ipynb").write_bytes(data)
    (mark,) = of_class(students, tmp_path)["ada"].marks
    assert (mark.state, mark.points, mark.possible) == ("unreadable", 0, POINTS)
    assert reason in mark.lines[0] and len(mark.lines[0]) < 220


@pytest.mark.parametrize(
    "data",
    [
        with_outputs(50 * MB),
        changed(metadata={}),
        changed(metadata={"kernelspec": {"name": "my-own-env", "language": "python"}}),
        changed(nbformat_minor=99),
        b"\xef\xbb\xbf" + notebook(HONEST),
    ],
    ids=["50 MB of outputs", "no kernel", "a kernel of her own", "a newer minor version", "with a mark"],
)
def test_what_can_be_read_is_graded(students, tmp_path, data):
    (tmp_path / "ada_03_content.ipynb").write_bytes(data)
    (mark,) = of_class(students, tmp_path)["ada"].marks
    assert (mark.state, mark.points) == ("full", POINTS)


def test_a_class_in_which_much_is_odd(students, tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "03_content.ipynb").write_bytes(notebook(HONEST))
    (tmp_path / "bob").mkdir()
    (tmp_path / "cyd").mkdir()
    (tmp_path / "cyd" / "03_content.ipynb").symlink_to(tmp_path / "ada" / "03_content.ipynb")
    (tmp_path / "dee.zip").write_bytes(packed(("../../03_content.ipynb", notebook(HONEST))))
    (tmp_path / "eve.zip").write_bytes(b"PK\x03\x04 no zip")
    with zipfile.ZipFile(tmp_path / "fay.zip", "w") as archive:
        archive.writestr("work/03_content.ipynb", notebook(HONEST))
    (tmp_path / "gus.docx").write_bytes(b"an essay")
    (tmp_path / "hal").mkdir()
    (tmp_path / "hal" / "hw.rar").write_bytes(b"Rar!\x1a\x07\x00 rest")
    (tmp_path / "ivy.json").write_bytes(notebook(HONEST))
    (tmp_path / "jon.zip").write_bytes(packed(("work/03_content.ipynb.txt", notebook(HONEST))))
    (tmp_path / "kim.zip").write_bytes(packed(("work\\03_content.ipynb", notebook(HONEST)), "work\\helper.py"))
    (tmp_path / "grades.csv").write_bytes(b"name,points")
    marks = {student: one.marks[0] for student, one in of_class(students, tmp_path).items()}
    assert {student: mark.state for student, mark in marks.items()} == {
        "ada": "full", "bob": "not attempted", "cyd": "unreadable", "dee": "unreadable", "eve": "unreadable",
        "fay": "full", "gus": "unreadable", "hal": "unreadable", "ivy": "unreadable", "jon": "unreadable",
        "kim": "full",
    }  # fmt: skip
    assert "symbolic link" in marks["cyd"].lines[0]


def test_a_newer_file_that_cannot_be_read_counts_and_the_older_one_is_named(students, tmp_path):
    older, newer = "adalovelace_1234567_499_03_content.ipynb", "adalovelace_1234567_500_03_content-1.ipynb"
    empty = notebook("def content_loss(F, P):\n    raise NotImplementedError")
    (tmp_path / older).write_bytes(empty)
    assert of_class(students, tmp_path)["1234567"].marks[0].state == "not attempted"
    (tmp_path / newer).write_bytes(b"[1")
    graded = of_class(students, tmp_path)["1234567"]
    assert graded.marks[0].state == "unreadable" and newer in graded.marks[0].lines[0]
    assert f"{older} was left aside: {newer} counts for 03_content" in graded.notes


def test_a_notebook_that_holds_nothing_of_its_chapter_is_named(students, tmp_path):
    (tmp_path / "ada_03_content.ipynb").write_bytes(notebook("x = 1"))
    (tmp_path / "bob_03_content.ipynb").write_bytes(notebook("def content_loss(F, P):\n    raise NotImplementedError"))
    ada, bob = of_class(students, tmp_path).values()
    assert ada.notes == ("ada_03_content.ipynb holds nothing of 03_content",) and ada.marks[0].missing
    assert bob.notes == () and not bob.marks[0].missing
    assert ada.marks[0].state == bob.marks[0].state == "not attempted"


@pytest.mark.parametrize(
    ("kind", "source", "words"),
    [
        ("raw", HONEST, "in a raw cell, so it is never defined."),
        ("markdown", HONEST, "in a Markdown cell, so it is never defined."),
        ("code", f"%%writefile answers.py\n{HONEST}", "under %%writefile, so it is never defined."),
        ("code", f"!ls\nx = '{'a' * 1_100_000}'\n{HONEST}", "in a cell that is too long for the lines with % or"),
    ],
    ids=["raw", "markdown", "code", "long"],
)  # fmt: skip
def test_an_answer_that_is_not_run_is_told_and_named(students, tmp_path, kind, source, words):
    found = json.loads(notebook(source))
    found["cells"][-1] |= {"cell_type": kind, "metadata": {"nbgrader": {"grade_id": "content_loss"}}}
    (tmp_path / "ada_03_content.ipynb").write_text(json.dumps(found))
    (graded,) = of_class(students, tmp_path).values()
    (mark,) = graded.marks
    assert (mark.state, mark.mistake, mark.points) == ("wrong", "not_run", 0) and words in mark.lines[0]
    assert graded.notes == ("ada_03_content.ipynb has content_loss in cells that Python does not run",)


@pytest.mark.parametrize(
    "source",
    [
        "from answers import content_loss",
        f"from answers import a\n{HONEST.replace('return ', 'return a * ')}",
        f"from answers import *\n{HONEST.replace('return ', 'return a * ')}",
        f"%run answers.py\n{HONEST.replace('return ', 'return a * ')}",
    ],
)
def test_a_module_of_ones_own_is_not_there(students, tmp_path, source):
    """Beside the notebook in a zip, as it lay beside it when it was written."""
    files = (("03_content.ipynb", notebook(source)), ("answers.py", f"a = 1\n{HONEST}".encode()))
    (tmp_path / "ada.zip").write_bytes(packed(*files))
    (mark,) = of_class(students, tmp_path)["ada"].marks
    assert (mark.state, mark.mistake) == ("wrong", "no_module"), mark
    assert "No module named 'answers" in mark.lines[0]
    assert mark.lines[1].startswith("  Only the notebook is handed in, and only the course's packages are there")


def test_what_awaits_is_run_as_in_jupyter(students, tmp_path):
    awaits = "async def one():\n    return 1\n\na = await one()\n"
    (tmp_path / "ada_03_content.ipynb").write_bytes(notebook(awaits + HONEST.replace("return ", "return a * ", 1)))
    (graded,) = of_class(students, tmp_path).values()
    assert graded.marks[0].state == "full", graded.marks


def test_functions_whose_cells_are_gone_are_named(students, tmp_path):
    (chapter,) = PLAN.chapters
    another = replace(chapter.exercises[0], name="gram")
    hidden_tests = {chapter.name: {"content_loss": HIDDEN, "gram": HIDDEN}}
    planned = replace(
        PLAN, chapters=(replace(chapter, exercises=(*chapter.exercises, another)),), hidden_tests=hidden_tests
    )
    (tmp_path / "ada_03_content.ipynb").write_bytes(notebook(HONEST))
    (graded,) = (grade(one, planned, students.fork_server) for one in each(tmp_path, CHAPTERS))
    assert graded.notes == ("ada_03_content.ipynb has no function for gram: cells are gone",)
