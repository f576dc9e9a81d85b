import torch

from xaivision.data.card import DatasetCard
from xaivision.data.dataset import Dataset
from xaivision.models.class_counts import ClassCounts, class_counts
from xaivision.models.learning_parts import LearningParts


def test_every_class_is_counted_in_each_part():
    targets = torch.tensor([0, 1, 1, 0, 1, 2])
    data = Dataset("mine", torch.zeros(6, 1, 2, 2), targets, ("a", "b", "c"), DatasetCard("mine", "", "", "", "", ""))
    parts = LearningParts(torch.tensor([1, 2, 3]), torch.tensor([0]), torch.tensor([4, 5]))
    assert class_counts(data, parts) == (ClassCounts("a", 1, 1, 0), ClassCounts("b", 2, 0, 1), ClassCounts("c", 0, 0, 1))
