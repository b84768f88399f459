"""tools/figures/from_chapter.py: a figure is found by how its alt text begins, and is copied as it is."""

import base64
import json
import subprocess
import sys

from tests.repo._repo import ROOT

TOOL = ROOT / "tools" / "figures" / "from_chapter.py"


def copied(words, out):
    command = [sys.executable, str(TOOL), "02_what_neurons_see", words, str(out)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_figures_of_the_documentation_are_those_of_the_chapter(tmp_path):
    notebook = json.loads((ROOT / "solutions" / "02_what_neurons_see.ipynb").read_text(encoding="utf-8"))
    figures = [
        base64.b64decode(output["data"]["image/jpeg"])
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if "image/jpeg" in output.get("data", {})
    ]
    page = (ROOT / "docs" / "studying.md").read_text(encoding="utf-8")
    for words, name in (("Five rows", "channels.jpg"), ("The cat, and five dreams", "dreams.jpg")):
        run = copied(words, tmp_path / name)
        assert run.returncode == 0, run.stderr
        assert (tmp_path / name).read_bytes() in figures
        assert (tmp_path / name).read_bytes() == (ROOT / "data" / "figures" / name).read_bytes(), "copy it again"
        assert f"![{run.stdout.strip()}](../data/figures/{name})" in page


def test_what_is_not_one_figure_is_refused(tmp_path):
    run = copied("An elephant", tmp_path / "none.jpg")
    assert run.returncode == 1 and "0 figures" in run.stderr and "Five rows" in run.stderr
    assert not list(tmp_path.iterdir())
