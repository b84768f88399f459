"""The manifest in the zip that `course submit` makes: what it claims, and whether its files agree."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from classroom.collect.archives import MB, Entry, ProblemError, whole
from course.submit.packing import MANIFEST, MANIFEST_FORMAT

LONGEST = 200  # characters of a student's name


@dataclass(frozen=True)
class Manifest:
    """The contents of a manifest.

    Attributes:
        found: whether there is one.
        student: the name it gives, or "".
        files: name in the zip -> sha256.
        problem: why it cannot be used, or "".
    """

    found: bool = False
    student: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    def faults(self, files: Mapping[str, bytes]) -> Iterator[str]:
        """Where a zip's notebooks are not those of the manifest, one sentence each. A zip without one has no faults."""
        if self.problem:
            yield self.problem
        if not self.found or self.problem:
            return
        for name in sorted(set(self.files) | set(files)):
            if name not in files:
                yield f"{name[:LONGEST]!r} is in {MANIFEST}, and not in the zip"
            elif name not in self.files:
                yield f"{name[:LONGEST]!r} is not in {MANIFEST}: it was added later"
            elif hashlib.sha256(files[name]).hexdigest() != self.files[name].lower():
                yield f"{name[:LONGEST]!r} is not the file of {MANIFEST}: it was changed later"


def manifest(members: Sequence[Entry]) -> Manifest:
    """The manifest of a zip with these members."""
    entry = next((member for member in members if member.parts == (MANIFEST,) and not member.folder), None)
    if entry is None:
        return Manifest()
    try:
        found = json.loads(whole(entry, MB))
        if found["format"] != MANIFEST_FORMAT:
            return Manifest(True, problem=f"{MANIFEST} is of an unknown format")
        student, files = found["student"], dict(found["files"])
        if not isinstance(student, str) or not all(isinstance(text, str) for text in (*files, *files.values())):
            raise TypeError
    except (ProblemError, ValueError, KeyError, TypeError, RecursionError):
        return Manifest(True, problem=f"{MANIFEST} cannot be read")
    return Manifest(True, student.strip()[:LONGEST], files)
