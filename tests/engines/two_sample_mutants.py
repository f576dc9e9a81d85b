"""Faults for the engine that tells two samples apart."""

import test_two_samples
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "a tie is lost",
        "two_samples",
        "((gaps.sign() + 1) / 2)",
        "(gaps > 0).double()",
        test_two_samples.check_a_larger_number_wins_and_a_tie_counts_half,
    ),
    Mutant(
        "the smaller number wins",
        "two_samples",
        "gaps.sign() + 1",
        "1 - gaps.sign()",
        test_two_samples.check_a_larger_number_wins_and_a_tie_counts_half,
    ),
    Mutant(
        "weights count on one side",
        "two_samples",
        "((weights @ wins) * weights).sum(1)",
        "(weights @ wins).sum(1)",
        test_two_samples.check_weights_are_repetitions,
    ),
)
