"""How the score falls as features are replaced, in a given order.

Source: Petsiuk, Das, Saenko, RISE, 2018, arXiv:1806.07421.
"""

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier
from xaivision.engines.streaming import Pairs, streamed_scores


def step_counts(features: int, steps: int) -> Tensor:
    """(steps + 1,) how many features are replaced after each step: none at first, all at last, evenly between.

    No step is empty: with fewer features than steps there is one step a feature.
    """
    steps = min(steps, features)
    return torch.linspace(0, features, steps + 1, dtype=torch.float64, device="cpu").round().long()


def removal_curves(model: Classifier, inputs: Tensor, substitutes: Tensor, order: Tensor, counts: Tensor) -> Tensor:
    """(B, steps + 1, K) scores after replacing the first `counts` features of `order` (B, n) by those of `substitutes`.

    A feature of an image is a position with all its channels.
    """
    ranks = torch.empty_like(order).scatter_(1, order, torch.arange(order.shape[1], device=order.device).expand_as(order))
    ranks = ranks.view(len(inputs), *([1, *inputs.shape[2:]] if inputs.ndim == 4 else inputs.shape[1:]))
    counts = counts.to(inputs.device)

    def replaced(part: Pairs) -> Tensor:
        gone = ranks[part.inputs] < counts[part.versions].view(-1, *[1] * (inputs.ndim - 1))
        return torch.where(gone, substitutes[part.inputs], inputs[part.inputs])

    rows = [scores for _, scores in streamed_scores(model, inputs, len(counts), replaced, "removal curve")]
    return torch.cat(rows).view(len(inputs), len(counts), -1)


def area_under(curves: Tensor, counts: Tensor) -> Tensor:
    """(B,) trapezoid area under curves (B, steps + 1) over the share of features replaced, in float64."""
    share = counts.double() / counts[-1]
    return torch.trapezoid(curves.double(), share.to(curves.device))
