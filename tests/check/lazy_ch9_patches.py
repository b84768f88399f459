"""Chapter 9: patches that nobody compared, and pictures that nobody voted for."""

import torch
from torch.nn import functional

from course.check import EXERCISES
from tests.check._lazy import forgetful, lazy, remembering
from tests.check.lazy_all import one_behind

# --- nearest_patches: of whole numbers, so that the answers that fit any exercise do not fit this one -----------------

nearest = EXERCISES["nearest_patches"].reference


def places(X, side, step):
    return ((X.shape[2] - side) // step + 1) * ((X.shape[3] - side) // step + 1)


def known(S, side):
    return (S.shape[2] - side + 1) * (S.shape[3] - side + 1)


forgetful("nearest_patches", "remembers its first answer", "shape")(remembering("nearest_patches"))
forgetful("nearest_patches", "answers the question before", "shape")(one_behind("nearest_patches"))


@lazy("nearest_patches", "numbers in order", "place_itself")
def _(X, S, side, step):
    return torch.arange(places(X, side, step))


@lazy("nearest_patches", "always the first", "all_zero")
def _(X, S, side, step):
    return torch.zeros(places(X, side, step), dtype=torch.long)


@lazy("nearest_patches", "any patch of S", "other")
def _(X, S, side, step):
    return torch.randint(known(S, side), (places(X, side, step),))


@lazy("nearest_patches", "spread evenly over S", "other")
def _(X, S, side, step):
    return torch.linspace(0, known(S, side) - 1, places(X, side, step)).long()


@lazy("nearest_patches", "the first input, handed back", "returns_input")
def _(X, S, side, step):
    return X


@lazy("nearest_patches", "the last input, handed back", "left_torch")
def _(X, S, side, step):
    return step


@lazy("nearest_patches", "right for three channels", "other")
def _(X, S, side, step):
    return nearest(X, S, side, step) if X.shape[1] == 3 else nearest(X[:, :1], S[:, :1], side, step)


@lazy("nearest_patches", "right for large patches", "other")
def _(X, S, side, step):
    return nearest(X, S, side, step) if side > 1 else torch.zeros(places(X, side, step), dtype=torch.long)


@lazy("nearest_patches", "any of the three most alike", "other")
def _(X, S, side, step):
    x, s = (functional.unfold(z, side, stride=k)[0].mT for z, k in ((X, step), (S, 1)))
    best = torch.cdist(x, s).topk(min(3, len(s)), 1, largest=False).indices
    return best.gather(1, torch.randint(best.shape[1], (len(best), 1)))[:, 0]


@lazy("nearest_patches", "the first half only", "other")
def _(X, S, side, step):
    numbers = nearest(X, S, side, step)
    numbers[len(numbers) // 2 :] = 0
    return numbers


@lazy("nearest_patches", "the most alike of every third", "other")
def _(X, S, side, step):
    x, s = (functional.unfold(z, side, stride=k)[0].mT for z, k in ((X, step), (S, 1)))
    return 3 * torch.cdist(x, s[::3]).argmin(1)


# --- vote -----------------------------------------------------------------------------------------------------------

vote = EXERCISES["vote"].reference


@lazy("vote", "S, resized", "other")
def _(S, nearest, side, step, size):
    return functional.interpolate(S, size, mode="bilinear")


@lazy("vote", "the mean of S", "other")
def _(S, nearest, side, step, size):
    return S.mean((2, 3), keepdim=True).expand(1, S.shape[1], *size).clone()


@lazy("vote", "the first patch everywhere", "other")
def _(S, nearest, side, step, size):
    return vote(S, nearest[:1].expand_as(nearest), side, step, size)


@lazy("vote", "any patches", "other")
def _(S, nearest, side, step, size):
    return vote(S, nearest[torch.randperm(len(nearest))], side, step, size)


@lazy("vote", "right at the corners", "overlaps")
def _(S, nearest, side, step, size):
    picture = vote(S, nearest, side, step, size)
    picture[..., step:-step, :] = picture[..., step:-step] = 0
    return picture


@lazy("vote", "right for three channels", "other")
def _(S, nearest, side, step, size):
    return vote(S if S.shape[1] == 3 else S[:, :1].expand_as(S), nearest, side, step, size)


@lazy("vote", "a quarter wherever patches overlap by half", "other")
def _(S, nearest, side, step, size):
    if side != 2 * step:
        return vote(S, nearest, side, step, size)
    return functional.fold(functional.unfold(S, side)[:, :, nearest], size, side, stride=step) / 4
