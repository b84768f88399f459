"""Notebooks that students hand in: what is read of them, and that nothing odd ends in more than one sentence."""

import json
import random
import subprocess
import sys
import tracemalloc

import pytest

from course.answers.notebook import CodeCell, UnreadableError, read_notebook
from tests.repo._repo import ROOT

EXERCISES = {"01_vgg": ["conv_output_size", "extract"], "04_textures": ["gram", "style_layer_loss"]}
TITLES = {"01_vgg": "VGG and its feature maps", "04_textures": "Textures"}
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
    assert {("gram", "exercise"), ("gram", "check"), ("mmd_squared", "exercise")} <= roles
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
        ([], {}, ""),
    ],
)
def test_the_chapter_is_guessed_from_the_contents(cells, metadata, chapter):
    assert read(notebook(*cells, metadata=metadata)).chapter == chapter


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
        (b'{"nbformat": 4, "cells": "\xe9"}', "is not JSON"),
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
        (b'{"nbformat": ' + b"9" * 5000 + b"}", "5000 digits"),
        (b'{"nbformat": 4, "nbformat": 4}', "twice"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "a", "source": "b"}]}', "twice"),
        (b'{"nbformat": 4, "cells": [], "x": NaN}', "NaN"),
        (b'{"nbformat": 4, "cells": [], "x": -Infinity}', "Infinity"),
        (b"[" * 1_000_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        ({"nbformat": 4}, "no list of cells"),
        (notebook(cells={}), "no list of cells"),
        (notebook(7), "no list of cells"),
        ({"nbformat": 3, "worksheets": 1}, "worksheets"),
        ({"nbformat": 3, "worksheets": [{"cells": 1}]}, "no list of cells"),
        ({**notebook(), "metadata": []}, "metadata"),
        (notebook({**cell("a"), "metadata": 3}), "metadata of cell 1"),
        (notebook(cell(3)), "source of cell 1"),
        (notebook(cell("a"), cell(None)), "source of cell 2"),
        (notebook(cell(["a", 3])), "source of cell 1"),
        (notebook(cell("x = '\ud800'")), "half of a character"),
        (notebook(cell("\udfff", kind="markdown")), "half of a character"),
        (notebook(cell("x", id="\ud800")), "half of a character"),
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
