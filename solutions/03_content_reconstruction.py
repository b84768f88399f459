# ---
# jupyter:
#   course:
#     title: Content reconstruction
#     objectives:
#       - Measure how far two pictures are apart in the eyes of a network, and write down the gradient of that distance by hand.
#       - Give an optimiser what it needs, and rebuild a photo from nothing but feature maps.
#       - See what each of the five stages keeps of a photo, and what it lets go.
#     minutes: 90
#     points: 14
#     open_points: 5
#     seconds: 180
#     memory_mb: 1500
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
# # 3 · Content reconstruction
#
# A network has looked at a photo and keeps only its feature maps. **Can we get the photo back?** If a layer still knows
# every pixel, its maps must lead us to every pixel. If it knows only "a cat's face, turned to the right", we will find
# *some* picture of a cat's face, turned to the right.
#
# So we ask the layer itself. We start from noise, and change the pixels until the network answers as it did to the
# photo. What comes out is a picture of what the layer knows: its **content**.
#
# **At the end** you can measure the distance between two pictures in feature space; you know its gradient by hand; and you have
# rebuilt a photo from each of the five stages of VGG-19.
#
# *90 minutes · 14 points, and 5 in words · three minutes of computing on two cores · no downloads. It builds on chapter 1.*

# %%
from functools import cache

import torch

from course import check, figures, gallery
from course.errors import InputError
from course.images import white_noise
from course.nets.weights import vgg19
from course.widgets import explore, guess

net = vgg19(padding="replicate")
photo = gallery.photo("cat", size=128)
STAGES = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
print("photo", list(photo.shape))
print("the network names its layers from", net.layers[0], "to", net.layers[-1])

# %% [markdown]
# Gatys et al. write conv1_1 ... conv5_1 and mean what comes *out of the ReLU* after those convolutions. We say what we
# mean: relu1_1 ... relu5_1. (Chapter 1 tells why so many programs get this wrong.)
#
# ## 1 · How far apart are two sets of feature maps?
#
# Layer $l$ answers with $N_l$ maps of $M_l$ places each. The papers write them as a matrix $F^l \in \mathbb{R}^{N_l
# \times M_l}$: one row for each filter, one column for each place. Let $P^l$ be the answer to the photo, and $F^l$ the
# answer to the picture that we are making. Their distance is equation 1 of the CVPR paper:
#
# $$L_{content} = \frac{1}{2} \sum_{i,j} \left(F^l_{ij} - P^l_{ij}\right)^2$$
#
# It is half the squared distance between two long lists of numbers. Every number keeps its place: the third filter at the upper
# left is compared with the third filter at the upper left. *That* is why this loss holds content: it asks not only what is
# there, but where. (In most programs `F` is `torch.nn.functional`. Here it is the papers' letter for feature maps.)

# %%
for layer, maps in net(photo, STAGES).items():
    if layer != "image":
        N, rows, columns = maps.shape[1:]
        M = f"{rows} x {columns} = {rows * columns}"
        print(f"{layer}: N = {N:3} filters, M = {M} places")

# %% [markdown]
# > **Exercise 1 · `content_loss`**<br>
# > difficulty ●○○○○ · importance ●●●●● · 8 minutes · 4 points<br>
# > *At the end you have* the half of style transfer that holds on to the photo.


# %% exercise="content_loss"
def content_loss(F, P):
    """Equation 1: half the sum of the squared differences of two sets of feature maps
    [B, N, H, W]; one number.
    """
    ### BEGIN SOLUTION
    return ((F - P) ** 2).sum() / 2
    ### END SOLUTION


# %% [markdown]
# <details><summary>The check says that it is a mean</summary>
#
# `torch.nn.functional.mse_loss` divides by the number of entries unless you ask it not to. The paper's $\sum$ is a sum;
# many programs take the mean instead, and then their weights mean something else. Chapter 5 translates them.
# </details>
#
# <details><summary>No gradient finds its way back</summary>
#
# `.item()`, `float()` and numpy turn a tensor into a plain number that has forgotten where it came from. Return the
# tensor.
# </details>
#
# <details><summary>It is right for one picture and wrong for two</summary>
#
# Sum over everything: batch, filters, rows, columns. `.sum()` without arguments does.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Difference, square, sum, half. Or go on with ours, for no points: `content_loss = check.borrow("content_loss")`.
# </details>

# %% check="content_loss" points=2
check.content_loss(content_loss)

# %% hidden="content_loss" points=2
### BEGIN HIDDEN TESTS
import torch

check.content_loss(content_loss)

F = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])
assert abs(float(content_loss(F, torch.zeros_like(F))) - 15.0) < 1e-5
assert abs(float(content_loss(F, F.flip(1))) - 8.0) < 1e-5
### END HIDDEN TESTS

# %% [markdown]
# What is "near" in the eyes of a layer? We change the photo in five ways that a person would hardly mind, take another
# photo as well, and divide each distance by $\frac12 |P|^2$, so that layers can be compared. Predict what becomes of the five
# changes on the way from relu1_1 to relu5_1.

# %% fold=true
# Your guess
forgiven = guess(
    "Which of the five does relu5_1 forgive most, compared with relu1_1?",
    ["brighter", "blurred", "noisy", "4 px moved", "mirrored"],
)
forgiven

# %% fold=true
# Your guess
unforgiven = guess(
    "And which is still the farthest from the photo in relu5_1?",
    ["brighter", "blurred", "noisy", "4 px moved", "mirrored"],
)
unforgiven


# %% fold=true
# The photo, changed in five ways, and another photo
def another_look(image):
    """The photo, changed in ways a person hardly minds, and another photo of the same
    size.
    """
    height, width = image.shape[2:]
    blurred = torch.nn.functional.avg_pool2d(
        image, 5, stride=1, padding=2, count_include_pad=False
    )
    coffee = torch.nn.functional.interpolate(
        gallery.photo("coffee", size=128), (height, width)
    )
    noise = 0.2 * (white_noise(height, width, seed=1) - 0.5)
    return {
        "brighter": (image + 0.15).clamp(0, 1),
        "blurred": blurred,
        "noisy": (image + noise).clamp(0, 1),
        "4 px moved": image.roll(4, dims=3),
        "mirrored": image.flip(3),
        "another photo": coffee,
    }


looks = another_look(photo)
figures.pictures(
    list(looks.values()),
    list(looks),
    columns=3,
    alt="Five versions of the cat: brighter, blurred, noisy, moved by four pixels, "
    "mirrored; and a cup of coffee",
)

# %%
wanted = net(photo, STAGES)


def distance(picture, layer):
    """Content loss of a picture and the photo in one layer, as a share of the photo's
    own size there.
    """
    P = wanted[layer]
    return (
        content_loss(net(picture, [layer])[layer], P)
        / content_loss(torch.zeros_like(P), P)
    ).item()


# %% fold=true
# How far each is from the photo, layer by layer
table = torch.tensor(
    [[distance(look, layer) for layer in STAGES] for look in looks.values()]
)
names = list(looks)
forgiven.beside(names[(table[:5, 0] / table[:5, 4]).argmax()])
unforgiven.beside(names[table[:5, 4].argmax()])
figures.matrix(
    table,
    list(looks),
    STAGES,
    title="content loss, as a share of the photo's own size in that layer",
    alt="A grid of numbers. From relu1_1 to relu5_1 they fall steeply for the "
    "brighter and the moved photo, and stay as they are for the mirrored one and for "
    "another photo",
)

# %% test=true
# Depth forgets brightness and exact places, not which way round
brighter, moved, mirrored = table[0], table[3], table[4]
assert (
    brighter[4] < brighter[0] / 5
    and moved[4] < moved[0] / 3
    and mirrored[4] > mirrored[0] / 2
)

# %% [markdown]
# Every layer finds *mirrored* and *another photo* worst: what matters first is what there is, and where. The rows tell more.
# **Brighter** is a third of the photo's size away for relu1_1 and a fiftieth for relu5_1: depth forgets how bright it
# was. **Moved by four pixels** is nearly as far off as an empty answer for relu1_1, and only an eighth as far as one for
# relu5_1: depth forgets where *exactly*. But it does not forget everything: **noise** weighs twice as much in relu5_1 as in
# relu1_1, and more than the move; **blur**, too, weighs a little more there, perhaps because deep layers look for fine fur and
# sharp edges and find others. And **mirrored** stays far off in every layer. *What* there is, and *roughly where*: that is what
# we shall call content.

# %% [markdown]
# ## 2 · The gradient by hand
#
# To walk downhill in pixel space we need the gradient. autograd will find it for us, but the first stretch of the way,
# from the loss to the features, fits in one line. It is the paper's equation 2, with one correction:
#
# $$\frac{\partial L_{content}}{\partial F^l_{ij}} = \begin{cases} F^l_{ij} - P^l_{ij} & \text{if } F^l_{ij} > 0 \\ 0 &
# \text{if } F^l_{ij} = 0\end{cases}$$
#
# Strictly, the derivative of $\frac12 (F - P)^2$ with respect to $F$ is $F - P$ everywhere. But we want to go on, to the
# pixels, and $F$ has just left a ReLU. So what is meant is the gradient with respect to what went *into* the ReLU. Where that
# was positive, it passed unchanged, and the gradient is $F - P$. Where it was negative, the ReLU gave 0; a little more or less
# changes nothing, and the gradient is 0. The paper writes this under the name $\partial L / \partial F$, and so do we. (It
# prints the second case as "if $F < 0$". But $F$ comes out of a ReLU and is never negative; the case that is meant is $F = 0$.)

# %% [markdown]
# > **Exercise 2 · `content_gradient`**<br>
# > difficulty ●●○○○ · importance ●●●○○ · 8 minutes · 4 points<br>
# > *At the end you have* the first step of the way back, without autograd.


# %% exercise="content_gradient"
def content_gradient(F, P):
    """Equation 2: dL_content/dF for feature maps [B, N, H, W] that come out of a ReLU,
    whose gate is counted in.
    """
    ### BEGIN SOLUTION
    return (F - P) * (F > 0)
    ### END SOLUTION


# %% [markdown]
# <details><summary>I have a factor 2 too many</summary>
#
# The 2 of $d^2$ meets the $\frac12$ in front of the sum. That is what it is there for.
# </details>
#
# <details><summary>The gate looks at the wrong thing</summary>
#
# Three quantities could be positive: $F$, $P$, $F - P$. The ReLU belongs to the picture that is being *made*, so it
# is $F$ that opens and closes it.
# </details>
#
# <details><summary>Show me the way</summary>
#
# `(F > 0)` is a tensor of True and False; multiplied with numbers it acts as 1 and 0. Or go on with ours, for no
# points: `content_gradient = check.borrow("content_gradient")`.
# </details>

# %% check="content_gradient" points=2
check.content_gradient(content_gradient)

# %% hidden="content_gradient" points=2
### BEGIN HIDDEN TESTS
import torch

check.content_gradient(content_gradient)

F = torch.tensor([[[[0.0, 2.0]], [[3.0, 0.0]]]])
P = torch.tensor([[[[5.0, 3.0]], [[1.0, 0.0]]]])
assert torch.equal(
    content_gradient(F, P), torch.tensor([[[[0.0, -1.0]], [[2.0, 0.0]]]])
)
### END HIDDEN TESTS

# %% [markdown]
# By hand against autograd: a convolution's answer to noise, its ReLU, your loss. autograd goes all the way back through
# the ReLU; your formula has the ReLU built in.

# %%
noise = white_noise(*photo.shape[2:], seed=0)
before = net(noise, ["conv3_1"])["conv3_1"].requires_grad_(True)
F, P = before.relu(), wanted["relu3_1"]
(by_autograd,) = torch.autograd.grad(content_loss(F, P), before)
hand = content_gradient(F, P).detach()
apart, size = (hand - by_autograd).abs().max(), by_autograd.abs().max()
print(f"largest difference: {apart / size:.4f} of the largest number")
shut = round((F == 0).float().mean().item(), 1)
print(f"of all features, the gate is shut on about {shut:.0%}")

# %% [markdown]
# From the features to the pixels autograd goes on alone. Let us look at what arrives there. We take an empty grey canvas and
# ask five layers: *in which direction should each pixel move, so that you see the photo?* Predict what the last of them draws.

# %% fold=true
# Your guess
draws = guess(
    "How much of the cat is in the first step that relu5_1 asks for?",
    ["a cat", "its eyes only", "no cat at all"],
)
draws


# %%
def first_wish(layer):
    """One step from grey in the direction that a layer asks for, drawn strongly enough
    to be seen.
    """
    canvas = torch.full_like(photo, 0.5).requires_grad_(True)
    content_loss(net(canvas, [layer])[layer], wanted[layer]).backward()
    return 0.5 - canvas.grad / (6 * canvas.grad.std())


# %% fold=true
# The first wish of each of the five layers
draws.beside("no cat at all", opinion=True)
figures.pictures(
    [photo, *(first_wish(layer) for layer in STAGES)],
    ["the photo", *STAGES],
    columns=3,
    alt="The photo and five first steps from grey: relu1_1 and relu2_1 draw the cat's "
    "outlines, relu3_1 eyes and nose in coarse strokes, relu4_1 two dark blots where "
    "the eyes are, relu5_1 only large soft patches",
)

# %% [markdown]
# One step is enough for relu1_1 to draw the cat. relu4_1 gets as far as two dark spots: eyes belong there. relu5_1
# cannot say it in one step at all. What it draws most strongly is a frame, and a weave of 16 pixels: on plain grey the border
# of the picture and the grid of its own poolings are all that there is to see. Its wish changes as soon as there is something
# else. This is why we need many steps, and a good walker.

# %% [markdown]
# ## 3 · The closure
#
# We could now walk: picture minus a little of the gradient, again and again. **L-BFGS** walks better. It remembers its last
# steps and how the gradient changed along them, and guesses from this how curved the valley is and how far to go. A guess can
# be wrong, so it tries: where the loss has not fallen enough, it takes a shorter step, or a longer one. That is a **line search**, and for it
# the optimiser evaluates the loss *as often as it likes* within one step. So we do not hand it a number, we hand it a
# **closure**: a function that it can call.
#
# A closure does four things; if a style transfer does not work, look here first:
#
# 1. clear the old gradient, because `backward()` *adds* to what is there;
# 2. compute the loss of the picture as it is now;
# 3. go back, which writes the gradient into `image.grad`;
# 4. return the loss, because L-BFGS compares.
#
# And it does *not* clamp the picture to $[0, 1]$. Whoever moves the picture inside the closure lies to the optimiser
# about where it stands.

# %% [markdown]
# > **Exercise 3 · `closure`**<br>
# > difficulty ●●●○○ · importance ●●●●○ · 12 minutes · 6 points<br>
# > *At the end you have* the motor of every picture in this course.


# %% exercise="closure"
def closure(optimiser, image, loss):
    """A function without arguments for `optimiser.step`.

    Each time it is called it evaluates loss(image) afresh, leaves the gradient of that
    loss, and of nothing else, in image.grad, and returns the loss. The picture itself
    stays as it is.
    """

    ### BEGIN SOLUTION
    def evaluate():
        optimiser.zero_grad()
        value = loss(image)
        value.backward()
        return value

    return evaluate
    ### END SOLUTION


# %% [markdown]
# <details><summary>It says that it got the loss, not a function</summary>
#
# A function inside a function: the outer one gets the ingredients and *returns the inner one* without calling it:
# `return evaluate`, not `return evaluate()`.
# </details>
#
# <details><summary>The gradient doubles at the second call</summary>
#
# Gradients add up in `image.grad` until somebody clears them. Let the first line of the inner function do that.
# </details>
#
# <details><summary>Trying to backward through the graph a second time</summary>
#
# The loss was computed once, outside, and every call goes back through that one old computation. Compute it inside.
# </details>
#
# <details><summary>Show me the way</summary>
#
# `def evaluate():` with four lines: `optimiser.zero_grad()`; `value = loss(image)`; `value.backward()`; `return value`.
# Then, outside of it, `return evaluate`. Or go on with ours, for no points: `closure = check.borrow("closure")`.
# </details>

# %% check="closure" points=3
check.closure(closure)

# %% hidden="closure" points=3
### BEGIN HIDDEN TESTS
import torch

check.closure(closure)

rows, values = (
    torch.tensor([[2.0, 1.0], [-1.0, 1.0], [0.5, -2.0]]),
    torch.tensor([1.0, 2.5, -1.0]),
)
there = check.ask(closure, "descent", torch.tensor([3.0, -2.0]), rows, values)
assert (
    rows.T @ (rows @ there - values).tanh()
).abs().max() < 0.05  # the slope is 0 where it arrives
### END HIDDEN TESTS

# %% [markdown]
# Now everything is there: your loss, your closure, a picture of noise whose *pixels are the parameters*. The network's
# weights do not change; they are the eye, not the hand. And $P$ is computed once, from the photo, and stays.


# %%
def lbfgs(parameters, line_search="strong_wolfe"):
    """L-BFGS that searches along its steps (by the rule of Wolfe, "strong_wolfe"),
    remembers 20 of them, and does not stop by itself.
    """
    return torch.optim.LBFGS(
        parameters,
        history_size=20,
        tolerance_grad=0,
        tolerance_change=0,
        line_search_fn=line_search,
    )


grey = torch.full_like(photo, 0.5)


def reconstruct(
    net, layer, evaluations=80, optimiser_for=lbfgs, start=noise, scale=1.0, shots=None
):
    """A picture made from `start` that answers as the photo does, and the relative loss
    of each evaluation.

    Where shots is given, {number of evaluations: None}, the picture after so many is
    put there.
    """
    P = net(photo, [layer])[layer]
    image = start.clone().requires_grad_(True)
    optimiser, losses = optimiser_for([image]), []

    def loss(image):
        value = content_loss(net(image, [layer])[layer], P)
        losses.append(value.item() / content_loss(0 * P, P).item())
        if shots and len(losses) in shots:
            shots[len(losses)] = image.detach().clone()
        return scale * value

    evaluate = closure(optimiser, image, loss)
    while len(losses) < evaluations:
        optimiser.step(evaluate)
    return image.detach(), losses[:evaluations]


# %% [markdown]
# Noise, 10 evaluations, 20, 40, 80, with the features of relu3_1 as the only guide:

# %% fold=true
# From noise, after 10 evaluations, 20, 40 and 80
rebuilt = dict.fromkeys((1, 10, 20, 40, 80))
_, losses = reconstruct(net, "relu3_1", evaluations=80, shots=rebuilt)
figures.pictures(
    [*rebuilt.values(), photo],
    ["noise", "10 evaluations", "20", "40", "80", "the photo"],
    columns=3,
    alt="From coloured noise a cat's face appears: a ghost after 10 evaluations, "
    "clear after 40; then the photo",
)

# %% test=true
# The loss has fallen to a fiftieth
assert losses[79] < 0.02 * losses[0], "the loss must have fallen to a fiftieth"

# %% [markdown]
# ## 4 · What each stage keeps
#
# Now the same from all five stages. This is the experiment of figure 1 in Gatys et al. (2015; in the CVPR paper it is shown
# with the second layer of each stage), and the picture to remember from this chapter.


# %% fold=true
# kept(layer): the reconstruction and its losses, made once
@cache
def kept(layer):
    """The reconstruction from one layer and its losses, made once, then remembered."""
    return reconstruct(net, layer)


# %% fold=true
# The photo, and what each of the five stages has kept of it
figures.pictures(
    [photo, *(kept(layer)[0] for layer in STAGES)],
    ["the photo", *STAGES],
    columns=3,
    alt="The photo and its reconstructions: from relu1_1 hardly to be told from it, "
    "from relu2_1 and relu3_1 with fine grain, from relu4_1 with wavering lines, from "
    "relu5_1 eyes and nose in their places among coloured strokes",
)

# %% test=true
# From each stage the loss has fallen to a tenth
for _, losses in map(kept, STAGES):
    assert losses[-1] < 0.1 * losses[0]

# %% [markdown]
# **A question with a slider.** Predict: how far off is the average pixel, as a share of the range from black to white? Then
# move, read the number, and say: do you find that picture worse?

# %% fold=true
# Your guess
off = guess(
    "From which stage on is the average pixel off by more than a tenth?",
    ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
)
off


# %% fold=true
# The reconstruction from one stage, and its eyes, under a slider
def one_stage(layer):
    """The reconstruction from one stage, its eyes enlarged, and its mean error."""
    picture = kept(layer)[0].clamp(0, 1)
    error = (picture - photo).abs().mean().item()
    images, titles = (
        [photo, picture, picture[:, :, 18:60, 34:104]],
        ["the photo", layer, "its eyes"],
    )
    return (
        figures.pictures(
            images, titles, alt=f"The cat from {layer}, beside it the eyes"
        ),
        "mean error",
        error,
    )


explore(one_stage, layer=STAGES)

# %% fold=true
# The mean errors of all five
slider = explore(one_stage, layer=STAGES)
errors = [slider.set(layer=layer).number for layer in STAGES]
off.beside(
    next(layer for layer, error in zip(STAGES, errors, strict=True) if error > 0.1)
)
figures.bars(
    dict(zip(STAGES, errors, strict=True)),
    x="mean error of a pixel",
    alt="Five bars, longer and longer from relu1_1 to relu5_1: the mean errors",
)

# %% test=true
# From relu2_1 on more than a tenth
assert errors[0] < 0.1 < errors[1] and errors[4] > 3 * errors[0]

# %% [markdown]
# Already at relu2_1 the pixels are off by more than a tenth, and yet, seen from a little way off, the cat is hardly the worse
# for it. Come near, and look at the eyes: the difference is a fine grain. Where does it come from? There is one way to find
# out. We start again, from plain grey, with the same optimiser and as many evaluations. And from noise again, with more
# patience: 40, 80, 160, 240 evaluations. Above each picture stands its mean error.


# %% fold=true
# From grey, and from noise with more and more patience
def mean_error(picture):
    """How far the average value is from the photo's."""
    return (picture.clamp(0, 1) - photo).abs().mean().item()


smooth, _ = reconstruct(net, "relu2_1", start=grey)
left_over = (kept("relu2_1")[0] - photo).flatten(), (noise - noise.mean()).flatten()
likeness = torch.corrcoef(torch.stack(left_over))[0, 1].item()
print(f"correlation of what is wrong with the noise of the start: {likeness:.1f}")
patient = dict.fromkeys((40, 80, 160, 240))
reconstruct(net, "relu2_1", evaluations=240, shots=patient)
errors = [mean_error(picture) for picture in patient.values()]
tries = {
    "from grey, 80 evaluations": smooth,
    **{f"from noise, {n}": picture for n, picture in patient.items()},
}
figures.pictures(
    [picture[:, :, 18:60, 34:104] for picture in (photo, *tries.values())],
    [
        "the photo",
        *(f"{name}: {mean_error(picture):.2f}" for name, picture in tries.items()),
    ],
    columns=2,
    alt="The cat's eyes six times: in the photo; from grey, without grain; from noise "
    "with more and more evaluations, with a chequered grain that becomes only a little "
    "weaker",
)

# %% test=true
# Patience helps a little, another start helps much
assert mean_error(smooth) < errors[1] / 3 < 0.1
assert errors == sorted(errors, reverse=True) and errors[3] > 3 * mean_error(smooth)
assert likeness > 0.6

# %% [markdown]
# Most of the grain is *the noise that we started from*: the correlation says so. relu2_1 sees it, but weakly: with the grain or
# without, it answers nearly the same, so the loss has hardly any slope that way. The optimiser spends its evaluations where
# there is more to gain; give it three times as many, and the grain becomes only a little weaker. From grey there is none to
# begin with, and none comes. A reconstruction shows two things at once: what the layer knows, and, where it knows little, how
# we began. Deeper stages let go of more and more: first of exact pixels, then of exact lines, at last of exact places. What
# remains are **objects and their arrangement**.
#
# (It shows a third thing, most of all in the deep stages: how far the optimiser got. After 80 evaluations relu5_1 was not done.
# A layer knows *at least* what we get back. Dosovitskiy and Brox, 2016, trained a network for the way back, and it found
# colours and places even in the layers that name the photo.)
#
# Is a deep layer satisfied with less, or with something else? We ask all layers about all reconstructions, now from grey, so that
# no noise is left over.


# %% fold=true
# What each layer says to each reconstruction
@cache
def kept_from_grey(layer):
    """As `kept`, from grey: noise that is left over would be judged as well."""
    return reconstruct(net, layer, evaluations=60, start=grey)[0]


shown = {f"made from {layer}": kept_from_grey(layer) for layer in STAGES}
shown |= {"grey": grey, "noise": noise}
verdicts = torch.tensor(
    [[distance(picture, judge) for judge in STAGES] for picture in shown.values()]
)
figures.matrix(
    verdicts,
    list(shown),
    [f"seen by {layer}" for layer in STAGES],
    title="relative content loss",
    alt="A grid of numbers: small on the diagonal and to the right of it, large to "
    "the left of it; grey is at 1 everywhere, noise at more",
)

# %% test=true
# Deep pictures do not satisfy shallow layers; the others do
assert verdicts[3, 0] > 10 * verdicts[3, 3] and verdicts[0, 3] < verdicts[0, 0]
assert verdicts[4, 4] < verdicts[5, 4] / 5 and verdicts[4, 0] > verdicts[5, 0] / 3

# %% [markdown]
# Rows: which layer the picture was made for. Columns: who looks. Right of the diagonal the numbers are tiny: what
# satisfies a shallow layer satisfies the deep ones as well. Left of it they are large: a picture for relu5_1 is, to
# relu1_1, farther from the photo than the plain grey it began with. This is why Gatys et al. take the content from **the
# fourth stage** (conv4_2): deep enough to leave the style free to change lines and colours, not so deep that the arrangement is
# lost.

# %% [markdown]
# ## 5 · Maximum or average?
#
# VGG was trained with **max** pooling: of four features the largest goes on, and on the way back the whole gradient
# goes to that one alone. Gatys et al. found pictures slightly more pleasing with **average** pooling in its place,
# which hands the gradient to all four. We try both on the two deepest stages.

# %% fold=true
# Two reconstructions with maxima, and two with averages
smooth_net = vgg19(pooling="avg", padding="replicate")


@cache
def averaged(layer):
    """As `kept`, with average pooling."""
    return reconstruct(smooth_net, layer)


figures.pictures(
    [
        kept("relu4_1")[0],
        averaged("relu4_1")[0],
        kept("relu5_1")[0],
        averaged("relu5_1")[0],
    ],
    ["relu4_1, max", "relu4_1, average", "relu5_1, max", "relu5_1, average"],
    columns=2,
    alt="Four reconstructions: from relu4_1 hardly to be told apart; from relu5_1 with "
    "average pooling the lines are longer and darker, and less of the noise is left",
)

# %% [markdown]
# And their losses, evaluation by evaluation:

# %% fold=true
# Their losses, evaluation by evaluation
runs = {
    f"{layer}, {name}": run(layer)[1]
    for layer in ("relu4_1", "relu5_1")
    for name, run in (("max", kept), ("average", averaged))
}
figures.curves(
    runs,
    x="evaluation",
    y="relative content loss",
    alt="Four falling curves: for relu5_1 average pooling ends lower than max "
    "pooling, for relu4_1 it ends higher",
)

# %% test=true
# Average pooling helps relu5_1
assert runs["relu5_1, average"][-1] < runs["relu5_1, max"][-1]

# %% [markdown]
# For relu5_1, after four poolings, averaging gets a little further in the same number of evaluations, and its lines are
# longer: the paper says that the gradient flows better. For relu4_1 it ends at twice the loss. So this is no law; it is a choice,
# and one looks at the pictures to make it. (Their targets differ as well: a network with average pooling answers differently to
# the photo, too.)
#
# All four curves stand nearly still for four evaluations. That is the line search at work: L-BFGS knows nothing of the valley
# yet, its first step is far too short, and it tries longer ones until the loss falls.

# %% [markdown]
# ## 6 · L-BFGS or Adam?
#
# Adam needs no closure, little memory, and one number from you: the learning rate. What does the number decide? All
# runs start from the same noise and count *evaluations*, which is what costs time.


# %% fold=true
# L-BFGS, and Adam with three learning rates
def adam(rate):
    """The losses of Adam with this learning rate."""
    return reconstruct(
        net, "relu3_1", optimiser_for=lambda x: torch.optim.Adam(x, lr=rate)
    )[1]


runs = {
    "L-BFGS": kept("relu3_1")[1],
    **{f"Adam, rate {rate}": adam(rate) for rate in (0.005, 0.02, 0.1)},
}
figures.curves(
    runs,
    x="evaluation",
    y="relative content loss",
    alt="Four falling curves: L-BFGS stands still at first, is lowest from evaluation "
    "10 to 65; Adam with rate 0.1 comes up to it and passes, with 0.02 it is several "
    "times higher, with 0.005 far behind",
)

# %% test=true
# L-BFGS is first after 30 evaluations
assert runs["L-BFGS"][29] < min(
    losses[29] for name, losses in runs.items() if name != "L-BFGS"
)

# %% [markdown]
# L-BFGS asks for no rate and is first for most of the way. Adam can be as good, even better in the end, *if* you guess the
# right rate: with one that is twenty times smaller its loss is still some fifty times higher at the end.
#
# And the line search: is it worth its evaluations? Unless one asks for it, `torch.optim.LBFGS` has none, and trusts each guess.
# From noise that goes well. Predict: and from grey?

# %% fold=true
# Your guess
from_grey = guess(
    "Without a line search, from grey: what will the loss do?",
    ["fall as well", "stand still", "run away"],
)
from_grey

# %% fold=true
# From grey, with a line search and without
from_grey.beside("run away")
for name, search in {"with a line search": "strong_wolfe", "without": None}.items():
    try:
        _, losses = reconstruct(
            net, "relu2_1", 20, lambda x, search=search: lbfgs(x, search), start=grey
        )
        print(f"{name}: {losses[0]:.1f} falls to {losses[19]:.2f}")
    except InputError as error:
        print(f"{name}: {str(error).partition(': ')[2]}")

# %% [markdown]
# Grey has no edges, so the first gradient is small and says little about the valley; a step that was guessed from it jumps far
# out of it. The same goes for other starts: black, a blurred photo, pale noise. Whoever sees pixels in the millions, or NaN,
# should look for the missing line search first.
#
# L-BFGS has another weakness. Our loss is a sum of squares, and at the start it is about $10^{10}$. Let us multiply
# it by $10^{-15}$, which changes neither the valley nor its lowest point, and use torch's optimiser as it comes:


# %%
def as_it_comes(scale):
    """The share of the loss that torch's own L-BFGS leaves after 20 evaluations."""
    losses = reconstruct(
        net,
        "relu3_1",
        20,
        optimiser_for=lambda x: torch.optim.LBFGS(x, max_iter=1),
        scale=scale,
    )[1]
    return losses[-1] / losses[0]


for scale in (1, 1e-15):
    print(f"times {scale:g}: {as_it_comes(scale):.0%} of the loss are left")

# %% [markdown]
# It stands still, and says nothing. `torch.optim.LBFGS` stops when the gradient is below a tolerance, and learns nothing about
# the valley where a step and the change of the gradient along it are tiny, in absolute numbers. Losses that are *means* over
# pixels, with weights such as $10^{-6}$ in front, get there quickly. **The loss does not move? Multiply it.** The painter of
# this course compares the step and that change with each other instead, so the scale does not matter to it
# ([course/optimisers.py](../course/optimisers.py)).

# %% [markdown]
# ## 7 · Your own photo
#
# Now you ask. Take a photo of your own, with something small in it that matters: writing, a watch, a face in a crowd. Put the
# file beside this notebook and write its name in the cell below. `what_is_left` rebuilds it from one layer, as above.

# %%
MINE = "coffee"  # your file, such as "bicycle.jpg"


def what_is_left(layer, size=128, seed=0, evaluations=80):
    """Your photo rebuilt from one layer, from this noise, and the share of the loss."""
    mine = gallery.load(MINE, size=size)
    wanted = net(mine, [layer])[layer]
    image = white_noise(*mine.shape[2:], seed=seed).requires_grad_(True)
    optimiser, losses = lbfgs([image]), []

    def loss(image):
        value = content_loss(net(image, [layer])[layer], wanted)
        losses.append(value.item())
        return value

    while len(losses) < evaluations:
        optimiser.step(closure(optimiser, image, loss))
    return image.detach(), losses[evaluations - 1] / losses[0]


layer = "relu4_1"
rebuilt, left = what_is_left(layer)
figures.pictures(
    [gallery.load(MINE, size=128), rebuilt],
    [MINE, f"{layer}: {left:.1%} of the loss is left"],
    columns=3,
    alt=f"{MINE}, and what {layer} has kept of it",
)

# %% [markdown] open="own_photo" points=3
# ### What does it keep of yours?
#
# Before you rebuild it, write down which thing in *your* photo you expect to lose at which stage. Then rebuild it at least
# twice, with **one** thing changed: the layer, the size, the noise, or how many evaluations. Hand in, in six to ten sentences:
#
# 1. what your photo shows, and what you expected;
# 2. what you changed and what you kept, so that somebody else can repeat it, with one number for each picture (what is left of
#    the loss, or the mean error of the pixels of the thing that you look at);
# 3. what you saw, whether you had expected it, and why it is so, in the words of this chapter.
#
# ### BEGIN MARKING SCHEME
# Halves can be given. It is the experiment that is marked, not the picture: one that failed and says why has all points.
#
# - 1 point, *the question*: a photo of the student's own, and an expectation that could have turned out wrong ("the writing
#   will be gone at relu4_1, and the cup still there"). Half a point if anything at all would have met it ("it gets worse").
# - 1 point, *the comparison*: one thing changed and all else kept and named, with a number for each picture. Half a point
#   without numbers; none if two things changed at once.
# - 1 point, *the reason*: how far the layer sees compared with the size of the thing, what the loss hardly feels, or how the
#   picture began; and it fits what was seen. Half a point for a reason that is right and does not bear on this photo.
#
# What a good answer does: it names the thing and its size in pixels, says "relu3_1 sees 24 pixels, the letters are 6 high", and
# checks it where it could fail: the same photo twice as large, where the same letters are 12 high.
# ### END MARKING SCHEME

# %% [markdown] open="two_starts" points=2
# ## In your own words
#
# From noise, the reconstruction from relu2_1 keeps a fine grain; from grey it has none. Both satisfy the layer. **Explain
# where the grain comes from and why the loss does not remove it. Then predict: what would we get from relu1_1, and what
# from relu5_1, if we started from a photo of a cup of coffee instead?** Three to five sentences.
#
# ### BEGIN MARKING SCHEME
# - 1 point: the grain is the noise of the start; relu2_1 answers nearly the same with and without it, so the loss has hardly
#   a slope in that direction, and the optimiser leaves it for a long time. ("Sees it weakly" is exact; "does not see it"
#   earns the point as well.)
# - 1 point: relu1_1 gives the cat, since it sees nearly everything; from relu5_1 parts of the cup remain (its colours, its
#   lines) under the arrangement of the cat. (Tried: from relu1_1 the average value ends 0.002 from the cat; from relu5_1 it ends
#   0.21 from the cat and 0.11 from the coffee, with 3 % of the loss left.)
#
# A model answer: *Many pictures give the same answer at relu2_1, and the optimiser goes to the nearest of them that it
# finds. What changes the layer's answer little hardly moves the loss, so it stays as it was for long: noise from noise, grey from grey. relu1_1 can
# see nearly every pixel, and whatever the start, the cat comes out. relu5_1 knows the arrangement only: eyes and nose will
# be where they belong, but colours and small lines of the cup will shine through, for nothing tells them to go.*
# ### END MARKING SCHEME

# %% [markdown]
# ## What you should have seen
#
# - A cat that grows out of noise, guided by features alone.
# - Five reconstructions: pixels first, then lines, then arrangement. relu2_1 is off by 0.16 on average and looks nearly right.
# - That what a layer hardly sees stays for a long time as it was at the start: noise from noise, grey from grey.
# - That an optimiser without a line search can run away.
# - That what satisfies a deep layer leaves the shallow ones unsatisfied.
# - That average pooling helped one of two deep stages, a little; and that an optimiser can stand still without a word.
#
# ## Questionnaire
#
# 1. The content loss compares place by place. What would it say to a photo and its mirror image, and why is that right?
# 2. Why is the gradient zero where $F = 0$, even if $P$ is large there? What does this mean for a feature that should
#    appear?
# 3. Name three ways in which a closure can be wrong so that the picture still changes.
# 4. Two reconstructions have the same mean error per pixel. Must they look equally good?
# 5. You see "content weight 1e-5" in a program that takes means, and it works there. What else would you look at before
#    copying it?
#
# <details><summary>Answers, once you have your own</summary>
#
# 1. That they are far apart, nearly as far as two different photos: each feature is compared with the one at the same place,
#    and there it finds another. That is right if content means what there is *and where*.
# 2. The ReLU has cut off whatever was below 0; a little more or less of it changes nothing. A feature that should
#    appear gets no help from its own entry. It comes when others, at the same place and beside it, have changed the
#    pixels enough.
# 3. It forgets to clear the old gradient, so all directions so far add up; it moves or clamps the picture; it returns
#    another number than the loss that it went back through; it computes the loss from an earlier picture.
# 4. No. relu2_1 is off by 0.16 everywhere, as fine grain, and looks nearly right; the same error as one bent contour, or as
#    a patch in a wrong colour, does not.
# 5. Whether the style is a mean as well, and over what; the weight of the style, since only the ratio counts; the
#    range of the pixels; the layers; the optimiser, and whether it stops at small gradients.
#
# </details>
#
# ## References
#
# - A. Mahendran, A. Vedaldi, *Understanding Deep Image Representations by Inverting Them*,
#   [arXiv:1412.0035](https://arxiv.org/abs/1412.0035).
# - A. Dosovitskiy, T. Brox, *Inverting Visual Representations with Convolutional Networks*,
#   [arXiv:1506.02753](https://arxiv.org/abs/1506.02753).
# - L. A. Gatys, A. S. Ecker, M. Bethge, *A Neural Algorithm of Artistic Style*,
#   [arXiv:1508.06576](https://arxiv.org/abs/1508.06576), and CVPR 2016, section 2.1.
# - D. C. Liu, J. Nocedal, *On the Limited Memory BFGS Method for Large Scale Optimization*, 1989.
# - D. P. Kingma, J. Ba, *Adam: A Method for Stochastic Optimization*,
#   [arXiv:1412.6980](https://arxiv.org/abs/1412.6980).
