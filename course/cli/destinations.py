"""Every name that a run of ``course paint`` writes, checked before it paints; and another place where one fails."""

from __future__ import annotations

import argparse
import dataclasses
import os
import stat
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from course import gallery
from course.cli.command import warn
from course.errors import InputError
from course.files import exists, free_name, is_same, reads_alike, shown, status
from course.images import check_destination, save_image

MOST_ON_THE_WAY = 100_000  # pictures of --save-every: more is a slip of the keyboard, and a full disk


@dataclass(frozen=True)
class Destinations:
    """Where a run of ``course paint`` saves what it paints.

    Attributes:
        out: the painting.
        beside: content, style and painting side by side, or None.
        numbers: of the steps that are saved on the way.
    """

    out: Path
    beside: Path | None
    numbers: range

    def step(self, number: int) -> Path:
        """Where the picture of a step on the way is saved."""
        return self.out.with_name(f"{self.out.stem}-{number:04d}{self.out.suffix}")

    def of_stopped(self) -> Destinations:
        """Names for an unfinished painting, which must not take the place of a finished one, or of another like it."""
        out = _aside(self.out, self.others())
        return dataclasses.replace(self, out=out, beside=self.beside and _aside(self.beside, [out]))

    def others(self) -> list[Path]:
        """What is saved after the painting, whose place it must not take."""
        return [self.beside] if self.beside else []


def destinations(options: argparse.Namespace) -> Destinations:
    """All names that a run will write, if they can be written, and nothing is there that is still needed.

    Raises:
        InputError: if not.
    """
    out = check_destination(options.out)
    beside = None if options.strip is None else check_destination(options.strip)
    every = options.save_every or options.steps + 1
    chosen = Destinations(out, beside, range(every, options.steps + 1, every))
    if beside and is_same(out, beside):
        raise InputError(f"-o and --strip are both '{shown(out)}'; choose another name for one of them")
    if beside and reads_alike(out, beside):
        raise InputError(
            f"-o and --strip, '{shown(out)}' and '{shown(beside)}', are one name to many systems; "
            "choose another for one of them"
        )
    inputs = [gallery.path_of(name) for name in (options.content, options.style)]
    _check_pipes(inputs)
    for path in filter(None, (out, beside)):
        if any(is_same(path, one) for one in inputs):
            raise InputError(f"'{shown(path)}' is to be painted from and would be overwritten; choose another name")
    _check_steps(chosen)
    return chosen


def _check_steps(chosen: Destinations) -> None:
    if len(chosen.numbers) > MOST_ON_THE_WAY:
        raise InputError(f"--save-every would save {len(chosen.numbers)} pictures; choose a larger number")
    for number in reversed(chosen.numbers):  # the longest name first
        path = chosen.step(number)
        if chosen.beside and reads_alike(chosen.beside, path):
            raise InputError(f"--strip and --save-every both write '{shown(path)}'; choose another name for the strip")
        if exists(path):
            raise InputError(
                f"'{shown(path)}' exists and would be overwritten by --save-every; choose another -o, or move it away"
            )


def _check_pipes(inputs: Sequence[Path]) -> None:
    content, style = (status(path) for path in inputs)
    if content and style and os.path.samestat(content, style) and stat.S_ISFIFO(content.st_mode):
        raise InputError("CONTENT and STYLE are one pipe, which can be read only once; give one of them as a file")


def _aside(path: Path, taken: Collection[Path]) -> Path:
    try:
        if not exists(path):
            return path
        return free_name(path, end="-stopped", taken=taken)
    except InputError:  # its folder can no longer be looked into: `keep` will find another
        return path


def keep(image: Tensor, path: Path, taken: Collection[Path] = ()) -> Path:
    """Saves a picture, if not as `path` then in another place: nothing painted is thrown away. Returns where it is.

    Args:
        image: [1, 3, H, W], RGB in [0, 1].
        path: where it is wanted.
        taken: see `kept`.

    Raises:
        InputError: if it can be saved nowhere.
    """
    return kept(lambda place: save_image(image, place), path, "painting.png", "What was painted", taken)


def kept(save: Callable[[Path], None], path: Path, instead: str, what: str, taken: Collection[Path] = ()) -> Path:
    """Saves something, if not as `path` then in another place. Returns where it is.

    Args:
        save: does it, and raises InputError if it cannot.
        path: where it is wanted.
        instead: its name where `path` has one that cannot be had; by its suffix it is saved elsewhere.
        what: is saved, in words, to begin a sentence.
        taken: names that the same run will write later: elsewhere it takes none of them, or it would be overwritten.

    Raises:
        InputError: if it can be saved nowhere.
    """
    try:
        save(path)
        return path
    except InputError as error:
        failure = error
    for wanted in _elsewhere(path, instead):
        try:
            other = free_name(wanted, taken=taken)
            save(other)
        except InputError:  # then the next; what is told in the end is why the first one failed
            continue
        warn(f"{failure}. {what} is kept elsewhere: '{shown(other)}'")
        return other
    raise failure


def _elsewhere(path: Path, instead: str) -> Iterator[Path]:
    """Names in folders that most users may write to."""
    folders: tuple[Callable[[], str | Path], ...] = (lambda: path.parent, Path.cwd, Path.home, tempfile.gettempdir)
    for find in folders:
        try:
            folder = Path(find())
        except (OSError, RuntimeError):  # there is no such folder
            continue
        yield folder / f"{path.stem}{Path(instead).suffix}"
        yield folder / instead  # its own name may be too long there
