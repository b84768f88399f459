"""Chapter 6: what students write for a Gram matrix of a part, a mask on a grid, and a mixture of styles, by mistake."""

import torch
from torch.nn import functional

from classroom.mistakes.registry import wrong

# --- guided_gram ----------------------------------------------------------------------------------------------------


def gram(F):
    return F.flatten(2) @ F.flatten(2).mT


def area(guide, power=2):
    return (guide**power).sum((1, 2, 3)).clamp(min=1e-12).view(-1, 1, 1)


def guided(F, guide):
    """As it should be."""
    return gram(F * guide) / area(guide)


GUIDED = "guided_gram"
wrong(GUIDED, "not_divided")(lambda F, guide: gram(F * guide))
wrong(GUIDED, "divided_by_places")(lambda F, guide: gram(F * guide) / guide[0].numel())
wrong(GUIDED, "guide_once")(lambda F, guide: (F * guide).flatten(2) @ F.flatten(2).mT / area(guide, 1))
wrong(GUIDED, "once_above")(lambda F, guide: (F * guide).flatten(2) @ F.flatten(2).mT / area(guide))
wrong(GUIDED, "once_below")(lambda F, guide: gram(F * guide) / area(guide, 1))
wrong(GUIDED, "fourth_power")(lambda F, guide: guided(F, guide**2))
wrong(GUIDED, "fourth_above")(lambda F, guide: gram(F * guide**2) / area(guide))
wrong(GUIDED, "rounded")(lambda F, guide: guided(F, guide.round()))
wrong(GUIDED, "all_above_zero")(lambda F, guide: guided(F, (guide > 0).float()))
wrong(GUIDED, "places_counted")(lambda F, guide: gram(F * guide) / area((guide > 0).float()))
wrong(GUIDED, "rounded_below")(lambda F, guide: gram(F * guide) / area((guide >= 0.5).float()))
wrong(GUIDED, "divided_by_channels")(lambda F, guide: guided(F, guide) / F.shape[1])
wrong(GUIDED, "divided_twice")(lambda F, guide: guided(F, guide) / area(guide))
wrong(GUIDED, "guide_to_one")(lambda F, guide: gram(F * guide / guide.sum((1, 2, 3), keepdim=True)))
wrong(GUIDED, "root_below")(lambda F, guide: gram(F * guide) / area(guide).sqrt())
wrong(GUIDED, "guide_ignored")(lambda F, guide: gram(F) / guide[0].numel())
wrong(GUIDED, "only_below")(lambda F, guide: gram(F) / area(guide))
wrong(GUIDED, "after_the_sum")(lambda F, guide: gram(F) / guide[0].numel() * guide.mean((1, 2, 3)).view(-1, 1, 1))
wrong(GUIDED, "guide_on_gram")(lambda F, guide: gram(F) * guide / area(guide))
wrong(GUIDED, "one_guide")(lambda F, guide: guided(F, guide[:1]))
wrong(GUIDED, "mean_guide")(lambda F, guide: guided(F, guide.mean(0, keepdim=True)))
wrong(GUIDED, "area_of_first")(lambda F, guide: gram(F * guide) / (guide[0] ** 2).sum().clamp(min=1e-12))
wrong(GUIDED, "area_of_batch")(lambda F, guide: gram(F * guide) / (guide**2).sum().clamp(min=1e-12))
wrong(GUIDED, "areas_flat")(lambda F, guide: gram(F * guide) / (guide**2).sum((1, 2, 3)))
wrong(GUIDED, "places_apart")(lambda F, guide: gram(F * guide.flatten(1)) / area(guide))
wrong(GUIDED, "outside")(lambda F, guide: guided(F, 1 - guide))
wrong(GUIDED, "pooled")(lambda F, guide: means(F, guide**2) @ means(F, guide**2).mT)
wrong(GUIDED, "centred")(lambda F, guide: guided(F, guide) - means(F, guide**2) @ means(F, guide**2).mT)
wrong(GUIDED, "centred_everywhere")(lambda F, guide: guided(F - F.mean((2, 3), keepdim=True), guide))
wrong(GUIDED, "centred_by_guide")(lambda F, guide: guided(F - means(F, guide)[..., None], guide))
wrong(GUIDED, "centred_rows")(lambda F, guide: gram(F * guide - (F * guide).mean((2, 3), True)) / area(guide))
wrong(GUIDED, "cosine")(lambda F, guide: gram(functional.normalize((F * guide).flatten(2), dim=2)[..., None]))
wrong(GUIDED, "no_negatives")(lambda F, guide: guided(F, guide).relu())
wrong(GUIDED, "places")(lambda F, guide: (F * guide).flatten(2).mT @ (F * guide).flatten(2) / area(guide))
wrong(GUIDED, "not_flattened")(lambda F, guide: (F * guide) @ (F * guide).mT / area(guide)[..., None])
wrong(GUIDED, "diagonal")(lambda F, guide: guided(F, guide).diagonal(dim1=1, dim2=2))
wrong(GUIDED, "batch_lost")(lambda F, guide: guided(F, guide).mean(0))
wrong(GUIDED, "detached")(lambda F, guide: guided(F.detach(), guide))
wrong(GUIDED, "half_detached")(
    lambda F, guide: (F * guide).flatten(2) @ (F * guide).detach().flatten(2).mT / area(guide)
)
wrong(GUIDED, "empty_is_nan")(lambda F, guide: gram(F * guide) / (guide**2).sum((1, 2, 3)).view(-1, 1, 1))
wrong(GUIDED, "empty_poisons")(
    lambda F, guide: (gram(F * guide) / (guide**2).sum((1, 2, 3)).view(-1, 1, 1)).nan_to_num()
)
wrong(GUIDED, "faint_swallowed")(
    lambda F, guide: gram(F * guide) / (guide**2).sum((1, 2, 3)).clamp(min=1).view(-1, 1, 1)
)
wrong(GUIDED, "modifies_input")(
    lambda F, guide: gram(F * guide) / guide.pow_(2).sum((1, 2, 3)).clamp(1e-12).view(-1, 1, 1)
)


def means(F, weights):
    return ((F * weights).sum((2, 3)) / weights.sum((2, 3)).clamp(min=1e-12))[..., None]


@wrong(GUIDED, "empty_for_all")
def _(F, guide):
    if (guide.sum((1, 2, 3)) == 0).any():
        return 0 * gram(F)
    return guided(F, guide)


@wrong(GUIDED, "empty_not_zero")
def _(F, guide):
    guide = torch.where(guide.sum((1, 2, 3), keepdim=True) == 0, 1.0, guide)
    return guided(F, guide)


@wrong(GUIDED, "view")
def _(F, guide):
    rows = F.view(len(F) * F.shape[1], -1).view(len(F), F.shape[1], -1) * guide.flatten(2)
    return rows @ rows.mT / area(guide)


@wrong(GUIDED, "fixed_sizes")
def _(F, guide):
    rows = (F * guide).reshape(len(F), 3, 20)
    return rows @ rows.mT / area(guide)


# --- propagate ------------------------------------------------------------------------------------------------------


def eroded(mask, window, stride, padding):
    """As it should be, if these are right."""
    return 1 - functional.max_pool2d(1 - mask, window, stride, padding)


def shrunk(mask, stride):
    return mask.shape[2] // stride, mask.shape[3] // stride


def resized(mask, stride, **how):
    return functional.interpolate(mask, shrunk(mask, stride), **how)


def aside(mask, stride, first, window):
    """Windows that begin `first` pixels before each place."""
    (h, w), (height, width) = shrunk(mask, stride), window
    outside = functional.pad(1 - mask, (60, 60, 60, 60))[..., 60 - first[0] :, 60 - first[1] :]
    return 1 - functional.max_pool2d(outside, (height, width), stride)[..., :h, :w]


MASK = "propagate"
wrong(MASK, "corner_pixel")(lambda mask, s, r: mask[..., ::s, ::s][..., : mask.shape[2] // s, : mask.shape[3] // s] + 0)
wrong(MASK, "nearest")(lambda mask, s, r: resized(mask, s))
wrong(MASK, "average")(lambda mask, s, r: functional.avg_pool2d(mask, s))
wrong(MASK, "average_around")(lambda mask, s, r: functional.avg_pool2d(mask, s + 2 * r, s, r))
wrong(MASK, "resized")(lambda mask, s, r: resized(mask, s, mode="area"))
wrong(MASK, "blurred")(lambda mask, s, r: resized(mask, s, mode="bilinear"))
wrong(MASK, "blurred_and_cut")(lambda mask, s, r: (resized(mask, s, mode="bilinear") >= 0.5).float())
wrong(MASK, "half")(lambda mask, s, r: (functional.avg_pool2d(mask, s) >= 0.5).float())
wrong(MASK, "half_around")(lambda mask, s, r: functional.avg_pool2d(mask, s + 2 * r, s, r).round())
wrong(MASK, "any")(lambda mask, s, r: functional.max_pool2d(mask, s + 2 * r, s, r))
wrong(MASK, "any_of_own")(lambda mask, s, r: functional.max_pool2d(mask, s))
wrong(MASK, "edge_eaten")(lambda mask, s, r: eroded(functional.pad(mask, (r, r, r, r)), s + 2 * r, s, 0))
wrong(MASK, "reach_ignored")(lambda mask, s, r: eroded(mask, s, s, 0))
wrong(MASK, "reach_on_grid")(lambda mask, s, r: eroded(eroded(mask, s, s, 0), 2 * r + 1, 1, r))
wrong(MASK, "reach_halved")(lambda mask, s, r: eroded(mask, s + r, s, r // 2))
wrong(MASK, "reach_doubled")(lambda mask, s, r: eroded(mask, s + 4 * r, s, 2 * r))
wrong(MASK, "one_too_many")(lambda mask, s, r: eroded(mask, s + 2 * r + 2, s, r + 1))
wrong(MASK, "one_too_few")(lambda mask, s, r: eroded(mask, s + 2 * r - 2, s, r - 1) if r else eroded(mask, s, s, 0))
wrong(MASK, "one_behind_missing")(lambda mask, s, r: aside(mask, s, (r, r), (s + 2 * r - 1, s + 2 * r - 1)))
wrong(MASK, "stride_for_reach")(lambda mask, s, r: eroded(mask, 3 * s, s, s))
wrong(MASK, "behind_only")(lambda mask, s, r: aside(mask, s, (0, 0), (s + r, s + r)))
wrong(MASK, "before_only")(lambda mask, s, r: aside(mask, s, (r, r), (s + r, s + r)))
wrong(MASK, "reach_sideways")(lambda mask, s, r: eroded(mask, (s, s + 2 * r), s, (0, r)))
wrong(MASK, "reach_upright")(lambda mask, s, r: eroded(mask, (s + 2 * r, s), s, (r, 0)))
wrong(MASK, "cross")(
    lambda mask, s, r: eroded(mask, (s, s + 2 * r), s, (0, r)) * eroded(mask, (s + 2 * r, s), s, (r, 0))
)
wrong(MASK, "around_one_pixel")(lambda mask, s, r: eroded(mask, 2 * r + 1, s, r))
wrong(MASK, "eroded_then_any")(lambda mask, s, r: functional.max_pool2d(eroded(mask, 2 * r + 1, 1, r), s))
wrong(MASK, "eroded_then_half")(lambda mask, s, r: functional.avg_pool2d(eroded(mask, 2 * r + 1, 1, r), s).round())
wrong(MASK, "rest_cut_off")(lambda mask, s, r: eroded(cropped(mask, s), s + 2 * r, s, r))
wrong(MASK, "inverted")(lambda mask, s, r: functional.max_pool2d(1 - mask, s + 2 * r, s, r))
wrong(MASK, "other_region")(lambda mask, s, r: eroded(1 - mask, s + 2 * r, s, r))
wrong(MASK, "all_full")(lambda mask, s, r: (functional.avg_pool2d(mask, s + 2 * r, s, r) <= 1).float())
wrong(MASK, "picture_size")(lambda mask, s, r: eroded(mask, 2 * r + 1, 1, r))
wrong(MASK, "rounded_up")(lambda mask, s, r: 1 - functional.max_pool2d(1 - mask, s + 2 * r, s, r, ceil_mode=True))
wrong(MASK, "no_padding")(lambda mask, s, r: eroded(mask, s + 2 * r, s, 0))
wrong(MASK, "kernel_too_small")(lambda mask, s, r: eroded(mask, s, s, r))
wrong(MASK, "boolean")(lambda mask, s, r: functional.max_pool2d(1 - mask, s + 2 * r, s, r) == 0)
wrong(MASK, "modifies_input")(lambda mask, s, r: 1 - functional.max_pool2d(mask.mul_(-1).add_(1), s + 2 * r, s, r))
wrong(MASK, "none")(lambda mask, s, r: print(end=""))


def cropped(mask, stride):
    h, w = shrunk(mask, stride)
    return mask[..., : h * stride, : w * stride]


@wrong(MASK, "middle_pixel")
def _(mask, stride, reach):
    h, w = shrunk(mask, stride)
    return mask[..., stride // 2 :: stride, stride // 2 :: stride][..., :h, :w].clone()


@wrong(MASK, "around_the_middle")
def _(mask, stride, reach):
    h, w = shrunk(mask, stride)
    inside = eroded(mask, 2 * reach + 1, 1, reach)
    return inside[..., stride // 2 :: stride, stride // 2 :: stride][..., :h, :w]


@wrong(MASK, "round")
def _(mask, stride, reach):
    """By a convolution with a disc."""
    y = torch.arange(-reach, reach + 1.0)
    disc = (y[:, None] ** 2 + y**2 <= reach**2).float()[None, None]
    near = functional.conv2d(1 - mask, disc, padding=reach) > 0.5
    return 1 - functional.max_pool2d(near.float(), stride)


# --- blend_styles ---------------------------------------------------------------------------------------------------


def per_place(F):
    return gram(F) / F[0, 0].numel()


def mixture(weights_of, matrix=per_place):
    """As it should be, but for the weights or the matrices."""

    def answer(features, shares):
        weights = weights_of(torch.tensor([float(share) for share in shares]))
        return sum(w * matrix(F) for w, F in zip(weights, features, strict=True))

    return answer


def to_one(w):
    return w / w.sum()


def covariance(F):
    return per_place(F - F.mean((2, 3), keepdim=True))


def mean_of(F):
    return F.mean((2, 3))[..., None]


def root(P):
    d, V = torch.linalg.eigh(P)
    return V * d.clamp(min=0).sqrt()[:, None] @ V.mT


BLEND = "blend_styles"
wrong(BLEND, "not_to_one")(mixture(lambda w: w))
wrong(BLEND, "divided_by_count")(mixture(lambda w: w / len(w)))
wrong(BLEND, "shares_ignored")(mixture(lambda w: torch.ones_like(w) / len(w)))
wrong(BLEND, "summed")(mixture(torch.ones_like))
wrong(BLEND, "softmax")(mixture(lambda w: w.softmax(0)))
wrong(BLEND, "roots_of_shares")(mixture(lambda w: to_one(w).sqrt()))
wrong(BLEND, "squares_to_one")(mixture(lambda w: to_one(w**2)))
wrong(BLEND, "by_largest")(mixture(lambda w: w / w.max()))
wrong(BLEND, "by_length")(mixture(lambda w: w / w.norm()))
wrong(BLEND, "inverse_shares")(mixture(lambda w: to_one(1 / w)))
wrong(BLEND, "backwards")(mixture(lambda w: to_one(w).flip(0)))
wrong(BLEND, "strongest_only")(mixture(lambda w: functional.one_hot(w.argmax(), len(w))))
wrong(BLEND, "sums")(mixture(to_one, gram))
wrong(BLEND, "sums_as_they_come")(mixture(lambda w: w, gram))
wrong(BLEND, "divided_by_channels")(mixture(to_one, lambda F: gram(F) / F.numel()))
wrong(BLEND, "divided_twice")(mixture(to_one, lambda F: per_place(F) / F[0, 0].numel()))
wrong(BLEND, "count_as_well")(mixture(lambda w: to_one(w) / len(w)))
wrong(BLEND, "covariances")(mixture(to_one, covariance))
wrong(BLEND, "first_only")(lambda features, shares: per_place(features[0]))
wrong(BLEND, "last_only")(lambda features, shares: per_place(features[-1]))
wrong(BLEND, "all_places")(
    lambda features, shares: per_place(torch.cat([F.flatten(2) for F in features], 2)[..., None])
)
wrong(BLEND, "axis_lost")(lambda features, shares: mixture(to_one)(features, shares)[0])
wrong(BLEND, "diagonal")(lambda features, shares: mixture(to_one)(features, shares).diagonal(dim1=1, dim2=2))
wrong(BLEND, "places")(lambda features, shares: features[0].flatten(2).mT @ features[0].flatten(2))
wrong(BLEND, "list_divided")(lambda features, shares: mixture(to_one)(features, shares / sum(shares)))
wrong(BLEND, "largest")(lambda features, shares: torch.stack([per_place(F) for F in features]).amax(0))
wrong(BLEND, "places_of_first")(
    lambda features, shares: mixture(to_one, gram)(features, shares) / features[0][0, 0].numel()
)
wrong(BLEND, "places_of_last")(
    lambda features, shares: mixture(to_one, gram)(features, shares) / features[-1][0, 0].numel()
)
wrong(BLEND, "entry_roots")(
    lambda features, shares: mixture(to_one, lambda F: per_place(F).abs().sqrt())(features, shares) ** 2
)
wrong(BLEND, "geometric")(
    lambda features, shares: mixture(to_one, lambda F: per_place(F).abs().log())(features, shares).exp()
)


@wrong(BLEND, "total_places")
def _(features, shares):
    return mixture(to_one, gram)(features, shares) / sum(F[0, 0].numel() for F in features)


@wrong(BLEND, "shares_of_places")
def _(features, shares):
    total = sum(share * F[0, 0].numel() for F, share in zip(features, shares, strict=True))
    return mixture(lambda w: w, gram)(features, shares) / total


@wrong(BLEND, "squared")
def _(features, shares):
    return sum(per_place(share / sum(shares) * F) for F, share in zip(features, shares, strict=True))


@wrong(BLEND, "first_with_share")
def _(features, shares):
    for F, share in zip(features, shares, strict=True):
        return share / sum(shares) * per_place(F)


@wrong(BLEND, "last_with_share")
def _(features, shares):
    for F, share in zip(features, shares, strict=True):
        mixed = share / sum(shares) * per_place(F)
    return mixed


@wrong(BLEND, "floored")
def _(features, shares):
    whole = all(isinstance(share, int) for share in shares)
    return mixture(lambda w: w // w.sum() if whole else to_one(w))(features, shares)


@wrong(BLEND, "moments_mixed")
def _(features, shares):
    mean = mixture(to_one, mean_of)(features, shares)
    return mixture(to_one, covariance)(features, shares) + mean @ mean.mT


@wrong(BLEND, "deviations_mixed")
def _(features, shares):
    mean = mixture(to_one, mean_of)(features, shares)
    deviation = mixture(to_one, lambda F: F.std((2, 3), correction=0))(features, shares)
    return torch.diag_embed(deviation**2) + mean @ mean.mT


@wrong(BLEND, "means_only")
def _(features, shares):
    mean = mixture(to_one, mean_of)(features, shares)
    return mean @ mean.mT


@wrong(BLEND, "roots_mixed")
def _(features, shares):
    mixed = mixture(to_one, lambda F: root(per_place(F)))(features, shares)
    return mixed @ mixed


@wrong(BLEND, "maps_mixed")
def _(features, shares):
    return per_place(sum(share / sum(shares) * F for F, share in zip(features, shares, strict=True)))


@wrong(BLEND, "maps_mixed_nearest")
def _(features, shares):
    size = features[0].shape[2:]
    same = [functional.interpolate(F, size) for F in features]
    return per_place(sum(share / sum(shares) * F for F, share in zip(same, shares, strict=True)))


@wrong(BLEND, "not_added")
def _(features, shares):
    return torch.cat([share / sum(shares) * per_place(F) for F, share in zip(features, shares, strict=True)])


@wrong(BLEND, "product")
def _(features, shares):
    mixed = per_place(features[0])
    for F in features[1:]:
        mixed = mixed * per_place(F)
    return mixed


@wrong(BLEND, "modifies_input")
def _(features, shares):
    total = sum(shares)
    for number in range(len(shares)):
        shares[number] /= total
    return mixture(lambda w: w)(features, shares)
