"""What the check of `stroke` asks: slopes, canvases and starts; and what it knows of wrong ways."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from course.check.engine.draw import Draw


class Scene(NamedTuple):
    """What a stroke is asked for, and its description."""

    words: str
    smooth: Tensor
    canvas: Tensor
    slope: Tensor
    start: tuple[int, int]
    radius: int


class Rules(NamedTuple):
    """How a stroke is led; as it should be, unless something is replaced."""

    turn: str = "across"
    step: str = "radius"
    way: str = "less"
    look: str = "nearest"
    nearer: str = "nearer"
    border: str = "ends"
    flat: str = "ends"
    faint: float = 0.0
    least: int = 4
    most: int = 12
    kept: str = "all"


FLAT = (
    "Where the slope is 0 it has no direction, and dividing by its length is 0 / 0. Ask before: the stroke ends there."
)
WHOLE = "A pixel is looked up by whole numbers: round() first, then int()."
OUTSIDE = (
    "A pixel beyond the edge was looked up; the last are H - 1 and W - 1. Or are row and column exchanged, or two axes?"
)
STOPS = {
    "cannot convert float NaN": ("flat_is_nan", FLAT),
    "ZeroDivisionError": ("flat_is_nan", FLAT),
    "index -2147483648": ("flat_is_nan", FLAT),
    "index -9223372036854775808": ("flat_is_nan", FLAT),
    "out of bounds": ("outside", OUTSIDE),
    "index out of range": ("outside", OUTSIDE),
    "must be long, int, byte or bool": ("not_whole", WHOLE),
    "only integers, slices": ("not_whole", WHOLE),
    "must be integers or slices": ("not_whole", WHOLE),
    "cannot be interpreted as an integer": ("not_whole", WHOLE),
    "expects a non-empty TensorList": ("start_missing", "The list is empty. It begins with `start` itself."),
}
RIGHT = Rules()
# Mistake -> the rules that lead to it, any of them, and what to say.
WAYS: dict[str, tuple[tuple[Rules, ...], str]] = {
    "along": ((Rules("along"),), "along the slope, from dark to light. A stroke goes across: (slope[1], -slope[0])."),
    "mirrored": ((Rules("mirrored"),), "slope[0] and slope[1] exchanged, and no sign turned. That is a mirror; a right angle is (slope[1], -slope[0])."),
    "exchanged": ((Rules("swapped"),), "downwards and to the right exchanged, in the slope or in the step. slope[0] is downwards, and so is a point's first number."),
    "columns_first": ((Rules(kept="columns_first"),), "points as (x, y). The row comes first, as in `start`."),
    "slope_of_start": ((Rules("start"),), "the slope at the start, all the way. Look it up anew at each point."),
    "looked_up_exchanged": ((Rules(look="exchanged"),), "looked up at [column, row]. The row comes first: slope[:, row, column]."),
    "not_normalised": ((Rules(step="not_normalised"),), "`radius` times the slope, steep or not. Divide by its length first: each step is `radius` pixels long."),
    "slope_as_step": ((Rules(step="slope"),), "steps as long as the slope is steep. Divide by its length, and multiply by `radius`."),
    "step_of_one": ((Rules(step="one"),), "steps of one pixel. `radius` pixels each."),
    "diameter": ((Rules(step="double"),), "steps of twice the radius. `radius` pixels each."),
    "half_radius": ((Rules(step="half"),), "steps of half the radius. `radius` pixels each."),
    "wrong_length": ((Rules(step="sum"), Rules(step="largest")), "divided by the sum, or the larger, of both numbers. A length is the root of the sum of their squares."),
    "no_flip": ((Rules(way="never"),), "always the same side of the slope. Where the slope turns about, the stroke goes back: turn the direction round if it points against the last step."),
    "turns_back": ((Rules(way="more"),), "of the two ways, the one that turns more. Turn round if the product with the last step is below 0, not above."),
    "flips_by_first": ((Rules(way="first"),), "directions compared with the first step. Compare with the last, or no stroke can go around a curve."),
    "last_before_flip": ((Rules(way="raw"),), "compared with the last direction as it was before it was turned round. Keep the one that was gone."),
    "one_side": ((Rules(way="down"), Rules(way="right")), "always the way down, or always the way to the right. Compare with the last step instead."),
    "truncated": ((Rules(look="floor"),), "points cut off, as int() does, or rounded down. round() first: 3.7 is looked up at 4."),
    "rounded_up": ((Rules(look="ceil"),), "points rounded up. To the nearest whole numbers: round()."),
    "walks_on_pixels": ((Rules(kept="pixels"),), "a point is rounded, and the stroke goes on from there. Round only to look up; the point stays where it is."),
    "rounded": ((Rules(kept="rounded"),), "the points that come back are whole numbers. Round only to look up, and keep the points as they are."),
    "start_missing": ((Rules(kept="later"),), "all points but the start. It is the first."),
    "ends_at_3": ((Rules(least=3),), "the colours may end it at 3 points. It has 4 or more then: is the question asked too early, or a point counted twice?"),
    "ends_at_5": ((Rules(least=5),), "the colours may end it only at 5 points. 4 are enough: is the start not counted?"),
    "ends_early": ((Rules(least=2), Rules(least=1)), "the colours may end it from the beginning. Ask only when there are 4 points or more."),
    "never_nearer": ((Rules(nearer="never"),), "the canvas never ends it. Or is the colour taken anew at each point? It is that of `smooth` at the start."),
    "always_nearer": ((Rules(nearer="always"),), "every stroke ends at 4 points at the latest. Only where the canvas is nearer to `smooth` there."),
    "nearer_turned_round": ((Rules(nearer="turned_round"),), "it ends where the stroke's colour is nearer. There it goes on: turn the comparison round."),
    "canvas_to_colour": ((Rules(nearer="between_away"), Rules(nearer="between_off")), "the canvas compared with the stroke's colour. How far is the canvas from `smooth`, and how far is the colour from it?"),
    "colour_to_canvas": ((Rules(nearer="off_between"),), "the stroke's colour compared with the canvas. Both, canvas and colour, are compared with `smooth`."),
    "canvas_at_start": ((Rules(nearer="canvas_at_start"),), "the canvas at the start. Look it up at the last point, as `smooth`."),
    "colour_of_canvas": ((Rules(nearer="colour_of_canvas"),), "the canvas's colour at the start as the stroke's. It is that of `smooth`."),
    "colour_of_last": ((Rules(nearer="colour_of_last"),), "the colour at the point before as the stroke's. It is that of `smooth` at the start, all the way."),
    "signed": ((Rules(nearer="signed"),), "differences of the channels added with their signs, so that too much red and too little blue cancel. Square them first."),
    "grey": ((Rules(nearer="grey"),), "means over the channels compared. Red and blue of one lightness are far apart: compare channel by channel."),
    "one_channel": ((Rules(nearer="one_channel"),), "only the first channel compared. All three count."),
    "left_out": ((Rules(kept="before_nearer"), Rules(least=5, most=13, kept="before_nearer")), "the point where the canvas is nearer is left out. The stroke ends there, and the point is its last."),
    "eleven": ((Rules(most=11),), "it ends at 11 points. 12, with the start."),
    "thirteen": ((Rules(most=13),), "it ends at 13 points. 12, with the start: is a step made 12 times?"),
    "no_limit": ((Rules(most=10**3),), "it goes on and on. It ends at 12 points."),
    "clamped": ((Rules(border="clamped"),), "points beyond the edge brought back to it, by clamp, min or max. The stroke ends before."),
    "ends_on_edge": ((Rules(border="clamped_last"),), "a last point put onto the edge. The stroke ends at the point before."),
    "outside_kept": ((Rules(border="kept"),), "the last point lies outside. Ask before you add it: the stroke ends at the point before."),
    "edge_rounded": ((Rules(border="rounded"),), "the edge asked of the rounded point. -0.3 is below 0, and outside: ask the point itself."),
    "edge_one_further": ((Rules(border="height"),), "rows up to H and columns up to W. The last ones are H - 1 and W - 1, and what is above lies outside."),
    "edge_one_nearer": ((Rules(border="early"),), "it ends a pixel before the edge. Rows from 0 to H - 1, columns from 0 to W - 1, these included."),
    "sizes_exchanged": ((Rules(border="swapped"),), "rows up to W - 1 and columns up to H - 1. H is the number of rows."),
    "no_edge": ((Rules(border="none"),), "it goes on beyond the edge. It ends before: 0 <= row <= H - 1, 0 <= column <= W - 1."),
    "negative": ((Rules(border="negative"),), "nothing ends it above and on the left, where a negative index counts from the other end. Nothing is below 0."),
    "flat_repeats": ((Rules(flat="repeats"),), "where the slope is 0 the same point comes again and again. The stroke ends there."),
    "flat_goes_on": ((Rules(flat="straight"),), "where the slope is 0 it goes straight on. The stroke ends there."),
    "flat_left_out": ((Rules(flat="left_out"),), "the point where the slope is 0 is left out. The stroke ends there, and the point is its last."),
    "faint_is_flat": (tuple(Rules(faint=most) for most in (0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 5e-4)), "a faint slope taken for none. However small, it has a direction: only 0 ends the stroke."),
    "one_of_two": ((Rules(flat="either"),), "it ends where the slope is 0 downwards, or to the right. Only where both are."),
}  # fmt: skip

MIDDLE = (18, 22)


def far(draw: Draw, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Colours that are alike, and a canvas that is another everywhere."""
    return 0.2 * draw.uniform(3, height, width), 0.6 + 0.4 * draw.uniform(3, height, width)


def directed(angle: Tensor, steep: Tensor) -> Tensor:
    """A slope [2, H, W] of these directions."""
    return steep * torch.stack([angle.sin(), angle.cos()])


def turning(draw: Draw, height: int, width: int) -> Tensor:
    """A slope that turns slowly, and about from pixel to pixel; here steep, there faint."""
    y, x = torch.linspace(0, 1, height)[:, None], torch.linspace(0, 1, width)
    a, b, c = (2 * math.pi * draw.uniform(3)).tolist()
    angle = a + 0.7 * torch.sin(b + 5 * y) + 0.7 * torch.sin(c + 5 * x) + 0.7 * (draw.uniform(height, width) - 0.5)
    steep = 0.004 * 80 ** draw.uniform(height, width) * (2 * draw.levels(0, 1, height, width) - 1)
    return directed(angle, steep)


def around(height: int, width: int, centre: tuple[float, float]) -> Tensor:
    """The slope of a round spot: away from its centre, and faint."""
    y, x = torch.arange(height)[:, None] - centre[0], torch.arange(width) - centre[1]
    return 2e-4 * functional.normalize(torch.stack([y.expand(-1, width), x.expand(height, -1)]), dim=0)


def straight(draw: Draw) -> Scene:
    """One direction, at least 10 degrees from any that a mirror leaves alone."""
    angle = math.pi / 4 * (draw.whole(0, 7) + 0.25 + 0.5 * float(draw.uniform(1)))
    slope = directed(torch.tensor(angle), torch.tensor(0.12)).view(2, 1, 1).repeat(1, 56, 64)
    start = (draw.whole(26, 30), draw.whole(30, 34))
    return Scene("a slope that is the same everywhere", *far(draw, 56, 64), slope, start, 2)


def upright(draw: Draw) -> Scene:
    """One component of the slope is 0, and no point falls on the edge."""
    slope = torch.zeros(2, 39, 44)
    slope[draw.whole(0, 1)] = 0.07
    start = (5 * draw.whole(2, 5) + draw.whole(1, 2), 5 * draw.whole(2, 6) + draw.whole(1, 2))
    return Scene("a slope straight down or to the right", *far(draw, 39, 44), slope, start, 5)


def spot(draw: Draw) -> Scene:
    """A circle, or nearly, around a spot."""
    centre = (19.5 + float(draw.uniform(1)), 22.5 + float(draw.uniform(1)))
    start = (20 + 6 * (2 * draw.whole(0, 1) - 1), 23 + draw.whole(-2, 2))
    return Scene("the faint slope of a round spot", *far(draw, 41, 46), around(41, 46, centre), start, 3)


def ridges(draw: Draw) -> Scene:
    """The slope turns about from pixel to pixel."""
    colours, start = far(draw, 23, 27), (draw.whole(10, 12), draw.whole(12, 14))
    return Scene("a slope that turns about at many pixels", *colours, turning(draw, 23, 27), start, 2)


def painted(draw: Draw) -> Scene:
    """The canvas is right everywhere."""
    smooth, start = draw.uniform(3, 42, 38), (draw.whole(19, 23), draw.whole(17, 21))
    return Scene(
        "a canvas that is like `smooth`", smooth, smooth.clone(), turning(draw, 42, 38), start, draw.whole(3, 4)
    )


def mixed(draw: Draw) -> Scene:
    """A canvas that is near at every eighth pixel, and elsewhere nearer by other comparisons, or by none."""
    shape, start = (3, 37, 41), (draw.whole(16, 20), draw.whole(18, 22))
    colour = 0.4 + 0.2 * draw.uniform(3, 1, 1)
    away = 0.15 + 0.1 * draw.uniform(*shape[1:])
    to, any_way = functional.normalize(draw.normal(*shape), dim=0), functional.normalize(draw.normal(*shape), dim=0)
    grey, blue = any_way - any_way.mean(0), any_way * torch.tensor([0.1, 1, 1]).view(3, 1, 1)
    off = torch.stack(
        [1.3 * to, -1.4 * to, 2 * functional.normalize(grey, dim=0), 2 * functional.normalize(blue, dim=0)]
    )
    kind = draw.levels(0, 3, *shape[1:]).expand(1, *shape)
    off = torch.where(draw.uniform(*shape[1:]) < 0.125, 0.3 * any_way, off.gather(0, kind)[0])
    smooth = colour + away * to
    smooth[:, start[0], start[1]] = colour.flatten()
    canvas = smooth - away * off
    canvas[:, start[0], start[1]] = (colour + (0.12 + 0.2 * draw.uniform(1)) * any_way[:, :1, :1]).flatten()
    return Scene(
        "colours that change along the way", smooth, canvas, turning(draw, *shape[1:]), start, draw.whole(1, 2)
    )


def flat_start(draw: Draw) -> Scene:
    """Slope 0 at the start, and a canvas that is right."""
    slope, start = turning(draw, 15, 11), (draw.whole(3, 11), draw.whole(3, 7))
    slope[:, start[0], start[1]] = 0
    return Scene("a slope of 0 at the start", *far(draw, 15, 11), slope, start, 2)


def flat_later(draw: Draw) -> Scene:
    """Slope 0 beyond a circle around the start."""
    start, away = (draw.whole(18, 20), draw.whole(21, 23)), 4 + 8 * float(draw.uniform(1))
    y, x = torch.arange(39)[:, None] - start[0], torch.arange(44) - start[1]
    slope = turning(draw, 39, 44) * ((y**2 + x**2).sqrt() < away)
    return Scene("a slope that is 0 some steps from the start", *far(draw, 39, 44), slope, start, draw.whole(2, 3))


def to_edge(draw: Draw, words: str, axis: int, behind: bool) -> Scene:
    """A bow, both of whose ends lead beyond the same edge."""
    size = (25, 21) if axis == 0 else (21, 25)
    beyond, within, middle = 4 * float(draw.uniform(1)), draw.whole(2, 4), draw.whole(9, 11)
    centre, start = [0.0, 0.0], [0, 0]
    centre[axis], start[axis] = (size[axis] - 1 + beyond, size[axis] - 1 - within) if behind else (-beyond, within)
    centre[1 - axis] = start[1 - axis] = middle  # so that both ends are alike
    slope = around(*size, (centre[0], centre[1]))
    return Scene(
        f"a stroke that leads to the {words} edge", *far(draw, *size), slope, (start[0], start[1]), draw.whole(1, 2)
    )


def scenes() -> Iterator[tuple[Callable[[Draw], Scene], tuple[Rules, ...], int]]:
    """What draws scenes, rules that have to lead elsewhere in one of them, and how many of them."""

    def by(*names: str) -> tuple[Rules, ...]:
        return tuple(rules for name in names for rules in WAYS[name][0])

    yield straight, by("along", "mirrored", "exchanged", "wrong_length", "eleven", "thirteen", "no_limit"), 1
    yield spot, by("slope_of_start", "flips_by_first", "one_side", "faint_is_flat"), 1
    yield ridges, by("no_flip", "turns_back", "last_before_flip", "truncated", "rounded_up"), 1
    yield painted, by("never_nearer", "nearer_turned_round", "ends_at_3", "ends_at_5", "ends_early"), 1
    colours = "never_nearer always_nearer nearer_turned_round canvas_to_colour colour_to_canvas canvas_at_start"
    colours += " colour_of_canvas colour_of_last signed grey one_channel left_out"
    yield mixed, by(*colours.split()), 5
    edges = ("clamped", "ends_on_edge", "outside_kept", "edge_rounded", "no_edge")
    for words, axis, behind in (("lower", 0, True), ("right", 1, True), ("upper", 0, False), ("left", 1, False)):
        more = ("edge_one_further", "sizes_exchanged") if behind else ("negative",)
        yield partial(to_edge, words=words, axis=axis, behind=behind), by(*edges, *more), 1
    yield flat_start, (), 1
    yield flat_later, by("flat_repeats", "flat_goes_on", "flat_left_out"), 1
    yield upright, by("one_of_two"), 1
