"""The earth mover's distance as a score of maps: known distances, and scipy's own on small cases."""

import pytest
import torch
from scipy.stats import wasserstein_distance_nd

from xaivision.engines import earth_movers


def spot(row: int, column: int, side: int = 5) -> torch.Tensor:
    found = torch.zeros(1, side, side, dtype=torch.float64)
    found[0, row, column] = 1
    return found


def test_a_map_that_is_the_truth_is_as_near_as_can_be_whatever_its_scale_and_sign():
    check_a_map_that_is_the_truth_is_as_near_as_can_be_whatever_its_scale_and_sign()


def check_a_map_that_is_the_truth_is_as_near_as_can_be_whatever_its_scale_and_sign():
    truth = torch.rand(3, 6, 7, generator=torch.Generator().manual_seed(0)) < 0.3
    assert torch.allclose(earth_movers.nearness(-7 * truth.double(), truth), torch.ones(3, dtype=torch.float64))


def test_mass_in_the_corner_opposite_to_the_truth_is_as_far_as_can_be():
    check_mass_in_the_corner_opposite_to_the_truth_is_as_far_as_can_be()


def check_mass_in_the_corner_opposite_to_the_truth_is_as_far_as_can_be():
    assert float(earth_movers.nearness(spot(0, 0), spot(4, 4).bool())) == pytest.approx(0)


def test_mass_that_is_one_cell_off_is_one_cell_over_the_diagonal_away():
    check_mass_that_is_one_cell_off_is_one_cell_over_the_diagonal_away()


def check_mass_that_is_one_cell_off_is_one_cell_over_the_diagonal_away():
    assert float(earth_movers.nearness(spot(2, 3), spot(2, 2).bool())) == pytest.approx(1 - 1 / (4 * 2**0.5))


def test_it_is_the_distance_that_scipy_computes_between_the_distributions():
    check_it_is_the_distance_that_scipy_computes_between_the_distributions()


def check_it_is_the_distance_that_scipy_computes_between_the_distributions():
    draws = torch.Generator().manual_seed(1)
    values, mask = torch.rand(4, 5, 4, generator=draws, dtype=torch.float64), torch.rand(4, 5, 4, generator=draws) < 0.4
    places = torch.cartesian_prod(torch.arange(5), torch.arange(4)).numpy()
    for one, own, truth in zip(earth_movers.nearness(values, mask), values, mask, strict=True):
        wanted = wasserstein_distance_nd(places, places, own.flatten().numpy(), truth.double().flatten().numpy())
        assert float(one) == pytest.approx(1 - wanted / 5, abs=1e-9)


def test_every_map_has_the_nearness_that_it_has_alone():
    check_every_map_has_the_nearness_that_it_has_alone()


def check_every_map_has_the_nearness_that_it_has_alone():
    draws = torch.Generator().manual_seed(3)
    count = earth_movers.AT_ONCE + 4
    values, masks = torch.rand(count, 4, 3, generator=draws), torch.rand(count, 4, 3, generator=draws) < 0.5
    values[1], values[2] = 0, masks[2].float()  # one that has no nearness, and one that is the truth
    masks[:, 0, 0] = True
    alone = torch.cat([earth_movers.nearness(one[None], mask[None]) for one, mask in zip(values, masks, strict=True)])
    assert torch.allclose(earth_movers.nearness(values, masks), alone, atol=1e-9, equal_nan=True)
    assert int(alone.isnan().sum()) == 1


def test_large_maps_are_compared_between_cells():
    check_large_maps_are_compared_between_cells()


def check_large_maps_are_compared_between_cells():
    truth = torch.zeros(1, 64, 64, dtype=torch.bool)
    truth[:, :8, :8] = True
    values = torch.zeros(1, 64, 64)
    values[:, 8:16, :8] = 1  # one cell below
    assert float(earth_movers.nearness(values, truth)) == pytest.approx(1 - 1 / (2**0.5 * (earth_movers.MOST_CELLS - 1)))


@pytest.mark.parametrize("bad", [torch.zeros(1, 3, 3), torch.full((1, 3, 3), torch.nan)])
def test_a_map_without_mass_has_no_distance(bad):
    assert earth_movers.nearness(bad, spot(0, 0, 3).bool()).isnan().all()


def test_an_empty_truth_has_no_distance():
    assert earth_movers.nearness(torch.ones(1, 3, 3), torch.zeros(1, 3, 3, dtype=torch.bool)).isnan().all()
