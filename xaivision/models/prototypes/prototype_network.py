"""A classifier by prototypes: what encodes an input, how alike its places are to prototypes, what that says of the classes."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from xaivision.engines.prototypes.similarity import best_places
from xaivision.models.prototypes.encoders import Encoder
from xaivision.models.prototypes.layer_plan import LayerPlan
from xaivision.models.prototypes.prototype_layer import PrototypeLayer
from xaivision.models.prototypes.prototype_sources import PrototypeSources
from xaivision.models.prototypes.reasoning import PrototypeReasoning

# The submodules whose outputs are the places, and their similarities; who watches these sees all that an explanation needs.
ENCODER, SIMILARITIES = "encoder", "prototypes"
SOURCES = ("source_inputs", "source_rows", "source_labels", "source_places", "source_boxes")


class PrototypeNetwork(nn.Module):
    """(B, *S) to (B, K) scores: encoder, prototype layer, the best place of each prototype, reasoning.

    `encoder.features` gives what a frozen backbone knows, and `encoder.add_on` makes of it the space of the prototypes. The
    training inputs that prototypes come from are buffers: they travel with the weights.
    """

    source_inputs: Tensor
    source_rows: Tensor
    source_labels: Tensor
    source_places: Tensor
    source_boxes: Tensor

    def __init__(self, encoder: Encoder, plan: LayerPlan, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.encoder: Encoder = encoder
        self.prototypes = PrototypeLayer(plan)
        owners = torch.arange(plan.num_classes).repeat_interleave(-(-plan.count // plan.num_classes))[: plan.count]
        self.reasoning = PrototypeReasoning(plan, owners)
        self.register_buffer("source_inputs", torch.zeros(plan.count, *shape, dtype=torch.float32))
        for name, sides in (("rows", ()), ("labels", ()), ("places", ()), ("boxes", (4,))):
            self.register_buffer(f"source_{name}", torch.zeros(plan.count, *sides, dtype=torch.long))

    @property
    def plan(self) -> LayerPlan:
        """What the prototype layer is made of."""
        return self.prototypes.plan

    @property
    def sources(self) -> PrototypeSources:
        """The training inputs that the prototypes are places of."""
        return PrototypeSources(*(getattr(self, name) for name in SOURCES))

    def set_sources(self, sources: PrototypeSources) -> None:
        """Put them in place of those before."""
        for name in SOURCES:
            getattr(self, name).copy_(getattr(sources, name.removeprefix("source_")))

    def keep(self, kept: Tensor) -> None:
        """Do without the prototypes that are not `kept` (P,)."""
        self.prototypes.plan = self.reasoning.plan = replace(self.plan, count=int(kept.sum()))
        with torch.no_grad():
            self.prototypes.centers = nn.Parameter(self.prototypes.centers[kept])
        self.reasoning.keep(kept)
        for name in SOURCES:
            setattr(self, name, getattr(self, name)[kept])

    def forward(self, inputs: Tensor) -> Tensor:
        scores: Tensor = self.reasoning(pooled(self.prototypes(self.encoder(inputs))))
        return scores


def pooled(similarities: Tensor) -> Tensor:
    """(B, P) the best place of each prototype; of a table there is one place."""
    return best_places(similarities)[0] if similarities.ndim > 2 else similarities


def nearest(distances: Tensor) -> Tensor:
    """(B, P) the smallest distance of each prototype over the places."""
    return -pooled(-distances)
