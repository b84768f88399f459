"""``course studio``: its options. What it does is in the package `studio`, which students need not have."""

from __future__ import annotations

import argparse
import importlib
import importlib.util

from course.cli.command import positive, whole
from course.errors import InputError

HELP = "open a web page on which a whole class paints (needs the extra [studio])"
PACKAGES = ("tornado", "jinja2", "segno")
PORT = 8400


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the options."""
    parser.description = "Open the studio: a web page to paint on, for this machine or for a whole class. No internet."
    add = parser.add_argument
    add("--class", action="store_true", dest="whole_class",
        help="open it to your network; prints an address, a code and a QR code for your class")  # fmt: skip
    add("--port", type=whole(0, 65535), default=PORT, help=f"of the page (default {PORT}; 0 for any that is free)")
    add("--dask", default="", metavar="ADDRESS", help="let the workers of this Dask scheduler paint, tcp://host:8786")
    add("--minutes-kept", type=positive, default=60, metavar="MINUTES", help="how long pictures are kept (default 60)")
    add("--folder", metavar="FOLDER", help="for its pictures while it is open (default: among the temporary files)")


def run(options: argparse.Namespace) -> int:
    """Opens it, until Ctrl-C."""
    if importlib.util.find_spec("studio") is None:
        raise InputError("the studio is not in this folder; it comes with a clone of the whole repository")
    if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
        raise InputError(f"the studio needs {' and '.join(missing)}; in the project's folder: pip install -e .[studio]")
    code: int = importlib.import_module("studio.server").run(options)
    return code
