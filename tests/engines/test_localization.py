"""Localization against its definition: best, worst, uniform and tied maps."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from xaivision.engines import localization

MASK = torch.zeros(1, 6, 8)
MASK[:, 1:4, 2:6] = 1  # 12 of 48 positions


def single(row, column):
    values = torch.zeros(1, 6, 8)
    values[0, row, column] = 2.0
    return values


def check_the_largest_value_decides_and_ties_count_by_their_share():
    assert localization.pointing_hits(single(2, 3), MASK).tolist() == [1.0]
    assert localization.pointing_hits(single(0, 0), MASK).tolist() == [0.0]
    assert localization.pointing_hits(torch.ones(1, 6, 8), MASK).tolist() == [0.25]
    assert localization.pointing_hits(single(2, 3) + single(0, 0) - 5, MASK).tolist() == [0.5]


def check_mass_is_the_positive_share_inside():
    assert localization.mass_accuracy(MASK * 3, MASK).tolist() == [1.0]
    assert localization.mass_accuracy(1 - MASK, MASK).tolist() == [0.0]
    torch.testing.assert_close(localization.mass_accuracy(torch.ones(1, 6, 8), MASK), torch.tensor([0.25], dtype=torch.float64))
    signed = single(2, 3) + single(0, 0) - 4 * single(2, 4)
    assert localization.mass_accuracy(signed, MASK).tolist() == [0.5]


def check_what_is_no_number_has_no_answer():
    broken = single(2, 3)
    broken[0, 5, 5] = torch.nan
    assert bool(localization.pointing_hits(broken, MASK).isnan().all())
    assert bool(localization.mass_accuracy(broken, MASK).isnan().all())
    broken[0, 5, 5] = torch.inf
    assert bool(localization.pointing_hits(broken, MASK).isnan().all())
    assert bool(localization.mass_accuracy(-single(2, 3), MASK).isnan().all())


def test_the_largest_value_decides_and_ties_count_by_their_share():
    check_the_largest_value_decides_and_ties_count_by_their_share()


def test_mass_is_the_positive_share_inside():
    check_mass_is_the_positive_share_inside()


def test_what_is_no_number_has_no_answer():
    check_what_is_no_number_has_no_answer()


@given(st.integers(0, 10**6), st.floats(0.1, 100))
def test_neither_scale_nor_neighbors_in_the_batch_matter(seed, scale):
    values = torch.randn(3, 6, 8, generator=torch.Generator().manual_seed(seed))
    masks = MASK.expand(3, -1, -1)
    for judge in (localization.pointing_hits, localization.mass_accuracy):
        alone = torch.cat([judge(values[i : i + 1] * scale, MASK) for i in range(3)])
        torch.testing.assert_close(judge(values, masks), alone)


@pytest.mark.parametrize("judge", ["pointing_hits", "mass_accuracy"])
def test_chance_hits_as_often_as_the_object_is_large(judge):
    values = torch.rand(4000, 6, 8, generator=torch.Generator().manual_seed(0))
    found = getattr(localization, judge)(values, MASK.expand(4000, -1, -1))
    assert abs(float(found.mean()) - 0.25) < 0.02
