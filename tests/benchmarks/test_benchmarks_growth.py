"""benchmarks/growth.py: seconds per megapixel, and how they grow. How long anything takes is not tested."""

import pytest

from benchmarks.evaluation import shape
from benchmarks.growth import SIZES, Cost, exponent, measure_growth


def costs(power):
    """As if one evaluation took 3 s for a megapixel, and with the pixels to a power."""
    shapes = [shape(size) for size in SIZES]
    return [Cost(height, width, [3 * (height * width / 1e6) ** power] * 3) for height, width in shapes]


@pytest.mark.parametrize("power", [0.8, 1, 1.5])
def test_the_exponent_is_the_power_of_the_pixels(power):
    assert exponent(costs(power)) == pytest.approx(power)


def test_a_megapixel_costs_the_same_where_the_cost_is_in_proportion():
    assert [cost.per_megapixel for cost in costs(1)] == pytest.approx([3] * len(SIZES))
    assert Cost(768, 1024, [2, 4, 9]).per_megapixel == pytest.approx(4 / 0.786432)


def test_every_size_is_measured_in_every_round():
    found = measure_growth((32, 48), rounds=2)
    assert [(cost.height, cost.width) for cost in found] == [(24, 32), (36, 48)]
    assert all(len(cost.seconds) == 2 and min(cost.seconds) > 0 for cost in found)
