"""Chapter 4: what students write for the style loss of a layer and its gradient by mistake."""

import torch
from torch.nn import functional

from classroom.mistakes.ch4_parts import gram, layer_loss, slope
from classroom.mistakes.registry import wrong

# --- style_layer_loss -------------------------------------------------------------------------------------------------


@wrong("style_layer_loss", "no_factor")
def _(F, A):
    return ((gram(F) - A) ** 2).sum()


@wrong("style_layer_loss", "no_quarter")
def _(F, A):
    _b, n, h, w = F.shape
    return ((gram(F) - A) ** 2).sum() / (n**2 * (h * w) ** 2)


@wrong("style_layer_loss", "half")
def _(F, A):
    _b, n, h, w = F.shape
    return 0.5 * ((gram(F) - A) ** 2).sum() / (n * h * w) ** 2


@wrong("style_layer_loss", "no_sizes")
def _(F, A):
    return ((gram(F) - A) ** 2).sum() / 4


@wrong("style_layer_loss", "no_places")
def _(F, A):
    return ((gram(F) - A) ** 2).sum() / (4 * F.shape[1] ** 2)


@wrong("style_layer_loss", "no_channels")
def _(F, A):
    return ((gram(F) - A) ** 2).sum() / (4 * (F.shape[2] * F.shape[3]) ** 2)


@wrong("style_layer_loss", "sizes_not_squared")
def _(F, A):
    _b, n, h, w = F.shape
    return ((gram(F) - A) ** 2).sum() / (4 * n * h * w)


@wrong("style_layer_loss", "gram_per_place")
def _(F, A):
    M = F.shape[2] * F.shape[3]
    return ((gram(F) / M - A / M) ** 2).sum()


@wrong("style_layer_loss", "mean")
def _(F, A):
    return functional.mse_loss(gram(F), A)


@wrong("style_layer_loss", "mean_per_place")
def _(F, A):
    M = F.shape[2] * F.shape[3]
    return functional.mse_loss(gram(F) / M, A / M)


@wrong("style_layer_loss", "mean_per_entry")
def _(F, A):
    entries = F[0].numel()
    return functional.mse_loss(gram(F) / entries, A / entries)


@wrong("style_layer_loss", "height_for_places")
def _(F, A):
    return ((gram(F) - A) ** 2).sum() / (4 * F.shape[1] ** 2 * F.shape[2] ** 2)


@wrong("style_layer_loss", "width_for_places")
def _(F, A):
    N, M = F.shape[1], F.shape[-1]
    return ((gram(F) - A) ** 2).sum() / (4 * N**2 * M**2)


@wrong("style_layer_loss", "batch_for_channels")
def _(F, A):
    N, M = len(F), F.shape[2] * F.shape[3]
    return ((gram(F) - A) ** 2).sum() / (4 * N**2 * M**2)


@wrong("style_layer_loss", "channels_for_places")
def _(F, A):
    G = gram(F)
    N, M = G.shape[1], G.shape[2]
    return ((G - A) ** 2).sum() / (4 * N**2 * M**2)


@wrong("style_layer_loss", "absolute")
def _(F, A):
    _b, n, h, w = F.shape
    return (gram(F) - A).abs().sum() / (4 * n**2 * (h * w) ** 2)


@wrong("style_layer_loss", "signed")
def _(F, A):
    _b, n, h, w = F.shape
    return (gram(F) - A).sum() / (4 * n**2 * (h * w) ** 2)


@wrong("style_layer_loss", "root")
def _(F, A):
    _b, n, h, w = F.shape
    return torch.dist(gram(F), A) / (4 * n**2 * (h * w) ** 2)


@wrong("style_layer_loss", "divided_once")
def _(F, A):
    _b, n, h, w = F.shape
    return ((gram(F) / (h * w) - A) ** 2).sum() / (4 * n**2)


@wrong("style_layer_loss", "per_picture")
def _(F, A):
    return layer_loss(F, A) / len(F)


@wrong("style_layer_loss", "first_of_batch")
def _(F, A):
    return layer_loss(F[:1], A[:1])


@wrong("style_layer_loss", "added")
def _(F, A):
    return layer_loss(F, -A)


@wrong("style_layer_loss", "gram_of_gram")
def _(F, A):
    return layer_loss(F, gram(A))


@wrong("style_layer_loss", "features_against_gram")
def _(F, A):
    return ((F - A) ** 2).sum() / 4


@wrong("style_layer_loss", "detached")
def _(F, A):
    return layer_loss(F.data, A)


@wrong("style_layer_loss", "half_detached")
def _(F, A):
    _b, n, h, w = F.shape
    G = torch.einsum("bihw,bjhw->bij", F.detach(), F)
    return ((G - A) ** 2).sum() / (4 * n**2 * (h * w) ** 2)


@wrong("style_layer_loss", "left_torch")
def _(F, A):
    return float(layer_loss(F, A))


@wrong("style_layer_loss", "shape")
def _(F, A):
    _b, n, h, w = F.shape
    return ((gram(F) - A) ** 2).sum((1, 2)) / (4 * n**2 * (h * w) ** 2)


@wrong("style_layer_loss", "modifies_input")
def _(F, A):
    A -= gram(F)
    return (A**2).sum() / (4 * F[0].numel() ** 2)


@wrong("style_layer_loss", "not_zero")
def _(F, A):
    return layer_loss(F, A).clamp_min(1e-2)


@wrong("style_layer_loss", "other")
def _(F, A):
    return layer_loss(F, A.triu())


# --- style_layer_gradient ---------------------------------------------------------------------------------------------


@wrong("style_layer_gradient", "no_gate")
def _(F, A):
    return slope(F, A)


@wrong("style_layer_gradient", "gate_turned")
def _(F, A):
    return slope(F, A) * (F <= 0)


@wrong("style_layer_gradient", "gate_on_gradient")
def _(F, A):
    return slope(F, A).relu()


@wrong("style_layer_gradient", "gate_on_difference")
def _(F, A):
    D = (gram(F) - A).clamp(min=0)
    return torch.einsum("bij,bjhw->bihw", D, F) * (F > 0) / F[0].numel() ** 2


@wrong("style_layer_gradient", "doubled")
def _(F, A):
    return 2 * slope(F, A) * (F > 0)


@wrong("style_layer_gradient", "halved")
def _(F, A):
    return 2 / 4 * slope(F, A) * (F > 0)


@wrong("style_layer_gradient", "quarter")
def _(F, A):
    return slope(F, A) * (F > 0) / 4


@wrong("style_layer_gradient", "turned")
def _(F, A):
    return -slope(F, A) * (F > 0)


@wrong("style_layer_gradient", "no_factor")
def _(F, A):
    return torch.einsum("bij,bjhw->bihw", gram(F) - A, F) * (F > 0)


@wrong("style_layer_gradient", "sizes_not_squared")
def _(F, A):
    return torch.einsum("bij,bjhw->bihw", gram(F) - A, F) * (F > 0) / F[0].numel()


@wrong("style_layer_gradient", "no_places")
def _(F, A):
    return torch.einsum("bij,bjhw->bihw", gram(F) - A, F) * (F > 0) / F.shape[1] ** 2


@wrong("style_layer_gradient", "no_channels")
def _(F, A):
    return torch.einsum("bij,bjhw->bihw", gram(F) - A, F) * (F > 0) / F[0, 0].numel() ** 2


@wrong("style_layer_gradient", "cut_wrong")
def _(F, A):
    X = F.flatten(2)
    return (X.mT @ (gram(F) - A)).reshape(F.shape) / F[0].numel() ** 2 * (F > 0)


@wrong("style_layer_gradient", "cut_wrong_no_gate")
def _(F, A):
    X = F.flatten(2)
    return (X.mT @ (gram(F) - A)).reshape(F.shape) / F[0].numel() ** 2


@wrong("style_layer_gradient", "times_f")
def _(F, A):
    return slope(F, A) * F


@wrong("style_layer_gradient", "no_target")
def _(F, A):
    return slope(F, 0 * A) * (F > 0)


@wrong("style_layer_gradient", "squared")
def _(F, A):
    D = (gram(F) - A) ** 2
    return torch.einsum("bij,bjhw->bihw", D, F) * (F > 0) / F[0].numel() ** 2


@wrong("style_layer_gradient", "sign")
def _(F, A):
    D = (gram(F) - A).sign()
    return torch.einsum("bij,bjhw->bihw", D, F) * (F > 0) / F[0].numel() ** 2


@wrong("style_layer_gradient", "mean")
def _(F, A):
    return torch.einsum("bij,bjhw->bihw", gram(F) - A, F) * (F > 0) / F.numel()


@wrong("style_layer_gradient", "not_transposed")
def _(F, A):
    return F.flatten(2).mT @ (gram(F) - A) / F[0].numel() ** 2


@wrong("style_layer_gradient", "still_flat")
def _(F, A):
    X = F.flatten(2)
    return (gram(F) - A) @ X / F[0].numel() ** 2 * (X > 0)


@wrong("style_layer_gradient", "of_gram")
def _(F, A):
    return (gram(F) - A) / F[0].numel() ** 2


@wrong("style_layer_gradient", "loss")
def _(F, A):
    return layer_loss(F, A)


@wrong("style_layer_gradient", "sides")
def _(F, A):
    return F.flatten(2) @ (gram(F) - A) / F[0].numel() ** 2


@wrong("style_layer_gradient", "gram_of_gram")
def _(F, A):
    return slope(F, gram(A)) * (F > 0)


@wrong("style_layer_gradient", "features_against_gram")
def _(F, A):
    return (F - A) * (F > 0)


@wrong("style_layer_gradient", "detached")
def _(F, A):
    layer_loss(F, A).backward()
    return F.grad


@wrong("style_layer_gradient", "modifies_input")
def _(F, A):
    A.sub_(gram(F))
    return -torch.einsum("bij,bjhw->bihw", A, F) / F[0].numel() ** 2 * (F > 0)


@wrong("style_layer_gradient", "other")
def _(F, A):
    return slope(F, A) * (F > 0.5)


@wrong("style_layer_loss", "precedence")
def _(F, A):
    N, M = F.shape[1], F.shape[2] * F.shape[3]
    return ((gram(F) - A) ** 2).sum() / 4 * N**2 * M**2


@wrong("style_layer_loss", "gram_twice")
def _(F, A):
    def flat_gram(X):
        X = X.flatten(2)
        return X @ X.mT

    N, M = F.shape[1], F.shape[2] * F.shape[3]
    return ((flat_gram(F) - flat_gram(A)) ** 2).sum() / (4 * N**2 * M**2)


@wrong("style_layer_loss", "sum_squared")
def _(F, A):
    N, M = F.shape[1], F.shape[2] * F.shape[3]
    return (gram(F) - A).sum() ** 2 / (4 * N**2 * M**2)


@wrong("style_layer_loss", "batch_summed")
def _(F, A):
    N, M = F.shape[1], F.shape[2] * F.shape[3]
    X = F.transpose(0, 1).flatten(1)  # [N, B * M]
    return ((X @ X.T - A) ** 2).sum() / (4 * N**2 * M**2)


@wrong("style_layer_loss", "batch_mean")
def _(F, A):
    N, M = F.shape[1], F.shape[2] * F.shape[3]
    return ((gram(F).mean(0) - A) ** 2).sum() / (4 * N**2 * M**2)


@wrong("style_layer_loss", "squares_apart")
def _(F, A):
    N, M = F.shape[1], F.shape[2] * F.shape[3]
    return (gram(F) ** 2 - A**2).sum() / (4 * N**2 * M**2)


def divided_by(sizes, total=lambda F, A: ((gram(F) - A) ** 2).sum()):
    """A sum of squares, divided by what `sizes` makes of the sizes of F."""
    return lambda F, A: total(F, A) / sizes(*F.shape)


def equation(_, N, H, W):
    """As it should be."""
    return 4 * N**2 * (H * W) ** 2


wrong("style_layer_loss", "relative")(lambda F, A: ((gram(F) - A) ** 2).sum() / (A**2).sum())
wrong("style_layer_loss", "diagonal_only")(
    divided_by(equation, lambda F, A: ((gram(F) - A).diagonal(dim1=1, dim2=2) ** 2).sum())
)
wrong("style_layer_loss", "target_squared")(divided_by(equation, lambda F, A: (gram(F) - A**2).sum()))
wrong("style_layer_loss", "centred")(
    divided_by(equation, lambda F, A: ((gram(F - F.mean((2, 3), keepdim=True)) - A) ** 2).sum())
)
wrong("style_layer_loss", "cosine")(
    divided_by(equation, lambda F, A: ((gram(functional.normalize(F.flatten(2), dim=2)[..., None]) - A) ** 2).sum())
)
wrong("style_layer_loss", "sides_added")(divided_by(lambda B, N, H, W: 4 * N**2 * (H + W) ** 2))
wrong("style_layer_loss", "height_squared")(divided_by(lambda B, N, H, W: 4 * N**2 * (H * H) ** 2))
wrong("style_layer_loss", "entries_for_places")(divided_by(lambda B, N, H, W: 4 * N**2 * (N * H * W) ** 2))
wrong("style_layer_loss", "all_for_places")(divided_by(lambda B, N, H, W: 4 * N**2 * (B * N * H * W) ** 2))
wrong("style_layer_loss", "multiplied")(divided_by(lambda *sizes: 1 / equation(*sizes)))

wrong("style_layer_gradient", "gate_at_zero")(lambda F, A: torch.where(F >= 0, slope(F, A), 0))
wrong("style_layer_gradient", "precedence")(lambda F, A: slope(F, A) * (F[0, 0].numel()) ** 4 * (F > 0))


@wrong("style_layer_gradient", "added")
def _(F, A):
    return slope(F, -A) * (F > 0)


@wrong("style_layer_gradient", "no_target_no_gate")
def _(F, A):
    return slope(F, 0 * A)
