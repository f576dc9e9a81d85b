"""Games whose Shapley values are known: in closed form, or from the definition in slow loops."""

from itertools import combinations
from math import factorial

import torch

from xaivision.engines import coalition_sampling, shapley_regression

DOUBLE = torch.float64


def random_draws(seed):
    return torch.Generator().manual_seed(seed)


class Unanimity:
    """v(S) = sum of the coefficients of the teams that are in S as a whole. `teams` (T, M) bool, `coefficients` (T,)."""

    def __init__(self, teams, coefficients, empty=0.0):
        self.teams = torch.as_tensor(teams, dtype=DOUBLE)
        self.coefficients = torch.as_tensor(coefficients, dtype=DOUBLE)
        self.sizes = self.teams.sum(1)
        self.empty = empty
        self.players = self.teams.shape[1]

    def __call__(self, coalitions):
        return self.empty + (coalitions.double() @ self.teams.T == self.sizes).double() @ self.coefficients

    @property
    def shapley(self):
        return (self.teams * (self.coefficients / self.sizes)[:, None]).sum(0)

    @property
    def banzhaf(self):
        return (self.teams * (self.coefficients / 2 ** (self.sizes - 1))[:, None]).sum(0)


def random_unanimity(players, counts, seed, empty=0.0):
    """Random teams, `counts[k]` of k + 1 players each, with normal coefficients."""
    draws = random_draws(seed)
    sizes = [size for size, count in enumerate(counts, 1) for _ in range(count)]
    teams = torch.zeros(len(sizes), players, dtype=torch.bool)
    for team, size in zip(teams, sizes, strict=True):
        team[torch.randperm(players, generator=draws)[:size]] = True
    return Unanimity(teams, torch.randn(len(sizes), generator=draws, dtype=DOUBLE), empty)


class Network:
    """The probability that a small random network gives for the players that are there."""

    def __init__(self, players, seed, scale=1.0):
        draws = random_draws(seed)
        self.players = players
        self.inner = scale * torch.randn(players, 16, generator=draws, dtype=DOUBLE)
        self.shift = torch.randn(16, generator=draws, dtype=DOUBLE) / 2
        self.outer = torch.randn(16, generator=draws, dtype=DOUBLE)

    def __call__(self, coalitions):
        return torch.sigmoid(torch.tanh(coalitions.double() @ self.inner + self.shift) @ self.outer)


class Votes:
    """1 where the members' weights make more than half of all."""

    def __init__(self, players, seed):
        self.players = players
        self.weights = torch.rand(players, generator=random_draws(seed), dtype=DOUBLE)

    def __call__(self, coalitions):
        return (coalitions.double() @ self.weights > self.weights.sum() / 2).double()


class Counted:
    """A game that counts what it is asked, and remembers the distinct coalitions."""

    def __init__(self, game):
        self.game, self.calls, self.asked = game, 0, 0
        self.distinct = set()

    def __call__(self, coalitions):
        self.calls += 1
        self.asked += len(coalitions)
        self.distinct |= {bytes(row) for row in coalitions.numpy()}
        return self.game(coalitions)


def shapley_by_definition(game, players):
    """Every player, every coalition of the others, one question each."""
    found = torch.zeros(players, dtype=DOUBLE)
    for player in range(players):
        others = [other for other in range(players) if other != player]
        for size in range(players):
            weight = factorial(size) * factorial(players - 1 - size) / factorial(players)
            for members in combinations(others, size):
                found[player] += weight * (worth(game, players, (*members, player)) - worth(game, players, members))
    return found


def worth(game, players, members):
    coalition = torch.zeros(1, players, dtype=torch.bool)
    coalition[0, list(members)] = True
    return float(game(coalition))


def leverage_sample(players, budget, generator):
    return coalition_sampling.LeverageDraw(players, generator).within(budget)


def fit_of_any(coalitions, values, weights, empty, full):
    """(M,) what the fit of pairs says of coalitions that are no pairs: each gets the complement whose value tells nothing new."""
    pairs = torch.stack([coalitions, ~coalitions], 1).flatten(0, 1)
    mirrored = torch.stack([values.double(), empty + full - values.double()], 1).flatten()
    whole = torch.ones(len(coalitions), dtype=DOUBLE)
    sample = coalition_sampling.PairedSample(pairs, weights.double().repeat_interleave(2), coalitions.sum(1), whole)
    return shapley_regression.shapley_fit(sample, mirrored, empty, full).values
