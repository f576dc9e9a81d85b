"""The linear function behind an answer: what it says of perturbed rows, and where it says nothing."""

from dataclasses import replace

import torch
from explainer_networks import drawn, table_classifier

from xaivision.explainers.linear_function import LinearFunction, PerturbedRows
from xaivision.explainers.registry import explainer

ROW = torch.tensor([[1.0, 2.0, 0.0, -1.0]], dtype=torch.float64)
ZEROS = torch.zeros(4, dtype=torch.float64)
ONES = torch.ones(3, dtype=torch.float64)


def answered(kind, values, **more):
    found = explainer("saliency").explain(table_classifier(), ROW, 0)
    return replace(found, kind=kind, values=torch.tensor([values], dtype=torch.float64), **more)


def moved_by(steps, factors=None, baseline=ZEROS):
    versions = ROW[0] + torch.as_tensor(steps, dtype=torch.float64)
    return PerturbedRows(versions, torch.ones(len(versions)).double(), False, baseline, factors)


def masked(factors, baseline=ZEROS):
    factors = torch.as_tensor(factors, dtype=torch.float64)
    return moved_by((factors - 1) * (ROW[0] - baseline), factors, baseline)


def test_slopes_are_multiplied_by_steps():
    found = LinearFunction(answered("slope", [1.0, 10.0, 100.0, 0.0]), 0)
    assert found.rises(moved_by([[1.0, 0.0, 0.5, 9.0], [0.0, -1.0, 0.0, 0.0]])).tolist() == [51.0, -10.0]


def test_shares_of_what_is_hidden_are_lost():
    found = LinearFunction(answered("contribution", [3.0, 4.0, 5.0, 6.0], baseline=torch.zeros_like(ROW)), 0)
    assert found.rises(masked([[1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.5]])).tolist() == [-4.0, -15.0]


def test_a_share_is_a_slope_over_the_way_from_the_baseline():
    found = LinearFunction(answered("contribution", [3.0, 4.0, 0.0, 6.0], baseline=torch.zeros_like(ROW)), 0)
    assert found.rises(moved_by([[1.0, 1.0, 0.0, 1.0]])).tolist() == [3.0 + 2.0 - 6.0]


def test_a_column_that_equals_its_baseline_has_no_slope_to_tell():
    """And no slope of zero either: where it moves, the function is not defined."""
    found = LinearFunction(answered("contribution", [3.0, 4.0, 0.0, 6.0], baseline=torch.zeros_like(ROW)), 0)
    assert found.rises(moved_by([[0.0, 0.0, 0.1, 0.0], [1.0, 0.0, 0.0, 0.0]])).isnan().all()


def test_columns_that_are_hidden_together_have_no_slopes_of_their_own():
    players = torch.tensor([[0, 0, 1, 2]])
    found = LinearFunction(answered("contribution", [3.0, 3.0, 0.0, 6.0], baseline=torch.zeros_like(ROW), players=players), 0)
    assert found.rises(moved_by([[0.1, 0.0, 0.0, 0.0]])).isnan().all()
    assert found.rises(moved_by([[0.0, 0.0, 0.0, 1.0]])).tolist() == [-6.0]
    assert found.rises(masked([[0.0, 0.0, 1.0, 1.0]])).tolist() == [-6.0]


def test_a_share_of_the_way_from_another_baseline_is_measured_on_its_own_way():
    """Input times gradient starts at zero, wherever the rows are perturbed to."""
    found = LinearFunction(answered("contribution", [3.0, 4.0, 5.0, 6.0], baseline=torch.zeros_like(ROW)), 0)
    there = torch.tensor([2.0, 2.0, 0.0, -1.0], dtype=torch.float64)
    assert found.rises(masked([[0.0, 0.0, 1.0, 1.0]], there)).tolist() == [3.0]
    nowhere = torch.tensor([2.0, 2.0, 7.0, -1.0], dtype=torch.float64)
    assert found.rises(masked([[0.0, 0.0, 0.0, 1.0]], nowhere)).isnan().all()


def test_a_method_that_names_no_baseline_is_taken_at_the_one_of_the_rows():
    found = LinearFunction(answered("contribution", [3.0, 4.0, 5.0, 6.0], baseline=None), 0)
    there = drawn((4,), 1)
    assert found.rises(masked([[0.0, 1.0, 1.0, 1.0]], there)).tolist() == [-3.0]
