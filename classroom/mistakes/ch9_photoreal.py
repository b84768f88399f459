"""Chapter 9: what students write for what the best affine maps of a photo's colours leave, by mistake."""

import torch
from torch.nn import functional

from classroom.mistakes.registry import wrong


def windows(picture, side=3, stride=1):
    """[windows, pixels, channels]."""
    columns = functional.unfold(picture, side, stride=stride)[0]
    return columns.view(picture.shape[1], side * side, -1).permute(2, 1, 0)


def centred(windows):
    return windows - windows.mean(1, keepdim=True)


def maps(X, Y, little=1e-5):
    n = X.shape[1]
    return torch.linalg.solve(X.mT @ X / n + little * torch.eye(X.shape[2]), X.mT @ Y / n)


def rest(X, Y, little=1e-5):
    return Y - X @ maps(X, Y, little)


def left(photo, painted, side=3, stride=1, little=1e-5):
    """As it should be: of each window, pixel and channel."""
    return rest(*(centred(windows(one, side, stride)) for one in (photo, painted)), little)


def padded(photo, painted, mode):
    return left(*(functional.pad(one, (1, 1, 1, 1), mode=mode) for one in (photo, painted))).square().mean()


def grey(picture):
    return (torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1) * picture).sum(1, keepdim=True)


NAME = "affine_residual"
wrong(NAME, "no_shift")(lambda photo, painted: rest(windows(photo), windows(painted)).square().mean())


@wrong(NAME, "flat_detached")
def _(photo, painted):
    """Windows of one colour by themselves, their variance as a number."""
    flat = centred(windows(photo)).abs().amax((1, 2)) < 1e-6
    alone = centred(windows(painted)).detach().square().mean((1, 2))
    return torch.where(flat, alone, left(photo, painted).square().mean((1, 2))).mean()


wrong(NAME, "only_painted_centred")(
    lambda photo, painted: rest(windows(photo), centred(windows(painted))).square().mean()
)
wrong(NAME, "only_photo_centred")(
    lambda photo, painted: rest(centred(windows(photo)), windows(painted)).square().mean()
)
wrong(NAME, "centred_by_picture")(
    lambda photo, painted: (
        rest(*(windows(one - one.mean((2, 3), keepdim=True)) for one in (photo, painted))).square().mean()
    )
)
wrong(NAME, "only_shift")(lambda photo, painted: centred(windows(painted)).square().mean())
wrong(NAME, "luminance")(lambda photo, painted: left(grey(photo), painted).square().mean())
wrong(NAME, "both_grey")(lambda photo, painted: left(grey(photo), grey(painted)).square().mean())
wrong(NAME, "swapped")(lambda photo, painted: left(painted, photo).square().mean())
wrong(NAME, "sum")(lambda photo, painted: left(photo, painted).square().sum())
wrong(NAME, "sum_of_channels")(lambda photo, painted: left(photo, painted).square().sum(2).mean())
wrong(NAME, "sum_of_pixels")(lambda photo, painted: left(photo, painted).square().sum(1).mean())
wrong(NAME, "sum_in_windows")(lambda photo, painted: left(photo, painted).square().sum((1, 2)).mean())
wrong(NAME, "sum_of_windows")(lambda photo, painted: left(photo, painted).square().sum(0).mean())
wrong(NAME, "by_picture")(lambda photo, painted: left(photo, painted).square().sum() / (9 * painted.numel()))
wrong(NAME, "unbiased")(lambda photo, painted: left(photo, painted).var(1).mean())
wrong(NAME, "root")(lambda photo, painted: left(photo, painted).square().mean().sqrt())
wrong(NAME, "roots")(lambda photo, painted: left(photo, painted).square().mean((1, 2)).sqrt().mean())
wrong(NAME, "absolute")(lambda photo, painted: left(photo, painted).abs().mean())
wrong(NAME, "padded")(lambda photo, painted: padded(photo, painted, "constant"))
wrong(NAME, "padded_like_edge")(lambda photo, painted: padded(photo, painted, "replicate"))
wrong(NAME, "mirrored")(lambda photo, painted: padded(photo, painted, "reflect"))
wrong(NAME, "apart")(lambda photo, painted: left(photo, painted, stride=3).square().mean())
wrong(NAME, "every_second")(lambda photo, painted: left(photo, painted, stride=2).square().mean())
wrong(NAME, "two_by_two")(lambda photo, painted: left(photo, painted, side=2).square().mean())
wrong(NAME, "five_by_five")(lambda photo, painted: left(photo, painted, side=5).square().mean())
wrong(NAME, "middle_pixel")(lambda photo, painted: left(photo, painted)[:, 4].square().mean())
wrong(NAME, "worst_window")(lambda photo, painted: left(photo, painted).square().mean((1, 2)).max())
wrong(NAME, "first_window")(lambda photo, painted: left(photo, painted)[0].square().mean())
wrong(NAME, "last_window")(lambda photo, painted: left(photo, painted)[-1].square().mean())
wrong(NAME, "difference")(lambda photo, painted: (painted - photo).square().mean())
wrong(NAME, "held_down")(lambda photo, painted: left(photo, painted, little=1e-1).square().mean())
wrong(NAME, "too_much_added")(lambda photo, painted: left(photo, painted, little=1e-3).square().mean())
wrong(NAME, "singular")(lambda photo, painted: left(photo, painted, little=0).square().mean())
wrong(NAME, "flat_poisons")(lambda photo, painted: left(photo, painted).square().mean().sqrt() ** 2)
wrong(NAME, "detached")(lambda photo, painted: left(photo, painted.detach()).square().mean())
wrong(NAME, "left_torch")(lambda photo, painted: left(photo, painted).square().mean().item())
wrong(NAME, "shape")(lambda photo, painted: left(photo, painted).square().mean((0, 1)))
wrong(NAME, "modifies_input")(lambda photo, painted: left(photo.sub_(photo.mean()), painted).square().mean())


def solved(photo, painted):
    """Windows of both without their means, and the maps."""
    X, Y = centred(windows(photo)), centred(windows(painted))
    return X, Y, maps(X, Y)


@wrong(NAME, "per_channel")
def _(photo, painted):
    X, Y = centred(windows(photo)), centred(windows(painted))
    gain = (X * Y).mean(1, keepdim=True) / ((X * X).mean(1, keepdim=True) + 1e-5)
    return (Y - gain * X).square().mean()


@wrong(NAME, "one_gain")
def _(photo, painted):
    X, Y = centred(windows(photo)), centred(windows(painted))
    gain = (X * Y).sum((1, 2), keepdim=True) / ((X * X).sum((1, 2), keepdim=True) + 1e-5)
    return (Y - gain * X).square().mean()


@wrong(NAME, "one_map")
def _(photo, painted):
    X, Y = (one.flatten(2).mT - one.flatten(2).mT.mean(1, keepdim=True) for one in (photo, painted))
    return rest(X, Y).square().mean()


@wrong(NAME, "transposed")
def _(photo, painted):
    X, Y, A = solved(photo, painted)
    return (Y - X @ A.mT).square().mean()


@wrong(NAME, "backwards")
def _(photo, painted):
    X, Y = centred(windows(photo)), centred(windows(painted))
    return (Y - X @ maps(Y, X)).square().mean()


@wrong(NAME, "not_inverted")
def _(photo, painted):
    X, Y = centred(windows(photo)), centred(windows(painted))
    return (Y - X @ (X.mT @ Y / 9)).square().mean()


@wrong(NAME, "other_inverted")
def _(photo, painted):
    X, Y = centred(windows(photo)), centred(windows(painted))
    A = torch.linalg.inv(Y.mT @ Y / 9 + 1e-5 * torch.eye(3)) @ (X.mT @ Y / 9)
    return (Y - X @ A).square().mean()


@wrong(NAME, "explained")
def _(photo, painted):
    X, _, A = solved(photo, painted)
    return (X @ A).square().mean()


@wrong(NAME, "last_row_missing")
def _(photo, painted):
    return left(photo[..., :-1, :-1], painted[..., :-1, :-1]).square().mean()


@wrong(NAME, "averaged_first")
def _(photo, painted):
    fitted = windows(painted) - left(photo, painted)
    total, count = (
        functional.fold(one.permute(2, 1, 0).reshape(1, 27, -1), painted.shape[2:], 3)
        for one in (fitted, torch.ones_like(fitted))
    )
    return (painted - total / count).square().mean()


@wrong(NAME, "unfold_order")
def _(photo, painted):
    X, Y = (functional.unfold(one, 3).view(9, 3, -1).permute(2, 0, 1) for one in (photo, painted))
    return rest(centred(X), centred(Y)).square().mean()


@wrong(NAME, "windows_mixed")
def _(photo, painted):
    X, Y = (functional.unfold(one, 3).reshape(-1, 3, 9).mT for one in (photo, painted))
    return rest(centred(X), centred(Y)).square().mean()


@wrong(NAME, "share")
def _(photo, painted):
    return left(photo, painted).square().mean() / centred(windows(painted)).square().mean()


@wrong(NAME, "edges")
def _(photo, painted):
    away = painted - photo
    return away.diff(dim=2).square().mean() + away.diff(dim=3).square().mean()


@wrong(NAME, "windows_apart")
def _(photo, painted):
    X, Y = windows(photo), windows(painted)
    return rest(X - X.mean(1), Y - Y.mean(1)).square().mean()


@wrong(NAME, "flat_is_nan")
def _(photo, painted):
    X, Y = centred(windows(photo)), centred(windows(painted))
    scale = X.square().mean((1, 2), keepdim=True).sqrt()
    return rest(X / scale, Y).square().mean()


@wrong(NAME, "flat_differs")
def _(photo, painted):
    """Windows of one colour are left out."""
    X, Y = centred(windows(photo)), centred(windows(painted))
    some = (X.square().mean((1, 2), keepdim=True) > 1e-8).float()
    return (some * rest(X, Y)).square().mean()


@wrong(NAME, "not_zero")
def _(photo, painted):
    """A floor, so that the logarithm of it may be taken."""
    return left(photo, painted).square().mean() + 1e-3 * (painted.var() < 100) * (
        left(photo, painted).square().mean() < 1e-3
    )


@wrong(NAME, "only_through_maps")
def _(photo, painted):
    X, Y, A = solved(photo, painted)
    return (Y.detach() - X @ A).square().mean()
