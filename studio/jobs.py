"""A job: one order of one visitor, from the line of those who wait to a picture. Its token is its address."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from studio.orders import Manner

# waiting -> painting -> done | failed | cancelled; "lost" if the studio was ended while it waited or was painted.
State = Literal["waiting", "painting", "done", "failed", "cancelled", "lost"]
OVER = ("done", "failed", "cancelled", "lost")


@dataclass
class Job:
    """A job, and how far it is.

    Attributes:
        token: its address, 128 random bits in hexadecimal.
        visitor: whose it is.
        photo: a name of the gallery, or the token of a picture that was sent.
        styles: the same, one to four.
        manner: how it is painted.
        state: where it stands.
        made: when it was ordered, in seconds since 1970.
        ended: when it was over.
        seconds: for how long it was painted.
        sentence: why it failed.
        wall: the name of its picture on the class's wall, "" if it does not hang there. It tells nothing of the token.
        done: part of the work, 0 to 1.
        step: number of the latest step.
        of: how many there will be.
        picture: the painting as it is now, a JPEG; empty before there is one.
        version: changes whenever something here does.
    """

    token: str
    visitor: str
    photo: str
    styles: tuple[str, ...]
    manner: Manner
    state: State = "waiting"
    made: float = field(default_factory=time.time)
    ended: float = 0.0
    seconds: float = 0.0
    sentence: str = ""
    wall: str = ""
    done: float = 0.0
    step: int = 0
    of: int = 0
    picture: bytes = b""
    version: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in OVER

    def change(self, **values: Any) -> None:
        """Sets attributes, and wakes those who wait for news."""
        for name, value in values.items():
            setattr(self, name, value)
        self.news()

    def news(self) -> None:
        """Wakes those who wait for news: the place in the line has changed, for instance."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed(self, since: int, timeout: float) -> bool:
        """Waits until the version is another than `since`; whether it is, within that many seconds."""
        if self.version != since:
            return True
        try:
            await asyncio.wait_for(self._changed.wait(), timeout)
        except asyncio.TimeoutError:
            return False
        return True

    def record(self) -> dict[str, Any]:
        """What is kept of it on disk, in plain values."""
        names = ("token", "visitor", "photo", "styles", "state", "made", "ended", "seconds", "sentence", "wall")
        return {name: getattr(self, name) for name in names} | {"manner": dataclasses.asdict(self.manner)}


def from_record(record: dict[str, Any]) -> Job:
    """A job as a studio that has ended left it.

    Raises:
        TypeError: if it is no such record; KeyError likewise.
    """
    return Job(**{**record, "styles": tuple(record["styles"]), "manner": Manner(**record["manner"])})
