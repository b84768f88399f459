"""Whose a submission is, read from the name that a platform or a student gave to it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from classroom.collect.archives import Entry

# Files' names are read from the left, where the platform writes: what follows is the student's, whatever it looks like.
# But some platforms let people choose the name that they begin with. So a folder's, which ends with the platform's own
# words, is read from the right; and where a file's has two numbers, it is said (`numbers_in`).
MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>[0-9]+)_assignsubmission_(?P<kind>[a-z]+)(?:_.*)?", re.DOTALL)
MOODLE_FOLDER = re.compile(r"(?P<name>.+)_(?P<id>[0-9]+)_assignsubmission_(?P<kind>[a-z]+)_?", re.DOTALL)
CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<id>[1-9][0-9]*)_(?P<attempt>[1-9][0-9]*)_(?P<file>.+)", re.DOTALL)
UPLOAD = re.compile(r"-(\d{1,4})\.[^.]+$")  # Canvas counts the uploads of a file of the same name
COPY = re.compile(r"(?: ?\(\d+\)|-Copy\d+)$")  # as browsers and Jupyter name a second file
ENDING = re.compile(r"(?<=.)(?:\.ipynb(?: ?\(\d+\))?|\.tar)?\.\w{1,10}$", re.IGNORECASE | re.DOTALL)
LONGEST_ID = 80
LONGEST_NAME = 200
FEW = 5  # names in a note
Platform = Literal["moodle", "canvas", ""]
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
        claimed: whether the name is only what a manifest says.
        platform: whose number the id is, otherwise "".
    """

    id: str
    name: str
    upload: int = 0
    attempt: int = 0
    nameless: bool = False
    claimed: bool = False
    platform: Platform = ""


@dataclass(frozen=True)
class Student:
    """An owner with an id that nobody else has, fit for a file name."""

    id: str
    owner: Owner
    notes: tuple[str, ...]


def platform_of(entry: Entry) -> Platform:
    """The platform that gives such names to a file or folder, or ""."""
    first = entry.parts[0]
    if not names_folder(entry) and CANVAS.fullmatch(first):
        return "canvas"
    return "moodle" if _moodle(entry) else ""


def _moodle(entry: Entry) -> re.Match[str] | None:
    first = entry.parts[0]
    return (MOODLE_FOLDER.fullmatch(first) if names_folder(entry) else None) or MOODLE.fullmatch(first)


def numbers_in(entry: Entry) -> list[str]:
    """Every number in a name that may be Moodle's, in order: of several only one is, and a file does not say which."""
    return re.findall(r"_([0-9]+)(?=_assignsubmission_)", entry.parts[0])


def is_online_text(entry: Entry) -> bool:
    """Whether Moodle itself wrote a file: what was typed into a box of its page."""
    found = _moodle(entry)
    return found is not None and found["kind"] == "onlinetext"


def owner(entry: Entry, chapters: Collection[str], root: str, platform: Platform, claimed: str = "") -> Owner:
    """Whose an entry is.

    Args:
        entry: its first part is the one that names a student.
        chapters: names that are no student's.
        root: name of the folder of submissions, for files that are named after a chapter alone.
        platform: that delivers; only its names are believed.
        claimed: the student by the manifest of a zip, or "".
    """
    first = entry.parts[0]
    if platform == "moodle" and (found := _moodle(entry)):
        return Owner(found["id"], _spaced(found["name"]), platform=platform)
    if platform == "canvas" and not names_folder(entry) and (found := CANVAS.fullmatch(first)):
        upload = UPLOAD.search(found["file"])
        number, attempt = int(upload[1]) if upload else 0, int(found["attempt"][:30])
        return Owner(found["id"], _spaced(found["name"]), number, attempt, platform=platform)
    name = first if names_folder(entry) else _student_in(first, chapters)
    if claimed:
        return Owner(claimed, _spaced(name or claimed), claimed=True)
    return Owner(name, _spaced(name)) if name else Owner(root, _spaced(root), nameless=True)


def names_folder(entry: Entry) -> bool:
    """Whether the first part of an entry is a folder's name."""
    return entry.folder or len(entry.parts) > 1


def _student_in(file_name: str, chapters: Collection[str]) -> str:
    """ada of ada.ipynb, ada.ipynb.txt, ada_01_vgg.ipynb, 01_vgg-ada.ipynb and "ada (1).ipynb"; "" of 01_vgg.ipynb."""
    stem = COPY.sub("", ENDING.sub("", file_name))
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


def first_of(names: Sequence[str]) -> str:
    """A few names, and how many more there are."""
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return f"{', '.join(names[:FEW])}{more}"


def told_apart(owners: Iterable[Owner]) -> Iterator[Student]:
    """Students with ids of their own, ordered by them; a note where two came with the same id or the same name.

    Of several whose ids read alike nobody gets the bare one: nobody can tell whose points would be whose.
    """
    every = sorted(owners, key=lambda one: (_bare(one.id), one.id, one.name, one.nameless, one.claimed))
    alike: dict[str, list[Owner]] = {}
    namesakes: dict[str, list[Owner]] = {}
    for one in every:
        alike.setdefault(folded(_bare(one.id)), []).append(one)
        namesakes.setdefault(unicodedata.normalize("NFC", one.name), []).append(one)
    taken: set[str] = set()
    students: list[Student] = []
    for one in every:
        id_, notes = _bare(one.id), []
        read = folded(id_)
        if len(clash := alike[read]) > 1:
            notes.append(f"{_others(one, clash)} came with the same id, or one that reads alike, {id_}: nobody has it")
            id_ = _own_id(one, taken)
            taken.add(id_.lower())
        if len(same := namesakes[unicodedata.normalize("NFC", one.name)]) <= FEW:  # of more it is no name
            numbers = sorted({number for other in same if folded(number := _bare(other.id)) != read})
            if numbers:
                ids = ", ".join(numbers)
                notes.append(f"the same name came with the id {ids} as well: is it the same person?")
        if one.nameless:
            notes.append("the file does not say whose it is: the folder's name stands for the student's")
        students.append(Student(id_, one, tuple(notes)))
    yield from sorted(students, key=lambda one: one.id)


def _others(one: Owner, clash: Sequence[Owner]) -> str:
    """The names of those with whom an owner clashes, or some of them: there may be thousands."""
    few = [in_words(f"{other.name!r}") for other in clash[: FEW + 1] if other is not one][:FEW]
    more = len(clash) - 1 - len(few)
    return f"{', '.join(few)} and {more} more" if more else ", ".join(few)


def folded(id_: str) -> str:
    """A safe id as people read it, who see no capitals, no blanks and no marks, but for those that part two numbers."""
    parted = re.sub(r"(?<=[0-9])[^A-Za-z0-9]+(?=[0-9])", " ", id_.lower())
    return re.sub("[^a-z0-9 ]+", "", parted)


def _own_id(one: Owner, taken: Collection[str]) -> str:
    """An id made from this owner alone, so that others' submissions do not change it. No bare one holds "--"."""
    digest = hashlib.sha256(repr((one.id, one.name, one.nameless, one.claimed)).encode()).hexdigest()
    ids = (f"{_bare(one.id)[: LONGEST_ID - length - 2]}--{digest[:length]}" for length in range(6, len(digest)))
    return next(id_ for id_ in ids if id_.lower() not in taken)


def _bare(id_: str) -> str:
    return re.sub("-{2,}", "-", safe_id(id_))


def safe_id(id_: str) -> str:
    """At most 80 of A-Z, a-z, 0-9, dot, underscore and hyphen; the same for the same id on every machine.

    Accents are left out. Where letters would be, of which some people's whole names are, a hash stands for the name.
    """
    apart = unicodedata.normalize("NFKD", id_)  # the same for NFC and NFD
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", apart.encode("ascii", "ignore").decode()).strip("-.")
    lost = any(not one.isascii() and _tells(one) and not unicodedata.combining(one) for one in apart)
    if not lost and (short := plain[:LONGEST_ID].rstrip("-.")) and not TAKEN_BY_WINDOWS.match(short):
        return short
    digest = hashlib.sha256((_letters(apart) or id_).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    start = plain[: LONGEST_ID - len(digest) - 1].rstrip("-._") if lost else ""
    return f"{start or 'student'}-{digest}"


def _letters(apart: str) -> str:
    """What tells a name, written in NFKD, from others: its letters and digits without capitals and Latin accents."""
    bare = re.sub("(?<=[\x00-\x7f])[\u0300-\u036f]+", "", apart)
    return "".join(filter(_tells, unicodedata.normalize("NFKC", bare).casefold()))


def _tells(sign: str) -> bool:
    """Whether a sign is a letter, a digit, a part of one, or one that nobody knows."""
    return unicodedata.category(sign)[0] in "LMN" or unicodedata.category(sign) in ("Co", "Cs")


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
