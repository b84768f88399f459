"""The VGG networks (Simonyan & Zisserman, 1409.1556) as feature extractors whose layers go by the paper's names.

A network is called with a picture and the names of layers, and answers with a dictionary of feature maps::

    net = vgg19()
    features = net(image, ["conv4_2", "relu5_1"])
    features["conv4_2"]     # [B, 512, H / 8, W / 8], before the ReLU, so it has negative values
    features["relu5_1"]     # [B, 512, H / 16, W / 16], after it
    features["image"]       # the picture itself is a layer too

Pictures are RGB in [0, 1]. What a set of weights wants instead (BGR, 0..255, a mean taken away) stays inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from course.errors import InputError, nearest
from course.images import check_image
from course.nets.half import GradientScale, HalfConvolution
from course.nets.precision import HALVES

Features = dict[str, Tensor]
Pooling = Literal["max", "avg"]
Padding = Literal["zeros", "reflect", "replicate", "circular"]

# Table 1 of the paper: how many 3x3 convolutions each of the five stages has, and with how many channels.
# Configuration C is the one left out: its third convolutions are 1x1.
CONFIGURATIONS: Mapping[str, tuple[int, ...]] = {
    "A": (1, 1, 2, 2, 2),
    "B": (2, 2, 2, 2, 2),
    "D": (2, 2, 3, 3, 3),  # VGG-16
    "E": (2, 2, 4, 4, 4),  # VGG-19
}
WIDTHS = (64, 128, 256, 512, 512)


def layer_names(configuration: str) -> tuple[str, ...]:
    """All layers of a configuration, in order: ``("conv1_1", "relu1_1", "conv1_2", ..., "pool5")``.

    Raises:
        InputError: if `configuration` is not one of A, B, D, E.
    """
    names: list[str] = []
    for stage, depth in enumerate(_depths(configuration), start=1):
        for number in range(1, depth + 1):
            names += [f"conv{stage}_{number}", f"relu{stage}_{number}"]
        names.append(f"pool{stage}")
    return tuple(names)


def convolution_shapes(configuration: str, widths: tuple[int, ...] = WIDTHS) -> dict[str, tuple[int, int, int, int]]:
    """Shape of the weight of each convolution, ``{"conv1_1": (64, 3, 3, 3), ...}``, as [out, in, 3, 3].

    Args:
        configuration: "A", "B", "D" or "E".
        widths: channels in each of the five stages, those of the paper if left out.

    Raises:
        InputError: if `configuration` is not one of A, B, D, E.
    """
    shapes = {}
    channels = 3
    for stage, (depth, width) in enumerate(zip(_depths(configuration), widths, strict=True), start=1):
        for number in range(1, depth + 1):
            shapes[f"conv{stage}_{number}"] = (width, channels, 3, 3)
            channels = width
    return shapes


def _depths(configuration: str) -> tuple[int, ...]:
    if not isinstance(configuration, str) or configuration not in CONFIGURATIONS:
        raise InputError(f"no VGG configuration {configuration!r}; choose one of {', '.join(CONFIGURATIONS)}")
    return CONFIGURATIONS[configuration]


@dataclass(frozen=True)
class Parameters:
    """The contents of a network: its convolutions, and the preprocessing that they were trained with.

    Attributes:
        convolutions: for each name, the weight [out, in, 3, 3] and the bias [out]. The first takes RGB.
        mean: what is taken away from a picture in [0, 1], one number for each of R, G, B.
        std: what the result is divided by, one number for each of R, G, B.
        widths: channels in each of the five stages; those of the paper, or of a slimmer network.
    """

    convolutions: Mapping[str, tuple[Tensor, Tensor]]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    widths: tuple[int, ...] = WIDTHS


class VGG(nn.Module):
    """The convolutional part of a VGG network, frozen, with named layers.

    Args:
        configuration: "A", "B", "D" (VGG-16) or "E" (VGG-19).
        parameters: weights and preprocessing, see `course.nets.weights`.
        pooling: "max" as trained, or "avg", which Gatys et al. (1508.06576, section 2) prefer for synthesis.
        padding: what surrounds the maps in the first two stages: "zeros" as trained, or "replicate" or "reflect",
            which spare a synthesised picture the halo along its border (in the first convolution alone they do not).
            Deeper layers pad with zeros, as trained. Or "circular" in *all* layers: the picture goes on at its other
            side, so there is no border, and no feature can know where it is.
        dtype: of the convolutions, see `course.nets.precision`; that of `parameters` if left out. Features come in that
            of `parameters` whatever it is.

    Raises:
        InputError: for an unknown configuration, pooling or padding, and for weights of a wrong shape.
    """

    mean: Tensor
    std: Tensor

    @torch.inference_mode(False)  # made inside that mode, its numbers could never again be part of a gradient
    def __init__(
        self,
        configuration: str,
        parameters: Parameters,
        pooling: Pooling = "max",
        padding: Padding = "zeros",
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if not isinstance(pooling, str) or pooling not in ("max", "avg"):
            raise InputError(f"no pooling {pooling!r}; choose 'max' or 'avg'")
        if not isinstance(padding, str) or padding not in ("zeros", "reflect", "replicate", "circular"):
            raise InputError(f"no padding {padding!r}; choose 'zeros', 'reflect', 'replicate' or 'circular'")
        self.configuration = configuration
        self.pooling: Pooling = pooling
        self.padding: Padding = padding
        self.layers = layer_names(configuration)
        self.convolutions = nn.ModuleDict()
        self.widths = parameters.widths
        shapes = convolution_shapes(configuration, parameters.widths)
        for name, room in in_one_block(shapes, _named("conv1_1", parameters)[0]).items():
            everywhere = padding == "circular"
            mode = padding if everywhere or name.startswith(("conv1_", "conv2_")) else "zeros"
            self.convolutions[name] = _convolution(name, room, mode, parameters, dtype)
        self.register_buffer("mean", _channels(parameters.mean, parameters).view(1, 3, 1, 1))
        self.register_buffer("std", _channels(parameters.std, parameters).view(1, 3, 1, 1))
        # The picture is what is trained, never the network. Gradients of the weights would cost half as much again.
        self.requires_grad_(False)
        self.eval()
        self.convolutions.to(dtype)

    @property
    def dtype(self) -> torch.dtype:
        """Of the convolutions."""
        return next(self.convolutions.parameters()).dtype

    def forward(self, image: Tensor, layers: Iterable[str], wide: bool = True) -> Features:
        """Feature maps of a picture.

        Args:
            image: [B, 3, H, W], RGB in [0, 1].
            layers: names of layers; the network is run no deeper than the deepest of them.
            wide: False leaves features in bfloat16 where the network computes in it: half the memory, for losses that
                widen their sums themselves.

        Returns:
            ``{"image": image, name: [B, N, H', W'], ...}`` for each name, in the order of the network. A layer is the
            same whatever else is asked for.

        Raises:
            InputError: for an unknown layer, for a picture that is too small for the deepest layer, and for anything
                that is not a picture (see `course.images.check_image`).
        """
        wanted = self._known(layers)
        check_image(image)
        self._check_size(image, wanted)
        features: Features = {}
        scale = GradientScale() if self.dtype == torch.float16 else None
        x = self.normalise(scale.picture(image.to(self.mean.dtype)) if scale else image)
        for name in self.layers:
            if len(features) == len(wanted - {"image"}):
                break
            x = self._layer(name, x, wanted)
            if name in wanted:
                features[name] = x.to(self.mean.dtype) if wide and not scale else x
        return {"image": image, **(scale.features(features) if scale else features)}

    def normalise(self, image: Tensor) -> Tensor:
        """The input of the first convolution: (image - mean) / std, [B, 3, H, W], in the precision of the convolutions.

        The result is channels_last in memory, and so is everything after it: a tenth faster on a CPU.
        """
        normalised = (image.to(self.mean.dtype) - self.mean) / self.std
        return normalised.to(self.dtype, memory_format=torch.channels_last)

    def smallest_side(self, layers: Iterable[str]) -> int:
        """The smallest height or width, in pixels, for which all `layers` exist: each pooling halves it."""
        wanted = self._known(layers) - {"image"}
        halved = max((int(name[4]) - (not name.startswith("pool")) for name in wanted), default=0)
        # A border can only be reflected where there are two pixels, in the first stage and, halved, in the second.
        reflected = max((min(int(name[4]), 2) for name in wanted), default=0) if self.padding == "reflect" else 0
        return int(2 ** max(halved, reflected))

    def _layer(self, name: str, x: Tensor, wanted: set[str]) -> Tensor:
        if name.startswith("conv"):
            convolved: Tensor = self.convolutions[name](x)
            return convolved
        if name.startswith("relu"):
            if self._pooled_first(name, wanted):
                return x
            # In place saves a second set of maps: the system takes longer to give memory than the ReLU runs. But never
            # where the conv layer before it was asked for: that must stay what it was.
            return functional.relu(x, inplace="conv" + name[4:] not in wanted)
        if self.pooling == "avg":
            return functional.avg_pool2d(x, 2)
        pooled = functional.max_pool2d(x, 2)
        relu = self.layers[self.layers.index(name) - 1]
        return functional.relu(pooled, inplace=True) if self._pooled_first(relu, wanted) else pooled

    def _pooled_first(self, relu: str, wanted: set[str]) -> bool:
        """Whether a ReLU may wait until after the pooling, where there is a quarter to do.

        The largest of four values is the same before a ReLU and after it, or 0 on both ways; so is its gradient.
        """
        following = self.layers[self.layers.index(relu) + 1]
        return self.pooling == "max" and following.startswith("pool") and relu not in wanted

    def _known(self, layers: Iterable[str]) -> set[str]:
        if isinstance(layers, str):
            raise InputError(f"layers must be a list of names, not the string {layers!r}; write [{layers!r}]")
        if not isinstance(layers, Iterable):
            raise InputError(f"layers must be a list of names such as 'relu1_1', not {type(layers).__name__}")
        names = list(layers)
        if any(not isinstance(name, str) for name in names):
            raise InputError(f"layers must be a list of names such as 'relu1_1', not {names!r}")
        wanted = set(names)
        known = ("image", *self.layers)
        for name in sorted(wanted.difference(known)):
            hint = nearest(name, known) or f"; they are called conv1_1, relu1_1, ... {known[-1]}"
            raise InputError(f"no layer {name!r} in configuration {self.configuration}{hint}")
        return wanted

    def _check_size(self, image: Tensor, wanted: set[str]) -> None:
        least = self.smallest_side(wanted)
        height, width = image.shape[2:]
        if min(height, width) < least:
            deepest = max(wanted - {"image"}, key=self.layers.index)
            raise InputError(
                f"{deepest} needs a picture of at least {least} x {least} pixels, this one has {height} x {width}; "
                "use a larger picture or a layer nearer to the input"
            )


def in_one_block(shapes: Mapping[str, tuple[int, int, int, int]], like: Tensor) -> dict[str, Tensor]:
    """Weights of these shapes, without numbers yet, in one block of memory; in the precision and the place of `like`.

    The C library asks the system for a block of that size, 80 megabytes for VGG-19, and gives it back as soon as nobody
    needs it. Sixteen blocks, each of them copied, leave gaps among each other that stay in the process, as much again.
    """
    sizes = [prod(shape) for shape in shapes.values()]
    pieces = torch.split(like.new_empty(sum(sizes)), sizes)
    return {name: piece.view(shape) for (name, shape), piece in zip(shapes.items(), pieces, strict=True)}


def _convolution(
    name: str, room: Tensor, padding: Padding, parameters: Parameters, dtype: torch.dtype | None
) -> nn.Conv2d:
    """A 3x3 convolution with stride 1 and padding 1 that holds a copy of the named weights, in the room for them.

    The copy is channels_last in memory, see `VGG.normalise`.
    """
    weight, bias = _named(name, parameters)
    if weight.shape != room.shape or bias.shape != room.shape[:1]:
        raise InputError(
            f"the weights of {name} have shape {list(weight.shape)}, this network needs {list(room.shape)}"
        )
    # On "meta" it is made without numbers: random ones would be drawn first, and thrown away.
    out, into, height, width = room.shape
    kind = HalfConvolution if (dtype or weight.dtype) in HALVES else nn.Conv2d
    convolution = kind(into, out, kernel_size=3, padding=1, padding_mode=padding, device="meta")
    room = room.view(out, height, width, into).permute(0, 3, 1, 2)
    convolution.weight = nn.Parameter(room.copy_(weight.detach()))
    convolution.bias = nn.Parameter(bias.detach().clone())
    return convolution


def _channels(numbers: tuple[float, float, float], parameters: Parameters) -> Tensor:
    """A number for each of R, G, B, [3], in the precision and on the device of the weights."""
    return _named("conv1_1", parameters)[0].new_tensor(numbers)


def _named(name: str, parameters: Parameters) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution."""
    if name not in parameters.convolutions:
        raise InputError(f"these weights lack {name}; they were made for another network")
    return parameters.convolutions[name]


@torch.no_grad()
def rescale(net: VGG, images: Iterable[Tensor]) -> VGG:
    """A copy of a network in which every filter's mean activation over images and positions is one.

    This is the rescaling of Gatys et al. (1505.07376, section 2): filter i of layer l is divided by its mean activation
    m_i after the ReLU, and the next layer's weights that read it are multiplied by m_i, so the picture of the world
    stays the same and only its units change. With maximum or average pooling nothing else moves. A filter that never
    fires on `images` keeps its scale.

    Args:
        net: the network; it is not modified.
        images: pictures [B, 3, H, W], RGB in [0, 1]; they need not be of one size.

    Raises:
        InputError: if there are no pictures.
    """
    means = _mean_activations(net, images)
    convolutions = {}
    incoming = net.mean.new_ones(3)
    for name, convolution in net.convolutions.items():
        assert isinstance(convolution, nn.Conv2d) and convolution.bias is not None
        outgoing = torch.where(means[name] > 0, means[name], torch.ones_like(means[name]))
        weight = convolution.weight * incoming.view(1, -1, 1, 1) / outgoing.view(-1, 1, 1, 1)
        convolutions[name] = (weight, convolution.bias / outgoing)
        incoming = outgoing
    parameters = Parameters(convolutions, _triple(net.mean), _triple(net.std), net.widths)
    return VGG(net.configuration, parameters, net.pooling, net.padding, net.dtype).to(net.mean.device)


def _mean_activations(net: VGG, images: Iterable[Tensor]) -> dict[str, Tensor]:
    """Mean over pictures and positions of each filter's response after the ReLU, [N] for each convolution."""
    relus = [name for name in net.layers if name.startswith("relu")]
    sums = {name: net.mean.new_zeros(()) for name in relus}
    positions = dict.fromkeys(relus, 0)
    for image in images:
        features = net(image, relus)
        for name in relus:
            sums[name] = sums[name] + features[name].sum(dim=(0, 2, 3))
            positions[name] += features[name][:, 0].numel()
    if not positions["relu1_1"]:
        raise InputError("the rescaling needs at least one picture")
    return {name.replace("relu", "conv"): sums[name] / positions[name] for name in relus}


def _triple(channels: Tensor) -> tuple[float, float, float]:
    red, green, blue = channels.flatten().tolist()
    return red, green, blue
