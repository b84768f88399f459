"""Another style in each region of a photo: masks, what they become on a layer's grid, and Gram matrices of a part.

A mask is [1, 1, H, W], 1 in the region and 0 elsewhere. A *guide* is a mask on the grid of a layer, [1, 1, h, w]
(Gatys et al., 1611.07865).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from course.errors import InputError
from course.files import DATA, StrPath, shown
from course.images import check_given, check_whole, load_image, resize
from course.losses import relative_to
from course.nets.vgg import layer_names
from course.objectives import STYLE_LAYERS, FeatureNetwork, Loss, Term

GuidedGram = Callable[[Tensor, Tensor], Tensor]
Propagate = Callable[[Tensor, int, int], Tensor]

FOLDER = DATA / "regions"
ITERATIONS = 30  # of k-means


def guided_gram(F: Tensor, guide: Tensor) -> Tensor:
    """The Gram matrix of a part of the places, per place: sum_k g_k^2 F_ik F_jk / sum_k g_k^2 (1611.07865).

    With a guide of 1 everywhere it is the Gram matrix divided by H * W. Where the guide is 0 nothing counts; if it is
    0 everywhere the matrix is 0.

    >>> F = torch.tensor([[1.0, 2.0, 5.0], [3.0, 0.0, 5.0]]).view(1, 2, 1, 3)
    >>> guided_gram(F, torch.tensor([1.0, 1.0, 0.0]).view(1, 1, 1, 3))
    tensor([[[2.5000, 1.5000],
             [1.5000, 4.5000]]])

    Args:
        F: feature maps, [B, N, H, W].
        guide: how much each place counts, 0 to 1, [B, 1, H, W] or [1, 1, H, W] for all pictures.

    Returns:
        [B, N, N].

    Raises:
        InputError: if the guide has other places than F.
    """
    if F.dim() != 4 or guide.dim() != 4 or guide.shape[1:] != (1, *F.shape[2:]) or len(guide) not in (1, len(F)):
        raise InputError(
            f"feature maps [B, N, H, W] need a guide [B, 1, H, W] with the same places, not {list(F.shape)} and "
            f"{list(guide.shape)}; bring a mask to the layer's grid with regions.propagate"
        )
    rows = (F * guide).flatten(2)
    places = guide.square().sum((1, 2, 3)).view(-1, 1, 1)
    return rows @ rows.mT / torch.where(places > 0, places, 1)


def propagate(mask: Tensor, stride: int, reach: int = 0) -> Tensor:
    """A mask on a layer's grid: 1 where all the pixels that a place stands for, and those around it, are in the region.

    A place of a layer stands for stride x stride pixels. With `reach` as many more on each side have to be in the
    region as well; what lies beyond the edge of the picture does not count. With half the receptive field it is the
    rule that the program of Gatys et al. (1611.07865) calls "inside"; it can grow the guides again afterwards.

    >>> mask = torch.tensor([1.0, 1, 1, 1, 1, 1, 0, 0]).expand(1, 1, 2, 8)
    >>> propagate(mask, stride=2), propagate(mask, stride=2, reach=1)
    (tensor([[[[1., 1., 1., 0.]]]]), tensor([[[[1., 1., 0., 0.]]]]))

    Args:
        mask: [1, 1, H, W], each value 0 or 1.
        stride: pixels from one place to the next.
        reach: pixels.

    Returns:
        [1, 1, H // stride, W // stride], each value 0 or 1.

    Raises:
        InputError: for a stride below 1 or beyond the mask, a reach below 0, or no mask.
    """
    check_whole(stride, "the stride")
    check_whole(reach, "the reach", least=0)
    mask = _checked(mask)
    if stride > min(mask.shape[2:]):
        raise InputError(f"a mask of {list(mask.shape)} has no place of {stride} x {stride} pixels")
    # A place fails if any pixel around it is outside: the largest of 1 - mask. Beyond the edge max_pool2d sees nothing.
    outside = functional.max_pool2d(1 - mask, stride + 2 * reach, stride, padding=reach)
    return 1 - outside


def stride_and_field(layer: str) -> tuple[int, int]:
    """Pixels between two places of a layer of VGG-19, and pixels that one of its places sees, in a line.

    >>> stride_and_field("relu1_1"), stride_and_field("relu3_1"), stride_and_field("relu5_1")
    ((1, 3), (4, 24), (16, 156))

    Raises:
        InputError: for an unknown layer.
    """
    names = layer_names("E")
    if layer not in names:
        raise InputError(f"no layer {layer!r}; the layers are {', '.join(names)}")
    stride, field = 1, 1
    for name in names[: names.index(layer) + 1]:
        if name.startswith("conv"):
            field += 2 * stride
        elif name.startswith("pool"):
            field += stride
            stride *= 2
    return stride, field


def style_in(
    picture: Tensor,
    mask: Tensor,
    name: str,
    layers: Sequence[str] = STYLE_LAYERS,
    reach: int = 0,
    of: Tensor | None = None,
    statistic: GuidedGram = guided_gram,
    propagate: Propagate = propagate,
) -> Term:
    """A term of an objective: the style of `picture`, in one region of the painting only.

    Args:
        picture: [1, 3, H, W], RGB in [0, 1], of any shape.
        mask: of the region, [1, 1, H', W'], each value 0 or 1; brought to the painting's size.
        name: of the term.
        layers: where to compare, all with the same weight. A layer in which no place is left, of the painting's region
            or of the style's, asks for nothing.
        reach: how far from the region's border a place has to be, in pixels of the painting as large as it is at the
            moment; never more than half of what the place sees.
        of: a mask of the style picture as well: of its sky, for the photo's sky. All of it counts if left out.
        statistic: feature maps and a guide -> what is to agree; yours or ours.
        propagate: mask, stride, reach -> a guide; yours or ours.

    Raises:
        InputError: for something that is not a picture or not a mask, an empty mask, or an unknown layer.
    """
    check_given(picture, "the style picture")
    whole = torch.ones_like(picture[:, :1])
    region, subject = _checked(mask, some=True), _checked(whole if of is None else of, some=True)
    grids = {layer: stride_and_field(layer) for layer in layers}

    def prepare(net: FeatureNetwork, height: int, width: int) -> Loss:
        sized = resize(picture, min(max(height, width), max(picture.shape[2:])))
        there, here = _sized(region, height, width), _sized(subject, *sized.shape[2:])
        guides, distances = {}, {}
        with torch.no_grad():
            features = net(sized, list(layers))
            for layer, (stride, field) in grids.items():
                guides[layer] = propagate(there, stride, min(reach, (field - stride) // 2)).to(features[layer])
                known = propagate(here, stride, 0).to(features[layer])
                if bool(known.any()):  # or the layer would be asked for nothing at all: for maps of zeros
                    distances[layer] = relative_to(statistic(features[layer], known))
        if not distances:
            raise InputError(f"{name!r}: no layer has a place that lies in the style's mask as a whole; make it larger")

        def loss(features: Mapping[str, Tensor]) -> Tensor:
            parts = [distances[layer](statistic(features[layer], guides[layer])) for layer in distances]
            return torch.stack(parts).sum() / len(layers)

        return loss

    return Term(name, tuple(layers), prepare)


def _checked(mask: Tensor, some: bool = False) -> Tensor:
    """A mask in float32; InputError if it is none, or, where `some` place is needed, an empty one."""
    if mask.dim() != 4 or mask.shape[:2] != (1, 1) or not bool(((mask == 0) | (mask == 1)).all()):
        raise InputError(f"a mask is [1, 1, H, W] with values 0 and 1, not {list(mask.shape)}; see regions.load_masks")
    if some and not bool(mask.any()):
        raise InputError("the mask is 0 everywhere: no place belongs to the region")
    return mask.float()


def _sized(mask: Tensor, height: int, width: int) -> Tensor:
    return (functional.interpolate(mask, (height, width), mode="area") >= 0.5).float()


def load_masks(photo: str, height: int, width: int) -> dict[str, Tensor]:
    """The regions of one of the gallery's photos that have been drawn, by name; together they cover it once.

    Args:
        photo: its name, "china" or "flower".
        height: of the masks, in pixels.
        width: likewise.

    Returns:
        Masks [1, 1, height, width] of 0 and 1.

    Raises:
        InputError: if no regions of it have been drawn.
    """
    drawn = sorted({path.stem.partition("_")[0] for path in FOLDER.glob("*_*.png")})
    found = sorted(path for path in FOLDER.glob("*_*.png") if path.stem.partition("_")[0] == photo)
    if not found:
        raise InputError(f"no regions of {photo!r} have been drawn; there are those of {', '.join(drawn)}")
    soft = torch.cat([_soft(path, height, width) for path in found], 1)
    masks = functional.one_hot(soft.argmax(1), len(found)).permute(0, 3, 1, 2).float()
    return {path.stem.partition("_")[2]: mask for path, mask in zip(found, masks.chunk(len(found), 1), strict=True)}


def load_mask(path: StrPath, height: int, width: int) -> Tensor:
    """A mask of your own: a picture that is white in the region and black elsewhere, [1, 1, height, width].

    Any paint program makes one from a copy of the photo. A pixel counts as white if it is lighter than half way.

    Raises:
        InputError: for a file that is no picture, or one that is all black or all white.
    """
    mask = (_soft(path, height, width) >= 0.5).float()
    if mask.min() == mask.max():
        colour = "white" if mask.max() else "black"
        raise InputError(f"'{shown(path)}' is {colour} all over; paint the region white and everything else black")
    return mask


def _soft(path: StrPath, height: int, width: int) -> Tensor:
    grey = load_image(path).mean(1, keepdim=True)
    return functional.interpolate(grey, (height, width), mode="area")


@torch.no_grad()
def clusters(F: Tensor, count: int, directions: bool = True) -> Tensor:
    """Places whose features are alike, found by k-means (Lloyd's algorithm).

    It begins with the vector that is farthest from the mean, then takes the farthest from those that it has, so that
    nothing is left to chance.

    Args:
        F: feature maps of one picture, or the picture itself, [1, N, H, W].
        count: of clusters, at least 1.
        directions: whether vectors are brought to length 1 first, so that only their directions count.

    Returns:
        Guides, one for each cluster, [count, 1, H, W], 0 and 1. Each place is in one of them; one may be empty.

    Raises:
        InputError: for several pictures, or more clusters than places.
    """
    check_whole(count, "the number of clusters")
    if len(F) != 1 or count > F.shape[2] * F.shape[3]:
        raise InputError(f"{count} clusters need feature maps [1, N, H, W] of as many places, not {list(F.shape)}")
    x = (functional.normalize(F, dim=1) if directions else F).flatten(2)[0].T
    centres = x.mean(0, keepdim=True)
    for number in range(count):
        farthest = x[torch.cdist(x, centres).amin(1).argmax()][None]
        centres = torch.cat([centres, farthest]) if number else farthest
    for _ in range(ITERATIONS):
        belongs = functional.one_hot(torch.cdist(x, centres).argmin(1), count).to(x.dtype)
        sizes = belongs.sum(0)[:, None]
        centres = torch.where(sizes > 0, belongs.T @ x / sizes.clamp(min=1), centres)
    return belongs.T.view(count, 1, *F.shape[2:])
