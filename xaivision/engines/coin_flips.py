"""Coalitions by coin flips, as lime draws them, and how much each counts by its nearness to the whole input."""

import torch
from torch import Tensor


def coin_flips(players: int, count: int, generator: torch.Generator) -> Tensor:
    """(count, players) bool: every player is there or not, by a fair coin; in the first row all are."""
    coalitions = torch.randint(2, (count, players), generator=generator, dtype=torch.uint8, device="cpu").bool()
    coalitions[0] = True
    return coalitions


def cosine_kernel(coalitions: Tensor, width: float) -> Tensor:
    """(n,) float64 weights sqrt(exp(-d^2 / width^2)) by the cosine distance d of each coalition from that of all players."""
    distances = 1 - coalitions.double().mean(1).sqrt()
    return (-distances.square() / (2 * width**2)).exp()
