"""From the best similarity of each prototype to the scores of the classes."""

from math import log

import torch
from torch import Tensor, nn

from xaivision.engines.prototypes.evidence import (
    Evidence,
    component_evidence,
    dense_evidence,
    own_class_evidence,
    rbf_evidence,
)
from xaivision.models.prototypes.layer_plan import LayerPlan

# What a prototype says of its own class and of the others before anything is learned.
OWN, OTHER = 1.0, -0.5
FIRST_PREFERENCE = 2.0
# By how much a logit falls with a squared distance before anything is learned.
DENSE = 0.5


class PrototypeReasoning(nn.Module):
    """(B, P) similarities to (B, K) scores, by evidence that is linear in each similarity. `owners` (P,): each one's class."""

    owners: Tensor

    def __init__(self, plan: LayerPlan, owners: Tensor) -> None:
        super().__init__()
        self.plan = plan
        self.register_buffer("owners", owners.clone())
        self.weights = nn.Parameter(_first_weights(plan, owners))

    def evidence(self) -> Evidence:
        """What each prototype adds to each class, with its graph."""
        if self.plan.reasoning == "signed":
            return Evidence(self.weights)
        if self.plan.reasoning == "own_classes":
            return own_class_evidence(self.weights, self.owners, self.plan.num_classes)
        if self.plan.reasoning == "dense":
            return dense_evidence(self.weights, self.owners)
        return component_evidence(self.weights) if self.plan.reasoning == "components" else rbf_evidence(self.weights)

    def present_and_absent(self) -> tuple[Tensor, Tensor]:
        """(P, K) twice: what a component says by being there and by being absent, where it is one."""
        evidence = self.evidence()
        absent = torch.zeros_like(evidence.slope) if evidence.constant is None else evidence.constant
        return evidence.slope + absent, absent

    def keep(self, kept: Tensor) -> None:
        """Do without the prototypes that are not `kept` (P,)."""
        rows = kept.repeat(len(self.weights) // len(kept))  # components have a second row each, of being absent
        with torch.no_grad():
            self.weights = nn.Parameter(self.weights[rows])
        self.owners = self.owners[kept]

    def forward(self, similarities: Tensor) -> Tensor:
        return self.evidence().scores(similarities)


def _first_weights(plan: LayerPlan, owners: Tensor) -> Tensor:
    if plan.reasoning == "own_classes":
        return torch.ones(plan.count, dtype=torch.float32)
    own = owners[:, None] == torch.arange(plan.num_classes)
    if plan.reasoning == "signed":
        return torch.where(own, OWN, OTHER)
    if plan.reasoning == "dense":
        return torch.where(own, log(DENSE), 0.0)
    # Softmax weights: what a component came from speaks for its class seven times as loud as for another.
    present = FIRST_PREFERENCE * own.float()
    absent = torch.zeros(own.shape, dtype=torch.float32) - FIRST_PREFERENCE
    return torch.cat([present, absent]) if plan.reasoning == "components" else present
