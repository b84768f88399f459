"""Whose a submission is, read from the name that a platform or a student gave to it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from classroom.collect.archives import Entry

MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_[a-z]+(?:_.*)?", re.DOTALL)
CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<id>[1-9]\d*)_(?P<attempt>[1-9]\d*)_(?P<file>.+)", re.DOTALL)
UPLOAD = re.compile(r"-(\d{1,4})\.[^.]+$")  # Canvas counts the uploads of a file of the same name
COPY = re.compile(r"(?: ?\(\d+\)|-Copy\d+)$")  # as browsers and Jupyter name a second file
LONGEST_ID = 80
LONGEST_NAME = 200
TAKEN_BY_WINDOWS = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Owner:
    """Whose a file is, and where it stands among the student's files.

    Attributes:
        id: the platform's number, or the name.
        name: as it was written.
        upload: the number of the upload, as Canvas counts; 0 for the first.
        attempt: the platform's number of the attempt.
        nameless: whether the name is only that of the folder around it.
        platform: "moodle" or "canvas" if the id is its number, otherwise "".
    """

    id: str
    name: str
    upload: int = 0
    attempt: int = 0
    nameless: bool = False
    platform: str = ""


@dataclass(frozen=True)
class Student:
    """An owner with an id that nobody else has, fit for a file name."""

    id: str
    owner: Owner
    notes: tuple[str, ...]


def platforms(name: str) -> bool:
    """Whether Moodle or Canvas gave this name to a file or folder."""
    return bool(MOODLE.fullmatch(name) or CANVAS.fullmatch(name))


def owner(entry: Entry, chapters: Collection[str], root: str, claimed: str = "") -> Owner:
    """Whose an entry is.

    Args:
        entry: its first part is the one that names a student.
        chapters: names that are no student's.
        root: name of the folder of submissions, for files that are named after a chapter alone.
        claimed: the student by the manifest of a zip, or "".
    """
    first = entry.parts[0]
    if found := MOODLE.fullmatch(first):
        return Owner(found["id"], _spaced(found["name"]), platform="moodle")
    is_folder = entry.folder or len(entry.parts) > 1
    if not is_folder and (found := CANVAS.fullmatch(first)):
        upload = UPLOAD.search(found["file"])
        number, attempt = int(upload[1]) if upload else 0, int(found["attempt"][:30])
        return Owner(found["id"], _spaced(found["name"]), number, attempt, platform="canvas")
    name = first if is_folder else _student_in(first, chapters)
    if claimed:
        return Owner(claimed, _spaced(name or claimed))
    return Owner(name, _spaced(name)) if name else Owner(root, _spaced(root), nameless=True)


def _student_in(file_name: str, chapters: Collection[str]) -> str:
    """ada of ada.ipynb, ada_01_vgg.ipynb, 01_vgg-ada.ipynb and "ada (1).ipynb"; "" of 01_vgg.ipynb."""
    stem = COPY.sub("", re.sub(r"(?<=.)\.\w{1,8}$", "", file_name))
    for chapter in sorted(chapters, key=len, reverse=True):
        pattern = rf"(?:(.*?)[ _.-]+)?{re.escape(chapter)}(?:[ _.-]+(.*))?"
        if found := re.fullmatch(pattern, stem, re.IGNORECASE | re.DOTALL):
            return found[1] or found[2] or ""
    return stem


def _spaced(name: str) -> str:
    return name.replace("_", " ").strip() or name


def in_words(text: str) -> str:
    """A name as it can be shown, in one line: what no alphabet has is written as an escape."""
    if len(text) > LONGEST_NAME:
        text = f"{text[: LONGEST_NAME // 2]}…{text[-LONGEST_NAME // 2 :]}"
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def told_apart(owners: Iterable[Owner]) -> Iterator[Student]:
    """Students with ids of their own, ordered by them; a note where two came with the same id or the same name."""
    every = sorted(owners, key=lambda one: (safe_id(one.id).lower(), one.id, one.name, one.nameless))
    taken: set[str] = set()
    students: list[Student] = []
    for one in every:
        base = safe_id(one.id)
        same_id = [other for other in every if other != one and safe_id(other.id).lower() == base.lower()]
        same_name = [other for other in every if other.name == one.name and other not in (one, *same_id)]
        notes = []
        if same_id:
            notes.append(f"{_others(same_id)} came with the same id, {base}: they are kept apart")
        if same_name:
            numbers = ", ".join(sorted(safe_id(other.id) for other in same_name))
            notes.append(f"the same name came with the id {numbers} as well: is it the same person?")
        if one.nameless:
            notes.append("the file does not say whose it is: the folder's name stands for the student's")
        students.append(Student(free_id(base, taken), one, tuple(notes)))
        taken.add(students[-1].id.lower())
    yield from sorted(students, key=lambda one: one.id)


def _others(owners: list[Owner]) -> str:
    return ", ".join(in_words(f"{one.name!r}") for one in owners)


def safe_id(id_: str) -> str:
    """At most 80 of A-Z, a-z, 0-9, dot, underscore and hyphen; the same for the same id on every machine."""
    plain = unicodedata.normalize("NFKD", id_).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-.")[:LONGEST_ID].rstrip("-.")
    if not plain or TAKEN_BY_WINDOWS.match(plain):
        return "student-" + hashlib.sha256(id_.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return plain


def free_id(base: str, taken: set[str]) -> str:
    """A safe id, or that with the first number that makes it unique, also where capitals do not count.

    Args:
        base: see `safe_id`.
        taken: ids that are not free, in small letters.
    """
    found, number = base, 2
    while found.lower() in taken:
        found = f"{base[: LONGEST_ID - 8]}-{number}"
        number += 1
    return found
