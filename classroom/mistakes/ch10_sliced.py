"""Chapter 10: what students write for the distance of two clouds along some directions, by mistake."""

import torch
from torch.nn import functional

from classroom.mistakes.registry import wrong

NAME = "sliced_wasserstein"


def unit(directions):
    return directions / directions.norm(dim=1, keepdim=True)


def stretched(y, size, mode="linear", ends=True):
    return functional.interpolate(y[None], size=size, mode=mode, align_corners=ends)[0]


def up(lines):
    return lines.sort(dim=1).values


def mean_square(x, y):
    return (x - y).square().mean()


def sliced(
    distance=mean_square, change=unit, order=up, order_of_Y=None, fit=lambda x, y: (x, stretched(y, x.shape[1]))
):
    """As it should be, but for one step."""

    def sliced_wasserstein(X, Y, directions):
        along = change(directions)
        x, y = order(along @ X), (order_of_Y or order)(along @ Y)
        return distance(*fit(x, y))

    return sliced_wasserstein


def fitted(otherwise):
    """Another way to bring two numbers of vectors together, where there are two."""
    return sliced(fit=lambda x, y: (x, y) if x.shape == y.shape else otherwise(x, y))


def padded(line, size, mode="constant"):
    return functional.pad(line[None], (0, size - line.shape[1]), mode=mode)[0]


def longer(x, y):
    return max(x.shape[1], y.shape[1])


def shorter(x, y):
    return min(x.shape[1], y.shape[1])


def places(x, y):
    """Where the numbers of x lie among those of y, the ends on the ends."""
    return torch.linspace(0, y.shape[1] - 1, x.shape[1])


wrong(NAME, "not_normalised")(sliced(change=lambda directions: directions))
wrong(NAME, "by_columns")(sliced(change=lambda directions: functional.normalize(directions, dim=0)))
wrong(NAME, "one_length")(sliced(change=lambda directions: directions / directions.norm()))
wrong(NAME, "squared_length")(sliced(change=lambda directions: directions / directions.square().sum(1, keepdim=True)))
wrong(NAME, "sum_of_numbers")(sliced(change=lambda directions: functional.normalize(directions, p=1, dim=1)))
wrong(NAME, "largest_number")(sliced(change=lambda directions: directions / directions.abs().amax(1, keepdim=True)))
wrong(NAME, "sorted_across")(sliced(order=lambda lines: lines.sort(dim=0).values))
wrong(NAME, "not_sorted")(sliced(order=lambda lines: lines))
wrong(NAME, "only_X_sorted")(sliced(order_of_Y=lambda lines: lines))
wrong(NAME, "only_Y_sorted")(sliced(order=lambda lines: lines, order_of_Y=up))
wrong(NAME, "descending")(sliced(order_of_Y=lambda lines: lines.sort(dim=1, descending=True).values))
wrong(NAME, "indices")(sliced(order=lambda lines: lines.argsort(1).float()))
wrong(NAME, "means")(sliced(lambda x, y: mean_square(x.mean(1), y.mean(1))))
wrong(NAME, "mean_std")(
    sliced(lambda x, y: mean_square(x.mean(1), y.mean(1)) + mean_square(x.std(1, correction=0), y.std(1, correction=0)))
)
wrong(NAME, "centred")(sliced(lambda x, y: mean_square(x - x.mean(1, keepdim=True), y - y.mean(1, keepdim=True))))
wrong(NAME, "absolute")(sliced(functional.l1_loss))
wrong(NAME, "root")(sliced(lambda x, y: mean_square(x, y).sqrt()))
wrong(NAME, "roots")(sliced(lambda x, y: (x - y).square().mean(1).sqrt().mean()))
wrong(NAME, "root_each_vector")(sliced(lambda x, y: (x - y).square().mean(0).sqrt().mean()))
wrong(NAME, "squared_late")(sliced(lambda x, y: (x - y).mean().square()))
wrong(NAME, "summed")(sliced(lambda x, y: (x - y).square().sum()))
wrong(NAME, "summed_over_directions")(sliced(lambda x, y: (x - y).square().mean(1).sum()))
wrong(NAME, "summed_over_vectors")(sliced(lambda x, y: (x - y).square().sum(1).mean()))
wrong(NAME, "halved")(sliced(lambda x, y: mean_square(x, y) / 2))
wrong(NAME, "fourth_power")(sliced(lambda x, y: ((x - y) ** 4).mean()))
wrong(NAME, "largest")(sliced(lambda x, y: (x - y).square().mean(1).max()))
wrong(NAME, "smallest")(sliced(lambda x, y: (x - y).square().mean(1).min()))
wrong(NAME, "median")(sliced(lambda x, y: (x - y).square().median()))
wrong(NAME, "first_direction")(sliced(lambda x, y: mean_square(x[0], y[0])))
wrong(NAME, "last_direction")(sliced(lambda x, y: mean_square(x[-1], y[-1])))
wrong(NAME, "last_divided")(sliced(lambda x, y: mean_square(x[-1], y[-1]) / len(x)))
wrong(NAME, "all_pairs")(sliced(lambda x, y: (x[:, :, None] - y[:, None]).square().mean()))
wrong(NAME, "nearest_projection")(sliced(lambda x, y: (x[:, :, None] - y[:, None]).square().amin(2).mean()))
wrong(NAME, "sum_of_both")(sliced(lambda x, y: (x + y).square().mean()))
wrong(NAME, "relative")(sliced(lambda x, y: (x - y).square().sum() / y.square().sum()))
wrong(NAME, "itself")(lambda X, Y, directions: sliced()(X, X, directions))
wrong(NAME, "other")(sliced(lambda x, y: mean_square(x, y) + 1))
wrong(NAME, "shape")(sliced(lambda x, y: (x - y).square().mean(1)))
wrong(NAME, "left_torch")(sliced(lambda x, y: mean_square(x, y).item()))
wrong(NAME, "none")(sliced(lambda x, y: None))
wrong(NAME, "detached")(lambda X, Y, directions: sliced()(X.detach(), Y, directions))
wrong(NAME, "length_of_vectors")(
    lambda X, Y, directions: sliced(change=lambda _: torch.ones(1, 1))(
        X.norm(dim=0, keepdim=True), Y.norm(dim=0, keepdim=True), directions
    )
)
wrong(NAME, "not_projected")(lambda X, Y, directions: sliced()(X, Y, torch.eye(len(X))))
wrong(NAME, "over_coordinates")(
    lambda X, Y, directions: sliced(lambda x, y: (x - y).square().sum() / len(X))(X, Y, directions)
)
wrong(NAME, "own_directions")(lambda X, Y, directions: sliced()(X, Y, torch.randn(len(directions), len(X))))
wrong(NAME, "sorted_before")(
    lambda X, Y, directions: sliced(order=lambda lines: lines)(X.sort(1).values, Y.sort(1).values, directions)
)
wrong(NAME, "turned")(lambda X, Y, directions: sliced()(X.mT, Y.mT, directions))
wrong(NAME, "not_stretched")(sliced(fit=lambda x, y: (x, y)))
wrong(NAME, "interpolate_axes")(
    fitted(lambda x, y: (x, functional.interpolate(y, size=x.shape[1], mode="linear", align_corners=True)))
)
wrong(NAME, "nearest")(fitted(lambda x, y: (x, functional.interpolate(y[None], size=x.shape[1])[0])))
wrong(NAME, "nearest_ends")(fitted(lambda x, y: (x, y[:, places(x, y).round().long()])))
wrong(NAME, "rounded_down")(fitted(lambda x, y: (x, y[:, places(x, y).long()])))
wrong(NAME, "middles")(fitted(lambda x, y: (x, stretched(y, x.shape[1], ends=False))))
wrong(NAME, "averaged")(fitted(lambda x, y: (x, functional.adaptive_avg_pool1d(y, x.shape[1]))))
wrong(NAME, "X_stretched")(fitted(lambda x, y: (stretched(x, y.shape[1]), y)))
wrong(NAME, "truncated")(fitted(lambda x, y: (x[:, : shorter(x, y)], y[:, : shorter(x, y)])))
wrong(NAME, "padded")(fitted(lambda x, y: (padded(x, longer(x, y)), padded(y, longer(x, y)))))
wrong(NAME, "padded_with_last")(
    fitted(lambda x, y: (padded(x, longer(x, y), "replicate"), padded(y, longer(x, y), "replicate")))
)
wrong(NAME, "steps")(
    fitted(lambda x, y: (x.repeat_interleave(y.shape[1], dim=1), y.repeat_interleave(x.shape[1], dim=1)))
)
wrong(NAME, "repeated")(
    fitted(
        lambda x, y: (
            x,
            y[:, torch.arange(x.shape[1]) % y.shape[1]] if y.shape[1] < x.shape[1] else stretched(y, x.shape[1]),
        )
    )
)


@wrong(NAME, "stretched_before_sorting")
def _(X, Y, directions):
    x, y = unit(directions) @ X, unit(directions) @ Y
    return mean_square(up(x), up(stretched(y, x.shape[1])))


@wrong(NAME, "truncated_before")
def _(X, Y, directions):
    M = min(X.shape[1], Y.shape[1])
    return sliced()(X[:, :M], Y[:, :M], directions)


@wrong(NAME, "padded_before")
def _(X, Y, directions):
    M = max(X.shape[1], Y.shape[1])
    return sliced()(padded(X, M), padded(Y, M), directions)


@wrong(NAME, "divided_by_theirs")
def _(X, Y, directions):
    return sliced(lambda x, y: (x - y).square().sum() / (len(x) * Y.shape[1]))(X, Y, directions)


@wrong(NAME, "concatenated")
def _(X, Y, directions):
    both = (unit(directions) @ torch.cat([X, Y], dim=1)).sort(dim=1).values
    return mean_square(both[:, : X.shape[1]], stretched(both[:, X.shape[1] :], X.shape[1]))


@wrong(NAME, "modifies_input")
def _(X, Y, directions):
    directions /= directions.norm(dim=1, keepdim=True)
    return sliced()(X, Y, directions)


@wrong(NAME, "directions_ignored")
def _(X, Y, directions):
    torch.manual_seed(0)
    return sliced()(X, Y, torch.randn(len(directions), len(X)))
