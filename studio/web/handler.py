"""What all pages share: who may ask and how much may be sent, headers, forms, templates, and errors in a sentence."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar

import jinja2
from tornado.httputil import HTTPInputError, parse_body_arguments
from tornado.web import HTTPError, RequestHandler, stream_request_body

from studio.choice import spoken
from studio.desk import BusyError, Desk
from studio.jobs import Job
from studio.orders import NotYoursError, OrderError
from studio.uploads import TOO_LARGE, UploadError
from studio.web.door import Door

A_JOB = re.compile(r"/job/[0-9a-f]{32}")  # where somebody may be led who was asked for the code first
HERE = Path(__file__).resolve().parent.parent
PLAIN_BYTES = 64 * 1024  # of a form without a picture
READ_ON = 64 * 10**6  # bytes that are read and dropped, so that a browser sees the answer; one that sends more does not
ARRIVING = 200 * 10**6  # bytes that may be arriving at the same time, of all visitors; half of them from one address

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=()",
    "Server": "studio",
}
# Sentences for what no page of ours asks.
SENTENCES = {
    400: "This request cannot be understood.",
    403: "This form is out of date. Go back, load the page again, and send it once more.",
    404: "There is no such page here. Pictures are removed after a while.",
    405: "This page cannot be asked in this way.",
    413: "This is more than a form of this page can hold.",
    421: "The studio does not have this address. Use the one that your teacher shows.",
    500: "Something went wrong inside. Try it once more.",
    503: "The studio has too much to do just now. Try again in a minute.",
}


def sentence_of(status: int) -> str:
    """What is said of a status."""
    return SENTENCES.get(status) or f"{HTTPStatus(status).phrase}."


async def _not_posted(page: RequestHandler, *arguments: str) -> None:
    """What a form does, on pages that have none."""
    raise HTTPError(405)


@stream_request_body
class Page(RequestHandler):
    """A page. Subclasses have `get`, and `posted` for forms.

    Attributes:
        most_bytes: that a form may have.
        open_to_all: whether it is shown to those who have not given the class code.
    """

    most_bytes = PLAIN_BYTES
    open_to_all = False
    _arriving: ClassVar[Counter[str]] = Counter()  # by address

    def initialize(self, desk: Desk, door: Door) -> None:
        """Called by Tornado."""
        self.desk, self.door = desk, door
        self._body = bytearray()
        self._received = 0
        self._crowded = False
        self._visitor: str | None = None

    def set_default_headers(self) -> None:
        """Called by Tornado, for errors as well."""
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.set_header("Cache-Control", "no-store")

    # --- a request ----------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Called by Tornado when the headers are there, before anything else of the request is."""
        if not self.door.knows_host(self.request.host_name):
            raise HTTPError(421)
        if self.request.method == "POST":
            if self.request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
                raise HTTPError(403)
            length = self.request.headers.get("Content-Length", "0")
            if not length.isdecimal():
                raise HTTPError(400)
            if int(length) > READ_ON:
                raise HTTPError(413)
            self.request.connection.set_max_body_size(READ_ON)  # type: ignore[union-attr]
        if not self.open_to_all and not self.door.is_open_to(self):
            self.redirect(f"/enter?next={self.request.path}" if A_JOB.fullmatch(self.request.path) else "/enter")

    def data_received(self, chunk: bytes) -> None:
        """Called by Tornado for each piece of what is sent."""
        self._received += len(chunk)
        if self._received > self.most_bytes + PLAIN_BYTES:  # around a picture there is a form
            self._drop()
            return
        who, arriving = self.request.remote_ip or "", Page._arriving
        self._crowded |= arriving.total() + len(chunk) > ARRIVING or arriving[who] + len(chunk) > ARRIVING // 2
        if self._crowded:
            self._drop()
            return
        arriving[who] += len(chunk)
        self._body += chunk

    def _drop(self) -> None:
        Page._arriving -= Counter({self.request.remote_ip or "": len(self._body)})
        self._body = bytearray()

    def on_finish(self) -> None:
        """Called by Tornado at the end."""
        self._drop()

    on_connection_close = on_finish

    async def post(self, *arguments: str) -> None:
        """Reads the form, and hands on to `posted`."""
        try:
            if self._crowded:
                raise HTTPError(503)
            if self._received > self.most_bytes + PLAIN_BYTES:
                raise UploadError(TOO_LARGE, 413) if self.most_bytes > PLAIN_BYTES else HTTPError(413)
            try:
                kind = self.request.headers.get("Content-Type", "")
                form = self.request.body_arguments
                parse_body_arguments(kind, bytes(self._body), form, self.request.files, self.request.headers)
            except HTTPInputError:
                raise HTTPError(400) from None
            for name, values in form.items():
                self.request.arguments.setdefault(name, []).extend(values)
            super().check_xsrf_cookie()
            await self.posted(*arguments)
        except (UploadError, OrderError, BusyError) as error:
            self.complain(error)

    def check_xsrf_cookie(self) -> None:
        """Called by Tornado before the form is there; `post` looks at it when it is."""

    posted: Callable[..., Awaitable[None]] = _not_posted

    def complain(self, error: UploadError | OrderError | BusyError) -> None:
        """Shows what is wrong with a form; pages with a field for it show it there."""
        self.show_error(*self.status_of(error))

    def status_of(self, error: Exception) -> tuple[int, str]:
        """Status and sentence of a complaint."""
        if isinstance(error, BusyError):
            self.set_header("Retry-After", "30")
            return (409 if error.job else 503), str(error)
        return getattr(error, "status", 400), str(error)

    # --- who asks, and for what ---------------------------------------------------------------------------------------

    @property
    def visitor(self) -> str:
        """Who asks: a random name in a cookie, signed by us. It lasts a day, for phones end a browser at will."""
        if self._visitor is None:
            known = self.get_signed_cookie("studio_visitor")
            if known is None:
                known = secrets.token_hex(16).encode()
                self.set_signed_cookie("studio_visitor", known, expires_days=1, httponly=True, samesite="Lax")
            self._visitor = known.decode("ascii")
        return self._visitor

    def one(self, name: str, most: int = 100) -> str:
        """A field of the form or of the address, "" if there is none."""
        value = self.get_argument(name, "") or ""
        if len(value) > most:
            raise HTTPError(400)
        return value

    def file(self, name: str) -> bytes:
        """The content of a file that was sent with the form, b"" if none was."""
        sent = self.request.files.get(name, [])
        return sent[0].body if sent else b""

    def my_job(self, token: str) -> Job:
        """The job at an address, for whoever has ordered it: others may have been shown the address.

        Raises:
            HTTPError: 404 if there is none.
            NotYoursError: if it is somebody else's.
        """
        job = self.job(token)
        if job.visitor != self.visitor:
            raise NotYoursError("This can be done only in the browser in which the picture was ordered.")
        return job

    async def take_picture(self, content: bytes) -> str:
        """Gives a picture that was sent to the desk, see `Desk.take_picture`."""
        return await self.desk.take_picture(content, self.request.remote_ip or "")

    def job(self, token: str) -> Job:
        """The job at an address.

        Raises:
            HTTPError: 404 if there is none.
        """
        job = self.desk.jobs.get(token)
        if job is None:
            raise HTTPError(404)
        return job

    # --- an answer ----------------------------------------------------------------------------------------------------

    def show(self, template: str, status: int = 200, **values: Any) -> None:
        """Renders a page."""
        self.set_status(status)
        mine = [job for job in self.desk.jobs.values() if job.visitor == self.visitor]
        mine.sort(key=lambda job: -job.made)
        self.finish(
            _templates.get_template(template).render(
                xsrf=self.xsrf_token.decode("ascii"), desk=self.desk, door=self.door, mine=mine,
                inside=self.door.is_open_to(self), teacher=self.door.is_teacher(self), spoken=spoken, **values,
            )
        )  # fmt: skip

    def show_error(self, status: int, sentence: str) -> None:
        """A page that says what is wrong."""
        self.show("error.html", status, sentence=sentence, number=status)

    def write_error(self, status_code: int, **_: Any) -> None:
        """Called by Tornado for exceptions."""
        if status_code == 503:
            self.set_header("Retry-After", "30")
        self.show_error(status_code, sentence_of(status_code))

    def send_file(self, content: bytes, kind: str, keep: str = "private, max-age=3600") -> None:
        """Answers with a picture."""
        self.set_header("Content-Type", kind)
        self.set_header("Cache-Control", keep)
        self.finish(content)


class Missing(Page):
    """Whatever has no page."""

    open_to_all = True

    def get(self) -> None:
        """404."""
        raise HTTPError(404)

    async def posted(self, *arguments: str) -> None:
        """404."""
        raise HTTPError(404)


_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
