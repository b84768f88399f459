"""A painter for any style (Huang & Belongie, 1703.06868): what a painting's statistics are is seen, not learnt.

::

    stylist = load_stylist("any")
    painting = stylist(photo, style)                  # [B, 3, H, W], [1, 3, H', W'] -> [B, 3, H, W]
    painting = stylist.paint(photo, style)            # the same to look at: in [0, 1], without a graph

A frozen network looks at both pictures, `adain` or `whiten_colour` gives the photo's feature maps the painting's
statistics, and a decoder, which alone is trained, makes a picture of them. The decoder mirrors the network, and at each
stage its maps are given the statistics that the painting has there, as in Avatar-Net (Sheng et al., 1805.03857); Huang
& Belongie do so once, in the deepest layer. So colours, which the first stage sees, need not be guessed from the
deepest.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from course.adain.moments import Transfer, interpolate_styles, whiten_colour
from course.errors import InputError
from course.files import StrPath, given_path, shown, write_atomically
from course.images import check_range, resize
from course.nets.feedforward import DAMAGE, convolve, enlarge, filters, painter_path
from course.nets.vgg import VGG, Features
from course.nets.weights import vgg19

# (maps, number of a stage) -> maps with the statistics that the painting has there
Restyle = Callable[[Tensor, int], Tensor]

STAGES = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
BLOCKS = 2  # residual blocks in the deepest stage, where strokes are made
SIZE = 256  # longer side of the style picture, in pixels: strokes come out as in a painting of that size


class Decoder(nn.Module):
    """Feature maps of the deepest stage -> a picture; the way back through the stages of the encoder.

    Args:
        widths: channels of the encoder's stages, from the first to the deepest.
        seed: of the random weights.
    """

    @torch.inference_mode(False)  # made inside that mode, its weights could never be trained
    def __init__(self, widths: Sequence[int], seed: int = 0) -> None:
        super().__init__()
        if not widths:
            raise InputError("a decoder needs the widths of at least one stage")
        self.widths = tuple(widths)
        deepest = self.widths[-1]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.blocks = nn.ParameterList(filters(deepest, deepest, 3) for _ in range(2 * BLOCKS))
            pairs = list(zip(self.widths[:0:-1], self.widths[-2::-1], strict=True))
            self.narrowing = nn.ParameterList(filters(deep, shallow, 3) for deep, shallow in pairs)
            self.refining = nn.ParameterList(filters(shallow, shallow, 3) for _, shallow in pairs)
            self.last = nn.Parameter(filters(self.widths[0], 3, 3).detach() * 0.5)
        self.biases = nn.ParameterList(
            nn.Parameter(torch.zeros(width)) for width in (*(shallow for _, shallow in pairs for _ in (0, 1)), 3)
        )

    def forward(self, maps: Tensor, restyle: Restyle) -> Tensor:
        """The picture [B, 3, H, W]; values may lie somewhat outside [0, 1].

        Args:
            maps: of the deepest stage, with the painting's statistics already, [B, N, H / 2^k, W / 2^k].
            restyle: (maps, number of a stage from 0) -> maps with the statistics that the painting has there.
        """
        x, deepest = maps, len(self.widths) - 1
        for first, second in zip(self.blocks[::2], self.blocks[1::2], strict=True):
            change = functional.relu(functional.instance_norm(convolve(x, first)))
            x = x + functional.instance_norm(convolve(change, second))
        x, biases = functional.relu(restyle(x, deepest)), iter(self.biases)
        for stage, (narrow, refine) in zip(
            range(deepest - 1, -1, -1), zip(self.narrowing, self.refining, strict=True), strict=True
        ):
            x = functional.relu(convolve(x, narrow) + next(biases).view(1, -1, 1, 1))
            x = functional.relu(restyle(enlarge(x, refine) + next(biases).view(1, -1, 1, 1), stage))
        painted: Tensor = convolve(x, self.last) + next(biases).view(1, 3, 1, 1)
        return 0.5 + painted / 4


class Stylist(nn.Module):
    """A photo and a painting in, the photo in the painting's style out.

    Args:
        encoder: the frozen network that sees both.
        decoder: for as many of its stages as the decoder has widths.
        transfer: gives maps the statistics of others: `whiten_colour`, `adain`, or your own.

    Raises:
        InputError: if the decoder was made for a network of other widths.
    """

    def __init__(self, encoder: VGG, decoder: Decoder, transfer: Transfer = whiten_colour) -> None:
        super().__init__()
        stages = len(decoder.widths)
        if stages > len(STAGES) or decoder.widths != tuple(encoder.widths[:stages]):
            raise InputError(f"this decoder is for stages of {decoder.widths} channels, not of {encoder.widths}")
        self.encoder, self.decoder, self.transfer = encoder, decoder, transfer
        self.layers = STAGES[:stages]

    def forward(self, photo: Tensor, *paintings: Tensor, shares: Sequence[float] | None = None) -> Tensor:
        """The painting [B, 3, H, W], RGB; values may lie somewhat outside [0, 1].

        Args:
            photo: [B, 3, H, W], RGB in [0, 1].
            paintings: one or more, [1, 3, H', W'] for all photos or [B, 3, H', W'], each of a size of its own. The
                photo itself may be among them: the less of it, the stronger the style.
            shares: of the paintings, equal ones if left out.

        Raises:
            InputError: for something that is no picture, no painting, or shares that do not fit.
        """
        check_range(photo, "the photo")
        if not paintings:
            raise InputError("a stylist needs at least one painting")
        height, width = photo.shape[2:]
        step = 1 << len(self.layers)  # two places are left of each side: one alone has no variance
        below, right = (max(-length % step, 2 * step - length) for length in (height, width))
        padded = functional.pad(photo, (0, right, 0, below), mode="replicate")
        F = self.encoder(padded, self.layers[-1:])[self.layers[-1]].contiguous()
        return self.decode(F, [self.look_at(painting) for painting in paintings], shares)[..., :height, :width]

    def decode(self, F: Tensor, seen: Sequence[Features], shares: Sequence[float] | None = None) -> Tensor:
        """A painting of the photo's feature maps in the deepest stage, and of what `look_at` saw of each painting."""
        weights = [1.0] * len(seen) if shares is None else list(shares)

        def restyle(x: Tensor, stage: int) -> Tensor:
            styles = [features[self.layers[stage]] for features in seen]
            if len(styles) == 1 and shares is None:
                return self.transfer(x, styles[0])
            return interpolate_styles(x, styles, weights, self.transfer)

        painted: Tensor = self.decoder(restyle(F, len(self.layers) - 1), restyle)
        return painted

    @torch.no_grad()
    def look_at(self, painting: Tensor) -> Features:
        """Feature maps of a painting in each of the decoder's stages, by layer."""
        check_range(painting, "the painting")
        return {layer: maps.contiguous() for layer, maps in self.encoder(painting, self.layers).items()}

    @torch.no_grad()
    def paint(self, photo: Tensor, *paintings: Tensor, shares: Sequence[float] | None = None) -> Tensor:
        """A painting to look at, [B, 3, H, W] in [0, 1], without a graph; paintings are brought to 256 pixels first."""
        brought = [resize(painting, SIZE) for painting in paintings]
        painted: Tensor = self(photo, *brought, shares=shares)
        return painted.clamp(0, 1)

    def save(self, path: StrPath) -> None:
        """Writes the decoder in half precision, whole or not at all; the encoder is the course's slim VGG-19.

        Raises:
            InputError: if it cannot be written.
        """
        state = {name: tensor.half() for name, tensor in self.decoder.state_dict().items()}
        buffer = io.BytesIO()
        torch.save({"widths": self.decoder.widths, "decoder": state}, buffer)
        write_atomically(given_path(path), buffer.getvalue())


def holds_stylist(name_or_path: StrPath) -> bool:
    """Whether a painter, by its name or its file, is one for any style.

    Raises:
        InputError: if there is none.
    """
    try:
        return "decoder" in torch.load(painter_path(name_or_path), map_location="cpu", weights_only=True)
    except DAMAGE:
        return False


def load_stylist(name_or_path: StrPath, transfer: Transfer = whiten_colour) -> Stylist:
    """A stylist of ``data/painters`` by its name, "any", or of a file that `Stylist.save` wrote.

    Args:
        name_or_path: which.
        transfer: gives maps the statistics of others. "any" was trained with `whiten_colour` and `adain`, by turns.

    Raises:
        InputError: if it is neither, or the file is damaged.
    """
    path = painter_path(name_or_path)
    try:
        stored: Mapping[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        decoder = Decoder(stored["widths"])
        decoder.load_state_dict(stored["decoder"])
    except DAMAGE as error:
        raise InputError(f"'{shown(path)}' holds no painter for any style; the course's own is called any") from error
    encoder = vgg19(weights="slim", padding="replicate")
    return Stylist(encoder, decoder.requires_grad_(False), transfer).eval()
