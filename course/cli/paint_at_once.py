"""The command ``course paint --painter``: a photo, or a folder of them, through a network that was trained for it."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from tqdm import tqdm

from course import gallery
from course.cli.command import say, stoppable
from course.cli.destinations import keep
from course.cli.paint_picture import Unread
from course.errors import InputError
from course.files import exists, files_in, given_path, is_same, shown
from course.images import SUFFIXES, check_destination
from course.nets.feedforward import Painter, load_painter


def run(options: argparse.Namespace) -> int:
    """Paints, and saves each painting as soon as it is there."""
    with stoppable() as look:
        return _run(options, look)


def _run(options: argparse.Namespace, look: Callable[[], None]) -> int:
    if options.threads:
        torch.set_num_threads(options.threads)
    painter = load_painter(options.painter)
    shares = _shares(painter, options)
    places = _places(options)
    began, complete = time.perf_counter(), True
    bar = tqdm(places.items(), file=Unread(sys.stderr), disable=len(places) == 1, bar_format="{n}/{total}|{bar:10}|")
    for source, out in bar:
        painting = painter.paint(gallery.load(source, options.size), shares)
        complete &= keep(painting, out) == out
        look()
    seconds = time.perf_counter() - began
    first = next(iter(places.values()))
    if len(places) == 1:
        say(f"The painting is in {shown(first)}, after {seconds:.2f} s.")
    else:
        say(f"{len(places)} paintings are in {shown(first.parent)}, after {seconds:.1f} s.")
    return 0 if complete else 1


def _shares(painter: Painter, options: argparse.Namespace) -> torch.Tensor:
    styles = [name.strip() for name in options.style.split(",")]
    shares = options.shares or [1.0] * len(styles)
    if len(shares) != len(styles) or len(set(styles)) < len(styles):
        raise InputError(f"--shares must have a number for each of {', '.join(map(shown, styles))}, each named once")
    return painter.mixture(dict(zip(styles, shares, strict=True)))


def _places(options: argparse.Namespace) -> dict[Path, Path]:
    """Where each photo comes from, and where its painting goes; nothing that is there is overwritten in a folder.

    Raises:
        InputError: if there are no photos, or a painting cannot be written.
    """
    folder = given_path(options.content)
    if options.content in gallery.names() or not folder.is_dir():
        source, out = gallery.path_of(options.content), check_destination(options.out)
        if is_same(source, out):
            raise InputError(f"'{shown(out)}' is to be painted from and would be overwritten; choose another name")
        return {source: out}
    out_folder = given_path(options.out)
    files = files_in(folder, SUFFIXES)
    if not files:
        raise InputError(f"there are no pictures in '{shown(folder)}'; they end in {', '.join(sorted(SUFFIXES))}")
    try:
        out_folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(
            f"'{shown(out_folder)}' cannot be made a folder ({error.strerror}); choose another -o"
        ) from error
    places = {file: check_destination(out_folder / file.name) for file in files}
    for place in places.values():
        if exists(place):
            raise InputError(f"'{shown(place)}' exists and would be overwritten; choose another folder")
    return places
