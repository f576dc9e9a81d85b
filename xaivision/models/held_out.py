"""How often a model is right on the rows that it was not trained on."""

from xaivision.core.classifier import ClassifierAdapter
from xaivision.data.dataset import Dataset


def held_out_accuracy(model: ClassifierAdapter, data: Dataset) -> float:
    """Share of the test part that the model classifies rightly, asked now."""
    inputs, targets = data.test
    return float((model(inputs).argmax(1) == targets).double().mean())


def held_out_text(data: Dataset) -> str:
    """On what that was measured, in words."""
    return f"{len(data.test[0])} held-out rows of {data.name}, top-1, measured on this machine"
