import pytest
import torch
from engine_networks import drawn, gradient_of, image_classifier, table_classifier
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from xaivision.core.completeness import completeness_tolerance
from xaivision.core.metering import metered
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import path_integral, quadrature

CELLS = (32, 64, 128, 256, 512)


class Steep(nn.Module):
    """Scores (m, -m) with m a sigmoid of slope `x[0]`, in the mean of the other values: steepness chosen by the input."""

    def __init__(self):
        super().__init__()
        self.one = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward(self, x):
        margin = torch.sigmoid(self.one * 400 * x[:, 0].detach() * (x[:, 1:].mean(1) - 0.4))
        return torch.stack([margin, -margin], 1)


def steep_path():
    inputs = torch.cat([torch.tensor([0.005, 1.0, 0.1, 0.5, 0.25])[:, None].double(), 0.3 + 0.7 * drawn((5, 3), 4)], 1)
    baseline = torch.cat([inputs[:, :1], torch.zeros(5, 3, dtype=torch.float64)], 1)
    return TorchClassifier(Steep(), 2, domain="tabular"), path_integral.Path(
        inputs, baseline, TargetScore(torch.tensor([0, 0, 1, 1, 0]))
    )


def change_of(model, path):
    rows = torch.arange(len(path.inputs))
    return model(path.inputs)[rows, path.target.classes] - model(path.baseline)[rows, path.target.classes]


def plain_contributions(model, path, index, rule):
    """The definition for one input: weighted gradients at the nodes, times the distance."""
    one, start, target = path.inputs[index], path.baseline[index], int(path.target.classes[index])
    mean = torch.zeros_like(one)
    for node, weight in zip(rule.nodes, rule.weights, strict=True):
        mean += weight * gradient_of(model, start + node * (one - start), target)
    return mean * (one - start)


def share_of_the_map(apart, whole):
    return apart.abs().sum() / whole.abs().sum()


def plain_refinement(model, path, index, most):
    """(contributions, gradients spent, share by which the map moved) of one input, every stage computed afresh."""
    change = change_of(model, path)[index]
    maps, moves = [plain_contributions(model, path, index, quadrature.open_rule(16))], []
    for cells, following in zip(CELLS, (*CELLS[1:], 10**9), strict=True):
        contributions = plain_contributions(model, path, index, quadrature.open_rule(cells))
        moves.append(share_of_the_map(contributions - maps[-1], contributions))
        maps.append(contributions)
        moved = max(moves[-2:])
        complete = abs(contributions.sum() - change) <= completeness_tolerance(change, magnitude=contributions.abs().sum())
        if (complete and cells >= 64 and moved <= path_integral.SETTLED) or following - 1 > most:
            return contributions, cells - 1, moved
    raise AssertionError("no stage fits")


def check_fixed_steps_are_the_definition(seed, name, steps):
    for model, shape in ((table_classifier(seed=seed, batch_size=4), (5,)), (image_classifier(seed=seed), (2, 5, 6))):
        path = path_integral.Path(
            drawn((3, *shape), seed), drawn((3, *shape), seed + 1) / 2, TargetScore(torch.tensor([2, 0, 2]))
        )
        rule = quadrature.quadrature_rule(name, steps)
        found = path_integral.path_integral(model, path, rule)
        for i in range(3):
            torch.testing.assert_close(found.contributions[i], plain_contributions(model, path, i, rule), atol=1e-13, rtol=0)
        assert found.steps.tolist() == [steps] * 3


def check_refinement_is_the_open_rule_on_the_final_cells_of_each_input(most=511):
    model, path = steep_path()
    found = path_integral.refined_path_integral(model, path, change_of(model, path), most)
    for i in range(len(path.inputs)):
        contributions, spent, moved = plain_refinement(model, path, i, most)
        assert int(found.steps[i]) == spent
        assert float(found.moved[i]) == pytest.approx(float(moved), abs=1e-12)
        torch.testing.assert_close(found.contributions[i], contributions, atol=1e-12, rtol=0)


class Opposed(nn.Module):
    """Two steep changes at the same place that cancel in the score. 64 and 128 cells see as much of them, and both too much."""

    def forward(self, x):
        up, down = (5 * ((x[:, i] - 0.37) / 0.01).clamp(0, 1) for i in (0, 1))
        return torch.stack([up - down + 0.2 * x[:, 2], x[:, 2]], 1)


def check_a_map_that_one_doubling_left_in_place_is_looked_at_again():
    row = torch.full((1, 3), 0.9, dtype=torch.float64)
    path = path_integral.Path(row, torch.zeros_like(row), TargetScore(torch.tensor([0])))
    model = TorchClassifier(Opposed(), 2, domain="tabular")
    maps = [plain_contributions(model, path, 0, quadrature.open_rule(cells)) for cells in (64, 128)]
    assert float(maps[0][0]) == pytest.approx(float(maps[1][0])) == pytest.approx(7.03, abs=0.01)
    found = path_integral.refined_path_integral(model, path, change_of(model, path), 255)
    assert found.steps.tolist() == [255]
    assert float(found.moved) > path_integral.SETTLED


def check_each_input_is_refined_by_itself():
    model, path = steep_path()
    change = change_of(model, path)
    together = path_integral.refined_path_integral(model, path, change, 511)
    assert len(set(together.steps.tolist())) >= 3
    for i in range(len(path.inputs)):
        rows = torch.tensor([i])
        alone = path_integral.refined_path_integral(model, path.take(rows), change[rows], 511)
        assert alone.steps[0] == together.steps[i]
        torch.testing.assert_close(alone.contributions[0], together.contributions[i], atol=1e-12, rtol=0)


def check_gradients_spent_are_those_counted():
    model, path = steep_path()
    with metered() as meter:
        found = path_integral.refined_path_integral(model, path, change_of(model, path), 255)
    assert meter.gradient_calls == int(found.steps.sum())


@given(st.integers(0, 10**6), st.sampled_from(["midpoint", "gauss_legendre"]), st.integers(1, 9))
@settings(max_examples=12, deadline=None)
def test_fixed_steps_are_the_definition(seed, name, steps):
    check_fixed_steps_are_the_definition(seed, name, steps)


@pytest.mark.parametrize("most", [63, 126, 127, 255, 300, 511])
def test_refinement_is_the_open_rule_on_the_final_cells_of_each_input(most):
    check_refinement_is_the_open_rule_on_the_final_cells_of_each_input(most)


def test_a_map_that_one_doubling_left_in_place_is_looked_at_again():
    check_a_map_that_one_doubling_left_in_place_is_looked_at_again()


def test_each_input_is_refined_by_itself():
    check_each_input_is_refined_by_itself()


def test_gradients_spent_are_those_counted():
    check_gradients_spent_are_those_counted()


@given(st.integers(63, 600))
@settings(max_examples=10, deadline=None)
def test_refinement_never_spends_more_than_it_may(most):
    model, path = steep_path()
    found = path_integral.refined_path_integral(model, path, change_of(model, path), most)
    assert int(found.steps.max()) <= most


def test_refined_contributions_add_up_within_the_tolerance_where_the_budget_was_not_spent():
    model, path = steep_path()
    change = change_of(model, path)
    found = path_integral.refined_path_integral(model, path, change, 511)
    done = found.steps < 511
    gap = (found.contributions.sum(1) - change).abs()
    assert done.sum() >= 4
    assert (gap <= completeness_tolerance(change))[done].all()


def test_a_cut_gradient_stops_refinement_at_the_first_stage():
    class Steps(nn.Module):
        def forward(self, x):
            return torch.stack([x.round().sum(1).detach(), -x.sum(1).detach()], 1)

    model = TorchClassifier(Steps(), 2, domain="tabular")
    path = path_integral.Path(torch.ones(2, 3), torch.zeros(2, 3), TargetScore(torch.tensor([0, 1])))
    found = path_integral.refined_path_integral(model, path, torch.tensor([3.0, -3.0]), 511)
    assert found.cut
    assert found.steps.tolist() == [15, 15]
    assert not found.moved.any()
    assert not found.contributions.any()
