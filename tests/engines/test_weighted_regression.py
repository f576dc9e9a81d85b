import torch
from closed_form_games import random_draws

from xaivision.engines import weighted_regression

DOUBLE = torch.float64


def equations(rows=9, unknowns=4):
    draws = random_draws(3)
    features = torch.randn(rows, unknowns, generator=draws, dtype=DOUBLE)
    numbers = torch.randn(rows, generator=draws, dtype=DOUBLE)
    return features, numbers, 0.2 + torch.rand(rows, generator=draws, dtype=DOUBLE)


def solved(features, numbers, weights):
    inverse = torch.linalg.inv(features.T @ (weights[:, None] * features))
    return weighted_regression.solved(features, numbers, weights, inverse)


def by_definition(features, numbers, weights):
    root = weights.sqrt()
    return torch.linalg.lstsq(root[:, None] * features, (root * numbers)[:, None]).solution[:, 0]


def check_values_are_the_weighted_least_squares():
    asked = equations()
    assert torch.allclose(solved(*asked).values, by_definition(*asked), atol=1e-12)


def check_moves_are_those_of_leaving_each_row_out():
    asked = equations()
    others = [torch.arange(9) != row for row in range(9)]
    left_out = torch.stack([by_definition(*(part[rest] for part in asked)) for rest in others])
    assert torch.allclose(solved(*asked).moves, by_definition(*asked) - left_out, atol=1e-11)


def check_a_row_that_settles_an_unknown_alone_moves_it_by_rounding_at_most():
    features, numbers, weights = equations()
    features[:, 3] = 0
    features[5, 3] = 1
    moves = solved(features, numbers, weights).moves
    assert bool(moves.isfinite().all())
    assert float(moves[5].abs().max()) < 1e-6


def test_values_are_the_weighted_least_squares():
    check_values_are_the_weighted_least_squares()


def test_moves_are_those_of_leaving_each_row_out():
    check_moves_are_those_of_leaving_each_row_out()


def test_a_row_that_settles_an_unknown_alone_moves_it_by_rounding_at_most():
    check_a_row_that_settles_an_unknown_alone_moves_it_by_rounding_at_most()
