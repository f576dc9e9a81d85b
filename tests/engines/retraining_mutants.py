"""Faults for the engine that takes ranked features out of data."""

import test_ranked_removal
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "the last features go",
        "ranked_removal",
        "order[:, :count]",
        "order[:, order.shape[1] - count :]",
        test_ranked_removal.check_columns_of_each_row_go_by_its_own_order,
    ),
    Mutant(
        "the first row's order for all",
        "ranked_removal",
        "order[:, :count], True",
        "order[:1, :count].expand(len(order), -1), True",
        test_ranked_removal.check_columns_of_each_row_go_by_its_own_order,
    ),
    Mutant(
        "what goes is what stays",
        "ranked_removal",
        "substitutes, inputs)",
        "inputs, substitutes)",
        test_ranked_removal.check_the_first_positions_go_with_all_their_channels,
    ),
    Mutant(
        "a mean for each position",
        "ranked_removal",
        "axes = (0, 2, 3) if",
        "axes = (0,) if",
        test_ranked_removal.check_means_are_those_of_columns_and_of_channels,
    ),
    Mutant(
        "one mean over all channels",
        "ranked_removal",
        "axes = (0, 2, 3) if",
        "axes = (0, 1, 2, 3) if",
        test_ranked_removal.check_means_are_those_of_columns_and_of_channels,
    ),
    Mutant(
        "the area instead of the height",
        "ranked_removal",
        " / float(shares[-1] - shares[0])",
        "",
        test_ranked_removal.check_heights_are_means_over_the_shares,
    ),
    Mutant(
        "the mean of the points",
        "ranked_removal",
        "torch.trapezoid(curves, shares.to(curves), dim=-1) / float(shares[-1] - shares[0])",
        "curves.mean(-1)",
        test_ranked_removal.check_heights_are_means_over_the_shares,
    ),
)
