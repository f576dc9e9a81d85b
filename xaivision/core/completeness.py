"""When contributions count as adding up to the change of the score.

The bound is that of the paper on integrated gradients, which calls 5 % of the change "in practice" enough (arXiv:1703.01365,
section 5). On photos the contributions of both signs sum to over 100 times the change, so that a gap of 5 % of the change is
below 0.1 % of the map. Where little cancels, 5 % of the change would be nearly as much of the map: there 1 % of the map is the
bound.

A change next to zero leaves nothing of 5 %, so that up to a ten-thousandth is let pass, but never more than 1 % of the map: a
map may be small as a whole. Below that only rounding counts, and it is that of the scores' own dtype: what float32 cannot tell
apart between two scores of 5 is a gap in float64.
"""

import torch
from torch import Tensor

ABSOLUTE = 1e-4
OF_THE_CHANGE = 5e-2
OF_THE_MAP = 1e-2
# A sum of float32 values is right to that share of their absolute sum, also where both scores are zero.
ROUNDING_OF_THE_MAP = 1e-6
# In eps of its dtype: the largest score of networks as in torchvision is up to 4 away in float32 from what it is in float64.
ROUNDING_OF_A_SCORE = 4


def score_change(scores: Tensor, reference_scores: Tensor) -> Tensor:
    """(B,) what the contributions have to sum to, in float64."""
    return scores.double() - reference_scores.double()


def completeness_gap(values: Tensor, change: Tensor) -> Tensor:
    """(B,) change of the score minus the sum of the contributions, in float64."""
    return change.double() - values.double().flatten(1).sum(1)


def completeness_tolerance(change: Tensor, scale: Tensor | None = None, magnitude: Tensor | None = None) -> Tensor:
    """(B,) the largest gap that still counts as adding up: 5 % of the change or 1e-4, but no more than 1 % of the map.

    `scale` (B,): the larger of the two scores, in their dtype. Below 1 the floor of 1e-4 shrinks with it, or no gap between
    small probabilities could ever be seen. `magnitude` (B,): the sum of the absolute contributions, where there are some.
    What rounding of the scores and of the sum may make is allowed in any case.
    """
    floor = torch.full_like(change.double(), ABSOLUTE)
    if scale is not None:
        floor = ABSOLUTE * scale.double().abs().clamp_max(1)
    allowed = torch.maximum(OF_THE_CHANGE * change.double().abs(), floor)
    if magnitude is None:
        return allowed
    allowed = allowed.clamp(ROUNDING_OF_THE_MAP * magnitude.double(), OF_THE_MAP * magnitude.double())
    if scale is None:
        return allowed
    return torch.maximum(allowed, ROUNDING_OF_A_SCORE * torch.finfo(scale.dtype).eps * scale.double().abs())


def magnitude(values: Tensor) -> Tensor:
    """(B,) the sum of the absolute contributions, in float64."""
    return values.double().abs().flatten(1).sum(1)


def score_scale(scores: Tensor, reference_scores: Tensor) -> Tensor:
    """(B,) the larger absolute score, in the coarser of the two dtypes: it tells how far the scores are rounded."""
    dtype = max(scores.dtype, reference_scores.dtype, key=lambda one: torch.finfo(one).eps)
    return torch.maximum(scores.double().abs(), reference_scores.double().abs()).to(dtype)
