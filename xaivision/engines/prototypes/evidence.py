"""From similarities to scores: what each prototype adds to the score of each class."""

from typing import NamedTuple

import torch
from torch import Tensor


class Evidence(NamedTuple):
    """A score is the sum over prototypes of `slope` (P, K) times the similarity, plus `constant` (P, K) where there is one."""

    slope: Tensor
    constant: Tensor | None = None

    def scores(self, similarities: Tensor) -> Tensor:
        """(B, K) of similarities (B, P)."""
        found = similarities.double() @ self.slope.double()  # so that contributions add up to them
        return (found if self.constant is None else found + self.constant.double().sum(0)).to(similarities.dtype)

    def contributions(self, similarities: Tensor) -> Tensor:
        """(B, P, K) what each prototype adds to each class; summed over prototypes, the scores."""
        found = similarities[:, :, None] * self.slope.to(similarities)
        return found if self.constant is None else found + self.constant.to(similarities)


def own_class_evidence(weights: Tensor, owners: Tensor, num_classes: int) -> Evidence:
    """Only a class's own prototypes vote for it: m times the softmax of their weights (P,), m being how many it has.

    Source: Huang et al., 2022, arXiv:2212.05946.
    """
    mine = owners[:, None] == _classes(owners, num_classes)
    shares = weights[:, None].expand(mine.shape).masked_fill(~mine, float("-inf")).softmax(0)
    return Evidence(shares * mine.sum(0))


def component_evidence(weights: Tensor) -> Evidence:
    """Of weights (2 P, K): a softmax for each class over how much a component speaks for it by being there (the first P
    rows) and by being absent (the others).

    Of detections d in [0, 1] the score of a class is the sum of r+ d + r- (1 - d): a probability.

    Source: Saralajew et al., 2024, arXiv:2412.15499.
    """
    shares = weights.softmax(0)
    present, absent = shares.chunk(2)
    return Evidence(present - absent, absent)


def rbf_evidence(weights: Tensor) -> Evidence:
    """Of weights (P, K): a softmax over the components for each class, and nothing speaks by its absence."""
    return Evidence(weights.softmax(0))


def dense_evidence(weights: Tensor, owners: Tensor) -> Evidence:
    """Of weights (P, K): a prototype speaks for its own class by their exponential, which has one sign, for others by themselves.

    Source: Prob-PSENN, 2024, arXiv:2403.13740, whose own weights may change their sign.
    """
    mine = owners[:, None] == _classes(owners, weights.shape[1])
    return Evidence(torch.where(mine, weights.exp(), weights))


def _classes(owners: Tensor, num_classes: int) -> Tensor:
    return owners.new_ones(num_classes).cumsum(0) - 1
