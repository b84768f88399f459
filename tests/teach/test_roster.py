"""Rosters: who is who, by the exports of Moodle and Canvas, and never by a guess."""

from dataclasses import replace

import pytest

from course.errors import InputError
from course.teach.reports.roster import MISSING, read_roster, who_is_who
from course.teach.reports.write import write_reports
from tests.teach._class import CHAPTERS, read_csv, student
from tests.teach._pages import Page

MOODLE = """Identifier,"Full name","ID number","Email address",Status,Grade
"Participant 501","Ada Lovelace",m17,ada@example.org,,
"Participant 502","Grace Hopper",m18,grace@example.org,,
"Participant 503","Grace Hopper",m19,hopper@example.org,,
"Participant 504","Emmy Noether",,emmy@example.org,,
"""
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Homework (77)
    Points Possible,,,,,10
"Lovelace, Ada",9001,S17,ada,A,
"Hopper, Grace",9002,S18,grace,B,
"Student, Test",9003,,,A,
"""


def put(folder, text):
    path = folder / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return path


def handed_in(identifier, name="", platform=""):
    return replace(student(identifier, ["full"] * 4, name=name), platform=platform)


def numbers(folder, text, graded):
    """student -> the number of the person that the student is found to be."""
    known = who_is_who(read_roster(put(folder, text)), graded)
    return {one: person.number for one, person in known.people.items()}


def test_moodles_numbers_and_names_lead_to_people(tmp_path):
    graded = [handed_in("502", "Grace Hopper", "moodle"), handed_in("777", "Ada Lovelace", "moodle")]
    graded += [handed_in("m19", "m19"), handed_in("emmy-noether", "emmy noether")]
    assert numbers(tmp_path, MOODLE, graded) == {"502": "502", "777": "501", "m19": "503", "emmy-noether": "504"}


def test_whoever_might_be_two_is_nobody(tmp_path):
    assert numbers(tmp_path, MOODLE, [handed_in("777", "Grace Hopper", "moodle")]) == {}, "two people have the name"
    twice = [handed_in("a", "Ada Lovelace"), handed_in("b", "Ada Lovelace")]
    assert numbers(tmp_path, MOODLE, twice) == {}, "two students have the name"
    other = [handed_in("501", "501"), handed_in("901", "Ada Lovelace", "moodle")]
    assert numbers(tmp_path, MOODLE, other) == {"901": "501"}, "a folder's number is no participant's"


def test_canvas_knows_by_number_alone_who_came_under_one(tmp_path):
    graded = [handed_in("9002", "hoppergrace", "canvas"), handed_in("9999", "lovelaceada", "canvas")]
    assert numbers(tmp_path, CANVAS, graded) == {"9002": "9002"}
    graded = [handed_in("ada", "ada"), handed_in("g", "Grace Hopper")]
    assert numbers(tmp_path, CANVAS, graded) == {"ada": "9001", "g": "9002"}


def test_moodles_columns_are_in_the_grades_and_no_cell_of_them_is_empty(tmp_path):
    graded = [handed_in("501", "Ada", "moodle"), handed_in("504", "E. N.", "moodle"), handed_in("x", "A stranger")]
    write_reports(graded, tmp_path, chapters=CHAPTERS, unsafe=False, roster=read_roster(put(tmp_path, MOODLE)))
    rows = [[row[name] for name in ("name", "Email address", "ID number")] for row in read_csv(tmp_path / "grades.csv")]
    assert rows == [
        ["Ada Lovelace", "ada@example.org", "m17"],
        ["Emmy Noether", "emmy@example.org", MISSING],
        ["A stranger", MISSING, MISSING],
    ]
    page = Page((tmp_path / "class.html").read_text(encoding="utf-8"))
    assert page.faults == []
    assert "In the roster, and handed in nothing: 2. Grace Hopper, Grace Hopper." in page.text
    assert "Not found in the roster: A stranger (x)." in page.text


def test_canvas_gets_its_own_columns_back(tmp_path):
    graded = [handed_in("9002", "hoppergrace", "canvas"), handed_in("ada", "ada"), handed_in("x", "A stranger")]
    write_reports(graded, tmp_path, chapters=CHAPTERS, unsafe=False, roster=read_roster(put(tmp_path, CANVAS)))
    _, *rows = [list(row.values())[:5] for row in read_csv(tmp_path / "canvas.csv")]
    assert rows == [
        ["Hopper, Grace", "9002", "S18", "grace", "B"],
        ["Lovelace, Ada", "9001", "S17", "ada", "A"],
        ["A stranger", "", "x", "x", ""],
    ]


def test_without_a_roster_the_class_page_says_nothing_of_one(tmp_path):
    write_reports([handed_in("a")], tmp_path, chapters=CHAPTERS, unsafe=False)
    assert "roster" not in (tmp_path / "class.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "line 1: is no roster; it needs Identifier and Full name"),
        ("Identifier,Full name\nParticipant 1,Ada\n", "line 1: has none of Email address, ID number, Username"),
        (MOODLE.replace("Participant 502", "Participant 501"), "line 3: 'Participant 501' is in line 2 already"),
        (MOODLE.replace("Participant 502", "nobody"), "line 3: Identifier holds no whole number but 'nobody'"),
        (CANVAS.replace("9002", "9.0E+03"), "line 4: ID holds no whole number but"),
    ],
)
def test_what_is_no_roster_is_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_roster(put(tmp_path, text))
