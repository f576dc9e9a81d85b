"""The pictures a classifier learns from, those it is stopped by, and those it is judged by."""

from collections import Counter
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.random import seed_for
from xaivision.data.dataset import Dataset
from xaivision.data.grouped_split import grouped_split
from xaivision.data.split import UNLABELED, stratified_split
from xaivision.models.weights_cache import digest

# With fewer, one of the three parts has none of the class, or one picture stands for it.
FEWEST_OF_A_CLASS = 5


@dataclass(frozen=True, eq=False)
class LearningParts:
    """Row numbers of the dataset, each in ascending order: no row is in two parts, and every row of the last is labeled."""

    train: Tensor
    validation: Tensor
    test: Tensor

    @property
    def named(self) -> dict[str, Tensor]:
        """The three by their names."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    @property
    def digest(self) -> str:
        """SHA-256 of the row numbers."""
        return digest(self.named)


def learning_parts(dataset: Dataset, validation: float, seed: int, *, tables: bool = False) -> LearningParts:
    """The dataset's own test part, and its training part without a share of each class, drawn from the seed.

    At least one input of every class is held out. Look-alikes stay together, where the dataset tells its groups. `tables`: rows
    of tables may be learned from as well.

    Raises: InputError, where the dataset holds no pictures, fewer than two classes, or too few pictures of one.
    """
    _check(dataset, tables)
    train, test = dataset.split.train, dataset.split.test
    test = test[dataset.targets[test] != UNLABELED]
    targets = dataset.targets[train]
    held_out = _held_out(targets, None if dataset.groups is None else dataset.groups[train], validation, seed)
    missing = [_first_of(targets, label, held_out) for label in sorted(set(targets.tolist()))]
    chosen = torch.cat([held_out, *missing]).sort().values
    learned = torch.ones(len(train), dtype=torch.bool, device="cpu").index_fill_(0, chosen, value=False)
    _check_all_there(dataset, train[learned], test)
    return LearningParts(train[learned], train[chosen], test)


def _held_out(targets: Tensor, groups: Tensor | None, share: float, seed: int) -> Tensor:
    """Rows of the training part, in which whole groups are held out; of a class that is one group, nothing is."""
    drawn_from = seed_for(seed, "validation part")
    if groups is None:
        return stratified_split(targets, share, drawn_from).test
    # A group of two classes is one of each.
    numbers: dict[tuple[int, int], int] = {}
    pairs = zip(targets.tolist(), groups.tolist(), strict=True)
    own = torch.tensor([numbers.setdefault(pair, len(numbers)) for pair in pairs], dtype=torch.int64, device="cpu")
    counts = Counter(label for label, _ in numbers)
    several = torch.tensor([counts[label] > 1 for label in targets.tolist()], dtype=torch.bool, device="cpu")
    rows = several.nonzero().flatten()
    return rows[grouped_split(targets[rows], own[rows], share, drawn_from).test]


def _first_of(targets: Tensor, label: int, held_out: Tensor) -> Tensor:
    """The first row of a class of which none is held out yet; nothing for the others."""
    rows = (targets == label).nonzero().flatten()
    return rows[:0] if bool((targets[held_out] == label).any()) else rows[:1]


def _check(dataset: Dataset, tables: bool) -> None:
    one = "pictures" if dataset.domain == "image" else "rows"
    if dataset.domain != "image" and not tables:
        raise InputError(f"`dataset` must hold pictures (N, C, H, W). Got {dataset!r}, whose inputs are table rows.")
    if len(dataset.class_names) < 2:
        raise InputError(f"`dataset` must have at least two classes. Got {', '.join(dataset.class_names) or 'none'}.")
    counts = [int((dataset.targets == label).sum()) for label in range(len(dataset.class_names))]
    for name, count in zip(dataset.class_names, counts, strict=True):
        if count < FEWEST_OF_A_CLASS:
            raise InputError(
                f"`dataset` must have at least {FEWEST_OF_A_CLASS} {one} of each class. Got {count} of {name!r}. "
                f"Add {one}, or leave the class out."
            )


def _check_all_there(dataset: Dataset, train: Tensor, test: Tensor) -> None:
    """Raises: InputError, where the dataset's own split leaves a class out of what is learned from, or tests nothing."""
    present = set(dataset.targets[train].tolist())
    for label, name in enumerate(dataset.class_names):
        if label not in present:
            raise InputError(
                f"`dataset` must have two training inputs of each class or more. Its split leaves fewer of {name!r}."
            )
    if len(test) == 0:
        raise InputError("`dataset` must have a test part with labels. Got none in its split.")
