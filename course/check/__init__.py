"""The checks of all exercises: ``check.content_loss(content_loss)`` says what holds, or what is misunderstood.

Chapter 0 is in `start`, 1 in `vgg` and `sizes`, 3 in `content`, 4 in `textures`, `style` and `statistics`, 5 in `transfer`,
`painter` and `translation`. A check passes with one printed line, or raises `CheckFailed` with two or three lines that
say what was expected on which input, what the mistake looks like, and where to read. A function that is still a stub
raises `Unfinished`. ``check.borrow("content_loss")`` lends ours, so that a chapter can go on; it earns no points.
"""

from course.check.answers import ask
from course.check.content import closure, content_gradient, content_loss
from course.check.exercise import EXERCISES, CheckFailed, Unfinished, borrow
from course.check.painter import style_transfer
from course.check.sizes import conv_output_size, count_parameters, receptive_field
from course.check.start import denormalise, normalise, to_image, to_tensor
from course.check.statistics import mean_std_loss, mmd_squared
from course.check.style import style_layer_gradient, style_layer_loss
from course.check.textures import gram, texture_loss
from course.check.transfer import total_loss, tv_loss
from course.check.translation import translate
from course.check.vgg import extract, make_vgg

__all__ = [
    "EXERCISES",
    "CheckFailed",
    "Unfinished",
    "ask",
    "borrow",
    "closure",
    "content_gradient",
    "content_loss",
    "conv_output_size",
    "count_parameters",
    "denormalise",
    "extract",
    "gram",
    "make_vgg",
    "mean_std_loss",
    "mmd_squared",
    "normalise",
    "receptive_field",
    "style_layer_gradient",
    "style_layer_loss",
    "style_transfer",
    "texture_loss",
    "to_image",
    "to_tensor",
    "total_loss",
    "translate",
    "tv_loss",
]
