"""The command ``course paint``: one picture in the style of another, with a progress bar; stopping loses nothing."""

from __future__ import annotations

import argparse
import contextlib
import math
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TextIO

import psutil
import torch
from torch import Tensor
from tqdm import tqdm

from course import gallery
from course.cli.command import say, stoppable, tell, undisturbed, warn
from course.cli.destinations import Destinations, destinations, keep
from course.control.colours import match_colour, transfer_luminance
from course.errors import InputError
from course.files import shown
from course.images import fit, resized_shape, save_image, strip, white_noise
from course.nets.precision import choose
from course.nets.vgg import VGG
from course.nets.weights import vgg19
from course.objectives import STYLE_LAYERS, style_transfer
from course.synthesis import Painting, Stage, Step, coarse_to_fine, draft_first, first_side, narrowness, paint

Finish = Callable[[Tensor], Tensor]  # a painting as the painter leaves it -> as it is saved

DRAFT_IS_QUICKER = 7  # times, about

MEMORY_OF_A_PIXEL = 2500  # bytes, measured at 256 to 1024 px: feature maps with their graph, and L-BFGS's 20 pairs
MEMORY_OF_A_STYLE_PIXEL = 1300  # the same without a graph, and the picture itself


def run(options: argparse.Namespace) -> int:
    """Paints, shows how far it is, and saves what there is, also when it is stopped."""
    with stoppable() as look:
        return _run(options, look)


def _run(options: argparse.Namespace, look: Callable[[], None]) -> int:
    places = destinations(options)
    if options.threads:
        torch.set_num_threads(options.threads)
    device = _device(options.device)
    photo = gallery.load(options.content, options.size).to(device)
    style_size = StyleSize(options, photo)
    style = gallery.load(options.style, style_size).to(device)
    if options.colours == "matched":
        style = match_colour(style, photo).clamp(0, 1)
    finish = partial(_in_own_colours, photo) if options.colours == "photo" else _as_it_is
    painting = _plan(options, photo, style, style_size.own)
    height, width = photo.shape[2:]
    names = f"{shown(options.content)} in the style of {shown(options.style)}"
    stopped, complete = True, False
    try:
        network = f"VGG-19 ({options.weights}, {choose(options.precision, device)})"
        say(f"Painting {names}: {width} x {height} pixels, {network} on {_name(device)} ...")
        complete = _follow(painting, places, look, finish)
        stopped = False
    finally:  # also after Ctrl-C, numbers that overflow, a full memory: `main` tells of them
        if painting.last is None:
            tell("Nothing was painted yet, so nothing is saved.")
        else:
            with undisturbed():
                wanted = places.of_stopped() if stopped else places
                complete &= _save(painting.last, photo, style, wanted, stopped, finish)
    return 0 if complete else 1


def _as_it_is(image: Tensor) -> Tensor:
    return image


def _in_own_colours(photo: Tensor, image: Tensor) -> Tensor:
    """The photo's colours under the lights and shades of an image of any size."""
    return transfer_luminance(fit(photo, *image.shape[2:]), image).clamp(0, 1)


class StyleSize:
    """Longer side, in pixels, with which the style is read: as large as something needs it, and never enlarged.

    Args:
        options: of the command.
        photo: what is painted.

    Attributes:
        own: the style's own sides, the longer one first, once it was read.
    """

    def __init__(self, options: argparse.Namespace, photo: Tensor) -> None:
        self.strip, self.height = options.strip is not None, photo.shape[2]
        self.needed: float = max(photo.shape[2:]) * max(options.scale or 1.0, options.init == "style")
        self.own = (0, 0)

    def __call__(self, height: int, width: int) -> int:
        """For a picture of this size."""
        longer, shorter = max(height, width), min(height, width)
        self.own = max(self.own, (longer, shorter))
        in_strip = self.height * longer / height if self.strip else 0  # there it is as tall as the photo
        return min(math.ceil(max(self.needed, in_strip)), longer)


def _plan(options: argparse.Namespace, photo: Tensor, style: Tensor, own: tuple[int, int]) -> Painting:
    kind = (options.seed, options.precision, photo.device)
    net = vgg19(options.pooling, options.weights, "replicate", *kind)
    chosen = {name: getattr(options, name) for name in ("alpha", "beta", "tv", "layers", "scale")}
    objective = style_transfer(
        net, photo, style, **{name: value for name, value in chosen.items() if value is not None}
    )
    height, width = photo.shape[2:]
    starts = {
        "content": lambda: photo,
        "style": lambda: fit(style, height, width),
        "noise": lambda: white_noise(height, width, options.seed).to(photo.device),
    }
    stages = _stages(options, photo, style)
    _check_memory(photo, style, options.scale or 1.0)
    _check_size(net, objective.layers, resized_shape(height, width, stages[0].size))
    _check_style(options, net, options.layers or STYLE_LAYERS, max(height, width), own)
    draft = None
    if options.drafts:
        draft = objective.through(vgg19(options.pooling, "slim", "replicate", *kind))
    return paint(
        objective, starts[options.init](), stages, options.optimiser, learning_rate=options.learning_rate, draft=draft
    )


def _stages(options: argparse.Namespace, photo: Tensor, style: Tensor) -> tuple[Stage, ...]:
    smallest = first_side(photo, [style], options.scale or 1.0)
    return (draft_first if options.drafts else coarse_to_fine)(max(photo.shape[2:]), options.steps, smallest)


def _check_size(net: VGG, layers: Sequence[str], first: tuple[int, int]) -> None:
    """Refuses, before painting, a picture that is too small for the deepest layer, and names it."""
    least = net.smallest_side(layers)
    height, width = first
    if min(first) < least:
        deepest = max(set(layers) - {"image"}, key=net.layers.index)
        enough = math.ceil(least * max(first) / (min(first) - 0.5))  # the shorter side may have been rounded up
        raise InputError(
            f"{width} x {height} pixels are too few for {deepest}, which needs {least} x {least}; "
            f"choose --size {enough}, or other --layers"
        )


def _check_style(options: argparse.Namespace, net: VGG, layers: Sequence[str], size: int, own: tuple[int, int]) -> None:
    """The same for the style, whose longer side is that of the painting times --scale, but at most its own."""
    least, scale, (longer, shorter) = net.smallest_side(layers), options.scale or 1.0, own
    seen = min(round(size * scale), longer)
    side = max(1, round(shorter * seen / longer))
    if side >= least:
        return
    small = f"the style picture comes out too small: its shorter side is below {least} pixels"
    if shorter < least:
        fitting = [name for name in layers if net.smallest_side([name]) <= side] or ["relu1_1"]
        raise InputError(f"{small}, and it is never enlarged; choose a larger one, or --layers {','.join(fitting)}")
    enough = least * longer / shorter
    raise InputError(
        f"{small}; choose --size {math.ceil(enough / scale)} or --scale {math.ceil(100 * enough / size) / 100:g}"
    )


def _check_memory(photo: Tensor, style: Tensor, scale: float) -> None:
    """A process that takes too much memory is ended without a word, and its painting with it."""
    height, width = photo.shape[2:]
    longer = min(scale * max(height, width), max(style.shape[2:]))
    pixels = longer**2 / narrowness(style)
    needed = max(height * width * MEMORY_OF_A_PIXEL, pixels * MEMORY_OF_A_STYLE_PIXEL) / 1e9  # one after the other
    free = psutil.virtual_memory().available / 1e9
    if photo.device.type == "cpu" and needed > free:
        size = int(max(height, width) * (free / needed) ** 0.5)
        warnings.warn(
            f"{width} x {height} pixels{f', and a style of {longer:.0f},' * (scale > 1)} need about {needed:.1f} GB of "
            f"memory, {free:.1f} GB are free; if the painter is ended by the system, choose "
            f"{'a smaller --scale, or ' * (scale > 1)}--size {size} or less",
            stacklevel=2,
        )


def _follow(painting: Painting, places: Destinations, look: Callable[[], None], finish: Finish) -> bool:
    """Takes all steps. The bar counts pixels, since a step at twice the size takes four times as long.

    Returns:
        Whether all pictures on the way could be saved as well.
    """
    work = sum(_work(stage.size, stage.drafted) * stage.steps for stage in painting.stages)
    seldom = 0.1 if sys.stderr.isatty() else 10.0  # a log file needs no animation
    form = "{percentage:3.0f}%|{bar:10}| {remaining} left{postfix}"
    failures: list[InputError] = []
    with tqdm(total=work, bar_format=form, mininterval=seldom, file=Unread(sys.stderr)) as bar:
        for step in painting:
            look()
            bar.set_postfix_str(f"{step.number}/{step.of} at {step.size} px, {_losses(step)}", refresh=False)
            bar.update(_work(step.size, step.drafted))
            if step.number in places.numbers:
                try:
                    save_image(finish(step.image), places.step(step.number))
                except InputError as error:  # the painting goes on: by its end there may be room again
                    failures.append(error)
    if failures:
        warn(f"{len(failures)} of the pictures on the way are missing: {failures[0]}")
    return not failures


class Unread:
    """A stream for the progress bar. Painting goes on without the bar when nobody can read it any more."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = stream.encoding

    def write(self, text: str) -> None:
        """Writes, if it can."""
        with contextlib.suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        """The same."""
        with contextlib.suppress(OSError):
            self._stream.flush()


def _work(size: int, drafted: bool) -> int:
    return size**2 // (DRAFT_IS_QUICKER if drafted else 1)


def _save(last: Step, photo: Tensor, style: Tensor, places: Destinations, stopped: bool, finish: Finish) -> bool:
    """Saves and tells where it is, also where the strip fails; whether all is where it was wanted."""
    height, width = photo.shape[2:]
    image = finish(last.image if last.image.shape == photo.shape else fit(last.image, height, width))
    out, beside = keep(image, places.out, places.others()), None
    try:
        if places.beside:
            beside = keep(strip([photo, style, image]), places.beside)
    finally:
        _report(last, out, beside, stopped)
    return (out, beside) == (places.out, places.beside)


def _report(last: Step, out: Path, beside: Path | None, stopped: bool) -> None:
    verb = f"Stopped after step {last.number} of {last.of}; what there is" if stopped else "The painting"
    say(f"{verb} is in {shown(out)}{f', beside its content and style in {shown(beside)}' if beside else ''}.")
    count = f"{last.number} step{'s' * (last.number != 1)}"
    early = f" (of {last.of}: no further one made it better)" if last.number < last.of and not stopped else ""
    say(f"{count}{early} in {last.seconds:.0f} s; {_losses(last)}.")


def _losses(step: Step) -> str:
    return f"content {step.losses['content']:.4f}, style {step.losses['style']:.4f}"


def _device(name: str) -> torch.device:
    """The device of that name; "auto" is the graphics card if torch can use one."""
    usable = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device("cuda" if usable["cuda"] else "cpu")
    if name not in usable:
        raise InputError(f"no device {name!r}; choose auto, {', '.join(usable)}")
    if not usable[name]:
        raise InputError(f"torch finds no {name} device here; choose --device cpu")
    return torch.device(name)


def _name(device: torch.device) -> str:
    if device.type == "cpu":
        count = torch.get_num_threads()
        return f"{count} thread{'s' * (count != 1)} of the CPU"
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
