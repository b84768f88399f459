"""Pages and pictures for everybody: the gallery's pictures, previews, the wall, votes, and the way in."""

from __future__ import annotations

import io
import itertools
import random
import time
from functools import cache

from tornado.web import HTTPError

from course import gallery
from course.decoding import open_picture, to_rgb
from studio.choice import is_token
from studio.jobs import Job
from studio.orders import NotYoursError
from studio.web.handler import A_JOB, Page

TILE = 400  # longer side of the gallery's pictures on the pages, in pixels
ANSWERS = ("left", "right", "equal")


@cache
def tile(name: str) -> bytes:
    """A picture of the gallery for the pages, a JPEG. These are our own, so they may be opened here."""
    picture = to_rgb(open_picture(gallery.find(name).path, lambda height, width: TILE), name)
    picture.thumbnail((TILE, TILE))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=82)
    return file.getvalue()


class Tile(Page):
    """A picture of the gallery."""

    def get(self, name: str) -> None:
        """A JPEG."""
        if name not in (*self.desk.styles, *self.desk.photos):
            raise HTTPError(404)
        self.send_file(tile(name), "image/jpeg", "private, max-age=86400")


class SentPicture(Page):
    """A picture that was sent, for whoever knows its address."""

    def get(self, token: str) -> None:
        """A JPEG."""
        source = self.desk.source(token)
        if not isinstance(source, bytes):
            raise HTTPError(404)
        self.send_file(source, "image/jpeg")


class Preview(Page):
    """A photo in one style, by the quick painter."""

    async def get(self, photo: str, style: str) -> None:
        """A JPEG, as soon as it is painted."""
        picture = await self.desk.preview(photo, style)
        if picture is None:
            raise HTTPError(404)
        self.send_file(picture, "image/jpeg")


class Wall(Page):
    """The pictures that their painters have put on the wall."""

    def get(self) -> None:
        """Shows them."""
        self.show("wall.html", wall=self.desk.wall)

    async def posted(self) -> None:
        """Takes one down, if it is the teacher who asks."""
        job = _hanging(self, self.one("picture"))
        if not self.door.is_teacher(self):
            raise NotYoursError("Only the teacher takes down what others have hung, on the machine of the studio.")
        self.desk.hang(job, False)
        self.redirect("/wall", status=303)


class WallPicture(Page):
    """A picture on the wall."""

    def get(self, name: str) -> None:
        """A PNG."""
        job = _hanging(self, name)
        self.send_file(self.desk.store.painting(job.token).read_bytes(), "image/png", "private, max-age=60")


class Vote(Page):
    """Two pictures from the wall with one photo and one style, painted in different manners: which is better?"""

    def get(self) -> None:
        """Shows a pair."""
        pairs = _pairs(self.desk.wall)
        pair = random.choice(pairs) if pairs else None
        self.show("vote.html", pair=random.sample(pair, 2) if pair else None, thanks=bool(self.one("thanks")))

    async def posted(self) -> None:
        """Writes the answer down."""
        left, right = (_hanging(self, self.one(side)) for side in ("left", "right"))
        if (answer := self.one("answer")) not in ANSWERS or not _are_a_pair(left, right):
            raise HTTPError(400)
        if not self.desk.vote(self.visitor, left, right):
            self.redirect("/vote?thanks=yes", status=303)
            return
        manners = [f"{job.manner.effort} {job.manner.size} beta {job.manner.beta:g}" for job in (left, right)]
        photo = "own" if is_token(left.photo) else left.photo
        styles = " ".join("own" if is_token(style) else style for style in left.styles)
        self.desk.store.add_vote([f"{time.time():.0f}", photo, styles, *manners, answer])
        self.redirect("/vote?thanks=yes", status=303)


class Enter(Page):
    """Where the code of the class is asked for."""

    open_to_all = True

    def get(self) -> None:
        """Shows the form; a code in the address, as from a QR code, is tried at once."""
        if self.door.is_open_to(self):
            self.redirect(self._next)
        elif code := self.one("code"):
            self._try(code)
        else:
            self._show("")

    async def posted(self) -> None:
        """Tries the code."""
        self._try(self.one("code"))

    @property
    def _next(self) -> str:
        """Where somebody wanted to go who was asked for the code first: to a job, or to the beginning."""
        path = self.one("next")
        return path if A_JOB.fullmatch(path) else "/"

    def _show(self, sentence: str, status: int = 200) -> None:
        self.show("enter.html", status, sentence=sentence, next=self._next.removesuffix("/"))

    def _try(self, code: str) -> None:
        address = self.request.remote_ip or ""
        if not self.door.may_try(address):
            self.set_header("Retry-After", "60")
            self._show("Too many wrong codes. Wait a minute, then try again.", 429)
        elif self.door.is_right(code, address):
            self.set_signed_cookie("studio_class", self.door.code, expires_days=1, httponly=True, samesite="Lax")
            self.redirect(self._next, status=303)
        else:
            self._show("This is not the code. It has six digits, and your teacher shows it.", 403)


class Class(Page):
    """For the projector: address, code and QR. Only the machine of the studio shows it."""

    def get(self) -> None:
        """Shows them."""
        if not self.door.is_teacher(self):
            raise HTTPError(404)
        self.show("class.html", address=class_address(self), waiting=len(self.desk.line))


class ClassCode(Page):
    """The QR code."""

    def get(self) -> None:
        """An SVG."""
        if not self.door.is_teacher(self):
            raise HTTPError(404)
        import segno

        file = io.BytesIO()
        code = segno.make(f"{class_address(self)}/enter?code={self.door.code}", error="m")
        code.save(file, kind="svg", scale=10, border=2, light="#fff", dark="#1d1a16")
        self.send_file(file.getvalue(), "image/svg+xml", "no-store")


class Health(Page):
    """Whether it is alive."""

    open_to_all = True

    def get(self) -> None:
        """Says so."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("well\n")


def class_address(page: Page) -> str:
    """The address of the studio in the network of the class."""
    host = page.door.addresses[0] if page.door.addresses else "127.0.0.1"
    return f"http://{host}:{page.settings['port']}"


def _hanging(page: Page, name: str) -> Job:
    """The job whose picture hangs on the wall under this name."""
    job = next((job for job in page.desk.jobs.values() if name and job.wall == name), None)
    if job is None:
        raise HTTPError(404)
    return job


def _pairs(wall: list[Job]) -> list[tuple[Job, Job]]:
    return [pair for pair in itertools.combinations(wall, 2) if _are_a_pair(*pair)]


def _are_a_pair(one: Job, other: Job) -> bool:
    return (one.photo, one.styles) == (other.photo, other.styles) and one.manner != other.manner
