"""A classifier that was trained on a dataset, with its card."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from xaivision.core.presenting import in_short
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.learning_parts import LearningParts
from xaivision.models.network_plan import NetworkPlan
from xaivision.models.trained_card import TrainedCard


@dataclass(frozen=True, eq=False, repr=False)
class TrainedModel:
    """`classifier`: logits of pictures in [0, 1], differentiable, as every method takes it. `card`: what is known of it.

    `parts`: the row numbers of the dataset that were learned from, stopped by and tested on. `plan`: what the network is
    made of, apart from its weights.
    """

    classifier: TorchClassifier
    card: TrainedCard
    parts: LearningParts
    plan: NetworkPlan

    def __repr__(self) -> str:
        """One line: the backbone, the data and the accuracy."""
        scores = self.card.scores
        return in_short(self, self.card.name, f"accuracy {scores.accuracy:.3f} on {scores.count} test pictures")

    def __call__(self, inputs: Tensor) -> Tensor:
        """(B, K) logits of pictures (B, C, H, W)."""
        return self.classifier(inputs)

    def save(self, path: str | Path) -> Path:
        """Write the weights, the card and the split to one safetensors file (no pickle) and return its path.

        Raises: FileNotFoundError, where its folder does not exist; OSError, where it cannot be written.
        """
        from xaivision.models.trained_file import save_trained

        return save_trained(self, path)
