"""The live painter on a page, with a stopwatch that runs in the page itself; and a Voila to have such pages."""

import subprocess
import sys
import time
from contextlib import contextmanager

import psutil
from playwright.sync_api import Browser, Locator, Page

from tests.browser._lab import environment

# Every picture that has been decoded, and every line under the picture, with the time that the page's clock showed.
STOPWATCH = """(image) => {
    const shown = { pictures: [], lines: [], moves: [] };
    window.shown = shown;
    image.addEventListener("load", () => shown.pictures.push(performance.now()));
    const root = image.closest(".widget-vbox").parentElement;
    const note = () => {
        const found = root.innerText.match(/alpha \\/ beta = (\\S+) · (\\d+) × \\d+ pixels/);
        const last = shown.lines.at(-1);
        if (found && (!last || last.ratio !== found[1] || last.width !== found[2]))
            shown.lines.push({ at: performance.now(), ratio: found[1], width: found[2] });
    };
    new MutationObserver(note).observe(root, { subtree: true, childList: true, characterData: true });
    const moved = event => { if (event.buttons) shown.moves.push(performance.now()) };
    document.addEventListener("pointermove", moved, true);
    note();
}"""


class PageOfPainter:
    """A painter on a page: JupyterLab's or Voila's."""

    def __init__(self, page: Page, within: Locator):
        self.page, self.within = page, within
        self.image = within.locator("img.widget-image").first
        self.image.wait_for()

    def start_stopwatch(self) -> None:
        self.image.evaluate(STOPWATCH)

    def text(self) -> str:
        return self.within.inner_text()

    def ratio(self) -> str:
        """Of the picture that is shown."""
        return self.page.evaluate("shown.lines.at(-1)?.ratio ?? ''")

    def wait(self, script: str, seconds: float = 60) -> None:
        self.page.wait_for_function(script, timeout=seconds * 1000)

    def drag(self, fraction: float, moves: int = 1) -> None:
        """Drags alpha / beta to a fraction of its length."""
        slider = self.within.locator(".widget-slider").first
        slider.locator(".noUi-handle").hover()
        base = slider.locator(".noUi-base").bounding_box()
        self.page.mouse.down()
        self.page.mouse.move(base["x"] + fraction * base["width"], base["y"] + base["height"] / 2, steps=moves)
        self.page.mouse.up()

    def time_of_drag(self, fraction: float, watched: float = 2.0, most: int = 6) -> tuple[float, float]:
        """Seconds from the hand's last movement to the first picture of the new ratio, and pictures a second after it.

        The line under the picture names the ratio it was painted with, and is sent after the picture: so the picture
        counts from the moment when both are there. It is watched for so many seconds, or for so many more pictures.
        """
        before = self.ratio()
        self.page.evaluate("shown.lines.splice(0, shown.lines.length - 1); shown.moves.length = 0")
        self.drag(fraction)
        self.wait(f"shown.lines.at(-1)?.ratio !== {before!r}")
        said = f"shown.lines.find(line => line.ratio !== {before!r}).at"
        seen = f"shown.pictures.filter(at => at > {said}).length > {most}"
        self.wait(f"{seen} || performance.now() > {said} + {watched * 1000}")
        moved, said, pictures, now = self.page.evaluate(
            f"[shown.moves.at(-1), {said}, shown.pictures, performance.now()]"
        )
        # The picture was sent just before the line, and perhaps decoded just after it.
        shown = next((at for at in pictures if at > moved and abs(at - said) < 50), said)
        later = sum(at > shown for at in pictures)
        return (max(shown, said) - moved) / 1000, later / (now - shown) * 1000


@contextmanager
def voila(notebook, folder, seconds=60):
    """Voila on one notebook; gives its address and the number of its process."""
    log = folder / "voila.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "voila", str(notebook), "--no-browser", "--port=0", "--Voila.ip=127.0.0.1"],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
            env=environment(folder),
        )  # fmt: skip
    try:
        yield _listening(process.pid, log, time.monotonic() + seconds), process.pid
    finally:
        ours = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
        process.terminate()
        for survivor in psutil.wait_procs(ours, timeout=20)[1]:
            survivor.kill()
        process.wait()


def _listening(pid, log, late):
    """The address that it listens at, asked of the process itself: port 0 lets the system choose one."""
    while time.monotonic() < late:
        found = [one.laddr for one in psutil.Process(pid).net_connections("tcp") if one.status == psutil.CONN_LISTEN]
        if found:
            return f"http://127.0.0.1:{found[0].port}/"
        time.sleep(0.1)
    raise AssertionError(f"Voila does not listen:\n{log.read_text()}")


def new_page(browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    return page
