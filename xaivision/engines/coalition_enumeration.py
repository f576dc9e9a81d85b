"""Shapley and Banzhaf values out of the values of all coalitions there are."""

from math import comb

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.engines.game import ValueFunction
from xaivision.engines.shapley_estimate import ShapleyEstimate, exactly

# Two million coalitions: their table of players is 44 MB, and the next twice that.
MOST_PLAYERS = 21


def enumerable(players: int, budget: int) -> bool:
    """Whether there are so few players that they can be enumerated, and a budget holds all their coalitions."""
    return players <= MOST_PLAYERS and 2**players <= budget


def all_coalitions(players: int) -> Tensor:
    """(2^M, M) bool on the CPU: player p is in coalition c where bit p of c, counted from the lowest, is set.

    Raises: InputError, where there are more players than can be enumerated.
    """
    if players > MOST_PLAYERS:
        raise InputError(f"At most {MOST_PLAYERS} players can be enumerated. Got {players}: sample coalitions of them instead.")
    numbers = torch.arange(2**players, device="cpu")
    return ((numbers[:, None] >> torch.arange(players, device="cpu")) & 1).bool()


def value_table(game: ValueFunction, players: int) -> Tensor:
    """(2^M,) float64: the value of every coalition, in the order of `all_coalitions`.

    Raises: InputError, where there are more players than can be enumerated.
    """
    return game(all_coalitions(players)).double()


def size_weights(players: int) -> Tensor:
    """(M,) float64: how much a gain on joining 0, ..., M - 1 of the others is of a Shapley value. Every size of coalition
    weighs the same, and so does every coalition of a size.
    """
    shares = [1 / (players * comb(players - 1, size)) for size in range(players)]
    return torch.tensor(shares, dtype=torch.float64, device="cpu")


def shapley_values(table: Tensor) -> Tensor:
    """(M,) float64: each player's gain on joining, averaged over the sizes of coalitions and within each size.

    Source: Shapley, 1953, doi:10.1515/9781400881970-018
    """
    players = _players(table)
    weights = size_weights(players)[all_coalitions(players - 1).sum(1)]
    return torch.stack([weights @ gains(table, player) for player in range(players)])


def banzhaf_values(table: Tensor) -> Tensor:
    """(M,) float64: each player's gain on joining, averaged over all coalitions of the others alike."""
    return torch.stack([gains(table, player).mean() for player in range(_players(table))])


def gains(table: Tensor, player: int) -> Tensor:
    """(2^(M-1),) what each coalition of the others gains by this player, in the order of `all_coalitions` of the others."""
    halves = table.double().view(-1, 2, 2**player)
    return (halves[:, 1] - halves[:, 0]).flatten()


def exact_estimate(game: ValueFunction, players: int) -> ShapleyEstimate:
    """The Shapley values by enumeration.

    Raises: InputError, where there are more players than can be enumerated.
    """
    return exactly(shapley_values(value_table(game, players)), 2**players)


def _players(table: Tensor) -> int:
    players = len(table).bit_length() - 1
    if len(table) != 2**players or not players:
        raise InputError(f"A table of values must have one for each of 2^M coalitions. Got {len(table)}.")
    return players
