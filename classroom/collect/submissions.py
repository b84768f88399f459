"""Finds what a class has handed in, in the layouts in which platforms and people deliver it.

- a folder, a zip or a notebook for each student: ``ada/``, ``ada.zip``, ``ada.ipynb``, ``ada_01_vgg.ipynb``;
- Moodle: ``Ada Lovelace_123456_assignsubmission_file_/...``, or the same name with a file's behind it;
- Canvas: ``lovelaceada_LATE_12345_678910_01_vgg-2.ipynb``, also with .zip;
- nbgrader: ``submitted/ada/01_vgg/01_vgg.ipynb``;
- a platform's export as it came, in one zip, or unpacked into a folder of its own.

Moodle's and Canvas's numbers are believed if most of a delivery bears names of that platform: then what came late may
lie beside it under other names. In any other delivery such a name is one that a student has chosen. A zip that lies
beside others is one student's, whatever is in it.

The zip that `course submit` makes holds a manifest.json with the student's name and a sha256 for each file. That name
counts where the file's name is not a platform's; what does not agree with the manifest is noted, and graded.

If a student has handed in a chapter more than once, `RULE` says which file counts. A file that may hold the work and is
no notebook is one that cannot be read, wherever it lies; see `classroom.collect.contents`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from classroom.collect.archives import MEMBERS, Budget, Entry, ProblemError, When, file_entry, head, in_folder, in_zip
from classroom.collect.contents import HEAD, UNKNOWN, Content, content, is_list
from classroom.collect.manifests import manifest
from classroom.collect.owners import (
    Owner,
    Platform,
    Student,
    first_of,
    in_words,
    is_online_text,
    names_folder,
    numbers_in,
    owner,
    platform_of,
    told_apart,
)
from course.errors import InputError
from course.submit.packing import MANIFEST

RULE = (
    "of several files for one chapter the one with the highest upload number counts, then the later attempt, "
    "then the latest change, then the last name in the alphabet; a printed notebook counts only if there is no other"
)
TOOLS = (MANIFEST, "timestamp.txt")  # in a submission, from `course submit` and from nbgrader
PLATFORMS: dict[Platform, str] = {"moodle": "Moodle", "canvas": "Canvas"}


@dataclass(frozen=True)
class SubmittedFile:
    """One notebook file, or something that cannot be read and might have been one.

    Attributes:
        name: its path below the folder of submissions, through zips.
        data: its bytes, None if it cannot be read.
        problem: why not, to be read behind the name: "is a symbolic link"; otherwise "".
    """

    name: str
    data: bytes | None
    problem: str = ""


@dataclass(frozen=True)
class Submission:
    """All that one student has handed in.

    Attributes:
        student: the platform's number if there is one, else made of the name: fit for a file name, unique in the class.
        name: as it was written, in one line.
        files: the best first, see `RULE`: the first of each chapter counts.
        notes: sentences for the instructor.
        platform: whose number the student's is, "moodle" or "canvas"; otherwise "".
    """

    student: str
    name: str
    files: tuple[SubmittedFile, ...]
    notes: tuple[str, ...]
    platform: str = ""


@dataclass(frozen=True)
class _Given:
    """An entry whose owner is known; `where` is the export in which it lay, or ""."""

    entry: Entry
    owner: Owner
    where: str


def find(folder: Path, chapters: Collection[str]) -> list[Submission]:
    """All submissions, ordered by student.

    Args:
        folder: of the submissions, or the zip of an export.
        chapters: their names, "01_vgg": in ``ada_01_vgg.ipynb`` they are not the student's.

    Raises:
        InputError: if the folder cannot be opened.
    """
    return list(each(folder, chapters))


def each(folder: Path, chapters: Collection[str]) -> Iterator[Submission]:
    """As `find`, one after the other: only one student's files are held in memory.

    Raises:
        InputError: if the folder cannot be opened.
    """
    with ExitStack() as open_zips:
        groups = _grouped(_delivered(folder, chapters, open_zips)[0])
        mixed = any(not one.where for group in groups.values() for one in group)
        for student in told_apart(groups):
            yield _submission(student, groups[student.owner], chapters, mixed)


def count(folder: Path, chapters: Collection[str]) -> int:
    """How many students have handed in something, without reading it.

    Raises:
        InputError: if the folder cannot be opened.
    """
    with ExitStack() as open_zips:
        return len(_grouped(_delivered(folder, chapters, open_zips)[0]))


def beside(folder: Path, chapters: Collection[str]) -> list[str]:
    """Names of files beside the submissions that belong to no student: lists of grades, a platform's log.

    Raises:
        InputError: if the folder cannot be opened.
    """
    with ExitStack() as open_zips:
        return _delivered(folder, chapters, open_zips)[1]


def _grouped(every: Iterable[_Given]) -> dict[Owner, list[_Given]]:
    """A student's files are grouped by owner; the order of the files is no part of the owner."""
    groups: dict[Owner, list[_Given]] = {}
    for given in every:
        groups.setdefault(replace(given.owner, upload=0, attempt=0), []).append(given)
    return groups


def chapter_in(name: str, chapters: Collection[str]) -> str:
    """The one chapter that a file's name mentions, or "": for notebooks that do not say it themselves."""
    last = name.rsplit("/", 1)[-1].lower()
    found = [one for one in chapters if re.search(rf"(?<![a-z0-9]){re.escape(one.lower())}(?![a-z0-9])", last)]
    return found[0] if len(found) == 1 else ""


# --- whose is what? ---------------------------------------------------------------------------------------------------


def _delivered(folder: Path, chapters: Collection[str], open_zips: ExitStack) -> tuple[list[_Given], list[str]]:
    """Everything that students have handed in, and the names of files that belong to no student."""
    place = folder.resolve()
    root = place.name if place.is_dir() else place.stem
    entries, lists = list[tuple[Entry, str]](), list[str]()
    for entry, where in _unwrapped(_top(folder, open_zips), chapters):
        if _is_list(entry, chapters):
            lists.append(in_words("/".join(filter(None, [where, *entry.parts]))))
        else:
            entries.append((entry, where))
    exported = any(where for _, where in entries)
    names = [(entry, platform_of(entry)) for entry, where in entries if where or not exported]
    platform = _platform({(owner(entry, chapters, root, named).id, named) for entry, named in names})
    given: list[_Given] = []
    for entry, where in entries:
        believed = platform if where or not exported else ""
        claimed = "" if where or (believed and platform_of(entry) == believed) else _claimed(entry)
        given.append(_Given(entry, owner(entry, chapters, root, believed, claimed), where))
    return given, lists


def _platform(students: Collection[tuple[str, Platform]]) -> Platform:
    """The platform of a delivery: the one by whose names more than half of the students came."""
    for one in PLATFORMS:
        if 2 * sum(named == one for _, named in students) > len(students):
            return one
    return ""


def _unwrapped(entries: Sequence[Entry], chapters: Collection[str]) -> Iterator[tuple[Entry, str]]:
    """The entries, each of which begins with what names a student, and the export in which they lay, or "".

    An export in a folder of its own is known by the names in it. But where students have folders, it is one of theirs.
    """
    tops: dict[str, list[Entry]] = {}
    for entry in entries:
        tops.setdefault(entry.parts[0], []).append(entry)
    plain = {top for top, inside in tops.items() if names_folder(inside[0]) and not platform_of(inside[0])}
    folders = plain - {"submitted"}
    exports = folders if all(_is_export(_below(tops[top]), chapters) for top in folders) else set()
    for top in sorted(tops):
        if top in exports:
            yield from ((entry, top) for entry in _unfolded(_below(tops[top])))
        elif top == "submitted" and top in plain:
            yield from ((entry, "") for entry in _below(tops[top]))
        else:
            yield from ((entry, "") for entry in tops[top])


def _top(folder: Path, open_zips: ExitStack) -> list[Entry]:
    if folder.is_dir():
        entries = list(in_folder(folder))
        broken = next((entry.problem for entry in entries if not entry.parts), "")
        if broken:
            raise InputError(f"{folder} {broken}; give a folder that can be read")
        return entries
    if not folder.exists():
        raise InputError(f"{folder} does not exist; give the folder of the submissions")
    try:
        entries = open_zips.enter_context(in_zip(file_entry(folder), float("inf")))
    except ProblemError as error:
        raise InputError(f"{folder} {error}; give a folder of submissions, or the zip of a platform") from None
    if len({entry.parts[0] for entry in entries}) == 1 and not platform_of(entries[0]):
        return _below(entries) or entries  # the folder that was zipped
    return entries


def _claimed(entry: Entry) -> str:
    """The student by the manifest of a zip, or ""."""
    if len(entry.parts) != 1 or entry.suffix != ".zip" or entry.folder or entry.packed or entry.problem:
        return ""
    try:
        with in_zip(entry, float("inf")) as members:
            return manifest(members).student
    except ProblemError:
        return ""  # said when it is read


def _is_export(entries: Sequence[Entry], chapters: Collection[str]) -> bool:
    """Whether everything, or everything in the one folder around it, has a platform's name."""
    named = [entry for entry in _unfolded(entries) if not _is_list(entry, chapters)]
    return bool(named) and all(platform_of(entry) for entry in named)


def _unfolded(entries: Sequence[Entry]) -> list[Entry]:
    """The entries without the one folder around all of them, if it belongs to no student."""
    around = {entry.parts[0] for entry in entries}
    return _below(entries) if len(around) == 1 and not platform_of(entries[0]) else list(entries)


def _below(entries: Sequence[Entry]) -> list[Entry]:
    """The entries one folder deeper."""
    return [replace(entry, parts=entry.parts[1:]) for entry in entries if len(entry.parts) > 1]


def _is_list(entry: Entry, chapters: Collection[str]) -> bool:
    """Whether an entry beside the students' files belongs to no student, such as a table of grades."""
    if len(entry.parts) > 1 or entry.folder or platform_of(entry):
        return False
    return is_list(entry.parts[0], chapters, lambda: _head(entry))


def _head(entry: Entry) -> bytes:
    """The first bytes of a file, none if it cannot be read."""
    try:
        return head(entry, HEAD)
    except ProblemError:
        return b""


# --- one student ------------------------------------------------------------------------------------------------------


class _Reader:
    """Reads the entries of one student.

    Attributes:
        found: notebooks, and what cannot be read and may be one: those that count most come last.
        notes: for the instructor.
        others: names of what is no notebook and hardly shows one.
    """

    def __init__(self, chapters: Collection[str]) -> None:
        self.chapters = chapters
        self.budget = Budget()
        self.looks = MEMBERS  # files without a notebook's name that may still be looked into
        self.found: list[tuple[bool, int, int, When, SubmittedFile]] = []
        self.notes: list[str] = []
        self.others: list[str] = []

    def read(self, given: _Given) -> None:
        entry, whose = given.entry, given.owner
        name = in_words("/".join(filter(None, [given.where, *entry.parts])))
        found = self._content(entry)
        if entry.suffix != ".zip" or found.role not in ("zip", "other"):
            self._take(entry, name, self.budget, found, whose)
            return
        budget, read = Budget(), dict[str, bytes]()
        try:
            with in_zip(entry) as members:
                for member in members:
                    inside = in_words(f"{name}/{'/'.join(member.parts)}")
                    file = self._take(member, inside, budget, self._content(member), whose)
                    if file is not None and file.data is not None:
                        read["/".join(member.parts)] = file.data
                self.notes += [f"{name}: {fault}" for fault in manifest(members).faults(read)]
                if not whose.platform and len(members) > 1 and _is_export(members, self.chapters):
                    self.notes.append(f"{name} looks like a platform's export: if it is one, grade it by itself")
        except ProblemError as error:
            self._add(entry, SubmittedFile(name, None, str(error)), whose)

    def _content(self, entry: Entry) -> Content:
        """The type of a file; one that cannot be read, or is named like a notebook, counts as a notebook."""
        if entry.problem or entry.folder or entry.suffix == ".ipynb":
            return Content("work")
        self.looks -= 1
        return content(entry.parts[-1], _head(entry) if self.looks >= 0 else b"")

    def _take(self, entry: Entry, name: str, budget: Budget, found: Content, whose: Owner) -> SubmittedFile | None:
        """Adds a file that is or may be a notebook."""
        if entry.parts[-1] in TOOLS or (entry.folder and not entry.problem):
            return None
        file = SubmittedFile(name, None, entry.problem or found.said)
        if not entry.problem and entry.suffix == ".ipynb":
            try:
                file = SubmittedFile(name, budget.read(entry))
            except ProblemError as error:
                file = SubmittedFile(name, None, str(error))
        elif entry.suffix == ".zip" and found.role in ("zip", "other") and not entry.problem:
            file = SubmittedFile(name, None, "is a zip inside of a zip")
        elif is_online_text(entry) or (found.role == "other" and not chapter_in(name, self.chapters)):
            self.others.append(name)
            return None
        self._add(entry, file, whose, counts=found.role in ("work", "zip"))
        return file

    def _add(self, entry: Entry, file: SubmittedFile, whose: Owner, counts: bool = True) -> None:
        self.found.append((counts, whose.upload, whose.attempt, entry.when, file))

    def finish(self) -> tuple[SubmittedFile, ...]:
        """All files, the best first. If there is nothing else, what is no notebook is what was handed in."""
        self.found.sort(key=lambda one: (*one[:4], one[4].name), reverse=True)
        folders = {file.name.rpartition("/")[0] for *_, file in self.found if file.name.lower().endswith(".ipynb")}
        modules, rest = list[str](), list[str]()
        for name in self.others:
            (modules if name.endswith(".py") and name.rpartition("/")[0] in folders else rest).append(name)
        if modules:
            named = first_of(modules)
            self.notes.append(f"only notebooks are taken along: what is imported from {named} is missing when graded")
        if rest:
            self.notes.append(f"left aside, since they are no notebooks: {first_of(rest)}")
        if not self.found and self.others:
            return (SubmittedFile(self.others[0], None, UNKNOWN),)
        return tuple(one[4] for one in self.found)


def _submission(student: Student, given: Sequence[_Given], chapters: Collection[str], mixed: bool) -> Submission:
    reader = _Reader(chapters)
    for one in sorted(given, key=lambda one: (one.where, one.entry.parts)):
        reader.read(one)
    files = reader.finish()
    notes = [*student.notes, *reader.notes]
    if not student.owner.platform and (other := {platform_of(one.entry) for one in given} - {""}):
        named = " and ".join(PLATFORMS[one] for one in sorted(other))
        notes.append(f"is named as by {named}, and most of what was delivered is not: its number was not believed")
    if student.owner.platform == "moodle":
        several = sorted({", ".join(numbers) for one in given if len(numbers := numbers_in(one.entry)) > 1})
        notes += [
            f"bears the numbers {in_words(one)}, and {student.owner.id} was taken: a name or a file was called so"
            for one in several
        ]
    if mixed and (exports := {one.where for one in given if one.where}):
        whose = "is it the platform's, or did a student name files so?"
        notes += [f"came in {in_words(where)}, which looks like an export: {whose}" for where in sorted(exports)]
    if not files:
        notes.append("no notebook was found")
    return Submission(student.id, in_words(student.owner.name), files, tuple(notes), student.owner.platform)
