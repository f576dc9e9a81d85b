"""Sparseness: how few features carry the map."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.scores import Scores
from xaivision.evaluation.measurement import measurement


@dataclass(frozen=True)
class Sparseness:
    """The Gini index of the absolute attributions: 0 where all features count alike, near 1 where one carries everything."""

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="sparseness",
        answers="Is the map carried by few features?",
        misleads="It is no sign of truth: a wrong map with one spike is the sparsest.",
        cost="none",
        source="Chalasani et al., 2020, arXiv:1810.06583",
        higher_is_better=True,
        needs=Access.LABELS,
    )

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) Gini indices from 0 to (n - 1) / n; a zero map is as even as any constant one, 0."""
        with measurement(self, model, explanation) as m:
            return m.scores(gini(explanation.feature_values.flatten(1).abs()), "Gini index")


def gini(amounts: Tensor) -> Tensor:
    """(B,) Gini index of non-negative amounts (B, n), in float64; NaN where an amount is not finite."""
    ordered = amounts.double().sort(dim=1).values
    n = ordered.shape[1]
    weights = 2 * torch.arange(1, n + 1, dtype=torch.float64, device=amounts.device) - n - 1
    total = ordered.sum(1)
    index = (ordered * weights).sum(1) / (n * total)
    return torch.where(total == 0, torch.zeros_like(index), index)
