"""No solution, hidden test or marking scheme of any chapter is in what students get, wherever in a file it may hide.

What `_search` cannot see: a copy with other names, and a text of another meaning that happens to say the same. Hidden
tests and marking schemes are looked for in parts as well as whole.
"""

import ast
import io
import json
import re
import textwrap
import zipfile

import pytest

from classroom.chapters.source import OPEN, SOLUTION, read, sources
from classroom.handout.bundle import student_files, write_zip
from classroom.handout.key import MARKS
from tests.classroom._search import find, of_code, words
from tests.repo._repo import ROOT

# One line that any function of that name would hold: finding it would say nothing.
TOO_SHORT = {"content_gradient": "return (F - P) * (F > 0)"}
LEAST = 25  # characters of a solution in one line

# The same text, and it stays. The package has to compute these too: to paint, and to know whether a student's is right.
ALIKE = {
    ("solution conv_output_size", "course/check/ch1_arithmetic.py"): "one line, the formula itself",
    ("solution total_loss", "course/losses.py"): "one line, the paper's equation 7",
}
PART = 50  # characters of words: a statement of a hidden test that is shorter stands in many places


def solutions(chapter):
    """The text between the marks of each exercise."""
    for cell in chapter.cells:
        if cell.role == "exercise":
            yield cell.exercise, textwrap.dedent(SOLUTION.search(cell.source)[2]).strip()


def too_short(solution):
    return "\n" not in solution and len(solution) < LEAST


def secrets_of(chapter):
    """The secrets to look for: {label: rows of words}."""
    found = {f"solution {name}": of_code(text) for name, text in solutions(chapter) if not too_short(text)}
    for cell in chapter.cells:
        if cell.role == "hidden":
            body = MARKS.sub("", cell.source)
            found[f"hidden {cell.exercise}"] = of_code(body)
            call = f"check.{cell.exercise}({cell.exercise})"  # which students have too
            for number, statement in enumerate(ast.parse(body).body):
                text = ast.unparse(statement)
                if (
                    text != call
                    and not isinstance(statement, (ast.Import, ast.ImportFrom))
                    and len(words(text)) >= PART
                ):
                    found[f"hidden {cell.exercise}, statement {number}"] = of_code(text)
        elif cell.role == OPEN:
            found[f"scheme {cell.exercise}"] = {words(cell.scheme)}
            for number, part in enumerate(re.split(r"\n\n|\n- ", cell.scheme)):
                found[f"scheme {cell.exercise}, part {number}"] = {words(part)}
    return found


CHAPTERS = [read(path) for path in sources()]


@pytest.fixture(scope="module")
def secrets():
    return {label: forms for chapter in CHAPTERS for label, forms in secrets_of(chapter).items()}


@pytest.fixture(scope="module")
def bundle():
    return student_files(ROOT)


def test_nothing_is_given_away(secrets, bundle):
    assert len(secrets) > 60
    assert find(secrets, bundle) == set(ALIKE), "found more than is known to be alike, or less"


def test_what_is_too_short_to_be_looked_for_is_known():
    short = {name: text for chapter in CHAPTERS for name, text in solutions(chapter) if too_short(text)}
    assert short == TOO_SHORT


def test_in_the_sources_everything_is_found(secrets):
    """Otherwise finding nothing would prove nothing."""
    files = {path.name: path.read_bytes() for path in sources()}
    assert {label for label, _ in find(secrets, files)} == set(secrets)
    notebooks = {f"{path.stem}.ipynb": path.with_suffix(".ipynb").read_bytes() for path in sources()}
    code = {label for label in secrets if not label.startswith("scheme")}
    assert {label for label, _ in find(secrets, notebooks)} >= code


# ---- seen to fail ----------------------------------------------------------------------------------------------------

SOLUTION_TEXT = """\
    # our way
    G = gram(F)  # [B, N, N]
    return ((G - A) ** 2).sum() / (4 * "n".count('n'))
"""
NEEDLE = {"solution": of_code(SOLUTION_TEXT)}
PLAIN = 'G = gram(F)\nreturn ((G - A) ** 2).sum() / (4 * "n".count("n"))'


def function(body):
    return "def style(F, A):\n" + textwrap.indent(body, "    ") + "\n"


def notebook(source, **more):
    return json.dumps({"cells": [{"cell_type": "code", "source": source.splitlines(keepends=True), **more}]})


def packed(text):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside/a.py", text)
    return memory.getvalue()


HIDDEN_IN = {
    "a.py": function(PLAIN),
    "spaced.py": function(PLAIN.replace(" ", "   ").replace("G   =", "G   =   \\\n       ")),
    "quoted.py": function(
        PLAIN.replace('"', "'").replace("return ((G - A) ** 2).sum()", "return (((G - A)) ** 2).sum()")
    ),
    "docstring.py": f'def style(F, A):\n    """{PLAIN}"""\n',
    "commented.py": textwrap.indent(function(PLAIN), "# "),
    "between.py": function(PLAIN.replace("\n", "\n# nothing to see here\n")),
    "page.md": f"Some prose.\n\n```python\n{function(PLAIN)}```\n",
    "cell.ipynb": notebook(function(PLAIN)),
    "magic.ipynb": notebook("%%time\n" + function(PLAIN)),
    "output.ipynb": notebook("1", outputs=[{"text": function(PLAIN).splitlines(keepends=True)}]),
    "metadata.ipynb": notebook("1", metadata={"kept": {"for later": function(PLAIN)}}),
    "list.json": json.dumps([["deep", [function(PLAIN)]]]),
    "all.zip": packed(function(PLAIN)),
    "zip.bin": packed(packed(function(PLAIN))),
}


@pytest.mark.parametrize("name", HIDDEN_IN)
def test_a_solution_is_found(name):
    content = HIDDEN_IN[name]
    files = {name: content if isinstance(content, bytes) else content.encode(), "other.py": b"G = gram(F)\n"}
    assert find(NEEDLE, files) == {("solution", name)}


@pytest.mark.parametrize("kind", ["solution", "hidden", "scheme"])
def test_a_chapters_own_secret_in_the_bundle_is_found(secrets, bundle, kind, tmp_path):
    """Put where nobody looks, into the package and into the metadata of a notebook, and then zipped."""
    chapter = next(chapter for chapter in CHAPTERS if chapter.name == "04_textures")
    cell = next(cell for cell in chapter.cells if cell.role == {"solution": "exercise", "scheme": OPEN}.get(kind, kind))
    leaked = {
        "course/errors.py": bundle["course/errors.py"] + textwrap.indent(f"\n{cell.source}\n", "# ").encode(),
        "notebooks/04_textures.ipynb": json.dumps({"metadata": {"course": {"note": cell.source}}}).encode(),
    }
    found = find(secrets, leaked)
    assert {path for label, path in found if label == f"{kind} {cell.exercise}"} == set(leaked)
    write_zip(leaked, tmp_path / "out.zip")
    packed = find(secrets, {"out.zip": (tmp_path / "out.zip").read_bytes()})
    assert {label for label, _ in packed} == {label for label, _ in found}
