"""Weighted ridge regression: scikit-learn's numbers, and what they are on games with a closed form."""

from itertools import product
from math import comb

import pytest
import torch
from sklearn.linear_model import Ridge

from xaivision.core.errors import InputError
from xaivision.engines import coin_flips, ridge


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def every_coalition(players):
    return torch.tensor(list(product([False, True], repeat=players)))


def bent(coalitions, seed=0):
    """A game that is neither linear nor quadratic."""
    players = coalitions.shape[1]
    present = coalitions.double()
    return torch.tanh(present @ drawn(players, seed=seed)) + ((present @ drawn(players, players, seed=seed + 1)) * present).sum(1)


def check_it_is_scikit_learns(alpha=0.7):
    rows, values, weights = drawn(40, 6), drawn(40, seed=1), drawn(40, seed=2).exp()
    for intercept in (True, False):
        found = ridge.weighted_ridge(rows, values, weights, alpha, intercept)
        peer = Ridge(alpha=alpha, fit_intercept=intercept).fit(rows.numpy(), values.numpy(), sample_weight=weights.numpy())
        assert found.coefficients.tolist() == pytest.approx(peer.coef_.tolist(), abs=1e-12)
        assert found.intercept == pytest.approx(float(peer.intercept_), abs=1e-12)
        assert found.fit == pytest.approx(peer.score(rows.numpy(), values.numpy(), sample_weight=weights.numpy()), abs=1e-12)


def check_uniform_weights_on_all_coalitions_give_banzhaf_values():
    coalitions = every_coalition(5)
    values = bent(coalitions)
    found = ridge.weighted_ridge(coalitions, values, torch.ones(32).double(), 0.0)
    banzhaf = [float(values[coalitions[:, player]].mean() - values[~coalitions[:, player]].mean()) for player in range(5)]
    assert found.coefficients.tolist() == pytest.approx(banzhaf, abs=1e-12)


def check_standard_errors_are_those_of_repeated_draws():
    """Within a fifth of the standard deviation over 300 draws, and 95 % intervals cover between 92 and 98 %."""
    estimates, errors = [], []
    for seed in range(300):
        coalitions = coin_flips.coin_flips(12, 300, torch.Generator().manual_seed(seed))
        found = ridge.weighted_ridge(coalitions, bent(coalitions, 5), coin_flips.cosine_kernel(coalitions, 0.25), 1.0)
        estimates.append(found.coefficients)
        errors.append(found.standard_errors)
    estimates, errors = torch.stack(estimates), torch.stack(errors)
    ratio = errors.square().mean(0).sqrt() / estimates.std(0)
    assert float(ratio.min()) > 0.8
    assert float(ratio.max()) < 1.2
    covered = ((estimates - estimates.mean(0)).abs() < 1.96 * errors).double().mean()
    assert 0.92 < float(covered) < 0.98


def check_where_nothing_varies_coefficients_are_exactly_zero():
    found = ridge.weighted_ridge(drawn(9, 3), torch.full((9,), 0.1, dtype=torch.float64), drawn(9, seed=1).exp(), 1.0)
    assert not found.coefficients.any()
    assert found.intercept == pytest.approx(0.1, abs=1e-15)
    assert found.fit == 1.0
    assert not found.standard_errors.any()


def check_rows_that_do_not_tell_the_columns_apart_are_refused_without_a_penalty():
    rows = drawn(20, 4)
    rows[:, 3] = rows[:, 0] - 2 * rows[:, 1]
    with pytest.raises(InputError, match=r"^Without `alpha`, 4 coefficients need rows that tell them apart\. Got .*\.$"):
        ridge.weighted_ridge(rows, drawn(20), torch.ones(20), 0.0)
    assert ridge.weighted_ridge(rows, drawn(20), torch.ones(20), 0.1).coefficients.isfinite().all()


def test_it_is_scikit_learns():
    for alpha in (0.0, 0.7, 30.0):
        check_it_is_scikit_learns(alpha)


def test_uniform_weights_on_all_coalitions_give_banzhaf_values_and_not_shapley_values():
    check_uniform_weights_on_all_coalitions_give_banzhaf_values()
    coalitions = every_coalition(5)
    values = bent(coalitions)
    found = ridge.weighted_ridge(coalitions, values, torch.ones(32).double(), 0.0)
    assert (found.coefficients - shapley(values, 5)).abs().max() > 1e-3


def shapley(values, players):
    """By the definition: the mean over coalitions of the others, sizes counting equally."""
    places = {tuple(one): place for place, one in enumerate(every_coalition(players).tolist())}
    found = torch.zeros(players, dtype=torch.float64)
    for coalition, place in places.items():
        for player in range(players):
            if not coalition[player]:
                joined = (*coalition[:player], True, *coalition[player + 1 :])
                gain = values[places[joined]] - values[place]
                found[player] += gain / (players * comb(players - 1, sum(coalition)))
    return found


def test_an_additive_game_is_found_exactly_by_any_weights_without_a_penalty():
    parts = drawn(7)
    coalitions = coin_flips.coin_flips(7, 40, torch.Generator().manual_seed(0))
    for seed in range(3):
        found = ridge.weighted_ridge(coalitions, coalitions.double() @ parts - 2, drawn(40, seed=seed).exp(), 0.0)
        assert (found.coefficients - parts).abs().max() < 1e-10
        assert found.intercept == pytest.approx(-2, abs=1e-10)
        assert found.fit == pytest.approx(1, abs=1e-12)


def test_the_penalty_shrinks_much_at_few_coalitions_and_little_at_a_thousand():
    shrunk = []
    for count in (64, 1000):
        coalitions = coin_flips.coin_flips(12, count, torch.Generator().manual_seed(1))
        weights = coin_flips.cosine_kernel(coalitions, 0.25)
        found = ridge.weighted_ridge(coalitions, coalitions.double().sum(1), weights, 1.0)
        shrunk.append(1 - float(found.coefficients.mean()))
    assert 0.05 < shrunk[0] < 0.25
    assert 0.002 < shrunk[1] < 0.02


def test_shapleys_kernel_and_the_constraint_of_the_sum_give_shapley_values():
    players = 6
    coalitions = every_coalition(players)
    values = bent(coalitions)
    empty, full = float(values[0]), float(values[-1])
    inner, asked = coalitions[1:-1].double(), values[1:-1]
    sizes = inner.sum(1)
    kernel = torch.tensor([(players - 1) / (comb(players, int(k)) * k * (players - k)) for k in sizes], dtype=torch.float64)
    # The last player's value is what the others leave of the sum: no intercept is left to fit.
    left = asked - empty - inner[:, -1] * (full - empty)
    found = ridge.weighted_ridge(inner[:, :-1] - inner[:, -1:], left, kernel, 0.0, intercept=False).coefficients
    together = torch.cat([found, full - empty - found.sum()[None]])
    assert (together - shapley(values, players)).abs().max() < 1e-10
    free = ridge.weighted_ridge(inner, asked, kernel, 0.0).coefficients
    assert abs(float(free.sum()) - (full - empty)) > 1e-3  # without the constraint it is another regression


def test_standard_errors_are_those_of_repeated_draws():
    check_standard_errors_are_those_of_repeated_draws()


def test_too_few_rows_for_an_error_say_so():
    few = ridge.weighted_ridge(drawn(5, 4), drawn(5), torch.ones(5), 1.0)
    assert few.coefficients.isfinite().all()
    assert few.standard_errors.isnan().all()


def test_where_nothing_varies_coefficients_are_exactly_zero():
    check_where_nothing_varies_coefficients_are_exactly_zero()


def test_rows_that_do_not_tell_the_columns_apart_are_refused_without_a_penalty():
    check_rows_that_do_not_tell_the_columns_apart_are_refused_without_a_penalty()


def test_float32_is_fitted_in_float64():
    rows, values = drawn(30, 3).float(), drawn(30, seed=1).float()
    found = ridge.weighted_ridge(rows, values, torch.ones(30), 1.0)
    same = ridge.weighted_ridge(rows.double(), values.double(), torch.ones(30).double(), 1.0)
    assert torch.equal(found.coefficients, same.coefficients)
