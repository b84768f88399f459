"""Connections are bounded: each costs an open file, and a phone that opens thousands must not shut out the others."""

from __future__ import annotations

import ipaddress
from collections import Counter
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream

MOST = 1000  # connections at the same time
EACH = 120  # of one address. A browser opens six; behind one address there may be a whole class
FILES = 4096  # that the studio would like to be allowed to have open


class Server(HTTPServer):
    """Tornado's server, which hangs up on those who would be too many. This machine's own have no bound of their own.

    Attributes:
        most: connections at the same time.
        each: of one address.
    """

    def initialize(self, *args: Any, **options: Any) -> None:
        """Called by Tornado."""
        super().initialize(*args, **options)
        self._of: Counter[str] = Counter()
        self.most, self.each = min(MOST, open_files() // 2), EACH

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        """Called by Tornado for each new connection."""
        who = str(address[0])
        if self._of.total() >= self.most or (self._of[who] >= self.each and not is_loopback(who)):
            stream.close()
            return
        self._of[who] += 1
        super().handle_stream(stream, address)

    def on_close(self, server_conn: Any) -> None:
        """Called by Tornado when one has ended."""
        self._of -= Counter({server_conn.context.remote_ip: 1})
        super().on_close(server_conn)


def open_files() -> int:
    """How many files this process may have open, after it has asked for more: some systems give 256."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows, which has no such bound
        return FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return FILES if soft == resource.RLIM_INFINITY else soft


def is_loopback(address: str | None) -> bool:
    """Whether it is this machine's own."""
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False
