"""The checks of all exercises: ``check.content_loss(content_loss)`` says what holds, or what is misunderstood.

Those of chapter N are in ``chN_*.py``, what all are made of is in `course.check.engine`. A check passes with one printed
line, or raises `CheckFailed` with two or three lines that say what was expected on which input, what the mistake looks
like, and where to read. A function that is still a stub raises `Unfinished`. ``check.borrow("content_loss")`` lends ours, so that a chapter can go on; it earns no points.
"""

from course.check.ch0_pictures import denormalise, normalise, to_image, to_tensor
from course.check.ch1_arithmetic import conv_output_size, count_parameters, receptive_field
from course.check.ch1_vgg import extract, make_vgg
from course.check.ch2_ascent import ascend, dream_octave
from course.check.ch2_backward import backward_relu, unpool
from course.check.ch2_patches import top_patches
from course.check.ch2_spectrum import picture_of
from course.check.ch3_content import closure, content_gradient, content_loss
from course.check.ch4_gram import gram, texture_loss
from course.check.ch4_style_layer import style_layer_gradient, style_layer_loss
from course.check.ch4b_statistics import mean_std_loss, mmd_squared
from course.check.ch5_losses import total_loss, tv_loss
from course.check.ch5_painter import style_transfer
from course.check.ch5_translation import translate
from course.check.ch6_colours import match_colour
from course.check.ch6_gram import guided_gram
from course.check.ch6_luminance import transfer_luminance
from course.check.ch6_mixtures import blend_styles
from course.check.ch6_propagate import propagate
from course.check.ch7_enlarge import enlarge
from course.check.ch7_network import instance_norm, residual_block
from course.check.ch7_training import batch_loss
from course.check.ch7_training_step import training_step
from course.check.ch8_conditional import conditional_instance_norm
from course.check.ch8_moments import adain, interpolate_styles
from course.check.ch8_whitening import whiten_colour
from course.check.ch9_nearest import nearest_patches
from course.check.ch9_photoreal import affine_residual
from course.check.ch9_portrait import local_energy
from course.check.ch9_stroke import stroke
from course.check.ch9_vote import vote
from course.check.ch10_content import content_distance
from course.check.ch10_frechet import frechet_distance
from course.check.ch10_order import rank_agreement
from course.check.ch10_sliced import sliced_wasserstein
from course.check.ch10_strengths import bradley_terry
from course.check.ch10_style import style_distance
from course.check.ch11_forms import check_upload, pick_style
from course.check.ch11_line import next_job
from course.check.ch11_page import compose
from course.check.ch11_progress import progress
from course.check.engine.answers import ask
from course.check.engine.borrow import borrow
from course.check.engine.exercise import EXERCISES, CheckFailed, Unfinished

__all__ = [
    "EXERCISES",
    "CheckFailed",
    "Unfinished",
    "adain",
    "affine_residual",
    "ascend",
    "ask",
    "backward_relu",
    "batch_loss",
    "blend_styles",
    "borrow",
    "bradley_terry",
    "check_upload",
    "closure",
    "compose",
    "conditional_instance_norm",
    "content_distance",
    "content_gradient",
    "content_loss",
    "conv_output_size",
    "count_parameters",
    "denormalise",
    "dream_octave",
    "enlarge",
    "extract",
    "frechet_distance",
    "gram",
    "guided_gram",
    "instance_norm",
    "interpolate_styles",
    "local_energy",
    "make_vgg",
    "match_colour",
    "mean_std_loss",
    "mmd_squared",
    "nearest_patches",
    "next_job",
    "normalise",
    "pick_style",
    "picture_of",
    "progress",
    "propagate",
    "rank_agreement",
    "receptive_field",
    "residual_block",
    "sliced_wasserstein",
    "stroke",
    "style_distance",
    "style_layer_gradient",
    "style_layer_loss",
    "style_transfer",
    "texture_loss",
    "to_image",
    "to_tensor",
    "top_patches",
    "total_loss",
    "training_step",
    "transfer_luminance",
    "translate",
    "tv_loss",
    "unpool",
    "vote",
    "whiten_colour",
]
