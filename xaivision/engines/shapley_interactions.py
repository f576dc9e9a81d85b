"""How much two players gain beyond what each of them gains, and Shapley values split by it: k-SII of order 2.

The interaction index of two players is their second difference, v(S + i + j) - v(S + i) - v(S + j) + v(S), averaged over the
sizes of coalitions S of the others and within each size. The matrix holds half of it at (i, j) and (j, i), and on the diagonal
what is left of the player's Shapley value: it is symmetric, its rows sum to the Shapley values, and all of it to the whole gain.

Source: Grabisch, Roubens, 1999, doi:10.1007/s001820050125; Bordt, von Luxburg, 2023, arXiv:2209.04012
"""

from itertools import combinations
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.engines.coalition_enumeration import all_coalitions, enumerable, shapley_values, size_weights, value_table
from xaivision.engines.coalition_sampling import LeverageDraw, PairedSample
from xaivision.engines.game import ValueFunction
from xaivision.engines.shapley_estimate import ShapleyEstimate, ends, exactly
from xaivision.engines.shapley_regression import shapley_fit
from xaivision.engines.weighted_regression import SINGULAR, solved

# Pairs of coalitions for each pair of players that is not settled by single players: with as many as unknowns chance explodes.
PAIRS_AN_UNKNOWN = 1.5


class InteractionEstimate(NamedTuple):
    """`matrix` (M, M) float64; `estimate` of its rows' sums, the Shapley values; `standard_error` (M, M) of what is off the
    diagonal, zero where nothing was left to chance.
    """

    matrix: Tensor
    estimate: ShapleyEstimate
    standard_error: Tensor


def interaction_matrix(values: Tensor, index: Tensor) -> Tensor:
    """(M, M) out of the Shapley values (M,) and the interaction index (M, M), of which the diagonal has no meaning."""
    halves = index / 2
    halves = halves - torch.diag(halves.diagonal())
    return halves + torch.diag(values - halves.sum(1))


def interaction_index(table: Tensor) -> Tensor:
    """(M, M) float64, zero on the diagonal, out of the values of all coalitions in the order of `all_coalitions`."""
    players = len(table).bit_length() - 1
    index = torch.zeros(players, players, dtype=torch.float64, device="cpu")
    if players < 2:
        return index
    weights = size_weights(players - 1)[all_coalitions(players - 2).sum(1)]
    for first, second in combinations(range(players), 2):
        # Axes: players above both, the second, those between, the first, those below both.
        cut = table.double().view(-1, 2, 2 ** (second - first - 1), 2, 2**first)
        gains = cut[:, 1, :, 1] - cut[:, 1, :, 0] - cut[:, 0, :, 1] + cut[:, 0, :, 0]
        index[first, second] = index[second, first] = weights @ gains.flatten()
    return index


def exact_interactions(game: ValueFunction, players: int) -> InteractionEstimate:
    """The interactions by enumeration.

    Raises: InputError, where there are more players than can be enumerated.
    """
    table = value_table(game, players)
    values, index = shapley_values(table), interaction_index(table)
    return InteractionEstimate(interaction_matrix(values, index), exactly(values, len(table)), torch.zeros_like(index))


def least_budget(players: int) -> int:
    """The fewest evaluations, empty and full coalition included, from which the regression of all pairs is fit."""
    unknown = players * (players - 3) / 2
    return min(1 << players, 2 + 2 * players + 2 * int(PAIRS_AN_UNKNOWN * max(0.0, unknown) + 1))


def sampled_interactions(game: ValueFunction, draw: LeverageDraw, budget: int) -> InteractionEstimate:
    """What `budget` evaluations of a game give: Shapley values and interactions by regression over the same coalitions.

    What two complements have in common is followed by sums over pairs of players, with the weights under which the solution
    for all coalitions is the interaction index. What a player's interactions sum to is known from the coalitions of one player
    and of all but one.

    Raises: InputError, where the budget is below `least_budget`, or the draw does not settle all pairs.
    Source: Fumagalli et al., 2024, arXiv:2405.10852
    """
    players = draw.players
    if budget < least_budget(players):
        raise InputError(
            f"`budget` must be at least {least_budget(players)} for the interactions of {players} players. Got {budget}. "
            "Fewer players need less."
        )
    if enumerable(players, budget):
        return exact_interactions(game, players)
    sample = draw.within(budget)
    empty, full = ends(game, players)
    values = game(sample.coalitions).double()
    estimate = shapley_fit(sample, values, empty, full)
    index, error = _index_fit(sample, (values[0::2] + values[1::2]) / 2, (empty + full) / 2)
    return InteractionEstimate(interaction_matrix(estimate.values, index), estimate, error / 2)


def _index_fit(sample: PairedSample, means: Tensor, end: float) -> tuple[Tensor, Tensor]:
    """(M, M) the index, and its standard error, out of the means (P,) of complements, and that of none and all."""
    players = sample.coalitions.shape[1]
    start = _from_sums(_index_sums(sample, means, end))
    sides = sample.coalitions[0::2].double() * 2 - 1
    first, second = torch.triu_indices(players, players, 1, device="cpu")
    inner = sample.sizes > 1
    # Half of what two players make of a mean when they are on one side rather than on two, beside the mean of all.
    follow = ((sides @ start) * sides).sum(1) / 8
    left = (means - end + start.sum() / 8 - follow)[inner]
    features = _sumless((sides[:, first] * sides[:, second])[inner] / 4, players)
    weights = _weights(sample)[inner]
    solution = solved(features, left, weights, _inverse(features, weights))
    index, errors = start.clone(), torch.zeros_like(start)
    index[first, second] += solution.values
    index[second, first] = index[first, second]
    error = (solution.moves.square() * _chances(sample)[inner, None]).sum(0).sqrt()
    errors[first, second] = errors[second, first] = error
    return index, errors


def _index_sums(sample: PairedSample, means: Tensor, end: float) -> Tensor:
    """(M,) what each player's interactions sum to: the gain of joining last less that of joining first."""
    alone = sample.sizes == 1
    players = sample.coalitions.shape[1]
    if int(alone.sum()) != players:
        raise InputError(f"The interactions of {players} players need every coalition of one. Got {int(alone.sum())} of them.")
    sums = torch.zeros(players, dtype=torch.float64, device="cpu")
    sums[sample.coalitions[0::2][alone].long().argmax(1)] = 2 * (end - means[alone])
    return sums


def _from_sums(sums: Tensor) -> Tensor:
    """(M, M) with a zero diagonal: the smallest index with these row sums."""
    players = len(sums)
    index = (sums[:, None] + sums - sums.sum() / (players - 1)) / (players - 2)
    return index - torch.diag(index.diagonal())


def _sumless(features: Tensor, players: int) -> Tensor:
    """(n, M (M - 1) / 2) without what an index gets out of its row sums, which are known."""
    first, second = torch.triu_indices(players, players, 1, device="cpu")
    rows = torch.zeros(len(features), players, dtype=torch.float64, device="cpu")
    rows.index_add_(1, first, features).index_add_(1, second, features)
    whole = rows.sum(1, keepdim=True)
    return features - (rows[:, first] + rows[:, second] - whole / (players - 1)) / (players - 2)


def _weights(sample: PairedSample) -> Tensor:
    """(P,) the weight of all coalitions of a size over how many of them were drawn, 1 / C(M - 4, s - 2) each."""
    players, sizes = sample.coalitions.shape[1], sample.sizes.double()
    drawn = torch.bincount(sample.sizes, minlength=players + 1)[sample.sizes].double()
    pairs = torch.where(2 * sample.sizes == players, 1.0, 2.0)
    return pairs / (sizes * (sizes - 1) * (players - sizes) * (players - sizes - 1) * drawn)


def _chances(sample: PairedSample) -> Tensor:
    """(P,) what is left to chance of a pair: nothing where all of its size were drawn, with Bessel's correction."""
    drawn = torch.bincount(sample.sizes)[sample.sizes].double()
    return (1 - sample.shares) * drawn / (drawn - 1).clamp_min(1)


def _inverse(features: Tensor, weights: Tensor) -> Tensor:
    """Of the features' weighted products, among indices whose rows sum to zero.

    Raises: InputError, where the features do not settle such an index.
    """
    products = features.T @ (weights[:, None] * features)
    values, vectors = torch.linalg.eigh(products)
    players = int((2 * len(values)) ** 0.5) + 1
    # The rows say nothing of row sums: so many eigenvalues are zero, and no more may be.
    known = values[players:]
    if not bool(known[0] > SINGULAR * known[-1]):
        raise InputError(f"{len(features)} pairs of coalitions do not settle {len(values)} interactions. Give a larger `budget`.")
    inverse: Tensor = (vectors[:, players:] / known) @ vectors[:, players:].T
    return inverse
