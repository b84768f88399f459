"""Chapter 2: what students write by mistake for a picture from a spectrum."""

import torch

from classroom.mistakes.registry import wrong


def frequency(height, width):
    """Of each wave, in cycles a pixel."""
    return torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None])


def pixels(waves, height, width, norm="ortho"):
    """The sum of the waves."""
    return torch.fft.irfft2(waves, s=(height, width), norm=norm)


def mixed(channels, colours):
    """R, G and B."""
    return torch.einsum("ij,bjhw->bihw", colours, channels)


def weighing(weights):
    """A picture whose waves are weighted otherwise; `weights` takes frequency, height, width."""

    def picture_of(spectrum, colours, height, width):
        waves = torch.view_as_complex(spectrum) * weights(frequency(height, width), height, width)
        return mixed(pixels(waves, height, width), colours).sigmoid()

    return picture_of


def ending(end):
    """A picture with another end; `end` takes the channels and the colours."""

    def picture_of(spectrum, colours, height, width):
        waves = torch.view_as_complex(spectrum) / frequency(height, width).clamp_min(1 / max(height, width))
        return end(pixels(waves, height, width), colours)

    return picture_of


def rows(height, width):
    """Frequency along the columns of numbers, of each wave."""
    return torch.fft.fftfreq(height)[:, None].expand(-1, width // 2 + 1)


def columns(height, width):
    """Frequency along the rows of numbers, of each wave."""
    return torch.fft.rfftfreq(width)[None].expand(height, -1)


wrong("picture_of", "no_weights")(weighing(lambda f, h, w: torch.ones_like(f)))
wrong("picture_of", "square_of_frequency")(weighing(lambda f, h, w: 1 / f.clamp_min(1 / max(h, w)) ** 2))
wrong("picture_of", "no_root")(
    weighing(lambda f, h, w: 1 / (rows(h, w) ** 2 + columns(h, w) ** 2).clamp_min(1 / max(h, w)))
)
wrong("picture_of", "multiplied")(weighing(lambda f, h, w: f.clamp_min(1 / max(h, w))))
wrong("picture_of", "sum_of_both")(
    weighing(lambda f, h, w: 1 / (rows(h, w).abs() + columns(h, w).abs()).clamp_min(1 / max(h, w)))
)
wrong("picture_of", "only_rows")(weighing(lambda f, h, w: 1 / rows(h, w).abs().clamp_min(1 / max(h, w))))
wrong("picture_of", "only_columns")(weighing(lambda f, h, w: 1 / columns(h, w).clamp_min(1 / max(h, w))))
wrong("picture_of", "signed")(weighing(lambda f, h, w: 1 / (rows(h, w) + columns(h, w)).clamp_min(1 / max(h, w))))
wrong("picture_of", "shorter_side")(weighing(lambda f, h, w: 1 / f.clamp_min(1 / min(h, w))))
wrong("picture_of", "mean_as_it_is")(weighing(lambda f, h, w: torch.where(f > 0, 1 / f, torch.ones_like(f))))
wrong("picture_of", "mean_dropped")(weighing(lambda f, h, w: torch.where(f > 0, 1 / f, torch.zeros_like(f))))
wrong("picture_of", "mean_infinite")(weighing(lambda f, h, w: 1 / f))
wrong("picture_of", "radians")(weighing(lambda f, h, w: 1 / (2 * torch.pi * f).clamp_min(1 / max(h, w))))
wrong("picture_of", "added")(weighing(lambda f, h, w: 1 / (f + 1 / max(h, w))))
wrong("picture_of", "indices")(
    weighing(
        lambda f, h, w: (
            1 / torch.hypot(torch.arange(1.0 * h)[:, None], torch.arange(w // 2 + 1.0)).clamp_min(1 / max(h, w))
        )
    )
)
wrong("picture_of", "no_negative_ones")(
    weighing(lambda f, h, w: 1 / torch.hypot(torch.arange(h)[:, None] / h, columns(h, w)).clamp_min(1 / max(h, w)))
)
wrong("picture_of", "per_picture")(
    weighing(lambda f, h, w: 1 / torch.hypot(h * rows(h, w), w * columns(h, w)).clamp_min(1))
)
wrong("picture_of", "shifted")(
    weighing(lambda f, h, w: 1 / torch.hypot(torch.fft.fftshift(rows(h, w), 0), columns(h, w)).clamp_min(1 / max(h, w)))
)
wrong("picture_of", "no_sigmoid")(ending(mixed))
wrong("picture_of", "sigmoid_first")(ending(lambda x, colours: mixed(x.sigmoid(), colours)))
wrong("picture_of", "both_sigmoids")(ending(lambda x, colours: mixed(x.sigmoid(), colours).sigmoid()))
wrong("picture_of", "colours_transposed")(ending(lambda x, colours: mixed(x, colours.T).sigmoid()))
wrong("picture_of", "no_colours")(ending(lambda x, colours: x.sigmoid()))
wrong("picture_of", "clamped")(ending(lambda x, colours: mixed(x, colours).clamp(0, 1)))
wrong("picture_of", "tanh")(ending(lambda x, colours: mixed(x, colours).tanh()))


def transformed(waves_of, norm="ortho"):
    """A picture whose waves come otherwise out of the spectrum."""

    def picture_of(spectrum, colours, height, width):
        waves = waves_of(spectrum) / frequency(height, width).clamp_min(1 / max(height, width))
        return mixed(pixels(waves, height, width, norm), colours).sigmoid()

    return picture_of


wrong("picture_of", "norm")(transformed(torch.view_as_complex, "backward"))
wrong("picture_of", "norm_forward")(transformed(torch.view_as_complex, "forward"))
wrong("picture_of", "real_part")(transformed(lambda spectrum: spectrum[..., 0] + 0j))
wrong("picture_of", "first_of_batch")(
    transformed(lambda spectrum: torch.view_as_complex(spectrum)[:1].repeat(len(spectrum), 1, 1, 1))
)
wrong("picture_of", "detached")(transformed(lambda spectrum: torch.view_as_complex(spectrum.detach())))
wrong("picture_of", "not_complex")(transformed(lambda spectrum: torch.view_as_complex(spectrum[..., 0])))


@wrong("picture_of", "odd_width")
def _(spectrum, colours, height, width):
    waves = torch.view_as_complex(spectrum) / frequency(height, width).clamp_min(1 / max(height, width))
    return mixed(torch.fft.irfft2(waves, norm="ortho"), colours).sigmoid()


@wrong("picture_of", "frequencies")
def _(spectrum, colours, height, width):
    f = torch.hypot(torch.fft.fftfreq(width)[:, None], torch.fft.rfftfreq(height)[None])
    waves = torch.view_as_complex(spectrum) / f.clamp_min(1 / max(height, width))
    return mixed(pixels(waves, height, width), colours).sigmoid()


@wrong("picture_of", "complex_colours")
def _(spectrum, colours, height, width):
    waves = torch.view_as_complex(spectrum) / frequency(height, width).clamp_min(1 / max(height, width))
    return pixels(torch.einsum("ij,bjhw->bihw", colours, waves), height, width).sigmoid()


@wrong("picture_of", "modifies_input")
def _(spectrum, colours, height, width):
    spectrum /= frequency(height, width).clamp_min(1 / max(height, width))[..., None]
    return mixed(pixels(torch.view_as_complex(spectrum), height, width), colours).sigmoid()


@wrong("picture_of", "stretched")
@ending
def _(channels, colours):
    picture = mixed(channels, colours).sigmoid()
    return (picture - picture.min()) / (picture.max() - picture.min())


@wrong("picture_of", "ifft2")
def _(spectrum, colours, height, width):
    waves = torch.view_as_complex(spectrum) / frequency(height, width).clamp_min(1 / max(height, width))
    return mixed(torch.fft.ifft2(waves, s=(height, width), norm="ortho").real, colours).sigmoid()
