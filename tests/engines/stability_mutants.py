"""Faults for the engine that measures changes next to an input."""

import test_stability
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "all versions have one draw",
        "stability",
        'generator(seed, "nearby", version)',
        'generator(seed, "nearby")',
        test_stability.check_a_draw_belongs_to_its_version_and_fills_the_box,
    ),
    Mutant(
        "half of the box",
        "stability",
        "return 2 * torch.stack(made) - 1",
        "return torch.stack(made)",
        test_stability.check_a_draw_belongs_to_its_version_and_fills_the_box,
    ),
    Mutant(
        "squares instead of norms",
        "stability",
        ".square().sum(1).sqrt()",
        ".square().sum(1)",
        test_stability.check_sizes_are_norms_over_all_axes,
    ),
    Mutant(
        "what rounding makes is a change",
        "stability",
        "(change <= rounding)",
        "(change < 0)",
        test_stability.check_what_rounding_makes_of_a_map_is_no_change,
    ),
    Mutant(
        "the map that is judged is as fine as it is written",
        "stability",
        "before.dtype, after.dtype)",
        "after.dtype)",
        test_stability.check_what_rounding_makes_of_a_map_is_no_change,
    ),
    Mutant(
        "an endless change is none",
        "stability",
        "change.isfinite() & (",
        "(",
        test_stability.check_what_rounding_makes_of_a_map_is_no_change,
    ),
    Mutant(
        "nothing of nothing is undefined",
        "stability",
        "found = torch.where(change == 0, torch.zeros_like(change), change / size)",
        "found = change / size",
        test_stability.check_nothing_changed_is_zero_and_a_change_of_nothing_is_undefined,
    ),
    Mutant(
        "a change of nothing is infinite",
        "stability",
        "return found.masked_fill(~(found.isfinite() & size.isfinite()), torch.nan)",
        "return found",
        test_stability.check_nothing_changed_is_zero_and_a_change_of_nothing_is_undefined,
    ),
    Mutant(
        "shares of the largest value",
        "stability",
        "torch.maximum(old.abs(), least)",
        "old.abs().amax(1, keepdim=True)",
        test_stability.check_each_change_is_a_share_of_the_value_or_of_the_floor,
    ),
    Mutant(
        "one floor for the batch",
        "stability",
        "old.abs().amax(1, keepdim=True)\n    shares",
        "old.abs().max()\n    shares",
        test_stability.check_rows_have_floors_of_their_own,
    ),
    Mutant(
        "a row of zeros changed by infinitely much",
        "stability",
        "return found.masked_fill(~(found.isfinite() & old.isfinite().all(1)), torch.nan)",
        "return found",
        test_stability.check_a_row_of_zeros_has_no_shares,
    ),
    Mutant(
        "all copies count",
        "stability",
        "found.masked_fill(~counted, -torch.inf).amax(1)",
        "found.amax(1)",
        test_stability.check_only_what_counts_is_the_largest,
    ),
)
