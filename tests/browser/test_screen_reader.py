"""What a screen reader would stumble over in the widgets of the chapters: axe looks at what cells put out."""

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

IMPORTS = """
from course import diagrams, figures, gallery
from course.widgets import LivePainter, alpha_beta_grid, explore, guess
import torch
""".strip()
HANDLE = "noUi-handle"  # of a slider: ipywidgets makes it, and gives it no name of its own but the label beside it
WIDGETS = {
    "a guess among few": 'few = guess("Which will survive?", ["the eyes", "the fur"])\nfew',
    "a guess among many": 'many = guess("Which of them?", [f"this is the choice number {n}" for n in range(6)])\nmany',
    "a guess of a number": 'number = guess("How many pixels?", unit="pixels")\nnumber',
    "answers": 'few.beside("the eyes", opinion=True)\nnumber.beside(12)',
    "an explorer": """
def window(place, kind):
    picture, weights = torch.arange(30.0).view(5, 6) % 10, torch.ones(3, 3)
    drawn = diagrams.sliding_window(picture, weights, 0, place, alt="A window over a grid of numbers")
    return drawn, "its column", place
explore(window, place=(0, 3), kind=["a", "b"])
""".strip(),
    "a figure": 'figures.matrix(torch.ones(2, 2), ["a", "b"], ["c", "d"], alt="Four numbers in a grid")',
    "a grid of paintings": """
cat, swirls = gallery.photo("cat", size=64), gallery.style("swirls", size=64)
alpha_beta_grid(cat, swirls, [0.1, 10], size=64, steps=2)
""".strip(),
    "the live painter": "LivePainter(cat, swirls, steps=3, size=96, draft=64).run_sync(3)",
}


@pytest.fixture(scope="module")
def page(lab, browser):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [new_code_cell(source) for source in (IMPORTS, *WIDGETS.values())]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), lab.notebooks / "widgets.ipynb")
    with lab.opened(browser, "widgets.ipynb") as notebook:
        assert notebook.run_all(seconds=240)
        expect(notebook.outputs(len(WIDGETS)).locator("img").first).to_be_visible()
        yield notebook


@pytest.mark.parametrize("what", WIDGETS)
def test_nothing_of_ours_is_in_its_way(page, what):
    cell = page.outputs(1 + list(WIDGETS).index(what))
    cell.evaluate("element => { document.querySelectorAll('[data-look]').forEach(one => delete one.dataset.look);"
                  " element.dataset.look = 'here' }")  # fmt: skip
    found = Axe().run(page.page, context="[data-look=here]")
    assert found.response["passes"], "axe has looked at nothing"
    nodes = [(each["id"], node["html"]) for each in found.response["violations"] for node in each["nodes"]]
    told = [f"{rule}: {html[:300]}" for rule, html in nodes if HANDLE not in html]
    assert told == []
