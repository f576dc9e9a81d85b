"""How deep a method looks into a model, from its labels to its weights."""

from enum import IntEnum


class Access(IntEnum):
    """Levels of access to a model; each includes the ones below it."""

    LABELS = 0
    SCORES = 1
    LOGITS = 2
    ACTIVATIONS = 3
    GRADIENTS = 4
    WEIGHTS = 5

    def __str__(self) -> str:
        return self.name.lower()
