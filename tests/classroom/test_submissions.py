"""The layouts in which classes hand in: who is who, and which file counts."""

import hashlib
import json
import os
import re

import pytest

from classroom.collect.submissions import beside, chapter_in, each, find
from course.errors import InputError
from tests.classroom._handed import CHAPTERS, member, packed, put


def seen(folder):
    """student -> (name, names of the files that were read)."""
    return {
        one.student: (one.name, [file.name for file in one.files if file.data is not None])
        for one in find(folder, CHAPTERS)
    }


def only(folder):
    (one,) = find(folder, CHAPTERS)
    return one


# ---- layouts ---------------------------------------------------------------------------------------------------------


def test_a_folder_for_each_student(tmp_path):
    put(tmp_path, "ada/01_vgg.ipynb", "ada/deep/er/04_textures.IPYNB", "ada/.ipynb_checkpoints/01_vgg-checkpoint.ipynb")
    put(tmp_path, "grace_hopper/01_vgg.ipynb", "grace_hopper/__MACOSX/01_vgg.ipynb", "grace_hopper/._01_vgg.ipynb")
    (tmp_path / "bob").mkdir()
    assert seen(tmp_path) == {
        "ada": ("ada", ["ada/deep/er/04_textures.IPYNB", "ada/01_vgg.ipynb"]),
        "bob": ("bob", []),
        "grace_hopper": ("grace hopper", ["grace_hopper/01_vgg.ipynb"]),
    }
    assert find(tmp_path, CHAPTERS)[1].notes == ("no notebook was found",)


def test_a_zip_or_a_notebook_for_each_student(tmp_path):
    put(
        tmp_path,
        "ada.ipynb",
        "bob_01_vgg.ipynb",
        "bob-04_textures (1).ipynb",
        "01_VGG eve.ipynb",
        "grades.csv",
        ".DS_Store",
    )
    (tmp_path / "carol.zip").write_bytes(packed("mine/", "mine/01_vgg.ipynb", "__MACOSX/mine/._01_vgg.ipynb"))
    assert seen(tmp_path) == {
        "ada": ("ada", ["ada.ipynb"]),
        "bob": ("bob", ["bob_01_vgg.ipynb", "bob-04_textures (1).ipynb"]),
        "carol": ("carol", ["carol.zip/mine/01_vgg.ipynb"]),
        "eve": ("eve", ["01_VGG eve.ipynb"]),
    }
    assert find(tmp_path, CHAPTERS)[2].files[0].data == b"mine/01_vgg.ipynb"


def test_what_is_no_notebook_is_named_and_what_tools_leave_is_not(tmp_path):
    put(tmp_path, "ada/01_vgg.ipynb", "ada/notes.txt", "ada/timestamp.txt", "grades.csv", "notes.txt")
    (tmp_path / "eve.zip").write_bytes(packed("01_vgg.ipynb", "mine/points.csv"))
    ada, eve = find(tmp_path, CHAPTERS)
    assert ada.notes == ("left aside, since they are no notebooks: ada/notes.txt",)
    assert eve.notes == ("left aside, since they are no notebooks: eve.zip/mine/points.csv",)
    assert beside(tmp_path, CHAPTERS) == ["grades.csv", "notes.txt"]


MOODLE = [
    "Ada Lovelace_123456_assignsubmission_file_/01_vgg.ipynb",
    "Ada Lovelace_123456_assignsubmission_onlinetext_/onlinetext.html",
    "Grace_Hopper_123457_assignsubmission_file_01_vgg.ipynb",
    "Bob_123458_assignsubmission_file/hand.zip",
]


def test_moodle(tmp_path):
    put(tmp_path, *MOODLE[:3])
    (tmp_path / MOODLE[3]).parent.mkdir()
    (tmp_path / MOODLE[3]).write_bytes(packed("04_textures.ipynb"))
    assert seen(tmp_path) == {
        "123456": ("Ada Lovelace", [MOODLE[0]]),
        "123457": ("Grace Hopper", [MOODLE[2]]),
        "123458": ("Bob", [f"{MOODLE[3]}/04_textures.ipynb"]),
    }
    assert find(tmp_path, CHAPTERS)[0].notes == (f"left aside, since they are no notebooks: {MOODLE[1]}",)
    assert {one.platform for one in find(tmp_path, CHAPTERS)} == {"moodle"}


def test_canvas(tmp_path):
    put(tmp_path, "lovelaceada_LATE_12345_678910_01_vgg-2.ipynb", "lovelaceada_12345_678900_01_vgg.ipynb")
    put(tmp_path, "hopper-graceé_7_9_report.pdf")
    (tmp_path / "bob_12_34_all-3.zip").write_bytes(packed("01_vgg.ipynb"))
    assert seen(tmp_path) == {
        "12": ("bob", ["bob_12_34_all-3.zip/01_vgg.ipynb"]),
        "12345": (
            "lovelaceada",
            ["lovelaceada_LATE_12345_678910_01_vgg-2.ipynb", "lovelaceada_12345_678900_01_vgg.ipynb"],
        ),
        "7": ("hopper-graceé", []),
    }
    assert find(tmp_path, CHAPTERS)[2].files[0].problem == "is neither a notebook nor a zip"
    assert beside(tmp_path, CHAPTERS) == []
    assert {one.platform for one in find(tmp_path, CHAPTERS)} == {"canvas"}


def test_nbgrader(tmp_path):
    files = ["submitted/ada/01_vgg/01_vgg.ipynb", "submitted/ada/01_vgg/timestamp.txt", "submitted/bob/x/y.ipynb"]
    put(tmp_path, *files)
    expected = {"ada": ("ada", ["ada/01_vgg/01_vgg.ipynb"]), "bob": ("bob", ["bob/x/y.ipynb"])}
    assert seen(tmp_path) == seen(tmp_path / "submitted") == expected
    assert [(one.notes, one.platform) for one in find(tmp_path, CHAPTERS)] == [((), ""), ((), "")]


CANVAS = ["bob_12_34_01_vgg.ipynb", "eve_13_35_01_vgg.ipynb", "bob_12_36_04_textures.ipynb"]


@pytest.mark.parametrize("around", ["", "Course-Assignment 1-99/"])
@pytest.mark.parametrize("how", ["folder", "itself"])
@pytest.mark.parametrize("names", [MOODLE[:3], CANVAS], ids=["moodle", "canvas"])
def test_an_export_as_a_whole(tmp_path, around, how, names):
    names = [around + name for name in names]
    if how == "folder":
        put(tmp_path / "class", *(f"unpacked/{name}" for name in names))
    else:
        (tmp_path / "class").write_bytes(packed(*names))
    found = find(tmp_path / "class", CHAPTERS)
    assert "export" not in " ".join(note for one in found for note in one.notes)
    expected = (
        [("123456", "Ada Lovelace"), ("123457", "Grace Hopper")]
        if "Ada" in names[0]
        else [("12", "bob"), ("13", "eve")]
    )
    assert [(one.student, one.name) for one in found] == expected


def test_a_zip_of_a_class_given_by_itself(tmp_path):
    (tmp_path / "class.zip").write_bytes(packed("subs/ada/01_vgg.ipynb", "subs/bob.ipynb"))
    assert seen(tmp_path / "class.zip") == {"ada": ("ada", ["ada/01_vgg.ipynb"]), "bob": ("bob", ["bob.ipynb"])}


def test_what_came_late_may_lie_beside_an_export(tmp_path):
    put(tmp_path, *(f"export/{name}" for name in MOODLE[:3]), "late.ipynb")
    (tmp_path / "later.zip").write_bytes(packed("01_vgg.ipynb"))
    assert list(seen(tmp_path)) == ["123456", "123457", "late", "later"]
    notes = {one.student: " ".join(one.notes) for one in find(tmp_path, CHAPTERS)}
    assert "looks like an export" in notes["123457"]
    assert "export" not in notes["late"] + notes["later"]


def test_a_file_named_after_a_chapter_alone_belongs_to_the_folder(tmp_path):
    folder = tmp_path / "Ada"
    put(folder, "01_vgg.ipynb", "04_textures-Copy1.ipynb")
    one = only(folder)
    assert (one.student, len(one.files)) == ("Ada", 2)
    assert one.notes == ("the file does not say whose it is: the folder's name stands for the student's",)


def test_an_empty_folder_is_a_class_of_nobody(tmp_path):
    assert find(tmp_path, CHAPTERS) == []


@pytest.mark.parametrize("name", ["missing", "text.txt", "text.zip"])
def test_what_is_no_folder_is_said(tmp_path, name):
    if name != "missing":
        (tmp_path / name).write_text("no zip")
    with pytest.raises(InputError, match="give"):
        find(tmp_path / name, CHAPTERS)


def test_students_come_one_after_the_other(tmp_path):
    put(tmp_path, "ada/01_vgg.ipynb", "bob/01_vgg.ipynb")
    students = each(tmp_path, CHAPTERS)
    assert next(students).student == "ada"
    (tmp_path / "bob" / "01_vgg.ipynb").write_bytes(b"read only when it is needed")
    assert next(students).files[0].data == b"read only when it is needed"


# ---- our own zip -----------------------------------------------------------------------------------------------------


def handin(student, files, **claims):
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()} | claims
    return packed(("manifest.json", json.dumps({"format": 1, "student": student, "files": sums})), *files.items())


def test_the_manifest_names_the_student_where_the_platform_does_not(tmp_path):
    data = handin("Ada Lovelace", {"01_vgg.ipynb": b"x"})
    (tmp_path / "handin (3).zip").write_bytes(data)
    put(tmp_path / "folder", "some.ipynb")
    (tmp_path / "folder" / "handin.zip").write_bytes(data)
    assert list(seen(tmp_path)) == ["Ada-Lovelace", "folder"]
    for number in range(12, 16):
        (tmp_path / f"hopper{number}_{number}_34_handin.zip").write_bytes(data)
    assert list(seen(tmp_path)) == ["12", "13", "14", "15", "Ada-Lovelace", "folder"]
    assert {one.notes for one in find(tmp_path, CHAPTERS)} == {()}


def test_a_name_that_is_only_claimed_is_nobody_elses(tmp_path):
    put(tmp_path, "bob/01_vgg.ipynb")
    (tmp_path / "04_textures.zip").write_bytes(handin("bob", {"04_textures.ipynb": b"x"}))
    found = find(tmp_path, CHAPTERS)
    assert len(found) == 2 and not any(one.student == "bob" for one in found)
    assert all("reads alike" in " ".join(one.notes) for one in found)


@pytest.mark.parametrize(
    ("claims", "note"),
    [
        ({"01_vgg.ipynb": "0" * 64}, "'01_vgg.ipynb' is not the file of manifest.json: it was changed later"),
        ({"lost.ipynb": "0" * 64}, "'lost.ipynb' is in manifest.json, and not in the zip"),
        ({"01_vgg.ipynb": 3}, "manifest.json cannot be read"),
    ],
)
def test_a_manifest_that_does_not_agree_is_noted(tmp_path, claims, note):
    (tmp_path / "ada.zip").write_bytes(handin("ada", {"01_vgg.ipynb": b"x"}, **claims))
    one = only(tmp_path)
    assert one.notes == (f"ada.zip: {note}",)
    assert [file.data for file in one.files] == [b"x"]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (b"{", "cannot be read"),
        (b"\xff", "cannot be read"),
        (b"[]", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b'{"format": 1, "student": null, "files": {}}', "cannot be read"),
        (b'{"format": 1, "student": "eve", "files": 7}', "cannot be read"),
        (b'{"format": 1, "student": "eve", "files": {}}' + b" " * (2 << 20), "cannot be read"),
        (b'{"format": 2}', "unknown format"),
        (b'{"format": 1, "student": "\\ud800", "files": {}}', "was added later"),
    ],
)
def test_a_strange_manifest_is_noted(tmp_path, text, note):
    (tmp_path / "ada.zip").write_bytes(packed(("manifest.json", text), ("01_vgg.ipynb", b"x")))
    one = only(tmp_path)
    assert note in one.notes[0]
    assert [file.data for file in one.files] == [b"x"]
    assert one.student == "ada" or one.student.startswith("student-")
    one.name.encode()


# ---- which file counts -----------------------------------------------------------------------------------------------


def test_the_highest_upload_then_attempt_then_time_then_name(tmp_path):
    for attempt, upload in [(9, ""), (100, ""), (5, "-2"), (4, "-10")]:
        put(tmp_path, f"ada_12_{attempt}_01_vgg{upload}.ipynb", when=2_000_000_000 - attempt)
    names = ["ada_12_4_01_vgg-10.ipynb", "ada_12_5_01_vgg-2.ipynb", "ada_12_100_01_vgg.ipynb", "ada_12_9_01_vgg.ipynb"]
    assert [file.name for file in only(tmp_path).files] == names


def test_the_time_in_a_zip_and_of_a_file(tmp_path):
    put(tmp_path, "ada/a.ipynb", when=1_000_000_000)  # 2001
    put(tmp_path, "ada/b.ipynb", "ada/c.ipynb", when=2_000_000_000)  # 2033
    (tmp_path / "ada" / "z.zip").write_bytes(packed((member("y.ipynb", (2026, 1, 1, 0, 0, 0)), b"y")))
    names = [file.name for file in only(tmp_path).files]
    assert names == ["ada/c.ipynb", "ada/b.ipynb", "ada/z.zip/y.ipynb", "ada/a.ipynb"]


def test_the_order_is_the_same_every_time(tmp_path):
    put(tmp_path, *(f"s{number}/{name}.ipynb" for number in range(4) for name in "abc"), when=1_000_000_000)
    assert find(tmp_path, CHAPTERS) == find(tmp_path, CHAPTERS)


# ---- ids and names ---------------------------------------------------------------------------------------------------


def note_of(student):
    (note,) = [note for note in student.notes if "reads alike" in note]
    return note


@pytest.mark.parametrize(
    "names",
    [
        ("ada_12_1_01_vgg.ipynb", "bob_12_2_01_vgg.ipynb"),  # one number, two names
        ("Ada.ipynb", "ada_01_vgg.ipynb"),
        ("Eve/x.ipynb", "eve/x.ipynb", "EVE.ipynb"),
        ("Jos\u00e9.ipynb", "Jose\u0301/x.ipynb"),
        ("\u0439/x.ipynb", "\u0438\u0306.ipynb"),  # the same, and without a letter of ASCII
        ("\u674e \u96f7/x.ipynb", "\u674e-\u96f7.ipynb"),
        ("J R Smith/x.ipynb", "J.R.Smith/x.ipynb", "J_R_Smith/x.ipynb", "J-R-Smith!/x.ipynb"),
        ("ada /x.ipynb", "ada/x.ipynb"),
        ("ada/x.ipynb", "ada\u2026.ipynb"),
        ("O'Brien/x.ipynb", "OBrien.ipynb", "o\u2019brien/x.ipynb"),
        ("AdaLovelace.ipynb", "Ada Lovelace/x.ipynb", "ada_lovelace.ipynb"),
        ("ada1.ipynb", "ada 1/x.ipynb", "ada-1.ipynb"),
        ("\u674e\u96f7/x.ipynb", "\u674e \u96f7.ipynb"),
        ("cs101_\u674e\u96f7/x.ipynb", "CS101 \u674e-\u96f7.ipynb"),
        ("Jose \u0141ukasz/x.ipynb", "Jos\u00e9_\u0141ukasz.ipynb", "Jose\u0301 \u0142ukasz/x.ipynb"),
    ],
)
def test_of_ids_that_read_alike_nobody_has_the_bare_one(names, tmp_path):
    put(tmp_path, *names)
    found = find(tmp_path, CHAPTERS)
    assert len({one.student.lower() for one in found}) == len(found) == len(names)
    bare = note_of(found[0]).split(", ")[-1].split(":")[0]
    assert bare.lower() not in {one.student.lower() for one in found}
    for one in found:
        assert sum(repr(other.name)[1:-1] in note_of(one) for other in found if other is not one) == len(names) - 1


@pytest.mark.parametrize(
    "names",
    [
        ("cs101_\u5f20\u4e09.ipynb", "cs101_\u674e\u56db.ipynb", "cs101_\u738b\u4e94_01_vgg.ipynb", "cs101_.ipynb"),
        ("\u0141ukasz/x.ipynb", "ukasz.ipynb", "Lukasz.ipynb"),
        ("\u0418\u0432\u0430\u043d\u043e\u0432 A.ipynb", "\u041f\u0435\u0442\u0440\u043e\u0432 A/x.ipynb", "A.ipynb"),
        ("HW1 \u0623\u062d\u0645\u062f.ipynb", "HW1 \u0645\u062d\u0645\u062f.ipynb"),
        ("\u0915\u093f 7.ipynb", "\u0915\u093e 7.ipynb"),  # they differ in a vowel, which no letter is to Python
        (f"{'x' * 90}\u5f20/x.ipynb", f"{'x' * 90}\u674e/x.ipynb"),
        ("group1_12.ipynb", "group11_2.ipynb", "group112.ipynb"),
        (os.fsdecode(b"J\xf6rg.ipynb"), os.fsdecode(b"J\xe4rg.ipynb")),
    ],
)
def test_names_that_differ_are_not_said_to_read_alike(names, tmp_path):
    put(tmp_path, *names)
    found = find(tmp_path, CHAPTERS)
    assert [one.notes for one in found] == [()] * len(names)
    assert len({one.student.lower() for one in found}) == len(names)
    for one in found:
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,80}", one.student) and "--" not in one.student


def test_an_id_that_was_told_apart_stays_the_same_whoever_else_hands_in(tmp_path):
    put(tmp_path, "Ada.ipynb", "ada/x.ipynb")
    before = [one.student for one in find(tmp_path, CHAPTERS)]
    put(tmp_path, "ADA.ipynb", "aDa/x.ipynb", before[0] + "/x.ipynb")  # the last one would like to be the first
    after = [one.student for one in find(tmp_path, CHAPTERS)]
    assert set(before) < set(after) and len({one.lower() for one in after}) == 5


def test_a_name_of_many_is_no_name(tmp_path):
    put(tmp_path, *(f"Participant_{number}_assignsubmission_file_/01_vgg.ipynb" for number in range(100, 110)))
    assert [one.notes for one in find(tmp_path, CHAPTERS)] == [()] * 10


def test_the_same_name_with_two_numbers_is_asked_about(tmp_path):
    put(tmp_path, "Ada_7_assignsubmission_file_/01_vgg.ipynb", "Ada_8_assignsubmission_file_/04_textures.ipynb")
    notes = [one.notes for one in find(tmp_path, CHAPTERS)]
    assert notes[0] == ("the same name came with the id 8 as well: is it the same person?",)
    assert len(notes) == 2


ODD = [
    "a\nb", "<script>alert(1)<", "x..", "李雷", "José Ñandú", "x" * 200, "con", "- -", "a b", "a-b", "%s{}",
    "'\";`$(x)", os.fsdecode(b"J\xf6rg"), "…", "\u202egnp",
]  # fmt: skip


def test_odd_names_are_safe_as_files_and_shown_as_they_were(tmp_path):
    for name in ODD:
        (tmp_path / name).mkdir()
        (tmp_path / name / "01_vgg.ipynb").write_bytes(b"x")
    found = find(tmp_path, CHAPTERS)
    assert len({one.student.lower() for one in found}) == len(found) == len(ODD)
    for one in found:
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,80}", one.student) and one.student.strip(".") and one.student != "con"
        assert one.name.isprintable() and one.files[0].name.isprintable()
        one.name.encode()
    names = {one.name for one in found}
    assert {"a\\nb", "<script>alert(1)<", "李雷", "José Ñandú", "J\\udcf6rg", "\\u202egnp"} <= names
    assert {one.student for one in found} >= {"Jose-Nandu", "x" * 80}


@pytest.mark.parametrize(
    ("name", "chapter"),
    [
        ("x/lovelaceada_LATE_12345_678910_01_vgg-2.ipynb", "01_vgg"),
        ("01_VGG (1).ipynb", "01_vgg"),
        ("01_vgg/homework.ipynb", ""),
        ("01_vgg and 04_textures.ipynb", ""),
        ("101_vgg.ipynb", ""),
        ("01_vggs.ipynb", ""),
    ],
)
def test_the_chapter_in_a_file_name(name, chapter):
    assert chapter_in(name, CHAPTERS) == chapter
