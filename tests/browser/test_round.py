"""The whole round: a chapter is handed out, worked on in JupyterLab, handed in, graded, and its feedback read."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.answers._student import solutions
from tests.cli._cli import environment

pytestmark = pytest.mark.no_cover  # other tests cover the code; counting lines takes a fifth of the time

CHAPTER = "00_start_here"
NAME = "round.ipynb"  # a copy: other tests want the chapter as it was handed out
COMMAND = "import sys, course.cli; sys.exit(course.cli.main(sys.argv[1:]))"
MOODLE = "Ada Lovelace_123456_assignsubmission_file_"


def course(*arguments, **more):
    """The command's output. The test's own time limit is the only one: importing torch may take its time."""
    line = [sys.executable, "-c", COMMAND, *map(str, arguments)]
    own = {**environment(), "PYTHONIOENCODING": "utf-8", **more}
    done = subprocess.run(line, env=own, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def copy(lab):
    """A chapter to work on and to save."""
    path = lab.notebooks / NAME
    shutil.copy(lab.notebooks / f"{CHAPTER}.ipynb", path)
    yield path
    path.unlink()


def answer(notebook, name, source):
    """Writes an exercise, and runs it and its check; whether that passes."""
    exercise = notebook.index(f"def {name}(")
    notebook.set_source(exercise, source)
    assert notebook.run_cell(exercise), notebook.output_text(exercise)
    return notebook.run_cell(f"check.{name}({name})")


def save(notebook, path):
    """Ctrl+S, as the command says at its end."""
    before = path.stat().st_mtime_ns
    notebook.cell(0).click()
    notebook.page.keyboard.press("ControlOrMeta+S")
    notebook.wait_until(lambda: path.stat().st_mtime_ns > before and not notebook.page.evaluate(
        "panel.context.model.dirty"), "the notebook to be saved")  # fmt: skip


def test_from_the_bundle_to_the_feedback(open_notebook, copy, browser, tmp_path):
    bundle, inbox, report = tmp_path / "bundle", tmp_path / "inbox" / MOODLE, tmp_path / "report"
    course("release", bundle)
    notebook, right = open_notebook(NAME), solutions(CHAPTER)
    assert notebook.run_cell(1), "the imports"
    assert answer(notebook, "to_tensor", right["to_tensor"])
    assert not answer(notebook, "to_image", right["to_image"].replace(".clamp(0, 1)", ""))
    diagnosis = notebook.output_text("check.to_image(to_image)").splitlines()[1].strip()
    save(notebook, copy)

    inbox.mkdir(parents=True)
    said = course("submit", copy, "-o", inbox / "submission.zip", PYTHONPATH=str(bundle))  # and nothing else of ours
    for line in ("to_tensor    2 of 2  right", "to_image     0 of 2  wrong", "normalise    0 of 2  not written yet"):
        assert line in said, said
    walls = () if shutil.which("bwrap") else ("--unsafe",)
    said = course("grade", inbox.parent, "--out", report, "--chapters", CHAPTER, "--jobs", "1", *walls)
    assert "1 full, 1 wrong, 2 not attempted" in said

    page = browser.new_page()
    page.goto((report / "class.html").as_uri())
    page.locator("summary", has_text="1 student").first.click()
    page.get_by_role("link", name="Ada Lovelace").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ada Lovelace")
    expect(page.get_by_role("row", name="to_tensor")).to_contain_text("3 of 3")
    expect(page.get_by_text(diagnosis)).to_be_visible()
    page.screenshot(path=Path(os.environ.get("COURSE_SCREENSHOTS") or tmp_path) / "feedback.png", full_page=True)
    page.close()
