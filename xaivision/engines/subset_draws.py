"""Subsets of features of one size: all there are where they are few, and random ones otherwise."""

from itertools import combinations
from math import comb

import torch
from torch import Tensor


def subsets_of_size(players: int, size: int, budget: int, generator: torch.Generator) -> Tensor:
    """(n, M) bool on the CPU: every subset of `size` players where there are at most `budget`, else `budget` random ones."""
    if _few(players, size, budget):
        chosen = [torch.tensor(members, dtype=torch.long, device="cpu") for members in combinations(range(players), size)]
    else:
        chosen = [torch.randperm(players, generator=generator, device="cpu")[:size] for _ in range(budget)]
    found = torch.zeros(len(chosen), players, dtype=torch.bool, device="cpu")
    for row, members in zip(found, chosen, strict=True):
        row[members] = True
    return found


def share_size(players: int, share: float) -> int:
    """How many players a share of them is: at least one, and never all where there are two or more."""
    return max(1, min(round(share * players), players - 1))


def sizes_up_to(players: int, largest: float, count: int) -> list[int]:
    """At most `count` different sizes, evenly from 1 to the share `largest` of the players."""
    steps = torch.linspace(1, share_size(players, largest), count, dtype=torch.float64, device="cpu")
    return sorted({round(step) for step in steps.tolist()})


def _few(players: int, size: int, budget: int) -> bool:
    # With more players than that there are more subsets as well, and their number may have thousands of digits.
    return not (players > budget and 0 < size < players) and comb(players, size) <= budget
