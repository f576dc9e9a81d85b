import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.data.registry import load_dataset


def test_the_classes_follow_the_planted_weights_exactly():
    table = load_dataset("linear_table")
    assert table.truth.tolist() == [2.0, -1.5, 1.0, -0.5, 0.0, 0.0, 0.0, 0.0]
    assert torch.equal(table.targets, (table.inputs.double() @ table.truth > 0).long())
    assert table.class_names == ("negative", "positive")


def test_columns_without_weight_tell_nothing_of_the_class_and_the_others_do():
    table = load_dataset("linear_table", rows=4000)
    means = [table.inputs[table.targets == label].mean(0) for label in (0, 1)]
    shift = means[1] - means[0]
    assert shift[4:].abs().max() < 0.15
    assert shift[:4].abs().min() > 0.2
    assert torch.equal(shift[:4].sign().double(), table.truth[:4].sign())


def test_the_columns_are_independent_standard_normals():
    inputs = load_dataset("linear_table", rows=4000, features=5).inputs.double()
    assert (inputs.T.cov() - torch.eye(5, dtype=torch.float64)).abs().max() < 0.08
    assert inputs.mean(0).abs().max() < 0.08


def test_settings_change_the_table_and_the_seed_its_draws():
    table = load_dataset("linear_table", rows=10, features=4, seed=0)
    assert table.inputs.shape == (10, 4)
    assert table.truth.tolist() == [2.0, -1.0, 0.0, 0.0]
    assert torch.equal(load_dataset("linear_table", rows=10, features=4, seed=0).inputs, table.inputs)
    assert not torch.equal(load_dataset("linear_table", rows=10, features=4, seed=1).inputs, table.inputs)


@pytest.mark.parametrize("setting", ["rows", "features"])
def test_too_small_a_table_is_refused(setting):
    with pytest.raises(InputError, match=rf"`{setting}` must be at least 2\. Got 1"):
        load_dataset("linear_table", **{setting: 1})
