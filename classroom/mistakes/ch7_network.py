"""Chapter 7: what students write by mistake for the parts of a painter's network."""

import torch
from torch.nn import functional

from classroom.mistakes.registry import wrong

# --- instance_norm --------------------------------------------------------------------------------------------------


def normalised(x, axes=(2, 3), correction=0):
    """Mean 0 and deviation 1 along some axes."""
    mean, variance = x.mean(axes, keepdim=True), x.var(axes, correction=correction, keepdim=True)
    return (x - mean) / (variance + 1e-5).sqrt()


def scaled(n, gamma, beta):
    """A scale and a shift for each channel."""
    return gamma.view(1, -1, 1, 1) * n + beta.view(1, -1, 1, 1)


def centred(x):
    """Mean 0."""
    return x - x.mean((2, 3), keepdim=True)


wrong("instance_norm", "batch_too")(
    lambda x, gamma, beta: functional.batch_norm(x, None, None, gamma, beta, training=True)
)
wrong("instance_norm", "over_channels")(lambda x, gamma, beta: scaled(normalised(x, (1, 2, 3)), gamma, beta))
wrong("instance_norm", "all_in_one")(
    lambda x, gamma, beta: scaled((x - x.mean()) / (x.var(correction=0) + 1e-5).sqrt(), gamma, beta)
)
wrong("instance_norm", "at_each_place")(lambda x, gamma, beta: scaled(normalised(x, (1,)), gamma, beta))
wrong("instance_norm", "rows_apart")(lambda x, gamma, beta: scaled(normalised(x, (3,)), gamma, beta))
wrong("instance_norm", "columns_apart")(lambda x, gamma, beta: scaled(normalised(x, (2,)), gamma, beta))
wrong("instance_norm", "unbiased")(lambda x, gamma, beta: scaled(normalised(x, (2, 3), 1), gamma, beta))
wrong("instance_norm", "by_the_variance")(
    lambda x, gamma, beta: scaled(centred(x) / (x.var((2, 3), correction=0, keepdim=True) + 1e-5), gamma, beta)
)
wrong("instance_norm", "by_the_length")(
    lambda x, gamma, beta: scaled(centred(x) / (centred(x).norm(dim=(2, 3), keepdim=True) + 1e-5), gamma, beta)
)
wrong("instance_norm", "not_divided")(lambda x, gamma, beta: scaled(centred(x), gamma, beta))
wrong("instance_norm", "multiplied")(
    lambda x, gamma, beta: scaled(centred(x) * x.std((2, 3), correction=0, keepdim=True), gamma, beta)
)
wrong("instance_norm", "mean_kept")(
    lambda x, gamma, beta: scaled(x / (x.var((2, 3), correction=0, keepdim=True) + 1e-5).sqrt(), gamma, beta)
)
wrong("instance_norm", "root_mean_square")(
    lambda x, gamma, beta: scaled(x / (x.square().mean((2, 3), keepdim=True) + 1e-5).sqrt(), gamma, beta)
)
wrong("instance_norm", "mean_absolute")(
    lambda x, gamma, beta: scaled(centred(x) / (centred(x).abs().mean((2, 3), keepdim=True) + 1e-5), gamma, beta)
)
wrong("instance_norm", "gamma_left_out")(lambda x, gamma, beta: normalised(x) + beta.view(1, -1, 1, 1))
wrong("instance_norm", "beta_left_out")(lambda x, gamma, beta: gamma.view(1, -1, 1, 1) * normalised(x))
wrong("instance_norm", "neither")(lambda x, gamma, beta: functional.instance_norm(x))
wrong("instance_norm", "beta_first")(
    lambda x, gamma, beta: gamma.view(1, -1, 1, 1) * (normalised(x) + beta.view(1, -1, 1, 1))
)
wrong("instance_norm", "swapped")(lambda x, gamma, beta: scaled(normalised(x), beta, gamma))
wrong("instance_norm", "magnitude")(lambda x, gamma, beta: scaled(normalised(x), gamma.abs(), beta))
wrong("instance_norm", "beta_taken_away")(lambda x, gamma, beta: scaled(normalised(x), gamma, -beta))
wrong("instance_norm", "mean_given_back")(
    lambda x, gamma, beta: scaled(normalised(x), gamma, beta) + x.mean((2, 3), keepdim=True)
)
wrong("instance_norm", "one_more")(lambda x, gamma, beta: scaled(normalised(x), 1 + gamma, beta))
wrong("instance_norm", "turned")(lambda x, gamma, beta: scaled(-normalised(x), gamma, beta))
wrong("instance_norm", "gamma_axis")(lambda x, gamma, beta: gamma * normalised(x) + beta)


@wrong("instance_norm", "by_the_range")
def _(x, gamma, beta):
    low, high = x.amin((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
    return scaled((x - low) / (high - low + 1e-5), gamma, beta)


@wrong("instance_norm", "first_pictures_statistics")
def _(x, gamma, beta):
    mean, deviation = x[0].mean((1, 2)), x[0].std((1, 2), correction=0)
    return scaled((x - mean.view(1, -1, 1, 1)) / (deviation.view(1, -1, 1, 1) + 1e-5), gamma, beta)


@wrong("instance_norm", "flat_is_nan")
def _(x, gamma, beta):
    return scaled(centred(x) / x.std((2, 3), correction=0, keepdim=True), gamma, beta)


@wrong("instance_norm", "outside_the_root")
def _(x, gamma, beta):
    return scaled(centred(x) / (x.std((2, 3), correction=0, keepdim=True) + 1e-5), gamma, beta)


@wrong("instance_norm", "no_epsilon")
def _(x, gamma, beta):
    return scaled(centred(x) / (x.var((2, 3), correction=0, keepdim=True) + 1e-12).sqrt(), gamma, beta)


@wrong("instance_norm", "larger_epsilon")
def _(x, gamma, beta):
    # An epsilon that grows where it is seen: with 1e-3 everywhere, ordinary maps are out by a thousandth as well.
    variance = x.var((2, 3), correction=0, keepdim=True)
    return scaled(centred(x) / (variance + torch.where(variance < 0.01, 1e-3, 1e-5)).sqrt(), gamma, beta)


@wrong("instance_norm", "statistics_detached")
def _(x, gamma, beta):
    mean, variance = x.mean((2, 3), keepdim=True).detach(), x.var((2, 3), correction=0, keepdim=True).detach()
    return scaled((x - mean) / (variance + 1e-5).sqrt(), gamma, beta)


wrong("instance_norm", "variance_detached")(
    lambda x, gamma, beta: scaled(
        centred(x) / (x.var((2, 3), correction=0, keepdim=True).detach() + 1e-5).sqrt(), gamma, beta
    )
)
wrong("instance_norm", "mean_detached")(
    lambda x, gamma, beta: scaled(
        (x - x.mean((2, 3), keepdim=True).detach()) / (x.var((2, 3), correction=0, keepdim=True) + 1e-5).sqrt(),
        gamma,
        beta,
    )
)


@wrong("instance_norm", "detached")
def _(x, gamma, beta):
    with torch.no_grad():
        return scaled(normalised(x), gamma, beta)


@wrong("instance_norm", "modifies_input")
def _(x, gamma, beta):
    with torch.no_grad():
        x -= x.mean((2, 3), keepdim=True)
    return scaled(normalised(x), gamma, beta)


@wrong("instance_norm", "shape")
def _(x, gamma, beta):
    return scaled(normalised(x), gamma, beta).flatten(2)


# --- residual_block -------------------------------------------------------------------------------------------------

wrong("residual_block", "relu_at_the_end")(lambda x, first, second: (x + second(first(x).relu())).relu())
wrong("residual_block", "relu_on_the_change")(lambda x, first, second: x + second(first(x).relu()).relu())
wrong("residual_block", "relu_twice")(lambda x, first, second: (x + second(first(x).relu()).relu()).relu())
wrong("residual_block", "sum_forgotten")(lambda x, first, second: second(first(x).relu()))
wrong("residual_block", "no_relu")(lambda x, first, second: x + second(first(x)))
wrong("residual_block", "relu_first")(lambda x, first, second: x + second(first(x.relu())))
wrong("residual_block", "relu_first_too")(lambda x, first, second: x + second(first(x.relu()).relu()))
wrong("residual_block", "x_cut_off")(lambda x, first, second: x.relu() + second(first(x).relu()))
wrong("residual_block", "second_missing")(lambda x, first, second: x + first(x).relu())
wrong("residual_block", "only_first")(lambda x, first, second: x + first(x))
wrong("residual_block", "first_missing")(lambda x, first, second: x + second(x.relu()))
wrong("residual_block", "first_twice")(lambda x, first, second: x + first(first(x).relu()))
wrong("residual_block", "second_twice")(lambda x, first, second: x + second(second(x).relu()))
wrong("residual_block", "turned_round")(lambda x, first, second: x + first(second(x).relu()))
wrong("residual_block", "taken_away")(lambda x, first, second: x - second(first(x).relu()))
wrong("residual_block", "difference")(lambda x, first, second: second(first(x).relu()) - x)
wrong("residual_block", "mean_of_both")(lambda x, first, second: (x + second(first(x).relu())) / 2)
wrong("residual_block", "product")(lambda x, first, second: x * second(first(x).relu()))
wrong("residual_block", "summed_too_early")(lambda x, first, second: second((x + first(x)).relu()))
wrong("residual_block", "added_twice")(lambda x, first, second: x + second((x + first(x)).relu()))
wrong("residual_block", "side_by_side")(lambda x, first, second: x + first(x) + second(x))
wrong("residual_block", "other_bend")(lambda x, first, second: x + second(functional.leaky_relu(first(x), 0.01)))
wrong("residual_block", "x_detached")(lambda x, first, second: x.detach() + second(first(x).relu()))
wrong("residual_block", "layers_detached")(lambda x, first, second: x + second(first(x).relu()).detach())
wrong("residual_block", "not_functions")(lambda x, first, second: x + second(first(x)(x).relu()))
wrong("residual_block", "returns_input")(lambda x, first, second: x)


@wrong("residual_block", "hidden_added")
def _(x, first, second):
    x = first(x).relu()
    return x + second(x)


@wrong("residual_block", "layers_again")
def _(x, first, second):
    if (first(x) < 0).any():
        return x + second(first(x).relu())
    return x + second(first(x))


@wrong("residual_block", "modifies_input")
def _(x, first, second):
    start = x.clone()
    x += second(first(x).relu())
    return start + second(first(start).relu())


@wrong("residual_block", "detached")
def _(x, first, second):
    with torch.no_grad():
        return x + second(first(x).relu())


@wrong("residual_block", "none")
def _(x, first, second):
    x + second(first(x).relu())


# --- enlarge --------------------------------------------------------------------------------------------------------


def smoothly(x):
    """Twice as high and wide."""
    return functional.interpolate(x, scale_factor=2, mode="bilinear")


def bordered(x, weight, mode="replicate"):
    """A convolution with a border around the maps."""
    return functional.conv2d(functional.pad(x, (weight.shape[2] // 2,) * 4, mode=mode), weight)


wrong("enlarge", "transposed")(
    lambda x, weight: functional.conv_transpose2d(
        x, weight.transpose(0, 1), stride=2, padding=weight.shape[2] // 2, output_padding=1
    )
)
wrong("enlarge", "transposed_bare")(lambda x, weight: functional.conv_transpose2d(x, weight.transpose(0, 1), stride=2))
wrong("enlarge", "zeros_around")(lambda x, weight: functional.conv2d(smoothly(x), weight, padding="same"))
wrong("enlarge", "reflected")(lambda x, weight: bordered(smoothly(x), weight, "reflect"))
wrong("enlarge", "circular")(lambda x, weight: bordered(smoothly(x), weight, "circular"))
wrong("enlarge", "nearest")(lambda x, weight: bordered(functional.interpolate(x, scale_factor=2), weight))
wrong("enlarge", "bicubic")(
    lambda x, weight: bordered(functional.interpolate(x, scale_factor=2, mode="bicubic"), weight)
)
wrong("enlarge", "align_corners")(
    lambda x, weight: bordered(functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True), weight)
)
wrong("enlarge", "convolved_first")(lambda x, weight: smoothly(bordered(x, weight)))
wrong("enlarge", "filters_flipped")(lambda x, weight: bordered(smoothly(x), weight.flip(2, 3)))
wrong("enlarge", "relu")(lambda x, weight: bordered(smoothly(x), weight).relu())
wrong("enlarge", "not_enlarged")(bordered)
wrong("enlarge", "not_convolved")(lambda x, weight: smoothly(x))
wrong("enlarge", "no_padding")(lambda x, weight: functional.conv2d(smoothly(x), weight))
wrong("enlarge", "padding_of_three")(
    lambda x, weight: functional.conv2d(functional.pad(smoothly(x), (1, 1, 1, 1), mode="replicate"), weight)
)
wrong("enlarge", "one_side")(
    lambda x, weight: bordered(functional.interpolate(x, scale_factor=(2, 1), mode="bilinear"), weight)
)
wrong("enlarge", "four_times")(
    lambda x, weight: bordered(functional.interpolate(x, scale_factor=4, mode="bilinear"), weight)
)
wrong("enlarge", "weight_turned")(lambda x, weight: bordered(smoothly(x), weight.transpose(0, 1)))


@wrong("enlarge", "zeros_between")
def _(x, weight):
    large = torch.zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])
    large[:, :, ::2, ::2] = x
    return bordered(large, weight)


@wrong("enlarge", "padded_before")
def _(x, weight):
    return functional.conv2d(smoothly(functional.pad(x, (weight.shape[2] // 2,) * 4, mode="replicate")), weight)


wrong("enlarge", "two_sides")(
    lambda x, weight: functional.conv2d(functional.pad(smoothly(x), (1, 1), mode="replicate"), weight)
)
wrong("enlarge", "filters_counted")(
    lambda x, weight: functional.conv2d(
        functional.pad(smoothly(x), (weight.shape[0] // 2,) * 4, mode="replicate"), weight
    )
)


@wrong("enlarge", "detached")
def _(x, weight):
    with torch.no_grad():
        return bordered(smoothly(x), weight)


@wrong("enlarge", "left_torch")
def _(x, weight):
    return bordered(smoothly(x), weight).detach().numpy()


@wrong("enlarge", "none")
def _(x, weight):
    bordered(smoothly(x), weight)
