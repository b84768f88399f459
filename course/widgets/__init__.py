"""Sliders for chapters: pictures that follow the hand.

- `explore`: a function of what the sliders say draws the picture under them, with a number to read.
- `LivePainter`: a style transfer that is painted while its sliders are moved.
- `LiveDream`: a dream of a network, dreamt anew whenever depth or octaves are moved.
- `LivePad`: a photo between four styles, painted at once wherever the sliders are.
- `alpha_beta_grid`: the slider alpha / beta over pictures painted beforehand, for machines too slow to paint live.
- `follow`: a training under one's eyes, a picture every few steps.
- `guess`: where a prediction is written down, to stand beside the answer later.
- `ballot`: which of two pictures is better, asked again and again.

Only core ipywidgets, so it is the same in JupyterLab, Notebook 7, VS Code and Voila. A slider is a question: predict,
move, read, explain.
"""

from course.widgets.dreamer import LiveDream
from course.widgets.explorer import Explorer, explore
from course.widgets.following import follow
from course.widgets.grid import alpha_beta_grid
from course.widgets.guessing import Guess, guess
from course.widgets.pad import LivePad
from course.widgets.painter import LivePainter
from course.widgets.voting import Ballot, ballot

__all__ = [
    "Ballot",
    "Explorer",
    "Guess",
    "LiveDream",
    "LivePad",
    "LivePainter",
    "alpha_beta_grid",
    "ballot",
    "explore",
    "follow",
    "guess",
]
