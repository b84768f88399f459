"""The driver itself: what it does in a small notebook is what a student would see."""

import io

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.no_cover  # other tests cover the code; counting lines takes a fifth of the time

SLIDER = """
import io
import ipywidgets
from PIL import Image

def square(shade):
    file = io.BytesIO()
    Image.new("L", (64, 64), shade).save(file, "png")
    return file.getvalue()

def show(change):
    image.value = square(shade.value)
    text.value = f"<b>{shade.value} in {ink.value}</b>"

shade = ipywidgets.IntSlider(description="shade", max=200, value=50)
other = ipywidgets.FloatSlider(description="other", max=1.0, readout=False)
ink = ipywidgets.Dropdown(description="ink", options=["black", "sepia"])
image, text = ipywidgets.Image(value=square(50)), ipywidgets.HTML()
for control in (shade, ink):
    control.observe(show, "value")
ipywidgets.VBox([other, shade, ink, image, text])
""".strip()
FILLER = "\n".join(f"# {number}" for number in range(200))
CELLS = (
    new_markdown_cell("# A chapter"),
    new_code_cell("import time; time.sleep(0.5)\nprint('hello')"),
    new_code_cell(FILLER),
    new_code_cell(SLIDER),
    new_code_cell("1 / 0"),
    new_code_cell("print('never')"),
)


@pytest.fixture(scope="module")
def write(lab):
    """A notebook of these cells in the lab's folder."""

    def write(name, *cells):
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), lab.notebooks / name)

    return write


@pytest.fixture(scope="module")
def notebook(lab, browser, write):
    write("small.ipynb", *CELLS)
    with lab.opened(browser, "small.ipynb") as notebook:
        assert not notebook.run_all(), "a cell raises, and that was not seen"
        yield notebook


def test_what_ran_and_what_did_not(notebook):
    expect(notebook.outputs("hello")).to_have_text("hello")
    assert notebook.output_text("hello") == "hello"
    expect(notebook.outputs("1 / 0")).to_contain_text("ZeroDivisionError: division by zero")
    assert notebook.output_text("never") == ""
    assert not notebook.has_image("hello")


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    if x:\n        return [x]\n\n    return {'a': \"(\"}\n\nprint(f(1))",
        f"{FILLER}\nprint([1])  # × – é",
        "print([1])",
    ],
    ids=["indents and brackets", "long", "short again"],
)
def test_a_cell_that_is_edited_and_run_again(notebook, source):
    notebook.set_source(2, source)
    assert notebook.sources()[2] == source
    assert notebook.run_cell(2)
    expect(notebook.outputs(2)).to_have_text("[1]")


def test_an_edit_that_raises(notebook):
    notebook.set_source(2, "print('before'); {}['nothing']")
    assert not notebook.run_cell(2)
    expect(notebook.outputs(2)).to_contain_text("KeyError")
    assert notebook.output_text(2).startswith("before\n")


def test_widgets(notebook):
    def shade():
        with Image.open(io.BytesIO(notebook.image("IntSlider"))) as opened:
            return opened.getpixel((0, 0))

    assert shade() == 50 and notebook.has_image("IntSlider")
    for fraction, near, moves in ((1.0, 200, 1), (0.25, 50, 10), (0, 0, 10), (0.5, 100, 1)):
        value = int(notebook.drag_slider("IntSlider", fraction, name="shade", moves=moves))
        assert value == pytest.approx(near, abs=2)
        expect(notebook.outputs("IntSlider").locator("b")).to_have_text(f"{value} in black")
        notebook.wait_until(lambda value=value: shade() == value, "the square to change its shade")
    notebook.choose("IntSlider", "sepia", name="ink")
    expect(notebook.outputs("IntSlider").locator("b")).to_have_text(f"{value} in sepia")
    assert notebook.drag_slider("IntSlider", 1.0) == "", "the first slider shows no number"


def test_every_opening_starts_afresh(lab, open_notebook, browser, write, tmp_path):
    write("fresh.ipynb", new_code_cell("x = 1"), new_code_cell("print(x)"))
    with lab.opened(browser, "fresh.ipynb") as first:
        first.set_source(0, "x = 2")
        assert first.run_all()
        expect(first.outputs(1)).to_have_text("2")
    second = open_notebook("fresh.ipynb")
    assert second.sources() == ["x = 1", "print(x)"]
    assert not second.run_cell(1), "x is known: the kernel is the old one"
    with pytest.raises(AssertionError, match="open already"):
        open_notebook("fresh.ipynb")
    second.screenshot(tmp_path / "page.png")
    with Image.open(tmp_path / "page.png") as page:
        assert page.size == (1400, 1000)


def test_what_does_not_end_is_said(open_notebook, write):
    write("endless.ipynb", new_code_cell("while True: pass"))
    notebook = open_notebook("endless.ipynb")
    with pytest.raises(AssertionError, match="still running after 1 s"):
        notebook.run_cell(0, seconds=1)
