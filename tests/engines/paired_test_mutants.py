"""Faults for the engine that tests paired differences."""

import test_paired_tests
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "what was observed is not among the draws",
        "paired_tests",
        "counts = torch.ones(2, values.shape[1]",
        "counts = torch.zeros(2, values.shape[1]",
        test_paired_tests.check_draws_come_near_what_all_signs_say_and_are_never_zero,
    ),
    Mutant(
        "sums that are equal but for rounding are not ties",
        "paired_tests",
        "sums >= observed - slack",
        "sums > observed + slack",
        test_paired_tests.check_known_answers,
    ),
    Mutant(
        "two sides are one",
        "paired_tests",
        "sums.abs() >= observed.abs() - slack",
        "sums >= observed.abs() - slack",
        test_paired_tests.check_known_answers,
    ),
    Mutant(
        "a pair that is missing counts",
        "paired_tests",
        "pairs = (~columns.isnan()).sum(0)",
        "pairs = torch.full((columns.shape[1],), len(columns))",
        test_paired_tests.check_the_pairs_that_are_missing_are_left_out,
    ),
    Mutant(
        "draws of one sign are more likely",
        "paired_tests",
        "torch.randint(2, size",
        "torch.randint(3, size",
        test_paired_tests.check_draws_come_near_what_all_signs_say_and_are_never_zero,
    ),
    Mutant(
        "Bonferroni for Holm",
        "paired_tests",
        "left = torch.arange(len(ordered), 0, -1, dtype",
        "left = len(ordered) + 0 * torch.arange(len(ordered), 0, -1, dtype",
        test_paired_tests.check_holm_is_its_definition,
    ),
    Mutant(
        "a later p-value may be adjusted less",
        "paired_tests",
        ".cummax(0).values",
        "",
        test_paired_tests.check_holm_is_its_definition,
    ),
    Mutant(
        "no comparison counts as one",
        "paired_tests",
        "known = ~found.isnan()",
        "known = torch.ones_like(found, dtype=torch.bool)",
        test_paired_tests.check_holm_is_its_definition,
    ),
)
