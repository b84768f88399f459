"""Folders and zips as classes hand them in, made on the spot."""

import io
import os
import stat
import zipfile

CHAPTERS = ("01_vgg", "04_textures")


def put(root, *names, when=None):
    """Files that hold their own names."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode("utf-8", "surrogateescape"))
        if when is not None:
            os.utime(path, (when, when))


def member(name, when=(2026, 5, 1, 12, 0, 0), link=False):
    info = zipfile.ZipInfo(name, when)
    info.filename = name  # also what ZipInfo would clean
    info.external_attr = ((stat.S_IFLNK if link else stat.S_IFREG) | 0o644) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def packed(*members):
    """A zip of files; each is a name, or a pair of a name or ZipInfo and bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for one in members:
            name, data = one if isinstance(one, tuple) else (one, one.encode())
            archive.writestr(member(name) if isinstance(name, str) else name, data)
    return held.getvalue()


def damaged(data, *changes):
    """Bytes with pieces exchanged for others of the same length; each must occur."""
    for old, new in changes:
        assert old in data and len(old) == len(new)
        data = data.replace(old, new)
    return data
