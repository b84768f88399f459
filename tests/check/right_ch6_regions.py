"""Chapter 6: right, in other ways than the course's."""

import numpy as np
import torch
from torch.nn import functional

from course.losses import gram
from tests.check._right import right

# --- guided_gram ----------------------------------------------------------------------------------------------------


@right("guided_gram")
def _(F, guide):
    rows = (F * guide).flatten(2)
    places = (guide**2).sum((1, 2, 3)).view(-1, 1, 1)
    return rows @ rows.transpose(1, 2) / places.clamp(min=1e-12)


@right("guided_gram")
def _(F, guide):
    weights = guide[:, 0] ** 2
    return torch.einsum("bihw,bjhw,bhw->bij", F, F, weights) / (weights.sum((1, 2)) + 1e-8)[:, None, None]


@right("guided_gram")
def _(F, guide):
    """Place by place, and the mean only where there is something to average."""
    matrices = []
    for f, g in zip(F, guide, strict=True):
        total, area = torch.zeros(len(f), len(f)), 0.0
        for y in range(f.shape[1]):
            for x in range(f.shape[2]):
                weight = float(g[0, y, x]) ** 2
                total = total + weight * torch.outer(f[:, y, x], f[:, y, x])
                area += weight
        matrices.append(total / area if area else total * 0)
    return torch.stack(matrices)


@right("guided_gram")
def _(F, guide):
    """The guide is brought to the length 1 first, as in the paper."""
    length = torch.linalg.vector_norm(guide, dim=(2, 3), keepdim=True)
    return gram(F * guide / length.clamp_min(1e-6))


@right("guided_gram")
def _(F, guide):
    """Only the places that count."""
    found = []
    for f, g in zip(F, guide[:, 0], strict=True):
        inside = g > 0
        rows, weights = f[:, inside], g[inside] ** 2
        divisor = weights.sum() if inside.any() else 1
        found.append((rows * weights) @ rows.T / divisor)
    return torch.stack(found)


@right("guided_gram")
def _(F, guide):
    rows = F.flatten(2).transpose(1, 2) * guide.flatten(2).transpose(1, 2)
    places = guide.square().sum(dim=(2, 3))[..., None]
    return torch.bmm(rows.transpose(1, 2), rows) / torch.where(places > 0, places, torch.ones_like(places))


# --- propagate ------------------------------------------------------------------------------------------------------


@right("propagate")
def _(mask, stride, reach):
    outside = functional.max_pool2d(1 - mask, stride + 2 * reach, stride, padding=reach)
    return 1 - outside


@right("propagate")
def _(mask, stride, reach):
    """Place by place."""
    height, width = mask.shape[2] // stride, mask.shape[3] // stride
    result = torch.zeros(1, 1, height, width)
    for i in range(height):
        for j in range(width):
            top, left = max(0, i * stride - reach), max(0, j * stride - reach)
            window = mask[0, 0, top : (i + 1) * stride + reach, left : (j + 1) * stride + reach]
            result[0, 0, i, j] = float(window.min())
    return result


@right("propagate")
def _(mask, stride, reach):
    """The smallest, with ones around the picture."""
    padded = functional.pad(mask, (reach, reach, reach, reach), value=1.0)
    return -functional.max_pool2d(-padded, stride + 2 * reach, stride)


@right("propagate")
def _(mask, stride, reach):
    """By sums over rectangles, from an integral image."""
    m = 1 - mask[0, 0].numpy().astype(np.int64)
    sums = np.pad(m.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    (height, width), places = m.shape, [size // stride for size in m.shape]
    top, left = (np.maximum(np.arange(n) * stride - reach, 0) for n in places)
    bottom = np.minimum((np.arange(places[0]) + 1) * stride + reach, height)
    right_ = np.minimum((np.arange(places[1]) + 1) * stride + reach, width)
    outside = sums[np.ix_(bottom, right_)] - sums[np.ix_(top, right_)] - sums[np.ix_(bottom, left)]
    outside = outside + sums[np.ix_(top, left)]
    return torch.from_numpy(outside == 0).float()[None, None]


@right("propagate")
def _(mask, stride, reach):
    """A convolution with ones counts what is outside."""
    window = stride + 2 * reach
    outside = functional.conv2d(1 - mask, torch.ones(1, 1, window, window), stride=stride, padding=reach)
    return (outside < 0.5).float()


@right("propagate")
def _(mask, stride, reach):
    window = stride + 2 * reach
    columns = functional.unfold(functional.pad(mask, (reach,) * 4, value=1), window, stride=stride)
    places = mask.shape[2] // stride, mask.shape[3] // stride
    return columns.all(1).float().view(1, 1, *places)


@right("propagate")
def _(mask, stride, reach):
    """Erosion at the picture's size, then the whole of each place, cut to whole places."""
    eroded = 1 - functional.max_pool2d(1 - mask, 2 * reach + 1, 1, padding=reach)
    h, w = mask.shape[2] // stride, mask.shape[3] // stride
    blocks = eroded[..., : h * stride, : w * stride].reshape(1, 1, h, stride, w, stride)
    return blocks.amin((3, 5))


@right("propagate")
def _(mask, stride, reach):
    """A mask that stays as it is is handed back."""
    if stride == 1 and reach == 0:
        return mask
    mean = functional.avg_pool2d(mask, stride + 2 * reach, stride, padding=reach, count_include_pad=False)
    return (mean > 1 - 1e-6).to(mask.dtype)


# --- blend_styles ---------------------------------------------------------------------------------------------------


@right("blend_styles")
def _(features, shares):
    mixed = 0
    for F, share in zip(features, shares, strict=True):
        rows = F.flatten(2)
        mixed = mixed + share / sum(shares) * rows @ rows.transpose(1, 2) / rows.shape[2]
    return mixed


@right("blend_styles")
def _(features, shares):
    weights = torch.tensor(shares, dtype=torch.float32)
    grams = torch.stack([gram(F)[0] / (F.shape[2] * F.shape[3]) for F in features])
    return torch.einsum("k,kij->ij", weights / weights.sum(), grams)[None]


@right("blend_styles")
def _(features, shares):
    """In numpy and back."""
    w = np.asarray(shares, dtype=float) / np.sum(shares)
    x = [F[0].reshape(F.shape[1], -1).numpy() for F in features]
    mixed = sum(share * rows @ rows.T / rows.shape[1] for share, rows in zip(w, x, strict=True))
    return torch.from_numpy(mixed).float()[None]


@right("blend_styles")
def _(features, shares):
    """One heap of places, in which those of a large painting count less."""
    total = sum(shares)
    rows = [(share / total / F[0, 0].numel()) ** 0.5 * F.flatten(2) for F, share in zip(features, shares, strict=True)]
    heap = torch.cat(rows, dim=2)
    return heap @ heap.mT


@right("blend_styles")
def _(features, shares):
    """Without the paintings that have no share, and divided at the end."""
    mixed = torch.zeros(1, features[0].shape[1], features[0].shape[1])
    for number in range(len(features)):
        if shares[number] > 0:
            F = features[number]
            mixed += shares[number] * torch.einsum("bihw,bjhw->bij", F, F) / F[0, 0].numel()
    return mixed / sum(shares)
