"""Chapter 9: what students write for the most alike patch, and for the picture that patches make, by mistake."""

import torch
from torch.nn import functional

from classroom.mistakes.registry import wrong

# --- nearest_patches ------------------------------------------------------------------------------------------------


def rows(x, side, step=1, **how):
    """Patches, one a row."""
    return functional.unfold(x, side, stride=step, **how)[0].mT


def found(x, s):
    """As it should be, for patches as rows."""
    return torch.cdist(x, s).argmin(1)


def nearest(X, S, side, step):
    return found(rows(X, side, step), rows(S, side))


def each(change, X, S, side, step):
    """For patches [P, C, side * side] that were changed before."""
    x, s = (change(rows(z, side, k).unflatten(1, (z.shape[1], -1))) for z, k in ((X, step), (S, 1)))
    return found(x.flatten(1), s.flatten(1))


def scores(X, S, side, step):
    """Inner products, and squares of S's patches."""
    x, s = rows(X, side, step), rows(S, side)
    return x @ s.mT, s.square().sum(1)


def differences(X, S, side, step):
    return rows(X, side, step)[:, None] - rows(S, side)


def row_and_column(X, S, side, step):
    wide = S.shape[3] - side + 1
    numbers = nearest(X, S, side, step)
    return numbers // wide, numbers % wide


NEAREST = "nearest_patches"
wrong(NEAREST, "inner_product")(lambda X, S, side, step: scores(X, S, side, step)[0].argmax(1))
wrong(NEAREST, "last_left_out")(lambda X, S, side, step: nearest(X[..., :-1, :-1], S, side, step))
wrong(NEAREST, "least_product")(lambda X, S, side, step: scores(X, S, side, step)[0].argmin(1))
wrong(NEAREST, "absolute")(lambda X, S, side, step: differences(X, S, side, step).abs().sum(2).argmin(1))
wrong(NEAREST, "worst_pixel")(lambda X, S, side, step: differences(X, S, side, step).abs().amax(2).argmin(1))
wrong(NEAREST, "not_squared")(lambda X, S, side, step: differences(X, S, side, step).sum(2).argmin(1))
wrong(NEAREST, "sum_squared")(lambda X, S, side, step: differences(X, S, side, step).sum(2).square().argmin(1))
wrong(NEAREST, "farthest")(lambda X, S, side, step: differences(X, S, side, step).square().sum(2).argmax(1))
wrong(NEAREST, "plus")(
    lambda X, S, side, step: (rows(X, side, step)[:, None] + rows(S, side)).square().sum(2).argmin(1)
)
wrong(NEAREST, "centred")(lambda X, S, side, step: each(lambda x: x - x.mean((1, 2), keepdim=True), X, S, side, step))
wrong(NEAREST, "cosine")(
    lambda X, S, side, step: (
        functional.normalize(rows(X, side, step), dim=1) @ functional.normalize(rows(S, side), dim=1).mT
    ).argmax(1)
)
wrong(NEAREST, "one_channel")(lambda X, S, side, step: nearest(X[:, :1], S[:, :1], side, step))
wrong(NEAREST, "last_channel")(lambda X, S, side, step: nearest(X[:, -1:], S[:, -1:], side, step))
wrong(NEAREST, "grey")(lambda X, S, side, step: nearest(X.mean(1, keepdim=True), S.mean(1, keepdim=True), side, step))
wrong(NEAREST, "middle_pixel")(lambda X, S, side, step: each(lambda x: x[:, :, side * side // 2], X, S, side, step))
wrong(NEAREST, "first_pixel")(lambda X, S, side, step: each(lambda x: x[:, :, 0], X, S, side, step))
wrong(NEAREST, "mean_colour")(lambda X, S, side, step: each(lambda x: x.mean(2), X, S, side, step))
wrong(NEAREST, "step_ignored")(lambda X, S, side, step: nearest(X, S, side, 1))
wrong(NEAREST, "side_for_step")(lambda X, S, side, step: nearest(X, S, side, side))
wrong(NEAREST, "step_in_both")(lambda X, S, side, step: found(rows(X, side, step), rows(S, side, step)))
wrong(NEAREST, "for_each_of_S")(lambda X, S, side, step: found(rows(S, side), rows(X, side, step)))
wrong(NEAREST, "padded")(lambda X, S, side, step: found(rows(X, side, step, padding=side // 2), rows(S, side)))
wrong(NEAREST, "one_number")(lambda X, S, side, step: torch.cdist(rows(X, side, step), rows(S, side)).argmin())
wrong(NEAREST, "all_distances")(lambda X, S, side, step: torch.cdist(rows(X, side, step), rows(S, side)))
wrong(NEAREST, "distances")(lambda X, S, side, step: torch.cdist(rows(X, side, step), rows(S, side)).amin(1))
wrong(NEAREST, "values_too")(lambda X, S, side, step: torch.cdist(rows(X, side, step), rows(S, side)).min(1))
wrong(NEAREST, "axis_kept")(
    lambda X, S, side, step: torch.cdist(rows(X, side, step), rows(S, side)).argmin(1, keepdim=True)
)
wrong(NEAREST, "batch_kept")(lambda X, S, side, step: nearest(X, S, side, step)[None])
wrong(NEAREST, "rows_and_columns")(lambda X, S, side, step: torch.stack(row_and_column(X, S, side, step), 1))
wrong(NEAREST, "counted_from_one")(lambda X, S, side, step: nearest(X, S, side, step) + 1)
wrong(NEAREST, "dtype")(lambda X, S, side, step: nearest(X, S, side, step).float())
wrong(NEAREST, "type")(lambda X, S, side, step: nearest(X, S, side, step).tolist())
wrong(NEAREST, "left_torch")(lambda X, S, side, step: nearest(X, S, side, step).numpy())
wrong(NEAREST, "place_itself")(lambda X, S, side, step: torch.arange(len(rows(X, side, step))))
wrong(NEAREST, "patches_apart")(
    lambda X, S, side, step: (functional.unfold(X, side, stride=step)[0] @ functional.unfold(S, side)[0]).argmax(1)
)
wrong(NEAREST, "not_all_pairs")(
    lambda X, S, side, step: (functional.unfold(X, side, stride=step) - functional.unfold(S, side)).square().argmin(1)
)
wrong(NEAREST, "columns_for_rows")(
    lambda X, S, side, step: torch.cdist(functional.unfold(X, side, stride=step), functional.unfold(S, side)).argmin(1)
)


@wrong(NEAREST, "norm_twice")
def _(X, S, side, step):
    products, norms = scores(X, S, side, step)
    return (norms - products).argmin(1)


@wrong(NEAREST, "norm_halved")
def _(X, S, side, step):
    products, norms = scores(X, S, side, step)
    return (norms / 2 - 2 * products).argmin(1)


@wrong(NEAREST, "norm_missing")
def _(X, S, side, step):
    products, norms = scores(X, S, side, step)
    return (norms.sqrt() - 2 * products).argmin(1)


@wrong(NEAREST, "relative")
def _(X, S, side, step):
    return (differences(X, S, side, step).square().sum(2) / scores(X, S, side, step)[1]).argmin(1)


@wrong(NEAREST, "correlation")
def _(X, S, side, step):
    x, s = (z - z.mean(1, keepdim=True) for z in (rows(X, side, step), rows(S, side)))
    return (x @ s.mT / s.norm(dim=1)).argmax(1)


@wrong(NEAREST, "channel_wise")
def _(X, S, side, step):
    apart = differences(X, S, side, step).unflatten(2, (X.shape[1], -1)).square().sum(3)
    return apart.amin(2).argmin(1)


@wrong(NEAREST, "turned")
def _(X, S, side, step):
    across = rows(S, side).unflatten(1, (-1, side, side)).mT.flatten(1)
    return found(rows(X, side, step), across)


@wrong(NEAREST, "flipped")
def _(X, S, side, step):
    """As in a true convolution."""
    turned_round = rows(S, side).unflatten(1, (-1, side, side)).flip(2, 3).flatten(1)
    return found(rows(X, side, step), turned_round)


@wrong(NEAREST, "scrambled")
def _(X, S, side, step):
    x, s = functional.unfold(X, side, stride=step)[0], functional.unfold(S, side)[0]
    return found(x.reshape(-1, len(x)), s.reshape(-1, len(s)))


@wrong(NEAREST, "numbers_by_columns")
def _(X, S, side, step):
    row, column = row_and_column(X, S, side, step)
    return column * (S.shape[2] - side + 1) + row


@wrong(NEAREST, "places_by_columns")
def _(X, S, side, step):
    s, numbers = rows(S, side), []
    for left in range(0, X.shape[3] - side + 1, step):
        for top in range(0, X.shape[2] - side + 1, step):
            patch = X[:, :, top : top + side, left : left + side].reshape(1, -1)
            numbers.append((patch - s).square().sum(1).argmin())
    return torch.stack(numbers)


@wrong(NEAREST, "of_pixels")
def _(X, S, side, step):
    row, column = row_and_column(X, S, side, step)
    return row * S.shape[3] + column


@wrong(NEAREST, "of_its_columns")
def _(X, S, side, step):
    row, column = row_and_column(X, S, side, step)
    return row * (S.shape[2] - side + 1) + column


@wrong(NEAREST, "of_picture")
def _(X, S, side, step):
    row, column = row_and_column(X, S, side, step)
    return row * ((X.shape[3] - side) // step + 1) + column


@wrong(NEAREST, "step_in_both_then_counted")
def _(X, S, side, step):
    wide = S.shape[3] - side + 1
    numbers = torch.arange(wide * (S.shape[2] - side + 1)).view(-1, wide)[::step, ::step].flatten()
    return numbers[found(rows(X, side, step), rows(S, side, step))]


@wrong(NEAREST, "second")
def _(X, S, side, step):
    return torch.cdist(rows(X, side, step), rows(S, side)).argsort(1)[:, 1]


@wrong(NEAREST, "only_once")
def _(X, S, side, step):
    distances, numbers = torch.cdist(rows(X, side, step), rows(S, side)), []
    for row in distances:
        numbers.append(row.argmin())
        distances[:, numbers[-1]] = float("inf")
    return torch.stack(numbers)


@wrong(NEAREST, "as_map")
def _(X, S, side, step):
    return nearest(X, S, side, step).view(-1, (X.shape[3] - side) // step + 1)


@wrong(NEAREST, "modifies_input")
def _(X, S, side, step):
    X -= X.mean()
    return nearest(X, S, side, step)


# --- vote -----------------------------------------------------------------------------------------------------------


def known(S, side):
    """All patches of S, [N, C, side, side]."""
    return rows(S, side).unflatten(1, (S.shape[1], side, side))


def summed(patches, side, step, size):
    return functional.fold(patches.flatten(1).mT[None], size, side, stride=step)


def mean(patches, side, step, size):
    """As it should be, for patches that were chosen."""
    return summed(patches, side, step, size) / summed(torch.ones_like(patches), side, step, size)


def corners(side, step, size):
    return [(r, c) for r in range(0, size[0] - side + 1, step) for c in range(0, size[1] - side + 1, step)]


def pasted(patches, places, size, combine):
    """Patch by patch."""
    X = torch.full((1, patches.shape[1], *size), float("nan"))
    for patch, (top, left) in zip(patches, places, strict=True):
        there = X[0, :, top : top + patch.shape[1], left : left + patch.shape[2]]
        there[:] = torch.where(there.isnan(), patch, combine(there, patch))
    return X


VOTE = "vote"
wrong(VOTE, "not_divided")(lambda S, n, side, step, size: summed(known(S, side)[n], side, step, size))
wrong(VOTE, "divided_by_square")(lambda S, n, side, step, size: summed(known(S, side)[n], side, step, size) / side**2)
wrong(VOTE, "divided_by_overlap")(
    lambda S, n, side, step, size: summed(known(S, side)[n], side, step, size) / (side / step) ** 2
)
wrong(VOTE, "divided_by_patches")(lambda S, n, side, step, size: summed(known(S, side)[n], side, step, size) / len(n))
wrong(VOTE, "divided_by_channels")(
    lambda S, n, side, step, size: mean(known(S, side)[n], side, step, size) / S.shape[1]
)
wrong(VOTE, "last_wins")(
    lambda S, n, side, step, size: pasted(known(S, side)[n], corners(side, step, size), size, lambda old, new: new)
)
wrong(VOTE, "first_wins")(
    lambda S, n, side, step, size: pasted(known(S, side)[n], corners(side, step, size), size, lambda old, new: old)
)
wrong(VOTE, "largest")(
    lambda S, n, side, step, size: pasted(known(S, side)[n], corners(side, step, size), size, torch.maximum)
)
wrong(VOTE, "smallest")(
    lambda S, n, side, step, size: pasted(known(S, side)[n], corners(side, step, size), size, torch.minimum)
)
wrong(VOTE, "running_mean")(
    lambda S, n, side, step, size: pasted(
        known(S, side)[n], corners(side, step, size), size, lambda old, new: (old + new) / 2
    )
)
wrong(VOTE, "backwards")(lambda S, n, side, step, size: mean(known(S, side)[n.flip(0)], side, step, size))
wrong(VOTE, "in_order")(lambda S, n, side, step, size: mean(known(S, side)[: len(n)], side, step, size))
wrong(VOTE, "one_before")(lambda S, n, side, step, size: mean(known(S, side)[n - 1], side, step, size))
wrong(VOTE, "turned")(lambda S, n, side, step, size: mean(known(S, side)[n].mT, side, step, size))
wrong(VOTE, "upside_down")(lambda S, n, side, step, size: mean(known(S, side)[n].flip(2), side, step, size))
wrong(VOTE, "mirrored")(lambda S, n, side, step, size: mean(known(S, side)[n].flip(3), side, step, size))
wrong(VOTE, "turned_round")(lambda S, n, side, step, size: mean(known(S, side)[n].flip(2, 3), side, step, size))
wrong(VOTE, "rounded")(
    lambda S, n, side, step, size: (
        summed(known(S, side)[n], side, step, size) // summed(torch.ones_like(known(S, side)[n]), side, step, size)
    )
)
wrong(VOTE, "clamped")(lambda S, n, side, step, size: mean(known(S, side)[n], side, step, size).clamp(0, 1))
wrong(VOTE, "first_channel")(
    lambda S, n, side, step, size: mean(known(S[:, :1].expand_as(S), side)[n], side, step, size)
)
wrong(VOTE, "channels_lost")(lambda S, n, side, step, size: mean(known(S[:, :1], side)[n], side, step, size))
wrong(VOTE, "grey")(
    lambda S, n, side, step, size: mean(known(S.mean(1, keepdim=True).expand_as(S), side)[n], side, step, size)
)
wrong(VOTE, "size_swapped")(lambda S, n, side, step, size: mean(known(S, side)[n], side, step, size[::-1]))
wrong(VOTE, "batch_lost")(lambda S, n, side, step, size: mean(known(S, side)[n], side, step, size)[0])
wrong(VOTE, "not_pasted")(lambda S, n, side, step, size: known(S, side)[n])
wrong(VOTE, "fold_step")(
    lambda S, n, side, step, size: functional.fold(functional.unfold(S, side)[:, :, n], size, side)
)
wrong(VOTE, "fold_rows")(lambda S, n, side, step, size: functional.fold(rows(S, side)[n], size, side, stride=step))
wrong(VOTE, "step_in_S")(
    lambda S, n, side, step, size: mean(rows(S, side, step)[n].unflatten(1, (-1, side, side)), side, step, size)
)
wrong(VOTE, "not_finite")(
    lambda S, n, side, step, size: (
        summed(known(S, side)[n], side, step, size) / summed(0 * known(S, side)[n], side, step, size)
    )
)


@wrong(VOTE, "size_of_S")
def _(S, n, side, step, size):
    X = pasted(known(S, side)[n], corners(side, step, size), (20, 20), torch.maximum)
    return X[..., : S.shape[2], : S.shape[3]].nan_to_num(0)


@wrong(VOTE, "divided_by_most")
def _(S, n, side, step, size):
    patches = known(S, side)[n]
    return summed(patches, side, step, size) / summed(torch.ones_like(patches), side, step, size).max()


@wrong(VOTE, "divided_by_mean_count")
def _(S, n, side, step, size):
    patches = known(S, side)[n]
    return summed(patches, side, step, size) / summed(torch.ones_like(patches), side, step, size).mean()


@wrong(VOTE, "divided_by_root")
def _(S, n, side, step, size):
    patches = known(S, side)[n]
    return summed(patches, side, step, size) / summed(torch.ones_like(patches), side, step, size).sqrt()


@wrong(VOTE, "median")
def _(S, n, side, step, size):
    layers = torch.full((len(n), S.shape[1], *size), float("nan"))
    for layer, number, (top, left) in zip(layers, n, corners(side, step, size), strict=True):
        layer[:, top : top + side, left : left + side] = known(S, side)[number]
    return layers.nanmedian(0).values[None]


@wrong(VOTE, "weighted")
def _(S, n, side, step, size):
    """A pixel counts less at the edge of a patch."""
    bell = torch.exp(-((torch.arange(side) - (side - 1) / 2) ** 2) / side)
    patches = known(S, side)[n]
    weights = (bell[:, None] * bell).expand_as(patches)
    return summed(weights * patches, side, step, size) / summed(weights, side, step, size)


@wrong(VOTE, "overlaps")
def _(S, n, side, step, size):
    """Divided by one less than the count, as a variance is."""
    patches = known(S, side)[n]
    count = summed(torch.ones_like(patches), side, step, size)
    return summed(patches, side, step, size) / (count - 1).clamp(min=1)


@wrong(VOTE, "by_columns")
def _(S, n, side, step, size):
    places = [(r, c) for c in range(0, size[1] - side + 1, step) for r in range(0, size[0] - side + 1, step)]
    X, count = torch.zeros(1, S.shape[1], *size), torch.zeros(size)
    for patch, (top, left) in zip(known(S, side)[n], places, strict=True):
        X[0, :, top : top + side, left : left + side] += patch
        count[top : top + side, left : left + side] += 1
    return X / count


@wrong(VOTE, "numbers_by_columns")
def _(S, n, side, step, size):
    high = S.shape[2] - side + 1
    patches = [S[0, :, k % high : k % high + side, k // high : k // high + side] for k in n.tolist()]
    return mean(torch.stack(patches), side, step, size)


@wrong(VOTE, "beyond_edge")
def _(S, n, side, step, size):
    wide = S.shape[3]
    X, count = torch.zeros(1, S.shape[1], *size), torch.zeros(size)
    for k, (top, left) in zip(n.tolist(), corners(side, step, size), strict=True):
        row, column = k // wide, k % wide
        X[0, :, top : top + side, left : left + side] += S[0, :, row : row + side, column : column + side]
        count[top : top + side, left : left + side] += 1
    return X / count


@wrong(VOTE, "scrambled")
def _(S, n, side, step, size):
    columns = functional.unfold(S, side)
    return mean(columns.reshape(-1, S.shape[1], side, side)[n], side, step, size)


@wrong(VOTE, "channels_behind")
def _(S, n, side, step, size):
    patches = rows(S, side)[n].view(len(n), side, side, S.shape[1]).permute(0, 3, 1, 2)
    return mean(patches, side, step, size)


@wrong(VOTE, "patch_means")
def _(S, n, side, step, size):
    patches = known(S, side)[n]
    return mean(patches.mean((2, 3), keepdim=True).expand_as(patches), side, step, size)


@wrong(VOTE, "middle_pixel")
def _(S, n, side, step, size):
    patches = known(S, side)[n]
    middle = patches[:, :, side // 2 : side // 2 + 1, side // 2 : side // 2 + 1]
    return mean(middle.expand_as(patches), side, step, size)


@wrong(VOTE, "pasted_centred")
def _(S, n, side, step, size):
    half = side // 2
    wider = (size[0] + side, size[1] + side)
    X, count = torch.zeros(1, S.shape[1], *wider), torch.zeros(wider)
    for patch, (top, left) in zip(known(S, side)[n], corners(side, step, size), strict=True):
        X[0, :, top : top + side, left : left + side] += patch
        count[top : top + side, left : left + side] += 1
    return (X / count.clamp(min=1))[..., half : half + size[0], half : half + size[1]]


@wrong(VOTE, "step_ignored")
def _(S, n, side, step, size):
    wide = (size[1] - side) // step + 1
    X, count = torch.zeros(1, S.shape[1], *size), torch.zeros(size)
    for number, patch in enumerate(known(S, side)[n]):
        top, left = number // wide, number % wide
        X[0, :, top : top + side, left : left + side] += patch
        count[top : top + side, left : left + side] += 1
    return X / count.clamp(min=1)


@wrong(VOTE, "side_by_side")
def _(S, n, side, step, size):
    tall, wide = ((length - side) // step + 1 for length in size)
    return functional.fold(rows(S, side)[n].mT[None], (tall * side, wide * side), side, stride=side)


@wrong(VOTE, "modifies_input")
def _(S, n, side, step, size):
    return mean(known(S.clamp_(-1, 1), side)[n], side, step, size)
