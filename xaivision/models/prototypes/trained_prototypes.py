"""A classifier by prototypes that was trained on a dataset, with its card."""

from dataclasses import dataclass
from typing import Any, ClassVar

from xaivision.models.learned_model import LearnedModel
from xaivision.models.prototypes.prototype_card import PrototypeCard
from xaivision.models.prototypes.prototype_network import PrototypeNetwork
from xaivision.models.prototypes.prototype_plan import PrototypePlan, network_of
from xaivision.models.prototypes.prototype_sources import PrototypeSources
from xaivision.models.told_parts import columns_told


@dataclass(frozen=True, eq=False, repr=False)
class TrainedPrototypes(LearnedModel):
    """Prototypes that are places of training inputs, which its file holds as well: scores of pictures or rows."""

    schema: ClassVar[str] = "xaivision prototype classifier 1"

    card: PrototypeCard
    plan: PrototypePlan

    @property
    def network(self) -> PrototypeNetwork:
        """What the classifier is made of."""
        return network_of(self.classifier)

    @property
    def sources(self) -> PrototypeSources:
        """The training inputs that the prototypes are places of."""
        return self.network.sources

    def _told_beside(self) -> dict[str, Any]:
        return {"columns": columns_told(self.classifier)}
