"""Checks of chapter 2, uphill: gradient ascent, and what an octave of a dream does around it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from course.check.ch2_probes import Climbed, Dreamt
from course.check.engine.differences import agree
from course.check.engine.exercise import Question, exercise
from course.neurons import ascent, dreaming

Move = Callable[[Tensor, int], Tensor]
Mistakes = dict[str, tuple[Tensor | float, str]]
SHAPE = (1, 3, 4, 5)
STEPS, SIZE = 3, 0.2


@exercise(
    ascent.ascend,
    'section 1, "Uphill"',
    stops={
        "does not require grad": (
            "asks_for_no_gradient",
            "The picture must ask for a gradient before the score is computed: x.requires_grad_(True).",
        ),
        "backward through the graph a second time": (
            "scored_once",
            "The score was computed once, outside the loop. Each step asks for the score of the picture as it is now.",
        ),
        "unsupported operand type(s) for *: 'float' and 'NoneType'": (
            "grad_is_none",
            "x.grad is None: a picture that was computed from another one keeps no gradient. Detach it first.",
        ),
        ".grad attribute of a Tensor that is not a leaf": (
            "grad_is_none",
            "x was computed from another tensor, and backward() writes no gradient there. Detach x before each step.",
        ),
        "'NoneType' object has no attribute": (
            "grad_is_none",
            "x.grad is None: it is written by backward(), and only for a tensor that was not computed from another one.",
        ),
    },
    solved_by=(ascent.climb, ascent.step_uphill),
)
def ascend(question: Question) -> str:
    """x + step_size * g / rms(g), several times."""
    picture, top = question.draw.normal(*SHAPE), 3 * question.draw.normal(*SHAPE)
    weights = question.draw.uniform(*SHAPE) + 0.2
    for factor, given in (
        (1.0, "a score with one top"),
        (1000.0, "the same score times 1000"),
        (0.01, "the same score divided by 100"),
    ):
        found: Climbed = question.ask("climb_of", picture, top, weights, factor, STEPS, SIZE)
        given = f"{given}, {STEPS} steps of {SIZE}"
        got, end = question.tensor(found.returned, SHAPE, given), _end(picture, top, weights, factor)
        if factor < 1 and not agree(got, end):
            raise question.wrong(
                "large_epsilon",
                f"for {given} it went {float((got - picture).norm() / (end - picture).norm()):.2f} times as far.",
                "Slopes may be small. What keeps 0 / 0 away must be far smaller than any of them: rms.clamp_min(1e-12).",
            )
        question.same(got, end, given, _missteps(picture, top, weights, factor))
        if found.attached:
            raise question.wrong(
                "attached",
                f"for {given} the numbers are right, but the picture still knows how it was made.",
                "All steps stay in memory, and the next user's gradient goes back through them: return x.detach().",
            )
        if found.evaluations > STEPS:
            raise question.wrong(
                "evaluates_again",
                f"for {STEPS} steps it asked for the score {found.evaluations} times.",
                "Once for each step is enough: each is a way through the network, and back.",
            )
    _judge_flat(question, picture, top, weights)
    return "steps of one length, uphill, however steep it is; where it is flat it stays; the start is left alone"


def _judge_flat(question: Question, picture: Tensor, top: Tensor, weights: Tensor) -> None:
    found: Climbed = question.ask("climb_of", picture, top, weights, 0.0, STEPS, SIZE)
    given = "a score without any slope"
    value = found.returned.value
    if isinstance(value, Tensor) and not value.isfinite().all():
        raise question.wrong(
            "flat_is_nan",
            f"for {given} it returned NaN.",
            "0 / 0. A ReLU that is shut gives just this: divide by rms + 1e-12, or by rms.clamp_min(1e-12).",
        )
    if found.returned.echo is None:
        question.same(question.tensor(found.returned, SHAPE, given), picture, given, {})


def _climb(picture: Tensor, slope: Callable[[Tensor], Tensor], move: Move, steps: int = STEPS) -> Tensor:
    x = picture
    for number in range(steps):
        x = x + SIZE * move(slope(x), number)
    return x


def _rms(g: Tensor) -> Tensor:
    return g.square().mean().sqrt()


def _end(picture: Tensor, top: Tensor, weights: Tensor, factor: float) -> Tensor:
    return _climb(picture, lambda x: factor * weights * (top - x), lambda g, _: g / _rms(g))


def _missteps(picture: Tensor, top: Tensor, weights: Tensor, factor: float) -> Mistakes:
    """Where somebody arrives who climbs otherwise."""

    def slope(x: Tensor) -> Tensor:
        return factor * weights * (top - x)

    def by(move: Move, steps: int = STEPS) -> Tensor:
        return _climb(picture, slope, move, steps)

    def sums() -> Tensor:
        x, total = picture, torch.zeros_like(picture)
        for _ in range(STEPS):
            total = total + slope(x)
            x = x + SIZE * total / _rms(total)
        return x

    def clamped_each_time() -> Tensor:
        x = picture
        for _ in range(STEPS):
            g = slope(x)
            x = (x + SIZE * g / _rms(g)).clamp(0, 1)
        return x

    first = slope(picture)
    end = by(lambda g, _: g / _rms(g))
    return {
        "descends": (
            by(lambda g, _: -g / _rms(g)),
            "downhill. An optimiser makes a loss small; here the score shall grow, so the gradient is added.",
        ),
        "accumulates": (sums(), "gradients that add up: backward() adds to x.grad. Begin each step without one."),
        "not_normalised": (
            by(lambda g, _: g),
            "the gradient as it is. Divide by its root mean square, or a score times 1000 runs away.",
        ),
        "mean_absolute": (
            by(lambda g, _: g / g.abs().mean()),
            "divided by the mean absolute value. Google's DeepDream did that; here it is the root mean square.",
        ),
        "norm": (
            by(lambda g, _: g / g.norm()),
            "divided by the norm, the root of the sum. The larger the picture, the smaller a pixel's step: take the mean.",
        ),
        "largest": (by(lambda g, _: g / g.abs().max()), "divided by the largest value. It is the root mean square."),
        "mean_square": (by(lambda g, _: g / g.square().mean()), "divided by the mean square: the root is missing."),
        "sum": (by(lambda g, _: g / g.sum()), "divided by the sum, which may be negative or 0."),
        "deviation": (
            by(lambda g, _: g / g.std(correction=0)),
            "divided by the standard deviation, which takes the mean away first. Root of the mean of squares.",
        ),
        "centred": (
            by(lambda g, _: (g - g.mean()) / _rms(g)),
            "the gradient's mean was taken away. It is a direction like any other.",
        ),
        "deviation_of_n_less_one": (by(lambda g, _: g / g.std()), "divided by std(): root of the mean of squares."),
        "signs": (by(lambda g, _: g.sign()), "only the signs. Steep directions count for more than flat ones."),
        "one_step": (by(lambda g, _: g / _rms(g), 1), "one step. Does a return stand inside the loop?"),
        "one_less": (by(lambda g, _: g / _rms(g), STEPS - 1), "one step too few. range(steps) makes as many as steps."),
        "one_more": (by(lambda g, _: g / _rms(g), STEPS + 1), "one step too many. range(steps) begins with 0."),
        "first_slope": (
            picture + STEPS * SIZE * first / _rms(first),
            "the first gradient, walked along for all steps. The slope is another one at each place.",
        ),
        "first_length": (
            by(lambda g, _: g / _rms(first)),
            "divided by the first gradient's root mean square in all steps. Each step divides by that of its own.",
        ),
        "clamped_each_time": (
            clamped_each_time(),
            "clamped to [0, 1] after each step. What climbs need not be a picture: leave that to whoever calls.",
        ),
        "shared_out": (
            by(lambda g, _: g / _rms(g) / STEPS),
            "step_size shared out among the steps. Each step is that long.",
        ),
        "shorter_and_shorter": (by(lambda g, n: g / _rms(g) / (n + 1)), "steps that become shorter. All are as long."),
        "clamped": (
            _climb(picture.clamp(0, 1), slope, lambda g, _: g / _rms(g)).clamp(0, 1),
            "clamped to [0, 1]. What climbs need not be a picture: leave that to whoever calls.",
        ),
        "clamped_at_the_end": (end.clamp(0, 1), "clamped to [0, 1] at the end. Leave that to whoever calls."),
        "only_the_way": (end - picture, "the way that was gone, without the picture that it began with."),
    }


@exercise(
    dreaming.dream_octave,
    'section 5, "Dreams"',
    stops={
        "must match the size of tensor": (
            "not_enlarged",
            "The detail comes from a smaller octave. Bring it to the photo's height and width before you add it.",
        ),
        "rolls": ("shift_is_two", "shift has rows and columns, and there are two axes: .roll(shift, dims=(2, 3))."),
        "bad operand type for unary -": (
            "minus_of_a_pair",
            "A pair of numbers has no minus: rows, columns = shift, and then (-rows, -columns).",
        ),
    },
    solved_by=(),
)
def dream_octave(question: Question) -> str:
    """Enlarge, add, roll, climb, roll back, take the photo away."""
    draw = question.draw
    photo, factor, more = draw.uniform(1, 3, 9, 14), draw.uniform(1, 3, 9, 14) + 0.5, 0.3 * draw.normal(1, 3, 9, 14)
    shift = (draw.whole(1, 3), draw.whole(4, 6))
    for height, width in ((6, 10), (9, 14)):
        detail = 0.5 * draw.normal(1, 3, height, width)
        given = f"a photo of 9 x 14, a detail of {height} x {width} and the shift {shift}"
        found: Dreamt = question.ask("octave_of", photo, detail, factor, more, shift)
        question.present(found.returned, given)
        _judge_climb(question, found, photo, detail, shift, given)
        _judge_detail(question, found, photo, detail, (factor, more), shift, given)
    return "the detail enlarged and added, moved, climbed, moved back; what is new beside the photo comes back"


def _moved(image: Tensor, rows: int, columns: int) -> Tensor:
    return image.roll((rows, columns), (2, 3))


def _stays(image: Tensor, rows: int, columns: int) -> Tensor:
    """1 where something is that was moved and did not go over the border, [H, W]."""
    inside = torch.zeros(image.shape[2:])
    inside[rows:, columns:] = 1.0
    return inside


def _enlarged(detail: Tensor, photo: Tensor, mode: str = "bilinear", corners: bool | None = None) -> Tensor:
    return functional.interpolate(detail, photo.shape[2:], mode=mode, align_corners=corners)


def _judge_climb(
    question: Question, found: Dreamt, photo: Tensor, detail: Tensor, shift: tuple[int, int], given: str
) -> None:
    """Whether the climb was given the right picture, and once."""
    if len(found.seen) != 1:
        raise question.wrong(
            "climbs_never" if not found.seen else "climbs_again",
            f"for {given} climb was called {len(found.seen)} times, expected once.",
            "climb(picture) gives a picture that pleases the layer more."
            if not found.seen
            else "How many steps are climbed is climb's own business: call it once.",
        )
    (seen,) = found.seen
    if seen is None or tuple(seen.shape) != tuple(photo.shape):
        size = "something else" if seen is None else f"a picture of {seen.shape[-2]} x {seen.shape[-1]}"
        raise question.wrong(
            "climbs_small",
            f"for {given} climb was given {size}, expected the photo's size.",
            "Enlarge the detail to the photo's size, and add the photo: that is what climbs.",
        )
    rows, columns = shift
    large = _enlarged(detail, photo)
    whole = photo + large
    question.same(
        seen,
        _moved(whole, rows, columns),
        f"the picture that climb was given, for {given},",
        {
            "not_rolled": (whole, "the picture was not moved before it climbed: .roll(shift, dims=(2, 3))."),
            "rolled_back_first": (_moved(whole, -rows, -columns), "moved by the shift turned round. First as it is."),
            "axes_turned": (_moved(whole, columns, rows), "rows and columns changed places: dims=(2, 3), not (3, 2)."),
            "no_detail": (_moved(photo, rows, columns), "the photo alone. What was dreamt before is lost."),
            "no_photo": (_moved(large, rows, columns), "the detail alone. The layer is to see the photo with it."),
            "detail_not_moved": (_moved(photo, rows, columns) + large, "only the photo was moved, and not the detail."),
            "photo_not_moved": (photo + _moved(large, rows, columns), "only the detail was moved, and not the photo."),
            "taken_away": (_moved(photo - large, rows, columns), "the detail was taken away, where it is added."),
            "clamped": (
                _moved(whole.clamp(0, 1), rows, columns),
                "clamped to [0, 1]. What is cut off never comes back.",
            ),
            "detail_clamped": (
                _moved(photo + large.clamp(0, 1), rows, columns),
                "the detail was clamped. It is a difference: half of it is negative.",
            ),
            "nearest": (
                _moved(photo + _enlarged(detail, photo, "nearest"), rows, columns),
                'the detail in squares. functional.interpolate enlarges by "nearest" unless told mode="bilinear".',
            ),
            "bicubic": (
                _moved(photo + _enlarged(detail, photo, "bicubic", False), rows, columns),
                'enlarged bicubically. No mistake, but the check compares numbers: mode="bilinear".',
            ),
            "corners": (
                _moved(photo + _enlarged(detail, photo, corners=True), rows, columns),
                "align_corners=True, which puts corner pixels on corner pixels. Leave it out.",
            ),
            "detail_scaled": (
                _moved(photo + large * (detail.shape[2] / photo.shape[2]), rows, columns),
                "the detail became weaker as it was enlarged. Enlarging moves numbers apart and changes none.",
            ),
            "photo_enlarged": (
                _moved(_enlarged(_enlarged(photo, detail) + detail, photo), rows, columns),
                "the photo was made small, and enlarged with the detail: it is blurred now. Add the detail to it as it is.",
            ),
            "not_round": (
                _moved(whole, rows, columns) * _stays(photo, rows, columns),
                "what left at one side did not come back at the other. roll moves round and loses nothing.",
            ),
            "only_rows": (whole.roll(rows, 2), "moved along the rows' axis only. shift has two numbers."),
            "only_columns": (whole.roll(columns, 3), "moved along the columns' axis only. shift has two numbers."),
        },
    )


def _judge_detail(
    question: Question,
    found: Dreamt,
    photo: Tensor,
    detail: Tensor,
    climb: tuple[Tensor, Tensor],
    shift: tuple[int, int],
    given: str,
) -> None:
    rows, columns = shift
    large = _enlarged(detail, photo)
    climbed = _moved(photo + large, rows, columns) * climb[0] + climb[1]
    back = _moved(climbed, -rows, -columns)
    got = question.tensor(found.returned, photo.shape, given)
    if agree(got, large) and not agree(large, back - photo):
        raise question.wrong(
            "result_unused",
            f"for {given} the enlarged detail came back as it was.",
            "climb returns a new picture and leaves the one it is given alone: keep what it returns.",
        )
    question.same(
        got,
        back - photo,
        given,
        {
            "not_rolled_back": (climbed - photo, "not moved back: its details lie beside what they belong to."),
            "rolled_twice": (
                _moved(climbed, rows, columns) - photo,
                "moved forwards twice. Back is (-rows, -columns).",
            ),
            "returns_picture": (back, "the whole picture. What is asked for is the detail: take the photo away."),
            "returns_moved_picture": (
                climbed,
                "the picture as it climbed: neither moved back nor the photo taken away.",
            ),
            "photo_taken_too_early": (
                _moved(climbed - photo, -rows, -columns),
                "the photo was taken away before the picture was moved back: the one was moved, the other not.",
            ),
            "only_new": (
                back - photo - large,
                "only what this octave added. The detail is all that was dreamt so far: take the photo away, no more.",
            ),
            "only_new_moved": (
                climbed - _moved(photo + large, rows, columns),
                "what the climb added, not moved back. All that was dreamt so far is asked for.",
            ),
            "clamped_at_the_end": (back.clamp(0, 1) - photo, "clamped to [0, 1]. Leave that to climb, and to the eye."),
            "detail_clamped_at_the_end": (
                (back - photo).clamp(0, 1),
                "a detail clamped to [0, 1]. It is a difference: what became darker is negative.",
            ),
            "turned": (photo - back, "the sign: what the dream has more than the photo is dream - photo."),
            "axes_turned_back": (
                _moved(climbed, -columns, -rows) - photo,
                "rows and columns changed places on the way back.",
            ),
            "added": (back + photo, "the photo was added, where it is taken away."),
        },
    )
