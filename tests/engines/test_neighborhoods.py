"""Neighborhoods: what is drawn, how it is weighted, and how inputs are perturbed by it."""

import torch

from xaivision.engines import neighborhoods

ONE = torch.tensor([2.0, -1.0, 3.0], dtype=torch.float64)
BASELINE = torch.tensor([0.5, 0.5, 1.0], dtype=torch.float64)


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def check_factors_go_from_the_baseline_to_the_input():
    steps = torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.25, 1.0, 0.0]], dtype=torch.float64)
    found = neighborhoods.perturbed(ONE, BASELINE, steps, "multiply")
    assert torch.equal(found[0], BASELINE)
    assert torch.equal(found[1], ONE)
    assert torch.allclose(found[2], torch.tensor([0.875, -1.0, 1.0], dtype=torch.float64))
    assert torch.equal(neighborhoods.perturbed(ONE, BASELINE, steps, "add"), ONE + steps)


def check_scales_are_the_middles_of_equal_cells():
    drawn = neighborhoods.Scales(0.2, 1.0).drawn(3, 4, chance())
    assert torch.allclose(drawn.steps, torch.tensor([0.3, 0.5, 0.7, 0.9], dtype=torch.float64)[:, None].expand(4, 3))


def check_normal_steps_have_the_spread_asked_for():
    drawn = neighborhoods.Gaussian(0.3).drawn(5, 20_000, chance())
    assert drawn.steps.shape == (20_000, 5)
    assert (drawn.steps.std(0) - 0.3).abs().max() < 0.01
    assert drawn.steps.mean(0).abs().max() < 0.01


def check_masks_are_enumerated_where_they_fit():
    every = neighborhoods.Masks("uniform").drawn(4, 16, chance())
    assert len({tuple(row) for row in every.steps.tolist()}) == 16
    assert len(neighborhoods.Masks("uniform").drawn(5, 31, chance()).steps) == 31
    shapley = neighborhoods.Masks("shapley").drawn(4, 16, chance())
    sizes = shapley.steps.sum(1)
    assert sorted(sizes.tolist()) == [1.0] * 4 + [2.0] * 6 + [3.0] * 4
    kernel = {1: 1 / 4, 2: 1 / 8, 3: 1 / 4}  # 3 / (C(4, k) k (4 - k))
    scale = shapley.weights[0] / kernel[int(sizes[0])]
    assert torch.allclose(shapley.weights, scale * torch.tensor([kernel[int(size)] for size in sizes], dtype=torch.float64))


def check_one_feature_is_away_at_a_time():
    assert torch.equal(neighborhoods.OneAbsent().drawn(3, 99, chance()).steps, 1 - torch.eye(3, dtype=torch.float64))


def test_factors_go_from_the_baseline_to_the_input():
    check_factors_go_from_the_baseline_to_the_input()


def test_scales_are_the_middles_of_equal_cells():
    check_scales_are_the_middles_of_equal_cells()


def test_normal_steps_have_the_spread_asked_for():
    check_normal_steps_have_the_spread_asked_for()


def test_masks_are_enumerated_where_they_fit():
    check_masks_are_enumerated_where_they_fit()


def test_one_feature_is_away_at_a_time():
    check_one_feature_is_away_at_a_time()
