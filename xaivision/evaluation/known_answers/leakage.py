"""How much of a map leaks to where nothing is, and how often its first rank is the signal.

Source: Shah, Jain, Netrapalli, Do input gradients highlight discriminative features?, 2021, arXiv:2102.12781.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.engines.localization import mass_accuracy, top_share


class Leakage(NamedTuple):
    """(B,) of each map: the share of its size outside the signal, and of its largest tenth the share there."""

    mass: Tensor
    top: Tensor


class Quality(NamedTuple):
    """How often the first rank is the signal, how often the last one is, and their difference: the quality of attribution."""

    first: float
    last: float

    @property
    def attribution(self) -> float:
        """1: the signal is always first. -1: always last."""
        return self.first - self.last


def leakage(values: Tensor, signal: Tensor, share: float = 0.1) -> Leakage:
    """Of maps (B, ...) with the signal (B, ...) given: what lies outside of it."""
    sizes, outside = values.abs(), ~signal
    most = torch.full((len(values),), max(1, round(share * signal[0].numel())), device=values.device)
    return Leakage(mass_accuracy(sizes, outside), top_share(sizes, outside, most))


def quality(values: Tensor, signal: Tensor) -> Quality:
    """Of rows (B, F) with one column of signal each. Values that tie for a rank share it."""
    sizes, one = values.abs().flatten(1), torch.ones(len(values), dtype=torch.long, device=values.device)
    flat = signal.flatten(1)
    return Quality(float(top_share(sizes, flat, one).mean()), float(top_share(-sizes, flat, one).mean()))
