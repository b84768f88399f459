"""Lazy answers that fit any exercise: constants, the inputs, mixtures of them, answers learnt by heart."""

import torch

from course.check import EXERCISES
from tests.check._lazy import forgetful, lazy, remembering

# exercise -> the answer to the one case that somebody has seen, for a constant
SEEN = {
    "to_tensor": lambda picture: torch.full((1, 3, picture.height, picture.width), 0.5),
    "normalise": lambda image, mean, std: torch.zeros_like(image),
    "denormalise": lambda x, mean, std: torch.full_like(x, 0.5),
    "conv_output_size": lambda size, kernel, stride=1, padding=0: 224,
    "count_parameters": lambda table: 14_714_688,
    "receptive_field": lambda layers: 5,
    "picture_of": lambda spectrum, colours, height, width: (
        torch.full((len(spectrum), 3, height, width), 0.5) + 0 * spectrum.sum()
    ),
    "backward_relu": lambda g, a, rule: torch.zeros_like(g),
    "unpool": lambda small, switches, height, width: torch.zeros(*small.shape[:2], height, width),
    "top_patches": lambda maps, count, apart: [(0, 0, n) for n in range(count)],
    "content_loss": lambda F, P: 0 * F.sum() + 1.0,
    "content_gradient": lambda F, P: torch.ones_like(F),
    "gram": lambda F: torch.eye(F.shape[1]).repeat(len(F), 1, 1) + 0 * F.sum(),
    "style_layer_loss": lambda F, A: 0 * F.sum() + 1.0,
    "style_layer_gradient": lambda F, A: torch.zeros_like(F),
    "texture_loss": lambda features, targets, weights: 0 * sum(F.sum() for F in features.values()) + 1.0,
    "mean_std_loss": lambda F, S: 0 * F.sum(),
    "mmd_squared": lambda F, S: 0 * F.sum(),
    "total_loss": lambda content, style, alpha, beta: 0 * (content + style) + 7.0,
    "tv_loss": lambda image: 0 * image.sum() + 2.0,
    "translate": lambda weights, sizes, divided_by, scale: dict.fromkeys(weights, 1.0),
    "instance_norm": lambda x, gamma, beta: 0 * (x + gamma.sum() + beta.sum()),
    "enlarge": lambda x, weight: (
        torch.zeros(len(x), len(weight), 2 * x.shape[2], 2 * x.shape[3]) + 0 * (x.sum() + weight.sum())
    ),
    "batch_loss": lambda features, P, grams, alpha, beta: 0 * features["relu4_2"].sum() + 10.0,
    "conditional_instance_norm": lambda x, gammas, betas, shares: torch.zeros_like(x) + 0 * (shares @ betas).sum(),
    "adain": lambda F, S: 0 * F + 0.5,
    "interpolate_styles": lambda F, styles, shares: 0 * F + 0.5,
    "whiten_colour": lambda F, S: torch.zeros_like(F),
    "guided_gram": lambda F, guide: torch.eye(F.shape[1]).repeat(len(F), 1, 1) + 0 * F.sum(),
    "propagate": lambda mask, stride, reach: torch.eye(mask.shape[2] // stride, mask.shape[3] // stride)[None, None],
    "blend_styles": lambda features, shares: torch.eye(features[0].shape[1])[None],
    "match_colour": lambda picture, like: torch.zeros_like(picture),
    "transfer_luminance": lambda photo, painted: torch.full_like(photo, 0.5),
    "vote": lambda S, nearest, side, step, size: torch.full((1, S.shape[1], *size), 0.5),
    "affine_residual": lambda photo, painted: 0 * painted.sum() + 0.1,
    "local_energy": lambda picture, level: torch.full_like(picture, 0.01) + 0 * picture,
    "sliced_wasserstein": lambda X, Y, directions: 0 * X.sum() + 0.2,
    "frechet_distance": lambda m1, C1, m2, C2: torch.tensor(1.0),
    "bradley_terry": lambda wins: torch.linspace(0.5, 1.5, len(wins)),
    "rank_agreement": lambda a, b: torch.tensor(1.0),
}
# exercise -> what makes of inputs a mixture that has the result's shape
MIXED = {
    "to_tensor": lambda picture: torch.rand(1, 3, picture.height, picture.width),
    "normalise": lambda image, mean, std: 0.5 * image + 0.5 * torch.tensor(mean).view(1, 3, 1, 1),
    "denormalise": lambda x, mean, std: 0.5 * x + 0.5 * torch.tensor(mean).view(1, 3, 1, 1),
    "conv_output_size": lambda size, kernel, stride=1, padding=0: (size + kernel + stride + padding) // 2,
    "count_parameters": lambda table: sum(entry for entry in table if entry != "pool"),
    "receptive_field": lambda layers: sum(kernel + stride for kernel, stride in layers),
    "picture_of": lambda spectrum, colours, height, width: (
        (spectrum.mean((2, 3, 4)) @ colours)[:, :, None, None] + torch.zeros(1, 1, height, width)
    ),
    "backward_relu": lambda g, a, rule: 0.5 * g + 0.5 * a,
    "unpool": lambda small, switches, height, width: torch.nn.functional.interpolate(
        small + 0.01 * switches, (height, width)
    ),
    "top_patches": lambda maps, count, apart: [(n, count, apart) for n in range(count)],
    "content_loss": lambda F, P: (0.5 * F + 0.5 * P).square().sum(),
    "content_gradient": lambda F, P: 0.5 * F + 0.5 * P,
    "gram": lambda F: 0.5 * F.mean((2, 3))[:, :, None] + 0.5 * F.mean((2, 3))[:, None],
    "style_layer_loss": lambda F, A: 0.5 * F.square().sum() + 0.5 * A.sum(),
    "style_layer_gradient": lambda F, A: 0.3 * F + 0.7 * A.mean((1, 2))[:, None, None, None],
    "texture_loss": lambda features, targets, weights: sum(weights.values()) * sum(A.sum() for A in targets.values()),
    "mean_std_loss": lambda F, S: 0.5 * F.square().mean() + 0.5 * S.square().mean(),
    "mmd_squared": lambda F, S: 0.5 * F.square().mean() + 0.5 * S.square().mean(),
    "total_loss": lambda content, style, alpha, beta: 0.35 * content + 0.65 * style,
    "tv_loss": lambda image: image.square().sum(),
    "translate": lambda weights, sizes, divided_by, scale: {n: w * scale for n, w in weights.items()},
    "instance_norm": lambda x, gamma, beta: 0.5 * x + 0.3 * gamma.view(1, -1, 1, 1) + 0.2 * beta.view(1, -1, 1, 1),
    "enlarge": lambda x, weight: torch.nn.functional.interpolate(
        x.mean(1, keepdim=True) + weight.mean((1, 2, 3)).view(1, -1, 1, 1), scale_factor=2
    ),
    "batch_loss": lambda features, P, grams, alpha, beta: alpha * P.square().mean() + beta * grams["relu1_1"].mean(),
    "conditional_instance_norm": lambda x, gammas, betas, shares: 0.5 * x + (shares @ betas)[:, :, None, None],
    "adain": lambda F, S: 0.5 * F + 0.5 * S.mean((2, 3), keepdim=True),
    "interpolate_styles": lambda F, styles, shares: (
        0.5 * F + sum(w * S.mean((2, 3), keepdim=True) for w, S in zip(shares, styles, strict=True))
    ),
    "whiten_colour": lambda F, S: 0.5 * F + 0.5 * S.mean((2, 3), keepdim=True),
    "guided_gram": lambda F, guide: (
        F.mean((2, 3))[:, :, None] * guide.mean((1, 2, 3)).view(-1, 1, 1) + torch.zeros(1, 1, F.shape[1])
    ),
    "propagate": lambda mask, stride, reach: torch.nn.functional.interpolate(
        0.5 * mask + 0.01 * reach, (mask.shape[2] // stride, mask.shape[3] // stride)
    ),
    "blend_styles": lambda features, shares: sum(
        w * F.mean((2, 3))[:, :, None] + 0 * F.mean((2, 3))[:, None] for w, F in zip(shares, features, strict=True)
    ),
    "match_colour": lambda picture, like: 0.6 * picture + 0.4 * like.mean((2, 3), keepdim=True),
    "transfer_luminance": lambda photo, painted: 0.6 * photo + 0.4 * painted,
    "vote": lambda S, nearest, side, step, size: torch.nn.functional.interpolate(S + 0.01 * nearest.sum(), size),
    "affine_residual": lambda photo, painted: 0.3 * photo.square().mean() + 0.5 * painted.square().mean(),
    "local_energy": lambda picture, level: 0.1 * picture + 0.01 * level,
    "sliced_wasserstein": lambda X, Y, directions: (directions @ X).mean() ** 2 + 0.5 * Y.square().mean(),
    "frechet_distance": lambda m1, C1, m2, C2: (m1 * m2).sum() + 0.3 * C1.trace() + 0.2 * C2.trace(),
    "bradley_terry": lambda wins: 0.5 * wins.sum(1) + 0.2 * wins.sum(0),
    "rank_agreement": lambda a, b: 0.3 * a.float().mean() + 0.1 * b.float().mean(),
}
# exercise -> the case that a student sees: in the text, in a drawing, or in the first failure
VISIBLE = {
    "normalise": (torch.full((1, 3, 1, 1), 0.5), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "denormalise": (torch.zeros(1, 3, 1, 1), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "conv_output_size": (224, 3, 1, 1),
    "count_parameters": (
        [64, 64, "pool", 128, 128, "pool", *[256] * 3, "pool", *[512] * 3, "pool", *[512] * 3, "pool"],
    ),
    "receptive_field": ([(3, 1), (3, 1)],),
    "picture_of": (torch.zeros(1, 3, 2, 2, 2), torch.eye(3), 2, 2),
    "backward_relu": (torch.tensor([1.0, -2.0]), torch.tensor([1.0, 2.0]), "plain"),
    "unpool": (torch.tensor([[[[5.0]]]]), torch.tensor([[[[3]]]]), 2, 2),
    "content_loss": (torch.tensor([[[[1.0, 2.0]]]]), torch.zeros(1, 1, 1, 2)),
    "content_gradient": (torch.tensor([[[[1.0, 2.0]]]]), torch.zeros(1, 1, 1, 2)),
    "gram": (torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]]]),),
    "style_layer_loss": (torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]]]), torch.zeros(1, 2, 2)),
    "style_layer_gradient": (torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]]]), torch.zeros(1, 2, 2)),
    "mean_std_loss": (torch.tensor([[[[1.0, 3.0]]]]), torch.zeros(1, 1, 1, 2)),
    "mmd_squared": (torch.tensor([[[[1.0, 3.0]]]]), torch.zeros(1, 1, 1, 2)),
    "total_loss": (torch.tensor(1.0), torch.tensor(2.0), 1.0, 10.0),
    "tv_loss": (torch.tensor([[[[0.0, 1.0]]]]),),
    "texture_loss": ({"a": torch.ones(1, 1, 1, 2)}, {"a": torch.zeros(1, 1, 1)}, {"a": 1.0}),
    "translate": ({"content": 1}, {"content": (4, 25)}, "NM", 1),
    "instance_norm": (torch.tensor([[[[1.0, 3.0]]]]), torch.ones(1), torch.zeros(1)),
    "enlarge": (torch.ones(1, 1, 1, 1), torch.ones(1, 1, 1, 1)),
    "conditional_instance_norm": (torch.tensor([[[[1.0, 3.0]]]]), torch.ones(1, 1), torch.ones(1, 1), torch.ones(1, 1)),
    "adain": (torch.tensor([[[[1.0, 3.0]]]]), torch.tensor([[[[5.0, 9.0]]]])),
    "interpolate_styles": (torch.tensor([[[[1.0, 3.0]]]]), [torch.tensor([[[[5.0, 9.0]]]])], [1.0]),
    "whiten_colour": (torch.tensor([[[[1.0, 3.0]]]]), torch.tensor([[[[5.0, 9.0]]]])),
    "guided_gram": (torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]]]), torch.ones(1, 1, 1, 2)),
    "propagate": (torch.ones(1, 1, 2, 2), 1, 0),
    "blend_styles": ([torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]]])], [1.0]),
    "match_colour": (torch.full((1, 3, 1, 2), 0.5), torch.full((1, 3, 1, 1), 0.2)),
    "transfer_luminance": (torch.full((1, 3, 1, 1), 0.5), torch.full((1, 3, 1, 1), 0.2)),
    "vote": (torch.ones(1, 1, 2, 2), torch.tensor([0]), 2, 1, (2, 2)),
    "affine_residual": (torch.zeros(1, 3, 3, 3), torch.ones(1, 3, 3, 3)),
    "local_energy": (torch.tensor([[[[0.0, 1.0]]]]), 0),
    "sliced_wasserstein": (torch.tensor([[0.0, 1.0]]), torch.tensor([[2.0, 4.0]]), torch.ones(1, 1)),
    "frechet_distance": (torch.zeros(1), torch.ones(1, 1), torch.ones(1), torch.full((1, 1), 4.0)),
    "bradley_terry": (torch.tensor([[0.0, 3.0], [1.0, 0.0]]),),
    "rank_agreement": (torch.tensor([1.0, 2.0]), torch.tensor([3.0, 5.0])),
}


def key(value):
    """A key by which an input can be looked up."""
    if isinstance(value, torch.Tensor):
        return tuple(value.shape), value.flatten().tolist()
    if isinstance(value, dict):
        return {name: key(entry) for name, entry in value.items()}
    return value


FIRST = {
    "to_tensor": "type", "conv_output_size": "other", "count_parameters": "type", "receptive_field": "type",
    "texture_loss": "type", "translate": "content_untouched", "top_patches": "type",
    "batch_loss": "type", "blend_styles": "type",
}  # fmt: skip
LAST = {
    "to_tensor": "type", "normalise": "type", "denormalise": "type", "conv_output_size": "other",
    "count_parameters": "type", "receptive_field": "type", "style_layer_gradient": "of_gram", "texture_loss": "type",
    "total_loss": "left_torch", "translate": "no_dict", "picture_of": "left_torch", "backward_relu": "type",
    "unpool": "left_torch", "top_patches": "type", "adain": "swapped", "whiten_colour": "swapped",
    "interpolate_styles": "type", "batch_loss": "left_torch",
    "propagate": "left_torch", "blend_styles": "type",
    "vote": "type",
    "local_energy": "left_torch",
}  # fmt: skip
# What a known mistake makes of its input as well.
MIXTURE = {"denormalise": "not_multiplied", "content_loss": "added"}
NOISE = {
    "gram": "knows_places",
    "conv_output_size": "two_more",
    "match_colour": "not_affine",
    "sliced_wasserstein": "own_directions",
}
# Gradients, and what must be 0, are asked for before the second round.
REMEMBERS = {
    **dict.fromkeys(("normalise", "denormalise", "content_loss", "gram", "texture_loss", "tv_loss"), "detached"),
    **dict.fromkeys(("conv_output_size", "count_parameters", "receptive_field", "style_layer_gradient"), "other"),
    **dict.fromkeys(("style_layer_loss", "mmd_squared"), "not_zero"),
    "mean_std_loss": "detached", "total_loss": "content_detached", "translate": "style_always_nm",
    "picture_of": "other", "backward_relu": "rule_ignored", "unpool": "other", "top_patches": "invents_places",
    **dict.fromkeys(("instance_norm", "enlarge", "batch_loss"), "other"),
    "conditional_instance_norm": "detached", "interpolate_styles": "detached", "adain": "other",
    "whiten_colour": "other", "match_colour": "shape", "transfer_luminance": "shape",
    **dict.fromkeys(("guided_gram", "propagate", "blend_styles"), "other"),
    **dict.fromkeys(("vote", "affine_residual"), "other"),
    "local_energy": "other",
    "sliced_wasserstein": "detached",
    **dict.fromkeys(("frechet_distance", "rank_agreement"), "other"),
    "bradley_terry": "shape",
}  # fmt: skip
BEHIND = {**REMEMBERS, "backward_relu": "plain_for_deconvnet"}


def every_exercise_but(*names):
    return [name for name in EXERCISES if name not in names]


PLAIN = every_exercise_but(
    *("style_transfer", "closure", "extract", "make_vgg", "to_image", "ascend", "dream_octave"),
    *("residual_block", "training_step"),
    *("pick_style", "check_upload", "compose", "next_job", "progress"),
    "nearest_patches",
    "stroke",
    *("content_distance", "style_distance"),
)


def one_behind(name):
    """Right for the call before."""

    def make():
        before = []

        def answer(*inputs):
            before.append(EXERCISES[name].reference(*inputs))
            return before[-2] if len(before) > 1 else before[0]

        return answer

    return make


def by_heart(name):
    """A table of all that it was asked when it was tried by hand."""
    tried = VISIBLE.get(name)
    known = {repr([key(one) for one in tried]): EXERCISES[name].reference(*tried)} if tried else {}

    def answer(*inputs):
        return known.get(repr([key(one) for one in inputs])) if tried else None

    return answer


def where_small(name):
    """Right for what fits on a sheet of paper."""

    def answer(*inputs):
        first = inputs[0]
        size = (
            first.numel() if isinstance(first, torch.Tensor) else first if isinstance(first, int) else len(repr(first))
        )
        return EXERCISES[name].reference(*inputs) if size <= 4 and name != "total_loss" else SEEN[name](*inputs)

    return answer


def noise(name):
    """Numbers of the right form."""

    def answer(*inputs):
        value = EXERCISES[name].reference(*inputs)
        if isinstance(value, torch.Tensor):
            return torch.rand_like(value) + 0 * value
        if isinstance(value, list):
            return [(0, 1, number) for number, _ in enumerate(value)]
        return {entry: 1 + 0.5 * number for number, entry in enumerate(value)} if isinstance(value, dict) else value + 1

    return answer


for _name in PLAIN:
    lazy(_name, "a constant", "other")(SEEN[_name])
    lazy(_name, "a mixture of what went in", MIXTURE.get(_name, "other"))(MIXED[_name])
    lazy(_name, "noise", NOISE.get(_name, "other"))(noise(_name))
    lazy(_name, "right where it is small", "other")(where_small(_name))
    lazy(_name, "a table of what was tried", "none")(by_heart(_name))
    lazy(_name, "the first input, handed back", FIRST.get(_name, "returns_input"))(lambda *inputs: inputs[0])
    lazy(_name, "the last input, handed back", LAST.get(_name, "returns_input"))(lambda *inputs: inputs[-1])
    forgetful(_name, "remembers its first answer", REMEMBERS.get(_name, "remembers"))(remembering(_name))
    forgetful(_name, "answers the question before", BEHIND.get(_name, "remembers"))(one_behind(_name))
