"""A classifier by a tree that was trained on a dataset, with its card."""

from dataclasses import dataclass
from typing import ClassVar

from xaivision.models.learned_model import LearnedModel
from xaivision.models.trees.tree_card import TreeCard
from xaivision.models.trees.tree_network import TreeNetwork
from xaivision.models.trees.tree_plan import TreePlan, tree_of


@dataclass(frozen=True, eq=False, repr=False)
class TrainedTree(LearnedModel):
    """A tree that looks at one patch at every step: logits of pictures."""

    schema: ClassVar[str] = "xaivision tree classifier 1"

    card: TreeCard
    plan: TreePlan

    @property
    def network(self) -> TreeNetwork:
        """What the classifier is made of."""
        return tree_of(self.classifier)

    def _said(self) -> str:
        return f"{super()._said()}, swapped patches cost {self.card.swap_cost:.3f}"
