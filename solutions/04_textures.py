# ---
# jupyter:
#   course:
#     title: Textures
#     objectives:
#       - Describe a texture by what fires together, and write down the distance of two textures and its gradient.
#       - Paint textures from noise with statistics of your own making, one stage of the network at a time.
#       - Tell the statistics apart, means, Gram matrix, covariance, histogram, and know what none of them sees.
#     minutes: 120
#     points: 24
#     open_points: 2
#     seconds: 180
#     memory_mb: 1600
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
# # 4 · Textures
#
# A wall of bricks is a wall of bricks, whichever part of it you photograph. No brick has to be *there*; what matters is
# that there are joints, that they run straight, that they meet at right angles, again and again. A **texture** is what
# stays when places are forgotten.
#
# In chapter 3 the features of a layer, each in its place, led us back to a photo. Now we take the places away. Of each
# layer we keep a table that says which features fire *together*, wherever, and ask an optimiser for a picture with the
# same table.
#
# **At the end** you have written that table, the Gram matrix, and the distance of two textures; your own functions have
# painted walls and stained glass from noise; and you know which statistics are contained in which, and what none of
# them sees.
#
# *120 minutes · 24 points, and 2 in words · three minutes of computing on two cores · no downloads. It stands on chapters 1 and 3.*

# %%
from functools import cache

import torch

from course import check, classical, figures, gallery, losses
from course.classical.pyramids import RandomPyramid
from course.images import fit, white_noise
from course.measure import likeness
from course.nets.weights import vgg19
from course.objectives import RANGE, Objective, Term, in_range, style
from course.synthesis import Stage, paint
from course.widgets import explore, guess

SIZE = 112
STAGES = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
net = vgg19(pooling="avg", padding="replicate")


# %% fold=true
# Four textures of 112 pixels: two photos, two styles
def cut(picture, side, row=0, column=0):
    """A square out of a picture, `side` pixels wide, brought to SIZE."""
    return fit(picture[:, :, row : row + side, column : column + side], SIZE, SIZE)


TEXTURES = {
    "brick": cut(gallery.texture("brick"), 256),
    "gravel": cut(gallery.texture("gravel"), 192),
    "fans": cut(gallery.style("fans"), 640),
    "stained glass": cut(gallery.style("stained_glass"), 640),
}
figures.pictures(
    list(TEXTURES.values()),
    list(TEXTURES),
    alt="A wall of upright grey bricks, grey gravel, a pattern of coloured fans, and "
    "a tree and a sun in stained glass",
)

# %% [markdown]
# The first two are photos, the others are styles of this course. To us all of them are textures: we want *more of the
# same*, not the same.
#
# ## 1 · Before networks
#
# What must two pictures have in common to be the same texture? Béla Julesz asked this in 1962, and proposed an answer
# to be tested: **the same statistics**, of single pixels and of pairs. (In the seventies he found, with colleagues,
# pairs of textures that agree in both and that anybody can tell apart, and gave that answer up. The question stayed.)
# Whoever names the right ones can make the texture: take noise, and force the statistics on it. Four attempts, from the
# simplest on:
#
# - **mean and deviation** of each colour;
# - **all pixels**, shuffled: every histogram of single pixels is kept, of all colours together;
# - **all waves**, each moved to a random place: the power spectrum, which is the same knowledge as all correlations of
#   two pixels;
# - **quilting**: no statistic at all, but patches of the texture itself, sewn together where it shows least.

# %% fold=true
# Bricks and fans, and what the four methods make of them
METHODS = {
    "mean and deviation": classical.matched_moments,
    "pixels shuffled": classical.shuffled,
    "waves moved": classical.random_phase,
    "quilted": classical.quilted,
}
rows = [
    [TEXTURES[name], *(method(TEXTURES[name]) for method in METHODS.values())]
    for name in ("brick", "fans")
]
figures.pictures(
    [*rows[0], *rows[1]],
    ["the texture", *METHODS, *[""] * 5],
    columns=5,
    alt="Bricks and fans, and what four methods make of each: coloured noise; noise "
    "in the right colours; soft cloudy stripes; and a quilt in which whole bricks and "
    "fans are to be seen, with a few seams",
)

# %% [markdown]
# What is the same as in the texture, number by number? And is it copied: how many of the patches of 8 x 8 pixels stand
# somewhere in the texture?


# %% fold=true
# What each method keeps of the fans, number by number
def same(first, second):
    """Whether two tensors agree to a thousandth of the larger."""
    return bool((first - second).abs().max() < 1e-3 * second.abs().max())


def kept_by(made, texture):
    """Moments, colours and spectrum: the same as in the texture? And is more than a
    quarter of it copied?
    """
    moments, waves = (
        losses.mean_std,
        lambda picture: torch.fft.fft2(
            picture - picture.mean((2, 3), keepdim=True)
        ).abs(),
    )
    colours = [picture.flatten(2).sort(2).values for picture in (made, texture)]
    yes = [
        same(moments(made), moments(texture)),
        same(*colours),
        same(waves(made), waves(texture)),
    ]
    return [*yes, likeness.copied(made, texture) > 0.25]


print(f"{'':20} moments  histogram  spectrum  copied")
for name, method in METHODS.items():
    answers = kept_by(method(TEXTURES["fans"]), TEXTURES["fans"])
    print(
        f"{name:20}" + "".join(f"{'yes' if answer else 'no':>9}" for answer in answers)
    )

# %% [markdown]
# The waves come nearest among the statistics: they know how coarse the fans are, and that they lie in rows. They do not
# know that a fan *ends*, for an edge is made of many waves that meet at one place, and the meeting is what was lost.
# The quilt keeps none of the numbers exactly, and has whole fans: it has copied them.
#
# So did the field go on, in two lines. **Statistics**: Heeger and Bergen (1995) matched the histograms of filter
# responses at several sizes and directions; Portilla and Simoncelli (2000) added how the responses *go together*,
# across sizes, directions and neighbouring places, about 700 numbers chosen by hand. **Copying**: Efros and Leung
# (1999) let a texture grow pixel by pixel, each looked up where its surroundings look the same; Efros and Freeman
# (2001) did it patch by patch, our quilt; and Hertzmann's image analogies (2001) copied from a *pair* of pictures,
# photo and painting, to paint another photo.
#
# In 2015 Gatys, Ecker and Bethge took up the first line. Their statistic is simpler than Portilla and Simoncelli's.
# What is new are the filters: those of a network that has learnt to see.

# %% [markdown]
# ## 2 · The Gram matrix
#
# $F^l \in \mathbb{R}^{N_l \times M_l}$ holds the features of layer $l$, a row for each filter, a column for each place.
# The **Gram matrix** is
#
# $$G^l_{ij} = \sum_k F^l_{ik} F^l_{jk}$$
#
# Take filter $i$ and filter $j$, multiply what they say at the same place $k$, and add up over all places. $G_{ij}$ is
# large where both are strong at the same places, and zero if one is silent wherever the other speaks. In matrices:
# $G = F F^\top$.

# %% fold=true
# One filter, and a second one: together with it, and apart from it
first, together, apart = torch.zeros(3, 8, 8)
first[:4, :4] = together[:4, :4] = apart[4:, 4:] = 1
figures.pictures(
    [first, together, apart],
    ["filter 1", "filter 2, together", "filter 2, apart"],
    columns=6,
    smooth=False,
    alt="Three maps of 8 x 8: filter 1 fires in the upper left quarter; together: the "
    "same quarter; apart: the lower right",
)

# %% [markdown]
# Filter 2 fires equally often in both cases; its mean, its deviation, its histogram are the same. Only its *company* is
# another. Predict the entry $G_{12}$ for
# each case: filter 1 with filter 2.

# %% fold=true
# Your guess
when_together = guess("G_12, if filter 2 fires together with filter 1?")
when_together

# %% fold=true
# Your guess
when_apart = guess("And if it fires apart from it?")
when_apart

# %% [markdown]
# > **Exercise 1 · `gram`**<br>
# > difficulty ●●○○○ · importance ●●●●● · 10 minutes · 4 points<br>
# > *At the end you have* what this whole field stands on.


# %% exercise="gram"
def gram(F):
    """Equation 3: G_ij = sum_k F_ik F_jk over places k; [B, N, H, W] -> [B, N, N]."""
    ### BEGIN SOLUTION
    rows = F.flatten(2)
    return rows @ rows.transpose(1, 2)
    ### END SOLUTION


# %% [markdown]
# <details><summary>My matrix is as large as the picture</summary>
#
# You have multiplied places by places. It should be filters by filters: [N, M] times [M, N] is [N, N].
# </details>
#
# <details><summary>view size is not compatible</summary>
#
# `view` never copies, and the network's maps do not lie in memory in the order that it needs. `flatten(2)` and `reshape`
# copy if they must.
# </details>
#
# <details><summary>It is right for one picture and wrong for two</summary>
#
# Each picture of the batch has a matrix of its own. `.T` turns all axes; `.transpose(1, 2)` leaves the first alone.
# </details>
#
# <details><summary>The check says that it is divided</summary>
#
# Many programs divide by M or by N M. The paper's $G$ is a bare sum; the dividing comes in the next section.
# </details>
#
# <details><summary>Show me the way</summary>
#
# `F.flatten(2)` is [B, N, M]; `@` multiplies matrices, picture by picture. Or go on with ours, for no points:
# `gram = check.borrow("gram")`.
# </details>

# %% check="gram" points=2
check.gram(gram)

# %% hidden="gram" points=2
### BEGIN HIDDEN TESTS
import torch

check.gram(gram)

F = torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]], [[[0.0, 1.0]], [[-1.0, 2.0]]]])
assert torch.allclose(
    gram(F), torch.tensor([[[5.0, 3.0], [3.0, 9.0]], [[1.0, 2.0], [2.0, 5.0]]])
)
### END HIDDEN TESTS

# %% fold=true
# The four numbers of G in both cases
cases = {"together": together, "apart": apart}
tables = {name: gram(torch.stack([first, one])[None])[0] for name, one in cases.items()}
when_together.beside(tables["together"][0, 1].item())
when_apart.beside(tables["apart"][0, 1].item())
for name, G in tables.items():
    print(f"{name}:", G.tolist())

# %% [markdown]
# The diagonal says how strongly each filter fires. The entries beside it say which filters fire together: call that its
# *company*.
#
# What does $G$ forget? A sum does not know the order of what was added. We take the feature maps of the bricks, and
# deal out their *places* anew, the same for all maps:

# %%
order = torch.randperm(SIZE * SIZE, generator=torch.Generator().manual_seed(0))


def dealt(F):
    """The same columns of F in another order: what was said at one place is still said
    at one place.
    """
    return F.flatten(2)[:, :, order].view_as(F)


F = net(TEXTURES["brick"], ["relu1_1"])["relu1_1"]
print(
    "the Gram matrix is the same:", torch.allclose(gram(dealt(F)), gram(F), rtol=1e-3)
)

# %% fold=true
# One map of the wall, and the same with its places dealt anew
figures.pictures(
    [F[0, 7], dealt(F)[0, 7]],
    ["map 7 of relu1_1", "its places dealt anew"],
    columns=4,
    alt="A map that shows the joints of the wall, and beside it noise of the same "
    "brightness",
)

# %% [markdown]
# **A Gram matrix forgets places and keeps company.** (Whether the *features* know places is another question. It comes back
# in section 4, with a surprise.) The noise on the right has the same $G$ as the wall; but no *picture* has
# these feature maps, for the maps of a real picture hang together: each filter looks at $3 \times 3$ pixels, and deeper
# ones at more. So the matrices of *several layers* together hold a picture quite well. How well? We shuffle the texture
# itself, tile by tile. Within a tile everything stays; at its borders something new arises.
#
# **A question with two sliders.** Predict for small tiles and for large ones. Then move, and read the
# number: $|G - A|^2 / |A|^2$.

# %% fold=true
# Your guess
small_tiles = guess(
    "Tiles of 7 pixels: which layer finds its Gram matrix changed more?",
    ["relu1_1", "relu4_1", "both alike"],
)
small_tiles

# %% fold=true
# Your guess
large_tiles = guess(
    "And with tiles of 56?", ["relu1_1", "relu4_1", "both hardly at all"]
)
large_tiles


# %% fold=true
# The fans in shuffled tiles and two Gram matrices, under two sliders
def tiles_shuffled(picture, side):
    """The picture, cut into square tiles that are laid out anew in random order."""
    tiles = torch.nn.functional.unfold(picture, side, stride=side)
    order = torch.randperm(tiles.shape[2], generator=torch.Generator().manual_seed(1))
    return torch.nn.functional.fold(
        tiles[:, :, order], picture.shape[2:], side, stride=side
    )


def one_shuffle(tile, layer):
    """The shuffled texture, a part of its Gram matrix and of the texture's, and how far
    they are apart.
    """
    shuffled = tiles_shuffled(TEXTURES["fans"], tile)
    A, G = (
        gram(net(picture, [layer])[layer]) for picture in (TEXTURES["fans"], shuffled)
    )
    images = [shuffled, *(matrix[0, :48, :48].clamp_min(0).sqrt() for matrix in (A, G))]
    tiles = f"The fans in shuffled tiles of {tile} pixels"
    alt = f"{tiles}, and two squares of light and dark, their Gram matrices in {layer}"
    figure = figures.pictures(
        images,
        [f"tiles of {tile}", "the texture's G, its root", "now"],
        smooth=False,
        alt=alt,
    )
    return figure, "relative distance", losses.relative_distance(G, A).item()


explore(one_shuffle, tile=[2, 7, 14, 28, 56], layer=STAGES)

# %% fold=true
# What tiles of 7 and of 56 pixels do to the two layers
slider = explore(one_shuffle, tile=[2, 7, 14, 28, 56], layer=STAGES)
shallow, deep = (slider.set(tile=7, layer=one).number for one in ("relu1_1", "relu4_1"))
large = slider.set(tile=56, layer="relu4_1").number
small_tiles.beside("relu4_1" if deep > shallow else "relu1_1")
large_tiles.beside("both hardly at all")
print("tiles of 7: relu4_1 minds more than ten times as much:", deep > 10 * shallow)

# %% test=true
# Small tiles disturb the deep layer, large ones neither
assert deep > 10 * shallow and large < deep / 5

# %% [markdown]
# A small tile is a world to relu1_1, and a crumb to relu4_1, whose filters see 68 pixels. Large tiles disturb neither:
# you would say yourself that it is still the same pattern. What a layer calls "place" depends on how far it sees.

# %% [markdown]
# ## 3 · The distance of two textures
#
# Let $A^l$ be the Gram matrix of the texture, $G^l$ that of the picture that we are making. Equation 4 of the CVPR
# paper:
#
# $$E_l = \frac{1}{4 N_l^2 M_l^2} \sum_{i,j} \left(G^l_{ij} - A^l_{ij}\right)^2$$
#
# Again a squared distance, of matrices now. $G$ grows with the number of places, $M_l$: dividing by $M_l^2$ makes small
# pictures and large ones comparable. $N_l^2$ is the number of entries of $G$. And the 4 will cancel, you shall see
# where.

# %% [markdown]
# > **Exercise 2 · `style_layer_loss`**<br>
# > difficulty ●●○○○ · importance ●●●●● · 8 minutes · 4 points<br>
# > *At the end you have* the distance of two textures in the eyes of one layer.


# %% exercise="style_layer_loss"
def style_layer_loss(F, A):
    """Equation 4: E_l for feature maps F [B, N, H, W] and a Gram matrix A [B, N, N];
    one number, summed over B.
    """
    ### BEGIN SOLUTION
    N, M = F.shape[1], F.shape[2] * F.shape[3]
    return ((gram(F) - A) ** 2).sum() / (4 * N**2 * M**2)
    ### END SOLUTION


# %% [markdown]
# <details><summary>It says something about gram of gram</summary>
#
# `A` comes as a Gram matrix already. Only `F` is a set of feature maps.
# </details>
#
# <details><summary>My number is tiny, or huge</summary>
#
# Both are squared: $N^2$ and $M^2$. N is the number of maps, M the number of places, height times width. None of them is
# the size of the batch.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Read off N and M from `F.shape`; `gram(F) - A`, squared, summed, divided. Or go on with ours, for no points:
# `style_layer_loss = check.borrow("style_layer_loss")`.
# </details>

# %% check="style_layer_loss" points=2
check.style_layer_loss(style_layer_loss)

# %% hidden="style_layer_loss" points=2
### BEGIN HIDDEN TESTS
import torch

check.style_layer_loss(style_layer_loss)

F = torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]]])
assert (
    abs(float(style_layer_loss(F, torch.zeros(1, 2, 2))) - (25 + 9 + 9 + 81) / 64)
    < 1e-5
)
assert (
    abs(float(style_layer_loss(F, torch.tensor([[[5.0, 3.0], [3.0, 1.0]]])) - 1.0))
    < 1e-5
)
### END HIDDEN TESTS

# %% [markdown]
# In chapter 3 a photo that was moved by four pixels was far from itself. We move the wall by forty (what leaves it on
# the right comes in on the left), mirror it, turn it, take another part of the same wall, and take gravel instead. Each
# $E_l$ is divided by that of an empty answer, $G = 0$, so that layers compare. Predict first: which
# are near, which are far?

# %% fold=true
# Your guess
farthest = guess(
    "Which of them is the farthest from the wall, over all layers?",
    ["moved by 40 px", "another part", "mirrored", "turned", "gravel"],
)
farthest


# %% fold=true
# The wall and five views
def another_view(name):
    """The texture, changed in ways that leave it the texture it is, and others that do
    not.
    """
    texture = TEXTURES[name]
    return {
        "moved by 40 px": texture.roll(40, dims=3),
        "another part": cut(gallery.texture(name), 256, 256, 200),
        "mirrored": texture.flip(3),
        "turned": texture.rot90(dims=(2, 3)),
        "gravel": TEXTURES["gravel"],
    }


wall, views = TEXTURES["brick"], another_view("brick")
figures.pictures(
    [wall, *views.values()],
    ["the wall", *views],
    alt="The wall; the same, its left and right part exchanged; larger bricks that "
    "lean the other way; the mirrored wall; bricks that lie instead of stand; gravel",
)


# %%
def texture_distance(picture, texture, layer):
    """E_l of two pictures of one size in one layer, as a share of that of an empty
    answer.
    """
    F, A = net(picture, [layer])[layer], gram(net(texture, [layer])[layer])
    return (style_layer_loss(F, A) / style_layer_loss(0 * F, A)).item()


# %% fold=true
# How far each view is from the wall, layer by layer
table = torch.tensor(
    [
        [texture_distance(view, wall, layer) for layer in STAGES]
        for view in views.values()
    ]
)
farthest.beside(list(views)[table.mean(1).argmax()])
figures.matrix(
    table,
    list(views),
    STAGES,
    title="E_l, as a share of that of an empty answer",
    alt="A grid of numbers that grow with depth: least for the moved wall, small for "
    "another part of it and the mirrored one, several times larger for the turned wall "
    "and for gravel",
)

# %% test=true
# Turned and gravel are far in every layer
assert (table[3:].amin(0) > 2.5 * table[:3].amax(0)).all() and table[0, :4].max() < 0.05

# %% [markdown]
# A moved wall is the same wall. Compare chapter 3, where four pixels were nearly the end of the world for relu1_1.
# Another part of the wall is not quite as near, for the bricks are larger there and lean the other way; the mirrored
# wall is about as near as that. *Turned* it is another texture, since filters have directions and $G$ keeps them; and
# gravel is one anyway. Deep layers are stricter: relu5_1 has 49 places here to sum over, and in so small a crowd every
# member matters.

# %% [markdown]
# ### Its gradient by hand
#
# $E_l$ depends on $F$ through $G = F F^\top$. The square brings a 2, and $F$ stands twice in $G$, which brings another
# 2: together the 4 of equation 4. What is left is equation 6 (which prints the second case as $F < 0$, like equation 2):
#
# $$\frac{\partial E_l}{\partial F^l_{ij}} = \begin{cases} \frac{1}{N_l^2 M_l^2} \left((F^l)^\top (G^l - A^l)\right)_{ji} &
# \text{if } F^l_{ij} > 0 \\ 0 & \text{if } F^l_{ij} = 0\end{cases}$$
#
# The gate is the one of chapter 3. Since $G - A$ is symmetric, the first line is simply $(G - A)\,F$, divided: at each
# place, whoever has too little company is asked to come along with the others, and whoever has too much, to leave.

# %% [markdown]
# > **Exercise 3 · `style_layer_gradient`**<br>
# > difficulty ●●●○○ · importance ●●●○○ · 12 minutes · 4 points<br>
# > *At the end you have* the first step of the way back from a texture, without autograd.


# %% exercise="style_layer_gradient"
def style_layer_gradient(F, A):
    """Equation 6: dE_l/dF for feature maps [B, N, H, W] that come out of a ReLU. No
    autograd.
    """
    ### BEGIN SOLUTION
    N, M = F.shape[1], F.shape[2] * F.shape[3]
    slope = (gram(F) - A) @ F.flatten(2) / (N**2 * M**2)
    return slope.view(F.shape) * (F > 0)
    ### END SOLUTION


# %% [markdown]
# <details><summary>The shapes do not fit</summary>
#
# $G - A$ is [B, N, N] and `F.flatten(2)` is [B, N, M]: multiply in this order, and you have [B, N, M]. Then lay the places
# out again: `.view(F.shape)`.
# </details>
#
# <details><summary>I have a factor too many</summary>
#
# Two factors of 2 meet the 4 below the bar. Neither 2, nor 4, nor their reciprocals are left.
# </details>
#
# <details><summary>It is right except where F is 0</summary>
#
# The gate: `(F > 0)` is 1 where the ReLU let something through and 0 elsewhere.
# </details>
#
# <details><summary>Show me the way</summary>
#
# `(gram(F) - A) @ F.flatten(2)`, divided by N² M², in the shape of F, times the gate. Or go on with ours, for no points:
# `style_layer_gradient = check.borrow("style_layer_gradient")`.
# </details>

# %% check="style_layer_gradient" points=2
check.style_layer_gradient(style_layer_gradient)

# %% hidden="style_layer_gradient" points=2
### BEGIN HIDDEN TESTS
import torch

check.style_layer_gradient(style_layer_gradient)

F, A = (
    torch.tensor([[[[1.0, 0.0]], [[3.0, 2.0]]]]),
    torch.tensor([[[0.0, 1.0], [1.0, 5.0]]]),
)
assert torch.allclose(
    style_layer_gradient(F, A), torch.tensor([[[[7 / 16, 0.0]], [[26 / 16, 1.0]]]])
)
### END HIDDEN TESTS

# %% [markdown]
# By hand against autograd, for pale noise and the bricks in relu3_1. autograd goes back through the ReLU:

# %%
PALE = 0.5 + 0.1 * (white_noise(SIZE, SIZE, seed=0) - 0.5)
before = net(PALE, ["conv3_1"])["conv3_1"].requires_grad_(True)
A = gram(net(wall, ["relu3_1"])["relu3_1"])
(by_autograd,) = torch.autograd.grad(style_layer_loss(before.relu(), A), before)
hand = style_layer_gradient(before.relu(), A).detach()
gap = ((hand - by_autograd).abs().max() / by_autograd.abs().max()).item()
close = torch.allclose(hand, by_autograd, rtol=1e-3, atol=1e-6)
print(f"approximate {close} | maxdiff below a thousandth: {gap < 1e-3}")

# %% [markdown]
# Then it can paint. Below nothing knows $E_l$: your gradient goes to the pixels, and Adam follows it. We start from
# **pale noise**, grey with a tenth of the full contrast; chapter 3 has shown that whatever a layer cannot see stays as
# it was at the start, and of white noise that is grain.


# %%
def by_hand(texture, layer="relu1_1", steps=100):
    """A picture whose Gram matrix in one layer approaches the texture's, led by
    `style_layer_gradient` alone.
    """
    A = gram(net(texture, [layer])[layer])
    image = PALE.clone().requires_grad_(True)
    optimiser = torch.optim.Adam([image], lr=0.02)
    for _ in range(steps):
        F = net(image, [layer])[layer]
        (image.grad,) = torch.autograd.grad(
            F, image, style_layer_gradient(F.detach(), A)
        )
        optimiser.step()
    return image.detach()


# %% fold=true
# Two textures, and what relu1_1 makes of them
painted = [by_hand(TEXTURES[name]) for name in ("stained glass", "fans")]
figures.pictures(
    [TEXTURES["stained glass"], painted[0], TEXTURES["fans"], painted[1]],
    ["the texture", "relu1_1, by hand"] * 2,
    alt="Stained glass and fans, and beside each small specks in about its colours "
    "with dark between them",
)

# %% test=true
# It has the texture's Gram matrix
assert texture_distance(painted[0], TEXTURES["stained glass"], "relu1_1") < 0.02

# %% [markdown]
# Colours, and specks of the size of a filter, $3 \times 3$ pixels: that is all that relu1_1 knows. It is time for the
# others.

# %% [markdown]
# ## 4 · One layer after another
#
# Equation 5: all layers together, each with a weight $w_l$.
#
# $$L_{style} = \sum_l w_l E_l$$

# %% [markdown]
# > **Exercise 4 · `texture_loss`**<br>
# > difficulty ●●○○○ · importance ●●●●○ · 8 minutes · 4 points<br>
# > *At the end you have* the loss that paints textures, and the other half of style transfer.


# %% exercise="texture_loss"
def texture_loss(features, targets, weights):
    """Equation 5: sum of w_l E_l. Dictionaries by layer: feature maps, Gram matrices,
    numbers. `targets` says which.
    """
    ### BEGIN SOLUTION
    return sum(
        weights[layer] * style_layer_loss(features[layer], A)
        for layer, A in targets.items()
    )
    ### END SOLUTION


# %% [markdown]
# <details><summary>KeyError: 'image'</summary>
#
# `features` has more layers than count; the picture itself is one of them. Walk through `targets.items()`.
# </details>
#
# <details><summary>Only one layer seems to count</summary>
#
# A `return` inside the loop ends it at the first layer; an `=` where `+=` belongs keeps only the last.
# </details>
#
# <details><summary>No gradient finds its way back</summary>
#
# Add tensors, not `float(...)` or `.item()`.
# </details>
#
# <details><summary>Show me the way</summary>
#
# `for layer, A in targets.items()`: add up `weights[layer] * style_layer_loss(features[layer], A)`. Or go on with ours,
# for no points: `texture_loss = check.borrow("texture_loss")`.
# </details>

# %% check="texture_loss" points=2
check.texture_loss(texture_loss)

# %% hidden="texture_loss" points=2
### BEGIN HIDDEN TESTS
import torch

check.texture_loss(texture_loss)

features = {
    "image": torch.ones(1, 3, 2, 2),
    "a": torch.tensor([[[[2.0]]]]),
    "b": torch.tensor([[[[1.0, 1.0]]]]),
}
targets = {"b": torch.tensor([[[0.0]]]), "a": torch.tensor([[[2.0]]])}
assert (
    abs(
        float(texture_loss(features, targets, {"a": 3.0, "b": 8.0}))
        - (3 * 4 / 4 + 8 * 4 / 16)
    )
    < 1e-5
)
### END HIDDEN TESTS

# %% [markdown]
# Which weights? The paper rescales its network until every filter fires with a mean of 1, and gives each layer the
# same. We leave the network as it is, where the $E_l$ of different layers lie powers of ten apart, and ask instead that
# each layer count the same *at the start*: $w_l$ is one over the $E_l$ of an empty answer. To the optimiser this
# matters. With equal weights one layer is nearly the whole loss, and the others wait for their turn; even on a rescaled
# network, where we tried it, L-BFGS was far from done after 100 steps.
#
# The painter is that of the course: your loss is its only term, beside a soft wall at 0 and 1.


# %%
def texture_of(picture, layers, network=net):
    """The loss of a texture, a function of features: `texture_loss` with weights for
    which an empty answer has loss 1.
    """
    maps = network(picture, layers)
    targets = {layer: gram(maps[layer]).detach() for layer in layers}
    empty = {
        layer: style_layer_loss(0 * maps[layer], A).item()
        for layer, A in targets.items()
    }
    weights = {layer: 1 / (len(layers) * empty[layer]) for layer in layers}
    return lambda features: texture_loss(features, targets, weights)


def from_noise(loss, layers, network=net, start=PALE, steps=60):
    """A picture for which loss(features) is small, and the losses on the way to it."""
    term = Term("texture", tuple(layers), lambda network, height, width: loss)
    objective = Objective(network, [term, in_range()], {"range": RANGE})
    painted = list(paint(objective, start, [Stage(SIZE, steps)]))
    return painted[-1].image, [step.losses["texture"] for step in painted]


# %% fold=true
# made(name, stages): a texture from noise, with the first so many stages, made once
@cache
def run_of(name, stages):
    """The texture of that name from pale noise, and the losses on the way to it."""
    layers = STAGES[:stages]
    return from_noise(texture_of(TEXTURES[name], layers), layers)


def made(name, stages):
    """The texture of that name, made with the first so many stages."""
    return run_of(name, stages)[0]


# %% [markdown]
# Now the experiment of figure 2 in the texture paper: one stage, two, three, four, all five. (Its layers are conv1_1
# and four poolings; ours are those of the style papers.) Predict how many each texture needs.

# %% fold=true
# Your guess
for_panes = guess(
    "How many stages until there are panes with lead around them?", unit="stages"
)
for_panes

# %% fold=true
# Your guess
for_bricks = guess("And how many until there are bricks?", unit="stages")
for_bricks

# %% fold=true
# Stained glass and bricks, from one stage to all five
for_panes.beside(2)
for_bricks.beside(2)
figures.pictures(
    [
        picture
        for name in ("stained glass", "brick")
        for picture in (TEXTURES[name], *(made(name, n) for n in range(1, 6)))
    ],
    ["the texture", "stage 1", *(f"stages 1-{n}" for n in range(2, 6)), *[""] * 6],
    alt="Two rows. Stained glass: specks; from two stages on panes with dark lines; "
    "with more of them larger parts, at last a sun and a tree. Bricks: short strokes "
    "with patches of blue; from two stages on bricks with crooked joints",
)

# %% test=true
# The loss has fallen to a twentieth each time
for name in ("stained glass", "brick"):
    for _, fallen in (run_of(name, n) for n in range(1, 6)):
        assert fallen[-1] < 0.05 * fallen[0]

# %% [markdown]
# Two stages are enough for panes and for bricks. What comes later is order: panes make a sun and a tree. (The wall of
# five stages is not the best one. Its loss needs more steps than our 60.) And look at the patches of blue in the first
# wall: grey *on average* is all that relu1_1 asks for.
#
# The same for six textures, larger and with more steps, as `tools/figures/sheets.py` paints them:
#
# ![Six rows, each a texture and what is made of it with one to five stages. Bricks, gravel, swirls, stained glass, fans
# and a woodcut begin as specks in the right colours. With each stage larger things come: strokes, cells, stones and
# bricks, at last spirals, panes around a sun, rows of fans, waves](../data/figures/textures.jpg)
#
# Stage by stage the elements grow, with what a filter can see: 3 pixels in relu1_1, 10 in relu2_1, 24 in relu3_1, 68 in
# relu4_1, more than this wall is wide in relu5_1. And nobody has told the network what a brick is.

# %% [markdown]
# ### Why is the sun on the right?
#
# Look once more at the stained glass of five stages, and at the texture that it was made from. The tree stands on the left,
# the sun on the right, the river runs below: where they are in the painting. How can that be, if a sum over all places
# has forgotten the places?
#
# We paint from two noises, and each twice. First with our network. Then with one whose maps are padded in a *circle*: to the
# right of the last column comes the first one again, and below the last row the first. That picture has no border, so no
# feature can know where it is. Above each picture: how alike its layout is to the painting's, 1 if colours lie as they do
# there, 0 if they lie anywhere. Predict what the second noise does.

# %% fold=true
# Your guess
other_noise = guess(
    "From another noise, where will the sun stand with our network?",
    ["on the right again", "somewhere else"],
)
other_noise

# %% fold=true
# Two noises, each as our network sees it and as the circle does
circle = vgg19(pooling="avg", padding="circular")


def layout(picture):
    """Which colour is where, in 7 x 7 large squares, compared with the mean colour."""
    squares = torch.nn.functional.adaptive_avg_pool2d(picture, 7)
    return (squares - squares.mean((2, 3), keepdim=True)).flatten()


@cache
def from_seed(seed, network):
    """Stained glass with all stages, from this noise and as this network sees it."""
    start = 0.5 + 0.1 * (white_noise(SIZE, SIZE, seed=seed) - 0.5)
    return from_noise(
        texture_of(TEXTURES["stained glass"], STAGES, network), STAGES, network, start
    )[0]


glass = TEXTURES["stained glass"]
fours = {
    "padded": [made("stained glass", 5), from_seed(1, net)],
    "a circle": [from_seed(seed, circle) for seed in (0, 1)],
}
alike = {
    name: [
        torch.cosine_similarity(layout(picture), layout(glass), dim=0).item()
        for picture in pictures
    ]
    for name, pictures in fours.items()
}
other_noise.beside("on the right again")
figures.pictures(
    [glass, *fours["padded"], glass, *fours["a circle"]],
    [
        title
        for name, ones in alike.items()
        for title in ("the painting", *(f"{name}: {one:.1f}" for one in ones))
    ],
    columns=3,
    alt="Two rows, each the painting and two textures. With the padded network tree, "
    "sun and river are where the painting has them, from both noises. In the circle "
    "there are a tree, a sun and a river as well, but in other places",
)

# %% test=true
# The padded network brings the layout back, the circle does not
assert min(alike["padded"]) > 0.2 > max(alike["a circle"]) + 0.1

# %% [markdown]
# From both noises the sun comes out on the right. In the circle there is a sun, too, and a tree and a river, but chance decides where they
# stand. So it is not the Gram matrix that remembers the layout. It is the *features*. What lies around the picture is an
# edge like any other, every layer sees it, and from layer to layer the news travels inwards: relu5_1 sees 156 pixels, more
# than the whole picture. A deep filter can say "a sun, not far from the upper right corner", and a sum over places keeps that.
#
# What a Gram matrix describes well is a picture that is alike in all its parts. Such a texture is called **stationary**. The wall is
# one, nearly; a landscape in stained glass is not, and what is left of its layout came in through the border.

# %% [markdown]
# **Why `detach`?** (A reader's question.) Not because the network does not learn: because $A$ is a *constant*, the
# answer to a picture that does not change. Left in the graph, it would be part of the way that the gradient goes back,
# and after the first step that way is gone. Our network is frozen, so its answers have no graph; torch's own layers
# come with weights that ask for gradients:


# %%
def two_steps(target):
    """Whether a second step works, if the target is prepared like this."""
    eye = torch.nn.Conv2d(3, 8, 3)
    image = PALE.clone().requires_grad_(True)
    A = target(gram(eye(wall)))
    for _ in range(2):
        loss = style_layer_loss(eye(image), A)
        try:
            loss.backward()
        except RuntimeError:  # "Trying to backward through the graph a second time"
            return "no: after the first step the way back through the target is gone"
    return "yes"


print("as it is:", two_steps(lambda A: A))
print("detached:", two_steps(lambda A: A.detach()))

# %% [markdown]
# **What does the company matter?** Let us force an odd statistic: $G$ with zeros beside the diagonal. Every filter
# fires as strongly as it should, and none knows of the others. The check sees it at once; the painter does what it is
# told.


# %%
def loners(F):
    """The Gram matrix without company."""
    return gram(F) * torch.eye(F.shape[1])


try:
    check.gram(loners)
except check.CheckFailed as failure:
    print("the check says:", failure.mistake)


# %% fold=true
# Two textures, each with company and without
@cache
def forced(name, statistic, stages=2):
    """A texture made with any statistic [B, N, H, W] -> [B, ...]."""
    term = style(TEXTURES[name], STAGES[:stages], statistic=statistic)
    objective = Objective(net, [term, in_range()], {"range": RANGE})
    return list(paint(objective, PALE, [Stage(SIZE, 40)]))[-1].image


pairs = [
    (name, statistic)
    for name in ("stained glass", "fans")
    for statistic in (gram, loners)
]
alone, company = (
    texture_distance(forced("fans", s), TEXTURES["fans"], "relu2_1")
    for s in (loners, gram)
)
figures.pictures(
    [forced(*pair) for pair in pairs],
    ["with company", "without"] * 2,
    alt="Stained glass and fans from two stages, each with and without company: "
    "without it colours run across the dark lines of the glass, and instead of "
    "overlapping arcs there are short wavy strokes",
)

# %% test=true
# Without company the Gram matrix is missed
assert alone > 5 * company

# %% [markdown]
# Two stages are enough to see it. A filter for orange and one for a dark line, each as strong as in the texture, need
# not meet at the rim of a pane any more: colours run across the lead, arcs fall to pieces. Statistics of single filters
# know the ingredients; the company is the recipe.

# %% [markdown]
# ## 5 · Must the filters be trained?
#
# **Why are the kernels not trained here?** (A reader's question.) In this chapter the parameters are the *pixels*; the
# network was trained once, by others, on 1.2 million photos with a thousand names, and is only the eye. But does it
# need to have seen anything? Let us lend the painter eyes that have not. All weights are dice:
#
# - **VGG-19 with random weights**, all five stages;
# - **one layer**, 32 random filters of 7 x 7 pixels and a ReLU, as Ustyuzhaninov et al. did (with larger filters as
#   well);
# - **the same layer on a pyramid**: the picture, half as large, a quarter ..., five levels.
#
# Predict which does best on the wall.

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
    return from_noise(texture_of(TEXTURES[name], layers, network), layers, network)[0]


def trained_and_not(name):
    """The texture made with trained eyes, and with each of the others."""
    return {"trained": made(name, 5), **{eyes: unseen(name, eyes) for eyes in RANDOM}}


# %% fold=true
# Bricks and stained glass, and four attempts at each
both = {name: trained_and_not(name) for name in ("brick", "stained glass")}
wall_by = {
    eyes: likeness.energy_distance(both["brick"][eyes], TEXTURES["brick"])
    for eyes in RANDOM
}
best_dice.beside(min(wall_by, key=wall_by.get))
figures.pictures(
    [
        picture
        for name, painted in both.items()
        for picture in (TEXTURES[name], *painted.values())
    ],
    ["the texture", *both["brick"], *[""] * 5],
    columns=5,
    alt="Bricks and stained glass, and four attempts at each. Trained: bricks with "
    "joints all around, panes with lead. Random VGG: light strokes upright and across "
    "that rarely meet, coloured crumbs. One layer: blurred strokes, clouds of colour. "
    "Pyramid: long faint strokes, larger clouds",
)

# %% test=true
# Trained eyes are nearer in energies
seen = [
    likeness.energy_distance(both["stained glass"][eyes], TEXTURES["stained glass"])
    for eyes in ("trained", "random VGG")
]
assert seen[0] < 0.7 * seen[1]

# %% [markdown]
# All of them have understood something: colours, directions, how coarse it is, and that it is the same everywhere.
# On the wall the random VGG is the nearest of the three, in energies, which section 7 explains.
# Filters that have seen nothing are not blind, as long as a ReLU stands behind them (leave it out, with
# `RandomPyramid(rectified=False)`, and look). From the pyramid we get the large areas of colour, from one layer only
# what fits into 7 x 7 pixels. But joints that *go on*, corners, closed panes: these only the trained eyes give.
#
# There is no sharp border between trained and random. Ustyuzhaninov et al. (2016) got good textures from one random
# layer with filters of many sizes; He et al. (2016) transferred style with random deep networks; and Asano et al.
# (2020) taught the first layers of a network with a *single* picture, turned and cropped a million times. The network
# of this course is Oxford's VGG-19, trained on ImageNet in the ordinary way.
#
# ## 6 · Other statistics
#
# The Gram matrix is one statistic of many. What others are there, and do they contain one another? The simplest that a
# layer offers are two numbers for each filter: mean and deviation. For filter $i$ let $\mu_i(F)$ be the mean over all
# places and $\sigma_i(F)$ the deviation, dividing by $M$ rather than $M - 1$:
#
# $$L = \frac{1}{N} \sum_i \left(\mu_i(F) - \mu_i(S)\right)^2 + \left(\sigma_i(F) - \sigma_i(S)\right)^2$$
#
# Li et al. (2017) paint with it, and in chapter 8 it will make style transfer fast.

# %% [markdown]
# > **Exercise 5 · `mean_std_loss`**<br>
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
# **Are covariance, Gram matrix and histogram contained in one another?** (A reader's question.) For each case one pair
# of clouds settles it, equal in the one statistic and different in the other. Two filters are enough; each place is
# then a point in the plane.


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
# Read the zeros. *Moved*: the covariance is the same, Gram is not. *Flipped*: Gram is the same, for
# $(-x)(-x)^\top = x x^\top$, the covariance is not. *Mirrored*: the histograms agree, Gram and covariance do not. *Ring
# and square*: the other way round. So **none of the three contains another.** What does hold: the covariance *and* the
# means together give the Gram matrix; each histogram gives that filter's mean and deviation.
#
# The last column is the **sliced Wasserstein distance** (Heitz et al., 2021): look at the clouds from many directions,
# sort what you see on each line, compare. It is a histogram not only of each filter but of every mixture of filters,
# and it is zero for equal clouds only (given all directions).
#
# ### Second, third, fourth, fifth order
#
# **What are statistics of second, third, fourth, fifth order?** (A reader's question.) Means of products of two, three,
# four, five features at one place. The first order is the mean; the second the Gram matrix; on a single filter the
# third tells skewed from even, the fourth heavy tails from light ones. $N$ filters make
# $N^k$ products of $k$, if $ij$ and $ji$ count twice: for 512 filters a quarter of a million of two, and 134 million of three.
#
# Nobody has to write them down to *compare* them. Take two clouds of vectors, $f$ and $s$, a **kernel** $k(x, y)$ that
# says how alike two vectors are, and compute the squared **maximum mean discrepancy**:
#
# $$MMD^2 = \overline{k(f, f')} + \overline{k(s, s')} - 2\,\overline{k(f, s)}$$
#
# where the bars are means over all pairs, of a vector with itself too. With $k(x, y) = (x \cdot y)^2$ it compares all
# products of two.

# %% [markdown]
# > **Exercise 6 · `mmd_squared`**<br>
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
    equal = torch.allclose(mmd_squared(F, S), (G - A).square().sum(), rtol=1e-3)
    places = f"{F[0, 0].numel():3} and {S[0, 0].numel():3} places"
    print(f"{layer}: {places}; MMD with (x . y)^2 = |G/M - A/M'|^2: {equal}")

# %% [markdown]
# They are the same number (Li et al., 2017): $(x \cdot y)^2$ is the inner product of $x x^\top$ and $y y^\top$, and the
# mean of $f f^\top$ over all places *is* $G / M$. **So can one use the distances of domain adaptation?** (A reader's
# question.) We have done nothing else all the time: matching Gram matrices is making two *distributions* of features
# alike, where the MMD is at home. (MDD, the margin disparity discrepancy, is another of its tools; it needs a
# classifier that is trained along.)
#
# And the other orders? $(x \cdot y)^k$ compares all products of $k$ features. We need clouds that agree up to some
# order, and no further; regular polygons do, each against itself turned by half a corner:


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
# To the Gram matrix a triangle is the same standing on its foot or on its tip, and so are square and pentagon: the
# higher the order, the finer the shape that it takes to see it. Nor does the higher order hold the lower: the triangles
# agree in 1, 2 and 4 and differ in 3 and 5.
#
# ### A texture that Gram matrices take for another
#
# In colour this is something to look at. Black, yellow, magenta and cyan in equal parts, and white, red, green and
# blue: not a single colour in common, and yet the same means, deviations, covariances, Gram matrix, and the same
# histogram of red, of green and of blue.

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


even, odd = confetti(EVEN), confetti(1 - EVEN, seed=1)
F, S = (picture.double() for picture in (even, odd))
equal = [
    bool((s(F) - s(S)).abs().max() < 1e-6 * s(F).abs().max())
    for s in (losses.mean_std, gram, covariance, histogram)
]
print("mean and deviation, Gram, covariance, histogram equal:", equal)
print(
    "sliced Wasserstein tells them apart:",
    losses.sliced_wasserstein(F, S).item() > 0.01,
)
print(
    "and so does the Gram matrix of relu1_1:",
    texture_distance(even, odd, "relu1_1") > 0.1,
)

# %% [markdown]
# Why is relu1_1 not deceived? Its filters mix the colours, and the ReLU bends what they say: products of two *bent*
# features hold something of every order. That may be why two orders do so well in practice, if the features are good.
#
# We paint the first of the two from noise, with nothing but statistics of its colours; the only layer is the picture
# itself.


# %% fold=true
# Five losses, one for each statistic
def compared(loss, picture, layers):
    """The mean over layers of loss(F, S), each as a share of what an empty answer would
    have; a function of features.
    """
    S = net(picture, layers)
    empty = {layer: loss(0 * S[layer], S[layer]).item() for layer in layers}
    return lambda features: (
        sum(loss(features[layer], S[layer]) / empty[layer] for layer in layers)
        / len(layers)
    )


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
    return from_noise(
        compared(statistics()[name], even, ["image"]),
        ["image"],
        start=white_noise(SIZE, SIZE),
    )[0]


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
# (In the pictures that were made each square is one pixel.) The first four are content with colours that the texture
# does not have: half of all pixels or more are far from each of the four. Only the whole cloud leads back to them,
# nearly everywhere.
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
    loss = compared(statistics()[statistic], TEXTURES[name], STAGES[:3])
    return from_noise(loss, STAGES[:3], steps=steps)[0]


tell.beside("hardly")
figures.pictures(
    [wall, *(rival("brick", name) for name in statistics())],
    ["the texture", *statistics()],
    columns=6,
    alt="The wall and five walls made from noise: all of them have upright bricks "
    "with light joints, straighter here, more broken there; with Gram and covariance "
    "the grey has a tint",
)

# %% [markdown]
# All five are walls, and none is clearly the best; the two that sort take about twice as long. Risser et al. (2017) use
# Gram matrices *and* histograms, against drifting colours and contrasts. What is a gulf between distributions of two
# features shrinks to little between those of hundreds of good ones. This is why the field could replace the Gram matrix
# by means and deviations (chapter 8), which are so much lighter.
#
# **Is style nothing but experience, then, which layers and which statistic?** (A reader's question.) In good part, yes:
# no theorem says that a Gram matrix *is* the style. What one can do is measure; and that needs a measure that is none
# of these.

# %% [markdown]
# ## 7 · How alike are two textures?
#
# Whoever judges a picture by the loss that made it will always find it good. Two measures that use no network:
#
# - **patches**: the sliced Wasserstein distance of all 7 x 7 patches, for fine, middle and coarse detail
#   (`likeness.patch_distance`);
# - **energies**: how strongly waves of each size and direction are there, place by place, and how these strengths go
#   together: the heart of Portilla and Simoncelli's statistics (`likeness.energy_distance`). It is blind to colour and
#   contrast.
#
# And a question that neither of them asks: which share of the patches was **copied**? Predict how good the
# texture itself is, moved by some pixels.

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
# Read it column by column. **Patches** see colour and contrast: shuffled pixels are far off. But they put the moved
# waves, a grey weave without a single brick, *before* the wall of five stages: seen from a random direction, a patch is
# a sum of many pixels, and such sums look much the same for all pictures of one spectrum. **Energies** see just that:
# the joints that meet. To colours they are blind. One measure alone would deceive you; so it was with losses, and so it
# will be with every number in chapter 9.
#
# And in both columns the first place goes to **the texture itself, moved**, the second to the quilt. None of these
# measures, and no texture loss either, asks for anything *new*. What we mean by "more of the same" is two wishes, like
# it and not it, and the second has to be measured by itself: the last column.
#
# **A last question.** Predict which stage brings the bricks, as the energies see it.

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
print(
    "from two stages on, less than half the distance of the first alone:",
    max(curve[1:]) < curve[0] / 2,
)

# %% test=true
# From two stages on less than half
assert max(curve[1:]) < curve[0] / 2

# %% [markdown]
# On the wall the second stage brings nearly everything that energies can see: its filters, 10 pixels wide, see a joint
# *and* what it meets. Stained glass goes on growing better up to the fourth. Five stages are not better in this number,
# and to your eyes? A number says what it was made to say; when it contradicts your eyes, ask what it does not see.

# %% [markdown] open="same_places" points=2
# ## In your own words
#
# Three times we gave things other places. The columns of $F$ dealt anew: $G$ is the same. The wall moved by 40 pixels:
# $E_l$ is nearly nothing. The fans in shuffled tiles of 7 pixels: relu4_1 finds its Gram matrix changed a lot, and in
# tiles of 56 pixels hardly. **Explain all of it by one thought: which columns does $F$ have afterwards, and how many of
# each?** Four to six sentences.
#
# ### BEGIN MARKING SCHEME
# - 1 point: $G$ is a sum over places of (column times its transpose); it depends on which columns there are and how often,
#   not on their order. So dealing them anew changes nothing, and moving the wall nearly nothing (new columns only where the
#   wall was joined, or between the places of the pooling grid).
# - 1 point: a column of relu4_1 sees 68 pixels of the picture. With tiles of 7 each window holds many borders of tiles, so
#   nearly all columns are new ones; with tiles of 56 far fewer are.
#
# A model answer: *$G$ adds up one product for each column of $F$, and a sum has no order. Dealing the columns anew gives
# exactly the same sum. Moving the picture moves the columns along; only those that look at the seam, or fall between two
# places of the pooling grid, are new, so $E_l$ is small and not quite zero. Shuffling tiles of the **picture** is something
# else: a column of relu4_1 is made of 68 pixels, and if a border runs every 7 pixels, no window looks as it did before.
# With tiles of 56 there are few borders, and the inside of a tile gives the old columns in a new order.*
# ### END MARKING SCHEME

# %% [markdown]
# ## What you should have seen
#
# - That mean, histogram and spectrum each keep something of a texture, and that edges are in none of them.
# - A Gram matrix that does not change when all places are dealt anew, and one that does when filters part company.
# - Specks, panes, trees; specks, joints, bricks: elements that grow with every stage.
# - That a painter does what its statistic says: without company, colours leave their lines.
# - Pairs of clouds with the same covariance, Gram matrix or histogram and another of the others; a triangle that it
#   takes the third order to see.
# - That Gram matching is MMD with $(x \cdot y)^2$, to the last digit that counts.
# - That the best score of all goes to a copy.
#
# ## Questionnaire
#
# 1. Two feature maps have equal means and equal histograms. What can their entry $G_{12}$ still tell you?
# 2. Why may the texture and the picture that is made have different sizes, and the photo in chapter 3 not? What has to
#    be divided by what?
# 3. Somebody takes the mean away from $F$ before multiplying. Name a pair of textures that this mistake makes equal,
#    and one that it tells apart although Gram does not.
# 4. Deep random networks know nothing, and yet they transfer some style. What do they have in common with trained ones?
# 5. A new method has a smaller texture loss than ours on every texture. What do you ask to see before you believe that
#    it is better?
#
# <details><summary>Answers, once you have your own</summary>
#
# 1. Whether the two fire at the *same* places. With equal means and histograms $G_{12}$ can be large or zero.
# 2. A Gram matrix is a sum over places, N by N for every size, divided by the number of places of its own picture.
#    The content loss compares place with place, so the places have to be the same ones.
# 3. It is the covariance. It makes *moved* equal: one cloud, and the same with a constant added to each feature. It
#    tells *half of it flipped* apart, where Gram is blind, since $(-x)(-x)^\top = x x^\top$.
# 4. How they are built: the same small window everywhere, a ReLU, and poolings, through which each stage sees farther
#    than the one before. Filters that know nothing still differ in colour, direction and size.
# 5. The pictures, from several seeds. A measure that is not the loss it was made with. How much of it is copied. And
#    the time and steps that both had.
#
# </details>
#
# ## References
#
# - L. A. Gatys, A. S. Ecker, M. Bethge, *Texture Synthesis Using Convolutional Neural Networks*,
#   [arXiv:1505.07376](https://arxiv.org/abs/1505.07376); *A Neural Algorithm of Artistic Style*,
#   [arXiv:1508.06576](https://arxiv.org/abs/1508.06576), and CVPR 2016, section 2.2.
# - B. Julesz, *Visual Pattern Discrimination*, 1962. D. J. Heeger, J. R. Bergen, *Pyramid-Based Texture
#   Analysis/Synthesis*, SIGGRAPH 1995. J. Portilla, E. P. Simoncelli, *A Parametric Texture Model Based on Joint
#   Statistics of Complex Wavelet Coefficients*, 2000. B. Galerne, Y. Gousseau, J.-M. Morel, *Random Phase Textures:
#   Theory and Synthesis*, 2011.
# - A. A. Efros, T. K. Leung, *Texture Synthesis by Non-parametric Sampling*, ICCV 1999. A. A. Efros, W. T. Freeman,
#   *Image Quilting for Texture Synthesis and Transfer*, SIGGRAPH 2001. A. Hertzmann et al., *Image Analogies*, SIGGRAPH
#   2001.
# - I. Ustyuzhaninov et al., *Texture Synthesis Using Shallow Convolutional Networks with Random Filters*,
#   [arXiv:1606.00021](https://arxiv.org/abs/1606.00021). K. He, Y. Wang, J. Hopcroft, *A Powerful Generative Model
#   Using Random Weights for the Deep Image Representation*, [arXiv:1606.04801](https://arxiv.org/abs/1606.04801). Y. M.
#   Asano, C. Rupprecht, A. Vedaldi, *A Critical Analysis of Self-Supervision*,
#   [arXiv:1904.13132](https://arxiv.org/abs/1904.13132).
# - Y. Li et al., *Demystifying Neural Style Transfer*, [arXiv:1701.01036](https://arxiv.org/abs/1701.01036). E. Risser
#   et al., *Stable and Controllable Neural Texture Synthesis and Style Transfer Using Histogram Losses*,
#   [arXiv:1701.08893](https://arxiv.org/abs/1701.08893). E. Heitz et al., *A Sliced Wasserstein Loss for Neural Texture
#   Synthesis*, [arXiv:2006.07229](https://arxiv.org/abs/2006.07229).
