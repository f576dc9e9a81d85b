"""Random soft masks, and the mean score where a position is seen."""

from itertools import product

import torch

from xaivision.engines import random_masks

WEIGHTS = torch.tensor([1.5, -2.0, 0.25, 3.0, 0.0], dtype=torch.float64)


def _chance(seed=0):
    return torch.Generator().manual_seed(seed)


def check_differences_are_those_of_a_linear_model():
    """S16: on all masks, S_i - S_k = (1 - p)(w_i x_i - w_k x_k)."""
    every = torch.tensor(list(product([0.0, 1.0], repeat=5)), dtype=torch.float64)
    found = random_masks.presence_effect(iter([(every[:20], every[:20] @ WEIGHTS), (every[20:], every[20:] @ WEIGHTS)]), 5, True)
    assert torch.allclose(found.values, 0.5 * WEIGHTS, atol=1e-12)
    plain = random_masks.presence_effect(iter([(every, every @ WEIGHTS)]), 5, False)
    assert torch.allclose(plain.values - found.values, (every @ WEIGHTS).mean().expand(5), atol=1e-12)


def check_the_standard_error_is_that_of_many_runs():
    for centered in (True, False):
        values, errors = [], []
        for seed in range(300):
            masks = torch.rand(80, 5, generator=_chance(seed), dtype=torch.float64)
            scores = 2 + masks @ WEIGHTS
            found = random_masks.presence_effect(iter([(masks, scores)]), 5, centered)
            values.append(found.values)
            errors.append(found.standard_error)
        ratio = torch.stack(values).std(0) / torch.stack(errors).square().mean(0).sqrt()
        assert ((ratio > 0.85) & (ratio < 1.15)).all(), ratio


def check_masks_are_enlarged_cells_moved_by_less_than_a_cell():
    draws = random_masks.drawn_masks(50, (3, 4), (10, 13), 0.3, _chance())
    assert draws.cells.shape == (50, 4, 5)
    assert (draws.shifts.amin(0).tolist(), draws.shifts.amax(0).tolist()) == ([0, 0], [3, 3])
    masks = random_masks.enlarged(draws, slice(0, 50), (3, 4), (10, 13))
    assert masks.shape == (50, 10, 13)
    assert masks.min() >= 0
    assert masks.max() <= 1
    unmoved = draws._replace(shifts=torch.zeros_like(draws.shifts))
    moved = draws._replace(shifts=torch.tensor([2, 1]).expand(50, 2))
    one, other = (random_masks.enlarged(which, slice(0, 50), (3, 4), (10, 13)) for which in (unmoved, moved))
    assert torch.equal(one[:, 2:, 1:], other[:, :-2, :-1])


def check_cells_are_present_with_the_share_asked_for():
    draws = random_masks.drawn_masks(2000, (3, 4), (12, 12), 0.3, _chance())
    assert abs(float(draws.cells.mean()) - 0.3) < 0.01


def test_differences_are_those_of_a_linear_model():
    check_differences_are_those_of_a_linear_model()


def test_the_standard_error_is_that_of_many_runs():
    check_the_standard_error_is_that_of_many_runs()


def test_masks_are_enlarged_cells_moved_by_less_than_a_cell():
    check_masks_are_enlarged_cells_moved_by_less_than_a_cell()


def test_cells_are_present_with_the_share_asked_for():
    check_cells_are_present_with_the_share_asked_for()


def test_a_slice_of_the_masks_is_a_slice_of_all():
    draws = random_masks.drawn_masks(9, (2, 2), (6, 6), 0.5, _chance())
    whole = random_masks.enlarged(draws, slice(0, 9), (2, 2), (6, 6))
    assert torch.equal(whole[4:7], random_masks.enlarged(draws, slice(4, 7), (2, 2), (6, 6)))


def test_a_row_of_a_table_is_seen_column_by_column():
    draws = random_masks.drawn_masks(40, (1, 5), (1, 5), 0.5, _chance())
    masks = random_masks.enlarged(draws, slice(0, 40), (1, 5), (1, 5))
    assert masks.shape == (40, 1, 5)
    assert set(masks.flatten().tolist()) == {0.0, 1.0}
