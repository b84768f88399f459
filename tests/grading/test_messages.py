"""What `course grade` says: how far it is, and what to do about input that it cannot use."""

import zipfile

import pytest

from tests.grading._command import files, grade, needs_sandbox
from tests.unit._cli import run

pytestmark = needs_sandbox


@pytest.fixture
def handed_in(tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    for name in ("ada.ipynb", "ben.ipynb"):
        (folder / name).write_bytes(b"")
    return folder


def test_it_says_how_many_are_left_and_what_came_out_also_of_a_zip(handed_in, tmp_path):
    done = grade(handed_in, tmp_path / "report", "--jobs", 1)
    assert done.code == 0
    assert "graded 0 of 2 students" in done.err and "graded 2 of 2 students" in done.err
    assert done.out.splitlines()[0].startswith("2 students, ") and "class.html" in done.out.splitlines()[1]

    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        for path in handed_in.iterdir():
            archive.write(path, path.name)
    assert grade(tmp_path / "class.zip", tmp_path / "same", "--jobs", 1).code == 0
    assert files(tmp_path / "report") == files(tmp_path / "same")


def refused(capsys, *options):
    done = run(capsys, "grade", *options)
    assert done.code == 2 and done.err.startswith("course: error: ") and done.err.count("\n") == 1
    return done.err


def test_an_empty_folder(capsys, tmp_path):
    (tmp_path / "empty").mkdir()
    said = refused(capsys, tmp_path / "empty", "--out", tmp_path / "report")
    assert "nothing was handed in" in said and not (tmp_path / "report").exists()


def test_no_folder(capsys, tmp_path):
    assert "does not exist" in refused(capsys, tmp_path / "none", "--out", tmp_path / "report")


def test_reports_do_not_go_into_a_file(capsys, handed_in, tmp_path):
    (tmp_path / "report").write_text("notes")
    assert "is a file" in refused(capsys, handed_in, "--out", tmp_path / "report")
    assert "is a file" in refused(capsys, handed_in, "--out", tmp_path / "report" / "inside")


@pytest.mark.parametrize("inside", [".", "report", "a/b"])
def test_reports_do_not_go_among_the_submissions(capsys, handed_in, inside):
    before = files(handed_in)
    assert "beside it" in refused(capsys, handed_in, "--out", handed_in / inside)
    assert files(handed_in) == before


def test_chapters_that_do_not_exist(capsys, handed_in, tmp_path):
    assert "'77'" in refused(capsys, handed_in, "--out", tmp_path / "report", "--chapters", "77")
    assert not (tmp_path / "report").exists()
