# ---
# jupyter:
#   course:
#     title: Fast style
#     objectives:
#       - Build a network that paints in one pass, and say what its norm, its residual blocks and its enlargements are for.
#       - Train it on your own loss with your own step, in a minute, and watch a painting come about.
#       - Find by experiment what such a network must be trained on, and after how many pictures the training has paid.
#     minutes: 120
#     points: 24
#     open_points: 2
#     seconds: 60
#     memory_mb: 1400
#     downloads: none
#   jupytext:
#     cell_metadata_filter: all
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 7 · Fast style
#
# Chapter 5 painted each picture by an optimisation of its own. Fifty steps, and for the next photo fifty again, from the
# beginning: nothing was learnt. This chapter pays once. We train a *network* on many photos, with the same loss as its
# teacher; after that, a painting is one pass through it (Johnson et al. 2016; Ulyanov et al. 2016).
#
# **At the end** you have built such a network, trained it in about a minute with your own functions in it, and watched
# it learn; and you know by experiment what its parts are for, and what it must be trained on.
#
# *120 minutes · 24 points, and 2 in words · two minutes of computing · no downloads. It builds on chapters 4 and 5.*

# %%
import json
import math
import time
from functools import cache
from types import SimpleNamespace

import torch
from torch.nn import functional

from course import check, figures, gallery
from course.files import DATA
from course.images import fit
from course.losses import gram, relative_distance
from course.nets.feedforward import Painter, Parts, load_painter
from course.nets.weights import vgg19
from course.objectives import STYLE_LAYERS
from course.training.corpus import Corpus, gallery_photos
from course.training.perceptual import Perceptual, Weights, style_grams
from course.training.train import Plan, train
from course.widgets import explore, follow, guess

net = vgg19(weights="slim", padding="replicate")
china = gallery.photo("china", size=256)

# %% [markdown]
# ## 1 · One pass
#
# The course brings such a network, ready made: `twenty` has learnt twenty styles. It was never shown this photo of a temple.

# %%
twenty = load_painter("twenty")
began = time.process_time()
temple = twenty.paint(china, twenty.share("swirls"))
seconds = time.process_time() - began

# %% [markdown]
# Fifty steps of chapter 5 take some ten seconds for a picture of this size, with the full network half a minute and more.
# **Predict: how long did this one take, on one core?**

# %% fold=true
# Your guess
pass_time = guess(
    "How long does the network paint on a picture of 256 pixels?",
    ["more than 10 s", "1 to 10 s", "less than 1 s"],
)
pass_time

# %% fold=true tags=["nbval-ignore-output"]
# The photo and two paintings of it
slow = "more than 10 s" if seconds > 10 else "1 to 10 s"
pass_time.beside("less than 1 s" if seconds < 1 else slow)
figures.pictures(
    [china, temple, twenty.paint(china, twenty.share("stained_glass"))],
    ["the photo", f"swirls, in {seconds:.2f} s", "stained glass"],
    alt="A temple over trees in a photo; the same in curling strokes of blue and "
    "orange; and in pieces between dark lines",
)

# %% [markdown]
# No loss was computed, and no step was taken. What does such a network look like?
#
# | | layer | size of its maps | |
# |---|---|---|---|
# | 1 | convolution, 5 x 5 | H x W x 16 | edges and colours |
# | 2, 3 | two convolutions that halve the size | H/2 x W/2 x 32, H/4 x W/4 x 64 | now each place sees more, and costs less |
# | 4 – 6 | three **residual blocks** | H/4 x W/4 x 64 | |
# | 7, 8 | two **enlargements** | H/2 x W/2 x 32, H x W x 16 | |
# | 9 | convolution, 5 x 5 | H x W x 3 | back to a picture |
#
# After each convolution but the last comes a **norm**, and then a ReLU. (Blocks have their own order, see section 3. `twenty` is
# of the same kind, and larger.) The three bold words are your first three exercises.

# %% [markdown]
# ## 2 · Contrast is not content
#
# A photo taken in fog and one taken in the sun should become equally strong paintings: a style has a contrast of its own. So
# the contrast of the *photo* should not get through. Ulyanov et al. (*Instance Normalization*, 2016) found how: take away from
# each channel of each picture its mean over all places, and divide by its standard deviation. The network learns what the
# channel's mean and deviation are to be instead: two numbers for each channel, $\beta$ and $\gamma$.
#
# $$y = \gamma \, \frac{x - \mu}{\sqrt{\sigma^2 + 10^{-5}}} + \beta, \qquad
# \mu = \frac{1}{M} \sum_k x_k, \quad \sigma^2 = \frac{1}{M} \sum_k (x_k - \mu)^2$$
#
# $k$ counts the $M = H \cdot W$ places of *one* channel of *one* picture. (**Batch norm**, which is older, differs in two
# things: $k$ also counts the pictures of the batch; and when the training is over, it goes on with averages that it has kept,
# while instance norm looks at each picture as it always did.)

# %% [markdown]
# > **Exercise 1 · `instance_norm`**<br>
# > difficulty ●●○○○ · importance ●●●●● · 10 minutes · 5 points<br>
# > *At the end you have* the layer that made fast style transfer work well.


# %% exercise="instance_norm"
def instance_norm(x, gamma, beta):
    """Feature maps x [B, N, H, W], each channel of each picture with mean beta and
    deviation |gamma|; gamma and beta are [N].

    gamma (x - mean) / sqrt(variance + 1e-5) + beta, the variance divided by M, not by
    M - 1. Gradients pass, through mean and variance too.
    """
    ### BEGIN SOLUTION
    mean = x.mean((2, 3), keepdim=True)
    variance = x.var((2, 3), correction=0, keepdim=True)
    scale = gamma.view(1, -1, 1, 1) / torch.sqrt(variance + 1e-5)
    return scale * (x - mean) + beta.view(1, -1, 1, 1)
    ### END SOLUTION


# %% [markdown]
# <details><summary>The size of tensor a must match the size of tensor b</summary>
#
# Shapes are lined up from the *last* axis, so gamma [N] meets the columns. `gamma.view(1, -1, 1, 1)` puts it where the channels
# are, and `keepdim=True` keeps a mean over axes 2 and 3 in its place.
# </details>
#
# <details><summary>It is wrong by two or three per cent</summary>
#
# torch's `var` and `std` divide by M - 1 unless told otherwise: `correction=0`.
# </details>
#
# <details><summary>NaN in a clear sky</summary>
#
# Where all places have one value the variance is 0. That is what the 1e-5 is for; it stands under the root.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Mean and variance over axes (2, 3) with `keepdim=True`; x minus the mean, over `torch.sqrt(variance + 1e-5)`; times gamma,
# plus beta, both as [1, N, 1, 1]. Or go on with ours, for no points: `instance_norm = check.borrow("instance_norm")`.
# </details>

# %% check="instance_norm" points=3
check.instance_norm(instance_norm)

# %% hidden="instance_norm" points=2
### BEGIN HIDDEN TESTS
import torch

check.instance_norm(instance_norm)

x = torch.tensor([[[[1.0, 3.0], [1.0, 3.0]]], [[[10.0, 10.0], [50.0, 50.0]]]])
given = x, torch.tensor([2.0]), torch.tensor([5.0])
normed = check.ask(instance_norm, "call", *given).value
wanted = torch.tensor([[[[3.0, 7.0], [3.0, 7.0]]], [[[3.0, 3.0], [7.0, 7.0]]]])
assert torch.allclose(normed, wanted, atol=1e-3)
### END HIDDEN TESTS

# %% [markdown]
# Your function can go to work at once: `twenty` is made of exchangeable parts. We put yours in, and show it the temple as it is,
# and the temple in fog.


# %%
def contrast(image, share):
    """The picture with this share of its contrast, around a middle grey."""
    return 0.5 + share * (image - 0.5)


@cache
def by_yours(share):
    """The temple with this contrast, painted by `twenty` with your norm in it."""
    painter = load_painter("twenty")
    painter.parts = Parts(instance_norm)
    return painter.paint(contrast(china, share), painter.share("swirls"))


# %% [markdown]
# The fog changes each pixel of the photo by 0.2 on average, in a range of 1. **Predict: by how much does it change the
# painting?**

# %% fold=true
# Your guess
fog = guess(
    "By how much does fog change the pixels of the painting?",
    ["about 0.2", "about 0.02", "less than 0.002"],
)
fog

# %% fold=true
# The temple in fog, and its painting
by_fog = float((by_yours(0.3) - by_yours(1.0)).abs().mean())
steps_of_fog = {"about 0.2": 0.2, "about 0.02": 0.02, "less than 0.002": 0.0}
fog.beside(min(steps_of_fog, key=lambda words: abs(steps_of_fog[words] - by_fog)))
figures.pictures(
    [china, by_yours(1.0), contrast(china, 0.3), by_yours(0.3)],
    ["the temple", "its painting", "the temple in fog", "its painting"],
    columns=2,
    alt="The temple in a photo and painted in swirls; the same photo in grey fog, and "
    "a painting that one cannot tell from the first",
)

# %% test=true
# The photo changes and the painting does not
photo_by_fog = float((contrast(china, 0.3) - china).abs().mean())
print("the photo by", round(photo_by_fog, 1), "the painting by", round(by_fog, 3))
assert by_fog < 1e-3 < 0.15 < photo_by_fog

# %% [markdown]
# It changes not one pixel that you could see. A convolution is linear: fog makes all its answers weaker by one factor and moves them by one
# number, and the first norm takes both away. What comes after never learns whether there was fog.
#
# **A question with a slider.** Move the contrast. *By the number, where does the painting begin to change? And where can
# you see it?* (Think of the $10^{-5}$.)


# %% fold=true
# The temple in more and more fog, under a slider
def foggy(share):
    """The painting of the temple with this share of its contrast."""
    title = f"contrast {share:g}"
    alt = f"The temple with {title}, and a painting of it"
    pair = [contrast(china, share), by_yours(share)]
    change = (by_yours(share) - by_yours(1.0)).abs().mean()
    return figures.pictures(pair, [title, "painted"], alt=alt), "changed by", change


SHARES = [1.0, 0.1, 0.03, 0.01, 0.001, 0.0001, 0.00001, 0.000001]
explore(foggy, share=SHARES)

# %% [markdown]
# <details><summary>What we saw</summary>
#
# The number begins to rise at 0.03, where faint maps meet the $10^{-5}$. By eye we see hardly any change, down to a
# hundred-thousandth of the contrast: what the first norm leaves faint, the next one makes 300 times stronger, and there are
# thirteen norms in a row.
# </details>

# %% test=true
# The slider moves, and the painting fades only at the very end
slider = explore(foggy, share=[1.0, 0.1, 0.0001])
changes = [slider.set(share=one).number for one in (0.1, 0.0001)]
print("changed by", [round(change, 2) for change in changes])
assert changes[0] < 1e-3 < 0.02 < changes[1]

# %% [markdown]
# ## 3 · Only what changes
#
# The middle of the network is a pile of blocks. Each could compute new maps from old ones, but it is easier to learn what to
# *change* (He et al. 2015): the maps go past two convolutions untouched, and what these make of them is added.
#
# $$y = x + \mathrm{second}(\mathrm{relu}(\mathrm{first}(x)))$$
#
# A block *can* do nothing: its last norm only needs $\gamma = \beta = 0$. And the gradient always finds a way past it. (He
# et al. had a ReLU after the sum. Gross and Wilber (2016) left it out, and Johnson et al. took that over: a change may be
# negative.)

# %% [markdown]
# > **Exercise 2 · `residual_block`**<br>
# > difficulty ●○○○○ · importance ●●●●○ · 6 minutes · 4 points<br>
# > *At the end you have* the idea that nearly all deep networks have been built on since.


# %% exercise="residual_block"
def residual_block(x, first, second):
    """x, and what two layers make of it, added; all maps are [B, N, H, W].

    first and second are functions, a convolution with its norm each; first(x) are maps.
    A ReLU stands between them, none after the sum. x is left as it was.
    """
    ### BEGIN SOLUTION
    hidden = first(x).relu()
    return x + second(hidden)
    ### END SOLUTION


# %% [markdown]
# <details><summary>It returns 0 where a negative number is expected</summary>
#
# A ReLU after second, or after the sum, cuts off all that is negative. There is only one, between the layers.
# </details>
#
# <details><summary>It says that I changed its first input</summary>
#
# `x += ...` and `x.relu_()` write into the maps that you were given. `x + ...` makes new ones.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Call first with x; `.relu()`; call second with that; add x. Or go on with ours, for no points:
# `residual_block = check.borrow("residual_block")`.
# </details>

# %% check="residual_block" points=2
check.residual_block(residual_block)

# %% hidden="residual_block" points=2
### BEGIN HIDDEN TESTS
import torch

check.residual_block(residual_block)

given = torch.tensor([[[[-3.0, 2.0]]]]), torch.tensor([[2.0], [-1.0]]), torch.ones(2, 1)
block = check.ask(residual_block, "block_of", *given)
assert torch.allclose(block.returned.value, torch.tensor([[[[-2.0, -2.0]]]]))
assert [len(one) for one in (block.first, block.second)] == [1, 1]
### END HIDDEN TESTS

# %% [markdown]
# What have the blocks of `twenty` learnt? Take the change away, and look at what is missing. **Predict: what will be
# gone?**

# %% fold=true
# Your guess
gone = guess(
    "What is gone when no block changes anything?",
    ["the strokes", "which place gets which colour", "both"],
)
gone


# %% fold=true
# The temple with the blocks, and without them
def with_blocks(block, style):
    """The temple painted by `twenty` with another residual block in it."""
    painter = load_painter("twenty")
    painter.parts = Parts(residual_block=block)
    return painter.paint(china, painter.share(style))


BLOCKS = {
    "your blocks": residual_block,
    "no block changes anything": lambda x, first, second: x,
}


def blurred(picture):
    """Its colours, place by place, without any stroke: 16 x 16 pixels."""
    return functional.adaptive_avg_pool2d(picture, 16)


def roughness(picture):
    """How much neighbours differ."""
    return (picture[..., 1:] - picture[..., :-1]).abs().mean()


pairs = {
    style: [with_blocks(block, style) for block in BLOCKS.values()]
    for style in ("swirls", "stained_glass")
}
smoother = [
    float(roughness(without) / roughness(one)) for one, without in pairs.values()
]
recoloured = [
    float((blurred(one) - blurred(without)).abs().mean())
    for one, without in pairs.values()
]
between = float(
    (blurred(pairs["swirls"][0]) - blurred(pairs["stained_glass"][0])).abs().mean()
)
no_strokes, other_colours = max(smoother) < 0.8, min(recoloured) > 0.5 * between
gone.beside(
    "both"
    if no_strokes and other_colours
    else "the strokes"
    if no_strokes
    else "which place gets which colour"
)
figures.pictures(
    [with_blocks(block, style) for style in ("swirls", "stained_glass")
     for block in BLOCKS.values()],
    [f"{style}, {block}" for style in ("swirls", "glass")
     for block in ("your blocks", "no block changes anything")],
    columns=2,
    alt="The temple in curling strokes, and beside it soft, without strokes on its "
    "surfaces, the colours elsewhere; the temple in glass with dark lines, and soft",
)  # fmt: skip

# %% test=true
# Without blocks it is smoother, recoloured, and the palette is there
print("smoother:", max(smoother) < 0.8, "recoloured:", min(recoloured) > 0.5 * between)
assert max(smoother) < 0.8 and min(recoloured) > 0.5 * between
for one, without in pairs.values():
    assert (one - without).mean((2, 3)).abs().max() < 0.1

# %% [markdown]
# Both. The palette is still there: the mean colour of the whole picture has hardly moved, since scale and shift of the last
# layers see to that. But which colour stands in which place has changed more than half as much as from one style to the other: the
# sky of the swirls is no longer red. And surfaces are smooth; only outlines are left. What takes a large window to see, a
# stroke, or that *this is sky*, is decided in the blocks.

# %% [markdown]
# ## 4 · Larger, without a grid
#
# In the middle the maps are a quarter as wide as the picture. How do they become large again? The obvious layer is a
# **transposed convolution** with stride 2: each value lays down a copy of the filter, two pixels away from the next. But
# a filter of 3 does not fit a step of 2: some pixels are reached by four filters, some by two, some by one.

# %% fold=true
# How many weights of a 3 x 3 filter reach each pixel, with stride 2
reached = functional.conv_transpose2d(
    torch.ones(1, 1, 6, 12), torch.ones(1, 1, 3, 3), stride=2, padding=1
)
figures.pictures(
    [reached[0, 0, 1:-1, 1:-1]],
    ["one, two or four weights reach a pixel"],
    smooth=False,
    columns=2,
    alt="A checkerboard: the light squares are reached by four weights, the medium "
    "ones by two, the dark ones by one",
)

# %% [markdown]
# The filters *could* learn to even that out. Do they? Section 7 asks. The remedy (Odena et al. 2016): first enlarge by a rule that is even everywhere; then convolve. They had the best results when
# each value is simply repeated; we interpolate bilinearly, which is smoother as long as nothing has been learnt.

# %% [markdown]
# > **Exercise 3 · `enlarge`**<br>
# > difficulty ●●○○○ · importance ●●●○○ · 8 minutes · 5 points<br>
# > *At the end you have* an enlargement that has no grid of its own.


# %% exercise="enlarge"
def enlarge(x, weight):
    """Maps x [B, n, H, W], twice as high and wide and convolved: [B, N, 2 H, 2 W].

    Bilinear interpolation (align_corners=False); a border of k // 2 pixels that goes on
    with the values at the edge, mode "replicate"; the filters weight [N, n, k, k].
    """
    ### BEGIN SOLUTION
    k = weight.shape[2]
    large = functional.interpolate(x, scale_factor=2, mode="bilinear")
    framed = functional.pad(large, (k // 2, k // 2, k // 2, k // 2), mode="replicate")
    return functional.conv2d(framed, weight)
    ### END SOLUTION


# %% [markdown]
# <details><summary>My maps are two pixels too small, or too large</summary>
#
# A filter of k takes k - 1 away, so the border is k // 2 on each of the four sides; and it is added *after* the enlargement, or
# it is doubled as well.
# </details>
#
# <details><summary>A frame grows along the border</summary>
#
# `padding="same"` surrounds the maps with zeros, and zero is something to be seen. `functional.pad(..., mode="replicate")`.
# </details>
#
# <details><summary>Given groups=1, weight of size ..., expected input ...</summary>
#
# `conv2d` takes the filters as they are, [N, n, k, k]. Only a transposed convolution wants the first two axes exchanged.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Three calls: `functional.interpolate(x, scale_factor=2, mode="bilinear")`, `functional.pad` with four times `k // 2` and
# `mode="replicate"`, `functional.conv2d`. Or go on with ours, for no points: `enlarge = check.borrow("enlarge")`.
# </details>

# %% check="enlarge" points=3
check.enlarge(enlarge)

# %% hidden="enlarge" points=2
### BEGIN HIDDEN TESTS
import torch

check.enlarge(enlarge)

flat, weight = torch.full((1, 2, 3, 4), 0.5), torch.arange(100.0).view(2, 2, 5, 5)
large = check.ask(enlarge, "call", flat, weight).value
level = 0.5 * weight.sum((1, 2, 3))
assert torch.allclose(large, level.view(1, 2, 1, 1).expand(1, 2, 6, 8), rtol=1e-4)
### END HIDDEN TESTS


# %% [markdown]
# Two networks with the same random weights, which have learnt nothing at all. One enlarges with your function, the other with a
# transposed convolution.


# %%
def transposed(x, weight):
    """What your function does not do."""
    turned = weight.transpose(0, 1)
    return functional.conv_transpose2d(x, turned, stride=2, padding=1, output_padding=1)


WAYS = {"yours": enlarge, "transposed": transposed}
unlearnt = {
    name: Painter(["none"], parts=Parts(enlarge=one)) for name, one in WAYS.items()
}

# %% fold=true
# The temple through both networks
figures.pictures(
    [painter.paint(china) for painter in unlearnt.values()],
    ["your enlargement", "transposed convolution"],
    alt="The temple in random colours, soft; and the same under a fine grid of dots",
)


# %% fold=true
# grid(picture): how much of its details repeats every 4 pixels
def grid(picture):
    """The share of the variance of a picture's details that repeats every 4 pixels."""
    detail = picture - functional.avg_pool2d(picture, 5, 1, 2, count_include_pad=False)
    tiles = detail[..., : detail.shape[2] // 4 * 4, : detail.shape[3] // 4 * 4]
    tiles = tiles.unflatten(3, (-1, 4)).unflatten(2, (-1, 4))
    return float(tiles.mean((2, 4)).square().mean() / tiles.square().mean())


# %% test=true
# The grid is there with a transposed convolution only
grids = {name: grid(painter.paint(china)) for name, painter in unlearnt.items()}
print({name: round(share, 2) for name, share in grids.items()})
assert grids["yours"] < 0.01 < 0.1 < grids["transposed"]

# %% [markdown]
# The grid is there before anything is learnt. Training would have to fight it. Does it win? We come back to that in section 7.

# %% [markdown]
# ## 5 · What shall be small
#
# The network is built; now it needs a teacher. It is the loss of chapter 5, with one difference: several photos are painted at
# once, a **batch**, and the loss is the mean over its pictures. For B paintings with feature maps $F$:
#
# $$L = \frac{1}{B} \sum_{b=1}^{B} \Big( \alpha \, \frac{|F_b - P_b|^2}{|P_b|^2}
# + \beta \, \operatorname{mean}_l \frac{|G_{b,l} - A_l|^2}{|A_l|^2} \Big)$$
#
# Each picture has its own Gram matrices. It would be easy to make *one* for the whole batch, and wrong: one painting could then be
# all red sky and another all green water, as long as the two are right together.

# %%
CONTENT = "relu4_2"


def per_place(F):
    """The Gram matrices [B, N, N] of a batch, divided by the number of places."""
    return gram(F) / F[0, 0].numel()


# %% [markdown]
# > **Exercise 4 · `batch_loss`**<br>
# > difficulty ●●●○○ · importance ●●●●○ · 14 minutes · 5 points<br>
# > *At the end you have* the teacher.


# %% exercise="batch_loss"
def batch_loss(features, P, grams, alpha, beta):
    """alpha content + beta style, the mean over B paintings; one number, of shape [].

    features: of the paintings, by layer, [B, N, H, W]; the layer CONTENT is among them.
    P: of the photos in the layer CONTENT, [B, N, H, W].
    grams: A for each style layer (and no other), per place, [B, N, N] or [1, N, N].
    Each distance is relative, |X - Y|^2 / |Y|^2, for each picture by itself; the style
    is the mean over its layers. Gradients reach the features.
    """
    ### BEGIN SOLUTION
    pictures = len(P)
    content = relative_distance(features[CONTENT], P) / pictures
    styles = []
    for layer, A in grams.items():
        G = per_place(features[layer])
        styles.append(relative_distance(G, A.expand_as(G)) / pictures)
    return alpha * content + beta * torch.stack(styles).mean()
    ### END SOLUTION


# %% [markdown]
# <details><summary>It is as many times too large as there are pictures</summary>
#
# `relative_distance(X, Y)` treats each picture of a batch by itself, and adds them up. Divide by `len(X)`.
# </details>
#
# <details><summary>X has shape ... and Y has ...; they must be equal</summary>
#
# One style for all is [1, N, N]: `A.expand_as(G)`.
# </details>
#
# <details><summary>KeyError: 'image'</summary>
#
# features also holds layers that have no Gram matrix. Walk over `grams.items()`.
# </details>
#
# <details><summary>Show me the way</summary>
#
# The content is `relative_distance(features[CONTENT], P) / len(P)`. In a loop over `grams.items()`: `G =
# per_place(features[layer])`, its relative distance to `A.expand_as(G)`, over `len(P)`, into a list. The mean of the list; the
# weighted sum. Or go on with ours, for no points: `batch_loss = check.borrow("batch_loss")`.
# </details>

# %% check="batch_loss" points=3
check.batch_loss(batch_loss)

# %% hidden="batch_loss" points=2
### BEGIN HIDDEN TESTS
import torch

check.batch_loss(batch_loss)

F = torch.tensor([[[[1.0, 1.0]]], [[[3.0, 3.0]]]])
maps = {"relu4_2": F, "relu1_1": F}
given = (
    maps,
    2 * torch.ones(2, 1, 1, 2),
    {"relu1_1": torch.tensor([[[4.0]]])},
    8.0,
    16.0,
)
value = float(check.ask(batch_loss, "call", *given).value)
content, style = (1 / 4 + 1 / 4) / 2, (9 / 16 + 25 / 16) / 2
assert abs(value - (8 * content + 16 * style)) < 1e-4
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · One step
#
# Training is one small thing, done often: paint a batch, see how bad that is, and correct the weights a little. Only the
# painter's weights move. The photos stay, and so does the network that judges (chapter 5: the judge must not be on trial).

# %% [markdown]
# > **Exercise 5 · `training_step`**<br>
# > difficulty ●●○○○ · importance ●●●●● · 10 minutes · 5 points<br>
# > *At the end you have* the motor of all deep learning, in five lines.


# %% exercise="training_step"
def training_step(net, optimiser, photos, loss):
    """One step on a batch of photos [B, 3, H, W]: the loss before the step, a number.

    net(photos) are the paintings; loss(paintings, photos) is a tensor of one number.
    Clear whatever gradients are there, paint once, go back, let the optimiser step
    once. What is returned is a plain number, no tensor that remembers its computation.
    """
    ### BEGIN SOLUTION
    optimiser.zero_grad()
    paintings = net(photos)
    value = loss(paintings, photos)
    value.backward()
    optimiser.step()
    return value.item()
    ### END SOLUTION


# %% [markdown]
# <details><summary>The weights stay what they were</summary>
#
# The order is: clear, paint, judge, `backward()`, `step()`. Before backward() there is no gradient to walk along, and after a
# late `zero_grad()` it is gone.
# </details>
#
# <details><summary>It learns for a while, then it runs away</summary>
#
# `backward()` *adds* to the gradients that are there. Without `optimiser.zero_grad()` each step drags all earlier ones along.
# </details>
#
# <details><summary>My memory is full after a hundred steps</summary>
#
# Somebody keeps the losses, and each still knows the whole network that it came from. `value.item()` is only a number.
# </details>
#
# <details><summary>'function' object has no attribute 'zero_grad'</summary>
#
# net can be any function. The optimiser knows the weights: `optimiser.zero_grad()`.
# </details>
#
# <details><summary>Show me the way</summary>
#
# `optimiser.zero_grad()`; `value = loss(net(photos), photos)`; `value.backward()`; `optimiser.step()`; `return value.item()`.
# Or go on with ours, for no points: `training_step = check.borrow("training_step")`.
# </details>

# %% check="training_step" points=3
check.training_step(training_step)

# %% hidden="training_step" points=2
### BEGIN HIDDEN TESTS
import torch

check.training_step(training_step)

mixer, photos = torch.eye(3).view(3, 3, 1, 1), torch.full((1, 3, 2, 2), 0.5)
given = (
    mixer,
    torch.zeros(3),
    100 * mixer,
    [photos, photos],
    1.5 * torch.ones(1, 3, 1, 1),
    0.3,
)
walked = check.ask(training_step, "trained_by", *given)
assert (
    abs(walked.returned[0].value - 1.0) < 1e-5
)  # the paintings are the photos: (0.5 - 1.5)^2
assert torch.allclose(
    walked.weights[0][9:], torch.full((3,), 0.2), atol=1e-5
)  # 0.3 * 2 / 3
### END HIDDEN TESTS

# %% [markdown]
# ### Now it learns
#
# All five of your functions at once. The painter paints crops of six photos (never the temple), three at a time; the slim
# network judges; Adam steps. This takes about a minute, and you can watch.
#
# | | is |
# |---|---|
# | `Painter` | the network of section 1, with random weights; its `Parts` are your norm, block and enlargement |
# | `Corpus` | photos, and each time other crops of them, in changed colours |
# | `Perceptual` | the judge, by your `batch_loss`; a little total variation against specks, and a price for colours beyond 0 and 1 |
# | `Plan` | how many steps, and how large and how many the crops are |
# | `train` | calls your `training_step` over and over; small steps at first, and a bound on the length of gradients, keep Adam calm |

# %% [markdown]
# You see the temple as it is painted on the way. **Predict: what will be there first?**

# %% fold=true
# Your guess
first_there = guess(
    "What does the painter learn first?",
    ["the style's colours", "outlines", "strokes", "colours and outlines at once"],
)
first_there

# %%
STYLE, ALPHA, BETA, STEPS = "swirls", 2.0, 8.0, 240
painting = gallery.style(STYLE, size=256)
parts = Parts(instance_norm, residual_block, enlarge)
MOMENTS = [0, 20, 40, 80, 120, 180, STEPS]


@cache
def learnt():
    """Your painter; the temple at some moments; the seconds that it took."""
    painter, began = Painter([STYLE], parts=parts), time.process_time()
    teacher = Perceptual(net, [painting], Weights(ALPHA, BETA), total=batch_loss)
    film = {0: painter.paint(china)}
    plan = Plan(STEPS, side=80, count=3)
    steps = train(painter, Corpus(gallery_photos()), teacher, plan, training_step)
    for step in follow(steps, lambda: painter.paint(china)):
        if step.number in MOMENTS:
            film[step.number] = painter.paint(china)
    seconds = time.process_time() - began
    return SimpleNamespace(painter=painter, film=film, seconds=seconds)


print("learnt:", *learnt().painter.styles)

# %% fold=true
# The temple, as the painter saw it in the course of its training
first_there.beside("colours and outlines at once", opinion=True)
figures.pictures(
    [fit(painting, *china.shape[2:]), *learnt().film.values()],
    ["the style", *(f"after {number} steps" for number in MOMENTS)],
    columns=4,
    alt="A painting of swirls; and the temple, at first in random specks, after twenty "
    "steps soft, with outlines, under a red sky, then with light outlines, in the "
    "style's orange, violet and blue-green",
)

# %% [markdown]
# After twenty steps there is a palette, and the temple's outlines with it. Then colours wander for a long time: the sky has
# been red, brown, blue and violet. Outlines become light lines, as in the style; strokes on surfaces hardly appear. The temple
# was never among the photos that the painter learnt from.
#
# Is it any good? Two numbers, by the slim network. **Style**: the distance of the painting from the style, as a share of
# the bare photo's. And is everything still **recognisable**? We paint all eight photos of the gallery, and ask for
# each painting which of the eight photos it is nearest to, by its content.


# %% fold=true
# style_left(picture), recognised(painted): by the slim network
def answers(picture, layers):
    """Feature maps of a picture, without a graph."""
    with torch.no_grad():
        return net(picture, layers)


A = style_grams(net, painting)


def style_far(picture):
    """The distance of a picture from the style, the mean of five layers."""
    maps = answers(picture, list(STYLE_LAYERS))
    parts = [relative_distance(per_place(maps[layer]), A[layer]) for layer in A]
    return float(torch.stack(parts).mean())


def style_left(picture, photo=china):
    """The same as a share of the bare photo's distance."""
    return style_far(picture) / style_far(photo)


EIGHT = gallery.names("photo")
squares = [gallery.photo(name, size=256)[..., :144, :144] for name in EIGHT]


def recognised(painted):
    """How many of eight paintings are nearest to the photo that they were made of."""
    targets = [answers(photo, [CONTENT])[CONTENT] for photo in squares]
    maps = [answers(one, [CONTENT])[CONTENT] for one in painted]
    far = torch.tensor(
        [[float(relative_distance(F, P)) for P in targets] for F in maps]
    )
    return int((far.argmin(1) == torch.arange(len(far))).sum())


# %% fold=true
# Both numbers, before the training and after it
untrained = Painter([STYLE], parts=parts)
painters = {"before the training": untrained, "after it": learnt().painter}
for name, one in painters.items():
    share, found = style_left(one.paint(china)), recognised([*map(one.paint, squares)])
    print(f"{name}: style {share:.1f} of the photo's, {found} of 8 recognised")

# %% test=true
# Styled, and all of the photos recognisable, or all but one
assert style_left(learnt().painter.paint(china)) < 0.62
assert style_left(untrained.paint(china)) > 0.9
assert recognised([*map(learnt().painter.paint, squares)]) >= 7
assert recognised([painting[..., :144, :144]] * 8) == 1

# %% fold=true
# Four photos, two of which the painter has never seen a crop of
shown = ["flower", "china", "cat", "astronaut"]
figures.pictures(
    [learnt().painter.paint(fit(gallery.photo(name, 256), 170, 256)) for name in shown],
    [f"{name}{', never seen' * (name in shown[:2])}" for name in shown],
    columns=2,
    alt="A flower, the temple, the cat and an astronaut in orange, violet and "
    "blue-green with light outlines; all four can be recognised",
)

# %% [markdown]
# **A question with a slider.** Move through the training. *Where does the number fall fastest, and where does the picture
# change without the number?*


# %% fold=true
# The temple in the course of the training, under a slider
def moment(step):
    """The temple after so many steps."""
    alt = f"The temple as the painter painted it after {step} steps"
    label = "style, as a share of the photo's"
    image = learnt().film[step]
    return figures.pictures([image], alt=alt), label, style_left(image)


explore(moment, step=MOMENTS)

# %% [markdown]
# <details><summary>What we saw</summary>
#
# The number falls fastest at the beginning: noise becomes flat places with edges. Later
# it moves less, and the sky still changes its colour: a Gram matrix does not ask where the red is.
# </details>

# %% test=true
# The slider moves, and the number falls
slider = explore(moment, step=MOMENTS)
numbers = [slider.set(step=step).number for step in (0, 40, STEPS)]
print("it falls:", numbers[0] > numbers[1] > numbers[2])
assert numbers[0] > numbers[1] > numbers[2]

# %% [markdown]
# (Some things are not good yet. The strokes are short, because crops of 80 pixels do not hold a swirl; flat skies stay
# flat; all photos get the same few colours. `twenty` is larger, has seen more photos for much longer, and in the end the full
# network judged its styles.)

# %% [markdown]
# ## 7 · Two parts on trial
#
# ### Three norms
#
# Three painters, alike but for the norm, after the same hundred steps on the same small crops: with your norm, with **batch norm**
# (statistics of the whole batch; for single pictures the averages that it kept while training), and with none.
# They paint the temple, and the temple in fog. (The cells below train for half a minute without a word.) **Predict: whose
# painting does the fog change most?**

# %% fold=true
# Your guess
in_fog = guess(
    "Whose painting does the fog change most?",
    ["instance norm's", "batch norm's", "that of the painter without a norm"],
)
in_fog


# %% fold=true
# Batch norm, no norm, and the three painters
class BatchNorm:
    """Batch norm; when it no longer trains, with the averages of what it has seen."""

    def __init__(self):
        self.training, self.kept = True, {}

    def __call__(self, x, gamma, beta):
        layer = gamma.data_ptr()  # each layer keeps averages of its own
        if layer not in self.kept:
            self.kept[layer] = torch.zeros(len(gamma)), torch.ones(len(gamma))
        kept = self.kept[layer]
        return functional.batch_norm(x, *kept, gamma, beta, training=self.training)


def no_norm(x, gamma, beta):
    """Only scale and shift."""
    return gamma.view(1, -1, 1, 1) * x + beta.view(1, -1, 1, 1)


def small(steps, **exchanged):
    """A smaller painter with another part, after so many steps on small crops."""
    painter = Painter([STYLE], width=8, parts=Parts(**exchanged))
    teacher = Perceptual(net, [painting], Weights(ALPHA, BETA))
    plan = Plan(steps, side=64, count=4)
    for _ in train(painter, Corpus(gallery_photos()), teacher, plan):
        pass
    return painter


@cache
def normed():
    """The three painters' temples, in the sun and in fog."""
    found, batch = {}, BatchNorm()
    norms = {"instance norm": instance_norm, "batch norm": batch, "no norm": no_norm}
    for name, norm in norms.items():
        painter = small(100, instance_norm=norm)
        batch.training = False
        found[name] = [painter.paint(contrast(china, share)) for share in (1.0, 0.3)]
    return found


# %% fold=true
# What they painted, with the distance from the style that is left
temples = {
    f"{name}{where}": one
    for name, both in normed().items()
    for one, where in zip(both, ("", ", in fog"), strict=True)
}
by_fog = {name: (one - two).abs().mean() for name, (one, two) in normed().items()}
owners = {"no norm": "that of the painter without a norm"}
most = max(by_fog, key=by_fog.get)
in_fog.beside(owners.get(most, f"{most}'s"))
figures.pictures(
    [*temples.values()],
    [f"{name}: {style_left(one):.2f}" for name, one in temples.items()],
    columns=2,
    alt="Three times the temple and the temple in fog: with instance norm twice the "
    "same painting; with batch norm and without a norm the temple in fog is paler",
)

# %% test=true
# Only instance norm does not see the fog
print("moved by fog:", [name for name, change in by_fog.items() if change > 1e-3])
assert by_fog["instance norm"] < 1e-3
assert min(by_fog["batch norm"], by_fog["no norm"]) > 0.03

# %% [markdown]
# With batch norm and with none, a paler photo becomes a paler painting: their layers know only how contrasty crops are *on
# average*. To take each picture by itself, in training and after it: that small change got a paper of its own.
#
# Why does it help the *training*? Ulyanov et al. thought it does so because contrast need not be learnt away. Huang and
# Belongie (2017) put that to the test. With all training photos brought to one contrast, instance norm still led clearly; with
# all brought to one *style*, hardly at all. So what it takes away is more than contrast. It is the photo's own style, and
# $\gamma$ and $\beta$ give another one. Keep that in mind: chapter 8 begins there.
#
# ### Does a training win against the grid?
#
# The same network with the transposed convolution and with your enlargement, both after sixty steps. **Predict: is the grid
# gone?**

# %% fold=true
# Your guess
grid_gone = guess(
    "After sixty steps, is the grid of the transposed convolution gone?",
    ["gone", "a trace is left", "plainly there"],
)
grid_gone


# %% fold=true
# The upper left of the temple: two networks, untrained and trained
@cache
def trained(way):
    """A small painter that enlarges in this way, after sixty steps."""
    return small(60, enlarge=WAYS[way])


stages = {
    f"{way}, {'trained' if done else 'untrained'}": (
        trained(way)
        if done
        else Painter([STYLE], width=8, parts=Parts(enlarge=WAYS[way]))
    )
    for way in WAYS
    for done in (False, True)
}
temples = {name: one.paint(china) for name, one in stages.items()}
left = grid(temples["transposed, trained"])
trace = "a trace is left" if left < 0.1 else "plainly there"
grid_gone.beside("gone" if left < 0.01 else trace)
figures.pictures(
    [one[..., :96, 64:192] for one in temples.values()],
    [f"{name}: {grid(one):.2f}" for name, one in temples.items()],
    columns=2,
    smooth=False,
    alt="The roof of the temple four times: soft with your enlargement, untrained and "
    "trained; under a grid of dots with the transposed convolution, both times",
)

# %% test=true
# The grid is there after training; with your enlargement it never was
assert (
    grid(temples["transposed, trained"]) > 0.1 > 0.01 > grid(temples["yours, trained"])
)

# %% [markdown]
# The number is a share: how much of a picture's details repeats every four pixels. It has grown: training has calmed the noise,
# so what is left is mostly grid. A part that brings no grid is simpler than a training that fights one. (Even with yours
# something of period 4 can be *learnt*, since the judge's poolings begin every 2, 4, 8 pixels; look closely at smooth places in
# paintings by `twenty`, in chalk for example. `course/training/train.py` therefore moves what the judge sees by a few pixels
# in each step.)

# %% [markdown]
# ## 8 · When has it paid?
#
# A minute of training, and then a fraction of a second for each picture. Or no training, and for each picture an optimisation:
# chapter 5's painter begins with the photo, and steps until $\alpha$ content + $\beta$ style is as small as that of our
# painter's picture. (By Adam, which is quicker than L-BFGS on the first few steps.) **Predict: after how many pictures
# has the training paid?**

# %% fold=true
# Your guess
paid = guess(
    "After how many pictures has training paid?", ["about 1", "10", "100", "1000"]
)
paid


# %% fold=true
# by_optimiser(): the temple by Adam, after 30 steps
def sum_of(picture, photo):
    """alpha content + beta style of one picture."""
    P = answers(photo, [CONTENT])[CONTENT]
    return batch_loss(net(picture, [CONTENT, *STYLE_LAYERS]), P, A, ALPHA, BETA)


@cache
def by_optimiser(steps=30):
    """Losses and pictures of all steps, and the seconds that one step takes."""
    image, began = china.clone().requires_grad_(True), time.process_time()
    optimiser, sums, images = torch.optim.Adam([image], lr=0.02), [], []
    for _ in range(steps):
        optimiser.zero_grad()
        value = sum_of(image, china)
        value.backward()
        sums.append(value.item())
        images.append(image.detach().clamp(0, 1))
        optimiser.step()
    seconds = (time.process_time() - began) / steps
    return SimpleNamespace(sums=sums, images=images, seconds=seconds)


def as_good():
    """The number of steps after which the optimiser is as good as your painter."""
    with torch.no_grad():
        goal = sum_of(learnt().painter.paint(china), china).item()
    return next(step for step, value in enumerate(by_optimiser().sums) if value < goal)


# %% fold=true tags=["nbval-ignore-output"]
# Seconds of all pictures together, by each
training, one_by_one = learnt().seconds, as_good() * by_optimiser().seconds
began = time.process_time()
learnt().painter.paint(china)
one_pass = time.process_time() - began
break_even = training / (one_by_one - one_pass)
powers = {"about 1": 1, "10": 10, "100": 100, "1000": 1000}
paid.beside(min(powers, key=lambda words: abs(math.log(break_even / powers[words]))))
pictures = [*range(1, 301)]
figures.curves(
    {
        f"trained for {training:.0f} s, then {one_pass:.2f} s for each": (
            pictures,
            [training + one_pass * number for number in pictures],
        ),
        f"optimised, {one_by_one:.2f} s for each": (
            pictures,
            [one_by_one * number for number in pictures],
        ),
    },
    x="pictures",
    y="seconds of one core",
    logarithmic=False,
    alt="Seconds over the number of pictures, up to 300: the trained painter's curve "
    "begins high and is flat, the optimiser's rises from below and crosses it",
)  # and against an optimiser that is given more time:
for steps in (as_good(), 30, 50):
    pays = training / (steps * by_optimiser().seconds - one_pass)
    sizes = {"ten or so": 10, "two dozen": 24, "fifty": 50, "a hundred or so": 100}
    about = min(sizes, key=lambda words: abs(math.log(pays / sizes[words])))
    print(f"against {steps} steps it pays after {about}")

# %% fold=true
# The temple by both
tries = {
    "one pass of the painter": learnt().painter.paint(china),
    f"{as_good()} steps, as good by the loss": by_optimiser().images[as_good()],
    "30 steps": by_optimiser().images[-1],
}
with torch.no_grad():
    sums = [float(sum_of(one, china)) for one in tries.values()]
figures.pictures(
    [*tries.values()],
    [f"{name}: {value:.1f}" for name, value in zip(tries, sums, strict=True)],
    alt="The temple three times: with bold outlines in orange, violet and blue-green; "
    "hardly changed from the photo, under a haze of strokes; with more strokes",
)

# %% test=true
# Training pays after a hundred pictures; the optimiser gets further
print("thirty steps get further than one pass:", sums[2] < sums[0])
assert 10 < break_even < 1000 and sums[2] < sums[0]  # a neighbour slows clocks, too

# %% [markdown]
# After about a hundred pictures, if the loss decides: for an app with a million users that is nothing, for one photo it is a
# waste. But look at the three pictures before you believe the number. By the loss the first two are equally good, and nobody would say so: Adam has kept the
# photo and laid some strokes over it, the painter has drawn everything anew, and blurred what is small. One number made of
# two can be had in two ways. (And with another learning rate Adam needs four steps, or fifteen.) Against the third picture,
# thirty steps of the optimiser, the training has paid after one or two dozen pictures, and against chapter 5's fifty steps
# after ten or so. *When has it paid?* depends on what one would have done otherwise. And the optimiser has not finished: compare
# the numbers above the pictures. **What is trained once is quick; what is optimised for this very photo is better.**
# So the studio of this course shows first the one, then the other.

# %% [markdown]
# ## 9 · What must it be trained on?
#
# Johnson et al. took 80,000 photos; we took six. Would one photo do, cut and recoloured again and again? Or none, only waves,
# discs and stripes made by formulas? Or other paintings? Here are four small painters like those of section 7, alike but for
# their diet, judged on two photos that none of them has seen; and, as the control, a fifth that has seen nothing but **white
# noise**, each pixel a colour of its own. (That much training takes too long for a lesson. `tools/painters/diets.py` has done
# it: a hundred steps for each painter, and twice, from other random weights and with other crops. Here we read what it wrote.)

# %% fold=true
# What the five were trained on: four pictures of each
BOARD = {
    "six photos": Corpus(gallery_photos(), 0),
    "one photo": Corpus([gallery.photo("cat", size=512)], 0),
    "formulas": Corpus([], 1),
    "paintings": Corpus(
        [gallery.style(name, size=256) for name in gallery.names("style")
         if name != STYLE], 0
    ),
    "white noise": Corpus(
        [torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))], 0
    ),
}  # fmt: skip
crops = [corpus.batch(7, 4, 80) for corpus in BOARD.values()]
figures.lattice(
    [batch[k : k + 1] for batch in crops for k in range(4)],
    [*BOARD],
    ["", "", "", ""],
    alt="Five rows of crops: from photos; from the cat alone, in other colours; "
    "noise, stripes and discs; pieces of paintings; specks of all colours",
)

# %% [markdown]
# **Predict: who fails?** (A painter fails, we shall say, if its style distance, the mean over both photos, is more than 0.8 of
# the photo's in both trainings, or its content distance more than 1. A painter that has learnt nothing has more than 1 in
# both.)

# %% fold=true
# Your guess
fails = guess(
    "Which diet makes a painter that fails on photos it has never seen?",
    ["white noise", "white noise and one more", "several of them", "none of them"],
)
fails

# %% fold=true
# Style and content by diet, in both trainings
diets = json.loads((DATA / "painters" / "diets.json").read_text())
judged = {  # [style or content, training]
    diet: torch.tensor([*found.values()]).mean(0).T for diet, found in diets.items()
}
failed = [
    diet
    for diet, (style, content) in judged.items()
    if style.min() > 0.8 or content.min() > 1
]
told = {0: "none of them", 1: "white noise", 2: "white noise and one more"}
fails.beside(told.get(len(failed), "several of them"))
figures.matrix(
    torch.stack([one.flatten() for one in judged.values()]),
    [*diets],
    ["style, 1st training", "2nd training", "content, 1st training", "2nd training"],
    title="distance from style (as a share of the photo's) and content",
    logarithmic=False,
    alt="A grid of numbers, five diets by style and content in two trainings; in "
    "style, white noise aside, six photos are worst the first time and best the second",
)

# %% test=true
# Nobody fails; six photos, trained twice, are far apart
styles = torch.stack([one[0] for one in judged.values()])
contents = torch.stack([one[1] for one in judged.values()])
print("style, worst of all:", round(float(styles.max()), 1), "failed:", failed)
assert failed == [] and styles.max() < 0.9 and contents.max() < 1
assert (styles[0, 0] - styles[0, 1]).abs() > 0.1

# %% [markdown]
# ![The temple and the flower, painted by five painters. Both can be recognised in the first eight paintings, and all have the
# style's violet, red and blue-green; the painter of white noise shows silhouettes, filled with fine stripes](../data/figures/diets.jpg)
#
# Nobody fails, and that says more about the question than about the diets: **not even white noise fails.** After a hundred
# steps these two numbers tell whether somebody has learnt *something*. They do not tell whether a diet is good; from the last
# two pictures anybody can. Without the control we would have announced that a painter can be trained on anything.
#
# And the other four? By eye a painter that knows one cat paints temples, and one that has met only formulas paints flowers. Which of
# them is better we cannot see in two trainings: six photos are the worst of them in style the first time, and the best
# the second. Whoever had run each once would have told a story about the first column.
#
# Are 80,000 photos needed? Ulyanov et al. report the contrary in *Instance Normalization*: a network trained on just
# sixteen pictures gave better results than one trained on thousands, and that was one of the reasons why they went looking for
# another norm. A style has no opinion about what is in a photo; the painter has to learn how *edges and textures* look, and one
# photo, cut and recoloured, is full of them. (Asano et al. 2020 found the same for the first layers of networks that see.)

# %% [markdown] open="one_axis" points=2
# ## In your own words
#
# A colleague trains a painter with batch norm, four pictures in a batch. While it trains, the paintings look fine; on single
# photos, with the averages that were kept, some come out pale and some glaring. **Why? What would happen if she simply went on
# using the statistics of the batch, with batches of one photo? And what has that to do with your exercise 1?** Three to
# five sentences.
#
# ### BEGIN MARKING SCHEME
# - 1 point: the kept averages are those of the training's photos; a single photo's own mean and deviation differ, so
#   a photo with less contrast than the average stays weak from the first norm on, and one with more becomes too strong.
# - 1 point: with one picture in the batch, statistics over batch and places are statistics over places alone: batch norm
#   *is* instance norm then. (Naming that it had been trained with mixed batches, so that it is not quite what it learnt
#   with, counts as well.)
#
# A model answer: *The averages belong to the photos of the training. A foggy photo is divided by a deviation larger than its
# own, so its maps stay weak from the first norm on, and a glaring one's too strong. With batches of one, the mean over batch and
# places is the mean over the places of one picture: that is instance norm, the function of exercise 1. It would take the fog
# away, though its gamma and beta were learnt with statistics of four pictures at once.*
# ### END MARKING SCHEME

# %% [markdown]
# ## What you should have seen
#
# - A painting in a fraction of a second, by a network that computes no loss.
# - Fog that does not change one pixel of a painting, and what happens with two other norms.
# - Strokes and the places of colours, which are lost without the residual blocks, while the palette stays.
# - A grid that is there before anything is learnt, and is not gone after sixty steps.
# - A temple that comes about in 240 steps of your own: palette and outlines first, and then a long wandering of colours.
# - Two pictures with one loss that nobody would call equally good.
# - A painter that has seen one cat, and paints a temple; and a measure that lets white noise pass.
#
# ## Questionnaire
#
# 1. When do instance norm and batch norm compute the same?
# 2. You take half of a photo's contrast away. Which layers of the painter notice it?
# 3. Why is a filter of 4 with stride 2 less prone to a checkerboard than one of 3?
# 4. The loss of a batch uses one Gram matrix for all its pictures. What could a painter do that pleases it?
# 5. You want another alpha / beta. What does that cost in chapter 5, and what here?
#
# <details><summary>Answers, once you have your own</summary>
#
# 1. For a batch of one picture, as long as batch norm uses the statistics of the batch.
# 2. Only the first convolution: the norm after it takes factor and shift away. (If the contrast is so small that the
#    1e-5 counts, the others notice too.)
# 3. A filter of 4 lays two weights on each pixel in each direction, everywhere: 2 divides 4. Its weights can still differ,
#    so a grid is possible, but not built in.
# 4. Paint one half of the batch in one part of the style and the other half in the rest: all red, all green. Each picture by
#    itself must have the statistics.
# 5. In chapter 5 nothing but another number for the next picture. Here a new training: the ratio is in the weights.
#
# </details>
#
# ## References
#
# - J. Johnson, A. Alahi, L. Fei-Fei, *Perceptual Losses for Real-Time Style Transfer and Super-Resolution*,
#   [arXiv:1603.08155](https://arxiv.org/abs/1603.08155).
# - D. Ulyanov, V. Lebedev, A. Vedaldi, V. Lempitsky, *Texture Networks*, [arXiv:1603.03417](https://arxiv.org/abs/1603.03417).
# - D. Ulyanov, A. Vedaldi, V. Lempitsky, *Instance Normalization: The Missing Ingredient for Fast Stylization*,
#   [arXiv:1607.08022](https://arxiv.org/abs/1607.08022).
# - K. He, X. Zhang, S. Ren, J. Sun, *Deep Residual Learning for Image Recognition*,
#   [arXiv:1512.03385](https://arxiv.org/abs/1512.03385).
# - S. Gross, M. Wilber, *Training and investigating residual nets*, Torch blog, 2016.
# - X. Huang, S. Belongie, *Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization*,
#   [arXiv:1703.06868](https://arxiv.org/abs/1703.06868): the experiment with one contrast and one style.
# - Y. M. Asano, C. Rupprecht, A. Vedaldi, *A Critical Analysis of Self-Supervision, or What We Can Learn From a Single Image*,
#   [arXiv:1904.13132](https://arxiv.org/abs/1904.13132).
# - A. Odena, V. Dumoulin, C. Olah, *Deconvolution and Checkerboard Artifacts*, Distill 2016.
# - V. Dumoulin, J. Shlens, M. Kudlur, *A Learned Representation for Artistic Style*,
#   [arXiv:1610.07629](https://arxiv.org/abs/1610.07629): how one network holds twenty styles (chapter 8).
