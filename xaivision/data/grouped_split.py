"""A fixed split that keeps groups together: pictures that look alike never stand on both sides."""

from collections import Counter

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.data.split import Split, check_share


def grouped_split(targets: Tensor, groups: Tensor, test_share: float = 0.3, seed: int = 0) -> Split:
    """The split of N targets in which whole groups (N,) go to one part and each class has nearly `test_share` in the test part.

    A group counts for the class that most of it has. Groups are drawn in the seed's order as long as they fit; where none
    fits, the smallest goes to the test part. With groups of one, each class has its share, rounded.

    Raises: InputError, where the shapes or the share do not fit, or a class is a single group and could not be split.
    """
    if targets.ndim != 1 or groups.shape != targets.shape:
        raise InputError(f"`targets` and `groups` must have shape (N,). Got {tuple(targets.shape)} and {tuple(groups.shape)}.")
    check_share(test_share)
    members: dict[int, list[int]] = {}
    for row, group in enumerate(groups.tolist()):
        members.setdefault(group, []).append(row)
    of_class: dict[int, list[list[int]]] = {}
    for rows in members.values():
        of_class.setdefault(_commonest(targets[rows].tolist()), []).append(rows)
    in_test = torch.zeros(len(targets), dtype=torch.bool, device="cpu")
    for label in sorted(of_class):
        in_test[_drawn(of_class[label], test_share, generator(seed, "split", label))] = True
    return Split((~in_test).nonzero().flatten(), in_test.nonzero().flatten())


def _commonest(labels: list[int]) -> int:
    """The label that occurs most; of several, the lowest."""
    counts = Counter(labels)
    return min(counts, key=lambda label: (-counts[label], label))


def _drawn(grouped: list[list[int]], test_share: float, draws: torch.Generator) -> list[int]:
    """Rows of the test part, of the groups of one class."""
    if len(grouped) == 1:
        raise InputError(
            f"A class must have at least two groups to be split. Got {len(grouped[0])} rows in one group, the first is row "
            f"{grouped[0][0]}."
        )
    room = round(test_share * sum(map(len, grouped)))
    chosen: list[int] = []
    for place in torch.randperm(len(grouped), generator=draws, device="cpu").tolist():
        if len(chosen) + len(grouped[place]) <= room:
            chosen += grouped[place]
    return chosen or min(grouped, key=len)
