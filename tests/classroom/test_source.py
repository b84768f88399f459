"""The source of a chapter: what its cells are for, what students find instead of a solution, what is a fault."""

import ast
import re

import pytest
from nbgrader.nbgraderformat import MetadataValidator

from classroom.chapters import source
from classroom.chapters.build import solution_notebook, student_notebook
from course.answers.outline import ChapterOutline, ExerciseOutline, QuestionOutline
from course.errors import InputError
from tests.classroom._sample import FIRST, SAMPLE, SECOND, THIRD, sample, write


@pytest.fixture
def chapter(tmp_path):
    return sample(tmp_path)


# ---- what is read ----------------------------------------------------------------------------------------------------


def test_cells_have_ids_roles_and_points(chapter):
    assert chapter.name == "07_sample"
    assert [(cell.id, cell.kind, cell.role, cell.exercise, cell.points) for cell in chapter.cells] == [
        ("07-001", "markdown", "", "", 0),
        ("07-002", "code", "", "", 0),
        ("07-003", "code", "", "", 0),
        ("07-004", "markdown", "", "", 0),
        ("07-005", "code", "", "", 0),
        ("07-006", "code", "", "", 0),
        ("07-007", "markdown", "", "", 0),
        ("07-content_loss", "code", "exercise", "content_loss", 0),
        ("07-content_loss-check", "code", "check", "content_loss", 2),
        ("07-content_loss-hidden", "code", "hidden", "content_loss", 1),
        ("07-011", "code", "", "", 0),
        ("07-012", "markdown", "", "", 0),
        ("07-conv_output_size", "code", "exercise", "conv_output_size", 0),
        ("07-conv_output_size-check", "code", "check", "conv_output_size", 3),
        ("07-conv_output_size-hidden", "code", "hidden", "conv_output_size", 2),
        ("07-016", "code", "", "", 0),
        ("07-why_squares", "markdown", "open", "why_squares", 2),
    ]
    assert {cell.id: cell.tags for cell in chapter.cells if cell.tags} == {"07-005": ("looked-at",)}
    assert [cell.id for cell in chapter.cells if cell.fold] == ["07-016"]
    assert [cell.id for cell in chapter.cells if cell.test] == ["07-006"]


def test_the_header_says_what_a_chapter_asks_for(chapter):
    assert chapter.facts == {
        "title": "A sample",
        "objectives": ["Have two exercises, a figure and a slider."],
        "minutes": 5,
        "points": 8,
        "open_points": 2,
        "seconds": 20,
        "memory_mb": 900,
        "downloads": "none",
    }


def test_the_outline_says_what_there_is_to_do_and_holds_no_hidden_test(chapter):
    exercises = (ExerciseOutline("content_loss", 2, 1), ExerciseOutline("conv_output_size", 3, 2))
    expected = ChapterOutline("07_sample", "A sample", exercises, (QuestionOutline("why_squares", 2),))
    assert chapter.outline == expected
    assert [one.possible for one in (*exercises, expected)] == [3, 5, 10]
    assert list(chapter.hidden_tests) == ["content_loss", "conv_output_size"]
    assert all("### BEGIN HIDDEN TESTS" in one for one in chapter.hidden_tests.values())


def test_the_metadata_is_nbgraders(chapter):
    solution = solution_notebook(chapter)
    MetadataValidator().validate_nb(solution)
    MetadataValidator().validate_nb(student_notebook(chapter))
    stored = {cell.id: cell.metadata.get("nbgrader") for cell in solution.cells}
    common = {"schema_version": 3, "task": False}
    graded = {**common, "grade": True, "locked": True, "solution": False}
    assert {name: metadata for name, metadata in stored.items() if metadata and "content_loss" in name} == {
        FIRST: {**common, "grade": False, "locked": False, "solution": True, "grade_id": "content_loss"},
        f"{FIRST}-check": {**graded, "grade_id": "content_loss-check", "points": 2},
        f"{FIRST}-hidden": {**graded, "grade_id": "content_loss-hidden", "points": 1},
    }
    assert stored[f"{THIRD}-answer"] == {
        **common, "grade": True, "locked": False, "solution": True, "grade_id": "why_squares-answer", "points": 2,
    }  # fmt: skip
    assert len([metadata for metadata in stored.values() if metadata]) == 7


# ---- what students find ----------------------------------------------------------------------------------------------


def test_a_stub_keeps_all_but_the_solution(chapter):
    stubs = {cell.id: cell.stub for cell in chapter.cells if cell.role == "exercise"}
    assert stubs == {
        FIRST: '''\
def content_loss(F: torch.Tensor, P: torch.Tensor) -> torch.Tensor:
    """Equation 1: half the sum of squared differences.

    Args:
        F: feature maps [B, N, H, W] of the picture.
        P: those of the photo.
    """
    # YOUR CODE HERE
    raise check.Unfinished("content_loss")''',
        SECOND: '''\
def conv_output_size(size, kernel, stride=1, padding=0):
    """How many places a window of `kernel` pixels finds along `size` pixels."""
    room = size + 2 * padding
    # YOUR CODE HERE
    raise check.Unfinished("conv_output_size")''',
    }
    for stub in stubs.values():
        ast.parse(stub)


def test_a_stub_keeps_the_indentation_and_what_follows(tmp_path):
    nested = """\
    def inner():
        ### BEGIN SOLUTION
        return (F - P).square().sum() / 2
        ### END SOLUTION

    return inner()
"""
    text = re.sub(r"    ### BEGIN.*?### END SOLUTION\n", nested, SAMPLE, count=1, flags=re.DOTALL)
    (stub,) = [cell.stub for cell in sample(tmp_path, text).cells if cell.id == FIRST]
    assert stub.endswith("""
    def inner():
        # YOUR CODE HERE
        raise check.Unfinished("content_loss")

    return inner()""")
    ast.parse(stub)


def test_an_open_question_is_asked_without_its_scheme_and_has_room_behind_it(chapter):
    (cell,) = [cell for cell in chapter.cells if cell.role == "open"]
    question, answer = cell.question_and_answer("*Your answer:*")
    assert question.source == "### In your own words\n\nWhy are the differences squared?"
    assert (question.id, question.kind, question.nbgrader_metadata) == (THIRD, "markdown", None)
    assert (answer.id, answer.kind, answer.source) == (f"{THIRD}-answer", "markdown", "*Your answer:*")
    assert cell.scheme.startswith("- 1 point: otherwise some") and cell.scheme.endswith("count for more.*")


# ---- which chapters there are ----------------------------------------------------------------------------------------


@pytest.fixture
def three(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "SOLUTIONS", tmp_path)
    for name in ("02_b.py", "01_a.py", "10_c.py", "helper.py", "01_a.ipynb"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (None, ["01_a", "02_b", "10_c"]),
        ([], ["01_a", "02_b", "10_c"]),
        (["02"], ["02_b"]),
        (["10_c", "01"], ["10_c", "01_a"]),
        (["solutions/02_b.py"], ["02_b"]),
        (["2", "10", "02_b.ipynb"], ["02_b", "10_c"]),
    ],
)
def test_sources_are_found_by_number_or_name(three, names, found):
    assert source.sources(names) == tuple(three / f"{name}.py" for name in found)


def test_a_part_of_a_chapter_stands_behind_it_and_is_named_by_its_letter(three):
    (three / "02b_more.py").touch()
    assert [path.stem for path in source.sources()] == ["01_a", "02_b", "02b_more", "10_c"]
    assert [path.stem for path in source.sources(["2b", "2", "02b", "02b_more"])] == ["02b_more", "02_b"]


def test_a_chapter_that_is_not_there_is_refused(three):
    with pytest.raises(InputError, match=r"^there is no chapter '3'; there are 01_a, 02_b, 10_c$"):
        source.sources(["01", "3"])
    with pytest.raises(InputError, match="there is no chapter ''"):
        source.sources([""])


# ---- faults ----------------------------------------------------------------------------------------------------------

CHECK = 'check="content_loss" points=2'
HIDDEN = 'hidden="content_loss" points=1'
OPEN = 'open="why_squares" points=2'
SCHEMED = """\
# %% [markdown] open="why_squares" points=1
# Why?
#
# ### BEGIN MARKING SCHEME
# Because.
# ### END MARKING SCHEME
"""
ONE_SCHEME = "needs exactly one ### BEGIN MARKING SCHEME ... ### END MARKING SCHEME"
SOLUTION = """\
    ### BEGIN SOLUTION
    difference = F - P
    return difference.square().sum() / 2
    ### END SOLUTION"""
DOCSTRING = '    """How many places a window of `kernel` pixels finds along `size` pixels."""\n'
FENCED = f"cell {FIRST}-hidden: the whole cell must stand between ### BEGIN HIDDEN TESTS and ### END HIDDEN TESTS"


def borrowable(cell, exercise):
    call = f"check.{exercise}({exercise})"
    return f"cell {cell}: must hold the line {call}, so that a borrowed function earns nothing"


ONE_LINE = "must begin with one line of comment that says what it does: it is all that one sees"
ONE_EACH = "it needs one of each: exercise, check, hidden"

FAULTS = {
    "no title": ("#     title: A sample\n", "", ["the header's course.title must be of type str"]),
    "minutes in words": ("minutes: 5", "minutes: five", ["the header's course.minutes must be of type int"]),
    "one objective, no list": (
        "objectives:\n#       - Have two exercises, a figure and a slider.",
        "objectives: Have two exercises.",
        ["the header's course.objectives must be of type list"],
    ),
    "no header": (
        SAMPLE[: SAMPLE.index("# %%")],
        "",
        [
            *(f"the header's course.{field} must be of type {kind.__name__}" for field, kind in source.FIELDS.items()),
            "course.points says None, the cells have 8",
            "course.open_points says 0, the open questions have 2",
        ],
    ),
    "another sum": ("points: 8", "points: 9", ["course.points says 9, the cells have 8"]),
    "no check": (
        CHECK,
        "",
        [
            "course.points says 8, the cells have 6",
            f"exercise 'content_loss' has exercise, hidden; {ONE_EACH}",
        ],
    ),
    "a check of another": (
        'check="content_loss"',
        'check="gram"',
        [
            f"exercise 'content_loss' has exercise, hidden; {ONE_EACH}",
            f"exercise 'gram' has check; {ONE_EACH}",
            borrowable("07-gram-check", "gram"),
        ],
    ),
    "a check twice": (
        f"# %% {HIDDEN}",
        "# %% check='content_loss' points=1\npass\n\n# %% hidden='content_loss' points=1",
        [
            "course.points says 8, the cells have 9",
            f"exercise 'content_loss' has exercise, check, check, hidden; {ONE_EACH}",
            borrowable(f"{FIRST}-check", "content_loss"),
        ],
    ),
    "no points": (
        CHECK,
        'check="content_loss"',
        ["course.points says 8, the cells have 6", f"cell {FIRST}-check: points=N is missing"],
    ),
    "points in words": (
        CHECK,
        'check="content_loss" points="two"',
        ["course.points says 8, the cells have 6", f"cell {FIRST}-check: points=N is missing"],
    ),
    "half a point": (
        CHECK,
        'check="content_loss" points=1.5',
        ["course.points says 8, the cells have 6", f"cell {FIRST}-check: points=N is missing"],
    ),
    "points for writing": (
        'exercise="content_loss"',
        'exercise="content_loss" points=1',
        [
            "course.points says 8, the cells have 9",
            f"cell {FIRST}: points belong to the check and the hidden tests",
        ],
    ),
    "a check in prose": (
        f"# %% {CHECK}\ncheck",
        f"# %% [markdown] {CHECK}\n# check",
        [f"cell {FIRST}-check: must be a code cell"],
    ),
    "no end of the solution": (
        SOLUTION,
        SOLUTION.replace("    ### END SOLUTION", ""),
        [f"cell {FIRST}: needs exactly one ### BEGIN SOLUTION ... ### END SOLUTION"],
    ),
    "no solution": (
        SOLUTION,
        "    return (F - P).square().sum() / 2",
        [f"cell {FIRST}: needs exactly one ### BEGIN SOLUTION ... ### END SOLUTION"],
    ),
    "two solutions": (
        "difference = F - P\n",
        "difference = F - P\n    ### END SOLUTION\n    ### BEGIN SOLUTION\n",
        [f"cell {FIRST}: needs exactly one ### BEGIN SOLUTION ... ### END SOLUTION"],
    ),
    "no Python": (
        "difference = F - P\n",
        "difference = F -\n",
        [f"cell {FIRST}: is not valid Python, line 9: invalid syntax"],
    ),
    "another name": (
        "def conv_output_size(",
        "def output_size(",
        [f"cell {SECOND}: must define one function, conv_output_size"],
    ),
    "two functions": (
        "def conv_output_size(",
        "def helper():\n    pass\n\n\ndef conv_output_size(",
        [f"cell {SECOND}: must define one function, conv_output_size"],
    ),
    "no docstring": (
        DOCSTRING,
        "",
        [f"cell {SECOND}: conv_output_size needs a docstring that says what is asked for"],
    ),
    "a docstring that students do not get": (
        f"{DOCSTRING}    room = size + 2 * padding\n    ### BEGIN SOLUTION\n",
        f"    ### BEGIN SOLUTION\n{DOCSTRING}    room = size + 2 * padding\n",
        [f"cell {SECOND}: signature and docstring must stand outside of ### BEGIN SOLUTION ... ### END SOLUTION"],
    ),
    "a stub that is no Python": (
        "    room = size + 2 * padding\n    ### BEGIN SOLUTION\n",
        "    room = (\n    ### BEGIN SOLUTION\n        size + 2 * padding)\n",
        [f"cell {SECOND}: signature and docstring must stand outside of ### BEGIN SOLUTION ... ### END SOLUTION"],
    ),
    "a solution in the lesson": (
        'print("ramp against nothing:"',
        '### BEGIN SOLUTION\nprint("ramp against nothing:"',
        ['cell 07-011: a solution outside of an exercise; give the cell exercise="name"'],
    ),
    "hidden tests in a check": (
        "check.conv_output_size(conv_output_size)\n\n",
        "check.conv_output_size(conv_output_size)\n### BEGIN HIDDEN TESTS\npass\n### END HIDDEN TESTS\n\n",
        [f'cell {SECOND}-check: hidden tests outside of their cell; give the cell hidden="name" points=N'],
    ),
    "hidden tests begin late": (
        "### BEGIN HIDDEN TESTS\ncheck.content_loss",
        "answer = 12\n### BEGIN HIDDEN TESTS\ncheck.content_loss",
        [FENCED],
    ),
    "hidden tests do not end": ("== 12\n### END HIDDEN TESTS", "== 12", [FENCED]),
    "something between hidden tests": (
        "check.content_loss(content_loss)\nassert",
        "### END HIDDEN TESTS\nanswer = 12\n### BEGIN HIDDEN TESTS\nassert",
        [FENCED, borrowable(f"{FIRST}-hidden", "content_loss")],
    ),
    "hidden tests that a borrowed function passes": (
        "check.content_loss(content_loss)\nassert",
        "assert",
        [borrowable(f"{FIRST}-hidden", "content_loss")],
    ),
    "another sum of open questions": (
        "open_points: 2",
        "open_points: 3",
        ["course.open_points says 3, the open questions have 2"],
    ),
    "no open points": ("#     open_points: 2\n", "", ["course.open_points says 0, the open questions have 2"]),
    "an open question without points": (
        OPEN,
        'open="why_squares"',
        ["course.open_points says 2, the open questions have 0", f"cell {THIRD}: points=N is missing"],
    ),
    "an open question of that name": (
        OPEN,
        'open="content_loss" points=2',
        [f"cell {FIRST}: there is another question or exercise 'content_loss'"],
    ),
    "an open question twice": (
        f"# %% [markdown] {OPEN}",
        f"{SCHEMED}\n# %% [markdown] {OPEN}",
        [
            "course.open_points says 2, the open questions have 3",
            f"cell {THIRD}: there is another question or exercise 'why_squares'",
        ],
    ),
    "an open question with an odd name": (
        OPEN,
        'open="why squares?" points=2',
        ["cell 07-why squares?: the name of an open question is made of letters, digits and _"],
    ),
    "an open question in code": (
        f"# %% [markdown] {OPEN}\n",
        f"# %% {OPEN}\n",
        [f"cell {THIRD}: must be a Markdown cell", f"cell {THIRD}: {ONE_SCHEME}"],
    ),
    "no marking scheme": ("# ### END MARKING SCHEME\n", "", [f"cell {THIRD}: {ONE_SCHEME}"]),
    "two marking schemes": (
        "# ### END MARKING SCHEME\n",
        "# ### END MARKING SCHEME\n# ### BEGIN MARKING SCHEME\n# more\n# ### END MARKING SCHEME\n",
        [f"cell {THIRD}: {ONE_SCHEME}"],
    ),
    "an empty marking scheme": (
        SAMPLE.partition("MARKING SCHEME\n")[2].partition("# ### END MARKING")[0],
        "#\n",
        [f"cell {THIRD}: {ONE_SCHEME}"],
    ),
    "a scheme without a question": (
        "# ### In your own words\n#\n# Why are the differences squared?\n",
        "",
        [f"cell {THIRD}: the question is missing"],
    ),
    "a marking scheme in the lesson": (
        "# Predict:",
        "# ### BEGIN MARKING SCHEME\n# Predict:",
        ['cell 07-004: a marking scheme outside of an open question; give the cell open="name" points=N'],
    ),
    "a check that is folded": (
        CHECK,
        f"{CHECK} fold=true",
        [f"cell {FIRST}-check: only code cells of the lesson have fold=true or test=true"],
    ),
    "prose that is folded": (
        "# %% [markdown]\n# Predict:",
        "# %% [markdown] fold=true\n# Predict:",
        ["cell 07-004: only code cells of the lesson have fold=true or test=true"],
    ),
    "a folded cell that does not say what it does": (
        "# The places that a window of 3 finds along 224 pixels\n",
        "",
        [f"cell 07-016: {ONE_LINE}"],
    ),
    "a folded cell with a longer comment": (
        "# The places that a window of 3 finds along 224 pixels\n",
        "# The places that a window of 3 finds\n# along 224 pixels\n",
        [f"cell 07-016: {ONE_LINE}"],
    ),
    "a folded cell whose one line is cut off": (
        "# The places that a window of 3 finds along 224 pixels\n",
        f"# The places that a window of 3 finds along {'so ' * 10}\n",
        ["cell 07-016: its first line has 74 characters; when folded, a page shows 70"],
    ),
    "a year that becomes a list": (
        "# Predict:",
        "# - A paper of\n#   2001. Predict:",
        ["cell 07-004: a line begins with 2001., which Markdown takes for a list; break it elsewhere"],
    ),
    "a test cell with nothing but words": (
        "assert explorer.set(step=4).number == 16\n",
        "",
        [f"cell 07-006: {ONE_LINE}"],
    ),
    "a name that only a test defines": (
        "assert explorer.set(step=4).number == 16\n",
        "places = explorer.set(step=4).number\nfor name in ():\n    import json as words\n"
        + '\n# %%\nlargest = [places for _ in words.loads("[1]")]\n',
        ["cell 07-007: needs places, words of a test cell, which students do not get"],
    ),
    "a line that one has to scroll": (
        'print("a ramp of", *ramp.shape)',
        f'print("a ramp of", *ramp.shape, "and {"more " * 12}")',
        ["cell 07-003: a line has 99 characters; a page shows 88"],
    ),
    "a lesson that is no Python": (
        'print("a ramp of"',
        'print "a ramp of"',
        ["cell 07-003: is not valid Python, line 2: unmatched ')'"],
    ),
    "a picture without words": (
        "# Predict:",
        "# ![ ](ramp.png) Predict:",
        ["cell 07-004: a picture has no alt text; write ![what is to be seen](...)"],
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named(tmp_path, name):
    old, new, sentences = FAULTS[name]
    assert SAMPLE.count(old) == 1
    path = write(tmp_path, SAMPLE.replace(old, new))
    with pytest.raises(InputError) as caught:
        source.read(path)
    assert str(caught.value).splitlines() == [
        "solutions/07_sample.py needs mending:",
        *(f"  - {sentence}" for sentence in sentences),
    ]


@pytest.mark.parametrize(
    "between",
    [
        "places = 3\nprint(places)",
        "for places in (1, 2):\n    pass",
        "def look_again(places):\n    return places",
        "print([places for places in (1, 2)])",
        "print('places')",
        "try:\n    places = 1\nexcept ValueError as places:\n    print(places)",
    ],
    ids=lambda between: between.splitlines()[0],
)
def test_a_name_of_a_test_may_be_used_again(tmp_path, between):
    old = "assert explorer.set(step=4).number == 16\n"
    text = SAMPLE.replace(old, f"places = explorer.set(step=4).number\nassert places == 16\n\n# %%\n{between}\n")
    assert len(sample(tmp_path, text).cells) == 18


def test_every_fault_is_named_at_once(tmp_path):
    text = SAMPLE
    for name in ("no title", "no docstring", "a picture without words"):
        text = text.replace(*FAULTS[name][:2])
    with pytest.raises(InputError) as caught:
        sample(tmp_path, text)
    assert len(str(caught.value).splitlines()) == 4
