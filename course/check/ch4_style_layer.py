"""Checks of chapter 4: the style loss of one layer, and its gradient by hand."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from course import losses
from course.check.engine.compare import Mistakes, compare
from course.check.engine.differences import agree
from course.check.engine.exercise import CheckFailed, Question, exercise
from course.check.engine.probes import Returned

DETACHED = "Only the style's Gram matrix is a constant. detach(), .data, .item() or no_grad() on F stop the painter."

GRAM_OF_GRAM = {
    "(expected 4, got 3)": (
        "gram_of_gram",
        "A is the style's Gram matrix already, [B, N, N]. Only F is a set of feature maps.",
    ),
    "must match the size of tensor": (
        "features_against_gram",
        "F holds feature maps, A a Gram matrix: they do not meet. Compare gram(F) with A.",
    ),
}


@exercise(losses.style_layer_loss, 'section 3, "The distance of two textures"', GRAM_OF_GRAM, solved_by=())
def style_layer_loss(question: Question) -> str:
    """Equation 4: E_l = 1 / (4 N^2 M^2) sum (G - A)^2."""
    compare(
        question,
        lambda: (question.draw.normal(3, 5, 4, 6), losses.gram(1.5 * question.draw.normal(3, 5, 4, 6))),
        _style_results,
    )
    S, N, M = question.draw.normal(3, 5, 4, 6), 5, 24
    A = losses.gram(S)
    zero = question.tensor(question.ask("call", S, A), (), "the F that A comes from")
    if abs(float(zero)) > 1e-4 * float(A.square().sum()) / (4 * N**2 * M**2):
        raise question.wrong(
            "not_zero",
            f"for the F that A comes from expected 0, got {float(zero):.4g}.",
            "Equal textures have no distance. Is something added that does not come from G - A?",
        )
    F, A = question.draw.normal(2, 3, 5, 4), losses.gram(question.draw.normal(2, 3, 5, 4))
    _judge_gradient(question, question.ask("gradient", F, A), gradient_of_style(F, A), "F of shape [2, 3, 5, 4]")
    return "1 / (4 N^2 M^2) times the summed squares of G - A, M = H * W; zero for equal textures; gradients reach F"


def _style_results(F: Tensor, A: Tensor) -> tuple[str, Tensor, Mistakes]:
    N, M = 5, 24
    D = losses.gram(F) - A
    total = D.square().sum()
    E = total / (4 * N**2 * M**2)
    return (
        "F of shape [3, 5, 4, 6] and A of shape [3, 5, 5]",
        E,
        {
            "no_factor": (total, "the bare sum of squares: 1 / (4 N^2 M^2) of equation 4 is missing."),
            "precedence": (
                total / 4 * N**2 * M**2,
                "/ 4 * N**2 * M**2, which divides by 4 alone and then multiplies. All three belong below the fraction bar, in brackets.",
            ),
            "no_quarter": (4 * E, "the 4 below the fraction bar is missing."),
            "half": (2 * E, "1/2 as in the content loss. Equation 4 has 1/4."),
            "no_sizes": (total / 4, "only the 1/4. Equation 4 divides by N^2 and by M^2 as well."),
            "no_places": (total / (4 * N**2), "M is missing: equation 4 divides by M^2 as well."),
            "no_channels": (total / (4 * M**2), "N is missing: equation 4 divides by N^2 as well."),
            "sizes_not_squared": (total / (4 * N * M), "N and M as they are. Equation 4 has their squares."),
            "gram_per_place": (total / M**2, "Gram matrices divided by M, and no 1 / (4 N^2)."),
            "mean": (D.square().mean(), "the mean of (G - A)^2. Equation 4 divides by 4 N^2 M^2 instead."),
            "mean_per_place": (D.square().mean() / M**2, "the mean of (G/M - A/M)^2, four times E_l for one picture."),
            "mean_per_entry": (
                D.square().mean() / (N * M) ** 2,
                "the mean of (G/NM - A/NM)^2, as in other programs. Equation 4 has the plain G and 1 / (4 N^2 M^2).",
            ),
            "height_for_places": (total / (4 * N**2 * 4**2), "M was taken for the height. It is H * W."),
            "width_for_places": (total / (4 * N**2 * 6**2), "M was taken for the width. It is H * W."),
            "batch_for_channels": (
                total / (4 * 3**2 * M**2),
                "N was taken for the size of the batch. It is F.shape[1].",
            ),
            "channels_for_places": (
                total / (4 * N**2 * N**2),
                "M was read off the Gram matrix. It is the number of places of F, H * W.",
            ),
            "absolute": (D.abs().sum() / (4 * N**2 * M**2), "absolute differences. The paper squares them."),
            "signed": (D.sum() / (4 * N**2 * M**2), "nothing was squared: differences cancel each other."),
            "root": (total.sqrt() / (4 * N**2 * M**2), "a root was drawn. E_l is the squared distance."),
            "divided_once": (
                (losses.gram(F) / M - A).square().sum() / (4 * N**2),
                "G was divided by M, and A was not. Both are sums over places: divide both, or none.",
            ),
            "per_picture": (E / 3, "divided by the size of the batch. Losses of a batch are added up."),
            "relative": (
                total / A.square().sum(),
                "divided by the squares of A, the relative units of chapter 5. Equation 4 divides by 4 N^2 M^2.",
            ),
            "diagonal_only": (
                D.diagonal(dim1=1, dim2=2).square().sum() / (4 * N**2 * M**2),
                "only the diagonal of G - A. What fires together stands beside it.",
            ),
            "target_squared": (
                (losses.gram(F) - A.square()).sum() / (4 * N**2 * M**2),
                "G - A**2: only A was squared. Put G - A in brackets.",
            ),
            "centred": (
                (losses.gram(F - F.mean((2, 3), keepdim=True)) - A).square().sum() / (4 * N**2 * M**2),
                "the mean of F was taken away before its Gram matrix. A was made with it.",
            ),
            "cosine": (
                (losses.gram(functional.normalize(F.flatten(2), dim=2)[..., None]) - A).square().sum()
                / (4 * N**2 * M**2),
                "channels of length one in G. A was made of F as it is.",
            ),
            "sides_added": (
                total / (4 * N**2 * (4 + 6) ** 2),
                "M was taken for H + W. It is the number of places, H * W.",
            ),
            "height_squared": (total / (4 * N**2 * 4**4), "M was taken for H * H. It is H * W."),
            "entries_for_places": (
                total / (4 * N**4 * M**2),
                "M was taken for N * H * W. It is the number of places, H * W.",
            ),
            "all_for_places": (
                total / (4 * N**2 * F.numel() ** 2),
                "M was taken for F.numel(), batch and channels included. It is the number of places, H * W.",
            ),
            "multiplied": (total * 4 * N**2 * M**2, "multiplied by 4 N^2 M^2. Equation 4 divides."),
            "gram_twice": (
                (losses.gram(F) - A @ A.transpose(1, 2)).square().sum() / (4 * N**2 * M**2),
                "A was put through gram again. It is the style's Gram matrix already.",
            ),
            "sum_squared": (
                D.sum().square() / (4 * N**2 * M**2),
                "summed before squaring: differences cancel each other. Square each entry.",
            ),
            "batch_summed": (
                (losses.gram(F).sum(0) - A).square().sum() / (4 * N**2 * M**2),
                "one Gram matrix for the whole batch. Each picture has its own, and is compared with its own A.",
            ),
            "batch_mean": (
                (losses.gram(F).mean(0) - A).square().sum() / (4 * N**2 * M**2),
                "the mean Gram matrix of the batch. Each picture has its own, and is compared with its own A.",
            ),
            "squares_apart": (
                (losses.gram(F).square() - A.square()).sum() / (4 * N**2 * M**2),
                "the difference of squares. Equation 4 has the square of the difference.",
            ),
            "first_of_batch": (
                D[0].square().sum() / (4 * N**2 * M**2),
                "only the first picture of the batch was looked at.",
            ),
            "added": (
                (D + 2 * A).square().sum() / (4 * N**2 * M**2),
                "the square of G + A. A distance comes from G - A.",
            ),
        },
    )


def gradient_of_style(F: Tensor, A: Tensor) -> Tensor:
    """Equation 6 without its gate: 1 / (N^2 M^2) (G - A) F."""
    X = F.flatten(2)
    return ((X @ X.transpose(1, 2) - A) @ X).view_as(F) / (X.shape[1] * X.shape[2]) ** 2


def _judge_gradient(question: Question, gradient: Tensor | None, expected: Tensor, given: str) -> None:
    if gradient is None:
        raise question.wrong("detached", "no gradient finds its way back to F.", DETACHED)
    half = (expected / 2, "one F of the Gram matrix is detached. The gradient flows through both of them.")
    question.same(gradient, expected, f"the gradient with respect to {given}", {"half_detached": half})


@exercise(
    losses.style_layer_gradient,
    'section 3, "Its gradient by hand"',
    stops={
        **GRAM_OF_GRAM,
        "Expected size for first two dimensions": (
            "sides",
            "The matrices do not fit side by side. (G - A) is [N, N] and F is [N, M]: (G - A) @ F is [N, M].",
        ),
    },
    solved_by=(),
)
def style_layer_gradient(question: Question) -> str:
    """Equation 6: 1 / (N^2 M^2) (F^T (G - A))^T where F > 0, else 0."""
    _judge_layout(question, question.ask("call", *_maps_and_target(question)))
    try:
        compare(question, lambda: _maps_and_target(question), _gradient_results)
    except CheckFailed as failure:
        if failure.mistake == "no_gate" and _gate_is_open_at_zero(question):
            seen = failure.lines[0].removeprefix("✗ style_layer_gradient: ")
            raise question.wrong("gate_at_zero", seen, GATE_AT_ZERO) from None
        raise
    F, A = question.draw.normal(3, 2, 3, 5).relu(), losses.gram(question.draw.normal(3, 2, 3, 5))
    given = "F of shape [3, 2, 3, 5] behind a ReLU"
    got = question.tensor(question.ask("call", F, A), (3, 2, 3, 5), given)
    question.same(got, gradient_of_style(F, A) * (F > 0), given, {})
    return "(G - A) F / (N^2 M^2) where F > 0, else 0; in the shape of F, and it leaves the inputs alone"


GATE_AT_ZERO = "A gate F >= 0 is always open: behind a ReLU nothing is below 0. It has to be shut where F is 0: F > 0."


def _gate_is_open_at_zero(question: Question) -> bool:
    """Whether there is a gate after all, which shows where F is below 0."""
    F, A = question.draw.normal(2, 3, 4, 5), losses.gram(question.draw.normal(2, 3, 4, 5))
    value = question.ask("call", F, A).value
    return isinstance(value, Tensor) and agree(value, gradient_of_style(F, A) * (F >= 0), 1e-3)


def _maps_and_target(question: Question) -> tuple[Tensor, Tensor]:
    F = question.draw.normal(2, 3, 4, 5).relu()
    uneven = torch.tensor([0.4, 1.0, 1.6], dtype=torch.float32).view(1, 3, 1, 1)  # G - A has both signs
    return F, losses.gram(uneven * question.draw.normal(2, 3, 4, 5).relu())


def _gradient_results(F: Tensor, A: Tensor) -> tuple[str, Tensor, Mistakes]:
    X, gate, N, M = F.flatten(2), F > 0, 3, 20
    D, slope = X @ X.transpose(1, 2) - A, gradient_of_style(F, A)
    cut = (X.transpose(1, 2) @ D).reshape(2, 3, 4, 5) / (N * M) ** 2
    return (
        GIVEN,
        slope * gate,
        {
            "no_gate": (
                slope,
                "the gate is missing. Where F is 0 the ReLU lets nothing through, and the gradient is 0.",
            ),
            "gate_turned": (slope * ~gate, "the gate is open where it should be shut: where F is 0."),
            "gate_on_gradient": (slope.relu(), "the gate looks at the gradient. It is F that must be positive."),
            "gate_on_difference": (
                (D.relu() @ X).view_as(F) / (N * M) ** 2 * gate,
                "only positive entries of G - A were kept. Correlations that are too weak must grow as well.",
            ),
            "doubled": (
                2 * slope * gate,
                "a factor 2 too many. The 4 of equation 4 is cancelled, and nothing is left.",
            ),
            "halved": (
                slope * gate / 2,
                "a factor 1/2 too many: F stands twice in G, so two factors of 2 meet the 4 of equation 4.",
            ),
            "quarter": (slope * gate / 4, "the 1/4 of equation 4 is still there. The derivative brings a 4 with it."),
            "turned": (-slope * gate, "the sign. It is G - A; the optimiser walks against the gradient."),
            "no_factor": (slope * gate * (N * M) ** 2, "1 / (N^2 M^2) is missing."),
            "sizes_not_squared": (slope * gate * N * M, "divided by N M. Equation 6 has N^2 M^2."),
            "no_places": (slope * gate * M**2, "M is missing: equation 6 divides by N^2 and by M^2."),
            "precedence": (
                slope * gate * M**4,
                "/ N**2 * M**2 divides by N^2 and then multiplies. Both belong below the fraction bar, in brackets.",
            ),
            "added": (
                ((D + 2 * A) @ X).view_as(F) / (N * M) ** 2 * gate,
                "G + A where G - A belongs.",
            ),
            "no_target_no_gate": (
                (X @ X.transpose(1, 2) @ X).view_as(F) / (N * M) ** 2,
                "G where G - A belongs, and the gate is missing.",
            ),
            "no_channels": (slope * gate * N**2, "N is missing: equation 6 divides by N^2 and by M^2."),
            "cut_wrong": (
                cut * gate,
                "reshape before transpose: F^T (G - A) is [M, N], and channels have to come first again.",
            ),
            "cut_wrong_no_gate": (
                cut,
                "no gate; and F^T (G - A) is [M, N]: transpose it before it becomes [B, N, H, W] again.",
            ),
            "times_f": (slope * F, "multiplied by F. The gate is 1 wherever F > 0, however large F is."),
            "no_target": (
                (X @ X.transpose(1, 2) @ X).view_as(F) / (N * M) ** 2 * gate,
                "G where G - A belongs: at the style itself the gradient would not vanish.",
            ),
            "squared": (
                (D.square() @ X).view_as(F) / (N * M) ** 2 * gate,
                "G - A is still squared. The derivative of a square is linear.",
            ),
            "sign": ((D.sign() @ X).view_as(F) / (N * M) ** 2 * gate, "the gradient of absolute differences."),
            "mean": (slope * gate * M**2 * N**2 / F.numel(), "divided by the number of entries of F, not by N^2 M^2."),
        },
    )


GIVEN = "F of shape [2, 3, 4, 5] behind a ReLU, and A of shape [2, 3, 3]"


def _judge_layout(question: Question, returned: Returned) -> None:
    question.present(returned, GIVEN)
    value = returned.value
    if not isinstance(value, Tensor):
        return
    for shape, (mistake, sentence) in {
        (2, 20, 3): ("not_transposed", "This is F^T (G - A), places first. transpose(1, 2), then back to F's shape."),
        (2, 3, 20): (
            "still_flat",
            "The places still stand in one row: .view_as(F) or .reshape(F.shape) lays them out.",
        ),
        (2, 3, 3): ("of_gram", "This is a gradient for G. The chain rule goes on to F: multiply by F."),
        (): ("loss", "This is one number, as E_l is. Its derivative has one number for each entry of F."),
    }.items():
        if tuple(value.shape) == shape:
            seen = f"for {GIVEN} expected shape [2, 3, 4, 5], got {list(value.shape)}."
            raise question.wrong(mistake, seen, sentence)
