"""Chapter 2: what students write for gradient ascent and for an octave of a dream by mistake."""

import torch
from torch.nn import functional

from classroom.mistakes.registry import wrong


def slope(score, x):
    """Gradient of a score."""
    x = x.detach().requires_grad_(True)
    return torch.autograd.grad(score(x), x)[0]


def rms(g):
    """Root mean square, and never 0."""
    return g.square().mean().sqrt().clamp_min(1e-12)


def climbing(by):
    """Gradient ascent whose step is made by another formula."""

    def ascend(score, picture, steps, step_size):
        x = picture.detach().clone()
        for _ in range(steps):
            x = x + step_size * by(slope(score, x))
        return x

    return ascend


# --- ascend ---------------------------------------------------------------------------------------------------------

wrong("ascend", "descends")(climbing(lambda g: -g / rms(g)))
wrong("ascend", "not_normalised")(climbing(lambda g: g))
wrong("ascend", "mean_absolute")(climbing(lambda g: g / (g.abs().mean() + 1e-12)))
wrong("ascend", "norm")(climbing(lambda g: g / (g.norm() + 1e-12)))
wrong("ascend", "largest")(climbing(lambda g: g / (g.abs().max() + 1e-12)))
wrong("ascend", "mean_square")(climbing(lambda g: g / (g.square().mean() + 1e-12)))
wrong("ascend", "sum")(climbing(lambda g: g / (g.sum() + 1e-12)))
wrong("ascend", "deviation")(climbing(lambda g: g / (g.std(correction=0) + 1e-12)))
wrong("ascend", "deviation_of_n_less_one")(climbing(lambda g: g / (g.std() + 1e-12)))
wrong("ascend", "centred")(climbing(lambda g: (g - g.mean()) / rms(g)))
wrong("ascend", "signs")(climbing(lambda g: g.sign()))
wrong("ascend", "large_epsilon")(climbing(lambda g: g / g.square().mean().sqrt().clamp_min(0.1)))
wrong("ascend", "flat_is_nan")(climbing(lambda g: g / g.square().mean().sqrt()))


@wrong("ascend", "accumulates")
def _(score, picture, steps, step_size):
    x = picture.clone().requires_grad_(True)
    for _ in range(steps):
        score(x).backward()
        with torch.no_grad():
            x += step_size * x.grad / rms(x.grad)
    return x.detach()


@wrong("ascend", "first_length")
def _(score, picture, steps, step_size):
    x, length = picture.clone(), None
    for _ in range(steps):
        g = slope(score, x)
        length = rms(g) if length is None else length
        x = x + step_size * g / length
    return x


@wrong("ascend", "clamped_each_time")
def _(score, picture, steps, step_size):
    x = picture.clone()
    for _ in range(steps):
        g = slope(score, x)
        x = (x + step_size * g / rms(g)).clamp(0, 1)
    return x


@wrong("ascend", "one_step")
def _(score, picture, steps, step_size):
    x = picture.clone()
    for _ in range(steps):
        g = slope(score, x)
        x = x + step_size * g / rms(g)
        return x


@wrong("ascend", "one_less")
def _(score, picture, steps, step_size):
    x = picture.clone()
    for _ in range(1, steps):
        g = slope(score, x)
        x = x + step_size * g / rms(g)
    return x


@wrong("ascend", "one_more")
def _(score, picture, steps, step_size):
    x = picture.clone()
    for _ in range(steps + 1):
        g = slope(score, x)
        x = x + step_size * g / rms(g)
    return x


@wrong("ascend", "first_slope")
def _(score, picture, steps, step_size):
    g = slope(score, picture)
    x = picture.clone()
    for _ in range(steps):
        x = x + step_size * g / rms(g)
    return x


@wrong("ascend", "shared_out")
def _(score, picture, steps, step_size):
    x = picture.clone()
    for _ in range(steps):
        g = slope(score, x)
        x = x + step_size / steps * g / rms(g)
    return x


@wrong("ascend", "shorter_and_shorter")
def _(score, picture, steps, step_size):
    x = picture.clone()
    for number in range(steps):
        g = slope(score, x)
        x = x + step_size / (1 + number) * g / rms(g)
    return x


@wrong("ascend", "clamped")
def _(score, picture, steps, step_size):
    x = picture.clamp(0, 1)
    for _ in range(steps):
        g = slope(score, x)
        x = x + step_size * g / rms(g)
    return x.clamp(0, 1)


@wrong("ascend", "clamped_at_the_end")
def _(score, picture, steps, step_size):
    x = picture.clone()
    for _ in range(steps):
        g = slope(score, x)
        x = x + step_size * g / rms(g)
    return x.clamp(0, 1)


@wrong("ascend", "only_the_way")
def _(score, picture, steps, step_size):
    x = picture.clone()
    for _ in range(steps):
        g = slope(score, x)
        x = x + step_size * g / rms(g)
    return x - picture


@wrong("ascend", "attached")
def _(score, picture, steps, step_size):
    x = picture.clone().requires_grad_(True)
    for _ in range(steps):
        (g,) = torch.autograd.grad(score(x), x)
        x = x + step_size * g / rms(g)
    return x


@wrong("ascend", "modifies_input")
def _(score, picture, steps, step_size):
    for _ in range(steps):
        g = slope(score, picture)
        picture += step_size * g / rms(g)
    return picture.clone()


@wrong("ascend", "evaluates_again")
def _(score, picture, steps, step_size):
    x = picture.clone()
    for _ in range(steps):
        g = slope(score, x) / rms(slope(score, x))
        x = x + step_size * g
    return x


@wrong("ascend", "asks_for_no_gradient")
def _(score, picture, steps, step_size):
    x = picture.clone()
    for _ in range(steps):
        (g,) = torch.autograd.grad(score(x), x)
        x = x + step_size * g / rms(g)
    return x


@wrong("ascend", "grad_is_none")
def _(score, picture, steps, step_size):
    x = picture.clone().requires_grad_(True)
    for _ in range(steps):
        score(x).backward()
        x = x + step_size * x.grad.div(rms(x.grad))
    return x.detach()


@wrong("ascend", "none")
def _(score, picture, steps, step_size):
    x = picture.clone()
    for _ in range(steps):
        g = slope(score, x)
        x = x + step_size * g / rms(g)


# --- dream_octave ---------------------------------------------------------------------------------------------------


def enlarged(detail, photo, **how):
    """The detail at the photo's size."""
    return functional.interpolate(detail, photo.shape[2:], **{"mode": "bilinear", **how})


def moved(image, rows, columns):
    """What leaves comes back opposite."""
    return image.roll((rows, columns), (2, 3))


@wrong("dream_octave", "not_rolled_back")
def _(photo, detail, climb, shift):
    return climb(moved(photo + enlarged(detail, photo), *shift)) - photo


@wrong("dream_octave", "rolled_twice")
def _(photo, detail, climb, shift):
    return moved(climb(moved(photo + enlarged(detail, photo), *shift)), *shift) - photo


@wrong("dream_octave", "not_rolled")
def _(photo, detail, climb, shift):
    return climb(photo + enlarged(detail, photo)) - photo


@wrong("dream_octave", "rolled_back_first")
def _(photo, detail, climb, shift):
    rows, columns = shift
    return moved(climb(moved(photo + enlarged(detail, photo), -rows, -columns)), rows, columns) - photo


@wrong("dream_octave", "axes_turned")
def _(photo, detail, climb, shift):
    rows, columns = shift
    return moved(climb(moved(photo + enlarged(detail, photo), columns, rows)), -columns, -rows) - photo


@wrong("dream_octave", "axes_turned_back")
def _(photo, detail, climb, shift):
    rows, columns = shift
    return climb(moved(photo + enlarged(detail, photo), *shift)).roll((-rows, -columns), (3, 2)) - photo


@wrong("dream_octave", "detail_scaled")
def _(photo, detail, climb, shift):
    weaker = enlarged(detail, photo) * (detail.shape[2] / photo.shape[2])
    return moved(climb(moved(photo + weaker, *shift)), -shift[0], -shift[1]) - photo


@wrong("dream_octave", "photo_enlarged")
def _(photo, detail, climb, shift):
    whole = enlarged(enlarged(photo, detail) + detail, photo)
    return moved(climb(moved(whole, *shift)), -shift[0], -shift[1]) - photo


@wrong("dream_octave", "not_round")
def _(photo, detail, climb, shift):
    (rows, columns), (height, width) = shift, photo.shape[2:]
    inside = (photo + enlarged(detail, photo))[:, :, : height - rows, : width - columns]
    climbed = climb(functional.pad(inside, (columns, 0, rows, 0)))
    return functional.pad(climbed[:, :, rows:, columns:], (0, columns, 0, rows)) - photo


@wrong("dream_octave", "only_rows")
def _(photo, detail, climb, shift):
    rows, _ = shift
    return climb((photo + enlarged(detail, photo)).roll(rows, 2)).roll(-rows, 2) - photo


@wrong("dream_octave", "only_columns")
def _(photo, detail, climb, shift):
    _, columns = shift
    return climb((photo + enlarged(detail, photo)).roll(columns, 3)).roll(-columns, 3) - photo


@wrong("dream_octave", "returns_picture")
def _(photo, detail, climb, shift):
    rows, columns = shift
    return moved(climb(moved(photo + enlarged(detail, photo), rows, columns)), -rows, -columns)


@wrong("dream_octave", "returns_moved_picture")
def _(photo, detail, climb, shift):
    return climb(moved(photo + enlarged(detail, photo), *shift))


@wrong("dream_octave", "photo_taken_too_early")
def _(photo, detail, climb, shift):
    rows, columns = shift
    return moved(climb(moved(photo + enlarged(detail, photo), rows, columns)) - photo, -rows, -columns)


@wrong("dream_octave", "only_new")
def _(photo, detail, climb, shift):
    rows, columns = shift
    before = photo + enlarged(detail, photo)
    return moved(climb(moved(before, rows, columns)), -rows, -columns) - before


@wrong("dream_octave", "only_new_moved")
def _(photo, detail, climb, shift):
    before = moved(photo + enlarged(detail, photo), *shift)
    return climb(before) - before


@wrong("dream_octave", "no_detail")
def _(photo, detail, climb, shift):
    rows, columns = shift
    return moved(climb(moved(photo, rows, columns)), -rows, -columns) - photo


@wrong("dream_octave", "no_photo")
def _(photo, detail, climb, shift):
    rows, columns = shift
    return moved(climb(moved(enlarged(detail, photo), rows, columns)), -rows, -columns)


@wrong("dream_octave", "detail_not_moved")
def _(photo, detail, climb, shift):
    rows, columns = shift
    return moved(climb(moved(photo, rows, columns) + enlarged(detail, photo)), -rows, -columns) - photo


@wrong("dream_octave", "photo_not_moved")
def _(photo, detail, climb, shift):
    rows, columns = shift
    return moved(climb(photo + moved(enlarged(detail, photo), rows, columns)), -rows, -columns) - photo


@wrong("dream_octave", "taken_away")
def _(photo, detail, climb, shift):
    rows, columns = shift
    return moved(climb(moved(photo - enlarged(detail, photo), rows, columns)), -rows, -columns) - photo


@wrong("dream_octave", "clamped")
def _(photo, detail, climb, shift):
    rows, columns = shift
    return moved(climb(moved((photo + enlarged(detail, photo)).clamp(0, 1), rows, columns)), -rows, -columns) - photo


@wrong("dream_octave", "detail_clamped")
def _(photo, detail, climb, shift):
    rows, columns = shift
    large = enlarged(detail, photo).clamp(0, 1)
    return moved(climb(moved(photo + large, rows, columns)), -rows, -columns) - photo


@wrong("dream_octave", "clamped_at_the_end")
def _(photo, detail, climb, shift):
    rows, columns = shift
    return moved(climb(moved(photo + enlarged(detail, photo), rows, columns)), -rows, -columns).clamp(0, 1) - photo


@wrong("dream_octave", "detail_clamped_at_the_end")
def _(photo, detail, climb, shift):
    rows, columns = shift
    dreamt = moved(climb(moved(photo + enlarged(detail, photo), rows, columns)), -rows, -columns)
    return (dreamt - photo).clamp(0, 1)


@wrong("dream_octave", "turned")
def _(photo, detail, climb, shift):
    rows, columns = shift
    return photo - moved(climb(moved(photo + enlarged(detail, photo), rows, columns)), -rows, -columns)


@wrong("dream_octave", "added")
def _(photo, detail, climb, shift):
    rows, columns = shift
    return photo + moved(climb(moved(photo + enlarged(detail, photo), rows, columns)), -rows, -columns)


@wrong("dream_octave", "nearest")
def _(photo, detail, climb, shift):
    rows, columns = shift
    large = functional.interpolate(detail, photo.shape[2:])
    return moved(climb(moved(photo + large, rows, columns)), -rows, -columns) - photo


@wrong("dream_octave", "bicubic")
def _(photo, detail, climb, shift):
    rows, columns = shift
    large = enlarged(detail, photo, mode="bicubic")
    return moved(climb(moved(photo + large, rows, columns)), -rows, -columns) - photo


@wrong("dream_octave", "corners")
def _(photo, detail, climb, shift):
    rows, columns = shift
    large = enlarged(detail, photo, align_corners=True)
    return moved(climb(moved(photo + large, rows, columns)), -rows, -columns) - photo


@wrong("dream_octave", "not_enlarged")
def _(photo, detail, climb, shift):
    rows, columns = shift
    return moved(climb(moved(photo + detail, rows, columns)), -rows, -columns) - photo


@wrong("dream_octave", "climbs_small")
def _(photo, detail, climb, shift):
    rows, columns = shift
    small = functional.interpolate(photo, detail.shape[2:], mode="bilinear") + detail
    return enlarged(moved(climb(moved(small, rows, columns)), -rows, -columns), photo) - photo


@wrong("dream_octave", "climbs_again")
def _(photo, detail, climb, shift):
    rows, columns = shift
    dreamt = moved(photo + enlarged(detail, photo), rows, columns)
    for _ in range(3):
        dreamt = climb(dreamt)
    return moved(dreamt, -rows, -columns) - photo


@wrong("dream_octave", "result_unused")
def _(photo, detail, climb, shift):
    rows, columns = shift
    dreamt = moved(photo + enlarged(detail, photo), rows, columns)
    climb(dreamt)
    return moved(dreamt, -rows, -columns) - photo


@wrong("dream_octave", "climbs_never")
def _(photo, detail, climb, shift):
    rows, columns = shift
    return moved(moved(photo + enlarged(detail, photo), rows, columns), -rows, -columns) - photo


@wrong("dream_octave", "minus_of_a_pair")
def _(photo, detail, climb, shift):
    return climb((photo + enlarged(detail, photo)).roll(shift, (2, 3))).roll(-shift, (2, 3)) - photo


@wrong("dream_octave", "modifies_input")
def _(photo, detail, climb, shift):
    rows, columns = shift
    large = enlarged(detail, photo)
    photo += large
    return moved(climb(moved(photo, rows, columns)), -rows, -columns) - (photo - large)
