"""Shortest steps against a slow reference, walks on linear and kinked functions, decimals."""

import pytest
import torch
from counterfactual_rooms import ROW, answered, held, mixed_space, numbers_space
from scipy.optimize import linprog, minimize

from xaivision.engines.counterfactuals import decimals, shortest_step, walking
from xaivision.engines.counterfactuals.space import Room

NORMS = (1.0, 2.0, torch.inf)


def cases(count=30, columns=4, seed=0):
    g = torch.Generator().manual_seed(seed)
    slopes = torch.randn(count, columns, generator=g, dtype=torch.float64)
    slopes[:, -1] = 0
    low, high = (-torch.rand(count, columns, generator=g, dtype=torch.float64), torch.rand(count, columns, generator=g).double())
    weight = 0.5 + torch.rand(columns, generator=g, dtype=torch.float64)
    most = (torch.where(slopes > 0, high, -low) * slopes.abs()).sum(1)
    return slopes, 0.7 * most, (low, high), weight


def reference(slope, need, low, high, weight, norm):
    """The optimum of one case by scipy."""
    bounds = list(zip(low.tolist(), high.tolist(), strict=True))
    n = len(slope)
    if norm == 2:
        found = minimize(
            lambda d: ((weight.numpy() * d) ** 2).sum(),
            x0=(high.numpy() * (slope.numpy() > 0) + low.numpy() * (slope.numpy() < 0)),
            jac=lambda d: 2 * weight.numpy() ** 2 * d,
            bounds=bounds,
            constraints=[{"type": "ineq", "fun": lambda d: slope.numpy() @ d - need.item(), "jac": lambda d: slope.numpy()}],
            method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 500},
        )
        return found.fun**0.5
    eye = torch.eye(n, dtype=torch.float64) * weight
    if norm == 1:  # d = up - down, minimize sum
        found = linprog(
            torch.cat([weight, weight]).numpy(),
            A_ub=-torch.cat([slope, -slope])[None].numpy(),
            b_ub=[-need.item()],
            bounds=[(0, h) for h in high.tolist()] + [(0, -end) for end in low.tolist()],
        )
        return found.fun
    ones = torch.ones(n, 1, dtype=torch.float64)
    found = linprog(
        [0.0] * n + [1.0],
        A_ub=torch.cat(
            [torch.cat([eye, -ones], 1), torch.cat([-eye, -ones], 1), torch.cat([-slope, slope[:1] * 0])[None]]
        ).numpy(),
        b_ub=[0.0] * (2 * n) + [-need.item()],
        bounds=[*bounds, (0, None)],
    )
    return found.fun


def check_steps_are_as_short_as_scipys(norm=2.0):
    slopes, need, bounds, weight = cases()
    steps = shortest_step.shortest_step(slopes, need, bounds, weight, norm)
    assert bool((steps >= bounds[0] - 1e-12).all())
    assert bool((steps <= bounds[1] + 1e-12).all())
    assert torch.allclose((steps * slopes).sum(1), need)
    lengths = (weight * steps).norm(p=norm, dim=1)
    for index in range(len(need)):
        best = reference(slopes[index], need[index], bounds[0][index], bounds[1][index], weight, norm)
        assert lengths[index].item() == pytest.approx(best, rel=1e-5)


@pytest.mark.parametrize("norm", NORMS)
def test_steps_are_as_short_as_scipys(norm):
    check_steps_are_as_short_as_scipys(norm)


def check_what_cannot_be_reached_ends_at_the_bounds():
    slopes, need, bounds, weight = cases()
    for norm in NORMS:
        steps = shortest_step.shortest_step(slopes, 10 * need, bounds, weight, norm)
        ends = torch.where(slopes > 0, bounds[1], bounds[0]) * (slopes != 0)
        assert torch.allclose(steps, ends)
        assert not shortest_step.shortest_step(slopes, 0 * need, bounds, weight, norm).any()


def test_what_cannot_be_reached_ends_at_the_bounds():
    check_what_cannot_be_reached_ends_at_the_bounds()


SLOPE = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)


def walk(norm, merit, slope, ways=1, row=None):
    inside = Room(numbers_space(norm=norm), torch.zeros(4, dtype=torch.float64) if row is None else row)
    search = walking.walked(inside, walking.Walk(40, ways), torch.Generator().manual_seed(0))
    return answered(search, inside, merit, slope)[0]


def check_a_walk_finds_the_nearest_point_over_a_plane():
    for norm, dual in ((1.0, torch.inf), (2.0, 2.0), (torch.inf, 1.0)):
        given = walk(norm, lambda rows: rows @ SLOPE - 5, lambda rows: SLOPE.expand_as(rows))
        nearest = held(given)[1][0].item()
        exact = 5 / SLOPE.norm(p=dual).item()
        assert exact <= nearest <= 1.0011 * exact
        assert len(given) <= 4


def test_a_walk_finds_the_nearest_point_over_a_plane():
    check_a_walk_finds_the_nearest_point_over_a_plane()


def check_a_walk_finds_its_way_where_two_rivals_throw_it_to_and_fro():
    """The margin of a class against two others: each tangent alone leads away from the other."""
    rivals = torch.tensor([[1.0, -0.5, 0.1, 0.0], [-0.5, 1.0, 0.1, 0.0]], dtype=torch.float64)

    def margins(rows):
        return rows @ rivals.T - torch.tensor([1.0, 1.5], dtype=torch.float64)

    given = walk(1.0, lambda rows: margins(rows).amin(1), lambda rows: rivals[margins(rows).argmin(1)])
    assert bool((torch.cat([one.merits for one in given]) > 0).any())


def test_a_walk_finds_its_way_where_two_rivals_throw_it_to_and_fro():
    check_a_walk_finds_its_way_where_two_rivals_throw_it_to_and_fro()


def check_a_walk_swaps_patterns_where_numbers_cannot_help():
    inside = Room(mixed_space(), ROW)
    search = walking.walked(inside, walking.Walk(10, 1), torch.Generator().manual_seed(0))
    given, _ = answered(
        search,
        inside,
        lambda rows: (rows[:, 3] == 2).double() + (rows[:, 4] == 1).double() - 1.5,
        lambda rows: torch.zeros_like(rows),
    )
    rows, _ = held(given)
    assert rows[0, 3] == 2
    assert rows[0, 4] == 1


def test_a_walk_swaps_patterns_where_numbers_cannot_help():
    check_a_walk_swaps_patterns_where_numbers_cannot_help()


def check_decimals_are_those_that_all_values_show():
    table = torch.tensor([[17.99, 1.0, 0.1184, 120.0], [20.57, 2.0, 0.08474, 0.5], [19.69, -7.0, 0.1096, 3.25]])
    assert decimals.steps_of(table).tolist() == pytest.approx([0.01, 1.0, 1e-5, 0.01])


def test_decimals_are_those_that_all_values_show():
    check_decimals_are_those_that_all_values_show()


def check_draws_have_no_decimals():
    for dtype in (torch.float32, torch.float64):
        table = (200 + 200 * torch.rand(200, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)).to(dtype)
        assert decimals.steps_of(table).tolist() == [0, 0, 0]


def test_draws_have_no_decimals():
    check_draws_have_no_decimals()
