"""Shares of a score's variance, by designs of two samples."""

import math

import pytest
import torch

from xaivision.engines import sobol_indices as engine

WEIGHTS = torch.tensor([1.5, -2.0, 0.25, 3.0, 0.0], dtype=torch.float64)
BOTH = ("total", "first")
# Sobol', 2001, of 7 sin(x2)^2 and 0.1 x3^4 sin(x1), in closed form.
ISHIGAMI = {"first": (0.3139, 0.4424, 0.0), "total": (0.5576, 0.4424, 0.2437)}


def ishigami(strengths):
    one, two, three = ((2 * strengths - 1) * math.pi).unbind(1)
    return one.sin() + 7 * two.sin().square() + 0.1 * three**4 * one.sin()


def linear(strengths):
    return strengths @ WEIGHTS


def indices(score, players, points, order, seed=0):
    design = engine.sobol_design(points, players, torch.Generator().manual_seed(seed))
    strengths = design.strengths(slice(0, engine.runs_needed(points, players, order)))
    return engine.sobol_indices(score(strengths), points, order)


def check_ishigami_is_its_closed_form(order):
    """S17, to two percent of the variance."""
    found = indices(ishigami, 3, 2**14, order).values
    torch.testing.assert_close(found, torch.tensor(ISHIGAMI[order], dtype=torch.float64), atol=0.02, rtol=0)


def check_a_sum_shares_its_variance_by_squared_weights(order):
    """S17: S_i = w_i^2 var_i / sum, alone and together with others."""
    found = indices(linear, 5, 2**12, order).values
    torch.testing.assert_close(found, WEIGHTS.square() / WEIGHTS.square().sum(), atol=0.01, rtol=0)


def check_errors_hold_of_independent_points(order):
    """The sequence is more even than chance; of points drawn by chance the error is the spread over many draws."""
    values, errors = [], []
    for seed in range(300):
        drawn = torch.rand(2, 200, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        strengths = engine.SobolDesign(*drawn).strengths(slice(0, engine.runs_needed(200, 5, order)))
        found = engine.sobol_indices(linear(strengths) + strengths[:, 0] * strengths[:, 3], 200, order)
        values.append(found.values)
        errors.append(found.standard_error)
    ratio = torch.stack(values).std(0)[:4] / torch.stack(errors).square().mean(0).sqrt()[:4]
    assert ((ratio > 0.85) & (ratio < 1.15)).all(), ratio


def check_runs_change_one_player_and_come_in_parts():
    design = engine.sobol_design(6, 3, torch.Generator().manual_seed(0))
    whole = design.strengths(slice(0, 30))
    assert torch.equal(whole[:6], design.one)
    assert torch.equal(whole[24:], design.other)
    for player in range(3):
        runs = whole[6 * (player + 1) : 6 * (player + 2)]
        assert (runs != design.one).any(0).tolist() == [place == player for place in range(3)]
        assert torch.equal(runs[:, player], design.other[:, player])
    assert torch.equal(torch.cat([design.strengths(slice(start, start + 7)) for start in range(0, 30, 7)])[:30], whole)


def check_a_spread_of_rounding_is_none(order):
    """In the digits of the scores; the same spread in more digits is one."""
    runs = engine.runs_needed(64, 5, order)
    wobble = torch.rand(runs, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    still = (1 + 1e-7 * wobble).float()
    assert not engine.sobol_indices(still, 64, order).values.any()
    assert not engine.sobol_indices(still, 64, order).standard_error.any()
    assert engine.sobol_indices(1 + 1e-7 * wobble, 64, order).values.any()
    assert not engine.sobol_indices(torch.full((runs,), 3.0, dtype=torch.float64), 64, order).values.any()


@pytest.mark.parametrize("order", BOTH)
def test_ishigami_is_its_closed_form(order):
    check_ishigami_is_its_closed_form(order)


@pytest.mark.parametrize("order", BOTH)
def test_a_sum_shares_its_variance_by_squared_weights(order):
    check_a_sum_shares_its_variance_by_squared_weights(order)


@pytest.mark.parametrize("order", BOTH)
def test_errors_hold_of_independent_points(order):
    check_errors_hold_of_independent_points(order)


def test_runs_change_one_player_and_come_in_parts():
    check_runs_change_one_player_and_come_in_parts()


@pytest.mark.parametrize("order", BOTH)
def test_a_spread_of_rounding_is_none(order):
    check_a_spread_of_rounding_is_none(order)


@pytest.mark.parametrize("order", BOTH)
def test_the_most_points_that_a_budget_buys(order):
    points = engine.points_within(100, 5, order)
    assert engine.runs_needed(points, 5, order) <= 100 < engine.runs_needed(points + 1, 5, order)


def test_designs_are_those_of_the_seed():
    one, same, other = (engine.sobol_design(8, 3, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(one.one, same.one)
    assert not torch.equal(one.one, other.one)
    assert not torch.equal(one.one, one.other)
