"""Faults for sets of features: their correlation, their draws and their regions."""

import test_correlation
import test_regions
import test_subset_draws
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "rows that are not centered",
        "correlation",
        "rows - rows.mean(1, keepdim=True)",
        "rows",
        test_correlation.check_rows_correlate_as_numpys,
    ),
    Mutant(
        "squares that vanish",
        "correlation",
        "centered / centered.abs().amax(1, keepdim=True)",
        "centered",
        test_correlation.check_rows_correlate_as_numpys,
    ),
    Mutant(
        "rounding taken for variation",
        "correlation",
        "ROUNDING = 1e-12",
        "ROUNDING = 0.0",
        test_correlation.check_a_row_that_varies_by_rounding_only_has_none,
    ),
    Mutant(
        "the resolution is forgotten",
        "correlation",
        "steady |= _steady(b, resolution)",
        "steady |= _steady(b, 0 * resolution)",
        test_correlation.check_the_second_side_has_a_resolution,
    ),
    Mutant(
        "few subsets are drawn with repeats",
        "subset_draws",
        "comb(players, size) <= budget",
        "comb(players, size) < budget",
        test_subset_draws.check_few_subsets_are_all_there,
    ),
    Mutant(
        "the same subset every time",
        "subset_draws",
        "torch.randperm(players, generator=generator",
        "torch.arange(players",
        test_subset_draws.check_many_subsets_are_drawn_at_random,
    ),
    Mutant(
        "sizes up to all players",
        "subset_draws",
        "torch.linspace(1, share_size(players, largest), count",
        "torch.linspace(1, players, count",
        test_subset_draws.check_sizes_run_from_one_to_the_largest_share,
    ),
    Mutant(
        "rows of cells overlap",
        "regions",
        "(down[:, None] * columns + right)",
        "(down[:, None] + right)",
        test_regions.check_a_grid_covers_the_picture_in_order,
    ),
    Mutant(
        "the last patch of a row belongs to the next",
        "regions",
        "across = -(-width // side)",
        "across = width // side",
        test_regions.check_patches_have_their_side_and_the_last_are_cut_off,
    ),
    Mutant(
        "means where sums are asked for",
        "regions",
        "    if mean:\n",
        "    if True:\n",
        test_regions.check_regions_go_by_their_sums_or_means,
    ),
    Mutant(
        "sums where means are asked for",
        "regions",
        "    if mean:\n",
        "    if False:\n",
        test_regions.check_regions_go_by_their_sums_or_means,
    ),
    Mutant(
        "the smallest first",
        "regions",
        "descending=True",
        "descending=False",
        test_regions.check_regions_go_by_their_sums_or_means,
    ),
    Mutant(
        "ties in the order of the regions",
        "regions",
        "shuffle = keys.argsort()",
        "shuffle = torch.arange(len(keys))",
        test_regions.check_ties_fall_at_random_and_alike_for_every_input,
    ),
    Mutant(
        "the counts of the first input for all",
        "regions",
        "counts[part.inputs, part.versions]",
        "counts[0 * part.inputs, part.versions]",
        test_regions.check_steps_take_the_first_regions_and_all_in_the_end,
    ),
    Mutant(
        "the sets of the inputs instead of the versions",
        "regions",
        "sets[part.versions][:, regions]",
        "sets[part.inputs % 2][:, regions]",
        test_regions.check_sets_of_regions_are_their_positions,
    ),
)
