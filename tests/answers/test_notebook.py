"""Notebooks that students hand in: what is read of them, and that nothing odd ends in more than one sentence."""

import json
import random
import subprocess
import sys
import tracemalloc

import pytest

from course.answers.notebook import CodeCell, read_notebook
from course.answers.notebook_file import UnreadableError, read_file
from course.answers.outline import number_of
from course.submit.outline import read_chapter
from tests.repo._repo import ROOT

EXERCISES = {
    "01_vgg": ["conv_output_size", "extract"],
    "04_textures": ["gram", "style_layer_loss"],
    "04b_statistics": ["mmd_squared"],
}
TITLES = {"01_vgg": "VGG and its feature maps", "04_textures": "Textures", "04b_statistics": "Statistics of textures"}
GRAM = "def gram(F):\n    return F @ F.mT"


def cell(source, id=None, grade_id=None, kind="code"):
    metadata = {"nbgrader": {"grade_id": grade_id, "schema_version": 3}} if grade_id else {}
    made = {"cell_type": kind, "metadata": metadata, "source": source, **({"id": id} if id else {})}
    return {**made, "outputs": [], "execution_count": None} if kind == "code" else made


def notebook(*cells, metadata=None, **more):
    return {"cells": list(cells), "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": 5, **more}


def read(found):
    data = found if isinstance(found, bytes) else json.dumps(found).encode()
    return read_notebook(data, EXERCISES, TITLES)


def reason(found):
    with pytest.raises(UnreadableError) as caught:
        read(found)
    said = caught.value.reason
    assert said == str(caught.value) and "\n" not in said and said.isascii() and len(said) < 160
    return said


# ---- what is read ----------------------------------------------------------------------------------------------------


def test_our_own_notebooks_are_read():
    found = read((ROOT / "notebooks" / "04_textures.ipynb").read_bytes())
    assert found.chapter == "04_textures"
    roles = {(one.exercise, one.role) for one in found.cells if one.exercise}
    assert {("gram", "exercise"), ("gram", "check"), ("texture_loss", "exercise")} <= roles
    assert next(one for one in found.cells if one.id == "04-gram").source.startswith("def gram(F):\n")


def test_exercises_are_known_by_the_marks_of_nbgrader_and_by_ids():
    found = read(
        notebook(
            cell(GRAM, grade_id="gram"),
            cell("check.gram(gram)", id="xyz", grade_id="gram-check"),
            cell("1", id="04-style_layer_loss"),
            cell("2", id="04-style_layer_loss-hidden"),
            cell("3", id="04-007"),
            cell("4", id="a1b2c3d4"),
            cell("5", id="04-style_layer_loss", grade_id="gram"),
            cell("text", id="04-008", kind="markdown"),
            cell("6", id="04b-mmd_squared-check"),
            cell("7", id="04B-mmd_squared"),
        )
    )
    assert found.cells == (
        CodeCell("cell 1", "gram", GRAM, "exercise"),
        CodeCell("xyz", "gram", "check.gram(gram)", "check"),
        CodeCell("04-style_layer_loss", "style_layer_loss", "1", "exercise"),
        CodeCell("04-style_layer_loss-hidden", "style_layer_loss", "2", "hidden"),
        CodeCell("04-007", "", "3"),
        CodeCell("a1b2c3d4", "", "4"),
        CodeCell("04-style_layer_loss", "gram", "5", "exercise"),
        CodeCell("04b-mmd_squared-check", "mmd_squared", "6", "check"),
        CodeCell("04B-mmd_squared", "", "7"),
    )


def test_answers_to_open_questions():
    found = read(
        notebook(
            cell("*Your answer:*\n\nBecause *of* it.\n", id="04-why_squares-answer", kind="markdown"),
            cell("*Your answer:*", id="04-what_if-answer", kind="markdown"),
            cell("twice", grade_id="copied-answer", kind="markdown"),
            cell("*Your answer:* said", grade_id="copied-answer", kind="markdown"),
            cell("*Your answer:* in code", id="04-slip-answer"),
            cell("Why?", id="04-why_squares", kind="markdown"),
        )
    )
    assert found.written == {
        "why_squares": "Because *of* it.", "what_if": "", "copied": "twice\n\nsaid", "slip": "in code"
    }  # fmt: skip
    assert found.cells == ()


@pytest.mark.parametrize("source", ["a = 1\nb = 2", ["a = 1\n", "b = 2"], "a = 1\r\nb = 2", "a = 1\rb = 2"])
@pytest.mark.parametrize(
    "encode", [str.encode, lambda text: text.encode("utf-8-sig"), lambda text: text.encode("utf-16")]
)
def test_sources_in_every_shape(source, encode):
    text = json.dumps(notebook(cell(source)), indent=1).replace("\n", "\r\n")
    assert read_notebook(encode(text)).cells[0].source == "a = 1\nb = 2"


def test_format_3():
    sheet = {"cells": [
        {"cell_type": "heading", "level": 1, "source": "4"},
        {"cell_type": "code", "language": "python", "input": [GRAM], "outputs": [], "collapsed": False},
        {"cell_type": "code", "input": "x = 1"},
    ]}  # fmt: skip
    found = read({"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [sheet]})
    assert [one.source for one in found.cells] == [GRAM, "x = 1"]
    assert found.chapter == "04_textures"


def test_a_notebook_without_cells_is_one():
    assert read(notebook()).cells == ()


@pytest.mark.parametrize(
    ("cells", "metadata", "chapter"),
    [
        ([cell(GRAM)], {"course": {"title": TITLES["01_vgg"]}}, "01_vgg"),
        ([cell(GRAM)], {"course": {"title": "My own"}}, "04_textures"),
        ([cell(GRAM)], {"course": 7}, "04_textures"),
        ([cell("1", id="01-002"), cell("2", id="01-003"), cell(GRAM, id="04-gram")], {}, "01_vgg"),
        ([cell("1", grade_id="extract"), cell(GRAM)], {}, "01_vgg"),
        ([cell("def extract (x):\n  pass\ndef other(): pass")], {}, "01_vgg"),
        ([cell("  def gram(F): pass")], {}, ""),
        ([cell(GRAM), cell("def extract(x): pass")], {}, ""),
        ([cell("1", id="07-002")], {}, ""),
        ([cell("1", id="04b-002"), cell("2", id="04b-003"), cell(GRAM, id="04-gram")], {}, "04b_statistics"),
        ([], {}, ""),
    ],
)
def test_the_chapter_is_guessed_from_the_contents(cells, metadata, chapter):
    assert read(notebook(*cells, metadata=metadata)).chapter == chapter


@pytest.mark.parametrize(
    ("name", "number"),
    [("04_textures", "4"), ("04", "4"), ("04b_statistics", "4b"), ("04b", "4b"), ("12_other", "12"), ("04bc_x", ""),
     ("textures", ""), ("", "")],
)  # fmt: skip
def test_the_number_of_a_chapter_as_people_say_it(name, number):
    assert number_of(name) == number


def test_without_a_list_of_chapters_none_is_guessed():
    assert read_notebook(json.dumps(notebook(cell(GRAM, id="04-gram"))).encode()).chapter == ""


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"name": "conda-env-style-py", "display_name": "Python [style]"}},
        {"kernelspec": {"name": "python3", "language": "python"}, "language_info": {"name": "ipython"}},
        {"kernelspec": {"name": "irresistible"}},
        {"kernelspec": {"name": "julia-1.9", "language": "python"}, "language_info": {"name": "python"}},
        {"kernelspec": {"name": "ir"}, "language_info": {"name": "python"}},
        {"kernelspec": {"name": "bash-env", "language": "Python"}},
        {"kernelspec": None, "language_info": [], "language": ""},
        {"kernelspec": {"name": 3, "language": 4}},
    ],
)
def test_every_python_is_python(metadata):
    assert read(notebook(metadata=metadata)).cells == ()


# ---- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (b"", "is empty"),
        (b" \r\n\t", "is empty"),
        (b"hello", "is not JSON"),
        (b"{", "is not JSON"),
        (b'{"nbformat": 4, "cells": [', "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"PK\x03\x04\x14\x00", "is a zip"),
        (b"\n<!DOCTYPE html><html>", "is a web page"),
        (b'{\n<<<<<<< HEAD\n "nbformat": 4,\n=======\n>>>>>>> theirs\n}', "merge"),
        (b"[]", "no notebook"),
        (b'"text"', "no notebook"),
        (b"4", "no notebook"),
        (b"null", "no notebook"),
        ({"cells": []}, "no notebook"),
        (notebook(nbformat="4"), "no number"),
        (notebook(nbformat=True), "no number"),
        (notebook(nbformat=4.0), "no number"),
        (notebook(nbformat=0), "no number"),
        (notebook(nbformat=2), "before 2013"),
        (notebook(nbformat=99), "is of format 99"),
        (notebook(nbformat=10**300), "is of format 100000000, which"),
        (b'{"nbformat": ' + b"9" * 5000 + b"}", "no number"),
        (b'{"nbformat": NaN}', "no number"),
        (b'{"nbformat": 4, "nbformat": 4}', "twice"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "a", "source": "b"}]}', "twice"),
        (b'{"nbformat": 4, "cells": [], "cells": []}', "twice"),
        (b"[" * 1_000_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        ({"nbformat": 4}, "no list of cells"),
        (notebook(cells={}), "no list of cells"),
        (notebook(7), "no list of cells"),
        ({"nbformat": 3, "worksheets": 1}, "worksheets"),
        ({"nbformat": 3, "worksheets": [{"cells": 1}]}, "no list of cells"),
        (notebook(cell(3)), "source of cell 1"),
        (notebook(cell("a"), cell(None)), "source of cell 2"),
        (notebook(cell(["a", 3])), "source of cell 1"),
        (notebook(cell("x"), cell("\n\r\nx = '\ud83d'")), r"cell 2 holds half of a character, \ud83d, in its line 3;"),
        (notebook(cell("\udfff", id="04-why-answer", kind="markdown")), "half of a character"),
        (notebook(cell("\udfff", grade_id="why-answer", kind="raw")), "half of a character"),
        (notebook(cell(None, id="04-why-answer", kind="markdown")), "source of cell 1"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "raw", "id": "04-a-answer", "source": "", "source": ""}]}', "twice"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "cell_type": "raw", "source": "a"}]}', "twice"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "\xe9"}]}', "cell 1 holds half of a character"),
        (notebook(cell("x = 1\n" * 400_000)), "two million"),
        (notebook(metadata={"kernelspec": {"name": "ir"}}), "is a notebook for R, not for Python"),
        (notebook(metadata={"kernelspec": {"name": "julia-1.9"}}), "for Julia"),
        (notebook(metadata={"kernelspec": {"name": "x", "language": "scala"}}), "for scala"),
        (notebook(metadata={"language_info": {"name": "<b>R\ud800"}}), "for ?b?R?"),
        ({"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "language": "R"}]}]}, "for R"),
    ],
)  # fmt: skip
def test_what_cannot_be_graded_is_refused_in_a_sentence(found, said):
    assert said in reason(found)


OUTPUTS = [
    {"output_type": "stream", "name": "stdout", "text": ["1\n"]},
    {"output_type": "display_data", "data": {"image/png": "iVBO", "text/plain": ["<Figure>"]}, "metadata": {"a": {}}},
    {"output_type": "execute_result", "data": {"application/json": {"x": [1]}}, "execution_count": 1, "metadata": {}},
    {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["\x1b[31m"]},
]
ODD = [
    *(b"null", b"true", b"-1", b"1e999", b"NaN", b"-Infinity", b"9" * 5000, b"0." + b"3" * 5000, b"[]", b"{}", b'""'),
    *(b'"\\ud800"', b'"\xff\xfe"', b'"a\nb\x00\x1b"', b'[{"a": 1, "a": 2}]', b'{"source": 1, "source": "x", "id": 3}'),
    *(b'{"image/png": null, "": [[]], "text/plain": {"a": 7}}', b'"' + b"A" * 100_000 + b'"'),
    b"[" * 3000 + b"]" * 3000,
]  # fmt: skip
GRADED = ("cell_type", "source", "id", "cells", "nbformat", "grade_id")


def ungraded(value, path=()):
    """The places of all values in a notebook that decide nothing."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if key not in GRADED and path != ("cells",):
            yield (*path, key)
        if isinstance(inner, (dict, list)) and key != "source":
            yield from ungraded(inner, (*path, key))


def places():
    """A notebook that has everything, and all places in it where anything may stand."""
    metadata = {"scrolled": True, "tags": ["a"], "jupyter": {"source_hidden": False}}
    whole = notebook(
        {**cell(GRAM, id="04-gram", grade_id="gram"), "outputs": OUTPUTS},
        {**cell("x = 1", id="a1b2c3d4"), "metadata": metadata},
        {**cell("*Your answer:* yes", id="04-why-answer", grade_id="why-answer", kind="markdown"),
         "attachments": {"a.png": {"image/png": "iVBO"}}},
        metadata={
            "kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"},
            "language_info": {"name": "python", "version": "3.12", "codemirror_mode": {"name": "ipython"}},
            "course": {"title": "Textures", "points": 6, "exercises": [["gram", 2]], "questions": [["why", 2]]},
            "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}, "version_major": 2}},
        },
    )  # fmt: skip
    return whole, list(ungraded(whole))


def put(whole, path, odd):
    """The notebook's bytes with other bytes in one place; with None, the value and its key are gone."""
    whole = json.loads(json.dumps(whole))
    holder = whole
    for key in path[:-1]:
        holder = holder[key]
    if odd is None:
        del holder[path[-1]]
        return json.dumps(whole).encode()
    holder[path[-1]] = "PLACE"
    return json.dumps(whole).encode().replace(b'"PLACE"', odd)


@pytest.mark.parametrize("odd", [None, *ODD], ids=lambda odd: repr(odd)[:24])
def test_outputs_and_metadata_may_be_as_broken_as_they_like(odd):
    """One value after the other. A language that is stated counts: it is spoilt last, and in one place only."""
    whole, everywhere = places()
    expected = read(whole)
    assert len(everywhere) > 50
    for path in everywhere:
        data = put(whole, path, odd)
        assert read(data) == expected, path
        assert read_chapter(data, ["gram"]).notebook.cells == expected.cells
        assert "".join(read_chapter(data, ["gram"]).name).isprintable()


@pytest.mark.parametrize("odd", [b"9" * 5000, b"NaN", b"[" * 3000 + b"]" * 3000, b'"\xff\n"', b'{"a": 1, "a": 2}'])
def test_a_real_notebook_with_broken_outputs(odd):
    data = (ROOT / "notebooks" / "00_start_here.ipynb").read_bytes()
    broken = data.replace(b'"outputs": []', b'"outputs": [' + odd + b"]")
    assert broken != data and read(broken) == read(data)
    broken = data.replace(b'"nbformat_minor": 5', b'"nbformat_minor": ' + odd)
    assert broken != data and read(broken) == read(data)


@pytest.mark.parametrize("twice", ["execution_count", "metadata", "outputs", "scrolled", "attachments"])
def test_what_decides_nothing_may_be_there_twice(twice):
    whole = notebook({**cell(GRAM, id="04-gram"), "x": 1})
    data = json.dumps(whole).replace('"x": 1', f'"{twice}": {{}}, "{twice}": [[]]').encode()
    assert read(data) == read(whole)


UNGRADED = [
    *(
        (b'"text"', "text"),
        (b'"x \\ud83d y"', "x \ufffd y"),
        (b'["x\\udfff\\r\\n"]', "x\ufffd\n"),
        (b'"x \xe9"', "x \ufffd"),
    ),
    *(
        (b"null", ""),
        (b"7", ""),
        (b'["a", 3]', ""),
        (b"{}", ""),
        (b'"a", "source": "b"', "b"),
        (b'"a", "source": null', ""),
    ),
]


@pytest.mark.parametrize(("source", "text"), UNGRADED, ids=lambda one: repr(one)[:24])
@pytest.mark.parametrize("kind", ["markdown", "raw", "heading"])
def test_the_text_of_a_cell_that_nobody_grades_may_be_broken(source, text, kind):
    whole = notebook(cell("PLACE", kind=kind), cell(GRAM, id="04-gram"), cell("yes", id="04-a-answer", kind="markdown"))
    data = json.dumps(whole).encode().replace(b'"PLACE"', source)
    assert read(data) == read(whole) and read_file(data).cells[0].source == text
    assert read_chapter(data, ["gram"]).notebook.cells == read(whole).cells


@pytest.mark.parametrize(
    ("id_", "known"),
    [
        (b'"\\ud83d"', "cell 2"),
        (b'"04-gram\\udfff"', "cell 2"),
        (b'"\xff"', "cell 2"),
        (b"null", "cell 2"),
        (b'""', "cell 2"),
        (b'"a", "id": "04-gram"', "04-gram"),  # what is said last counts, in Jupyter as well
        (b'"04-gram", "id": 7', "cell 2"),
    ],
)
def test_an_id_may_be_broken(id_, known):
    whole = notebook(cell("x = 1", id="\ud83d"), cell(GRAM, id="PLACE"))
    found = read(json.dumps(whole).encode().replace(b'"PLACE"', id_))
    exercise = ("gram", "exercise") if known == "04-gram" else ("", "")
    assert [(one.id, one.source, one.exercise, one.role) for one in found.cells] == [
        ("cell 1", "x = 1", "", ""), (known, GRAM, *exercise)
    ]  # fmt: skip


def test_whatever_is_damaged_ends_in_one_exception():
    """Bytes and values are exchanged at random in a notebook that has everything."""
    text = json.dumps(notebook(
        cell(GRAM, id="04-gram", grade_id="gram"), cell("*Your answer:*", id="04-why-answer", kind="markdown"),
        metadata={"kernelspec": {"name": "python3", "language": "python"}, "course": {"title": "Textures"}},
    )).encode()  # fmt: skip
    dice, refused = random.Random(0), 0
    pieces = [b"", b"null", b"1e999", b"[]", b"{}", b'"', b"\\ud800", b"\x00", b"\xff", b"-1", b"[[1]]", b'"\\n"']
    for _ in range(3000):
        start = dice.randrange(len(text))
        damaged = text[:start] + dice.choice(pieces) + text[start + dice.choice([0, 1, 2, 10]) :]
        try:
            read(damaged)
        except UnreadableError:
            refused += 1
    assert 1000 < refused < 3000


def test_outputs_are_not_kept_and_may_be_large():
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 5_000_000}, "metadata": {}}
    cells = [{**cell(f"x = {number}"), "outputs": [picture]} for number in range(4)]
    data = json.dumps(notebook(*cells)).encode()
    tracemalloc.start()
    found = read(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [one.source for one in found.cells] == ["x = 0", "x = 1", "x = 2", "x = 3"]
    assert peak < 1.4 * len(data)  # the text, and one cell's outputs


def test_too_little_memory_is_said(monkeypatch):
    def none_left(*_, **__):
        raise MemoryError

    monkeypatch.setattr("json.loads", none_left)
    assert "too large" in reason(notebook())


def test_reading_needs_nothing_that_is_slow():
    told = "import sys, course.answers.notebook; print({'torch', 'numpy', 'nbformat', 'IPython'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"
