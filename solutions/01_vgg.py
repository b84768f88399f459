# ---
# jupyter:
#   course:
#     title: VGG and its feature maps
#     objectives:
#       - Build VGG-16 and VGG-19 from their table, count their parameters, and fill them with Oxford's weights.
#       - Know how large every map is and how much of the picture one number in it has seen.
#       - Take feature maps out of any network by their names, without the trap that most programs fall into.
#     minutes: 115
#     points: 22
#     open_points: 2
#     seconds: 90
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
# # 1 · VGG and its feature maps
#
# Style transfer needs an eye. Ours was built in 2014 by Karen Simonyan and Andrew Zisserman of the Visual Geometry
# Group in Oxford, to say which of a thousand things a photo shows. In that year's ImageNet competition it came second in naming
# things, and first in finding where they are. We do not care about its verdict, but about **what it sees on the way there**.
#
# **At the end** you have built VGG from its table and filled it with the weights from Oxford; you know how
# large each of its maps is and what one number in it has seen; and you have an `extract` that gives you any of them, by
# name.
#
# *115 minutes · 22 points, and 2 in words · a minute of computing · no downloads. It builds on chapter 0.*

# %%
from collections import OrderedDict

import torch
from torch import nn

from course import check, diagrams, figures, gallery
from course.nets.weights import (
    OXFORD_MEAN,
    OXFORD_STD,
    TORCHVISION_MEAN,
    TORCHVISION_STD,
    parameters,
    vgg19,
)
from course.widgets import explore, guess

cat = gallery.photo("cat", size=224)
print("a photo:", list(cat.shape))

# %% [markdown]
# ## 1 · A window that slides
#
# A convolution looks at the picture through a small window, here 3 x 3 pixels. At each place it multiplies what it sees by nine
# weights, adds up, and writes down one number. Then the window slides on. All the numbers together are a **feature map**: it is
# bright where the picture looks like the weights. Slide it yourself over a piece of the cat's eye in grey, with 0 for its
# darkest pixel and 9 for its lightest. The nine weights are called a **filter**; this one looks for edges that go from dark on
# the left to light on the right:

# %% fold=true
# A window that slides over a piece of the eye, under a slider
grey = cat.mean(1, keepdim=True)
piece = grey[0, 0, 56:62, 84:91]
piece = (9 * (piece - piece.min()) / (piece.max() - piece.min())).round()
edge = torch.tensor([[-1.0, 0.0, 1.0]] * 3)


def at_place(place):
    """The window at this place, counted row by row, and what it writes down there."""
    row, column = divmod(place - 1, 5)
    answer = (piece[row : row + 3, column : column + 3] * edge).sum()
    drawn = diagrams.sliding_window(
        piece,
        edge,
        row,
        column,
        alt=f"Six rows of seven numbers with a window of three by three at row "
        f"{row + 1}, column {column + 1}; the nine weights; and four rows of five "
        f"answers, of which the window's, {answer:g}, is marked",
    )
    return drawn, "the sum of the nine products", answer.item()


explore(at_place, place=(1, 20))

# %% test=true
# What is drawn is what torch computes
slider = explore(at_place, place=(1, 20))
counted = [slider.set(place=place).number for place in range(1, 21)]
assert (
    counted
    == nn.functional.conv2d(piece[None, None], edge[None, None]).flatten().tolist()
)

# %% [markdown]
# (In signal processing the window is turned round before it slides. That is called a convolution there, and what we do a
# *cross-correlation*. Deep learning does not turn it. Since the weights are learnt, this makes no difference except to the
# name.)
#
# The same filter over the whole photo:

# %%
weights = edge.view(1, 1, 3, 3)
edges = nn.functional.conv2d(grey, weights, padding=1)[..., 1:-1, 1:-1]

# %% fold=true
# What the filter answers, before and after a ReLU
figures.pictures(
    [
        grey.expand(-1, 3, -1, -1),
        (0.5 + edges / 2).expand(-1, 3, -1, -1),
        edges.relu().expand(-1, 3, -1, -1),
    ],
    ["the photo, in grey", "the answer: grey is 0", "after a ReLU: black is 0"],
    alt="The cat in grey; a grey relief of it, light at left edges and dark at right "
    "ones; bright thin edges on black",
)

# %% [markdown]
# The **ReLU** keeps what is positive and makes the rest 0: "here is such an edge" remains, "here is its opposite" is
# dropped (there is another filter for that). And **max pooling** keeps the largest of every 2 x 2 answers: *somewhere here*
# there is such an edge. It halves both sides of the map. A corner of the eye, before and after:

# %% fold=true
# A corner of the eye, before and after max pooling
corner = edges.relu()[0, 0, 40:64, 60:96]
pooled = nn.functional.max_pool2d(corner[None], 2)[0]
figures.pictures(
    [corner / corner.max(), pooled / corner.max()],
    [
        f"{corner.shape[1]} x {corner.shape[0]} answers",
        f"after max pooling: {pooled.shape[1]} x {pooled.shape[0]}",
    ],
    columns=3,
    smooth=False,
    alt="Bright bent lines in small squares; and the same lines, thicker, in squares "
    "twice as large",
)

# %% [markdown]
# Two more things. A photo has three maps, and a window looks at *all of them at once*: 3 x 3 x 3 = 27 weights, and one more
# number, the **bias**, is added at the end. And a layer has many such filters. Each writes a map of its own, called a
# **channel**; the windows of the next layer look at all of those.
#
# How many places does a window find? A row of 7 pixels and a window of 3, one step at a time:
#
#     [1 2 3] 4 5 6 7
#      1 [2 3 4] 5 6 7
#      1  2 [3 4 5] 6 7
#      1  2  3 [4 5 6] 7
#      1  2  3  4 [5 6 7]
#
# Five places. With a **stride** of 2 only every second place counts: three. With a **padding** of 1, one pixel is added on both
# sides before we begin. A window that would hang over the edge does not count.

# %% [markdown]
# > **Exercise 1 · `conv_output_size`**<br>
# > difficulty ●○○○○ · importance ●●●●○ · 8 minutes · 3 points<br>
# > *At the end you have* the size of every map in every convolutional network.


# %% exercise="conv_output_size"
def conv_output_size(size, kernel, stride=1, padding=0):
    """How many places a window of `kernel` pixels finds along a side of `size` pixels.
    A whole number.
    """
    ### BEGIN SOLUTION
    return (size + 2 * padding - kernel) // stride + 1
    ### END SOLUTION


# %% [markdown]
# <details><summary>I am off by one</summary>
#
# Count steps, not places, and then add the place where you stood at the start. A window that fits exactly takes no step and has
# one place.
# </details>
#
# <details><summary>It is right for stride 1 and wrong for stride 2</summary>
#
# The room that is left, `size + 2 * padding - kernel`, is walked in steps of `stride`; what is left over is too small
# for a step: divide with `//`.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Room, divided by the stride and rounded down, plus 1. Or go on with ours, for no points: `conv_output_size =
# check.borrow("conv_output_size")`.
# </details>

# %% check="conv_output_size" points=2
check.conv_output_size(conv_output_size)

# %% hidden="conv_output_size" points=1
### BEGIN HIDDEN TESTS
check.conv_output_size(conv_output_size)
assert conv_output_size(227, 11, 4) == 55
assert conv_output_size(10, 4, 3, 1) == 3
assert conv_output_size(3, 3) == 1
### END HIDDEN TESTS

# %% [markdown]
# VGG's two building blocks, computed with your function. A convolution with window 3, stride 1 and padding 1 leaves the size
# alone; a pooling with window 2 and stride 2 halves it:

# %%
sides = [224]
for _ in range(5):
    sides.append(conv_output_size(conv_output_size(sides[-1], 3, 1, 1), 2, 2))
print("through five stages:", " -> ".join(str(side) for side in sides))

# %% test=true
# Every stage halves the side
assert sides == [224, 112, 56, 28, 14, 7]

# %% [markdown]
# ## 2 · The network from its table
#
# The idea of VGG: *only* 3 x 3 windows, and many of them. Two of them in a row see 5 x 5 pixels, and three see 7 x 7, as one
# large window would. But there is a ReLU after each, so they can say more, and they need fewer weights: three 3 x 3 layers of
# $C$ channels have $3 \cdot 9\, C^2 = 27\, C^2$ weights, one 7 x 7 layer has $49\, C^2$.
#
# Everything else fits in a table. A number means "a convolution with so many channels, and a ReLU"; "pool" means a max
# pooling. These are configurations D and E of the paper, in which 16 and 19 layers have weights (three of them belong to the
# classifier at the end, which we leave out).

# %%
VGG16 = [64] * 2 + ["pool"] + [128] * 2 + ["pool"]
VGG16 += [256] * 3 + ["pool"] + [512] * 3 + ["pool"] + [512] * 3 + ["pool"]
VGG19 = [64] * 2 + ["pool"] + [128] * 2 + ["pool"]
VGG19 += [256] * 4 + ["pool"] + [512] * 4 + ["pool"] + [512] * 4 + ["pool"]

# %% [markdown]
# **VGG-16, step by step.** A photo of 224 x 224 pixels goes in. It passes five stages. Each has two or three convolutions, all
# of the same width (the number of channels), and ends in a pooling. The map becomes smaller, and the list of what is known
# about each place longer. Your `conv_output_size` writes the table:


# %% fold=true
# A line of the table for the picture and for each layer
def steps_through(table, side=224):
    """A line for the picture and for each entry of the table: what it is, and the size
    of what leaves it.
    """
    lines, channels = [f"{'picture':24} {side:3} x {side:3} x   3"], 3
    for entry in table:
        side = (
            conv_output_size(side, 2, 2)
            if entry == "pool"
            else conv_output_size(side, 3, 1, 1)
        )
        channels = channels if entry == "pool" else entry
        name = "max pooling 2 x 2" if entry == "pool" else "convolution 3 x 3, ReLU"
        lines.append(f"{name:24} {side:3} x {side:3} x {channels:3}")
    return "\n".join(lines)


print(steps_through(VGG16))

# %% [markdown]
# After that comes the classifier, which we do not need: three layers of 4096, 4096 and 1000 numbers and a softmax, which gives
# one probability for each of the thousand names.
#
# We give the layers the **names that papers use**: `conv3_2` is the second convolution of the third stage, `relu3_2` its
# ReLU, `pool3` the pooling at the end of the stage. Programs that count layers instead ("layer 19") get lost as soon as
# one is added.

# %% [markdown]
# > **Exercise 2 · `make_vgg`**<br>
# > difficulty ●●●○○ · importance ●●●●● · 15 minutes · 5 points<br>
# > *At the end you have* the network itself, still empty.


# %% exercise="make_vgg"
def make_vgg(table):
    """The network of a table, as nn.Sequential with names: conv1_1, relu1_1, conv1_2,
    relu1_2, pool1, conv2_1, ...

    A number becomes a 3 x 3 convolution with padding 1, and an nn.ReLU() as it comes
    behind it. "pool" becomes a max pooling of 2 x 2. The first convolution takes 3
    channels.
    """
    ### BEGIN SOLUTION
    layers = OrderedDict()
    channels, stage, number = 3, 1, 1
    for entry in table:
        if entry == "pool":
            layers[f"pool{stage}"] = nn.MaxPool2d(2)
            stage, number = stage + 1, 1
        else:
            layers[f"conv{stage}_{number}"] = nn.Conv2d(
                channels, entry, kernel_size=3, padding=1
            )
            layers[f"relu{stage}_{number}"] = nn.ReLU()
            channels, number = entry, number + 1
    return nn.Sequential(layers)
    ### END SOLUTION


# %% [markdown]
# <details><summary>My layers are called 0, 1, 2 ...</summary>
#
# `nn.Sequential(a, b, c)` numbers them. `nn.Sequential(OrderedDict(...))`, from names to layers, keeps the names.
# </details>
#
# <details><summary>Given groups=1, expected input to have 3 channels</summary>
#
# Every convolution was told to take 3 channels. It takes what the one before it gave: remember that width in a
# variable, and change it after each convolution.
# </details>
#
# <details><summary>The names run on: conv1_3 where conv2_1 should be</summary>
#
# Two counters, stage and number. A pooling raises the first and sets the second back to 1.
# </details>
#
# <details><summary>My maps shrink by two pixels at each convolution</summary>
#
# `padding=1`.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Three variables before the loop: `channels, stage, number = 3, 1, 1`. In the loop, `if entry == "pool":` one layer,
# otherwise two. Or go on with ours, for no points: `make_vgg = check.borrow("make_vgg")`.
# </details>

# %% check="make_vgg" points=3
check.make_vgg(make_vgg)

# %% hidden="make_vgg" points=2
### BEGIN HIDDEN TESTS
import torch

check.make_vgg(make_vgg)

tiny = check.ask(make_vgg, "network", torch.zeros(2, 3, 9, 8), [4, "pool", "pool", 6])
assert [layer.name for layer in tiny.layers] == [
    "conv1_1",
    "relu1_1",
    "pool1",
    "pool2",
    "conv3_1",
    "relu3_1",
]
assert tiny.output == (2, 6, 2, 2)
### END HIDDEN TESTS

# %% [markdown]
# An empty network knows nothing: its weights are random. **Oxford's weights** lie on your disk, each rounded to one of 256 values
# so that they fit into the course. The layers have names,
# and so have the weights; filling one with the other takes a few lines. ("E" is the paper's letter for VGG-19.)


# %%
def fill(net):
    """Writes Oxford's weights into the convolutions of the same names, and freezes
    them: nothing here is trained.
    """
    for name, (weight, bias) in parameters("E", "oxford").convolutions.items():
        layer = net.get_submodule(name)
        with torch.no_grad():
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
    return net.requires_grad_(False)


net = fill(make_vgg(VGG19))
print(len(list(net.children())), "layers")
print("the deepest answer to the cat:", list(net(cat).shape))

# %% [markdown]
# The first layer is the only one whose filters we can look at, since they are small pictures themselves: 3 x 3 pixels
# in red, green and blue. Middle grey stands for the weight 0.

# %% fold=true
# The 64 filters of the first layer, each enlarged
bank = parameters("E", "oxford").convolutions["conv1_1"][0]
tiles = [0.5 + one[None] / (2 * one.abs().max()) for one in bank]
figures.pictures(
    tiles,
    columns=16,
    smooth=False,
    alt="64 tiles of three by three pixels: light-dark edges in several directions, "
    "and about a third in one strong colour",
)

# %% [markdown]
# Edges in all directions, and many filters that hardly care about edges: they ask for a colour. Nobody drew them; they are what
# a million photos left behind.
#
# ## 3 · How many numbers is that?
#
# A convolution from $N_{in}$ to $N_{out}$ channels has a window of $3 \times 3$ for *each* pair of an input and an
# output channel, and one more number for each output channel, the bias that is added at the end.

# %% [markdown]
# > **Exercise 3 · `count_parameters`**<br>
# > difficulty ●●○○○ · importance ●●○○○ · 8 minutes · 4 points<br>
# > *At the end you have* the price of the network, and see what it is paid for.


# %% exercise="count_parameters"
def count_parameters(table):
    """How many weights and biases the 3 x 3 convolutions of a table have, all together.
    The first takes 3 channels.
    """
    ### BEGIN SOLUTION
    total, channels = 0, 3
    for entry in table:
        if entry != "pool":
            total += entry * (9 * channels + 1)
            channels = entry
    return total
    ### END SOLUTION


# %% [markdown]
# <details><summary>It says that the biases are missing</summary>
#
# One for each output channel, added after the sum over the window: `+ n_out`.
# </details>
#
# <details><summary>It fails at "pool"</summary>
#
# A pooling has nothing to learn. Pass over it, and do not forget the width before it.
# </details>
#
# <details><summary>Show me the way</summary>
#
# As in `make_vgg`, keep the width of the layer before. For each number: `n_out * (9 * n_in + 1)`. Or: `count_parameters
# = check.borrow("count_parameters")`.
# </details>

# %% check="count_parameters" points=3
check.count_parameters(count_parameters)

# %% hidden="count_parameters" points=1
### BEGIN HIDDEN TESTS
check.count_parameters(count_parameters)
assert count_parameters([]) == 0 and count_parameters(["pool", 1]) == 28
assert (
    count_parameters(
        [
            64,
            64,
            "pool",
            128,
            128,
            "pool",
            *[256] * 4,
            "pool",
            *[512] * 4,
            "pool",
            *[512] * 4,
        ]
    )
    == 20_024_384
)
### END HIDDEN TESTS

# %% [markdown]
# And the classifier that we leave out? It takes all $7 \times 7 \times 512$ numbers of the last map at once:

# %%
classifier = (7 * 7 * 512 + 1) * 4096 + (4096 + 1) * 4096 + (4096 + 1) * 1000
for name, table in (("VGG-16", VGG16), ("VGG-19", VGG19)):
    ours = count_parameters(table)
    print(f"{name}: {ours:,} in the convolutions, {ours + classifier:,} with all")

# %% fold=true
# Where the parameters of VGG-19 are
ends = [place for place, entry in enumerate(VGG19) if entry == "pool"]
so_far = [0, *(count_parameters(VGG19[:end]) for end in ends)]
price = {
    f"stage {number}": so_far[number] - so_far[number - 1] for number in range(1, 6)
}
figures.bars(
    {**price, "classifier": classifier},
    x="parameters of VGG-19",
    alt="Bars: the classifier has 124 million parameters, stage 5 nine, stage 4 "
    "eight, stage 3 two, the rest next to nothing",
)

# %% [markdown]
# Six out of seven parameters belong to the classifier, and nearly all the rest to the two deep stages. The *work* is spread
# quite differently. Stage 1 has 16 x 16 times as many places as stage 5, and each of its weights is used at every one of them:

# %% fold=true
# Where the multiplications are, for a photo of 224 x 224 pixels
work, side, channels = {}, 224, 3
for entry in VGG19:
    if entry == "pool":
        side //= 2
    else:
        stage = f"stage {1 + [224, 112, 56, 28, 14].index(side)}"
        work[stage] = work.get(stage, 0) + 9 * channels * entry * side**2 / 1e6
        channels = entry
work["classifier"] = (7 * 7 * 512 * 4096 + 4096 * 4096 + 4096 * 1000) / 1e6
figures.bars(
    work,
    x=f"millions of multiplications, {sum(work.values()):,.0f} in all",
    alt="Bars: stages 3 and 4 do a third of the work each, stage 2 a seventh, stages 1 "
    "and 5 a tenth each, the classifier less than a hundredth",
)

# %% [markdown]
# For us that means: leaving the classifier out loses nothing that we need, saves most of the memory, and lets us feed in
# pictures **of any size**.
#
# ## 4 · What one feature can see
#
# One number in `relu1_1` has seen 3 x 3 pixels. One number in `relu1_2` has seen 3 x 3 numbers of `relu1_1`, together 5
# x 5 pixels. After a pooling, neighbours are *two* pixels apart, so a window of 3 reaches twice as far. The square of pixels
# that a number depends on is its **receptive field**.
#
# Two numbers tell the whole story: the `size` of the field, and the `jump`, how many pixels apart two neighbours of the
# map are. Both begin at 1, for the picture itself.

# %% [markdown]
# > **Exercise 4 · `receptive_field`**<br>
# > difficulty ●●●○○ · importance ●●●○○ · 12 minutes · 4 points<br>
# > *At the end you have* the answer to "how large are the things that this layer can know about?"


# %% exercise="receptive_field"
def receptive_field(layers):
    """Along one side, how many pixels a number sees behind these layers.

    layers: (kernel, stride) of each layer from the picture on, (3, 1) for VGG's
    convolutions, (2, 2) for its poolings.
    """
    ### BEGIN SOLUTION
    size, jump = 1, 1
    for kernel, stride in layers:
        size += (kernel - 1) * jump
        jump *= stride
    return size
    ### END SOLUTION


# %% [markdown]
# <details><summary>It is right without poolings and wrong with them</summary>
#
# A window of `kernel` reaches `kernel - 1` neighbours further, and each of them is `jump` pixels away.
# </details>
#
# <details><summary>It says that a layer's own stride was counted for its own window</summary>
#
# First the layer looks (with the jump of the map that it looks *at*), then it strides: enlarge `size` before you change
# `jump`.
# </details>
#
# <details><summary>Show me the way</summary>
#
# For each layer: `size` grows by `(kernel - 1) * jump`, then `jump` is multiplied by `stride`. Or: `receptive_field =
# check.borrow("receptive_field")`.
# </details>

# %% check="receptive_field" points=3
check.receptive_field(receptive_field)

# %% hidden="receptive_field" points=1
### BEGIN HIDDEN TESTS
check.receptive_field(receptive_field)
assert receptive_field([]) == 1 and receptive_field([(1, 1), (1, 2), (3, 1)]) == 5
assert receptive_field([(11, 4), (3, 2), (5, 1), (3, 2)]) == 67
### END HIDDEN TESTS

# %% [markdown]
# What the first layer of each stage sees, drawn around the pupil of an eye. Predict first. (The eye is about 40 pixels
# wide here.)

# %% fold=true
# Your guess
whole_eye = guess(
    "Which is the first layer that can see an eye whole?",
    ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
)
whole_eye


# %% fold=true
# What each of the five layers sees, drawn around the pupil
def path_to(name):
    """(kernel, stride) of the layers from the picture to the named layer of VGG-19."""
    stage, number = int(name[4]), int(name[6])
    depths = [2, 2, 4, 4][: stage - 1]
    before = [step for depth in depths for step in [(3, 1)] * depth + [(2, 2)]]
    return before + [(3, 1)] * number


fields = {
    name: receptive_field(path_to(name))
    for name in ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
}
whole_eye.beside(next(name for name, side in fields.items() if side >= 40))
figures.windows(
    cat,
    fields,
    centre=(56, 86),
    alt="Squares of 3, 10, 24, 68 and 156 pixels around the pupil of an eye: the "
    "first two lie in it, the third ends inside the iris, the fourth holds the eye and "
    "its surroundings, the fifth is larger than the picture is high",
)

# %% [markdown]
# relu4_1 is the first of these five: the 24 pixels of relu3_1 do not hold an eye, its own 68 do. (Of all layers the first is
# relu3_3, whose 40 pixels just hold it.) And relu5_1 could take in the whole face.
#
# The arithmetic says what a number *can* depend on. Does it really? The gradient tells: we ask how the numbers at the middle
# place of a layer change with each pixel. Where they do not look, the gradient is zero.


# %% fold=true
# Which pixels the middle place of a layer depends on, by its gradient
def seen_by(name, pictures=8, side=64):
    """How strongly the middle place of a layer depends on each pixel, on average over
    random pictures: [side, side].
    """
    net = fill(make_vgg(VGG19))
    images = torch.rand(
        pictures, 3, side, side, generator=torch.Generator().manual_seed(0)
    ).requires_grad_(True)
    x = images
    for layer, module in net.named_children():
        x = module(x)
        if layer == name:
            break
    x[:, :, x.shape[2] // 2, x.shape[3] // 2].sum().backward()
    return images.grad.abs().mean((0, 1))


seen = {name: seen_by(name) for name in ("relu2_1", "relu3_1")}
for name, gradient in seen.items():
    rows, counted = (gradient.sum(1) > 0).sum().item(), receptive_field(path_to(name))
    print(f"{name}: depends on {rows} rows of pixels; by arithmetic {counted}")
figures.pictures(
    [gradient[16:48, 16:48] / gradient.max() for gradient in seen.values()],
    list(seen),
    columns=3,
    smooth=False,
    alt="Two black squares of 32 pixels with a bright patch in the middle, 10 pixels "
    "wide for relu2_1, 24 for relu3_1, fading towards its edge",
)

# %% test=true
# The gradient fills just the square of the arithmetic
for name, gradient in seen.items():
    assert (gradient.sum(1) > 0).sum().item() == receptive_field(path_to(name))

# %% [markdown]
# Exactly the squares. But they fade towards the edge: from the middle many paths lead to the number, from a corner only
# one. The part that really counts, the *effective* receptive field, is smaller than the arithmetic one (Luo et al.,
# 2016).
#
# ## 5 · The trap
#
# We want the maps. Here is what many well-known programs do, on a network as torchvision builds it: run through the
# layers, and keep what comes out. Do you see what is wrong?


# %%
def published(net, image, names):
    """What many programs do."""
    features, x = {}, image
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            features[name] = x
    return features


as_torchvision = nn.Sequential(
    OrderedDict(
        conv1_1=nn.Conv2d(3, 64, 3, padding=1).requires_grad_(False),
        relu1_1=nn.ReLU(inplace=True),
    )
)
as_torchvision.conv1_1.weight.copy_(bank)
maps = published(as_torchvision, cat - 0.5, ["conv1_1"])["conv1_1"]
print("smallest value of 'conv1_1':", round(maps.min().item(), 3))

# %% test=true
# A convolution without a negative value is none
assert maps.min() >= 0

# %% [markdown]
# A convolution with positive and negative weights that never answers below zero? Impossible. Think about it for a
# minute (what is new in the second layer?) before you open this:
#
# <details><summary>What happened</summary>
#
# `ReLU(inplace=True)` saves memory by writing its result *over* its input. What we kept under the name `conv1_1` was
# overwritten a moment later: under that name we hold `relu1_1`. There is no error and no warning. The official PyTorch tutorial
# replaces the ReLUs for this reason; other programs do not, and what they call "conv4_2" is really relu4_2.
# </details>

# %% [markdown]
# > **Exercise 5 · `extract`: mend the bug**<br>
# > difficulty ●●●○○ · importance ●●●●● · 15 minutes · 6 points<br>
# > *At the end you have* any layer of any network by its name, as it really is. Every chapter from here on stands on it.
#
# Start from `published`, and mend it. Four things to keep in mind: each map must be kept as it *left its layer*, whatever the
# next one does to it; gradients must find their way back to the picture; the network should not run deeper than the deepest
# layer asked for; and a name that no layer has must not be passed over in silence.


# %% exercise="extract"
def extract(net, image, names):
    """Feature maps of an image [B, 3, H, W] by name: {"conv1_1": [B, 64, H, W], ...},
    only those asked for.

    Each as it left its layer, even if the next layer works in place. Gradients pass,
    the network is left as it is, and it runs no deeper than the deepest layer asked
    for. The names may come in any order. One that no layer bears, a slip of the
    keyboard, is an error: raise ValueError(...).
    """
    ### BEGIN SOLUTION
    features, x = {}, image
    for name, layer in net.named_children():
        x = layer(x)
        if name in names:
            features[name] = x.clone()
        if set(features) == set(names):
            return features
    raise ValueError(f"no such layer: {set(names) - set(features)}")
    ### END SOLUTION


# %% [markdown]
# <details><summary>conv1_1 has no negative value</summary>
#
# Something writes into the map after you have kept it. Keep a copy that nobody else can reach: `x.clone()`.
# </details>
#
# <details><summary>No gradient finds its way back to the picture</summary>
#
# `detach()` makes a copy without a past, `no_grad()` keeps no record at all. `clone()` copies the numbers and stays
# part of the computation.
# </details>
#
# <details><summary>It says that it ran on to the last layer</summary>
#
# When `features` has all of `names`, return it.
# </details>
#
# <details><summary>The network is changed afterwards</summary>
#
# Setting `inplace = False` works as well, but then you have changed the network that you were given. Leave it alone.
# </details>
#
# <details><summary>Show me the way</summary>
#
# `published`, with `x.clone()` instead of `x`, two lines at the end of the loop that return `features` once all names
# are there, and after the loop, which ends only if a name is wrong, `raise ValueError("no such layer")`. Or:
# `extract = check.borrow("extract")`.
# </details>

# %% check="extract" points=3
check.extract(extract)

# %% hidden="extract" points=3
### BEGIN HIDDEN TESTS
import torch

from course.check.ch1_probes import small_network

check.extract(extract)

image, names = (
    torch.linspace(-1, 1, 2 * 3 * 6 * 8).view(2, 3, 6, 8),
    ["relu1_2", "conv1_2", "conv1_1"],
)
found = check.ask(extract, "extraction", 5, True, image, names)
maps = {name: returned.value for name, returned in found.returned.value.items()}
assert sorted(maps) == sorted(names) and set(found.ran) <= {
    "conv1_1",
    "relu1_1",
    "conv1_2",
    "relu1_2",
}
assert torch.allclose(
    maps["conv1_1"], small_network(5, inplace=False)[0](image), atol=1e-5
)
assert float(maps["conv1_2"].min()) < 0 and torch.equal(
    maps["relu1_2"], maps["conv1_2"].relu()
)
raised = None
try:
    check.ask(extract, "extraction", 5, False, image, ["conv1_1", "relu_1_2"])
except Exception as error:
    raised = error
assert raised is not None, "a name that no layer bears is an error"
### END HIDDEN TESTS

# %% [markdown]
# **Your network, your extract, Oxford's weights: is it VGG-19?** The course has one of its own, `vgg19()`. It takes
# RGB in $[0, 1]$, prepares the picture itself, and returns maps by name: `net(image, names)`. Yours gets what Oxford's network
# was trained on, $0 \dots 255$ minus a mean, here written for our range. (Oxford's order was B, G, R; `parameters` has already
# turned the first layer round, so that R, G, B goes in.)


# %%
def prepare(image):
    """What Oxford's network wants to see."""
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (OXFORD_MEAN, OXFORD_STD))
    return (image - mean) / std


NAMES = ["conv1_1", "relu2_2", "conv4_2", "relu5_1"]
yours, ours = extract(fill(make_vgg(VGG19)), prepare(cat), NAMES), vgg19()(cat, NAMES)
errors = {name: (yours[name] - ours[name]).norm() / ours[name].norm() for name in NAMES}
for name, error in errors.items():
    print(
        f"{name}: off by {error:.4f} of its size, least value {yours[name].min():.0f}"
    )

# %% test=true
# It is VGG-19
assert max(errors.values()) < 1e-4

# %% [markdown]
# Your code gets the same numbers from the same file. But the file holds rounded weights: is it still the network that Oxford
# trained? The original is 80 MB and not here. What we can do is move every weight once more, at random, by up to half the way
# to its neighbour among the 256 values. That is as far as the rounding may have moved it. What changes?


# %% fold=true
# What rounding to 256 values can have changed
def moved_again(net, draw):
    """The network, each weight moved by up to half the way to the next of the 256."""
    for name, layer in net.named_children():
        if name.startswith("conv"):
            levels, place = layer.weight.unique(return_inverse=True)
            gaps = levels.diff()
            below = torch.cat([gaps[:1], gaps])[place] / 2
            above = torch.cat([gaps, gaps[-1:]])[place] / 2
            share = 2 * torch.rand(place.shape, generator=draw) - 1
            layer.weight += torch.where(share < 0, below, above) * share
    return net


rounded = moved_again(fill(make_vgg(VGG19)), torch.Generator().manual_seed(0))
again = extract(rounded, prepare(cat), NAMES)
changed = {
    name: (again[name] - yours[name]).norm() / yours[name].norm() for name in NAMES
}
for name, share in changed.items():
    print(f"{name}: changes by {share:.0%} of its size")

# %% test=true
# Rounding costs a few per cent at most
assert max(changed.values()) < 0.04

# %% [markdown]
# A per cent or two, in a network whose answers to two photos differ by more than their own size. From here on we use the
# course's own `vgg19()`, the same network with some conveniences.
#
# ## 6 · What if one forgets?
#
# Two preprocessings are in use, and they do not mix:
#
# | weights | range | order | minus | over |
# |---|---|---|---|---|
# | Oxford (Caffe, Keras, Gatys) | 0 ... 255 | B, G, R | 103.939, 116.779, 123.68 | 1 |
# | torchvision | 0 ... 1 | R, G, B | 0.485, 0.456, 0.406 | 0.229, 0.224, 0.225 |
#
# Both take the **mean** of all training photos away, since the weights were fitted to that (chapter 0). What if one forgets?
# We feed Oxford's network four wrong pictures, and ask how far relu4_2 is from what it should say: the *relative distance*
# $|wrong - right| / |right|$, over all numbers of the map, and beside it the size $|wrong| / |right|$.


# %% fold=true
# How far four wrongly prepared cats are from the right answer
def off(wrong):
    """relu4_2's answer to a wrongly prepared cat: its distance from the right one, and
    its size, both as a share of the right one's size.
    """
    network = fill(make_vgg(VGG19))
    right, answer = (
        extract(network, image, ["relu4_2"])["relu4_2"]
        for image in (prepare(cat), wrong)
    )
    return [(one.norm() / right.norm()).item() for one in (answer - right, answer)]


mean, std = (
    torch.tensor(TORCHVISION_MEAN).view(1, 3, 1, 1),
    torch.tensor(TORCHVISION_STD).view(1, 3, 1, 1),
)
normalised = (cat - mean) / std
mistakes = {
    "no mean taken away": 255 * cat,
    "B and R exchanged": prepare(cat).flip(1),
    "0 ... 1 instead of 0 ... 255": cat,
    "torchvision's, for Oxford's": normalised,
}
offs = {name: off(image) for name, image in mistakes.items()}
for name, (distance, size) in offs.items():
    print(f"{name:30} relative distance {distance:.1f}, size {size:.2f}")

# %% test=true
# Too small a range is worst, a missing mean costs half
assert (
    offs["0 ... 1 instead of 0 ... 255"][0] > 0.9 > offs["no mean taken away"][0] > 0.4
)
assert offs["0 ... 1 instead of 0 ... 255"][1] < 0.05

# %% [markdown]
# A distance of 1 is what an empty answer would have, all zeros. With too small a range the network sees a picture that is
# hardly there, and its answer has a fiftieth of the right one's size: hardly more than the biases. With the mean left in, or
# with colours exchanged, it is off by half its own length. And in none of the four cases is there an error message.
#
# ## 7 · Feature maps
#
# Now we look. Each map of a layer answers one question at every place. Which question? One can ask a map directly, by
# changing a picture until the map answers as strongly as it can (Erhan et al. 2009; Simonyan et al. 2013); that is
# what chapter 2 does. Here we guess, from the places where it says yes. For each layer we show the twelve maps that answer the
# cat most strongly, strongest first.
#
# **A question with a slider.** Predict before you move. The number under the picture tells what share of all answers is exactly
# zero, "not here". (Black is 0, and the lightest yellow each map's own largest answer.) Look at the ends of the stages as well.

# %% fold=true
# Your guess
fuller = guess(
    "With depth, do the maps become fuller or emptier?",
    ["fuller", "emptier", "neither"],
)
fuller

# %% fold=true
# The twelve strongest maps of a layer, under a slider
vgg = vgg19(padding="replicate")
RELUS = [name for name in vgg.layers if name.startswith("relu")]
features = vgg(cat, RELUS)


def strongest(layer):
    """Channels of a layer, those that answer the cat most strongly first."""
    return features[layer][0].mean((1, 2)).argsort(descending=True).tolist()


def grid(layer):
    """The twelve strongest maps of a layer, each from its own darkest to its own
    brightest.
    """
    channels = strongest(layer)[:12]
    answers = [features[layer][0, channel] for channel in channels]
    maps, titles = (
        [answer / answer.max() for answer in answers],
        [f"channel {channel}" for channel in channels],
    )
    shown = figures.pictures(
        maps, titles, smooth=False, alt=f"The twelve strongest maps of {layer}"
    )
    height, width = answers[0].shape
    return (
        shown,
        f"{width} x {height} places, share of answers that are zero",
        (features[layer] == 0).float().mean(),
    )


explore(grid, layer=RELUS)

# %% fold=true
# The share of zeros in each layer
fuller.beside("emptier")
slider = explore(grid, layer=RELUS)
zeros = {layer: slider.set(layer=layer).number for layer in RELUS}
for stage in "12345":
    print(
        f"stage {stage}:",
        "  ".join(
            f"{layer} {zeros[layer]:.1f}" for layer in RELUS if layer[4] == stage
        ),
    )

# %% test=true
# Half is silent up to stage 3, nine of ten at the end
assert (
    max(zeros[layer] for layer in RELUS if layer[4] in "123")
    < 0.65
    < 0.8
    < zeros["relu4_4"]
    < zeros["relu5_4"]
)

# %% [markdown]
# Up to the third stage, between a quarter and a little more than half of all answers are "not here", with no clear trend.
# Within the fourth stage this tips, and at the end of the fifth nine out of ten are silent. There a yes is rare.
#
# **A word on borders.** VGG was trained with zeros around the picture. The mean is taken away first, so zero is not black but
# the mean colour, a brownish grey: the photo lies on a grey card, and where the card begins is an edge like any other. Some
# maps then show a bright frame, and later a painting would have a halo. So we pad the first two stages, which see such an edge
# as an edge, with the picture's own border, `vgg19(padding="replicate")`; the deeper ones stay as they were trained. Write
# `padding="zeros"` into the cell *The twelve strongest maps of a layer*, above, and look at the frames.
#
# Now one map at a time, and beside it the places of the photo where it says yes. Choose a layer, go down its channels from the
# strongest, and find in each stage one that you can name: *edges from lower left; green; fur; eyes; ...* (And relu5_1, rank 1
# to 10: one of them has just two spots. On what?)
#
# <details><summary>What we found</summary>
#
# relu5_1, rank 2: two spots, each beside an eye, towards the nose. No edge and no colour explains that; it takes an eye.
# In the shallow stages a name is easily found, edges of one direction or one colour; in the middle ones, spots and stripes.
# For most maps of the deep stages we found no word; chapter 2 asks them.
# </details>


# %% fold=true
# One map, and where in the photo it says yes, under two sliders
def one_map(layer, rank):
    """The map of that rank in a layer, alone and over the photo."""
    channel = strongest(layer)[rank - 1]
    answer = features[layer][0, channel] / features[layer][0, channel].max()
    mask = nn.functional.interpolate(answer[None, None], cat.shape[2:], mode="bilinear")
    titles = [f"{layer}, channel {channel}", "where it says yes"]
    shown = figures.pictures(
        [answer, cat * (0.15 + 0.85 * mask)],
        titles,
        smooth=False,
        columns=2,
        alt=f"Map {channel} of {layer}, and the photo lit up by it",
    )
    row, column = divmod(answer.argmax().item(), answer.shape[1])
    step = 2 ** (int(layer[4]) - 1)
    where = f"column {column * step}, row {row * step}"
    label = f"loudest around {where}; mean answer, in thousands"
    return shown, label, features[layer][0, channel].mean() / 1000


explore(one_map, layer=RELUS, rank=(1, 64))

# %% test=true
# The map of rank 64 answers at least a third as strongly as the first
walk = explore(one_map, layer=RELUS, rank=(1, 64))
first, last = (walk.set(layer="relu4_1", rank=rank).number for rank in (1, 64))
assert last > first / 3

# %% [markdown]
# ### Turned, blurred, recoloured
#
# What does a layer hold on to when the picture changes? We compare not *where* a channel answers but *how much in all*:
# the mean of each channel over the picture, a list of $N_l$ numbers. How similar are the lists of the photo and of its
# variants? We take the cosine of the angle between them; 1 is "the same". (Answers are never negative, so no two pictures are
# entirely unlike: compare within a column, with the numbers that two other photos have there.) Predict: which layer minds which
# change most?

# %% fold=true
# Your guess
minds_colours = guess(
    "Which layer minds it most when the colours are exchanged?",
    ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
)
minds_colours

# %% fold=true
# Your guess
minds_turning = guess(
    "And which when the cat hangs upside down?",
    ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
)
minds_turning


# %%
def profile(image, layer):
    """The mean answer of each channel: [N]."""
    return vgg(image, [layer])[layer].mean((0, 2, 3))


# %% fold=true
# The photo, six variants of it, and two other photos
LAYERS = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
square = cat[:, :, :, 30:179]
variants = {
    "mirrored": square.flip(3),
    "upside down": square.rot90(2, (2, 3)),
    "a quarter turn": square.rot90(1, (2, 3)),
    "blurred": nn.functional.avg_pool2d(
        square, 7, stride=1, padding=3, count_include_pad=False
    ),
    "colours exchanged": square[:, [2, 0, 1]],
    "without colour": square.mean(1, keepdim=True).expand(-1, 3, -1, -1),
    "a cup of coffee": gallery.photo("coffee", size=224)[:, :, :, 30:179],
    "a rocket": gallery.photo("rocket", size=224)[:, :, :, 30:179],
}
figures.pictures(
    [square, *variants.values()],
    ["the photo", *variants],
    columns=3,
    alt="The cat; mirrored, upside down, on its side, blurred, in exchanged colours, "
    "in grey; a cup of coffee; and a rocket at night",
)

# %% fold=true
# How similar the lists are, layer by layer
similarity = torch.tensor(
    [
        [
            nn.functional.cosine_similarity(
                profile(image, layer), profile(square, layer), dim=0
            )
            for layer in LAYERS
        ]
        for image in variants.values()
    ]
)
colours, grey, coffee = similarity[4], similarity[5], similarity[6]
minds_colours.beside(LAYERS[similarity[4].argmin()])
minds_turning.beside(LAYERS[similarity[1].argmin()])
figures.matrix(
    similarity,
    list(variants),
    LAYERS,
    title="similarity of the channels' mean answers, 1 is the same",
    logarithmic=False,
    alt="A grid of numbers: mirrored, upside down and turned are at 1 up to relu4_1, "
    "and about 0.9 or more in relu5_1; exchanged colours are at 0.2 in relu1_1 and "
    "near 0.9 behind; the cup falls from 0.97 to 0.54, the rocket is at 0.3 at first, "
    "at 0.8 in the middle and at 0.4 at the end",
)

# %% test=true
# What is forgotten, and what is not
assert (
    similarity[:3, :4].min() > 0.97
    and colours[0] < 0.3
    and coffee[0] > grey[0]
    and similarity[6:, 4].max() < similarity[:6, 4].min() - 0.2
    and colours[1:4].max() < coffee[1:4].max()
)

# %% [markdown]
# Read the rows, and compare each with the last two, which are other photos. **Mirrored**, **upside down**, **turned**: up to
# relu4_1 nothing is lost. The mean over all places has forgotten *where* things were, and filters come in all directions.
# Only relu5_1 minds that a cat should hang upside down. **Blurred**: relu1_1 hardly minds, for the colours are still there;
# from relu2_1 to relu4_1 it costs as much as another photo would, since these layers look for fine edges. **Colours
# exchanged**: relu1_1 finds little in common any more, since many of its filters ask for a colour. But even as far as relu4_1,
# the cat in other colours is no more like the cat than a cup of coffee in the same browns is. **Without colour** is milder, but
# in relu1_1 the coffee is *more like the cat* than the grey cat is. Only relu5_1 says of every cat that it is a cat, and of the
# other two that they are not.
#
# Keep this table in mind. **Means of channels forget where things are. What they remember depends on the layer**: colours in
# the first, fine marks in the middle, things in the last. In chapter 4 they, and their products, become *style*.

# %% [markdown] open="overwritten" points=2
# ## In your own words
#
# A program runs on torchvision's VGG-19 as it comes, with `ReLU(inplace=True)`, and keeps the maps of "conv4_2" without a
# copy. It compares two pictures by the squared difference of these maps. **Which differences between the two pictures can
# it not see, although the true conv4_2 would show them? Why does nobody get an error, and with which one line would you
# find out?** Three to five sentences.
#
# ### BEGIN MARKING SCHEME
# - 1 point: it holds relu4_2; wherever both answers are negative it sees 0 and 0, however far they were apart.
# - 1 point: shapes and types are right and the numbers plausible, so nothing stops; a conv layer without negative values
#   (`maps.min() >= 0`) gives it away. (Half a point for each half.)
#
# A model answer: *The ReLU has written its result over the maps, so the program compares relu4_2. Where a filter answers
# -3 to the one picture and -1 to the other, both have become 0, and the difference is gone; only what lies above zero
# counts. A ReLU changes neither shape nor type, so torch has no reason to complain, and the pictures come out nearly as
# they should. `print(maps.min())` tells: a convolution answers below zero somewhere, and here nothing does.*
# ### END MARKING SCHEME

# %% [markdown]
# ## What you should have seen
#
# - A table that becomes a network, and Oxford's numbers in it: your features equal the course's.
# - Squares of 3, 10, 24, 68 and 156 pixels: what a feature of each stage can see; and gradients that fill just these
#   squares.
# - `conv1_1` without a negative value: the trap of the in-place ReLU.
# - Maps that become smaller and, towards the end, mostly silent; and that the mean of a map forgets where things are.
#
# ## Questionnaire
#
# 1. Why three layers of 3 x 3 rather than one of 7 x 7? Give two reasons.
# 2. A photo of 300 x 200 pixels goes through VGG-19. What shape does relu4_2 have? And pool5?
# 3. You find "layers 0, 5, 10, 19, 28" in a program. Which names do they have in torchvision's VGG-19? How would you
#    find out whether they are conv or relu?
# 4. The receptive field of relu5_1 is 156 pixels. What does that mean for a photo of 128 pixels?
# 5. Why does it not matter for style transfer that we left out six of seven parameters?
#
# <details><summary>Answers, once you have your own</summary>
#
# 1. Two more ReLUs stand between them, so they can say more; and they have $27\,C^2$ weights in place of $49\,C^2$.
#    What they see is the same 7 x 7 pixels.
# 2. Three poolings halve and round down: 300, 150, 75, 37 and 200, 100, 50, 25, so relu4_2 is [1, 512, 25, 37]. Two
#    more of them: pool5 is [1, 512, 6, 9].
# 3. conv1_1, conv2_1, conv3_1, conv4_1, conv5_1. But the ReLUs after them work in place: kept without a copy, they
#    hold relu1_1 ... relu5_1. The smallest value tells: a convolution has negative ones.
# 4. A number sees 78 pixels to each side of its centre. The four in the middle of the 8 x 8 places see the whole photo and
#    some of the padding; one in a corner sees 86 x 86 pixels of the photo, less than half, and for the rest padding. So what
#    lies around the picture has a say at every place. But the numbers still differ from place to place: chapter 3 gets the
#    arrangement of a photo back from this layer.
# 5. They belong to the classifier, which turns the last maps into names. We compare maps and need no names; and without it the
#    picture may have any size.
#
# </details>
#
# ## References
#
# - K. Simonyan, A. Zisserman, *Very Deep Convolutional Networks for Large-Scale Image Recognition*,
#   [arXiv:1409.1556](https://arxiv.org/abs/1409.1556).
# - M. D. Zeiler, R. Fergus, *Visualizing and Understanding Convolutional Networks*,
#   [arXiv:1311.2901](https://arxiv.org/abs/1311.2901).
# - W. Luo et al., *Understanding the Effective Receptive Field in Deep Convolutional Neural Networks*,
#   [arXiv:1701.04128](https://arxiv.org/abs/1701.04128).
# - O. Russakovsky et al., *ImageNet Large Scale Visual Recognition Challenge*,
#   [arXiv:1409.0575](https://arxiv.org/abs/1409.0575).
