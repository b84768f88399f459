"""Finds in a delivery what belongs to which student; the layouts are those of `classroom.collect.submissions`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from classroom.collect.archives import Entry, ProblemError, counts, file_entry, head, in_folder, in_zip
from classroom.collect.contents import HEAD, is_list
from classroom.collect.manifests import manifest
from classroom.collect.owners import Owner, Platform, in_words, names_folder, owner, platform_of
from course.errors import InputError

PLATFORMS: dict[Platform, str] = {"moodle": "Moodle", "canvas": "Canvas"}


@dataclass(frozen=True)
class Given:
    """An entry whose owner is known; `where` is the export in which it lay, or ""."""

    entry: Entry
    owner: Owner
    where: str


def delivered(folder: Path, chapters: Collection[str], open_zips: ExitStack) -> tuple[list[Given], list[str]]:
    """Everything that students have handed in, and the names of what belongs to no student, hidden folders first."""
    place = folder.resolve()
    root = place.name if place.is_dir() else place.stem
    entries, lists, hidden = list[tuple[Entry, str]](), list[str](), set[str]()
    for entry, where in _unwrapped(_top(folder, open_zips), chapters):
        if entry.hidden and not (names_folder(entry) and counts(entry.parts[0], folder=True)):
            hidden.add(in_words("/".join(filter(None, [where, entry.parts[0]]))))
        elif _is_list(entry, chapters):
            lists.append(in_words("/".join(filter(None, [where, *entry.parts]))))
        else:
            entries.append((entry, where))
    exported = any(where for _, where in entries)
    names = [(entry, platform_of(entry)) for entry, where in entries if where or not exported]
    platform = _platform({(owner(entry, chapters, root, named).id, named) for entry, named in names})
    given: list[Given] = []
    for entry, where in entries:
        believed = platform if where or not exported else ""
        claimed = "" if where or (believed and platform_of(entry) == believed) else _claimed(entry)
        given.append(Given(entry, owner(entry, chapters, root, believed, claimed), where))
    return given, [*sorted(hidden), *lists]


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
    shown = {top: inside for top, inside in tops.items() if counts(top, names_folder(inside[0]))}
    plain = {top for top, inside in shown.items() if names_folder(inside[0]) and not platform_of(inside[0])}
    folders = plain - {"submitted"}
    exports = folders if all(is_export(_below(tops[top]), chapters) for top in folders) else set()
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
    return _unfolded(entries) or entries  # without the folder that was zipped


def _claimed(entry: Entry) -> str:
    """The student by the manifest of a zip, or ""."""
    if len(entry.parts) != 1 or entry.suffix != ".zip" or entry.folder or entry.packed or entry.problem:
        return ""
    try:
        with in_zip(entry, float("inf")) as members:
            return manifest(members).student
    except ProblemError:
        return ""  # said when it is read


def is_export(entries: Sequence[Entry], chapters: Collection[str]) -> bool:
    """Whether everything, or everything in the one folder around it, has a platform's name."""
    named = [entry for entry in _unfolded(entries) if not entry.hidden and not _is_list(entry, chapters)]
    return bool(named) and all(platform_of(entry) for entry in named)


def _unfolded(entries: Sequence[Entry]) -> list[Entry]:
    """The entries without the one folder around all of them, if it belongs to no student."""
    around = {entry.parts[0]: entry for entry in entries if counts(entry.parts[0], names_folder(entry))}
    return _below(entries) if len(around) == 1 and not platform_of(*around.values()) else list(entries)


def _below(entries: Sequence[Entry]) -> list[Entry]:
    """The entries one folder deeper."""
    return [replace(entry, parts=entry.parts[1:]) for entry in entries if len(entry.parts) > 1]


def _is_list(entry: Entry, chapters: Collection[str]) -> bool:
    """Whether an entry beside the students' files belongs to no student, such as a table of grades."""
    if len(entry.parts) > 1 or entry.folder or platform_of(entry):
        return False
    return is_list(entry.parts[0], chapters, lambda: start_of(entry))


def start_of(entry: Entry) -> bytes:
    """The first bytes of a file, none if it cannot be read."""
    try:
        return head(entry, HEAD)
    except ProblemError:
        return b""
