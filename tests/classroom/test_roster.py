"""Rosters: who of a class is who, what the platforms' imports get of it, and files that are none."""

from dataclasses import replace

import pytest

from classroom.reports.roster import MISSING, read_roster, who_is_who
from course.errors import InputError
from tests.classroom import _class
from tests.classroom._class import SCRIPT, read_csv, student
from tests.classroom._pages import Page

MOODLE = """\
Identifier,"Full name","ID number","Email address",Status,Grade,"Maximum Grade","Last modified (grade)"
"Participant 123456","Ada Lovelace",007,ada@example.org,"Submitted for grading",,22.00,-
"Participant 123457","Grace Hopper",,grace@example.org,"Submitted for grading",,22.00,-
"Participant 123458","Conan O'Brien",009,conan@example.org,"No submission",,22.00,-
"""
CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,01_vgg (55),Current Score
"    Points Possible",,,,,22,(read only)
,,,,,Manual Posting,
"Lovelace, Ada",12345,S1,alovelace,Group A,,
"O'Brien, Conan",12346,S2,cobrien,Group B,,
"Hopper, Grace",12347,S3,ghopper,Group B,,
"""


def came(identifier, name="", platform=""):
    return replace(student(identifier, ["full"] * 4, name=name), platform=platform)


def saved(folder, text, encoding="utf-8-sig"):
    path = folder / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return path


def known(folder, text, *graded):
    return who_is_who(read_roster(saved(folder, text)), graded)


def numbers(found):
    """student -> the number in the roster."""
    return {one: person.number for one, person in found.people.items()}


def report(folder, text, *graded):
    """The rows of both tables, and the page of the class."""
    _class.report(graded, folder, roster=read_roster(saved(folder, text)))
    tables = [{row[key]: row for row in read_csv(folder / name)} for name, key in
              [("grades.csv", "student_id"), ("canvas.csv", "Student")]]  # fmt: skip
    return *tables, Page((folder / "class.html").read_text(encoding="utf-8"))


# --- who is who -------------------------------------------------------------------------------------------------------


def test_a_platforms_number_finds_its_person_and_no_other_platforms_does(tmp_path):
    ours = [came("123456", "Someone Else", "moodle"), came("123457", "Canvas Person", "canvas"), came("123458", "x")]
    assert numbers(known(tmp_path, MOODLE, *ours)) == {"123456": "123456"}
    theirs = [came("12345", "lovelaceada", "canvas"), came("12346", "Moodle Person", "moodle")]
    assert numbers(known(tmp_path, CANVAS, *theirs)) == {"12345": "12345"}


@pytest.mark.parametrize(
    ("text", "student_", "number"),
    [
        (MOODLE, came("009", "whoever"), "123458"),
        (MOODLE, came("grace-example.org", "whoever"), "123457"),  # an address, as it is made fit for a file's name
        (CANVAS, came("ghopper", "whoever"), "12347"),
        (CANVAS, came("s2", "whoever"), "12346"),
        (CANVAS, came("12345", "whoever"), "12345"),
    ],
)
def test_whoever_came_by_hand_is_found_by_an_id_of_the_roster(text, student_, number, tmp_path):
    assert numbers(known(tmp_path, text, student_)) == {student_.student: number}


@pytest.mark.parametrize(
    ("text", "student_", "number"),
    [
        (MOODLE, came("999", "Conan OBrien", "moodle"), "123458"),  # Moodle of another assignment, which drops the '
        (MOODLE, came("77", "ada lovelace", "canvas"), "123456"),
        (CANVAS, came("conan_o_brien", "conan o brien"), "12346"),
        (CANVAS, came("9", "Ada Lovelace", "moodle"), "12345"),
        (MOODLE.replace("Ada", "Zoë"), came("zoe", "Zoe\u0308 Lovelace"), "123456"),  # as macOS writes it
    ],
)
def test_a_name_finds_its_person_however_it_is_written(text, student_, number, tmp_path):
    assert numbers(known(tmp_path, text, student_)) == {student_.student: number}


def test_in_canvas_another_number_is_another_person(tmp_path):
    found = known(tmp_path, CANVAS, came("99", "lovelaceada", "canvas"))
    assert found.strangers == ("99",) and len(found.absent) == 3


def test_nobody_is_guessed(tmp_path):
    namesakes = MOODLE.replace("Grace Hopper", "Ada Lovelace")
    by_number = came("123456", "Ada Lovelace", "moodle")
    assert known(tmp_path, namesakes, came("ada", "Ada Lovelace")).strangers == ("ada",)
    assert known(tmp_path, namesakes, by_number, came("ada", "Ada Lovelace")).strangers == ("ada",)
    assert known(tmp_path, MOODLE, came("a", "Ada Lovelace"), came("b", "ada lovelace")).strangers == ("a", "b")
    assert known(tmp_path, MOODLE, came("9", "Ada Lovelace", "moodle"), by_number).strangers == ("9",)
    assert known(tmp_path, MOODLE, came("7", "")).people == {}


# --- what comes of it -------------------------------------------------------------------------------------------------


def test_moodle_gets_the_columns_that_its_import_knows_and_no_empty_one(tmp_path):
    graded = [came("123456", "Ada Lovelace", "moodle"), came("123457", "Grace", "moodle"), came("1", "Eve", "moodle")]
    grades, canvas, _ = report(tmp_path, MOODLE, *graded)
    assert {one: (row["Email address"], row["ID number"]) for one, row in grades.items()} == {
        "123456": ("ada@example.org", "007"),
        "123457": ("grace@example.org", MISSING),
        "1": (MISSING, MISSING),
    }
    assert "Username" not in grades["1"] and "Status" not in grades["1"]
    assert grades["123457"]["name"] == "Grace Hopper"
    assert not [row for name, row in canvas.items() if name != "Points Possible" and (row["ID"] or row["SIS User ID"])]


def test_canvas_gets_what_it_has_written_itself(tmp_path):
    graded = [came("12345", "lovelaceada", "canvas"), came("ghopper"), came("99", "dropped", "canvas"), came("x")]
    _, canvas, _ = report(tmp_path, CANVAS, *graded)
    columns = ("ID", "SIS User ID", "SIS Login ID", "Section")
    assert {name: tuple(row[column] for column in columns) for name, row in canvas.items()} == {
        "Points Possible": ("", "", "", ""),
        "Lovelace, Ada": ("12345", "S1", "alovelace", "Group A"),
        "Hopper, Grace": ("12347", "S3", "ghopper", "Group B"),
        "dropped": ("99", "", "", ""),
        "x": ("", "", "", ""),
    }


def test_who_handed_in_nothing_is_named_and_has_no_row(tmp_path):
    text = MOODLE.replace("Conan", SCRIPT)
    grades, canvas, page = report(tmp_path, text, came("123456", "Ada Lovelace", "moodle"), came("eve", "Eve"))
    assert f"Handed in nothing (2), and in no table: Grace Hopper, {SCRIPT} O'Brien." in page.text
    assert "Not found in the roster, or not for certain (1): Eve (eve)." in page.text
    assert page.faults == []
    assert len(grades) == 2 and len(canvas) == 3


def test_a_page_says_nothing_of_a_roster_that_agrees_or_is_not_there(tmp_path):
    text = "".join(MOODLE.splitlines(keepends=True)[:2])
    *_, page = report(tmp_path, text, came("123456", "Ada Lovelace", "moodle"))
    assert "roster" not in page.text
    _class.report([came("x")], tmp_path)
    assert "roster" not in (tmp_path / "class.html").read_text(encoding="utf-8")


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_roster_is_read_as_any_platform_or_country_writes_it(encoding, tmp_path):
    text = CANVAS.replace(",", ";").replace("; ", ", ").replace("Section", "section ")
    people = read_roster(saved(tmp_path, text, encoding)).people
    assert [(one.number, one.name, one.cells["Section"]) for one in people] == [
        ("12345", "Lovelace, Ada", "Group A"),
        ("12346", "O'Brien, Conan", "Group B"),
        ("12347", "Hopper, Grace", "Group B"),
    ]


@pytest.mark.parametrize(
    "above",
    ["sep=,\n", "sep=\r\n", 'sep="\n', "Class of 2026\n", "Class of 2026,,\n\n", '"Class, 2026"\n', "sep=,\nClass\n"],
)
@pytest.mark.parametrize("text", [MOODLE, CANVAS])
def test_what_stands_above_the_header_is_read_over(above, text, tmp_path):
    assert len(read_roster(saved(tmp_path, above + text)).people) == 3
    last = above.count("\n") + text.count("\n")
    with pytest.raises(InputError, match=rf"line {last + 1}: has the same I.* as line {last}"):
        read_roster(saved(tmp_path, above + text + text.splitlines()[-1]))


@pytest.mark.parametrize("told", [",", ";", "\t", "|"])
@pytest.mark.parametrize("written", [",", ";", "\t"])
@pytest.mark.parametrize("text", [MOODLE, CANVAS.replace(", ", " ")])
def test_a_separator_that_is_told_need_not_be_the_one_that_is_written(told, written, text, tmp_path):
    expected = [(one.number, one.cells) for one in read_roster(saved(tmp_path, text)).people]
    saved(tmp_path, f"sep={told}\r\n" + text.replace(",", written).replace("\n", "\r\n"))
    assert [(one.number, one.cells) for one in read_roster(tmp_path / "roster.csv").people] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MOODLE.replace("Grade,", "identifier,", 1), "line 1: has the column 'identifier' twice"),
        (MOODLE.replace("Status", '"Email address "'), "line 1: has the column 'email address' twice"),
        ("sep=,\n" + CANVAS.replace("Section", "ID"), "line 2: has the column 'id' twice"),
        ("A title\n" + CANVAS.replace("Current Score", "Section"), "line 2: has the column 'section' twice"),
    ],
)
def test_a_column_that_is_there_twice_is_refused(text, message, tmp_path):
    with pytest.raises(InputError, match="twice") as error:
        read_roster(saved(tmp_path, text))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: is no roster; it needs Identifier and Full name"),
        (MOODLE.replace("Identifier", "Kennung"), "in English"),
        (CANVAS.replace("Student", "Name"), "or Student and ID"),
        (MOODLE.replace("ID number", "City").replace("Email address", "Town"), "has none of Email address, ID number"),
        (MOODLE.replace("123458", "123456"), "line 4: has the same Identifier as line 2"),
        (CANVAS.replace("12347", "12345"), "line 6: has the same ID as line 4"),
        (CANVAS.replace("12347", "1.2E+10"), "line 6: there is no number in ID, but '1.2E+10'"),
        (MOODLE.replace("Participant 123457", "Participant"), "line 3: there is no number in Identifier"),
    ],
)
def test_a_file_that_is_no_roster_is_refused(text, message, tmp_path):
    with pytest.raises(InputError, match="roster") as error:
        read_roster(saved(tmp_path, text))
    assert message in str(error.value)


def test_another_alphabet_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"is not UTF-8 \(first in line 2\)"):
        read_roster(saved(tmp_path, MOODLE.replace("Ada", "Zoë"), "latin-1"))
    with pytest.raises(InputError, match="cannot read"):
        read_roster(tmp_path / "nowhere.csv")
