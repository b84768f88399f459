"""Painters that are trained once: networks that turn a photo into a painting in one pass (Johnson et al., 1603.08155).

::

    painter = Painter(styles=("swirls", "chalk"))
    painting = painter(photo)                         # [B, 3, H, W] -> [B, 3, H, W], all in the first style
    painting = painter(photo, painter.share("chalk"))
    painting = painter(photo, torch.tensor([[0.5, 0.5]]))  # half way from one to the other

Untrained, it paints noise; `course.training` trains it. A style is only a scale and a shift for each normalised channel
(Dumoulin et al., 1610.07629), so one network holds many, and shares of them.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from course.errors import InputError, check_string, nearest
from course.files import DATA, StrPath, given_path, shown, status, write_atomically
from course.images import check_range

PAINTERS = DATA / "painters"

# What torch.load and those who read its result raise when the bytes are not what they should be.
DAMAGE = (OSError, EOFError, RuntimeError, UnpicklingError, LookupError, TypeError, ValueError, AttributeError)

Layer = Callable[[Tensor], Tensor]

EPSILON = 1e-5
EDGE = 5  # side of the filters of the first and the last convolution, in pixels; Johnson et al. have 9, which is slower
HALVINGS = 2


def instance_norm(x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """Each channel of each picture to mean beta and standard deviation |gamma| (Ulyanov et al., 1607.08022).

    gamma (x - mean) / sqrt(variance + 1e-5) + beta, with mean and (biased) variance over the positions of one channel
    of one picture: the contrast of a photo does not get through.

    Args:
        x: feature maps, [B, N, H, W].
        gamma: [N], or [B, N] for a style of its own for each picture.
        beta: the same.
    """
    batch, channels, height, width = x.shape
    gamma, beta = gamma.expand(batch, channels), beta.expand(batch, channels)
    # To batch norm with a batch of one, every channel of every picture is a channel of its own.
    channels_of_all = x.reshape(1, batch * channels, height, width)
    normalised = functional.batch_norm(
        channels_of_all, None, None, gamma.reshape(-1), beta.reshape(-1), training=True, eps=EPSILON
    )
    return normalised.view(batch, channels, height, width)


def conditional_instance_norm(x: Tensor, gammas: Tensor, betas: Tensor, shares: Tensor) -> Tensor:
    """Instance norm by each picture's own mixture of styles (Dumoulin et al., 1610.07629, equation 5); shape of x.

    Picture b has gamma = sum_k shares[b, k] gammas[k], and beta likewise: shares that are 1 and 0 choose a style.

    Args:
        x: feature maps, [B, N, H, W].
        gammas: the scales of every style, [styles, N].
        betas: the shifts of every style, [styles, N].
        shares: of the styles in each picture, [B, styles]. They are taken as they come, whatever their sum.
    """
    return instance_norm(x, shares @ gammas, shares @ betas)


def convolve(x: Tensor, weight: Tensor, stride: int = 1) -> Tensor:
    """A convolution whose maps go on beyond the border with the values at it: [B, n, H, W] -> [B, N, H', W']."""
    pad = weight.shape[2] // 2
    return functional.conv2d(functional.pad(x, (pad,) * 4, mode="replicate"), weight, stride=stride)


def enlarge(x: Tensor, weight: Tensor) -> Tensor:
    """Twice as high and wide: bilinear interpolation, then a convolution (Odena et al. 2016); [B, n, H, W].

    A transposed convolution reaches its pixels by unequally many weights, which shows as a checkerboard.
    """
    larger = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    return convolve(larger, weight)


def residual_block(x: Tensor, first: Layer, second: Layer) -> Tensor:
    """x + second(relu(first(x))): a block learns what to change, and none is better than nothing (1512.03385).

    Args:
        x: feature maps, [B, N, H, W].
        first: maps -> maps of the same shape, a convolution with its norm.
        second: another such layer. No ReLU comes after it: a change may be negative.
    """
    return x + second(functional.relu(first(x)))


@dataclass(frozen=True)
class Parts:
    """The functions that a painter is made of: ours, or your own.

    A painter of one style is normalised by `instance_norm`, one of several by `conditional_instance_norm`.
    """

    instance_norm: Callable[[Tensor, Tensor, Tensor], Tensor] = instance_norm
    residual_block: Callable[[Tensor, Layer, Layer], Tensor] = residual_block
    enlarge: Callable[[Tensor, Tensor], Tensor] = enlarge
    conditional_instance_norm: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = conditional_instance_norm


class Norm(nn.Module):
    """Conditional instance norm: a scale and a shift for each channel in each style (Dumoulin et al., equation 5).

    Attributes:
        gammas, betas: [styles, N].
    """

    def __init__(self, styles: int, channels: int) -> None:
        super().__init__()
        self.gammas = nn.Parameter(torch.ones(styles, channels))
        self.betas = nn.Parameter(torch.zeros(styles, channels))

    def forward(self, x: Tensor, shares: Tensor, parts: Parts) -> Tensor:
        """Maps [B, N, H, W] and shares [B, styles] -> maps. Of a single style, gamma and beta are [N]."""
        if len(self.gammas) == 1:
            return parts.instance_norm(x, self.gammas[0], self.betas[0])
        return parts.conditional_instance_norm(x, self.gammas, self.betas, shares)


class Residual(nn.Module):
    """x plus what two convolutions make of it (He et al., 1512.03385): maps [B, N, H, W] of one size and width."""

    def __init__(self, styles: int, channels: int) -> None:
        super().__init__()
        self.first, self.second = filters(channels, channels, 3), filters(channels, channels, 3)
        self.first_norm, self.second_norm = Norm(styles, channels), Norm(styles, channels)

    def forward(self, x: Tensor, shares: Tensor, parts: Parts) -> Tensor:
        """Maps [B, N, H, W] and shares [B, styles] -> maps."""
        return parts.residual_block(
            x,
            lambda maps: self.first_norm(convolve(maps, self.first), shares, parts),
            lambda maps: self.second_norm(convolve(maps, self.second), shares, parts),
        )


def filters(inputs: int, outputs: int, side: int) -> nn.Parameter:
    """Random filters [outputs, inputs, side, side], as He et al. (1502.01852) draw them for ReLU networks."""
    return nn.Parameter(torch.randn(outputs, inputs, side, side) * (2 / (inputs * side**2)) ** 0.5)


class Painter(nn.Module):
    """A photo in, a painting out.

    A convolution, two that halve the size, residual blocks, two enlargements, a last convolution; after each but the
    last a conditional instance norm and a ReLU.

    Args:
        styles: their names; a network for one style has one.
        width: channels at full size; twice as many at half, four times as many at a quarter.
        blocks: how many residual blocks.
        seed: of the random weights.
        parts: the functions that it is made of.

    Raises:
        InputError: without styles, for two of one name, and for names that are no strings.
    """

    @torch.inference_mode(False)  # made inside that mode, its weights could never be trained
    def __init__(
        self, styles: Sequence[str], width: int = 16, blocks: int = 3, seed: int = 0, parts: Parts | None = None
    ) -> None:
        super().__init__()
        if isinstance(styles, str) or not isinstance(styles, Sequence):
            raise InputError(f"styles must be a list of names such as ['swirls'], not {type(styles).__name__}")
        for style in styles:
            check_string(style, "the name of a style", "swirls")
        if not styles or len(set(styles)) < len(styles):
            raise InputError(f"a painter needs at least one style, each once, not {list(styles)}")
        self.styles, self.width, self.blocks = tuple(styles), width, blocks
        self.parts = parts or Parts()
        count = len(self.styles)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.first = filters(3, width, EDGE)
            self.halving = nn.ParameterList(filters(width << k, width << (k + 1), 3) for k in range(HALVINGS))
            self.residuals = nn.ModuleList(Residual(count, width << HALVINGS) for _ in range(blocks))
            self.enlarging = nn.ParameterList(
                filters(width << (k + 1), width << k, 3) for k in reversed(range(HALVINGS))
            )
            self.last = nn.Parameter(filters(width, 3, EDGE).detach() * 0.5)
            self.bias = nn.Parameter(torch.zeros(3))
        widths = [width << k for k in (0, 1, 2, 1, 0)]
        self.norms = nn.ModuleList(Norm(count, channels) for channels in widths)

    def share(self, style: str) -> Tensor:
        """The shares [1, styles] of one style alone.

        Raises:
            InputError: if the painter does not know it; the message suggests the nearest. Also if it is no string.
        """
        check_string(style, "the name of a style", self.styles[0])
        if style not in self.styles:
            hint = nearest(style, self.styles) or f"; it knows {', '.join(self.styles)}"
            raise InputError(f"this painter has not learnt {style!r}{hint}")
        return torch.eye(len(self.styles), device=self.bias.device)[[self.styles.index(style)]]

    def forward(self, image: Tensor, shares: Tensor | None = None) -> Tensor:
        """The painting [B, 3, H, W], RGB, of a photo of any size; values may lie somewhat outside [0, 1].

        Args:
            image: [B, 3, H, W], RGB in [0, 1].
            shares: of the styles, [B, styles] or [1, styles]; the first style alone if left out.

        Raises:
            InputError: for something that is no picture, or was normalised, or shares of another shape.
        """
        check_range(image, "the photo")
        height, width = image.shape[2:]
        shares = self._checked(self.share(self.styles[0]) if shares is None else shares, len(image))
        right, below = _missing(width), _missing(height)
        x = functional.pad(image, (0, right, 0, below), mode="replicate")
        norms = iter(self.norms)
        x = functional.relu(next(norms)(convolve(x * 4 - 2, self.first), shares, self.parts))
        for weight in self.halving:
            x = functional.relu(next(norms)(convolve(x, weight, stride=2), shares, self.parts))
        for residual in self.residuals:
            x = residual(x, shares, self.parts)
        for weight in self.enlarging:
            x = functional.relu(next(norms)(self.parts.enlarge(x, weight), shares, self.parts))
        painted: Tensor = convolve(x, self.last)[..., :height, :width] + self.bias.view(1, 3, 1, 1)
        return 0.5 + painted / 4

    def _checked(self, shares: Tensor, pictures: int) -> Tensor:
        if shares.dim() != 2 or shares.shape[1] != len(self.styles) or shares.shape[0] not in (1, pictures):
            raise InputError(
                f"shares must be [{pictures}, {len(self.styles)}], a row for each picture, not {list(shares.shape)}"
            )
        return shares.to(self.bias).expand(pictures, -1)

    @torch.no_grad()
    def paint(self, photo: Tensor, shares: Tensor | None = None) -> Tensor:
        """A painting to look at, [B, 3, H, W] in [0, 1], without a graph; the arguments are those of a call."""
        painted: Tensor = self(photo, shares)
        return painted.clamp(0, 1)

    def in_each_style(self, photo: Tensor) -> Iterator[tuple[str, Tensor]]:
        """The photo [1, 3, H, W] in one style after the other: name and painting, as soon as it is there."""
        for style in self.styles:
            yield style, self.paint(photo, self.share(style))

    def mixture(self, shares: Mapping[str, float]) -> Tensor:
        """The shares [1, styles] of a mixture, brought to the sum 1: ``{"swirls": 2, "chalk": 1}``.

        Raises:
            InputError: for an unknown style, no style, a negative share, or none above 0.
        """
        if not isinstance(shares, Mapping):
            raise InputError(f"shares must be a dictionary such as {{'swirls': 1}}, not {type(shares).__name__}")
        if not shares or min(shares.values()) < 0 or not 0 < sum(shares.values()) < math.inf:
            raise InputError(f"shares must be numbers >= 0, at least one of them positive, not {dict(shares)}")
        rows = [self.share(style) * share for style, share in shares.items()]
        return torch.cat(rows).sum(0, keepdim=True) / sum(shares.values())

    def save(self, path: StrPath) -> None:
        """Writes styles and weights in half precision, whole or not at all; makes the folder if it is missing.

        Raises:
            InputError: if it cannot be written.
        """
        state = {name: tensor.half() for name, tensor in self.state_dict().items()}
        buffer = io.BytesIO()
        torch.save({"styles": self.styles, "width": self.width, "blocks": self.blocks, "weights": state}, buffer)
        write_atomically(given_path(path), buffer.getvalue())


def _missing(length: int) -> int:
    """How many pixels a side lacks so that it can be halved, and two are left of it: one alone has no variance."""
    step = 1 << HALVINGS
    return max(-length % step, 2 * step - length)


def load_painter(name_or_path: StrPath) -> Painter:
    """A painter of ``data/painters`` by its name, such as "twenty", or of a file that `Painter.save` wrote.

    Raises:
        InputError: if it is neither, or the file is damaged.
    """
    path = painter_path(name_or_path)
    try:
        stored: Mapping[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        painter = Painter(stored["styles"], stored["width"], stored["blocks"])
        painter.load_state_dict(stored["weights"])
    except DAMAGE as error:
        raise InputError(f"'{shown(path)}' holds no painter; train one with: course train STYLE -o FILE") from error
    return painter.eval().requires_grad_(False)


def painter_path(name_or_path: StrPath) -> Path:
    """The file of a painter; names of ``data/painters`` come first, as in the gallery.

    Raises:
        InputError: if there is none.
    """
    path = given_path(name_or_path)
    known = sorted(file.stem for file in PAINTERS.glob("*.pt"))
    if str(name_or_path) in known:
        return PAINTERS / f"{name_or_path}.pt"
    if status(path) is None:
        hint = nearest(str(name_or_path), known) or f"; there {'are ' + ', '.join(known) if known else 'is none here'}"
        raise InputError(f"'{shown(path)}' is neither a file nor a painter of the course{hint}")
    return path
