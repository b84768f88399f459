"""Chapter 9: right, in other ways than the course's, patch by patch and all at once."""

import numpy as np
import torch
from torch.nn import functional

from tests.check._right import right

# --- nearest_patches ------------------------------------------------------------------------------------------------


@right("nearest_patches")
def _(X, S, side, step):
    x, s = (functional.unfold(z, side, stride=k)[0].mT for z, k in ((X, step), (S, 1)))
    return torch.cdist(x, s).argmin(1)


@right("nearest_patches")
def _(X, S, side, step):
    """All pairs at once."""
    x, s = functional.unfold(X, side, stride=step)[0].T, functional.unfold(S, side)[0].T
    return ((x[:, None] - s[None]) ** 2).mean(2).min(dim=1).indices


@right("nearest_patches")
def _(X, S, side, step):
    """Patch by patch, with loops over both."""
    numbers = []
    for top in range(0, X.shape[2] - side + 1, step):
        for left in range(0, X.shape[3] - side + 1, step):
            patch, best, number, chosen = X[..., top : top + side, left : left + side], float("inf"), 0, 0
            for row in range(S.shape[2] - side + 1):
                for column in range(S.shape[3] - side + 1):
                    away = float(((patch - S[..., row : row + side, column : column + side]) ** 2).sum())
                    if away < best:
                        best, chosen = away, number
                    number += 1
            numbers.append(chosen)
    return torch.tensor(numbers)


@right("nearest_patches")
def _(X, S, side, step):
    """A convolution of S with the patches of X as kernels."""
    kernels = functional.unfold(X, side, stride=step)[0].T.reshape(-1, X.shape[1], side, side)
    products = functional.conv2d(S, kernels)[0]
    norms = functional.conv2d(S**2, torch.ones(1, S.shape[1], side, side))[0]
    return (norms - 2 * products).flatten(1).argmin(dim=1)


@right("nearest_patches")
def _(X, S, side, step):
    """The other way round: patches of S as kernels on X."""
    kernels = S.unfold(2, side, 1).unfold(3, side, 1)[0].permute(1, 2, 0, 3, 4).flatten(0, 1)
    bias = -kernels.square().sum((1, 2, 3)) / 2
    return functional.conv2d(X, kernels, bias, stride=step)[0].argmax(0).flatten()


@right("nearest_patches")
def _(X, S, side, step):
    """In numpy, and int32."""
    windows = [np.lib.stride_tricks.sliding_window_view(z[0].numpy(), (side, side), (1, 2)) for z in (X, S)]
    x, s = windows[0][:, ::step, ::step], windows[1]
    x, s = (z.transpose(1, 2, 0, 3, 4).reshape(z.shape[1] * z.shape[2], -1) for z in (x, s))
    away = ((x[:, None].astype(float) - s[None]) ** 2).sum(2)
    return torch.from_numpy(away.argmin(1).astype(np.int32))


@right("nearest_patches")
def _(X, S, side, step):
    """Row and column first, and roots of squares."""
    x = X.unfold(2, side, step).unfold(3, side, step)[0]
    s = S.unfold(2, side, 1).unfold(3, side, 1)[0]
    wide, numbers = s.shape[2], []
    for row in range(x.shape[1]):
        for column in range(x.shape[2]):
            away = torch.linalg.vector_norm(s - x[:, row, column][:, None, None], dim=(0, 3, 4))
            place = divmod(int(away.argmin()), wide)
            numbers.append(place[0] * wide + place[1])
    return torch.LongTensor(numbers)


@right("nearest_patches")
def _(X, S, side, step):
    x, s = functional.unfold(X, side, stride=(step, step)), functional.unfold(S, side)
    scores = torch.einsum("bdp,bdn->bpn", x, s)
    away = (x**2).sum(1)[:, :, None] - 2 * scores + (s**2).sum(1)[:, None]
    return away.squeeze(0).topk(1, largest=False).indices[:, 0]


# --- vote -----------------------------------------------------------------------------------------------------------


@right("vote")
def _(S, nearest, side, step, size):
    columns = functional.unfold(S, side)[:, :, nearest]
    total = functional.fold(columns, size, side, stride=step)
    return total / functional.fold(torch.ones_like(columns), size, side, stride=step)


@right("vote")
def _(S, nearest, side, step, size):
    """Patch by patch."""
    total, count = torch.zeros(1, S.shape[1], *size), torch.zeros(1, 1, *size)
    wide, number = S.shape[3] - side + 1, 0
    for top in range(0, size[0] - side + 1, step):
        for left in range(0, size[1] - side + 1, step):
            row, column = divmod(int(nearest[number]), wide)
            total[..., top : top + side, left : left + side] += S[..., row : row + side, column : column + side]
            count[..., top : top + side, left : left + side] += 1
            number += 1
    return total / count


@right("vote")
def _(S, nearest, side, step, size):
    """Pixel by pixel, from the picture's side, in numpy."""
    s, wide = S[0].numpy().astype(float), S.shape[3] - side + 1
    columns = (size[1] - side) // step + 1
    picture = np.zeros((S.shape[1], *size))
    for y in range(size[0]):
        for x in range(size[1]):
            said = []
            for number, chosen in enumerate(nearest.tolist()):
                down, right_ = y - number // columns * step, x - number % columns * step
                if 0 <= down < side and 0 <= right_ < side:
                    said.append(s[:, chosen // wide + down, chosen % wide + right_])
            picture[:, y, x] = np.mean(said, 0)
    return torch.from_numpy(picture).float()[None]


@right("vote")
def _(S, nearest, side, step, size):
    """A transposed convolution, with the patches as kernels."""
    patches = functional.unfold(S, side)[0].T[nearest].reshape(-1, S.shape[1], side, side)
    rows, columns = [(length - side) // step + 1 for length in size]
    places = torch.eye(len(nearest)).view(1, len(nearest), rows, columns)
    count = functional.conv_transpose2d(torch.ones(1, 1, rows, columns), torch.ones(1, 1, side, side), stride=step)
    return functional.conv_transpose2d(places, patches, stride=step) / count


@right("vote")
def _(S, nearest, side, step, size):
    """index_add over the numbers of pixels, which are unfolded like a picture."""
    numbers = torch.arange(size[0] * size[1], dtype=torch.float32).view(1, 1, *size)
    where = functional.unfold(numbers, side, stride=step)[0].long().flatten()
    patches = functional.unfold(S, side)[0].view(S.shape[1], side * side, -1)[:, :, nearest].flatten(1)
    total = torch.zeros(S.shape[1], size[0] * size[1]).index_add(1, where, patches)
    return (total / torch.bincount(where, minlength=size[0] * size[1])).view(1, -1, *size)


@right("vote")
def _(S, nearest, side, step, size):
    """One layer for each patch, NaN around it."""
    layers, patches = [], S.unfold(2, side, 1).unfold(3, side, 1)[0].flatten(1, 2)
    places = [(r, c) for r in range(0, size[0] - side + 1, step) for c in range(0, size[1] - side + 1, step)]
    for number, (top, left) in zip(nearest, places, strict=True):
        layer = torch.full((S.shape[1], *size), torch.nan)
        layer[:, top : top + side, left : left + side] = patches[:, number]
        layers.append(layer)
    return torch.stack(layers).nanmean(0, keepdim=True)


@right("vote")
def _(S, nearest, side, step, size):
    """A mean that is kept up to date."""
    X, count = S.new_zeros(1, S.shape[1], *size), S.new_zeros(1, 1, *size)
    wide, columns = S.size(-1) - side + 1, (size[1] - side) // step + 1
    for place, number in enumerate(nearest):
        y, x = place // columns * step, place % columns * step
        row, column = number // wide, number % wide
        count[..., y : y + side, x : x + side] += 1
        there = X[..., y : y + side, x : x + side]
        patch = S[..., row : row + side, column : column + side]
        X[..., y : y + side, x : x + side] = there + (patch - there) / count[..., y : y + side, x : x + side]
    return X
