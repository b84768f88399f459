"""Alt texts reach those who need them: in the page that JupyterLab shows, and in what nbconvert makes of a notebook."""

import html.parser
import subprocess
import sys

import nbformat
import pytest

from course.figures import Figure
from tests.repo._repo import ROOT

pytestmark = pytest.mark.no_cover  # other tests cover the code; counting lines takes a fifth of the time

ALTS = ["A photo of a cat's face, and a river", 'Two "swirls" <b>beside</b> a cat & dog', "Käse 猫 und so weiter"]


def stored(path):
    """A notebook that has shown a figure in each of its cells, as a kernel stores it, and a picture without words."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    for alt in [*ALTS, None]:
        data, words = Figure(b"\xff\xd8\xff", alt or "It has no words", 40)._repr_mimebundle_()
        data["image/jpeg"] = "/9j/"
        output = nbformat.v4.new_output("display_data", data, metadata=words if alt else {})
        notebook.cells.append(nbformat.v4.new_code_cell("figure", outputs=[output], execution_count=1))
    nbformat.write(notebook, path)


class Alts(html.parser.HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.found.append(dict(attributes)["alt"])


def converted(path, *options):
    command = [sys.executable, "-m", "nbconvert", "--to", "html", *options, "--stdout", str(path)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=path.parent, timeout=120, check=True)
    return Alts(done.stdout).found


def test_nbconvert_keeps_them(tmp_path):
    stored(tmp_path / "figures.ipynb")
    assert converted(tmp_path / "figures.ipynb")[:3] == ALTS


def test_each_picture_of_a_chapter_has_one():
    path = ROOT / "solutions" / "00_start_here.ipynb"
    told = [output.metadata["image/jpeg"]["alt"] for cell in nbformat.read(path, 4).cells
            for output in cell.get("outputs", []) if "image/jpeg" in output.get("metadata", {})]  # fmt: skip
    assert len(told) >= 9 and converted(path) == told


def test_jupyterlab_shows_them(lab, open_notebook):
    stored(lab.notebooks / "figures.ipynb")
    notebook = open_notebook("figures.ipynb")
    for number, alt in enumerate(ALTS):
        notebook.outputs(number).locator("img").wait_for(state="attached")
        assert notebook.outputs(number).locator("img").get_attribute("alt") == alt
    assert notebook.outputs(len(ALTS)).locator("img").get_attribute("alt") is None


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("share/jupyter/labextensions/course-alt-texts/package.json", "alt_texts/package.json"),
        ("share/jupyter/labextensions/course-alt-texts/static/alt_texts.js", "alt_texts/alt_texts.js"),
        ("share/jupyter/nbconvert/templates/course/index.html.j2", "nbconvert/index.html.j2"),
        ("share/jupyter/nbconvert/templates/course/conf.json", "nbconvert/conf.json"),
        ("etc/jupyter/jupyter_nbconvert_config.json", "nbconvert/jupyter_nbconvert_config.json"),
    ],
)
def test_it_is_installed_where_jupyter_looks(path, source):
    installed = ROOT.joinpath(sys.prefix, path)
    assert installed.read_bytes() == (ROOT / "course" / "lab" / source).read_bytes(), "run: make lab, or make test"
