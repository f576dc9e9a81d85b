"""The largest gap that still counts as adding up."""

import torch

from xaivision.core.completeness import completeness_tolerance

NOTHING = torch.zeros(1, dtype=torch.float64)


def test_rounding_of_a_map_that_cancels_is_no_gap_where_both_scores_are_zero():
    allowed = completeness_tolerance(NOTHING, scale=NOTHING, magnitude=torch.tensor([10.0], dtype=torch.float64))
    assert 1e-6 < float(allowed) < 1e-4


def test_where_neither_the_score_nor_the_map_moves_nothing_is_allowed():
    assert float(completeness_tolerance(NOTHING, scale=NOTHING, magnitude=NOTHING)) == 0
