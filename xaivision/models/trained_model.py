"""A classifier that was trained on a dataset, with its card."""

from dataclasses import dataclass
from typing import ClassVar

from xaivision.models.frozen_features import network_of
from xaivision.models.learned_model import LearnedModel
from xaivision.models.network_plan import NetworkPlan
from xaivision.models.trained_card import TrainedCard
from xaivision.models.transfer_network import TransferNetwork


@dataclass(frozen=True, eq=False, repr=False)
class TrainedModel(LearnedModel):
    """A backbone and a linear layer: logits of pictures in [0, 1]."""

    schema: ClassVar[str] = "xaivision trained classifier 1"

    card: TrainedCard
    plan: NetworkPlan

    @property
    def network(self) -> TransferNetwork:
        """What the classifier is made of."""
        return network_of(self.classifier)
