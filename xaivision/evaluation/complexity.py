"""Complexity: how evenly a map is spread, and how many features it takes.

Source: Bhatt, Weller, Moura, 2020, arXiv:2005.00631 (entropy); Nguyen, Martinez, 2020, arXiv:2007.07584 (effective complexity).
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.scores import Scores
from xaivision.evaluation.measurement import measurement


@dataclass(frozen=True)
class Entropy:
    """The entropy of the shares that features have of the absolute attribution: 0 for one feature, ln n for n that count alike.

    A zero map is as even as any constant one.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="entropy",
        answers="Over how many features is the map spread?",
        misleads="It is no sign of truth: a wrong map with one spike has none; larger inputs have more.",
        cost="none",
        source="Bhatt, Weller, Moura, 2020, arXiv:2005.00631",
        higher_is_better=False,
        needs=Access.LABELS,
    )

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) entropies in nats, from 0 to ln n; `details` holds them as shares of ln n, NaN for a single feature."""
        with measurement(self, model, explanation) as m:
            amounts = explanation.feature_values.flatten(1).abs()
            found = entropy(amounts)
            most = torch.tensor(amounts.shape[1], dtype=torch.float64, device="cpu").log()
            return m.scores(found, "nats", details={"share of the largest": found.cpu() / most})


@dataclass(frozen=True)
class EffectiveComplexity:
    """How many features count: whose absolute attribution is above `threshold` times the map's largest.

    The threshold is relative to each input's own map, so that neither its unit nor its neighbors matter. A zero map has none.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="effective_complexity",
        answers="How many features does the map take to say what it says?",
        misleads="It is no sign of truth: a wrong map with one spike needs one; it is the threshold's choice what counts.",
        cost="none",
        source="Nguyen, Martinez, 2020, arXiv:2007.07584",
        higher_is_better=False,
        needs=Access.LABELS,
    )

    threshold: float = 0.01

    def __post_init__(self) -> None:
        if isinstance(self.threshold, bool) or not isinstance(self.threshold, int | float) or not 0 <= self.threshold < 1:
            raise InputError(
                f"`threshold` must be a share of the map's largest value, from 0 to below 1. Got {self.threshold!r}."
            )

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) numbers of features, from 0 to n."""
        with measurement(self, model, explanation) as m:
            return m.scores(counted(explanation.feature_values.flatten(1).abs(), self.threshold), "features")


def entropy(amounts: Tensor) -> Tensor:
    """(B,) entropy in nats of the shares of non-negative amounts (B, n), in float64; NaN where an amount is not finite."""
    exact = amounts.double()
    scaled = exact / exact.amax(1, keepdim=True)  # amounts near the limits of float64 have a sum too
    shares = scaled / scaled.sum(1, keepdim=True)
    found = -torch.special.xlogy(shares, shares).sum(1)
    even = torch.full_like(found, amounts.shape[1]).log()
    found = torch.where((exact == 0).all(1), even, found).clamp_min(0)
    return found.masked_fill(~amounts.isfinite().all(1), torch.nan)


def counted(amounts: Tensor, threshold: float) -> Tensor:
    """(B,) how many of the non-negative amounts (B, n) are above `threshold` times the largest of their row; NaN as above."""
    exact = amounts.double()
    found = (exact > threshold * exact.amax(1, keepdim=True)).sum(1).double()
    return found.masked_fill(~amounts.isfinite().all(1), torch.nan)
