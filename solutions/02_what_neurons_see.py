# ---
# jupyter:
#   course:
#     title: What neurons see
#     objectives:
#       - Change a picture until one channel of a network answers as strongly as it can, and say what makes the result pleasant.
#       - Walk back from one answer to the pixels by three rules, and test whether they show what the network has learnt.
#       - Let a network dream into a photo, and find a cat's eye again in a changed picture by its features.
#     minutes: 120
#     points: 22
#     open_points: 2
#     seconds: 120
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
# # 2 · What neurons see
#
# Chapter 1 looked at feature maps and guessed: this one likes edges, that one eyes. Now we stop guessing. There are three
# ways to ask a channel what it looks for: **make** the picture that it answers to most strongly; **walk back** from one of
# its answers to the pixels that gave it; and **search** many pictures for the places that it likes best. If the three agree,
# we may believe them.
#
# **At the end** you have asked channels of all five stages in all three ways; you have tested whether what you see comes from
# what the network has learnt; and you have seen what VGG-19 dreams when it looks at a cat.
#
# *120 minutes · 22 points, and 2 in words · two minutes of computing on two cores · no downloads. It builds on chapter 1.*

# %%
from copy import deepcopy
from functools import cache
from itertools import pairwise

import torch
from torch.nn.functional import affine_grid, conv_transpose2d, grid_sample, unfold

from course import check, figures, gallery
from course.images import fit, white_noise
from course.nets.weights import vgg19
from course.neurons.ascent import answer, jittered
from course.neurons.backward import RULES, features, strongest, switches
from course.neurons.dreaming import dream
from course.neurons.patches import cut_out, field
from course.neurons.spectrum import colour_root, noise_spectrum
from course.widgets import LiveDream, explore, guess

net = vgg19(padding="replicate")
cat = gallery.photo("cat", size=192)

# %% [markdown]
# ## 1 · Uphill
#
# A channel's **score** is its mean answer, one number for each picture. In chapter 3 we shall make a loss small by changing
# pixels; here we make a score large, in the same way: find the gradient, and step along it. This is **activation
# maximisation** (Erhan et al. 2009; Simonyan et al. 2013).
#
# How long should a step be? Gradients differ from channel to channel, those of the five that we shall meet by a factor of
# twenty. So we divide the gradient $g$ by its root mean square, and every step is as long as every other:
#
# $$x \leftarrow x + \eta \, \frac{g}{\sqrt{\operatorname{mean}(g^2)}}$$

# %% [markdown]
# > **Exercise 1 · `ascend`**<br>
# > difficulty ●●○○○ · importance ●●●●● · 12 minutes · 4 points<br>
# > *At the end you have* the motor of every picture in this chapter.


# %% exercise="ascend"
def ascend(score, picture, steps, step_size):
    """The picture after `steps` steps uphill on score(picture), one number.

    Each step adds step_size * g / rms(g), g being the gradient where the picture is
    now. Where g is 0 the picture stays. The start is left alone; what comes back is
    detached.
    """
    ### BEGIN SOLUTION
    x = picture.detach().clone()
    for _ in range(steps):
        x.requires_grad_(True)
        (g,) = torch.autograd.grad(score(x), x)
        rms = g.square().mean().sqrt().clamp_min(1e-12)
        x = x.detach() + step_size * g / rms
    return x.detach()
    ### END SOLUTION


# %% [markdown]
# <details><summary>element 0 of tensors does not require grad</summary>
#
# torch records only what it was asked to record. `x.requires_grad_(True)` comes before `score(x)`, in every step, because the
# next x is a new tensor.
# </details>
#
# <details><summary>x.grad is None from the second step on</summary>
#
# `backward()` writes into `.grad` only for tensors that were not computed from others. `torch.autograd.grad(value, x)` gives
# the gradient back directly. Or detach x at the end of each step.
# </details>
#
# <details><summary>It says that the start was changed</summary>
#
# `x += ...` writes into the tensor that you were given. `x = x + ...` makes a new one.
# </details>
#
# <details><summary>NaN where the score is flat</summary>
#
# A ReLU that is shut everywhere has gradient 0, and 0 / 0 is NaN. Take `rms.clamp_min(1e-12)`, and no larger number, since
# gradients may be small.
# </details>
#
# <details><summary>Show me the way</summary>
#
# A loop with four lines: ask for the gradient; `(g,) = torch.autograd.grad(score(x), x)`; the root of the mean of the
# squares; and x, detached, plus the step. Or go on with ours, for no points: `ascend = check.borrow("ascend")`.
# </details>

# %% check="ascend" points=2
check.ascend(ascend)

# %% hidden="ascend" points=2
### BEGIN HIDDEN TESTS
import torch

check.ascend(ascend)

top, weights = torch.tensor([[[[1.0, -2.0]]]]), torch.ones(1, 1, 1, 2)
given = (torch.zeros(1, 1, 1, 2), top, weights, 5.0, 1, 0.5)
climbed = check.ask(ascend, "climb_of", *given)
assert torch.allclose(climbed.returned.value, 0.5 * top / 2.5**0.5, atol=1e-5)
### END HIDDEN TESTS

# %% [markdown]
# We choose a channel of the fourth stage, number 308 of relu4_3, start from pale noise, and climb. Each pixel is free to become
# what the channel likes; a sigmoid, $1 / (1 + e^{-x})$, keeps it between 0 and 1.

# %%
LAYER, CHANNEL = "relu4_3", 308
score = answer(net, LAYER, CHANNEL)
pale = 0.4 * (white_noise(96, 96, seed=0) - 0.5)


@cache
def of_pixels():
    """A picture that the channel answers to strongly, found pixel by pixel."""
    return ascend(lambda x: score(x.sigmoid()), pale, steps=30, step_size=0.4).sigmoid()


times = score(of_pixels()) / score(cat)
print(f"the answer is {times:.0f} times as strong as the cat's")

# %% fold=true
# The start, and the picture after 30 steps
figures.pictures(
    [pale.sigmoid(), of_pixels()],
    ["pale noise", "after 30 steps"],
    columns=2,
    alt="Grey noise; and round shapes with rims, like eyes, in a storm of screaming "
    "red, green and blue pixels",
)

# %% [markdown]
# It works, and how: something looks back at us. But it screams. Neighbouring pixels take opposite colours, as they do in no
# photo. The channel does not mind, since the layers before it add such pixels up. The picture is strong, but not natural.
#
# ## 2 · A better way to write a picture down
#
# What do photos have that this lacks? Two things that one can measure. Their waves become weaker as they become finer,
# about as 1 / frequency. And red, green and blue rise and fall together. So we do not climb on pixels; we climb on a
# **spectrum**, in which every step stays among pictures of that kind (Olah et al. 2017):
#
# 1. The spectrum has a complex number for each wave in each of three channels. Each is divided by the frequency of its wave,
#    $f = \sqrt{f_y^2 + f_x^2}$ in cycles per pixel, but never by less than $1 / \max(H, W)$, the frequency of the slowest wave.
# 2. The waves are added up: the inverse Fourier transform, and we have pixels.
# 3. A matrix of colours mixes the three channels to R, G and B.
# 4. A sigmoid brings the numbers into $[0, 1]$.
#
# If you have not met such sums of waves before, here are three waves, each of one frequency, and their sum. A wave of frequency
# 0.1 goes up and down once in ten pixels. Every picture is such a sum (Fourier); the spectrum says how much of each wave is in
# it.

# %% fold=true
# Three waves, and their sum
down, across = torch.meshgrid(torch.arange(48.0), torch.arange(72.0), indexing="ij")
TURN = 2 * torch.pi
three = [
    (TURN * 0.02 * across).cos(),
    0.7 * (TURN * 0.06 * down).cos(),
    0.4 * (TURN * (0.1 * across + 0.1 * down)).cos(),
]
figures.pictures(
    [*three, sum(three)],
    ["across: 0.02", "down: 0.06", "both: 0.1 and 0.1, f = 0.14", "their sum"],
    columns=4,
    alt="A broad wave from left to right, a finer one from above, a fine slanting one; "
    "and all three in one picture",
)

# %% [markdown]
# torch knows which frequencies a picture of a given size is written in. For 6 x 8 pixels there are 6 down and 5 across:


# %%
print("down:  ", [round(f, 3) for f in torch.fft.fftfreq(6).tolist()])
print("across:", [round(f, 3) for f in torch.fft.rfftfreq(8).tolist()])

# %% [markdown]
# Among the frequencies down, some are negative: those waves slant the other way. Across, these are left out: since pixels are
# real numbers, the missing half mirrors the half that is there. So a spectrum has $W / 2 + 1$ columns, rounded down.
#
# The matrix of colours is measured from photos: a root of the covariance of R, G and B, that is, a matrix $C$ with $C C^T$ =
# covariance. It turns channels that know nothing of each other into colours that rise and fall together as in photos. Others
# take the covariance of a million photos; we take that of our own five.

# %%
PHOTOS = ["cat", "astronaut", "coffee", "rocket", "hubble"]
colours = colour_root([gallery.photo(name, 192) for name in PHOTOS])
shares = colours.square().sum(0) / colours.square().sum()
for column, share in zip(colours.T.tolist(), shares.tolist(), strict=True):
    red, green, blue = column
    print(f"R {red:+.1f}  G {green:+.1f}  B {blue:+.1f}   {share:.0%} of the variance")

# %% [markdown]
# The three channels go from dark to light, from warm to cold, and from green to purple, of which there is hardly any.

# %% [markdown]
# > **Exercise 2 · `picture_of`**<br>
# > difficulty ●●●●○ · importance ●●●○○ · 20 minutes · 4 points<br>
# > *At the end you have* a way to write pictures down in which climbing goes well.


# %% exercise="picture_of"
def picture_of(spectrum, colours, height, width):
    """The picture [B, 3, H, W] of a spectrum [B, 3, H, W // 2 + 1, 2], RGB in [0, 1].

    The last axis holds real and imaginary part of each wave, in the order of rfft2.
    Each is divided by max(f, 1 / max(H, W)); then irfft2 with norm="ortho"; the colours
    [3, 3], colours[i, j] being how much of channel j goes into R, G or B; a sigmoid.
    """
    ### BEGIN SOLUTION
    rows, columns = torch.fft.fftfreq(height), torch.fft.rfftfreq(width)
    f = torch.hypot(rows[:, None], columns[None, :])
    waves = torch.view_as_complex(spectrum) / f.clamp_min(1 / max(height, width))
    channels = torch.fft.irfft2(waves, s=(height, width), norm="ortho")
    return torch.einsum("ij,bjhw->bihw", colours, channels).sigmoid()
    ### END SOLUTION


# %% [markdown]
# <details><summary>My picture is one pixel too narrow</summary>
#
# Widths 8 and 9 have spectra of the same size. `irfft2(..., s=(height, width))` says which it is.
# </details>
#
# <details><summary>Everything is NaN</summary>
#
# The first wave has frequency 0: it is the mean. `f.clamp_min(1 / max(height, width))`.
# </details>
#
# <details><summary>The shapes of waves and frequencies do not meet</summary>
#
# `torch.fft.fftfreq(height)[:, None]`, the frequencies down, is $[H, 1]$ and `torch.fft.rfftfreq(width)[None, :]` is $[1, W/2 + 1]$: together they
# fill the grid. The waves are `torch.view_as_complex(spectrum)`.
# </details>
#
# <details><summary>The colours are wrong</summary>
#
# R is `colours[0, 0] * channel 0 + colours[0, 1] * channel 1 + ...`: `torch.einsum("ij,bjhw->bihw", colours, channels)`.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Five lines: both frequencies; `torch.hypot` of them; the waves over the clamped frequency; `torch.fft.irfft2` with `s` and
# `norm="ortho"`; einsum and `.sigmoid()`. Or go on with ours, for no points: `picture_of = check.borrow("picture_of")`.
# </details>

# %% check="picture_of" points=2
check.picture_of(picture_of)

# %% hidden="picture_of" points=2
### BEGIN HIDDEN TESTS
import torch

check.picture_of(picture_of)

spectrum = torch.zeros(1, 3, 5, 4, 2)
spectrum[0, 1, 0, 0, 0] = 1.0  # the mean of the second channel
given = torch.tensor([[0.0, 1.0, 0.0], [0.0, 2.0, 0.0], [5.0, 0.0, 5.0]])
flat = check.ask(picture_of, "call", spectrum, given, 5, 7).value
level = torch.tensor([1.0, 2.0, 0.0]) * 7 / 35**0.5
assert torch.allclose(
    flat, level.sigmoid().view(1, 3, 1, 1).expand(1, 3, 5, 7), atol=1e-5
)
### END HIDDEN TESTS

# %% [markdown]
# Your two functions, put together. One more thing helps: **jitter**. Before each step the picture is moved by a few pixels,
# at random, so that nothing can grow that fits the grid of pixels in one position only.


# %%
@cache
def imagine(layer, channel, size=80, steps=30, jitter=6, step_size=0.015):
    """A picture made for a channel: [1, 3, size, size]."""
    seen = jittered(answer(net, layer, channel), jitter)
    start = noise_spectrum(size, size, seed=0, size=0.02)
    spectrum = ascend(
        lambda waves: seen(picture_of(waves, colours, size, size)),
        start,
        steps,
        step_size,
    )
    return picture_of(spectrum, colours, size, size)


WITHOUT, WITH = {"size": 96, "jitter": 0}, {"size": 96}
waves, eyes = (imagine(LAYER, CHANNEL, **how) for how in (WITHOUT, WITH))

# %% [markdown]
# Three pictures of one channel, made with 30 steps each: from pixels, from waves, from waves with jitter. **Predict: which of
# them has the strongest answer?**

# %% fold=true
# Your guess
winner = guess(
    "Which picture has the strongest answer?", ["pixels", "waves", "waves and jitter"]
)
winner

# %% fold=true
# The three pictures with their answers
tries = {
    "pixels": of_pixels(),
    "waves": imagine(LAYER, CHANNEL, **WITHOUT),
    "waves and jitter": imagine(LAYER, CHANNEL, **WITH),
}
answers = {name: float(score(picture)) for name, picture in tries.items()}
winner.beside(max(answers, key=answers.get))
figures.pictures(
    list(tries.values()),
    [f"{name}: {answers[name] / 1000:.1f} thousand" for name in tries],
    alt="Three times one channel: eyes in a storm of coloured pixels; smooth eyes with "
    "pupils and gleams among scales; the same with other eyes",
)

# %% test=true
# The order of the three
assert answers["pixels"] > 1.3 * answers["waves"]
assert answers["waves"] > answers["waves and jitter"]
longer = float(score(imagine(LAYER, CHANNEL, **WITHOUT, step_size=0.03)))
assert answers["pixels"] > 1.3 * longer  # it is not for the shorter steps
print({name: round(number / 1000) for name, number in answers.items()})

# %% [markdown]
# Eyes, out of noise. This network has learnt from photos with names, and on the way it has found out that things which look
# back at you have round dark spots with a rim. But mind what the numbers say. The picture that we like is not the one that the
# channel likes best (nor would the waves catch up if their steps were twice as long): **what pleases us was put in by us**, by
# the spectrum, by the colours, by the jitter. Every picture of this kind is an answer to two questions: what does the channel
# look for, and what did we allow?
#
# ### A picture that stays grey
#
# Channel 437 of the same layer. Nothing comes. Why?

# %%
SHORT = {"size": 64, "steps": 12}
let_through = answer(net, "relu4_3", 437)(imagine("relu4_3", 437, **SHORT)).item()
print("what the ReLU lets through of the noise:", let_through)
noise = picture_of(noise_spectrum(64, 64, seed=0, size=0.02), colours, 64, 64)
for name, picture in {"the noise": noise, "the cat": cat}.items():
    before = net(picture, ["conv4_3"])["conv4_3"][0, 437].max().item()
    print(f"the largest number in front of it, for {name}: {before:.0f}")

# %% fold=true
# The same channel behind its ReLU and in front of it
figures.pictures(
    [imagine(layer, 437, **SHORT) for layer in ("relu4_3", "conv4_3")],
    ["relu4_3, channel 437", "conv4_3, channel 437"],
    columns=2,
    alt="Plain grey from relu4_3; a patterned picture from conv4_3",
)

# %% [markdown]
# The channel is not dead, only asleep: to the cat it does answer. To the start it answers below zero, everywhere; the ReLU
# turns that into 0, and 0 has no slope: there is no way uphill where all is level. In front of the ReLU, at conv4_3, there is a
# slope. (Users of other programs have asked for years why their pictures stay grey. This is one of the reasons.)

# %% [markdown]
# ## 3 · The way back
#
# The second way to ask: take a photo and *one* answer to it, and go back through the network to the pixels. Which of them
# gave this answer? The way back goes through the layers in reverse:
#
# - **convolution**: each answer hands its share to the inputs it came from, by the same weights: a transposed convolution;
# - **max pooling**: only the largest of four went on, so only that one gets something back. Where it stood was noted on
#   the way forward; Zeiler and Fergus call these notes **switches**;
# - **ReLU**: here three papers disagree. Let $a$ be what went into the ReLU on the way forward, and $g$ what comes back.
#
# | rule | what passes | who |
# |---|---|---|
# | plain | $g$ where $a > 0$: the gradient | Simonyan et al. 2013 |
# | deconvnet | $g$ where $g > 0$, whatever $a$ was | Zeiler & Fergus 2013 |
# | guided | $g$ where $a > 0$ and $g > 0$ | Springenberg et al. 2014 |

# %% [markdown]
# > **Exercise 3 · `backward_relu`**<br>
# > difficulty ●●○○○ · importance ●●●●○ · 8 minutes · 3 points<br>
# > *At the end you have* the one line in which three papers differ.


# %% exercise="backward_relu"
def backward_relu(g, a, rule):
    """What leaves a ReLU on the way back, for the rules "plain", "deconvnet", "guided".

    g: what comes back to its output; a: what went into it forwards; of one shape.
    """
    ### BEGIN SOLUTION
    if rule != "deconvnet":
        g = g * (a > 0)
    return g if rule == "plain" else g.relu()
    ### END SOLUTION


# %% [markdown]
# <details><summary>Deconvnet and guided have changed places</summary>
#
# Deconvnet's gate asks nothing of the way forward: it never looks at a. Guided is the strictest of the three: both gates.
# </details>
#
# <details><summary>It is wrong where a is exactly 0</summary>
#
# There the ReLU was shut: the gate is `a > 0`, not `a >= 0`.
# </details>
#
# <details><summary>Show me the way</summary>
#
# `(a > 0)` multiplied with numbers is 1 or 0. `g.relu()` keeps what is positive. Three rules, two gates. Or go on with ours,
# for no points: `backward_relu = check.borrow("backward_relu")`.
# </details>

# %% check="backward_relu" points=2
check.backward_relu(backward_relu)

# %% hidden="backward_relu" points=1
### BEGIN HIDDEN TESTS
import torch

check.backward_relu(backward_relu)

g, a = torch.tensor([-2.0, 3.0, 4.0, -5.0]), torch.tensor([1.0, -1.0, 2.0, 0.0])
for rule, expected in {
    "plain": [-2.0, 0.0, 4.0, 0.0],
    "deconvnet": [0.0, 3.0, 4.0, 0.0],
    "guided": [0.0, 0.0, 4.0, 0.0],
}.items():
    found = check.ask(backward_relu, "call", g, a, rule).value
    assert torch.equal(found, torch.tensor(expected))
### END HIDDEN TESTS

# %% [markdown]
# > **Exercise 4 · `unpool`**<br>
# > difficulty ●●●○○ · importance ●●●○○ · 12 minutes · 4 points<br>
# > *At the end you have* the last piece of a deconvnet.
#
# A switch is the place of a maximum in its own map, counted row by row: row · W + column. In a map of width 9, switch 20
# is row 2, column 2.


# %% exercise="unpool"
def unpool(small, switches, height, width):
    """Each value of small [B, N, h, w] back where its maximum stood: [B, N, H, W].

    switches [B, N, h, w]: for each value row * width + column. Everything else is 0.
    Odd sizes happen: then the last row or column was seen by no window.
    """
    ### BEGIN SOLUTION
    large = torch.zeros(*small.shape[:2], height * width)
    large = large.scatter(2, switches.flatten(2), small.flatten(2))
    return large.view(*small.shape[:2], height, width)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Each value stands there four times</summary>
#
# That is an enlargement. Of the four only one was the maximum; the switch says which.
# </details>
#
# <details><summary>index out of bounds</summary>
#
# The map has $H \cdot W$ places, and a place divided by the *width* gives its row.
# </details>
#
# <details><summary>scatter complains about dimensions</summary>
#
# `large.scatter(2, index, values)` wants all three with the same number of axes: `flatten(2)` for switches and values, and
# `large` as $[B, N, H \cdot W]$. At the end `.view(B, N, H, W)`.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Zeros $[B, N, H \cdot W]$; `scatter(2, switches.flatten(2), small.flatten(2))`; `view`. Four nested loops are right too. Or
# go on with ours, for no points: `unpool = check.borrow("unpool")`.
# </details>

# %% check="unpool" points=2
check.unpool(unpool)

# %% hidden="unpool" points=2
### BEGIN HIDDEN TESTS
import torch

check.unpool(unpool)

x = torch.arange(30.0).view(1, 2, 3, 5).flip(3)
small, places = torch.nn.functional.max_pool2d(x, 2, return_indices=True)
large = check.ask(unpool, "call", small, places, 3, 5).value
assert large.shape == x.shape
assert torch.equal(torch.nn.functional.max_pool2d(large, 2), small)
assert int((large != 0).sum()) == small.numel()
### END HIDDEN TESTS

# %% [markdown]
# And this is the whole **deconvnet**, with your two functions in it. (Its network pads with zeros in all layers, as it was
# trained: then a convolution's way back is one call.)

# %%
trained = vgg19()
for name, layer in trained.convolutions.items():  # one set of weights for both networks
    layer.weight = net.convolutions[name].weight


def way_back(maps, g, rule, net=trained):
    """From the last of these maps, and what comes back to it, to the picture."""
    for before, name in reversed(list(pairwise(maps))):
        if name.startswith("conv"):
            g = conv_transpose2d(g, net.convolutions[name].weight, padding=1)
        elif name.startswith("relu"):
            g = backward_relu(g, maps[before], rule)
        else:
            g = unpool(g, switches(maps[before]), *maps[before].shape[2:])
    return g


@cache
def back_by(rule):
    """What gave the channel's strongest answer."""
    maps = features(trained, cat, LAYER)
    return way_back(maps, strongest(maps[LAYER], CHANNEL), rule)


# %% test=true
# The plain rule is autograd's gradient
leaf = cat.clone().requires_grad_(True)
trained(leaf, [LAYER])[LAYER][0, CHANNEL].max().backward()
plain = back_by("plain") / back_by("plain").norm()
error = (plain - leaf.grad / leaf.grad.norm()).norm().item()
print("the plain rule and autograd point the same way:", error < 1e-3)
assert error < 1e-3

# %% fold=true
# The photo, and what comes back to it by three rules


def shown(g):
    """What came back, as a picture: grey where nothing did."""
    strong = g.abs().flatten().kthvalue(int(0.998 * g.numel())).values
    return 0.5 + 0.5 * (g / strong.clamp_min(1e-12)).clamp(-1, 1)


figures.pictures(
    [cat, *(shown(back_by(rule)) for rule in RULES)],
    ["the photo", *RULES],
    columns=2,
    alt="The cat; and three times grey with something in one place only, at an eye: "
    "specks by the plain rule, a drawing by the deconvnet's and by the guided rule",
)

# %% [markdown]
# One answer, one eye: the answer came from there. The plain gradient is a cloud of specks, the other two draw.
#
# ### Take the learning away
#
# A map that shows what the network has *learnt* must change when we take away what was learnt (a test by Adebayo et al.
# 2018). So we shuffle the weights and the biases of each layer, keeping the numbers but putting them in random places: first
# those of conv5_1, the deepest layer on this way, then those of stage 4 as well, and so on down to stage 1. After each shuffle
# we walk back by all three rules, from everything that relu5_1 answers, and ask how much the map is still like the trained
# network's: we rank the pixels of both by their magnitude and correlate the ranks. 1 means the same order.
#
# How low must this number fall? Not to 0: all maps of one photo are strong where the photo has edges. So we compare with a map
# that needs no network at all, an **edge filter**: the length of the photo's own slope. And since a map should also depend on
# *whom* we ask, we compare the maps of two channels of the trained network as well.
#
# **Predict: how much is the guided map, the cleanest of the three, still like itself when all that stages 4 and 5 have learnt
# is gone?**

# %% fold=true
# Your guess
kept_likeness = guess(
    "How much is the guided map still like itself, from 0 to 1 (in steps of 0.05)?"
)
kept_likeness

# %% fold=true
# Stage after stage shuffled, and compared with the trained network


@torch.no_grad()
def shuffle(net, stage, generator):
    """Puts weights and biases of one stage in random order, within each layer."""
    for name, layer in net.convolutions.items():
        if name.startswith(f"conv{stage}"):
            for numbers in (layer.weight, layer.bias):
                order = torch.randperm(numbers.numel(), generator=generator)
                numbers.copy_(numbers.flatten()[order].view(numbers.shape))


def ranks(g):
    """The rank of each pixel by its magnitude, without mean and of length 1."""
    order = g.abs().sum(1).flatten().argsort().argsort().float()
    return (order - order.mean()) / (order - order.mean()).norm()


def edges(image):
    """The length of the slope around each pixel: [1, 1, H, W]."""
    down, across = torch.gradient(image.mean(1, keepdim=True), dim=(2, 3))
    return torch.nn.functional.avg_pool2d(torch.hypot(down, across), 3, 1, 1)


small_cat = fit(cat, 80, 120)


def walk(other, channel=None):
    """The ways back by all rules, from all that relu5_1 answers or from one channel."""
    seen = features(other, small_cat, "relu5_1")
    g = seen["relu5_1"]
    if channel is not None:
        g = torch.zeros_like(g).index_copy(1, torch.tensor([channel]), g[:, [channel]])
    return [way_back(seen, g, rule, other) for rule in RULES]


def alike(maps, others):
    """The correlation of the ranks, rule by rule."""
    pairs = zip(maps, others, strict=True)
    return [float(ranks(now) @ ranks(then)) for now, then in pairs]


@cache
def shuffled():
    """The maps after each shuffling, and how much they are like the first ones."""
    other, generator = deepcopy(trained), torch.Generator().manual_seed(0)
    walks = [walk(other)]
    for stage in (5, 4, 3, 2, 1):
        shuffle(other, stage, generator)
        walks.append(walk(other))
    kept = [alike(walks[0], maps) for maps in walks[1:]]
    kept.append(alike(walks[0], 3 * [edges(small_cat)]))
    kept.append(alike(walk(trained, CHANNELS[0]), walk(trained, CHANNELS[1])))
    return walks, torch.tensor(kept)


CHANNELS = 133, 308  # of relu5_1
walks, table = shuffled()
kept_likeness.beside(round(20 * float(table[1, 2])) / 20)
figures.pictures(
    [shown(walk) for number in (0, 2, 5) for walk in walks[number]],
    [
        f"{rule}, {words}"
        for words in ("trained", "4, 5 shuffled", "all shuffled")
        for rule in RULES
    ],
    columns=3,
    alt="Nine maps of the cat, three rules by columns. Trained: specks; a drawing with "
    "specks; a clear drawing. Two stages shuffled: other specks; both drawings as they "
    "were. All shuffled: noise; a pale drawing; the cat nearly like a photo",
)

# %% fold=true
# The likeness of each map to the trained network's
figures.matrix(
    shuffled()[1].clamp_min(0),
    [
        *(f"stages {', '.join('54321'[:n])} shuffled" for n in range(1, 6)),
        "no network: edges of the photo",
        "trained, one channel and another",
    ],
    list(RULES),
    most=1,
    title="likeness of two maps of the cat (rank correlation)",
    alt="A grid of numbers, five depths of shuffling, an edge filter and two channels "
    "by three rules: plain falls at once; the two others stay above 0.9 for two stages",
)

# %% test=true
# What the text says about the table
for n, rule in enumerate(RULES):
    print(f"{rule:9}", [round(number, 1) for number in table[:, n].tolist()])
assert table[0, 0] < 0.7 and table[1, 0] < 0.5 < 0.9 < table[:2, 1:].min()
assert table[4, 0] < table[5, 0] + 0.15 and table[6, 0] < 0.6 < 0.8 < table[6, 1:].min()
photo = small_cat.mean(1).flatten()
for walked, least, most in ((walks[0][2], 0.4, 0.65), (walks[5][2], 0.8, 1.0)):
    same = torch.corrcoef(torch.stack([photo, walked.mean(1).flatten()]))[0, 1].item()
    print(f"correlation of a guided map with the photo: {same:.1f}")
    assert least < same < most

# %% [markdown]
# The plain gradient gives another map as soon as conv5_1 is shuffled, and in the end one that is hardly more like the first
# than plain edges are. The two beautiful ones do not mind: with *two stages of nonsense* at the top they draw the same cat. Nor
# do they mind much whom we ask: the maps of two channels are alike. So they tell us about the photo rather than about the
# network: on the way back whatever is negative is cut off, what remains adds up along edges, and the switches put it where it
# was. And the guided rule, in a network that has learnt nothing at all, nearly gives us the photo back (their correlation is
# 0.9; it is 0.5 for the trained network). Adebayo et al. 2018 found this for other networks; Nie et al. 2018 and Mahendran &
# Vedaldi 2016 explain it. **A map that convinces us need not show what was learnt. Test it: take the learning away.**
#
# Such maps are still good for one thing: they show *where* in the photo the answer came from. And the plain column is no
# comfort: its map changes, as it should, but nobody can read it.

# %% [markdown]
# ## 4 · What it answers to
#
# The third way needs no gradient at all. Show the network many pictures, and keep the places that a channel answers to most.
# Nothing is made up here: these are pictures that exist. But the search finds only what is in the pictures, and ours are five
# photos, three textures and twenty paintings.
#
# One answer sees a square of the picture, its receptive field (chapter 1). Neighbouring answers see nearly the same square,
# and we do not want one eye nine times: places of one picture that are near each other count once.

# %% [markdown]
# > **Exercise 5 · `top_patches`**<br>
# > difficulty ●●●○○ · importance ●●●○○ · 12 minutes · 3 points<br>
# > *At the end you have* a search engine: a channel is the question.


# %% exercise="top_patches"
def top_patches(maps, count, apart):
    """The places (picture, row, column) of the strongest answers, strongest first.

    maps: one channel's answers to each picture, a list of [H, W] of several sizes. Go
    from the strongest answer of all pictures down, until `count` places are taken or
    none is left. Leave a place out if one that was taken from the same picture is less
    than `apart` away, in rows and in columns.
    """
    ### BEGIN SOLUTION
    left, found = [answers.clone() for answers in maps], []
    while len(found) < count:
        best = max(range(len(left)), key=lambda n: left[n].max().item())
        if left[best].max() == -torch.inf:
            break
        row, column = divmod(left[best].argmax().item(), left[best].shape[1])
        found.append((best, row, column))
        top, side = max(0, row - apart + 1), max(0, column - apart + 1)
        left[best][top : row + apart, side : column + apart] = -torch.inf
    return found
    ### END SOLUTION


# %% [markdown]
# <details><summary>It finds the same eye nine times</summary>
#
# When a place is taken, cross out its square: set it to `-torch.inf` in a copy of the map.
# </details>
#
# <details><summary>Rows and columns are mixed up</summary>
#
# `argmax()` counts row by row. `row, column = divmod(place, width)`, and the width is `shape[1]`.
# </details>
#
# <details><summary>Squares at the border vanish</summary>
#
# A slice that begins below 0 counts from the end: `max(0, row - apart + 1)`. And a slice stops just *before* its end, so that
# is `row + apart`.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Copies of all maps. Until there are enough: which picture has the largest number; where; keep it; cross out the square
# around it. Or go on with ours, for no points: `top_patches = check.borrow("top_patches")`.
# </details>

# %% check="top_patches" points=2
check.top_patches(top_patches)

# %% hidden="top_patches" points=1
### BEGIN HIDDEN TESTS
import torch

check.top_patches(top_patches)

first, second = torch.zeros(3, 6), torch.zeros(5, 4)
first[1, 4], first[2, 5], second[4, 0], second[1, 0] = 5.0, 4.0, 4.5, 3.0
found = check.ask(top_patches, "call", [first, second], 3, 2).value
assert [tuple(place) for place in found] == [(0, 1, 4), (1, 4, 0), (1, 1, 0)]
### END HIDDEN TESTS

# %% fold=true
# All pictures through the network; 65 channels of each stage kept
CHOSEN = {"relu1_2": 50, "relu2_2": 79, "relu3_3": 27, "relu4_3": 308, "relu5_1": 133}
STAGES = list(CHOSEN)
KEPT = {layer: [*range(64), channel] for layer, channel in CHOSEN.items()}
STYLES = [
    "swirls",
    "pointillism",
    "ink_wash",
    "chalk",
    "hatching",
    "watercolour",
    "drip",
]
STYLES += ["aurora", "weave", "woodcut", "stained_glass", "shards", "colour_fields"]
STYLES += ["marbling", "mosaic", "halftone", "batik", "fans", "circles", "truchet"]
everything = [*PHOTOS, "brick", "grass", "gravel", *STYLES]
shelf = [gallery.load(name, 192) for name in everything]
library = {layer: [] for layer in STAGES}
with torch.no_grad():
    for picture in shelf:
        maps = net(picture, STAGES)
        for layer, channels in KEPT.items():
            library[layer].append(maps[layer][0, channels].half())
print(len(shelf), "pictures")

# %% [markdown]
# Now all three ways side by side. One channel of each stage (which we picked out of dozens because it is easy to name): the
# nine places that it likes best, a picture made for it, and the way back from the first of the nine places. Where a square is
# grey, it reaches beyond the picture's border. The way back is the deconvnet's; as we know by now, it tells *where*, not why.

# %% fold=true
# One channel of each stage, asked in three ways
HOW = {
    "relu1_2": {"size": 48, "steps": 20},
    "relu2_2": {"size": 64, "steps": 24},
    "relu3_3": {"size": 80},
    "relu4_3": WITH,
    "relu5_1": {"size": 112},
}


def nine(layer, channel):
    """The nine best places, and their squares in three rows: [1, 3, 216, 216]."""
    side, step, _ = field(net, layer)
    number = KEPT[layer].index(channel)
    maps = [answers[number].float() for answers in library[layer]]
    places = top_patches(maps, 9, max(1, side // step // 2))
    squares = [fit(cut_out(shelf[n], net, layer, r, c), 70, 70) for n, r, c in places]
    white = torch.ones(1, 3, 72, 72)
    framed = [
        torch.nn.functional.pad(square, (1, 1, 1, 1), value=1.0) for square in squares
    ]
    framed += [white] * (9 - len(framed))
    rows = [torch.cat(framed[first : first + 3], 3) for first in (0, 3, 6)]
    return torch.cat(rows, 2), places


def back_from(layer, channel, place):
    """The way back from one place, by the deconvnet's rule, cut out."""
    number, row, column = place
    maps = features(trained, shelf[number], layer)
    g = torch.zeros_like(maps[layer])
    g[0, channel, row, column] = 1.0
    back = way_back(maps, g, "deconvnet")
    grey = 0.5 + 0.5 * back / back.abs().max()
    return shown(cut_out(grey, net, layer, row, column) - 0.5)


rows = []
for layer, channel in CHOSEN.items():
    squares, places = nine(layer, channel)
    best = imagine(layer, channel, **HOW[layer])
    rows += [
        squares,
        fit(best, 216, 216),
        fit(back_from(layer, channel, places[0]), 216, 216),
    ]
figures.pictures(
    rows,
    [f"{layer}, channel {channel}{words}" for layer, channel in CHOSEN.items()
     for words in (": best places", ": made for it", ": way back")],
    columns=3,
    alt="Five rows, a channel of each stage; nine squares of pictures, a picture made "
    "for it, and the way back. Bright lines; points of light; discs; eyes; beasts",
)  # fmt: skip

# %% test=true
# How much the gradients of the five channels differ at the start
start = picture_of(noise_spectrum(96, 96, seed=0, size=0.02), colours, 96, 96)
slopes = []
for layer, channel in CHOSEN.items():
    leaf = start.clone().requires_grad_(True)
    answer(net, layer, channel)(leaf).backward()
    slopes.append(leaf.grad.square().mean().sqrt().item())
print("the largest gradient over the smallest:", round(max(slopes) / min(slopes)))
assert 15 < max(slopes) / min(slopes) < 30 and 7 < slopes[3] / slopes[0] < 15

# %% [markdown]
# From the top down: a bright line, level or nearly so; a point of light; something round in the middle of something else;
# eyes; and in the last row a pack of beasts, eyes and snouts and fur, made for a channel whose best places begin with our
# cat and the astronaut. Lines, then textures, then parts: each stage is built from the answers of the one before it.
#
# And the three ways do not always agree. The best places of channel 27 are discs with rings; the picture made for it shows rows
# of square holes. We had called channel 308 a channel for *eyes*, from the picture that was made for it. Its best places in our
# pictures are painted discs and targets; the cat's eye comes seventh. Is it a channel for eyes that is fooled by discs, or one
# for discs that is fond of eyes? The network was never asked to tell them apart. **A name that we give to a channel is ours.**
#
# **A question with a slider.** Choose a layer and go through its channels. Find one for a colour, one for a curve, one for
# writing, one for faces. The number says how many different pictures the nine places come from: a channel for something rare
# finds it in only a few.


# %% fold=true
# The nine best places of a channel, under two sliders
def best_nine(layer, channel):
    """The nine best places of one channel."""
    squares, places = nine(layer, channel)
    alt = f"The nine squares that channel {channel} of {layer} answers to most strongly"
    shown = figures.pictures(
        [fit(squares, 400, 400)], [f"{layer}, {channel}"], columns=2, alt=alt
    )
    return shown, "different pictures", len({number for number, _, _ in places})


explore(best_nine, layer=STAGES, channel=(0, 63))

# %% test=true
# The slider moves
slider = explore(best_nine, layer=STAGES, channel=(0, 63))
print("different pictures:", [int(slider.set(layer=layer).number) for layer in STAGES])

# %% [markdown]
# ## 5 · Dreams
#
# So far we began with noise. What if we begin with a photo? And what if we do not say which channel, but: *whatever you see
# there, I want to see more of it*? That is **DeepDream** (Mordvintsev, Olah and Tyka 2015). The score is half the mean square
# of all answers of a layer, and its gradient with respect to an answer is, up to a factor, the answer itself: what is strong
# grows.
#
# A layer sees a square of fixed size. To let it see large things as well as small ones, the dream begins with a small
# picture and goes on with larger ones, the **octaves**. What it has added so far, the **detail**, is enlarged and carried
# over; the photo itself is not enlarged but taken afresh at each size, so it stays sharp. And as in section 2 there is
# jitter: before each step the picture is moved by a new random **shift**, and afterwards back.

# %% [markdown]
# > **Exercise 6 · `dream_octave`**<br>
# > difficulty ●●●○○ · importance ●●●○○ · 12 minutes · 4 points<br>
# > *At the end you have* one octave of a dream.


# %% exercise="dream_octave"
def dream_octave(photo, detail, climb, shift):
    """What is to be added to the photo [1, 3, H, W] after this octave: its new detail.

    1. Enlarge the detail so far [1, 3, h, w] to H x W (bilinear), and add the photo.
    2. Move the sum by shift, (rows, columns), with roll.
    3. climb(picture) gives a picture that pleases more: call it once.
    4. Move that back, and take the photo away.
    """
    ### BEGIN SOLUTION
    rows, columns = shift
    size = photo.shape[2:]
    detail = torch.nn.functional.interpolate(detail, size, mode="bilinear")
    moved = (photo + detail).roll((rows, columns), (2, 3))
    return climb(moved).roll((-rows, -columns), (2, 3)) - photo
    ### END SOLUTION


# %% [markdown]
# <details><summary>The sizes do not match</summary>
#
# The detail comes from a smaller octave: `torch.nn.functional.interpolate(detail, photo.shape[2:], mode="bilinear")`.
# </details>
#
# <details><summary>The dream lies beside the photo like a ghost</summary>
#
# It was not moved back, or moved twice. Back is `roll((-rows, -columns), (2, 3))`, and the photo is taken away *after* that.
# </details>
#
# <details><summary>It gets brighter in each octave</summary>
#
# You return the whole picture, and the next octave adds the photo once more. Take the photo away.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Four lines: interpolate; add and roll; climb; roll back and subtract. Or go on with ours, for no points: `dream_octave =
# check.borrow("dream_octave")`.
# </details>

# %% check="dream_octave" points=2
check.dream_octave(dream_octave)

# %% hidden="dream_octave" points=2
### BEGIN HIDDEN TESTS
import torch

check.dream_octave(dream_octave)

photo, more = torch.zeros(2, 1, 3, 4, 6)
factor, before = torch.ones(1, 3, 4, 6), torch.ones(1, 3, 2, 3)
more[:, :, 0, 0] = 1.0
given = (photo, before, factor, more, (1, 2))
dreamt = check.ask(dream_octave, "octave_of", *given)
expected = torch.ones(1, 3, 4, 6)
expected[:, :, 3, 4] = 2.0
assert torch.allclose(dreamt.returned.value, expected, atol=1e-5)
### END HIDDEN TESTS

# %% [markdown]
# The cat dreams at five depths, from relu2_2 to relu5_1: three octaves, six steps at each, the detail by your function.
# We measure it, too: channel 308 answers to eyes, or to discs, and we count the places where it answers to a dream at least
# half as strongly as to the cat's own eye. **Predict: which dream has the most of them?**

# %% fold=true
# Your guess
most_eyes = guess(
    "Which layer dreams of most eyes, by channel 308?",
    ["relu2_2", "relu3_3", "relu4_1", "relu4_3", "relu5_1"],
)
most_eyes

# %% fold=true
# The cat, dreaming at five depths
DEPTHS = ["relu2_2", "relu3_3", "relu4_1", "relu4_3", "relu5_1"]


def dreamt(layer):
    """The cat after a dream, and by how much the score has grown at full size."""
    how = {"octaves": 3, "steps": 6, "step_size": 0.014, "octave": dream_octave}
    steps = list(dream(net, cat, layer, **how))
    return steps[-1].image, steps[-1].score / steps[-6].score


def eyes_in(image):
    """Where channel 308 answers half as strongly as to the cat, or more: how often."""
    least = net(cat, [LAYER])[LAYER][0, CHANNEL].max() / 2
    answers = net(image, [LAYER])[LAYER][:, CHANNEL]
    tops = answers == torch.nn.functional.max_pool2d(answers, 3, 1, 1)
    return int((tops & (answers >= least)).sum())


dreams = {layer: dreamt(layer) for layer in DEPTHS}
seen = {layer: eyes_in(picture) for layer, (picture, _) in dreams.items()}
most_eyes.beside(max(seen, key=seen.get))
figures.pictures(
    [cat, *(picture for picture, _ in dreams.values())],
    [f"the cat: {eyes_in(cat)}", *(f"{layer}: {seen[layer]}" for layer in DEPTHS)],
    columns=2,
    alt="The cat, and five dreams of it: outlines in neon; dark beads with red rims "
    "all over; the first eyes where there are none, with rims and gleams; an eye on "
    "its cheek and a ball for a nose; a beast with wide eyes and a wet snout",
)

# %% test=true
# Every dream has climbed
print("scores have grown:", all(growth > 1 for _, growth in dreams.values()))
assert all(growth > 1 for _, growth in dreams.values())
assert max(seen, key=seen.get) == "relu4_1" and eyes_in(cat) < min(seen["relu3_3"], 4)

# %% [markdown]
# relu2_2 paints outlines in neon, with beads along them. relu3_3 is fond of dark beads, and finds them in every spot of the
# fur. In relu4_1 the beads open: eyes with rims and gleams, on the cheek and in mid-air; by channel 308's count, too, it has
# the most of them. In relu4_3 the nose has become a ball. And relu5_1 sees at once that this is an animal, with a wet snout and
# wide eyes, though hardly the one that we have shown it.
#
# A dream begins at spots that are in the photo, and what becomes of them was in the network, which has seen a million photos,
# a good tenth of them of dogs. A dream does not show what a layer *means*. It shows what it cannot help seeing.
#
# **A question with sliders.** Depth and octaves, live: move, and the network dreams afresh, small first. *One octave only: what
# becomes of the eyes?* (Large things need a small picture to begin with.)

# %%
LiveDream(net, cat, DEPTHS, octaves=(1, 4))

# %% test=true
# The sliders move, and the dream obeys
dreamer = LiveDream(net, cat, DEPTHS, octaves=(1, 4), steps=2)
first_pictures = [
    dreamer.set(layer="relu2_2", octaves=n).run_sync(1).step.picture for n in (1, 2)
]
sizes = [picture.shape[3] for picture in first_pictures]
print("the first picture, with one octave and with two, is so wide:", sizes)
assert sizes == [192, 137]

# %% [markdown]
# ### A caricature
#
# One more score. Let $P$ be a layer's answers to the cat, and $F$ those to the picture that we make. We begin with noise and
# maximise the mean of $F \cdot P$: we ask for whatever the layer sees in *this* cat, in its place, and for more of it. Content
# reconstruction (chapter 3) asks for the same answers; this asks for stronger ones.

# %%
P = net(cat, ["relu4_1"])["relu4_1"]
height, width = cat.shape[2:]
start = noise_spectrum(height, width, seed=0, size=0.02)


def likeness(waves):
    """How strongly relu4_1 answers as it does to the cat."""
    image = picture_of(waves, colours, height, width)
    return (net(image, ["relu4_1"])["relu4_1"] * P).mean()


@cache
def caricature():
    """What the layer sees in the cat, and more of it."""
    return picture_of(ascend(likeness, start, 24, 0.015), colours, height, width)


# %% fold=true
# The cat and its caricature
figures.pictures(
    [cat, caricature()],
    ["the cat", "what relu4_1 sees in it, and more of it"],
    columns=2,
    alt="The cat, and a picture in bright colours with the same two eyes and nose, "
    "larger than life, and fur like rays around them",
)

# %% [markdown]
# ## 6 · A bag of features
#
# In chapter 4 a texture will be a bag of features: what is there, without where. What are features good for in such a bag? Long
# before networks, pictures were found again by their details: cut out a patch, and look for it in other pictures. But a patch
# of *pixels* is no longer the same when the light changes or the head turns. A feature should not mind. We test it: 24 points
# on the cat's face, and the cat darker, turned by 15°, smaller, and all three. In each changed picture, which place is most
# like the point? It is a **hit** if it lies within 12 pixels of where the point has gone. (A random guess hits once in fifty
# times.) Pixels get two chances: squares of 17 x 17 as they are, and the same squares with their mean taken away and scaled to
# one length, so that light and contrast do not matter.
#
# And we have learnt to ask for a control: relu4_3 of a network whose weights are all shuffled, three times.
#
# **Predict: what finds the most points again, if all three changes come together?**

# %% fold=true
# Your guess
finder = guess(
    "What finds most points again in the cat that was changed in all three ways?",
    [
        "pixels",
        "pixels, normalised",
        "relu1_2",
        "relu2_2",
        "relu3_3",
        "relu4_3",
        "relu5_1",
        "relu4_3, shuffled",
    ],
)
finder

# %% fold=true
# 24 points of the cat, looked for in four changed pictures
ways = ["pixels", "pixels, normalised", *STAGES]


def changed(image, light=1.0, degrees=0.0, scale=1.0):
    """The picture, darker, turned and scaled, and what moves points along with it."""
    height, width = image.shape[2:]
    angle = torch.deg2rad(torch.tensor(degrees))
    cosine, sine = angle.cos(), angle.sin()
    turn = torch.stack([cosine, sine, -sine, cosine]).view(2, 2)
    size = torch.tensor([width, height]) / 2
    matrix = turn / scale * size / size[:, None]
    matrix = torch.cat([matrix, torch.zeros(2, 1)], 1)[None]
    grid = affine_grid(matrix, image.shape, align_corners=False)
    centre = torch.tensor([height, width]) / 2 - 0.5

    def follow(points):
        across = (points - centre).flip(1) @ torch.linalg.inv(turn / scale).T
        return across.flip(1) + centre

    other = grid_sample(image, grid, padding_mode="border", align_corners=False)
    return light * other, follow


def descriptors(image, maps, what):
    """For each place of a picture a vector, and the places: rows, columns."""
    if what in maps:
        (_, step, first), answers = field(net, what), maps[what]
    else:  # squares of 17 x 17, every other place
        step, first = 2, 8.0
        answers = unfold(image, 17, stride=2)
        answers = answers.unflatten(2, ((image.shape[2] - 15) // 2, -1))
    rows, columns = (torch.arange(n) * step + first for n in answers.shape[2:])
    places = torch.cartesian_prod(rows, columns)
    vectors = answers.flatten(2)[0].T
    if what == "pixels":
        return vectors, places
    if what == "pixels, normalised":
        vectors = vectors - vectors.mean(1, keepdim=True)
    return vectors / vectors.norm(dim=1, keepdim=True).clamp_min(1e-6), places


def hits(ours, theirs, what, moved_to):
    """The share of the cat's points that are found again in another picture."""
    rows, columns = torch.linspace(40, 100, 4), torch.linspace(50, 130, 6)
    points = torch.cartesian_prod(rows, columns)
    own, own_places = descriptors(*ours, what)
    other, other_places = descriptors(*theirs, what)
    asked = own[torch.cdist(points, own_places).argmin(1)]
    found = other_places[torch.cdist(asked, other).argmin(1)]
    return ((found - moved_to(points)).norm(dim=1) <= 12).float().mean()


@torch.no_grad()
def shares(names, layers, eyes):
    """For each way and each changed picture the share of points found again."""
    ours, columns = (cat, eyes(cat, layers)), []
    for image, moved_to in looks.values():
        theirs = image, eyes(image, layers)
        columns.append([hits(ours, theirs, what, moved_to) for what in names])
    return torch.tensor(columns).T


@cache
def untrained():
    """The same by relu4_3 of shuffled networks, the mean of three."""
    eyes, generator, tables = deepcopy(net), torch.Generator().manual_seed(0), []
    for _ in range(3):
        for stage in range(1, 6):
            shuffle(eyes, stage, generator)
        tables.append(shares(["relu4_3"], ["relu4_3"], eyes))
    return torch.stack(tables).mean(0)


CHANGES = {
    "darker": {"light": 0.5},
    "turned": {"degrees": 15.0},
    "smaller": {"scale": 0.75},
    "all three": {"light": 0.5, "degrees": 15.0, "scale": 0.75},
}
looks = {name: changed(cat, **how) for name, how in CHANGES.items()}
found = torch.cat([shares(ways, STAGES, net), untrained()])
ways.append("relu4_3, shuffled")
finder.beside(ways[int(found[:, 3].argmax())])
figures.pictures(
    [image for image, _ in looks.values()], list(looks), columns=4,
    alt="The cat four times: darker, turned, smaller, and all three",
)  # fmt: skip

# %% fold=true
# The share of points that were found again
figures.matrix(
    found,
    ways,
    list(looks),
    most=1,
    title="share of 24 points that were found again within 12 pixels",
    alt="A grid of numbers, two kinds of pixel patches, five layers and one of "
    "shuffled networks by four changes",
)

# %% test=true
# What the text says about the table of hits
for name, row in zip(ways, found.tolist(), strict=True):
    print(f"{name:18}", [round(number, 1) for number in row])
assert found[0, 0] < 0.2 < 0.9 < found[1, 0] and found[5].min() > 0.9
assert found[2, 3] < found[1, 3] < found[4, 3] and found[6, 3] < found[5, 3]
assert found[7, [0, 3]].max() < 0.5 < 0.9 < found[7, 1:3].min()

# %% [markdown]
# The last row first. A network that has learnt *nothing* finds the points of the turned and of the smaller cat as well as
# VGG-19: for that it is enough to look at a large square through filters, whatever they are. It is lost in the dark, and when
# all three come together. Only these two columns tell of learning.
#
# As they are, pixels are lost there, too; without mean and contrast they find everything in the dark, and half when all three
# come together. (Their squares are 17 pixels wide; relu3_3 sees 40, relu4_3 100.) The first stage is worse still: it looks at 5
# pixels. Then the share rises, and at relu4_3 every point is found, in every picture. At relu5_1 it falls again: its answers
# stand 16 pixels apart, and each sees most of the face.
#
# A **bag** of such features, without their places, was how pictures were recognised before networks. A picture in which the
# features are right and the places are free: that is what chapter 4 will call a texture.

# %% [markdown] open="which_way" points=2
# ## In your own words
#
# Somebody shows you a guided map in which a cat's whiskers stand out clearly, and says: "So the network knows cats by their
# whiskers." **Which experiment of this chapter speaks against the conclusion, and why? What would you do instead to find out
# whether a channel looks for whiskers?** Three to five sentences.
#
# ### BEGIN MARKING SCHEME
# - 1 point: the shuffling: guided (and deconvnet) maps keep much of their look when what the deep layers have learnt is
#   gone, so a clear drawing is not evidence of knowledge; it follows edges and switches of the picture itself.
# - 1 point: a way that tests the claim: search many pictures for the channel's strongest places and see whether they are
#   whiskers; take the whiskers away (or move them) and measure the answer; make the channel's own picture. (One is enough, if
#   it says what outcome would speak against the claim.)
#
# A model answer: *Shuffling the weights of the deep stages takes away what they have learnt, and the guided map looks much
# as before. So it shows edges of the photo that pass the gates, not what the network knows. I would look for the places that
# the channel answers to most strongly in many pictures with and without whiskers, and then paint the whiskers out: if the
# answer stays, it was not about them.*
# ### END MARKING SCHEME

# %% [markdown]
# ## What you should have seen
#
# - A channel that makes eyes out of noise; and that the picture which pleases us is not the one that pleases it most.
# - A picture that stays grey, because a ReLU that is shut has no slope.
# - That three papers on the way back differ in one line, and what shuffled weights do to each of their maps.
# - Nine places, a picture and a way back for a channel of each stage: lines, then textures, then parts.
# - A cat that dreams: neon, beads, eyes, a beast.
# - That features find a cat's eye again in another light, turned and smaller, all at once, where pixels and the features of
#   a network that has learnt nothing do not.
#
# ## Questionnaire
#
# 1. Why do we divide the gradient by its root mean square? What happens to a picture made from relu1_2 if we do not?
# 2. Name three things that make pictures of channels look natural. Which of them has the network learnt?
# 3. Plain, deconvnet, guided: which of them needs to know $a$, and which is the gradient of something?
# 4. A channel's nine best places show nine different things. Is the channel useless? Give two explanations.
# 5. Why does a dream begin with a small picture?
#
# <details><summary>Answers, once you have your own</summary>
#
# 1. So that every step is as long as every other, whatever the layer. The gradient of our channel of relu1_2 is a tenth of
#    that of relu4_3: with a factor that suits relu4_3, the picture of relu1_2 would need ten times as many steps.
# 2. Waves that weaken as they become finer, colours that rise and fall together, jitter; and the start and the length of
#    the steps. None: we have put in all of them. The network has learnt what the picture shows, not how natural it looks.
# 3. Plain and guided need $a$; only plain is the gradient of something, of the answer that we start from.
# 4. Perhaps our pictures do not hold what it looks for, and it takes what comes nearest; or it looks for something that
#    the nine have in common and we do not see. (Or it works only together with others.)
# 5. A layer sees a square of fixed size. In a small picture a face fits into it; in a large one only its parts do. Large
#    things are dreamt first and refined later.
#
# </details>
#
# ## References
#
# - D. Erhan et al., *Visualizing Higher-Layer Features of a Deep Network*, University of Montreal, 2009.
# - M. D. Zeiler, R. Fergus, *Visualizing and Understanding Convolutional Networks*,
#   [arXiv:1311.2901](https://arxiv.org/abs/1311.2901).
# - K. Simonyan, A. Vedaldi, A. Zisserman, *Deep Inside Convolutional Networks*,
#   [arXiv:1312.6034](https://arxiv.org/abs/1312.6034).
# - J. T. Springenberg et al., *Striving for Simplicity: The All Convolutional Net*,
#   [arXiv:1412.6806](https://arxiv.org/abs/1412.6806).
# - A. Mordvintsev, C. Olah, M. Tyka, *Inceptionism: Going Deeper into Neural Networks*, 2015.
# - C. Olah, A. Mordvintsev, L. Schubert, *Feature Visualization*, Distill 2017.
# - W. Nie, Y. Zhang, A. Patel, *A Theoretical Explanation for Perplexing Behaviors of Backpropagation-based
#   Visualizations*, [arXiv:1805.07039](https://arxiv.org/abs/1805.07039).
# - A. Mahendran, A. Vedaldi, *Salient Deconvolutional Networks*, ECCV 2016.
# - J. Adebayo et al., *Sanity Checks for Saliency Maps*, [arXiv:1810.03292](https://arxiv.org/abs/1810.03292).
