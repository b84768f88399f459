"""Reports as a whole: which files there are, the same bytes from the same records, nothing half written or guessed."""

import os
import random
import subprocess
import sys
from dataclasses import replace

import pytest

from classroom.reports.record import begun, class_record, handed_in, only
from classroom.reports.write import page_links
from course import files
from course.errors import InputError
from tests.classroom._class import CHAPTERS, SCRIPT, invented, read_csv, report, student


def written(graded, out, **options):
    """The files of a report folder and their bytes."""
    report(graded, out, **options)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def test_there_is_a_page_for_each_student_one_for_the_class_and_four_tables(tmp_path):
    found = written(invented(), tmp_path / "new" / "reports")
    pages = [f"feedback/s{number:03d}.html" for number in range(1, 31)]
    tables = ["canvas.csv", "grades.csv", "open_questions.csv", "states.csv"]
    assert sorted(found) == sorted(["class.html", *pages, *tables])


def test_the_same_records_give_the_same_bytes_in_whatever_order_they_come(tmp_path):
    graded = invented()
    random.Random(1).shuffle(graded)
    once, again = written(invented(), tmp_path / "a"), written(graded, tmp_path / "b")
    assert once == again == written(invented(), tmp_path / "a"), "and so do reports over reports"


def test_the_same_bytes_come_from_another_process_with_other_hashes_and_another_language(tmp_path):
    code = f"""
import sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from tests.classroom._class import invented, report
report(invented(), Path({str(tmp_path / "b")!r}))
print(*(name for name in ("torch", "matplotlib", "jupytext", "nbformat") if name in sys.modules))
"""
    environment = {**os.environ, "PYTHONHASHSEED": "7", "LC_ALL": "C", "PYTHONUTF8": "0", "TZ": "Asia/Tokyo"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [], "reports need nothing heavy"
    there = {path.relative_to(tmp_path / "b").as_posix(): path.read_bytes() for path in (tmp_path / "b").rglob("*.*")}
    assert there == written(invented(), tmp_path / "a")


def test_a_class_without_students_has_its_reports(tmp_path):
    assert b"No submission has been graded yet" in written([], tmp_path)["class.html"]


def test_every_page_says_that_submissions_were_not_isolated(tmp_path):
    safe, unsafe = written(invented(), tmp_path / "a"), written(invented(), tmp_path / "b", unsafe=True)
    pages = [name for name in safe if name.endswith(".html")]
    assert len(pages) == 31
    assert {row["isolated"] for name in ("grades", "states") for row in read_csv(tmp_path / "b" / f"{name}.csv")} == {
        "no"
    }
    assert all(b"without isolation" in unsafe[name] and b"without isolation" not in safe[name] for name in pages)


# --- names of files ---------------------------------------------------------------------------------------------------


def test_an_id_that_is_a_plain_name_is_the_name_of_its_page():
    plain = ["S1", "anna.berg", "12345", "a-b_c"]
    assert page_links(plain) == {one: f"feedback/{one}.html" for one in plain}
    assert page_links(["a b", "a-b"])["a-b"] == "feedback/a-b.html", "whoever comes before it"


@pytest.mark.parametrize(
    "nasty",
    ["../up", "a/b", "a\\b", "CON", "nul.x", ".hidden", "-rf", "", "ä", "x" * 300, "a b", SCRIPT, "\ud800", "a."],
)
def test_any_other_id_gets_a_name_that_every_system_can_store(nasty, tmp_path):
    name = page_links([nasty])[nasty].removeprefix("feedback/")
    (tmp_path / name).write_text("", encoding="utf-8")
    assert name.isascii() and len(name) <= 85 and not set(name) & set('/\\:*?"<>| ') and name[0] not in ".-"
    assert name.partition(".")[0].lower() not in ("con", "nul")


def test_no_two_ids_share_a_page_where_capitals_do_not_count():
    names = page_links(["anna", "Anna", "a/b", "a_b", "a b"])
    assert len({name.casefold() for name in names.values()}) == 5


def test_a_page_lies_in_its_folder_whatever_the_id(tmp_path):
    graded = [student("../../up", ["full"] * 4), student(SCRIPT, ["full"] * 4)]
    found = written(graded, tmp_path / "reports")
    assert sum(name.startswith("feedback/") for name in found) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"reports"}


# --- what is refused --------------------------------------------------------------------------------------------------


def test_two_records_of_one_student_are_refused(tmp_path):
    with pytest.raises(InputError, match="two records of 's001'"):
        written([*invented(), invented()[0]], tmp_path)


def changed_points(graded):
    return replace(graded, marks=(replace(graded.marks[0], possible=9), *graded.marks[1:]))


def without_a_mark(graded):
    return replace(graded, marks=graded.marks[1:])


def with_a_mark_twice(graded):
    return replace(graded, marks=(*graded.marks, graded.marks[0]))


def without_a_question(graded):
    return replace(graded, written=graded.written[1:])


@pytest.mark.parametrize("change", [changed_points, without_a_mark, with_a_mark_twice, without_a_question])
def test_a_record_of_other_exercises_than_the_chapters_have_is_refused(change, tmp_path):
    first, *others = invented()
    with pytest.raises(InputError, match=r"record of 's001' .* (03_content/content_loss|04_textures/why_squares)"):
        written([change(first), *others], tmp_path)
    assert not list(tmp_path.iterdir()), "nothing is written"


def test_a_place_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(InputError, match="cannot write"):
        written(invented(), tmp_path / "file")


def test_an_interrupted_write_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    before = written(invented(), tmp_path)
    monkeypatch.setattr(files.os, "replace", lambda *paths: (_ for _ in ()).throw(OSError("no room left")))
    with pytest.raises(InputError, match="no room left"):
        written(invented(1), tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    assert not list(tmp_path.rglob(".*")), "and nothing unfinished beside it"


# --- which chapters were set ------------------------------------------------------------------------------------------


NOTHING = ["not attempted"] * 4


@pytest.mark.parametrize(
    ("states", "answers", "names"),
    [
        (NOTHING, ("", ""), ["03_content", "04_textures"]),  # nobody can tell
        (["full", *NOTHING[1:]], ("", ""), ["03_content"]),
        ([*NOTHING[:3], "wrong|centred"], ("", ""), ["04_textures"]),
        (NOTHING, ("words", ""), ["04_textures"]),
        (["unreadable", "unreadable", *NOTHING[2:]], ("", ""), ["03_content"]),
    ],
)
def test_chapters_that_nobody_has_begun_were_hardly_set(states, answers, names):
    graded = [student("s1", states, answers), student("s2", NOTHING)]
    reported = begun(graded, CHAPTERS)
    assert [one.name for one in reported] == names
    assert class_record(only(graded, reported), reported).students, "nothing of the others is left"
    assert all(set(one.files) == set(names) for one in only(graded, reported))


def test_a_file_that_holds_two_chapters_is_of_both():
    """A notebook that was handed out before its chapter was divided."""
    one = replace(student("s1", ["full", "wrong|centred", "full", "not attempted"]), files={
        "03_content": "s1.ipynb", "04_textures": "s1.ipynb"
    })  # fmt: skip
    assert [handed_in([one], chapter.name) for chapter in CHAPTERS] == [[one], [one]]
    assert [chapter.name for chapter in begun([one], CHAPTERS)] == ["03_content", "04_textures"]


def test_a_file_that_might_be_any_chapter_is_of_none():
    lost = replace(student("s1", ["unreadable"] * 4), files=dict.fromkeys(("03_content", "04_textures"), "s1.ipynb"))
    other = student("s2", ["full", "full", *NOTHING[2:]])
    assert [one.name for one in begun([lost, other], CHAPTERS)] == ["03_content"]
    assert [len(handed_in([lost, other], one.name)) for one in CHAPTERS] == [1, 1]
