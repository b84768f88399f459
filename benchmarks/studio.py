"""A class in the studio: visitors who all come at once, over the loopback, each with a photo and an order.

``python -m benchmarks studio`` measures it with the slim network ("quick") and with the full one ("properly").
"""

from __future__ import annotations

import asyncio
import io
import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from PIL import Image
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.httputil import HTTPHeaders

from course import gallery
from studio.orders import EFFORTS, Effort

VISITORS = 30
LATE = 3600.0  # seconds after which a class has gone home
BOUNDARY = "a-boundary-that-no-photo-has"


@dataclass(frozen=True)
class Visit:
    """Seconds from a visitor's first request.

    Attributes:
        photo_s: until the photo was taken.
        preview_s: until all previews were there.
        first_s: until the painting was begun.
        done_s: until it was finished.
    """

    photo_s: float
    preview_s: float
    first_s: float
    done_s: float


@dataclass(frozen=True)
class Class:
    """What a class found.

    Attributes:
        effort: of all their orders.
        visits: one for each visitor, in the order in which they came.
        peak_mb: memory of the studio and its processes at most, sampled.
    """

    effort: Effort
    visits: list[Visit]
    peak_mb: float


def measure(visitors: int = VISITORS) -> list[Class]:
    """A class for each effort."""
    return [asyncio.run(_class(effort, visitors)) for effort in EFFORTS]


async def _class(effort: Effort, visitors: int) -> Class:
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "course", "studio", "--port", "0", "--folder", str(Path(place, "studio"))]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
                if found is None:
                    raise RuntimeError("the studio did not start")
                AsyncHTTPClient.configure(None, max_clients=40 * visitors)
                watch = asyncio.ensure_future(_peak(server.pid))
                photos = gallery.names("photo")
                visits = [_Visitor(found[0], photos[n % len(photos)]).visit(effort, n) for n in range(visitors)]
                done = await asyncio.wait_for(asyncio.gather(*visits), LATE)
                watch.cancel()
                return Class(effort, done, await watch)
            finally:
                server.terminate()


async def _peak(pid: int) -> float:
    """Megabytes of a process and all that it started, at most; until it is cancelled."""
    peak = 0.0
    try:
        while True:
            family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
            peak = max(peak, sum(each.memory_info().rss for each in family) / 1e6)
            await asyncio.sleep(0.5)
    except (asyncio.CancelledError, psutil.NoSuchProcess):
        return peak


class _Visitor:
    """A browser without a screen."""

    def __init__(self, url: str, photo: str) -> None:
        self.url = url
        self.photo = photo
        self._client = AsyncHTTPClient()
        self._cookies: dict[str, str] = {}

    async def visit(self, effort: Effort, number: int) -> Visit:
        """The whole way; each in another style."""
        styles = gallery.names("style")
        style = styles[number % len(styles)]
        began = time.perf_counter()
        page = await self._ask("/")
        found = re.search(r'name="_xsrf" value="([^"]+)"', page.body.decode())
        if found is None:
            raise RuntimeError("the first page has no form")
        await asyncio.gather(*(self._ask(f"/gallery/{name}.jpg") for name in styles))
        sent = await self._send(f"/photo?style={style}", found[1], style)
        photo = sent.headers["Location"].rpartition("photo=")[2]
        photo_s = time.perf_counter() - began
        sketch = await self._ask(sent.headers["Location"])
        previews = re.findall(r'src="(/sketch/[^"]+)"', sketch.body.decode())
        await asyncio.gather(*(self._ask(preview) for preview in previews))
        preview_s = time.perf_counter() - began
        fields = {"_xsrf": found[1], "photo": photo, "style": style, "effort": effort}
        job = await self._ask("/job", method="POST", body=urllib.parse.urlencode(fields), follow_redirects=False)
        first_s, done_s = await self._follow(job.headers["Location"], began)
        return Visit(photo_s, preview_s, first_s, done_s)

    async def _follow(self, job: str, began: float) -> tuple[float, float]:
        first: list[float] = []
        states: list[str] = []

        def hear(chunk: bytes) -> None:
            for line in chunk.decode().splitlines():
                if line.startswith("data: "):
                    states.append(json.loads(line[6:])["state"])
                    if states[-1] != "waiting" and not first:
                        first.append(time.perf_counter() - began)

        await self._ask(f"{job}/events", streaming_callback=hear)
        if states[-1] != "done":
            raise RuntimeError(f"a painting came out {states[-1]}")
        return first[0], time.perf_counter() - began

    async def _send(self, path: str, xsrf: str, style: str) -> HTTPResponse:
        file = io.BytesIO()
        with Image.open(gallery.find(self.photo).path) as photo:
            photo.convert("RGB").resize((1600, 1200)).save(file, "JPEG")  # about as a phone sends it
        parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
                 for name, value in (("_xsrf", xsrf), ("style", style))]  # fmt: skip
        parts.append(b'Content-Disposition: form-data; name="photo"; filename="x.jpg"\r\n\r\n' + file.getvalue())
        body = b"".join(b"--" + BOUNDARY.encode() + b"\r\n" + part + b"\r\n" for part in parts)
        body += f"--{BOUNDARY}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return await self._ask(path, method="POST", body=body, headers=kind, follow_redirects=False)

    async def _ask(self, path: str, headers: Mapping[str, str] | None = None, **options: Any) -> HTTPResponse:
        given = HTTPHeaders(dict(headers or {}))
        given["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        answer = await self._client.fetch(
            self.url + path, headers=given, raise_error=False, connect_timeout=LATE, request_timeout=LATE, **options
        )
        if answer.code not in (200, 303):
            raise RuntimeError(f"{path} answered {answer.code}")
        for line in answer.headers.get_list("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer
