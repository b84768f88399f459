"""The helper package behind the chapters: VGG features, losses, and a painter.

Every picture is a tensor of shape [B, 3, H, W], RGB in [0, 1]. Import what a chapter needs from the room that
holds it: ``from course.vgg import vgg19``, ``from course.losses import gram``, ``from course.synthesis import paint``.
"""
