"""The way through the studio: a style, a photo, a look at it, and the order."""

from __future__ import annotations

from tornado.web import HTTPError

from studio.choice import ChoiceError, is_token, pick_style, spoken
from studio.desk import BusyError
from studio.orders import EFFORTS, SIZES, STRENGTHS, Manner, OrderError, manner
from studio.uploads import MOST_BYTES, UploadError
from studio.web.handler import Page


class Home(Page):
    """The styles. Its form may bring a style of one's own along."""

    most_bytes = MOST_BYTES

    def get(self) -> None:
        """Shows them; whoever has sent a photo already, and comes back for another style, keeps it."""
        self._show(chosen=self.get_query_arguments("style"))

    async def posted(self) -> None:
        """Decides which was chosen, and leads on; or says beside the field what is wrong."""
        self.chosen = self.get_arguments("style")
        if content := self.file("own"):
            self.chosen.append(await self.take_picture(content))
        try:
            styles = pick_style(self.chosen, known_styles(self, self.chosen), bool(self.one("mix")))
        except ChoiceError as error:
            status = 400 if error.unknown else 422
            self._show(status, sentence=str(error), chosen=self.chosen, mixable=error.mixable)
            return
        photo = self.one("photo")
        self.redirect(address("/sketch" if self.desk.source(photo) else "/photo", styles, photo), status=303)

    def complain(self, error: UploadError | OrderError | BusyError) -> None:
        """Shows the page again, with what is wrong with a style of one's own."""
        status, sentence = self.status_of(error)
        self._show(status, own_sentence=sentence, chosen=getattr(self, "chosen", []))

    def _show(self, status: int = 200, sentence: str = "", own_sentence: str = "", chosen: list[str] | None = None,
              mixable: bool = False) -> None:  # fmt: skip
        own = [name for name in chosen or () if is_token(name) and self.desk.source(name)]
        photo = self.one("photo")
        photo = photo if self.desk.source(photo) and photo not in self.desk.styles else ""
        self.show("home.html", status, sentence=sentence, own_sentence=own_sentence, chosen=chosen or [], own=own,
                  mixable=mixable, photo=photo, titles=titles())  # fmt: skip


class Photo(Page):
    """The photo: from the camera, a file, or the gallery."""

    most_bytes = MOST_BYTES

    def get(self) -> None:
        """Shows the ways to give one."""
        self._show()

    async def posted(self) -> None:
        """Takes one, and leads on."""
        self._styles()
        if name := self.one("gallery"):
            if name not in self.desk.photos:
                raise OrderError("There is no such photo in the gallery. Choose one of these.")
        else:
            name = await self.take_picture(self.file("camera") or self.file("photo"))
        self.redirect(address("/sketch", self._styles(), name), status=303)

    def complain(self, error: UploadError | OrderError | BusyError) -> None:
        """Shows the page again, with the sentence beside the field."""
        status, sentence = self.status_of(error)
        self._show(status, sentence)

    def _styles(self) -> tuple[str, ...]:
        """From the address, which is there even if the form is too large to be read."""
        return chosen_styles(self, self.get_query_arguments("style"))

    def _show(self, status: int = 200, sentence: str = "") -> None:
        styles = self._styles()
        self.show("photo.html", status, styles=styles, sentence=sentence, titles=titles(),
                  here=address("/photo", styles))  # fmt: skip


class Sketch(Page):
    """A look at what it may become, and how it is to be painted."""

    def get(self) -> None:
        """Shows the photo in all styles, if there is a painter for that, and the settings."""
        styles = chosen_styles(self, self.get_query_arguments("style"))
        photo = self.one("photo")
        if not self.desk.source(photo) or photo in self.desk.styles:
            self.redirect(address("/photo", styles), status=303)
            return
        show_sketch(self, photo, styles, Manner())


class NewJob(Page):
    """The order."""

    async def posted(self) -> None:
        """Takes it, and leads to its job."""
        styles = chosen_styles(self, self.get_arguments("style"))
        photo = self.one("photo")
        names = ("effort", "strength", "size", "keep_colours")
        how = manner({name: self.one(name) for name in names if name in self.request.arguments})
        try:
            job = self.desk.order(self.visitor, photo, styles, how)
        except BusyError as error:
            status, sentence = self.status_of(error)
            show_sketch(self, photo, styles, how, status, sentence, error.job)
            return
        self.redirect(f"/job/{job.token}", status=303)


def show_sketch(page: Page, photo: str, styles: tuple[str, ...], how: Manner, status: int = 200, sentence: str = "",
                job: str = "") -> None:  # fmt: skip
    """The page with the settings; `job` is the visitor's own, if it is in the way."""
    times = {
        (effort, size): in_words(page.desk.expected(Manner(effort, size=size))) for effort in EFFORTS for size in SIZES
    }
    page.show("sketch.html", status, photo=photo, styles=styles, how=how, sentence=sentence, job=job, titles=titles(),
              sizes=SIZES, strengths=list(STRENGTHS), times=times)  # fmt: skip


def known_styles(page: Page, names: list[str]) -> set[str]:
    """The styles of the gallery, and those of these names that were sent and are still here."""
    return {*page.desk.styles, *(name for name in names if is_token(name) and page.desk.source(name))}


def chosen_styles(page: Page, names: list[str]) -> tuple[str, ...]:
    """The styles that an address or a form carries on from the first page.

    Raises:
        HTTPError: 400 for none, too many, or an unknown one.
    """
    try:
        return pick_style(names, known_styles(page, names), mix=True)
    except ChoiceError as error:
        raise HTTPError(400, str(error)) from None


def address(path: str, styles: tuple[str, ...], photo: str = "") -> str:
    """The address of a page with what was chosen. Names are letters, digits and underscores."""
    fields = [f"style={style}" for style in styles] + ([f"photo={photo}"] if photo else [])
    return f"{path}?{'&'.join(fields)}"


def titles() -> dict[str, str]:
    """What each picture of the gallery shows, by its name."""
    from course import gallery

    return {picture.name: picture.title for picture in gallery.pictures()}


def in_words(seconds: float) -> str:
    """A time that somebody waits.

    >>> in_words(3), in_words(40), in_words(100)
    ('a few seconds', 'about 40 seconds', 'about 2 minutes')
    """
    if seconds < 8:
        return "a few seconds"
    if seconds < 55:
        return f"about {max(10, round(seconds / 10) * 10)} seconds"
    minutes = max(1, round(seconds / 60))
    return f"about {minutes} minute{'s' * (minutes != 1)}"


def styles_in_words(styles: tuple[str, ...]) -> str:
    """Names of styles in a sentence."""
    names = [spoken(style) for style in styles]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
