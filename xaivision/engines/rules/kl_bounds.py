"""How large and how small the chance behind a share of hits may be, by Chernoff's bound in its sharp form.

Source: Kaufmann and Kalyanakrishnan, Information complexity in bandit subset selection, COLT 2013.
"""

from math import log

import torch
from torch import Tensor

# Halvings of the interval in which a bound is sought: a millionth is finer than any share that is drawn.
HALVINGS = 20
TINY = 1e-12


def divergence(share: Tensor, chance: Tensor) -> Tensor:
    """Kullback-Leibler divergence between coins with these chances of heads; `share` first."""
    p, q = share.clamp(TINY, 1 - TINY), chance.clamp(TINY, 1 - TINY)
    return p * (p / q).log() + (1 - p) * ((1 - p) / (1 - q)).log()


def upper_bound(share: Tensor, level: Tensor) -> Tensor:
    """The largest chance whose divergence from the `share` is at most the `level`."""
    return _bisected(share, torch.ones_like(share), share, level)


def lower_bound(share: Tensor, level: Tensor) -> Tensor:
    """The smallest such chance."""
    return _bisected(share, torch.zeros_like(share), share, level)


def exploration(arms: int, rounds: int, delta: float) -> float:
    """What level the bounds of all arms need in this round so that all of them hold with chance 1 - `delta`."""
    level = log(405.5 * arms * rounds**1.1 / delta)
    return level + log(level)


def _bisected(inside: Tensor, outside: Tensor, share: Tensor, level: Tensor) -> Tensor:
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        fits = divergence(share, middle) <= level
        inside, outside = torch.where(fits, middle, inside), torch.where(fits, outside, middle)
    return inside
