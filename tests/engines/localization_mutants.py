"""Faults for the engine that says how much of a map lies on the object."""

import test_localization
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "ties are not shared",
        "localization",
        "double() / largest.sum(1)",
        "double().clamp_max(1)",
        test_localization.check_the_largest_value_decides_and_ties_count_by_their_share,
    ),
    Mutant(
        "negative values have mass",
        "localization",
        "flatten(1).clamp_min(0)",
        "flatten(1).abs()",
        test_localization.check_mass_is_the_positive_share_inside,
    ),
    Mutant(
        "a map that is no number is answered",
        "localization",
        "return hits.masked_fill(~flat.isfinite().all(1), torch.nan)",
        "return hits",
        test_localization.check_what_is_no_number_has_no_answer,
    ),
    Mutant(
        "the first of those that tie have the last places",
        "localization",
        "drawn = places * (tied & inside).sum(1).double() / tied.sum(1)",
        "drawn = torch.minimum(places, (tied & inside).sum(1)).double()",
        test_localization.check_places_that_tie_are_shared,
    ),
    Mutant(
        "one count for all",
        "localization",
        "places = counts.to(flat.device) - above.sum(1)",
        "places = counts.to(flat.device)[:1] - above.sum(1)",
        test_localization.check_places_that_tie_are_shared,
    ),
    Mutant(
        "ranks of the mask among itself stay in",
        "localization",
        "hits * (hits - 1) / 2",
        "hits * (hits + 1) / 2",
        test_localization.check_the_area_is_that_of_the_wins_of_every_pair,
    ),
    Mutant(
        "the area of a map that is no number",
        "localization",
        "return (wins / (hits * others)).masked_fill(~flat.isfinite().all(1), torch.nan)",
        "return wins / (hits * others)",
        test_localization.check_ranks_of_what_is_no_number_or_not_there_are_none,
    ),
    Mutant(
        "ranks of a map that is no number",
        "localization",
        "return found.masked_fill(~flat.isfinite().all(1), torch.nan)",
        "return found",
        test_localization.check_ranks_of_what_is_no_number_or_not_there_are_none,
    ),
    Mutant(
        "masks are widened by less than the distance",
        "localization",
        "<= distance)",
        "< distance)",
        test_localization.check_masks_are_widened_by_a_disk,
    ),
)
