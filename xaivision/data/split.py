"""A fixed split into what is learned from and what is tested on."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.presenting import in_short
from xaivision.core.random import generator

UNLABELED = -1


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """Row numbers of the training part and of the test part, each in ascending order."""

    train: Tensor
    test: Tensor

    def __repr__(self) -> str:
        """One line: how many rows each part has."""
        return in_short(self, f"{len(self.train)} training rows", f"{len(self.test)} test rows")


def stratified_split(targets: Tensor, test_share: float = 0.3, seed: int = 0) -> Split:
    """The split of N targets in which every class has `test_share` of its rows, rounded, in the test part.

    Rows without a label (-1) all go to the test part: nothing can be learned from them.

    Raises: InputError, where `test_share` is no share, or the targets are not (N,).
    """
    if targets.ndim != 1:
        raise InputError(f"`targets` must have shape (N,). Got {tuple(targets.shape)}.")
    check_share(test_share)
    in_test = targets == UNLABELED
    for label in sorted(set(targets.tolist())):
        if label == UNLABELED:
            continue
        rows = (targets == label).nonzero().flatten()
        order = torch.randperm(len(rows), generator=generator(seed, "split", label))
        in_test[rows[order[: round(test_share * len(rows))]]] = True
    return Split((~in_test).nonzero().flatten(), in_test.nonzero().flatten())


def check_share(test_share: float) -> None:
    """Raises: InputError, where the share is none."""
    if not 0 < test_share < 1:
        raise InputError(f"`test_share` must lie between 0 and 1. Got {test_share}.")
