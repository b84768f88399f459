"""Who is let in: the addresses that are ours, and the code of a class."""

from __future__ import annotations

import hmac
import secrets
import socket
import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psutil

from studio.web.connections import is_loopback

if TYPE_CHECKING:
    from tornado.web import RequestHandler

TRIES, SECONDS = 10, 60.0  # wrong codes of one address in that time
TRIES_OF_ALL = 200
LOOKED = 10.0  # seconds between two looks at which networks this machine is in


class Door:
    """The door of a studio.

    Args:
        code: of a class, "" if there is none and everybody on this machine is let in.
    """

    def __init__(self, code: str = "") -> None:
        self.code = code
        names = {socket.gethostname().lower()} if code else set()
        self._names = {"localhost", "127.0.0.1", "::1", *names, *(f"{name}.local" for name in names)}
        self._look()
        self._wrong: dict[str, deque[float]] = {}
        self._wrong_of_all: deque[float] = deque(maxlen=TRIES_OF_ALL)

    def knows_host(self, host: str) -> bool:
        """Whether a request that names this host is meant for us. Another name may lead to us by somebody's design."""
        name = host.lower().strip("[]")
        if self.code and name not in self._names and time.monotonic() - self._looked > LOOKED:
            self._look()  # the machine may have come into another network meanwhile
        return name in self._names or name in self.addresses

    def _look(self) -> None:
        self.addresses, self._looked = list(_addresses()) if self.code else [], time.monotonic()

    def is_teacher(self, request: RequestHandler) -> bool:
        """Whether it comes from the machine on which the studio runs."""
        return bool(self.code) and is_loopback(request.request.remote_ip)

    def is_open_to(self, request: RequestHandler) -> bool:
        """Whether this visitor may come in."""
        if not self.code or is_loopback(request.request.remote_ip):
            return True
        cookie = request.get_signed_cookie("studio_class")
        return cookie is not None and hmac.compare_digest(cookie, self.code.encode())

    def may_try(self, address: str) -> bool:
        """Whether another code may be tried from this address."""
        now = time.monotonic()
        full = len(self._wrong_of_all) == TRIES_OF_ALL and now - self._wrong_of_all[0] < SECONDS
        wrong = self._wrong.get(address, deque())
        return not full and not (len(wrong) == TRIES and now - wrong[0] < SECONDS)

    def is_right(self, code: str, address: str) -> bool:
        """Whether this is the code; wrong ones are counted."""
        if hmac.compare_digest("".join(code.split()).encode(), self.code.encode()):
            return True
        now = time.monotonic()
        self._wrong_of_all.append(now)
        if len(self._wrong) > TRIES_OF_ALL:
            self._wrong.clear()  # whoever has so many addresses is held up by the count of all
        self._wrong.setdefault(address, deque(maxlen=TRIES)).append(now)
        return False


def new_code() -> str:
    """Six digits."""
    return f"{secrets.randbelow(10**6):06}"


def _addresses() -> Iterator[str]:
    """The addresses of this machine in its networks, those of a home or a school first."""
    found = [
        each.address
        for name, all_of_it in psutil.net_if_addrs().items()
        for each in all_of_it
        if each.family == socket.AF_INET and psutil.net_if_stats()[name].isup
    ]
    real = [address for address in found if not is_loopback(address)]
    yield from sorted(real, key=lambda address: (not address.startswith("192.168."), not address.startswith("10.")))
