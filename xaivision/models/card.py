"""What a model says of itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelCard:
    """The card of a named model: where it comes from, what it wants and how often it is right.

    `accuracy` is a share of 1, None for weights that were never trained; `measured_on` says on what and by whom.
    `preprocessing` is part of the classifier: inputs are pixels in [0, 1] or table rows in their own units.
    `parameters` counts the numbers that were learned (of a forest: its splits).
    """

    name: str
    what: str
    training_data: str
    license: str
    citation: str
    preprocessing: str
    accuracy: float | None
    measured_on: str
    num_classes: int
    parameters: int
