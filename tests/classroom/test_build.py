"""The factory: what students get, what is executed, and what `course build --check` notices without running it."""

import dataclasses
import json
import shutil
from types import SimpleNamespace

import nbformat
import pytest
from nbclient import NotebookClient

from classroom.chapters import build as factory
from classroom.chapters import source
from classroom.chapters.build import build, differences, paths, solution_notebook, student_notebook
from classroom.chapters.source import read
from course.errors import InputError
from course.submit.outline import read_chapter
from tests.classroom._sample import (
    BORROWED,
    FIRST,
    HEADER,
    SAMPLE,
    SECOND,
    THIRD,
    WRONG,
    fill_in,
    own_folders,
    sample,
    write,
)
from tests.cli._cli import run


@pytest.fixture(scope="module", autouse=True)
def _own_folders(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own_folders(tmp_path_factory.mktemp("own")).items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """The sample, built: executing it takes seconds."""
    chapter = sample(tmp_path_factory.mktemp("once"))
    build(chapter)
    return chapter


@pytest.fixture
def built(once, tmp_path):
    """A copy of it that may be damaged."""
    shutil.copytree(once.path.parents[1], tmp_path, dirs_exist_ok=True)
    return read(tmp_path / "solutions" / once.path.name)


def stored(chapter):
    """Both notebooks as they lie there."""
    student, solution = (nbformat.reads(path.read_text(encoding="utf-8"), as_version=4) for path in paths(chapter))
    return SimpleNamespace(student=student, solution=solution)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


# ---- the student's notebook ------------------------------------------------------------------------------------------


def test_the_notebooks_lie_where_they_belong(once):
    home = once.path.parents[1]
    assert paths(once) == (home / "notebooks" / "07_sample.ipynb", home / "solutions" / "07_sample.ipynb")
    for path in paths(once):
        nbformat.validate(json.loads(path.read_text(encoding="utf-8")))


def test_students_get_no_answers_and_no_outputs(once):
    text = paths(once)[0].read_text(encoding="utf-8")
    for secret in (
        *("SOLUTION", "HIDDEN", "F - P", "difference.square", "// stride", "== 12", "conv_output_size(9"),
        *("MARKING SCHEME", "A model answer", "nothing cancels"),
    ):
        assert secret in SAMPLE
        assert secret not in text
    notebook = stored(once).student
    assert [cell.id for cell in code(notebook) if cell.outputs or cell.execution_count is not None] == []
    assert notebook.metadata == {
        "course": {
            **once.facts,
            "exercises": [["content_loss", 2], ["conv_output_size", 3]],
            "questions": [["why_squares", 2]],
        },
        "kernelspec": factory.KERNEL,
        "language_info": {"name": "python", "file_extension": ".py"},
    }
    assert "outputs_sha256" not in once.facts


def test_the_outline_of_a_students_notebook_is_the_chapters(once):
    """But for what only the source knows: its name, and which hidden test has how many points."""
    found = read_chapter(paths(once)[0].read_bytes(), ["content_loss", "conv_output_size", "gram"])
    exercises = tuple(dataclasses.replace(exercise, hidden=0) for exercise in once.outline.exercises)
    assert found.outline == dataclasses.replace(once.outline, name="07", exercises=exercises)
    assert found.total == sum(exercise.possible for exercise in once.outline.exercises) == 8


def test_students_get_every_other_cell(once):
    *cells, question, answer = [(cell.id, cell.source) for cell in stored(once).student.cells]
    assert cells == [
        (cell.id, cell.stub if cell.role == "exercise" else cell.source)
        for cell in once.cells[:-1]
        if cell.role != "hidden" and not cell.test
    ]
    assert "07-006" not in [name for name, _ in cells]
    assert question == (THIRD, "### In your own words\n\nWhy are the differences squared?")
    assert answer == (f"{THIRD}-answer", "*Your answer:*")


def test_what_is_folded_is_folded_for_everybody(once):
    for notebook, folded in ((stored(once).student, ["07-016"]), (stored(once).solution, ["07-006", "07-016"])):
        hidden = {cell.id: cell.metadata.jupyter for cell in notebook.cells if "jupyter" in cell.metadata}
        assert hidden == {name: {"source_hidden": True} for name in folded}
    assert "explorer.set(step=4)" not in paths(once)[0].read_text(encoding="utf-8")


def test_from_the_first_exercise_on_a_cell_may_stop(once):
    tags = {cell.id: cell.metadata.get("tags", []) for cell in stored(once).student.cells}
    assert {name: kept for name, kept in tags.items() if kept} == {
        "07-005": ["looked-at"],
        FIRST: ["raises-exception"],
        f"{FIRST}-check": ["raises-exception"],
        "07-011": ["raises-exception"],
        SECOND: ["raises-exception"],
        f"{SECOND}-check": ["raises-exception"],
        "07-016": ["raises-exception"],
    }


def test_an_authors_own_raises_exception_is_kept_once(tmp_path):
    text = SAMPLE.replace('# %%\nprint("ramp against', '# %% tags=["raises-exception", "slow"]\nprint("ramp against')
    chapter = sample(tmp_path, text)
    (cell,) = [cell for cell in student_notebook(chapter).cells if cell.id == "07-011"]
    assert cell.metadata.tags == ["raises-exception", "slow"]
    (cell,) = [cell for cell in solution_notebook(chapter).cells if cell.id == "07-011"]
    assert cell.metadata.tags == ["raises-exception", "slow"]


# ---- what students see -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A student's kernel. One for all: importing torch takes seconds."""
    folder = str(tmp_path_factory.mktemp("desk"))
    client = NotebookClient(nbformat.v4.new_notebook(), timeout=120, resources={"metadata": {"path": folder}})
    with client.setup_kernel():
        yield client


def stops(desk, notebook):
    """Runs a notebook as "Run All" does; for each cell that stopped its error, and the lines that are shown."""
    desk.nb = notebook
    for number, cell in enumerate(notebook.cells):
        desk.execute_cell(cell, number)  # raises if the cell may not stop
    errors = [(cell.id, output) for cell in code(notebook) for output in cell.outputs if output.output_type == "error"]
    return {name: (error.ename, "\n".join(error.traceback).splitlines()) for name, error in errors}


def printed(notebook, name):
    (cell,) = [cell for cell in notebook.cells if cell.id == name]
    return "".join(output.get("text", "") for output in cell.outputs)


def test_as_it_is_handed_out_it_runs_and_says_what_is_unfinished(once, desk):
    found = stops(desk, stored(once).student)
    stopped = {
        f"{FIRST}-check": "content_loss",
        "07-011": "content_loss",
        f"{SECOND}-check": "conv_output_size",
        "07-016": "conv_output_size",
    }
    assert {name: error for name, (error, _) in found.items()} == dict.fromkeys(stopped, "Unfinished")
    for name, exercise in stopped.items():
        first, *more = found[name][1]
        assert first.startswith(f"✎ {exercise} is not written yet")
        borrowing = [f'{exercise} = check.borrow("{exercise}")'] if name.endswith("-check") else []
        assert [line.strip() for line in more[1:]] == borrowing, "only below the exercise it is told in full"


def test_a_wrong_answer_is_told_and_a_borrowed_one_goes_on(once, desk):
    notebook = fill_in(stored(once).student, {FIRST: WRONG[FIRST], SECOND: BORROWED[SECOND]})
    found = stops(desk, notebook)
    assert {name: error for name, (error, _) in found.items()} == {
        f"{FIRST}-check": "CheckFailed",
        f"{SECOND}-check": "CheckFailed",  # a borrowed one earns no points, and what follows works
    }
    seen, looks_like, read_ = found[f"{FIRST}-check"][1]
    assert seen.startswith("✗ content_loss: for ")
    assert "a mean" in looks_like
    assert read_.startswith("  Read: section 1, ")
    assert printed(notebook, "07-011").startswith("ramp against nothing: ")
    (bars,) = code(notebook)[-1].outputs
    assert bars.metadata["image/jpeg"]["alt"] == "Three bars: 224, 112 and 56 places"


# ---- the executed solution -------------------------------------------------------------------------------------------


def test_the_solution_is_executed_from_top_to_bottom(once):
    notebook = stored(once).solution
    *cells, question, answer = [(cell.id, cell.source) for cell in notebook.cells]
    assert cells == [(cell.id, cell.source) for cell in once.cells[:-1]]
    assert question == (THIRD, "### In your own words\n\nWhy are the differences squared?")
    folded = "<details><summary>Marking scheme and a model answer (2 points)</summary>\n\n- 1 point: otherwise"
    assert answer[0] == f"{THIRD}-answer" and answer[1].startswith(folded) and answer[1].endswith("\n</details>")
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, 13))
    assert printed(notebook, "07-003") == "a ramp of 32 64\n"
    assert printed(notebook, f"{FIRST}-check").startswith("✓ content_loss: ")
    assert set(notebook.metadata) == {"course", "kernelspec", "language_info"}  # no widgets
    assert all(set(cell.metadata) <= {"tags", "nbgrader", "jupyter"} for cell in notebook.cells)  # no times


def test_pictures_are_stored_with_their_words(once):
    shown = {
        cell.id: (set(output.data), output.metadata["image/jpeg"]["alt"], "".join(output.data["text/plain"]))
        for cell in code(stored(once).solution)
        for output in cell.outputs
        if output.output_type == "execute_result"
    }
    assert {name: words for name, (_, words, _) in shown.items()} == {
        "07-003": "A ramp from dark on the left to light on the right",
        "07-005": "The ramp, every column number 2",
        "07-016": "Three bars: 224, 112 and 56 places",
    }
    for kinds, words, plain in shown.values():
        assert kinds == {"image/jpeg", "text/plain"} and plain == words


def test_the_slider_was_a_widget_before_it_was_stored(once):
    """The sample shows one: otherwise the test above would not say that its picture stays when it goes."""
    assert "explorer.set(step=2)" in next(cell.source for cell in once.cells if cell.id == "07-005")
    assert factory.WIDGET not in paths(once)[1].read_text(encoding="utf-8")


# ---- building again, and by command ----------------------------------------------------------------------------------


def test_building_twice_changes_nothing(capsys, built, monkeypatch):
    monkeypatch.setattr(source, "SOLUTIONS", built.path.parent)
    before = [path.read_bytes() for path in paths(built)]
    for path in paths(built):
        path.unlink()
    done = run(capsys, "build", "07")
    assert done.code == 0 and "07_sample: written, " in done.out
    assert [path.read_bytes() for path in paths(built)] == before


LIGHT = HEADER + "# %%\nprint(1)\n"  # imports nothing and has no exercises


@pytest.mark.parametrize(
    ("cell", "seconds", "what"),
    [
        ("1 / 0", 60, "cell 07-002: ZeroDivisionError: division by zero"),
        ("import os\n\nos._exit(1)", 60, "Kernel died"),
        ("import time\n\ntime.sleep(60)", 1, "A cell timed out while it was being executed, after 1 seconds."),
    ],
    ids=["raises", "dies", "does not end"],
)
def test_a_solution_that_does_not_run_is_not_written(tmp_path, monkeypatch, cell, seconds, what):
    monkeypatch.setattr(factory, "SECONDS", seconds)
    path = write(tmp_path, f"{LIGHT}\n# %%\n{cell}\n")
    with pytest.raises(InputError) as caught:
        build(read(path))
    first, *more = str(caught.value).splitlines()
    assert first == f"07_sample: {what}; nothing was written"
    assert "\x1b" not in str(caught.value)  # colours of a terminal
    assert not what.startswith("cell") or "----> 1 1 / 0" in more
    assert [found.name for found in tmp_path.rglob("*") if found.is_file()] == ["07_sample.py"]


def test_a_failed_build_leaves_the_last_one(capsys, built, monkeypatch):
    monkeypatch.setattr(source, "SOLUTIONS", built.path.parent)
    before = [path.read_bytes() for path in paths(built)]
    write(built.path.parents[1], LIGHT + "\n# %%\nraise KeyError('gone')\n")
    done = run(capsys, "build")
    assert done.code == 2
    first, _, _ = done.err.partition("\n")
    assert first == "classroom: error: 07_sample: cell 07-002: KeyError: 'gone'; nothing was written"
    assert [path.read_bytes() for path in paths(built)] == before


# ---- is what lies there what would be built? -------------------------------------------------------------------------


def test_a_fresh_build_differs_in_nothing(once):
    assert list(differences(once)) == []
    assert list(differences(read(once.path))) == []


STUDENT, SOLUTION, SOURCE = "notebooks/07_sample.ipynb", "solutions/07_sample.ipynb", "solutions/07_sample.py"
REBUILD = "; run: make build"


def cell_of(notebook, name):
    (cell,) = [cell for cell in notebook["cells"] if cell["id"] == name]
    return cell


def set_source(name, text):
    return lambda notebook: cell_of(notebook, name).update(source=text)


def replace(name, old, new):
    def change(notebook):
        cell = cell_of(notebook, name)
        before = "".join(cell["source"])
        assert before.count(old) == 1
        cell["source"] = before.replace(old, new)

    return change


def set_output(notebook):
    cell_of(notebook, "07-002")["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1"}]


def set_count(notebook):
    cell_of(notebook, "07-002")["execution_count"] = 3


def add_cell(notebook):
    notebook["cells"].append({"cell_type": "markdown", "id": "mine", "metadata": {}, "source": "A note of mine."})


def drop_cell(notebook):
    del notebook["cells"][-1]


def drop_ids(notebook):
    """As an older Jupyter saves it."""
    notebook["nbformat_minor"] = 4
    for cell in notebook["cells"]:
        del cell["id"]


def drop_alt(notebook):
    (output,) = [one for one in cell_of(notebook, "07-003")["outputs"] if "data" in one]
    del output["metadata"]["image/jpeg"]["alt"]


def drop_outputs(notebook):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []


def edit_output(notebook):
    cell_of(notebook, "07-003")["outputs"][0]["text"] = ["a ramp of 32 65\n"]


def drop_count(notebook):
    cell_of(notebook, "07-011")["execution_count"] = None


def drop_hash(notebook):
    del notebook["metadata"]["course"]["outputs_sha256"]


def retitle(notebook):
    notebook["metadata"]["course"]["title"] = "Another"


SOLVED, HIDDEN = ("\n".join(SAMPLE.split(f'# %% {role}="content_loss"')[1].split("# %%")[0].split("\n")[1:]).strip()
                  for role in ("exercise", "hidden"))  # fmt: skip
SCHEME = (
    SAMPLE.split("### BEGIN MARKING SCHEME\n")[1].split("# ### END")[0].replace("# ", "").replace("#\n", "\n").strip()
)
NOT = f"{STUDENT} is not what {SOURCE} says"
NOT_SOLUTION = f"{SOLUTION} is not what {SOURCE} says"
EDITED = f"{SOLUTION}: outputs were dropped or edited after it was run"

DAMAGES = {
    "student: an edited cell": (STUDENT, set_source("07-004", "Something else."), [f"{NOT}, first in cell 07-004"]),
    "student: an edited stub": (
        STUDENT,
        replace(FIRST, "# YOUR CODE HERE", "# MY CODE HERE"),
        [f"{NOT}, first in cell {FIRST}"],
    ),
    "student: a solution": (
        STUDENT,
        set_source(FIRST, SOLVED),
        [f"{STUDENT}: cell {FIRST} holds a solution", f"{NOT}, first in cell {FIRST}"],
    ),
    "student: a solution without its marks": (
        STUDENT,
        set_source(FIRST, SOLVED.replace("    ### BEGIN SOLUTION\n", "").replace("    ### END SOLUTION", "")),
        [f"{STUDENT}: cell {FIRST} holds a solution", f"{NOT}, first in cell {FIRST}"],
    ),
    "student: a solution's mark": (
        STUDENT,
        replace("07-011", "print", "### BEGIN SOLUTION\nprint"),
        [f"{STUDENT}: cell 07-011 holds a solution", f"{NOT}, first in cell 07-011"],
    ),
    "student: hidden tests": (
        STUDENT,
        set_source(f"{FIRST}-check", HIDDEN),
        [f"{STUDENT}: cell {FIRST}-check holds a hidden test", f"{NOT}, first in cell {FIRST}-check"],
    ),
    "student: a marking scheme": (
        STUDENT,
        replace(f"{THIRD}-answer", "*Your answer:*", SCHEME),
        [f"{STUDENT}: cell {THIRD}-answer holds a marking scheme", f"{NOT}, first in cell {THIRD}-answer"],
    ),
    "student: a marking scheme's mark": (
        STUDENT,
        replace("07-004", "Predict", "### BEGIN MARKING SCHEME\n\nPredict"),
        [f"{STUDENT}: cell 07-004 holds a marking scheme", f"{NOT}, first in cell 07-004"],
    ),
    "solution: no marking scheme": (
        SOLUTION,
        set_source(f"{THIRD}-answer", "*Your answer:*"),
        [f"{NOT_SOLUTION}, first in cell {THIRD}-answer"],
    ),
    "student: an output": (
        STUDENT,
        set_output,
        [f"{STUDENT}: cell 07-002 holds an output", f"{NOT}, first in cell 07-002"],
    ),
    "student: a count": (STUDENT, set_count, [f"{NOT}, first in cell 07-002"]),
    "student: another signature": (
        STUDENT,
        replace(SECOND, "stride=1, ", ""),
        [
            f"{STUDENT}: the stub {SECOND} has another signature or docstring than its solution",
            f"{NOT}, first in cell {SECOND}",
        ],
    ),
    "student: another docstring": (
        STUDENT,
        replace(SECOND, "How many places", "Places"),
        [
            f"{STUDENT}: the stub {SECOND} has another signature or docstring than its solution",
            f"{NOT}, first in cell {SECOND}",
        ],
    ),
    "student: a stub that is no Python": (
        STUDENT,
        replace(SECOND, "def conv", "def  = conv"),
        [
            f"{STUDENT}: the stub {SECOND} has another signature or docstring than its solution",
            f"{NOT}, first in cell {SECOND}",
        ],
    ),
    "student: a cell more": (STUDENT, add_cell, [f"{NOT}, it has other cells"]),
    "student: a cell less": (STUDENT, drop_cell, [f"{NOT}, it has other cells"]),
    "student: no ids": (STUDENT, drop_ids, [f"{NOT}, first in cell 07-001"]),
    "student: another title": (STUDENT, retitle, [NOT]),
    "solution: no alt text": (
        SOLUTION,
        drop_alt,
        [EDITED, f"{SOLUTION}: a picture of cell 07-003 has no alt text; use course.figures, run: make build"],
    ),
    "solution: no outputs": (SOLUTION, drop_outputs, [EDITED]),
    "solution: another output": (SOLUTION, edit_output, [EDITED]),
    "solution: no hash": (SOLUTION, drop_hash, [EDITED]),
    "solution: never run": (SOLUTION, drop_count, [EDITED, f"{SOLUTION}: cell 07-011 has never been run"]),
    "solution: a changed cell": (
        SOLUTION,
        replace("07-011", "ramp against", "a ramp against"),
        [f"{NOT_SOLUTION}, first in cell 07-011"],
    ),
    "solution: a cell more": (SOLUTION, add_cell, [EDITED, f"{NOT_SOLUTION}, it has other cells"]),
}


def damage(home, name, change):
    path = home / name
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change(notebook)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


@pytest.mark.parametrize("name", DAMAGES)
def test_a_difference_is_named(built, name):
    where, change, sentences = DAMAGES[name]
    damage(built.path.parents[1], where, change)
    found = list(differences(built))
    assert all(sentence.endswith("run: make build") for sentence in found)
    assert [sentence.removesuffix(REBUILD).replace(REBUILD, "") for sentence in found] == sentences


def test_writing_a_notebook_again_is_no_difference(built):
    """Otherwise the damages above would prove nothing."""
    for name in (STUDENT, SOLUTION):
        damage(built.path.parents[1], name, lambda notebook: None)
    assert list(differences(built)) == []


@pytest.mark.parametrize("name", [STUDENT, SOLUTION])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"<<<<<<< HEAD\n{", "Notebook does not appear to be JSON"),
        (b"", "Notebook does not appear to be JSON"),
        (b"[]", "has no attribute"),
        (b'{"cells": 3, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "'int' object is not iterable"),
        (b"\xff\xfe", "can't decode"),
    ],
)
def test_what_is_no_notebook_is_named(built, name, text, reason):
    (built.path.parents[1] / name).write_bytes(text)
    (found,) = differences(built)
    assert found.startswith(f"{name} is no notebook (") and reason in found and found.endswith(f"){REBUILD}")
    assert "\n" not in found


def test_a_missing_notebook_is_named(built):
    for path in paths(built):
        path.unlink()
    assert list(differences(built)) == [f"{STUDENT} is missing{REBUILD}", f"{SOLUTION} is missing{REBUILD}"]


def test_a_source_that_was_edited_after_building_is_named(built):
    for old, new, cell, both in (
        ("What every chapter is made of", "What each chapter is made of", "07-001", True),
        ("difference.square().sum() / 2", "0.5 * difference.square().sum()", FIRST, False),
        ("== 12", "== 12.0", f"{FIRST}-hidden", False),
    ):
        assert SAMPLE.count(old) == 1
        chapter = sample(built.path.parents[1], SAMPLE.replace(old, new))
        expected = [f"{NOT_SOLUTION}, first in cell {cell}{REBUILD}"]
        if both:
            expected.insert(0, f"{NOT}, first in cell {cell}{REBUILD}")
        assert list(differences(chapter)) == expected


# ---- course build --check --------------------------------------------------------------------------------------------


def test_the_command_says_whether_all_is_up_to_date(capsys, built, monkeypatch):
    monkeypatch.setattr(source, "SOLUTIONS", built.path.parent)
    done = run(capsys, "build", "--check")
    assert done == (0, "1 chapters are what their sources say.\n", "")
    damage(built.path.parents[1], STUDENT, set_output)
    before = [path.read_bytes() for path in paths(built)]
    done = run(capsys, "build", "--check", "07_sample")
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines() == [
        f"classroom: {STUDENT}: cell 07-002 holds an output{REBUILD}",
        f"classroom: {NOT}, first in cell 07-002{REBUILD}",
    ]
    assert [path.read_bytes() for path in paths(built)] == before


@pytest.mark.parametrize("options", [[], ["--check"]])
def test_the_command_refuses_a_chapter_that_is_not_there(capsys, built, monkeypatch, options):
    monkeypatch.setattr(source, "SOLUTIONS", built.path.parent)
    done = run(capsys, "build", *options, "08")
    assert done == (2, "", "classroom: error: there is no chapter '08'; there are 07_sample\n")


def test_the_command_lists_the_faults_of_a_source(capsys, built, monkeypatch):
    monkeypatch.setattr(source, "SOLUTIONS", built.path.parent)
    write(built.path.parents[1], SAMPLE.replace("points: 8", "points: 9").replace("minutes: 5", "minutes: five"))
    done = run(capsys, "build", "--check")
    assert done.code == 2
    assert done.err.splitlines() == [
        "classroom: error: solutions/07_sample.py needs mending:",
        "  - the header's course.minutes must be of type int",
        "  - course.points says 9, the cells have 8",
    ]
