"""Tables of points and states: what each reader of them needs, and that no cell is a formula."""

import csv
import io
import re
import unicodedata
from dataclasses import replace

import pytest

from classroom.reports.record import StudentRecord
from classroom.reports.tables import armed, defused, read_table, table
from course.answers.notebook import MISSING
from tests.classroom._class import NASTY, invented, read_csv, report, student


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("reports")
    report(invented(), out)
    return out


def test_grades_have_a_row_for_each_student_with_all_points(folder):
    rows = {row["student_id"]: row for row in read_csv(folder / "grades.csv")}
    assert list(rows) == [one.student for one in invented()]
    for one in invented():
        row = rows[one.student]
        assert float(row["total"] or 0) == one.points and row["maximum"] == "24"
        for mark in one.marks:
            expected = "" if mark.state == "unreadable" else str(mark.points)
            assert row[f"{mark.chapter}/{mark.exercise}"] == expected
    assert rows["s001"]["03_content"] == "10" and rows["s001"]["open questions to mark"] == "2"


def test_what_could_not_be_read_is_no_number(folder):
    row = next(row for row in read_csv(folder / "grades.csv") if row["student_id"] == "s002")
    assert [row[name] for name in ("total", "03_content", "04_textures", "04_textures/gram")] == [""] * 4
    canvas = next(row for row in read_csv(folder / "canvas.csv") if row["Student"] == "s002")
    assert [canvas["03_content"], canvas["04_textures"], canvas["04_textures open questions"]] == ["", "", ""]


def test_the_column_look_names_what_a_point_does_not_say(folder):
    looks = {row["student_id"]: row["look"] for row in read_csv(folder / "grades.csv")}
    expected = "03_content/content_loss crashed; 03_content/closure timed out; 04_textures/gram out of memory"
    assert looks["s003"] == expected
    assert looks["s002"] == "03_content unreadable; 04_textures unreadable" and looks["s001"] == ""
    assert looks == {row["student_id"]: row["look"] for row in read_csv(folder / "states.csv")}


def test_the_column_look_names_files_that_hold_nothing(tmp_path):
    nothing = [replace(mark, lines=(MISSING,)) for mark in student("s1", ["not attempted"] * 4).marks]
    stub = student("s1", ["full", "full", "not attempted", "not attempted"])
    graded = [replace(stub, marks=(*stub.marks[:2], *nothing[2:])), replace(stub, student="s2")]
    graded += [replace(stub, student="s3", files={})]
    report(graded, tmp_path)
    assert [row["look"] for row in read_csv(tmp_path / "grades.csv")] == [
        "04_textures holds nothing",
        "",
        "no notebook",
    ]


def test_nobody_can_tell_that_a_chapter_without_exercises_holds_nothing():
    one = student("s1", ["full"] * 4)
    assert StudentRecord(replace(one, files={**one.files, "02_talk": "s1/02_talk.ipynb"}), {}).look == ""


def test_who_answered_in_words_has_handed_in_something():
    one = student("s1", ["full", "full", "not attempted", "not attempted"], ("words", ""))
    gone = [replace(mark, lines=(MISSING,)) for mark in one.marks[2:]]
    assert StudentRecord(replace(one, marks=(*one.marks[:2], *gone)), {}).look == ""


def test_states_are_those_of_the_records(folder):
    for one, row in zip(invented(), read_csv(folder / "states.csv"), strict=True):
        assert {f"{mark.chapter}/{mark.exercise}": mark.state for mark in one.marks}.items() <= row.items()


def test_canvas_finds_its_columns_its_points_and_nothing_that_it_would_make_an_assignment_of(folder):
    rows = list(csv.reader(io.StringIO((folder / "canvas.csv").read_bytes().decode("utf-8-sig"), newline="")))
    assert rows[0][:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert rows[0][5:] == ["03_content", "04_textures", "04_textures open questions"]
    assert not any(re.search(r"\(\d+\)$", name) for name in rows[0]), "would be taken for an assignment's number"
    assert rows[1] == ["Points Possible", "", "", "", "", "10", "9", "5"]
    assert len(rows) == 32 and all(len(row) == 8 for row in rows)


def test_canvas_gets_an_id_only_where_it_is_canvas_own(tmp_path):
    came = [("10042", "canvas"), ("10042-2", "canvas"), ("10043", "moodle"), ("10044", ""), ("x1", "")]
    graded = [replace(student(one, ["full"] * 4), platform=platform) for one, platform in came]
    report(graded, tmp_path)
    _, *rows = read_csv(tmp_path / "canvas.csv")
    assert {row["Student"]: row["ID"] for row in rows if row["ID"]} == {"10042": "10042"}
    assert not [row for row in rows if row["SIS User ID"] or row["SIS Login ID"] or row["Section"]]


def test_canvas_gets_no_open_points_before_all_are_marked(tmp_path):
    graded = [student("x1", ["full"] * 4, ("an answer", "")), student("x2", ["full"] * 4)]
    report(graded, tmp_path)
    assert [row["04_textures open questions"] for row in read_csv(tmp_path / "canvas.csv")] == ["5", "", "0"]


def test_files_begin_with_the_mark_that_excel_needs_and_not_with_a_key(folder):
    for path in folder.glob("*.csv"):
        content = path.read_bytes()
        assert content.startswith(b"\xef\xbb\xbf") and content.endswith(b"\r\n")
        assert content[3:].split(b",")[0] in (b"name", b"Student")


def test_no_cell_is_a_formula(folder):
    for path in folder.glob("*.csv"):
        for row in csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")):
            assert not [cell for cell in row if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t"))]
    names = {row["student_id"]: row["name"] for row in read_csv(folder / "grades.csv")}
    assert names["s003"] == f"'{NASTY['s003']}" and names["s007"] == "''=1" and names["s006"] == "Zoë Ünal"


FORMULA = [
    *("=1", "+1", "-1", "@x", "\tx", " =1", "'=1", "''-1", '"=1', "\" '=1", "\n=1"),
    *("\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x", "\ufe661", "\u22121"),
    *(" \u3000\uff1d1", "\u00a0=1", "\u200b=1", "\ufeff=1"),
    *(
        "\u200e=1",
        "\u200c\u00ad'-1",
        "\u061c@x",
        '"\u2003\u202f=1',
        "\U000e0020=1",
        "\u3164=1",
        "\ufe0f=1",
        "\n\u2066=1",
    ),
]
SIGNS = ("=", "+", "-", "@", "\t", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe66", "\u2212")


@pytest.mark.parametrize("cell", [*FORMULA, "plain", "'quoted'", '"quoted"', "", "1-1", "'", '"'])
def test_what_is_defused_comes_back(cell):
    assert armed(defused(cell)) == cell
    assert defused(cell).startswith("'") == (cell in FORMULA or cell.startswith("'"))


def test_nothing_that_is_not_seen_hides_a_formula():
    """Every space and every mark of format that Unicode has."""
    unseen = [one for one in map(chr, range(0x110000)) if unicodedata.category(one) in ("Zs", "Cf")]
    assert len(unseen) > 150
    for one in unseen:
        for cell in (f"{one}=1", f"a;{one}=1", f"a;{one}'{one}-1"):
            assert re.match(f"(a;)?'{one}", defused(cell)) and armed(defused(cell)) == cell, ascii(cell)
        assert defused(f"{one}a=1") == f"{one}a=1"


@pytest.mark.parametrize("between", [";", "\t", "\n", "; ", ';"', ';""', "; \"'", "\u2028", ";\u200e", ";\u2003"])
@pytest.mark.parametrize("sign", ["=1", "+1", "-1", "- 2", "@x", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x"])
@pytest.mark.parametrize("before", ["x", "", '"', "x;'"])
def test_no_cell_is_a_formula_where_another_separator_is_expected(before, between, sign, tmp_path):
    cell = f"{before}{between}{sign}{between}\n"
    (tmp_path / "t.csv").write_bytes(table(["name", "answer"], [["a", cell]]))
    text = (tmp_path / "t.csv").read_text(encoding="utf-8-sig")
    for separator in ";\t":
        for row in csv.reader(text.splitlines(), delimiter=separator):
            assert not [piece for piece in row if piece.lstrip(' "\u200e\u2003').startswith(SIGNS)], (
                "a reader that drops quotes"
            )
    assert not [piece for piece in re.split("[;\t\n\r]", text) if piece.lstrip(' "\u200e\u2003').startswith(SIGNS)], (
        "one that does not"
    )
    assert armed(defused(cell)) == cell


def test_a_table_comes_back_as_it_was_written(tmp_path):
    rows = [['a "quoted" word', "two\nlines", "a, b; c"], ["=x", "", "end"]]
    (tmp_path / "t.csv").write_bytes(table(["one", "two", "three"], rows))
    found = read_table(tmp_path / "t.csv", {"one"}.issubset)
    assert found.header == ["one", "two", "three"] and found.rows == [(3, rows[0]), (4, rows[1])]


def test_a_cell_stays_short_enough_for_excel(tmp_path):
    (tmp_path / "t.csv").write_bytes(table(["one"], [["x" * 100_000]]))
    ((_, cells),) = read_table(tmp_path / "t.csv", {"one"}.issubset).rows
    assert len(cells[0]) < 32_767
