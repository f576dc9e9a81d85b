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

STAGES = (16, 33, 65, 129, 257, 513)


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


def every_other(first):
    rule = quadrature.quadrature_rule("midpoint", 16)
    return rule.nodes[first::2], rule.weights[first::2]


def plain_refinement(model, path, index, most):
    """(contributions, gradients spent) of one input, every stage computed afresh."""
    change = change_of(model, path)[index]
    halves = [quadrature.Rule(part[0], 2 * part[1]) for first in (0, 1) for part in [every_other(first)]]
    maps = [sum(plain_contributions(model, path, index, half) for half in halves) / 2]
    moves = [(plain_contributions(model, path, index, halves[0]) - maps[0]).abs().sum() / maps[0].abs().sum()]
    for stage, (spent, following) in enumerate(zip(STAGES, (*STAGES[1:], 10**9), strict=True)):
        rule = quadrature.trapezoid_rule(spent - 1) if stage else quadrature.quadrature_rule("midpoint", 16)
        contributions = plain_contributions(model, path, index, rule)
        if stage:
            moves.append((contributions - maps[-1]).abs().sum() / contributions.abs().sum())
            maps.append(contributions)
        complete = abs(contributions.sum() - change) <= completeness_tolerance(change, magnitude=contributions.abs().sum())
        if (complete and spent >= 65 and max(moves[-2:]) <= path_integral.SETTLED) or following > most:
            return contributions, spent
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


def check_refinement_is_the_trapezoid_rule_on_the_final_cells_of_each_input(most=513):
    model, path = steep_path()
    found = path_integral.refined_path_integral(model, path, change_of(model, path), most)
    for i in range(len(path.inputs)):
        contributions, spent = plain_refinement(model, path, i, most)
        assert int(found.steps[i]) == spent
        torch.testing.assert_close(found.contributions[i], contributions, atol=1e-12, rtol=0)


def check_each_input_is_refined_by_itself():
    model, path = steep_path()
    change = change_of(model, path)
    together = path_integral.refined_path_integral(model, path, change, 513)
    assert len(set(together.steps.tolist())) >= 3
    for i in range(len(path.inputs)):
        rows = torch.tensor([i])
        alone = path_integral.refined_path_integral(model, path.take(rows), change[rows], 513)
        assert alone.steps[0] == together.steps[i]
        torch.testing.assert_close(alone.contributions[0], together.contributions[i], atol=1e-12, rtol=0)


def check_gradients_spent_are_those_counted():
    model, path = steep_path()
    with metered() as meter:
        found = path_integral.refined_path_integral(model, path, change_of(model, path), 257)
    assert meter.gradient_calls == int(found.steps.sum())


@given(st.integers(0, 10**6), st.sampled_from(["midpoint", "gauss_legendre"]), st.integers(1, 9))
@settings(max_examples=12, deadline=None)
def test_fixed_steps_are_the_definition(seed, name, steps):
    check_fixed_steps_are_the_definition(seed, name, steps)


@pytest.mark.parametrize("most", [16, 32, 33, 100, 257, 513])
def test_refinement_is_the_trapezoid_rule_on_the_final_cells_of_each_input(most):
    check_refinement_is_the_trapezoid_rule_on_the_final_cells_of_each_input(most)


def test_each_input_is_refined_by_itself():
    check_each_input_is_refined_by_itself()


def test_gradients_spent_are_those_counted():
    check_gradients_spent_are_those_counted()


@given(st.integers(16, 300))
@settings(max_examples=10, deadline=None)
def test_refinement_never_spends_more_than_it_may(most):
    model, path = steep_path()
    found = path_integral.refined_path_integral(model, path, change_of(model, path), most)
    assert int(found.steps.max()) <= most


def test_refined_contributions_add_up_within_the_tolerance_where_the_budget_was_not_spent():
    model, path = steep_path()
    change = change_of(model, path)
    found = path_integral.refined_path_integral(model, path, change, 513)
    done = found.steps < 513
    gap = (found.contributions.sum(1) - change).abs()
    assert done.sum() >= 4
    assert (gap <= completeness_tolerance(change))[done].all()


def test_a_cut_gradient_stops_refinement_at_the_first_stage():
    class Steps(nn.Module):
        def forward(self, x):
            return torch.stack([x.round().sum(1).detach(), -x.sum(1).detach()], 1)

    model = TorchClassifier(Steps(), 2, domain="tabular")
    path = path_integral.Path(torch.ones(2, 3), torch.zeros(2, 3), TargetScore(torch.tensor([0, 1])))
    found = path_integral.refined_path_integral(model, path, torch.tensor([3.0, -3.0]), 513)
    assert found.cut
    assert found.steps.tolist() == [16, 16]
    assert not found.contributions.any()
