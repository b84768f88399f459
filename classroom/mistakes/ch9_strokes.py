"""Chapter 9, section 1: what students write for the points of one brush stroke, by mistake."""

import math

import torch

from classroom.mistakes.registry import wrong


def across(down, right):
    return torch.stack([right, -down])


def unit(direction):
    return direction / direction.norm()


def by_radius(direction, radius):
    return radius * unit(direction)


def less(step, last, first):
    """Turned round if it points against the last step."""
    return -step if step @ last < 0 else step


def nearest(point):
    return [int(x) for x in point.round()]


def nearer(there, canvas, colour):
    return torch.dist(there, canvas) < torch.dist(there, colour)


def inside(point, height, width):
    return 0 <= point[0] <= height - 1 and 0 <= point[1] <= width - 1


def as_it_is(point):
    return point


def led(
    turn=across,
    step_of=by_radius,
    way=less,
    look=nearest,
    ends=nearer,
    stays=inside,
    put=as_it_is,
    colour_at=lambda smooth, canvas, points, look: smooth[:, look(points[0])[0], look(points[0])[1]],
    is_flat=lambda slope: slope.norm() == 0,
    least=4,
    most=12,
    keep_first=lambda raw, turned: turned,
    canvas_at=-1,
    slope_at=-1,
    result=torch.stack,
):
    """As it should be, but for a part."""

    def answer(smooth, canvas, slope, start, radius):
        points, last, first = [torch.tensor(start).float()], torch.zeros(2), torch.zeros(2)
        while len(points) < most:
            row, column = look(points[-1])
            there = smooth[:, row, column]
            seen = look(points[canvas_at])
            colour = colour_at(smooth, canvas, points, look)
            if len(points) >= least and ends(there, canvas[:, seen[0], seen[1]], colour):
                break
            row, column = look(points[slope_at])
            if is_flat(slope[:, row, column]):
                break
            raw = step_of(turn(*slope[:, row, column]), radius)
            step = way(raw, last, first)
            point = points[-1] + step
            if not stays(point, *smooth.shape[1:]):
                break
            points.append(put(point))
            last = keep_first(raw, step)
            first = first if first.any() else step
        return result(points)

    return answer


STROKE = "stroke"
wrong(STROKE, "along")(led(lambda down, right: torch.stack([down, right])))
wrong(STROKE, "mirrored")(led(lambda down, right: torch.stack([right, down])))
wrong(STROKE, "exchanged")(led(lambda down, right: torch.stack([-down, right])))
wrong(STROKE, "columns_first")(led(result=lambda points: torch.stack(points).flip(1)))
wrong(STROKE, "slope_of_start")(led(slope_at=0))
wrong(STROKE, "not_normalised")(led(step_of=lambda direction, radius: radius * direction))
wrong(STROKE, "slope_as_step")(led(step_of=lambda direction, radius: direction))
wrong(STROKE, "step_of_one")(led(step_of=lambda direction, radius: unit(direction)))
wrong(STROKE, "diameter")(led(step_of=lambda direction, radius: 2 * radius * unit(direction)))
wrong(STROKE, "half_radius")(led(step_of=lambda direction, radius: radius / 2 * unit(direction)))
wrong(STROKE, "wrong_length")(led(step_of=lambda direction, radius: radius * direction / direction.abs().sum()))
wrong(STROKE, "no_flip")(led(way=lambda step, last, first: step))
wrong(STROKE, "turns_back")(led(way=lambda step, last, first: -step if step @ last > 0 else step))
wrong(STROKE, "flips_by_first")(led(way=lambda step, last, first: -step if step @ first < 0 else step))
wrong(STROKE, "last_before_flip")(led(keep_first=lambda raw, turned: raw))
wrong(STROKE, "one_side")(led(way=lambda step, last, first: -step if step[0] < 0 else step))
wrong(STROKE, "truncated")(led(look=lambda point: [int(x) for x in point]))
wrong(STROKE, "rounded_up")(led(look=lambda point: [math.ceil(x) for x in point]))
wrong(STROKE, "walks_on_pixels")(led(put=torch.round))
wrong(STROKE, "rounded")(led(result=lambda points: torch.stack(points).round()))
wrong(STROKE, "start_missing")(led(result=lambda points: torch.stack(points[1:])))
wrong(STROKE, "ends_at_3")(led(least=3))
wrong(STROKE, "ends_at_5")(led(least=5))
wrong(STROKE, "ends_early")(led(least=1))
wrong(STROKE, "never_nearer")(led(ends=lambda there, canvas, colour: False))
wrong(STROKE, "always_nearer")(led(most=4))
wrong(STROKE, "nearer_turned_round")(
    led(ends=lambda there, canvas, colour: torch.dist(there, canvas) > torch.dist(there, colour))
)
wrong(STROKE, "canvas_to_colour")(
    led(ends=lambda there, canvas, colour: torch.dist(canvas, colour) < torch.dist(there, colour))
)
wrong(STROKE, "colour_to_canvas")(
    led(ends=lambda there, canvas, colour: torch.dist(there, canvas) < torch.dist(canvas, colour))
)
wrong(STROKE, "canvas_at_start")(led(canvas_at=0))
wrong(STROKE, "colour_of_canvas")(
    led(colour_at=lambda smooth, canvas, points, look: canvas[:, look(points[0])[0], look(points[0])[1]])
)
wrong(STROKE, "colour_of_last")(
    led(colour_at=lambda smooth, canvas, points, look: smooth[:, look(points[-2:][0])[0], look(points[-2:][0])[1]])
)
wrong(STROKE, "signed")(led(ends=lambda there, canvas, colour: (there - canvas).sum() < (there - colour).sum()))
wrong(STROKE, "grey")(
    led(ends=lambda there, canvas, colour: (there - canvas).mean().abs() < (there - colour).mean().abs())
)
wrong(STROKE, "one_channel")(
    led(ends=lambda there, canvas, colour: (there[0] - canvas[0]).abs() < (there[0] - colour[0]).abs())
)
wrong(STROKE, "eleven")(led(most=11))
wrong(STROKE, "thirteen")(led(most=13))
wrong(STROKE, "no_limit")(led(most=1000))
wrong(STROKE, "edge_one_further")(
    led(stays=lambda point, height, width: 0 <= point[0] < height and 0 <= point[1] < width)
)
wrong(STROKE, "edge_rounded")(led(stays=lambda point, height, width: inside(point.round(), height, width)))
wrong(STROKE, "edge_one_nearer")(
    led(stays=lambda point, height, width: 1 <= point[0] <= height - 2 and 1 <= point[1] <= width - 2)
)
wrong(STROKE, "sizes_exchanged")(led(stays=lambda point, height, width: inside(point, width, height)))
wrong(STROKE, "no_edge")(led(stays=lambda point, height, width: True))
wrong(STROKE, "negative")(led(stays=lambda point, height, width: point[0] <= height - 1 and point[1] <= width - 1))
wrong(STROKE, "outside")(led(look=lambda point: [int(x.round()) + 30 for x in point]))
wrong(STROKE, "flat_is_nan")(
    led(
        is_flat=lambda slope: False,
        stays=lambda point, height, width: (
            not (point[0] < 0 or point[1] < 0 or point[0] > height - 1 or point[1] > width - 1)
        ),
    )
)
wrong(STROKE, "flat_repeats")(
    led(is_flat=lambda slope: False, step_of=lambda direction, radius: radius * direction / (direction.norm() + 1e-9))
)
wrong(STROKE, "faint_is_flat")(led(is_flat=lambda slope: slope.norm() < 0.1))
wrong(STROKE, "one_of_two")(led(is_flat=lambda slope: (slope == 0).any()))
wrong(STROKE, "transposed")(led(result=lambda points: torch.stack(points).T))
wrong(STROKE, "type")(led(result=list))
wrong(STROKE, "left_torch")(led(result=lambda points: torch.stack(points).numpy()))
wrong(STROKE, "shape")(led(result=lambda points: torch.stack(points)[None]))
wrong(STROKE, "none")(led(result=lambda points: print(end="")))
wrong(STROKE, "other")(led(step_of=lambda direction, radius: 1.5 * radius * unit(direction)))


def float_place(point):
    return [float(x) for x in point]


wrong(STROKE, "not_whole")(led(look=float_place))


def step_from(slope, point, last, radius):
    """The next step, or None on flat ground."""
    row, column = nearest(point)
    direction = across(*slope[:, row, column])
    if direction.norm() == 0:
        return None
    return less(by_radius(direction, radius), last, last)


@wrong(STROKE, "looked_up_exchanged")
def _(smooth, canvas, slope, start, radius):
    """x and y for row and column, all the way in and back again."""
    flipped = led(look=lambda point: [int(x) for x in point.flip(0).round()])
    return flipped(smooth, canvas, slope, start, radius)


@wrong(STROKE, "left_out")
def _(smooth, canvas, slope, start, radius):
    """Asks at the next point, and then leaves it."""
    points, last = [torch.tensor(start).float()], torch.zeros(2)
    while len(points) < 12:
        step = step_from(slope, points[-1], last, radius)
        if step is None or not inside(points[-1] + step, *smooth.shape[1:]):
            break
        row, column = nearest(points[-1] + step)
        there, colour = smooth[:, row, column], smooth[:, start[0], start[1]]
        if len(points) >= 4 and nearer(there, canvas[:, row, column], colour):
            break
        points.append(points[-1] + step)
        last = step
    return torch.stack(points)


def to_the_edge(smooth, canvas, slope, start, radius, beyond):
    """As it should be, up to a point outside, which `beyond` deals with: what to add, and whether to go on."""
    points, last = [torch.tensor(start).float()], torch.zeros(2)
    while len(points) < 12:
        row, column = nearest(points[-1])
        there, colour = smooth[:, row, column], smooth[:, start[0], start[1]]
        if len(points) >= 4 and nearer(there, canvas[:, row, column], colour):
            break
        step = step_from(slope, points[-1], last, radius)
        if step is None:
            break
        point, last = points[-1] + step, step
        if inside(point, *smooth.shape[1:]):
            points.append(point)
            continue
        added, goes_on = beyond(point, *smooth.shape[1:])
        points.append(added)
        if not goes_on:
            break
    return torch.stack(points)


def clamped(point, height, width):
    return torch.stack([point[0].clamp(0, height - 1), point[1].clamp(0, width - 1)])


wrong(STROKE, "clamped")(lambda *inputs: to_the_edge(*inputs, lambda point, h, w: (clamped(point, h, w), True)))
wrong(STROKE, "ends_on_edge")(lambda *inputs: to_the_edge(*inputs, lambda point, h, w: (clamped(point, h, w), False)))
wrong(STROKE, "outside_kept")(lambda *inputs: to_the_edge(*inputs, lambda point, h, w: (point, False)))


@wrong(STROKE, "flat_goes_on")
def _(smooth, canvas, slope, start, radius):
    points, last = [torch.tensor(start).float()], torch.zeros(2)
    while len(points) < 12:
        row, column = nearest(points[-1])
        if len(points) >= 4 and nearer(smooth[:, row, column], canvas[:, row, column], smooth[:, start[0], start[1]]):
            break
        step = step_from(slope, points[-1], last, radius)
        if step is None:
            step = last
        if not step.any() or not inside(points[-1] + step, *smooth.shape[1:]):
            break
        points.append(points[-1] + step)
        last = step
    return torch.stack(points)


@wrong(STROKE, "flat_left_out")
def _(smooth, canvas, slope, start, radius):
    points = led()(smooth, canvas, slope, start, radius)
    row, column = nearest(points[-1])
    return points[:-1] if len(points) > 1 and slope[:, row, column].norm() == 0 else points


@wrong(STROKE, "modifies_input")
def _(smooth, canvas, slope, start, radius):
    """Makes units of all slopes first, where they are."""
    slope /= slope.norm(dim=0).clamp(min=1e-9)
    return led()(smooth, canvas, slope, start, radius)
