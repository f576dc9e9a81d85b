"""When contributions count as adding up to the change of the score.

The bound is that of the paper on integrated gradients, which calls 5 % of the change "in practice" enough (arXiv:1703.01365,
section 5). On photos the contributions of both signs sum to over 100 times the change, so that a gap of 5 % of the change is
below 0.1 % of the map. Where little cancels, 5 % of the change would be nearly as much of the map: there 1 % of the map is the
bound.
"""

import torch
from torch import Tensor

ABSOLUTE = 1e-4
OF_THE_CHANGE = 5e-2
OF_THE_MAP = 1e-2
# A sum of float32 values is right to that share of their absolute sum, also where both scores are zero.
ROUNDING_OF_THE_MAP = 1e-6


def score_change(scores: Tensor, reference_scores: Tensor) -> Tensor:
    """(B,) what the contributions have to sum to, in float64."""
    return scores.double() - reference_scores.double()


def completeness_gap(values: Tensor, change: Tensor) -> Tensor:
    """(B,) change of the score minus the sum of the contributions, in float64."""
    return change.double() - values.double().flatten(1).sum(1)


def completeness_tolerance(change: Tensor, scale: Tensor | None = None, magnitude: Tensor | None = None) -> Tensor:
    """(B,) the largest gap that still counts as adding up: 5 % of the change and 1 % of the map, never less than 1e-4.

    `scale` (B,): the larger of the two scores. Below 1 the floor shrinks with it, or no gap between small probabilities
    could ever be seen. `magnitude` (B,): the sum of the absolute contributions, where there are some.
    """
    floor = ABSOLUTE if scale is None else ABSOLUTE * scale.double().abs().clamp_max(1)
    allowed = OF_THE_CHANGE * change.double().abs()
    if magnitude is not None:
        allowed = torch.minimum(allowed, OF_THE_MAP * magnitude.double())
        allowed = torch.maximum(allowed, ROUNDING_OF_THE_MAP * magnitude.double())
    return torch.maximum(allowed, torch.as_tensor(floor, dtype=torch.float64, device=change.device))


def magnitude(values: Tensor) -> Tensor:
    """(B,) the sum of the absolute contributions, in float64."""
    return values.double().abs().flatten(1).sum(1)


def score_scale(scores: Tensor, reference_scores: Tensor) -> Tensor:
    """(B,) the larger absolute score, in float64."""
    return torch.maximum(scores.double().abs(), reference_scores.double().abs())
