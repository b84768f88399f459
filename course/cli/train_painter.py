"""The command ``course train``: a painter is trained, with a progress bar; stopping loses nothing."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from tqdm import tqdm

from course import gallery
from course.cli.command import Stopped, say, stoppable, undisturbed, warn
from course.cli.destinations import kept
from course.cli.paint_picture import Unread
from course.errors import InputError
from course.files import exists, given_path, remove_unfinished, shown
from course.images import save_image, strip
from course.nets.feedforward import Painter
from course.nets.weights import vgg19
from course.training.corpus import Corpus, folder_photos, gallery_photos
from course.training.perceptual import ALPHA, BETA, Perceptual, Weights
from course.training.train import Plan, Training, read_state, train

SAVED_EVERY = 30  # seconds: the state of the training, and a sample of what it paints
TRIED = 4  # steps that tell how many fit into the minutes
SAMPLE, SAMPLE_SIZE, MOST_IN_SAMPLE = "china", 192, 4


def run(options: argparse.Namespace) -> int:
    """Trains, shows how far it is, and saves what there is, also when it is stopped."""
    with stoppable() as look:
        return _run(options, look)


def _run(options: argparse.Namespace, look: Callable[[], None]) -> int:
    if options.threads:
        torch.set_num_threads(options.threads)
    places = Places(options.out)
    names = [_name(style) for style in options.styles]
    places.check(going_on=exists(places.state))
    loss = _loss(options)
    photos = gallery_photos() + (folder_photos(options.photos) if options.photos else [])
    painter = Painter(names, options.width, options.blocks, options.seed)
    corpus = Corpus(photos, seed=options.seed)
    plan = Plan(options.steps or TRIED, options.side, options.count, options.rate, options.seed)
    if exists(places.state):
        plan = replace(plan, steps=options.steps or read_state(places.state)["steps"])
        training = train(painter, corpus, loss, plan)
        training.resume(places.state)
        say(f"Going on after step {training.number} of {training.plan.steps}.")
    else:
        if not options.steps:
            plan = plan.lasting(60 * options.minutes, _seconds_of_a_step(options, names, corpus, loss, plan))
        training = train(painter, corpus, loss, plan)
        say(f"Training on {len(photos)} photos for {', '.join(names)}: {plan.steps} steps.")
    stopped, complete = True, False
    try:
        complete = _follow(training, places, look)
        stopped = False
    finally:
        with undisturbed():
            complete &= _save(training, places, stopped)
    return 0 if complete else 1


class Places:
    """The files of a training: the painter, its state while it is not finished, and a sample of what it paints."""

    def __init__(self, out: str) -> None:
        self.out = given_path(out)
        if self.out.suffix != ".pt":
            raise InputError(f"'{shown(self.out)}' must end in .pt: it will hold a painter")
        self.state = self.out.with_name(f"{self.out.name}.training")
        self.sample = self.out.with_name(f"{self.out.stem}-sample.png")

    def check(self, going_on: bool) -> None:
        """Raises InputError where they cannot be written, or something else is there already."""
        if not self.out.resolve().parent.is_dir():
            raise InputError(f"there is no folder '{shown(self.out.parent)}'; make it, or choose another -o")
        for path in (self.out, self.sample):
            if exists(path) and not going_on:
                raise InputError(f"'{shown(path)}' exists and would be overwritten; choose another -o, or move it away")
        if going_on:
            remove_unfinished(self.out.resolve().parent)


def _name(style: str) -> str:
    """What the painter calls a style: its name in the gallery, or that of its file without suffix."""
    return style if style in gallery.names() else Path(style).stem


def _loss(options: argparse.Namespace) -> Perceptual:
    net = vgg19(weights=options.weights, padding="replicate", precision=options.precision)
    alpha = ALPHA if options.alpha is None else options.alpha
    beta = BETA if options.beta is None else options.beta
    return Perceptual(net, [gallery.load(style) for style in options.styles], Weights(content=alpha, style=beta))


def _seconds_of_a_step(
    options: argparse.Namespace, names: list[str], corpus: Corpus, loss: Perceptual, plan: Plan
) -> float:
    """Tried out on a painter that is thrown away; the first step, which is slower, does not count."""
    painter = Painter(names, options.width, options.blocks, options.seed)
    lessons = list(train(painter, corpus, loss, plan))
    return (lessons[-1].seconds - lessons[0].seconds) / (len(lessons) - 1)


def _follow(training: Training, places: Places, look: Callable[[], None]) -> bool:
    """Takes all steps; every half minute the state and a sample are saved. Whether that went well each time."""
    seldom = 0.1 if sys.stderr.isatty() else 10.0  # a log file needs no animation
    form = "{percentage:3.0f}%|{bar:10}| {remaining} left{postfix}"
    saved = time.monotonic()
    total, done, failures = training.plan.steps, training.number, list[InputError]()
    with tqdm(total=total, initial=done, bar_format=form, mininterval=seldom, file=Unread(sys.stderr)) as bar:
        for lesson in training:
            look()
            losses = f"content {lesson.losses['content']:.3f}, style {lesson.losses['style']:.3f}"
            bar.set_postfix_str(f"{lesson.number}/{lesson.of}, {losses}", refresh=False)
            bar.update()
            if time.monotonic() - saved > SAVED_EVERY:
                with undisturbed() as asked:
                    failures += _failure(lambda: training.save(places.state))
                    failures += _failure(lambda: _sample(training.painter, places))
                if asked and lesson.number < lesson.of:
                    raise Stopped(asked[0])
                saved = time.monotonic()
    if failures:
        warn(f"on the way it could not be saved {len(failures)} times: {failures[0]}")
    return not failures


def _failure(save: Callable[[], None]) -> list[InputError]:
    """Saves what can be done without; why it could not be, if so. By the next time there may be room again."""
    try:
        save()
    except InputError as error:
        return [error]
    return []


def _saved(save: Callable[[], None]) -> bool:
    """The same at the end; whether it could be."""
    failures = _failure(save)
    for failure in failures:
        warn(failure)
    return not failures


def _sample(painter: Painter, places: Places) -> None:
    photo = gallery.photo(SAMPLE, SAMPLE_SIZE)
    painted = [painter.paint(photo, painter.share(style)) for style in painter.styles[:MOST_IN_SAMPLE]]
    save_image(strip([photo, *painted]), places.sample)


def _save(training: Training, places: Places, stopped: bool) -> bool:
    """The painter, and a sample; the state as well if there is something left to do. Whether all is where it should be.

    Raises:
        InputError: if the painter can be saved nowhere.
    """
    if training.number == 0:
        say("No step was finished yet, so nothing is saved.")
        return True
    goes_on = stopped and _saved(lambda: training.save(places.state))
    out = kept(training.painter.save, places.out, "painter.pt", "What was trained")
    shows = _saved(lambda: _sample(training.painter, places))
    if not stopped and out == places.out:
        places.state.unlink(missing_ok=True)
    end = f"Stopped after step {training.number} of {training.plan.steps}; so far the" if stopped else "The"
    say(f"{end} painter is in {shown(out)}{f', a sample in {shown(places.sample)}' if shows else ''}.")
    if goes_on:
        say("The same command goes on from there.")
    last = training.last
    if last:
        say(
            f"{last.number} steps in {last.seconds:.0f} s; "
            f"content {last.losses['content']:.3f}, style {last.losses['style']:.3f}."
        )
    return shows and goes_on == stopped and out == places.out
