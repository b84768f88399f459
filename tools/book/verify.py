"""Finds what no page of the book may have: broken links, pictures without alt text, requests to a network."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Attributes by which a page makes a browser fetch something; an <a href> waits for a click.
FETCHED = {("link", "href"), ("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("video", "src")}
FROM_CSS = re.compile(r"""(?:url\(\s*|@import\s+)["']?(https?:|//)[^"')\s]*""")
FROM_SCRIPT = re.compile(r"""\b(?:import|fetch)\s*\(?\s*["'`](?:https?:)?//[^"'`]*""")


class _Page(HTMLParser):
    """The relevant parts of one page: ids, links, pictures without alt text, what it fetches."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.mute: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids.update(found[name] for name in ("id", "name") if name in found)
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        self.fetched += [value for name, value in found.items() if (tag, name) in FETCHED]
        if tag == "img" and not found.get("alt", "").strip():
            self.mute.append(found.get("src", ""))


def faults(folder: Path) -> list[str]:
    """The faults of a site, one sentence each, [] if there are none."""
    pages = {path.resolve(): _Page(path) for path in sorted(folder.rglob("*.html")) if "_static" not in path.parts}
    found = []
    for path, page in pages.items():
        name = path.relative_to(folder.resolve()).as_posix()
        found += [f"{name}: a picture has no alt text: {source}" for source in page.mute]
        found += [f"{name}: fetches {url}" for url in page.fetched if urlsplit(url).netloc]
        local = [url for url in (*page.links, *page.fetched) if not urlsplit(url).scheme and not urlsplit(url).netloc]
        found += [f"{name}: leads nowhere: {url}" for url in local if not _leads_somewhere(url, path, pages)]
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".css" and (url := FROM_CSS.search(path.read_text(encoding="utf-8"))):
            found.append(f"{path.name}: fetches {url[0]}")
        if path.suffix == ".js" and (url := FROM_SCRIPT.search(path.read_text(encoding="utf-8"))):
            found.append(f"{path.name}: fetches {url[0]}")
    return found


def _leads_somewhere(url: str, path: Path, pages: dict[Path, _Page]) -> bool:
    parts = urlsplit(url)
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_file():
        return False
    anchor = unquote(parts.fragment)
    return not anchor or target not in pages or anchor in pages[target].ids
