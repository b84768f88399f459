# ---
# jupyter:
#   course:
#     title: Statistics of textures
#     objectives:
#       - Find out whether the filters have to be trained, by lending the painter eyes that have seen nothing.
#       - Tell the statistics apart, means, Gram matrix, covariance, histogram, and know which contains which.
#       - Measure how alike two textures are without the loss that made them, and know what no measure sees.
#     minutes: 75
#     points: 8
#     seconds: 140
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
# # 4b · Statistics of textures
#
# *For the curious. Chapter 5 does not need it, and you can come back to it at any time.*
#
# Chapter 4 took one network, one statistic, and painted walls. Was it the network? Was it the statistic? Here we exchange both,
# one after the other: first for filters that have seen nothing, then for four rivals of the Gram matrix. At last we exchange
# the judge, too, for a loss is a poor judge of what it has made.
#
# **At the end** you have painted with random filters; you have written two rivals of the Gram matrix; you know which
# statistics are contained in which, and what none of them sees.
#
# *75 minutes · 8 points · two minutes of computing on two cores · no downloads. It builds on chapter 4.*

# %%
from functools import cache

import torch

from course import check, classical, figures, gallery, losses
from course.classical.pyramids import RandomPyramid
from course.images import fit, white_noise
from course.losses import gram
from course.measure import likeness
from course.nets.weights import vgg19
from course.objectives import RANGE, Objective, Term, in_range, style
from course.synthesis import Stage, paint
from course.widgets import explore, guess

SIZE = 112
STAGES = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
PALE = 0.5 + 0.1 * (white_noise(SIZE, SIZE, seed=0) - 0.5)
net = vgg19(pooling="avg", padding="replicate")

# %% [markdown]
# `gram` is the course's now; it does what yours did. The textures and the painter are those of chapter 4. The style term
# compares $G/M$ in each layer; its distance is a share of that of an empty answer, all zeros.

# %% fold=true
# Three textures of chapter 4
TEXTURES = {
    name: fit(picture[:, :, :side, :side], SIZE, SIZE)
    for name, picture, side in (
        ("brick", gallery.texture("brick"), 256),
        ("fans", gallery.style("fans"), 640),
        ("stained glass", gallery.style("stained_glass"), 640),
    )
}
wall = TEXTURES["brick"]
figures.pictures(
    list(TEXTURES.values()),
    list(TEXTURES),
    columns=5,
    alt="A wall of upright grey bricks, a pattern of coloured fans, and a tree and a "
    "sun in stained glass",
)


# %% fold=true
# from_noise() paints until a term is small; made() paints a texture
def from_noise(term, network=net, start=PALE, steps=60):
    """A picture for which this term is small, as this network sees it."""
    objective = Objective(network, [term, in_range()], {"range": RANGE})
    *_, last = paint(objective, start, [Stage(SIZE, steps)])
    return last.image


@cache
def made(name, stages):
    """The texture of that name, made with the first so many stages; of all five the
    loss needs more steps.
    """
    steps = 60 if stages < 5 else 120
    return from_noise(style(TEXTURES[name], STAGES[:stages]), steps=steps)


# %% [markdown]
# ## 1 · Must the filters be trained?
#
# **Why are the kernels not trained here?** In this chapter the parameters are the *pixels*; the
# network was trained once, by others, on 1.2 million photos with a thousand names, and is only the eye. But does it
# need to have seen anything? Let us lend the painter eyes that have not. In all three the weights are random:
#
# - **VGG-19 with random weights**, all five stages;
# - **one layer**, 32 random filters of 7 x 7 pixels and a ReLU, as Ustyuzhaninov et al. did (with larger filters as
#   well);
# - **the same layer on a pyramid**: the picture at full size, at half, at a quarter and so on, five levels in all.
#
# Predict which does best on the wall. (Nearest by the distance in energies of section 3: how strong the waves of each size and
# direction are.)

# %% fold=true
# Your guess
best_dice = guess(
    "Which eyes that have seen nothing come nearest to the wall?",
    ["random VGG", "one layer", "pyramid"],
)
best_dice

# %% fold=true
# Eyes that have seen nothing, and the textures that they make
dice, one_layer, pyramid = (
    vgg19("avg", weights="random", padding="replicate"),
    RandomPyramid(levels=1),
    RandomPyramid(),
)
RANDOM = {
    "random VGG": (dice, STAGES),
    "one layer": (one_layer, one_layer.layers),
    "pyramid": (pyramid, pyramid.layers),
}


@cache
def unseen(name, eyes):
    """The texture, made with eyes that have seen nothing."""
    network, layers = RANDOM[eyes]
    return from_noise(style(TEXTURES[name], layers), network)


def trained_and_not(name):
    """The texture made with trained eyes, and with each of the others."""
    return {"trained": made(name, 5), **{eyes: unseen(name, eyes) for eyes in RANDOM}}


# %% fold=true
# Bricks and stained glass, and four attempts at each
both = {name: trained_and_not(name) for name in ("brick", "stained glass")}
energies = {
    name: {
        eyes: likeness.energy_distance(picture, TEXTURES[name])
        for eyes, picture in painted.items()
    }
    for name, painted in both.items()
}
best_dice.beside(min(RANDOM, key=energies["brick"].get))
figures.pictures(
    [
        picture
        for name, painted in both.items()
        for picture in (TEXTURES[name], *painted.values())
    ],
    [
        title
        for far in energies.values()
        for title in ("the texture", *(f"{eyes}: {far[eyes]:.2f}" for eyes in far))
    ],
    columns=5,
    alt="Bricks and stained glass, and four attempts at each. Trained: bricks with "
    "joints all around, panes with lead. Random VGG: light strokes upright and across "
    "that rarely meet, coloured crumbs. One layer: blurred strokes, clouds of colour. "
    "Pyramid: long faint strokes, larger clouds",
)

# %% test=true
# Trained eyes are nearer in energies, clearly so in stained glass
assert energies["brick"]["trained"] < energies["brick"]["random VGG"]
assert (
    energies["stained glass"]["trained"] < 0.7 * energies["stained glass"]["random VGG"]
)

# %% [markdown]
# All of them have understood something: colours, directions, how coarse the texture is, and that it is the same everywhere.
# Above each stands its distance in energies, which section 3 explains: 0 is the texture itself. On the wall the random VGG comes
# nearest of the three, at twice the distance of the trained one. In stained glass it is the last of all, and the pyramid comes
# nearest.
# Filters that have seen nothing are not blind, as long as a ReLU follows them (leave it out, with
# `RandomPyramid(rectified=False)`, and look). From the pyramid we get the large areas of colour, from one layer only
# what fits into 7 x 7 pixels. But joints that *go on*, corners, closed panes: of these four, only the trained eyes paint them.
#
# There is no sharp border between trained and random, and our one layer is a weak rival. Ustyuzhaninov et al. (2016) got good
# textures from one random layer with filters of eight sizes, from 3 to 55 pixels, 128 of each; He et al. (2016) transferred style with random deep networks; and Asano et al.
# (2020) taught the first layers of a network with a *single* picture, turned and cropped a million times. The network
# of this course is Oxford's VGG-19, trained on ImageNet in the ordinary way.
#
# ## 2 · Other statistics
#
# The Gram matrix is one statistic of many. What others are there, and do they contain one another? The simplest that a
# layer offers are two numbers for each filter: mean and deviation. For filter $i$ let $\mu_i(F)$ be the mean over all places
# and $\sigma_i(F)$ the standard deviation, with $M$ in the denominator rather than $M - 1$:
#
# $$L = \frac{1}{N} \sum_i \left[ \left(\mu_i(F) - \mu_i(S)\right)^2 + \left(\sigma_i(F) - \sigma_i(S)\right)^2 \right]$$
#
# Li et al. (2017) paint with it, and in chapter 8 it will make style transfer fast.

# %% [markdown]
# > **Exercise 1 · `mean_std_loss`**<br>
# > difficulty ●●○○○ · importance ●●●●○ · 10 minutes · 4 points<br>
# > *At the end you have* a rival of the Gram matrix with 2 N numbers in place of N².


# %% exercise="mean_std_loss"
def mean_std_loss(F, S):
    """1/N times the squared differences of each filter's mean and deviation; [B, N, H,
    W] and [B, N, H', W'].
    """
    ### BEGIN SOLUTION
    means = F.mean((2, 3)) - S.mean((2, 3))
    spread = (F.var((2, 3), correction=0) + 1e-8).sqrt() - (
        S.var((2, 3), correction=0) + 1e-8
    ).sqrt()
    return (means**2 + spread**2).sum() / F.shape[1]
    ### END SOLUTION


# %% [markdown]
# <details><summary>The check says M - 1</summary>
#
# torch divides by $M - 1$ unless you say `correction=0`.
# </details>
#
# <details><summary>The gradient is NaN</summary>
#
# A filter that is silent everywhere has variance 0, and the slope of a root at 0 is infinite. Add a tiny number under
# the root, or use `torch.std`, which knows.
# </details>
#
# <details><summary>The sizes of F and S do not fit</summary>
#
# They need not be equal. First make one number for each filter, `.mean((2, 3))`, and compare those.
# </details>
#
# <details><summary>Show me the way</summary>
#
# `F.mean((2, 3))` and `F.std((2, 3), correction=0)` are [B, N]. Or go on with ours, for no points:
# `mean_std_loss = check.borrow("mean_std_loss")`.
# </details>

# %% check="mean_std_loss" points=2
check.mean_std_loss(mean_std_loss)

# %% hidden="mean_std_loss" points=2
### BEGIN HIDDEN TESTS
import torch

check.mean_std_loss(mean_std_loss)

F, S = (
    torch.tensor([[[[1.0, 3.0]], [[5.0, 5.0]]]]),
    torch.tensor([[[[0.0], [0.0], [6.0], [6.0]], [[5.0]] * 4]]),
)
assert abs(float(mean_std_loss(F, S)) - (1 + 4) / 2) < 1e-3
### END HIDDEN TESTS

# %% [markdown]
# ### Which statistic contains which?
#
# **Are covariance, Gram matrix and histogram contained in one another?** One pair of clouds settles each case: equal in one
# statistic and different in the other. Two filters are enough; each place is then a point in the plane.


# %% fold=true
# Clouds of points: a grid, a cross, a ring and a slanted one
def grid(side=20):
    """side * side points, evenly in a square around 0, with covariance 1: [2, side *
    side].
    """
    line = torch.linspace(-1, 1, side, dtype=torch.float64)
    points = torch.stack(torch.meshgrid(line, line, indexing="ij")).flatten(1)
    return points / points[0].std(correction=0)


def cross(side=20):
    """As many points on the two diagonals of that square; each coordinate takes the
    values that it takes in the grid.
    """
    x = grid(side)[0]
    return torch.stack([x, x * torch.tensor([1.0, -1.0]).repeat(len(x) // 2)])


angles = torch.arange(400, dtype=torch.float64) * 2 * torch.pi / 400
ring = 2**0.5 * torch.stack([angles.cos(), angles.sin()])
slant = torch.tensor([[0.6], [1.0]]) * grid()
slant = torch.stack([slant[0] + slant[1], slant[1]])
flip = torch.tensor([1.0, -1.0]).repeat(200)

# %% fold=true
# Five pairs of clouds
aside = grid() / 3 + torch.tensor([[1.5], [1.0]])
PAIRS = {
    "mirrored": (slant, slant * torch.tensor([[-1.0], [1.0]])),
    "moved": (grid(), grid() + torch.tensor([[1.0], [0.5]])),
    "half of it flipped": (aside, aside * flip),
    "ring and square": (ring, grid()),
    "cross and square": (cross(), grid()),
}
figures.clouds(
    [cloud for pair in zip(*PAIRS.values(), strict=True) for cloud in pair],
    [*PAIRS, *[""] * 5],
    columns=5,
    alt="Five pairs of clouds of points: a slanted rhomboid and its mirror image; a "
    "square and the same square further up and to the right; a small square aside of "
    "the centre and the same with every second point on the other side; a ring and a "
    "square; a cross of two diagonals and a square",
)

# %% [markdown]
# Which statistics are equal in each column: mean and deviation of each filter; $G$; the covariance (that is $G / M$ with
# the means taken away); the histogram of each filter; the whole cloud? Predict two of them.

# %% fold=true
# Your guess
blind_moved = guess(
    "Moved: which statistic sees no difference?",
    ["mean, deviation", "Gram", "covariance", "histogram", "whole cloud"],
)
blind_moved

# %% fold=true
# Your guess
blind_flipped = guess(
    "Half of it flipped: which sees no difference?",
    ["mean, deviation", "Gram", "covariance", "histogram", "whole cloud"],
)
blind_flipped


# %%
def covariance(F):
    """The Gram matrix per place of what is left when each map's mean is taken away; [B,
    N, H, W] -> [B, N, N].
    """
    return gram(F - F.mean((2, 3), keepdim=True)) / (F.shape[2] * F.shape[3])


def histogram(F):
    """All values of each map in order, their places forgotten: [B, N, H, W] -> [B, N,
    M].
    """
    return F.flatten(2).sort(dim=2).values


# %% fold=true
# How far two clouds are apart in each of the five statistics
def apart_in(cloud, other):
    """How far two clouds [2, M] are apart in each statistic; differences below a
    millionth are no differences.
    """
    F, S = (points[None, :, None].double() for points in (cloud, other))
    numbers = [
        mean_std_loss(F, S),
        *(
            (s(F) - s(S)).square().mean()
            for s in (lambda F: gram(F) / 400, covariance, histogram)
        ),
    ]
    return [
        0.0 if number < 1e-6 else float(number)
        for number in (*numbers, losses.sliced_wasserstein(F, S))
    ]


# %% fold=true
# What each statistic says to each pair
table = torch.tensor([apart_in(*pair) for pair in PAIRS.values()])
NUMBERS = ["mean, deviation", "Gram", "covariance", "histogram", "whole cloud"]
blind = [NUMBERS[row.argmin()] for row in table]
blind_moved.beside(blind[1])
blind_flipped.beside(blind[2])
figures.matrix(
    table,
    list(PAIRS),
    NUMBERS,
    title="squared distance; 0: this statistic sees no difference",
    alt="A grid of numbers with zeros: mirrored has 0 for mean and deviation and for "
    "the histogram; moved for the covariance; half flipped for Gram; ring and square "
    "for all but the last two; cross and square for all but the last",
)

# %% test=true
# Which statistics see which difference
assert (
    (table > 0)
    == torch.tensor(
        [
            [0, 1, 1, 0, 1],
            [1, 1, 0, 1, 1],
            [1, 0, 1, 1, 1],
            [0, 0, 0, 1, 1],
            [0, 0, 0, 0, 1],
        ]
    )
).all()

# %% [markdown]
# Read the zeros. *Moved*: the covariance is the same, Gram is not. *Flipped*: Gram is the same, since
# $(-x)(-x)^\top = x x^\top$, and the covariance is not. *Mirrored*: the histograms agree, Gram and covariance do not. *Ring and
# square*: Gram and covariance agree, the histograms do not. So **none of the three contains another.** What does hold: the
# covariance *and* the means together give the Gram matrix; each histogram gives that filter's mean and deviation.
#
# The last column is the **sliced Wasserstein distance** (Heitz et al., 2021): project both clouds onto lines in many
# directions, sort the points on each line, and compare. It is a histogram not only of each filter but of every mixture of
# filters, and it is zero for equal clouds only (given all directions: the theorem of Cramér and Wold).
#
# ### Second, third, fourth, fifth order
#
# **What are statistics of second, third, fourth, fifth order?** Means of products of two, three,
# four, five features at one place. (They come up when somebody says "but the Gram matrix sees only pairs".) The first order is
# the mean, the second the Gram matrix; for a single filter the third tells skewed from symmetric, the fourth heavy tails from
# light ones. $N$ filters make $N^k$ products of $k$ features, if $ij$ and $ji$ count as two: 512 filters make a quarter of a
# million products of two, and 134 million of three.
#
# Nobody has to write them down to *compare* them. Take two clouds of vectors, $f$ and $s$, and a **kernel** $k(x, y)$ that says
# how alike two vectors are, and compute the squared **maximum mean discrepancy**:
#
# $$MMD^2 = \overline{k(f, f')} + \overline{k(s, s')} - 2\,\overline{k(f, s)}$$
#
# where the bars are means over all pairs, those of a vector with itself included. With $k(x, y) = (x \cdot y)^2$ it compares
# all products of two.

# %% [markdown]
# > **Exercise 2 · `mmd_squared`**<br>
# > difficulty ●●●○○ · importance ●●●○○ · 12 minutes · 4 points<br>
# > *At the end you have* the Gram matrix once more, from another side.


# %% exercise="mmd_squared"
def mmd_squared(F, S):
    """MMD² of two clouds of vectors, one for each place of F [B, N, H, W] and S [B, N,
    H', W'], k(x, y) = (x . y)².
    """
    ### BEGIN SOLUTION
    f, s = F.flatten(2), S.flatten(2)

    def mean(x, y):
        return ((x.transpose(1, 2) @ y) ** 2).mean((1, 2))

    return (mean(f, f) + mean(s, s) - 2 * mean(f, s)).sum()
    ### END SOLUTION


# %% [markdown]
# <details><summary>The sizes of F and S do not fit</summary>
#
# Every place of one meets every place of the other: `x.transpose(1, 2) @ y` is [B, M, M'], all inner products at
# once.
# </details>
#
# <details><summary>It is not zero for equal clouds</summary>
#
# The mixed pairs count twice, and each of the three is a mean, not a sum.
# </details>
#
# <details><summary>It is right for one picture and wrong for two</summary>
#
# Take means over the axes 1 and 2 only, and add the pictures up at the end.
# </details>
#
# <details><summary>Show me the way</summary>
#
# A small function for the mean of $(x \cdot y)^2$ over all pairs, called three times. Or go on with ours, for no
# points: `mmd_squared = check.borrow("mmd_squared")`.
# </details>

# %% check="mmd_squared" points=2
check.mmd_squared(mmd_squared)

# %% hidden="mmd_squared" points=2
### BEGIN HIDDEN TESTS
import torch

check.mmd_squared(mmd_squared)

F, S = torch.tensor([[[[1.0, 0.0]], [[0.0, 2.0]]]]), torch.tensor([[[[1.0]], [[1.0]]]])
assert abs(float(mmd_squared(F, S)) - (17 / 4 + 4 - 2 * 5 / 2)) < 1e-4
### END HIDDEN TESTS

# %% [markdown]
# Now compare it with the squared distance of the two Gram matrices, each divided by its number of places, for the
# bricks and gravel of another size:

# %%
gravel = gallery.texture("gravel", size=64)
for layer in STAGES[2:]:
    F, S = net(wall, [layer])[layer], net(gravel, [layer])[layer]
    G, A = gram(F) / F[0, 0].numel(), gram(S) / S[0, 0].numel()
    ratio = mmd_squared(F, S) / (G - A).square().sum()
    places = f"{F[0, 0].numel():3} and {S[0, 0].numel():3} places"
    print(f"{layer}: {places}; MMD with (x . y)^2 / |G/M - A/M'|^2 = {ratio:.3f}")

# %% [markdown]
# They are the same number (Li et al., 2017): $(x \cdot y)^2$ is the inner product of $x x^\top$ and $y y^\top$, and the
# mean of $f f^\top$ over all places *is* $G / M$. **So can one use the distances of domain adaptation?** We have done so all
# along: to match Gram matrices is to make two *distributions* of features alike. The same is done when a network is to be used
# on pictures of another kind than those it was trained on (domain adaptation), and the MMD is the first tool for it. (MDD, the
# margin disparity discrepancy, is another; it needs a classifier that is trained along with it.)
#
# And the other orders? $(x \cdot y)^k$ compares all products of $k$ features. We need clouds that agree up to some
# order, and no further; regular polygons do, each against itself turned by half the angle from one corner to the next:


# %% fold=true
# Regular polygons, and the same turned by half a corner
def polygon(corners, turn=0.0):
    """The corners of a regular polygon around 0: [2, corners], turned by a share of one
    corner.
    """
    angle = (torch.arange(corners) + turn) * 2 * torch.pi / corners + torch.pi / 2
    return torch.stack([angle.cos(), angle.sin()]).double()


NAMES = {2: "two points", 3: "triangle", 4: "square", 5: "pentagon"}
figures.clouds(
    [polygon(corners, turn) for turn in (0, 0.5) for corners in NAMES],
    [*NAMES.values(), *[""] * 4],
    columns=4,
    alt="Two points above each other, a triangle, a square and a pentagon, and below "
    "each the same turned by half a corner",
)


# %% fold=true
# The MMD² of each polygon and its turned self, in five orders
def of_order(k, cloud, other):
    """The MMD² with the kernel (x . y)^k, by the course's function; less than a
    millionth is nothing.
    """
    clouds = [points[None, :, None] for points in (cloud, other)]
    number = losses.mmd_squared(
        *clouds, kernel=lambda X, Y: (X.transpose(1, 2) @ Y) ** k
    ).item()
    return 0.0 if number < 1e-6 else number


table = torch.tensor(
    [[of_order(k, polygon(n), polygon(n, 0.5)) for k in range(1, 6)] for n in NAMES]
)
figures.matrix(
    table,
    list(NAMES.values()),
    ["order 1", "2 (Gram)", "3", "4", "5"],
    title="MMD² with the kernel (x . y)^k; 0: equal in this order",
    alt="A grid of numbers, mostly zeros: two points differ from order 2 on, the "
    "triangle from 3, the square from 4, the pentagon in 5 alone",
)

# %% test=true
# The more corners, the higher the order that sees the turn
assert (
    (table > 0)
    == torch.tensor(
        [[0, 1, 0, 1, 0], [0, 0, 1, 0, 1], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]]
    )
).all()

# %% [markdown]
# To the Gram matrix a triangle is the same whether it stands on its base or on its tip, and a turned square or pentagon is the
# same, too: the more corners, the higher the order that it takes to see the turn. Nor does a higher order contain the lower
# ones: the triangles agree in 1, 2 and 4 and differ in 3 and 5. (Two points and square lie alike on both sides of 0, so
# products of an odd number have mean 0, turned or not: odd orders are blind to them.)
#
# ### A texture that Gram matrices take for another
#
# In colour there is something to look at. One texture has black, yellow, magenta and cyan in equal parts, the other white, red,
# green and blue: not a single colour in common, and yet the same means, deviations, covariances and Gram matrix, and the same
# histograms of red, of green and of blue.

# %% fold=true
# Two textures of squares in other colours, and which statistics agree
EVEN = torch.tensor([[0, 0, 0], [1, 1, 0], [1, 0, 1], [0, 1, 1]]).float()


def confetti(colours, seed=0):
    """Squares of 4 x 4 pixels in these colours [n, 3], equally many of each, in random
    order.
    """
    side = SIZE // 4
    order = torch.randperm(
        side * side, generator=torch.Generator().manual_seed(seed)
    ) % len(colours)
    return (
        colours[order]
        .T.view(1, 3, side, side)
        .repeat_interleave(4, 2)
        .repeat_interleave(4, 3)
    )


def apart_in_relu1_1(picture, other):
    """The relative distance of two pictures' Gram matrices in relu1_1."""
    G, A = (gram(net(one, ["relu1_1"])["relu1_1"]) for one in (picture, other))
    return losses.relative_distance(G, A).item()


even, odd = confetti(EVEN), confetti(1 - EVEN, seed=1)
F, S = (picture.double() for picture in (even, odd))
for s in (losses.mean_std, gram, covariance, histogram):
    apart = (s(F) - s(S)).abs().max() / s(F).abs().max()
    print(f"{s.__name__:10} {apart:.6f} apart, as a share of the largest number")
print(f"sliced Wasserstein distance {losses.sliced_wasserstein(F, S):.2f}")
print(f"Gram matrix of relu1_1, relative distance {apart_in_relu1_1(even, odd):.2f}")

# %% [markdown]
# Why is relu1_1 not deceived? Its filters mix the colours, and the ReLU bends what they say: products of two *bent*
# features hold something of every order. That may be why two orders do so well in practice, if the features are good.
#
# We paint the first of the two from noise, with nothing but statistics of its colours; the only layer is the picture
# itself.


# %% fold=true
# Five losses, one for each statistic
def compared(loss, picture, layers):
    """A term, the mean over layers of loss(F, S), each as a share of what an empty
    answer would have.
    """
    S = net(picture, layers)
    empty = {layer: loss(0 * S[layer], S[layer]).item() for layer in layers}

    def mean(features):
        parts = [loss(features[layer], S[layer]) / empty[layer] for layer in layers]
        return sum(parts) / len(layers)

    return Term("texture", tuple(layers), lambda network, height, width: mean)


def by(statistic):
    """A loss: the relative distance of this statistic."""
    return lambda F, S: losses.relative_distance(statistic(F), statistic(S))


def statistics():
    """Five losses of features F and S."""
    return {
        "mean, deviation": mean_std_loss,
        "Gram": by(gram),
        "covariance": by(covariance),
        "histograms": by(histogram),
        "whole cloud": losses.sliced_wasserstein,
    }


# %% fold=true
# Confetti, and noise that was given each of its statistics
@cache
def coloured(name):
    """Noise whose colours have been given this statistic of the confetti's."""
    term = compared(statistics()[name], even, ["image"])
    return from_noise(term, start=white_noise(SIZE, SIZE))


figures.pictures(
    [even, *(coloured(name)[:, :, :28, :28] for name in statistics())],
    ["the texture", *statistics()],
    columns=6,
    smooth=False,
    alt="Confetti in black, yellow, magenta and cyan; then five fields of small "
    "squares: the first four in all kinds of colours, with white, red, green and blue "
    "among them, the last mostly in the four of the confetti",
)


# %% test=true
# Only the whole cloud leads back to the four colours
def far_colours(picture):
    """The share of pixels that are far from each of the four colours."""
    distances = torch.cdist(picture[0].flatten(1).T, EVEN)
    return (distances.amin(1) > 0.25).float().mean().item()


shares = {name: far_colours(coloured(name)) for name in statistics()}
assert shares.pop("whole cloud") < 0.25 and min(shares.values()) > 0.4

# %% [markdown]
# (In the painted pictures each square is one pixel.) The first four statistics accept colours that the texture does not have:
# about half of all pixels, or more, are far from each of its four. Only the whole cloud leads back to these four, nearly everywhere.
#
# And on the wall, in the first three stages of the network? Predict how well you can tell them
# apart.

# %% fold=true
# Your guess
tell = guess(
    "Will you be able to tell which wall is which?", ["yes, clearly", "hardly"]
)
tell


# %% fold=true
# The wall, and five walls made with the five statistics
@cache
def rival(name, statistic, steps=40):
    """The texture made with one of the five statistics in three stages."""
    term = compared(statistics()[statistic], TEXTURES[name], STAGES[:3])
    return from_noise(term, steps=steps)


tell.beside("hardly", opinion=True)
figures.pictures(
    [wall, *(rival("brick", name) for name in statistics())],
    ["the texture", *statistics()],
    columns=6,
    alt="The wall and five walls made from noise: all of them have upright bricks "
    "with light joints, straighter here, more broken there; with Gram and covariance "
    "the grey has a tint",
)

# %% [markdown]
# All five are walls, and none is clearly the best; those of Gram and covariance have a tint, and the two that sort take about
# twice as long. Risser et al. (2017) use Gram matrices *and* histograms, against drifting colours and contrasts. With two
# features the statistics are a gulf apart; with hundreds of good ones, on this wall, little of it is left. Elsewhere it does
# not: chapter 4 took the company away, and long strokes broke into short ones. When the field replaced the Gram matrix by means
# and deviations (chapter 8), it was because they are so much lighter; what they lose can be seen.
#
# **Is it nothing but experience, then, which layers and which statistic make a style?** In good part, yes:
# no theorem says that a Gram matrix *is* the style. What one can do is measure; and that needs a measure that is none
# of these.

# %% [markdown]
# ## 3 · How alike are two textures?
#
# Whoever judges a picture by the loss that made it will always find it good. Two measures that use no network:
#
# - **patches**: the sliced Wasserstein distance of all 7 x 7 patches, for fine, middle and coarse detail
#   (`likeness.patch_distance`);
# - **energies**: how strong the waves of each size and direction are, place by place, and how these strengths go together. This
#   is the heart of Portilla and Simoncelli's statistics (`likeness.energy_distance`). It is blind to colour and contrast.
#
# And a question that neither of them asks: what share of the patches was **copied**? Predict how well the texture itself does,
# moved by some pixels.

# %% fold=true
# Your guess
itself = guess(
    "What marks will the texture itself get, moved by some pixels?",
    ["the best", "middling ones", "the worst"],
)
itself


# %% fold=true
# Seven candidates, and three measures
def judged(name):
    """Pictures that want to be this texture, from its copy to noise."""
    texture = TEXTURES[name]
    return {
        "itself, moved": texture.roll((40, 25), dims=(2, 3)),
        "quilted": classical.quilted(texture),
        "five stages, Gram": made(name, 5),
        "one stage, Gram": made(name, 1),
        "random VGG, Gram": unseen(name, "random VGG"),
        "waves moved": classical.random_phase(texture),
        "pixels shuffled": classical.shuffled(texture),
    }


def verdicts(name):
    """For each candidate: patches, energies, copied."""
    measures = (likeness.patch_distance, likeness.energy_distance, likeness.copied)
    return torch.tensor(
        [
            [measure(image, TEXTURES[name]) for measure in measures]
            for image in judged(name).values()
        ]
    )


# %% fold=true
# What the three measures say to the seven candidates
table = verdicts("brick").round(decimals=3)
itself.beside("the best")
figures.matrix(
    table,
    list(judged("brick")),
    ["patches", "energies", "copied"],
    title="patches, energies: distances, 0 is best; copied: a share",
    logarithmic=False,
    alt="A grid of numbers. The wall itself, moved, and the quilt have the smallest "
    "distances and are copied for the most part. Five stages: copied nothing, energies "
    "near. Waves moved: nearer than five stages in patches, far in energies",
)

# %% test=true
# The copies lead in both distances, and in the copied share
moved, quilted, five, one, random_vgg, waves, pixels = table
assert waves[0] < five[0] and five[1] < 0.6 * waves[1] and (moved[:2] < five[:2]).all()
assert (
    min(moved[2], quilted[2]) > 0.5 and max(five[2], one[2], waves[2], pixels[2]) < 0.05
)

# %% [markdown]
# Read the table column by column. **Patches** see colour and contrast: shuffled pixels are far off. But they put the moved
# waves, a grey weave without a single brick, *before* the wall of five stages: seen from a random direction, a patch is
# a sum of many pixels, and such sums look much the same for all pictures of one spectrum. The random VGG, too, is as good as the
# trained one in patches. **Energies** see just what is missing there: joints that meet. In energies the random VGG is twice as
# far off. To colours they are blind. One measure alone would deceive you; so it was with losses, and so it
# will be with every number that is to measure a style.
#
# And in both columns the first place goes to **the texture itself, moved**, the second to the quilt. None of these
# measures, and no texture loss either, asks for anything *new*. What we mean by "more of the same" is two wishes, to be like
# the texture and not to be a copy of it, and the second has to be measured by itself: that is the last column.
#
# **A last question.** Predict which stage brings the bricks, as energies see them.

# %% fold=true
# Your guess
brings = guess(
    "Which stage takes most of the distance in energies away?",
    ["the second", "the third", "the fourth", "the fifth"],
)
brings


# %% fold=true
# A texture and what so many stages make of noise, under two sliders
def by_stages(texture, stages):
    """What so many stages have made, beside the texture, and how far it is."""
    image = made(texture, stages)
    alt = f"The {texture} and what {stages} of five stages make of noise"
    figure = figures.pictures(
        [TEXTURES[texture], image],
        ["the texture", f"{stages} of 5 stages"],
        columns=3,
        alt=alt,
    )
    return (
        figure,
        "distance in energies",
        likeness.energy_distance(image, TEXTURES[texture]),
    )


explore(by_stages, texture=["brick", "stained glass"], stages=(1, 5))

# %% fold=true
# The wall's distance, over the number of stages
brings.beside("the second")
slider = explore(by_stages, texture=["brick", "stained glass"], stages=(1, 5))
curve = [slider.set(texture="brick", stages=n).number for n in range(1, 6)]
figures.bars(
    {f"{n + 1} of 5 stages": distance for n, distance in enumerate(curve)},
    x="the wall's distance in energies",
    alt="Five bars: a long one for the first stage alone, four of less than half of it",
)

# %% test=true
# From two stages on less than half
assert max(curve[1:]) < curve[0] / 2

# %% [markdown]
# On the wall the second stage brings most of what energies can see: its filters, 10 pixels wide, see a joint
# *and* what it meets. What do the later ones bring, in numbers, and what to your eyes? A number says what it was made to
# say; when it contradicts your eyes, ask what it does not see.

# %% [markdown]
# ## What you should have seen
#
# - That random filters find colours, directions and coarseness, and that only trained ones close a pane.
# - Pairs of clouds that agree in one statistic (covariance, Gram matrix or histogram) and differ in another; a turned triangle
#   that it takes the third order to see.
# - That Gram matching is MMD with $(x \cdot y)^2$, to the last digit that counts.
# - Five walls from five statistics, and no clear winner.
# - That the best score of all goes to a copy.
#
# ## Questionnaire
#
# 1. Somebody takes the mean away from $F$ before multiplying. Name a pair of textures that this mistake makes equal,
#    and one that it tells apart although Gram does not.
# 2. Deep random networks know nothing, and yet they transfer some style. What do they have in common with trained ones?
# 3. Mean and deviation of 512 filters are 1,024 numbers, their Gram matrix holds 131,328 different ones. Why can the walls
#    made with either look alike all the same? Name a case in which they cannot.
# 4. Two clouds have the same $MMD^2$ of 0 with $(x \cdot y)^2$. Are they the same cloud?
# 5. A new method has a smaller texture loss than ours on every texture. What do you ask to see before you believe that
#    it is better?
#
# <details><summary>Answers, once you have your own</summary>
#
# 1. It is the covariance. It makes *moved* equal: one cloud, and the same with a constant added to each feature. It
#    tells *half of it flipped* apart, where Gram is blind, since $(-x)(-x)^\top = x x^\top$.
# 2. How they are built: the same small window everywhere, a ReLU, and poolings, through which each stage sees farther
#    than the one before. Filters that know nothing still differ in colour, direction and size.
# 3. The filters overlap, and each sees a whole pattern: that two things occur together is often the business of a third
#    filter, whose mean says it. Where no filter sees both, they differ: in the raw colours of the confetti, say, or in the
#    two maps of chapter 4 that fire together or apart.
# 4. Not necessarily. It compares all products of two, and nothing else: triangles on their base and on their tip, or a cloud
#    of which every second point is flipped through 0, have $MMD^2 = 0$.
# 5. The pictures, from several seeds. A measure that is not the loss it was made with. How much of it is copied. And
#    the time and steps that both had.
#
# </details>
#
# ## References
#
# - I. Ustyuzhaninov et al., *Texture Synthesis Using Shallow Convolutional Networks with Random Filters*,
#   [arXiv:1606.00021](https://arxiv.org/abs/1606.00021). K. He, Y. Wang, J. Hopcroft, *A Powerful Generative Model
#   Using Random Weights for the Deep Image Representation*, [arXiv:1606.04801](https://arxiv.org/abs/1606.04801). Y. M.
#   Asano, C. Rupprecht, A. Vedaldi, *A Critical Analysis of Self-Supervision*,
#   [arXiv:1904.13132](https://arxiv.org/abs/1904.13132).
# - Y. Li et al., *Demystifying Neural Style Transfer*, [arXiv:1701.01036](https://arxiv.org/abs/1701.01036). E. Risser
#   et al., *Stable and Controllable Neural Texture Synthesis and Style Transfer Using Histogram Losses*,
#   [arXiv:1701.08893](https://arxiv.org/abs/1701.08893). E. Heitz et al., *A Sliced Wasserstein Loss for Neural Texture
#   Synthesis*, [arXiv:2006.07229](https://arxiv.org/abs/2006.07229).
# - J. Portilla, E. P. Simoncelli, *A Parametric Texture Model Based on Joint Statistics of Complex Wavelet
#   Coefficients*, 2000.
