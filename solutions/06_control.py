# ---
# jupyter:
#   course:
#     title: Control
#     objectives:
#       - Paint in a style and keep the photo's colours, in two ways, and say which one keeps what.
#       - Give each region of a photo a style of its own, and find out how far a style reaches beyond its border.
#       - Mix two styles in one painting, and tell a mixture of styles from a mixture of pictures.
#     minutes: 110
#     points: 22
#     open_points: 2
#     seconds: 90
#     memory_mb: 1200
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
# # 6 · Control
#
# Chapter 5 has one knob: alpha / beta, more photo or more painting. Whoever commissions a painting wants to say more than that.
# *These strokes, but leave my cat brown. Swirls in the sky, and the temple in stained glass. Half woodcut, half chalk.*
#
# None of this needs another network, or any training. The picture is still found by L-BFGS, and the loss is still a distance of
# Gram matrices. All that changes is **what the Gram matrices are taken of**: of a recoloured painting, of a part of the
# places, of several paintings at once.
#
# **At the end** you have painted one temple in three styles, each in its place, with masks and Gram matrices of your own, and
# you know what a style does beyond its border.
#
# *110 minutes · 22 points, and 2 in words · a minute and a half of computing on one core · no downloads. It builds on
# chapters 4 and 5: Gram matrices, and the painter.*

# %%
from dataclasses import replace
from functools import cache

import torch
from torch.nn import functional

from course import check, figures, gallery
from course.control.colours import luminance
from course.control.colours import match_colour as symmetric_match
from course.control.mixtures import blended_style
from course.control.regions import clusters, load_masks, stride_and_field, style_in
from course.images import fit
from course.nets.weights import vgg19
from course.objectives import (
    STYLE_LAYERS,
    Objective,
    content,
    in_range,
    style,
    total_variation,
)
from course.synthesis import Stage, paint
from course.widgets import explore, guess

net = vgg19(weights="slim", padding="replicate")

# %% [markdown]
# All paintings of this chapter are made by one function, through the slim network, in about three seconds each. Beside content
# and total variation an objective may have any number of style terms. They share the weight that a single one had in chapter 5.

# %%
WEIGHTS = {"content": 1, "tv": 2, "range": 10}
STAGES = (Stage(96, 30), Stage(192, 15))


def painting(photo, *styles, stages=STAGES):
    """A photo by one style term, or by several at once."""
    shares = {term.name: 7 / len(styles) for term in styles}
    terms = [content(photo), *styles, total_variation(), in_range()]
    objective = Objective(net, terms, {**WEIGHTS, **shares})
    *_, last = paint(objective, photo, stages)
    return last.image


# %% [markdown]
# ## 1 · Whose colours?
#
# A cat in `swirls` turns orange and violet. Its strokes could have been had without that, but a Gram matrix does not
# tell colours from strokes: in chapter 4 that of `relu1_1` alone painted coloured specks. Gatys et al. (2016) keep the
# photo's colours in two ways. One changes the style before it is painted with, the other paints in grey.
#
# ### The style in the photo's colours
#
# Give the *style* the colours of the photo, and the network never hears of violet. What does it take to give one
# picture the colours of another?

# %%
cat, swirls = gallery.photo("cat", size=192), gallery.style("swirls", size=192)
figures.pictures(
    [cat, swirls],
    ["cat", "swirls"],
    columns=3,
    alt="A brown and grey cat; swirls in violet and orange above, in turquoise below",
)

# %% [markdown]
# The first idea: bring mean and deviation of the swirls' red to those of the cat's red, green's to green's, blue's to blue's.
# **Predict: which colours will the swirls have, once each of the three channels has the cat's mean and deviation?**

# %% fold=true
# Your guess
channelwise = guess(
    "Which colours will the swirls have, channel by channel?",
    ["the cat's browns and greys", "still orange against turquoise", "one brown"],
)
channelwise

# %%
places = (2, 3)
spread = cat.std(places, keepdim=True) / swirls.std(places, keepdim=True)
shifted = (swirls - swirls.mean(places, keepdim=True)) * spread
by_channel = shifted + cat.mean(places, keepdim=True)

# %% fold=true
# The cat, the swirls, and the swirls channel by channel
channelwise.beside("still orange against turquoise")


def red_with_blue(picture):
    """The correlation of red and blue over all pixels."""
    return torch.corrcoef(picture.flatten(2)[0])[0, 2].item()


figures.pictures(
    [cat, swirls, by_channel.clamp(0, 1)],
    [
        f"{words}: {red_with_blue(picture):+.2f}"
        for words, picture in (
            ("red with blue, cat", cat),
            ("swirls", swirls),
            ("channel by channel", by_channel),
        )
    ],
    alt="A brown cat; swirls in violet, orange and turquoise; the same swirls, paler, "
    "in yellow and mauve above and turquoise below",
)

# %% test=true
# A cat is red where it is blue, which single channels cannot know
assert red_with_blue(cat) > 0.5
assert abs(red_with_blue(by_channel) - red_with_blue(swirls)) < 1e-4

# %% [markdown]
# Where the cat is light it is so in red, green and blue at once; hence its greys and browns. In the swirls a place that is
# red is seldom blue. The numbers above the pictures are the correlation of red and blue, and scaling or shifting single channels
# does not change it. Colours are mean *and covariance*.
#
# So we look for a matrix $A$, three by three, that mixes the channels:
#
# $$x \mapsto A \, (x - \mu) + \mu', \qquad A \, C A^{\mathsf T} = C'$$
#
# $x$ is the colour of a pixel of the picture, $\mu$ and $C$ are mean and covariance of all its pixels, $\mu'$ and $C'$ those of
# the picture that it is to be like. If $R$ is a square root of $C$, which means $R R^{\mathsf T} = C$, and $R'$ one of $C'$, then
# $A = R' R^{-1}$ does it: first $R^{-1}$ takes the picture's own covariance away, then $R'$ gives the other one.
# `torch.linalg.cholesky` finds a square root. It refuses a picture that does not vary in all directions of colour, a grey one or
# one of a single colour; so add a little, 1e-5, to the diagonal of both covariances.

# %% [markdown]
# > **Exercise 1 · `match_colour`**<br>
# > difficulty ●●●○○ · importance ●●●●○ · 15 minutes · 5 points<br>
# > *At the end you have* swirls in the colours of a cat, and a cat that stays brown.


# %% exercise="match_colour"
def match_colour(picture, like):
    """`picture` [1, 3, H, W] in the colours of `like` [1, 3, H', W'].

    One affine map of RGB, the same for all pixels, that gives the picture the mean and
    the covariance (divided by the number of pixels) of `like`. Any such map is right.
    A picture of one colour must come out finite. Nothing is clamped.
    """
    ### BEGIN SOLUTION
    x, y = picture.flatten(2)[0], like.flatten(2)[0]
    little = 1e-5 * torch.eye(3)
    C, D = torch.cov(x, correction=0) + little, torch.cov(y, correction=0) + little
    A = torch.linalg.cholesky(D) @ torch.linalg.inv(torch.linalg.cholesky(C))
    matched = A @ (x - x.mean(1, keepdim=True)) + y.mean(1, keepdim=True)
    return matched.view_as(picture)
    ### END SOLUTION


# %% [markdown]
# <details><summary>How do I get a covariance out of a picture?</summary>
#
# `picture.flatten(2)[0]` is $[3, M]$: three rows, a column for each pixel. `torch.cov(rows, correction=0)` is the
# $3 \times 3$ matrix.
# </details>
#
# <details><summary>The input is not positive-definite</summary>
#
# A picture of one colour has covariance 0, and a grey one varies in one direction only; neither has a root that can be
# inverted. Add a little to the diagonal of both covariances: `1e-5 * torch.eye(3)`.
# </details>
#
# <details><summary>The colours are wilder than before</summary>
#
# $R'$ and $R^{-1}$ are in the wrong order, or $C$ stands where its root belongs.
# </details>
#
# <details><summary>Should I clamp to [0, 1]?</summary>
#
# Not here. Whoever shows the picture, or paints with it, clamps; a clamp inside would change mean and covariance.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Rows $[3, M]$ of both; two covariances, a little added; two roots by Cholesky; $A$ is the second times the inverse of
# the first; `A @ (x - mean) + other_mean`, and `view_as(picture)`. Or go on with ours, for no points:
# `match_colour = check.borrow("match_colour")`.
# </details>

# %% check="match_colour" points=3
check.match_colour(match_colour)

# %% hidden="match_colour" points=2
### BEGIN HIDDEN TESTS
import torch

check.match_colour(match_colour)

one = torch.tensor([[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
two = torch.tensor([[2.0, 0.0, 1.0, 1.0], [0.0, 0.0, 3.0, 1.0], [1.0, 5.0, 0.0, 0.0]])
found = check.ask(
    match_colour, "call", one.view(1, 3, 2, 2), two.view(1, 3, 1, 4)
).value.flatten(2)[0]
assert torch.allclose(found.mean(1), two.mean(1), atol=1e-3)
wanted = torch.cov(two, correction=0)
assert torch.allclose(torch.cov(found, correction=0), wanted, atol=0.01)
### END HIDDEN TESTS

# %% [markdown]
# A covariance has many roots, and each of them makes another $A$. All give the same mean and the same covariance; they differ in
# *which* stroke gets which colour. Cholesky's root is a triangle: the new red is made of the old red alone, green of red
# and green, blue of all three. So the order of the channels matters, and with blue first the picture is another. The symmetric
# root, which Image Analogies (2001) used, knows no order. Above each picture stands how far the colours had to move for it. (Your
# picture is the first, and its turned twin differs if you used Cholesky's root.)


# %% fold=true
# Three ways to the same mean and covariance
def mirrored(picture, like):
    """Your match_colour, with the channels in the order blue, green, red."""
    return match_colour(picture.flip(1), like.flip(1)).flip(1)


def moved(picture):
    return (picture - swirls).square().mean().sqrt().item()


recoloured = {
    "yours": match_colour(swirls, cat),
    "yours, channels turned": mirrored(swirls, cat),
    "symmetric root": symmetric_match(swirls, cat),
}
figures.pictures(
    [picture.clamp(0, 1) for picture in recoloured.values()],
    [f"{words}: moved by {moved(one):.2f}" for words, one in recoloured.items()],
    alt="Three times the swirls in browns and greys: with cream curls above and lilac "
    "ones below; with brown and cream ones; with golden ones and white ones",
)

# %% test=true
# Same colours elsewhere; here the symmetric root moves them least
covariances = [torch.cov(one.flatten(2)[0]) for one in recoloured.values()]
assert all(torch.allclose(one, covariances[0], atol=2e-3) for one in covariances)
distances = [moved(one) for one in recoloured.values()]
assert distances[2] < min(distances[:2])

# %% [markdown]
# Of these three the symmetric root moves the colours least, and leaves the swirls most like themselves. (Least of all moves the map
# of optimal transport, Pitié and Kokaram 2007.)
#
# ### Only the lights and shades of the painting
#
# The other way: an eye takes shapes from light and dark, and hardly from colour. So keep of the painting only how light each
# pixel is, and take the colour from the photo. Colour television has split its signal like that since the fifties:
#
# $$Y = 0.299 \, R + 0.587 \, G + 0.114 \, B$$
#
# is the **luminance**, and two more numbers, $I$ and $Q$, hold the colour. Both are weighted differences of R, G and B: a grey
# pixel has $I = Q = 0$. What must you add to the three channels of a pixel, so that $Y$ changes and $I$ and $Q$ do
# not?

# %% [markdown]
# > **Exercise 2 · `transfer_luminance`**<br>
# > difficulty ●●○○○ · importance ●●●○○ · 8 minutes · 4 points<br>
# > *At the end you have* the other way to keep a cat brown.


# %% exercise="transfer_luminance"
def transfer_luminance(photo, painted):
    """The photo's colours with the painting's luminance; both [B, 3, H, W].

    Luminance is Y = 0.299 R + 0.587 G + 0.114 B. I and Q (YIQ) of the photo stay what
    they are. Nothing is clamped.
    """
    ### BEGIN SOLUTION
    weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    difference = (weights * (painted - photo)).sum(1, keepdim=True)
    return photo + difference
    ### END SOLUTION


# %% [markdown]
# <details><summary>Do I need the matrices of YIQ?</summary>
#
# No. With them it is right as well, there and back. But think of what a grey pixel's $I$ and $Q$ are, and what adding grey
# does.
# </details>
#
# <details><summary>The colours get stronger where it gets lighter</summary>
#
# You multiply by a ratio of luminances. That scales $I$ and $Q$ as well, and divides by 0 where the photo is black. Add
# instead.
# </details>
#
# <details><summary>Show me the way</summary>
#
# The difference of the two luminances, $[B, 1, H, W]$, added to all three channels of the photo: the weights have the
# sum 1, so $Y$ grows by just that. Or go on with ours, for no points:
# `transfer_luminance = check.borrow("transfer_luminance")`.
# </details>

# %% check="transfer_luminance" points=2
check.transfer_luminance(transfer_luminance)

# %% hidden="transfer_luminance" points=2
### BEGIN HIDDEN TESTS
import torch

check.transfer_luminance(transfer_luminance)

red, grey = torch.tensor([1.0, 0.0, 0.0]), torch.full((3,), 0.5)
given = torch.stack([red, grey]).view(2, 3, 1, 1)
other = torch.stack([grey, red]).view(2, 3, 1, 1)
found = check.ask(transfer_luminance, "call", given, other).value
wanted = torch.tensor([[1.201, 0.201, 0.201], [0.299, 0.299, 0.299]])
assert torch.allclose(found.flatten(1), wanted, atol=1e-4)
### END HIDDEN TESTS

# %% [markdown]
# Gatys et al. paint in grey from the start: the photo in grey, in the style in grey, which is first given the mean and the deviation of
# the photo's luminance; and your function puts the photo's colours back. One can be quicker: paint in full colour as ever, and
# let your function take only the luminance of that. We call it the **shortcut**.
#
# All on three pairs. **Predict: which keeps more of the style's strokes, recolouring the style or painting in grey?** To measure
# strokes without colours we make painting and style grey, and take the distance of their Gram matrices in the full network,
# as a share of the grey photo's. Since a style may have more contrast than the photo, we measure a second time, with the grey
# style brought to the photo's lightness and contrast.

# %% fold=true
# Your guess
strokes = guess(
    "Which way keeps more of the style's strokes?",
    ["recolouring the style", "painting in grey", "hardly a difference"],
)
strokes

# %%
PAIRS = [("cat", "swirls"), ("china", "stained_glass"), ("flower", "woodcut")]


def grey(picture):
    return luminance(picture).expand(-1, 3, -1, -1)


def as_light_as(picture, photo):
    """A grey picture with the mean and the deviation of a photo's luminance."""
    Y = luminance(photo)
    return (picture - picture.mean()) / picture.std() * Y.std() + Y.mean()


@cache
def kept(photo_name, style_name, way):
    """A photo in a style, with its colours kept in one of the ways, or not."""
    photo, manner = gallery.photo(photo_name, 192), gallery.style(style_name)
    if way == "recoloured":
        return painting(photo, style(match_colour(manner, photo).clamp(0, 1)))
    if way == "in grey":
        lights = painting(grey(photo), style(as_light_as(grey(manner), photo)))
        return transfer_luminance(photo, grey(lights))
    if way == "shortcut":
        return transfer_luminance(photo, kept(photo_name, style_name, "chapter 5"))
    return painting(photo, style(manner))


# %% fold=true
# Strokes in grey, by two measures, and how far the colours are off
full = vgg19(padding="replicate")


@cache
def measures(photo_name, style_name):
    """Both measures of grey strokes, as a function of a grey picture."""
    photo, manner = gallery.photo(photo_name, 192), grey(gallery.style(style_name))
    as_light = replace(style(as_light_as(manner, photo)), name="as light")
    value_of = Objective(full, [style(manner), as_light]).at(*photo.shape[2:])

    def both(picture):
        with torch.no_grad():
            return torch.stack([*value_of(grey(picture)).losses.values()])

    of_photo = both(photo)
    return lambda picture: (both(picture) / of_photo).tolist()


def strokes_left(photo_name, style_name, way):
    """The grey style distance by both measures, as shares of the photo's."""
    return measures(photo_name, style_name)(kept(photo_name, style_name, way))


def colours_off(photo_name, style_name, way):
    """How far mean and covariance of RGB less luminance are from the photo's."""
    pictures = gallery.photo(photo_name, 192), kept(photo_name, style_name, way)
    rows = [(picture - luminance(picture)).flatten(2)[0] for picture in pictures]
    a, b = (torch.cat([x.mean(1, keepdim=True), torch.cov(x)], 1) for x in rows)
    return (a - b).norm().item()


WAYS = ["chapter 5", "recoloured", "in grey", "shortcut"]
measured = torch.tensor(
    [
        [[*strokes_left(*pair, way), colours_off(*pair, way)] for pair in PAIRS]
        for way in WAYS
    ]
).mean(1)
near = (measured[1, :2] / measured[2, :2]).log().abs().max() < 0.2
better = (
    "recolouring the style" if measured[1, 1] < measured[2, 1] else "painting in grey"
)
strokes.beside("hardly a difference" if near else better)
figures.matrix(
    measured.round(decimals=3),
    WAYS,
    ["strokes, as the style has them", "at the photo's contrast", "colours off by"],
    title="means of three pairs; in all three columns less is better",
    alt="Numbers, four ways by three measures. In the first column chapter 5 and the "
    "shortcut have least, in the second the other two, in the third the last two",
)

# %% fold=true
# What was painted
figures.lattice(
    [
        picture.clamp(0, 1)
        for pair in PAIRS
        for picture in (
            gallery.photo(pair[0], 192),
            *(kept(*pair, way) for way in WAYS),
        )
    ],
    [name for name, _ in PAIRS],
    ["photo", *WAYS],
    alt="A cat, a temple and a flower, five times each: the photo; in the style's "
    "colours; in strokes of the photo's colours; twice with the photo's colours under "
    "strokes that are light and dark only, the last of them darker or harder",
)

# %% test=true
# By either measure the two ways are alike, and both keep the colours
print([[round(one, 1) for one in row] for row in measured.tolist()])
five, recoloured_style, in_grey, shortcut = measured
assert near and in_grey[1] < 0.6 * five[1] and recoloured_style[1] < 0.6 * five[1]
assert in_grey[0] > 1.4 * five[0] and torch.allclose(shortcut[:2], five[:2], rtol=0.02)
assert recoloured_style[2] < five[2] / 3 and in_grey[2] < 1e-3

# %% [markdown]
# Hardly a difference, by either measure. What separates the rows is something else: **contrast**. Both of Gatys et al.'s ways bring
# the style to the photo's lights and shades, and are near to it at that contrast. Chapter 5 and the shortcut have the style's own
# contrast, and are near to the style as it is. (The shortcut has just the luminance of chapter 5's painting.) Which is right
# depends on what you call a style: with the shortcut the temple stands in fog, for that is how dark the stained glass is.
#
# The third column is no contest where your `transfer_luminance` had the last word: it keeps R, G and B less $Y$ exactly. But look at the
# pictures. *Recoloured* paints with the photo's colours: a stroke has one colour from end to end, and may lie where the
# photo has none of it. *In grey* lays strokes over colours that know nothing of them. (And the recoloured style was clamped to
# [0, 1] like any picture: for the woodcut that cuts off one value in seven.)
#
# ## 2 · Which style where?
#
# Three regions of the temple's photo: white belongs to the region. (We marked places in each by hand; the borders were then drawn where
# the colours change, by `tools/regions/draw.py`.) Each is to have a style of its own.

# %%
temple = gallery.photo("china", size=192)
masks = load_masks("china", *temple.shape[2:])
THREE = {"sky": "swirls", "temple": "stained_glass", "trees": "woodcut"}

# %% fold=true
# The photo, its three masks, and a style for each
figures.pictures(
    [
        temple,
        *(mask.expand(-1, 3, -1, -1) for mask in masks.values()),
        torch.ones_like(temple),
        *(fit(gallery.style(THREE[where]), *temple.shape[2:]) for where in masks),
    ],
    ["the photo", *masks, "", *(THREE[where] for where in masks)],
    columns=4,
    alt="A temple above trees; white on black the sky with the lake, the temple, and "
    "the trees; below them violet and orange swirls, a landscape in stained glass, and "
    "a woodcut of waves",
)

# %% [markdown]
# ### A Gram matrix of a part
#
# One could cut the photo up, paint three pictures and glue them together; the seams would show, and each piece would be painted as
# if the others were not there. But the Gram matrix is a sum over places, and nobody says that it has to be over all of
# them. Give each place $k$ a weight $g_k$ between 0 and 1, the **guide**:
#
# $$G_{ij} = \frac{\sum_k (g_k F_{ik}) (g_k F_{jk})}{\sum_k g_k^2}$$
#
# Where $g$ is 0, the style term does not look. (Our guides will be 0 or 1; one between them lets a style fade in.) Division by
# $\sum_k g_k^2$ makes it a mean, so that the Gram matrix of a small region can be compared with that of a whole painting. (Gatys et al. 2017
# bring the guides to a sum of squares of 1 beforehand, which comes to the same.)

# %% [markdown]
# > **Exercise 3 · `guided_gram`**<br>
# > difficulty ●●○○○ · importance ●●●●● · 12 minutes · 5 points<br>
# > *At the end you have* a style that stays where it was told.


# %% exercise="guided_gram"
def guided_gram(F, guide):
    """The Gram matrix of a part of the places, per place, [B, N, N].

    sum_k g_k^2 F_ik F_jk / sum_k g_k^2, for maps F [B, N, H, W] and a `guide`
    [B, 1, H, W] between 0 and 1. Where a guide is 0 everywhere the matrix is 0.
    Gradients pass to F.
    """
    ### BEGIN SOLUTION
    rows = (F * guide).flatten(2)
    places = (guide**2).sum((1, 2, 3)).view(-1, 1, 1)
    return rows @ rows.transpose(1, 2) / places.clamp(min=1e-12)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Why is the guide squared?</summary>
#
# It multiplies the maps, and the maps stand in the product twice. For a guide of only 0 and 1 it makes no difference.
# </details>
#
# <details><summary>NaN</summary>
#
# A guide of zeros has the sum 0. Divide by at least a tiny number: `places.clamp(min=1e-12)`.
# </details>
#
# <details><summary>The shapes do not fit when I divide</summary>
#
# The sums are one number for each picture of the batch, the matrices are $[B, N, N]$: `.view(-1, 1, 1)`.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Maps times guide, flattened to $[B, N, M]$; rows times rows transposed; divided by the sum of the guide's squares over
# the axes 1, 2, 3. Or go on with ours, for no points: `guided_gram = check.borrow("guided_gram")`.
# </details>

# %% check="guided_gram" points=3
check.guided_gram(guided_gram)

# %% hidden="guided_gram" points=2
### BEGIN HIDDEN TESTS
import torch

check.guided_gram(guided_gram)

F = torch.tensor([[1.0, 2.0, 9.0], [3.0, 0.0, 9.0]]).view(1, 2, 1, 3)
guide = torch.tensor([1.0, 0.5, 0.0]).view(1, 1, 1, 3)
found = check.ask(guided_gram, "call", F, guide).value
wanted = torch.tensor([[[1.6, 2.4], [2.4, 7.2]]])
assert torch.allclose(found, wanted, atol=1e-4)
nothing = check.ask(guided_gram, "call", F, 0 * guide).value
assert torch.equal(nothing, torch.zeros(1, 2, 2))
### END HIDDEN TESTS

# %% [markdown]
# ### A mask for each layer
#
# A mask has a number for each pixel. A layer has fewer places: in `relu5_1` one for each square of 16 by 16 pixels, in
# `relu3_1` for 4 by 4. That is the layer's **stride**. So each layer needs a small guide, made from the mask. We take only
# those places whose square lies in the region as a whole.
#
# But a place *sees* more than its square. By chapter 1's rule, one of `relu5_1` sees 156 by 156 pixels, more than our
# photo is high. Ask it for swirls, and its wish goes to all of these pixels, also across the border. To keep styles
# apart, let a place speak for a region only if all that it sees lies in the region: the program of Gatys et al. (2017) has
# such a rule, *inside* (and can grow the guides a little afterwards). We make it a knob, the **reach**: so many pixels around the
# square have to be inside as well. With 0 only the square counts; with $(156 - 16) / 2 = 70$ all that a place of `relu5_1` sees. (A
# layer that sees less is never asked for more than it sees.)
#
# All of a window inside, that is: nothing of it outside. And you know a layer of VGG that looks for the largest number in each
# window.

# %% [markdown]
# > **Exercise 4 · `propagate`**<br>
# > difficulty ●●●○○ · importance ●●●○○ · 12 minutes · 4 points<br>
# > *At the end you have* guides for all layers, from one mask.


# %% exercise="propagate"
def propagate(mask, stride, reach):
    """A mask [1, 1, H, W] of 0 and 1 on a layer's grid.

    It becomes [1, 1, H // stride, W // stride]. A place is 1 if all of its stride x
    stride pixels are in the region, and all those up to `reach` pixels further on each
    side. What lies beyond the edge of the picture does not count. 0 or 1, nothing
    between.
    """
    ### BEGIN SOLUTION
    outside = 1 - mask
    seen = stride + 2 * reach
    return 1 - functional.max_pool2d(outside, seen, stride, padding=reach)
    ### END SOLUTION


# %% [markdown]
# <details><summary>How do I ask whether all of many pixels are 1?</summary>
#
# Turn the question round: is any of them outside? The largest of `1 - mask` in a window is 1 just then, and
# `functional.max_pool2d` takes the largest in each window.
# </details>
#
# <details><summary>My regions grow</summary>
#
# You take the largest of the mask: one pixel in the region is then enough. Take the largest of `1 - mask`.
# </details>
#
# <details><summary>The guide has too few places</summary>
#
# `max_pool2d` moves by its window unless it is told the stride: `max_pool2d(x, window, stride, padding=reach)`.
# </details>
#
# <details><summary>pad should be at most half of the kernel size</summary>
#
# The window is the square and the reach on *both* sides: `stride + 2 * reach`. Half of that is never less than the reach.
# </details>
#
# <details><summary>My region loses a rim at the edge of the picture</summary>
#
# Zeros were put around the mask, and count as outside. `max_pool2d` with `padding` takes them for nothing at all, which
# is what we want: put around `1 - mask`, not around the mask.
# </details>
#
# <details><summary>Show me the way</summary>
#
# `1 - max_pool2d(1 - mask, window, stride, padding=reach)`. Or go on with ours, for no points:
# `propagate = check.borrow("propagate")`.
# </details>

# %% check="propagate" points=2
check.propagate(propagate)

# %% hidden="propagate" points=2
### BEGIN HIDDEN TESTS
import torch

check.propagate(propagate)

row = torch.tensor([1.0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1])
for reach, wanted in ((0, [1, 1, 1, 0, 1]), (1, [1, 1, 0, 0, 1]), (2, [1, 1, 0, 0, 0])):
    found = check.ask(propagate, "call", row.expand(1, 1, 2, 11), 2, reach).value
    assert found.flatten().tolist() == wanted
### END HIDDEN TESTS

# %% [markdown]
# Now the temple, each region with its own term, by your two functions. Beside it two controls: the same three styles without
# masks, so that each is wanted everywhere; and masks, but no term for the sky.

# %%
ONE_STAGE = (Stage(192, 32),)  # reach is in pixels: at 96 it would be twice as much


def wish(where, reach):
    """A region's style term, by your functions."""
    manner = gallery.style(THREE[where])
    yours = {"statistic": guided_gram, "propagate": propagate}
    return style_in(manner, masks[where], where, reach=reach, **yours)


@cache
def in_regions(reach=0, regions=("sky", "temple", "trees")):
    """The temple, each region in its style."""
    return painting(
        temple, *(wish(where, reach) for where in regions), stages=ONE_STAGE
    )


@cache
def everywhere():
    """The temple in all three styles at once."""
    terms = [
        replace(style(gallery.style(manner)), name=where)
        for where, manner in THREE.items()
    ]
    return painting(temple, *terms, stages=ONE_STAGE)


# %% fold=true
# Three styles in their places, without places, and without the sky's
figures.pictures(
    [in_regions(), everywhere(), in_regions(0, ("temple", "trees"))],
    ["each style in its region", "all three everywhere", "no term for the sky"],
    alt="A temple three times: red curls in the sky, panes on the temple, black and "
    "white lines in the trees; then all of it in one mixture; then a sky without curls",
)

# %% test=true
# The sky's style is nearer where it has the sky to itself
value_of = Objective(net, [wish("sky", 0)]).at(*temple.shape[2:])
with torch.no_grad():
    skies = [float(value_of(one).total) for one in (in_regions(), everywhere())]
assert skies[0] < 0.6 * skies[1]

# %% [markdown]
# ### How far does a style reach?
#
# Does a style stay behind its border? We can ask it before anything is painted. The sky's style term answers the photo with a
# gradient: how each pixel should change. We add up its absolute values, in the sky and outside. (Sky and lake are about half of the
# photo.) **Predict: with reach 0, how much of the sky's gradient falls on temple and trees?**

# %% fold=true
# Your guess
leaks = guess("How much of the sky's gradient falls outside the sky?", unit="percent")
leaks


# %% fold=true
# The sky's gradient, and its share outside the sky
@cache
def pull(reach, layers=STYLE_LAYERS, guided=True):
    """How strongly each pixel is told to change by the sky's style, [H, W]."""
    mask = masks["sky"] if guided else torch.ones_like(masks["sky"])
    yours = {"statistic": guided_gram, "propagate": propagate}
    term = style_in(gallery.style("swirls"), mask, "sky", layers, reach, **yours)
    picture = temple.clone().requires_grad_()
    loss = Objective(net, [term]).at(*temple.shape[2:])(picture).total
    return torch.autograd.grad(loss, picture)[0].abs().sum((0, 1))


def outside(*which):
    """The part of the gradient that does not fall on the sky, in percent."""
    strength = pull(*which)
    lost = (strength * (1 - masks["sky"][0, 0])).sum()
    return 100 * (lost / strength.sum()).item()


leaks.beside(round(outside(0)))
figures.bars(
    {
        **{layer: outside(0, (layer,)) for layer in STYLE_LAYERS},
        "all five": outside(0),
        "all five, no guide": outside(0, STYLE_LAYERS, False),
    },
    x="of the sky's gradient falls outside the sky, percent",
    alt="Bars that grow from layer to layer, from less than one to 37 percent; all "
    "five together 15, and without a guide 60",
)

# %% test=true
# The deeper the layer, the more gets out; a guide keeps most in
shares = [outside(0, (layer,)) for layer in STYLE_LAYERS]
print("percent outside, by layer:", [round(one) for one in shares])
assert shares == sorted(shares) and shares[0] < 2 < 25 < shares[-1]
assert 10 < outside(0) < 20 < 50 < outside(0, STYLE_LAYERS, False)

# %% [markdown]
# The deeper the layer, the more it sees, and the more gets out: of `relu5_1`'s gradient more than a third. So raise the reach. With 70
# a place of `relu5_1` speaks for the sky only if it sees nothing but sky. **Predict: how many percent of its places in the sky are
# then left?**

# %% fold=true
# Your guess
speaks = guess("At reach 70, how much of relu5_1 still speaks?", unit="percent")
speaks

# %% fold=true
# Under the slider: where the sky's gradient falls
REACHES = [0, 4, 8, 16, 24, 32, 40, 70]


@cache
def left(where, layer, reach):
    """How many of a layer's places in a region still speak for it, as a share."""
    stride, field = stride_and_field(layer)
    nearer = min(reach, (field - stride) // 2)
    guides = [propagate(masks[where], stride, one) for one in (nearer, 0)]
    return (guides[0].sum() / guides[1].sum()).item()


def leaking(reach):
    """The gradient's strength for each pixel, and its share outside."""
    strength = pull(reach)
    shades = (strength / strength.max()).clamp(min=1e-4).log10() / 4 + 1
    speak = left("sky", "relu5_1", reach)
    return (
        figures.pictures(
            [temple, shades],
            ["the photo", f"reach {reach}: of relu5_1's places {speak:.0%} are left"],
            alt="The photo, and beside it where the gradient falls: light in the sky",
        ),
        "outside the sky, percent",
        outside(reach),
    )


speaks.beside(round(100 * left("sky", "relu5_1", 70)))
explore(leaking, reach=REACHES)

# %% [markdown]
# (The shades are logarithmic, four powers of ten from white to black.) At 70 nothing gets out, as the rule says. But it says
# too much. Nothing gets out from 40 on already, and at 24 it is two percent: most of what a place sees it sees faintly. And the reason is
# a sad one: **no place of `relu5_1` is left to speak.** Nowhere in this photo is there so much sky that a place could look about
# and see nothing else. The other regions are smaller still:

# %% fold=true
# How much of each layer is left, in each region
ROWS = [(where, reach) for where in masks for reach in (8, 16, 70)]
figures.matrix(
    torch.tensor(
        [[left(where, layer, reach) for layer in STYLE_LAYERS] for where, reach in ROWS]
    ),
    [f"{where}, reach {reach}" for where, reach in ROWS],
    list(STYLE_LAYERS),
    title="places that speak for a region, as a share of those with reach 0",
    logarithmic=False,
    alt="Numbers, three regions with three reaches by five layers. relu1_1 keeps over "
    "nine tenths; relu4_1 less than half at 16; relu5_1 nothing in the temple at 16",
)

# %% test=true
# Nothing gets out once relu5_1 has no place left, before 70
shares = [outside(reach) for reach in REACHES]
print("percent outside:", [round(one) for one in shares])
assert shares[0] > shares[3] > shares[4] > shares[-1] == 0 and shares[4] < 3
assert left("sky", "relu5_1", 32) > 0 == left("sky", "relu5_1", 40)
assert left("temple", "relu5_1", 16) == 0 < 0.9 < left("temple", "relu1_1", 70)

# %% [markdown]
# So there is a price, and this is how it looks:

# %% fold=true
# The temple with three reaches
figures.pictures(
    [in_regions(reach) for reach in (0, 16, 70)],
    ["reach 0", "reach 16", "reach 70"],
    alt="Three temples in three styles. At reach 0 large panes and curls; at 16 the "
    "panes are smaller and the eaves are clear; at 70 the sky is red without a curl",
)

# %% [markdown]
# At 70 the sky has its red and its orange, and the **swirl is gone**: the deep layers knew of it, and they have fallen silent. At 16 the
# temple's panes have shrunk, because that region has already lost its `relu5_1`; in return its eaves are clear, where at 0
# they melt into the sky. Near the borders only the first layers are left: colours and grain, no shapes. Which one you take
# depends on what you mind more. (And there is a second way across the border that no guide can close: the content term of a place
# on the roof sees the sky change, and answers.)
#
# ## 3 · Who draws the masks?
#
# You can draw a mask of your own: white on black, in any paint program, on a copy of the photo;
# `course.control.regions.load_mask("mine.png", height, width)` reads it. Or somebody else's network finds *sky* and *tree*. But we
# have a network here. Could its feature maps tell a sky? Take the feature vectors of a layer, bring them to length 1, and let k-means
# sort them into two heaps: each vector joins the nearer of two means, the means move, and so on. Nothing tells it what a sky is. The
# control is bare colour: the same k-means on RGB.
#
# The number is the overlap with our mask: pixels in both, divided by pixels in either; 1 is the same region. (A coarse grid cannot
# reach 1: its squares do not follow a roof.) **Predict: whose heaps come nearest to our masks?**

# %% fold=true
# Your guess
finds = guess(
    "Whose two heaps come nearest to sky and flower?",
    [
        "bare colours, or nobody does better",
        "a shallow layer's, clearly",
        "a middle layer's, clearly",
        "the deepest layer's, clearly",
    ],
)
finds

# %% fold=true
# Under the slider: two heaps of places, of colours or of a layer
EYES = ["bare colours", *STYLE_LAYERS]
SUBJECTS = {"china": "sky", "flower": "flower"}


@cache
def found(photo_name, eye):
    """The heap that is nearest to the drawn region, and its overlap."""
    photo = gallery.photo(photo_name, size=256)
    drawn = load_masks(photo_name, *photo.shape[2:])[SUBJECTS[photo_name]]
    bare = eye == "bare colours"
    F = photo if bare else net(photo, [eye])[eye]
    heaps = clusters(F, 2, directions=not bare)
    heaps = functional.interpolate(heaps, drawn.shape[2:], mode="nearest")
    common = (heaps * drawn).sum((1, 2, 3))
    overlap = common / torch.maximum(heaps, drawn).sum((1, 2, 3))
    return photo, heaps[overlap.argmax()][None], overlap.max().item()


def mean_overlap(eye):
    return sum(found(name, eye)[2] for name in SUBJECTS) / len(SUBJECTS)


def heap(eye):
    """Both photos, and in each the heap that is meant."""
    both = [found(name, eye) for name in SUBJECTS]
    return (
        figures.pictures(
            [photo * (0.2 + 0.8 * mask) for photo, mask, _ in both],
            [
                f"{what}: {one[2]:.2f}"
                for what, one in zip(SUBJECTS.values(), both, strict=True)
            ],
            alt=f"A temple and a flower; the heap that {eye} has found is light",
        ),
        "mean overlap",
        mean_overlap(eye),
    )


best = max(STYLE_LAYERS, key=mean_overlap)
where_best = ["a shallow", "a shallow", "a middle", "a middle", "the deepest"]
clearly = f"{where_best[STYLE_LAYERS.index(best)]} layer's, clearly"
no_better = mean_overlap(best) < mean_overlap("bare colours") + 0.02
finds.beside("bare colours, or nobody does better" if no_better else clearly)
explore(heap, eye=EYES)

# %% test=true
# Colours do as well as any layer
print([round(mean_overlap(eye), 1) for eye in EYES])
assert mean_overlap("bare colours") > 0.9
assert (
    max(mean_overlap(eye) for eye in STYLE_LAYERS) < mean_overlap("bare colours") + 0.02
)
assert mean_overlap("relu4_1") < mean_overlap("bare colours") - 0.15

# %% [markdown]
# <details><summary>What we saw</summary>
#
# The network is no help: bare colours do it as well as `relu1_1`, which is a layer of colours, and better than any deeper one. Without
# the control we would have praised the feature maps. And there is a second snare: our masks themselves were drawn along changes of
# colour, so that colours had an easy time.
# </details>
#
# These two photos are easy. For most, a pencil is quicker.
#
# Chapter 5 asked whether a map of labels can be a style. Not by one Gram matrix. But give the *painting* masks too, its sky for
# our sky and its trees for our trees (`style_in(..., of=its_mask)`), and each label has a Gram matrix of its own. So Gatys et al. (2017)
# do it; Champandard (2016) did before them, with patches in place of Gram matrices.
#
# ## 4 · How much of each
#
# Two styles in every place. The cheapest way is to paint the cat twice, in `swirls` and in `fans`, and take the average of
# the two pictures: a **crossfade**. The other is to average *before* painting: ask for a Gram matrix half-way between
# the two.
#
# $$A = \sum_k w_k \, \frac{G_k}{M_k}, \qquad \sum_k w_k = 1$$
#
# $G_k$ is the Gram matrix of painting $k$ and $M_k$ the number of its places, so that a large painting does not count
# for more than a small one. A Gram matrix per place is a mean over places of the products $F_i F_j$, and means can be averaged: $A$
# is what a picture would have whose places come from the first painting and the second, in these shares. (Deviations and
# covariances cannot be averaged like that. Take one style that is all black and one that is all white: neither varies, and
# black-and-white does.)
#
# Why not two style terms, one for each painting? It would be the same: $\sum_k w_k |G - G_k|^2 = |G - A|^2 + \text{const}$, as a
# line of algebra shows. Our terms divide by $|G_k|^2$ first, so that there the fainter style would count for more.

# %% [markdown]
# > **Exercise 5 · `blend_styles`**<br>
# > difficulty ●●○○○ · importance ●●●○○ · 8 minutes · 4 points<br>
# > *At the end you have* styles that no painter had.


# %% exercise="blend_styles"
def blend_styles(features, shares):
    """The Gram matrix per place of several paintings, [1, N, N].

    sum_k w_k G_k / M_k. `features` are feature maps, a list of [1, N, H_k, W_k] of any
    sizes; `shares` is a list of numbers >= 0, one for each, brought to the sum 1.
    """
    ### BEGIN SOLUTION
    blend = 0
    for F, share in zip(features, shares, strict=True):
        rows = F.flatten(2)
        per_place = rows @ rows.transpose(1, 2) / rows.shape[2]
        blend = blend + share / sum(shares) * per_place
    return blend
    ### END SOLUTION


# %% [markdown]
# <details><summary>The sizes of the paintings differ: must I resize?</summary>
#
# No. Gram matrices are $[1, N, N]$ for any size. Divide each by its own number of places, and add up.
# </details>
#
# <details><summary>Shares [2, 2] give twice as much as [1, 1]</summary>
#
# Divide each share by the sum of all of them.
# </details>
#
# <details><summary>Show me the way</summary>
#
# A loop over both lists: flatten to $[1, N, M]$, rows times rows transposed, divided by $M$, times share over the sum of
# the shares, added up. Or go on with ours, for no points: `blend_styles = check.borrow("blend_styles")`.
# </details>

# %% check="blend_styles" points=2
check.blend_styles(blend_styles)

# %% hidden="blend_styles" points=2
### BEGIN HIDDEN TESTS
import torch

check.blend_styles(blend_styles)

one = torch.tensor([[1.0, 1.0], [2.0, 0.0]]).view(1, 2, 1, 2)
two = torch.tensor([[3.0, 3.0, 3.0, 3.0], [0.0, 0.0, 4.0, 4.0]]).view(1, 2, 2, 2)
found = check.ask(blend_styles, "call", [one, two], [1, 3]).value
assert torch.allclose(found, torch.tensor([[[7.0, 4.75], [4.75, 6.5]]]), atol=1e-4)
### END HIDDEN TESTS


# %%
@cache
def between(share):
    """The cat between swirls (0) and fans (1)."""
    styles = [gallery.style("swirls", 192), gallery.style("fans", 192)]
    return painting(cat, blended_style(styles, [1 - share, share], blend=blend_styles))


# %% fold=true
# How far a picture is from a mixture of the two, by the full network
@cache
def judge(share):
    """The style of a share of fans, as the full network knows it."""
    styles = [gallery.style("swirls", 192), gallery.style("fans", 192)]
    term = blended_style(styles, [1 - share, share])
    return Objective(full, [term]).at(*cat.shape[2:])


def far(picture, share):
    """The distance to swirls (0), fans (1) or a style between them."""
    with torch.no_grad():
        return float(judge(share)(picture).total)


# %%
pure = {"swirls": 0, "blend": 0.5, "fans": 1}
figures.pictures(
    [between(share) for share in pure.values()],
    [
        f"{words}: {far(between(share), 0.5):.2f} from half-way"
        for words, share in pure.items()
    ],
    alt="A cat in red and violet curls; in curls and fans with hard lines; in fans of "
    "brown and green",
)

# %% [markdown]
# The numbers are distances to the style half-way, by the full network. **Predict: how far from it is the crossfade, the average of the
# first picture and the last?**

# %% fold=true
# Your guess
crossfade = guess("How far is the crossfade from the style half-way?")
crossfade


# %% fold=true
# The crossfade, and the same with its contrast given back
def faded():
    return (between(0) + between(1)) / 2


def with_contrast(picture):
    """With mean and deviation of each channel half-way between the pure ones."""
    ends = [between(0), between(1)]
    mean, spread = (
        sum(getattr(end, what)(places, keepdim=True) for end in ends) / 2
        for what in ("mean", "std")
    )
    centred = picture - picture.mean(places, keepdim=True)
    return centred / picture.std(places, keepdim=True) * spread + mean


crossfade.beside(round(far(faded(), 0.5), 2))
three = {
    "blend": between(0.5),
    "crossfade": faded(),
    "crossfade, contrast back": with_contrast(faded()),
}
figures.pictures(
    [picture.clamp(0, 1) for picture in three.values()],
    [f"{words}: {far(picture, 0.5):.2f}" for words, picture in three.items()],
    alt="A cat in curls and fans with hard lines; a paler one in which both pictures "
    "lie over each other; the same with more contrast",
)

# %% test=true
# A crossfade is no nearer than a pure painting; it lacks contrast
ends = min(far(between(0), 0.5), far(between(1), 0.5))
lost = [far(picture, 0.5) / ends for picture in three.values()]
print([round(one, 1) for one in lost])
assert lost[0] < lost[2] < 0.85 < lost[1]

# %% [markdown]
# The average of two paintings is hardly nearer to the style half-way than the better of the two. Strokes that lie over each other at
# half strength lose their contrast, and the Gram matrix, a sum of squares, misses it. Is that all? Give the contrast back, and
# most of the way is made. The blend is a little nearer still, and its strokes are clean: some of these and some of those, none
# of them see-through.
#
# Drag the share. **Does the cat change sides at some share, or evenly?** Above the middle picture stand its distances to both pure
# styles.

# %% fold=true
# Under the slider: the cat between two styles
SHARES = [0, 0.25, 0.5, 0.75, 1]


def shared(share):
    """The cat by share between the pure ones, and how far it is from either."""
    middle = between(share)
    two = f"swirls {far(middle, 0):.2f} away, fans {far(middle, 1):.2f}"
    picture = figures.pictures(
        [between(0), middle, between(1)],
        ["swirls", two, "fans"],
        alt=f"The cat in swirls, in {share:.0%} fans, and in fans alone",
    )
    return picture, "distance to the fans", far(middle, 1)


explore(shared, share=SHARES).set(share=0.5)

# %% [markdown]
# <details><summary>What we saw</summary>
#
# Evenly. The distance to the fans falls from step to step by about as much each time, a little less towards the end; that to
# the swirls rises by a little more each time. The fans' hard lines are seen early, the swirls' violet stays longest.
# </details>

# %% test=true
# With more fans the cat is nearer to them and farther from the swirls
toward = [far(between(share), 1) for share in SHARES]
away = [far(between(share), 0) for share in SHARES]
assert toward == sorted(toward, reverse=True) and away == sorted(away)

# %% [markdown]
# One more test of the formula. If $A$ is what a picture with places from both paintings has, then one such picture as the style must do
# the same: both paintings **side by side**, in one frame. (It is twice as wide, so we ask for it at twice the size.)

# %%
frame = torch.cat([gallery.style("swirls", 192), gallery.style("fans", 192)], 3)


@cache
def by_frame():
    return painting(cat, style(frame, scale=2))


# %% fold=true
# Two shares in a formula, and two paintings in a frame
figures.pictures(
    [frame, between(0.5), by_frame()],
    [
        "one frame",
        f"the formula: {far(between(0.5), 0.5):.2f}",
        f"the frame: {far(by_frame(), 0.5):.2f}",
    ],
    alt="Two paintings side by side in one picture; two cats that can hardly be told "
    "apart",
)

# %% test=true
# The frame and the formula ask for the same
assert abs(far(by_frame(), 0.5) / far(between(0.5), 0.5) - 1) < 0.1

# %% [markdown]
# (Not quite the same: where the two meet in the frame there are edges that neither painting has.)
#
# ## 5 · The strokes of one, the shapes of another
#
# A third wish is about size. In `STYLE_LAYERS` the shallow layers hold colours and fine strokes, the deep ones large shapes. So one could
# take `relu1_1` and `relu2_1` from one painting and the rest from another: deal out the layers. Gatys et al. (2017) go another
# way: first make a new *style*. They begin with the painting that has the shapes, and give it the other's shallow layers.
# What comes out is a picture, and it is the style for the cat. (We add a content term, to hold the shapes more firmly.)


# %%
FINE, DEEP = STYLE_LAYERS[:2], STYLE_LAYERS[2:]


@cache
def invented(shapes, strokes):
    """A new style: the shapes of one painting, and the shallow layers of another."""
    whole = gallery.style(shapes, 256)
    fine = style(gallery.style(strokes, 256), FINE)
    terms = [content(whole), fine, total_variation(), in_range()]
    objective = Objective(net, terms, {**WEIGHTS, "style": 20})
    *_, last = paint(objective, whole, (Stage(128, 20), Stage(256, 30)))
    return last.image


@cache
def dealt_out(shapes, strokes):
    """The cat, by the deep layers of one painting and the shallow ones of another."""
    deep = replace(style(gallery.style(shapes, 256), DEEP), name="deep")
    return painting(cat, style(gallery.style(strokes, 256), FINE), deep)


new = invented("fans", "mosaic")

# %% fold=true
# Fans in mosaic; the cat in that, and by layers that were dealt out
figures.pictures(
    [
        gallery.style("fans", 256),
        gallery.style("mosaic", 256),
        new,
        painting(cat, style(new)),
        dealt_out("fans", "mosaic"),
    ],
    ["shapes: fans", "strokes: mosaic", "the new style", "the cat in it", "dealt out"],
    alt="Rows of fans; a mosaic of fish; the rows of fans made of small stones, in the "
    "mosaic's blue; two cats in small stones and curves, much alike",
)


# %% test=true
# The new style has the strokes of one and the shapes of the other
def between_styles(picture, name, layers):
    term = style(gallery.style(name, 256), layers)
    with torch.no_grad():
        return float(Objective(full, [term]).at(*picture.shape[2:])(picture).total)


mosaic, fans = gallery.style("mosaic", 256), gallery.style("fans", 256)
assert between_styles(new, "mosaic", FINE) < between_styles(fans, "mosaic", FINE) / 5
assert between_styles(new, "fans", DEEP) < between_styles(mosaic, "fans", DEEP) / 2

# %% [markdown]
# The fans are made of small stones, and they have turned blue, because with the strokes come the colours: both are in the shallow
# layers. The two cats are much alike. So with this pair the detour gains nothing that we could see, except that you can look at the
# new style, and mend it, before you paint with it.

# %% [markdown] open="commission" points=2
# ## In your own words
#
# A commission: *a portrait; the face in fine hatching, everything behind it in swirls; and all of it in the colours of the photo.*
# **Say in which order you would use which of your five functions, and what you expect to go wrong at the edge of the
# face, and why.** Four to six sentences.
#
# ### BEGIN MARKING SCHEME
# - 1 point: an order that works. Both styles are recoloured like the photo before painting (`match_colour`), a mask for the face and one
#   for the rest go through `propagate` to each layer, `guided_gram` compares each region with its style; or `transfer_luminance` at the
#   very end in place of `match_colour`. `blend_styles` is not needed. (Recolouring each style like its own region is better still.)
# - 1 point: at the edge. With a small reach the swirls get into the face, since deep places see far across the border (and the
#   content term sees it too); with a large one a rim stays unpainted, or the deep layers have no places left. With luminance after
#   painting, colours stay behind where an edge has moved.
#
# A model answer: *I give both styles the colours of the photo with match_colour. I draw a mask of the face, turn it round for the
# rest, and let propagate make guides for each layer, with a reach of a few pixels; then one style term for each region, with guided_gram.
# At the edge of the face some curls will run into the cheek, because the deep layers see a hundred pixels and more. If I set the
# reach so high that this stops, the rim of the face is left as in the photo, and in a small face relu5_1 has nothing to say.*
# ### END MARKING SCHEME

# %% [markdown]
# ## What you should have seen
#
# - That three channels with the right means and deviations are not yet the right colours, and that a covariance has many roots.
# - Two ways to keep a photo's colours that are hardly apart, and a shortcut that keeps the style's contrast instead.
# - A temple in three styles, each in its place; and that a style's wishes cross the border, the farther the deeper the layer.
# - That the reach which keeps everything in silences the deepest layer, and the swirl is gone.
# - Feature maps that find a sky no better than bare colours do.
# - A blend of two styles beside the average of two paintings; and a frame with both, which does what the formula does.
#
# ## Questionnaire
#
# 1. Why is it not enough to match mean and deviation of each channel?
# 2. You add 0.1 to R, G and B of a pixel. What happens to Y, I and Q?
# 3. A region covers a hundredth of the picture. Does its style count for less than that of the rest? Where would it, if the Gram
#    matrix were not divided?
# 4. Why does a mask of 192 by 128 pixels need five guides, and why not simply take every sixteenth pixel for `relu5_1`?
# 5. Two paintings' covariances are averaged, half and half, in place of their Gram matrices. What is lost, and when does it matter most?
#
# <details><summary>Answers, once you have your own</summary>
#
# 1. They say how much red there is, and not with which blue it goes. The swirls channel by channel had the cat's means and
#    deviations, and were still orange against turquoise.
# 2. Y grows by 0.1, since its weights have the sum 1; I and Q stay, since theirs have the sum 0.
# 3. No: it is a mean over its own places, and counts like that of any other region, as long as each layer has a place in it. So it pulls
#    at each of its pixels a hundred times as hard, and the content there has little to say. Summed up and not
#    divided, its Gram matrix would be a hundred times too small beside a whole painting's.
# 4. Each layer has a grid of its own, and a guide must have as many places as the maps. A single pixel does not say whether
#    the square around it is in the region.
# 5. The covariance of a mixture has a part that comes from the difference of the two means. It is lost, and matters most when the means
#    are far apart: a dark style and a light one.
#
# </details>
#
# ## References
#
# - L. Gatys et al., *Preserving Color in Neural Artistic Style Transfer*, [arXiv:1606.05897](https://arxiv.org/abs/1606.05897).
# - L. Gatys et al., *Controlling Perceptual Factors in Neural Style Transfer*, CVPR 2017,
#   [arXiv:1611.07865](https://arxiv.org/abs/1611.07865): regions, colours and scales.
# - A. Hertzmann et al., *Image Analogies*, SIGGRAPH 2001: colours by the symmetric root.
# - F. Pitié, A. Kokaram, *The Linear Monge-Kantorovitch Linear Colour Mapping for Example-Based Colour Transfer*, CVMP 2007.
# - A. Champandard, *Semantic Style Transfer and Turning Two-Bit Doodles into Fine Artworks*,
#   [arXiv:1603.01768](https://arxiv.org/abs/1603.01768): the masks go into the features.
# - F. Luan et al., *Deep Photo Style Transfer*, [arXiv:1703.07511](https://arxiv.org/abs/1703.07511): regions from a segmentation
#   network, and edges that stay straight.
