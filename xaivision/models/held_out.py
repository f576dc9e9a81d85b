"""How often a model is right on the rows that it was not trained on, and the card that says so."""

from typing import Protocol

from xaivision.core.classifier import ClassifierAdapter
from xaivision.data.dataset import Dataset
from xaivision.models.card import ModelCard


class Kind(Protocol):
    """What is told of a way to classify."""

    @property
    def preprocessing(self) -> str: ...

    @property
    def citation(self) -> str: ...


def held_out_card(model: ClassifierAdapter, data: Dataset, told: Kind, *, name: str, what: str, parameters: int) -> ModelCard:
    """The card of a model that was trained on the data's training part, with its accuracy on the test part, measured now."""
    return ModelCard(
        name=name,
        what=what,
        training_data=f"{len(data.train[0])} rows of {data.name}",
        license=data.card.license,
        citation=told.citation,
        preprocessing=told.preprocessing,
        accuracy=_accuracy(model, data),
        measured_on=f"{len(data.test[0])} held-out rows of {data.name}, top-1, measured on this machine",
        num_classes=model.num_classes,
        parameters=parameters,
    )


def _accuracy(model: ClassifierAdapter, data: Dataset) -> float:
    """Share of the test part that the model classifies rightly."""
    inputs, targets = data.test
    return float((model(inputs).argmax(1) == targets).double().mean())
