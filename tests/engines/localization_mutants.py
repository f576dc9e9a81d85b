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
)
