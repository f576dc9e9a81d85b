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

    Times the scores' change it sums to the change of the explained number: to rounding where that is made of scores, margins
    among them, and as exactly as the quadrature where it is a probability or its logarithm.
    """
    if target.output == "margin":
        return _margin_slopes(target, scores, reference_scores)
    rule = quadrature_rule("gauss_legendre", NODES)
    start, end = reference_scores.detach().double(), scores.detach().double()
    total = torch.zeros_like(end)
    with torch.inference_mode(False), torch.enable_grad():
        for node, weight in zip(rule.nodes.tolist(), rule.weights.tolist(), strict=True):
            point = torch.lerp(start, end, node).requires_grad_()
            (slope,) = torch.autograd.grad(target.of(point).sum(), point)
            total += weight * slope
    return total.to(scores.dtype)


def _margin_slopes(target: TargetScore, scores: Tensor, reference_scores: Tensor) -> Tensor:
    """1 for the target, and for each rival minus the share of the way on which it leads the others."""
    start, end = reference_scores.detach().double(), scores.detach().double()
    chosen = target.classes.to(start.device)[:, None]
    shares = _leading_shares(start.scatter(1, chosen, -torch.inf), (end - start).scatter(1, chosen, 0))
    return (-shares).scatter(1, chosen, 1).to(scores.dtype)


def _leading_shares(start: Tensor, change: Tensor) -> Tensor:
    """(B, K) of each of the lines start + t * change (B, K), the share of t from 0 to 1 where it is the highest."""
    shares, at, leader = torch.zeros_like(start), torch.zeros_like(start[:, :1]), start.argmax(1, keepdim=True)
    for _ in range(start.shape[1]):  # each leader rises faster than the one before
        gain = change - change.gather(1, leader)
        meets = torch.where(gain > 0, (start.gather(1, leader) - start) / gain, torch.inf)
        until, following = meets.min(1, keepdim=True)
        until = until.clamp(max=1).maximum(at)
        shares.scatter_add_(1, leader, until - at)
        at, leader = until, torch.where(until < 1, following, leader)
        if bool((at >= 1).all()):
            break
    return shares
