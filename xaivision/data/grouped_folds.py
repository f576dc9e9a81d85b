"""Folds for cross-validation that keep groups together: pictures that look alike never stand on both sides."""

from collections import Counter

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.random import generator


def grouped_folds(targets: Tensor, groups: Tensor, folds: int = 5, seed: int = 0) -> Tensor:
    """(N,) int64 the fold of each row: whole groups (N,) in one, and each class spread over the folds as evenly as groups allow.

    A group counts for the class that most of it has. Large groups are dealt first, each to the fold that has least of its
    class; groups of equal size in the seed's order.

    Raises: InputError, where the shapes do not fit, there are fewer than two folds, or a class has fewer than two groups.
    """
    if targets.ndim != 1 or groups.shape != targets.shape:
        raise InputError(f"`targets` and `groups` must have shape (N,). Got {tuple(targets.shape)} and {tuple(groups.shape)}.")
    if folds < 2:
        raise InputError(f"`folds` must be at least 2. Got {folds}.")
    found = torch.zeros(len(targets), dtype=torch.int64, device="cpu")
    all_rows = [0] * folds
    for label, grouped in sorted(_groups_of_classes(targets, groups).items()):
        if len(grouped) < 2:
            raise InputError(
                f"Each class must have at least two groups of pictures that do not look alike. Got one of class {label}, with "
                f"{len(grouped[0])} pictures. Add other pictures of it, or leave the class out."
            )
        rows_of = [0] * folds
        for rows in _dealt(grouped, generator(seed, "folds", label)):
            chosen = min(range(folds), key=lambda fold: (rows_of[fold], all_rows[fold]))
            rows_of[chosen] += len(rows)
            all_rows[chosen] += len(rows)
            found[rows] = chosen
    return found


def _groups_of_classes(targets: Tensor, groups: Tensor) -> dict[int, list[list[int]]]:
    """Row numbers by class and group."""
    members: dict[int, list[int]] = {}
    for row, group in enumerate(groups.tolist()):
        members.setdefault(group, []).append(row)
    found: dict[int, list[list[int]]] = {}
    for rows in members.values():
        found.setdefault(Counter(targets[rows].tolist()).most_common(1)[0][0], []).append(rows)
    return found


def _dealt(grouped: list[list[int]], draws: torch.Generator) -> list[list[int]]:
    """The groups in the order in which they are dealt."""
    shuffled = [grouped[place] for place in torch.randperm(len(grouped), generator=draws, device="cpu").tolist()]
    return sorted(shuffled, key=len, reverse=True)
