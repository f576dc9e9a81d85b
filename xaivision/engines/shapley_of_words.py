"""Shapley values of many scores of the same players at once: of a class, and of every word of a caption."""

from collections.abc import Callable

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.engines.coalition_enumeration import all_coalitions, enumerable, shapley_values
from xaivision.engines.permutation_sampling import PermutationDraw, least_budget, order_gains

# From coalitions (n, M) to T scores of each, (n, T) in float64 on the CPU.
ScoresOfCoalitions = Callable[[Tensor], Tensor]


def shapley_of_scores(scores: ScoresOfCoalitions, players: int, budget: int, generator: torch.Generator) -> Tensor:
    """(M, T) float64: what each player contributes to each score, exact where `budget` holds all coalitions.

    Else the mean gains along as many random orders, there and back, as the budget pays for; the generator alone decides on
    the orders, so that two calls with equal ones ask about the same coalitions.

    Raises: InputError, where the budget is too small for one order.
    """
    if enumerable(players, budget):
        table = scores(all_coalitions(players)).double()
        return torch.stack([shapley_values(column) for column in table.T], 1)
    if budget < least_budget(players):
        raise InputError(
            f"`budget` must be at least {least_budget(players)} to go through {players} players there and back. Got {budget}."
        )
    sample = PermutationDraw(players, generator).within(budget)
    ends = torch.zeros(2, players, dtype=torch.bool, device="cpu")
    ends[1] = True
    found = scores(torch.cat([ends, sample.coalitions])).double()
    empty, full = found[0].tolist(), found[1].tolist()
    columns = enumerate(found[2:].T)
    return torch.stack([order_gains(sample, column, empty[place], full[place]).mean(0) for place, column in columns], 1)
