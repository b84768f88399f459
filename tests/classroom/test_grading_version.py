"""What has a class graded anew: a change of what can change a mark, and of nothing else."""

import json
import re
import subprocess
import sys

import pytest

from classroom.chapters.source import read as chapter
from classroom.chapters.source import sources
from classroom.grading import whole_class
from classroom.grading.whole_class import NOT_MARKING, READ, Settings
from tests.repo._repo import ROOT

MARKS = [
    "course/losses.py",
    "course/moved.py",
    "course/check/ch5_probes.py",
    "classroom/sandbox/confine.py",
    "classroom/grading/grade.py",
    "data/slim/vgg19-slim.pt",
    "data/styles/fans.jpg",
    "data/gallery.toml",
]
MARKS_NOT = [
    "course/serving/page.py",
    "course/lab/jupyter_lab_config.py",
    "course/diagrams.py",
    "course/figures.py",
    "course/widgets/painter.py",
    "classroom/reports/page.py",
    "data/painters/twenty.pt",
    "data/figures/class.jpg",
    "README.md",
]


@pytest.fixture
def version(tmp_path, monkeypatch):
    """The version of a small course."""
    for name in (*MARKS, *MARKS_NOT):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    monkeypatch.setattr(whole_class, "ROOT", tmp_path)
    return lambda: whole_class._version(Settings())


@pytest.mark.parametrize("name", MARKS)
def test_what_can_change_a_mark(version, tmp_path, name):
    before = version()
    (tmp_path / name).write_bytes(b"2")
    assert version() != before
    (tmp_path / name).write_bytes(b"1")
    assert version() == before
    (tmp_path / name).unlink()
    assert version() != before


@pytest.mark.parametrize("name", MARKS_NOT)
def test_what_changes_no_mark(version, tmp_path, name):
    before = version()
    (tmp_path / name).write_bytes(b"2")
    assert version() == before


def test_what_is_left_out_is_there():
    assert all((ROOT / name).exists() for name in (*NOT_MARKING, *READ, *MARKS))


RUN = """
import json, sys
opened = set()
sys.addaudithook(lambda event, given: opened.add(str(given[0])) if event == "open" else None)
from classroom.grading import grade
from course.check import EXERCISES
from course.check.engine.answers import as_answer
for name, text in json.loads(sys.argv[1]).items():
    answer = as_answer(name, lambda *inputs, name=name: EXERCISES[name].reference(*inputs))
    exec(text, {"check": grade._Checks(0), name: answer})
print(json.dumps([sorted(opened), sorted(getattr(one, "__file__", None) or "" for one in sys.modules.values())]))
"""


def test_what_checks_and_hidden_tests_read_is_in_it():
    """Those that use more of the course than its checks are run, on our own functions."""
    hidden = {name: text for path in sources() for name, text in chapter(path).hidden_tests.items()}
    further = {name: text for name, text in hidden.items() if re.search(r"(from|import) course(?!\.check)", text)}
    assert "style_transfer" in further
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(further)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    opened, modules = json.loads(done.stdout.splitlines()[-1])
    read = {path.removeprefix(f"{ROOT}/") for path in opened if path.startswith(f"{ROOT}/data/")}
    assert "data/slim/vgg19-slim.pt" in read and "data/styles/fans.jpg" in read
    assert not [path for path in read if not path.startswith(READ)]
    without_files = {*NOT_MARKING} - {"course/submit"}  # it lists a bundle's files, and is imported where that is made
    assert not [path for path in modules if path.startswith(tuple(f"{ROOT}/{one}" for one in without_files))]
