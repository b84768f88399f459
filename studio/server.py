"""Starts a studio, and ends it: engine, desk and pages put together."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
from pathlib import Path

import segno
from tornado.netutil import bind_sockets
from tornado.web import Application, StaticFileHandler

from course.cli.command import say
from course.errors import InputError
from course.files import free_name, given_path, shown, write_atomically
from studio import tasks
from studio.desk import Desk
from studio.engine import Engine, LocalEngine
from studio.process import Process
from studio.store import Store, usual_folder
from studio.web import job_pages, pages, shared
from studio.web.connections import Server
from studio.web.door import Door, new_code
from studio.web.handler import HEADERS, HERE, Missing, sentence_of

SWEPT = 20.0  # seconds between two looks at what is to be removed
BODY_SECONDS, IDLE_SECONDS = 180.0, 60.0  # for what is sent, and for a connection on which nothing is asked
TOKEN, NAME = "([0-9a-f]{32})", "([a-z0-9_]{1,40})"


class Static(StaticFileHandler):
    """Style sheet, script and icon."""

    def set_default_headers(self) -> None:
        """Called by Tornado, for errors as well."""
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.set_header("Cache-Control", "no-cache")

    def write_error(self, status_code: int, **_: object) -> None:
        """Called by Tornado for exceptions."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{sentence_of(status_code)}\n")


def application(desk: Desk, door: Door, port: int) -> Application:
    """The pages."""
    given = {"desk": desk, "door": door}
    routes = [
        ("/", pages.Home), ("/style", pages.Home), ("/photo", pages.Photo),
        ("/sketch", pages.Sketch), ("/job", pages.NewJob),
        (f"/job/{TOKEN}", job_pages.JobPage), (f"/job/{TOKEN}/events", job_pages.Events),
        (f"/job/{TOKEN}/picture", job_pages.JobPicture), (f"/job/{TOKEN}/result.png", job_pages.Result),
        (f"/job/{TOKEN}/cancel", job_pages.Cancel), (f"/job/{TOKEN}/wall", job_pages.Hang),
        (f"/gallery/{NAME}.jpg", shared.Tile), (f"/picture/{TOKEN}.jpg", shared.SentPicture),
        (f"/sketch/{NAME}/{NAME}.jpg", shared.Preview),
        ("/wall", shared.Wall), ("/wall/([0-9a-f]{16}).png", shared.WallPicture), ("/vote", shared.Vote),
        ("/enter", shared.Enter), ("/class", shared.Class), ("/class.svg", shared.ClassCode),
        ("/healthz", shared.Health),
    ]  # fmt: skip
    return Application(
        [
            *((path, handler, given) for path, handler in routes),
            ("/static/([a-z]+\\.[a-z]+)", Static, {"path": str(HERE / "static")}),
        ],
        default_handler_class=Missing, default_handler_args=given, cookie_secret=desk.store.secret,
        xsrf_cookies=True, xsrf_cookie_name="studio_xsrf",
        xsrf_cookie_kwargs={"httponly": True, "samesite": "Lax"}, port=port,
    )  # fmt: skip


async def serve(options: argparse.Namespace) -> None:
    """Runs a studio until it is told to end.

    Raises:
        InputError: if it cannot be started with these options.
    """
    ending = asyncio.Event()
    _end_on_signals(ending)
    whole_class = bool(options.whole_class)
    try:
        sockets = bind_sockets(options.port, "" if whole_class else "127.0.0.1")
    except OSError as error:
        raise InputError(
            f"port {options.port} cannot be used ({error.strerror or error}); choose another one with --port"
        ) from error
    port = sockets[0].getsockname()[1]
    store = Store(given_path(options.folder) if options.folder else usual_folder(port))
    engine = await _engine(options.dask)
    desk = Desk(store, engine, Process(threads=1), options.minutes_kept)
    door = Door(store.code(new_code()) if whole_class else "")
    server = Server(application(desk, door, port), max_body_size=2**20, body_timeout=BODY_SECONDS,
                        idle_connection_timeout=IDLE_SECONDS)  # fmt: skip
    server.add_sockets(sockets)
    _announce(door, port, desk)
    processes = [desk.reader]
    if isinstance(engine, LocalEngine):
        processes.append(engine.process)
    warming = [asyncio.ensure_future(process.do(tasks.warm, None)) for process in processes]
    sweeping = asyncio.ensure_future(_sweep(desk))
    try:
        await ending.wait()
    finally:
        server.stop()
        sweeping.cancel()
        await desk.close()
        await asyncio.gather(*warming, sweeping, return_exceptions=True)
        await server.close_all_connections()
        clear_away(store)


def run(options: argparse.Namespace) -> int:
    """``course studio``."""
    logging.getLogger("tornado.access").setLevel(logging.ERROR)
    logging.getLogger("tornado.general").setLevel(logging.ERROR)  # what visitors send wrong is told to them
    asyncio.run(serve(options))
    return 0


def painter_threads() -> int:
    """Of torch, in the process that paints: one core is left for the rest, as in `course.live.worker`."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1)


async def _engine(dask: str) -> Engine:
    if not dask:
        return LocalEngine(Process(painter_threads(), yielding=True))  # pages and first looks are waited for
    from studio.dask_engine import connect

    return await connect(dask)


def clear_away(store: Store) -> None:
    """Removes what the studio has kept, but for the votes."""
    try:
        kept = keep_votes(store)
    except (OSError, InputError) as error:
        kept = store.votes
        say(f"The votes cannot be copied into this folder, and stay where they are: {error}.")
    store.remove(but=kept)
    say("The studio is closed, and its pictures are removed.")
    if kept:
        say(f"How the class has voted is in {shown(kept)}.")


def keep_votes(store: Store) -> Path | None:
    """Copies the votes to where the studio was started, beside those of other days."""
    if not store.votes.is_file():
        return None
    kept = free_name(Path("votes.csv"))
    write_atomically(kept, store.votes.read_bytes())
    return kept


async def _sweep(desk: Desk) -> None:
    while True:
        try:
            desk.expire()
        except OSError as error:
            say(f"A picture could not be removed ({error.strerror or error}). It is tried again.")
        await asyncio.sleep(SWEPT)


def _announce(door: Door, port: int, desk: Desk) -> None:
    here = f"http://127.0.0.1:{port}"
    if door.code:
        host = door.addresses[0] if door.addresses else "127.0.0.1"
        address = f"http://{host}:{port}"
        say(f"The studio is open to your network:\n\n  address  {address}\n  code     {door.code}\n")
        with contextlib.suppress(UnicodeEncodeError):  # a terminal without these letters has the code in digits
            segno.make(f"{address}/enter?code={door.code}").terminal(compact=True)
        say(f"\nFor the projector: {here}/class (on this machine only)")
    else:
        say(f"The studio is open on this machine: {here}")
    if desk.lost:
        words = "1 of its pictures is" if desk.lost == 1 else f"{desk.lost} of its pictures are"
        say(f"An earlier studio was ended before it was through: {words} lost.")
    say("Ctrl-C closes it, and removes all pictures.")


def _end_on_signals(ending: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            with contextlib.suppress(NotImplementedError):  # Windows: there Ctrl-C raises KeyboardInterrupt
                loop.add_signal_handler(number, ending.set)
