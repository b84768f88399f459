"""Marks by hand: what comes back from a spreadsheet is understood or refused, and no mark is ever lost."""

import csv
import io

import pytest

from classroom.reports.marks import HEADER, answer_hash, mark_files, read_marks, read_rows
from course.errors import InputError
from tests.classroom import _class
from tests.classroom._class import CHAPTERS, SCRIPT, read_csv, student

WHY, SCALE = ("04_textures", "why_squares"), ("04_textures", "scale")


def klass(anna="Squares, as a sum.", berta="- a list", others=()):
    """Two students who answered one question each, and others."""
    full = ["full"] * 4
    return [student("anna", full, (anna, "")), student("berta", full, ("", berta), "Berta"), *others]


def report(out, graded=None, **options):
    """The rows of open_questions.csv after reporting."""
    _class.report(klass() if graded is None else graded, out, **options)
    return read_csv(out / "open_questions.csv")


def fill_in(path, marks, **style):
    """Writes points and comments into a file, as a spreadsheet would: {(student, question): (points, comment)}."""
    rows = read_csv(path)
    for row in rows:
        if (row["student_id"], row["question"]) in marks:
            row["points"], row["comment"] = marks[row["student_id"], row["question"]]
    save(path, rows, **style)


def save(path, rows, encoding="utf-8-sig", delimiter=",", lineterminator="\r\n", header=HEADER):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, delimiter=delimiter, lineterminator=lineterminator)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))


@pytest.fixture
def marked(tmp_path):
    """A folder of reports in which both answers have been marked."""
    report(tmp_path)
    fill_in(
        tmp_path / "open_questions.csv", {("anna", WHY[1]): ("2", "Good, and why?"), ("berta", SCALE[1]): ("0", "")}
    )
    return tmp_path


def test_every_answer_waits_for_a_mark_and_nothing_else_does(tmp_path):
    anna, berta = report(tmp_path)
    expected = {"student_id": "anna", "chapter": WHY[0], "question": WHY[1], "possible": "3", "points": ""}
    assert anna["comment"] == ""
    assert expected.items() <= anna.items() and anna["answer_sha256"] == answer_hash("Squares, as a sum.")
    assert (berta["name"], berta["question"], berta["answer"]) == ("Berta", "scale", "'- a list")


def test_marks_are_read_and_survive_every_further_report(marked):
    expected = {("anna", *WHY): (2, "Good, and why?"), ("berta", *SCALE): (0, "")}
    assert read_marks(marked / "open_questions.csv") == expected
    rows = report(marked)
    assert report(marked) == rows and read_marks(marked / "open_questions.csv") == expected
    grades = {row["student_id"]: row for row in read_csv(marked / "grades.csv")}
    assert [grades["anna"][name] for name in ("open points", "open questions to mark", "total")] == ["2", "0", "21"]
    canvas = {row["Student"]: row for row in read_csv(marked / "canvas.csv")}
    assert canvas["anna"]["04_textures open questions"] == "2"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("lineterminator", ["\n", "\r\n"])
def test_a_file_is_understood_however_a_spreadsheet_saved_it(tmp_path, delimiter, encoding, lineterminator):
    report(tmp_path, klass(anna="one; two, three\nfour é"))
    marks = {("anna", WHY[1]): ("1,5", "Süß; =1\r\nand, more")}
    fill_in(
        tmp_path / "open_questions.csv", marks, delimiter=delimiter, encoding=encoding, lineterminator=lineterminator
    )
    report(tmp_path, klass(anna="one; two, three\nfour é"))
    assert read_marks(tmp_path / "open_questions.csv") == {("anna", *WHY): (1.5, "Süß; =1\nand, more")}


def test_lines_of_a_comment_end_as_lines_do(marked):
    fill_in(marked / "open_questions.csv", {("anna", WHY[1]): ("2", " one\r\ntwo ")})
    assert read_marks(marked / "open_questions.csv")[("anna", *WHY)] == (2, "one\ntwo")


def test_a_comment_that_looks_like_a_formula_comes_back_as_it_was(marked):
    fill_in(marked / "open_questions.csv", {("anna", WHY[1]): ("3", "=SUM(A1)")})
    for _ in range(3):
        assert report(marked)[0]["comment"] == "'=SUM(A1)"


def test_an_answer_that_has_changed_keeps_its_mark_in_the_comment_and_waits_for_a_new_one(marked):
    row = report(marked, klass(anna="Another answer."))[0]
    assert (row["points"], row["comment"]) == ("", "[answer has changed; its mark was 2] Good, and why?")
    assert row == report(marked, klass(anna="Another answer."))[0], "once is enough"
    assert row["comment"] == report(marked, klass(anna="A third."))[0]["comment"], "and the mark is not forgotten"
    fill_in(marked / "open_questions.csv", {("anna", WHY[1]): ("3", row["comment"])})
    report(marked, klass(anna="A third."))
    page = (marked / "feedback" / "anna.html").read_text(encoding="utf-8")
    assert "Good, and why?" in page and "answer has changed" not in page


def test_an_answer_that_was_deleted_keeps_its_mark(marked):
    row = report(marked, klass(anna=""))[0]
    assert (row["answer"], row["points"]) == ("", "") and "its mark was 2" in row["comment"]


def test_marks_of_students_and_chapters_that_are_not_graded_stay_at_the_end(marked):
    report(marked, [student("carl", ["full"] * 4, ("here", ""))])
    rows = report(marked, [student("carl", ["full"] * 4, ("here", ""))])
    assert [(row["student_id"], row["points"]) for row in rows] == [("carl", ""), ("anna", "2"), ("berta", "0")]
    back = report(marked)
    assert [(row["student_id"], row["points"], row["comment"]) for row in back] == [
        ("anna", "2", "Good, and why?"),
        ("berta", "0", ""),
    ]
    rows = read_csv(marked / "open_questions.csv")
    rows[0]["chapter"] = "09_other"
    save(marked / "open_questions.csv", rows)
    assert [row["chapter"] for row in report(marked)] == ["04_textures", "04_textures", "09_other"]


def test_zeros_that_a_spreadsheet_took_away_are_put_back(tmp_path):
    graded = [student("00123", ["full"] * 4, ("here", ""))]
    rows = report(tmp_path, graded)
    save(tmp_path / "open_questions.csv", [{**rows[0], "student_id": "123", "points": "3"}])
    assert [(row["student_id"], row["points"]) for row in report(tmp_path, graded)] == [("00123", "3")]
    save(tmp_path / "open_questions.csv", [{**rows[0], "student_id": "123", "points": "3", "answer_sha256": "another"}])
    kept = [(row["student_id"], row["points"]) for row in report(tmp_path, graded)]
    assert kept == [("00123", ""), ("123", "3")], "this is somebody else, who is no longer there"
    graded.append(student("0123", ["full"] * 4, ("here", "")))
    save(tmp_path / "open_questions.csv", [{**rows[0], "student_id": "123", "points": "3"}])
    kept = [(row["student_id"], row["points"]) for row in report(tmp_path, graded)]
    assert kept == [("00123", ""), ("0123", ""), ("123", "3")], "nobody knows whose it is"


def test_a_mark_waits_for_a_notebook_that_cannot_be_read(marked):
    lost = [student("anna", ["full", "full", "unreadable", "unreadable"])]
    assert [(row["student_id"], row["points"]) for row in report(marked, lost)] == [("anna", "2"), ("berta", "0")]
    back = report(marked)
    assert [(row["points"], row["comment"]) for row in back] == [("2", "Good, and why?"), ("0", "")]


def test_marks_may_come_from_another_file(marked, tmp_path):
    (marked / "open_questions.csv").rename(marked / "mine.csv")
    report(marked / "new", marks=marked / "mine.csv")
    assert len(read_marks(marked / "new" / "open_questions.csv")) == 2
    report(marked / "new", marks=marked / "mine.csv")
    before = report(marked / "new", klass(anna="Another."), marks=marked / "mine.csv")
    assert before[0]["comment"] == "[answer has changed; its mark was 2] Good, and why?"
    assert report(marked / "new", klass(anna="Another."), marks=marked / "mine.csv") == before
    with pytest.raises(InputError, match="no file"):
        report(marked / "new", marks=marked / "missing.csv")


def test_two_files_complete_each_other_and_may_not_contradict(marked):
    (marked / "mine.csv").write_bytes((marked / "open_questions.csv").read_bytes())
    fill_in(marked / "mine.csv", {("anna", WHY[1]): ("", "")})
    report(marked, marks=marked / "mine.csv")
    assert read_marks(marked / "open_questions.csv")[("anna", *WHY)] == (2, "Good, and why?")
    fill_in(marked / "mine.csv", {("anna", WHY[1]): ("1", "Good, and why?")})
    before = (marked / "open_questions.csv").read_bytes()
    with pytest.raises(InputError, match=r"mine.csv', line 2: another mark .* line 2"):
        report(marked, marks=marked / "mine.csv")
    assert (marked / "open_questions.csv").read_bytes() == before


# --- columns of whoever marks -----------------------------------------------------------------------------------------


def with_columns(path, header, cells, **style):
    """Adds columns: {student_id: cells}; "" for the others."""
    rows = read_csv(path)
    for row in rows:
        row.update(zip(header, cells.get(row["student_id"], [""] * len(header)), strict=True))
    save(path, rows, header=(header[0], *HEADER, *header[1:]), **style)


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_columns_of_ones_own_stay(marked, delimiter):
    path, own = marked / "open_questions.csv", {"anna": ["T.A.", "=SUM(A1)\nsee; me"], "berta": ["", "later"]}
    with_columns(path, ("Marked by", "Own Notes"), own, delimiter=delimiter)
    for _ in range(3):
        rows = report(marked)
        assert {row["student_id"]: row["Marked by"] for row in rows} == {"anna": "T.A.", "berta": ""}
        assert rows[0]["Own Notes"] == "'=SUM(A1)\nsee; me" and rows[1]["Own Notes"] == "later"
        assert list(rows[0])[: len(HEADER)] == list(HEADER), "ours come first"
    assert read_marks(path)[("anna", *WHY)] == (2, "Good, and why?")


def test_they_stay_with_every_fate_of_an_answer(tmp_path):
    path = tmp_path / "open_questions.csv"
    report(tmp_path)
    with_columns(path, ("TA", "empty"), {"anna": ["me", ""], "berta": ["you", ""]})
    lost = student("anna", ["full", "full", "unreadable", "unreadable"])
    for graded in (klass(anna="changed"), klass(anna=""), [lost, klass()[1]], [klass()[1]], [], klass()):
        rows = {row["student_id"]: (row["TA"], row["empty"]) for row in report(tmp_path, graded)}
        assert rows == {"anna": ("me", ""), "berta": ("you", "")}


def test_columns_of_two_files_complete_each_other_and_may_not_contradict(marked):
    path, mine = marked / "open_questions.csv", marked / "mine.csv"
    untouched = path.read_bytes()
    mine.write_bytes(untouched)
    with_columns(path, ("TA", "A"), {"anna": ["me", "1"]})
    with_columns(mine, ("ta", "B"), {"berta": ["you", "2"]})
    rows = {row["student_id"]: row for row in report(marked, marks=mine)}
    assert [rows["anna"][name] for name in ("TA", "A", "B")] == ["me", "1", ""]
    assert [rows["berta"][name] for name in ("TA", "A", "B")] == ["you", "", "2"]
    mine.write_bytes(untouched)
    with_columns(mine, ("TA", "C"), {"anna": ["somebody else", ""]})
    with pytest.raises(InputError, match=r"mine.csv', line 2: has another 'TA'"):
        report(marked, marks=mine)


def test_a_cell_in_a_column_without_a_name_is_refused_and_an_empty_column_is_not(marked):
    path = marked / "open_questions.csv"
    path.write_bytes(path.read_bytes().replace(b"\r\n", b",\r\n"))
    assert len(report(marked)) == 2
    path.write_bytes(
        path.read_bytes().replace(b"\r\n", b",,\r\n", 2).replace(b",,\r\n", b",,x\r\n").replace(b",,x", b",,", 1)
    )
    with pytest.raises(InputError, match="line 2: a cell stands in a column without a name"):
        report(marked)


# --- above the header -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quoted", ["sep={}\r\n", "SEP={}\n", '"sep={}"\r\n'])
def test_a_line_that_says_the_separator_is_read_over(marked, delimiter, quoted):
    path = marked / "open_questions.csv"
    fill_in(path, {("anna", WHY[1]): ("9", "")}, delimiter=delimiter)
    path.write_bytes(b"\xef\xbb\xbf" + quoted.format(delimiter).encode() + path.read_bytes()[3:])
    with pytest.raises(InputError, match="line 3: 9 points are more"):
        report(marked)


@pytest.mark.parametrize(
    "title", ["Marks of 2026", "Marks;of,2026", '"Marks, ""all"""', ";;;;;;;;;;;;;;;;;", "\r\nMarks"]
)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_title_above_is_read_over(marked, delimiter, title):
    path = marked / "open_questions.csv"
    fill_in(path, {}, delimiter=delimiter)
    path.write_bytes(f"{title}\r\n".encode() + path.read_bytes()[3:])
    assert len(read_marks(path)) == 2
    path.write_bytes(
        path.read_bytes().replace(f"{delimiter}comment{delimiter}".encode(), f"{delimiter}Points{delimiter}".encode())
    )
    with pytest.raises(InputError, match="line 1: there is no column 'student_id'"):  # no row is a header
        report(marked)


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": "4"}, "line 3: 4 points are more than the 3 that are possible"),
        ({"points": "9", "possible": "9"}, "line 3: 9 points are more than the 3 of why_squares"),
        ({"points": "-1"}, "line 3: points must be a number of at least 0, not '-1'"),
        ({"points": "two"}, "line 3: points must be"),
        ({"points": "nan"}, "line 3: points must be"),
        ({"points": "1e3"}, "line 3: points must be"),
        ({"points": "01. Mai"}, "line 3: points must be"),
        ({"possible": ""}, "line 3: possible must be a whole number"),
        ({"possible": "2.5"}, "line 3: possible must be a whole number"),
        ({"question": "why"}, "line 3: 04_textures has no open question 'why'; there are: why_squares, scale"),
        ({"question": ""}, "line 3: student_id, chapter or question is missing"),
        ({"student_id": "1.23E+15"}, "line 3: a spreadsheet has rounded the id"),
    ],
)
def test_a_line_that_cannot_be_meant_is_named_and_nothing_is_touched(marked, change, message):
    rows = read_csv(marked / "open_questions.csv")
    save(marked / "open_questions.csv", [rows[1], {**rows[0], **change}])
    before = {path: path.read_bytes() for path in marked.rglob("*.*")}
    with pytest.raises(InputError, match=message):
        report(marked)
    assert {path: path.read_bytes() for path in marked.rglob("*.*")} == before


def test_all_lines_that_cannot_be_meant_are_named_at_once(marked):
    rows = read_csv(marked / "open_questions.csv")
    save(marked / "open_questions.csv", [{**rows[0], "points": "4"}, rows[1], {**rows[1], "question": "why"}])
    told = r"^2 lines of '.*':\n  line 2: 4 points .*\n  line 4: 04_textures has no .*scale$"
    with pytest.raises(InputError, match=told):
        report(marked)
    save(marked / "open_questions.csv", [{**rows[0], "student_id": f"s{n}", "points": "4"} for n in range(12)])
    with pytest.raises(InputError, match=r"line 11: 4 points .*\n  and 2 lines more$"):
        report(marked)


def test_faults_are_found_without_reports(marked):
    def check_marks(out, given=None):
        return [read_rows(path, CHAPTERS) for path in mark_files(out, given)]

    assert len(check_marks(marked)[0]) == 2
    rows = read_csv(marked / "open_questions.csv")
    save(marked / "open_questions.csv", [{**rows[0], "question": "why"}])
    with pytest.raises(InputError, match="line 2: 04_textures has no open question 'why'"):
        check_marks(marked)
    with pytest.raises(InputError, match="line 2: 04_textures has no open question 'why'"):
        check_marks(marked / "new", marked / "open_questions.csv")


def test_a_line_is_counted_as_an_editor_counts_it(marked):
    report(marked, klass(anna="three\nlines\nlong"))
    fill_in(marked / "open_questions.csv", {("berta", SCALE[1]): ("7", "")})
    with pytest.raises(InputError, match="line 5: 7 points"):
        report(marked)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("student_id,chapter\r\n", "line 1: there is no column 'question'"),
        ("", "line 1: there is no column 'student_id'"),
        ("\r\n\r\n", "line 1: there is no column 'student_id'"),
        (f'{",".join(HEADER)}\r\nBerta,berta,"04', "line 2: unexpected end"),
        (f"{','.join(HEADER)}\r\n,berta,04_textures,scale,2,a,1,too, much,x\r\n", "line 2: more cells"),
        (f"{','.join(HEADER)}\r\nB\x00erta\r\n", r"is no text \(first in line 2\)"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(tmp_path, content, message):
    (tmp_path / "open_questions.csv").write_bytes(content.encode())
    with pytest.raises(InputError, match=message):
        report(tmp_path)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_another_alphabet_is_refused_instead_of_guessed(marked, encoding):
    fill_in(marked / "open_questions.csv", {("berta", SCALE[1]): ("1", "Ünal")}, encoding=encoding)
    with pytest.raises(InputError, match=r"is not UTF-8 \(first in line \d\); save it again as 'CSV UTF-8'"):
        report(marked)


def test_a_mark_that_is_there_twice_is_refused(marked):
    rows = read_csv(marked / "open_questions.csv")
    save(marked / "open_questions.csv", [*rows, rows[0]])
    with pytest.raises(InputError, match="line 4: the same student and question as line 2"):
        report(marked)


@pytest.mark.parametrize("name", ["points", "Points ", "comment", "student_id", "TA"])
def test_a_column_that_is_there_twice_is_refused(marked, name):
    path = marked / "open_questions.csv"
    with_columns(path, ("ta", name), {})
    before = path.read_bytes()
    with pytest.raises(InputError, match=rf"line 1: has the column '{name.strip().lower()}' twice"):
        report(marked)
    path.write_bytes(b"sep=,\r\n" + before[3:])
    with pytest.raises(InputError, match=rf"line 2: has the column '{name.strip().lower()}' twice"):
        report(marked)


def test_a_comment_is_shown_and_not_obeyed(marked):
    fill_in(marked / "open_questions.csv", {("anna", WHY[1]): ("3", SCRIPT)})
    report(marked)
    page = (marked / "feedback" / "anna.html").read_text(encoding="utf-8")
    assert SCRIPT not in page and "&lt;script&gt;" in page
