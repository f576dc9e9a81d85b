"""Choices of one among several that are hard in what they give and soft in what they are learned by."""

import torch
from torch import Tensor

# Noise is kept this far from 0 and 1, where its logarithm is infinite.
EDGE = 1e-6


def gumbel(uniform: Tensor) -> Tensor:
    """Gumbel noise of uniform draws in [0, 1]; added to logits, the largest is a draw of their softmax."""
    inside = uniform.clamp(EDGE, 1 - EDGE)
    return -(-inside.log()).log()


def hard_choice(logits: Tensor, temperature: float = 1.0, noise: Tensor | None = None) -> Tensor:
    """(..., K) one where the logits, with their noise, are largest and zero elsewhere; its gradient is that of the softmax.

    Source: Jang, Gu, Poole, 2016, arXiv:1611.01144, the straight-through estimator.
    """
    soft = ((logits if noise is None else logits + noise) / temperature).softmax(-1)
    hard = torch.zeros_like(soft).scatter(-1, soft.argmax(-1, keepdim=True), 1.0)
    # Ones and zeros exactly: adding and taking away the soft values would leave their rounding.
    return hard + (soft - soft.detach())


def imbalance(probabilities: Tensor, groups: Tensor, count: int) -> Tensor:
    """The mean over inputs of how much less than evenly their group divides them: ln K minus the entropy of its mean.

    `probabilities` (B, K), `groups` (B,) numbers below `count`.
    """
    members = groups.new_zeros(len(groups), count).scatter(1, groups[:, None], 1).to(probabilities)
    sizes = members.sum(0)
    means = (members.T @ probabilities) / sizes.clamp_min(1)[:, None]
    # A group without members counts nothing, and has a gradient that is a number.
    means = torch.where(sizes[:, None] > 0, means, 1 / probabilities.shape[1])
    most = torch.tensor(float(probabilities.shape[1]), dtype=means.dtype, device=means.device).log()
    missing = most + (means * means.clamp_min(EDGE).log()).sum(1)
    return (missing * sizes).sum() / len(groups)
