"""In a notebook: what is not written yet is told in full only once, and a check notices a function from before."""

import nbformat
import pytest
from nbclient import NotebookClient

from course.check.engine.in_notebook import OLD
from tests.classroom._sample import own_folders

RIGHT = "def content_loss(F, P):\n    return ((F - P) ** 2).sum() / 2"
CHECK = "check.content_loss(content_loss)"
SAID = OLD.format(name="content_loss") + "\n"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """run(cell, ...): what the last one prints, the lines and the name of its error, in one kernel."""
    folder = tmp_path_factory.mktemp("desk")
    client = NotebookClient(nbformat.v4.new_notebook(), timeout=120, allow_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own_folders(folder).items():
            patch.setenv(name, value)
        with client.setup_kernel():

            def run(*sources):
                client.nb.cells = [nbformat.v4.new_code_cell(source) for source in sources]
                for number, cell in enumerate(client.nb.cells):
                    client.execute_cell(cell, number)
                text = "".join(output.get("text", "") for output in cell.outputs)
                errors = [output for output in cell.outputs if output.output_type == "error"]
                lines = "\n".join(line for error in errors for line in error.traceback).splitlines()
                return text, lines, errors[0].ename if errors else None

            run("from course import check")
            yield run


def test_what_is_not_written_is_told_in_full_only_below_its_exercise(desk):
    stub = 'def content_loss(F, P):\n    raise check.Unfinished("content_loss")'
    text, lines, error = desk(stub, CHECK)
    assert (text, error, len(lines)) == ("", "Unfinished", 3)
    assert lines[2].strip() == 'content_loss = check.borrow("content_loss")'
    text, lines, error = desk("content_loss(1, 2)")
    assert (text, error, len(lines)) == ("", "Unfinished", 1)
    assert lines[0].startswith("✎ content_loss is not written yet")


@pytest.mark.parametrize(
    "later",
    [
        "def content_loss(F, P):\n    return ((F - P) ** 2).sum( / 2",
        "1 / 0\n\n\ndef content_loss(F, P):\n    return (F - P).sum()",
        "%%time\nimport nothing_of_this_name\ndef content_loss(F, P):\n    return 1",
    ],
    ids=["no Python", "stops before", "with a magic"],
)
def test_a_function_from_before_is_noticed(desk, later):
    assert desk(RIGHT, CHECK)[0].startswith("✓")
    assert desk(later, CHECK)[0].startswith(SAID + "✓"), "the cell of before is right"
    assert desk(RIGHT, CHECK)[0].startswith("✓"), "and mended"


def test_a_wrong_one_from_before_is_noticed_too(desk):
    text, _, error = desk(RIGHT.replace(" / 2", ""), RIGHT.replace("(F - P)", "(F - P"), CHECK)
    assert (text, error) == (SAID, "CheckFailed")


@pytest.mark.parametrize(
    "cells",
    [
        [RIGHT, RIGHT],
        [RIGHT, "def helper():\n    content_loss(1, 2)"],
        [f"%%time\n{RIGHT}"],
        ["from functools import wraps\n\n\ndef ours(f):\n    return wraps(f)(lambda F, P: f(F, P))", f"@ours\n{RIGHT}"],
        [RIGHT, "half = lambda F, P: ((F - P) ** 2).sum() / 2\ncontent_loss = half"],
        [RIGHT, 'exec("def content_loss(F, P): return ((F - P) ** 2).sum() / 2")'],
        ["from course.losses import content_loss as ours", f"{RIGHT}\n\n\nprint('more in the same cell')"],
    ],
    ids=["twice", "mentioned", "magic", "decorated", "another name", "exec", "more in it"],
)
def test_nothing_is_said_of_a_function_that_its_cell_has_defined(desk, cells):
    assert desk(*cells, CHECK)[0].startswith("✓")
