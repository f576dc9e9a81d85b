"""How many inputs of each class a classifier learned from, was stopped by and was tested on."""

from dataclasses import dataclass

from xaivision.data.dataset import Dataset
from xaivision.models.learning_parts import LearningParts


@dataclass(frozen=True)
class ClassCounts:
    """How many inputs of a class each part has."""

    name: str
    train: int
    validation: int
    test: int


def class_counts(dataset: Dataset, parts: LearningParts) -> tuple[ClassCounts, ...]:
    """Those of every class of the dataset, in its order."""
    return tuple(
        ClassCounts(name, *(int((dataset.targets[part] == label).sum()) for part in (parts.train, parts.validation, parts.test)))
        for label, name in enumerate(dataset.class_names)
    )
