# ---
# jupyter:
#   course:
#     title: Style transfer
#     objectives:
#       - Add content and style to one loss, minimise it over the pixels of a picture, and steer it with alpha, beta and total variation.
#       - See what the start, the style layers and the pooling decide, and find by experiment where content and style live.
#       - Translate the weights of other programs, and know what fails and why.
#     minutes: 165
#     points: 24
#     open_points: 5
#     seconds: 180
#     memory_mb: 1800
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
# # 5 · Style transfer
#
# Chapter 3 rebuilt a photo from its feature maps: *what is where*. Chapter 4 made textures from Gram matrices: *what
# goes with what, wherever*. This chapter asks one picture for both. It should have the content of a photo and the style
# of a painting, and since no picture has exactly both, two numbers say which of them matters more: **alpha** and **beta**.
#
# **At the end** you have written the painter of Gatys, Ecker and Bethge; you have dragged alpha and beta while the picture
# repainted itself; and you can read the weights of anybody's program, because you can translate them.
#
# *165 minutes · 24 points, and 5 in words · three minutes of computing on two cores · no downloads. It builds on chapters 3 and 4.*
#
# (We paint with a slim VGG-19: it has a quarter of the channels and was trained to paint like the full one, in a tenth of the
# time. So each of our pictures takes seconds and can be 192 pixels wide. Section 6 reads other programs and takes the full
# network.)

# %%
import copy
from dataclasses import replace
from functools import cache

import torch

from course import check, figures, gallery
from course.images import fit, white_noise
from course.losses import gram, relative_distance, sliced_wasserstein
from course.nets.weights import vgg19
from course.objectives import Objective, Term, content, in_range, style
from course.objectives import style_transfer as objective_of
from course.synthesis import Stage, paint
from course.widgets import LivePainter, alpha_beta_grid, explore, guess

net = vgg19(weights="slim", padding="replicate")
photo, painting = (
    gallery.photo("cat", size=192),
    gallery.style("stained_glass", size=192),
)
large, window = gallery.photo("cat", size=256), gallery.style("stained_glass", size=256)

# %% fold=true
# The photo and the painting
figures.pictures(
    [large, window],
    ["the photo: what, and where", "the painting: how"],
    columns=3,
    alt="A cat's face in a photo, and a landscape in stained glass: coloured panes "
    "between dark lines of lead",
)

# %% [markdown]
# ## 1 · The sum
#
# Two distances, then. The **content** of our picture is compared with the photo's in one deep layer, place by place
# (chapter 3). Its **style** is compared with the painting's in five layers, as Gram matrices, without places (chapter 4).
# The sum is equation 7 of the CVPR paper:
#
# $$L_{total} = \alpha\, L_{content} + \beta\, L_{style}$$
#
# We measure both in **relative** units: the squared difference as a share of the target's own size, $|F - P|^2 / |P|^2$
# for the content, and for the style the mean of $|G - A|^2 / |A|^2$ over the five layers. 0 is a perfect match, 1 is as far off
# as feature maps of zeros, and worse is possible. So alpha and beta mean about the same for every pair of pictures, every size
# and every layer: what they do differs by a factor of a few, where in the paper's own units it differs by powers of ten. (Those
# come back in section 6, with a surprise.)

# %%
CONTENT = "relu4_2"
STYLE = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]


def per_place(F):
    """The Gram matrix, divided by the number of places: pictures of all sizes can be
    compared.
    """
    return gram(F) / F[0, 0].numel()


P = net(photo, [CONTENT])[CONTENT]
A = {
    layer: per_place(F) for layer, F in net(painting, STYLE).items() if layer != "image"
}


def content_and_style(picture):
    """The two distances of a picture, in relative units."""
    features = net(picture, [CONTENT, *STYLE])
    styles = [
        relative_distance(per_place(features[layer]), A[layer]) for layer in STYLE
    ]
    return relative_distance(features[CONTENT], P), torch.stack(styles).mean()


# %% [markdown]
# Before anything is painted: what are the two distances of pictures that we have already? Predict where a double exposure lies,
# a picture that shows both at once.

# %% fold=true
# Your guess
exposure = guess(
    "To which is a double exposure nearer than the wrong picture?",
    ["to both", "only to the content", "only to the style", "to neither"],
)
exposure

# %% fold=true
# Five pictures that we have already
height, width = photo.shape[2:]
stretched = fit(painting, height, width)
candidates = {
    "the photo": photo,
    "the painting": stretched,
    "double exposure": (photo + stretched) / 2,
    "grey": torch.full_like(photo, 0.5),
    "noise": white_noise(height, width),
}
figures.pictures(
    list(candidates.values()),
    list(candidates),
    columns=3,
    alt="Five pictures of one size: the cat, the window, both shining through each "
    "other, plain grey, coloured noise",
)

# %% fold=true
# Their two distances
distances = {name: content_and_style(picture) for name, picture in candidates.items()}
table = torch.tensor([[float(one) for one in pair] for pair in distances.values()])
nearer = table[2, 0] < table[1, 0], table[2, 1] < table[0, 1]
exposure.beside("to both" if all(nearer) else "to neither")
figures.matrix(
    table,
    list(distances),
    ["content", "style"],
    title="relative distance to the photo's content and to the painting's style",
    logarithmic=False,
    alt="A grid of numbers: the photo has content 0 and a large style distance, the "
    "painting the other way round, the double exposure lies between them; grey is far "
    "from both, noise a little nearer to the style",
)

# %% test=true
# Photo and painting have what is theirs, the double exposure neither
assert table[0, 0] < 1e-6 and table[1, 1] < 0.2 < table[0, 1] and min(table[2]) > 0.2

# %% [markdown]
# The photo has its own content and none of the style; the painting the other way round. (Not quite 0: it had to be
# stretched to the photo's shape. And noise is a little nearer to the style than the photo is: it has all directions.) To each
# of the two targets the double exposure is nearer than the wrong picture is, about half-way: a compromise. To a network, two
# things that shine through each other are not one thing painted like the other.

# %% [markdown]
# > **Exercise 1 · `total_loss`**<br>
# > difficulty ●○○○○ · importance ●●●●● · 5 minutes · 4 points<br>
# > *At the end you have* the one line that all of style transfer hangs on.


# %% exercise="total_loss"
def total_loss(content, style, alpha, beta):
    """Equation 7: the two losses (tensors of one number), weighed and added; a tensor
    of one number.
    """
    ### BEGIN SOLUTION
    return alpha * content + beta * style
    ### END SOLUTION


# %% [markdown]
# <details><summary>Somebody wrote that alpha + beta must be 1</summary>
#
# It need not be. Multiply both by a hundred, and every picture's loss is a hundred times as large; the best picture is still
# the best. Take the weights as they come.
# </details>
#
# <details><summary>No gradient finds its way back</summary>
#
# `float()`, `.item()` and `.detach()` cut the way. Multiply and add the tensors themselves.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Two products and a sum. Or go on with ours, for no points: `total_loss = check.borrow("total_loss")`.
# </details>

# %% check="total_loss" points=2
check.total_loss(total_loss)

# %% hidden="total_loss" points=2
### BEGIN HIDDEN TESTS
import torch

check.total_loss(total_loss)

given = torch.tensor(3.0), torch.tensor(5.0), 0.5, 20.0
assert abs(float(total_loss(*given)) - 101.5) < 1e-4
assert abs(float(check.ask(total_loss, "gradient_to", 0, *given)) - 0.5) < 1e-6
assert abs(float(check.ask(total_loss, "gradient_to", 1, *given)) - 20.0) < 1e-5
### END HIDDEN TESTS

# %% [markdown]
# **A question with a slider.** Which of the five pictures has the least total loss? That depends on the two weights, and
# only on their ratio. Predict when the winner changes; the table above is enough to compute it.

# %% fold=true
# Your guess
changes = guess("At which alpha / beta does the winner change?")
changes

# %% fold=true
# Your guess
compromise = guess("Does the double exposure ever win?", ["yes", "no"])
compromise

# %% fold=true
# The five pictures and their total losses, under a slider
RATIOS = [0.001, 0.01, 0.1, 0.3, 0.38, 0.5, 1, 10, 100]


def winner(ratio):
    """The five pictures with their total losses for this alpha / beta, and the least of
    them.
    """
    totals = {
        name: float(total_loss(*pair, ratio, 1.0)) for name, pair in distances.items()
    }
    best = min(totals, key=totals.get)
    stars = {name: " ★" * (name == best) for name in totals}
    titles = [f"{name}: {total:.3g}{stars[name]}" for name, total in totals.items()]
    alt = f"Five pictures, each with its total loss; the least has {best}"
    return (
        figures.pictures(list(candidates.values()), titles, columns=3, alt=alt),
        f"the least has {best}",
        totals[best],
    )


explore(winner, ratio=RATIOS)

# %% fold=true
# The winner at each ratio, with both weights times 7
(photo_far, photo_strange), (painting_far, painting_strange), *_ = table.tolist()
turn = (photo_strange - painting_strange) / (painting_far - photo_far)
winners = {}
for ratio in RATIOS:
    totals = {
        name: float(total_loss(*pair, 7 * ratio, 7.0))
        for name, pair in distances.items()
    }
    winners[ratio] = min(totals, key=totals.get)
changes.beside(round(turn, 2))
compromise.beside("yes" if "double exposure" in winners.values() else "no")
for name in dict.fromkeys(winners.values()):
    won = [f"{ratio:g}" for ratio in RATIOS if winners[ratio] == name]
    print(f"{name + ':':13} {', '.join(won)}")

# %% test=true
# The painting wins at small ratios, the photo at large ones
slider = explore(winner, ratio=RATIOS)
assert slider.set(ratio=0.001).number < 0.2 and slider.set(ratio=100).number < 1.2
assert winners[0.3] == "the painting" and winners[0.38] == "the photo"

# %% [markdown]
# (The list of winners was made with both weights times 7, and nothing changed: *alpha + beta = 1*, as some retellings have it,
# is only a rescaling.) Of the pictures that we have, one extreme or the other wins. The double exposure never does, though
# around 0.38 it is not far behind: a compromise, and no painting. The picture that we want is not among them. It has to be
# made.

# %% [markdown]
# ## 2 · The painter
#
# Everything is there: a loss, a network whose weights stay as they are, L-BFGS, and the closure of chapter 3. The
# parameters are the pixels of one picture. In chapter 3 we called `optimiser.step` again and again; here *one* call takes all
# the steps, since `lbfgs` is told how many.


# %%
def lbfgs(parameters, steps):
    """L-BFGS whose step() goes so many steps, each with a line search; it remembers 20
    and does not stop by itself.
    """
    settings = {
        "history_size": 20,
        "tolerance_grad": 0,
        "tolerance_change": 0,
        "line_search_fn": "strong_wolfe",
    }
    return torch.optim.LBFGS(parameters, max_iter=steps, **settings)


def closure(optimiser, image, loss):
    """Chapter 3: what L-BFGS calls as often as it likes."""

    def again():
        image.grad = None
        now = loss(image)
        now.backward()
        return now

    return again


# %% [markdown]
# > **Exercise 2 · `style_transfer`**<br>
# > difficulty ●●●●○ · importance ●●●●● · 25 minutes · 8 points<br>
# > *At the end you have* the whole of Gatys, Ecker and Bethge in fifteen lines.


# %% exercise="style_transfer"
def style_transfer(net, photo, painting, start, alpha, beta, steps):
    """The picture [1, 3, H, W] that `steps` steps of an optimiser make of `start`.

    They minimise total_loss of the content, compared with `photo` in the layer CONTENT,
    and the style, compared with `painting` in the layers STYLE, in relative units as
    above. `photo` and `start` have one size, `painting` has its own. What comes back is
    a picture of plain numbers (detached), and `start` is as it was.
    """
    ### BEGIN SOLUTION
    P = net(photo, [CONTENT])[CONTENT]
    A = {
        layer: per_place(F)
        for layer, F in net(painting, STYLE).items()
        if layer != "image"
    }
    image = start.clone().requires_grad_(True)
    optimiser = lbfgs([image], steps)

    def loss(image):
        features = net(image, [CONTENT, *STYLE])
        styles = [
            relative_distance(per_place(features[layer]), A[layer]) for layer in STYLE
        ]
        return total_loss(
            relative_distance(features[CONTENT], P),
            torch.stack(styles).mean(),
            alpha,
            beta,
        )

    optimiser.step(closure(optimiser, image, loss))
    return image.detach()
    ### END SOLUTION


# %% [markdown]
# <details><summary>The picture does not change</summary>
#
# The optimiser must hold *the tensor that the network looks at*: `image = start.clone().requires_grad_(True)`, then
# `lbfgs([image], steps)`, then a loss that is computed from `image` inside the closure, afresh each time.
# </details>
#
# <details><summary>can't optimize a non-leaf Tensor</summary>
#
# `start.requires_grad_(True).clone()` is the result of a computation. Clone first, then ask for gradients.
# </details>
#
# <details><summary>The sizes of two tensors do not match</summary>
#
# The painting is compared through its Gram matrices only, [N, N] whatever its size. `content_and_style` above shows both
# comparisons; what it takes from outside, $P$ and $A$, you compute from your own arguments.
# </details>
#
# <details><summary>It is terribly slow</summary>
#
# $P$ and $A$ do not change. Compute them once, before the first step, and not inside the closure.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Targets from `photo` and `painting`; a leaf `image`; `optimiser = lbfgs([image], steps)`; `def loss(image):` with one call
# of `net` for all layers, the two distances, and `total_loss`; `optimiser.step(closure(optimiser, image, loss))`, which takes
# all the steps; `return image.detach()`. Or go on with ours, for no points: `style_transfer = check.borrow("style_transfer")`.
# </details>

# %% check="style_transfer" points=4
check.style_transfer(style_transfer)

# %% hidden="style_transfer" points=4
### BEGIN HIDDEN TESTS
import torch

from course import gallery
from course.losses import gram, relative_distance
from course.nets.weights import vgg19

check.style_transfer(style_transfer)

eye, layers = (
    vgg19(weights="slim"),
    ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
)
rocket, fans = gallery.photo("rocket", size=48), gallery.style("fans", size=64)


def left(picture):
    """What is left of the distances to the photo's content and to the painting's style,
    in relative units.
    """
    found, wanted = eye(picture, ["relu4_2", *layers]), eye(fans, layers)
    pairs = [
        [gram(maps[layer]) / maps[layer][0, 0].numel() for maps in (found, wanted)]
        for layer in layers
    ]
    style = sum(relative_distance(*pair) for pair in pairs) / 5
    return relative_distance(
        found["relu4_2"], eye(rocket, ["relu4_2"])["relu4_2"]
    ), style


start = torch.full_like(rocket, 0.5).requires_grad_(True)
far, strange = left(start)
(pull,) = torch.autograd.grad(far + 5 * strange, start)
painted = check.ask(
    style_transfer, "painting_with_slim", [rocket, fans, start.detach()], 1.0, 5.0, 30
)
made = painted.returned.value
assert made.shape == rocket.shape and not painted.attached
assert left(made)[0] < 0.8 * far and left(made)[1] < 0.5 * strange
assert (
    float(torch.cosine_similarity(painted.pulls[0][1].flatten(), pull.flatten(), dim=0))
    > 0.9999
)
assert painted.painting_seen and not painted.moved and not painted.clamped
### END HIDDEN TESTS

# %% [markdown]
# Your painter, starting from the photo, with alpha 1 and beta 10:


# %% fold=true
# Your painter at work: painted() paints once and remembers
@cache
def painted(start, steps=50, alpha=1.0, beta=10.0):
    """Your style_transfer from one of the candidates, painted once, then remembered."""
    return style_transfer(net, photo, painting, candidates[start], alpha, beta, steps)


figures.pictures(
    [photo, *(painted("the photo", steps) for steps in (8, 16, 50))],
    ["the photo", "8 steps", "16 steps", "50 steps"],
    alt="The cat turns into a window: after 8 steps the first colours and dark lines "
    "show in its fur, after 16 it is covered with patches of bright colour, after 50 "
    "its face is made of green, yellow and red panes",
)

# %% [markdown]
# ### Three starts
#
# The loss says where to go, not where to begin. We begin at the photo, at the painting, and at noise. Predict how they
# end.

# %% fold=true
# Your guess
pictures_end = guess(
    "After 50 steps, will the three pictures be the same?",
    ["the same", "three pictures"],
)
pictures_end

# %% fold=true
# Your guess
losses_end = guess("And their total losses?", ["nearly the same", "far apart"])
losses_end

# %% fold=true
# Three paintings from three starts
STARTS = ["the photo", "the painting", "noise"]
pictures_end.beside("three pictures")
figures.pictures(
    [painted(start) for start in STARTS],
    [f"from {start}" for start in STARTS],
    alt="Three paintings of the cat after 50 steps: from the photo its face is clear "
    "in coloured panes, from the painting the window's colours and lines stay where "
    "they were and the cat appears in them, from noise coloured grain covers it",
)

# %% fold=true
# What is left of their losses
ends = [[float(one) for one in content_and_style(painted(start))] for start in STARTS]
totals = [float(total_loss(*map(torch.tensor, pair), 1.0, 10.0)) for pair in ends]
losses_end.beside("nearly the same" if max(totals) < 1.5 * min(totals) else "far apart")


def pattern(picture):
    """The cosine of a picture's maps in CONTENT and the photo's: 1 is the same pattern,
    however strong.
    """
    F = net(picture, [CONTENT])[CONTENT]
    return torch.cosine_similarity(F.flatten(), P.flatten(), dim=0).item()


figures.matrix(
    torch.tensor(
        [
            [*pair, total, pattern(painted(start))]
            for start, pair, total in zip(STARTS, ends, totals, strict=True)
        ]
        + [[*table[3], 10 * table[3, 1] + table[3, 0], pattern(candidates["grey"])]]
    ),
    [*(f"from {start}" for start in STARTS), "grey"],
    ["content", "style", "total", "pattern"],
    title="what is left after 50 steps, alpha 1, beta 10; pattern: 1 is the photo's",
    alt="A grid of numbers: in each column the three starts end close to each other. "
    "Their content is about as far off as grey's, their pattern twice as near",
)

# %% test=true
# Losses alike, pictures apart, more of the pattern than in grey
assert max(totals) < 1.3 * min(totals) < 2.6
patterns = [pattern(painted(start)) for start in STARTS]
assert min(patterns) > 1.7 * pattern(candidates["grey"])
apart = [
    (painted(one) - painted(STARTS[0])).clamp(0, 1).abs().mean() for one in STARTS[1:]
]
assert min(apart) > 0.05

# %% [markdown]
# By their losses the three are near one another; to the eye they are three pictures. (A content distance of 0.8 or 0.9 is
# hardly better than that of a grey card. Yet one sees a cat. The distance asks for the same answers *as strongly*, and a
# painting answers more strongly than a photo, everywhere. Look at the last column: their *pattern* is twice as near to the
# photo's as grey's is.) What the two losses do not see stays as it began: the photo's shades, the painting's layout, the
# noise's grain. **The start is a third knob**, beside alpha and beta. Gatys et al. begin with noise, so that nothing is
# favoured, and every new seed gives another picture. They compare the same three starts (CVPR 2016, section 3.3) and find that
# the start leans the picture a little towards its own layout and matters little otherwise; with our small pictures and few
# steps it matters more. Many programs begin with the photo, Gatys' own later notebook among them: it looks finished after a few
# steps.
#
# The same with four paintings, larger and with more steps, as `tools/figures/sheets.py` paints them:
#
# ![Four rows of four paintings of the cat, in stained glass, swirls, fans and as a woodcut. From the photo: its face is whole. From
# the painting: large parts of the painting stay where they were, a whorl lies over one eye, a red sun stands above the other. From
# noise: yet other panes and whorls, with fine grain in some. From noise with total variation: the same without the
# grain](../data/figures/starts.jpg)
#
# The grain is what section 4 is about.
#
# ### L-BFGS or Adam
#
# Chapter 3 let the two race for a photo. Here the loss has two aims. The painter of the course takes either optimiser, and your
# `total_loss`. Predict which learning rate Adam needs.

# %% fold=true
# Your guess
rate = guess(
    "With which learning rate does Adam get furthest in 40 steps?",
    ["0.005", "0.02", "0.1"],
)
rate


# %% fold=true
# L-BFGS, and Adam with three learning rates
def race(optimiser, rate=0.02):
    """The total loss of 40 steps from the photo, alpha 1 and beta 10."""
    objective = objective_of(net, photo, painting, 1, 10, total=total_loss)
    return [
        step.loss
        for step in paint(
            objective, photo, [Stage(192, 40)], optimiser, learning_rate=rate
        )
    ]


runs = {
    "L-BFGS": race("lbfgs"),
    **{f"Adam, rate {rate}": race("adam", rate) for rate in (0.005, 0.02, 0.1)},
}
last = {name.split()[-1]: losses[-1] for name, losses in runs.items()}
rate.beside(min(("0.005", "0.02", "0.1"), key=last.get))
figures.curves(
    runs,
    x="step",
    y="total loss",
    alt="Four falling curves. L-BFGS is lowest from step 4 to the last; Adam with "
    "rate 0.1 first jumps up and ends second, with 0.02 it ends a little above that, "
    "with 0.005 far above all others",
)

# %% test=true
# L-BFGS is ahead after 10 steps and after 40
assert all(
    runs["L-BFGS"][step] < 0.9 * min(losses[step] for losses in list(runs.values())[1:])
    for step in (9, 39)
)

# %% [markdown]
# L-BFGS needs no rate and is ahead nearly all the way. (Its 40 steps are 42 evaluations, so the race is fair.) For Adam the
# rate matters, again: a small one crawls, and 0.1, which jumps about at first, gets furthest of the three. We stay with L-BFGS,
# as Gatys et al. do. Adam comes into its own when the loss changes at every step: in chapter 7, when a network is trained on
# one photo after the other.

# %% [markdown]
# ## 3 · Alpha against beta, live
#
# Now the knob that everybody turns. Below, the painting goes on while you turn the knobs; your `total_loss` is inside. Predict before you drag.
# Then go to both ends; drag from the photo's side to the painting's, and back to where you were; leave only `relu1_1`
# ticked, then only `relu5_1`.

# %% fold=true
# Your guess
cat_left = guess(
    "At alpha / beta = 0.001: what is left of the cat?",
    ["nothing", "a cat made of panes", "nearly the photo"],
)
cat_left

# %% fold=true
# Your guess
window_left = guess(
    "And at 10, of the window?", ["its panes", "its colours", "hardly anything"]
)
window_left

# %% fold=true
# Your guess
back = guess(
    "To the painting's side, and back to where you were: is the picture the same?",
    ["the same", "another one"],
)
back

# %%
LivePainter(large, window, total=total_loss, tv=None).run_sync(70)

# %% [markdown]
# The same by code, so that we can read numbers: two painters, 15 steps each.


# %% fold=true
# Two painters, 15 steps each, at 0.001 and at 10
def by_code(ratio):
    """The losses after 15 steps at this alpha / beta."""
    painter = LivePainter(
        photo, painting, total=total_loss, net=net, draft=128, size=128
    )
    return painter.set(ratio=ratio).run_sync(15).step.losses


much_style, much_photo = by_code(0.001), by_code(10)
figures.matrix(
    torch.tensor(
        [
            [one[name] for name in ("content", "style")]
            for one in (much_style, much_photo)
        ]
    ),
    ["alpha / beta = 0.001", "alpha / beta = 10"],
    ["content", "style"],
    title="what is left after 15 steps",
    alt="Four numbers: with little alpha the content is far off and the style near, "
    "with much alpha the other way round",
)

# %% test=true
# Each is nearer to what it is asked for
assert (
    much_style["style"] < much_photo["style"] / 2
    and much_photo["content"] < much_style["content"] / 2
)

# %% [markdown]
# Is your machine too slow for this? Here is the same slider over pictures painted beforehand, each on its own, from the photo.
# **Read the number: by how much does the style's distance fall, from the right end to the left?**

# %% fold=true
# A slider over pictures painted beforehand
LATTICE = [0.001, 0.01, 0.1, 1, 10]


@cache
def grid():
    """The pictures, painted once and then remembered."""
    return alpha_beta_grid(
        photo, painting, LATTICE, total=total_loss, net=net, size=192, steps=32
    )


grid()

# %% fold=true
# The five pictures side by side
found = {ratio: grid().set(ratio=ratio).number for ratio in LATTICE}
cat_left.beside("a cat made of panes", opinion=True)
window_left.beside("hardly anything", opinion=True)
figures.pictures(
    [grid().steps[ratio].image for ratio in LATTICE],
    [f"{ratio:g}: style {number:.2g}" for ratio, number in found.items()],
    alt="Five paintings: at alpha / beta 0.001, 0.01 and 0.1 a cat of panes, at 1 the "
    "photo with a few dark lines and stronger colours, at 10 hardly more than the "
    "photo",
)

# %% test=true
# Within 32 steps the style gains little below 0.1
assert found[0.1] < found[10] / 5 and found[0.001] > found[0.1] / 3


# %% fold=true
# To 0.001 and back, and as long at 1
def journey(*ratios):
    """The picture after 120 steps at alpha / beta = 1, and after a way over these, 60
    steps each; and how far the average value is apart, of the first two.
    """
    painter = LivePainter(
        photo, painting, total=total_loss, net=net, draft=96, size=96, steps=1000
    )
    before = painter.set(ratio=1).run_sync(120).step.image
    for ratio in ratios:
        painter.set(ratio=ratio).run_sync(60)
    return before, painter.step.image


before, there_and_back = journey(0.001, 1)
_, stayed = journey(1, 1)
far, near = ((one - before).abs().mean().item() for one in (there_and_back, stayed))
back.beside("another one")
figures.pictures(
    [before, there_and_back, stayed],
    [
        "at 1",
        f"to 0.001 and back: {far:.2f} away",
        f"stayed at 1 for as long: {near:.2f}",
    ],
    columns=3,
    alt="The cat three times, 96 pixels wide, in a few dark lines: before, after the "
    "way to the painting's side and back, with traces of panes left, and after as many "
    "steps at 1",
)

# %% test=true
# There and back changes more than to stay
assert far > 1.5 * near

# %% [markdown]
# Three things to remember. The knob is a **ratio**. What matters is its powers of ten: at 10 there is hardly anything of
# the window; at 0.001 there are panes, and a cat in them only because we came from the photo and stopped early. For in so few
# steps the style gains little below 0.1; with more it goes on gaining (at 0.001 it is five times as near after 120 steps), and
# eats the cat. The way back is not the way there: the painting
# goes on from the picture that it has, so what a strong style has washed away, a weak one does not bring back in full. (A
# painting that stays at 1 for as long changes, too, about half as much.) That is why *Restart* is there.
#
# ## 4 · Speckle
#
# If we begin with noise, a grain stays that no layer minds (chapter 3: what a layer does not see stays as it began). People
# mind. Mahendran and Vedaldi (1412.0035) added a term that knows nothing of networks when they inverted features, and many
# programs have had it since: the **total variation**. Neighbouring pixels should differ little:
#
# $$L_{tv} = \sum_{i,j} \left[ (x_{i, j+1} - x_{i,j})^2 + (x_{i+1, j} - x_{i,j})^2 \right]$$
#
# over all rows $i$, columns $j$ and the three colours, wherever a right or a lower neighbour exists. It is a loss on the
# picture itself; no network is asked. (Mahendran and Vedaldi raise the sum of the two squares to a power; with 1 it is this
# formula, and Keras' example takes 1.25. Mathematicians keep the name for *absolute* differences, which you meet below.)

# %% [markdown]
# > **Exercise 3 · `tv_loss`**<br>
# > difficulty ●●○○○ · importance ●●●○○ · 10 minutes · 4 points<br>
# > *At the end you have* a brush that smooths.


# %% exercise="tv_loss"
def tv_loss(image):
    """The summed squares of the differences to the right and the lower neighbour; [B,
    3, H, W] -> one number.
    """
    ### BEGIN SOLUTION
    right = image[..., :, 1:] - image[..., :, :-1]
    below = image[..., 1:, :] - image[..., :-1, :]
    return right.square().sum() + below.square().sum()
    ### END SOLUTION


# %% [markdown]
# <details><summary>The sizes of two tensors do not match</summary>
#
# Without the last column there are W - 1 columns, and without the first one, too. Take one from the other:
# `image[..., 1:] - image[..., :-1]`. The same with rows, one axis earlier.
# </details>
#
# <details><summary>A border appears in the painting</summary>
#
# `roll` brings the left border to the right one, and padding with zeros compares with black. There is no neighbour beyond
# the border: leave these pairs out.
# </details>
#
# <details><summary>Show me the way</summary>
#
# `right = image[..., 1:] - image[..., :-1]`, `below = image[:, :, 1:] - image[:, :, :-1]`; square, sum, add. Or go on with
# ours, for no points: `tv_loss = check.borrow("tv_loss")`.
# </details>

# %% check="tv_loss" points=2
check.tv_loss(tv_loss)

# %% hidden="tv_loss" points=2
### BEGIN HIDDEN TESTS
import torch

check.tv_loss(tv_loss)

image = torch.zeros(1, 3, 4, 5)
image[0, 0, 1, 2] = 2.0
assert abs(float(tv_loss(image)) - 16.0) < 1e-5
image[0, 0, 1, 2], image[0, 2, 3, 4] = 0.0, 1.0
assert abs(float(tv_loss(image)) - 2.0) < 1e-6
### END HIDDEN TESTS

# %% [markdown]
# From now on we let the painter of the course take the steps: it takes any sum of terms
# ([course/objectives.py](../course/objectives.py)). Your `tv_loss`, divided by the picture's number of values, is a term on the
# layer `"image"`, which is the picture itself. A fourth term, `in_range`, pulls back values that leave [0, 1].


# %%
def smooth(image):
    """Your tv_loss, per value of the picture."""
    return tv_loss(image) / image.numel()


# %% fold=true
# finish() paints to the end; transfer() makes the objective
def finish(objective, start=photo, steps=32):
    """The last step of a painting that minimises this objective."""
    *_, last = paint(objective, start, [Stage(max(start.shape[2:]), steps)])
    return last


def transfer(photo_term, style_term, *others, beta=10, eye=net, **weights):
    """Your total_loss of a content and a style, with alpha 1 and this beta; other terms
    with their weights.
    """

    def combine(losses, weights):
        parts = {
            name: weights[name] * loss
            for name, loss in losses.items()
            if name not in ("content", "style")
        }
        transfer = total_loss(
            losses["content"], losses["style"], weights["content"], weights["style"]
        )
        return transfer + sum(parts.values())

    weights = {"content": 1, "style": beta, "range": 10, **weights}
    return Objective(
        eye, [photo_term, style_term, *others, in_range()], weights, combine
    )


# %% [markdown]
# From noise, with beta 3 and three weights of the total variation. Predict what too much of it looks like. Beside yours stands
# the other kind, with *absolute* differences in place of the squared ones.

# %% fold=true
# Your guess
too_much = guess(
    "What does the picture look like with far too much of yours?",
    ["grainy", "blurred", "in flat patches"],
)
too_much


# %% fold=true
# From noise, with two kinds of total variation
def absolute(image):
    """The same with absolute differences, per value."""
    return (
        image.diff(dim=2).abs().sum() + image.diff(dim=3).abs().sum()
    ) / image.numel()


@cache
def without_speckle(kind, weight):
    """From noise, with this weight of the total variation."""
    measure = {"squared": smooth, "absolute": absolute}[kind]
    tv = Term(
        "tv", (), lambda net, height, width: lambda features: measure(features["image"])
    )
    return finish(
        transfer(content(photo), style(painting), tv, beta=3, tv=weight),
        candidates["noise"],
        steps=40,
    )


CHOICES = [
    ("squared", 0),
    ("squared", 5),
    ("squared", 50),
    ("absolute", 5),
    ("absolute", 50),
]
too_much.beside("blurred", opinion=True)
figures.pictures(
    [without_speckle(*choice).image for choice in CHOICES],
    [
        "no total variation",
        "squared, weight 5",
        "squared, weight 50",
        "absolute, weight 5",
        "absolute, weight 50",
    ],
    columns=3,
    alt="Five paintings of the cat from noise: covered with coloured grain without "
    "total variation; clear with squared 5; blurred with squared 50; small flat "
    "patches with absolute 5; large flat patches with absolute 50",
)

# %% fold=true
# What a little of it takes away, and what it costs
grain, clear = (smooth(without_speckle(*choice).image).item() for choice in CHOICES[:2])
styles = [without_speckle(*choice).losses["style"] for choice in CHOICES]
figures.bars(
    {
        "variation left, squared 5": clear / grain,
        **{
            f"style, {kind} {weight}": value / styles[0]
            for (kind, weight), value in zip(CHOICES[1:], styles[1:], strict=True)
        },
    },
    x="times as much as without total variation",
    alt="Bars: with squared 5 a tenth of the variation is left, and the style is about "
    "as near as before; with squared 50 it is half as far again, with absolute 50 six "
    "times as far",
)

# %% test=true
# A little costs the style hardly anything, much costs a lot
assert clear < grain / 4 and styles[1] < 1.1 * styles[0] and styles[4] > 2 * styles[0]

# %% [markdown]
# A little of it takes nine tenths of the variation away and costs the style nothing: the grain was nobody's wish. Much of it is a
# wish of its own. The squared kind fears
# large steps most, so it turns one step into a slope: it **blurs**. The absolute kind counts a step the same whether taken
# at once or in ten parts: it keeps edges and flattens what lies between. (Weights of the two kinds are in units of their own: 50 is far more for the
# absolute one.)
#
# **Is the total variation a smoothing of images, then?** Yes, and one can use it for that alone. No network: a
# noisy photo, one term that keeps it near, and one that smooths.

# %% fold=true
# A noisy photo, smoothed in two ways
clean = gallery.photo("cat", size=256)[:, :, :128, :192]
noisy = (
    clean + 0.15 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
).clamp(0, 1)


def denoised(measure, weight):
    """The picture near the noisy photo whose neighbours differ less."""
    near = Term(
        "near",
        (),
        lambda net, height, width: (
            lambda features: (features["image"] - noisy).square().mean()
        ),
    )
    tv = Term(
        "tv", (), lambda net, height, width: lambda features: measure(features["image"])
    )
    return finish(Objective(net, [near, tv], {"tv": weight}), noisy, steps=60).image


smoothed = {"squared": denoised(smooth, 4), "absolute": denoised(absolute, 0.2)}
errors = {
    name: (picture - clean).abs().mean().item()
    for name, picture in {"noisy": noisy, **smoothed}.items()
}
figures.pictures(
    [clean, noisy, *smoothed.values()],
    ["the photo", "with noise", "squared differences", "absolute differences"],
    columns=2,
    alt="The cat's eye four times: as it is; under coloured noise; with a little of "
    "the noise left and out of focus; without noise and with sharp edges, its fur in "
    "flat patches",
)

# %% test=true
# More than half of the error is gone
assert max(errors["squared"], errors["absolute"]) < errors["noisy"] / 2

# %% [markdown]
# Both take away more than half of the error. With absolute differences this is, but for how the two directions are
# added up, the denoising of Rudin, Osher and Fatemi (1992), older than all of this.

# %% [markdown]
# ## 5 · Layers and ratios
#
# Figure 3 of the first paper is a table of pictures: which layers the style is taken from, by rows, and how much it
# weighs, by columns. Predict the corners, and look where the large panes come from.

# %% fold=true
# Your guess
like_photo = guess(
    "Which corner is nearest to the photo, by the content loss?",
    ["upper left", "upper right", "lower left", "lower right"],
)
like_photo

# %% fold=true
# Your guess
like_window = guess(
    "And which is farthest from it?",
    ["upper left", "upper right", "lower left", "lower right"],
)
like_window

# %% fold=true
# Twenty paintings: five sets of layers, four ratios
COLUMNS = [1, 0.1, 0.01, 0.001]


@cache
def in_the_table(rows, ratio):
    """From the photo, with the first layers of STYLE; your total_loss adds content and
    style.
    """
    return finish(
        objective_of(
            net, photo, painting, 10 * ratio, 10, layers=STYLE[:rows], total=total_loss
        ),
        steps=28,
    )


CORNERS = {
    "upper left": (1, 1),
    "upper right": (1, 0.001),
    "lower left": (5, 1),
    "lower right": (5, 0.001),
}


def corners():
    """The content loss in each corner."""
    return {
        name: in_the_table(*place).losses["content"] for name, place in CORNERS.items()
    }


like_photo.beside(min(CORNERS, key=corners().get))
like_window.beside(max(CORNERS, key=corners().get))
figures.lattice(
    [in_the_table(rows, ratio).image for rows in range(1, 6) for ratio in COLUMNS],
    ["relu1_1", *(f"relu1_1 to\n{layer}" for layer in STYLE[1:])],
    [f"alpha / beta = {ratio:g}" for ratio in COLUMNS],
    alt="Twenty paintings of the cat in five rows and four columns. To the right the "
    "photo fades. Downwards the style grows: in the first row its colours and at the "
    "right a fine net of lines, in the second more of them, from the third on panes, "
    "the larger the lower",
)

# %% fold=true
# The content loss in the four corners
figures.matrix(
    torch.tensor(list(corners().values())).view(2, 2),
    ["relu1_1", "all five layers"],
    ["alpha / beta = 1", "alpha / beta = 0.001"],
    title="content loss of the four corners",
    alt="Four numbers: least at the upper left, most at the lower right",
)

# %% test=true
# The lower right is farthest from the content
assert min(CORNERS, key=corners().get) == "upper left"
assert max(CORNERS, key=corners().get) == "lower right"

# %% [markdown]
# The same table, larger and with more steps:
#
# ![Twenty paintings of the cat in five rows and four columns: to the right the photo fades into panes of stained glass, downwards
# the panes grow](../data/figures/ratios.jpg)
#
# To the right the style gets louder, downwards it gets *larger*: relu1_1 knows the thinnest lines, and each stage sees about three times as far as the one before (chapter 1, receptive
# fields), until relu5_1, whose filters see 156 pixels, arranges whole panes. That costs content: the lower right is most like
# the window, and farthest from the photo. (The paper's columns run the other way and are in its own units, so they cannot be
# compared with ours. In our small pictures the panes hardly grow from row 3 on; in the large ones they do.)
#
# Now the style from one layer at a time, from a grey start, which has no colours of its own. **Is the choice of style and
# content layers only experience?** It is: nobody has derived it. But one can look, and measure: how far are the colours from
# the window's? You have ticked the layers in section 3. Predict.

# %% fold=true
# Your guess
colours_in = guess("Which layer carries the colours?", ["relu1_1", "relu5_1"])
colours_in


# %% fold=true
# The style from one layer at a time, and from all five
def only(*layers):
    """From grey, with these style layers."""
    objective = transfer(content(photo), style(painting, layers))
    return finish(objective, candidates["grey"]).image


sets = {layer: [layer] for layer in STYLE} | {"all five": STYLE}
one_by_one = {name: only(*layers) for name, layers in sets.items()}
colours = {
    name: sliced_wasserstein(picture, painting).item()
    for name, picture in one_by_one.items()
}
colours_in.beside(min(("relu1_1", "relu5_1"), key=colours.get))
figures.pictures(
    list(one_by_one.values()),
    [f"{name}: colours {far:.3f} away" for name, far in colours.items()],
    columns=3,
    alt="Six paintings of the cat from grey. relu1_1: its lines, in the window's "
    "strong colours. relu2_1 and relu3_1: pale, with lines and small patches. relu4_1: "
    "panes in grey. relu5_1: grey, with thin lines. All five: panes in colours",
)

# %% test=true
# Of single layers only the first has the colours
assert (
    colours["relu1_1"]
    < colours["all five"]
    < min(colours[layer] for layer in STYLE[1:])
)

# %% [markdown]
# And the content from four layers, each from noise, so that the photo does not help. Predict which leaves the style
# most room.

# %% fold=true
# Your guess
most_room = guess(
    "Content from which layer leaves the style most room?",
    ["relu1_1", "relu2_2", "relu4_2", "relu5_2"],
)
most_room

# %% fold=true
# The content from four layers, each from noise
LAYERS = ["relu1_1", "relu2_2", "relu4_2", "relu5_2"]
variation = Term(
    "tv", (), lambda net, height, width: lambda features: smooth(features["image"])
)


def from_noise(layer):
    """From noise, with the content from this layer, and a little total variation."""
    objective = transfer(
        content(photo, layer), style(painting), variation, beta=3, tv=2
    )
    return finish(objective, candidates["noise"], steps=45).image


most_room.beside("relu5_2", opinion=True)
figures.pictures(
    [from_noise(layer) for layer in LAYERS],
    [f"content from {layer}" for layer in LAYERS],
    alt="Four paintings from noise with the style of all five layers. Content from "
    "relu1_1 and relu2_2: every line of the photo in its place, the window's lines "
    "drawn over it. From relu4_2: the face drawn anew out of panes. From relu5_2: "
    "panes in which the face is nearly lost",
)

# %% [markdown]
# Style: each layer knows strokes of one size, and only relu1_1 asks for the colours, so one takes several. Content: a
# shallow layer holds on to every hair, and leaves the style no room to move a line; a very deep one lets the face go. The
# fourth stage is a compromise that people found by looking, as you just did. **Is the content better near the input or near the
# output?** Near the input it is restored *more exactly* (chapter 3), which is just what style transfer does not want.
#
# ### Maximum or average
#
# Gatys et al. replace the maximum in the pooling layers by the average. Predict where you will see the difference.

# %% fold=true
# Your guess
seen_in = guess(
    "In which painting will you see it more?",
    ["in stained glass", "in swirls", "alike in both"],
)
seen_in

# %% fold=true
# Two paintings with maxima, and two with averages
calm = vgg19(pooling="avg", weights="slim", padding="replicate")
other = gallery.style("swirls", size=192)


def pooled(eye, picture):
    """From the photo, as this network sees it and this picture."""
    return finish(transfer(content(photo), style(picture), eye=eye)).image


seen_in.beside("in swirls", opinion=True)
figures.pictures(
    [pooled(eye, picture) for picture in (painting, other) for eye in (net, calm)],
    ["window, maximum", "window, average", "swirls, maximum", "swirls, average"],
    columns=2,
    alt="The cat twice in stained glass, which differ little; and twice in swirling "
    "strokes, with average pooling without the whorl above its eye, and in calmer "
    "lines",
)

# %% [markdown]
# ![Two rows of four paintings of the cat, in stained glass, swirls, fans and as a woodcut. With average pooling the panes are
# larger, a whorl lies around its eye, and the woodcut's red sun has come to lie on its nose](../data/figures/poolings.jpg)
#
# In small pictures it shows little in the window and more in the swirls; in larger ones it shows everywhere. Which is better is
# taste, not truth: the network answers differently to the painting as well, so the two do not even chase the same target.

# %% [markdown]
# ## 6 · Beta does not travel
#
# You find a program whose pictures you like, read off its weights, type them into yours, and nothing looks as it did. Here are
# four that thousands have learnt from, with the weights that stand in them:
#
# | program | content weight | style weight | features of pixels | the style loss of a layer |
# |---|---|---|---|---|
# | Gatys' own PyTorch notebook | 1 | $1000 / N_l^2$ | 0 ... 255 | mean of $(G/M - A/M)^2$ |
# | neural-style (J. Johnson) | 5 | 100 | 0 ... 255 | mean of $(G/NM - A/NM)^2$ |
# | PyTorch's tutorial | 1 | 1 000 000 | 0 ... 1, over 0.225 | mean of $(G/NM - A/NM)^2$ |
# | Dive into Deep Learning | 1 | 10 000 | 0 ... 1, over 0.225 | mean of $(G/NM - A/NM)^2$ |
#
# All take the *mean* of $(F - P)^2$ for the content. (neural-style and d2l also have a total variation, which we leave out.) Predict which of them wants most style.

# %% fold=true
# Your guess
most_style = guess(
    "Which of the four wants most style?", ["Gatys", "neural-style", "PyTorch", "d2l"]
)
most_style

# %% [markdown]
# To compare them we need one language: the paper's, with $L_{content} = \frac12 \sum (F-P)^2$ and $E_l = \frac{1}{4 N_l^2
# M_l^2} \sum (G - A)^2$. What factor leads from the paper's loss to a program's? For the content, a mean over $NM$ numbers:
#
# $$\frac{1}{NM} \sum (F - P)^2 = \frac{2}{NM} \cdot \frac12 \sum (F - P)^2$$
#
# so a weight $w$ there is $\frac{2}{NM} w$ in the paper's language. The style goes the same way, with $G/d$ where $d$ is $M$ or
# $NM$. One more thing: a network whose pixels had smaller *numbers*, 0 to 1 and not 0 to 255, has smaller features. Say they
# are $s$ times ours; then so are $F$ and $P$, and $G$ and $A$ are $s^2$ times ours.

# %% [markdown]
# > **Exercise 4 · `translate`**<br>
# > difficulty ●●●○○ · importance ●●●●○ · 20 minutes · 8 points<br>
# > *At the end you have* a dictionary between programs, and never again copy a beta.


# %% exercise="translate"
def translate(weights, sizes, divided_by, scale):
    """The weights with which the paper's losses add up to the same as a program's:
    {name: weight}.

    The program adds weights["content"] * mean of (F - P)^2, and for each other name, a
    style layer, weights[layer] * mean of (G/d - A/d)^2, where d is M or N M: divided_by
    is "M" or "NM". sizes[name] is the pair N, M of that layer. The program's features
    are `scale` times ours; the paper's losses take ours.
    """
    ### BEGIN SOLUTION
    translated = {}
    for name, weight in weights.items():
        N, M = sizes[name]
        if name == "content":
            translated[name] = weight * 2 / (N * M) * scale**2
        else:
            translated[name] = (
                weight * 4 / (N**2 if divided_by == "NM" else 1) * scale**4
            )
    return translated
    ### END SOLUTION


# %% [markdown]
# <details><summary>Where do I begin?</summary>
#
# With the content. Its factor stands above; what is left is $s$. Then do the same for a style layer: the mean over $N^2$ entries
# of $(G/d - A/d)^2$. How many times does $E_l$ fit into it?
# </details>
#
# <details><summary>M stands in my style factor</summary>
#
# The mean of $(G/M - A/M)^2$ over $N^2$ entries is $\frac{1}{N^2 M^2} \sum (G - A)^2$. $E_l$ has the same $N^2 M^2$, and a 4.
# </details>
#
# <details><summary>It is right for s = 1 and wrong otherwise</summary>
#
# The content loss squares features: $s^2$. $G$ is a product of two features, and the style loss squares it: $s^4$.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Content: $2 s^2 / (N M)$. Style: $4 s^4$ where $G$ is divided by $M$, $4 s^4 / N^2$ where it is divided by $N M$. Each times
# its weight, collected in a dictionary. Or go on with ours, for no points: `translate = check.borrow("translate")`.
# </details>

# %% check="translate" points=4
check.translate(translate)

# %% hidden="translate" points=4
### BEGIN HIDDEN TESTS
check.translate(translate)

sizes = {"content": (4, 25), "relu1_1": (2, 100), "relu5_1": (10, 9)}
found = translate({"content": 50, "relu1_1": 3, "relu5_1": 5}, sizes, "NM", 10)
assert abs(found["content"] - 100) < 1e-6
assert abs(found["relu1_1"] - 30000) < 1e-3 and abs(found["relu5_1"] - 2000) < 1e-4
assert (
    abs(translate({"content": 1, "relu5_1": 5}, sizes, "M", 0.5)["relu5_1"] - 1.25)
    < 1e-9
)
### END HIDDEN TESTS

# %% [markdown]
# The four programs as data: content layer, weights, $d$, scale. The first two use Oxford's weights. The others use torchvision's,
# which were trained on numbers $255 \cdot 0.225 \approx 57$ times smaller. We take their features to be 57 times smaller, too.
# That is a guess: their $\alpha/\beta$ below is right to a power of ten at best. All four are asked through the full network.
# The layer names below are the ones really used: PyTorch's tutorial puts its losses after the *convolutions*; d2l asks for convolutions,
# too, but torchvision's ReLUs work in place, and only the last of the five is still one (chapter 1, the trap).

# %%
full = vgg19(padding="replicate")
small, pane = gallery.photo("cat", size=96), gallery.style("stained_glass", size=96)
SMALLER = 1 / 57
WIDTHS = dict(zip(STYLE, [64, 128, 256, 512, 512], strict=True))
COUNTED = [
    "conv1_1",
    "conv1_2",
    "conv2_1",
    "conv2_2",
    "conv3_1",
]  # the tutorial's conv_1 to conv_5
PROGRAMS = {
    "Gatys": (
        "relu4_2",
        {"content": 1, **{layer: 1000 / N**2 for layer, N in WIDTHS.items()}},
        "M",
        1,
    ),
    "neural-style": ("relu4_2", {"content": 5, **dict.fromkeys(STYLE, 100)}, "NM", 1),
    "PyTorch": (
        "conv2_2",
        {"content": 1, **dict.fromkeys(COUNTED, 1e6)},
        "NM",
        SMALLER,
    ),
    "d2l": (
        "relu4_4",
        {"content": 1, **dict.fromkeys([*STYLE[:4], "conv5_1"], 1e4)},
        "NM",
        SMALLER,
    ),
}


# %% fold=true
# Which layers a program takes, and its weights in the paper's units
def layers_of(program):
    """By name, the layer of the content and those of the style."""
    content_layer, weights, *_ = PROGRAMS[program]
    return {name: content_layer if name == "content" else name for name in weights}


def in_paper_units(program):
    """Your translation of a program's weights."""
    _, weights, divided_by, scale = PROGRAMS[program]
    maps = full(small, layers_of(program).values())
    sizes = {
        name: (maps[layer].shape[1], maps[layer][0, 0].numel())
        for name, layer in layers_of(program).items()
    }
    return translate(weights, sizes, divided_by, scale)


# %% [markdown]
# The step from the paper's units to relative ones depends on the pictures: each weight times the target's own size, the
# paper's loss of an empty picture. That is $\frac12 |P|^2$ for the content, and $|A/M|^2 / (4 N^2)$ for a style layer.


# %% fold=true
# The same weights in relative units, and alpha over beta
def in_relative_units(program):
    """The weights of relative distances, for our photo and our painting, 96 pixels
    wide.
    """
    layers = layers_of(program)
    P, maps = (
        full(small, [layers["content"]])[layers["content"]],
        full(pane, layers.values()),
    )
    empty = {
        name: (per_place(maps[name]).square().sum() / (4 * maps[name].shape[1] ** 2))
        for name in layers
        if name != "content"
    }
    empty["content"] = P.square().sum() / 2
    return {
        name: weight * empty[name].item()
        for name, weight in in_paper_units(program).items()
    }


def alpha_over_beta(weights):
    """The content's weight over the sum of all others."""
    return weights["content"] / sum(
        weight for name, weight in weights.items() if name != "content"
    )


# %% fold=true
# Alpha over beta, as published and in relative units
published = {program: alpha_over_beta(PROGRAMS[program][1]) for program in PROGRAMS}
relative = {
    program: alpha_over_beta(in_relative_units(program)) for program in PROGRAMS
}
spread = [
    max(ratios.values()) / min(ratios.values()) for ratios in (published, relative)
]
most_style.beside(min(relative, key=relative.get))
figures.matrix(
    torch.tensor([[published[program], relative[program]] for program in PROGRAMS]),
    list(PROGRAMS),
    ["alpha / beta as published", "alpha / beta in relative units"],
    title="four programs, the last two seen through Oxford's weights",
    alt="A grid of numbers: as published the ratios of the four programs differ by "
    "more than a million, in relative units they all lie between 0.0001 and 0.02",
)

# %% test=true
# Seven powers of ten become two
assert spread[0] > 1e6 and spread[1] < 100
assert (
    max(published, key=published.get) == "Gatys"
    and relative["Gatys"] < relative["neural-style"] / 40
)

# %% [markdown]
# There is the surprise. As published, the ratios are spread over seven powers of ten, and their order means nothing:
# Gatys' notebook, with by far the largest $\alpha/\beta$, wants more style than neural-style, by a factor of fifty. Translated, all
# four lie within a factor of a hundred, and all want a good deal more style than our slider's default of one seventh.
#
# (Look at the first two. $1000 / N^2$ times the mean of $(G/M - A/M)^2$ is 1000 times the mean of $(G/NM - A/NM)^2$. So the
# loss of Gatys' notebook *is* neural-style's, with ten times the style and a fifth of the content: a factor of fifty.)
#
# The other surprise hides in the word "equal". These two and d2l weigh five layers equally, each $(G/NM - A/NM)^2$ as much as
# the others. How much of the style's weight does each layer get in relative units?

# %% fold=true
# How much of the style's weight each layer has
shares = []
for program in PROGRAMS:
    weights = [
        weight
        for name, weight in in_relative_units(program).items()
        if name != "content"
    ]
    shares.append([weight / sum(weights) for weight in weights])
figures.matrix(
    torch.tensor(shares),
    list(PROGRAMS),
    ["first layer", "second", "third", "fourth", "fifth"],
    title="share of each layer in the style's weight, in relative units",
    alt="A grid of numbers: for Gatys, neural-style and d2l the fourth layer has nine "
    "tenths of the weight and the first and the fifth nearly nothing; PyTorch's five "
    "layers share more evenly, the later ones more",
)

# %% test=true
# Nine tenths are the fourth layer's, but for PyTorch
assert min(shares[row][3] for row in (0, 1, 3)) > 0.8 and max(shares[2]) < 0.6

# %% [markdown]
# Nine tenths of it go to relu4_1, because its Gram matrix is by far the largest. (With equal weights of $(G/NM - A/NM)^2$ the
# paper's $w_l$ are proportional to $1/N_l^2$, 64 : 16 : 4 : 1 : 1, and not even that brings the first layer up.) PyTorch's
# tutorial is another story: it *counts* convolutions, conv_1 to conv_5, and gets no deeper than the third stage.
#
# (d2l's and PyTorch's shares are what Oxford's weights give them.)
#
# Now the proof. At such small $\alpha/\beta$ the content has hardly a say in a short painting, so we give all four programs a
# thousand times as much of it. Each is painted four times: with its own losses and its own weights; with the paper's losses and
# your translation; with relative losses and the weights that belong to them; and with the program's numbers *typed into*
# relative losses as they are. **If you have translated well, the first three rows are the same picture.** Predict the last one.

# %% fold=true
# Your guess
typed_in = guess(
    "Typed in untranslated: which of the four comes out nearest to the photo?",
    ["Gatys", "neural-style", "PyTorch", "d2l"],
)
typed_in


# %% fold=true
# The losses as a program computes them, and ours
def own_terms(program):
    """The losses as the program computes them."""
    *_, divided_by, s = PROGRAMS[program]

    def term(name, layer):
        def described(F, name=name):
            return (
                s * F
                if name == "content"
                else s**2 * per_place(F) / (F.shape[1] if divided_by == "NM" else 1)
            )

        def prepare(net, height, width):
            target = described(
                net(small if name == "content" else pane, [layer])[layer]
            )
            return lambda features: (
                (described(features[layer]) - target).square().mean()
            )

        return Term(name, (layer,), prepare)

    return [term(name, layer) for name, layer in layers_of(program).items()]


def our_terms(program, units):
    """The same in the paper's or in relative units."""
    layers = layers_of(program)
    terms = [
        replace(style(pane, [layer], units=units), name=layer)
        for layer in layers
        if layer != "content"
    ]
    return [content(small, layers["content"], units), *terms]


# %% fold=true
# Each program painted four times
ROWS = {
    "its own": (own_terms, lambda program: PROGRAMS[program][1]),
    "the paper's": (lambda program: our_terms(program, "paper"), in_paper_units),
    "relative": (lambda program: our_terms(program, "relative"), in_relative_units),
    "typed in": (
        lambda program: our_terms(program, "relative"),
        lambda program: PROGRAMS[program][1],
    ),
}


def weighed(program, row, louder=1000):
    """The objective of a program in one of the rows, with so many times its content."""
    terms, weights = (make(program) for make in ROWS[row])
    return Objective(full, terms, {**weights, "content": louder * weights["content"]})


@cache
def as_published(program, row):
    """From the photo, as that program weighs it, in one of the rows."""
    return finish(weighed(program, row), small, steps=16).image


away = {
    program: (as_published(program, "typed in") - small).abs().mean().item()
    for program in PROGRAMS
}
typed_in.beside(min(away, key=away.get))
figures.lattice(
    [as_published(program, row) for row in ROWS for program in PROGRAMS],
    list(ROWS),
    list(PROGRAMS),
    alt="Sixteen paintings of the cat, four programs by columns. The first three rows "
    "are the same four pictures; in the last row Gatys and neural-style are the photo, "
    "PyTorch and d2l are full of panes",
)

# %% fold=true
# How far the other rows are from the first
gaps = torch.tensor(
    [
        [
            (as_published(program, row) - as_published(program, "its own")).abs().mean()
            for program in PROGRAMS
        ]
        for row in list(ROWS)[1:]
    ]
)
figures.matrix(
    gaps,
    list(ROWS)[1:],
    list(PROGRAMS),
    title="how far the average value is from that of the program's own painting",
    alt="A grid of numbers: tiny in the first two rows, large in the row typed in",
)


# %% test=true
# Rows agree, so do the pulls; untranslated ones do not
def pull(program, row, louder=1000):
    """The gradient at a picture that is neither photo nor noise."""
    image = ((small + white_noise(*small.shape[2:])) / 2).requires_grad_(True)
    value = weighed(program, row, louder).at(*small.shape[2:])(image).total
    return torch.autograd.grad(value, image)[0].flatten()


assert gaps[:2].max() < 0.02 and gaps[2].amax() > 0.05
for program in PROGRAMS:
    own = pull(program, "its own")
    for row, louder, same in (
        ("the paper's", 1000, True),
        ("relative", 1000, True),
        ("the paper's", 0, False),
        ("the paper's", 2000, False),
    ):
        other_pull = pull(program, row, louder)
        apart = (other_pull / other_pull.norm() - own / own.norm()).norm()
        assert (apart < 0.01) == same, (program, row, louder, apart)

# %% [markdown]
# In the first three rows it is the same picture: you translated well. (Gatys' and PyTorch's columns show it; the other two weigh
# the content so much that they hardly leave the photo, and their agreement says little.) In the last row three programs are
# not themselves any more; neural-style stays near the photo either way. That is what comes of typing in a beta.

# %% [markdown]
# ## 7 · What fails, and why
#
# ### Clamping in the closure
#
# Pixels live in [0, 1], so many programs clamp the picture at the beginning of the closure, or after each step. But L-BFGS
# learns the valley's shape from the steps that *it* took, and here somebody moves the picture behind its back. In a large
# picture few pixels stand at the border, and often one gets away with it. Here is a picture of two pixels, $p$ and $q$, whose
# loss $50 (p + q - 1.9)^2 + (p - q - 1.1)^2$ is least at $(1.5, 0.4)$: outside. Where does it end, with three optimisers:
# L-BFGS as torch has it, the same with a line search, and Adam?


# %%
def two_pixels(x):
    """The loss of a picture of two pixels."""
    p, q = x
    return 50 * (p + q - 1.9) ** 2 + (p - q - 1.1) ** 2


def with_a_wall(x):
    """The same, with a wall beyond [0, 1], steeper with every step."""
    return two_pixels(x) + 100 * (x - x.clamp(0, 1)).square().sum()


# %% fold=true
# minimised(): where an optimiser ends after 300 evaluations
OPTIMISERS = {
    "L-BFGS": lambda x: torch.optim.LBFGS(x, max_iter=1),
    "with a line search": lambda x: lbfgs(x, 1),
    "Adam": lambda x: torch.optim.Adam(x, lr=0.05),
}


def minimised(optimiser, loss, clamp=""):
    """Where it ends, clamped "in the closure", "after each step", or in the end."""
    x = torch.tensor([0.3, 0.5], dtype=torch.float64).requires_grad_(True)
    optimiser, evaluations = OPTIMISERS[optimiser]([x]), []

    def evaluate():
        if clamp == "in the closure":
            x.data.clamp_(0, 1)
        optimiser.zero_grad()
        value = loss(x)
        value.backward()
        evaluations.append(value.item())
        return value

    while len(evaluations) < 300:
        optimiser.step(evaluate)
        if clamp == "after each step":
            x.data.clamp_(0, 1)
    return x.detach().clamp(0, 1)


# %% fold=true
# Where each of them ends
every = torch.cartesian_prod(torch.linspace(0, 1, 101), torch.linspace(0, 1, 101))
best = every[torch.stack([two_pixels(pair) for pair in every]).argmin()]
WAYS = {
    "clamped in the closure": (two_pixels, "in the closure"),
    "clamped after each step": (two_pixels, "after each step"),
    "clamped only at the end": (two_pixels, ""),
    "with a soft wall": (with_a_wall, ""),
}
ends = torch.tensor(
    [[two_pixels(minimised(one, *way)) for one in OPTIMISERS] for way in WAYS.values()]
)
p, q, least = *best, two_pixels(best)
print(f"the best picture in [0, 1]: {p:.1f}, {q:.1f}, loss {least:.0f}")
figures.matrix(
    ends,
    list(WAYS),
    list(OPTIMISERS),
    title="the loss where it ends; the best is 1",
    alt="A grid of numbers: with a soft wall all three end near 1. Clamped in the "
    "closure L-BFGS alone ends at 40; clamped after each step it does so even with a "
    "line search; Adam is near 1 in both",
)

# %% test=true
# What fails with which optimiser
assert ends[0, 0] > 20 and ends[0, 1] < 2 and ends[0, 2] < 2
assert ends[1, 0] > 20 and ends[1, 1] > 20 and ends[1, 2] < 2
assert ends[2].min() > 5 and ends[3].max() < 1.5

# %% [markdown]
# Without a line search, L-BFGS jumps out, is put back into the corner, finds the same gradient as before, learns nothing from
# it, and jumps again, for ever. With a line search and the clamp *in* the closure it is rescued: it notices that the loss has
# not fallen as it should, and tries a shorter step. With the clamp *after* the step it is not, for it never sees what became of
# the step. Adam, which remembers only gradients, hardly minds. Clamped only at the end, the first pixel is right, but the second
# was never adjusted to the first one's limit. All three feel the soft wall on the way.
#
# Let the values go where they want, and clamp the *copy* that you show (`step.image` does), or add a term that gently pulls
# them back (`in_range`).
#
# ### Wrong layers
#
# Content from relu1_1 nails down every hair, content from relu5_2 lets the face go; style from relu5_1 alone has no colours, from
# relu1_1 alone no panes (section 5). And whoever *counts* convolutions instead of naming them gets conv1_1 to conv3_1 for
# "the first five", as PyTorch's tutorial does, and no large strokes. (For strokes larger than a layer sees, paint **coarse to
# fine**, as chapter 0 did: small first, where the layer sees most of the picture, then enlarge and go on.)
#
# ### Demanding equal sizes
#
# Programs that stop with "style and content must have the same size" ask for something that the Gram matrix does not need.
# Its size is $N \times N$. The size of the painting is a *freedom*: it decides how large the brush strokes come out.

# %% fold=true
# The cat, with the painting in three sizes
SIDES = [96, 192, 384]


def with_strokes(side):
    """From the photo, with the painting brought to this size."""
    window = gallery.style("stained_glass", size=side)
    return finish(transfer(content(photo), style(window, scale=side / 192))).image


figures.pictures(
    [with_strokes(side) for side in SIDES],
    [f"painting of {side} pixels" for side in SIDES],
    alt="The cat three times in stained glass: with a small painting in small panes, "
    "with a large one in large panes",
)

# %% [markdown]
# ### Unlike pairs
#
# The painting's statistics have to go somewhere. Predict what they do to a night sky, and to a
# face.

# %% fold=true
# Your guess
night = guess(
    "A night sky and a woodcut: what becomes of the empty sky?",
    ["it stays empty", "it is filled with strokes"],
)
night

# %% fold=true
# Your guess
face = guess(
    "A face and fields of rough colour: what becomes of the face?",
    ["it stays whole", "it melts"],
)
face


# %% fold=true
# Two pairs that do not go together
def unlike(photo_name, style_name):
    """A pair from the gallery, and what becomes of it."""
    scene, manner = (
        gallery.photo(photo_name, size=192),
        gallery.style(style_name, size=192),
    )
    return [
        scene,
        manner,
        finish(
            transfer(content(scene), style(manner), beta=100), scene, steps=60
        ).image,
    ]


night.beside("it is filled with strokes", opinion=True)
face.beside("it melts", opinion=True)
figures.pictures(
    [*unlike("hubble", "woodcut"), *unlike("astronaut", "colour_fields")],
    ["galaxies", "woodcut", "result", "astronaut", "fields of colour", "result"],
    columns=3,
    alt="Galaxies on black and a woodcut of waves give waves in a sky that was empty; "
    "an astronaut and fields of colour give a portrait whose face has melted into "
    "patches",
)

# %% [markdown]
# The empty sky is filled with waves: a Gram matrix is a sum over all places and demands its share of strokes, whether or not
# there is something to be drawn. The face melts, because the painting has nothing as small as an eye. Nothing is broken here; the loss
# got what it asked for. Chapter 6 gives the style a place to go: masks, scales and colours; and chapter 9 a loss that keeps edges straight.
#
# ## 8 · Questions at the end
#
# Leave out what you do not want to know: nothing later needs it, and section 9, your own painting, ends the chapter.
#
# **Why are the kernels not trained? Where was the model trained, then?** It was trained on ImageNet, by Simonyan and
# Zisserman, to name things. What if we let the kernels learn here, and leave the picture as it is?


# %% fold=true
# The network learns, and the picture stays as it is
def trained_eyes(steps=30, size=64):
    """Trains a copy of the network to find the photo well painted. Losses before and
    after, by its own eyes and by ours.
    """
    eyes, image = (
        copy.deepcopy(net).requires_grad_(True),
        gallery.photo("cat", size=size),
    )
    window, layers = gallery.style("stained_glass", size=size), [CONTENT, *STYLE]
    P = net(image, layers)[CONTENT]
    A = {
        layer: per_place(F)
        for layer, F in net(window, STYLE).items()
        if layer != "image"
    }

    def loss(features):
        styles = [
            relative_distance(per_place(features[layer]), A[layer]) for layer in STYLE
        ]
        return total_loss(
            relative_distance(features[CONTENT], P),
            torch.stack(styles).mean(),
            1.0,
            10.0,
        )

    optimiser, values = torch.optim.Adam(eyes.parameters(), lr=2e-4), []
    for _ in range(steps):
        optimiser.zero_grad()
        value = loss(eyes(image, layers))
        value.backward()
        optimiser.step()
        values.append(value.item())
    return values[0], values[-1], loss(net(image, layers)).item()


before, after, ours = trained_eyes()
print(f"by its own eyes: {before:.1f} at first, {after:.1f} after 30 steps")
print(f"by the eyes that it had before: {ours:.1f}")

# %% [markdown]
# The loss falls nicely, and not one pixel has moved. The network has learnt to *take the photo for the painting*: it bent its
# eyes instead of the picture. The judge must not be on trial; so the image is the parameter, and the weights stay.
#
# **One optimisation for each picture: is there a way to do it once and for all?** Yes: train a second network to do in one
# pass what our painter does in fifty steps, with this same loss as its teacher. For one style: Johnson et al. and Ulyanov et
# al., chapter 7. For any style: chapter 8.
#
# **Could one find out what is what in a photo (semantic segmentation) this way, with a map of labels as the style?** Try it, with
# a rough map of this very photo: the cat red, what lies around it blue.

# %% fold=true
# The cat with a label map as its style
rows, columns = torch.meshgrid(
    torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij"
)
inside = ((columns - 0.45) / 0.42) ** 2 + ((rows - 0.55) / 0.6) ** 2 < 1
labels = torch.stack([inside, torch.zeros_like(inside), ~inside])[None].float()
figures.pictures(
    [photo, labels, finish(transfer(content(photo), style(labels))).image],
    ["the photo", "labels: red and blue", "result"],
    alt="The cat; a red oval on blue; the cat in red and pink, with blue eyes, and "
    "the wall behind it pink and red as well",
)

# %% [markdown]
# The colours of the map came, its *meaning* did not: the eyes are blue, the wall is red. Which colour belongs to which thing is a
# matter of places, and the Gram matrix keeps hardly anything of places. (Give it the map of the painting as well, and each label
# a Gram matrix of its own, and it works: chapter 6. Champandard, 2016, was first to use such maps, with patches.)
#
# **How different are a recurrent network (RNN) and a one-dimensional convolution?** A convolution looks through a window of fixed length; an
# RNN carries a state along, so its window has no end. In the linear case one sees it in the answer to a single impulse:

# %% fold=true
# A convolution and an RNN answer an impulse
impulse = torch.zeros(1, 1, 8)
impulse[..., 0] = 1
answer = torch.nn.functional.conv1d(
    torch.nn.functional.pad(impulse, (2, 0)), torch.tensor([[[0.25, 0.5, 1.0]]])
)
state, states = 0.0, []
for x in impulse.flatten().tolist():
    state = 0.5 * state + x
    states.append(state)
print("convolution:", answer.flatten().tolist())
print("RNN:        ", states)

# %% [markdown]
# **Does it have commercial value? If so, why does nobody play with it any more?** It went into phone apps in 2016, as the fast
# networks of chapter 7. What stayed is the loss: *compare pictures in the eyes of a trained network* is how super-resolution,
# compression and many generators are trained and measured.
#
# **What do diffusion models do instead?** They are trained on millions of captioned pictures to take noise away, a little at a
# time. What they paint has been in the weights since then, and one asks for it in words. Nobody compares with *this* painting.
# Ours has seen no painting before yours, and knows nothing of it but your two numbers and five matrices.
#
# **And GANs (generative adversarial networks)?** There the judge is not fixed: it is trained together with the painter, and
# against it, which is just what we avoided above. That takes a data set; our judge needs two pictures.
#
# **Whose style is it?** A manner of painting is nobody's property in most laws; a painting is somebody's. The styles of this
# course were made for it, so that you may do with them what you like. If you take a living painter's work, say whose it is, ask
# before you show or sell the result, and do not pass it off as theirs. That a machine can do it is no answer to whether one
# should.

# %% [markdown]
# ## 9 · Your own painting
#
# Now you paint. A photo of your own, and a style of the course, or a picture that you have made yourself. `LivePainter` is good
# for trying things out; what you hand in should come from code that somebody else can run. (Given no function of yours, and a
# style of the course, `LivePainter(photo, style)` begins with a picture that a trained network, that of chapter 7, paints at
# once, and refines it. Both stay on the page: what do the seconds of the optimiser buy?)

# %%
MINE, MANNER = "china", "batik"  # your files, such as "bicycle.jpg", "drawing.jpg"
mine, manner = gallery.load(MINE, size=192), gallery.load(MANNER, size=192)
my_terms = content(mine), style(manner, STYLE, scale=1.0), variation
last = finish(transfer(*my_terms, beta=7, tv=2), mine, steps=40)
figures.pictures(
    [mine, manner, last.image],
    [MINE, MANNER, f"content {last.losses['content']:.2f}"],
    columns=3,
    alt=f"{MINE}, {MANNER}, and the one painted like the other",
)

# %% [markdown] open="own_painting" points=3
# ### A painting that you chose
#
# First say what you want: what of *your* photo must stay, and what of the style must be there. Then find settings for it: alpha
# and beta, layers, the size of the style, the start, total variation. Hand in, in eight to twelve sentences:
#
# 1. what the pictures are, whose the style is, and what you wanted;
# 2. the settings that you chose, and one comparison in which **one** of them is changed and all others kept, with both losses for
#    each picture;
# 3. what that setting does, and why, in the words of this chapter; and what you wanted and could not get.
#
# ### BEGIN MARKING SCHEME
# Halves can be given. It is the experiment that is marked, not the picture: one that failed and says why has all points.
#
# - 1 point, *the wish*: pictures of the student's own choice, whose style it is, and a wish that the result can be held against
#   ("the spokes must stay, the dots must be as large as the hub"). Half a point for "it should look nice".
# - 1 point, *the comparison*: all settings named; one changed, all else kept; content and style for each. Half a point without
#   numbers; none if two things changed at once.
# - 1 point, *the reason*: what that setting asks of the picture, how far its layers see, or what the loss does not see; and what
#   was not reached, with a guess at why. Half a point for a reason that is right and does not bear on these pictures.
#
# What a good answer does: it says what it wants in pixels, changes the size of the style and nothing else, reports that the
# content rose from 0.6 to 0.8 when the strokes doubled, and says that relu4_1 sees 68 pixels, the whole wheel, so that it was the
# wheel that had to give way.
# ### END MARKING SCHEME

# %% [markdown] open="brush_size" points=2
# ## In your own words
#
# The same cat was painted with the stained glass at 48, 96 and 192 pixels, and the panes came out smaller and larger. **Why
# can the style loss compare pictures of different sizes at all? Why does the size of the painting decide how large the
# panes are? And what do you expect of the panes, compared with the face, if photo *and* painting are made twice as large
# and everything else stays?** Four to six sentences.
#
# ### BEGIN MARKING SCHEME
# - 1 point: a Gram matrix is N by N, whatever the size, and is divided by the number of places; its filters see windows of
#   fixed size in pixels, so they ask for panes as large, in pixels, as they are in the painting as it was given.
# - 1 point: panes measured in pixels double, as the face does, but the same windows now see only half as much of a pane: the
#   layers catch edges and patches rather than whole panes, so large shapes are lost. (Naming a cure also counts: coarse to
#   fine, or deeper layers.)
#
# A model answer: *For each layer the style is a table of N by N products, summed over all places and divided by their
# number, so any two sizes can be compared. The windows of the filters are fixed in pixels. In the painting of 192 pixels
# they see panes four times as broad as in that of 48, and ask for panes as broad as they saw. If both pictures double, pane
# and face would keep their proportion. But relu4_1 still sees 68 pixels, half as much of a pane as before. Small marks come
# out right, whole panes and their arrangement less so, unless we begin small and go from coarse to fine.*
# ### END MARKING SCHEME

# %% [markdown]
# ## What you should have seen
#
# - That photo and painting pull apart, and that a mixture of their pixels is only a compromise.
# - The same losses from three starts, and three pictures.
# - alpha / beta as a knob with powers of ten on it; a little total variation that costs hardly anything.
# - A table of twenty pictures: downwards strokes grow, to the right the photo fades.
# - Four published ratios, ten million apart, that after translation lie within a factor of a hundred.
#
# ## Questionnaire
#
# 1. Somebody's style weight is a million times yours. What four things do you ask before you say who wants more style?
# 2. You double both sides of the photo. Which of the losses in this chapter change their size, in the paper's units and in
#    relative ones?
# 3. Three starts ended with nearly the same loss. Why are the pictures different, and could more steps make them equal?
# 4. The style has eaten the face. Name three knobs that could bring it back, and say what each costs.
# 5. A colleague clamps the picture after each step, outside of the closure. Is that as bad as inside? Does it matter whether the
#    optimiser is L-BFGS or Adam?
#
# <details><summary>Answers, once you have your own</summary>
#
# 1. Sums or means, and over what? What is the Gram matrix divided by? How large are the pixels, and so the features
#    (whose weights)? Which layers? And of course the weight of the content: only the ratio counts.
# 2. In the paper's units the content grows about four times, as a sum over four times as many places; $E_l$ is
#    divided by $M^2$ and stays in size. The total variation stays about the same: four times as many differences, each half
#    as large. In relative units none of them grows with the number of places. (What the layers *see* changes all the same.)
# 3. Many pictures have nearly the same features, and each start keeps what the losses hardly see. More steps may bring
#    the losses together; nothing asks that the pictures become equal.
# 4. A larger alpha: less style everywhere. A smaller painting: finer marks, and no large panes. A shallower content
#    layer: the face keeps its lines, the style can only colour them. (Fewer style layers, or the photo as the start,
#    count as well.)
# 5. With L-BFGS it can be worse: in our two pixels the line search rescues the clamp in the closure, since it sees what the
#    clamp does, and not the clamp after the step, of which it never learns. L-BFGS then remembers steps that were not taken.
#    Adam remembers only gradients; it hardly minds.
#
# </details>
#
# ## References
#
# - L. A. Gatys, A. S. Ecker, M. Bethge, *A Neural Algorithm of Artistic Style*,
#   [arXiv:1508.06576](https://arxiv.org/abs/1508.06576), and *Image Style Transfer Using Convolutional Neural Networks*, CVPR 2016.
# - A. Mahendran, A. Vedaldi, *Understanding Deep Image Representations by Inverting Them*,
#   [arXiv:1412.0035](https://arxiv.org/abs/1412.0035).
# - L. I. Rudin, S. Osher, E. Fatemi, *Nonlinear Total Variation Based Noise Removal Algorithms*, Physica D, 1992.
# - A. J. Champandard, *Semantic Style Transfer and Turning Two-Bit Doodles into Fine Artworks*,
#   [arXiv:1603.01768](https://arxiv.org/abs/1603.01768).
# - J. Johnson, A. Alahi, L. Fei-Fei, *Perceptual Losses for Real-Time Style Transfer and Super-Resolution*,
#   [arXiv:1603.08155](https://arxiv.org/abs/1603.08155).
# - The four programs of section 6: L. A. Gatys, *PytorchNeuralStyleTransfer*; J. Johnson, *neural-style*; *Neural Transfer Using
#   PyTorch*, in PyTorch's tutorials; A. Zhang et al., *Dive into Deep Learning*, "Neural Style Transfer".
