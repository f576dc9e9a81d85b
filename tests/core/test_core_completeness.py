import pytest
import torch

from xaivision.core.completeness import completeness_gap, completeness_tolerance, magnitude, score_change


def test_the_gap_is_the_change_minus_the_sum_of_each_inputs_contributions():
    values = torch.tensor([[[1.0, 2.0], [3.0, 4.0]], [[0.5, 0.0], [0.0, 0.0]]])
    assert completeness_gap(values, torch.tensor([10.0, 1.0])).tolist() == [0.0, 0.5]


def test_sums_are_taken_in_float64():
    scores, references = torch.tensor([1.0]), torch.tensor([1e-9])
    assert score_change(scores, references).item() == 1.0 - float(references)
    many = torch.full((1, 100_000), 0.1)
    assert completeness_gap(many, torch.tensor([100_000 * float(many[0, 0])], dtype=torch.float64)).abs().item() < 1e-8
    assert completeness_gap(many, torch.zeros(1)).dtype == torch.float64


@pytest.mark.parametrize(("change", "bound"), [(0.0, 1e-4), (1e-3, 1e-4), (2e-3, 1e-4), (1.0, 0.05), (-10.0, 0.5)])
def test_five_percent_of_the_change_are_enough_and_never_less_than_a_ten_thousandth(change, bound):
    assert completeness_tolerance(torch.tensor([change])).item() == pytest.approx(bound)


def test_the_floor_shrinks_with_scores_below_one_so_that_small_probabilities_are_judged_too():
    change = torch.tensor([1e-5, 1e-5, 10.0])
    assert completeness_tolerance(change).tolist() == pytest.approx([1e-4, 1e-4, 0.5])
    found = completeness_tolerance(change, torch.tensor([6e-5, 3.0, 12.0]))
    assert found.tolist() == pytest.approx([5e-7, 1e-4, 0.5])


def test_where_little_cancels_one_percent_of_the_map_is_the_bound():
    change, sums = torch.tensor([1.0, 1.0, 0.0]), torch.tensor([1.0, 100.0, 50.0])
    assert completeness_tolerance(change, magnitude=sums).tolist() == pytest.approx([0.01, 0.05, 1e-4])
    assert magnitude(torch.tensor([[[1.0, -2.0]], [[0.5, 0.0]]])).tolist() == [3.0, 0.5]
