"""Faults for the engine that tests paired differences."""

import test_paired_tests
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "what was observed is not among the draws",
        "paired_tests",
        "counts = torch.ones(3, values.shape[1]",
        "counts = torch.zeros(3, values.shape[1]",
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
        "sums that are equal but for rounding are not ties, on the other side",
        "paired_tests",
        "sums <= observed + slack",
        "sums < observed - slack",
        test_paired_tests.check_known_answers,
    ),
    Mutant(
        "rounding is a difference",
        "paired_tests",
        "apart.masked_fill(same, 0.0)",
        "apart",
        test_paired_tests.check_what_is_the_same_but_for_rounding_does_not_differ,
    ),
    Mutant(
        "rounding has one size whatever the values are",
        "paired_tests",
        "torch.maximum(left.abs(), right.abs())",
        "torch.ones_like(apart)",
        test_paired_tests.check_what_is_the_same_but_for_rounding_does_not_differ,
    ),
    Mutant(
        "the finest difference that a metric can tell is not asked",
        "paired_tests",
        ".clamp_min(finest)",
        "",
        test_paired_tests.check_what_is_the_same_but_for_rounding_does_not_differ,
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
