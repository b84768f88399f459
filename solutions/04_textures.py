# ---
# jupyter:
#   course:
#     title: Textures
#     objectives:
#       - Describe a texture by what fires together, and write down the distance of two textures and its gradient.
#       - Paint textures from noise with statistics of your own making, one stage of the network at a time.
#       - Find out by experiment where a Gram matrix keeps no places, and where they come back all the same.
#     minutes: 110
#     points: 16
#     open_points: 5
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
# # 4 · Textures
#
# A wall of bricks is a wall of bricks, whichever part of it you photograph. No brick has to be *there*; what matters is
# that there are joints, that they run straight, that they meet at right angles, again and again. A **texture** is what
# stays when places are forgotten.
#
# In chapter 3 the features of a layer, each in its place, led us back to a photo. Now we take the places away. Of each
# layer we keep a table that says which features fire *together*, wherever that is, and ask an optimiser for a picture with the
# same table.
#
# **At the end** you have written that table, the Gram matrix, and the distance between two textures; your own functions have
# painted walls and stained glass from noise; and you know what such a table forgets, and what it does not.
#
# *110 minutes · 16 points, and 5 in words · two minutes of computing on two cores · no downloads. It builds on chapters 1 and 3.*

# %%
from functools import cache

import torch

from course import check, classical, figures, gallery, losses
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
# to be tested: **the same statistics**, of single pixels and of pairs. (In 1978 Caelli, Julesz and Gilbert showed pairs of
# textures that agree in both and yet are easy to tell apart, and Julesz gave that answer up. The question stayed.) Whoever
# names the right statistics can make the texture: take noise, and force them on it. Four attempts, from the simplest on:
#
# - **mean and deviation** of each colour;
# - **all pixels**, shuffled: every histogram of single pixels is kept, even that of all colours together;
# - **all waves**, each moved to a random place. The strength of each wave stays; that is the power spectrum, which says as much
#   as the correlations of all pairs of pixels do;
# - **quilting**: no statistic at all, but patches of the texture itself, sewn together where the seams show least.

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
# What is the same as in the texture, number by number? And is it copied: how many of its patches of 8 x 8 pixels also stand
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
# The field went on along these two lines. **Statistics**: Heeger and Bergen (1995) matched the histograms of filter responses
# at several sizes and directions; Portilla and Simoncelli (2000) added how the responses *go together*, across sizes,
# directions and neighbouring places, about 700 numbers chosen by hand. **Copying**: Efros and Leung (1999) let a texture grow
# pixel by pixel, each looked up where its surroundings look the same; Efros and Freeman (2001) did it patch by patch, our
# quilt; and Hertzmann's image analogies (2001) copied from a *pair* of pictures, photo and painting, to paint another photo.
#
# In 2015 Gatys, Ecker and Bethge took up the first line. Their statistic is simpler than Portilla and Simoncelli's.
# What is new is the filters: those of a network that has learnt to see.

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
# Each map has 8 x 8 places; bright is 1, dark is 0. Filter 2 fires equally often in both cases; its mean, its deviation, its
# histogram are the same. Only its *company* is different. Predict the entry $G_{12}$ for each case: filter 1 with filter 2.

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
# Each picture of the batch has a matrix of its own. `.T` reverses all axes; `.transpose(1, 2)` leaves the first alone.
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
# The diagonal says how strongly each filter fires. The entries off the diagonal say which filters fire together: we call that a
# filter's *company*.
#
# What does $G$ forget? A sum does not know the order of what was added. We take the feature maps of the bricks, and deal out
# their *places* anew, in the same way for all maps:

# %%
order = torch.randperm(SIZE * SIZE, generator=torch.Generator().manual_seed(0))


def dealt(F):
    """The same columns of F in another order: what was said at one place is still said
    at one place.
    """
    return F.flatten(2)[:, :, order].view_as(F)


F = net(TEXTURES["brick"], ["relu1_1"])["relu1_1"]
apart = (gram(dealt(F)) - gram(F)).abs().max() / gram(F).abs().max()
print(f"largest change of the Gram matrix: {apart:.4f} of its largest entry")

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
# ones at more. So the matrices of *several layers* together pin a picture down quite well. How well? We shuffle the texture
# itself, tile by tile. Within a tile everything stays; at its borders something new arises.
#
# **A question with two sliders.** Predict for small tiles and for large ones. Then move, and read the
# number: $|G - A|^2 / |A|^2$. Beside the tiles you see the part of both matrices that belongs to the first 48 filters. (We draw
# the square root; otherwise a few large entries would leave all others in the dark.)

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
print(f"tiles of 7: relu1_1 {shallow:.2f}, relu4_1 {deep:.2f}")
print(f"tiles of 56: relu4_1 {large:.2f}")

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
# pictures and large ones comparable. $N_l^2$ is the number of entries of $G$. And the 4 will cancel; you will see where.

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
# $E_l$ is divided by that of an empty answer, $G = 0$, so that layers can be compared. Predict first: which are near, which are
# far?

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
# A moved wall is nearly the same wall. Compare chapter 3, where four pixels were nearly the end of the world for relu1_1.
# Another part of the wall is not quite as near, for the bricks are larger there and lean the other way; the mirrored wall is
# about as near as that. *Turned*, it is another texture, since filters have directions and $G$ keeps them: to relu1_1 it is
# even farther off than gravel. Deep layers are stricter, even with the moved wall: relu5_1 has 49 places here to sum over, and
# in so small a crowd every member matters.

# %% [markdown]
# ### Its gradient by hand
#
# $E_l$ depends on $F$ through $G = F F^\top$. The square brings a 2, and $F$ stands twice in $G$, which brings another
# 2: together the 4 of equation 4. What is left is equation 6:
#
# $$\frac{\partial E_l}{\partial F^l_{ij}} = \begin{cases} \frac{1}{N_l^2 M_l^2} \left((G^l - A^l)\, F^l\right)_{ij} &
# \text{if } F^l_{ij} > 0 \\ 0 & \text{if } F^l_{ij} = 0\end{cases}$$
#
# The gate is the one of chapter 3. (The paper writes the first line as $((F^l)^\top (G^l - A^l))_{ji}$, which is the same since
# $G - A$ is symmetric, and prints the second case as $F < 0$, like equation 2.) We walk against the gradient. So at each place
# a filter that has too little company, $G < A$, is asked to join the others, and one that has too much, to leave.

# %% [markdown]
# > **Exercise 3 · `style_layer_gradient`**<br>
# > difficulty ●●●○○ · importance ●●●○○ · 12 minutes · 4 points<br>
# > *At the end you have* the first step of the way back from a texture, without autograd.


# %% exercise="style_layer_gradient"
def style_layer_gradient(F, A):
    """Equation 6: dE_l/dF for feature maps [B, N, H, W] that come out of a ReLU, whose
    gate is counted in.
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
# Two factors of 2 meet the 4 below the fraction bar. Neither 2, nor 4, nor their reciprocals are left.
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
print(f"largest difference: {gap:.3f} of the largest number")

# %% [markdown]
# If the two agree, your gradient can paint. In the code below nothing knows $E_l$: `autograd.grad` takes your gradient as its
# third argument, as what arrives at $F$, and carries it on to the pixels, and Adam follows it. We start from **pale noise**,
# grey with a tenth of the full contrast; chapter 3 has shown that whatever a layer cannot see stays as it was at the start, and
# with white noise that means grain.


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
# Which weights? The paper rescales its network until every filter fires with a mean of 1, and gives each layer the same weight.
# We leave the network as it is, where the $E_l$ of different layers lie powers of ten apart, and ask instead that each layer
# count the same *at the start*: $w_l$ is one over the $E_l$ of an empty answer (and over the number of layers). To the optimiser this matters. With equal
# weights one layer is nearly the whole loss, and the others wait for their turn; even on a rescaled network, where we tried it,
# L-BFGS was far from done after 100 steps.
#
# The painter is that of the course, `paint`: it takes an objective, a sum of terms, and paints a given number of steps at one
# size. Your loss is the only term, apart from a soft wall that keeps the pixels between 0 and 1.


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
# made(name, stages): a texture from noise, by its first stages
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
for_panes.beside(2, opinion=True)
for_bricks.beside(2, opinion=True)
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
# Two stages are enough for the first panes and for bricks, as we see it. What comes later is order: panes make a sun and a
# tree. (The wall of five stages is not the best one. Its loss needs more steps than our 60.) And look at the patches of blue in
# the first wall: grey *on average* is all that relu1_1 asks for.
#
# The same for six textures, larger and with more steps, as `tools/figures/sheets.py` paints them:
#
# ![Six rows, each a texture and what is made of it with one to five stages. Bricks, gravel, swirls, stained glass, fans
# and a woodcut begin as specks in the right colours. With each stage larger things come: strokes, cells, stones and
# bricks, at last spirals, panes around a sun, rows of fans, waves](../data/figures/textures.jpg)
#
# Stage by stage the elements grow, with what a filter can see: 3 pixels in relu1_1, 10 in relu2_1, 24 in relu3_1, 68 in
# relu4_1, and in relu5_1 more than the width of this wall. And nobody has told the network what a brick is.
#
# But it was told a lot about this wall. How many numbers are in five symmetric Gram matrices, and how many in the picture?

# %%
numbers = [N * (N + 1) // 2 for N in (64, 128, 256, 512, 512)]
print(f"{sum(numbers):,} different entries of G describe {3 * SIZE**2:,} values")

# %% [markdown]
# Eight times as many as there are values in the picture. Portilla and Simoncelli got by with 710. So a small picture can nearly
# be put together again from its matrices, and with so long a description it is no wonder that "more of the same" comes close to
# the very same picture. Gatys et al. saw this, and tried how few numbers are enough for a texture.

# %% [markdown]
# ### Why is the sun on the right?
#
# Look once more at our own stained glass of five stages, the small one with 112 pixels, and at the texture that it was made
# from. The tree stands on the left, the sun on the right, the river runs below: where they are in the painting. How can that
# be, if a sum over all places has forgotten the places?
#
# We paint from two noises, twice from each: first with our network, then with one whose maps are padded in a *circle*: to the
# right of the last column comes the first one again, and below the last row the first. That picture has no border, so no
# feature can know where it is. Above each picture stands how much its layout is like the painting's: 1 if colours lie as they
# do there, about 0 if they lie anywhere, and less if light is where dark was. Predict what the second noise does.

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
# From both noises the sun comes out on the right. In the circle there is a sun, too, and a tree and a river, but the whole scene
# stands elsewhere: in both of ours the sky has come to lie below. (Two are too few to say what decides. Try more seeds, and
# `padding="zeros"` as well.) So it is not the Gram matrix that knows *where* something is. That came in with the features.
# What lies around the picture is an edge like any other, every layer sees it, and from layer to layer the news travels inwards:
# relu5_1 sees 78 pixels to each side, which from the middle of our picture is more than the way to the border. A deep filter
# can say "a sun, not far from the upper right corner", and a sum over places keeps that. (Islam et al., 2020, and Kayhan and
# van Gemert, 2020, have shown the same for networks that name things.)
#
# Look at the circle once more. It keeps what stands *beside what*: the painting is rolled, the sky has come to lie below the
# meadow, but sun and tree are still in the sky. That, too, comes from filters that see more than half of the picture: "a tree
# to the left of a sun" is a pattern like any other.
#
# What a Gram matrix describes well is a picture that is alike in all its parts. Such a texture is called **stationary**. The
# wall nearly is; a landscape in stained glass is not. One half of its layout, what is beside what, comes from how far the
# filters see and how many numbers there are; the other half, where it all stands, comes from the border.

# %% [markdown]
# **Why `detach` in `texture_of`?** Not because the network does not learn, but because $A$ is a *constant*, the answer to a
# picture that does not change. Left in the graph, it would be part of the way that the gradient goes back, and after the first
# step that way is gone. Our network is frozen, so its answers have no graph; torch's own layers come with weights that ask for
# gradients:


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
# **How much does the company matter?** Let us force an odd statistic: $G$ with zeros off the diagonal. Every filter fires as
# strongly as it should, and none knows of the others. The check sees it at once; the painter does what it is told.


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
    ["glass, with company", "glass, without", "fans, with company", "fans, without"],
    columns=2,
    alt="Stained glass and fans from two stages, each with and without company: "
    "without it colours run across the dark lines of the glass, and instead of "
    "overlapping arcs there are short wavy strokes",
)

# %% test=true
# Without company the Gram matrix is missed
assert alone > 5 * company

# %% [markdown]
# Two stages are enough to see it. A filter for orange and one for a dark line, each as strong as in the texture, need
# not meet at the rim of a pane any more: colours run across the lead, and what overlaps like scales breaks into short strokes. Statistics of single filters
# know the ingredients; the company is the recipe.

# %% [markdown]
# ## 5 · Your own texture
#
# Now you ask. Take a picture of your own: a wall, a jumper, a lawn, a page of your handwriting. Put the file beside this
# notebook and write its name in the cell below. The largest square of it becomes a texture of 112 pixels.

# %%
MINE = "gravel"  # your file, such as "jumper.jpg"
picture = gallery.load(MINE)
mine = cut(picture, min(picture.shape[2:]))
layers = STAGES[:3]
again, fallen = from_noise(texture_of(mine, layers), layers)
figures.pictures(
    [mine, again],
    [MINE, f"{len(layers)} stages"],
    columns=4,
    alt=f"{MINE}, and what {len(layers)} stages make of noise",
)

# %% [markdown] open="own_texture" points=3
# ### What does it keep of yours?
#
# Before you paint, write down what of *your* picture will come back, and what will be lost or will come back in another
# place. Then paint it at least twice, with **one** thing changed: the number of stages, how large a part of your picture you
# take, the seed of the noise, or the padding. Hand in, in six to ten sentences:
#
# 1. what your picture is, and what you expected;
# 2. what you changed and what you kept, so that somebody else can repeat it, with one number for each picture (what is left
#    of the loss, or `texture_distance` in a layer that you name);
# 3. what you saw, whether you had expected it, and why it is so, in the words of this chapter.
#
# ### BEGIN MARKING SCHEME
# Halves can be given. It is the experiment that is marked, not the picture: one that failed and says why has all points.
#
# - 1 point, *the question*: a picture of the student's own, and an expectation that could have turned out wrong ("the stripes
#   will come back, but not as long as they are"). Half a point if anything at all would have met it ("it will look similar").
# - 1 point, *the comparison*: one thing changed and all else kept and named, with a number for each picture. Half a point
#   without numbers; none if two things changed at once.
# - 1 point, *the reason*: how far a layer sees, which filters fire together, whether the picture is stationary, or what the
#   border tells; and it fits what was seen. Half a point for a reason that is right and does not bear on this picture.
#
# What a good answer does: it names something that stands in the picture once (a button, a knot) and something that is
# everywhere (the mesh), says how large both are in pixels of the 112, "relu2_1 sees 10, a mesh is 7 wide", predicts for both,
# and counts afterwards how many buttons there are.
# ### END MARKING SCHEME

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
# - A sun that stays on the right, and what lets it go.
# - That a painter does what its statistic says: without company, colours leave their lines.
#
# What if the filters had never seen a photo? Which other statistics are there? How does one *measure* that a texture is good?
# [Chapter 4b](04b_statistics.ipynb) is for whoever is curious. Chapter 5 does not need it.
#
# ## Questionnaire
#
# 1. Two feature maps have equal means and equal histograms. What can their entry $G_{12}$ still tell you?
# 2. Why may the texture and the picture that is made have different sizes, and the photo in chapter 3 not? What has to
#    be divided by what?
# 3. Before the sum you shuffle the places of *one* feature map only. Which entries of $G$ stay as they were?
# 4. A colleague weighs all five $E_l$ equally, in the paper's units, with our network. How do you find out which layers the
#    optimiser hears?
# 5. A texture made with five stages has the layout of the painting. Name two experiments that would tell whether the Gram
#    matrix or the features have kept it.
#
# <details><summary>Answers, once you have your own</summary>
#
# 1. Whether the two fire at the *same* places. With equal means and histograms $G_{12}$ can be large or zero.
# 2. A Gram matrix is a sum over places, N by N for every size, divided by the number of places of its own picture.
#    The content loss compares place with place, so the places have to be the same ones.
# 3. The whole diagonal, that map's entry too: a sum of squares does not mind the order. And all entries between other
#    maps. Only the shuffled map's row and column change: it has lost its company.
# 4. By looking at each $E_l$ of an empty answer, as `texture_of` computes it. For the wall relu4_1 is 85 % of their sum and
#    relu2_1 11 %, but relu5_1 two millionths: nobody listens to it.
# 5. Padding in a circle: if the layout goes, it came through the border. A texture that was rolled by half its width: if the
#    sun moves along, it is the picture's places that come back; a $G$ alone cannot know them, since it changes hardly at all.
#    Use several seeds in both.
#
# </details>
#
# ## References
#
# - L. A. Gatys, A. S. Ecker, M. Bethge, *Texture Synthesis Using Convolutional Neural Networks*,
#   [arXiv:1505.07376](https://arxiv.org/abs/1505.07376); *A Neural Algorithm of Artistic Style*,
#   [arXiv:1508.06576](https://arxiv.org/abs/1508.06576), and CVPR 2016, section 2.2.
# - B. Julesz, *Visual Pattern Discrimination*, 1962. T. Caelli, B. Julesz, E. Gilbert, *On Perceptual Analyzers Underlying
#   Visual Texture Discrimination: Part II*, 1978. D. J. Heeger, J. R. Bergen, *Pyramid-Based Texture
#   Analysis/Synthesis*, SIGGRAPH 1995. J. Portilla, E. P. Simoncelli, *A Parametric Texture Model Based on Joint
#   Statistics of Complex Wavelet Coefficients*, 2000. B. Galerne, Y. Gousseau, J.-M. Morel, *Random Phase Textures:
#   Theory and Synthesis*, 2011.
# - A. A. Efros, T. K. Leung, *Texture Synthesis by Non-parametric Sampling*, ICCV 1999. A. A. Efros, W. T. Freeman,
#   *Image Quilting for Texture Synthesis and Transfer*, SIGGRAPH 2001. A. Hertzmann et al., *Image Analogies*,
#   SIGGRAPH 2001.
# - M. A. Islam, S. Jia, N. D. B. Bruce, *How Much Position Information Do Convolutional Neural Networks Encode?*,
#   [arXiv:2001.08248](https://arxiv.org/abs/2001.08248). O. S. Kayhan, J. C. van Gemert, *On Translation Invariance in CNNs*,
#   [arXiv:2003.07064](https://arxiv.org/abs/2003.07064).
