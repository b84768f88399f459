"""The messages of `course grade`: how far it is, and what to do about input that it cannot use."""

import json
import shutil
import zipfile

import pytest

from classroom.chapters.source import NOTEBOOKS
from tests.classroom._class import read_csv
from tests.cli._cli import run
from tests.grading._command import files, needs_sandbox

pytestmark = needs_sandbox


@pytest.fixture
def handed_in(tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    for name in ("ada.ipynb", "ben.ipynb"):
        (folder / name).write_bytes(b"")
    return folder


def refused(capsys, *options):
    done = run(capsys, "grade", *options)
    assert done.code == 2 and done.err.startswith("classroom: error: ") and done.err.count("\n") == 1
    return done.err


def test_an_empty_folder(capsys, tmp_path):
    (tmp_path / "empty").mkdir()
    said = refused(capsys, tmp_path / "empty", "--out", tmp_path / "report")
    assert "nothing was handed in" in said and not (tmp_path / "report").exists()


def test_a_folder_of_what_is_left_alone_is_told_with_its_reason(capsys, tmp_path):
    for name in ("class/.ada/01_vgg.ipynb", "class/grades.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    said = refused(capsys, tmp_path / "class", "--out", tmp_path / "report")
    assert "nothing was handed in" in said and "left alone: .ada, grades.csv" in said


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


@pytest.fixture(scope="module")
def one_chapter(tmp_path_factory):
    """Ada has begun chapter 1, Ben hands in what he was given, Cyd's cannot be read; a list lies beside."""
    folder = tmp_path_factory.mktemp("of_one_chapter")
    for chapter in ("01_vgg", "03_content_reconstruction"):
        shutil.copy(NOTEBOOKS / f"{chapter}.ipynb", folder / f"ben_{chapter}.ipynb")
    adas = json.loads((NOTEBOOKS / "01_vgg.ipynb").read_text(encoding="utf-8"))
    answer = next(cell for cell in adas["cells"] if cell["id"] == "01-conv_output_size")
    answer["source"] = "def conv_output_size(*sizes):\n    return 7"
    (folder / "ada.ipynb").write_text(json.dumps(adas), encoding="utf-8")
    (folder / "cyd.ipynb").write_bytes(b"")
    (folder / "notes.txt").write_text("Ben was ill.")
    return folder


@pytest.fixture(scope="module")
def graded(one_chapter, grade_here, tmp_path_factory):
    out = tmp_path_factory.mktemp("reports")
    return grade_here(one_chapter, out, "--roster", roster(tmp_path_factory.mktemp("roster"), "ada", "Dee")), out


def roster(folder, *people):
    """A grading worksheet of Moodle's."""
    rows = [f"Participant {number},{name},{name}@example.org" for number, name in enumerate(people)]
    path = folder / "roster.csv"
    path.write_text("\n".join(["Identifier,Full name,Email address", *rows, ""]), encoding="utf-8")
    return path


def test_it_says_how_many_are_left_and_what_came_out(graded):
    done, out = graded
    assert done.code == 0, done.err
    assert "graded 0 of 3 students" in done.err and "graded 3 of 3 students" in done.err
    first, *_, last = done.out.splitlines()
    assert first.startswith("3 students, ") and "1 wrong" in first
    assert last == f"Begin with {out / 'class.html'}. 1 student needs a look."


def test_the_same_comes_out_of_a_zip(one_chapter, graded, grade_here, tmp_path):
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        for path in one_chapter.iterdir():
            archive.write(path, path.name)
    done = grade_here(tmp_path / "class.zip", tmp_path / "same", "--roster", roster(tmp_path, "ada", "Dee"))
    assert done.code == 0 and files(graded[1]) == files(tmp_path / "same")


def test_a_chapter_that_nobody_has_begun_is_in_no_report(graded):
    done, out = graded
    left_out = next(line for line in done.out.splitlines() if line.startswith("Left out, since nobody has begun them"))
    others = ["00_start_here", "02_what_neurons_see", "03_content_reconstruction", "04_textures", "04b_statistics"]
    others += ["05_style_transfer", "06_control", "07_fast_style", "08_any_style", "09_other_roads"]
    others += ["10_measuring_style", "11_studio"]
    assert ", ".join(others) in left_out
    header = (out / "grades.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert "01_vgg/" in header and "04_textures" not in header
    page = (out / "class.html").read_text(encoding="utf-8")
    assert "handed in by 3 of 3" in page and "Style transfer" not in page
    assert "notes.txt" in done.out


def test_a_roster_changes_reports_and_no_result(one_chapter, graded, grade_here, tmp_path):
    done, out = graded
    assert "By the roster, 1 handed in nothing. Not found in it: 2." in done.out
    again = tmp_path / "out"
    shutil.copytree(out, again)
    before = {path: path.stat().st_mtime_ns for path in (again / "results").iterdir()}
    done = grade_here(one_chapter, again, "--roster", roster(tmp_path, "ada", "ben", "cyd"))
    assert done.code == 0, done.err
    assert "By the roster" not in done.out
    mails = [row["Email address"] for row in read_csv(again / "grades.csv")]
    assert mails == ["ada@example.org", "ben@example.org", "cyd@example.org"]
    assert {path: path.stat().st_mtime_ns for path in (again / "results").iterdir()} == before
    assert files(again / "results") == files(out / "results")


def test_what_is_no_roster_is_told_before_anything_is_graded(capsys, one_chapter, tmp_path):
    path = roster(tmp_path)
    path.write_text("name,grade\n", encoding="utf-8")
    assert "is no roster" in refused(capsys, one_chapter, "--out", tmp_path / "report", "--roster", path)
    assert not (tmp_path / "report").exists()


def test_marks_that_cannot_be_meant_are_told_before_anything_is_graded(one_chapter, graded, grade_here, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(graded[1], out)
    shutil.rmtree(out / "results")
    marks = out / "open_questions.csv"
    row = "Ada,ada,01_vgg,no_such_question,2,words,1,,sha256:0"
    marks.write_text(f"{marks.read_text(encoding='utf-8-sig').splitlines()[0]}\n{row}\n", encoding="utf-8")
    before = files(out)
    done = grade_here(one_chapter, out)
    assert done.code == 2 and "line 2: 01_vgg has no open question 'no_such_question'" in done.err
    assert "nothing is graded yet" in done.err and files(out) == before
