"""Fixtures of the tests that need a browser. They are skipped where there is none, unless CI_BROWSER=required."""

import os
import shutil
from contextlib import ExitStack

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser._lab import FLAGS, Lab


@pytest.fixture(scope="session")
def chromium():
    """The browser's file; `lab` asks for it too, so as not to start in vain."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        give_up = pytest.fail if os.environ.get("CI_BROWSER") == "required" else pytest.skip
        give_up(f"there is no browser here: none of {', '.join(names)}")
    return found


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory):
    """One JupyterLab for all tests of a process."""
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.stop()


@pytest.fixture(scope="module")  # not for longer: while playwright runs, asyncio.run() fails in this process
def browser(chromium, tmp_path_factory):
    home = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), str(tmp_path_factory.mktemp("browser")))
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS, env=os.environ | home)
        yield browser
        browser.close()


@pytest.fixture
def open_notebook(lab, browser):
    """open_notebook("01.ipynb"): that file of `lab.notebooks` as a Notebook, until the test ends."""
    with ExitStack() as stack:
        yield lambda name, *front_end: stack.enter_context(lab.opened(browser, name, *front_end))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """A failed test also tells what JupyterLab said and what the page looked like."""
    report = yield
    lab, browser = (item.funcargs.get(name) for name in ("lab", "browser"))
    if report.failed and lab and browser:
        report.sections.append(("JupyterLab's log", lab.log()))
        pages = [page for context in browser.contexts for page in context.pages]
        for number, page in enumerate(pages):
            picture = lab.folder.with_name(f"{item.name}-{number}.png")
            page.screenshot(path=picture)
            report.sections.append(("the page", str(picture)))
    return report
