"""Regressions without some of their rows: first order against fits, and rows that last."""

from itertools import pairwise

import pytest
import torch
from scipy.optimize import minimize

from xaivision.engines.counterfactuals import deletion, lasting, swapped_lasting


def table(rows=120, columns=4, seed=0):
    g = torch.Generator().manual_seed(seed)
    inputs = torch.randn(rows, columns, generator=g, dtype=torch.float64) * torch.tensor([1.0, 5.0, 0.2, 1.0]) + 3
    chance = torch.sigmoid((inputs - 3) @ torch.tensor([1.0, -0.3, 4.0, 0.0], dtype=torch.float64))
    labels = 2.0 * (torch.rand(rows, generator=g, dtype=torch.float64) < chance) - 1
    return inputs, labels


def model(ridge=1e-3):
    return deletion.fitted(*table(), ridge)


def check_the_fit_is_the_optimum_that_scipy_finds():
    found = model(0.01)

    def loss(weights):
        w = torch.from_numpy(weights)
        return float(torch.nn.functional.softplus(-found.labels * (found.rows @ w)).mean() + 0.01 * w[:-1].square().sum())

    best = minimize(loss, torch.zeros(5).double().numpy(), tol=1e-12)
    assert torch.allclose(found.weights, torch.from_numpy(best.x), atol=1e-4)


def test_the_fit_is_the_optimum_that_scipy_finds():
    check_the_fit_is_the_optimum_that_scipy_finds()


def check_influences_foresee_what_a_fit_without_the_row_does():
    found = model()
    exact = torch.stack([deletion.refitted(found, torch.tensor([row])) - found.weights for row in range(120)])
    foreseen = deletion.influences(found)
    for point in found.rows[:5]:
        pair = torch.stack([exact @ point, foreseen @ point])
        assert float(torch.corrcoef(pair)[0, 1]) >= 0.99
        assert torch.allclose(pair[0], pair[1], rtol=0.25, atol=0.02)


def test_influences_foresee_what_a_fit_without_the_row_does():
    check_influences_foresee_what_a_fit_without_the_row_does()


def check_an_influence_is_the_step_of_newton_without_the_row():
    """Against the gradient and the curvature of the rows that stay, summed up anew; the ridge bends as much as before."""
    ridge = 0.05
    found = model(ridge)
    held = torch.tensor([2 * ridge] * 4 + [0.0], dtype=torch.float64)
    for row, told in enumerate(deletion.influences(found)[:20]):
        kept = torch.arange(120) != row
        rows, labels = found.rows[kept], found.labels[kept]
        chance = torch.sigmoid(-labels * (rows @ found.weights))
        gradient = 119 * held * found.weights - (labels * chance) @ rows
        bend = (rows * (chance * (1 - chance))[:, None]).T @ rows + torch.diag(120 * held)
        assert torch.allclose(told, -torch.linalg.solve(bend, gradient), rtol=1e-4, atol=1e-9)


def test_an_influence_is_the_step_of_newton_without_the_row():
    check_an_influence_is_the_step_of_newton_without_the_row()


def check_a_row_never_takes_more_curvature_than_there_is():
    """A flat direction that the row alone would bend up: one step that leads away from the row, and not beyond all bounds."""
    slopes = torch.tensor([[1.0], [1.0]], dtype=torch.float64)
    moved = deletion.each_without(slopes, 40 * slopes, torch.tensor([-0.5, 0.5], dtype=torch.float64))
    assert moved.flatten().tolist() == pytest.approx([-200.0, 200.0])


def test_a_row_never_takes_more_curvature_than_there_is():
    check_a_row_never_takes_more_curvature_than_there_is()


def check_the_worst_deletion_is_the_sum_of_the_worst_rows():
    effects = torch.tensor([[1.0, -1], [-2, -1], [-3, 1], [0, -9]], dtype=torch.float64)
    lost, rows = deletion.worst_deletion(effects, torch.tensor([[1.0, 0.0], [0.0, -1.0]], dtype=torch.float64), 2)
    assert lost.tolist() == [-5.0, -1.0]  # what would help is left where it is
    assert rows[0].tolist() == [2, 1]


def test_the_worst_deletion_is_the_sum_of_the_worst_rows():
    check_the_worst_deletion_is_the_sum_of_the_worst_rows()


def asked(rows=12, k=0, margin=1e-6, free=(True, True, True, True)):
    found = model()
    inputs = table()[0][:rows]
    side = -found.scores(inputs).sign()
    free = torch.tensor(free)
    low, high = torch.where(free, -50.0, inputs), torch.where(free, 50.0, inputs)
    return found, inputs, side, lasting.Wish(k, margin, low, high)


def cost(found, inputs, rows):
    return ((rows - inputs) / found.scale).norm(dim=1)


def check_without_deletions_it_is_the_nearest_point_over_the_plane():
    found, inputs, side, wish = asked()
    exact = found.scores(inputs).abs() / found.weights[:-1].norm()
    rows = lasting.lasting(found, inputs, side, wish).rows
    assert torch.allclose(cost(found, inputs, rows), exact, atol=1e-5)


def test_without_deletions_it_is_the_nearest_point_over_the_plane():
    check_without_deletions_it_is_the_nearest_point_over_the_plane()


def check_more_deletions_cost_more_and_the_worst_score_is_kept():
    found, inputs, side, wish = asked()
    costs = []
    for k in (0, 1, 3, 6):
        answer = lasting.lasting(found, inputs, side, lasting.Wish(k, 0.1, wish.low, wish.high))
        assert bool((answer.worst >= 0.1 - 1e-6).all())
        assert answer.dangerous.shape == (12, k)
        costs.append(cost(found, inputs, answer.rows))
    assert all(bool((more >= less - 1e-9).all()) for less, more in pairwise(costs))


def test_more_deletions_cost_more_and_the_worst_score_is_kept():
    check_more_deletions_cost_more_and_the_worst_score_is_kept()


def check_no_other_point_that_lasts_is_nearer():
    """Against random points around the answer that keep the worst score."""
    found, inputs, side, _ = asked(3)
    _, _, _, wish = asked(3, k=3)
    answer = lasting.lasting(found, inputs, side, lasting.Wish(3, 0.1, wish.low, wish.high))
    effects, g = deletion.influences(found), torch.Generator().manual_seed(0)
    for index in range(3):
        noise = torch.randn(4000, 4, generator=g, dtype=torch.float64)
        inside = found.standardized(answer.rows[index : index + 1])[:, :-1] + 0.3 * noise
        worst, _ = lasting.worst_scores(found, effects, inside, side[index].expand(4000), 3)
        start = found.standardized(inputs[index : index + 1])[:, :-1]
        distances = (inside - start).norm(dim=1)[worst >= 0.1]
        assert len(distances) > 50
        assert float(distances.min()) >= float(cost(found, inputs, answer.rows)[index]) - 1e-6


def test_no_other_point_that_lasts_is_nearer():
    check_no_other_point_that_lasts_is_nearer()


def check_columns_that_are_not_free_stay_and_ranges_hold():
    found, inputs, side, wish = asked(k=2, free=(True, False, True, False))
    low, high = wish.low.clone(), wish.high.clone()
    high[:, 0] = torch.maximum(inputs[:, 0], inputs[:, 0] + 0.1)
    rows = lasting.lasting(found, inputs, side, lasting.Wish(2, 0.1, low, high)).rows
    assert torch.allclose(rows[:, [1, 3]], inputs[:, [1, 3]], atol=1e-6)
    assert bool((rows[:, 0] <= high[:, 0] + 1e-6).all())


def test_columns_that_are_not_free_stay_and_ranges_hold():
    check_columns_that_are_not_free_stay_and_ranges_hold()


def survives(found, answer, side):
    exact = [
        s * (found.standardized(row[None]) @ deletion.refitted(found, rows))[0]
        for row, s, rows in zip(answer.rows, side, answer.dangerous, strict=True)
    ]
    return [float(one) > 0 for one in exact]


def check_a_proven_margin_survives_the_worst_deletion_and_none_does_not():
    found, inputs, side, wish = asked(20, k=3, margin=0.0)
    bare = lasting.lasting(found, inputs, side, wish)
    safe, margins, left = swapped_lasting.proven_lasting(found, inputs, side, (wish, []))
    assert not any(survives(found, bare, side))
    assert all(survives(found, safe, side))
    assert bool((safe.worst >= margins - 1e-6).all())
    assert bool((left > 0).all())


def test_a_proven_margin_survives_the_worst_deletion_and_none_does_not():
    check_a_proven_margin_survives_the_worst_deletion_and_none_does_not()


def check_the_least_margin_that_lasts_is_found_and_none_beyond_what_can_be_reached():
    """A deletion that takes .4 more than foreseen must leave half of that: from .6 on."""
    asked = []

    def tried(margin, most=9.0):
        asked.append(margin)
        worst = min(margin, most)
        found = lasting.Lasting(torch.zeros(1, 1), torch.tensor([worst], dtype=torch.float64), torch.zeros(1, 0))
        return swapped_lasting.Trial(found, margin, worst, worst - 0.4)

    for first in (0.0, 0.1, 0.55):
        assert 0.6 - 1e-9 <= swapped_lasting.least_that_lasts(tried, first).margin <= 0.62
    asked.clear()
    assert swapped_lasting.least_that_lasts(tried, 0.7).margin == 0.7
    assert asked == [0.7]  # the first is enough, and there is none below it
    short = swapped_lasting.least_that_lasts(lambda margin: tried(margin, 0.3), 0.0)
    assert not short.lasts
    assert short.foreseen < short.margin


def test_the_least_margin_that_lasts_is_found_and_none_beyond_what_can_be_reached():
    check_the_least_margin_that_lasts_is_found_and_none_beyond_what_can_be_reached()


def check_swaps_are_taken_where_they_are_cheaper_and_only_then():
    """The first column may be swapped to any of four values; against every choice of swap solved by itself."""
    found, inputs, side, wish = asked(12, k=2, margin=0.1, free=(False, True, True, False))
    patterns = found.mean[0] + found.scale[0] * torch.tensor([[-2.0], [-1.0], [1.0], [2.0]], dtype=torch.float64)
    swaps = [swapped_lasting.Swaps(torch.tensor([0]), patterns)]
    own = found.standardized(inputs)
    told = swapped_lasting.swapped_lasting(found, inputs, side, (wish, swaps))
    costs = (found.standardized(told.rows) - own).norm(dim=1)
    each = []
    for value in (None, *patterns[:, 0].tolist()):
        start = inputs.clone()
        if value is not None:
            start[:, 0] = value
        low, high = wish.low.clone(), wish.high.clone()
        low[:, 0], high[:, 0] = start[:, 0], start[:, 0]
        one = lasting.lasting(found, start, side, lasting.Wish(2, 0.1, low, high))
        each.append(torch.where(one.worst >= 0.1 - 1e-6, (found.standardized(one.rows) - own).norm(dim=1), torch.inf))
    assert torch.allclose(costs, torch.stack(each).amin(0), atol=1e-6)
    assert 0 < int(((told.rows - inputs)[:, 0].abs() > 1e-6).sum()) <= len(inputs)


def test_swaps_are_taken_where_they_are_cheaper_and_only_then():
    check_swaps_are_taken_where_they_are_cheaper_and_only_then()


@pytest.mark.parametrize("ridge", [1e-4, 0.1])
def test_a_fit_from_where_the_model_is_ends_where_it_is(ridge):
    found = model(ridge)
    assert torch.allclose(deletion.refitted(found, torch.zeros(0, dtype=torch.int64)), found.weights, atol=1e-7)


def check_the_worst_deletion_moves_the_weights_by_the_rows_that_harm_alone():
    """Of four rows two harm either point; what the move takes of their scores is what was said to be lost."""
    effects = torch.tensor([[1.0, -1], [-2, -1], [-3, 1], [0, 9]], dtype=torch.float64)
    points = torch.tensor([[1.0, 0.0], [0.0, -1.0]], dtype=torch.float64)
    lost, rows = deletion.worst_deletion(effects, points, 4)
    moved = deletion.worst_move(effects, points, rows)
    assert moved.tolist() == [[-5, 0], [-3, 10]]
    assert torch.equal((points * moved).sum(1), lost)


def test_the_worst_deletion_moves_the_weights_by_the_rows_that_harm_alone():
    check_the_worst_deletion_moves_the_weights_by_the_rows_that_harm_alone()
