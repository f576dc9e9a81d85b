"""Neighborhoods: what is drawn, how it is weighted, and how inputs are perturbed by it."""

import torch

from xaivision.engines import neighborhoods

ONE = torch.tensor([2.0, -1.0, 3.0], dtype=torch.float64)
BASELINE = torch.tensor([0.5, 0.5, 1.0], dtype=torch.float64)


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def check_factors_go_from_the_baseline_to_the_input():
    steps = torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.25, 1.0, 0.0]], dtype=torch.float64)
    found = neighborhoods.perturbed(ONE[None], BASELINE[None], steps, "multiply")
    assert torch.equal(found[0], BASELINE)
    assert torch.equal(found[1], ONE)
    assert torch.allclose(found[2], torch.tensor([0.875, -1.0, 1.0], dtype=torch.float64))


def check_steps_are_added_in_units_of_each_value_step_by_step():
    steps = torch.tensor([[1.0, 0.0, -1.0], [2.0, 2.0, 2.0]], dtype=torch.float64)
    units = torch.tensor([[1.0, 10.0, 100.0], [0.0, 1.0, 2.0]], dtype=torch.float64)
    found = neighborhoods.perturbed(torch.stack([ONE, BASELINE]), units, steps, "add")
    expected = [
        ONE + steps[0] * units[0],
        BASELINE + steps[0] * units[1],
        ONE + steps[1] * units[0],
        BASELINE + steps[1] * units[1],
    ]
    assert torch.equal(found, torch.stack(expected))


def check_parts_of_a_draw_are_those_of_the_whole():
    """What the steps are does not depend on how many are made at a time."""
    for around in (neighborhoods.Gaussian(0.3), neighborhoods.Scales(0.2, 1.0)):
        whole = around.part(range(7), 5, 7, chance)
        parts = torch.cat([around.part(range(3), 5, 7, chance), around.part(range(3, 7), 5, 7, chance)])
        assert torch.equal(whole, parts)
    spread = neighborhoods.Gaussian(0.3).part(range(4000), 5, 4000, chance).std(0)
    assert (spread - 0.3).abs().max() < 0.02
    some = neighborhoods.Scales(0.2, 1.0).part(range(1, 3), 2, 4, chance)[:, 0]
    assert torch.allclose(some, torch.tensor([0.5, 0.7], dtype=torch.float64))


def check_every_number_of_features_counts_alike():
    few = neighborhoods.Masks("sizes").drawn(4, 16, chance())
    for size in range(5):
        assert abs(float(few.weights[few.steps.sum(1) == size].sum()) - 1) < 1e-12
    many = neighborhoods.Masks("sizes").drawn(30, 6200, chance())
    counts = torch.bincount(many.steps.sum(1).long(), minlength=31)
    assert counts.min() > 130  # 200 are expected of each size
    assert counts.max() < 270
    assert (many.steps.mean(0) - 0.5).abs().max() < 0.03
    assert torch.equal(many.weights, torch.ones(6200, dtype=torch.float64))


def check_what_is_complete_says_so():
    draws = {
        neighborhoods.Masks("uniform"): (16, 15),
        neighborhoods.Masks("shapley"): (16, 15),
        neighborhoods.Masks("sizes"): (16, 15),
    }
    for around, (every, some) in draws.items():
        assert around.drawn(4, every, chance()).complete
        assert not around.drawn(4, some, chance()).complete
    assert neighborhoods.OneAbsent().drawn(4, 1, chance()).complete
    assert neighborhoods.Scales().drawn(4, 9, chance()).complete
    assert not neighborhoods.Gaussian().drawn(4, 9, chance()).complete


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


def test_steps_are_added_in_units_of_each_value_step_by_step():
    check_steps_are_added_in_units_of_each_value_step_by_step()


def test_parts_of_a_draw_are_those_of_the_whole():
    check_parts_of_a_draw_are_those_of_the_whole()


def test_every_number_of_features_counts_alike():
    check_every_number_of_features_counts_alike()


def test_what_is_complete_says_so():
    check_what_is_complete_says_so()
