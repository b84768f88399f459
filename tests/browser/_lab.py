"""A student at the course: a real JupyterLab on a copy of notebooks/, and one notebook of it in a real Chromium.

The same server has Notebook 7, whose pages are made of the same parts.

What a student does is done with mouse and keyboard. When something has ended, and what stands in a cell, is asked of
JupyterLab's own objects (`jupyterapp`): the page shows neither for certain.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import TimeoutError as TooSlow

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    "--port=0",
    "--expose-app-in-browser",
    "--JupyterNotebookApp.expose_app_in_browser=True",
)
POLLING = 100  # ms; playwright would ask at every frame, and take a tenth of a core from the kernel that it waits for
SETTINGS = {
    # Every cell is in the page, also those out of sight.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    # The next test that opens a notebook finds it as it was.
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}
# Notes when the hand has last moved, when a picture was last drawn, and when the words were first there after that.
STOPWATCH = """(root, words) => {
    window.stopwatch = { moved: 0, drawn: 0, shown: 0 };
    const note = () => {
        if (stopwatch.drawn && !stopwatch.shown && root.innerText.includes(words)) stopwatch.shown = performance.now();
    };
    root.addEventListener("load", () => { stopwatch.drawn = performance.now(); note() }, true);
    new MutationObserver(note).observe(root, { subtree: true, childList: true, characterData: true });
    const moved = event => { if (event.buttons) Object.assign(stopwatch, { moved: performance.now(), drawn: 0 }) };
    document.addEventListener("pointermove", moved, true);
}"""
# The course needs no network; a browser without one notices when it does. More flags come from playwright.
FLAGS = ("--disable-gpu", "--disable-quic", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")


def environment(folder: Path) -> dict[str, str]:
    """Jupyter's, with all its files in this folder, for one thread."""
    folders = {f"JUPYTER_{kind.upper()}_DIR": str(folder / kind) for kind in ("config", "data", "runtime")}
    return os.environ | folders | {"IPYTHONDIR": str(folder / "ipython"), "OMP_NUM_THREADS": "1"}


class Lab:
    """JupyterLab as `make lab` starts it, on a folder of its own; nothing is kept in the home folder."""

    def __init__(self, folder: Path):
        self.folder = folder / "course"
        self.notebooks = self.folder / "notebooks"
        if (ROOT / "notebooks").is_dir():
            shutil.copytree(ROOT / "notebooks", self.notebooks, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        self.notebooks.mkdir(parents=True, exist_ok=True)
        shutil.copytree(ROOT / "data" / "figures", self.folder / "data" / "figures")  # chapters show some of them
        overrides = folder / "config" / "labconfig" / "default_setting_overrides.json"
        overrides.parent.mkdir(parents=True)
        overrides.write_text(json.dumps(SETTINGS), encoding="utf-8")
        # Of its own: the course's config would have it inside .venv. What lies there is what `make lab` finds there.
        workspaces = folder / "workspaces"
        workspaces.mkdir()
        shutil.copyfile(ROOT / "course" / "lab" / "workspace.json", workspaces / "default-37a8.jupyterlab-workspace")
        self._open: set[str] = set()
        self._log = folder / "lab.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "jupyterlab", *OPTIONS),
                    *(f"--ServerApp.root_dir={self.folder}", f"--LabApp.workspaces_dir={workspaces}"),
                ],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=environment(folder),
            )
        try:
            self.url, self.token = self._address(folder / "runtime" / f"jpserver-{self._process.pid}.json")
        except BaseException:
            self.stop()
            raise

    def _address(self, file: Path, seconds: float = 120) -> tuple[str, str]:
        """Where it listens and with which token, as it writes into a file once it does."""
        late = time.monotonic() + seconds
        while self._process.poll() is None and time.monotonic() < late:
            try:
                server = json.loads(file.read_text(encoding="utf-8"))
            except (FileNotFoundError, json.JSONDecodeError):
                time.sleep(0.1)
            else:
                return server["url"], server["token"]
        raise AssertionError(f"JupyterLab has ended, or not started within {seconds:g} s:\n{self.log()}")

    def log(self, lines: int = 40) -> str:
        """The last lines of what it said."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def stop(self) -> None:
        """The server shuts its kernels down; whatever of that takes too long is killed."""
        if self._process.poll() is None:
            server = psutil.Process(self._process.pid)
            ours = [*server.children(recursive=True), server]
            self._process.terminate()
            for survivor in psutil.wait_procs(ours, timeout=20)[1]:
                survivor.kill()
        self._process.wait()

    @contextmanager
    def opened(self, browser: Browser, name: str, front_end: str = "JupyterLab") -> Iterator["Notebook"]:
        """A notebook of notebooks/ in a fresh page with a fresh kernel; afterwards both are gone."""
        assert name not in self._open, f"{name} is open already: both pages would have the same kernel"
        with browser.new_context(viewport={"width": 1400, "height": 1000}) as context:
            page = context.new_page()
            page.set_default_timeout(60_000)
            workspace = uuid.uuid4().hex  # of its own: else the tabs of an earlier page come back
            place = {"JupyterLab": f"lab/workspaces/{workspace}/tree", "Notebook 7": "notebooks"}[front_end]
            page.goto(f"{self.url}{place}/notebooks/{name}?token={self.token}")
            try:
                notebook = Notebook(page, f"notebooks/{name}")
            except TooSlow:
                page.screenshot(path=self._log.with_suffix(".png"))
                raise AssertionError(f"{name} did not open: see {self._log.with_suffix('.png')}") from None
            self._open.add(name)
            try:
                yield notebook
            finally:
                self._open.remove(name)
                page.evaluate("panel.sessionContext.shutdown()")


class Notebook:
    """An open notebook. A cell is meant by its number, from 0, or by a text that occurs in no other cell's source.

    A widget in a cell's outputs is meant by its number among those of its kind, or by its label (`description`).
    Outputs appear a moment after the kernel has sent them: `expect(notebook.outputs(2)).to_contain_text(...)` waits
    for them, as does `wait_until`; `output_text` and `has_image` say what there is now.
    """

    def __init__(self, page: Page, path: str):
        self.page = page
        page.wait_for_function(
            """path => {
                const panels = window.jupyterapp ? [...jupyterapp.shell.widgets("main")] : [];
                window.panel = panels.find(one => one.context?.path === path);
                return panel?.context.isReady && panel.sessionContext.isReady
                    && panel.content.widgets.length === panel.content.model.cells.length;
            }""",
            arg=path,
            polling=POLLING,
        )
        self._idle()

    # ---- cells -------------------------------------------------------------------------------------------------------

    def sources(self) -> list[str]:
        """The text of each cell, wherever the page is scrolled to."""
        return self.page.evaluate("panel.content.widgets.map(cell => cell.model.sharedModel.getSource())")

    def not_run(self) -> list[int]:
        """The code cells without a number: a folded one has no prompt in the page that could tell."""
        return self.page.evaluate(
            """panel.content.widgets.flatMap((cell, index) =>
                cell.model.type === "code" && cell.model.executionCount === null ? [index] : [])"""
        )

    def index(self, which: int | str) -> int:
        if isinstance(which, int):
            return which
        found = [number for number, source in enumerate(self.sources()) if which in source]
        assert len(found) == 1, f"{which!r} is in {len(found)} cells: {found}"
        return found[0]

    def cell(self, which: int | str) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(self.index(which))

    def set_source(self, which: int | str, source: str) -> None:
        """Replaces what is written in a code cell, as by selecting all of it and pasting."""
        index = self.index(which)
        self.cell(index).locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(source)  # unlike type(), it sets off no indenting and no closing of brackets
        self.wait_until(lambda: self.sources()[index] == source, f"cell {index} to hold its new source", seconds=10)

    # ---- running -----------------------------------------------------------------------------------------------------

    def run_all(self, seconds: float = 300) -> bool:
        """Run > Run All Cells, to the end. Says whether all went through, without an error."""
        self._watch("notebook:run-all-cells")
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        return self._went_well(seconds)

    def run_cell(self, which: int | str, seconds: float = 300) -> bool:
        """Ctrl+Enter in a cell, to the end. Says whether it went through, without an error."""
        self._watch("notebook:run-cell")
        self.cell(which).click(position={"x": 3, "y": 3})  # in the margin: a folded cell has no prompt to click on
        self.page.keyboard.press("Control+Enter")
        return self._went_well(seconds)

    def execute(self, code: str) -> None:
        """Runs code in the notebook's kernel, beside its cells: they keep their numbers, and nothing is shown."""
        status = self.page.evaluate(
            """async code => {
                const asked = panel.sessionContext.session.kernel.requestExecute({ code, silent: true });
                return (await asked.done).content.status;
            }""",
            code,
        )
        assert status == "ok", f"{status}: {code}"

    def _watch(self, command: str) -> None:
        """Notes how the next command of this name ends. Prompts cannot tell: `[1]:` may be from the run before."""
        self.page.evaluate(
            """command => {
                window.wentWell = null;
                const note = (_, { id, result }) => {
                    if (id !== command) return;
                    jupyterapp.commands.commandExecuted.disconnect(note);
                    result.then(value => { wentWell = value }, () => { wentWell = false });
                };
                jupyterapp.commands.commandExecuted.connect(note);
            }""",
            command,
        )

    def _went_well(self, seconds: float) -> bool:
        try:
            self.page.wait_for_function("wentWell !== null", timeout=seconds * 1000, polling=POLLING)
        except TooSlow:
            raise AssertionError(f"still running after {seconds:g} s, or never begun") from None
        expect(self.page.locator(".jp-InputPrompt", has_text="*")).to_have_count(0)
        self._idle(seconds)  # folded cells, which have no prompt, may still run
        return self.page.evaluate("wentWell")

    def _idle(self, seconds: float = 60) -> None:
        self.page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for(timeout=seconds * 1000)

    def wait_until(self, condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
        late = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < late, f"waited {seconds:g} s in vain for {what}"
            self.page.wait_for_timeout(50)

    # ---- outputs -----------------------------------------------------------------------------------------------------

    def outputs(self, which: int | str) -> Locator:
        """All that a cell shows below its source, a prompt such as `[3]:` included."""
        return self.cell(which).locator(".jp-Cell-outputArea")

    def output_text(self, which: int | str) -> str:
        shown = self.outputs(which).locator("> .jp-OutputArea-child > .jp-OutputArea-output")
        return "\n".join(text.rstrip("\n") for text in shown.all_inner_texts())

    def has_image(self, which: int | str) -> bool:
        return self.outputs(which).locator("img").count() > 0

    def image(self, which: int | str, number: int = 0) -> bytes:
        """The file behind an image. Its `src` would not do: a widget's is a new one for the same picture, too."""
        data_url = """async image => {
            const reader = new FileReader();
            const read = new Promise(done => { reader.onload = done });
            reader.readAsDataURL(await (await fetch(image.src)).blob());
            await read;
            return reader.result;
        }"""
        found = self.outputs(which).locator("img").nth(number).evaluate(data_url)
        return base64.b64decode(found.partition(",")[2])

    # ---- widgets -----------------------------------------------------------------------------------------------------

    def widget(self, which: int | str, kind: str, name: int | str = 0) -> Locator:
        """A widget by its class, such as .widget-slider, .widget-dropdown, .widget-checkbox."""
        found = self.outputs(which).locator(kind)
        if isinstance(name, int):
            return found.nth(name)
        label = re.compile(rf"^\s*{re.escape(name)}\s*$")
        return found.filter(has=self.page.locator(".widget-label", has_text=label))

    def drag_slider(self, which: int | str, fraction: float, name: int | str = 0, moves: int = 1) -> str:
        """Drags a horizontal slider to a fraction of its length. Returns the number beside it, if there is one.

        One move makes one new value; with more, what the cell shows next may still belong to a value on the way.
        """
        slider = self.widget(which, ".widget-slider", name)
        slider.locator(".noUi-handle").hover()  # scrolls to it and waits until it stands still
        base = slider.locator(".noUi-base").bounding_box()
        self.page.mouse.down()
        self.page.mouse.move(base["x"] + fraction * base["width"], base["y"] + base["height"] / 2, steps=moves)
        self.page.mouse.up()
        return "".join(slider.locator(".widget-readout:visible").all_inner_texts())

    def time_to(self, which: int | str, words: str, act: Callable[[], Any]) -> float:
        """Seconds, by the page's clock, from the hand's last movement in `act` until the cell shows a picture with
        these words under it, which are sent after the picture and do not stand there yet."""
        self.outputs(which).evaluate(STOPWATCH, words)
        act()
        self.page.wait_for_function("stopwatch.shown", timeout=60_000)
        return self.page.evaluate("(stopwatch.shown - stopwatch.moved) / 1000")

    def choose(self, which: int | str, option: str, name: int | str = 0) -> None:
        """Chooses from a dropdown."""
        self.widget(which, ".widget-dropdown", name).locator("select").select_option(label=option)

    def screenshot(self, path: Path) -> None:
        self.page.screenshot(path=path)
