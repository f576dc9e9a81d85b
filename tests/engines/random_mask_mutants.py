"""Faults for the random masks of RISE."""

import test_random_masks
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "the sum of the scores instead of their mean where seen",
        "random_masks",
        "ratio = with_score / there",
        "ratio = with_score / count",
        test_random_masks.check_differences_are_those_of_a_linear_model,
    ),
    Mutant(
        "the mean score stays in",
        "random_masks",
        "Presence(ratio - mean,",
        "Presence(ratio,",
        test_random_masks.check_differences_are_those_of_a_linear_model,
    ),
    Mutant(
        "only the last batch counts",
        "random_masks",
        "sums += powers @ there",
        "sums = powers @ there",
        test_random_masks.check_differences_are_those_of_a_linear_model,
    ),
    Mutant(
        "the error of the mean is left out",
        "random_masks",
        "own - 2 * both + total",
        "own + total",
        test_random_masks.check_the_standard_error_is_that_of_many_runs,
    ),
    Mutant(
        "the error of the sum, not of the mean",
        "random_masks",
        "return Presence(ratio, (own.clamp_min(0) / count.square()).sqrt())",
        "return Presence(ratio, (own.clamp_min(0) / count).sqrt())",
        test_random_masks.check_the_standard_error_is_that_of_many_runs,
    ),
    Mutant(
        "grids are not moved",
        "random_masks",
        "mask[top : top + height, left : left + width]",
        "mask[:height, :width]",
        test_random_masks.check_masks_are_enlarged_cells_moved_by_less_than_a_cell,
    ),
    Mutant(
        "absent with the share asked for",
        "random_masks",
        'device="cpu") < share',
        'device="cpu") > share',
        test_random_masks.check_cells_are_present_with_the_share_asked_for,
    ),
)
