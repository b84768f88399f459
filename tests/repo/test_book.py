"""The book: a site that opens from disk, asks no network, and gives no solution away."""

import html
import json
import re
import subprocess
import sys

import pytest

from classroom.chapters.build import paths
from classroom.chapters.source import read, sources
from tests.repo._repo import ROOT
from tools.book.pages import LINK, chapter_page
from tools.book.verify import faults

CHAPTERS = [read(path) for path in sources()]
BUILT = next(
    chapter for chapter in CHAPTERS if chapter.name == "03_content_reconstruction"
)  # the shortest with formulas
every_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)


def secrets(chapter):
    """Texts that no student may read: solutions, assertions of hidden tests, marking schemes."""
    for cell in chapter.cells:
        yield from filter(None, (squeezed(cell.solution), squeezed(cell.scheme)))
        if cell.role == "hidden":
            lines = cell.source.splitlines()
            yield from (squeezed(line) for line in lines if line.startswith("assert ") and len(line) > 20)


def pictures(chapter):
    """The figures of the executed solution."""
    cells = json.loads(paths(chapter)[1].read_text(encoding="utf-8"))["cells"]
    return [one for cell in cells for one in cell.get("outputs", []) if "image/jpeg" in one.get("data", {})]


def squeezed(text):
    return " ".join(text.split())


@every_chapter
def test_a_page_is_the_students_chapter_with_the_outputs_of_the_solution(chapter):
    page = chapter_page(chapter)
    text = squeezed("\n".join(cell["source"] for cell in page["cells"]))
    assert [secret for secret in secrets(chapter) if secret in text] == []
    assert "### BEGIN" not in text
    exercises = [cell.exercise for cell in chapter.cells if cell.role == "exercise"]
    assert re.findall(r'raise check\.Unfinished\("(\w+)"\)', text) == exercises
    shown = [output for cell in page["cells"] for output in cell.get("outputs", [])]
    assert sum("image/jpeg" in output.get("data", {}) for output in shown) == len(pictures(chapter)) >= 4
    said = "".join(output["text"] for output in shown if output["output_type"] == "stream")
    assert re.findall(r"✓ (\w+):", said) == exercises


@every_chapter
def test_every_picture_of_a_chapter_keeps_its_alt_text(chapter):
    for cell in chapter_page(chapter)["cells"]:
        pictures = [output for output in cell.get("outputs", []) if "image/jpeg" in output.get("data", {})]
        assert len(pictures) <= 1, "myst-nb knows one alt text for a cell"
        for output in pictures:
            assert cell["metadata"]["mystnb"]["image"]["alt"] == output["metadata"]["image/jpeg"]["alt"]
        assert all(words for mark, words, _ in LINK.findall(cell["source"]) if mark and cell["cell_type"] == "markdown")


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The site with one chapter, as `make book CHAPTERS=3` writes it."""
    pytest.importorskip("sphinx")
    out = tmp_path_factory.mktemp("book")
    command = [sys.executable, "-m", "tools.book", "3", "--out", out]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr  # a warning of Sphinx counts, and so does what `faults` finds
    return out


def page_text(path):
    return squeezed(html.unescape(re.sub(r"<[^>]*>", "", path.read_text(encoding="utf-8"))))


def test_nothing_in_it_is_dead_mute_or_fetched(book):
    assert faults(book) == []
    assert len(list(book.rglob("*.html"))) > 25


def test_no_page_holds_a_secret(book):
    texts = {path.relative_to(book).as_posix(): page_text(path) for path in book.rglob("*.html")}
    index = (book / "searchindex.js").read_text(encoding="utf-8")
    assert "### BEGIN SOLUTION" not in texts["chapters/03_content_reconstruction.html"]
    found = [(name, secret) for chapter in CHAPTERS for secret in secrets(chapter)
             for name, text in {**texts, "searchindex.js": index}.items() if secret in text]  # fmt: skip
    assert found == []


def test_a_chapter_is_shown_as_it_was_run(book):
    source = (book / "chapters" / f"{BUILT.name}.html").read_text(encoding="utf-8")
    text = page_text(book / "chapters" / f"{BUILT.name}.html")
    assert "✓ content_loss:" in text and 'raise check.Unfinished("content_loss")' in text
    assert source.count("<img ") == len(pictures(BUILT))
    assert source.count("<math") >= 10 and "\\frac" not in text
    assert source.count("<details>") == sum(cell.source.count("<details>") for cell in BUILT.cells)


def test_the_package_is_in_it(book):
    text = page_text(book / "api" / "losses.html")
    assert "Equation 1: L_content = 1/2 sum_ij (F_ij - P_ij)^2" in text
    assert "sliced_wasserstein" in text
    modules = {"synthesis", "nets.vgg", "classical.textures", "measure.likeness", "live.painting", "widgets.painter"}
    assert modules <= {path.stem for path in book.glob("api/*.html")}


GOOD = '<a href="other.html#here">x</a><a href="https://example.org">y</a><img src="a.png" alt="a cat"><p id="top">'
BAD = {
    '<a href="gone.html">x</a>': "leads nowhere: gone.html",
    '<a href="other.html#gone">x</a>': "leads nowhere: other.html#gone",
    '<a href="#gone">x</a>': "leads nowhere: #gone",
    '<img src="gone.png" alt="a cat">': "leads nowhere: gone.png",
    '<img src="a.png" alt=" ">': "a picture has no alt text: a.png",
    '<img src="a.png">': "a picture has no alt text: a.png",
    '<script src="https://example.org/x.js"></script>': "fetches https://example.org/x.js",
    '<link rel="stylesheet" href="//example.org/x.css">': "fetches //example.org/x.css",
    '<img src="https://example.org/x.png" alt="a cat">': "fetches https://example.org/x.png",
}
BAD_FILES = {
    "x.css": '@font-face { src: url("https://example.org/x.woff"); }',
    "y.css": '@import "//example.org/x.css";',
    "x.js": 'import("https://example.org/x.js")',
}


@pytest.fixture
def site(tmp_path):
    (tmp_path / "other.html").write_text('<p id="here">')
    (tmp_path / "a.png").touch()
    (tmp_path / "index.html").write_text(GOOD)
    (tmp_path / "fine.css").write_text('a { background: url("a.png"), url(data:image/png;base64,AA) }')
    return tmp_path


def test_a_good_site_has_no_faults(site):
    assert faults(site) == []


@pytest.mark.parametrize("bad", BAD)
def test_a_fault_of_a_page_is_seen(site, bad):
    (site / "index.html").write_text(GOOD + bad)
    assert faults(site) == [f"index.html: {BAD[bad]}"]


@pytest.mark.parametrize("name", BAD_FILES)
def test_what_a_file_would_fetch_is_seen(site, name):
    (site / name).write_text(BAD_FILES[name])
    (fault,) = faults(site)
    assert fault.startswith(f"{name}: fetches ") and "//example.org/x" in fault
