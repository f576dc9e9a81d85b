import numpy as np
import torch

from xaivision.report.examples_figure import profiles


def test_values_from_zero_to_one_are_drawn_as_they_are():
    found = profiles(torch.tensor([0.2, 0.4]), torch.tensor([[0.0, 1.0]]))
    np.testing.assert_allclose(found.row, [0.2, 0.4], rtol=1e-6)
    assert "raw values" in found.statement


def test_columns_of_different_units_are_stretched_each_on_its_own():
    found = profiles(torch.tensor([0.0, 1000.0]), torch.tensor([[2.0, 3000.0], [1.0, 5000.0]]))
    assert found.row.tolist() == [0.0, 0.0]
    assert found.others.tolist() == [[1.0, 0.5], [0.5, 1.0]]
    assert "smallest to its largest" in found.statement


def test_a_column_that_never_changes_is_drawn_in_the_middle():
    assert profiles(torch.tensor([7.0]), torch.tensor([[7.0]])).others.tolist() == [[0.5]]
