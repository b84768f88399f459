"""Tells a file's type by its first bytes and only then by its name, so that work without a suffix is not overlooked."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

HEAD = 1 << 16  # bytes that are looked at; a notebook names its cells in the first few
Role = Literal[
    "work",  # in place of a notebook: an archive, or a notebook under another name
    "document",  # it may show the work: a printed notebook, a report, a link
    "zip",  # to be opened, or at least by its first bytes
    "other",  # what lies about beside notebooks: pictures, data, modules
]
IN_WORDS = "; hand in the notebook itself, which ends in .ipynb"
ARCHIVE = ", which is not opened here; hand in the notebook itself, or a zip"
RENAMED = "is a notebook under another name; it has to end in .ipynb"
UNKNOWN = "is neither a notebook nor a zip"
NOTEBOOK = re.compile(r'"(?:cells|worksheets|nbformat)"\s*:')
PAGE = re.compile(rb"(?:<\?xml[^>]*>\s*)?(?:<!--.{0,999}?-->\s*)?<(?:!doctype html|html)", re.DOTALL | re.IGNORECASE)
OFFICE = b"\xd0\xcf\x11\xe0"  # .doc, .xls
SIGNATURES = (  # first bytes -> what it is, and whether it may hold files
    (b"Rar!", "a RAR archive", True),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", True),
    (b"\x1f\x8b", "a gzip archive", True),
    (b"BZh", "a bzip2 archive", True),
    (b"\xfd7zXZ\0", "an xz archive", True),
    (b"(\xb5/\xfd", "a Zstandard archive", True),
    (b"MSCF", "a cabinet archive", True),
    (b"%PDF", "a PDF", False),
    (b"{\\rtf", "a text document", False),
    (OFFICE, "an Office document", False),
    (b"bplist00", "a property list or a web archive of macOS", False),
)
ARCHIVES = (".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz", ".zst", ".cab", ".ace", ".zipx")
PACKED_DOCUMENTS = (".docx", ".odt", ".pptx", ".odp", ".pages", ".key", ".epub")
PACKED_OTHERS = (".xlsx", ".ods", ".pt", ".pth", ".npz", ".whl", ".jar", ".apk", ".ckpt", ".safetensors")
DOCUMENTS = (".pdf", ".html", ".htm", ".mht", ".mhtml", ".webarchive", ".doc", ".rtf", *PACKED_DOCUMENTS)
LINKS = (".url", ".webloc", ".lnk", ".desktop", ".gdoc", ".icloud")  # to a file that is elsewhere

# What an instructor or a platform keeps beside the students' files. Its name has to say so, for students hand in files
# of any kind. In a table's one word is enough, as platforms add the course's name, unless people are called so as well.
# Texts are also what browsers make of a notebook's name: of these all words count.
TABLES = (".csv", ".tsv", ".xlsx", ".xls", ".ods")
FOR_MACHINES = (".cfg", ".ini", ".log", ".toml", ".xml", ".yaml", ".yml")
PAGES = (".htm", ".html")
TEXTS = (".json", ".md", ".rst", ".txt", *PAGES)
TELLING = re.compile(
    "checklist|comments|config|deadline|export|feedback|gradebook|grades|info|instructions|license|manifest|metadata"
    "|participants|readme|requirements|results|roster|rubric|settings|students|submissions?|timestamp|worksheet"
)
ALONE = re.compile("canvas|class|index|list|log|marks|moodle|notes?|points")  # telling only if no other word is there
FILLING = re.compile("all|and|assignments?|course|exercises?|for|homework|hw|of|the|week")  # between such words


@dataclass(frozen=True)
class Content:
    """The type of a file.

    Attributes:
        role: what follows from it.
        said: the same in words, to be read behind the file's name.
    """

    role: Role
    said: str = UNKNOWN


def content(name: str, head: bytes) -> Content:
    """The type of a file that does not have a notebook's name.

    Args:
        name: of the file.
        head: its first bytes, up to `HEAD`; empty if they are not known.
    """
    suffix = os.path.splitext(name)[1].lower()
    if is_like_a_notebook(head):
        return Content("work", RENAMED)
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        if suffix in PACKED_DOCUMENTS:
            return Content("document", f"is a document{IN_WORDS}")
        return Content(
            "other" if suffix in PACKED_OTHERS else "zip", "is a zip under another name; it has to end in .zip"
        )
    for start, what, holds_files in SIGNATURES:
        if head.startswith(start):
            return (
                Content("work", f"is {what}{ARCHIVE}") if holds_files else Content("document", f"is {what}{IN_WORDS}")
            )
    if head[257:262] == b"ustar":
        return Content("work", f"is a tar archive{ARCHIVE}")
    if is_page(head):
        return Content("document", "is a web page; download the notebook itself (File > Download)")
    if ".ipynb" in name.lower():
        return Content("work", f"has a notebook's name, and is none or a damaged one{IN_WORDS}")
    if suffix in ARCHIVES:
        return Content("work", f"is an archive{ARCHIVE}")
    if suffix in LINKS:
        return Content("document", f"is a link to a file that is elsewhere{IN_WORDS}")
    return Content("document" if suffix in DOCUMENTS else "other")


def is_like_a_notebook(head: bytes) -> bool:
    """Whether a file begins as a notebook does, whole or not."""
    text = head.decode(json.detect_encoding(head), "replace").lstrip("\ufeff \t\r\n")
    return text.startswith("{") and NOTEBOOK.search(text) is not None


def is_list(name: str, chapters: Collection[str], head: Callable[[], bytes]) -> bool:
    """Whether a file beside the students' belongs to no student: a table, a log, a text that says so in its name.

    Args:
        name: of the file.
        chapters: their names, which a list may have as well: "grades 01_vgg.csv".
        head: gives its first bytes, up to `HEAD`; asked only if they matter.
    """
    stem, suffix = os.path.splitext(name.lower())
    if suffix not in (*TABLES, *FOR_MACHINES, *TEXTS):
        return False
    named = "|".join(re.escape(one.lower()) for one in chapters) or "(?!)"
    without = re.sub(f"(?<![a-z0-9])(?:{named})(?![a-z0-9])", " ", stem)
    words = re.findall(r"[^\W\d_]+", without)
    strangers = [
        word for word in words if not (TELLING.fullmatch(word) or ALONE.fullmatch(word) or FILLING.fullmatch(word))
    ]
    if strangers:
        if suffix in TEXTS or without != stem or not any(map(TELLING.fullmatch, words)):
            return False
    elif all(map(FILLING.fullmatch, words)):
        return False
    start = head()
    found = content(name, start).role
    return found == "other" or (suffix == ".xls" and start.startswith(OFFICE)) or (suffix in PAGES and is_page(start))


def is_page(head: bytes) -> bool:
    """Whether a file begins as a web page does."""
    return PAGE.match(head.removeprefix(b"\xef\xbb\xbf").lstrip()) is not None
