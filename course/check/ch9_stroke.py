"""Check of chapter 9, section 1: the points of one brush stroke."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import torch
from torch import Tensor

from course.check.ch9_slopes import FLAT, RIGHT, STOPS, WAYS, Rules, Scene, scenes
from course.check.engine.answers import AnswerError
from course.check.engine.draw import Draw
from course.check.engine.exercise import CheckFailed, Question, exercise
from course.rendering import strokes

Point = tuple[float, float]
NEAR = 0.01  # pixels by which a point may be off
APART = 0.02  # by which each point, step and comparison stays away from where rounding would decide


@exercise(
    strokes.stroke,
    'section 1, "One stroke"',
    stops=STOPS,
    solved_by=(),
)
def stroke(question: Question) -> str:
    """Point after point, `radius` further on, across the slope, until one of four rules ends it."""
    answered: list[tuple[Scene, list[Point]]] = []
    asked, stopped = _drawn(question), None
    for scene in asked:
        try:
            answered.append((scene, _points(question, scene)))
        except AnswerError as error:
            if error.kind != "IndexError":
                raise
            stopped = stopped or error  # another scene may tell why
            continue
        if not _is(answered[-1][1], scene, RIGHT):
            raise _explained(question, answered, asked, stopped)
    if stopped:
        raise stopped
    return "across the slope, `radius` on, never turning back; ends at 12 points, by the colour, on flat ground, at each edge"


def _explained(
    question: Question, answered: list[tuple[Scene, list[Point]]], more: Iterator[Scene], stopped: AnswerError | None
) -> Exception:
    """The failure for the last answer: by the mistake that explains all, those to the scenes that are left as well."""
    scene, got = answered[-1]
    for other in more:
        try:
            answered.append((other, _points(question, other)))
        except (AnswerError, CheckFailed):
            continue  # told when the first is mended
    seen = f"for {scene.words} {_seen(got, _nearest(got, scene))}"
    for mistake, (ways, sentence) in WAYS.items():
        if any(all(_is(points, asked, rules) for asked, points in answered) for rules in ways):
            return question.wrong(mistake, seen, f"This looks like: {sentence}")
    return stopped or question.wrong("other", seen, _described(got, scene))


def _nearest(got: Sequence[Point], scene: Scene) -> list[Point]:
    """Of our two strokes the one with which these points go along further."""
    return max((points or [] for points in _both(scene, RIGHT)), key=lambda points: _alike(got, points))


def _alike(got: Sequence[Point], points: Sequence[Point]) -> int:
    """How many points are right before the first that is not."""
    right = [math.dist(one, other) <= NEAR for one, other in zip(got, points, strict=False)]
    return [*right, False].index(False)


def _seen(got: Sequence[Point], points: Sequence[Point]) -> str:
    at = _alike(got, points)
    if at == min(len(got), len(points)):
        return f"expected {len(points)} points, got {len(got)}; the first {at} are right."
    return f"expected {_said(points[at])} as point {at}, counted from 0, got {_said(got[at])}."


def _said(point: Point) -> str:
    return f"({point[0]:.4g}, {point[1]:.4g})"


def _described(got: Sequence[Point], scene: Scene) -> str:
    """What the first wrong point looks like, if no known mistake explains it."""
    points = _nearest(got, scene)
    at = _alike(got, points)
    if at == 0:
        return "The first point is `start`, row and column, as it is."
    if at == len(got):
        return "It ends too early. Which of the four rules stops it there? Print what each of them compares."
    if at == len(points):
        return f"It should end at {_said(points[-1])}. Print what each of the four rules compares there."
    slope, last = _at(scene.slope, _pixel(points[at - 1], "nearest")), points[at - 1]
    step = (got[at][0] - last[0], got[at][1] - last[1])
    if abs(_length(step) - scene.radius) > NEAR:
        return f"The step to that point is {_length(step):.4g} pixels long, and `radius` is {scene.radius}."
    if abs(step[0] * slope[0] + step[1] * slope[1]) > NEAR * _length(step) * _length(slope):
        return f"The slope at {_said(points[at - 1])} is ({slope[0]:.2g}, {slope[1]:.2g}): the step is not at a right angle to it."
    return "The step is across the slope, and goes back: of the two ways, the one that turns less."


def _drawn(question: Question) -> Iterator[Scene]:
    """Scenes in which nothing is decided by a rounding; each known mistake leads elsewhere in one of its kind."""
    for make, ways, number in scenes():
        left = list(ways)
        for more in reversed(range(number)):
            while True:
                scene = _steady(question.draw, make)
                ours = _both(scene, RIGHT)
                alike = [rules for rules in left if any(_same(one, two) for two in _both(scene, rules) for one in ours)]
                if len(alike) <= (len(left) // 2 if more else 0):
                    break
            left = alike
            yield scene


def _steady(draw: Draw, make: Callable[[Draw], Scene]) -> Scene:
    while True:
        scene = make(draw)
        with contextlib.suppress(_TieError):
            for sign in (1, -1):
                _walk(scene, sign, RIGHT, strict=True)
            return scene


def _points(question: Question, scene: Scene) -> list[Point]:
    """The points that came back, [n, 2], numbers of any type."""
    given, *inputs = scene
    returned = question.ask("call", *inputs)
    question.present(returned, given)
    value = returned.value
    if returned.kind != "Tensor" or not isinstance(value, Tensor) or value.is_complex() or value.dtype == torch.bool:
        kind = "complex or boolean numbers" if returned.kind == "Tensor" else returned.kind
        mistake, sentence = "type", "torch.stack makes one of a list of tensors, torch.tensor of pairs of numbers."
        if kind == "ndarray":
            mistake, sentence = "left_torch", "torch.from_numpy makes a tensor of an array."
        raise question.wrong(mistake, f"for {given} expected a tensor of points, got {kind}.", sentence)
    value = value.double()
    if value.dim() != 2 or value.shape[1] != 2 or not len(value):
        seen = f"for {given} expected shape [n, 2], got {list(value.shape)}."
        if not value.numel():
            raise question.wrong("start_missing", seen, "There are no points. The first is `start` itself.")
        if value.dim() == 2 and value.shape[0] == 2:
            raise question.wrong("transposed", seen, "Each point is a row of two numbers: turn it with .T.")
        raise question.wrong("shape", seen, "One row for each point, with two numbers, and no other axis around it.")
    if not value.isfinite().all():
        raise question.wrong("flat_is_nan", f"for {given} it returned points that are NaN or infinite.", FLAT)
    return [(row, column) for row, column in value.tolist()]


def _is(got: Sequence[Point], scene: Scene, rules: Rules) -> bool:
    """Whether these are the points by some rules, whichever way the stroke set out."""
    return any(_same(got, points) for points in _both(scene, rules))


def _same(got: Sequence[Point] | None, points: Sequence[Point] | None) -> bool:
    return got is not None and points is not None and len(points) == len(got) == _alike(got, points)


@lru_cache(maxsize=4096)  # asked for again when a wrong answer is explained
def _both(scene: Scene, rules: Rules) -> list[list[Point] | None]:
    return [_walk(scene, sign, rules) for sign in (1, -1)]


class _TieError(Exception):
    """Two numbers that are compared are nearly the same."""


def _decided(strict: bool, *apart: float) -> None:
    if strict and min(apart) <= APART:
        raise _TieError


def _at(picture: Tensor, pixel: tuple[int, int]) -> list[float]:
    numbers = picture.numpy()  # in which a pixel is found three times as fast
    found: list[float] = numbers[:, min(pixel[0], numbers.shape[1] - 1), min(pixel[1], numbers.shape[2] - 1)].tolist()
    return found  # beyond the last row or column, as if it went on


def _walk(scene: Scene, sign: int, rules: Rules, strict: bool = False) -> list[Point] | None:
    """The points, or None if something would be looked up outside; where it is strict, no decision may be near a tie."""
    points: list[Point] = [(float(scene.start[0]), float(scene.start[1]))]
    before = first = (0.0, 0.0)
    try:
        while len(points) < rules.most:
            if len(points) >= rules.least and _is_nearer(scene, points, rules, strict):
                points = points[:-1] if rules.kept == "before_nearer" else points
                break
            here = points[0 if rules.turn == "start" else -1]
            down, right = _at(scene.slope, _pixel(here, rules.look, strict))
            is_flat = math.hypot(down, right) <= rules.faint or (rules.flat == "either" and 0 in (down, right))
            if is_flat and (rules.flat == "repeats" or (rules.flat == "straight" and before != (0, 0))):
                move = before if rules.flat == "straight" else (0.0, 0.0)
            elif is_flat:
                points = points[:-1] if rules.flat == "left_out" and len(points) > 1 else points
                break
            else:
                move, before = _move((down, right), before, sign, scene.radius, rules, strict)
                first = first if first != (0, 0) else move
                before = first if rules.way == "first" else before
            inside, point = _admitted((points[-1][0] + move[0], points[-1][1] + move[1]), scene, rules, strict)
            if inside or rules.border in ("kept", "clamped_last"):
                points.append(_whole(point) if rules.kept == "pixels" else point)
            if not inside:
                break
    except IndexError:
        return None
    points = points[:12] if rules.kept == "before_nearer" else points
    if rules.kept == "columns_first":
        return [(column, row) for row, column in points]
    return list(map(_whole, points)) if rules.kept == "rounded" else points[rules.kept == "later" :]


def _whole(point: Point) -> Point:
    return float(round(point[0])), float(round(point[1]))


def _pixel(point: Point, look: str, strict: bool = False) -> tuple[int, int]:
    _decided(strict, *(0.5 - abs(x - round(x)) for x in point))
    row, column = (math.floor(x) if look == "floor" else math.ceil(x) if look == "ceil" else round(x) for x in point)
    return (column, row) if look == "exchanged" else (row, column)


def _is_nearer(scene: Scene, points: Sequence[Point], rules: Rules, strict: bool) -> bool:
    """Whether the rule of colours ends the stroke at its last point."""
    here, last, begun = (_pixel(points[at], rules.look) for at in (-1, max(-2, -len(points)), 0))
    there = _at(scene.smooth, here)
    canvas = _at(scene.canvas, begun if rules.nearer == "canvas_at_start" else here)
    painted = scene.canvas if rules.nearer == "colour_of_canvas" else scene.smooth
    colour = _at(painted, last if rules.nearer == "colour_of_last" else begun)
    off, away, between = (
        [x - y for x, y in zip(*pair, strict=True)] for pair in ((there, canvas), (there, colour), (canvas, colour))
    )
    if strict:  # let sums of magnitudes pass: they have to say the same as Euclid's norm, and both clearly
        sums = [[sum(abs(x) ** power for x in one) + 1e-9 for one in (off, away)] for power in (1, 2)]
        ratios = [math.log(one / other) / 10 for one, other in sums]
        _decided(True, *map(abs, ratios), ratios[0] * ratios[1] * 1e3)
    if rules.nearer in ("never", "always"):
        return rules.nearer == "always"
    if rules.nearer == "signed":
        return sum(off) < sum(away)
    nearer, than = {
        "turned_round": (away, off),
        "grey": ([sum(off)], [sum(away)]),
        "one_channel": (off[:1], away[:1]),
        "off_between": (off, between),
        "between_away": (between, away),
        "between_off": (between, off),
    }.get(rules.nearer, (off, away))
    return _length(nearer) < _length(than)


def _length(numbers: Sequence[float]) -> float:
    return math.hypot(*numbers)


def _move(slope: Point, before: Point, sign: int, radius: int, rules: Rules, strict: bool) -> tuple[Point, Point]:
    """The step, and with what the next one is to be compared."""
    (down, right), length = slope, math.hypot(*slope)
    turns = {"along": (down, right), "mirrored": (right, down), "swapped": (down, -right)}
    times = {
        "one": 1 / length,
        "slope": 1.0,
        "not_normalised": float(radius),
        "double": 2 * radius / length,
        "half": radius / 2 / length,
        "sum": radius / (abs(down) + abs(right)),
        "largest": radius / max(abs(down), abs(right)),
    }.get(rules.step, radius / length)
    row, column = raw = tuple(sign * times * x for x in turns.get(rules.turn, (right, -down)))
    turned = row * before[0] + column * before[1]
    if before != (0, 0):
        _decided(strict, 0.1 * abs(turned) / math.hypot(*raw) / math.hypot(*before))
    back = {"never": False, "more": turned > 0, "down": sign * row < 0, "right": sign * column < 0}
    move = (-row, -column) if back.get(rules.way, turned < 0) else (row, column)
    return move, (row, column) if rules.way == "raw" else move


def _admitted(point: Point, scene: Scene, rules: Rules, strict: bool) -> tuple[bool, Point]:
    """Whether the next point lies inside, and where it is put."""
    ends = (scene.smooth.shape[1] - 1.0, scene.smooth.shape[2] - 1.0)
    _decided(strict, *(min(abs(x), abs(x - end)) for x, end in zip(point, ends, strict=True)))
    beyond = {
        "rounded": (-0.5, 0.5),
        "height": (0.0, 1.0),
        "early": (1.0, -1.0),
        "none": (-1e9, 1e9),
        "negative": (-1e9, 0.0),
    }
    less, more = beyond.get(rules.border, (0.0, 0.0))
    last = ends[::-1] if rules.border == "swapped" else ends
    inside = all(less <= x <= end + more for x, end in zip(point, last, strict=True))
    if "clamped" in rules.border:
        point = (min(max(point[0], 0.0), ends[0]), min(max(point[1], 0.0), ends[1]))
    return inside or rules.border == "clamped", point
