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

from classroom.collect.archives import MEMBERS, Budget, Entry, ProblemError, When, in_zip
from classroom.collect.contents import UNKNOWN, Content, content
from classroom.collect.deliveries import PLATFORMS, Given, delivered, is_export, start_of
from classroom.collect.manifests import manifest
from classroom.collect.owners import (
    Owner,
    Student,
    first_of,
    in_words,
    is_online_text,
    numbers_in,
    platform_of,
    told_apart,
)
from course.submit.packing import MANIFEST

RULE = (
    "of several files for one chapter the one with the highest upload number counts, then the later attempt, "
    "then the latest change, then the last name in the alphabet; a printed notebook counts only if there is no other"
)
TOOLS = (MANIFEST, "timestamp.txt")  # in a submission, from `course submit` and from nbgrader


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
        groups = _grouped(delivered(folder, chapters, open_zips)[0])
        mixed = any(not one.where for group in groups.values() for one in group)
        for student in told_apart(groups):
            yield _submission(student, groups[student.owner], chapters, mixed)


def count(folder: Path, chapters: Collection[str]) -> int:
    """How many students have handed in something, without reading it.

    Raises:
        InputError: if the folder cannot be opened.
    """
    with ExitStack() as open_zips:
        return len(_grouped(delivered(folder, chapters, open_zips)[0]))


def beside(folder: Path, chapters: Collection[str]) -> list[str]:
    """What lies beside the submissions and belongs to no student: lists of grades, a platform's log, hidden folders.

    Of folders that are left alone, those are named that hold notebooks or zips; they come first.

    Raises:
        InputError: if the folder cannot be opened.
    """
    with ExitStack() as open_zips:
        return delivered(folder, chapters, open_zips)[1]


def _grouped(every: Iterable[Given]) -> dict[Owner, list[Given]]:
    """A student's files are grouped by owner; the order of the files is no part of the owner."""
    groups: dict[Owner, list[Given]] = {}
    for given in every:
        groups.setdefault(replace(given.owner, upload=0, attempt=0), []).append(given)
    return groups


def chapter_in(name: str, chapters: Collection[str]) -> str:
    """The one chapter that a file's name mentions, or "": for notebooks that do not say it themselves."""
    last = name.rsplit("/", 1)[-1].lower()
    found = [one for one in chapters if re.search(rf"(?<![a-z0-9]){re.escape(one.lower())}(?![a-z0-9])", last)]
    return found[0] if len(found) == 1 else ""


# --- one student ------------------------------------------------------------------------------------------------------


class _Reader:
    """Reads the entries of one student.

    Attributes:
        found: notebooks, and what cannot be read and may be one: those that count most come last.
        notes: for the instructor.
        others: names of what is no notebook and hardly shows one.
        hidden: names of notebooks and zips in folders that are left alone.
    """

    def __init__(self, chapters: Collection[str]) -> None:
        self.chapters = chapters
        self.budget = Budget()
        self.looks = MEMBERS  # files without a notebook's name that may still be looked into
        self.found: list[tuple[bool, int, int, When, SubmittedFile]] = []
        self.notes: list[str] = []
        self.others: list[str] = []
        self.hidden: list[str] = []

    def read(self, given: Given) -> None:
        entry, whose = given.entry, given.owner
        name = in_words("/".join(filter(None, [given.where, *entry.parts])))
        if entry.hidden:
            self.hidden.append(name)
            return
        found = self._content(entry)
        if entry.suffix != ".zip" or found.role not in ("zip", "other"):
            self._take(entry, name, self.budget, found, whose)
            return
        budget, read = Budget(), dict[str, bytes]()
        try:
            with in_zip(entry) as members:
                for member in members:
                    inside = in_words(f"{name}/{'/'.join(member.parts)}")
                    if member.hidden:
                        self.hidden.append(inside)
                        continue
                    file = self._take(member, inside, budget, self._content(member), whose)
                    if file is not None and file.data is not None:
                        read["/".join(member.parts)] = file.data
                self.notes += [f"{name}: {fault}" for fault in manifest(members).faults(read)]
                if not whose.platform and len(members) > 1 and is_export(members, self.chapters):
                    self.notes.append(f"{name} looks like a platform's export: if it is one, grade it by itself")
        except ProblemError as error:
            self._add(entry, SubmittedFile(name, None, str(error)), whose)

    def _content(self, entry: Entry) -> Content:
        """The type of a file; one that cannot be read, or is named like a notebook, counts as a notebook."""
        if entry.problem or entry.folder or entry.suffix == ".ipynb":
            return Content("work")
        self.looks -= 1
        return content(entry.parts[-1], start_of(entry) if self.looks >= 0 else b"")

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
        if self.hidden:
            named = first_of(self.hidden)
            self.notes.append(f"left aside, since they lie in folders that are hidden or a program's own: {named}")
        if not self.found and self.others:
            return (SubmittedFile(self.others[0], None, UNKNOWN),)
        return tuple(one[4] for one in self.found)


def _submission(student: Student, given: Sequence[Given], chapters: Collection[str], mixed: bool) -> Submission:
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
