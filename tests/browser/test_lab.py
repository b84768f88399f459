"""JupyterLab as the course opens it: with the table of contents, without a word about news, asking nobody outside.

And the chapters in it, as they were run: nothing is too wide for the page, and no word of an output is broken.
"""

import runpy
import shutil
import sys
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.repo._repo import ROOT

pytestmark = pytest.mark.no_cover  # other tests cover the code; counting lines takes a fifth of the time

SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
# Opens a notebook beside the others, until all of it is there and nothing moves any more.
OPEN = """async path => {
    const widget = await jupyterapp.commands.execute('docmanager:open', { path, factory: 'Notebook' });
    await widget.context.ready;
    await widget.revealed;
    window.panel = widget;
    const cells = () => [...widget.content.node.querySelectorAll('.jp-Cell')];
    for (let before = -1, height = 0, same = 0; same < 3; before = height) {
        await new Promise(later => setTimeout(later, 200));
        height = cells().reduce((sum, cell) => sum + cell.offsetHeight, 0);
        same = cells().length === widget.content.widgets.length && height === before ? same + 1 : 0;
    }
}"""
CLOSE = """async () => {
    await panel.sessionContext.shutdown();
    panel.content.model.dirty = false;
    panel.close();
}"""
# What of the notebook can be scrolled sideways, or juts out of its cell, by the cell's number.
TOO_WIDE = """() => panel.content.widgets.flatMap((cell, number) => {
    const seen = [...cell.node.querySelectorAll('*')].filter(one => one.clientWidth || one.getClientRects().length);
    const right = cell.node.getBoundingClientRect().right + 1;
    const scrolled = one => ['auto', 'scroll'].includes(getComputedStyle(one).overflowX)
        && one.scrollWidth > one.clientWidth + 1;
    const juts = one => one.matches('img, table, pre, svg') && one.getBoundingClientRect().right > right;
    const name = one => `cell ${number}: ${one.tagName} ${one.getAttribute('class') ?? ''}`;
    return seen.filter(one => scrolled(one) || juts(one)).map(name);
})"""
# The words of outputs that stand on more than one line.
BROKEN = """() => [...panel.content.node.querySelectorAll('.jp-RenderedText pre')].flatMap(output => {
    const words = [], texts = document.createTreeWalker(output, NodeFilter.SHOW_TEXT), range = new Range();
    while (texts.nextNode()) {
        for (const word of texts.currentNode.data.matchAll(/\\S+/g)) {
            range.setStart(texts.currentNode, word.index);
            range.setEnd(texts.currentNode, word.index + word[0].length);
            if (range.getClientRects().length > 1) words.push(word[0]);
        }
    }
    return words;
})"""

CONFIG = ROOT / "course" / "lab" / "jupyter_lab_config.py"


def test_it_opens_as_a_course_should(lab, browser):
    asked = []
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.goto(f"{lab.url}lab/tree/notebooks/01_vgg.ipynb?token={lab.token}")
        contents = page.locator(".jp-TableOfContents-content")
        expect(contents).to_contain_text("A window that slides", timeout=60_000)
        expect(contents).to_be_visible()
        expect(page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle", timeout=60_000)
        expect(page.get_by_text("official Jupyter news")).to_have_count(0)
        expect(page.locator(".Toastify__toast")).to_have_count(0)
        used = page.locator(".jp-Notebook").bounding_box()["width"] + contents.bounding_box()["width"]
        assert used > 0.9 * 1280, "the browser's width is used"
        page.evaluate("for (const one of jupyterapp.shell.widgets('main')) one.context?.sessionContext?.shutdown()")
    outside = [url for url in asked if not url.startswith((lab.url, lab.url.replace("http", "ws"), "data:", "blob:"))]
    assert asked and outside == []


def test_no_chapter_is_too_wide_for_the_page(lab, browser):
    shutil.copytree(ROOT / "solutions", lab.folder / "solutions", ignore=shutil.ignore_patterns("*.py", ".*"))
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{lab.url}lab?token={lab.token}")
        expect(page.locator(".jp-TableOfContents")).to_be_visible(timeout=60_000)
        found = {}
        for path in SOLUTIONS:
            page.set_viewport_size({"width": 1280, "height": 900})
            page.evaluate(OPEN, f"solutions/{path.name}")
            found[path.stem, 1280] = page.evaluate(TOO_WIDE) + page.evaluate(BROKEN)
            page.set_viewport_size({"width": 1024, "height": 768})
            page.wait_for_timeout(500)
            assert page.evaluate("panel.content.node.clientWidth") < 800, "the table of contents stands beside it"
            found[path.stem, 1024] = page.evaluate(TOO_WIDE) + page.evaluate(BROKEN)
            page.evaluate(CLOSE)
    assert len(found) >= 20
    assert {where: what for where, what in found.items() if what} == {}


class Config:
    """The object that a config file of Jupyter's writes into."""

    def __init__(self):
        self.LabApp, self.LanguageServerManager = SimpleNamespace(), SimpleNamespace()


@pytest.fixture
def configured(monkeypatch, tmp_path):
    """The config of JupyterLab in an environment that lies in this folder."""

    def read():
        monkeypatch.setattr(sys, "prefix", str(tmp_path))
        made = Config()
        runpy.run_path(str(CONFIG), init_globals={"get_config": lambda: made})
        return made

    return read


def test_the_workspace_is_a_copy_and_stays_the_students_own(configured, tmp_path):
    configured()
    (file,) = tmp_path.rglob("*.jupyterlab-workspace")
    assert file.read_bytes() == (ROOT / "course" / "lab" / "workspace.json").read_bytes()
    file.write_text("changed by JupyterLab")
    config = configured()
    assert file.read_text() == "changed by JupyterLab"
    assert config.LabApp.workspaces_dir == str(file.parent)
    assert config.LabApp.extension_manager == "readonly"


def test_where_nothing_can_be_written_jupyterlab_opens_as_ever(configured, tmp_path):
    (tmp_path / "share").write_text("no folder")
    assert not hasattr(configured().LabApp, "workspaces_dir")


def test_it_is_installed_where_jupyter_looks():
    for path, source in {
        "share/jupyter/lab/settings/overrides.d/course.json": "overrides.json",
        "etc/jupyter/jupyter_lab_config.py": CONFIG.name,
        "share/jupyter/labextensions/course-wrapping/package.json": "wrapping/package.json",
        "share/jupyter/labextensions/course-wrapping/static/wrapping.js": "wrapping/wrapping.js",
    }.items():
        installed = ROOT.joinpath(sys.prefix, path)
        assert installed.read_bytes() == (CONFIG.parent / source).read_bytes(), "run: make lab, or make test"
