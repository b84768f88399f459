# ---
# jupyter:
#   course:
#     title: Start here
#     objectives:
#       - Paint a first picture, and see that everything works on this machine.
#       - Turn a picture into a tensor and back without losing a single level.
#       - Bring numbers into the range that a network was trained on, and out of it again.
#     minutes: 50
#     points: 12
#     open_points: 2
#     seconds: 60
#     memory_mb: 1300
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
# # 0 · Start here
#
# A photo goes in, and so does a painting. Out comes the photo as if the same painter had painted it. Nobody has shown the
# program a brush: it has a network that learnt to name things in photos, and an **optimiser** that changes pixels, a little at
# each step, so that a number, the **loss**, becomes smaller.
#
# In this course we build that machine ourselves, part by part. In this chapter we first let it run once, then take up
# its smallest part: **a picture is a tensor**.
#
# **At the end** you have painted a first picture; you can turn pictures into tensors and back without losing anything; and you
# know what numbers a network wants to see.
#
# *50 minutes · 12 points, and 2 in words · no downloads, no graphics card.*
#
# **How a chapter works.** Run the cells from top to bottom with Shift + Enter. Where a cell says `YOUR CODE HERE`, you
# write the function. What it has to do is in its docstring, between the triple quotation marks. The cell below checks your
# function and, if something is wrong, says which misunderstanding it looks like. From then on the chapter runs on *your*
# function. If you are stuck, open the hints under the exercise, one at a time.
#
# Code that only draws or measures is folded: its first line says what it does, and a click on the dots after that line opens
# it. You need not read it, but do run it. Where a question comes before its answer, commit to a guess; it will stand beside the
# answer.

# %%
import numpy as np
import torch
from PIL import Image

from course import check, figures, gallery
from course.widgets import explore, guess

print(len(gallery.names()), "pictures are here, and so are we.")

# %% [markdown]
# ## 1 · The first minute: a painting
#
# We take two of the course's pictures, a cat and a window of stained glass. The cell below reads the cat only as large as your
# patience allows: 192 pixels on its longer side. (Twice as large takes about four times as long.)

# %%
cat = gallery.photo("cat", size=192)
glass = gallery.style("stained_glass")

# %% fold=true
# The photo and the painting, side by side
figures.pictures(
    [cat, glass],
    ["the content: a photo", "the style: stained glass"],
    alt="A photo of a cat's face, and a picture of a river valley in leaded glass",
    columns=3,
)

# %% [markdown]
# Now we paint. It takes about fifteen seconds on two cores. First predict what will be left of the photo.

# %% fold=true
# Your guess
survives = guess(
    "Which will survive: the outline of the eyes, or the pattern of the fur?",
    ["the outline of the eyes", "the pattern of the fur", "both", "neither"],
)
survives

# %%
from course.nets.weights import vgg19
from course.objectives import style_transfer
from course.synthesis import coarse_to_fine, paint

net = vgg19(padding="replicate")
objective = style_transfer(net, cat, glass)
painting = []
for step in paint(objective, start=cat, stages=coarse_to_fine(size=192, steps=60)):
    painting.append(step)
    if step.number % 20 == 0:
        print(f"step {step.number} of {step.of}, {step.size} pixels wide")

# %% fold=true
# The start, and the picture after 10 steps and after 60
survives.beside("the outline of the eyes", opinion=True)
figures.pictures(
    [painting[0].image, painting[9].image, painting[-1].image],
    ["start", "after 10 steps", "after 60"],
    alt="The cat three times: as a photo; with first dark lines; as stained glass, "
    "the eyes where they were, the fur gone into panes",
)

# %% [markdown]
# The eyes stay, the fur goes. The photo decides *what stands where*, the style decides *how it is drawn*. Nobody told
# the program what an eye is. How can it know the difference? That is what this course is about, and the answer takes
# three steps:
#
# 1. a network turns pictures into **features** (chapter 1);
# 2. features kept in their places hold the **content** (chapter 3);
# 3. features taken together, whatever their places, hold the **style** (chapter 4).
#
# Chapter 5 adds two and three with weights $\alpha$ and $\beta$, and that sum is what has just painted the cat:
#
# $$L_{total} = \alpha\, L_{content} + \beta\, L_{style}$$
#
# The program paints small first, 136 pixels wide, then enlarges what it has and goes on. The curves show the second half, at
# 192 pixels ($\alpha = 1$, $\beta = 7$). The content loss does not begin at 0, since what was enlarged is no longer a photo. In
# the first step it rises, to make room for the style, which falls at once; then both fall together.

# %% fold=true
# How the sum and its two parts fall, step by step
last = [step for step in painting if step.size == 192]
figures.curves(
    {
        "the sum": [step.loss for step in last],
        "alpha · content": [step.losses["content"] for step in last],
        "beta · style": [7 * step.losses["style"] for step in last],
    },
    x="step at 192 pixels",
    y="loss",
    logarithmic=False,
    alt="Three curves: the sum falls; the style falls fastest; the content rises for "
    "one step and then falls slowly",
)

# %% test=true
# At 192 pixels the style ends less than half as far away as it began
assert last[-1].losses["style"] < 0.5 * last[0].losses["style"]
assert last[-1].loss < last[0].loss

# %% [markdown]
# ## 2 · A picture is a tensor
#
# A file holds a picture as rows of pixels, each with three numbers from 0 to 255: how much red, green and blue. (Much as the
# eye sees it, not as a light meter does: 128 is about a fifth of the light of 255. Nearly all programs compute with these
# numbers as they are, and so do we.) Here is a small piece of the cat's eye, 30 pixels wide and 20 high, and the numbers of the
# pixel in its corner.

# %%
photo = Image.open(gallery.find("cat").path).convert("RGB")
eye = photo.crop((160, 106, 190, 126))
print("Pillow:", photo.size, photo.mode)
print("numpy:", np.array(photo).shape, np.array(photo).dtype)
print("the upper left pixel of the crop, R G B:", eye.getpixel((0, 0)))

# %% [markdown]
# Look at the two sizes: **Pillow says (width, height), numpy says (height, width, 3).** Rows come first in every array.
#
# Networks want something else again: `[B, 3, H, W]`. `B` pictures at a time, then the three colours, then rows and
# columns. And they want fractions in $[0, 1]$, not whole numbers, because an optimiser may change a pixel by a thousandth.
#
# Seen that way, a picture is three maps, one for each colour, drawn below in grey: light where there is much of the colour.
# This is what we are after:

# %% fold=true
# The photo, and its three planes
from course import images

planes = images.to_tensor(photo)
figures.pictures(
    [planes, *(plane.expand(1, 3, -1, -1) for plane in planes[0])],
    ["the photo", "red: planes[0, 0]", "green: planes[0, 1]", "blue: planes[0, 2]"],
    alt="The cat in colour, then its red, green and blue plane, "
    "light where there is much of the colour; the blue one is the darkest",
)

# %% [markdown]
# > **Exercise 1 · `to_tensor`**<br>
# > difficulty ●●○○○ · importance ●●●●● · 8 minutes · 3 points<br>
# > *At the end you have* the door through which every picture enters the course.


# %% exercise="to_tensor"
def to_tensor(picture):
    """A Pillow picture in mode RGB as a tensor [1, 3, H, W], float32, RGB in [0, 1]."""
    ### BEGIN SOLUTION
    levels = torch.from_numpy(np.array(picture))  # [H, W, 3], uint8
    return levels.permute(2, 0, 1).unsqueeze(0).float() / 255
    ### END SOLUTION


# %% [markdown]
# <details><summary>I do not know where to begin</summary>
#
# `np.array(picture)` gives the numbers, `torch.from_numpy(...)` makes a tensor of them. Three things are then left to
# do: put the axes in order, add the batch axis, bring 0..255 to 0..1.
# </details>
#
# <details><summary>The shape is right and the check says that the numbers stand in other places</summary>
#
# `reshape` and `view` read the numbers in the old order and break the lines somewhere else. To *move* an axis, use
# `permute`: `x.permute(2, 0, 1)` puts the axis that was number 2 first.
# </details>
#
# <details><summary>It says that the levels were kept, or it wants another type</summary>
#
# An integer tensor cannot hold fractions. `.float()` first, then divide; and divide by the largest level, so that white is 1.
# </details>
#
# <details><summary>Show me the way</summary>
#
# In one line, from the inside out: array, tensor, `permute(2, 0, 1)`, `unsqueeze(0)`, `float()`, `/ 255`. If you would
# rather go on first: `to_tensor = check.borrow("to_tensor")` lends you ours. It earns no points.
# </details>

# %% check="to_tensor" points=2
check.to_tensor(to_tensor)

# %% hidden="to_tensor" points=1
### BEGIN HIDDEN TESTS
import torch

check.to_tensor(to_tensor)

red = check.ask(
    to_tensor,
    "of_picture",
    torch.tensor([255, 0, 0], dtype=torch.uint8).repeat(2, 5, 1),
).value
assert tuple(red.shape) == (1, 3, 2, 5) and red.dtype == torch.float32
assert torch.equal(red[0, 0], torch.ones(2, 5)) and not red[0, 1:].any()
one = check.ask(
    to_tensor, "of_picture", torch.tensor([[[51, 102, 204]]], dtype=torch.uint8)
).value
assert torch.allclose(one.flatten(), torch.tensor([0.2, 0.4, 0.8]))
### END HIDDEN TESTS

# %% [markdown]
# Your function at work: the piece of the eye, each pixel a square.

# %% fold=true
# The piece of the eye, each pixel a square
figures.pictures(
    [to_tensor(eye)],
    ["20 rows of 30 pixels: to_tensor(eye)"],
    smooth=False,
    columns=2,
    alt="Large squares of one colour each: a black pupil with a pale reflection in "
    "it, olive and brown at its sides",
)

# %% [markdown]
# ### And back
#
# The way back has two traps. A painting in progress may hold 1.4 or -0.2: an optimiser knows nothing of 0 and 1. And a
# level is a whole number: 0.999 is nearer to 255 than to 254.
#
# What happens without care? 1.4 times 255 is 357, and in eight bits 357 is **101**: what should be brightest turns dark, in
# each colour separately. This is how it looks when a picture is too bright:

# %% fold=true
# The photo half as bright again, clamped and wrapped round
bright = 1.5 * planes
wrapped = (bright * 255).to(torch.int64).to(torch.uint8).float() / 255
figures.pictures(
    [bright, wrapped],
    ["half as bright again, clamped", "the same numbers, wrapped round"],
    columns=3,
    alt="The cat, bright and pale; and the same with garish blue green and black "
    "patches where it should be white",
)

# %% [markdown]
# > **Exercise 2 · `to_image`**<br>
# > difficulty ●●○○○ · importance ●●●●○ · 7 minutes · 3 points<br>
# > *At the end you have* the door out: what you paint can be looked at and saved.


# %% exercise="to_image"
def to_image(image):
    """A tensor [1, 3, H, W], RGB, as an 8-bit Pillow picture: clamped to [0, 1],
    rounded to 256 levels.

    The tensor itself stays as it is: it may be a painting in progress.
    """
    ### BEGIN SOLUTION
    levels = (image[0].clamp(0, 1) * 255).round().to(torch.uint8)
    return Image.fromarray(levels.permute(1, 2, 0).numpy())
    ### END SOLUTION


# %% [markdown]
# <details><summary>Bright spots come out dark</summary>
#
# Clamp before you convert: `x.clamp(0, 1)` makes a new tensor in which 1.4 is 1 and -0.2 is 0.
# </details>
#
# <details><summary>The check says that levels are cut off</summary>
#
# `.to(torch.uint8)` cuts off everything after the decimal point. `.round()` first.
# </details>
#
# <details><summary>Cannot handle this data type</summary>
#
# `Image.fromarray` wants `[H, W, 3]` and `uint8`. `image[0]` takes the picture out of the batch, `permute(1, 2, 0)`
# puts the colours last, `.numpy()` makes an array.
# </details>
#
# <details><summary>It changed its first input</summary>
#
# `clamp_` and `*=` write into the tensor that you were given. Without the underscore you get a new one.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Out of the batch, clamp, times 255, round, to `uint8`; then permute, numpy, `Image.fromarray`. Or go on with ours, for
# no points: `to_image = check.borrow("to_image")`.
# </details>

# %% check="to_image" points=2
check.to_image(to_image)

# %% hidden="to_image" points=1
### BEGIN HIDDEN TESTS
import torch

check.to_image(to_image)

picture = check.ask(
    to_image, "call", torch.tensor([2.0, -1.0, 0.5]).view(1, 3, 1, 1).repeat(1, 1, 2, 4)
)
assert picture.kind == "Image" and tuple(picture.value.shape) == (2, 4, 3)
assert picture.value[0, 0].tolist() == [255, 0, 128]
### END HIDDEN TESTS

# %% [markdown]
# There and back again, with your two functions, and not one level is lost:

# %%
again = to_image(to_tensor(photo))
changed = (np.array(again) != np.array(photo)).sum()
print(f"levels that have changed: {changed} of {np.array(photo).size:,}")

# %% [markdown]
# **A question with a slider.** A file has 256 levels for each colour. Suppose we keep fewer. Predict, then move the slider, and
# read the number under the picture: the largest error of any pixel. Run the cell below it when you have an answer of your own.

# %% fold=true
# Your guess
enough = guess(
    "How many levels are enough, so that you see no difference from the photo?",
    ["2 to 8", "16 to 64", "more than 64"],
)
enough


# %% fold=true
# The cat with fewer levels, under a slider
def fewer(levels):
    """The cat with so many levels for each colour."""
    coarse = (cat * (levels - 1)).round() / (levels - 1)
    error = (coarse - cat).abs().max().item()
    alt = f"The cat with {levels} levels for each colour"
    picture = figures.pictures([coarse], [f"{levels} levels"], alt=alt, columns=2)
    return picture, "largest error", error


cat_in_levels = explore(fewer, levels=[2, 3, 4, 6, 8, 16, 32, 64, 256])
cat_in_levels

# %% fold=true
# How large the largest error is, with 4 levels and with 64
enough.beside("16 to 64", opinion=True)
few, many, _ = (cat_in_levels.set(levels=levels).number for levels in (4, 64, 2))
print(f"largest error with 4 levels: {few:.3f}, with 64: {many:.3f}")

# %% test=true
# The error is at most half the distance between two levels
assert few <= 1 / 6 + 1e-6 and many <= 1 / 126 + 1e-6

# %% [markdown]
# The error is at most half the distance between two levels. On this cat we stop seeing it somewhere between 16 and 64 levels.
# It shows longest in smooth places, such as the wall behind the cat, and in a clear sky it would show longer still. An
# optimiser's steps become finer and finer as it nears its goal, until most of them are smaller than one of 256 levels. This is
# why pictures are floats while we paint and bytes only at the end.
#
# ## 3 · What the network wants to see
#
# Our network was trained on a million photos, and its trainers did not feed it raw levels. From each colour they took
# away its **mean over all those photos**, and later networks divide by the **standard deviation** as well:
#
# $$x = \frac{image - mean}{std}$$
#
# Why? Not because a network could not do without it: a bias in its first layer would have the same effect. It is for the
# *training*, which goes more quickly with numbers around 0 and of about the size of 1 (LeCun et al., 1998). And afterwards one
# has no choice, for the weights were fitted to such numbers. So these numbers, a mean and often a deviation for each colour,
# stand beside the weights of every network; those below are of the million photos of **ImageNet**. One photo may be red, the
# next dark blue; over all of them the mean is a brownish grey.

# %%
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
names = ["cat", "coffee", "rocket"]
photos = [gallery.photo(name, size=192) for name in names]
for name, image in zip(names, photos, strict=True):
    print(
        f"{name:7} mean of R, G, B:",
        " ".join(f"{value:.2f}" for value in image.mean((0, 2, 3)).tolist()),
    )

# %% [markdown]
# > **Exercise 3 · `normalise` and 4 · `denormalise`**<br>
# > difficulty ●●○○○ · importance ●●●●○ · 10 minutes · 3 + 3 points<br>
# > *At the end you have* the numbers that torchvision's networks expect, and the way back to something you can see.
#
# Two functions, one after the other: the second undoes the first. The batch `[B, 3, H, W]` has its colours on axis 1; the three
# numbers have to line up with that axis, whatever B, H and W are.


# %% exercise="normalise"
def normalise(image, mean, std):
    """(image - mean) / std, channel by channel.

    image is [B, 3, H, W], mean and std are three numbers each, for R, G, B. A new
    tensor; gradients pass.
    """
    ### BEGIN SOLUTION
    mean, std = (image.new_tensor(v).view(1, 3, 1, 1) for v in (mean, std))
    return (image - mean) / std
    ### END SOLUTION


# %% [markdown]
# <details><summary>The size of tensor a must match the size of tensor b</summary>
#
# torch lines up shapes from the right. `[B, 3, H, W]` minus `[3]` puts your three numbers against the *columns*. With
# `.view(1, 3, 1, 1)` they stand against the colours, and the axes of length 1 stretch.
# </details>
#
# <details><summary>It looks like the picture's own mean</summary>
#
# The mean of *this* picture would make every picture equally bright. The network knows only the one mean of its
# training; it is given to you as an argument.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Make a tensor of each triple, view it as `(1, 3, 1, 1)`, subtract, divide. (`image.new_tensor(mean)` has the type of the
# picture, and lies where the picture lies.) Or: `normalise = check.borrow("normalise")`.
# </details>

# %% check="normalise" points=2
check.normalise(normalise)

# %% hidden="normalise" points=1
### BEGIN HIDDEN TESTS
import torch

check.normalise(normalise)

grey = normalise(torch.full((3, 3, 2, 2), 0.5), (0.5, 0.25, 0.0), (1.0, 0.5, 0.25))
assert torch.allclose(grey[2, :, 1, 0], torch.tensor([0.0, 0.5, 2.0]))
### END HIDDEN TESTS


# %% exercise="denormalise"
def denormalise(x, mean, std):
    """The way back: what `normalise` made of an image, as that image again. Nothing is
    clamped.
    """
    ### BEGIN SOLUTION
    mean, std = (x.new_tensor(v).view(1, 3, 1, 1) for v in (mean, std))
    return x * std + mean
    ### END SOLUTION


# %% [markdown]
# <details><summary>The picture that comes back is too dark, or too pale</summary>
#
# Undo the last step first, as with shoes and socks: `normalise` subtracts and then divides, so we multiply and then
# add.
# </details>
#
# <details><summary>Show me the way</summary>
#
# One line: times std, plus mean, both viewed as above. Or: `denormalise = check.borrow("denormalise")`.
# </details>

# %% check="denormalise" points=2
check.denormalise(denormalise)

# %% hidden="denormalise" points=1
### BEGIN HIDDEN TESTS
import torch

check.denormalise(denormalise)

back = denormalise(
    torch.tensor([1.0, -2.0, 8.0]).view(1, 3, 1, 1), (0.5, 0.25, 0.0), (1.0, 0.5, 0.25)
)
assert torch.allclose(back.flatten(), torch.tensor([1.5, -0.75, 2.0]))
### END HIDDEN TESTS

# %% [markdown]
# What the network sees, and what we get back from it. A screen shows 0 to 1 only: in the middle picture everything below 0,
# about half of all numbers, comes out black, and everything above 1 as light as can be.

# %% fold=true
# What the network sees, and the way back
x = normalise(cat, MEAN, STD)
figures.pictures(
    [cat, x, denormalise(x, MEAN, STD)],
    ["image", "normalise(image)", "and back"],
    alt="The cat; the cat with black shadows and glaring lights; and the cat as at "
    "first",
)

# %% fold=true
# The least and the largest number, before and after
for name, numbers in (("image", cat), ("normalised", normalise(cat, MEAN, STD))):
    least, most = numbers.min().item(), numbers.max().item()
    print(f"{name:10}  least {least:4.1f}   most {most:4.1f}")

# %% [markdown]
# In the rest of the course the network does this by itself, and everywhere else we use RGB in $[0, 1]$. Chapter 1 shows what
# happens when somebody forgets to normalise.
#
# ## 4 · A short history
#
# Who had the idea, and what came before and after it? (You need not know the words in the figure yet. Come back to it after
# chapter 5.) The line of texture is the longest. In 1962 Béla Julesz asked *which numbers describe a texture*, and for half a
# century people looked for better ones. A shorter line did without numbers: it copied, pixel by pixel or patch by patch, and
# with it one could already give a photo the texture of a painting. Gatys, Ecker and Bethge took their numbers from a network
# that had been trained to name things. Today large generators, diffusion models, paint in a style that one names in words;
# chapter 5 says what they do instead.

# %% fold=true
# What came before, and what after
HISTORY = {
    "statistics of texture": [
        (1962, "Julesz: equal statistics, equal texture?"),
        (1995, "Heeger & Bergen: histograms of filter responses"),
        (1998, "Zhu, Wu & Mumford: maximum entropy"),
        (2000, "Portilla & Simoncelli: correlations of wavelets"),
    ],
    "textures by copying": [
        (1999, "Efros & Leung: pixel by pixel"),
        (2001, "Efros & Freeman: quilting, and texture transfer"),
        (2001, "Hertzmann et al.: image analogies"),
    ],
    "styles, one at a time": [
        (1998, "Hertzmann: brush strokes along edges"),
        (2013, "Shih et al.: another time of day"),
        (2014, "Shih et al.: portraits of one photographer"),
    ],
    "networks that see": [
        (2012, "Krizhevsky et al.: AlexNet wins ImageNet"),
        (2013, "Zeiler & Fergus: what a neuron looks for"),
        (2014, "Simonyan & Zisserman: VGG (chapter 1)"),
        (2014, "Mahendran & Vedaldi: photos from features (chapter 3)"),
    ],
    "neural style": [
        (2015, "Gatys, Ecker & Bethge: texture, then style (chapters 4, 5)"),
        (2016, "Johnson et al.; Ulyanov et al.: one network for each style"),
        (2017, "Dumoulin et al.: many styles in one network"),
        (2017, "Huang & Belongie (AdaIN); Li et al. (WCT): any style"),
        (2017, "Gatys et al.: control of space, colour, scale"),
        (2017, "Zhu et al. (CycleGAN): from two piles of pictures"),
        (2021, "Heitz et al.: sliced Wasserstein instead of Gram"),
        (2022, "Rombach et al.: diffusion, styles by their names"),
    ],
}
figures.timeline(
    [(year, lane, words) for lane, events in HISTORY.items() for year, words in events],
    alt="A time line in five lanes: statistics of texture from 1962, textures by "
    "copying from 1999, styles one at a time from 1998, networks that see from 2012, "
    "and neural style from 2015 to 2022",
)

# %% [markdown] open="why_floats" points=2
# ## In your own words
#
# A photo with 256 levels for each colour looks perfect, and the file that we save has no more. Yet the painter keeps its
# picture as floats and rounds only when it is saved. **Suppose it rounded to 256 levels after every step. What would go
# wrong, and would it show more at the beginning of a painting or towards its end?** Three to five sentences.
#
# ### BEGIN MARKING SCHEME
# - 1 point: a change that is smaller than half a level is rounded away, so that this pixel does not move at all.
# - 1 point: towards the end. There the steps are small; in the beginning most of them are larger than a level.
#
# A model answer: *An optimiser changes each pixel by a little, and adds the little up over many steps. Between two of 256
# levels lies 1/255, so every change below half of that, about 0.002, is undone by the rounding, and again at the next
# step. At the beginning the steps are large and we would hardly notice. Towards the end they become smaller than that: the
# picture stands still, although the loss could still fall. An eye does not see such steps; the sum of a hundred of them it
# does.*
# ### END MARKING SCHEME

# %% [markdown]
# ## What you should have seen
#
# - A photo painted in a quarter of a minute: the things of the photo, the marks of the style.
# - Three planes that make a picture, and pixels as squares.
# - That a picture survives the way to a tensor and back to the last bit, and how it looks when it does not.
# - How few levels an eye needs, and that an optimiser needs more.
#
# ## Questionnaire
#
# 1. A tensor has the shape `[4, 3, 100, 200]`. How many pictures is it, and are they portrait or landscape?
# 2. Why does `view(1, 3, H, W)` on an array `[H, W, 3]` give a wrong picture without any error?
# 3. A painting holds the value 1.2 in one pixel. Why should `to_image` not clamp the tensor itself?
# 4. What would be lost if each picture were normalised with its own mean?
# 5. The sum $\alpha L_{content} + \beta L_{style}$: what do you expect with $\beta = 0$, and what with $\alpha = 0$?
#
# <details><summary>Answers, once you have your own</summary>
#
# 1. Four pictures, 100 rows high and 200 columns wide: landscape.
# 2. `view` leaves the numbers in their order and only counts them differently. Their number fits, so there is no
#    error; but the red, green and blue of one pixel have become three neighbours in one plane. `permute` moves an
#    axis.
# 3. It may be a painting in progress. The optimiser has gone to 1.2 for a reason and goes on from there; if the picture is
#    moved behind its back, it finds itself where it has never been. So `to_image` clamps a copy.
# 4. How bright the picture is, and its tint: night and noon would look alike. And the numbers would not be those that
#    the network was trained on.
# 5. With $\beta = 0$ only the content counts: the photo comes out, or any picture with the same features. With
#    $\alpha = 0$ only the style: the painting's colours and marks, and nothing of the photo but what is left of the start.
#
# </details>
#
# ## References
#
# - L. A. Gatys, A. S. Ecker, M. Bethge, *A Neural Algorithm of Artistic Style*,
#   [arXiv:1508.06576](https://arxiv.org/abs/1508.06576); *Image Style Transfer Using Convolutional Neural Networks*,
#   CVPR 2016.
# - L. A. Gatys, A. S. Ecker, M. Bethge, *Texture Synthesis Using Convolutional Neural Networks*,
#   [arXiv:1505.07376](https://arxiv.org/abs/1505.07376).
# - Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller, *Efficient BackProp*, 1998. S. C. Zhu, Y. Wu, D. Mumford, *Filters, Random
#   Fields and Maximum Entropy (FRAME)*, IJCV 1998.
# - R. Rombach et al., *High-Resolution Image Synthesis with Latent Diffusion Models*,
#   [arXiv:2112.10752](https://arxiv.org/abs/2112.10752). J.-Y. Zhu et al., *Unpaired Image-to-Image Translation using
#   Cycle-Consistent Adversarial Networks*, [arXiv:1703.10593](https://arxiv.org/abs/1703.10593).
# - Y. Jing et al., *Neural Style Transfer: A Review*, [arXiv:1705.04058](https://arxiv.org/abs/1705.04058).
# - J. Portilla, E. P. Simoncelli, *A Parametric Texture Model Based on Joint Statistics of Complex Wavelet
#   Coefficients*, IJCV 2000.
