"""Correlation row by row is NumPy's, and none where nothing varies."""

import numpy as np
import pytest
import torch

from xaivision.engines import correlation

FIRST, SECOND = (torch.randn(4, 9, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) for seed in (0, 1))


def check_rows_correlate_as_numpys():
    found = correlation.row_correlation(FIRST + 5, 1e-200 * SECOND)
    expected = [float(np.corrcoef(a, b)[0, 1]) for a, b in zip(FIRST.numpy(), SECOND.numpy(), strict=True)]
    assert found.tolist() == pytest.approx(expected, abs=1e-12)


def check_a_row_that_varies_by_rounding_only_has_none():
    flat = torch.full((3, 5), 0.1, dtype=torch.float64)
    flat[:, 2] += 1e-17
    flat[1] *= 1 + 1e-14 * torch.arange(5, dtype=torch.float64)
    flat[2, 0] += 1e-6
    assert correlation.row_correlation(flat, FIRST[:3, :5]).isnan().tolist() == [True, True, False]
    assert correlation.row_correlation(FIRST[:3, :5], flat).isnan().tolist() == [True, True, False]


def check_the_second_side_has_a_resolution():
    steps = torch.tensor([[1.0, 1.0, 1.001], [1.0, 1.0, 1.1]])
    bound = torch.tensor([0.01, 0.01])
    assert correlation.row_correlation(steps, steps.flip(0), bound).isnan().tolist() == [False, True]
    assert not correlation.row_correlation(steps, steps.flip(0)).isnan().any()
    scores = torch.tensor([[3.0, -1000.0], [0.0, 1.0]])
    found = correlation.score_resolution(scores, torch.float32)
    assert found.tolist() == pytest.approx([8 * 1000 * 2**-23, 8 * 2**-23])


def test_rows_correlate_as_numpys():
    check_rows_correlate_as_numpys()


def test_a_row_that_varies_by_rounding_only_has_none():
    check_a_row_that_varies_by_rounding_only_has_none()


def test_the_second_side_has_a_resolution():
    check_the_second_side_has_a_resolution()


@pytest.mark.parametrize("spoiler", [float("nan"), float("inf")])
def test_what_is_not_finite_spoils_its_own_row_only(spoiler):
    spoiled = FIRST.clone()
    spoiled[1, 3] = spoiler
    for found in (correlation.row_correlation(spoiled, SECOND), correlation.row_correlation(SECOND, spoiled)):
        assert found.isnan().tolist() == [False, True, False, False]
