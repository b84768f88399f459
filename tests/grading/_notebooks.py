"""Notebooks as students leave them: answers in copied, split, retyped and moved cells, in old and odd formats."""

import ast
import copy
import json


def bound(notebook):
    """Names that the cells of a notebook bind at their top level, or anywhere: more than enough."""
    found = set()
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            for node in ast.walk(ast.parse(_source(cell))):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    found.add(node.id)
                elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                    found.add(node.name)
    return found


def dumped(notebook):
    return json.dumps(notebook).encode()


def handed_in(released, answers, draw):
    """The bytes of a notebook with answers.

    Args:
        released: the notebook that the student got.
        answers: exercise -> text of the cell, "" for the stub.
        draw: random.Random.
    """
    notebook = copy.deepcopy(released)
    for exercise, source in answers.items():
        if source:
            _place(notebook["cells"], exercise, source, draw)
    return draw.choice(FORMS)(notebook, draw)


# --- where an answer stands -------------------------------------------------------------------------------------------


def _place(cells, exercise, source, draw):
    (at,) = [n for n, cell in enumerate(cells) if cell["id"].partition("-")[2] == exercise]
    places = [in_place, in_place, retyped]
    if _is_python(source):
        places += [copied, copied_as_it_is, split]
    draw.choice(places)(cells, at, source)


def in_place(cells, at, source):
    cells[at]["source"] = source.splitlines(keepends=True)


def copied(cells, at, source):
    """In a new cell above; the stub is left below."""
    cells.insert(at, _cell(source))


def copied_as_it_is(cells, at, source):
    """In a copy with all marks of the cell; the stub is left below."""
    cells.insert(at, {**cells[at], "id": "c0b1e2f3", "source": source.splitlines(keepends=True)})


def split(cells, at, source):
    """Helpers stay, the function stands in the next cell."""
    node = ast.parse(source).body[-1]
    lines = source.splitlines(keepends=True)
    first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))]) - 1
    cells[at]["source"] = lines[:first] or ["# my answer\n"]
    cells.insert(at + 1, _cell("".join(lines[first:])))


def retyped(cells, at, source):
    """The cell and its check are gone, the function stands at the end."""
    del cells[at : at + 2]
    cells.append(_cell(source))


def _cell(source):
    return {"cell_type": "code", "id": "a1b2c3d4", "metadata": {}, "execution_count": 7, "outputs": [],
            "source": source.splitlines(keepends=True)}  # fmt: skip


def _is_python(source):
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def _source(cell):
    return "".join(cell["source"])


# --- how a notebook is saved ------------------------------------------------------------------------------------------


def plain(notebook, draw):
    return dumped(notebook)


def with_outputs(notebook, draw):
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            picture = {"image/png": "iVBORw0KGgo=" * 2000, "text/plain": ["<Figure>"]}
            cell["outputs"] = [{"output_type": "display_data", "data": picture, "metadata": {}}]
            cell["execution_count"] = number
    return json.dumps(notebook, indent=1, ensure_ascii=False).encode("utf-8-sig")


def one_string(notebook, draw):
    """Sources as one string, with the line ends of Windows."""
    for cell in notebook["cells"]:
        cell["source"] = _source(cell).replace("\n", "\r\n")
    return dumped(notebook)


def without_ids(notebook, draw):
    """Format 4.4."""
    for cell in notebook["cells"]:
        del cell["id"]
    return dumped(notebook | {"nbformat_minor": 4})


def format_3(notebook, draw):
    """As from before 2015."""
    cells = [
        {"cell_type": "code", "language": "python", "input": cell["source"], "metadata": cell["metadata"],
         "outputs": [], "collapsed": False, "prompt_number": 1}
        if cell["cell_type"] == "code"
        else {"cell_type": "markdown", "source": cell["source"], "metadata": cell["metadata"]}
        for cell in notebook["cells"]
    ]  # fmt: skip
    metadata = {**notebook["metadata"], "name": ""}
    return dumped({"nbformat": 3, "nbformat_minor": 0, "metadata": metadata, "worksheets": [{"cells": cells}]})


def reordered(notebook, draw):
    """Sections are shuffled behind the first, which imports what all need."""
    sections = [[]]
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and any(one["cell_type"] == "code" for one in sections[0]):
            sections.append([])
        sections[-1].append(cell)
    first, *others = sections
    draw.shuffle(others)
    return dumped(notebook | {"cells": [*first, *(cell for section in others for cell in section)]})


def without_marks(notebook, draw):
    """From a program that keeps nothing but the cells."""
    cells = [{**cell, "metadata": {}, "id": f"cell-{n}"} for n, cell in enumerate(notebook["cells"])]
    return dumped(notebook | {"cells": cells, "metadata": {}})


FORMS = (plain, with_outputs, one_string, without_ids, format_3, reordered, without_marks)
