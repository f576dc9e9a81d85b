"""Shapley values by regression after boosted trees have taken out what they foresee of the game beyond its linear part.

The error that a regression over sampled coalitions makes of trees is known, since the Shapley values of trees are known exactly.
What trees learned from the sample itself err by is taken from the answer, times how far the game can be seen to go with them.
A pair is foreseen by trees that have seen neither of its coalitions, so that what they learned of its chance does not come back.

Source: Witter, Liu, Musco, 2025, arXiv:2506.11849
"""

from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.engines.coalition_sampling import PairedSample
from xaivision.engines.coalition_trees import grown_trees, tree_shapley_values
from xaivision.engines.shapley_estimate import ShapleyEstimate
from xaivision.engines.shapley_regression import shapley_fit

FOLDS = 10
# Added to the equations of linear fits, as a share of their scale: nine tenths of the pairs may not settle what all do.
RIDGE = 1e-6

# Trees cost about 0.1 to 0.25 ms a coalition, and save at least as many coalitions as there are. A row of a table costs a model
# of scikit-learn 1 to 3 microseconds in large batches, and a core does some 10^10 products a second.
COSTLY_ROWS = 50
COSTLY_PRODUCTS = 10**6
# Where the budget holds more than a quarter of all coalitions, there is too little left to foresee.
FORESEEN_TIMES = 4


class Foreseen(NamedTuple):
    """`values` (M,) the Shapley values of what the trees say beyond a linear game, their mean over the folds.

    `halves` (P,): what the trees that have not seen a pair say half the difference between its coalitions is. `apart` (P,): by
    how much they differ in that from the mean of all.
    """

    values: Tensor
    halves: Tensor
    apart: Tensor


def adjusted_fit(sample: PairedSample, values: Tensor, empty: float, full: float) -> ShapleyEstimate:
    """The Shapley values out of the values (2P,) of a sample's coalitions, with their standard errors.

    Where the sample holds all coalitions there are, the values are exact and nothing is foreseen.

    Raises: InputError, where these coalitions do not settle the values of all players.
    """
    if sample.complete:
        return shapley_fit(sample, values, empty, full)
    known = foreseen(sample, values.double())
    total = float(known.values.sum())
    found = shapley_fit(sample, values.double() - _both(known.halves), empty + total / 2, full - total / 2)
    # Of a size that was drawn wholly no pair is left to chance, but which trees foresee which pair is.
    folding = shapley_fit(sample._replace(shares=1 - sample.shares), _both(known.apart), 0.0, 0.0)
    errors = [one.standard_error for one in (found, folding) if one.standard_error is not None]
    error = torch.stack(errors).square().sum(0).sqrt()
    return found._replace(values=found.values + known.values, standard_error=error, adjusted=True)


def adjustment_pays(players: int, budget: int, rows: int, weights: int, image: bool) -> bool:
    """Whether the evaluations that trees save cost more than the trees: by what is counted, never by the clock.

    `rows` that are asked about for a coalition, `weights` of the model that each row meets (0 where unknown).
    """
    costly = image or rows >= COSTLY_ROWS or rows * weights >= COSTLY_PRODUCTS
    return costly and 2**players >= FORESEEN_TIMES * budget


def foreseen(sample: PairedSample, values: Tensor) -> Foreseen:
    """What trees foresee of the game beyond its linear part, each pair by those that have not seen it."""
    sides, halves = sample.coalitions[0::2].double() - 0.5, (values[0::2] - values[1::2]) / 2
    folds = pair_folds(sample)
    used = folds[:, None] != torch.arange(FOLDS, device="cpu")
    trees, grown = grown_trees(sample.coalitions[0::2], halves[:, None] - sides @ _linear_fits(sides, halves, used), used)
    # A regression errs by nothing in what is linear: what trees happen to say of that is only chance.
    flat = _linear(sides, grown, sample.weights[0::2])
    beyond = grown - sides @ flat
    mine = beyond[torch.arange(len(folds), device="cpu"), folds]
    trust = _trust(halves - sides @ _linear(sides, halves[:, None], sample.weights[0::2])[:, 0], mine)
    owed = tree_shapley_values(trees, sides.shape[1]) - flat.T
    return Foreseen(trust * owed.mean(0), trust * mine, trust * (mine - beyond.mean(1)))


def pair_folds(sample: PairedSample) -> Tensor:
    """(P,) the fold of each pair: those of one size go to all folds in turn, so that no fold is of a few sizes alone."""
    order = sample.sizes.argsort(stable=True)
    folds = torch.empty_like(order)
    folds[order] = torch.arange(len(order), device="cpu") % FOLDS
    return folds


def _linear_fits(sides: Tensor, halves: Tensor, used: Tensor) -> Tensor:
    """(M, K) the values that follow what each fit sees of the pairs, all of them alike."""
    return torch.stack([_linear(sides[seen], halves[seen, None], torch.ones_like(halves[seen]))[:, 0] for seen in used.T], 1)


def _linear(sides: Tensor, halves: Tensor, weights: Tensor) -> Tensor:
    """(M, K) the values nearest to each column of `halves` (P, K). `sides` (P, M): 1/2 where the player is there, or -1/2."""
    weighted = weights[:, None] * sides
    products = sides.T @ weighted
    products.diagonal().add_(RIDGE * products.diagonal().mean() + torch.finfo(torch.float64).tiny)
    values: Tensor = torch.linalg.solve(products, weighted.T @ halves)
    return values


def _trust(left: Tensor, said: Tensor) -> float:
    """From 0 to 1: what the trees' words are multiplied by, so that useless ones are not listened to.

    The coefficient of what they said in what is left of the pairs, drawn towards zero by its own squared error.
    """
    together, square = left * said, float(said.square().sum())
    agreed = float(together.sum())
    if agreed <= 0 or square == 0:
        return 0.0
    doubt = float(together.square().sum()) / agreed**2
    return min(1.0, agreed / square) * max(0.0, 1 - doubt)


def _both(halves: Tensor) -> Tensor:
    """(2P,) values of complements whose half differences are these."""
    return torch.stack((halves, -halves), 1).flatten()
