"""Training that shows a network its inputs as an attacker changes them, and the attack: projected gradient ascent.

Source: Madry et al., Towards deep learning models resistant to adversarial attacks, 2018, arXiv:1706.06083.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from xaivision.core.errors import InputError
from xaivision.core.progress import track
from xaivision.core.random import generator

Norm = Literal["l2", "linf"]


@dataclass(frozen=True)
class Attack:
    """How far an input may be moved, in which norm, in how many steps of `stride` times the radius each.

    `low`, `high`: what inputs can be.
    """

    norm: Norm
    radius: float
    steps: int = 8
    stride: float = 0.25
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        if self.norm not in ("l2", "linf"):
            raise InputError(f"`norm` must be 'l2' or 'linf'. Got {self.norm!r}.")
        if self.radius < 0 or self.steps < 1:
            raise InputError(f"An attack needs a radius from 0 and a step. Got {self.radius} and {self.steps}.")


def attacked(module: nn.Module, inputs: Tensor, targets: Tensor, attack: Attack, share: float = 1.0) -> Tensor:
    """The inputs (B, *S), each moved by at most `share` of the radius to where the cross entropy is larger."""
    radius = share * attack.radius
    moved = inputs.clone()
    for _ in range(attack.steps if radius > 0 else 0):
        moved.requires_grad_(True)
        (slope,) = torch.autograd.grad(cross_entropy(module(moved), targets), moved)
        away = moved.detach() + attack.stride * radius * _direction(slope, attack.norm) - inputs
        moved = (inputs + _within(away, radius, attack.norm)).clamp(attack.low, attack.high)
    return moved.detach()


@dataclass(frozen=True)
class AdversarialTeaching:
    """Trains on attacked inputs; the radius grows in equal steps over the first `warm_up` of the epochs.

    Without a warm-up, an attack as large as the signal leaves nothing to be learned from at the start.
    """

    attack: Attack
    epochs: int
    batch_size: int = 64
    learning_rate: float = 1e-3
    warm_up: float = 0.5
    seed: int = 0
    optimizer: Literal["adam", "sgd"] = "adam"

    def __call__(self, module: nn.Module, inputs: Tensor, targets: Tensor) -> None:
        """Minimize the cross entropy over attacked inputs (N, *S) and classes (N,), in place.

        Raises: Cancelled, before an epoch.
        """
        kind = torch.optim.Adam if self.optimizer == "adam" else torch.optim.SGD
        optimizer = kind(module.parameters(), lr=self.learning_rate)
        draws = generator(self.seed, "order of the attacked batches")
        batches = -(-len(inputs) // self.batch_size)
        for epoch in track(range(self.epochs), f"training against {self.attack.norm} attacks"):
            share = min(1.0, (epoch + 1) / max(1.0, self.warm_up * self.epochs))
            for batch in torch.randperm(len(inputs), generator=draws).chunk(batches):
                module.eval()
                shown = attacked(module, inputs[batch], targets[batch], self.attack, share)
                module.train()
                optimizer.zero_grad()
                torch.autograd.backward(cross_entropy(module(shown), targets[batch]))
                optimizer.step()
        module.eval()


def _direction(slope: Tensor, norm: Norm) -> Tensor:
    """The steepest step of length 1 in this norm."""
    if norm == "linf":
        return slope.sign()
    lengths = slope.flatten(1).norm(dim=1).clamp_min(torch.finfo(slope.dtype).tiny)
    found: Tensor = slope / lengths.view(-1, *[1] * (slope.ndim - 1))
    return found


def _within(away: Tensor, radius: float, norm: Norm) -> Tensor:
    """The nearest move that is no longer than the radius."""
    if norm == "linf":
        return away.clamp(-radius, radius)
    lengths = away.flatten(1).norm(dim=1).clamp_min(torch.finfo(away.dtype).tiny)
    found: Tensor = away * (radius / lengths).clamp_max(1).view(-1, *[1] * (away.ndim - 1))
    return found
