"""``python -m tools.book``: writes the book, a static site that opens from disk without a network (`make book`)."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from classroom.chapters.source import read, sources
from tools.book.pages import HERE, write_sources
from tools.book.verify import faults


def build(out: Path, chapters: list[str], jobs: int = 1) -> int:
    """Writes the site of the named chapters, or of all, into a folder; Sphinx's exit code."""
    from sphinx.cmd.build import build_main

    with tempfile.TemporaryDirectory() as scratch:
        pages = Path(scratch) / "pages"
        write_sources(pages, [read(path) for path in sources(chapters)])
        static = f"html_static_path={pages / 'static'}"
        options = ["-q", "-W", "--keep-going", "-E", "-j", str(jobs), "-c", str(HERE), "-D", static]
        return build_main([*options, "-d", f"{scratch}/doctrees", str(pages), str(out)])


def main() -> int:
    """Exit code 0 if the book is written and nothing in it is dead, mute or fetched."""
    parser = argparse.ArgumentParser(prog="python -m tools.book", description="Write the book.")
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help="1, or 01_vgg (default: all)")
    parser.add_argument("--out", type=Path, default=Path("out/book"), help="default out/book")
    options = parser.parse_args()
    if code := build(options.out, options.chapters):
        return code
    found = faults(options.out)
    for fault in found:
        print(fault, file=sys.stderr)
    print(f"{options.out / 'index.html'} is written.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
