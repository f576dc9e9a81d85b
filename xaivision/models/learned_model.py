"""What every classifier that was trained here is, whatever decides in it."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor, nn

from xaivision.core.presenting import in_short
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.learned_card import LearnedCard
from xaivision.models.learning_parts import LearningParts
from xaivision.models.trained_content import write_content


@dataclass(frozen=True, eq=False, repr=False)
class LearnedModel(ABC):
    """`classifier`: scores of inputs, differentiable, as every method takes it. `card`: what is known of it.

    `parts`: the row numbers of the dataset that were learned from, stopped by and tested on. `plan`: what the network is
    made of, apart from its weights.
    """

    # What the first lines of its files say.
    schema: ClassVar[str]

    classifier: TorchClassifier
    card: LearnedCard
    parts: LearningParts
    plan: Any

    @property
    @abstractmethod
    def network(self) -> nn.Module:
        """What the classifier is made of."""

    def __repr__(self) -> str:
        """One line: the model, the data and the accuracy."""
        return in_short(self, self.card.name, self._said())

    def __call__(self, inputs: Tensor) -> Tensor:
        """(B, K) scores of inputs (B, *S)."""
        return self.classifier(inputs)

    def save(self, path: str | Path) -> Path:
        """Write weights, plan, card and split to one safetensors file (no pickle) and return its path.

        Raises: FileNotFoundError, where its folder does not exist; OSError, where it cannot be written.
        """
        told = {"plan": asdict(self.plan), "card": self.card.plain(), **self._told_beside()}
        return write_content(path, self.schema, self.network, self.parts, told)

    def _said(self) -> str:
        scores = self.card.scores
        return f"accuracy {scores.accuracy:.3f} on {scores.count} test {self.card.inputs}"

    def _told_beside(self) -> dict[str, Any]:
        """What its file tells beside plan and card."""
        return {}
