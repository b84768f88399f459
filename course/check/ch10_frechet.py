"""Check of chapter 10, section 3: how far two sets of pictures are apart, by their means and covariances."""

from __future__ import annotations

import torch
from torch import Tensor

from course.check.engine.compare import Mistakes, compare
from course.check.engine.differences import agree, written
from course.check.engine.exercise import CheckFailed, Question, exercise
from course.measure import sets

Inputs = tuple[Tensor, Tensor, Tensor, Tensor]

NEAR = 1e-3
ROOTS = 1e-2  # where eigenvalues are 0: of what float32 makes of them, 1e-7, the root is 3e-4
SIZE = 5
BELOW = 3e-6
SAYS = {
    "root_of_entries": "the root of each entry of C1 @ C2. A root of a matrix is the one that times itself is C1 @ C2.",
    "diagonals_only": "only the diagonals of C1 and C2. What stands beside them counts in C1 @ C2.",
    "no_root": "the trace of C1 @ C2 itself. Its root is missing.",
    "root_of_trace": "the root of the trace of C1 @ C2. The root comes first, of each eigenvalue, and then the sum.",
    "roots_multiplied": "the root of C1 times the root of C2. That is the root of C1 @ C2 only where the two have the same eigenvectors.",
    "eigenvalues_paired": "eigenvalues of C1 times those of C2, in order. Those of C1 @ C2 are others: multiply first.",
    "symmetric_wanted": "eigh or eigvalsh of C1 @ C2, which is not symmetric: they read only its lower half. Use eigvals, or R @ C2 @ R with R @ R = C1.",
    "symmetrised": "the eigenvalues of C1 @ C2 + C2 @ C1, halved. Those of C1 @ C2 are others.",
    "singular_values": "singular values of C1 @ C2. Its eigenvalues are asked for; where it is not symmetric, they are others.",
    "factors": "the trace of two Cholesky factors, multiplied. The root of C1 @ C2 is another matrix.",
    "eigenvalues_not_rooted": "the roots of the eigenvalues of C1 @ C2 multiplied, as in a determinant. They are added up.",
    "root_of_sum": "the root of C1 + C2. The root of the product, C1 @ C2.",
    "elements_multiplied": "the eigenvalues of C1 * C2, entry by entry. C1 @ C2 is the product of two matrices.",
    "no_means": "the means are missing: |m1 - m2|^2.",
    "means_not_squared": "the length |m1 - m2|, not squared.",
    "means_absolute": "absolute differences of the means. They are squared here.",
    "mean_of_squares": "the mean over the squared differences of m1 and m2. |m1 - m2|^2 is their sum.",
    "means_summed_first": "differences of the means were added up before the square. Square each, and then add.",
    "means_added": "m1 + m2. A distance takes one from the other.",
    "lengths_of_means": "|m1|^2 - |m2|^2. Take one mean from the other before you square.",
    "once": "the root of C1 @ C2 counts once. It counts twice, and then equal sets have the distance 0.",
    "added": "the root of C1 @ C2 was added. It is taken away, twice.",
    "no_product": "the root of C1 @ C2 is missing.",
    "only_means": "only the means. How the two spread counts as well.",
    "no_C1": "the trace of C1 is missing.",
    "no_C2": "the trace of C2 is missing.",
    "difference_of_traces": "the trace of C1 less that of C2. Both are added, and the root is taken away.",
    "traces_negative": "the part of the covariances has the wrong sign: + C1 + C2 - 2 times the root.",
    "frobenius": "the sum of the squares of C1 - C2. Take the trace of C1 + C2 - 2 times the root of C1 @ C2.",
    "frobenius_root": "the length of C1 - C2. Take the trace of C1 + C2 - 2 times the root of C1 @ C2.",
    "mean_of_diagonal": "the mean of the diagonal. A trace is its sum.",
    "all_entries": "the sum of all entries. A trace is the sum of the diagonal.",
    "root": "a root was drawn of the whole. It stays squared.",
    "divided": "divided by N. Nothing is: the distance grows with the number of features.",
    "halved": "half of it.",
    "swapped": "C1 with C1: its own product. C1 @ C2.",
    "product_of_roots_doubled": "2 (C1 C2)^(1/2) with the 2 under the root. It stands before it.",
}
NOT_NUMBERS = (
    "torch.sqrt and ** 0.5 take the root of each entry, and some are negative. It is the eigenvalues of C1 @ C2 whose "
    "roots are wanted; eigvalsh is for symmetric matrices only."
)
NEGATIVE = (
    "Rounding makes an eigenvalue that should be 0 a little negative, and its root NaN: clamp_min(0) before sqrt()."
)
COMPLEX = "eigvals gives complex numbers, and so does sqrtm. Take .real before the trace or the sum; what is left beside it is rounding."
STOPPED = "A covariance of fewer pictures than features has eigenvalues 0, and this needs them above: take eigh, or eigvals, and their roots."
SINGULAR = "Fewer pictures than features: eigenvalues are 0 there, or a rounding below. They count as 0, and nothing is divided by them."
PAPER = "Work it out on paper for diagonal C1 and C2 of two numbers each, and compare."
EPSILON = "Is something added to the diagonals, or to eigenvalues, to be on the safe side? It counts where covariances are small. Take clamp_min(0)."


@exercise(
    sets.frechet_distance,
    'section 3, "Sets of pictures"',
    stops={
        "positive-definite": ("cholesky", STOPPED),
        "singular": ("cholesky", STOPPED),
        "LinAlgError": ("cholesky", STOPPED),
        "matrix_power": (
            "power",
            "matrix_power takes whole numbers only. Take the eigenvalues of C1 @ C2 and their roots.",
        ),
        "no attribute 'sqrtm'": (
            "power",
            "torch has no sqrtm. The trace of the root is the sum of the roots of eigenvalues.",
        ),
    },
    solved_by=(),
)
def frechet_distance(question: Question) -> str:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))."""
    try:
        compare(question, lambda: _inputs(question), _results, NEAR)
    except CheckFailed as failure:
        _explain(question, failure)
        raise
    C1, C2 = (0.02 * _covariance(question, 4) for _ in range(2))
    m = question.draw.normal(4)
    words = "equal means and small covariances, entries of about 0.02,"
    _judge_one(question, (m, C1, m, C2), words, ROOTS, NEGATIVE, ("regularised", EPSILON))
    for words, inputs in _plain_cases(question):
        _judge_one(question, inputs, words, NEAR)
    _judge_equal(question)
    for words, inputs in _singular_cases(question):
        _judge_one(question, inputs, words, ROOTS, NEGATIVE, ("singular", SINGULAR))
    return "means and the root of C1 C2, whether they commute or not; 0 for the same two; one feature; eigenvalues of 0"


def _covariance(question: Question, size: int, axes: Tensor | None = None) -> Tensor:
    """A symmetric matrix with eigenvalues from about 0.15 to 4, well apart, along any axes."""
    spread = torch.linspace(0, 1, size, dtype=torch.float64)[torch.randperm(size, generator=question.draw.generator)]
    values = 0.15 * 30 ** (spread + 0.2 * (question.draw.uniform(size).double() - 0.5))
    return _with(values, _axes(question, size) if axes is None else axes)


def _with(values: Tensor, axes: Tensor) -> Tensor:
    C: Tensor = axes * values @ axes.mT
    return ((C + C.mT) / 2).float()


def _axes(question: Question, size: int) -> Tensor:
    axes: Tensor = torch.linalg.qr(question.draw.normal(size, size).double()).Q
    return axes


def _means(question: Question, size: int) -> tuple[Tensor, Tensor]:
    return 0.5 + question.draw.normal(size), question.draw.normal(size)


def _inputs(question: Question) -> Inputs:
    """Two that do not commute, for which all that students draw roots of is above 0: so it is a number that is wrong."""
    while True:
        C1, C2 = _covariance(question, SIZE), 2.5 * _covariance(question, SIZE)
        product = C1 @ C2
        half = torch.linalg.eigvalsh(product)  # of its lower half
        if min(float(half.min()), float(product.diagonal().min())) > 0.05:
            break
    m1, m2 = _means(question, SIZE)
    return m1, C1, m2, C2


def _root(C: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(C)
    root: Tensor = vectors * values.clamp_min(0).sqrt() @ vectors.mT
    return root


def _results(m1: Tensor, C1: Tensor, m2: Tensor, C2: Tensor) -> tuple[str, Tensor, Mistakes]:
    m1, C1, m2, C2 = (one.double() for one in (m1, C1, m2, C2))
    d, a, b, R = m1 - m2, C1.trace(), C2.trace(), _root(C1)
    product = C1 @ C2
    values = torch.linalg.eigvalsh(R @ C2 @ R)
    root = R @ _root(R @ C2 @ R) @ torch.linalg.inv(R)
    cross, means = values.sqrt().sum(), d.square().sum()
    right = means + a + b - 2 * cross

    def crossed(other: Tensor) -> Tensor:
        total: Tensor = means + a + b - 2 * other
        return total

    def apart(other: Tensor) -> Tensor:
        total: Tensor = other + a + b - 2 * cross
        return total

    def roots(values: Tensor) -> Tensor:
        return crossed(values.clamp_min(0).sqrt().sum())

    L1, L2 = (torch.linalg.cholesky(C) for C in (C1, C2))
    results = {
        "root_of_entries": crossed(product.diagonal().sqrt().sum()),
        "diagonals_only": crossed((C1 * C2).diagonal().sqrt().sum()),
        "no_root": crossed(product.trace()),
        "root_of_trace": crossed(product.trace().sqrt()),
        "roots_multiplied": crossed((R @ _root(C2)).trace()),
        "eigenvalues_paired": roots(torch.linalg.eigvalsh(C1) * torch.linalg.eigvalsh(C2)),
        "symmetric_wanted": roots(torch.linalg.eigvalsh(product)),
        "symmetrised": roots(torch.linalg.eigvalsh((product + product.mT) / 2)),
        "singular_values": roots(torch.linalg.svdvals(product)),
        "factors": crossed((L1 @ L2).trace()),
        "eigenvalues_not_rooted": crossed(values.sqrt().prod()),
        "root_of_sum": roots(torch.linalg.eigvalsh(C1 + C2)),
        "elements_multiplied": roots(torch.linalg.eigvalsh(C1 * C2)),
        "no_means": right - means,
        "means_not_squared": apart(means.sqrt()),
        "means_absolute": apart(d.abs().sum()),
        "mean_of_squares": apart(d.square().mean()),
        "means_summed_first": apart(d.sum().square()),
        "means_added": apart((m1 + m2).square().sum()),
        "lengths_of_means": apart(m1.square().sum() - m2.square().sum()),
        "once": right + cross,
        "added": right + 4 * cross,
        "no_product": right + 2 * cross,
        "only_means": means,
        "no_C1": right - a,
        "no_C2": right - b,
        "difference_of_traces": right - 2 * b,
        "traces_negative": means - (right - means),
        "frobenius": means + (C1 - C2).square().sum(),
        "frobenius_root": means + (C1 - C2).norm(),
        "mean_of_diagonal": means + (right - means) / len(d),
        "all_entries": means + (C1 + C2 - 2 * root).sum(),
        "root": right.sqrt(),
        "divided": right / len(d),
        "halved": right / 2,
        "swapped": crossed(a),
        "product_of_roots_doubled": right + (2 - 2**0.5) * cross,
    }
    mistakes = {mistake: (value.float(), SAYS[mistake]) for mistake, value in results.items()}
    given = f"means of {SIZE} numbers and covariances of {SIZE} x {SIZE}"
    return given, right.float(), mistakes


def _explain(question: Question, failure: CheckFailed) -> None:
    """Says more about what came back in another form than was asked for, and about numbers that nobody foresaw."""
    seen = failure.lines[0].removeprefix(f"✗ {failure.exercise}: ")
    inputs = m1, C1, m2, C2 = _inputs(question)
    by_chance = "And it is" in failure.lines[1]  # some number of times a known mistake
    if failure.mistake not in ("shape", "dtype", "not_finite", "other") and not by_chance:
        return
    value = question.ask("call", *inputs).value
    if failure.mistake == "not_finite":
        raise question.wrong("not_finite", seen, NOT_NUMBERS)
    if failure.mistake == "dtype" and isinstance(value, Tensor) and value.is_complex():
        raise question.wrong("complex", seen, COMPLEX)
    if failure.mistake == "shape" and isinstance(value, Tensor):
        if value.shape == C1.shape:
            raise question.wrong("matrix", seen, "A matrix: is the trace missing, or a sum over |m1 - m2|^2 in it?")
        if value.shape == m1.shape:
            raise question.wrong(
                "vector", seen, "One number for each feature: |m1 - m2|^2 is a sum, and so is a trace."
            )
    if failure.mistake == "other" or by_chance:
        for words, mistake, some, sentence in (
            ("equal means", "means", (m1, C1, m1, C2), "With m1 = m2 it is right. Look at |m1 - m2|^2."),
            (
                "equal covariances",
                "covariances",
                (m1, C1, m2, C1),
                "With C1 = C2 it is right, and not with others. Look at the root of C1 @ C2.",
            ),
        ):
            got = question.tensor(question.ask("call", *some), (), words)
            if agree(got, sets.frechet_distance(*some), NEAR):
                raise question.wrong(mistake, seen, sentence)
        if by_chance:
            raise question.wrong("other", seen, PAPER)


def _plain_cases(question: Question) -> list[tuple[str, Inputs]]:
    """Some for which there is a formula on paper."""
    draw, cases = question.draw, []

    def case(words: str, C1: Tensor, C2: Tensor) -> None:
        m1, m2 = _means(question, len(C1))
        cases.append((words, (m1, C1, m2, C2)))

    case("diagonal covariances", *(torch.diag(0.2 + 4 * draw.uniform(6)) for _ in range(2)))
    axes = _axes(question, 4)
    case("covariances with the same axes", _covariance(question, 4, axes), _covariance(question, 4, axes))
    C = _covariance(question, 3)
    case("C2 = 4 C1", C, 4 * C)
    case("one feature", *(0.3 + 3 * draw.uniform(1, 1) for _ in range(2)))
    C = _covariance(question, 6)
    case("equal covariances", C, C.clone())
    case("eight features", _covariance(question, 8), _covariance(question, 8))
    return cases


def _singular_cases(question: Question) -> list[tuple[str, Inputs]]:
    """Eigenvalues that are 0, or a little below."""
    draw, cases = question.draw, []
    values = torch.cat([1 + 2 * draw.uniform(3).double(), torch.full((3,), -BELOW, dtype=torch.float64)])
    C = _with(values, _axes(question, 6))
    m1, m2 = _means(question, 6)
    cases.append(("a C1 with eigenvalues of 0, rounded to a little less,", (m1 + 1, C, m2, _covariance(question, 6))))
    cases.append(("a C2 with eigenvalues of 0, rounded to a little less,", (m1 + 1, _covariance(question, 6), m2, C)))
    for words, first, second in (("4 pictures and 9", 4, 9), ("3 pictures and 3", 3, 3)):
        X, Y = 1 + draw.normal(7, first), 1.5 * draw.normal(7, second)
        (n1, C1), (n2, C2) = sets.mean_and_covariance(X), sets.mean_and_covariance(Y)
        cases.append((f"{words}, with 7 features,", (n1, C1, n2, C2)))
    return cases


def _judge_equal(question: Question) -> None:
    C = _covariance(question, SIZE)
    m, _ = _means(question, SIZE)
    got = float(question.tensor(question.ask("call", m, C, m.clone(), C.clone()), (), "the same means and covariances"))
    if abs(got) > NEAR * float(C.trace()):
        raise question.wrong(
            "not_zero",
            f"for the same means and covariances twice expected 0, got {written(got)}.",
            "(C C)^(1/2) is C: C + C - 2 C is 0.",
        )


def _judge_one(
    question: Question,
    inputs: Inputs,
    given: str,
    tolerance: float,
    not_finite: str = NEGATIVE,
    otherwise: tuple[str, str] | None = None,
) -> None:
    expected = sets.frechet_distance(*inputs)
    try:
        got = question.tensor(question.ask("call", *inputs), (), given)
        question.same(got, expected, given, {}, tolerance)
    except CheckFailed as failure:
        seen = failure.lines[0].removeprefix(f"✗ {failure.exercise}: ")
        if failure.mistake == "not_finite":
            raise question.wrong("negative_root", seen, not_finite) from None
        if failure.mistake == "other" and otherwise and agree(got, expected, 0.5):
            raise question.wrong(otherwise[0], seen, otherwise[1]) from None
        raise
