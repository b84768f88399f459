"""A phone that visits a small studio: what a browser sends, and what it gets."""

from __future__ import annotations

import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

from course.errors import InputError
from course.serving.forms import part
from course.serving.page import Answer, Page


class Phone:
    """A visitor without a screen.

    Args:
        page: the studio that it visits.

    Attributes:
        name: by which the server knows it again: a cookie.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self.name = secrets.token_hex(8)

    def get(self, path: str) -> Answer:
        """Asks for a page or a picture.

        Raises:
            Whatever one of the studio's functions raised.
        """
        return self._ask(urllib.request.Request(self._page.address + path.lstrip("/")))

    def send(self, styles: Sequence[str], file_name: str, photo: bytes) -> Answer:
        """Sends the form of the first page, as a browser does.

        Raises:
            Whatever one of the studio's functions raised.
        """
        border = secrets.token_hex(12)
        fields = [("style", "", style.encode()) for style in styles] + [("photo", file_name, photo)]
        body = b"".join(part(border, *each) for each in fields) + f"--{border}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={border}"}
        return self._ask(urllib.request.Request(self._page.address, body, kind))

    def waits_for(self, job: str, every: float = 0.1, slower: float = 1.0, most: float = 120.0) -> list[Answer]:
        """Asks for a job's page again and again until a picture is on it, or why there is none; what it was told.

        Args:
            job: the address of its page.
            every: seconds from the first question to the second.
            slower: how many times longer each pause is than the one before.
            most: seconds after which it is given up.

        Raises:
            InputError: if nothing has come after `most` seconds.
            Whatever one of the studio's functions raised.
        """
        told: list[Answer] = []
        until = time.monotonic() + most
        while True:
            told.append(self.get(job))
            if b"<img" in told[-1].body or b'role="alert"' in told[-1].body:
                return told
            if time.monotonic() > until:
                raise InputError(f"no picture has come after {most:g} seconds")
            time.sleep(every)
            every *= slower

    def _ask(self, request: urllib.request.Request) -> Answer:
        request.add_header("Cookie", f"visitor={self.name}")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stays)
        try:
            with opener.open(request, timeout=60) as answer:
                found = Answer(answer.status, answer.headers.get("Location", ""), answer.read())
        except urllib.error.HTTPError as error:
            found = Answer(error.code, error.headers.get("Location", ""), error.read())
        if self._page.broken is not None:
            raise self._page.broken
        return found


class _Stays(urllib.request.HTTPRedirectHandler):
    """Where a server says "go there", it is only noted."""

    def redirect_request(self, *given: Any) -> None:
        return None
