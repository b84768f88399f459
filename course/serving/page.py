"""A small studio that really runs: a page on this machine, a line, and one painter.

What makes it a studio are five functions, which the chapter's reader writes. Here is what carries them: a server of the
standard library on 127.0.0.1, and a thread that paints. It is for one lesson on one machine; a studio for a class needs
much more, see ``studio/``.
"""

from __future__ import annotations

import html
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from course.errors import InputError
from course.serving.drawing import Message
from course.serving.forms import fields_of
from course.serving.lesson import Painted

HEAD = 32  # bytes of a file that are looked at
MOST_BYTES = 12_000_000  # of a file that is sent
ROOM = 100_000  # bytes of a form around it
LANES = ("phone", "server", "line", "painter")

Paint = Callable[[bytes, str], Iterator[tuple[int, int, bytes]]]

SHELL = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
body {{ font: 1.1rem/1.5 system-ui; margin: 0 auto; max-width: 44rem; padding: 1rem }}
img {{ max-width: 100% }} fieldset img {{ width: 6rem; height: 6rem; object-fit: cover }}
[role=alert] {{ border-left: 4px solid #D55E00; padding-left: .6rem }} progress {{ width: 100% }}
input, button {{ font: inherit; min-height: 2.75rem; margin: .25rem 0 }}
</style></head>
<body><main><h1>{title}</h1>
{body}
</main></body>
</html>
"""
FORM = """<form method="post" action="/" enctype="multipart/form-data">
{inside}
<p><label for="photo">Your photo</label><br><input type="file" id="photo" name="photo"></p>
<button>Paint it</button>
</form>"""


@dataclass(frozen=True)
class Functions:
    """The five functions of a studio, as the chapter's exercises describe them."""

    pick_style: Callable[..., Any]
    check_upload: Callable[..., Any]
    compose: Callable[..., str]
    next_job: Callable[..., str | None]
    progress: Callable[..., Mapping[str, Any]]


@dataclass(frozen=True)
class Answer:
    """What a server answers: the status of HTTP, where to go on ("" for nowhere), and the body."""

    status: int
    location: str
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


@dataclass
class _Job:
    name: str
    visitor: str
    style: str
    photo: bytes
    asked: float
    begun: float = 0.0
    done: float = 0.0
    step: int = 0
    of: int = 1
    picture: bytes = b""
    failed: str = ""  # why nothing comes of it


class Page:
    """A studio on a port of this machine, open from `with` to its end.

    Args:
        styles: name -> (a JPEG, what is to be seen on it).
        paint: (photo, style) -> (step, of, JPEG) for each step; runs in a thread of its own. An InputError says that
            nothing can come of this photo: its page tells so, and the next job is begun.
        functions: what decides.

    Attributes:
        address: of its first page, once it is open.
        log: what went where, since it was opened.
        painted: its pictures, in the order in which they were begun.
    """

    def __init__(self, styles: Mapping[str, tuple[bytes, str]], paint: Paint, functions: Functions) -> None:
        self._styles, self._paint, self.functions = dict(styles), paint, functions
        self._jobs: dict[str, _Job] = {}
        self._waiting: list[_Job] = []
        self._running: _Job | None = None
        self._served: list[str] = []
        self._changed = threading.Condition()
        self._open = True
        self._began = time.monotonic()
        self.log: list[Message] = []
        self.painted: list[Painted] = []
        self.broken: BaseException | None = None
        self.address = ""

    def open(self) -> Page:
        """Opens it to this machine, until `close`; itself."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self._began = time.monotonic()
        threads = [(self._server.serve_forever, {"poll_interval": 0.05}), (self._work, {})]
        self._threads = [threading.Thread(target=run, kwargs=given, daemon=True) for run, given in threads]
        for thread in self._threads:
            thread.start()
        return self

    def close(self) -> None:
        """Closes it; what is being painted is given up at its next step."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._server.server_close()

    def __enter__(self) -> Page:
        """See `open`."""
        return self.open()

    def __exit__(self, *given: object) -> None:
        """See `close`."""
        self.close()

    def tell(self, sender: str, receiver: str, words: str) -> None:
        """Writes a message into the log."""
        self.log.append(Message(time.monotonic() - self._began, sender, receiver, words))

    # --- what it answers ----------------------------------------------------------------------------------------------

    def get(self, path: str) -> Answer:
        """The answer to somebody who wants to see something."""
        if path == "/":
            return self._home([], "", 200)
        if path.startswith("/style/") and (found := self._styles.get(path[len("/style/") :].removesuffix(".jpg"))):
            return Answer(200, "", found[0])
        name, is_picture = path.removeprefix("/job/").removesuffix(".jpg"), path.endswith(".jpg")
        job = self._jobs.get(name) if path.startswith("/job/") else None
        if job is None:
            return Answer(404, "", _page("Nothing is here", '<p><a href="/">To the beginning</a></p>'))
        return Answer(200, "", job.picture) if is_picture else self._job(job)

    def post(self, visitor: str, fields: Sequence[tuple[str, str, bytes]]) -> Answer:
        """The answer to a form: fields of (name, the file's name or "", content)."""
        chosen = [content.decode(errors="replace") for name, _, content in fields if name == "style"]
        style, sentence = self.functions.pick_style(chosen, list(self._styles))
        if style is None:
            return self._home(chosen, sentence, 422)
        file_name, photo = next(((file, content) for name, file, content in fields if name == "photo"), ("", b""))
        kind, sentence = self.functions.check_upload(file_name, photo[:HEAD], len(photo))
        if kind is None:
            return self._home(chosen, sentence, 422)
        job = _Job(secrets.token_hex(16), visitor, style, photo, time.monotonic() - self._began)
        with self._changed:
            self._jobs[job.name] = job
            self._waiting.append(job)
            self.tell("server", "line", f"a job: {kind}, {style}")
            self._changed.notify_all()
        return Answer(303, f"/job/{job.name}", b"")

    def _home(self, chosen: Sequence[str], sentence: str, status: int) -> Answer:
        styles = [[name, f"/style/{name}.jpg", alt] for name, (_, alt) in self._styles.items()]
        inside = self.functions.compose(styles, list(chosen), sentence)
        title = "Not yet: a small studio" if sentence else "A small studio"
        return Answer(status, "", _page(title, FORM.format(inside=inside)))

    def _job(self, job: _Job) -> Answer:
        if job.failed:
            words = f'<p role="alert">{html.escape(job.failed)}. <a href="/">Send another photo</a>.</p>'
            return Answer(200, "", _page("No picture", words))
        with self._changed:
            seconds = (job.done or time.monotonic() - self._began) - job.begun if job.begun else 0.0
            state = job.step, job.of, seconds, self._before(job)
        told = self.functions.progress(*state)
        body = f'<p role="status">{html.escape(str(told["words"]))}</p>'
        if job.done:
            alt = html.escape(f"Your photo in the style {job.style}")
            body += f'<p><img src="/job/{job.name}.jpg" alt="{alt}"></p>'
        else:
            body += f'<progress max="100" value="{float(told["percent"]):g}" aria-label="Painted so far"></progress>'
            # A page that loads itself again takes the place away at which somebody reads (WCAG 2.2, failure F41).
            body += f'<p><a href="/job/{job.name}">Look again</a></p>'
        return Answer(200, "", _page("Your picture", body))

    def _before(self, job: _Job) -> int:
        """How many pictures are painted before this one, if nobody else comes."""
        waiting, served = list(self._waiting), list(self._served)
        before = 0 if self._running is None else 1
        while job in waiting:
            name = self.functions.next_job([(one.name, one.visitor) for one in waiting], list(served), None)
            chosen = next((one for one in waiting if one.name == name), None)
            if chosen is None or chosen is job:
                return before
            waiting.remove(chosen)
            served.append(chosen.visitor)
            before += 1
        return 0

    # --- the painter --------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while (job := self._next()) is not None:
                self.tell("line", "painter", "the next job")
                try:
                    for step, of, picture in self._paint(job.photo, job.style):
                        job.step, job.of, job.picture = step, of, picture
                        if not self._open:
                            return
                except InputError as error:  # a photo that cannot be opened ends its own job, and nobody else's
                    with self._changed:
                        job.failed, self._running = str(error), None
                        self.tell("painter", "server", "no picture")
                    continue
                with self._changed:
                    job.done, self._running = time.monotonic() - self._began, None
                    self.painted.append(Painted(job.name, job.visitor, job.asked, job.begun, job.done))
                    self.tell("painter", "server", f"the picture, {len(job.picture) / 1000:.0f} kB")
        except BaseException as error:  # it is raised again where somebody sees it
            self.broken = error

    def _next(self) -> _Job | None:
        with self._changed:
            while self._open:
                waiting = [(one.name, one.visitor) for one in self._waiting]
                name = self.functions.next_job(waiting, list(self._served), None)
                job = next((one for one in self._waiting if one.name == name), None)
                if job is not None:
                    self._waiting.remove(job)
                    self._served.append(job.visitor)
                    job.begun, self._running = time.monotonic() - self._began, job
                    return job
                self._changed.wait()
        return None


def _page(title: str, body: str) -> bytes:
    return SHELL.format(title=html.escape(title), body=body).encode()


def _handler(page: Page) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET", lambda: page.get(self.path.partition("?")[0]))

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > MOST_BYTES + ROOM:
                self.close_connection = True  # what is still on its way is not read
                self._answer("POST", lambda: Answer(413, "", _page("Too large", "<p>Up to 12 MB can be sent.</p>")))
                return
            body = self.rfile.read(int(length))
            kind = self.headers.get("Content-Type", "")
            self._answer("POST", lambda: page.post(self._visitor(), fields_of(kind, body)))

        def _visitor(self) -> str:
            found = re.search(r"visitor=(\w+)", self.headers.get("Cookie", ""))
            return found[1] if found else secrets.token_hex(8)

        def _answer(self, method: str, make: Callable[[], Answer]) -> None:
            sent = self.headers.get("Content-Length", "")
            size = f", {int(sent) / 1000:.0f} kB" if sent.isdigit() else ""
            page.tell("phone", "server", f"{method} {_short(self.path)}{size}")
            try:
                answer = make()
            except InputError as error:
                answer = Answer(400, "", _page("That cannot be", f"<p>{html.escape(str(error))}</p>"))
            except BaseException as error:  # a student's function: it is raised again where somebody sees it
                page.broken = error
                answer = Answer(500, "", _page("Broken", "<p>One of its functions stopped. See the notebook.</p>"))
            more = f"go to {_short(answer.location)}" if answer.location else f"{len(answer.body) / 1000:.0f} kB"
            page.tell("server", "phone", f"{answer.status}, {more}")
            self.send_response(answer.status)
            picture = answer.body[:2] == b"\xff\xd8"
            headers = {"Content-Type": "image/jpeg" if picture else "text/html; charset=utf-8",
                       "Content-Length": str(len(answer.body)), "X-Content-Type-Options": "nosniff",
                       "Content-Security-Policy": "default-src 'self'; style-src 'unsafe-inline'",
                       "Set-Cookie": f"visitor={self._visitor()}; HttpOnly; SameSite=Strict"}  # fmt: skip
            for name, value in headers.items():
                self.send_header(name, value)
            if answer.location:
                self.send_header("Location", answer.location)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *given: Any) -> None:
            """A notebook is no place for a server's log; what matters is in `Page.log`."""

    return Handler


def _short(path: str) -> str:
    return re.sub(r"[0-9a-f]{32}", lambda found: found[0][:4] + "…", path)
