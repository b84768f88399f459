"""A job's page, what happens on it while it is painted, and what comes of it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError

from studio.desk import Desk
from studio.jobs import Job
from studio.orders import command_line
from studio.web.handler import Page
from studio.web.pages import in_words, styles_in_words, titles

QUIET = 15.0  # seconds after which an open connection says that it lives
FASTEST = 0.4  # seconds between two news
LISTENERS = 300  # open connections for news, of all visitors


def told(desk: Desk, job: Job) -> dict[str, Any]:
    """Where a job stands: for the page, and for the script that keeps it up to date."""
    place = desk.line.place(job.token)
    left = desk.left(job)
    painting = f"Painting: {round(100 * job.done)} %, {in_words(left)} left" if job.step else "The brushes are wet"
    words = {
        "waiting": f"Number {place} in the queue, {in_words(left)}" if place else "It begins now",
        "painting": painting,
        "done": "Your picture is finished",
        "failed": job.sentence,
        "cancelled": "This picture was cancelled",
        "lost": "The studio was started again while this picture was being made, and it is lost",
    }[job.state]
    return {
        "state": job.state, "place": place, "percent": round(100 * job.done), "words": words,
        "spoken": _spoken(job, words),
        "step": job.step, "picture": job.version if job.picture else 0,
    }  # fmt: skip


def _spoken(job: Job, words: str) -> str:
    """What is read aloud: a new sentence at each quarter, and not at each step."""
    if job.state == "painting":
        quarter = int(4 * job.done) * 25
        return f"Painting: {quarter} percent" if quarter else "Painting has begun"
    return words


class JobPage(Page):
    """The page."""

    def get(self, token: str) -> None:
        """Shows the job as it is now; without the script, the browser loads it again until that is switched off."""
        job = self.job(token)
        line = command_line(job.photo, job.styles, job.manner)
        self.show("job.html", job=job, now=told(self.desk, job), styles=styles_in_words(job.styles), line=line,
                  titles=titles(), here=self.desk.source(job.photo) is not None,
                  own=job.visitor == self.visitor, still=bool(self.one("still")))  # fmt: skip


class Events(Page):
    """News of a job, as Server-Sent Events. Every one tells all there is to know, so that none can be missed."""

    _open = 0

    async def get(self, token: str) -> None:
        """Tells until the job is over, or nobody listens any more."""
        job = self.job(token)
        if Events._open >= LISTENERS:
            raise HTTPError(503)
        Events._open += 1
        try:
            self.set_header("Content-Type", "text/event-stream")
            self.write("retry: 2000\n\n")
            await self._tell(job)
        except StreamClosedError:
            pass
        finally:
            Events._open -= 1

    async def _tell(self, job: Job) -> None:
        seen = self.request.headers.get("Last-Event-ID", "")
        version = int(seen) if seen.isdecimal() and not job.over else -1
        while True:
            if await job.changed(version, QUIET):
                version = job.version
                self.write(f"id: {version}\nevent: job\ndata: {json.dumps(told(self.desk, job))}\n\n")
            else:
                self.write(": here\n\n")
            await self.flush()
            if job.over:
                return
            await asyncio.sleep(FASTEST)


class JobPicture(Page):
    """The painting as it is now."""

    def get(self, token: str) -> None:
        """A JPEG, or the finished painting."""
        job = self.job(token)
        if job.state == "done":
            self.send_file(self.desk.store.painting(token).read_bytes(), "image/png")
        elif job.picture:
            self.send_file(job.picture, "image/jpeg", "no-store")
        else:
            raise HTTPError(404)


class Result(Page):
    """The finished painting as a file."""

    def get(self, token: str) -> None:
        """A PNG, to be saved."""
        job = self.job(token)
        if job.state != "done":
            raise HTTPError(404)
        name = "-".join(("painting", *("own" if len(style) == 32 else style for style in job.styles)))
        self.set_header("Content-Disposition", f'attachment; filename="{name}.png"')
        self.send_file(self.desk.store.painting(token).read_bytes(), "image/png")


class Cancel(Page):
    """The button that ends it."""

    async def posted(self, token: str) -> None:
        """Cancels, and shows the page."""
        self.desk.cancel(self.my_job(token))
        self.redirect(f"/job/{token}", status=303)


class Hang(Page):
    """The button that puts it on the wall, or takes it down. The teacher takes down on the wall itself."""

    async def posted(self, token: str) -> None:
        """Hangs it, and shows the page."""
        self.desk.hang(self.my_job(token), bool(self.one("on")))
        self.redirect(f"/job/{token}", status=303)
