"""Rewrite the sha256 values in gallery.toml, and nothing else of it, from the files: `python tools/hash_gallery.py`."""

import hashlib
import re
import sys

from course.errors import InputError
from course.files import DATA
from course.gallery import find

GALLERY = DATA / "gallery.toml"


def hashed(toml: str) -> tuple[str, list[str]]:
    """The text with the sha256 of each picture that has a file, and a line about each that has none."""
    lines, faults, name = [], [], ""
    for line in toml.splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            name = heading[1]
        if line.startswith("sha256 = "):
            try:
                line = f'sha256 = "{hashlib.sha256(find(name).path.read_bytes()).hexdigest()}"'
            except InputError as error:
                faults.append(str(error))
        lines.append(line)
    return "\n".join(lines) + "\n", faults


if __name__ == "__main__":
    text, faults = hashed(GALLERY.read_text(encoding="utf-8"))
    GALLERY.write_text(text, encoding="utf-8", newline="\n")
    sys.exit("\n".join(faults) or None)
