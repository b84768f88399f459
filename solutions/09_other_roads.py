# ---
# jupyter:
#   course:
#     title: Other roads
#     objectives:
#       - Paint in oil by a program of seven steps, and say where all that it knows of oil comes from.
#       - Make a painting out of patches of another one, and tell what patches copy from what Gram matrices keep.
#       - Change the light of a portrait and the hour of a photo, and put a number to what makes a photo look like one.
#     minutes: 110
#     points: 22
#     open_points: 2
#     seconds: 90
#     memory_mb: 1700
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
# # 9 · Other roads
#
# Before 2015 each look had its own program. There was one that painted in oil, one that relit portraits, one that turned noon
# into night. Some held rules that somebody had written down, others took an example.
#
# Then one formula took any painting. Are the old roads only history? In this chapter you build four of them. Each knows
# something that a Gram matrix does not: which way a brush goes, which parts belong together, where a face has its shadows, what
# light can do to a wall and what it cannot. And most of them came back, *inside* neural style transfer.
#
# **At the end** you have a temple in oil, in stained glass and at night, a portrait in another portrait's light, and a tree of the
# field with pictures of your own.
#
# *110 minutes · 22 points, and 2 in words · a minute and a half of computing on one core · no downloads. It builds
# on chapters 4, 5 and 6; the exercises themselves need tensors only.*

# %%
from functools import cache
from itertools import pairwise

import torch
from torch.nn import functional

from course import check, figures, gallery
from course.classical.pyramids import blurred
from course.control.colours import match_colour
from course.control.regions import load_masks, style_in
from course.diagrams import Work, family_tree
from course.measure.likeness import copied, patch_distance
from course.nets.weights import vgg19
from course.objectives import Objective, content, in_range, style, total_variation
from course.rendering.patchwork import misfit, patchwork
from course.rendering.photoreal import affine_part, photoreal
from course.rendering.portraits import aligned, band, gain, relit
from course.rendering.strokes import oil_painting
from course.synthesis import Stage, paint
from course.widgets import explore, guess

# %% [markdown]
# ## 1 · A program for oil
#
# Haeberli (1990) let people paint with the mouse, and took the colour of each stroke from a photo. Soon programs moved
# the brush by themselves. This is Hertzmann's of 1998, in our version, with the lighting that he added in 2002:

# %%
temple = gallery.photo("china", size=192)
*_, finished = oil_painting(temple)

# %% fold=true
# A photo, in oil, and in light that falls on the paint
figures.pictures(
    [temple, finished.picture, finished.lit()],
    ["the photo", "in oil", "with light on the paint"],
    alt="A temple above trees; the same in brush strokes; the same with ridges of "
    "paint that catch the light",
)

# %% [markdown]
# It takes seven steps:
#
# 1. **Blur** the photo, by half the brush's radius: a broad brush has no business with details.
# 2. **Compare** the canvas with the blurred photo.
# 3. **Look for places.** Cut the canvas into squares as wide as the radius. Where a square is off by more than 0.08 on average
#    (in RGB, Euclidean), a stroke begins in it, at its worst place.
# 4. **Lead the stroke** along the edges of the photo, in one colour.
# 5. **Paint** all these strokes in random order.
# 6. **Again**, with the next smaller brush: radius 8, then 4, then 2.
# 7. **Light** the relief that the strokes have left, from the upper left.
#
# No network, no example, no learning. All that it knows of oil painting somebody has written down. How much of it is in step 4?
#
# ### One stroke
#
# Look at a cheek by a window. It gets lighter towards the light; at a right angle to that nothing changes. A painter's brush goes
# *that* way, along the edge, since there its one colour stays right for longest.
#
# At each pixel two numbers say how the photo gets lighter: by how much per pixel downwards, and by how much to the right. Together
# they are an arrow, the **slope**: it points to where it gets lighter fastest. Two ways are at a right angle to it, opposite to
# each other. Take one, and go a radius on. There the slope is another; again there are two ways, and the brush takes the one that
# turns less.
#
# When does it end? A stroke has one colour, that of the photo at its start. Once the photo has become so different that what is on
# the canvas already fits better, lift the brush. But not before its 4th point, or there would be only dots; and at its 12th
# at the latest.

# %% [markdown]
# > **Exercise 1 · `stroke`**<br>
# > difficulty ●●●●○ · importance ●●●○○ · 20 minutes · 5 points<br>
# > *At the end you have* the temple above, by a brush of your own.


# %% exercise="stroke"
def stroke(smooth, canvas, slope, start, radius):
    """The points of one brush stroke, rows and columns, [n, 2], floats, first `start`.

    From each point go `radius` pixels on, at a right angle to the slope there; of the
    two ways, the one that turns less. (From the first point, either.) To look something
    up, round the point to whole numbers; the point itself stays as it is. The stroke
    ends at its last point if

    - it has 12 points; or
    - it has 4 or more, and there the canvas is nearer to `smooth` than the stroke's
      colour is, by Euclidean distance in RGB (the stroke's colour is that of `smooth`
      at the start); or
    - the slope is 0 there; or
    - the next point would lie outside, below 0 or above H - 1 or W - 1.

    `smooth`, the blurred photo, and `canvas` are pictures [3, H, W]. `slope` [2, H, W]
    says how much lighter it gets per pixel downwards (slope[0]) and to the right
    (slope[1]). `start` is a pair of whole numbers, row and column.
    """
    ### BEGIN SOLUTION
    height, width = smooth.shape[1:]
    colour = smooth[:, start[0], start[1]]
    points, before = [torch.tensor(start, dtype=torch.float32)], torch.zeros(2)
    while len(points) < 12:
        row, column = points[-1].round().int().tolist()
        there = smooth[:, row, column]
        off = (there - canvas[:, row, column]).norm()
        if len(points) >= 4 and off < (there - colour).norm():
            break
        down, right = slope[:, row, column]
        direction = torch.stack([right, -down])
        if direction.norm() == 0:
            break
        direction = direction / direction.norm()
        if direction @ before < 0:
            direction = -direction
        point = points[-1] + radius * direction
        if not (0 <= point[0] <= height - 1 and 0 <= point[1] <= width - 1):
            break
        points.append(point)
        before = direction
    return torch.stack(points)
    ### END SOLUTION


# %% [markdown]
# <details><summary>What is at a right angle to the slope?</summary>
#
# The slope is (down, right). Two arrows are at a right angle if the sum of the products of their parts is 0. For (right, -down)
# that is down · right - right · down = 0. Its opposite will do as well.
# </details>
#
# <details><summary>Which of the two turns less?</summary>
#
# The one that points the same way as the step before: the sum of their products is positive. If it is negative, take the
# opposite.
# </details>
#
# <details><summary>My strokes are tiny, or their steps differ in length</summary>
#
# The slope says how *steep* it is, too. Divide the direction by its length, then multiply by the radius.
# </details>
#
# <details><summary>My strokes run across the edges</summary>
#
# You walk along the slope. Or rows and columns have changed places: the first number of a point is its
# row, and `slope[0]` is the change from row to row.
# </details>
#
# <details><summary>Show me the way</summary>
#
# A list with the start; while it has fewer than 12 points: round the last, look up, maybe `break`; turn the slope by a right
# angle, divide by its length, turn it round if it goes back; add radius times that; `break` if it is outside. At the end
# `torch.stack(points)`. Or go on with ours, for no points: `stroke = check.borrow("stroke")`.
# </details>

# %% check="stroke" points=3
check.stroke(stroke)

# %% hidden="stroke" points=2
### BEGIN HIDDEN TESTS
import torch

check.stroke(stroke)

height, width = 30, 40
smooth = torch.zeros(3, height, width)
smooth[:, :, 20:] = 1
slope = torch.zeros(2, height, width)
slope[0] = 0.01
asked = smooth, torch.full_like(smooth, 0.9), slope, (15, 9), 4
found = check.ask(stroke, "call", *asked).value.float()
ways = [torch.tensor([9.0, 13, 17, 21]), torch.tensor([9.0, 5, 1])]
wanted = ways[0] if len(found) == 4 else ways[1]
assert found.shape == (len(wanted), 2)
assert torch.allclose(found[:, 0], torch.tensor(15.0), atol=0.01)
assert torch.allclose(found[:, 1], wanted, atol=0.01)
flat = check.ask(stroke, "call", smooth, smooth, 0 * slope, (15, 8), 4)
assert flat.value.tolist() == [[15, 8]]
### END HIDDEN TESTS

# %% [markdown]
# Your strokes, brush by brush. A stroke begins only where the canvas is still off.


# %%
@cache
def in_oil(stroke):
    """The temple after each brush, with strokes of one kind."""
    return tuple(oil_painting(temple, stroke=stroke))


# %% fold=true
# The canvas after each brush, and the light
figures.pictures(
    [*(layer.picture for layer in in_oil(stroke)), in_oil(stroke)[-1].lit()],
    [
        *(f"{len(one.strokes)} of radius {one.radius}" for one in in_oil(stroke)),
        "lit",
    ],
    columns=2,
    alt="The temple four times: in broad strokes; with its roofs; with its tiers "
    "and trees; with ridges of paint that catch the light",
)


# %% [markdown]
# So how much is in step 4? We change that and nothing else. One brush, of radius 4, and an empty canvas, so that each square gets
# its stroke, 1536 in all, from the same places: **along the edges** as before; **along the slope**; in **random directions**; and
# single **dots**, which lead nowhere. **Predict: which comes nearest to the photo?**

# %% fold=true
# Your guess
nearest_kind = guess(
    "Which comes nearest to the photo?",
    ["along the edges", "along the slope", "random directions", "dots"],
)
nearest_kind


# %%
def along_the_slope(smooth, canvas, slope, start, radius):
    turned = torch.stack([slope[1], -slope[0]])
    return stroke(smooth, canvas, turned, start, radius)


def random_direction(smooth, canvas, slope, start, radius):
    draw = torch.Generator().manual_seed(1000 * start[0] + start[1])
    one_for_all = torch.randn(2, 1, 1, generator=draw).expand_as(slope)
    return stroke(smooth, canvas, one_for_all, start, radius)


def dots(smooth, canvas, slope, start, radius):
    return torch.tensor([start], dtype=torch.float32)


# %% fold=true
# Four kinds of strokes, and how far each is from the photo
KINDS = {
    "along the edges": stroke,
    "along the slope": along_the_slope,
    "random directions": random_direction,
    "dots": dots,
}


@cache
def by_kind():
    """Picture and distance from the photo (root of the mean square) of each kind."""
    found = {}
    for words, kind in KINDS.items():
        picture = next(oil_painting(temple, radii=[4], stroke=kind)).picture
        found[words] = picture, (picture - temple).square().mean().sqrt().item()
    return found


nearest_kind.beside(min(by_kind(), key=lambda words: by_kind()[words][1]))
figures.pictures(
    [picture for picture, _ in by_kind().values()],
    [f"{words}: off by {off:.3f}" for words, (_, off) in by_kind().items()],
    columns=2,
    alt="A temple in strokes that follow its roofs; one frayed, with strokes across "
    "all its edges; one under a heap of straws; one in dots, blurred",
)

# %% test=true
# Dots are nearest; among strokes those along the edges
edges, slopes, straws, dotted = (off for _, off in by_kind().values())
print([round(off, 2) for _, off in by_kind().values()])
assert dotted < 0.9 * edges and edges < 0.8 * min(slopes, straws)

# %% [markdown]
# Dots! Whoever wants the photo back should not paint in strokes: each carries its colour to places that have another. Among
# strokes, those along the edges do least harm. So nearness to the photo knows a good stroke from a bad one, but it would rather
# have none; Hertzmann later (2001) gave each stroke a price, and let the program save. And nearness to a *painting*? This program
# has never seen one. What it knows of oil is in the directions of the strokes and their lengths, the order of the brushes, the
# threshold, and somebody chose them all. For stained glass somebody would have to write another program. (Our styles were painted
# by such programs: `tools/styles` has twenty.)
#
# ## 2 · From one example
#
# *Image Analogies* (Hertzmann et al., 2001) asked for one example. Show a photo and its watercolour, and a new photo is painted
# in the same manner, pixel by pixel: for each the program looks for a place in the example whose surroundings are alike. *Image
# Quilting* (Efros and Freeman, 2001) had a use for the painting alone: for each little square of the photo, a **patch**, find the
# most alike one of the painting, and put it there, cut along the seam that is seen least.

# %%
glass = gallery.style("stained_glass", size=160)
small_temple = gallery.photo("china", size=160)[..., :104, :]
dressed = match_colour(small_temple, glass).clamp(0, 1)

# %% fold=true
# A painting, a photo, and the photo in the painting's colours
figures.pictures(
    [glass[..., 10:114, :], small_temple, dressed],
    ["part of the painting S", "the photo", "in its colours"],
    alt="A valley in stained glass with a tree, a sun and a brook; the temple; the "
    "temple red under a violet and orange sky",
)

# %% [markdown]
# We first give the photo $X$ the colours of the painting $S$ (chapter 6), or its greys would find next to nothing.
#
# ### The most alike patch
#
# A patch of 8 by 8 pixels is a point in a space of $8 \cdot 8 \cdot 3 = 192$ numbers. *Alike* means near in that space: the sum of
# squared differences is small. `functional.unfold(X, 8)` cuts a picture $[1, 3, H, W]$ up into all its patches: it makes $[1, 192, P]$,
# a column for each of $P$ patches, in the order in which we read a page. `unfold(X, 8, stride=4)` takes a patch only every 4 pixels.

# %% [markdown]
# > **Exercise 2 · `nearest_patches`**<br>
# > difficulty ●●●○○ · importance ●●●●○ · 12 minutes · 4 points<br>
# > *At the end you have* for every place of the temple a place in the glass.


# %% exercise="nearest_patches"
def nearest_patches(X, S, side, step):
    """For each patch of X the number of the most alike one of S, [P], whole numbers.

    Patches are side x side, all channels together. In X [1, C, H, W] one begins every
    `step` pixels, in S [1, C, H', W'] at every pixel. Most alike is the one with the
    smallest sum of squared differences. Patches are counted row by row, as
    functional.unfold does.
    """
    ### BEGIN SOLUTION
    asked = functional.unfold(X, side, stride=step)[0].T
    known = functional.unfold(S, side)[0].T
    return torch.cdist(asked, known).argmin(1)
    ### END SOLUTION


# %% [markdown]
# <details><summary>How do I compare all with all, without a loop?</summary>
#
# `torch.cdist(a, b)` has the distance of each row of `a` from each row of `b`. Patches are columns in what `unfold` gives:
# turn it round with `.T`.
# </details>
#
# <details><summary>Everything finds the same bright patch</summary>
#
# You took the largest product. Of two vectors the product is large if one of them is *long*. A squared distance is
# $|x|^2 - 2 \, x \cdot s + |s|^2$: the last part is missing.
# </details>
#
# <details><summary>My kernel dies, or a cell below never ends</summary>
#
# `x[:, None] - s[None]` holds all differences at once, here more than 10 GB, and a loop over all pairs takes hours. `cdist` needs
# neither.
# </details>
#
# <details><summary>Is the root of the sum right as well?</summary>
#
# Yes. The smallest stays the smallest.
# </details>
#
# <details><summary>Show me the way</summary>
#
# `unfold` both, X with the stride; `[0].T`; `torch.cdist`; `argmin` over the patches of S. Or go on with ours, for no
# points: `nearest_patches = check.borrow("nearest_patches")`.
# </details>

# %% check="nearest_patches" points=2
check.nearest_patches(nearest_patches)

# %% hidden="nearest_patches" points=2
### BEGIN HIDDEN TESTS
import torch

check.nearest_patches(nearest_patches)

X = torch.tensor([9.0, 9.0, 0.0, 1.0]).expand(1, 1, 2, 4)
S = torch.tensor([9.0, 8.0, 1.0, 0.0, 1.0]).expand(1, 1, 2, 5)
found = check.ask(nearest_patches, "call", X, S, 2, 1).value
assert found.tolist() == [0, 1, 3]
found = check.ask(nearest_patches, "call", X, S, 2, 2).value
assert found.tolist() == [0, 3]
### END HIDDEN TESTS

# %% [markdown]
# ### All patches at once
#
# Now put the chosen patches where they were asked for. One every 4 pixels, 8 pixels wide: they overlap, and disagree. Let them
# **vote**: each pixel becomes the mean of what its patches say.
#
# `functional.fold` is the opposite of `unfold`. It takes columns, the size of the picture, the side of a patch and the stride,
# `fold(columns, (H, W), 8, stride=4)`, and *adds* where patches overlap. So you need to know how many there were. (The patches
# reach the picture's edges only if its sides less 8 are multiples of 4; that is why we have cut the photo to 104 rows.)

# %% [markdown]
# > **Exercise 3 · `vote`**<br>
# > difficulty ●●●○○ · importance ●●●●○ · 12 minutes · 4 points<br>
# > *At the end you have* a temple put together from glass.


# %% exercise="vote"
def vote(S, nearest, side, step, size):
    """The picture [1, C, H, W] put together from the chosen patches of S.

    `nearest` [P] has the numbers of S's patches, as nearest_patches gives them: for a
    picture of `size` (H, W), one patch every `step` pixels, row by row. Where patches
    overlap each pixel is the mean of what they say. They cover the picture.
    """
    ### BEGIN SOLUTION
    chosen = functional.unfold(S, side)[:, :, nearest]
    total = functional.fold(chosen, size, side, stride=step)
    count = functional.fold(torch.ones_like(chosen), size, side, stride=step)
    return total / count
    ### END SOLUTION


# %% [markdown]
# <details><summary>How do I take the chosen ones?</summary>
#
# `unfold(S, side)` has a column for each patch of S, and `nearest` their numbers: `columns[:, :, nearest]`.
# </details>
#
# <details><summary>My picture is far too bright, except near the rim</summary>
#
# `fold` adds. Count how many patches lie over each pixel, fewer near the rim, and divide. `fold` can count as well: give
# it ones.
# </details>
#
# <details><summary>Show me the way</summary>
#
# `functional.fold(chosen, size, side, stride=step)`, divided by the same of `torch.ones_like(chosen)`. Or go on with ours, for no
# points: `vote = check.borrow("vote")`.
# </details>

# %% check="vote" points=2
check.vote(vote)

# %% hidden="vote" points=2
### BEGIN HIDDEN TESTS
import torch

check.vote(vote)

S = torch.tensor([[1.0, 2.0, 4.0, 8.0]]).view(1, 1, 1, 4)
S = torch.cat([S, S], 2)
chosen = torch.tensor([2, 0, 1])
found = check.ask(vote, "call", S, chosen, 2, 1, (2, 4)).value
wanted = torch.tensor([4.0, 4.5, 2.0, 4.0])
assert torch.allclose(found, wanted.expand(1, 1, 2, 4), atol=1e-5)
### END HIDDEN TESTS

# %% [markdown]
# Choose, vote; and then choose again for the picture that came out, vote again. Can that go on for ever? Let $E$ be the mean
# squared difference of all patches of $X$ from those chosen for them. Choosing takes the nearest, so it cannot raise $E$. And a
# mean is the number with the least squared distance from its voters, so voting cannot raise it either.


# %%
@cache
def alternating(rounds=8, side=8, step=4):
    """The temple after each round, and the misfit E after each half of a round."""
    X, pictures, misfits = dressed, [], []
    for _ in range(rounds):
        nearest = nearest_patches(X, glass, side, step)
        misfits.append(misfit(X, glass, nearest, side, step))
        X = vote(glass, nearest, side, step, tuple(X.shape[2:]))
        misfits.append(misfit(X, glass, nearest, side, step))
        pictures.append(X)
    return pictures, misfits


# %% fold=true
# After one round, two and eight
figures.pictures(
    [dressed, *(alternating()[0][number - 1] for number in (1, 2, 8))],
    ["in its colours", "one round", "two", "eight"],
    columns=2,
    alt="The temple in red under an orange sky; three times blurred, with traces of "
    "lead, in a grid; the last two hardly differ",
)

# %% fold=true
# The misfit, half a round at a time
figures.curves(
    {"choose, vote, choose ...": alternating()[1]},
    x="half rounds",
    y="misfit E",
    alt="A falling curve, steep at first and flat from the eighth half round",
)

# %% test=true
# Neither half of a round raises the misfit
falling = alternating()[1]
assert all(late <= early + 1e-7 for early, late in pairwise(falling))
assert falling[-1] < falling[0] / 2

# %% [markdown]
# It falls, and soon stands still: a local minimum, and a blurred one. Patches of one size do not know how a whole pane looks, and
# where they disagree their mean is mush. The remedy is the one of chapter 5, **coarse to fine**. The picture begins with a longer
# side of 48 pixels, where a patch of 12 holds a pane with its leads, goes on with 96 and ends with 160; at each size three rounds
# with patches of 12 are followed by three with patches of 6. So that the temple survives, some of the photo, in the painting's
# colours, is mixed in after each round but the last: its **share**. That is a painter after Elad and Milanfar (2016), by your two
# functions. (Theirs votes robustly, uses more sizes of patches, and gives the photo a larger share where its things are.)

# %%
PAIRS = [("china", "stained_glass"), ("cat", "swirls"), ("coffee", "woodcut")]


@cache
def of_patches(photo_name, style_name, share=0.25):
    """A photo made of patches of a painting."""
    pair = gallery.photo(photo_name, 160), gallery.style(style_name, 160)
    *_, last = patchwork(*pair, share=share, nearest_patches=nearest_patches, vote=vote)
    return last.picture


@cache
def by_size(*sizes):
    """The temple in glass after each of these sizes."""
    pair = gallery.photo("china", 160), gallery.style("stained_glass", 160)
    yours = {"nearest_patches": nearest_patches, "vote": vote}
    rounds = list(patchwork(*pair, sizes=sizes, **yours))
    return [one.picture for one in rounds[5::6]]


# %% fold=true
# After each size, and with the last size alone
figures.pictures(
    [*by_size(48, 96, 160), *by_size(160)],
    ["48 pixels", "96", "160", "160 alone"],
    columns=4,
    alt="Blurred areas of colour; panes with leads; panes around a red temple; "
    "with the last size alone the temple under a blurred sky with few leads",
)

# %% fold=true
# Three photos in patches of three paintings
figures.pictures(
    [of_patches(*pair) for pair in PAIRS],
    [f"{photo} in {manner}" for photo, manner in PAIRS],
    alt="A red temple under a green roof, leaded panes around it; a cat in orange fur "
    "that flows in strokes; a white cup among engraved waves, red suns at its saucer",
)

# %% [markdown]
# No network has looked at any of this, and nothing was learnt. There are panes with their leads, and strokes that flow on. Are
# they the original's? We ask of each patch of 8 by 8 pixels whether it stands somewhere in the painting, to within 5 percent of
# the painting's variance: a **copy**. **Predict: how many of the temple's patches are copies?** (Each pixel is the mean of up to
# four patches of 6 by 6.)

# %% fold=true
# Your guess
copies = guess(
    "How many of the temple's patches are copies?",
    ["next to none", "one in ten", "about half", "nearly all"],
)
copies

# %%
slim = vgg19(weights="slim", padding="replicate")
full = vgg19(padding="replicate")


@cache
def of_grams(photo_name, style_name):
    """The same photo by Gram matrices, as in chapter 5."""
    photo, manner = gallery.photo(photo_name, 160), gallery.style(style_name, 160)
    terms = [content(photo), style(manner), total_variation(), in_range()]
    weights = {"content": 1, "style": 7, "tv": 2, "range": 10}
    objective = Objective(slim, terms, weights)
    *_, last = paint(objective, photo, (Stage(96, 30), Stage(160, 20)))
    return last.image


# %% fold=true
# Patches and Gram matrices by three measures, and two controls
def measured(picture):
    """Two distances to the glass, and the share of copies."""
    with torch.no_grad():
        by_gram = Objective(full, [style(glass)]).at(*picture.shape[2:])(picture).total
    return [by_gram.item(), patch_distance(picture, glass), copied(picture, glass)]


@cache
def compared():
    pictures = {
        "patches": of_patches(*PAIRS[0]),
        "Gram matrices": of_grams(*PAIRS[0]),
        "photo in its colours": dressed,
        "the glass, mirrored": glass.flip(3),
    }
    return {words: measured(picture) for words, picture in pictures.items()}


PARTS = {"next to none": 0.01, "one in ten": 0.1, "about half": 0.5, "nearly all": 0.95}
of_temple = compared()["patches"][2]
copies.beside(min(PARTS, key=lambda words: abs(PARTS[words] - of_temple)))
figures.matrix(
    torch.tensor(list(compared().values())).round(decimals=2),
    list(compared()),
    ["style, by Gram matrices", "style, by patches", "share of copies"],
    title="the temple in glass; distances: 0 is as the glass",
    alt="Numbers, four pictures by three measures: patches are copied most; the Gram "
    "painting is nearer to the glass by Gram matrices and has no copies",
)

# %% fold=true
# The three pairs both ways
figures.pictures(
    [
        picture
        for pair in PAIRS
        for picture in (
            gallery.photo(pair[0], 160),
            of_patches(*pair),
            of_grams(*pair).clamp(0, 1),
        )
    ],
    ["photo", "patches", "Gram matrices", *[""] * 6],
    columns=3,
    alt="Temple, cat and cup three times each: as a photo; in whole pieces of the "
    "painting that blur its edges; in small marks all over, its edges kept",
)

# %% test=true
# Patches are copied, Gram paintings and controls are not
of_patch, of_gram, recoloured_photo, mirrored = (row[2] for row in compared().values())
assert of_patch > 0.3 and of_gram < 0.02 and recoloured_photo < 0.02
assert mirrored < of_patch / 2

# %% [markdown]
# Nearly half of it stands in the glass, or nearly so; of the Gram painting nothing does. (Nor does the photo in the glass's
# colours, so colours alone make no copies. And in a mirror only an eighth of the glass is a copy of itself.) By both distances
# the Gram painting is nearer to the glass, even by the second, which compares patches without a network; by that one even the
# recoloured photo is nearer. Copies, but too few of them: what the photo does not ask for is never chosen, and the means of
# patches are soft.
#
# Look at the pictures instead. Patches know **what goes together** over their whole width: a pane and its lead, a stroke and the
# next. They put it where it fits best, which is not where the roof ends. Gram matrices know only **how often** things go
# together, invent new marks for every place, and so bend to the photo's edges; whole panes they do not make. The two were soon
# joined. Li and Wand (2016) look for the nearest patches in *feature maps*, three places wide, and let L-BFGS bring the picture's
# maps near to them (they choose by the cosine). That is chapter 5 with `nearest_patches` where `gram` was.
#
# Drag the share of the photo. **At which share do you recognise the temple, and at which is it no longer glass?**

# %% fold=true
# Under the slider: the temple in glass, by the photo's share
SHARES = [0, 0.15, 0.25, 0.4]


@cache
def shared(share):
    """The temple by share, and how much of it is copied."""
    made = of_patches("china", "stained_glass", share)
    picture = figures.pictures(
        [gallery.photo("china", 160), made],
        ["photo", f"share {share}"],
        alt=f"The temple, and its patchwork with {share:.0%} of the photo",
    )
    return picture, "copies in percent", 100 * copied(made, glass)


explore(shared, share=SHARES).set(share=0.25)

# %% [markdown]
# <details><summary>What we saw</summary>
#
# With no share at all there are a red tree and a sun where the temple was: the photo was only a start. At 0.15 there is a red
# block, at 0.25 it has a roof, and at 0.4 its tiers and its spire; there, to our eyes, it is glass no longer, with hardly a lead
# in the sky. Each picture ends with a vote, so that everything in it comes from the glass; but the more of the photo was mixed
# in, the smaller are the pieces that still hang together, and the fewer the copies.
# </details>

# %% test=true
# The more of the photo, the fewer copies
fewer = [shared(share)[2] for share in SHARES]
assert fewer == sorted(fewer, reverse=True) and fewer[0] > 1.3 * fewer[-1]

# %% [markdown]
# ## 3 · A portrait in another's light
#
# Photographers have styles, too: soft or hard light, skin like silk or like a landscape. Shih et al. (2014) carried that from one
# portrait to another, in three steps: bring the example to the subject's pose; take both apart into bands of detail; and give
# each band of the subject the strength that it has in the example, *place by place*. Our two are Eileen Collins, who commanded a
# space shuttle, and Grace Hopper, who wrote one of the first compilers. For step one three points will do, both eyes and the
# mouth. (Theirs finds for each pixel its place in the other face, works with lightness and colour apart, and gives special care
# to eyes and background.)

# %%
PLACES = torch.tensor([[96.0, 80.0], [96.0, 144.0], [154.0, 111.0]])
of_collins = torch.tensor([[98.0, 202.0], [98.0, 251.0], [143.0, 225.0]])
of_hopper = torch.tensor([[197.0, 220.0], [200.0, 312.0], [275.0, 268.0]])
collins = aligned(gallery.photo("astronaut"), of_collins, like=PLACES, size=224)
hopper = aligned(gallery.photo("grace_hopper"), of_hopper, like=PLACES, size=224)

# %% fold=true
# Both portraits, eyes over eyes
figures.pictures(
    [collins, hopper],
    ["subject: Eileen Collins", "example: Grace Hopper"],
    columns=3,
    alt="A smiling astronaut in flat light before a pale wall; an officer with "
    "spectacles and a cap, in hard light before a blue wall and a flag",
)

# %% [markdown]
# ### Energies, place by place
#
# A **band** holds the details of one size: what is lost from a blur to one twice as wide. A blur of $\sigma$ pixels is the mean of what
# lies around, weighted by a Gaussian with that standard deviation.
#
# $$B_0 = I - \mathrm{blur}_2(I), \qquad B_l = \mathrm{blur}_{2^l}(I) - \mathrm{blur}_{2^{l+1}}(I) \quad \text{for } l = 1, 2, \ldots$$
#
# A fine band has pores and hairs, a coarse one the shadow of the nose. A band goes up and down around 0. How *strong* it is
# around a place is the mean of its squares there, its **local energy**:
#
# $$E_l = \mathrm{blur}_{2^{l+1}} \left( B_l^2 \right)$$

# %% fold=true
# Two bands of the example, grey where they are 0
figures.pictures(
    [(3 * band(hopper, level) + 0.5).clamp(0, 1) for level in (0, 3)],
    ["band 0, times 3", "band 3, times 3"],
    columns=3,
    alt="A grey picture with fine lines of a face, lace on the cap; a grey picture "
    "with soft light and dark clouds where the face has its features",
)

# %% [markdown]
# > **Exercise 4 · `local_energy`**<br>
# > difficulty ●●○○○ · importance ●●●○○ · 8 minutes · 3 points<br>
# > *At the end you have* a portrait in another's light.


# %% exercise="local_energy"
def local_energy(picture, level):
    """How strong the detail of one size is around each place, [B, C, H, W].

    The band of detail is what is lost from a blur of 2^level pixels to one of
    2^(level + 1); at level 0, from the picture itself to a blur of 2. Square it, and
    blur the squares by 2^(level + 1). `blurred(picture, sigma)` blurs,
    and `band(picture, level)` may be used. Gradients pass.
    """
    ### BEGIN SOLUTION
    sharp = picture if level == 0 else blurred(picture, 2**level)
    lost = sharp - blurred(picture, 2 ** (level + 1))
    return blurred(lost**2, 2 ** (level + 1))
    ### END SOLUTION


# %% [markdown]
# <details><summary>My energy is 0 nearly everywhere</summary>
#
# You blurred the band and squared then: what is above 0 and what is below cancel. Square first.
# </details>
#
# <details><summary>Why a blur at the end, and not the mean?</summary>
#
# The mean is one number for the whole portrait. A blur is the mean of what lies around each place.
# </details>
#
# <details><summary>Show me the way</summary>
#
# A sharp one, a soft one, their difference, its square, blurred. Or go on with ours, for no points:
# `local_energy = check.borrow("local_energy")`.
# </details>

# %% check="local_energy" points=2
check.local_energy(local_energy)

# %% hidden="local_energy" points=1
### BEGIN HIDDEN TESTS
import torch

from course.classical.pyramids import blurred

check.local_energy(local_energy)

point = torch.zeros(1, 1, 15, 17)
point[..., 7, 8] = 1
for level in (0, 1):
    found = check.ask(local_energy, "call", point, level).value
    sharp = blurred(point, 2) if level else point
    wanted = blurred((sharp - blurred(point, 2 ** (level + 1))) ** 2, 2 ** (level + 1))
    assert torch.allclose(found, wanted, atol=1e-6)
### END HIDDEN TESTS

# %% [markdown]
# Now each of the subject's bands is multiplied, place by place, with the root of the example's energy over the subject's: its
# **gain**. (Not by less than 0.9 and not by more than 2.8, as in the paper.) What the last blur leaves, the widest light and
# shade, is the example's.
#
# Hopper wears spectacles, with dark rims. They are detail, and strong. **Predict: what of them will be seen in Collins's face?**

# %% fold=true
# Your guess
spectacles = guess(
    "What of the spectacles will be seen?",
    ["faint rims", "nothing"],
)
spectacles

# %% fold=true
# Before, in another's light, and the gains of band 1
HOPPERS = {"local_energy": local_energy}


def gains():
    """By how much band 1 is made stronger, [H, W]."""
    return gain(collins, hopper, 1, **HOPPERS).mean(1)[0]


figures.pictures(
    [collins, relit(collins, hopper, **HOPPERS).clamp(0, 1), gains()],
    ["before", "in Hopper's light", "gains of band 1, 0.9 to 2.8"],
    alt="The astronaut in flat light; in hard light with clear lines in her face; a "
    "map with bright patches on the nose, below the eyes and around the head",
)

# %% fold=true
# Are there lines around her eyes that are like Hopper's?
FACE = (..., slice(70, 180), slice(60, 165))
EYES = (..., slice(80, 132), slice(60, 165))


def alike(one, other, where=FACE):
    """Correlation over a part of the picture."""
    rows = torch.stack([one[where].flatten(), other[where].flatten()])
    return torch.corrcoef(rows)[0, 1].item()


def around_the_eyes():
    """Likeness of the lines of band 1 to Hopper's, before and after."""
    after = relit(collins, hopper, **HOPPERS)
    return [alike(band(one, 1), band(hopper, 1), EYES) for one in (collins, after)]


before, after = around_the_eyes()
spectacles.beside("faint rims" if after > before + 0.1 else "nothing")
print(f"lines around the eyes, like Hopper's: before {before:.2f}, after {after:.2f}")

# %% [markdown]
# Nothing. The map of gains does show the bridge of the spectacles and their lower rims, bright. But a gain only makes stronger
# what is there, and there Collins has smooth skin.
#
# Is it the *place* that matters? Three controls: only the widest blur is exchanged; each band has **one gain** for the whole
# face; and Hopper is moved by 40 pixels, so that her energies are no longer on the same features. We measure by what factor the
# strengths of band 1, the roots of its energies, are off from Hopper's (1 would be right), and how much the lines themselves are
# like hers, and like Collins's own.


# %%
def one_gain(picture, level):
    """The mean energy of the face, the same at all places."""
    energy = local_energy(picture, level)
    return energy[FACE].mean((2, 3), keepdim=True).expand_as(energy)


def no_energy(picture, level):
    """So that each gain is the least there is: bands are left nearly alone."""
    return torch.zeros_like(picture)


def moved():
    aside = PLACES + torch.tensor([0.0, 40.0])
    return aligned(gallery.photo("grace_hopper"), of_hopper, like=aside, size=224)


# %% fold=true
# Energies and lines of the face, by four ways of relighting
def factor(one, other):
    """By what factor the strengths of band 1 differ, as a root mean square."""
    logs = [(local_energy(x, 1)[FACE] + 1e-6).log() / 2 for x in (one, other)]
    return (logs[0] - logs[1]).square().mean().sqrt().exp().item()


@cache
def four_ways():
    made = {
        "only the widest blur": relit(collins, hopper, local_energy=no_energy),
        "one gain for each band": relit(collins, hopper, local_energy=one_gain),
        "Hopper moved by 40 pixels": relit(collins, moved(), **HOPPERS),
        "place by place": relit(collins, hopper, **HOPPERS),
    }
    lines = {words: band(picture, 1) for words, picture in made.items()}
    return {
        words: [
            factor(picture, hopper),
            alike(lines[words], band(hopper, 1)),
            alike(lines[words], band(collins, 1)),
        ]
        for words, picture in made.items()
    }


figures.bars(
    {words: row[0] for words, row in four_ways().items()},
    x="the strengths of band 1 are off from Hopper's by a factor of",
    alt="Four bars, from 1.5 place by place over 1.7 with Hopper moved and 1.8 with "
    "one gain to 2.0 with only the widest blur",
)

# %% fold=true
# The lines, like Hopper's and like her own
for words, (_, hoppers, own) in four_ways().items():
    print(f"{words:26} like Hopper's {hoppers:+.2f}   her own {own:+.2f}")

# %% test=true
# Energies come over place by place; the lines stay her own
blur_only, one, aside, there = (row[0] for row in four_ways().values())
print([round(row[0], 1) for row in four_ways().values()])
assert there < 0.95 * min(one, aside) and max(one, aside) < blur_only
assert all(abs(row[1]) < 0.1 and row[2] > 0.8 for row in four_ways().values())
assert abs(after - before) < 0.1

# %% [markdown]
# Place by place the strengths come nearest to Hopper's (not quite there: gains are bounded, and bands overlap; moved, they still
# beat a single gain), and in all four ways the lines remain Collins's own: *how much* detail there is was carried over, not
# *which*. The colours came with the widest blur.
#
# You know this from chapter 4. A mean of squares over places, for each size of detail, is a statistic of a texture: the diagonal
# of a Gram matrix whose feature maps are bands. But there the mean is over the whole picture, and here around each place, which
# makes sense only because both pictures have eyes, nose and mouth in the same places.
#
# ## 4 · It must stay a photo
#
# ### What a lamp can do to colours
#
# Noon, evening, night: the temple is the same, its light is another. What may have happened to the colours of a wall? They were
# dimmed, or tinted by a lamp, or fog lies over them. Each of these is, nearly, one **affine map** $x \mapsto A x + b$ for all
# pixels near each other. What cannot have happened: that the wall has got strokes, or its edge a bend. Shih et al. (2013) learnt
# such maps from films of a whole day, to move a photo to another hour.
#
# That gives a number. In each window of 3 by 3 pixels look for the affine map of the photo's colours that comes nearest to what was
# painted there. Nine pixels of three colours are 27 numbers, $A$ and $b$ only 12, so it cannot explain everything. What it does not
# explain is the **residual**:
#
# $$R = \frac{1}{27 \, n} \sum_{w} \sum_{i \in w} \left| y_i - (A_w x_i + b_w) \right|^2$$
#
# with those $A_w$ and $b_w$ that make
#
# $$\sum_{i \in w} \left( \left| y_i - (A x_i + b) \right|^2 + \epsilon \left| A \right|^2 \right)$$
#
# smallest.
# There are $n$ windows $w$; $x_i$ is a pixel of the photo and $y_i$ of the painting; $|A|^2$ is the sum of the squares of its
# entries. The term with $\epsilon = 10^{-5}$ is there for windows of one colour, in which any $A$ would do.
#
# This is linear regression, with nine points, in each window. For any $A$ the best $b$ makes the means agree; so take the mean of
# the window's nine pixels away from $x_i$ and from $y_i$, and $b$ is gone. Write what is left as rows of two matrices $X$ and
# $Y$, $9 \times 3$. Where the gradient is 0,
#
# $$A^{\mathsf T} = \left( \tfrac{1}{9} X^{\mathsf T} X + \epsilon I \right)^{-1} \tfrac{1}{9} X^{\mathsf T} Y$$
#
# and $X A^{\mathsf T}$ is the nearest to $Y$ that an affine map can come.

# %% [markdown]
# > **Exercise 5 · `affine_residual`**<br>
# > difficulty ●●●●○ · importance ●●●●○ · 20 minutes · 6 points<br>
# > *At the end you have* a loss that keeps edges where they are.


# %% exercise="affine_residual"
def affine_residual(photo, painted):
    """What the best affine maps of the photo's colours leave of `painted`, a scalar.

    In every window of 3 x 3 pixels that lies inside, find A and b that make the sum of
    |painted - (A photo + b)|^2 smallest, with 1e-5 |A|^2 per pixel added, so that
    windows of one colour have an answer as well. What is left is the mean of
    (painted - A photo - b)^2 over all windows, pixels and channels. Both are
    [1, 3, H, W]. Gradients pass to `painted`.
    """
    ### BEGIN SOLUTION
    X, Y = (
        functional.unfold(picture, 3)[0].view(3, 9, -1).permute(2, 1, 0)
        for picture in (photo, painted)
    )
    X, Y = X - X.mean(1, keepdim=True), Y - Y.mean(1, keepdim=True)
    AT = torch.linalg.solve(X.mT @ X / 9 + 1e-5 * torch.eye(3), X.mT @ Y / 9)
    return (Y - X @ AT).square().mean()
    ### END SOLUTION


# %% [markdown]
# <details><summary>How do I get a matrix for each window?</summary>
#
# `unfold(picture, 3)` is $[1, 27, n]$: 27 numbers for each window, first all nine of red, then green, then blue.
# `[0].view(3, 9, -1)` is (channel, pixel, window), and `permute(2, 1, 0)` makes $n$ matrices $9 \times 3$ of it.
# </details>
#
# <details><summary>Must I loop over the windows?</summary>
#
# No: `@`, `.mT` and `torch.linalg.solve` take stacks of matrices, $[n, 9, 3]$, and do the same to each.
# </details>
#
# <details><summary>The matrix is singular</summary>
#
# A window of one colour. Add $\epsilon$ to the diagonal: `1e-5 * torch.eye(3)`.
# </details>
#
# <details><summary>The negative has a residual</summary>
#
# Is $b$ missing? Take away the mean of each window, over its nine pixels and for each channel, of photo *and* painting.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Both to $[n, 9, 3]$; less their means over dimension 1; `AT = torch.linalg.solve(X.mT @ X / 9 + ..., X.mT @ Y / 9)`; the mean of
# the squares of `Y - X @ AT`. Or go on with ours, for no points: `affine_residual = check.borrow("affine_residual")`.
# </details>

# %% check="affine_residual" points=4
check.affine_residual(affine_residual)

# %% hidden="affine_residual" points=2
### BEGIN HIDDEN TESTS
import torch

check.affine_residual(affine_residual)

draw = torch.Generator().manual_seed(9)
photo = torch.rand(1, 3, 6, 8, generator=draw)
M = torch.tensor([[0.2, 0.5, 0.0], [0.7, -0.3, 0.1], [0.0, 0.4, 0.9]])
toned = torch.einsum("ij,bjhw->bihw", M, photo) + 0.2
assert check.ask(affine_residual, "call", photo, toned).value < 1e-4
flat = torch.full_like(photo, 0.5)
left = check.ask(affine_residual, "call", flat, photo).value
windows = photo.unfold(2, 3, 1).unfold(3, 3, 1).flatten(4)
assert torch.allclose(left, windows.var(4, correction=0).mean(), rtol=0.01)
### END HIDDEN TESTS

# %% [markdown]
# What does it say of pictures that you can judge yourself? We do eight things to the temple, and take the root of the residual,
# which is in the units of the pixels, 0 to 1. **Predict: which of these four has the largest?**

# %% fold=true
# Your guess
unlike_a_photo = guess(
    "Which has the largest residual?",
    ["the negative", "a sepia print", "a mean of 3 by 3 pixels", "moved by one pixel"],
)
unlike_a_photo

# %% fold=true
# Eight things done to the temple
SEPIA = torch.tensor([[0.39, 0.77, 0.19], [0.35, 0.69, 0.17], [0.27, 0.53, 0.13]])


def left_half_darker():
    left, right = temple.chunk(2, 3)
    return torch.cat([left / 2, right], 3)


def mean_of_nine():
    wide = functional.pad(temple, (1, 1, 1, 1), mode="replicate")
    return functional.avg_pool2d(wide, 3, 1)


CHANGES = {
    "half as light": temple / 2,
    "a sepia print": torch.einsum("ij,bjhw->bihw", SEPIA, temple),
    "the negative": 1 - temple,
    "squared values": temple**2,
    "left half darker": left_half_darker(),
    "a mean of 3 by 3 pixels": mean_of_nine(),
    "moved by one pixel": temple.roll(1, 3),
    "in oil": finished.picture,
}


# %% fold=true
# The root of the residual of each
@cache
def residuals():
    return {
        words: affine_residual(temple, one).sqrt().item()
        for words, one in CHANGES.items()
    }


CHOICES = [
    "the negative",
    "a sepia print",
    "a mean of 3 by 3 pixels",
    "moved by one pixel",
]
unlike_a_photo.beside(max(CHOICES, key=residuals().get))
figures.bars(
    residuals(),
    x="root of the residual",
    alt="Bars: nearly nothing for half the light, sepia and the negative; small for "
    "squared values; longer for a darker half, a mean, oil; longest for the shift",
)

# %% test=true
# One affine map leaves next to nothing, a moved edge most
roots = list(residuals().values())
assert max(roots[:3]) < 0.002 < 0.01 < min(roots[4:])
assert max(roots) == roots[6] > 2 * roots[5]

# %% [markdown]
# The negative is no photo for us, but it is an affine map: all its edges are where they were. Moved by one pixel, the temple is
# as good a photo as before, and has the largest residual of all, more than the painting in oil. So this number knows nothing of
# beauty or likelihood. It says how far a picture's edges are from being *this* photo's.
#
# And it does not know all light. *Left half darker* is what a shadow does, and all of its bar comes from the seam: in the windows
# there two maps meet, and no single one explains both. Squared values are no affine map either; but within nine pixels even a
# curve is nearly straight. Nor does the number ask that an edge be still there: a grey area has residual 0, with $A = 0$, and a
# strong blur has less than a weak one.
#
# ### The temple at night
#
# Luan et al. (2017) added this residual, as a quadratic form that Levin et al. (2006) call the **matting Laplacian**, to the
# losses of chapter 5. Our night is the launch pad of a rocket, among lamps. Its sky is the style for the temple's sky, the strip
# with the lamps for the rest (chapter 6). In the sky we leave masts and rocket out, or they turn up as ghosts. We begin with the
# photo in the night's colours, region by region, since it takes L-BFGS many steps to make a bright picture dark.

# %%
night = gallery.photo("rocket", size=192)
sky = load_masks("china", *temple.shape[2:])["sky"]
above, below = torch.zeros_like(night[:, :1]), torch.zeros_like(night[:, :1])
above[..., :32, 28:164] = 1
for left, right in ((32, 48), (64, 88), (104, 128), (144, 164)):
    above[..., 32:96, left:right] = 1  # between the masts
below[..., 96:, :] = 1


def recoloured():
    """The temple in the night's colours, region by region."""
    result = temple.clone()
    for here, there in ((sky, above), (1 - sky, below)):
        inside, example = here[0, 0].bool(), there[0, 0].bool()
        pair = temple[..., inside][..., None], night[..., example][..., None]
        result[..., inside] = match_colour(*pair)[..., 0]
    return result.clamp(0, 1)


# %%
@cache
def at_night(weight):
    """The temple at night, with this weight for the residual."""
    terms = [
        content(temple),
        style_in(night, sky, "sky", of=above),
        style_in(night, 1 - sky, "ground", of=below),
        in_range(),
        photoreal(temple, affine_residual),
    ]
    weights = {"content": 1, "sky": 3.5, "ground": 3.5, "range": 10}
    objective = Objective(slim, terms, {**weights, "photoreal": weight})
    *_, last = paint(objective, recoloured(), (Stage(192, 50),))
    return last.image


# %% fold=true
# Noon, the night, colours only, and without the residual
figures.pictures(
    [
        temple,
        (above + below).clamp(0.3, 1) * night,
        recoloured(),
        at_night(0).clamp(0, 1),
    ],
    ["the photo", "the night, with its masks", "colours only", "as in chapter 6"],
    columns=2,
    alt="The temple at noon; a launch pad with lamps under a blue sky, with dark "
    "boxes over masts and rocket; the temple dark with the trees' rim cut out; "
    "the temple in a blue night with specks of lamplight, its roof lines rough",
)

# %% [markdown]
# Colours alone make a dark noon, with a hard rim where two regions meet. Chapter 6 makes a night of it, with lamplight in the
# trees, and roughens every edge.
#
# Now the residual, with a weight of 3000. Whoever must keep edges can do less for the style: something has to be paid. **Predict:
# how much farther from the night does the painting get?** (By the slim network, which paints; mean of sky and
# ground.)

# %% fold=true
# Your guess
price = guess(
    "How much farther from the night does it get?",
    ["by about a tenth", "by about a half", "twice as far"],
)
price

# %% fold=true
# The night without the residual and with it, and a roof enlarged
WEIGHTS = [0, 300, 3000, 30000]


@cache
def judge(net):
    terms = [
        style_in(night, sky, "sky", of=above),
        style_in(night, 1 - sky, "ground", of=below),
    ]
    return Objective(net, terms).at(*temple.shape[2:])


@cache
def from_the_night(picture, net=slim):
    """The style distance by a network, mean of sky and ground."""
    with torch.no_grad():
        losses = judge(net)(picture).losses.values()
    return sum(float(one) for one in losses) / 2


def left_over(picture):
    return 1000 * affine_residual(temple, picture).sqrt().item()


def farther():
    """How many times as far from the night with a weight of 3000."""
    return from_the_night(at_night(3000)) / from_the_night(at_night(0))


PRICES = {"by about a tenth": 1.1, "by about a half": 1.5, "twice as far": 2}
price.beside(min(PRICES, key=lambda words: abs(PRICES[words] - farther())))
nights = {
    "the photo": temple,
    "weight 0": at_night(0).clamp(0, 1),
    "weight 3000": at_night(3000).clamp(0, 1),
}
figures.pictures(
    [*nights.values(), *(one[..., 4:60, 20:104] for one in nights.values())],
    [*nights, "", "", ""],
    columns=3,
    alt="The temple at noon, at night with rough edges, at night with clean ones; "
    "below each its roof enlarged",
)

# %% test=true
# The residual falls to a third, for a tenth of the style
assert left_over(at_night(3000)) < 0.4 * left_over(at_night(0))
assert 1 < farther() < 1.29

# %% [markdown]
# About a tenth. There are many pictures nearly as near to the night, and among them the residual prefers those that are this temple in
# another light.
#
# Is the loss needed at all? One could paint freely, and *afterwards* keep only what affine maps explain: apply each window's best
# map, and average where windows overlap. That is the **guided filter** (He et al., 2010), with the photo as its guide, and quick
# methods end with something of the kind (Li et al., 2018). Drag the weight. Beside your painting stands the free one, filtered
# with windows of 9 by 9.


# %% fold=true
# Under the slider: the night, by the weight of the residual
@cache
def filtered(side=9):
    return affine_part(temple, at_night(0), side)


def by_weight(weight):
    """The night by weight, and what no affine map explains of it."""
    made = at_night(weight)
    picture = figures.pictures(
        [made.clamp(0, 1), filtered().clamp(0, 1)],
        [f"weight {weight}", "weight 0, filtered"],
        alt=f"The temple at night with weight {weight}, and a softer one from weight 0",
    )
    return picture, "root of the residual, thousandths", left_over(made)


explore(by_weight, weight=WEIGHTS).set(weight=3000)


# %% fold=true
# All of them in numbers: what is left, and two judges of the night
@cache
def prices():
    pictures = {
        "colours only": recoloured(),
        **{f"weight {weight}": at_night(weight) for weight in WEIGHTS},
        "filtered, 3 by 3": filtered(3),
        "filtered, 9 by 9": filtered(9),
    }
    return {
        words: [
            left_over(one) / 1000,
            from_the_night(one, slim),
            from_the_night(one, full),
        ]
        for words, one in pictures.items()
    }


figures.matrix(
    torch.tensor(list(prices().values())).round(decimals=3),
    list(prices()),
    ["root of the residual", "from the night, by slim", "and by the full network"],
    alt="Numbers, seven pictures by three measures: with more weight the residual "
    "falls and the distance by the slim network grows; the filter costs more by the "
    "slim network, hardly more by the full one",
)

# %% test=true
# The residual falls with its weight; the filter is dear by one judge
free, little, much, most, small, wide = list(prices().values())[1:]
assert free[0] > little[0] > much[0] > most[0]
assert free[1] < much[1] < most[1] < wide[1] and most[0] < wide[0]
assert max(row[2] for row in (free, much, most)) < 0.4 < prices()["colours only"][2] / 2

# %% [markdown]
# <details><summary>What we saw</summary>
#
# With 300 the edges are still rough, with 3000 they are nearly clean (look at the right eave); with 30000 the sky is calm as
# well, and the lamps in the trees go out. The filtered painting is as straight, and softer, which the residual does not mind.
# (*Colours only* has as large a residual as weight 0, and all of it from the seam between the two regions.) By the network that
# painted, it is two to three times as far from the night as a painting with the same residual; the full network, which has not
# painted, sees hardly a difference. For the full network the residual costs nothing at all, and the filter with 3 by 3 is best.
# Ask who is judge before you say which is better.
# </details>

# %% [markdown]
# ## 5 · The tree
#
# Where does all this belong? Each road compares something else: strokes with the photo; patches with patches; colours and
# energies with those of a photo, at best place by place; statistics of a whole painting. Full lines stay on a road. Dashed ones
# lead from Gatys et al. back to each of the old roads: brush strokes found by gradients (Kotovenko et al.), patches of feature
# maps (Li and Wand, Liao et al.), nights that stay photos (Luan et al.). The pictures are from this chapter.

# %% fold=true
# Works, their roads, and what came of what
ROADS = {
    "strokes": [
        ("haeberli", 1990, "Haeberli: strokes in a photo's colours", ()),
        ("litwinowicz", 1997, "Litwinowicz: for films, cut at edges", ("haeberli",)),
        ("oil", 1998, "Hertzmann: large brushes, then small", ("litwinowicz",)),
        ("kotovenko", 2021, "Kotovenko et al.: by gradients", ("oil", "gatys")),
    ],
    "patches": [
        ("efros", 1999, "Efros, Leung: textures pixel by pixel", ()),
        ("quilting", 2001, "Efros, Freeman: Image Quilting", ("efros",)),
        ("analogies", 2001, "Hertzmann et al.: Image Analogies", ("efros",)),
        ("kwatra", 2005, "Kwatra et al.: choose and vote", ("efros",)),
        ("elad", 2016, "Elad, Milanfar: a photo of patches", ("kwatra",)),
        ("li", 2016, "Li, Wand: patches of feature maps", ("kwatra", "gatys")),
        ("liao", 2017, "Liao et al.: Deep Image Analogy", ("analogies", "gatys")),
    ],
    "a photo's light": [
        ("reinhard", 2001, "Reinhard et al.: mean and deviation", ()),
        ("levin", 2006, "Levin et al.: the matting Laplacian", ()),
        ("hour", 2013, "Shih et al.: times of day", ("levin",)),
        ("portraits", 2014, "Shih et al.: headshot portraits", ()),
        ("luan", 2017, "Luan et al.: Deep Photo Style", ("levin", "gatys")),
    ],
    "statistics": [
        ("heeger", 1995, "Heeger, Bergen: histograms of filters", ()),
        ("portilla", 2000, "Portilla, Simoncelli: correlations", ("heeger",)),
        ("gatys", 2015, "Gatys et al.: Gram matrices of VGG", ("portilla",)),
        ("johnson", 2016, "Johnson et al.: in one pass", ("gatys",)),
        ("huang", 2017, "Huang, Belongie: any style", ("johnson",)),
    ],
}
works = {
    name: Work(year, road, words, after)
    for road, found in ROADS.items()
    for name, year, words, after in found
}


def leaves():
    """A picture of yours for each road."""
    return {
        "strokes": in_oil(stroke)[-1].lit(),
        "patches": of_patches(*PAIRS[0]),
        "a photo's light": at_night(3000).clamp(0, 1),
        "statistics": of_grams(*PAIRS[0]).clamp(0, 1),
    }


# %% fold=true
# The tree
family_tree(
    works,
    leaves(),
    alt="A tree in four roads from 1990 to 2021, strokes, patches, a photo's light and "
    "statistics, each with a temple; dashed lines lead from Gatys et al. 2015 to "
    "Kotovenko et al., Li and Wand, Liao et al., and Luan et al.",
)

# %% [markdown] open="roads" points=2
# ## In your own words
#
# A friend sends three pictures. *Her living room in the evening light of a painting by Vermeer. A comic of her dog, in the manner
# of one page that she has drawn. A poster of a mountain in wide oil strokes, for which she has no example.* **Which road do you
# take for each, and what would go wrong on another one?** Four to six sentences.
#
# ### BEGIN MARKING SCHEME
# - 1 point: three roads with a reason each. The room: a photo's light (the residual, with styles by regions), since edges must
#   stay. The comic: patches, since there is an example whose lines should come over whole; Gram matrices are right too if the
#   answer says that marks will be new and edges the dog's. The poster: strokes, since there is no example.
# - 1 point: at least two faults named rightly. Gram matrices roughen the room's edges; patches copy whole pieces of the page,
#   where they fit and not where the dog has them; the stroke program knows no comic; an affine map cannot make strokes; without
#   an example neither patches nor Gram matrices can begin.
#
# A model answer: *The room must keep its edges, so I paint it with the night's recipe: styles by region, and the residual. The
# comic lives on whole lines, and she has one page: patches, with enough of the photo that the dog is recognised, though some of
# it may become another's nose. For the poster there is no example, so only the strokes can be had: large radii. Patches would put
# pieces of a Vermeer on her walls, and the residual would forbid the poster every stroke.*
# ### END MARKING SCHEME

# %% [markdown]
# ## What you should have seen
#
# - A painting in oil by a program that has never seen one; and that dots come nearer to the photo than strokes do.
# - A temple put together from glass without a network: choose, vote, choose again, from coarse to fine.
# - That much of it is copied, and nothing of what Gram matrices paint.
# - A portrait that took the strength of another's details, place by place, and kept its own lines.
# - That a negative is this photo in another light, to an affine map, and one pixel to the side is not.
# - A night with clean edges, for a tenth of the style; and two judges who do not agree on a filter.
#
# ## Questionnaire
#
# 1. Why does a stroke go at a right angle to the slope, and not along it?
# 2. The misfit falls with every half of a round. Why does the loop still not find the best picture?
# 3. You leave out $|s|^2$ when you look for the nearest patch. What does the picture look like?
# 4. Why is the local energy a mean of squares, and not of the band itself?
# 5. A window lies on the border of a shadow that fell there only at night. What does the residual say, and is it right?
#
# <details><summary>Answers, once you have your own</summary>
#
# 1. Its colour is that of its start, and at a right angle to the slope the photo's colour changes least.
# 2. Neither half can raise it, but where both stand still it is a local minimum: no change of the choice alone, or of the pixels
#    alone, lowers it. Another start, or a coarser size first, ends elsewhere.
# 3. The product is largest for patches with large values: nearly everything finds the lightest patches, and the picture becomes a
#    pale area.
# 4. A band is what lies above and below a softer picture; its mean around any place is about 0.
# 5. It is large: two affine maps meet in the window, one for light and one for shade, and no single one explains both. It is
#    wrong, since light can do this; and so a night painted by it has no new shadows with sharp edges.
#
# </details>
#
# ## References
#
# - P. Haeberli, *Paint by Numbers*, SIGGRAPH 1990. P. Litwinowicz, *Processing Images and Video for an Impressionist Effect*,
#   SIGGRAPH 1997. A. Hertzmann, *Painterly Rendering with Curved Brush Strokes of Multiple Sizes*, SIGGRAPH 1998; *Paint by
#   Relaxation*, CGI 2001; *Fast Paint Texture*, NPAR 2002. D. Kotovenko et al., *Rethinking Style Transfer: From Pixels to
#   Parameterized Brushstrokes*, CVPR 2021, [arXiv:2103.17185](https://arxiv.org/abs/2103.17185).
# - A. Efros, T. Leung, *Texture Synthesis by Non-parametric Sampling*, ICCV 1999. A. Efros, W. Freeman, *Image Quilting*,
#   SIGGRAPH 2001. A. Hertzmann et al., *Image Analogies*, SIGGRAPH 2001. V. Kwatra et al., *Texture Optimization for
#   Example-Based Synthesis*, SIGGRAPH 2005. M. Elad, P. Milanfar, *Style-Transfer via Texture-Synthesis*,
#   [arXiv:1609.03057](https://arxiv.org/abs/1609.03057). The search for patches is slow here; C. Barnes et al., *PatchMatch*,
#   SIGGRAPH 2009, made it quick.
# - C. Li, M. Wand, *Combining Markov Random Fields and Convolutional Neural Networks for Image Synthesis*,
#   [arXiv:1601.04589](https://arxiv.org/abs/1601.04589). J. Liao et al., *Visual Attribute Transfer through Deep Image Analogy*,
#   [arXiv:1705.01088](https://arxiv.org/abs/1705.01088).
# - E. Reinhard et al., *Color Transfer between Images*, 2001. Y. Shih et al., *Data-driven Hallucination of Different Times of Day
#   from a Single Outdoor Photo*, SIGGRAPH Asia 2013; *Style Transfer for Headshot Portraits*, SIGGRAPH 2014.
# - A. Levin et al., *A Closed Form Solution to Natural Image Matting*, CVPR 2006. K. He et al., *Guided Image Filtering*, ECCV 2010.
#   F. Luan et al., *Deep Photo Style Transfer*, [arXiv:1703.07511](https://arxiv.org/abs/1703.07511). Y. Li et al., *A
#   Closed-form Solution to Photorealistic Image Stylization*, [arXiv:1802.06474](https://arxiv.org/abs/1802.06474).
# - The road of statistics has its references in chapters 4, 7 and 8.
