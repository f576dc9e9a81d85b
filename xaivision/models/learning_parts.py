"""The pictures a classifier learns from, those it is stopped by, and those it is judged by."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.random import seed_for
from xaivision.data.dataset import Dataset
from xaivision.data.split import UNLABELED, stratified_split

# With fewer, one of the three parts has none of the class, or one picture stands for it.
FEWEST_OF_A_CLASS = 5


@dataclass(frozen=True, eq=False)
class LearningParts:
    """Row numbers of the dataset, each in ascending order: no row is in two parts, and every row of the last is labeled."""

    train: Tensor
    validation: Tensor
    test: Tensor


def learning_parts(dataset: Dataset, validation: float, seed: int) -> LearningParts:
    """The dataset's own test part, and its training part without a share of each class, drawn from the seed.

    At least one picture of every class is held out.

    Raises: InputError, where the dataset holds no pictures, fewer than two classes, or too few pictures of one.
    """
    _check(dataset)
    train, test = dataset.split.train, dataset.split.test
    test = test[dataset.targets[test] != UNLABELED]
    targets = dataset.targets[train]
    held_out = stratified_split(targets, validation, seed_for(seed, "validation part")).test
    missing = [_first_of(targets, label, held_out) for label in sorted(set(targets.tolist()))]
    chosen = torch.cat([held_out, *missing]).sort().values
    learned = torch.ones(len(train), dtype=torch.bool, device="cpu").index_fill_(0, chosen, value=False)
    _check_all_there(dataset, train[learned], test)
    return LearningParts(train[learned], train[chosen], test)


def _first_of(targets: Tensor, label: int, held_out: Tensor) -> Tensor:
    """The first row of a class of which none is held out yet; nothing for the others."""
    rows = (targets == label).nonzero().flatten()
    return rows[:0] if bool((targets[held_out] == label).any()) else rows[:1]


def _check(dataset: Dataset) -> None:
    if dataset.domain != "image":
        raise InputError(f"`dataset` must hold pictures (N, C, H, W). Got {dataset!r}, whose inputs are table rows.")
    if len(dataset.class_names) < 2:
        raise InputError(f"`dataset` must have at least two classes. Got {', '.join(dataset.class_names) or 'none'}.")
    counts = [int((dataset.targets == label).sum()) for label in range(len(dataset.class_names))]
    for name, count in zip(dataset.class_names, counts, strict=True):
        if count < FEWEST_OF_A_CLASS:
            raise InputError(
                f"`dataset` must have at least {FEWEST_OF_A_CLASS} pictures of each class. Got {count} of {name!r}. "
                "Add pictures, or leave the class out."
            )


def _check_all_there(dataset: Dataset, train: Tensor, test: Tensor) -> None:
    """Raises: InputError, where the dataset's own split leaves a class out of what is learned from, or tests nothing."""
    present = set(dataset.targets[train].tolist())
    for label, name in enumerate(dataset.class_names):
        if label not in present:
            raise InputError(
                f"`dataset` must have two training pictures of each class or more. Its split leaves fewer of {name!r}."
            )
    if len(test) == 0:
        raise InputError("`dataset` must have a test part with labels. Got none in its split.")
