"""Before neural networks: textures from a few statistics or from patches (`textures`), and pyramids (`pyramids`)."""

from course.classical.textures import matched_moments, quilted, random_phase, shuffled

__all__ = ["matched_moments", "quilted", "random_phase", "shuffled"]
