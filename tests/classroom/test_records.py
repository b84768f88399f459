"""Results on disk: what lies in their place is used if grading can have written it, and told of if not."""

import errno
import json
import os
import tempfile
from dataclasses import replace

import pytest

from classroom.collect.submissions import Submission
from classroom.grading import whole_class
from classroom.grading.grade import Plan
from classroom.grading.results import from_json, to_json
from classroom.grading.whole_class import Settings, grade_class
from classroom.reports.record import class_record
from classroom.reports.write import leftovers, write_reports
from course.answers.remote import Timeouts
from course.errors import InputError
from tests.classroom._class import CHAPTERS, report, student

PLAN = Plan(CHAPTERS, {}, Timeouts(), "of the tests")
ADA, BOB = (Submission(name, name.title(), (), ()) for name in ("ada", "bob"))


def graded(submission):
    """As the grader would do it."""
    one = student(submission.student, ["full", "partial", "wrong|centred", "crashed"], name=submission.name)
    return replace(one, key=PLAN.key(submission))


@pytest.fixture
def graded_anew(tmp_path, monkeypatch):
    """Grades both in a folder of reports, and says who was graded and what was told."""

    def run():
        made, told = [], []

        def by_jobs(submissions, *_):
            for submission in submissions:
                made.append(submission.student)
                yield graded(submission)

        monkeypatch.setattr(whole_class, "_by_jobs", by_jobs)
        found = grade_class([ADA, BOB], PLAN, Settings(), tmp_path, lambda _: None, told.append)
        assert found == [graded(ADA), graded(BOB)]
        return made, told

    assert run() == (["ada", "bob"], [])
    assert run() == ([], [])
    return run


def changed(**fields):
    return json.dumps({**json.loads(to_json(graded(ADA))), **fields})


def with_mark(number=0, **fields):
    marks = json.loads(to_json(graded(ADA)))["marks"]
    marks[number] |= fields
    return changed(marks=marks)


MARKS = json.loads(changed())["marks"]
DAMAGED = {
    "nothing": ("", "no JSON"),
    "half": (changed()[:-9], "no JSON"),
    "a number": ("5", "no record"),
    "null": ("null", "no record"),
    "a list": ("[]", "no record"),
    "another thing": ("{}", "no record"),
    "a field more": (changed(grade=1), "no record"),
    "marks null": (changed(marks=None), "no record"),
    "a mark null": (changed(marks=[None]), "no record"),
    "written a number": (changed(written=3), "no record"),
    "notes a text": (changed(notes="abc"), "no record"),
    "lines a text": (with_mark(lines="abc"), "no record"),
    "lines a number": (with_mark(lines=3), "no record"),
    "nested": ("[" * 100_000, "nested too deeply"),
    "nested inside": (
        changed().replace('"notes": []', f'"notes": {"[" * 100_000}{"]" * 100_000}'),
        "nested too deeply",
    ),
    "a long number": (changed().replace('"points": 4', f'"points": {"9" * 5000}'), "no JSON"),
    "points null": (with_mark(points=None), "its points"),
    "points a text": (with_mark(points="4"), "its points"),
    "points a fraction": (with_mark(points=1.5), "its points"),
    "points true": (with_mark(points=True), "its points"),
    "points not a number": (with_mark(points=float("nan")), "its points"),
    "files a list": (changed(files=[]), "its files"),
    "a file a number": (changed(files={"03_content": 3}), "its files"),
    "a name a number": (changed(name=3), "its name"),
    "no such state": (with_mark(state="perfect"), "no state 'perfect'"),
    "a state a list": (with_mark(state=["full"]), "its state"),
    "too many points": (with_mark(points=900), "900 of 4 points"),
    "fewer than none": (with_mark(2, points=-1), "-1 of 4 points"),
    "full with fewer": (with_mark(points=3), "3 of 4 points cannot be full"),
    "wrong with points": (with_mark(2, points=1), "1 of 4 points cannot be wrong"),
    "too much of a part": (with_mark(1, points=5), "5 of 6 points cannot be partial in closure"),
    "more to be had": (with_mark(points=900, possible=900), "900 of 900 points cannot be full in content_loss"),
    "a mark lost": (changed(marks=MARKS[1:]), "other exercises"),
    "a mark twice": (changed(marks=[*MARKS, MARKS[0]]), "other exercises"),
    "in another order": (changed(marks=MARKS[::-1]), "other exercises"),
    "an answer lost": (changed(written=[]), "other questions"),
    "another student": (changed(student="bob"), "somebody else's"),
    "another name": (changed(name="Bob"), "somebody else's"),
    "another platform": (changed(platform="moodle"), "somebody else's"),
}


@pytest.mark.parametrize(("text", "said"), DAMAGED.values(), ids=DAMAGED)
def test_a_record_that_grading_cannot_have_written_is_made_anew_and_told_of(text, said, graded_anew, tmp_path):
    path = tmp_path / "results" / "ada.json"
    path.write_text(text)
    made, (told,) = graded_anew()
    assert made == ["ada"] and told.startswith("ada (") and said in told and len(told) < 120 and "\n" not in told
    assert path.read_text() == to_json(graded(ADA))
    assert graded_anew() == ([], [])


def test_what_is_no_text_and_no_file_is_made_anew_as_well(graded_anew, tmp_path, monkeypatch):
    path = tmp_path / "results" / "ada.json"
    path.write_bytes(b"\xff\xfe{")
    assert graded_anew() == (["ada"], ["ada (it is no text)"])
    path.unlink()
    os.mkfifo(path)
    assert graded_anew() == (["ada"], ["ada (it is no ordinary file)"])
    path.unlink()
    path.mkdir()
    (path / "somebody's.txt").write_text("kept")
    assert graded_anew() == (["ada"], ["ada (it is a folder, which now has another name there)"])
    assert (tmp_path / "results" / "ada.1" / "somebody's.txt").read_text() == "kept"
    monkeypatch.setattr(whole_class, "RECORD_BYTES", 10)
    assert graded_anew() == (["ada", "bob"], ["ada (it is too large)", "bob (it is too large)"])


def test_what_has_only_changed_is_graded_anew_without_a_word(graded_anew, tmp_path):
    (tmp_path / "results" / "ada.json").write_text(changed(key="of another day"))
    (tmp_path / "results" / "bob.json").unlink()
    assert graded_anew() == (["ada", "bob"], [])


def test_a_record_comes_back_as_it_was():
    assert from_json(to_json(graded(ADA))) == graded(ADA)


# --- no room ----------------------------------------------------------------------------------------------------------


def test_a_full_disk_is_told_and_nothing_is_lost(graded_anew, tmp_path, monkeypatch):
    (tmp_path / "results" / "ada.json").unlink()
    before = (tmp_path / "results" / "bob.json").read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"cannot write .*No space left on device.* What is graded is kept"):
        graded_anew()
    monkeypatch.undo()
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["bob.json"]
    assert (tmp_path / "results" / "bob.json").read_bytes() == before


@pytest.mark.parametrize("where", ["nowhere", "a file"])
def test_no_place_for_temporary_files_is_told(where, tmp_path, monkeypatch):
    (tmp_path / "a file").write_text("")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / where))
    with pytest.raises(InputError, match=r"no place for temporary files .*set TMPDIR"):
        whole_class._fork_server(Settings())


def test_no_folder_that_python_would_take_is_told_as_well(monkeypatch):
    def none():
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(InputError, match=r"No usable temporary directory .*set TMPDIR"):
        whole_class._fork_server(Settings())


# --- who is no longer there -------------------------------------------------------------------------------------------


def test_what_is_left_of_a_student_who_withdrew_is_named_and_kept(graded_anew, tmp_path):
    report([graded(ADA), graded(BOB)], tmp_path)
    both = class_record([graded(ADA), graded(BOB)], CHAPTERS)
    assert leftovers(both, tmp_path) == []
    (tmp_path / "results" / "note.txt").write_text("not ours")
    one = class_record([graded(ADA)], CHAPTERS)
    write_reports(one, tmp_path)
    assert leftovers(one, tmp_path) == ["feedback/bob.html", "results/bob.json"]
    assert (tmp_path / "results" / "bob.json").exists()


def test_files_that_are_nobodys_stand_on_the_page_of_the_class(tmp_path):
    report([graded(ADA)], tmp_path, beside=["grades.csv", "<b>.csv"])
    page = (tmp_path / "class.html").read_text(encoding="utf-8")
    assert "grades.csv" in page and "&lt;b&gt;.csv" in page and "<b>.csv" not in page
