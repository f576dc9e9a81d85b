"""When contributions count as adding up to the change of the score.

The bound is that of the paper on integrated gradients, which calls 5 % of the change "in practice" enough (arXiv:1703.01365,
section 5). On photos the contributions of both signs sum to over 100 times the change, so that a gap of 5 % of the change is
below 0.1 % of the map.
"""

import torch
from torch import Tensor

ABSOLUTE = 1e-4
OF_THE_CHANGE = 5e-2


def score_change(scores: Tensor, reference_scores: Tensor) -> Tensor:
    """(B,) what the contributions have to sum to, in float64."""
    return scores.double() - reference_scores.double()


def completeness_gap(values: Tensor, change: Tensor) -> Tensor:
    """(B,) change of the score minus the sum of the contributions, in float64."""
    return change.double() - values.double().flatten(1).sum(1)


def completeness_tolerance(change: Tensor, scale: Tensor | None = None) -> Tensor:
    """(B,) the largest gap that still counts as adding up: 5 % of the change, never less than 1e-4.

    `scale` (B,): the larger of the two scores. Below 1 the floor shrinks with it, or no gap between small probabilities
    could ever be seen.
    """
    floor = ABSOLUTE if scale is None else ABSOLUTE * scale.double().abs().clamp_max(1)
    return torch.maximum(OF_THE_CHANGE * change.double().abs(), torch.as_tensor(floor, dtype=torch.float64, device=change.device))


def score_scale(scores: Tensor, reference_scores: Tensor) -> Tensor:
    """(B,) the larger absolute score, in float64."""
    return torch.maximum(scores.double().abs(), reference_scores.double().abs())
