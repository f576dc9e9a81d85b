"""One score for two classes as two."""

import torch
from torch import Tensor

from xaivision.core.targets import ScoreUnit


def both_scores(one: Tensor, unit: ScoreUnit) -> Tensor:
    """(B, 2) scores, of the first class and the second, out of the (B, 1) scores of the second.

    Half a logit each way: the probabilities stay what they are, and either class can be explained.
    """
    return torch.cat([1 - one, one] if unit == "probability" else [-one / 2, one / 2], dim=1)
