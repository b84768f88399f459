"""tools/painters/photos.py: Qt's resource files, and who made what under which licence."""

import struct
import zlib

import pytest

from tests.tools._programs import program


@pytest.fixture(scope="module")
def photos():
    with program("photos") as module:
        yield module


def resource_file(version):
    """A folder "a" with two files, "b.txt" as it is and "c" compressed."""
    names, places = b"", []
    for name in ("a", "b.txt", "c"):
        places.append(len(names))
        names += struct.pack(">HI", len(name), 0) + name.encode("utf-16-be")
    plain, packed = b"plain", struct.pack(">I", 6) + zlib.compress(b"packed")
    data = struct.pack(">I", len(plain)) + plain + struct.pack(">I", len(packed)) + packed
    rest = b"\0" * 8 * (version > 1)
    tree = struct.pack(">IHII", 0, 2, 1, 1) + rest
    tree += struct.pack(">IHII", places[0], 2, 2, 2) + rest
    tree += struct.pack(">IHII", places[1], 0, 0, 0) + rest
    tree += struct.pack(">IHII", places[2], 1, 0, 4 + len(plain)) + rest
    offsets = (20, 20 + len(tree), 20 + len(tree) + len(data))
    return b"qres" + struct.pack(">4I", version, *offsets) + tree + data + names


@pytest.mark.parametrize("version", [1, 2])
def test_the_files_in_a_resource_file(photos, version, tmp_path):
    (tmp_path / "x.rcc").write_bytes(resource_file(version))
    assert list(photos.resources(tmp_path / "x.rcc")) == [("a/b.txt", b"plain"), ("a/c", b"packed")]
    (tmp_path / "y.rcc").write_bytes(b"none" * 10)
    with pytest.raises(ValueError, match="is no resource file"):
        list(photos.resources(tmp_path / "y.rcc"))


def test_the_last_paragraph_that_covers_a_file_counts(photos, tmp_path):
    text = (
        "Format: x\n\nFiles: *\nCopyright: 2010 A\nLicense: GPL-3+\n\n"
        "Files: src/cat.jpg\n       src/dog.jpg\nCopyright: 2011 B\n           2012 C\nLicense: CC-BY-SA-3.0\n more\n"
    )
    (tmp_path / "copyright").write_text(text)
    found = photos.licences(tmp_path / "copyright")
    of = {path: [one for one in found if one.covers(path)][-1] for path in ("src/dog.webp", "src/cow.webp")}
    assert (of["src/dog.webp"].makers, of["src/dog.webp"].name) == ("2011 B 2012 C", "CC-BY-SA-3.0")
    assert of["src/cow.webp"].name == "GPL-3+"


@pytest.mark.parametrize(
    ("licence", "free"),
    [
        ("CC0-1.0", True),
        ("CC-BY-3.0 and CC0-1.0", True),
        ("public-domain", True),
        ("CC-BY-SA-2.5", True),
        ("GPL-3+", False),
        ("CC-BY-NC-2.0", False),
        ("CC-BY-3.0 and Bitstream", False),
        ("CC-sampling-plus-1.0", False),
    ],
)
def test_what_is_free(photos, licence, free):
    assert bool(photos.FREE.fullmatch(licence)) == free
