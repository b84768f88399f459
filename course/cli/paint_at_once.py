"""The command ``course paint --painter``: a photo, or a folder of them, through a network that was trained for it."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from course import gallery
from course.adain.stylist import holds_stylist, load_stylist
from course.cli.command import Stopped, say, stoppable, undisturbed
from course.cli.destinations import keep
from course.cli.paint_picture import Unread
from course.errors import InputError
from course.files import exists, given_path, is_same, plain_name, shown
from course.images import SUFFIXES, check_destination, load_image, pictures_in
from course.nets.feedforward import load_painter, painter_path


def run(options: argparse.Namespace) -> int:
    """Paints, and saves each painting as soon as it is there."""
    with stoppable() as look:
        return _run(options, look)


def _run(options: argparse.Namespace, look: Callable[[], None]) -> int:
    if options.threads:
        torch.set_num_threads(options.threads)
    paint, inputs = _painting(options)
    places = _places(options, inputs)
    began, found, asked = time.perf_counter(), list[Path](), list[int]()
    bar = tqdm(places.items(), file=Unread(sys.stderr), disable=len(places) == 1, bar_format="{n}/{total}|{bar:10}|")
    for source, out in bar:
        if asked:  # while the one before was saved
            raise Stopped(asked[0])
        painting = paint(gallery.load(source, options.size))
        with undisturbed() as asked:
            found.append(keep(painting, out, [other for other in places.values() if other != out]))
        look()
    seconds = time.perf_counter() - began
    folder = next(iter(places.values())).parent
    if len(places) == 1:
        say(f"The painting is in {shown(found[0])}, after {seconds:.2f} s.")
    else:
        there = sum(path.parent == folder for path in found)
        of_all = f" of {len(found)}" if there < len(found) else ""
        say(f"{there}{of_all} paintings are in {shown(folder)}, after {seconds:.1f} s.")
    return 0 if found == [*places.values()] else 1


def _painting(options: argparse.Namespace) -> tuple[Callable[[Tensor], Tensor], list[Path]]:
    """What makes a painting [1, 3, H, W] of a photo: by a network that has learnt its styles, or by one for any style.

    Returns:
        It, and the files that it was made from: the painter, and pictures of styles.

    Raises:
        InputError: for no painter, a style that it has not learnt or that cannot be read, and shares that do not fit.
    """
    file = painter_path(options.painter)
    if not holds_stylist(options.painter):
        painter = load_painter(options.painter).to(memory_format=torch.channels_last)  # a quarter quicker
        shares = painter.mixture(dict(_shares(options)))
        return lambda photo: painter.paint(photo, shares), [file]
    stylist = load_stylist(options.painter)
    one = options.shares is None and exists(given_path(options.style))  # its name may hold a comma
    styles = [(options.style, 1.0)] if one else _shares(options)
    files = [gallery.path_of(name) for name, _ in styles]
    paintings = [load_image(path) for path in files]
    return lambda photo: stylist.paint(photo, *paintings, shares=[share for _, share in styles]), [file, *files]


def _shares(options: argparse.Namespace) -> list[tuple[str, float]]:
    styles = [name.strip() for name in options.style.split(",")]
    shares = options.shares or [1.0] * len(styles)
    if len(shares) != len(styles) or len(set(styles)) < len(styles):
        raise InputError(f"--shares must have a number for each of {', '.join(map(shown, styles))}, each named once")
    return list(zip(styles, shares, strict=True))


def _places(options: argparse.Namespace, inputs: Sequence[Path]) -> dict[Path, Path]:
    """Where each photo comes from, and where its painting goes; nothing that is there is overwritten in a folder.

    A photo of a kind that is only read, such as a TIFF, becomes a PNG.

    Raises:
        InputError: if there are no photos, a painting cannot be written, or two would have one name.
    """
    folder = given_path(options.content)
    if options.content in gallery.names() or not folder.is_dir():
        source, out = gallery.path_of(options.content), check_destination(options.out)
        if any(is_same(path, out) for path in (source, *inputs)):
            raise InputError(f"'{shown(out)}' is to be painted from and would be overwritten; choose another name")
        return {source: out}
    out_folder = given_path(options.out)
    files = pictures_in(folder)
    names = [file.name if file.suffix.lower() in SUFFIXES else f"{file.stem}.png" for file in files]
    _refuse_one_name(folder, files, names)
    try:
        out_folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(
            f"'{shown(out_folder)}' cannot be made a folder ({error.strerror}); choose another -o"
        ) from error
    places = {file: check_destination(out_folder / name) for file, name in zip(files, names, strict=True)}
    for place in places.values():
        if exists(place):
            raise InputError(f"'{shown(place)}' exists and would be overwritten; choose another folder")
    return places


def _refuse_one_name(folder: Path, files: Sequence[Path], names: Sequence[str]) -> None:
    """Refuses photos of which one's painting would take the place of another's."""
    first: dict[str, Path] = {}
    for file, name in zip(files, names, strict=True):
        other = first.setdefault(plain_name(Path(name)), file)
        if other != file:
            raise InputError(
                f"'{shown(other.name)}' and '{shown(file.name)}' in '{shown(folder)}' would both be painted as "
                f"'{shown(name)}'; rename one of them"
            )
