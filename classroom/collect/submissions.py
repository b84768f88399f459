"""Finds what a class has handed in, in the layouts in which platforms and people deliver it.

Each entry of the folder is looked at by itself, so that layouts may be mixed:

- a folder, a zip or a notebook for each student: ``ada/``, ``ada.zip``, ``ada.ipynb``, ``ada_01_vgg.ipynb``;
- Moodle: ``Ada Lovelace_123456_assignsubmission_file_/...``, or the same name with a file's behind it;
- Canvas: ``lovelaceada_LATE_12345_678910_01_vgg-2.ipynb``, also with .zip;
- nbgrader: ``submitted/ada/01_vgg/01_vgg.ipynb``;
- a platform's export as it came, in one zip, or unpacked into a folder of its own.

The zip that `course submit` makes holds a manifest.json with the student's name and a sha256 for each file. That name
counts where the file's name is not a platform's; what does not agree with the manifest is noted, and graded.

If a student has handed in a chapter more than once, `RULE` says which file counts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from classroom.collect.archives import Budget, Entry, ProblemError, When, file_entry, in_folder, in_zip
from classroom.collect.manifests import Manifest, manifest
from classroom.collect.owners import Owner, Student, in_words, owner, platforms, told_apart
from course.errors import InputError
from course.submit.packing import MANIFEST

RULE = (
    "of several files for one chapter the one with the highest upload number counts, then the later attempt, "
    "then the latest change, then the last name in the alphabet"
)
LISTS = (".csv", ".json", ".log", ".md", ".ods", ".toml", ".txt", ".xlsx")  # they lie beside the students' files
TOOLS = (MANIFEST, "timestamp.txt")  # in a submission, from `course submit` and from nbgrader
FEW = 5  # names in a note


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

    @property
    def plain(self) -> bool:
        """Whether it came as students name their files."""
        return not (self.where or platforms(self.entry.parts[0]))


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
        groups = _grouped(_given(folder, chapters, open_zips))
        mixed = any(one.plain for group in groups.values() for one in group)
        for student in told_apart(groups):
            yield _submission(student, groups[student.owner], mixed)


def count(folder: Path, chapters: Collection[str]) -> int:
    """How many students have handed in something, without reading it.

    Raises:
        InputError: if the folder cannot be opened.
    """
    with ExitStack() as open_zips:
        return len(_grouped(_given(folder, chapters, open_zips)))


def beside(folder: Path) -> list[str]:
    """Names of files that lie beside the submissions and are nobody's, by their endings: lists of grades, notes.

    Raises:
        InputError: if the folder cannot be opened.
    """
    with ExitStack() as open_zips:
        return [in_words(entry.parts[0]) for entry in _top(folder, open_zips) if not _is_handed_in(entry)]


def first_of(names: Sequence[str]) -> str:
    """A few names, and how many more there are."""
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return f"{', '.join(names[:FEW])}{more}"


def _grouped(every: Iterable[_Given]) -> dict[Owner, list[_Given]]:
    """By owner. Where a file stands in a student's order is no part of whose it is."""
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


def _given(folder: Path, chapters: Collection[str], open_zips: ExitStack) -> Iterator[_Given]:
    entries = _top(folder, open_zips)
    place = folder.resolve()
    root = place.name if place.is_dir() else place.stem
    tops: dict[str, list[Entry]] = {}
    for entry in entries:
        tops.setdefault(entry.parts[0], []).append(entry)
    for top in sorted(tops):
        inside, where = tops[top], ""
        claimed = Manifest()
        if top == "submitted" and inside[0].folder:
            inside = _below(inside)
        elif not platforms(top):
            unpacked, claimed = _looked_into(inside[0], open_zips)
            if (export := _export(unpacked or inside)) is not None:
                inside, where = export, top
        for entry in inside:
            if _is_handed_in(entry):
                yield _Given(entry, owner(entry, chapters, root, claimed.student), where)


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
    if len({entry.parts[0] for entry in entries}) == 1 and not platforms(entries[0].parts[0]):
        return _below(entries) or entries  # the folder that was zipped
    return entries


def _looked_into(entry: Entry, open_zips: ExitStack) -> tuple[list[Entry], Manifest]:
    """The members of a top zip if it may be an export, and its manifest."""
    if len(entry.parts) != 1 or entry.suffix != ".zip" or entry.packed:
        return [], Manifest()
    with ExitStack() as attempt:
        try:
            members = attempt.enter_context(in_zip(entry, float("inf")))
        except ProblemError:
            return [], Manifest()  # said when it is read
        claimed = manifest(members)
        if claimed.found or _export(members) is None:
            return [], claimed
        open_zips.push(attempt.pop_all())
        return members, claimed


def _export(entries: Sequence[Entry]) -> list[Entry] | None:
    """The entries of a platform's export, without the folder around them; None if it is none.

    It is one if everything in it has a platform's name: a student's own folder or zip does not look like that.
    """
    around = {entry.parts[0] for entry in entries}
    for found in (entries, _below(entries) if len(around) == 1 else []):
        named = [entry for entry in found if _is_handed_in(entry)]
        if named and all(platforms(entry.parts[0]) for entry in named):
            return list(found)
    return None


def _below(entries: Sequence[Entry]) -> list[Entry]:
    """What lies one folder deeper."""
    return [replace(entry, parts=entry.parts[1:]) for entry in entries if len(entry.parts) > 1]


def _is_handed_in(entry: Entry) -> bool:
    """Not what lies beside the students' files, such as a list of grades."""
    return len(entry.parts) > 1 or entry.folder or platforms(entry.parts[0]) or entry.suffix not in LISTS


# --- one student ------------------------------------------------------------------------------------------------------


class _Reader:
    """Reads the entries of one student, and remembers what is to be noted."""

    def __init__(self) -> None:
        self.budget = Budget()
        self.notes: list[str] = []
        self.others: list[str] = []

    def read(self, given: _Given) -> Iterator[tuple[When, SubmittedFile]]:
        entry = given.entry
        name = in_words("/".join(filter(None, [given.where, *entry.parts])))
        if entry.folder and not entry.problem:
            return
        if not entry.problem and entry.suffix == ".zip":
            yield from self._unpack(entry, name)
        elif entry.problem or entry.suffix == ".ipynb" or len(entry.parts) == 1:
            yield entry.when, self._file(entry, name, self.budget)
        elif entry.parts[-1] not in TOOLS:
            self.others.append(name)

    def _file(self, entry: Entry, name: str, budget: Budget) -> SubmittedFile:
        if entry.suffix != ".ipynb" and not entry.problem:
            return SubmittedFile(name, None, "is neither a notebook nor a zip")
        try:
            return SubmittedFile(name, budget.read(entry))
        except ProblemError as error:
            return SubmittedFile(name, None, str(error))

    def _unpack(self, entry: Entry, name: str) -> Iterator[tuple[When, SubmittedFile]]:
        budget, found = Budget(), []
        try:
            with in_zip(entry) as members:
                claimed = manifest(members)
                for member in members:
                    inside = in_words(f"{name}/{'/'.join(member.parts)}")
                    if member.suffix == ".zip" and not member.problem:
                        found.append((member, SubmittedFile(inside, None, "is a zip inside of a zip")))
                    elif member.problem or (member.suffix == ".ipynb" and not member.folder):
                        found.append((member, self._file(member, inside, budget)))
                    elif not member.folder and member.parts[-1] not in TOOLS:
                        self.others.append(inside)
        except ProblemError as error:
            yield entry.when, SubmittedFile(name, None, str(error))
            return
        read = {"/".join(member.parts): handed.data for member, handed in found if handed.data is not None}
        self.notes += [f"{name}: {fault}" for fault in claimed.faults(read)]
        yield from ((member.when, handed) for member, handed in found)


def _submission(student: Student, given: Sequence[_Given], mixed: bool) -> Submission:
    reader = _Reader()
    ordered = []
    for one in sorted(given, key=lambda one: (one.where, one.entry.parts)):
        ordered += [(one.owner.upload, one.owner.attempt, *found) for found in reader.read(one)]
    ordered.sort(key=lambda one: (*one[:3], one[3].name), reverse=True)
    notes = [*student.notes, *reader.notes]
    if mixed and (exports := {one.where for one in given if one.where}):
        whose = "is it the platform's, or did a student name files so?"
        notes += [f"came in {in_words(where)}, which looks like an export: {whose}" for where in sorted(exports)]
    if reader.others:
        notes.append(f"left aside, since they are no notebooks: {first_of(reader.others)}")
    if not ordered:
        notes.append("no notebook was found")
    files = tuple(one[3] for one in ordered)
    return Submission(student.id, in_words(student.owner.name), files, tuple(notes), student.owner.platform)
