import torch
from sklearn.datasets import load_digits

from xaivision.data.registry import load_dataset


def test_the_digits_are_scikit_learns_as_pictures():
    digits, bunch = load_dataset("digits"), load_digits()
    assert digits.inputs.shape == (1797, 1, 8, 8)
    assert torch.equal(digits.inputs[:, 0], torch.tensor(bunch.images, dtype=torch.float32) / 16)
    assert torch.equal(digits.targets, torch.tensor(bunch.target))
    assert digits.class_names == tuple("0123456789")
    assert digits.inputs.max() == 1
