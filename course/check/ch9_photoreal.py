"""Check of chapter 9, section 4: what the best affine maps of a photo's colours leave of a painting."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from course.check.engine.compare import Mistakes, compare
from course.check.engine.differences import agree
from course.check.engine.exercise import CheckFailed, Question, exercise
from course.rendering import photoreal

LITTLE = 1e-5
# Where windows vary well, it makes no difference whether 1e-5 |A|^2 is per pixel or per window, and counted in or not.
NEAR = 1e-3
SINGULAR = (
    "singular",
    "A window of one colour, or of greys: X^T X has no inverse there. Add 1e-5 to its diagonal: + 1e-5 * torch.eye(3).",
)
DETACHED = "detach(), .data, .item(), numpy or no_grad() cut the way: no painting could follow this loss."
TOO_MUCH = "far more than 1e-5 was added to the diagonal. Where a photo varies little, its maps are held down."

RESIDUAL = {
    "no_shift": "maps A x without b. Take each window's mean away, from photo and painted alike.",
    "only_painted_centred": "only painted without its means. A is sought for the centred photo as well.",
    "only_photo_centred": "only the photo without its means. b brings painted's mean: take it away, too.",
    "centred_by_picture": "the means of the whole picture were taken away. Each window has its own, and so its own b.",
    "per_channel": "a gain for each channel alone. A is a matrix, 3 x 3: green may come from red.",
    "one_gain": "one gain for all channels. A is a matrix, 3 x 3.",
    "one_map": "one map for the whole picture. Each window has its own.",
    "only_shift": "only a shift for each window, no matrix: its variance is left.",
    "luminance": "the photo as greys. A takes red, green and blue, each for itself.",
    "both_grey": "greys of both. Three channels are painted, from three of the photo.",
    "transposed": "A transposed. With pixels as rows, solve(X.T X, X.T Y) is A^T already: Y - X @ that.",
    "swapped": "the two were exchanged: the photo explained by what is painted.",
    "backwards": "the map from painted to photo was sought, and used the other way round.",
    "not_inverted": "A is the covariance of the two alone. It is multiplied by the inverse of the photo's.",
    "other_inverted": "the inverse of Y^T Y, of what is painted. X^T X of the photo is inverted.",
    "explained": "what the maps explain. What they leave is asked for.",
    "sum": "a sum over all. The mean over windows, pixels and channels.",
    "sum_of_channels": "a sum over the channels. The mean of them as well.",
    "sum_of_pixels": "a sum over the pixels of a window. The mean of them as well.",
    "sum_in_windows": "a sum over each window's pixels and channels. The mean of them as well.",
    "sum_of_windows": "a sum over the windows. The mean of them as well.",
    "by_picture": "divided by the picture's pixels. It has fewer windows: (H - 2) * (W - 2).",
    "unbiased": "divided by 8 pixels in place of 9, as torch.cov does. Say correction=0.",
    "root": "a root was drawn at the end. The mean of squares.",
    "roots": "a root was drawn in each window. The mean of squares.",
    "absolute": "absolute values. The mean of squares.",
    "padded": "windows that reach beyond the edge, with zeros. Only those that lie inside count.",
    "padded_like_edge": "windows beyond the edge, with the edge's colours again. Only those inside count.",
    "mirrored": "windows beyond the edge, which mirror the picture. Only those inside count.",
    "apart": "windows side by side. One begins at every pixel, and they overlap.",
    "every_second": "only every second window. One begins at every pixel.",
    "two_by_two": "windows of 2 x 2, of which a map leaves next to nothing. They have 3 x 3 pixels.",
    "five_by_five": "windows of 5 x 5. They have 3 x 3 pixels.",
    "last_row_missing": "the last row and the last column of windows are missing: range(H - 2), range(W - 2).",
    "middle_pixel": "only the pixel in the middle of each window. All nine count.",
    "averaged_first": "what the windows say was averaged before, as in a guided filter. Squares first, and then the mean.",
    "unfold_order": "columns of unfold cut as (9, 3). They hold the channels first: view(3, 9, -1).",
    "windows_mixed": "numbers of different windows: unfold gives one a column. Turn them before reshape.",
    "share": "the share that is left. It is not divided by the variance.",
    "worst_window": "the worst window alone. The mean of all.",
    "first_window": "only the first window. Is a return inside the loop?",
    "last_window": "only the last window. Collect with +=, or in a list.",
    "difference": "the mean squared difference, without any map.",
    "edges": "differences of neighbours were compared. Maps of colours are not asked for their edges.",
    "held_down": "far more than 1e-5 was added to the diagonal: maps are held down.",
}


@exercise(
    photoreal.affine_residual,
    'section 4, "What a lamp can do to colours"',
    stops={
        "LinAlgError": SINGULAR,
        "singular": SINGULAR,
        "must match the size of tensor": (
            "windows_apart",
            "With all windows as [windows, 9, 3] means are [windows, 1, 3]: x.mean(1, keepdim=True).",
        ),
        "does not require grad": ("detached", DETACHED),
    },
    solved_by=(),
)
def affine_residual(question: Question) -> str:
    """mean |y - A x - b|^2 over all windows, with the best A and b of each."""
    _judge_values(question)
    _judge_maps(question)
    _judge_faint(question)
    _judge_gradient(question)
    _judge_flat(question)
    return "the mean of what each window's own 3 x 3 matrix and shift leave; 0 for any one map; windows of one colour; gradients"


def _two(question: Question, height: int, width: int) -> tuple[Tensor, Tensor]:
    """A photo whose windows vary well, and a painting that follows it by half, and leaves [0, 1]."""
    photo = 0.2 + 0.6 * question.draw.normal(1, 3, height, width)
    return photo, 0.5 + 0.4 * _mapped(question, photo) + 0.4 * question.draw.normal(1, 3, height, width)


def _matrix(question: Question) -> Tensor:
    """A matrix that is neither symmetric nor near to the identity, with a determinant that is not small."""
    while True:
        M = question.draw.normal(3, 3)
        if float(torch.linalg.svdvals(M)[-1]) > 0.5 and float((M - M.mT).norm()) > 1:
            return M


def _mapped(question: Question, photo: Tensor) -> Tensor:
    return _by(_matrix(question), photo) + question.draw.normal(1, 3, 1, 1)


def _by(M: Tensor, photo: Tensor) -> Tensor:
    return torch.einsum("dc,bchw->bdhw", M, photo)


def _judge_values(question: Question) -> None:
    def draw() -> tuple[Tensor, Tensor]:
        return _two(question, 7, 9)

    try:
        compare(question, draw, _results, NEAR)
    except CheckFailed as failure:
        if failure.mistake == "other":
            seen = failure.lines[0].removeprefix(f"✗ {failure.exercise}: ")
            _judge_unforeseen(question, seen)
        raise
    for words, (photo, painted) in (
        ("of shape [1, 3, 8, 5]", _two(question, 8, 5)),
        ("of shape [1, 3, 3, 3]", _two(question, 3, 3)),
        ("of shape [1, 3, 3, 6]", _two(question, 3, 6)),
        ("that lie in memory pixel by pixel", _two(question, 6, 8)),
    ):
        if words.startswith("that"):
            photo, painted = (x.contiguous(memory_format=torch.channels_last) for x in (photo, painted))
        given = f"photo and painted {words}"
        got = question.tensor(question.ask("call", photo, painted), (), given)
        question.same(got, photoreal.affine_residual(photo, painted), given, {}, NEAR)


def _judge_unforeseen(question: Question, seen: str) -> None:
    """Whether an answer that nobody foresaw is ours for other windows, or with a larger number on the diagonal."""
    pairs = [_two(question, 6, 9) for _ in range(3)]
    values = [question.ask("call", *pair).value for pair in pairs]
    if not all(isinstance(value, Tensor) and value.numel() == 1 for value in values):
        return
    small = [_left(_centred(_windows(photo, side=2)), _centred(_windows(painted, side=2))) for photo, painted in pairs]
    if all(0.3 * left < float(value) < 3 * left for value, left in zip(values, small, strict=True)):
        raise question.wrong("two_by_two", seen, f"This looks like: {RESIDUAL['two_by_two']}")
    centred = [[_centred(_windows(x)) for x in pair] for pair in pairs]
    for little in (1e-3, 3e-3, 9e-3, 1e-2, 3e-2, 9e-2, 0.1, 0.3, 0.9, 1.0, 3.0, 9.0):
        for one in (little, little / 9):
            held = [torch.tensor(_left(X, Y, one)) for X, Y in centred]
            if all(agree(value.reshape(()), left, NEAR) for value, left in zip(values, held, strict=True)):
                raise question.wrong("held_down", seen, f"This looks like: {RESIDUAL['held_down']}")


def _judge_maps(question: Question) -> None:
    """Paintings of which a map, or two, leave nothing."""
    photo, _ = _two(question, 6, 9)
    other = _mapped(question, photo)
    for words, painted in (
        ("painted the same as the photo", photo.clone()),
        ("painted a matrix times the photo, and a shift", other),
        ("painted of three shades of one channel", photo[:, 1:2] * torch.tensor([0.5, -1.0, 2.0]).view(1, 3, 1, 1)),
    ):
        got = question.tensor(question.ask("call", photo, painted), (), words)
        if abs(float(got)) > 2e-4 * float(painted.var()):
            seen = f"for {words} expected 0, or nearly, got {float(got):.4g}."
            raise question.wrong("not_zero", seen, "One map does all of it there: nothing is left in any window.")
    halves = torch.cat([_mapped(question, photo)[..., :4], other[..., 4:]], 3)
    given = "one map in the left half of the picture, and another in the right one,"
    expected = photoreal.affine_residual(photo, halves)
    got = question.tensor(question.ask("call", photo, halves), (), given)
    question.same(got, expected, given, {}, 5 * NEAR)


def _judge_flat(question: Question) -> None:
    """Windows of one colour, of greys, and of two colours, on either side: what comes back, and what flows back."""
    photo, painted = _two(question, 6, 8)
    flat = (question.draw.levels(3, 13, 1, 3, 1, 1) / 16).expand(1, 3, 6, 8).contiguous()
    grey, half = photo[:, :1].repeat(1, 3, 1, 1), torch.cat([flat[..., :4], photo[..., 4:]], 3)
    two = torch.where(question.draw.uniform(1, 1, 6, 8) < 0.5, flat, 1 - 0.5 * flat)
    for words, x, y in (
        ("a photo of one colour", flat, painted),
        ("a photo with a half of one colour", half, painted),
        ("a grey photo", grey, painted),
        ("a photo of two colours", two, painted),
        ("painted of one colour", photo, flat),
        ("photo and painted of one colour", flat, 1 - flat),
    ):
        returned = question.ask("call", x, y)
        if isinstance(returned.value, Tensor) and not returned.value.isfinite().all():
            sentence = "0 / 0, or an inverse that does not exist. Add 1e-5 to the diagonal before you solve."
            raise question.wrong("flat_is_nan", f"for {words} it returned NaN or infinite numbers.", sentence)
        expected = photoreal.affine_residual(x, y)
        got = question.tensor(returned, (), words)
        if abs(float(got - expected)) > 1e-2 * float(expected) + 1e-5:
            seen = f"for {words} expected {float(expected):.4g}, got {float(got):.4g}."
            sentence = "Where the photo does not vary, b alone is left: A is 0 there, and painted's variance remains."
            raise question.wrong("flat_differs", seen, sentence)
        gradient = question.ask("gradient_to", 1, x, y)
        with torch.enable_grad():
            reached = y.clone().requires_grad_(True)
            (wanted,) = torch.autograd.grad(photoreal.affine_residual(x, reached), reached)
        lost = gradient is None or float((gradient - wanted).norm()) > 0.2 * float(wanted.norm())
        if expected > 1e-3 and lost and (gradient is None or gradient.isfinite().all()):
            sentence = (
                "Do some windows have a way of their own, with a number or detach() in it? All lead back to painted."
            )
            raise question.wrong("flat_detached", f"for {words} the value is right, and its gradient is not.", sentence)
        if gradient is not None and not gradient.isfinite().all():
            raise question.wrong(
                "flat_poisons",
                f"for {words} the value is right, and the gradient to painted is NaN or infinite.",
                "A root of 0, or 0 / 0 that nan_to_num or where mended afterwards: on the way back it is there again.",
            )


def _judge_gradient(question: Question) -> None:
    photo, painted = _two(question, 5, 7)
    gradient = question.ask("gradient_to", 1, photo, painted)
    if gradient is None:
        raise question.wrong("detached", "no gradient finds its way back to painted.", DETACHED)
    y = painted.clone().requires_grad_(True)
    (expected,) = torch.autograd.grad(photoreal.affine_residual(photo, y), y)
    if float(gradient.abs().max()) < 0.01 * float(expected.abs().max()):
        sentence = (
            "painted is detached where A x + b is taken away from it. Through A and b next to nothing comes back."
        )
        raise question.wrong("only_through_maps", "the gradient to painted is nearly 0 everywhere.", sentence)
    question.same(gradient, expected, "the gradient to painted", {}, tolerance=2e-2)


def _judge_faint(question: Question) -> None:
    """A photo that varies little, of whose map 1e-5 leaves next to nothing, and more would leave a lot."""
    even = question.draw.normal(1, 3, 8, 9)
    photo, painted = 0.5 + 0.03 * even, 0.5 + 0.06 * _by(_matrix(question), even)
    got = float(question.tensor(question.ask("call", photo, painted), (), "a photo that varies little"))
    X, Y = (_centred(_windows(x)) for x in (photo, painted))
    if got < 4 * _left(X, Y) + 1e-6:  # as if b were held down as well
        return
    for little, share in ((LITTLE, 1 / 3), (LITTLE / 9, 1 / 3), (LITTLE, 1)):  # with the penalty counted in
        penalty = little * float(_maps(X, Y, little).square().sum((1, 2)).mean())
        whole = _left(X, Y, little) + share * penalty
        if abs(got - whole) < 0.05 * whole + 1e-6:
            return
    seen = f"for a photo that varies little, and a map of it, {100 * got / float(Y.square().mean()):.2g} % are left."
    raise question.wrong("too_much_added", seen, TOO_MUCH)


# --- What each known mistake leads to -------------------------------------------------------------------------------


def _windows(picture: Tensor, side: int = 3, stride: int = 1) -> Tensor:
    """[windows, pixels, channels], in double precision."""
    columns = functional.unfold(picture.double(), side, stride=stride)[0]
    return columns.view(picture.shape[1], side * side, -1).permute(2, 1, 0)


def _centred(windows: Tensor) -> Tensor:
    return windows - windows.mean(1, keepdim=True)


def _maps(X: Tensor, Y: Tensor, little: float = LITTLE) -> Tensor:
    """The matrices by which X comes nearest to Y, transposed."""
    some = little * torch.eye(X.shape[2]).double()
    A: Tensor = torch.linalg.solve(X.mT @ X / X.shape[1] + some, X.mT @ Y / X.shape[1])
    return A


def _rest(X: Tensor, Y: Tensor) -> Tensor:
    return Y - X @ _maps(X, Y)


def _left(X: Tensor, Y: Tensor, little: float = LITTLE) -> float:
    return float((Y - X @ _maps(X, Y, little)).square().mean())


def _folded(windows: Tensor, picture: Tensor) -> Tensor:
    """Windows added up where they overlap."""
    columns = windows.permute(2, 1, 0).reshape(1, -1, len(windows))
    added: Tensor = functional.fold(columns, picture.shape[2:], 3)
    return added.to(picture)


def _results(photo: Tensor, painted: Tensor) -> tuple[str, Tensor, Mistakes]:
    (height, width), windows = photo.shape[2:], (photo.shape[2] - 2) * (photo.shape[3] - 2)
    x, y = _windows(photo), _windows(painted)
    X, Y = _centred(x), _centred(y)
    A, rest = _maps(X, Y), _rest(X, Y)
    squares = rest.square()
    one, inside = squares.mean(), squares.reshape(height - 2, width - 2, -1)
    flat_X, flat_Y = (_centred(picture.double().flatten(2).mT) for picture in (photo, painted))
    grey = torch.tensor([0.299, 0.587, 0.114]).double()[:, None]
    gains = (X * Y).sum(1, keepdim=True) / (X.square().sum(1, keepdim=True) + 9 * LITTLE)
    gain = (X * Y).sum((1, 2), keepdim=True) / (X.square().sum((1, 2), keepdim=True) + 9 * LITTLE)
    averaged = _folded(y - rest, painted) / _folded(torch.ones_like(y), painted)
    away, level = painted - photo, [one - one.mean((2, 3), keepdim=True) for one in (photo, painted)]

    def of(photo: Tensor, painted: Tensor, side: int = 3, stride: int = 1) -> Tensor:
        X, Y = (_centred(_windows(picture, side, stride)) for picture in (photo, painted))
        return _rest(X, Y).square().mean()

    def padded(mode: str) -> Tensor:
        larger = [functional.pad(picture, (1, 1, 1, 1), mode=mode) for picture in (photo, painted)]
        return of(larger[0], larger[1])

    def cut(picture: Tensor, *shape: int) -> Tensor:
        return functional.unfold(picture.double(), 3)[0].reshape(*shape)

    results = {
        "no_shift": _rest(x, y).square().mean(),
        "only_painted_centred": _rest(x, Y).square().mean(),
        "only_photo_centred": _rest(X, y).square().mean(),
        "centred_by_picture": _rest(*map(_windows, level)).square().mean(),
        "per_channel": (Y - gains * X).square().mean(),
        "one_gain": (Y - gain * X).square().mean(),
        "one_map": _rest(flat_X, flat_Y).square().mean(),
        "only_shift": Y.square().mean(),
        "luminance": _rest(X @ grey, Y).square().mean(),
        "both_grey": _rest(X @ grey, Y @ grey).square().mean(),
        "transposed": (Y - X @ A.mT).square().mean(),
        "swapped": _rest(Y, X).square().mean(),
        "backwards": (Y - X @ _maps(Y, X)).square().mean(),
        "not_inverted": (Y - X @ X.mT @ Y / 9).square().mean(),
        "other_inverted": (Y - X @ torch.linalg.solve(Y.mT @ Y / 9, X.mT @ Y / 9)).square().mean(),
        "explained": (X @ A).square().mean(),
        "sum": squares.sum(),
        "sum_of_channels": 3 * one,
        "sum_of_pixels": 9 * one,
        "sum_in_windows": 27 * one,
        "sum_of_windows": windows * one,
        "by_picture": windows / (height * width) * one,
        "unbiased": 9 / 8 * one,
        "root": one.sqrt(),
        "roots": squares.mean((1, 2)).sqrt().mean(),
        "absolute": rest.abs().mean(),
        "padded": padded("constant"),
        "padded_like_edge": padded("replicate"),
        "mirrored": padded("reflect"),
        "apart": of(photo, painted, stride=3),
        "every_second": of(photo, painted, stride=2),
        "five_by_five": of(photo, painted, side=5),
        "last_row_missing": inside[:-1, :-1].mean(),
        "middle_pixel": squares[:, 4].mean(),
        "averaged_first": (painted - averaged).square().mean(),
        "unfold_order": _rest(*(_centred(cut(z, 9, 3, windows).permute(2, 0, 1)) for z in (photo, painted)))
        .square()
        .mean(),
        "windows_mixed": _rest(*(_centred(cut(z, windows, 3, 9).mT) for z in (photo, painted))).square().mean(),
        "share": one / Y.square().mean(),
        "worst_window": squares.mean((1, 2)).max(),
        "first_window": squares[0].mean(),
        "last_window": squares[-1].mean(),
        "difference": away.square().mean(),
        "edges": away.diff(dim=2).square().mean() + away.diff(dim=3).square().mean(),
    }
    given = f"photo and painted of shape {list(photo.shape)}"
    mistakes = {mistake: (value.float(), RESIDUAL[mistake]) for mistake, value in results.items()}
    return given, photoreal.affine_residual(photo, painted), mistakes
