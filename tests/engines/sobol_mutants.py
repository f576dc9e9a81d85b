"""Faults for Sobol indices."""

import test_sobol_indices
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "Jansen's half is left out",
        "sobol_indices",
        "(one - players).square() / 2",
        "(one - players).square()",
        lambda: test_sobol_indices.check_ishigami_is_its_closed_form("total"),
    ),
    Mutant(
        "first-order indices by the first sample's own scores",
        "sobol_indices",
        "(blocks[-1] - one.mean())",
        "(one - one.mean())",
        lambda: test_sobol_indices.check_ishigami_is_its_closed_form("first"),
    ),
    Mutant(
        "the other sample's scores taken for a player's",
        "sobol_indices",
        'blocks[1:] if order == "total" else blocks[1:-1]',
        'blocks[1:] if order == "total" else blocks[2:]',
        lambda: test_sobol_indices.check_a_sum_shares_its_variance_by_squared_weights("first"),
    ),
    Mutant(
        "shares of the spread, not of the variance",
        "sobol_indices",
        "values = terms.mean(1) / variance",
        "values = terms.mean(1) / variance.sqrt()",
        lambda: test_sobol_indices.check_a_sum_shares_its_variance_by_squared_weights("total"),
    ),
    Mutant(
        "all players but one change",
        "sobol_indices",
        "torch.where(own |",
        "torch.where(~own & (turn[:, None] >= 0) |",
        test_sobol_indices.check_runs_change_one_player_and_come_in_parts,
    ),
    Mutant(
        "the error of a point, not of their mean",
        "sobol_indices",
        "influence.std(1) / points**0.5",
        "influence.std(1)",
        lambda: test_sobol_indices.check_errors_hold_of_independent_points("total"),
    ),
    Mutant(
        "the variance's own error is left out",
        "sobol_indices",
        "terms - values[:, None] * squares",
        "terms",
        lambda: test_sobol_indices.check_errors_hold_of_independent_points("total"),
    ),
    Mutant(
        "rounding in the digits of the sums",
        "sobol_indices",
        "torch.finfo(scores.dtype).eps",
        "torch.finfo(torch.float64).eps",
        lambda: test_sobol_indices.check_a_spread_of_rounding_is_none("total"),
    ),
)
