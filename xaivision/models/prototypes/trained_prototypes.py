"""A classifier by prototypes that was trained on a dataset, with its card."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from xaivision.core.presenting import in_short
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.learning_parts import LearningParts
from xaivision.models.prototypes.prototype_card import PrototypeCard
from xaivision.models.prototypes.prototype_network import PrototypeNetwork
from xaivision.models.prototypes.prototype_plan import PrototypePlan, network_of
from xaivision.models.prototypes.prototype_sources import PrototypeSources


@dataclass(frozen=True, eq=False, repr=False)
class TrainedPrototypes:
    """`classifier`: scores of inputs, differentiable, as every method takes it. `card`: what is known of it.

    `parts`: the row numbers of the dataset that were learned from, stopped by and tested on. `plan`: what the network is
    made of, apart from its weights.
    """

    classifier: TorchClassifier
    card: PrototypeCard
    parts: LearningParts
    plan: PrototypePlan

    def __repr__(self) -> str:
        """One line: the system, the data and the accuracy."""
        scores, inputs = self.card.scores, "pictures" if self.card.pictures else "rows"
        return in_short(self, self.card.name, f"accuracy {scores.accuracy:.3f} on {scores.count} test {inputs}")

    def __call__(self, inputs: Tensor) -> Tensor:
        """(B, K) scores of inputs (B, *S)."""
        return self.classifier(inputs)

    @property
    def network(self) -> PrototypeNetwork:
        """What the classifier is made of."""
        return network_of(self.classifier)

    @property
    def sources(self) -> PrototypeSources:
        """The training inputs that the prototypes are places of."""
        return self.network.sources

    def save(self, path: str | Path) -> Path:
        """Write the weights, the prototypes with their pictures, the card and the split to one safetensors file (no pickle).

        Raises: FileNotFoundError, where its folder does not exist; OSError, where it cannot be written.
        """
        from xaivision.models.prototypes.prototype_file import save_prototypes

        return save_prototypes(self, path)
