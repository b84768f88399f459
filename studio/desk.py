"""The desk: takes pictures and orders, keeps the line, has the engine paint, and knows where each job stands."""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from statistics import median
from typing import Any

from course import gallery
from studio import orders, tasks
from studio.choice import is_token
from studio.engine import Engine
from studio.jobs import Job
from studio.orders import Effort, Manner, Order, OrderError, Source
from studio.process import Process, Task, TaskError
from studio.store import Store
from studio.tasks import Sent, StoppedError
from studio.uploads import MOST_BYTES, UploadError, kind_of
from studio.waiting import FullError, WaitingLine

MOST_PICTURES = 400  # that were sent, of all visitors: some 150 MB. Half of them may come from one address
MOST_JOBS = 2000  # that are remembered
SHEETS = 60  # previews that are kept, of as many photos
TRIES = 2  # of a job whose process has died, which may not have been its fault
REMEMBERED = 9  # times that a painting took, of each kind
# Seconds of a painting before any was measured here, by effort, for 256 pixels.
GUESSES = {"quick": 6.0, "properly": 40.0}


class BusyError(Exception):
    """No more can be taken now. The message is a sentence for the page; `job` is the visitor's own, if that is why."""

    def __init__(self, sentence: str, job: str = "") -> None:
        super().__init__(sentence)
        self.job = job


class Desk:
    """The state of a studio.

    Args:
        store: where pictures and paintings are kept.
        engine: who paints.
        reader: the process that opens what was sent, and paints previews.
        minutes_kept: how long all of it is kept.

    Attributes:
        jobs: by token.
        lost: how many of them an earlier studio on this folder has left unfinished, and no start before has told of.
    """

    def __init__(self, store: Store, engine: Engine, reader: Process, minutes_kept: float) -> None:
        self.store, self.engine, self.reader = store, engine, reader
        self.minutes_kept = minutes_kept
        self.styles = gallery.names("style")
        self.photos = gallery.names("photo")
        self.jobs: dict[str, Job] = {job.token: job for job in store.jobs()}
        self.lost = 0
        self.line = WaitingLine()
        self._sheets: OrderedDict[str, _Sheet] = OrderedDict()
        self._times: dict[tuple[Effort, int], deque[float]] = {}
        self._painting: set[asyncio.Task[None]] = set()
        self._one_sheet = asyncio.Lock()
        self._sent: dict[str, list[str]] = {}
        self._voted: set[tuple[str, frozenset[str]]] = set()
        for job in self.jobs.values():
            painted = store.painting(job.token).is_file()
            if job.over and (job.state != "done" or painted):
                continue
            job.state, job.ended = "done" if painted else "lost", time.time()  # it was finished, and not noted any more
            store.keep(job)
            self.lost += not painted

    # --- pictures -----------------------------------------------------------------------------------------------------

    async def take_picture(self, content: bytes, sender: str) -> str:
        """Opens and keeps a picture that was sent; its token.

        Args:
            content: the file.
            sender: the address that it comes from.

        Raises:
            UploadError: if it cannot be painted from.
            BusyError: if there are too many.
        """
        mine = self._sent[sender] = [token for token in self._sent.get(sender, ()) if self.store.picture(token)]
        if self.store.pictures() >= MOST_PICTURES or len(mine) >= MOST_PICTURES // 2:
            raise BusyError("The studio has no room for more pictures just now. Try again in a few minutes.")
        if len(content) <= MOST_BYTES:
            kind_of(content)  # what is plainly no picture need not wait for the reader
        try:
            sent: Sent = await self._read(tasks.read_upload, content)
        except TaskError as error:
            raise UploadError("This picture cannot be read. Send another one, or a screenshot of it.") from error
        mine.append(self.store.add_picture(sent))
        return mine[-1]

    def source(self, name: str) -> Source | None:
        """The picture that has this name in the gallery, or this token among those that were sent; None if none has."""
        if is_token(name):
            path = self.store.picture(name)
            return path.read_bytes() if path else None
        return name if name in self.styles or name in self.photos else None

    def _sources(self, photo: str, styles: tuple[str, ...]) -> tuple[Source, tuple[Source, ...]]:
        """What an order is painted from.

        Raises:
            OrderError: for pictures that are not there.
        """
        found = self.source(photo)
        if found is None or photo in self.styles:
            raise OrderError("The photo is not here any more. Send it again.")
        theirs = tuple(source for style in styles if (source := self.source(style)) is not None)
        if len(theirs) < len(styles) or any(style in self.photos for style in styles):
            raise OrderError("The style is not here any more. Choose one again.")
        return found, theirs

    async def preview(self, photo: str, style: str) -> bytes | None:
        """A photo as the quick painter paints it, a JPEG; None if there is no such thing."""
        if style not in self.styles or (source := self.source(photo)) is None:
            return None
        if photo not in self._sheets or self._sheets[photo].failed:
            self._sheets[photo] = _Sheet(self._read_sheet, source)
            while len(self._sheets) > SHEETS:
                self._sheets.popitem(last=False)
        return await self._sheets[photo].of(style)

    async def _read(self, task: Task, given: Any, told: Callable[[Any], None] | None = None) -> Any:
        """What the reader makes of it; a reader that dies is given it once more, for it may not have been its fault."""
        try:
            return await self.reader.do(task, given, told)
        except TaskError as error:
            if not error.died:
                raise
            return await self.reader.do(task, given, told)

    async def _read_sheet(self, photo: Source, told: Callable[[Any], None]) -> Any:
        """One sheet at a time is in the reader's line: a photo that is sent waits for one of them, and not for all."""
        async with self._one_sheet:
            return await self._read(tasks.preview, photo, told)

    # --- jobs ---------------------------------------------------------------------------------------------------------

    def order(self, visitor: str, photo: str, styles: tuple[str, ...], manner: Manner) -> Job:
        """Takes an order.

        Raises:
            OrderError: for pictures that are not there.
            BusyError: if the line is full, or this visitor has a job already.
        """
        orders.check(styles)
        self._sources(photo, styles)
        if mine := next((job for job in self.jobs.values() if job.visitor == visitor and not job.over), None):
            raise BusyError("One picture at a time: your other one is not finished yet.", mine.token)
        if len(self.jobs) >= MOST_JOBS:
            raise BusyError("The studio has taken as many orders as it can remember. Try again in a few minutes.")
        job = Job(secrets.token_hex(16), visitor, photo, styles, manner)
        try:
            self.line.join(job.token, visitor)
        except FullError:
            raise BusyError(
                f"{len(self.line)} pictures are waiting to be painted, and that is as many as there may be. "
                "Try again in a minute: your photo stays here."
            ) from None
        self.jobs[job.token] = job
        self.store.keep(job)
        self._begin_next()
        return job

    def cancel(self, job: Job) -> None:
        """Ends a job, whether it waits or is being painted."""
        if job.over:
            return
        if self.line.leave(job.token):
            self._tell_line()
        self.engine.cancel(job.token)
        self._end(job, "cancelled")

    def left(self, job: Job) -> float:
        """About how many seconds it takes until a job is done."""
        painting = [other for other in self.jobs.values() if other.state == "painting"]
        if job.state == "painting":
            return self._remaining(job)
        if job.state != "waiting":
            return 0.0
        before = sum(map(self._remaining, painting))
        for token in self.line:
            if token == job.token:
                break
            before += self._expected(self.jobs[token])
        return before / self.engine.slots + self._expected(job)

    def hang(self, job: Job, on_wall: bool) -> None:
        """Puts a finished painting on the wall, or takes it down."""
        if job.state == "done":
            job.change(wall=(job.wall or secrets.token_hex(8)) if on_wall else "")
            self.store.keep(job)

    @property
    def wall(self) -> list[Job]:
        """The jobs whose paintings hang on the wall, the newest first."""
        return sorted((job for job in self.jobs.values() if job.wall), key=lambda job: -job.ended)

    def expire(self) -> None:
        """Removes what was kept long enough."""
        late = time.time() - 60 * self.minutes_kept
        for token, job in list(self.jobs.items()):
            if job.over and job.ended < late:
                self.store.forget(job)
                del self.jobs[token]
        needed = {name for job in self.jobs.values() if not job.over for name in (job.photo, *job.styles)}
        self.store.expire(60 * self.minutes_kept, needed)

    async def close(self) -> None:
        """Ends what is being painted."""
        for job in list(self.jobs.values()):
            self.cancel(job)
        await self.engine.close()
        self.reader.close()

    def expected(self, manner: Manner) -> float:
        """About how many seconds a painting of this kind takes: measured, or guessed from what others took."""
        if known := self._times.get((manner.effort, manner.size)):
            return median(known)
        slower = [median(times) / _guess(*kind) for kind, times in self._times.items()]
        return _guess(manner.effort, manner.size) * (median(slower) if slower else 1.0)

    def _expected(self, job: Job) -> float:
        return self.expected(job.manner)

    def _remaining(self, job: Job) -> float:
        """Seconds that are left of a painting: at first as others took, from a quarter on as this one itself does."""
        left = self._expected(job) * (1 - job.done)
        own = min(1.0, 4 * job.done)
        if own == 0:
            return left
        pace = (time.monotonic() - job.begun) / job.done
        return (1 - own) * left + own * pace * (1 - job.done)

    def _begin_next(self) -> None:
        """As many jobs as the engine can paint side by side are begun."""
        while len(self._painting) < self.engine.slots and (token := self.line.next()) is not None:
            task = asyncio.ensure_future(self._paint(self.jobs[token]))
            self._painting.add(task)
            task.add_done_callback(self._finished)
        self._tell_line()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._painting.discard(task)
        self._begin_next()
        if not task.cancelled() and (error := task.exception()) is not None:
            print(f"course studio: a job was given up: {error!r}", file=sys.stderr, flush=True)

    def _tell_line(self) -> None:
        for token in self.line:
            self.jobs[token].news()

    async def _paint(self, job: Job) -> None:
        if job.over:  # it was cancelled between its turn and now
            return
        try:
            await self._paint_now(job)
        except StoppedError:
            self._end(job, "cancelled")
        except (TaskError, OrderError) as error:
            self._end(job, "failed", sentence=str(error))
        except OSError:
            self._end(job, "failed", sentence="The studio cannot write your picture down. Tell your teacher, please.")
            raise
        except BaseException:
            self._end(job, "failed", sentence="Something went wrong inside. Try it once more.")
            raise

    async def _paint_now(self, job: Job) -> None:
        order = Order(*self._sources(job.photo, job.styles), job.manner)
        began = time.monotonic()
        job.change(state="painting", begun=began)
        self.store.keep(job)
        painting = await self._painted(job, order)
        if job.over:  # it was cancelled in its last moment
            return
        seconds = time.monotonic() - began
        self._times.setdefault((job.manner.effort, job.manner.size), deque(maxlen=REMEMBERED)).append(seconds)
        self.store.keep_painting(job.token, painting)
        self._end(job, "done", seconds=seconds, done=1.0)

    async def _painted(self, job: Job, order: Order) -> bytes:
        def told(progress: Any) -> None:
            if job.state == "painting":
                job.change(done=progress.done, step=progress.step, of=progress.of, picture=progress.picture)

        for attempt in range(1, TRIES + 1):
            try:
                return await self.engine.paint(job.token, order, told)
            except TaskError as error:
                if not error.died or attempt == TRIES or job.over:
                    raise
                job.change(done=0.0, step=0, begun=time.monotonic())
        raise AssertionError

    def _end(self, job: Job, state: str, **values: Any) -> None:
        if not job.over:
            job.change(**({"state": state, "ended": time.time(), "picture": b""} | values))
            self.store.keep(job)

    def vote(self, visitor: str, left: Job, right: Job) -> bool:
        """Whether this visitor's answer to this pair counts: the first one does."""
        pair = visitor, frozenset((left.token, right.token))
        if pair in self._voted:
            return False
        self._voted.add(pair)
        return True


def _guess(effort: Effort, size: int) -> float:
    """Seconds of a painting on a usual laptop."""
    return GUESSES[effort] * (size / orders.SIZES[0]) ** 2


ReadSheet = Callable[[Source, Callable[[Any], None]], Awaitable[Any]]


class _Sheet:
    """One photo in all styles, each there as soon as it is painted."""

    def __init__(self, read: ReadSheet, photo: Source) -> None:
        self._found: dict[str, bytes] = {}
        self._changed = asyncio.Event()
        self.failed = False
        self._task = asyncio.ensure_future(self._paint(read, photo))

    async def of(self, style: str) -> bytes | None:
        while style not in self._found and not self._task.done():
            changed = asyncio.ensure_future(self._changed.wait())
            await asyncio.wait([changed, self._task], return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
        return self._found.get(style)

    async def _paint(self, read: ReadSheet, photo: Source) -> None:
        def told(news: tuple[str, bytes]) -> None:
            self._found[news[0]] = news[1]
            self._changed.set()
            self._changed = asyncio.Event()

        try:
            sheet: Mapping[str, bytes] = await read(photo, told)
            self._found |= sheet
        except StoppedError:  # the studio closes
            self.failed = True
        except TaskError as error:
            self.failed = True
            print(f"course studio: no previews: {error}", file=sys.stderr, flush=True)
