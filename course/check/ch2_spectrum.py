"""Check of chapter 2: a picture from a spectrum and colours."""

from __future__ import annotations

import torch
from torch import Tensor

from course.check.engine.compare import Mistakes, compare
from course.check.engine.exercise import Question, exercise
from course.neurons import spectrum as ours

HEIGHT, WIDTH = 6, 9
ODD = "irfft2 cannot know whether the width was odd: tell it the size, s=(height, width)."


@exercise(
    ours.picture_of,
    'section 2, "A better way to write a picture down"',
    stops={
        "Sizes of tensors must match": ("frequencies", "fftfreq(height)[:, None] and rfftfreq(width)[None, :] meet."),
        "must match the size of tensor": (
            "frequencies",
            "Print the shapes: fftfreq(height)[:, None] is [H, 1], rfftfreq(width) is [W // 2 + 1]; waves [.., H, W // 2 + 1].",
        ),
        "Tensor must have a last dimension of size 2": (
            "not_complex",
            "view_as_complex takes the last axis, real and imaginary part, away: call it on the spectrum as it came.",
        ),
        "expected scalar type Float but found ComplexFloat": (
            "complex_colours",
            "Waves are complex, colours are not: go back to pixels first (irfft2), and mix the colours then.",
        ),
        "expected scalar type ComplexFloat but found Float": (
            "complex_colours",
            "Waves are complex, colours are not: go back to pixels first (irfft2), and mix the colours then.",
        ),
        "must have the same dtype": (
            "complex_colours",
            "Waves are complex, colours are not: go back to pixels first (irfft2), and mix the colours then.",
        ),
    },
    solved_by=(),
)
def picture_of(question: Question) -> str:
    """sigmoid(colours @ irfft2(waves / f))."""
    for height, width in ((HEIGHT, WIDTH), (8, 5)):
        draw = question.draw

        def drawn(height: int = height, width: int = width) -> tuple[Tensor, Tensor, int, int]:
            shape = (2, 3, height, width // 2 + 1, 2)
            return 0.3 * draw.normal(*shape), draw.normal(3, 3), height, width  # noqa: B023

        inputs = drawn()
        given = f"a spectrum {list(inputs[0].shape)}, height {height} and width {width}"
        _judge_form(question, inputs, given)
        spectrum, colours, height, width = compare(question, drawn, _results)
        gradient = question.ask("gradient", spectrum, colours, height, width)
        if gradient is None or not gradient.any():
            raise question.wrong(
                "detached",
                "no gradient finds its way back to the spectrum.",
                "The spectrum is what will climb: no detach(), .data, numpy, or a new tensor made of its numbers.",
            )
        question.same(gradient, _gradient(spectrum, colours, height, width), "the gradient to the spectrum", {})
    return "waves over their frequency, added up to pixels, colours mixed, then the sigmoid; odd widths too"


def _judge_form(question: Question, inputs: tuple[Tensor, Tensor, int, int], given: str) -> None:
    """Sizes, and what is infinite: each has a cause of its own here."""
    returned = question.ask("call", *inputs)
    height, width, value = inputs[2], inputs[3], returned.value
    if not isinstance(value, Tensor):
        return
    if tuple(value.shape) == (2, 3, height, width - 1):
        raise question.wrong("odd_width", f"for {given} the picture has width {width - 1}.", ODD)
    if value.is_floating_point() and not value.isfinite().all():
        raise question.wrong(
            "mean_infinite",
            f"for {given} it returned numbers that are NaN or infinite.",
            "The first wave is the mean, its frequency is 0, and 1 / 0 is no weight: .clamp_min(1 / max(height, width)).",
        )


def _gradient(spectrum: Tensor, colours: Tensor, height: int, width: int) -> Tensor:
    x = spectrum.clone().requires_grad_(True)
    with torch.enable_grad():
        return torch.autograd.grad(ours.picture_of(x, colours, height, width).sum(), x)[0]


def _results(spectrum: Tensor, colours: Tensor, height: int, width: int) -> tuple[str, Tensor, Mistakes]:
    waves = torch.view_as_complex(spectrum)
    rows, columns = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None, :]
    least = 1 / max(height, width)
    f = torch.hypot(rows, columns)
    weighted = waves / f.clamp_min(least)

    def pixels(waves: Tensor, norm: str = "ortho") -> Tensor:
        channels: Tensor = torch.fft.irfft2(waves, s=(height, width), norm=norm)
        return channels

    def mixed(channels: Tensor, colours: Tensor = colours) -> Tensor:
        return torch.einsum("ij,bjhw->bihw", colours, channels)

    def with_weights(weights: Tensor) -> Tensor:
        return mixed(pixels(waves * weights)).sigmoid()

    right = mixed(pixels(weighted))
    cycles = torch.hypot(rows * height, columns * width)
    indices = torch.arange(float(height))[:, None], torch.arange(width // 2 + 1.0)[None, :]
    centred = torch.hypot(torch.fft.fftshift(rows, 0), columns)
    return (
        f"a spectrum {list(spectrum.shape)}, height {height} and width {width}",
        ours.picture_of(spectrum, colours, height, width),
        {
            "no_weights": (with_weights(torch.ones_like(f)), "the waves as they are. Divide each by its frequency."),
            "square_of_frequency": (
                with_weights(1 / f.clamp_min(least).square()),
                "divided by the square of the frequency. It is the power that falls with the square.",
            ),
            "no_root": (
                with_weights(1 / (rows.square() + columns.square()).clamp_min(least)),
                "divided by fy^2 + fx^2. The frequency of a wave is the root of that.",
            ),
            "multiplied": (
                with_weights(f.clamp_min(least)),
                "multiplied by the frequency. Photos have little that is fine.",
            ),
            "sum_of_both": (
                with_weights(1 / (rows.abs() + columns).clamp_min(least)),
                "fy + fx. How fast a slanting wave goes up and down is sqrt(fy^2 + fx^2).",
            ),
            "only_rows": (with_weights(1 / rows.abs().clamp_min(least).expand_as(f)), "only the rows' frequency."),
            "only_columns": (with_weights(1 / columns.clamp_min(least).expand_as(f)), "only the columns' frequency."),
            "signed": (
                with_weights(1 / (rows + columns).clamp_min(least)),
                "frequencies with their signs: fftfreq has negative ones too. Square them first.",
            ),
            "shorter_side": (
                with_weights(1 / f.clamp_min(1 / min(height, width))),
                "1 / min(H, W). The slowest wave goes once along the longer side: 1 / max(H, W).",
            ),
            "mean_as_it_is": (
                with_weights(torch.where(f > 0, 1 / f.clamp_min(1e-9), torch.ones_like(f))),
                "the first wave, the mean, has weight 1. It counts as the slowest: max(f, 1 / max(H, W)).",
            ),
            "mean_dropped": (
                with_weights(torch.where(f > 0, 1 / f.clamp_min(1e-9), torch.zeros_like(f))),
                "the first wave, the mean, is gone, and the picture can become neither bright nor dark.",
            ),
            "per_picture": (
                with_weights(1 / cycles.clamp_min(1)),
                "frequencies in waves a picture. In waves a pixel, as fftfreq(height) has them.",
            ),
            "indices": (
                with_weights(1 / torch.hypot(*indices).clamp_min(least)),
                "the wave's index for its frequency. Index 2 of 6 rows is 2 / 6 cycles a pixel: fftfreq and rfftfreq tell.",
            ),
            "no_negative_ones": (
                with_weights(1 / torch.hypot(indices[0] / height, indices[1] / width).clamp_min(least)),
                "frequencies that go on rising. In the lower half of the rows they are negative: torch.fft.fftfreq(height).",
            ),
            "radians": (
                with_weights(1 / (2 * torch.pi * f).clamp_min(least)),
                "frequencies times 2 pi, in radians a pixel. In cycles a pixel, as fftfreq has them.",
            ),
            "added": (
                with_weights(1 / (f + least)),
                "1 / max(H, W) was added to all frequencies. Only those below it become as large: a maximum of two.",
            ),
            "shifted": (
                with_weights(1 / centred.clamp_min(least)),
                "frequencies with 0 in the middle. fft's own order begins with 0: no fftshift, no linspace.",
            ),
            "norm": (
                mixed(pixels(weighted, "backward")).sigmoid(),
                'irfft2 as it comes divides by H W, and nearly nothing is left: norm="ortho".',
            ),
            "norm_forward": (mixed(pixels(weighted, "forward")).sigmoid(), 'norm="forward". It is norm="ortho".'),
            "ifft2": (
                mixed(torch.fft.ifft2(weighted, s=(height, width), norm="ortho").real).sigmoid(),
                "ifft2, which takes the missing half of the waves for 0. irfft2 knows that it mirrors the first.",
            ),
            "real_part": (
                mixed(pixels(torch.complex(weighted.real, torch.zeros_like(weighted.real)))).sigmoid(),
                "the real parts alone. Without the imaginary ones every picture is its own mirror image.",
            ),
            "no_sigmoid": (right, "no sigmoid: a picture lies in [0, 1]."),
            "sigmoid_first": (mixed(pixels(weighted).sigmoid()), "the sigmoid in front of the colours. It comes last."),
            "both_sigmoids": (mixed(pixels(weighted).sigmoid()).sigmoid(), "two sigmoids. One, at the end."),
            "colours_transposed": (
                mixed(pixels(weighted), colours.T).sigmoid(),
                "the colours transposed: colours[i, j] says how much of channel j goes into R, G or B.",
            ),
            "no_colours": (pixels(weighted).sigmoid(), "the channels as they are: colours mix them to R, G and B."),
            "stretched": (
                (right.sigmoid() - right.sigmoid().min()) / (right.sigmoid().max() - right.sigmoid().min()),
                "stretched from 0 to 1. Then one pixel changes all others: the sigmoid is enough.",
            ),
            "clamped": (
                right.clamp(0, 1),
                "a clamp. Where it cuts there is no gradient: the sigmoid has one everywhere.",
            ),
            "tanh": (right.tanh(), "a tanh, which goes from -1 to 1."),
            "first_of_batch": (
                mixed(pixels(weighted[:1].expand_as(weighted))).sigmoid(),
                "the first spectrum of the batch for all.",
            ),
        },
    )
