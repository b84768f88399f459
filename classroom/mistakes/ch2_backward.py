"""Chapter 2: what students write by mistake for the way back, and for the places of the strongest answers."""

import torch
from torch.nn import functional

from classroom.mistakes.registry import wrong

# --- backward_relu --------------------------------------------------------------------------------------------------


def ruled(plain, deconvnet, guided):
    """One formula for each rule."""

    def backward_relu(g, a, rule):
        return {"plain": plain, "deconvnet": deconvnet, "guided": guided}[rule](g, a)

    return backward_relu


def plain(g, a):
    """g where the ReLU was open."""
    return g * (a > 0)


def deconvnet(g, a):
    """g where it is positive."""
    return g.clamp(min=0)


def guided(g, a):
    """Both."""
    return g.clamp(min=0) * (a > 0)


wrong("backward_relu", "swapped")(ruled(plain, guided, deconvnet))
wrong("backward_relu", "rule_ignored")(ruled(plain, plain, plain))
wrong("backward_relu", "deconvnet_for_plain")(ruled(deconvnet, deconvnet, guided))
wrong("backward_relu", "guided_for_plain")(ruled(guided, deconvnet, guided))
wrong("backward_relu", "plain_for_deconvnet")(ruled(plain, plain, guided))
wrong("backward_relu", "guided_for_deconvnet")(ruled(plain, guided, guided))
wrong("backward_relu", "plain_for_guided")(ruled(plain, deconvnet, plain))
wrong("backward_relu", "deconvnet_for_guided")(ruled(plain, deconvnet, deconvnet))
wrong("backward_relu", "open_at_zero")(ruled(lambda g, a: g * (a >= 0), deconvnet, lambda g, a: g.relu() * (a >= 0)))
wrong("backward_relu", "gate_turned")(ruled(lambda g, a: g * (a <= 0), deconvnet, lambda g, a: g.relu() * (a <= 0)))
wrong("backward_relu", "forward_relu")(ruled(plain, lambda g, a: a.relu(), guided))
wrong("backward_relu", "times_a")(ruled(lambda g, a: g * a.relu(), deconvnet, guided))
wrong("backward_relu", "everything")(ruled(lambda g, a: g + 0, deconvnet, guided))
wrong("backward_relu", "magnitudes")(ruled(plain, deconvnet, lambda g, a: g.abs() * (a > 0)))
wrong("backward_relu", "magnitudes_without_gate")(ruled(plain, lambda g, a: g.abs(), guided))
wrong("backward_relu", "negative_kept")(
    ruled(plain, lambda g, a: g.clamp(max=0), lambda g, a: g.clamp(max=0) * (a > 0))
)
wrong("backward_relu", "only_gate")(ruled(lambda g, a: (a > 0).float(), deconvnet, guided))
wrong("backward_relu", "sign_of_g")(ruled(plain, lambda g, a: (g > 0).float(), guided))
wrong("backward_relu", "both_signs")(ruled(plain, deconvnet, lambda g, a: ((g > 0) & (a > 0)).float()))
wrong("backward_relu", "same_signs")(ruled(plain, deconvnet, lambda g, a: g * (g * a > 0)))
wrong("backward_relu", "gate_by_the_product")(ruled(plain, deconvnet, lambda g, a: (g * a).relu()))
wrong("backward_relu", "lesser")(ruled(plain, deconvnet, lambda g, a: torch.minimum(g, a).relu()))
wrong("backward_relu", "a_passes")(ruled(plain, deconvnet, lambda g, a: a.relu() * (g > 0)))
wrong("backward_relu", "one_gate_is_enough")(ruled(plain, deconvnet, lambda g, a: g * ((a > 0) | (g > 0))))
wrong("backward_relu", "clamped_at_one")(ruled(plain, lambda g, a: g.clamp(0, 1), guided))
wrong("backward_relu", "returns_input")(ruled(lambda g, a: g, deconvnet, guided))
wrong("backward_relu", "dtype")(ruled(lambda g, a: g.double() * (a > 0), deconvnet, guided))


@wrong("backward_relu", "modifies_input")
def _(g, a, rule):
    if rule != "deconvnet":
        g *= a > 0
    if rule != "plain":
        g = g.relu()
    return g.clone()


@wrong("backward_relu", "if_on_tensor")
def _(g, a, rule):
    if rule == "plain":
        return g if a > 0 else 0 * g
    return g.relu() * (a > 0 if rule == "guided" else 1)


# --- unpool ---------------------------------------------------------------------------------------------------------


def placed(small, switches, height, width):
    """Each value at its place."""
    large = torch.zeros(*small.shape[:2], height * width)
    return large.scatter(2, switches.flatten(2), small.flatten(2)).view(*small.shape[:2], height, width)


def filled(image, height, width):
    """Zeros in the last row and column, where there are odd ones."""
    return functional.pad(image, (0, width - image.shape[3], 0, height - image.shape[2]))


@wrong("unpool", "spread")
def _(small, switches, height, width):
    return filled(small.repeat_interleave(2, 2).repeat_interleave(2, 3), height, width)


@wrong("unpool", "shared_out")
def _(small, switches, height, width):
    return filled(small.repeat_interleave(2, 2).repeat_interleave(2, 3) / 4, height, width)


@wrong("unpool", "stretched")
def _(small, switches, height, width):
    return functional.interpolate(small, (height, width)) if height % 2 else placed(small, switches, height, width)


@wrong("unpool", "smooth")
def _(small, switches, height, width):
    return functional.interpolate(small, (height, width), mode="bilinear")


@wrong("unpool", "upper_left")
def _(small, switches, height, width):
    large = torch.zeros(*small.shape[:2], height, width)
    large[:, :, : 2 * small.shape[2] : 2, : 2 * small.shape[3] : 2] = small
    return large


@wrong("unpool", "one_channel_for_all")
def _(small, switches, height, width):
    return placed(small, switches[:, :1].repeat(1, small.shape[1], 1, 1), height, width)


@wrong("unpool", "one_picture_for_all")
def _(small, switches, height, width):
    return placed(small, switches[:1].repeat(len(small), 1, 1, 1), height, width)


@wrong("unpool", "one_map_for_all")
def _(small, switches, height, width):
    large = torch.zeros(*small.shape[:2], height * width)
    large[:, :, switches[0, 0].flatten()] = small.flatten(2)
    return large.view(*small.shape[:2], height, width)


@wrong("unpool", "ones")
def _(small, switches, height, width):
    return placed(torch.ones_like(small), switches, height, width)


@wrong("unpool", "positive_only")
def _(small, switches, height, width):
    return placed(small.relu(), switches, height, width)


@wrong("unpool", "first_picture_only")
def _(small, switches, height, width):
    large = torch.zeros(*small.shape[:2], height, width)
    large[:1] = placed(small[:1], switches[:1], height, width)
    return large


@wrong("unpool", "first_channel_only")
def _(small, switches, height, width):
    large = torch.zeros(*small.shape[:2], height, width)
    large[:, :1] = placed(small[:, :1], switches[:, :1], height, width)
    return large


@wrong("unpool", "odd_size")
def _(small, switches, height, width):
    large = placed(small, switches, height, width)
    return large[:, :, : 2 * small.shape[2], : 2 * small.shape[3]]


@wrong("unpool", "outside")
def _(small, switches, height, width):
    large = torch.zeros(*small.shape[:2], height, width)
    for b in range(small.shape[0]):
        for n in range(small.shape[1]):
            for value, place in zip(small[b, n].flatten(), switches[b, n].flatten().tolist(), strict=True):
                large[b, n, place // height, place % height] = value
    return large


@wrong("unpool", "index_type")
def _(small, switches, height, width):
    large = torch.zeros(*small.shape[:2], height * width)
    return large.scatter(2, small.flatten(2), switches.flatten(2)).view(*small.shape[:2], height, width)


@wrong("unpool", "flatten_both")
def _(small, switches, height, width):
    large = torch.zeros(*small.shape[:2], height * width)
    return large.scatter(2, switches, small).view(*small.shape[:2], height, width)


@wrong("unpool", "none")
def _(small, switches, height, width):
    placed(small, switches, height, width)


@wrong("unpool", "shape")
def _(small, switches, height, width):
    return placed(small, switches, height, width).flatten(2)


# --- top_patches ----------------------------------------------------------------------------------------------------


def ranked(maps):
    """All places, the strongest first."""
    every = [
        (answers[row, column].item(), (number, row, column))
        for number, answers in enumerate(maps)
        for row in range(answers.shape[0])
        for column in range(answers.shape[1])
    ]
    return [place for _, place in sorted(every, reverse=True)]


def pick(places, count, near):
    """The first of them that are not near one that was taken."""
    taken = []
    for place in places:
        if len(taken) < count and not any(near(place, other) for other in taken):
            taken.append(place)
    return taken


def same_spot(apart):
    """Whether two places are of one spot."""
    return lambda p, q: p[0] == q[0] and abs(p[1] - q[1]) < apart and abs(p[2] - q[2]) < apart


def rightly(maps, count, apart):
    """As it should be."""
    return pick(ranked(maps), count, same_spot(apart))


wrong("top_patches", "neighbours")(lambda maps, count, apart: ranked(maps)[:count])
wrong("top_patches", "columns_first")(lambda maps, count, apart: [(n, c, r) for n, r, c in rightly(maps, count, apart)])
wrong("top_patches", "weakest")(lambda maps, count, apart: pick(ranked(maps)[::-1], count, same_spot(apart)))
wrong("top_patches", "weakest_first")(lambda maps, count, apart: rightly(maps, count, apart)[::-1])
wrong("top_patches", "by_pictures")(lambda maps, count, apart: sorted(rightly(maps, count, apart), key=lambda p: p[0]))
wrong("top_patches", "first_pictures_places")(lambda maps, count, apart: rightly(maps[:1], count, apart))
wrong("top_patches", "one_a_picture")(lambda maps, count, apart: pick(ranked(maps), count, lambda p, q: p[0] == q[0]))
wrong("top_patches", "across_pictures")(
    lambda maps, count, apart: pick(ranked(maps), count, lambda p, q: same_spot(apart)((0, *p[1:]), (0, *q[1:])))
)
wrong("top_patches", "one_further")(lambda maps, count, apart: rightly(maps, count, apart + 1))
wrong("top_patches", "one_nearer")(lambda maps, count, apart: rightly(maps, count, apart - 1))
wrong("top_patches", "sum_of_both")(
    lambda maps, count, apart: pick(
        ranked(maps), count, lambda p, q: p[0] == q[0] and abs(p[1] - q[1]) + abs(p[2] - q[2]) < apart
    )
)
wrong("top_patches", "either")(
    lambda maps, count, apart: pick(
        ranked(maps), count, lambda p, q: p[0] == q[0] and (abs(p[1] - q[1]) < apart or abs(p[2] - q[2]) < apart)
    )
)
wrong("top_patches", "magnitudes")(
    lambda maps, count, apart: rightly([answers.abs() for answers in maps], count, apart)
)
wrong("top_patches", "counted_from_one")(
    lambda maps, count, apart: [(n + 1, r + 1, c + 1) for n, r, c in rightly(maps, count, apart)]
)


@wrong("top_patches", "chains")
def _(maps, count, apart):
    places, near = ranked(maps), same_spot(apart)
    return [p for at, p in enumerate(places) if not any(near(p, q) for q in places[:at])][:count]


@wrong("top_patches", "round_spot")
def _(maps, count, apart):
    return pick(ranked(maps), count, lambda p, q: p[0] == q[0] and (p[1] - q[1]) ** 2 + (p[2] - q[2]) ** 2 < apart**2)


@wrong("top_patches", "crossed_out_with_zero")
def _(maps, count, apart):
    left, found = [answers.clone() for answers in maps], []
    while len(found) < count:
        best = max(range(len(left)), key=lambda number: left[number].max().item())
        row, column = divmod(left[best].argmax().item(), left[best].shape[1])
        if left[best][row, column] == 0:
            break
        found.append((best, row, column))
        left[best][max(0, row - apart + 1) : row + apart, max(0, column - apart + 1) : column + apart] = 0
    return found


@wrong("top_patches", "divided_by_height")
def _(maps, count, apart):
    found = []
    for number, row, column in rightly(maps, count, apart):
        height, width = maps[number].shape
        found.append((number, *divmod(row * width + column, height)))
    return found


@wrong("top_patches", "firsts_in_order")
def _(maps, count, apart):
    return [(number, *divmod(answers.argmax().item(), answers.shape[1])) for number, answers in enumerate(maps)][:count]


@wrong("top_patches", "count")
def _(maps, count, apart):
    return [
        place for number, one in enumerate(maps) for place in [(number, *p[1:]) for p in rightly([one], count, apart)]
    ]


@wrong("top_patches", "type")
def _(maps, count, apart):
    return [maps[number][row, column].item() for number, row, column in rightly(maps, count, apart)]


@wrong("top_patches", "order")
def _(maps, count, apart):
    first, second, *others = rightly(maps, count, apart)
    return [first, *others, second]


@wrong("top_patches", "invents_places")
def _(maps, count, apart):
    found = []
    for number, answers in enumerate(maps):
        left = answers.clone()
        for _ in range(count):
            row, column = divmod(left.argmax().item(), left.shape[1])
            found.append((left[row, column].item(), (number, row, column)))
            left[max(0, row - apart + 1) : row + apart, max(0, column - apart + 1) : column + apart] = -1e9
    return [place for _, place in sorted(found, reverse=True)][:count]


@wrong("top_patches", "modifies_input")
def _(maps, count, apart):
    found = []
    for number, answers in enumerate(maps):
        for _ in range(count):
            row, column = divmod(answers.argmax().item(), answers.shape[1])
            found.append((answers[row, column].item(), (number, row, column)))
            answers[max(0, row - apart + 1) : row + apart, max(0, column - apart + 1) : column + apart] = -1e9
    return [place for _, place in sorted(found, reverse=True)][:count]


@wrong("top_patches", "none")
def _(maps, count, apart):
    rightly(maps, count, apart)
