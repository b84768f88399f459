"""Paints on the machines of a Dask cluster, see `studio.engine.Engine`.

A task of Dask that runs cannot be stopped from outside. So it asks an event of Dask's, a few times a second, whether it
is still wanted; what it tells goes through a queue of Dask's.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

from course.errors import InputError
from studio import tasks
from studio.orders import Order
from studio.process import SILENCE, TaskError, answer
from studio.tasks import StoppedError

SCHEDULER_SECONDS, WORKER_SECONDS = 15.0, 10.0  # how long Dask is waited for
ASKED = 0.3  # seconds between two questions whether it is still wanted
LOOKED = 2.0  # seconds between two looks at a task that says nothing


class DaskEngine:
    """The workers of a Dask scheduler, each of which paints one order at a time. Made by `connect`."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self._unwanted: dict[str, Any] = {}
        self._cancelling: set[asyncio.Future[None]] = set()

    @property
    def slots(self) -> int:
        """As many as there are workers now."""
        return max(1, len(self.client.scheduler_info(n_workers=-1)["workers"]))

    async def paint(self, job: str, order: Order, told: Callable[[Any], None]) -> bytes:
        """See `Engine.paint`."""
        import distributed

        self._unwanted[job] = distributed.Event(f"unwanted-{job}", client=self.client)  # before anything is waited for
        queue = await distributed.Queue(f"told-{job}", client=self.client)
        future = self.client.submit(_paint, job, order, pure=False, key=f"paint-{job}-{time.monotonic_ns()}")
        try:
            heard = time.monotonic()
            while True:
                try:
                    kind, value = await queue.get(timeout=LOOKED)
                except asyncio.TimeoutError:
                    if future.status == "error":  # of Dask itself, or of a worker that cannot do it at all
                        error = type(await future.exception()).__name__
                        raise TaskError(
                            f"The machine that was at it cannot paint ({error}). Tell your teacher."
                        ) from None
                    if time.monotonic() - heard > SILENCE:
                        raise TaskError(
                            "The machine that was at it does not answer. Try it once more.", died=True
                        ) from None
                    continue
                heard = time.monotonic()
                if kind == "result":
                    painted: bytes = value
                    return painted
                if kind == "stopped":
                    raise StoppedError
                if kind == "failed":
                    raise TaskError(value)
                if value is not None:
                    told(value)
        finally:
            await self._unwanted.pop(job).set()  # also for one that nobody heard of for too long
            with contextlib.suppress(OSError, asyncio.TimeoutError):  # where its scheduler is gone
                await future.cancel(force=True)
            queue.close()

    def cancel(self, job: str) -> None:
        """See `Engine.cancel`."""
        if job in self._unwanted:
            told = asyncio.ensure_future(self._unwanted[job].set())
            self._cancelling.add(told)
            told.add_done_callback(self._cancelling.discard)

    async def close(self) -> None:
        """See `Engine.close`."""
        await asyncio.gather(*self._cancelling, return_exceptions=True)
        await self.client.close()


async def connect(address: str) -> DaskEngine:
    """An engine that paints with the workers of the scheduler at this address.

    Raises:
        InputError: if there is no Dask, no scheduler, or no worker.
    """
    try:
        import distributed
    except ModuleNotFoundError:
        raise InputError("--dask needs Dask: pip install distributed") from None
    try:
        client = await distributed.Client(address, asynchronous=True, timeout=SCHEDULER_SECONDS)
    except (OSError, ValueError) as error:
        raise InputError(
            f"there is no Dask scheduler at '{address}' ({type(error).__name__}); start one with `dask scheduler`, and "
            "give the address that it prints, tcp://host:8786"
        ) from None
    try:
        await client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except (TimeoutError, asyncio.TimeoutError):
        await client.close()
        raise InputError(
            f"the Dask scheduler at '{address}' has no workers; start some, on machines that have this course: "
            f"dask worker {address}"
        ) from None
    return DaskEngine(client)


# --- on a worker ------------------------------------------------------------------------------------------------------

# A worker of Dask may have several threads, which would only take the processor from each other.
_one_at_a_time = threading.Lock()


class _Line:
    """See `studio.tasks.Line`."""

    def __init__(self, job: str) -> None:
        import distributed

        self.queue = distributed.Queue(f"told-{job}")
        self.unwanted = distributed.Event(f"unwanted-{job}")
        self._asked = 0.0

    def goes_on(self) -> None:
        now = time.monotonic()
        if now - self._asked > ASKED:
            self._asked = now
            if self.unwanted.is_set():
                raise StoppedError
            self.queue.put(("beat", None))

    def tell(self, news: Any) -> None:
        self.queue.put(("told", news))


def _paint(job: str, order: Order) -> None:
    line = _Line(job)
    try:
        while not _one_at_a_time.acquire(timeout=ASKED):
            line.goes_on()
    except StoppedError:
        line.queue.put(("stopped", None))
        return
    try:
        line.queue.put(answer(tasks.paint, order, line))
    finally:
        _one_at_a_time.release()
