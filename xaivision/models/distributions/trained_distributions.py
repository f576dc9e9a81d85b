"""A classifier by distributions that was trained on a dataset, with its card."""

from dataclasses import dataclass
from typing import Any, ClassVar

from xaivision.models.distributions.distribution_card import DistributionCard
from xaivision.models.distributions.distribution_network import DistributionNetwork
from xaivision.models.distributions.distribution_plan import DistributionPlan, distributions_of
from xaivision.models.learned_model import LearnedModel
from xaivision.models.told_parts import columns_told


@dataclass(frozen=True, eq=False, repr=False)
class TrainedDistributions(LearnedModel):
    """A distribution for each class between an encoder and a decoder: probabilities of pictures or rows."""

    schema: ClassVar[str] = "xaivision distribution classifier 1"

    card: DistributionCard
    plan: DistributionPlan

    @property
    def network(self) -> DistributionNetwork:
        """What the classifier is made of."""
        return distributions_of(self.classifier)

    def _told_beside(self) -> dict[str, Any]:
        return {"columns": columns_told(self.classifier)}
