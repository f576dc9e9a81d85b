"""A classifier by distributions that was trained on a dataset, with its card."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from xaivision.core.presenting import in_short
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.distributions.distribution_card import DistributionCard
from xaivision.models.distributions.distribution_network import DistributionNetwork
from xaivision.models.distributions.distribution_plan import DistributionPlan, distributions_of
from xaivision.models.learning_parts import LearningParts


@dataclass(frozen=True, eq=False, repr=False)
class TrainedDistributions:
    """`classifier`: probabilities of inputs, differentiable, as every method takes it. `card`: what is known of it.

    `parts`: the row numbers of the dataset that were learned from, stopped by and tested on. `plan`: what the network is
    made of, apart from its weights.
    """

    classifier: TorchClassifier
    card: DistributionCard
    parts: LearningParts
    plan: DistributionPlan

    def __repr__(self) -> str:
        """One line: the data and the accuracy."""
        scores, inputs = self.card.scores, "pictures" if self.card.pictures else "rows"
        return in_short(self, self.card.name, f"accuracy {scores.accuracy:.3f} on {scores.count} test {inputs}")

    def __call__(self, inputs: Tensor) -> Tensor:
        """(B, K) probabilities of inputs (B, *S)."""
        return self.classifier(inputs)

    @property
    def network(self) -> DistributionNetwork:
        """What the classifier is made of."""
        return distributions_of(self.classifier)

    def save(self, path: str | Path) -> Path:
        """Write weights, distributions, card and split to one safetensors file (no pickle).

        Raises: FileNotFoundError, where its folder does not exist; OSError, where it cannot be written.
        """
        from xaivision.models.distributions.distribution_file import save_distributions

        return save_distributions(self, path)
