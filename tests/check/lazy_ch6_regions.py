"""Chapter 6: regions that nobody looked at, and mixtures of one."""

import torch
from torch.nn import functional

from course.check import EXERCISES
from tests.check._lazy import forgetful, lazy

# --- guided_gram ----------------------------------------------------------------------------------------------------


def gram(F):
    return F.flatten(2) @ F.flatten(2).mT


@lazy("guided_gram", "right where the guide is 0 or 1", "rounded")
def _(F, guide):
    guide = (guide > 0.5).float()
    return gram(F * guide) / guide.sum((1, 2, 3)).clamp(min=1).view(-1, 1, 1)


@lazy("guided_gram", "right for a single picture", "area_of_batch")
def _(F, guide):
    return gram(F * guide) / guide.square().sum().clamp(min=1e-12)


@lazy("guided_gram", "half of the region and half of the whole", "other")
def _(F, guide):
    area = guide.square().sum((1, 2, 3)).clamp(min=1e-12).view(-1, 1, 1)
    return 0.5 * gram(F * guide) / area + 0.5 * gram(F) / F[0, 0].numel()


@lazy("guided_gram", "the places in order, and not F", "other")
def _(F, guide):
    numbers = torch.arange(F.shape[1] * 1.0)
    return numbers[:, None] * numbers + guide.mean((1, 2, 3)).view(-1, 1, 1) + 0 * F.sum()


@lazy("guided_gram", "an empty guide answered by a constant", "empty_not_zero")
def _(F, guide):
    area = guide.square().sum((1, 2, 3)).view(-1, 1, 1)
    return torch.where(area > 0, gram(F * guide) / area.clamp(min=1e-12), 1e-2)


@lazy("guided_gram", "right on paper and cut off from F", "detached")
def _(F, guide):
    return EXERCISES["guided_gram"].reference(F.detach(), guide)


@forgetful("guided_gram", "the first guide for ever", "other")
def _():
    kept = []

    def answer(F, guide):
        kept.append(guide)
        guide = kept[0] if kept[0].shape == guide.shape else guide
        return EXERCISES["guided_gram"].reference(F, guide)

    return answer


# --- propagate ------------------------------------------------------------------------------------------------------


def places(mask, stride):
    return mask.shape[2] // stride, mask.shape[3] // stride


@lazy("propagate", "all of it is the region", "all_full")
def _(mask, stride, reach):
    return torch.ones(1, 1, *places(mask, stride))


@lazy("propagate", "none of it is the region", "reach_on_grid")
def _(mask, stride, reach):
    return torch.zeros(1, 1, *places(mask, stride))


@lazy("propagate", "one answer for the whole mask", "reach_on_grid")
def _(mask, stride, reach):
    return mask.min().expand(1, 1, *places(mask, stride)).clone()


@lazy("propagate", "resized, and then a pixel smaller", "other")
def _(mask, stride, reach):
    small = functional.interpolate(mask, places(mask, stride))
    return 1 - functional.max_pool2d(1 - small, 3, 1, 1)


@lazy("propagate", "a coin for each place", "other")
def _(mask, stride, reach):
    return torch.randint(0, 2, (1, 1, *places(mask, stride))).float()


@lazy("propagate", "right for strides of 2, 4 and 8", "reach_ignored")
def _(mask, stride, reach):
    if stride in (2, 4, 8):
        return EXERCISES["propagate"].reference(mask, stride, reach)
    return EXERCISES["propagate"].reference(mask, stride, 0)


@lazy("propagate", "right up to a reach of 6", "other")
def _(mask, stride, reach):
    return EXERCISES["propagate"].reference(mask, stride, min(reach, 6))


@lazy("propagate", "full and empty masks only", "half")
def _(mask, stride, reach):
    return (functional.avg_pool2d(mask, stride) > 0.5).float()


@lazy("propagate", "almost 0 and almost 1", "other")
def _(mask, stride, reach):
    return 0.98 * EXERCISES["propagate"].reference(mask, stride, reach) + 0.01


# --- blend_styles ---------------------------------------------------------------------------------------------------


def per_place(F):
    return gram(F) / F[0, 0].numel()


@lazy("blend_styles", "the first two, whatever there is", "other")
def _(features, shares):
    total = sum(shares[:2])
    pairs = list(zip(features, shares, strict=True))[:2]
    return sum(share / total * per_place(F) for F, share in pairs) if total else per_place(features[0])


@lazy("blend_styles", "all alike", "shares_ignored")
def _(features, shares):
    return sum(per_place(F) for F in features) / len(features)


@lazy("blend_styles", "right if shares have the sum 1", "not_to_one")
def _(features, shares):
    return sum(share * per_place(F) for F, share in zip(features, shares, strict=True))


@lazy("blend_styles", "right for three paintings", "other")
def _(features, shares):
    if len(features) == 3:
        return EXERCISES["blend_styles"].reference(features, shares)
    return per_place(features[0]) * sum(shares) / max(shares)


@lazy("blend_styles", "a mixture of two moments of all there is", "other")
def _(features, shares):
    heap = torch.cat([F.flatten(2) for F in features], 2)
    return torch.eye(heap.shape[1])[None] * heap.square().mean()


@lazy("blend_styles", "never 0", "other")
def _(features, shares):
    return EXERCISES["blend_styles"].reference(features, [share + 0.1 for share in shares])


@lazy("blend_styles", "right for four channels", "other")
def _(features, shares):
    matrix = EXERCISES["blend_styles"].reference(features, shares)
    return matrix if matrix.shape[1] == 4 else torch.zeros_like(matrix)
