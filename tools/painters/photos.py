"""Photos to train painters on, out of Debian's packages: `python tools/painters/photos.py ROOT FOLDER`.

ROOT is where packages were unpacked: `dpkg-deb -x FILE.deb ROOT` for each of gcompris-qt-data, lomiri-wallpapers-16.04
and lomiri-wallpapers-20.04, which `apt-get download` gets. Opaque pictures with a shorter side of at least 200 pixels
go to FOLDER, with a list of who made them and under which licence, in `photos.tsv`. Only those are taken that the
package's copyright file gives by name to the public domain or under a Creative Commons licence.

GCompris keeps its pictures in Qt's resource files (.rcc): a tree of names, and the files, some of them compressed.
"""

import argparse
import fnmatch
import io
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from PIL import Image

SHORTEST = 200
LONGEST = 640
ONE = r"(public-domain|CC0(-1.0)?|CC-BY(-SA)?-[0-9.]+)"
FREE = re.compile(f"{ONE}( and {ONE})*")
DIRECTORY, COMPRESSED, ZSTD = 2, 1, 4
# Pictures in the packages that are no photos: drawings, patterns, paintings that a game cuts into pieces.
NO_PHOTOS = ("*analogpattern*", "*Painting-Colors*", "*/paintings/*", "*babyshapes/resource/image/*", "*digital_elec*")


@dataclass(frozen=True)
class Licence:
    """A paragraph of a copyright file."""

    patterns: tuple[str, ...]
    makers: str
    name: str

    def covers(self, path: str) -> bool:
        """Whether one of its patterns is of this file. The package has .webp where the copyright file has others."""
        return any(fnmatch.fnmatchcase(stem(path), stem(pattern)) for pattern in self.patterns)


def stem(path: str) -> str:
    return path if path.endswith("*") else str(PurePosixPath(path).with_suffix(""))


def licences(copyright_file: Path) -> list[Licence]:
    """What a copyright file in Debian's format says of files, in its order: the last that covers one counts."""
    found = []
    for paragraph in re.split(r"\n\s*\n", copyright_file.read_text(encoding="utf-8")):
        fields = dict(re.findall(r"^([A-Z][\w-]*):((?:.*)(?:\n[ \t].*)*)", paragraph, flags=re.MULTILINE))
        if "Files" in fields:
            makers = " ".join(fields.get("Copyright", "").split())
            found.append(Licence(tuple(fields["Files"].split()), makers, fields["License"].split("\n")[0].strip()))
    return found


def resources(path: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files in one of Qt's resource files."""
    raw = path.read_bytes()
    magic, version, tree, data, names = struct.unpack(">4sIIII", raw[:20])
    if magic != b"qres":
        raise ValueError(f"{path} is no resource file of Qt")
    node = 22 if version > 1 else 14

    def walk(number: int, above: str) -> Iterator[tuple[str, bytes]]:
        begin = tree + number * node
        name, flags = struct.unpack(">IH", raw[begin : begin + 6])
        if number:
            (letters,) = struct.unpack(">H", raw[names + name : names + name + 2])
            text = raw[names + name + 6 : names + name + 6 + 2 * letters].decode("utf-16-be")
            above = f"{above}/{text}" if above else text
        if flags & DIRECTORY:
            count, first = struct.unpack(">II", raw[begin + 6 : begin + 14])
            for child in range(first, first + count):
                yield from walk(child, above)
        else:
            (offset,) = struct.unpack(">I", raw[begin + 10 : begin + 14])
            (length,) = struct.unpack(">I", raw[data + offset : data + offset + 4])
            content = raw[data + offset + 4 : data + offset + 4 + length]
            if flags & ZSTD:
                raise ValueError(f"{above} in {path} is compressed with zstd, which is not read here")
            yield above, zlib.decompress(content[4:]) if flags & COMPRESSED else content

    yield from walk(0, "")


def candidates(root: Path) -> Iterator[tuple[str, bytes, list[Licence]]]:
    """Path as in the copyright file, content, and the licences of the package, of everything that may be a picture."""
    documents = root / "usr/share/doc"
    gcompris = licences(documents / "gcompris-qt-data/copyright")
    for file in sorted((root / "usr/share/gcompris-qt/rcc").glob("*.rcc")):
        for name, content in resources(file):
            yield name.removeprefix("gcompris/"), content, gcompris
    for package in ("16.04", "20.04"):
        wallpapers = licences(documents / f"lomiri-wallpapers-{package}/copyright")
        for path in sorted((root / "usr/share/backgrounds").iterdir()):
            if any(licence.covers(f"{package}/{path.name}") and "*" not in licence.patterns for licence in wallpapers):
                yield f"{package}/{path.name}", path.read_bytes(), wallpapers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    seen: set[str] = set()
    for path, content, paragraphs in candidates(options.root):
        if PurePosixPath(path).suffix.lower() not in (".webp", ".jpg", ".jpeg", ".png") or path in seen:
            continue
        seen.add(path)
        licence = [paragraph for paragraph in paragraphs if paragraph.covers(path)][-1]
        if not FREE.fullmatch(licence.name) or any(fnmatch.fnmatchcase(path, pattern) for pattern in NO_PHOTOS):
            continue
        picture = Image.open(io.BytesIO(content))
        if picture.mode != "RGB" or min(picture.size) < SHORTEST:
            continue
        picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
        picture.save(options.folder / f"{len(lines):03}.png")
        lines.append(f"{len(lines):03}.png\t{path}\t{licence.makers}\t{licence.name}")
    text = "\n".join(["file\tpath\tmakers\tlicence", *lines])
    (options.folder / "photos.tsv").write_text(text + "\n", encoding="utf-8")
    print(f"{len(lines)} photos")


if __name__ == "__main__":
    main()
