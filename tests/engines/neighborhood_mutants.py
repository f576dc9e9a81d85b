"""Faults for the neighborhoods of local functions."""

import test_neighborhoods
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "factors go from the input to the baseline",
        "neighborhoods",
        "torch.lerp(others.expand(shape), inputs.expand(shape), ",
        "torch.lerp(inputs.expand(shape), others.expand(shape), ",
        test_neighborhoods.check_factors_go_from_the_baseline_to_the_input,
    ),
    Mutant(
        "scales start at nothing whatever was asked",
        "neighborhoods",
        "return self.low + (self.high - self.low) * midpoints(count)",
        "return self.high * midpoints(count)",
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
    Mutant(
        "steps are added in one unit for all values",
        "neighborhoods",
        "inputs + moved * others",
        "inputs + moved * others.mean()",
        test_neighborhoods.check_steps_are_added_in_units_of_each_value_step_by_step,
    ),
    Mutant(
        "versions are in the order of the inputs",
        "neighborhoods",
        "(inputs + moved * others).flatten(0, 1)",
        "(inputs + moved * others).transpose(0, 1).flatten(0, 1)",
        test_neighborhoods.check_steps_are_added_in_units_of_each_value_step_by_step,
    ),
    Mutant(
        "every part of a draw begins anew",
        "neighborhoods",
        "generator=chance(draw)",
        "generator=chance(draw - draws.start)",
        test_neighborhoods.check_parts_of_a_draw_are_those_of_the_whole,
    ),
    Mutant(
        "every mask counts alike where all sizes should",
        "neighborhoods",
        'if self.kernel == "uniform" or not every:',
        'if self.kernel in ("uniform", "sizes") or not every:',
        test_neighborhoods.check_every_number_of_features_counts_alike,
    ),
    Mutant(
        "coins are flipped where all sizes should come",
        "neighborhoods",
        'if self.kernel == "sizes" else coin_flips(',
        'if self.kernel == "none" else coin_flips(',
        test_neighborhoods.check_every_number_of_features_counts_alike,
    ),
    Mutant(
        "a sample is taken for all there are",
        "neighborhoods",
        "self._weights(masks, every), every)",
        "self._weights(masks, every), True)",
        test_neighborhoods.check_what_is_complete_says_so,
    ),
)
