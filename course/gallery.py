"""The pictures that come with the course, by name: photos, textures and styles, each with its maker and licence.

::

    cat = photo("cat", size=256)        # [1, 3, 170, 256]
    swirls = style("swirls")
    find("swirls").licence              # "CC BY 4.0"

``data/gallery.toml`` describes them. The styles are painted by this project and are in ``data/styles``; photos and
textures are read out of installed packages, without importing these (that takes seconds, and their own functions may
download). Nothing here needs the network, and torch is imported where a picture is loaded: a list of names need not
wait for it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from course.errors import InputError, check_string, nearest
from course.files import DATA, StrPath, given_path, shown, status

if TYPE_CHECKING:
    from torch import Tensor

    from course.images import Size

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Kind = Literal["photo", "style", "texture"]

_DISTRIBUTIONS = {"skimage": "scikit-image", "sklearn": "scikit-learn"}  # whose packages are called otherwise


@dataclass(frozen=True)
class Picture:
    """One picture's entry in ``data/gallery.toml``."""

    name: str
    kind: Kind
    title: str
    maker: str
    licence: str
    source: str  # where it comes from, in words or as an address
    file: str  # in the data folder; "skimage:data/x.png" is the file data/x.png in the installed package skimage
    sha256: str

    @property
    def path(self) -> Path:
        """The path of the file on this machine.

        Raises:
            InputError: if it is not there.
        """
        package, _, inside = self.file.rpartition(":")
        path = (_package_folder(package) if package else DATA) / inside
        if path.is_file():
            return path
        if package:
            raise InputError(f"'{inside}' is missing in the installed {_distribution(package)}; {_mend(package)}")
        raise InputError(f"'{self.name}' has no file at '{path}'; get it with: git restore data/{inside}")

    def load(self, size: Size = None) -> Tensor:
        """The picture as a tensor [1, 3, H, W], RGB in [0, 1]; `size` is the longer side, see `images.load_image`.

        Raises:
            InputError: if the file is missing or damaged, or the size is below 1.
        """
        from course.images import load_image

        return load_image(self.path, size)

    def verify(self) -> None:
        """Make sure that the file is, to the byte, the one that ``gallery.toml`` describes.

        Raises:
            InputError: if it is missing, or another one.
        """
        found = hashlib.sha256(self.path.read_bytes()).hexdigest()
        if found != self.sha256:
            raise InputError(
                f"'{self.path}' has sha256 {found[:12]}..., gallery.toml says {self.sha256[:12] or 'nothing'}...; "
                "restore the file, or if the new one is meant: python tools/hash_gallery.py"
            )


def pictures(kind: Kind | None = None) -> tuple[Picture, ...]:
    """All pictures of one kind ("photo", "style" or "texture"), or of every kind, in the order of the file.

    Raises:
        InputError: for an unknown kind, or if ``data/gallery.toml`` is missing.
    """
    if kind is not None and (not isinstance(kind, str) or kind not in get_args(Kind)):
        raise InputError(f"there is no kind {kind!r} of picture; choose one of {', '.join(get_args(Kind))}")
    path = DATA / "gallery.toml"
    if not path.is_file():
        raise InputError(f"'{path}' is missing; clone the whole repository and install from it with: pip install -e .")
    entries = tomllib.loads(path.read_text(encoding="utf-8"))
    everything = (Picture(name=name, **entry) for name, entry in entries.items())
    return tuple(picture for picture in everything if kind in (None, picture.kind))


def names(kind: Kind | None = None) -> tuple[str, ...]:
    """Names of all pictures of a kind, or of every kind, see `pictures`."""
    return tuple(picture.name for picture in pictures(kind))


def find(name: str, kind: Kind | None = None) -> Picture:
    """The picture of that name, with maker and licence, and of that kind if one is given.

    Raises:
        InputError: if there is none; the message suggests the nearest. Also for a name that is no string.
    """
    check_string(name, "the name of a picture", "cat")
    for picture in pictures(kind):
        if picture.name == name:
            return picture
    raise InputError(f"there is no {kind or 'picture'} {name!r} in the gallery{_suggestion(name, kind)}")


def photo(name: str, size: int | None = None) -> Tensor:
    """A photo of the gallery as a tensor [1, 3, H, W], RGB in [0, 1]; `size` is the longer side. See `find`."""
    return find(name, "photo").load(size)


def style(name: str, size: int | None = None) -> Tensor:
    """A style of the gallery as a tensor [1, 3, H, W], RGB in [0, 1]; `size` is the longer side. See `find`."""
    return find(name, "style").load(size)


def texture(name: str, size: int | None = None) -> Tensor:
    """A texture of the gallery as a tensor [1, 3, H, W], RGB in [0, 1]; `size` is the longer side. See `find`."""
    return find(name, "texture").load(size)


def load(name_or_path: StrPath, size: Size = None) -> Tensor:
    """A picture of the gallery by its name, or any picture by its file, as a tensor [1, 3, H, W], RGB in [0, 1].

    Raises:
        InputError: if it is neither, or the file is no good picture.
    """
    from course.images import load_image

    return load_image(path_of(name_or_path), size)


def path_of(name_or_path: StrPath) -> Path:
    """The path of a picture, from the gallery or any other.

    The gallery comes first: "cat" is our cat, even beside a file called "cat"; write "./cat" for that file. Names of
    the gallery have no folder and no suffix, so "cat.jpg" is always a file.

    Raises:
        InputError: if it is neither.
    """
    if isinstance(name_or_path, str) and not name_or_path:
        raise InputError(f"an empty name is no picture; write a name of the gallery or a file{_ALL}")
    path = given_path(name_or_path)
    text = os.fspath(name_or_path)
    if text in names():
        return find(text).path
    if status(path) is None:
        raise InputError(f"'{shown(text)}' is neither a file nor a picture of the gallery{_suggestion(path.stem)}")
    return path


_ALL = "; `course gallery` lists its pictures"


def _suggestion(name: str, kind: Kind | None = None) -> str:
    """The end of a message about a wrong name: the nearest right ones, or where all of them are."""
    return nearest(name, names(kind)) or _ALL


def _package_folder(package: str) -> Path:
    """The folder of an installed package, found without running its code."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(f"the package {package} is not installed; {_mend(package)}")
    return Path(next(iter(spec.submodule_search_locations)))


def _distribution(package: str) -> str:
    return _DISTRIBUTIONS.get(package, package)


def _mend(package: str) -> str:
    return f"mend it with: pip install --force-reinstall {_distribution(package)}"
