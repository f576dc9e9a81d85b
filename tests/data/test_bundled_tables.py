import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_wine

from xaivision.data.registry import load_dataset


@pytest.mark.parametrize(
    ("name", "load", "names"),
    [("breast_cancer", load_breast_cancer, ("malignant", "benign")), ("wine", load_wine, ("class_0", "class_1", "class_2"))],
)
def test_the_tables_are_scikit_learns(name, load, names):
    dataset, bunch = load_dataset(name), load()
    assert torch.equal(dataset.inputs, torch.tensor(bunch.data, dtype=torch.float32))
    assert torch.equal(dataset.targets, torch.tensor(bunch.target))
    assert dataset.class_names == names
    assert dataset.schema.names == tuple(bunch.feature_names)
    assert f"{len(bunch.data)} rows" in dataset.card.size
