"""Chapter 10: distances between sets that look at less than there is."""

from course.check import EXERCISES
from tests.check._lazy import lazy

frechet = EXERCISES["frechet_distance"].reference


@lazy("frechet_distance", "zero", "other")
def _(m1, C1, m2, C2):
    return 0 * m1.sum()


@lazy("frechet_distance", "right for the first feature", "other")
def _(m1, C1, m2, C2):
    return frechet(m1[:1], C1[:1, :1], m2[:1], C2[:1, :1])


@lazy("frechet_distance", "right for all features but the last", "other")
def _(m1, C1, m2, C2):
    return frechet(m1[:-1], C1[:-1, :-1], m2[:-1], C2[:-1, :-1])


@lazy("frechet_distance", "covariances as balls", "covariances")
def _(m1, C1, m2, C2):
    n = len(m1)
    return (m1 - m2).square().sum() + n * ((C1.trace() / n).sqrt() - (C2.trace() / n).sqrt()) ** 2


@lazy("frechet_distance", "right where the means differ much", "means")
def _(m1, C1, m2, C2):
    return frechet(m1, C1, m2, C2) + (m1 - m2).abs().amax()


@lazy("frechet_distance", "right where nothing is small", "other")
def _(m1, C1, m2, C2):
    return frechet(m1, C1, m2, C2).clamp(min=0.5 if C1.trace() < 1 and C2.trace() < 1 and len(m1) > 1 else -1)
