"""Shapley values of a question by a sampler of coalitions, or by enumeration where that costs no more."""

from collections.abc import Callable

import torch

from xaivision.core.attribution import Attribution
from xaivision.core.question import Question
from xaivision.engines.coalition_enumeration import enumerable, exact_estimate
from xaivision.engines.game import ValueFunction
from xaivision.engines.shapley_estimate import ShapleyEstimate
from xaivision.engines.stopping import Estimate
from xaivision.explainers.players import PlayerGames, games_of
from xaivision.explainers.shapley_answer import shapley_answer
from xaivision.explainers.shapley_budget import Sampling, as_far_as_asked
from xaivision.explainers.shapley_doubts import sampling_doubts

# From a game, its number of players and chance to what a budget buys.
Sampler = Callable[[ValueFunction, int, torch.Generator], Estimate]


def sampled_shapley(q: Question, settings: Sampling, sampler: Sampler) -> Attribution:
    """The answer by this sampler, with its intervals and doubts."""
    played = games_of(q, settings)
    # The same draws for each input: a result does not depend on the place in the batch.
    sampled = [_enumerated(game, game.players, sampler(game, game.players, q.generator())) for game in played.games]
    return explored(q, settings, played, sampled)


def explored(q: Question, settings: Sampling, played: PlayerGames, estimates: list[Estimate]) -> Attribution:
    """The answer by these estimates, one an input, as far as the settings go, with its intervals and doubts."""
    pairs = zip(estimates, played.games, strict=True)
    found = [as_far_as_asked(estimate, game.players, settings) for estimate, game in pairs]
    sampling_doubts(q, found, settings)
    return shapley_answer(played, found)


def _enumerated(game: ValueFunction, players: int, sampled: Estimate) -> Estimate:
    """All coalitions where the budget holds them."""

    def estimate(budget: int) -> ShapleyEstimate:
        return exact_estimate(game, players) if enumerable(players, budget) else sampled(budget)

    return estimate
