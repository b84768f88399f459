# ---
# jupyter:
#   course:
#     title: A sample
#     objectives:
#       - Have two exercises, a figure and a slider.
#     minutes: 5
#     points: 8
#     open_points: 2
#     seconds: 20
#     memory_mb: 900
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
# # 7 · A sample
#
# What every chapter is made of, as small as it can be.

# %%
import torch

from course import check, figures
from course.widgets import explore

# %%
ramp = torch.linspace(0, 1, 64).repeat(32, 1)
print("a ramp of", *ramp.shape)
figures.pictures([ramp], alt="A ramp from dark on the left to light on the right")

# %% [markdown]
# Predict: what does a larger step leave of the ramp? Then move the slider.


# %% tags=["looked-at"]
def look(step):
    alt = f"The ramp, every column number {step}"
    return figures.pictures([ramp[:, ::step]], alt=alt), "columns", 64 // step


explorer = explore(look, step=[1, 2, 4])
explorer.set(step=2)

# %% test=true
# A step of 4 leaves a quarter of the columns
assert explorer.set(step=4).number == 16

# %% [markdown]
# ### Exercise · How far apart
#
# *easy · 3 points · 5 minutes · at the end you can compare two sets of feature maps*


# %% exercise="content_loss"
def content_loss(F: torch.Tensor, P: torch.Tensor) -> torch.Tensor:
    """Equation 1: half the sum of squared differences.

    Args:
        F: feature maps [B, N, H, W] of the picture.
        P: those of the photo.
    """
    ### BEGIN SOLUTION
    difference = F - P
    return difference.square().sum() / 2
    ### END SOLUTION


# %% check="content_loss" points=2
check.content_loss(content_loss)

# %% hidden="content_loss" points=1
### BEGIN HIDDEN TESTS
check.content_loss(content_loss)
assert float(content_loss(torch.ones(1, 2, 3, 4), torch.zeros(1, 2, 3, 4))) == 12
### END HIDDEN TESTS

# %%
print("ramp against nothing:", round(float(content_loss(ramp, torch.zeros_like(ramp)))))

# %% [markdown]
# ### Exercise · Places of a window
#
# *easy · 5 points · 5 minutes · at the end you know how large a map comes out*


# %% exercise="conv_output_size"
def conv_output_size(size, kernel, stride=1, padding=0):
    """How many places a window of `kernel` pixels finds along `size` pixels."""
    room = size + 2 * padding
    ### BEGIN SOLUTION
    return (room - kernel) // stride + 1
    ### END SOLUTION


# %% check="conv_output_size" points=3
check.conv_output_size(conv_output_size)

# %% hidden="conv_output_size" points=2
### BEGIN HIDDEN TESTS
check.conv_output_size(conv_output_size)
assert conv_output_size(9, 3, 3) == 3 and conv_output_size(1, 1) == 1
### END HIDDEN TESTS

# %% fold=true
# The places that a window of 3 finds along 224 pixels
figures.bars(
    {f"stride {stride}": conv_output_size(224, 3, stride, 1) for stride in (1, 2, 4)},
    x="places",
    alt="Three bars: 224, 112 and 56 places",
)

# %% [markdown] open="why_squares" points=2
# ### In your own words
#
# Why are the differences squared?
#
# ### BEGIN MARKING SCHEME
# - 1 point: otherwise some of them would cancel.
# - 1 point: large ones count for more.
#
# A model answer: *So that nothing cancels, and large differences count for more.*
# ### END MARKING SCHEME
