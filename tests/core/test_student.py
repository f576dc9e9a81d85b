"""Student's distribution in closed form, beside scipy's."""

import pytest
from scipy.special import ndtri, stdtrit

from xaivision.core.student import student


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 8, 9, 30, 99, 1001, 20_000])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.99])
def test_the_reach_is_that_of_scipy(freedom, level):
    assert student(freedom, level) == pytest.approx(stdtrit(freedom, (1 + level) / 2), rel=1e-10)


def test_a_known_spread_is_that_of_a_normal_distribution():
    assert student(None) == pytest.approx(ndtri(0.975), rel=1e-12)
