"""A student at work on the notebooks that were handed out."""

import json

from classroom.chapters.source import SOLUTION, SOLUTIONS, read

LOOP = "def {name}(*inputs):\n    while True:\n        pass\n"
CRASH = "import os\n\ndef {name}(*inputs):\n    os._exit(7)\n"
BORROW = '{name} = check.borrow("{name}")'


def solutions(chapter):
    """The right answer to each exercise of a chapter, by name."""
    cells = [cell for cell in read(SOLUTIONS / f"{chapter}.py").cells if cell.role == "exercise"]
    return {cell.exercise: SOLUTION.sub(lambda found: found[2].rstrip(), cell.source) for cell in cells}


def write(path, words=None, **answers):
    """Saves answers into a notebook: to its exercises by name, and in words to its open question."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if name in answers:
            cell["source"] = answers.pop(name).replace("{name}", name)
        elif words and name.endswith("-answer"):
            cell["source"] = words
    assert not answers, f"{path.name} has no exercises {sorted(answers)}"
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    return path
