"""Whatever is delivered is told of: a file that may be work and is no notebook is unreadable, and nobody vanishes."""

import io
import json
import os
import tarfile

import pytest

from classroom.collect.submissions import beside, count, find
from tests.classroom._handed import CHAPTERS, packed, put

NOTEBOOK = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1).encode()
RENAMED, ARCHIVE, NEITHER = "under another name", "archive", "neither a notebook nor a zip"


def tar():
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("01_vgg.ipynb"))
    return held.getvalue()


# name, as a student might call it -> its bytes, and what is said of it
ODD = {
    "hw.rar": (b"Rar!\x1a\x07\x01\x00rest", "RAR archive"),
    "hw.7z": (b"7z\xbc\xaf\x27\x1crest", "7z archive"),
    "hw.tar": (tar(), "tar archive"),
    "hw.tar.gz": (b"\x1f\x8b\x08rest", "gzip archive"),
    "hw.tgz": (b"", ARCHIVE),
    "hw.zip": (b"PK\x03\x04 cut off", "damaged"),
    "rar.zip": (b"Rar!\x1a\x07\x00rest", "RAR archive"),
    "notebook.zip": (NOTEBOOK, RENAMED),
    "empty.zip": (b"", "damaged"),
    "hw": (packed("01_vgg.ipynb"), "zip under another name"),
    "hw.zip.download": (packed("01_vgg.ipynb"), "zip under another name"),
    "01_vgg.ipynb.json": (NOTEBOOK, RENAMED),
    "01_vgg.ipynb.txt": (NOTEBOOK, RENAMED),
    "hw.json": (NOTEBOOK, RENAMED),
    "hw.txt": (NOTEBOOK.replace(b"\n", b"\r\n"), RENAMED),
    "utf16.txt": (NOTEBOOK.decode().encode("utf-16"), RENAMED),
    "bom.txt": (b"\xef\xbb\xbf" + NOTEBOOK, RENAMED),
    "cut.json": (NOTEBOOK[:-20], RENAMED),
    "grades.csv": (NOTEBOOK, RENAMED),
    "notes.md": (NOTEBOOK, RENAMED),
    "hw_no_suffix": (NOTEBOOK, RENAMED),
    "hw.pdf": (b"%PDF-1.7 rest", "is a PDF"),
    "pdf.txt": (b"%PDF-1.7 rest", "is a PDF"),
    "hw.html": (b"\n<!DOCTYPE html><html></html>", "is a web page"),
    "hw.htm": (b"<html></html>", "is a web page"),
    "hw.docx": (packed("word/document.xml"), "is a document"),
    "hw.doc": (b"\xd0\xcf\x11\xe0rest", "Office document"),
    "hw.url": (b"[InternetShortcut]\nURL=x", "link to a file that is elsewhere"),
    "hw.ipynb.crdownload": (b"{", "notebook's name"),
    ".hw.ipynb.icloud": (b"bplist00", "property list"),
    "hw.ipynb~": (b"", "notebook's name"),
    "hw.txt.": (b"I could not upload", NEITHER),
    "essay.txt": (b"I could not upload", NEITHER),
    "hw.png": (b"\x89PNG", NEITHER),
    "hw.py": (b"def gram(F): ...", NEITHER),
}


def the_problem(folder, student):
    (one,) = [one for one in find(folder, CHAPTERS) if one.student == student]
    (file,) = one.files
    assert file.data is None
    return file.problem


@pytest.mark.parametrize("around", ["ada", "ada/deep/er", "Ada_7_assignsubmission_file_", "submitted/ada/01_vgg"])
@pytest.mark.parametrize("name", ODD)
def test_what_is_no_notebook_is_unreadable_in_a_folder(tmp_path, name, around):
    data, said = ODD[name]
    put(tmp_path, f"{around}/{name}")
    (tmp_path / around / name).write_bytes(data)
    assert said in the_problem(tmp_path, "7" if "_7_" in around else "ada")


@pytest.mark.parametrize("where", ["ada.zip", "ada/hw.zip", "Ada_7_assignsubmission_file_hw.zip"])
@pytest.mark.parametrize("name", [name for name in ODD if not name.endswith(".zip")])
def test_and_in_a_zip_wherever_it_lies(tmp_path, name, where):
    data, said = ODD[name]
    put(tmp_path, where)
    (tmp_path / where).write_bytes(packed((f"mine/{name}", data)))
    assert said in the_problem(tmp_path, "7" if "_7_" in where else "ada")


@pytest.mark.parametrize("start", ["Ada_7_assignsubmission_file_", "ada_7_1001_"])
@pytest.mark.parametrize("name", ODD)
def test_and_flat(tmp_path, name, start):
    data, said = ODD[name]
    (tmp_path / (start + name)).write_bytes(data)
    assert said in the_problem(tmp_path, "7")


def test_nobody_vanishes_of_a_class_that_hands_in_anything_but_notebooks(tmp_path):
    for number, (name, (data, _)) in enumerate(ODD.items()):
        stem, dot, rest = name.partition(".")
        (tmp_path / f"{'.' if not stem else ''}s{number:02}-{stem or 'x'}{dot}{rest}").write_bytes(data)
    put(tmp_path, "honest.ipynb", "empty folder/.DS_Store", "grades 2026.xls", "roster.csv", "README.md", "moodle.log",
        "submission_metadata.yml", ".DS_Store", "._s01.ipynb", "Thumbs.db")  # fmt: skip
    (tmp_path / "a link").symlink_to("nowhere")
    os.mkfifo(tmp_path / "a pipe")
    found = find(tmp_path, CHAPTERS)
    told = {int(one.name.lstrip(".")[1:3]): one for one in found if one.name.lstrip(".")[1:3].isdecimal()}
    assert sorted(told) == list(range(len(ODD)))
    for number, (_, said) in enumerate(ODD.values()):
        assert [file.data for file in told[number].files] == [None] and said in told[number].files[0].problem
    assert {one.name for one in found} - {one.name for one in told.values()} == {
        "honest", "empty folder", "a link", "a pipe"
    }  # fmt: skip
    assert beside(tmp_path, CHAPTERS) == [
        "README.md",
        "grades 2026.xls",
        "moodle.log",
        "roster.csv",
        "submission_metadata.yml",
    ]
    assert count(tmp_path, CHAPTERS) == len(found)


OF_STUDENTS = [
    *(
        "Chris Marks.txt",
        "Ada List.json",
        "eve.xlsx",
        "ada.xml",
        "Class Ada.log",
        "carl.cfg",
        "dora.toml",
        "Zoe Class.csv",
    ),
    *("bob_01_vgg.csv", "01_vgg Grades Bob.xlsx", "ada_readme.md", "01_vgg.csv", "7.csv", "hw.txt", "Ada Index.html"),
    *("\u674e\u96f7 list.txt", "ada_notes_01_vgg.txt", "feedback ada.html", "week 3.json", "index", "marks.py"),
]
LISTS = [
    *(
        "Grades-CS101-Homework 1.csv",
        "2026_CS101_gradebook.xlsx",
        "01_vgg grades.csv",
        "Grades 01_VGG (1).csv",
        "list.csv",
    ),
    *("class list 2026.txt", "marks.json", "moodle.log", "imsmanifest_metadata.xml", "config.toml", "README.rst"),
    *("Submissions of the class.txt", "index.html", "INDEX (2).HTM", "requirements.txt", "notes.txt", "hw1 points.ods"),
]


@pytest.mark.parametrize("names", [OF_STUDENTS, LISTS], ids=["students", "lists"])
@pytest.mark.parametrize("others", [["zoe/01_vgg.ipynb"], ["zoe.ipynb"]], ids=["folders", "files"])
def test_a_list_says_in_its_name_that_it_is_one_and_all_else_is_a_students(tmp_path, names, others):
    put(tmp_path, *others, *names)
    for page in tmp_path.glob("[iIfA]*[hH][tT][mM]*"):
        page.write_text("<!DOCTYPE html><html></html>", encoding="utf-8")
    lists = sorted(names) if names is LISTS else []
    assert sorted(beside(tmp_path, CHAPTERS)) == lists
    found = {file.name for one in find(tmp_path, CHAPTERS) for file in one.files if file.problem}
    assert found == (set() if lists else set(names)) and count(tmp_path, CHAPTERS) >= 1


def test_the_page_of_an_export_is_nobodys(tmp_path):
    names = ["7-9 - Ada Lovelace - Nov 29, 2026 1058 AM/01_vgg.ipynb", "8-9 - Bob - Nov 29, 2026 1101 AM/01_vgg.ipynb"]
    (tmp_path / "export.zip").write_bytes(packed(*names, ("index.html", b"<html><body>Lists all files</body></html>")))
    assert len(find(tmp_path / "export.zip", CHAPTERS)) == 2
    assert beside(tmp_path / "export.zip", CHAPTERS) == ["index.html"]


# ---- folders that are left alone ------------------------------------------------------------------------------------


SKIPPED = [".ada/01_vgg.ipynb", "node_modules/deep/er/hand.zip", ".cache/x.txt", ".ada/other.ipynb", ".git/a.ipynb",
           ".ipynb_checkpoints/bob-checkpoint.ipynb", "__MACOSX/._bob.ipynb", "__MACOSX/bob.ipynb",
           ".home/.venv/sample.ipynb", ".home/site-packages/sample.ipynb", ".home/._01_vgg.ipynb"]  # fmt: skip


@pytest.mark.parametrize("around", ["", "submitted/"])
@pytest.mark.parametrize("how", ["folder", "zip"])
def test_a_folder_that_is_left_alone_is_named_if_it_holds_work(tmp_path, how, around):
    names = [around + name for name in ("bob/01_vgg.ipynb", "eve/01_vgg.ipynb", *SKIPPED)]
    if how == "folder":
        put(tmp_path / "class", *names, "grades.csv")
    else:
        (tmp_path / "class").write_bytes(packed(*names, "grades.csv"))
    assert beside(tmp_path / "class", CHAPTERS) == [".ada", "node_modules", "grades.csv"]
    assert [(one.student, len(one.files), one.notes) for one in find(tmp_path / "class", CHAPTERS)] == [
        ("bob", 1, ()), ("eve", 1, ())
    ]  # fmt: skip


@pytest.mark.parametrize("where", ["ada", "ada.zip", "Ada_7_assignsubmission_file_"])
def test_what_lies_hidden_in_a_submission_is_noted(tmp_path, where):
    names = [".hidden/01_vgg.ipynb", "deep/.er/hw.zip", *(name for name in SKIPPED[4:])]
    if where == "ada.zip":
        (tmp_path / where).write_bytes(packed(*names))
    else:
        put(tmp_path, *(f"{where}/{name}" for name in names))
    found, notes = files(tmp_path)
    said = f"{where}/.hidden/01_vgg.ipynb, {where}/deep/.er/hw.zip"
    assert found == [] and beside(tmp_path, CHAPTERS) == []
    assert notes == (
        f"left aside, since they lie in folders that are hidden or a program's own: {said}", "no notebook was found"
    )  # fmt: skip
    assert count(tmp_path, CHAPTERS) == 1


def test_hidden_folders_change_nothing_of_an_export(tmp_path):
    names = ["ada_12_34_01_vgg.ipynb", "bob_13_35_01_vgg.ipynb"]
    put(tmp_path / "class", *(f"export/{name}" for name in names), ".old/ada_12_33_01_vgg.ipynb", "export/.x/y.ipynb")
    (tmp_path / "zip").write_bytes(packed(*(f"around/{name}" for name in names), ".old/ada.ipynb"))
    for name in ("class", "zip"):
        assert [(one.student, one.platform) for one in find(tmp_path / name, CHAPTERS)] == [
            ("12", "canvas"), ("13", "canvas")
        ]  # fmt: skip
    assert beside(tmp_path / "class", CHAPTERS) == [".old", "export/.x"]


# ---- beside a notebook -----------------------------------------------------------------------------------------------


def files(folder):
    (one,) = find(folder, CHAPTERS)
    return [(file.name.split("/")[-1], file.data is not None) for file in one.files], one.notes


def test_what_lies_about_beside_a_notebook_is_left_aside(tmp_path):
    put(tmp_path, "ada/01_vgg.ipynb", "ada/cat.png", "ada/data.csv", "ada/weights.pt", "ada/todo.txt")
    (tmp_path / "ada" / "weights.pt").write_bytes(packed("data.pkl"))
    found, notes = files(tmp_path)
    assert found == [("01_vgg.ipynb", True)] and "ada/cat.png, ada/data.csv, ada/todo.txt, ada/weights.pt" in notes[0]


@pytest.mark.parametrize("name", ["01_vgg.pdf", "01_vgg.html", "01_vgg.py", "report.docx"])
def test_a_printed_notebook_counts_only_where_there_is_no_other(tmp_path, name):
    put(tmp_path, "ada/01_vgg.ipynb", when=1_000_000_000)
    put(tmp_path, f"ada/{name}", when=2_000_000_000)
    assert files(tmp_path)[0] == [("01_vgg.ipynb", True), (name, False)]


@pytest.mark.parametrize("name", ["01_vgg.rar", "01_vgg.ipynb.txt", "hw.7z"])
def test_what_may_hold_newer_work_counts_as_a_notebook_does(tmp_path, name):
    put(tmp_path, "ada/01_vgg.ipynb", when=1_000_000_000)
    put(tmp_path, f"ada/{name}", when=2_000_000_000)
    assert files(tmp_path)[0] == [(name, False), ("01_vgg.ipynb", True)]


@pytest.mark.parametrize("where", ["folder", "zip", "canvas"])
def test_a_module_beside_a_notebook_is_said_to_be_missing(tmp_path, where):
    names = ("01_vgg.ipynb", "helper.py", "lib/other.py")
    if where == "zip":
        (tmp_path / "ada.zip").write_bytes(packed(*names))
    else:
        put(tmp_path, *(f"ada/{name}" if where == "folder" else f"ada_7_100_{name}" for name in names[:2]))
    notes = files(tmp_path)[1]
    assert "only notebooks are taken along: what is imported from" in notes[0] and "helper.py is missing" in notes[0]


def test_a_text_that_was_typed_into_moodle_is_no_file_of_the_students(tmp_path):
    put(tmp_path, "Ada_7_assignsubmission_file_/01_vgg.ipynb", "Ada_7_assignsubmission_onlinetext_/onlinetext.html")
    assert files(tmp_path)[0] == [("01_vgg.ipynb", True)]
    (tmp_path / "Ada_7_assignsubmission_file_" / "01_vgg.ipynb").unlink()
    assert files(tmp_path)[0] == [("onlinetext.html", False)], "there was an answer, and somebody has to look at it"
