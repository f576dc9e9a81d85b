from math import pi

import pytest
import torch

from xaivision.core.random import generator
from xaivision.data.speckle import gaussian_rows, rayleigh_speckle, smeared_along


@pytest.mark.parametrize("grain", [(0.0, 0.0), (0.3, 0.7), (2.0, 1.0)])
def test_speckle_is_of_rayleigh_whatever_its_grain(grain):
    drawn = torch.stack([rayleigh_speckle(96, grain, generator(seed)) for seed in range(40)])
    assert float(drawn.square().mean()) == pytest.approx(1, rel=0.02)
    assert float(drawn.mean()) == pytest.approx(pi**0.5 / 2, rel=0.01)
    assert float((drawn.square() > 1).double().mean()) == pytest.approx(0.3679, abs=0.01)  # exp(-1)
    border = torch.cat([drawn[:, 0], drawn[:, -1], drawn[:, :, 0], drawn[:, :, -1]], 1)
    assert float(border.square().mean()) == pytest.approx(1, rel=0.04)


def likeness(grain, shift):
    energy = torch.stack([rayleigh_speckle(96, grain, generator(seed)) for seed in range(10)]).square() - 1
    along = (energy[:, shift:] * energy[:, : 96 - shift]).mean()
    across = (energy[:, :, shift:] * energy[:, :, : 96 - shift]).mean()
    return float(along), float(across)


def test_neighbors_resemble_each_other_as_the_grain_says():
    # The correlation of energies is the squared correlation of amplitudes, exp(-shift**2 / (4 spread**2)) each way.
    along, across = likeness((1.0, 2.0), 2)
    assert along == pytest.approx(0.1353, abs=0.04)
    assert across == pytest.approx(0.6065, abs=0.06)
    assert likeness((0.0, 0.0), 1) == pytest.approx((0, 0), abs=0.02)


def test_rows_of_a_blur_sum_to_one_and_have_the_stated_spread():
    rows = gaussian_rows(101, 3.0)
    places = torch.arange(101, dtype=torch.float64)
    assert torch.allclose(rows.sum(1), torch.ones(101, dtype=torch.float64))
    assert float((rows[50] * (places - 50).square()).sum()) == pytest.approx(9, rel=1e-3)
    assert torch.equal(gaussian_rows(4, 0.0), torch.eye(4, dtype=torch.float64))


def test_a_beam_that_widens_spreads_a_point_along_the_track_by_its_width_at_each_range():
    points = torch.zeros(101, 3, dtype=torch.float64)
    points[50] = 2.0
    energy = smeared_along(points, torch.tensor([0.0, 2.0, 4.0], dtype=torch.float64)).square()
    places = torch.arange(101, dtype=torch.float64)[:, None] - 50
    assert torch.allclose(energy.sum(0), torch.full((3,), 4.0, dtype=torch.float64))
    variance = (energy * places.square()).sum(0) / 4
    assert torch.allclose(variance, torch.tensor([0.0, 4.0, 16.0], dtype=torch.float64), rtol=1e-3, atol=1e-6)
    assert torch.allclose(smeared_along(points, torch.zeros(3, dtype=torch.float64)), points)
