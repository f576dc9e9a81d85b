"""Faults for the engine that says what two maps share."""

import test_map_agreement
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "what is zero is named",
        "map_agreement",
        "(ranks < k) & (amounts > 0)",
        "ranks < k",
        test_map_agreement.check_the_k_largest_above_zero_are_named,
    ),
    Mutant(
        "one more is named",
        "map_agreement",
        "(ranks < k)",
        "(ranks <= k)",
        test_map_agreement.check_the_k_largest_above_zero_are_named,
    ),
    Mutant(
        "the order for the ranks",
        "map_agreement",
        "return Top(ranks, (ranks",
        "return Top(order + 1, (ranks",
        test_map_agreement.check_the_k_largest_above_zero_are_named,
    ),
    Mutant(
        "over the shorter list",
        "map_agreement",
        "torch.maximum(first",
        "torch.minimum(first",
        test_map_agreement.check_both_names_are_counted_over_the_longer_list,
    ),
    Mutant(
        "what is not alike counts",
        "map_agreement",
        "first.names & second.names & alike",
        "first.names & second.names",
        test_map_agreement.check_both_names_are_counted_over_the_longer_list,
    ),
    Mutant(
        "over what the first names",
        "map_agreement",
        "first.names & second.names, first.names | second.names",
        "first.names & second.names, first.names",
        test_map_agreement.check_the_overlap_is_over_what_either_names,
    ),
    Mutant(
        "maps are compared with their units",
        "map_agreement",
        "0.5 * exact / exact.abs()",
        "0.5 * exact + 0 * exact.abs()",
        test_map_agreement.check_likeness_of_structure_is_free_of_scale_and_knows_signs,
    ),
    Mutant(
        "zero is black",
        "map_agreement",
        "return 0.5 + 0.5 * exact",
        "return exact",
        test_map_agreement.check_likeness_of_structure_is_free_of_scale_and_knows_signs,
    ),
)
