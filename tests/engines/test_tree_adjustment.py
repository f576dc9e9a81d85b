"""The regression of what trees leave: nearer where they learn something, no nearer to anything wrong where they do not."""

import pytest
import torch
from closed_form_games import DOUBLE, Network, Unanimity, leverage_sample, random_draws, random_unanimity

from xaivision.engines import coalition_trees, tree_adjustment
from xaivision.engines.coalition_enumeration import exact_estimate
from xaivision.engines.coalition_sampling import LeverageDraw
from xaivision.engines.shapley_estimate import ends
from xaivision.engines.shapley_regression import least_budget, regression_estimate, shapley_fit


class Noise:
    """No two coalitions have anything to do with each other: nothing can be learned."""

    def __init__(self, players, seed):
        self.players = players
        self.table = torch.randn(2**players, generator=random_draws(seed), dtype=DOUBLE)

    def __call__(self, coalitions):
        return self.table[(coalitions.long() << torch.arange(self.players)).sum(1)]


def both(game, budget, seed=0):
    """The plain and the adjusted estimate from the same sample."""
    sample = leverage_sample(game.players, budget, random_draws(seed))
    given = (sample, game(sample.coalitions), *ends(game, game.players))
    return shapley_fit(*given), tree_adjustment.adjusted_fit(*given)


def errors(games, budget):
    """Mean squared errors of the plain and the adjusted estimates."""
    found = torch.zeros(2, dtype=DOUBLE)
    for seed, game in enumerate(games):
        exact = game.shapley if isinstance(game, Unanimity) else exact_estimate(game, game.players).values
        found += torch.stack([(one.values - exact).square().sum() for one in both(game, budget, seed)])
    return found / len(games)


def check_deep_games_need_half_the_error():
    plain, adjusted = errors([random_unanimity(14, [6, 6, 6, 6], seed) for seed in range(4)], 1000)
    assert float(adjusted) < 0.5 * float(plain)


def check_what_cannot_be_learned_costs_little():
    plain, adjusted = errors([Noise(11, seed) for seed in range(12)], 300)
    assert float(adjusted) < 1.15 * float(plain)


def check_values_add_up(seed):
    game = Network(12, seed, scale=2.0)
    empty, full = ends(game, 12)
    _, adjusted = both(game, 200, seed)
    assert abs(float(adjusted.values.sum()) - (full - empty)) < 1e-12


def check_a_bad_proxy_does_not_bias():
    """Trees that say anything: over many draws the mean of the answers is the truth within its standard error."""
    game = random_unanimity(8, [8, 8, 8], 1)
    found = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tree_adjustment, "grown_trees", wild_trees)
        patched.setattr(tree_adjustment, "_trust", lambda _left, _said: 1.0)
        for seed in range(150):
            found.append(both(game, 120, seed)[1].values)
    drawn = torch.stack(found)
    off = (drawn.mean(0) - game.shapley) / (drawn.std(0) / len(drawn) ** 0.5)
    assert float(off.abs().max()) < 4


def wild_trees(coalitions, halves, used):
    """Trees grown on noise that is as large as the game."""
    noise = torch.randn(halves.shape, generator=random_draws(int(coalitions.sum())), dtype=DOUBLE) * halves.std()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(coalition_trees, "TREES", 20)
        return coalition_trees.grown_trees(coalitions, noise, used)


def check_chance_is_not_foreseen():
    """What trees learned of a pair itself would come back as foreseen."""
    game = Noise(11, 1)
    sample = leverage_sample(11, 300, random_draws(2))
    values = game(sample.coalitions)
    known = tree_adjustment.foreseen(sample, values)
    assert float(known.halves.square().mean()) < 0.05 * float((values[0::2] - values[1::2]).square().mean() / 4)


def check_folds_hold_all_sizes():
    sample = leverage_sample(40, 800, random_draws(0))
    folds = tree_adjustment.pair_folds(sample)
    counts = torch.stack([torch.bincount(sample.sizes[folds == fold], minlength=21) for fold in range(tree_adjustment.FOLDS)])
    assert int((counts.amax(0) - counts.amin(0)).max()) <= 1


def check_a_complete_sample_is_exact():
    game = Network(6, 1, scale=2.0)
    _, adjusted = both(game, 64)
    assert torch.allclose(adjusted.values, exact_estimate(game, 6).values, rtol=0, atol=1e-12)


def covered(games, budget, stretch=1.0):
    """The share of values that lie in the intervals of the adjusted estimates."""
    held = []
    for seed, game in enumerate(games):
        exact = game.shapley if isinstance(game, Unanimity) else exact_estimate(game, game.players).values
        found = both(game, budget, seed)[1]
        held.append((found.values - exact).abs() <= stretch * found.half_widths)
    return float(torch.cat(held).double().mean())


def test_deep_games_have_half_the_squared_error():
    check_deep_games_need_half_the_error()


def test_what_cannot_be_learned_costs_little():
    check_what_cannot_be_learned_costs_little()


@pytest.mark.parametrize("seed", range(3))
def test_values_add_up(seed):
    check_values_add_up(seed)


def test_a_bad_proxy_does_not_bias():
    check_a_bad_proxy_does_not_bias()


def test_chance_is_not_foreseen():
    check_chance_is_not_foreseen()


def test_every_fold_has_its_share_of_every_size():
    check_folds_hold_all_sizes()


def test_a_complete_sample_is_exact():
    check_a_complete_sample_is_exact()


def test_an_additive_game_is_exact():
    """All 50 players have their own value, and none of them is lost in the trees."""
    game = random_unanimity(50, [50], 3)
    _, adjusted = both(game, 300)
    assert torch.allclose(adjusted.values, game.shapley, rtol=0, atol=1e-10)
    assert bool((adjusted.values != 0).all())


def test_a_pair_that_gains_together_is_shared_evenly_as_by_the_plain_regression():
    """Complements cancel what two players do together: there is nothing left to foresee."""
    game = random_unanimity(20, [5, 15], 4)
    plain, adjusted = both(game, 300)
    assert torch.allclose(plain.values, game.shapley, rtol=0, atol=1e-10)
    assert torch.allclose(adjusted.values, game.shapley, rtol=0, atol=1e-10)


@pytest.mark.slow
def test_intervals_hold_the_values():
    drawn = [random_unanimity(14, [14] * 5, seed) for seed in range(25)] + [Network(12, seed, scale=2.0) for seed in range(25)]
    assert 0.92 <= covered(drawn, 600) <= 0.985


def test_intervals_of_half_the_width_would_be_noticed():
    assert covered([random_unanimity(14, [14] * 5, seed) for seed in range(10)], 600, stretch=0.5) < 0.8


@pytest.mark.parametrize("players", [5, 6])
def test_a_few_players_are_no_special_case(players):
    game = Network(players, 2)
    sample = leverage_sample(players, least_budget(players), random_draws(0))
    given = (sample, game(sample.coalitions), *ends(game, players))
    found = tree_adjustment.adjusted_fit(*given)
    exact = exact_estimate(game, players).values
    assert bool(((found.values - exact).abs() <= 4 * found.half_widths + 1e-12).all())


def test_a_larger_budget_goes_on_with_the_same_draw_in_every_fit():
    game = Network(12, 3, scale=2.0)
    draw = LeverageDraw(12, random_draws(0))
    first = regression_estimate(game, draw, 200, tree_adjustment.adjusted_fit)
    again = regression_estimate(game, draw, 200, tree_adjustment.adjusted_fit)
    assert torch.equal(first.values, again.values)
    assert regression_estimate(game, draw, 400, tree_adjustment.adjusted_fit).coalitions == 400


@pytest.mark.parametrize(
    ("counts", "pays"),
    [
        ((30, 1024, 1, 0, True), True),  # a picture
        ((30, 1024, 100, 0, False), True),  # a background
        ((30, 1024, 1, 0, False), False),  # one row a coalition, of a model that is cheap or does not say
        ((30, 1024, 1, 2_000_000, False), True),  # a large network
        ((30, 1024, 20, 5_000, False), False),
        ((12, 1024, 100, 0, False), True),
        ((12, 1025, 100, 0, False), False),  # the budget holds a quarter of all coalitions
    ],
)
def test_the_rule_counts(counts, pays):
    assert tree_adjustment.adjustment_pays(*counts) is pays


def test_tensors_are_made_on_the_cpu_whatever_the_caller_has_set():
    game = Network(12, 3, scale=2.0)
    sample = leverage_sample(12, 200, random_draws(0))
    given = (sample, game(sample.coalitions), *ends(game, 12))
    with torch.device("meta"):
        inside = tree_adjustment.adjusted_fit(*given)
    assert torch.equal(inside.values, tree_adjustment.adjusted_fit(*given).values)
