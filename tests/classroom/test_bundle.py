"""The students' bundle: all they need, nothing else, the same every time, and a course that works from it alone."""

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import nbformat
import pytest

from classroom.chapters import source
from classroom.chapters.build import paths, solution_notebook, student_notebook
from classroom.chapters.source import read
from classroom.cli import release_bundle as command
from classroom.handout import key
from classroom.handout.bundle import LINK, _known_to_git, left_out, student_files, write
from course.errors import InputError
from course.gallery import pictures
from tests.classroom._sample import FIRST, THIRD, sample
from tests.cli._cli import run
from tests.repo._repo import ROOT, pyproject


@pytest.fixture(scope="module")
def bundle():
    return student_files(ROOT)


# ---- what is in it ---------------------------------------------------------------------------------------------------


def test_students_get_what_they_need(bundle):
    assert {path.partition("/")[0] for path in bundle} == {
        *("notebooks", "course", "data", "environment.yml", "pyproject.toml", "requirements.lock"),
        *("LICENSE", "LICENSE-CONTENT", "README.md", "manifest.json"),
    }
    assert {f"notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")} < set(bundle)
    assert {f"data/{picture.file}" for picture in pictures("style")} < set(bundle)
    assert {"course/check/ch4_gram.py", "course/widgets/painter.py", "data/slim/vgg19-slim.pt"} < set(bundle)
    assert {"data/painters/twenty.pt", "data/painters/any.pt"} < set(bundle), "what `course paint --help` names works"
    assert "data/painters/how_many.json" in bundle, "what chapter 8 reads"
    assert "data/regions/china_sky.png" in bundle, "what chapter 6 reads"


def test_students_get_all_that_an_installation_takes_from_the_package(bundle, tmp_path, capsys):
    """What is missing of it, hatchling leaves out of the wheel without a word: then Jupyter shows no alt texts."""
    shared = pyproject()["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert set(shared) <= set(bundle)
    assert {path for path in _known_to_git(ROOT) or () if path.startswith("course/")} <= set(bundle)
    assert run(capsys, "release", str(tmp_path / "out")).code == 0
    for path in shared:
        assert (tmp_path / "out" / path).read_bytes() == (ROOT / path).read_bytes()


def test_students_do_not_get_what_is_for_instructors(bundle):
    for path in bundle:
        assert not re.match(r"classroom|solutions|tests|benchmarks|\.|.*pycache", path)
        assert not path.startswith("data/") or path.endswith(
            (
                ".jpg",
                ".json",
                ".png",
                ".pt",
                ".toml",
            )
        )


def test_nothing_in_it_imports_the_teaching_part(bundle):
    for path, text in bundle.items():
        for node in ast.walk(ast.parse(text)) if path.startswith("course/") and path.endswith(".py") else []:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.startswith("classroom") for name in names), f"{path} imports what students do not have"


def test_every_link_leads_somewhere(bundle):
    texts = {"README.md": bundle["README.md"].decode()}
    for path in bundle:
        if path.endswith(".ipynb"):
            cells = json.loads(bundle[path])["cells"]
            texts[path] = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    found = 0
    for path, text in texts.items():
        for link in LINK.findall(text):
            place = os.path.normpath(os.path.join(os.path.dirname(path), link.partition("#")[0]))
            if "://" not in link and not link.startswith("#"):
                found += 1
                assert any(one == place or one.startswith(f"{place}/") for one in bundle), f"{path} links to {link}"
    assert found > 10


def test_the_readme_names_every_chapter(bundle):
    text = bundle["README.md"].decode()
    for path in bundle:
        if path.endswith(".ipynb"):
            facts = json.loads(bundle[path])["metadata"]["course"]
            assert f"[{facts['title']}]({path}) | {facts['minutes']} | {facts['points']} | " in text
    assert "{chapters}" not in text


def test_the_manifest_describes_every_other_file(bundle):
    manifest = json.loads(bundle["manifest.json"])
    assert manifest["course"] == pyproject()["project"]["version"]
    assert list(manifest["files"]) == sorted(set(bundle) - {"manifest.json"})
    for path, facts in manifest["files"].items():
        assert facts == {"sha256": hashlib.sha256(bundle[path]).hexdigest(), "size": len(bundle[path])}


def test_the_course_works_from_it_alone(bundle, tmp_path):
    """Painting reads weights, photos and styles; commands for instructors are not there, and not in the help."""
    write(bundle, tmp_path / "course")
    program = f"""
import sys
from importlib.util import find_spec
from pathlib import Path
sys.path = [place for place in sys.path if not Path(place, "classroom").is_dir()]
assert find_spec("classroom") is None, "build, below, would really build chapters"
import course
from course.cli import main
assert course.__file__.startswith({str(tmp_path)!r}), course.__file__
from course import check, figures, live
assert main(["gallery"]) == 0
assert main("paint cat swirls -o out.png --size 32 --steps 2 --weights slim".split()) == 0
assert main(["build"]) == main(["release", "x"]) == 2
main(["--help"])
"""
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "course"), "OMP_NUM_THREADS": "1"}
    line = [sys.executable, "-c", program]
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.png").is_file()
    assert "invalid choice: 'build'" in done.stderr
    assert "doctor" in done.stdout and "instructors" not in done.stdout and "authors" not in done.stdout


# ---- a small clone ---------------------------------------------------------------------------------------------------


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A course of one chapter, with some files that are nobody's business."""
    home = tmp_path / "clone"
    home.mkdir()
    chapter = sample(home)
    for path, make in zip(paths(chapter), (student_notebook, solution_notebook), strict=True):
        path.parent.mkdir(exist_ok=True)
        nbformat.write(make(chapter), path)
    for name in ("course/__init__.py", "course/cli/paint.py", "classroom/cli/grade.py", "classroom/handout/key.py",
                 "course/__pycache__/__init__.cpython-311.pyc", "course/.ipynb_checkpoints/a.py", "data/gallery.toml",
                 "notebooks/.ipynb_checkpoints/07_sample.ipynb", "notebooks/notes.txt", "tests/test_it.py",
                 "data/styles/swirls.jpg", "tools/styles/fans.py"):  # fmt: skip
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("1\n", encoding="utf-8")
    shutil.copyfile(ROOT / "pyproject.toml", home / "pyproject.toml")
    monkeypatch.setattr(source, "ROOT", home)
    monkeypatch.setattr(source, "SOLUTIONS", home / "solutions")
    return SimpleNamespace(home=home, chapter=chapter)


HANDED_OUT = {"README.md", "manifest.json", "pyproject.toml", "notebooks/07_sample.ipynb", "course/__init__.py",
              "course/cli/paint.py", "data/gallery.toml", "data/styles/swirls.jpg"}  # fmt: skip


def test_without_git_the_places_decide(clone):
    assert set(student_files(clone.home)) == HANDED_OUT
    assert left_out(clone.home) == []


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")
def test_with_git_only_what_is_tracked(clone):
    for line in (["init", "-q"], ["add", "course", "pyproject.toml", "data", "notebooks/07_sample.ipynb"]):
        subprocess.run(["git", *line], cwd=clone.home, check=True)
    shutil.copyfile(clone.home / "notebooks/07_sample.ipynb", clone.home / "notebooks/08_draft.ipynb")
    assert set(student_files(clone.home)) == HANDED_OUT
    assert left_out(clone.home) == ["notebooks/08_draft.ipynb"]


def test_data_that_a_notebook_shows_is_handed_out(clone):
    for name in ("data/figures/ramp.jpg", "data/figures/other.jpg"):
        (clone.home / name).parent.mkdir(exist_ok=True)
        (clone.home / name).write_text("1\n", encoding="utf-8")
    path = paths(clone.chapter)[0]
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][0]["source"] = [
        "![A ramp](../data/figures/ramp.jpg), [more](../solutions/07_sample.py), [it](../data/../tests/test_it.py)\n"
    ]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert set(student_files(clone.home)) == HANDED_OUT | {"data/figures/ramp.jpg"}


def test_some_chapters_only(tmp_path, capsys):
    done = run(capsys, "release", str(tmp_path / "out"), "--chapters", "0", "01_vgg")
    assert done.code == 0, done.err
    wanted = {"00_start_here.ipynb", "01_vgg.ipynb"}
    assert {path.name for path in (tmp_path / "out" / "notebooks").iterdir()} == wanted
    readme = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"notebooks/(\d\d_\w+\.ipynb)", readme)) >= wanted
    assert "03_content" not in readme
    assert "notebooks/03_content_reconstruction.ipynb" not in (tmp_path / "out" / "manifest.json").read_text()


def test_a_chapter_that_there_is_not(tmp_path, capsys):
    done = run(capsys, "release", str(tmp_path / "out"), "--chapters", "99")
    assert done.code == 2 and "there is no chapter '99'" in done.err
    assert not (tmp_path / "out").exists()


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"is not the folder of the course: it has no pyproject\.toml"):
        student_files(tmp_path)


# ---- writing ---------------------------------------------------------------------------------------------------------


def copy_of(folder):
    """Every file below a folder with its bytes, time and permissions."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime, path.stat().st_mode)
        for path in files
    }


def test_two_bundles_are_alike_to_the_byte_and_the_second(clone, tmp_path, capsys):
    folders = [tmp_path / name / "style" for name in ("one", "two")]
    folders[1].mkdir(parents=True)  # it is empty, so it may be there
    for folder in folders:
        done = run(capsys, "release", str(folder), "--zip")
        assert (done.code, done.err) == (0, "")
        assert done.out == f"8 files, 0 MB, are in {folder} and in {folder}.zip.\n"
        os.utime(clone.home / "course/__init__.py", (5, 5))  # another checkout has other times
    one, two = (copy_of(folder.parent) for folder in folders)
    assert one["style.zip"][0] == two.pop("style.zip")[0]
    del one["style.zip"]
    assert one == two and set(one) == {f"style/{path}" for path in HANDED_OUT}
    assert {when for _, when, _ in one.values()} == {315532800}
    with zipfile.ZipFile(f"{folders[0]}.zip") as archive:
        assert archive.namelist() == sorted(one)
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert all(archive.read(path) == content for path, (content, _, _) in one.items())


def test_the_folder_one_is_in_will_do_if_it_is_empty(clone, tmp_path, capsys, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert run(capsys, "release", ".", "--zip").code == 0
    assert set(copy_of(tmp_path / "here")) == HANDED_OUT and (tmp_path / "here.zip").is_file()


def test_writing_refuses_a_used_folder_by_itself(tmp_path):
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="exists and is not an empty folder"):
        write({"a": b"1"}, tmp_path)
    assert set(copy_of(tmp_path)) == {"mine"}


@pytest.mark.parametrize("taken", ["out/file", "out", "out.zip"])
def test_what_lies_there_is_not_touched(clone, tmp_path, capsys, taken):
    path = tmp_path / taken
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine", encoding="utf-8")
    done = run(capsys, "release", str(tmp_path / "out"), "--zip")
    assert done.code == 2 and "exists" in done.err and "remove it first" in done.err
    assert path.read_text(encoding="utf-8") == "mine"
    assert [one for one in tmp_path.rglob("*") if one.name == "README.md"] == []


def test_an_outdated_notebook_is_not_handed_out(clone, tmp_path, capsys):
    path = paths(clone.chapter)[0]
    path.write_text(path.read_text(encoding="utf-8").replace("What every chapter", "What each chapter"), "utf-8")
    done = run(capsys, "release", str(tmp_path / "out"))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("classroom: error: nothing was written: notebooks/07_sample.ipynb is not what ")
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")
def test_what_git_does_not_know_is_named(clone, tmp_path, capsys):
    for line in (["init", "-q"], ["add", "pyproject.toml", "notebooks/07_sample.ipynb"]):
        subprocess.run(["git", *line], cwd=clone.home, check=True)
    done = run(capsys, "release", str(tmp_path / "out"))
    assert done.code == 0
    assert "classroom: warning: course/__init__.py is left out, for git does not track it" in done.err.splitlines()


# ---- for instructors -------------------------------------------------------------------------------------------------

KNOWN = ("content_loss", "conv_output_size")


@pytest.fixture(scope="module")
def mistakes():
    return key.known_mistakes(KNOWN)


def test_mistakes_are_what_the_check_says(mistakes):
    assert tuple(mistakes) == KNOWN
    assert len(mistakes["conv_output_size"]) >= 6
    said = mistakes["conv_output_size"]["no_plus_one"]
    assert said == "This looks like: the + 1 is missing. A window that fits exactly has one place."
    assert all(said and "\n" not in said for answers in mistakes.values() for said in answers.values())


def test_a_wrong_answer_that_passes_is_named():
    from course.check import EXERCISES

    ours = lambda *inputs: EXERCISES["content_loss"].reference(*inputs)  # noqa: E731
    with pytest.raises(InputError, match="the wrong answer 'mean' passes the check of content_loss"):
        key._said("content_loss", "mean", ours)


def test_the_instructors_bundle(clone, tmp_path, capsys, monkeypatch, mistakes):
    monkeypatch.setattr(command, "differences", lambda chapter: [])  # the solution here was never run
    monkeypatch.setattr(key, "known_mistakes", lambda exercises, watch: mistakes)
    done = run(capsys, "release", str(tmp_path / "out"), "--instructor")
    assert done.code == 0 and done.out.endswith("It holds every solution: keep it to yourself.\n")
    files = {path: content for path, (content, _, _) in copy_of(tmp_path / "out").items()}
    pages = {"instructor/answers.md", "instructor/misunderstandings.md", "instructor/key.json"}
    assert set(files) == HANDED_OUT | pages | {"solutions/07_sample.py", "solutions/07_sample.ipynb"}
    assert set(json.loads(files["manifest.json"])["files"]) == set(files) - {"manifest.json"}
    assert "do not hand it out" in files["README.md"].decode()
    answers, misunderstood = (files[f"instructor/{name}.md"].decode() for name in ("answers", "misunderstandings"))
    for text in ("difference.square().sum() / 2", "== 12", "2 + 1 points", f"`{FIRST}`", "nothing cancels"):
        assert text in answers
    assert "| `no_plus_one` | This looks like: the + 1 is missing." in misunderstood
    found = json.loads(files["instructor/key.json"])
    assert found["exercises"]["content_loss"]["mistakes"] == mistakes["content_loss"]
    assert found["questions"]["07_sample/why_squares"]["cell"] == f"{THIRD}-answer"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is always full")
def test_it_is_written_though_nobody_can_be_told(clone, tmp_path, capsys, monkeypatch, mistakes):
    monkeypatch.setattr(command, "differences", lambda chapter: [])
    monkeypatch.setattr(key, "known_mistakes", lambda exercises, watch: mistakes)
    with open("/dev/full", "w", encoding="utf-8") as nowhere:
        monkeypatch.setattr(sys, "stdout", nowhere)
        done = run(capsys, "release", str(tmp_path / "out"), "--instructor")
    assert done.code == 0 and (tmp_path / "out" / "instructor" / "key.json").is_file()
    assert "Asking every check" in done.err and done.err.endswith("It holds every solution: keep it to yourself.\n")


def test_an_outdated_solution_is_not_handed_out_either(clone, tmp_path, capsys):
    assert run(capsys, "release", str(tmp_path / "students")).code == 0  # who do not get it
    done = run(capsys, "release", str(tmp_path / "out"), "--instructor")
    assert done.code == 2 and "solutions/07_sample.ipynb: outputs were dropped or edited" in done.err


def test_the_key_of_the_real_chapters(mistakes):
    chapters = [read(path) for path in source.sources()]
    every = [entry for chapter in chapters for entry in key.entries(chapter)]
    assert all(entry.minutes > 0 and re.match(r"\d · ", entry.section) for entry in every)
    found = {entry.name: (entry.chapter, entry.cell, entry.minutes, entry.points) for entry in every}
    assert found["gram"] == ("04_textures", "04-gram", 10, (2, 2))
    assert found["normalise"][2] == found["denormalise"][2] == 5  # 10 on one card
    for chapter in chapters:
        total = sum(sum(entry.points) for entry in every if entry.chapter == chapter.name)
        assert total == chapter.facts["points"]
    page = key.answers_page(chapters)
    for chapter in chapters:
        questions, answers = key.questionnaire(chapter)
        assert f"### Questionnaire\n\n{questions}\n\nAnswers:\n\n{answers}\n" in page and "details" not in answers
