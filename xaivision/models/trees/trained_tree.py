"""A classifier by a tree that was trained on a dataset, with its card."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from xaivision.core.presenting import in_short
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.learning_parts import LearningParts
from xaivision.models.trees.tree_card import TreeCard
from xaivision.models.trees.tree_network import TreeNetwork
from xaivision.models.trees.tree_plan import TreePlan, tree_of


@dataclass(frozen=True, eq=False, repr=False)
class TrainedTree:
    """`classifier`: logits of pictures, as every method takes it. `card`: what is known of it.

    `parts`: the row numbers of the dataset that were learned from, stopped by and tested on. `plan`: what the network is
    made of, apart from its weights.
    """

    classifier: TorchClassifier
    card: TreeCard
    parts: LearningParts
    plan: TreePlan

    def __repr__(self) -> str:
        """One line: the data, the accuracy, and what swapping patches costs."""
        scores = self.card.scores
        said = f"accuracy {scores.accuracy:.3f} on {scores.count} test pictures, swapped patches cost {self.card.swap_cost:.3f}"
        return in_short(self, self.card.name, said)

    def __call__(self, inputs: Tensor) -> Tensor:
        """(B, K) logits of pictures (B, C, H, W)."""
        return self.classifier(inputs)

    @property
    def network(self) -> TreeNetwork:
        """What the classifier is made of."""
        return tree_of(self.classifier)

    def save(self, path: str | Path) -> Path:
        """Write weights, tree, card and split to one safetensors file (no pickle).

        Raises: FileNotFoundError, where its folder does not exist; OSError, where it cannot be written.
        """
        from xaivision.models.trees.tree_file import save_tree

        return save_tree(self, path)
