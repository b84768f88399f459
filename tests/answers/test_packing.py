"""Which notebooks `course submit` takes, under which name it writes them, and what it says about it. Nothing is run."""

import hashlib
import json
import os
import re
import shutil
import zipfile

import pytest

from classroom.chapters.source import ROOT
from classroom.collect.submissions import find
from course.submit import packing
from course.submit.packing import NotebookFile, pack
from course.submit.progress import ago
from tests.answers._student import BORROW, write
from tests.cli._cli import refusal, run

CHAPTERS = ("00_start_here", "01_vgg", "04_textures")


@pytest.fixture(autouse=True)
def notebooks(tmp_path, monkeypatch):
    """Three chapters as they are handed out, in ./notebooks; the tests work beside them."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for chapter in CHAPTERS:
        shutil.copy(ROOT / "notebooks" / f"{chapter}.ipynb", folder)
    return folder


def submit(capsys, *arguments):
    return run(capsys, "submit", "--quick", *arguments)


def packed(path="submission.zip"):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def changed(path, change):
    """A notebook after `change(notebook)`, saved."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def test_what_is_begun_goes_along_as_it_is(capsys, notebooks):
    begun = write(notebooks / "04_textures.ipynb", gram="def gram(F):\n    return F")
    done = submit(capsys, "--student", "Zoë  Ünal ")
    assert done.code == 0, done.err
    held = packed()
    assert list(held) == ["04_textures.ipynb", "manifest.json"]
    assert held["04_textures.ipynb"] == begun.read_bytes()
    hashed = hashlib.sha256(begun.read_bytes()).hexdigest()
    wanted = {"format": 1, "student": "Zoë Ünal", "files": {"04_textures.ipynb": hashed}}
    assert json.loads(held["manifest.json"]) == wanted
    assert (
        "  gram                    of 2  written, not checked\n  style_layer_loss        of 2  not written yet\n"
        in done.out
    )
    assert "left out (what you handed in earlier is not replaced): 00_start_here.ipynb, 01_vgg.ipynb." in done.out
    assert "So far" not in done.out and "--student" not in done.out
    assert re.search(r"  \d+ points for the checks\. Further tests, when it is graded: \d+ points\.", done.out)


@pytest.mark.parametrize("what", [{"gram": BORROW}, {"words": "Squares."}, {"gram": "def gram(F)\n    return F"}])
def test_what_counts_as_begun(capsys, notebooks, what):
    write(notebooks / "04_textures.ipynb", **what)
    assert submit(capsys).code == 0
    assert list(packed()) == ["04_textures.ipynb", "manifest.json"]


def turned(notebook, kind, source):
    """Gram's cell as a student may leave it."""
    cell = next(one for one in notebook["cells"] if one["id"] == "04-gram")
    cell.update(cell_type=kind, source=source)


OWN = "def gram(F):\n    return F"
NOT_RUN = [
    ("raw", OWN, "in a raw cell, so it is never defined.", "press Esc and then Y"),
    ("markdown", OWN, "in a Markdown cell, so it is never defined.", "press Esc and then Y"),
    ("code", f"%%writefile gram.py\n{OWN}", "under %%writefile, so it is never defined.", "Delete the line with %%"),
    ("code", f"%%script bash\n{OWN}", "under %%script, so it is never defined.", "Delete the line with %%script"),
    ("code", f"!ls\nx = '{'a' * 1_100_000}'\n{OWN}", "in a cell that is too long for the lines", "a cell of their own"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "source", "words", "cure"), NOT_RUN, ids=[words for *_, words, _ in NOT_RUN])
def test_work_in_a_cell_that_is_not_run_goes_along_and_is_told(capsys, notebooks, kind, source, words, cure):
    changed(notebooks / "04_textures.ipynb", lambda notebook: turned(notebook, kind, source))
    done = submit(capsys)
    assert list(packed()) == ["04_textures.ipynb", "manifest.json"]
    said = " ".join(done.out.split())
    assert f"gram of 2 written, not checked ✗ gram: it stands {words}" in said and cure in said
    assert GONE not in said


def test_a_stub_that_is_not_run_is_no_work(capsys, notebooks):
    changed(notebooks / "04_textures.ipynb", lambda notebook: turned(notebook, "markdown", STUB))
    assert "no exercise is begun" in refusal(submit(capsys))
    said = " ".join(submit(capsys, "notebooks/04_textures.ipynb").out.split())
    assert "gram of 2 not written yet ✗ gram: it stands in a Markdown cell" in said


STUB = 'def gram(F):\n    """G."""\n    raise check.Unfinished("gram")'


@pytest.mark.parametrize(
    "odd", [None, [], "course", {"title": "\x1b[31m", "points": -1}, {"title": "\ud800", "points": 10**30}]
)
def test_metadata_that_are_broken_stop_nothing(capsys, notebooks, odd):
    path = write(notebooks / "04_textures.ipynb", gram=OWN)

    def breaks(notebook):
        for one in notebook["cells"]:
            one["metadata"] = odd if "nbgrader" not in one["metadata"] else one["metadata"]
        notebook["metadata"]["course"] = odd

    changed(path, breaks)
    done = submit(capsys)
    assert done.code == 0 and ("gram", "of 2  written, not checked") in listed(done)
    assert done.out.startswith(f"Looking at the notebooks in {notebooks}.\nChapter 4 (04_textures.ipynb, saved ")


def test_nothing_is_begun(capsys, tmp_path):
    line = refusal(submit(capsys))
    assert "no exercise is begun in what is saved: save your notebooks" in line
    assert os.listdir(tmp_path) == ["notebooks"]
    assert submit(capsys, "notebooks/01_vgg.ipynb").code == 0, "named, it goes along all the same"
    assert list(packed()) == ["01_vgg.ipynb", "manifest.json"]


def test_an_older_zip_is_never_touched(capsys, notebooks):
    write(notebooks / "01_vgg.ipynb", words="Yes.")
    (notebooks.parent / "submission-of-ada.zip").write_bytes(b"")
    for name, words in (
        ("submission.zip", "Hand this file in where"),
        ("submission-2.zip", "It is the newest: submission.zip beside it is older and to be ignored."),
        ("submission-3.zip", "It is the newest: the 2 other submission zips beside it are older and to be ignored."),
    ):
        done = submit(capsys)
        assert f"{os.sep}{name}\n{words}" in done.out
    assert len({packed(name)["01_vgg.ipynb"] for name in ("submission.zip", "submission-3.zip")}) == 1
    before = os.stat("submission.zip").st_mtime_ns
    assert "'submission.zip' exists; choose another name" in refusal(submit(capsys, "-o", "submission.zip"))
    assert os.stat("submission.zip").st_mtime_ns == before
    assert submit(capsys, "-o", "mine.zip").code == 0
    assert packed("mine.zip") == packed("submission.zip")


def test_a_disk_that_is_full_leaves_nothing(tmp_path, monkeypatch):
    def full(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(packing.os, "fsync", full)
    with pytest.raises(KeyboardInterrupt):
        packing.write_new(b"zip", tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["notebooks"], "'notebooks' is a folder; name the notebooks in it"),
        (["nowhere.ipynb"], "there is no file 'nowhere.ipynb'; name a notebook"),
        (["notes.txt"], "'notes.txt' is no notebook: its name does not end in .ipynb"),
        (["-o", "out.7z"], "'out.7z' must end in .zip"),
        (["-o", "no/where.zip"], "there is no folder 'no' for 'where.zip'"),
        (["--student", " "], "--student must be a name"),
        (["--student", "a\nb\x07"], "--student must be a name"),
        (["notebooks/01_vgg.ipynb", "other/01_vgg.ipynb"], "2 files are called '01_vgg.ipynb'"),
    ],
)
def test_what_cannot_be_used(capsys, notebooks, tmp_path, arguments, words):
    (tmp_path / "notes.txt").write_text("notes")
    shutil.copytree(notebooks, tmp_path / "other")
    assert words in refusal(submit(capsys, *arguments))
    assert not list(tmp_path.rglob("*.zip"))


def test_a_notebook_that_cannot_be_read_goes_along(capsys, notebooks):
    (notebooks / "01_vgg.ipynb").write_bytes(b"")
    done = submit(capsys)
    assert done.code == 0
    assert "  CANNOT BE READ: it is empty." in done.out
    assert packed()["01_vgg.ipynb"] == b""


def test_a_notebook_of_another_course(capsys, tmp_path):
    (tmp_path / "sums.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    done = submit(capsys, "sums.ipynb")
    assert done.code == 0
    assert re.search(r"sums\.ipynb, saved .*\n  This is no chapter of the course\.", done.out)
    assert "sums.ipynb" in packed()


def test_two_files_of_one_chapter(capsys, notebooks, tmp_path):
    """The one that is graded is the one that it names."""
    write(notebooks / "01_vgg.ipynb", words="old")
    copy = write(shutil.copy(notebooks / "01_vgg.ipynb", notebooks / "01_vgg-Copy1.ipynb"), words="new")
    os.utime(notebooks / "01_vgg.ipynb", (1.8e9, 1.8e9))
    os.utime(copy, (1.8e9 + 60, 1.8e9 + 60))
    done = submit(capsys, os.path.join("notebooks", "01*.ipynb"))
    assert "is there 2 times: 01_vgg-Copy1.ipynb counts, which was saved last." in done.out
    (submission,) = find(tmp_path / "submission.zip", CHAPTERS)
    assert [one.name.rpartition("/")[2] for one in submission.files] == ["01_vgg-Copy1.ipynb", "01_vgg.ipynb"]


def without(notebook, *ids):
    """A notebook from which cells are deleted; with "...", all others are."""
    keeps = [one for one in notebook["cells"] if (one["id"] in ids) is (... in ids)]
    notebook.update(cells=keeps)


def listed(done):
    """The lines about exercises and questions: (name, the rest of its line)."""
    return [(found[1], found[2]) for found in re.finditer(r"^  (\w+) +(of \d+  .*)$", done.out, re.MULTILINE)]


GONE = "its cell is gone"
TO_COPY = "  Where a cell is gone, copy it from the notebook as it was handed out to you"


def test_what_is_deleted_is_told_with_its_points(capsys, notebooks):
    """The grader counts it all the same. Where only a check is gone, or a function stands elsewhere, all is well."""
    path = write(notebooks / "04_textures.ipynb", gram="def gram(F):\n    return F", style_layer_loss="x = 1",
                 texture_loss="def texture_loss(x)\n    return x")  # fmt: skip
    assert TO_COPY not in submit(capsys).out
    texture_loss = next(one for one in json.loads(path.read_bytes())["cells"] if one["id"] == "04-texture_loss")
    changed(path, lambda notebook: without(notebook, "04-gram-check", "04-texture_loss", "04-style_layer_gradient",
        "04-style_layer_gradient-check", "04-same_places-answer"))  # fmt: skip
    changed(path, lambda notebook: notebook["cells"].append({**texture_loss, "metadata": {}, "id": "a1b2c3d4"}))
    done = submit(capsys)
    assert listed(done) == [
        ("gram", "of 2  written, not checked"),
        ("style_layer_loss", "of 2  not written yet"),
        ("style_layer_gradient", f"of 2  {GONE}"),
        ("texture_loss", "of 2  written, not checked"),
        ("own_texture", "of 3  no answer in words yet"),
        ("same_places", f"of 2  {GONE}"),
    ]
    assert TO_COPY in done.out


GARBAGE = [
    *(None, 3, "gram", {}, {"gram": 2}, [], ["gram"], [["gram"]], [["gram", 2, 3]], [[["gram"], 2]]),
    *([["gram", number]] for number in (-1, True, 2.0, None, 10**300)),
    *([[name, 2]] for name in ("", "\x1b[31m", "g" * 999)),
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda garbage: repr(garbage)[:20])
def test_a_list_that_is_none_is_not_believed(capsys, notebooks, garbage):
    """The cells say it then, as far as they are there."""
    path = write(notebooks / "01_vgg.ipynb", words="Yes.")
    for other in set(CHAPTERS) - {path.stem}:  # not begun, so left out of all three
        (notebooks / f"{other}.ipynb").unlink()
    whole = listed(submit(capsys))
    changed(path, lambda notebook: notebook["metadata"]["course"].update(exercises=garbage, questions=garbage))
    assert listed(submit(capsys)) == whole
    changed(path, lambda notebook: without(notebook, "01-extract", "01-extract-check"))
    assert listed(submit(capsys)) == [(name, said) for name, said in whole if name != "extract"]


def test_a_list_of_what_no_course_has(capsys, notebooks):
    path = write(notebooks / "01_vgg.ipynb", words="Yes.")
    more = [["nothing_of_ours", 5], ["extract", 2]]
    questions = [name for name, _ in json.loads(path.read_bytes())["metadata"]["course"]["questions"]]
    changed(path, lambda notebook: notebook["metadata"]["course"].update(exercises=more))
    assert [name for name, _ in listed(submit(capsys))] == ["extract", *questions]


def test_a_chapter_of_which_nothing_is_left(capsys, notebooks):
    """Named, it is told so; lying there, it is left out, and not as a notebook of the student's own."""
    own = {
        "cell_type": "code",
        "id": "a1b2c3d4",
        "metadata": {},
        "source": "x = 1",
        "outputs": [],
        "execution_count": 1,
    }
    bare = {"cells": [own], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    for name in ("01_vgg.ipynb", "sums.ipynb"):
        (notebooks / name).write_text(json.dumps(bare))
    write(notebooks / "04_textures.ipynb", words="Squares.")
    done = submit(capsys)
    assert "Called like chapters, but with nothing of the course inside, so left out: 01_vgg.ipynb.\n" in done.out
    assert "No chapters of the course, so left out: sums.ipynb.\n" in done.out
    done = submit(capsys, "notebooks/01_vgg.ipynb")
    assert done.code == 0
    assert re.search(
        r"01_vgg\.ipynb, saved .*\n  Nothing of the chapter is in it: no exercise and no question\.", done.out
    )

    shutil.copy(ROOT / "notebooks" / "01_vgg.ipynb", notebooks)
    changed(notebooks / "01_vgg.ipynb", lambda notebook: without(notebook, "01-001", ...))
    done = submit(capsys, "notebooks/01_vgg.ipynb")
    assert {said.partition("  ")[2] for _, said in listed(done)} == {GONE} and len(listed(done)) == 6
    assert TO_COPY in done.out


def test_lost_marks(capsys, notebooks):
    """Without any metadata functions are known by their names, and there are no points to name."""
    path = write(notebooks / "04_textures.ipynb", gram="def gram(F):\n    return F")

    def forget(notebook):
        notebook["metadata"] = {}
        for number, cell in enumerate(notebook["cells"]):
            cell.update(metadata={}, id=f"c{number}")

    changed(path, forget)
    done = submit(capsys)
    assert "A chapter that has lost its title (04_textures.ipynb" in done.out
    assert re.search(r"  gram {20,}written, not checked\n", done.out)


def test_large_outputs_stay_behind(capsys, notebooks, monkeypatch):
    path = write(notebooks / "01_vgg.ipynb", words="Yes.")
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 200_000}, "metadata": {}}
    code = next(
        number for number, cell in enumerate(json.loads(path.read_bytes())["cells"]) if cell["cell_type"] == "code"
    )
    changed(path, lambda notebook: notebook["cells"][code].update(outputs=[picture]))
    before = path.read_bytes()
    monkeypatch.setattr(packing, "LARGE", 150_000)
    done = submit(capsys)
    assert re.search(r"01_vgg.ipynb is large \(0\.[23] MB\), so its outputs stay behind \(0\.\d MB without", done.out)
    held = json.loads(packed()["01_vgg.ipynb"])
    assert held["cells"][code]["outputs"] == [] and path.read_bytes() == before
    os.mkdir("inbox")
    shutil.move("submission.zip", "inbox")
    (submission,) = find(notebooks.parent / "inbox", CHAPTERS)
    assert submission.notes == (), "the manifest is that of what was packed"


def test_times_that_no_zip_can_hold():
    for saved in (-1e9, 0.0, 9e9):
        assert pack([NotebookFile("a.ipynb", b"{}", saved)], "")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "just now"), (59, "just now"), (60, "1 minute ago"), (7199, "1 hour ago"), (172800, "2 days ago")],
)
def test_how_long_ago(seconds, words):
    assert ago(seconds) == words
