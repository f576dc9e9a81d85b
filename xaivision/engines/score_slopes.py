"""How much the explained number changes for each score, between two rows of scores."""

import torch
from torch import Tensor

from xaivision.core.targets import TargetScore
from xaivision.engines.quadrature import quadrature_rule

# Softmax between logits that differ by 100 is followed to 1e-4 of its change.
NODES = 256


def is_weighted_sum(target: TargetScore) -> bool:
    """Whether the explained number is a sum of scores with constant weights: one score, or a difference of two."""
    return target.output in ("score", "logit") or target.output == target.score_unit


def mean_slopes(target: TargetScore, scores: Tensor, reference_scores: Tensor) -> Tensor:
    """(B, K) the explained number's gradient with respect to the scores, averaged from the reference to the scores.

    Times the scores' change it sums to the change of the explained number.
    """
    rule = quadrature_rule("gauss_legendre", NODES)
    start, end = reference_scores.detach().double(), scores.detach().double()
    total = torch.zeros_like(end)
    with torch.inference_mode(False), torch.enable_grad():
        for node, weight in zip(rule.nodes.tolist(), rule.weights.tolist(), strict=True):
            point = torch.lerp(start, end, node).requires_grad_()
            (slope,) = torch.autograd.grad(target.of(point).sum(), point)
            total += weight * slope
    return total.to(scores.dtype)
