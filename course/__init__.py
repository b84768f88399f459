"""The helper package behind the chapters: VGG features, losses, and a painter.

Every picture is a tensor of shape [B, 3, H, W], RGB in [0, 1]. Import what a chapter needs from the module
that holds it: ``from course.losses import gram``, ``from course.synthesis import paint``.
"""

from course.moved import accept_old_names

accept_old_names()
