"""JupyterLab as the course opens it: with the table of contents, without a word about news, asking nobody outside."""

import runpy
import sys
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.repo._repo import ROOT

pytestmark = pytest.mark.no_cover  # other tests cover the code; counting lines takes a fifth of the time

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
    }.items():
        installed = ROOT.joinpath(sys.prefix, path)
        assert installed.read_bytes() == (CONFIG.parent / source).read_bytes(), "run: make lab, or make test"
