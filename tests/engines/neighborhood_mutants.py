"""Faults for the neighborhoods of local functions."""

import test_neighborhoods
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "factors go from the input to the baseline",
        "neighborhoods",
        "torch.lerp(baseline.expand_as(moved), one.expand_as(moved), moved)",
        "torch.lerp(one.expand_as(moved), baseline.expand_as(moved), moved)",
        test_neighborhoods.check_factors_go_from_the_baseline_to_the_input,
    ),
    Mutant(
        "scales start at nothing whatever was asked",
        "neighborhoods",
        "self.low + (self.high - self.low) * midpoints(count)",
        "self.high * midpoints(count)",
        test_neighborhoods.check_scales_are_the_middles_of_equal_cells,
    ),
    Mutant(
        "the variance instead of the standard deviation",
        "neighborhoods",
        "Steps(self.noise * steps",
        "Steps(self.noise**0.5 * steps",
        test_neighborhoods.check_normal_steps_have_the_spread_asked_for,
    ),
    Mutant(
        "masks are drawn though all would fit",
        "neighborhoods",
        "2**features <= count",
        "2**features < count",
        test_neighborhoods.check_masks_are_enumerated_where_they_fit,
    ),
    Mutant(
        "the feature is alone instead of away",
        "neighborhoods",
        "Steps(1 - torch.eye(",
        "Steps(torch.eye(",
        test_neighborhoods.check_one_feature_is_away_at_a_time,
    ),
)
